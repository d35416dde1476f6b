// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.30;

import {ECDSA} from "@openzeppelin/contracts/utils/cryptography/ECDSA.sol";
import {Instance} from "./Instance.sol";

/// @title Oracle networks: every network must confirm, each by its own threshold.
/// @dev For n members, threshold m and tolerated faults f: m > f (faulty ones alone can't confirm), m <= n - f (they
/// can't block), 2m - n > f (no two quorums confirm different blocks), n >= 3. The networks of a block number never
/// change: a new set holds from a block on that is not proved yet.
abstract contract OracleNetworks is Instance {
    uint256 internal constant MIN_MEMBERS = 3;
    uint256 internal constant MAX_MEMBERS = 64;
    uint256 internal constant MAX_NETWORKS = 8;

    /// @dev Adds a set that holds from `firstBlock` on.
    function addNetworkSet(NetworkConfig[] memory configs, uint64 firstBlock) internal {
        if (configs.length == 0 || configs.length > MAX_NETWORKS) revert BadConfiguration("network count");
        NetworkSet storage set = networkSets.push();
        set.firstBlock = firstBlock;
        for (uint256 i = 0; i < configs.length; ++i) {
            uint256 n = configs[i].members.length;
            uint256 m = configs[i].threshold;
            uint256 f = configs[i].faults;
            if (n < MIN_MEMBERS || n > MAX_MEMBERS) revert BadConfiguration("network size");
            if (m > n || m <= f || m + f > n || 2 * m <= n + f) revert BadConfiguration("network threshold");
            Network storage net = set.networks.push();
            (net.threshold, net.faults) = (m, f);
            for (uint256 k = 0; k < n; ++k) {
                address member = configs[i].members[k];
                if (member == address(0) || net.position[member] != 0) {
                    revert BadConfiguration("network member");
                }
                net.position[member] = k + 1;
                net.members.push(member);
            }
        }
    }

    /// @dev The networks of block `number`.
    function networksOf(uint64 number) internal view returns (Network[] storage) {
        uint256 i = networkSets.length - 1;
        while (networkSets[i].firstBlock > number) --i;
        return networkSets[i].networks;
    }

    /// @dev Reverts unless every network of block `number` signed `digest`: by its threshold m, or, for what goes against
    /// a confirmation (`veto`), by the least r with m + r - n > f: then an honest member of every confirming quorum is
    /// among them. Signers must ascend, so none counts twice.
    function checkSignatures(uint64 number, bytes32 digest, bytes[][] calldata signatures, bool veto)
        internal
        view
    {
        Network[] storage networks = networksOf(number);
        uint256 count = networks.length;
        if (signatures.length != count) revert NetworkCount(count, signatures.length);
        for (uint256 i = 0; i < count; ++i) {
            Network storage net = networks[i];
            uint256 needed = net.threshold;
            if (veto) needed = net.members.length + net.faults + 1 - needed;
            if (signatures[i].length < needed) revert NotEnoughSignatures(i, needed, signatures[i].length);
            address last = address(0);
            for (uint256 k = 0; k < signatures[i].length; ++k) {
                (address signer, ECDSA.RecoverError err,) = ECDSA.tryRecoverCalldata(digest, signatures[i][k]);
                if (err != ECDSA.RecoverError.NoError || signer <= last || net.position[signer] == 0) {
                    revert BadOracleSignature(i, k);
                }
                last = signer;
            }
        }
    }
}
