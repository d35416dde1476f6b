/* SwapRequest (request): a swap from L1 to L1. The contract of token_in's chain took amount_in; the
 * pool's output is paid on token_out's chain, or amount_in goes back.
 *   w0 = 17:8 | outcome 2 | pool 28 | token in 40 | amount in 112 | deadline 40
 *   w1 = min out 112 | out 112
 *   w2 = token out 40 | to 160 | queue index 40
 *   w3 = refund to 160 | broker's fee 35 | broker 24 | exclusive until 34
 *   k5 record `pool`, whatever it is; where the pool could do it: k6, k7 its reserves, changed if
 * done Outbox of token_in's chain and, if done and another, of token_out's. A minimum of 0 counts
 * as 1. */
#include "rollup/op/op_class.h"
#include "rollup/pool.h"

static void words_codec(struct word_codec *c, struct op *op) {
    struct op_swap_request *w = &op->u.swap_request;
    word_u32(c, &w->pool, ACCOUNT_BITS);
    word_token(c, &w->token_in);
    word_amount(c, &w->amount_in);
    word_u64(c, &w->deadline, DEADLINE_BITS);
    word_next(c);
    word_amount(c, &w->min_out);
    word_amount(c, &w->out);
    word_next(c);
    word_token(c, &w->token_out);
    word_packed_address(c, w->to);
    word_u64(c, &w->index, QUEUE_INDEX_BITS);
    word_next(c);
    word_packed_address(c, w->refund_to);
    word_fee(c, &w->broker_fee);
    word_u32(c, &w->broker, BROKER_BITS);
    word_u64(c, &w->exclusive_until, EXCLUSIVE_BITS);
}

static void store_codec(struct byte_codec *c, struct op *op) {
    struct op_swap_request *w = &op->u.swap_request;
    byte_u32(c, &w->pool, ACCOUNT_BITS);
    byte_token(c, &w->token_in);
    byte_token(c, &w->token_out);
    byte_amount(c, &w->amount_in);
    byte_amount(c, &w->min_out);
    byte_u64(c, &w->deadline, DEADLINE_BITS / 8);
    byte_raw(c, w->to, ADDRESS_LEN);
    byte_u64(c, &w->index, QUEUE_INDEX_BITS / 8);
    byte_raw(c, w->refund_to, ADDRESS_LEN);
    byte_fee(c, &w->broker_fee);
    byte_u32(c, &w->broker, BROKER_BITS);
    byte_limited(c, &w->exclusive_until, 5, EXCLUSIVE_BITS);
    byte_amount(c, &w->out);
}

static void clear_outcome(struct op *op) {
    op->outcome = OUTCOME_DONE;
    op->u.swap_request.out = amount_zero();
}

static bool request_check(const struct op *op, uint8_t chain) {
    const struct op_swap_request *w = &op->u.swap_request;
    return op->outcome == 0 && amount_is_zero(w->out) && token_chain(w->token_in) == chain &&
           token_chain(w->token_out) != 0;
}

static void request_taken(const struct op *op, token_id *token, struct amount *amount) {
    *token = op->u.swap_request.token_in;
    *amount = op->u.swap_request.amount_in;
}

static uint8_t request_chain(const struct op *op) {
    return token_chain(op->u.swap_request.token_in);
}

/* What the request comes to on this state. *q: the quote, where *asked: the pool has liquidity and
 * the tokens. */
static enum op_outcome outcome(const struct state *s, const struct block_context *ctx,
                               const struct op_swap_request *w, struct pool_view *v,
                               struct pool_trade *q, bool *asked) {
    *asked = false;
    if (ctx->timestamp > w->deadline) {
        return OUTCOME_EXPIRED;
    }
    if (!pool_view(v, s, w->pool) || amount_is_zero(v->supply)) {
        return OUTCOME_IMPOSSIBLE;
    }
    bool a_to_b = w->token_in == v->token_a && w->token_out == v->token_b;
    bool b_to_a = w->token_in == v->token_b && w->token_out == v->token_a;
    *asked = a_to_b || b_to_a;
    if (!*asked || pool_swap_quote(q, v, b_to_a, w->amount_in) != REJECT_NONE) {
        return OUTCOME_IMPOSSIBLE;
    }
    return amount_is_zero(q->result) || amount_less(q->result, w->min_out) ? OUTCOME_BELOW_MINIMUM
                                                                           : OUTCOME_DONE;
}

static enum rejection resolve(struct resolver *r, struct op *op) {
    struct op_swap_request *w = &op->u.swap_request;
    struct pool_view v;
    struct pool_trade q;
    clear_outcome(op);
    bool asked;
    op->outcome = outcome(r->s, r->ctx, w, &v, &q, &asked);
    if (op->outcome == OUTCOME_DONE) {
        w->out = q.result;
    }
    return chain_list_find(r->ctx->chains, token_chain(w->token_in)) < 0 ? REJECT_CHAIN_UNKNOWN
                                                                         : REJECT_NONE;
}

/* k6 and k7: the reserves move if the swap is done, and are read if it gives too little or passes
 * the cap. */
static enum rejection trade(struct exec *x, const struct pool_view *v, const struct pool_trade *q) {
    const struct op_swap_request *w = &x->op->u.swap_request;
    bool done = x->op->outcome == OUTCOME_DONE, b_to_a = w->token_in == v->token_b;
    struct amount zero = amount_zero();
    x->e->amount_y = q->result;
    x->e->trade = *q;
    enum rejection r =
        access_credit(x, 6, w->pool, b_to_a ? 2 : 1, w->token_in, done ? w->amount_in : zero);
    return r == REJECT_NONE
               ? access_debit(x, 7, w->pool, b_to_a ? 1 : 2, w->token_out, done ? q->result : zero)
               : r;
}

static enum rejection apply(struct exec *x) {
    const struct op_swap_request *w = &x->op->u.swap_request;
    struct pool_view v;
    struct pool_trade q;
    bool asked;
    enum op_outcome o = outcome(x->s, x->ctx, w, &v, &q, &asked);
    bool done = o == OUTCOME_DONE;
    if (x->op->outcome != o || !amount_eq(w->out, done ? q.result : amount_zero())) {
        return REJECT_REQUEST_OUTCOME;
    }
    x->e->amount_x = w->amount_in;
    (void)access_record(x, 5, w->pool);
    if (asked) {
        enum rejection r = trade(x, &v, &q);
        if (r != REJECT_NONE) {
            return r;
        }
    }
    exec_payout(x, done ? w->token_out : w->token_in, done ? q.result : w->amount_in,
                done ? w->to : w->refund_to);
    x->e->payout.a = token_chain(w->token_in);
    x->e->payout.b = w->index;
    if (done) {
        x->e->payout.broker_fee = fee_value(w->broker_fee);
        x->e->payout.broker = w->broker;
        x->e->payout.exclusive_until = w->exclusive_until;
    }
    return exec_request_out(x, token_chain(w->token_in), x->e->payout.chain);
}

const struct op_class OP_CLASS_SWAP_REQUEST = {
    .name = "SwapRequest",
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
