/* Batched affine additions. With d_i = x2 - x1 for the i-th pair (2 y for a doubling):
 *   forward   scratch[i] = d_0 ... d_(i-1)
 *   once      acc = 1 / (d_0 ... d_(n-1))
 *   backward  1/d_i = acc scratch[i], then acc = acc d_i, and the chord rule
 *             l = (y2 - y1)/d, x3 = l^2 - x1 - x2, y3 = l (x1 - x3) - y1.
 * Pairs without an inversion (an identity, opposite points) take no part in the products. */
#include "crypto/g1_batch.h"

enum { VECTOR_MIN = 8 }; /* fewer pairs are not worth the vectors' set-up */

/* The slope's denominator and, if wanted, numerator; false if the sum needs no slope. */
static inline bool slope_parts(fq *denominator, fq *numerator, const g1_affine *a,
                               const g1_affine *b) {
    if (__builtin_expect(fq_is_zero(&a->x) || fq_is_zero(&b->x), 0)) {
        return false; /* no point but the identity has x = 0 */
    }
    fq_sub(denominator, &b->x, &a->x);
    if (__builtin_expect(!fq_is_zero(denominator), 1)) {
        if (numerator != NULL) {
            fq_sub(numerator, &b->y, &a->y);
        }
        return true;
    }
    if (!fq_eq(&a->y, &b->y)) {
        return false;
    }
    fq_dbl(denominator, &a->y);
    if (numerator != NULL) {
        fq x2;
        fq_sqr(&x2, &a->x);
        fq_dbl(numerator, &x2);
        fq_add(numerator, numerator, &x2);
    }
    return true;
}

/* a + b where one is the identity or both are opposite. */
static void add_without_slope(g1_affine *a, const g1_affine *b) {
    if (g1_affine_is_identity(a)) {
        *a = *b;
    } else if (!g1_affine_is_identity(b)) {
        *a = (g1_affine){.x = FQ_ZERO, .y = FQ_ZERO};
    }
}

void g1_batch_add_portable(g1_affine *p, const struct g1_pair *pair, size_t n, fq *scratch) {
    fq acc = FQ_ONE, d, s;
    for (size_t i = 0; i < n; i++) {
        scratch[i] = acc;
        if (slope_parts(&d, NULL, &p[pair[i].to], &p[pair[i].from])) {
            fq_mul(&acc, &acc, &d);
        }
    }
    fq_inv(&acc, &acc);
    for (size_t i = n; i-- > 0;) {
        g1_affine *a = &p[pair[i].to];
        const g1_affine *b = &p[pair[i].from];
        if (!slope_parts(&d, &s, a, b)) {
            add_without_slope(a, b);
            continue;
        }
        fq l, x3;
        fq_mul(&l, &acc, &scratch[i]);
        fq_mul(&acc, &acc, &d);
        fq_mul(&l, &l, &s);
        fq_sqr(&x3, &l);
        fq_sub(&x3, &x3, &a->x);
        fq_sub(&x3, &x3, &b->x);
        fq_sub(&s, &a->x, &x3);
        fq_mul(&l, &l, &s);
        fq_sub(&a->y, &l, &a->y);
        a->x = x3;
    }
}

void g1_batch_add(g1_affine *p, const struct g1_pair *pair, size_t n, fq *scratch) {
#if defined(__x86_64__)
    if (cpu_has_avx2 && n >= VECTOR_MIN) {
        g1_batch_add_avx2(p, pair, n, scratch);
        return;
    }
#endif
    g1_batch_add_portable(p, pair, n, scratch);
}
