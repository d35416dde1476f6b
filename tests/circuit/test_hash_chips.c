/* The chips poseidon2, signature, curve and window, together in a small AIR of their own: honest
 * rows pass, and every lie about them is caught and named by the witness checker.
 *
 * Two chips stand for the rest of the circuit and are trusted here: `asker` says which messages are
 * signed by which keys (gives SIG), `ranges` serves RNG, and only true values are put in it. */
#include "circuit/chip_curve.h"
#include "circuit/chip_signature.h"
#include "circuit/chip_window.h"
#include "proof/witness_check.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

enum { JOBS = 2, RANGES_MAX = 64 };
enum { ASK_ACTIVE, ASK_OP, ASK_AX, ASK_AY, ASK_M };
enum { RANGE_ACTIVE, RANGE_BITS, RANGE_VALUE };

struct fixture {
    struct air *air;
    struct trace *trace;
    fr scalars[CIRCUIT_SCALARS];
    struct schnorr_key key[JOBS];
    struct signature_job job[JOBS];
    struct trace_chip *poseidon2, *signature, *curve, *window, *asker, *ranges;
    struct statement statement;
    char why[256];
};

static void helper_chips(struct air *air, const struct circuit_kinds *k) {
    struct air_chip *c = air_chip(air, "asker", -1, false);
    ax active = air_active(c);
    ax fields[KIND_SIG_ARITY] = {air_col(c, "op"), air_col(c, "Ax"), air_col(c, "Ay"),
                                 air_col(c, "m0"), air_col(c, "m1"), air_col(c, "m2"),
                                 air_col(c, "m3")};
    air_give(c, k->sig, active, KIND_SIG_ARITY, fields);
    c = air_chip(air, "ranges", -1, false);
    active = air_active(c);
    ax range[KIND_RNG_ARITY] = {air_col(c, "bits"), air_col(c, "value")};
    air_take(c, k->rng, active, KIND_RNG_ARITY, range);
}

static struct air *small_air(void) {
    static const char *const names[CIRCUIT_SCALARS] = {
        "domain", "timestamp", "fee_account", "old_root", "new_root", "operations", "log_words"};
    struct circuit_kinds kinds;
    char err[200] = "";
    struct air *air = air_new("hash chips");
    assert_non_null(air);
    circuit_kinds_declare(&kinds, air);
    air_scalars(air, CIRCUIT_SCALARS, names);
    chip_poseidon2(air, &kinds);
    chip_signature(air, &kinds);
    chip_curve(air, &kinds);
    chip_window(air, &kinds);
    helper_chips(air, &kinds);
    if (air_finish(air, err, sizeof err) != 0) {
        fail_msg("%s", err);
    }
    return air;
}

static struct trace_chip *find(struct fixture *f, const char *name) {
    int chip = air_find_chip(f->air, name);
    assert_true(chip >= 0);
    return trace_chip(f->trace, (unsigned)chip, 0);
}

/* A column by its name; a test should not know the order. */
static fr *cell(struct trace_chip *chip, const char *column, size_t row) {
    int col = air_find_col(chip->chip, column);
    assert_true(col >= 0);
    assert_true(row < chip->n);
    return &chip->col[col][row];
}

/* Serves true ranges only. */
static int serve_range(void *ctx, unsigned bits, const fr *v) {
    struct fixture *f = ctx;
    if (fr_bit_length(v) <= bits) {
        size_t row = trace_row_add(f->ranges);
        trace_set(f->ranges, RANGE_ACTIVE, row, &FR_ONE);
        trace_set_u64(f->ranges, RANGE_BITS, row, bits);
        trace_set(f->ranges, RANGE_VALUE, row, v);
    }
    return 0;
}

static void serve_hashes(struct fixture *f, struct poseidon2_table *p2) {
    assert_int_equal(chip_poseidon2_fill(f->trace, p2, 2), 0);
    poseidon2_table_free(p2);
}

