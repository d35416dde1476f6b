// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.30;

import {ECDSA} from "@openzeppelin/contracts/utils/cryptography/ECDSA.sol";
import {IAccessControl} from "@openzeppelin/contracts/access/IAccessControl.sol";
import {ConsensusMessage} from "../libraries/ConsensusMessage.sol";
import {ZklinkGovernor} from "../ZklinkGovernor.sol";
import {OracleNetworks} from "./OracleNetworks.sol";

/// @title Changes of roles, oracle networks, limits and chains, all through the governor; and what the oracles decide
/// against: blocks taken back, a dead chain dropped.
/// @dev Networks and chains change at a block number that is not proved yet, so no block has two readings; the governors
/// of all chains schedule the same number. A chain that missed it accepts no block any more: nothing is lost but time.
abstract contract Governance is OracleNetworks {
    /// @dev Seconds without a final block after which a chain counts as dead, and notice before it is dropped: together less
    /// than a request's period, so that the others need not end.
    uint256 internal immutable chainSilence;
    uint256 internal immutable dropNotice;

    constructor() {
        chainSilence = requestPeriod / 2;
        dropNotice = requestPeriod / 4;
    }

    function changeOperator(address next) internal {
        if (next == address(0)) revert BadConfiguration("operator");
        emit OperatorChanged(operator, next);
        operator = next;
    }

    function changeGuardian(address next) internal {
        if (next == address(0)) revert BadConfiguration("guardian");
        emit GuardianChanged(guardian, next);
        guardian = next;
    }

    /// @dev The governor is made here, so nobody prepared it: no other rights, no proposals that are due at once. Anybody
    /// executes. Its delay must leave users the time to make a request, to see it ignored, and to go.
    function changeGovernor(uint256 delay, address[] calldata council) internal {
        if (delay <= uint256(requestPeriod) + exitWindow || delay > 5 * 365 days) {
            revert BadConfiguration("governor's delay");
        }
        if (council.length == 0) revert BadConfiguration("council");
        address next = address(new ZklinkGovernor(delay, council, new address[](1)));
        emit GovernorChanged(governor, next);
        governor = next;
    }

    /// @dev 0: no limit. See Tokens.takeAllowance for its floor.
    function changeOutflowLimit(uint32 index, uint112 limit) internal {
        // Custody is below 2^112.
        // forge-lint: disable-next-line(unsafe-typecast)
        outflow[index] = Outflow(limit, uint112(custody[index]), 0, 0);
        emit OutflowLimitChanged(index, limit);
    }

    function changeNetworks(NetworkConfig[] calldata configs, uint64 firstBlock) internal {
        checkFirstBlock(firstBlock, networkSets[networkSets.length - 1].firstBlock);
        addNetworkSet(configs, firstBlock);
        emit NetworksScheduled(firstBlock);
    }

    /// @dev The first chain list; it must hold this chain.
    function startChains(ChainInfo[] calldata chains, uint64 firstBlock) internal {
        bool listed;
        for (uint256 i = 0; i < chains.length; ++i) {
            usedChains |= 1 << chains[i].number;
            if (chains[i].number != chainNumber) continue;
            if (chains[i].evmChainId != block.chainid) revert BadConfiguration("EVM chain id");
            listed = true;
        }
        addChainList(chains, firstBlock);
        if (!listed) revert BadConfiguration("own chain not listed");
    }

    /// @dev A further chain takes part from `firstBlock` on. Numbers are used once: tokens of a dropped chain stay its own.
    function addChain(ChainInfo calldata chain, uint64 firstBlock) internal {
        if (usedChains >> chain.number & 1 != 0) revert ChainNumberUsed(chain.number);
        checkFirstBlock(firstBlock, chainLists[chainLists.length - 1].firstBlock);
        ChainInfo[] memory old = lastChains();
        ChainInfo[] memory next = new ChainInfo[](old.length + 1);
        uint256 k;
        for (uint256 i = 0; i < next.length; ++i) {
            bool here = k == i && (k == old.length || old[k].number > chain.number);
            next[i] = here ? chain : old[k++];
        }
        usedChains |= 1 << chain.number;
        addChainList(next, firstBlock);
        emit ChainAdded(chain.number, chain.evmChainId, firstBlock);
    }

    /// @dev Who may propose to the governor may announce the drop of a chain, and make it when the notice is over.
    modifier onlyProposer() {
        if (!IAccessControl(governor).hasRole(keccak256("PROPOSER_ROLE"), msg.sender)) {
            revert NotProposer(msg.sender);
        }
        _;
    }

    function announce(uint8 chain) internal {
        dropAnnounced[chain] = block.timestamp;
        emit ChainDropAnnounced(chain, block.timestamp + dropNotice);
    }

    /// @dev From `firstBlock` on nobody waits for the chain any more; the oracles of that block say that its last final
    /// block is of `silentSince`. It stays in the chain list: an operation that pays there (a full exit or a swap that a
    /// live chain's queue holds already) has an outbox to go to, else nobody could prove a block that takes it.
    function removeChain(uint8 chain, uint64 firstBlock, uint64 silentSince, bytes[][] calldata signatures)
        internal
    {
        uint256 since = dropAnnounced[chain];
        // Periods of hours at least.
        // forge-lint: disable-next-line(block-timestamp)
        if (since == 0 || block.timestamp < since + dropNotice) revert DropNotDue(chain);
        // forge-lint: disable-next-line(block-timestamp)
        if (block.timestamp < silentSince + chainSilence) revert ChainNotSilent(chain, silentSince);
        if (chain == chainNumber || usedChains >> chain & 1 == 0 || droppedFrom[chain] != 0) {
            revert BadConfiguration("chain to drop");
        }
        checkFirstBlock(firstBlock, 0);
        bytes32 digest =
            ConsensusMessage.dropChain(domainSeparator, instanceId, epoch, chain, firstBlock, silentSince);
        checkSignatures(firstBlock, digest, signatures, true);
        delete dropAnnounced[chain];
        droppedFrom[chain] = firstBlock;
        emit ChainDropped(chain, firstBlock);
    }

    /// @dev Takes back all blocks after `last`; `newest` is the newest proved one. Requests that stood in them get a new
    /// deadline; others keep theirs. A chain that never got these blocks (`last` is its newest: it could not accept the
    /// next one, which is why they are taken back elsewhere) follows into the new epoch all the same.
    function takeBack(StoredBlock calldata last, StoredBlock calldata newest, bytes[][] calldata signatures)
        internal
    {
        uint64 number = last.number + 1;
        if (exodusSince != 0) revert InExodus();
        if (number <= confirmedNumber) revert AlreadyConfirmed(number);
        if (number > provedNumber + 1) revert NotProved(number);
        checkStored(last, last.number);
        checkStored(newest, provedNumber);
        checkSignatures(
            number,
            ConsensusMessage.revertBlocks(domainSeparator, instanceId, epoch, number),
            signatures,
            true
        );
        provedNumber = last.number;
        ++epoch;
        if (newest.endRequest > extendedRequests) extendedRequests = newest.endRequest;
        extendedDeadline = uint64(block.timestamp) + requestPeriod;
        emit BlocksReverted(number, epoch);
        emit RequestsExtended(extendedRequests, extendedDeadline);
    }

    /// @dev Two different syncHashes for one block, signed by one member: an event that anybody can raise.
    function report(Equivocation calldata e) internal {
        if (e.syncHash[0] == e.syncHash[1]) revert NoEquivocation();
        address oracle = signerOf(e, 0);
        if (oracle == address(0) || oracle != signerOf(e, 1)) revert NoEquivocation();
        if (networksOf(e.number)[e.network].position[oracle] == 0) revert NoEquivocation();
        emit OracleEquivocated(oracle, e.network, e.epoch, e.number, e.syncHash[0], e.syncHash[1]);
    }

    function signerOf(Equivocation calldata e, uint256 i) private view returns (address signer) {
        bytes32 digest = ConsensusMessage.consensus(
            domainSeparator, instanceId, e.epoch, e.number, e.syncHash[i], e.expiry[i]
        );
        ECDSA.RecoverError err;
        (signer, err,) = ECDSA.tryRecoverCalldata(digest, e.signature[i]);
        if (err != ECDSA.RecoverError.NoError) return address(0);
    }

    function lastChains() internal view returns (ChainInfo[] memory chains) {
        return chainInfos[chainLists.length - 1];
    }

    function addChainList(ChainInfo[] memory chains, uint64 firstBlock) private {
        chainLists.push(chainList(chains, firstBlock));
        ChainInfo[] storage infos = chainInfos.push();
        for (uint256 i = 0; i < chains.length; ++i) {
            infos.push(chains[i]);
        }
    }

    /// @dev Changes come in the order of their blocks, and never for a block that is proved.
    function checkFirstBlock(uint64 firstBlock, uint64 lastChange) private view {
        if (firstBlock <= provedNumber || firstBlock <= lastChange) revert BadFirstBlock(firstBlock);
    }
}
