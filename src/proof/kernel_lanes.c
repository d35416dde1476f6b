/* See kernel_lanes.h. */
#include "proof/kernel_lanes.h"

#include "base/cpu.h"
#include "proof/kernel.h"

#include <stdlib.h>

/* Rounded up: the quotient estimated from the top limb is off by far less than 0.01. */
const struct lanes_bound LANES_REDUCED = {0.51, 1.0};

/* --- translation --- */

/* Largest size of a factor: its top limb is below 2^51 up to 2.64 r. */
static const double FACTOR_SIZE = 2.6;
/* Sums: top limb below 2^53; other limbs below 2^53 also while a reduction takes the quotient's
 * multiple of r off, whose limbs are below 0.5 * 2^50 but for the top one. */
static const double SUM_SIZE = 9, SUM_LIMBS = 7;

static bool bound_holds(struct lanes_bound b) {
    return b.size <= SUM_SIZE && b.limbs + 0.5 * b.size <= SUM_LIMBS;
}

static bool bound_is_factor(struct lanes_bound b) {
    return b.size <= FACTOR_SIZE && b.limbs <= 1;
}

static struct lanes_bound bound_sum(struct lanes_bound a, struct lanes_bound b) {
    return (struct lanes_bound){a.size + b.size, a.limbs + b.limbs};
}

/* fr_avx2.h: 0.3781 A B + 1.0079, normalised. */
static struct lanes_bound bound_product(struct lanes_bound a, struct lanes_bound b) {
    return (struct lanes_bound){0.3782 * a.size * b.size + 1.008, 1};
}

static void emit(struct lanes_program *lp, struct prog_op op) {
    if (lp->n == lp->cap) {
        size_t cap = lp->cap ? 2 * lp->cap : 256;
        struct prog_op *grown = realloc(lp->op, cap * sizeof *grown);
        if (!grown) {
            lp->failed = true;
            return;
        }
        lp->op = grown;
        lp->cap = cap;
    }
    lp->op[lp->n++] = op;
}

static void reduce(struct lanes_program *lp, struct lanes_bound *bound, uint32_t reg) {
    emit(lp, (struct prog_op){PROG_REDUCE, reg, reg, 0});
    bound[reg] = LANES_REDUCED;
}

static void need_factor(struct lanes_program *lp, struct lanes_bound *bound, uint32_t reg) {
    if (!bound_is_factor(bound[reg])) {
        reduce(lp, bound, reg);
    }
}

/* The bound of a sum of register a and something bounded by *y, which is register b unless that is
 * NO_REGISTER; the larger operand is reduced first if the sum would not hold. */
static struct lanes_bound need_sum(struct lanes_program *lp, struct lanes_bound *bound, uint32_t a,
                                   uint32_t b, const struct lanes_bound *y) {
    if (!bound_holds(bound_sum(bound[a], *y)) && bound[a].limbs >= y->limbs) {
        reduce(lp, bound, a);
    }
    if (!bound_holds(bound_sum(bound[a], *y)) && b != NO_REGISTER) {
        reduce(lp, bound, b);
    }
    if (!bound_holds(bound_sum(bound[a], *y))) {
        reduce(lp, bound, a);
    }
    return bound_sum(bound[a], *y);
}

static void translate_op(struct lanes_program *lp, const struct prog_op *op,
                         struct lanes_bound *bound) {
    const struct lanes_bound column = {1.01, 1};
    struct lanes_bound result = LANES_REDUCED;
    switch (op->code) {
    case PROG_COLUMN:
    case PROG_ROW:
        result = column;
        break;
    case PROG_SET_U:
        break;
    case PROG_ADD:
    case PROG_SUB:
        result = need_sum(lp, bound, op->a, op->b, &bound[op->b]);
        break;
    case PROG_MUL:
    case PROG_SQR:
        need_factor(lp, bound, op->a);
        need_factor(lp, bound, op->b);
        result = bound_product(bound[op->a], bound[op->b]);
        break;
    case PROG_ADD_U:
    case PROG_SUB_U:
    case PROG_RSUB_U:
        result = need_sum(lp, bound, op->a, NO_REGISTER, &LANES_REDUCED);
        break;
    case PROG_MUL_U:
        need_factor(lp, bound, op->a);
        result = bound_product(bound[op->a], LANES_REDUCED);
        break;
    case PROG_MAC_U:
        need_factor(lp, bound, op->a);
        result = bound_product(bound[op->a], LANES_REDUCED);
        result = need_sum(lp, bound, op->dst, NO_REGISTER, &result);
        break;
    case PROG_REDUCE:
        break;
    }
    emit(lp, *op);
    bound[op->dst] = result;
}

