/* The transition function, operation by operation: what each does, every rejection by name, edge
 * amounts, slots, and the cases in which accounts coincide. */
#include "../support/world.h"
#include "rollup/pool.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#define FEE_ACCOUNT FEE_ACCOUNT_GENESIS
static bool seen[REJECTION_COUNT];
static struct effect last_effect;

static struct amount amt(u128 v) {
    return (struct amount){v};
}

static fr root_of(struct state *s) {
    fr root;
    assert_true(state_update_tree_all(s));
    state_root(s, &root);
    return root;
}

/* A world with an open block; user 0's account 2 is keyed and holds 10^6 of tokens 0 and 2, user
 * 1's account 3 is keyed and holds 10^6 of token 0. */
static account_id alice, bob;
static void begin(struct world *w) {
    world_new(w, 42);
    world_begin(w);
    alice = world_deposit(w, 0, w->token[0], amt(1000000));
    world_set_key(w, alice, 0);
    bob = world_deposit(w, 1, w->token[2], amt(1));
    world_set_key(w, bob, 1);
    struct client_common c = world_common(w, bob, w->token[2], 0);
    struct op op;
    const bjj_affine *k = &w->user[1].key.public_key;
    client_change_pub_key(&op, &c, 2, w->user[1].owner.address, &k->x, &k->y);
    assert_int_equal(world_add(w, &op), REJECT_NONE); /* bob's authority becomes any */
    k = &w->user[0].key.public_key;
    c = world_common(w, alice, w->token[0], 0);
    client_change_pub_key(&op, &c, 1, w->user[0].owner.address, &k->x, &k->y);
    assert_int_equal(world_add(w, &op), REJECT_NONE);
    assert_int_equal(world_deposit(w, 0, w->token[2], amt(1000000)), alice);
    assert_int_equal(world_deposit(w, 1, w->token[0], amt(1000000)), bob);
    assert_int_equal(alice, 2);
    assert_int_equal(bob, 3);
}

static u128 held(const struct world *w, account_id account, token_id token) {
    return state_balance(w->s, account, state_find_slot(w->s, account, token), NULL).v;
}

static uint64_t nonce_of(const struct world *w, account_id account) {
    return state_account(w->s, account)->u.account.nonce;
}

/* Applies a resolved operation as it stands, in a given mode; a rejection must leave the state
 * alone. */
static enum rejection apply(struct world *w, const struct op *op, enum apply_mode mode) {
    struct block_context ctx = *block_builder_context(w->builder);
    ctx.mode = mode;
    fr before = root_of(w->s), after;
    account_id next = state_next_account(w->s);
    enum rejection r = state_apply(w->s, &ctx, op, &last_effect);
    seen[r] = true;
    if (r != REJECT_NONE) {
        after = root_of(w->s);
        assert_true(fr_eq(&before, &after));
        assert_int_equal(next, state_next_account(w->s));
    }
    return r;
}

/* Resolves, then applies; both must agree on rejections that the resolver can see. */
static enum rejection try(struct world *w, struct op *op) {
    const struct block_context *ctx = block_builder_context(w->builder);
    enum rejection r = op_resolve(op, w->s, ctx, NULL);
    if (r != REJECT_NONE) {
        seen[r] = true;
        assert_int_not_equal(apply(w, op, APPLY_SEQUENCER), REJECT_NONE);
        return r;
    }
    return apply(w, op, APPLY_SEQUENCER);
}

/* The same operation from its words alone. */
static enum rejection replay(struct world *w, const struct op *op) {
    fr words[OP_WORDS_MAX];
    struct op bare;
    unsigned used;
    assert_true(op_words(op, words));
    assert_true(op_from_words(&bare, words, OP_WORDS_MAX, &used));
    return apply(w, &bare, APPLY_REPLAY);
}

static struct op transfer(const struct world *w, account_id from, account_id to, token_id token,
                          u128 amount) {
    struct op op;
    struct client_common c = world_common(w, from, token, 0);
    client_transfer(&op, &c, to, token, amt(amount));
    return op;
}

static void test_transfer(void **state) {
    (void)state;
    struct world w;
    begin(&w);
    struct op op = transfer(&w, alice, bob, w.token[0], 300);
    op.fee = (struct fee){7, 0};
    uint64_t nonce = nonce_of(&w, alice);
    assert_int_equal(try(&w, &op), REJECT_NONE);
    assert_true(held(&w, alice, w.token[0]) == 1000000 - 307);
    assert_true(held(&w, bob, w.token[0]) == 1000300);
    assert_true(held(&w, FEE_ACCOUNT, w.token[0]) == 7);
    assert_int_equal(nonce_of(&w, alice), nonce + 1);
    for (unsigned k = 0; k < ACCESS_COUNT; k++) {
        bool used = k <= 3 || k == 5 || k == 6;
        enum access_kind kind = k == 0 || k == 5 ? ACCESS_REC : ACCESS_BAL;
        assert_int_equal(last_effect.access[k].kind, used ? kind : ACCESS_UNUSED);
        assert_int_equal(last_effect.access[k].debit, k == 1 || k == 3);
    }
    assert_int_equal(last_effect.n_words, 1);
    assert_int_equal(last_effect.n_out, 0);

    op = transfer(&w, alice, bob, w.token[0], 0); /* nothing at all */
    assert_int_equal(try(&w, &op), REJECT_NONE);
    u128 all = held(&w, alice, w.token[0]);
    op = transfer(&w, alice, bob, w.token[0], all + 1);
    assert_int_equal(try(&w, &op), REJECT_BALANCE_TOO_LOW);
    op = transfer(&w, alice, bob, w.token[0], amount_max().v);
    assert_int_equal(try(&w, &op), REJECT_BALANCE_TOO_LOW);
    op = transfer(&w, alice, bob, w.token[0], all); /* the fee needs the same tokens */
    op.fee.mant = 1;
    assert_int_equal(try(&w, &op), REJECT_BALANCE_TOO_LOW);
    op = transfer(&w, alice, bob, w.token[0], all);
    assert_int_equal(try(&w, &op), REJECT_NONE);
    assert_true(held(&w, alice, w.token[0]) == 0);
    op = transfer(&w, alice, bob, w.token[0], 0); /* also a zero needs a balance */
    assert_int_equal(try(&w, &op), REJECT_FEE_BALANCE);
    op = transfer(&w, alice, bob, w.token[0], 0);
    op.fee_token = w.token[2];
    assert_int_equal(try(&w, &op), REJECT_BALANCE_TOO_LOW);
    op = transfer(&w, bob, alice, w.token[0], 1);
    op.fee = (struct fee){UINT32_MAX, 7};
    assert_int_equal(try(&w, &op), REJECT_FEE_BALANCE);
    world_free(&w);
}

