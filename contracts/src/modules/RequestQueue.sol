// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.30;

import {Operations} from "../libraries/Operations.sol";
import {Pausing} from "./Pausing.sol";
import {Tokens} from "./Tokens.sol";

/// @title Requests from this chain: a queue that blocks must take in order.
/// @dev A request is stored as the first 27 bytes of its hash and a deadline, in one slot: two requests with the same 216
/// bits take 2^108 hashes to find, more than a false proof on this curve. Whatever its fields, the proof system has an
/// outcome for it (credited, set, paid, or proved impossible); what could have none is refused here.
abstract contract RequestQueue is Tokens, Pausing {
    /// @dev Owner word of an address of this chain: authority and address.
    function ownerWord(address owner) internal view returns (uint256) {
        return (uint256(chainNumber) << 160) | uint160(owner);
    }

    /// @dev Checks that the entry (w0..w3) is request `index` of the queue and returns the request's full hash.
    function matchRequest(uint64 index, uint256 w0, uint256 w1, uint256 w2, uint256 w3)
        internal
        view
        returns (bytes32 hash)
    {
        (w0, w1, w2) = Operations.requestTemplate(w0, w1, w2);
        hash = Operations.requestHash(w0, w1, w2, w3);
        if (index >= requestCount || requests[index].hash != shortHash(hash)) revert RequestMismatch(index);
    }

    function pushDeposit(uint32 index, uint256 amount, address owner) internal {
        if (owner == address(0)) revert ZeroAddress();
        uint256 token = (uint256(chainNumber) << 32) | index;
        push(Operations.DEPOSIT, Operations.depositTemplate(token, amount), ownerWord(owner), 0, 0);
    }

    function push(uint256 kind, uint256 w0, uint256 w1, uint256 w2, uint256 w3) internal {
        if (exodusSince != 0) revert InExodus();
        uint64 index = requestCount++;
        uint64 deadline = uint64(block.timestamp) + requestPeriod;
        bytes27 hash = shortHash(Operations.requestHash(w0, w1, w2, w3));
        // Below 2^40 for 34 000 years.
        // forge-lint: disable-next-line(unsafe-typecast)
        requests[index] = QueuedRequest(hash, uint40(deadline));
        // A type is below 2^8.
        // forge-lint: disable-next-line(unsafe-typecast)
        emit Requested(index, uint8(kind), w0, w1, w2, w3, deadline);
    }

    function shortHash(bytes32 hash) internal pure returns (bytes27) {
        // forge-lint: disable-next-line(unsafe-typecast) what is cut off is meant to be
        return bytes27(hash);
    }
}
