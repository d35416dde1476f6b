/* Division steps: Bernstein and Yang, "Fast constant-time gcd computation and modular inversion"
 * (2019), in the variable-time form with 62 steps a round on machine words.
 *
 * f = p and g = a are reduced together; each step either swaps or adds so that g becomes even, then
 * halves it. 62 steps depend on the low bits alone: they are done on words and recorded in a matrix
 *     2^62 (f', g') = (u f + v g, q f + r g),
 * which is then applied to the long f and g, and modulo p to d and e, where always d a = f and
 * e a = g (mod p). When g is 0, f is 1 or -1 and d is 1/a up to that sign.
 *
 * Long integers are five signed limbs of 62 bits. */
#include "crypto/modinv.h"

#include <stdbool.h>

__extension__ typedef __int128 int128;

enum { LIMBS = 5, STEPS = 62 };
#define LIMB_MASK ((int64_t)((1ULL << STEPS) - 1))

struct wide {
    int64_t v[LIMBS]; /* sum v[i] 2^(62 i); all but the top one 0 .. 2^62 - 1 */
};

struct matrix {
    int64_t u, v, q, r; /* |u| + |v| <= 2^62, |q| + |r| <= 2^62 */
};

static void wide_from_limbs(struct wide *w, const uint64_t a[4]) {
    w->v[0] = (int64_t)a[0] & LIMB_MASK;
    w->v[1] = (int64_t)(a[0] >> 62 | a[1] << 2) & LIMB_MASK;
    w->v[2] = (int64_t)(a[1] >> 60 | a[2] << 4) & LIMB_MASK;
    w->v[3] = (int64_t)(a[2] >> 58 | a[3] << 6) & LIMB_MASK;
    w->v[4] = (int64_t)(a[3] >> 56);
}

static void wide_to_limbs(uint64_t a[4], const struct wide *w) {
    a[0] = (uint64_t)w->v[0] | (uint64_t)w->v[1] << 62;
    a[1] = (uint64_t)w->v[1] >> 2 | (uint64_t)w->v[2] << 60;
    a[2] = (uint64_t)w->v[2] >> 4 | (uint64_t)w->v[3] << 58;
    a[3] = (uint64_t)w->v[3] >> 6 | (uint64_t)w->v[4] << 56;
}

/* 62 division steps on the low words; delta is the algorithm's counter. Runs of steps without a
 * swap are taken together: with w = -g / f mod 2^k, g + w f is divisible by 2^k. */
static int64_t division_steps(struct matrix *t, int64_t delta, uint64_t f, uint64_t g) {
    uint64_t u = 1, v = 0, q = 0, r = 1;
    int left = STEPS;
    for (;;) {
        int zeros = __builtin_ctzll(g | (UINT64_MAX << left));
        g >>= zeros;
        u <<= zeros;
        v <<= zeros;
        delta += zeros;
        left -= zeros;
        if (left == 0) {
            break;
        }
        if (delta > 0) {
            uint64_t old = f;
            f = g;
            g = 0 - old;
            old = u;
            u = q;
            q = 0 - old;
            old = v;
            v = r;
            r = 0 - old;
            delta = -delta;
        }
        /* no swap for the next 1 - delta steps; f (2 - f^2) is 1/f mod 64 for an odd f */
        int64_t run = 1 - delta < left ? 1 - delta : left;
        uint64_t mask = run >= 6 ? 63 : (1ULL << run) - 1;
        uint64_t w = (f * g * (f * f - 2)) & mask;
        g += f * w;
        q += u * w;
        r += v * w;
    }
    t->u = (int64_t)u;
    t->v = (int64_t)v;
    t->q = (int64_t)q;
    t->r = (int64_t)r;
    return delta;
}

