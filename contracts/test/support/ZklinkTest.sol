// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.30;

import {DemoToken} from "../../src/dev/DemoToken.sol";
import {IZklink} from "../../src/interfaces/IZklink.sol";
import {BlockHeader} from "../../src/libraries/BlockHeader.sol";
import {IZklinkTypes} from "../../src/interfaces/IZklinkTypes.sol";
import {Positions} from "../../src/Positions.sol";
import {Zklink} from "../../src/Zklink.sol";
import {Blocks, Draft, KeyChange} from "./Blocks.sol";
import {Deployer} from "./Deployer.sol";
import {StubProof, StubVerifier} from "./StubVerifier.sol";
import {Snapshots} from "./Snapshots.sol";

/// @title Two chains, each with its Zklink, a token, the same operator and four oracles (three confirm).
/// @dev A and B are positions in the chain list; their chain numbers are others, so that the two can't be mixed up.
abstract contract ZklinkTest is Snapshots {
    using Blocks for Draft;

    uint256 internal constant A = 0;
    uint256 internal constant B = 1;
    uint256 internal constant CHAINS = 2;
    uint8 internal constant NUMBER_A = 3;
    uint8 internal constant NUMBER_B = 7;
    uint256 internal constant LOG_CHIP = 5;
    uint256 internal constant OUTBOX_CHIP = 6;
    uint256 internal constant ORACLES = 4;
    uint64 internal constant REQUEST_PERIOD = 3 days;
    uint64 internal constant EXIT_WINDOW = 2 days;
    uint256 internal constant GOVERNOR_DELAY = 6 days;
    uint32 internal constant FEE_ACCOUNT = 1;
    bytes32 internal constant GENESIS_ROOT = bytes32(uint256(0x1234));
    bytes32 internal constant VK_DIGEST = keccak256("verifying key");
    uint256 internal constant R =
        21888242871839275222246405745257275088548364400416034343698204186575808495617;
    uint256 internal constant HALF_ORDER = 0x7fffffffffffffffffffffffffffffff5d576e7357a4501ddfe92f46681b20a0;
    uint256 internal constant ORDER = 0xfffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364141;
    // The base point of Baby Jubjub (EIP-2494): a good key.
    uint256 internal constant KEY_X =
        5299619240641551281634865583518297030282874472190772894086521144482721001553;
    uint256 internal constant KEY_Y =
        16950150798460657717958625567821834550301663161624707787222815936182638968203;

    IZklink[CHAINS] internal zklink;
    Zklink[CHAINS] internal implementation; // the last ones deployed
    StubVerifier[CHAINS] internal verifier;
    DemoToken[CHAINS] internal token;
    uint32 internal constant TOKEN = 1; // its index on either chain
    address internal operator;
    address internal guardian;
    address internal council; // proposes to the governor
    uint256[ORACLES] internal oracleKeys; // by ascending address
    mapping(uint256 chain => mapping(uint64 number => IZklinkTypes.StoredBlock)) internal stored;
    uint64 internal lastNumber;

    address internal alice;
    uint256 internal aliceKey;
    address internal bob;

    function setUp() public virtual {
        vm.warp(1_800_000_000);
        operator = makeAddr("operator");
        guardian = makeAddr("guardian");
        council = makeAddr("council");
        (alice, aliceKey) = makeAddrAndKey("alice");
        bob = makeAddr("bob");
        makeOracles();
        for (uint256 i = 0; i < CHAINS; i++) {
            verifier[i] = new StubVerifier(VK_DIGEST, LOG_CHIP, OUTBOX_CHIP);
            zklink[i] = deploy(i, config(i), setup(i));
            vm.label(address(zklink[i]), i == A ? "zklink A" : "zklink B");
            token[i] = new DemoToken("Token", "TOK", 18, type(uint128).max, alice);
            zklink[i].registerToken(address(token[i]));
            vm.prank(alice);
            token[i].approve(address(zklink[i]), type(uint256).max);
            stored[i][0] = zklink[i].genesis();
        }
        vm.deal(alice, 1_000_000 ether);
    }

    // ---- set-up ----

    function makeOracles() private {
        for (uint256 i = 0; i < ORACLES; i++) {
            (, uint256 key) = makeAddrAndKey(string.concat("oracle ", vm.toString(i)));
            uint256 k = i;
            for (; k > 0 && vm.addr(oracleKeys[k - 1]) > vm.addr(key); k--) {
                oracleKeys[k] = oracleKeys[k - 1];
            }
            oracleKeys[k] = key;
        }
    }

    function chainNumber(uint256 chain) internal pure returns (uint8) {
        return chain == A ? NUMBER_A : NUMBER_B;
    }

    function evmChainId(uint256 chain) internal pure returns (uint256) {
        return chain == A ? 31337 : 42161;
    }

    function config(uint256 chain) internal view returns (IZklinkTypes.Config memory c) {
        c.verifier = verifier[chain];
        c.salt = keccak256("salt");
        c.chains = new IZklinkTypes.ChainInfo[](CHAINS);
        for (uint256 i = 0; i < CHAINS; i++) {
            c.chains[i] = IZklinkTypes.ChainInfo(chainNumber(i), evmChainId(i));
        }
        c.chainNumber = chainNumber(chain);
        c.genesisRoot = GENESIS_ROOT;
        c.feeAccount = FEE_ACCOUNT;
        c.requestPeriod = REQUEST_PERIOD;
        c.exitWindow = EXIT_WINDOW;
        c.logChip = LOG_CHIP;
        c.outboxChip = OUTBOX_CHIP;
    }

    function setup(uint256 chain) internal returns (IZklinkTypes.Setup memory s) {
        s.operator = operator;
        vm.chainId(evmChainId(chain));
        (s.governorDelay, s.council) = (GOVERNOR_DELAY, Deployer.council(council));
        s.guardian = guardian;
        s.positions = new Positions();
        s.chains = config(chain).chains;
        s.networks = new IZklinkTypes.NetworkConfig[](1);
        address[] memory members = new address[](ORACLES);
        for (uint256 i = 0; i < ORACLES; i++) {
            members[i] = vm.addr(oracleKeys[i]);
        }
        s.networks[0] = IZklinkTypes.NetworkConfig(members, 3, 1);
    }

    function deploy(uint256 chain, IZklinkTypes.Config memory c, IZklinkTypes.Setup memory s)
        internal
        returns (IZklink)
    {
        vm.chainId(evmChainId(chain));
        implementation[chain] = Deployer.implementation(c);
        return Deployer.proxy(implementation[chain], s);
    }

    /// @dev As a call, so that a whole deployment can be expected to fail.
    function deployOutside(uint256 chain, IZklinkTypes.Config memory c, IZklinkTypes.Setup memory s)
        external
    {
        deploy(chain, c, s);
    }

    function proxyOutside(IZklinkTypes.Setup memory s) external {
        vm.chainId(evmChainId(A));
        Deployer.proxy(implementation[A], s);
    }

    /// @dev The set-up is refused by an implementation that is right.
    function expectSetup(IZklinkTypes.Setup memory s, string memory what) internal {
        vm.expectRevert(abi.encodeWithSelector(IZklinkTypes.BadConfiguration.selector, what));
        this.proxyOutside(s);
    }

    // ---- requests ----

    function ownerWord(uint256 chain, address who) internal pure returns (uint256) {
        return (uint256(chainNumber(chain)) << 160) | uint160(who);
    }

    function tokenId(uint256 chain, uint32 index) internal pure returns (uint256) {
        return (uint256(chainNumber(chain)) << 32) | index;
    }

    /// @dev Alice deposits the chain's token, and the draft takes the deposit into her account.
    function depositInto(Draft memory d, uint256 chain, uint256 account, uint256 slot, uint256 amount)
        internal
    {
        vm.prank(alice);
        zklink[chain].deposit(address(token[chain]), amount, alice);
        d.deposit(chain, account, slot, tokenId(chain, TOKEN), amount, ownerWord(chain, alice));
    }

    // ---- blocks ----

    /// @dev The block after the last one that was submitted through this fixture.
    function draft() internal view returns (Draft memory d) {
        d = Blocks.create(CHAINS);
        d.number = lastNumber + 1;
        d.timestamp = vm.getBlockTimestamp();
        d.oldRoot = stored[A][lastNumber].root;
        d.newRoot = bytes32(uint256(keccak256(abi.encode("root", d.number))) % R);
        for (uint256 i = 0; i < CHAINS; i++) {
            d.firstRequest[i] = stored[i][lastNumber].endRequest;
            d.endRequest[i] = d.firstRequest[i];
        }
    }

    function header(Draft memory d) internal view returns (uint256[] memory h) {
        h = new uint256[](13 + 6 * CHAINS);
        h[0] = uint256(zklink[A].instanceId());
        h[1] = 1;
        h[2] = uint256(VK_DIGEST);
        h[3] = d.number;
        h[4] = d.timestamp;
        h[5] = FEE_ACCOUNT;
        h[6] = uint256(d.oldRoot);
        h[7] = uint256(d.newRoot);
        h[8] = uint256(
            keccak256(abi.encode(uint256(NUMBER_A), evmChainId(A), uint256(NUMBER_B), evmChainId(B)))
        );
        h[9] = uint256(Blocks.logDigest(d.log));
        h[10] = d.log.length;
        h[11] = d.operations;
        h[12] = CHAINS;
        for (uint256 i = 0; i < CHAINS; i++) {
            uint256 part = 13 + 6 * i;
            h[part] = chainNumber(i);
            h[part + 1] = uint256(keccak256(abi.encodePacked(d.outbox[i])));
            h[part + 2] = d.outbox[i].length / 5;
            h[part + 3] = d.firstRequest[i];
            h[part + 4] = d.endRequest[i];
            h[part + 5] = uint256(d.requestsHash[i]);
        }
    }

    /// @dev The proof of exactly the statement that header, log and outboxes make.
    function prove(Draft memory d, uint256[] memory h) internal view returns (bytes memory) {
        StubProof memory p;
        p.statementDigest = keccak256(abi.encodePacked(h));
        p.scalars = new uint256[](7);
        p.scalars[0] = uint256(keccak256(abi.encodePacked("zklink.signature.v1", zklink[A].instanceId()))) % R;
        p.scalars[1] = h[4];
        p.scalars[2] = h[5];
        p.scalars[3] = h[6];
        p.scalars[4] = h[7];
        p.scalars[5] = h[11];
        p.scalars[6] = h[10];
        p.chains = new uint256[](CHAINS);
        p.outboxHashes = new bytes32[](CHAINS);
        for (uint256 i = 0; i < CHAINS; i++) {
            p.chains[i] = chainNumber(i);
            p.outboxHashes[i] = keccak256(abi.encodePacked(d.outbox[i]));
        }
        p.logHash = keccak256(abi.encodePacked(d.log));
        p.logChallenge = d.logChallenge;
        if (d.logChallenge != 0) p.logSum = Blocks.evaluate(d.log, d.logChallenge);
        p.nonce = d.proofNonce;
        return abi.encode(p);
    }

    function submission(uint256 chain, Draft memory d)
        internal
        view
        returns (IZklinkTypes.BlockSubmission memory s)
    {
        s.header = header(d);
        s.outbox = d.outbox[chain];
        if (d.logChallenge == 0) s.log = d.log;
        s.logChallenge = d.logChallenge;
        s.keySignatures = d.keySignatures[chain];
        s.proof = prove(d, s.header);
    }

    /// @dev What the chain must keep of a block.
    function storedOf(uint256 chain, IZklinkTypes.BlockSubmission memory s)
        internal
        view
        returns (IZklinkTypes.StoredBlock memory b)
    {
        uint256[] memory h = s.header;
        b.number = uint64(h[3]);
        b.timestamp = uint64(h[4]);
        b.endRequest = uint64(h[13 + 6 * chain + 4]);
        b.syncHash = keccak256(
            abi.encodePacked(
                stored[chain][b.number - 1].syncHash, keccak256(abi.encodePacked(h)), keccak256(s.proof)
            )
        );
        b.root = bytes32(h[7]);
        b.outboxDigest = bytes32(h[13 + 6 * chain + 1]);
    }

    /// @dev Submits as it is; the fixture's memory stays as it was.
    function submitRaw(uint256 chain, IZklinkTypes.BlockSubmission memory s) internal {
        IZklinkTypes.StoredBlock memory previous = stored[chain][uint64(lastNumber)];
        vm.prank(operator);
        zklink[chain].submitBlock(previous, s);
    }

    function submit(uint256 chain, Draft memory d) internal {
        IZklinkTypes.BlockSubmission memory s = submission(chain, d);
        IZklinkTypes.StoredBlock memory previous = stored[chain][d.number - 1];
        vm.prank(operator);
        zklink[chain].submitBlock(previous, s);
        stored[chain][d.number] = storedOf(chain, s);
        if (d.number > lastNumber) lastNumber = d.number;
    }

    function submitBoth(Draft memory d) internal {
        submit(A, d);
        submit(B, d);
    }

    function confirm(uint256 chain, uint64 number) internal {
        uint64 expiry = uint64(vm.getBlockTimestamp() + 1 hours);
        IZklinkTypes.StoredBlock memory target = stored[chain][number];
        bytes[][] memory signatures = signatures3(number, target.syncHash, expiry);
        zklink[chain].confirmBlocks(target, expiry, signatures);
    }

    function execute(uint256 chain, uint64 number, Draft memory d) internal {
        zklink[chain].executeBlock(stored[chain][number], d.outbox[chain], type(uint256).max);
    }

    /// @dev All stages on both chains.
    function settle(Draft memory d) internal {
        submitBoth(d);
        for (uint256 i = 0; i < CHAINS; i++) {
            confirm(i, d.number);
            execute(i, d.number, d);
        }
    }

    // ---- oracles ----

    /// @dev Written out again, apart from src/libraries/ConsensusMessage.sol.
    function consensusDigest(uint64 epoch, uint64 number, bytes32 syncHash, uint64 expiry)
        internal
        view
        returns (bytes32)
    {
        bytes32 instance = zklink[A].instanceId();
        bytes32 structHash = keccak256(
            abi.encode(
                keccak256(
                    "Consensus(bytes32 instance,uint64 epoch,uint64 number,bytes32 syncHash,uint64 expiry)"
                ),
                instance,
                epoch,
                number,
                syncHash,
                expiry
            )
        );
        return keccak256(abi.encodePacked(hex"1901", domain(instance), structHash));
    }

    function domain(bytes32 instance) internal pure returns (bytes32) {
        return keccak256(
            abi.encode(
                keccak256("EIP712Domain(string name,string version,bytes32 salt)"),
                keccak256("zklink"),
                keccak256("1"),
                instance
            )
        );
    }

    function signPacked(uint256 key, bytes32 digest) internal pure returns (bytes memory) {
        (uint8 v, bytes32 r, bytes32 s) = vm.sign(key, digest);
        return abi.encodePacked(r, s, v);
    }

    /// @dev Oracles first .. first + count - 1 sign.
    function signaturesOf(uint256 first, uint256 count, bytes32 digest)
        internal
        view
        returns (bytes[][] memory list)
    {
        list = new bytes[][](1);
        list[0] = new bytes[](count);
        for (uint256 i = 0; i < count; i++) {
            list[0][i] = signPacked(oracleKeys[first + i], digest);
        }
    }

    function signatures3(uint64 number, bytes32 syncHash, uint64 expiry)
        internal
        view
        returns (bytes[][] memory)
    {
        return signaturesOf(0, 3, consensusDigest(0, number, syncHash, expiry));
    }

    // ---- key changes ----

    function keyChange() internal pure returns (KeyChange memory) {
        return KeyChange({
            account: 2,
            nonce: 5,
            feeToken: tokenId(A, TOKEN),
            feeMantissa: 77,
            feeExponent: 2,
            x: KEY_X,
            y: KEY_Y
        });
    }

    function keyDigest(KeyChange memory k, uint64 validUntil) internal view returns (bytes32) {
        bytes32 structHash = keccak256(
            abi.encode(
                keccak256(
                    "ChangePubKey(uint32 account,uint32 nonce,uint256 pubKeyX,uint256 pubKeyY,uint64 feeToken,uint256 fee,uint64 validUntil)"
                ),
                k.account,
                k.nonce,
                k.x,
                k.y,
                k.feeToken,
                k.feeMantissa << (8 * k.feeExponent),
                validUntil
            )
        );
        return keccak256(abi.encodePacked(hex"1901", domain(zklink[A].instanceId()), structHash));
    }

    function keySignature(KeyChange memory k, uint64 validUntil, uint256 key)
        internal
        view
        returns (IZklinkTypes.KeySignature memory)
    {
        return IZklinkTypes.KeySignature(validUntil, signPacked(key, keyDigest(k, validUntil)));
    }

    // ---- expectations ----

    function chainWord(uint256 chain, uint256 word) internal pure returns (uint256) {
        return BlockHeader.chainPart(chain) + word;
    }

    function expectBadWord(uint256 index, uint256 expected, uint256 actual) internal {
        vm.expectRevert(abi.encodeWithSelector(IZklinkTypes.BadHeaderWord.selector, index, expected, actual));
    }
}
