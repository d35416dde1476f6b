// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.30;

/// @title Opening of a KZG-committed multilinear polynomial on BN254
/// @notice Shows f~(R) = y for a commitment C to the 2^M coefficients f. docs/protocol.md, section "Opening", has the
/// protocol: a fold by 8 (three coordinates a step), the last fold in the clear, one batched quotient Q, one KZG
/// proof W. In the names of that section, the proof is, in this order:
///
///     C_1 .. C_{s-1}          64 bytes each (x, y)
///     tail differences        2^u - 1 words
///     fold differences        2^{k_0} - 1 words, then 7 words for each further fold
///     Q, W                    64 bytes each
///     v                       1 word
///
/// @dev Precompiles: s + 2 multiplications, s + 2 additions, one pairing of two pairs (s = 4 at M = 16). Each point is
/// checked to be canonical and on the curve by the precompile that takes it; Q's y, which is negated first, here.
/// [1]_2 is the standard generator.
library KzgOpening {
    /// @dev Order of the curve's group, modulus of the words.
    uint256 internal constant SCALARS =
        21888242871839275222246405745257275088548364400416034343698204186575808495617;
    /// @dev Modulus of the coordinates.
    uint256 internal constant COORDINATES =
        21888242871839275222246405745257275088696311157297823662689037894645226208583;

    /// @dev The standard generator of G2, imaginary parts first (EIP-197).
    uint256 private constant ONE_X_IM =
        11559732032986387107991004021392285783925812861821192530917403151452391805634;
    uint256 private constant ONE_X_RE =
        10857046999023057135944570762232829481370756359578518086990519993285655852781;
    uint256 private constant ONE_Y_IM =
        4082367875863433681332203403145435568316851327593401208105741076214120093531;
    uint256 private constant ONE_Y_RE =
        8495653923123431417604973247489272438418190587263600148770280649306958101930;

    /// @notice A word of the opening is not below the scalar field's modulus.
    error OpeningWordNotCanonical();
    /// @notice A precompile refused its input: a coordinate too large, or a point off the curve.
    error OpeningPointInvalid();
    /// @notice v is not the inverse of the product of the divisors at w.
    error OpeningInverseWrong();
    /// @notice The pairing equation does not hold.
    error OpeningPairingFailed();

    /// @param x Commitment C.
    /// @param y Commitment C.
    /// @param value The claimed f~(R), below the modulus.
    /// @param point R_0 .. R_{M-1}, each below the modulus; M is its length.
    struct Claim {
        uint256 x;
        uint256 y;
        uint256 value;
        uint256[] point;
    }

    /// @notice [tau]_2, imaginary parts first (EIP-197); of the subgroup (checked by the pairing precompile).
    struct SetUp {
        uint256 xIm;
        uint256 xRe;
        uint256 yIm;
        uint256 yRe;
    }

    /// @dev Memory of one verification. `acc`, `operand` and `scalar` lie side by side for the precompiles.
    struct Work {
        uint256 accX;
        uint256 accY;
        uint256 operandX;
        uint256 operandY;
        uint256 scalar;
        uint256 nu;
        uint256 w;
        uint256 folds; // s
        uint256 firstWidth; // k_0
        uint256 pointAt; // calldata offset of C_1
        uint256 tailAt; // calldata offset of the tail differences
        uint256 foldAt; // calldata offset of the fold differences
        uint256 closeAt; // calldata offset of Q
        uint256 constant_; // sum of c_i rho_i
        uint256 points; // memory: t_0 .. t_{s-1}
        uint256 divisors; // memory: D_0 .. D_{s-1}
        uint256 prefixes; // memory: nu^i D_0 .. D_{i-1}
        uint256 buffer; // memory: 32 words
    }

    /// @notice Number of folds s, coordinates k_0 bound by the first one, coordinates u left to the tail.
    function shape(uint256 m) internal pure returns (uint256 folds, uint256 firstWidth, uint256 tail) {
        folds = m < 8 ? 1 : (m - 2) / 3;
        firstWidth = m < 3 ? m : 3;
        tail = m - firstWidth - 3 * (folds - 1);
    }

    /// @notice Bytes of the opening of 2^m coefficients.
    function length(uint256 m) internal pure returns (uint256) {
        (uint256 folds, uint256 firstWidth, uint256 tail) = shape(m);
        return 64 * (folds + 1) + 32 * (_pow2(tail) + _pow2(firstWidth) - 1 + 7 * (folds - 1));
    }

    /// @notice Returns if the proof is good, reverts otherwise.
    /// @param state The transcript, which has absorbed what determines C, M, R and the value.
    /// @param claim What is shown.
    /// @param proofAt Offset in the calldata of the opening's first byte; the caller has checked that `length(M)` bytes
    /// follow.
    /// @param setUp [tau]_2.
    function verify(bytes32 state, Claim memory claim, uint256 proofAt, SetUp memory setUp) internal view {
        Work memory work;
        uint256 tail;
        (work.folds, work.firstWidth, tail) = shape(claim.point.length);
        work.pointAt = proofAt;
        work.tailAt = proofAt + 64 * (work.folds - 1);
        work.foldAt = work.tailAt + 32 * (_pow2(tail) - 1);
        work.closeAt = work.foldAt + 32 * (_pow2(work.firstWidth) - 1 + 7 * (work.folds - 1));
        _allocate(work);

        uint256 z;
        (state, z) = _absorbAndDraw(state, proofAt, work.foldAt);
        (state, work.nu) = _absorbAndDraw(state, work.foldAt, work.closeAt);
        (state, work.w) = _absorbAndDraw(state, work.closeAt, work.closeAt + 64);

        _divisors(work, z);
        _sumFolds(work, claim, tail);
        _close(work, setUp);
    }

    /// @dev Takes the memory of the arrays: three of s words, and the buffer.
    function _allocate(Work memory work) private pure {
        uint256 folds = work.folds;
        uint256 offset;
        assembly ("memory-safe") {
            offset := mload(0x40)
            mstore(0x40, add(offset, add(mul(96, folds), 1024)))
        }
        work.points = offset;
        work.divisors = offset + 32 * folds;
        work.prefixes = offset + 64 * folds;
        work.buffer = offset + 96 * folds;
    }

    /// @dev Absorbs the calldata from..to, unless it is empty, and draws a challenge.
    function _absorbAndDraw(bytes32 state, uint256 from, uint256 to)
        private
        pure
        returns (bytes32 next, uint256 challenge)
    {
        assembly ("memory-safe") {
            let offset := mload(0x40)
            mstore(offset, state)
            if lt(from, to) {
                calldatacopy(add(offset, 32), from, sub(to, from))
                mstore(offset, keccak256(offset, add(32, sub(to, from))))
            }
            mstore8(add(offset, 32), 1)
            next := keccak256(offset, 33)
            challenge := mod(next, SCALARS)
        }
    }

    /// @dev t_i, D_i = w^{m_i} - t_i, and nu^i D_0 .. D_{i-1}.
    function _divisors(Work memory work, uint256 t) private pure {
        (uint256 folds, uint256 firstWidth, uint256 w, uint256 nu) =
            (work.folds, work.firstWidth, work.w, work.nu);
        uint256 points = work.points;
        assembly ("memory-safe") {
            let w2 := mulmod(w, w, SCALARS)
            let w4 := mulmod(w2, w2, SCALARS)
            let w8 := mulmod(w4, w4, SCALARS)
            let step := shl(5, folds) // from an array to the next
            let end := add(points, step)
            let power := w8
            switch firstWidth
            case 0 { power := w }
            case 1 { power := w2 }
            case 2 { power := w4 }
            let prefix := 1
            for { let offset := points } lt(offset, end) { offset := add(offset, 32) } {
                let divisor := addmod(power, sub(SCALARS, t), SCALARS)
                mstore(offset, t)
                mstore(add(offset, step), divisor)
                mstore(add(offset, shl(1, step)), prefix)
                prefix := mulmod(prefix, mulmod(nu, divisor, SCALARS), SCALARS)
                power := w8
                t := mulmod(t, t, SCALARS)
                t := mulmod(t, t, SCALARS)
                t := mulmod(t, t, SCALARS)
            }
        }
    }

    /// @dev From the tail down to f_0: derives every remainder, and adds c_i C_i to the sum and c_i rho_i to the
    /// constant.
    function _sumFolds(Work memory work, Claim memory claim, uint256 tail) private view {
        uint256[] memory point = claim.point;
        uint256 vOffset = work.closeAt + 128;
        uint256 coordinates; // memory: the first coordinate of the fold
        uint256 suffix; // v D_{i+1} .. D_{s-1}
        assembly ("memory-safe") {
            coordinates := add(add(point, 32), shl(5, sub(mload(point), tail)))
            suffix := calldataload(vOffset)
        }
        if (suffix >= SCALARS) revert OpeningWordNotCanonical();

        uint256 i = work.folds - 1;
        uint256 value = _remainder(work.buffer, work.tailAt, tail, coordinates, claim.value);
        value = _evaluate(work.buffer, _pow2(tail), value, _word(work.points, i));
        uint256 offset = work.closeAt;
        uint256 c;
        for (; i > 0; --i) {
            coordinates -= 96;
            offset -= 224;
            value = _remainder(work.buffer, offset, 3, coordinates, value);
            (c, suffix) = _weigh(work, i, 8, value, suffix);
            value = _evaluate(work.buffer, 8, value, _word(work.points, i - 1));
            _addMultipleAt(work, work.pointAt + 64 * (i - 1), c);
        }
        value =
            _remainder(work.buffer, work.foldAt, work.firstWidth, coordinates - 32 * work.firstWidth, value);
        (c, suffix) = _weigh(work, 0, _pow2(work.firstWidth), value, suffix);
        (work.operandX, work.operandY, work.scalar) = (claim.x, claim.y, c);
        _addMultiple(work);
        if (suffix != 1) revert OpeningInverseWrong();
    }

    /// @dev The coefficient c_i, adding c_i rho_i to the constant; and the next suffix.
    function _weigh(Work memory work, uint256 i, uint256 n, uint256 first, uint256 suffix)
        private
        pure
        returns (uint256 c, uint256 nextSuffix)
    {
        c = mulmod(_word(work.prefixes, i), suffix, SCALARS);
        uint256 rho = _evaluate(work.buffer, n, first, work.w);
        work.constant_ = addmod(work.constant_, mulmod(c, rho, SCALARS), SCALARS);
        nextSuffix = mulmod(suffix, _word(work.divisors, i), SCALARS);
    }

    /// @dev Adds -Q + w W - constant G to the sum, which is then A, and checks e(A, [1]_2) = e(W, [tau]_2).
    function _close(Work memory work, SetUp memory setUp) private view {
        uint256 closeAt = work.closeAt;
        _addMultipleAt(work, closeAt + 64, work.w);
        (work.operandX, work.operandY, work.scalar) = (1, 2, SCALARS - work.constant_);
        _addMultiple(work);
        bool ok;
        assembly ("memory-safe") {
            // acc = acc - Q
            let y := calldataload(add(closeAt, 32))
            mstore(add(work, 64), calldataload(closeAt))
            mstore(add(work, 96), mod(sub(COORDINATES, y), COORDINATES))
            ok := and(lt(y, COORDINATES), staticcall(gas(), 6, work, 128, work, 64))
        }
        if (!ok) revert OpeningPointInvalid();
        assembly ("memory-safe") {
            let offset := mload(0x40)
            mstore(offset, mload(work))
            mstore(add(offset, 0x20), mload(add(work, 32)))
            mstore(add(offset, 0x40), ONE_X_IM)
            mstore(add(offset, 0x60), ONE_X_RE)
            mstore(add(offset, 0x80), ONE_Y_IM)
            mstore(add(offset, 0xa0), ONE_Y_RE)
            // -W; W itself was multiplied before, hence canonical
            mstore(add(offset, 0xc0), calldataload(add(closeAt, 64)))
            mstore(add(offset, 0xe0), mod(sub(COORDINATES, calldataload(add(closeAt, 96))), COORDINATES))
            mcopy(add(offset, 0x100), setUp, 0x80)
            ok := staticcall(gas(), 8, offset, 0x180, 0, 0x20)
            ok := and(ok, eq(mload(0), 1))
        }
        if (!ok) revert OpeningPairingFailed();
    }

    /// @dev Reads 2^width - 1 differences d_1.. from the calldata into the buffer after d_0 = 0, and returns the word
    /// e_0 for which e_b = e_0 + d_b has the multilinear value `value` at the coordinates.
    function _remainder(uint256 buffer, uint256 offset, uint256 width, uint256 coordinates, uint256 value)
        private
        pure
        returns (uint256 first)
    {
        if (width == 3) return _remainder8(buffer, offset, coordinates, value);
        bool bad;
        assembly ("memory-safe") {
            let n := shl(width, 1)
            let end := add(buffer, shl(5, n))
            mstore(buffer, 0)
            calldatacopy(add(buffer, 32), offset, shl(5, sub(n, 1)))
            for { let p := add(buffer, 32) } lt(p, end) { p := add(p, 32) } {
                bad := or(bad, iszero(lt(mload(p), SCALARS)))
            }
            let from := buffer
            for {} gt(n, 1) { n := shr(1, n) } {
                let x := mload(coordinates)
                let to := end
                for { let past := add(from, shl(5, n)) } lt(from, past) { from := add(from, 64) } {
                    let a := mload(from)
                    let difference := sub(add(mload(add(from, 32)), SCALARS), a)
                    mstore(to, addmod(a, mulmod(x, difference, SCALARS), SCALARS))
                    to := add(to, 32)
                }
                from := end
                coordinates := add(coordinates, 32)
            }
            first := addmod(value, sub(SCALARS, mload(from)), SCALARS)
        }
        if (bad) revert OpeningWordNotCanonical();
    }

    /// @dev `_remainder` for three coordinates, without loops. The interpolated values a + x (b - a) are not reduced
    /// in the first round: they are below 2 r.
    function _remainder8(uint256 buffer, uint256 offset, uint256 coordinates, uint256 value)
        private
        pure
        returns (uint256 first)
    {
        bool good;
        assembly ("memory-safe") {
            let r := SCALARS
            calldatacopy(add(buffer, 32), offset, 224)
            mstore(buffer, 0)
            let x := mload(coordinates)
            let b := mload(add(buffer, 32))
            good := lt(b, r)
            let v0 := mulmod(x, b, r)
            let a := mload(add(buffer, 64))
            b := mload(add(buffer, 96))
            good := and(good, and(lt(a, r), lt(b, r)))
            let v1 := add(a, mulmod(x, sub(add(b, r), a), r))
            a := mload(add(buffer, 128))
            b := mload(add(buffer, 160))
            good := and(good, and(lt(a, r), lt(b, r)))
            let v2 := add(a, mulmod(x, sub(add(b, r), a), r))
            a := mload(add(buffer, 192))
            b := mload(add(buffer, 224))
            good := and(good, and(lt(a, r), lt(b, r)))
            let v3 := add(a, mulmod(x, sub(add(b, r), a), r))
            x := mload(add(coordinates, 32))
            v0 := addmod(v0, mulmod(x, sub(add(v1, r), v0), r), r)
            v2 := addmod(v2, mulmod(x, sub(add(v3, add(r, r)), v2), r), r)
            v0 := addmod(v0, mulmod(mload(add(coordinates, 64)), sub(add(v2, r), v0), r), r)
            first := addmod(value, sub(r, v0), r)
        }
        if (!good) revert OpeningWordNotCanonical();
    }

    /// @dev sum of (first + buffer[b]) x^b over b < n, for n = 1, 2, 4 or a multiple of 8. Unreduced in between: below
    /// 3 r.
    function _evaluate(uint256 buffer, uint256 n, uint256 first, uint256 x)
        private
        pure
        returns (uint256 value)
    {
        assembly ("memory-safe") {
            let r := SCALARS
            let p := add(buffer, shl(5, n))
            for {} gt(and(sub(p, buffer), 0xff), 0) {} {
                p := sub(p, 32)
                value := add(mulmod(value, x, r), add(first, mload(p)))
            }
            for {} gt(p, buffer) {} {
                value := add(mulmod(value, x, r), add(first, mload(sub(p, 32))))
                value := add(mulmod(value, x, r), add(first, mload(sub(p, 64))))
                value := add(mulmod(value, x, r), add(first, mload(sub(p, 96))))
                value := add(mulmod(value, x, r), add(first, mload(sub(p, 128))))
                value := add(mulmod(value, x, r), add(first, mload(sub(p, 160))))
                value := add(mulmod(value, x, r), add(first, mload(sub(p, 192))))
                value := add(mulmod(value, x, r), add(first, mload(sub(p, 224))))
                p := sub(p, 256)
                value := add(mulmod(value, x, r), add(first, mload(p)))
            }
            value := mod(value, r)
        }
    }

    function _pow2(uint256 k) private pure returns (uint256 power) {
        assembly ("memory-safe") {
            power := shl(k, 1)
        }
    }

    function _word(uint256 array, uint256 i) private pure returns (uint256 value) {
        assembly ("memory-safe") {
            value := mload(add(array, shl(5, i)))
        }
    }

    /// @dev acc += scalar * the point in the calldata.
    function _addMultipleAt(Work memory work, uint256 offset, uint256 scalar) private view {
        assembly ("memory-safe") {
            calldatacopy(add(work, 64), offset, 64)
            mstore(add(work, 128), scalar)
        }
        _addMultiple(work);
    }

    /// @dev acc += scalar * operand.
    function _addMultiple(Work memory work) private view {
        bool ok;
        assembly ("memory-safe") {
            ok := staticcall(gas(), 7, add(work, 64), 96, add(work, 64), 64)
            ok := and(ok, staticcall(gas(), 6, work, 128, work, 64))
        }
        if (!ok) revert OpeningPointInvalid();
    }
}
