// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.30;

import {Test} from "./Test.sol";
import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";

/// @notice Shows that an assertion of the test base can fail; every other test relies on it.
contract ToolchainTest is Test {
    function assertSame(uint256 a, uint256 b) external pure {
        assertEq(a, b);
    }

    function test_assertion_revertsIfUnequal() public {
        this.assertSame(3, 3);
        vm.expectRevert();
        this.assertSame(3, 4);
    }

    function test_bound_staysInside(uint256 x, uint256 a, uint256 b) public pure {
        (uint256 low, uint256 high) = a < b ? (a, b) : (b, a);
        uint256 y = bound(x, low, high);
        assertGe(y, low);
        assertLe(y, high);
    }

    function test_libraryIsFound() public pure {
        assertEq(uint256(uint32(IERC20.transfer.selector)), 0xa9059cbb);
    }
}
