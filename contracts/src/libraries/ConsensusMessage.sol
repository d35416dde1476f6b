// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.30;

/// @title EIP-712 messages of zklink: oracle consensus and key changes.
/// @dev One domain for all chains: a confirmation says the same thing everywhere, so the domain is bound to the
/// instance (as salt), not to a chain id or a contract.
library ConsensusMessage {
    bytes32 private constant DOMAIN_TYPEHASH =
        keccak256("EIP712Domain(string name,string version,bytes32 salt)");
    bytes32 private constant NAME_HASH = keccak256("zklink");
    bytes32 private constant VERSION_HASH = keccak256("1");
    bytes32 private constant CONSENSUS_TYPEHASH =
        keccak256("Consensus(bytes32 instance,uint64 epoch,uint64 number,bytes32 syncHash,uint64 expiry)");
    bytes32 private constant REVERT_TYPEHASH =
        keccak256("Revert(bytes32 instance,uint64 epoch,uint64 number)");
    bytes32 private constant DROP_CHAIN_TYPEHASH = keccak256(
        "DropChain(bytes32 instance,uint64 epoch,uint8 chain,uint64 firstBlock,uint64 silentSince)"
    );
    bytes32 private constant CHANGE_PUB_KEY_TYPEHASH = keccak256(
        "ChangePubKey(uint32 account,uint32 nonce,uint256 pubKeyX,uint256 pubKeyY,uint64 feeToken,uint256 fee,uint64 validUntil)"
    );

    /// @notice Domain separator of the instance.
    function domainSeparator(bytes32 instanceId) internal pure returns (bytes32) {
        return keccak256(abi.encode(DOMAIN_TYPEHASH, NAME_HASH, VERSION_HASH, instanceId));
    }

    /// @notice Digest that an oracle signs to confirm block `number` with `syncHash`.
    function consensus(
        bytes32 domain,
        bytes32 instanceId,
        uint64 epoch,
        uint64 number,
        bytes32 syncHash,
        uint64 expiry
    ) internal pure returns (bytes32) {
        return digest(
            domain, keccak256(abi.encode(CONSENSUS_TYPEHASH, instanceId, epoch, number, syncHash, expiry))
        );
    }

    /// @notice Digest that an oracle signs to take back the unconfirmed blocks from `number` on.
    function revertBlocks(bytes32 domain, bytes32 instanceId, uint64 epoch, uint64 number)
        internal
        pure
        returns (bytes32)
    {
        return digest(domain, keccak256(abi.encode(REVERT_TYPEHASH, instanceId, epoch, number)));
    }

    /// @notice Digest that an oracle signs to leave a dead chain out from `firstBlock` on.
    function dropChain(
        bytes32 domain,
        bytes32 instanceId,
        uint64 epoch,
        uint8 chain,
        uint64 firstBlock,
        uint64 silentSince
    ) internal pure returns (bytes32) {
        return digest(
            domain,
            keccak256(abi.encode(DROP_CHAIN_TYPEHASH, instanceId, epoch, chain, firstBlock, silentSince))
        );
    }

    /// @notice Digest that an account's owner signs to set a signing key.
    function changePubKey(
        bytes32 domain,
        uint256 account,
        uint256 nonce,
        uint256 pubKeyX,
        uint256 pubKeyY,
        uint256 feeToken,
        uint256 fee,
        uint64 validUntil
    ) internal pure returns (bytes32) {
        return digest(
            domain,
            keccak256(
                abi.encode(
                    CHANGE_PUB_KEY_TYPEHASH,
                    account,
                    nonce,
                    pubKeyX,
                    pubKeyY,
                    feeToken,
                    fee,
                    uint256(validUntil)
                )
            )
        );
    }

    function digest(bytes32 domain, bytes32 structHash) private pure returns (bytes32) {
        return keccak256(abi.encodePacked(hex"1901", domain, structHash));
    }
}
