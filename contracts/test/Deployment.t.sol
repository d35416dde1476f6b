// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.30;

// forge-lint: disable-start(unsafe-typecast) numbers here are small, selectors are cut off on purpose

import {IZklink} from "../src/interfaces/IZklink.sol";
import {IBlockVerifier} from "../src/interfaces/IBlockVerifier.sol";
import {Zklink} from "../src/Zklink.sol";
import {ZklinkTest} from "./support/ZklinkTest.sol";
import {StubVerifier} from "./support/StubVerifier.sol";

/// @notice What identifies an instance, and configurations that are refused.
contract DeploymentTest is ZklinkTest {
    function expectConfig(Zklink.Config memory c, string memory what) private {
        vm.chainId(evmChainId(A));
        vm.expectRevert(abi.encodeWithSelector(IZklink.BadConfiguration.selector, what));
        new Zklink(c);
    }

    function test_instance_isTheSameOnAllChains() public view {
        assertEq(zklink[A].instanceId(), zklink[B].instanceId());
        assertEq(zklink[A].domainSeparator(), zklink[B].domainSeparator());
        assertEq(zklink[A].chainListHash(), zklink[B].chainListHash());
        assertEq(keccak256(abi.encode(zklink[A].genesis())), keccak256(abi.encode(zklink[B].genesis())));
        assertEq(uint256(zklink[A].chainNumber()), NUMBER_A);
        assertEq(uint256(zklink[B].chainNumber()), NUMBER_B);
        assertEq(zklink[A].chainPosition(), A);
        assertEq(zklink[B].chainPosition(), B);
        assertEq(zklink[A].storedBlockHash(0), keccak256(abi.encode(zklink[A].genesis())));
    }

    /// @notice Everything that must be one for all chains changes the instance.
    function test_instance_dependsOnItsParameters() public {
        bytes32 instance = zklink[A].instanceId();
        for (uint256 i = 0; i < 5; i++) {
            Zklink.Config memory c = config(A);
            if (i == 0) c.salt = keccak256("other");
            if (i == 1) c.verifier = new StubVerifier(keccak256("other"), LOG_CHIP, OUTBOX_CHIP);
            if (i == 2) c.chains[1].evmChainId++;
            if (i == 3) c.genesisRoot = bytes32(uint256(c.genesisRoot) + 1);
            if (i == 4) c.feeAccount++;
            assertNotEq(deploy(A, c).instanceId(), instance);
        }
    }

    function test_config_RevertsIfTheChainListIsBad() public {
        Zklink.Config memory c = config(A);
        c.chains = new IZklink.ChainInfo[](0);
        expectConfig(c, "chain count");
        c.chains = new IZklink.ChainInfo[](17);
        for (uint256 i = 0; i < 17; i++) {
            c.chains[i] = IZklink.ChainInfo(uint8(i + 1), evmChainId(A));
        }
        expectConfig(c, "chain count");
        c = config(A);
        c.chains[0].number = 0;
        expectConfig(c, "chain number 0");
        c = config(A);
        c.chains[1].number = NUMBER_A;
        expectConfig(c, "chain order");
        c.chains[1].number = NUMBER_A - 1;
        expectConfig(c, "chain order");
        c = config(A);
        c.chainNumber = 4;
        expectConfig(c, "own chain not listed");
        c = config(A);
        c.chainNumber = NUMBER_B; // a config meant for the other chain
        expectConfig(c, "EVM chain id");
    }

    function test_config_RevertsIfAnythingElseIsBad() public {
        Zklink.Config memory c = config(A);
        c.operator = address(0);
        expectConfig(c, "operator");
        c = config(A);
        c.genesisRoot = bytes32(R);
        expectConfig(c, "genesis root");
        c = config(A);
        c.feeAccount = 0;
        expectConfig(c, "fee account");
        c.feeAccount = 1 << 28;
        expectConfig(c, "fee account");
        c = config(A);
        c.requestPeriod = 0;
        expectConfig(c, "request period");
        c.requestPeriod = 365 days + 1;
        expectConfig(c, "request period");
        c = config(A);
        c.outboxChip = c.logChip;
        expectConfig(c, "public chips");
        c = config(A);
        c.verifier = IBlockVerifier(bob); // no code
        vm.expectRevert();
        new Zklink(c);
    }

    /// @notice Room is left below EIP-170's limit.
    function test_size_leavesRoom() public view {
        assertLt(address(zklink[A]).code.length, 20_480);
    }
}
