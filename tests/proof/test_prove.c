/* Completeness: random toy systems of many heights and several M prove and verify; and the honest
 * prover refuses what witness_check refuses. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/cpu.h"
#include "toy.h"

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

static void prove_and_verify(const struct toy *t, int log_chunk, unsigned threads) {
    struct prove_hooks hooks = {.log_chunk = log_chunk};
    struct proof_buf proof = {0};
    struct prove_stats stats = {0};
    char why[400];
    if (!witness_check(air, &t->s, t->trace, why, sizeof why)) {
        fail_msg("witness: %s", why);
    }
    enum prove_err err = prove_with_hooks(&pk, &t->s, t->trace, threads, &hooks, &proof, &stats);
    if (err != PROVE_OK) {
        fail_msg("M %d: %s", log_chunk, prove_err_text(err));
    }
    assert_int_equal(stats.proof_len, proof.len);
    bool ok = false;
    assert_int_equal(verify(&pk.vk, &t->s, proof.data, proof.len, &ok), 0);
    assert_true(ok);
    prove_stats_release(&stats);
    proof_buf_release(&proof);
}

static void test_random_systems(void **state) {
    (void)state;
    static const size_t rows[] = {0, 1, 2, 3, 4, 5, 8, 9, 17, 31, 64, 100, 255};
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct toy t;
        toy_init(&t, air, rows[i], i % 3 ? (size_t)(toy_rng() % 40) : 0);
        prove_and_verify(&t, -1, 2);
        toy_release(&t);
    }
}

static void test_every_chunk_size(void **state) {
    (void)state;
    struct toy t;
    toy_init(&t, air, 11, 21);
    for (int m = 5; m <= TOY_MAX_M; m++) {
        prove_and_verify(&t, m, 1 + (unsigned)m % 3);
    }
    toy_release(&t);
}

static void test_larger(void **state) {
    (void)state;
    struct toy t;
    toy_init(&t, air, 1500, 700);
    prove_and_verify(&t, -1, 2);
    toy_release(&t);
}

/* The same proof whatever the number of threads: nothing random, nothing racing. */
static void test_deterministic(void **state) {
    (void)state;
    struct toy t;
    struct proof_buf a = {0}, b = {0};
    toy_init(&t, air, 900, 0);
    assert_int_equal(prove(&pk, &t.s, t.trace, 1, &a, NULL), PROVE_OK);
    assert_int_equal(prove(&pk, &t.s, t.trace, 3, &b, NULL), PROVE_OK);
    assert_int_equal(a.len, b.len);
    assert_memory_equal(a.data, b.data, a.len);
    proof_buf_release(&a);
    proof_buf_release(&b);
    toy_release(&t);
}

/* Values at the edges of limbs and of the field. */
static void edge_rows(struct toy *t) {
    for (unsigned i = 0; i < 64; i++) {
        uint64_t l[4] = {0, 0, 0, 0};
        fr x;
        unsigned bit = i / 2 * 8 < 253 ? i / 2 * 8 : 252;
        l[bit / 64] = UINT64_C(1) << (bit % 64);
        assert_true(fr_from_limbs(&x, l));
        fr_sub(&x, i % 2 ? &x : &FR_ZERO, i % 2 ? &FR_ONE : &x);
        toy_row_a(t, &x, i % 8, true);
        memcpy(l, FR_MODULUS, sizeof l); /* all limbs of 51 bits at most or least */
        l[i % 4] ^= i % 8 < 4 ? 0 : l[i % 4] & (UINT64_C(1) << (i % 50));
        l[0] -= l[0] > 0;
        x = (fr){{l[0], l[1], l[2], l[3]}}; /* as stored, in Montgomery form */
        toy_row_a(t, &x, i % 8, false);
    }
    toy_hold(t);
}

/* The same proof with and without vector instructions. */
static void test_lanes(void **state) {
    (void)state;
    bool has = cpu_has_avx2;
    for (size_t n = 1; n < 400; n = 3 * n + 1) {
        struct toy t;
        struct proof_buf a = {0}, b = {0};
        toy_init(&t, air, n, 0);
        edge_rows(&t);
        assert_int_equal(prove(&pk, &t.s, t.trace, 2, &a, NULL), PROVE_OK);
        cpu_has_avx2 = false;
        assert_int_equal(prove(&pk, &t.s, t.trace, 2, &b, NULL), PROVE_OK);
        cpu_has_avx2 = has;
        assert_int_equal(a.len, b.len);
        assert_memory_equal(a.data, b.data, a.len);
        proof_buf_release(&a);
        proof_buf_release(&b);
        toy_release(&t);
    }
}

