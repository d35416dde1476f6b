// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.30;

import {DemoToken} from "../../src/dev/DemoToken.sol";
import {HeldColumn, HeldSum, IBlockVerifier} from "../../src/interfaces/IBlockVerifier.sol";
import {IZklink} from "../../src/interfaces/IZklink.sol";
import {IZklinkTypes} from "../../src/interfaces/IZklinkTypes.sol";
import {Positions} from "../../src/Positions.sol";
import {Blocks, Draft} from "./Blocks.sol";
import {Deployer} from "./Deployer.sol";
import {Snapshots} from "./Snapshots.sol";

/// @notice Takes every proof: what a block does to the state is not the subject here.
contract CredulousVerifier is IBlockVerifier {
    bytes32 public constant vkDigest = bytes32(0);

    function verify(
        bytes32,
        uint256[] calldata,
        uint256[] calldata,
        HeldColumn[] calldata,
        HeldSum[] calldata,
        bytes calldata
    ) external view {}
}

/// @notice An account of the exported state.
struct Exported {
    uint256 account;
    uint256 tag;
    uint256[] fields;
    uint256[] path;
    uint256[] slots;
    uint256[] tokens;
    uint256[] amounts;
    uint256[] paths;
    uint256[] empty;
    address receiver;
    uint256[] signature;
}

