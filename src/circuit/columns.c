#include "circuit/columns.h"

void columns_declare(struct air_chip *chip, const struct column_spec *spec, unsigned n, ax *out) {
    for (unsigned i = 0; i < n; i++) {
        switch (spec[i].sort) {
        case COLUMN_ACTIVE:
            out[i] = air_active(chip);
            break;
        case COLUMN_PLAIN:
            out[i] = air_col(chip, spec[i].name);
            break;
        case COLUMN_BOOL:
            out[i] = air_col_bool(chip, spec[i].name);
            break;
        case COLUMN_GATED:
            out[i] = air_col_gated(chip, spec[i].name);
            break;
        case COLUMN_BOOL_GATED:
            out[i] = air_col_bool_gated(chip, spec[i].name);
            break;
        case COLUMN_PUBLIC:
            out[i] = air_col_public(chip, spec[i].name);
            break;
        }
    }
}

void fr_pow2(fr *out, unsigned bits) {
    fr_from_u64(out, 2);
    fr_pow_u64(out, out, bits);
}

ax ax_shift(struct air_chip *chip, ax a, unsigned bits) {
    fr k;
    fr_pow2(&k, bits);
    return air_scale(chip, &k, a);
}

ax ax_not(struct air_chip *chip, ax a) {
    return air_sub(chip, air_u64(chip, 1), a);
}
