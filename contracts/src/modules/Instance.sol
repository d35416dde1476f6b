// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.30;

import {Initializable} from "@openzeppelin/contracts/proxy/utils/Initializable.sol";
import {IBlockVerifier} from "../interfaces/IBlockVerifier.sol";
import {ConsensusMessage} from "../libraries/ConsensusMessage.sol";
import {Operations} from "../libraries/Operations.sol";
import {ZklinkStorage} from "../ZklinkStorage.sol";

/// @title What identifies an instance of zklink, and the configuration: immutables, the same in every implementation of
/// the row.
/// @dev Implementations are locked: they can't be initialised and take no money; only a proxy can use them.
abstract contract Instance is ZklinkStorage, Initializable {
    /// @dev The scalar field of BN254, in which words live.
    uint256 internal constant R =
        21888242871839275222246405745257275088548364400416034343698204186575808495617;
    uint256 internal constant MAX_CHAINS = 16;

    IBlockVerifier public immutable override verifier;
    bytes32 public immutable override vkDigest;
    bytes32 public immutable override instanceId;
    bytes32 public immutable override domainSeparator;
    bytes32 public immutable override configHash;
    uint8 public immutable override chainNumber;
    uint32 public immutable override feeAccount;
    bytes32 public immutable override genesisRoot;
    uint64 public immutable override requestPeriod;
    uint64 public immutable override exitWindow;
    /// @dev Signature domain of L2 transactions, a scalar of every statement.
    uint256 internal immutable signatureDomain;
    /// @dev Hash of the chain list that the instance began with.
    bytes32 internal immutable firstChainListHash;
    /// @dev The implementation itself, where this code runs in its own state.
    address private immutable self;

    constructor(Config memory config) {
        if (uint256(config.genesisRoot) >= R) revert BadConfiguration("genesis root");
        if (config.feeAccount == 0 || config.feeAccount > Operations.MAX_ACCOUNT) {
            revert BadConfiguration("fee account");
        }
        if (config.requestPeriod == 0 || config.requestPeriod > 365 days) {
            revert BadConfiguration("request period");
        }
        if (config.exitWindow == 0 || config.exitWindow > 365 days) revert BadConfiguration("exit window");
        verifier = config.verifier;
        vkDigest = config.verifier.vkDigest();
        chainNumber = config.chainNumber;
        feeAccount = config.feeAccount;
        genesisRoot = config.genesisRoot;
        requestPeriod = config.requestPeriod;
        exitWindow = config.exitWindow;
        firstChainListHash = chainList(config.chains, 0).hash;
        instanceId = keccak256(
            abi.encodePacked(
                "zklink.instance.v1",
                config.salt,
                vkDigest,
                firstChainListHash,
                config.genesisRoot,
                uint256(config.feeAccount)
            )
        );
        domainSeparator = ConsensusMessage.domainSeparator(instanceId);
        signatureDomain = uint256(keccak256(abi.encodePacked("zklink.signature.v1", instanceId))) % R;
        configHash = keccak256(abi.encode(config));
        self = address(this);
        _disableInitializers();
    }

    modifier onlyGovernor() {
        if (msg.sender != governor) revert NotGovernor(msg.sender);
        _;
    }

    /// @dev Money that came to an implementation would be lost.
    function checkThroughProxy() internal view {
        if (address(this) == self) revert NotThroughProxy();
    }

    /// @dev A chain list in its stored form; ascending by number.
    function chainList(ChainInfo[] memory chains, uint64 firstBlock)
        internal
        pure
        returns (ChainList memory list)
    {
        if (chains.length == 0 || chains.length > MAX_CHAINS) revert BadConfiguration("chain count");
        bytes memory packed;
        uint256 numbers;
        for (uint256 i = 0; i < chains.length; ++i) {
            if (chains[i].number == 0) revert BadConfiguration("chain number 0");
            if (i > 0 && chains[i].number <= chains[i - 1].number) revert BadConfiguration("chain order");
            packed = abi.encodePacked(packed, uint256(chains[i].number), chains[i].evmChainId);
            numbers |= uint256(chains[i].number) << (248 - 8 * i);
        }
        // forge-lint: disable-next-line(unsafe-typecast) at most 16
        list = ChainList(firstBlock, uint8(chains.length), bytes32(numbers), keccak256(packed));
    }

    /// @dev The chain list of block `number`.
    function chainListOf(uint64 number) internal view returns (ChainList memory) {
        uint256 i = chainLists.length - 1;
        while (chainLists[i].firstBlock > number) --i;
        return chainLists[i];
    }

    /// @dev Position of this chain in a list; every list holds it.
    function positionIn(ChainList memory list) internal view returns (uint256 position) {
        while (numberAt(list, position) != chainNumber) ++position;
    }

    /// @dev Number of the chain at `position` of a list.
    function numberAt(ChainList memory list, uint256 position) internal pure returns (uint8) {
        return uint8(list.numbers[position]);
    }

    /// @dev The given fields must be those stored for block `number`.
    function checkStored(StoredBlock calldata b, uint64 number) internal view {
        if (b.number != number || keccak256(abi.encode(b)) != storedBlockHash[number]) {
            revert BadStoredBlock(number);
        }
    }

    function genesisBlock() internal view returns (StoredBlock memory) {
        return StoredBlock({
            number: 0,
            timestamp: 0,
            endRequest: 0,
            syncHash: keccak256(abi.encodePacked("zklink.sync.v1", instanceId)),
            root: genesisRoot,
            outboxDigest: 0
        });
    }
}
