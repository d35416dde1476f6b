/* Baby Jubjub. Formulas: add-2008-hwcd-3 and dbl-2008-hwcd for a = -1 (ePrint 2008/522,
 * sections 3.1 and 3.3), with k = 2 d' and d' = -d/a the reduced form's parameter. */
#include "crypto/babyjubjub.h"

#include <pthread.h>

const uint64_t BJJ_A = 168700, BJJ_D = 168696;
const uint64_t BJJ_ORDER[4] = {0x677297dc392126f1ULL, 0xab3eedb83920ee0aULL, 0x370a08b6d0302b0bULL,
                               0x060c89ce5c263405ULL};
const bjj_affine BJJ_IDENTITY = {
    {{0, 0, 0, 0}},
    {{0xac96341c4ffffffbULL, 0x36fc76959f60cd29ULL, 0x666ea36f7879462eULL, 0x0e0a77c19a07df2fULL}}};
const bjj_affine BJJ_BASE = {
    {{0x0a8fc7bc1a89fa86ULL, 0xa7d9d786e9e48627ULL, 0xee6158b465bea369ULL, 0x14a0ff6d2f874519ULL}},
    {{0xb83342d20d0201aaULL, 0x2ffef2f7cdcfeac7ULL, 0xbfa79a9425a6e625ULL, 0x0dfb859dc3a44b70ULL}}};

/* a, d, -f and -1/f (x' = -f x, f of EIP-2494), 2 d'; all in Montgomery form. */
static const fr CURVE_A = {
    {0x95accf61fff261e0ULL, 0x24780d659df7d378ULL, 0xe0ac11b07e906ae8ULL, 0x0f35db2216d3def3ULL}};
static const fr CURVE_D = {
    {0x2735f484aff261f5ULL, 0x70ba1b579a2e0f63ULL, 0xff41c9a91e2caa8cULL, 0x07704a8e8fe6025fULL}};
static const fr TO_REDUCED = {
    {0x5c62c8e0c9603c7bULL, 0xf83829118fabc7f1ULL, 0x7d53da816aa07f4dULL, 0x1da7c5b36ba06ab6ULL}};
static const fr FROM_REDUCED = {
    {0x61d380bfb1b017d8ULL, 0x7f5d80638415d72eULL, 0x77e18e30294f7a18ULL, 0x10d2ede5305733c2ULL}};
static const fr TWO_D_REDUCED = {
    {0x74951b58b09ee319ULL, 0x7948709cb6cd1cd7ULL, 0xd6b6a48830a3748dULL, 0x305b9e606e11e0f8ULL}};

/* A point made ready to be added: (Y - X, Y + X, k T, 2 Z); the affine kind has Z = 1. */
struct cached {
    fr y_minus_x, y_plus_x, kt, z2;
};
struct cached_affine {
    fr y_minus_x, y_plus_x, kt;
};

bool bjj_is_on_curve(const bjj_affine *p) {
    fr x2, y2, left, right;
    fr_sqr(&x2, &p->x);
    fr_sqr(&y2, &p->y);
    fr_mul(&left, &CURVE_A, &x2);
    fr_add(&left, &left, &y2);
    fr_mul(&right, &CURVE_D, &x2);
    fr_mul(&right, &right, &y2);
    fr_add(&right, &right, &FR_ONE);
    return fr_eq(&left, &right);
}

bool bjj_is_small_order(const bjj_affine *p) {
    bjj_point q;
    bjj_from_affine(&q, p);
    for (int i = 0; i < 3; i++) {
        bjj_dbl(&q, &q);
    }
    return bjj_eq_affine(&q, &BJJ_IDENTITY);
}

bool bjj_key_check(const bjj_affine *p) {
    return bjj_is_on_curve(p) && !bjj_is_small_order(p);
}

bool bjj_decode(bjj_affine *p, const uint8_t bytes[64]) {
    if (fr_from_be(&p->x, bytes) && fr_from_be(&p->y, bytes + 32) && bjj_is_on_curve(p)) {
        return true;
    }
    p->x = FR_ZERO;
    p->y = FR_ZERO;
    return false;
}

void bjj_encode(uint8_t bytes[64], const bjj_affine *p) {
    fr_to_be(bytes, &p->x);
    fr_to_be(bytes + 32, &p->y);
}

void bjj_identity(bjj_point *r) {
    *r = (bjj_point){FR_ZERO, FR_ONE, FR_ZERO, FR_ONE};
}

