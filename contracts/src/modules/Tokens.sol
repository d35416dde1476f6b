// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import {SafeERC20} from "@openzeppelin/contracts/token/ERC20/utils/SafeERC20.sol";
import {ReentrancyGuard} from "@openzeppelin/contracts/utils/ReentrancyGuard.sol";
import {Instance} from "./Instance.sol";

/// @title Tokens in custody: registration, taking in, paying out.
/// @dev Tokens are foreign code. Taking in measures the balance difference, so that fee-on-transfer tokens are refused.
/// Paying out is a gas-capped call whose failure, whatever its form, becomes a pending balance: one bad token or
/// receiver never blocks a block. Custody counts what this contract owes; donations don't change it.
abstract contract Tokens is Instance, ReentrancyGuard {
    using SafeERC20 for IERC20;

    /// @dev Balances on L2 are below 2^112; what is in custody here bounds every balance of the token.
    uint256 internal constant CUSTODY_CAP = (1 << 112) - 1;
    /// @dev Gas given to a token transfer or native receiver at payout.
    uint256 internal constant PAYOUT_GAS = 150_000;
    /// @dev What must be left besides, so that a failed payout can still be booked.
    uint256 private constant PAYOUT_RESERVE = 60_000;

    /// @notice Number of registered tokens, the native coin not counted; the newest index.
    uint32 public tokenCount;
    /// @notice Token contract of an index (0 for the native coin and for unknown indices).
    mapping(uint32 index => address) public tokenAddress;
    /// @notice Index of a token contract (0 if unknown).
    mapping(address token => uint32) public tokenIndex;
    /// @notice What is owed to L2 and to pending balances, per token index.
    mapping(uint32 index => uint256) public custody;
    /// @notice Payouts that failed, waiting for their owner.
    mapping(uint32 index => mapping(address owner => uint256)) public pendingBalance;

    function registerToken(address token) external returns (uint32 index) {
        if (token.code.length == 0) revert NotAContract(token);
        index = tokenIndex[token];
        if (index != 0) revert TokenAlreadyRegistered(token, index);
        index = ++tokenCount;
        tokenIndex[token] = index;
        tokenAddress[index] = token;
        emit TokenRegistered(index, token);
    }

    function withdrawPending(uint32 token, address owner) external nonReentrant {
        uint256 amount = pendingBalance[token][owner];
        if (amount == 0) revert NothingPending(token, owner);
        pendingBalance[token][owner] = 0;
        custody[token] -= amount;
        emit PendingWithdrawn(token, owner, amount);
        if (token == 0) {
            (bool ok,) = owner.call{value: amount}("");
            if (!ok) revert TransferFailed(address(0));
        } else {
            IERC20(tokenAddress[token]).safeTransfer(owner, amount);
        }
    }

    /// @dev Takes `amount` of a registered token from the caller; returns its index.
    function takeIn(address token, uint256 amount) internal returns (uint32 index) {
        index = tokenIndex[token];
        if (index == 0) revert UnknownToken(token);
        addCustody(index, token, amount);
        uint256 before = IERC20(token).balanceOf(address(this));
        IERC20(token).safeTransferFrom(msg.sender, address(this), amount);
        uint256 received = IERC20(token).balanceOf(address(this)) - before;
        if (received != amount) revert TransferMismatch(amount, received);
    }

    /// @dev Books `amount` of token `index` as owed.
    function addCustody(uint32 index, address token, uint256 amount) internal {
        if (amount == 0) revert ZeroAmount();
        if (amount > CUSTODY_CAP) revert AmountTooLarge(amount);
        uint256 total = custody[index] + amount;
        if (total > CUSTODY_CAP) revert CustodyCapExceeded(token, total);
        custody[index] = total;
    }

    /// @dev Pays `amount` of token `index` to `to`; on failure books it as pending. The caller of the transaction can't
    /// make a payout fail by giving little gas: too little reverts the whole execution.
    function payOut(uint64 number, uint256 operation, uint32 index, address to, uint256 amount) internal {
        uint256 needed = (PAYOUT_GAS * 64) / 63 + PAYOUT_RESERVE;
        if (gasleft() < needed) revert InsufficientGas(needed);
        bool paid = index == 0 ? sendNative(to, amount) : sendToken(tokenAddress[index], to, amount);
        if (paid) {
            custody[index] -= amount;
            emit Paid(number, operation, index, to, amount);
        } else {
            pendingBalance[index][to] += amount;
            emit PayoutPending(number, operation, index, to, amount);
        }
    }

    function sendNative(address to, uint256 amount) private returns (bool ok) {
        assembly ("memory-safe") {
            // No return data is copied: a receiver can't make us pay for its size.
            ok := call(PAYOUT_GAS, to, amount, 0, 0, 0, 0)
        }
    }

    function sendToken(address token, address to, uint256 amount) private returns (bool ok) {
        bytes memory data = abi.encodeCall(IERC20.transfer, (to, amount));
        assembly ("memory-safe") {
            ok := call(PAYOUT_GAS, token, 0, add(data, 0x20), mload(data), 0, 0x20)
            // A token returns nothing, or true; a token whose code is gone pays nothing.
            switch returndatasize()
            case 0 { ok := and(ok, gt(extcodesize(token), 0)) }
            default { ok := and(ok, and(gt(returndatasize(), 31), eq(mload(0), 1))) }
        }
    }
}
