// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.30;

import {IPositions} from "./interfaces/IPositions.sol";
import {IZklinkState} from "./interfaces/IZklink.sol";

/// @title The state of the proxy: all of it, and nothing else in the project has any (OpenZeppelin's guard and initialiser
/// keep theirs at hashed slots).
/// @dev Every implementation inherits this contract first, so all see one layout. New variables go to the end;
/// contracts/snapshots/storage.json holds the layout, and a test compares.
abstract contract ZklinkStorage is IZklinkState {
    struct QueuedRequest {
        bytes27 hash;
        uint40 deadline;
    }

    struct PostedLog {
        bytes32 digest;
        uint256 sum;
        uint256 power;
        uint256 count;
    }

    struct Network {
        uint256 threshold;
        uint256 faults;
        address[] members;
        /// @dev Position + 1 of a member.
        mapping(address member => uint256) position;
    }

    /// @dev The networks that confirm blocks from `firstBlock` on.
    struct NetworkSet {
        uint64 firstBlock;
        Network[] networks;
    }

    /// @dev What may leave in a window: see Tokens.takeAllowance.
    struct Outflow {
        uint112 limit;
        uint112 peak;
        uint32 window;
        uint112 used;
    }

    address public override operator;
    uint64 public override exodusSince;
    address public override governor;
    address public override guardian;

    uint64 public override provedNumber;
    uint64 public override confirmedNumber;
    uint64 public override executedNumber;
    uint64 public override executedEntries;

    uint64 public override epoch;
    uint64 public override requestCount;
    uint64 public override confirmedRequests;
    uint32 public override tokenCount;

    mapping(uint64 number => bytes32) public override storedBlockHash;
    mapping(uint64 index => QueuedRequest) public override requests;
    mapping(uint256 challenge => PostedLog) public override postedLog;

    mapping(uint32 index => address) public override tokenAddress;
    mapping(address token => uint32) public override tokenIndex;
    mapping(uint32 index => uint256) public override custody;
    mapping(uint32 index => mapping(address owner => uint256)) public override pendingBalance;

    /// @dev Both ascending by their first block.
    ChainList[] internal chainLists;
    NetworkSet[] internal networkSets;

    IPositions public override positions;
    mapping(bytes32 id => address broker) public override acceptedBy;
    uint24 public override brokerCount;
    mapping(uint24 index => address) public override brokerAddress;
    mapping(address broker => uint24) public override brokerIndex;
    bool public override allDepositsPaused;
    mapping(address token => bool) public override depositsPaused;

    mapping(uint32 index => Outflow) public override outflow;
    /// @dev The chains of each chain list, and a bit for every number in one.
    ChainInfo[][] internal chainInfos;
    uint256 internal usedChains;
    mapping(uint8 chain => uint256) public override dropAnnounced;
    /// @dev Requests below the first number have the second as deadline, if theirs is earlier.
    uint64 internal extendedRequests;
    uint64 internal extendedDeadline;
    uint256 public override exodusRoot;
    mapping(uint256 account => uint256) public override exitedSlots;
    mapping(uint256 account => address) public override exitReceiver;
    mapping(uint256 pool => uint256) public override exitedShares;
    mapping(uint8 chain => uint64) public override droppedFrom;
}
