// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.30;

import {ProofVectors} from "./ProofVectors.sol";
import {BlockVerifier, VerifyingKey} from "../../src/verifier/BlockVerifier.sol";
import {KzgOpening} from "../../src/verifier/KzgOpening.sol";
import {ScalarField} from "../../src/verifier/ScalarField.sol";
import {SCALAR_MODULUS as R} from "../../src/verifier/Transcript.sol";
import {HeldColumn, HeldSum, IBlockVerifier} from "../../src/interfaces/IBlockVerifier.sol";

/// @notice The verifier of the toy system `arith`, written by hand, whose memory is full of ones where the core will
/// work: code that relies on fresh memory being zero fails here.
contract DirtyArithVerifier is BlockVerifier {
    address private immutable EVALUATOR;

    constructor(bytes32 airDigest, VerifyingKey memory key, address[] memory evaluators)
        BlockVerifier(airDigest, key)
    {
        _checkEvaluators(airDigest, evaluators, 1);
        EVALUATOR = evaluators[0];
    }

    function _evaluators() internal view override returns (address[] memory list) {
        list = new address[](1);
        list[0] = EVALUATOR;
        assembly ("memory-safe") {
            mstore(0x00, not(0))
            mstore(0x20, not(0))
            let free := mload(0x40)
            for { let i := 0 } lt(i, 3000) { i := add(i, 1) } { mstore(add(free, shl(5, i)), not(0)) }
        }
    }

    function _shape() internal pure override returns (bytes memory) {
        return hex"0000000000000000000000000000000000000000000700000002000100070006"
            hex"000000000000000000000000000100020000000000000000ffff000400070005"
            hex"000000000000000000000000000100010001000000000000ffff000300040003"
            hex"0000000000000000000000000001000100020000000000000003000100020001"
            hex"000000000000000000000000000100010003000000000000ffff000400050004"
            hex"000000000000000000000000000100010004000100000000ffff000300030002"
            hex"000000000000000000000000000100010005000000000000ffff000200030002"
            hex"0000000000000000000000000000000000000000000000000000000000040000"
            hex"0000000000000000000000000000000000000000000000000000000000030000"
            hex"0000000000000000000000000000000000000000000000000000000000010000"
            hex"0000000000000000000000000000000000000000000000000000000000040000"
            hex"0000000000000000000000000000000000000000000000000000000000030000"
            hex"0000000000000000000000000000000000000000000000000000000000020000"
            hex"0000000000000000000000000000000000000000000000000000000000000000";
    }
}

