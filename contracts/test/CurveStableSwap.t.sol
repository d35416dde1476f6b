// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.30;

import {CurvePool} from "./support/CurvePool.sol";
import {Test} from "./support/Test.sol";

/// @notice L2's stable pools (tests/vectors/contracts/stable-trades.json, by the C library) against Curve's published formula:
/// decimals 6 to 18, imbalance up to 10^6, A from 1 to 65535.
/// @dev The curve is the same: Curve's Ann is our 4 A. Ours is exact and rounds to the pool; Curve's D and y are off by a few
/// units of 10^-18, either way.
contract CurveStableSwapTest is Test {
    struct Trades {
        uint256[] reserveA;
        uint256[] reserveB;
        uint256[] multA;
        uint256[] multB;
        uint256[] amp;
        uint256[] fee;
        uint256[] bToA;
        uint256[] amountIn;
        uint256[] amountOut;
        uint256[] ddown;
    }

    string private json;

    function numbers(string memory name) private view returns (uint256[] memory) {
        return vm.parseJsonUintArray(json, string.concat(".trades.", name));
    }

    function read() private returns (Trades memory t) {
        json = vm.readFile("../tests/vectors/contracts/stable-trades.json");
        t.reserveA = numbers("reserveA");
        t.reserveB = numbers("reserveB");
        t.multA = numbers("multA");
        t.multB = numbers("multB");
        t.amp = numbers("amp");
        t.fee = numbers("fee");
        t.bToA = numbers("bToA");
        t.amountIn = numbers("amountIn");
        t.amountOut = numbers("amountOut");
        t.ddown = numbers("ddown");
    }

    /// @dev Trade k with Curve's formula, at the D that its own iteration finds and at the exact one.
    function curve(Trades memory t, uint256 k)
        private
        pure
        returns (uint256 published, uint256 atExactD, uint256 d)
    {
        uint256[2] memory m = [t.multA[k], t.multB[k]];
        uint256[2] memory xp = [t.reserveA[k] * m[0], t.reserveB[k] * m[1]];
        uint256 amp = 2 * t.amp[k];
        uint256 fee = t.fee[k] * 10 ** 6;
        d = CurvePool.getD(xp, amp);
        published = CurvePool.exchange(xp, m, d, amp, fee, t.bToA[k], t.amountIn[k]);
        atExactD = CurvePool.exchange(xp, m, t.ddown[k], amp, fee, t.bToA[k], t.amountIn[k]);
    }

    /// @notice Never better for the trader than Curve's formula on the exact D; better than Curve's contract only where that
    /// rounded its D up by two units or more. Worse by one base unit, and 64 units of 10^-18, at most.
    function test_trades() public {
        Trades memory t = read();
        uint256 same;
        uint256 better;
        for (uint256 k = 0; k < t.fee.length; k++) {
            (uint256 published, uint256 atExactD, uint256 d) = curve(t, k);
            uint256 ours = t.amountOut[k];
            uint256 unit = t.bToA[k] == 0 ? t.multB[k] : t.multA[k];
            assertLe(ours, atExactD);
            if (ours > published) {
                assertGt(d, t.ddown[k] + 1);
                better++;
            } else {
                assertLe((published - ours) * unit, unit + 64);
                if (ours == published) same++;
            }
        }
        assertGe(t.fee.length, 1000);
        assertGe(same, t.fee.length / 2);
        assertLt(better, t.fee.length / 50);
    }
}
