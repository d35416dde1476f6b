/* Fq6 and Fq12. Products by Karatsuba; squares in Fq12 by the complex method. */
#include "crypto/fq12.h"

const fq12 FQ12_ONE = {.c0.c0.c0 = {{0xd35d438dc58f0d9dULL, 0x0a78eb28f5c70b3dULL,
                                     0x666ea36f7879462cULL, 0x0e0a77c19a07df2fULL}}};

/* FROBENIUS[p - 1][k - 1] = xi^(k (q^p - 1) / 6), by which the q^p-th power multiplies w^k. */
static const fq2 FROBENIUS[3][5] = {
    {{{{0xaf9ba69633144907ULL, 0xca6b1d7387afb78aULL, 0x11bded5ef08a2087ULL,
        0x02f34d751a1f3a7cULL}},
      {{0xa222ae234c492d72ULL, 0xd00f02a4565de15bULL, 0xdc2ff3a253dfc926ULL,
        0x10a75716b3899551ULL}}},
     {{{0xb5773b104563ab30ULL, 0x347f91c8a9aa6454ULL, 0x7a007127242e0991ULL,
        0x1956bcd8118214ecULL}},
      {{0x6e849f1ea0aa4757ULL, 0xaa1c7b6d89f89141ULL, 0xb6e713cdfae0ca3aULL,
        0x26694fbb4e82ebc3ULL}}},
     {{{0xe4bbdd0c2936b629ULL, 0xbb30f162e133bacbULL, 0x31a9d1b6f9645366ULL,
        0x253570bea500f8ddULL}},
      {{0xa1d77ce45ffe77c7ULL, 0x07affd117826d1dbULL, 0x6d16bd27bb7edc6bULL,
        0x2c87200285defeccULL}}},
     {{{0x7361d77f843abe92ULL, 0xa5bb2bd3273411fbULL, 0x9c941f314b3e2399ULL,
        0x15df9cddbb9fd3ecULL}},
      {{0x5dddfd154bd8c949ULL, 0x62cb29a5a4445b60ULL, 0x37bc870a0c7dd2b9ULL,
        0x24830a9d3171f0fdULL}}},
     {{{0xc970692f41690fe7ULL, 0xe240342127694b0bULL, 0x32bee66b83c459e8ULL,
        0x12aabced0ab08841ULL}},
      {{0x0d485d2340aebfa9ULL, 0x05193418ab2fcc57ULL, 0xd3b0a40b8a4910f5ULL,
        0x2f21ebb535d2925aULL}}}},
    {{{{0xca8d800500fa1bf2ULL, 0xf0c5d61468b39769ULL, 0x0e201271ad0d4418ULL,
        0x04290f65bad856e6ULL}},
      {{0x0000000000000000ULL, 0x0000000000000000ULL, 0x0000000000000000ULL,
        0x0000000000000000ULL}}},
     {{{0x3350c88e13e80b9cULL, 0x7dce557cdb5e56b9ULL, 0x6001b4b8b615564aULL,
        0x2682e617020217e0ULL}},
      {{0x0000000000000000ULL, 0x0000000000000000ULL, 0x0000000000000000ULL,
        0x0000000000000000ULL}}},
     {{{0x68c3488912edefaaULL, 0x8d087f6872aabf4fULL, 0x51e1a24709081231ULL,
        0x2259d6b14729c0faULL}},
      {{0x0000000000000000ULL, 0x0000000000000000ULL, 0x0000000000000000ULL,
        0x0000000000000000ULL}}},
     {{{0x71930c11d782e155ULL, 0xa6bb947cffbe3323ULL, 0xaa303344d4741444ULL,
        0x2c3b3f0d26594943ULL}},
      {{0x0000000000000000ULL, 0x0000000000000000ULL, 0x0000000000000000ULL,
        0x0000000000000000ULL}}},
     {{{0x08cfc388c494f1abULL, 0x19b315148d1373d4ULL, 0x584e90fdcb6c0213ULL,
        0x09e1685bdf2f8849ULL}},
      {{0x0000000000000000ULL, 0x0000000000000000ULL, 0x0000000000000000ULL,
        0x0000000000000000ULL}}}},
    {{{{0x365316184e46d97dULL, 0x0af7129ed4c96d9fULL, 0x659da72fca1009b5ULL,
        0x08116d8983a20d23ULL}},
      {{0xb1df4af7c39c1939ULL, 0x3d9f02878a73bf7fULL, 0x9b2220928caf0ae0ULL,
        0x26684515eff054a6ULL}}},
     {{{0xc9af22f716ad6badULL, 0xb311782a4aa662b2ULL, 0x19eeaf64e248c7f4ULL,
        0x20273e77e3439f82ULL}},
      {{0xacc02860f7ce93acULL, 0x3933d5817ba76b4cULL, 0x69e6188b446c8467ULL,
        0x0a46036d4417cc55ULL}}},
     {{{0x5764af0aaf46471eULL, 0xdc50792e873e0fc1ULL, 0x86a673ff881d04f6ULL,
        0x0b2eddb43c30a74cULL}},
      {{0x9a490f32787e8580ULL, 0x8fd16d7ff04af8b1ULL, 0x4b39888ec6027bf2ULL,
        0x03dd2e705b52a15dULL}}},
     {{{0x448a93a57b6762dfULL, 0xbfd62df528fdeadfULL, 0xd858f5d00e9bd47aULL,
        0x06b03d4d3476ec58ULL}},
      {{0x2b19daf4bcc936d1ULL, 0xa1a54e7a56f4299fULL, 0xb533eee05adeaef1ULL,
        0x170c812b84dda0b2ULL}}},
     {{{0xe0bc4b2275cf559fULL, 0xc238b945c154e60fULL, 0x803982a5929a7d5eULL,
        0x15ce052df7e4a37eULL}},
      {{0x2d28efbdbf3799a7ULL, 0x9b097e3c1ad60773ULL, 0x982d4113af4a535bULL,
        0x24e18991e3056063ULL}}}},
};

