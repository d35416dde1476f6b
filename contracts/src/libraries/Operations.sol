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
///                       | token 40 | amount 112                                        w1 = to
///                  w2 = nonce 32 | brokerFee 112
///   ForcedExit     w0 = type 8 | account 28 | feeSlot 8 | feeAccountSlot 8 | mantissa 32 | exponent 3 | peer 28 | slot 8
///                       | token 40                                                     w1 = to
///                  w2 = amount 112 | nonce 32
///   SwapRequest    w0 = type 8 | outcome 2 | pool 28 | tokenIn 40 | amountIn 112 | deadline 40
///                  w1 = minOut 112 | out 112       w2 = tokenOut 40 | to 160 | index 40
///                  w3 = refundTo 160 | brokerFee 35 (mantissa 32, exponent 3) | broker 24 | exclusiveUntil 34
///   AddLiquidityRequest
///                  w0 = type 8 | outcome 2 | pool 28 | token 40 | amount 112 | deadline 40
///                  w1 = minShares 112 | shares 112 w2 = account 28 | exitAddress 160 | index 40   w3 = owner 160
///   RemoveLiquidityRequest
///                  w0 = type 8 | outcome 2 | account 28 | pool 28 | tokenOut 40 | shares 112
///                  w1 = minOut 112 | out 112       w2 = position: owner word with its number      w3 = to 160 | deadline 40
///
/// owner = chain number << 160 | address; a position's is chain number << 160 | number. Outcome 0 is done, others refuse. The words come out of the proof: they are canonical field elements, and every
/// packed field is in its range.
library Operations {
    uint256 internal constant DEPOSIT = 1;
    uint256 internal constant SET_SIGNING_KEY = 2;
    uint256 internal constant FULL_EXIT = 3;
    uint256 internal constant CHANGE_PUB_KEY = 4;
    uint256 internal constant WITHDRAW = 12;
    uint256 internal constant FORCED_EXIT = 16;
    uint256 internal constant SWAP_REQUEST = 17;
    uint256 internal constant ADD_LIQUIDITY_REQUEST = 18;
    uint256 internal constant REMOVE_LIQUIDITY_REQUEST = 19;

    uint256 internal constant MAX_ACCOUNT = (1 << 28) - 1;
    uint256 internal constant MAX_SLOT = 255;
    uint256 internal constant MAX_AMOUNT = (1 << 112) - 1;
    uint256 internal constant MAX_DEADLINE = (1 << 40) - 1;
    uint256 internal constant MAX_BROKER = (1 << 24) - 1;
    uint256 internal constant MAX_EXCLUSIVE_UNTIL = (1 << 34) - 1;

    /// @dev Bits of w0 that the requester fixes; the operator fills the others.
    uint256 private constant DEPOSIT_MASK = 0xff | (((1 << 152) - 1) << 44);
    uint256 private constant SET_SIGNING_KEY_MASK = (1 << 36) - 1;
    uint256 private constant FULL_EXIT_MASK = (1 << 44) - 1;
    /// @dev Types 17 to 19: all of w0 but the outcome; of w1 the minimum only; of 18's w2 all but the account.
    uint256 private constant POOL_REQUEST_MASK = ~uint256(3 << 8);
    uint256 private constant TOKEN_MASK = (1 << 40) - 1;
    uint256 private constant ADDRESS_MASK = (1 << 160) - 1;

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

    /// @notice What the requester fixed of the words that the operator fills in part; compare with a template.
    function requestTemplate(uint256 w0, uint256 w1, uint256 w2)
        internal
        pure
        returns (uint256, uint256, uint256)
    {
        uint256 op = kind(w0);
        if (op == DEPOSIT) return (w0 & DEPOSIT_MASK, w1, w2);
        if (op == SET_SIGNING_KEY) return (w0 & SET_SIGNING_KEY_MASK, w1, w2);
        if (op == FULL_EXIT) return (w0 & FULL_EXIT_MASK, w1, w2);
        if (op == ADD_LIQUIDITY_REQUEST) w2 = (w2 >> 28) << 28;
        return (w0 & POOL_REQUEST_MASK, w1 & MAX_AMOUNT, w2);
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
        token = (w0 >> 95) & TOKEN_MASK;
        amount = (w0 >> 135) & MAX_AMOUNT;
    }

    /// @notice What a withdrawal's broker earns, 0 if none may pay in advance.
    function withdrawFee(uint256 w2) internal pure returns (uint256) {
        return w2 >> 32;
    }

    /// @notice What names a withdrawal for good: its account and nonce.
    function withdrawId(uint256 w0, uint256 w2) internal pure returns (uint256 account, uint256 nonce) {
        account = (w0 >> 8) & MAX_ACCOUNT;
        nonce = w2 & 0xffffffff;
    }

    /// @notice Payout fields of a forced exit.
    function forcedExitPayout(uint256 w0, uint256 w2) internal pure returns (uint256 token, uint256 amount) {
        token = (w0 >> 123) & TOKEN_MASK;
        amount = w2 & MAX_AMOUNT;
    }

    /// @notice Outcome of a request of types 17 to 19: 0 is done, everything else undoes it.
    function outcome(uint256 w0) internal pure returns (uint256) {
        return (w0 >> 8) & 3;
    }

    /// @notice Token and amount that a swap or add-liquidity request brought.
    function broughtIn(uint256 w0) internal pure returns (uint256 token, uint256 amount) {
        token = (w0 >> 38) & TOKEN_MASK;
        amount = (w0 >> 78) & MAX_AMOUNT;
    }

    /// @notice What a request brought, and who gets it back if no block takes it; amount 0 if it brought nothing.
    function broughtMoney(uint256 w0, uint256 w1, uint256 w3)
        internal
        pure
        returns (uint256 token, uint256 amount, uint256 to)
    {
        uint256 op = kind(w0);
        if (op == DEPOSIT) return ((w0 >> 44) & TOKEN_MASK, (w0 >> 84) & MAX_AMOUNT, w1 & ADDRESS_MASK);
        if (op == SWAP_REQUEST || op == ADD_LIQUIDITY_REQUEST) {
            (token, amount) = broughtIn(w0);
            to = w3 & ADDRESS_MASK;
        }
    }

    /// @notice What the operator filled in of types 17 to 19: amount out, or shares.
    function result(uint256 w1) internal pure returns (uint256) {
        return w1 >> 112;
    }

    /// @notice Receiver of a swap request.
    function swapOut(uint256 w2) internal pure returns (uint256 token, uint256 to, uint256 index) {
        token = w2 & TOKEN_MASK;
        to = (w2 >> 40) & ADDRESS_MASK;
        index = w2 >> 200;
    }

    /// @notice Who gets a refused swap's money back, and its broker's terms.
    function swapTerms(uint256 w3)
        internal
        pure
        returns (uint256 refundTo, uint256 fee, uint256 broker, uint256 exclusiveUntil)
    {
        refundTo = w3 & ADDRESS_MASK;
        fee = ((w3 >> 160) & 0xffffffff) << (8 * ((w3 >> 192) & 7));
        broker = (w3 >> 195) & MAX_BROKER;
        exclusiveUntil = w3 >> 219;
    }

    /// @notice Pool and position account of an executed add-liquidity request, and the request's index.
    function positionMade(uint256 w0, uint256 w2)
        internal
        pure
        returns (uint256 pool, uint256 account, uint256 index)
    {
        pool = (w0 >> 10) & MAX_ACCOUNT;
        account = w2 & MAX_ACCOUNT;
        index = w2 >> 188;
    }

    /// @notice What a remove-liquidity request takes out, and where to.
    function removal(uint256 w0, uint256 w3)
        internal
        pure
        returns (uint256 token, uint256 shares, uint256 to)
    {
        token = (w0 >> 66) & TOKEN_MASK;
        shares = (w0 >> 106) & MAX_AMOUNT;
        to = w3 & ADDRESS_MASK;
    }

    /// @notice First word of a swap or add-liquidity request; the outcome is left open.
    function broughtInTemplate(uint256 op, uint256 pool, uint256 token, uint256 amount, uint256 deadline)
        internal
        pure
        returns (uint256)
    {
        return op | (pool << 10) | (token << 38) | (amount << 78) | (deadline << 190);
    }

    /// @notice First word of a remove-liquidity request.
    function removalTemplate(uint256 account, uint256 pool, uint256 token, uint256 shares)
        internal
        pure
        returns (uint256)
    {
        return REMOVE_LIQUIDITY_REQUEST | (account << 10) | (pool << 38) | (token << 66) | (shares << 106);
    }

    /// @notice A fee as mantissa 32 | exponent 3 with the smallest exponent, if it is exactly `mantissa << 8 exponent`.
    function packFee(uint256 fee) internal pure returns (bool exact, uint256 packed) {
        uint256 exponent;
        while (fee >> 32 != 0 && exponent < 7) {
            if (fee & 0xff != 0) return (false, 0);
            fee >>= 8;
            ++exponent;
        }
        return (fee >> 32 == 0, fee | (exponent << 32));
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