void bjj_from_affine(bjj_point *r, const bjj_affine *p) {
    fr_mul(&r->x, &p->x, &TO_REDUCED);
    r->y = p->y;
    fr_mul(&r->t, &r->x, &r->y);
    r->z = FR_ONE;
}

static void to_affine(bjj_affine *r, const bjj_point *p, const fr *z_inverse) {
    fr x;
    fr_mul(&x, &p->x, z_inverse);
    fr_mul(&r->x, &x, &FROM_REDUCED);
    fr_mul(&r->y, &p->y, z_inverse);
}

void bjj_to_affine(bjj_affine *r, const bjj_point *p) {
    fr z_inverse;
    fr_inv(&z_inverse, &p->z);
    to_affine(r, p, &z_inverse);
}

void bjj_batch_to_affine(bjj_affine *r, const bjj_point *p, size_t n) {
    enum { BLOCK = 256 };
    fr z[BLOCK];
    for (size_t at = 0; at < n; at += BLOCK) {
        size_t len = n - at < BLOCK ? n - at : BLOCK;
        for (size_t i = 0; i < len; i++) {
            z[i] = p[at + i].z;
        }
        fr_batch_inv(z, z, len);
        for (size_t i = 0; i < len; i++) {
            to_affine(&r[at + i], &p[at + i], &z[i]);
        }
    }
}

bool bjj_eq_affine(const bjj_point *p, const bjj_affine *q) {
    fr x, y;
    fr_mul(&x, &q->x, &TO_REDUCED);
    fr_mul(&x, &x, &p->z);
    fr_mul(&y, &q->y, &p->z);
    return fr_eq(&x, &p->x) && fr_eq(&y, &p->y);
}

static inline void cache(struct cached *r, const bjj_point *p) {
    fr_sub(&r->y_minus_x, &p->y, &p->x);
    fr_add(&r->y_plus_x, &p->y, &p->x);
    fr_mul(&r->kt, &p->t, &TWO_D_REDUCED);
    fr_dbl(&r->z2, &p->z);
}

/* p plus the point that a, b, c, d = Y2 - X2, Y2 + X2, k T2, 2 Z2 stand for; d = NULL for Z2 = 1.
 */
static inline void add_parts(bjj_point *r, const bjj_point *p, const fr *a, const fr *b,
                             const fr *c, const fr *d) {
    fr pa, pb, pc, pd, e, f, g, h;
    fr_sub(&pa, &p->y, &p->x);
    fr_mul(&pa, &pa, a);
    fr_add(&pb, &p->y, &p->x);
    fr_mul(&pb, &pb, b);
    fr_mul(&pc, &p->t, c);
    if (d == NULL) {
        fr_dbl(&pd, &p->z);
    } else {
        fr_mul(&pd, &p->z, d);
    }
    fr_sub(&e, &pb, &pa);
    fr_sub(&f, &pd, &pc);
    fr_add(&g, &pd, &pc);
    fr_add(&h, &pb, &pa);
    fr_mul(&r->x, &e, &f);
    fr_mul(&r->y, &g, &h);
    fr_mul(&r->t, &e, &h);
    fr_mul(&r->z, &f, &g);
}

static void add_cached(bjj_point *r, const bjj_point *p, const struct cached *q) {
    add_parts(r, p, &q->y_minus_x, &q->y_plus_x, &q->kt, &q->z2);
}

/* -q: x changes its sign, so the first two change places and T changes its sign. */
static void sub_cached(bjj_point *r, const bjj_point *p, const struct cached *q) {
    fr minus_kt;
    fr_neg(&minus_kt, &q->kt);
    add_parts(r, p, &q->y_plus_x, &q->y_minus_x, &minus_kt, &q->z2);
}

static void add_cached_affine(bjj_point *r, const bjj_point *p, const struct cached_affine *q) {
    add_parts(r, p, &q->y_minus_x, &q->y_plus_x, &q->kt, NULL);
}

void bjj_add(bjj_point *r, const bjj_point *p, const bjj_point *q) {
    struct cached c;
    cache(&c, q);
    add_cached(r, p, &c);
}

