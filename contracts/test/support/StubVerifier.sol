// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.30;

import {HeldColumn, HeldSum, IBlockVerifier} from "../../src/interfaces/IBlockVerifier.sol";

/// @notice What a stub proof says was proved.
/// @param outboxHashes keccak256 of each chain's outbox words
/// @param logHash keccak256 of all log words
/// @param logChallenge the challenge under which the log has `logSum`
/// @param nonce tells two proofs of one block apart
struct StubProof {
    bytes32 statementDigest;
    uint256[] scalars;
    uint256[] chains;
    bytes32[] outboxHashes;
    bytes32 logHash;
    uint256 logChallenge;
    uint256 logSum;
    uint256 nonce;
}

/// @title A verifier for tests of the other checks: a "proof" lists what it proves, and whatever the contract shows must
/// agree with the list. So the contract has to show the right data, and all of it, but anybody can write the list.
contract StubVerifier is IBlockVerifier {
    bytes32 public immutable vkDigest;
    uint256 private immutable LOG_CHIP;
    uint256 private immutable OUTBOX_CHIP;

    error Mismatch(string what);

    constructor(bytes32 vkDigest_, uint256 logChip, uint256 outboxChip) {
        vkDigest = vkDigest_;
        LOG_CHIP = logChip;
        OUTBOX_CHIP = outboxChip;
    }

    function verify(
        bytes32 statementDigest,
        uint256[] calldata scalars,
        uint256[] calldata instanceScalars,
        HeldColumn[] calldata columns,
        HeldSum[] calldata sums,
        bytes calldata proof
    ) external view {
        StubProof memory p = abi.decode(proof, (StubProof));
        if (p.statementDigest != statementDigest) revert Mismatch("statement digest");
        if (!same(p.scalars, scalars)) revert Mismatch("scalars");
        if (!same(p.chains, instanceScalars)) revert Mismatch("chains");
        if (columns.length + sums.length != 2) revert Mismatch("held data");
        uint256 lastChip;
        for (uint256 i = 0; i < columns.length; i++) {
            if (i > 0 && columns[i].chip <= lastChip) revert Mismatch("order of columns");
            lastChip = columns[i].chip;
            bytes32 hash = keccak256(abi.encodePacked(columns[i].words));
            if (lastChip == OUTBOX_CHIP) {
                if (hash != p.outboxHashes[columns[i].instance]) revert Mismatch("outbox");
            } else if (lastChip == LOG_CHIP && columns[i].instance == 0) {
                if (hash != p.logHash) revert Mismatch("log");
            } else {
                revert Mismatch("column");
            }
        }
        if (sums.length == 1) {
            if (sums[0].chip != LOG_CHIP || sums[0].instance != 0) revert Mismatch("sum's column");
            if (sums[0].point != p.logChallenge || p.logChallenge == 0) revert Mismatch("challenge");
            if (sums[0].sum != p.logSum) revert Mismatch("sum");
        }
    }

    function same(uint256[] memory a, uint256[] calldata b) private pure returns (bool) {
        return keccak256(abi.encode(a)) == keccak256(abi.encode(b));
    }
}
