// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.30;

import {IBlockVerifier} from "./IBlockVerifier.sol";
import {IPositions} from "./IPositions.sol";
import {IZklinkTypes} from "./IZklinkTypes.sol";

/// @title What can be read.
interface IZklinkState is IZklinkTypes {
    // ---- fixed by the implementation ----

    /// @notice Verifier of block proofs.
    function verifier() external view returns (IBlockVerifier);
    /// @notice Digest of the verifying key.
    function vkDigest() external view returns (bytes32);
    /// @notice Hash of salt, verifying key, first chain list, genesis root and fee account.
    function instanceId() external view returns (bytes32);
    /// @notice EIP-712 domain separator, the same on every chain.
    function domainSeparator() external view returns (bytes32);
    /// @notice Hash of the implementation's configuration.
    function configHash() external view returns (bytes32);
    /// @notice This chain's number in the chain list.
    function chainNumber() external view returns (uint8);
    /// @notice The L2 account that collects fees.
    function feeAccount() external view returns (uint32);
    /// @notice Root of the state before the first block.
    function genesisRoot() external view returns (bytes32);
    /// @notice Seconds that the operator has to bring a request into a confirmed block.
    function requestPeriod() external view returns (uint64);
    /// @notice Seconds from the begin of an exodus in which proved blocks can still be confirmed; exits begin after them.
    function exitWindow() external view returns (uint64);

    // ---- roles ----

    /// @notice The only address that may submit blocks.
    function operator() external view returns (address);
    /// @notice The timelock through which all changes go.
    function governor() external view returns (address);
    /// @notice May pause deposits, and nothing else.
    function guardian() external view returns (address);

    // ---- blocks ----

    /// @notice Newest proved, confirmed and executed block.
    function provedNumber() external view returns (uint64);
    function confirmedNumber() external view returns (uint64);
    function executedNumber() external view returns (uint64);
    /// @notice Entries of block executedNumber + 1 whose payouts are made.
    function executedEntries() external view returns (uint64);
    /// @notice Hash of the StoredBlock of every block.
    function storedBlockHash(uint64 number) external view returns (bytes32);
    /// @notice Epoch that consensus messages name; it rises when unconfirmed blocks are taken back.
    function epoch() external view returns (uint64);

    // ---- safety ----

    /// @notice When exodus began here; 0: it has not.
    function exodusSince() external view returns (uint64);
    /// @notice Root of the state that exits are from; 0 until they are open.
    function exodusRoot() external view returns (uint256);
    /// @notice A bit for every slot of an account that left (bit 0: a position).
    function exitedSlots(uint256 account) external view returns (uint256);
    /// @notice Who gets what an account of another authority has here, if it said so.
    function exitReceiver(uint256 account) external view returns (address);
    /// @notice Shares of a pool that left.
    function exitedShares(uint256 pool) external view returns (uint256);
    /// @notice Governed limit of a token (0: none), the most in custody under it, the current window, what left in it.
    function outflow(uint32 index)
        external
        view
        returns (uint112 limit, uint112 peak, uint32 window, uint112 used);
    /// @notice When the drop of a chain was announced; 0: it was not.
    function dropAnnounced(uint8 chain) external view returns (uint256);
    /// @notice First block that does not wait for a chain that ended for good; 0 if it did not.
    function droppedFrom(uint8 chain) external view returns (uint64);

    // ---- requests and tokens ----

    /// @notice How many requests were ever made.
    function requestCount() external view returns (uint64);
    /// @notice Requests that confirmed blocks took.
    function confirmedRequests() external view returns (uint64);
    /// @notice Requests by index, from 0.
    function requests(uint64 index) external view returns (bytes27 hash, uint40 deadline);
    /// @notice Number of registered tokens, the native coin not counted; the newest index.
    function tokenCount() external view returns (uint32);
    /// @notice Token contract of an index (0 for the native coin and for unknown indices).
    function tokenAddress(uint32 index) external view returns (address);
    /// @notice Index of a token contract (0 if unknown).
    function tokenIndex(address token) external view returns (uint32);
    /// @notice What is owed to L2 and to pending balances, per token index.
    function custody(uint32 index) external view returns (uint256);
    /// @notice Payouts that failed or were put off, waiting for their owner.
    function pendingBalance(uint32 index, address owner) external view returns (uint256);
    /// @notice Log posted so far under a challenge.
    function postedLog(uint256 challenge)
        external
        view
        returns (bytes32 digest, uint256 sum, uint256 power, uint256 count);

    // ---- pools and brokers ----

    /// @notice The ERC-721 contract of positions made from this chain.
    function positions() external view returns (IPositions);
    /// @notice Who accepted a payout (0: nobody yet; 1: executed, whoever got it).
    function acceptedBy(bytes32 id) external view returns (address);
    /// @notice How many brokers are registered; the newest index.
    function brokerCount() external view returns (uint24);
    /// @notice Broker of an index, from 1.
    function brokerAddress(uint24 index) external view returns (address);
    /// @notice Index of a broker (0 if unknown).
    function brokerIndex(address broker) external view returns (uint24);
    /// @notice True if no new money of any token is taken in.
    function allDepositsPaused() external view returns (bool);
    /// @notice True if no new money of this token is taken in (address 0: the native coin).
    function depositsPaused(address token) external view returns (bool);
}

