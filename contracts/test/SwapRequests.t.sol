// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.30;

// forge-lint: disable-start(unsafe-typecast) numbers here are small, selectors are cut off on purpose

import {ReentrancyGuard} from "@openzeppelin/contracts/utils/ReentrancyGuard.sol";
import {IZklinkPools, IZklinkRequests} from "../src/interfaces/IZklink.sol";
import {IZklinkTypes} from "../src/interfaces/IZklinkTypes.sol";
import {Blocks, Draft} from "./support/Blocks.sol";
import {PoolOps} from "./support/PoolOps.sol";
import {PoolsTest} from "./support/PoolsTest.sol";
import {RevertingReceiver} from "./support/Receivers.sol";
import {StubVerifier} from "./support/StubVerifier.sol";
import {FeeToken, HookToken, MoodyToken, PermitToken, SilentToken} from "./support/WeirdTokens.sol";

/// @notice Swaps asked for on L1: what is queued, what is refused, what is paid and paid back.
contract SwapRequestsTest is PoolsTest {
    using Blocks for Draft;
    using PoolOps for Draft;

    // ---- what is queued ----

    function test_requestSwap_takesTheMoneyAndQueues() public {
        IZklinkTypes.SwapRequest memory r = swapOf(500);
        (r.brokerFee, r.broker, r.exclusiveUntil) = (77 << 16, 12, uint64(vm.getBlockTimestamp() + 60));
        uint256[4] memory t = PoolOps.swapTemplate(r, tokenId(A, TOKEN), 2);
        uint256 before = token[A].balanceOf(alice);
        vm.expectEmit(address(z));
        emit IZklinkTypes.Requested(
            2, 17, t[0], t[1], t[2], t[3], uint64(vm.getBlockTimestamp()) + REQUEST_PERIOD
        );
        vm.prank(alice);
        z.requestSwap(r);
        assertEq(token[A].balanceOf(alice), before - 500);
        assertEq(z.custody(TOKEN), FUNDS + 500);
        (bytes27 hash, uint40 deadline) = z.requests(2);
        assertEq(bytes32(hash), bytes32(bytes27(keccak256(abi.encodePacked(t[0], t[1], t[2], t[3])))));
        assertEq(uint256(deadline), vm.getBlockTimestamp() + REQUEST_PERIOD);
    }

    function test_requestSwap_native() public {
        IZklinkTypes.SwapRequest memory r = swapOf(2 ether);
        (r.tokenIn, r.tokenOut) = (address(0), uint64(tokenId(A, TOKEN)));
        uint256[4] memory t = PoolOps.swapTemplate(r, tokenId(A, 0), 2);
        vm.expectEmit(address(z));
        emit IZklinkTypes.Requested(
            2, 17, t[0], t[1], t[2], t[3], uint64(vm.getBlockTimestamp()) + REQUEST_PERIOD
        );
        vm.prank(alice);
        z.requestSwap{value: 2 ether}(r);
        assertEq(z.custody(0), FUNDS + 2 ether);
    }

    /// @notice Every field at its largest keeps its place; none spills into its neighbour.
    function test_requestSwap_largestFields() public {
        IZklinkTypes.SwapRequest memory r = swapOf(1);
        (r.pool, r.minOut) = (2 ** 28 - 1, 2 ** 112 - 1);
        (r.to, r.refundTo) = (address(type(uint160).max), address(type(uint160).max));
        (r.deadline, r.exclusiveUntil, r.broker) = (2 ** 40 - 1, 2 ** 34 - 1, 2 ** 24 - 1);
        r.brokerFee = uint256(2 ** 32 - 1) << 56;
        r.tokenOut = (uint64(NUMBER_B) << 32) | type(uint32).max;
        expectQueued(r);
        (r.pool, r.minOut, r.brokerFee) = (1, 0, 0);
        expectQueued(r);
    }

    function expectQueued(IZklinkTypes.SwapRequest memory r) private {
        uint64 index = z.requestCount();
        uint256[4] memory t = PoolOps.swapTemplate(r, tokenId(A, TOKEN), index);
        for (uint256 i = 0; i < 4; i++) {
            assertLt(t[i], R);
        }
        vm.expectEmit(address(z));
        emit IZklinkTypes.Requested(
            index, 17, t[0], t[1], t[2], t[3], uint64(vm.getBlockTimestamp()) + REQUEST_PERIOD
        );
        vm.prank(alice);
        z.requestSwap(r);
    }

    function testFuzz_requestSwap_fees(uint32 mantissa, uint8 exponent) public {
        IZklinkTypes.SwapRequest memory r = swapOf(1);
        r.brokerFee = uint256(mantissa) << (8 * (exponent % 8));
        expectQueued(r);
    }

    // ---- what is refused ----

    function expectRefused(IZklinkTypes.SwapRequest memory r, bytes memory reason) private {
        vm.expectRevert(reason);
        vm.prank(alice);
        z.requestSwap(r);
        assertEq(uint256(z.requestCount()), 2);
    }

    function test_requestSwap_RevertsIfAFieldIsBad() public {
        uint64 now_ = uint64(vm.getBlockTimestamp());
        IZklinkTypes.SwapRequest memory r = swapOf(5);
        r.to = address(0);
        expectRefused(r, abi.encodeWithSelector(IZklinkTypes.ZeroAddress.selector));
        r = swapOf(5);
        r.refundTo = address(0);
        expectRefused(r, abi.encodeWithSelector(IZklinkTypes.ZeroAddress.selector));
        r = swapOf(5);
        r.pool = 0;
        expectRefused(r, abi.encodeWithSelector(IZklinkTypes.BadAccount.selector, 0));
        r.pool = 2 ** 28;
        expectRefused(r, abi.encodeWithSelector(IZklinkTypes.BadAccount.selector, 2 ** 28));
        r = swapOf(5);
        r.minOut = 2 ** 112;
        expectRefused(r, abi.encodeWithSelector(IZklinkTypes.AmountTooLarge.selector, 2 ** 112));
        r = swapOf(5);
        r.deadline = now_ - 1;
        expectRefused(r, abi.encodeWithSelector(IZklinkTypes.BadDeadline.selector, now_ - 1));
        r.deadline = 2 ** 40;
        expectRefused(r, abi.encodeWithSelector(IZklinkTypes.BadDeadline.selector, 2 ** 40));
        r = swapOf(5);
        r.exclusiveUntil = 2 ** 34;
        expectRefused(r, abi.encodeWithSelector(IZklinkTypes.BadDeadline.selector, 2 ** 34));
        r = swapOf(5);
        r.broker = 2 ** 24;
        expectRefused(r, abi.encodeWithSelector(IZklinkTypes.UnknownBroker.selector, 2 ** 24));
        r = swapOf(5);
        r.amountIn = 0;
        expectRefused(r, abi.encodeWithSelector(IZklinkTypes.ZeroAmount.selector));
        r.amountIn = 2 ** 112;
        expectRefused(r, abi.encodeWithSelector(IZklinkTypes.AmountTooLarge.selector, 2 ** 112));
        r = swapOf(5);
        r.tokenIn = bob;
        expectRefused(r, abi.encodeWithSelector(IZklinkTypes.UnknownToken.selector, bob));
    }

    function test_requestSwap_RevertsIfTheBrokerFeeIsNotExact() public {
        IZklinkTypes.SwapRequest memory r = swapOf(5);
        uint256[4] memory inexact = [uint256(2 ** 32 + 1), (2 ** 32 << 8) + 1, 2 ** 88, type(uint256).max];
        for (uint256 i = 0; i < inexact.length; i++) {
            r.brokerFee = inexact[i];
            expectRefused(r, abi.encodeWithSelector(IZklinkTypes.BadBrokerFee.selector, inexact[i], r.minOut));
        }
    }

    /// @notice Nobody would pay a token of no connected chain; and none is swapped for itself.
    function test_requestSwap_RevertsIfTokenOutIsBad() public {
        IZklinkTypes.SwapRequest memory r = swapOf(5);
        uint64[5] memory unknown = [
            uint64(0),
            uint64(TOKEN), // chain 0
            (uint64(5) << 32) | 1, // between the chains' numbers
            (uint64(NUMBER_B) + 256) << 32, // 40 bits and one more
            uint64(tokenId(A, TOKEN))
        ];
        for (uint256 i = 0; i < unknown.length; i++) {
            r.tokenOut = unknown[i];
            expectRefused(r, abi.encodeWithSelector(IZklinkTypes.BadTokenOut.selector, unknown[i]));
        }
    }

    function test_requestSwap_RevertsIfTheValueIsWrong() public {
        IZklinkTypes.SwapRequest memory r = swapOf(5);
        vm.prank(alice);
        vm.expectRevert(abi.encodeWithSelector(IZklinkTypes.WrongValue.selector, 0, 1));
        z.requestSwap{value: 1}(r);
        (r.tokenIn, r.tokenOut) = (address(0), uint64(tokenId(A, TOKEN)));
        vm.prank(alice);
        vm.expectRevert(abi.encodeWithSelector(IZklinkTypes.WrongValue.selector, 5, 4));
        z.requestSwap{value: 4}(r);
        vm.prank(alice);
        vm.expectRevert(abi.encodeWithSelector(IZklinkTypes.WrongValue.selector, 5, 6));
        z.requestSwap{value: 6}(r);
    }

    // ---- tokens that misbehave ----

    function bad(address t) private returns (IZklinkTypes.SwapRequest memory r) {
        z.registerToken(t);
        (bool ok,) = t.call(abi.encodeWithSignature("approve(address,uint256)", address(z), 1e20));
        assertTrue(ok);
        r = swapOf(1000);
        r.tokenIn = t;
    }

    function test_requestSwap_RevertsIfTheTokenTakesAFee() public {
        FeeToken t = new FeeToken();
        IZklinkTypes.SwapRequest memory r = bad(address(t));
        t.charge(true);
        vm.expectRevert(abi.encodeWithSelector(IZklinkTypes.TransferMismatch.selector, 1000, 990));
        z.requestSwap(r);
        vm.expectRevert(abi.encodeWithSelector(IZklinkTypes.TransferMismatch.selector, 1000, 990));
        z.requestAddLiquidity(liquidityOf(address(t), 1000));
    }

    function test_requestSwap_RevertsIfTheTokenFails() public {
        MoodyToken t = new MoodyToken();
        IZklinkTypes.SwapRequest memory r = bad(address(t));
        MoodyToken.Mood[4] memory moods = [
            MoodyToken.Mood.Reverts,
            MoodyToken.Mood.ReturnsFalse,
            MoodyToken.Mood.ReturnsGarbage,
            MoodyToken.Mood.ReturnsNothing
        ];
        for (uint256 i = 0; i < moods.length; i++) {
            t.become(moods[i]);
            vm.expectRevert();
            z.requestSwap(r);
            vm.expectRevert();
            z.requestAddLiquidity(liquidityOf(address(t), 1000));
        }
        assertEq(uint256(z.requestCount()), 2);
        assertEq(z.custody(z.tokenIndex(address(t))), 0);
    }

    function test_requestSwap_takesSilentTokens() public {
        SilentToken t = new SilentToken();
        IZklinkTypes.SwapRequest memory r = bad(address(t));
        z.requestSwap(r);
        assertEq(t.balanceOf(address(z)), 1000);
    }

    /// @notice A token that calls back while it is fetched gets into nothing that moves money.
    function test_requestSwap_RevertsIfReentered() public {
        HookToken t = new HookToken();
        IZklinkTypes.SwapRequest memory r = bad(address(t));
        IZklinkTypes.Payout memory p;
        (p.to, p.amount, p.fee, p.token) = (bob, 10, 1, z.tokenIndex(address(t)));
        IZklinkTypes.Permit memory none;
        bytes[6] memory inner = [
            abi.encodeCall(IZklinkPools.requestSwap, (r)),
            abi.encodeCall(IZklinkPools.requestSwapWithPermit, (r, none)),
            abi.encodeCall(IZklinkPools.requestAddLiquidity, (liquidityOf(address(t), 1))),
            abi.encodeCall(IZklinkPools.requestAddLiquidityWithPermit, (liquidityOf(address(t), 1), none)),
            abi.encodeCall(IZklinkPools.accept, (p)),
            abi.encodeCall(IZklinkRequests.deposit, (address(t), 1, bob))
        ];
        for (uint256 i = 0; i < inner.length; i++) {
            t.hook(address(z), inner[i]);
            vm.expectRevert(ReentrancyGuard.ReentrancyGuardReentrantCall.selector);
            z.requestSwap(r);
            vm.expectRevert(ReentrancyGuard.ReentrancyGuardReentrantCall.selector);
            z.requestAddLiquidity(liquidityOf(address(t), 1));
        }
    }

    // ---- permits ----

    function permitToken() private returns (PermitToken t, IZklinkTypes.SwapRequest memory r) {
        t = new PermitToken(alice);
        z.registerToken(address(t));
        r = swapOf(1000);
        r.tokenIn = address(t);
    }

    function test_requestSwapWithPermit() public {
        (PermitToken t, IZklinkTypes.SwapRequest memory r) = permitToken();
        IZklinkTypes.Permit memory p = permitOf(t, aliceKey, 1000);
        vm.prank(alice);
        z.requestSwapWithPermit(r, p);
        assertEq(t.balanceOf(address(z)), 1000);
        assertEq(t.allowance(alice, address(z)), 0);
        p = permitOf(t, aliceKey, 300);
        vm.prank(alice);
        z.requestAddLiquidityWithPermit(liquidityOf(address(t), 300), p);
        assertEq(t.balanceOf(address(z)), 1300);
        assertEq(uint256(z.requestCount()), 4);
    }

    /// @notice Somebody took the signature out of the waiting transaction and used it: the allowance stands, and that is all
    /// that counts.
    function test_requestSwapWithPermit_frontRun() public {
        (PermitToken t, IZklinkTypes.SwapRequest memory r) = permitToken();
        IZklinkTypes.Permit memory p = permitOf(t, aliceKey, 1000);
        vm.prank(bob);
        t.permit(alice, address(z), p.value, p.deadline, p.v, p.r, p.s);
        vm.prank(alice);
        z.requestSwapWithPermit(r, p);
        assertEq(t.balanceOf(address(z)), 1000);
    }

    /// @notice A permit serves its signer only: whoever else shows it spends an allowance of his own, which he has not.
    function test_requestSwapWithPermit_RevertsForAnother() public {
        (PermitToken t, IZklinkTypes.SwapRequest memory r) = permitToken();
        IZklinkTypes.Permit memory p = permitOf(t, aliceKey, 1000);
        vm.prank(bob);
        vm.expectRevert();
        z.requestSwapWithPermit(r, p);
        assertEq(t.balanceOf(alice), t.totalSupply());
    }

    function test_requestSwapWithPermit_RevertsWithoutAllowance() public {
        (PermitToken t, IZklinkTypes.SwapRequest memory r) = permitToken();
        IZklinkTypes.Permit memory p = permitOf(t, aliceKey, 999); // too little
        vm.prank(alice);
        vm.expectRevert();
        z.requestSwapWithPermit(r, p);
        p = permitOf(t, aliceKey, 1000);
        p.deadline--; // not what was signed
        vm.prank(alice);
        vm.expectRevert();
        z.requestSwapWithPermit(r, p);
        skip(61);
        p.deadline++; // signed, but late
        vm.prank(alice);
        vm.expectRevert();
        z.requestSwapWithPermit(r, p);
        IZklinkTypes.LiquidityRequest memory l = liquidityOf(address(t), 1000);
        vm.prank(alice);
        vm.expectRevert();
        z.requestAddLiquidityWithPermit(l, p);
    }

    /// @notice A token without permits: the allowance alone.
    function test_requestSwapWithPermit_tokenWithoutPermits() public {
        IZklinkTypes.Permit memory none;
        vm.prank(alice);
        z.requestSwapWithPermit(swapOf(10), none);
        assertEq(z.custody(TOKEN), FUNDS + 10);
        IZklinkTypes.SwapRequest memory r = swapOf(10);
        r.tokenIn = bob; // no contract at all
        vm.expectRevert(abi.encodeWithSelector(IZklinkTypes.UnknownToken.selector, bob));
        z.requestSwapWithPermit(r, none);
        r.tokenIn = address(0);
        vm.expectRevert(abi.encodeWithSelector(IZklinkTypes.UnknownToken.selector, address(0)));
        z.requestSwapWithPermit(r, none);
    }

    // ---- what is paid ----

    function test_swap_paysOnTheOtherChain() public {
        (Draft memory d,) = queuedSwap(swapOf(500), 0, 450);
        assertEq(d.outbox[A].length, 5);
        assertEq(d.outbox[B].length, 5);
        settle(d);
        assertEq(token[A].balanceOf(bob), 0);
        assertEq(token[B].balanceOf(bob), 450);
        assertEq(zklink[B].custody(TOKEN), FUNDS - 450);
        assertEq(z.custody(TOKEN), FUNDS + 500); // what came in belongs to the pool now
    }

    function test_swap_paysOnTheSameChain() public {
        IZklinkTypes.SwapRequest memory r = swapOf(500);
        r.tokenOut = uint64(tokenId(A, 0));
        (Draft memory d,) = queuedSwap(r, 0, 450);
        assertEq(d.outbox[B].length, 0);
        settle(d);
        assertEq(bob.balance, 450);
    }

    function test_swap_refunds() public {
        for (uint256 outcome = 1; outcome < 4; outcome++) {
            IZklinkTypes.SwapRequest memory r = swapOf(500);
            r.refundTo = makeAddr(vm.toString(outcome));
            r.brokerFee = 100;
            (Draft memory d,) = queuedSwap(r, outcome, 0);
            assertEq(d.outbox[B].length, 0);
            settle(d);
            assertEq(token[A].balanceOf(r.refundTo), 500);
            assertEq(z.custody(TOKEN), FUNDS);
        }
        assertEq(token[B].balanceOf(bob), 0);
    }

    function test_swap_refundsTheCoin() public {
        IZklinkTypes.SwapRequest memory r = swapOf(1 ether);
        (r.tokenIn, r.refundTo) = (address(0), bob);
        (Draft memory d,) = queuedSwap(r, 1, 0);
        settle(d);
        assertEq(bob.balance, 1 ether);
        assertEq(z.custody(0), FUNDS);
    }

    /// @notice A refund that can't be paid waits, like any payout.
    function test_swap_refundWaits() public {
        RevertingReceiver grumpy = new RevertingReceiver();
        IZklinkTypes.SwapRequest memory r = swapOf(1 ether);
        (r.tokenIn, r.refundTo) = (address(0), address(grumpy));
        (Draft memory d,) = queuedSwap(r, 2, 0);
        settle(d);
        assertEq(z.pendingBalance(0, address(grumpy)), 1 ether);
        grumpy.run(address(z), abi.encodeCall(IZklinkRequests.redirectPending, (0, bob)));
        assertEq(bob.balance, 1 ether);
    }

    // ---- what a block must show ----

    /// @notice The operator can change nothing that the user fixed.
    function test_submit_RevertsIfTheRequestIsChanged() public {
        IZklinkTypes.SwapRequest memory r = swapOf(500);
        (r.brokerFee, r.broker, r.exclusiveUntil) = (9, 3, 4);
        vm.prank(alice);
        z.requestSwap(r);
        uint256[4] memory t = PoolOps.swapTemplate(r, tokenId(A, TOKEN), 2);
        // one bit in each field: w0 pool, token, amount, deadline; w1 minimum; w2 token, to, index; w3 refund, fee, broker, until
        uint16[12] memory bit = [10, 38, 78, 190, 256, 512, 552, 712, 768, 928, 963, 987];
        for (uint256 i = 0; i < bit.length; i++) {
            uint256[4] memory changed = [t[0], t[1], t[2], t[3]];
            changed[bit[i] / 256] ^= 1 << (bit[i] % 256);
            Draft memory d = draft();
            d.take(A, B, changed, PoolOps.Filled(0, 450, 0, 2));
            IZklinkTypes.BlockSubmission memory s = submission(A, d);
            vm.expectRevert(abi.encodeWithSelector(IZklinkTypes.RequestMismatch.selector, 2));
            submitRaw(A, s);
        }
    }

    /// @notice The target chain can't see the queue of the source chain, but the proof puts every swap request into the source
    /// chain's outbox, and only a proof that both chains took is ever confirmed. So a made-up one in B's outbox alone: A
    /// refuses the block, with whatever outbox, because the proof is of both outboxes.
    function test_submit_madeUpSwapInTheTargetsOutboxOnly() public {
        uint256[4] memory t = PoolOps.swapTemplate(swapOf(500), tokenId(A, TOKEN), 2);
        Draft memory d = draft();
        uint256 op = d.addOperation(Blocks.list(t[0], t[1] + (450 << 112), t[2], t[3]));
        d.addEntry(A, [op, t[0], t[1] + (450 << 112), t[2], t[3]]);
        d.addEntry(B, [op, t[0], t[1] + (450 << 112), t[2], t[3]]);
        IZklinkTypes.BlockSubmission memory s = submission(A, d);
        vm.expectRevert(abi.encodeWithSelector(IZklinkTypes.RequestMismatch.selector, 2));
        submitRaw(A, s);
        // with A's entry left out, it is not what was proved
        s.outbox = new uint256[](0);
        s.header[chainWord(A, 1)] = uint256(keccak256(""));
        s.header[chainWord(A, 2)] = 0;
        vm.expectRevert(abi.encodeWithSelector(StubVerifier.Mismatch.selector, "statement digest"));
        submitRaw(A, s);
        submit(B, d); // all that B can see is in order
        // but B's block is never confirmed: the oracles see no such block on A
        assertEq(uint256(z.provedNumber()), lastNumber - 1);
        vm.expectRevert(abi.encodeWithSelector(IZklinkTypes.NotConfirmed.selector, lastNumber));
        execute(B, lastNumber, d);
    }

    /// @notice A request of a third chain, of no meaning here, or refused ones where they pay nothing.
    function test_submit_RevertsIfAnEntryHasNoBusinessHere() public {
        IZklinkTypes.SwapRequest memory r = swapOf(500);
        vm.prank(alice);
        z.requestSwap(r);
        uint256[4] memory t = PoolOps.swapTemplate(r, tokenId(A, TOKEN), 2);
        // refused, and yet in B's outbox
        for (uint256 outcome = 1; outcome < 4; outcome++) {
            expectBadEntryOnB(t, outcome);
        }
        // done, but token out is A's
        r.tokenOut = uint64(tokenId(A, 0));
        expectBadEntryOnB(PoolOps.swapTemplate(r, tokenId(A, TOKEN), 2), 0);
        // an add-liquidity request of A
        uint256[4] memory a = PoolOps.addTemplate(liquidityOf(address(token[A]), 1), tokenId(A, TOKEN), 2);
        Draft memory d = draft();
        d.addEntry(B, [d.addOperation(Blocks.list(a[0])), a[0], a[1], a[2], a[3]]);
        IZklinkTypes.BlockSubmission memory s = submission(B, d);
        vm.expectRevert(abi.encodeWithSelector(IZklinkTypes.RequestMismatch.selector, 2));
        submitRaw(B, s);
    }

    function expectBadEntryOnB(uint256[4] memory t, uint256 outcome) private {
        Draft memory d = draft();
        uint256 w0 = t[0] + (outcome << 8);
        d.addEntry(B, [d.addOperation(Blocks.list(w0, t[1], t[2], t[3])), w0, t[1], t[2], t[3]]);
        IZklinkTypes.BlockSubmission memory s = submission(B, d);
        vm.expectRevert(abi.encodeWithSelector(IZklinkTypes.BadOutboxEntry.selector, 0));
        submitRaw(B, s);
    }

    // ---- pauses are in test/Pausing.t.sol ----
}
