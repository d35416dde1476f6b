/* See layout.h. */
#include "proof/layout.h"

#include <assert.h>
#include <stdlib.h>

size_t layout_n_chips(const struct air *air, unsigned n_instances) {
    size_t n = 0;
    for (unsigned c = 0; c < air->n_chips; c++) {
        n += air_chip_instances(air->chips[c], n_instances);
    }
    return n;
}

static void layout_number(struct layout *l, const uint8_t *heights) {
    size_t at = 0;
    for (unsigned c = 0; c < l->air->n_chips; c++) {
        const struct air_chip *chip = l->air->chips[c];
        for (unsigned i = 0; i < air_chip_instances(chip, l->n_instances); i++, at++) {
            struct layout_chip *lc = &l->chips[at];
            lc->chip = chip;
            lc->instance = i;
            lc->log_height = heights[at];
            lc->first_constraint = l->n_constraints;
            l->n_constraints += chip->n_constraints + chip->n_helpers;
            lc->first_value = l->n_values;
            l->n_values += air_chip_values(chip);
            lc->public_sum = chip->n_public ? (int)l->n_public_sums++ : -1;
            if (lc->log_height > l->log_tallest) {
                l->log_tallest = lc->log_height;
            }
        }
    }
}

static void layout_stack(struct layout *l) {
    for (unsigned m = l->log_tallest + 1; m-- > 0;) {
        for (size_t c = 0; c < l->n_chips; c++) {
            struct layout_chip *lc = &l->chips[c];
            if (lc->log_height == m) {
                lc->main_offset = l->main_len;
                lc->helper_offset = l->helper_len;
                l->main_len += (size_t)lc->chip->n_main << m;
                l->helper_len += (size_t)lc->chip->n_helpers << m;
            }
        }
    }
    size_t tail = ((size_t)1 << l->log_chunk) - 1;
    l->n_main_chunks = (l->main_len + tail) >> l->log_chunk;
    l->n_helper_chunks = (l->helper_len + tail) >> l->log_chunk;
}

enum layout_err layout_init(struct layout *l, const struct air *air, unsigned n_instances,
                            const uint8_t *heights, unsigned log_chunk, unsigned max_log_chunk) {
    memset(l, 0, sizeof *l);
    if (n_instances > LAYOUT_MAX_INSTANCES || log_chunk > max_log_chunk ||
        log_chunk > AIR_MAX_LOG_HEIGHT || air->preprocessed_log_size > (int)log_chunk) {
        return LAYOUT_ERR_HEIGHT;
    }
    l->air = air;
    l->n_instances = n_instances;
    l->log_chunk = log_chunk;
    l->n_chips = layout_n_chips(air, n_instances);
    l->chips = calloc(l->n_chips + 1, sizeof *l->chips);
    if (!l->chips) {
        return LAYOUT_ERR_MEMORY;
    }
    layout_number(l, heights);
    for (size_t c = 0; c < l->n_chips; c++) {
        assert(l->chips[c].chip != NULL); /* layout_number set it */
        int fixed = l->chips[c].chip->fixed_log_height;
        if (l->chips[c].log_height > log_chunk ||
            (fixed >= 0 && l->chips[c].log_height != (unsigned)fixed)) {
            layout_release(l);
            return LAYOUT_ERR_HEIGHT;
        }
    }
    layout_stack(l);
    return LAYOUT_OK;
}

void layout_release(struct layout *l) {
    free(l->chips);
    memset(l, 0, sizeof *l);
}

/* The columns of all chips of one height, or the shorter columns' values folded up to that height,
 * are consecutive. Level m: put the values of the columns of height 2^m before those folded so far,
 * then fold pairs with R_m. The folded ones start at an even place: all before them is taller. */
struct fold {
    fr *v; /* room for all columns, filled from the end */
    size_t begin, end;
};

static void fold_level(struct fold *f, const fr *r) {
    size_t n = f->end - f->begin, half = (n + 1) / 2;
    fr *v = f->v + f->begin;
    for (size_t i = 0; i < half; i++) {
        fr d, hi = 2 * i + 1 < n ? v[2 * i + 1] : FR_ZERO;
        fr_sub(&d, &hi, &v[2 * i]);
        fr_mul(&d, &d, r);
        fr_add(&v[i], &v[2 * i], &d);
    }
    memmove(f->v + f->end - half, v, half * sizeof *v);
    f->begin = f->end - half;
}

enum column_class { COLUMN_MAIN, COLUMN_FIXED, COLUMN_HELPER };

/* Puts one class of columns of the chips of height 2^m before the folded values. */
static void fold_add(struct fold *f, const struct layout *l, const fr *values, unsigned m,
                     enum column_class class) {
    for (size_t c = l->n_chips; c-- > 0;) {
        const struct layout_chip *lc = &l->chips[c];
        const struct air_chip *chip = lc->chip;
        if (lc->log_height != m) {
            continue;
        }
        size_t first = lc->first_value, n = chip->n_main;
        if (class == COLUMN_FIXED) {
            first += chip->n_main;
            n = chip->n_fixed;
        } else if (class == COLUMN_HELPER) {
            first += chip->n_main + chip->n_fixed;
            n = chip->n_helpers;
        }
        f->begin -= n;
        memcpy(f->v + f->begin, values + first, n * sizeof *values);
    }
}

static void fold_all(struct fold *f, const struct layout *l, const fr *values, const fr *R,
                     unsigned log_size, enum column_class class) {
    f->begin = f->end;
    for (unsigned m = 0; m <= log_size; m++) {
        fold_add(f, l, values, m, class);
        if (m < log_size) {
            fold_level(f, &R[m]);
        }
    }
}

bool layout_chunk_values(const struct layout *l, const fr *values, const fr *R, fr *main,
                         fr *helper, fr *fixed) {
    struct fold f = {.end = l->n_values + 1};
    f.v = calloc(f.end, sizeof *f.v);
    if (!f.v) {
        return false;
    }
    fold_all(&f, l, values, R, l->log_chunk, COLUMN_MAIN);
    memcpy(main, f.v + f.begin, l->n_main_chunks * sizeof *main);
    fold_all(&f, l, values, R, l->log_chunk, COLUMN_HELPER);
    memcpy(helper, f.v + f.begin, l->n_helper_chunks * sizeof *helper);
    *fixed = FR_ZERO;
    if (l->air->preprocessed_log_size >= 0) {
        unsigned log_size = (unsigned)l->air->preprocessed_log_size;
        fold_all(&f, l, values, R, log_size, COLUMN_FIXED);
        *fixed = f.v[f.begin];
        for (unsigned k = log_size; k < l->log_chunk; k++) {
            fr rest;
            fr_sub(&rest, &FR_ONE, &R[k]);
            fr_mul(fixed, fixed, &rest);
        }
    }
    free(f.v);
    return true;
}
