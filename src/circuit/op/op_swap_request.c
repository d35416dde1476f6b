/* SwapRequest: a swap from L1 to L1 (op_request.h has deadline, minimum and outcomes). k5 reads the
 * record `peer`, whatever it is; where the formula is right, and where the cap is shown to be
 * passed, k6 and k7 access the reserves, which move if it is done.
 *
 *   x = token in, of the requesting chain (v6 = its index); y = token out
 *
 *   done, below   k5 is a pool with the tokens x, y, in the direction's order; its supply is not 0
 *                 (done: out is not 0, so there are reserves, hence a supply)
 *   impossible    exp2: k5 is such a pool, and over its cap (op_formula.h); else
 *                 direction 0: the pair {x, y} is not {r0, r1} (u2 is not 0: inverse)
 *                 direction 1: k5 is no pool, or its supply is 0 (u2 is 0)
 *
 * u2 = (x + y - r0 - r1) 2^100 + x y - r0 r1 in direction 0. Tokens are below 2^40, so that both
 * sums are equal if it is 0; r0 and r1 of other records are larger, but then k5 is no pool, and any
 * proof of impossibility is a true one. u2 = pool * supply in direction 1, pool = 1 for tags 4
 * and 5.
 *
 * Word 2 is token out, v2 + 2^112 v5 (to), v7 (queue index). y - 2^32 token_chain has 32 bits if
 * done (token_chain, which is y's, has an outbox, hence 8 bits), else 40, and token_chain is 0.
 * Word 3 is u3: refund address and broker's terms, for the contracts only. */
#include "circuit/op/op_formula.h"
#include "circuit/op/op_request.h"

enum { IN = 0, INDEX = 6 };

static void constrain_impossible(struct op_build *b, ax s, ax g) {
    const ax *r = &b->col[OPC_PEER0];
    ax done = b->col[OPC_DONE], over = b->col[OPC_EXP2];
    ax x = b->col[OPC_TOKEN_X], y = b->col[OPC_TOKEN_Y];
    ax sums = op_sub(b, op_add(b, x, y), op_add(b, r[0], r[1]));
    ax products = op_sub(b, op_mul(b, x, y), op_mul(b, r[0], r[1]));
    ax pair = op_add(b, op_shl(b, sums, 100), products), i = op_request_impossible(b, s, done);
    op_request_reason(b, s, pair, op_request_pool_supply(b));
    op_request_no_pool(b, i, ax_not(b->c, over));
    op_request_has_liquidity(b, op_mul(b, s, b->col[OPC_EXP0]));
    op_use(b, OPC_DIRECTION, op_add(b, g, i));
}

void op_swap_request_constrain(struct op_build *b) {
    ax s = b->s[OP_SWAP_REQUEST], done = b->col[OPC_DONE], in = b->col[OPC_V(IN)];
    ax out = b->col[OPC_V(REQUEST_RESULT)], token_in = b->col[OPC_TOKEN_X];
    ax token_out = b->col[OPC_TOKEN_Y], token_chain = b->col[OPC_TOKEN_CHAIN];
    static const enum op_column used[] = {OPC_DONE, OPC_TOKEN_CHAIN, OPC_U3};
    for (unsigned i = 0; i < sizeof used / sizeof used[0]; i++) {
        op_use(b, used[i], s);
    }
    op_range(b, IN, s, 112);
    op_range(b, INDEX, s, 32);
    op_request_constrain(b, s, done);
    ax g = op_request_computed(b, s, done);
    ax over_cap = op_mul(b, op_request_impossible(b, s, done), b->col[OPC_EXP2]);
    ax pool = op_add(b, g, over_cap);
    op_pool_if(b, s, pool);
    op_use(b, OPC_TOKEN_Y, op_sub(b, s, pool)); /* it stands in word 2 */
    op_swap_formula(b, g);
    op_over_cap_formula(b, over_cap);
    constrain_impossible(b, s, g);
    b->gate[0] = op_sub(b, b->gate[0], s); /* no account */

    /* k6, k7 */
    b->gate[6] = op_add(b, b->gate[6], pool);
    b->gate[7] = op_add(b, b->gate[7], pool);
    b->debit[7] = op_add(b, b->debit[7], s);
    op_accumulate(b, &b->change[6], done, in);
    op_accumulate(b, &b->change[7], done, air_neg(b->c, out));
    op_accumulate(b, &b->paid_value, s, out);

    ax index = op_sub(b, token_in, op_shl(b, b->col[OPC_CHAIN], 32));
    air_zero(b->c, op_mul(b, s, op_sub(b, b->col[OPC_V(INDEX)], index)),
             "swap request: token in is the requesting chain's");
    air_zero(b->c, op_mul(b, s, op_mul(b, ax_not(b->c, done), token_chain)),
             "swap request: no second chain unless done");
    b->nonce_gate = op_add(b, b->nonce_gate, s);
    op_accumulate(b, &b->nonce_bits, s,
                  op_sub(b, op_int(b, TOKEN_BITS), air_scale_u64(b->c, 8, done)));
    op_accumulate(b, &b->nonce, s, op_sub(b, token_out, op_shl(b, token_chain, 32)));

    op_request_word0(b, s,
                     air_sum(b->c, 5,
                             (ax[]){op_shl(b, op_request_outcome(b, done), 8),
                                    op_shl(b, b->col[OPC_PEER], 10), op_shl(b, token_in, 38),
                                    op_shl(b, in, 78), op_shl(b, b->col[OPC_MANT], 190)}));
    op_accumulate(b, &b->word[1], done, op_shl(b, out, 112));
    op_word(b, 2, s,
            air_sum(b->c, 3,
                    (ax[]){token_out, op_shl(b, op_request_address(b), 40),
                           op_shl(b, b->col[OPC_V(REQUEST_INDEX)], 200)}));
    op_word(b, 3, s, b->col[OPC_U3]);
}

