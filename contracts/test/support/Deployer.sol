// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.30;

import {IZklink, IZklinkSafety} from "../../src/interfaces/IZklink.sol";
import {IZklinkTypes} from "../../src/interfaces/IZklinkTypes.sol";
import {Zklink} from "../../src/Zklink.sol";
import {ZklinkPools} from "../../src/ZklinkPools.sol";
import {ZklinkProxy} from "../../src/ZklinkProxy.sol";
import {ZklinkRequests} from "../../src/ZklinkRequests.sol";
import {ZklinkSafety} from "../../src/ZklinkSafety.sol";
import {Vm} from "./Vm.sol";

/// @title A whole deployment of one chain, as `zklink deploy` makes it.
library Deployer {
    Vm private constant VM = Vm(address(uint160(uint256(keccak256("hevm cheat code")))));

    function implementation(IZklinkTypes.Config memory c) internal returns (Zklink) {
        ZklinkSafety safety = new ZklinkSafety(c);
        ZklinkPools pools = new ZklinkPools(c, exits(c, address(safety)));
        ZklinkRequests requests = new ZklinkRequests(c, address(pools));
        return new Zklink(c, address(requests));
    }

    /// @dev From its artifact, as it is deployed: it is not optimised for size, as what imports the others is.
    function exits(IZklinkTypes.Config memory c, address next) internal returns (address made) {
        bytes memory code =
            abi.encodePacked(VM.getCode("out/ZklinkExits.sol/ZklinkExits.json"), abi.encode(c, next));
        assembly ("memory-safe") {
            made := create(0, add(code, 0x20), mload(code))
        }
        require(made != address(0), "ZklinkExits: not deployed");
    }

    function proxy(Zklink z, IZklinkTypes.Setup memory s) internal returns (IZklink) {
        return IZklink(address(new ZklinkProxy(address(z), abi.encodeCall(IZklinkSafety.initialize, (s)))));
    }

    /// @dev A council of one.
    function council(address member) internal pure returns (address[] memory list) {
        list = new address[](1);
        list[0] = member;
    }
}
