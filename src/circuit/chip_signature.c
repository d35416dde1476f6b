/* See the header. */
#include "circuit/chip_signature.h"

#include "base/threads.h"
#include "circuit/chip_curve.h"
#include "circuit/chip_window.h"

#include <stdlib.h>

enum {
    COL_ACTIVE,
    COL_OP,
    COL_AX,
    COL_AY,
    COL_M,
    COL_RX = COL_M + SCHNORR_MESSAGE_WORDS,
    COL_RY,
    COL_H0,
    COL_H1,
    COL_E,
    COL_HI,
    COL_EX,
    COL_EY,
    COL_SX,
    COL_SY
};

enum { CHALLENGE_BITS = 128 };

/* --- description --- */

/* 2^128, and floor(r / 2^128) - 1, the largest hi */
static void split_constants(fr *shift, fr *hi_max) {
    const uint64_t two_128[4] = {0, 0, 1, 0};
    const uint64_t top[4] = {FR_MODULUS[2] - 1, FR_MODULUS[3], 0, 0};
    (void)fr_from_limbs(shift, two_128);
    (void)fr_from_limbs(hi_max, top);
}

/* a x^2 + y^2 = 1 + d x^2 y^2 */
static void constrain_on_curve(struct air_chip *c, ax active, ax x, ax y) {
    ax xx = air_sqr(c, x), yy = air_sqr(c, y);
    ax left = air_add(c, air_scale_u64(c, BJJ_A, xx), yy);
    ax right = air_add(c, active, air_scale_u64(c, BJJ_D, air_mul(c, xx, yy)));
    air_zero(c, air_sub(c, left, right), "R is on the curve");
}

/* R + E = S */
static void constrain_sum(struct air_chip *c, const ax r[2], const ax e[2], const ax s[2]) {
    ax one = air_u64(c, 1);
    ax k = air_scale_u64(c, BJJ_D, air_mul(c, air_mul(c, r[0], r[1]), air_mul(c, e[0], e[1])));
    ax nx = air_add(c, air_mul(c, r[0], e[1]), air_mul(c, r[1], e[0]));
    ax ny = air_sub(c, air_mul(c, r[1], e[1]), air_scale_u64(c, BJJ_A, air_mul(c, r[0], e[0])));
    air_zero(c, air_sub(c, air_mul(c, s[0], air_add(c, one, k)), nx), "x of R + E = S");
    air_zero(c, air_sub(c, air_mul(c, s[1], air_sub(c, one, k)), ny), "y of R + E = S");
}

void chip_signature(struct air *air, const struct circuit_kinds *kinds) {
    static const char *const message_names[SCHNORR_MESSAGE_WORDS] = {"m0", "m1", "m2", "m3"};
    struct air_chip *c = air_chip(air, CHIP_SIGNATURE_NAME, -1, false);
    if (c == NULL) {
        return; /* air_finish reports it */
    }
    fr shift, hi_max;
    split_constants(&shift, &hi_max);
    ax active = air_active(c), op = air_col(c, "op"), m[SCHNORR_MESSAGE_WORDS];
    ax key_x = air_col(c, "Ax"), key_y = air_col(c, "Ay");
    for (int i = 0; i < SCHNORR_MESSAGE_WORDS; i++) {
        m[i] = air_col(c, message_names[i]);
    }
    ax rx = air_col(c, "Rx"), ry = air_col(c, "Ry");
    ax h0 = air_col(c, "h0"), h1 = air_col(c, "h1"), e = air_col(c, "e"), hi = air_col(c, "hi");
    ax ex = air_col(c, "Ex"), ey = air_col(c, "Ey"), sx = air_col(c, "Sx"), sy = air_col(c, "Sy");

    constrain_on_curve(c, active, rx, ry);
    constrain_sum(c, (ax[]){rx, ry}, (ax[]){ex, ey}, (ax[]){sx, sy});

    ax zero = air_u64(c, 0), one = air_u64(c, 1), domain = air_scalar(c, SCALAR_DOMAIN);
    ax h = air_add(c, air_scale(c, &shift, hi), e);
    const ax signed_message[KIND_SIG_ARITY] = {op, key_x, key_y, m[0], m[1], m[2], m[3]};
    const ax hash0[KIND_P2_ARITY] = {domain, rx, ry, key_x, air_sub(c, h0, domain)};
    const ax hash1[KIND_P2_ARITY] = {h0, key_y, m[0], m[1], air_sub(c, h1, h0)};
    const ax hash2[KIND_P2_ARITY] = {h1, m[2], m[3], zero, air_sub(c, h, h1)};
    const ax start[KIND_CURVE_ARITY] = {op, zero, zero, one, zero, one, zero, key_x, key_y};
    const ax end[KIND_CURVE_ARITY] = {op,   air_u64(c, CHIP_CURVE_ROWS), ex, ey, sx, sy, e, key_x,
                                      key_y};
    ax bits = air_u64(c, CHALLENGE_BITS);
    const ax range0[KIND_RNG_ARITY] = {bits, hi};
    const ax range1[KIND_RNG_ARITY] = {bits, air_sub(c, air_const(c, &hi_max), hi)};
    air_take(c, kinds->sig, active, KIND_SIG_ARITY, signed_message);
    air_give(c, kinds->p2, active, KIND_P2_ARITY, hash0);
    air_give(c, kinds->p2, active, KIND_P2_ARITY, hash1);
    air_give(c, kinds->p2, active, KIND_P2_ARITY, hash2);
    air_give(c, kinds->curve, active, KIND_CURVE_ARITY, start);
    air_take(c, kinds->curve, active, KIND_CURVE_ARITY, end);
    air_give(c, kinds->rng, active, KIND_RNG_ARITY, range0);
    air_give(c, kinds->rng, active, KIND_RNG_ARITY, range1);
}

