// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.30;

import {DemoToken} from "../src/dev/DemoToken.sol";
import {IBlockVerifier} from "../src/interfaces/IBlockVerifier.sol";
import {IZklink} from "../src/interfaces/IZklink.sol";
import {IZklinkTypes} from "../src/interfaces/IZklinkTypes.sol";
import {BlockHeader} from "../src/libraries/BlockHeader.sol";
import {Operations} from "../src/libraries/Operations.sol";
import {BlockVerifier} from "../src/verifier/BlockVerifier.sol";
import {Blocks} from "./support/Blocks.sol";
import {Positions} from "../src/Positions.sol";
import {Deployer} from "./support/Deployer.sol";
import {ProofVectors} from "./verifier/ProofVectors.sol";

/// @notice Random blocks of the C library with real proofs, through the real verifier, on two chains: requests made by their
/// owners, key changes signed with their keys, all stages, and at the end what C says must be in custody.
/// `make verifier-vectors` makes them.
contract SettlementTest is ProofVectors {
    uint256 private constant CHAINS = 2;
    uint256 private constant R =
        21888242871839275222246405745257275088548364400416034343698204186575808495617;
    uint256[CHAINS] private evmIds = [uint256(31337), 31338];

    string private json;
    uint256 private blockCount;
    IZklink[CHAINS] private zklink;
    DemoToken[CHAINS] private token;
    IZklinkTypes.StoredBlock[CHAINS] private tip;
    address private operator;
    uint256[4] private oracleKeys;

    function setUp() public {
        json = vm.readFile("../build/vectors/settlement.json");
        while (vm.keyExistsJson(json, blockPath(blockCount))) blockCount++;
        operator = makeAddr("operator");
        for (uint256 i = 0; i < 4; i++) {
            (, oracleKeys[i]) = makeAddrAndKey(string.concat("oracle ", vm.toString(i)));
        }
        sortOracles();
        uint256 evaluators;
        while (vm.exists(string.concat("out/ZklinkEvaluator", vm.toString(evaluators), ".sol"))) evaluators++;
        IBlockVerifier verifier = deploy("Zklink", evaluators, readKey(json));
        for (uint256 i = 0; i < CHAINS; i++) {
            vm.chainId(evmIds[i]);
            IZklinkTypes.Config memory c = config(i, verifier);
            zklink[i] = Deployer.proxy(Deployer.implementation(c), setup(i, c));
            assertEq(zklink[i].instanceId(), vm.parseJsonBytes32(json, ".instanceId"));
            token[i] = new DemoToken("Token", "TOK", 18, 1 << 200, address(this));
            zklink[i].registerToken(address(token[i]));
            tip[i] = zklink[i].genesis();
        }
    }

    function sortOracles() private {
        for (uint256 i = 1; i < 4; i++) {
            for (uint256 k = i; k > 0 && vm.addr(oracleKeys[k - 1]) > vm.addr(oracleKeys[k]); k--) {
                (oracleKeys[k - 1], oracleKeys[k]) = (oracleKeys[k], oracleKeys[k - 1]);
            }
        }
    }

    function config(uint256 chain, IBlockVerifier verifier)
        private
        view
        returns (IZklinkTypes.Config memory c)
    {
        c.verifier = verifier;
        c.salt = vm.parseJsonBytes32(json, ".salt");
        c.chains = new IZklinkTypes.ChainInfo[](CHAINS);
        for (uint256 i = 0; i < CHAINS; i++) {
            c.chains[i] = IZklinkTypes.ChainInfo(uint8(i + 1), evmIds[i]);
        }
        // forge-lint: disable-next-line(unsafe-typecast) one or two
        c.chainNumber = uint8(chain + 1);
        c.genesisRoot = vm.parseJsonBytes32(json, ".genesisRoot");
        // forge-lint: disable-next-line(unsafe-typecast) account 1
        c.feeAccount = uint32(vm.parseJsonUint(json, ".feeAccount"));
        c.requestPeriod = 1 days;
        c.exitWindow = 1 days;
        c.logChip = vm.parseJsonUint(json, ".logChip");
        c.outboxChip = vm.parseJsonUint(json, ".outboxChip");
    }

    function setup(uint256 chain, IZklinkTypes.Config memory c)
        private
        returns (IZklinkTypes.Setup memory s)
    {
        vm.chainId(evmIds[chain]);
        s.operator = operator;
        s.guardian = operator;
        s.positions = new Positions();
        (s.governorDelay, s.council) = (3 days, Deployer.council(operator));
        s.chains = c.chains;
        address[] memory members = new address[](4);
        for (uint256 i = 0; i < 4; i++) {
            members[i] = vm.addr(oracleKeys[i]);
        }
        s.networks = new IZklinkTypes.NetworkConfig[](1);
        s.networks[0] = IZklinkTypes.NetworkConfig(members, 3, 1);
    }

    // ---- reading ----

    function blockPath(uint256 i) private pure returns (string memory) {
        return string.concat(".blocks[", vm.toString(i), "]");
    }

    function chainPath(uint256 i, uint256 chain) private pure returns (string memory) {
        return string.concat(blockPath(i), ".chains[", vm.toString(chain), "]");
    }

    function readSubmission(uint256 i, uint256 chain)
        private
        view
        returns (IZklinkTypes.BlockSubmission memory s)
    {
        string memory path = chainPath(i, chain);
        s.header = vm.parseJsonUintArray(json, string.concat(blockPath(i), ".header"));
        s.log = vm.parseJsonUintArray(json, string.concat(blockPath(i), ".log"));
        s.proof = vm.parseJsonBytes(json, string.concat(blockPath(i), ".proof"));
        s.outbox = vm.parseJsonUintArray(json, string.concat(path, ".outbox"));
        uint256[] memory until = vm.parseJsonUintArray(json, string.concat(path, ".validUntil"));
        bytes[] memory signatures = vm.parseJsonBytesArray(json, string.concat(path, ".signatures"));
        s.keySignatures = new IZklinkTypes.KeySignature[](until.length);
        for (uint256 k = 0; k < until.length; k++) {
            // forge-lint: disable-next-line(unsafe-typecast) seconds since 1970
            s.keySignatures[k] = IZklinkTypes.KeySignature(uint64(until[k]), signatures[k]);
        }
    }

    // ---- the stages ----

    /// @dev Makes the requests that a block takes from a chain, through the public functions.
    function makeRequests(uint256 i, uint256 chain) private {
        uint256[] memory w = vm.parseJsonUintArray(json, string.concat(chainPath(i, chain), ".requests"));
        for (uint256 k = 0; k < w.length; k += 4) {
            makeRequest(zklink[chain], token[chain], w[k], w[k + 1], w[k + 2], w[k + 3]);
        }
    }

    function makeRequest(IZklink z, DemoToken t, uint256 w0, uint256 w1, uint256 w2, uint256 w3) private {
        uint256 kind = w0 & 0xff;
        // forge-lint: disable-next-line(unsafe-typecast) the address in an owner word
        address owner = address(uint160(w1));
        uint256 account = (w0 >> 8) & ((1 << 28) - 1);
        if (kind == Operations.SET_SIGNING_KEY) {
            vm.prank(owner);
            z.requestSetSigningKey(account, w2, w3);
        } else if (kind == Operations.FULL_EXIT) {
            vm.prank(owner);
            // forge-lint: disable-next-line(unsafe-typecast) an address
            z.requestFullExit(account, (w0 >> 36) & 0xff, address(uint160(w2)));
        } else {
            uint256 amount = w0 >> 84;
            if ((w0 >> 44) & 0xffffffff == 0) {
                vm.deal(address(this), amount);
                z.depositNative{value: amount}(owner);
            } else {
                t.approve(address(z), amount);
                z.deposit(address(t), amount, owner);
            }
        }
    }

    function submit(uint256 chain, IZklinkTypes.BlockSubmission memory s) private {
        IZklinkTypes.StoredBlock memory previous = tip[chain];
        vm.prank(operator);
        zklink[chain].submitBlock(previous, s);
    }

    function storedOf(uint256 chain, IZklinkTypes.BlockSubmission memory s)
        private
        view
        returns (IZklinkTypes.StoredBlock memory b)
    {
        uint256[] memory h = s.header;
        uint256 part = BlockHeader.chainPart(chain);
        // forge-lint: disable-start(unsafe-typecast) words that the contract has checked
        b.number = uint64(h[BlockHeader.NUMBER]);
        b.timestamp = uint64(h[BlockHeader.TIMESTAMP]);
        b.endRequest = uint64(h[part + BlockHeader.END_REQUEST]);
        // forge-lint: disable-end(unsafe-typecast)
        b.syncHash = keccak256(
            abi.encodePacked(tip[chain].syncHash, keccak256(abi.encodePacked(h)), keccak256(s.proof))
        );
        b.root = bytes32(h[BlockHeader.NEW_ROOT]);
        b.outboxDigest = bytes32(h[part + BlockHeader.OUTBOX_DIGEST]);
    }

    function confirm(uint256 chain) private {
        IZklink z = zklink[chain];
        IZklinkTypes.StoredBlock memory target = tip[chain];
        uint64 expiry = target.timestamp + 1 days;
        bytes32 digest = keccak256(
            abi.encodePacked(
                hex"1901",
                z.domainSeparator(),
                keccak256(
                    abi.encode(
                        keccak256(
                            "Consensus(bytes32 instance,uint64 epoch,uint64 number,bytes32 syncHash,uint64 expiry)"
                        ),
                        z.instanceId(),
                        0,
                        target.number,
                        target.syncHash,
                        expiry
                    )
                )
            )
        );
        bytes[][] memory signatures = new bytes[][](1);
        signatures[0] = new bytes[](3);
        for (uint256 i = 0; i < 3; i++) {
            (uint8 v, bytes32 r, bytes32 s) = vm.sign(oracleKeys[i], digest);
            signatures[0][i] = abi.encodePacked(r, s, v);
        }
        z.confirmBlocks(target, expiry, signatures);
    }

    /// @dev Requests and the clock: block i can be submitted next.
    function prepare(uint256 i) private {
        vm.warp(readSubmission(i, 0).header[BlockHeader.TIMESTAMP]);
        for (uint256 chain = 0; chain < CHAINS; chain++) {
            makeRequests(i, chain);
        }
    }

    function settle(uint256 i) private {
        prepare(i);
        for (uint256 chain = 0; chain < CHAINS; chain++) {
            IZklinkTypes.BlockSubmission memory s = readSubmission(i, chain);
            submit(chain, s);
            if (i == 0 && chain == 0) {
                checkGas("ZklinkVerifier", "submitBlock, real proof, 40 operations", 25);
            }
            tip[chain] = storedOf(chain, s);
            confirm(chain);
            zklink[chain].executeBlock(tip[chain], s.outbox, type(uint256).max);
        }
        assertEq(tip[0].syncHash, tip[1].syncHash);
    }

    function test_blocks() public {
        for (uint256 i = 0; i < blockCount; i++) {
            settle(i);
        }
        assertGe(blockCount, 3);
        uint256[] memory custody = vm.parseJsonUintArray(json, ".custody");
        for (uint256 chain = 0; chain < CHAINS; chain++) {
            for (uint32 index = 0; index < 2; index++) {
                IZklink z = zklink[chain];
                // What could not be paid (to the zero address) waits, and is no longer on L2.
                uint256 onL2 = z.custody(index) - z.pendingBalance(index, address(0));
                assertEq(onL2, custody[2 * chain + index]);
            }
            assertGt(zklink[chain].requestCount(), 5);
            assertEq(uint256(zklink[chain].executedNumber()), blockCount);
        }
        assertGt(custody[0] + custody[1] + custody[2] + custody[3], 0);
    }

    /// @notice The blocks have entries of every kind in their outboxes, exits of all four sorts among them.
    function test_blocks_haveEverything() public view {
        uint256[20] memory kinds;
        uint256[4] memory exits; // nothing, here, asked for here and paid there, asked for there and paid here
        for (uint256 i = 0; i < blockCount; i++) {
            for (uint256 chain = 0; chain < CHAINS; chain++) {
                uint256[] memory outbox =
                    vm.parseJsonUintArray(json, string.concat(chainPath(i, chain), ".outbox"));
                for (uint256 k = 0; k < outbox.length; k += 5) {
                    uint256 kind = outbox[k + 1] & 0xff;
                    kinds[kind]++;
                    if (kind != Operations.FULL_EXIT) continue;
                    (bool ok, uint256 id,) = Operations.fullExitPayout(outbox[k + 1]);
                    bool mine = Operations.authority(outbox[k + 2]) == chain + 1;
                    exits[!ok ? 0 : !mine ? 3 : Operations.tokenChain(id) == chain + 1 ? 1 : 2]++;
                }
            }
        }
        assertGt(kinds[1], 0);
        assertGt(kinds[2], 0);
        assertGt(kinds[4], 0);
        assertGt(kinds[12], 0);
        assertGt(exits[0], 0);
        assertGt(exits[1], 0);
        assertGt(exits[2], 0);
        assertGt(exits[3], 0);
    }

    // ---- alterations, each with its digests made right ----

    function expectRefused(uint256 chain, IZklinkTypes.BlockSubmission memory s) private {
        IZklinkTypes.StoredBlock memory previous = tip[chain];
        vm.prank(operator);
        // A precompile that refuses its input burns the gas it was given.
        try zklink[chain].submitBlock{gas: 3_000_000}(previous, s) {
            revert("accepted");
        } catch {}
    }

    /// @dev Puts the outbox's digest and count into the header.
    function redigest(IZklinkTypes.BlockSubmission memory s, uint256 chain) private pure {
        uint256 part = BlockHeader.chainPart(chain);
        s.header[part + BlockHeader.OUTBOX_DIGEST] = uint256(keccak256(abi.encodePacked(s.outbox)));
        s.header[part + BlockHeader.OUTBOX_ENTRIES] = s.outbox.length / 5;
        s.header[BlockHeader.LOG_DIGEST] = uint256(Blocks.logDigest(s.log));
        s.header[BlockHeader.LOG_WORDS] = s.log.length;
    }

    function test_RevertsIfAHeaderWordIsAnother() public {
        prepare(0);
        for (uint256 w = 0; w < 25; w++) {
            IZklinkTypes.BlockSubmission memory s = readSubmission(0, 0);
            s.header[w] = addmod(s.header[w], 1, type(uint256).max);
            expectRefused(0, s);
        }
    }

    /// @notice What the outbox says is what was proved: another amount, receiver, or the same number written otherwise.
    function test_RevertsIfTheOutboxIsAnother() public {
        prepare(0);
        uint256 payout;
        IZklinkTypes.BlockSubmission memory s = readSubmission(0, 0);
        for (uint256 k = 0; k < s.outbox.length; k += 5) {
            if (s.outbox[k + 1] & 0xff == Operations.WITHDRAW) payout = k;
        }
        for (uint256 w = 0; w < s.outbox.length; w++) {
            s = readSubmission(0, 0);
            s.outbox[w] += R; // canonical words only
            redigest(s, 0);
            expectRefused(0, s);
        }
        s = readSubmission(0, 0);
        if (payout != 0) {
            s.outbox[payout + 2] = uint160(operator);
            redigest(s, 0);
            expectRefused(0, s);
            s = readSubmission(0, 0);
            s.outbox[payout + 1] += 1 << 135; // a unit more
            redigest(s, 0);
            expectRefused(0, s);
        }
        // an entry more
        s = readSubmission(0, 0);
        uint256[] memory entry = new uint256[](5);
        entry[0] = s.header[BlockHeader.OPERATIONS] - 1;
        entry[1] = 12 + (uint256(1 << 32) << 95) + (uint256(1) << 135);
        entry[2] = uint160(operator);
        s.outbox = Blocks.concat(s.outbox, entry);
        redigest(s, 0);
        expectRefused(0, s);
    }

    function test_RevertsIfTheLogIsAnother() public {
        prepare(0);
        IZklinkTypes.BlockSubmission memory s = readSubmission(0, 0);
        uint256 words = s.log.length;
        for (uint256 w = 0; w < words; w += 7) {
            s = readSubmission(0, 0);
            s.log[w] = addmod(s.log[w], 1, R);
            redigest(s, 0);
            expectRefused(0, s);
            s = readSubmission(0, 0);
            s.log[w] += R;
            redigest(s, 0);
            expectRefused(0, s);
        }
        s = readSubmission(0, 0);
        s.log = Blocks.concat(s.log, Blocks.list(0));
        redigest(s, 0);
        expectRefused(0, s);
        s = readSubmission(0, 0);
        s.log = Blocks.slice(s.log, 0, words - 1);
        redigest(s, 0);
        expectRefused(0, s);
    }

    function test_RevertsIfTheProofIsAnother() public {
        prepare(0);
        IZklinkTypes.BlockSubmission memory s = readSubmission(0, 0);
        bytes memory proof = s.proof;
        for (uint256 i = 0; i < 60; i++) {
            s.proof = bytes.concat(proof);
            s.proof[uint256(keccak256(abi.encode(i))) % proof.length] ^= 0x01;
            expectRefused(0, s);
        }
        s.proof = readSubmission(1, 0).proof;
        expectRefused(0, s);
        s.proof = bytes.concat(proof, bytes32(0));
        expectRefused(0, s);
        s.proof = "";
        expectRefused(0, s);
        s.proof = proof;
        submit(0, s);
    }

    /// @notice The other chain's outbox is bound too: this chain can't see it, but its digest stands in the header.
    function test_RevertsIfShownTheOtherChainsOutbox() public {
        prepare(0);
        IZklinkTypes.BlockSubmission memory s = readSubmission(0, 0);
        s.outbox = readSubmission(0, 1).outbox;
        redigest(s, 0);
        expectRefused(0, s);
    }

    /// @notice The log posted in a piece under the proof's own challenge stands for the log.
    function test_pieces() public {
        prepare(0);
        IZklinkTypes.BlockSubmission memory s = readSubmission(0, 0);
        uint256[] memory log = s.log;
        s.log = new uint256[](0);
        s.logChallenge = 1; // not the proof's
        vm.prank(operator);
        zklink[0].postLogPiece(1, 0, log);
        IZklinkTypes.StoredBlock memory previous = tip[0];
        vm.prank(operator);
        try zklink[0].submitBlock(previous, s) {
            revert("accepted");
        } catch (bytes memory reason) {
            assertEq(bytes32(bytes4(reason)), bytes32(BlockVerifier.HeldSumPoint.selector));
            // The verifier names the challenge that it drew.
            assembly ("memory-safe") {
                reason := add(reason, 0x44)
            }
            uint256 drawn;
            assembly ("memory-safe") {
                drawn := mload(reason)
            }
            s.logChallenge = drawn;
        }
        // another log under the right challenge
        uint256[] memory wrong = Blocks.slice(log, 0, log.length);
        wrong[3] = addmod(wrong[3], 1, R);
        vm.prank(operator);
        zklink[0].postLogPiece(s.logChallenge, 0, wrong);
        expectRefused(0, s);
        s.header[BlockHeader.LOG_DIGEST] = uint256(Blocks.logDigest(wrong));
        expectRefused(0, s);
        s.header[BlockHeader.LOG_DIGEST] = uint256(Blocks.logDigest(log));
        vm.prank(operator);
        zklink[0].postLogPiece(s.logChallenge, 0, log);
        submit(0, s);
        assertEq(uint256(zklink[0].provedNumber()), 1);
    }
}
