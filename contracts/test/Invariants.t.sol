// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.30;

import {IZklink} from "../src/interfaces/IZklink.sol";
import {Handler} from "./support/Handler.sol";
import {Test} from "./support/Test.sol";

/// @notice What holds after any sequence of steps on two chains.
contract InvariantsTest is Test {
    struct FuzzSelector {
        address addr;
        bytes4[] selectors;
    }

    Handler private handler;

    function setUp() public {
        handler = new Handler();
        handler.setUp();
    }

    function targetContracts() external view returns (address[] memory list) {
        list = new address[](1);
        list[0] = address(handler);
    }

    function targetSelectors() external view returns (FuzzSelector[] memory list) {
        bytes4[] memory steps = new bytes4[](14);
        steps[0] = Handler.deposit.selector;
        steps[1] = Handler.deposit.selector;
        steps[2] = Handler.requestExit.selector;
        steps[3] = Handler.changeMoods.selector;
        steps[4] = Handler.donate.selector;
        steps[5] = Handler.makeBlock.selector;
        steps[6] = Handler.makeBlock.selector;
        steps[7] = Handler.confirmSome.selector;
        steps[8] = Handler.executeSome.selector;
        steps[9] = Handler.withdrawPending.selector;
        steps[10] = Handler.requestSwap.selector;
        steps[11] = Handler.requestSwap.selector;
        steps[12] = Handler.accept.selector;
        steps[13] = Handler.accept.selector;
        list = new FuzzSelector[](1);
        list[0] = FuzzSelector(address(handler), steps);
    }

    /// forge-config: default.invariant.runs = 24
    /// forge-config: default.invariant.depth = 120
    /// forge-config: default.invariant.fail-on-revert = true
    function invariant_books() public view {
        for (uint256 chain = 0; chain < 2; chain++) {
            IZklink z = handler.chainOf(chain);
            for (uint32 i = 0; i < handler.TOKENS(); i++) {
                uint256 custody = z.custody(i);
                uint256 pending = handler.pending(chain, i);
                uint256 due = handler.due(chain, i);
                assertGe(handler.holdings(chain, i), custody, "holdings cover custody");
                assertEq(custody, handler.deposited(chain, i) - due + pending, "custody = deposited - paid");
                assertGe(custody, pending, "custody covers what waits");
                // The moody token may say that it paid and not do it; that is its holders' loss.
                if (i < 2) assertEq(handler.received(chain, i), due - pending, "each payout once");
                else assertLe(handler.received(chain, i), due - pending, "each payout at most once");
                assertGe(handler.deposited(chain, i), handler.onL2(chain, i) + due, "no more on L2 than came");
            }
            assertLe(uint256(z.executedNumber()), z.confirmedNumber());
            assertLe(uint256(z.confirmedNumber()), z.provedNumber());
            (uint256 made,) = handler.queued(chain);
            assertEq(uint256(z.requestCount()), made);
        }
    }

    /// @notice The steps do reach all stages: a fixed sequence pays, fails and confirms.
    function test_stepsReachAllStages() public {
        for (uint256 i = 0; i < 900; i++) {
            uint256 s = uint256(keccak256(abi.encode("step", i)));
            uint256 a = s >> 64;
            uint256 b = s >> 128;
            uint256 c = s >> 192;
            if (s % 10 < 2) handler.deposit(a, b, c);
            else if (s % 10 == 2) handler.requestExit(a, b, c);
            else if (s % 10 == 3) handler.changeMoods(a);
            else if (s % 10 == 4) handler.makeBlock(a);
            else if (s % 10 == 5) handler.confirmSome(a, b);
            else if (s % 10 == 6) handler.executeSome(a, b);
            else if (s % 10 == 7) handler.requestSwap(a, b, c, a >> 8);
            else if (s % 10 == 8) handler.accept(a, b);
            else handler.withdrawPending(a, b, c);
        }
        assertGt(handler.blocks(), 30);
        assertGt(handler.payouts(), 20);
        assertGt(handler.failures(), 5);
        assertGt(handler.accepted(), 5);
        assertGt(uint256(handler.chainOf(0).executedNumber()), 5);
        invariant_books();
    }
}
