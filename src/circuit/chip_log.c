/* log: the block's public data, one word a row; row i is word i. Takes LOG(i, word): the op chip
 * gives every position once, so the rows used are exactly the first ones and their order is fixed.
 * Words of rows not used are 0, so that a verifier that holds the words needs no more than them. */
#include "circuit/chips.h"
#include "circuit/columns.h"

static const struct column_spec COLUMNS[LOG_COLUMNS] = {
    {"active", COLUMN_ACTIVE},
    {"word", COLUMN_PUBLIC},
};

void chip_log(struct air *air, const struct circuit_kinds *k) {
    struct air_chip *c = air_chip(air, "log", -1, false);
    ax col[LOG_COLUMNS];
    columns_declare(c, COLUMNS, LOG_COLUMNS, col);
    air_zero(c, air_mul(c, ax_not(c, col[LOG_ACTIVE]), col[LOG_WORD]), "no word on an unused row");
    air_take(c, k->log, col[LOG_ACTIVE], KIND_LOG_ARITY, (ax[]){air_row(c), col[LOG_WORD]});
}
