// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.30;

import {IZklinkTypes} from "../src/interfaces/IZklinkTypes.sol";
import {Draft} from "./support/Blocks.sol";
import {PoolOps} from "./support/PoolOps.sol";
import {PoolsTest} from "./support/PoolsTest.sol";
import {RevertingReceiver} from "./support/Receivers.sol";

/// @notice Forced exits: what an account without a key has goes to its owner, on the token's chain.
contract ForcedExitTest is PoolsTest {
    using PoolOps for Draft;

    function test_forcedExit_pays() public {
        Draft memory d = draft();
        d.forcedExit(A, 2, 5, tokenId(A, TOKEN), 700, uint160(bob), 3);
        d.forcedExit(A, 2, 5, tokenId(A, 0), 1 ether, uint160(bob), 4);
        d.forcedExit(B, 2, 5, tokenId(B, TOKEN), 900, uint160(bob), 5);
        settle(d);
        assertEq(token[A].balanceOf(bob), 700);
        assertEq(bob.balance, 1 ether);
        assertEq(token[B].balanceOf(bob), 900);
        assertEq(z.custody(TOKEN), FUNDS - 700);
        assertEq(z.custody(0), FUNDS - 1 ether);
    }

    /// @notice Every bit of the packed fields in its place: the largest amount and nonce.
    function test_forcedExit_largestFields() public {
        Draft memory d = draft();
        d.forcedExit(A, 2 ** 28 - 1, 2 ** 28 - 1, tokenId(A, TOKEN), FUNDS, uint160(bob), 2 ** 32 - 1);
        settle(d);
        assertEq(token[A].balanceOf(bob), FUNDS);
    }

    /// @notice An owner that can't be paid: the amount waits, the block goes on.
    function test_forcedExit_waits() public {
        RevertingReceiver r = new RevertingReceiver();
        Draft memory d = draft();
        d.forcedExit(A, 2, 5, tokenId(A, 0), 1 ether, uint160(address(r)), 3);
        d.forcedExit(A, 2, 6, tokenId(A, TOKEN), 0, uint160(bob), 4);
        settle(d);
        assertEq(z.pendingBalance(0, address(r)), 1 ether);
    }

    /// @notice No broker can take one: it has no fee.
    function test_forcedExit_cantBeAccepted() public {
        IZklinkTypes.Payout memory p = IZklinkTypes.Payout(16, 2, 3, bob, TOKEN, 700, 7, 0, 0);
        vm.prank(alice);
        z.accept(p); // her own money, for nothing
        Draft memory d = draft();
        d.forcedExit(A, 2, 5, tokenId(A, TOKEN), 700, uint160(bob), 3);
        settle(d);
        assertEq(token[A].balanceOf(bob), 693 + 700);
    }

    function expectBadEntry(Draft memory d) private {
        IZklinkTypes.BlockSubmission memory s = submission(A, d);
        vm.expectRevert(abi.encodeWithSelector(IZklinkTypes.BadOutboxEntry.selector, 0));
        submitRaw(A, s);
    }

    function test_submit_RevertsIfItIsNotForHere() public {
        Draft memory d = draft();
        d.forcedExit(A, 2, 5, tokenId(B, TOKEN), 700, uint160(bob), 3);
        expectBadEntry(d);
        d = draft();
        d.forcedExit(A, 2, 5, TOKEN, 700, uint160(bob), 3); // an L2 token
        expectBadEntry(d);
        d = draft();
        d.forcedExit(A, 2, 5, tokenId(A, TOKEN), 700, 2 ** 160 + uint160(bob), 3); // an owner word
        expectBadEntry(d);
    }

    /// @notice Operations that no chain has a part in are refused in an outbox.
    function test_submit_RevertsIfTheTypeHasNoBusinessInAnOutbox() public {
        uint8[14] memory kinds = [0, 5, 6, 7, 8, 9, 10, 11, 13, 14, 15, 20, 21, 255];
        for (uint256 i = 0; i < kinds.length; i++) {
            Draft memory d = draft();
            d.forcedExit(A, 2, 5, tokenId(A, TOKEN), 1, uint160(bob), 3);
            d.outbox[A][1] = d.outbox[A][1] - 16 + kinds[i];
            expectBadEntry(d);
        }
    }
}
