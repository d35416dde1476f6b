/* AddLiquidityRequest: one token from L1 into a pool, for a position (op_request.h has deadline,
 * minimum and outcomes). k5 reads the record `peer`, whatever it is; k6 and k7 access the reserves
 * where a formula is used. If done (acc_open), k0 makes the empty account `acc` a position: r0 = u1
 * = chain 2^160 + queue index, r1 = pool, r2 = v2 + 2^112 v5 (exit address), r3 = v1 (shares); else
 * there is no account, and acc is 0.
 *
 *   x = token in, of the requesting chain (v6 = its index); v0 of it, for v1 shares
 *
 *   done, below   k5 is a pool, x one of its tokens, its supply is not 0
 *   impossible    exp2: k5 is such a pool, and over its cap; no_match: its supply would pass
 *                 2^112 - 1 (op_formula.h); else
 *                 direction 0: u2 = (x - r0) (x - r1) is not 0 (inverse)
 *                 direction 1: k5 is no pool, or its supply is 0 (u2 is 0)
 *
 * Word 3, u3, is the position's owner: for the contract only. */
#include "circuit/op/op_formula.h"
#include "circuit/op/op_request.h"

enum { IN = 0, SHARES = REQUEST_RESULT, INDEX = 6 };

/* The sum of the gates where k5 must be a pool with the token. */
static ax constrain_pool(struct op_build *b, ax s, ax done) {
    const ax *r = &b->col[OPC_PEER0];
    ax x = b->col[OPC_TOKEN_X], over_cap = b->col[OPC_EXP2], over_supply = b->col[OPC_NO_MATCH];
    ax g = op_request_computed(b, s, done), i = op_request_impossible(b, s, done);
    ax possible = air_sum(b->c, 3, (ax[]){done, b->col[OPC_EXP0], b->col[OPC_EXP1]});
    ax cap = op_mul(b, i, over_cap), full = op_mul(b, i, over_supply);
    ax pool = air_sum(b->c, 3, (ax[]){g, cap, full});
    air_zero(b->c, op_mul(b, s, op_mul(b, possible, over_supply)),
             "add liquidity request: a reason, if it is impossible");
    air_zero(b->c, op_mul(b, i, op_mul(b, over_cap, over_supply)),
             "add liquidity request: one reason");
    op_pool_if(b, s, pool);
    op_add_one_formula(b, g);
    op_over_cap_formula(b, cap);
    op_over_supply_formula(b, full);
    op_request_has_liquidity(b, g);
    op_request_reason(b, s, op_mul(b, op_sub(b, x, r[0]), op_sub(b, x, r[1])),
                      op_request_pool_supply(b));
    op_request_no_pool(b, i, ax_not(b->c, op_add(b, over_cap, over_supply)));
    op_use(b, OPC_NO_MATCH, s);
    op_use(b, OPC_DIRECTION, op_add(b, g, i));
    return pool;
}

