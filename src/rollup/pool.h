/* Constant-product pools on integers. Every rounding favours the pool. Quotes for API and clients
 * and the state machine's arithmetic are the same functions.
 *
 *   swap       out = floor(in (10^4 - fee) Rout / (10^4 Rin + in (10^4 - fee)))
 *   first      supply = floor(sqrt(a b)), of which POOL_LOCKED belong to nobody
 *   add        shares = min(floor(a S / Ra), floor(b S / Rb)); taken: ceil(shares R / S) of each
 *   remove     given: floor(shares R / S) of each
 *
 * Formulas: Uniswap v2 core (with the fee as a parameter and the exact ceil on adding). */
#ifndef ZKLINK_ROLLUP_POOL_H
#define ZKLINK_ROLLUP_POOL_H

#include "rollup/apply.h"

enum { POOL_LOCKED = 1000 };

struct pool_swap {
    struct amount out;
    u128 den, rem; /* out den + rem = in (10^4 - fee) Rout, rem < den < 2^127 */
};
/* False, *q zero, if the denominator is 0 or fee >= 10^4. out < Rout whenever Rout > 0 and Rin > 0.
 */
ROLLUP_MUST_USE bool pool_swap_out(struct pool_swap *q, struct amount in, struct amount reserve_in,
                                   struct amount reserve_out, uint16_t fee);
/* The least input whose output is at least out; false if no amount does that. */
ROLLUP_MUST_USE bool pool_swap_in(struct amount *in, struct amount out, struct amount reserve_in,
                                  struct amount reserve_out, uint16_t fee);

/* supply = floor(sqrt(a b)), rem = a b - supply^2, shares = supply - POOL_LOCKED; false if that is
 * not at least 1. */
struct pool_first {
    struct amount supply, shares;
    u128 rem;
};
ROLLUP_MUST_USE bool pool_first_shares(struct pool_first *q, struct amount a, struct amount b);

/* The most shares that max_a and max_b buy; false if the supply is 0 or would pass 2^112 - 1 or a
 * reserve is 0. */
ROLLUP_MUST_USE bool pool_shares_for(struct amount *shares, struct amount max_a,
                                     struct amount max_b, struct amount reserve_a,
                                     struct amount reserve_b, struct amount supply);
/* ceil(shares reserve / supply); rem = amount supply - shares reserve. False if supply = 0 or the
 * amount passes 2^112 - 1. */
ROLLUP_MUST_USE bool pool_share_cost(struct amount *amount, u128 *rem, struct amount shares,
                                     struct amount reserve, struct amount supply);
/* floor(shares reserve / supply); rem = shares reserve - amount supply. False if supply = 0 or the
 * amount passes 2^112 - 1. */
ROLLUP_MUST_USE bool pool_share_value(struct amount *amount, u128 *rem, struct amount shares,
                                      struct amount reserve, struct amount supply);

/* A pool as it stands. */
struct pool_view {
    account_id pool;
    token_id token_a, token_b;
    uint16_t fee;
    struct amount reserve_a, reserve_b, supply;
};
/* False if the account is not a pool. */
bool pool_view(struct pool_view *v, const struct state *s, account_id pool);
/* What a swap of `in` of token_in would give now. */
enum rejection pool_quote(struct amount *out, const struct pool_view *v, token_id token_in,
                          struct amount in);

#endif
