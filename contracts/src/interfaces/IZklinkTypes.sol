// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.30;

import {IBlockVerifier} from "./IBlockVerifier.sol";

/// @title Structs, events and errors of zklink.
interface IZklinkTypes {
    /// @notice What an implementation is built for: the same on all chains but for `verifier` and `chainNumber`. A
    /// contract that joined later has the chain list of the genesis here, and today's in its Setup.
    struct Config {
        IBlockVerifier verifier;
        bytes32 salt;
        ChainInfo[] chains;
        uint8 chainNumber;
        bytes32 genesisRoot;
        uint32 feeAccount;
        uint64 requestPeriod;
        uint64 exitWindow;
        uint256 logChip;
        uint256 outboxChip;
    }

    /// @notice What the proxy starts with.
    /// @param start the block after which this chain takes part, or all zero: the genesis
    /// @param chains the chain list from the block after `start` on, if that is not the genesis
    struct Setup {
        address operator;
        address governor;
        address guardian;
        NetworkConfig[] networks;
        StoredBlock start;
        ChainInfo[] chains;
    }

    /// @notice The chains that take part from block `firstBlock` on.
    /// @param numbers their numbers, one byte each, the first in the most significant byte
    struct ChainList {
        uint64 firstBlock;
        uint8 count;
        bytes32 numbers;
        bytes32 hash;
    }

    /// @notice A chain of the chain list, in the order that headers use.
    struct ChainInfo {
        uint8 number;
        uint256 evmChainId;
    }

    /// @notice An oracle network: `threshold` signatures of `members` confirm; `faults` is what it tolerates.
    struct NetworkConfig {
        address[] members;
        uint256 threshold;
        uint256 faults;
    }

    /// @notice What the chain remembers of a block, as a hash; callers supply the fields again.
    struct StoredBlock {
        uint64 number;
        uint64 timestamp;
        uint64 endRequest;
        bytes32 syncHash;
        bytes32 root;
        bytes32 outboxDigest;
    }

    /// @notice An ECDSA signature for a key change in the block, in outbox order.
    struct KeySignature {
        uint64 validUntil;
        bytes signature;
    }

    /// @notice A block as the operator submits it.
    /// @param header the header's words (libraries/BlockHeader.sol)
    /// @param outbox this chain's entries, five words each: operation number, w0..w3
    /// @param log all public-data words, or empty when they were posted in pieces
    /// @param logChallenge the challenge under which pieces were posted, else 0
    /// @param keySignatures one per ChangePubKey entry of the outbox, in order
    /// @param proof the block's proof, the same bytes on every chain
    struct BlockSubmission {
        uint256[] header;
        uint256[] outbox;
        uint256[] log;
        uint256 logChallenge;
        KeySignature[] keySignatures;
        bytes proof;
    }

    /// @notice A token was given the next index of this chain.
    event TokenRegistered(uint32 indexed index, address indexed token);
    /// @notice A request entered the queue; words as in docs/protocol.md with the operator's fields zero.
    event Requested(
        uint64 indexed index,
        uint8 indexed opType,
        uint256 w0,
        uint256 w1,
        uint256 w2,
        uint256 w3,
        uint64 deadline
    );
    /// @notice A piece of a log too large for one transaction was posted under the proof's challenge; `totalWords` stand
    /// there now.
    event LogPiecePosted(uint256 indexed challenge, uint256 totalWords);
    /// @notice A block's proof was verified here.
    event BlockProved(
        uint64 indexed number,
        bytes32 syncHash,
        bytes32 headerHash,
        bytes32 root,
        bytes32 outboxDigest,
        uint64 timestamp,
        uint64 endRequest
    );
    /// @notice All blocks up to `number` are confirmed by every oracle network.
    event BlockConfirmed(uint64 indexed number, bytes32 syncHash);
    /// @notice All payouts of a confirmed block were made; its outbox has `entries` entries.
    event BlockExecuted(uint64 indexed number, uint256 entries);
    /// @notice A payout reached its receiver.
    event Paid(uint64 indexed number, uint256 indexed operation, uint32 token, address to, uint256 amount);
    /// @notice A payout failed and waits for its owner.
    event PayoutPending(
        uint64 indexed number, uint256 indexed operation, uint32 token, address to, uint256 amount
    );
    /// @notice What waited for `owner` was paid to `to`.
    event PendingWithdrawn(uint32 indexed token, address indexed owner, address to, uint256 amount);

    error NotOperator(address caller);
    error NotGovernor(address caller);
    error NotGuardian(address caller);
    error NotThroughProxy();
    error BadConfiguration(string what);
    error ZeroAmount();
    error ZeroAddress();
    error AmountTooLarge(uint256 amount);
    error NotAContract(address token);
    error TokenAlreadyRegistered(address token, uint32 index);
    error UnknownToken(address token);
    error TransferMismatch(uint256 expected, uint256 received);
    error TransferFailed(address token);
    error CustodyCapExceeded(address token, uint256 custody);
    error BadAccount(uint256 account);
    error BadSlot(uint256 slot);
    error BadSigningKey(uint256 x, uint256 y);
    error BadHeaderLength(uint256 words);
    error BadHeaderWord(uint256 index, uint256 expected, uint256 actual);
    error BadTimestamp(uint256 timestamp, uint256 low, uint256 high);
    error BadStoredBlock(uint64 number);
    error BadOutbox(bytes32 expected, bytes32 actual);
    error BadOutboxEntry(uint256 operation);
    error OperationOutOfOrder(uint256 operation);
    error RequestMismatch(uint64 index);
    error BadLogChallenge(uint256 challenge);
    error BadLogPiece(uint256 firstWord, uint256 words);
    error LogWordNotCanonical(uint256 word);
    error WrongKeyChain(uint256 operation, uint256 chain);
    error BadKeySignature(uint256 operation, address signer);
    error ExpiredKeySignature(uint256 operation, uint64 validUntil);
    error KeySignatureCount(uint256 expected, uint256 actual);
    error NotProved(uint64 number);
    error NotConfirmed(uint64 number);
    error AlreadyConfirmed(uint64 number);
    error ConsensusExpired(uint64 expiry);
    error NetworkCount(uint256 expected, uint256 actual);
    error NotEnoughSignatures(uint256 network, uint256 needed, uint256 given);
    error BadOracleSignature(uint256 network, uint256 signature);
    error InsufficientGas(uint256 needed);
    error NothingPending(uint32 token, address owner);
}
