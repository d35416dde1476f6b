/* Tests of a prime field against GMP: a template, included by test_fr.c and test_fq.c, which define
 * FIELD, FIELD_HEADER_MODULUS (the modulus' limbs) and FIELD_MODULUS_TEXT (the modulus in decimal,
 * as published). */
#include <gmp.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

#define FN(name) FIELD_CAT(FIELD, name)

static mpz_t modulus, montgomery_r; /* p and 2^256 mod p */
static uint64_t rng_state = 0x9e3779b97f4a7c15ULL;

static uint64_t rng(void) {
    rng_state ^= rng_state << 13;
    rng_state ^= rng_state >> 7;
    rng_state ^= rng_state << 17;
    return rng_state * 0x2545f4914f6cdd1dULL;
}

static void to_mpz(mpz_t z, const uint64_t v[4]) {
    mpz_import(z, 4, -1, 8, 0, 0, v);
}

static void from_mpz(uint64_t v[4], const mpz_t z) {
    memset(v, 0, 32);
    mpz_export(v, NULL, -1, 8, 0, 0, z);
}

/* The integer an element stands for, without the code under test: stored limbs / 2^256 mod p. */
static void value_of(mpz_t z, const FIELD *a) {
    to_mpz(z, a->l);
    assert_true(mpz_cmp(z, modulus) < 0); /* always reduced */
    mpz_t inv;
    mpz_init(inv);
    mpz_invert(inv, montgomery_r, modulus);
    mpz_mul(z, z, inv);
    mpz_mod(z, z, modulus);
    mpz_clear(inv);
}

/* The element of an integer, without the code under test. */
static FIELD element_of(const mpz_t z) {
    FIELD a;
    mpz_t t;
    mpz_init(t);
    mpz_mul(t, z, montgomery_r);
    mpz_mod(t, t, modulus);
    from_mpz(a.l, t);
    mpz_clear(t);
    return a;
}

enum { SAMPLES = 64 };
static mpz_t sample[SAMPLES]; /* integers below p: edges first, then sparse and random ones */
static FIELD element[SAMPLES];

static int set_up(void **state) {
    (void)state;
    mpz_init_set_str(modulus, FIELD_MODULUS_TEXT, 10);
    mpz_init_set_ui(montgomery_r, 1);
    mpz_mul_2exp(montgomery_r, montgomery_r, 256);
    mpz_mod(montgomery_r, montgomery_r, modulus);
    for (int i = 0; i < SAMPLES; i++) {
        mpz_init(sample[i]);
        uint64_t v[4] = {rng(), rng(), rng(), rng()};
        if (i >= 12 && i < 40) { /* limbs of all zeros and all ones */
            for (int j = 0; j < 4; j++) {
                uint64_t pick = rng() % 3;
                v[j] = pick == 0 ? 0 : pick == 1 ? UINT64_MAX : v[j];
            }
        }
        to_mpz(sample[i], v);
        mpz_mod(sample[i], sample[i], modulus);
    }
    mpz_set_ui(sample[0], 0);
    mpz_set_ui(sample[1], 1);
    mpz_set_ui(sample[2], 2);
    mpz_sub_ui(sample[3], modulus, 1);
    mpz_sub_ui(sample[4], modulus, 2);
    mpz_tdiv_q_2exp(sample[5], modulus, 1);
    mpz_add_ui(sample[6], sample[5], 1);
    mpz_set(sample[7], montgomery_r);
    mpz_invert(sample[8], montgomery_r, modulus); /* stored as the integer 1 */
    mpz_sub(sample[9], modulus, sample[8]);       /* stored as the integer p - 1 */
    mpz_set_ui(sample[10], UINT64_MAX);
    mpz_add_ui(sample[11], sample[10], 1);
    for (int i = 0; i < SAMPLES; i++) {
        element[i] = element_of(sample[i]);
    }
    return 0;
}

static int tear_down(void **state) {
    (void)state;
    for (int i = 0; i < SAMPLES; i++) {
        mpz_clear(sample[i]);
    }
    mpz_clears(modulus, montgomery_r, NULL);
    return 0;
}

