/* A cheating prover against the verifier. Each test makes a false statement's proof as well as an
 * attacker could and expects a rejection; where the attack works against a weaker protocol, the
 * test shows that too, so that it is known to be a real attack: the weights are linked from here
 * instead of src/proof/weights.c, sound ones unless `variant` says otherwise, to prover and
 * verifier alike. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "toy.h"

/* --- weights --- */

static enum {
    SOUND,
    BUS_SHARES_ETA,      /* the bus has the weight of a constraint */
    BUS_SHARES_ETA_ZETA, /* .. times a coordinate of zeta */
    PUBLIC_SHARED,       /* all public sums have one weight */
    ETA_RESTARTS         /* each chip's constraints begin at eta^0 */
} variant;
static size_t restart_period; /* constraints of each chip, for ETA_RESTARTS */

void protocol_weight_bus(fr *out, const struct challenges *ch) {
    *out = ch->mu;
    if (variant == BUS_SHARES_ETA || variant == BUS_SHARES_ETA_ZETA) {
        fr_sqr(out, &ch->eta);
    }
    if (variant == BUS_SHARES_ETA_ZETA) {
        fr_mul(out, out, &ch->zeta[0]);
    }
}

void protocol_weight_public(fr *out, const struct challenges *ch, unsigned j) {
    fr_pow_u64(out, &ch->mu, variant == PUBLIC_SHARED ? 2 : 2 + (uint64_t)j);
}

void protocol_weight_constraint(fr *out, const struct challenges *ch, size_t k) {
    fr_pow_u64(out, &ch->eta, variant == ETA_RESTARTS ? k % restart_period : k);
}

/* --- set-up --- */

static struct srs srs;
static struct air *air;
static struct proving_key pk;

static int setup(void **state) {
    (void)state;
    air = toy_air(false);
    if (srs_generate_insecure(&srs, TOY_MAX_M, SRS_INSECURE_SEED, 2, NULL) != 0) {
        return -1;
    }
    return proving_key_init(&pk, air, &srs, TOY_MAX_M, 2) == KEY_OK ? 0 : -1;
}

static int teardown(void **state) {
    (void)state;
    srs_release(&srs);
    air_free(air);
    return 0;
}

static bool accepted(const struct verifying_key *vk, const struct statement *s,
                     const struct proof_buf *proof) {
    bool ok = true;
    assert_int_equal(verify(vk, s, proof->data, proof->len, &ok), 0);
    return ok;
}

/* Proves with the hooks, going on whatever the claim is, and verifies. */
static bool cheat(const struct proving_key *key, const struct statement *s, const struct trace *t,
                  struct prove_hooks hooks, int log_chunk) {
    struct proof_buf proof = {0};
    hooks.keep_going = true;
    hooks.violated = true;
    hooks.log_chunk = log_chunk;
    assert_int_equal(prove_with_hooks(key, s, t, 2, &hooks, &proof, NULL), PROVE_OK);
    bool ok = accepted(&key->vk, s, &proof);
    proof_buf_release(&proof);
    return ok;
}

/* --- false witnesses --- */

static void test_false_product(void **state) {
    (void)state;
    struct prove_hooks none = {0};
    struct toy t;
    toy_init(&t, air, 11, 21);
    assert_true(cheat(&pk, &t.s, t.trace, none, -1));
    struct trace_chip *a = trace_chip(t.trace, TOY_A, 0), *b = trace_chip(t.trace, TOY_B, 0);
    struct trace_chip *p = trace_chip(t.trace, TOY_P, 0);
    trace_set_u64(a, A_C, 4, 999); /* consistent on the bus, but not a product */
    trace_set_u64(b, B_C, 4, 999);
    trace_set_u64(p, 1, 4, 999);
    toy_hold(&t);
    for (int m = 5; m <= 8; m++) {
        assert_false(cheat(&pk, &t.s, t.trace, none, m));
    }
    toy_release(&t);
}

