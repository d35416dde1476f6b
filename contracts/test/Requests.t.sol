// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.30;

import {IZklink} from "../src/interfaces/IZklink.sol";
import {IZklinkTypes} from "../src/interfaces/IZklinkTypes.sol";
import {Blocks, Draft} from "./support/Blocks.sol";
import {ZklinkTest} from "./support/ZklinkTest.sol";

/// @notice The request queue: what may stand in it, and that blocks take it in order.
contract RequestsTest is ZklinkTest {
    using Blocks for Draft;

    IZklink private z;

    function setUp() public override {
        super.setUp();
        z = zklink[A];
    }

    function expectRequest(uint64 index, uint8 kind, uint256[4] memory w) private {
        vm.expectEmit(address(z));
        emit IZklinkTypes.Requested(
            index, kind, w[0], w[1], w[2], w[3], uint64(vm.getBlockTimestamp()) + REQUEST_PERIOD
        );
    }

    function test_requestSetSigningKey_entersTheQueue() public {
        expectRequest(0, 2, [2 + (uint256(9) << 8), ownerWord(A, bob), KEY_X, KEY_Y]);
        vm.prank(bob);
        z.requestSetSigningKey(9, KEY_X, KEY_Y);
        assertEq(z.requestCount(), 1);
    }

    function test_requestFullExit_entersTheQueue() public {
        expectRequest(
            0, 3, [3 + (uint256(9) << 8) + (uint256(200) << 36), ownerWord(A, bob), uint160(alice), 0]
        );
        vm.prank(bob);
        z.requestFullExit(9, 200, alice);
        assertEq(z.requestCount(), 1);
    }

    function test_requests_RevertIfTheAccountCannotBe() public {
        uint256[3] memory bad = [uint256(0), 1 << 28, type(uint256).max];
        for (uint256 i = 0; i < bad.length; i++) {
            vm.expectRevert(abi.encodeWithSelector(IZklinkTypes.BadAccount.selector, bad[i]));
            z.requestSetSigningKey(bad[i], KEY_X, KEY_Y);
            vm.expectRevert(abi.encodeWithSelector(IZklinkTypes.BadAccount.selector, bad[i]));
            z.requestFullExit(bad[i], 1, alice);
        }
        z.requestSetSigningKey((1 << 28) - 1, KEY_X, KEY_Y);
        z.requestFullExit((1 << 28) - 1, 1, alice);
        assertEq(z.requestCount(), 2);
    }

    function test_requestFullExit_RevertsIfTheSlotIsNoBalance() public {
        uint256[3] memory bad = [uint256(0), 256, type(uint256).max];
        for (uint256 i = 0; i < bad.length; i++) {
            vm.expectRevert(abi.encodeWithSelector(IZklinkTypes.BadSlot.selector, bad[i]));
            z.requestFullExit(2, bad[i], alice);
        }
        z.requestFullExit(2, 1, alice);
        z.requestFullExit(2, 255, alice);
    }

    function test_requestFullExit_RevertsIfTheReceiverIsZero() public {
        vm.expectRevert(IZklinkTypes.ZeroAddress.selector);
        z.requestFullExit(2, 1, address(0));
    }

    /// @notice Keys of small order, off the curve or not canonical; tests/vectors/words.json has more.
    function test_requestSetSigningKey_RevertsIfTheKeyIsBad() public {
        uint256[2][6] memory bad = [
            [uint256(0), 1],
            [uint256(0), R - 1],
            [uint256(0), 0],
            [KEY_X, KEY_Y + 1],
            [KEY_X + R, KEY_Y],
            [KEY_X, KEY_Y + R]
        ];
        for (uint256 i = 0; i < bad.length; i++) {
            vm.expectRevert(abi.encodeWithSelector(IZklinkTypes.BadSigningKey.selector, bad[i][0], bad[i][1]));
            z.requestSetSigningKey(2, bad[i][0], bad[i][1]);
        }
    }

    function test_deadlines_followTheClock() public {
        z.requestFullExit(2, 1, alice);
        skip(1000);
        z.requestFullExit(2, 1, alice);
        (, uint40 first) = z.requests(0);
        (, uint40 second) = z.requests(1);
        assertEq(uint256(first), vm.getBlockTimestamp() - 1000 + REQUEST_PERIOD);
        assertEq(uint256(second), vm.getBlockTimestamp() + REQUEST_PERIOD);
    }

    /// @notice Equal requests are different entries: each has to be taken.
    function test_queue_takesEqualRequestsOneByOne() public {
        Draft memory d = draft();
        depositInto(d, A, 2, 1, 100);
        depositInto(d, A, 2, 1, 100);
        submitBoth(d);
        assertEq(uint256(stored[A][1].endRequest), 2);
        d = draft();
        d.deposit(A, 2, 1, tokenId(A, TOKEN), 100, ownerWord(A, alice));
        IZklinkTypes.BlockSubmission memory s = submission(A, d);
        vm.expectRevert(abi.encodeWithSelector(IZklinkTypes.RequestMismatch.selector, uint64(2)));
        submitRaw(A, s);
    }

    /// @notice However many requests there are, blocks take as many as they like, and none is lost.
    function test_queue_drainsInParts() public {
        uint256 count = 30;
        vm.startPrank(alice);
        for (uint256 i = 0; i < count; i++) {
            z.deposit(address(token[A]), i + 1, alice);
        }
        vm.stopPrank();
        uint256 next;
        while (next < count) {
            Draft memory d = draft();
            for (uint256 k = 0; k < 7 && next < count; k++) {
                d.deposit(A, 2, 1, tokenId(A, TOKEN), ++next, ownerWord(A, alice));
            }
            submitBoth(d);
        }
        assertEq(uint256(stored[A][lastNumber].endRequest), count);
    }

    /// @notice What the operator fills in is free; all that the requester said is not.
    function testFuzz_match_bindsEveryBitOfTheRequester(uint256 bit, uint256 word) public {
        vm.prank(alice);
        z.requestFullExit(77, 5, bob);
        word = bound(word, 1, 4);
        bit = bound(bit, 0, 255);
        Draft memory d = draft();
        d.fullExit(A, A, 77, 5, ownerWord(A, alice), tokenId(A, TOKEN), 10, bob);
        d.outbox[A][word] ^= 2 ** bit;
        // Bits 44.. of word 0 are the outcome: only the proof can tell.
        if (word == 1 && bit >= 44) {
            submitBoth(d);
            return;
        }
        IZklinkTypes.BlockSubmission memory s = submission(A, d);
        vm.expectRevert();
        submitRaw(A, s);
    }

    function test_submit_mayLeaveTheQueueAlone() public {
        z.requestFullExit(77, 5, bob);
        Draft memory d = draft();
        d.inner(1);
        submitBoth(d);
        assertEq(uint256(stored[A][1].endRequest), 0);
    }

    function test_submit_RevertsIfARequestIsSkipped() public {
        Draft memory d = draft();
        vm.startPrank(alice);
        z.deposit(address(token[A]), 1, alice);
        z.deposit(address(token[A]), 2, alice);
        vm.stopPrank();
        d.deposit(A, 2, 1, tokenId(A, TOKEN), 2, ownerWord(A, alice));
        IZklinkTypes.BlockSubmission memory s = submission(A, d);
        vm.expectRevert(abi.encodeWithSelector(IZklinkTypes.RequestMismatch.selector, uint64(0)));
        submitRaw(A, s);
    }

    function test_submit_RevertsIfRequestsAreReordered() public {
        Draft memory d = draft();
        vm.startPrank(alice);
        z.deposit(address(token[A]), 1, alice);
        z.requestFullExit(2, 1, alice);
        vm.stopPrank();
        d.fullExit(A, A, 2, 1, ownerWord(A, alice), 0, 0, alice);
        d.deposit(A, 2, 1, tokenId(A, TOKEN), 1, ownerWord(A, alice));
        IZklinkTypes.BlockSubmission memory s = submission(A, d);
        vm.expectRevert(abi.encodeWithSelector(IZklinkTypes.RequestMismatch.selector, uint64(0)));
        submitRaw(A, s);
    }

    function test_submit_RevertsIfARequestIsInvented() public {
        Draft memory d = draft();
        depositInto(d, A, 2, 1, 5);
        d.deposit(A, 3, 1, tokenId(A, TOKEN), 1_000_000, ownerWord(A, bob));
        IZklinkTypes.BlockSubmission memory s = submission(A, d);
        vm.expectRevert(abi.encodeWithSelector(IZklinkTypes.RequestMismatch.selector, uint64(1)));
        submitRaw(A, s);
    }

    /// @notice B's deposit stands in A's outbox: it's in no queue of A.
    function test_submit_RevertsIfARequestIsForeign() public {
        Draft memory d = draft();
        vm.prank(alice);
        zklink[B].deposit(address(token[B]), 5, alice);
        d.deposit(A, 2, 1, tokenId(B, TOKEN), 5, ownerWord(B, alice));
        IZklinkTypes.BlockSubmission memory s = submission(A, d);
        vm.expectRevert(abi.encodeWithSelector(IZklinkTypes.RequestMismatch.selector, uint64(0)));
        submitRaw(A, s);
    }

    function test_submit_RevertsIfARequestIsTakenAgain() public {
        Draft memory d = draft();
        depositInto(d, A, 2, 1, 5);
        submitBoth(d);
        d = draft();
        d.firstRequest[A] = 0;
        d.endRequest[A] = 0;
        d.deposit(A, 2, 1, tokenId(A, TOKEN), 5, ownerWord(A, alice));
        IZklinkTypes.BlockSubmission memory s = submission(A, d);
        expectBadWord(chainWord(A, 3), 1, 0);
        submitRaw(A, s);
    }
}
