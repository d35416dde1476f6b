// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.30;

import {IBlockVerifier} from "./IBlockVerifier.sol";
import {IPositions} from "./IPositions.sol";

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
    /// @param positions a new Positions contract, bound to nobody yet
    /// @param start the block after which this chain takes part, or all zero: the genesis
    /// @param chains the chain list from the block after `start` on, if that is not the genesis
    struct Setup {
        address operator;
        address governor;
        address guardian;
        IPositions positions;
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

    /// @notice A swap on L2, from an address of this chain to an address of any connected chain.
    /// @param tokenIn token of this chain, 0 for the native coin
    /// @param tokenOut token id (chain number << 32 | index)
    /// @param minOut least amount out, in its base units (0 counts as 1)
    /// @param to receiver on token out's chain
    /// @param pool L2 account of the pool
    /// @param deadline in seconds; a block with a later timestamp refunds
    /// @param refundTo who gets `amountIn` back here if it comes to nothing
    /// @param brokerFee what a broker may keep of the amount out for paying at once; 0 if none may. Exactly
    /// `mantissa << (8 * exponent)`, mantissa below 2^32, exponent below 8
    /// @param broker index of a broker of token out's chain who alone may accept before `exclusiveUntil`; 0 for any
    struct SwapRequest {
        address tokenIn;
        uint256 amountIn;
        uint64 tokenOut;
        uint256 minOut;
        address to;
        uint32 pool;
        uint64 deadline;
        address refundTo;
        uint256 brokerFee;
        uint32 broker;
        uint64 exclusiveUntil;
    }

    /// @notice One token brought into a pool, for a position on this chain.
    /// @param token token of this chain, 0 for the native coin
    /// @param owner gets the position, or the amount back if it comes to nothing
    /// @param exitAddress who gets the other chain's part if L2 ends for good
    struct LiquidityRequest {
        address token;
        uint256 amount;
        uint32 pool;
        uint256 minShares;
        uint64 deadline;
        address owner;
        address exitAddress;
    }

    /// @notice An EIP-2612 permit of the caller for this contract.
    struct Permit {
        uint256 value;
        uint256 deadline;
        uint8 v;
        bytes32 r;
        bytes32 s;
    }

    /// @notice A payout that a broker may make in advance; keccak256(abi.encode(payout)) names it.
    /// @param kind 12: a withdrawal; 17: a swap request
    /// @param a account (12), chain number of the request (17)
    /// @param b nonce (12), index of the request (17)
    /// @param token index of the token on this chain
    /// @param amount what L2 pays; the broker pays `amount - fee` and gets it all
    /// @param broker,exclusiveUntil as in SwapRequest; 0 for withdrawals
    struct Payout {
        uint8 kind;
        uint256 a;
        uint256 b;
        address to;
        uint32 token;
        uint256 amount;
        uint256 fee;
        uint256 broker;
        uint256 exclusiveUntil;
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

    /// @notice A broker was given the next index.
    event BrokerRegistered(uint24 indexed index, address indexed broker);
    /// @notice `broker` paid `amount - fee` to `to` and gets the payout.
    event Accepted(
        bytes32 indexed id,
        address indexed broker,
        uint8 kind,
        uint256 a,
        uint256 b,
        address to,
        uint32 token,
        uint256 amount,
        uint256 fee
    );
    /// @notice New money of a token is taken in no more, or again.
    event DepositsPausedSet(address indexed token, bool paused);
    /// @notice New money is taken in no more, or again.
    event AllDepositsPausedSet(bool paused);

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
    error DepositsPaused(address token);
    error WrongValue(uint256 expected, uint256 actual);
    error BadDeadline(uint64 deadline);
    error BadTokenOut(uint64 token);
    error BadBrokerFee(uint256 fee, uint256 amount);
    error UnknownBroker(uint256 broker);
    error BrokerAlreadyRegistered(address broker, uint24 index);
    error ExclusiveBroker(uint256 broker, uint256 until);
    error AlreadyAccepted(bytes32 id, address broker);
    error AlreadyExecuted(bytes32 id);
}