static void assert_value(const FIELD *a, const mpz_t expected) {
    mpz_t z;
    mpz_init(z);
    value_of(z, a);
    assert_int_equal(mpz_cmp(z, expected), 0);
    mpz_clear(z);
}

static void test_modulus_is_the_published_one(void **state) {
    (void)state;
    mpz_t z;
    mpz_init(z);
    to_mpz(z, FIELD_HEADER_MODULUS);
    assert_int_equal(mpz_cmp(z, modulus), 0);
    mpz_clear(z);
}

static void test_pairs_match_gmp(void **state) {
    (void)state;
    mpz_t z;
    mpz_init(z);
    for (int i = 0; i < SAMPLES; i++) {
        for (int j = 0; j < SAMPLES; j++) {
            FIELD r;
            mpz_mul(z, sample[i], sample[j]);
            mpz_mod(z, z, modulus);
            FN(mul)(&r, &element[i], &element[j]);
            assert_value(&r, z);
            FN(mul_portable)(&r, &element[i], &element[j]);
            assert_value(&r, z);
#ifdef FIELD_ASM
            if (cpu_has_adx) {
                FN(mul_adx)(&r, &element[i], &element[j]);
                assert_value(&r, z);
            }
#endif
            mpz_add(z, sample[i], sample[j]);
            mpz_mod(z, z, modulus);
            FN(add)(&r, &element[i], &element[j]);
            assert_value(&r, z);
            FN(add_portable)(&r, &element[i], &element[j]);
            assert_value(&r, z);
            mpz_sub(z, sample[i], sample[j]);
            mpz_mod(z, z, modulus);
            FN(sub)(&r, &element[i], &element[j]);
            assert_value(&r, z);
            FN(sub_portable)(&r, &element[i], &element[j]);
            assert_value(&r, z);
            assert_int_equal(FN(eq)(&element[i], &element[j]), mpz_cmp(sample[i], sample[j]) == 0);
        }
    }
    mpz_clear(z);
}

static void test_single_operand_matches_gmp(void **state) {
    (void)state;
    mpz_t z;
    mpz_init(z);
    for (int i = 0; i < SAMPLES; i++) {
        FIELD r;
        mpz_mul(z, sample[i], sample[i]);
        mpz_mod(z, z, modulus);
        FN(sqr)(&r, &element[i]);
        assert_value(&r, z);
        mpz_mul_ui(z, sample[i], 2);
        mpz_mod(z, z, modulus);
        FN(dbl)(&r, &element[i]);
        assert_value(&r, z);
        FN(halve)(&r, &r);
        assert_value(&r, sample[i]);
        mpz_neg(z, sample[i]);
        mpz_mod(z, z, modulus);
        FN(neg)(&r, &element[i]);
        assert_value(&r, z);
        if (mpz_invert(z, sample[i], modulus) == 0) {
            mpz_set_ui(z, 0);
        }
        FN(inv)(&r, &element[i]);
        assert_value(&r, z);
        mpz_powm_ui(z, sample[i], 1000003, modulus);
        FN(pow_u64)(&r, &element[i], 1000003);
        assert_value(&r, z);
        assert_int_equal(FN(is_zero)(&element[i]), mpz_sgn(sample[i]) == 0);
        assert_int_equal(FN(is_odd)(&element[i]), mpz_odd_p(sample[i]));
        assert_int_equal(FN(bit_length)(&element[i]),
                         mpz_sgn(sample[i]) == 0 ? 0 : mpz_sizeinbase(sample[i], 2));
    }
    mpz_set_ui(z, 1);
    FIELD r;
    FN(pow_u64)(&r, &element[0], 0);
    assert_value(&r, z);
    mpz_clear(z);
}

