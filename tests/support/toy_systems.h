/* Small proof systems that between them use every feature of the AIR: for the tests of prover,
 * verifiers and Solidity generator, and for the vectors that C, Python and Solidity all run.
 *
 *   arith   a product chip tied to five others over the bus: a fixed 8-row range table, a pure
 * function, a public column, a one-row chip that a boundary message ends tables  two fixed tables
 * with preprocessed columns, an instanced chip with two public columns, degree 5, public scalars,
 * boundary messages of both signs wide    constraints too large for one contract lone    one chip
 * without bus, public columns or scalars */
#ifndef ZKLINK_TESTS_TOY_SYSTEMS_H
#define ZKLINK_TESTS_TOY_SYSTEMS_H

#include "proof/trace.h"

enum { TOY_ARITH, TOY_TABLES, TOY_WIDE, TOY_LONE, TOY_COUNT, TOY_MAX_SCALARS = 4 };

/* A valid trace and its statement. */
struct toy_witness {
    struct trace *trace;
    fr scalars[TOY_MAX_SCALARS];
    size_t n_scalars;
    fr instance_scalars[TOY_MAX_SCALARS];
    unsigned n_instances;
};

/* "arith", ..; the same with a capital, for Solidity. */
const char *toy_name(unsigned toy);
const char *toy_contract_name(unsigned toy);
/* The finished description; aborts on an error. The caller frees it. */
struct air *toy_air(unsigned toy);
/* A random witness; sizes and values follow from the seed. Aborts without memory. The air must
 * outlive it. */
void toy_witness_init(struct toy_witness *w, const struct air *air, unsigned toy, uint64_t seed);
void toy_witness_release(struct toy_witness *w);
/* The words of a public chip instance of the trace, row by row: n rows times its public columns.
 * Allocated; NULL without memory. */
fr *toy_public_words(const struct trace *trace, unsigned chip, unsigned instance, size_t *n_words);

#endif