/* (f, g) = t (f, g) / 2^62, exactly. */
static void apply(struct wide *f, struct wide *g, const struct matrix *t) {
    int128 cf = 0, cg = 0;
    for (int i = 0; i < LIMBS; i++) {
        int64_t fi = f->v[i], gi = g->v[i];
        cf += (int128)t->u * fi + (int128)t->v * gi;
        cg += (int128)t->q * fi + (int128)t->r * gi;
        if (i > 0) {
            f->v[i - 1] = (int64_t)cf & LIMB_MASK;
            g->v[i - 1] = (int64_t)cg & LIMB_MASK;
        }
        cf >>= STEPS;
        cg >>= STEPS;
    }
    f->v[LIMBS - 1] = (int64_t)cf;
    g->v[LIMBS - 1] = (int64_t)cg;
}

/* (d, e) = t (d, e) / 2^62 mod p, for -2p < d, e < p, and so again: a multiple of p makes the low
 * limb 0, after u p, v p (q p, r p) were added for a negative d or e. */
static void apply_mod(struct wide *d, struct wide *e, const struct matrix *t, const struct wide *p,
                      uint64_t p_inv) {
    int64_t d_sign = d->v[LIMBS - 1] >> 63, e_sign = e->v[LIMBS - 1] >> 63;
    int64_t md = (t->u & d_sign) + (t->v & e_sign), me = (t->q & d_sign) + (t->r & e_sign);
    uint64_t low_d = (uint64_t)t->u * (uint64_t)d->v[0] + (uint64_t)t->v * (uint64_t)e->v[0];
    uint64_t low_e = (uint64_t)t->q * (uint64_t)d->v[0] + (uint64_t)t->r * (uint64_t)e->v[0];
    md -= (int64_t)(p_inv * low_d + (uint64_t)md) & LIMB_MASK;
    me -= (int64_t)(p_inv * low_e + (uint64_t)me) & LIMB_MASK;
    int128 cd = 0, ce = 0;
    for (int i = 0; i < LIMBS; i++) {
        int64_t di = d->v[i], ei = e->v[i];
        cd += (int128)t->u * di + (int128)t->v * ei + (int128)p->v[i] * md;
        ce += (int128)t->q * di + (int128)t->r * ei + (int128)p->v[i] * me;
        if (i > 0) {
            d->v[i - 1] = (int64_t)cd & LIMB_MASK;
            e->v[i - 1] = (int64_t)ce & LIMB_MASK;
        }
        cd >>= STEPS;
        ce >>= STEPS;
    }
    d->v[LIMBS - 1] = (int64_t)cd;
    e->v[LIMBS - 1] = (int64_t)ce;
}

static bool wide_is_zero(const struct wide *w) {
    return (w->v[0] | w->v[1] | w->v[2] | w->v[3] | w->v[4]) == 0;
}

/* a = sign a + k p, k 0 or 1, carried. */
static void negate_add(struct wide *a, int64_t sign, const struct wide *p, int64_t k) {
    int64_t carry = 0;
    for (int i = 0; i < LIMBS; i++) {
        carry += sign * a->v[i] + k * p->v[i];
        a->v[i] = i < LIMBS - 1 ? carry & LIMB_MASK : carry;
        carry >>= STEPS;
    }
}

void modinv_var(uint64_t r[4], const uint64_t a[4], const uint64_t p[4], uint64_t neg_inv) {
    struct wide f, g, d = {{0}}, e = {{1}}, modulus;
    struct matrix t;
    int64_t delta = 1;
    wide_from_limbs(&modulus, p);
    wide_from_limbs(&g, a);
    f = modulus;
    while (!wide_is_zero(&g)) {
        uint64_t low_f = (uint64_t)f.v[0] | (uint64_t)f.v[1] << STEPS;
        uint64_t low_g = (uint64_t)g.v[0] | (uint64_t)g.v[1] << STEPS;
        delta = division_steps(&t, delta, low_f, low_g);
        apply_mod(&d, &e, &t, &modulus, 0 - neg_inv);
        apply(&f, &g, &t);
    }
    /* -2p < d < p; into 0 .. p - 1, with f's sign */
    if (d.v[LIMBS - 1] < 0) {
        negate_add(&d, 1, &modulus, 1);
    }
    negate_add(&d, f.v[LIMBS - 1] < 0 ? -1 : 1, &modulus, 0);
    if (d.v[LIMBS - 1] < 0) {
        negate_add(&d, 1, &modulus, 1);
    }
    wide_to_limbs(r, &d);
}
