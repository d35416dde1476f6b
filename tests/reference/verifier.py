"""The verifier of block proofs as an executable specification: standard library only, slow and plain.

    python3 verifier.py AIR.json SUITE.json..    prints accept, or the reason, for every case (suites: vectors.py)

What it checks, in this order (docs/protocol.md, "Proof system"):

    1. transcript: key and statement, heights, main commitments, -> alpha, beta, g,
       helper commitments and public sums, -> eta, mu, zeta
    2. sumcheck: rounds 0..n-1, chip c leaves after round m_c - 1 with the values of its columns
    3. every chunk's value at R follows from the columns' values; one opening of their combination

`Statement` is what the proof is about, `Key` what it is checked against. `verify` returns,
or raises ValueError with the reason (Reject for a check, others for bytes that are not a proof at all).
"""

import json
import sys
from dataclasses import dataclass, field

import bn254
import opening
from air import Air
from keccak import keccak256
from opening import Reader
from transcript import Transcript

R = bn254.R
ROUND_POINTS = (0, 2, 3, 4, 5, 6)  # where a round's polynomial is sent; its value at 1 follows from the claim


class Reject(ValueError):
    """A check failed; the text says which."""


def be32(value):
    return value.to_bytes(32, "big")


@dataclass
class Key:
    """What a verifier keeps: the AIR and the set-up."""

    air: Air
    max_log_size: int
    preprocessed: object  # commitment of the preprocessed chunk, None (the identity) without fixed columns
    g2: object  # [1]_2
    tau_g2: object  # [tau]_2

    def digest(self):
        return keccak256(
            self.air.digest
            + be32(self.max_log_size)
            + bn254.g1_encode(self.preprocessed)
            + bn254.g2_encode(self.g2)
            + bn254.g2_encode(self.tau_g2)
        )


@dataclass
class Statement:
    digest: bytes
    scalars: list
    instance_scalars: list
    held: dict = field(default_factory=dict)  # (chip, instance) -> words of its public columns, row by row


def multilinear_eq(a, b):
    """prod a_k b_k + (1 - a_k)(1 - b_k)."""
    product = 1
    for x, y in zip(a, b):
        product = product * (x * y + (1 - x) * (1 - y)) % R
    return product


def interpolate(values, x):
    """The value at x of the polynomial of degree < len(values) with these values at 0, 1, 2, .."""
    total = 0
    for i, value in enumerate(values):
        above, below = 1, 1
        for j in range(len(values)):
            if j != i:
                above = above * (x - j) % R
                below = below * (i - j) % R
        total += value * above * pow(below, -1, R)
    return total % R


def horner(words, point):
    return sum(word * pow(point, i, R) for i, word in enumerate(words)) % R


def chunk_values(columns, point):
    """Values at `point` of the chunks of a stack of columns.

    columns: (log height, value of the column at the first coordinates of point), in stacking order. Column of height
    2^m at offset o: chunk o >> M, weight eq(point[m..M), bits of (o mod 2^M) >> m).
    """
    log_size, offset, chunks = len(point), 0, {}
    for log_height, value in columns:
        chunk, prefix = offset >> log_size, (offset % (1 << log_size)) >> log_height
        bits = [(prefix >> k) & 1 for k in range(log_size - log_height)]
        chunks[chunk] = (chunks.get(chunk, 0) + multilinear_eq(point[log_height:], bits) * value) % R
        offset += 1 << log_height
    return [chunks[c] for c in range(len(chunks))]


def chunk_count(columns, log_size):
    """Chunks of 2^log_size that a stack of (log height, _) fills."""
    return (sum(1 << log_height for log_height, _ in columns) + (1 << log_size) - 1) >> log_size


@dataclass
class Table:
    """One chip instance in one proof."""

    chip: object
    instance: int
    scalar: int
    log_height: int
    first_constraint: int  # exponent of eta
    public_sum: int = -1  # index j of its public sum, -1 without public columns
    main: list = None
    fixed: list = None
    helper: list = None


def read_words(reader, n):
    return [reader.word() for _ in range(n)]


def read_points(reader, n):
    return [reader.point() for _ in range(n)]


