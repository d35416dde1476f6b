/* rng: a row shows 0 <= v < 2^bits for one of the classes 32, 40, 48, 112 and 128 bits and serves
 * it RNG_MULT times. v = sum of limb_i 2^(16 i), every limb looked up in r16; limbs above the class
 * are zero; 40 bits: limb 2 is below 2^8, as 256 limb_2 is looked up too (limb_2 < 2^16, so there
 * is no wrap). The class of 128 bits is "active and none of the others". */
#include "circuit/chips.h"
#include "circuit/columns.h"

static const struct column_spec COLUMNS[RNG_COLUMNS] = {
    {"active", COLUMN_ACTIVE},   {"mult", COLUMN_GATED},      {"is32", COLUMN_BOOL_GATED},
    {"is40", COLUMN_BOOL_GATED}, {"is48", COLUMN_BOOL_GATED}, {"is112", COLUMN_BOOL_GATED},
    {"limb0", COLUMN_PLAIN},     {"limb1", COLUMN_PLAIN},     {"limb2", COLUMN_PLAIN},
    {"limb3", COLUMN_PLAIN},     {"limb4", COLUMN_PLAIN},     {"limb5", COLUMN_PLAIN},
    {"limb6", COLUMN_PLAIN},     {"limb7", COLUMN_PLAIN},
};

void chip_rng(struct air *air, const struct circuit_kinds *k) {
    struct air_chip *c = air_chip(air, "rng", -1, false);
    ax col[RNG_COLUMNS];
    columns_declare(c, COLUMNS, RNG_COLUMNS, col);
    const ax *limb = &col[RNG_LIMB0];
    ax above32 = air_sub(c, col[RNG_ACTIVE], col[RNG_IS32]);
    ax above48 = air_sub(c, air_sub(c, above32, col[RNG_IS40]), col[RNG_IS48]);
    ax is128 = air_sub(c, above48, col[RNG_IS112]);
    air_zero(c, air_mul(c, is128, ax_not(c, is128)), "one class");
    ax bits =
        air_sum(c, 5,
                (ax[]){air_scale_u64(c, 32, col[RNG_IS32]), air_scale_u64(c, 40, col[RNG_IS40]),
                       air_scale_u64(c, 48, col[RNG_IS48]), air_scale_u64(c, 112, col[RNG_IS112]),
                       air_scale_u64(c, 128, is128)});
    const ax gate[RNG_LIMBS] = {col[RNG_ACTIVE], col[RNG_ACTIVE], above32, above48,
                                above48,         above48,         above48, is128};
    ax value = limb[0];
    for (unsigned i = 1; i < RNG_LIMBS; i++) {
        value = air_add(c, value, ax_shift(c, limb[i], 16 * i));
    }
    for (unsigned i = 2; i < RNG_LIMBS; i++) {
        air_zero(c, air_mul(c, ax_not(c, gate[i]), limb[i]), "limb %u above the class", i);
    }
    air_take(c, k->rng, col[RNG_MULT], KIND_RNG_ARITY, (ax[]){bits, value});
    for (unsigned i = 0; i < RNG_LIMBS; i++) {
        air_give(c, k->r16, gate[i], KIND_R16_ARITY, &limb[i]);
    }
    ax top = ax_shift(c, limb[2], 8);
    air_give(c, k->r16, col[RNG_IS40], KIND_R16_ARITY, &top);
}
