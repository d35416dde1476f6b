/* Swap on a pool of either curve, exact input: x = token in, y = token out, direction 0: A -> B. in
 * = v0, out = v1 by the pool's formula; v8 = out - minOut. */
#include "circuit/op/op_formula.h"

enum { IN = 0, OUT = 1, LIMIT = 8 };

void op_swap_constrain(struct op_build *b) {
    ax s = b->s[OP_SWAP], in = b->col[OPC_V(IN)], out = b->col[OPC_V(OUT)];
    ax direction = b->col[OPC_DIRECTION];
    op_pool(b, s);
    op_use(b, OPC_DIRECTION, s);
    op_range(b, IN, s, 112);
    op_range(b, LIMIT, s, 112);
    op_debit(b, 3, s, in);
    op_credit(b, 4, s, out);
    op_credit(b, 6, s, in);
    op_debit(b, 7, s, out);

    op_swap_formula(b, s);
    ax w0 =
        op_add(b, op_add(b, op_shl(b, b->col[OPC_SLOT_X], 115), op_shl(b, b->col[OPC_SLOT_Y], 123)),
               op_add(b, op_shl(b, direction, 131), op_shl(b, in, 132)));
    op_accumulate(b, &b->w0, s, w0);
    op_log_words(b, s, 1);
    ax m1 = op_add(b, b->col[OPC_PEER],
                   op_add(b, op_shl(b, b->col[OPC_TOKEN_X], 28), op_shl(b, in, 68)));
    op_accumulate(b, &b->message[1], s, m1);
    op_accumulate(b, &b->message[2], s, op_sub(b, out, b->col[OPC_V(LIMIT)]));
}

void op_swap_fill(struct op_fill *f) {
    const struct op_swap *w = &f->op->u.swap;
    const struct effect *e = f->effect;
    op_set_u64(f, OPC_PEER, w->pool);
    op_set_u64(f, OPC_SLOT_X, w->slot_in);
    op_set_u64(f, OPC_SLOT_Y, w->slot_out);
    op_set_u64(f, OPC_TOKEN_X, e->access[3].token);
    op_set_u64(f, OPC_TOKEN_Y, e->access[4].token);
    op_set_u64(f, OPC_DIRECTION, w->b_to_a);
    op_set_value(f, IN, e->amount_x.v, 112);
    op_swap_formula_fill(f, e->amount_x);
    op_set_value(f, LIMIT, e->amount_y.v - w->min_out.v, 112);
}
