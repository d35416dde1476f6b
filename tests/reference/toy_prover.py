"""A prover for small systems, as plain as the verifier: it knows tau, so a commitment is one multiplication.

    python3 toy_prover.py AIR.json TRACE.json..    prints a suite of valid cases (see vectors.py) as JSON

Its proofs are those of docs/protocol.md; tests use it to check the specification before and beside the C prover.
"""

import json
import sys

import bn254
import opening
import verifier
from air import Air
from keccak import keccak256
from transcript import Transcript

R = bn254.R
TAU = int.from_bytes(keccak256(b"toy prover, insecure tau"), "big") % R
MAX_LOG_SIZE = 12
MAX_MAIN_CHUNKS = 4


def be32s(values):
    return b"".join(value.to_bytes(32, "big") for value in values)


def fold(vector, x):
    """Binds the least significant coordinate."""
    return [(vector[i] + x * (vector[i + 1] - vector[i])) % R for i in range(0, len(vector), 2)]


def stack(columns, log_size):
    """Chunks of 2^log_size of the columns, (log height, vector) in stacking order."""
    cells = [cell for _, vector in columns for cell in vector]
    size = 1 << log_size
    cells += [0] * (-len(cells) % size)
    return [cells[i : i + size] for i in range(0, len(cells), size)]


class Prover:
    def __init__(self, air_text, max_log_size=MAX_LOG_SIZE):
        self.air = Air(air_text)
        self.max_log_size = max_log_size

    def key(self, trace):
        """The verifying key; the fixed columns' values come with the trace."""
        commitment = None
        fixed = []
        if self.air.preprocessed:
            columns = self.air.preprocessed["columns"]
            first = {}
            for position, chip in enumerate(chip for chip, _ in self.air.tables(len(trace["instanceScalars"]))):
                first.setdefault(chip, position)
            for column in columns:
                values = trace["tables"][first[column["chip"]]]["fixed"][column["fixed"]]
                values = [int(v, 16) for v in values]
                fixed.append((column["log_height"], values + [0] * ((1 << column["log_height"]) - len(values))))
            (chunk,) = stack(fixed, self.air.preprocessed["log_size"])
            commitment = opening.commit(chunk, TAU)
        return verifier.Key(self.air, self.max_log_size, commitment, bn254.G2, bn254.g2_mul(bn254.G2, TAU))

    def prove(self, trace, statement, log_size=None, hook=None):
        """The proof's bytes. hook(name, prover's state) may change the state, for cheating provers in tests."""
        state = State(self.air, trace, statement)
        call = hook or (lambda *_: None)
        call("start", state)
        key, n = self.key(trace), max(state.heights)
        smallest = max(n, self.air.preprocessed["log_size"] if self.air.preprocessed else 0)
        state.log_size = log_size or self.choose_size(state, smallest)
        transcript, proof = Transcript(), b""

        def send(data):
            nonlocal proof
            proof += data
            if data:
                transcript.absorb(data)

        transcript.absorb(key.digest() + statement.digest + be32s(statement.scalars + statement.instance_scalars))
        block = bytes(state.heights) + bytes([state.log_size])
        send(block + bytes(-len(block) % 32))
        main = stack(state.sorted_columns("main"), state.log_size)
        call("main", main)
        send(b"".join(bn254.g1_encode(opening.commit(chunk, TAU)) for chunk in main))
        state.alpha, state.beta, state.g = (transcript.challenge() for _ in range(3))
        state.make_helpers()
        call("helpers", state)
        helper = stack(state.sorted_columns("helper"), state.log_size)
        sums = state.public_sums()
        call("sums", sums)
        send(b"".join(bn254.g1_encode(opening.commit(chunk, TAU)) for chunk in helper) + be32s(sums))
        eta, mu = transcript.challenge(), transcript.challenge()
        zeta = [transcript.challenge() for _ in range(n)]
        state.start_sumcheck(verifier.Weights(statement.scalars, state.alpha, state.beta, state.g, eta, mu, zeta))
        point = []
        send(state.leaving_values(0))
        for j in range(n):
            values = state.round_values(j)
            call("round", values)
            send(be32s([values[0]] + values[2:]))
            point.append(transcript.challenge())
            state.bind(point[-1])
            send(state.leaving_values(j + 1))
        point += [transcript.challenge() for _ in range(state.log_size - n)]
        chunks = main + helper
        if self.air.preprocessed:
            (chunk,) = stack(state.sorted_columns("fixed"), state.log_size)
            chunks.append(chunk)
        batch = transcript.challenge()
        combined = [
            sum(pow(batch, i, R) * chunk[j] for i, chunk in enumerate(chunks)) % R for j in range(1 << state.log_size)
        ]
        return proof + opening.prove(transcript, combined, point, TAU)

    def choose_size(self, state, smallest):
        cells = sum(len(vector) for table in state.columns for vector in table["main"])
        while cells > MAX_MAIN_CHUNKS << smallest:
            smallest += 1
        return smallest


