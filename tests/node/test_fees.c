/* What an operation costs, what is asked for it, and that a quote stays good for its time. */
#include "node/fees.h"

// clang-format off
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <cmocka.h>
// clang-format on
#include <stdlib.h>
#include <string.h>

#define GWEI ((u128)1000000000)
static const token_id usd = ((token_id)1 << 32) + 1, plain = ((token_id)2 << 32) + 1;

/* Two chains, the second one's coin worth a thousandth; a token of 6 decimals, 3000 for a coin. */
static struct config example(void) {
    struct config c = {.n_chains = 2};
    c.chains[0].number = 1;
    c.chains[0].native_rate_ppm = 1000000;
    c.chains[1].number = 2;
    c.chains[1].native_rate_ppm = 1000;
    c.node.fees[0].token = usd;
    c.node.fees[0].minimum = 100;
    c.node.fees[0].rate = (u128)3000 * 1000000;
    c.node.fees[1].token = plain;
    c.node.fees[1].minimum = 7;
    c.node.n_fees = 2;
    c.node.fee_operations = 100;
    c.node.fee_validity_s = 60;
    return c;
}

static u128 ask(const struct config *c, const struct fee_prices *p, enum op_type type,
                unsigned destination, token_id token) {
    struct fee fee;
    assert_true(fees_least(&fee, c, p, type, destination, token));
    return fee_value(fee).v;
}

static void test_costs(void **state) {
    (void)state;
    struct config c = example();
    struct fee_prices p = {.wei = {20 * GWEI, 0}};
    /* one chain: 923000 / 100 + 2 words of 700; two words are what a transfer has */
    u128 gas = 9230 + 700 * op_word_count(OP_TRANSFER);
    assert_true(fees_cost_wei(&c, &p, OP_TRANSFER, 0) == gas * 20 * GWEI);
    /* at 3000 for a coin, in millionths, rounded up */
    u128 want = (gas * 20 * GWEI * 3000 * 1000000 + GWEI * GWEI - 1) / (GWEI * GWEI);
    assert_true(ask(&c, &p, OP_TRANSFER, 0, usd) == want);
    /* a chain whose coin is worth a thousandth adds a thousandth */
    p.wei[1] = 20 * GWEI;
    assert_true(fees_cost_wei(&c, &p, OP_TRANSFER, 0) == gas * 20 * GWEI * 1001 / 1000);
    /* a payout costs where it is made; where that is not said, on the dearest chain */
    u128 dear = fees_cost_wei(&c, &p, OP_WITHDRAW, 1),
         cheap = fees_cost_wei(&c, &p, OP_WITHDRAW, 2);
    assert_true(dear > cheap);
    assert_true(fees_cost_wei(&c, &p, OP_WITHDRAW, 0) == dear);
    assert_true(dear - cheap == (u128)(4100 + 46000) * 20 * GWEI * 999 / 1000);
    /* proving */
    c.node.fee_prover_wei = 1000000;
    assert_true(fees_cost_wei(&c, &p, OP_WITHDRAW, 1) == dear + 20000);
}

static void test_minimum(void **state) {
    (void)state;
    struct config c = example();
    struct fee_prices none = {0}, dear = {.wei = {1000 * GWEI, 1000 * GWEI}};
    struct fee fee;
    assert_true(ask(&c, &none, OP_TRANSFER, 0, usd) == 100); /* prices are not known yet */
    assert_true(ask(&c, &dear, OP_TRANSFER, 0, usd) > 100);
    assert_true(ask(&c, &dear, OP_TRANSFER, 0, plain) == 7); /* no rate: only the minimum */
    assert_true(ask(&c, &dear, OP_WITHDRAW, 0, plain) == 70);
    assert_false(fees_least(&fee, &c, &none, OP_TRANSFER, 0, plain + 1));
    c.node.n_fees = 0; /* no fees configured: anything goes, at 0 */
    assert_true(ask(&c, &dear, OP_TRANSFER, 0, plain + 1) == 0);
}

/* Absurd prices give the largest fee, or none that can be paid, never a small one. */
static void test_extremes(void **state) {
    (void)state;
    struct config c = example();
    struct fee fee;
    struct fee_prices p = {.wei = {(u128)1 << 100, (u128)1 << 100}};
    assert_false(
        fees_least(&fee, &c, &p, OP_TRANSFER, 0, usd)); /* above all fees: nobody can pay */
    p.wei[0] = p.wei[1] = (u128)1 << 64;                /* 18 coins for a unit of gas */
    c.node.fees[0].rate = ((u128)1 << 88) - 1;
    assert_false(fees_least(&fee, &c, &p, OP_TRANSFER, 0, usd));
}

/* Whatever the price did, a quote of the last fee_validity_s seconds is enough now. */
static void test_quotes_stay_good(void **state) {
    (void)state;
    enum { VALID_MS = 60000, STEPS = 3000 };
    static u128 quoted[STEPS];
    static uint64_t at[STEPS];
    struct config c = example();
    struct gas_window w = {0};
    uint64_t now = 1000;
    u128 price = 20 * GWEI, low;
    unsigned lower = 0;
    assert_false(gas_window_low(&w, now, VALID_MS, &low));
    srand(7);
    for (unsigned i = 0; i < STEPS; i++) {
        now += (uint64_t)(rand() % 1500);
        price = price * (unsigned)(80 + rand() % 43) / 100 + 1;
        gas_window_add(&w, now, VALID_MS, price);
        assert_true(w.last_wei == price);
        struct fee_prices quote = {.wei = {price, price}}, least;
        quoted[i] = ask(&c, &quote, OP_SWAP, 0, usd);
        at[i] = now;
        assert_true(gas_window_low(&w, now, VALID_MS, &low));
        assert_true(low <= price);
        least = (struct fee_prices){.wei = {low, low}};
        u128 asked = ask(&c, &least, OP_SWAP, 0, usd);
        lower += asked < quoted[i];
        for (unsigned k = i + 1; k-- > 0 && now - at[k] <= VALID_MS;) {
            assert_true(quoted[k] >= asked);
        }
    }
    assert_true(lower > STEPS / 2); /* the test moves prices enough to mean something */
    /* and it does not stay low for ever */
    gas_window_add(&w, now + 200000, VALID_MS, price * 9);
    gas_window_add(&w, now + 400000, VALID_MS, price * 9);
    assert_true(gas_window_low(&w, now + 400000, VALID_MS, &low) && low == price * 9);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_costs),
        cmocka_unit_test(test_minimum),
        cmocka_unit_test(test_extremes),
        cmocka_unit_test(test_quotes_stay_good),
    };
    return cmocka_run_group_tests_name("fees", tests, NULL, NULL);
}
