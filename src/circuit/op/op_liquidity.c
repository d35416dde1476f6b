/* AddLiquidityFirst (supply 0), AddLiquidity, RemoveLiquidity: v0, v1 = amounts of A and B, v2 =
 * shares, S = supply = r3 of the pool's record, Ra, Rb = old reserves (old6, old7).
 *
 *   first   Q = floor(sqrt(v0 v1)): v3 = v0 v1 - Q^2 >= 0, v4 = 2 Q - v3 >= 0; Q = v2 + 1000, v2
 * >= 1. Q < 2^113 and v0, v1 < 2^112: nothing wraps. On a stable pool Q = Ddown (op_formula.c). add
 * v0 S = v2 Ra + v3, 0 <= v3 < S (v4 = S
 * - 1 - v3): v0 = ceil(v2 Ra / S); B with v5, v6 remove  v2 Ra = v0 S + v3, 0 <= v3 < S: v0 =
 * floor(v2 Ra / S); B with v5, v6 Factors are below 2^112, remainders below 2^128: no side passes
 * 2^225, so equality in the field is equality. S = 0 is excluded by v4, v6. The new supply is in v7
 * (add, remove). Signed limits: v8, v9 = maxA - v0, maxB - v1 (or v0 - minA, v1 - minB), v10 = v2 -
 * minShares. */
#include "circuit/op/op_formula.h"

#include "rollup/pool.h"

enum { A = 0, B = 1, SHARES = 2, REM_A = 3, ROOM_A = 4, REM_B = 5, ROOM_B = 6, SUPPLY = 7 };
enum { LIMIT_A = 8, LIMIT_B = 9, LIMIT_SHARES = 10 };

static ax value(struct op_build *b, unsigned i) {
    return b->col[OPC_V(i)];
}

static void liquidity_common(struct op_build *b, ax s) {
    op_pool(b, s);
    op_use(b, OPC_SLOT_LP, s);
    op_range(b, A, s, 112);
    op_range(b, B, s, 112);
    op_range(b, SHARES, s, 112);
    op_range(b, REM_B, s, 112);
    op_range(b, LIMIT_A, s, 112);
    op_range(b, LIMIT_B, s, 112);
    ax w0 =
        op_add(b, op_shl(b, b->col[OPC_SLOT_X], 115),
               op_add(b, op_shl(b, b->col[OPC_SLOT_Y], 123), op_shl(b, b->col[OPC_SLOT_LP], 131)));
    op_accumulate(b, &b->w0, s, w0);
    op_log_words(b, s, 2);
    op_accumulate(b, &b->message[1], s, b->col[OPC_PEER]);
}

/* Both tokens into the pool, shares out, under the signed limits. */
static void add_common(struct op_build *b, ax s) {
    liquidity_common(b, s);
    op_range(b, LIMIT_SHARES, s, 112);
    op_debit(b, 3, s, value(b, A));
    op_debit(b, 4, s, value(b, B));
    op_credit(b, 6, s, value(b, A));
    op_credit(b, 7, s, value(b, B));
    op_credit(b, 8, s, value(b, SHARES));
    ax max_a = op_add(b, value(b, A), value(b, LIMIT_A));
    op_accumulate(b, &b->message[1], s, op_shl(b, max_a, 28));
    op_accumulate(b, &b->message[2], s, op_add(b, value(b, B), value(b, LIMIT_B)));
    op_accumulate(b, &b->message[3], s, op_sub(b, value(b, SHARES), value(b, LIMIT_SHARES)));
}

void op_add_liquidity_first_constrain(struct op_build *b) {
    ax s = b->s[OP_ADD_LIQUIDITY_FIRST], supply = b->col[OPC_PEER0 + 3];
    add_common(b, s);
    op_first_formula(b, s);
    ax product_pool = op_mul(b, s, ax_not(b->c, b->col[OPC_STABLE]));
    op_range(b, REM_A, product_pool, 128);
    op_range(b, ROOM_A, product_pool, 128);
    ax root = op_add(b, value(b, SHARES), op_int(b, POOL_LOCKED));
    air_zero(b->c, op_mul(b, s, supply), "first liquidity: no supply yet");
    ax square = air_sqr(b->c, root), product = op_mul(b, value(b, A), value(b, B));
    air_zero(b->c, op_mul(b, product_pool, op_sub(b, op_sub(b, product, square), value(b, REM_A))),
             "first liquidity: the root's square");
    ax room = op_sub(b, air_scale_u64(b->c, 2, root), value(b, REM_A));
    air_zero(b->c, op_mul(b, product_pool, op_sub(b, value(b, ROOM_A), room)),
             "first liquidity: the root is the largest");
    ax more = op_sub(b, value(b, SHARES), op_int(b, 1));
    air_zero(b->c, op_mul(b, s, op_sub(b, value(b, REM_B), more)),
             "first liquidity: at least one share");
    op_accumulate(b, &b->peer_change[3], s, root);
    op_word(b, 1, s, op_add(b, value(b, A), op_shl(b, value(b, B), 112)));
}

/* amount S - shares R = rem (sign 1: ceil) or shares R - amount S = rem (sign -1: floor), and the
 * remainder's room. */
static void share_of_reserve(struct op_build *b, ax s, bool ceil, const char *name, unsigned amount,
                             ax reserve, unsigned rem, unsigned room) {
    ax supply = b->col[OPC_PEER0 + 3];
    ax whole = op_mul(b, value(b, amount), supply);
    ax part = op_mul(b, value(b, SHARES), reserve);
    ax rest = ceil ? op_sub(b, whole, part) : op_sub(b, part, whole);
    air_zero(b->c, op_mul(b, s, op_sub(b, rest, value(b, rem))), "%s: share of the reserve", name);
    ax left = op_sub(b, op_sub(b, supply, op_int(b, 1)), value(b, rem));
    air_zero(b->c, op_mul(b, s, op_sub(b, value(b, room), left)), "%s: remainder below the supply",
             name);
}

