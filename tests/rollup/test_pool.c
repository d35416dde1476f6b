/* The pool formulas against GMP: 10 000 random cases each, edges, and what rounding may never do.
 */
#include "rollup/pool.h"
#include "rollup/stable.h"

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

/* ---- stable pools (to the unit against Python: tests/reference/pools.py) ---- */

/* D and Y stand where F changes its sign, for arguments of all sizes. */
static void test_stable_roots(void **state) {
    (void)state;
    for (int i = 0; i < ROUNDS; i++) {
        u128 x = random_amount().v, y = random_amount().v, found;
        uint32_t amp = 1 + (uint32_t)(rnd() % 65535 >> rnd() % 16);
        u128 d = stable_d(x, y, amp);
        assert_true(d <= x + y);
        if (x == 0 || y == 0) {
            assert_true(d == 0);
        } else {
            assert_true(stable_sign(x, y, d, amp) <= 0 && stable_sign(x, y, d + 1, amp) > 0);
        }
        u128 want = rnd() % 2 == 0 ? d + 1 : random_amount().v;
        if (!stable_y(&found, x, want, amp)) {
            /* none at all, or none below 2^113 */
            assert_true(x == 0 || stable_sign(x, ((u128)1 << 113) - 1, want, amp) > 0);
            continue;
        }
        assert_true(found >= 1 && stable_sign(x, found, want, amp) <= 0);
        assert_true(found == 1 || stable_sign(x, found - 1, want, amp) > 0);
    }
}

static struct pool_view stable_view(u128 a, u128 b, uint64_t ma, uint64_t mb, uint32_t amp) {
    struct pool_view v = {.stable = true, .amp = amp, .mult_a = ma, .mult_b = mb, .fee = 30};
    v.reserve_a.v = a;
    v.reserve_b.v = b;
    v.supply.v = 1000000;
    return v;
}

/* The least input: its output is enough, that of one unit less is not. */
static void test_stable_input(void **state) {
    (void)state;
    unsigned found = 0;
    for (int i = 0; i < 2000; i++) {
        uint64_t ma = 1 + (rnd() >> (24 + rnd() % 40)), mb = 1 + (rnd() >> (24 + rnd() % 40));
        ma -= ma >> 40, mb -= mb >> 40;
        u128 a = 1 + (random_amount().v >> 1) / ma, b = 1 + (random_amount().v >> 2) / mb;
        struct pool_view v = stable_view(a, b, ma, mb, 1 + (uint32_t)(rnd() % 65535));
        v.stable = i % 8 != 0;
        bool b_to_a = rnd() % 2 == 0;
        struct amount in, less, out = {(b_to_a ? a : b) >> (rnd() % 60)};
        struct pool_trade t;
        if (!pool_swap_input(&in, &v, b_to_a, out)) {
            continue;
        }
        found++;
        assert_int_equal(pool_swap_quote(&t, &v, b_to_a, in), REJECT_NONE);
        assert_true(t.result.v >= out.v);
        if (in.v > 0) {
            less.v = in.v - 1;
            assert_int_equal(pool_swap_quote(&t, &v, b_to_a, less), REJECT_NONE);
            assert_true(t.result.v < out.v);
        }
    }
    assert_true(found > 500);
}

/* No round trip pays, whatever the sizes: swap there and back, one side in and out. */
static void test_stable_round_trips(void **state) {
    (void)state;
    unsigned done = 0;
    for (int i = 0; i < ROUNDS; i++) {
        uint64_t ma = 1 + (rnd() >> (24 + rnd() % 40)), mb = 1 + (rnd() >> (24 + rnd() % 40));
        ma -= ma >> 40, mb -= mb >> 40;
        struct pool_view v =
            stable_view(1 + (random_amount().v >> 2) / ma, 1 + (random_amount().v >> 2) / mb, ma,
                        mb, 1 + (uint32_t)(rnd() % 65535));
        v.fee = (uint16_t)(rnd() % 2 == 0 ? 0 : rnd() % 100);
        v.stable = i % 4 != 0;
        v.supply.v = 1001 + (random_amount().v >> 2);
        struct amount in = {v.reserve_a.v >> (rnd() % 40)};
        struct pool_trade t;
        struct pool_view after = v;
        if (pool_swap_quote(&t, &v, false, in) == REJECT_NONE &&
            amount_add(&after.reserve_a, v.reserve_a, in) &&
            amount_sub(&after.reserve_b, v.reserve_b, t.result)) {
            struct amount out = t.result;
            assert_true(after.reserve_b.v > 0);
            if (pool_swap_quote(&t, &after, true, out) == REJECT_NONE) {
                done++;
                assert_true(t.result.v <= in.v);
            }
        }
        after = v;
        if (pool_add_one_quote(&t, &v, false, in) == REJECT_NONE) {
            struct amount shares = t.result;
            after.reserve_a.v += in.v;
            after.supply.v += shares.v;
            assert_int_equal(pool_remove_one_quote(&t, &after, false, shares), REJECT_NONE);
            assert_true(t.result.v <= in.v);
            assert_true(t.result.v < after.reserve_a.v);
        }
    }
    assert_true(done > 1000);
}

