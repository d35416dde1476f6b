/* G1 of BN254: the points of y^2 = x^3 + 3 over Fq and the identity; prime order r (fr.h), cofactor
 * 1. Source: EIP-196.
 *
 * g1_affine is a point as it is stored and sent; its identity is (0, 0), which is not on the curve
 * (nor is any other point with x = 0 or y = 0: 3 is not a square, the order is odd). g1 is a point
 * in Jacobian coordinates, x = X/Z^2, y = Y/Z^3, identity where Z = 0, the form to compute in.
 *
 * Every function allows its outputs to be its inputs and handles every exceptional case (identity,
 * equal, opposite points). Time depends on the values: not for secrets. */
#ifndef ZKLINK_CRYPTO_G1_H
#define ZKLINK_CRYPTO_G1_H

#include "crypto/fq.h"
#include "crypto/fr.h"

typedef struct {
    fq x, y;
} g1_affine;

typedef struct {
    fq x, y, z;
} g1;

extern const g1_affine G1_GENERATOR; /* (1, 2) */
extern const g1 G1_IDENTITY;

static inline bool g1_affine_is_identity(const g1_affine *p) {
    return fq_is_zero(&p->x) && fq_is_zero(&p->y);
}

static inline bool g1_is_identity(const g1 *p) {
    return fq_is_zero(&p->z);
}

bool g1_affine_eq(const g1_affine *a, const g1_affine *b);
void g1_affine_neg(g1_affine *r, const g1_affine *a);
/* True for points of the curve and for the identity. */
bool g1_affine_on_curve(const g1_affine *p);
/* x then y, 32 bytes each, big-endian (EIP-196). Decoding refuses coordinates not below q and
 * points off the curve; the identity is 64 zero bytes. On refusal *r is the identity. */
bool g1_affine_from_be(g1_affine *r, const uint8_t b[64]);
void g1_affine_to_be(uint8_t b[64], const g1_affine *p);

void g1_from_affine(g1 *r, const g1_affine *a);
/* One field inversion. */
void g1_to_affine(g1_affine *r, const g1 *a);
/* n points with shared inversions. */
void g1_batch_to_affine(g1_affine *r, const g1 *a, size_t n);

/* True if both stand for the same point, whatever their Z. */
bool g1_eq(const g1 *a, const g1 *b);
void g1_neg(g1 *r, const g1 *a);
void g1_dbl(g1 *r, const g1 *a);
void g1_add(g1 *r, const g1 *a, const g1 *b);
void g1_add_affine(g1 *r, const g1 *a, const g1_affine *b);
/* r = k a */
void g1_mul(g1 *r, const g1 *a, const fr *k);
/* r = k a, k any integer of four limbs, low limb first (not reduced modulo r first). */
void g1_mul_limbs(g1 *r, const g1 *a, const uint64_t k[4]);

/* out[i] = k[i] base for n scalars, by tables of multiples of base (windows of 12 bits) and batched
 * affine additions; about 2.5 microseconds a scalar and thread. out and k do not overlap. */
void g1_fixed_base_mul_batch(g1_affine *out, const g1_affine *base, const fr *k, size_t n,
                             unsigned threads);

#endif
