/* The shape of one proof: what follows from the AIR, the number of instances, the heights and M.
 * Prover and verifier compute it by the same function.
 *
 * Stacking. The main columns of all chip instances make one vector: by falling height, then chip,
 * instance, column. Heights are powers of two, so each column starts at a multiple of its height.
 * The vector is cut into chunks of 2^M. The helper columns make a second such vector.
 *
 * Values. For each chip instance the proof carries one value of every column at the point R[..m):
 * main columns, fixed columns, helper columns. All of them stand in one array, in (chip, instance)
 * order. */
#ifndef ZKLINK_PROOF_LAYOUT_H
#define ZKLINK_PROOF_LAYOUT_H

#include "proof/air.h"

enum { LAYOUT_MAX_INSTANCES = 256 };

struct layout_chip {
    const struct air_chip *chip;
    unsigned instance;
    unsigned log_height;
    size_t first_constraint; /* exponent of eta of its first constraint */
    int public_sum;          /* its number j, -1 if the chip has no public column */
    size_t first_value;      /* of its values in the value array */
    size_t main_offset;      /* of its first main column in the stacked vector */
    size_t helper_offset;
};

struct layout {
    const struct air *air;
    unsigned n_instances;
    unsigned log_chunk;        /* M */
    unsigned log_tallest;      /* n */
    struct layout_chip *chips; /* in (chip, instance) order */
    size_t n_chips;
    size_t n_constraints; /* of all chip instances, helper constraints included */
    size_t n_values;
    unsigned n_public_sums;
    size_t main_len, helper_len; /* of the stacked vectors, without the last chunk's tail */
    size_t n_main_chunks, n_helper_chunks;
};

enum layout_err {
    LAYOUT_OK = 0,
    LAYOUT_ERR_MEMORY,
    LAYOUT_ERR_HEIGHT /* a height above M or other than the fixed one, M above max, too many
                         instances */
};

/* Chip instances of a statement, and their greatest number. */
size_t layout_n_chips(const struct air *air, unsigned n_instances);

/* heights: log2 of the height of each chip instance, in (chip, instance) order. The fixed columns
 * must fit M too. On error nothing is owned. */
enum layout_err layout_init(struct layout *l, const struct air *air, unsigned n_instances,
                            const uint8_t *heights, unsigned log_chunk, unsigned max_log_chunk);
void layout_release(struct layout *l);

/* The values of the chunks at R from the columns' values: chunk~(R) = sum of eq(R[m..M), p) v over
 * its columns of height 2^m at prefix p. values: the value array; R: M coordinates. main:
 * n_main_chunks words; helper: n_helper_chunks; fixed: one word, the preprocessed vector's, 0
 * without one. False without memory. */
bool layout_chunk_values(const struct layout *l, const fr *values, const fr *R, fr *main,
                         fr *helper, fr *fixed);

#endif
