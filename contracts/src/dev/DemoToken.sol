// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.30;

import {ERC20} from "@openzeppelin/contracts/token/ERC20/ERC20.sol";

/// @title An ordinary ERC-20 for local chains: OpenZeppelin's, with chosen decimals and a fixed supply.
contract DemoToken is ERC20 {
    uint8 private immutable _decimals;

    /// @param holder who gets the whole supply
    constructor(string memory name, string memory symbol, uint8 decimals_, uint256 supply, address holder)
        ERC20(name, symbol)
    {
        _decimals = decimals_;
        _mint(holder, supply);
    }

    function decimals() public view override returns (uint8) {
        return _decimals;
    }
}