static void test_signer_rejections(void **state) {
    (void)state;
    struct world w;
    begin(&w);
    struct op op = transfer(&w, 999, bob, w.token[0], 1);
    assert_int_equal(try(&w, &op), REJECT_ACCOUNT_UNKNOWN);
    op = transfer(&w, FEE_ACCOUNT, bob, w.token[0], 1);
    assert_int_equal(try(&w, &op), REJECT_NO_SIGNING_KEY);
    op = transfer(&w, alice, bob, w.token[0], 1);
    op.nonce--;
    assert_int_equal(try(&w, &op), REJECT_NONCE_TOO_LOW);
    op.nonce += 2;
    assert_int_equal(try(&w, &op), REJECT_NONCE_TOO_HIGH);
    op = transfer(&w, alice, bob, w.token[0], 1);
    op.valid_until = w.timestamp - 1;
    assert_int_equal(try(&w, &op), REJECT_EXPIRED);
    op.valid_until = UINT64_C(1) << VALID_UNTIL_BITS;
    assert_int_equal(try(&w, &op), REJECT_MALFORMED);
    op.valid_until = w.timestamp; /* the last moment */
    assert_int_equal(try(&w, &op), REJECT_NONE);
    op = transfer(&w, alice, bob, w.token[0], 1);
    op.fee_token = TOKEN_UNKNOWN;
    assert_int_equal(try(&w, &op), REJECT_MALFORMED);
    op = transfer(&w, alice, bob, w.token[0], 1);
    op.fee_token = w.token[1];
    assert_int_equal(try(&w, &op), REJECT_FEE_BALANCE);
    op = transfer(&w, alice, 999, w.token[0], 1);
    assert_int_equal(try(&w, &op), REJECT_RECEIVER_UNKNOWN);

    struct client_common c = world_common(&w, alice, w.token[0], 0);
    client_create_pool(&op, &c, w.token[0], w.token[2], 30);
    assert_int_equal(try(&w, &op), REJECT_NONE);
    account_id pool = op.u.create_pool.pool;
    op = transfer(&w, alice, pool, w.token[0], 1);
    assert_int_equal(try(&w, &op), REJECT_RECEIVER_NOT_USER);
    op = transfer(&w, pool, bob, w.token[0], 1);
    assert_int_equal(try(&w, &op), REJECT_NOT_USER_ACCOUNT);

    struct record r = *state_account(w.s, alice);
    r.u.account.nonce = UINT32_MAX;
    assert_true(state_put(w.s, alice, 0, &r));
    op = transfer(&w, alice, bob, w.token[0], 1);
    assert_int_equal(try(&w, &op), REJECT_NONE); /* the last nonce */
    assert_int_equal(nonce_of(&w, alice), UINT64_C(1) << 32);
    op = transfer(&w, alice, bob, w.token[0], 1);
    assert_int_equal(try(&w, &op), REJECT_NONCE_EXHAUSTED);
    assert_int_equal(replay(&w, &op), REJECT_NONCE_EXHAUSTED);

    struct op none;
    op_init(&none, (enum op_type)0);
    assert_int_equal(apply(&w, &none, APPLY_REPLAY), REJECT_MALFORMED);
    none.type = (enum op_type)20;
    assert_int_equal(apply(&w, &none, APPLY_REPLAY), REJECT_MALFORMED);
    assert_int_equal(op_resolve(&none, w.s, block_builder_context(w.builder), NULL),
                     REJECT_MALFORMED);
    world_free(&w);
}

/* What only the operator or a log can get wrong. */
static void test_operator_fields(void **state) {
    (void)state;
    struct world w;
    begin(&w);
    const struct block_context *ctx = block_builder_context(w.builder);
    struct op good = transfer(&w, alice, bob, w.token[0], 5), op;
    assert_int_equal(op_resolve(&good, w.s, ctx, NULL), REJECT_NONE);
    assert_int_equal(good.u.transfer.slot, 1);
#define WRONG(change, sequencer, replayed)                                                         \
    op = good;                                                                                     \
    change;                                                                                        \
    assert_int_equal(apply(&w, &op, APPLY_SEQUENCER), sequencer);                                  \
    assert_int_equal(replay(&w, &op), replayed)
    WRONG(op.u.transfer.slot = 2, REJECT_TOKEN_MISMATCH, REJECT_TOKEN_MISMATCH);
    WRONG(op.u.transfer.slot = 9, REJECT_BALANCE_TOO_LOW, REJECT_BALANCE_TOO_LOW);
    WRONG(op.u.transfer.slot = 0, REJECT_SLOT_INVALID, REJECT_SLOT_INVALID);
    WRONG(op.u.transfer.to_slot = 1, REJECT_TOKEN_MISMATCH, REJECT_TOKEN_MISMATCH);
    WRONG(op.u.transfer.to_slot = 0, REJECT_SLOT_INVALID, REJECT_SLOT_INVALID);
    WRONG(op.fee_slot = 9, REJECT_FEE_BALANCE, REJECT_FEE_BALANCE);
    WRONG(op.fee_slot = 0, REJECT_SLOT_INVALID, REJECT_SLOT_INVALID);
    WRONG(op.fee_account_slot = 0, REJECT_SLOT_INVALID, REJECT_SLOT_INVALID);
    /* signed things that a log does not hold: replay does not look */
    WRONG(op.nonce++, REJECT_NONCE_TOO_HIGH, REJECT_NONE);
    WRONG(op.valid_until = 0, REJECT_NONCE_TOO_LOW, REJECT_NONE); /* nonce moved on above */
#undef WRONG
    struct block_context other = *ctx;
    other.fee_account = 99;
    op = transfer(&w, alice, bob, w.token[0], 5);
    assert_int_equal(op_resolve(&op, w.s, ctx, NULL), REJECT_NONE);
    assert_int_equal(state_apply(w.s, &other, &op, &last_effect), REJECT_FEE_ACCOUNT);
    seen[REJECT_FEE_ACCOUNT] = true;

    /* a token in a slot of its own choosing is fine for the circuit: another empty slot */
    op = transfer(&w, alice, FEE_ACCOUNT, w.token[0], 5);
    assert_int_equal(op_resolve(&op, w.s, ctx, NULL), REJECT_NONE);
    op.u.transfer.to_slot = 77;
    assert_int_equal(apply(&w, &op, APPLY_REPLAY), REJECT_NONE);
    assert_true(state_balance(w.s, FEE_ACCOUNT, 77, NULL).v == 5);
    world_free(&w);
}

static void test_transfer_to_self_and_fee_account(void **state) {
    (void)state;
    struct world w;
    begin(&w);
    struct op op = transfer(&w, alice, alice, w.token[0], 1000000);
    assert_int_equal(try(&w, &op), REJECT_NONE);
    assert_true(held(&w, alice, w.token[0]) == 1000000);
    assert_int_equal(op.u.transfer.slot, op.u.transfer.to_slot);
    op = transfer(&w, alice, alice, w.token[0], 1000001);
    assert_int_equal(try(&w, &op), REJECT_BALANCE_TOO_LOW);

    /* alice's account takes the fees too: sender = receiver = fee account */
    struct block_context ctx = *block_builder_context(w.builder);
    ctx.fee_account = alice;
    op = transfer(&w, alice, alice, w.token[0], 999000);
    op.fee = (struct fee){1000, 0};
    assert_int_equal(op_resolve(&op, w.s, &ctx, NULL), REJECT_NONE);
    assert_int_equal(state_apply(w.s, &ctx, &op, &last_effect), REJECT_NONE);
    assert_true(held(&w, alice, w.token[0]) == 1000000);
    op = transfer(&w, alice, alice, w.token[0], 1000000); /* the fee comes back first */
    op.fee = (struct fee){1000, 0};
    assert_int_equal(op_resolve(&op, w.s, &ctx, NULL), REJECT_NONE);
    assert_int_equal(state_apply(w.s, &ctx, &op, &last_effect), REJECT_NONE);
    op = transfer(&w, alice, alice, w.token[0], 5); /* the whole balance as fee, to itself */
    op.fee = (struct fee){1000000, 0};
    assert_int_equal(op_resolve(&op, w.s, &ctx, NULL), REJECT_NONE);
    assert_int_equal(state_apply(w.s, &ctx, &op, &last_effect), REJECT_NONE);
    assert_true(held(&w, alice, w.token[0]) == 1000000);

    /* to the fee account: fee and amount share its new slot, or take two */
    op = transfer(&w, alice, FEE_ACCOUNT, w.token[0], 5);
    op.fee = (struct fee){3, 0};
    assert_int_equal(try(&w, &op), REJECT_NONE);
    assert_true(held(&w, FEE_ACCOUNT, w.token[0]) == 8);
    op = transfer(&w, bob, FEE_ACCOUNT, w.token[2], 1);
    op.fee_token = w.token[0];
    op.fee = (struct fee){3, 0};
    assert_int_equal(try(&w, &op), REJECT_NONE);
    assert_int_equal(op.u.transfer.to_slot, 2);
    assert_true(held(&w, FEE_ACCOUNT, w.token[2]) == 1);
    world_free(&w);

    begin(&w); /* both tokens new to the fee account in one operation */
    op = transfer(&w, alice, FEE_ACCOUNT, w.token[0], 5);
    op.fee_token = w.token[2];
    op.fee = (struct fee){3, 0};
    assert_int_equal(try(&w, &op), REJECT_NONE);
    assert_int_equal(op.fee_account_slot, 1);
    assert_int_equal(op.u.transfer.to_slot, 2);
    world_free(&w);
}

