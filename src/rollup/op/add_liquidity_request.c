/* AddLiquidityRequest (request): one token from L1 into a pool. The contract of the token's chain
 * took the amount; the shares go into a new position, or the amount goes back.
 *   w0 = 18:8 | outcome 2 | pool 28 | token 40 | amount 112 | deadline 40
 *   w1 = min shares 112 | shares 112
 *   w2 = account 28 (the position's; 0 unless done) | exit address 160 | queue index 40
 *   w3 = owner of the position; a refund is paid to it
 *   k0 (if done) empty -> position; k5 record `pool`, whatever it is; where the pool could do it:
 * k6 and k7, its reserves, k6 changed if done. Outbox of the token's chain. A minimum of 0 counts
 * as 1.
 */
#include "rollup/op/op_class.h"
#include "rollup/pool.h"

#include <string.h>

static void words_codec(struct word_codec *c, struct op *op) {
    struct op_add_liquidity_request *l = &op->u.add_liquidity_request;
    word_u32(c, &l->pool, ACCOUNT_BITS);
    word_token(c, &l->token);
    word_amount(c, &l->amount);
    word_u64(c, &l->deadline, DEADLINE_BITS);
    word_next(c);
    word_amount(c, &l->min_shares);
    word_amount(c, &l->shares);
    word_next(c);
    word_u32(c, &op->account, ACCOUNT_BITS);
    word_packed_address(c, l->exit);
    word_u64(c, &l->index, QUEUE_INDEX_BITS);
    word_next(c);
    word_address(c, l->refund_to);
}

static void store_codec(struct byte_codec *c, struct op *op) {
    struct op_add_liquidity_request *l = &op->u.add_liquidity_request;
    byte_u32(c, &l->pool, ACCOUNT_BITS);
    byte_token(c, &l->token);
    byte_amount(c, &l->amount);
    byte_amount(c, &l->min_shares);
    byte_u64(c, &l->deadline, DEADLINE_BITS / 8);
    byte_raw(c, l->exit, ADDRESS_LEN);
    byte_u64(c, &l->index, QUEUE_INDEX_BITS / 8);
    byte_raw(c, l->refund_to, ADDRESS_LEN);
    byte_amount(c, &l->shares);
}

static void clear_outcome(struct op *op) {
    op->outcome = OUTCOME_DONE;
    op->account = 0;
    op->u.add_liquidity_request.shares = amount_zero();
}

static bool request_check(const struct op *op, uint8_t chain) {
    const struct op_add_liquidity_request *l = &op->u.add_liquidity_request;
    return op->outcome == 0 && op->account == 0 && amount_is_zero(l->shares) && chain != 0 &&
           token_chain(l->token) == chain;
}

static void request_taken(const struct op *op, token_id *token, struct amount *amount) {
    *token = op->u.add_liquidity_request.token;
    *amount = op->u.add_liquidity_request.amount;
}

static uint8_t request_chain(const struct op *op) {
    return token_chain(op->u.add_liquidity_request.token);
}

/* What the request comes to on this state. */
static enum op_outcome outcome(const struct state *s, const struct block_context *ctx,
                               const struct op *op) {
    const struct op_add_liquidity_request *l = &op->u.add_liquidity_request;
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
    const struct op_add_liquidity_request *l = &x->op->u.add_liquidity_request;
    if (outcome(x->s, x->ctx, x->op) != x->op->outcome || !amount_is_zero(l->shares)) {
        return REJECT_REQUEST_OUTCOME;
    }
    return exec_out(x, request_chain(x->op));
}

const struct op_class OP_CLASS_ADD_LIQUIDITY_REQUEST = {
    .name = "AddLiquidityRequest",
    .source = SOURCE_REQUEST,
    .words = 4,
    .has_outcome = true,
    .words_codec = words_codec,
    .store_codec = store_codec,
    .clear_outcome = clear_outcome,
    .request_check = request_check,
    .request_chain = request_chain,
    .request_taken = request_taken,
    .resolve = resolve,
    .apply = apply,
};
