// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.30;

import {
    POSEIDON2_ROUNDS,
    POSEIDON2_MU0,
    POSEIDON2_MU1,
    POSEIDON2_MU2,
    POSEIDON2_MU3
} from "../generated/Poseidon2Constants.sol";

/// @title Poseidon2's compression of four words of BN254's scalar field, C(a, b, c, d) = P(a, b, c, d)[0] + a, with which
/// the state tree is hashed (docs/protocol.md, section 2).
/// @dev The constants are printed by the C library (`zklink air --solidity`). A caller loads them into memory once and
/// hands them in. Between the steps words are not reduced: each stays below 2r, and five r fit 256 bits, so every sum
/// that is not reduced stands with its bound.
library Poseidon2 {
    uint256 private constant R =
        21888242871839275222246405745257275088548364400416034343698204186575808495617;

    /// @notice The round constants in the order of the rounds: 16 of full rounds, 56 of partial ones, 16 of full ones.
    function constants() internal pure returns (bytes memory) {
        return POSEIDON2_ROUNDS;
    }

    /// @notice C(a, b, c, d); all below the modulus.
    /// @param table what `constants` gave
    function compress(bytes memory table, uint256 a, uint256 b, uint256 c, uint256 d)
        internal
        pure
        returns (uint256 result)
    {
        assembly ("memory-safe") {
            // M_E s, reduced to s0 < 2r, s1 < r, s2 < 2r, s3 < r; inputs below 2r.
            function external(s0, s1, s2, s3) -> t0, t1, t2, t3 {
                let p := R
                let x := addmod(s0, s1, p)
                let y := addmod(s2, s3, p)
                let u := addmod(add(s1, s1), y, p) // 4r + r
                let v := addmod(add(s3, s3), x, p)
                t3 := addmod(shl(2, y), v, p) // 4r
                t1 := addmod(shl(2, x), u, p)
                t0 := add(v, t1)
                t2 := add(u, t3)
            }
            // Four full rounds from the constants at `at`; s below 2r, so s + c below 3r.
            function full(at, s0, s1, s2, s3) -> t0, t1, t2, t3 {
                let p := R
                for { let end := add(at, 0x200) } lt(at, end) { at := add(at, 0x80) } {
                    let x := add(s0, mload(at))
                    let y := mulmod(x, x, p)
                    s0 := mulmod(mulmod(y, y, p), x, p)
                    x := add(s1, mload(add(at, 0x20)))
                    y := mulmod(x, x, p)
                    s1 := mulmod(mulmod(y, y, p), x, p)
                    x := add(s2, mload(add(at, 0x40)))
                    y := mulmod(x, x, p)
                    s2 := mulmod(mulmod(y, y, p), x, p)
                    x := add(s3, mload(add(at, 0x60)))
                    y := mulmod(x, x, p)
                    s3 := mulmod(mulmod(y, y, p), x, p)
                    s0, s1, s2, s3 := external(s0, s1, s2, s3)
                }
                t0 := s0
                t1 := s1
                t2 := s2
                t3 := s3
            }
            let p := R
            let at := add(table, 0x20)
            let s0, s1, s2, s3 := external(a, b, c, d)
            s0, s1, s2, s3 := full(at, s0, s1, s2, s3)
            at := add(at, 0x200)
            // Partial rounds, four at a time: a loop's step costs a fifth of a round.
            for { let end := add(at, 0x700) } lt(at, end) { at := add(at, 0x80) } {
                let x
                s0 := add(s0, mload(at)) // 3r
                x := mulmod(s0, s0, p)
                s0 := mulmod(mulmod(x, x, p), s0, p)
                x := addmod(add(s0, s1), add(s2, s3), p) // 3r, 4r
                s0 := add(mulmod(POSEIDON2_MU0, s0, p), x) // 2r, as the others
                s1 := add(mulmod(POSEIDON2_MU1, s1, p), x)
                s2 := add(mulmod(POSEIDON2_MU2, s2, p), x)
                s3 := add(mulmod(POSEIDON2_MU3, s3, p), x)
                s0 := add(s0, mload(add(at, 0x20)))
                x := mulmod(s0, s0, p)
                s0 := mulmod(mulmod(x, x, p), s0, p)
                x := addmod(add(s0, s1), add(s2, s3), p)
                s0 := add(mulmod(POSEIDON2_MU0, s0, p), x)
                s1 := add(mulmod(POSEIDON2_MU1, s1, p), x)
                s2 := add(mulmod(POSEIDON2_MU2, s2, p), x)
                s3 := add(mulmod(POSEIDON2_MU3, s3, p), x)
                s0 := add(s0, mload(add(at, 0x40)))
                x := mulmod(s0, s0, p)
                s0 := mulmod(mulmod(x, x, p), s0, p)
                x := addmod(add(s0, s1), add(s2, s3), p)
                s0 := add(mulmod(POSEIDON2_MU0, s0, p), x)
                s1 := add(mulmod(POSEIDON2_MU1, s1, p), x)
                s2 := add(mulmod(POSEIDON2_MU2, s2, p), x)
                s3 := add(mulmod(POSEIDON2_MU3, s3, p), x)
                s0 := add(s0, mload(add(at, 0x60)))
                x := mulmod(s0, s0, p)
                s0 := mulmod(mulmod(x, x, p), s0, p)
                x := addmod(add(s0, s1), add(s2, s3), p)
                s0 := add(mulmod(POSEIDON2_MU0, s0, p), x)
                s1 := add(mulmod(POSEIDON2_MU1, s1, p), x)
                s2 := add(mulmod(POSEIDON2_MU2, s2, p), x)
                s3 := add(mulmod(POSEIDON2_MU3, s3, p), x)
            }
            s0, s1, s2, s3 := full(at, s0, s1, s2, s3)
            result := addmod(s0, a, p)
        }
    }
}