static void test_outputs_may_be_inputs(void **state) {
    (void)state;
    for (int i = 0; i < SAMPLES; i++) {
        const FIELD a = element[i], b = element[SAMPLES - 1 - i];
        FIELD r, x;
#define CHECK_ALIASING(op)                                                                         \
    FN(op)(&r, &a, &b);                                                                            \
    x = a;                                                                                         \
    FN(op)(&x, &x, &b);                                                                            \
    assert_memory_equal(&x, &r, sizeof r);                                                         \
    x = b;                                                                                         \
    FN(op)(&x, &a, &x);                                                                            \
    assert_memory_equal(&x, &r, sizeof r);                                                         \
    FN(op)(&r, &a, &a);                                                                            \
    x = a;                                                                                         \
    FN(op)(&x, &x, &x);                                                                            \
    assert_memory_equal(&x, &r, sizeof r);
        CHECK_ALIASING(add)
        CHECK_ALIASING(sub)
        CHECK_ALIASING(mul)
        CHECK_ALIASING(mul_portable)
        x = a;
        FN(inv)(&x, &x);
        FN(inv)(&r, &a);
        assert_memory_equal(&x, &r, sizeof r);
    }
}

static void test_long_random_chain_both_multiplications(void **state) {
    (void)state;
    FIELD a = element[50], b = element[51], c = a, d = b;
    for (int i = 0; i < 100000; i++) {
        FN(mul)(&a, &a, &b);
        FN(add)(&b, &b, &a);
        FN(mul_portable)(&c, &c, &d);
        FN(add_portable)(&d, &d, &c);
    }
    assert_memory_equal(&a, &c, sizeof a);
    assert_memory_equal(&b, &d, sizeof b);
}

static void test_batch_inverse_with_zeros(void **state) {
    (void)state;
    enum { N = 1000 };
    FIELD *a = malloc(N * sizeof *a), *r = malloc(N * sizeof *r);
    assert_non_null(a);
    assert_non_null(r);
    for (size_t n = 0; n <= N; n += n < 3 ? 1 : n < 250 ? 251 : 249) {
        for (size_t i = 0; i < n; i++) {
            a[i] = element[rng() % SAMPLES];
        }
        if (n > 2) {
            memset(&a[n / 2], 0, sizeof *a);
            memset(&a[n - 1], 0, sizeof *a);
        }
        FN(batch_inv)(r, a, n);
        for (size_t i = 0; i < n; i++) {
            FIELD x;
            FN(inv)(&x, &a[i]);
            assert_memory_equal(&x, &r[i], sizeof x);
        }
        FN(batch_inv)(a, a, n);
        assert_memory_equal(a, r, n * sizeof *a);
    }
    free(a);
    free(r);
}

static void test_square_root(void **state) {
    (void)state;
    mpz_t z;
    mpz_init(z);
    for (int i = 0; i < SAMPLES; i++) {
        FIELD r, s;
        bool ok = FN(sqrt)(&r, &element[i]);
        bool expected = mpz_sgn(sample[i]) == 0 || mpz_legendre(sample[i], modulus) == 1;
        assert_int_equal(ok, expected);
        FN(sqr)(&s, &r);
        if (expected) {
            assert_memory_equal(&s, &element[i], sizeof s);
        } else {
            assert_true(FN(is_zero)(&r));
        }
        FN(sqr)(&s, &element[i]);
        assert_true(FN(sqrt)(&r, &s));
        FN(neg)(&s, &r);
        assert_true(FN(eq)(&r, &element[i]) || FN(eq)(&s, &element[i]));
    }
    mpz_clear(z);
}

