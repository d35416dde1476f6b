// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.30;

import {Poseidon2} from "./Poseidon2.sol";

/// @title Paths in the state tree: 4-ary, depth 18; the leaf of (account, slot) has the index 256 account + slot.
/// @dev A path is the three siblings of each level, from the leaf's upwards, in the order of their position.
library StatePath {
    uint256 private constant R =
        21888242871839275222246405745257275088548364400416034343698204186575808495617;

    error NotCanonical(uint256 word);

    /// @notice The node that lies `siblings / 3` levels above the node `value` with index `index` of its level.
    function climb(bytes memory table, uint256 index, uint256 value, uint256[] calldata siblings)
        internal
        pure
        returns (uint256)
    {
        for (uint256 i = 0; i < siblings.length; i += 3) {
            uint256 x = siblings[i];
            uint256 y = siblings[i + 1];
            uint256 z = siblings[i + 2];
            if (x >= R || y >= R || z >= R) revert NotCanonical(i);
            uint256 position = index & 3;
            if (position == 0) value = Poseidon2.compress(table, value, x, y, z);
            else if (position == 1) value = Poseidon2.compress(table, x, value, y, z);
            else if (position == 2) value = Poseidon2.compress(table, x, y, value, z);
            else value = Poseidon2.compress(table, x, y, z, value);
            index >>= 2;
        }
        return value;
    }

    /// @notice The leaf value of a balance (0 for none).
    function balanceLeaf(uint256 token, uint256 amount) internal pure returns (uint256) {
        return amount == 0 ? 0 : amount + (token << 112) + (1 << 152);
    }

    /// @notice The leaf value of a record of slot 0; the caller has checked tag < 8 and r0 < 2^176, so it has one reading.
    function recordLeaf(bytes memory table, uint256 tag, uint256 r0, uint256 r1, uint256 r2, uint256 r3)
        internal
        pure
        returns (uint256)
    {
        if (r1 >= R || r2 >= R || r3 >= R) revert NotCanonical(r3);
        return Poseidon2.compress(table, r0 + (tag << 200), r1, r2, r3);
    }
}
