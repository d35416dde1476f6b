// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.30;

import {ProofVectors} from "./ProofVectors.sol";
import {IBlockVerifier} from "../../src/interfaces/IBlockVerifier.sol";

/// @notice The verifier of the real circuit on proofs of random blocks; `make verifier-vectors` makes them.
contract ZklinkVerifierTest is ProofVectors {
    function _deploy(string memory json) private returns (IBlockVerifier) {
        uint256 evaluators = 0;
        while (vm.exists(string.concat("out/ZklinkEvaluator", vm.toString(evaluators), ".sol"))) evaluators++;
        return deploy("Zklink", evaluators, readKey(json));
    }

    function test_vectors() public {
        string memory json = vm.readFile("../build/vectors/zklink.json");
        uint256 altered = runSuite(_deploy(json), json);
        assertGt(altered, 300);
    }

    /// @dev EIP-170. The test runner does not enforce it here, a chain does.
    function test_codeSizes() public {
        address verifier = address(_deploy(vm.readFile("../build/vectors/zklink.json")));
        assertLe(verifier.code.length, 24576);
        for (uint256 i = 0; vm.exists(string.concat("out/ZklinkEvaluator", vm.toString(i), ".sol")); i++) {
            uint256 size = vm.deployCode(string.concat("ZklinkEvaluator", vm.toString(i), ".sol")).code.length;
            assertLe(size, 24576);
            recordFigure("ZklinkVerifier", string.concat("code of evaluator ", vm.toString(i)), size);
        }
        recordFigure("ZklinkVerifier", "code of the verifier", verifier.code.length);
    }

    /// @dev Hard limit: 1.5 M with calldata (16 gas a byte, an upper bound); aim: 0.7 M without.
    function test_gas() public {
        string memory json = vm.readFile("../build/vectors/zklink.json");
        IBlockVerifier verifier = _deploy(json);
        Case memory c = readCase(json, 0);
        run(verifier, c);
        uint256 gasUsed = vm.lastCallGas().gasTotalUsed;
        checkFigure("ZklinkVerifier", "verify, 60 swaps", gasUsed, 25);
        checkFigure("ZklinkVerifier", "proof bytes, 60 swaps", c.proof.length, 25);
        assertLt(gasUsed, 700_000);
        assertLt(gasUsed + 16 * c.proof.length, 1_500_000);
    }
}
