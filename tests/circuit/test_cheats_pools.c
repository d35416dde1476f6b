/* Attacks on the pools' formulas: an operator who computes with another D, another reserve, another
 * curve. Where a lie has consequences (amounts, shares, records), they are all recomputed, so that
 * only the lie can be what is found; it must be found where the circuit excludes it. */
#include "stage.h"

#include "circuit/chip_wide.h"
#include "rollup/stable.h"

/* The world's own stable pool: A = 100, fee 4, multipliers 2^39 and 1, 2^99 scaled on each side. */
static account_id stable_pool(const struct stage *g) {
    return g->f.g->pools[1];
}

static struct effect *mirror_swap(struct stage *g, unsigned token, u128 amount) {
    struct op op;
    struct client_common c = common(g, user(g, 2));
    client_swap(&op, &c, stable_pool(g), g->f.g->tokens[token], (struct amount){amount},
                amount_zero());
    return act(g, &op);
}

static struct effect *one_sided(struct stage *g, account_id pool, bool add, u128 amount) {
    struct op op;
    struct client_common c = common(g, user(g, 1)); /* who has shares */
    token_id token = g->f.g->tokens[1];
    if (add) {
        client_add_liquidity_one(&op, &c, pool, token, (struct amount){amount}, amount_zero());
    } else {
        client_remove_liquidity_one(&op, &c, pool, token, (struct amount){amount}, amount_zero());
    }
    return act(g, &op);
}

/* Modulo 2^128. */
static u128 signed_u128(int64_t v) {
    return v < 0 ? 0 - (u128)(uint64_t)-v : (u128)(uint64_t)v;
}

/* A balance record's amount, moved. */
static void move(struct record *r, int64_t by) {
    assert_int_equal(r->tag, RECORD_BALANCE);
    r->u.balance.amount.v += signed_u128(by);
}

static int64_t difference(struct amount a, struct amount b) {
    return (int64_t)(uint64_t)(a.v - b.v);
}

/* The fee of a new gross, and the result. */
static void take_fee(struct pool_trade *t, unsigned unit, unsigned fee) {
    u128 product = t->gross.v * (unit - fee);
    t->result.v = product / unit;
    t->fee_rem = product % unit;
}

/* ---- swap ---- */

/* What follows from y2: gross, out and the balances that move. */
static void follow_swap(struct effect *e) {
    struct pool_trade *t = &e->trade;
    struct amount before = t->result;
    t->gross.v = t->none ? 0 : t->y - t->y2 - 1; /* token B's multiplier is 1 */
    take_fee(t, POOL_FEE_UNIT, 4);
    int64_t more = difference(t->result, before);
    e->amount_y = t->result;
    move(&e->access[4].after, more);
    move(&e->access[7].after, -more);
}

static void test_swap_lies(void **state) {
    /* d, y2: how far they are from the truth; a false y2 comes with the true D. */
    static const struct {
        int d, y2;
    } lies[] = {{1, 0}, {-1, 0}, {0, 1}, {0, -1}, {5, 0}, {0, -1000}};
    (void)state;
    for (unsigned i = 0; i < sizeof lies / sizeof lies[0]; i++) {
        struct stage g;
        stage_begin(&g, 40);
        struct effect *e = mirror_swap(&g, 0, 1000000);
        struct pool_trade *t = &e->trade;
        assert_false(t->none);
        t->d += signed_u128(lies[i].d);
        t->d2 = t->d + 1;
        assert_true(stable_y(&t->y2, t->x2, t->d2, 100));
        t->y2 += signed_u128(lies[i].y2);
        follow_swap(e);
        expect_forgery(&g, "wide.sign modulo");
    }
}

/* Nothing for the trader, although the curve gives something. */
static void test_swap_none(void **state) {
    struct stage g;
    (void)state;
    stage_begin(&g, 41);
    struct effect *e = mirror_swap(&g, 0, 1000000);
    e->trade.none = true;
    e->trade.y2 = e->trade.y;
    follow_swap(e);
    expect_forgery(&g, "wide.sign modulo");

    /* and the other way round: the reserve less 1, although Y is not below the reserve */
    stage_begin(&g, 41);
    e = mirror_swap(&g, 0, 0);
    assert_true(e->trade.none);
    e->trade.none = false;
    e->trade.y2 = e->trade.y - 1;
    expect_forgery(&g, "wide.sign modulo");

    /* none, but with an amount */
    stage_begin(&g, 41);
    e = mirror_swap(&g, 0, 0);
    e->trade.y2 = e->trade.y - 100;
    e->trade.gross.v = 100;
    struct amount zero = e->trade.result;
    take_fee(&e->trade, POOL_FEE_UNIT, 4);
    e->amount_y = e->trade.result;
    move(&e->access[4].after, difference(e->trade.result, zero));
    move(&e->access[7].after, -difference(e->trade.result, zero));
    expect_forgery(&g, "op.nothing leaves the curve");
}

