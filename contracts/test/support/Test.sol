// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.30;

import {Vm} from "./Vm.sol";

/// @title Base of the tests: the cheatcodes as `vm`, and assertions that stop the test at the first failure
abstract contract Test {
    // forge-lint: disable-next-line(screaming-snake-case-const)
    Vm internal constant vm = Vm(address(uint160(uint256(keccak256("hevm cheat code")))));

    /// @dev Foundry takes contracts with this getter for tests (its coverage report leaves them out).
    // forge-lint: disable-next-line(mixed-case-function)
    function IS_TEST() external pure returns (bool) {
        return true;
    }

    /// @notice An address and its private key, from a name.
    function makeAddrAndKey(string memory name) internal returns (address who, uint256 key) {
        key = uint256(keccak256(bytes(name)));
        who = vm.addr(key);
        vm.label(who, name);
    }

    function makeAddr(string memory name) internal returns (address who) {
        (who,) = makeAddrAndKey(name);
    }

    /// @notice x brought into [low, high], for fuzz tests; the edges stay the edges.
    function bound(uint256 x, uint256 low, uint256 high) internal pure returns (uint256) {
        require(low <= high, "bound: low > high");
        if (x >= low && x <= high) return x;
        uint256 size = high - low + 1; // 0 means the whole range, and then x was inside
        return low + x % size;
    }

    function skip(uint256 time) internal {
        vm.warp(vm.getBlockTimestamp() + time);
    }

    function hoax(address who, uint256 balance) internal {
        vm.deal(who, balance);
        vm.prank(who);
    }

    function assertTrue(bool a) internal pure {
        vm.assertTrue(a);
    }

    function assertTrue(bool a, string memory b) internal pure {
        vm.assertTrue(a, b);
    }

    function assertFalse(bool a) internal pure {
        vm.assertFalse(a);
    }

    function assertFalse(bool a, string memory b) internal pure {
        vm.assertFalse(a, b);
    }

    function assertEq(bool a, bool b) internal pure {
        vm.assertEq(a, b);
    }

    function assertEq(bool a, bool b, string memory c) internal pure {
        vm.assertEq(a, b, c);
    }

    function assertEq(uint256 a, uint256 b) internal pure {
        vm.assertEq(a, b);
    }

    function assertEq(uint256 a, uint256 b, string memory c) internal pure {
        vm.assertEq(a, b, c);
    }

    function assertEq(int256 a, int256 b) internal pure {
        vm.assertEq(a, b);
    }

    function assertEq(int256 a, int256 b, string memory c) internal pure {
        vm.assertEq(a, b, c);
    }

    function assertEq(address a, address b) internal pure {
        vm.assertEq(a, b);
    }

    function assertEq(address a, address b, string memory c) internal pure {
        vm.assertEq(a, b, c);
    }

    function assertEq(bytes32 a, bytes32 b) internal pure {
        vm.assertEq(a, b);
    }

    function assertEq(bytes32 a, bytes32 b, string memory c) internal pure {
        vm.assertEq(a, b, c);
    }

    function assertEq(string memory a, string memory b) internal pure {
        vm.assertEq(a, b);
    }

    function assertEq(string memory a, string memory b, string memory c) internal pure {
        vm.assertEq(a, b, c);
    }

    function assertEq(bytes memory a, bytes memory b) internal pure {
        vm.assertEq(a, b);
    }

    function assertEq(bytes memory a, bytes memory b, string memory c) internal pure {
        vm.assertEq(a, b, c);
    }

    function assertEq(uint256[] memory a, uint256[] memory b) internal pure {
        vm.assertEq(a, b);
    }

    function assertEq(uint256[] memory a, uint256[] memory b, string memory c) internal pure {
        vm.assertEq(a, b, c);
    }

    function assertNotEq(uint256 a, uint256 b) internal pure {
        vm.assertNotEq(a, b);
    }

    function assertNotEq(uint256 a, uint256 b, string memory c) internal pure {
        vm.assertNotEq(a, b, c);
    }

    function assertNotEq(address a, address b) internal pure {
        vm.assertNotEq(a, b);
    }

    function assertNotEq(bytes32 a, bytes32 b) internal pure {
        vm.assertNotEq(a, b);
    }

    function assertNotEq(bytes32 a, bytes32 b, string memory c) internal pure {
        vm.assertNotEq(a, b, c);
    }

    function assertLt(uint256 a, uint256 b) internal pure {
        vm.assertLt(a, b);
    }

    function assertLt(uint256 a, uint256 b, string memory c) internal pure {
        vm.assertLt(a, b, c);
    }

    function assertLe(uint256 a, uint256 b) internal pure {
        vm.assertLe(a, b);
    }

    function assertLe(uint256 a, uint256 b, string memory c) internal pure {
        vm.assertLe(a, b, c);
    }

    function assertGt(uint256 a, uint256 b) internal pure {
        vm.assertGt(a, b);
    }

    function assertGt(uint256 a, uint256 b, string memory c) internal pure {
        vm.assertGt(a, b, c);
    }

    function assertGe(uint256 a, uint256 b) internal pure {
        vm.assertGe(a, b);
    }

    function assertGe(uint256 a, uint256 b, string memory c) internal pure {
        vm.assertGe(a, b, c);
    }

    function assertApproxEqAbs(uint256 a, uint256 b, uint256 c) internal pure {
        vm.assertApproxEqAbs(a, b, c);
    }

    function assertApproxEqRel(uint256 a, uint256 b, uint256 c) internal pure {
        vm.assertApproxEqRel(a, b, c);
    }
}
