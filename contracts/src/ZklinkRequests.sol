// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.30;

import {IZklinkRequests} from "./interfaces/IZklink.sol";
import {BabyJubjub} from "./libraries/BabyJubjub.sol";
import {Operations} from "./libraries/Operations.sol";
import {Handover} from "./modules/Handover.sol";
import {Instance} from "./modules/Instance.sol";
import {RequestQueue} from "./modules/RequestQueue.sol";

/// @title What users call: deposits, requests, pending payouts. The second implementation of the row.
contract ZklinkRequests is IZklinkRequests, RequestQueue, Handover {
    constructor(Config memory config, address next) Instance(config) Handover(next) {}

    function registerToken(address token) external returns (uint32 index) {
        if (token.code.length == 0) revert NotAContract(token);
        index = tokenIndex[token];
        if (index != 0) revert TokenAlreadyRegistered(token, index);
        index = ++tokenCount;
        tokenIndex[token] = index;
        tokenAddress[index] = token;
        emit TokenRegistered(index, token);
    }

    function deposit(address token, uint256 amount, address owner)
        external
        nonReentrant
        whenDepositsOpen(token)
    {
        uint32 index = takeIn(token, amount);
        pushDeposit(index, amount, owner);
    }

    function depositNative(address owner) external payable nonReentrant whenDepositsOpen(address(0)) {
        addCustody(0, address(0), msg.value);
        pushDeposit(0, msg.value, owner);
    }

    function requestSetSigningKey(uint256 account, uint256 x, uint256 y) external {
        checkAccount(account);
        if (!BabyJubjub.isValidKey(x, y)) revert BadSigningKey(x, y);
        push(
            Operations.SET_SIGNING_KEY, Operations.setSigningKeyTemplate(account), ownerWord(msg.sender), x, y
        );
    }

    function requestFullExit(uint256 account, uint256 slot, address to) external {
        checkAccount(account);
        if (slot == 0 || slot > Operations.MAX_SLOT) revert BadSlot(slot);
        if (to == address(0)) revert ZeroAddress();
        push(
            Operations.FULL_EXIT,
            Operations.fullExitTemplate(account, slot),
            ownerWord(msg.sender),
            uint256(uint160(to)),
            0
        );
    }

    function withdrawPending(uint32 token, address owner) external nonReentrant {
        releasePending(token, owner, owner);
    }

    function redirectPending(uint32 token, address to) external nonReentrant {
        if (to == address(0)) revert ZeroAddress();
        releasePending(token, msg.sender, to);
    }

    function checkAccount(uint256 account) private pure {
        if (account == 0 || account > Operations.MAX_ACCOUNT) revert BadAccount(account);
    }
}
