/* The extension tower above Fq2: Fq6 = Fq2[v] / (v^3 - xi) and Fq12 = Fq6[w] / (w^2 - v).
 * Outputs may be inputs. Source of the tower: EIP-197's field, in the usual towering (Devegili et
 * al., "Multiplication and squaring on pairing-friendly fields"). */
#ifndef ZKLINK_CRYPTO_FQ12_H
#define ZKLINK_CRYPTO_FQ12_H

#include "crypto/fq2.h"

/* c0 + c1 v + c2 v^2 */
typedef struct {
    fq2 c0, c1, c2;
} fq6;

/* c0 + c1 w */
typedef struct {
    fq6 c0, c1;
} fq12;

extern const fq12 FQ12_ONE;

void fq6_add(fq6 *r, const fq6 *a, const fq6 *b);
void fq6_sub(fq6 *r, const fq6 *a, const fq6 *b);
void fq6_neg(fq6 *r, const fq6 *a);
void fq6_mul(fq6 *r, const fq6 *a, const fq6 *b);
/* 1/a, 0 for 0. */
void fq6_inv(fq6 *r, const fq6 *a);
/* r = v a */
void fq6_mul_v(fq6 *r, const fq6 *a);

bool fq12_eq(const fq12 *a, const fq12 *b);
void fq12_mul(fq12 *r, const fq12 *a, const fq12 *b);
void fq12_sqr(fq12 *r, const fq12 *a);
/* 1/a, 0 for 0. */
void fq12_inv(fq12 *r, const fq12 *a);
/* c0 - c1 w, which is a^(q^6), and 1/a for elements of norm 1 over Fq6. */
void fq12_conj(fq12 *r, const fq12 *a);
/* r = a^(q^power), power 1, 2 or 3. */
void fq12_frobenius(fq12 *r, const fq12 *a, unsigned power);
/* The square of an element of the cyclotomic subgroup, order q^4 - q^2 + 1 (Granger and Scott). */
void fq12_cyclotomic_sqr(fq12 *r, const fq12 *a);
/* r = a (l0 + l3 w + l4 v w): a line's value. */
void fq12_mul_line(fq12 *r, const fq12 *a, const fq2 *l0, const fq2 *l3, const fq2 *l4);

#endif