static void setup(struct fixture *f) {
    memset(f, 0, sizeof *f);
    f->air = small_air();
    f->trace = trace_new(f->air, 0);
    assert_non_null(f->trace);
    f->poseidon2 = find(f, CHIP_POSEIDON2_NAME);
    f->signature = find(f, CHIP_SIGNATURE_NAME);
    f->curve = find(f, CHIP_CURVE_NAME);
    f->window = find(f, CHIP_WINDOW_NAME);
    f->asker = find(f, "asker");
    f->ranges = find(f, "ranges");
    fr_from_u64(&f->scalars[SCALAR_DOMAIN], 424242);
    f->statement.scalars = f->scalars;
    f->statement.n_scalars = CIRCUIT_SCALARS;
    for (unsigned i = 0; i < JOBS; i++) {
        uint8_t seed[32] = {(uint8_t)(i + 1)};
        struct signature_job *j = &f->job[i];
        assert_true(schnorr_key_from_seed(&f->key[i], seed, sizeof seed));
        j->op = 5 + 3 * i;
        j->key = f->key[i].public_key;
        for (unsigned k = 0; k < SCHNORR_MESSAGE_WORDS; k++) {
            fr_from_u64(&j->m[k], 1000 * i + k);
        }
        schnorr_sign(&j->sig, &f->key[i], &f->scalars[SCALAR_DOMAIN], j->m);
        size_t row = trace_row_add(f->asker);
        trace_set(f->asker, ASK_ACTIVE, row, &FR_ONE);
        trace_set_u64(f->asker, ASK_OP, row, j->op);
        trace_set(f->asker, ASK_AX, row, &j->key.x);
        trace_set(f->asker, ASK_AY, row, &j->key.y);
        for (unsigned k = 0; k < SCHNORR_MESSAGE_WORDS; k++) {
            trace_set(f->asker, ASK_M + k, row, &j->m[k]);
        }
    }
    struct poseidon2_table *p2 = poseidon2_table_new();
    assert_non_null(p2);
    assert_int_equal(chip_signature_fill(f->trace, &f->scalars[SCALAR_DOMAIN], f->job, JOBS, p2,
                                         serve_range, f, 2),
                     0);
    serve_hashes(f, p2);
}

static void teardown(struct fixture *f) {
    trace_free(f->trace);
    air_free(f->air);
}

static bool good(struct fixture *f) {
    f->why[0] = 0;
    return witness_check(f->air, &f->statement, f->trace, f->why, sizeof f->why);
}

/* The checker refuses and says this. */
static void assert_named(struct fixture *f, const char *part) {
    if (good(f)) {
        fail_msg("accepted; \"%s\" should fail", part);
    }
    if (strstr(f->why, part) == NULL) {
        fail_msg("refused because of \"%s\", not of \"%s\"", f->why, part);
    }
}

/* --- honest rows --- */

static void honest_rows_pass(void **state) {
    (void)state;
    struct fixture f;
    setup(&f);
    if (!good(&f)) {
        fail_msg("%s", f.why);
    }
    assert_int_equal(f.signature->n, JOBS);
    assert_int_equal(f.curve->n, JOBS * CHIP_CURVE_ROWS);
    assert_int_equal(f.poseidon2->n, 3 * JOBS);
    teardown(&f);
}

static void equal_lookups_share_a_row(void **state) {
    (void)state;
    struct poseidon2_table *t = poseidon2_table_new();
    assert_non_null(t);
    for (uint64_t turn = 0; turn < 3; turn++) {
        for (uint64_t i = 0; i < 5000; i++) { /* beyond the first size of its tables */
            fr in[4] = {FR_ZERO, FR_ONE, FR_ZERO, FR_ONE};
            fr_from_u64(&in[i % 4], i);
            assert_int_equal(poseidon2_table_add(t, in), 0);
        }
    }
    assert_int_equal(poseidon2_table_size(t), 5000 - 1); /* i = 0 and i = 1 change nothing */
    poseidon2_table_free(t);
}

/* --- any one cell --- */

static bool names(const char *why, const char *chip, const char *const *kinds) {
    bool named = strstr(why, chip) != NULL;
    for (; *kinds != NULL; kinds++) {
        named |= strstr(why, *kinds) != NULL;
    }
    return named;
}

/* Changes each column of some rows, in four ways; every change must be named as the chip's own
 * constraint or as a message of one of its kinds. */
