"""The rollup's state machine in replay mode, written from docs/protocol.md apart from the C code.

    python3 rollup.py check BLOCKS.json      replays the blocks from their logs alone and checks every digest,
                                             the outboxes, the roots, the final state, and each operation's
                                             message, signature, ids and request hash

Slow and plain: dictionaries, Python integers, one function per operation.
"""

import json
import math
import os
import sys

from keccak import keccak256

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..", "tools"))
import poseidon2_constants as p2  # noqa: E402
from books import Pool  # noqa: E402

R = p2.R
AMOUNT = 1 << 112
DEPTH = 18
LOG_PIECE = 3968
NAMES = ["", "Deposit", "SetSigningKey", "FullExit", "ChangePubKey", "Transfer", "TransferToAddress", "CreatePool",
         "AddLiquidityFirst", "AddLiquidity", "RemoveLiquidity", "Swap", "Withdraw", "CreateStablePool",
         "AddLiquidityOne", "RemoveLiquidityOne", "ForcedExit", "SwapRequest", "AddLiquidityRequest",
         "RemoveLiquidityRequest"]
N_WORDS = [0, 2, 4, 3, 4, 1, 2, 1, 2, 2, 2, 1, 3, 2, 2, 2, 3, 4, 4, 4]
REQUESTS = (1, 2, 3, 17, 18, 19)
DONE, BELOW_MINIMUM, EXPIRED, IMPOSSIBLE = 0, 1, 2, 3
STABLE_CAP = 2**112 - 2
PRE = [("type", 8), ("acc", 28), ("slot_fee", 8), ("slot_feeacc", 8), ("mant", 32), ("exp", 3)]
LAYOUT = {
    1: [[("type", 8), ("acc", 28), ("slot_x", 8), ("token", 40), ("amount", 112)], "owner"],
    2: [[("type", 8), ("acc", 28), ("ok", 1)], "owner", "ax", "ay"],
    3: [[("type", 8), ("acc", 28), ("slot_x", 8), ("ok", 1), ("token", 40), ("amount", 112)], "owner", "to"],
    4: [PRE + [("token_fee", 40), ("nonce", 32), ("chain", 8)], "address", "ax", "ay"],
    5: [PRE + [("peer", 28), ("slot_x", 8), ("slot_px", 8), ("amount", 112)]],
    6: [PRE + [("peer", 28), ("slot_x", 8), ("slot_px", 8), ("amount", 112)], "owner"],
    7: [PRE + [("peer", 28), ("pool_fee", 16), ("token_a", 40), ("token_b", 40)]],
    8: [PRE + [("peer", 28), ("slot_x", 8), ("slot_y", 8), ("slot_lp", 8)], [("a", 112), ("b", 112)]],
    9: [PRE + [("peer", 28), ("slot_x", 8), ("slot_y", 8), ("slot_lp", 8)], [("shares", 112)]],
    10: [PRE + [("peer", 28), ("slot_x", 8), ("slot_y", 8), ("slot_lp", 8)], [("shares", 112)]],
    11: [PRE + [("peer", 28), ("slot_x", 8), ("slot_y", 8), ("dir", 1), ("amount", 112)]],
    12: [PRE + [("slot_x", 8), ("token", 40), ("amount", 112)], "to", [("nonce", 32), ("broker_fee", 112)]],
    13: [PRE + [("peer", 28), ("pool_fee", 16), ("token_a", 40), ("token_b", 40)],
         [("amp", 16), ("mult_a", 40), ("mult_b", 40)]],
    14: [PRE + [("peer", 28), ("slot_x", 8), ("slot_lp", 8), ("dir", 1)], [("amount", 112)]],
    15: [PRE + [("peer", 28), ("slot_x", 8), ("slot_lp", 8), ("dir", 1)], [("amount", 112)]],
    16: [PRE + [("peer", 28), ("slot_px", 8), ("token", 40)], "to", [("amount", 112), ("nonce", 32)]],
    17: [[("type", 8), ("outcome", 2), ("peer", 28), ("token", 40), ("amount", 112), ("deadline", 40)],
         [("min", 112), ("result", 112)], [("token_out", 40), ("to", 160), ("index", 40)],
         [("refund", 160), ("mant", 32), ("exp", 3), ("broker", 24), ("exclusive", 34)]],
    18: [[("type", 8), ("outcome", 2), ("peer", 28), ("token", 40), ("amount", 112), ("deadline", 40)],
         [("min", 112), ("result", 112)], [("acc", 28), ("exit", 160), ("index", 40)], "refund"],
    19: [[("type", 8), ("outcome", 2), ("acc", 28), ("peer", 28), ("token", 40), ("amount", 112)],
         [("min", 112), ("result", 112)], "position", [("to", 160), ("deadline", 40)]],
}
# Besides the outcome, what the template has 0 in: (word, first bit, bits).
OPERATORS_PART = {17: [(1, 112, 112)], 18: [(1, 112, 112), (2, 0, 28)], 19: [(1, 112, 112)]}


