// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.30;

import {IZklinkTypes} from "../src/interfaces/IZklinkTypes.sol";
import {IPositions} from "../src/interfaces/IPositions.sol";
import {IZklinkExits} from "../src/interfaces/IZklink.sol";
import {ExitTest, Exported} from "./support/ExitTest.sol";

/// @notice Everybody leaves a random state with pools of both curves and positions.
contract ExitsTest is ExitTest {
    uint256[2] private frozen; // by token index, of the chain at hand

    /// @notice On either chain, what leaves is what is there, to the unit. What stays has a name: balances of accounts that
    /// this chain can't know (another authority and no key), and reserves whose shares are such accounts' or nobody's.
    function test_everybodyLeaves() public {
        everybodyLeaves(0, 1);
    }

    /// @notice The same in other orders: who comes when changes roundings, and no sum.
    /// forge-config: default.fuzz.runs = 6
    function testFuzz_everybodyLeavesInAnyOrder(uint256 start, uint256 step) public {
        step = bound(step, 1, accounts.length - 1);
        while (gcd(step, accounts.length) != 1) step++;
        everybodyLeaves(start % accounts.length, step);
    }

    function gcd(uint256 a, uint256 b) private pure returns (uint256) {
        while (b != 0) (a, b) = (b, a % b);
        return a;
    }

    function everybodyLeaves(uint256 start, uint256 step) private {
        for (uint256 chain = 0; chain < 2; chain++) {
            vm.chainId(31337 + chain);
            endChain(chain);
            (frozen[0], frozen[1]) = (0, 0);
            uint256 exits;
            for (uint256 i = 0; i < accounts.length; i++) {
                exits += exitAll(chain, accounts[(start + i * step) % accounts.length]);
            }
            assertGt(exits, 60);
            addUnclaimed(chain);
            // The two deposits that no block took, back to the unit.
            uint256 owner = ((chain + 1) << 160) | uint160(alice);
            uint256 t = ((chain + 1) << 32) | 1;
            zklink[chain].refundRequest(2, 1 + (t << 44) + (5 << 84), owner, 0, 0);
            zklink[chain].refundRequest(3, 1 + ((t - 1) << 44) + (7 << 84), owner, 0, 0);
            assertEq(zklink[chain].custody(0), frozen[0], "coins");
            assertEq(zklink[chain].custody(1), frozen[1], "tokens");
            assertEq(address(zklink[chain]).balance, frozen[0], "coins held");
            assertEq(token[chain].balanceOf(address(zklink[chain])), frozen[1], "tokens held");
            // What stays is small: the locked shares' part, and two accounts'.
            assertLt(frozen[1], totals[chain][1] / 2, "most left");
        }
    }

    /// @dev All that an account has on a chain; returns how many exits that was.
    function exitAll(uint256 chain, Exported storage e) private returns (uint256 exits) {
        IZklinkTypes.RecordProof memory record = recordOf(e);
        if (e.tag == 6) {
            if (e.fields[0] >> 160 == chain + 1) mintPosition(chain, e);
            if (e.fields[3] == 0) {
                // all was taken out
                vm.expectRevert(abi.encodeWithSelector(IZklinkTypes.NothingToExit.selector, e.account, 0));
            }
            zklink[chain].exitPosition(record, recordAt(e.fields[1]), reservesOf(e.fields[1]));
            return 1;
        }
        if (e.tag != 2 && e.tag != 3) return 0;
        uint256 authority = e.fields[0] >> 160;
        bool foreign = authority != 0 && authority != chain + 1;
        if (foreign && e.tag == 3) zklink[chain].nameExitReceiver(record, e.receiver, signatureOf(e));
        for (uint256 i = 0; i < e.slots.length; i++) {
            IZklinkTypes.BalanceProof memory b = balanceOf(e, i);
            if (b.token >> 32 != chain + 1 && b.token >> 32 != 0) {
                vm.expectRevert(abi.encodeWithSelector(IZklinkTypes.WrongExitToken.selector, b.token));
                zklink[chain].exit(record, b);
                continue;
            }
            if (foreign && e.tag == 2) {
                vm.expectRevert(
                    abi.encodeWithSelector(IZklinkTypes.NoExitReceiver.selector, e.account, authority)
                );
                if (b.token >> 32 != 0) frozen[b.token & 1] += b.amount;
            }
            if (b.token >> 32 != 0) zklink[chain].exit(record, b);
            else zklink[chain].exitShares(record, b, recordAt(b.token), reservesOf(b.token));
            exits++;
        }
    }

    function mintPosition(uint256 chain, Exported storage e) private {
        // forge-lint: disable-start(unsafe-typecast) packed fields
        address owner = address(uint160(0xabcd0000 + e.account));
        IPositions positions = zklink[chain].positions();
        vm.prank(address(zklink[chain]));
        positions.mint(
            owner, uint160(e.fields[0]), uint32(e.account), uint32(e.fields[1]), uint112(e.fields[3])
        );
        // forge-lint: disable-end(unsafe-typecast)
    }

    /// @dev Reserves that no share outside stands for; and the part of those that could not leave.
    function addUnclaimed(uint256 chain) private {
        uint256 emptied;
        for (uint256 i = 0; i < accounts.length; i++) {
            Exported storage e = accounts[i];
            if (e.tag != 4 && e.tag != 5) continue;
            uint256 all = e.fields[3] > 1000 ? e.fields[3] - 1000 : 0;
            uint256 left = zklink[chain].exitedShares(e.account);
            IZklinkTypes.Reserve[2] memory r = reservesOf(e.account);
            for (uint256 k = 0; k < 2; k++) {
                if (e.fields[k] >> 32 != chain + 1) continue;
                frozen[e.fields[k] & 1] += all == 0 ? r[k].amount : r[k].amount - r[k].amount * left / all;
                if (all != 0 && all == left) emptied++;
            }
        }
        assertGt(emptied, 1, "pools that everybody left");
    }

    // ---- one exit ----

    /// @dev An account of this chain (position in the list) with a token balance here (position in its slots).
    function someBalance(uint256 chain) private view returns (uint256 i, uint256 k) {
        for (i = 0; i < accounts.length; i++) {
            Exported storage e = accounts[i];
            if (e.tag != 3 || e.fields[0] >> 160 != chain + 1) continue;
            for (k = 0; k < e.slots.length; k++) {
                if (e.tokens[k] == ((chain + 1) << 32 | 1)) return (i, k);
            }
        }
        revert("no such account");
    }

    function test_exit_paysTheOwnerOnce() public {
        vm.chainId(31337);
        endChain(0);
        (uint256 i, uint256 k) = someBalance(0);
        IZklinkTypes.RecordProof memory record = recordOf(accounts[i]);
        IZklinkTypes.BalanceProof memory b = balanceOf(accounts[i], k);
        // forge-lint: disable-next-line(unsafe-typecast) the address part
        address owner = address(uint160(record.fields[0]));
        uint256 before = token[0].balanceOf(owner);
        zklink[0].exit(record, b);
        assertEq(token[0].balanceOf(owner), before + b.amount);
        assertEq(zklink[0].exitedSlots(record.account), 1 << b.slot);
        vm.expectRevert(abi.encodeWithSelector(IZklinkTypes.AlreadyExited.selector, record.account, b.slot));
        zklink[0].exit(record, b);
    }

    /// @notice With its transaction's own cost, the calldata's included, to a receiver that never had the token.
    function test_gas_exitOfABalance() public {
        vm.chainId(31337);
        endChain(0);
        (uint256 i, uint256 k) = someBalance(0);
        bytes memory call =
            abi.encodeCall(IZklinkExits.exit, (recordOf(accounts[i]), balanceOf(accounts[i], k)));
        uint256 data;
        for (uint256 j = 0; j < call.length; j++) {
            data += call[j] == 0 ? 4 : 16;
        }
        (bool ok,) = address(zklink[0]).call(call);
        assertTrue(ok);
        uint256 used = vm.lastCallGas().gasTotalUsed;
        recordFigure("Zklink", "exit of a balance, whole transaction", used + data + 21_000);
        assertLe(used + data + 21_000, 600_000);
    }

    // ---- what is refused ----

    function test_exit_RevertsBeforeTheWindowIsOver() public {
        vm.chainId(31337);
        (uint256 i, uint256 k) = someBalance(0);
        IZklinkTypes.RecordProof memory record = recordOf(accounts[i]);
        IZklinkTypes.BalanceProof memory b = balanceOf(accounts[i], k);
        vm.expectRevert(IZklinkTypes.ExitsNotOpen.selector);
        zklink[0].exit(record, b);
        vm.expectRevert(IZklinkTypes.ExitsNotOpen.selector);
        zklink[0].openExits(newest[0]);
        uint64 deadline = zklink[0].requestDeadline(2);
        vm.warp(deadline);
        vm.expectRevert(abi.encodeWithSelector(IZklinkTypes.DeadlineNotOver.selector, 2, deadline));
        zklink[0].activateExodus(2);
        vm.warp(deadline + 1);
        vm.expectRevert(abi.encodeWithSelector(IZklinkTypes.RequestMismatch.selector, 1)); // in a confirmed block
        zklink[0].activateExodus(1);
        vm.expectRevert(abi.encodeWithSelector(IZklinkTypes.RequestMismatch.selector, 4)); // never made
        zklink[0].activateExodus(4);
        zklink[0].activateExodus(2);
        vm.expectRevert(IZklinkTypes.InExodus.selector);
        zklink[0].activateExodus(3);
        vm.warp(deadline + 1 + EXIT_WINDOW);
        vm.expectRevert(IZklinkTypes.ExitsNotOpen.selector);
        zklink[0].openExits(newest[0]);
        vm.warp(deadline + 2 + EXIT_WINDOW);
        IZklinkTypes.StoredBlock memory genesis = zklink[0].genesis();
        vm.expectRevert(abi.encodeWithSelector(IZklinkTypes.BadStoredBlock.selector, 1)); // another state
        zklink[0].openExits(genesis);
        zklink[0].openExits(newest[0]);
        vm.expectRevert(IZklinkTypes.ExitsNotOpen.selector); // once
        zklink[0].openExits(newest[0]);
        zklink[0].exit(record, b);
    }

    /// @notice Every word of a proof counts.
    function test_exit_RevertsIfAnyWordIsAltered() public {
        vm.chainId(31337);
        endChain(0);
        (uint256 i, uint256 k) = someBalance(0);
        for (uint256 word = 0; word < 54 + 12 + 9; word += word < 60 ? 5 : 1) {
            IZklinkTypes.RecordProof memory record = recordOf(accounts[i]);
            IZklinkTypes.BalanceProof memory b = balanceOf(accounts[i], k);
            if (word < 54) record.path[word] ^= 1;
            else if (word < 66) b.path[word - 54] ^= 1;
            else if (word < 70) record.fields[word - 66] ^= 1;
            else if (word == 70) record.account ^= 1;
            else if (word == 71) record.tag ^= 1;
            else if (word == 72) b.slot = b.slot == 1 ? 2 : b.slot - 1;
            else if (word == 73) b.amount += 1;
            else b.token += 1;
            vm.expectPartialRevert(IZklinkTypes.BadPath.selector);
            zklink[0].exit(record, b);
        }
    }

    function test_exit_RevertsIfMalformed() public {
        vm.chainId(31337);
        endChain(0);
        (uint256 i, uint256 k) = someBalance(0);
        IZklinkTypes.RecordProof memory record = recordOf(accounts[i]);
        IZklinkTypes.BalanceProof memory b = balanceOf(accounts[i], k);
        for (uint256 round = 0; round < 2; round++) {
            b.slot = round * 256; // the record itself; no slot
            vm.expectRevert(abi.encodeWithSelector(IZklinkTypes.BadSlot.selector, b.slot));
            zklink[0].exit(record, b);
        }
        b = balanceOf(accounts[i], k);
        b.path[0] += 0x30644e72e131a029b85045b68181585d2833e84879b9709143e1f593f0000001; // the same modulo r
        vm.expectRevert();
        zklink[0].exit(record, b);
        b = balanceOf(accounts[i], k);
        b.slot += 256; // the next account's, by index
        vm.expectRevert(abi.encodeWithSelector(IZklinkTypes.BadSlot.selector, b.slot));
        zklink[0].exit(record, b);
        b = balanceOf(accounts[i], k);
        b.path = new uint256[](9);
        vm.expectRevert(IZklinkTypes.BadPath.selector);
        zklink[0].exit(record, b);
        b = balanceOf(accounts[i], k);
        record.path = new uint256[](51);
        vm.expectRevert(IZklinkTypes.BadPath.selector);
        zklink[0].exit(record, b);
        record = recordOf(accounts[i]);
        record.account += 1 << 28; // the same index, with a wrap
        vm.expectRevert(IZklinkTypes.BadPath.selector);
        zklink[0].exit(record, b);
        // r0 + 2^200 tag has one reading
        record = recordOf(accounts[i]);
        record.tag -= 1;
        record.fields[0] += 1 << 200;
        vm.expectPartialRevert(IZklinkTypes.NotExitable.selector);
        zklink[0].exit(record, b);
        b.amount = 0;
        vm.expectPartialRevert(IZklinkTypes.NothingToExit.selector);
        zklink[0].exit(recordOf(accounts[i]), b);
    }

    /// @notice A pool's reserves are nobody's balance, and a position is none either.
    function test_exit_RevertsForReservesAndPositions() public {
        vm.chainId(31337);
        endChain(0);
        for (uint256 i = 0; i < accounts.length; i++) {
            Exported storage e = accounts[i];
            if (e.tag < 4) continue;
            if (e.slots.length > 0 && e.tokens[0] >> 32 == 1) {
                IZklinkTypes.RecordProof memory record = recordOf(e);
                IZklinkTypes.BalanceProof memory b = balanceOf(e, 0);
                vm.expectRevert(abi.encodeWithSelector(IZklinkTypes.NotExitable.selector, e.account, e.tag));
                zklink[0].exit(record, b);
            }
            if (e.tag == 6) {
                // with another pool than its own, with an account or another position for a pool
                uint256 pool = e.fields[1];
                IZklinkTypes.RecordProof memory position = recordOf(e);
                IZklinkTypes.RecordProof memory other = recordAt(pool == 16 ? 19 : 16);
                IZklinkTypes.Reserve[2] memory reserves = reservesOf(other.account);
                vm.expectRevert(abi.encodeWithSelector(IZklinkTypes.WrongExitToken.selector, pool));
                zklink[0].exitPosition(position, other, reserves);
                other = recordOf(accounts[0]);
                reserves = reservesOf(pool);
                vm.expectPartialRevert(IZklinkTypes.NotExitable.selector);
                zklink[0].exitPosition(other, recordAt(pool), reserves);
                // its own token is not minted yet: the block that made it has to be executed first
                if (e.fields[0] >> 160 == 1) {
                    vm.expectRevert();
                    zklink[0].exitPosition(position, recordAt(pool), reserves);
                } else {
                    zklink[0].exitPosition(position, recordAt(pool), reserves);
                    vm.expectRevert(abi.encodeWithSelector(IZklinkTypes.AlreadyExited.selector, e.account, 0));
                    zklink[0].exitPosition(position, recordAt(pool), reserves);
                }
            }
        }
    }

    /// @notice A receiver that comes back during its payout gets nothing twice: not the same exit, nor another one.
    function test_exit_RevertsIfReentered() public {
        vm.chainId(31337);
        endChain(0);
        for (uint256 i = 0; i < accounts.length; i++) {
            Exported storage e = accounts[i];
            if (e.tag != 3 || e.fields[0] >> 160 != 1) continue;
            for (uint256 k = 0; k < e.slots.length; k++) {
                if (e.tokens[k] != 1 << 32) continue; // coins
                // forge-lint: disable-next-line(unsafe-typecast) the address part
                address owner = address(uint160(e.fields[0]));
                vm.etch(owner, address(new Returner()).code);
                bytes memory call = abi.encodeCall(IZklinkExits.exit, (recordOf(e), balanceOf(e, k)));
                Returner(payable(owner)).arm(address(zklink[0]), call);
                uint256 before = owner.balance;
                zklink[0].exit(recordOf(e), balanceOf(e, k));
                assertEq(Returner(payable(owner)).tried(), 1);
                assertEq(Returner(payable(owner)).succeeded(), 0);
                assertEq(owner.balance, before + e.amounts[k]);
                return;
            }
        }
        revert("no such account");
    }

    /// @notice A receiver is named by the account's own key, for this account and this chain.
    function test_nameReceiver_RevertsForAnythingElse() public {
        vm.chainId(31337);
        endChain(0);
        for (uint256 i = 0; i < accounts.length; i++) {
            Exported storage e = accounts[i];
            if (e.tag != 3 || e.fields[0] >> 160 != 2) continue;
            IZklinkTypes.RecordProof memory record = recordOf(e);
            uint256[3] memory good = signatureOf(e);
            vm.expectRevert(abi.encodeWithSelector(IZklinkTypes.BadExitSignature.selector, e.account));
            zklink[0].nameExitReceiver(record, alice, good);
            for (uint256 w = 0; w < 3; w++) {
                uint256[3] memory bad = signatureOf(e);
                bad[w] ^= 1;
                vm.expectRevert(abi.encodeWithSelector(IZklinkTypes.BadExitSignature.selector, e.account));
                zklink[0].nameExitReceiver(record, e.receiver, bad);
            }
            uint256[3] memory big = signatureOf(e);
            big[2] += 2736030358979909402780800718157159386076813972158567259200215660948447373041; // s + l
            vm.expectRevert(abi.encodeWithSelector(IZklinkTypes.BadExitSignature.selector, e.account));
            zklink[0].nameExitReceiver(record, e.receiver, big);
            vm.expectRevert(IZklinkTypes.ZeroAddress.selector);
            zklink[0].nameExitReceiver(record, address(0), good);
            zklink[0].nameExitReceiver(record, e.receiver, good);
            assertEq(zklink[0].exitReceiver(e.account), e.receiver);
            return;
        }
    }

    function test_refund_onceAndOnlyWhatNoBlockTook() public {
        vm.chainId(31337);
        uint256 owner = (1 << 160) | uint160(alice);
        uint256 w0 = 1 + (((1 << 32) | 1) << 44) + (5 << 84);
        vm.expectRevert(IZklinkTypes.ExitsNotOpen.selector);
        zklink[0].refundRequest(2, w0, owner, 0, 0);
        endChain(0);
        uint256 before = token[0].balanceOf(alice);
        vm.expectRevert(abi.encodeWithSelector(IZklinkTypes.RequestMismatch.selector, 2));
        zklink[0].refundRequest(2, w0 + (1 << 84), owner, 0, 0);
        vm.expectRevert(abi.encodeWithSelector(IZklinkTypes.RequestMismatch.selector, 2));
        zklink[0].refundRequest(2, w0, owner + 1, 0, 0);
        vm.expectRevert(abi.encodeWithSelector(IZklinkTypes.RequestMismatch.selector, 4));
        zklink[0].refundRequest(4, w0, owner, 0, 0);
        uint256 taken = 1 + (((1 << 32) | 1) << 44) + (totals[0][1] << 84);
        vm.expectRevert(abi.encodeWithSelector(IZklinkTypes.RequestMismatch.selector, 1)); // in the state
        zklink[0].refundRequest(1, taken, owner, 0, 0);
        zklink[0].refundRequest(2, w0, owner, 0, 0);
        assertEq(token[0].balanceOf(alice), before + 5);
        vm.expectRevert(abi.encodeWithSelector(IZklinkTypes.RequestMismatch.selector, 2));
        zklink[0].refundRequest(2, w0, owner, 0, 0);
    }

    // ---- nobody stops it ----

    /// @notice In exodus nothing goes in and no block is submitted; a pause changes nothing for those who leave.
    function test_exodus_stopsTheOperatorAndNobodyElse() public {
        vm.chainId(31337);
        vm.prank(guardian);
        zklink[0].pauseAllDeposits();
        endChain(0);
        IZklinkTypes.BlockSubmission memory s;
        vm.prank(operator);
        vm.expectRevert(IZklinkTypes.InExodus.selector);
        zklink[0].submitBlock(newest[0], s);
        vm.prank(alice);
        vm.expectRevert(IZklinkTypes.InExodus.selector);
        zklink[0].requestFullExit(2, 1, alice);
        (uint256 i, uint256 k) = someBalance(0);
        zklink[0].exit(recordOf(accounts[i]), balanceOf(accounts[i], k));
    }
}

/// @notice Calls again while it is paid.
contract Returner {
    uint256 public tried;
    uint256 public succeeded;
    address private target;
    bytes private data;

    function arm(address target_, bytes calldata data_) external {
        (target, data) = (target_, data_);
    }

    receive() external payable {
        tried++;
        (bool ok,) = target.call(data);
        if (ok) succeeded++;
    }
}