/// @title Blocks: submitted with a proof, confirmed by the oracles, executed.
interface IZklinkBlocks is IZklinkTypes {
    /// @notice Posts a piece of a log that is too large for one transaction (operator only). Pieces come in order; the
    /// first one (`firstWord` 0) begins anew, so a piece that went wrong or got lost in a reorg spoils nothing.
    /// @param challenge the proof's challenge g
    /// @param firstWord how many words stand there already
    /// @param words 3968 words, fewer only in the last piece
    function postLogPiece(uint256 challenge, uint256 firstWord, uint256[] calldata words) external;
    /// @notice Verifies the next block (operator only).
    /// @param previous the last proved block (genesis: as `genesis()` gives it)
    function submitBlock(StoredBlock calldata previous, BlockSubmission calldata submission) external;
    /// @notice Confirms `target` and all blocks before it with the signatures of every oracle network.
    /// @param signatures per network, signatures in ascending order of their signers
    function confirmBlocks(StoredBlock calldata target, uint64 expiry, bytes[][] calldata signatures) external;
    /// @notice Makes the payouts of the next confirmed block, at most `maxEntries` entries at once; anybody may call.
    function executeBlock(StoredBlock calldata target, uint256[] calldata outbox, uint256 maxEntries) external;
    /// @notice The stored form of the state before the first block.
    function genesis() external view returns (StoredBlock memory);
    /// @notice Hash, number of chains, and this chain's position, for the next block.
    function chainListHash() external view returns (bytes32);
    function chainCount() external view returns (uint256);
    function chainPosition() external view returns (uint256);
}

/// @title Money and requests in, pending payouts out.
interface IZklinkRequests is IZklinkTypes {
    /// @notice Gives `token` the next index; anybody may list a contract that exists. Index 0 is the native coin.
    function registerToken(address token) external returns (uint32 index);
    /// @notice Deposits `amount` of a registered ERC-20 for `owner`; fee-on-transfer tokens are refused.
    function deposit(address token, uint256 amount, address owner) external;
    /// @notice Deposits the native coin for `owner`.
    function depositNative(address owner) external payable;
    /// @notice Asks to set the signing key of `account`, which must belong to the caller.
    function requestSetSigningKey(uint256 account, uint256 x, uint256 y) external;
    /// @notice Asks to pay out the whole `slot` of `account`, which must belong to the caller, to `to` on the token's chain.
    function requestFullExit(uint256 account, uint256 slot, address to) external;
    /// @notice Withdraws what failed payouts left for `owner`; anybody may call.
    function withdrawPending(uint32 token, address owner) external;
    /// @notice Withdraws what failed payouts left for the caller to another address (for a caller who can't be paid).
    function redirectPending(uint32 token, address to) external;
}

/// @title L2's pools used from here, payouts in advance by brokers, and pauses.
interface IZklinkPools is IZklinkTypes {
    /// @notice Swaps on L2 from here: takes `amountIn` now, by allowance or as value; pays at execution, or at once through
    /// a broker.
    function requestSwap(SwapRequest calldata request) external payable;
    /// @notice The same with an EIP-2612 permit; one that was used already does no harm.
    function requestSwapWithPermit(SwapRequest calldata request, Permit calldata permit) external;
    /// @notice Brings one token into an L2 pool; `owner` gets a position when it is executed.
    function requestAddLiquidity(LiquidityRequest calldata request) external payable;
    function requestAddLiquidityWithPermit(LiquidityRequest calldata request, Permit calldata permit) external;
    /// @notice Takes `shares` of a position that is the caller's (or approved to it) out of its pool, in one of its tokens.
    function requestRemoveLiquidity(
        uint256 position,
        uint256 shares,
        uint64 tokenOut,
        uint256 minOut,
        address to,
        uint64 deadline
    ) external;
    /// @notice Gives the caller an index by which users can name it.
    function registerBroker() external returns (uint24 index);
    /// @notice Pays `amount - fee` of the caller's to the receiver now, for the whole payout at its execution. The caller must
    /// know that a block will pay exactly this.
    function accept(Payout calldata payout) external payable;
    /// @notice Takes in no new money of a token (guardian only); address 0 is the native coin. What is in can leave as before.
    function pauseDeposits(address token) external;
    /// @notice Takes it in again (guardian or governor).
    function resumeDeposits(address token) external;
    /// @notice The same for all tokens.
    function pauseAllDeposits() external;
    function resumeAllDeposits() external;
}