static void test_transfer_to_address(void **state) {
    (void)state;
    struct world w;
    begin(&w);
    struct op op;
    struct client_common c = world_common(&w, alice, w.token[0], 0);
    struct owner to = w.user[5].owner;
    client_transfer_to_address(&op, &c, &to, w.token[0], amt(10));
    assert_int_equal(try(&w, &op), REJECT_NONE);
    account_id opened = op.u.transfer.to;
    assert_int_equal(opened, 4);
    assert_true(last_effect.opened && last_effect.opened_account == opened);
    assert_int_equal(state_account(w.s, opened)->tag, RECORD_ACCOUNT);
    assert_true(owner_eq(&state_account(w.s, opened)->u.account.owner, &to));
    c = world_common(&w, alice, w.token[0], 0);
    client_transfer_to_address(&op, &c, &to, w.token[2], amt(10)); /* now it exists */
    assert_int_equal(try(&w, &op), REJECT_NONE);
    assert_int_equal(op.u.transfer.to, opened);
    assert_false(last_effect.opened);
    assert_int_equal(op.u.transfer.to_slot, 2);

    c = world_common(&w, alice, w.token[0], 0);
    to.authority = 2; /* the same address elsewhere is somebody else */
    client_transfer_to_address(&op, &c, &w.user[5].owner, w.token[0], amt(10));
    op.u.transfer.to_owner.authority = 1;
    assert_int_equal(op_resolve(&op, w.s, block_builder_context(w.builder), NULL), REJECT_NONE);
    assert_int_equal(op.u.transfer.to, 5);
    op.u.transfer.to = opened;
    assert_int_equal(apply(&w, &op, APPLY_SEQUENCER), REJECT_OWNER_MISMATCH);
    assert_int_equal(replay(&w, &op), REJECT_OWNER_MISMATCH);

    to.authority = 0; /* authority any is never opened */
    to.address[0] ^= 1;
    client_transfer_to_address(&op, &c, &to, w.token[0], amt(10));
    assert_int_equal(try(&w, &op), REJECT_OWNER_INVALID);
    op.u.transfer.to = 9;
    op.u.transfer.slot = op.u.transfer.to_slot = 1;
    assert_int_equal(replay(&w, &op), REJECT_OWNER_INVALID);
    to.authority = 9; /* not connected: the sequencer refuses, the circuit would not */
    client_transfer_to_address(&op, &c, &to, w.token[0], amt(10));
    assert_int_equal(try(&w, &op), REJECT_OWNER_INVALID);
    memset(&to, 0, sizeof to);
    to.authority = 1;
    client_transfer_to_address(&op, &c, &to, w.token[0], amt(10));
    assert_int_equal(try(&w, &op), REJECT_OWNER_INVALID);
    /* an account whose authority is any is found by its owner as it stands */
    struct owner any = w.user[1].owner;
    any.authority = 0;
    client_transfer_to_address(&op, &c, &any, w.token[0], amt(10));
    assert_int_equal(try(&w, &op), REJECT_NONE);
    assert_int_equal(op.u.transfer.to, bob);

    c = world_common(&w, alice, w.token[0], 0);
    client_create_pool(&op, &c, w.token[0], w.token[2], 30);
    assert_int_equal(try(&w, &op), REJECT_NONE);
    account_id pool = op.u.create_pool.pool;
    c = world_common(&w, alice, w.token[0], 0);
    client_transfer_to_address(&op, &c, &w.user[6].owner, w.token[0], amt(1));
    assert_int_equal(op_resolve(&op, w.s, block_builder_context(w.builder), NULL), REJECT_NONE);
    op.u.transfer.to = pool;
    assert_int_equal(apply(&w, &op, APPLY_SEQUENCER), REJECT_RECEIVER_NOT_USER);
    world_free(&w);
}

static account_id no_account(void *ctx, const struct state *s) {
    (void)s;
    return *(account_id *)ctx;
}

static void test_account_ids(void **state) {
    (void)state;
    struct world w;
    begin(&w);
    account_id next = 0;
    struct id_policy ids = {no_account, &next};
    struct op op;
    struct client_common c = world_common(&w, alice, w.token[0], 0);
    const struct block_context *ctx = block_builder_context(w.builder);
    client_transfer_to_address(&op, &c, &w.user[5].owner, w.token[0], amt(10));
    assert_int_equal(op_resolve(&op, w.s, ctx, &ids), REJECT_ACCOUNTS_EXHAUSTED);
    seen[REJECT_ACCOUNTS_EXHAUSTED] = true;
    next = ACCOUNT_LIMIT;
    assert_int_equal(op_resolve(&op, w.s, ctx, &ids), REJECT_ACCOUNTS_EXHAUSTED);
    next = bob;
    assert_int_equal(op_resolve(&op, w.s, ctx, &ids), REJECT_ACCOUNT_TAKEN);
    next = ACCOUNT_LIMIT - 1;
    assert_int_equal(op_resolve(&op, w.s, ctx, &ids), REJECT_NONE);
    assert_int_equal(apply(&w, &op, APPLY_SEQUENCER), REJECT_NONE);
    assert_true(held(&w, ACCOUNT_LIMIT - 1, w.token[0]) == 10);
    c = world_common(&w, alice, w.token[0], 0); /* the counter has nothing after the last id */
    client_transfer_to_address(&op, &c, &w.user[6].owner, w.token[0], amt(10));
    assert_int_equal(try(&w, &op), REJECT_ACCOUNTS_EXHAUSTED);
    client_create_pool(&op, &c, w.token[0], w.token[2], 30);
    op.u.create_pool.pool = bob;
    op.fee_slot = op.fee_account_slot = 1;
    assert_int_equal(apply(&w, &op, APPLY_SEQUENCER), REJECT_ACCOUNT_TAKEN);
    world_free(&w);
}

static void test_deposit(void **state) {
    (void)state;
    struct world w;
    struct op op, again;
    world_new(&w, 1);
    world_begin(&w);
    account_id id = world_deposit(&w, 3, w.token[0], amt(0)); /* zero: opens, holds nothing */
    assert_int_equal(id, 2);
    assert_int_equal(state_account(w.s, id)->tag, RECORD_ACCOUNT);
    assert_int_equal(state_find_slot(w.s, id, w.token[0]), 0);
    assert_int_equal(world_deposit(&w, 3, w.token[0], amount_max()), id);
    assert_true(held(&w, id, w.token[0]) == amount_max().v);
    op_init(&op, OP_DEPOSIT); /* cannot happen: the contract caps its custody */
    op.u.deposit.token = w.token[0];
    op.u.deposit.amount = amt(1);
    op.u.deposit.owner = w.user[3].owner;
    op.u.deposit.owner.authority = 1;
    assert_int_equal(try(&w, &op), REJECT_BALANCE_OVERFLOW);
    op.u.deposit.amount = amt(0);
    assert_int_equal(try(&w, &op), REJECT_NONE);
    assert_int_equal(last_effect.n_out, 1);
    assert_int_equal(last_effect.out[0], 1);
    again = op;
    again.account = 0;
    again.u.deposit.owner.authority = 2; /* not the token's chain */
    assert_int_equal(try(&w, &again), REJECT_MALFORMED);
    again = op;
    again.u.deposit.owner.address[3] ^= 1;
    assert_int_equal(apply(&w, &again, APPLY_REPLAY), REJECT_OWNER_MISMATCH);
    again = op;
    again.u.deposit.token = token_make(9, 1);
    again.u.deposit.owner.authority = 9;
    assert_int_equal(try(&w, &again), REJECT_CHAIN_UNKNOWN);

    /* a full account: the next token opens another one of the same owner; both are used after */
    for (unsigned i = 0; i < 254; i++) {
        assert_int_equal(world_deposit(&w, 3, token_make(1, 100 + i), amt(1 + i)), id);
    }
    op.u.deposit.token = token_make(1, 7777);
    op.u.deposit.amount = amt(5);
    op.u.deposit.slot = 1;
    op.account = id;
    assert_int_equal(apply(&w, &op, APPLY_REPLAY), REJECT_TOKEN_MISMATCH);
    account_id second = world_deposit(&w, 3, token_make(1, 7777), amt(5));
    assert_int_equal(second, 3);
    assert_int_equal(world_deposit(&w, 3, token_make(1, 7777), amt(5)), second);
    assert_int_equal(world_deposit(&w, 3, token_make(1, 100), amt(5)), id);
    world_set_key(&w, id, 3);
    struct op t = transfer(&w, id, id, token_make(1, 7777), 1);
    t.fee_token = w.token[0];
    assert_int_equal(try(&w, &t), REJECT_BALANCE_TOO_LOW);
    world_set_key(&w, second, 3);
    t = transfer(&w, second, id, token_make(1, 7777), 1);
    assert_int_equal(try(&w, &t), REJECT_NO_FREE_SLOT);
    /* a slot that was emptied is used again */
    t = transfer(&w, id, second, token_make(1, 150), 51);
    t.fee_token = w.token[0];
    assert_int_equal(try(&w, &t), REJECT_NONE);
    uint8_t freed = t.u.transfer.slot;
    assert_int_equal(state_find_slot(w.s, id, token_make(1, 150)), 0);
    t = transfer(&w, second, id, token_make(1, 7777), 1);
    assert_int_equal(try(&w, &t), REJECT_NONE);
    assert_int_equal(t.u.transfer.to_slot, freed);

    /* deposits to a pool's id, by a log */
    struct client_common c = world_common(&w, id, w.token[0], 0);
    client_create_pool(&t, &c, w.token[0], w.token[2], 30);
    assert_int_equal(try(&w, &t), REJECT_NONE);
    op.account = t.u.create_pool.pool;
    assert_int_equal(apply(&w, &op, APPLY_REPLAY), REJECT_NOT_USER_ACCOUNT);
    world_free(&w);
}

