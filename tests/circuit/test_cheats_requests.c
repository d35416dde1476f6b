/* Attacks on ForcedExit and on the requests of types 17..19: every outcome told as every other one,
 * results off by one, other people's positions, addresses and tokens. As in test_cheats_effects.c
 * all that follows from the lie is recomputed; each must fail. Where a lie needs a negative number,
 * the honest filler itself finds no row for it (no witness). */
#include "stage.h"

enum { FAR = 1000 };

static void stamp(uint8_t address[ADDRESS_LEN], uint8_t v) {
    memset(address, v, ADDRESS_LEN);
}

/* ---- ForcedExit ---- */

static bool find_owned(void *ctx, account_id account, const struct record *r) {
    account_id *found = ctx; /* in: the authority */
    if (r->tag == RECORD_ACCOUNT && r->u.account.owner.authority == *found) {
        *found = account;
        return false;
    }
    return true;
}

static account_id keyless(const struct stage *g, uint8_t authority) {
    account_id found = authority;
    state_each_account(g->f.g->state, find_owned, &found);
    return found;
}

/* Of token 0, which is chain 1's. */
static struct effect *forced_exit(struct stage *g, uint8_t authority) {
    struct op op;
    struct client_common c = common(g, user(g, 2));
    client_forced_exit(&op, &c, keyless(g, authority), g->f.g->tokens[0]);
    return act(g, &op);
}

/* The peer is another account, which has the same tokens in the same slots. */
static void other_peer(struct stage *g, struct effect *e, account_id peer) {
    g->f.ops[0].u.forced_exit.peer = peer;
    e->access[5].account = e->access[6].account = peer;
    e->access[5].before = e->access[5].after = *state_account(g->f.g->state, peer);
    e->access[6].before = state_get(g->f.g->state, peer, e->access[6].slot);
    e->access[6].after = record_empty();
    g->f.ops[0].u.forced_exit.amount = e->access[6].before.u.balance.amount;
    memcpy(g->f.ops[0].u.forced_exit.to, e->access[5].before.u.account.owner.address, ADDRESS_LEN);
    blockgen_sign(g->f.g, &g->f.ops[0]);
    forge_words(&g->f, 0);
}

static void test_forced_exit(void **state) {
    struct stage g;
    (void)state;
    for (uint8_t authority = 0; authority < 2; authority++) {
        stage_begin(&g, 31);
        (void)forced_exit(&g, authority);
        stage_witness(&g);
        expect_honest(&g);
        stage_end(&g);
    }

    stage_begin(&g, 31); /* somebody who has a key */
    struct effect *e = forced_exit(&g, 1);
    other_peer(&g, e, user(&g, 3));
    expect_forgery(&g, "op.forced exit: of an account without a key");

    stage_begin(&g, 31); /* whose owner another chain knows */
    e = forced_exit(&g, 1);
    other_peer(&g, e, keyless(&g, 2));
    expect_forgery(&g, "op.forced exit: to the owner, whom the chain knows");

    stage_begin(&g, 31); /* to somebody else */
    (void)forced_exit(&g, 1);
    g.f.ops[0].u.forced_exit.to[19] ^= 1;
    forge_words(&g.f, 0);
    expect_forgery(&g, "op.forced exit: to the owner, whom the chain knows");

    stage_begin(&g, 31); /* a part of it */
    e = forced_exit(&g, 1);
    struct amount *amount = &g.f.ops[0].u.forced_exit.amount;
    e->access[6].after = e->access[6].before;
    e->access[6].after.u.balance.amount.v -= amount->v - 5;
    amount->v -= 5;
    forge_words(&g.f, 0);
    expect_forgery(&g, "bus ");

    stage_begin(&g, 31); /* kept from the chain */
    forced_exit(&g, 1)->n_out = 0;
    expect_forgery(&g, "bus OUT");
}

/* ---- requests ---- */

static struct op swap_request(const struct stage *g, uint64_t amount, uint64_t min) {
    struct op op;
    op_init(&op, OP_SWAP_REQUEST);
    struct op_swap_request *w = &op.u.swap_request;
    w->pool = g->f.g->pool;
    w->token_in = g->f.g->tokens[0];
    w->token_out = g->f.g->tokens[1];
    w->amount_in = amount_from_u64(amount);
    w->min_out = amount_from_u64(min);
    w->deadline = g->f.g->timestamp + FAR;
    w->index = 7;
    stamp(w->to, 1);
    stamp(w->refund_to, 2);
    return op;
}

