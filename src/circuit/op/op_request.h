/* What the requests of types 17..19 have in common: deadline, minimum, the four outcomes.
 *
 * Exactly one of done, below (exp0), expired (exp1) and impossible (none of these) is 1:
 *
 *   all but expired   deadline - timestamp = valid_slack, 40 bits; expired: timestamp - deadline -
 * 1 done              v1 = result of the formula, v8 = v1 - minimum below             v8 = minimum
 * - 1 - v1 + exp2, exp2 only where v1 = 0: a minimum of 0 counts as 1 impossible        a reason,
 * which the operation proves `done or below` is where the formula is right (op_request_computed);
 * the operation proves there that nothing makes it impossible. So no two outcomes can both be
 * proved.
 *
 * Columns: v9 = minimum, v7 = queue index 40, mant = deadline 40, v2 and v5 an address' low 112 and
 * high 48 bits, u3 = word 3 where only the contract reads it. */
#ifndef ZKLINK_CIRCUIT_OP_REQUEST_H
#define ZKLINK_CIRCUIT_OP_REQUEST_H

#include "circuit/op/op_air.h"

enum {
    REQUEST_RESULT = 1,
    REQUEST_LOW = 2,
    REQUEST_HIGH = 5,
    REQUEST_INDEX = 7,
    REQUEST_LIMIT = 8,
    REQUEST_MINIMUM = 9
};

/* Declares the above for selector s; done is the column that says so. Log word 1 begins with the
 * minimum; the operation adds the result if done. */
void op_request_constrain(struct op_build *b, ax s, ax done);
/* done or below; degree 2. */
ax op_request_computed(struct op_build *b, ax s, ax done);
/* Degree 2. */
ax op_request_impossible(struct op_build *b, ax s, ax done);
/* 2-bit outcome, for word 0. */
ax op_request_outcome(struct op_build *b, ax done);
/* The address in v2 and v5. */
ax op_request_address(struct op_build *b);
/* `impossible` by what the record k5 is. u2 = other in direction 0 (not 0 if the tokens are not the
 * pool's), supply in direction 1 (a pool's, 0 if it is none). */
ax op_request_pool_supply(struct op_build *b); /* degree 3 */
void op_request_reason(struct op_build *b, ax s, ax other, ax supply);
/* In rows i (degree 2) where `here` (degree 1) is 1: one of the two. */
void op_request_no_pool(struct op_build *b, ax i, ax here);
/* Where g (degree 2) is 1: the supply of k5's pool is not 0; needs the inverse. */
void op_request_has_liquidity(struct op_build *b, ax g);
/* Adds to word 0 what stands there after the type, instead of what is common. */
void op_request_word0(struct op_build *b, ax s, ax rest);

/* Deadline, minimum and outcome of the row; result only where it was computed. excess: v8 where
 * neither done nor below says what it is. */
void op_request_fill(struct op_fill *f, uint64_t deadline, struct amount minimum,
                     struct amount result, u128 excess);
/* u2, direction and the inverse. asked: k5 is a pool with liquidity and the tokens, in that
 * direction; else the direction is chosen as the reason wants it. */
void op_request_fill_reason(struct op_fill *f, const fr *other, bool asked, bool direction);
/* Looks v2 and v5 up. */
void op_request_fill_address(struct op_fill *f, const uint8_t address[ADDRESS_LEN]);
static inline bool op_request_was_computed(const struct op_fill *f) {
    return f->op->outcome == OUTCOME_DONE || f->op->outcome == OUTCOME_BELOW_MINIMUM;
}

#endif
