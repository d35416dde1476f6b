// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.30;

import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import {SafeERC20} from "@openzeppelin/contracts/token/ERC20/utils/SafeERC20.sol";
import {ReentrancyGuard} from "@openzeppelin/contracts/utils/ReentrancyGuard.sol";
import {Instance} from "./Instance.sol";

/// @title Tokens in custody: taking in, paying out.
/// @dev Tokens are foreign code. Taking in measures the balance difference, so that fee-on-transfer tokens are refused.
/// Paying out is a gas-capped call whose failure, whatever its form, becomes a pending balance: one bad token or
/// receiver never blocks a block. Custody counts what this contract owes; donations don't change it. It grows after tokens
/// arrived and shrinks before they leave, so at every moment, seen from foreign code too, the holdings of an honest token
/// cover it. A token that lies, or whose balances shrink by themselves, harms those who hold it and no other token.
abstract contract Tokens is Instance, ReentrancyGuard {
    using SafeERC20 for IERC20;

    /// @dev Balances on L2 are below 2^112; what is in custody here bounds every balance of the token.
    uint256 internal constant CUSTODY_CAP = (1 << 112) - 1;
    /// @dev Gas given to a token transfer or native receiver at payout.
    uint256 internal constant PAYOUT_GAS = 150_000;
    /// @dev Outflow limits count per window; so many windows let everything out.
    uint256 internal constant OUTFLOW_WINDOW = 1 days;
    uint256 internal constant OUTFLOW_PARTS = 16;
    /// @dev What must be left besides: the call itself (to a new account, with value: 36 600) and booking a failure.
    uint256 private constant PAYOUT_RESERVE = 90_000;

    /// @dev Pays what waits for `owner` to `to`, as much of it as may leave now, with as much gas as the caller gave; or
    /// reverts.
    function releasePending(uint32 token, address owner, address to) internal {
        uint256 waiting = pendingBalance[token][owner];
        if (waiting == 0) revert NothingPending(token, owner);
        uint256 amount = takeAllowance(token, waiting);
        if (amount == 0) revert OutflowLimitReached(token);
        pendingBalance[token][owner] = waiting - amount;
        custody[token] -= amount;
        emit PendingWithdrawn(token, owner, to, amount);
        address tokenContract = tokenAddress[token];
        bool paid =
            token == 0 ? sendNative(to, amount, gasleft()) : sendToken(tokenContract, to, amount, gasleft());
        if (!paid) revert TransferFailed(tokenContract);
    }

    /// @dev Takes `amount` of a registered token from the caller; returns its index.
    function takeIn(address token, uint256 amount) internal returns (uint32 index) {
        index = tokenIndex[token];
        if (index == 0) revert UnknownToken(token);
        checkAmount(amount);
        uint256 before = IERC20(token).balanceOf(address(this));
        IERC20(token).safeTransferFrom(msg.sender, address(this), amount);
        uint256 received = IERC20(token).balanceOf(address(this)) - before;
        if (received != amount) revert TransferMismatch(amount, received);
        addCustody(index, token, amount);
    }

    /// @dev Books `amount` of token `index` as owed.
    function addCustody(uint32 index, address token, uint256 amount) internal {
        checkThroughProxy();
        checkAmount(amount);
        uint256 total = custody[index] + amount;
        if (total > CUSTODY_CAP) revert CustodyCapExceeded(token, total);
        custody[index] = total;
    }

    function checkAmount(uint256 amount) internal pure {
        if (amount == 0) revert ZeroAmount();
        if (amount > CUSTODY_CAP) revert AmountTooLarge(amount);
    }

    /// @dev Pays a block's payout; what can't be paid, or not yet, becomes a pending balance.
    function payOut(uint64 number, uint256 operation, uint32 index, address to, uint256 amount) internal {
        uint256 paid = pay(index, to, amount);
        if (paid != 0) emit Paid(number, operation, index, to, paid);
        if (paid != amount) emit PayoutPending(number, operation, index, to, amount - paid);
    }

    /// @dev Pays `amount` of token `index` to `to`; the rest, if the token's outflow is limited, or all, if the transfer
    /// fails, becomes a pending balance. Returns what was paid. The caller of the transaction can't make a payout fail by
    /// giving little gas: too little reverts the whole call, so the callee has PAYOUT_GAS.
    function pay(uint32 index, address to, uint256 amount) internal returns (uint256 paid) {
        uint256 needed = (PAYOUT_GAS * 64) / 63 + PAYOUT_RESERVE;
        if (gasleft() < needed) revert InsufficientGas(needed);
        paid = takeAllowance(index, amount);
        if (paid != amount) pendingBalance[index][to] += amount - paid;
        if (paid == 0) return 0;
        custody[index] -= paid;
        bool ok = index == 0
            ? sendNative(to, paid, PAYOUT_GAS)
            : sendToken(tokenAddress[index], to, paid, PAYOUT_GAS);
        if (!ok) {
            custody[index] += paid;
            pendingBalance[index][to] += paid;
            outflow[index].used -= outflow[index].limit == 0 ? 0 : uint112(paid);
            paid = 0;
        }
    }

    /// @dev How much of `amount` may leave now, booked as left. A window lets through the governed limit, or a sixteenth of
    /// the most that was ever in custody under this limit: so what is in custody can always drain in 16 windows, whoever
    /// set the limit.
    function takeAllowance(uint32 index, uint256 amount) private returns (uint256) {
        Outflow memory o = outflow[index];
        if (o.limit == 0) return amount;
        uint256 held = custody[index];
        // Custody is below 2^112, and so are its parts; windows are counted for 10^13 years.
        // forge-lint: disable-start(unsafe-typecast,block-timestamp)
        if (held > o.peak) o.peak = uint112(held);
        uint32 window = uint32(block.timestamp / OUTFLOW_WINDOW);
        if (o.window != window) (o.window, o.used) = (window, 0);
        uint256 cap = uint256(o.peak) / OUTFLOW_PARTS + 1;
        if (o.limit > cap) cap = o.limit;
        uint256 left = o.used < cap ? cap - o.used : 0;
        if (amount > left) amount = left;
        o.used += uint112(amount);
        // forge-lint: disable-end(unsafe-typecast,block-timestamp)
        outflow[index] = o;
        return amount;
    }

    /// @dev No return data is copied: a receiver can't make us pay for its size.
    function sendNative(address to, uint256 amount, uint256 gasLimit) internal returns (bool ok) {
        assembly ("memory-safe") {
            ok := call(gasLimit, to, amount, 0, 0, 0, 0)
        }
    }

    /// @dev A token returns nothing, or true; a token whose code is gone pays nothing. At most a word is copied.
    function sendToken(address token, address to, uint256 amount, uint256 gasLimit)
        private
        returns (bool ok)
    {
        bytes memory data = abi.encodeCall(IERC20.transfer, (to, amount));
        assembly ("memory-safe") {
            ok := call(gasLimit, token, 0, add(data, 0x20), mload(data), 0, 0x20)
            switch returndatasize()
            case 0 { ok := and(ok, gt(extcodesize(token), 0)) }
            default { ok := and(ok, and(gt(returndatasize(), 31), eq(mload(0), 1))) }
        }
    }
}
