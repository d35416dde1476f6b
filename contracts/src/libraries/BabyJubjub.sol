// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.30;

/// @title Baby Jubjub: keys and signatures (EIP-2494: a x^2 + y^2 = 1 + d x^2 y^2, a = 168700, d = 168696).
library BabyJubjub {
    uint256 internal constant R =
        21888242871839275222246405745257275088548364400416034343698204186575808495617;
    uint256 private constant A = 168700;
    uint256 private constant D = 168696;
    /// @dev l, the order of the base point.
    uint256 private constant ORDER =
        2736030358979909402780800718157159386076813972158567259200215660948447373041;
    uint256 private constant BASE_X =
        5299619240641551281634865583518297030282874472190772894086521144482721001553;
    uint256 private constant BASE_Y =
        16950150798460657717958625567821834550301663161624707787222815936182638968203;

    /// @notice True if (x, y) is canonical, on the curve, and not of small order (8 P is not the identity).
    /// @dev Doubles three times in projective coordinates (complete: no denominator vanishes). The group has order 8 l,
    /// so 8 P has odd order: x = 0, which only the identity and the point (0, -1) of order 2 have, means identity.
    function isValidKey(uint256 x, uint256 y) internal pure returns (bool) {
        if (x >= R || y >= R) return false;
        uint256 xx = mulmod(x, x, R);
        uint256 yy = mulmod(y, y, R);
        if (addmod(mulmod(A, xx, R), yy, R) != addmod(1, mulmod(D, mulmod(xx, yy, R), R), R)) return false;
        uint256 z = 1;
        for (uint256 i = 0; i < 3; ++i) {
            (x, y, z) = double(x, y, z);
        }
        return x != 0;
    }

    /// @notice True if (Rx, Ry, s) signs for the key: s < l, R on the curve, R + e A = s B exactly, where h = hi 2^128 + e
    /// is the challenge hash and hi < floor(r / 2^128) (docs/protocol.md, section 2). The key was checked when it was set.
    function isValidSignature(uint256 keyX, uint256 keyY, uint256[3] calldata signature, uint256 h)
        internal
        pure
        returns (bool)
    {
        (uint256 x, uint256 y, uint256 s) = (signature[0], signature[1], signature[2]);
        if (x >= R || y >= R || s >= ORDER || h >> 128 >= R >> 128) return false;
        uint256 xx = mulmod(x, x, R);
        uint256 yy = mulmod(y, y, R);
        if (addmod(mulmod(A, xx, R), yy, R) != addmod(1, mulmod(D, mulmod(xx, yy, R), R), R)) return false;
        // s B - e A, both at once, from the highest bit: the table holds B, -A, B - A.
        uint256[3][3] memory table = [[BASE_X, BASE_Y, 1], [R - keyX, keyY, 1], [BASE_X, BASE_Y, 1]];
        add(table[2], table[1]);
        uint256 e = h & type(uint128).max;
        uint256[3] memory p = [uint256(0), 1, 1];
        for (uint256 bit = 1 << 250; bit != 0; bit >>= 1) {
            (p[0], p[1], p[2]) = double(p[0], p[1], p[2]);
            uint256 i = (s & bit == 0 ? 0 : 1) + (e & bit == 0 ? 0 : 2);
            if (i != 0) add(p, table[i - 1]);
        }
        return mulmod(x, p[2], R) == p[0] && mulmod(y, p[2], R) == p[1];
    }

    /// @dev p += q. 2008 Bernstein-Birkner-Joye-Lange-Peters "add" for twisted Edwards curves, projective coordinates.
    /// Complete: a is a square and d is not, so no denominator vanishes.
    function add(uint256[3] memory p, uint256[3] memory q) private pure {
        uint256 z = mulmod(p[2], q[2], R);
        uint256 c = mulmod(p[0], q[0], R);
        uint256 d = mulmod(p[1], q[1], R);
        uint256 cross = mulmod(addmod(p[0], p[1], R), addmod(q[0], q[1], R), R);
        cross = addmod(cross, R - addmod(c, d, R), R);
        uint256 e = mulmod(D, mulmod(c, d, R), R);
        uint256 b = mulmod(z, z, R);
        uint256 f = addmod(b, R - e, R);
        e = addmod(b, e, R);
        p[0] = mulmod(z, mulmod(f, cross, R), R);
        p[1] = mulmod(z, mulmod(e, addmod(d, R - mulmod(A, c, R), R), R), R);
        p[2] = mulmod(f, e, R);
    }

    /// @dev 2008 Bernstein-Birkner-Joye-Lange-Peters "dbl" for twisted Edwards curves, projective coordinates.
    function double(uint256 x, uint256 y, uint256 z) private pure returns (uint256, uint256, uint256) {
        uint256 sum = addmod(x, y, R);
        uint256 b = mulmod(sum, sum, R);
        uint256 c = mulmod(x, x, R);
        uint256 d = mulmod(y, y, R);
        uint256 e = mulmod(A, c, R);
        uint256 f = addmod(e, d, R);
        uint256 j = addmod(f, R - mulmod(2, mulmod(z, z, R), R), R);
        return
            (
                mulmod(addmod(b, R - addmod(c, d, R), R), j, R),
                mulmod(f, addmod(e, R - d, R), R),
                mulmod(f, j, R)
            );
    }
}
