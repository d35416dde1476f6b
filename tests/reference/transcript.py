"""The Fiat-Shamir transcript: a chain of Keccak-256 hashes.

T_0 = keccak("zklink.proof.v1"); absorb: T = keccak(T | data), data a non-empty multiple of 32 bytes;
challenge: T = keccak(T | 0x01), value T mod r.
"""

from bn254 import R
from keccak import keccak256


class Transcript:
    def __init__(self, state=None):
        self.state = state or keccak256(b"zklink.proof.v1")

    def absorb(self, data):
        if not data or len(data) % 32:
            raise AssertionError("an absorption is a non-empty multiple of 32 bytes")
        self.state = keccak256(self.state + data)

    def challenge(self):
        self.state = keccak256(self.state + b"\x01")
        return int.from_bytes(self.state, "big") % R
