// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.30;

// forge-lint: disable-start(unsafe-typecast) numbers here are small, selectors are cut off on purpose

import {ERC20} from "@openzeppelin/contracts/token/ERC20/ERC20.sol";
import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import {ReentrancyGuard} from "@openzeppelin/contracts/utils/ReentrancyGuard.sol";
import {IZklinkBlocks, IZklinkPools, IZklinkRequests} from "../src/interfaces/IZklink.sol";
import {IZklinkTypes} from "../src/interfaces/IZklinkTypes.sol";
import {Draft} from "./support/Blocks.sol";
import {PoolOps} from "./support/PoolOps.sol";
import {PoolsTest} from "./support/PoolsTest.sol";
import {BombReceiver, CallingReceiver, GuzzlingReceiver, RevertingReceiver} from "./support/Receivers.sol";
import {FeeToken, HookToken, MoodyToken} from "./support/WeirdTokens.sol";

/// @notice Payouts in advance: the receiver is paid once, the broker gets exactly what it accepted, others lose nothing.
contract BrokersTest is PoolsTest {
    using PoolOps for Draft;

    address private broker;
    address private rival;
    uint256 private constant PURSE = 50 ether;

    function setUp() public override {
        super.setUp();
        broker = makeAddr("broker");
        rival = makeAddr("rival");
        address[2] memory brokers = [broker, rival];
        for (uint256 i = 0; i < 2; i++) {
            vm.deal(brokers[i], PURSE);
            for (uint256 chain = 0; chain < CHAINS; chain++) {
                vm.prank(alice);
                assertTrue(token[chain].transfer(brokers[i], PURSE));
                vm.prank(brokers[i]);
                token[chain].approve(address(zklink[chain]), type(uint256).max);
            }
        }
    }

    /// @dev A withdrawal from account 2 on A to Bob.
    function withdrawal(uint32 index, uint256 amount, uint256 fee, uint256 nonce)
        private
        view
        returns (IZklinkTypes.Payout memory p)
    {
        (p.kind, p.a, p.b, p.to, p.token, p.amount, p.fee) = (12, 2, nonce, bob, index, amount, fee);
    }

    function put(Draft memory d, IZklinkTypes.Payout memory p) private pure {
        d.fastWithdraw(A, p.a, tokenId(A, p.token), p.amount, p.to, p.b, p.fee);
    }

    /// @dev The identity, written out again.
    function idOf(IZklinkTypes.Payout memory p) private pure returns (bytes32) {
        return
            keccak256(
                abi.encode(p.kind, p.a, p.b, p.to, p.token, p.amount, p.fee, p.broker, p.exclusiveUntil)
            );
    }

    function acceptAs(address who, IZklinkTypes.Payout memory p) private {
        vm.prank(who);
        z.accept{value: p.token == 0 ? p.amount - p.fee : 0}(p);
    }

    function expectRefused(address who, IZklinkTypes.Payout memory p, bytes memory reason) private {
        uint256 value = p.token == 0 && p.amount > p.fee ? p.amount - p.fee : 0;
        vm.expectRevert(reason);
        vm.prank(who);
        z.accept{value: value}(p);
    }

    function owns(address who, uint32 index) private view returns (uint256) {
        return index == 0 ? who.balance : token[A].balanceOf(who);
    }

    // ---- withdrawals ----

    function test_accept_paysNowAndIsRepaid() public {
        uint32[2] memory indices = [uint32(0), TOKEN];
        for (uint256 i = 0; i < 2; i++) {
            uint32 index = indices[i];
            IZklinkTypes.Payout memory p = withdrawal(index, 1000, 7, i);
            uint256 custody = z.custody(index);
            vm.expectEmit(address(z));
            emit IZklinkTypes.Accepted(idOf(p), broker, 12, 2, i, bob, index, 1000, 7);
            acceptAs(broker, p);
            assertEq(owns(bob, index), 993);
            assertEq(owns(broker, index), PURSE - 993);
            assertEq(z.acceptedBy(idOf(p)), broker);
            assertEq(z.custody(index), custody); // nothing of the users' money moved

            Draft memory d = draft();
            put(d, p);
            submitBoth(d);
            confirm(A, d.number);
            vm.expectEmit(address(z));
            emit IZklinkTypes.Paid(d.number, 0, index, broker, 1000);
            execute(A, d.number, d);
            confirm(B, d.number);
            execute(B, d.number, d);
            assertEq(owns(bob, index), 993);
            assertEq(owns(broker, index), PURSE + 7);
            assertEq(z.custody(index), custody - 1000);
            assertEq(z.acceptedBy(idOf(p)), address(1));
        }
    }

    /// @notice No broker came: the receiver gets all of it, the fee too; and then it is too late.
    function test_accept_afterExecution() public {
        IZklinkTypes.Payout memory p = withdrawal(TOKEN, 1000, 7, 0);
        Draft memory d = draft();
        put(d, p);
        submitBoth(d);
        confirm(A, d.number);
        execute(A, d.number, d);
        assertEq(token[A].balanceOf(bob), 1000);
        expectRefused(broker, p, abi.encodeWithSelector(IZklinkTypes.AlreadyExecuted.selector, idOf(p)));
    }

    /// @notice Between proof and execution is when brokers act; also when a part of the block was executed.
    function test_accept_betweenTwoPartsOfOneExecution() public {
        IZklinkTypes.Payout memory p = withdrawal(TOKEN, 1000, 7, 0);
        IZklinkTypes.Payout memory q = withdrawal(TOKEN, 2000, 9, 1);
        Draft memory d = draft();
        put(d, p);
        put(d, q);
        submitBoth(d);
        confirm(A, d.number);
        z.executeBlock(stored[A][d.number], d.outbox[A], 1);
        expectRefused(broker, p, abi.encodeWithSelector(IZklinkTypes.AlreadyExecuted.selector, idOf(p)));
        acceptAs(broker, q);
        z.executeBlock(stored[A][d.number], d.outbox[A], 1);
        assertEq(token[A].balanceOf(bob), 1000 + 1991);
        assertEq(token[A].balanceOf(broker), PURSE + 9);
    }

    /// @notice Two brokers at once: the second one's transaction reverts, and costs it nothing but gas.
    function test_accept_RevertsIfAcceptedBefore() public {
        IZklinkTypes.Payout memory p = withdrawal(TOKEN, 1000, 7, 0);
        acceptAs(broker, p);
        bytes memory reason = abi.encodeWithSelector(IZklinkTypes.AlreadyAccepted.selector, idOf(p), broker);
        expectRefused(rival, p, reason);
        expectRefused(broker, p, reason);
        assertEq(token[A].balanceOf(bob), 993);
        assertEq(token[A].balanceOf(rival), PURSE);
    }

    /// @notice Each field is part of the identity: whoever accepts something else has accepted nothing that is paid.
    function test_accept_ofAnotherPayoutHarmsOnlyTheBroker() public {
        IZklinkTypes.Payout memory p = withdrawal(TOKEN, 1000, 7, 3);
        acceptAs(broker, p);
        for (uint256 i = 0; i < 7; i++) {
            IZklinkTypes.Payout memory q = withdrawal(TOKEN, 1000, 7, 3);
            if (i == 0) q.kind = 17;
            if (i == 1) q.a++;
            if (i == 2) q.b++;
            if (i == 3) q.to = makeAddr("somebody");
            if (i == 4) q.amount++;
            if (i == 5) q.fee++;
            if (i == 6) (q.broker, q.exclusiveUntil) = (1, 1);
            acceptAs(rival, q);
        }
        Draft memory d = draft();
        put(d, p);
        settle(d);
        assertEq(token[A].balanceOf(broker), PURSE + 7);
        assertLt(token[A].balanceOf(rival), PURSE - 6 * 990);
        assertEq(z.custody(TOKEN), FUNDS - 1000);
        // the same fields in another token
        IZklinkTypes.Payout memory n = withdrawal(0, 1000, 7, 3);
        acceptAs(rival, n);
        assertEq(z.acceptedBy(idOf(n)), rival);
    }

    /// @notice The payout never comes (its block is taken back for good, say): the broker has given its own money, no more.
    function test_accept_ofAPayoutThatNeverComes() public {
        uint256 custody = z.custody(TOKEN);
        acceptAs(broker, withdrawal(TOKEN, 1e18, 1, 99));
        Draft memory d = draft();
        put(d, withdrawal(TOKEN, 1000, 0, 4));
        settle(d);
        assertEq(token[A].balanceOf(broker), PURSE - 1e18 + 1);
        assertEq(z.custody(TOKEN), custody - 1000);
        assertEq(token[A].balanceOf(address(z)), custody - 1000);
    }

    function test_accept_RevertsIfTheFeeIsBad() public {
        IZklinkTypes.Payout memory p = withdrawal(TOKEN, 1000, 0, 0);
        expectRefused(broker, p, abi.encodeWithSelector(IZklinkTypes.BadBrokerFee.selector, 0, 1000));
        p.fee = 1000; // all for nothing
        expectRefused(broker, p, abi.encodeWithSelector(IZklinkTypes.BadBrokerFee.selector, 1000, 1000));
        p.fee = 1001;
        expectRefused(broker, p, abi.encodeWithSelector(IZklinkTypes.BadBrokerFee.selector, 1001, 1000));
        p.fee = type(uint256).max;
        expectRefused(
            broker, p, abi.encodeWithSelector(IZklinkTypes.BadBrokerFee.selector, type(uint256).max, 1000)
        );
        p.fee = 999;
        acceptAs(broker, p);
        assertEq(token[A].balanceOf(bob), 1);
    }

    /// @notice A fee of the whole amount or more is executed as an ordinary payout.
    function test_execute_feeAboveTheAmount() public {
        Draft memory d = draft();
        put(d, withdrawal(TOKEN, 1000, 1000, 0));
        put(d, withdrawal(TOKEN, 500, type(uint112).max, 1));
        settle(d);
        assertEq(token[A].balanceOf(bob), 1500);
    }

    function test_accept_RevertsIfTokenOrReceiverIsBad() public {
        IZklinkTypes.Payout memory p = withdrawal(77, 1000, 7, 0);
        expectRefused(broker, p, abi.encodeWithSelector(IZklinkTypes.UnknownToken.selector, address(0)));
        p = withdrawal(TOKEN, 1000, 7, 0);
        p.to = address(0);
        expectRefused(broker, p, abi.encodeWithSelector(IZklinkTypes.ZeroAddress.selector));
    }

    function test_accept_RevertsIfTheValueIsWrong() public {
        IZklinkTypes.Payout memory p = withdrawal(TOKEN, 1000, 7, 0);
        vm.prank(broker);
        vm.expectRevert(abi.encodeWithSelector(IZklinkTypes.WrongValue.selector, 0, 1));
        z.accept{value: 1}(p);
        p = withdrawal(0, 1000, 7, 0);
        vm.prank(broker);
        vm.expectRevert(abi.encodeWithSelector(IZklinkTypes.WrongValue.selector, 993, 1000));
        z.accept{value: 1000}(p);
        vm.prank(broker);
        vm.expectRevert(abi.encodeWithSelector(IZklinkTypes.WrongValue.selector, 993, 992));
        z.accept{value: 992}(p);
    }

    function test_accept_RevertsIfTheBrokerHasTooLittle() public {
        IZklinkTypes.Payout memory p = withdrawal(TOKEN, PURSE + 100, 7, 0);
        vm.prank(broker);
        vm.expectRevert();
        z.accept(p);
        assertEq(z.acceptedBy(idOf(p)), address(0));
        vm.prank(bob); // no allowance at all
        vm.expectRevert();
        z.accept(withdrawal(TOKEN, 1000, 7, 0));
    }

    // ---- the same payout twice, two payouts of one account ----

    function test_execute_twoPayoutsOfOneAccountInOneBlock() public {
        IZklinkTypes.Payout memory p = withdrawal(TOKEN, 1000, 7, 0);
        IZklinkTypes.Payout memory q = withdrawal(TOKEN, 1000, 7, 1); // differ by the nonce only
        acceptAs(broker, q);
        Draft memory d = draft();
        put(d, p);
        put(d, q);
        settle(d);
        assertEq(token[A].balanceOf(bob), 1000 + 993);
        assertEq(token[A].balanceOf(broker), PURSE + 7);

        acceptAs(rival, withdrawal(TOKEN, 1000, 7, 2));
        acceptAs(broker, withdrawal(TOKEN, 2000, 7, 3));
        d = draft();
        put(d, withdrawal(TOKEN, 1000, 7, 2));
        put(d, withdrawal(TOKEN, 2000, 7, 3));
        settle(d);
        assertEq(token[A].balanceOf(rival), PURSE + 7);
        assertEq(token[A].balanceOf(broker), PURSE + 14);
    }

    /// @notice A nonce is used once, so this can't be proved; were it, the second payout goes to the receiver, and nothing is stuck.
    function test_execute_oneIdentityTwice() public {
        IZklinkTypes.Payout memory p = withdrawal(TOKEN, 1000, 7, 0);
        acceptAs(broker, p);
        Draft memory d = draft();
        put(d, p);
        put(d, p);
        settle(d);
        assertEq(token[A].balanceOf(broker), PURSE + 7);
        assertEq(token[A].balanceOf(bob), 993 + 1000);
    }

    // ---- swaps ----

    function test_swap_brokerPaysOnTheTargetChain() public {
        IZklinkTypes.SwapRequest memory r = swapOf(500);
        r.brokerFee = 20;
        (Draft memory d, uint256 index) = queuedSwap(r, 0, 450);
        IZklinkTypes.Payout memory p = IZklinkTypes.Payout(17, NUMBER_A, index, bob, TOKEN, 450, 20, 0, 0);
        vm.prank(broker);
        zklink[B].accept(p);
        assertEq(token[B].balanceOf(bob), 430);
        settle(d);
        assertEq(token[B].balanceOf(bob), 430);
        assertEq(token[B].balanceOf(broker), PURSE + 20);
        // on the source chain nobody could be repaid
        acceptAs(rival, p);
        assertEq(token[A].balanceOf(rival), PURSE - 430);
    }

    /// @notice Refused on L2 after all: who accepted on a guess pays for it; the refund is the user's.
    function test_swap_acceptedButRefunded() public {
        IZklinkTypes.SwapRequest memory r = swapOf(500);
        (r.brokerFee, r.tokenOut) = (20, uint64(tokenId(A, 0)));
        (Draft memory d, uint256 index) = queuedSwap(r, 1, 0);
        uint256 before = token[A].balanceOf(alice);
        acceptAs(broker, IZklinkTypes.Payout(17, NUMBER_A, index, bob, 0, 450, 20, 0, 0));
        settle(d);
        assertEq(token[A].balanceOf(alice), before + 500);
        assertEq(broker.balance, PURSE - 430);
    }

    // ---- registry and exclusivity ----

    function test_registerBroker() public {
        vm.expectEmit(address(z));
        emit IZklinkTypes.BrokerRegistered(1, broker);
        vm.prank(broker);
        assertEq(uint256(z.registerBroker()), 1);
        vm.prank(rival);
        assertEq(uint256(z.registerBroker()), 2);
        assertEq(uint256(z.brokerCount()), 2);
        assertEq(z.brokerAddress(2), rival);
        assertEq(uint256(z.brokerIndex(broker)), 1);
        vm.expectRevert(abi.encodeWithSelector(IZklinkTypes.BrokerAlreadyRegistered.selector, broker, 1));
        vm.prank(broker);
        z.registerBroker();
    }

    function test_accept_exclusiveForANamedBroker() public {
        vm.prank(broker);
        z.registerBroker();
        vm.prank(rival);
        z.registerBroker();
        uint256 until = vm.getBlockTimestamp() + 100;
        IZklinkTypes.Payout memory p = IZklinkTypes.Payout(17, NUMBER_B, 5, bob, TOKEN, 1000, 7, 1, until);
        bytes memory reason = abi.encodeWithSelector(IZklinkTypes.ExclusiveBroker.selector, 1, until);
        expectRefused(rival, p, reason);
        expectRefused(alice, p, reason); // not registered
        skip(99);
        expectRefused(rival, p, reason);
        uint256 state = vm.snapshotState();
        acceptAs(broker, p);
        vm.revertToState(state);
        skip(1); // then anybody may
        acceptAs(rival, p);
        expectRefused(
            broker, p, abi.encodeWithSelector(IZklinkTypes.AlreadyAccepted.selector, idOf(p), rival)
        );
    }

    /// @notice Named is a broker that nobody is: nobody, until the time is over. No name: anybody, whatever the time says.
    function test_accept_exclusiveForNobody() public {
        uint256 until = vm.getBlockTimestamp() + 100;
        IZklinkTypes.Payout memory p = IZklinkTypes.Payout(17, NUMBER_B, 5, bob, TOKEN, 1000, 7, 9, until);
        expectRefused(broker, p, abi.encodeWithSelector(IZklinkTypes.ExclusiveBroker.selector, 9, until));
        p.broker = 2 ** 24 + 1; // no index wraps
        expectRefused(
            broker, p, abi.encodeWithSelector(IZklinkTypes.ExclusiveBroker.selector, 2 ** 24 + 1, until)
        );
        p.broker = 0;
        acceptAs(broker, p);
        assertEq(token[A].balanceOf(bob), 993);
    }

    /// @notice Nobody shortens an exclusivity by accepting with other terms: that is another payout, which no block makes.
    function test_accept_otherTermsAreAnotherPayout() public {
        vm.prank(broker);
        z.registerBroker();
        IZklinkTypes.SwapRequest memory r = swapOf(500);
        (r.tokenOut, r.brokerFee, r.broker) = (uint64(tokenId(A, 0)), 20, 1);
        r.exclusiveUntil = uint64(vm.getBlockTimestamp() + 100);
        (Draft memory d, uint256 index) = queuedSwap(r, 0, 450);
        acceptAs(rival, IZklinkTypes.Payout(17, NUMBER_A, index, bob, 0, 450, 20, 0, 0));
        acceptAs(broker, IZklinkTypes.Payout(17, NUMBER_A, index, bob, 0, 450, 20, 1, r.exclusiveUntil));
        settle(d);
        assertEq(broker.balance, PURSE + 20);
        assertEq(rival.balance, PURSE - 430);
        assertEq(bob.balance, 860);
    }

    // ---- hostile receivers and tokens ----

    /// @notice Nothing the receiver does after it was paid keeps the payout from the broker.
    function test_broker_isPaidWhateverTheReceiverDoes() public {
        RevertingReceiver grumpy = new RevertingReceiver();
        grumpy.set(true);
        IZklinkTypes.Payout memory p = withdrawal(0, 1000, 7, 0);
        p.to = address(grumpy);
        acceptAs(broker, p);
        grumpy.set(false);
        Draft memory d = draft();
        put(d, p);
        settle(d);
        assertEq(broker.balance, PURSE + 7);
        assertEq(address(grumpy).balance, 993);
        assertEq(z.pendingBalance(0, address(grumpy)), 0);
    }

    /// @notice A receiver that refuses the money: no broker is charged, and the payout waits for it as ever.
    function test_accept_RevertsIfTheReceiverRefuses() public {
        address[4] memory hostile = [
            address(new RevertingReceiver()),
            address(new GuzzlingReceiver()),
            address(new BombReceiver(true)),
            address(new BombReceiver(false))
        ];
        for (uint256 i = 0; i < 3; i++) {
            IZklinkTypes.Payout memory p = withdrawal(0, 1000, 7, i);
            p.to = hostile[i];
            expectRefused(broker, p, abi.encodeWithSelector(IZklinkTypes.TransferFailed.selector, address(0)));
        }
        assertEq(broker.balance, PURSE);
        Draft memory d = draft();
        IZklinkTypes.Payout memory q = withdrawal(0, 1000, 7, 0);
        q.to = hostile[0];
        put(d, q);
        settle(d);
        assertEq(z.pendingBalance(0, hostile[0]), 1000);
        expectRefused(broker, q, abi.encodeWithSelector(IZklinkTypes.AlreadyExecuted.selector, idOf(q)));
    }

    /// @notice The broker itself can't be paid: its money waits for it, and blocks nobody.
    function test_broker_thatCantBePaid() public {
        RevertingReceiver contractBroker = new RevertingReceiver();
        vm.deal(address(contractBroker), 1 ether);
        IZklinkTypes.Payout memory p = withdrawal(TOKEN, 1000, 7, 0);
        vm.prank(broker);
        assertTrue(token[A].transfer(address(contractBroker), 993));
        contractBroker.run(address(token[A]), abi.encodeCall(IERC20.approve, (address(z), 993)));
        contractBroker.run(address(z), abi.encodeCall(IZklinkPools.accept, (p)));
        Draft memory d = draft();
        put(d, p);
        settle(d);
        assertEq(token[A].balanceOf(address(contractBroker)), 1000);

        vm.deal(broker, PURSE);
        p = withdrawal(0, 1000, 7, 1);
        vm.prank(address(contractBroker));
        z.accept{value: 993}(p);
        d = draft();
        put(d, p);
        settle(d);
        assertEq(z.pendingBalance(0, address(contractBroker)), 1000);
        contractBroker.run(address(z), abi.encodeCall(IZklinkRequests.redirectPending, (0, broker)));
        assertEq(broker.balance, PURSE + 1000);
    }

    /// @notice The receiver calls back while it is paid in advance: into nothing that moves money.
    function test_accept_reentered() public {
        CallingReceiver r = new CallingReceiver();
        IZklinkTypes.Payout memory p = withdrawal(0, 1000, 7, 0);
        p.to = address(r);
        IZklinkTypes.Payout memory other = withdrawal(TOKEN, 10, 1, 8);
        Draft memory d = draft();
        put(d, p);
        submitBoth(d);
        confirm(A, d.number);
        bytes[4] memory inner = [
            abi.encodeCall(IZklinkPools.accept, (p)),
            abi.encodeCall(IZklinkPools.accept, (other)),
            abi.encodeCall(IZklinkBlocks.executeBlock, (stored[A][d.number], d.outbox[A], type(uint256).max)),
            abi.encodeCall(IZklinkRequests.withdrawPending, (0, bob))
        ];
        for (uint256 i = 0; i < inner.length; i++) {
            uint256 state = vm.snapshotState();
            r.set(address(z), inner[i], true);
            expectRefused(broker, p, abi.encodeWithSelector(IZklinkTypes.TransferFailed.selector, address(0)));
            r.set(address(z), inner[i], false);
            acceptAs(broker, p);
            assertEq(r.calls(), 1);
            assertFalse(r.succeeded());
            vm.revertToState(state);
        }
        // and while it is executed
        r.set(address(z), abi.encodeCall(IZklinkPools.accept, (p)), false);
        execute(A, d.number, d);
        assertEq(r.calls(), 1);
        assertFalse(r.succeeded());
        assertEq(address(r).balance, 1000);
    }

    function bringIn(address t) private returns (uint32 index) {
        index = z.registerToken(t);
        (bool ok,) =
            t.call(abi.encodeWithSignature("approve(address,uint256)", address(z), type(uint256).max));
        assertTrue(ok);
        z.deposit(t, 1e18, alice);
        Draft memory d = draft();
        d.take(
            A,
            A,
            [1 + (tokenId(A, index) << 44) + (1e18 << 84), ownerWord(A, alice), 0, 0],
            PoolOps.Filled(0, 0, 0, 0)
        );
        settle(d);
    }

    /// @notice The receiver must get all that the broker owes it.
    function test_accept_RevertsIfTheTokenTakesAFee() public {
        FeeToken t = new FeeToken();
        IZklinkTypes.Payout memory p = withdrawal(bringIn(address(t)), 1007, 7, 0);
        t.charge(true);
        vm.expectRevert(abi.encodeWithSelector(IZklinkTypes.TransferMismatch.selector, 1000, 990));
        z.accept(p);
        t.charge(false);
        z.accept(p);
        assertEq(t.balanceOf(bob), 1000);
    }

    function test_accept_RevertsIfTheTokenFails() public {
        MoodyToken t = new MoodyToken();
        IZklinkTypes.Payout memory p = withdrawal(bringIn(address(t)), 1007, 7, 0);
        MoodyToken.Mood[5] memory moods = [
            MoodyToken.Mood.Reverts,
            MoodyToken.Mood.ReturnsFalse,
            MoodyToken.Mood.ReturnsGarbage,
            MoodyToken.Mood.ReturnsShort,
            MoodyToken.Mood.ReturnsNothing
        ];
        for (uint256 i = 0; i < moods.length; i++) {
            t.become(moods[i]);
            vm.expectRevert();
            z.accept(p);
            assertEq(z.acceptedBy(idOf(p)), address(0));
        }
        assertEq(t.balanceOf(bob), 0);
        // it fails when the broker is to be repaid: that waits, and the block goes on
        t.become(MoodyToken.Mood.Good);
        z.accept(p);
        t.become(MoodyToken.Mood.Reverts);
        Draft memory d = draft();
        put(d, p);
        put(d, withdrawal(TOKEN, 5, 0, 1));
        settle(d);
        assertEq(z.pendingBalance(p.token, address(this)), 1007);
        assertEq(token[A].balanceOf(bob), 5);
    }

    function test_accept_RevertsIfTheTokenReenters() public {
        HookToken t = new HookToken();
        IZklinkTypes.Payout memory p = withdrawal(bringIn(address(t)), 1007, 7, 0);
        IZklinkTypes.Payout memory q = withdrawal(p.token, 1007, 7, 1);
        bytes[3] memory inner = [
            abi.encodeCall(IZklinkPools.accept, (p)),
            abi.encodeCall(IZklinkPools.accept, (q)),
            abi.encodeCall(IZklinkRequests.deposit, (address(t), 1, bob))
        ];
        for (uint256 i = 0; i < inner.length; i++) {
            t.hook(address(z), inner[i]);
            vm.expectRevert(ReentrancyGuard.ReentrancyGuardReentrantCall.selector);
            z.accept(p);
        }
    }

    /// @notice Money sent to an implementation instead of the proxy is refused.
    function test_accept_RevertsOutsideTheProxy() public {
        IZklinkPools bare = IZklinkPools(address(implementation[A]));
        IZklinkTypes.Payout memory p = withdrawal(0, 1000, 7, 0);
        vm.prank(broker);
        vm.expectRevert(IZklinkTypes.NotThroughProxy.selector);
        bare.accept{value: 993}(p);
    }
}
