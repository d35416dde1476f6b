// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.30;

import {ECDSA} from "@openzeppelin/contracts/utils/cryptography/ECDSA.sol";
import {UUPSUpgradeable} from "@openzeppelin/contracts/proxy/utils/UUPSUpgradeable.sol";
import {HeldColumn, HeldSum} from "./interfaces/IBlockVerifier.sol";
import {IZklinkBlocks} from "./interfaces/IZklink.sol";
import {BabyJubjub} from "./libraries/BabyJubjub.sol";
import {BlockHeader} from "./libraries/BlockHeader.sol";
import {ConsensusMessage} from "./libraries/ConsensusMessage.sol";
import {Operations} from "./libraries/Operations.sol";
import {Words} from "./libraries/Words.sol";
import {Handover} from "./modules/Handover.sol";
import {Instance} from "./modules/Instance.sol";
import {LogPieces} from "./modules/LogPieces.sol";
import {OracleNetworks} from "./modules/OracleNetworks.sol";
import {Payouts} from "./modules/Payouts.sol";
import {RequestQueue} from "./modules/RequestQueue.sol";

/// @title zklink on one chain.
/// @dev Blocks are kept as one hash each (StoredBlock); callers give the fields again. A block passes three gates, in
/// order and each in its own call: proved (operator; header continues the last block, own requests in queue order, proof
/// verified with this chain's own data), confirmed (oracle networks: all chains have this very block and proof), executed
/// (payouts). syncHash chains headers AND proofs: a chain can't see another chain's outbox, only the same proof accepted
/// on both makes both outboxes authentic.
contract Zklink is
    IZklinkBlocks,
    RequestQueue,
    Payouts,
    OracleNetworks,
    LogPieces,
    Handover,
    UUPSUpgradeable
{
    /// @dev What the walk over an outbox carries along.
    struct OutboxCursor {
        uint64 nextRequest;
        bytes32 requestsHash;
        uint256 usedSignatures;
        uint256 lowestOperation;
    }

    /// @notice Version of the protocol that headers name.
    uint256 public constant PROTOCOL_VERSION = 1;
    /// @notice How far a block's timestamp may lie ahead of this chain's clock, in seconds.
    uint256 public constant CLOCK_SLACK = 15 minutes;
    /// @dev Words of an outbox entry: operation number, w0..w3.
    uint256 private constant ENTRY_WORDS = 5;

    /// @dev Chip numbers of the public columns in the verifying key.
    uint256 private immutable logChip;
    uint256 private immutable outboxChip;

    constructor(Config memory config, address next) Instance(config) Handover(next) {
        if (config.logChip == config.outboxChip) revert BadConfiguration("public chips");
        logChip = config.logChip;
        outboxChip = config.outboxChip;
    }

    modifier onlyOperator() {
        if (msg.sender != operator) revert NotOperator(msg.sender);
        _;
    }

    function postLogPiece(uint256 challenge, uint256 firstWord, uint256[] calldata words)
        external
        onlyOperator
    {
        addLogPiece(challenge, firstWord, words);
    }

    function submitBlock(StoredBlock calldata previous, BlockSubmission calldata submission)
        external
        onlyOperator
    {
        if (exodusSince != 0) revert InExodus();
        checkStored(previous, provedNumber);
        ChainList memory chains = chainListOf(previous.number + 1);
        checkHeader(previous, chains, submission.header);
        uint256 position = positionIn(chains);
        (uint64 endRequest, bytes32 outboxDigest) = checkOutbox(previous.endRequest, position, submission);
        bytes32 headerHash = BlockHeader.hash(submission.header);
        checkProof(headerHash, chains, position, submission);
        if (isPosted(submission)) delete postedLog[submission.logChallenge];

        // checkHeader compared it with the clock.
        // forge-lint: disable-next-line(unsafe-typecast)
        uint64 timestamp = uint64(submission.header[BlockHeader.TIMESTAMP]);
        StoredBlock memory next = StoredBlock({
            number: previous.number + 1,
            timestamp: timestamp,
            endRequest: endRequest,
            syncHash: keccak256(abi.encodePacked(previous.syncHash, headerHash, keccak256(submission.proof))),
            root: bytes32(submission.header[BlockHeader.NEW_ROOT]),
            outboxDigest: outboxDigest
        });
        provedNumber = next.number;
        storedBlockHash[next.number] = keccak256(abi.encode(next));
        emit BlockProved(
            next.number, next.syncHash, headerHash, next.root, outboxDigest, timestamp, endRequest
        );
    }

    function confirmBlocks(StoredBlock calldata target, uint64 expiry, bytes[][] calldata signatures)
        external
    {
        // In exodus proved blocks can be brought to the common newest one for a while; then the state stands.
        // forge-lint: disable-next-line(block-timestamp)
        if (exodusSince != 0 && block.timestamp > uint256(exodusSince) + exitWindow) revert InExodus();
        if (target.number > provedNumber) revert NotProved(target.number);
        if (target.number <= confirmedNumber) revert AlreadyConfirmed(target.number);
        checkStored(target, target.number);
        // Oracles choose expiries far above what a validator can shift.
        // forge-lint: disable-next-line(block-timestamp)
        if (block.timestamp > expiry) revert ConsensusExpired(expiry);
        bytes32 digest = ConsensusMessage.consensus(
            domainSeparator, instanceId, epoch, target.number, target.syncHash, expiry
        );
        checkSignatures(target.number, digest, signatures, false);
        confirmedNumber = target.number;
        confirmedRequests = target.endRequest;
        emit BlockConfirmed(target.number, target.syncHash);
    }

    function executeBlock(StoredBlock calldata target, uint256[] calldata outbox, uint256 maxEntries)
        external
        nonReentrant
    {
        uint64 number = executedNumber + 1;
        if (number > confirmedNumber) revert NotConfirmed(number);
        checkStored(target, number);
        bytes32 digest = Words.hash(outbox);
        if (digest != target.outboxDigest) revert BadOutbox(target.outboxDigest, digest);

        uint256 entries = outbox.length / ENTRY_WORDS;
        uint256 first = executedEntries;
        uint256 end = entries - first > maxEntries ? first + maxEntries : entries;
        // Progress is booked before any foreign code runs.
        if (end == entries) {
            executedNumber = number;
            executedEntries = 0;
        } else {
            // Entries that fit calldata.
            // forge-lint: disable-next-line(unsafe-typecast)
            executedEntries = uint64(end);
        }
        for (uint256 i = first; i < end; ++i) {
            payEntry(number, outbox[i * ENTRY_WORDS:(i + 1) * ENTRY_WORDS]);
        }
        if (end == entries) emit BlockExecuted(number, entries);
    }

    function genesis() external view returns (StoredBlock memory) {
        return genesisBlock();
    }

    function chainListHash() external view returns (bytes32) {
        return chainListOf(provedNumber + 1).hash;
    }

    function chainCount() external view returns (uint256) {
        return chainListOf(provedNumber + 1).count;
    }

    function chainPosition() external view returns (uint256) {
        return positionIn(chainListOf(provedNumber + 1));
    }

    // The caller is checked, and nothing else: what users need is the time of the governor's delay.
    function _authorizeUpgrade(address) internal override onlyGovernor {}

    /// @dev Header words that this chain can check by itself; the verifier refuses roots that are not canonical. A block may
    /// be old (a late submission must stay possible), but never older than the one before.
    function checkHeader(StoredBlock calldata previous, ChainList memory chains, uint256[] calldata header)
        private
        view
    {
        uint256 words = BlockHeader.chainPart(chains.count);
        if (header.length != words) revert BadHeaderLength(header.length);
        expectWord(header, BlockHeader.INSTANCE_ID, uint256(instanceId));
        expectWord(header, BlockHeader.VERSION, PROTOCOL_VERSION);
        expectWord(header, BlockHeader.VK_DIGEST, uint256(vkDigest));
        expectWord(header, BlockHeader.NUMBER, uint256(previous.number) + 1);
        expectWord(header, BlockHeader.FEE_ACCOUNT, feeAccount);
        expectWord(header, BlockHeader.OLD_ROOT, uint256(previous.root));
        expectWord(header, BlockHeader.CHAIN_LIST_HASH, uint256(chains.hash));
        expectWord(header, BlockHeader.CHAIN_COUNT, chains.count);
        uint256 timestamp = header[BlockHeader.TIMESTAMP];
        // The slack is far above what a validator can shift.
        // forge-lint: disable-next-line(block-timestamp)
        if (timestamp < previous.timestamp || timestamp > block.timestamp + CLOCK_SLACK) {
            revert BadTimestamp(timestamp, previous.timestamp, block.timestamp + CLOCK_SLACK);
        }
        for (uint256 i = 0; i < chains.count; ++i) {
            expectWord(header, BlockHeader.chainPart(i) + BlockHeader.CHAIN_NUMBER, numberAt(chains, i));
        }
    }

    function expectWord(uint256[] calldata header, uint256 index, uint256 expected) private pure {
        if (header[index] != expected) revert BadHeaderWord(index, expected, header[index]);
    }

    /// @dev Checks this chain's own entries: digest, order, requests against the queue, key signatures, payouts' tokens.
    function checkOutbox(uint64 firstRequest, uint256 position, BlockSubmission calldata submission)
        private
        view
        returns (uint64 nextRequest, bytes32 digest)
    {
        uint256[] calldata header = submission.header;
        uint256[] calldata outbox = submission.outbox;
        uint256 part = BlockHeader.chainPart(position);
        if (outbox.length % ENTRY_WORDS != 0) revert BadOutboxEntry(outbox.length / ENTRY_WORDS);
        digest = Words.hash(outbox);
        expectWord(header, part + BlockHeader.OUTBOX_ENTRIES, outbox.length / ENTRY_WORDS);
        expectWord(header, part + BlockHeader.OUTBOX_DIGEST, uint256(digest));
        expectWord(header, part + BlockHeader.FIRST_REQUEST, firstRequest);

        OutboxCursor memory cursor;
        cursor.nextRequest = firstRequest;
        for (uint256 i = 0; i < outbox.length; i += ENTRY_WORDS) {
            checkEntry(outbox[i:i + ENTRY_WORDS], submission, cursor);
        }
        if (cursor.usedSignatures != submission.keySignatures.length) {
            revert KeySignatureCount(cursor.usedSignatures, submission.keySignatures.length);
        }
        nextRequest = cursor.nextRequest;
        expectWord(header, part + BlockHeader.END_REQUEST, nextRequest);
        expectWord(header, part + BlockHeader.REQUESTS_HASH, uint256(cursor.requestsHash));
    }

    /// @dev Checks one entry and moves the cursor on. What a block asks of this chain stands in here, so an entry of no known
    /// meaning is refused.
    function checkEntry(
        uint256[] calldata entry,
        BlockSubmission calldata submission,
        OutboxCursor memory cursor
    ) private view {
        uint256 operation = entry[0];
        if (operation < cursor.lowestOperation || operation >= submission.header[BlockHeader.OPERATIONS]) {
            revert OperationOutOfOrder(operation);
        }
        cursor.lowestOperation = operation + 1;
        uint256 kind = Operations.kind(entry[1]);
        if (
            kind == Operations.DEPOSIT || kind == Operations.SET_SIGNING_KEY
                || kind == Operations.ADD_LIQUIDITY_REQUEST
        ) {
            takeRequest(entry, cursor);
        } else if (kind == Operations.FULL_EXIT) {
            // In the requester's chain this is the request, and pays if the token lives here. Elsewhere it only pays. The
            // proof puts every full exit into the outbox of the chain that its owner word names, so a made-up exit always
            // meets the queue that it is not in.
            if (Operations.authority(entry[2]) == chainNumber) {
                takeRequest(entry, cursor);
            } else {
                (bool ok, uint256 token,) = Operations.fullExitPayout(entry[1]);
                if (!ok) revert BadOutboxEntry(operation);
                checkPayout(operation, token, entry[3]);
            }
        } else if (kind == Operations.CHANGE_PUB_KEY) {
            uint256 given = submission.keySignatures.length;
            uint256 used = cursor.usedSignatures++;
            if (used >= given) revert KeySignatureCount(used + 1, given);
            uint256 timestamp = submission.header[BlockHeader.TIMESTAMP];
            checkKeySignature(entry, submission.keySignatures[used], timestamp);
        } else if (kind == Operations.WITHDRAW) {
            (uint256 token,) = Operations.withdrawPayout(entry[1]);
            checkPayout(operation, token, entry[2]);
        } else if (kind == Operations.FORCED_EXIT) {
            (uint256 token,) = Operations.forcedExitPayout(entry[1], entry[3]);
            checkPayout(operation, token, entry[2]);
        } else if (kind == Operations.SWAP_REQUEST) {
            // In token in's chain this is the request. Elsewhere it pays, and only there is a done one.
            (uint256 tokenIn,) = Operations.broughtIn(entry[1]);
            (uint256 tokenOut, uint256 to,) = Operations.swapOut(entry[3]);
            takeOrPay(entry, cursor, Operations.tokenChain(tokenIn), tokenOut, to);
        } else if (kind == Operations.REMOVE_LIQUIDITY_REQUEST) {
            (uint256 token,, uint256 to) = Operations.removal(entry[1], entry[4]);
            takeOrPay(entry, cursor, Operations.authority(entry[3]), token, to);
        } else {
            revert BadOutboxEntry(operation);
        }
    }

    /// @dev The entry must be the next request of the queue.
    function takeRequest(uint256[] calldata entry, OutboxCursor memory cursor) private view {
        bytes32 hash = matchRequest(cursor.nextRequest++, entry[1], entry[2], entry[3], entry[4]);
        cursor.requestsHash = keccak256(abi.encodePacked(cursor.requestsHash, hash));
    }

    /// @dev A request that its own chain takes from the queue, and that pays on another if it was done. The proof puts it
    /// into its own chain's outbox always, so a made-up one meets the queue that it is not in.
    function takeOrPay(
        uint256[] calldata entry,
        OutboxCursor memory cursor,
        uint256 ownChain,
        uint256 token,
        uint256 to
    ) private view {
        if (ownChain == chainNumber) {
            takeRequest(entry, cursor);
        } else {
            if (Operations.outcome(entry[1]) != 0) revert BadOutboxEntry(entry[0]);
            checkPayout(entry[0], token, to);
        }
    }

    /// @dev A payout here is one of this chain's tokens, to an address.
    function checkPayout(uint256 operation, uint256 token, uint256 to) private view {
        if (Operations.tokenChain(token) != chainNumber || to >> 160 != 0) revert BadOutboxEntry(operation);
    }

    function checkKeySignature(uint256[] calldata entry, KeySignature calldata sig, uint256 timestamp)
        private
        view
    {
        uint256 chain = Operations.changePubKeyChain(entry[1]);
        if (chain != chainNumber) revert WrongKeyChain(entry[0], chain);
        if (sig.validUntil < timestamp) revert ExpiredKeySignature(entry[0], sig.validUntil);
        if (!BabyJubjub.isValidKey(entry[3], entry[4])) revert BadSigningKey(entry[3], entry[4]);
        (uint256 account, uint256 nonce, uint256 feeToken, uint256 fee) = Operations.changePubKey(entry[1]);
        bytes32 digest = ConsensusMessage.changePubKey(
            domainSeparator, account, nonce, entry[3], entry[4], feeToken, fee, sig.validUntil
        );
        (address signer, ECDSA.RecoverError err,) = ECDSA.tryRecoverCalldata(digest, sig.signature);
        if (err != ECDSA.RecoverError.NoError || uint256(uint160(signer)) != entry[2]) {
            revert BadKeySignature(entry[0], signer);
        }
    }

    function checkProof(
        bytes32 headerHash,
        ChainList memory list,
        uint256 position,
        BlockSubmission calldata submission
    ) private view {
        uint256[] calldata header = submission.header;
        uint256[] memory scalars = new uint256[](7);
        scalars[0] = signatureDomain;
        scalars[1] = header[BlockHeader.TIMESTAMP];
        scalars[2] = header[BlockHeader.FEE_ACCOUNT];
        scalars[3] = header[BlockHeader.OLD_ROOT];
        scalars[4] = header[BlockHeader.NEW_ROOT];
        scalars[5] = header[BlockHeader.OPERATIONS];
        scalars[6] = header[BlockHeader.LOG_WORDS];
        uint256[] memory chains = new uint256[](list.count);
        for (uint256 i = 0; i < list.count; ++i) {
            chains[i] = numberAt(list, i);
        }
        HeldColumn memory own = HeldColumn(outboxChip, position, submission.outbox);
        HeldColumn[] memory columns;
        HeldSum[] memory sums;
        if (isPosted(submission)) {
            PostedLog storage posted = postedLog[submission.logChallenge];
            expectWord(header, BlockHeader.LOG_WORDS, posted.count);
            expectWord(header, BlockHeader.LOG_DIGEST, uint256(posted.digest));
            columns = new HeldColumn[](1);
            columns[0] = own;
            sums = new HeldSum[](1);
            sums[0] = HeldSum(logChip, 0, submission.logChallenge, posted.sum);
        } else {
            expectWord(header, BlockHeader.LOG_WORDS, submission.log.length);
            expectWord(header, BlockHeader.LOG_DIGEST, uint256(logDigest(submission.log)));
            HeldColumn memory whole = HeldColumn(logChip, 0, submission.log);
            columns = new HeldColumn[](2);
            // The verifier wants them in chip order.
            (columns[0], columns[1]) = logChip < outboxChip ? (whole, own) : (own, whole);
        }
        verifier.verify(headerHash, scalars, chains, columns, sums, submission.proof);
    }

    /// @dev True if the log stands here already, in pieces.
    function isPosted(BlockSubmission calldata submission) private pure returns (bool) {
        return submission.log.length == 0 && submission.header[BlockHeader.LOG_WORDS] != 0;
    }
}
