// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.30;

import {ERC20} from "@openzeppelin/contracts/token/ERC20/ERC20.sol";
import {Test} from "./support/Test.sol";

interface IFactory {
    function createPair(address a, address b) external returns (address pair);
}

interface IPair {
    function sync() external;
    function swap(uint256 amount0Out, uint256 amount1Out, address to, bytes calldata data) external;
    function getReserves() external view returns (uint112, uint112, uint32);
    function token0() external view returns (address);
}

/// @notice Anybody's balance can be set.
contract FreeToken is ERC20("Free", "FREE") {
    function set(address who, uint256 amount) external {
        uint256 have = balanceOf(who);
        if (have < amount) _mint(who, amount - have);
        else _burn(who, have - amount);
    }
}

/// @notice The constant-product swap agrees with the Uniswap V2 pair (npm @uniswap/v2-core, as it was compiled and
/// published) at 0.3 %: what the C library gives out passes the pair's check, one unit more is refused.
contract UniswapV2Test is Test {
    struct Trades {
        uint256[] reserveIn;
        uint256[] reserveOut;
        uint256[] amountIn;
        uint256[] amountOut;
    }

    IPair private pair;
    FreeToken[2] private token;

    function setUp() public {
        string memory json = vm.readFile("../node_modules/@uniswap/v2-core/build/UniswapV2Factory.json");
        bytes memory code = vm.parseBytes(string.concat("0x", vm.parseJsonString(json, ".bytecode")));
        code = bytes.concat(code, abi.encode(address(this)));
        address factory;
        assembly ("memory-safe") {
            factory := create(0, add(code, 0x20), mload(code))
        }
        assertTrue(factory != address(0), "the factory cannot be deployed");
        FreeToken a = new FreeToken();
        FreeToken b = new FreeToken();
        pair = IPair(IFactory(factory).createPair(address(a), address(b)));
        token = pair.token0() == address(a) ? [a, b] : [b, a];
    }

    function read(string memory json, string memory key) private pure returns (Trades memory t) {
        t.reserveIn = vm.parseJsonUintArray(json, string.concat(key, ".reserveIn"));
        t.reserveOut = vm.parseJsonUintArray(json, string.concat(key, ".reserveOut"));
        t.amountIn = vm.parseJsonUintArray(json, string.concat(key, ".amountIn"));
        t.amountOut = vm.parseJsonUintArray(json, string.concat(key, ".amountOut"));
    }

    /// @dev The formula of docs/protocol.md with a fee of 30/10^4.
    function formula(uint256 amountIn, uint256 reserveIn, uint256 reserveOut) private pure returns (uint256) {
        uint256 kept = amountIn * (10_000 - 30);
        return kept * reserveOut / (10_000 * reserveIn + kept);
    }

    /// @dev Takes `amount` of token 1 - x out; the input is in the pair already.
    function swap(uint256 x, uint256 amount) private returns (bool ok, bytes memory result) {
        (uint256 out0, uint256 out1) = x == 0 ? (uint256(0), amount) : (amount, uint256(0));
        return address(pair).call(abi.encodeCall(pair.swap, (out0, out1, address(0xbeef), "")));
    }

    function reason(string memory text) private pure returns (bytes32) {
        return keccak256(abi.encodeWithSignature("Error(string)", text));
    }

    /// @dev The pair holds its reserves and the input. Returns whether the refusal of one more was the pair's product check.
    function trade(uint256 x, uint256 reserveOut, uint256 amountOut) private returns (bool byProduct) {
        (bool ok, bytes memory result) = swap(x, amountOut + 1);
        assertFalse(ok, "one unit more was given");
        byProduct = keccak256(result) == reason("UniswapV2: K");
        // Nor can the last unit be taken.
        bool last = amountOut + 1 == reserveOut;
        assertTrue(
            byProduct || (last && keccak256(result) == reason("UniswapV2: INSUFFICIENT_LIQUIDITY")),
            "refused for another reason"
        );
        (ok, result) = swap(x, amountOut);
        if (amountOut == 0) {
            assertEq(keccak256(result), reason("UniswapV2: INSUFFICIENT_OUTPUT_AMOUNT"));
        } else {
            assertTrue(ok, "our output was refused");
            assertEq(token[1 - x].balanceOf(address(pair)), reserveOut - amountOut);
        }
    }

    /// @notice More than 1 000 trades on reserves of all sizes, in both directions.
    function test_randomTrades() public {
        Trades memory t = read(vm.readFile("../tests/vectors/contracts/trades.json"), ".random");
        uint256 byProduct;
        uint256 positive;
        for (uint256 i = 0; i < t.amountIn.length; i++) {
            uint256 x = i % 2;
            token[x].set(address(pair), t.reserveIn[i]);
            token[1 - x].set(address(pair), t.reserveOut[i]);
            pair.sync();
            token[x].set(address(pair), t.reserveIn[i] + t.amountIn[i]);
            assertEq(t.amountOut[i], formula(t.amountIn[i], t.reserveIn[i], t.reserveOut[i]));
            if (trade(x, t.reserveOut[i], t.amountOut[i])) byProduct++;
            if (t.amountOut[i] > 0) positive++;
        }
        assertGe(t.amountIn.length, 1000);
        assertGe(byProduct, 1000);
        assertGe(positive, 700);
    }

    /// @notice A pool that lives: its reserves follow trade after trade, as C's do.
    function test_tradesOneAfterTheOther() public {
        string memory json = vm.readFile("../tests/vectors/contracts/trades.json");
        Trades memory t = read(json, ".chain");
        uint256[] memory direction = vm.parseJsonUintArray(json, ".chain.direction");
        token[0].set(address(pair), 1e12);
        token[1].set(address(pair), 3e12);
        pair.sync();
        for (uint256 i = 0; i < t.amountIn.length; i++) {
            uint256 x = direction[i];
            (uint256 r0, uint256 r1,) = pair.getReserves();
            assertEq(x == 0 ? r0 : r1, t.reserveIn[i]);
            assertEq(x == 0 ? r1 : r0, t.reserveOut[i]);
            token[x].set(address(pair), t.reserveIn[i] + t.amountIn[i]);
            assertTrue(trade(x, t.reserveOut[i], t.amountOut[i]));
        }
        assertGe(t.amountIn.length, 200);
    }
}
