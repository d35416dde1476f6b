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

    /// @notice What the proxy starts with. It makes its governor itself: a timelock with this delay, to which the council's
    /// members propose.
    /// @param positions a new Positions contract, bound to nobody yet
    /// @param start the block after which this chain takes part, or all zero: the genesis
    /// @param chains the chain list from the block after `start` on, if that is not the genesis
    struct Setup {
        address operator;
        address guardian;
        uint256 governorDelay;
        address[] council;
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

    /// @notice A record of slot 0 of an account, and where it stands in the state.
    /// @param tag 2, 3: an account; 4, 5: a pool; 6: a position
    /// @param fields r0..r3
    /// @param path three siblings of each of the 18 levels, from the leaf upwards, in the order of their positions
    struct RecordProof {
        uint256 account;
        uint256 tag;
        uint256[4] fields;
        uint256[] path;
    }

    /// @notice A balance of the account whose record is given too.
    /// @param path the lowest four levels (12 words); above them the path is the record's
    struct BalanceProof {
        uint256 slot;
        uint256 token;
        uint256 amount;
        uint256[] path;
    }

    /// @notice A pool's reserve, which may be 0; looked at only if its token is of this chain.
    struct Reserve {
        uint256 amount;
        uint256[] path;
    }

    /// @notice Two syncHashes for one block of one epoch, signed by the same member of network `network`.
    struct Equivocation {
        uint256 network;
        uint64 epoch;
        uint64 number;
        bytes32[2] syncHash;
        uint64[2] expiry;
        bytes[2] signature;
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

    event OperatorChanged(address indexed previous, address indexed next);
    event GuardianChanged(address indexed previous, address indexed next);
    event GovernorChanged(address indexed previous, address indexed next);
    /// @notice At most `limit` of the token leaves in a day, or a sixteenth of what was in custody; 0: no limit.
    event OutflowLimitChanged(uint32 indexed token, uint112 limit);
    /// @notice Other oracle networks confirm blocks from `firstBlock` on.
    event NetworksScheduled(uint64 indexed firstBlock);
    /// @notice A further chain takes part from `firstBlock` on.
    event ChainAdded(uint8 indexed chain, uint256 evmChainId, uint64 indexed firstBlock);
    event ChainDropAnnounced(uint8 indexed chain, uint256 due);
    /// @notice A chain is left out from `firstBlock` on.
    event ChainDropped(uint8 indexed chain, uint64 indexed firstBlock);
    /// @notice Blocks from `number` on, proved and not confirmed, were taken back; `epoch` begins.
    event BlocksReverted(uint64 indexed number, uint64 epoch);
    /// @notice Requests below `below` may wait until `deadline` at least.
    event RequestsExtended(uint64 below, uint64 deadline);
    /// @notice An oracle signed two syncHashes for one block.
    event OracleEquivocated(
        address indexed oracle, uint256 network, uint64 epoch, uint64 number, bytes32 first, bytes32 second
    );
    /// @notice A request was not in a confirmed block in time: no block is submitted here any more.
    event ExodusStarted(uint64 indexed request);
    /// @notice The state of this block is what exits are from.
    event ExitsOpened(uint64 indexed number, bytes32 root);
    /// @notice What a slot of an account had here left; `paid` of it at once, the rest is pending.
    event Exited(
        uint256 indexed account, uint256 indexed slot, uint32 token, address to, uint256 amount, uint256 paid
    );
    event ExitReceiverNamed(uint256 indexed account, address receiver);
    /// @notice What a request that no confirmed block took had brought went back.
    event RequestRefunded(uint64 indexed index, uint32 token, address to, uint256 amount, uint256 paid);

    error InExodus();
    error ExitsNotOpen();
    error DeadlineNotOver(uint64 request, uint64 deadline);
    error NotExitable(uint256 account, uint256 tag);
    error NothingToExit(uint256 account, uint256 slot);
    error AlreadyExited(uint256 account, uint256 slot);
    error WrongExitToken(uint256 token);
    error TooManyShares(uint256 pool);
    error BadPath();
    error BadExitSignature(uint256 account);
    error NoExitReceiver(uint256 account, uint256 authority);
    error OutflowLimitReached(uint32 token);
    error NotProposer(address caller);
    error BadFirstBlock(uint64 number);
    error ChainNumberUsed(uint8 chain);
    error DropNotDue(uint8 chain);
    error ChainNotSilent(uint8 chain, uint64 since);
    error NoEquivocation();
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