static void test_deposit_finds_the_keyed_account(void **state) {
    (void)state;
    struct world w;
    begin(&w);
    /* bob proved his key: deposits from either chain for his address arrive there */
    assert_int_equal(world_deposit(&w, 1, w.token[1], amt(4)), bob);
    assert_int_equal(world_deposit(&w, 1, w.token[3], amt(4)), bob);
    /* another user did not: an account per authority */
    account_id one = world_deposit(&w, 4, w.token[0], amt(1)),
               two = world_deposit(&w, 4, w.token[2], amt(1));
    assert_int_not_equal(one, two);
    assert_int_equal(state_account(w.s, one)->u.account.owner.authority, 1);
    assert_int_equal(state_account(w.s, two)->u.account.owner.authority, 2);
    world_free(&w);
}

static void test_set_signing_key(void **state) {
    (void)state;
    struct world w;
    struct op op;
    world_new(&w, 1);
    world_begin(&w);
    account_id id = world_deposit(&w, 2, w.token[0], amt(9)); /* owner on chain 1 */
    op_init(&op, OP_SET_SIGNING_KEY);
    op.account = id;
    op.u.set_signing_key.owner = w.user[2].owner;
    op.u.set_signing_key.key_x = w.user[2].key.public_key.x;
    op.u.set_signing_key.key_y = w.user[2].key.public_key.y;
    struct op wrong = op;
    wrong.u.set_signing_key.owner.authority = 2; /* the same address on another chain */
    assert_int_equal(try(&w, &wrong), REJECT_NONE);
    assert_false(wrong.u.set_signing_key.ok);
    assert_int_equal(state_account(w.s, id)->tag, RECORD_ACCOUNT);
    wrong.u.set_signing_key.ok = true;
    assert_int_equal(apply(&w, &wrong, APPLY_REPLAY), REJECT_REQUEST_OUTCOME);
    assert_int_equal(try(&w, &op), REJECT_NONE);
    assert_true(op.u.set_signing_key.ok);
    assert_int_equal(state_account(w.s, id)->tag, RECORD_ACCOUNT_KEYED);
    assert_int_equal(nonce_of(&w, id), 0);
    assert_int_equal(state_account(w.s, id)->u.account.owner.authority, 1);
    op.u.set_signing_key.ok = false;
    assert_int_equal(apply(&w, &op, APPLY_REPLAY), REJECT_REQUEST_OUTCOME);
    /* for nobody's account, a pool, account 0 */
    static const account_id others[] = {0, 77, ACCOUNT_LIMIT - 1};
    for (unsigned i = 0; i < 3; i++) {
        op.account = others[i];
        assert_int_equal(try(&w, &op), REJECT_NONE);
        assert_false(op.u.set_signing_key.ok);
        assert_int_equal(state_account(w.s, others[i])->tag, RECORD_EMPTY);
    }
    op.u.set_signing_key.owner.authority = 9;
    assert_int_equal(try(&w, &op), REJECT_CHAIN_UNKNOWN);
    world_free(&w);
}

static void test_full_exit(void **state) {
    (void)state;
    struct world w;
    struct op op;
    begin(&w);
    op_init(&op, OP_FULL_EXIT);
    op.account = alice;
    op.u.full_exit.owner = w.user[0].owner; /* chain 1; alice's authority is any */
    op.u.full_exit.slot = 2;                /* token 2, of chain 2 */
    memset(op.u.full_exit.to, 0x99, ADDRESS_LEN);
    struct op stranger = op, lie;
    stranger.u.full_exit.owner = w.user[7].owner;
    assert_int_equal(try(&w, &stranger), REJECT_NONE);
    assert_false(stranger.u.full_exit.ok);
    assert_int_equal(last_effect.access[3].kind, ACCESS_UNUSED);
    assert_int_equal(last_effect.n_out, 1);
    assert_false(last_effect.has_payout);
    assert_int_equal(op_resolve(&op, w.s, block_builder_context(w.builder), NULL), REJECT_NONE);
    lie = op; /* an operator who pays less, another token, or nothing */
    lie.u.full_exit.amount.v--;
    assert_int_equal(apply(&w, &lie, APPLY_REPLAY), REJECT_REQUEST_OUTCOME);
    lie = op;
    lie.u.full_exit.token++;
    assert_int_equal(apply(&w, &lie, APPLY_REPLAY), REJECT_REQUEST_OUTCOME);
    lie = op;
    lie.u.full_exit.ok = false;
    lie.u.full_exit.token = 0;
    lie.u.full_exit.amount = amt(0);
    assert_int_equal(apply(&w, &lie, APPLY_REPLAY), REJECT_REQUEST_OUTCOME);
    lie = stranger;
    lie.u.full_exit.ok = true;
    assert_int_equal(apply(&w, &lie, APPLY_REPLAY), REJECT_REQUEST_OUTCOME);
    assert_int_equal(apply(&w, &op, APPLY_SEQUENCER), REJECT_NONE);
    assert_true(op.u.full_exit.ok && op.u.full_exit.amount.v == 1000000);
    assert_int_equal(last_effect.n_out, 2); /* requested on 1, paid on 2 */
    assert_int_equal(last_effect.out[0], 1);
    assert_int_equal(last_effect.out[1], 2);
    assert_true(last_effect.has_payout && last_effect.payout.chain == 2 &&
                last_effect.payout.amount.v == 1000000 && last_effect.payout.to[0] == 0x99);
    assert_true(held(&w, alice, w.token[2]) == 0);
    assert_int_equal(try(&w, &op), REJECT_NONE); /* twice in one block: nothing the second time */
    assert_true(!op.u.full_exit.ok && !last_effect.has_payout);
    assert_int_equal(last_effect.access[3].kind, ACCESS_BAL);
    assert_false(last_effect.access[3].debit);
    op.u.full_exit.slot = 0; /* the contract refuses it; by a log it is refused here */
    op.u.full_exit.ok = false;
    assert_int_equal(apply(&w, &op, APPLY_REPLAY), REJECT_SLOT_INVALID);
    op.u.full_exit.owner.authority = 9;
    op.u.full_exit.slot = 1;
    assert_int_equal(try(&w, &op), REJECT_CHAIN_UNKNOWN);
    world_free(&w);
}

/* Exits and withdrawals of one balance in one block never pay more than it. */
static void test_exits_in_pairs(void **state) {
    (void)state;
    for (int order = 0; order < 4; order++) {
        struct world w;
        struct op op[2];
        begin(&w);
        for (int i = 0; i < 2; i++) {
            struct client_common c = world_common(&w, alice, w.token[2], 0);
            if (order >> i & 1) {
                op_init(&op[i], OP_FULL_EXIT);
                op[i].account = alice;
                op[i].u.full_exit.owner = w.user[0].owner;
                op[i].u.full_exit.slot = 1;
            } else {
                client_withdraw(&op[i], &c, w.token[0], amt(600000), w.user[0].owner.address);
            }
            (void)world_add(&w, &op[i]);
        }
        assert_true(world_conserved(&w));
        assert_true(w.custody[0] <= 2000000 && w.custody[0] >= 1000000);
        world_free(&w);
    }
}

