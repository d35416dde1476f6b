#include "rollup/pool.h"

/* q = floor(a b / d), rem = a b - q d. */
static bool mul_div(u128 *q, u128 *rem, u128 a, u128 b, u128 d) {
    struct u256 product = u256_mul_u128(a, b);
    return u256_divmod_u128(q, rem, &product, d);
}

bool pool_swap_out(struct pool_swap *q, struct amount in, struct amount reserve_in,
                   struct amount reserve_out, uint16_t fee) {
    *q = (struct pool_swap){0};
    if (fee >= POOL_FEE_UNIT) {
        return false;
    }
    u128 kept = in.v * (POOL_FEE_UNIT - fee);            /* < 2^126 */
    u128 den = reserve_in.v * POOL_FEE_UNIT + kept, out; /* < 2^127 */
    if (!mul_div(&out, &q->rem, kept, reserve_out.v, den)) {
        return false;
    }
    q->den = den;
    return amount_from_u128(&q->out, out); /* at most reserve_out: kept <= den */
}

bool pool_swap_in(struct amount *in, struct amount out, struct amount reserve_in,
                  struct amount reserve_out, uint16_t fee) {
    u128 q, rem;
    *in = amount_zero();
    if (fee >= POOL_FEE_UNIT || out.v >= reserve_out.v) {
        return false;
    }
    /* in (10^4 - fee) (Rout - out) >= out 10^4 Rin */
    if (!mul_div(&q, &rem, out.v * POOL_FEE_UNIT, reserve_in.v,
                 (reserve_out.v - out.v) * (POOL_FEE_UNIT - fee))) {
        return false;
    }
    return q >> AMOUNT_BITS == 0 && amount_from_u128(in, q + (rem != 0));
}

bool pool_first_shares(struct pool_first *q, struct amount a, struct amount b) {
    struct u256 product = u256_mul_u128(a.v, b.v), square;
    u128 root = u256_sqrt(&product);
    *q = (struct pool_first){0};
    if (root < POOL_LOCKED + 1 || !amount_from_u128(&q->supply, root) ||
        !amount_sub(&q->shares, q->supply, amount_from_u64(POOL_LOCKED))) {
        return false;
    }
    square = u256_mul_u128(root, root);
    (void)wide_sub(product.l, product.l, square.l, 4);
    return u256_to_u128(&q->rem, &product); /* at most 2 root */
}

bool pool_shares_for(struct amount *shares, struct amount max_a, struct amount max_b,
                     struct amount reserve_a, struct amount reserve_b, struct amount supply) {
    u128 by_a, by_b, rem;
    struct amount total;
    *shares = amount_zero();
    if (amount_is_zero(supply) || amount_is_zero(reserve_a) || amount_is_zero(reserve_b)) {
        return false;
    }
    if (!mul_div(&by_a, &rem, max_a.v, supply.v, reserve_a.v)) {
        by_a = ~(u128)0; /* more than could be had */
    }
    if (!mul_div(&by_b, &rem, max_b.v, supply.v, reserve_b.v)) {
        by_b = ~(u128)0;
    }
    struct amount got;
    if (!amount_from_u128(&got, by_a < by_b ? by_a : by_b) || !amount_add(&total, supply, got)) {
        return false;
    }
    *shares = got;
    return true;
}

bool pool_share_cost(struct amount *amount, u128 *rem, struct amount shares, struct amount reserve,
                     struct amount supply) {
    u128 q, rest;
    *amount = amount_zero();
    *rem = 0;
    if (!mul_div(&q, &rest, shares.v, reserve.v, supply.v) || q >> AMOUNT_BITS != 0 ||
        !amount_from_u128(amount, q + (rest != 0))) {
        return false;
    }
    *rem = rest == 0 ? 0 : supply.v - rest;
    return true;
}

bool pool_share_value(struct amount *amount, u128 *rem, struct amount shares, struct amount reserve,
                      struct amount supply) {
    u128 q, rest;
    *amount = amount_zero();
    *rem = 0;
    if (!mul_div(&q, &rest, shares.v, reserve.v, supply.v) || !amount_from_u128(amount, q)) {
        return false;
    }
    *rem = rest;
    return true;
}

bool pool_view(struct pool_view *v, const struct state *s, account_id pool) {
    const struct record *r = state_account(s, pool);
    *v = (struct pool_view){0};
    if (r->tag != RECORD_POOL) {
        return false;
    }
    v->pool = pool;
    v->token_a = r->u.pool.token_a;
    v->token_b = r->u.pool.token_b;
    v->fee = r->u.pool.fee;
    v->supply = r->u.pool.supply;
    v->reserve_a = state_balance(s, pool, 1, NULL);
    v->reserve_b = state_balance(s, pool, 2, NULL);
    return true;
}

enum rejection pool_quote(struct amount *out, const struct pool_view *v, token_id token_in,
                          struct amount in) {
    struct pool_swap q;
    *out = amount_zero();
    if (token_in != v->token_a && token_in != v->token_b) {
        return REJECT_POOL_TOKEN;
    }
    bool b_to_a = token_in == v->token_b;
    struct amount rin = b_to_a ? v->reserve_b : v->reserve_a,
                  rout = b_to_a ? v->reserve_a : v->reserve_b, after;
    if (amount_is_zero(v->supply) || !pool_swap_out(&q, in, rin, rout, v->fee)) {
        return REJECT_POOL_EMPTY;
    }
    if (!amount_add(&after, rin, in)) {
        return REJECT_BALANCE_OVERFLOW;
    }
    *out = q.out;
    return REJECT_NONE;
}
