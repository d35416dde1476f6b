// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.30;

import {IZklinkTypes} from "../../src/interfaces/IZklinkTypes.sol";

/// @notice An ECDSA key change that a block makes, with what the signature covers.
struct KeyChange {
    uint256 account;
    uint256 nonce;
    uint256 feeToken;
    uint256 feeMantissa;
    uint256 feeExponent;
    uint256 x;
    uint256 y;
}

/// @notice A block being made, seen from all chains. Arrays by chain position.
struct Draft {
    uint64 number;
    uint256 timestamp;
    uint256 operations;
    bytes32 oldRoot;
    bytes32 newRoot;
    uint256[] log;
    uint256[][] outbox;
    uint64[] firstRequest;
    uint64[] endRequest;
    bytes32[] requestsHash;
    IZklinkTypes.KeySignature[][] keySignatures;
    uint256 logChallenge;
    uint256 proofNonce;
}

/// @title Blocks without a circuit: operations are appended to log and outboxes, word by word as docs/protocol.md has it.
/// @dev Deliberately independent of src/libraries: layouts are written out again here, and both are compared with the C
/// library's (test/Words.t.sol).
library Blocks {
    uint256 internal constant PIECE_WORDS = 3968;
    uint256 internal constant MODULUS =
        21888242871839275222246405745257275088548364400416034343698204186575808495617;

    function create(uint256 chains) internal pure returns (Draft memory d) {
        d.outbox = new uint256[][](chains);
        d.firstRequest = new uint64[](chains);
        d.endRequest = new uint64[](chains);
        d.requestsHash = new bytes32[](chains);
        d.keySignatures = new IZklinkTypes.KeySignature[][](chains);
    }

    /// @notice Appends an operation's log words and counts it; returns its number.
    function addOperation(Draft memory d, uint256[] memory words) internal pure returns (uint256 number) {
        number = d.operations++;
        d.log = concat(d.log, words);
    }

    function addEntry(Draft memory d, uint256 chain, uint256[5] memory entry) internal pure {
        uint256[] memory words = new uint256[](5);
        for (uint256 i = 0; i < 5; i++) {
            words[i] = entry[i];
        }
        d.outbox[chain] = concat(d.outbox[chain], words);
    }

    function addRequestHash(Draft memory d, uint256 chain, uint256[4] memory template) internal pure {
        bytes32 hash = keccak256(abi.encodePacked(template[0], template[1], template[2], template[3]));
        d.requestsHash[chain] = keccak256(abi.encodePacked(d.requestsHash[chain], hash));
        d.endRequest[chain]++;
    }

    /// @notice A deposit taken from the queue of the chain at position `chain`, credited to (account, slot).
    function deposit(
        Draft memory d,
        uint256 chain,
        uint256 account,
        uint256 slot,
        uint256 token,
        uint256 amount,
        uint256 owner
    ) internal pure {
        uint256 template = 1 + (token << 44) + (amount << 84);
        uint256 w0 = template + (account << 8) + (slot << 36);
        uint256 op = addOperation(d, list(w0, owner));
        addEntry(d, chain, [op, w0, owner, 0, 0]);
        addRequestHash(d, chain, [template, owner, 0, 0]);
    }

    function setSigningKey(
        Draft memory d,
        uint256 chain,
        uint256 account,
        uint256 owner,
        uint256 x,
        uint256 y,
        bool ok
    ) internal pure {
        uint256 template = 2 + (account << 8);
        uint256 w0 = template + (ok ? uint256(1) << 36 : 0);
        uint256 op = addOperation(d, list(w0, owner, x, y));
        addEntry(d, chain, [op, w0, owner, x, y]);
        addRequestHash(d, chain, [template, owner, x, y]);
    }

    /// @notice A full exit of (account, slot), asked for on `chain`; pays `amount` of `token`, if amount is not 0, on the
    /// chain at position `paying` (the same one, or another).
    function fullExit(
        Draft memory d,
        uint256 chain,
        uint256 paying,
        uint256 account,
        uint256 slot,
        uint256 owner,
        uint256 token,
        uint256 amount,
        address to
    ) internal pure {
        uint256 template = 3 + (account << 8) + (slot << 36);
        uint256 w0 = template;
        if (amount != 0) w0 += (1 << 44) + (token << 45) + (amount << 85);
        uint256[4] memory words = [w0, owner, uint160(to), 0];
        uint256 op = addOperation(d, list(words[0], words[1], words[2]));
        addEntry(d, chain, [op, words[0], words[1], words[2], 0]);
        if (amount != 0 && paying != chain) addEntry(d, paying, [op, words[0], words[1], words[2], 0]);
        addRequestHash(d, chain, [template, words[1], words[2], 0]);
    }

    function withdraw(
        Draft memory d,
        uint256 chain,
        uint256 account,
        uint256 token,
        uint256 amount,
        address to,
        uint256 nonce
    ) internal pure {
        uint256 w0 = 12 + (account << 8) + (uint256(1) << 87) + (token << 95) + (amount << 135);
        uint256 op = addOperation(d, list(w0, uint160(to), nonce));
        addEntry(d, chain, [op, w0, uint160(to), nonce, 0]);
    }

    function changePubKey(
        Draft memory d,
        uint256 chain,
        uint256 chainNumber,
        address owner,
        KeyChange memory k,
        IZklinkTypes.KeySignature memory signature
    ) internal pure {
        uint256 w0 = 4 + (k.account << 8) + (uint256(1) << 36) + (uint256(1) << 44) + (k.feeMantissa << 52)
            + (k.feeExponent << 84) + (k.feeToken << 87) + (k.nonce << 127) + (chainNumber << 159);
        uint256 op = addOperation(d, list(w0, uint160(owner), k.x, k.y));
        addEntry(d, chain, [op, w0, uint160(owner), k.x, k.y]);
        IZklinkTypes.KeySignature[] memory old = d.keySignatures[chain];
        IZklinkTypes.KeySignature[] memory longer = new IZklinkTypes.KeySignature[](old.length + 1);
        for (uint256 i = 0; i < old.length; i++) {
            longer[i] = old[i];
        }
        longer[old.length] = signature;
        d.keySignatures[chain] = longer;
    }

    /// @notice An operation that concerns no chain (a transfer's single word).
    function inner(Draft memory d, uint256 salt) internal pure {
        addOperation(d, list(5 + (salt << 8)));
    }

    function logDigest(uint256[] memory log) internal pure returns (bytes32 digest) {
        for (uint256 i = 0; i < log.length; i += PIECE_WORDS) {
            uint256[] memory piece = slice(log, i, i + PIECE_WORDS);
            digest = keccak256(abi.encodePacked(digest, keccak256(abi.encodePacked(piece))));
        }
    }

    /// @notice sum_i words[i] g^i.
    function evaluate(uint256[] memory words, uint256 g) internal pure returns (uint256 sum) {
        for (uint256 i = words.length; i > 0; i--) {
            sum = addmod(mulmod(sum, g, MODULUS), words[i - 1], MODULUS);
        }
    }

    /// @notice words[from..to), cut at the end.
    function slice(uint256[] memory words, uint256 from, uint256 to)
        internal
        pure
        returns (uint256[] memory part)
    {
        if (to > words.length) to = words.length;
        part = new uint256[](to - from);
        for (uint256 i = from; i < to; i++) {
            part[i - from] = words[i];
        }
    }

    function concat(uint256[] memory a, uint256[] memory b) internal pure returns (uint256[] memory c) {
        c = new uint256[](a.length + b.length);
        for (uint256 i = 0; i < c.length; i++) {
            c[i] = i < a.length ? a[i] : b[i - a.length];
        }
    }

    function list(uint256 a) internal pure returns (uint256[] memory w) {
        w = new uint256[](1);
        w[0] = a;
    }

    function list(uint256 a, uint256 b) internal pure returns (uint256[] memory w) {
        w = new uint256[](2);
        (w[0], w[1]) = (a, b);
    }

    function list(uint256 a, uint256 b, uint256 c) internal pure returns (uint256[] memory w) {
        w = new uint256[](3);
        (w[0], w[1], w[2]) = (a, b, c);
    }

    function list(uint256 a, uint256 b, uint256 c, uint256 d) internal pure returns (uint256[] memory w) {
        w = new uint256[](4);
        (w[0], w[1], w[2], w[3]) = (a, b, c, d);
    }
}
