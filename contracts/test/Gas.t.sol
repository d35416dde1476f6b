// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.30;

import {IZklink} from "../src/interfaces/IZklink.sol";
import {Zklink} from "../src/Zklink.sol";
import {Blocks, Draft, KeyChange} from "./support/Blocks.sol";
import {RevertingReceiver} from "./support/Receivers.sol";
import {DemoToken} from "../src/dev/DemoToken.sol";
import {ZklinkTest} from "./support/ZklinkTest.sol";

/// @notice Gas of every function, each call a transaction of its own with cold storage, its 21 000 and its calldata counted
/// (snapshots/Zklink.json). The proof check is a stub's here: what the verifier costs is in snapshots/ZklinkVerifier.json,
/// both together in test/Settlement.t.sol.
/// forge-config: default.isolate = true
contract GasTest is ZklinkTest {
    using Blocks for Draft;

    IZklink private z;

    function setUp() public override {
        super.setUp();
        z = zklink[A];
        Draft memory d = draft();
        depositInto(d, A, 2, 1, 1e6);
        vm.prank(alice);
        z.depositNative{value: 10 ether}(alice);
        d.deposit(A, 2, 2, tokenId(A, 0), 10 ether, ownerWord(A, alice));
        settle(d);
    }

    function snapshot(string memory what) private {
        vm.snapshotGasLastCall("Zklink", what);
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
}
