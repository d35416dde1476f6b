// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.30;

// forge-lint: disable-start(unsafe-typecast) vectors keep their fields' ranges

import {IZklinkTypes} from "../src/interfaces/IZklinkTypes.sol";
import {Operations} from "../src/libraries/Operations.sol";
import {PoolOps} from "./support/PoolOps.sol";
import {Test} from "./support/Test.sol";

/// @notice Words, templates and identities of operations 12 and 16 to 19, as the C library makes them
/// (tests/vectors/contracts/pool-words.json): read by the contracts' library and written by the tests' own.
contract PoolWordsTest is Test {
    string private json;

    struct Table {
        uint256[] w0;
        uint256[] w1;
        uint256[] w2;
        uint256[] w3;
        uint256[] t0;
        uint256[] t1;
        uint256[] t2;
        uint256[] t3;
        bytes32[] hash;
        uint256[] outcome;
    }

    function setUp() public {
        json = vm.readFile("../tests/vectors/contracts/pool-words.json");
    }

    mapping(string table => mapping(string name => uint256[])) private column;

    function numbers(string memory table, string memory name) private view returns (uint256[] memory) {
        return vm.parseJsonUintArray(json, string.concat(".", table, ".", name));
    }

    /// @dev Entry i of a column, which is read once.
    function cell(string memory table, string memory name, uint256 i) private returns (uint256) {
        if (column[table][name].length == 0) column[table][name] = numbers(table, name);
        return column[table][name][i];
    }

    function hashes(string memory table, string memory name) private view returns (bytes32[] memory) {
        return vm.parseJsonBytes32Array(json, string.concat(".", table, ".", name));
    }

    function words(string memory table) private view returns (Table memory t) {
        t.w0 = numbers(table, "w0");
        t.w1 = numbers(table, "w1");
        t.w2 = numbers(table, "w2");
        t.w3 = numbers(table, "w3");
        assertGe(t.w0.length, 60);
    }

    function requests(string memory table) private view returns (Table memory t) {
        t = words(table);
        t.t0 = numbers(table, "t0");
        t.t1 = numbers(table, "t1");
        t.t2 = numbers(table, "t2");
        t.t3 = numbers(table, "t3");
        t.hash = hashes(table, "hash");
        t.outcome = numbers(table, "outcome");
    }

    /// @dev What the operator filled in is cut out, nothing else; the hash is the queue's.
    function checkTemplate(Table memory t, uint256 i, uint256 kind, uint256[4] memory written) private pure {
        assertEq(Operations.kind(t.w0[i]), kind);
        assertEq(Operations.outcome(t.w0[i]), t.outcome[i]);
        (uint256 t0, uint256 t1, uint256 t2) = Operations.requestTemplate(t.w0[i], t.w1[i], t.w2[i]);
        assertEq(t0, t.t0[i]);
        assertEq(t1, t.t1[i]);
        assertEq(t2, t.t2[i]);
        assertEq(t.w3[i], t.t3[i]);
        assertEq(Operations.requestHash(t0, t1, t2, t.w3[i]), t.hash[i]);
        assertEq(written[0], t0);
        assertEq(written[1], t1);
        assertEq(written[2], t2);
        assertEq(written[3], t.t3[i]);
    }

    function test_withdrawals() public view {
        Table memory t = words("withdrawals");
        uint256[] memory account = numbers("withdrawals", "account");
        uint256[] memory nonce = numbers("withdrawals", "nonce");
        uint256[] memory token = numbers("withdrawals", "token");
        uint256[] memory amount = numbers("withdrawals", "amount");
        uint256[] memory fee = numbers("withdrawals", "fee");
        uint256[] memory to = numbers("withdrawals", "to");
        bytes32[] memory id = hashes("withdrawals", "payoutId");
        for (uint256 i = 0; i < t.w0.length; i++) {
            assertEq(Operations.kind(t.w0[i]), 12);
            (uint256 a, uint256 n) = Operations.withdrawId(t.w0[i], t.w2[i]);
            (uint256 k, uint256 m) = Operations.withdrawPayout(t.w0[i]);
            assertEq(a, account[i]);
            assertEq(n, nonce[i]);
            assertEq(k, token[i]);
            assertEq(m, amount[i]);
            assertEq(Operations.withdrawFee(t.w2[i]), fee[i]);
            assertEq(t.w1[i], to[i]);
            IZklinkTypes.Payout memory p =
                IZklinkTypes.Payout(12, a, n, address(uint160(to[i])), uint32(k), m, fee[i], 0, 0);
            assertEq(keccak256(abi.encode(p)), id[i]);
        }
    }

    function test_forcedExits() public view {
        Table memory t = words("forcedExits");
        uint256[] memory token = numbers("forcedExits", "token");
        uint256[] memory amount = numbers("forcedExits", "amount");
        uint256[] memory to = numbers("forcedExits", "to");
        for (uint256 i = 0; i < t.w0.length; i++) {
            (uint256 k, uint256 m) = Operations.forcedExitPayout(t.w0[i], t.w2[i]);
            assertEq(Operations.kind(t.w0[i]), 16);
            assertEq(k, token[i]);
            assertEq(m, amount[i]);
            assertEq(t.w1[i], to[i]);
        }
    }

    function test_swaps() public {
        Table memory t = requests("swaps");
        for (uint256 i = 0; i < t.w0.length; i++) {
            IZklinkTypes.SwapRequest memory r = swap(i);
            uint256 tokenIn = cell("swaps", "tokenIn", i);
            uint256 index = cell("swaps", "index", i);
            checkTemplate(t, i, 17, PoolOps.swapTemplate(r, tokenIn, index));
            checkSwap(t, i, r, tokenIn, index);
        }
    }

    function swap(uint256 i) private returns (IZklinkTypes.SwapRequest memory r) {
        r.amountIn = cell("swaps", "amountIn", i);
        r.tokenOut = uint64(cell("swaps", "tokenOut", i));
        r.minOut = cell("swaps", "minOut", i);
        r.to = address(uint160(cell("swaps", "to", i)));
        r.pool = uint32(cell("swaps", "pool", i));
        r.deadline = uint64(cell("swaps", "deadline", i));
        r.refundTo = address(uint160(cell("swaps", "refundTo", i)));
        r.brokerFee = cell("swaps", "fee", i);
        r.broker = uint32(cell("swaps", "broker", i));
        r.exclusiveUntil = uint64(cell("swaps", "exclusiveUntil", i));
    }

    function checkSwap(
        Table memory t,
        uint256 i,
        IZklinkTypes.SwapRequest memory r,
        uint256 tokenIn,
        uint256 index
    ) private {
        (uint256 brought, uint256 amount) = Operations.broughtIn(t.w0[i]);
        assertEq(brought, tokenIn);
        assertEq(amount, r.amountIn);
        (uint256 token, uint256 to, uint256 k) = Operations.swapOut(t.w2[i]);
        assertEq(token, r.tokenOut);
        assertEq(to, uint160(r.to));
        assertEq(k, index);
        (bool exact, uint256 packed) = Operations.packFee(r.brokerFee);
        assertTrue(exact);
        assertEq(packed, (t.w3[i] >> 160) & ((1 << 35) - 1));
        assertEq(payoutOf(t, i), bytes32(cell("swaps", "payoutId", i)));
    }

    /// @dev As an execution reads it from the words.
    function payoutOf(Table memory t, uint256 i) private returns (bytes32) {
        IZklinkTypes.Payout memory p;
        p.kind = 17;
        (uint256 tokenIn,) = Operations.broughtIn(t.w0[i]);
        p.a = tokenIn >> 32;
        uint256 token;
        uint256 to;
        (token, to, p.b) = Operations.swapOut(t.w2[i]);
        (p.token, p.to) = (uint32(token), address(uint160(to)));
        p.amount = Operations.result(t.w1[i]);
        assertEq(p.amount, cell("swaps", "out", i));
        uint256 refundTo;
        (refundTo, p.fee, p.broker, p.exclusiveUntil) = Operations.swapTerms(t.w3[i]);
        assertEq(refundTo, cell("swaps", "refundTo", i));
        return keccak256(abi.encode(p));
    }

    function test_adds() public {
        Table memory t = requests("adds");
        for (uint256 i = 0; i < t.w0.length; i++) {
            IZklinkTypes.LiquidityRequest memory r;
            r.amount = cell("adds", "amount", i);
            r.pool = uint32(cell("adds", "pool", i));
            r.minShares = cell("adds", "minShares", i);
            r.deadline = uint64(cell("adds", "deadline", i));
            r.owner = address(uint160(cell("adds", "owner", i)));
            r.exitAddress = address(uint160(cell("adds", "exitAddress", i)));
            uint256 token = cell("adds", "token", i);
            uint256 index = cell("adds", "index", i);
            checkTemplate(t, i, 18, PoolOps.addTemplate(r, token, index));
            (uint256 brought, uint256 amount) = Operations.broughtIn(t.w0[i]);
            assertEq(brought, token);
            assertEq(amount, r.amount);
            (uint256 pool, uint256 account, uint256 k) = Operations.positionMade(t.w0[i], t.w2[i]);
            assertEq(pool, r.pool);
            assertEq(account, cell("adds", "account", i));
            assertEq(k, index);
            assertEq(Operations.result(t.w1[i]), cell("adds", "shares", i));
        }
    }

    function test_removals() public {
        Table memory t = requests("removals");
        for (uint256 i = 0; i < t.w0.length; i++) {
            PoolOps.Removal memory r;
            r.account = cell("removals", "account", i);
            r.pool = cell("removals", "pool", i);
            r.tokenOut = cell("removals", "token", i);
            r.shares = cell("removals", "shares", i);
            r.minOut = cell("removals", "minOut", i);
            r.position = cell("removals", "index", i);
            r.to = address(uint160(cell("removals", "to", i)));
            r.deadline = cell("removals", "deadline", i);
            uint256 chain = cell("removals", "chain", i);
            checkTemplate(t, i, 19, PoolOps.removeTemplate(r, chain));
            (uint256 token, uint256 shares, uint256 to) = Operations.removal(t.w0[i], t.w3[i]);
            assertEq(token, r.tokenOut);
            assertEq(shares, r.shares);
            assertEq(to, uint160(r.to));
            assertEq(Operations.authority(t.w2[i]), chain);
            assertEq(Operations.result(t.w1[i]), cell("removals", "out", i));
        }
    }
}
