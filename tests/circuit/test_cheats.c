/* Attacks of an operator with full control over the witness: each must fail, and at the place where
 * the circuit excludes it. Two ways to lie: altered effects, with everything that follows from them
 * recomputed (forge.h); altered cells, with all lookups served again as far as they can be. */
#include "../support/forge.h"
#include "circuit/chips.h"
#include "circuit/circuit.h"
#include "circuit/op/op_air.h"
#include "circuit/witness.h"
#include "proof/witness_check.h"
#include "rollup/client.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>

#include <cmocka.h>

static struct air *air;

static int setup(void **state) {
    (void)state;
    air = zklink_air();
    return air ? 0 : -1;
}

static int teardown(void **state) {
    (void)state;
    air_free(air);
    return 0;
}

/* ---- the stage: one world, one or more operations ---- */

struct stage {
    struct forge f;
    struct block block;
    struct block_statement s;
    struct trace *t;
};

static void stage_begin(struct stage *g, uint64_t seed) {
    *g = (struct stage){0};
    g->f.g = blockgen_new(seed, 6, true);
}

static struct client_common common(struct stage *g, account_id id) {
    const struct record *r = state_account(g->f.g->state, id);
    return (struct client_common){.account = id,
                                  .nonce = (uint32_t)r->u.account.nonce,
                                  .valid_until = g->f.g->timestamp + 5,
                                  .fee_token = g->f.g->tokens[0],
                                  .fee = {.mant = 17, .exp = 1}};
}

static account_id user(const struct stage *g, size_t i) {
    return g->f.g->accounts[i].id;
}

static void resolve(struct stage *g, struct op *op) {
    struct block_context ctx = {.mode = APPLY_REPLAY,
                                .timestamp = g->f.g->timestamp,
                                .fee_account = g->f.g->instance.fee_account,
                                .chains = &g->f.g->instance.chains};
    assert_int_equal(op_resolve(op, g->f.g->state, &ctx, NULL), REJECT_NONE);
}

/* Resolves, signs and adds. */
static struct effect *act(struct stage *g, struct op *op) {
    resolve(g, op);
    if (op_is_signed(op->type)) {
        blockgen_sign(g->f.g, op);
    }
    return forge_add(&g->f, op);
}

static struct effect *transfer(struct stage *g, size_t from, size_t to, uint64_t amount) {
    struct op op;
    struct client_common c = common(g, user(g, from));
    client_transfer(&op, &c, user(g, to), g->f.g->tokens[0], amount_from_u64(amount));
    return act(g, &op);
}

static struct effect *swap(struct stage *g, uint64_t amount) {
    struct op op;
    struct client_common c = common(g, user(g, 2));
    client_swap(&op, &c, g->f.g->pool, g->f.g->tokens[0], amount_from_u64(amount), amount_zero());
    return act(g, &op);
}

static struct effect *withdraw(struct stage *g, uint64_t amount) {
    struct op op;
    struct client_common c = common(g, user(g, 2));
    static const uint8_t to[ADDRESS_LEN] = {9, 8, 7};
    client_withdraw(&op, &c, g->f.g->tokens[1], amount_from_u64(amount), to);
    return act(g, &op);
}

/* A full exit of slot 1 of user 3, asked for by its owner. */
static struct effect *full_exit(struct stage *g) {
    struct op op;
    op_init(&op, OP_FULL_EXIT);
    op.account = user(g, 3);
    op.u.full_exit.owner = state_account(g->f.g->state, op.account)->u.account.owner;
    if (op.u.full_exit.owner.authority == 0) {
        op.u.full_exit.owner.authority = 2;
    }
    op.u.full_exit.slot = 1;
    op.u.full_exit.to[0] = 77;
    return act(g, &op);
}

static struct effect *deposit(struct stage *g) {
    struct op op;
    op_init(&op, OP_DEPOSIT);
    op.u.deposit.owner = state_account(g->f.g->state, user(g, 3))->u.account.owner;
    op.u.deposit.owner.authority = 1;
    op.u.deposit.owner.address[3] ^= 1; /* nobody's: an account is opened */
    op.u.deposit.token = g->f.g->tokens[0];
    op.u.deposit.amount = amount_from_u64(1000);
    return act(g, &op);
}

/* The witness as the honest code fills it; NULL if it sees no way. */
static void stage_witness(struct stage *g) {
    forge_block(&g->f, &g->block);
    g->t = witness_build(air, &g->block, 1);
    assert_int_equal(block_statement_init(&g->s, air, &g->block), 0);
}