void fq6_add(fq6 *r, const fq6 *a, const fq6 *b) {
    fq2_add(&r->c0, &a->c0, &b->c0);
    fq2_add(&r->c1, &a->c1, &b->c1);
    fq2_add(&r->c2, &a->c2, &b->c2);
}

void fq6_sub(fq6 *r, const fq6 *a, const fq6 *b) {
    fq2_sub(&r->c0, &a->c0, &b->c0);
    fq2_sub(&r->c1, &a->c1, &b->c1);
    fq2_sub(&r->c2, &a->c2, &b->c2);
}

void fq6_neg(fq6 *r, const fq6 *a) {
    fq2_neg(&r->c0, &a->c0);
    fq2_neg(&r->c1, &a->c1);
    fq2_neg(&r->c2, &a->c2);
}

/* (x0 + x1)(y0 + y1) - p0 - p1 = x0 y1 + x1 y0, given p0 = x0 y0 and p1 = x1 y1. */
static void cross(fq2 *r, const fq2 *x0, const fq2 *x1, const fq2 *y0, const fq2 *y1, const fq2 *p0,
                  const fq2 *p1) {
    fq2 s, t;
    fq2_add(&s, x0, x1);
    fq2_add(&t, y0, y1);
    fq2_mul(&s, &s, &t);
    fq2_sub(&s, &s, p0);
    fq2_sub(r, &s, p1);
}

void fq6_mul(fq6 *r, const fq6 *a, const fq6 *b) {
    fq2 p0, p1, p2, t12, t01, t02;
    fq2_mul(&p0, &a->c0, &b->c0);
    fq2_mul(&p1, &a->c1, &b->c1);
    fq2_mul(&p2, &a->c2, &b->c2);
    cross(&t12, &a->c1, &a->c2, &b->c1, &b->c2, &p1, &p2);
    cross(&t01, &a->c0, &a->c1, &b->c0, &b->c1, &p0, &p1);
    cross(&t02, &a->c0, &a->c2, &b->c0, &b->c2, &p0, &p2);
    fq2_mul_xi(&t12, &t12);
    fq2_add(&r->c0, &p0, &t12);
    fq2_mul_xi(&p2, &p2);
    fq2_add(&r->c1, &t01, &p2);
    fq2_add(&r->c2, &t02, &p1);
}

