/* AddLiquidityOne and RemoveLiquidityOne: one token of a pool in for shares, or shares for one
 * token. w0 = PRE | pool 28 | slot of the token 8 | slot of the shares 8 | direction 1 (0: token A)
 *   w1 = amount in 112 (add), shares 112 (remove)
 *   k3 debit (remove: credit); k5 supply grows (shrinks); k6 credits (debits) the token's reserve;
 *   k7 reads the other reserve, as a debit of nothing; k8 credits (debits) the shares
 *   m1 = pool 28 | token 40 | w1;  m2 = min shares (remove: min out) */
#include "rollup/op/op_class.h"
#include "rollup/pool.h"

static void words_codec(struct word_codec *c, struct op *op) {
    struct op_one_sided *l = &op->u.one_sided;
    word_u32(c, &l->pool, ACCOUNT_BITS);
    word_u8(c, &l->slot, SLOT_BITS);
    word_u8(c, &l->slot_lp, SLOT_BITS);
    word_bool(c, &l->is_b);
    word_next(c);
    word_amount(c, &l->amount);
}

static void message_codec(struct word_codec *c, struct op *op) {
    struct op_one_sided *l = &op->u.one_sided;
    word_next(c);
    word_u32(c, &l->pool, ACCOUNT_BITS);
    word_token(c, &l->token);
    word_amount(c, &l->amount);
    word_next(c);
    word_amount(c, &l->min);
}

static void store_codec(struct byte_codec *c, struct op *op) {
    struct op_one_sided *l = &op->u.one_sided;
    byte_u32(c, &l->pool, ACCOUNT_BITS);
    byte_token(c, &l->token);
    byte_amount(c, &l->amount);
    byte_amount(c, &l->min);
    byte_u8(c, &l->slot);
    byte_u8(c, &l->slot_lp);
    byte_bool(c, &l->is_b);
}

static enum rejection resolve(struct resolver *r, struct op *op) {
    struct op_one_sided *l = &op->u.one_sided;
    struct pool_view v;
    if (!pool_view(&v, r->s, l->pool)) {
        return REJECT_POOL_UNKNOWN;
    }
    if (l->token != v.token_a && l->token != v.token_b) {
        return REJECT_POOL_TOKEN;
    }
    l->is_b = l->token == v.token_b;
    token_id shares = token_of_pool(l->pool);
    bool add = op->type == OP_ADD_LIQUIDITY_ONE;
    enum rejection e = resolve_debit(r, op->account, add ? l->token : shares,
                                     REJECT_BALANCE_TOO_LOW, add ? &l->slot : &l->slot_lp);
    return e == REJECT_NONE ? resolve_credit(r, op->account, add ? shares : l->token,
                                             add ? &l->slot_lp : &l->slot)
                            : e;
}

/* What both types look at before anything moves; fills the trade. */
static enum rejection begin(struct exec *x, struct pool_view *v) {
    const struct op_one_sided *l = &x->op->u.one_sided;
    struct pool_trade *t = &x->e->trade;
    if (!pool_view(v, x->s, l->pool)) {
        return REJECT_POOL_UNKNOWN;
    }
    if (exec_sequencer(x) && l->token != (l->is_b ? v->token_b : v->token_a)) {
        return l->token == v->token_a || l->token == v->token_b ? REJECT_MALFORMED
                                                                : REJECT_POOL_TOKEN;
    }
    enum rejection r = x->op->type == OP_ADD_LIQUIDITY_ONE
                           ? pool_add_one_quote(t, v, l->is_b, l->amount)
                           : pool_remove_one_quote(t, v, l->is_b, l->amount);
    if (r == REJECT_NONE && exec_sequencer(x)) {
        r = amount_is_zero(t->result)        ? REJECT_RESULT_ZERO
            : amount_less(t->result, l->min) ? REJECT_SLIPPAGE
                                             : REJECT_NONE;
    }
    return r;
}

static enum rejection change_supply(struct exec *x, struct amount supply) {
    (void)access_record(x, 5, x->op->u.one_sided.pool);
    struct record after = x->e->access[5].before;
    after.u.pool.supply = supply;
    return access_record_set(x, 5, &after);
}

static enum rejection apply_add(struct exec *x) {
    const struct op_one_sided *l = &x->op->u.one_sided;
    account_id id = x->op->account;
    struct pool_view v;
    struct amount supply;
    enum rejection r = begin(x, &v);
    if (r != REJECT_NONE) {
        return r;
    }
    token_id token = l->is_b ? v.token_b : v.token_a, other = l->is_b ? v.token_a : v.token_b;
    x->e->amount_x = l->amount;
    x->e->shares = x->e->trade.result;
    if (!amount_add(&supply, v.supply, x->e->shares)) {
        return REJECT_SHARES_OVERFLOW;
    }
    r = access_debit(x, 3, id, l->slot, token, l->amount);
    if (r == REJECT_NONE) {
        r = change_supply(x, supply);
    }
    if (r == REJECT_NONE) {
        r = access_credit(x, 6, l->pool, l->is_b ? 2 : 1, token, l->amount);
    }
    if (r == REJECT_NONE) {
        r = access_debit(x, 7, l->pool, l->is_b ? 1 : 2, other, amount_zero());
    }
    return r == REJECT_NONE
               ? access_credit(x, 8, id, l->slot_lp, token_of_pool(l->pool), x->e->shares)
               : r;
}

static enum rejection apply_remove(struct exec *x) {
    const struct op_one_sided *l = &x->op->u.one_sided;
    account_id id = x->op->account;
    struct pool_view v;
    struct amount supply;
    enum rejection r = begin(x, &v);
    if (r != REJECT_NONE) {
        return r;
    }
    token_id token = l->is_b ? v.token_b : v.token_a, other = l->is_b ? v.token_a : v.token_b;
    x->e->amount_x = x->e->trade.result;
    x->e->shares = l->amount;
    if (!amount_sub(&supply, v.supply, l->amount)) {
        return REJECT_SHARES_TOO_MANY;
    }
    r = access_credit(x, 3, id, l->slot, token, x->e->amount_x);
    if (r == REJECT_NONE) {
        r = change_supply(x, supply);
    }
    if (r == REJECT_NONE) {
        r = access_debit(x, 6, l->pool, l->is_b ? 2 : 1, token, x->e->amount_x);
    }
    if (r == REJECT_NONE) {
        r = access_debit(x, 7, l->pool, l->is_b ? 1 : 2, other, amount_zero());
    }
    return r == REJECT_NONE ? access_debit(x, 8, id, l->slot_lp, token_of_pool(l->pool), l->amount)
                            : r;
}

const struct op_class OP_CLASS_ADD_LIQUIDITY_ONE = {
    .name = "AddLiquidityOne",
    .source = SOURCE_SIGNED,
    .words = 2,
    .words_codec = words_codec,
    .message_codec = message_codec,
    .store_codec = store_codec,
    .resolve = resolve,
    .apply = apply_add,
};

const struct op_class OP_CLASS_REMOVE_LIQUIDITY_ONE = {
    .name = "RemoveLiquidityOne",
    .source = SOURCE_SIGNED,
    .words = 2,
    .words_codec = words_codec,
    .message_codec = message_codec,
    .store_codec = store_codec,
    .resolve = resolve,
    .apply = apply_remove,
};
