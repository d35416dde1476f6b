/* Fq2 = Fq[i] / (i^2 + 1): c0 + c1 i. xi = 9 + i is neither a square nor a cube in it and builds
 * the rest of the tower. Outputs may be inputs. Not constant time in inv. */
#ifndef ZKLINK_CRYPTO_FQ2_H
#define ZKLINK_CRYPTO_FQ2_H

#include "crypto/fq.h"

typedef struct {
    fq c0, c1;
} fq2;

extern const fq2 FQ2_ZERO, FQ2_ONE;

void fq2_mul(fq2 *r, const fq2 *a, const fq2 *b);
void fq2_sqr(fq2 *r, const fq2 *a);
/* 1/a, 0 for 0. */
void fq2_inv(fq2 *r, const fq2 *a);
/* r = xi a */
void fq2_mul_xi(fq2 *r, const fq2 *a);

static inline bool fq2_is_zero(const fq2 *a) {
    return fq_is_zero(&a->c0) && fq_is_zero(&a->c1);
}

static inline bool fq2_eq(const fq2 *a, const fq2 *b) {
    return fq_eq(&a->c0, &b->c0) && fq_eq(&a->c1, &b->c1);
}

static inline void fq2_add(fq2 *r, const fq2 *a, const fq2 *b) {
    fq_add(&r->c0, &a->c0, &b->c0);
    fq_add(&r->c1, &a->c1, &b->c1);
}

static inline void fq2_sub(fq2 *r, const fq2 *a, const fq2 *b) {
    fq_sub(&r->c0, &a->c0, &b->c0);
    fq_sub(&r->c1, &a->c1, &b->c1);
}

static inline void fq2_dbl(fq2 *r, const fq2 *a) {
    fq2_add(r, a, a);
}

static inline void fq2_neg(fq2 *r, const fq2 *a) {
    fq_neg(&r->c0, &a->c0);
    fq_neg(&r->c1, &a->c1);
}

/* c0 - c1 i, which is a^q. */
static inline void fq2_conj(fq2 *r, const fq2 *a) {
    r->c0 = a->c0;
    fq_neg(&r->c1, &a->c1);
}

/* r = a / 2 */
static inline void fq2_halve(fq2 *r, const fq2 *a) {
    fq_halve(&r->c0, &a->c0);
    fq_halve(&r->c1, &a->c1);
}

/* r = k a, k in Fq */
static inline void fq2_mul_fq(fq2 *r, const fq2 *a, const fq *k) {
    const fq factor = *k;
    fq_mul(&r->c0, &a->c0, &factor);
    fq_mul(&r->c1, &a->c1, &factor);
}

#endif
