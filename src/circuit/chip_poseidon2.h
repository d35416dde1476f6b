/* The poseidon2 chip: a row is one Poseidon2 permutation, used by any number of lookups.
 *
 *   columns: active, mult, in0..in3, then the outputs of the 84 S-boxes before the last round, in
 *            the order of poseidon2_permute_trace, and out = P(in)[0]
 *   takes    P2(in0, in1, in2, in3, out) x mult
 *
 * The state between S-boxes is linear in the columns, so a constraint says: S-box output = (linear
 * form)^5. Of the last round only word 0 is wanted, so its four fifth powers stand in one
 * constraint. Round constants are multiplied by `active`, so that the zero row passes; an inactive
 * row computes another function, and mult is 0 there. */
#ifndef ZKLINK_CIRCUIT_CHIP_POSEIDON2_H
#define ZKLINK_CIRCUIT_CHIP_POSEIDON2_H

#include "circuit/kinds.h"
#include "crypto/poseidon2.h"
#include "proof/trace.h"

#define CHIP_POSEIDON2_NAME "poseidon2"

void chip_poseidon2(struct air *air, const struct circuit_kinds *kinds);

/* The permutations that the other chips look up, each once with its number of lookups. Not
 * thread-safe. */
struct poseidon2_table;
/* NULL without memory. Free with poseidon2_table_free (NULL is allowed). */
struct poseidon2_table *poseidon2_table_new(void);
void poseidon2_table_free(struct poseidon2_table *table);
/* Counts one lookup of the permutation of `in`. 0, or -1 without memory. Nothing is hashed. */
int poseidon2_table_add(struct poseidon2_table *table, const fr in[POSEIDON2_T]);
/* How many different permutations there are. */
size_t poseidon2_table_size(const struct poseidon2_table *table);

/* Appends the table's rows to the chip of the trace; about 15 microseconds a row, divided among
 * `threads`. 0, or -1 without memory or without the chip. */
int chip_poseidon2_fill(struct trace *trace, const struct poseidon2_table *table, unsigned threads);

#endif
