// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.30;

import {ERC20} from "@openzeppelin/contracts/token/ERC20/ERC20.sol";
import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import {ERC20Permit} from "@openzeppelin/contracts/token/ERC20/extensions/ERC20Permit.sol";
import {ERC4626} from "@openzeppelin/contracts/token/ERC20/extensions/ERC4626.sol";

/// @title A voucher for local chains: what somebody holds who already earns with another token, such as a Curve LP token.
/// @dev Balances stand still and the price rises: yield is the underlying token that comes in without new vouchers. So it can
/// be pooled like any other token, and earns on while it is. With EIP-2612 permits.
contract VoucherToken is ERC4626, ERC20Permit {
    constructor(IERC20 underlying, string memory name, string memory symbol)
        ERC20(name, symbol)
        ERC20Permit(name)
        ERC4626(underlying)
    {}

    function decimals() public view override(ERC20, ERC4626) returns (uint8) {
        return ERC4626.decimals();
    }

    /// @notice Underlying units that 10^18 voucher units are worth, under the name that Curve's pools have for it.
    // forge-lint: disable-next-line(mixed-case-function)
    function get_virtual_price() external view returns (uint256) {
        return convertToAssets(1e18);
    }
}