/* One unit less for the trader, with a rest that is a whole unit too large: B to A, where a unit is
 * 2^39. */
static void test_swap_rest(void **state) {
    struct stage g;
    const uint64_t mult = UINT64_C(1) << 39;
    (void)state;
    stage_begin(&g, 42);
    struct effect *e = mirror_swap(&g, 1, (u128)1 << 68);
    struct pool_trade *t = &e->trade;
    struct amount before = t->result;
    assert_true(t->gross.v > 100);
    t->gross.v -= 1;
    take_fee(t, POOL_FEE_UNIT, 4);
    e->amount_y = t->result;
    move(&e->access[4].after, difference(t->result, before));
    move(&e->access[7].after, -difference(t->result, before));
    stage_witness(&g);
    expect_refused(&g, "op.swap: what leaves the curve");
    add_to(cell(&g, "op", OPC_F(1), 0), (int64_t)mult);
    expect_refused(&g, "op.swap: rest below the multiplier");
    add_to(cell(&g, "op", OPC_F(2), 0), -(int64_t)mult);
    serve_lookups(&g);
    expect_refused(&g, "bus RNG (112");
    stage_end(&g);
}

/* The fee's rest, a whole unit too large: less out. */
static void test_swap_fee(void **state) {
    struct stage g;
    (void)state;
    stage_begin(&g, 43);
    struct effect *e = mirror_swap(&g, 0, 1000000);
    e->trade.result.v -= 1;
    e->amount_y = e->trade.result;
    move(&e->access[4].after, -1);
    move(&e->access[7].after, 1);
    stage_witness(&g);
    expect_refused(&g, "op.swap: the fee");
    add_to(cell(&g, "op", OPC_V(3), 0), POOL_FEE_UNIT);
    expect_refused(&g, "op.swap: rest of the fee");
    add_to(cell(&g, "op", OPC_V(4), 0), -POOL_FEE_UNIT);
    serve_lookups(&g);
    expect_refused(&g, "bus RNG (128");
    stage_end(&g);
}

/* ---- the curve ---- */

/* Another reading of r2: the multiplier one less, A 2^16 more. */
static void test_curve_digits(void **state) {
    struct stage g;
    (void)state;
    stage_begin(&g, 44);
    (void)mirror_swap(&g, 0, 1000000);
    stage_witness(&g);
    expect_honest(&g);
    add_to(cell(&g, "op", OPC_MULT_X, 0), -1);
    expect_refused(&g, "op.the pool's curve");
    add_to(cell(&g, "op", OPC_AMP, 0), 1 << 16);
    serve_lookups(&g);
    expect_refused(&g, "op.");
    add_to(cell(&g, "op", OPC_MULT_X, 0), 1);
    add_to(cell(&g, "op", OPC_AMP, 0), -(1 << 16));
    /* the multipliers exchanged */
    fr x = *cell(&g, "op", OPC_MULT_X, 0);
    *cell(&g, "op", OPC_MULT_X, 0) = *cell(&g, "op", OPC_MULT_Y, 0);
    *cell(&g, "op", OPC_MULT_Y, 0) = x;
    expect_refused(&g, "op.the pool's curve");
    stage_end(&g);
}

/* r2's digits when nothing else looks at them: AddLiquidity on both sides uses the cap alone. */
static void test_curve_ranges(void **state) {
    struct stage g;
    (void)state;
    stage_begin(&g, 45);
    struct op op;
    struct client_common c = common(&g, user(&g, 2));
    client_add_liquidity(&op, &c, stable_pool(&g), amount_from_u64(1000),
                         (struct amount){(u128)1000 << 39}, amount_zero());
    (void)act(&g, &op);
    stage_witness(&g);
    expect_honest(&g);
    /* mA less 1, A more by 2^16: the word is the same; the cap's room grows by the reserve */
    fr room, reserve = *cell(&g, "op", op_old_column(6), 0), in = *cell(&g, "op", OPC_V(0), 0);
    add_to(cell(&g, "op", OPC_MULT_X, 0), -1);
    add_to(cell(&g, "op", OPC_AMP, 0), 1 << 16);
    room = *cell(&g, "op", OPC_F(5), 0);
    fr_add(&room, &room, &reserve);
    fr_add(cell(&g, "op", OPC_F(5), 0), &room, &in);
    serve_lookups(&g);
    expect_refused(&g, "bus R16");
    stage_end(&g);
}