static void test_withdraw(void **state) {
    (void)state;
    struct world w;
    struct op op;
    begin(&w);
    struct client_common c = world_common(&w, alice, w.token[0], 0);
    client_withdraw(&op, &c, w.token[2], amt(1000000), w.user[8].owner.address);
    assert_int_equal(try(&w, &op), REJECT_NONE);
    assert_true(last_effect.has_payout && last_effect.payout.chain == 2);
    assert_memory_equal(last_effect.payout.to, w.user[8].owner.address, ADDRESS_LEN);
    assert_int_equal(last_effect.n_out, 1);
    assert_int_equal(last_effect.n_words, 3);
    c = world_common(&w, alice, w.token[0], 0);
    client_withdraw(&op, &c, w.token[2], amt(1), w.user[8].owner.address);
    assert_int_equal(try(&w, &op), REJECT_BALANCE_TOO_LOW);
    client_withdraw(&op, &c, token_of_pool(5), amt(1), w.user[8].owner.address);
    assert_int_equal(try(&w, &op), REJECT_TOKEN_L2_ONLY);
    client_withdraw(&op, &c, w.token[0], amt(5), w.user[8].owner.address);
    op.u.withdraw.broker_fee = amt(6);
    assert_int_equal(try(&w, &op), REJECT_BROKER_FEE);
    op.u.withdraw.broker_fee = amt(5);
    uint32_t nonce = op.nonce;
    u128 before = held(&w, alice, w.token[0]);
    assert_int_equal(try(&w, &op), REJECT_NONE); /* a broker's fee is the contract's business */
    assert_true(held(&w, alice, w.token[0]) == before - 5);
    assert_true(last_effect.payout.amount.v == 5 && last_effect.payout.broker_fee.v == 5);
    assert_true(last_effect.payout.kind == 12 && last_effect.payout.a == alice &&
                last_effect.payout.b == nonce);
    c = world_common(&w, alice, w.token[0], 0);
    client_withdraw(&op, &c, w.token[0], amt(1), w.user[8].owner.address);
    assert_int_equal(op_resolve(&op, w.s, block_builder_context(w.builder), NULL), REJECT_NONE);
    op.nonce++; /* it stands in the words: replay compares it */
    assert_int_equal(replay(&w, &op), REJECT_NONCE_TOO_HIGH);
    op.nonce -= 2;
    assert_int_equal(replay(&w, &op), REJECT_NONCE_TOO_LOW);
    op.nonce++;
    op.u.withdraw.token = w.token[1];
    assert_int_equal(replay(&w, &op), REJECT_TOKEN_MISMATCH);
    op.u.withdraw.token = w.token[0];
    assert_int_equal(replay(&w, &op), REJECT_NONE);
    world_free(&w);
}

static void test_forced_exit(void **state) {
    (void)state;
    struct world w;
    struct op op, lie;
    begin(&w);
    account_id carol = world_deposit(&w, 2, w.token[0], amt(70)); /* of chain 1, without a key */
    struct client_common c = world_common(&w, alice, w.token[0], 3);
    struct owner carols = w.user[2].owner;
    carols.authority = 1;
    client_transfer_to_address(&op, &c, &carols, w.token[2], amt(5));
    assert_int_equal(try(&w, &op), REJECT_NONE); /* a token of chain 2 */
    assert_int_equal(op.u.transfer.to, carol);
    c = world_common(&w, alice, w.token[0], 3);
    client_forced_exit(&op, &c, carol, w.token[2]);
    assert_int_equal(try(&w, &op), REJECT_FORCED_EXIT_CHAIN); /* the owner may be none there */
    client_forced_exit(&op, &c, bob, w.token[0]);
    assert_int_equal(try(&w, &op), REJECT_HAS_SIGNING_KEY);
    client_forced_exit(&op, &c, 99, w.token[0]);
    assert_int_equal(try(&w, &op), REJECT_RECEIVER_UNKNOWN);
    client_forced_exit(&op, &c, carol, w.token[1]);
    assert_int_equal(try(&w, &op), REJECT_BALANCE_TOO_LOW);
    client_forced_exit(&op, &c, carol, token_of_pool(3));
    assert_int_equal(try(&w, &op), REJECT_TOKEN_L2_ONLY);
    client_forced_exit(&op, &c, carol, w.token[0]);
    assert_int_equal(op_resolve(&op, w.s, block_builder_context(w.builder), NULL), REJECT_NONE);
    lie = op; /* a part, to another, of another token */
    lie.u.forced_exit.amount.v--;
    assert_int_equal(apply(&w, &lie, APPLY_REPLAY), REJECT_BALANCE_TOO_LOW);
    lie = op;
    lie.u.forced_exit.to[0] ^= 1;
    assert_int_equal(apply(&w, &lie, APPLY_REPLAY), REJECT_OWNER_MISMATCH);
    lie = op;
    lie.u.forced_exit.token = w.token[1];
    assert_int_equal(apply(&w, &lie, APPLY_REPLAY), REJECT_TOKEN_MISMATCH);
    u128 alices = held(&w, alice, w.token[0]);
    assert_int_equal(apply(&w, &op, APPLY_SEQUENCER), REJECT_NONE);
    assert_true(held(&w, carol, w.token[0]) == 0 && held(&w, alice, w.token[0]) == alices - 3);
    assert_true(last_effect.has_payout && last_effect.payout.amount.v == 70 &&
                last_effect.payout.chain == 1 && last_effect.payout.broker_fee.v == 0);
    assert_memory_equal(last_effect.payout.to, carols.address, ADDRESS_LEN);
    assert_int_equal(last_effect.n_out, 1);
    /* the fee account's own balance, which the fee itself makes larger */
    c = world_common(&w, alice, w.token[0], 4);
    client_forced_exit(&op, &c, FEE_ACCOUNT, w.token[0]);
    assert_int_equal(try(&w, &op), REJECT_NONE);
    assert_true(last_effect.payout.amount.v == 10 && held(&w, FEE_ACCOUNT, w.token[0]) == 0);
    world_free(&w);
}

static void test_change_pub_key(void **state) {
    (void)state;
    struct world w;
    struct op op;
    world_new(&w, 1);
    world_begin(&w);
    account_id id = world_deposit(&w, 2, w.token[0], amt(9));
    const bjj_affine *k = &w.user[2].key.public_key;
    const uint8_t *address = w.user[2].owner.address;
    struct client_common c = world_common(&w, id, w.token[0], 4);
    client_change_pub_key(&op, &c, 2, address, &k->x, &k->y); /* its authority is chain 1 */
    assert_int_equal(try(&w, &op), REJECT_OWNER_MISMATCH);
    client_change_pub_key(&op, &c, 3, address, &k->x, &k->y);
    assert_int_equal(try(&w, &op), REJECT_CHAIN_UNKNOWN);
    client_change_pub_key(&op, &c, 1, w.user[4].owner.address, &k->x, &k->y);
    assert_int_equal(try(&w, &op), REJECT_OWNER_MISMATCH);
    client_change_pub_key(&op, &c, 1, address, &FR_ZERO, &FR_ONE);
    assert_int_equal(try(&w, &op), REJECT_KEY_INVALID);
    client_change_pub_key(&op, &c, 1, address, &k->x, &k->y);
    op.fee.mant = 10;
    assert_int_equal(try(&w, &op), REJECT_FEE_BALANCE);
    op.fee.mant = 4;
    op.nonce = 1;
    assert_int_equal(try(&w, &op), REJECT_NONCE_TOO_HIGH);
    op.nonce = 0;
    assert_int_equal(try(&w, &op), REJECT_NONE);
    const struct record *r = state_account(w.s, id);
    assert_int_equal(r->tag, RECORD_ACCOUNT_KEYED);
    assert_int_equal(r->u.account.owner.authority, 0);
    assert_int_equal(r->u.account.nonce, 1);
    assert_true(held(&w, id, w.token[0]) == 5 && held(&w, FEE_ACCOUNT, w.token[0]) == 4);
    assert_int_equal(last_effect.n_out, 1);
    assert_int_equal(last_effect.out[0], 1);
    /* now either chain may check */
    k = &w.user[4].key.public_key;
    c = world_common(&w, id, w.token[0], 0);
    client_change_pub_key(&op, &c, 2, address, &k->x, &k->y);
    assert_int_equal(op_resolve(&op, w.s, block_builder_context(w.builder), NULL), REJECT_NONE);
    op.fee_token = w.token[1]; /* it stands in the words too */
    assert_int_equal(replay(&w, &op), REJECT_TOKEN_MISMATCH);
    op.fee_token = w.token[0];
    assert_int_equal(replay(&w, &op), REJECT_NONE);
    world_free(&w);
}