/* An inactive row takes a false result of the function: m (1 - active) = 0 fails. */
static void test_inactive_row_takes(void **state) {
    (void)state;
    struct prove_hooks none = {0};
    struct toy t;
    toy_init(&t, air, 11, 0);
    struct trace_chip *a = trace_chip(t.trace, TOY_A, 0), *f = trace_chip(t.trace, TOY_F, 0);
    fr y, m;
    toy_random_fr(&y);
    for (size_t i = 0; i < a->n; i++) {
        if (fr_eq(&a->col[A_A][i], &f->col[F_X][0])) {
            trace_set(a, A_Y, i, &y);
        }
    }
    /* the constraint x^5 + 7 active = y has the solution (x, y) only with another x: give the row's
     * y, drop active, and choose nothing else: the fifth power constraint must fail or m be ungated
     */
    trace_set(f, F_Y, 0, &y);
    trace_set_u64(f, F_ACTIVE, 0, 0);
    m = f->col[F_M][0];
    assert_false(fr_is_zero(&m));
    assert_false(cheat(&pk, &t.s, t.trace, none, -1));
    toy_release(&t);
    /* and with the constant's loss used: y = x^5, satisfied on an inactive row */
    toy_init(&t, air, 11, 0);
    a = trace_chip(t.trace, TOY_A, 0), f = trace_chip(t.trace, TOY_F, 0);
    fr_pow_u64(&y, &f->col[F_X][0], 5);
    for (size_t i = 0; i < a->n; i++) {
        if (fr_eq(&a->col[A_A][i], &f->col[F_X][0])) {
            trace_set(a, A_Y, i, &y);
        }
    }
    trace_set(f, F_Y, 0, &y);
    trace_set_u64(f, F_ACTIVE, 0, 0);
    char why[400];
    assert_false(witness_check(air, &t.s, t.trace, why, sizeof why));
    assert_string_equal(why, "f.m is 0 on inactive rows row 0"); /* nothing else is wrong */
    assert_false(cheat(&pk, &t.s, t.trace, none, -1));
    toy_release(&t);
}

/* b = 9 is outside the table of 8 rows; a prover with a table of 16 rows finds it there. */
static void test_enlarged_fixed_table(void **state) {
    (void)state;
    struct prove_hooks hooks = {.log_chunk = -1};
    struct air *large = toy_air(true);
    struct proving_key large_pk;
    assert_int_equal(proving_key_init(&large_pk, large, &srs, TOY_MAX_M, 2), KEY_OK);
    struct toy t;
    fr x;
    toy_init(&t, large, 11, 0);
    fr_from_u64(&x, 3);
    toy_row_a(&t, &x, 9, false);
    toy_hold(&t);
    struct proof_buf proof = {0};
    assert_int_equal(prove_with_hooks(&large_pk, &t.s, t.trace, 2, &hooks, &proof, NULL), PROVE_OK);
    assert_true(accepted(&large_pk.vk, &t.s, &proof));
    proof_buf_release(&proof);
    proof = (struct proof_buf){0};
    memcpy(large_pk.vk.digest, pk.vk.digest, 32); /* the same proof, made for the true key */
    assert_int_equal(prove_with_hooks(&large_pk, &t.s, t.trace, 2, &hooks, &proof, NULL), PROVE_OK);
    assert_true(accepted(&large_pk.vk, &t.s, &proof));
    assert_false(accepted(&pk.vk, &t.s, &proof));
    proof_buf_release(&proof);
    toy_release(&t);
    air_free(large);
}

static void tail_hook(void *ctx, bool helper, size_t index, fr *v, size_t len) {
    const size_t *which = ctx;
    if (index == which[helper]) {
        fr_from_u64(&v[len - 1], 9);
    }
}

