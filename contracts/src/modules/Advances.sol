// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.30;

import {Instance} from "./Instance.sol";

/// @title What names a payout that a broker may make in advance.
abstract contract Advances is Instance {
    /// @dev In place of a broker: the payout was executed.
    address internal constant EXECUTED = address(1);

    function payoutId(Payout memory p) internal pure returns (bytes32) {
        return keccak256(abi.encode(p));
    }
}