void op_add_liquidity_request_constrain(struct op_build *b) {
    ax s = b->s[OP_ADD_LIQUIDITY_REQUEST], done = b->col[OPC_ACC_OPEN], token = b->col[OPC_TOKEN_X];
    ax in = b->col[OPC_V(IN)], shares = b->col[OPC_V(SHARES)], id = b->col[OPC_U1];
    op_use(b, OPC_ACC_OPEN, s);
    op_use(b, OPC_U1, s);
    op_use(b, OPC_U3, s);
    op_range(b, IN, s, 112);
    op_range(b, INDEX, s, 32);
    op_request_constrain(b, s, done);
    ax pool = constrain_pool(b, s, done);

    /* k0; what acc_open means in a deposit, an account of the owner u1, is added to. */
    ax queue_index = b->col[OPC_V(REQUEST_INDEX)], chain = b->col[OPC_CHAIN];
    b->gate[0] = op_sub(b, b->gate[0], op_sub(b, s, op_mul(b, s, done)));
    op_accumulate(b, &b->acc_tag_change, s, op_int(b, RECORD_POSITION - RECORD_ACCOUNT));
    air_zero(b->c, op_mul(b, s, op_sub(b, id, op_add(b, queue_index, op_shl(b, chain, 160)))),
             "add liquidity request: the position's id");
    op_accumulate(b, &b->acc_change[1], s, b->col[OPC_PEER]);
    op_accumulate(b, &b->acc_change[2], s, op_request_address(b));
    op_accumulate(b, &b->acc_change[3], s, shares);

    /* k5, k6, k7; a deposit does not make these accesses */
    b->gate[6] = op_add(b, b->gate[6], pool);
    b->gate[7] = op_add(b, b->gate[7], pool);
    b->debit[7] = op_add(b, b->debit[7], s);
    op_accumulate(b, &b->change[6], done, in);
    op_accumulate(b, &b->peer_change[3], done, shares);

    ax index = op_sub(b, token, op_shl(b, chain, 32));
    air_zero(b->c, op_mul(b, s, op_sub(b, b->col[OPC_V(INDEX)], index)),
             "add liquidity request: the token is the requesting chain's");
    op_request_word0(
        b, s,
        air_sum(b->c, 5,
                (ax[]){op_shl(b, op_request_outcome(b, done), 8), op_shl(b, b->col[OPC_PEER], 10),
                       op_shl(b, token, 38), op_shl(b, in, 78), op_shl(b, b->col[OPC_MANT], 190)}));
    op_accumulate(b, &b->word[1], done, op_shl(b, shares, 112)); /* 0 in a deposit: v1 is unused */
    op_word(b, 2, s,
            air_sum(b->c, 3,
                    (ax[]){b->col[OPC_ACC], op_shl(b, op_request_address(b), 28),
                           op_shl(b, queue_index, 188)}));
    op_word(b, 3, s, b->col[OPC_U3]);
}

/* The formula that the outcome rests on; exp2 and no_match say which. */
static void fill_formula(struct op_fill *f) {
    const struct op_add_liquidity_request *l = &f->op->u.add_liquidity_request;
    const struct pool_trade *t = &f->effect->trade;
    const struct record *pool = &f->effect->access[5].before;
    if (op_request_was_computed(f)) {
        op_add_one_formula_fill(f, l->amount);
        return;
    }
    /* a stable quote that got past the cap has Ddown */
    if (pool->tag == RECORD_STABLE_POOL && t->d == 0) {
        op_set_u64(f, OPC_EXP2, 1);
        op_over_cap_formula_fill(f, l->amount);
    } else {
        op_set_u64(f, OPC_NO_MATCH, 1);
        op_over_supply_formula_fill(f, l->amount);
    }
}

void op_add_liquidity_request_fill(struct op_fill *f) {
    const struct op_add_liquidity_request *l = &f->op->u.add_liquidity_request;
    const struct effect *e = f->effect;
    bool done = f->op->outcome == OUTCOME_DONE, asked = e->access[6].kind == ACCESS_BAL;
    bool direction = asked && l->token == e->access[5].before.u.pool.token_b;
    uint8_t chain = token_chain(l->token);
    fr id, x, a, c;
    position_id_to_fr(&id, chain, l->index);
    op_set_u64(f, OPC_ACC_OPEN, done);
    op_set_u64(f, OPC_PEER, l->pool);
    op_set_u64(f, OPC_TOKEN_X, l->token);
    op_set_u64(f, OPC_CHAIN, chain);
    op_set_value(f, IN, l->amount.v, 112);
    op_set_value(f, INDEX, token_index(l->token), 32);
    op_set_value(f, REQUEST_INDEX, l->index, QUEUE_INDEX_BITS);
    op_request_fill_address(f, l->exit);
    op_set(f, OPC_U1, &id);
    op_set(f, OPC_U3, &e->words[3]);
    op_request_fill(f, l->deadline, l->min_shares, e->trade.result, 0);
    if (asked) {
        op_set_u64(f, OPC_TOKEN_Y, e->access[7].token);
        fill_formula(f);
    }
    fr_from_u64(&x, l->token);
    fr_sub(&a, &x, &f->chip->col[OPC_PEER0][f->row]);
    fr_sub(&c, &x, &f->chip->col[OPC_PEER0 + 1][f->row]);
    fr_mul(&a, &a, &c);
    op_request_fill_reason(f, &a, asked, direction);
}
