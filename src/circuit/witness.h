/* From an executed block to the rows of all chips. */
#ifndef ZKLINK_CIRCUIT_WITNESS_H
#define ZKLINK_CIRCUIT_WITNESS_H

#include "proof/trace.h"
#include "rollup/block.h"

/* The trace of a block that carries its witness's part (effects, leaves, tree) and its signatures;
 * air is zklink_air(), borrowed by the trace. NULL without memory, without the witness's part, or
 * if a value does not fit its range (validity ended, limit passed): such a block has no proof. Free
 * with trace_free. About 0.4 ms of one core an operation, divided among `threads`. */
struct trace *witness_build(const struct air *air, const struct block *block, unsigned threads);

#endif
