/* Miller loop over 6x + 2, x = 4965661367192848881, in signed binary form, with G2's running points
 * in homogeneous coordinates (x = X/Z, y = Y/Z) and lines through the untwisted points scaled by
 * elements that the final exponentiation kills; then two Frobenius additions; then the final
 * exponentiation (q^12 - 1)/r times a constant prime to r.
 *
 * Sources: Vercauteren, "Optimal pairings"; Costello, Lange, Naehrig, "Faster pairing computations
 * on curves with high-degree twists" and Aranha et al., "Faster explicit formulas for computing
 * pairings over ordinary curves" (steps); Fuentes-Castaneda, Knapp, Rodriguez-Henriquez, "Faster
 * hashing to G2", section 6 (hard part: the power 2x(6x^2 + 3x + 1) (q^4 - q^2 + 1)/r). */
#include "crypto/pairing.h"

static const uint64_t BN_X = 4965661367192848881ULL;

/* 6x + 2 in non-adjacent form, from the bit below the top one down. */
static const signed char ATE_LOOP[65] = {
    0, -1, 0, 1,  0, 0, 0, -1, 0, -1, 0,  0, 0,  -1, 0, 1, 0, -1, 0, 0, -1, 0,
    0, 0,  0, 0,  1, 0, 0, -1, 0, 1,  0,  0, -1, 0,  0, 0, 0, -1, 0, 1, 0,  0,
    0, -1, 0, -1, 0, 0, 1, 0,  0, 0,  -1, 0, 0,  -1, 0, 1, 0, 1,  0, 0, 0};

/* xi^((q-1)/3) and xi^((q-1)/2): the twisted Frobenius map's factors of x and y. */
static const fq2 TWIST_X = {
    {{0xb5773b104563ab30ULL, 0x347f91c8a9aa6454ULL, 0x7a007127242e0991ULL, 0x1956bcd8118214ecULL}},
    {{0x6e849f1ea0aa4757ULL, 0xaa1c7b6d89f89141ULL, 0xb6e713cdfae0ca3aULL, 0x26694fbb4e82ebc3ULL}}};
static const fq2 TWIST_Y = {
    {{0xe4bbdd0c2936b629ULL, 0xbb30f162e133bacbULL, 0x31a9d1b6f9645366ULL, 0x253570bea500f8ddULL}},
    {{0xa1d77ce45ffe77c7ULL, 0x07affd117826d1dbULL, 0x6d16bd27bb7edc6bULL, 0x2c87200285defeccULL}}};
/* 3 / xi */
static const fq2 TWIST_B = {
    {{0x3bf938e377b802a8ULL, 0x020b1b273633535dULL, 0x26b7edf049755260ULL, 0x2514c6324384a86dULL}},
    {{0x38e7ecccd1dcff67ULL, 0x65f0b37d93ce0d3eULL, 0xd749d0dd22ac00aaULL, 0x0141b9ce4a688d4dULL}}};

struct projective {
    fq2 x, y, z;
};

/* l0 y_P + l3 x_P w + l4 v w */
struct line {
    fq2 l0, l3, l4;
};

static void line_double(struct line *line, struct projective *t) {
    fq2 a, b, c, e, f, g, h, i, j;
    fq2_mul(&a, &t->x, &t->y);
    fq2_halve(&a, &a);
    fq2_sqr(&b, &t->y);
    fq2_sqr(&c, &t->z);
    fq2_dbl(&e, &c);
    fq2_add(&e, &e, &c);
    fq2_mul(&e, &e, &TWIST_B); /* e = 3 b' Z^2 */
    fq2_dbl(&f, &e);
    fq2_add(&f, &f, &e);
    fq2_add(&g, &b, &f);
    fq2_halve(&g, &g);
    fq2_add(&h, &t->y, &t->z); /* h = 2 Y Z */
    fq2_sqr(&h, &h);
    fq2_sub(&h, &h, &b);
    fq2_sub(&h, &h, &c);
    fq2_sub(&i, &e, &b);
    fq2_sqr(&j, &t->x);
    fq2_sub(&f, &b, &f);
    fq2_mul(&t->x, &a, &f);
    fq2_sqr(&e, &e);
    fq2_sqr(&g, &g);
    fq2_sub(&g, &g, &e);
    fq2_sub(&g, &g, &e);
    fq2_sub(&t->y, &g, &e);
    fq2_mul(&t->z, &b, &h);
    fq2_neg(&line->l0, &h);
    fq2_dbl(&line->l3, &j);
    fq2_add(&line->l3, &line->l3, &j);
    line->l4 = i;
}

static void line_add(struct line *line, struct projective *t, const g2_affine *q) {
    fq2 theta, lambda, c, d, e, f, g, h, u;
    fq2_mul(&u, &q->y, &t->z);
    fq2_sub(&theta, &t->y, &u);
    fq2_mul(&u, &q->x, &t->z);
    fq2_sub(&lambda, &t->x, &u);
    fq2_sqr(&c, &theta);
    fq2_sqr(&d, &lambda);
    fq2_mul(&e, &lambda, &d);
    fq2_mul(&f, &t->z, &c);
    fq2_mul(&g, &t->x, &d);
    fq2_add(&h, &e, &f);
    fq2_sub(&h, &h, &g);
    fq2_sub(&h, &h, &g);
    fq2_mul(&t->x, &lambda, &h);
    fq2_sub(&g, &g, &h);
    fq2_mul(&g, &theta, &g);
    fq2_mul(&u, &e, &t->y);
    fq2_sub(&t->y, &g, &u);
    fq2_mul(&t->z, &t->z, &e);
    line->l0 = lambda;
    fq2_neg(&line->l3, &theta);
    fq2_mul(&u, &theta, &q->x);
    fq2_mul(&h, &lambda, &q->y);
    fq2_sub(&line->l4, &u, &h);
}

