// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.30;

/// @title The ERC-721 contract of liquidity positions, as Zklink uses it.
interface IPositions {
    error NotZklink(address caller);
    error AlreadyBound(address zklink);
    error NotEnoughShares(uint256 number, uint112 shares, uint112 wanted);

    /// @notice The contract that mints; zero until it is bound.
    function zklink() external view returns (address);
    /// @notice Makes the caller the contract that mints, once. Zklink calls it while it is deployed: whoever else was first
    /// makes that deployment fail, and nothing more.
    function bind() external;
    /// @notice Mints position `number` (Zklink only).
    function mint(address owner, uint256 number, uint32 account, uint32 pool, uint112 shares) external;
    /// @notice Takes shares out of what can be asked for (Zklink only); `caller` must be the owner or approved.
    function take(address caller, uint256 number, uint112 shares)
        external
        returns (uint32 account, uint32 pool);
    /// @notice Gives shares back that a refused removal took (Zklink only).
    function giveBack(uint256 number, uint112 shares) external;
    /// @notice L2 account, pool, and shares for which no removal was asked yet.
    function position(uint256 number) external view returns (uint32 account, uint32 pool, uint112 shares);
}
