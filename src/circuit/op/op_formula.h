/* The pools' formulas (rollup/pool.h) as constraints: for signed operations and for requests alike.
 *
 * The operation accesses the pool (op_pool: k5, k6, k7), so that the record is a pool's, old6 and
 * old7 are the reserves of token x and token y; it range-checks v0 to 112 bits and calls one of the
 * functions with its gate g: an expression that is 0 or 1, of degree 3 at most, 1 in at most one
 * call's gate in each row. The formula says what v1 is; the effects (debits, credits, the supply's
 * change) are the operation's. It uses v1, v3, v4 and columns of its own.
 *
 *   swap         v1 = what comes out (token y) for v0 going in (token x)
 *   add one      v1 = shares for v0 of token x; the new supply, r3 + v1, is below 2^112
 *   remove one   v1 = what comes out (token x) for v0 shares; v0 is below the supply
 *
 * Where a stable pool is meant, what goes in fits the cap. The reserves must exist: the operation
 * accesses k6 or k7 with a debit (of nothing, if nothing moves) on either side that may be missing.
 *
 * Why a request cannot be done:
 *   over cap     the pool is stable, and v0 of token x on top of its reserves would pass the cap
 *   over supply  within the cap; v0 of token x would buy so many shares that the supply passed
 *                2^112 - 1 */
#ifndef ZKLINK_CIRCUIT_OP_FORMULA_H
#define ZKLINK_CIRCUIT_OP_FORMULA_H

#include "circuit/op/op_air.h"

void op_swap_formula(struct op_build *b, ax g);
void op_add_one_formula(struct op_build *b, ax g);
void op_remove_one_formula(struct op_build *b, ax g);
void op_over_cap_formula(struct op_build *b, ax g);
void op_over_supply_formula(struct op_build *b, ax g);

/* AddLiquidityFirst on a stable pool: v2 + 1000 is Ddown of v0 and v1, scaled, which fit the cap.
 * s is a selector. */
void op_first_formula(struct op_build *b, ax s);
/* AddLiquidity: v0 and v1 on top of the reserves fit a stable pool's cap. */
void op_more_formula(struct op_build *b, ax s);
/* CreateStablePool: the columns of the curve (multipliers of A as x, of B as y) are in their
 * ranges, not 0, and the new record's r2; v7 is the fee. */
void op_curve_formula(struct op_build *b, ax s);

/* After all operations: the constraints. Then, among the messages: the formulas' own. */
void op_formula_constrain(struct op_build *b);
void op_formula_messages(struct op_build *b, const struct circuit_kinds *kinds);

/* Rows: from effect->trade, as the quote left it (also a quote that refused), and the accesses k5,
 * k6, k7 of the effect; v0 is `amount`. Where g is 1. */
void op_swap_formula_fill(struct op_fill *f, struct amount in);
void op_add_one_formula_fill(struct op_fill *f, struct amount amount);
void op_remove_one_formula_fill(struct op_fill *f, struct amount shares);
void op_over_cap_formula_fill(struct op_fill *f, struct amount amount);
void op_over_supply_formula_fill(struct op_fill *f, struct amount amount);
void op_first_formula_fill(struct op_fill *f);
void op_more_formula_fill(struct op_fill *f);
void op_curve_formula_fill(struct op_fill *f, uint16_t fee, const struct curve *curve);

#endif
