// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.30;

import {Words} from "../libraries/Words.sol";
import {Instance} from "./Instance.sol";

/// @title Public data that is too large for one transaction: posted in pieces, each adding to digest and Horner sum.
/// @dev The proof's challenge g is known once the prover has committed, so the pieces are posted under g: the sum
/// sum_i w_i g^i is what the proof shows of the log column. A wrong g only wastes the poster's gas: the verifier
/// compares it with the challenge that it draws itself. The same block proved again has the same g: so posting can begin
/// anew at any time.
abstract contract LogPieces is Instance {
    /// @dev Words of a piece; a transaction of 128 KiB holds one.
    uint256 internal constant PIECE_WORDS = 3968;

    /// @dev Adds a piece, or begins anew with it. Every piece but the last has exactly PIECE_WORDS words, as the digest
    /// demands.
    function addLogPiece(uint256 challenge, uint256 firstWord, uint256[] calldata words) internal {
        if (challenge == 0 || challenge >= R) revert BadLogChallenge(challenge);
        PostedLog memory log;
        log.power = 1;
        if (firstWord != 0) log = postedLog[challenge];
        if (
            firstWord != log.count || firstWord % PIECE_WORDS != 0 || words.length == 0
                || words.length > PIECE_WORDS
        ) {
            revert BadLogPiece(firstWord, words.length);
        }
        log.sum = addmod(log.sum, mulmod(log.power, horner(challenge, words), R), R);
        log.power = mulmod(log.power, power(challenge, words.length), R);
        log.digest = extendDigest(log.digest, words);
        log.count = firstWord + words.length;
        postedLog[challenge] = log;
        emit LogPiecePosted(challenge, log.count);
    }

    /// @dev Digest of a whole log: pieces of PIECE_WORDS words, chained.
    function logDigest(uint256[] calldata log) internal pure returns (bytes32 digest) {
        for (uint256 i = 0; i < log.length; i += PIECE_WORDS) {
            uint256 end = i + PIECE_WORDS < log.length ? i + PIECE_WORDS : log.length;
            digest = extendDigest(digest, log[i:end]);
        }
    }

    function extendDigest(bytes32 digest, uint256[] calldata piece) private pure returns (bytes32) {
        return keccak256(abi.encodePacked(digest, Words.hash(piece)));
    }

    /// @dev sum_i words[i] g^i. Words must be canonical.
    function horner(uint256 g, uint256[] calldata words) private pure returns (uint256 sum) {
        uint256 bad;
        assembly ("memory-safe") {
            // On the stack: at this optimizer setting a constant of 32 bytes is dear.
            let modulus := R
            let start := words.offset
            for { let p := add(start, shl(5, words.length)) } gt(p, start) {} {
                p := sub(p, 0x20)
                let word := calldataload(p)
                if iszero(lt(word, modulus)) { bad := word }
                sum := addmod(mulmod(sum, g, modulus), word, modulus)
            }
        }
        if (bad != 0) revert LogWordNotCanonical(bad);
    }

    /// @dev base^exponent, by squaring.
    function power(uint256 base, uint256 exponent) private pure returns (uint256 result) {
        result = 1;
        for (; exponent != 0; exponent >>= 1) {
            if (exponent & 1 == 1) result = mulmod(result, base, R);
            base = mulmod(base, base, R);
        }
    }
}
