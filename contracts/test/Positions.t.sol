// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.30;

// forge-lint: disable-start(unsafe-typecast) numbers here are small, selectors are cut off on purpose

import {IERC721Errors} from "@openzeppelin/contracts/interfaces/draft-IERC6093.sol";
import {IPositions} from "../src/interfaces/IPositions.sol";
import {IZklinkTypes} from "../src/interfaces/IZklinkTypes.sol";
import {Positions} from "../src/Positions.sol";
import {Draft} from "./support/Blocks.sol";
import {PoolOps} from "./support/PoolOps.sol";
import {PoolsTest} from "./support/PoolsTest.sol";
import {RevertingReceiver} from "./support/Receivers.sol";

/// @notice Liquidity from L1: positions are minted once, traded, and taken out once.
contract PositionsTest is PoolsTest {
    using PoolOps for Draft;

    Positions private nft;

    function setUp() public override {
        super.setUp();
        nft = Positions(address(z.positions()));
    }

    function expectPosition(uint256 number, uint256 account, uint256 shares) private view {
        (uint32 a, uint32 p, uint112 s) = nft.position(number);
        assertEq(uint256(a), account);
        assertEq(uint256(p), POOL);
        assertEq(uint256(s), shares);
    }

    function removalOf(uint256 number, uint256 account, uint256 shares)
        private
        view
        returns (PoolOps.Removal memory r)
    {
        (r.account, r.pool, r.tokenOut, r.shares) = (account, POOL, tokenId(B, TOKEN), shares);
        (r.minOut, r.position, r.to, r.deadline) = (2, number, alice, vm.getBlockTimestamp() + 60);
    }

    function ask(address who, PoolOps.Removal memory r) private {
        vm.prank(who);
        z.requestRemoveLiquidity(r.position, r.shares, uint64(r.tokenOut), r.minOut, r.to, uint64(r.deadline));
    }

    function expectRefused(address who, PoolOps.Removal memory r, bytes memory reason) private {
        vm.expectRevert(reason);
        ask(who, r);
    }

    function takeRemoval(PoolOps.Removal memory r, uint256 outcome, uint256 out) private {
        Draft memory d = draft();
        uint256 paying = r.tokenOut >> 32 == NUMBER_B ? B : A;
        d.take(A, paying, PoolOps.removeTemplate(r, NUMBER_A), PoolOps.Filled(outcome, out, 0, 0));
        settle(d);
    }

    // ---- bringing in ----

    function test_requestAddLiquidity_takesTheMoneyAndQueues() public {
        IZklinkTypes.LiquidityRequest memory r = liquidityOf(address(token[A]), 500);
        uint256[4] memory t = PoolOps.addTemplate(r, tokenId(A, TOKEN), 2);
        uint256 before = token[A].balanceOf(alice);
        uint64 due = uint64(vm.getBlockTimestamp()) + REQUEST_PERIOD;
        vm.expectEmit(address(z));
        emit IZklinkTypes.Requested(2, 18, t[0], t[1], t[2], t[3], due);
        vm.prank(alice);
        z.requestAddLiquidity(r);
        assertEq(token[A].balanceOf(alice), before - 500);
        (r.token, r.amount) = (address(0), 3 ether);
        t = PoolOps.addTemplate(r, tokenId(A, 0), 3);
        vm.expectEmit(address(z));
        emit IZklinkTypes.Requested(3, 18, t[0], t[1], t[2], t[3], due);
        vm.prank(alice);
        z.requestAddLiquidity{value: 3 ether}(r);
        assertEq(z.custody(0), FUNDS + 3 ether);
        // every field at its largest
        r = liquidityOf(address(token[A]), 1);
        (r.pool, r.minShares, r.deadline) = (2 ** 28 - 1, 2 ** 112 - 1, 2 ** 40 - 1);
        (r.owner, r.exitAddress) = (address(type(uint160).max), address(type(uint160).max));
        t = PoolOps.addTemplate(r, tokenId(A, TOKEN), 4);
        vm.expectEmit(address(z));
        emit IZklinkTypes.Requested(4, 18, t[0], t[1], t[2], t[3], due);
        vm.prank(alice);
        z.requestAddLiquidity(r);
    }

    function test_requestAddLiquidity_RevertsIfAFieldIsBad() public {
        IZklinkTypes.LiquidityRequest memory r = liquidityOf(address(token[A]), 5);
        r.owner = address(0);
        expectAddRefused(r, abi.encodeWithSelector(IZklinkTypes.ZeroAddress.selector));
        r = liquidityOf(address(token[A]), 5);
        r.exitAddress = address(0);
        expectAddRefused(r, abi.encodeWithSelector(IZklinkTypes.ZeroAddress.selector));
        r = liquidityOf(address(token[A]), 5);
        r.pool = 0;
        expectAddRefused(r, abi.encodeWithSelector(IZklinkTypes.BadAccount.selector, 0));
        r.pool = 2 ** 28;
        expectAddRefused(r, abi.encodeWithSelector(IZklinkTypes.BadAccount.selector, 2 ** 28));
        r = liquidityOf(address(token[A]), 5);
        r.minShares = 2 ** 112;
        expectAddRefused(r, abi.encodeWithSelector(IZklinkTypes.AmountTooLarge.selector, 2 ** 112));
        r = liquidityOf(address(token[A]), 5);
        r.deadline = uint64(vm.getBlockTimestamp() - 1);
        expectAddRefused(r, abi.encodeWithSelector(IZklinkTypes.BadDeadline.selector, r.deadline));
        r.deadline = 2 ** 40;
        expectAddRefused(r, abi.encodeWithSelector(IZklinkTypes.BadDeadline.selector, 2 ** 40));
        r = liquidityOf(bob, 5);
        expectAddRefused(r, abi.encodeWithSelector(IZklinkTypes.UnknownToken.selector, bob));
        r = liquidityOf(address(token[A]), 0);
        expectAddRefused(r, abi.encodeWithSelector(IZklinkTypes.ZeroAmount.selector));
        r = liquidityOf(address(0), 5);
        expectAddRefused(r, abi.encodeWithSelector(IZklinkTypes.WrongValue.selector, 5, 0));
    }

    function expectAddRefused(IZklinkTypes.LiquidityRequest memory r, bytes memory reason) private {
        vm.expectRevert(reason);
        vm.prank(alice);
        z.requestAddLiquidity(r);
    }

    function test_position_isMintedAtExecution() public {
        uint256 number = makePosition(77, 4000);
        assertEq(number, 2);
        assertEq(nft.ownerOf(number), bob);
        expectPosition(number, 77, 4000);
        assertEq(z.custody(TOKEN), FUNDS + 500);
        assertEq(nft.balanceOf(bob), 1);
    }

    /// @notice A position's owner may be a contract that takes none: it is minted without asking, and the block goes on.
    function test_position_forAContract() public {
        RevertingReceiver r = new RevertingReceiver();
        IZklinkTypes.LiquidityRequest memory l = liquidityOf(address(token[A]), 500);
        l.owner = address(r);
        vm.prank(alice);
        z.requestAddLiquidity(l);
        Draft memory d = draft();
        d.take(A, A, PoolOps.addTemplate(l, tokenId(A, TOKEN), 2), PoolOps.Filled(0, 9, 5, 2));
        settle(d);
        assertEq(nft.ownerOf(2), address(r));
    }

    function test_add_refunds() public {
        for (uint256 outcome = 1; outcome < 4; outcome++) {
            IZklinkTypes.LiquidityRequest memory l = liquidityOf(address(token[A]), 500);
            l.owner = makeAddr(vm.toString(outcome));
            uint256 index = z.requestCount();
            vm.prank(alice);
            z.requestAddLiquidity(l);
            Draft memory d = draft();
            d.take(
                A, A, PoolOps.addTemplate(l, tokenId(A, TOKEN), index), PoolOps.Filled(outcome, 0, 0, index)
            );
            settle(d);
            assertEq(token[A].balanceOf(l.owner), 500);
            assertEq(z.custody(TOKEN), FUNDS);
            vm.expectRevert(abi.encodeWithSelector(IERC721Errors.ERC721NonexistentToken.selector, index));
            nft.position(index);
        }
    }

    /// @notice The operator can change nothing that the user fixed.
    function test_submit_RevertsIfTheRequestIsChanged() public {
        uint256 number = makePosition(77, 4000);
        IZklinkTypes.LiquidityRequest memory l = liquidityOf(address(token[A]), 500);
        vm.prank(alice);
        z.requestAddLiquidity(l);
        PoolOps.Removal memory r = removalOf(number, 77, 10);
        ask(bob, r);
        uint256[4] memory t = PoolOps.addTemplate(l, tokenId(A, TOKEN), 3);
        // w0 pool, token, amount, deadline; w1 minimum; w2 exit address, index; w3 owner
        uint16[8] memory bit = [10, 38, 78, 190, 256, 540, 700, 768];
        for (uint256 i = 0; i < bit.length; i++) {
            expectMismatch(3, t, bit[i]);
        }
        Draft memory d = draft();
        d.take(A, A, t, PoolOps.Filled(1, 0, 0, 3));
        settle(d);
        t = PoolOps.removeTemplate(r, NUMBER_A);
        // w0 account, pool, token, shares; w1 minimum; w2 number; w3 to, deadline
        bit = [10, 38, 66, 106, 256, 512, 768, 928];
        for (uint256 i = 0; i < bit.length; i++) {
            expectMismatch(4, t, bit[i]);
        }
    }

    function expectMismatch(uint64 index, uint256[4] memory t, uint256 bit) private {
        uint256[4] memory changed = [t[0], t[1], t[2], t[3]];
        changed[bit / 256] ^= 1 << (bit % 256);
        Draft memory d = draft();
        d.take(A, A, changed, PoolOps.Filled(0, 1, 0, index));
        IZklinkTypes.BlockSubmission memory s = submission(A, d);
        vm.expectRevert(abi.encodeWithSelector(IZklinkTypes.RequestMismatch.selector, index));
        submitRaw(A, s);
    }

    // ---- taking out ----

    function test_remove_paysOnTheTokensChain() public {
        uint256 number = makePosition(77, 4000);
        PoolOps.Removal memory r = removalOf(number, 77, 1500);
        uint256[4] memory t = PoolOps.removeTemplate(r, NUMBER_A);
        uint64 due = uint64(vm.getBlockTimestamp()) + REQUEST_PERIOD;
        vm.expectEmit(address(z));
        emit IZklinkTypes.Requested(3, 19, t[0], t[1], t[2], t[3], due);
        ask(bob, r);
        expectPosition(number, 77, 2500);
        uint256 before = token[B].balanceOf(alice);
        takeRemoval(r, 0, 321);
        assertEq(token[B].balanceOf(alice), before + 321);
        assertEq(zklink[B].custody(TOKEN), FUNDS - 321);
        expectPosition(number, 77, 2500);
        // the rest, paid here
        r = removalOf(number, 77, 2500);
        (r.tokenOut, r.to) = (tokenId(A, TOKEN), makeAddr("to"));
        ask(bob, r);
        takeRemoval(r, 0, 123);
        assertEq(token[A].balanceOf(r.to), 123);
        expectPosition(number, 77, 0);
        assertEq(nft.ownerOf(number), bob);
    }

    /// @notice Refused on L2: the shares can be asked for again; nothing is paid anywhere.
    function test_remove_refused() public {
        uint256 number = makePosition(77, 4000);
        for (uint256 outcome = 1; outcome < 4; outcome++) {
            PoolOps.Removal memory r = removalOf(number, 77, 4000);
            ask(bob, r);
            expectPosition(number, 77, 0);
            takeRemoval(r, outcome, 0);
            expectPosition(number, 77, 4000);
        }
        assertEq(zklink[B].custody(TOKEN), FUNDS);
        assertEq(z.custody(TOKEN), FUNDS + 500);
    }

    /// @notice What is asked for is gone from the position at once, so it can't be asked for twice.
    function test_remove_RevertsIfAskedTwice() public {
        uint256 number = makePosition(77, 4000);
        PoolOps.Removal memory r = removalOf(number, 77, 2500);
        ask(bob, r);
        expectRefused(bob, r, abi.encodeWithSelector(IPositions.NotEnoughShares.selector, number, 1500, 2500));
        r.shares = 1501;
        expectRefused(bob, r, abi.encodeWithSelector(IPositions.NotEnoughShares.selector, number, 1500, 1501));
        r.shares = 1500;
        ask(bob, r);
        r.shares = 1;
        expectRefused(bob, r, abi.encodeWithSelector(IPositions.NotEnoughShares.selector, number, 0, 1));
    }

    function test_remove_RevertsIfAFieldIsBad() public {
        uint256 number = makePosition(77, 4000);
        PoolOps.Removal memory r = removalOf(number, 77, 0);
        expectRefused(bob, r, abi.encodeWithSelector(IZklinkTypes.ZeroAmount.selector));
        r.shares = 2 ** 112; // its low 112 bits are 0
        expectRefused(bob, r, abi.encodeWithSelector(IZklinkTypes.AmountTooLarge.selector, 2 ** 112));
        r = removalOf(number, 77, 5);
        r.to = address(0);
        expectRefused(bob, r, abi.encodeWithSelector(IZklinkTypes.ZeroAddress.selector));
        r = removalOf(number, 77, 5);
        r.tokenOut = (5 << 32) | 1;
        expectRefused(bob, r, abi.encodeWithSelector(IZklinkTypes.BadTokenOut.selector, r.tokenOut));
        r = removalOf(number, 77, 5);
        r.minOut = 2 ** 112;
        expectRefused(bob, r, abi.encodeWithSelector(IZklinkTypes.AmountTooLarge.selector, 2 ** 112));
        r = removalOf(number, 77, 5);
        r.deadline = vm.getBlockTimestamp() - 1;
        expectRefused(bob, r, abi.encodeWithSelector(IZklinkTypes.BadDeadline.selector, r.deadline));
    }

    function test_remove_RevertsIfNotTheOwner() public {
        uint256 number = makePosition(77, 4000);
        PoolOps.Removal memory r = removalOf(number, 77, 5);
        expectRefused(
            alice, r, abi.encodeWithSelector(IERC721Errors.ERC721InsufficientApproval.selector, alice, number)
        );
        r.position = number + 1;
        expectRefused(
            bob, r, abi.encodeWithSelector(IERC721Errors.ERC721NonexistentToken.selector, number + 1)
        );
        r.position = number + (1 << 160); // would spill into the chain's number
        expectRefused(
            bob, r, abi.encodeWithSelector(IERC721Errors.ERC721NonexistentToken.selector, r.position)
        );
        // who is approved could take the whole position, so may ask
        r = removalOf(number, 77, 5);
        vm.prank(bob);
        nft.approve(alice, number);
        ask(alice, r);
        expectPosition(number, 77, 3995);
    }

    // ---- trade ----

    /// @notice Sold between request and execution: the seller's request pays as the seller asked; the buyer saw what was left and
    /// owns just that.
    function test_position_soldWithARemovalUnderWay() public {
        address buyer = makeAddr("buyer");
        uint256 number = makePosition(77, 4000);
        PoolOps.Removal memory r = removalOf(number, 77, 1500);
        r.to = bob;
        ask(bob, r);
        expectPosition(number, 77, 2500); // what the buyer sees
        vm.prank(bob);
        nft.transferFrom(bob, buyer, number);
        takeRemoval(r, 0, 321);
        assertEq(token[B].balanceOf(bob), 321);
        r = removalOf(number, 77, 2500);
        expectRefused(
            bob, r, abi.encodeWithSelector(IERC721Errors.ERC721InsufficientApproval.selector, bob, number)
        );
        r.to = buyer;
        ask(buyer, r);
        takeRemoval(r, 0, 500);
        assertEq(token[B].balanceOf(buyer), 500);
    }

    /// @notice The seller's request is refused after the sale: its shares are the buyer's, with the position.
    function test_position_soldAndTheRemovalIsRefused() public {
        address buyer = makeAddr("buyer");
        uint256 number = makePosition(77, 4000);
        PoolOps.Removal memory r = removalOf(number, 77, 1500);
        ask(bob, r);
        vm.prank(bob);
        nft.transferFrom(bob, buyer, number);
        takeRemoval(r, 1, 0);
        expectPosition(number, 77, 4000);
        r = removalOf(number, 77, 4000);
        ask(buyer, r);
        expectPosition(number, 77, 0);
    }

    // ---- the token contract by itself ----

    function test_positions_onlyZklinkMoves() public {
        uint256 number = makePosition(77, 4000);
        bytes memory reason = abi.encodeWithSelector(IPositions.NotZklink.selector, alice);
        vm.startPrank(alice);
        vm.expectRevert(reason);
        nft.mint(alice, 100, 1, 1, 1);
        vm.expectRevert(reason);
        nft.take(bob, number, 1);
        vm.expectRevert(reason);
        nft.giveBack(number, 1);
        vm.expectRevert(abi.encodeWithSelector(IPositions.AlreadyBound.selector, address(z)));
        nft.bind();
        vm.stopPrank();
        assertEq(nft.zklink(), address(z));
        assertTrue(nft.supportsInterface(0x80ac58cd)); // ERC-721
    }

    /// @notice Somebody else was first: the deployment fails, and another one with a new contract of positions does not.
    function test_deploy_RevertsIfPositionsAreBound() public {
        IZklinkTypes.Setup memory s = setup(A);
        vm.prank(bob);
        s.positions.bind();
        vm.expectRevert(abi.encodeWithSelector(IPositions.AlreadyBound.selector, bob));
        this.proxyOutside(s);
        s.positions = z.positions();
        vm.expectRevert(abi.encodeWithSelector(IPositions.AlreadyBound.selector, address(z)));
        this.proxyOutside(s);
        s.positions = new Positions();
        this.proxyOutside(s);
        assertNotEq(s.positions.zklink(), address(0));
    }
}
