/* The curve of stable pools: StableSwap for two coins, on integers, exactly.
 *
 *   F(x, y, D) = D^3 + 4 x y (4 A - 1) D - 16 A x y (x + y)
 *
 * x and y are scaled reserves, D the value they are worth when they are equal (about x + y). F = 0
 * is the curve's equation 4 A (x + y) + D = 4 A D + D^3 / (4 x y), without fractions. For x, y >= 1
 * F rises with D, and F falls with y from the one y at which it is 0; so
 *
 *   Ddown(x, y) = the greatest D with F <= 0;  Dup = Ddown + 1 = the least with F > 0
 *   Y(x, D)     = the least y >= 1 with F <= 0
 *
 * exist, are unique, and are shown by the sign of F at two neighbours: that is what the circuit
 * checks. Found here by Newton's method from above, with rounding down: every step falls and the
 * last one stands at the root's floor; about ten steps, whatever the input.
 *
 * Source of the equation: M. Egorov, "StableSwap" (2019). Arguments are below 2^113, A in 1..65535;
 * variable time. */
#ifndef ZKLINK_ROLLUP_STABLE_H
#define ZKLINK_ROLLUP_STABLE_H

#include "rollup/wide.h"

/* -1, 0 or 1: the sign of F. */
int stable_sign(u128 x, u128 y, u128 d, uint32_t amp);
/* Ddown: at most x + y; 0 if x or y is 0. */
u128 stable_d(u128 x, u128 y, uint32_t amp);
/* *y = Y(x, d); false, *y = 0, if x = 0 (there is none) or it is 2^113 or more. */
bool stable_y(u128 *y, u128 x, u128 d, uint32_t amp);

#endif
