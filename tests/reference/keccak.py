"""Keccak-256 as Ethereum uses it (padding byte 0x01; hashlib's sha3_256 pads with 0x06).

Written from the Keccak reference, version 3.0: the rotation offsets and round constants are
computed, not listed. Slow and plain.
"""

_MASK = (1 << 64) - 1
_RATE = 136


def _rotl(value, by):
    by %= 64
    return ((value << by) | (value >> (64 - by))) & _MASK


def _round_constants():
    """Bit 2^j - 1 of the constant of round i is the output 7 i + j of the LFSR x^8+x^6+x^5+x^4+1."""
    constants, lfsr = [], 1
    for _ in range(24):
        constant = 0
        for j in range(7):
            if lfsr & 1:
                constant |= 1 << ((1 << j) - 1)
            lfsr <<= 1
            if lfsr & 0x100:
                lfsr ^= 0x171
        constants.append(constant)
    return constants


def _rho_pi():
    """The walk (x, y) -> (y, 2x + 3y) with the offsets 1, 3, 6, 10, .."""
    steps, x, y, offset = [], 1, 0, 0
    for t in range(24):
        offset += t + 1
        x, y = y, (2 * x + 3 * y) % 5
        steps.append((x + 5 * y, offset % 64))
    return steps


_RC = _round_constants()
_RHO_PI = _rho_pi()


def _permute(a):
    for rc in _RC:
        c = [a[x] ^ a[x + 5] ^ a[x + 10] ^ a[x + 15] ^ a[x + 20] for x in range(5)]
        d = [c[(x + 4) % 5] ^ _rotl(c[(x + 1) % 5], 1) for x in range(5)]
        a = [a[i] ^ d[i % 5] for i in range(25)]
        carried = a[1]
        for place, offset in _RHO_PI:
            carried, a[place] = a[place], _rotl(carried, offset)
        a = [a[i] ^ (~a[i - i % 5 + (i + 1) % 5] & a[i - i % 5 + (i + 2) % 5]) for i in range(25)]
        a[0] ^= rc
    return a


def keccak256(data):
    """The 32-byte hash of a bytes object."""
    padded = bytearray(data) + b"\x01" + bytes(-(len(data) + 1) % _RATE)
    padded[-1] |= 0x80
    lanes = [0] * 25
    for start in range(0, len(padded), _RATE):
        for i in range(_RATE // 8):
            lanes[i] ^= int.from_bytes(padded[start + 8 * i : start + 8 * i + 8], "little")
        lanes = _permute(lanes)
    return b"".join(lane.to_bytes(8, "little") for lane in lanes[:4])


if __name__ == "__main__":
    # The empty string and "abc": the public test values of Keccak-256.
    assert keccak256(b"").hex() == "c5d2460186f7233c927e7db2dcc703c0e500b653ca82273b7bfad8045d85a470"
    assert keccak256(b"abc").hex() == "4e03657aea45a94fc7d47ba826c8d667c0d1e6e33a64a036ec44f58fa12d6c45"
    print("keccak256: ok")
