// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.30;

/// @title Lists of 32-byte words in calldata.
library Words {
    /// @notice keccak256 over the words, without their count.
    /// @dev Copies to free memory and leaves it free: lists are long, and memory's price grows with its square.
    function hash(uint256[] calldata words) internal pure returns (bytes32 digest) {
        assembly ("memory-safe") {
            let free := mload(0x40)
            let size := shl(5, words.length)
            calldatacopy(free, words.offset, size)
            digest := keccak256(free, size)
        }
    }
}
