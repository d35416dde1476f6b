// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.30;

import {IZklinkSafety} from "./interfaces/IZklink.sol";
import {Instance} from "./modules/Instance.sol";
import {OracleNetworks} from "./modules/OracleNetworks.sol";
import {ZklinkGovernor} from "./ZklinkGovernor.sol";

/// @title Roles and their changes, and the ways out when the operator is gone. The last implementation of the row.
contract ZklinkSafety is IZklinkSafety, OracleNetworks {
    /// @dev Code of the one contract that can be governor: its delay has a floor that nobody can lower.
    bytes32 private immutable governorCode;

    constructor(Config memory config) Instance(config) {
        governorCode = keccak256(type(ZklinkGovernor).runtimeCode);
    }

    function initialize(Setup calldata setup) external initializer {
        if (setup.operator == address(0)) revert BadConfiguration("operator");
        if (setup.guardian == address(0)) revert BadConfiguration("guardian");
        checkGovernor(setup.governor);
        operator = setup.operator;
        governor = setup.governor;
        guardian = setup.guardian;
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

    function networkCount() external view returns (uint256) {
        return networksOf(confirmedNumber + 1).length;
    }

    function network(uint256 i) external view returns (uint256 threshold, address[] memory members) {
        Network storage net = networksOf(confirmedNumber + 1)[i];
        return (net.threshold, net.members);
    }

    /// @dev The first chain list; it must hold this chain.
    function startChains(ChainInfo[] calldata chains, uint64 firstBlock) private {
        for (uint256 i = 0; i < chains.length; ++i) {
            if (chains[i].number != chainNumber) continue;
            if (chains[i].evmChainId != block.chainid) revert BadConfiguration("EVM chain id");
            chainLists.push(chainList(chains, firstBlock));
            return;
        }
        revert BadConfiguration("own chain not listed");
    }

    /// @dev A governor's delay must leave users the time to make a request, to see it ignored, and to go.
    function checkGovernor(address candidate) private view {
        if (candidate.codehash != governorCode) revert BadConfiguration("governor");
        if (ZklinkGovernor(payable(candidate)).minimumDelay() <= uint256(requestPeriod) + exitWindow) {
            revert BadConfiguration("governor's delay");
        }
    }
}
