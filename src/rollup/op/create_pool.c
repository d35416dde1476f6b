/* CreatePool: opens a constant-product pool under a new account id.
 *   w0 = PRE | pool 28 | pool fee 16 | token A 40 | token B 40
 *   k5 empty -> pool without liquidity
 *   m1 = token A 40 | token B 40 | pool fee 16 */
#include "rollup/op/op_class.h"

static void words_codec(struct word_codec *c, struct op *op) {
    struct op_create_pool *p = &op->u.create_pool;
    word_u32(c, &p->pool, ACCOUNT_BITS);
    word_u16(c, &p->fee, POOL_FEE_BITS);
    word_token(c, &p->token_a);
    word_token(c, &p->token_b);
}

static void message_codec(struct word_codec *c, struct op *op) {
    struct op_create_pool *p = &op->u.create_pool;
    word_next(c);
    word_token(c, &p->token_a);
    word_token(c, &p->token_b);
    word_u16(c, &p->fee, POOL_FEE_BITS);
}

static void store_codec(struct byte_codec *c, struct op *op) {
    struct op_create_pool *p = &op->u.create_pool;
    byte_u32(c, &p->pool, ACCOUNT_BITS);
    byte_token(c, &p->token_a);
    byte_token(c, &p->token_b);
    byte_u16(c, &p->fee);
}

static enum rejection check(const struct block_context *ctx, const struct op_create_pool *p) {
    if (p->token_a >= p->token_b) {
        return REJECT_POOL_TOKENS;
    }
    if (p->fee >= POOL_FEE_UNIT) {
        return REJECT_POOL_FEE;
    }
    if (ctx->mode == APPLY_SEQUENCER &&
        (chain_list_find(ctx->chains, token_chain(p->token_a)) < 0 ||
         chain_list_find(ctx->chains, token_chain(p->token_b)) < 0)) {
        return REJECT_CHAIN_UNKNOWN;
    }
    return REJECT_NONE;
}

static enum rejection resolve(struct resolver *r, struct op *op) {
    enum rejection e = check(r->ctx, &op->u.create_pool);
    return e == REJECT_NONE ? resolve_new_account(r, &op->u.create_pool.pool) : e;
}

static enum rejection apply(struct exec *x) {
    const struct op_create_pool *p = &x->op->u.create_pool;
    enum rejection r = check(x->ctx, p);
    if (r != REJECT_NONE) {
        return r;
    }
    if (access_record(x, 5, p->pool)->tag != RECORD_EMPTY) {
        return REJECT_ACCOUNT_TAKEN;
    }
    struct record after = record_empty();
    after.tag = RECORD_POOL;
    after.u.pool.token_a = p->token_a;
    after.u.pool.token_b = p->token_b;
    after.u.pool.fee = p->fee;
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