/* T is needed by additions only: between doublings it is left out and r->t is not valid. */
static inline void dbl(bjj_point *r, const bjj_point *p, bool with_t) {
    fr a, b, c, e, f, g, h;
    fr_sqr(&a, &p->x);
    fr_sqr(&b, &p->y);
    fr_sqr(&c, &p->z);
    fr_dbl(&c, &c);
    fr_add(&e, &p->x, &p->y);
    fr_sqr(&e, &e);
    fr_add(&h, &a, &b);
    fr_sub(&e, &e, &h);
    fr_neg(&h, &h);
    fr_sub(&g, &b, &a);
    fr_sub(&f, &g, &c);
    fr_mul(&r->x, &e, &f);
    fr_mul(&r->y, &g, &h);
    if (with_t) {
        fr_mul(&r->t, &e, &h);
    }
    fr_mul(&r->z, &f, &g);
}

void bjj_dbl(bjj_point *r, const bjj_point *p) {
    dbl(r, p, true);
}

void bjj_neg(bjj_point *r, const bjj_point *p) {
    fr_neg(&r->x, &p->x);
    r->y = p->y;
    fr_neg(&r->t, &p->t);
    r->z = p->z;
}

/* r = bit ? a : r, without a branch: the empty assembly hides from the compiler that the mask has
 * two values only. */
static void choose(bjj_point *r, const bjj_point *a, uint64_t bit) {
    uint64_t mask = 0 - bit;
    __asm__("" : "+r"(mask));
    fr *to[4] = {&r->x, &r->y, &r->t, &r->z};
    const fr *from[4] = {&a->x, &a->y, &a->t, &a->z};
    for (int i = 0; i < 4; i++) {
        for (int j = 0; j < 4; j++) {
            to[i]->l[j] ^= mask & (to[i]->l[j] ^ from[i]->l[j]);
        }
    }
}

void bjj_mul(bjj_point *r, const bjj_point *p, const uint64_t k[4]) {
    struct cached c;
    bjj_point acc, sum;
    cache(&c, p);
    bjj_identity(&acc);
    for (int i = 255; i >= 0; i--) {
        dbl(&acc, &acc, true);
        add_cached(&sum, &acc, &c);
        choose(&acc, &sum, (k[i / 64] >> (i % 64)) & 1);
    }
    *r = acc;
    explicit_bzero(&acc, sizeof acc);
    explicit_bzero(&sum, sizeof sum);
}

enum { NAF_WIDTH = 5, NAF_ODD = 1 << (NAF_WIDTH - 2), NAF_DIGITS = 257 };

/* Signed digits, zero or odd in -15..15, at least four zeros after each: k = sum digit_i 2^i.
 * Returns how many digits there are up to the last non-zero one. */
static int naf(int8_t digit[NAF_DIGITS], const uint64_t k[4]) {
    uint64_t v[5] = {k[0], k[1], k[2], k[3], 0};
    int n = 0;
    for (int i = 0; i < NAF_DIGITS; i++) {
        digit[i] = 0;
        if (v[0] & 1) {
            int d = (int)(v[0] & ((1 << NAF_WIDTH) - 1));
            bool up = d >= 1 << (NAF_WIDTH - 1);
            digit[i] = (int8_t)(up ? d - (1 << NAF_WIDTH) : d);
            n = i + 1;
            v[0] &= ~(uint64_t)((1 << NAF_WIDTH) - 1);
            field_u128 carry = up ? 1 << NAF_WIDTH : 0;
            for (int j = 0; j < 5; j++) {
                carry += v[j];
                v[j] = (uint64_t)carry;
                carry >>= 64;
            }
        }
        for (int j = 0; j < 4; j++) {
            v[j] = (v[j] >> 1) | (v[j + 1] << 63);
        }
        v[4] >>= 1;
    }
    return n;
}

void bjj_mul_var(bjj_point *r, const bjj_point *p, const uint64_t k[4]) {
    struct cached odd[NAF_ODD]; /* p, 3 p, .., 15 p */
    int8_t digit[NAF_DIGITS];
    bjj_point twice, acc = *p;
    int n = naf(digit, k);
    bjj_dbl(&twice, p);
    for (int i = 0; i < NAF_ODD; i++) {
        cache(&odd[i], &acc);
        bjj_add(&acc, &acc, &twice);
    }
    bjj_identity(&acc);
    for (int i = n - 1; i >= 0; i--) {
        dbl(&acc, &acc, digit[i] != 0 || i == 0);
        if (digit[i] > 0) {
            add_cached(&acc, &acc, &odd[digit[i] / 2]);
        } else if (digit[i] < 0) {
            sub_cached(&acc, &acc, &odd[-digit[i] / 2]);
        }
    }
    *r = acc;
}

