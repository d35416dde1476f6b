"""The vectors of the opening, tests/vectors/opening/*.json: `make` writes them, `check` verifies them.

One file is one case; its name says what was done. Fields: m; set_up, [tau]_2 as EIP-197 encodes it;
claim, the bytes C | y | R_0 .. R_{m-1}, which a fresh transcript absorbs in one go before the
opening; proof; valid. tau is that of the development string (src/proof/srs.h), seed 1, so that the C prover
must produce the same proofs byte by byte; `f` is the vector where it is short.
"""

import json
import pathlib
import random
import sys

from bn254 import G1, G2, Q, R as r, g1_add, g1_decode, g1_encode, g1_mul, g1_neg, g2_decode, g2_encode, g2_mul
from keccak import keccak256
from opening import Reader, commit, evaluate_mle, proof_length, prove, shape, verify, words
from transcript import Transcript

FOLDER = pathlib.Path(__file__).resolve().parent.parent / "vectors" / "opening"
SEED = 1
TAU = int.from_bytes(keccak256(b"zklink.srs.insecure.v1" + SEED.to_bytes(32, "big")), "big") % r
SET_UP = g2_encode(g2_mul(G2, TAU))


def claimed_transcript(claim):
    transcript = Transcript()
    transcript.absorb(claim)
    return transcript


def accepts(case):
    """The verdict of this verifier on a case."""
    claim, m = bytes.fromhex(case["claim"][2:]), case["m"]
    proof = bytes.fromhex(case["proof"][2:])
    if len(proof) != proof_length(m):
        return False
    scalars = [int.from_bytes(claim[i : i + 32], "big") for i in range(64, len(claim), 32)]
    reader = Reader(proof)
    try:
        C = g1_decode(claim[:64])
        tau_g2 = g2_decode(bytes.fromhex(case["set_up"][2:]))
        return verify(claimed_transcript(claim), C, m, scalars[1:], scalars[0], reader, tau_g2)
    except ValueError:
        return False


