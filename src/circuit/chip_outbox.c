/* outbox: the operations that concern one chain; an instance per connected chain, whose scalar is
 * the chain's number. A row takes OUT(chain, op, w0..w3). Rows not used are 0: an entry that no
 * operation gave would otherwise be shown to a chain. The order of entries is not proved here; the
 * chain's contract wants strictly increasing operation numbers. */
#include "circuit/chips.h"
#include "circuit/columns.h"

static const struct column_spec COLUMNS[OUTBOX_COLUMNS] = {
    {"active", COLUMN_ACTIVE}, {"op", COLUMN_PUBLIC}, {"w0", COLUMN_PUBLIC},
    {"w1", COLUMN_PUBLIC},     {"w2", COLUMN_PUBLIC}, {"w3", COLUMN_PUBLIC},
};

void chip_outbox(struct air *air, const struct circuit_kinds *k) {
    struct air_chip *c = air_chip(air, "outbox", -1, true);
    ax col[OUTBOX_COLUMNS];
    columns_declare(c, COLUMNS, OUTBOX_COLUMNS, col);
    for (unsigned i = OUTBOX_OP; i < OUTBOX_COLUMNS; i++) {
        air_zero(c, air_mul(c, ax_not(c, col[OUTBOX_ACTIVE]), col[i]), "no %s on an unused row",
                 COLUMNS[i].name);
    }
    air_take(c, k->out, col[OUTBOX_ACTIVE], KIND_OUT_ARITY,
             (ax[]){air_instance_scalar(c), col[OUTBOX_OP], col[OUTBOX_W0], col[OUTBOX_W0 + 1],
                    col[OUTBOX_W0 + 2], col[OUTBOX_W0 + 3]});
}
