/* balance: one read-and-write of a balance, asked for by the op chip.
 *
 * Takes BAL(now, acc, slot, token, old, new, debit). The record is (tag, amount, token tag, 0, 0)
 * with tag = [amount is not 0]; the old one is as the last access or the leaf left it, where amount
 * is 0 if the tag is. A debit (also of nothing) needs a balance that exists; a credit may find an
 * empty slot, for any token. new < 2^112. Time as in the record chip. */
#include "circuit/chips.h"
#include "circuit/columns.h"

static const struct column_spec COLUMNS[BAL_COLUMNS] = {
    {"active", COLUMN_ACTIVE},  {"now", COLUMN_PLAIN},         {"acc", COLUMN_PLAIN},
    {"slot", COLUMN_PLAIN},     {"token", COLUMN_PLAIN},       {"old", COLUMN_PLAIN},
    {"new", COLUMN_PLAIN},      {"debit", COLUMN_PLAIN},       {"old_tag", COLUMN_BOOL},
    {"new_tag", COLUMN_PLAIN},  {"new_inverse", COLUMN_PLAIN}, {"age_low", COLUMN_PLAIN},
    {"age_high", COLUMN_PLAIN},
};

void chip_balance(struct air *air, const struct circuit_kinds *k) {
    struct air_chip *c = air_chip(air, "balance", -1, false);
    ax col[BAL_COLUMNS];
    columns_declare(c, COLUMNS, BAL_COLUMNS, col);
    ax active = col[BAL_ACTIVE], now = col[BAL_NOW], acc = col[BAL_ACC], slot = col[BAL_SLOT];
    ax token = col[BAL_TOKEN], old = col[BAL_OLD], new = col[BAL_NEW], zero = air_u64(c, 0);
    ax otag = col[BAL_OLD_TAG], ntag = col[BAL_NEW_TAG], inverse = col[BAL_NEW_INVERSE];
    air_zero(c, air_sub(c, ntag, air_mul(c, new, inverse)), "new_tag is new times its inverse");
    air_zero(c, air_mul(c, new, ax_not(c, ntag)), "new_tag is 1 if new is not 0");
    air_zero(c, air_mul(c, inverse, ax_not(c, ntag)), "no inverse of 0");
    air_zero(c, air_mul(c, col[BAL_DEBIT], ax_not(c, otag)), "a debit needs a balance");
    ax age = air_add(c, col[BAL_AGE_LOW], ax_shift(c, col[BAL_AGE_HIGH], 16));
    ax last = air_sub(c, air_sub(c, now, active), age);
    air_take(c, k->bal, active, KIND_BAL_ARITY,
             (ax[]){now, acc, slot, token, old, new, col[BAL_DEBIT]});
    air_take(c, k->mem, active, KIND_MEM_ARITY,
             (ax[]){acc, slot, otag, old, air_mul(c, token, otag), zero, zero, last});
    air_give(c, k->mem, active, KIND_MEM_ARITY,
             (ax[]){acc, slot, ntag, new, air_mul(c, token, ntag), zero, zero, now});
    air_give(c, k->r16, active, KIND_R16_ARITY, &col[BAL_AGE_LOW]);
    air_give(c, k->r16, active, KIND_R16_ARITY, &col[BAL_AGE_HIGH]);
    air_give(c, k->rng, active, KIND_RNG_ARITY, (ax[]){air_u64(c, 112), new});
}
