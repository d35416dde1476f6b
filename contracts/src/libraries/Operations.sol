// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.30;

/// @title Operation types and the bit layout of the words that reach a chain's outbox.
/// @dev Fields are packed least significant first (docs/protocol.md, "Operations"). Only operations that concern a
/// chain are named here: requests from it, payouts on it, key changes authorised on it.
///
///   Deposit        w0 = type 8 | account 28 | slot 8 | token 40 | amount 112           w1 = owner
///   SetSigningKey  w0 = type 8 | account 28 | ok 1                                     w1 = owner  w2 = Ax  w3 = Ay
///   FullExit       w0 = type 8 | account 28 | slot 8 | ok 1 | token 40 | amount 112    w1 = owner  w2 = to
///   ChangePubKey   w0 = type 8 | account 28 | feeSlot 8 | feeAccountSlot 8 | mantissa 32 | exponent 3 | feeToken 40
///                       | nonce 32 | chain 8                                           w1 = address w2 = Ax w3 = Ay
///   Withdraw       w0 = type 8 | account 28 | feeSlot 8 | feeAccountSlot 8 | mantissa 32 | exponent 3 | slot 8
///                       | token 40 | amount 112                                        w1 = to     w2 = nonce
///
/// owner = chain number << 160 | address. The words come out of the proof: they are canonical field elements, and every
/// packed field is in its range.
library Operations {
    uint256 internal constant DEPOSIT = 1;
    uint256 internal constant SET_SIGNING_KEY = 2;
    uint256 internal constant FULL_EXIT = 3;
    uint256 internal constant CHANGE_PUB_KEY = 4;
    uint256 internal constant WITHDRAW = 12;

    uint256 internal constant MAX_ACCOUNT = (1 << 28) - 1;
    uint256 internal constant MAX_SLOT = 255;

    /// @dev Bits of w0 that the requester fixes; the operator fills the others.
    uint256 private constant DEPOSIT_MASK = 0xff | (((1 << 152) - 1) << 44);
    uint256 private constant SET_SIGNING_KEY_MASK = (1 << 36) - 1;
    uint256 private constant FULL_EXIT_MASK = (1 << 44) - 1;

    /// @notice Type of the operation with first word `w0`.
    function kind(uint256 w0) internal pure returns (uint256) {
        return w0 & 0xff;
    }

    /// @notice Chain part of an owner word.
    function authority(uint256 owner) internal pure returns (uint256) {
        return owner >> 160;
    }

    /// @notice Chain part of a token id.
    function tokenChain(uint256 token) internal pure returns (uint256) {
        return token >> 32;
    }

    /// @notice First word of a deposit request: account and slot are left to the operator.
    function depositTemplate(uint256 token, uint256 amount) internal pure returns (uint256) {
        return DEPOSIT | (token << 44) | (amount << 84);
    }

    /// @notice First word of a request to set a signing key: the outcome bit is left open.
    function setSigningKeyTemplate(uint256 account) internal pure returns (uint256) {
        return SET_SIGNING_KEY | (account << 8);
    }

    /// @notice First word of a full exit request: outcome, token and amount are left open.
    function fullExitTemplate(uint256 account, uint256 slot) internal pure returns (uint256) {
        return FULL_EXIT | (account << 8) | (slot << 36);
    }

    /// @notice What the requester fixed of `w0`; compare with a template.
    function requestTemplate(uint256 w0) internal pure returns (uint256) {
        uint256 op = kind(w0);
        if (op == DEPOSIT) return w0 & DEPOSIT_MASK;
        if (op == SET_SIGNING_KEY) return w0 & SET_SIGNING_KEY_MASK;
        return w0 & FULL_EXIT_MASK;
    }

    /// @notice Hash under which a request stands in the queue.
    function requestHash(uint256 template, uint256 w1, uint256 w2, uint256 w3)
        internal
        pure
        returns (bytes32)
    {
        return keccak256(abi.encodePacked(template, w1, w2, w3));
    }

    /// @notice Payout fields of a full exit: zero amount when it found nothing to pay.
    function fullExitPayout(uint256 w0) internal pure returns (bool ok, uint256 token, uint256 amount) {
        ok = (w0 >> 44) & 1 == 1;
        token = (w0 >> 45) & ((1 << 40) - 1);
        amount = (w0 >> 85) & ((1 << 112) - 1);
    }

    /// @notice Payout fields of a withdrawal.
    function withdrawPayout(uint256 w0) internal pure returns (uint256 token, uint256 amount) {
        token = (w0 >> 95) & ((1 << 40) - 1);
        amount = (w0 >> 135) & ((1 << 112) - 1);
    }

    /// @notice Chain whose contract checks the signature of a key change.
    function changePubKeyChain(uint256 w0) internal pure returns (uint256) {
        return (w0 >> 159) & 0xff;
    }

    /// @notice Fields of a key change that its ECDSA signature covers.
    function changePubKey(uint256 w0)
        internal
        pure
        returns (uint256 account, uint256 nonce, uint256 feeToken, uint256 fee)
    {
        account = (w0 >> 8) & MAX_ACCOUNT;
        fee = ((w0 >> 52) & 0xffffffff) << (8 * ((w0 >> 84) & 7));
        feeToken = (w0 >> 87) & ((1 << 40) - 1);
        nonce = (w0 >> 127) & 0xffffffff;
    }
}