static void change_cells(struct fixture *f, struct trace_chip *c, size_t rows, const size_t *row,
                         const char *const *kinds) {
    for (unsigned col = 0; col < c->chip->n_main; col++) {
        for (size_t r = 0; r < rows; r++) {
            fr *at = &c->col[col][row[r]], old = *at;
            for (int way = 0; way < 4; way++) {
                fr changed;
                switch (way) {
                case 0:
                    fr_add(&changed, &old, &FR_ONE);
                    break;
                case 1:
                    fr_sub(&changed, &FR_ONE, &old); /* the other boolean */
                    break;
                case 2:
                    fr_neg(&changed, &old);
                    break;
                default:
                    changed = FR_ZERO;
                    break;
                }
                if (fr_eq(&changed, &old)) {
                    continue;
                }
                *at = changed;
                if (good(f) || !names(f->why, c->chip->name, kinds)) {
                    fail_msg("%s, column %s, row %zu, way %d: \"%s\"", c->chip->name,
                             c->chip->main[col].name, row[r], way, f->why);
                }
                *at = old;
            }
        }
    }
    assert_true(good(f));
}

static void any_cell_of_poseidon2(void **state) {
    (void)state;
    struct fixture f;
    setup(&f);
    change_cells(&f, f.poseidon2, 2, (const size_t[]){0, 4}, (const char *[]){"P2", NULL});
    teardown(&f);
}

static void any_cell_of_signature(void **state) {
    (void)state;
    struct fixture f;
    setup(&f);
    change_cells(&f, f.signature, 2, (const size_t[]){0, 1},
                 (const char *[]){"P2", "SIG", "RNG", "CURVE", NULL});
    teardown(&f);
}

static void any_cell_of_curve(void **state) {
    (void)state;
    struct fixture f;
    setup(&f);
    change_cells(&f, f.curve, 4, (const size_t[]){0, 7, 15, 20},
                 (const char *[]){"CURVE", "WIN", NULL});
    teardown(&f);
}

static void any_cell_of_window(void **state) {
    (void)state;
    struct fixture f;
    setup(&f);
    size_t used = f.job[0].sig.s[0] & 0xff;
    change_cells(&f, f.window, 3, (const size_t[]){used, used ^ 1, 8191},
                 (const char *[]){"WIN", NULL});
    teardown(&f);
}

/* --- lies that are consistent with themselves --- */

/* The window chip's multiplicities as the curve rows ask for them, whatever they are. */
static void recount_windows(struct fixture *f) {
    memset(f->window->col[0], 0, f->window->n * sizeof(fr));
    for (size_t row = 0; row < f->curve->n; row++) {
        if (fr_is_zero(cell(f->curve, "active", row))) {
            continue;
        }
        for (unsigned i = 0; i < CHIP_CURVE_WINDOWS; i++) {
            uint64_t byte, j;
            assert_true(fr_to_u64(&byte, cell(f->curve, i == 0 ? "byte0" : "byte1", row)));
            assert_true(fr_to_u64(&j, cell(f->curve, "j", row)));
            assert_int_equal(trace_count(f->window, 0, 256 * (2 * j + i) + byte), 0);
        }
    }
}

static void refill_hashes(struct fixture *f, const fr in[][4], size_t n) {
    struct poseidon2_table *p2 = poseidon2_table_new();
    assert_non_null(p2);
    for (size_t i = 0; i < n; i++) {
        assert_int_equal(poseidon2_table_add(p2, in[i]), 0);
    }
    f->poseidon2->n = 0;
    serve_hashes(f, p2);
}

/* The hashes that the signature rows ask for, recomputed after their inputs changed; e and hi as
 * they are, unless `split` says to take them from the new h. */
static void rehash(struct fixture *f, bool split) {
    fr in[3 * JOBS][4];
    f->ranges->n = 0;
    for (size_t row = 0; row < JOBS; row++) {
        const char *const message[] = {"m0", "m1", "m2", "m3"};
        fr m[4];
        struct schnorr_challenge ch;
        bjj_affine key = {*cell(f->signature, "Ax", row), *cell(f->signature, "Ay", row)};
        fr rx = *cell(f->signature, "Rx", row), ry = *cell(f->signature, "Ry", row);
        for (int i = 0; i < 4; i++) {
            m[i] = *cell(f->signature, message[i], row);
        }
        (void)schnorr_challenge(&ch, &rx, &ry, &key, &f->scalars[SCALAR_DOMAIN], m);
        fr inputs[3][4] = {{f->scalars[SCALAR_DOMAIN], rx, ry, key.x},
                           {ch.h0, key.y, m[0], m[1]},
                           {ch.h1, m[2], m[3], FR_ZERO}};
        memcpy(in[3 * row], inputs, sizeof inputs);
        *cell(f->signature, "h0", row) = ch.h0;
        *cell(f->signature, "h1", row) = ch.h1;
        if (split) {
            assert_true(fr_from_limbs(cell(f->signature, "e", row), ch.e));
            assert_true(fr_from_limbs(cell(f->signature, "hi", row), ch.hi));
        }
        fr top, rest;
        const uint64_t limbs[4] = {FR_MODULUS[2] - 1, FR_MODULUS[3], 0, 0};
        assert_true(fr_from_limbs(&top, limbs));
        fr_sub(&rest, &top, cell(f->signature, "hi", row));
        assert_int_equal(serve_range(f, 128, cell(f->signature, "hi", row)), 0);
        assert_int_equal(serve_range(f, 128, &rest), 0);
    }
    refill_hashes(f, (const fr(*)[4])in, 3 * JOBS);
}

