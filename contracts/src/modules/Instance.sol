// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.30;

import {IZklink} from "../interfaces/IZklink.sol";
import {ConsensusMessage} from "../libraries/ConsensusMessage.sol";
import {Operations} from "../libraries/Operations.sol";

/// @title What identifies an instance of zklink: derived once, in the constructor, never changed.
abstract contract Instance is IZklink {
    /// @dev The scalar field of BN254, in which words live.
    uint256 internal constant R =
        21888242871839275222246405745257275088548364400416034343698204186575808495617;
    uint256 internal constant MAX_CHAINS = 16;

    /// @notice Digest of the verifying key.
    bytes32 public immutable vkDigest;
    /// @notice Hash of salt, verifying key, chain list, genesis root and fee account.
    bytes32 public immutable instanceId;
    /// @notice Hash of the chain list.
    bytes32 public immutable chainListHash;
    /// @notice EIP-712 domain separator, the same on every chain.
    bytes32 public immutable domainSeparator;
    /// @notice This chain's number in the chain list.
    uint8 public immutable chainNumber;
    /// @notice This chain's position in the chain list.
    uint256 public immutable chainPosition;
    /// @notice How many chains are connected.
    uint256 public immutable chainCount;
    /// @notice The L2 account that collects fees.
    uint32 public immutable feeAccount;
    /// @notice Root of the state before the first block.
    bytes32 public immutable genesisRoot;
    /// @dev Chain numbers, one byte each, first chain in the most significant byte.
    bytes32 private immutable chainNumbers;

    constructor(
        bytes32 salt,
        bytes32 vkDigest_,
        ChainInfo[] memory chains,
        uint8 ownNumber,
        bytes32 genesisRoot_,
        uint32 feeAccount_
    ) {
        if (chains.length == 0 || chains.length > MAX_CHAINS) {
            revert BadConfiguration("chain count");
        }
        if (uint256(genesisRoot_) >= R) revert BadConfiguration("genesis root");
        if (feeAccount_ == 0 || feeAccount_ > Operations.MAX_ACCOUNT) revert BadConfiguration("fee account");
        bytes memory list;
        uint256 numbers;
        uint256 position = type(uint256).max;
        for (uint256 i = 0; i < chains.length; ++i) {
            if (chains[i].number == 0) revert BadConfiguration("chain number 0");
            if (i > 0 && chains[i].number <= chains[i - 1].number) revert BadConfiguration("chain order");
            list = abi.encodePacked(list, uint256(chains[i].number), chains[i].evmChainId);
            numbers |= uint256(chains[i].number) << (248 - 8 * i);
            if (chains[i].number == ownNumber) position = i;
        }
        if (position == type(uint256).max) revert BadConfiguration("own chain not listed");
        if (chains[position].evmChainId != block.chainid) revert BadConfiguration("EVM chain id");
        vkDigest = vkDigest_;
        chainNumbers = bytes32(numbers);
        chainNumber = ownNumber;
        chainPosition = position;
        chainCount = chains.length;
        feeAccount = feeAccount_;
        genesisRoot = genesisRoot_;
        chainListHash = keccak256(list);
        instanceId = keccak256(
            abi.encodePacked(
                "zklink.instance.v1", salt, vkDigest_, keccak256(list), genesisRoot_, uint256(feeAccount_)
            )
        );
        domainSeparator = ConsensusMessage.domainSeparator(instanceId);
    }

    /// @dev Number of the chain at `position` of the chain list.
    function chainNumberAt(uint256 position) internal view returns (uint256) {
        return uint8(chainNumbers[position]);
    }

    /// @inheritdoc IZklink
    function genesis() public view returns (StoredBlock memory) {
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