static void test_conversions(void **state) {
    (void)state;
    for (int i = 0; i < SAMPLES; i++) {
        uint64_t v[4], w[4], small;
        uint8_t be[32];
        char hex[80];
        FIELD r;
        from_mpz(v, sample[i]);
        FN(to_limbs)(w, &element[i]);
        assert_memory_equal(v, w, sizeof v);
        assert_true(FN(from_limbs)(&r, v));
        assert_memory_equal(&r, &element[i], sizeof r);
        FN(to_be)(be, &element[i]);
        mpz_t z;
        mpz_init(z);
        mpz_import(z, 32, 1, 1, 0, 0, be);
        assert_int_equal(mpz_cmp(z, sample[i]), 0);
        mpz_clear(z);
        assert_true(FN(from_be)(&r, be));
        assert_memory_equal(&r, &element[i], sizeof r);
        FN(from_be_reduce)(&r, be);
        assert_memory_equal(&r, &element[i], sizeof r);
        gmp_snprintf(hex, sizeof hex, "%Zx", sample[i]);
        assert_true(FN(from_hex)(&r, hex));
        assert_memory_equal(&r, &element[i], sizeof r);
        gmp_snprintf(hex, sizeof hex, "0x%064ZX", sample[i]);
        assert_true(FN(from_hex)(&r, hex));
        assert_memory_equal(&r, &element[i], sizeof r);
        assert_int_equal(FN(to_u64)(&small, &element[i]), mpz_sizeinbase(sample[i], 2) <= 64);
        assert_int_equal(small, (v[1] | v[2] | v[3]) == 0 ? v[0] : 0);
    }
}

static void test_non_canonical_integers_are_refused(void **state) {
    (void)state;
    mpz_t z, top;
    mpz_inits(z, top, NULL);
    mpz_set_ui(top, 1);
    mpz_mul_2exp(top, top, 256);
    for (int i = 0; i < 8; i++) { /* p, p + 1, then random ones up to 2^256 - 1 */
        uint64_t v[4] = {rng(), rng(), rng(), rng() | 1ULL << 63};
        to_mpz(z, v);
        if (i < 2) {
            mpz_add_ui(z, modulus, (unsigned long)i);
        } else if (i == 2) {
            mpz_sub_ui(z, top, 1);
        }
        from_mpz(v, z);
        FIELD r = element[50];
        assert_false(FN(from_limbs)(&r, v));
        assert_true(FN(is_zero)(&r));
        uint8_t be[32] = {0};
        for (int j = 0; j < 32; j++) {
            be[j] = (uint8_t)(v[3 - j / 8] >> (56 - 8 * (j % 8)));
        }
        r = element[50];
        assert_false(FN(from_be)(&r, be));
        assert_true(FN(is_zero)(&r));
        FN(from_be_reduce)(&r, be);
        mpz_mod(z, z, modulus);
        assert_value(&r, z);
    }
    FIELD r;
    assert_false(FN(from_hex)(&r, ""));
    assert_false(FN(from_hex)(&r, "0x"));
    assert_false(FN(from_hex)(&r, "12g4"));
    assert_false(FN(from_hex)(&r, "-1"));
    assert_false(
        FN(from_hex)(&r, "00000000000000000000000000000000000000000000000000000000000000000"));
    assert_false(
        FN(from_hex)(&r, "ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff"));
    mpz_clears(z, top, NULL);
}

static void test_small_integers(void **state) {
    (void)state;
    const int64_t values[] = {0, 1, -1, 42, -42, INT64_MAX, INT64_MIN};
    mpz_t z;
    mpz_init(z);
    for (size_t i = 0; i < sizeof values / sizeof values[0]; i++) {
        FIELD r;
        FN(from_i64)(&r, values[i]);
        mpz_set_si(z, values[i]);
        mpz_mod(z, z, modulus);
        assert_value(&r, z);
        FN(from_u64)(&r, (uint64_t)values[i]);
        mpz_set_ui(z, (uint64_t)values[i]);
        assert_value(&r, z);
    }
    mpz_clear(z);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_modulus_is_the_published_one),
        cmocka_unit_test(test_pairs_match_gmp),
        cmocka_unit_test(test_single_operand_matches_gmp),
        cmocka_unit_test(test_outputs_may_be_inputs),
        cmocka_unit_test(test_long_random_chain_both_multiplications),
        cmocka_unit_test(test_batch_inverse_with_zeros),
        cmocka_unit_test(test_square_root),
        cmocka_unit_test(test_conversions),
        cmocka_unit_test(test_non_canonical_integers_are_refused),
        cmocka_unit_test(test_small_integers),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
