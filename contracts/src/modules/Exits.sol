// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.30;

import {BabyJubjub} from "../libraries/BabyJubjub.sol";
import {Poseidon2} from "../libraries/Poseidon2.sol";
import {StatePath} from "../libraries/StatePath.sol";
import {Tokens} from "./Tokens.sol";

/// @title Exits without the operator: what the state of the newest confirmed block gives to whom, shown by Merkle paths.
/// @dev Each (account, slot) pays once on each chain: the bit is set before anything is paid. What cannot be paid becomes
/// a pending balance, so a bad token or receiver loses nothing. No role has a say in any of this.
abstract contract Exits is Tokens {
    uint256 private constant ACCOUNT = 2;
    uint256 private constant ACCOUNT_WITH_KEY = 3;
    uint256 private constant POOL = 4;
    uint256 private constant STABLE_POOL = 5;
    uint256 private constant POSITION = 6;
    /// @dev Words of a path from a leaf to the root, and to the node that holds all slots of its account.
    uint256 private constant PATH_WORDS = 54;
    uint256 private constant SLOT_PATH_WORDS = 12;
    /// @dev Shares of every pool that belong to nobody.
    uint256 private constant LOCKED_SHARES = 1000;
    /// @dev Type of the message that names a receiver; no operation has it.
    uint256 private constant EXIT_MESSAGE = 255;

    /// @dev Pays the balance of a slot to the account's owner.
    function exitBalance(RecordProof calldata account, BalanceProof calldata balance) internal {
        bytes memory table = Poseidon2.constants();
        checkBalance(table, account, balance);
        if (balance.token >> 32 != chainNumber) revert WrongExitToken(balance.token);
        address to = receiverOf(account);
        spend(account.account, balance.slot);
        // The token's chain is this one; the rest is its index.
        // forge-lint: disable-next-line(unsafe-typecast)
        payExit(account.account, balance.slot, uint32(balance.token), to, balance.amount);
    }

    /// @dev Pays this chain's part of the reserves that pool shares in a slot stand for.
    function exitPoolShares(
        RecordProof calldata account,
        BalanceProof calldata shares,
        RecordProof calldata pool,
        Reserve[2] calldata reserves
    ) internal {
        bytes memory table = Poseidon2.constants();
        checkBalance(table, account, shares);
        if (shares.token != pool.account) revert WrongExitToken(shares.token);
        address to = receiverOf(account);
        spend(account.account, shares.slot);
        payShares(table, account.account, shares.slot, to, shares.amount, pool, reserves);
    }

    /// @dev Pays this chain's part of a position: on its own chain to who holds its token, elsewhere to its exit address.
    function exitPoolPosition(
        RecordProof calldata position,
        RecordProof calldata pool,
        Reserve[2] calldata reserves
    ) internal {
        bytes memory table = Poseidon2.constants();
        if (position.tag != POSITION) revert NotExitable(position.account, position.tag);
        checkRoot(table, position, recordNode(table, position));
        if (position.fields[1] != pool.account) revert WrongExitToken(position.fields[1]);
        // Both were packed in 160 bits.
        // forge-lint: disable-next-line(unsafe-typecast)
        address to = position.fields[0] >> 160 == chainNumber
            ? positionOwner(uint160(position.fields[0]))
            : address(uint160(position.fields[2]));
        if (to == address(0)) revert ZeroAddress();
        spend(position.account, 0);
        payShares(table, position.account, 0, to, position.fields[3], pool, reserves);
    }

    /// @dev Names who gets what an account of another authority has on this chain: its signing key says so.
    function nameReceiver(RecordProof calldata account, address receiver, uint256[3] calldata signature)
        internal
    {
        if (receiver == address(0)) revert ZeroAddress();
        if (account.tag != ACCOUNT_WITH_KEY) revert NotExitable(account.account, account.tag);
        bytes memory table = Poseidon2.constants();
        checkRoot(table, account, recordNode(table, account));
        uint256 h = Poseidon2.compress(table, signatureDomain, signature[0], signature[1], account.fields[2]);
        h = Poseidon2.compress(
            table,
            h,
            account.fields[3],
            EXIT_MESSAGE | (account.account << 8) | (uint256(chainNumber) << 36),
            uint160(receiver)
        );
        h = Poseidon2.compress(table, h, 0, 0, 0);
        if (!BabyJubjub.isValidSignature(account.fields[2], account.fields[3], signature, h)) {
            revert BadExitSignature(account.account);
        }
        exitReceiver[account.account] = receiver;
        emit ExitReceiverNamed(account.account, receiver);
    }

    /// @dev Who gets what an account has here.
    function receiverOf(RecordProof calldata account) private view returns (address) {
        if (account.tag != ACCOUNT && account.tag != ACCOUNT_WITH_KEY) {
            revert NotExitable(account.account, account.tag);
        }
        uint256 authority = account.fields[0] >> 160;
        // forge-lint: disable-next-line(unsafe-typecast) the address part
        if (authority == 0 || authority == chainNumber) return address(uint160(account.fields[0]));
        address receiver = exitReceiver[account.account];
        if (receiver == address(0)) revert NoExitReceiver(account.account, authority);
        return receiver;
    }

    function spend(uint256 account, uint256 slot) private {
        uint256 bit = 1 << slot;
        if (exitedSlots[account] & bit != 0) revert AlreadyExited(account, slot);
        exitedSlots[account] |= bit;
    }

    /// @dev Both reserves' shares, as far as they are here. All holders together have S - 1000 shares; each gets
    /// floor(R (c + q) / (S - 1000)) - floor(R c / (S - 1000)), c being what left before: so all get R, to the unit.
    function payShares(
        bytes memory table,
        uint256 account,
        uint256 slot,
        address to,
        uint256 shares,
        RecordProof calldata pool,
        Reserve[2] calldata reserves
    ) private {
        if (pool.tag != POOL && pool.tag != STABLE_POOL) {
            revert NotExitable(pool.account, pool.tag);
        }
        uint256 node = recordNode(table, pool);
        checkRoot(table, pool, node);
        if (shares == 0) revert NothingToExit(account, slot);
        uint256 before = exitedShares[pool.account];
        uint256 all = pool.fields[3] - LOCKED_SHARES;
        if (before + shares > all) revert TooManyShares(pool.account);
        exitedShares[pool.account] = before + shares;
        for (uint256 i = 0; i < 2; ++i) {
            uint256 token = pool.fields[i];
            if (token >> 32 != chainNumber) continue;
            checkSlot(table, node, i + 1, token, reserves[i].amount, reserves[i].path);
            uint256 amount =
                (reserves[i].amount * (before + shares)) / all - (reserves[i].amount * before) / all;
            // forge-lint: disable-next-line(unsafe-typecast) its chain is this one
            payExit(account, slot, uint32(token), to, amount);
        }
    }

    function payExit(uint256 account, uint256 slot, uint32 index, address to, uint256 amount) private {
        if (amount == 0) return;
        emit Exited(account, slot, index, to, amount, pay(index, to, amount));
    }

    function checkBalance(bytes memory table, RecordProof calldata account, BalanceProof calldata balance)
        private
        view
    {
        if (balance.slot == 0 || balance.slot > 255) revert BadSlot(balance.slot);
        if (balance.amount == 0) revert NothingToExit(account.account, balance.slot);
        uint256 node = recordNode(table, account);
        checkSlot(table, node, balance.slot, balance.token, balance.amount, balance.path);
        checkRoot(table, account, node);
    }

    /// @dev The slot of the account whose node is given holds this balance.
    function checkSlot(
        bytes memory table,
        uint256 node,
        uint256 slot,
        uint256 token,
        uint256 amount,
        uint256[] calldata path
    ) private pure {
        if (amount > CUSTODY_CAP) revert AmountTooLarge(amount);
        if (token >> 40 != 0) revert WrongExitToken(token);
        if (path.length != SLOT_PATH_WORDS) revert BadPath();
        if (StatePath.climb(table, slot, StatePath.balanceLeaf(token, amount), path) != node) {
            revert BadPath();
        }
    }

    /// @dev The node over all slots of an account, from its record in slot 0.
    function recordNode(bytes memory table, RecordProof calldata p) private pure returns (uint256) {
        if (p.path.length != PATH_WORDS || p.account >> 28 != 0) revert BadPath();
        if (p.tag < ACCOUNT || p.tag > POSITION || p.fields[0] >> 176 != 0) {
            revert NotExitable(p.account, p.tag);
        }
        uint256 leaf = StatePath.recordLeaf(table, p.tag, p.fields[0], p.fields[1], p.fields[2], p.fields[3]);
        return StatePath.climb(table, 0, leaf, p.path[:SLOT_PATH_WORDS]);
    }

    /// @dev That node lies in the state that exits are from.
    function checkRoot(bytes memory table, RecordProof calldata p, uint256 node) private view {
        uint256 root = exodusRoot;
        if (root == 0) revert ExitsNotOpen();
        if (StatePath.climb(table, p.account, node, p.path[SLOT_PATH_WORDS:]) != root) revert BadPath();
    }

    /// @dev Reverts until the block that made the position is executed.
    function positionOwner(uint256 number) internal view virtual returns (address);
}