static account_id make_pool(struct world *w, uint16_t fee) {
    struct op op;
    struct client_common c = world_common(w, alice, w->token[0], 0);
    client_create_pool(&op, &c, w->token[2], w->token[0], fee);
    assert_int_equal(try(w, &op), REJECT_NONE);
    assert_int_equal(op.u.create_pool.token_a, w->token[0]);
    return op.u.create_pool.pool;
}

static enum rejection add(struct world *w, struct op *op, account_id who, account_id pool,
                          u128 max_a, u128 max_b, u128 min) {
    struct client_common c = world_common(w, who, w->token[0], 0);
    client_add_liquidity(op, &c, pool, amt(max_a), amt(max_b), amt(min));
    return try(w, op);
}

static enum rejection removal(struct world *w, struct op *op, account_id who, account_id pool,
                              u128 shares, u128 min_a, u128 min_b) {
    struct client_common c = world_common(w, who, w->token[0], 0);
    client_remove_liquidity(op, &c, pool, amt(shares), amt(min_a), amt(min_b));
    return try(w, op);
}

static enum rejection swap(struct world *w, struct op *op, account_id who, account_id pool,
                           token_id in, u128 amount, u128 min) {
    struct client_common c = world_common(w, who, w->token[0], 0);
    client_swap(op, &c, pool, in, amt(amount), amt(min));
    return try(w, op);
}

static void test_create_pool(void **state) {
    (void)state;
    struct world w;
    struct op op;
    begin(&w);
    struct client_common c = world_common(&w, alice, w.token[0], 0);
    client_create_pool(&op, &c, w.token[0], w.token[0], 30);
    assert_int_equal(try(&w, &op), REJECT_POOL_TOKENS);
    client_create_pool(&op, &c, w.token[0], w.token[2], 30);
    op.u.create_pool.token_a = w.token[2];
    op.u.create_pool.token_b = w.token[0];
    assert_int_equal(try(&w, &op), REJECT_POOL_TOKENS);
    client_create_pool(&op, &c, w.token[0], w.token[2], POOL_FEE_UNIT);
    assert_int_equal(try(&w, &op), REJECT_POOL_FEE);
    client_create_pool(&op, &c, w.token[0], token_make(9, 1), 30);
    assert_int_equal(try(&w, &op), REJECT_CHAIN_UNKNOWN);
    account_id pool = make_pool(&w, POOL_FEE_UNIT - 1);
    assert_int_equal(state_account(w.s, pool)->tag, RECORD_POOL);
    assert_true(last_effect.opened && last_effect.opened_account == pool);
    struct pool_view v;
    assert_true(pool_view(&v, w.s, pool));
    assert_int_equal(v.fee, POOL_FEE_UNIT - 1);
    assert_false(pool_view(&v, w.s, alice));
    assert_int_not_equal(make_pool(&w, 30), pool); /* the same pair once more: another pool */
    world_free(&w);
}

static void test_liquidity(void **state) {
    (void)state;
    struct world w;
    struct op op;
    begin(&w);
    account_id pool = make_pool(&w, 30);
    token_id lp = token_of_pool(pool);
    assert_int_equal(add(&w, &op, alice, alice, 1, 1, 0), REJECT_POOL_UNKNOWN);
    assert_int_equal(swap(&w, &op, alice, pool, w.token[0], 5, 0), REJECT_POOL_EMPTY);
    op.u.swap.slot_in = 1, op.u.swap.slot_out = 2;
    assert_int_equal(replay(&w, &op), REJECT_POOL_EMPTY);
    assert_int_equal(removal(&w, &op, alice, pool, 1, 0, 0), REJECT_BALANCE_TOO_LOW);
    op.u.remove_liquidity.slot_a = 1, op.u.remove_liquidity.slot_b = 2;
    op.u.remove_liquidity.slot_lp = 3;
    assert_int_equal(replay(&w, &op), REJECT_POOL_EMPTY);
    assert_int_equal(add(&w, &op, alice, pool, 1000, 1001, 0), REJECT_FIRST_LIQUIDITY);
    assert_int_equal(add(&w, &op, alice, pool, 40000, 10000, 19001), REJECT_SLIPPAGE);
    assert_int_equal(add(&w, &op, bob, pool, 40000, 10000, 0), REJECT_BALANCE_TOO_LOW);
    assert_int_equal(add(&w, &op, alice, pool, 40000, 10000, 19000), REJECT_NONE);
    assert_int_equal(op.type, OP_ADD_LIQUIDITY_FIRST);
    assert_true(held(&w, alice, lp) == 19000 && last_effect.shares.v == 19000);
    assert_true(state_account(w.s, pool)->u.pool.supply.v == 20000);
    assert_int_equal(state_find_slot(w.s, alice, lp), 3);
    op.nonce++;
    assert_int_equal(apply(&w, &op, APPLY_SEQUENCER), REJECT_POOL_NOT_EMPTY);

    /* 5 of a buys floor(5 20000 / 40000) = 2 shares, which cost ceil: 4 and 1 */
    assert_int_equal(add(&w, &op, alice, pool, 5, 5, 0), REJECT_NONE);
    assert_int_equal(op.type, OP_ADD_LIQUIDITY);
    assert_true(last_effect.shares.v == 2 && last_effect.amount_x.v == 4 &&
                last_effect.amount_y.v == 1);
    assert_int_equal(add(&w, &op, alice, pool, 5, 5, 3), REJECT_SLIPPAGE);
    op.u.add_liquidity.min_shares =
        amt(0); /* an operator who gives more than the maximum pays for */
    op.u.add_liquidity.shares = amt(3);
    assert_int_equal(apply(&w, &op, APPLY_SEQUENCER), REJECT_SLIPPAGE);
    op.u.add_liquidity.shares = amount_max();
    assert_int_equal(replay(&w, &op), REJECT_BALANCE_OVERFLOW);
    assert_int_equal(add(&w, &op, alice, pool, amount_max().v, amount_max().v, 0),
                     REJECT_BALANCE_TOO_LOW);
    account_id even = make_pool(&w, 30);
    assert_int_equal(add(&w, &op, alice, even, 2000, 2000, 0), REJECT_NONE);
    assert_int_equal(add(&w, &op, alice, even, amount_max().v, amount_max().v, 0),
                     REJECT_SHARES_OVERFLOW);
    op.u.add_liquidity.shares = amt(amount_max().v - 1999);
    assert_int_equal(replay(&w, &op), REJECT_SHARES_OVERFLOW);
    assert_int_equal(add(&w, &op, alice, pool, 2000000, 2000000, 0), REJECT_BALANCE_TOO_LOW);
    assert_int_equal(add(&w, &op, alice, pool, 0, 0, 0), REJECT_NONE); /* nothing for nothing */

    assert_int_equal(removal(&w, &op, alice, pool, 19003, 0, 0), REJECT_BALANCE_TOO_LOW);
    assert_int_equal(removal(&w, &op, alice, pool, 20003, 0, 0), REJECT_SHARES_TOO_MANY);
    assert_int_equal(removal(&w, &op, alice, pool, 1, 3, 0), REJECT_SLIPPAGE);
    assert_int_equal(removal(&w, &op, alice, pool, 1, 0, 1), REJECT_SLIPPAGE);
    assert_int_equal(removal(&w, &op, alice, pool, 1, 2, 0), REJECT_NONE);
    assert_true(last_effect.amount_x.v == 2 && last_effect.amount_y.v == 0);
    assert_int_equal(removal(&w, &op, bob, pool, 1, 0, 0), REJECT_BALANCE_TOO_LOW);
    struct op t = transfer(&w, alice, bob, lp, 10); /* shares are tokens */
    assert_int_equal(try(&w, &t), REJECT_NONE);
    assert_int_equal(removal(&w, &op, bob, pool, 10, 0, 0), REJECT_NONE);
    assert_int_equal(removal(&w, &op, alice, pool, held(&w, alice, lp), 0, 0), REJECT_NONE);
    struct pool_view v;
    assert_true(pool_view(&v, w.s, pool) && v.supply.v == 1000);
    assert_true(v.reserve_a.v > 0 && v.reserve_b.v > 0);
    assert_true(world_conserved(&w));
    assert_int_equal(removal(&w, &op, alice, bob, 1, 0, 0), REJECT_POOL_UNKNOWN);
    /* an LP share can be exited from nowhere: the exit is answered with nothing */
    op_init(&op, OP_FULL_EXIT);
    assert_int_equal(add(&w, &t, alice, pool, 10000, 10000, 0), REJECT_NONE);
    op.account = alice;
    op.u.full_exit.owner = w.user[0].owner;
    op.u.full_exit.slot = state_find_slot(w.s, alice, lp);
    assert_int_equal(try(&w, &op), REJECT_NONE);
    assert_true(!op.u.full_exit.ok && held(&w, alice, lp) > 0);
    assert_int_equal(last_effect.access[3].token, lp);
    world_free(&w);
}

