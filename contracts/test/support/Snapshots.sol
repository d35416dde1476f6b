// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.30;

import {Test} from "./Test.sol";

/// @title Figures that are kept: compared with snapshots/GROUP.json, and written there only when asked to.
/// @dev A test run changes no file. With GAS_SNAPSHOTS=true (`make gas-snapshots`) every figure is written anew instead.
abstract contract Snapshots is Test {
    error Differs(string what, uint256 now_, uint256 kept, uint256 percent);
    error NotKept(string what);

    /// @dev `percent` is how far the figure may be off, up or down: the compiler's moods, not a new storage slot.
    function checkFigure(string memory group, string memory what, uint256 value, uint256 percent) internal {
        if (vm.envOr("GAS_SNAPSHOTS", false)) {
            vm.snapshotValue(group, what, value);
            return;
        }
        string memory kept = vm.readFile(string.concat("snapshots/", group, ".json"));
        string memory key = string.concat("$['", escaped(what), "']");
        if (!vm.keyExistsJson(kept, key)) revert NotKept(what);
        uint256 before = vm.parseJsonUint(kept, key);
        uint256 far = value > before ? value - before : before - value;
        if (far * 100 > before * percent) revert Differs(what, value, before, percent);
    }

    /// @dev Only written down: its limit is asserted elsewhere.
    function recordFigure(string memory group, string memory what, uint256 value) internal {
        if (vm.envOr("GAS_SNAPSHOTS", false)) vm.snapshotValue(group, what, value);
    }

    /// @dev Gas of the last call, as a transaction of its own if the test is isolated.
    function checkGas(string memory group, string memory what, uint256 percent) internal {
        checkFigure(group, what, vm.lastCallGas().gasTotalUsed, percent);
    }

    /// @dev A quote would end the key.
    function escaped(string memory text) private pure returns (string memory) {
        bytes memory from = bytes(text);
        bytes memory to = new bytes(2 * from.length);
        uint256 n;
        for (uint256 i = 0; i < from.length; i++) {
            if (from[i] == "'") to[n++] = "\\";
            to[n++] = from[i];
        }
        assembly ("memory-safe") {
            mstore(to, n)
        }
        return string(to);
    }
}
