/* AddLiquidity, both tokens: the first to a pool (type 8) and later ones (type 9). Signed alike.
 *   w0 = PRE | pool 28 | slot A 8 | slot B 8 | slot of the shares 8
 *   w1 = a 112 | b 112 (type 8), shares 112 (type 9)
 *   k3, k4 debit; k5 supply grows; k6, k7 credit the reserves; k8 credits the shares
 *   m1 = pool 28 | max A 112;  m2 = max B;  m3 = min shares */
#include "rollup/op/op_class.h"
#include "rollup/pool.h"

static void slots_codec(struct word_codec *c, struct op *op) {
    struct op_add_liquidity *l = &op->u.add_liquidity;
    word_u32(c, &l->pool, ACCOUNT_BITS);
    word_u8(c, &l->slot_a, SLOT_BITS);
    word_u8(c, &l->slot_b, SLOT_BITS);
    word_u8(c, &l->slot_lp, SLOT_BITS);
    word_next(c);
}

static void first_words(struct word_codec *c, struct op *op) {
    slots_codec(c, op);
    word_amount(c, &op->u.add_liquidity.a);
    word_amount(c, &op->u.add_liquidity.b);
}

static void more_words(struct word_codec *c, struct op *op) {
    slots_codec(c, op);
    word_amount(c, &op->u.add_liquidity.shares);
}

static void message_codec(struct word_codec *c, struct op *op) {
    struct op_add_liquidity *l = &op->u.add_liquidity;
    word_next(c);
    word_u32(c, &l->pool, ACCOUNT_BITS);
    word_amount(c, &l->max_a);
    word_next(c);
    word_amount(c, &l->max_b);
    word_next(c);
    word_amount(c, &l->min_shares);
}

static void store_codec(struct byte_codec *c, struct op *op) {
    struct op_add_liquidity *l = &op->u.add_liquidity;
    byte_u32(c, &l->pool, ACCOUNT_BITS);
    byte_amount(c, &l->max_a);
    byte_amount(c, &l->max_b);
    byte_amount(c, &l->min_shares);
    byte_u8(c, &l->slot_a);
    byte_u8(c, &l->slot_b);
    byte_u8(c, &l->slot_lp);
    if (op->type == OP_ADD_LIQUIDITY_FIRST) {
        byte_amount(c, &l->a);
        byte_amount(c, &l->b);
    } else {
        byte_amount(c, &l->shares);
    }
}

static enum rejection resolve(struct resolver *r, struct op *op) {
    struct op_add_liquidity *l = &op->u.add_liquidity;
    struct pool_view v;
    if (!pool_view(&v, r->s, l->pool)) {
        return REJECT_POOL_UNKNOWN;
    }
    enum rejection e = resolve_debit(r, op->account, v.token_a, REJECT_BALANCE_TOO_LOW, &l->slot_a);
    if (e == REJECT_NONE) {
        e = resolve_debit(r, op->account, v.token_b, REJECT_BALANCE_TOO_LOW, &l->slot_b);
    }
    if (e == REJECT_NONE) {
        e = resolve_credit(r, op->account, token_of_pool(l->pool), &l->slot_lp);
    }
    l->a = l->b = l->shares = amount_zero();
    if (amount_is_zero(v.supply)) {
        op->type = OP_ADD_LIQUIDITY_FIRST;
        l->a = l->max_a;
        l->b = l->max_b;
    } else {
        op->type = OP_ADD_LIQUIDITY;
        if (e == REJECT_NONE &&
            !pool_shares_for(&l->shares, l->max_a, l->max_b, v.reserve_a, v.reserve_b, v.supply)) {
            e = REJECT_SHARES_OVERFLOW;
            l->shares = amount_max();
        }
    }
    return e;
}