class Maker:
    def __init__(self):
        self.rng = random.Random("zklink opening vectors")
        self.cases = {}

    def word(self):
        return self.rng.randrange(r)

    def write(self, name, m, claim, proof, valid, f=None):
        case = {"m": m, "valid": valid, "set_up": "0x" + SET_UP.hex(), "claim": "0x" + claim.hex(),
                "proof": "0x" + proof.hex()}
        if f is not None and len(f) <= 256:
            case["f"] = "0x" + words(f).hex()
        self.cases[name] = case

    def good(self, name, f, R):
        claim = g1_encode(commit(f, TAU)) + words([evaluate_mle(f, R)] + R)
        proof = prove(claimed_transcript(claim), f, R, TAU)
        self.write("valid_m%02d_%s" % (len(R), name), len(R), claim, proof, True, f)
        return claim, proof

    def random(self, m):
        return [self.word() for _ in range(2**m)], [self.word() for _ in range(m)]

    def make_valid(self):
        for m in list(range(9)) + [10, 11, 14, 16]:
            self.good("random", *self.random(m))
        for m in (0, 1, 3, 4, 8):
            R = [self.word() for _ in range(m)]
            self.good("zero_vector", [0] * 2**m, R)
            self.good("constant_vector", [self.word()] * 2**m, R)
            self.good("last_word_only", [0] * (2**m - 1) + [self.word()], R)
            self.good("boolean_point", self.random(m)[0], [self.rng.randrange(2) for _ in range(m)])
            self.good("largest_words", [r - 1] * 2**m, [r - 1] * m)

    def make_invalid(self):
        for m in (0, 1, 4, 5, 8, 11):
            f, R = self.random(m)
            self.spoil(m, f, R)

    def spoil(self, m, f, R):
        y, C = evaluate_mle(f, R), commit(f, TAU)
        claim = g1_encode(C) + words([y] + R)
        proof = prove(claimed_transcript(claim), f, R, TAU)

        def bad(cause, altered_claim=claim, altered=proof):
            self.write("invalid_m%02d_%s" % (m, cause), m, altered_claim, altered, False)

        def reproved(cause, altered_claim, vector=f, at=R):
            """The honest prover run on another claim: its transcript fits, its claim does not."""
            bad(cause, altered_claim, prove(claimed_transcript(altered_claim), vector, at, TAU))

        bad("value_altered", g1_encode(C) + words([(y + 1) % r] + R))
        reproved("value_wrong", g1_encode(C) + words([(y + 1) % r] + R))
        reproved("commitment_wrong", g1_encode(g1_add(C, G1)) + words([y] + R))
        reproved("commitment_identity", g1_encode(None) + words([y] + R))
        if m > 0:
            reproved("coordinate_wrong", g1_encode(C) + words([y, (R[0] + 1) % r] + R[1:]))
            reproved("last_coordinate_wrong", g1_encode(C) + words([y] + R[:-1] + [(R[-1] + 1) % r]))
            longer = f + self.random(m)[0]
            reproved("longer_vector", g1_encode(commit(longer, TAU)) + words([y] + R), longer)
            other = prove(Transcript(), f, R, TAU)
            bad("claim_not_absorbed", altered=other)

        def reencoded(cause, message, at, modulus):
            """One value of a message replaced by itself plus the modulus, before it is absorbed."""

            def tamper(name, data):
                if name != message:
                    return data
                value = int.from_bytes(data[at : at + 32], "big") + modulus
                return data[:at] + value.to_bytes(32, "big") + data[at + 32 :]

            bad("reencoded_" + cause, altered=prove(claimed_transcript(claim), f, R, TAU, tamper))

        def replace(at, new):
            return proof[:at] + new + proof[at + len(new) :]

        def spoil_word(what, at):
            value = int.from_bytes(proof[at : at + 32], "big")
            bad(what + "_altered", altered=replace(at, words([(value + 1) % r])))
            bad(what + "_not_reduced", altered=replace(at, (value + r).to_bytes(32, "big")))

        def spoil_point(what, at):
            point = g1_decode(proof[at : at + 64])
            x, y_ = point or (0, 0)
            bad(what + "_altered", altered=replace(at, g1_encode(g1_add(point, G1))))
            bad(what + "_off_curve", altered=replace(at, words([x]) + ((y_ + 1) % Q).to_bytes(32, "big")))
            bad(what + "_x_not_reduced", altered=replace(at, (x + Q).to_bytes(32, "big")))
            bad(what + "_y_not_reduced", altered=replace(at + 32, (y_ + Q).to_bytes(32, "big")))
            if point is not None:
                bad(what + "_identity", altered=replace(at, bytes(64)))
                bad(what + "_negated", altered=replace(at, g1_encode(g1_neg(point))))

        widths, tail = shape(m)
        at = 0
        for i in range(1, len(widths)):
            spoil_point("fold%d" % i, at)
            at += 64
        if tail:
            spoil_word("tail_first", at)
            spoil_word("tail_last", at + 32 * (2**tail - 2))
        at += 32 * (2**tail - 1)
        for i, k in enumerate(widths):
            if k:
                spoil_word("difference%d_first" % i, at)
                spoil_word("difference%d_last" % i, at + 32 * (2**k - 2))
            at += 32 * (2**k - 1)
        if len(widths) > 1:
            reencoded("fold_x", "folds", 0, Q)
            reencoded("fold_y", "folds", 32, Q)
        if tail:
            reencoded("tail", "folds", 64 * (len(widths) - 1), r)
        if m:
            reencoded("difference", "differences", 0, r)
        reencoded("quotient_x", "quotient", 0, Q)
        reencoded("quotient_y", "quotient", 32, Q)
        spoil_point("quotient", at)
        spoil_point("witness", at + 64)
        spoil_word("inverse", at + 128)
        bad("inverse_zero", altered=replace(at + 128, bytes(32)))
        bad("too_short", altered=proof[:-1])
        bad("too_long", altered=proof + b"\0")
        bad("empty", altered=b"")


def make():
    maker = Maker()
    maker.make_valid()
    maker.make_invalid()
    FOLDER.mkdir(parents=True, exist_ok=True)
    for old in FOLDER.glob("*.json"):
        old.unlink()
    for name, case in maker.cases.items():
        (FOLDER / (name + ".json")).write_text(json.dumps(case, indent=1) + "\n")
    print("opening vectors: %d written" % len(maker.cases))


def check(part=""):
    paths = sorted(p for p in FOLDER.glob("*.json") if part in p.name)
    if not paths:
        raise SystemExit("no vectors in %s" % FOLDER)
    wrong = []
    for path in paths:
        case = json.loads(path.read_text())
        if accepts(case) != case["valid"]:
            wrong.append(path.name)
    if wrong:
        raise SystemExit("opening vectors with another verdict: " + ", ".join(wrong))
    print("opening vectors: %d agree" % len(paths))


if __name__ == "__main__":
    if sys.argv[1:2] == ["make"]:
        make()
    else:
        check(*sys.argv[2:3])
