/* Fq2: Karatsuba for products, (c0 + c1)(c0 - c1) for squares. */
#include "crypto/fq2.h"

const fq2 FQ2_ZERO = {.c0 = {{0, 0, 0, 0}}};
const fq2 FQ2_ONE = {.c0 = {{0xd35d438dc58f0d9dULL, 0x0a78eb28f5c70b3dULL, 0x666ea36f7879462cULL,
                             0x0e0a77c19a07df2fULL}}};

void fq2_mul(fq2 *r, const fq2 *a, const fq2 *b) {
    fq t0, t1, s, t;
    fq_add(&s, &a->c0, &a->c1);
    fq_add(&t, &b->c0, &b->c1);
    fq_mul(&t0, &a->c0, &b->c0);
    fq_mul(&t1, &a->c1, &b->c1);
    fq_mul(&s, &s, &t);
    fq_sub(&r->c0, &t0, &t1);
    fq_sub(&s, &s, &t0);
    fq_sub(&r->c1, &s, &t1);
}

void fq2_sqr(fq2 *r, const fq2 *a) {
    fq sum, difference, product;
    fq_add(&sum, &a->c0, &a->c1);
    fq_sub(&difference, &a->c0, &a->c1);
    fq_mul(&product, &a->c0, &a->c1);
    fq_mul(&r->c0, &sum, &difference);
    fq_dbl(&r->c1, &product);
}

void fq2_inv(fq2 *r, const fq2 *a) {
    fq norm, t;
    fq_sqr(&norm, &a->c0);
    fq_sqr(&t, &a->c1);
    fq_add(&norm, &norm, &t);
    fq_inv(&norm, &norm);
    fq_mul(&r->c0, &a->c0, &norm);
    fq_mul(&t, &a->c1, &norm);
    fq_neg(&r->c1, &t);
}

/* (9 + i)(c0 + c1 i) = (9 c0 - c1) + (9 c1 + c0) i */
void fq2_mul_xi(fq2 *r, const fq2 *a) {
    fq2 t;
    fq2_dbl(&t, a);
    fq2_dbl(&t, &t);
    fq2_dbl(&t, &t);
    fq2_add(&t, &t, a);
    fq real = t.c0;
    fq_sub(&real, &real, &a->c1);
    fq_add(&r->c1, &t.c1, &a->c0);
    r->c0 = real;
}
