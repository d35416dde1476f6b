// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.30;

import {Test} from "../support/Test.sol";
import {ScalarField} from "../../src/verifier/ScalarField.sol";
import {SCALAR_MODULUS as R, Transcript} from "../../src/verifier/Transcript.sol";

/// @notice The verifier's arithmetic against the plain formulas, with memory filled with ones before the assembly runs.
contract ScalarFieldTest is Test {
    using Transcript for bytes32;

    /// @dev Ones in the scratch space and in 100 words after the free pointer.
    modifier dirtyMemory() {
        _dirty();
        _;
    }

    function _dirty() private pure {
        assembly ("memory-safe") {
            mstore(0x00, not(0))
            mstore(0x20, not(0))
            let free := mload(0x40)
            for { let i := 0 } lt(i, 100) { i := add(i, 1) } { mstore(add(free, shl(5, i)), not(0)) }
        }
    }

    function _sub(uint256 a, uint256 b) private pure returns (uint256) {
        return addmod(a, R - (b % R), R);
    }

    function _inverse(uint256 x) private pure returns (uint256 result) {
        result = 1;
        for (uint256 bit = 1 << 253; bit != 0; bit >>= 1) {
            result = mulmod(result, result, R);
            if ((R - 2) & bit != 0) result = mulmod(result, x, R);
        }
    }

    function interpolate(uint256[6] calldata values, uint256 claim, uint256 x)
        external
        pure
        returns (uint256)
    {
        _dirty();
        uint256 pos;
        assembly ("memory-safe") {
            pos := values
        }
        return ScalarField.interpolate(pos, claim, x);
    }

    function test_interpolate_isLagrange(uint256[6] memory values, uint256 claim, uint256 x) public view {
        claim %= R;
        x %= R;
        uint256[7] memory y;
        for (uint256 i = 0; i < 6; i++) {
            values[i] %= R;
            y[i == 0 ? 0 : i + 1] = values[i];
        }
        y[1] = _sub(claim, values[0]);
        uint256 expected = 0;
        for (uint256 i = 0; i < 7; i++) {
            uint256 above = 1;
            uint256 below = 1;
            for (uint256 j = 0; j < 7; j++) {
                if (i == j) continue;
                above = mulmod(above, _sub(x, j), R);
                below = mulmod(below, _sub(i, j), R);
            }
            expected = addmod(expected, mulmod(y[i], mulmod(above, _inverse(below), R), R), R);
        }
        assertEq(this.interpolate(values, claim, x), expected);
    }

    function test_interpolate_atTheNodes() public view {
        uint256[6] memory values = [uint256(11), 13, 14, 15, 16, 17];
        for (uint256 x = 0; x < 7; x++) {
            assertEq(this.interpolate(values, 23, x), 11 + x);
        }
    }

    function test_foldPairs_isTheFold(uint256 seed, uint256 length, uint256 x) public pure dirtyMemory {
        length = bound(length, 0, 40);
        x %= R;
        uint256[] memory list = new uint256[](length);
        uint256[] memory expected = new uint256[]((length + 1) / 2);
        for (uint256 i = 0; i < length; i++) {
            list[i] = uint256(keccak256(abi.encode(seed, i))) % (2 * R); // values below 2 r are allowed
        }
        for (uint256 i = 0; i < expected.length; i++) {
            uint256 b = 2 * i + 1 < length ? list[2 * i + 1] : 0;
            expected[i] = addmod(mulmod(_sub(1, x), list[2 * i], R), mulmod(x, b, R), R);
        }
        uint256 start;
        uint256 end;
        assembly ("memory-safe") {
            start := add(list, 0x20)
            end := add(start, shl(5, length))
        }
        uint256 to = ScalarField.foldPairs(start, end, x);
        assertEq((end - to) / 32, expected.length);
        for (uint256 i = 0; i < expected.length; i++) {
            uint256 word;
            assembly ("memory-safe") {
                word := mload(add(to, shl(5, i)))
            }
            assertLt(word, 2 * R);
            assertEq(word % R, expected[i]);
        }
    }

    function horner(uint256[] calldata words, uint256 g) external pure returns (uint256) {
        _dirty();
        return ScalarField.horner(words, g);
    }

    function test_horner_isTheSum(uint256[] memory words, uint256 g) public view {
        g %= R;
        uint256 expected = 0;
        uint256 power = 1;
        for (uint256 i = 0; i < words.length; i++) {
            words[i] %= R;
            expected = addmod(expected, mulmod(words[i], power, R), R);
            power = mulmod(power, g, R);
        }
        assertEq(this.horner(words, g), expected);
    }

    function test_horner_revertsIfAWordIsNotBelowR() public {
        for (uint256 i = 0; i < 3; i++) {
            uint256[] memory words = new uint256[](3);
            words[i] = R - 1;
            this.horner(words, 5);
            words[i] = R;
            vm.expectRevert(abi.encodeWithSelector(ScalarField.StatementWordNotCanonical.selector, R));
            this.horner(words, 5);
        }
    }

    function checkWords(uint256[] calldata words) external pure {
        _dirty();
        uint256 pos;
        assembly ("memory-safe") {
            pos := words.offset
        }
        ScalarField.checkWords(pos, words.length);
    }

    function test_checkWords_revertsIfAnyWordIsNotBelowR() public {
        for (uint256 length = 0; length < 20; length++) {
            uint256[] memory words = new uint256[](length);
            for (uint256 i = 0; i < length; i++) {
                words[i] = R - 1;
            }
            this.checkWords(words);
            for (uint256 i = 0; i < length; i++) {
                words[i] = R + i;
                vm.expectRevert(abi.encodeWithSelector(ScalarField.ProofWordNotCanonical.selector, R + i));
                this.checkWords(words);
                words[i] = R - 1;
            }
        }
    }

    function test_eq_isTheProduct(uint256 x, uint256 y) public pure dirtyMemory {
        x %= R;
        y %= R;
        uint256 expected = addmod(mulmod(x, y, R), mulmod(_sub(1, x), _sub(1, y), R), R);
        assertEq(ScalarField.eq(x, y), expected);
    }

    function test_eq_edges() public pure {
        assertEq(ScalarField.eq(0, 0), 1);
        assertEq(ScalarField.eq(1, 1), 1);
        assertEq(ScalarField.eq(0, 1), 0);
        assertEq(ScalarField.eq(R - 1, R - 1), 5); // 1 + 4
    }

    function test_power_isRepeatedMultiplication(uint256 base, uint8 exponent) public pure dirtyMemory {
        uint256 expected = 1;
        for (uint256 i = 0; i < exponent; i++) {
            expected = mulmod(expected, base, R);
        }
        assertEq(ScalarField.power(base, exponent), expected);
    }

    function test_geometricWeight_isTheExtension(uint256 base, uint256[3] memory coordinates)
        public
        pure
        dirtyMemory
    {
        base %= R;
        uint256[] memory point = new uint256[](5); // longer than used
        for (uint256 k = 0; k < 3; k++) {
            point[k] = coordinates[k] % R;
        }
        uint256 expected = 0;
        uint256 power = 1;
        for (uint256 i = 0; i < 8; i++) {
            uint256 weight = power;
            for (uint256 k = 0; k < 3; k++) {
                weight = mulmod(weight, (i >> k) & 1 == 1 ? point[k] : _sub(1, point[k]), R);
            }
            expected = addmod(expected, weight, R);
            power = mulmod(power, base, R);
        }
        assertEq(ScalarField.geometricWeight(base, point, 3), expected);
        assertEq(ScalarField.geometricWeight(base, point, 0), 1);
    }

    function inverse(uint256 x) external view returns (uint256) {
        _dirty();
        return ScalarField.inverse(x);
    }

    function test_inverse(uint256 x) public view {
        x = bound(x, 1, R - 1);
        assertEq(mulmod(x, this.inverse(x), R), 1);
    }

    function test_inverse_revertsIfZero() public {
        vm.expectRevert(ScalarField.InverseOfZero.selector);
        this.inverse(0);
    }

    function absorb(bytes32 state, bytes calldata data) external pure returns (bytes32) {
        _dirty();
        uint256 offset;
        assembly ("memory-safe") {
            offset := data.offset
        }
        return state.absorbCalldata(offset, data.length);
    }

    function test_transcript_isTheHashChain(bytes32 state, bytes memory data) public view {
        assertEq(this.absorb(state, data), keccak256(bytes.concat(state, data)));
        _dirty();
        assertEq(state.draw(), keccak256(bytes.concat(state, bytes1(0x01))));
        assertEq(state.value(), uint256(state) % R);
        assertEq(Transcript.start(), keccak256("zklink.proof.v1"));
    }
}