static void stage_end(struct stage *g) {
    trace_free(g->t);
    block_statement_release(&g->s);
    block_release(&g->block);
    blockgen_free(g->f.g);
}

static bool check(const struct stage *g, char why[256]) {
    return witness_check(air, &g->s.statement, g->t, why, 256);
}

static void expect_honest(const struct stage *g) {
    char why[256] = "";
    assert_non_null(g->t);
    if (!check(g, why)) {
        fail_msg("honest: %s", why);
    }
}

static void expect_refused(const struct stage *g, const char *where) {
    char why[256] = "";
    assert_non_null(g->t);
    assert_false(check(g, why));
    if (!strstr(why, where)) {
        fail_msg("refused, but by `%s`, not by `%s`", why, where);
    }
}

/* Forges what was staged, expects the refusal and ends. */
static void expect_forgery(struct stage *g, const char *where) {
    stage_witness(g);
    expect_refused(g, where);
    stage_end(g);
}

/* ---- cells ---- */

static struct trace_chip *chip(const struct stage *g, const char *name) {
    return trace_chip(g->t, (unsigned)air_find_chip(air, name), 0);
}

static fr *cell(const struct stage *g, const char *name, unsigned column, size_t row) {
    struct trace_chip *c = chip(g, name);
    assert_true(row < c->n);
    return &c->col[column][row];
}

static void add_to(fr *v, int64_t d) {
    fr x;
    fr_from_i64(&x, d);
    fr_add(v, v, &x);
}

static void add_shifted(fr *v, int64_t d, unsigned bits) {
    fr x, y;
    fr_from_i64(&x, d);
    fr_pow2(&y, bits);
    fr_mul(&x, &x, &y);
    fr_add(v, v, &x);
}

/* Counts one row's range lookups; what is out of range cannot be served. */
static void count_row(const struct stage *g, struct lookups *l, const struct trace_chip *c,
                      size_t row, unsigned rng, unsigned r16) {
    static fr cells[128], out[1 << 12];
    fr index;
    for (unsigned k = 0; k < c->chip->n_main; k++) {
        cells[k] = c->col[k][row];
    }
    fr_from_u64(&index, row);
    air_eval(c->chip, cells, NULL, &index, g->s.scalars, &g->s.chains[c->instance], out);
    for (unsigned i = 0; i < c->chip->n_interactions; i++) {
        const struct air_interaction *x = &c->chip->interactions[i];
        u128 v;
        uint64_t bits = 16;
        if ((x->kind != rng && x->kind != r16) || !fr_eq(&out[x->multiplicity], &FR_ONE)) {
            continue;
        }
        bool small = fr_to_u128(&v, &out[x->fields[x->n_fields - 1]]);
        assert_true(x->kind == r16 || fr_to_u64(&bits, &out[x->fields[0]]));
        if (small && (bits == 128 || v >> bits == 0)) {
            if (x->kind == r16) {
                lookups_r16(l, (uint16_t)v);
            } else {
                lookups_range(l, (unsigned)bits, v);
            }
        }
    }
}

/* The chips r16 and rng anew, for the cells as they are. */
static void serve_lookups(const struct stage *g) {
    struct circuit_kinds k = {0};
    struct lookups l;
    struct air *names = air_new("names");
    circuit_kinds_declare(&k, names);
    air_free(names);
    assert_int_equal(lookups_init(&l), 0);
    chip(g, "rng")->n = 0;
    chip(g, "r16")->n = 0;
    for (size_t i = 0; i < g->t->n_chips; i++) {
        const struct trace_chip *c = &g->t->chips[i];
        bool table = c->chip->n_fixed > 0 || strcmp(c->chip->name, "poseidon2") == 0;
        for (size_t row = 0; !table && row < c->n; row++) {
            count_row(g, &l, c, row, k.rng, k.r16);
        }
    }
    assert_int_equal(lookups_fill(&l, g->t), 0);
    lookups_free(&l);
}

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
    e->access[1].after = e->access[1].before; /* nobody pays the fee */
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
    e->rem_x -= e->den;
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

/* An account without a key, read as one with the key (0, 0): tag 2 -> 3, owner less 2^200. The
 * leaf's hash is the same; only the bound on the owner tells. */