/* What is taken (e->amount_x, amount_y), the shares given and the new supply. */
static enum rejection first_amounts(struct exec *x, const struct pool_view *v,
                                    struct amount *supply) {
    const struct op_add_liquidity *l = &x->op->u.add_liquidity;
    if (!amount_is_zero(v->supply)) {
        return REJECT_POOL_NOT_EMPTY;
    }
    x->e->amount_x = l->a;
    x->e->amount_y = l->b;
    enum rejection r = pool_first_quote(&x->e->trade, v, l->a, l->b);
    if (r == REJECT_NONE) {
        x->e->shares = x->e->trade.result;
        *supply = (struct amount){x->e->shares.v + POOL_LOCKED};
    }
    return r;
}

static enum rejection more_amounts(struct exec *x, const struct pool_view *v,
                                   struct amount *supply) {
    const struct op_add_liquidity *l = &x->op->u.add_liquidity;
    if (amount_is_zero(v->supply)) {
        return REJECT_POOL_EMPTY;
    }
    x->e->shares = l->shares;
    if (!pool_share_cost(&x->e->amount_x, &x->e->rem_x, l->shares, v->reserve_a, v->supply) ||
        !pool_share_cost(&x->e->amount_y, &x->e->rem_y, l->shares, v->reserve_b, v->supply)) {
        return REJECT_BALANCE_OVERFLOW;
    }
    if (!pool_cap_allows(v, x->e->amount_x, x->e->amount_y)) {
        return REJECT_POOL_CAP;
    }
    return amount_add(supply, v->supply, l->shares) ? REJECT_NONE : REJECT_SHARES_OVERFLOW;
}

static enum rejection apply(struct exec *x) {
    const struct op_add_liquidity *l = &x->op->u.add_liquidity;
    account_id id = x->op->account;
    struct pool_view v;
    if (!pool_view(&v, x->s, l->pool)) {
        return REJECT_POOL_UNKNOWN;
    }
    struct record after = *state_account(x->s, l->pool);
    token_id token_a = v.token_a, token_b = v.token_b;
    struct amount *supply = &after.u.pool.supply;
    enum rejection r = x->op->type == OP_ADD_LIQUIDITY_FIRST ? first_amounts(x, &v, supply)
                                                             : more_amounts(x, &v, supply);
    if (r == REJECT_NONE && exec_sequencer(x) &&
        (amount_less(l->max_a, x->e->amount_x) || amount_less(l->max_b, x->e->amount_y) ||
         amount_less(x->e->shares, l->min_shares))) {
        r = REJECT_SLIPPAGE;
    }
    if (r == REJECT_NONE) {
        r = access_debit(x, 3, id, l->slot_a, token_a, x->e->amount_x);
    }
    if (r == REJECT_NONE) {
        r = access_debit(x, 4, id, l->slot_b, token_b, x->e->amount_y);
    }
    if (r == REJECT_NONE) {
        (void)access_record(x, 5, l->pool);
        r = access_record_set(x, 5, &after);
    }
    if (r == REJECT_NONE) {
        r = access_credit(x, 6, l->pool, 1, token_a, x->e->amount_x);
    }
    if (r == REJECT_NONE) {
        r = access_credit(x, 7, l->pool, 2, token_b, x->e->amount_y);
    }
    return r == REJECT_NONE
               ? access_credit(x, 8, id, l->slot_lp, token_of_pool(l->pool), x->e->shares)
               : r;
}

const struct op_class OP_CLASS_ADD_LIQUIDITY_FIRST = {
    .name = "AddLiquidityFirst",
    .source = SOURCE_SIGNED,
    .words = 2,
    .words_codec = first_words,
    .message_codec = message_codec,
    .store_codec = store_codec,
    .resolve = resolve,
    .apply = apply,
};

const struct op_class OP_CLASS_ADD_LIQUIDITY = {
    .name = "AddLiquidity",
    .source = SOURCE_SIGNED,
    .words = 2,
    .words_codec = more_words,
    .message_codec = message_codec,
    .store_codec = store_codec,
    .resolve = resolve,
    .apply = apply,
};
