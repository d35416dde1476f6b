// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.30;

// forge-lint: disable-start(unsafe-typecast) numbers here are small, selectors are cut off on purpose

import {IZklink} from "../src/interfaces/IZklink.sol";
import {IZklinkTypes} from "../src/interfaces/IZklinkTypes.sol";
import {Blocks, Draft} from "./support/Blocks.sol";
import {ZklinkTest} from "./support/ZklinkTest.sol";

/// @notice Oracle confirmation: m of n of every network, over exactly this block.
contract ConsensusTest is ZklinkTest {
    using Blocks for Draft;

    IZklink private z;
    uint64 private expiry;

    function setUp() public override {
        super.setUp();
        z = zklink[A];
        for (uint256 i = 0; i < 3; i++) {
            Draft memory d = draft();
            d.inner(i);
            submitBoth(d);
        }
        expiry = uint64(vm.getBlockTimestamp()) + 1 hours;
    }

    function digestOf(uint64 number) private view returns (bytes32) {
        return consensusDigest(0, number, stored[A][number].syncHash, expiry);
    }

    function tryConfirm(uint64 number, bytes[][] memory signatures) private {
        z.confirmBlocks(stored[A][number], expiry, signatures);
    }

    function expectBad(uint256 signature) private {
        vm.expectRevert(abi.encodeWithSelector(IZklinkTypes.BadOracleSignature.selector, 0, signature));
    }

    // ---- what confirms ----

    function test_confirm_byAnyThree() public {
        uint256 snapshot = vm.snapshotState();
        for (uint256 left = 0; left < ORACLES; left++) {
            bytes[][] memory s = new bytes[][](1);
            s[0] = new bytes[](3);
            for (uint256 i = 0; i < 3; i++) {
                s[0][i] = signPacked(oracleKeys[i < left ? i : i + 1], digestOf(1));
            }
            vm.expectEmit(address(z));
            emit IZklinkTypes.BlockConfirmed(1, stored[A][1].syncHash);
            vm.prank(bob); // anybody carries them
            tryConfirm(1, s);
            assertEq(uint256(z.confirmedNumber()), 1);
            vm.revertToState(snapshot);
        }
        tryConfirm(1, signaturesOf(0, 4, digestOf(1)));
        assertEq(uint256(z.confirmedNumber()), 1);
    }

    function test_confirm_takesAllBlocksBefore() public {
        tryConfirm(3, signaturesOf(0, 3, digestOf(3)));
        assertEq(uint256(z.confirmedNumber()), 3);
        bytes[][] memory s = signaturesOf(0, 3, digestOf(2));
        vm.expectRevert(abi.encodeWithSelector(IZklinkTypes.AlreadyConfirmed.selector, uint64(2)));
        tryConfirm(2, s);
    }

    function test_confirm_atTheLastSecond() public {
        vm.warp(expiry);
        tryConfirm(1, signaturesOf(0, 3, digestOf(1)));
    }

    /// @notice One message, one signature for all chains.
    function test_confirm_sameSignaturesOnBothChains() public {
        bytes[][] memory s = signaturesOf(1, 3, digestOf(2));
        tryConfirm(2, s);
        zklink[B].confirmBlocks(stored[B][2], expiry, s);
        assertEq(uint256(zklink[B].confirmedNumber()), 2);
    }

    // ---- what does not ----

    function test_confirm_RevertsIfExpired() public {
        bytes[][] memory s = signaturesOf(0, 3, digestOf(1));
        vm.warp(expiry + 1);
        vm.expectRevert(abi.encodeWithSelector(IZklinkTypes.ConsensusExpired.selector, expiry));
        tryConfirm(1, s);
    }

    function test_confirm_RevertsIfConfirmed() public {
        bytes[][] memory s = signaturesOf(0, 3, digestOf(1));
        tryConfirm(1, s);
        vm.expectRevert(abi.encodeWithSelector(IZklinkTypes.AlreadyConfirmed.selector, uint64(1)));
        tryConfirm(1, s);
        vm.expectRevert(abi.encodeWithSelector(IZklinkTypes.AlreadyConfirmed.selector, uint64(0)));
        z.confirmBlocks(stored[A][0], expiry, s);
    }

    function test_confirm_RevertsIfNotProved() public {
        IZklinkTypes.StoredBlock memory b = stored[A][3];
        b.number = 4;
        bytes[][] memory s = signaturesOf(0, 3, consensusDigest(0, 4, b.syncHash, expiry));
        vm.expectRevert(abi.encodeWithSelector(IZklinkTypes.NotProved.selector, uint64(4)));
        z.confirmBlocks(b, expiry, s);
    }

    function test_confirm_RevertsIfTheBlockIsNotStored() public {
        bytes[][] memory s = signaturesOf(0, 3, digestOf(1));
        for (uint256 field = 0; field < 6; field++) {
            IZklinkTypes.StoredBlock memory b = stored[A][1];
            if (field == 0) b.number = 2;
            if (field == 1) b.timestamp++;
            if (field == 2) b.endRequest++;
            if (field == 3) b.syncHash = stored[A][2].syncHash;
            if (field == 4) b.root = stored[A][2].root;
            if (field == 5) b.outboxDigest = bytes32(uint256(1));
            vm.expectRevert(abi.encodeWithSelector(IZklinkTypes.BadStoredBlock.selector, b.number));
            z.confirmBlocks(b, expiry, s);
        }
    }

    function test_confirm_RevertsIfTooFewSign() public {
        for (uint256 n = 0; n < 3; n++) {
            bytes[][] memory s = signaturesOf(0, n, digestOf(1));
            vm.expectRevert(abi.encodeWithSelector(IZklinkTypes.NotEnoughSignatures.selector, 0, 3, n));
            tryConfirm(1, s);
        }
    }

    function test_confirm_RevertsIfANetworkIsMissingOrExtra() public {
        vm.expectRevert(abi.encodeWithSelector(IZklinkTypes.NetworkCount.selector, 1, 0));
        tryConfirm(1, new bytes[][](0));
        bytes[][] memory s = new bytes[][](2);
        s[0] = signaturesOf(0, 3, digestOf(1))[0];
        s[1] = s[0];
        vm.expectRevert(abi.encodeWithSelector(IZklinkTypes.NetworkCount.selector, 1, 2));
        tryConfirm(1, s);
    }

    function test_confirm_RevertsIfOneSignsTwice() public {
        bytes[][] memory s = signaturesOf(0, 3, digestOf(1));
        s[0][2] = s[0][1];
        expectBad(2);
        tryConfirm(1, s);
        s = signaturesOf(0, 4, digestOf(1));
        s[0][3] = s[0][2]; // also beyond the threshold
        expectBad(3);
        tryConfirm(1, s);
    }

    function test_confirm_RevertsIfTheOrderIsWrong() public {
        bytes[][] memory s = signaturesOf(0, 3, digestOf(1));
        (s[0][0], s[0][1]) = (s[0][1], s[0][0]);
        expectBad(1);
        tryConfirm(1, s);
    }

    function test_confirm_RevertsIfAStrangerSigns() public {
        bytes[][] memory s = signaturesOf(0, 3, digestOf(1));
        for (uint256 i = 0; i < 3; i++) {
            bytes memory good = s[0][i];
            s[0][i] = signPacked(aliceKey, digestOf(1));
            vm.expectPartialRevert(IZklinkTypes.BadOracleSignature.selector);
            tryConfirm(1, s);
            s[0][i] = good;
        }
        // as a fourth signature too: what is given must be good
        bytes[][] memory more = new bytes[][](1);
        more[0] = new bytes[](4);
        for (uint256 i = 0; i < 3; i++) {
            more[0][i] = s[0][i];
        }
        more[0][3] = signPacked(aliceKey, digestOf(1));
        expectBad(3);
        tryConfirm(1, more);
    }

    /// @notice Each signature in each wrong form.
    function test_confirm_RevertsIfMalleableOrMalformed() public {
        bytes32 digest = digestOf(1);
        for (uint256 i = 0; i < 3; i++) {
            bytes[][] memory list = signaturesOf(0, 3, digest);
            bytes memory good = list[0][i];
            (uint8 v, bytes32 r, bytes32 s) = vm.sign(oracleKeys[i], digest);
            bytes[8] memory bad = [
                abi.encodePacked(r, bytes32(ORDER - uint256(s)), uint8(55 - v)),
                abi.encodePacked(good, uint8(0)),
                abi.encodePacked(r, s),
                abi.encodePacked(r, bytes32((uint256(v - 27) << 255) | uint256(s))),
                abi.encodePacked(r, s, v - 27),
                abi.encodePacked(r, s, uint8(55 - v)), // another signer comes out
                new bytes(65),
                bytes("")
            ];
            for (uint256 k = 0; k < bad.length; k++) {
                list[0][i] = bad[k];
                vm.expectPartialRevert(IZklinkTypes.BadOracleSignature.selector);
                tryConfirm(1, list);
            }
        }
        tryConfirm(1, signaturesOf(0, 3, digest));
    }

    /// @notice Every field of the message and of its domain counts.
    function test_confirm_RevertsIfTheMessageIsAnother() public {
        bytes32 sync = stored[A][1].syncHash;
        bytes32 instance = z.instanceId();
        bytes32 domainHash = z.domainSeparator();
        bytes32 typeHash = keccak256(
            "Consensus(bytes32 instance,uint64 epoch,uint64 number,bytes32 syncHash,uint64 expiry)"
        );
        bytes32[9] memory digests = [
            consensusDigest(1, 1, sync, expiry), // epoch
            consensusDigest(0, 2, sync, expiry), // number
            consensusDigest(0, 1, stored[A][2].syncHash, expiry),
            consensusDigest(0, 1, sync, expiry + 1),
            typed(domainHash, keccak256(abi.encode(typeHash, bytes32(0), 0, 1, sync, expiry))),
            typed(domain(bytes32(0)), keccak256(abi.encode(typeHash, instance, 0, 1, sync, expiry))),
            // a domain with a chain id and a contract, as is common
            typed(
                keccak256(
                    abi.encode(
                        keccak256(
                            "EIP712Domain(string name,string version,uint256 chainId,address verifyingContract)"
                        ),
                        keccak256("zklink"),
                        keccak256("1"),
                        evmChainId(A),
                        address(z)
                    )
                ),
                keccak256(abi.encode(typeHash, instance, 0, 1, sync, expiry))
            ),
            // another type with the same fields
            typed(domainHash, keccak256(abi.encode(keccak256("Revert()"), instance, 0, 1, sync, expiry))),
            sync
        ];
        for (uint256 i = 0; i < digests.length; i++) {
            bytes[][] memory s = signaturesOf(0, 3, digests[i]);
            vm.expectPartialRevert(IZklinkTypes.BadOracleSignature.selector);
            tryConfirm(1, s);
        }
    }

    function typed(bytes32 domainHash, bytes32 structHash) private pure returns (bytes32) {
        return keccak256(abi.encodePacked(hex"1901", domainHash, structHash));
    }

    /// @notice Signatures for another instance (another salt, the same oracles) confirm nothing here.
    function test_confirm_RevertsIfForAnotherInstance() public {
        IZklinkTypes.Config memory c = config(A);
        c.salt = keccak256("another salt");
        IZklink other = deploy(A, c, setup(A));
        bytes32 sync = stored[A][1].syncHash;
        bytes32 instance = other.instanceId();
        assertNotEq(instance, z.instanceId());
        bytes32 structHash = keccak256(
            abi.encode(
                keccak256(
                    "Consensus(bytes32 instance,uint64 epoch,uint64 number,bytes32 syncHash,uint64 expiry)"
                ),
                instance,
                0,
                1,
                sync,
                expiry
            )
        );
        bytes[][] memory s = signaturesOf(0, 3, typed(domain(instance), structHash));
        vm.expectPartialRevert(IZklinkTypes.BadOracleSignature.selector);
        tryConfirm(1, s);
    }

    /// @notice Any bit of any signature.
    function testFuzz_confirm_RevertsIfABitIsChanged(uint256 i, uint256 bit) public {
        bytes[][] memory s = signaturesOf(0, 3, digestOf(1));
        i = bound(i, 0, 2);
        bit = bound(bit, 0, 65 * 8 - 1);
        s[0][i][bit / 8] ^= bytes1(uint8(2 ** (bit % 8)));
        vm.expectPartialRevert(IZklinkTypes.BadOracleSignature.selector);
        tryConfirm(1, s);
    }

    // ---- several networks ----

    function twoNetworks() private returns (IZklinkTypes.Setup memory c) {
        c = setup(A);
        IZklinkTypes.NetworkConfig[] memory list = new IZklinkTypes.NetworkConfig[](2);
        list[0] = c.networks[0];
        address[] memory members = new address[](3);
        members[0] = alice;
        members[1] = list[0].members[0]; // one oracle may sit in both
        members[2] = bob;
        list[1] = IZklinkTypes.NetworkConfig(members, 2, 0);
        c.networks = list;
    }

    function test_confirm_needsEveryNetwork() public {
        IZklink two = deploy(A, config(A), twoNetworks());
        assertEq(two.networkCount(), 2);
        (uint256 threshold, address[] memory members) = two.network(1);
        assertEq(threshold, 2);
        assertEq(members.length, 3);
        assertEq(members[2], bob);
        IZklinkTypes.BlockSubmission memory submissionOne;
        {
            lastNumber = 0;
            Draft memory d = draft();
            d.inner(0);
            submissionOne = submission(A, d);
        }
        IZklinkTypes.StoredBlock memory first = two.genesis();
        vm.prank(operator);
        two.submitBlock(first, submissionOne);

        bytes32 digest = digestOf(1);
        bytes[][] memory s = new bytes[][](2);
        s[0] = signaturesOf(0, 3, digest)[0];
        s[1] = new bytes[](0);
        vm.expectRevert(abi.encodeWithSelector(IZklinkTypes.NotEnoughSignatures.selector, 1, 2, 0));
        two.confirmBlocks(stored[A][1], expiry, s);

        s[1] = new bytes[](2);
        (s[1][0], s[1][1]) = (signPacked(aliceKey, digest), signPacked(oracleKeys[0], digest));
        if (alice > vm.addr(oracleKeys[0])) (s[1][0], s[1][1]) = (s[1][1], s[1][0]);
        // members of the first network don't count in the second
        bytes[][] memory t = new bytes[][](2);
        (t[0], t[1]) = (s[0], s[0]);
        vm.expectPartialRevert(IZklinkTypes.BadOracleSignature.selector);
        two.confirmBlocks(stored[A][1], expiry, t);
        (t[0], t[1]) = (s[1], s[0]); // nor in each other's place
        vm.expectRevert(abi.encodeWithSelector(IZklinkTypes.NotEnoughSignatures.selector, 0, 3, 2));
        two.confirmBlocks(stored[A][1], expiry, t);

        two.confirmBlocks(stored[A][1], expiry, s);
        assertEq(uint256(two.confirmedNumber()), 1);
    }

    // ---- thresholds refused at construction ----

    function withNetwork(uint256 n, uint256 m, uint256 f) private returns (IZklinkTypes.Setup memory c) {
        vm.chainId(evmChainId(A));
        c = setup(A);
        address[] memory members = new address[](n);
        for (uint256 i = 0; i < n; i++) {
            members[i] = address(uint160(1000 + i));
        }
        c.networks[0] = IZklinkTypes.NetworkConfig(members, m, f);
    }

    /// @notice m > f, m <= n - f, 2m - n > f, n >= 3, compared with a calculation that cannot overflow.
    function testFuzz_thresholds(uint256 n, uint256 m, uint256 f) public {
        n = bound(n, 0, 9);
        m = bound(m, 0, 10);
        f = bound(f, 0, 10);
        (int256 sn, int256 sm, int256 sf) = (int256(n), int256(m), int256(f));
        IZklinkTypes.Setup memory c = withNetwork(n, m, f);
        if (n < 3) expectSetup(c, "network size");
        else if (!(sm > sf && sm <= sn - sf && 2 * sm - sn > sf)) expectSetup(c, "network threshold");
        else this.proxyOutside(c);
    }

    function test_thresholds_RevertAtTheEdges() public {
        expectSetup(withNetwork(3, 1, 0), "network threshold"); // 1 of 3: two quorums
        expectSetup(withNetwork(4, 2, 0), "network threshold");
        expectSetup(withNetwork(4, 3, 2), "network threshold");
        expectSetup(withNetwork(4, 4, 1), "network threshold"); // one can block
        expectSetup(withNetwork(4, 5, 0), "network threshold");
        expectSetup(withNetwork(4, type(uint256).max, 0), "network threshold");
        expectSetup(withNetwork(4, type(uint256).max, type(uint256).max - 1), "network threshold");
        expectSetup(withNetwork(2, 2, 0), "network size");
        expectSetup(withNetwork(65, 40, 3), "network size");
        this.proxyOutside(withNetwork(3, 2, 0));
        this.proxyOutside(withNetwork(4, 3, 1));
        this.proxyOutside(withNetwork(64, 43, 21));
    }

    function test_members_RevertIfZeroOrTwice() public {
        IZklinkTypes.Setup memory c = withNetwork(4, 3, 1);
        c.networks[0].members[2] = address(0);
        expectSetup(c, "network member");
        c = withNetwork(4, 3, 1);
        c.networks[0].members[3] = c.networks[0].members[0];
        expectSetup(c, "network member");
    }

    function test_networks_RevertIfNoneOrTooMany() public {
        IZklinkTypes.Setup memory c = withNetwork(4, 3, 1);
        IZklinkTypes.NetworkConfig memory one = c.networks[0];
        c.networks = new IZklinkTypes.NetworkConfig[](0);
        expectSetup(c, "network count");
        c.networks = new IZklinkTypes.NetworkConfig[](9);
        for (uint256 i = 0; i < 9; i++) {
            c.networks[i] = one;
        }
        expectSetup(c, "network count");
    }
}
