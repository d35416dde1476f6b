// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.30;

// Receivers of native payouts, one misbehaviour each.

contract RevertingReceiver {
    bool public open;

    function set(bool open_) external {
        open = open_;
    }

    receive() external payable {
        require(open, "closed");
    }

    /// @dev Calls on its owner's behalf.
    function run(address target, bytes calldata data) external {
        (bool ok, bytes memory result) = target.call(data);
        if (!ok) {
            assembly ("memory-safe") {
                revert(add(result, 0x20), mload(result))
            }
        }
    }
}

/// @notice Uses all gas it is given.
contract GuzzlingReceiver {
    uint256[] private waste;

    receive() external payable {
        while (true) waste.push(1);
    }
}

/// @notice Needs `writes` new storage slots' worth of gas.
contract HungryReceiver {
    uint256 private writes;
    mapping(uint256 => uint256) private slots;

    constructor(uint256 writes_) {
        writes = writes_;
    }

    receive() external payable {
        for (uint256 i = 0; i < writes; i++) {
            slots[i] = gasleft();
        }
    }
}

/// @notice Returns, or reverts with, as much as its gas can pay for.
contract BombReceiver {
    bool private immutable REVERTS;

    constructor(bool reverts) {
        REVERTS = reverts;
    }

    receive() external payable {
        bool reverts = REVERTS;
        assembly ("memory-safe") {
            if reverts { revert(0, 900000) }
            return(0, 900000)
        }
    }
}

/// @notice Calls `target` with `data` when it is paid, and remembers what came of it.
contract CallingReceiver {
    address private target;
    bytes private data;
    bool private strict;
    uint256 public calls;
    bool public succeeded;

    function set(address target_, bytes calldata data_, bool strict_) external {
        (target, data, strict) = (target_, data_, strict_);
    }

    receive() external payable {
        calls++;
        (bool ok,) = target.call(data);
        succeeded = ok;
        require(ok || !strict, "call failed");
    }
}