static void test_tag_confusion(void **state) {
    static const unsigned leaf_fields[] = {LEAF_OLD0, LEAF_NEW0};
    static const unsigned leaf_tags[] = {LEAF_OLD_TAG, LEAF_NEW_TAG};
    struct stage g;
    (void)state;
    stage_begin(&g, 6);
    struct record keyless = *state_account(g.f.g->state, user(&g, 3));
    keyless.tag = RECORD_ACCOUNT;
    keyless.u.account.key_x = keyless.u.account.key_y = FR_ZERO;
    assert_true(state_put(g.f.g->state, user(&g, 3), 0, &keyless));
    assert_true(state_update_tree_all(g.f.g->state));
    (void)transfer(&g, 2, 3, 500); /* k5 reads it */
    stage_witness(&g);
    expect_honest(&g);

    struct trace_chip *leaf = chip(&g, "leaf"), *rec = chip(&g, "record");
    for (size_t row = 0; row < leaf->n; row++) {
        uint64_t tag;
        if (fr_to_u64(&tag, &leaf->col[LEAF_OLD_TAG][row]) && tag == RECORD_ACCOUNT) {
            for (unsigned i = 0; i < 2; i++) {
                add_to(&leaf->col[leaf_tags[i]][row], 1);
                add_shifted(&leaf->col[leaf_fields[i]][row], -1, 200);
            }
        }
    }
    add_to(&rec->col[REC_OLD_TAG][1], 1);
    add_to(&rec->col[REC_NEW_TAG][1], 1);
    add_shifted(&rec->col[REC_OLD0][1], -1, 200);
    add_shifted(&rec->col[REC_NEW0][1], -1, 200);
    add_to(cell(&g, "op", OPC_PEER_KEY, 0), 1);
    add_shifted(cell(&g, "op", OPC_PEER0, 0), -1, 200);
    serve_lookups(&g);
    expect_refused(&g, "bus RNG (112");
    stage_end(&g);
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

/* ---- selectors and rows ---- */

static void test_selectors(void **state) {
    struct stage g;
    (void)state;
    stage_begin(&g, 14);
    (void)transfer(&g, 2, 3, 5);
    stage_witness(&g);
    expect_honest(&g);
    fr *is_transfer = cell(&g, "op", OPC_SELECT + OP_TRANSFER - 1, 0);
    fr *is_swap = cell(&g, "op", OPC_SELECT + OP_SWAP - 1, 0);
    fr *active = cell(&g, "op", OPC_ACTIVE, 0);
    *is_swap = FR_ONE; /* two */
    expect_refused(&g, "op.one operation type");
    *is_swap = FR_ZERO;
    *is_transfer = FR_ZERO; /* none: then it is the last type, a withdrawal */
    expect_refused(&g, "op.");
    *is_transfer = FR_ONE;
    *active = FR_ZERO; /* on an inactive row */
    expect_refused(&g, "op.");
    *active = FR_ONE;
    expect_honest(&g);
    stage_end(&g);
}

/* Appends a copy of a row. */
static void repeat_row(struct stage *g, const char *name, size_t row) {
    struct trace_chip *c = chip(g, name);
    size_t at = trace_row_add(c);
    assert_true(at != SIZE_MAX);
    for (unsigned k = 0; k < c->chip->n_main; k++) {
        c->col[k][at] = c->col[k][row];
    }
}

static void test_repeated_rows(void **state) {
    static const struct {
        const char *chip, *where;
    } cases[] = {{"op", "bus "},   {"record", "bus "}, {"balance", "bus "},  {"leaf", "bus "},
                 {"node", "bus "}, {"log", "bus LOG"}, {"signature", "bus "}};
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct stage g;
        stage_begin(&g, 15);
        (void)transfer(&g, 2, 3, 5);
        stage_witness(&g);
        expect_honest(&g);
        repeat_row(&g, cases[i].chip, 0);
        serve_lookups(&g);
        expect_refused(&g, cases[i].where);
        stage_end(&g);
    }
}

/* ---- ranges and time ---- */

static void test_expired(void **state) {
    struct stage g;
    (void)state;
    stage_begin(&g, 16);
    (void)transfer(&g, 2, 3, 5);
    stage_witness(&g);
    serve_lookups(&g);
    expect_honest(&g);
    /* the same message of 2^48 seconds later and a fee token one lower: m0 does not change */
    add_shifted(cell(&g, "op", OPC_VALID_SLACK, 0), 1, 48);
    add_to(cell(&g, "op", OPC_TOKEN_FEE, 0), -1);
    add_to(cell(&g, "balance", BAL_TOKEN, 0), -1);
    add_to(cell(&g, "balance", BAL_TOKEN, 1), -1);
    serve_lookups(&g);
    expect_refused(&g, "bus ");
    stage_end(&g);

    stage_begin(&g, 16); /* validity ended: the slack is -1 */
    (void)transfer(&g, 2, 3, 5);
    stage_witness(&g);
    fr *slack = cell(&g, "op", OPC_VALID_SLACK, 0), minus_one;
    fr_from_i64(&minus_one, -1);
    fr timestamp = g.s.scalars[SCALAR_TIMESTAMP];
    fr_add(&timestamp, &timestamp, slack);
    fr_sub(&timestamp, &timestamp, &minus_one);
    g.s.scalars[SCALAR_TIMESTAMP] = timestamp; /* a later block: timestamp + slack is the same */
    *slack = minus_one;
    serve_lookups(&g);
    expect_refused(&g, "bus RNG (40");
    stage_end(&g);
}