class Invalid(Exception):
    pass


def need(condition, why):
    if not condition:
        raise Invalid(why)


def word(v):
    return v.to_bytes(32, "big")


def keccak_words(values):
    return keccak256(b"".join(word(v) for v in values))


def unpack(w, fields):
    out = {}
    for name, bits in fields:
        out[name] = w & ((1 << bits) - 1)
        w >>= bits
    need(w == 0, "bits beyond the last field")
    return out


def pack(values):
    """((value, bits), ..), least significant first."""
    w, shift = 0, 0
    for value, bits in values:
        assert 0 <= value < 1 << bits
        w |= value << shift
        shift += bits
    return w


# ---- Poseidon2, tree, records ----

FULL_A = [[p2.constant() for _ in range(4)] for _ in range(4)]
PARTIAL = [p2.constant() for _ in range(56)]
FULL_B = [[p2.constant() for _ in range(4)] for _ in range(4)]
MU = p2.internal_diagonal()
EXTERNAL = [[5, 7, 1, 3], [4, 6, 1, 1], [1, 3, 5, 7], [1, 1, 4, 6]]


def external(s):
    return [sum(m * x for m, x in zip(row, s)) % R for row in EXTERNAL]


def compress(a, b, c, d):
    s = external([a, b, c, d])
    for rounds in (FULL_A, None, FULL_B):
        if rounds is None:
            for k in PARTIAL:
                s[0] = pow(s[0] + k, 5, R)
                total = sum(s)
                s = [(total + m * x) % R for m, x in zip(MU, s)]
        else:
            for k in rounds:
                s = external([pow(x + y, 5, R) for x, y in zip(s, k)])
    return (s[0] + a) % R


EMPTY_NODE = [0] * (DEPTH + 1)
for _level in range(DEPTH - 1, -1, -1):
    EMPTY_NODE[_level] = compress(*[EMPTY_NODE[_level + 1]] * 4)


def leaf_value(slot, record):
    if record is None:
        return 0
    if slot == 0:
        tag, r = record
        return compress(r[0] + (tag << 200), r[1], r[2], r[3])
    token, amount = record
    return amount + (token << 112) + (1 << 152)


