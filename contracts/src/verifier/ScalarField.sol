// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.30;

import {SCALAR_MODULUS} from "./Transcript.sol";

/// @title Arithmetic modulo r, the order of BN254's groups, as the proof verifier needs it
/// @dev Arguments are below r unless a function says otherwise; results are. Sums are reduced late where they can be:
/// 5 r < 2^256, and mulmod takes any operands.
library ScalarField {
    error StatementWordNotCanonical(uint256 word);
    error ProofWordNotCanonical(uint256 word);
    error InverseOfZero();

    uint256 private constant R = SCALAR_MODULUS;
    uint256 private constant ONE_OVER_720 =
        0x134a1dd92b8ae47707b110691abbbc779f506c97335d7950a8ecea115e99999a;

    /// @dev sum_i words[i] g^i; every word must be below r.
    function horner(uint256[] calldata words, uint256 g) internal pure returns (uint256 value) {
        uint256 bad;
        assembly ("memory-safe") {
            let start := words.offset
            let p := add(start, shl(5, words.length))
            let maximum := sub(R, 1)
            for {} gt(p, start) {} {
                p := sub(p, 0x20)
                let word := calldataload(p)
                bad := or(bad, gt(word, maximum))
                value := add(mulmod(value, g, R), word)
            }
            value := mod(value, R)
        }
        if (bad != 0) {
            for (uint256 i = 0; i < words.length; i++) {
                require(words[i] < R, StatementWordNotCanonical(words[i]));
            }
        }
    }

    /// @dev x y + (1 - x)(1 - y), for x, y below r.
    function eq(uint256 x, uint256 y) internal pure returns (uint256) {
        unchecked {
            // 1 - x - y + 2 x y
            return addmod(2 * mulmod(x, y, R) + 1, (R - x) + (R - y), R);
        }
    }

    /// @dev The value at x of the polynomial g of degree 6 whose values at 0, 2, 3, .., 6 stand at `pos`, with
    /// g(0) + g(1) = claim. Lagrange, one term after the other:
    ///     720 g(x) = sum_i C(6, i) y_i prod_{j<i} (j - x) prod_{j>i} (x - j)
    function interpolate(uint256 pos, uint256 claim, uint256 x) internal pure returns (uint256 s) {
        assembly ("memory-safe") {
            s := calldataload(pos)
            let y := sub(add(claim, R), s)
            let below := sub(R, x) // prod_{j<i} (j - x)
            s := add(mulmod(s, add(x, sub(R, 1)), R), mulmod(below, mulmod(y, 6, R), R))
            below := mulmod(below, sub(add(R, 1), x), R)
            y := calldataload(add(pos, 0x20))
            s := add(mulmod(s, add(x, sub(R, 2)), R), mulmod(below, mulmod(y, 15, R), R))
            below := mulmod(below, sub(add(R, 2), x), R)
            y := calldataload(add(pos, 0x40))
            s := add(mulmod(s, add(x, sub(R, 3)), R), mulmod(below, mulmod(y, 20, R), R))
            below := mulmod(below, sub(add(R, 3), x), R)
            y := calldataload(add(pos, 0x60))
            s := add(mulmod(s, add(x, sub(R, 4)), R), mulmod(below, mulmod(y, 15, R), R))
            below := mulmod(below, sub(add(R, 4), x), R)
            y := calldataload(add(pos, 0x80))
            s := add(mulmod(s, add(x, sub(R, 5)), R), mulmod(below, mulmod(y, 6, R), R))
            below := mulmod(below, sub(add(R, 5), x), R)
            y := calldataload(add(pos, 0xa0))
            s := add(mulmod(s, add(x, sub(R, 6)), R), mulmod(below, y, R))
            s := mulmod(s, ONE_OVER_720, R)
        }
    }

    /// @dev prod_{k<m} (1 + point[k] (base^(2^k) - 1)), the multilinear extension of (base^i), i < 2^m.
    function geometricWeight(uint256 base, uint256[] memory point, uint256 m)
        internal
        pure
        returns (uint256 weight)
    {
        assembly ("memory-safe") {
            weight := 1
            let p := add(point, 0x20)
            let end := add(p, shl(5, m))
            for {} lt(p, end) { p := add(p, 0x20) } {
                weight := mulmod(weight, add(1, mulmod(mload(p), add(base, sub(R, 1)), R)), R)
                base := mulmod(base, base, R)
            }
        }
    }

    /// @dev Binds one more coordinate of a list of values in memory from start to end: the pairs (a, b) become
    /// (1 - x) a + x b, an odd last element pairs with 0. In place, from the end backwards; returns the new start.
    /// Values may be, and the results are, below 2 r only.
    function foldPairs(uint256 start, uint256 end, uint256 x) internal pure returns (uint256 to) {
        assembly ("memory-safe") {
            let from := end
            to := end
            let y := sub(add(R, 1), x)
            if and(sub(end, start), 0x20) {
                from := sub(from, 0x20)
                to := from
                mstore(to, mulmod(mload(from), y, R))
            }
            // four pairs at a time: a result lies at or above the pair it comes from, so later pairs go first
            for {} iszero(lt(sub(from, start), 0x100)) {} {
                from := sub(from, 0x100)
                to := sub(to, 0x80)
                mstore(
                    add(to, 0x60),
                    add(mulmod(mload(add(from, 0xc0)), y, R), mulmod(mload(add(from, 0xe0)), x, R))
                )
                mstore(
                    add(to, 0x40),
                    add(mulmod(mload(add(from, 0x80)), y, R), mulmod(mload(add(from, 0xa0)), x, R))
                )
                mstore(
                    add(to, 0x20),
                    add(mulmod(mload(add(from, 0x40)), y, R), mulmod(mload(add(from, 0x60)), x, R))
                )
                mstore(to, add(mulmod(mload(from), y, R), mulmod(mload(add(from, 0x20)), x, R)))
            }
            for {} gt(from, start) {} {
                from := sub(from, 0x40)
                to := sub(to, 0x20)
                mstore(to, add(mulmod(mload(from), y, R), mulmod(mload(add(from, 0x20)), x, R)))
            }
        }
    }

    /// @dev Reverts unless `count` words of calldata are below r.
    function checkWords(uint256 pos, uint256 count) internal pure {
        bool bad;
        assembly ("memory-safe") {
            let maximum := sub(R, 1)
            let end := add(pos, shl(5, count))
            let p := pos
            for { let blocks := add(pos, shl(8, shr(3, count))) } lt(p, blocks) { p := add(p, 0x100) } {
                bad := or(bad, gt(calldataload(p), maximum))
                bad := or(bad, gt(calldataload(add(p, 0x20)), maximum))
                bad := or(bad, gt(calldataload(add(p, 0x40)), maximum))
                bad := or(bad, gt(calldataload(add(p, 0x60)), maximum))
                bad := or(bad, gt(calldataload(add(p, 0x80)), maximum))
                bad := or(bad, gt(calldataload(add(p, 0xa0)), maximum))
                bad := or(bad, gt(calldataload(add(p, 0xc0)), maximum))
                bad := or(bad, gt(calldataload(add(p, 0xe0)), maximum))
            }
            for {} lt(p, end) { p := add(p, 0x20) } { bad := or(bad, gt(calldataload(p), maximum)) }
        }
        if (!bad) return;
        for (uint256 i = 0; i < count; i++) {
            uint256 word;
            assembly ("memory-safe") {
                word := calldataload(add(pos, shl(5, i)))
            }
            require(word < R, ProofWordNotCanonical(word));
        }
    }

    /// @dev base^exponent.
    function power(uint256 base, uint256 exponent) internal pure returns (uint256 result) {
        assembly ("memory-safe") {
            result := 1
            for {} exponent { exponent := shr(1, exponent) } {
                if and(exponent, 1) { result := mulmod(result, base, R) }
                base := mulmod(base, base, R)
            }
        }
    }

    /// @dev x^(r-2), by the modular exponentiation precompile (EIP-198); reverts if x is 0 modulo r.
    function inverse(uint256 x) internal view returns (uint256 result) {
        bool ok;
        assembly ("memory-safe") {
            let buffer := mload(0x40)
            mstore(buffer, 0x20)
            mstore(add(buffer, 0x20), 0x20)
            mstore(add(buffer, 0x40), 0x20)
            mstore(add(buffer, 0x60), x)
            mstore(add(buffer, 0x80), sub(R, 2))
            mstore(add(buffer, 0xa0), R)
            ok := staticcall(gas(), 5, buffer, 0xc0, 0x00, 0x20)
            result := mload(0x00)
        }
        require(ok && mulmod(x, result, R) == 1, InverseOfZero());
    }
}
