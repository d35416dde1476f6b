// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.30;

import {IZklinkTypes} from "../../src/interfaces/IZklinkTypes.sol";
import {Blocks, Draft} from "./Blocks.sol";

/// @title Operations 16 to 19 and withdrawals with a broker's fee, word by word as docs/protocol.md has them.
/// @dev Independent of src/libraries, as support/Blocks.sol.
library PoolOps {
    using Blocks for Draft;

    /// @notice A request as a user made it, and what the operator filled in.
    struct Filled {
        uint256 outcome;
        uint256 result;
        uint256 account;
        uint256 index;
    }

    function packedFee(uint256 fee) internal pure returns (uint256) {
        for (uint256 e = 0; e < 8; e++) {
            uint256 mantissa = fee >> (8 * e);
            if (mantissa < 2 ** 32 && mantissa << (8 * e) == fee) return mantissa + (e << 32);
        }
        revert("no such fee");
    }

    function bringing(uint256 kind, uint256 pool, uint256 token, uint256 amount, uint256 deadline)
        private
        pure
        returns (uint256)
    {
        return kind + pool * 2 ** 10 + token * 2 ** 38 + amount * 2 ** 78 + deadline * 2 ** 190;
    }

    /// @notice The template that requestSwap must queue.
    function swapTemplate(IZklinkTypes.SwapRequest memory r, uint256 tokenIn, uint256 index)
        internal
        pure
        returns (uint256[4] memory t)
    {
        t[0] = bringing(17, r.pool, tokenIn, r.amountIn, r.deadline);
        t[1] = r.minOut;
        t[2] = uint256(r.tokenOut) + uint256(uint160(r.to)) * 2 ** 40 + index * 2 ** 200;
        t[3] = uint256(uint160(r.refundTo)) + packedFee(r.brokerFee) * 2 ** 160 + uint256(r.broker) * 2 ** 195
            + uint256(r.exclusiveUntil) * 2 ** 219;
    }

    function addTemplate(IZklinkTypes.LiquidityRequest memory r, uint256 token, uint256 index)
        internal
        pure
        returns (uint256[4] memory t)
    {
        t[0] = bringing(18, r.pool, token, r.amount, r.deadline);
        t[1] = r.minShares;
        t[2] = uint256(uint160(r.exitAddress)) * 2 ** 28 + index * 2 ** 188;
        t[3] = uint160(r.owner);
    }

    struct Removal {
        uint256 account;
        uint256 pool;
        uint256 tokenOut;
        uint256 shares;
        uint256 minOut;
        uint256 position;
        address to;
        uint256 deadline;
    }

    function removeTemplate(Removal memory r, uint256 chainNumber)
        internal
        pure
        returns (uint256[4] memory t)
    {
        t[0] = 19 + r.account * 2 ** 10 + r.pool * 2 ** 38 + r.tokenOut * 2 ** 66 + r.shares * 2 ** 106;
        t[1] = r.minOut;
        t[2] = chainNumber * 2 ** 160 + r.position;
        t[3] = uint256(uint160(r.to)) + r.deadline * 2 ** 160;
    }

    /// @notice Takes a request with this template from the queue of the chain at position `chain`; a done one stands in the
    /// outbox of the chain at position `paying`, too.
    function take(Draft memory d, uint256 chain, uint256 paying, uint256[4] memory t, Filled memory f)
        internal
        pure
    {
        uint256[5] memory e =
            [0, t[0] + f.outcome * 2 ** 8, t[1] + f.result * 2 ** 112, t[2] + f.account, t[3]];
        e[0] = d.addOperation(Blocks.list(e[1], e[2], e[3], e[4]));
        d.addEntry(chain, e);
        if (f.outcome == 0 && paying != chain) d.addEntry(paying, e);
        d.addRequestHash(chain, t);
    }

    function fastWithdraw(
        Draft memory d,
        uint256 chain,
        uint256 account,
        uint256 token,
        uint256 amount,
        address to,
        uint256 nonce,
        uint256 fee
    ) internal pure {
        uint256 w0 = 12 + account * 2 ** 8 + 2 ** 87 + token * 2 ** 95 + amount * 2 ** 135;
        uint256 w2 = nonce + fee * 2 ** 32;
        uint256 op = d.addOperation(Blocks.list(w0, uint160(to), w2));
        d.addEntry(chain, [op, w0, uint160(to), w2, 0]);
    }

    function forcedExit(
        Draft memory d,
        uint256 chain,
        uint256 account,
        uint256 peer,
        uint256 token,
        uint256 amount,
        uint256 to,
        uint256 nonce
    ) internal pure {
        uint256 w0 = 16 + account * 2 ** 8 + 2 ** 36 + 2 ** 44 + peer * 2 ** 87 + 3 * 2 ** 115 + token * 2
            ** 123;
        uint256 w2 = amount + nonce * 2 ** 112;
        uint256 op = d.addOperation(Blocks.list(w0, to, w2));
        d.addEntry(chain, [op, w0, to, w2, 0]);
    }
}