/* Something beyond the last column of the last chunk. */
static void test_nonzero_tail(void **state) {
    (void)state;
    struct toy t;
    toy_init(&t, air, 11, 21);
    struct proof_buf proof = {0};
    struct prove_stats st = {0};
    assert_int_equal(prove(&pk, &t.s, t.trace, 2, &proof, &st), PROVE_OK);
    assert_true(accepted(&pk.vk, &t.s, &proof));
    size_t main_last[2] = {st.n_main_chunks - 1, SIZE_MAX};
    size_t helper_last[2] = {SIZE_MAX, st.n_helper_chunks - 1};
    struct prove_hooks hooks = {.chunk = tail_hook, .ctx = main_last};
    assert_false(cheat(&pk, &t.s, t.trace, hooks, (int)st.log_chunk));
    hooks.ctx = helper_last;
    assert_false(cheat(&pk, &t.s, t.trace, hooks, (int)st.log_chunk));
    size_t no_chunk[2] = {SIZE_MAX, SIZE_MAX};
    hooks.ctx = no_chunk; /* the hook itself does no harm */
    assert_true(cheat(&pk, &t.s, t.trace, hooks, (int)st.log_chunk));
    prove_stats_release(&st);
    proof_buf_release(&proof);
    toy_release(&t);
}

/* --- values --- */

/* A false claim, mended by the values of the last chip: the claim is linear in a helper's value, so
 * the one that makes it 0 is found from two trials. Only the opening can object. */
struct mend {
    const struct statement *s;
    bool mended;
};

static void claim_after(fr *out, const struct layout *l, const struct challenges *ch,
                        const struct statement *s, unsigned m, const fr *R, const fr *claim,
                        const fr *values) {
    fr share, tape[200];
    *out = *claim;
    for (size_t c = 0; c < l->n_chips; c++) {
        if (l->chips[c].log_height == m) {
            assert_true(l->chips[c].chip->n_tape <= 200);
            protocol_chip_claim(&share, &l->chips[c], ch, s, values + l->chips[c].first_value, R,
                                tape);
            fr_sub(out, out, &share);
        }
    }
}

static void mend_hook(void *ctx, const struct layout *l, const struct challenges *ch, unsigned m,
                      const fr *R, const fr *claim, fr *values) {
    struct mend *mend = ctx;
    if (m != l->log_tallest) {
        return;
    }
    fr *h = NULL, at0, at1, d;
    for (size_t c = 0; c < l->n_chips && !h; c++) {
        const struct air_chip *chip = l->chips[c].chip;
        if (l->chips[c].log_height == m) {
            h = values + l->chips[c].first_value + chip->n_main + chip->n_fixed;
        }
    }
    claim_after(&at0, l, ch, mend->s, m, R, claim, values);
    assert_false(fr_is_zero(&at0));
    fr_add(h, h, &FR_ONE);
    claim_after(&at1, l, ch, mend->s, m, R, claim, values);
    fr_sub(h, h, &FR_ONE);
    fr_sub(&d, &at0, &at1);
    fr_inv(&d, &d);
    fr_mul(&d, &d, &at0);
    fr_add(h, h, &d);
    claim_after(&at0, l, ch, mend->s, m, R, claim, values);
    mend->mended = fr_is_zero(&at0);
}

static void test_last_values_shifted(void **state) {
    (void)state;
    struct toy t;
    toy_init(&t, air, 11, 21);
    struct trace_chip *a = trace_chip(t.trace, TOY_A, 0);
    trace_set_u64(a, A_C, 4, 999);
    for (int m = 5; m <= 8; m++) {
        struct mend mend = {.s = &t.s};
        struct prove_hooks hooks = {.leave = mend_hook, .ctx = &mend};
        assert_false(cheat(&pk, &t.s, t.trace, hooks, m));
        assert_true(mend.mended);
    }
    toy_release(&t);
}

/* Two columns of one chunk lie in opposite directions, so that the chunk's value at R would be
 * right if the coordinates not yet drawn were what the attacker guesses (0): had all values been
 * sent after R, this would pass. The sum of constraints is mended too. */
struct shift {
    struct mend mend;
    bool shifted;
};

static void shift_hook(void *ctx, const struct layout *l, const struct challenges *ch, unsigned m,
                       const fr *R, const fr *claim, fr *values) {
    struct shift *shift = ctx;
    const struct layout_chip *c = &l->chips[TOY_C];
    if (m == c->log_height) { /* the table's first column and the column before it in the chunk */
        fr five;
        fr_from_u64(&five, 5);
        for (size_t i = 0; i < l->n_chips; i++) {
            const struct layout_chip *o = &l->chips[i];
            if (i != TOY_C && o->log_height == m &&
                o->main_offset >> l->log_chunk == c->main_offset >> l->log_chunk) {
                fr_add(&values[c->first_value], &values[c->first_value], &five);
                fr_sub(&values[o->first_value], &values[o->first_value], &five);
                shift->shifted = true;
                break;
            }
        }
    }
    mend_hook(&shift->mend, l, ch, m, R, claim, values);
}

