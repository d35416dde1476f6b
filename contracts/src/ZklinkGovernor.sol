// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.30;

import {TimelockController} from "@openzeppelin/contracts/governance/TimelockController.sol";

/// @title The governor: OpenZeppelin's timelock with a delay that can rise and fall, but never below where it began.
/// @dev Zklink makes its governors itself. A timelock whose delay can be set to 0 would give its users one delay's notice
/// once, and none ever after.
contract ZklinkGovernor is TimelockController {
    error DelayTooShort(uint256 delay, uint256 minimum);

    /// @notice The delay never gets shorter than this.
    uint256 public minimumDelay;

    /// @param delay seconds between a proposal and its execution, and the floor
    /// @param proposers may propose and cancel
    /// @param executors may execute what is due; address 0 stands for anybody
    constructor(uint256 delay, address[] memory proposers, address[] memory executors)
        TimelockController(delay, proposers, executors, address(0))
    {
        minimumDelay = delay;
    }

    function updateDelay(uint256 newDelay) public override {
        if (newDelay < minimumDelay) revert DelayTooShort(newDelay, minimumDelay);
        super.updateDelay(newDelay);
    }
}
