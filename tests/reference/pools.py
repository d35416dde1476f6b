"""The pools' formulas on Python integers, by their definitions and bisection: nothing here iterates to a root.

    python3 pools.py check TRADES.jsonl      compares trades that the C code quoted (tests/tools/pool_trades.c), to the unit;
                                             and compares stable swaps with Curve's own code: never better for the trader, and
                                             not worse than its rounding explains

x, y are scaled reserves, a pool's parameters are a dictionary: stable, fee, amp, ma, mb, ra, rb, supply. What is refused is
None.
"""

import json
import math
import sys

AMOUNT = 1 << 112
CAP = AMOUNT - 2


def ceil_div(a, b):
    return -(-a // b)


def least(low, high, holds):
    """The least n in low..high with holds(n), which stays true once it is; None if there is none."""
    if not holds(high):
        return None
    while low < high:
        middle = (low + high) // 2
        if holds(middle):
            high = middle
        else:
            low = middle + 1
    return low


# ---- the curve ----


def f(x, y, d, amp):
    return d**3 + 4 * x * y * (4 * amp - 1) * d - 16 * amp * x * y * (x + y)


def d_up(x, y, amp):
    return least(0, x + y + 1, lambda d: f(x, y, d, amp) > 0)


def y_of(x, d, amp):
    return least(1, 1 << 180, lambda y: f(x, y, d, amp) <= 0)


def sides(p, x_is_b):
    a, b = (p["ra"], p.get("ma", 1)), (p["rb"], p.get("mb", 1))
    return (b + a) if x_is_b else (a + b)


def swap(p, x_is_b, amount):
    rx, mx, ry, my = sides(p, x_is_b)
    if p["supply"] == 0:
        return None
    if not p["stable"]:
        kept = amount * (10000 - p["fee"])
        return kept * ry // (10000 * rx + kept) if 10000 * rx + kept else None
    x, y = mx * rx, my * ry
    if x == 0 or y == 0 or x + mx * amount + y > CAP:
        return None
    gross = max(0, y - y_of(x + mx * amount, d_up(x, y, p["amp"]), p["amp"]) - 1) // my
    return gross * (10000 - p["fee"]) // 10000


def first(p, a, b):
    """(supply, shares)"""
    if not p["stable"]:
        supply = math.isqrt(a * b)
    else:
        x, y = p["ma"] * a, p["mb"] * b
        if x + y > CAP:
            return None
        supply = d_up(x, y, p["amp"]) - 1
    return (supply, supply - 1000) if supply >= 1001 else None


def add_one(p, x_is_b, amount):
    rx, mx, ry, my = sides(p, x_is_b)
    s, fee = p["supply"], p["fee"]
    if s == 0 or rx == 0 or ry == 0 or rx + amount >= AMOUNT:
        return None
    if not p["stable"]:
        value = rx * 20000 + amount * (20000 - fee)
        shares = math.isqrt(s * s * value // (rx * 20000)) - s
    else:
        x, y = mx * rx, my * ry
        if x + mx * amount + y > CAP:
            return None
        d0 = d_up(x, y, p["amp"])
        d1 = d_up(x + mx * (amount * (20000 - fee) // 20000), y, p["amp"]) - 1
        shares = max(0, s * (d1 - d0) // d0)
    return shares if s + shares < AMOUNT else None


def remove_one(p, x_is_b, shares):
    rx, mx, ry, my = sides(p, x_is_b)
    s, fee = p["supply"], p["fee"]
    if s == 0 or rx == 0 or ry == 0 or shares >= s:
        return None
    if not p["stable"]:
        gross = rx - ceil_div(rx * (s - shares)**2, s * s)
    else:
        x, y = mx * rx, my * ry
        d0 = d_up(x, y, p["amp"]) - 1
        gross = max(0, x - y_of(y, ceil_div(d0 * (s - shares), s), p["amp"]) - 1) // mx
    return gross * (20000 - fee) // 20000


# ---- Curve's plain pool of two coins: facts from its published contract (StableSwap, SwapTemplateBase.vy), own words.
# get_D and get_y approach their values in at most 255 steps until two of them differ by at most 1; the exchange takes 1 more
# unit off, and its fee from what is left, in 10^10ths. Its A n^n counts as Ann = A_contract n = 4 amp. ----


def curve_d(x, y, ann):
    s = d = x + y
    for _ in range(255):
        part = d
        for v in (x, y):
            part = part * d // (v * 2)
        before, d = d, (ann * s + 2 * part) * d // ((ann - 1) * d + 3 * part)
        if abs(d - before) <= 1:
            return d
    return None


def curve_y(x, d, ann):
    c = d * d // (2 * x) * d // (ann * 2)
    b = x + d // ann
    y = d
    for _ in range(255):
        before, y = y, (y * y + c) // (2 * y + b - d)
        if abs(y - before) <= 1:
            return y
    return None


def curve_swap(p, x_is_b, amount):
    """(out, before the fee), or None where its loops do not settle."""
    rx, mx, ry, my = sides(p, x_is_b)
    x, y, ann = mx * rx, my * ry, 4 * p["amp"]
    d = curve_d(x, y, ann)
    after = curve_y(x + mx * amount, d, ann) if d is not None else None
    if after is None:
        return None
    gross = (y - after - 1) // my if y > after else 0
    fee = gross * p["fee"] * 10**6 // 10**10
    return gross - fee, gross


# ---- checking ----

FORMULAS = {"swap": swap, "addOne": add_one, "removeOne": remove_one}


def rounding(p, t):
    """What the two ways may differ by, in units before the fee. Curve's y is within 1 of the root for a D that is within 2
    of its root; ours are exact. So y differs by at most 3 + 3 times dy/dD."""
    rx, mx, ry, my = sides(p, t["b"])
    x, y, amp = mx * rx, my * ry, p["amp"]
    d = d_up(x, y, amp)
    slope = y_of(x + mx * t["amount"], d + 3, amp) - y_of(x + mx * t["amount"], max(1, d - 3), amp)
    return (slope + 3) // my + 2


def check(path):
    counts, better, worst, skipped = {}, 0, 0, 0
    with open(path) as lines:
        for line in lines:
            t = json.loads(line)
            kind, p = t["kind"], t["pool"]
            if kind == "first":
                got = first(p, t["a"], t["b"])
                got = got if got is None else got[1]
            else:
                got = FORMULAS[kind](p, t["b"], t["amount"])
            if got != t["result"]:
                sys.exit("%s: here %s: %s" % (kind, got, line))
            name = kind + (" stable" if p["stable"] else " product") + (", refused" if got is None else "")
            counts[name] = counts.get(name, 0) + 1
            if kind == "swap" and p["stable"] and got is not None:
                theirs = curve_swap(p, t["b"], t["amount"])
                if theirs is None or max(t["pool"]["ra"], t["pool"]["rb"]) == 0:
                    skipped += 1
                    continue
                if got > theirs[0]:
                    sys.exit("better than Curve's %d: %s" % (theirs[0], line))
                if theirs[0] - got > rounding(p, t):
                    sys.exit("Curve gives %d, %d more: %s" % (theirs[0], theirs[0] - got, line))
                better += got == theirs[0]
                worst = max(worst, theirs[0] - got)
    for name in sorted(counts):
        print("%-28s %6d" % (name, counts[name]))
    print("stable swaps: %d equal to Curve's, the others less, by %d units at most; %d where its loops do not settle" %
          (better, worst, skipped))
    if not all(counts.get(k, 0) > 0 for k in ("swap stable", "addOne stable", "removeOne stable", "first stable",
                                              "addOne product", "removeOne product")):
        sys.exit("a kind is missing")


if __name__ == "__main__":
    if len(sys.argv) != 3 or sys.argv[1] != "check":
        sys.exit(__doc__)
    check(sys.argv[2])
