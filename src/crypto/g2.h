/* G2 of BN254: the subgroup of order r of the twist y^2 = x^3 + 3/xi over Fq2, xi = 9 + i. The
 * curve has many more points: g2_affine_from_be admits the subgroup only. Source: EIP-197.
 *
 * As in g1.h: g2_affine's identity is (0, 0); g2 is Jacobian; outputs may be inputs; every
 * exceptional case is handled; not constant time. */
#ifndef ZKLINK_CRYPTO_G2_H
#define ZKLINK_CRYPTO_G2_H

#include "crypto/fq2.h"
#include "crypto/fr.h"

typedef struct {
    fq2 x, y;
} g2_affine;

typedef struct {
    fq2 x, y, z;
} g2;

extern const g2_affine G2_GENERATOR; /* EIP-197's P2 */
extern const g2 G2_IDENTITY;

static inline bool g2_affine_is_identity(const g2_affine *p) {
    return fq2_is_zero(&p->x) && fq2_is_zero(&p->y);
}

static inline bool g2_is_identity(const g2 *p) {
    return fq2_is_zero(&p->z);
}

bool g2_affine_eq(const g2_affine *a, const g2_affine *b);
void g2_affine_neg(g2_affine *r, const g2_affine *a);
/* True for points of the curve, of whatever order, and for the identity. */
bool g2_affine_on_curve(const g2_affine *p);
/* For a point of the curve: true if r times it is the identity. */
bool g2_affine_in_subgroup(const g2_affine *p);
/* x then y, each the coefficient of i, then the real part, 32 bytes each, big-endian (EIP-197).
 * Decoding refuses coefficients not below q, points off the curve and points outside the subgroup;
 * the identity is 128 zero bytes. On refusal *r is the identity. */
bool g2_affine_from_be(g2_affine *r, const uint8_t b[128]);
void g2_affine_to_be(uint8_t b[128], const g2_affine *p);

void g2_from_affine(g2 *r, const g2_affine *a);
void g2_to_affine(g2_affine *r, const g2 *a);
bool g2_eq(const g2 *a, const g2 *b);
void g2_neg(g2 *r, const g2 *a);
void g2_dbl(g2 *r, const g2 *a);
void g2_add(g2 *r, const g2 *a, const g2 *b);
void g2_add_affine(g2 *r, const g2 *a, const g2_affine *b);
void g2_mul(g2 *r, const g2 *a, const fr *k);
/* k any integer of four limbs, low limb first (not reduced modulo r first). */
void g2_mul_limbs(g2 *r, const g2 *a, const uint64_t k[4]);

#endif