/* One curve for the other. */
static void test_curve_flag(void **state) {
    struct stage g;
    (void)state;
    stage_begin(&g, 46);
    (void)mirror_swap(&g, 0, 1000000);
    stage_witness(&g);
    *cell(&g, "op", OPC_STABLE, 0) = FR_ZERO;
    expect_refused(&g, "op.swap: on a");
    *cell(&g, "op", OPC_FORMULA + FORMULA_SWAP_CP, 0) = FR_ONE;
    *cell(&g, "op", OPC_FORMULA + FORMULA_SWAP_ST, 0) = FR_ZERO;
    expect_refused(&g, "op."); /* the other formula's numbers do not stand there */
    stage_end(&g);

    stage_begin(&g, 46);
    (void)swap(&g, 1000000);
    stage_witness(&g);
    expect_honest(&g);
    *cell(&g, "op", OPC_STABLE, 0) = FR_ONE;
    expect_refused(&g, "op.swap: on a");
    stage_end(&g);

    /* a stable pool's record taken for a constant-product pool's, its word for the fee */
    stage_begin(&g, 46);
    struct effect *e = mirror_swap(&g, 0, 1000000);
    e->access[5].before.tag = e->access[5].after.tag = RECORD_POOL;
    stage_witness(&g);
    assert_non_null(g.t);
    expect_refused(&g, "");
    stage_end(&g);
}

static void test_swap_cap(void **state) {
    struct stage g;
    (void)state;
    stage_begin(&g, 47);
    (void)mirror_swap(&g, 0, 1000000);
    stage_witness(&g);
    expect_honest(&g);
    fr two, *room = cell(&g, "op", OPC_F(5), 0);
    fr_pow2(&two, 112);
    fr_sub(room, room, &two); /* as if the cap were 2^112 lower */
    expect_refused(&g, "op.within the cap");
    stage_end(&g);

    /* the cap passed for good: x + y near 2^112, and in */
    stage_begin(&g, 47);
    struct record r = state_get(g.f.g->state, stable_pool(&g), 2);
    r.u.balance.amount.v = ((u128)1 << 112) - ((u128)1 << 99) - 3; /* x + y = cap - 1 */
    assert_true(state_put(g.f.g->state, stable_pool(&g), 2, &r));
    assert_true(state_update_tree_all(g.f.g->state));
    struct effect *e = mirror_swap(&g, 1, 1);
    e->amount_x.v = 3;
    g.f.ops[0].u.swap.amount_in.v = 3;
    forge_words(&g.f, 0);
    blockgen_sign(g.f.g, &g.f.ops[0]);
    move(&e->access[3].after, -2);
    move(&e->access[6].after, 2);
    e->trade.x2 += 2;
    e->trade.none = stable_sign(e->trade.x2, e->trade.y - 1, e->trade.d2, 100) > 0;
    stage_witness(&g);
    assert_null(g.t); /* there is no room of 112 bits to look up */
    stage_end(&g);
}

/* ---- one side ---- */

static void follow_add(struct effect *e, u128 supply) {
    struct pool_trade *t = &e->trade;
    struct amount before = t->result;
    u128 rest;
    struct u256 product = u256_mul_u128(supply, t->d2 - t->d - 1 + t->none);
    assert_true(u256_divmod_u128(&t->result.v, &rest, &product, t->d + 1));
    t->share_rem = rest;
    int64_t more = difference(t->result, before);
    e->shares = t->result;
    e->access[5].after.u.pool.supply.v += signed_u128(more);
    move(&e->access[8].after, more);
}

