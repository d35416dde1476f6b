/* Wide integers against GMP, amounts, their text, ids and fees. */
#include "rollup/ids.h"

#include <gmp.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

static uint64_t rng_state;

static uint64_t rnd(void) {
    uint64_t z = rng_state += UINT64_C(0x9e3779b97f4a7c15);
    z = (z ^ z >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
    z = (z ^ z >> 27) * UINT64_C(0x94d049bb133111eb);
    return z ^ z >> 31;
}

/* Limbs with long runs of ones and zeros: where carries and quotient corrections happen. */
static void random_limbs(uint64_t *a, unsigned n) {
    unsigned used = (unsigned)(rnd() % (n + 1));
    for (unsigned i = 0; i < n; i++) {
        switch (rnd() % 5) {
        case 0:
            a[i] = 0;
            break;
        case 1:
            a[i] = UINT64_MAX;
            break;
        case 2:
            a[i] = UINT64_C(1) << (rnd() % 64);
            break;
        case 3:
            a[i] = UINT64_MAX - rnd() % 3;
            break;
        default:
            a[i] = rnd();
        }
        if (i >= used) {
            a[i] = 0;
        }
    }
}

static void to_mpz(mpz_t z, const uint64_t *a, unsigned n) {
    mpz_import(z, n, -1, 8, 0, 0, a);
}

static void assert_limbs(const mpz_t z, const uint64_t *a, unsigned n) {
    mpz_t got;
    mpz_init(got);
    to_mpz(got, a, n);
    assert_int_equal(mpz_cmp(got, z), 0);
    mpz_clear(got);
}

static void test_wide_matches_gmp(void **state) {
    (void)state;
    mpz_t a, b, q, r;
    mpz_inits(a, b, q, r, NULL);
    for (int round = 0; round < 40000; round++) {
        unsigned na = 1 + (unsigned)(rnd() % 8), nb = 1 + (unsigned)(rnd() % 8);
        uint64_t x[8], y[8], out[16], rem[8];
        random_limbs(x, na);
        random_limbs(y, nb);
        to_mpz(a, x, na);
        to_mpz(b, y, nb);
        mpz_mul(q, a, b);
        wide_mul(out, x, na, y, nb);
        assert_limbs(q, out, na + nb);
        if (mpz_sgn(b) == 0) {
            assert_false(wide_divmod(out, rem, x, na, y, nb));
        } else {
            mpz_fdiv_qr(q, r, a, b);
            assert_true(wide_divmod(out, rem, x, na, y, nb));
            assert_limbs(q, out, na);
            assert_limbs(r, rem, nb);
        }
        mpz_sqrt(q, a);
        wide_sqrt(out, x, na);
        assert_limbs(q, out, na);
        assert_int_equal(wide_bit_length(x, na), mpz_sgn(a) == 0 ? 0 : mpz_sizeinbase(a, 2));
        if (na == nb) {
            int sign = mpz_cmp(a, b);
            assert_int_equal(wide_cmp(x, y, na), sign < 0 ? -1 : sign > 0);
            mpz_add(q, a, b);
            bool carry = wide_add(out, x, y, na);
            assert_int_equal(carry, mpz_sizeinbase(q, 2) > 64 * na);
            mpz_fdiv_r_2exp(q, q, 64 * na);
            assert_limbs(q, out, na);
            assert_int_equal(wide_sub(rem, out, y, na), carry);
            assert_memory_equal(rem, x, na * sizeof *x);
        }
    }
    mpz_clears(a, b, q, r, NULL);
}

static void test_u256(void **state) {
    (void)state;
    u128 max = ~(u128)0, q, rem;
    struct u256 p = u256_mul_u128(max, max), one = u256_from_u128(1), sum;
    assert_true(u256_divmod_u128(&q, &rem, &p, max));
    assert_true(q == max && rem == 0);
    assert_true(u256_sqrt(&p) == max);
    assert_false(u256_divmod_u128(&q, &rem, &p, max - 1)); /* quotient of 129 bits */
    assert_false(u256_divmod_u128(&q, &rem, &p, 0));
    assert_false(u256_add(&sum, &p, &one));
    assert_false(u256_to_u128(&q, &sum));
    assert_true(q == 0);
    assert_true(u256_to_u128(&q, &one) && q == 1);
}

static void test_amount_edges(void **state) {
    (void)state;
    struct amount max = amount_max(), one = amount_from_u64(1), out;
    assert_true(amount_add(&out, max, amount_zero()) && amount_eq(out, max));
    assert_false(amount_add(&out, max, one));
    assert_true(amount_is_zero(out));
    assert_false(amount_add(&out, max, max));
    assert_true(amount_sub(&out, max, max) && amount_is_zero(out));
    assert_false(amount_sub(&out, amount_zero(), one));
    assert_true(amount_sub(&out, one, one) && amount_is_zero(out));
    assert_true(amount_from_u128(&out, max.v));
    assert_false(amount_from_u128(&out, max.v + 1));

    fr f, minus_one;
    uint8_t b[32];
    amount_to_fr(&f, max);
    assert_true(amount_from_fr(&out, &f) && amount_eq(out, max));
    fr_add(&f, &f, &FR_ONE);
    assert_false(amount_from_fr(&out, &f));
    fr_neg(&minus_one, &FR_ONE);
    assert_false(amount_from_fr(&out, &minus_one));
    amount_to_be(b, max);
    assert_true(amount_from_be(&out, b) && amount_eq(out, max));
    for (int i = 0; i < 18; i++) {
        b[i] = 1;
        assert_false(amount_from_be(&out, b));
        assert_true(amount_is_zero(out));
        b[i] = 0;
    }
}

static void test_amount_text(void **state) {
    (void)state;
    static const struct {
        const char *in;
        unsigned decimals;
        const char *out; /* NULL: refused */
    } cases[] = {
        {"0", 0, "0"},
        {"0", 18, "0"},
        {"1", 18, "1"},
        {"1.5", 18, "1.5"},
        {"0.000000000000000001", 18, "0.000000000000000001"},
        {"007.10", 2, "7.1"},
        {"5192296858534827628530496329220095", 0, "5192296858534827628530496329220095"},
        {"5192296858534827628530496329220096", 0, NULL},
        {"5192296858534827.628530496329220095", 18, "5192296858534827.628530496329220095"},
        {"5192296858534827.628530496329220096", 18, NULL},
        {"99999999999999999999999999999999999999999999999999", 0, NULL},
        {"1.0000000000000000001", 18, NULL},
        {"1.0", 0, NULL},
        {"", 0, NULL},
        {".", 1, NULL},
        {".5", 1, NULL},
        {"1.", 1, NULL},
        {"1.2.3", 4, NULL},
        {"-1", 0, NULL},
        {"+1", 0, NULL},
        {" 1", 0, NULL},
        {"1 ", 0, NULL},
        {"1e3", 0, NULL},
        {"0x10", 0, NULL},
        {"1,000", 3, NULL},
        {"1", 78, NULL},
        {"0", 77, "0"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct amount a;
        char text[AMOUNT_TEXT_SIZE];
        assert_int_equal(amount_parse(&a, cases[i].in, cases[i].decimals), cases[i].out != NULL);
        if (cases[i].out == NULL) {
            assert_true(amount_is_zero(a));
        } else {
            assert_string_equal(amount_format(text, a, cases[i].decimals), cases[i].out);
        }
    }
    for (int i = 0; i < 5000; i++) {
        struct amount a = {((u128)rnd() << 48 ^ rnd()) >> (rnd() % 112)}, back;
        unsigned decimals = (unsigned)(rnd() % 78);
        char text[AMOUNT_TEXT_SIZE];
        assert_true(amount_parse(&back, amount_format(text, a, decimals), decimals));
        assert_true(amount_eq(a, back));
    }
}

static void test_owner(void **state) {
    (void)state;
    struct owner o = {.authority = 255}, back;
    uint8_t address[ADDRESS_LEN];
    fr f, bit168;
    for (int i = 0; i < ADDRESS_LEN; i++) {
        o.address[i] = (uint8_t)(i + 1);
    }
    owner_to_fr(&f, &o);
    assert_true(owner_from_fr(&back, &f) && owner_eq(&o, &back));
    assert_false(address_from_fr(address, &f));
    assert_true(address_is_zero(address));
    uint64_t l[4] = {0, 0, UINT64_C(1) << 40, 0};
    assert_true(fr_from_limbs(&bit168, l));
    fr_add(&f, &f, &bit168);
    assert_false(owner_from_fr(&back, &f));
    assert_true(address_is_zero(back.address) && back.authority == 0);
    o.authority = 0;
    owner_to_fr(&f, &o);
    assert_true(address_from_fr(address, &f));
    assert_memory_equal(address, o.address, ADDRESS_LEN);
}

static void test_fee(void **state) {
    (void)state;
    struct fee f;
    assert_true(fee_value((struct fee){UINT32_MAX, 7}).v == (u128)UINT32_MAX << 56);
    assert_true(fee_from_amount(&f, amount_from_u64(UINT32_MAX)) && f.exp == 0);
    for (int i = 0; i < 5000; i++) {
        struct amount a = {((u128)rnd() << 64 | rnd()) >> (40 + rnd() % 88)};
        if (a.v > (u128)UINT32_MAX << 56) {
            assert_false(fee_from_amount(&f, a));
            continue;
        }
        assert_true(fee_from_amount(&f, a));
        u128 v = fee_value(f).v;
        assert_true(v >= a.v && v - a.v < (u128)1 << (8 * f.exp));
        assert_true(f.exp == 0 || a.v > (u128)UINT32_MAX << (8 * (f.exp - 1)));
    }
    assert_false(fee_from_amount(&f, amount_max()));
}

static void test_chain_list(void **state) {
    (void)state;
    struct chain_list l = {.n = 2, .chain = {1, 7}, .evm_id = {31337, 31338}};
    uint8_t a[32], b[32];
    assert_true(chain_list_check(&l));
    assert_int_equal(chain_list_find(&l, 7), 1);
    assert_int_equal(chain_list_find(&l, 0), -1);
    chain_list_hash(a, &l);
    l.evm_id[1]++;
    chain_list_hash(b, &l);
    assert_memory_not_equal(a, b, 32);
    l.chain[1] = 1;
    assert_false(chain_list_check(&l));
    l.chain[1] = 0;
    assert_false(chain_list_check(&l));
    l.n = 0;
    assert_false(chain_list_check(&l));
    l.n = CHAINS_MAX + 1;
    assert_false(chain_list_check(&l));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_wide_matches_gmp),
        cmocka_unit_test(test_u256),
        cmocka_unit_test(test_amount_edges),
        cmocka_unit_test(test_amount_text),
        cmocka_unit_test(test_owner),
        cmocka_unit_test(test_fee),
        cmocka_unit_test(test_chain_list),
    };
    rng_state = 1;
    return cmocka_run_group_tests(tests, NULL, NULL);
}
