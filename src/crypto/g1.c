/* G1 arithmetic. Formulas: Bernstein and Lange, Explicit-Formulas Database, short Weierstrass
 * curves with a = 0, Jacobian coordinates: dbl-2009-l, add-2007-bl, madd-2007-bl. */
#include "crypto/g1.h"

#include <string.h>

const g1_affine G1_GENERATOR = {
    /* 2^256 mod q and 2^257 mod q: 1 and 2 in Montgomery form */
    .x = {{0xd35d438dc58f0d9dULL, 0x0a78eb28f5c70b3dULL, 0x666ea36f7879462cULL,
           0x0e0a77c19a07df2fULL}},
    .y = {{0xa6ba871b8b1e1b3aULL, 0x14f1d651eb8e167bULL, 0xccdd46def0f28c58ULL,
           0x1c14ef83340fbe5eULL}},
};
const g1 G1_IDENTITY = {.x = {{0, 0, 0, 0}}};

bool g1_affine_eq(const g1_affine *a, const g1_affine *b) {
    return fq_eq(&a->x, &b->x) && fq_eq(&a->y, &b->y);
}

void g1_affine_neg(g1_affine *r, const g1_affine *a) {
    r->x = a->x;
    fq_neg(&r->y, &a->y);
}

bool g1_affine_on_curve(const g1_affine *p) {
    if (g1_affine_is_identity(p)) {
        return true;
    }
    fq left, right, b;
    fq_from_u64(&b, 3);
    fq_sqr(&left, &p->y);
    fq_sqr(&right, &p->x);
    fq_mul(&right, &right, &p->x);
    fq_add(&right, &right, &b);
    return fq_eq(&left, &right);
}

bool g1_affine_from_be(g1_affine *r, const uint8_t b[64]) {
    g1_affine p;
    if (fq_from_be(&p.x, b) && fq_from_be(&p.y, b + 32) && g1_affine_on_curve(&p)) {
        *r = p;
        return true;
    }
    memset(r, 0, sizeof *r);
    return false;
}

void g1_affine_to_be(uint8_t b[64], const g1_affine *p) {
    fq_to_be(b, &p->x);
    fq_to_be(b + 32, &p->y);
}

void g1_from_affine(g1 *r, const g1_affine *a) {
    if (g1_affine_is_identity(a)) {
        *r = G1_IDENTITY;
        return;
    }
    *r = (g1){.x = a->x, .y = a->y, .z = FQ_ONE};
}

/* The affine point, given 1/Z; Z = 0 and its "inverse" 0 give (0, 0). */
static void scale_to_affine(g1_affine *r, const g1 *a, const fq *z_inv) {
    fq z2, z3;
    fq_sqr(&z2, z_inv);
    fq_mul(&z3, &z2, z_inv);
    fq_mul(&r->x, &a->x, &z2);
    fq_mul(&r->y, &a->y, &z3);
}

void g1_to_affine(g1_affine *r, const g1 *a) {
    fq z_inv;
    fq_inv(&z_inv, &a->z);
    scale_to_affine(r, a, &z_inv);
}

void g1_batch_to_affine(g1_affine *r, const g1 *a, size_t n) {
    enum { BLOCK = 256 };
    fq z[BLOCK];
    for (size_t at = 0; at < n; at += BLOCK) {
        size_t len = n - at < BLOCK ? n - at : BLOCK;
        for (size_t i = 0; i < len; i++) {
            z[i] = a[at + i].z;
        }
        fq_batch_inv(z, z, len);
        for (size_t i = 0; i < len; i++) {
            scale_to_affine(&r[at + i], &a[at + i], &z[i]);
        }
    }
}

bool g1_eq(const g1 *a, const g1 *b) {
    if (g1_is_identity(a) || g1_is_identity(b)) {
        return g1_is_identity(a) && g1_is_identity(b);
    }
    fq za2, zb2, l, r;
    fq_sqr(&za2, &a->z);
    fq_sqr(&zb2, &b->z);
    fq_mul(&l, &a->x, &zb2);
    fq_mul(&r, &b->x, &za2);
    if (!fq_eq(&l, &r)) {
        return false;
    }
    fq_mul(&zb2, &zb2, &b->z);
    fq_mul(&za2, &za2, &a->z);
    fq_mul(&l, &a->y, &zb2);
    fq_mul(&r, &b->y, &za2);
    return fq_eq(&l, &r);
}

void g1_neg(g1 *r, const g1 *a) {
    r->x = a->x;
    fq_neg(&r->y, &a->y);
    r->z = a->z;
}

