/* CreatePool, CreateStablePool: k5 opens the empty account `peer` as a pool of tokens v0 < v1 with
 * the fee v7 < 10^4. Its supply is 0. The tokens need not exist. A stable pool's curve stands in
 * amp, mult_x (of A), mult_y (of B), each in its range (op_formula.c) and, by v9, v3, v10 = it less
 * 1, not 0. */
#include "circuit/op/op_formula.h"

enum { TOKEN_A = 0, TOKEN_B = 1, TOKEN_GAP = 6, FEE = 7, FEE_ROOM = 8 };
enum { MULT_A_LESS = 3, AMP_LESS = 9, MULT_B_LESS = 10 };

static void create_common(struct op_build *b, ax s, enum record_tag tag) {
    ax token_a = b->col[OPC_V(TOKEN_A)], token_b = b->col[OPC_V(TOKEN_B)];
    ax fee = b->col[OPC_V(FEE)];
    op_use(b, OPC_PEER, s);
    op_range(b, TOKEN_A, s, TOKEN_BITS);
    op_range(b, TOKEN_B, s, TOKEN_BITS);
    op_range(b, TOKEN_GAP, s, TOKEN_BITS);
    op_range(b, FEE, s, 112);
    op_range(b, FEE_ROOM, s, 112);
    ax gap = op_sub(b, op_sub(b, token_b, token_a), op_int(b, 1));
    air_zero(b->c, op_mul(b, s, op_sub(b, b->col[OPC_V(TOKEN_GAP)], gap)),
             "create pool: tokens in ascending order");
    ax room = op_sub(b, op_int(b, POOL_FEE_UNIT - 1), fee);
    air_zero(b->c, op_mul(b, s, op_sub(b, b->col[OPC_V(FEE_ROOM)], room)),
             "create pool: fee below its unit");

    b->gate[5] = op_add(b, b->gate[5], s);
    b->peer_new = op_add(b, b->peer_new, s);
    op_accumulate(b, &b->peer_tag_change, s, op_int(b, tag));
    op_accumulate(b, &b->peer_change[0], s, token_a);
    op_accumulate(b, &b->peer_change[1], s, token_b);

    ax w0 =
        op_add(b, op_shl(b, fee, 115), op_add(b, op_shl(b, token_a, 131), op_shl(b, token_b, 171)));
    op_accumulate(b, &b->w0, s, w0);
    ax m1 = op_add(b, token_a, op_add(b, op_shl(b, token_b, 40), op_shl(b, fee, 80)));
    op_accumulate(b, &b->message[1], s, m1);
}

void op_create_pool_constrain(struct op_build *b) {
    ax s = b->s[OP_CREATE_POOL];
    create_common(b, s, RECORD_POOL);
    op_accumulate(b, &b->peer_change[2], s, b->col[OPC_V(FEE)]);
    op_log_words(b, s, 1);
}

void op_create_stable_pool_constrain(struct op_build *b) {
    static const struct {
        unsigned value;
        enum op_column column;
        const char *name;
    } less[] = {{AMP_LESS, OPC_AMP, "A"},
                {MULT_A_LESS, OPC_MULT_X, "multiplier of A"},
                {MULT_B_LESS, OPC_MULT_Y, "multiplier of B"}};
    ax s = b->s[OP_CREATE_STABLE_POOL];
    create_common(b, s, RECORD_STABLE_POOL);
    op_curve_formula(b, s); /* r2 */
    for (unsigned i = 0; i < sizeof less / sizeof less[0]; i++) {
        ax one_less = op_sub(b, b->col[less[i].column], op_int(b, 1));
        op_range(b, less[i].value, s, 112);
        air_zero(b->c, op_mul(b, s, op_sub(b, b->col[OPC_V(less[i].value)], one_less)),
                 "create stable pool: %s is not 0", less[i].name);
    }
    ax word =
        op_add(b, b->col[OPC_AMP],
               op_add(b, op_shl(b, b->col[OPC_MULT_X], 16), op_shl(b, b->col[OPC_MULT_Y], 56)));
    op_word(b, 1, s, word);
    op_log_words(b, s, 2);
    op_accumulate(b, &b->message[2], s, word);
}

void op_create_pool_fill(struct op_fill *f) {
    const struct op_create_pool *p = &f->op->u.create_pool;
    op_set_u64(f, OPC_PEER, p->pool);
    op_set_value(f, TOKEN_A, p->token_a, TOKEN_BITS);
    op_set_value(f, TOKEN_B, p->token_b, TOKEN_BITS);
    op_set_value(f, TOKEN_GAP, (u128)p->token_b - p->token_a - 1, TOKEN_BITS);
    op_set_value(f, FEE, p->fee, 112);
    op_set_value(f, FEE_ROOM, (u128)(POOL_FEE_UNIT - 1) - p->fee, 112);
}

void op_create_stable_pool_fill(struct op_fill *f) {
    const struct op_create_pool *p = &f->op->u.create_pool;
    op_create_pool_fill(f);
    op_set_value(f, AMP_LESS, p->curve.amp - 1, 112);
    op_set_value(f, MULT_A_LESS, p->curve.mult_a - 1, 112);
    op_set_value(f, MULT_B_LESS, p->curve.mult_b - 1, 112);
    op_curve_formula_fill(f, p->fee, &p->curve);
}