/* Signed 51-bit digits of v 2^255 mod r, between -r/2 and r/2. */
static void uniform_digits(double out[5], const fr *v) {
    fr half, neg;
    int64_t carry = 0, sign = 1;
    fr_halve(&half, v); /* stored v 2^256 */
    fr_neg(&neg, &half);
    for (int i = 3; i >= 0; i--) {
        if (neg.l[i] != half.l[i]) {
            if (neg.l[i] < half.l[i]) {
                half = neg;
                sign = -1;
            }
            break;
        }
    }
    const uint64_t *w = half.l, mask = (UINT64_C(1) << 51) - 1;
    const uint64_t digit[5] = {w[0] & mask, (w[0] >> 51 | w[1] << 13) & mask,
                               (w[1] >> 38 | w[2] << 26) & mask, (w[2] >> 25 | w[3] << 39) & mask,
                               w[3] >> 12};
    for (int i = 0; i < 5; i++) {
        int64_t d = (int64_t)digit[i] + carry;
        carry = 0;
        if (i < 4 && d > INT64_C(1) << 50) {
            d -= INT64_C(1) << 51;
            carry = 1;
        }
        out[i] = (double)(sign * d);
    }
}

void lanes_translate(struct lanes_program *lp, const struct program *p,
                     const struct lanes_bound *given, uint32_t n_given, const uint32_t *outputs,
                     size_t n_outputs) {
    memset(lp, 0, sizeof *lp);
    struct lanes_bound *bound = calloc((size_t)p->n_registers + 1, sizeof *bound);
    lp->uniform = calloc(p->n_uniform + 1, sizeof *lp->uniform);
    if (!bound || !lp->uniform) {
        free(bound);
        lp->failed = true;
        return;
    }
    for (uint32_t i = 0; i < n_given; i++) {
        bound[i] = given[i];
    }
    for (size_t i = 0; i < p->n_uniform; i++) {
        uniform_digits(lp->uniform[i], &p->uniform[i]);
    }
    for (size_t i = 0; i < p->n; i++) {
        translate_op(lp, &p->op[i], bound);
    }
    for (size_t i = 0; i < n_outputs; i++) {
        reduce(lp, bound, outputs[i]);
    }
    free(bound);
}

void lanes_release(struct lanes_program *lp) {
    free(lp->op);
    free(lp->uniform);
    memset(lp, 0, sizeof *lp);
}

/* --- interpretation --- */

#if defined(__x86_64__)

#include "crypto/fr_avx2.h"

enum { VECTORS = KERNEL_BLOCK / 4 };

#define LANES __attribute__((target("avx2,fma"))) static

bool lanes_available(void) {
    return cpu_has_avx2;
}

size_t lanes_register_size(void) {
    return VECTORS * sizeof(fr4);
}

/* Limbs to at most 2^50, but the top one. */
FIELD4_INLINE void carry(fr4 *r) {
    const __m256d unit = _mm256_set1_pd(0x1p51), inv = _mm256_set1_pd(0x1p-51);
#pragma GCC unroll 4
    for (int i = 0; i < 4; i++) {
        const __m256d c = _mm256_round_pd(_mm256_mul_pd(r->l[i], inv),
                                          _MM_FROUND_TO_NEAREST_INT | _MM_FROUND_NO_EXC);
        r->l[i] = _mm256_fnmadd_pd(c, unit, r->l[i]);
        r->l[i + 1] = _mm256_add_pd(r->l[i + 1], c);
    }
}

/* To LANES_REDUCED: the nearest multiple of r, by the top limb, is taken off. */
FIELD4_INLINE void lanes_reduce(fr4 *r) {
    const __m256d t = _mm256_round_pd(_mm256_mul_pd(r->l[4], _mm256_set1_pd(0x1p204 / FR4_VALUE)),
                                      _MM_FROUND_TO_NEAREST_INT | _MM_FROUND_NO_EXC);
#pragma GCC unroll 5
    for (int i = 0; i < 5; i++) {
        r->l[i] = _mm256_fnmadd_pd(t, fr4_load_constant(&fr4_P[i]), r->l[i]);
    }
    carry(r);
}

/* Stored integers x = v 2^256 to x / 2 mod r: odd ones get r added, then all limbs move down a bit.
 */