class State:
    """The columns of all tables, folded as the sumcheck goes on."""

    def __init__(self, air, trace, statement):
        self.air, self.statement = air, statement
        self.index = air.tables(len(statement.instance_scalars))
        self.heights = [table["logHeight"] for table in trace["tables"]]
        self.columns = []
        for m, table in zip(self.heights, trace["tables"], strict=True):
            parts = {}
            for part in ("main", "fixed"):
                vectors = [[int(v, 16) for v in column] for column in table[part]]
                parts[part] = [vector + [0] * ((1 << m) - len(vector)) for vector in vectors]
            self.columns.append(parts)

    def sorted_columns(self, part):
        columns = [(m, vector) for m, table in zip(self.heights, self.columns) for vector in table[part]]
        return sorted(columns, key=lambda column: -column[0])

    def scalar(self, t):
        chip, instance = self.index[t]
        return self.statement.instance_scalars[instance] if self.air.chips[chip].instanced else 0

    def make_helpers(self):
        """h = sum of multiplicity / (alpha - fingerprint) over the pair, row by row."""
        for t, table in enumerate(self.columns):
            chip = self.air.chips[self.index[t][0]]
            table["helper"] = [[] for _ in chip.helpers]
            for row in range(1 << self.heights[t]):
                main = [vector[row] for vector in table["main"]]
                fixed = [vector[row] for vector in table["fixed"]]
                values = chip.run(main, fixed, row, self.statement.scalars, self.scalar(t))
                messages = chip.messages(values, self.alpha, self.beta)
                for helper, group in zip(table["helper"], chip.helpers):
                    helper.append(sum(messages[i][0] * pow(messages[i][1], -1, R) for i in group) % R)

    def public_sums(self):
        sums = []
        for t, table in enumerate(self.columns):
            chip = self.air.chips[self.index[t][0]]
            if chip.public:
                columns = [table["main"][c] for c in chip.public]
                sums.append(verifier.horner([word for row in zip(*columns) for word in row], self.g))
        return sums

    def start_sumcheck(self, weights):
        """Tables of the sumcheck: folded copies of the columns, and of eq(zeta), row index and (g^(w i))."""
        self.weights, self.folded = weights, []
        constraints, sums = 0, 0
        for t, columns in enumerate(self.columns):
            chip, m = self.air.chips[self.index[t][0]], self.heights[t]
            eq = [1]
            for x in weights.zeta[:m]:
                eq = [e * (1 - x) % R for e in eq] + [e * x % R for e in eq]
            width = len(chip.public)
            table = verifier.Table(chip, self.index[t][1], self.scalar(t), m, constraints)
            constraints += chip.n_constraints
            if chip.public:
                table.public_sum = sums
                sums += 1
            vectors = columns["main"] + columns["fixed"] + columns["helper"]
            vectors += [eq, list(range(1 << m)), [pow(self.g, width * i, R) for i in range(1 << m)]]
            self.folded.append((table, vectors))

    def expression(self, table, row):
        """The summand of the sumcheck of one table, on one (interpolated) row."""
        *values, eq, index, weight = row
        chip, w = table.chip, self.weights
        main, fixed = values[: chip.n_main], values[chip.n_main : chip.n_main + chip.n_fixed]
        helper = values[chip.n_main + chip.n_fixed :]
        constraints = chip.evaluate(main, fixed, helper, index, w.scalars, table.scalar, w.alpha, w.beta)
        total = eq * sum(pow(w.eta, table.first_constraint + k, R) * p for k, p in enumerate(constraints))
        total += w.mu * sum(helper)
        if chip.public:
            row_sum = verifier.horner([main[c] for c in chip.public], w.g)
            total += pow(w.mu, 2 + table.public_sum, R) * weight * row_sum
        return total % R

    def round_values(self, j):
        values = [0] * 7
        for table, vectors in self.folded:
            if table.log_height > j:
                for i in range(0, len(vectors[0]), 2):
                    for x in range(7):
                        row = [(vector[i] + x * (vector[i + 1] - vector[i])) % R for vector in vectors]
                        values[x] += self.expression(table, row)
        return [value % R for value in values]

    def bind(self, x):
        self.folded = [
            (table, [fold(v, x) for v in vectors] if len(vectors[0]) > 1 else vectors) for table, vectors in self.folded
        ]

    def leaving_values(self, m):
        return b"".join(
            be32s(vector[0] for vector in vectors[:-3]) for table, vectors in self.folded if table.log_height == m
        )


def held_words(air, trace, statement):
    """The words of every public chip, without the padding rows."""
    held = []
    for (chip, instance), table in zip(air.tables(len(statement.instance_scalars)), trace["tables"]):
        columns = [table["main"][c] for c in air.chips[chip].public]
        if columns:
            held.append({"chip": chip, "instance": instance, "words": [w for row in zip(*columns) for w in row]})
    return held


def main(arguments):
    if len(arguments) < 2:
        print(__doc__, file=sys.stderr)
        return 2
    with open(arguments[0], "rb") as file:
        air_text = file.read()
    prover, cases, key = Prover(air_text), [], None
    for name in arguments[1:]:
        with open(name, encoding="ascii") as file:
            trace = json.load(file)
        digest = keccak256(name.rsplit("/", 1)[-1].encode())
        scalars, instances = ([int(s, 16) for s in trace[k]] for k in ("scalars", "instanceScalars"))
        statement = verifier.Statement(digest, scalars, instances)
        key = prover.key(trace)
        proof = prover.prove(trace, statement)
        cases.append(
            {
                "name": name.rsplit("/", 1)[-1].removesuffix(".json"),
                "statementDigest": "0x" + digest.hex(),
                "scalars": trace["scalars"],
                "instanceScalars": trace["instanceScalars"],
                "held": held_words(prover.air, trace, statement),
                "proof": "0x" + proof.hex(),
            }
        )
    suite = {
        "system": prover.air.name,
        "key": {
            "maxLogSize": key.max_log_size,
            "preprocessed": "0x" + bn254.g1_encode(key.preprocessed).hex(),
            "g2": "0x" + bn254.g2_encode(key.g2).hex(),
            "tauG2": "0x" + bn254.g2_encode(key.tau_g2).hex(),
        },
        "valid": cases,
    }
    json.dump(suite, sys.stdout, indent=1)
    print()
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
