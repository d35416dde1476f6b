/* Does a trace satisfy an AIR? Row by row and message by message, without cryptography: for tests,
 * and to explain PROVE_ERR_WITNESS. */
#ifndef ZKLINK_PROOF_WITNESS_CHECK_H
#define ZKLINK_PROOF_WITNESS_CHECK_H

#include "proof/statement.h"
#include "proof/trace.h"

/* True if every constraint holds on every used row, the bus and the boundary balance, and the held
 * columns are the trace's. Otherwise why (of why_len bytes) gets a line that names the first
 * failure: "CHIP.CONSTRAINT row R", "bus KIND (f1, f2, ..) unbalanced by +1", or what is the matter
 * with the statement. Also false without memory. Takes memory for every message. */
bool witness_check(const struct air *air, const struct statement *s, const struct trace *trace,
                   char *why, size_t why_len);

#endif
