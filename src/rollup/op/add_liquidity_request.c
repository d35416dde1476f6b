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

/* What the request comes to on this state. *t: the quote, where *asked: the pool has liquidity and
 * the token. */
static enum op_outcome outcome(const struct state *s, const struct block_context *ctx,
                               const struct op_add_liquidity_request *l, struct pool_view *v,
                               struct pool_trade *t, bool *asked) {
    *asked = false;
    if (ctx->timestamp > l->deadline) {
        return OUTCOME_EXPIRED;
    }
    if (!pool_view(v, s, l->pool) || amount_is_zero(v->supply) ||
        (l->token != v->token_a && l->token != v->token_b)) {
        return OUTCOME_IMPOSSIBLE;
    }
    *asked = true;
    if (pool_add_one_quote(t, v, l->token == v->token_b, l->amount) != REJECT_NONE) {
        return OUTCOME_IMPOSSIBLE;
    }
    return amount_is_zero(t->result) || amount_less(t->result, l->min_shares)
               ? OUTCOME_BELOW_MINIMUM
               : OUTCOME_DONE;
}

static enum rejection resolve(struct resolver *r, struct op *op) {
    struct op_add_liquidity_request *l = &op->u.add_liquidity_request;
    struct pool_view v;
    struct pool_trade t;
    bool asked;
    clear_outcome(op);
    op->outcome = outcome(r->s, r->ctx, l, &v, &t, &asked);
    if (op->outcome == OUTCOME_DONE) {
        l->shares = t.result;
        enum rejection e = resolve_new_account(r, &op->account);
        if (e != REJECT_NONE) {
            return e;
        }
    }
    return chain_list_find(r->ctx->chains, token_chain(l->token)) < 0 ? REJECT_CHAIN_UNKNOWN
                                                                      : REJECT_NONE;
}

static enum rejection open_position(struct exec *x) {
    const struct op_add_liquidity_request *l = &x->op->u.add_liquidity_request;
    struct record after = record_empty();
    if (access_record(x, 0, x->op->account)->tag != RECORD_EMPTY) {
        return REJECT_ACCOUNT_TAKEN;
    }
    after.tag = RECORD_POSITION;
    after.u.position.chain = token_chain(l->token);
    after.u.position.index = l->index;
    after.u.position.pool = l->pool;
    memcpy(after.u.position.exit, l->exit, ADDRESS_LEN);
    after.u.position.shares = l->shares;
    return access_record_set(x, 0, &after);
}

/* k6 and k7, and the supply; nothing moves unless it is done. */
static enum rejection add(struct exec *x, const struct pool_view *v) {
    const struct op_add_liquidity_request *l = &x->op->u.add_liquidity_request;
    bool done = x->op->outcome == OUTCOME_DONE, is_b = l->token == v->token_b;
    struct record after = x->e->access[5].before;
    if (done && !amount_add(&after.u.pool.supply, v->supply, l->shares)) {
        return REJECT_SHARES_OVERFLOW; /* the quote had refused it */
    }
    enum rejection r = done ? access_record_set(x, 5, &after) : REJECT_NONE;
    if (r == REJECT_NONE) {
        r = access_credit(x, 6, l->pool, is_b ? 2 : 1, l->token, done ? l->amount : amount_zero());
    }
    return r == REJECT_NONE ? access_debit(x, 7, l->pool, is_b ? 1 : 2,
                                           is_b ? v->token_a : v->token_b, amount_zero())
                            : r;
}

static enum rejection apply(struct exec *x) {
    const struct op_add_liquidity_request *l = &x->op->u.add_liquidity_request;
    struct pool_view v;
    bool asked;
    enum op_outcome o = outcome(x->s, x->ctx, l, &v, &x->e->trade, &asked);
    bool done = o == OUTCOME_DONE;
    if (x->op->outcome != o || (!done && x->op->account != 0) ||
        !amount_eq(l->shares, done ? x->e->trade.result : amount_zero())) {
        return REJECT_REQUEST_OUTCOME;
    }
    x->e->amount_x = l->amount;
    x->e->shares = l->shares;
    enum rejection r = done ? open_position(x) : REJECT_NONE;
    (void)access_record(x, 5, l->pool);
    if (r == REJECT_NONE && asked) {
        r = add(x, &v);
    }
    if (!done) {
        exec_payout(x, l->token, l->amount, l->refund_to);
        x->e->payout.a = token_chain(l->token);
        x->e->payout.b = l->index;
    }
    return r == REJECT_NONE ? exec_out(x, token_chain(l->token)) : r;
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