/* More than the balance: the new balance is negative, that is, near r. All cells agree. */
static void test_overdraft(void **state) {
    struct stage g;
    (void)state;
    stage_begin(&g, 17);
    (void)transfer(&g, 2, 3, 5);
    stage_witness(&g);
    expect_honest(&g);
    /* balance rows: fee debit, fee credit, debit, credit; 2^80 is more than anyone has */
    fr *new = cell(&g, "balance", BAL_NEW, 2);
    add_shifted(new, -1, 80);
    fr_inv(cell(&g, "balance", BAL_NEW_INVERSE, 2), new);
    add_shifted(cell(&g, "balance", BAL_NEW, 3), 1, 80);
    fr_inv(cell(&g, "balance", BAL_NEW_INVERSE, 3), cell(&g, "balance", BAL_NEW, 3));
    add_shifted(cell(&g, "op", OPC_V(0), 0), 1, 80);
    add_shifted(cell(&g, "op", OPC_W0, 0), 1, 80 + 131);
    serve_lookups(&g);
    char why[256];
    assert_false(check(&g, why));
    /* the range of the new balance is among what fails: nobody serves it */
    struct trace_chip *rng = chip(&g, "rng");
    u128 v;
    assert_false(fr_to_u128(&v, new));
    for (size_t row = 0; row < rng->n; row++) {
        assert_true(fr_is_zero(&rng->col[RNG_LIMB0 + 7][row]) ||
                    fr_is_zero(&rng->col[RNG_IS112][row]));
    }
    stage_end(&g);
}

/* An access that reads what a later one left: last > now, so the age is negative. */
static void test_time(void **state) {
    struct stage g;
    (void)state;
    stage_begin(&g, 18);
    (void)transfer(&g, 2, 3, 5);
    (void)transfer(&g, 2, 3, 6);
    stage_witness(&g);
    expect_honest(&g);
    struct trace_chip *rec = chip(&g, "record");
    add_to(&rec->col[REC_AGE_LOW][0], -17);
    serve_lookups(&g);
    expect_refused(&g, "bus ");
    fr age = rec->col[REC_AGE_LOW][0];
    u128 v;
    assert_false(fr_to_u128(&v, &age)); /* not a 16-bit number */
    stage_end(&g);
}

static void test_enlarged_range(void **state) {
    struct stage g;
    (void)state;
    stage_begin(&g, 19);
    (void)transfer(&g, 2, 3, 5);
    stage_witness(&g);
    struct trace_chip *rng = chip(&g, "rng");
    size_t row = 0;
    while (!fr_eq(&rng->col[RNG_IS112][row], &FR_ONE)) {
        row++;
    }
    rng->col[RNG_LIMB0 + 7][row] = FR_ONE;
    expect_refused(&g, "rng.limb 7 above the class");
    rng->col[RNG_LIMB0 + 7][row] = FR_ZERO;
    rng->col[RNG_IS40][row] = FR_ONE; /* two classes */
    expect_refused(&g, "rng.");
    stage_end(&g);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_mint),
        cmocka_unit_test(test_two_exits_of_one_balance),
        cmocka_unit_test(test_swap_and_shares_round_down),
        cmocka_unit_test(test_nonce),
        cmocka_unit_test(test_signer),
        cmocka_unit_test(test_tag_confusion),
        cmocka_unit_test(test_deposit_for_another),
        cmocka_unit_test(test_open_with_any_authority),
        cmocka_unit_test(test_pool_over_an_account),
        cmocka_unit_test(test_full_exit_denied),
        cmocka_unit_test(test_key_without_owner),
        cmocka_unit_test(test_outbox),
        cmocka_unit_test(test_log),
        cmocka_unit_test(test_selectors),
        cmocka_unit_test(test_repeated_rows),
        cmocka_unit_test(test_expired),
        cmocka_unit_test(test_overdraft),
        cmocka_unit_test(test_time),
        cmocka_unit_test(test_enlarged_range),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
