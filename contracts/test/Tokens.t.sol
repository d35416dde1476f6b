// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.30;

import {SafeERC20} from "@openzeppelin/contracts/token/ERC20/utils/SafeERC20.sol";
import {ERC20} from "@openzeppelin/contracts/token/ERC20/ERC20.sol";
import {ReentrancyGuard} from "@openzeppelin/contracts/utils/ReentrancyGuard.sol";
import {DemoToken} from "../src/dev/DemoToken.sol";
import {IZklink} from "../src/interfaces/IZklink.sol";
import {IZklinkTypes} from "../src/interfaces/IZklinkTypes.sol";
import {
    BonusToken,
    FeeToken,
    HookToken,
    MoodyToken,
    NotAToken,
    RebasingToken,
    SilentToken,
    WatchToken
} from "./support/WeirdTokens.sol";
import {ZklinkTest} from "./support/ZklinkTest.sol";

/// @notice Registration and deposits: what comes in is counted, or refused.
contract TokensTest is ZklinkTest {
    uint256 private constant CAP = (1 << 112) - 1;
    IZklink private z;

    function setUp() public override {
        super.setUp();
        z = zklink[A];
    }

    // ---- registration ----

    function test_registerToken_givesTheNextIndex() public {
        DemoToken second = new DemoToken("Second", "SEC", 6, 1, alice);
        vm.expectEmit(address(z));
        emit IZklinkTypes.TokenRegistered(2, address(second));
        vm.prank(bob);
        assertEq(z.registerToken(address(second)), 2);
        assertEq(z.tokenCount(), 2);
        assertEq(z.tokenAddress(2), address(second));
        assertEq(z.tokenIndex(address(second)), 2);
        assertEq(z.tokenIndex(address(token[A])), 1);
    }

    function test_registerToken_RevertsIfRegistered() public {
        vm.expectRevert(
            abi.encodeWithSelector(IZklinkTypes.TokenAlreadyRegistered.selector, address(token[A]), TOKEN)
        );
        z.registerToken(address(token[A]));
    }

    function test_registerToken_RevertsWithoutCode() public {
        address[3] memory none = [address(0), bob, address(1)];
        for (uint256 i = 0; i < none.length; i++) {
            vm.expectRevert(abi.encodeWithSelector(IZklinkTypes.NotAContract.selector, none[i]));
            z.registerToken(none[i]);
        }
        assertEq(z.tokenCount(), 1);
    }

    /// @notice Anything with code may be listed; if it is no token, nobody can deposit it.
    function test_registerToken_notAToken() public {
        address[2] memory strange = [address(new NotAToken()), address(z)];
        for (uint256 i = 0; i < strange.length; i++) {
            z.registerToken(strange[i]);
            vm.expectRevert();
            z.deposit(strange[i], 1, alice);
        }
    }

    // ---- deposits ----

    function test_deposit_bringsTheAmountAndARequest() public {
        uint256 w0 = 1 | (tokenId(A, TOKEN) << 44) | (uint256(55) << 84);
        vm.expectEmit(address(z));
        emit IZklinkTypes.Requested(
            0, 1, w0, ownerWord(A, bob), 0, 0, uint64(vm.getBlockTimestamp()) + REQUEST_PERIOD
        );
        vm.prank(alice);
        z.deposit(address(token[A]), 55, bob);
        assertEq(token[A].balanceOf(address(z)), 55);
        assertEq(z.custody(TOKEN), 55);
        assertEq(z.requestCount(), 1);
    }

    function testFuzz_deposit(uint256 amount, address owner) public {
        amount = bound(amount, 1, CAP);
        if (owner == address(0)) owner = bob;
        vm.prank(alice);
        z.deposit(address(token[A]), amount, owner);
        assertEq(token[A].balanceOf(address(z)), amount);
        assertEq(z.custody(TOKEN), amount);
        (bytes27 hash, uint40 deadline) = z.requests(0);
        uint256 w0 = 1 + (tokenId(A, TOKEN) << 44) + (amount << 84);
        bytes32 full = keccak256(abi.encode(w0, ownerWord(A, owner), 0, 0));
        assertEq(bytes32(hash), full >> 40 << 40);
        assertEq(uint256(deadline), vm.getBlockTimestamp() + REQUEST_PERIOD);
    }

    function test_deposit_RevertsIfTokenUnknown() public {
        DemoToken other = new DemoToken("Other", "OTH", 6, 100, alice);
        vm.expectRevert(abi.encodeWithSelector(IZklinkTypes.UnknownToken.selector, address(other)));
        z.deposit(address(other), 1, alice);
        vm.expectRevert(abi.encodeWithSelector(IZklinkTypes.UnknownToken.selector, address(0)));
        z.deposit(address(0), 1, alice);
    }

    function test_deposit_RevertsIfAmountIsZeroOrTooLarge() public {
        vm.startPrank(alice);
        vm.expectRevert(IZklinkTypes.ZeroAmount.selector);
        z.deposit(address(token[A]), 0, alice);
        vm.expectRevert(abi.encodeWithSelector(IZklinkTypes.AmountTooLarge.selector, CAP + 1));
        z.deposit(address(token[A]), CAP + 1, alice);
        vm.expectRevert(abi.encodeWithSelector(IZklinkTypes.AmountTooLarge.selector, type(uint256).max));
        z.deposit(address(token[A]), type(uint256).max, alice);
        vm.stopPrank();
    }

    function test_deposit_RevertsIfOwnerIsZero() public {
        vm.startPrank(alice);
        vm.expectRevert(IZklinkTypes.ZeroAddress.selector);
        z.deposit(address(token[A]), 1, address(0));
        vm.expectRevert(IZklinkTypes.ZeroAddress.selector);
        z.depositNative{value: 1}(address(0));
        vm.stopPrank();
    }

    function test_deposit_RevertsAboveTheCustodyCap() public {
        vm.startPrank(alice);
        z.deposit(address(token[A]), CAP - 10, alice);
        vm.expectRevert(
            abi.encodeWithSelector(IZklinkTypes.CustodyCapExceeded.selector, address(token[A]), CAP + 1)
        );
        z.deposit(address(token[A]), 11, alice);
        z.deposit(address(token[A]), 10, alice);
        vm.stopPrank();
        assertEq(z.custody(TOKEN), CAP);
    }

    function test_deposit_RevertsWithoutAllowanceOrBalance() public {
        vm.expectRevert();
        vm.prank(bob);
        z.deposit(address(token[A]), 1, bob);
        vm.startPrank(bob);
        token[A].approve(address(z), 5);
        vm.expectRevert();
        z.deposit(address(token[A]), 1, bob);
        vm.stopPrank();
        assertEq(z.requestCount(), 0);
    }

    function test_donations_changeNothing() public {
        vm.startPrank(alice);
        assertTrue(token[A].transfer(address(z), 1000));
        z.deposit(address(token[A]), 7, alice);
        vm.stopPrank();
        assertEq(z.custody(TOKEN), 7);
        vm.deal(address(z), 5 ether);
        assertEq(z.custody(0), 0);
    }

    // ---- the native coin ----

    function testFuzz_depositNative(uint256 amount) public {
        amount = bound(amount, 1, CAP);
        vm.deal(alice, amount);
        uint256 w0 = 1 | (tokenId(A, 0) << 44) | (amount << 84);
        vm.expectEmit(address(z));
        emit IZklinkTypes.Requested(
            0, 1, w0, ownerWord(A, bob), 0, 0, uint64(vm.getBlockTimestamp()) + REQUEST_PERIOD
        );
        vm.prank(alice);
        z.depositNative{value: amount}(bob);
        assertEq(address(z).balance, amount);
        assertEq(z.custody(0), amount);
    }

    function test_depositNative_RevertsIfZeroOrAboveTheCap() public {
        vm.deal(alice, 2 * CAP);
        vm.startPrank(alice);
        vm.expectRevert(IZklinkTypes.ZeroAmount.selector);
        z.depositNative(alice);
        vm.expectRevert(abi.encodeWithSelector(IZklinkTypes.AmountTooLarge.selector, CAP + 1));
        z.depositNative{value: CAP + 1}(alice);
        z.depositNative{value: CAP}(alice);
        vm.expectRevert(abi.encodeWithSelector(IZklinkTypes.CustodyCapExceeded.selector, address(0), CAP + 1));
        z.depositNative{value: 1}(alice);
        vm.stopPrank();
    }

    /// @notice Coins sent without a deposit are not taken.
    function test_receive_Reverts() public {
        vm.prank(alice);
        (bool ok,) = address(z).call{value: 1 ether}("");
        assertFalse(ok);
        vm.prank(alice);
        (ok,) = address(z).call{value: 1 ether}(abi.encodeWithSignature("nothing()"));
        assertFalse(ok);
    }

    // ---- tokens that misbehave ----

    function test_feeOnTransfer_RevertsIfLessArrives() public {
        FeeToken t = new FeeToken();
        z.registerToken(address(t));
        t.approve(address(z), type(uint256).max);
        z.deposit(address(t), 1000, alice); // no fee yet
        t.charge(true);
        vm.expectRevert(abi.encodeWithSelector(IZklinkTypes.TransferMismatch.selector, 1000, 990));
        z.deposit(address(t), 1000, alice);
        assertEq(z.custody(2), 1000);
        assertEq(z.requestCount(), 1);
    }

    function test_bonusOnTransfer_RevertsIfMoreArrives() public {
        BonusToken t = new BonusToken();
        z.registerToken(address(t));
        t.approve(address(z), type(uint256).max);
        vm.expectRevert(abi.encodeWithSelector(IZklinkTypes.TransferMismatch.selector, 1000, 1001));
        z.deposit(address(t), 1000, alice);
    }

    /// @notice A rebase between deposits is not taken for a deposit, nor for a loss of the depositor's.
    function test_rebasing_countsWhatMovedOnly() public {
        RebasingToken t = new RebasingToken();
        z.registerToken(address(t));
        t.approve(address(z), type(uint256).max);
        z.deposit(address(t), 1000, alice);
        t.rebase(200);
        z.deposit(address(t), 500, alice);
        assertEq(z.custody(2), 1500);
        assertEq(t.balanceOf(address(z)), 2500);
        t.rebase(50);
        z.deposit(address(t), 100, alice);
        assertEq(z.custody(2), 1600);
        assertEq(t.balanceOf(address(z)), 725);
    }

    /// @notice A rebase that rounds a deposit off is refused.
    function test_rebasing_RevertsIfRoundedOff() public {
        RebasingToken t = new RebasingToken();
        z.registerToken(address(t));
        t.approve(address(z), type(uint256).max);
        t.rebase(300);
        vm.expectRevert(abi.encodeWithSelector(IZklinkTypes.TransferMismatch.selector, 1000, 999));
        z.deposit(address(t), 1000, alice);
    }

    function test_moody_RevertsUnlessItTransfers() public {
        MoodyToken t = new MoodyToken();
        z.registerToken(address(t));
        t.approve(address(z), type(uint256).max);
        MoodyToken.Mood[7] memory bad = [
            MoodyToken.Mood.Reverts,
            MoodyToken.Mood.ReturnsFalse,
            MoodyToken.Mood.ReturnsGarbage,
            MoodyToken.Mood.ReturnsShort,
            MoodyToken.Mood.ReturnsBomb,
            MoodyToken.Mood.BurnsGas,
            MoodyToken.Mood.ReturnsNothing
        ];
        for (uint256 i = 0; i < bad.length; i++) {
            t.become(bad[i]);
            (bool ok,) = address(z).call{gas: 3_000_000}(abi.encodeCall(z.deposit, (address(t), 100, alice)));
            assertFalse(ok, vm.toString(i));
        }
        assertEq(z.custody(2), 0);
        assertEq(z.requestCount(), 0);
        t.become(MoodyToken.Mood.Good);
        z.deposit(address(t), 100, alice);
        assertEq(z.custody(2), 100);
    }

    function test_moody_namesTheReason() public {
        MoodyToken t = new MoodyToken();
        z.registerToken(address(t));
        t.approve(address(z), type(uint256).max);
        t.become(MoodyToken.Mood.ReturnsFalse);
        vm.expectRevert(abi.encodeWithSelector(SafeERC20.SafeERC20FailedOperation.selector, address(t)));
        z.deposit(address(t), 100, alice);
        t.become(MoodyToken.Mood.ReturnsNothing); // as Tether does, but nothing moved
        vm.expectRevert(abi.encodeWithSelector(IZklinkTypes.TransferMismatch.selector, 100, 0));
        z.deposit(address(t), 100, alice);
    }

    function test_returningNothing_isTaken() public {
        SilentToken t = new SilentToken();
        z.registerToken(address(t));
        t.approve(address(z), type(uint256).max);
        z.deposit(address(t), 100, alice);
        assertEq(z.custody(2), 100);
        assertEq(t.balanceOf(address(z)), 100);
    }

    function test_codeGone_RevertsAtDeposit() public {
        SilentToken t = new SilentToken();
        z.registerToken(address(t));
        t.approve(address(z), type(uint256).max);
        vm.etch(address(t), "");
        vm.expectRevert();
        z.deposit(address(t), 100, alice);
    }

    // ---- re-entrance ----

    function test_reentrant_RevertsWhereMoneyMoves() public {
        HookToken t = new HookToken();
        z.registerToken(address(t));
        t.approve(address(z), type(uint256).max);
        bytes[4] memory calls = [
            abi.encodeCall(z.deposit, (address(t), 1, alice)),
            abi.encodeCall(z.depositNative, (alice)),
            abi.encodeCall(z.withdrawPending, (0, alice)),
            abi.encodeCall(z.redirectPending, (0, alice))
        ];
        for (uint256 i = 0; i < calls.length; i++) {
            t.hook(address(z), calls[i]);
            vm.expectRevert(ReentrancyGuard.ReentrancyGuardReentrantCall.selector);
            z.deposit(address(t), 100, alice);
        }
        assertEq(z.custody(2), 0);
        assertEq(z.requestCount(), 0);
    }

    /// @notice Requests that move no money may be made from inside; the queue stays in order.
    function test_reentrant_requestFromInside() public {
        HookToken t = new HookToken();
        z.registerToken(address(t));
        t.approve(address(z), type(uint256).max);
        t.hook(address(z), abi.encodeCall(z.requestFullExit, (2, 1, alice)));
        z.deposit(address(t), 100, alice);
        assertTrue(t.answered());
        assertEq(z.requestCount(), 2);
        (bytes27 hash,) = z.requests(1);
        uint256 w0 = 1 + (tokenId(A, 2) << 44) + (uint256(100) << 84);
        assertEq(bytes32(hash), keccak256(abi.encode(w0, ownerWord(A, alice), 0, 0)) >> 40 << 40);
    }

    /// @notice Foreign code never sees custody above the holdings.
    function test_custody_isCoveredAtEveryMoment() public {
        WatchToken t = new WatchToken(z);
        z.registerToken(address(t));
        t.approve(address(z), type(uint256).max);
        t.watch(2);
        z.deposit(address(t), 100, alice);
        assertEq(t.looks(), 1);
        assertEq(z.custody(2), 100);
    }
}