static void test_stable_edges(void **state) {
    (void)state;
    struct pool_trade t;
    struct amount one = {1}, none = {0};
    /* the cap, to the unit */
    const u128 cap = ((u128)1 << 112) - 2;
    struct pool_view v = stable_view(cap / 2, cap / 2 - 1, 1, 1, 65535);
    assert_int_equal(pool_swap_quote(&t, &v, false, one), REJECT_NONE);
    assert_int_equal(pool_add_one_quote(&t, &v, false, one), REJECT_NONE);
    assert_int_equal(pool_swap_quote(&t, &v, false, (struct amount){2}), REJECT_POOL_CAP);
    assert_int_equal(pool_add_one_quote(&t, &v, true, (struct amount){2}), REJECT_POOL_CAP);
    assert_true(pool_cap_allows(&v, one, none) && !pool_cap_allows(&v, one, one));
    /* a quote that the cap refuses tells the reserves: the circuit shows why */
    assert_int_equal(pool_add_one_quote(&t, &v, true, amount_max()), REJECT_POOL_CAP);
    assert_true(t.x == cap / 2 - 1 && t.y == cap / 2);
    assert_int_equal(pool_swap_quote(&t, &v, false, amount_max()), REJECT_POOL_CAP);
    v = stable_view(1, 1, (UINT64_C(1) << 40) - 1, (UINT64_C(1) << 40) - 1, 1);
    assert_int_equal(pool_swap_quote(&t, &v, false, amount_max()), REJECT_POOL_CAP);
    assert_int_equal(pool_first_quote(&t, &v, amount_max(), one), REJECT_POOL_CAP);
    /* dust: one unit each; nothing can be taken out, whatever comes in */
    assert_int_equal(pool_swap_quote(&t, &v, false, (struct amount){(u128)1 << 70}), REJECT_NONE);
    assert_true(t.result.v == 0);
    assert_int_equal(pool_remove_one_quote(&t, &v, false, (struct amount){999999}), REJECT_NONE);
    assert_true(t.result.v == 0);
    assert_int_equal(pool_remove_one_quote(&t, &v, false, v.supply), REJECT_SHARES_TOO_MANY);
    /* the most extreme imbalance: 1 to 2^112 */
    v = stable_view(1, cap - 10, 1, 1, 1);
    assert_int_equal(pool_swap_quote(&t, &v, false, one), REJECT_NONE);
    assert_true(t.result.v < cap - 10 && t.result.v > cap / 8);
    /* empty; the first deposit */
    v = stable_view(0, 0, 1, 1, 100);
    assert_int_equal(pool_swap_quote(&t, &v, false, one), REJECT_POOL_EMPTY);
    v.supply = none;
    assert_int_equal(pool_add_one_quote(&t, &v, false, one), REJECT_POOL_EMPTY);
    assert_int_equal(pool_first_quote(&t, &v, none, (struct amount){5000}), REJECT_FIRST_LIQUIDITY);
    assert_int_equal(pool_first_quote(&t, &v, (struct amount){500}, (struct amount){500}),
                     REJECT_FIRST_LIQUIDITY);
    assert_int_equal(pool_first_quote(&t, &v, (struct amount){501}, (struct amount){501}),
                     REJECT_NONE);
    assert_true(t.result.v == 2);
    /* too many shares for 2^112 - 1 */
    v = stable_view(1, 1, 1, 1, 100);
    v.supply.v = (u128)1 << 111;
    assert_int_equal(pool_add_one_quote(&t, &v, false, (struct amount){1000}),
                     REJECT_SHARES_OVERFLOW);
    v.stable = false;
    assert_int_equal(pool_add_one_quote(&t, &v, false, (struct amount){1000}),
                     REJECT_SHARES_OVERFLOW);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_stable_roots),
        cmocka_unit_test(test_stable_input),
        cmocka_unit_test(test_stable_round_trips),
        cmocka_unit_test(test_stable_edges),
        cmocka_unit_test(test_swap_matches_gmp),
        cmocka_unit_test(test_swap_in_is_least),
        cmocka_unit_test(test_first_matches_gmp),
        cmocka_unit_test(test_share_amounts_match_gmp),
        cmocka_unit_test(test_shares_for_costs_at_most_the_maximum),
    };
    rng_state = 2;
    return cmocka_run_group_tests(tests, NULL, NULL);
}
