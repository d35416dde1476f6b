"""The curve BN254 (alt_bn128 of EIP-196 and EIP-197): G1, G2 and the pairing check. Plain and slow.

G1 points are pairs (x, y) of integers, the identity is None. G2 points are pairs of Fq2 elements,
an Fq2 element a + b i is the pair (a, b), i^2 = -1. An Fq12 element is a list of 12 integers, the
coefficients of 1, w, .., w^11, where w^6 = 9 + i, that is w^12 = 18 w^6 - 82.
"""

Q = 21888242871839275222246405745257275088696311157297823662689037894645226208583
R = 21888242871839275222246405745257275088548364400416034343698204186575808495617
U = 4965661367192848881  # the parameter of the curve: Q and R are polynomials in it

G1 = (1, 2)
G2 = (
    (
        10857046999023057135944570762232829481370756359578518086990519993285655852781,
        11559732032986387107991004021392285783925812861821192530917403151452391805634,
    ),
    (
        8495653923123431417604973247489272438418190587263600148770280649306958101930,
        4082367875863433681332203403145435568316851327593401208105741076214120093531,
    ),
)


# --- G1 ------------------------------------------------------------------------------------------


def g1_is_on_curve(p):
    return p is None or (p[1] * p[1] - p[0] ** 3 - 3) % Q == 0


def g1_neg(p):
    return None if p is None else (p[0], -p[1] % Q)


def g1_add(p, o):
    if p is None or o is None:
        return p or o
    if p[0] == o[0]:
        if (p[1] + o[1]) % Q == 0:
            return None
        slope = 3 * p[0] * p[0] * pow(2 * p[1], -1, Q) % Q
    else:
        slope = (o[1] - p[1]) * pow(o[0] - p[0], -1, Q) % Q
    x = (slope * slope - p[0] - o[0]) % Q
    return (x, (slope * (p[0] - x) - p[1]) % Q)


def g1_mul(p, k):
    total = None
    for bit in bin(k % R)[2:]:
        total = g1_add(total, total)
        if bit == "1":
            total = g1_add(total, p)
    return total


def g1_encode(p):
    """64 bytes, x then y, big-endian; the identity is all zeros (EIP-196)."""
    x, y = p or (0, 0)
    return x.to_bytes(32, "big") + y.to_bytes(32, "big")


def g1_decode(data):
    """The point, or ValueError: a coordinate not below Q, or a point off the curve."""
    x, y = int.from_bytes(data[:32], "big"), int.from_bytes(data[32:64], "big")
    if len(data) != 64 or x >= Q or y >= Q:
        raise ValueError("coordinate not below q")
    if (x, y) == (0, 0):
        return None
    if not g1_is_on_curve((x, y)):
        raise ValueError("point off the curve")
    return (x, y)


# --- Fq2 and G2 ----------------------------------------------------------------------------------


def f2_add(a, b):
    return ((a[0] + b[0]) % Q, (a[1] + b[1]) % Q)


def f2_sub(a, b):
    return ((a[0] - b[0]) % Q, (a[1] - b[1]) % Q)


def f2_mul(a, b):
    return ((a[0] * b[0] - a[1] * b[1]) % Q, (a[0] * b[1] + a[1] * b[0]) % Q)


def f2_scale(a, k):
    return (a[0] * k % Q, a[1] * k % Q)


def f2_inv(a):
    norm = pow(a[0] * a[0] + a[1] * a[1], -1, Q)
    return (a[0] * norm % Q, -a[1] * norm % Q)


def f2_pow(a, e):
    power = (1, 0)
    for bit in bin(e)[2:]:
        power = f2_mul(power, power)
        if bit == "1":
            power = f2_mul(power, a)
    return power


XI = (9, 1)  # w^6
TWIST_B = f2_scale(f2_inv(XI), 3)  # the twist is y^2 = x^3 + 3 / (9 + i)


def g2_is_on_curve(p):
    return p is None or f2_mul(p[1], p[1]) == f2_add(f2_mul(p[0], f2_mul(p[0], p[0])), TWIST_B)


def g2_is_in_subgroup(p):
    return g2_is_on_curve(p) and _g2_times(p, R) is None


def g2_neg(p):
    return None if p is None else (p[0], f2_sub((0, 0), p[1]))


def g2_slope(p, o):
    """Slope of the line through two points of the twist (the tangent if they are equal)."""
    if p == o:
        return f2_mul(f2_scale(f2_mul(p[0], p[0]), 3), f2_inv(f2_scale(p[1], 2)))
    return f2_mul(f2_sub(o[1], p[1]), f2_inv(f2_sub(o[0], p[0])))