static void test_swap(void **state) {
    (void)state;
    struct world w;
    struct op op;
    begin(&w);
    account_id pool = make_pool(&w, 30);
    assert_int_equal(add(&w, &op, alice, pool, 500000, 400000, 0), REJECT_NONE);
    u128 out = (u128)10000 * 9970 * 400000 / ((u128)500000 * 10000 + (u128)10000 * 9970);
    assert_int_equal(swap(&w, &op, bob, pool, w.token[0], 10000, (uint64_t)out + 1),
                     REJECT_SLIPPAGE);
    struct pool_view v;
    struct amount quote;
    assert_true(pool_view(&v, w.s, pool));
    assert_int_equal(pool_quote(&quote, &v, w.token[0], amt(10000)), REJECT_NONE);
    assert_true(quote.v == out);
    assert_int_equal(pool_quote(&quote, &v, w.token[1], amt(10000)), REJECT_POOL_TOKEN);
    assert_int_equal(swap(&w, &op, bob, pool, w.token[0], 10000, out), REJECT_NONE);
    assert_true(held(&w, bob, w.token[2]) == 1 + out && held(&w, bob, w.token[0]) == 990000);
    assert_false(op.u.swap.b_to_a);
    assert_true(last_effect.amount_y.v == out);
    assert_int_equal(swap(&w, &op, bob, pool, w.token[2], out, 0), REJECT_NONE); /* and back */
    assert_true(op.u.swap.b_to_a && held(&w, bob, w.token[0]) < 1000000);
    assert_int_equal(swap(&w, &op, bob, pool, w.token[1], 1, 0), REJECT_POOL_TOKEN);
    assert_int_equal(swap(&w, &op, bob, alice, w.token[0], 1, 0), REJECT_POOL_UNKNOWN);
    assert_int_equal(swap(&w, &op, bob, pool, w.token[0], 1000000, 0), REJECT_BALANCE_TOO_LOW);
    assert_int_equal(swap(&w, &op, bob, pool, w.token[0], 0, 0), REJECT_NONE);
    assert_int_equal(swap(&w, &op, bob, pool, w.token[0], 1, 0), REJECT_NONE); /* out = 0 */
    assert_true(last_effect.amount_y.v == 0);
    assert_int_equal(swap(&w, &op, bob, pool, w.token[0], 5, 0), REJECT_NONE);
    op.nonce++;
    op.u.swap.b_to_a = true; /* the operator turns the direction round */
    assert_int_equal(apply(&w, &op, APPLY_SEQUENCER), REJECT_MALFORMED);
    assert_true(world_conserved(&w));
    world_free(&w);
}

/* 2^112 - 1 of two tokens through every pool operation. */
static void test_edge_amounts_in_pools(void **state) {
    (void)state;
    struct world w;
    struct op op;
    world_new(&w, 1);
    world_begin(&w);
    alice = world_deposit(&w, 0, w.token[0], amount_max());
    assert_int_equal(world_deposit(&w, 0, w.token[1], amount_max()), alice);
    world_set_key(&w, alice, 0);
    struct client_common c = world_common(&w, alice, w.token[0], 0);
    client_create_pool(&op, &c, w.token[0], w.token[1], 0);
    assert_int_equal(try(&w, &op), REJECT_NONE);
    account_id pool = op.u.create_pool.pool;
    c = world_common(&w, alice, w.token[0], 0);
    client_add_liquidity(&op, &c, pool, amount_max(), amount_max(), amt(0));
    assert_int_equal(try(&w, &op), REJECT_NONE);
    assert_true(last_effect.shares.v == amount_max().v - 1000);
    token_id lp = token_of_pool(pool);
    c = world_common(&w, alice, lp, 0); /* fees can be paid in shares */
    client_remove_liquidity(&op, &c, pool, amt(amount_max().v - 1000), amt(0), amt(0));
    assert_int_equal(try(&w, &op), REJECT_NONE);
    assert_true(held(&w, alice, w.token[0]) == amount_max().v - 1000);
    c = world_common(&w, alice, w.token[0], 0);
    client_swap(&op, &c, pool, w.token[0], amt(amount_max().v - 1000), amt(0));
    assert_int_equal(try(&w, &op), REJECT_NONE);
    assert_true(last_effect.amount_y.v == 999);
    struct pool_view v;
    assert_true(pool_view(&v, w.s, pool));
    assert_true(amount_eq(v.reserve_a, amount_max()) && v.reserve_b.v == 1);
    assert_true(world_conserved(&w));
    c = world_common(&w, alice, w.token[1], 0);
    client_swap(&op, &c, pool, w.token[1], amt(amount_max().v - 1), amt(0));
    assert_int_equal(try(&w, &op), REJECT_NONE);
    assert_true(last_effect.amount_y.v == amount_max().v - 1);
    assert_true(world_conserved(&w));
    world_free(&w);
}

static enum rejection one_sided(struct world *w, struct op *op, enum op_type type, account_id id,
                                account_id pool, token_id token, u128 amount, u128 min) {
    struct client_common c = world_common(w, id, w->token[0], 0);
    struct amount a = {amount}, m = {min};
    if (type == OP_ADD_LIQUIDITY_ONE) {
        client_add_liquidity_one(op, &c, pool, token, a, m);
    } else {
        client_remove_liquidity_one(op, &c, pool, token, a, m);
    }
    return try(w, op);
}

/* Two tokens of the same worth, 10^3 base units of the second for one of the first. */
static account_id make_stable_pool(struct world *w, uint16_t fee) {
    const struct curve curve = {100, 1000, 1};
    struct client_common c = world_common(w, alice, w->token[0], 0);
    struct op op;
    client_create_stable_pool(&op, &c, w->token[0], w->token[2], fee, &curve);
    assert_int_equal(try(w, &op), REJECT_NONE);
    return op.u.create_pool.pool;
}

