// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.30;

// forge-lint: disable-start(unsafe-typecast) numbers here are small, selectors are cut off on purpose

import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import {IZklink} from "../../src/interfaces/IZklink.sol";
import {IZklinkTypes} from "../../src/interfaces/IZklinkTypes.sol";
import {Blocks, Draft} from "./Blocks.sol";
import {PoolOps} from "./PoolOps.sol";
import {RevertingReceiver} from "./Receivers.sol";
import {MoodyToken} from "./WeirdTokens.sol";
import {ZklinkTest} from "./ZklinkTest.sol";

/// @title Random users, operator, oracles and executors on two chains, with books of their own
/// @dev Each public function is one step; none may revert. Tokens by index: 0 the coin, 1 an honest token, 2 a moody one.
contract Handler is ZklinkTest {
    using Blocks for Draft;
    using PoolOps for Draft;

    /// @dev `kind` is the operation's type: 1, 3 or 17. The last four are a swap's.
    struct Request {
        uint8 kind;
        uint32 index;
        uint256 amount;
        uint256 payingChain;
        address to;
        uint32 outIndex;
        uint256 fee;
        uint256 place;
        uint256[4] template;
    }

    uint256 private constant PURSE = 1e30;
    /// @dev What the operator has shown that brokers could pay in advance.
    IZklinkTypes.Payout[][CHAINS] private offers;
    uint256 private nonce;
    uint256 public accepted;

    uint32 public constant TOKENS = 3;
    MoodyToken[CHAINS] private moody;
    RevertingReceiver[CHAINS] private grumpy;
    Request[][CHAINS] private queue;
    uint256[CHAINS] private taken;
    mapping(uint64 number => uint256[]) private outboxA;
    mapping(uint64 number => uint256[]) private outboxB;

    // Books, by chain and token index.
    mapping(uint256 chain => mapping(uint32 index => uint256)) public deposited;
    mapping(uint256 chain => mapping(uint32 index => uint256)) public onL2;
    mapping(uint256 chain => mapping(uint32 index => uint256)) public due; // in entries that were executed
    uint256 public blocks;
    uint256 public payouts;
    uint256 public failures;

    function setUp() public override {
        super.setUp();
        for (uint256 i = 0; i < CHAINS; i++) {
            moody[i] = new MoodyToken();
            moody[i].approve(address(zklink[i]), type(uint256).max);
            zklink[i].registerToken(address(moody[i]));
            grumpy[i] = new RevertingReceiver();
            address broker = brokerOf(i);
            vm.deal(broker, PURSE);
            vm.prank(alice);
            assertTrue(token[i].transfer(broker, PURSE));
            assertTrue(moody[i].transfer(broker, PURSE / 2));
            vm.startPrank(broker);
            token[i].approve(address(zklink[i]), type(uint256).max);
            moody[i].approve(address(zklink[i]), type(uint256).max);
            vm.stopPrank();
        }
    }

    // ---- what the invariants look at ----

    function chainOf(uint256 i) external view returns (IZklink) {
        return zklink[i];
    }

    function receivers(uint256 chain) public view returns (address[2] memory) {
        return [bob, address(grumpy[chain])];
    }

    function holdings(uint256 chain, uint32 index) external view returns (uint256) {
        return balance(chain, index, address(zklink[chain]));
    }

    function received(uint256 chain, uint32 index) external view returns (uint256 sum) {
        address[2] memory list = receivers(chain);
        for (uint256 i = 0; i < list.length; i++) {
            // Bob is the same account on both chains here: each chain pays coins to a Bob of its own.
            sum += balance(chain, index, index == 0 && i == 0 ? coinReceiver(chain) : list[i]);
        }
        // What the broker has gained or advanced: it pays the others, and is paid in their place.
        sum = sum + balance(chain, index, brokerOf(chain)) - (index == 2 ? PURSE / 2 : PURSE);
    }

    function pending(uint256 chain, uint32 index) external view returns (uint256 sum) {
        address[2] memory list = receivers(chain);
        for (uint256 i = 0; i < list.length; i++) {
            sum += zklink[chain].pendingBalance(index, index == 0 && i == 0 ? coinReceiver(chain) : list[i]);
        }
        sum += zklink[chain].pendingBalance(index, brokerOf(chain));
    }

    function queued(uint256 chain) external view returns (uint256 made, uint256 inBlocks) {
        return (queue[chain].length, taken[chain]);
    }

    function coinReceiver(uint256 chain) private pure returns (address) {
        return address(uint160(0xb0b0000 + chain));
    }

    function brokerOf(uint256 chain) private pure returns (address) {
        return address(uint160(0xb40ce20000 + chain));
    }

    function balance(uint256 chain, uint32 index, address who) private view returns (uint256) {
        return index == 0 ? who.balance : tokenOf(chain, index).balanceOf(who);
    }

    function tokenOf(uint256 chain, uint32 index) private view returns (IERC20) {
        return index == 1 ? IERC20(token[chain]) : IERC20(moody[chain]);
    }

    function receiver(uint256 chain, uint32 index, uint256 seed) private view returns (address) {
        if (seed % 3 == 0) return address(grumpy[chain]);
        return index == 0 ? coinReceiver(chain) : bob;
    }

    // ---- steps ----

    function deposit(uint256 chain, uint256 index, uint256 amount) external {
        chain %= CHAINS;
        uint32 i = uint32(index % TOKENS);
        amount = bound(amount, 1, 1e24);
        if (i == 0) {
            vm.deal(alice, amount);
            vm.prank(alice);
            zklink[chain].depositNative{value: amount}(alice);
        } else if (i == 1) {
            vm.prank(alice);
            zklink[chain].deposit(address(token[chain]), amount, alice);
        } else {
            if (moody[chain].mood() != MoodyToken.Mood.Good) return;
            zklink[chain].deposit(address(moody[chain]), amount, alice);
        }
        deposited[chain][i] += amount;
        Request storage q = queue[chain].push();
        (q.kind, q.index, q.amount) = (1, i, amount);
    }

    function requestExit(uint256 chain, uint256 index, uint256 seed) external {
        chain %= CHAINS;
        uint32 i = uint32(index % TOKENS);
        uint256 paying = (seed >> 8) % CHAINS;
        address to = receiver(paying, i, seed);
        vm.prank(alice);
        zklink[chain].requestFullExit(2, 1 + i, to);
        Request storage q = queue[chain].push();
        (q.kind, q.index, q.payingChain, q.to) = (3, i, paying, to);
    }

    /// @dev A swap from any token of a chain to any other, with a broker's fee or without.
    function requestSwap(uint256 chain, uint256 index, uint256 amount, uint256 seed) external {
        chain %= CHAINS;
        uint32 i = uint32(index % TOKENS);
        if (i == 2 && moody[chain].mood() != MoodyToken.Mood.Good) return;
        Request memory q;
        (q.kind, q.index, q.amount) = (17, i, bound(amount, 1, 1e24));
        (q.payingChain, q.outIndex) = ((seed >> 8) % CHAINS, uint32((seed >> 16) % TOKENS));
        if (q.payingChain == chain && q.outIndex == i) q.outIndex = (i + 1) % TOKENS;
        q.to = receiver(q.payingChain, q.outIndex, seed);
        if (seed % 2 == 0) q.fee = 1 + (seed >> 24) % 1000;
        q.place = queue[chain].length;
        IZklinkTypes.SwapRequest memory r = IZklinkTypes.SwapRequest({
            tokenIn: i == 0 ? address(0) : address(tokenOf(chain, i)),
            amountIn: q.amount,
            tokenOut: uint64(tokenId(q.payingChain, q.outIndex)),
            minOut: 0,
            to: q.to,
            pool: 9,
            deadline: uint64(vm.getBlockTimestamp()),
            refundTo: receiver(chain, i, seed >> 40),
            brokerFee: q.fee,
            broker: 0,
            exclusiveUntil: 0
        });
        q.template = PoolOps.swapTemplate(r, tokenId(chain, i), q.place);
        if (i == 0) {
            vm.deal(alice, q.amount);
            vm.prank(alice);
        } else if (i == 1) {
            vm.prank(alice);
        }
        zklink[chain].requestSwap{value: i == 0 ? q.amount : 0}(r);
        deposited[chain][i] += q.amount;
        queue[chain].push(q);
    }

    /// @dev The broker pays something in advance that the operator has shown, if it can.
    function accept(uint256 chain, uint256 which) external {
        chain %= CHAINS;
        if (offers[chain].length == 0) return;
        IZklinkTypes.Payout memory p = offers[chain][which % offers[chain].length];
        vm.prank(brokerOf(chain));
        try zklink[chain].accept{value: p.token == 0 ? p.amount - p.fee : 0, gas: 2_000_000}(p) {
            accepted++;
        } catch {
            failures++;
        }
    }

    function changeMoods(uint256 seed) external {
        moody[seed % CHAINS].become(MoodyToken.Mood((seed >> 8) % 8));
        grumpy[(seed >> 16) % CHAINS].set((seed >> 24) % 2 == 0);
    }

    function donate(uint256 chain, uint256 amount) external {
        chain %= CHAINS;
        amount = bound(amount, 1, 1e18);
        vm.prank(alice);
        assertTrue(token[chain].transfer(address(zklink[chain]), amount));
        vm.deal(address(zklink[chain]), address(zklink[chain]).balance + amount);
    }

    /// @dev A block of some waiting requests and some withdrawals, proved on both chains.
    function makeBlock(uint256 seed) external {
        Draft memory d = draft();
        d.inner(seed % 1000);
        for (uint256 chain = 0; chain < CHAINS; chain++) {
            uint256 n = (seed >> (8 + 8 * chain)) % 5;
            for (; n > 0 && taken[chain] < queue[chain].length; n--) {
                take(d, chain, queue[chain][taken[chain]++]);
            }
        }
        for (uint256 k = 0; k < (seed >> 32) % 6; k++) {
            uint256 s = uint256(keccak256(abi.encode(seed, k)));
            uint256 chain = s % CHAINS;
            uint32 i = uint32((s >> 8) % TOKENS);
            uint256 amount = bound(s >> 16, 0, onL2[chain][i] / 2);
            onL2[chain][i] -= amount;
            withdraw(d, chain, i, amount, s >> 100);
        }
        submitBoth(d);
        outboxA[d.number] = d.outbox[A];
        outboxB[d.number] = d.outbox[B];
        blocks++;
    }

    function withdraw(Draft memory d, uint256 chain, uint32 i, uint256 amount, uint256 s) private {
        IZklinkTypes.Payout memory p;
        (p.kind, p.a, p.b, p.to) = (12, 2, nonce++, receiver(chain, i, s));
        (p.token, p.amount, p.fee) = (i, amount, (s >> 8) % 2 * ((s >> 16) % 2000));
        d.fastWithdraw(chain, p.a, tokenId(chain, i), amount, p.to, p.b, p.fee);
        if (p.fee != 0 && p.fee < amount) offers[chain].push(p);
    }

    /// @dev Done if L2 has anything of token out, and luck is with it.
    function takeSwap(Draft memory d, uint256 chain, Request memory r) private {
        uint256 s = uint256(keccak256(abi.encode(chain, r.place)));
        uint256 out = bound(s >> 8, 0, onL2[r.payingChain][r.outIndex] / 2);
        PoolOps.Filled memory f = PoolOps.Filled(out == 0 ? 1 : s % 5 == 0 ? 2 : 0, 0, 0, 0);
        if (f.outcome == 0) {
            f.result = out;
            onL2[r.payingChain][r.outIndex] -= out;
            onL2[chain][r.index] += r.amount;
            IZklinkTypes.Payout memory p =
                IZklinkTypes.Payout(17, chainNumber(chain), r.place, r.to, r.outIndex, out, r.fee, 0, 0);
            if (r.fee != 0 && r.fee < out) offers[r.payingChain].push(p);
        }
        d.take(chain, r.payingChain, r.template, f);
    }

    function take(Draft memory d, uint256 chain, Request memory r) private {
        uint256 owner = ownerWord(chain, alice);
        if (r.kind == 17) {
            takeSwap(d, chain, r);
            return;
        }
        if (r.kind == 1) {
            onL2[chain][r.index] += r.amount;
            d.deposit(chain, 2, 1 + r.index, tokenId(chain, r.index), r.amount, owner);
            return;
        }
        uint256 amount = onL2[r.payingChain][r.index]; // all there is, perhaps nothing
        onL2[r.payingChain][r.index] = 0;
        uint256 id = tokenId(r.payingChain, r.index);
        d.fullExit(chain, r.payingChain, 2, 1 + r.index, owner, id, amount, r.to);
    }

    function confirmSome(uint256 chain, uint256 seed) external {
        chain %= CHAINS;
        uint64 from = zklink[chain].confirmedNumber();
        uint64 to = zklink[chain].provedNumber();
        if (from < to) confirm(chain, uint64(bound(seed, from + 1, to)));
    }

    function executeSome(uint256 chain, uint256 entries) external {
        chain %= CHAINS;
        IZklink z = zklink[chain];
        uint64 number = z.executedNumber() + 1;
        if (number > z.confirmedNumber()) return;
        uint256[] memory outbox = chain == A ? outboxA[number] : outboxB[number];
        uint256 first = z.executedEntries();
        uint256 end = first + entries % 4;
        if (end > outbox.length / 5) end = outbox.length / 5;
        for (uint256 k = first; k < end; k++) {
            book(chain, outbox[5 * k + 1], outbox[5 * k + 2], outbox[5 * k + 3]);
        }
        z.executeBlock(stored[chain][number], outbox, entries % 4);
    }

    /// @dev Reads the payout out of an entry's words, again by itself.
    function book(uint256 chain, uint256 w0, uint256 w1, uint256 w2) private {
        uint256 kind = w0 & 0xff;
        uint256 id;
        uint256 amount;
        if (kind == 12) {
            id = (w0 >> 95) & 0xffffffffff;
            amount = w0 >> 135;
        } else if (kind == 3 && (w0 >> 44) & 1 == 1) {
            id = (w0 >> 45) & 0xffffffffff;
            amount = w0 >> 85;
        } else if (kind == 17 && (w0 >> 8) & 3 == 0) {
            id = w2 & 0xffffffffff;
            amount = w1 >> 112;
        } else if (kind == 17) {
            id = (w0 >> 38) & 0xffffffffff;
            amount = (w0 >> 78) & (2 ** 112 - 1);
        }
        if (id >> 32 != chainNumber(chain)) return;
        due[chain][uint32(id)] += amount;
        payouts++;
    }

    function withdrawPending(uint256 chain, uint256 index, uint256 who) external {
        chain %= CHAINS;
        uint32 i = uint32(index % TOKENS);
        address owner = receiver(chain, i, who);
        // Whatever mood token and receiver are in: all is paid, or nothing changes.
        try zklink[chain].withdrawPending{gas: 2_000_000}(i, owner) {}
        catch {
            failures++;
        }
    }
}
