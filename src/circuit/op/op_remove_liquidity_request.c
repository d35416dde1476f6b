/* RemoveLiquidityRequest: shares of a position for one token of its pool (op_request.h has
 * deadline, minimum and outcomes). k0 reads the record of `acc`, k5 that of `peer`, whatever they
 * are; where the formula is right, k6 and k7 access the reserves. If done (ok), position, supply
 * and reserve shrink; u3 = ok v0, the shares that go.
 *
 *   x = token out; v0 shares for v1 of it; u1 = word 2, the position's id: v7 + 2^160 chain
 *
 *   done, below   k0 is the position u1 of the pool `peer`, with at least v0 shares (v10 = what is
 *                 left); k5, which is therefore a pool with liquidity, has the token x
 *   impossible    exp2: v0 is more than r3 of k0 (v8 = the difference - 1): if k0 is the position,
 *                 it has too few shares; if it is not, that is reason enough; else
 *                 direction 0: k0 is not that position: u2 is not 0 (inverse)
 *                 direction 1: x is not a token of k5's: u2 = (x - r0) (x - r1) is not 0
 *
 * u2 = (r0 - u1) + 2^200 (r1 - peer) + 2^245 (tag - 6) of k0, in direction 0: r0 is below 2^176
 * (leaf), r1, which is a nonce, a token or a pool's account, below 2^41: it is 0 only if all three
 * are. x has 40 bits as in a swap request: x - 2^32 token_chain. */
#include "circuit/op/op_formula.h"
#include "circuit/op/op_request.h"

enum { SHARES = 0, OUT = REQUEST_RESULT, LEFT = 10 };

static void constrain_position(struct op_build *b, ax s, ax g) {
    const ax *r = &b->col[OPC_ACC0];
    ax left = op_sub(b, r[3], b->col[OPC_V(SHARES)]);
    air_zero(b->c, op_mul(b, g, ax_not(b->c, b->col[OPC_ACC_IS])),
             "remove liquidity request: a position");
    air_zero(b->c, op_mul(b, g, b->col[OPC_ACC_KEY]), "remove liquidity request: no account");
    air_zero(b->c, op_mul(b, g, ax_not(b->c, b->col[OPC_ACC_MORE])),
             "remove liquidity request: a position, no account");
    air_zero(b->c, op_mul(b, g, op_sub(b, r[0], b->col[OPC_U1])),
             "remove liquidity request: the position named");
    air_zero(b->c, op_mul(b, g, op_sub(b, r[1], b->col[OPC_PEER])),
             "remove liquidity request: the position's pool");
    op_range(b, LEFT, g, 112);
    air_zero(b->c, op_mul(b, g, op_sub(b, b->col[OPC_V(LEFT)], left)),
             "remove liquidity request: shares enough");
    ax id = op_add(b, b->col[OPC_V(REQUEST_INDEX)], op_shl(b, b->col[OPC_CHAIN], 160));
    air_zero(b->c, op_mul(b, s, op_sub(b, b->col[OPC_U1], id)),
             "remove liquidity request: the position's id");
}

static void constrain_impossible(struct op_build *b, ax s, ax i) {
    const ax *r = &b->col[OPC_ACC0], *pool = &b->col[OPC_PEER0];
    ax few = b->col[OPC_EXP2], shares = b->col[OPC_V(SHARES)], x = b->col[OPC_TOKEN_X];
    ax tag = op_record_tag(b, OPC_ACC_IS);
    ax other = air_sum(b->c, 3,
                       (ax[]){op_sub(b, r[0], b->col[OPC_U1]),
                              op_shl(b, op_sub(b, r[1], b->col[OPC_PEER]), 200),
                              op_shl(b, op_sub(b, tag, op_int(b, RECORD_POSITION)), 245)});
    ax token = op_mul(b, op_sub(b, x, pool[0]), op_sub(b, x, pool[1]));
    op_request_reason(b, s, other, token);
    ax named = op_mul(b, i, ax_not(b->c, few));
    ax product = op_mul(b, b->col[OPC_U2], b->col[OPC_INVERSE]);
    air_zero(b->c, op_mul(b, named, op_sub(b, product, op_int(b, 1))),
             "remove liquidity request: not the position, or not the pool's token");
    op_use(b, OPC_INVERSE, named);
    ax more = op_sub(b, op_sub(b, shares, r[3]), op_int(b, 1));
    air_zero(b->c, op_mul(b, op_mul(b, i, few), op_sub(b, b->col[OPC_V(REQUEST_LIMIT)], more)),
             "remove liquidity request: more shares than there are");
}