void g1_dbl(g1 *r, const g1 *p) {
    fq a, b, c, d, e, f, t;
    fq_sqr(&a, &p->x);
    fq_sqr(&b, &p->y);
    fq_sqr(&c, &b);
    fq_add(&d, &p->x, &b); /* d = 2 ((x + b)^2 - a - c) */
    fq_sqr(&d, &d);
    fq_sub(&d, &d, &a);
    fq_sub(&d, &d, &c);
    fq_dbl(&d, &d);
    fq_dbl(&e, &a);
    fq_add(&e, &e, &a);
    fq_sqr(&f, &e);
    fq_mul(&t, &p->y, &p->z);
    fq_dbl(&r->z, &t);
    fq_dbl(&t, &d);
    fq_sub(&r->x, &f, &t);
    fq_sub(&d, &d, &r->x);
    fq_mul(&d, &d, &e);
    fq_dbl(&c, &c);
    fq_dbl(&c, &c);
    fq_dbl(&c, &c);
    fq_sub(&r->y, &d, &c);
}

/* The common end of both additions: h = U2 - U1 (not zero), s = 2 (S2 - S1). *z_factor times h is
 * the result's Z. */
static void add_finish(g1 *r, const fq *u1, const fq *s1, const fq *h, const fq *s,
                       const fq *z_factor) {
    fq i, j, v, t;
    fq_dbl(&i, h);
    fq_sqr(&i, &i);
    fq_mul(&j, h, &i);
    fq_mul(&v, u1, &i);
    fq_mul(&t, s1, &j);
    fq_mul(&r->z, z_factor, h);
    fq_sqr(&r->x, s);
    fq_sub(&r->x, &r->x, &j);
    fq_sub(&r->x, &r->x, &v);
    fq_sub(&r->x, &r->x, &v);
    fq_sub(&v, &v, &r->x);
    fq_mul(&v, &v, s);
    fq_dbl(&t, &t);
    fq_sub(&r->y, &v, &t);
}

void g1_add(g1 *r, const g1 *a, const g1 *b) {
    if (g1_is_identity(a)) {
        *r = *b;
        return;
    }
    if (g1_is_identity(b)) {
        *r = *a;
        return;
    }
    fq za2, zb2, u1, u2, s1, s2, h, z;
    fq_sqr(&za2, &a->z);
    fq_sqr(&zb2, &b->z);
    fq_mul(&u1, &a->x, &zb2);
    fq_mul(&u2, &b->x, &za2);
    fq_mul(&s1, &a->y, &b->z);
    fq_mul(&s1, &s1, &zb2);
    fq_mul(&s2, &b->y, &a->z);
    fq_mul(&s2, &s2, &za2);
    fq_sub(&h, &u2, &u1);
    fq_sub(&s2, &s2, &s1);
    if (fq_is_zero(&h)) {
        if (fq_is_zero(&s2)) {
            g1_dbl(r, a);
        } else {
            *r = G1_IDENTITY;
        }
        return;
    }
    fq_mul(&z, &a->z, &b->z);
    fq_dbl(&z, &z);
    fq_dbl(&s2, &s2);
    add_finish(r, &u1, &s1, &h, &s2, &z);
}

void g1_add_affine(g1 *r, const g1 *a, const g1_affine *b) {
    if (g1_affine_is_identity(b)) {
        *r = *a;
        return;
    }
    if (g1_is_identity(a)) {
        g1_from_affine(r, b);
        return;
    }
    fq za2, h, s, z;
    const fq u1 = a->x, s1 = a->y;
    fq_sqr(&za2, &a->z);
    fq_mul(&h, &b->x, &za2);
    fq_mul(&s, &b->y, &a->z);
    fq_mul(&s, &s, &za2);
    fq_sub(&h, &h, &u1);
    fq_sub(&s, &s, &s1);
    if (fq_is_zero(&h)) {
        if (fq_is_zero(&s)) {
            g1_dbl(r, a);
        } else {
            *r = G1_IDENTITY;
        }
        return;
    }
    fq_dbl(&z, &a->z);
    fq_dbl(&s, &s);
    add_finish(r, &u1, &s1, &h, &s, &z);
}

/* Windows of four bits from the top. */
void g1_mul_limbs(g1 *r, const g1 *a, const uint64_t k[4]) {
    g1 table[16], acc = G1_IDENTITY;
    table[0] = G1_IDENTITY;
    table[1] = *a;
    for (int i = 2; i < 16; i++) {
        g1_add(&table[i], &table[i - 1], a);
    }
    for (int i = 63; i >= 0; i--) {
        if (!g1_is_identity(&acc)) {
            for (int j = 0; j < 4; j++) {
                g1_dbl(&acc, &acc);
            }
        }
        g1_add(&acc, &acc, &table[(k[i / 16] >> (4 * (i % 16))) & 15]);
    }
    *r = acc;
}

void g1_mul(g1 *r, const g1 *a, const fr *k) {
    uint64_t limbs[4];
    fr_to_limbs(limbs, k);
    g1_mul_limbs(r, a, limbs);
}
