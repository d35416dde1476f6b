#include "rollup/stable.h"

#include <string.h>

/* Everything here is below 2^480: c and D^3 below 2^361; A x y^2 at Newton's start below 2^472. */
enum { N = 8, ARG_BITS = 113 };
struct big {
    uint64_t l[N];
};

static struct big big_of(u128 v) {
    return (struct big){{(uint64_t)v, (uint64_t)(v >> 64)}};
}

static struct big big_mul(const struct big *a, const struct big *b) {
    uint64_t r[2 * N];
    struct big out;
    wide_mul(r, a->l, N, b->l, N);
    memcpy(out.l, r, sizeof out.l);
    return out;
}

static struct big big_mul_u128(const struct big *a, u128 b) {
    uint64_t f[2] = {(uint64_t)b, (uint64_t)(b >> 64)}, r[N + 2];
    struct big out;
    wide_mul(r, a->l, N, f, 2);
    memcpy(out.l, r, sizeof out.l);
    return out;
}

static struct big big_add(const struct big *a, const struct big *b) {
    struct big r = {{0}};
    (void)wide_add(r.l, a->l, b->l, N);
    return r;
}

/* a - b, for a >= b. */
static struct big big_sub(const struct big *a, const struct big *b) {
    struct big r = {{0}};
    (void)wide_sub(r.l, a->l, b->l, N);
    return r;
}

static int big_cmp(const struct big *a, const struct big *b) {
    return wide_cmp(a->l, b->l, N);
}

/* floor(a / b), b > 0. */
static struct big big_div(const struct big *a, const struct big *b) {
    struct big q = {{0}}, rest;
    (void)wide_divmod(q.l, rest.l, a->l, N, b->l, N);
    return q;
}

static struct big big_pow2(unsigned bits) {
    struct big r = {{0}};
    r.l[bits / 64] = UINT64_C(1) << (bits % 64);
    return r;
}

static bool big_fits(u128 *out, const struct big *a, unsigned bits) {
    *out = (u128)a->l[1] << 64 | a->l[0];
    return wide_bit_length(a->l, N) <= bits;
}

/* F = D^3 + b D - c with b = 4 x y (4 A - 1), c = 16 A x y (x + y). */
struct in_d {
    struct big b, c;
};

static struct in_d as_cubic(u128 x, u128 y, uint32_t amp) {
    struct big p = big_of(x);
    p = big_mul_u128(&p, y);
    struct in_d f = {.b = big_mul_u128(&p, 16 * (u128)amp - 4),
                     .c = big_mul_u128(&p, 16 * (u128)amp)};
    f.c = big_mul_u128(&f.c, x + y);
    return f;
}

int stable_sign(u128 x, u128 y, u128 d, uint32_t amp) {
    struct in_d f = as_cubic(x, y, amp);
    struct big v = big_of(d);
    v = big_mul_u128(&v, d);
    v = big_add(&v, &f.b);
    v = big_mul_u128(&v, d);
    return big_cmp(&v, &f.c);
}

u128 stable_d(u128 x, u128 y, uint32_t amp) {
    if (x == 0 || y == 0) {
        return 0;
    }
    struct in_d f = as_cubic(x, y, amp);
    /* Above the root: x + y, and the cube root of c. The root is not below half the lesser one. */
    struct big d = big_of(x + y), cube = big_pow2((wide_bit_length(f.c.l, N) + 2) / 3);
    if (big_cmp(&cube, &d) < 0) {
        d = cube;
    }
    for (;;) { /* D = (2 D^3 + c) / (3 D^2 + b) */
        struct big square = big_mul(&d, &d), num = big_mul(&square, &d);
        num = big_mul_u128(&num, 2);
        num = big_add(&num, &f.c);
        struct big den = big_mul_u128(&square, 3);
        den = big_add(&den, &f.b);
        struct big next = big_div(&num, &den);
        if (big_cmp(&next, &d) >= 0) {
            break;
        }
        d = next;
    }
    u128 out;
    (void)big_fits(&out, &d, 128); /* at most x + y */
    return out;
}

/* -F = a y^2 + b y - c with a = 16 A x, b = 16 A x^2 - 4 x (4 A - 1) D, c = D^3. */
struct in_y {
    struct big a, b, c; /* b: its absolute value */
    bool negative;      /* b < 0 */
};

static struct in_y as_quadratic(u128 x, u128 d, uint32_t amp) {
    struct big bx = big_of(x), bd = big_of(d), plus, minus;
    struct in_y f = {.a = big_mul_u128(&bx, 16 * (u128)amp)};
    plus = big_mul_u128(&f.a, x);
    minus = big_mul_u128(&bx, 16 * (u128)amp - 4);
    minus = big_mul_u128(&minus, d);
    f.negative = big_cmp(&plus, &minus) < 0;
    f.b = f.negative ? big_sub(&minus, &plus) : big_sub(&plus, &minus);
    f.c = big_mul_u128(&bd, d);
    f.c = big_mul_u128(&f.c, d);
    return f;
}

/* Not below the root, and not above three times it and a little. */
static struct big above_root(const struct in_y *f) {
    struct big one = big_of(1), r = big_div(&f->c, &f->a);
    r = big_pow2((wide_bit_length(r.l, N) + 1) / 2); /* > sqrt(c / a) */
    if (f->negative) {
        struct big more = big_div(&f->b, &f->a);
        more = big_add(&more, &one);
        return big_add(&r, &more);
    }
    if (wide_bit_length(f->b.l, N) > 0) {
        struct big by_b = big_div(&f->c, &f->b);
        by_b = big_add(&by_b, &one);
        if (big_cmp(&by_b, &r) < 0) {
            return by_b;
        }
    }
    return r;
}

bool stable_y(u128 *y, u128 x, u128 d, uint32_t amp) {
    *y = 0;
    if (x == 0) {
        return false;
    }
    struct in_y f = as_quadratic(x, d, amp);
    struct big v = above_root(&f), one = big_of(1);
    for (;;) { /* y = (a y^2 + c) / (2 a y + b) */
        struct big ay = big_mul(&f.a, &v), num = big_mul(&ay, &v);
        num = big_add(&num, &f.c);
        struct big den = big_add(&ay, &ay);
        den = f.negative ? big_sub(&den, &f.b) : big_add(&den, &f.b);
        if (wide_bit_length(den.l, N) == 0) { /* x > 0, D = 0, y = 0 */
            break;
        }
        struct big next = big_div(&num, &den);
        if (big_cmp(&next, &v) >= 0) {
            break;
        }
        v = next;
    }
    /* v = floor(root): the root itself, or one below what is wanted. */
    struct big ay = big_mul(&f.a, &v), left = big_mul(&ay, &v), right = f.c;
    struct big by = big_mul(&f.b, &v);
    if (f.negative) {
        right = big_add(&right, &by);
    } else {
        left = big_add(&left, &by);
    }
    if (big_cmp(&left, &right) < 0 || wide_bit_length(v.l, N) == 0) {
        v = big_add(&v, &one);
    }
    if (!big_fits(y, &v, ARG_BITS)) {
        *y = 0;
        return false;
    }
    return true;
}
