// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.30;

// forge-lint: disable-start(unsafe-typecast) numbers here are small, selectors are cut off on purpose

import {ReentrancyGuard} from "@openzeppelin/contracts/utils/ReentrancyGuard.sol";
import {IZklink} from "../src/interfaces/IZklink.sol";
import {IZklinkTypes} from "../src/interfaces/IZklinkTypes.sol";
import {Blocks, Draft} from "./support/Blocks.sol";
import {
    BombReceiver,
    CallingReceiver,
    GuzzlingReceiver,
    HungryReceiver,
    RevertingReceiver
} from "./support/Receivers.sol";
import {
    FeeToken,
    HookToken,
    MoodyToken,
    RebasingToken,
    SilentToken,
    WatchToken
} from "./support/WeirdTokens.sol";
import {ZklinkTest} from "./support/ZklinkTest.sol";

/// @notice Execution: confirmed payouts reach their receivers once, in order, or wait for them.
contract ExecuteTest is ZklinkTest {
    using Blocks for Draft;

    uint256 private constant PAYOUT_GAS = 150_000;
    IZklink private z;

    function setUp() public override {
        super.setUp();
        z = zklink[A];
        vm.startPrank(alice);
        z.deposit(address(token[A]), 1e6, alice);
        z.depositNative{value: 100 ether}(alice);
        vm.stopPrank();
        Draft memory d = draft();
        d.deposit(A, 2, 1, tokenId(A, TOKEN), 1e6, ownerWord(A, alice));
        d.deposit(A, 2, 2, tokenId(A, 0), 100 ether, ownerWord(A, alice));
        settle(d);
    }

    /// @dev Registers a token of which this contract has the supply, and deposits some.
    function bringIn(address t, uint256 amount) private returns (uint32 index) {
        index = z.registerToken(t);
        (bool ok,) = t.call(abi.encodeWithSignature("approve(address,uint256)", address(z), amount));
        assertTrue(ok);
        z.deposit(t, amount, alice);
        Draft memory d = draft();
        d.deposit(A, 2, 3, tokenId(A, index), amount, ownerWord(A, alice));
        settle(d);
    }

    /// @dev Confirmed, not executed.
    function ready(Draft memory d) private returns (uint64 number) {
        submitBoth(d);
        confirm(A, d.number);
        return d.number;
    }

    function executeA(uint64 number, Draft memory d) private {
        z.executeBlock(stored[A][number], d.outbox[A], type(uint256).max);
    }

    // ---- payouts ----

    function test_execute_paysTokenAndCoin() public {
        Draft memory d = draft();
        d.withdraw(A, 2, tokenId(A, TOKEN), 400, bob, 0);
        d.inner(1);
        d.withdraw(A, 2, tokenId(A, 0), 3 ether, bob, 1);
        uint64 n = ready(d);
        vm.expectEmit(address(z));
        emit IZklinkTypes.Paid(n, 0, TOKEN, bob, 400);
        vm.expectEmit(address(z));
        emit IZklinkTypes.Paid(n, 2, 0, bob, 3 ether);
        vm.expectEmit(address(z));
        emit IZklinkTypes.BlockExecuted(n, 2);
        vm.prank(bob); // anybody may
        executeA(n, d);
        assertEq(token[A].balanceOf(bob), 400);
        assertEq(bob.balance, 3 ether);
        assertEq(z.custody(TOKEN), 1e6 - 400);
        assertEq(z.custody(0), 97 ether);
    }

    function test_execute_paysFullExits() public {
        // asked for here, of a token of here
        vm.prank(alice);
        z.requestFullExit(2, 1, bob);
        Draft memory d = draft();
        d.fullExit(A, A, 2, 1, ownerWord(A, alice), tokenId(A, TOKEN), 300, bob);
        settle(d);
        assertEq(token[A].balanceOf(bob), 300);
        // asked for on B, of a token of here
        vm.prank(alice);
        zklink[B].requestFullExit(2, 1, bob);
        d = draft();
        d.fullExit(B, A, 2, 1, ownerWord(B, alice), tokenId(A, TOKEN), 200, bob);
        settle(d);
        assertEq(token[A].balanceOf(bob), 500);
        // came to nothing: only a request
        vm.prank(alice);
        z.requestFullExit(2, 9, bob);
        d = draft();
        d.fullExit(A, A, 2, 9, ownerWord(A, alice), 0, 0, bob);
        settle(d);
        assertEq(token[A].balanceOf(bob), 500);
        assertEq(z.custody(TOKEN), 1e6 - 500);
    }

    /// @notice Asked for on A, of a token of B: A pays nothing, B pays.
    function test_execute_paysOnTheTokensChain() public {
        Draft memory d = draft();
        depositInto(d, B, 2, 4, 900);
        settle(d);
        vm.prank(alice);
        z.requestFullExit(2, 4, bob);
        d = draft();
        d.fullExit(A, B, 2, 4, ownerWord(A, alice), tokenId(B, TOKEN), 900, bob);
        assertEq(d.outbox[A].length, 5);
        assertEq(d.outbox[B].length, 5);
        uint256 before = z.custody(TOKEN);
        settle(d);
        assertEq(z.custody(TOKEN), before);
        assertEq(token[A].balanceOf(bob), 0);
        assertEq(token[B].balanceOf(bob), 900);
        assertEq(zklink[B].custody(TOKEN), 0);
    }

    function test_execute_zeroAmountsPayNothing() public {
        Draft memory d = draft();
        d.withdraw(A, 2, tokenId(A, TOKEN), 0, bob, 0);
        d.withdraw(A, 2, tokenId(A, 77), 0, bob, 1); // not even registered
        settle(d);
        assertEq(token[A].balanceOf(bob), 0);
    }

    function test_execute_emptyOutbox() public {
        Draft memory d = draft();
        d.inner(1);
        settle(d);
        assertEq(uint256(z.executedNumber()), d.number);
    }

    // ---- order, once ----

    function test_execute_RevertsIfNotConfirmed() public {
        Draft memory d = draft();
        d.withdraw(A, 2, tokenId(A, TOKEN), 1, bob, 0);
        submitBoth(d);
        vm.expectRevert(abi.encodeWithSelector(IZklinkTypes.NotConfirmed.selector, d.number));
        executeA(d.number, d);
    }

    function test_execute_RevertsIfDoneOrOutOfOrder() public {
        Draft memory d = draft();
        d.withdraw(A, 2, tokenId(A, TOKEN), 1, bob, 0);
        submitBoth(d);
        Draft memory e = draft();
        e.withdraw(A, 2, tokenId(A, TOKEN), 2, bob, 1);
        uint64 second = ready(e); // confirms both
        vm.expectRevert(abi.encodeWithSelector(IZklinkTypes.BadStoredBlock.selector, d.number));
        executeA(second, e);
        executeA(d.number, d);
        vm.expectRevert(abi.encodeWithSelector(IZklinkTypes.BadStoredBlock.selector, second));
        executeA(d.number, d);
        executeA(second, e);
        vm.expectRevert(abi.encodeWithSelector(IZklinkTypes.NotConfirmed.selector, second + 1));
        executeA(second, e);
        assertEq(token[A].balanceOf(bob), 3);
    }

    function test_execute_RevertsIfTheOutboxIsAnother() public {
        Draft memory d = draft();
        d.withdraw(A, 2, tokenId(A, TOKEN), 1, bob, 0);
        uint64 n = ready(d);
        bytes32 good = keccak256(abi.encodePacked(d.outbox[A]));
        uint256[][4] memory bad;
        bad[0] = new uint256[](0);
        bad[1] = Blocks.slice(d.outbox[A], 0, 4);
        bad[2] = Blocks.concat(d.outbox[A], d.outbox[A]);
        bad[3] = Blocks.slice(d.outbox[A], 0, 5);
        bad[3][2] = uint160(alice);
        for (uint256 i = 0; i < bad.length; i++) {
            vm.expectRevert(
                abi.encodeWithSelector(
                    IZklinkTypes.BadOutbox.selector, good, keccak256(abi.encodePacked(bad[i]))
                )
            );
            z.executeBlock(stored[A][n], bad[i], 100);
        }
    }

    function test_execute_RevertsIfTheBlockIsAnother() public {
        Draft memory d = draft();
        d.withdraw(A, 2, tokenId(A, TOKEN), 1, bob, 0);
        uint64 n = ready(d);
        IZklinkTypes.StoredBlock memory b = stored[A][n];
        b.outboxDigest = keccak256("");
        vm.expectRevert(abi.encodeWithSelector(IZklinkTypes.BadStoredBlock.selector, n));
        z.executeBlock(b, new uint256[](0), 100);
    }

    function testFuzz_execute_inParts(uint256 seed) public {
        seed >>= 1;
        uint256 count = bound(seed, 1, 9);
        Draft memory d = draft();
        for (uint256 i = 0; i < count; i++) {
            d.withdraw(A, 2, tokenId(A, TOKEN), 1 + i, makeAddr(vm.toString(i)), i);
        }
        uint64 n = ready(d);
        uint256 done;
        while (uint256(z.executedNumber()) < n) {
            uint256 part = uint256(keccak256(abi.encode(seed, done))) % 4; // 0 is harmless
            z.executeBlock(stored[A][n], d.outbox[A], part);
            done += part;
            if (done < count) assertEq(uint256(z.executedEntries()), done);
            seed++;
        }
        assertEq(uint256(z.executedEntries()), 0);
        for (uint256 i = 0; i < count; i++) {
            assertEq(token[A].balanceOf(makeAddr(vm.toString(i))), 1 + i);
        }
        assertEq(z.custody(TOKEN), 1e6 - count * (count + 1) / 2);
    }

    /// @notice With a part of the next block begun, the one before stays done.
    function test_execute_partsOfDifferentBlocks() public {
        Draft memory d = draft();
        d.withdraw(A, 2, tokenId(A, TOKEN), 1, bob, 0);
        d.withdraw(A, 2, tokenId(A, TOKEN), 2, bob, 1);
        settle(d);
        Draft memory e = draft();
        e.withdraw(A, 2, tokenId(A, TOKEN), 4, bob, 2);
        e.withdraw(A, 2, tokenId(A, TOKEN), 8, bob, 3);
        uint64 n = ready(e);
        z.executeBlock(stored[A][n], e.outbox[A], 1);
        assertEq(token[A].balanceOf(bob), 7);
        z.executeBlock(stored[A][n], e.outbox[A], 1);
        assertEq(token[A].balanceOf(bob), 15);
        assertEq(uint256(z.executedNumber()), n);
    }

    // ---- payouts that fail ----

    function expectPending(uint32 index, address to, uint256 amount) private view {
        assertEq(z.pendingBalance(index, to), amount);
    }

    function test_pending_receiverReverts() public {
        RevertingReceiver r = new RevertingReceiver();
        Draft memory d = draft();
        d.withdraw(A, 2, tokenId(A, 0), 1 ether, address(r), 0);
        d.withdraw(A, 2, tokenId(A, 0), 2 ether, bob, 1); // others are paid
        d.withdraw(A, 2, tokenId(A, 0), 4 ether, address(r), 2); // adds up
        uint64 n = ready(d);
        vm.expectEmit(address(z));
        emit IZklinkTypes.PayoutPending(n, 0, 0, address(r), 1 ether);
        executeA(n, d);
        expectPending(0, address(r), 5 ether);
        assertEq(bob.balance, 2 ether);
        assertEq(z.custody(0), 98 ether); // still owed

        vm.expectRevert(abi.encodeWithSelector(IZklinkTypes.TransferFailed.selector, address(0)));
        z.withdrawPending(0, address(r));
        expectPending(0, address(r), 5 ether);
        r.set(true);
        vm.expectEmit(address(z));
        emit IZklinkTypes.PendingWithdrawn(0, address(r), address(r), 5 ether);
        vm.prank(bob); // anybody may
        z.withdrawPending(0, address(r));
        assertEq(address(r).balance, 5 ether);
        assertEq(z.custody(0), 93 ether);
        expectPending(0, address(r), 0);
        vm.expectRevert(abi.encodeWithSelector(IZklinkTypes.NothingPending.selector, 0, address(r)));
        z.withdrawPending(0, address(r));
    }

    /// @notice Who can't be paid can still name another receiver; nobody else can.
    function test_pending_canBeRedirectedByItsOwner() public {
        RevertingReceiver r = new RevertingReceiver();
        Draft memory d = draft();
        d.withdraw(A, 2, tokenId(A, 0), 1 ether, address(r), 0);
        settle(d);
        vm.prank(bob);
        vm.expectRevert(abi.encodeWithSelector(IZklinkTypes.NothingPending.selector, 0, bob));
        z.redirectPending(0, bob);
        vm.expectRevert(IZklinkTypes.ZeroAddress.selector);
        r.run(address(z), abi.encodeCall(z.redirectPending, (0, address(0))));
        vm.expectEmit(address(z));
        emit IZklinkTypes.PendingWithdrawn(0, address(r), bob, 1 ether);
        r.run(address(z), abi.encodeCall(z.redirectPending, (0, bob)));
        assertEq(bob.balance, 1 ether);
        assertEq(z.custody(0), 99 ether);
    }

    function test_pending_moodyToken() public {
        MoodyToken t = new MoodyToken();
        uint32 index = bringIn(address(t), 1000);
        MoodyToken.Mood[6] memory bad = [
            MoodyToken.Mood.Reverts,
            MoodyToken.Mood.ReturnsFalse,
            MoodyToken.Mood.ReturnsGarbage,
            MoodyToken.Mood.ReturnsShort,
            MoodyToken.Mood.BurnsGas,
            MoodyToken.Mood.Reverts
        ];
        for (uint256 i = 0; i < bad.length; i++) {
            t.become(bad[i]);
            Draft memory d = draft();
            d.withdraw(A, 2, tokenId(A, index), 10, bob, 0);
            d.withdraw(A, 2, tokenId(A, TOKEN), 1, bob, 1);
            settle(d);
            expectPending(index, bob, 10 * (i + 1));
            assertEq(token[A].balanceOf(bob), i + 1); // others are paid
        }
        vm.expectRevert(abi.encodeWithSelector(IZklinkTypes.TransferFailed.selector, address(t)));
        z.withdrawPending(index, bob);
        t.become(MoodyToken.Mood.Good);
        z.withdrawPending(index, bob);
        assertEq(t.balanceOf(bob), 60);
        assertEq(z.custody(index), 940);
        assertEq(t.balanceOf(address(z)), 940);
    }

    function test_execute_silentToken() public {
        SilentToken t = new SilentToken();
        uint32 index = bringIn(address(t), 1000);
        Draft memory d = draft();
        d.withdraw(A, 2, tokenId(A, index), 10, bob, 0);
        settle(d);
        assertEq(t.balanceOf(bob), 10);
        assertEq(z.custody(index), 990);
    }

    /// @notice A token whose code is gone pays nothing and blocks nothing.
    function test_pending_tokenWithoutCode() public {
        SilentToken t = new SilentToken();
        uint32 index = bringIn(address(t), 1000);
        bytes memory code = address(t).code;
        vm.etch(address(t), "");
        Draft memory d = draft();
        d.withdraw(A, 2, tokenId(A, index), 10, bob, 0);
        settle(d);
        expectPending(index, bob, 10);
        vm.expectRevert(abi.encodeWithSelector(IZklinkTypes.TransferFailed.selector, address(t)));
        z.withdrawPending(index, bob);
        vm.etch(address(t), code);
        z.withdrawPending(index, bob);
        assertEq(t.balanceOf(bob), 10);
    }

    /// @notice A token that begins to charge: the receiver pays for it, and others' holdings stay covered.
    function test_execute_feeTokenChargesTheReceiver() public {
        FeeToken t = new FeeToken();
        uint32 index = bringIn(address(t), 1000);
        t.charge(true);
        Draft memory d = draft();
        d.withdraw(A, 2, tokenId(A, index), 100, bob, 0);
        settle(d);
        assertEq(t.balanceOf(bob), 99);
        assertEq(z.custody(index), 900);
        assertEq(t.balanceOf(address(z)), 900);
    }

    /// @notice A token whose balances shrink pays as long as it can; the rest waits.
    function test_pending_rebasedToken() public {
        RebasingToken t = new RebasingToken();
        uint32 index = bringIn(address(t), 1000);
        t.rebase(50);
        Draft memory d = draft();
        d.withdraw(A, 2, tokenId(A, index), 400, bob, 0);
        d.withdraw(A, 2, tokenId(A, index), 600, alice, 1);
        settle(d);
        assertEq(t.balanceOf(bob), 400);
        expectPending(index, alice, 600);
        t.rebase(1000);
        z.withdrawPending(index, alice);
        assertEq(t.balanceOf(alice), 600);
        assertEq(z.custody(index), 0);
    }

    /// @notice A payout to this contract itself, to the token, or to nobody does no harm to others.
    function test_execute_strangeReceivers() public {
        Draft memory d = draft();
        d.withdraw(A, 2, tokenId(A, 0), 1 ether, address(z), 0);
        d.withdraw(A, 2, tokenId(A, TOKEN), 10, address(0), 1);
        d.withdraw(A, 2, tokenId(A, TOKEN), 10, address(token[A]), 2);
        d.withdraw(A, 2, tokenId(A, TOKEN), 10, address(z), 3);
        settle(d);
        expectPending(0, address(z), 1 ether); // takes no coins
        expectPending(TOKEN, address(0), 10); // OpenZeppelin's tokens refuse the zero address
        assertEq(z.custody(TOKEN), 1e6 - 20);
        assertEq(token[A].balanceOf(address(z)), 1e6 - 10);
    }

    // ---- gas ----

    function test_gas_guzzlersPayNobodyElse() public {
        GuzzlingReceiver g = new GuzzlingReceiver();
        Draft memory d = draft();
        d.withdraw(A, 2, tokenId(A, 0), 1 ether, address(g), 0);
        d.withdraw(A, 2, tokenId(A, 0), 1 ether, bob, 1);
        uint64 n = ready(d);
        uint256 before = gasleft();
        executeA(n, d);
        assertLt(before - gasleft(), PAYOUT_GAS + 250_000);
        expectPending(0, address(g), 1 ether);
        assertEq(bob.balance, 1 ether);
    }

    function test_gas_returnBombs() public {
        BombReceiver r = new BombReceiver(false);
        BombReceiver s = new BombReceiver(true);
        MoodyToken t = new MoodyToken();
        uint32 index = bringIn(address(t), 1000);
        t.become(MoodyToken.Mood.ReturnsBomb);
        Draft memory d = draft();
        d.withdraw(A, 2, tokenId(A, 0), 1 ether, address(r), 0);
        d.withdraw(A, 2, tokenId(A, 0), 1 ether, address(s), 1);
        d.withdraw(A, 2, tokenId(A, index), 5, bob, 2);
        d.withdraw(A, 2, tokenId(A, 0), 1 ether, bob, 3);
        uint64 n = ready(d);
        uint256 before = gasleft();
        executeA(n, d);
        // Three calls use up to PAYOUT_GAS for their bombs; none of it is copied.
        assertLt(before - gasleft(), 3 * PAYOUT_GAS + 300_000);
        assertEq(bob.balance, 1 ether);
    }

    /// @notice However little gas the caller gives: a receiver that can do with PAYOUT_GAS is paid, or nothing happens.
    function test_gas_callerCannotStarveAReceiver() public {
        HungryReceiver h = new HungryReceiver(6); // about 135 000 gas
        Draft memory d = draft();
        d.withdraw(A, 2, tokenId(A, 0), 1 ether, address(h), 0);
        uint64 n = ready(d);
        bytes memory call = abi.encodeCall(z.executeBlock, (stored[A][n], d.outbox[A], 1));
        uint256 snapshot = vm.snapshotState();
        uint256 paid;
        uint256 refused;
        for (uint256 gasLimit = 30_000; gasLimit < 420_000; gasLimit += 1_500) {
            (bool ok,) = address(z).call{gas: gasLimit}(call);
            expectPending(0, address(h), 0);
            assertEq(address(h).balance, ok ? 1 ether : 0);
            if (ok) paid++;
            else refused++;
            vm.revertToState(snapshot);
        }
        assertGt(paid, 50);
        assertGt(refused, 100);
    }

    /// @notice Enough gas is enough: with what InsufficientGas asks for, a payout that fails in the dearest way is booked.
    function test_gas_whatIsAskedForSuffices() public {
        GuzzlingReceiver g = new GuzzlingReceiver();
        vm.etch(address(0xdead), address(g).code);
        Draft memory d = draft();
        d.withdraw(A, 2, tokenId(A, 0), 1 ether, address(0xdead), 0);
        uint64 n = ready(d);
        bytes memory call = abi.encodeCall(z.executeBlock, (stored[A][n], d.outbox[A], 1));
        uint256 snapshot = vm.snapshotState();
        bool executed;
        for (uint256 gasLimit = 200_000; !executed; gasLimit += 500) {
            bytes memory result;
            (executed, result) = address(z).call{gas: gasLimit}(call);
            // Up to the limit the refusal is this one, never an out-of-gas further on.
            if (!executed) assertEq(bytes32(bytes4(result)), bytes32(IZklinkTypes.InsufficientGas.selector));
            else expectPending(0, address(0xdead), 1 ether);
            vm.revertToState(snapshot);
        }
    }

    function test_gas_hungrierThanTheCapWaits() public {
        HungryReceiver h = new HungryReceiver(7);
        Draft memory d = draft();
        d.withdraw(A, 2, tokenId(A, 0), 1 ether, address(h), 0);
        settle(d);
        expectPending(0, address(h), 1 ether);
        z.withdrawPending(0, address(h)); // here the caller's gas is the limit
        assertEq(address(h).balance, 1 ether);
    }

    // ---- re-entrance ----

    function test_reentrant_receiver() public {
        CallingReceiver r = new CallingReceiver();
        Draft memory d = draft();
        d.withdraw(A, 2, tokenId(A, 0), 1 ether, address(r), 0);
        d.withdraw(A, 2, tokenId(A, 0), 1 ether, address(r), 1);
        d.withdraw(A, 2, tokenId(A, 0), 1 ether, bob, 2);
        uint64 n = ready(d);
        bytes[4] memory calls = [
            abi.encodeCall(z.executeBlock, (stored[A][n], d.outbox[A], 10)),
            abi.encodeCall(z.withdrawPending, (0, address(r))),
            abi.encodeCall(z.redirectPending, (0, bob)),
            abi.encodeCall(z.depositNative, (alice))
        ];
        uint256 snapshot = vm.snapshotState();
        for (uint256 i = 0; i < calls.length; i++) {
            for (uint256 strict = 0; strict < 2; strict++) {
                r.set(address(z), calls[i], strict == 1);
                executeA(n, d);
                assertFalse(r.succeeded());
                assertEq(bob.balance, 1 ether);
                assertEq(address(r).balance, strict == 1 ? 0 : 2 ether);
                expectPending(0, address(r), strict == 1 ? 2 ether : 0);
                assertEq(z.custody(0), strict == 1 ? 99 ether : 97 ether);
                assertEq(uint256(z.executedNumber()), n);
                vm.revertToState(snapshot);
            }
        }
    }

    /// @notice While a waiting payout is withdrawn it can't be withdrawn again.
    function test_reentrant_withdrawPending() public {
        CallingReceiver r = new CallingReceiver();
        r.set(address(z), abi.encodeWithSignature("nothing()"), true);
        Draft memory d = draft();
        d.withdraw(A, 2, tokenId(A, 0), 1 ether, address(r), 0);
        settle(d);
        expectPending(0, address(r), 1 ether);
        r.set(address(z), abi.encodeCall(z.redirectPending, (0, bob)), false);
        z.withdrawPending(0, address(r));
        assertFalse(r.succeeded());
        assertEq(address(r).balance, 1 ether);
        assertEq(bob.balance, 0);
        assertEq(z.custody(0), 99 ether);
    }

    function test_reentrant_token() public {
        HookToken t = new HookToken();
        uint32 index = bringIn(address(t), 1000);
        Draft memory d = draft();
        d.withdraw(A, 2, tokenId(A, index), 10, bob, 0);
        d.withdraw(A, 2, tokenId(A, TOKEN), 10, bob, 1);
        uint64 n = ready(d);
        t.hook(address(z), abi.encodeCall(z.executeBlock, (stored[A][n], d.outbox[A], 10)));
        executeA(n, d);
        expectPending(index, bob, 10); // the token reverts with the inner call
        assertEq(token[A].balanceOf(bob), 10);
        vm.expectRevert(abi.encodeWithSelector(IZklinkTypes.TransferFailed.selector, address(t)));
        z.withdrawPending(index, bob);
        t.hook(address(0), "");
        z.withdrawPending(index, bob);
        assertEq(t.balanceOf(bob), 10);
    }

    /// @notice A receiver may confirm blocks from inside; that only moves on what is ready.
    function test_reentrant_confirmationIsHarmless() public {
        CallingReceiver r = new CallingReceiver();
        Draft memory d = draft();
        d.withdraw(A, 2, tokenId(A, 0), 1 ether, address(r), 0);
        uint64 n = ready(d);
        Draft memory e = draft();
        e.withdraw(A, 2, tokenId(A, TOKEN), 1, bob, 1);
        submitBoth(e);
        uint64 expiry = uint64(vm.getBlockTimestamp() + 1);
        IZklinkTypes.StoredBlock memory target = stored[A][e.number];
        bytes[][] memory s = signatures3(e.number, target.syncHash, expiry);
        r.set(address(z), abi.encodeCall(z.confirmBlocks, (target, expiry, s)), true);
        executeA(n, d);
        assertTrue(r.succeeded());
        assertEq(uint256(z.confirmedNumber()), e.number);
        assertEq(uint256(z.executedNumber()), n);
        executeA(e.number, e);
        assertEq(token[A].balanceOf(bob), 1);
    }

    function test_custody_isCoveredAtEveryMoment() public {
        WatchToken t = new WatchToken(z);
        uint32 index = bringIn(address(t), 1000);
        t.watch(index);
        Draft memory d = draft();
        d.withdraw(A, 2, tokenId(A, index), 1000, bob, 0);
        settle(d);
        assertEq(t.balanceOf(bob), 1000);
        assertEq(t.looks(), 1);
        expectPending(index, bob, 0);
    }
}