static void test_values_shifted_in_a_chunk(void **state) {
    (void)state;
    struct toy t;
    toy_init(&t, air, 8, 30); /* chip a and the table have 8 rows */
    for (int m = 6; m <= 9; m++) {
        struct shift shift = {.mend = {.s = &t.s}};
        struct prove_hooks hooks = {.leave = shift_hook, .ctx = &shift};
        assert_false(cheat(&pk, &t.s, t.trace, hooks, m));
        if (m >= 8) {
            assert_true(shift.shifted);
        }
    }
    toy_release(&t);
}

/* --- shared weights --- */

/* One chip: gives K(s) when active; the boundary takes K(scalar). */
static struct air *lone_air(void) {
    struct air *lone = air_new("lone");
    unsigned kind = air_kind(lone, "K", 1);
    air_scalars(lone, 1, (const char *const[]){"s"});
    struct air_chip *c = air_chip(lone, "o", -1, false);
    ax active = air_active(c);
    ax s = air_col_gated(c, "s");
    air_give(c, kind, active, 1, &s);
    air_boundary_take(lone, kind, 1, (struct air_lin[]){air_lin_scalar(0)});
    char err[100];
    assert_int_equal(air_finish(lone, err, sizeof err), 0);
    assert_int_equal(c->n_constraints, 2); /* the helper's constraint has the weight eta^2 */
    return lone;
}

/* 1 / (alpha - kind - beta s) */
static void message_inverse(fr *out, const struct challenges *ch, uint64_t s) {
    fr x;
    fr_from_u64(&x, s);
    fr_mul(&x, &x, &ch->beta_pow[1]);
    fr_add(&x, &x, &FR_ONE); /* kind 1 */
    fr_sub(out, &ch->alpha, &x);
    fr_inv(out, out);
}

/* The row gives 42, the boundary takes 43. h is chosen so that the violation of the helper
 * constraint and the imbalance cancel if both have the same weight: (h f - 1) + (h - S) = 0. */
static void cancel_hook(void *ctx, const struct layout *l, const struct challenges *ch,
                        fr *const *const *helper) {
    (void)ctx;
    (void)l;
    fr f, S, x;
    message_inverse(&f, ch, 42);
    fr_inv(&f, &f);
    message_inverse(&S, ch, 43);
    fr_add(&S, &S, &FR_ONE);
    fr_add(&x, &f, &FR_ONE);
    fr_inv(&x, &x);
    fr_mul(&helper[0][0][0], &S, &x);
}

/* The same with two rows, the violation on the inactive row 1, whose weight is zeta_0:
 * h_1 f_1 + (h_0 + h_1 - S) = 0, h_0 true. */
static void cancel_zeta_hook(void *ctx, const struct layout *l, const struct challenges *ch,
                             fr *const *const *helper) {
    (void)ctx;
    (void)l;
    fr h0, f1, S;
    message_inverse(&h0, ch, 42);
    message_inverse(&f1, ch, 0);
    fr_inv(&f1, &f1);
    message_inverse(&S, ch, 43);
    helper[0][0][0] = h0;
    fr_sub(&S, &S, &h0);
    fr_add(&f1, &f1, &FR_ONE);
    fr_inv(&f1, &f1);
    fr_mul(&helper[0][0][1], &S, &f1);
}

