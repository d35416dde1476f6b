// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.30;

import {IZklinkTypes} from "../src/interfaces/IZklinkTypes.sol";
import {Draft} from "./support/Blocks.sol";
import {PoolOps} from "./support/PoolOps.sol";
import {PoolsTest} from "./support/PoolsTest.sol";

/// @notice New money can be stopped, for one token or all; nothing else can.
contract PausingTest is PoolsTest {
    using PoolOps for Draft;

    /// @dev All four ways in, for one token.
    function expectPaused(address t) private {
        bytes memory reason = abi.encodeWithSelector(IZklinkTypes.DepositsPaused.selector, t);
        IZklinkTypes.Permit memory none;
        IZklinkTypes.SwapRequest memory r = swapOf(5);
        IZklinkTypes.LiquidityRequest memory l = liquidityOf(t, 5);
        r.tokenIn = t;
        vm.startPrank(alice);
        if (t == address(0)) {
            vm.expectRevert(reason);
            z.depositNative{value: 5}(alice);
            vm.expectRevert(reason);
            z.requestSwap{value: 5}(r);
            vm.expectRevert(reason);
            z.requestAddLiquidity{value: 5}(l);
        } else {
            vm.expectRevert(reason);
            z.deposit(t, 5, alice);
            vm.expectRevert(reason);
            z.requestSwap(r);
            vm.expectRevert(reason);
            z.requestSwapWithPermit(r, none);
            vm.expectRevert(reason);
            z.requestAddLiquidity(l);
            vm.expectRevert(reason);
            z.requestAddLiquidityWithPermit(l, none);
        }
        vm.stopPrank();
    }

    function expectOpen(address t) private {
        IZklinkTypes.SwapRequest memory r = swapOf(5);
        IZklinkTypes.LiquidityRequest memory l = liquidityOf(t, 5);
        r.tokenIn = t;
        uint256 value = t == address(0) ? 5 : 0;
        vm.startPrank(alice);
        if (value == 0) z.deposit(t, 5, alice);
        else z.depositNative{value: 5}(alice);
        z.requestSwap{value: value}(r);
        z.requestAddLiquidity{value: value}(l);
        vm.stopPrank();
    }

    function test_pauseDeposits_ofOneToken() public {
        address[2] memory tokens = [address(token[A]), address(0)];
        for (uint256 i = 0; i < 2; i++) {
            vm.expectEmit(address(z));
            emit IZklinkTypes.DepositsPausedSet(tokens[i], true);
            vm.prank(guardian);
            z.pauseDeposits(tokens[i]);
            assertTrue(z.depositsPaused(tokens[i]));
            expectPaused(tokens[i]);
            expectOpen(tokens[1 - i]);
            vm.expectEmit(address(z));
            emit IZklinkTypes.DepositsPausedSet(tokens[i], false);
            vm.prank(guardian);
            z.resumeDeposits(tokens[i]);
            expectOpen(tokens[i]);
        }
    }

    function test_pauseAllDeposits() public {
        vm.expectEmit(address(z));
        emit IZklinkTypes.AllDepositsPausedSet(true);
        vm.prank(guardian);
        z.pauseAllDeposits();
        assertTrue(z.allDepositsPaused());
        expectPaused(address(token[A]));
        expectPaused(address(0));
        vm.prank(guardian);
        z.resumeDeposits(address(0)); // of one token: the other flag stands
        expectPaused(address(0));
        address governor = z.governor();
        vm.prank(governor);
        z.resumeAllDeposits();
        expectOpen(address(token[A]));
        expectOpen(address(0));
    }

    function test_pause_RevertsForOthers() public {
        address[4] memory others = [alice, operator, council, z.governor()];
        for (uint256 i = 0; i < 4; i++) {
            bytes memory reason = abi.encodeWithSelector(IZklinkTypes.NotGuardian.selector, others[i]);
            vm.startPrank(others[i]);
            vm.expectRevert(reason);
            z.pauseDeposits(address(0));
            vm.expectRevert(reason);
            z.pauseAllDeposits();
            if (i < 3) {
                vm.expectRevert(reason);
                z.resumeDeposits(address(0));
                vm.expectRevert(reason);
                z.resumeAllDeposits();
            }
            vm.stopPrank();
        }
    }

    /// @notice Everything that takes money out works on: exits, removals, accepts, payouts, refunds, key requests.
    function test_pause_stopsNoWayOut() public {
        uint256 position = makePosition(77, 1000);
        IZklinkTypes.SwapRequest memory r = swapOf(5);
        vm.prank(alice);
        z.requestSwap(r);
        vm.prank(guardian);
        z.pauseAllDeposits();
        Draft memory d = draft();
        takeSwap(d, r, 3, 1, 0); // the refund
        d.fastWithdraw(A, 2, tokenId(A, TOKEN), 1000, bob, 0, 7);
        IZklinkTypes.Payout memory p = IZklinkTypes.Payout(12, 2, 0, bob, TOKEN, 1000, 7, 0, 0);
        vm.prank(alice);
        z.accept(p);
        settle(d);
        assertEq(token[A].balanceOf(bob), 993);
        vm.prank(alice);
        z.requestFullExit(2, 1, bob);
        vm.prank(alice);
        z.requestSetSigningKey(2, KEY_X, KEY_Y);
        uint64 deadline = uint64(vm.getBlockTimestamp() + 60);
        uint64 tokenOut = uint64(tokenId(A, TOKEN));
        vm.prank(bob);
        z.requestRemoveLiquidity(position, 1000, tokenOut, 1, bob, deadline);
        assertEq(uint256(z.requestCount()), 7);
    }
}
