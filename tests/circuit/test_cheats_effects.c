/* Attacks with altered effects: what an operation does to the state, to the log or to an outbox is
 * not what it may do, and everything that follows from the lie is recomputed (forge.h). Each must
 * fail at the place where the circuit excludes it. */
#include "stage.h"

/* ---- money from nowhere ---- */

static void test_mint(void **state) {
    struct stage g;
    (void)state;
    stage_begin(&g, 1);
    struct effect *e = transfer(&g, 2, 3, 500);
    e->access[6].after.u.balance.amount.v += 1000; /* the receiver gets more */
    expect_forgery(&g, "bus BAL");

    stage_begin(&g, 1);
    e = transfer(&g, 2, 3, 500);
    e->access[3].after = e->access[3].before; /* the sender keeps it */
    expect_forgery(&g, "bus BAL");

    stage_begin(&g, 1);
    e = transfer(&g, 2, 3, 500);
    e->access[1].after = e->access[1].before;                  /* nobody pays the fee */
    e->access[3].before.u.balance.amount.v += e->amount_fee.v; /* k3 is the same slot */
    e->access[3].after.u.balance.amount.v += e->amount_fee.v;
    expect_forgery(&g, "bus BAL");

    stage_begin(&g, 1);
    e = transfer(&g, 2, 3, 500);
    e->access[2].account = user(&g, 4); /* the fee goes elsewhere */
    e->access[2].before = state_get(g.f.g->state, user(&g, 4), e->access[2].slot);
    e->access[2].after = e->access[2].before;
    e->access[2].after.u.balance.amount.v += e->amount_fee.v;
    expect_forgery(&g, "bus BAL");
}

static void test_two_exits_of_one_balance(void **state) {
    struct stage g;
    (void)state;
    stage_begin(&g, 2);
    (void)full_exit(&g);
    struct effect *second = full_exit(&g); /* honestly: pays nothing */
    assert_false(g.f.ops[1].u.full_exit.ok);
    g.f.ops[1] = g.f.ops[0];
    *second = g.f.effects[0];
    second->access[0] = g.f.effects[0].access[0];
    expect_forgery(&g, "bus MEM");
}

static void test_swap_and_shares_round_down(void **state) {
    struct stage g;
    (void)state;
    stage_begin(&g, 3);
    struct effect *e = swap(&g, 1000000); /* one unit more than the formula's */
    e->amount_y.v += 1;
    e->trade.rem -= e->trade.den;
    e->access[4].after.u.balance.amount.v += 1;
    e->access[7].after.u.balance.amount.v -= 1;
    expect_forgery(&g, "op.swap: the product formula");

    stage_begin(&g, 3);
    struct op op;
    struct client_common c = common(&g, user(&g, 1));
    client_remove_liquidity(&op, &c, g.f.g->pool, amount_from_u64(123456789), amount_zero(),
                            amount_zero());
    e = act(&g, &op);
    e->amount_x.v += 1;
    e->rem_x -= e->access[5].before.u.pool.supply.v;
    e->access[3].after.u.balance.amount.v += 1;
    e->access[6].after.u.balance.amount.v -= 1;
    expect_forgery(&g, "op.remove liquidity, A: share of the reserve");
}

/* ---- other people's accounts ---- */

static void test_nonce(void **state) {
    struct stage g;
    (void)state;
    stage_begin(&g, 4);
    (void)transfer(&g, 2, 3, 500);
    struct op again = g.f.ops[0]; /* the same signed transaction; a replay looks at no nonce */
    (void)forge_add(&g.f, &again);
    expect_forgery(&g, "bus SIG");

    stage_begin(&g, 4);
    struct effect *e = transfer(&g, 2, 3, 500);
    e->access[0].after.u.account.nonce--; /* not used up */
    expect_forgery(&g, "bus REC");
}