/* A single chip of height 1 and M = 0, 1, 2. */
static void test_no_rounds(void **state) {
    (void)state;
    struct air *one = air_new("one");
    unsigned kind = air_kind(one, "K", 1);
    air_scalars(one, 1, (const char *const[]){"s"});
    struct air_chip *c = air_chip(one, "c", -1, false);
    ax active = air_active(c), x = air_col(c, "x");
    air_give(c, kind, active, 1, &x);
    air_boundary_take(one, kind, 1, (struct air_lin[]){air_lin_scalar(0)});
    char err[100];
    assert_int_equal(air_finish(one, err, sizeof err), 0);
    struct proving_key key;
    assert_int_equal(proving_key_init(&key, one, &srs, 6, 1), KEY_OK);
    struct trace *trace = trace_new(one, 0);
    struct trace_chip *tc = trace_chip(trace, 0, 0);
    trace_row_add(tc);
    trace_set_u64(tc, 0, 0, 1);
    trace_set_u64(tc, 1, 0, 42);
    fr s;
    fr_from_u64(&s, 42);
    struct statement st = {.scalars = &s, .n_scalars = 1};
    for (int m = 0; m <= 2; m++) {
        struct prove_hooks hooks = {.log_chunk = m};
        struct proof_buf proof = {0};
        bool ok = false;
        assert_int_equal(prove_with_hooks(&key, &st, trace, 1, &hooks, &proof, NULL), PROVE_OK);
        assert_int_equal(verify(&key.vk, &st, proof.data, proof.len, &ok), 0);
        assert_true(ok);
        fr wrong;
        fr_from_u64(&wrong, 43);
        struct statement other = {.scalars = &wrong, .n_scalars = 1};
        assert_int_equal(verify(&key.vk, &other, proof.data, proof.len, &ok), 0);
        assert_false(ok);
        proof_buf_release(&proof);
    }
    trace_free(trace);
    air_free(one);
}

/* One changed cell of every column of every chip: witness_check names something, prove refuses. */
static void test_refuses_changed_cells(void **state) {
    (void)state;
    for (unsigned c = 0; c < TOY_CHIPS; c++) {
        for (unsigned k = 0; k < air->chips[c]->n_main; k++) {
            struct toy t;
            struct proof_buf proof = {0};
            char why[400] = "";
            toy_init(&t, air, 60, 0);
            struct trace_chip *tc = trace_chip(t.trace, c, 0);
            size_t row = (size_t)toy_rng() % tc->n;
            bool free_cell = c == TOY_A && k == A_CHAIN && fr_is_zero(&tc->col[A_SEL][row]);
            fr_add(&tc->col[k][row], &tc->col[k][row], &FR_ONE);
            t.s.n_held = 0;
            bool holds = witness_check(air, &t.s, t.trace, why, sizeof why);
            assert_int_equal(holds, free_cell);
            assert_int_equal(why[0] == 0, free_cell);
            assert_int_equal(prove(&pk, &t.s, t.trace, 2, &proof, NULL),
                             free_cell ? PROVE_OK : PROVE_ERR_WITNESS);
            proof_buf_release(&proof);
            toy_release(&t);
        }
    }
}

static void test_check_names_failures(void **state) {
    (void)state;
    struct toy t;
    char why[400];
    toy_init(&t, air, 10, 0);
    struct trace_chip *a = trace_chip(t.trace, TOY_A, 0), *c = trace_chip(t.trace, TOY_C, 0);
    fr saved = a->col[A_C][4];
    trace_set_u64(a, A_C, 4, 999);
    assert_false(witness_check(air, &t.s, t.trace, why, sizeof why));
    assert_string_equal(why, "a.c is a b row 4");
    trace_set(a, A_C, 4, &saved);
    trace_count(c, 0, 7);
    assert_false(witness_check(air, &t.s, t.trace, why, sizeof why));
    assert_string_equal(why, "bus BYTE (7) unbalanced by -1");
    fr_sub(&c->col[0][7], &c->col[0][7], &FR_ONE);
    assert_true(witness_check(air, &t.s, t.trace, why, sizeof why));
    trace_set_u64(a, A_SEL, 2, 2);
    assert_false(witness_check(air, &t.s, t.trace, why, sizeof why));
    assert_string_equal(why, "a.sel is 0 or 1 row 2");
    toy_release(&t);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_no_rounds),
        cmocka_unit_test(test_random_systems),
        cmocka_unit_test(test_every_chunk_size),
        cmocka_unit_test(test_larger),
        cmocka_unit_test(test_deterministic),
        cmocka_unit_test(test_lanes),
        cmocka_unit_test(test_refuses_changed_cells),
        cmocka_unit_test(test_check_names_failures),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
