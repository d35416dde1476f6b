// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.30;

import {IZklinkPools} from "../src/interfaces/IZklink.sol";
import {IZklinkTypes} from "../src/interfaces/IZklinkTypes.sol";
import {Test} from "./support/Test.sol";

/// @notice Calldata of ZklinkPools as src/chain/pools_abi.c makes it (tests/vectors/contracts/pool-calls.json) is what the
/// compiler makes of the same arguments.
contract PoolCallsTest is Test {
    string private json;
    uint256 private constant BYTES = type(uint160).max / 255;

    function setUp() public {
        json = vm.readFile("../tests/vectors/contracts/pool-calls.json");
    }

    function check(string memory name, bytes memory expected) private view {
        assertEq(vm.parseJsonBytes(json, string.concat(".", name)), expected, name);
    }

    /// @dev 20 bytes `b`.
    function same(uint256 b) private pure returns (address) {
        // forge-lint: disable-next-line(unsafe-typecast) of that size
        return address(uint160(b * BYTES));
    }

    function permit() private pure returns (IZklinkTypes.Permit memory) {
        uint256 word = type(uint256).max / 255;
        return IZklinkTypes.Permit(5 << 100, 123456, 28, bytes32(word), bytes32(2 * word));
    }

    function test_swaps() public view {
        IZklinkTypes.SwapRequest memory r = IZklinkTypes.SwapRequest({
            tokenIn: same(0xa1),
            amountIn: 9 << 100,
            tokenOut: 0x0300000002,
            minOut: 77,
            to: same(0xb2),
            pool: 7,
            deadline: 1800000000,
            refundTo: same(0xc3),
            brokerFee: 5 << 16,
            broker: 3,
            exclusiveUntil: 1700000000
        });
        check("requestSwap", abi.encodeCall(IZklinkPools.requestSwap, (r)));
        check("requestSwapWithPermit", abi.encodeCall(IZklinkPools.requestSwapWithPermit, (r, permit())));
    }

    function test_liquidity() public view {
        IZklinkTypes.LiquidityRequest memory r = IZklinkTypes.LiquidityRequest({
            token: same(0xa1),
            amount: 9 << 100,
            pool: 7,
            minShares: 77,
            deadline: 1800000000,
            owner: same(0xb2),
            exitAddress: same(0xc3)
        });
        check("requestAddLiquidity", abi.encodeCall(IZklinkPools.requestAddLiquidity, (r)));
        check(
            "requestAddLiquidityWithPermit",
            abi.encodeCall(IZklinkPools.requestAddLiquidityWithPermit, (r, permit()))
        );
        check(
            "requestRemoveLiquidity",
            abi.encodeCall(
                IZklinkPools.requestRemoveLiquidity, (12, 9 << 100, 0x0300000002, 77, same(0xd4), 1800000000)
            )
        );
    }

    function test_brokers() public view {
        IZklinkTypes.Payout memory p = IZklinkTypes.Payout(17, 3, 12, same(0xd4), 2, 1000, 7, 2, 1700000000);
        check("accept", abi.encodeCall(IZklinkPools.accept, (p)));
        check("registerBroker", abi.encodeCall(IZklinkPools.registerBroker, ()));
    }

    function test_permitDigest() public view {
        bytes32 structHash = keccak256(
            abi.encode(
                keccak256(
                    "Permit(address owner,address spender,uint256 value,uint256 nonce,uint256 deadline)"
                ),
                same(0xa1),
                same(0xb2),
                5 << 100,
                6,
                123456
            )
        );
        uint256 domain = 0x44 * (type(uint256).max / 255);
        check("permitDigest", abi.encode(keccak256(abi.encodePacked(hex"1901", domain, structHash))));
    }
}