def read_heights(key, statement, reader):
    """The heights block: all tables, n and M."""
    air, tables = key.air, []
    if len(statement.scalars) != air.n_scalars:
        raise Reject("number of scalars")
    if any(not 0 <= s < R for s in statement.scalars + statement.instance_scalars):
        raise Reject("scalar not below r")
    index = air.tables(len(statement.instance_scalars))
    block = reader.take((len(index) + 1 + 31) // 32 * 32)
    if any(block[len(index) + 1 :]):
        raise Reject("padding of the heights block")
    constraints, sums = 0, 0
    for (c, i), log_height in zip(index, block):
        chip = air.chips[c]
        if chip.fixed_log_height is not None and log_height != chip.fixed_log_height:
            raise Reject("height of a fixed table")
        scalar = statement.instance_scalars[i] if chip.instanced else 0
        table = Table(chip, i, scalar, log_height, constraints)
        constraints += chip.n_constraints
        if chip.public:
            table.public_sum = sums
            sums += 1
        tables.append(table)
    log_size = block[len(index)]
    if log_size > key.max_log_size:
        raise Reject("M above its maximum")
    n = max(table.log_height for table in tables)
    if n > log_size:
        raise Reject("height above M")
    if sum(table.chip.n_fixed << table.log_height for table in tables) > 1 << log_size:
        raise Reject("preprocessed chunk above 2^M")
    return tables, n, log_size


def stacked(tables, count):
    """(log height, table) for each column of a stack; count: table -> its number of columns."""
    columns = [(table.log_height, table) for table in tables for _ in range(count(table))]
    return sorted(columns, key=lambda column: -column[0])  # stable: (chip, instance, column) inside a height


def leave(tables, challenges, transcript, reader, weights):
    """The chips whose variables are all bound: reads their values, returns the sum of their E_c."""
    if not tables:
        return 0
    start = reader.at
    for table in tables:
        table.main = read_words(reader, table.chip.n_main)
        table.fixed = read_words(reader, table.chip.n_fixed)
        table.helper = read_words(reader, table.chip.n_helper)
    transcript.absorb(reader.data[start : reader.at])
    return sum(weights.chip_value(table, challenges) for table in tables) % R


class Weights:
    """The challenges drawn before the sumcheck, and what they weigh."""

    def __init__(self, scalars, alpha, beta, g, eta, mu, zeta):
        self.scalars = scalars
        self.alpha, self.beta, self.g, self.eta, self.mu, self.zeta = alpha, beta, g, eta, mu, zeta

    def chip_value(self, table, challenges):
        """E_c at the first m_c challenges."""
        chip, m = table.chip, table.log_height
        point = challenges[:m]
        row = sum(r << k for k, r in enumerate(point)) % R
        constraints = chip.evaluate(
            table.main, table.fixed, table.helper, row, self.scalars, table.scalar, self.alpha, self.beta
        )
        total = sum(pow(self.eta, table.first_constraint + k, R) * p for k, p in enumerate(constraints))
        total = multilinear_eq(self.zeta[:m], point) * total + self.mu * sum(table.helper)
        if chip.public:
            width, weight = len(chip.public), 1
            for k, r in enumerate(point):
                weight = weight * (1 + r * (pow(self.g, width << k, R) - 1)) % R
            row_sum = horner([table.main[column] for column in chip.public], self.g)
            total += pow(self.mu, 2 + table.public_sum, R) * weight * row_sum
        return total % R


def check_held(key, statement, tables, sums, g):
    """The sums of the columns that this verifier holds."""
    known = {}
    for (c, i), table in zip(key.air.tables(len(statement.instance_scalars)), tables):
        if table.public_sum >= 0:
            known[c, i] = table
    for place, words in statement.held.items():
        if place not in known:
            raise Reject("held column is not a public one")
        if any(not 0 <= word < R for word in words):
            raise Reject("held word not below r")
        if len(words) > len(known[place].chip.public) << known[place].log_height:
            raise Reject("more held words than rows")
        if sums[known[place].public_sum] != horner(words, g):
            raise Reject("public sum")


def verify(key, statement, proof):
    """Returns if the proof is good, raises ValueError otherwise."""
    transcript, reader = Transcript(), Reader(proof)
    words = statement.scalars + statement.instance_scalars
    transcript.absorb(key.digest() + statement.digest + b"".join(be32(word % 2**256) for word in words))
    tables, n, log_size = read_heights(key, statement, reader)
    transcript.absorb(reader.data[: reader.at])

    # commitments
    main = stacked(tables, lambda t: t.chip.n_main)
    helper = stacked(tables, lambda t: t.chip.n_helper)
    fixed = stacked(tables, lambda t: t.chip.n_fixed)
    start = reader.at
    commitments = read_points(reader, chunk_count(main, log_size))
    transcript.absorb(reader.data[start : reader.at])
    alpha, beta, g = (transcript.challenge() for _ in range(3))
    start = reader.at
    commitments += read_points(reader, chunk_count(helper, log_size))
    sums = read_words(reader, sum(table.public_sum >= 0 for table in tables))
    if reader.at > start:
        transcript.absorb(reader.data[start : reader.at])
    check_held(key, statement, tables, sums, g)
    eta, mu = transcript.challenge(), transcript.challenge()
    zeta = [transcript.challenge() for _ in range(n)]

    # sumcheck
    boundary = key.air.boundary_sum(statement.scalars, alpha, beta)
    if boundary is None:
        raise Reject("boundary denominator is zero")
    weights = Weights(statement.scalars, alpha, beta, g, eta, mu, zeta)
    claim = (-mu * boundary + sum(pow(mu, 2 + j, R) * s for j, s in enumerate(sums))) % R
    point = []
    claim -= leave([t for t in tables if t.log_height == 0], point, transcript, reader, weights)
    for j in range(n):
        start = reader.at
        values = read_words(reader, len(ROUND_POINTS))
        transcript.absorb(reader.data[start : reader.at])
        point.append(transcript.challenge())
        claim = interpolate([values[0], claim - values[0]] + values[1:], point[j])
        claim -= leave([t for t in tables if t.log_height == j + 1], point, transcript, reader, weights)
    if claim % R != 0:
        raise Reject("last claim of the sumcheck")

    # one opening of all chunks at one point
    point += [transcript.challenge() for _ in range(log_size - n)]
    values = []
    for stack, part in ((main, "main"), (helper, "helper"), (fixed, "fixed")):
        taken = {}
        columns = []
        for log_height, table in stack:
            k = taken[id(table)] = taken.get(id(table), -1) + 1
            columns.append((log_height, getattr(table, part)[k]))
        values += chunk_values(columns, point)
    if fixed:
        commitments.append(key.preprocessed)
    batch = transcript.challenge()
    commitment, value = None, 0
    for i, (c, v) in enumerate(zip(commitments, values, strict=True)):
        commitment = bn254.g1_add(commitment, bn254.g1_mul(c, pow(batch, i, R)))
        value = (value + pow(batch, i, R) * v) % R
    if not opening.verify(transcript, commitment, log_size, point, value, reader, key.tau_g2, key.g2):
        raise Reject("opening")
    reader.end()


def number(text):
    return int(text, 0) if isinstance(text, str) else text


def unhex(text):
    return bytes.fromhex(text.removeprefix("0x"))


def load_key(air_text, description):
    return Key(
        Air(air_text),
        description["maxLogSize"],
        bn254.g1_decode(unhex(description["preprocessed"])),
        bn254.g2_decode(unhex(description["g2"])),
        bn254.g2_decode(unhex(description["tauG2"])),
    )


def load_statement(case):
    return Statement(
        unhex(case["statementDigest"]),
        [number(s) for s in case["scalars"]],
        [number(s) for s in case["instanceScalars"]],
        {(h["chip"], h["instance"]): [number(w) for w in h["words"]] for h in case["held"]},
    )


def check_case(key, case):
    """None if the proof is good, else the reason."""
    try:
        verify(key, load_statement(case), unhex(case["proof"]))
    except ValueError as reason:
        return str(reason)
    return None


def main(arguments):
    if len(arguments) < 2:
        print(__doc__, file=sys.stderr)
        return 2
    with open(arguments[0], "rb") as file:
        air_text = file.read()
    bad = 0
    for name in arguments[1:]:
        with open(name, encoding="ascii") as file:
            suite = json.load(file)
        key = load_key(air_text, suite["key"])
        for case in suite["valid"]:
            reason = check_case(key, case)
            bad += reason is not None
            print(f"{name} {case['name']}: {reason or 'accept'}")
    return 1 if bad else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