/* (x + y - r0 - r1) 2^100 + x y - r0 r1 */
static fr pair_difference(const struct op_fill *f) {
    const fr *r0 = &f->chip->col[OPC_PEER0][f->row], *r1 = &f->chip->col[OPC_PEER0 + 1][f->row];
    fr x, y, sum, product, shift;
    fr_from_u64(&x, f->op->u.swap_request.token_in);
    fr_from_u64(&y, f->op->u.swap_request.token_out);
    fr_add(&sum, &x, &y);
    fr_sub(&sum, &sum, r0);
    fr_sub(&sum, &sum, r1);
    fr_pow2(&shift, 100);
    fr_mul(&sum, &sum, &shift);
    fr_mul(&x, &x, &y);
    fr_mul(&product, r0, r1);
    fr_sub(&x, &x, &product);
    fr_add(&sum, &sum, &x);
    return sum;
}

void op_swap_request_fill(struct op_fill *f) {
    const struct op_swap_request *w = &f->op->u.swap_request;
    const struct effect *e = f->effect;
    bool done = f->op->outcome == OUTCOME_DONE, direction = false;
    uint8_t chain = token_chain(w->token_in), paying = done ? token_chain(w->token_out) : 0;
    op_set_u64(f, OPC_PEER, w->pool);
    op_set_u64(f, OPC_DONE, done);
    op_set_u64(f, OPC_TWO, done && paying != chain);
    op_set_u64(f, OPC_TOKEN_X, w->token_in);
    op_set_u64(f, OPC_TOKEN_Y, w->token_out);
    op_set_u64(f, OPC_CHAIN, chain);
    op_set_u64(f, OPC_TOKEN_CHAIN, paying);
    op_set(f, OPC_U3, &e->words[3]);
    op_set_value(f, IN, w->amount_in.v, 112);
    op_set_value(f, INDEX, token_index(w->token_in), 32);
    op_set_value(f, REQUEST_INDEX, w->index, QUEUE_INDEX_BITS);
    op_request_fill_address(f, w->to);
    if (done) {
        lookups_range(f->lookups, 32, token_index(w->token_out));
    } else {
        lookups_range(f->lookups, TOKEN_BITS, w->token_out);
    }
    bool asked = e->access[6].kind == ACCESS_BAL, over = asked && !op_request_was_computed(f);
    if (asked) {
        direction = w->token_in == e->access[5].before.u.pool.token_b;
    }
    if (over) {
        op_over_cap_formula_fill(f, w->amount_in);
    } else if (asked) {
        op_swap_formula_fill(f, w->amount_in);
    }
    op_request_fill(f, w->deadline, w->min_out, e->amount_y, 0);
    op_set_u64(f, OPC_EXP2,
               over || (f->op->outcome == OUTCOME_BELOW_MINIMUM && amount_is_zero(e->amount_y)));
    fr pair = pair_difference(f);
    op_request_fill_reason(f, &pair, asked, direction);
}
