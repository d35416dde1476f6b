// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.30;

// forge-lint: disable-start(unsafe-typecast) numbers here are small, selectors are cut off on purpose

import {Initializable} from "@openzeppelin/contracts/proxy/utils/Initializable.sol";
import {UUPSUpgradeable} from "@openzeppelin/contracts/proxy/utils/UUPSUpgradeable.sol";
import {IZklink} from "../src/interfaces/IZklink.sol";
import {IBlockVerifier} from "../src/interfaces/IBlockVerifier.sol";
import {IZklinkTypes} from "../src/interfaces/IZklinkTypes.sol";
import {Zklink} from "../src/Zklink.sol";
import {ZklinkPools} from "../src/ZklinkPools.sol";
import {ZklinkRequests} from "../src/ZklinkRequests.sol";
import {ZklinkSafety} from "../src/ZklinkSafety.sol";
import {Deployer} from "./support/Deployer.sol";
import {ZklinkTest} from "./support/ZklinkTest.sol";
import {StubVerifier} from "./support/StubVerifier.sol";

/// @notice What identifies an instance, and configurations that are refused.
contract DeploymentTest is ZklinkTest {
    function expectConfig(IZklinkTypes.Config memory c, string memory what) private {
        IZklinkTypes.Setup memory s = setup(A);
        vm.expectRevert(abi.encodeWithSelector(IZklinkTypes.BadConfiguration.selector, what));
        this.deployOutside(A, c, s);
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
            IZklinkTypes.Config memory c = config(A);
            if (i == 0) c.salt = keccak256("other");
            if (i == 1) c.verifier = new StubVerifier(keccak256("other"), LOG_CHIP, OUTBOX_CHIP);
            if (i == 2) c.chains[1].evmChainId++;
            if (i == 3) c.genesisRoot = bytes32(uint256(c.genesisRoot) + 1);
            if (i == 4) c.feeAccount++;
            IZklinkTypes.Setup memory s = setup(A);
            s.chains = c.chains;
            assertNotEq(deploy(A, c, s).instanceId(), instance);
        }
    }

    function test_config_RevertsIfTheChainListIsBad() public {
        IZklinkTypes.Config memory c = config(A);
        c.chains = new IZklinkTypes.ChainInfo[](0);
        expectConfig(c, "chain count");
        c.chains = new IZklinkTypes.ChainInfo[](17);
        for (uint256 i = 0; i < 17; i++) {
            c.chains[i] = IZklinkTypes.ChainInfo(uint8(i + 1), evmChainId(A));
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
        IZklinkTypes.Setup memory s = setup(A);
        s.chains[1].evmChainId++;
        expectSetup(s, "first chain list"); // not the list that the instance id names
        s = setup(A);
        s.chains[0].evmChainId++;
        expectSetup(s, "EVM chain id");
        s = setup(A);
        s.chains[0].number = 4;
        expectSetup(s, "own chain not listed");
    }

    function test_config_RevertsIfAnythingElseIsBad() public {
        IZklinkTypes.Config memory c = config(A);
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
        new ZklinkSafety(c);
    }

    function test_setup_RevertsIfARoleIsBad() public {
        IZklinkTypes.Setup memory s = setup(A);
        s.operator = address(0);
        expectSetup(s, "operator");
        s = setup(A);
        s.guardian = address(0);
        expectSetup(s, "guardian");
        s = setup(A);
        s.governorDelay = REQUEST_PERIOD + EXIT_WINDOW;
        expectSetup(s, "governor's delay");
        s.governorDelay = type(uint256).max; // for ever
        expectSetup(s, "governor's delay");
        s.governorDelay = REQUEST_PERIOD + EXIT_WINDOW + 1;
        s.council = new address[](0);
        expectSetup(s, "council");
        s.council = Deployer.council(council);
        this.proxyOutside(s);
    }

    /// @notice Implementations can't be initialised, take no money, and hold nothing.
    function test_implementations_areLocked() public {
        ZklinkSafety safety = new ZklinkSafety(config(A));
        ZklinkPools pools = new ZklinkPools(config(A), address(safety));
        ZklinkRequests requests = new ZklinkRequests(config(A), address(pools));
        Zklink core = new Zklink(config(A), address(requests));
        address[4] memory row = [address(safety), address(pools), address(requests), address(core)];
        IZklinkTypes.Setup memory s = setup(A);
        for (uint256 i = 0; i < 4; i++) {
            if (i == 0) vm.expectRevert(Initializable.InvalidInitialization.selector);
            else vm.expectRevert(IZklinkTypes.NotThroughProxy.selector); // nothing is handed on
            IZklink(row[i]).initialize(s);
        }
        vm.deal(alice, 1 ether);
        vm.startPrank(alice);
        vm.expectRevert(IZklinkTypes.NotThroughProxy.selector);
        requests.depositNative{value: 1}(alice);
        vm.expectRevert(IZklinkTypes.NotThroughProxy.selector);
        IZklink(address(core)).depositNative{value: 1}(alice);
        vm.expectRevert(UUPSUpgradeable.UUPSUnauthorizedCallContext.selector);
        IZklink(address(core)).upgradeToAndCall(address(safety), "");
        vm.stopPrank();
        vm.expectRevert(Initializable.InvalidInitialization.selector);
        zklink[A].initialize(s);
    }

    /// @notice The row's contracts have one configuration.
    function test_row_RevertsIfConfigurationsDiffer() public {
        ZklinkSafety safety = new ZklinkSafety(config(A));
        IZklinkTypes.Config memory other = config(A);
        other.requestPeriod++;
        vm.expectRevert(abi.encodeWithSelector(IZklinkTypes.BadConfiguration.selector, "next implementation"));
        new ZklinkRequests(other, address(safety));
    }

    /// @notice Coins sent without a call are refused, and so is what no implementation knows.
    function test_unknownCalls_revert() public {
        vm.deal(alice, 2);
        vm.startPrank(alice);
        (bool ok,) = address(zklink[A]).call{value: 1}("");
        assertFalse(ok);
        (ok,) = address(zklink[A]).call(hex"12345678");
        assertFalse(ok);
        vm.stopPrank();
    }

    /// @notice All stay below EIP-170's limit.
    function test_size_isAllowed() public {
        address row = address(new ZklinkSafety(config(A)));
        assertLe(row.code.length, 24_576);
        row = Deployer.exits(config(A), row);
        assertLe(row.code.length, 24_576);
        row = address(new ZklinkPools(config(A), row));
        assertLe(row.code.length, 24_576);
        row = address(new ZklinkRequests(config(A), row));
        assertLe(row.code.length, 24_576);
        assertLe(address(implementation[A]).code.length, 24_576);
    }
}
