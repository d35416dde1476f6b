/* leaf: one touched leaf of the state tree: its record before and after the block.
 *
 * Gives MEM(acc, slot, old record, time 0), takes MEM(acc, slot, new record, last): the accesses of
 * the block lie between (offline memory checking). Gives NODE(18, 256 acc + slot, old leaf, new
 * leaf).
 *
 * is_record: slot 0, whose leaf is C(r0 + 2^200 tag, r1, r2, r3), or 0 if empty. Else a balance
 * with leaf amount + 2^112 token + 2^152 tag, tag in {0, 1}. The OLD record is decoded from its
 * leaf, so this decoding must be unique: balance: amount < 2^112, token < 2^40, all 0 if the tag is
 * 0; record: r0 = low 112 + 2^112 middle 48 + 2^160 high 16 < 2^176, tag in {2, .., 6}. Without the
 *           bound (tag, r0) could be read as (tag + 1, r0 - 2^200): an account without a key as one
 * with the key (0, 0). The NEW record was written by an access, with bounds by the op chip. 256 acc
 * + slot names one leaf: slot < 2^8, acc < 2^32. There is one row per leaf, because a node is taken
 * once. */
#include "circuit/chips.h"
#include "circuit/columns.h"

#include "rollup/tree.h"

static const struct column_spec COLUMNS[LEAF_COLUMNS] = {
    {"active", COLUMN_ACTIVE},
    {"is_record", COLUMN_BOOL_GATED},
    {"old_hashed", COLUMN_BOOL_GATED},
    {"new_hashed", COLUMN_BOOL_GATED},
    {"acc", COLUMN_PLAIN},
    {"acc_high", COLUMN_PLAIN},
    {"slot", COLUMN_PLAIN},
    {"last", COLUMN_PLAIN},
    {"old_tag", COLUMN_PLAIN},
    {"old0", COLUMN_PLAIN},
    {"old1", COLUMN_PLAIN},
    {"old2", COLUMN_PLAIN},
    {"old3", COLUMN_PLAIN},
    {"new_tag", COLUMN_PLAIN},
    {"new0", COLUMN_PLAIN},
    {"new1", COLUMN_PLAIN},
    {"new2", COLUMN_PLAIN},
    {"new3", COLUMN_PLAIN},
    {"old_hash", COLUMN_PLAIN},
    {"new_hash", COLUMN_PLAIN},
    {"old_middle", COLUMN_PLAIN},
    {"old_high", COLUMN_PLAIN},
    {"old_tag_product", COLUMN_PLAIN},
    {"new_tag_product", COLUMN_PLAIN},
};

/* One side, old or new: tag and fields fit the leaf's sort; returns the leaf value (degree 2) and
 * looks its hash up. */
static ax leaf_side(struct air_chip *c, const struct circuit_kinds *k, const char *name, ax rec,
                    ax hashed, ax tag, ax tag_product, const ax r[4], ax hash) {
    ax one = air_u64(c, 1), bal = ax_not(c, rec);
    air_zero(c, air_mul(c, hashed, bal), "%s: only records are hashed", name);
    /* tag (tag - 5) = (tag - 2) (tag - 3) - 6, which is 0 in an empty row */
    air_zero(c, air_sub(c, tag_product, air_mul(c, tag, air_sub(c, tag, air_u64(c, 5)))),
             "%s: the tag's product", name);
    ax in2or3 = air_add(c, tag_product, air_u64(c, 6));
    ax in4to6 = air_mul(c, air_sub(c, tag, air_u64(c, 4)),
                        air_mul(c, air_sub(c, tag, air_u64(c, 5)), air_sub(c, tag, air_u64(c, 6))));
    air_zero(c, air_mul(c, hashed, air_mul(c, in2or3, in4to6)), "%s: a record's tag", name);
    air_zero(c, air_mul(c, air_sub(c, rec, hashed), tag), "%s: an empty record's tag", name);
    air_zero(c, air_mul(c, bal, air_mul(c, tag, air_sub(c, tag, one))), "%s: a balance's tag",
             name);
    air_zero(c, air_mul(c, ax_not(c, hashed), hash), "%s: no hash", name);
    ax in0 = air_add(c, r[0], ax_shift(c, tag, 200));
    air_give(c, k->p2, hashed, KIND_P2_ARITY, (ax[]){in0, r[1], r[2], r[3], hash});
    ax as_record = air_mul(c, rec, air_add(c, hash, in0));
    ax as_balance = air_mul(
        c, bal, air_add(c, r[0], air_add(c, ax_shift(c, r[1], 112), ax_shift(c, tag, 152))));
    return air_add(c, as_record, as_balance);
}