static void line_evaluate(fq12 *f, const struct line *line, const g1_affine *p) {
    fq2 l0, l3;
    fq2_mul_fq(&l0, &line->l0, &p->y);
    fq2_mul_fq(&l3, &line->l3, &p->x);
    fq12_mul_line(f, f, &l0, &l3, &line->l4);
}

static void twisted_frobenius(g2_affine *r, const g2_affine *q) {
    fq2_conj(&r->x, &q->x);
    fq2_mul(&r->x, &r->x, &TWIST_X);
    fq2_conj(&r->y, &q->y);
    fq2_mul(&r->y, &r->y, &TWIST_Y);
}

struct miller_pair {
    g1_affine p;
    g2_affine q, q_neg;
    struct projective t;
};

enum { PAIRS_AT_ONCE = 16 };

/* f = product of the Miller functions of n pairs without identities, n <= PAIRS_AT_ONCE. */
static void miller_loop(fq12 *f, struct miller_pair *pair, size_t n) {
    struct line line;
    *f = FQ12_ONE;
    for (size_t step = 0; step < sizeof ATE_LOOP; step++) {
        fq12_sqr(f, f);
        for (size_t k = 0; k < n; k++) {
            line_double(&line, &pair[k].t);
            line_evaluate(f, &line, &pair[k].p);
            if (ATE_LOOP[step] != 0) {
                line_add(&line, &pair[k].t, ATE_LOOP[step] > 0 ? &pair[k].q : &pair[k].q_neg);
                line_evaluate(f, &line, &pair[k].p);
            }
        }
    }
    for (size_t k = 0; k < n; k++) {
        g2_affine q1, q2;
        twisted_frobenius(&q1, &pair[k].q);
        twisted_frobenius(&q2, &q1);
        g2_affine_neg(&q2, &q2);
        line_add(&line, &pair[k].t, &q1);
        line_evaluate(f, &line, &pair[k].p);
        line_add(&line, &pair[k].t, &q2);
        line_evaluate(f, &line, &pair[k].p);
    }
}

/* r = a^-x, a in the cyclotomic subgroup; r is not a. */
static void pow_minus_x(fq12 *r, const fq12 *a) {
    *r = *a;
    for (int bit = 61; bit >= 0; bit--) { /* x has 63 bits */
        fq12_cyclotomic_sqr(r, r);
        if ((BN_X >> bit) & 1) {
            fq12_mul(r, r, a);
        }
    }
    fq12_conj(r, r);
}

static void final_exponentiation(fq12 *r, const fq12 *f) {
    fq12 a, t;
    fq12_inv(&t, f); /* easy part: (q^6 - 1)(q^2 + 1) */
    fq12_conj(&a, f);
    fq12_mul(&a, &a, &t);
    fq12_frobenius(&t, &a, 2);
    fq12_mul(&a, &t, &a);

    fq12 y0, y1, y3, y4, y6, y8, y9, u;
    pow_minus_x(&y0, &a);          /* -x */
    fq12_cyclotomic_sqr(&y1, &y0); /* -2x */
    fq12_cyclotomic_sqr(&y3, &y1);
    fq12_mul(&y3, &y3, &y1); /* -6x */
    pow_minus_x(&y4, &y3);   /* 6x^2 */
    fq12_cyclotomic_sqr(&u, &y4);
    pow_minus_x(&y6, &u); /* -12x^3 */
    fq12_conj(&y3, &y3);  /* 6x */
    fq12_conj(&y6, &y6);  /* 12x^3 */
    fq12_mul(&y8, &y6, &y4);
    fq12_mul(&y8, &y8, &y3); /* 12x^3 + 6x^2 + 6x */
    fq12_mul(&y9, &y8, &y1); /* 12x^3 + 6x^2 + 4x */
    fq12_mul(&u, &y8, &y4);
    fq12_mul(&u, &u, &a); /* 12x^3 + 12x^2 + 6x + 1 */
    fq12_frobenius(&t, &y9, 1);
    fq12_mul(&u, &u, &t);
    fq12_frobenius(&t, &y8, 2);
    fq12_mul(&u, &u, &t);
    fq12_conj(&a, &a);
    fq12_mul(&t, &a, &y9); /* 12x^3 + 6x^2 + 4x - 1 */
    fq12_frobenius(&t, &t, 3);
    fq12_mul(r, &t, &u);
}

void pairing_product(fq12 *r, const g1_affine *p, const g2_affine *q, size_t n) {
    struct miller_pair pair[PAIRS_AT_ONCE];
    fq12 product = FQ12_ONE, f;
    size_t used = 0;
    for (size_t i = 0; i < n; i++) {
        if (!g1_affine_is_identity(&p[i]) && !g2_affine_is_identity(&q[i])) {
            struct miller_pair *next = &pair[used++];
            next->p = p[i];
            next->q = q[i];
            g2_affine_neg(&next->q_neg, &q[i]);
            next->t = (struct projective){.x = q[i].x, .y = q[i].y, .z = FQ2_ONE};
        }
        if (used == PAIRS_AT_ONCE || (i + 1 == n && used > 0)) {
            miller_loop(&f, pair, used);
            fq12_mul(&product, &product, &f);
            used = 0;
        }
    }
    final_exponentiation(r, &product);
}

bool pairing_check(const g1_affine *p, const g2_affine *q, size_t n) {
    fq12 r;
    pairing_product(&r, p, q, n);
    return fq12_eq(&r, &FQ12_ONE);
}