/* --- rows --- */

struct fill {
    const fr *domain;
    const struct signature_job *jobs;
    struct trace_chip *signature, *curve;
    size_t first, first_curve;
};

static void fill_one(const struct fill *f, size_t i) {
    const struct signature_job *job = &f->jobs[i];
    struct trace_chip *t = f->signature;
    struct schnorr_challenge ch;
    struct curve_job curve = {.op = job->op, .key = job->key};
    size_t row = f->first + i;
    fr e, hi;
    (void)schnorr_challenge(&ch, &job->sig.rx, &job->sig.ry, &job->key, f->domain, job->m);
    (void)fr_from_limbs(&e, ch.e);
    (void)fr_from_limbs(&hi, ch.hi);
    memcpy(curve.e, ch.e, sizeof curve.e);
    memcpy(curve.s, job->sig.s, sizeof curve.s);
    chip_curve_fill_job(f->curve, f->first_curve + CHIP_CURVE_ROWS * i, &curve);
    trace_set(t, COL_ACTIVE, row, &FR_ONE);
    trace_set_u64(t, COL_OP, row, job->op);
    trace_set(t, COL_AX, row, &job->key.x);
    trace_set(t, COL_AY, row, &job->key.y);
    for (unsigned k = 0; k < SCHNORR_MESSAGE_WORDS; k++) {
        trace_set(t, COL_M + k, row, &job->m[k]);
    }
    trace_set(t, COL_RX, row, &job->sig.rx);
    trace_set(t, COL_RY, row, &job->sig.ry);
    trace_set(t, COL_H0, row, &ch.h0);
    trace_set(t, COL_H1, row, &ch.h1);
    trace_set(t, COL_E, row, &e);
    trace_set(t, COL_HI, row, &hi);
    trace_set(t, COL_EX, row, &curve.ea.x);
    trace_set(t, COL_EY, row, &curve.ea.y);
    trace_set(t, COL_SX, row, &curve.sb.x);
    trace_set(t, COL_SY, row, &curve.sb.y);
}

static void fill_range(void *ctx, size_t begin, size_t end) {
    for (size_t i = begin; i < end; i++) {
        fill_one(ctx, i);
    }
}

/* The lookups of one filled row. */
static int add_lookups(const struct fill *f, size_t i, struct poseidon2_table *p2,
                       range_sink *range, void *range_ctx) {
    const struct signature_job *job = &f->jobs[i];
    fr **col = f->signature->col;
    size_t row = f->first + i;
    const fr in0[4] = {*f->domain, job->sig.rx, job->sig.ry, job->key.x};
    const fr in1[4] = {col[COL_H0][row], job->key.y, job->m[0], job->m[1]};
    const fr in2[4] = {col[COL_H1][row], job->m[2], job->m[3], FR_ZERO};
    fr shift, rest;
    split_constants(&shift, &rest);
    fr_sub(&rest, &rest, &col[COL_HI][row]);
    if (poseidon2_table_add(p2, in0) != 0 || poseidon2_table_add(p2, in1) != 0 ||
        poseidon2_table_add(p2, in2) != 0) {
        return -1;
    }
    return range(range_ctx, CHALLENGE_BITS, &col[COL_HI][row]) != 0 ||
                   range(range_ctx, CHALLENGE_BITS, &rest) != 0
               ? -1
               : 0;
}

static int fill_windows(struct trace *trace, const struct signature_job *jobs, size_t n) {
    uint64_t *counts = calloc(BJJ_WINDOW_ENTRIES, sizeof *counts);
    if (counts == NULL) {
        return -1;
    }
    for (size_t i = 0; i < n; i++) {
        for (size_t w = 0; w < BJJ_WINDOWS; w++) {
            size_t byte = (jobs[i].sig.s[w / 8] >> (8 * (w % 8))) & 0xff;
            counts[(w << BJJ_WINDOW_BITS) + byte]++;
        }
    }
    int result = chip_window_fill(trace, counts);
    free(counts);
    return result;
}

int chip_signature_fill(struct trace *trace, const fr *domain, const struct signature_job *jobs,
                        size_t n, struct poseidon2_table *p2, range_sink *range, void *range_ctx,
                        unsigned threads) {
    int signature = air_find_chip(trace->air, CHIP_SIGNATURE_NAME);
    int curve = air_find_chip(trace->air, CHIP_CURVE_NAME);
    if (signature < 0 || curve < 0 || n > (size_t)1 << AIR_MAX_LOG_HEIGHT) {
        return -1;
    }
    struct fill f = {.domain = domain,
                     .jobs = jobs,
                     .signature = trace_chip(trace, (unsigned)signature, 0),
                     .curve = trace_chip(trace, (unsigned)curve, 0)};
    if (trace_reserve(f.signature, f.signature->n + n) != 0 ||
        trace_reserve(f.curve, f.curve->n + CHIP_CURVE_ROWS * n) != 0) {
        return -1;
    }
    f.first = trace_rows_add(f.signature, n);
    f.first_curve = trace_rows_add(f.curve, CHIP_CURVE_ROWS * n);
    if (f.first == SIZE_MAX || f.first_curve == SIZE_MAX) {
        return -1;
    }
    (void)bjj_window_table();
    parallel_for(threads, n, fill_range, &f);
    for (size_t i = 0; i < n; i++) {
        if (add_lookups(&f, i, p2, range, range_ctx) != 0) {
            return -1;
        }
    }
    return fill_windows(trace, jobs, n);
}
