// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.30;

/// @dev Order of the group of BN254, the modulus of the scalar field (EIP-196).
uint256 constant SCALAR_MODULUS =
    21888242871839275222246405745257275088548364400416034343698204186575808495617;

/// @title The Fiat-Shamir transcript: T_0 = keccak("zklink.proof.v1"), absorb: T = keccak(T | data), challenge: T = keccak(T | 0x01)
/// @dev An absorption is a non-empty multiple of 32 bytes, so it never looks like a challenge. The state is a value: every
/// function takes one and returns the next. Memory above the free pointer is used as scratch and not kept.
library Transcript {
    function start() internal pure returns (bytes32) {
        return keccak256("zklink.proof.v1");
    }

    /// @notice Absorbs `length` bytes of calldata at `offset`.
    function absorbCalldata(bytes32 state, uint256 offset, uint256 length)
        internal
        pure
        returns (bytes32 next)
    {
        assembly ("memory-safe") {
            let buffer := mload(0x40)
            mstore(buffer, state)
            calldatacopy(add(buffer, 0x20), offset, length)
            next := keccak256(buffer, add(length, 0x20))
        }
    }

    /// @notice The next state; the challenge drawn is this state modulo r.
    function draw(bytes32 state) internal pure returns (bytes32 next) {
        assembly ("memory-safe") {
            mstore(0x00, state)
            mstore8(0x20, 1)
            next := keccak256(0x00, 0x21)
        }
    }

    function value(bytes32 state) internal pure returns (uint256) {
        return uint256(state) % SCALAR_MODULUS;
    }
}