static void share_common(struct op_build *b, ax s, bool ceil, const char *name_a,
                         const char *name_b) {
    op_range(b, REM_A, s, 128);
    op_range(b, ROOM_A, s, 128);
    op_range(b, ROOM_B, s, 112);
    op_range(b, SUPPLY, s, 112);
    share_of_reserve(b, s, ceil, name_a, A, b->col[op_old_column(6)], REM_A, ROOM_A);
    share_of_reserve(b, s, ceil, name_b, B, b->col[op_old_column(7)], REM_B, ROOM_B);
    op_word(b, 1, s, value(b, SHARES));
    ax change = ceil ? value(b, SHARES) : air_neg(b->c, value(b, SHARES));
    ax supply = op_add(b, b->col[OPC_PEER0 + 3], change);
    air_zero(b->c, op_mul(b, s, op_sub(b, value(b, SUPPLY), supply)), "%s: new supply", name_a);
    op_accumulate(b, &b->peer_change[3], s, change);
}

void op_add_liquidity_constrain(struct op_build *b) {
    ax s = b->s[OP_ADD_LIQUIDITY];
    add_common(b, s);
    share_common(b, s, true, "add liquidity, A", "add liquidity, B");
    op_more_formula(b, s);
}

void op_remove_liquidity_constrain(struct op_build *b) {
    ax s = b->s[OP_REMOVE_LIQUIDITY];
    liquidity_common(b, s);
    share_common(b, s, false, "remove liquidity, A", "remove liquidity, B");
    op_credit(b, 3, s, value(b, A));
    op_credit(b, 4, s, value(b, B));
    op_debit(b, 6, s, value(b, A));
    op_debit(b, 7, s, value(b, B));
    op_debit(b, 8, s, value(b, SHARES));
    op_accumulate(b, &b->message[1], s, op_shl(b, value(b, SHARES), 28));
    op_accumulate(b, &b->message[2], s, op_sub(b, value(b, A), value(b, LIMIT_A)));
    op_accumulate(b, &b->message[3], s, op_sub(b, value(b, B), value(b, LIMIT_B)));
}

/* ---- rows ---- */

static void fill_common(struct op_fill *f, account_id pool, uint8_t slot_a, uint8_t slot_b,
                        uint8_t slot_lp) {
    const struct effect *e = f->effect;
    op_set_u64(f, OPC_PEER, pool);
    op_set_u64(f, OPC_SLOT_X, slot_a);
    op_set_u64(f, OPC_SLOT_Y, slot_b);
    op_set_u64(f, OPC_SLOT_LP, slot_lp);
    op_set_u64(f, OPC_TOKEN_X, e->access[5].before.u.pool.token_a);
    op_set_u64(f, OPC_TOKEN_Y, e->access[5].before.u.pool.token_b);
    op_set_value(f, A, e->amount_x.v, 112);
    op_set_value(f, B, e->amount_y.v, 112);
    op_set_value(f, SHARES, e->shares.v, 112);
}

/* The limits of a type 8 or 9, which the state machine checked. */
static void fill_add(struct op_fill *f) {
    const struct op_add_liquidity *a = &f->op->u.add_liquidity;
    const struct effect *e = f->effect;
    fill_common(f, a->pool, a->slot_a, a->slot_b, a->slot_lp);
    op_set_value(f, LIMIT_A, a->max_a.v - e->amount_x.v, 112);
    op_set_value(f, LIMIT_B, a->max_b.v - e->amount_y.v, 112);
    op_set_value(f, LIMIT_SHARES, e->shares.v - a->min_shares.v, 112);
}

static void fill_shares(struct op_fill *f) {
    const struct effect *e = f->effect;
    u128 supply = e->access[5].before.u.pool.supply.v;
    op_set_value(f, REM_A, e->rem_x, 128);
    op_set_value(f, ROOM_A, supply - 1 - e->rem_x, 128);
    op_set_value(f, REM_B, e->rem_y, 112);
    op_set_value(f, ROOM_B, supply - 1 - e->rem_y, 112);
    op_set_value(f, SUPPLY, e->access[5].after.u.pool.supply.v, 112);
}

void op_add_liquidity_first_fill(struct op_fill *f) {
    const struct effect *e = f->effect;
    fill_add(f);
    if (e->access[5].before.tag == RECORD_STABLE_POOL) {
        op_first_formula_fill(f);
    } else {
        op_set_value(f, REM_A, e->trade.rem, 128);
        op_set_value(f, ROOM_A, 2 * (e->shares.v + POOL_LOCKED) - e->trade.rem, 128);
    }
    op_set_value(f, REM_B, e->shares.v - 1, 112);
}

void op_add_liquidity_fill(struct op_fill *f) {
    fill_add(f);
    fill_shares(f);
    if (f->effect->access[5].before.tag == RECORD_STABLE_POOL) {
        op_more_formula_fill(f);
    }
}

void op_remove_liquidity_fill(struct op_fill *f) {
    const struct op_remove_liquidity *r = &f->op->u.remove_liquidity;
    const struct effect *e = f->effect;
    fill_common(f, r->pool, r->slot_a, r->slot_b, r->slot_lp);
    fill_shares(f);
    op_set_value(f, LIMIT_A, e->amount_x.v - r->min_a.v, 112);
    op_set_value(f, LIMIT_B, e->amount_y.v - r->min_b.v, 112);
}
