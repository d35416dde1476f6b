// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.30;

// forge-lint: disable-start(unsafe-typecast) numbers here are small

import {IZklink} from "../../src/interfaces/IZklink.sol";
import {IZklinkTypes} from "../../src/interfaces/IZklinkTypes.sol";
import {Blocks, Draft} from "./Blocks.sol";
import {PoolOps} from "./PoolOps.sol";
import {PermitToken} from "./WeirdTokens.sol";
import {ZklinkTest} from "./ZklinkTest.sol";

/// @title The fixture with FUNDS of token and coin on both chains (two requests each), and requests on pools.
abstract contract PoolsTest is ZklinkTest {
    using Blocks for Draft;
    using PoolOps for Draft;

    uint256 internal constant FUNDS = 100 ether;
    uint32 internal constant POOL = 9;
    IZklink internal z;

    function setUp() public virtual override {
        super.setUp();
        z = zklink[A];
        Draft memory d = draft();
        for (uint256 i = 0; i < CHAINS; i++) {
            depositInto(d, i, 2, 1 + i, FUNDS);
            vm.prank(alice);
            zklink[i].depositNative{value: FUNDS}(alice);
            d.deposit(i, 2, 3 + i, tokenId(i, 0), FUNDS, ownerWord(i, alice));
        }
        settle(d);
    }

    /// @dev Alice's tokens of A for tokens of B, paid to Bob.
    function swapOf(uint256 amount) internal view returns (IZklinkTypes.SwapRequest memory r) {
        r.tokenIn = address(token[A]);
        r.amountIn = amount;
        r.tokenOut = uint64(tokenId(B, TOKEN));
        r.minOut = 3;
        r.to = bob;
        r.pool = POOL;
        r.deadline = uint64(vm.getBlockTimestamp() + 600);
        r.refundTo = alice;
    }

    function liquidityOf(address t, uint256 amount)
        internal
        returns (IZklinkTypes.LiquidityRequest memory r)
    {
        r.token = t;
        r.amount = amount;
        r.pool = POOL;
        r.minShares = 2;
        r.deadline = uint64(vm.getBlockTimestamp() + 600);
        r.owner = bob;
        r.exitAddress = makeAddr("exit");
    }

    /// @dev Alice asks for it on A, and a block takes it.
    function queuedSwap(IZklinkTypes.SwapRequest memory r, uint256 outcome, uint256 out)
        internal
        returns (Draft memory d, uint256 index)
    {
        index = z.requestCount();
        vm.prank(alice);
        z.requestSwap{value: r.tokenIn == address(0) ? r.amountIn : 0}(r);
        d = draft();
        takeSwap(d, r, index, outcome, out);
    }

    function takeSwap(
        Draft memory d,
        IZklinkTypes.SwapRequest memory r,
        uint256 index,
        uint256 outcome,
        uint256 out
    ) internal view {
        uint256 tokenIn = tokenId(A, z.tokenIndex(r.tokenIn));
        uint256 paying = r.tokenOut >> 32 == NUMBER_B ? B : A;
        d.take(A, paying, PoolOps.swapTemplate(r, tokenIn, index), PoolOps.Filled(outcome, out, 0, index));
    }

    /// @dev Bob's position on A: 500 tokens of A brought in, `shares` made, L2 account `account`.
    function makePosition(uint256 account, uint256 shares) internal returns (uint256 number) {
        IZklinkTypes.LiquidityRequest memory r = liquidityOf(address(token[A]), 500);
        number = z.requestCount();
        vm.prank(alice);
        z.requestAddLiquidity(r);
        Draft memory d = draft();
        d.take(
            A,
            A,
            PoolOps.addTemplate(r, tokenId(A, TOKEN), number),
            PoolOps.Filled(0, shares, account, number)
        );
        settle(d);
    }

    function permitOf(PermitToken t, uint256 key, uint256 value)
        internal
        view
        returns (IZklinkTypes.Permit memory p)
    {
        address owner = vm.addr(key);
        (p.value, p.deadline) = (value, vm.getBlockTimestamp() + 60);
        bytes32 structHash = keccak256(
            abi.encode(
                keccak256(
                    "Permit(address owner,address spender,uint256 value,uint256 nonce,uint256 deadline)"
                ),
                owner,
                address(z),
                value,
                t.nonces(owner),
                p.deadline
            )
        );
        (p.v, p.r, p.s) =
            vm.sign(key, keccak256(abi.encodePacked(hex"1901", t.DOMAIN_SEPARATOR(), structHash)));
    }
}
