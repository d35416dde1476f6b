// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.30;

import {Snapshots} from "../support/Snapshots.sol";
import {VerifyingKey} from "../../src/verifier/BlockVerifier.sol";
import {HeldColumn, HeldSum, IBlockVerifier} from "../../src/interfaces/IBlockVerifier.sol";

/// @title Reads and runs the suites in tests/vectors/proofs; their format: tests/reference/vectors.py
abstract contract ProofVectors is Snapshots {
    struct Case {
        bytes32 statementDigest;
        uint256[] scalars;
        uint256[] instanceScalars;
        HeldColumn[] columns;
        bytes proof;
    }

    struct Alterations {
        string[] name;
        uint256[] base;
        uint256[] kind;
        uint256[] offset;
        bytes[] value;
    }

    // Kinds of alterations.
    uint256 internal constant PROOF = 0;
    uint256 internal constant CUT = 1;
    uint256 internal constant APPEND = 2;
    uint256 internal constant SCALAR = 3;
    uint256 internal constant INSTANCE = 4;
    uint256 internal constant DIGEST = 5;
    uint256 internal constant HELD = 6;
    uint256 internal constant HELD_CUT = 7;
    uint256 internal constant HELD_APPEND = 8;

    function readSuite(string memory system) internal view returns (string memory) {
        return vm.readFile(string.concat("../tests/vectors/proofs/", system, ".json"));
    }

    function readKey(string memory json) internal pure returns (VerifyingKey memory key) {
        key.maxLogSize = vm.parseJsonUint(json, ".key.maxLogSize");
        (key.preprocessed[0], key.preprocessed[1]) =
            abi.decode(vm.parseJsonBytes(json, ".key.preprocessed"), (uint256, uint256));
        uint256[4] memory tau = abi.decode(vm.parseJsonBytes(json, ".key.tauG2"), (uint256[4]));
        key.tauG2 = tau;
    }

    /// @dev Deploys <Name>Evaluator0.. and <Name>Verifier.
    function deploy(string memory name, uint256 evaluators, VerifyingKey memory key)
        internal
        returns (IBlockVerifier)
    {
        address[] memory list = new address[](evaluators);
        for (uint256 i = 0; i < evaluators; i++) {
            list[i] = vm.deployCode(string.concat(name, "Evaluator", vm.toString(i), ".sol"));
        }
        return IBlockVerifier(vm.deployCode(string.concat(name, "Verifier.sol"), abi.encode(key, list)));
    }

    function countValid(string memory json) internal view returns (uint256 n) {
        while (vm.keyExistsJson(json, string.concat(".valid[", vm.toString(n), "]"))) n++;
    }

    function readCase(string memory json, uint256 i) internal view returns (Case memory c) {
        string memory path = string.concat(".valid[", vm.toString(i), "]");
        c.statementDigest = vm.parseJsonBytes32(json, string.concat(path, ".statementDigest"));
        c.scalars = vm.parseJsonUintArray(json, string.concat(path, ".scalars"));
        c.instanceScalars = vm.parseJsonUintArray(json, string.concat(path, ".instanceScalars"));
        c.proof = vm.parseJsonBytes(json, string.concat(path, ".proof"));
        uint256 n = 0;
        while (vm.keyExistsJson(json, string.concat(path, ".held[", vm.toString(n), "]"))) n++;
        c.columns = new HeldColumn[](n);
        for (uint256 h = 0; h < n; h++) {
            string memory held = string.concat(path, ".held[", vm.toString(h), "]");
            c.columns[h].chip = vm.parseJsonUint(json, string.concat(held, ".chip"));
            c.columns[h].instance = vm.parseJsonUint(json, string.concat(held, ".instance"));
            c.columns[h].words = vm.parseJsonUintArray(json, string.concat(held, ".words"));
        }
    }

    function readAlterations(string memory json) internal pure returns (Alterations memory a) {
        a.name = vm.parseJsonStringArray(json, ".altered.name");
        a.base = vm.parseJsonUintArray(json, ".altered.base");
        a.kind = vm.parseJsonUintArray(json, ".altered.kind");
        a.offset = vm.parseJsonUintArray(json, ".altered.offset");
        a.value = vm.parseJsonBytesArray(json, ".altered.value");
    }

    /// @dev A copy of a case with one alteration; the original stays as it is.
    function alter(Case memory base, uint256 kind, uint256 offset, bytes memory value)
        internal
        pure
        returns (Case memory c)
    {
        c = abi.decode(abi.encode(base), (Case));
        uint256 held = offset >> 16;
        uint256 word = offset & 0xffff;
        if (kind == PROOF) {
            for (uint256 i = 0; i < value.length; i++) {
                c.proof[offset + i] = value[i];
            }
        } else if (kind == CUT) {
            bytes memory proof = c.proof;
            assembly ("memory-safe") {
                mstore(proof, offset)
            }
        } else if (kind == APPEND) {
            c.proof = bytes.concat(c.proof, value);
        } else if (kind == SCALAR) {
            c.scalars[offset] = uint256(bytes32(value));
        } else if (kind == INSTANCE) {
            c.instanceScalars[offset] = uint256(bytes32(value));
        } else if (kind == DIGEST) {
            c.statementDigest = bytes32(value);
        } else if (kind == HELD) {
            c.columns[held].words[word] = uint256(bytes32(value));
        } else if (kind == HELD_CUT) {
            uint256[] memory words = c.columns[held].words;
            assembly ("memory-safe") {
                mstore(words, word)
            }
        } else if (kind == HELD_APPEND) {
            uint256[] memory words = c.columns[held].words;
            uint256[] memory longer = new uint256[](words.length + word);
            for (uint256 i = 0; i < longer.length; i++) {
                longer[i] = i < words.length ? words[i] : uint256(bytes32(value));
            }
            c.columns[held].words = longer;
        } else {
            revert("unknown alteration");
        }
    }

    function run(IBlockVerifier verifier, Case memory c) internal view {
        verifier.verify(c.statementDigest, c.scalars, c.instanceScalars, c.columns, new HeldSum[](0), c.proof);
    }

    function accepts(IBlockVerifier verifier, Case memory c) internal view returns (bool) {
        // A precompile that refuses its input burns the gas it was given.
        try verifier.verify{gas: 3_000_000}(
            c.statementDigest, c.scalars, c.instanceScalars, c.columns, new HeldSum[](0), c.proof
        ) {
            return true;
        } catch {
            return false;
        }
    }

    /// @dev All valid cases pass and all alterations fail; returns how many alterations ran.
    function runSuite(IBlockVerifier verifier, string memory json) internal view returns (uint256) {
        uint256 n = countValid(json);
        Case[] memory cases = new Case[](n);
        for (uint256 i = 0; i < n; i++) {
            cases[i] = readCase(json, i);
            run(verifier, cases[i]);
        }
        Alterations memory a = readAlterations(json);
        assertGt(a.name.length, 0);
        uint256 free;
        assembly ("memory-safe") {
            free := mload(0x40)
        }
        for (uint256 i = 0; i < a.name.length; i++) {
            bool accepted = accepts(verifier, alter(cases[a.base[i]], a.kind[i], a.offset[i], a.value[i]));
            assertFalse(accepted, a.name[i]);
            // The altered copy is no longer needed: take its memory again.
            assembly ("memory-safe") {
                mstore(0x40, free)
            }
        }
        return a.name.length;
    }
}
