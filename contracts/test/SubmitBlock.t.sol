// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.30;

import {IZklink} from "../src/interfaces/IZklink.sol";
import {IZklinkTypes} from "../src/interfaces/IZklinkTypes.sol";
import {Blocks, Draft, KeyChange} from "./support/Blocks.sol";
import {StubVerifier} from "./support/StubVerifier.sol";
import {ZklinkTest} from "./support/ZklinkTest.sol";

/// @notice Every check of submitBlock by itself. The stub proof always proves what the altered block says, so what refuses
/// it is the contract.
contract SubmitBlockTest is ZklinkTest {
    using Blocks for Draft;

    IZklink private z;

    function setUp() public override {
        super.setUp();
        z = zklink[A];
    }

    /// @dev A block with something of everything: requests on both chains, payouts, a key change, inner operations.
    function richDraft() private returns (Draft memory d) {
        d = draft();
        d.inner(1);
        depositInto(d, A, 2, 1, 1000);
        depositInto(d, B, 2, 2, 2000);
        vm.prank(alice);
        zklink[A].requestSetSigningKey(2, KEY_X, KEY_Y);
        d.setSigningKey(A, 2, ownerWord(A, alice), KEY_X, KEY_Y, true);
        KeyChange memory k = keyChange();
        uint64 until = uint64(d.timestamp) + 100;
        d.changePubKey(A, NUMBER_A, alice, k, keySignature(k, until, aliceKey));
        d.inner(2);
        d.withdraw(A, 2, tokenId(A, TOKEN), 10, bob, 6);
        d.withdraw(B, 2, tokenId(B, TOKEN), 20, bob, 7);
        vm.prank(alice);
        zklink[A].requestFullExit(2, 2, bob);
        d.fullExit(A, B, 2, 2, ownerWord(A, alice), tokenId(B, TOKEN), 1980, bob);
    }

    function test_submit_acceptsAndRemembers() public {
        Draft memory d = richDraft();
        IZklinkTypes.BlockSubmission memory s = submission(A, d);
        IZklinkTypes.StoredBlock memory b = storedOf(A, s);
        vm.expectEmit(address(z));
        emit IZklinkTypes.BlockProved(
            1,
            b.syncHash,
            keccak256(abi.encodePacked(s.header)),
            b.root,
            b.outboxDigest,
            uint64(d.timestamp),
            3
        );
        submit(A, d);
        assertEq(uint256(z.provedNumber()), 1);
        assertEq(uint256(z.confirmedNumber()), 0);
        assertEq(z.storedBlockHash(1), keccak256(abi.encode(b)));
        submit(B, d);
        assertEq(stored[B][1].syncHash, b.syncHash);
        assertEq(uint256(stored[B][1].endRequest), 1);
    }

    function test_submit_chainsBlocks() public {
        for (uint256 i = 0; i < 3; i++) {
            Draft memory d = richDraft();
            skip(60);
            submitBoth(d);
        }
        assertEq(uint256(z.provedNumber()), 3);
        assertEq(uint256(stored[A][3].endRequest), 9);
    }

    function test_submit_RevertsIfNotTheOperator() public {
        Draft memory d = richDraft();
        IZklinkTypes.BlockSubmission memory s = submission(A, d);
        vm.expectRevert(abi.encodeWithSelector(IZklinkTypes.NotOperator.selector, bob));
        vm.prank(bob);
        z.submitBlock(stored[A][0], s);
        uint256[] memory words = new uint256[](1);
        vm.expectRevert(abi.encodeWithSelector(IZklinkTypes.NotOperator.selector, bob));
        vm.prank(bob);
        z.postLogPiece(1, 0, words);
    }

    // ---- the previous block ----

    function test_submit_RevertsIfThePreviousBlockIsWrong() public {
        Draft memory d = richDraft();
        IZklinkTypes.BlockSubmission memory s = submission(A, d);
        for (uint256 field = 0; field < 6; field++) {
            IZklinkTypes.StoredBlock memory p = z.genesis();
            if (field == 0) p.number = 1;
            if (field == 1) p.timestamp = 1;
            if (field == 2) p.endRequest = 1;
            if (field == 3) p.syncHash = bytes32(uint256(p.syncHash) ^ 1);
            if (field == 4) p.root = bytes32(uint256(p.root) ^ 1);
            if (field == 5) p.outboxDigest = bytes32(uint256(1));
            vm.expectRevert(abi.encodeWithSelector(IZklinkTypes.BadStoredBlock.selector, uint64(0)));
            vm.prank(operator);
            z.submitBlock(p, s);
        }
    }

    function test_submit_RevertsIfNotOnTheNewestBlock() public {
        Draft memory d = richDraft();
        IZklinkTypes.BlockSubmission memory s = submission(A, d);
        submit(A, d);
        vm.expectRevert(abi.encodeWithSelector(IZklinkTypes.BadStoredBlock.selector, uint64(1)));
        vm.prank(operator);
        z.submitBlock(stored[A][0], s); // the same block again
    }

    // ---- the header, word by word ----

    function test_submit_RevertsIfAHeaderWordIsWrong() public {
        Draft memory d = richDraft();
        uint256[] memory h = header(d);
        for (uint256 w = 0; w < h.length; w++) {
            bool newRoot = w == 7;
            bool operations = w == 11;
            bool timestamp = w == 4;
            // Of another chain's group only the chain number is known here.
            bool foreign = w > chainWord(B, 0);
            if (newRoot || operations || timestamp || foreign) continue;
            uint256[2] memory values = [h[w] ^ 1, h[w] + (1 << 200)];
            for (uint256 i = 0; i < values.length; i++) {
                IZklinkTypes.BlockSubmission memory s = submission(A, d);
                s.header[w] = values[i];
                s.proof = prove(d, s.header);
                expectBadWord(w, h[w], values[i]);
                submitRaw(A, s);
            }
        }
        // As it was, it passes.
        submit(A, d);
    }

    /// @notice Words that this chain can't know are bound by the proof alone.
    function test_submit_RevertsIfTheProofIsOfAnotherHeader() public {
        Draft memory d = richDraft();
        uint256[] memory h = header(d);
        uint256[8] memory words = [
            uint256(7),
            11,
            4,
            chainWord(B, 1),
            chainWord(B, 2),
            chainWord(B, 3),
            chainWord(B, 4),
            chainWord(B, 5)
        ];
        bytes memory proof = prove(d, h);
        for (uint256 i = 0; i < words.length; i++) {
            IZklinkTypes.BlockSubmission memory s = submission(A, d);
            s.header[words[i]]++;
            s.proof = proof;
            vm.expectRevert(abi.encodeWithSelector(StubVerifier.Mismatch.selector, "statement digest"));
            submitRaw(A, s);
        }
    }

    function test_submit_RevertsIfTheHeaderHasAnotherLength() public {
        Draft memory d = richDraft();
        IZklinkTypes.BlockSubmission memory s = submission(A, d);
        uint256[] memory h = s.header;
        uint256[3] memory lengths = [uint256(0), h.length - 1, h.length + 1];
        for (uint256 i = 0; i < lengths.length; i++) {
            s.header = new uint256[](lengths[i]);
            for (uint256 k = 0; k < lengths[i] && k < h.length; k++) {
                s.header[k] = h[k];
            }
            vm.expectRevert(abi.encodeWithSelector(IZklinkTypes.BadHeaderLength.selector, lengths[i]));
            submitRaw(A, s);
        }
    }

    function expectBadTime(uint256 given, uint256 low) private {
        vm.expectRevert(
            abi.encodeWithSelector(
                IZklinkTypes.BadTimestamp.selector, given, low, vm.getBlockTimestamp() + 15 minutes
            )
        );
    }

    function test_submit_boundsTheTimestamp() public {
        Draft memory d = draft();
        d.inner(1);
        d.timestamp = vm.getBlockTimestamp() + 15 minutes + 1;
        IZklinkTypes.BlockSubmission memory s = submission(A, d);
        expectBadTime(d.timestamp, 0);
        submitRaw(A, s);
        d.timestamp = type(uint256).max;
        s = submission(A, d);
        expectBadTime(d.timestamp, 0);
        submitRaw(A, s);

        d.timestamp = vm.getBlockTimestamp() + 15 minutes;
        submitBoth(d);
        uint256 first = d.timestamp;
        d = draft();
        d.inner(1);
        d.timestamp = first - 1;
        s = submission(A, d);
        expectBadTime(first - 1, first);
        submitRaw(A, s);
        d.timestamp = first; // equal is in order
        submitBoth(d);
    }

    /// @notice A block that reaches a chain days later than the others is still taken.
    function test_submit_mayComeLate() public {
        Draft memory d = richDraft();
        submit(A, d);
        skip(10 days);
        submit(B, d);
        assertEq(stored[A][1].syncHash, stored[B][1].syncHash);
    }

    // ---- the outbox ----

    function test_submit_RevertsIfTheOutboxIsNotTheHeaders() public {
        Draft memory d = richDraft();
        uint256 entries = d.outbox[A].length / 5;
        bytes32 digest = keccak256(abi.encodePacked(d.outbox[A]));
        // any word altered
        for (uint256 w = 0; w < d.outbox[A].length; w++) {
            IZklinkTypes.BlockSubmission memory s = submission(A, d);
            s.outbox = Blocks.slice(s.outbox, 0, s.outbox.length);
            s.outbox[w] ^= 2 ** (w % 256);
            expectBadWord(chainWord(A, 1), uint256(keccak256(abi.encodePacked(s.outbox))), uint256(digest));
            submitRaw(A, s);
        }
        // the last entry left out, or none given
        IZklinkTypes.BlockSubmission memory t = submission(A, d);
        t.outbox = Blocks.slice(d.outbox[A], 0, d.outbox[A].length - 5);
        expectBadWord(chainWord(A, 2), entries - 1, entries);
        submitRaw(A, t);
        t.outbox = new uint256[](0);
        expectBadWord(chainWord(A, 2), 0, entries);
        submitRaw(A, t);
        // words that make no entry
        t.outbox = Blocks.slice(d.outbox[A], 0, 13);
        vm.expectRevert(abi.encodeWithSelector(IZklinkTypes.BadOutboxEntry.selector, 2));
        submitRaw(A, t);
        // another chain's
        t.outbox = d.outbox[B];
        expectBadWord(chainWord(A, 2), d.outbox[B].length / 5, entries);
        submitRaw(A, t);
    }

    function test_submit_RevertsIfOperationsAreOutOfOrder() public {
        Draft memory d = draft();
        d.withdraw(A, 2, tokenId(A, TOKEN), 1, bob, 1);
        d.withdraw(A, 2, tokenId(A, TOKEN), 1, bob, 2);
        uint256[4] memory second = [uint256(0), 2, 1 << 32, type(uint256).max];
        for (uint256 i = 0; i < second.length; i++) {
            d.outbox[A][5] = second[i];
            IZklinkTypes.BlockSubmission memory s = submission(A, d);
            vm.expectRevert(abi.encodeWithSelector(IZklinkTypes.OperationOutOfOrder.selector, second[i]));
            submitRaw(A, s);
        }
        d.outbox[A][5] = 1;
        submitBoth(d);
    }

    function test_submit_RevertsIfAnEntryHasNoMeaning() public {
        uint256[10] memory kinds = [uint256(0), 5, 6, 7, 8, 9, 10, 11, 13, 255];
        for (uint256 i = 0; i < kinds.length; i++) {
            Draft memory d = draft();
            d.inner(1);
            d.addEntry(A, [uint256(0), kinds[i], 0, 0, 0]);
            IZklinkTypes.BlockSubmission memory s = submission(A, d);
            vm.expectRevert(abi.encodeWithSelector(IZklinkTypes.BadOutboxEntry.selector, 0));
            submitRaw(A, s);
        }
    }

    function test_submit_RevertsIfAWithdrawalIsNotForThisChain() public {
        Draft memory d = draft();
        uint256[3] memory foreign = [tokenId(B, TOKEN), uint256(TOKEN), (uint256(255) << 32) | TOKEN];
        for (uint256 i = 0; i < foreign.length; i++) {
            d = draft();
            d.withdraw(A, 2, foreign[i], 1, bob, 1);
            IZklinkTypes.BlockSubmission memory s = submission(A, d);
            vm.expectRevert(abi.encodeWithSelector(IZklinkTypes.BadOutboxEntry.selector, 0));
            submitRaw(A, s);
        }
        d = draft();
        d.withdraw(A, 2, tokenId(A, TOKEN), 1, bob, 1);
        d.outbox[A][2] |= 1 << 160; // no address
        IZklinkTypes.BlockSubmission memory t = submission(A, d);
        vm.expectRevert(abi.encodeWithSelector(IZklinkTypes.BadOutboxEntry.selector, 0));
        submitRaw(A, t);
    }

    /// @notice An exit asked for elsewhere stands here only to pay one of this chain's tokens.
    function test_submit_RevertsIfAForeignExitPaysNothingHere() public {
        uint256 paid = (1 << 44) + (tokenId(A, TOKEN) << 45) + (uint256(5) << 85);
        uint256[4][4] memory bad = [
            [3 + (uint256(2) << 8) + (uint256(1) << 36), ownerWord(B, alice), uint160(bob), 0],
            [3 + paid - (1 << 44), ownerWord(B, alice), uint160(bob), 0],
            [3 + paid - (tokenId(A, TOKEN) << 45) + (tokenId(B, TOKEN) << 45), ownerWord(B, alice), 1, 0],
            [3 + paid, ownerWord(B, alice), (1 << 160) | uint160(bob), 0]
        ];
        for (uint256 i = 0; i < bad.length; i++) {
            Draft memory d = draft();
            d.inner(1);
            d.addEntry(A, [0, bad[i][0], bad[i][1], bad[i][2], bad[i][3]]);
            IZklinkTypes.BlockSubmission memory s = submission(A, d);
            vm.expectRevert(abi.encodeWithSelector(IZklinkTypes.BadOutboxEntry.selector, 0));
            submitRaw(A, s);
        }
    }

    // ---- key changes ----

    function keyDraft(KeyChange memory k, IZklinkTypes.KeySignature memory sig)
        private
        view
        returns (Draft memory d)
    {
        d = draft();
        d.inner(1);
        d.changePubKey(A, NUMBER_A, alice, k, sig);
    }

    function expectKeyRefused(Draft memory d, bytes memory err) private {
        IZklinkTypes.BlockSubmission memory s = submission(A, d);
        vm.expectRevert(err);
        submitRaw(A, s);
    }

    function badSignature(address signer) private pure returns (bytes memory) {
        return abi.encodeWithSelector(IZklinkTypes.BadKeySignature.selector, 1, signer);
    }

    function test_keyChange_accepted() public {
        KeyChange memory k = keyChange();
        Draft memory d = keyDraft(k, keySignature(k, uint64(vm.getBlockTimestamp()), aliceKey));
        submit(A, d);
    }

    function test_keyChange_RevertsIfExpired() public {
        KeyChange memory k = keyChange();
        uint64 until = uint64(vm.getBlockTimestamp()) - 1;
        Draft memory d = keyDraft(k, keySignature(k, until, aliceKey));
        expectKeyRefused(d, abi.encodeWithSelector(IZklinkTypes.ExpiredKeySignature.selector, 1, until));
    }

    function test_keyChange_RevertsIfSignedByAnother() public {
        KeyChange memory k = keyChange();
        (address mallory, uint256 key) = makeAddrAndKey("mallory");
        Draft memory d = keyDraft(k, keySignature(k, type(uint64).max, key));
        expectKeyRefused(d, badSignature(mallory));
    }

    /// @notice The signature covers every field: change one in the block and another address comes out.
    function test_keyChange_RevertsIfAnyFieldIsAnother() public {
        for (uint256 field = 0; field < 7; field++) {
            KeyChange memory k = keyChange();
            IZklinkTypes.KeySignature memory sig = keySignature(k, type(uint64).max, aliceKey);
            if (field == 0) k.account++;
            if (field == 1) k.nonce++;
            if (field == 2) k.feeToken++;
            if (field == 3) k.feeMantissa++;
            if (field == 4) k.feeExponent++;
            if (field == 5) (k.x, k.y) = (R - k.x, k.y); // the negated key is good too
            if (field == 6) sig.validUntil--;
            Draft memory d = keyDraft(k, sig);
            IZklinkTypes.BlockSubmission memory s = submission(A, d);
            vm.expectPartialRevert(IZklinkTypes.BadKeySignature.selector);
            submitRaw(A, s);
        }
    }

    function test_keyChange_RevertsIfMalleableOrMalformed() public {
        KeyChange memory k = keyChange();
        IZklinkTypes.KeySignature memory sig = keySignature(k, type(uint64).max, aliceKey);
        bytes memory good = sig.signature;
        (uint8 v, bytes32 r, bytes32 s) = vm.sign(aliceKey, keyDigest(k, type(uint64).max));
        bytes[7] memory bad = [
            abi.encodePacked(r, bytes32(ORDER - uint256(s)), uint8(55 - v)), // the other s
            abi.encodePacked(good, uint8(0)), // a byte more
            abi.encodePacked(r, s), // no v
            abi.encodePacked(r, bytes32((uint256(v - 27) << 255) | uint256(s))), // EIP-2098
            abi.encodePacked(r, s, v - 27),
            abi.encodePacked(r, s, uint8(29)),
            bytes("")
        ];
        for (uint256 i = 0; i < bad.length; i++) {
            sig.signature = bad[i];
            expectKeyRefused(keyDraft(k, sig), badSignature(address(0)));
        }
        sig.signature = good;
        submit(A, keyDraft(k, sig));
    }

    /// @notice An owner word of 0 does not match a signature from which no signer can be recovered.
    function test_keyChange_RevertsIfTheOwnerIsZero() public {
        KeyChange memory k = keyChange();
        IZklinkTypes.KeySignature memory sig = IZklinkTypes.KeySignature(type(uint64).max, new bytes(65));
        Draft memory d = draft();
        d.inner(1);
        d.changePubKey(A, NUMBER_A, address(0), k, sig);
        expectKeyRefused(d, badSignature(address(0)));
    }

    function test_keyChange_RevertsIfTheOwnerWordHasMoreThanAnAddress() public {
        KeyChange memory k = keyChange();
        Draft memory d = keyDraft(k, keySignature(k, type(uint64).max, aliceKey));
        d.outbox[A][2] = ownerWord(A, alice);
        expectKeyRefused(d, badSignature(alice));
    }

    function test_keyChange_RevertsIfTheKeyIsBad() public {
        KeyChange memory k = keyChange();
        (k.x, k.y) = (0, R - 1); // of order 2
        Draft memory d = keyDraft(k, keySignature(k, type(uint64).max, aliceKey));
        expectKeyRefused(d, abi.encodeWithSelector(IZklinkTypes.BadSigningKey.selector, 0, R - 1));
    }

    function test_keyChange_RevertsIfForAnotherChain() public {
        KeyChange memory k = keyChange();
        Draft memory d = draft();
        d.inner(1);
        d.changePubKey(A, NUMBER_B, alice, k, keySignature(k, type(uint64).max, aliceKey));
        expectKeyRefused(d, abi.encodeWithSelector(IZklinkTypes.WrongKeyChain.selector, 1, NUMBER_B));
    }

    function test_keyChange_RevertsIfSignaturesAreMissingExtraOrSwapped() public {
        KeyChange memory k = keyChange();
        KeyChange memory l = keyChange();
        l.account = 3;
        Draft memory d = draft();
        d.changePubKey(A, NUMBER_A, alice, k, keySignature(k, type(uint64).max, aliceKey));
        d.changePubKey(A, NUMBER_A, alice, l, keySignature(l, type(uint64).max, aliceKey));
        IZklinkTypes.KeySignature[] memory good = d.keySignatures[A];

        IZklinkTypes.KeySignature[] memory list = new IZklinkTypes.KeySignature[](1);
        list[0] = good[0];
        d.keySignatures[A] = list;
        expectKeyRefused(d, abi.encodeWithSelector(IZklinkTypes.KeySignatureCount.selector, 2, 1));

        list = new IZklinkTypes.KeySignature[](3);
        (list[0], list[1], list[2]) = (good[0], good[1], good[1]);
        d.keySignatures[A] = list;
        expectKeyRefused(d, abi.encodeWithSelector(IZklinkTypes.KeySignatureCount.selector, 2, 3));

        list = new IZklinkTypes.KeySignature[](2);
        (list[0], list[1]) = (good[1], good[0]);
        d.keySignatures[A] = list;
        IZklinkTypes.BlockSubmission memory s = submission(A, d);
        vm.expectPartialRevert(IZklinkTypes.BadKeySignature.selector);
        submitRaw(A, s);

        d.keySignatures[A] = good;
        submit(A, d);
    }

    /// @notice A signature where no key changes is refused too: calldata means one thing.
    function test_keyChange_RevertsIfThereIsNone() public {
        Draft memory d = draft();
        d.inner(1);
        d.keySignatures[A] = new IZklinkTypes.KeySignature[](1);
        expectKeyRefused(d, abi.encodeWithSelector(IZklinkTypes.KeySignatureCount.selector, 0, 1));
    }

    // ---- the log ----

    function test_submit_RevertsIfTheLogIsNotTheHeaders() public {
        Draft memory d = richDraft();
        bytes32 digest = Blocks.logDigest(d.log);
        for (uint256 w = 0; w < d.log.length; w++) {
            IZklinkTypes.BlockSubmission memory s = submission(A, d);
            s.log = Blocks.slice(d.log, 0, d.log.length);
            s.log[w] ^= 2 ** w;
            expectBadWord(9, uint256(Blocks.logDigest(s.log)), uint256(digest));
            submitRaw(A, s);
        }
        IZklinkTypes.BlockSubmission memory t = submission(A, d);
        t.log = Blocks.slice(d.log, 0, d.log.length - 1);
        expectBadWord(10, d.log.length - 1, d.log.length);
        submitRaw(A, t);
        t.log = Blocks.concat(d.log, Blocks.list(0));
        expectBadWord(10, d.log.length + 1, d.log.length);
        submitRaw(A, t);
        t.log = new uint256[](0); // as if it had been posted
        expectBadWord(10, 0, d.log.length);
        submitRaw(A, t);
        submit(A, d);
    }

    /// @notice The verifier gets the words themselves, not only their digest.
    function test_submit_RevertsIfTheProofIsOfAnotherLogOrOutbox() public {
        Draft memory d = richDraft();
        IZklinkTypes.BlockSubmission memory s = submission(A, d);
        uint256[] memory log = d.log;
        d.log = Blocks.slice(log, 0, log.length - 1);
        s.proof = prove(d, s.header);
        vm.expectRevert(abi.encodeWithSelector(StubVerifier.Mismatch.selector, "log"));
        submitRaw(A, s);
        d.log = log;
        d.outbox[A] = Blocks.slice(d.outbox[A], 0, 5);
        s.proof = prove(d, s.header);
        vm.expectRevert(abi.encodeWithSelector(StubVerifier.Mismatch.selector, "outbox"));
        submitRaw(A, s);
    }

    /// @notice A log of several pieces in one transaction: its digest goes piece by piece.
    function test_submit_takesALongLogAtOnce() public {
        Draft memory d = longDraft(2 * Blocks.PIECE_WORDS + 17);
        submit(A, d);
    }

    function longDraft(uint256 words) private view returns (Draft memory d) {
        d = draft();
        d.operations = words;
        d.log = new uint256[](words);
        for (uint256 i = 0; i < words; i++) {
            d.log[i] = uint256(keccak256(abi.encode("word", i))) % R;
        }
    }

    function post(uint256 challenge, uint256[] memory log, uint256 from, uint256 words) private {
        uint256[] memory piece = Blocks.slice(log, from, from + words);
        vm.prank(operator);
        z.postLogPiece(challenge, from, piece);
    }

    function test_pieces_standForTheLog() public {
        uint256 p = Blocks.PIECE_WORDS;
        uint256[4] memory lengths = [p, p + 1, 2 * p, 2 * p + 5];
        for (uint256 i = 0; i < lengths.length; i++) {
            Draft memory d = longDraft(lengths[i]);
            d.logChallenge = R - 1 - i;
            for (uint256 from = 0; from < lengths[i]; from += p) {
                uint256 end = from + p < lengths[i] ? from + p : lengths[i];
                vm.expectEmit(address(z));
                emit IZklinkTypes.LogPiecePosted(d.logChallenge, end);
                post(d.logChallenge, d.log, from, p);
            }
            (bytes32 digest, uint256 sum,, uint256 count) = z.postedLog(d.logChallenge);
            assertEq(digest, Blocks.logDigest(d.log));
            assertEq(sum, Blocks.evaluate(d.log, d.logChallenge));
            assertEq(count, lengths[i]);
            submitBoth2(d);
            (digest,,, count) = z.postedLog(d.logChallenge);
            assertEq(digest, bytes32(0)); // no longer needed
            assertEq(count, 0);
        }
    }

    /// @dev A has the log in pieces, B at once: the block is the same.
    function submitBoth2(Draft memory d) private {
        IZklinkTypes.BlockSubmission memory s = submission(B, d);
        s.log = d.log;
        IZklinkTypes.StoredBlock memory previous = stored[B][d.number - 1];
        submit(A, d);
        vm.prank(operator);
        zklink[B].submitBlock(previous, s);
        stored[B][d.number] = storedOf(B, s);
        assertEq(stored[B][d.number].syncHash, stored[A][d.number].syncHash);
    }

    function test_pieces_RevertIfMalformed() public {
        uint256 p = Blocks.PIECE_WORDS;
        uint256[] memory log = longDraft(2 * p + 5).log;
        vm.startPrank(operator);
        vm.expectRevert(abi.encodeWithSelector(IZklinkTypes.BadLogChallenge.selector, 0));
        z.postLogPiece(0, 0, log);
        vm.expectRevert(abi.encodeWithSelector(IZklinkTypes.BadLogChallenge.selector, R));
        z.postLogPiece(R, 0, log);
        vm.expectRevert(abi.encodeWithSelector(IZklinkTypes.BadLogPiece.selector, 0, 0));
        z.postLogPiece(7, 0, new uint256[](0));
        vm.expectRevert(abi.encodeWithSelector(IZklinkTypes.BadLogPiece.selector, 0, p + 1));
        z.postLogPiece(7, 0, Blocks.slice(log, 0, p + 1));
        // not where the last one ended
        vm.expectRevert(abi.encodeWithSelector(IZklinkTypes.BadLogPiece.selector, p, 5));
        z.postLogPiece(7, p, Blocks.slice(log, 0, 5));
        z.postLogPiece(7, 0, Blocks.slice(log, 0, p));
        vm.expectRevert(abi.encodeWithSelector(IZklinkTypes.BadLogPiece.selector, p - 1, 5));
        z.postLogPiece(7, p - 1, Blocks.slice(log, 0, 5));
        vm.expectRevert(abi.encodeWithSelector(IZklinkTypes.BadLogPiece.selector, 2 * p, 5));
        z.postLogPiece(7, 2 * p, Blocks.slice(log, 0, 5));
        // nothing after a short piece
        z.postLogPiece(7, p, Blocks.slice(log, p, p + 5));
        vm.expectRevert(abi.encodeWithSelector(IZklinkTypes.BadLogPiece.selector, p + 5, 5));
        z.postLogPiece(7, p + 5, Blocks.slice(log, 0, 5));
        // words are field elements
        uint256[] memory words = Blocks.list(1, R);
        vm.expectRevert(abi.encodeWithSelector(IZklinkTypes.LogWordNotCanonical.selector, R));
        z.postLogPiece(8, 0, words);
        vm.stopPrank();
    }

    /// @notice A wrong piece under a challenge spoils nothing: the first piece begins anew.
    function test_pieces_canBeginAnew() public {
        uint256 p = Blocks.PIECE_WORDS;
        Draft memory d = longDraft(p + 5);
        d.logChallenge = 99;
        uint256[] memory wrong = Blocks.slice(d.log, 0, p);
        wrong[17] ^= 1;
        post(99, wrong, 0, p);
        post(99, d.log, p, p);
        IZklinkTypes.BlockSubmission memory s = submission(A, d);
        vm.expectPartialRevert(IZklinkTypes.BadHeaderWord.selector);
        submitRaw(A, s);
        post(99, d.log, 0, p);
        post(99, d.log, p, p);
        submit(A, d);
    }

    function test_pieces_RevertIfUnderAnotherChallenge() public {
        uint256 p = Blocks.PIECE_WORDS;
        Draft memory d = longDraft(p + 5);
        d.logChallenge = 99;
        post(98, d.log, 0, p);
        post(98, d.log, p, p);
        IZklinkTypes.BlockSubmission memory s = submission(A, d);
        expectBadWord(10, 0, p + 5);
        submitRaw(A, s);
        s.logChallenge = 98; // the proof's own challenge is 99
        vm.expectRevert(abi.encodeWithSelector(StubVerifier.Mismatch.selector, "challenge"));
        submitRaw(A, s);
    }

    // ---- the proof ----

    function test_submit_RevertsIfTheVerifierRefuses() public {
        Draft memory d = richDraft();
        IZklinkTypes.BlockSubmission memory s = submission(A, d);
        s.proof = "";
        vm.expectRevert();
        submitRaw(A, s);
        assertEq(uint256(z.provedNumber()), 0);
        assertEq(z.storedBlockHash(1), bytes32(0));
    }

    /// @notice Any single bit of header, outbox or log changed: refused, whoever notices.
    function testFuzz_submit_RevertsIfABitIsChanged(uint256 array, uint256 word, uint256 bit) public {
        Draft memory d = richDraft();
        IZklinkTypes.BlockSubmission memory s = submission(A, d);
        array = bound(array, 0, 2);
        uint256[] memory words = array == 0 ? s.header : array == 1 ? s.outbox : s.log;
        word = bound(word, 0, words.length - 1);
        words[word] ^= 2 ** bound(bit, 0, 255);
        vm.expectRevert();
        submitRaw(A, s);
    }
}
