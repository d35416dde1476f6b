// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.30;

import {IZklink} from "../src/interfaces/IZklink.sol";
import {IZklinkTypes} from "../src/interfaces/IZklinkTypes.sol";
import {BabyJubjub} from "../src/libraries/BabyJubjub.sol";
import {BlockHeader} from "../src/libraries/BlockHeader.sol";
import {ConsensusMessage} from "../src/libraries/ConsensusMessage.sol";
import {Operations} from "../src/libraries/Operations.sol";
import {Deployer} from "./support/Deployer.sol";
import {Blocks} from "./support/Blocks.sol";
import {StubVerifier} from "./support/StubVerifier.sol";
import {Test} from "./support/Test.sol";
import {ZklinkTest} from "./support/ZklinkTest.sol";

contract HeaderHarness {
    function hash(uint256[] calldata header) external pure returns (bytes32) {
        // Free memory need not be zero.
        assembly ("memory-safe") {
            let free := mload(0x40)
            for { let i := 0 } lt(i, 4096) { i := add(i, 32) } { mstore(add(free, i), not(0)) }
        }
        return BlockHeader.hash(header);
    }
}

/// @notice Words, hashes and digests as the C library makes them (tests/vectors/contracts/words.json).
contract WordsTest is ZklinkTest {
    string private json;

    function setUp() public override {
        super.setUp();
        json = vm.readFile("../tests/vectors/contracts/words.json");
    }

    function numbers(string memory key) private view returns (uint256[] memory) {
        return vm.parseJsonUintArray(json, key);
    }

    function hashes(string memory key) private view returns (bytes32[] memory) {
        return vm.parseJsonBytes32Array(json, key);
    }

    struct Requests {
        uint256[] kind;
        uint256[] chain;
        uint256[] owner;
        uint256[] account;
        uint256[] token;
        uint256[] amount;
        uint256[] slot;
        uint256[] ok;
        uint256[] to;
        uint256[] x;
        uint256[] y;
        uint256[] template;
        bytes32[] hash;
        uint256[] w0;
        uint256[] w1;
        uint256[] w2;
        uint256[] w3;
    }

    function readRequests() private view returns (Requests memory r) {
        r.kind = numbers(".requests.type");
        r.chain = numbers(".requests.chain");
        r.owner = numbers(".requests.owner");
        r.account = numbers(".requests.account");
        r.token = numbers(".requests.token");
        r.amount = numbers(".requests.amount");
        r.slot = numbers(".requests.slot");
        r.ok = numbers(".requests.ok");
        r.to = numbers(".requests.to");
        r.x = numbers(".requests.x");
        r.y = numbers(".requests.y");
        r.template = numbers(".requests.template");
        r.hash = hashes(".requests.hash");
        r.w0 = numbers(".requests.w0");
        r.w1 = numbers(".requests.w1");
        r.w2 = numbers(".requests.w2");
        r.w3 = numbers(".requests.w3");
    }

    function test_requests() public view {
        Requests memory r = readRequests();
        uint256[4] memory seen;
        for (uint256 i = 0; i < r.kind.length; i++) {
            uint256 kind = r.kind[i];
            uint256 owner = (r.chain[i] << 160) | r.owner[i];
            uint256 template;
            uint256[3] memory rest = [owner, 0, 0];
            if (kind == Operations.DEPOSIT) {
                template = Operations.depositTemplate(r.token[i], r.amount[i]);
            } else if (kind == Operations.SET_SIGNING_KEY) {
                template = Operations.setSigningKeyTemplate(r.account[i]);
                (rest[1], rest[2]) = (r.x[i], r.y[i]);
            } else {
                template = Operations.fullExitTemplate(r.account[i], r.slot[i]);
                rest[1] = r.to[i];
                (bool ok, uint256 token, uint256 amount) = Operations.fullExitPayout(r.w0[i]);
                assertEq(ok, r.ok[i] == 1);
                assertEq(token, r.token[i]);
                assertEq(amount, r.amount[i]);
            }
            assertEq(template, r.template[i]);
            assertEq(Operations.requestHash(template, rest[0], rest[1], rest[2]), r.hash[i]);
            // The words that the operator filled in: the same request.
            assertEq(Operations.kind(r.w0[i]), kind);
            (uint256 t0, uint256 t1, uint256 t2) = Operations.requestTemplate(r.w0[i], r.w1[i], r.w2[i]);
            assertEq(t0, template);
            assertEq(t1, r.w1[i]);
            assertEq(t2, r.w2[i]);
            assertEq(Operations.authority(r.w1[i]), r.chain[i]);
            assertEq(r.w1[i], rest[0]);
            assertEq(r.w2[i], rest[1]);
            assertEq(r.w3[i], rest[2]);
            seen[kind]++;
        }
        for (uint256 kind = 1; kind < 4; kind++) {
            assertGe(seen[kind], 40);
        }
    }

    function test_withdrawals() public view {
        uint256[] memory token = numbers(".withdrawals.token");
        uint256[] memory amount = numbers(".withdrawals.amount");
        uint256[] memory to = numbers(".withdrawals.to");
        uint256[] memory w0 = numbers(".withdrawals.w0");
        uint256[] memory w1 = numbers(".withdrawals.w1");
        for (uint256 i = 0; i < w0.length; i++) {
            (uint256 t, uint256 a) = Operations.withdrawPayout(w0[i]);
            assertEq(Operations.kind(w0[i]), Operations.WITHDRAW);
            assertEq(t, token[i]);
            assertEq(Operations.tokenChain(t), token[i] >> 32);
            assertEq(a, amount[i]);
            assertEq(w1[i], to[i]);
        }
        assertGe(w0.length, 100);
    }

    struct Changes {
        uint256[] w0;
        uint256[] w2;
        uint256[] w3;
        uint256[] account;
        uint256[] nonce;
        uint256[] feeToken;
        uint256[] fee;
        uint256[] chain;
        uint256[] validUntil;
        bytes32[] digest;
    }

    function test_keyChanges() public view {
        Changes memory c;
        c.w0 = numbers(".keyChanges.w0");
        c.w2 = numbers(".keyChanges.w2");
        c.w3 = numbers(".keyChanges.w3");
        c.account = numbers(".keyChanges.account");
        c.nonce = numbers(".keyChanges.nonce");
        c.feeToken = numbers(".keyChanges.feeToken");
        c.fee = numbers(".keyChanges.fee");
        c.chain = numbers(".keyChanges.chain");
        c.validUntil = numbers(".keyChanges.validUntil");
        c.digest = hashes(".keyChanges.digest");
        bytes32 domainHash =
            ConsensusMessage.domainSeparator(vm.parseJsonBytes32(json, ".instance.instanceId[0]"));
        for (uint256 i = 0; i < c.w0.length; i++) {
            checkKeyChange(c, i, domainHash);
        }
        assertGe(c.w0.length, 100);
    }

    function checkKeyChange(Changes memory c, uint256 i, bytes32 domainHash) private pure {
        (uint256 a, uint256 n, uint256 t, uint256 f) = Operations.changePubKey(c.w0[i]);
        assertEq(Operations.kind(c.w0[i]), Operations.CHANGE_PUB_KEY);
        assertEq(a, c.account[i]);
        assertEq(n, c.nonce[i]);
        assertEq(t, c.feeToken[i]);
        assertEq(f, c.fee[i]);
        assertEq(Operations.changePubKeyChain(c.w0[i]), c.chain[i]);
        assertEq(c.w0[i] >> 167, 0);
        bytes32 mine =
            ConsensusMessage.changePubKey(domainHash, a, n, c.w2[i], c.w3[i], t, f, uint64(c.validUntil[i]));
        assertEq(mine, c.digest[i]);
    }

    function test_instance() public {
        IZklinkTypes.Config memory c = config(A);
        c.salt = vm.parseJsonBytes32(json, ".instance.salt[0]");
        c.genesisRoot = vm.parseJsonBytes32(json, ".instance.genesisRoot[0]");
        c.feeAccount = uint32(numbers(".instance.feeAccount")[0]);
        c.verifier =
            new StubVerifier(vm.parseJsonBytes32(json, ".instance.vkDigest[0]"), LOG_CHIP, OUTBOX_CHIP);
        uint256[] memory chains = numbers(".instance.chains");
        uint256[] memory ids = numbers(".instance.evmIds");
        c.chains = new IZklinkTypes.ChainInfo[](chains.length);
        for (uint256 i = 0; i < chains.length; i++) {
            c.chains[i] = IZklinkTypes.ChainInfo(uint8(chains[i]), ids[i]);
        }
        c.chainNumber = uint8(chains[1]);
        IZklinkTypes.Setup memory s = setup(A);
        s.chains = c.chains;
        vm.chainId(ids[1]);
        IZklink z = Deployer.proxy(Deployer.implementation(c), s);
        bytes32 instance = vm.parseJsonBytes32(json, ".instance.instanceId[0]");
        assertEq(z.instanceId(), instance);
        assertEq(z.chainListHash(), vm.parseJsonBytes32(json, ".instance.chainListHash[0]"));
        assertEq(z.genesis().syncHash, vm.parseJsonBytes32(json, ".instance.syncHash[0]"));
        assertEq(z.genesis().root, c.genesisRoot);
        // as the fixture's proofs have it, which the contract accepts
        uint256 signatureDomain = uint256(keccak256(abi.encodePacked("zklink.signature.v1", instance))) % R;
        assertEq(bytes32(signatureDomain), vm.parseJsonBytes32(json, ".instance.signatureDomain[0]"));
    }

    function test_logDigests() public {
        uint256[] memory lengths = numbers(".logs.length");
        bytes32[] memory digest = hashes(".logs.digest");
        uint256 factor = 0x2f2f2f2f2f2f2f2f2f2f2f2f2f2f2f2f2f2f2f2f2f2f2f2f2f2f2f2f2f2f2f2f;
        for (uint256 i = 0; i < lengths.length; i++) {
            uint256[] memory log = new uint256[](lengths[i]);
            for (uint256 k = 0; k < log.length; k++) {
                log[k] = mulmod(k + 1, factor, R);
            }
            assertEq(Blocks.logDigest(log), digest[i]);
            if (log.length == 0) continue;
            uint256 challenge = 1 + i;
            for (uint256 from = 0; from < log.length; from += Blocks.PIECE_WORDS) {
                uint256[] memory piece = Blocks.slice(log, from, from + Blocks.PIECE_WORDS);
                vm.prank(operator);
                zklink[A].postLogPiece(challenge, from, piece);
            }
            (bytes32 posted,,,) = zklink[A].postedLog(challenge);
            assertEq(posted, digest[i]);
        }
        assertGe(lengths.length, 8);
    }

    function test_syncHashes() public view {
        bytes32[] memory previous = hashes(".syncHashes.previous");
        bytes32[] memory headerHash = hashes(".syncHashes.headerHash");
        bytes32[] memory proofHash = hashes(".syncHashes.proofHash");
        bytes32[] memory next = hashes(".syncHashes.next");
        for (uint256 i = 0; i < next.length; i++) {
            // as the fixture has it, which the contract accepts
            assertEq(keccak256(abi.encodePacked(previous[i], headerHash[i], proofHash[i])), next[i]);
        }
        assertGe(next.length, 40);
    }

    function test_consensus() public view {
        bytes32[] memory instance = hashes(".consensus.instance");
        uint256[] memory epoch = numbers(".consensus.epoch");
        uint256[] memory number = numbers(".consensus.number");
        bytes32[] memory syncHash = hashes(".consensus.syncHash");
        uint256[] memory expiry = numbers(".consensus.expiry");
        bytes32[] memory digest = hashes(".consensus.digest");
        for (uint256 i = 0; i < digest.length; i++) {
            assertEq(
                ConsensusMessage.consensus(
                    ConsensusMessage.domainSeparator(instance[i]),
                    instance[i],
                    uint64(epoch[i]),
                    uint64(number[i]),
                    syncHash[i],
                    uint64(expiry[i])
                ),
                digest[i]
            );
        }
        assertGe(digest.length, 40);
    }

    /// @notice The contract takes the keys that C takes: any good one, none of small order, off the curve or re-encoded.
    function test_keys() public view {
        string[] memory what = vm.parseJsonStringArray(json, ".keys.what");
        uint256[] memory x = numbers(".keys.x");
        uint256[] memory y = numbers(".keys.y");
        uint256[] memory valid = numbers(".keys.valid");
        uint256 good;
        for (uint256 i = 0; i < x.length; i++) {
            assertEq(BabyJubjub.isValidKey(x[i], y[i]), valid[i] == 1, what[i]);
            good += valid[i];
        }
        assertGe(good, 60);
        assertGe(x.length - good, 60);
    }
}