void chip_leaf(struct air *air, const struct circuit_kinds *k) {
    struct air_chip *c = air_chip(air, "leaf", -1, false);
    ax col[LEAF_COLUMNS];
    columns_declare(c, COLUMNS, LEAF_COLUMNS, col);
    ax active = col[LEAF_ACTIVE], rec = col[LEAF_IS_RECORD], slot = col[LEAF_SLOT];
    ax acc = col[LEAF_ACC], bal = ax_not(c, rec), old_hashed = col[LEAF_OLD_HASHED];
    const ax *o = &col[LEAF_OLD0], *n = &col[LEAF_NEW0];
    ax otag = col[LEAF_OLD_TAG], ntag = col[LEAF_NEW_TAG];
    ax middle = col[LEAF_OLD_MIDDLE], high = col[LEAF_OLD_HIGH];

    air_zero(c, air_mul(c, rec, slot), "records are in slot 0");
    for (unsigned i = 0; i < 4; i++) {
        air_zero(c, air_mul(c, air_sub(c, rec, old_hashed), o[i]), "an empty record's field %u", i);
    }
    for (unsigned i = 0; i < 2; i++) {
        air_zero(c, air_mul(c, bal, air_mul(c, ax_not(c, otag), o[i])),
                 "an empty balance's field %u", i);
        air_zero(c, air_mul(c, bal, o[2 + i]), "a balance has no field %u", 2 + i);
    }
    air_zero(c, air_mul(c, ax_not(c, old_hashed), middle), "middle part of a record's r0 only");
    air_zero(c, air_mul(c, ax_not(c, old_hashed), high), "high part of a record's r0 only");

    ax index = air_add(c, ax_shift(c, acc, 8), slot);
    ax old_leaf = leaf_side(c, k, "old", rec, old_hashed, otag, col[LEAF_OLD_TAG_PRODUCT], o,
                            col[LEAF_OLD_HASH]);
    ax new_leaf = leaf_side(c, k, "new", rec, col[LEAF_NEW_HASHED], ntag, col[LEAF_NEW_TAG_PRODUCT],
                            n, col[LEAF_NEW_HASH]);
    air_give(c, k->mem, active, KIND_MEM_ARITY,
             (ax[]){acc, slot, otag, o[0], o[1], o[2], o[3], air_u64(c, 0)});
    air_take(c, k->mem, active, KIND_MEM_ARITY,
             (ax[]){acc, slot, ntag, n[0], n[1], n[2], n[3], col[LEAF_LAST]});
    air_give(c, k->node, active, KIND_NODE_ARITY,
             (ax[]){air_u64(c, TREE_DEPTH), index, old_leaf, new_leaf});
    ax slot_from_one = air_add(c, air_sub(c, slot, active), rec);
    air_give(c, k->r16, active, KIND_R16_ARITY, &slot_from_one);

    /* The decoding's bounds; nothing to check where the old record is empty (all fields are 0). */
    ax present = air_add(c, old_hashed, air_mul(c, air_sub(c, active, rec), otag));
    ax low = air_sub(c, o[0], air_add(c, ax_shift(c, middle, 112), ax_shift(c, high, 160)));
    air_give(c, k->rng, present, KIND_RNG_ARITY, (ax[]){air_u64(c, 112), low});
    ax bits = air_add(c, air_scale_u64(c, 40, active), air_scale_u64(c, 8, rec));
    air_give(c, k->rng, present, KIND_RNG_ARITY,
             (ax[]){bits, air_add(c, middle, air_mul(c, bal, o[1]))});
    air_give(c, k->r16, old_hashed, KIND_R16_ARITY, &high);
    ax slot_high = ax_shift(c, slot, 8);
    air_give(c, k->r16, active, KIND_R16_ARITY, &slot_high);
    ax acc_low = air_sub(c, acc, ax_shift(c, col[LEAF_ACC_HIGH], 16));
    air_give(c, k->r16, active, KIND_R16_ARITY, &acc_low);
    air_give(c, k->r16, active, KIND_R16_ARITY, &col[LEAF_ACC_HIGH]);
}