static struct op add_request(const struct stage *g, uint64_t amount, uint64_t min) {
    struct op op;
    op_init(&op, OP_ADD_LIQUIDITY_REQUEST);
    struct op_add_liquidity_request *l = &op.u.add_liquidity_request;
    l->pool = g->f.g->pool;
    l->token = g->f.g->tokens[0];
    l->amount = amount_from_u64(amount);
    l->min_shares = amount_from_u64(min);
    l->deadline = g->f.g->timestamp + FAR;
    l->index = 8;
    stamp(l->exit, 3);
    stamp(l->refund_to, 4);
    return op;
}

/* Puts a position of that many shares in the state, as if it had been there. */
static account_id put_position(struct stage *g, uint64_t index, uint64_t shares) {
    struct state *s = g->f.g->state;
    struct record r = record_empty();
    account_id id = state_next_account(s);
    r.tag = RECORD_POSITION;
    r.u.position.chain = 1;
    r.u.position.index = index;
    r.u.position.pool = g->f.g->pool;
    r.u.position.shares = amount_from_u64(shares);
    assert_true(state_put(s, id, 0, &r) && state_update_tree_all(s));
    return id;
}

static struct op remove_request(struct stage *g, uint64_t shares, uint64_t min) {
    struct op op;
    op_init(&op, OP_REMOVE_LIQUIDITY_REQUEST);
    struct op_remove_liquidity_request *l = &op.u.remove_liquidity_request;
    op.account = put_position(g, 9, 1000000);
    l->pool = g->f.g->pool;
    l->token = g->f.g->tokens[1]; /* of chain 2; asked for on chain 1 */
    l->shares = amount_from_u64(shares);
    l->min_out = amount_from_u64(min);
    l->chain = 1;
    l->index = 9;
    l->deadline = g->f.g->timestamp + FAR;
    stamp(l->to, 5);
    return op;
}

static struct op request(struct stage *g, enum op_type type, uint64_t amount, uint64_t min) {
    return type == OP_SWAP_REQUEST            ? swap_request(g, amount, min)
           : type == OP_ADD_LIQUIDITY_REQUEST ? add_request(g, amount, min)
                                              : remove_request(g, amount, min);
}

static struct amount *result_of(struct op *op) {
    return op->type == OP_SWAP_REQUEST            ? &op->u.swap_request.out
           : op->type == OP_ADD_LIQUIDITY_REQUEST ? &op->u.add_liquidity_request.shares
                                                  : &op->u.remove_liquidity_request.out;
}

/* Tells the first operation, which asks the pool, as another outcome. */
static void tell(struct stage *g, enum op_outcome outcome) {
    struct op *op = &g->f.ops[0];
    struct effect *e = &g->f.effects[0];
    op->outcome = outcome;
    *result_of(op) = outcome == OUTCOME_DONE ? e->trade.result : amount_zero();
    if (outcome != OUTCOME_DONE) { /* nothing moves */
        for (unsigned k = 0; k < ACCESS_COUNT; k++) {
            e->access[k].after = e->access[k].before;
        }
        e->n_out = 1;
        if (op->type == OP_ADD_LIQUIDITY_REQUEST) {
            op->account = 0;
            e->access[0].kind = ACCESS_UNUSED;
        }
    }
    if (outcome == OUTCOME_EXPIRED || outcome == OUTCOME_IMPOSSIBLE) {
        e->access[6].kind = e->access[7].kind = ACCESS_UNUSED;
        e->trade.result = e->amount_y = amount_zero();
    }
    forge_words(&g->f, 0);
}

static void refused_somehow(struct stage *g) {
    char why[256] = "";
    stage_witness(g);
    if (g->t != NULL && check(g, why)) {
        fail_msg("an outcome told as another was proved");
    }
    stage_end(g);
}

static const enum op_type TYPES[] = {OP_SWAP_REQUEST, OP_ADD_LIQUIDITY_REQUEST,
                                     OP_REMOVE_LIQUIDITY_REQUEST};