static void test_add_one_lies(void **state) {
    static const int lies[][2] = {{1, 0}, {-1, 0}, {0, 1}, {0, -1}};
    (void)state;
    for (unsigned i = 0; i < 4; i++) {
        struct stage g;
        stage_begin(&g, 48);
        struct effect *e = one_sided(&g, stable_pool(&g), true, (u128)1 << 68);
        u128 supply = e->access[5].before.u.pool.supply.v;
        assert_false(e->trade.none);
        e->trade.d += signed_u128(lies[i][0]);
        e->trade.d2 += signed_u128(lies[i][1]);
        follow_add(e, supply);
        expect_forgery(&g, "wide.sign modulo");
    }
    /* one share more, by a rest below 0 */
    struct stage g;
    stage_begin(&g, 48);
    struct effect *e = one_sided(&g, stable_pool(&g), true, (u128)1 << 68);
    u128 before = e->trade.d + 1;
    e->trade.result.v += 1;
    e->shares = e->trade.result;
    e->access[5].after.u.pool.supply.v += 1;
    move(&e->access[8].after, 1);
    stage_witness(&g);
    expect_refused(&g, "op.add one: shares of what D grows");
    fr d;
    fr_from_u128(&d, before);
    fr_sub(cell(&g, "op", OPC_F(1), 0), cell(&g, "op", OPC_F(1), 0), &d);
    fr_add(cell(&g, "op", OPC_F(2), 0), cell(&g, "op", OPC_F(2), 0), &d);
    serve_lookups(&g);
    expect_refused(&g, "bus RNG (112");
    stage_end(&g);
}

/* "D does not grow" where it does, so that there are no shares. */
static void test_add_one_none(void **state) {
    struct stage g;
    (void)state;
    stage_begin(&g, 49);
    struct effect *e = one_sided(&g, stable_pool(&g), true, (u128)1 << 68);
    e->trade.none = true;
    follow_add(e, e->access[5].before.u.pool.supply.v);
    expect_forgery(&g, "op.add one: D does not grow");
}

static void follow_remove(struct effect *e, unsigned fee) {
    struct amount before = e->trade.result;
    take_fee(&e->trade, POOL_HALF_FEE_UNIT, fee);
    int64_t more = difference(e->trade.result, before);
    e->amount_x = e->trade.result;
    move(&e->access[3].after, more);
    move(&e->access[6].after, -more);
}

static void test_remove_one_lies(void **state) {
    /* D, D1, y2 */
    static const struct {
        int d, d1, y2;
        const char *where;
    } lies[] = {{-1, 0, 0, "wide.sign modulo"},         {1, 0, 0, "wide.sign modulo"},
                {0, -1, 0, "op.remove one: D shrinks"}, {0, 1, 0, "op.remove one: D shrinks"},
                {0, 0, -1, "wide.sign modulo"},         {0, 0, 1, "wide.sign modulo"}};
    (void)state;
    for (unsigned i = 0; i < sizeof lies / sizeof lies[0]; i++) {
        struct stage g;
        stage_begin(&g, 50);
        struct effect *e = one_sided(&g, stable_pool(&g), false, ((u128)1 << 68) + 12345);
        struct pool_trade *t = &e->trade;
        u128 supply = e->access[5].before.u.pool.supply.v, rest;
        t->d += signed_u128(lies[i].d);
        struct u256 product = u256_mul_u128(t->d, supply - e->shares.v);
        assert_true(u256_divmod_u128(&t->d2, &rest, &product, supply));
        t->share_rem = rest == 0 ? 0 : supply - rest;
        t->d2 += rest != 0;
        t->d2 += signed_u128(lies[i].d1);
        assert_true(stable_y(&t->y2, t->x2, t->d2, 100));
        t->y2 += signed_u128(lies[i].y2);
        t->gross.v = t->x - t->y2 - 1;
        follow_remove(e, 4);
        expect_forgery(&g, lies[i].where);
    }
}

/* D1 one less, its rest below 0. */
static void test_remove_one_rest(void **state) {
    struct stage g;
    (void)state;
    stage_begin(&g, 51);
    struct effect *e = one_sided(&g, stable_pool(&g), false, (u128)1 << 68);
    struct pool_trade *t = &e->trade;
    t->d2 -= 1;
    assert_true(stable_y(&t->y2, t->x2, t->d2, 100));
    t->gross.v = t->x - t->y2 - 1;
    follow_remove(e, 4);
    stage_witness(&g);
    expect_refused(&g, "op.remove one: D shrinks");
    fr supply = *cell(&g, "op", OPC_PEER0 + 3, 0);
    fr_sub(cell(&g, "op", OPC_F(6), 0), cell(&g, "op", OPC_F(6), 0), &supply);
    fr_add(cell(&g, "op", OPC_F(7), 0), cell(&g, "op", OPC_F(7), 0), &supply);
    serve_lookups(&g);
    expect_refused(&g, "bus RNG (112");
    stage_end(&g);
}