/// @title The ways out when the operator is gone.
interface IZklinkExits is IZklinkTypes {
    /// @notice Ends this chain's part in the instance: request `request` is in no confirmed block and its deadline is over.
    /// Proved blocks can be confirmed for `exitWindow` seconds more; then exits open.
    function activateExodus(uint64 request) external;
    /// @notice Opens the exits, from the state of the newest confirmed block.
    function openExits(StoredBlock calldata newest) external;
    /// @notice Pays a balance of a token of this chain to its owner; anybody may call.
    function exit(RecordProof calldata account, BalanceProof calldata balance) external;
    /// @notice Pays this chain's part of the pool that a slot's shares stand for.
    function exitShares(
        RecordProof calldata account,
        BalanceProof calldata shares,
        RecordProof calldata pool,
        Reserve[2] calldata reserves
    ) external;
    /// @notice Pays this chain's part of a position: here to the owner of its token, elsewhere to its exit address.
    function exitPosition(
        RecordProof calldata position,
        RecordProof calldata pool,
        Reserve[2] calldata reserves
    ) external;
    /// @notice Names who gets what an account whose authority is another chain has here.
    /// @param signature Rx, Ry, s by the account's signing key of (255 | account << 8 | chain << 36, receiver, 0, 0)
    function nameExitReceiver(RecordProof calldata account, address receiver, uint256[3] calldata signature)
        external;
    /// @notice Gives back what a request brought that no confirmed block took; words as in its Requested event.
    function refundRequest(uint64 index, uint256 w0, uint256 w1, uint256 w2, uint256 w3) external;
    /// @notice When a request must be in a confirmed block.
    function requestDeadline(uint64 index) external view returns (uint64);
}

/// @title Roles and their changes, and decisions of the oracles.
interface IZklinkSafety is IZklinkTypes {
    /// @notice Sets the state up; the proxy's constructor calls it, and nobody ever again.
    function initialize(Setup calldata setup) external;
    // ---- the governor; every call waited for its delay ----

    function setOperator(address next) external;
    function setGuardian(address next) external;
    /// @notice Makes a new governor: its delay must be longer than a request's period and the exit window together.
    function setGovernor(uint256 delay, address[] calldata council) external;
    /// @notice Limits what of a token may leave in a day (0: no limit). A sixteenth of what is in custody may always leave.
    function setOutflowLimit(uint32 token, uint112 limit) external;
    /// @notice Other oracle networks from block `firstBlock` on; schedule the same on every chain.
    function scheduleNetworks(NetworkConfig[] calldata networks, uint64 firstBlock) external;
    /// @notice A further chain from block `firstBlock` on; schedule the same on every chain. Its contract is deployed with
    /// the block before as its start.
    function scheduleChain(ChainInfo calldata chain, uint64 firstBlock) external;

    // ---- oracles ----

    /// @notice Announces that a dead chain will be dropped (who may propose to the governor).
    function announceDrop(uint8 chain) external;
    /// @notice Drops it after a quarter of a request's period, from `firstBlock` on (who may propose to the governor).
    /// @param silentSince timestamp of its last final block, at least half a request's period ago
    /// @param signatures DropChain of every network, as for revertBlocks
    function dropChain(uint8 chain, uint64 firstBlock, uint64 silentSince, bytes[][] calldata signatures)
        external;
    /// @notice Takes back all proved and unconfirmed blocks after `last`; `newest` is the newest proved one.
    /// @param signatures Revert(instance, epoch, last.number + 1) of every network, n + f + 1 - m of each, ascending by
    /// signer
    function revertBlocks(
        StoredBlock calldata last,
        StoredBlock calldata newest,
        bytes[][] calldata signatures
    ) external;
    /// @notice Raises an event that an oracle signed two syncHashes for one block.
    function reportEquivocation(Equivocation calldata equivocation) external;

    // ---- views ----

    /// @notice The i-th set of networks and of chains, from 0, and the block from which it holds.
    function networkSet(uint256 i) external view returns (uint64 firstBlock, NetworkConfig[] memory networks);
    function chainSet(uint256 i) external view returns (uint64 firstBlock, ChainInfo[] memory chains);
    /// @notice Number of oracle networks that confirm the next block.
    function networkCount() external view returns (uint256);
    /// @notice Threshold and members of network `i` of these.
    function network(uint256 i) external view returns (uint256 threshold, address[] memory members);
}

/// @title zklink on one chain: deposits and requests in, blocks proved and confirmed, payouts out.
/// @notice Every connected chain runs the same contract. The life of a block is submit (with proof), confirm (oracle
/// signatures that all chains accepted the same block), execute (payouts).
/// @dev One address, the proxy's; the functions stand in a row of implementations, each of which hands on what it does
/// not know (Zklink, ZklinkRequests,
/// ZklinkPools, ZklinkExits, ZklinkSafety), because one contract holds 24 KiB.
interface IZklink is IZklinkState, IZklinkBlocks, IZklinkRequests, IZklinkPools, IZklinkExits, IZklinkSafety {
    /// @notice Sets a new implementation (governor only), and calls it with `data` if there is any.
    function upgradeToAndCall(address implementation, bytes calldata data) external payable;
}
