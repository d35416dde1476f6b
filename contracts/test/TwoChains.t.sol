// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.30;

import {IZklinkTypes} from "../src/interfaces/IZklinkTypes.sol";
import {Blocks, Draft} from "./support/Blocks.sol";
import {ZklinkTest} from "./support/ZklinkTest.sol";

/// @notice What the two chains' contracts secure together.
contract TwoChainsTest is ZklinkTest {
    using Blocks for Draft;

    function test_transferAcrossChains() public {
        Draft memory d = draft();
        depositInto(d, A, 2, 1, 500);
        depositInto(d, B, 2, 2, 700);
        settle(d);
        d = draft();
        d.inner(1);
        d.withdraw(A, 2, tokenId(A, TOKEN), 100, bob, 0);
        d.withdraw(B, 2, tokenId(B, TOKEN), 700, bob, 1);
        settle(d);
        assertEq(token[A].balanceOf(bob), 100);
        assertEq(token[B].balanceOf(bob), 700);
        assertEq(zklink[A].custody(TOKEN), 400);
        assertEq(zklink[B].custody(TOKEN), 0);
        assertEq(stored[A][2].syncHash, stored[B][2].syncHash);
    }

    /// @notice One block with two different proofs: both are good, and yet the chains never confirm it, because there is no
    /// syncHash that oracles see on both.
    function test_twoProofsOfOneBlock_areNeverConfirmed() public {
        Draft memory d = draft();
        depositInto(d, A, 2, 1, 500);
        submit(A, d);
        d.proofNonce = 1;
        submit(B, d);
        assertEq(stored[A][1].root, stored[B][1].root);
        assertNotEq(stored[A][1].syncHash, stored[B][1].syncHash);
        refuseForeignConfirmations();
        // Nor is anything that comes after.
        d = draft();
        d.inner(1);
        submitBoth(d);
        assertNotEq(stored[A][2].syncHash, stored[B][2].syncHash);
    }

    /// @notice The same with two different blocks.
    function test_twoBlocksOfOneNumber_areNeverConfirmed() public {
        Draft memory d = draft();
        d.inner(1);
        submit(A, d);
        d.inner(2);
        submit(B, d);
        refuseForeignConfirmations();
    }

    /// @dev Signatures over A's syncHash are refused on B and the other way round, with whatever fields are shown.
    function refuseForeignConfirmations() private {
        uint64 expiry = uint64(vm.getBlockTimestamp() + 1 hours);
        for (uint256 here = 0; here < CHAINS; here++) {
            uint256 there = 1 - here;
            bytes[][] memory s = signatures3(1, stored[there][1].syncHash, expiry);
            vm.expectPartialRevert(IZklinkTypes.BadOracleSignature.selector);
            zklink[here].confirmBlocks(stored[here][1], expiry, s);
            IZklinkTypes.StoredBlock memory foreign = stored[there][1];
            vm.expectRevert(abi.encodeWithSelector(IZklinkTypes.BadStoredBlock.selector, uint64(1)));
            zklink[here].confirmBlocks(foreign, expiry, s);
            IZklinkTypes.StoredBlock memory mixed = stored[here][1];
            mixed.syncHash = foreign.syncHash;
            vm.expectRevert(abi.encodeWithSelector(IZklinkTypes.BadStoredBlock.selector, uint64(1)));
            zklink[here].confirmBlocks(mixed, expiry, s);
            assertEq(uint256(zklink[here].confirmedNumber()), 0);
        }
    }

    /// @notice An operator makes up a full exit of Alice's account to himself. The circuit puts it into the outbox of the
    /// chain that the owner word names, A; the token's chain, B, can only see that it is to pay. B takes the block. But A
    /// refuses it, because it is in no queue there; and a block that A took has another proof, so B never confirms.
    function test_inventedExit_isRefusedByTheRequestersChain() public {
        Draft memory d = draft();
        depositInto(d, B, 2, 1, 1_000_000);
        settle(d);
        address thief = makeAddr("thief");
        d = draft();
        d.fullExit(A, B, 2, 1, ownerWord(A, alice), tokenId(B, TOKEN), 1_000_000, thief);
        IZklinkTypes.BlockSubmission memory s = submission(A, d);
        vm.expectRevert(abi.encodeWithSelector(IZklinkTypes.RequestMismatch.selector, uint64(0)));
        submitRaw(A, s);

        // On B it stands proved, for ever unconfirmed.
        submit(B, d);
        Draft memory honest = Blocks.create(CHAINS);
        honest.number = d.number;
        honest.timestamp = d.timestamp;
        honest.oldRoot = d.oldRoot;
        honest.newRoot = d.newRoot;
        honest.firstRequest[B] = honest.endRequest[B] = d.firstRequest[B];
        honest.inner(1);
        submit(A, honest);
        assertNotEq(stored[A][2].syncHash, stored[B][2].syncHash);
        uint64 expiry = uint64(vm.getBlockTimestamp() + 1);
        bytes[][] memory signatures = signatures3(2, stored[A][2].syncHash, expiry);
        vm.expectPartialRevert(IZklinkTypes.BadOracleSignature.selector);
        zklink[B].confirmBlocks(stored[B][2], expiry, signatures);
        vm.expectRevert(abi.encodeWithSelector(IZklinkTypes.NotConfirmed.selector, uint64(2)));
        zklink[B].executeBlock(stored[B][2], d.outbox[B], 1);
        assertEq(token[B].balanceOf(thief), 0);
    }

    /// @notice The same exit with B named as the requester's chain: then B looks into its own queue.
    function test_inventedExit_isRefusedOnThePayingChainToo() public {
        Draft memory d = draft();
        d.fullExit(B, B, 2, 1, ownerWord(B, alice), tokenId(B, TOKEN), 1_000_000, bob);
        IZklinkTypes.BlockSubmission memory s = submission(B, d);
        vm.expectRevert(abi.encodeWithSelector(IZklinkTypes.RequestMismatch.selector, uint64(0)));
        submitRaw(B, s);
    }

    /// @notice A real request of A's, but the operator changes the receiver on the way to B.
    function test_exitToAnotherReceiver_isRefusedByTheRequestersChain() public {
        vm.prank(alice);
        zklink[A].requestFullExit(2, 1, alice);
        Draft memory d = draft();
        d.fullExit(A, B, 2, 1, ownerWord(A, alice), tokenId(B, TOKEN), 5, makeAddr("thief"));
        IZklinkTypes.BlockSubmission memory s = submission(A, d);
        vm.expectRevert(abi.encodeWithSelector(IZklinkTypes.RequestMismatch.selector, uint64(0)));
        submitRaw(A, s);
    }

    /// @notice If one chain is late, the other waits, and nothing is lost.
    function test_lateChain_catchesUp() public {
        Draft memory d = draft();
        depositInto(d, A, 2, 1, 500);
        submit(A, d);
        Draft memory e = draft();
        e.withdraw(A, 2, tokenId(A, TOKEN), 500, bob, 0);
        submit(A, e);
        skip(1 days);
        submit(B, d);
        submit(B, e);
        assertEq(stored[A][2].syncHash, stored[B][2].syncHash);
        confirm(A, 2);
        confirm(B, 2);
        execute(A, 1, d);
        execute(A, 2, e);
        execute(B, 1, d);
        execute(B, 2, e);
        assertEq(token[A].balanceOf(bob), 500);
    }
}
