/* The prover's side of the one sumcheck over all chips (docs/protocol.md): round j sends
 *     g_j(X) = sum over chips with m_c > j and over x_{j+1}..x_{m_c-1} of F_c(R_0..R_{j-1}, X, x),
 * F_c = eq(zeta[..m_c), .) sum_k eta^k P_k + mu sum_h h + public terms. Coordinate 0 is bound
 * first; a chip leaves after round m_c - 1, when its columns are down to one value each.
 *
 * The factor eq is kept out of the evaluated expression: with the prefix eq(zeta[..j), R[..j)) and
 * the factor of coordinate j set aside, the rest is a table of weights over the pairs of rows,
 * halved each round by adding neighbours (Gruen, ePrint 2024/108, section 3.2). Each degree class
 * of each chip is a sumcheck of its own for the prover, whose claim gives the value at X = 1 for
 * free; in the first round the values at 0 and 1 are 0. The padding of a chip is 0 and stays 0 when
 * folded, so only used rows are touched.
 *
 * A trace that violates a constraint gives a claim that does not end at 0: sumcheck does not
 * notice, the caller's last claim does. */
#ifndef ZKLINK_PROOF_SUMCHECK_H
#define ZKLINK_PROOF_SUMCHECK_H

#include "proof/protocol.h"

struct sumcheck;

/* The columns of one chip instance: rows used, main columns and helper columns of that many rows.
 * All borrowed, not changed. */
struct sumcheck_columns {
    size_t used;
    fr *const *main, *const *helper;
};

/* columns: for each chip instance. violated: do not take the constraints to hold on every row; what
 * is computed is then right for any columns (for tests; slower). NULL without memory. */
struct sumcheck *sumcheck_new(const struct layout *l, const struct challenges *ch,
                              const struct statement *s, const struct sumcheck_columns *columns,
                              unsigned threads, bool violated);
void sumcheck_free(struct sumcheck *sc);

/* The values of g_j at 0..6, for the rounds j = 0, 1, .. in turn. False without memory. */
bool sumcheck_round(struct sumcheck *sc, fr y[ROUND_DEGREE + 1]);
/* Binds the round's coordinate to r. False without memory. */
bool sumcheck_bind(struct sumcheck *sc, const fr *r);
/* After m bindings: the values of chip instance c (m its log height), air_chip_values words. */
void sumcheck_values(const struct sumcheck *sc, size_t c, fr *values);

#endif
