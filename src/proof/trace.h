/* The rows of all chips of one proof: for each chip instance its used rows, column by column. Rows
 * beyond the used ones are zero and not stored. */
#ifndef ZKLINK_PROOF_TRACE_H
#define ZKLINK_PROOF_TRACE_H

#include "proof/air.h"

struct trace_chip {
    const struct air_chip *chip;
    unsigned instance;
    size_t n;   /* rows used */
    size_t cap; /* rows allocated */
    fr **col;   /* chip->n_main columns of n values */
};

struct trace {
    const struct air *air;
    unsigned n_instances;
    struct trace_chip *chips; /* in (chip, instance) order */
    size_t n_chips;           /* chip instances */
    size_t first[AIR_MAX_CHIPS];
};

/* An empty trace for a finished AIR, which it borrows; NULL without memory. */
struct trace *trace_new(const struct air *air, unsigned n_instances);
void trace_free(struct trace *t);

/* The rows of an instance of a chip; borrowed. Both indices must be in range. */
struct trace_chip *trace_chip(struct trace *t, unsigned chip, unsigned instance);

/* Appends n zero rows and returns the index of the first; SIZE_MAX without memory or beyond
 * 2^AIR_MAX_LOG_HEIGHT (or the fixed height) rows. Different rows may be filled by different
 * threads. */
size_t trace_rows_add(struct trace_chip *c, size_t n);
static inline size_t trace_row_add(struct trace_chip *c) {
    return trace_rows_add(c, 1);
}
/* Makes room for n rows in all, so that adding them moves nothing. 0, or -1 without memory. */
int trace_reserve(struct trace_chip *c, size_t n);

static inline void trace_set(struct trace_chip *c, unsigned col, size_t row, const fr *v) {
    c->col[col][row] = *v;
}
static inline void trace_set_u64(struct trace_chip *c, unsigned col, size_t row, uint64_t v) {
    fr_from_u64(&c->col[col][row], v);
}
/* Adds 1 to a cell: for multiplicities. Grows the chip to row + 1 rows; 0, or -1 without memory. */
int trace_count(struct trace_chip *c, unsigned col, size_t row);

/* log2 of the height: the fixed one, or the least m with n <= 2^m. */
unsigned trace_log_height(const struct trace_chip *c);

#endif