/* Rows of job 0 for other e and s; E and S of the signature row follow. */
static void refill_curve(struct fixture *f, const uint64_t e[4], const uint64_t s[4]) {
    struct curve_job job = {.op = f->job[0].op, .key = f->job[0].key};
    memcpy(job.e, e, sizeof job.e);
    memcpy(job.s, s, sizeof job.s);
    chip_curve_fill_job(f->curve, 0, &job);
    *cell(f->signature, "Ex", 0) = job.ea.x;
    *cell(f->signature, "Ey", 0) = job.ea.y;
    *cell(f->signature, "Sx", 0) = job.sb.x;
    *cell(f->signature, "Sy", 0) = job.sb.y;
    recount_windows(f);
}

/* h + r instead of h: e and hi are 128-bit integers, the signature equation holds for the other e,
 * everything is consistent; only the upper bound of hi stands against a second challenge. */
static void other_split_of_the_hash(void **state) {
    (void)state;
    struct fixture f;
    setup(&f);
    uint64_t h[4], e[4] = {0}, hi[4] = {0}, minus[4], s[4], nonce[4];
    struct schnorr_challenge ch;
    struct signature_job *j = &f.job[0];
    assert_true(
        schnorr_challenge(&ch, &j->sig.rx, &j->sig.ry, &j->key, &f.scalars[SCALAR_DOMAIN], j->m));
    fr_to_limbs(h, &ch.h);
    field_u128 carry = 0;
    for (int i = 0; i < 4; i++) {
        carry += (field_u128)h[i] + FR_MODULUS[i];
        *(i < 2 ? &e[i] : &hi[i - 2]) = (uint64_t)carry;
        carry >>= 64;
    }
    /* nonce = s - e a, then s' = nonce + e' a; -e a = (l - e) a */
    field_u128 borrow = 0;
    for (int i = 0; i < 4; i++) {
        field_u128 d = (field_u128)BJJ_ORDER[i] - ch.e[i] - borrow;
        minus[i] = (uint64_t)d;
        borrow = (d >> 64) & 1;
    }
    bjj_scalar_mul_add(nonce, minus, f.key[0].secret, j->sig.s);
    bjj_scalar_mul_add(s, e, f.key[0].secret, nonce);
    refill_curve(&f, e, s);
    assert_true(fr_from_limbs(cell(f.signature, "e", 0), e));
    assert_true(fr_from_limbs(cell(f.signature, "hi", 0), hi));
    rehash(&f, false);
    assert_named(&f, "RNG");
    /* It is the range alone: served, the lie would pass. */
    fr top, rest;
    const uint64_t limbs[4] = {FR_MODULUS[2] - 1, FR_MODULUS[3], 0, 0};
    assert_true(fr_from_limbs(&top, limbs));
    fr_sub(&rest, &top, cell(f.signature, "hi", 0));
    size_t row = trace_row_add(f.ranges);
    trace_set(f.ranges, RANGE_ACTIVE, row, &FR_ONE);
    trace_set_u64(f.ranges, RANGE_BITS, row, 128);
    trace_set(f.ranges, RANGE_VALUE, row, &rest);
    assert_true(good(&f));
    teardown(&f);
}

