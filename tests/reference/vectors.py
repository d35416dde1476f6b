"""Vectors of block proofs: suites of valid cases, and alterations of them that every verifier must reject.

    python3 vectors.py make SEED AIR.json SUITE.json    adds alterations to a suite of valid cases, to stdout
    python3 vectors.py check [-n COUNT] AIR.json SUITE.json..   runs the Python verifier, COUNT alterations of each suite

A suite (tests/vectors/proofs/*.json):
    {"system": S, "key": {"maxLogSize", "preprocessed", "g2", "tauG2"},
     "valid": [{"name", "statementDigest", "scalars", "instanceScalars",
                "held": [{"chip", "instance", "words"}], "proof"}, ..],
     "altered": {"name": [..], "base": [..], "kind": [..], "offset": [..], "value": [..]}}
An alteration is one column of "altered": valid case number `base`, changed in one way. Kinds:
    0 proof: the bytes at `offset` become `value`      1 proof: cut to `offset` bytes
    2 proof: `value` appended                          3 public scalar number `offset` becomes `value`
    4 instance scalar number `offset` becomes `value`  5 the statement's digest becomes `value`
    6 held column offset >> 16: word offset & 0xffff becomes `value`
    7 held column offset >> 16: the words from offset & 0xffff on are dropped
    8 held column offset >> 16: the word `value` is appended (offset & 0xffff) times
"""

import json
import random
import sys

import bn254
import opening
import verifier

R, Q = bn254.R, bn254.Q
PROOF, CUT, APPEND, SCALAR, INSTANCE, DIGEST, HELD, HELD_CUT, HELD_APPEND = range(9)


def be32(value):
    return value.to_bytes(32, "big")


def regions(air, case):
    """(name, kind, offset) of every byte of the heights block, every word and every point of a valid proof, in order."""
    proof = verifier.unhex(case["proof"])
    index = air.tables(len(case["instanceScalars"]))
    result, pos = [], 0
    heights = proof[: len(index)]
    log_size, n = proof[len(index)], max(heights)

    def add(name, kind, count=1):
        nonlocal pos
        size = {"byte": 1, "word": 32, "point": 64}[kind]
        for i in range(count):
            result.append((f"{name} {i}" if count > 1 else name, kind, pos))
            pos += size

    def cells(part):
        return sum(getattr(air.chips[c], part) << m for (c, _), m in zip(index, heights))

    def leave(m):
        for (c, i), height in zip(index, heights):
            if height == m:
                for part in ("main", "fixed", "helper"):
                    add(f"{air.chips[c].name}.{i} {part}", "word", getattr(air.chips[c], "n_" + part))

    add("height", "byte", len(index))
    add("log size", "byte")
    add("heights padding", "byte", -pos % 32)
    add("main commitment", "point", -(-cells("n_main") >> log_size))
    add("helper commitment", "point", -(-cells("n_helper") >> log_size))
    add("public sum", "word", sum(bool(air.chips[c].public) for c, _ in index))
    leave(0)
    for j in range(n):
        add(f"round {j} value", "word", 6)
        leave(j + 1)
    widths, tail = opening.shape(log_size)
    add("fold commitment", "point", len(widths) - 1)
    add("tail difference", "word", 2**tail - 1)
    add("fold difference", "word", sum(2**k - 1 for k in widths))
    add("quotient", "point")
    add("opening proof", "point")
    add("inverse", "word")
    assert pos == len(proof), (pos, len(proof))
    return result


def proof_alterations(rng, air, case):
    """(name, kind, offset, value) for every region of the proof."""
    proof = verifier.unhex(case["proof"])
    for name, kind, offset in regions(air, case):
        if kind == "byte":
            old = proof[offset]
            if name.startswith("heights padding") and rng.randrange(6) != 0:
                continue
            for new in {(old + 1) % 256, (old - 1) % 256, 255} - {old}:
                yield f"{name} is {new}", PROOF, offset, bytes([new])
        elif kind == "word":
            old = int.from_bytes(proof[offset : offset + 32], "big")
            choice = rng.randrange(4)
            yield f"{name} plus r", PROOF, offset, be32(old + R)
            if choice == 0:
                yield f"{name} plus 1", PROOF, offset, be32((old + 1) % R)
            elif choice == 1:
                yield f"{name} random", PROOF, offset, be32(rng.randrange(R))
            elif choice == 2 and old != 0:
                yield f"{name} negated", PROOF, offset, be32(-old % R)
            elif old != 0:
                yield f"{name} zero", PROOF, offset, be32(0)
        else:
            old = proof[offset : offset + 64]
            point = bn254.g1_decode(old)
            x, y = point or (0, 0)
            options = {
                "plus G": bn254.g1_encode(bn254.g1_add(point, bn254.G1)),
                "off the curve": be32(x) + be32((y + 1) % Q),
                "x plus q": be32(x + Q) + be32(y),
                "y plus q": be32(x) + be32(y + Q),
                "identity": bytes(64),
                "negated": bn254.g1_encode(bn254.g1_neg(point)),
                "x and y swapped": be32(y) + be32(x),
                "all ones": b"\xff" * 64,
            }
            for what, new in options.items():
                if new != old:
                    yield f"{name} {what}", PROOF, offset, new
    words = [(name, offset) for name, kind, offset in regions(air, case) if kind == "word"]
    for (name, offset), (_, following) in zip(words, words[1:]):
        pair = proof[offset : offset + 64]
        if following == offset + 32 and pair[:32] != pair[32:] and rng.randrange(8) == 0:
            yield f"{name} swapped with the next word", PROOF, offset, pair[32:] + pair[:32]
    for length in (0, 1, 32, len(proof) - 64, len(proof) - 32, len(proof) - 1):
        yield f"cut to {length} bytes", CUT, length, b""
    for tail in (b"\x00", bytes(32), b"\x01" * 32, bytes(64)):
        yield f"{len(tail)} bytes more", APPEND, 0, tail


