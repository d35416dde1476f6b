/* AddLiquidityOne: v0 of token x in for v1 shares. RemoveLiquidityOne: v0 shares for v1 of token x.
 * Direction 0: token x is the pool's A. v1 by the pool's formula; v8 = v1 - the signed minimum. k7
 * is a debit of nothing, so that the pool has both reserves, and old7 is the other one. */
#include "circuit/op/op_formula.h"

enum { GIVEN = 0, RESULT = 1, LIMIT = 8 };

static void one_sided_common(struct op_build *b, ax s) {
    ax direction = b->col[OPC_DIRECTION], given = b->col[OPC_V(GIVEN)];
    op_pool_if(b, s, s);
    op_use(b, OPC_SLOT_X, s);
    op_use(b, OPC_SLOT_LP, s);
    op_use(b, OPC_DIRECTION, s);
    op_range(b, GIVEN, s, 112);
    op_range(b, LIMIT, s, 112);
    op_debit(b, 7, s, op_int(b, 0));
    ax w0 = op_add(b, op_shl(b, b->col[OPC_SLOT_X], 115),
                   op_add(b, op_shl(b, b->col[OPC_SLOT_LP], 123), op_shl(b, direction, 131)));
    op_accumulate(b, &b->w0, s, w0);
    op_word(b, 1, s, given);
    op_log_words(b, s, 2);
    ax m1 = op_add(b, b->col[OPC_PEER],
                   op_add(b, op_shl(b, b->col[OPC_TOKEN_X], 28), op_shl(b, given, 68)));
    op_accumulate(b, &b->message[1], s, m1);
    op_accumulate(b, &b->message[2], s, op_sub(b, b->col[OPC_V(RESULT)], b->col[OPC_V(LIMIT)]));
}

void op_add_liquidity_one_constrain(struct op_build *b) {
    ax s = b->s[OP_ADD_LIQUIDITY_ONE], in = b->col[OPC_V(GIVEN)], shares = b->col[OPC_V(RESULT)];
    one_sided_common(b, s);
    op_add_one_formula(b, s);
    op_debit(b, 3, s, in);
    op_credit(b, 6, s, in);
    op_credit(b, 8, s, shares);
    op_accumulate(b, &b->peer_change[3], s, shares);
}

void op_remove_liquidity_one_constrain(struct op_build *b) {
    ax s = b->s[OP_REMOVE_LIQUIDITY_ONE], shares = b->col[OPC_V(GIVEN)];
    ax out = b->col[OPC_V(RESULT)];
    one_sided_common(b, s);
    op_remove_one_formula(b, s);
    op_credit(b, 3, s, out);
    op_debit(b, 6, s, out);
    op_debit(b, 8, s, shares);
    op_accumulate(b, &b->peer_change[3], s, air_neg(b->c, shares));
}

static void fill_common(struct op_fill *f) {
    const struct op_one_sided *l = &f->op->u.one_sided;
    const struct effect *e = f->effect;
    op_set_u64(f, OPC_PEER, l->pool);
    op_set_u64(f, OPC_SLOT_X, l->slot);
    op_set_u64(f, OPC_SLOT_LP, l->slot_lp);
    op_set_u64(f, OPC_TOKEN_X, e->access[6].token);
    op_set_u64(f, OPC_TOKEN_Y, e->access[7].token);
    op_set_u64(f, OPC_DIRECTION, l->is_b);
    op_set_value(f, GIVEN, l->amount.v, 112);
    op_set_value(f, LIMIT, e->trade.result.v - l->min.v, 112);
}

void op_add_liquidity_one_fill(struct op_fill *f) {
    fill_common(f);
    op_add_one_formula_fill(f, f->op->u.one_sided.amount);
}

void op_remove_liquidity_one_fill(struct op_fill *f) {
    fill_common(f);
    op_remove_one_formula_fill(f, f->op->u.one_sided.amount);
}
