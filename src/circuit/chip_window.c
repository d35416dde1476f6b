/* See the header. */
#include "circuit/chip_window.h"

#include "crypto/babyjubjub.h"

#include <assert.h>
#include <stdlib.h>

enum { ENTRIES = 1 << CHIP_WINDOW_LOG_HEIGHT, COL_MULT = 0 };
static_assert((int)ENTRIES == (int)BJJ_WINDOW_ENTRIES, "a row for each entry of the window table");

void chip_window(struct air *air, const struct circuit_kinds *kinds) {
    struct air_chip *c = air_chip(air, CHIP_WINDOW_NAME, CHIP_WINDOW_LOG_HEIGHT, false);
    const bjj_affine *table = bjj_window_table();
    fr *x = malloc(ENTRIES * sizeof *x), *y = malloc(ENTRIES * sizeof *y);
    if (c != NULL && x != NULL && y != NULL) {
        for (size_t i = 0; i < ENTRIES; i++) {
            x[i] = table[i].x;
            y[i] = table[i].y;
        }
        ax mult = air_col(c, "mult");
        const ax fields[KIND_WIN_ARITY] = {air_row(c), air_col_fixed(c, "x", x, ENTRIES),
                                           air_col_fixed(c, "y", y, ENTRIES)};
        air_take(c, kinds->win, mult, KIND_WIN_ARITY, fields);
    } /* else the chip has no column, which air_finish refuses */
    free(x);
    free(y);
}

int chip_window_fill(struct trace *trace, const uint64_t counts[1 << CHIP_WINDOW_LOG_HEIGHT]) {
    int index = air_find_chip(trace->air, CHIP_WINDOW_NAME);
    if (index < 0) {
        return -1;
    }
    struct trace_chip *chip = trace_chip(trace, (unsigned)index, 0);
    if (chip->n < ENTRIES && trace_rows_add(chip, ENTRIES - chip->n) == SIZE_MAX) {
        return -1;
    }
    for (size_t i = 0; i < ENTRIES; i++) {
        if (counts[i] != 0) {
            fr count, *cell = &chip->col[COL_MULT][i];
            fr_from_u64(&count, counts[i]);
            fr_add(cell, cell, &count);
        }
    }
    return 0;
}