/* r = a (b0 + b1 v) */
static void fq6_mul_01(fq6 *r, const fq6 *a, const fq2 *b0, const fq2 *b1) {
    fq2 p0, p1, t, t01;
    fq2_mul(&p0, &a->c0, b0);
    fq2_mul(&p1, &a->c1, b1);
    cross(&t01, &a->c0, &a->c1, b0, b1, &p0, &p1);
    fq2_mul(&t, &a->c2, b1);
    fq2_mul_xi(&t, &t);
    fq2_add(&r->c0, &t, &p0);
    fq2_mul(&t, &a->c2, b0);
    fq2_add(&r->c2, &t, &p1);
    r->c1 = t01;
}

/* The adjoint over the norm: with A = a0^2 - xi a1 a2, B = xi a2^2 - a0 a1, C = a1^2 - a0 a2,
 * norm = a0 A + xi (a2 B + a1 C). */
void fq6_inv(fq6 *r, const fq6 *a) {
    fq2 x, y, z, norm, t;
    fq2_sqr(&x, &a->c0);
    fq2_mul(&t, &a->c1, &a->c2);
    fq2_mul_xi(&t, &t);
    fq2_sub(&x, &x, &t);
    fq2_sqr(&y, &a->c2);
    fq2_mul_xi(&y, &y);
    fq2_mul(&t, &a->c0, &a->c1);
    fq2_sub(&y, &y, &t);
    fq2_sqr(&z, &a->c1);
    fq2_mul(&t, &a->c0, &a->c2);
    fq2_sub(&z, &z, &t);
    fq2_mul(&norm, &a->c2, &y);
    fq2_mul(&t, &a->c1, &z);
    fq2_add(&norm, &norm, &t);
    fq2_mul_xi(&norm, &norm);
    fq2_mul(&t, &a->c0, &x);
    fq2_add(&norm, &norm, &t);
    fq2_inv(&norm, &norm);
    fq2_mul(&r->c0, &x, &norm);
    fq2_mul(&r->c1, &y, &norm);
    fq2_mul(&r->c2, &z, &norm);
}

void fq6_mul_v(fq6 *r, const fq6 *a) {
    fq2 top = a->c2;
    r->c2 = a->c1;
    r->c1 = a->c0;
    fq2_mul_xi(&r->c0, &top);
}

bool fq12_eq(const fq12 *a, const fq12 *b) {
    return memcmp(a, b, sizeof *a) == 0; /* elements are always reduced, there is no padding */
}

void fq12_mul(fq12 *r, const fq12 *a, const fq12 *b) {
    fq6 p0, p1, s, t;
    fq6_add(&s, &a->c0, &a->c1);
    fq6_add(&t, &b->c0, &b->c1);
    fq6_mul(&p0, &a->c0, &b->c0);
    fq6_mul(&p1, &a->c1, &b->c1);
    fq6_mul(&s, &s, &t);
    fq6_sub(&s, &s, &p0);
    fq6_sub(&r->c1, &s, &p1);
    fq6_mul_v(&p1, &p1);
    fq6_add(&r->c0, &p0, &p1);
}

/* c0^2 + v c1^2 = (c0 + c1)(c0 + v c1) - p - v p with p = c0 c1 */
void fq12_sqr(fq12 *r, const fq12 *a) {
    fq6 p, s, t;
    fq6_mul(&p, &a->c0, &a->c1);
    fq6_add(&s, &a->c0, &a->c1);
    fq6_mul_v(&t, &a->c1);
    fq6_add(&t, &t, &a->c0);
    fq6_mul(&s, &s, &t);
    fq6_sub(&s, &s, &p);
    fq6_mul_v(&t, &p);
    fq6_sub(&r->c0, &s, &t);
    fq6_add(&r->c1, &p, &p);
}

void fq12_inv(fq12 *r, const fq12 *a) {
    fq6 norm, t;
    fq6_mul(&norm, &a->c0, &a->c0);
    fq6_mul(&t, &a->c1, &a->c1);
    fq6_mul_v(&t, &t);
    fq6_sub(&norm, &norm, &t);
    fq6_inv(&norm, &norm);
    fq6_mul(&r->c0, &a->c0, &norm);
    fq6_mul(&t, &a->c1, &norm);
    fq6_neg(&r->c1, &t);
}

