// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.30;

// forge-lint: disable-start(unsafe-typecast) numbers here are small, selectors are cut off on purpose

import {KzgOpening} from "../src/verifier/KzgOpening.sol";
import {Snapshots} from "./support/Snapshots.sol";
import {Vm} from "./support/Vm.sol";

/// @notice What the block verifier does around the library: the length check, and a transcript that has absorbed the
/// claim.
contract OpeningHarness {
    error LengthWrong(uint256 found, uint256 wanted);

    function verify(bytes calldata claimBytes, KzgOpening.SetUp calldata setUp, bytes calldata proof)
        external
        view
        returns (uint256 gasUsed)
    {
        bytes32 state = keccak256("zklink.proof.v1");
        state = keccak256(bytes.concat(state, claimBytes));
        KzgOpening.Claim memory claim;
        uint256[] memory words = abi.decode(
            bytes.concat(bytes32(uint256(32)), bytes32(claimBytes.length / 32), claimBytes), (uint256[])
        );
        (claim.x, claim.y, claim.value) = (words[0], words[1], words[2]);
        claim.point = new uint256[](words.length - 3);
        for (uint256 i = 0; i < claim.point.length; i++) {
            claim.point[i] = words[i + 3];
        }
        uint256 wanted = KzgOpening.length(claim.point.length);
        if (proof.length != wanted) revert LengthWrong(proof.length, wanted);
        uint256 start;
        assembly {
            start := proof.offset
        }
        _dirtyMemory();
        gasUsed = gasleft();
        KzgOpening.verify(state, claim, start, setUp);
        gasUsed -= gasleft();
    }

    /// @dev The free memory need not be zero.
    function _dirtyMemory() private pure {
        assembly ("memory-safe") {
            let free := mload(0x40)
            for { let i := 0 } lt(i, 8192) { i := add(i, 32) } { mstore(add(free, i), not(0)) }
        }
    }
}

contract KzgOpeningTest is Snapshots {
    string private constant FOLDER = "../tests/vectors/opening";

    OpeningHarness private harness = new OpeningHarness();

    /// @notice Every vector of tests/vectors/opening gets its verdict.
    function test_vectors() public view {
        Vm.DirEntry[] memory entries = vm.readDir(FOLDER);
        uint256 accepted;
        uint256 refused;
        for (uint256 i = 0; i < entries.length; i++) {
            string memory json = vm.readFile(entries[i].path);
            bool valid = vm.parseJsonBool(json, ".valid");
            (bool ok,) = _run(json);
            assertEq(ok, valid, entries[i].path);
            if (ok) ++accepted;
            else ++refused;
        }
        assertTrue(accepted >= 30 && refused >= 200, "vectors missing");
    }

    /// @notice Refusals are named.
    function test_RevertsWithTheReason() public view {
        _expectReason("invalid_m08_inverse_altered", KzgOpening.OpeningInverseWrong.selector);
        _expectReason("invalid_m08_inverse_not_reduced", KzgOpening.OpeningWordNotCanonical.selector);
        _expectReason("invalid_m08_reencoded_tail", KzgOpening.OpeningWordNotCanonical.selector);
        _expectReason("invalid_m08_reencoded_difference", KzgOpening.OpeningWordNotCanonical.selector);
        _expectReason("invalid_m08_fold1_off_curve", KzgOpening.OpeningPointInvalid.selector);
        _expectReason("invalid_m08_reencoded_fold_x", KzgOpening.OpeningPointInvalid.selector);
        _expectReason("invalid_m08_reencoded_quotient_y", KzgOpening.OpeningPointInvalid.selector);
        _expectReason("invalid_m08_witness_off_curve", KzgOpening.OpeningPointInvalid.selector);
        _expectReason("invalid_m08_value_wrong", KzgOpening.OpeningPairingFailed.selector);
        _expectReason("invalid_m08_too_short", OpeningHarness.LengthWrong.selector);
    }

    /// @notice Any byte of a proof or of its claim changed: refused.
    function testFuzz_RevertsIfAByteIsAltered(uint256 where, uint8 mask) public view {
        string memory json = _read("valid_m08_random");
        bytes memory claim = vm.parseJsonBytes(json, ".claim");
        bytes memory proof = vm.parseJsonBytes(json, ".proof");
        bytes memory setUp = vm.parseJsonBytes(json, ".set_up");
        (bool ok,) = _verify(claim, setUp, proof);
        assertTrue(ok);
        if (mask == 0) mask = 1;
        where = where % (claim.length + proof.length);
        if (where < claim.length) claim[where] ^= bytes1(mask);
        else proof[where - claim.length] ^= bytes1(mask);
        (ok,) = _verify(claim, setUp, proof);
        assertFalse(ok);
    }

    /// @notice The gas of the check alone.
    function test_gas() public {
        _snapshot("valid_m00_random", "M = 0");
        _snapshot("valid_m08_random", "M = 8");
        _snapshot("valid_m11_random", "M = 11");
        _snapshot("valid_m14_random", "M = 14");
        _snapshot("valid_m16_random", "M = 16");
    }

    function _snapshot(string memory name, string memory label) private {
        (bool ok, bytes memory result) = _run(_read(name));
        assertTrue(ok, name);
        checkFigure("KzgOpening", label, abi.decode(result, (uint256)), 2);
    }

    function _expectReason(string memory name, bytes4 selector) private view {
        (bool ok, bytes memory result) = _run(_read(name));
        assertFalse(ok, name);
        assertEq(bytes32(bytes4(result)), bytes32(selector), name);
    }

    function _read(string memory name) private view returns (string memory) {
        return vm.readFile(string.concat(FOLDER, "/", name, ".json"));
    }

    function _run(string memory json) private view returns (bool ok, bytes memory result) {
        bytes memory claim = vm.parseJsonBytes(json, ".claim");
        return _verify(claim, vm.parseJsonBytes(json, ".set_up"), vm.parseJsonBytes(json, ".proof"));
    }

    /// @dev Gas is limited, because a precompile that refuses takes all it is given.
    function _verify(bytes memory claim, bytes memory setUp, bytes memory proof)
        private
        view
        returns (bool ok, bytes memory result)
    {
        (uint256 a, uint256 b, uint256 c, uint256 d) = abi.decode(setUp, (uint256, uint256, uint256, uint256));
        KzgOpening.SetUp memory tau = KzgOpening.SetUp(a, b, c, d);
        return
            address(harness).staticcall{gas: 2_000_000}(abi.encodeCall(harness.verify, (claim, tau, proof)));
    }
}
