// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.30;

import {ProofVectors} from "./ProofVectors.sol";
import {IBlockVerifier} from "../../src/interfaces/IBlockVerifier.sol";

/// @notice The toy systems of tests/support/toy_systems.c: every vector, and the gas of a check.
contract ToyVerifiersTest is ProofVectors {
    function _run(string memory system, string memory name, uint256 evaluators) private {
        string memory json = readSuite(system);
        IBlockVerifier verifier = deploy(name, evaluators, readKey(json));
        uint256 altered = runSuite(verifier, json);
        assertGt(altered, 300);
        Case memory c = readCase(json, 0);
        run(verifier, c);
        checkGas("ToyVerifiers", system, 2);
    }

    function test_vectors_arith() public {
        _run("arith", "Arith", 1);
    }

    function test_vectors_tables() public {
        _run("tables", "Tables", 1);
    }

    function test_vectors_wide() public {
        _run("wide", "Wide", 2);
    }

    function test_vectors_lone() public {
        _run("lone", "Lone", 1);
    }
}