def g2_add(p, o):
    if p is None or o is None:
        return p or o
    if p == g2_neg(o):
        return None
    slope = g2_slope(p, o)
    x = f2_sub(f2_sub(f2_mul(slope, slope), p[0]), o[0])
    return (x, f2_sub(f2_mul(slope, f2_sub(p[0], x)), p[1]))


def _g2_times(p, k):
    total = None
    for bit in bin(k)[2:]:
        total = g2_add(total, total)
        if bit == "1":
            total = g2_add(total, p)
    return total


def g2_mul(p, k):
    return _g2_times(p, k % R)


def g2_encode(p):
    """128 bytes as the pairing precompile takes them (EIP-197): imaginary part before real part."""
    (xr, xi), (yr, yi) = p or ((0, 0), (0, 0))
    return b"".join(v.to_bytes(32, "big") for v in (xi, xr, yi, yr))


def g2_decode(data):
    """The point, or ValueError: a coordinate not below Q, off the twist, or not of order R."""
    xi, xr, yi, yr = (int.from_bytes(data[i : i + 32], "big") for i in (0, 32, 64, 96))
    if len(data) != 128 or max(xi, xr, yi, yr) >= Q:
        raise ValueError("coordinate not below q")
    if (xi, xr, yi, yr) == (0, 0, 0, 0):
        return None
    point = ((xr, xi), (yr, yi))
    if not g2_is_in_subgroup(point):
        raise ValueError("point not in the group G2")
    return point


# --- Fq12 and the pairing ------------------------------------------------------------------------


def f12_mul(a, b):
    wide = [0] * 23
    for i, x in enumerate(a):
        if x:
            for j, y in enumerate(b):
                wide[i + j] += x * y
    for k in range(22, 11, -1):  # w^12 = 18 w^6 - 82
        wide[k - 6] += 18 * wide[k]
        wide[k - 12] -= 82 * wide[k]
    return [v % Q for v in wide[:12]]


F12_ONE = [1] + [0] * 11


def f12_pow(a, e):
    power = F12_ONE
    for bit in bin(e)[2:]:
        power = f12_mul(power, power)
        if bit == "1":
            power = f12_mul(power, a)
    return power


def _line(t, o, p):
    """The line through the twist points t and o, taken to the curve over Fq12 by
    (x, y) -> (x w^2, y w^3), evaluated at the G1 point p; and the point t + o."""
    slope = g2_slope(t, o)
    x1 = f2_scale(slope, -p[0])  # coefficient of w
    x3 = f2_sub(f2_mul(slope, t[0]), t[1])  # coefficient of w^3
    value = [0] * 12
    value[0] = p[1]
    for place, (re, im) in ((1, x1), (3, x3)):  # re + im i = (re - 9 im) + im w^6
        value[place] = (re - 9 * im) % Q
        value[place + 6] = im
    return value, g2_add(t, o)


def _frobenius(p):
    """(x, y)^Q on the curve over Fq12, seen on the twist."""
    x, y = ((c[0], -c[1] % Q) for c in p)
    return (f2_mul(x, f2_pow(XI, (Q - 1) // 3)), f2_mul(y, f2_pow(XI, (Q - 1) // 2)))


def miller_loop(p, q):
    """The optimal ate pairing before the final power (Vercauteren, "Optimal pairings", 2010)."""
    if p is None or q is None:
        return F12_ONE
    value, t = F12_ONE, q
    for bit in bin(6 * U + 2)[3:]:
        line, t = _line(t, t, p)
        value = f12_mul(f12_mul(value, value), line)
        if bit == "1":
            line, t = _line(t, q, p)
            value = f12_mul(value, line)
    q1 = _frobenius(q)
    line, t = _line(t, q1, p)
    value = f12_mul(value, line)
    line, t = _line(t, g2_neg(_frobenius(q1)), p)
    return f12_mul(value, line)


def pairing_check(pairs):
    """True if the product of e(p, q) over the pairs is 1. The points are in G1 and G2."""
    value = F12_ONE
    for p, q in pairs:
        value = f12_mul(value, miller_loop(p, q))
    return f12_pow(value, (Q**12 - 1) // R) == F12_ONE


if __name__ == "__main__":
    assert 36 * U**4 + 36 * U**3 + 24 * U**2 + 6 * U + 1 == Q
    assert 36 * U**4 + 36 * U**3 + 18 * U**2 + 6 * U + 1 == R
    assert g1_is_on_curve(G1) and g2_is_in_subgroup(G2) and g1_mul(G1, R - 1) == g1_neg(G1)
    a, b = 0x1234567, 0xFEDCBA987654321
    assert pairing_check([(g1_mul(G1, a), g2_mul(G2, b)), (g1_mul(G1, -a * b), G2)])
    assert not pairing_check([(g1_mul(G1, a), g2_mul(G2, b)), (g1_mul(G1, 1 - a * b), G2)])
    assert not pairing_check([(G1, G2)])
    print("bn254: ok")