FIELD4_INLINE void from_stored(fr4 *out, const fr *a0, const fr *a1, const fr *a2, const fr *a3) {
    fr4_sum s;
    fr4_load(&s, a0, a1, a2, a3);
    const __m256i one = _mm256_set1_epi64x(1);
    const __m256i odd = _mm256_sub_epi64(_mm256_setzero_si256(), _mm256_and_si256(s.l[0], one));
    for (int i = 0; i < 5; i++) {
        const __m256i limb = _mm256_set1_epi64x((long long)FR4_LIMBS[i]);
        s.l[i] = _mm256_add_epi64(s.l[i], _mm256_and_si256(odd, limb));
    }
    for (int i = 0; i < 4; i++) {
        s.l[i] = _mm256_add_epi64(_mm256_srli_epi64(s.l[i], 1),
                                  _mm256_slli_epi64(_mm256_and_si256(s.l[i + 1], one), 50));
        /* below 2^51 + 2^50: too much for fr4_to_double */
        s.l[i] = _mm256_sub_epi64(s.l[i], _mm256_set1_epi64x(1LL << 50));
        out->l[i] = _mm256_add_pd(fr4_to_double(s.l[i]), _mm256_set1_pd(0x1p50));
    }
    out->l[4] = fr4_to_double(_mm256_srli_epi64(s.l[4], 1));
    carry(out);
}

LANES void lanes_load(fr4 *dst, const struct program_input *in, uint32_t column) {
    const fr *src = in->col[column];
    size_t len = in->len[column], row = in->at;
    for (size_t v = 0; v < VECTORS; v++) {
        const fr *e[4];
        for (size_t i = 0; i < 4; i++, row += in->stride) {
            e[i] = row < len ? &src[row] : &FR_ZERO;
        }
        from_stored(&dst[v], e[0], e[1], e[2], e[3]);
    }
}

LANES void lanes_row(fr4 *dst, const struct program_input *in) {
    fr e[4] = {in->row};
    for (size_t v = 0; v < VECTORS; v++) {
        for (size_t i = 0; i < 4; i++) {
            if (v + i > 0) {
                fr_add(&e[i], i ? &e[i - 1] : &e[3], &in->row_step);
            }
        }
        from_stored(&dst[v], &e[0], &e[1], &e[2], &e[3]);
    }
}

FIELD4_INLINE void broadcast(fr4 *r, const double digit[5]) {
#pragma GCC unroll 5
    for (int i = 0; i < 5; i++) {
        r->l[i] = _mm256_broadcast_sd(&digit[i]);
    }
}

FIELD4_INLINE void limbs_add(fr4 *r, const fr4 *a, const fr4 *b) {
#pragma GCC unroll 5
    for (int i = 0; i < 5; i++) {
        r->l[i] = _mm256_add_pd(a->l[i], b->l[i]);
    }
}

FIELD4_INLINE void limbs_sub(fr4 *r, const fr4 *a, const fr4 *b) {
#pragma GCC unroll 5
    for (int i = 0; i < 5; i++) {
        r->l[i] = _mm256_sub_pd(a->l[i], b->l[i]);
    }
}

FIELD4_INLINE void sqr_pair(fr4 r[FIELD4_PAIR], const fr4 a[FIELD4_PAIR]) {
    fr4_sum t[FIELD4_PAIR];
    fr4_sqr_sum_pair(t, a);
    fr4_normalize(&r[0], &t[0]);
    fr4_normalize(&r[1], &t[1]);
}

LANES void op_mul(fr4 *dst, const fr4 *a, const fr4 *b) {
    for (size_t v = 0; v < VECTORS; v += FIELD4_PAIR) {
        fr4_mul_pair(&dst[v], &a[v], &b[v]);
    }
}

LANES void op_sqr(fr4 *dst, const fr4 *a) {
    for (size_t v = 0; v < VECTORS; v += FIELD4_PAIR) {
        sqr_pair(&dst[v], &a[v]);
    }
}

LANES void op_mul_u(fr4 *dst, const fr4 *a, const double u[5], bool accumulate) {
    fr4 b[FIELD4_PAIR], t[FIELD4_PAIR];
    broadcast(&b[0], u);
    b[1] = b[0];
    for (size_t v = 0; v < VECTORS; v += FIELD4_PAIR) {
        fr4_mul_pair(t, &a[v], b);
        for (size_t i = 0; i < FIELD4_PAIR; i++) {
            if (accumulate) {
                limbs_add(&dst[v + i], &dst[v + i], &t[i]);
            } else {
                dst[v + i] = t[i];
            }
        }
    }
}

#define EACH_VECTOR(body)                                                                          \
    for (size_t v = 0; v < VECTORS; v++) {                                                         \
        body;                                                                                      \
    }                                                                                              \
    break