/* Constant product: one share more or less, one unit more or less. */
static void test_product_lies(void **state) {
    (void)state;
    for (int by = -1; by <= 1; by += 2) {
        struct stage g;
        stage_begin(&g, 52);
        struct effect *e = one_sided(&g, g.f.g->pool, true, (u128)1 << 67);
        e->trade.result.v += signed_u128(by);
        e->shares = e->trade.result;
        e->access[5].after.u.pool.supply.v += signed_u128(by);
        move(&e->access[8].after, by);
        expect_forgery(&g, "wide.sign modulo");

        stage_begin(&g, 52);
        e = one_sided(&g, g.f.g->pool, false, (u128)1 << 67);
        e->trade.gross.v += signed_u128(by);
        follow_remove(e, 30);
        expect_forgery(&g, "wide.sign modulo");
    }
}

/* The supply in the record is not the one of the formula. */
static void test_supply(void **state) {
    struct stage g;
    (void)state;
    stage_begin(&g, 53);
    struct effect *e = one_sided(&g, stable_pool(&g), true, (u128)1 << 68);
    e->access[5].after.u.pool.supply.v -= 5;
    expect_forgery(&g, "bus REC");
}

/* ---- the first deposit, creation ---- */

static account_id create(struct stage *g, struct op *op, struct effect **e) {
    struct client_common c = common(g, user(g, 2));
    const struct curve curve = {7, 3, 2};
    client_create_stable_pool(op, &c, g->f.g->tokens[0], g->f.g->tokens[1], 30, &curve);
    *e = act(g, op);
    return op->u.create_pool.pool;
}

static void test_first_lies(void **state) {
    (void)state;
    for (int by = -1; by <= 1; by += 2) {
        struct stage g;
        struct op op;
        struct effect *e;
        stage_begin(&g, 54);
        account_id pool = create(&g, &op, &e);
        struct client_common c = common(&g, user(&g, 2));
        client_add_liquidity(&op, &c, pool, amount_from_u64(1000000), amount_from_u64(77777777),
                             amount_zero());
        e = act(&g, &op);
        assert_int_equal(g.f.ops[1].type, OP_ADD_LIQUIDITY_FIRST);
        e->trade.d += signed_u128(by);
        e->trade.result.v += signed_u128(by);
        e->shares = e->trade.result;
        e->access[5].after.u.pool.supply.v += signed_u128(by);
        move(&e->access[8].after, by);
        expect_forgery(&g, "wide.sign modulo");
    }
}

/* A curve that is not the signed one, or none at all. */
static void test_create_lies(void **state) {
    struct stage g;
    struct op op;
    struct effect *e;
    (void)state;
    stage_begin(&g, 55);
    (void)create(&g, &op, &e);
    e->access[5].after.u.pool.curve.amp += 1;
    expect_forgery(&g, "bus REC");

    stage_begin(&g, 55);
    (void)create(&g, &op, &e);
    e->access[5].after.tag = RECORD_POOL;
    expect_forgery(&g, "bus REC");

    stage_begin(&g, 55);
    (void)create(&g, &op, &e);
    stage_witness(&g);
    expect_honest(&g);
    add_to(cell(&g, "op", OPC_AMP, 0), -7); /* A = 0 */
    add_to(cell(&g, "op", OPC_V(9), 0), -7);
    serve_lookups(&g);
    expect_refused(&g, "");
    stage_end(&g);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_swap_lies),       cmocka_unit_test(test_swap_none),
        cmocka_unit_test(test_swap_rest),       cmocka_unit_test(test_swap_fee),
        cmocka_unit_test(test_curve_digits),    cmocka_unit_test(test_curve_ranges),
        cmocka_unit_test(test_curve_flag),      cmocka_unit_test(test_swap_cap),
        cmocka_unit_test(test_add_one_lies),    cmocka_unit_test(test_add_one_none),
        cmocka_unit_test(test_remove_one_lies), cmocka_unit_test(test_remove_one_rest),
        cmocka_unit_test(test_product_lies),    cmocka_unit_test(test_supply),
        cmocka_unit_test(test_first_lies),      cmocka_unit_test(test_create_lies),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