static void test_signer(void **state) {
    struct stage g;
    struct op op;
    (void)state;
    stage_begin(&g, 5); /* signed by another's key */
    struct client_common c = common(&g, user(&g, 2));
    client_transfer(&op, &c, user(&g, 3), g.f.g->tokens[0], amount_from_u64(5));
    resolve(&g, &op);
    assert_true(client_sign(&op, g.f.g->instance.instance_id, &g.f.g->accounts[3].key));
    (void)forge_add(&g.f, &op);
    expect_forgery(&g, "signature.");

    stage_begin(&g, 5); /* the record, so the key, of another account */
    struct effect *e = transfer(&g, 2, 3, 500);
    struct record other = *state_account(g.f.g->state, user(&g, 4));
    e->access[0].account = user(&g, 4);
    e->access[0].before = e->access[0].after = other;
    e->access[0].after.u.account.nonce++;
    assert_true(client_sign(&g.f.ops[0], g.f.g->instance.instance_id, &g.f.g->accounts[4].key));
    expect_forgery(&g, "bus REC");
}

static void test_deposit_for_another(void **state) {
    struct stage g;
    (void)state;
    stage_begin(&g, 7); /* into the account of somebody else */
    struct effect *e = deposit(&g);
    account_id thief = user(&g, 4);
    g.f.ops[0].account = thief;
    g.f.ops[0].u.deposit.slot = 1;
    e->access[0].account = e->access[3].account = thief;
    e->access[0].before = e->access[0].after = *state_account(g.f.g->state, thief);
    e->access[3].slot = 1;
    e->access[3].before = e->access[3].after = state_get(g.f.g->state, thief, 1);
    e->access[3].after.u.balance.amount.v += 1000;
    forge_words(&g.f, 0);
    expect_forgery(&g, "op.the requester owns the account");

    stage_begin(&g, 7); /* of another token than asked for: words and balance differ */
    e = deposit(&g);
    e->access[3].token = e->access[3].after.u.balance.token = g.f.g->tokens[2];
    expect_forgery(&g, "bus BAL");
}

static void test_open_with_any_authority(void **state) {
    struct stage g;
    struct op op;
    (void)state;
    stage_begin(&g, 8);
    struct client_common c = common(&g, user(&g, 2));
    struct owner to = {.authority = 1, .address = {1, 2, 3}};
    client_transfer_to_address(&op, &c, &to, g.f.g->tokens[0], amount_from_u64(5));
    struct effect *e = act(&g, &op);
    g.f.ops[0].u.transfer.to_owner.authority = 0;
    e->access[5].after.u.account.owner.authority = 0;
    blockgen_sign(g.f.g, &g.f.ops[0]);
    forge_words(&g.f, 0);
    forge_block(&g.f, &g.block);
    assert_null(witness_build(air, &g.block, 1)); /* the filler sees that -1 is no authority */
    block_release(&g.block);
    blockgen_free(g.f.g);
}

static void test_pool_over_an_account(void **state) {
    struct stage g;
    struct op op;
    (void)state;
    stage_begin(&g, 9);
    struct client_common c = common(&g, user(&g, 2));
    client_create_pool(&op, &c, g.f.g->tokens[0], g.f.g->tokens[1], 30);
    struct effect *e = act(&g, &op);
    g.f.ops[0].u.create_pool.pool = e->access[5].account = user(&g, 4);
    e->access[5].before = *state_account(g.f.g->state, user(&g, 4));
    blockgen_sign(g.f.g, &g.f.ops[0]);
    forge_words(&g.f, 0);
    expect_forgery(&g, "op.peer's record");
}

/* ---- requests ---- */

static void test_full_exit_denied(void **state) {
    struct stage g;
    (void)state;
    stage_begin(&g, 10); /* "not the owner" */
    struct effect *e = full_exit(&g);
    struct op_full_exit *x = &g.f.ops[0].u.full_exit;
    assert_true(x->ok);
    x->ok = false;
    x->token = 0;
    x->amount = amount_zero();
    e->access[3].kind = ACCESS_UNUSED;
    e->n_out = 1;
    forge_words(&g.f, 0);
    expect_forgery(&g, "op.the requester does not own the account");

    stage_begin(&g, 10); /* "nothing there" */
    e = full_exit(&g);
    x = &g.f.ops[0].u.full_exit;
    x->ok = false;
    x->token = 0;
    x->amount = amount_zero();
    e->access[3].after = e->access[3].before;
    e->access[3].debit = false;
    e->n_out = 1;
    forge_words(&g.f, 0);
    expect_forgery(&g, "op.the token's chain");

    stage_begin(&g, 10); /* another slot than asked for */
    e = full_exit(&g);
    e->access[3].slot = 2;
    e->access[3].before = state_get(g.f.g->state, user(&g, 3), 2);
    expect_forgery(&g, "op.");
}

