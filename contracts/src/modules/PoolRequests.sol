// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.30;

import {IERC20Permit} from "@openzeppelin/contracts/token/ERC20/extensions/IERC20Permit.sol";
import {Operations} from "../libraries/Operations.sol";
import {RequestQueue} from "./RequestQueue.sol";

/// @title L2's pools, used from this chain without an L2 account: swaps, liquidity.
/// @dev Each has one of a few provable outcomes, whatever the pool looks like when a block takes it; refused here is only what
/// no packed field could hold, or what could not be paid anywhere.
abstract contract PoolRequests is RequestQueue {
    function pushSwap(SwapRequest calldata r) internal {
        if (r.refundTo == address(0)) revert ZeroAddress();
        checkPool(r.pool);
        checkOut(r.tokenOut, r.minOut, r.to, r.deadline);
        (bool exact, uint256 fee) = Operations.packFee(r.brokerFee);
        if (!exact) revert BadBrokerFee(r.brokerFee, r.minOut);
        if (r.broker > Operations.MAX_BROKER) revert UnknownBroker(r.broker);
        if (r.exclusiveUntil > Operations.MAX_EXCLUSIVE_UNTIL) revert BadDeadline(r.exclusiveUntil);
        uint256 tokenIn = bringIn(r.tokenIn, r.amountIn);
        if (tokenIn == r.tokenOut) revert BadTokenOut(r.tokenOut);
        push(
            Operations.SWAP_REQUEST,
            Operations.broughtInTemplate(Operations.SWAP_REQUEST, r.pool, tokenIn, r.amountIn, r.deadline),
            r.minOut,
            uint256(r.tokenOut) | (uint256(uint160(r.to)) << 40) | (uint256(requestCount) << 200),
            uint256(uint160(r.refundTo)) | (fee << 160) | (uint256(r.broker) << 195)
                | (uint256(r.exclusiveUntil) << 219)
        );
    }

    function pushAddLiquidity(LiquidityRequest calldata r) internal {
        if (r.owner == address(0) || r.exitAddress == address(0)) revert ZeroAddress();
        checkPool(r.pool);
        if (r.minShares > Operations.MAX_AMOUNT) revert AmountTooLarge(r.minShares);
        checkDeadline(r.deadline);
        uint256 token = bringIn(r.token, r.amount);
        push(
            Operations.ADD_LIQUIDITY_REQUEST,
            Operations.broughtInTemplate(
                Operations.ADD_LIQUIDITY_REQUEST, r.pool, token, r.amount, r.deadline
            ),
            r.minShares,
            (uint256(uint160(r.exitAddress)) << 28) | (uint256(requestCount) << 188),
            uint256(uint160(r.owner))
        );
    }

    function pushRemoveLiquidity(
        uint256 position,
        uint256 shares,
        uint64 tokenOut,
        uint256 minOut,
        address to,
        uint64 deadline
    ) internal {
        checkAmount(shares);
        checkOut(tokenOut, minOut, to, deadline);
        // forge-lint: disable-next-line(unsafe-typecast) checked
        (uint32 account, uint32 pool) = positions.take(msg.sender, position, uint112(shares));
        push(
            Operations.REMOVE_LIQUIDITY_REQUEST,
            Operations.removalTemplate(account, pool, tokenOut, shares),
            minOut,
            // A position's number is a request's index.
            (uint256(chainNumber) << 160) | position,
            uint256(uint160(to)) | (uint256(deadline) << 160)
        );
    }

    /// @dev A permit that fails is no reason to stop: anybody can use a signature that is under way, and then the allowance
    /// stands already. What counts is whether the tokens can be fetched. It is the caller's own allowance, so a token that
    /// takes the call for something else gives nobody anything.
    function usePermit(address token, Permit calldata p) internal {
        if (tokenIndex[token] == 0) revert UnknownToken(token);
        try IERC20Permit(token).permit(msg.sender, address(this), p.value, p.deadline, p.v, p.r, p.s) {}
            catch {}
    }

    /// @dev Takes money in; returns the token's id. Address 0 is the native coin.
    function bringIn(address token, uint256 amount) private whenDepositsOpen(token) returns (uint256 id) {
        uint32 index;
        if (token == address(0)) {
            if (msg.value != amount) revert WrongValue(amount, msg.value);
            addCustody(0, token, amount);
        } else {
            if (msg.value != 0) revert WrongValue(0, msg.value);
            index = takeIn(token, amount);
        }
        return (uint256(chainNumber) << 32) | index;
    }

    /// @dev What is paid out must be of a connected chain, else nobody would pay it.
    function checkOut(uint64 token, uint256 minOut, address to, uint64 deadline) private view {
        if (to == address(0)) revert ZeroAddress();
        if (minOut > Operations.MAX_AMOUNT) revert AmountTooLarge(minOut);
        uint256 chain = Operations.tokenChain(token);
        // A chain that joins with a later block is one already.
        ChainList storage chains = chainLists[chainLists.length - 1];
        bool connected;
        for (uint256 i = 0; i < chains.count; ++i) {
            connected = connected || uint8(chains.numbers[i]) == chain;
        }
        // forge-lint: disable-next-line(unsafe-typecast) listed, hence 8 bits
        if (!connected || droppedFrom[uint8(chain)] != 0) revert BadTokenOut(token);
        checkDeadline(deadline);
    }

    /// @dev One that is past would only be refunded.
    function checkDeadline(uint64 deadline) private view {
        // forge-lint: disable-next-line(block-timestamp) the user's own choice, of minutes at least
        if (deadline < block.timestamp || deadline > Operations.MAX_DEADLINE) revert BadDeadline(deadline);
    }

    function checkPool(uint256 pool) private pure {
        if (pool == 0 || pool > Operations.MAX_ACCOUNT) revert BadAccount(pool);
    }
}
