/* The wide chip by itself: true statements have rows, false ones have none, at the edges of every
 * range; a prover that fulfils one of the two congruences is caught by the other. */
#include "circuit/chip_wide.h"
#include "circuit/circuit.h"

#include <gmp.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static struct air *air;
static const struct air_chip *chip;
static fr *out;

static int setup(void **state) {
    (void)state;
    air = zklink_air();
    if (!air) {
        return -1;
    }
    chip = air->chips[air_find_chip(air, "wide")];
    out = calloc(chip->n_tape, sizeof *out);
    return out ? 0 : -1;
}

static int teardown(void **state) {
    (void)state;
    free(out);
    air_free(air);
    return 0;
}

/* Whether a row fulfils the chip's constraints (not its lookups). */
static bool row_holds(const fr cells[WIDE_COLUMNS]) {
    fr zero = FR_ZERO, scalars[CIRCUIT_SCALARS] = {FR_ZERO};
    air_eval(chip, cells, NULL, &zero, scalars, &zero, out);
    for (unsigned k = 0; k < chip->n_constraints; k++) {
        if (!fr_is_zero(&out[chip->constraints[k].op])) {
            return false;
        }
    }
    return true;
}

/* The row that the filling makes; and whether all that it looks up is in range. */
static bool fill(const struct wide_statement *w, fr cells[WIDE_COLUMNS]) {
    struct trace *t = trace_new(air, 1);
    struct lookups l;
    assert_non_null(t);
    assert_int_equal(lookups_init(&l), 0);
    lookups_wide(&l, w);
    assert_int_equal(chip_wide_fill(t, &l), 0);
    const struct trace_chip *c = trace_chip(t, (unsigned)air_find_chip(air, "wide"), 0);
    for (unsigned i = 0; i < WIDE_COLUMNS; i++) {
        cells[i] = c->col[i][0];
    }
    bool ok = !l.failed;
    lookups_free(&l);
    trace_free(t);
    return ok;
}

static bool shown(const struct wide_statement *w) {
    fr cells[WIDE_COLUMNS];
    assert_true(fill(w, cells)); /* the honest filling keeps to the ranges in any case */
    return row_holds(cells);
}

static void set_mpz(mpz_t out_, u128 v) {
    mpz_set_ui(out_, (uint64_t)(v >> 64));
    mpz_mul_2exp(out_, out_, 64);
    mpz_add_ui(out_, out_, (uint64_t)v);
}

static u128 get_u128(const mpz_t v) {
    uint64_t l[2] = {0};
    assert_true(mpz_sgn(v) >= 0 && mpz_sizeinbase(v, 2) <= 128);
    mpz_export(l, NULL, -1, 8, 0, 0, v);
    return (u128)l[1] << 64 | l[0];
}

static void set_v(struct wide_statement *w, const mpz_t v) {
    mpz_t a;
    mpz_init(a);
    mpz_abs(a, v);
    w->negative = mpz_sgn(v) < 0;
    memset(w->v, 0, sizeof w->v);
    mpz_export(w->v, NULL, -1, 8, 0, 0, a);
    mpz_clear(a);
}

static void value(mpz_t t, const struct wide_statement *w) {
    mpz_t a, v;
    mpz_inits(a, v, NULL);
    set_mpz(a, w->d);
    mpz_mul(t, a, a);
    set_mpz(a, w->u);
    mpz_mul(t, t, a);
    mpz_import(v, 3, -1, 8, 0, 0, w->v);
    set_mpz(a, w->x);
    mpz_mul(v, v, a);
    set_mpz(a, w->y);
    mpz_mul(v, v, a);
    if (w->negative) {
        mpz_sub(t, t, v);
    } else {
        mpz_add(t, t, v);
    }
    mpz_clears(a, v, NULL);
}

/* Both claims about a statement: shown just if it is true and s fits 256 bits. */
static void check(struct wide_statement w) {
    mpz_t t, s;
    mpz_inits(t, s, NULL);
    value(t, &w);
    for (unsigned gt = 0; gt < 2; gt++) {
        w.gt = gt == 1;
        if (gt) {
            mpz_sub_ui(s, t, 1);
        } else {
            mpz_neg(s, t);
        }
        bool want = mpz_sgn(s) >= 0 && mpz_sizeinbase(s, 2) <= 256;
        assert_int_equal(shown(&w), want);
    }
    mpz_clears(t, s, NULL);
}

