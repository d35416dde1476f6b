// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.30;

import {Proxy} from "@openzeppelin/contracts/proxy/Proxy.sol";
import {Instance} from "./Instance.sol";

/// @title An implementation that hands what it does not know to the next one, by delegatecall.
/// @dev All implementations of the row have one storage layout and one configuration; the hash of the latter is compared.
abstract contract Handover is Instance, Proxy {
    address private immutable next;

    constructor(address next_) {
        if (Instance(next_).configHash() != configHash) revert BadConfiguration("next implementation");
        next = next_;
    }

    function _implementation() internal view override returns (address) {
        checkThroughProxy(); // else the next one would take this one for the proxy
        return next;
    }
}