static void test_stable_pool(void **state) {
    (void)state;
    struct world w;
    struct op op;
    begin(&w);
    struct client_common c = world_common(&w, alice, w.token[0], 0);
    const struct curve good = {1, 1, 1};
    client_create_stable_pool(&op, &c, w.token[0], w.token[2], 4, &good);
    op.u.create_pool.curve.amp = 0;
    assert_int_equal(try(&w, &op), REJECT_POOL_CURVE);
    client_create_stable_pool(&op, &c, w.token[0], w.token[2], 4, &good);
    op.u.create_pool.curve.mult_b = 0;
    assert_int_equal(try(&w, &op), REJECT_POOL_CURVE);
    account_id pool = make_stable_pool(&w, 4);
    assert_int_equal(state_account(w.s, pool)->tag, RECORD_STABLE_POOL);
    assert_int_equal(swap(&w, &op, alice, pool, w.token[0], 5, 0), REJECT_POOL_EMPTY);
    assert_int_equal(one_sided(&w, &op, OP_ADD_LIQUIDITY_ONE, alice, pool, w.token[0], 5, 0),
                     REJECT_POOL_EMPTY);
    assert_int_equal(add(&w, &op, alice, pool, 1, 0, 0), REJECT_FIRST_LIQUIDITY);
    assert_int_equal(add(&w, &op, alice, pool, 500, 500000, 0), REJECT_NONE);
    assert_true(last_effect.shares.v == 999000); /* D = 10^6: worth the same */
    assert_int_equal(swap(&w, &op, bob, pool, w.token[0], 10, 9900), REJECT_NONE);
    assert_true(last_effect.amount_y.v < 10000);
    assert_int_equal(swap(&w, &op, bob, pool, w.token[1], 1, 0), REJECT_POOL_TOKEN);
    assert_int_equal(swap(&w, &op, bob, pool, w.token[0], 10, 9999), REJECT_SLIPPAGE);
    assert_int_equal(add(&w, &op, alice, pool, 100, 100000, 0), REJECT_NONE); /* two-sided */
    assert_int_equal(op.type, OP_ADD_LIQUIDITY);
    op.nonce++;
    op.u.add_liquidity.shares = amount_max(); /* S and R both about 10^6: the cap comes first */
    assert_int_equal(replay(&w, &op), REJECT_POOL_CAP);

    assert_int_equal(one_sided(&w, &op, OP_ADD_LIQUIDITY_ONE, alice, pool, w.token[1], 5, 0),
                     REJECT_POOL_TOKEN);
    assert_int_equal(one_sided(&w, &op, OP_ADD_LIQUIDITY_ONE, alice, bob, w.token[0], 5, 0),
                     REJECT_POOL_UNKNOWN);
    assert_int_equal(one_sided(&w, &op, OP_ADD_LIQUIDITY_ONE, alice, pool, w.token[2], 0, 0),
                     REJECT_RESULT_ZERO);
    assert_int_equal(
        one_sided(&w, &op, OP_ADD_LIQUIDITY_ONE, alice, pool, w.token[2], 10000, 10001),
        REJECT_SLIPPAGE);
    assert_int_equal(one_sided(&w, &op, OP_ADD_LIQUIDITY_ONE, alice, pool, w.token[2], 10000, 9900),
                     REJECT_NONE);
    assert_true(last_effect.shares.v < 10000);
    u128 shares = last_effect.shares.v;
    op.nonce++;
    op.u.one_sided.is_b = false; /* the operator takes the other token */
    assert_int_equal(apply(&w, &op, APPLY_SEQUENCER), REJECT_MALFORMED);
    assert_int_equal(
        one_sided(&w, &op, OP_REMOVE_LIQUIDITY_ONE, alice, pool, w.token[2], shares, 10000),
        REJECT_SLIPPAGE);
    assert_int_equal(
        one_sided(&w, &op, OP_REMOVE_LIQUIDITY_ONE, alice, pool, w.token[2], shares, 9900),
        REJECT_NONE);
    assert_true(last_effect.amount_x.v <= 10000); /* in and out again never pays */
    u128 supply = state_account(w.s, pool)->u.pool.supply.v;
    assert_int_equal(
        one_sided(&w, &op, OP_REMOVE_LIQUIDITY_ONE, alice, pool, w.token[2], supply, 0),
        REJECT_SHARES_TOO_MANY);
    /* All that is held, one-sided: the locked shares keep the pool alive. */
    assert_int_equal(one_sided(&w, &op, OP_REMOVE_LIQUIDITY_ONE, alice, pool, w.token[0],
                               held(&w, alice, token_of_pool(pool)), 0),
                     REJECT_NONE);
    struct pool_view v;
    assert_true(pool_view(&v, w.s, pool) && v.supply.v == 1000);
    assert_true(v.reserve_a.v >= 1 && v.reserve_b.v > 0);
    assert_int_equal(swap(&w, &op, bob, pool, w.token[0], 100, 0), REJECT_NONE);
    assert_int_equal(add(&w, &op, bob, pool, 1000, 1000000, 0), REJECT_BALANCE_TOO_LOW);
    assert_true(world_conserved(&w));
    world_free(&w);
}

/* One side of a constant-product pool. */
static void test_one_sided_product(void **state) {
    (void)state;
    struct world w;
    struct op op;
    begin(&w);
    account_id pool = make_pool(&w, 30);
    assert_int_equal(add(&w, &op, alice, pool, 250000, 90000, 0), REJECT_NONE); /* S = 150000 */
    /* 150000 (sqrt(1 + 0.21 0.9985) - 1) = 14978.6 */
    assert_int_equal(
        one_sided(&w, &op, OP_ADD_LIQUIDITY_ONE, alice, pool, w.token[0], 52500, 14990),
        REJECT_SLIPPAGE);
    assert_int_equal(
        one_sided(&w, &op, OP_ADD_LIQUIDITY_ONE, alice, pool, w.token[0], 52500, 14978),
        REJECT_NONE);
    u128 shares = last_effect.shares.v, root = 150000 + shares, next = root + 1;
    const u128 base = (u128)250000 * 20000, value = base + (u128)52500 * 19970;
    assert_true(root * root * base <= (u128)150000 * 150000 * value);
    assert_true(next * next * base > (u128)150000 * 150000 * value);
    assert_int_equal(
        one_sided(&w, &op, OP_REMOVE_LIQUIDITY_ONE, alice, pool, w.token[0], shares, 0),
        REJECT_NONE);
    assert_true(last_effect.amount_x.v < 52500 && last_effect.amount_x.v > 52300);
    assert_int_equal(one_sided(&w, &op, OP_REMOVE_LIQUIDITY_ONE, alice, pool, w.token[2], 0, 0),
                     REJECT_RESULT_ZERO);
    assert_int_equal(replay(&w, &op), REJECT_NONE); /* provable, and harmless */
    assert_int_equal(
        one_sided(&w, &op, OP_ADD_LIQUIDITY_ONE, alice, pool, w.token[0], amount_max().v, 0),
        REJECT_BALANCE_OVERFLOW);
    assert_true(world_conserved(&w));
    world_free(&w);
}

static void test_rejection_table(void **state) {
    (void)state;
    for (int r = 0; r < REJECTION_COUNT; r++) {
        enum rejection e = (enum rejection)r;
        assert_true(strlen(rejection_name(e)) > 3 && strlen(rejection_text(e)) > 3);
        for (int q = 0; q < r; q++) {
            assert_int_not_equal(rejection_rpc_code(e), rejection_rpc_code((enum rejection)q));
            assert_string_not_equal(rejection_text(e), rejection_text((enum rejection)q));
        }
    }
    assert_string_equal(rejection_name(REJECT_SLIPPAGE), "SLIPPAGE");
    assert_int_equal(rejection_rpc_code(REJECT_NONE), 0);
}

/* Runs last: every rejection but these was produced above. */
static void test_all_rejections_were_seen(void **state) {
    (void)state;
    for (int r = 0; r < REJECTION_COUNT; r++) {
        enum rejection e = (enum rejection)r;
        bool elsewhere = e == REJECT_NO_MEMORY || e == REJECT_BAD_SIGNATURE; /* the caller's */
        if (!elsewhere && !seen[r]) {
            fail_msg("%s was never produced", rejection_name(e));
        }
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_transfer),
        cmocka_unit_test(test_signer_rejections),
        cmocka_unit_test(test_operator_fields),
        cmocka_unit_test(test_transfer_to_self_and_fee_account),
        cmocka_unit_test(test_transfer_to_address),
        cmocka_unit_test(test_account_ids),
        cmocka_unit_test(test_deposit),
        cmocka_unit_test(test_deposit_finds_the_keyed_account),
        cmocka_unit_test(test_set_signing_key),
        cmocka_unit_test(test_full_exit),
        cmocka_unit_test(test_exits_in_pairs),
        cmocka_unit_test(test_withdraw),
        cmocka_unit_test(test_forced_exit),
        cmocka_unit_test(test_change_pub_key),
        cmocka_unit_test(test_create_pool),
        cmocka_unit_test(test_liquidity),
        cmocka_unit_test(test_swap),
        cmocka_unit_test(test_edge_amounts_in_pools),
        cmocka_unit_test(test_stable_pool),
        cmocka_unit_test(test_one_sided_product),
        cmocka_unit_test(test_rejection_table),
        cmocka_unit_test(test_all_rejections_were_seen),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
