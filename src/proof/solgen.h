/* Generates the Solidity half of a proof system from its AIR description.
 *
 * What comes out, into one directory:
 *   <Name>Evaluator0.sol, 1, ..   contracts without state that evaluate chips at one point
 *   <Name>Verifier.sol            a BlockVerifier (contracts/src/verifier) with the shape of the
 * AIR
 *
 * An evaluator's code is straight-line Yul over calldata and memory slots; nothing is kept on the
 * stack but one partial expression whose depth is bounded here, so the compiler's limit of 16
 * reachable stack slots cannot be met. A chip is one `part`, or several if its code would not fit a
 * contract (EIP-170); a part is a run of the chip's constraints. The parts are packed into
 * contracts, first fit by size.
 *
 * Calldata of an evaluator, in words:
 *     0 part | 1 r | 2 row | 3 instance scalar | 4 eta | 5 g | 6 alpha | 7.. beta^1 .. beta^A
 *     | public scalars | main, fixed, helper column values
 * A is the largest arity. All are below r; r itself is passed because a value that the compiler
 * does not know stays on the stack instead of being repeated as a 32-byte literal. Returned words:
 *     sum_{k of the part} eta^(k - first) P_k | sum of the helper columns | sum_t g^t v_t of the
 * public columns the latter two from the chip's first part only, 0 from others. The last part of
 * all is the boundary: it returns N | D with N / D = sum of sign / (alpha - fp) over the boundary
 * messages. Empty calldata: the AIR's digest | the evaluator's number, so that a verifier can tell
 * its evaluators.
 *
 * Sums are reduced late: 5 r < 2^256, so a plain add serves while the terms' bounds add up to at
 * most 5 r; mulmod takes unreduced operands. */
#ifndef ZKLINK_PROOF_SOLGEN_H
#define ZKLINK_PROOF_SOLGEN_H

#include "proof/air.h"

/* What was generated, for reports. */
struct solgen_stats {
    unsigned n_evaluators, n_parts;
    size_t code_bytes; /* estimated runtime code of all evaluators */
};

/* Writes the contracts of a finished AIR into the existing directory dir. `name`: an identifier
 * that starts their names; core: the import path of BlockVerifier.sol. stats may be NULL. 0, or -1
 * with the reason in err. */
int solgen_write(const struct air *air, const char *name, const char *dir, const char *core,
                 struct solgen_stats *stats, char *err, size_t err_len);

#endif
