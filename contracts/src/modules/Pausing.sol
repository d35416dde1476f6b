// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.30;

import {Instance} from "./Instance.sol";

/// @title Stopping new money: deposits and requests that bring a token, of one token or of all.
/// @dev Nothing else can be paused: what is in can always leave.
abstract contract Pausing is Instance {
    modifier onlyGuardian() {
        if (msg.sender != guardian) revert NotGuardian(msg.sender);
        _;
    }

    modifier onlyGuardianOrGovernor() {
        if (msg.sender != guardian && msg.sender != governor) revert NotGuardian(msg.sender);
        _;
    }

    modifier whenDepositsOpen(address token) {
        if (allDepositsPaused || depositsPaused[token]) revert DepositsPaused(token);
        _;
    }

    function setDepositsPaused(address token, bool paused) internal {
        depositsPaused[token] = paused;
        emit DepositsPausedSet(token, paused);
    }

    function setAllDepositsPaused(bool paused) internal {
        allDepositsPaused = paused;
        emit AllDepositsPausedSet(paused);
    }
}
