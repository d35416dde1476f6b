// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.30;

import {ERC721} from "@openzeppelin/contracts/token/ERC721/ERC721.sol";
import {IPositions} from "./interfaces/IPositions.sol";

/// @title Liquidity that was brought from this chain, as tokens that can be traded.
/// @dev Number = index of the add-liquidity request. Minted when the block that took the request is executed, without a
/// callback: no receiver can stop a block. `shares` is what no removal was asked for yet: it falls with the request, not with its
/// execution, so whoever buys a position sees what is left, and nothing is asked for twice. A position with nothing left
/// stays: its removal may still be refused.
contract Positions is ERC721, IPositions {
    /// @dev One slot.
    struct Position {
        uint32 account;
        uint32 pool;
        uint112 shares;
    }

    /// @inheritdoc IPositions
    address public zklink;
    mapping(uint256 number => Position) private positions;

    constructor() ERC721("zklink position", "ZKLP") {}

    modifier onlyZklink() {
        if (msg.sender != zklink) revert NotZklink(msg.sender);
        _;
    }

    function bind() external {
        if (zklink != address(0)) revert AlreadyBound(zklink);
        zklink = msg.sender;
    }

    function mint(address owner, uint256 number, uint32 account, uint32 pool, uint112 shares)
        external
        onlyZklink
    {
        positions[number] = Position(account, pool, shares);
        _mint(owner, number);
    }

    function take(address caller, uint256 number, uint112 shares)
        external
        onlyZklink
        returns (uint32 account, uint32 pool)
    {
        _checkAuthorized(_ownerOf(number), caller, number);
        Position storage p = positions[number];
        if (shares > p.shares) revert NotEnoughShares(number, p.shares, shares);
        p.shares -= shares;
        return (p.account, p.pool);
    }

    function giveBack(uint256 number, uint112 shares) external onlyZklink {
        positions[number].shares += shares;
    }

    function position(uint256 number) external view returns (uint32 account, uint32 pool, uint112 shares) {
        _requireOwned(number);
        Position storage p = positions[number];
        return (p.account, p.pool, p.shares);
    }
}