static bjj_affine window_affine[BJJ_WINDOW_ENTRIES];
static struct cached_affine window_cached[BJJ_WINDOW_ENTRIES];
static pthread_once_t window_once = PTHREAD_ONCE_INIT;

static void make_window_table(void) {
    enum { ENTRIES = 1 << BJJ_WINDOW_BITS };
    bjj_point unit, row[ENTRIES];
    bjj_from_affine(&unit, &BJJ_BASE);
    for (size_t w = 0; w < BJJ_WINDOWS; w++) {
        bjj_affine *affine = &window_affine[w * ENTRIES];
        bjj_identity(&row[0]);
        for (size_t i = 1; i < ENTRIES; i++) {
            bjj_add(&row[i], &row[i - 1], &unit);
        }
        bjj_add(&unit, &row[ENTRIES - 1], &unit);
        bjj_batch_to_affine(affine, row, ENTRIES);
        for (size_t i = 0; i < ENTRIES; i++) {
            struct cached c;
            bjj_from_affine(&row[i], &affine[i]);
            cache(&c, &row[i]);
            window_cached[w * ENTRIES + i] = (struct cached_affine){c.y_minus_x, c.y_plus_x, c.kt};
        }
    }
}

const bjj_affine *bjj_window_table(void) {
    (void)pthread_once(&window_once, make_window_table);
    return window_affine;
}

void bjj_mul_base_add_var(bjj_point *r, const uint64_t s[4], const bjj_point *p,
                          const uint64_t k[4]) {
    bjj_point acc;
    (void)bjj_window_table();
    bjj_mul_var(&acc, p, k);
    for (size_t w = 0; w < BJJ_WINDOWS; w++) {
        size_t byte = (s[w / 8] >> (8 * (w % 8))) & 0xff;
        if (byte != 0) {
            add_cached_affine(&acc, &acc, &window_cached[(w << BJJ_WINDOW_BITS) + byte]);
        }
    }
    *r = acc;
}

/* Bit by bit: rem = 2 rem + bit, minus l if that is not negative. */
void bjj_scalar_reduce(uint64_t r[4], const uint64_t wide[8]) {
    uint64_t rem[4] = {0, 0, 0, 0}, less[4];
    for (int i = 511; i >= 0; i--) {
        uint64_t carry = (wide[i / 64] >> (i % 64)) & 1, borrow = 0;
        for (int j = 0; j < 4; j++) {
            uint64_t top = rem[j] >> 63;
            rem[j] = (rem[j] << 1) | carry;
            carry = top;
        }
        for (int j = 0; j < 4; j++) {
            field_u128 d = (field_u128)rem[j] - BJJ_ORDER[j] - borrow;
            less[j] = (uint64_t)d;
            borrow = (uint64_t)(d >> 64) & 1;
        }
        uint64_t keep = 0 - borrow;
        __asm__("" : "+r"(keep));
        for (int j = 0; j < 4; j++) {
            rem[j] = (rem[j] & keep) | (less[j] & ~keep);
        }
    }
    memcpy(r, rem, sizeof rem);
    explicit_bzero(rem, sizeof rem);
    explicit_bzero(less, sizeof less);
}

void bjj_scalar_mul_add(uint64_t r[4], const uint64_t a[4], const uint64_t b[4],
                        const uint64_t c[4]) {
    uint64_t wide[8] = {c[0], c[1], c[2], c[3], 0, 0, 0, 0};
    for (int i = 0; i < 4; i++) {
        field_u128 carry = 0;
        for (int j = 0; j < 4; j++) {
            carry += (field_u128)a[i] * b[j] + wide[i + j];
            wide[i + j] = (uint64_t)carry;
            carry >>= 64;
        }
        for (int j = i + 4; j < 8; j++) { /* at most into the next limb, for any values */
            carry += wide[j];
            wide[j] = (uint64_t)carry;
            carry >>= 64;
        }
    }
    bjj_scalar_reduce(r, wide);
    explicit_bzero(wide, sizeof wide);
}

bool bjj_scalar_is_canonical_var(const uint64_t k[4]) {
    for (int i = 3; i >= 0; i--) {
        if (k[i] != BJJ_ORDER[i]) {
            return k[i] < BJJ_ORDER[i];
        }
    }
    return false;
}