#define P(n) ((u128)1 << (n))

static struct wide_statement make(u128 d, u128 x, u128 y, u128 u, bool negative, u128 v) {
    return (struct wide_statement){.negative = negative,
                                   .d = d,
                                   .x = x,
                                   .y = y,
                                   .u = u,
                                   .v = {(uint64_t)v, (uint64_t)(v >> 64), 0}};
}

static void test_edges(void **state) {
    const u128 most = P(113) - 1, all = ~(u128)0;
    (void)state;
    check(make(0, 0, 0, 0, false, 0));             /* T = 0 */
    check(make(1, 0, 0, 1, false, 0));             /* 1 */
    check(make(0, 1, 1, 0, true, 1));              /* -1 */
    check(make(1, 1, 1, 2, true, 1));              /* 1 */
    check(make(1, 1, 1, 1, true, 2));              /* -1 */
    check(make(most, most, most, all, true, all)); /* 0, of the largest */
    check(make(most, most, most, all - 1, true, all));
    check(make(most, most, most, all, true, all - 1));
    check(make(P(112), most, most, all, true, all - 1)); /* far too large */
    check(make(most, 0, most, all, true, all));          /* 2^354 */
    check(make(0, P(56), P(56), 0, true, P(127)));       /* s about 2^239 */
    check(make(P(60), 1, 1, P(126), false, 1));          /* T = 2^246 + 1: s = 2^246 */
    check(make(0, P(64), P(64), 0, true, P(118)));       /* s = 2^246 */
    check(make(1, P(64), P(64), 1, true, P(127)));       /* s = 2^255 - 1 */
    struct wide_statement w = make(1, P(64), P(64), 1, true, 0);
    w.v[2] = 1; /* v = - 2^128: s = 2^256 - 1, the last that fits */
    check(w);
    w.u = 0; /* s = 2^256 */
    check(w);
    w.u = 2;
    check(w);
    w = make(most, most, most, all, true, 0); /* |v| = 2^137 - 1: true, but not near */
    w.v[0] = w.v[1] = UINT64_MAX;
    w.v[2] = 511;
    check(w);
    w.negative = false;
    check(w);
}

/* T just below and above 0 for arguments of all sizes, v up to 137 bits of either sign. */
static void test_random(void **state) {
    (void)state;
    gmp_randstate_t r;
    mpz_t v, xy, d2, u, t;
    mpz_inits(v, xy, d2, u, t, NULL);
    gmp_randinit_default(r);
    gmp_randseed_ui(r, 7);
    unsigned near_zero = 0;
    for (unsigned round = 0; round < 4000; round++) {
        struct wide_statement w = {.negative = false};
        mpz_t *arg[3] = {&d2, &xy, &t};
        u128 *place[3] = {&w.d, &w.x, &w.y};
        for (unsigned i = 0; i < 3; i++) {
            mpz_rrandomb(*arg[i], r, 1 + gmp_urandomm_ui(r, 113));
            *place[i] = get_u128(*arg[i]);
        }
        mpz_rrandomb(v, r, 1 + gmp_urandomm_ui(r, 137));
        mpz_neg(v, v);
        set_v(&w, v);
        mpz_mul(xy, xy, t);
        mpz_mul(d2, d2, d2);
        mpz_mul(t, xy, v);
        mpz_neg(t, t);
        mpz_fdiv_q(u, t, d2); /* d^2 u <= - x y v < d^2 (u + 1) */
        if (mpz_sizeinbase(u, 2) > 127) {
            continue;
        }
        near_zero++;
        w.u = get_u128(u);
        check(w);
        w.u++;
        check(w);
    }
    assert_true(near_zero > 1000);
    gmp_randclear(r);
    mpz_clears(v, xy, d2, u, t, NULL);
}

