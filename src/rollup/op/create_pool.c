/* CreatePool and CreateStablePool: open a pool, constant product or stable, under a new account id.
 *   w0 = PRE | pool 28 | pool fee 16 | token A 40 | token B 40;  stable: w1 = A 16 | mA 40 | mB 40
 *   k5 empty -> pool without liquidity
 *   m1 = token A 40 | token B 40 | pool fee 16;  stable: m2 = w1 */
#include "rollup/op/op_class.h"

static void words_codec(struct word_codec *c, struct op *op) {
    struct op_create_pool *p = &op->u.create_pool;
    word_u32(c, &p->pool, ACCOUNT_BITS);
    word_u16(c, &p->fee, POOL_FEE_BITS);
    word_token(c, &p->token_a);
    word_token(c, &p->token_b);
}

static void curve_codec(struct word_codec *c, struct op *op) {
    struct curve *k = &op->u.create_pool.curve;
    word_next(c);
    word_u32(c, &k->amp, AMP_BITS);
    word_u64(c, &k->mult_a, MULTIPLIER_BITS);
    word_u64(c, &k->mult_b, MULTIPLIER_BITS);
}

static void stable_words(struct word_codec *c, struct op *op) {
    words_codec(c, op);
    curve_codec(c, op);
}

static void message_codec(struct word_codec *c, struct op *op) {
    struct op_create_pool *p = &op->u.create_pool;
    word_next(c);
    word_token(c, &p->token_a);
    word_token(c, &p->token_b);
    word_u16(c, &p->fee, POOL_FEE_BITS);
}

static void stable_message(struct word_codec *c, struct op *op) {
    message_codec(c, op);
    curve_codec(c, op);
}

static void store_codec(struct byte_codec *c, struct op *op) {
    struct op_create_pool *p = &op->u.create_pool;
    byte_u32(c, &p->pool, ACCOUNT_BITS);
    byte_token(c, &p->token_a);
    byte_token(c, &p->token_b);
    byte_u16(c, &p->fee);
}

static void stable_store(struct byte_codec *c, struct op *op) {
    struct curve *k = &op->u.create_pool.curve;
    store_codec(c, op);
    byte_u32(c, &k->amp, AMP_BITS);
    byte_u64(c, &k->mult_a, MULTIPLIER_BITS / 8);
    byte_u64(c, &k->mult_b, MULTIPLIER_BITS / 8);
}

static bool curve_valid(const struct curve *k) {
    return k->amp >= 1 && k->amp >> AMP_BITS == 0 && k->mult_a >= 1 &&
           k->mult_a >> MULTIPLIER_BITS == 0 && k->mult_b >= 1 && k->mult_b >> MULTIPLIER_BITS == 0;
}

static enum rejection check(const struct block_context *ctx, const struct op *op) {
    const struct op_create_pool *p = &op->u.create_pool;
    if (p->token_a >= p->token_b) {
        return REJECT_POOL_TOKENS;
    }
    if (p->fee >= POOL_FEE_UNIT) {
        return REJECT_POOL_FEE;
    }
    if (op->type == OP_CREATE_STABLE_POOL && !curve_valid(&p->curve)) {
        return REJECT_POOL_CURVE;
    }
    if (ctx->mode == APPLY_SEQUENCER &&
        (chain_list_find(ctx->chains, token_chain(p->token_a)) < 0 ||
         chain_list_find(ctx->chains, token_chain(p->token_b)) < 0)) {
        return REJECT_CHAIN_UNKNOWN;
    }
    return REJECT_NONE;
}

static enum rejection resolve(struct resolver *r, struct op *op) {
    enum rejection e = check(r->ctx, op);
    return e == REJECT_NONE ? resolve_new_account(r, &op->u.create_pool.pool) : e;
}

static enum rejection apply(struct exec *x) {
    const struct op_create_pool *p = &x->op->u.create_pool;
    enum rejection r = check(x->ctx, x->op);
    if (r != REJECT_NONE) {
        return r;
    }
    if (access_record(x, 5, p->pool)->tag != RECORD_EMPTY) {
        return REJECT_ACCOUNT_TAKEN;
    }
    struct record after = record_empty();
    after.tag = x->op->type == OP_CREATE_POOL ? RECORD_POOL : RECORD_STABLE_POOL;
    after.u.pool.token_a = p->token_a;
    after.u.pool.token_b = p->token_b;
    after.u.pool.fee = p->fee;
    if (x->op->type == OP_CREATE_STABLE_POOL) {
        after.u.pool.curve = p->curve;
    }
    return access_record_set(x, 5, &after);
}

const struct op_class OP_CLASS_CREATE_POOL = {
    .name = "CreatePool",
    .source = SOURCE_SIGNED,
    .words = 1,
    .words_codec = words_codec,
    .message_codec = message_codec,
    .store_codec = store_codec,
    .resolve = resolve,
    .apply = apply,
};

const struct op_class OP_CLASS_CREATE_STABLE_POOL = {
    .name = "CreateStablePool",
    .source = SOURCE_SIGNED,
    .words = 2,
    .words_codec = stable_words,
    .message_codec = stable_message,
    .store_codec = stable_store,
    .resolve = resolve,
    .apply = apply,
};
