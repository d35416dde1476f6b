/* Evaluation of a chip's expressions over many rows: the prover's inner loop.
 *
 * The chip's tape, with the fingerprints and helper constraints added, becomes straight-line
 * programs over registers of KERNEL_BLOCK field elements each (structure of arrays): one operation
 * is interpreted once for a block of rows. What does not depend on the row (constants, scalars,
 * challenges) is computed once: such an operand is one "uniform" value.
 *
 * Sumcheck. The round polynomial needs sum_k eta^k P_k on the line through the rows 2i and 2i+1 at
 * the points X = 0, 2, 3, .. Two things save work:
 *  - Operations of degree 1 are evaluated at X = 0 and 1 only. Those that the rest needs (the
 *    frontier) are then stepped from point to point by one addition.
 *  - Constraints are summed by degree: a class of degree d is evaluated at its own d - 1 points
 *    X = 2..d (and at 0 after the first round); X = 1 follows from the running claim. */
#ifndef ZKLINK_PROOF_KERNEL_H
#define ZKLINK_PROOF_KERNEL_H

#include "proof/layout.h"
#include "proof/protocol.h"

enum { KERNEL_BLOCK = 16 };

/* One chip instance's rows: main, fixed and helper columns as one list. Rows from used on are zero
 * in main and helper columns and are not read. Fixed column k has fixed_len[k] rows. */
struct kernel_rows {
    fr *const *col;
    const size_t *len; /* rows of each column, the rest is 0 */
};

struct kernel;

/* For the helper columns: alpha and beta are drawn. NULL without memory. */
struct kernel *kernel_new_helpers(const struct layout_chip *lc, const struct challenges *ch,
                                  const fr *scalars, const fr *instance);
/* For the sumcheck: all challenges are drawn. NULL without memory. */
struct kernel *kernel_new_sumcheck(const struct layout_chip *lc, const struct challenges *ch,
                                   const fr *scalars, const fr *instance);
void kernel_free(struct kernel *k);

/* Registers that one thread needs: field elements. */
size_t kernel_scratch(const struct kernel *k);

/* The helper columns' values on the rows begin <= i < end: helper[p][i]. A zero denominator gives
 * 0. */
void kernel_helpers(const struct kernel *k, const struct kernel_rows *rows, size_t begin,
                    size_t end, fr *const *helper, fr *scratch);

/* Sums over the pairs of rows begin <= i < end, by class d = 1..5 and point:
 *     total[d][X] += sum_i weight[i] Q_d(X, i),   Q_d = sum of eta^k P_k over the class,
 * X = 0 only if at_zero, X = 2..d. The row index at (X, i) is row_base + row_step (X + 2 i). */
struct kernel_point {
    bool at_zero;
    fr row_base, row_step;
    const fr *weight;
};
void kernel_sumcheck(const struct kernel *k, const struct kernel_rows *rows,
                     const struct kernel_point *at, size_t begin, size_t end,
                     fr total[AIR_MAX_DEGREE + 1][AIR_MAX_DEGREE + 1], fr *scratch);
/* Greatest class that has a constraint, and whether class d has one. */
unsigned kernel_max_class(const struct kernel *k);
bool kernel_has_class(const struct kernel *k, unsigned d);

#endif