/* Splits a number below 2^256 into two columns. */
static void set_limbs(fr *low, fr *high, const mpz_t v) {
    uint64_t l[4] = {0};
    assert_true(mpz_sgn(v) >= 0 && mpz_sizeinbase(v, 2) <= 256);
    mpz_export(l, NULL, -1, 8, 0, 0, v);
    assert_true(fr_from_limbs(low, (uint64_t[]){l[0], l[1], 0, 0}));
    assert_true(fr_from_limbs(high, (uint64_t[]){l[2], l[3], 0, 0}));
}

/* "T > 0" for T = -5, by s = T - 1 + r, which is positive and fulfils the congruence modulo r. The
 * other one then has no quotient of 140 bits. */
static void test_wrapped_slack(void **state) {
    (void)state;
    struct wide_statement w = make(0, 5, 1, 0, true, 1);
    fr cells[WIDE_COLUMNS], shift, left, right;
    mpz_t s, r;
    mpz_inits(s, r, NULL);
    mpz_set_str(r, "30644e72e131a029b85045b68181585d2833e84879b9709143e1f593f0000001", 16);
    w.gt = true;
    assert_true(fill(&w, cells));
    mpz_sub_ui(s, r, 6);
    set_limbs(&cells[WIDE_S0], &cells[WIDE_S1], s);
    assert_false(row_holds(cells));
    air_eval(chip, cells, NULL, &FR_ZERO, (fr[CIRCUIT_SCALARS]){FR_ZERO}, &FR_ZERO, out);
    unsigned failing = 0;
    for (unsigned k = 0; k < chip->n_constraints; k++) {
        if (!fr_is_zero(&out[chip->constraints[k].op])) {
            failing++;
            assert_string_equal(chip->constraints[k].name, "sign modulo 2^112");
        }
    }
    assert_int_equal(failing, 1);
    /* the quotient that the constraint would need, in the field: -s0 - 1 - 5 over 2^112 */
    fr_neg(&left, &cells[WIDE_S0]);
    fr_from_u64(&right, 6);
    fr_sub(&left, &left, &right);
    fr_from_u64(&shift, 2);
    fr_pow_u64(&shift, &shift, 112);
    fr_inv(&shift, &shift);
    fr_mul(&left, &left, &shift);
    fr_from_u64(&right, 2);
    fr_pow_u64(&right, &right, 139);
    fr_add(&left, &left, &right); /* k0 + 2^128 k1 */
    uint64_t l[4];
    fr_to_limbs(l, &left);
    assert_true(l[3] != 0 || l[2] >> 12 != 0); /* k1 would not have 12 bits */
    mpz_clears(s, r, NULL);
}

/* The parts of d^2 and x y moved against each other: sums stay right, ranges do not. */
static void test_moved_parts(void **state) {
    (void)state;
    struct wide_statement w = make(P(112) + 12345, P(100) + 3, P(101) + 7, 9, true, P(90));
    fr cells[WIDE_COLUMNS], shift;
    mpz_t t;
    mpz_init(t);
    value(t, &w);
    w.gt = mpz_sgn(t) > 0;
    assert_true(fill(&w, cells));
    assert_true(mpz_sizeinbase(t, 2) > 256 || row_holds(cells));
    fr_from_u64(&shift, 2);
    fr_pow_u64(&shift, &shift, 112);
    static const struct {
        enum wide_column low, high;
    } parts[] = {{WIDE_E, WIDE_F}, {WIDE_P, WIDE_Q}};
    for (unsigned i = 0; i < 2; i++) {
        fr low = cells[parts[i].low];
        fr_add(&cells[parts[i].low], &cells[parts[i].low], &shift);
        fr_sub(&cells[parts[i].high], &cells[parts[i].high], &FR_ONE);
        uint64_t l[4];
        fr_to_limbs(l, &cells[parts[i].low]);
        assert_true(l[2] != 0 || l[3] != 0 || l[1] >> 48 != 0); /* above 112 bits: RNG refuses */
        fr_add(&cells[parts[i].high], &cells[parts[i].high], &FR_ONE);
        assert_false(row_holds(cells));
        cells[parts[i].low] = low;
    }
    mpz_clear(t);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_edges),
        cmocka_unit_test(test_random),
        cmocka_unit_test(test_wrapped_slack),
        cmocka_unit_test(test_moved_parts),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
