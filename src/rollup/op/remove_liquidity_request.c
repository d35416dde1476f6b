/* RemoveLiquidityRequest (request): shares of a position, for one token of the pool, paid on L1.
 * The contract of the position's chain saw that the requester holds the position. w0 = 19:8 |
 * outcome 2 | account 28 (of the position) | pool 28 | token 40 | shares 112 w1 = min out 112 | out
 * 112 w2 = the position's id (chain 2^160 + queue index of the request that made it) w3 = to 160 |
 * deadline 40 k0 record of the account, whatever it is: the position of that id and pool; k5, k6,
 * k7 the pool and its reserves if it is. Outbox of the position's chain and, if done and another,
 * of the token's. A minimum of 0 counts as 1. */
#include "rollup/op/op_class.h"
#include "rollup/pool.h"

static void words_codec(struct word_codec *c, struct op *op) {
    struct op_remove_liquidity_request *l = &op->u.remove_liquidity_request;
    word_u32(c, &op->account, ACCOUNT_BITS);
    word_u32(c, &l->pool, ACCOUNT_BITS);
    word_token(c, &l->token);
    word_amount(c, &l->shares);
    word_next(c);
    word_amount(c, &l->min_out);
    word_amount(c, &l->out);
    word_next(c);
    word_position_id(c, &l->chain, &l->index);
    word_next(c);
    word_packed_address(c, l->to);
    word_u64(c, &l->deadline, DEADLINE_BITS);
}

static void store_codec(struct byte_codec *c, struct op *op) {
    struct op_remove_liquidity_request *l = &op->u.remove_liquidity_request;
    byte_u32(c, &l->pool, ACCOUNT_BITS);
    byte_token(c, &l->token);
    byte_amount(c, &l->shares);
    byte_amount(c, &l->min_out);
    byte_u8(c, &l->chain);
    byte_u64(c, &l->index, QUEUE_INDEX_BITS / 8);
    byte_raw(c, l->to, ADDRESS_LEN);
    byte_u64(c, &l->deadline, DEADLINE_BITS / 8);
    byte_amount(c, &l->out);
}

static void clear_outcome(struct op *op) {
    op->outcome = OUTCOME_DONE;
    op->u.remove_liquidity_request.out = amount_zero();
}

static bool request_check(const struct op *op, uint8_t chain) {
    const struct op_remove_liquidity_request *l = &op->u.remove_liquidity_request;
    return op->outcome == 0 && amount_is_zero(l->out) && l->chain == chain && chain != 0 &&
           token_chain(l->token) != 0;
}

static uint8_t request_chain(const struct op *op) {
    return op->u.remove_liquidity_request.chain;
}

/* What the request comes to on this state. */
static enum op_outcome outcome(const struct state *s, const struct block_context *ctx,
                               const struct op *op) {
    const struct op_remove_liquidity_request *l = &op->u.remove_liquidity_request;
    (void)s;
    return ctx->timestamp > l->deadline ? OUTCOME_EXPIRED : OUTCOME_IMPOSSIBLE;
}

static enum rejection resolve(struct resolver *r, struct op *op) {
    clear_outcome(op);
    op->outcome = outcome(r->s, r->ctx, op);
    return chain_list_find(r->ctx->chains, request_chain(op)) < 0 ? REJECT_CHAIN_UNKNOWN
                                                                  : REJECT_NONE;
}

static enum rejection apply(struct exec *x) {
    const struct op_remove_liquidity_request *l = &x->op->u.remove_liquidity_request;
    if (outcome(x->s, x->ctx, x->op) != x->op->outcome || !amount_is_zero(l->out)) {
        return REJECT_REQUEST_OUTCOME;
    }
    return exec_out(x, request_chain(x->op));
}

const struct op_class OP_CLASS_REMOVE_LIQUIDITY_REQUEST = {
    .name = "RemoveLiquidityRequest",
    .source = SOURCE_REQUEST,
    .words = 4,
    .has_outcome = true,
    .words_codec = words_codec,
    .store_codec = store_codec,
    .clear_outcome = clear_outcome,
    .request_check = request_check,
    .request_chain = request_chain,
    .resolve = resolve,
    .apply = apply,
};