static void test_done_told_as_refused(void **state) {
    (void)state;
    for (unsigned i = 0; i < 3; i++) {
        struct stage g;
        for (unsigned lie = 0; lie < 4; lie++) {
            stage_begin(&g, 40);
            struct op op = request(&g, TYPES[i], 5000, 3);
            (void)act(&g, &op);
            assert_int_equal(op.outcome, OUTCOME_DONE);
            tell(&g, (enum op_outcome)lie);
            if (lie == OUTCOME_DONE) {
                stage_witness(&g);
                expect_honest(&g);
                stage_end(&g);
            } else if (lie == OUTCOME_EXPIRED) {
                expect_forgery(&g, "op.request: its deadline");
            } else if (lie == OUTCOME_IMPOSSIBLE) {
                expect_forgery(&g, TYPES[i] == OP_REMOVE_LIQUIDITY_REQUEST
                                       ? "op.remove liquidity request: not the position"
                                       : "op.request: the tokens are not the pool's");
            } else {
                refused_somehow(&g);
            }
        }
    }
}

static void test_below_told_as_another(void **state) {
    (void)state;
    for (unsigned i = 0; i < 3; i++) {
        for (unsigned lie = 0; lie < 4; lie++) {
            struct stage g;
            stage_begin(&g, 41);
            struct op op = request(&g, TYPES[i], 5000, 500000);
            (void)act(&g, &op);
            assert_int_equal(op.outcome, OUTCOME_BELOW_MINIMUM);
            if (lie == OUTCOME_BELOW_MINIMUM) {
                stage_witness(&g);
                expect_honest(&g);
                stage_end(&g);
                continue;
            }
            tell(&g, (enum op_outcome)lie);
            refused_somehow(&g);
        }
    }
}

/* What the pool could do, done after the deadline; and refused for another reason. */
static void test_expired_told_as_another(void **state) {
    (void)state;
    for (unsigned i = 0; i < 3; i++) {
        for (unsigned lie = 0; lie < 4; lie++) {
            struct stage g;
            stage_begin(&g, 42);
            struct op op = request(&g, TYPES[i], 5000, lie == OUTCOME_BELOW_MINIMUM ? 500000 : 3);
            if (lie == OUTCOME_EXPIRED) {
                g.f.g->timestamp += FAR + 1;
            }
            (void)act(&g, &op);
            if (lie == OUTCOME_EXPIRED) {
                assert_int_equal(op.outcome, OUTCOME_EXPIRED);
                stage_witness(&g);
                expect_honest(&g);
                stage_end(&g);
                continue;
            }
            if (lie == OUTCOME_IMPOSSIBLE) {
                tell(&g, OUTCOME_IMPOSSIBLE);
            }
            g.f.g->timestamp += FAR + 1; /* the block's, by one second past the deadline */
            expect_forgery(&g, "op.request: ");
        }
    }
}

/* Every way to be impossible is provable as that, and as nothing else. */
static void test_impossible(void **state) {
    (void)state;
    for (unsigned i = 0; i < 3; i++) {
        for (unsigned way = 0; way < 6; way++) {
            struct stage g;
            stage_begin(&g, 43);
            struct op op = request(&g, TYPES[i], 5000, 3);
            account_id *pool = TYPES[i] == OP_SWAP_REQUEST ? &op.u.swap_request.pool
                               : TYPES[i] == OP_ADD_LIQUIDITY_REQUEST
                                   ? &op.u.add_liquidity_request.pool
                                   : &op.u.remove_liquidity_request.pool;
            token_id *token = TYPES[i] == OP_SWAP_REQUEST ? &op.u.swap_request.token_out
                              : TYPES[i] == OP_ADD_LIQUIDITY_REQUEST
                                  ? &op.u.add_liquidity_request.token
                                  : &op.u.remove_liquidity_request.token;
            account_id thing[4] = {user(&g, 2), 999999, keyless(&g, 1), put_position(&g, 11, 5)};
            if (way < 4) {
                *pool = thing[way]; /* an account, nothing, one without a key, a position */
            } else if (way == 4) {
                *token = TYPES[i] == OP_ADD_LIQUIDITY_REQUEST ? g.f.g->tokens[2] : g.f.g->tokens[3];
            } else if (TYPES[i] == OP_REMOVE_LIQUIDITY_REQUEST) {
                op.u.remove_liquidity_request.shares = amount_from_u64(1000001);
            }
            (void)act(&g, &op);
            if (way < 5 || TYPES[i] == OP_REMOVE_LIQUIDITY_REQUEST) {
                assert_int_equal(op.outcome, OUTCOME_IMPOSSIBLE);
            }
            stage_witness(&g);
            expect_honest(&g);
            stage_end(&g);
        }
    }
}

