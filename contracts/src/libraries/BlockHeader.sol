// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.30;

import {Words} from "./Words.sol";

/// @title The header of a block: a fixed list of words and one group of words per connected chain.
/// @dev Word layout (docs/protocol.md, "Header"):
///
///   0 instanceId      4 timestamp    8 chainListHash
///   1 version         5 feeAccount   9 logDigest
///   2 vkDigest        6 oldRoot     10 logWords
///   3 number          7 newRoot     11 operations      12 chainCount
///
///   then per chain: +0 chain, +1 outboxDigest, +2 outboxEntries, +3 firstRequest, +4 endRequest, +5 requestsHash
///
/// headerHash = keccak256 of all words. Every word is bound to the proof through the statement digest.
library BlockHeader {
    uint256 internal constant INSTANCE_ID = 0;
    uint256 internal constant VERSION = 1;
    uint256 internal constant VK_DIGEST = 2;
    uint256 internal constant NUMBER = 3;
    uint256 internal constant TIMESTAMP = 4;
    uint256 internal constant FEE_ACCOUNT = 5;
    uint256 internal constant OLD_ROOT = 6;
    uint256 internal constant NEW_ROOT = 7;
    uint256 internal constant CHAIN_LIST_HASH = 8;
    uint256 internal constant LOG_DIGEST = 9;
    uint256 internal constant LOG_WORDS = 10;
    uint256 internal constant OPERATIONS = 11;
    uint256 internal constant CHAIN_COUNT = 12;
    uint256 internal constant FIXED_WORDS = 13;

    uint256 internal constant CHAIN_NUMBER = 0;
    uint256 internal constant OUTBOX_DIGEST = 1;
    uint256 internal constant OUTBOX_ENTRIES = 2;
    uint256 internal constant FIRST_REQUEST = 3;
    uint256 internal constant END_REQUEST = 4;
    uint256 internal constant REQUESTS_HASH = 5;
    uint256 internal constant CHAIN_WORDS = 6;

    /// @notice Index of the first word of the group of the chain at `position` in the chain list.
    function chainPart(uint256 position) internal pure returns (uint256) {
        return FIXED_WORDS + position * CHAIN_WORDS;
    }

    /// @notice keccak256 over all words of the header.
    function hash(uint256[] calldata header) internal pure returns (bytes32) {
        return Words.hash(header);
    }
}