/* e with 2^128 moved into it from hi: the curve rows cannot follow. */
static void challenge_of_more_bits(void **state) {
    (void)state;
    struct fixture f;
    setup(&f);
    fr shift;
    const uint64_t two_128[4] = {0, 0, 1, 0};
    assert_true(fr_from_limbs(&shift, two_128));
    fr_add(cell(f.signature, "e", 0), cell(f.signature, "e", 0), &shift);
    fr_sub(cell(f.signature, "hi", 0), cell(f.signature, "hi", 0), &FR_ONE);
    rehash(&f, false);
    assert_named(&f, "CURVE");
    teardown(&f);
}

/* R = (0, 0) swallows every sum: R + E = (0, 0). With the hashes and e A of that R, only two
 * constraints speak against S = (0, 0); the first is R's place on the curve. */
static void r_off_the_curve(void **state) {
    (void)state;
    struct fixture f;
    setup(&f);
    *cell(f.signature, "Rx", 0) = FR_ZERO;
    *cell(f.signature, "Ry", 0) = FR_ZERO;
    rehash(&f, true);
    uint64_t e[4];
    fr_to_limbs(e, cell(f.signature, "e", 0));
    refill_curve(&f, e, f.job[0].sig.s);
    *cell(f.signature, "Sx", 0) = FR_ZERO;
    *cell(f.signature, "Sy", 0) = FR_ZERO;
    assert_named(&f, "signature.R is on the curve");
    teardown(&f);
}

/* Another R on the curve, and all that follows from it: the equation. */
static void r_of_another_signature(void **state) {
    (void)state;
    struct fixture f;
    setup(&f);
    *cell(f.signature, "Rx", 0) = *cell(f.signature, "Rx", 1);
    *cell(f.signature, "Ry", 0) = *cell(f.signature, "Ry", 1);
    rehash(&f, true);
    uint64_t e[4];
    fr_to_limbs(e, cell(f.signature, "e", 0));
    refill_curve(&f, e, f.job[0].sig.s);
    assert_named(&f, "R + E = S");
    teardown(&f);
}

/* A message that was not signed, with hashes and rows to match. */
static void message_that_was_not_signed(void **state) {
    (void)state;
    struct fixture f;
    setup(&f);
    fr_add(cell(f.signature, "m2", 0), cell(f.signature, "m2", 0), &FR_ONE);
    fr_add(&f.asker->col[ASK_M + 2][0], &f.asker->col[ASK_M + 2][0], &FR_ONE);
    rehash(&f, true);
    uint64_t e[4];
    fr_to_limbs(e, cell(f.signature, "e", 0));
    refill_curve(&f, e, f.job[0].sig.s);
    assert_named(&f, "R + E = S");
    teardown(&f);
}

/* T = 0 would make every addition of A the wrong one. */
static void wrong_product_of_the_key(void **state) {
    (void)state;
    struct fixture f;
    setup(&f);
    for (size_t row = 0; row < f.curve->n; row++) {
        *cell(f.curve, "T", row) = FR_ZERO;
    }
    assert_named(&f, "curve.T is the product");
    teardown(&f);
}

/* s with its first two bytes exchanged, S computed from entries of the exchanged windows. */
static void entry_of_another_window(void **state) {
    (void)state;
    struct fixture f;
    setup(&f);
    static const char *const columns[2][3] = {{"byte0", "Wx0", "Wy0"}, {"byte1", "Wx1", "Wy1"}};
    for (int i = 1; i < 3; i++) { /* the points change places, the bytes do not */
        fr *a = cell(f.curve, columns[0][i], 0), *b = cell(f.curve, columns[1][i], 0), t = *a;
        *a = *b;
        *b = t;
    }
    bjj_affine first = {*cell(f.curve, "Wx0", 0), *cell(f.curve, "Wy0", 0)};
    *cell(f.curve, "Sx0", 0) = first.x; /* identity + W; the sum after both is the same */
    *cell(f.curve, "Sy0", 0) = first.y;
    assert_named(&f, "WIN");
    teardown(&f);
}

/* No curve rows at all: E = S = identity, R = identity, and nothing multiplied. */
static void identity_instead_of_rows(void **state) {
    (void)state;
    struct fixture f;
    setup(&f);
    for (unsigned i = 0; i < 3; i++) {
        static const char *const x[] = {"Rx", "Ex", "Sx"}, *const y[] = {"Ry", "Ey", "Sy"};
        *cell(f.signature, x[i], 0) = FR_ZERO;
        *cell(f.signature, y[i], 0) = FR_ONE;
    }
    rehash(&f, true);
    for (size_t row = 0; row < CHIP_CURVE_ROWS; row++) {
        for (unsigned col = 0; col < f.curve->chip->n_main; col++) {
            f.curve->col[col][row] = FR_ZERO;
        }
    }
    recount_windows(&f);
    assert_named(&f, "CURVE");
    teardown(&f);
}

