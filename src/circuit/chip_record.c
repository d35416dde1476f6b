/* record: one read-and-write of the record in slot 0 of an account, asked for by the op chip.
 *
 * Takes REC(now, ..); takes the record as the last access (or the leaf) left it, MEM(.., last), and
 * gives it as it is now, MEM(.., now). last = now - 1 - age, 0 <= age < 2^32 by two 16-bit limbs:
 * accesses go forward in time. Old and new fields are judged by the op chip. */
#include "circuit/chips.h"
#include "circuit/columns.h"

static const struct column_spec COLUMNS[REC_COLUMNS] = {
    {"active", COLUMN_ACTIVE}, {"now", COLUMN_PLAIN},     {"acc", COLUMN_PLAIN},
    {"old_tag", COLUMN_PLAIN}, {"old0", COLUMN_PLAIN},    {"old1", COLUMN_PLAIN},
    {"old2", COLUMN_PLAIN},    {"old3", COLUMN_PLAIN},    {"new_tag", COLUMN_PLAIN},
    {"new0", COLUMN_PLAIN},    {"new1", COLUMN_PLAIN},    {"new2", COLUMN_PLAIN},
    {"new3", COLUMN_PLAIN},    {"age_low", COLUMN_PLAIN}, {"age_high", COLUMN_PLAIN},
};

void chip_record(struct air *air, const struct circuit_kinds *k) {
    struct air_chip *c = air_chip(air, "record", -1, false);
    ax col[REC_COLUMNS];
    columns_declare(c, COLUMNS, REC_COLUMNS, col);
    ax active = col[REC_ACTIVE], now = col[REC_NOW], acc = col[REC_ACC];
    ax otag = col[REC_OLD_TAG], ntag = col[REC_NEW_TAG], zero = air_u64(c, 0);
    const ax *o = &col[REC_OLD0], *n = &col[REC_NEW0];
    ax age = air_add(c, col[REC_AGE_LOW], ax_shift(c, col[REC_AGE_HIGH], 16));
    ax last = air_sub(c, air_sub(c, now, active), age);
    air_take(c, k->rec, active, KIND_REC_ARITY,
             (ax[]){now, acc, otag, ntag, o[0], o[1], o[2], o[3], n[0], n[1], n[2], n[3]});
    air_take(c, k->mem, active, KIND_MEM_ARITY,
             (ax[]){acc, zero, otag, o[0], o[1], o[2], o[3], last});
    air_give(c, k->mem, active, KIND_MEM_ARITY,
             (ax[]){acc, zero, ntag, n[0], n[1], n[2], n[3], now});
    air_give(c, k->r16, active, KIND_R16_ARITY, &col[REC_AGE_LOW]);
    air_give(c, k->r16, active, KIND_R16_ARITY, &col[REC_AGE_HIGH]);
}
