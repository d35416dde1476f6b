// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.30;

import {IERC721} from "@openzeppelin/contracts/token/ERC721/IERC721.sol";
import {IZklinkExits} from "./interfaces/IZklink.sol";
import {Operations} from "./libraries/Operations.sol";
import {Exits} from "./modules/Exits.sol";
import {Handover} from "./modules/Handover.sol";
import {Instance} from "./modules/Instance.sol";
import {RequestQueue} from "./modules/RequestQueue.sol";

/// @title The ways out when the operator is gone. The fourth implementation of the row.
/// @dev Nothing here asks who calls, and nothing can be paused.
contract ZklinkExits is IZklinkExits, RequestQueue, Exits, Handover {
    constructor(Config memory config, address next) Instance(config) Handover(next) {}

    function activateExodus(uint64 request) external {
        if (exodusSince != 0) revert InExodus();
        if (request < confirmedRequests || request >= requestCount) revert RequestMismatch(request);
        uint64 deadline = requestDeadline(request);
        // A period of hours at least.
        // forge-lint: disable-next-line(block-timestamp)
        if (block.timestamp <= deadline) revert DeadlineNotOver(request, deadline);
        exodusSince = uint64(block.timestamp);
        emit ExodusStarted(request);
    }

    function openExits(StoredBlock calldata newest) external {
        if (exodusSince == 0 || exodusRoot != 0) revert ExitsNotOpen();
        uint256 opens = uint256(exodusSince) + exitWindow;
        // forge-lint: disable-next-line(block-timestamp) as above
        if (block.timestamp <= opens) revert ExitsNotOpen();
        checkStored(newest, confirmedNumber);
        exodusRoot = uint256(newest.root);
        emit ExitsOpened(newest.number, newest.root);
    }

    function exit(RecordProof calldata account, BalanceProof calldata balance) external nonReentrant {
        exitBalance(account, balance);
    }

    function exitShares(
        RecordProof calldata account,
        BalanceProof calldata shares,
        RecordProof calldata pool,
        Reserve[2] calldata reserves
    ) external nonReentrant {
        exitPoolShares(account, shares, pool, reserves);
    }

    function exitPosition(
        RecordProof calldata position,
        RecordProof calldata pool,
        Reserve[2] calldata reserves
    ) external nonReentrant {
        exitPoolPosition(position, pool, reserves);
    }

    function nameExitReceiver(RecordProof calldata account, address receiver, uint256[3] calldata signature)
        external
    {
        nameReceiver(account, receiver, signature);
    }

    function refundRequest(uint64 index, uint256 w0, uint256 w1, uint256 w2, uint256 w3)
        external
        nonReentrant
    {
        if (exodusRoot == 0) revert ExitsNotOpen();
        if (index < confirmedRequests) revert RequestMismatch(index);
        bytes27 hash = shortHash(Operations.requestHash(w0, w1, w2, w3));
        if (index >= requestCount || requests[index].hash != hash) revert RequestMismatch(index);
        (uint256 token, uint256 amount, uint256 to) = Operations.broughtMoney(w0, w1, w3);
        if (amount == 0) revert NothingToExit(0, 0);
        delete requests[index];
        // Its chain is this one, as the contract made the words; receivers were addresses.
        // forge-lint: disable-next-line(unsafe-typecast)
        (uint32 tokenIndex_, address receiver) = (uint32(token), address(uint160(to)));
        emit RequestRefunded(index, tokenIndex_, receiver, amount, pay(tokenIndex_, receiver, amount));
    }

    /// @dev Blocks that are taken back again and again put it off by one period at most: nobody can keep users in for good.
    function requestDeadline(uint64 index) public view returns (uint64) {
        uint64 deadline = requests[index].deadline;
        if (index >= extendedRequests || extendedDeadline <= deadline) return deadline;
        uint64 latest = deadline + requestPeriod;
        return extendedDeadline < latest ? extendedDeadline : latest;
    }

    function positionOwner(uint256 number) internal view override returns (address) {
        return IERC721(address(positions)).ownerOf(number);
    }
}
