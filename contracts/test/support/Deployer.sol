// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.30;

import {IZklink, IZklinkSafety} from "../../src/interfaces/IZklink.sol";
import {IZklinkTypes} from "../../src/interfaces/IZklinkTypes.sol";
import {Zklink} from "../../src/Zklink.sol";
import {ZklinkGovernor} from "../../src/ZklinkGovernor.sol";
import {ZklinkPools} from "../../src/ZklinkPools.sol";
import {ZklinkProxy} from "../../src/ZklinkProxy.sol";
import {ZklinkRequests} from "../../src/ZklinkRequests.sol";
import {ZklinkSafety} from "../../src/ZklinkSafety.sol";

/// @title A whole deployment of one chain, as `zklink deploy` makes it.
library Deployer {
    function implementation(IZklinkTypes.Config memory c) internal returns (Zklink) {
        ZklinkSafety safety = new ZklinkSafety(c);
        ZklinkPools pools = new ZklinkPools(c, address(safety));
        ZklinkRequests requests = new ZklinkRequests(c, address(pools));
        return new Zklink(c, address(requests));
    }

    function proxy(Zklink z, IZklinkTypes.Setup memory s) internal returns (IZklink) {
        return IZklink(address(new ZklinkProxy(address(z), abi.encodeCall(IZklinkSafety.initialize, (s)))));
    }

    /// @dev One proposer; anybody may execute.
    function governor(uint256 delay, address proposer) internal returns (ZklinkGovernor) {
        address[] memory proposers = new address[](1);
        proposers[0] = proposer;
        return new ZklinkGovernor(delay, proposers, new address[](1));
    }
}
