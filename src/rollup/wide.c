#include "rollup/wide.h"

#include <string.h>

int wide_cmp(const uint64_t *a, const uint64_t *b, unsigned n) {
    for (unsigned i = n; i-- > 0;) {
        if (a[i] != b[i]) {
            return a[i] < b[i] ? -1 : 1;
        }
    }
    return 0;
}

bool wide_add(uint64_t *r, const uint64_t *a, const uint64_t *b, unsigned n) {
    u128 c = 0;
    for (unsigned i = 0; i < n; i++) {
        c += (u128)a[i] + b[i];
        r[i] = (uint64_t)c;
        c >>= 64;
    }
    return c != 0;
}

bool wide_sub(uint64_t *r, const uint64_t *a, const uint64_t *b, unsigned n) {
    uint64_t borrow = 0;
    for (unsigned i = 0; i < n; i++) {
        u128 d = (u128)a[i] - b[i] - borrow;
        r[i] = (uint64_t)d;
        borrow = (uint64_t)(d >> 64) & 1;
    }
    return borrow != 0;
}

void wide_mul(uint64_t *r, const uint64_t *a, unsigned na, const uint64_t *b, unsigned nb) {
    memset(r, 0, (na + nb) * sizeof *r);
    for (unsigned i = 0; i < na; i++) {
        uint64_t carry = 0;
        for (unsigned j = 0; j < nb; j++) {
            u128 t = (u128)a[i] * b[j] + r[i + j] + carry;
            r[i + j] = (uint64_t)t;
            carry = (uint64_t)(t >> 64);
        }
        r[i + nb] = carry;
    }
}

unsigned wide_bit_length(const uint64_t *a, unsigned n) {
    for (unsigned i = n; i-- > 0;) {
        if (a[i] != 0) {
            return 64 * i + 64 - (unsigned)__builtin_clzll(a[i]);
        }
    }
    return 0;
}

static unsigned limbs_used(const uint64_t *a, unsigned n) {
    while (n > 0 && a[n - 1] == 0) {
        n--;
    }
    return n;
}

/* r = a 2^s for s < 64, n limbs; returns the limb shifted out. */
static uint64_t shift_left(uint64_t *r, const uint64_t *a, unsigned n, unsigned s) {
    uint64_t carry = 0;
    for (unsigned i = 0; i < n; i++) {
        uint64_t v = a[i];
        r[i] = s == 0 ? v : v << s | carry;
        carry = s == 0 ? 0 : v >> (64 - s);
    }
    return carry;
}

static void shift_right(uint64_t *r, const uint64_t *a, unsigned n, unsigned s) {
    for (unsigned i = 0; i < n; i++) {
        uint64_t above = i + 1 < n ? a[i + 1] : 0;
        r[i] = s == 0 ? a[i] : a[i] >> s | above << (64 - s);
    }
}

/* One quotient digit: u (m + 1 limbs) -= digit * v (m limbs, top bit set, m >= 2), the digit
 * estimated from the top limbs and at most two too large. */
static uint64_t divide_step(uint64_t *u, const uint64_t *v, unsigned m) {
    u128 top = (u128)u[m] << 64 | u[m - 1];
    u128 qhat, rhat;
    if (u[m] >= v[m - 1]) {
        qhat = UINT64_MAX;
        rhat = top - qhat * v[m - 1];
    } else {
        qhat = top / v[m - 1];
        rhat = top % v[m - 1];
    }
    while (rhat >> 64 == 0 && qhat * v[m - 2] > (rhat << 64 | u[m - 2])) {
        qhat--;
        rhat += v[m - 1];
    }
    uint64_t carry = 0, borrow = 0;
    for (unsigned i = 0; i < m; i++) {
        u128 p = qhat * v[i] + carry;
        carry = (uint64_t)(p >> 64);
        u128 d = (u128)u[i] - (uint64_t)p - borrow;
        u[i] = (uint64_t)d;
        borrow = (uint64_t)(d >> 64) & 1;
    }
    u128 d = (u128)u[m] - carry - borrow;
    u[m] = (uint64_t)d;
    if ((uint64_t)(d >> 64) != 0) {
        qhat--;
        u[m] += (uint64_t)wide_add(u, u, v, m);
    }
    return (uint64_t)qhat;
}

