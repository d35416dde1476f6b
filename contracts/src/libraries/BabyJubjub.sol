// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.30;

/// @title Validity of a Baby Jubjub public key (EIP-2494: a x^2 + y^2 = 1 + d x^2 y^2, a = 168700, d = 168696).
library BabyJubjub {
    uint256 internal constant R =
        21888242871839275222246405745257275088548364400416034343698204186575808495617;
    uint256 private constant A = 168700;
    uint256 private constant D = 168696;

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
