// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.30;

/// @title The formula of Curve's plain pools of two coins, as their Vyper contract computes it: Newton's method on rounded
/// quotients, which stops when a step is 1 or 0.
/// @dev `amp` is Curve's: Ann = 2 amp. Written after the published contract (StableSwap, get_D, get_y, exchange).
library CurvePool {
    uint256 private constant N = 2;
    uint256 private constant FEE_DENOMINATOR = 10 ** 10;

    function getD(uint256[2] memory xp, uint256 amp) internal pure returns (uint256 d) {
        uint256 s = xp[0] + xp[1];
        if (s == 0) return 0;
        d = s;
        uint256 ann = amp * N;
        for (uint256 k = 0; k < 255; k++) {
            // forge-lint: disable-next-line(divide-before-multiply) as published
            uint256 dp = d * d / (xp[0] * N) * d / (xp[1] * N);
            uint256 previous = d;
            d = (ann * s + dp * N) * d / ((ann - 1) * d + (N + 1) * dp);
            if (d > previous ? d - previous <= 1 : previous - d <= 1) break;
        }
    }

    function getY(uint256 x, uint256 d, uint256 amp) internal pure returns (uint256 y) {
        uint256 ann = amp * N;
        // forge-lint: disable-next-line(divide-before-multiply) as published
        uint256 c = d * d / (x * N) * d / (ann * N);
        uint256 b = x + d / ann;
        y = d;
        for (uint256 k = 0; k < 255; k++) {
            uint256 previous = y;
            y = (y * y + c) / (2 * y + b - d);
            if (y > previous ? y - previous <= 1 : previous - y <= 1) break;
        }
    }

    /// @notice What goes out for `dx` of coin i, whose scaled balances are worth `d`; the fee counts 1/10^10.
    function exchange(
        uint256[2] memory xp,
        uint256[2] memory mult,
        uint256 d,
        uint256 amp,
        uint256 fee,
        uint256 i,
        uint256 dx
    ) internal pure returns (uint256) {
        uint256 y = getY(xp[i] + dx * mult[i], d, amp);
        if (xp[1 - i] < y + 1) return 0;
        uint256 dy = xp[1 - i] - y - 1;
        return (dy - dy * fee / FEE_DENOMINATOR) / mult[1 - i];
    }
}