/* Knuth, The Art of Computer Programming 2, 4.3.1, algorithm D. */
bool wide_divmod(uint64_t *q, uint64_t *rem, const uint64_t *a, unsigned na, const uint64_t *b,
                 unsigned nb) {
    unsigned m = limbs_used(b, nb);
    if (m == 0) {
        return false;
    }
    uint64_t u[WIDE_MAX + 1] = {0}, v[WIDE_MAX] = {0};
    if (m == 1) {
        u128 r = 0;
        uint64_t divisor = b[0];
        for (unsigned i = na; i-- > 0;) {
            u128 t = r << 64 | a[i];
            q[i] = (uint64_t)(t / divisor);
            r = t % divisor;
        }
        memset(rem, 0, nb * sizeof *rem);
        rem[0] = (uint64_t)r;
        return true;
    }
    unsigned s = (unsigned)__builtin_clzll(b[m - 1]);
    shift_left(v, b, m, s);
    u[na] = shift_left(u, a, na, s);
    memset(q, 0, na * sizeof *q);
    for (unsigned j = na >= m ? na - m + 1 : 0; j-- > 0;) {
        q[j] = divide_step(u + j, v, m);
    }
    /* the rest has at most m limbs; below that, if na < m, it is a itself */
    shift_right(u, u, na < m ? na + 1 : m, s);
    memset(rem, 0, nb * sizeof *rem);
    memcpy(rem, u, (na < m ? na : m) * sizeof *rem);
    return true;
}

/* Newton's iteration from above: x = (x + a / x) / 2 falls until it reaches the root. */
void wide_sqrt(uint64_t *r, const uint64_t *a, unsigned n) {
    uint64_t x[WIDE_MAX] = {0}, y[WIDE_MAX] = {0}, rest[WIDE_MAX], value[WIDE_MAX];
    memcpy(value, a, n * sizeof *a);
    unsigned bits = wide_bit_length(a, n);
    if (bits == 0) {
        memset(r, 0, n * sizeof *r);
        return;
    }
    unsigned start = (bits + 1) / 2; /* 2^start > sqrt(a), or a is 2^(64 n) - small: saturate */
    if (start >= 64 * n) {
        memset(x, 0xff, n * sizeof *x);
    } else {
        x[start / 64] = UINT64_C(1) << (start % 64);
    }
    for (;;) {
        (void)wide_divmod(y, rest, value, n, x, n);
        bool carry = wide_add(y, y, x, n);
        shift_right(y, y, n, 1);
        y[n - 1] |= (uint64_t)carry << 63;
        if (wide_cmp(y, x, n) >= 0) {
            break;
        }
        memcpy(x, y, n * sizeof *x);
    }
    memcpy(r, x, n * sizeof *r);
}

struct u256 u256_from_u128(u128 v) {
    return (struct u256){{(uint64_t)v, (uint64_t)(v >> 64), 0, 0}};
}

bool u256_to_u128(u128 *out, const struct u256 *a) {
    *out = 0;
    if ((a->l[2] | a->l[3]) != 0) {
        return false;
    }
    *out = (u128)a->l[1] << 64 | a->l[0];
    return true;
}

struct u256 u256_mul_u128(u128 a, u128 b) {
    uint64_t x[2] = {(uint64_t)a, (uint64_t)(a >> 64)}, y[2] = {(uint64_t)b, (uint64_t)(b >> 64)};
    struct u256 r = {{0}};
    wide_mul(r.l, x, 2, y, 2);
    return r;
}

bool u256_add(struct u256 *r, const struct u256 *a, const struct u256 *b) {
    return wide_add(r->l, a->l, b->l, 4);
}

bool u256_divmod_u128(u128 *q, u128 *rem, const struct u256 *a, u128 b) {
    uint64_t d[2] = {(uint64_t)b, (uint64_t)(b >> 64)}, rest[2] = {0};
    struct u256 quotient = {{0}};
    u128 result;
    if (!wide_divmod(quotient.l, rest, a->l, 4, d, 2) || !u256_to_u128(&result, &quotient)) {
        return false;
    }
    *q = result;
    *rem = (u128)rest[1] << 64 | rest[0];
    return true;
}

u128 u256_sqrt(const struct u256 *a) {
    struct u256 r = {{0}};
    u128 out;
    wide_sqrt(r.l, a->l, 4);
    (void)u256_to_u128(&out, &r); /* below 2^128 */
    return out;
}