void fq12_conj(fq12 *r, const fq12 *a) {
    r->c0 = a->c0;
    fq6_neg(&r->c1, &a->c1);
}

void fq12_frobenius(fq12 *r, const fq12 *a, unsigned power) {
    /* coefficients of w^0 .. w^5 */
    const fq2 *from[6] = {&a->c0.c0, &a->c1.c0, &a->c0.c1, &a->c1.c1, &a->c0.c2, &a->c1.c2};
    fq2 *to[6] = {&r->c0.c0, &r->c1.c0, &r->c0.c1, &r->c1.c1, &r->c0.c2, &r->c1.c2};
    for (unsigned k = 0; k < 6; k++) {
        if (power % 2 == 1) {
            fq2_conj(to[k], from[k]);
        } else {
            *to[k] = *from[k];
        }
        if (k > 0) {
            fq2_mul(to[k], to[k], &FROBENIUS[power - 1][k - 1]);
        }
    }
}

/* (a + b s)^2 in Fq2[s] / (s^2 - xi): *re + *im s. */
static void fq4_sqr(fq2 *re, fq2 *im, const fq2 *a, const fq2 *b) {
    fq2 a2, b2, s;
    fq2_sqr(&a2, a);
    fq2_sqr(&b2, b);
    fq2_add(&s, a, b);
    fq2_sqr(&s, &s);
    fq2_sub(&s, &s, &a2);
    fq2_sub(im, &s, &b2);
    fq2_mul_xi(&b2, &b2);
    fq2_add(re, &a2, &b2);
}

/* r = 3 t - 2 z, and r = 3 t + 2 z */
static void three_less_two(fq2 *r, const fq2 *t, const fq2 *z) {
    fq2 d;
    fq2_sub(&d, t, z);
    fq2_dbl(&d, &d);
    fq2_add(r, &d, t);
}

static void three_and_two(fq2 *r, const fq2 *t, const fq2 *z) {
    fq2 d;
    fq2_add(&d, t, z);
    fq2_dbl(&d, &d);
    fq2_add(r, &d, t);
}

/* Granger and Scott, "Faster squaring in the cyclotomic subgroup of sixth degree extensions",
 * section 3.2, on the three quadratic pieces (w^0, w^3), (w^1, w^4), (w^2, w^5). */
void fq12_cyclotomic_sqr(fq12 *r, const fq12 *a) {
    fq2 t0, t1, t2, t3, t4, t5;
    fq4_sqr(&t0, &t1, &a->c0.c0, &a->c1.c1);
    fq4_sqr(&t2, &t3, &a->c1.c0, &a->c0.c2);
    fq4_sqr(&t4, &t5, &a->c0.c1, &a->c1.c2);
    fq2_mul_xi(&t5, &t5);
    three_less_two(&r->c0.c0, &t0, &a->c0.c0);
    three_less_two(&r->c0.c1, &t2, &a->c0.c1);
    three_less_two(&r->c0.c2, &t4, &a->c0.c2);
    three_and_two(&r->c1.c0, &t5, &a->c1.c0);
    three_and_two(&r->c1.c1, &t1, &a->c1.c1);
    three_and_two(&r->c1.c2, &t3, &a->c1.c2);
}

void fq12_mul_line(fq12 *r, const fq12 *a, const fq2 *l0, const fq2 *l3, const fq2 *l4) {
    fq6 x, y, s;
    fq2 sum;
    fq2_mul(&x.c0, &a->c0.c0, l0);
    fq2_mul(&x.c1, &a->c0.c1, l0);
    fq2_mul(&x.c2, &a->c0.c2, l0);
    fq6_mul_01(&y, &a->c1, l3, l4);
    fq6_add(&s, &a->c0, &a->c1);
    fq2_add(&sum, l0, l3);
    fq6_mul_01(&s, &s, &sum, l4);
    fq6_sub(&s, &s, &x);
    fq6_sub(&r->c1, &s, &y);
    fq6_mul_v(&y, &y);
    fq6_add(&r->c0, &x, &y);
}