/* Half of the rows left out, the other half beginning from the identity. */
static void chain_that_begins_later(void **state) {
    (void)state;
    struct fixture f;
    setup(&f);
    for (size_t row = 0; row < CHIP_CURVE_ROWS / 2; row++) {
        for (unsigned col = 0; col < f.curve->chip->n_main; col++) {
            f.curve->col[col][row] = FR_ZERO;
        }
    }
    recount_windows(&f);
    assert_named(&f, "CURVE");
    teardown(&f);
}

/* The rows of one operation's key served to another. */
static void rows_of_another_operation(void **state) {
    (void)state;
    struct fixture f;
    setup(&f);
    for (size_t row = 0; row < CHIP_CURVE_ROWS; row++) {
        *cell(f.curve, "op", row) = *cell(f.curve, "op", CHIP_CURVE_ROWS);
    }
    assert_named(&f, "CURVE");
    teardown(&f);
}

/* A second signature row for the same operation takes a message that is not there. */
static void two_signatures_of_one_operation(void **state) {
    (void)state;
    struct fixture f;
    setup(&f);
    size_t row = trace_row_add(f.signature);
    for (unsigned col = 0; col < f.signature->chip->n_main; col++) {
        f.signature->col[col][row] = f.signature->col[col][0];
    }
    assert_false(good(&f));
    teardown(&f);
}

/* --- inactive rows --- */

/* Without the round constants the S-boxes of a zero row are zero: an inactive row would serve the
 * false result P(0, 0, 0, 0) = 0. */
static void inactive_row_that_serves(void **state) {
    (void)state;
    struct fixture f;
    setup(&f);
    size_t row = trace_row_add(f.poseidon2);
    assert_true(good(&f));
    *cell(f.poseidon2, "mult", row) = FR_ONE;
    assert_named(&f, "poseidon2.mult");
    teardown(&f);
}

static void inactive_rows_of_the_others(void **state) {
    (void)state;
    struct fixture f;
    setup(&f);
    assert_true(trace_row_add(f.signature) != SIZE_MAX);
    assert_true(trace_row_add(f.curve) != SIZE_MAX);
    assert_true(good(&f));
    *cell(f.curve, "active", f.curve->n - 1) = FR_ONE; /* a row that takes and gives something */
    assert_false(good(&f));
    *cell(f.curve, "active", f.curve->n - 1) = FR_ZERO;
    *cell(f.signature, "active", f.signature->n - 1) = FR_ONE;
    assert_named(&f, "signature.R is on the curve");
    teardown(&f);
}

/* A lookup counted twice, or not at all. */
static void wrong_multiplicities(void **state) {
    (void)state;
    struct fixture f;
    setup(&f);
    fr two;
    fr_from_u64(&two, 2);
    *cell(f.poseidon2, "mult", 2) = two;
    assert_named(&f, "P2");
    *cell(f.poseidon2, "mult", 2) = FR_ZERO;
    assert_named(&f, "P2");
    teardown(&f);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(honest_rows_pass),
        cmocka_unit_test(equal_lookups_share_a_row),
        cmocka_unit_test(any_cell_of_poseidon2),
        cmocka_unit_test(any_cell_of_signature),
        cmocka_unit_test(any_cell_of_curve),
        cmocka_unit_test(any_cell_of_window),
        cmocka_unit_test(other_split_of_the_hash),
        cmocka_unit_test(challenge_of_more_bits),
        cmocka_unit_test(r_off_the_curve),
        cmocka_unit_test(r_of_another_signature),
        cmocka_unit_test(message_that_was_not_signed),
        cmocka_unit_test(wrong_product_of_the_key),
        cmocka_unit_test(entry_of_another_window),
        cmocka_unit_test(identity_instead_of_rows),
        cmocka_unit_test(chain_that_begins_later),
        cmocka_unit_test(rows_of_another_operation),
        cmocka_unit_test(two_signatures_of_one_operation),
        cmocka_unit_test(inactive_row_that_serves),
        cmocka_unit_test(inactive_rows_of_the_others),
        cmocka_unit_test(wrong_multiplicities),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
