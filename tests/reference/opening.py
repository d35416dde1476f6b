"""Opening of a KZG-committed multilinear polynomial: the verifier, and a prover that knows tau.

The claim is f~(R) = y for the vector f of 2^M words with the commitment C = sum f_i tau^i G1. The fold is
by 8 (three coordinates at a time), the last fold is sent in the clear, and the committed folds are
opened together with SHPLONK. docs/protocol.md, "Opening", has every message and every formula; the
names here are those of that section.
"""

from bn254 import G1, G2, R as r, g1_add, g1_decode, g1_encode, g1_mul, g1_neg, g2_mul, pairing_check


class Reader:
    """Decodes a proof front to back. Anything malformed raises ValueError."""

    def __init__(self, data, at=0):
        self.data, self.at = data, at

    def take(self, length):
        if self.at + length > len(self.data):
            raise ValueError("proof too short")
        self.at += length
        return self.data[self.at - length : self.at]

    def point(self):
        return g1_decode(self.take(64))

    def word(self):
        value = int.from_bytes(self.take(32), "big")
        if value >= r:
            raise ValueError("word not below r")
        return value

    def end(self):
        if self.at != len(self.data):
            raise ValueError("proof too long")


def shape(M):
    """Coordinates that each fold binds, and coordinates left to the tail."""
    folds = max(1, (M - 2) // 3)
    widths = [min(M, 3)] + [3] * (folds - 1)
    return widths, M - sum(widths)


def proof_length(M):
    widths, tail = shape(M)
    words = (2**tail - 1) + sum(2**k - 1 for k in widths) + 1
    return 64 * (len(widths) + 1) + 32 * words


def eq_weights(coordinates):
    """The 2^k products of R_l or 1 - R_l; bit l of the index chooses."""
    weights = [1]
    for x in coordinates:
        weights = [w * (1 - x) % r for w in weights] + [w * x % r for w in weights]
    return weights


def fold_weights(M, R):
    """The weights of every fold, then those of the tail."""
    widths, tail = shape(M)
    weights, at = [], 0
    for k in widths + [tail]:
        weights.append(eq_weights(R[at : at + k]))
        at += k
    return weights


def fold_points(z, widths):
    points = [z]
    for k in widths[1:]:
        points.append(pow(points[-1], 2**k, r))
    return points


def evaluate(coefficients, x):
    value = 0
    for c in reversed(coefficients):
        value = (value * x + c) % r
    return value


def words(values):
    return b"".join(v.to_bytes(32, "big") for v in values)


def remainder_from(weights, differences, value):
    """The words e_b with sum_b weight_b e_b = value and e_b - e_0 = differences; the weights sum to 1."""
    first = (value - sum(w * d for w, d in zip(weights[1:], differences))) % r
    return [first] + [(first + d) % r for d in differences]


def verify(transcript, C, M, R, y, reader, tau_g2, g2=G2):
    """True if the proof that the reader stands at shows f~(R) = y. Raises ValueError if it cannot be decoded."""
    widths, tail = shape(M)
    s = len(widths)
    start = reader.at
    folds = [C] + [reader.point() for _ in range(s - 1)]
    tail_differences = [reader.word() for _ in range(2**tail - 1)]
    if reader.at > start:
        transcript.absorb(reader.data[start : reader.at])
    z = transcript.challenge()
    start = reader.at
    differences = [[reader.word() for _ in range(2**k - 1)] for k in widths]
    if reader.at > start:
        transcript.absorb(reader.data[start : reader.at])
    nu = transcript.challenge()
    Q = reader.point()
    transcript.absorb(g1_encode(Q))
    w = transcript.challenge()
    W = reader.point()
    v = reader.word()

    t = fold_points(z, widths)
    weights = fold_weights(M, R)
    value = evaluate(remainder_from(weights[s], tail_differences, y), t[s - 1])
    rho = [0] * s
    for i in reversed(range(s)):
        remainder = remainder_from(weights[i], differences[i], value)
        rho[i] = evaluate(remainder, w)
        if i > 0:
            value = evaluate(remainder, t[i - 1])

    divisors = [(pow(w, 2 ** widths[i], r) - t[i]) % r for i in range(s)]
    product = 1
    for divisor in divisors:
        product = product * divisor % r
    if v * product % r != 1:
        return False
    A = g1_add(g1_neg(Q), g1_mul(W, w))
    constant = 0
    for i in range(s):
        c = pow(nu, i, r) * v % r
        for j in range(s):
            if j != i:
                c = c * divisors[j] % r
        A = g1_add(A, g1_mul(folds[i], c))
        constant += c * rho[i]
    A = g1_add(A, g1_mul(G1, -constant))
    return pairing_check([(A, g2), (g1_neg(W), tau_g2)])


# --- The prover, for vectors: commitments are f(tau) G1, so it needs tau itself ---------------------


def commit(coefficients, tau):
    return g1_mul(G1, evaluate(coefficients, tau))


def divide(f, m, t):
    """Quotient and remainder of f by X^m - t."""
    quotient = [0] * max(len(f) - m, 0)
    for j in reversed(range(len(quotient))):
        quotient[j] = (f[j + m] + (t * quotient[j + m] if j + m < len(quotient) else 0)) % r
    remainder = [(f[b] + (t * quotient[b] if b < len(quotient) else 0)) % r for b in range(m)]
    return quotient, remainder


def prove(transcript, f, R, tau, tamper=lambda name, message: message):
    """The proof bytes for f~(R). A cheating prover's `tamper` changes a message before it is absorbed."""
    M = len(R)
    widths, tail = shape(M)
    s = len(widths)
    weights = fold_weights(M, R)
    folds = [f]
    for i in range(s):
        m = 2 ** widths[i]
        folds.append([evaluate_fold(weights[i], folds[i][j : j + m]) for j in range(0, len(folds[i]), m)])
    last = folds.pop()[: 2**tail]  # the whole of it, unless f is longer than 2^M (a test does that)
    message = b"".join(g1_encode(commit(g, tau)) for g in folds[1:])
    message += words((c - last[0]) % r for c in last[1:])
    message = proof = tamper("folds", message)
    if message:
        transcript.absorb(message)
    t = fold_points(transcript.challenge(), widths)
    parts = [divide(folds[i], 2 ** widths[i], t[i]) for i in range(s)]
    message = b"".join(words((e - rem[0]) % r for e in rem[1:]) for _, rem in parts)
    message = tamper("differences", message)
    proof += message
    if message:
        transcript.absorb(message)
    nu = transcript.challenge()
    Q = [0] * len(f)
    for i, (quotient, _) in enumerate(parts):
        for j, c in enumerate(quotient):
            Q[j] = (Q[j] + pow(nu, i, r) * c) % r
    message = tamper("quotient", g1_encode(commit(Q, tau)))
    proof += message
    transcript.absorb(message)
    w = transcript.challenge()
    v, L = 1, [-c for c in Q]
    for i in range(s):
        divisor = (pow(w, 2 ** widths[i], r) - t[i]) % r
        v = v * divisor % r
        c = pow(nu, i, r) * pow(divisor, -1, r) % r
        for j, coefficient in enumerate(folds[i]):
            L[j] = (L[j] + c * coefficient) % r
        L[0] = (L[0] - c * evaluate(parts[i][1], w)) % r
    quotient, remainder = divide(L, 1, w)
    if remainder != [0]:
        raise AssertionError("the combination does not vanish at w")
    return proof + g1_encode(commit(quotient, tau)) + words([pow(v, -1, r)])


def evaluate_fold(weights, values):
    return sum(w * v for w, v in zip(weights, values)) % r


def evaluate_mle(f, R):
    """f~(R), one coordinate at a time."""
    for x in R:
        f = [(f[j] * (1 - x) + f[j + 1] * x) % r for j in range(0, len(f), 2)]
    return f[0]


if __name__ == "__main__":
    import random
    from transcript import Transcript

    rng = random.Random(1)
    tau = rng.randrange(r)
    for M in (0, 1, 3, 4, 8, 11):
        f = [rng.randrange(r) for _ in range(2**M)]
        R = [rng.randrange(r) for _ in range(M)]
        y, C = evaluate_mle(f, R), commit(f, tau)
        proof = prove(Transcript(), f, R, tau)
        assert len(proof) == proof_length(M)
        for claim, verdict in ((y, True), (y + 1, False)):
            reader = Reader(proof)
            assert verify(Transcript(), C, M, R, claim, reader, g2_mul(G2, tau)) == verdict
            reader.end()
        print("opening: M = %d ok, %d bytes" % (M, len(proof)))
