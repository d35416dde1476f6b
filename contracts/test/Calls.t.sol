// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.30;

import {IZklinkBlocks, IZklinkRequests} from "../src/interfaces/IZklink.sol";
import {IZklinkTypes} from "../src/interfaces/IZklinkTypes.sol";
import {Test} from "./support/Test.sol";

/// @notice The node's calldata (src/chain/zklink_abi.c, by way of tests/vectors/contracts/calls.json) is what the compiler
/// makes of the same arguments.
contract CallsTest is Test {
    string private json;
    address private constant FIRST = address(bytes20(bytes32(uint256(0xa1) * (type(uint256).max / 255))));
    address private constant SECOND = address(bytes20(bytes32(uint256(0xb2) * (type(uint256).max / 255))));

    function setUp() public {
        json = vm.readFile("../tests/vectors/contracts/calls.json");
    }

    function check(string memory name, bytes memory expected) private view {
        assertEq(vm.parseJsonBytes(json, string.concat(".", name)), expected, name);
    }

    /// @dev 32 bytes `b`.
    function same(uint256 b) private pure returns (bytes32) {
        return bytes32(b * (type(uint256).max / 255));
    }

    function bytesOf(uint256 b, uint256 length) private pure returns (bytes memory data) {
        data = new bytes(length);
        for (uint256 i = 0; i < length; i++) {
            // forge-lint: disable-next-line(unsafe-typecast) a byte
            data[i] = bytes1(uint8(b));
        }
    }

    function count(uint256 first, uint256 n) private pure returns (uint256[] memory words) {
        words = new uint256[](n);
        for (uint256 i = 0; i < n; i++) {
            words[i] = first + i;
        }
    }

    function storedBlock() private pure returns (IZklinkTypes.StoredBlock memory) {
        return IZklinkTypes.StoredBlock(1, 2, 3, same(4), same(5), same(6));
    }

    function test_submitBlock() public view {
        uint256[3] memory sizes = [uint256(0), 1, 3];
        for (uint256 i = 0; i < sizes.length; i++) {
            uint256 n = sizes[i];
            IZklinkTypes.BlockSubmission memory s;
            s.header = count(100, 25);
            s.outbox = count(200, 5 * n);
            s.log = count(300, n);
            s.logChallenge = 400 + n;
            s.keySignatures = new IZklinkTypes.KeySignature[](n);
            for (uint256 k = 0; k < n; k++) {
                // forge-lint: disable-next-line(unsafe-typecast) small
                s.keySignatures[k] = IZklinkTypes.KeySignature(uint64(1000 + k), bytesOf(0x40 + k, 65));
            }
            s.proof = bytesOf(0x5a, 64 + n);
            check(
                string.concat("submitBlock", vm.toString(n)),
                abi.encodeCall(IZklinkBlocks.submitBlock, (storedBlock(), s))
            );
        }
    }

    function test_settlement() public view {
        check("postLogPiece", abi.encodeCall(IZklinkBlocks.postLogPiece, (77, 3968, count(300, 9))));
        bytes[][] memory s = new bytes[][](2);
        s[0] = new bytes[](3);
        s[1] = new bytes[](1);
        for (uint256 i = 0; i < 3; i++) {
            s[0][i] = bytesOf(0x70 + i, 65);
        }
        s[1][0] = s[0][1];
        check("confirmBlocks", abi.encodeCall(IZklinkBlocks.confirmBlocks, (storedBlock(), 555, s)));
        check("executeBlock", abi.encodeCall(IZklinkBlocks.executeBlock, (storedBlock(), count(200, 10), 7)));
    }

    function test_users() public view {
        check("registerToken", abi.encodeCall(IZklinkRequests.registerToken, (FIRST)));
        check("deposit", abi.encodeCall(IZklinkRequests.deposit, (FIRST, 9 << 100, SECOND)));
        check("depositNative", abi.encodeCall(IZklinkRequests.depositNative, (SECOND)));
        check(
            "requestSetSigningKey",
            abi.encodeCall(IZklinkRequests.requestSetSigningKey, (8, 77, uint256(same(5))))
        );
        check("requestFullExit", abi.encodeCall(IZklinkRequests.requestFullExit, (8, 9, SECOND)));
        check("withdrawPending", abi.encodeCall(IZklinkRequests.withdrawPending, (8, SECOND)));
    }
}
