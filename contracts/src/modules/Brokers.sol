// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.30;

import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import {SafeERC20} from "@openzeppelin/contracts/token/ERC20/utils/SafeERC20.sol";
import {Advances} from "./Advances.sol";
import {Tokens} from "./Tokens.sol";

/// @title Payouts in advance: a broker pays the receiver now and gets the payout when it is executed.
/// @dev Nothing here looks at blocks: a broker that accepts what no block ever pays has given its own money away, and nobody
/// else has lost any. The identity holds all that is paid, so such an acceptance is in nobody's way.
abstract contract Brokers is Tokens, Advances {
    using SafeERC20 for IERC20;

    function addBroker() internal returns (uint24 index) {
        index = brokerIndex[msg.sender];
        if (index != 0) revert BrokerAlreadyRegistered(msg.sender, index);
        index = ++brokerCount;
        brokerAddress[index] = msg.sender;
        brokerIndex[msg.sender] = index;
        emit BrokerRegistered(index, msg.sender);
    }

    function payInAdvance(Payout calldata p) internal {
        checkThroughProxy();
        if (p.fee == 0 || p.fee >= p.amount) revert BadBrokerFee(p.fee, p.amount);
        if (p.to == address(0)) revert ZeroAddress();
        bytes32 id = payoutId(p);
        address before = acceptedBy[id];
        if (before == EXECUTED) revert AlreadyExecuted(id);
        if (before != address(0)) revert AlreadyAccepted(id, before);
        // Brokers agree on their clocks to the block; a validator that shifts it gains the fee of a payout at most.
        // forge-lint: disable-next-line(block-timestamp)
        if (p.broker != 0 && block.timestamp < p.exclusiveUntil && p.broker != brokerIndex[msg.sender]) {
            revert ExclusiveBroker(p.broker, p.exclusiveUntil);
        }
        acceptedBy[id] = msg.sender;
        emit Accepted(id, msg.sender, p.kind, p.a, p.b, p.to, p.token, p.amount, p.fee);
        passOn(p.token, p.to, p.amount - p.fee);
    }

    /// @dev Moves money from the caller to the receiver, all of it or none.
    function passOn(uint32 index, address to, uint256 amount) private {
        address token = tokenAddress[index];
        if (index == 0) {
            if (msg.value != amount) revert WrongValue(amount, msg.value);
            if (!sendNative(to, amount, PAYOUT_GAS)) revert TransferFailed(token);
            return;
        }
        if (token == address(0)) revert UnknownToken(token);
        if (msg.value != 0) revert WrongValue(0, msg.value);
        uint256 before = IERC20(token).balanceOf(to);
        IERC20(token).safeTransferFrom(msg.sender, to, amount);
        uint256 received = IERC20(token).balanceOf(to) - before;
        if (received != amount) revert TransferMismatch(amount, received);
    }
}
