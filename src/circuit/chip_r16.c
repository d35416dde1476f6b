/* r16: the table of the 16-bit integers. A fixed table of 2^16 rows; row i serves R16(i) as often
 * as its multiplicity says. The row index is virtual, so nothing is preprocessed. */
#include "circuit/chips.h"

void chip_r16(struct air *air, const struct circuit_kinds *k) {
    struct air_chip *c = air_chip(air, "r16", 16, false);
    ax mult = air_col(c, "mult"), row = air_row(c);
    air_take(c, k->r16, mult, KIND_R16_ARITY, &row);
}
