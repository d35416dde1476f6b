/* RemoveLiquidity, both tokens: burns shares for their part of the reserves, rounded down.
 *   w0 = PRE | pool 28 | slot A 8 | slot B 8 | slot of the shares 8;  w1 = shares 112
 *   k3, k4 credit; k5 supply shrinks; k6, k7 debit the reserves; k8 debits the shares
 *   m1 = pool 28 | shares 112;  m2 = min A;  m3 = min B */
#include "rollup/op/op_class.h"
#include "rollup/pool.h"

static void words_codec(struct word_codec *c, struct op *op) {
    struct op_remove_liquidity *l = &op->u.remove_liquidity;
    word_u32(c, &l->pool, ACCOUNT_BITS);
    word_u8(c, &l->slot_a, SLOT_BITS);
    word_u8(c, &l->slot_b, SLOT_BITS);
    word_u8(c, &l->slot_lp, SLOT_BITS);
    word_next(c);
    word_amount(c, &l->shares);
}

static void message_codec(struct word_codec *c, struct op *op) {
    struct op_remove_liquidity *l = &op->u.remove_liquidity;
    word_next(c);
    word_u32(c, &l->pool, ACCOUNT_BITS);
    word_amount(c, &l->shares);
    word_next(c);
    word_amount(c, &l->min_a);
    word_next(c);
    word_amount(c, &l->min_b);
}

static void store_codec(struct byte_codec *c, struct op *op) {
    struct op_remove_liquidity *l = &op->u.remove_liquidity;
    byte_u32(c, &l->pool, ACCOUNT_BITS);
    byte_amount(c, &l->shares);
    byte_amount(c, &l->min_a);
    byte_amount(c, &l->min_b);
    byte_u8(c, &l->slot_a);
    byte_u8(c, &l->slot_b);
    byte_u8(c, &l->slot_lp);
}

static enum rejection resolve(struct resolver *r, struct op *op) {
    struct op_remove_liquidity *l = &op->u.remove_liquidity;
    struct pool_view v;
    if (!pool_view(&v, r->s, l->pool)) {
        return REJECT_POOL_UNKNOWN;
    }
    enum rejection e =
        resolve_debit(r, op->account, token_of_pool(l->pool), REJECT_BALANCE_TOO_LOW, &l->slot_lp);
    if (e == REJECT_NONE) {
        e = resolve_credit(r, op->account, v.token_a, &l->slot_a);
    }
    return e == REJECT_NONE ? resolve_credit(r, op->account, v.token_b, &l->slot_b) : e;
}

static enum rejection apply(struct exec *x) {
    const struct op_remove_liquidity *l = &x->op->u.remove_liquidity;
    account_id id = x->op->account;
    struct pool_view v;
    if (!pool_view(&v, x->s, l->pool)) {
        return REJECT_POOL_UNKNOWN;
    }
    if (amount_is_zero(v.supply)) {
        return REJECT_POOL_EMPTY;
    }
    struct record after = *state_account(x->s, l->pool);
    if (!amount_sub(&after.u.pool.supply, v.supply, l->shares)) {
        return REJECT_SHARES_TOO_MANY;
    }
    x->e->shares = l->shares;
    if (!pool_share_value(&x->e->amount_x, &x->e->rem_x, l->shares, v.reserve_a, v.supply) ||
        !pool_share_value(&x->e->amount_y, &x->e->rem_y, l->shares, v.reserve_b, v.supply)) {
        return REJECT_BALANCE_OVERFLOW;
    }
    if (exec_sequencer(x) &&
        (amount_less(x->e->amount_x, l->min_a) || amount_less(x->e->amount_y, l->min_b))) {
        return REJECT_SLIPPAGE;
    }
    enum rejection r = access_credit(x, 3, id, l->slot_a, v.token_a, x->e->amount_x);
    if (r == REJECT_NONE) {
        r = access_credit(x, 4, id, l->slot_b, v.token_b, x->e->amount_y);
    }
    if (r == REJECT_NONE) {
        (void)access_record(x, 5, l->pool);
        r = access_record_set(x, 5, &after);
    }
    if (r == REJECT_NONE) {
        r = access_debit(x, 6, l->pool, 1, v.token_a, x->e->amount_x);
    }
    if (r == REJECT_NONE) {
        r = access_debit(x, 7, l->pool, 2, v.token_b, x->e->amount_y);
    }
    return r == REJECT_NONE ? access_debit(x, 8, id, l->slot_lp, token_of_pool(l->pool), l->shares)
                            : r;
}

const struct op_class OP_CLASS_REMOVE_LIQUIDITY = {
    .name = "RemoveLiquidity",
    .source = SOURCE_SIGNED,
    .words = 2,
    .words_codec = words_codec,
    .message_codec = message_codec,
    .store_codec = store_codec,
    .resolve = resolve,
    .apply = apply,
};