static void test_key_without_owner(void **state) {
    struct stage g;
    struct op op;
    (void)state;
    stage_begin(&g, 11);
    op_init(&op, OP_SET_SIGNING_KEY);
    op.account = user(&g, 3);
    op.u.set_signing_key.owner = (struct owner){.authority = 1, .address = {5}};
    op.u.set_signing_key.key_x = g.f.g->accounts[4].key.public_key.x;
    op.u.set_signing_key.key_y = g.f.g->accounts[4].key.public_key.y;
    struct effect *e = act(&g, &op);
    assert_false(g.f.ops[0].u.set_signing_key.ok);
    g.f.ops[0].u.set_signing_key.ok = true;
    e->access[0].after.u.account.key_x = op.u.set_signing_key.key_x;
    e->access[0].after.u.account.key_y = op.u.set_signing_key.key_y;
    forge_words(&g.f, 0);
    expect_forgery(&g, "op.the requester owns the account");
}

/* ---- log and outboxes ---- */

static void test_outbox(void **state) {
    struct stage g;
    (void)state;
    stage_begin(&g, 12);
    withdraw(&g, 50)->n_out = 0; /* the payout is kept from the chain */
    expect_forgery(&g, "bus OUT");

    stage_begin(&g, 12);
    struct effect *e = withdraw(&g, 50); /* paid twice */
    e->out[e->n_out++] = e->out[0];
    expect_forgery(&g, "bus OUT");

    stage_begin(&g, 12);
    e = withdraw(&g, 50); /* on the other chain */
    e->out[0] = e->out[0] == 1 ? 2 : 1;
    expect_forgery(&g, "bus OUT");

    stage_begin(&g, 12); /* an entry on a row that takes nothing */
    (void)withdraw(&g, 50);
    stage_witness(&g);
    struct trace_chip *c = &g.t->chips[g.t->first[air_find_chip(air, "outbox")]];
    size_t row = trace_row_add(c);
    c->col[OUTBOX_W0][row] = FR_ONE;
    expect_refused(&g, "outbox.no w0 on an unused row");
    stage_end(&g);
}

static void test_log(void **state) {
    struct stage g;
    (void)state;
    stage_begin(&g, 13);
    (void)withdraw(&g, 50);
    (void)transfer(&g, 2, 3, 5);
    forge_block(&g.f, &g.block);
    g.block.log[g.block.n_log - 1] = g.block.log[0]; /* a word twice */
    g.t = witness_build(air, &g.block, 1);
    assert_int_equal(block_statement_init(&g.s, air, &g.block), 0);
    expect_refused(&g, "bus LOG");
    stage_end(&g);

    stage_begin(&g, 13);
    (void)withdraw(&g, 50);
    (void)transfer(&g, 2, 3, 5);
    forge_block(&g.f, &g.block);
    g.block.n_log--; /* a word left out */
    g.block.header.log_words--;
    g.t = witness_build(air, &g.block, 1);
    assert_int_equal(block_statement_init(&g.s, air, &g.block), 0);
    expect_refused(&g, "bus ");
    stage_end(&g);

    stage_begin(&g, 13);
    (void)withdraw(&g, 50);
    (void)transfer(&g, 2, 3, 5);
    stage_witness(&g);
    add_to(cell(&g, "op", OPC_POS, 1), -1); /* the second writes over the first's last word */
    expect_refused(&g, "bus ");
    stage_end(&g);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_mint),
        cmocka_unit_test(test_two_exits_of_one_balance),
        cmocka_unit_test(test_swap_and_shares_round_down),
        cmocka_unit_test(test_nonce),
        cmocka_unit_test(test_signer),
        cmocka_unit_test(test_deposit_for_another),
        cmocka_unit_test(test_open_with_any_authority),
        cmocka_unit_test(test_pool_over_an_account),
        cmocka_unit_test(test_full_exit_denied),
        cmocka_unit_test(test_key_without_owner),
        cmocka_unit_test(test_outbox),
        cmocka_unit_test(test_log),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
