/* Declaring a chip's columns from a table, and small helpers for expressions.
 *
 * Each chip of the circuit has an enum of its columns (chips.h, op/op.h) and a table of their names
 * in the same order; the row-filling code uses the enum. */
#ifndef ZKLINK_CIRCUIT_COLUMNS_H
#define ZKLINK_CIRCUIT_COLUMNS_H

#include "proof/air.h"

enum column_sort {
    COLUMN_ACTIVE,     /* `active`, must come first */
    COLUMN_PLAIN,      /* any value */
    COLUMN_BOOL,       /* 0 or 1 */
    COLUMN_GATED,      /* 0 on inactive rows */
    COLUMN_BOOL_GATED, /* both */
    COLUMN_PUBLIC      /* a word that a verifier may hold */
};

struct column_spec {
    const char *name;
    enum column_sort sort;
};

/* Declares n columns; out[i] is the expression of the i-th, whose index is i. */
void columns_declare(struct air_chip *chip, const struct column_spec *spec, unsigned n, ax *out);

/* 2^bits a, bits < 254. */
ax ax_shift(struct air_chip *chip, ax a, unsigned bits);
/* The field element 2^bits, bits < 254. */
void fr_pow2(fr *out, unsigned bits);
/* 1 - a. */
ax ax_not(struct air_chip *chip, ax a);

#endif
