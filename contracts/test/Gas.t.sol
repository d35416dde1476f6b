// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.30;

import {IZklinkTypes} from "../src/interfaces/IZklinkTypes.sol";
import {Blocks, Draft, KeyChange} from "./support/Blocks.sol";
import {PoolOps} from "./support/PoolOps.sol";
import {RevertingReceiver} from "./support/Receivers.sol";
import {DemoToken} from "../src/dev/DemoToken.sol";
import {PoolsTest} from "./support/PoolsTest.sol";
import {PermitToken} from "./support/WeirdTokens.sol";

/// @notice Gas of every function, each call a transaction of its own with cold storage, its 21 000 and its calldata counted
/// (snapshots/Zklink.json). The proof check is a stub's here: what the verifier costs is in snapshots/ZklinkVerifier.json,
/// both together in test/Settlement.t.sol.
/// forge-config: default.isolate = true
contract GasTest is PoolsTest {
    using Blocks for Draft;
    using PoolOps for Draft;

    function snapshot(string memory what) private {
        checkGas("Zklink", what, 5);
    }

    function test_requests() public {
        DemoToken t = new DemoToken("T", "T", 18, 1, alice);
        z.registerToken(address(t));
        snapshot("registerToken");
        vm.prank(alice);
        z.deposit(address(token[A]), 100, bob);
        snapshot("deposit, ERC-20");
        vm.prank(alice);
        z.depositNative{value: 100}(bob);
        snapshot("depositNative");
        vm.prank(alice);
        z.requestSetSigningKey(2, KEY_X, KEY_Y);
        snapshot("requestSetSigningKey");
        vm.prank(alice);
        z.requestFullExit(2, 1, bob);
        snapshot("requestFullExit");
    }

    /// @dev Submits and takes the gas without the fixture's own calls after it.
    function submitAndSnapshot(Draft memory d, string memory what) private {
        submit(A, d);
        snapshot(what);
        submit(B, d);
    }

    function test_submitBlock() public {
        Draft memory d = draft();
        d.inner(1);
        submitAndSnapshot(d, "submitBlock, stub proof, nothing for this chain");

        d = draft();
        for (uint256 i = 0; i < 10; i++) {
            depositInto(d, A, 2, 1, 100 + i);
        }
        submitAndSnapshot(d, "submitBlock, stub proof, 10 deposits");

        d = draft();
        for (uint256 i = 0; i < 10; i++) {
            d.withdraw(A, 2, tokenId(A, TOKEN), 1, bob, i);
        }
        submitAndSnapshot(d, "submitBlock, stub proof, 10 withdrawals");

        d = draft();
        for (uint256 i = 0; i < 10; i++) {
            KeyChange memory k = keyChange();
            k.nonce = i;
            d.changePubKey(A, NUMBER_A, alice, k, keySignature(k, type(uint64).max, aliceKey));
        }
        submitAndSnapshot(d, "submitBlock, stub proof, 10 key changes");

        d = draft();
        d.operations = 1000;
        d.log = new uint256[](1000);
        submitAndSnapshot(d, "submitBlock, stub proof, log of 1000 words");
    }

    function test_postLogPiece() public {
        vm.startPrank(operator);
        z.postLogPiece(5, 0, new uint256[](Blocks.PIECE_WORDS));
        snapshot("postLogPiece, first of 3968 words");
        z.postLogPiece(5, Blocks.PIECE_WORDS, new uint256[](Blocks.PIECE_WORDS));
        snapshot("postLogPiece, next of 3968 words");
        vm.stopPrank();
    }

    function test_confirmBlocks() public {
        Draft memory d = draft();
        d.inner(1);
        submitBoth(d);
        confirm(A, d.number);
        snapshot("confirmBlocks, 3 signatures");
    }

    function test_executeBlock() public {
        Draft memory d = draft();
        d.inner(1);
        executeAndSnapshot(d, "executeBlock, nothing");
        d = draft();
        d.withdraw(A, 2, tokenId(A, TOKEN), 1, bob, 0);
        executeAndSnapshot(d, "executeBlock, 1 ERC-20 payout to a new holder");
        d = draft();
        d.withdraw(A, 2, tokenId(A, 0), 1, bob, 0);
        executeAndSnapshot(d, "executeBlock, 1 native payout to a new account");
        d = draft();
        for (uint256 i = 0; i < 10; i++) {
            d.withdraw(A, 2, tokenId(A, TOKEN), 1, makeAddr(vm.toString(i)), i);
        }
        executeAndSnapshot(d, "executeBlock, 10 ERC-20 payouts to new holders");
    }

    function executeAndSnapshot(Draft memory d, string memory what) private {
        submitBoth(d);
        confirm(A, d.number);
        execute(A, d.number, d);
        snapshot(what);
    }

    function test_pending() public {
        RevertingReceiver r = new RevertingReceiver();
        Draft memory d = draft();
        d.withdraw(A, 2, tokenId(A, 0), 1 ether, address(r), 0);
        executeAndSnapshot(d, "executeBlock, 1 native payout that fails");
        uint256 state = vm.snapshotState();
        r.run(address(z), abi.encodeCall(z.redirectPending, (0, bob)));
        snapshot("redirectPending, through the owner's contract");
        vm.revertToState(state);
        r.set(true);
        z.withdrawPending(0, address(r));
        snapshot("withdrawPending, native");
    }

    // ---- pools and brokers ----

    function test_poolRequests() public {
        PermitToken t = new PermitToken(alice);
        z.registerToken(address(t));
        IZklinkTypes.SwapRequest memory r = swapOf(500);
        (r.brokerFee, r.broker, r.exclusiveUntil) = (3, 1, r.deadline);
        vm.prank(alice);
        z.requestSwap(r);
        snapshot("requestSwap, ERC-20");
        (r.tokenIn, r.tokenOut) = (address(0), uint64(tokenId(A, TOKEN)));
        vm.prank(alice);
        z.requestSwap{value: 500}(r);
        snapshot("requestSwap, native");
        r.tokenIn = address(t);
        IZklinkTypes.Permit memory p = permitOf(t, aliceKey, 500);
        vm.prank(alice);
        z.requestSwapWithPermit(r, p);
        snapshot("requestSwapWithPermit");
        IZklinkTypes.LiquidityRequest memory l = liquidityOf(address(token[A]), 500);
        vm.prank(alice);
        z.requestAddLiquidity(l);
        snapshot("requestAddLiquidity, ERC-20");
    }

    function test_removal() public {
        uint256 position = makePosition(77, 1000);
        uint64 deadline = uint64(vm.getBlockTimestamp() + 60);
        uint64 tokenOut = uint64(tokenId(B, TOKEN));
        vm.prank(bob);
        z.requestRemoveLiquidity(position, 400, tokenOut, 1, bob, deadline);
        snapshot("requestRemoveLiquidity");
    }

    function withdrawal(uint32 index, uint256 nonce) private view returns (IZklinkTypes.Payout memory p) {
        (p.kind, p.a, p.b, p.to, p.token, p.amount, p.fee) = (12, 2, nonce, bob, index, 1000, 7);
    }

    function test_accept() public {
        vm.prank(alice);
        z.registerBroker();
        snapshot("registerBroker");
        vm.prank(alice);
        z.accept(withdrawal(TOKEN, 0));
        snapshot("accept, ERC-20 to a new holder");
        vm.prank(alice);
        z.accept{value: 993}(withdrawal(0, 1));
        snapshot("accept, native to a new account");
    }

    function test_executePoolEntries() public {
        vm.prank(alice);
        z.accept(withdrawal(TOKEN, 0));
        Draft memory d = draft();
        d.fastWithdraw(A, 2, tokenId(A, TOKEN), 1000, bob, 0, 7);
        executeAndSnapshot(d, "executeBlock, 1 withdrawal repaid to its broker");
        d = draft();
        d.fastWithdraw(A, 2, tokenId(A, TOKEN), 1000, bob, 1, 7);
        executeAndSnapshot(d, "executeBlock, 1 withdrawal with a fee that no broker took");
        IZklinkTypes.SwapRequest memory r = swapOf(500);
        r.tokenOut = uint64(tokenId(A, 0));
        (d,) = queuedSwap(r, 0, 450);
        executeAndSnapshot(d, "executeBlock, 1 swap request paid");
        (d,) = queuedSwap(r, 1, 0);
        executeAndSnapshot(d, "executeBlock, 1 swap request refunded");
        IZklinkTypes.LiquidityRequest memory l = liquidityOf(address(token[A]), 500);
        uint256 index = z.requestCount();
        vm.prank(alice);
        z.requestAddLiquidity(l);
        d = draft();
        d.take(A, A, PoolOps.addTemplate(l, tokenId(A, TOKEN), index), PoolOps.Filled(0, 9, 77, index));
        executeAndSnapshot(d, "executeBlock, 1 position minted");
    }

    function test_submitPoolRequests() public {
        Draft memory d = draft();
        IZklinkTypes.SwapRequest memory r = swapOf(500);
        for (uint256 i = 0; i < 10; i++) {
            uint256 index = z.requestCount();
            vm.prank(alice);
            z.requestSwap(r);
            takeSwap(d, r, index, 0, 450);
        }
        submitAndSnapshot(d, "submitBlock, stub proof, 10 swap requests");
    }
}
