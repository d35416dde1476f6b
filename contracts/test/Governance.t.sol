// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.30;

// forge-lint: disable-start(unsafe-typecast) numbers here are small

import {IAccessControl} from "@openzeppelin/contracts/access/IAccessControl.sol";
import {TimelockController} from "@openzeppelin/contracts/governance/TimelockController.sol";
import {UUPSUpgradeable} from "@openzeppelin/contracts/proxy/utils/UUPSUpgradeable.sol";
import {IZklink, IZklinkSafety} from "../src/interfaces/IZklink.sol";
import {IZklinkTypes} from "../src/interfaces/IZklinkTypes.sol";
import {Positions} from "../src/Positions.sol";
import {Zklink} from "../src/Zklink.sol";
import {ZklinkGovernor} from "../src/ZklinkGovernor.sol";
import {Blocks, Draft} from "./support/Blocks.sol";
import {Deployer} from "./support/Deployer.sol";
import {ZklinkTest} from "./support/ZklinkTest.sol";

/// @notice Each role, what it may and what it may not; changes through the governor; decisions of the oracles.
contract GovernanceTest is ZklinkTest {
    using Blocks for Draft;

    IZklink private z;
    ZklinkGovernor private governor;

    function setUp() public override {
        super.setUp();
        z = zklink[A];
        governor = ZklinkGovernor(payable(z.governor()));
        vm.chainId(evmChainId(A));
    }

    function schedule(bytes memory data) private {
        vm.prank(council);
        governor.schedule(address(z), 0, data, 0, 0, GOVERNOR_DELAY);
    }

    function executeScheduled(bytes memory data) private {
        governor.execute(address(z), 0, data, 0, 0);
    }

    /// @dev Proposed, waited for, executed by anybody.
    function govern(bytes memory data) private {
        schedule(data);
        skip(GOVERNOR_DELAY);
        executeScheduled(data);
    }

    // ---- the governor ----

    /// @notice All that changes anything, and who may not call it.
    function governed() private returns (bytes[] memory calls) {
        IZklinkTypes.NetworkConfig[] memory networks = setup(A).networks;
        calls = new bytes[](7);
        calls[0] = abi.encodeCall(IZklinkSafety.setOperator, (bob));
        calls[1] = abi.encodeCall(IZklinkSafety.setGuardian, (bob));
        calls[2] = abi.encodeCall(IZklinkSafety.setGovernor, (GOVERNOR_DELAY, Deployer.council(bob)));
        calls[3] = abi.encodeCall(IZklinkSafety.setOutflowLimit, (TOKEN, 5));
        calls[4] = abi.encodeCall(IZklinkSafety.scheduleNetworks, (networks, 9));
        calls[5] = abi.encodeCall(IZklinkSafety.scheduleChain, (IZklinkTypes.ChainInfo(9, 10), 9));
        calls[6] = abi.encodeCall(
            UUPSUpgradeable.upgradeToAndCall, (address(Deployer.implementation(config(A))), "")
        );
    }

    function test_governed_RevertForEverybodyElse() public {
        bytes[] memory calls = governed();
        address[5] memory callers = [operator, guardian, council, vm.addr(oracleKeys[0]), alice];
        for (uint256 i = 0; i < calls.length; i++) {
            for (uint256 k = 0; k < callers.length; k++) {
                vm.prank(callers[k]);
                (bool ok, bytes memory reason) = address(z).call(calls[i]);
                assertFalse(ok);
                assertEq(reason, abi.encodeWithSelector(IZklinkTypes.NotGovernor.selector, callers[k]));
            }
        }
    }

    /// @notice Whatever the council wants takes the delay, which is longer than a request's period and the exits' window; it can't
    /// be made shorter.
    function test_governed_waitForTheDelay() public {
        assertGt(governor.minimumDelay(), uint256(REQUEST_PERIOD) + EXIT_WINDOW);
        bytes[] memory calls = governed();
        for (uint256 i = 0; i < calls.length; i++) {
            vm.prank(council);
            vm.expectRevert(
                abi.encodeWithSelector(
                    TimelockController.TimelockInsufficientDelay.selector, GOVERNOR_DELAY - 1, GOVERNOR_DELAY
                )
            );
            governor.schedule(address(z), 0, calls[i], 0, 0, GOVERNOR_DELAY - 1);
            schedule(calls[i]);
        }
        skip(GOVERNOR_DELAY - 1);
        for (uint256 i = 0; i < calls.length; i++) {
            vm.expectPartialRevert(TimelockController.TimelockUnexpectedOperationState.selector);
            executeScheduled(calls[i]);
        }
        skip(1);
        for (uint256 i = 3; i < calls.length; i++) {
            executeScheduled(calls[i]);
        }
    }

    function test_governor_keepsItsFloor() public {
        vm.expectPartialRevert(TimelockController.TimelockUnauthorizedCaller.selector);
        governor.updateDelay(GOVERNOR_DELAY + 1);
        bytes memory shorter = abi.encodeCall(TimelockController.updateDelay, (GOVERNOR_DELAY - 1));
        bytes memory longer = abi.encodeCall(TimelockController.updateDelay, (GOVERNOR_DELAY + 1));
        vm.startPrank(council);
        governor.schedule(address(governor), 0, shorter, 0, 0, GOVERNOR_DELAY);
        governor.schedule(address(governor), 0, longer, 0, 0, GOVERNOR_DELAY);
        vm.stopPrank();
        skip(GOVERNOR_DELAY);
        vm.expectRevert(
            abi.encodeWithSelector(ZklinkGovernor.DelayTooShort.selector, GOVERNOR_DELAY - 1, GOVERNOR_DELAY)
        );
        governor.execute(address(governor), 0, shorter, 0, 0);
        governor.execute(address(governor), 0, longer, 0, 0);
        assertEq(governor.getMinDelay(), GOVERNOR_DELAY + 1);
        // nobody has the right to grant rights but the governor itself
        assertFalse(governor.hasRole(governor.DEFAULT_ADMIN_ROLE(), council));
        assertTrue(governor.hasRole(governor.DEFAULT_ADMIN_ROLE(), address(governor)));
        // and its successor has a floor as long
        bytes memory data = abi.encodeCall(
            IZklinkSafety.setGovernor, (uint256(REQUEST_PERIOD) + EXIT_WINDOW, Deployer.council(bob))
        );
        vm.prank(council);
        governor.schedule(address(z), 0, data, 0, 0, GOVERNOR_DELAY + 1);
        skip(GOVERNOR_DELAY + 1);
        vm.expectRevert(abi.encodeWithSelector(IZklinkTypes.BadConfiguration.selector, "governor's delay"));
        executeScheduled(data);
    }

    function test_roles_areReplaced() public {
        govern(abi.encodeCall(IZklinkSafety.setOperator, (bob)));
        assertEq(z.operator(), bob);
        Draft memory d = draft();
        d.inner(1);
        IZklinkTypes.BlockSubmission memory s = submission(A, d);
        vm.prank(operator);
        vm.expectRevert(abi.encodeWithSelector(IZklinkTypes.NotOperator.selector, operator));
        z.submitBlock(stored[A][0], s);
        vm.prank(bob);
        z.submitBlock(stored[A][0], s);
        govern(abi.encodeCall(IZklinkSafety.setGuardian, (bob)));
        assertEq(z.guardian(), bob);
        govern(abi.encodeCall(IZklinkSafety.setGovernor, (GOVERNOR_DELAY, Deployer.council(bob))));
        ZklinkGovernor next = ZklinkGovernor(payable(z.governor()));
        assertNotEq(address(next), address(governor));
        assertTrue(next.hasRole(next.PROPOSER_ROLE(), bob));
        assertFalse(next.hasRole(next.PROPOSER_ROLE(), council));
        assertEq(next.getMinDelay(), GOVERNOR_DELAY);
        bytes memory data = abi.encodeCall(IZklinkSafety.setOperator, (alice));
        schedule(data); // the old one
        skip(GOVERNOR_DELAY);
        vm.expectRevert(abi.encodeWithSelector(IZklinkTypes.NotGovernor.selector, address(governor)));
        executeScheduled(data);
    }

    // ---- the guardian ----

    /// @notice Paused: no new money. Everything else goes on: requests to leave, blocks, payouts.
    function test_guardian_stopsNewMoneyAndNothingElse() public {
        Draft memory d = draft();
        depositInto(d, A, 2, 1, 100);
        settle(d);
        vm.prank(guardian);
        z.pauseAllDeposits();
        vm.startPrank(alice);
        vm.expectPartialRevert(IZklinkTypes.DepositsPaused.selector);
        z.deposit(address(token[A]), 1, alice);
        vm.expectPartialRevert(IZklinkTypes.DepositsPaused.selector);
        z.depositNative{value: 1}(alice);
        z.requestFullExit(2, 1, bob);
        z.requestSetSigningKey(2, KEY_X, KEY_Y);
        vm.stopPrank();
        Draft memory e = draft();
        e.fullExit(A, A, 2, 1, ownerWord(A, alice), tokenId(A, TOKEN), 100, bob);
        e.setSigningKey(A, 2, ownerWord(A, alice), KEY_X, KEY_Y, true);
        settle(e);
        assertEq(token[A].balanceOf(bob), 100);
    }

    // ---- outflow limits ----

    /// @notice What is over the limit waits, and leaves in the windows after; what never fits leaves in parts.
    function test_outflow_delaysAndNeverStops() public {
        Draft memory d = draft();
        depositInto(d, A, 2, 1, 1600);
        settle(d);
        govern(abi.encodeCall(IZklinkSafety.setOutflowLimit, (TOKEN, 1))); // as little as can be
        Draft memory e = draft();
        e.withdraw(A, 2, tokenId(A, TOKEN), 1600, bob, 0);
        settle(e);
        assertEq(token[A].balanceOf(bob), 101); // a sixteenth, and one
        assertEq(z.pendingBalance(TOKEN, bob), 1499);
        vm.expectRevert(abi.encodeWithSelector(IZklinkTypes.OutflowLimitReached.selector, TOKEN));
        z.withdrawPending(TOKEN, bob);
        for (uint256 i = 1; i < 16; i++) {
            skip(1 days);
            z.withdrawPending(TOKEN, bob);
        }
        assertEq(token[A].balanceOf(bob), 1600);
        assertEq(z.custody(TOKEN), 0);
    }

    function testFuzz_outflow_isBounded(uint256 held, uint256 limit, uint256 first, uint256 second) public {
        held = bound(held, 2, 1e30);
        limit = bound(limit, 1, held * 2);
        first = bound(first, 1, held - 1);
        second = bound(second, 1, held - first);
        Draft memory d = draft();
        depositInto(d, A, 2, 1, held);
        settle(d);
        govern(abi.encodeCall(IZklinkSafety.setOutflowLimit, (TOKEN, uint112(limit))));
        uint256 cap = held / 16 + 1 > limit ? held / 16 + 1 : limit;
        Draft memory e = draft();
        e.withdraw(A, 2, tokenId(A, TOKEN), first, bob, 0);
        e.withdraw(A, 2, tokenId(A, TOKEN), second, bob, 1);
        settle(e);
        uint256 all = first + second;
        assertEq(token[A].balanceOf(bob), all < cap ? all : cap);
        assertEq(z.pendingBalance(TOKEN, bob), all < cap ? 0 : all - cap);
        assertEq(z.custody(TOKEN), held - token[A].balanceOf(bob));
    }

    /// @notice Without a limit any more, what waits leaves at once; the other token was never limited.
    function test_outflow_canBeLifted() public {
        Draft memory d = draft();
        depositInto(d, A, 2, 1, 1600);
        settle(d);
        govern(abi.encodeCall(IZklinkSafety.setOutflowLimit, (TOKEN, 1)));
        Draft memory e = draft();
        e.withdraw(A, 2, tokenId(A, TOKEN), 1600, bob, 0);
        settle(e);
        govern(abi.encodeCall(IZklinkSafety.setOutflowLimit, (TOKEN, 0)));
        z.withdrawPending(TOKEN, bob);
        assertEq(token[A].balanceOf(bob), 1600);
    }

    // ---- oracle networks ----

    function newNetworks() private returns (IZklinkTypes.NetworkConfig[] memory list, uint256[] memory keys) {
        keys = new uint256[](4);
        address[] memory members = new address[](4);
        for (uint256 i = 0; i < 4; i++) {
            (, keys[i]) = makeAddrAndKey(string.concat("new oracle ", vm.toString(i)));
            for (uint256 k = i; k > 0 && vm.addr(keys[k - 1]) > vm.addr(keys[k]); k--) {
                (keys[k - 1], keys[k]) = (keys[k], keys[k - 1]);
            }
        }
        for (uint256 i = 0; i < 4; i++) {
            members[i] = vm.addr(keys[i]);
        }
        list = new IZklinkTypes.NetworkConfig[](1);
        list[0] = IZklinkTypes.NetworkConfig(members, 3, 1);
    }

    /// @notice Removed members count until the block before, and not from it on; new ones the other way round.
    function test_networks_changeAtTheirBlock() public {
        (IZklinkTypes.NetworkConfig[] memory list, uint256[] memory keys) = newNetworks();
        govern(abi.encodeCall(IZklinkSafety.scheduleNetworks, (list, 2)));
        for (uint256 i = 0; i < 2; i++) {
            Draft memory d = draft();
            d.inner(i);
            submitBoth(d);
        }
        uint64 expiry = uint64(vm.getBlockTimestamp()) + 1 hours;
        bytes32 first = consensusDigest(0, 1, stored[A][1].syncHash, expiry);
        bytes32 second = consensusDigest(0, 2, stored[A][2].syncHash, expiry);
        bytes[][] memory removed = signaturesOf(0, 3, second);
        vm.expectPartialRevert(IZklinkTypes.BadOracleSignature.selector);
        z.confirmBlocks(stored[A][2], expiry, removed);
        bytes[][] memory early = signedBy(keys, first);
        vm.expectPartialRevert(IZklinkTypes.BadOracleSignature.selector);
        z.confirmBlocks(stored[A][1], expiry, early);
        bytes[][] memory old = signaturesOf(0, 3, first);
        z.confirmBlocks(stored[A][1], expiry, old);
        z.confirmBlocks(stored[A][2], expiry, signedBy(keys, second));
        assertEq(uint256(z.confirmedNumber()), 2);
        (uint64 from, IZklinkTypes.NetworkConfig[] memory shown) = z.networkSet(1);
        assertEq(uint256(from), 2);
        assertEq(shown[0].members[3], list[0].members[3]);
    }

    function signedBy(uint256[] memory keys, bytes32 digest) private pure returns (bytes[][] memory s) {
        s = new bytes[][](1);
        s[0] = new bytes[](3);
        for (uint256 i = 0; i < 3; i++) {
            s[0][i] = signPacked(keys[i], digest);
        }
    }

    /// @notice A change for a block that is proved already would give it two readings.
    function test_networks_RevertForAPastBlock() public {
        Draft memory d = draft();
        d.inner(1);
        submitBoth(d);
        (IZklinkTypes.NetworkConfig[] memory list,) = newNetworks();
        bytes memory data = abi.encodeCall(IZklinkSafety.scheduleNetworks, (list, 1));
        schedule(data);
        skip(GOVERNOR_DELAY);
        vm.expectRevert(abi.encodeWithSelector(IZklinkTypes.BadFirstBlock.selector, 1));
        executeScheduled(data);
        govern(abi.encodeCall(IZklinkSafety.scheduleNetworks, (list, 5)));
        data = abi.encodeCall(IZklinkSafety.scheduleNetworks, (list, 4)); // before one that was scheduled
        schedule(data);
        skip(GOVERNOR_DELAY);
        vm.expectRevert(abi.encodeWithSelector(IZklinkTypes.BadFirstBlock.selector, 4));
        executeScheduled(data);
    }

    // ---- blocks taken back ----

    function revertDigest(uint64 epoch, uint64 number) private view returns (bytes32) {
        bytes32 instance = z.instanceId();
        bytes32 s = keccak256(
            abi.encode(
                keccak256("Revert(bytes32 instance,uint64 epoch,uint64 number)"), instance, epoch, number
            )
        );
        return keccak256(abi.encodePacked(hex"1901", domain(instance), s));
    }

    function test_revertBlocks_takesBackWhatIsNotConfirmed() public {
        Draft memory d = draft();
        depositInto(d, A, 2, 1, 100);
        settle(d);
        vm.prank(alice);
        z.deposit(address(token[A]), 50, alice); // request 1: in block 2
        Draft memory e = draft();
        e.deposit(A, 2, 1, tokenId(A, TOKEN), 50, ownerWord(A, alice));
        submitBoth(e);
        vm.prank(alice);
        z.deposit(address(token[A]), 7, alice); // request 2: in no block
        uint64 deadline = z.requestDeadline(2);
        Draft memory f = draft();
        f.inner(1);
        submitBoth(f);
        skip(2 days);
        bytes[][] memory two = signaturesOf(0, 2, revertDigest(0, 2));
        vm.expectRevert(abi.encodeWithSelector(IZklinkTypes.NotEnoughSignatures.selector, 0, 3, 2));
        z.revertBlocks(stored[A][1], stored[A][3], two);
        bytes[][] memory wrong = signaturesOf(0, 3, revertDigest(0, 3)); // another block
        vm.expectPartialRevert(IZklinkTypes.BadOracleSignature.selector);
        z.revertBlocks(stored[A][1], stored[A][3], wrong);
        bytes[][] memory one = signaturesOf(0, 3, revertDigest(0, 1));
        vm.expectRevert(abi.encodeWithSelector(IZklinkTypes.AlreadyConfirmed.selector, 1));
        z.revertBlocks(stored[A][0], stored[A][3], one);
        bytes[][] memory good = signaturesOf(0, 3, revertDigest(0, 2));
        vm.expectRevert(abi.encodeWithSelector(IZklinkTypes.BadStoredBlock.selector, 3));
        z.revertBlocks(stored[A][1], stored[A][2], good);
        vm.expectEmit(address(z));
        emit IZklinkTypes.BlocksReverted(2, 1);
        z.revertBlocks(stored[A][1], stored[A][3], good);
        assertEq(uint256(z.provedNumber()), 1);
        assertEq(uint256(z.epoch()), 1);
        // what stood in a block has a new deadline; what was ignored keeps its own
        assertEq(uint256(z.requestDeadline(1)), vm.getBlockTimestamp() + REQUEST_PERIOD);
        assertEq(uint256(z.requestDeadline(2)), deadline);
        // signatures of the old epoch count no more, for blocks or for reverts
        uint64 expiry = uint64(vm.getBlockTimestamp()) + 1 hours;
        lastNumber = 1;
        Draft memory g = draft();
        g.deposit(A, 2, 1, tokenId(A, TOKEN), 50, ownerWord(A, alice));
        IZklinkTypes.BlockSubmission memory s = submission(A, g);
        vm.prank(operator);
        z.submitBlock(stored[A][1], s);
        stored[A][2] = storedOf(A, s);
        bytes[][] memory stale = signaturesOf(0, 3, consensusDigest(0, 2, stored[A][2].syncHash, expiry));
        vm.expectPartialRevert(IZklinkTypes.BadOracleSignature.selector);
        z.confirmBlocks(stored[A][2], expiry, stale);
        vm.expectPartialRevert(IZklinkTypes.BadOracleSignature.selector);
        z.revertBlocks(stored[A][1], stored[A][2], good);
        z.confirmBlocks(
            stored[A][2], expiry, signaturesOf(0, 3, consensusDigest(1, 2, stored[A][2].syncHash, expiry))
        );
        assertEq(uint256(z.confirmedRequests()), 2);
    }

    // ---- equivocation ----

    function equivocation() private view returns (IZklinkTypes.Equivocation memory e) {
        e.number = 1;
        e.syncHash = [keccak256("one"), keccak256("other")];
        e.expiry = [uint64(5), uint64(6)];
        for (uint256 i = 0; i < 2; i++) {
            e.signature[i] = signPacked(oracleKeys[2], consensusDigest(0, 1, e.syncHash[i], e.expiry[i]));
        }
    }

    function test_equivocation_isShown() public {
        IZklinkTypes.Equivocation memory e = equivocation();
        vm.expectEmit(address(z));
        emit IZklinkTypes.OracleEquivocated(vm.addr(oracleKeys[2]), 0, 0, 1, e.syncHash[0], e.syncHash[1]);
        vm.prank(bob);
        z.reportEquivocation(e);
    }

    function test_equivocation_RevertsIfItIsNone() public {
        for (uint256 i = 0; i < 5; i++) {
            IZklinkTypes.Equivocation memory e = equivocation();
            if (i == 0) {
                (e.syncHash[1], e.signature[1], e.expiry[1]) = (e.syncHash[0], e.signature[0], e.expiry[0]);
            }
            if (i == 1) {
                e.signature[1] = signPacked(oracleKeys[1], consensusDigest(0, 1, e.syncHash[1], e.expiry[1]));
            }
            if (i == 2) e.epoch = 1;
            if (i == 3) e.signature[0] = hex"00";
            if (i == 4) {
                for (uint256 k = 0; k < 2; k++) {
                    e.signature[k] = signPacked(aliceKey, consensusDigest(0, 1, e.syncHash[k], e.expiry[k]));
                }
            }
            vm.expectRevert(IZklinkTypes.NoEquivocation.selector);
            z.reportEquivocation(e);
        }
    }

    // ---- chains ----

    function listHash(IZklinkTypes.ChainInfo[] memory list) private pure returns (bytes32) {
        bytes memory packed;
        for (uint256 i = 0; i < list.length; i++) {
            packed = abi.encodePacked(packed, uint256(list[i].number), list[i].evmChainId);
        }
        return keccak256(packed);
    }

    /// @notice A third chain from block 2 on: the list, its place in it, and a contract of its own that starts after block 1.
    function test_chain_joins() public {
        bytes memory data = abi.encodeCall(IZklinkSafety.scheduleChain, (IZklinkTypes.ChainInfo(5, 999), 2));
        govern(data);
        bytes32 before = z.chainListHash();
        Draft memory d = draft();
        d.inner(1);
        submitBoth(d);
        IZklinkTypes.ChainInfo[] memory three = new IZklinkTypes.ChainInfo[](3);
        three[0] = IZklinkTypes.ChainInfo(NUMBER_A, evmChainId(A));
        three[1] = IZklinkTypes.ChainInfo(5, 999);
        three[2] = IZklinkTypes.ChainInfo(NUMBER_B, evmChainId(B));
        assertNotEq(z.chainListHash(), before);
        assertEq(z.chainListHash(), listHash(three));
        assertEq(z.chainCount(), 3);
        assertEq(z.chainPosition(), 0);
        (uint64 from, IZklinkTypes.ChainInfo[] memory shown) = z.chainSet(1);
        assertEq(uint256(from), 2);
        assertEq(uint256(shown[1].number), 5);
        // a header of the old list is refused now
        Draft memory e = draft();
        e.inner(2);
        IZklinkTypes.BlockSubmission memory s = submission(A, e);
        vm.expectRevert(abi.encodeWithSelector(IZklinkTypes.BadHeaderLength.selector, 25));
        submitRaw(A, s);
        // the newcomer: the same instance, its own number, block 1 as its start
        IZklinkTypes.Config memory c = config(A);
        c.chainNumber = 5;
        IZklinkTypes.Setup memory su = setup(A);
        su.chains = three;
        su.start = stored[A][1];
        su.start.endRequest = 0;
        su.start.outboxDigest = 0;
        vm.chainId(999);
        Zklink thirds = Deployer.implementation(c);
        IZklink third = Deployer.proxy(thirds, su);
        assertEq(third.instanceId(), z.instanceId());
        assertEq(third.chainListHash(), z.chainListHash());
        assertEq(third.chainPosition(), 1);
        assertEq(uint256(third.provedNumber()), 1);
        assertEq(uint256(third.confirmedNumber()), 1);
        assertEq(third.storedBlockHash(1), keccak256(abi.encode(su.start)));
        // a start that has taken requests of this chain is none
        su.positions = new Positions();
        su.start.endRequest = 1;
        vm.expectRevert(abi.encodeWithSelector(IZklinkTypes.BadConfiguration.selector, "start block"));
        Deployer.proxy(thirds, su);
        vm.chainId(evmChainId(A));
        // numbers are used once
        data = abi.encodeCall(IZklinkSafety.scheduleChain, (IZklinkTypes.ChainInfo(5, 1000), 3));
        schedule(data);
        skip(GOVERNOR_DELAY);
        vm.expectRevert(abi.encodeWithSelector(IZklinkTypes.ChainNumberUsed.selector, 5));
        executeScheduled(data);
    }

    function dropDigest(uint8 chain, uint64 firstBlock, uint64 since) private view returns (bytes32) {
        bytes32 instance = z.instanceId();
        bytes32 s = keccak256(
            abi.encode(
                keccak256(
                    "DropChain(bytes32 instance,uint64 epoch,uint8 chain,uint64 firstBlock,uint64 silentSince)"
                ),
                instance,
                uint64(0),
                chain,
                firstBlock,
                since
            )
        );
        return keccak256(abi.encodePacked(hex"1901", domain(instance), s));
    }

    /// @notice A dead chain is waited for no longer: announced by a proposer, notice given, and the oracles say how long it is
    /// silent; all that takes less than a request's period. The header keeps it, so that what pays there stays provable.
    function test_chain_isDropped() public {
        uint64 since = uint64(vm.getBlockTimestamp());
        bytes32 before = z.chainListHash();
        vm.prank(alice);
        vm.expectRevert(abi.encodeWithSelector(IZklinkTypes.NotProposer.selector, alice));
        z.announceDrop(NUMBER_B);
        skip(REQUEST_PERIOD / 4);
        vm.prank(council);
        z.announceDrop(NUMBER_B);
        bytes[][] memory good = signaturesOf(0, 3, dropDigest(NUMBER_B, 1, since));
        vm.startPrank(council);
        vm.expectRevert(abi.encodeWithSelector(IZklinkTypes.DropNotDue.selector, NUMBER_B));
        z.dropChain(NUMBER_B, 1, since, good);
        skip(REQUEST_PERIOD / 4);
        bytes[][] memory fresh = signaturesOf(0, 3, dropDigest(NUMBER_B, 1, since + 100));
        vm.expectRevert(abi.encodeWithSelector(IZklinkTypes.ChainNotSilent.selector, NUMBER_B, since + 100));
        z.dropChain(NUMBER_B, 1, since + 100, fresh);
        bytes[][] memory few = signaturesOf(0, 2, dropDigest(NUMBER_B, 1, since));
        vm.expectRevert(abi.encodeWithSelector(IZklinkTypes.NotEnoughSignatures.selector, 0, 3, 2));
        z.dropChain(NUMBER_B, 1, since, few);
        vm.expectPartialRevert(IZklinkTypes.BadOracleSignature.selector);
        z.dropChain(NUMBER_B, 2, since, good); // another block than they signed
        z.dropChain(NUMBER_B, 1, since, good);
        assertLt(vm.getBlockTimestamp(), uint256(since) + REQUEST_PERIOD);
        vm.expectRevert(abi.encodeWithSelector(IZklinkTypes.DropNotDue.selector, NUMBER_B));
        z.dropChain(NUMBER_B, 2, since, good);
        z.announceDrop(NUMBER_B);
        skip(REQUEST_PERIOD / 4);
        vm.expectRevert(abi.encodeWithSelector(IZklinkTypes.BadConfiguration.selector, "chain to drop"));
        z.dropChain(NUMBER_B, 1, since, good); // it is dropped
        vm.stopPrank();
        assertEq(z.chainListHash(), before);
        assertEq(z.chainCount(), 2);
        assertEq(uint256(z.droppedFrom(NUMBER_B)), 1);
    }

    function test_chain_cannotDropItselfOrAStranger() public {
        uint64 since = uint64(vm.getBlockTimestamp());
        vm.startPrank(council);
        z.announceDrop(NUMBER_A);
        z.announceDrop(99);
        skip(REQUEST_PERIOD);
        bytes[][] memory s = signaturesOf(0, 3, dropDigest(NUMBER_A, 1, since));
        vm.expectPartialRevert(IZklinkTypes.BadConfiguration.selector);
        z.dropChain(NUMBER_A, 1, since, s);
        s = signaturesOf(0, 3, dropDigest(99, 1, since));
        vm.expectRevert(abi.encodeWithSelector(IZklinkTypes.BadConfiguration.selector, "chain to drop"));
        z.dropChain(99, 1, since, s);
        vm.stopPrank();
    }

    // ---- upgrades ----

    /// @notice With money in it, requests waiting, a block proved and one half executed: all that stood stands, and goes on.
    function test_upgrade_keepsALiveState() public {
        Draft memory d = draft();
        depositInto(d, A, 2, 1, 1000);
        settle(d);
        Draft memory e = draft();
        e.withdraw(A, 2, tokenId(A, TOKEN), 10, bob, 0);
        e.withdraw(A, 2, tokenId(A, TOKEN), 20, bob, 1);
        submitBoth(e);
        confirm(A, 2);
        z.executeBlock(stored[A][2], e.outbox[A], 1);
        Draft memory f = draft();
        f.inner(3);
        submitBoth(f);
        vm.prank(alice);
        z.deposit(address(token[A]), 5, alice);

        IZklinkTypes.Config memory c = config(A);
        c.exitWindow += 1; // what a new implementation changes here
        Zklink next = Deployer.implementation(c);
        bytes32 stateBefore = fingerprint();
        govern(abi.encodeCall(UUPSUpgradeable.upgradeToAndCall, (address(next), "")));
        assertEq(fingerprint(), stateBefore);
        assertEq(uint256(z.exitWindow()), EXIT_WINDOW + 1);

        z.executeBlock(stored[A][2], e.outbox[A], 9);
        assertEq(token[A].balanceOf(bob), 30);
        Draft memory g = draft();
        g.deposit(A, 2, 1, tokenId(A, TOKEN), 5, ownerWord(A, alice));
        submit(A, g);
        confirm(A, 4);
        assertEq(z.custody(TOKEN), 975);
        IZklinkTypes.Setup memory s = setup(A);
        vm.expectRevert(); // it can't be set up again
        z.initialize(s);
        // not everything is an implementation
        bytes memory data = abi.encodeCall(UUPSUpgradeable.upgradeToAndCall, (address(token[A]), ""));
        schedule(data);
        skip(GOVERNOR_DELAY);
        vm.expectRevert();
        executeScheduled(data);
    }

    function fingerprint() private view returns (bytes32) {
        (bytes27 request,) = z.requests(1);
        return keccak256(
            abi.encode(
                [uint256(z.provedNumber()), z.confirmedNumber(), z.executedNumber(), z.executedEntries()],
                [uint256(z.requestCount()), z.custody(TOKEN), z.custody(0), z.tokenCount(), z.epoch()],
                [z.storedBlockHash(0), z.storedBlockHash(3), z.instanceId(), z.chainListHash()],
                [z.operator(), z.governor(), z.guardian(), z.tokenAddress(TOKEN), address(z.positions())],
                request
            )
        );
    }

    /// @notice An upgrade that would take everything is known for longer than leaving takes: request, exodus, exits.
    function test_upgrade_comesAfterTheExits() public {
        vm.prank(alice);
        z.deposit(address(token[A]), 5, alice);
        // proposed at the worst moment for users: they notice it a whole day later
        schedule(abi.encodeCall(UUPSUpgradeable.upgradeToAndCall, (address(new Zklink2()), "")));
        uint256 due = vm.getBlockTimestamp() + GOVERNOR_DELAY;
        skip(REQUEST_PERIOD + 1);
        z.activateExodus(0);
        skip(EXIT_WINDOW + 1);
        z.openExits(stored[A][0]);
        z.refundRequest(0, 1 + (tokenId(A, TOKEN) << 44) + (5 << 84), ownerWord(A, alice), 0, 0);
        assertEq(z.custody(TOKEN), 0);
        assertLt(vm.getBlockTimestamp(), due);
    }

    function test_roles_areSeparated() public view {
        assertFalse(IAccessControl(address(governor)).hasRole(governor.PROPOSER_ROLE(), operator));
        assertFalse(IAccessControl(address(governor)).hasRole(governor.PROPOSER_ROLE(), guardian));
        assertTrue(governor.hasRole(governor.EXECUTOR_ROLE(), address(0)));
    }
}

/// @notice An implementation that takes everything.
contract Zklink2 is UUPSUpgradeable {
    function _authorizeUpgrade(address) internal override {}

    function steal(address token, address to) external {
        (bool ok,) = token.call(abi.encodeWithSignature("transfer(address,uint256)", to, 1));
        require(ok, "no");
    }
}
