/* node: one touched node of the 4-ary state tree, before and after the block.
 *
 * For a touched child the row takes NODE(level + 1, 4 index + i, old_i, new_i); an untouched child
 * has old_i = new_i. The row gives NODE(level, index, old, new) with the parents' values, each
 * C(c0..c3) = P(c0..c3)[0] + c0. The verifier takes NODE(0, 0, old root, new root), so level and
 * index of every row follow from the root down, and no node can appear twice. */
#include "circuit/chips.h"
#include "circuit/columns.h"

static const struct column_spec COLUMNS[NODE_COLUMNS] = {
    {"active", COLUMN_ACTIVE},       {"level", COLUMN_PLAIN},
    {"index", COLUMN_PLAIN},         {"touched0", COLUMN_BOOL_GATED},
    {"touched1", COLUMN_BOOL_GATED}, {"touched2", COLUMN_BOOL_GATED},
    {"touched3", COLUMN_BOOL_GATED}, {"old0", COLUMN_PLAIN},
    {"old1", COLUMN_PLAIN},          {"old2", COLUMN_PLAIN},
    {"old3", COLUMN_PLAIN},          {"new0", COLUMN_PLAIN},
    {"new1", COLUMN_PLAIN},          {"new2", COLUMN_PLAIN},
    {"new3", COLUMN_PLAIN},          {"old_hash", COLUMN_PLAIN},
    {"new_hash", COLUMN_PLAIN},
};

void chip_node(struct air *air, const struct circuit_kinds *k) {
    struct air_chip *c = air_chip(air, "node", -1, false);
    ax col[NODE_COLUMNS];
    columns_declare(c, COLUMNS, NODE_COLUMNS, col);
    const ax *old = &col[NODE_OLD0], *new = &col[NODE_NEW0];
    ax below = air_add(c, col[NODE_LEVEL], air_u64(c, 1));
    ax first = air_scale_u64(c, 4, col[NODE_INDEX]);
    for (unsigned i = 0; i < 4; i++) {
        ax touched = col[NODE_TOUCHED0 + i];
        air_zero(c, air_mul(c, ax_not(c, touched), air_sub(c, new[i], old[i])),
                 "untouched child %u keeps its value", i);
        air_take(c, k->node, touched, KIND_NODE_ARITY,
                 (ax[]){below, air_add(c, first, air_u64(c, i)), old[i], new[i]});
    }
    ax active = col[NODE_ACTIVE], old_hash = col[NODE_OLD_HASH], new_hash = col[NODE_NEW_HASH];
    air_give(c, k->p2, active, KIND_P2_ARITY, (ax[]){old[0], old[1], old[2], old[3], old_hash});
    air_give(c, k->p2, active, KIND_P2_ARITY, (ax[]){new[0], new[1], new[2], new[3], new_hash});
    air_give(c, k->node, active, KIND_NODE_ARITY,
             (ax[]){col[NODE_LEVEL], col[NODE_INDEX], air_add(c, old_hash, old[0]),
                    air_add(c, new_hash, new[0])});
}
