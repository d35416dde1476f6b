/* Baby Jubjub: the twisted Edwards curve a x^2 + y^2 = 1 + d x^2 y^2 over Fr, a = 168700,
 * d = 168696 (EIP-2494). Order 8 l, l prime; base point B of order l; identity (0, 1).
 *
 * a is a square and d is not, so the addition law is complete: no exceptional cases, also for
 * points of small order. Points outside are affine in EIP-2494's coordinates. Inside, points are
 * projective and stand on the isomorphic curve with a = -1 (EIP-2494's "reduced" form, x' = -f x,
 * f^2 = -a), which saves multiplications: extended coordinates (X : Y : T : Z), x' = X/Z, y = Y/Z,
 * T = XY/Z, of Hisil, Wong, Carter, Dawson, "Twisted Edwards Curves Revisited" (ePrint 2008/522).
 *
 * Scalars are integers in four limbs, low limb first. Functions with _var take a time that depends
 * on their inputs: not for secrets. */
#ifndef ZKLINK_CRYPTO_BABYJUBJUB_H
#define ZKLINK_CRYPTO_BABYJUBJUB_H

#include "crypto/fr.h"

typedef struct {
    fr x, y;
} bjj_affine;

typedef struct {
    fr x, y, t, z;
} bjj_point;

enum {
    BJJ_ORDER_BITS = 251,
    BJJ_WINDOW_BITS = 8,
    BJJ_WINDOWS = 32,                                   /* of a 256-bit scalar */
    BJJ_WINDOW_ENTRIES = BJJ_WINDOWS << BJJ_WINDOW_BITS /* 8192 */
};

extern const uint64_t BJJ_A, BJJ_D;   /* the curve's parameters as small integers */
extern const uint64_t BJJ_ORDER[4];   /* l */
extern const bjj_affine BJJ_BASE;     /* B */
extern const bjj_affine BJJ_IDENTITY; /* (0, 1) */

/* True if the point satisfies the curve's equation. Everything below wants points on the curve. */
bool bjj_is_on_curve(const bjj_affine *p);
/* True if 8 p is the identity, for p on the curve. */
bool bjj_is_small_order(const bjj_affine *p);
/* The check of a signing key: on the curve and not of small order. Coordinates decoded by
 * bjj_decode or fr_from_be are canonical already. */
bool bjj_key_check(const bjj_affine *p);

/* From x | y, 32 bytes big-endian each; false, and *p = (0, 0), unless both are below r and the
 * point is on the curve. */
bool bjj_decode(bjj_affine *p, const uint8_t bytes[64]);
void bjj_encode(uint8_t bytes[64], const bjj_affine *p);

void bjj_identity(bjj_point *r);
void bjj_from_affine(bjj_point *r, const bjj_affine *p);
/* One inversion. */
void bjj_to_affine(bjj_affine *r, const bjj_point *p);
/* n points, an inversion for 256 of them. */
void bjj_batch_to_affine(bjj_affine *r, const bjj_point *p, size_t n);
/* True if p is the affine point q; no inversion. */
bool bjj_eq_affine(const bjj_point *p, const bjj_affine *q);

/* r = p + q, r = 2 p, r = -p; complete, branch-free; r may be an input. */
void bjj_add(bjj_point *r, const bjj_point *p, const bjj_point *q);
void bjj_dbl(bjj_point *r, const bjj_point *p);
void bjj_neg(bjj_point *r, const bjj_point *p);

/* r = k p for any k below 2^256; 256 doublings and additions and masked choices: the sequence of
 * operations and addresses does not depend on k or p. About 100 microseconds. */
void bjj_mul(bjj_point *r, const bjj_point *p, const uint64_t k[4]);
/* The same in variable time: signed windows of 5 bits. */
void bjj_mul_var(bjj_point *r, const bjj_point *p, const uint64_t k[4]);
/* r = s B + k p, in variable time; s B costs one addition from a table for each byte of s. */
void bjj_mul_base_add_var(bjj_point *r, const uint64_t s[4], const bjj_point *p,
                          const uint64_t k[4]);

/* The affine table: entry 256 w + b is b 2^(8w) B. Made at first use (some milliseconds;
 * thread-safe) and kept for the process's life. */
const bjj_affine *bjj_window_table(void);

/* 512 bits, low limb first, modulo l. Constant time. */
void bjj_scalar_reduce(uint64_t r[4], const uint64_t wide[8]);
/* r = (a b + c) mod l; any a, b, c below 2^256. Constant time. */
void bjj_scalar_mul_add(uint64_t r[4], const uint64_t a[4], const uint64_t b[4],
                        const uint64_t c[4]);
/* True if k < l. Variable time. */
bool bjj_scalar_is_canonical_var(const uint64_t k[4]);

#endif
