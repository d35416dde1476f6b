/* Schnorr signatures on Baby Jubjub with Poseidon2, as the circuit's signature chip proves them.
 *
 * A message is four words m0..m3 of Fr, signed under a domain D of Fr (which binds the instance).
 * C(a, b, c, d) is poseidon2_compress.
 *   h0 = C(D, Rx, Ry, Ax)   h1 = C(h0, Ay, m0, m1)   h = C(h1, m2, m3, 0)
 *   e = h mod 2^128; a signature with floor(h / 2^128) >= floor(r / 2^128) is refused, so that the
 *   circuit's split of h is unique (an honest signer meets that with probability 2^-126).
 * (R, s) is valid for key A if s < l, R is on the curve and R + e A = s B, exactly (no cofactor).
 *
 * Public keys must have passed bjj_key_check. */
#ifndef ZKLINK_CRYPTO_SCHNORR_H
#define ZKLINK_CRYPTO_SCHNORR_H

#include "crypto/babyjubjub.h"

enum { SCHNORR_MESSAGE_WORDS = 4, SCHNORR_SIGNATURE_LEN = 96, SCHNORR_SEED_MIN = 16 };

struct schnorr_signature {
    fr rx, ry;
    uint64_t s[4]; /* an integer, low limb first; valid below l */
};

/* Secret. The nonce key is derived from the seed apart from the scalar. */
struct schnorr_key {
    bjj_affine public_key;
    uint64_t secret[4];
    uint8_t nonce_key[32];
};

/* The three hashes of a challenge and its split h = hi 2^128 + e. */
struct schnorr_challenge {
    fr h0, h1, h;
    uint64_t e[4], hi[4]; /* integers below 2^128; the upper two limbs are 0 */
};

/* Key from a seed of seed_len bytes, at least SCHNORR_SEED_MIN (false if shorter). The secret is
 * 512 bits of Keccak-256 over the seed, modulo l. Constant time in the seed. */
bool schnorr_key_from_seed(struct schnorr_key *key, const uint8_t *seed, size_t seed_len);
/* Overwrites the key. */
void schnorr_key_wipe(struct schnorr_key *key);

/* Signs deterministically: the nonce is 512 bits of Keccak-256 over (nonce key, A, D, m), modulo l.
 * The nonce's and the key's arithmetic is branch-free with fixed addresses (bjj_mul,
 * bjj_scalar_mul_add); the projective nonce point is scaled by a secret factor before its
 * coordinate Z is inverted, and temporaries are wiped (tests/crypto/test_constant_time.c). About
 * 150 microseconds. */
void schnorr_sign(struct schnorr_signature *sig, const struct schnorr_key *key, const fr *domain,
                  const fr m[SCHNORR_MESSAGE_WORDS]);

/* The hashes and the split; false if h is refused (hi >= floor(r / 2^128)). */
bool schnorr_challenge(struct schnorr_challenge *c, const fr *rx, const fr *ry,
                       const bjj_affine *key, const fr *domain, const fr m[SCHNORR_MESSAGE_WORDS]);
/* The split alone: fills e and hi from c->h. */
bool schnorr_split(struct schnorr_challenge *c);

/* True if the signature is valid. Variable time: everything it sees is public. */
bool schnorr_verify(const struct schnorr_signature *sig, const bjj_affine *key, const fr *domain,
                    const fr m[SCHNORR_MESSAGE_WORDS]);

/* Rx | Ry | s, 32 bytes big-endian each. decode is false, and the signature zero, unless Rx, Ry < r
 * and s < l: one encoding for each signature. */
void schnorr_encode(uint8_t bytes[SCHNORR_SIGNATURE_LEN], const struct schnorr_signature *sig);
bool schnorr_decode(struct schnorr_signature *sig, const uint8_t bytes[SCHNORR_SIGNATURE_LEN]);

#endif
