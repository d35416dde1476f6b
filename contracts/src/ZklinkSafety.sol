// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.30;

import {IZklinkSafety} from "./interfaces/IZklink.sol";
import {Governance} from "./modules/Governance.sol";
import {Instance} from "./modules/Instance.sol";

/// @title Roles and their changes, and decisions of the oracles. The last implementation of the row.
contract ZklinkSafety is IZklinkSafety, Governance {
    constructor(Config memory config) Instance(config) {}

    function initialize(Setup calldata setup) external initializer {
        changeOperator(setup.operator);
        changeGuardian(setup.guardian);
        changeGovernor(setup.governorDelay, setup.council);
        positions = setup.positions;
        setup.positions.bind();
        StoredBlock memory start = setup.start;
        startChains(setup.chains, start.number);
        if (start.syncHash == 0) {
            start = genesisBlock();
            if (chainLists[0].hash != firstChainListHash) revert BadConfiguration("first chain list");
        } else if (start.number == 0 || start.endRequest != 0) {
            revert BadConfiguration("start block");
        }
        storedBlockHash[start.number] = keccak256(abi.encode(start));
        provedNumber = start.number;
        confirmedNumber = start.number;
        executedNumber = start.number;
        addNetworkSet(setup.networks, start.number);
    }

    // ---- changes by the governor ----

    function setOperator(address next) external onlyGovernor {
        changeOperator(next);
    }

    function setGuardian(address next) external onlyGovernor {
        changeGuardian(next);
    }

    function setGovernor(uint256 delay, address[] calldata council) external onlyGovernor {
        changeGovernor(delay, council);
    }

    function setOutflowLimit(uint32 token, uint112 limit) external onlyGovernor {
        changeOutflowLimit(token, limit);
    }

    function scheduleNetworks(NetworkConfig[] calldata networks, uint64 firstBlock) external onlyGovernor {
        changeNetworks(networks, firstBlock);
    }

    function scheduleChain(ChainInfo calldata chain, uint64 firstBlock) external onlyGovernor {
        addChain(chain, firstBlock);
    }

    // ---- decisions of the oracles ----

    function announceDrop(uint8 chain) external onlyProposer {
        announce(chain);
    }

    function dropChain(uint8 chain, uint64 firstBlock, uint64 silentSince, bytes[][] calldata signatures)
        external
        onlyProposer
    {
        removeChain(chain, firstBlock, silentSince, signatures);
    }

    function revertBlocks(
        StoredBlock calldata last,
        StoredBlock calldata newest,
        bytes[][] calldata signatures
    ) external {
        takeBack(last, newest, signatures);
    }

    function reportEquivocation(Equivocation calldata equivocation) external {
        report(equivocation);
    }

    // ---- views ----

    function networkCount() external view returns (uint256) {
        return networksOf(confirmedNumber + 1).length;
    }

    function network(uint256 i) external view returns (uint256 threshold, address[] memory members) {
        Network storage net = networksOf(confirmedNumber + 1)[i];
        return (net.threshold, net.members);
    }

    function networkSet(uint256 i)
        external
        view
        returns (uint64 firstBlock, NetworkConfig[] memory networks)
    {
        NetworkSet storage set = networkSets[i];
        networks = new NetworkConfig[](set.networks.length);
        for (uint256 k = 0; k < networks.length; ++k) {
            Network storage net = set.networks[k];
            networks[k] = NetworkConfig(net.members, net.threshold, net.faults);
        }
        return (set.firstBlock, networks);
    }

    function chainSet(uint256 i) external view returns (uint64 firstBlock, ChainInfo[] memory chains) {
        return (chainLists[i].firstBlock, chainInfos[i]);
    }
}
