// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.30;

import {Operations} from "../libraries/Operations.sol";
import {Advances} from "./Advances.sol";
import {Tokens} from "./Tokens.sol";

/// @title What an executed entry does on this chain: payouts, refunds, positions.
/// @dev A payout with a broker fee has an identity that is made of what survives a block taken back, and of everything
/// that is paid. Who accepted it gets it; the identity is spent at execution, before any foreign code runs.
abstract contract Payouts is Tokens, Advances {
    /// @dev Does what an entry does here, if anything.
    function payEntry(uint64 number, uint256[] calldata entry) internal {
        uint256 kind = Operations.kind(entry[1]);
        if (kind == Operations.WITHDRAW) {
            payWithdrawal(number, entry);
        } else if (kind == Operations.FULL_EXIT) {
            (bool ok, uint256 token, uint256 amount) = Operations.fullExitPayout(entry[1]);
            // A request can have come to nothing, or be paid on another chain.
            if (ok) payHere(number, entry[0], token, entry[3], amount);
        } else if (kind == Operations.FORCED_EXIT) {
            (uint256 token, uint256 amount) = Operations.forcedExitPayout(entry[1], entry[3]);
            payHere(number, entry[0], token, entry[2], amount);
        } else if (kind == Operations.SWAP_REQUEST) {
            paySwap(number, entry);
        } else if (kind == Operations.ADD_LIQUIDITY_REQUEST) {
            payAddedLiquidity(number, entry);
        } else if (kind == Operations.REMOVE_LIQUIDITY_REQUEST) {
            payRemovedLiquidity(number, entry);
        }
    }

    function payWithdrawal(uint64 number, uint256[] calldata entry) private {
        Payout memory p;
        uint256 token;
        (token, p.amount) = Operations.withdrawPayout(entry[1]);
        // checkEntry saw that the token is of this chain, and that the receiver is an address; so for all of them.
        // forge-lint: disable-next-line(unsafe-typecast)
        (p.kind, p.to, p.token) = (uint8(Operations.WITHDRAW), address(uint160(entry[2])), uint32(token));
        (p.a, p.b) = Operations.withdrawId(entry[1], entry[3]);
        p.fee = Operations.withdrawFee(entry[3]);
        payFast(number, entry[0], p);
    }

    /// @dev Done: `out` on token out's chain. Refused: what came in goes back, on token in's chain, which is the only one that has
    /// such an entry.
    function paySwap(uint64 number, uint256[] calldata entry) private {
        (uint256 tokenIn, uint256 amountIn) = Operations.broughtIn(entry[1]);
        Payout memory p;
        uint256 refundTo;
        (refundTo, p.fee, p.broker, p.exclusiveUntil) = Operations.swapTerms(entry[4]);
        if (Operations.outcome(entry[1]) != 0) {
            payHere(number, entry[0], tokenIn, refundTo, amountIn);
            return;
        }
        uint256 token;
        uint256 to;
        (token, to, p.b) = Operations.swapOut(entry[3]);
        if (Operations.tokenChain(token) != chainNumber) return;
        p.a = Operations.tokenChain(tokenIn);
        p.amount = Operations.result(entry[2]);
        // forge-lint: disable-next-line(unsafe-typecast)
        (p.kind, p.to, p.token) = (uint8(Operations.SWAP_REQUEST), address(uint160(to)), uint32(token));
        payFast(number, entry[0], p);
    }

    function payAddedLiquidity(uint64 number, uint256[] calldata entry) private {
        if (Operations.outcome(entry[1]) != 0) {
            (uint256 token, uint256 amount) = Operations.broughtIn(entry[1]);
            payHere(number, entry[0], token, entry[4], amount);
            return;
        }
        (uint256 pool, uint256 account, uint256 index) = Operations.positionMade(entry[1], entry[3]);
        uint256 shares = Operations.result(entry[2]);
        // Packed fields of 160, 28, 28 and 112 bits.
        // forge-lint: disable-next-line(unsafe-typecast)
        positions.mint(address(uint160(entry[4])), index, uint32(account), uint32(pool), uint112(shares));
    }

    function payRemovedLiquidity(uint64 number, uint256[] calldata entry) private {
        (uint256 token, uint256 shares, uint256 to) = Operations.removal(entry[1], entry[4]);
        if (Operations.outcome(entry[1]) == 0) {
            payHere(number, entry[0], token, to, Operations.result(entry[2]));
        } else {
            // Refused ones stand in the outbox of the position's chain only; its number is the word's address part.
            // forge-lint: disable-next-line(unsafe-typecast)
            positions.giveBack(uint160(entry[3]), uint112(shares));
        }
    }

    /// @dev Pays if the token is of this chain, and if there is something to pay.
    function payHere(uint64 number, uint256 operation, uint256 token, uint256 to, uint256 amount) private {
        if (Operations.tokenChain(token) != chainNumber || amount == 0) return;
        // The rest of the token's id is its index; receivers were checked to be addresses, or are packed in 160 bits.
        // forge-lint: disable-next-line(unsafe-typecast)
        payOut(number, operation, uint32(token), address(uint160(to)), amount);
    }

    /// @dev Pays the broker that accepted, else the receiver.
    function payFast(uint64 number, uint256 operation, Payout memory p) private {
        if (p.amount == 0) return;
        address to = p.to;
        if (p.fee != 0) {
            bytes32 id = payoutId(p);
            address broker = acceptedBy[id];
            acceptedBy[id] = EXECUTED;
            if (broker > EXECUTED) to = broker;
        }
        payOut(number, operation, p.token, to, p.amount);
    }
}
