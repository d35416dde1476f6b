/* The pool formulas against GMP: 10 000 random cases each, edges, and what rounding may never do.
 */
#include "rollup/pool.h"

#include <gmp.h>
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

enum { ROUNDS = 10000 };
static uint64_t rng_state;

static uint64_t rnd(void) {
    uint64_t z = rng_state += UINT64_C(0x9e3779b97f4a7c15);
    z = (z ^ z >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
    z = (z ^ z >> 27) * UINT64_C(0x94d049bb133111eb);
    return z ^ z >> 31;
}

/* Of any size, the edges often. */
static struct amount random_amount(void) {
    switch (rnd() % 12) {
    case 0:
        return amount_zero();
    case 1:
        return amount_from_u64(1);
    case 2:
        return amount_max();
    default:
        return (struct amount){((u128)(rnd() & 0xffffffffffff) << 64 | rnd()) >> (rnd() % 112)};
    }
}

static void to_mpz(mpz_t z, u128 v) {
    uint64_t l[2] = {(uint64_t)v, (uint64_t)(v >> 64)};
    mpz_import(z, 2, -1, 8, 0, 0, l);
}

static void assert_mpz(const mpz_t z, u128 v) {
    mpz_t got;
    mpz_init(got);
    to_mpz(got, v);
    assert_int_equal(mpz_cmp(got, z), 0);
    mpz_clear(got);
}

static void test_swap_matches_gmp(void **state) {
    (void)state;
    mpz_t in, rin, rout, num, den, q, rem;
    mpz_inits(in, rin, rout, num, den, q, rem, NULL);
    for (int i = 0; i < ROUNDS; i++) {
        struct amount a = random_amount(), x = random_amount(), y = random_amount();
        uint16_t fee = (uint16_t)(rnd() % 4 == 0 ? rnd() % 2 * 9999 : rnd() % 10000);
        struct pool_swap s;
        to_mpz(in, a.v), to_mpz(rin, x.v), to_mpz(rout, y.v);
        mpz_mul_ui(num, in, 10000u - fee);
        mpz_mul_ui(den, rin, 10000);
        mpz_add(den, den, num);
        mpz_mul(num, num, rout);
        assert_int_equal(pool_swap_out(&s, a, x, y, fee), mpz_sgn(den) != 0);
        if (mpz_sgn(den) == 0) {
            continue;
        }
        mpz_fdiv_qr(q, rem, num, den);
        assert_mpz(q, s.out.v);
        assert_mpz(den, s.den);
        assert_mpz(rem, s.rem);
        if (x.v > 0 && y.v > 0) {
            assert_true(s.out.v < y.v);
            /* the product of the reserves never falls */
            struct u256 before = u256_mul_u128(x.v, y.v),
                        after = u256_mul_u128(x.v + a.v, y.v - s.out.v);
            assert_true(wide_cmp(after.l, before.l, 4) >= 0);
        }
    }
    mpz_clears(in, rin, rout, num, den, q, rem, NULL);
    struct pool_swap s;
    assert_false(pool_swap_out(&s, amount_max(), amount_max(), amount_max(), 10000));
    assert_true(pool_swap_out(&s, amount_max(), amount_max(), amount_max(), 0));
    assert_true(s.out.v == amount_max().v / 2);
}

static void test_swap_in_is_least(void **state) {
    (void)state;
    int found = 0;
    for (int i = 0; i < ROUNDS; i++) {
        struct amount x = random_amount(), y = random_amount(), in;
        if (y.v == 0) {
            continue;
        }
        struct amount out = {random_amount().v % y.v};
        uint16_t fee = (uint16_t)(rnd() % 10000);
        struct pool_swap s;
        if (!pool_swap_in(&in, out, x, y, fee)) {
            /* even the largest amount gives less */
            assert_true(!pool_swap_out(&s, amount_max(), x, y, fee) || s.out.v < out.v);
            continue;
        }
        found++;
        if (pool_swap_out(&s, in, x, y, fee)) {
            assert_true(s.out.v >= out.v);
        } else {
            assert_true(out.v == 0 || x.v == 0);
        }
        if (in.v > 0) {
            struct amount less = {in.v - 1};
            assert_true(!pool_swap_out(&s, less, x, y, fee) || s.out.v < out.v);
        }
    }
    assert_true(found > ROUNDS / 4);
    struct amount in;
    assert_false(pool_swap_in(&in, amount_from_u64(5), amount_from_u64(5), amount_from_u64(5), 30));
}

static void test_first_matches_gmp(void **state) {
    (void)state;
    mpz_t a, b, root, rem;
    mpz_inits(a, b, root, rem, NULL);
    for (int i = 0; i < ROUNDS; i++) {
        struct amount x = random_amount(), y = random_amount();
        struct pool_first q;
        to_mpz(a, x.v), to_mpz(b, y.v);
        mpz_mul(a, a, b);
        mpz_sqrtrem(root, rem, a);
        bool enough = mpz_cmp_ui(root, 1001) >= 0;
        assert_int_equal(pool_first_shares(&q, x, y), enough);
        if (enough) {
            assert_mpz(root, q.supply.v);
            assert_mpz(rem, q.rem);
            assert_true(q.shares.v == q.supply.v - POOL_LOCKED);
        }
    }
    mpz_clears(a, b, root, rem, NULL);
    struct pool_first q;
    assert_true(pool_first_shares(&q, amount_max(), amount_max()));
    assert_true(amount_eq(q.supply, amount_max()) && q.rem == 0);
    assert_false(pool_first_shares(&q, amount_from_u64(1000), amount_from_u64(1001)));
    assert_true(pool_first_shares(&q, amount_from_u64(1001), amount_from_u64(1001)));
    assert_true(q.shares.v == 1);
}

static void test_share_amounts_match_gmp(void **state) {
    (void)state;
    mpz_t s, r, n, q, rem;
    mpz_inits(s, r, n, q, rem, NULL);
    for (int i = 0; i < ROUNDS; i++) {
        struct amount shares = random_amount(), reserve = random_amount(), supply = random_amount(),
                      got;
        u128 rest;
        to_mpz(s, shares.v), to_mpz(r, reserve.v), to_mpz(n, supply.v);
        if (supply.v == 0) {
            assert_false(pool_share_cost(&got, &rest, shares, reserve, supply));
            assert_false(pool_share_value(&got, &rest, shares, reserve, supply));
            continue;
        }
        mpz_mul(s, s, r);
        mpz_fdiv_qr(q, rem, s, n);
        bool fits = mpz_sizeinbase(q, 2) <= AMOUNT_BITS;
        assert_int_equal(pool_share_value(&got, &rest, shares, reserve, supply), fits);
        if (fits) {
            assert_mpz(q, got.v);
            assert_mpz(rem, rest);
        }
        mpz_cdiv_q(q, s, n);
        fits = mpz_sizeinbase(q, 2) <= AMOUNT_BITS;
        assert_int_equal(pool_share_cost(&got, &rest, shares, reserve, supply), fits);
        if (fits) {
            assert_mpz(q, got.v);
            mpz_mul(q, q, n);
            mpz_sub(q, q, s);
            assert_mpz(q, rest);
            assert_true(rest < supply.v);
        }
    }
    mpz_clears(s, r, n, q, rem, NULL);
}

static void test_shares_for_costs_at_most_the_maximum(void **state) {
    (void)state;
    int found = 0;
    for (int i = 0; i < ROUNDS; i++) {
        struct amount max_a = random_amount(), max_b = random_amount(), ra = random_amount(),
                      rb = random_amount(), supply = random_amount(), shares, a, b;
        u128 rest;
        if (!pool_shares_for(&shares, max_a, max_b, ra, rb, supply)) {
            continue;
        }
        found++;
        assert_true(pool_share_cost(&a, &rest, shares, ra, supply) && a.v <= max_a.v);
        assert_true(pool_share_cost(&b, &rest, shares, rb, supply) && b.v <= max_b.v);
        struct amount more = {shares.v + 1};
        assert_true(!pool_share_cost(&a, &rest, more, ra, supply) || a.v > max_a.v ||
                    !pool_share_cost(&b, &rest, more, rb, supply) || b.v > max_b.v);
        /* adding and removing at once gives back no more than was paid */
        struct amount supply2, ra2, back;
        if (pool_share_cost(&a, &rest, shares, ra, supply) &&
            amount_add(&supply2, supply, shares) && amount_add(&ra2, ra, a)) {
            assert_true(pool_share_value(&back, &rest, shares, ra2, supply2) && back.v <= a.v);
        }
    }
    assert_true(found > ROUNDS / 5);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_swap_matches_gmp),
        cmocka_unit_test(test_swap_in_is_least),
        cmocka_unit_test(test_first_matches_gmp),
        cmocka_unit_test(test_share_amounts_match_gmp),
        cmocka_unit_test(test_shares_for_costs_at_most_the_maximum),
    };
    rng_state = 2;
    return cmocka_run_group_tests(tests, NULL, NULL);
}
