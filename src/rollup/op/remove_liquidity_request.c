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

/* What the request comes to on this state. *t: the quote, where the position and its pool are what
 * the request says. */
static enum op_outcome outcome(const struct state *s, const struct block_context *ctx,
                               const struct op *op, struct pool_view *v, struct pool_trade *t) {
    const struct op_remove_liquidity_request *l = &op->u.remove_liquidity_request;
    const struct record *r = state_account(s, op->account);
    if (ctx->timestamp > l->deadline) {
        return OUTCOME_EXPIRED;
    }
    if (r->tag != RECORD_POSITION || r->u.position.chain != l->chain ||
        r->u.position.index != l->index || r->u.position.pool != l->pool ||
        amount_less(r->u.position.shares, l->shares)) {
        return OUTCOME_IMPOSSIBLE;
    }
    if (!pool_view(v, s, l->pool) || (l->token != v->token_a && l->token != v->token_b) ||
        pool_remove_one_quote(t, v, l->token == v->token_b, l->shares) != REJECT_NONE) {
        return OUTCOME_IMPOSSIBLE; /* by the token: a position's pool exists and has more shares */
    }
    return amount_is_zero(t->result) || amount_less(t->result, l->min_out) ? OUTCOME_BELOW_MINIMUM
                                                                           : OUTCOME_DONE;
}

static enum rejection resolve(struct resolver *r, struct op *op) {
    struct op_remove_liquidity_request *l = &op->u.remove_liquidity_request;
    struct pool_view v;
    struct pool_trade t;
    clear_outcome(op);
    op->outcome = outcome(r->s, r->ctx, op, &v, &t);
    if (op->outcome == OUTCOME_DONE) {
        l->out = t.result;
    }
    return chain_list_find(r->ctx->chains, l->chain) < 0 ? REJECT_CHAIN_UNKNOWN : REJECT_NONE;
}

/* The position's shares and the supply shrink; k6 and k7, which move nothing unless it is done. */
static enum rejection take(struct exec *x, const struct pool_view *v) {
    const struct op_remove_liquidity_request *l = &x->op->u.remove_liquidity_request;
    bool done = x->op->outcome == OUTCOME_DONE, is_b = l->token == v->token_b;
    struct record position = x->e->access[0].before, pool = x->e->access[5].before;
    enum rejection r = REJECT_NONE;
    if (done) {
        if (!amount_sub(&position.u.position.shares, position.u.position.shares, l->shares) ||
            !amount_sub(&pool.u.pool.supply, pool.u.pool.supply, l->shares)) {
            return REJECT_SHARES_TOO_MANY; /* checked before */
        }
        r = access_record_set(x, 0, &position);
        r = r == REJECT_NONE ? access_record_set(x, 5, &pool) : r;
    }
    if (r == REJECT_NONE) {
        r = access_debit(x, 6, l->pool, is_b ? 2 : 1, l->token, done ? l->out : amount_zero());
    }
    return r == REJECT_NONE ? access_debit(x, 7, l->pool, is_b ? 1 : 2,
                                           is_b ? v->token_a : v->token_b, amount_zero())
                            : r;
}

static enum rejection apply(struct exec *x) {
    const struct op_remove_liquidity_request *l = &x->op->u.remove_liquidity_request;
    struct pool_view v;
    enum op_outcome o = outcome(x->s, x->ctx, x->op, &v, &x->e->trade);
    bool done = o == OUTCOME_DONE;
    if (x->op->outcome != o || !amount_eq(l->out, done ? x->e->trade.result : amount_zero())) {
        return REJECT_REQUEST_OUTCOME;
    }
    x->e->amount_x = x->e->trade.result;
    x->e->shares = l->shares;
    (void)access_record(x, 0, x->op->account);
    (void)access_record(x, 5, l->pool);
    enum rejection r = done || o == OUTCOME_BELOW_MINIMUM ? take(x, &v) : REJECT_NONE;
    if (done) {
        exec_payout(x, l->token, l->out, l->to);
        x->e->payout.a = l->chain;
        x->e->payout.b = l->index;
    }
    return r == REJECT_NONE ? exec_request_out(x, l->chain, done ? token_chain(l->token) : l->chain)
                            : r;
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