LANES void op_small(const struct prog_op *op, const double (*uniform)[5], fr4 *dst, const fr4 *a,
                    const fr4 *b) {
    fr4 u;
    switch (op->code) {
    case PROG_SET_U:
        broadcast(&u, uniform[op->b]);
        EACH_VECTOR(dst[v] = u);
    case PROG_ADD:
        EACH_VECTOR(limbs_add(&dst[v], &a[v], &b[v]));
    case PROG_SUB:
        EACH_VECTOR(limbs_sub(&dst[v], &a[v], &b[v]));
    case PROG_ADD_U:
        broadcast(&u, uniform[op->b]);
        EACH_VECTOR(limbs_add(&dst[v], &a[v], &u));
    case PROG_SUB_U:
        broadcast(&u, uniform[op->b]);
        EACH_VECTOR(limbs_sub(&dst[v], &a[v], &u));
    case PROG_RSUB_U:
        broadcast(&u, uniform[op->b]);
        EACH_VECTOR(limbs_sub(&dst[v], &u, &a[v]));
    case PROG_REDUCE:
        EACH_VECTOR(lanes_reduce(&dst[v]));
    case PROG_COLUMN:
    case PROG_ROW:
    case PROG_MUL:
    case PROG_SQR:
    case PROG_MUL_U:
    case PROG_MAC_U:
        break;
    }
}

void lanes_run(const struct lanes_program *lp, const struct program_input *in, void *registers) {
    fr4(*reg)[VECTORS] = registers;
    const double(*uniform)[5] = (const double(*)[5])lp->uniform;
    for (size_t i = 0; i < lp->n; i++) {
        const struct prog_op *op = &lp->op[i];
        switch (op->code) {
        case PROG_COLUMN:
            lanes_load(reg[op->dst], in, op->a);
            break;
        case PROG_ROW:
            lanes_row(reg[op->dst], in);
            break;
        case PROG_MUL:
            op_mul(reg[op->dst], reg[op->a], reg[op->b]);
            break;
        case PROG_SQR:
            op_sqr(reg[op->dst], reg[op->a]);
            break;
        case PROG_MUL_U:
        case PROG_MAC_U:
            op_mul_u(reg[op->dst], reg[op->a], uniform[op->b], op->code == PROG_MAC_U);
            break;
        case PROG_ADD:
        case PROG_SUB:
            op_small(op, uniform, reg[op->dst], reg[op->a], reg[op->b]);
            break;
        case PROG_SET_U:
        case PROG_ADD_U:
        case PROG_SUB_U:
        case PROG_RSUB_U:
        case PROG_REDUCE:
            op_small(op, uniform, reg[op->dst], reg[op->a], NULL);
            break;
        }
    }
}

__attribute__((target("avx2,fma"))) void lanes_steps_make(void *cur, void *step, size_t n) {
    fr4 *c = cur, *s = step;
    for (size_t i = 0; i < n * VECTORS; i++) {
        limbs_sub(&s[i], &s[i], &c[i]);
        lanes_reduce(&s[i]);
    }
}

__attribute__((target("avx2,fma"))) void lanes_steps_add(void *cur, const void *step, size_t n) {
    fr4 *c = cur;
    const fr4 *s = step;
    for (size_t i = 0; i < n * VECTORS; i++) {
        limbs_add(&c[i], &c[i], &s[i]);
    }
}

__attribute__((target("avx2,fma"))) void lanes_store(fr out[], const void *registers,
                                                     uint32_t reg) {
    const fr4 *a = (const fr4 *)registers + (size_t)reg * VECTORS;
    for (size_t v = 0; v < VECTORS; v++) {
        fr4_sum s, unused;
        __m256i row[4];
        for (int i = 0; i < 5; i++) { /* limbs below 2^51; twice, for 2^256 */
            const __m256d shifted = _mm256_add_pd(a[v].l[i], _mm256_set1_pd(0x1.8p52));
            s.l[i] = _mm256_sub_epi64(_mm256_castpd_si256(shifted), fr4_const(FIELD4_LO_BITS));
            s.l[i] = _mm256_add_epi64(s.l[i], s.l[i]);
        }
        int high = fr4_store_rows(row, &unused, &s);
        for (int i = 0; i < 4; i++) {
            fr *to = &out[4 * v + (size_t)i];
            _mm256_storeu_si256((__m256i *)(void *)to->l, row[i]);
            if (high) {
                fr_reduce_once(to, to->l);
            }
        }
    }
}

#else

bool lanes_available(void) {
    return false;
}

size_t lanes_register_size(void) {
    return KERNEL_BLOCK * sizeof(fr);
}

/* Never called: lanes_available is false. */
void lanes_run(const struct lanes_program *lp, const struct program_input *in, void *registers) {
    (void)lp, (void)in, (void)registers;
}

void lanes_steps_make(void *cur, void *step, size_t n) {
    (void)cur, (void)step, (void)n;
}

void lanes_steps_add(void *cur, const void *step, size_t n) {
    (void)cur, (void)step, (void)n;
}

void lanes_store(fr out[], const void *registers, uint32_t reg) {
    (void)out, (void)registers, (void)reg;
}

#endif