void op_remove_liquidity_request_constrain(struct op_build *b) {
    ax s = b->s[OP_REMOVE_LIQUIDITY_REQUEST], done = b->col[OPC_OK], x = b->col[OPC_TOKEN_X];
    ax shares = b->col[OPC_V(SHARES)], out = b->col[OPC_V(OUT)], gone = b->col[OPC_U3];
    ax token_chain = b->col[OPC_TOKEN_CHAIN];
    static const enum op_column used[] = {OPC_OK, OPC_TOKEN_CHAIN, OPC_U1, OPC_U3};
    for (unsigned i = 0; i < sizeof used / sizeof used[0]; i++) {
        op_use(b, used[i], s);
    }
    op_range(b, SHARES, s, 112);
    op_request_constrain(b, s, done);
    ax g = op_request_computed(b, s, done), i = op_request_impossible(b, s, done);
    constrain_position(b, s, g);
    constrain_impossible(b, s, i);
    op_pool_if(b, s, g);
    op_remove_one_formula(b, g);
    op_use(b, OPC_DIRECTION, op_add(b, g, i));

    air_zero(b->c, op_mul(b, s, op_sub(b, gone, op_mul(b, done, shares))),
             "remove liquidity request: the shares that go");
    op_accumulate(b, &b->acc_change[3], s, air_neg(b->c, gone));
    op_accumulate(b, &b->peer_change[3], s, air_neg(b->c, gone));
    b->gate[6] = op_add(b, b->gate[6], g);
    b->gate[7] = op_add(b, b->gate[7], g);
    b->debit[6] = op_add(b, b->debit[6], s);
    b->debit[7] = op_add(b, b->debit[7], s);
    op_accumulate(b, &b->change[6], done, air_neg(b->c, out)); /* a full exit has no k6 */

    op_accumulate(b, &b->paid_value, s, out);
    air_zero(b->c, op_mul(b, s, op_mul(b, ax_not(b->c, done), token_chain)),
             "remove liquidity request: no second chain unless done");
    b->nonce_gate = op_add(b, b->nonce_gate, s);
    op_accumulate(b, &b->nonce_bits, s,
                  op_sub(b, op_int(b, TOKEN_BITS), air_scale_u64(b->c, 8, done)));
    op_accumulate(b, &b->nonce, s, op_sub(b, x, op_shl(b, token_chain, 32)));

    op_request_word0(
        b, s,
        air_sum(b->c, 5,
                (ax[]){op_shl(b, op_request_outcome(b, done), 8), op_shl(b, b->col[OPC_ACC], 10),
                       op_shl(b, b->col[OPC_PEER], 38), op_shl(b, x, 66), op_shl(b, shares, 106)}));
    op_accumulate(b, &b->word[1], done, op_shl(b, out, 112)); /* 0 in a full exit: v1 is unused */
    op_word(b, 2, s, b->col[OPC_U1]);
    op_word(b, 3, s, op_add(b, op_request_address(b), op_shl(b, b->col[OPC_MANT], 160)));
}

/* What all requests have; u2, direction, exp2 and inverse. */
static void fill_reason(struct op_fill *f) {
    const struct op_remove_liquidity_request *l = &f->op->u.remove_liquidity_request;
    const struct effect *e = f->effect;
    const struct record *position = &e->access[0].before, *pool = &e->access[5].before;
    fr **col = f->chip->col;
    size_t row = f->row;
    fr id, other, token, part, shift, x;
    position_id_to_fr(&id, l->chain, l->index);
    fr_sub(&other, &col[OPC_ACC0][row], &id);
    fr_from_u64(&x, l->pool);
    fr_sub(&part, &col[OPC_ACC0 + 1][row], &x);
    fr_pow2(&shift, 200);
    fr_mul(&part, &part, &shift);
    fr_add(&other, &other, &part);
    fr_from_i64(&part, (int64_t)position->tag - RECORD_POSITION);
    fr_pow2(&shift, 245);
    fr_mul(&part, &part, &shift);
    fr_add(&other, &other, &part);
    fr_from_u64(&x, l->token);
    fr_sub(&token, &x, &col[OPC_PEER0][row]);
    fr_sub(&part, &x, &col[OPC_PEER0 + 1][row]);
    fr_mul(&token, &token, &part);

    bool impossible = f->op->outcome == OUTCOME_IMPOSSIBLE, few = false, direction = false;
    if (e->access[6].kind == ACCESS_BAL) {
        direction = l->token == pool->u.pool.token_b;
    } else if (impossible && fr_is_zero(&other)) {
        few = amount_less(position->u.position.shares, l->shares);
        direction = !few;
    }
    op_set_u64(f, OPC_DIRECTION, direction);
    op_set(f, OPC_U2, direction ? &token : &other);
    u128 excess = few ? l->shares.v - position->u.position.shares.v - 1 : 0;
    op_request_fill(f, l->deadline, l->min_out, e->trade.result, excess);
    if (few) {
        op_set_u64(f, OPC_EXP2, 1);
    } else if (impossible) {
        op_set_inverse(f, direction ? &token : &other);
    }
}

void op_remove_liquidity_request_fill(struct op_fill *f) {
    const struct op_remove_liquidity_request *l = &f->op->u.remove_liquidity_request;
    const struct effect *e = f->effect;
    bool done = f->op->outcome == OUTCOME_DONE;
    uint8_t paying = done ? token_chain(l->token) : 0;
    fr gone = FR_ZERO;
    op_set_u64(f, OPC_OK, done);
    op_set_u64(f, OPC_TWO, done && paying != l->chain);
    op_set_u64(f, OPC_PEER, l->pool);
    op_set_u64(f, OPC_TOKEN_X, l->token);
    op_set_u64(f, OPC_CHAIN, l->chain);
    op_set_u64(f, OPC_TOKEN_CHAIN, paying);
    op_set_value(f, SHARES, l->shares.v, 112);
    op_set_value(f, REQUEST_INDEX, l->index, QUEUE_INDEX_BITS);
    op_request_fill_address(f, l->to);
    op_set(f, OPC_U1, &e->words[2]);
    if (done) {
        amount_to_fr(&gone, l->shares);
        lookups_range(f->lookups, 32, token_index(l->token));
    } else {
        lookups_range(f->lookups, TOKEN_BITS, l->token);
    }
    op_set(f, OPC_U3, &gone);
    if (op_request_was_computed(f)) {
        op_set_u64(f, OPC_TOKEN_Y, e->access[7].token);
        op_set_value(f, LEFT, e->access[0].before.u.position.shares.v - l->shares.v, 112);
        op_remove_one_formula_fill(f, l->shares);
    }
    fill_reason(f);
}