def statement_alterations(air, case, others):
    digest = verifier.unhex(case["statementDigest"])
    yield "other statement digest", DIGEST, 0, bytes([digest[0] ^ 1]) + digest[1:]
    for kind, key in ((SCALAR, "scalars"), (INSTANCE, "instanceScalars")):
        for i, word in enumerate(verifier.number(w) for w in case[key]):
            yield f"{key} {i} plus 1", kind, i, be32((word + 1) % R)
            yield f"{key} {i} plus r", kind, i, be32(word + R)
    for h, held in enumerate(case["held"]):
        words = [verifier.number(w) for w in held["words"]]
        name = f"held column {held['chip']}.{held['instance']}"
        width = len(air.chips[held["chip"]].public)
        for i in {0, len(words) // 2, len(words) - 1} if words else ():
            yield f"{name} word {i} plus 1", HELD, h << 16 | i, be32((words[i] + 1) % R)
            yield f"{name} word {i} plus r", HELD, h << 16 | i, be32(words[i] + R)
            if any(words[i:]):
                yield f"{name} cut to {i} words", HELD_CUT, h << 16 | i, b""
        yield f"{name} a word 1 more", HELD_APPEND, h << 16 | 1, be32(1)
        rows = len(words) // width
        room = (1 << max(rows - 1, 0).bit_length()) * width - len(words)
        yield f"{name} zeros beyond the last row", HELD_APPEND, h << 16 | room + 1, be32(0)
    for other in others:
        if other["proof"] != case["proof"]:
            yield f"proof of {other['name']}", PROOF, 0, verifier.unhex(other["proof"])[:64]


def make(seed, air, suite):
    rng = random.Random(seed)
    columns = {"name": [], "base": [], "kind": [], "offset": [], "value": []}
    for base, case in enumerate(suite["valid"]):
        others = suite["valid"][:base] + suite["valid"][base + 1 :]
        alterations = list(proof_alterations(rng, air, case)) + list(statement_alterations(air, case, others))
        for name, kind, offset, value in alterations:
            columns["name"].append(f"{case['name']}: {name}")
            columns["base"].append(base)
            columns["kind"].append(kind)
            columns["offset"].append(offset)
            columns["value"].append("0x" + value.hex())
    return suite | {"altered": columns}


def altered_case(suite, i):
    """The case that alteration i makes."""
    columns = suite["altered"]
    case = json.loads(json.dumps(suite["valid"][columns["base"][i]]))
    kind, offset, text = columns["kind"][i], columns["offset"][i], columns["value"][i]
    proof, value = verifier.unhex(case["proof"]), verifier.unhex(text)
    held, word = offset >> 16, offset & 0xFFFF
    if kind == PROOF:
        proof = proof[:offset] + value + proof[offset + len(value) :]
    elif kind == CUT:
        proof = proof[:offset]
    elif kind == APPEND:
        proof += value
    elif kind == SCALAR:
        case["scalars"][offset] = text
    elif kind == INSTANCE:
        case["instanceScalars"][offset] = text
    elif kind == DIGEST:
        case["statementDigest"] = text
    elif kind == HELD:
        case["held"][held]["words"][word] = text
    elif kind == HELD_CUT:
        del case["held"][held]["words"][word:]
    elif kind == HELD_APPEND:
        case["held"][held]["words"] += [text] * word
    else:
        raise ValueError(f"unknown kind {kind}")
    case["proof"] = "0x" + proof.hex()
    return case


def check(air_text, suite, count):
    """Runs the valid cases and `count` alterations, evenly spread (all if count is None); returns the wrong ones."""
    key = verifier.load_key(air_text, suite["key"])
    wrong = []
    for case in suite["valid"]:
        reason = verifier.check_case(key, case)
        if reason is not None:
            wrong.append(f"{case['name']}: rejected, {reason}")
    total = len(suite.get("altered", {"name": []})["name"])
    step = 1 if count is None or count >= total else -(-total // count)
    reasons = {}
    for i in range(0, total, step):
        reason = verifier.check_case(key, altered_case(suite, i))
        reasons[reason] = reasons.get(reason, 0) + 1
        if reason is None:
            wrong.append(f"{suite['altered']['name'][i]}: accepted")
    return wrong, reasons


def main(arguments):
    if len(arguments) == 4 and arguments[0] == "make":
        with open(arguments[2], "rb") as file:
            air_text = file.read()
        with open(arguments[3], encoding="ascii") as file:
            suite = json.load(file)
        json.dump(make(int(arguments[1]), verifier.Air(air_text), suite), sys.stdout, indent=0)
        print()
        return 0
    if len(arguments) < 3 or arguments[0] != "check":
        print(__doc__, file=sys.stderr)
        return 2
    count = None
    if arguments[1] == "-n":
        count, arguments = int(arguments[2]), arguments[:1] + arguments[3:]
    with open(arguments[1], "rb") as file:
        air_text = file.read()
    failed = False
    for name in arguments[2:]:
        with open(name, encoding="ascii") as file:
            suite = json.load(file)
        wrong, reasons = check(air_text, suite, count)
        print(f"{suite['system']}: {len(suite['valid'])} valid, {sum(reasons.values())} altered")
        for reason, times in sorted(reasons.items(), key=lambda item: -item[1]):
            print(f"    {times:5} {reason}")
        for line in wrong:
            print("    WRONG", line)
        failed |= bool(wrong)
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
