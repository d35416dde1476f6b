/* The wide chip: signs of integers that do not fit the field. Its statement and argument stand at
 * the top of chip_wide.c. */
#ifndef ZKLINK_CIRCUIT_CHIP_WIDE_H
#define ZKLINK_CIRCUIT_CHIP_WIDE_H

#include "circuit/kinds.h"
#include "circuit/lookups.h"

enum wide_column {
    WIDE_ACTIVE,
    WIDE_GT,
    WIDE_D,
    WIDE_X,
    WIDE_Y,
    WIDE_U,
    WIDE_V,
    WIDE_S0,
    WIDE_S1,
    WIDE_E,
    WIDE_F,
    WIDE_P,
    WIDE_Q,
    WIDE_K0,
    WIDE_K1,
    WIDE_COLUMNS
};

void chip_wide(struct air *air, const struct circuit_kinds *k);

/* Fills a row for each statement that was counted by lookups_wide, and counts what the rows look
 * up. A false statement makes a row that breaks a constraint. 0, or -1 without memory. */
int chip_wide_fill(struct trace *t, struct lookups *l);

#endif
