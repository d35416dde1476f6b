// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.30;

import {ECDSA} from "@openzeppelin/contracts/utils/cryptography/ECDSA.sol";
import {ConsensusMessage} from "../libraries/ConsensusMessage.sol";
import {Instance} from "./Instance.sol";

/// @title Oracle networks: every network must confirm, each by its own threshold.
/// @dev For n members, threshold m and tolerated faults f: m > f (faulty ones alone can't confirm), m <= n - f (they
/// can't block), 2m - n > f (no two quorums confirm different blocks), n >= 3.
abstract contract OracleNetworks is Instance {
    struct Network {
        uint256 threshold;
        address[] members;
    }

    uint256 internal constant MIN_MEMBERS = 3;
    uint256 internal constant MAX_MEMBERS = 64;
    uint256 internal constant MAX_NETWORKS = 8;

    /// @notice Epoch that consensus messages name; it rises when unconfirmed blocks are taken back.
    // forge-lint: disable-next-line(screaming-snake-case-const)
    uint64 public constant epoch = 0;

    Network[] private networks;
    /// @dev Position + 1 of a member in its network.
    mapping(uint256 network => mapping(address member => uint256)) private memberPosition;

    constructor(NetworkConfig[] memory configs) {
        if (configs.length == 0 || configs.length > MAX_NETWORKS) revert BadConfiguration("network count");
        for (uint256 i = 0; i < configs.length; ++i) {
            uint256 n = configs[i].members.length;
            uint256 m = configs[i].threshold;
            uint256 f = configs[i].faults;
            if (n < MIN_MEMBERS || n > MAX_MEMBERS) revert BadConfiguration("network size");
            if (m > n || m <= f || m + f > n || 2 * m <= n + f) revert BadConfiguration("network threshold");
            networks.push();
            networks[i].threshold = m;
            for (uint256 k = 0; k < n; ++k) {
                address member = configs[i].members[k];
                if (member == address(0) || memberPosition[i][member] != 0) {
                    revert BadConfiguration("network member");
                }
                memberPosition[i][member] = k + 1;
                networks[i].members.push(member);
            }
        }
    }

    /// @notice Number of oracle networks.
    function networkCount() external view returns (uint256) {
        return networks.length;
    }

    /// @notice Threshold and members of network `i`.
    function network(uint256 i) external view returns (uint256 threshold, address[] memory members) {
        return (networks[i].threshold, networks[i].members);
    }

    /// @dev Reverts unless every network signed `syncHash` for block `number`. Signers must ascend, so none counts twice.
    function checkConsensus(uint64 number, bytes32 syncHash, uint64 expiry, bytes[][] calldata signatures)
        internal
        view
    {
        // Oracles choose expiries far above what a validator can shift.
        // forge-lint: disable-next-line(block-timestamp)
        if (block.timestamp > expiry) revert ConsensusExpired(expiry);
        uint256 count = networks.length;
        if (signatures.length != count) revert NetworkCount(count, signatures.length);
        bytes32 digest =
            ConsensusMessage.consensus(domainSeparator, instanceId, epoch, number, syncHash, expiry);
        for (uint256 i = 0; i < count; ++i) {
            uint256 needed = networks[i].threshold;
            if (signatures[i].length < needed) revert NotEnoughSignatures(i, needed, signatures[i].length);
            address last = address(0);
            for (uint256 k = 0; k < signatures[i].length; ++k) {
                (address signer, ECDSA.RecoverError err,) = ECDSA.tryRecoverCalldata(digest, signatures[i][k]);
                if (err != ECDSA.RecoverError.NoError || signer <= last || memberPosition[i][signer] == 0) {
                    revert BadOracleSignature(i, k);
                }
                last = signer;
            }
        }
    }
}
