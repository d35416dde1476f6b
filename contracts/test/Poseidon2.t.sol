// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.30;

import {Poseidon2} from "../src/libraries/Poseidon2.sol";
import {Test} from "./support/Test.sol";

/// @notice The contract's Poseidon2 against the C library's, on 10 000 inputs (tests/tools/poseidon2_vectors.c).
contract Poseidon2Test is Test {
    uint256 private constant R =
        21888242871839275222246405745257275088548364400416034343698204186575808495617;

    function input(uint256 i) private pure returns (uint256[4] memory w) {
        uint256 digits = i;
        uint256[3] memory edges = [uint256(0), 1, R - 1];
        for (uint256 j = 0; j < 4; j++) {
            w[j] = i < 81 ? edges[digits % 3] : uint256(keccak256(abi.encode(i, j))) % R;
            digits /= 3;
        }
    }

    function test_agreesWithC() public view {
        bytes32[] memory digest =
            vm.parseJsonBytes32Array(vm.readFile("../build/vectors/poseidon2.json"), ".digest");
        assertEq(digest.length, 100);
        bytes memory table = Poseidon2.constants();
        uint256[] memory outputs = new uint256[](100);
        for (uint256 i = 0; i < 10_000; i++) {
            uint256[4] memory w = input(i);
            outputs[i % 100] = Poseidon2.compress(table, w[0], w[1], w[2], w[3]);
            if (i % 100 == 99) assertEq(keccak256(abi.encodePacked(outputs)), digest[i / 100]);
        }
    }

    /// @notice One compression, the constants in memory.
    function test_gas() public {
        bytes memory table = Poseidon2.constants();
        uint256 before = gasleft();
        uint256 result = Poseidon2.compress(table, 1, 2, 3, 4);
        uint256 used = before - gasleft();
        assertGt(result, 0);
        assertLt(used, 19_500);
        emit GasUsed(used);
    }

    event GasUsed(uint256 gas);
}
