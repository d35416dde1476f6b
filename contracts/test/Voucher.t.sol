// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.30;

import {DemoToken} from "../src/dev/DemoToken.sol";
import {VoucherToken} from "../src/dev/VoucherToken.sol";
import {PoolsTest} from "./support/PoolsTest.sol";

/// @notice A voucher that earns elsewhere is a token like any other here, and earns on while it is in custody.
contract VoucherTest is PoolsTest {
    DemoToken private dollar;
    VoucherToken private voucher;

    function setUp() public override {
        super.setUp();
        dollar = new DemoToken("Dollar", "USD", 6, 1e15, alice);
        voucher = new VoucherToken(dollar, "Curve-like LP", "3CRV-like");
        vm.startPrank(alice);
        dollar.approve(address(voucher), type(uint256).max);
        voucher.deposit(1e12, alice);
        vm.stopPrank();
    }

    /// @dev Yield: dollars come in, and nobody gets vouchers for them.
    function accrue(uint256 dollars) private {
        vm.prank(alice);
        assertTrue(dollar.transfer(address(voucher), dollars));
    }

    function test_voucher_priceRises() public {
        assertEq(uint256(voucher.decimals()), 6);
        assertEq(voucher.get_virtual_price(), 1e18);
        assertEq(voucher.balanceOf(alice), 1e12);
        accrue(1e11);
        assertEq(voucher.balanceOf(alice), 1e12);
        assertApproxEqRel(voucher.get_virtual_price(), 1.1e18, 1e7);
        vm.prank(alice);
        voucher.redeem(1e12, alice, alice);
        assertApproxEqRel(dollar.balanceOf(alice), 1e15, 1e6);
    }

    function test_voucher_earnsWhileItIsPooled() public {
        z.registerToken(address(voucher));
        vm.startPrank(alice);
        voucher.approve(address(z), type(uint256).max);
        z.requestAddLiquidity(liquidityOf(address(voucher), 4e11));
        z.deposit(address(voucher), 6e11, alice);
        vm.stopPrank();
        uint32 index = z.tokenIndex(address(voucher));
        uint256 worth = voucher.convertToAssets(z.custody(index));
        accrue(5e10);
        assertEq(voucher.balanceOf(address(z)), 1e12);
        assertEq(z.custody(index), 1e12);
        assertApproxEqRel(voucher.convertToAssets(z.custody(index)), worth + 5e10, 1e7);
    }
}