/// @title Two chains whose newest confirmed block has the state that tests/tools/exit_export.c made, and hold exactly what
/// it says; a deposit of 5 tokens and one of 7 coins are in no block.
abstract contract ExitTest is Snapshots {
    using Blocks for Draft;

    uint64 internal constant REQUEST_PERIOD = 3 days;
    uint64 internal constant EXIT_WINDOW = 2 days;
    string private constant FILE = "../build/vectors/exits.jsonl";

    IZklink[2] internal zklink;
    DemoToken[2] internal token;
    uint256[2][2] internal totals; // by chain, by token index
    uint256 internal root;
    Exported[] internal accounts;
    mapping(uint256 account => uint256) internal place; // in the list, plus 1
    IZklinkTypes.StoredBlock[2] internal newest;
    address internal operator = makeAddr("operator");
    address internal guardian = makeAddr("guardian");
    address internal council = makeAddr("council");
    address internal alice = makeAddr("alice");
    uint256[] private oracleKeys;

    function setUp() public virtual {
        vm.warp(1_800_000_000);
        string memory head = vm.readLine(FILE);
        root = vm.parseJsonUint(head, ".root");
        uint256[] memory sums = vm.parseJsonUintArray(head, ".totals");
        makeOracles();
        for (uint256 i = 0; i < 2; i++) {
            (totals[i][0], totals[i][1]) = (sums[2 * i], sums[2 * i + 1]);
            deploy(i, head);
            fill(i);
        }
        readAccounts(vm.parseJsonUint(head, ".accounts"));
    }

    function makeOracles() private {
        for (uint256 i = 0; i < 4; i++) {
            (, uint256 key) = makeAddrAndKey(string.concat("oracle ", vm.toString(i)));
            oracleKeys.push(key);
            for (uint256 k = i; k > 0 && vm.addr(oracleKeys[k - 1]) > vm.addr(oracleKeys[k]); k--) {
                (oracleKeys[k - 1], oracleKeys[k]) = (oracleKeys[k], oracleKeys[k - 1]);
            }
        }
    }

    function deploy(uint256 chain, string memory head) private {
        IZklinkTypes.Config memory c;
        c.verifier = new CredulousVerifier();
        c.salt = bytes32(0x0707070707070707070707070707070707070707070707070707070707070707);
        c.chains = new IZklinkTypes.ChainInfo[](2);
        c.chains[0] = IZklinkTypes.ChainInfo(1, 31337);
        c.chains[1] = IZklinkTypes.ChainInfo(2, 31338);
        // forge-lint: disable-next-line(unsafe-typecast) one or two
        c.chainNumber = uint8(chain + 1);
        c.genesisRoot = bytes32(vm.parseJsonUint(head, ".genesisRoot"));
        // forge-lint: disable-next-line(unsafe-typecast) account 1
        c.feeAccount = uint32(vm.parseJsonUint(head, ".feeAccount"));
        (c.requestPeriod, c.exitWindow) = (REQUEST_PERIOD, EXIT_WINDOW);
        c.outboxChip = 1;
        IZklinkTypes.Setup memory s;
        (s.operator, s.guardian) = (operator, guardian);
        (s.governorDelay, s.council) = (6 days, Deployer.council(council));
        s.positions = new Positions();
        s.chains = c.chains;
        s.networks = new IZklinkTypes.NetworkConfig[](1);
        address[] memory members = new address[](4);
        for (uint256 i = 0; i < 4; i++) {
            members[i] = vm.addr(oracleKeys[i]);
        }
        s.networks[0] = IZklinkTypes.NetworkConfig(members, 3, 1);
        vm.chainId(31337 + chain);
        zklink[chain] = Deployer.proxy(Deployer.implementation(c), s);
        token[chain] = new DemoToken("Token", "TOK", 18, type(uint256).max, alice);
        zklink[chain].registerToken(address(token[chain]));
        newest[chain] = zklink[chain].genesis();
    }

    /// @dev Deposits of all that the state holds, and a block that takes them and leads to it.
    function fill(uint256 chain) private {
        IZklink z = zklink[chain];
        vm.deal(alice, type(uint128).max);
        vm.startPrank(alice);
        token[chain].approve(address(z), type(uint256).max);
        z.depositNative{value: totals[chain][0]}(alice);
        z.deposit(address(token[chain]), totals[chain][1], alice);
        vm.stopPrank();
        Draft memory d = Blocks.create(2);
        uint256 owner = ((chain + 1) << 160) | uint160(alice);
        d.deposit(chain, 2, 1, (chain + 1) << 32, totals[chain][0], owner);
        d.deposit(chain, 2, 2, ((chain + 1) << 32) | 1, totals[chain][1], owner);
        submit(chain, d);
        vm.startPrank(alice);
        z.deposit(address(token[chain]), 5, alice);
        z.depositNative{value: 7}(alice);
        vm.stopPrank();
    }

    /// @dev A block that leads to the exported state: proved, confirmed, executed.
    function submit(uint256 chain, Draft memory d) internal {
        IZklink z = zklink[chain];
        IZklinkTypes.BlockSubmission memory s;
        s.header = header(chain, d);
        s.outbox = d.outbox[chain];
        s.log = d.log;
        s.keySignatures = new IZklinkTypes.KeySignature[](0);
        s.proof = "proof";
        IZklinkTypes.StoredBlock memory b = newest[chain];
        vm.prank(operator);
        z.submitBlock(b, s);
        b.number++;
        b.timestamp = uint64(vm.getBlockTimestamp());
        b.endRequest = uint64(s.header[13 + 6 * chain + 4]);
        b.syncHash = keccak256(
            abi.encodePacked(b.syncHash, keccak256(abi.encodePacked(s.header)), keccak256(s.proof))
        );
        b.root = bytes32(s.header[7]);
        b.outboxDigest = bytes32(s.header[13 + 6 * chain + 1]);
        newest[chain] = b;
        confirm(chain, b);
        z.executeBlock(b, s.outbox, 1000);
    }

    function header(uint256 chain, Draft memory d) private view returns (uint256[] memory h) {
        IZklink z = zklink[chain];
        h = new uint256[](25);
        h[0] = uint256(z.instanceId());
        h[1] = 1;
        h[3] = newest[chain].number + 1;
        h[4] = vm.getBlockTimestamp();
        h[5] = z.feeAccount();
        h[6] = uint256(newest[chain].root);
        h[7] = root;
        h[8] = uint256(z.chainListHash());
        h[9] = uint256(Blocks.logDigest(d.log));
        h[10] = d.log.length;
        h[11] = d.operations;
        h[12] = 2;
        for (uint256 i = 0; i < 2; i++) {
            h[13 + 6 * i] = i + 1;
            h[14 + 6 * i] = uint256(keccak256(abi.encodePacked(d.outbox[i])));
            h[15 + 6 * i] = d.outbox[i].length / 5;
            h[16 + 6 * i] = newest[i].endRequest;
            h[17 + 6 * i] = newest[i].endRequest + d.endRequest[i];
            h[18 + 6 * i] = uint256(d.requestsHash[i]);
        }
    }

    function confirm(uint256 chain, IZklinkTypes.StoredBlock memory b) internal {
        IZklink z = zklink[chain];
        uint64 expiry = uint64(vm.getBlockTimestamp() + 1 hours);
        bytes32 digest = keccak256(
            abi.encode(
                keccak256(
                    "Consensus(bytes32 instance,uint64 epoch,uint64 number,bytes32 syncHash,uint64 expiry)"
                ),
                z.instanceId(),
                z.epoch(),
                b.number,
                b.syncHash,
                expiry
            )
        );
        digest = keccak256(abi.encodePacked(hex"1901", z.domainSeparator(), digest));
        bytes[][] memory signatures = new bytes[][](1);
        signatures[0] = new bytes[](3);
        for (uint256 i = 0; i < 3; i++) {
            (uint8 v, bytes32 r, bytes32 s) = vm.sign(oracleKeys[i], digest);
            signatures[0][i] = abi.encodePacked(r, s, v);
        }
        z.confirmBlocks(b, expiry, signatures);
    }

    function readAccounts(uint256 n) private {
        for (uint256 i = 0; i < n; i++) {
            string memory line = vm.readLine(FILE);
            Exported storage e = accounts.push();
            e.account = vm.parseJsonUint(line, ".account");
            e.tag = vm.parseJsonUint(line, ".tag");
            e.fields = vm.parseJsonUintArray(line, ".fields");
            e.path = vm.parseJsonUintArray(line, ".path");
            e.slots = vm.parseJsonUintArray(line, ".slots");
            e.tokens = vm.parseJsonUintArray(line, ".tokens");
            e.amounts = vm.parseJsonUintArray(line, ".amounts");
            e.paths = vm.parseJsonUintArray(line, ".paths");
            e.empty = vm.parseJsonUintArray(line, ".empty");
            // forge-lint: disable-next-line(unsafe-typecast) an address
            e.receiver = address(uint160(vm.parseJsonUint(line, ".receiver")));
            e.signature = vm.parseJsonUintArray(line, ".signature");
            place[e.account] = i + 1;
        }
        vm.closeFile(FILE);
    }

    // ---- exodus ----

    /// @dev The waiting deposits expire, anybody says so, and the window passes.
    function endChain(uint256 chain) internal {
        vm.warp(zklink[chain].requestDeadline(2) + 1);
        zklink[chain].activateExodus(2);
        vm.warp(zklink[chain].exodusSince() + EXIT_WINDOW + 1);
        zklink[chain].openExits(newest[chain]);
    }

    // ---- proofs ----

    function recordOf(Exported storage e) internal view returns (IZklinkTypes.RecordProof memory p) {
        (p.account, p.tag, p.path) = (e.account, e.tag, e.path);
        for (uint256 i = 0; i < 4; i++) {
            p.fields[i] = e.fields[i];
        }
    }

    function recordAt(uint256 account) internal view returns (IZklinkTypes.RecordProof memory) {
        return recordOf(accounts[place[account] - 1]);
    }

    function balanceOf(Exported storage e, uint256 i)
        internal
        view
        returns (IZklinkTypes.BalanceProof memory p)
    {
        (p.slot, p.token, p.amount) = (e.slots[i], e.tokens[i], e.amounts[i]);
        p.path = new uint256[](12);
        for (uint256 k = 0; k < 12; k++) {
            p.path[k] = e.paths[12 * i + k];
        }
    }

    function reservesOf(uint256 pool) internal view returns (IZklinkTypes.Reserve[2] memory r) {
        Exported storage e = accounts[place[pool] - 1];
        for (uint256 i = 0; i < 2; i++) {
            r[i].path = new uint256[](12);
            for (uint256 k = 0; k < 12; k++) {
                r[i].path[k] = e.empty[12 * i + k];
            }
            for (uint256 k = 0; k < e.slots.length; k++) {
                if (e.slots[k] == i + 1) r[i].amount = e.amounts[k];
            }
        }
    }

    function signatureOf(Exported storage e) internal view returns (uint256[3] memory) {
        return [e.signature[0], e.signature[1], e.signature[2]];
    }
}