/* The pool's record and reserves as they stand; its shares are nobody's. */
static void set_pool(struct stage *g, bool stable, u128 supply, u128 reserve) {
    struct state *s = g->f.g->state;
    struct record r = *state_account(s, g->f.g->pool);
    r.tag = stable ? RECORD_STABLE_POOL : RECORD_POOL;
    r.u.pool.curve = stable ? (struct curve){100, 1, 1} : (struct curve){0, 0, 0};
    r.u.pool.supply.v = supply;
    assert_true(state_put(s, g->f.g->pool, 0, &r));
    for (uint8_t slot = 1; slot <= 2; slot++) {
        struct record b = record_balance(g->f.g->tokens[slot - 1], (struct amount){reserve});
        assert_true(state_put(s, g->f.g->pool, slot, &b));
    }
    assert_true(state_update_tree_all(s));
}

/* Refused because the pool has no room: proved; and not told of a pool that has. */
static void test_full_pools(void **state) {
    const u128 full = amount_max().v, half = (u128)1 << 111;
    (void)state;
    for (unsigned stable = 0; stable < 2; stable++) { /* the supply */
        struct stage g;
        stage_begin(&g, 47);
        set_pool(&g, stable, full - 5, 1000000);
        struct op op = add_request(&g, 5000, 3);
        (void)act(&g, &op);
        assert_int_equal(op.outcome, OUTCOME_IMPOSSIBLE);
        stage_witness(&g);
        expect_honest(&g);
        stage_end(&g);
    }
    for (unsigned i = 0; i < 2; i++) { /* a stable pool's cap */
        struct stage g;
        stage_begin(&g, 47);
        set_pool(&g, true, half, half - 1000);
        struct op op = request(&g, TYPES[i], 5000, 3);
        (void)act(&g, &op);
        assert_int_equal(op.outcome, OUTCOME_IMPOSSIBLE);
        stage_witness(&g);
        expect_honest(&g);
        stage_end(&g);
        for (unsigned lie = 0; lie < 3; lie++) {
            stage_begin(&g, 47);
            set_pool(&g, true, half, half - 1000);
            op = request(&g, TYPES[i], 5000, 3);
            (void)act(&g, &op);
            tell(&g, lie == 0 ? OUTCOME_DONE : (enum op_outcome)lie);
            refused_somehow(&g);
        }
        stage_begin(&g, 47); /* over the cap, of a constant-product pool */
        op = request(&g, TYPES[i], 5000, 3);
        struct effect *e = act(&g, &op);
        struct access keep[2] = {e->access[6], e->access[7]};
        tell(&g, OUTCOME_IMPOSSIBLE);
        for (unsigned k = 0; k < 2; k++) {
            e->access[6 + k] = keep[k];
            e->access[6 + k].after = keep[k].before;
        }
        refused_somehow(&g);
        stage_begin(&g, 47); /* and of a stable one that has room */
        set_pool(&g, true, half, half / 2);
        op = request(&g, TYPES[i], 5000, 3);
        e = act(&g, &op);
        assert_int_equal(op.outcome, OUTCOME_DONE);
        keep[0] = e->access[6], keep[1] = e->access[7];
        tell(&g, OUTCOME_IMPOSSIBLE);
        e->trade.d = 0;
        for (unsigned k = 0; k < 2; k++) {
            e->access[6 + k] = keep[k];
            e->access[6 + k].after = keep[k].before;
        }
        refused_somehow(&g);
    }
}

static void test_wrong_token(void **state) {
    struct stage g;
    (void)state;
    stage_begin(&g, 44); /* paid in another token than asked for */
    struct op op = swap_request(&g, 5000, 3);
    (void)act(&g, &op);
    g.f.ops[0].u.swap_request.token_out = g.f.g->tokens[3];
    forge_words(&g.f, 0);
    expect_forgery(&g, "op.token y is the pool's");

    stage_begin(&g, 44);
    op = remove_request(&g, 5000, 3);
    (void)act(&g, &op);
    g.f.ops[0].u.remove_liquidity_request.token = g.f.g->tokens[3];
    forge_words(&g.f, 0);
    expect_forgery(&g, "op.token x is the pool's");

    stage_begin(&g, 44); /* of another chain's queue */
    op = add_request(&g, 5000, 3);
    (void)act(&g, &op);
    g.f.effects[0].out[0] = 2;
    expect_forgery(&g, "bus OUT");

    stage_begin(&g, 44); /* done, and the paying chain is not told */
    op = swap_request(&g, 5000, 3);
    struct effect *e = act(&g, &op);
    assert_int_equal(e->n_out, 2);
    e->n_out = 1;
    expect_forgery(&g, "bus OUT");
}

