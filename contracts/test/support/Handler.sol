// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.30;

// forge-lint: disable-start(unsafe-typecast) numbers here are small, selectors are cut off on purpose

import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import {IZklink} from "../../src/interfaces/IZklink.sol";
import {Blocks, Draft} from "./Blocks.sol";
import {RevertingReceiver} from "./Receivers.sol";
import {MoodyToken} from "./WeirdTokens.sol";
import {ZklinkTest} from "./ZklinkTest.sol";

/// @title Random users, operator, oracles and executors on two chains, with books of their own
/// @dev Each public function is one step; none may revert. Tokens by index: 0 the coin, 1 an honest token, 2 a moody one.
contract Handler is ZklinkTest {
    using Blocks for Draft;

    struct Request {
        bool exit;
        uint32 index;
        uint256 amount;
        uint256 payingChain;
        address to;
    }

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
    }

    function pending(uint256 chain, uint32 index) external view returns (uint256 sum) {
        address[2] memory list = receivers(chain);
        for (uint256 i = 0; i < list.length; i++) {
            sum += zklink[chain].pendingBalance(index, index == 0 && i == 0 ? coinReceiver(chain) : list[i]);
        }
    }

    function queued(uint256 chain) external view returns (uint256 made, uint256 inBlocks) {
        return (queue[chain].length, taken[chain]);
    }

    function coinReceiver(uint256 chain) private pure returns (address) {
        return address(uint160(0xb0b0000 + chain));
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
        queue[chain].push(Request(false, i, amount, chain, address(0)));
    }

    function requestExit(uint256 chain, uint256 index, uint256 seed) external {
        chain %= CHAINS;
        uint32 i = uint32(index % TOKENS);
        uint256 paying = (seed >> 8) % CHAINS;
        address to = receiver(paying, i, seed);
        vm.prank(alice);
        zklink[chain].requestFullExit(2, 1 + i, to);
        queue[chain].push(Request(true, i, 0, paying, to));
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
            d.withdraw(chain, 2, tokenId(chain, i), amount, receiver(chain, i, s >> 100), k);
        }
        submitBoth(d);
        outboxA[d.number] = d.outbox[A];
        outboxB[d.number] = d.outbox[B];
        blocks++;
    }

    function take(Draft memory d, uint256 chain, Request memory r) private {
        uint256 owner = ownerWord(chain, alice);
        if (!r.exit) {
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
            book(chain, outbox[5 * k + 1]);
        }
        z.executeBlock(stored[chain][number], outbox, entries % 4);
    }

    /// @dev Reads the payout out of an entry's first word, again by itself.
    function book(uint256 chain, uint256 w0) private {
        uint256 kind = w0 & 0xff;
        uint256 id;
        uint256 amount;
        if (kind == 12) {
            id = (w0 >> 95) & 0xffffffffff;
            amount = w0 >> 135;
        } else if (kind == 3 && (w0 >> 44) & 1 == 1) {
            id = (w0 >> 45) & 0xffffffffff;
            amount = w0 >> 85;
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