/// @notice What each check of the verifier says when it refuses, on the toy system `arith`: six tables (product, mirror,
/// range, square, out, end), chip 2 of fixed height 2^3, chip 4 public, one scalar.
contract BlockVerifierTest is ProofVectors {
    uint256 private constant TABLES = 6;
    uint256 private constant OUT = 4;

    string private json;
    IBlockVerifier private verifier;
    Case private stored;

    function setUp() public {
        json = readSuite("arith");
        verifier = deploy("Arith", 1, readKey(json));
        Case memory c = readCase(json, 0);
        stored.statementDigest = c.statementDigest;
        stored.scalars = c.scalars;
        stored.proof = c.proof;
        stored.columns.push(c.columns[0]);
    }

    function _airDigest() private view returns (bytes32) {
        return keccak256(vm.readFileBinary("../tests/vectors/proofs/arith.air.json"));
    }

    function _evaluators() private returns (address[] memory list) {
        list = new address[](1);
        list[0] = vm.deployCode("ArithEvaluator0.sol");
    }

    function _verify(Case memory c, HeldSum[] memory sums) private view {
        verifier.verify(c.statementDigest, c.scalars, c.instanceScalars, c.columns, sums, c.proof);
    }

    // --- memory -----------------------------------------------------------------------------------

    function test_dirtyMemory_changesNothing() public {
        VerifyingKey memory key = readKey(json);
        DirtyArithVerifier dirty = new DirtyArithVerifier(_airDigest(), key, _evaluators());
        assertEq(dirty.vkDigest(), verifier.vkDigest());
        uint256 altered = runSuite(dirty, json);
        assertGt(altered, 300);
    }

    // --- deployment -------------------------------------------------------------------------------

    function test_constructor_revertsIfEvaluatorIsAnother() public {
        VerifyingKey memory key = readKey(json);
        address[] memory list = new address[](1);
        list[0] = vm.deployCode("TablesEvaluator0.sol");
        bytes32 digest = _airDigest();
        vm.expectRevert(abi.encodeWithSelector(BlockVerifier.EvaluatorMismatch.selector, 0, list[0]));
        new DirtyArithVerifier(digest, key, list);
        list[0] = makeAddr("no code");
        vm.expectRevert(abi.encodeWithSelector(BlockVerifier.EvaluatorMismatch.selector, 0, list[0]));
        new DirtyArithVerifier(digest, key, list);
        vm.expectRevert(abi.encodeWithSelector(BlockVerifier.EvaluatorMismatch.selector, 2, address(0)));
        new DirtyArithVerifier(digest, key, new address[](2));
    }

    function test_constructor_revertsIfMaximumIsTooLarge() public {
        VerifyingKey memory key = readKey(json);
        address[] memory list = _evaluators();
        bytes32 digest = _airDigest();
        key.maxLogSize = 29;
        vm.expectRevert(abi.encodeWithSelector(BlockVerifier.MaximumTooLarge.selector, 29));
        new DirtyArithVerifier(digest, key, list);
    }

    function test_vkDigest_bindsEveryPartOfTheKey() public {
        VerifyingKey memory key = readKey(json);
        address[] memory list = _evaluators();
        bytes32 digest = _airDigest();
        bytes32 before = verifier.vkDigest();
        key.maxLogSize--;
        assertNotEq(new DirtyArithVerifier(digest, key, list).vkDigest(), before);
        key.maxLogSize++;
        for (uint256 i = 0; i < 6; i++) {
            if (i < 2) key.preprocessed[i] ^= 1;
            else key.tauG2[i - 2] ^= 1;
            assertNotEq(new DirtyArithVerifier(digest, key, list).vkDigest(), before);
            if (i < 2) key.preprocessed[i] ^= 1;
            else key.tauG2[i - 2] ^= 1;
        }
        assertEq(new DirtyArithVerifier(digest, key, list).vkDigest(), before);
    }

    // --- statement --------------------------------------------------------------------------------

    function test_verify_revertsIfScalarsAreTooManyOrTooLarge() public {
        Case memory c = stored;
        c.scalars = new uint256[](2);
        vm.expectRevert(abi.encodeWithSelector(BlockVerifier.ScalarCount.selector, 2, 1));
        run(verifier, c);
        c.scalars = new uint256[](0);
        vm.expectRevert(abi.encodeWithSelector(BlockVerifier.ScalarCount.selector, 0, 1));
        run(verifier, c);
        c.scalars = new uint256[](1);
        c.scalars[0] = R;
        vm.expectRevert(abi.encodeWithSelector(ScalarField.StatementWordNotCanonical.selector, R));
        run(verifier, c);
    }

    function test_verify_revertsIfInstanceScalarIsTooLarge() public {
        Case memory c = stored;
        c.instanceScalars = new uint256[](1);
        c.instanceScalars[0] = R + 7;
        vm.expectRevert(abi.encodeWithSelector(ScalarField.StatementWordNotCanonical.selector, R + 7));
        run(verifier, c);
    }

    // --- heights ----------------------------------------------------------------------------------

    function test_verify_revertsIfHeightsArePaddedWithOther() public {
        for (uint256 i = TABLES + 1; i < 32; i++) {
            Case memory c = stored;
            c.proof[i] = 0x01;
            vm.expectRevert(BlockVerifier.HeightsPadding.selector);
            run(verifier, c);
        }
    }

    function test_verify_revertsIfFixedHeightDiffers() public {
        Case memory c = stored;
        c.proof[2] = 0x04;
        vm.expectRevert(abi.encodeWithSelector(BlockVerifier.FixedHeight.selector, 2, 4, 3));
        run(verifier, c);
    }

    function test_verify_revertsIfSizeIsAboveMaximum() public {
        Case memory c = stored;
        c.proof[TABLES] = 0x0b;
        vm.expectRevert(abi.encodeWithSelector(BlockVerifier.SizeAboveMaximum.selector, 11, 10));
        run(verifier, c);
    }

    function test_verify_revertsIfHeightIsAboveSize() public {
        Case memory c = stored;
        uint256 size = uint8(c.proof[TABLES]);
        c.proof[OUT] = bytes1(uint8(size + 1));
        vm.expectRevert(abi.encodeWithSelector(BlockVerifier.HeightAboveSize.selector, OUT, size + 1, size));
        run(verifier, c);
    }

    // --- the proof's body -------------------------------------------------------------------------

    function test_verify_revertsIfClaimIsNotZero() public {
        Case memory c = stored;
        c.columns = new HeldColumn[](0);
        c.statementDigest ^= bytes32(uint256(1));
        vm.expectPartialRevert(BlockVerifier.SumcheckClaim.selector);
        run(verifier, c);
    }

    function test_verify_revertsIfLengthIsWrong() public {
        Case memory c = stored;
        uint256 length = c.proof.length;
        c.proof = bytes.concat(c.proof, hex"00");
        vm.expectRevert(abi.encodeWithSelector(BlockVerifier.ProofLength.selector, length + 1, length));
        run(verifier, c);
    }

    /// @dev Every word of the proof, one at a time, with r added to it: the same value, another encoding.
    function test_verify_revertsIfProofWordIsNotCanonical() public view {
        Case memory c = stored;
        Alterations memory a = readAlterations(json);
        uint256 tried = 0;
        for (uint256 i = 0; i < a.name.length; i++) {
            if (a.base[i] != 0 || a.kind[i] != PROOF || !_endsWith(a.name[i], " plus r")) continue;
            Case memory altered = alter(c, PROOF, a.offset[i], a.value[i]);
            try verifier.verify(
                altered.statementDigest,
                altered.scalars,
                altered.instanceScalars,
                new HeldColumn[](0),
                new HeldSum[](0),
                altered.proof
            ) {
                revert(a.name[i]);
            } catch (bytes memory reason) {
                bool named = bytes4(reason) == ScalarField.ProofWordNotCanonical.selector
                    || bytes4(reason) == KzgOpening.OpeningWordNotCanonical.selector;
                assertTrue(named, a.name[i]);
            }
            tried++;
        }
        assertGt(tried, 50);
    }

    function _endsWith(string memory text, string memory end) private pure returns (bool) {
        bytes memory t = bytes(text);
        bytes memory e = bytes(end);
        if (t.length < e.length) return false;
        for (uint256 i = 0; i < e.length; i++) {
            if (t[t.length - e.length + i] != e[i]) return false;
        }
        return true;
    }

    function test_verify_revertsIfOpeningIsWrong() public {
        Case memory c = stored;
        uint256 length = c.proof.length;
        c.proof[length - 1] ^= 0x01;
        vm.expectRevert(KzgOpening.OpeningInverseWrong.selector);
        run(verifier, c);
    }

    function test_verify_revertsIfBoundaryDenominatorIsZero() public {
        address[] memory list = _evaluators();
        IBlockVerifier own = new DirtyArithVerifier(_airDigest(), readKey(json), list);
        Case memory c = stored;
        vm.mockCall(list[0], abi.encode(TABLES), abi.encode(1, 0)); // the boundary is part 6
        vm.expectRevert(BlockVerifier.BoundaryDenominatorZero.selector);
        run(own, c);
    }

    function test_verify_revertsIfEvaluatorFails() public {
        address[] memory list = _evaluators();
        IBlockVerifier own = new DirtyArithVerifier(_airDigest(), readKey(json), list);
        Case memory c = stored;
        for (uint256 part = 0; part <= TABLES; part++) {
            vm.clearMockedCalls();
            vm.mockCallRevert(list[0], abi.encode(part), "");
            vm.expectRevert(abi.encodeWithSelector(BlockVerifier.EvaluatorFailed.selector, part));
            run(own, c);
            vm.clearMockedCalls();
            vm.mockCall(list[0], abi.encode(part), hex"01"); // an answer of another length
            vm.expectRevert(abi.encodeWithSelector(BlockVerifier.EvaluatorFailed.selector, part));
            run(own, c);
        }
    }

    // --- public columns ---------------------------------------------------------------------------

    function test_verify_withoutHeldColumns() public view {
        Case memory c = stored;
        c.columns = new HeldColumn[](0);
        run(verifier, c);
    }

    function test_verify_revertsIfHeldColumnIsNotPublic() public {
        Case memory c = stored;
        for (uint256 chip = 0; chip < TABLES + 1; chip++) {
            c.columns[0].chip = chip;
            c.columns[0].instance = chip == OUT ? 1 : 0;
            vm.expectRevert(
                abi.encodeWithSelector(BlockVerifier.HeldColumnUnknown.selector, chip, chip == OUT ? 1 : 0)
            );
            run(verifier, c);
        }
    }

    function test_verify_revertsIfHeldColumnComesTwice() public {
        Case memory c = stored;
        HeldColumn memory column = c.columns[0];
        c.columns = new HeldColumn[](2);
        (c.columns[0], c.columns[1]) = (column, column);
        vm.expectRevert(abi.encodeWithSelector(BlockVerifier.HeldColumnUnknown.selector, OUT, 0));
        run(verifier, c);
    }

    function test_verify_revertsIfHeldColumnIsLongerThanTheChip() public {
        Case memory c = stored;
        uint256 rows = 1 << uint8(c.proof[OUT]);
        c.columns[0].words = new uint256[](rows + 1);
        vm.expectRevert(abi.encodeWithSelector(BlockVerifier.HeldColumnTooLong.selector, OUT, 0, rows + 1));
        run(verifier, c);
    }

    function test_verify_revertsIfHeldWordDiffers() public {
        Case memory c = stored;
        c.columns[0].words[0] ^= 1;
        vm.expectPartialRevert(BlockVerifier.PublicSumMismatch.selector);
        run(verifier, c);
    }

    /// @dev The challenge g, as the verifier itself names it when asked with a wrong point.
    function _challenge(Case memory c) private view returns (uint256 g) {
        HeldSum[] memory sums = new HeldSum[](1);
        sums[0] = HeldSum(OUT, 0, R, 0);
        try verifier.verify(c.statementDigest, c.scalars, c.instanceScalars, c.columns, sums, c.proof) {
            revert("accepted a sum at a point that is not a field element");
        } catch (bytes memory reason) {
            assertEq(bytes32(bytes4(reason)), bytes32(BlockVerifier.HeldSumPoint.selector));
            assembly ("memory-safe") {
                g := mload(add(reason, 0x44))
            }
        }
    }

    function test_verify_withHeldSum() public {
        Case memory c = stored;
        uint256 g = _challenge(c);
        uint256 value = 0;
        uint256 power = 1;
        for (uint256 i = 0; i < c.columns[0].words.length; i++) {
            value = addmod(value, mulmod(c.columns[0].words[i], power, R), R);
            power = mulmod(power, g, R);
        }
        HeldSum[] memory sums = new HeldSum[](1);
        sums[0] = HeldSum(OUT, 0, g, value);
        _verify(c, sums);
        c.columns = new HeldColumn[](0);
        _verify(c, sums);

        sums[0].sum = value + R;
        vm.expectRevert(
            abi.encodeWithSelector(BlockVerifier.PublicSumMismatch.selector, OUT, 0, value, value + R)
        );
        _verify(c, sums);
        sums[0] = HeldSum(OUT, 0, g + 1, value);
        vm.expectRevert(abi.encodeWithSelector(BlockVerifier.HeldSumPoint.selector, g + 1, g));
        _verify(c, sums);
        sums[0] = HeldSum(OUT, 1, g, value);
        vm.expectRevert(abi.encodeWithSelector(BlockVerifier.HeldColumnUnknown.selector, OUT, 1));
        _verify(c, sums);
    }
}