static void test_off_by_one(void **state) {
    struct stage g;
    (void)state;
    for (int d = -1; d <= 1; d += 2) {
        stage_begin(&g, 45);
        struct op op = swap_request(&g, 1000000, 3);
        struct effect *e = act(&g, &op);
        u128 by = d < 0 ? ~(u128)0 : 1; /* modulo 2^128 */
        e->amount_y.v += by;
        e->trade.result.v += by;
        e->access[7].after.u.balance.amount.v -= by;
        g.f.ops[0].u.swap_request.out.v += by;
        forge_words(&g.f, 0);
        expect_forgery(&g, "op.swap: the product formula");

        stage_begin(&g, 45);
        op = add_request(&g, 1000000, 3);
        e = act(&g, &op);
        e->trade.result.v += by;
        e->access[0].after.u.position.shares.v += by;
        e->access[5].after.u.pool.supply.v += by;
        g.f.ops[0].u.add_liquidity_request.shares.v += by;
        forge_words(&g.f, 0);
        refused_somehow(&g);

        stage_begin(&g, 45);
        op = remove_request(&g, 100000, 3);
        e = act(&g, &op);
        e->trade.result.v += by;
        e->access[6].after.u.balance.amount.v -= by;
        g.f.ops[0].u.remove_liquidity_request.out.v += by;
        forge_words(&g.f, 0);
        expect_forgery(&g, "op.remove one: half the fee");
    }
}

static void test_positions(void **state) {
    struct stage g;
    (void)state;
    stage_begin(&g, 46); /* the position of somebody else: another id */
    struct op op = remove_request(&g, 5000, 3);
    (void)act(&g, &op);
    g.f.ops[0].u.remove_liquidity_request.index = 10;
    forge_words(&g.f, 0);
    expect_forgery(&g, "op.remove liquidity request: the position named");

    stage_begin(&g, 46); /* the shares are not taken from it */
    op = remove_request(&g, 5000, 3);
    struct effect *e = act(&g, &op);
    e->access[0].after = e->access[0].before;
    expect_forgery(&g, "bus REC");

    stage_begin(&g, 46); /* nor from the supply */
    op = remove_request(&g, 5000, 3);
    e = act(&g, &op);
    e->access[5].after = e->access[5].before;
    expect_forgery(&g, "bus REC");

    stage_begin(&g, 46); /* made for another, of another pool, over an account that exists */
    op = add_request(&g, 5000, 3);
    e = act(&g, &op);
    e->access[0].after.u.position.exit[0] ^= 1;
    expect_forgery(&g, "bus REC");

    stage_begin(&g, 46);
    op = add_request(&g, 5000, 3);
    e = act(&g, &op);
    e->access[0].after.u.position.index++;
    expect_forgery(&g, "bus REC");

    stage_begin(&g, 46);
    op = add_request(&g, 5000, 3);
    e = act(&g, &op);
    g.f.ops[0].account = e->access[0].account = keyless(&g, 1);
    e->access[0].before = *state_account(g.f.g->state, keyless(&g, 1));
    forge_words(&g.f, 0);
    expect_forgery(&g, "op.account's record: an account, or empty to be opened");

    stage_begin(&g, 46); /* a key for a position, as if it were an account */
    account_id id = put_position(&g, 3, 1000);
    op_init(&op, OP_SET_SIGNING_KEY);
    op.account = id;
    op.u.set_signing_key.owner = (struct owner){.authority = 1};
    op.u.set_signing_key.owner.address[ADDRESS_LEN - 1] = 3; /* the id, read as an owner */
    op.u.set_signing_key.key_x = g.f.g->accounts[2].key.public_key.x;
    op.u.set_signing_key.key_y = g.f.g->accounts[2].key.public_key.y;
    e = act(&g, &op);
    assert_false(op.u.set_signing_key.ok);
    g.f.ops[0].u.set_signing_key.ok = true;
    forge_words(&g.f, 0);
    expect_forgery(&g, "op.account's record: no position");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_forced_exit),
        cmocka_unit_test(test_done_told_as_refused),
        cmocka_unit_test(test_below_told_as_another),
        cmocka_unit_test(test_expired_told_as_another),
        cmocka_unit_test(test_impossible),
        cmocka_unit_test(test_full_pools),
        cmocka_unit_test(test_wrong_token),
        cmocka_unit_test(test_off_by_one),
        cmocka_unit_test(test_positions),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