class State:
    """records[(account, slot)]: slot 0: (tag, [r0..r3]); others: (token, amount > 0)."""

    def __init__(self):
        self.records, self.nodes, self.dirty = {}, {}, set()

    def account(self, account):
        return self.records.get((account, 0), (0, [0, 0, 0, 0]))

    def put(self, account, slot, record):
        self.dirty.add(256 * account + slot)
        if record is None:
            self.records.pop((account, slot), None)
        else:
            self.records[(account, slot)] = record

    def balance(self, account, slot):
        need(slot != 0, "slot 0 holds no balance")
        return self.records.get((account, slot), (None, 0))

    def debit(self, account, slot, token, amount):
        """token None: whatever the slot holds. Returns the token."""
        held, old = self.balance(account, slot)
        need(held is not None and token in (None, held), "no such balance")
        need(old >= amount, "balance too low")
        self.put(account, slot, (held, old - amount) if old > amount else None)
        return held

    def credit(self, account, slot, token, amount):
        held, old = self.balance(account, slot)
        need(held in (None, token), "another token in the slot")
        need(old + amount < AMOUNT, "balance overflow")
        self.put(account, slot, (token, old + amount) if old + amount else None)

    def root(self):
        nodes, touched = self.nodes, sorted(self.dirty)
        for index in touched:
            nodes[(DEPTH, index)] = leaf_value(index % 256, self.records.get((index // 256, index % 256)))
        for level in range(DEPTH - 1, -1, -1):
            touched = sorted({i // 4 for i in touched})
            for i in touched:
                children = [nodes.get((level + 1, 4 * i + k), EMPTY_NODE[level + 1]) for k in range(4)]
                nodes[(level, i)] = compress(*children)
        self.dirty = set()
        return nodes.get((0, 0), EMPTY_NODE[0])


# ---- operations; each returns the chains whose outbox it enters ----


def owned(record, owner):
    """The account is the owner's: same authority, or authority any."""
    return record[0] in (2, 3) and record[1][0] in (owner, owner % 2**160)


def ceil_div(a, b):
    return -(-a // b)


def deposit(s, o, ctx):
    account = s.account(o["acc"])
    need(o["owner"] >> 160 == o["token"] >> 32, "authority is the token's chain")
    if account[0] == 0:
        s.put(o["acc"], 0, (2, [o["owner"], 0, 0, 0]))
    else:
        need(owned(account, o["owner"]), "owner")
    s.credit(o["acc"], o["slot_x"], o["token"], o["amount"])
    return [o["token"] >> 32]


def set_signing_key(s, o, ctx):
    tag, r = account = s.account(o["acc"])
    need(o["ok"] == owned(account, o["owner"]), "outcome")
    if o["ok"]:
        s.put(o["acc"], 0, (3, [r[0], r[1], o["ax"], o["ay"]]))
    return [o["owner"] >> 160]


def full_exit(s, o, ctx):
    token, amount = None, 0
    if owned(s.account(o["acc"]), o["owner"]):
        token, amount = s.balance(o["acc"], o["slot_x"])
    paid = token is not None and token >> 32 != 0
    need((o["ok"], o["token"], o["amount"]) == ((1, token, amount) if paid else (0, 0, 0)), "outcome")
    chains = [o["owner"] >> 160]
    if paid:
        s.put(o["acc"], o["slot_x"], None)
        chains += [token >> 32] if token >> 32 != chains[0] else []
    return chains


def pay_fee(s, o, ctx):
    fee = o["mant"] << (8 * o["exp"])
    token = s.debit(o["acc"], o["slot_fee"], o.get("token_fee"), fee)
    need(s.account(ctx["fee_account"])[0] in (2, 3), "fee account")
    s.credit(ctx["fee_account"], o["slot_feeacc"], token, fee)


def change_pub_key(s, o, ctx):
    tag, r = s.account(o["acc"])
    need(tag in (2, 3) and r[0] in (o["address"], o["address"] + (o["chain"] << 160)), "owner")
    need(r[1] == o["nonce"], "nonce")
    s.put(o["acc"], 0, (3, [o["address"], r[1] + 1, o["ax"], o["ay"]]))
    pay_fee(s, o, ctx)
    return [o["chain"]]


def transfer(s, o, ctx):
    token = s.debit(o["acc"], o["slot_x"], None, o["amount"])
    tag, r = s.account(o["peer"])
    if o["type"] == 6 and tag == 0:
        need(0 < o["owner"] >> 160 < 256, "authority")
        s.put(o["peer"], 0, (2, [o["owner"], 0, 0, 0]))
    else:
        need(tag in (2, 3) and (o["type"] == 5 or r[0] == o["owner"]), "receiver")
    s.credit(o["peer"], o["slot_px"], token, o["amount"])
    return []


def create_pool(s, o, ctx):
    need(s.account(o["peer"])[0] == 0, "taken")
    need(o["token_a"] < o["token_b"] and o["pool_fee"] < 10000, "pool")
    if o["type"] == 13:
        need(o["amp"] and o["mult_a"] and o["mult_b"], "curve")
        curve = pack([(o["pool_fee"], 16), (o["amp"], 16), (o["mult_a"], 40), (o["mult_b"], 40)])
        s.put(o["peer"], 0, (5, [o["token_a"], o["token_b"], curve, 0]))
    else:
        s.put(o["peer"], 0, (4, [o["token_a"], o["token_b"], o["pool_fee"], 0]))
    return []


def pool_at(s, account):
    """A pool (tools/books.py has the formulas), or None."""
    tag, r = s.account(account)
    if tag not in (4, 5):
        return None
    fee, amp, a, b = (r[2] >> at & (1 << bits) - 1 for at, bits in ((0, 16), (16, 16), (32, 40), (72, 40)))
    pool = Pool([r[0], r[1]], fee, *((amp, (a, b)) if tag == 5 else ()))
    pool.reserve = [s.balance(account, 1)[1], s.balance(account, 2)[1]]
    pool.supply = r[3]
    return pool


def pool_of(s, o):
    pool = pool_at(s, o["peer"])
    need(pool is not None, "no pool")
    return pool


def set_supply(s, account, supply):
    tag, r = s.account(account)
    need(supply < AMOUNT, "too many shares")
    s.put(account, 0, (tag, [*r[:3], supply]))


def fits(pool, i, amount):
    """The cap of stable pools, with so much more of token i."""
    return pool.amp is None or sum(pool.scaled()) + pool.scale[i] * amount <= STABLE_CAP


def tradable(pool):
    return pool.supply > 0 and (min(pool.reserve) > 0 or pool.amp is None)


def add_liquidity(s, o, ctx):
    pool = pool_of(s, o)
    supply = pool.supply
    if o["type"] == 8:
        a, b = o["a"], o["b"]
        need(supply == 0, "not the first liquidity")
        need(pool.amp is None or sum(m * x for m, x in zip(pool.scale, (a, b))) <= STABLE_CAP, "cap")
        pool.add([a, b])
        total = pool.supply
        shares = total - 1000
        need(shares >= 1, "first liquidity")
    else:
        need(supply > 0, "empty pool")
        shares = o["shares"]
        total = supply + shares
        a, b = (ceil_div(shares * r, supply) for r in pool.reserve)
        need(pool.amp is None or sum(pool.scaled()) + pool.scale[0] * a + pool.scale[1] * b <= STABLE_CAP, "cap")
    need(total < AMOUNT and a < AMOUNT and b < AMOUNT, "too much")
    ta, tb = pool.tokens
    s.debit(o["acc"], o["slot_x"], ta, a)
    s.debit(o["acc"], o["slot_y"], tb, b)
    set_supply(s, o["peer"], total)
    s.credit(o["peer"], 1, ta, a)
    s.credit(o["peer"], 2, tb, b)
    s.credit(o["acc"], o["slot_lp"], o["peer"], shares)
    return []


def remove_liquidity(s, o, ctx):
    pool = pool_of(s, o)
    shares, supply = o["shares"], pool.supply
    need(0 < supply >= shares, "shares")
    a, b = (shares * r // supply for r in pool.reserve)
    ta, tb = pool.tokens
    s.credit(o["acc"], o["slot_x"], ta, a)
    s.credit(o["acc"], o["slot_y"], tb, b)
    set_supply(s, o["peer"], supply - shares)
    s.debit(o["peer"], 1, ta, a)
    s.debit(o["peer"], 2, tb, b)
    s.debit(o["acc"], o["slot_lp"], o["peer"], shares)
    return []


def swap(s, o, ctx):
    pool, i, amount = pool_of(s, o), o["dir"], o["amount"]
    need(tradable(pool) and fits(pool, i, amount), "the pool cannot")
    need(pool.amp or 10000 * pool.reserve[i] + amount * (10000 - pool.fee) > 0, "empty pool")
    out = pool.quote(i, amount)
    s.debit(o["acc"], o["slot_x"], pool.tokens[i], amount)
    s.credit(o["acc"], o["slot_y"], pool.tokens[1 - i], out)
    s.credit(o["peer"], 1 + i, pool.tokens[i], amount)
    s.debit(o["peer"], 2 - i, pool.tokens[1 - i], out)
    return []


def add_one(s, o, ctx):
    pool, i, amount = pool_of(s, o), o["dir"], o["amount"]
    need(pool.supply > 0 and min(pool.reserve) > 0 and fits(pool, i, amount), "the pool cannot")
    shares = pool.add_one(i, amount)
    s.debit(o["acc"], o["slot_x"], pool.tokens[i], amount)
    set_supply(s, o["peer"], pool.supply)
    s.credit(o["peer"], 1 + i, pool.tokens[i], amount)
    s.credit(o["acc"], o["slot_lp"], o["peer"], shares)
    return []


def remove_one(s, o, ctx):
    pool, i, shares = pool_of(s, o), o["dir"], o["amount"]
    need(shares < pool.supply and min(pool.reserve) > 0, "the pool cannot")
    out = pool.remove_one(i, shares)
    s.credit(o["acc"], o["slot_x"], pool.tokens[i], out)
    set_supply(s, o["peer"], pool.supply)
    s.debit(o["peer"], 1 + i, pool.tokens[i], out)
    s.debit(o["acc"], o["slot_lp"], o["peer"], shares)
    return []


def forced_exit(s, o, ctx):
    tag, r = s.account(o["peer"])
    need(tag == 2 and r[0] % 2**160 == o["to"] and r[0] >> 160 in (0, o["token"] >> 32), "whose account it is")
    need(o["token"] >> 32 != 0 and o["amount"] == s.balance(o["peer"], o["slot_px"])[1], "all of it")
    s.debit(o["peer"], o["slot_px"], o["token"], o["amount"])
    return [o["token"] >> 32]


# ---- requests on pools: (outcome, result) of what the pool gives; the log must say just that ----


def outcome(o, ctx, possible, result):
    """result(): what the pool gives; only asked where it can."""
    if ctx["timestamp"] > o["deadline"]:
        return EXPIRED, 0
    if not possible:
        return IMPOSSIBLE, 0
    given = result()
    return (DONE, given) if given >= max(1, o["min"]) else (BELOW_MINIMUM, 0)


def swap_request(s, o, ctx):
    pool = pool_at(s, o["peer"])
    possible = pool is not None and tradable(pool) and {o["token"], o["token_out"]} == set(pool.tokens)
    i = pool.tokens.index(o["token"]) if possible else 0
    possible = possible and fits(pool, i, o["amount"])
    need((o["outcome"], o["result"]) == outcome(o, ctx, possible, lambda: pool.quote(i, o["amount"])), "outcome")
    chains = [o["token"] >> 32]
    if o["outcome"] == DONE:
        s.credit(o["peer"], 1 + i, o["token"], o["amount"])
        s.debit(o["peer"], 2 - i, o["token_out"], o["result"])
        chains += [o["token_out"] >> 32] if o["token_out"] >> 32 != chains[0] else []
    return chains


def add_liquidity_request(s, o, ctx):
    pool = pool_at(s, o["peer"])
    possible = pool is not None and pool.supply > 0 and min(pool.reserve) > 0 and o["token"] in pool.tokens
    i = pool.tokens.index(o["token"]) if possible else 0
    possible = possible and fits(pool, i, o["amount"])
    if possible:
        shares = pool.add_one(i, o["amount"])
        possible = pool.supply < AMOUNT
    need((o["outcome"], o["result"]) == outcome(o, ctx, possible, lambda: shares), "outcome")
    if o["outcome"] == DONE:
        need(s.account(o["acc"])[0] == 0, "taken")
        position = (o["token"] >> 32 << 160) + o["index"]
        s.put(o["acc"], 0, (6, [position, o["peer"], o["exit"], o["result"]]))
        set_supply(s, o["peer"], pool.supply)
        s.credit(o["peer"], 1 + i, o["token"], o["amount"])
    else:
        need(o["acc"] == 0, "an account without a position")
    return [o["token"] >> 32]


def remove_liquidity_request(s, o, ctx):
    pool = pool_at(s, o["peer"])
    tag, r = s.account(o["acc"])
    possible = tag == 6 and r[:2] == [o["position"], o["peer"]] and o["amount"] <= r[3] and o["token"] in pool.tokens
    if possible:
        i = pool.tokens.index(o["token"])
        out = pool.remove_one(i, o["amount"])
    need((o["outcome"], o["result"]) == outcome(o, ctx, possible, lambda: out), "outcome")
    chains = [o["position"] >> 160]
    if o["outcome"] == DONE:
        s.put(o["acc"], 0, (6, [*r[:3], r[3] - o["amount"]]))
        set_supply(s, o["peer"], pool.supply)
        s.debit(o["peer"], 1 + i, o["token"], out)
        chains += [o["token"] >> 32] if o["token"] >> 32 != chains[0] else []
    return chains


def withdraw(s, o, ctx):
    need(o["token"] >> 32 != 0, "shares")
    s.debit(o["acc"], o["slot_x"], o["token"], o["amount"])
    return [o["token"] >> 32]


APPLY = [None, deposit, set_signing_key, full_exit, change_pub_key, transfer, transfer, create_pool, add_liquidity,
         add_liquidity, remove_liquidity, swap, withdraw, create_pool, add_one, remove_one, forced_exit, swap_request,
         add_liquidity_request, remove_liquidity_request]


def decode(log, pos):
    kind = log[pos] & 0xff
    need(1 <= kind <= 19, "type")
    words = log[pos:pos + N_WORDS[kind]]
    need(len(words) == N_WORDS[kind], "log ends inside an operation")
    o = {}
    for w, layout in zip(words, LAYOUT[kind]):
        o.update({layout: w} if isinstance(layout, str) else unpack(w, layout))
    need(o.get("owner", 0) < 1 << 168 and all(o.get(n, 0) < 1 << 160 for n in ("address", "to", "refund")), "address")
    need(o.get("position", 0) < 1 << 168 and o.get("position", 0) % 2**160 < 1 << 40, "position")
    return o, words + [0] * (4 - len(words))


def apply_signed(s, o, ctx):
    tag, r = s.account(o["acc"])
    need(tag == 3 and r[1] < 2**32 and o.get("nonce", r[1]) == r[1], "signer")
    s.put(o["acc"], 0, (3, [r[0], r[1] + 1, r[2], r[3]]))
    pay_fee(s, o, ctx)
    return APPLY[o["type"]](s, o, ctx)


def request_hash(words, kind):
    if kind >= 17:
        template = list(words)
        for i, at, bits in [(0, 8, 2), *OPERATORS_PART[kind]]:
            template[i] &= ~((1 << bits) - 1 << at)
        return template, keccak_words(template)
    keep = {1: {"type", "token", "amount"}, 2: {"type", "acc"}, 3: {"type", "acc", "slot_x"}}[kind]
    fields = unpack(words[0], LAYOUT[kind][0])
    template = [pack((fields[n] if n in keep else 0, bits) for n, bits in LAYOUT[kind][0])] + words[1:]
    return template, keccak_words(template)


def replay(s, log, ctx, chains):
    """Applies a log; returns (operations as (type, words, key record before), outboxes, requests per chain)."""
    pos, ops = 0, []
    outboxes, requests = {c: [] for c in chains}, {c: [] for c in chains}
    while pos < len(log):
        o, words = decode(log, pos)
        kind, before = o["type"], s.account(o.get("acc", 0))
        concerned = (apply_signed if 5 <= kind <= 16 else APPLY[kind])(s, o, ctx)
        for chain in concerned:
            need(chain in outboxes, "chain is not connected")
            outboxes[chain].append([len(ops)] + words)
        if kind in REQUESTS:
            requests[concerned[0]].append(request_hash(words, kind)[1])
        ops.append((kind, words, before))
        pos += N_WORDS[kind]
    return ops, outboxes, requests


# ---- messages and signatures ----

JUB_A, JUB_D = 168700, 168696
JUB_L = 2736030358979909402780800718157159386076813972158567259200215660948447373041
JUB_BASE = (5299619240641551281634865583518297030282874472190772894086521144482721001553,
            16950150798460657717958625567821834550301663161624707787222815936182638968203)


def jub_add(p, q):
    """Projective (X : Y : Z), ePrint 2008/013 section 6."""
    (x1, y1, z1), (x2, y2, z2) = p, q
    a = z1 * z2 % R
    b, c, d = a * a % R, x1 * x2 % R, y1 * y2 % R
    e = JUB_D * c * d % R
    f, g = b - e, b + e
    x = a * f * ((x1 + y1) * (x2 + y2) - c - d) % R
    return x, a * g * (d - JUB_A * c) % R, f * g % R


def jub_mul(p, k):
    out, p = (0, 1, 1), (p[0], p[1], 1)
    while k:
        if k & 1:
            out = jub_add(out, p)
        p, k = jub_add(p, p), k >> 1
    return out


def on_curve(p):
    x, y = p[0] * p[0] % R, p[1] * p[1] % R
    return (JUB_A * x + y - 1 - JUB_D * x * y) % R == 0


def signature_valid(domain, key, m, signature):
    rx, ry, s = (int.from_bytes(signature[i:i + 32], "big") for i in (0, 32, 64))
    h0 = compress(domain, rx, ry, key[0])
    h = compress(compress(h0, key[1], m[0], m[1]), m[2], m[3], 0)
    left = jub_add((rx, ry, 1), jub_mul(key, h % 2**128))
    right = jub_mul(JUB_BASE, s)
    same = (left[0] * right[2] - right[0] * left[2]) % R == 0 and (left[1] * right[2] - right[1] * left[2]) % R == 0
    return same and rx < R and ry < R and s < JUB_L and on_curve((rx, ry)) and h >> 128 < R >> 128


def message(v):
    kind = NAMES.index(v["type"])
    fee = [(v["feeToken"], 40), (v["mant"], 32), (v["exp"], 3)]
    m = [pack([(9 if kind == 8 else kind, 8), (v["account"], 28), (v["nonce"], 32), (v["validUntil"], 48)] + fee)]
    if kind == 5:
        m += [pack([(v["to"], 28), (v["token"], 40), (v["amount"], 112)])]
    elif kind == 6:
        m += [pack([(0, 28), (v["token"], 40), (v["amount"], 112)]), int(v["owner"], 16)]
    elif kind in (14, 15):
        m += [pack([(v["pool"], 28), (v["token"], 40), (v["amount"], 112)]), v["min"]]
    elif kind in (7, 13):
        m += [pack([(v["tokenA"], 40), (v["tokenB"], 40), (v["poolFee"], 16)])]
        m += [pack([(v["amp"], 16), (v["multA"], 40), (v["multB"], 40)])] if kind == 13 else []
    elif kind in (8, 9):
        m += [pack([(v["pool"], 28), (v["maxA"], 112)]), v["maxB"], v["minShares"]]
    elif kind == 10:
        m += [pack([(v["pool"], 28), (v["shares"], 112)]), v["minA"], v["minB"]]
    elif kind == 11:
        m += [pack([(v["pool"], 28), (v["tokenIn"], 40), (v["amountIn"], 112)]), v["minOut"]]
    elif kind == 16:
        m += [pack([(v["peer"], 28), (v["token"], 40)])]
    else:
        m += [pack([(v["token"], 40), (v["amount"], 112)]), int(v["to"], 16), v["brokerFee"]]
    return m + [0] * (4 - len(m))


def eip712_digest(v, key, instance):
    domain = keccak256(keccak256(b"EIP712Domain(string name,string version,bytes32 salt)") + keccak256(b"zklink") +
                       keccak256(b"1") + instance)
    kind = keccak256(b"ChangePubKey(uint32 account,uint32 nonce,uint256 pubKeyX,uint256 pubKeyY,uint64 feeToken,"
                     b"uint256 fee,uint64 validUntil)")
    fee = v["mant"] << (8 * v["exp"])
    fields = [v["account"], v["nonce"], key[0], key[1], v["feeToken"], fee, v["validUntil"]]
    return keccak256(b"\x19\x01" + domain + keccak256(kind + b"".join(word(f) for f in fields)))


def check_operation(v, kind, words, before, domain, instance):
    need(v["type"] == NAMES[kind], "type")
    if kind in REQUESTS:
        template, digest = request_hash(words, kind)
        need(template == hexes(v["template"]) and digest == unhex(v["hash"]), "request")
        return
    key = hexes(v["key"])
    if kind == 4:
        need(eip712_digest(v, key, instance) == unhex(v["id"]) and key == words[2:], "EIP-712 digest")
        return
    m = message(v)
    need(m == hexes(v["message"]), "message")
    need(key == before[1][2:] and v["nonce"] == before[1][1], "key and nonce of the account")
    need(keccak_words([domain] + key + m) == unhex(v["id"]), "transaction id")
    need(signature_valid(domain, key, m, unhex(v["signature"])), "signature")
    need(not signature_valid(domain, key, [m[0] ^ 1 << 36] + m[1:], unhex(v["signature"])), "signature binds")


# ---- blocks ----


def unhex(text):
    return bytes.fromhex(text[2:])


def hexes(texts):
    return [int(t, 16) for t in texts]


def log_digest(log):
    d = bytes(32)
    for at in range(0, len(log), LOG_PIECE):
        d = keccak256(d + keccak_words(log[at:at + LOG_PIECE]))
    return d


def check_block(s, b, v, number, instance, domain, next_request):
    log, chains = hexes(b["log"]), [c for c, _ in v["chains"]]
    header = [int.from_bytes(unhex(b["header"])[i:i + 32], "big") for i in range(0, len(unhex(b["header"])), 32)]
    old = s.root()
    ops, outboxes, requests = replay(s, log, {"fee_account": 1, "timestamp": header[4]}, chains)
    listed = keccak_words([x for pair in v["chains"] for x in pair])
    expected = [int.from_bytes(instance, "big"), 1, int(v["vkDigest"], 16), number, header[4], 1, old, s.root(),
                int.from_bytes(listed, "big"), int.from_bytes(log_digest(log), "big"), len(log), len(ops), len(chains)]
    for i, c in enumerate(chains):
        entries = [x for entry in outboxes[c] for x in entry]
        h = bytes(32)
        for r in requests[c]:
            h = keccak256(h + r)
        expected += [c, int.from_bytes(keccak_words(entries), "big"), len(outboxes[c]), next_request[c],
                     next_request[c] + len(requests[c]), int.from_bytes(h, "big")]
        next_request[c] += len(requests[c])
        need(b"".join(word(x) for x in entries) == b"".join(unhex(e) for e in b["outboxes"][i]), "outbox")
    need(header == expected, "header")
    need(keccak_words(header) == unhex(b["headerHash"]), "header hash")
    need(len(ops) == len(b["operations"]), "operations")
    for o, vo in zip(ops, b["operations"]):
        check_operation(vo, *o, domain, instance)
    return len(ops)


def check_state(s, v):
    found = {}
    for (account, slot), record in s.records.items():
        entry = found.setdefault(str(account), {"tag": 0, "record": [0] * 4, "balances": {}})
        if slot == 0:
            entry["tag"], entry["record"] = record
        else:
            entry["balances"][str(slot)] = list(record)
    for entry in v["state"].values():
        entry["record"] = hexes(entry["record"])
    need(found == v["state"], "final state")


def check(path):
    with open(path) as f:
        v = json.load(f)
    s = State()
    s.put(1, 0, (2, [int(v["feeOwner"], 16), 0, 0, 0]))
    listed = keccak_words([x for pair in v["chains"] for x in pair])
    instance = keccak256(b"zklink.instance.v1" + unhex(v["salt"]) + unhex(v["vkDigest"]) + listed + word(s.root()) +
                         word(1))
    need(instance == unhex(v["instanceId"]), "instance id")
    need(keccak256(b"zklink.sync.v1" + instance) == unhex(v["syncHash"]), "genesis sync hash")
    domain = int.from_bytes(keccak256(b"zklink.signature.v1" + instance), "big") % R
    need([domain] == hexes(v["signatureDomain"]), "signature domain")
    next_request, total = {c: 0 for c, _ in v["chains"]}, 0
    for number, b in enumerate(v["blocks"], 1):
        total += check_block(s, b, v, number, instance, domain, next_request)
    check_state(s, v)
    print("%s: %d blocks, %d operations replayed" % (path, len(v["blocks"]), total))


if __name__ == "__main__":
    if len(sys.argv) < 3 or sys.argv[1] != "check":
        sys.exit(__doc__)
    for name in sys.argv[2:]:
        check(name)
