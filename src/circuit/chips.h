/* The small chips of the block circuit: columns, and the functions that declare them. What each
 * proves stands at the top of its file; the op chip has its own header, op/op.h. */
#ifndef ZKLINK_CIRCUIT_CHIPS_H
#define ZKLINK_CIRCUIT_CHIPS_H

#include "circuit/kinds.h"

enum r16_column { R16_MULT, R16_COLUMNS };

enum { RNG_LIMBS = 8 };
enum rng_column {
    RNG_ACTIVE,
    RNG_MULT,
    RNG_IS32,
    RNG_IS40,
    RNG_IS48,
    RNG_IS112,
    RNG_LIMB0,
    RNG_COLUMNS = RNG_LIMB0 + RNG_LIMBS
};

enum node_column {
    NODE_ACTIVE,
    NODE_LEVEL,
    NODE_INDEX,
    NODE_TOUCHED0,
    NODE_OLD0 = NODE_TOUCHED0 + 4,
    NODE_NEW0 = NODE_OLD0 + 4,
    NODE_OLD_HASH = NODE_NEW0 + 4,
    NODE_NEW_HASH,
    NODE_COLUMNS
};

enum leaf_column {
    LEAF_ACTIVE,
    LEAF_IS_RECORD,
    LEAF_OLD_HASHED,
    LEAF_NEW_HASHED,
    LEAF_ACC,
    LEAF_ACC_HIGH,
    LEAF_SLOT,
    LEAF_LAST,
    LEAF_OLD_TAG,
    LEAF_OLD0,
    LEAF_NEW_TAG = LEAF_OLD0 + 4,
    LEAF_NEW0,
    LEAF_OLD_HASH = LEAF_NEW0 + 4,
    LEAF_NEW_HASH,
    LEAF_OLD_MIDDLE,
    LEAF_OLD_HIGH,
    LEAF_OLD_TAG_PRODUCT,
    LEAF_NEW_TAG_PRODUCT,
    LEAF_COLUMNS
};

enum record_column {
    REC_ACTIVE,
    REC_NOW,
    REC_ACC,
    REC_OLD_TAG,
    REC_OLD0,
    REC_NEW_TAG = REC_OLD0 + 4,
    REC_NEW0,
    REC_AGE_LOW = REC_NEW0 + 4,
    REC_AGE_HIGH,
    REC_COLUMNS
};

enum balance_column {
    BAL_ACTIVE,
    BAL_NOW,
    BAL_ACC,
    BAL_SLOT,
    BAL_TOKEN,
    BAL_OLD,
    BAL_NEW,
    BAL_DEBIT,
    BAL_OLD_TAG,
    BAL_NEW_TAG,
    BAL_NEW_INVERSE,
    BAL_AGE_LOW,
    BAL_AGE_HIGH,
    BAL_COLUMNS
};

enum log_column { LOG_ACTIVE, LOG_WORD, LOG_COLUMNS };

enum outbox_column { OUTBOX_ACTIVE, OUTBOX_OP, OUTBOX_W0, OUTBOX_COLUMNS = OUTBOX_W0 + 4 };

void chip_r16(struct air *air, const struct circuit_kinds *k);
void chip_rng(struct air *air, const struct circuit_kinds *k);
void chip_node(struct air *air, const struct circuit_kinds *k);
void chip_leaf(struct air *air, const struct circuit_kinds *k);
void chip_record(struct air *air, const struct circuit_kinds *k);
void chip_balance(struct air *air, const struct circuit_kinds *k);
void chip_log(struct air *air, const struct circuit_kinds *k);
void chip_outbox(struct air *air, const struct circuit_kinds *k);

#endif
