/* Swap: an exact amount in, on a pool of either curve.
 *   w0 = PRE | pool 28 | slot in 8 | slot out 8 | direction 1 (1: B to A) | amount in 112
 *   k3 debit, k4 credit, k5 pool read, k6 credit and k7 debit the reserves (in, out)
 *   m1 = pool 28 | token in 40 | amount in 112;  m2 = min out */
#include "rollup/op/op_class.h"
#include "rollup/pool.h"

static void words_codec(struct word_codec *c, struct op *op) {
    struct op_swap *w = &op->u.swap;
    word_u32(c, &w->pool, ACCOUNT_BITS);
    word_u8(c, &w->slot_in, SLOT_BITS);
    word_u8(c, &w->slot_out, SLOT_BITS);
    word_bool(c, &w->b_to_a);
    word_amount(c, &w->amount_in);
}

static void message_codec(struct word_codec *c, struct op *op) {
    struct op_swap *w = &op->u.swap;
    word_next(c);
    word_u32(c, &w->pool, ACCOUNT_BITS);
    word_token(c, &w->token_in);
    word_amount(c, &w->amount_in);
    word_next(c);
    word_amount(c, &w->min_out);
}

static void store_codec(struct byte_codec *c, struct op *op) {
    struct op_swap *w = &op->u.swap;
    byte_u32(c, &w->pool, ACCOUNT_BITS);
    byte_token(c, &w->token_in);
    byte_amount(c, &w->amount_in);
    byte_amount(c, &w->min_out);
    byte_u8(c, &w->slot_in);
    byte_u8(c, &w->slot_out);
    byte_bool(c, &w->b_to_a);
}

static enum rejection resolve(struct resolver *r, struct op *op) {
    struct op_swap *w = &op->u.swap;
    struct pool_view v;
    if (!pool_view(&v, r->s, w->pool)) {
        return REJECT_POOL_UNKNOWN;
    }
    if (w->token_in != v.token_a && w->token_in != v.token_b) {
        return REJECT_POOL_TOKEN;
    }
    w->b_to_a = w->token_in == v.token_b;
    enum rejection e =
        resolve_debit(r, op->account, w->token_in, REJECT_BALANCE_TOO_LOW, &w->slot_in);
    return e == REJECT_NONE
               ? resolve_credit(r, op->account, w->b_to_a ? v.token_a : v.token_b, &w->slot_out)
               : e;
}

static enum rejection apply(struct exec *x) {
    const struct op_swap *w = &x->op->u.swap;
    account_id id = x->op->account;
    struct pool_view v;
    if (!pool_view(&v, x->s, w->pool)) {
        return REJECT_POOL_UNKNOWN;
    }
    token_id in = w->b_to_a ? v.token_b : v.token_a, out = w->b_to_a ? v.token_a : v.token_b;
    uint8_t reserve_slot_in = w->b_to_a ? 2 : 1, reserve_slot_out = w->b_to_a ? 1 : 2;
    if (exec_sequencer(x) && w->token_in != in) {
        return w->token_in == out ? REJECT_MALFORMED : REJECT_POOL_TOKEN;
    }
    struct pool_trade *t = &x->e->trade;
    enum rejection r = pool_swap_quote(t, &v, w->b_to_a, w->amount_in);
    if (r != REJECT_NONE) {
        return r;
    }
    if (exec_sequencer(x) && amount_less(t->result, w->min_out)) {
        return REJECT_SLIPPAGE;
    }
    x->e->amount_x = w->amount_in;
    x->e->amount_y = t->result;
    r = access_debit(x, 3, id, w->slot_in, in, w->amount_in);
    if (r == REJECT_NONE) {
        r = access_credit(x, 4, id, w->slot_out, out, t->result);
    }
    if (r == REJECT_NONE) {
        (void)access_record(x, 5, w->pool);
        r = access_credit(x, 6, w->pool, reserve_slot_in, in, w->amount_in);
    }
    return r == REJECT_NONE ? access_debit(x, 7, w->pool, reserve_slot_out, out, t->result) : r;
}

const struct op_class OP_CLASS_SWAP = {
    .name = "Swap",
    .source = SOURCE_SIGNED,
    .words = 1,
    .words_codec = words_codec,
    .message_codec = message_codec,
    .store_codec = store_codec,
    .resolve = resolve,
    .apply = apply,
};
