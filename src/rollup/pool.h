/* Pools on integers, of both curves: constant product, and stable (rollup/stable.h). Every rounding
 * favours the pool. Quotes for API and clients and the state machine's arithmetic are the same
 * functions.
 *
 * Both curves:
 *   add        shares = min(floor(a S / Ra), floor(b S / Rb)); taken: ceil(shares R / S) of each
 *   remove     given: floor(shares R / S) of each
 * Constant product:
 *   swap       out = floor(in (10^4 - fee) Rout / (10^4 Rin + in (10^4 - fee)))
 *   first      supply = floor(sqrt(a b)), of which POOL_LOCKED belong to nobody
 *   add one    the most shares q with (S + q)^2 R 20000 <= S^2 (R 20000 + a (20000 - fee))
 *   remove one R' = ceil(R (S - q)^2 / S^2); out = floor((R - R') (20000 - fee) / 20000)
 * Stable, with x, y the scaled reserves (amount times multiplier), x of the token that goes in or,
 * on removal, out:
 *   swap       D = Dup(x, y); y' = Y(x + m in, D); gross = floor((y - y' - 1) / m_out), 0 if y' >=
 * y; out = floor(gross (10^4 - fee) / 10^4) first      supply = Ddown(x, y), of which POOL_LOCKED
 * belong to nobody add one    a' = floor(a (20000 - fee) / 20000); D0 = Dup(x, y); D1 = Ddown(x + m
 * a', y); shares = floor(S (D1 - D0) / D0), 0 if D1 <= D0 remove one D0 = Ddown(x, y); D1 = ceil(D0
 * (S - q) / S); x' = Y(y, D1); gross = floor((x - x' - 1) / m), 0 if x' >= x; out = floor(gross
 * (20000 - fee) / 20000) cap        reserves and what goes in, scaled, make at most POOL_CAP
 * together One side costs half the fee: half of what goes in or out is as if it had been swapped.
 *
 * Formulas: Uniswap v2 core (with the fee as a parameter and the exact ceil on adding); StableSwap
 * (Curve's plain pool of two coins), whose vyper code works with an approximate D, here exact and
 * rounded to the pool's favour. */
#ifndef ZKLINK_ROLLUP_POOL_H
#define ZKLINK_ROLLUP_POOL_H

#include "rollup/record.h"
#include "rollup/rejection.h"

struct state;

enum { POOL_LOCKED = 1000, POOL_HALF_FEE_UNIT = 2 * POOL_FEE_UNIT };
/* The most that a stable pool's scaled reserves may make together. */
#define POOL_CAP (((u128)1 << AMOUNT_BITS) - 2)

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
    bool stable;
    uint32_t amp;            /* stable: A, else 0 */
    uint64_t mult_a, mult_b; /* stable: the multipliers, else 0 */
};
/* False if the account is not a pool. */
bool pool_view(struct pool_view *v, const struct state *s, account_id pool);

/* A swap, a one-sided change or a first deposit, with all that its proof needs (the circuit's
 * op_formula.c). "Token x" is the one that goes in, on removal the one that goes out; of a first
 * deposit token A. What a formula does not have is 0. */
struct pool_trade {
    struct amount result; /* swap, removal: what goes out; else shares made (first: less the locked
                             ones) */
    struct amount gross;  /* what leaves the curve, before the fee (not: constant-product swap) */
    struct amount net;    /* stable addition: a' */
    u128 den, rem;        /* CP swap: out den + rem = in (10^4 - fee) Rout;
                             CP first: rem = a b - supply^2 */
    u128 fee_rem;         /* result U + fee_rem = gross (U - fee), or net U + fee_rem = a (U - fee);
                             U = 10^4 for swaps, else 20000 */
    u128 unit_rem;        /* gross m + unit_rem = r - r' - 1 + none; r, r' = solved reserve */
    u128 share_rem;       /* addition: shares (d + 1) + share_rem = S (d2 - d - 1 + none);
                             removal: d2 S = d (S - shares) + share_rem */
    u128 x, y, d;         /* stable: scaled reserves (first: what goes in), d = Ddown(x, y) */
    u128 x2, y2, d2;      /* swap: x2 = x + m in, y2 = min(y', y), d2 = d + 1;
                             addition: x2 = x + m net, y2 = y, d2 = Ddown(x2, y2);
                             removal: x2 = y, y2 = min(x', x), d2 = D1 */
    bool none;            /* swap, removal: y2 is the reserve itself, as Y is not below it;
                             addition: d2 = d */
};
/* in >= 0 of token A, or of B if b_to_a. REJECT_POOL_EMPTY without liquidity, REJECT_POOL_CAP. The
 * result may be 0. */
enum rejection pool_swap_quote(struct pool_trade *t, const struct pool_view *v, bool b_to_a,
                               struct amount in);
/* a of token A, or of B if is_b, for shares. REJECT_POOL_EMPTY, REJECT_POOL_CAP,
 * REJECT_BALANCE_OVERFLOW (the reserve), REJECT_SHARES_OVERFLOW: the supply would pass 2^112 - 1.
 * The result may be 0. */
enum rejection pool_add_one_quote(struct pool_trade *t, const struct pool_view *v, bool is_b,
                                  struct amount a);
/* Shares for token A, or B if is_b. REJECT_POOL_EMPTY; REJECT_SHARES_TOO_MANY unless they are below
 * the supply. The result may be 0. */
enum rejection pool_remove_one_quote(struct pool_trade *t, const struct pool_view *v, bool is_b,
                                     struct amount shares);
/* The first deposit. REJECT_FIRST_LIQUIDITY, REJECT_POOL_CAP. */
enum rejection pool_first_quote(struct pool_trade *t, const struct pool_view *v, struct amount a,
                                struct amount b);
/* True unless the pool is stable and a, b on top of its reserves pass the cap. */
ROLLUP_MUST_USE bool pool_cap_allows(const struct pool_view *v, struct amount a, struct amount b);
/* The least input whose output is at least `out`, either curve; false if no amount does that. */
ROLLUP_MUST_USE bool pool_swap_input(struct amount *in, const struct pool_view *v, bool b_to_a,
                                     struct amount out);
/* What a swap of `in` of token_in would give now. */
enum rejection pool_quote(struct amount *out, const struct pool_view *v, token_id token_in,
                          struct amount in);

#endif
