// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {Instance} from "./Instance.sol";

/// @title Public data that is too large for one transaction: posted in pieces, each adding to digest and Horner sum.
/// @dev The proof's challenge g is known once the prover has committed, so the pieces are posted under g: the sum
/// sum_i w_i g^i is what the proof shows of the log column. A wrong g only wastes the poster's gas: the verifier
/// compares it with the challenge that it draws itself.
abstract contract LogPieces is Instance {
    /// @dev Words of a piece; a transaction of 128 KiB holds one.
    uint256 internal constant PIECE_WORDS = 3968;

    struct PostedLog {
        bytes32 digest;
        uint256 sum;
        uint256 power;
        uint256 count;
    }

    /// @notice Log posted so far under a challenge.
    mapping(uint256 challenge => PostedLog) public postedLog;

    /// @dev Adds a piece. Every piece but the last has exactly PIECE_WORDS words, as the digest demands.
    function addLogPiece(uint256 challenge, uint256[] calldata words) internal {
        PostedLog storage log = postedLog[challenge];
        uint256 count = log.count;
        if (challenge == 0 || challenge >= R || words.length == 0 || words.length > PIECE_WORDS) {
            revert BadLogPiece(challenge, words.length);
        }
        if (count % PIECE_WORDS != 0) revert BadLogPiece(count, words.length);
        (uint256 sum, uint256 power) = horner(challenge, words, count == 0 ? 1 : log.power);
        log.digest = extendDigest(log.digest, words);
        log.sum = addmod(log.sum, sum, R);
        log.power = power;
        log.count = count + words.length;
        emit LogPiecePosted(challenge, count + words.length);
    }

    /// @dev Digest of a whole log: pieces of PIECE_WORDS words, chained.
    function logDigest(uint256[] calldata log) internal pure returns (bytes32 digest) {
        for (uint256 i = 0; i < log.length; i += PIECE_WORDS) {
            uint256 end = i + PIECE_WORDS < log.length ? i + PIECE_WORDS : log.length;
            digest = extendDigest(digest, log[i:end]);
        }
    }

    function extendDigest(bytes32 digest, uint256[] calldata piece) private pure returns (bytes32) {
        return keccak256(abi.encodePacked(digest, keccak256(abi.encodePacked(piece))));
    }

    /// @dev sum_i words[i] * power * g^i, and power * g^length. Words must be canonical.
    function horner(uint256 g, uint256[] calldata words, uint256 power)
        private
        pure
        returns (uint256 sum, uint256)
    {
        for (uint256 i = 0; i < words.length; ++i) {
            if (words[i] >= R) revert BadLogPiece(R, words[i]);
            sum = addmod(sum, mulmod(words[i], power, R), R);
            power = mulmod(power, g, R);
        }
        return (sum, power);
    }
}
