// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.30;

/// @notice A public column whose raw words the caller holds (a chain's own outbox, the log).
/// @dev The caller has already checked that the statement binds the words (their digest stands in the block header).
/// @param chip Number of the chip in the AIR description.
/// @param instance Instance of the chip, 0 unless it is an instanced one.
/// @param words The words row by row, without padding; each must be below the scalar field's modulus.
struct HeldColumn {
    uint256 chip;
    uint256 instance;
    uint256[] words;
}

/// @notice A public column of which the caller knows only the sum of words[i] * point^i, because its words were posted
/// in earlier transactions that computed the sum at the point they expected.
/// @dev The proof is accepted only if `point` is the challenge g drawn in it.
/// @param chip Number of the chip in the AIR description.
/// @param instance Instance of the chip, 0 unless it is an instanced one.
/// @param point Where the sum was taken.
/// @param sum The sum, modulo the scalar field's modulus.
struct HeldSum {
    uint256 chip;
    uint256 instance;
    uint256 point;
    uint256 sum;
}

/// @title Verifier of block proofs
/// @notice `verify` returns if and only if the proof is good; for any bad proof it reverts, with an error that names the
/// check that failed. There is no return value that a caller could forget to look at.
interface IBlockVerifier {
    /// @notice Digest of what is proved: the AIR description, the largest M, the preprocessed commitment, the set-up.
    function vkDigest() external view returns (bytes32);

    /// @notice Checks a proof; reverts if it is not good.
    /// @param statementDigest What the proof is about (the hash of the block's header).
    /// @param scalars Public scalars, as many as the AIR declares, each below the scalar field's modulus.
    /// @param instanceScalars One scalar for each instance of the instanced chips (the connected chains' numbers).
    /// @param columns Public columns held as words; (chip, instance) strictly increasing.
    /// @param sums Public columns held as a sum; (chip, instance) strictly increasing.
    /// @param proof The proof's bytes; there is exactly one encoding of a proof.
    function verify(
        bytes32 statementDigest,
        uint256[] calldata scalars,
        uint256[] calldata instanceScalars,
        HeldColumn[] calldata columns,
        HeldSum[] calldata sums,
        bytes calldata proof
    ) external view;
}