static void test_bus_weight_shared(void **state) {
    (void)state;
    struct air *lone = lone_air();
    struct proving_key key;
    assert_int_equal(proving_key_init(&key, lone, &srs, 6, 1), KEY_OK);
    fr claimed;
    fr_from_u64(&claimed, 43);
    struct statement s = {.scalars = &claimed, .n_scalars = 1};
    for (size_t rows = 1; rows <= 2; rows++) {
        struct trace *t = trace_new(lone, 0);
        struct trace_chip *c = trace_chip(t, 0, 0);
        trace_rows_add(c, rows);
        trace_set_u64(c, 0, 0, 1);
        trace_set_u64(c, 1, 0, 42);
        struct prove_hooks hooks = {.helpers = rows == 1 ? cancel_hook : cancel_zeta_hook};
        variant = rows == 1 ? BUS_SHARES_ETA : BUS_SHARES_ETA_ZETA;
        assert_true(cheat(&key, &s, t, hooks, 1));
        variant = SOUND;
        assert_false(cheat(&key, &s, t, hooks, 1));
        trace_free(t);
    }
    air_free(lone);
}

/* What the posted words' sum differs by is taken off another public chip's sum, which nobody here
 * holds. */
static void public_hook(void *ctx, const struct layout *l, const struct challenges *ch, fr *sums) {
    const struct held_column *held = ctx;
    fr sum, d;
    (void)l;
    protocol_horner(&sum, held->words, held->n_words, &ch->g);
    fr_sub(&d, &sum, &sums[0]);
    sums[0] = sum;
    fr_sub(&sums[1], &sums[1], &d);
}

static void public_only_hook(void *ctx, const struct layout *l, const struct challenges *ch,
                             fr *sums) {
    const struct held_column *held = ctx;
    (void)l;
    protocol_horner(&sums[0], held->words, held->n_words, &ch->g);
}

static void test_public_weight_shared(void **state) {
    (void)state;
    struct toy t;
    toy_init(&t, air, 20, 0);
    fr_add(&t.words[0][3], &t.words[0][3], &FR_ONE); /* posted: another word than was proved */
    t.s.n_held = 1;
    struct prove_hooks hooks = {.public_sums = public_hook, .ctx = &t.held[0]};
    variant = PUBLIC_SHARED;
    assert_true(cheat(&pk, &t.s, t.trace, hooks, -1));
    variant = SOUND;
    assert_false(cheat(&pk, &t.s, t.trace, hooks, -1));
    hooks.public_sums = public_only_hook;
    assert_false(cheat(&pk, &t.s, t.trace, hooks, -1));
    toy_release(&t);
}

/* Two like chips with opposite violations on the same row. */
static void test_violations_cancel_across_chips(void **state) {
    (void)state;
    struct air *two = air_new("two");
    for (int i = 0; i < 2; i++) {
        struct air_chip *c = air_chip(two, i ? "y" : "x", -1, false);
        ax active = air_active(c);
        ax v = air_col(c, "v");
        air_zero(c, air_mul(c, active, air_sub(c, v, air_u64(c, 7))), "v is 7");
    }
    char err[100];
    assert_int_equal(air_finish(two, err, sizeof err), 0);
    struct proving_key key;
    assert_int_equal(proving_key_init(&key, two, &srs, 6, 1), KEY_OK);
    struct trace *t = trace_new(two, 0);
    for (unsigned c = 0; c < 2; c++) {
        trace_rows_add(trace_chip(t, c, 0), 4);
        for (size_t i = 0; i < 4; i++) {
            trace_set_u64(trace_chip(t, c, 0), 0, i, 1);
            trace_set_u64(trace_chip(t, c, 0), 1, i, i == 2 ? (c ? 8 : 6) : 7);
        }
    }
    struct prove_hooks none = {0};
    struct statement s = {.n_scalars = 0};
    restart_period = 2;
    variant = ETA_RESTARTS;
    assert_true(cheat(&key, &s, t, none, -1));
    variant = SOUND;
    assert_false(cheat(&key, &s, t, none, -1));
    trace_free(t);
    air_free(two);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_false_product),
        cmocka_unit_test(test_inactive_row_takes),
        cmocka_unit_test(test_enlarged_fixed_table),
        cmocka_unit_test(test_nonzero_tail),
        cmocka_unit_test(test_last_values_shifted),
        cmocka_unit_test(test_values_shifted_in_a_chunk),
        cmocka_unit_test(test_bus_weight_shared),
        cmocka_unit_test(test_public_weight_shared),
        cmocka_unit_test(test_violations_cancel_across_chips),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