/// @notice Blocks of the C library (tests/vectors/rollup/blocks.json): header hashes, outbox and log digests, requests.
contract RollupBlocksTest is Test {
    uint256 private constant WORDS = 13 + 2 * 6;

    HeaderHarness private harness = new HeaderHarness();

    function wordsOf(bytes memory data) private pure returns (uint256[] memory words) {
        words = abi.decode(bytes.concat(bytes32(uint256(32)), bytes32(data.length / 32), data), (uint256[]));
    }

    function test_blocks() public view {
        string memory json = vm.readFile("../tests/vectors/rollup/blocks.json");
        uint256 count;
        while (vm.keyExistsJson(json, string.concat(".blocks[", vm.toString(count), "]"))) {
            checkBlock(json, string.concat(".blocks[", vm.toString(count), "]"));
            count++;
        }
        assertGe(count, 5);
    }

    function checkBlock(string memory json, string memory path) private view {
        uint256[] memory h = wordsOf(vm.parseJsonBytes(json, string.concat(path, ".header")));
        assertEq(h.length, WORDS);
        assertEq(harness.hash(h), vm.parseJsonBytes32(json, string.concat(path, ".headerHash")));
        uint256[] memory log = vm.parseJsonUintArray(json, string.concat(path, ".log"));
        assertEq(h[BlockHeader.LOG_WORDS], log.length);
        assertEq(h[BlockHeader.LOG_DIGEST], uint256(Blocks.logDigest(log)));
        assertEq(h[BlockHeader.CHAIN_COUNT], 2);
        for (uint256 chain = 0; chain < 2; chain++) {
            bytes[] memory entries =
                vm.parseJsonBytesArray(json, string.concat(path, ".outboxes[", vm.toString(chain), "]"));
            checkOutbox(h, chain, entries);
        }
    }

    /// @dev What submitBlock computes of an outbox.
    function checkOutbox(uint256[] memory h, uint256 chain, bytes[] memory entries) private pure {
        uint256 part = BlockHeader.chainPart(chain);
        uint256 number = h[part + BlockHeader.CHAIN_NUMBER];
        bytes memory all;
        bytes32 requests;
        uint256 next = h[part + BlockHeader.FIRST_REQUEST];
        uint256 lowest;
        for (uint256 i = 0; i < entries.length; i++) {
            all = bytes.concat(all, entries[i]);
            uint256[] memory e = wordsOf(entries[i]);
            assertEq(e.length, 5);
            assertGe(e[0], lowest);
            assertLt(e[0], h[BlockHeader.OPERATIONS]);
            lowest = e[0] + 1;
            uint256 kind = Operations.kind(e[1]);
            if (isRequestOf(number, kind, e)) {
                (uint256 t0, uint256 t1, uint256 t2) = Operations.requestTemplate(e[1], e[2], e[3]);
                bytes32 hash = Operations.requestHash(t0, t1, t2, e[4]);
                requests = keccak256(abi.encodePacked(requests, hash));
                next++;
            } else if (kind == Operations.FULL_EXIT) {
                (bool ok, uint256 token, uint256 amount) = Operations.fullExitPayout(e[1]);
                assertTrue(ok);
                assertEq(Operations.tokenChain(token), number);
                assertGt(amount, 0);
            } else if (kind == Operations.CHANGE_PUB_KEY) {
                assertEq(Operations.changePubKeyChain(e[1]), number);
            } else {
                assertEq(Operations.tokenChain(paidToken(kind, e)), number);
            }
        }
        assertEq(h[part + BlockHeader.OUTBOX_ENTRIES], entries.length);
        assertEq(h[part + BlockHeader.OUTBOX_DIGEST], uint256(keccak256(all)));
        assertEq(h[part + BlockHeader.END_REQUEST], next);
        assertEq(h[part + BlockHeader.REQUESTS_HASH], uint256(requests));
    }

    /// @dev True if the entry is a request of the queue of chain `number`.
    function isRequestOf(uint256 number, uint256 kind, uint256[] memory e) private pure returns (bool) {
        if (kind == Operations.FULL_EXIT) return Operations.authority(e[2]) == number;
        if (kind == Operations.REMOVE_LIQUIDITY_REQUEST) return Operations.authority(e[3]) == number;
        if (kind == Operations.SWAP_REQUEST || kind == Operations.ADD_LIQUIDITY_REQUEST) {
            (uint256 token,) = Operations.broughtIn(e[1]);
            return Operations.tokenChain(token) == number;
        }
        return kind == Operations.DEPOSIT || kind == Operations.SET_SIGNING_KEY;
    }

    /// @dev The token that an entry of another kind pays; what only pays was done.
    function paidToken(uint256 kind, uint256[] memory e) private pure returns (uint256 token) {
        if (kind == Operations.FORCED_EXIT) {
            (token,) = Operations.forcedExitPayout(e[1], e[3]);
        } else if (kind == Operations.SWAP_REQUEST) {
            assertEq(Operations.outcome(e[1]), 0);
            (token,,) = Operations.swapOut(e[3]);
        } else if (kind == Operations.REMOVE_LIQUIDITY_REQUEST) {
            assertEq(Operations.outcome(e[1]), 0);
            (token,,) = Operations.removal(e[1], e[4]);
        } else {
            assertEq(kind, Operations.WITHDRAW);
            (token,) = Operations.withdrawPayout(e[1]);
        }
    }
}
