/* Places where a test makes the prover cheat. Production code passes NULL; nothing outside the
 * prover and tests includes this file. Each hook may change what it is given before it is used. */
#ifndef ZKLINK_PROOF_PROVER_HOOKS_H
#define ZKLINK_PROOF_PROVER_HOOKS_H

#include "proof/layout.h"
#include "proof/protocol.h"
#include "proof/prover.h"

struct prove_hooks {
    void *ctx;
    /* Use this M instead of the prover's choice; negative: do not. */
    int log_chunk;
    /* Do not stop at a claim that is not 0 at the end; send what does not add up. */
    bool keep_going;
    /* Compute the rounds rightly also where constraints are violated. */
    bool violated;
    /* A chunk of a stacked vector before it is committed, and again before it is opened. */
    void (*chunk)(void *ctx, bool helper, size_t index, fr *v, size_t len);
    /* helper[c][p][i]: row i of helper column p of chip instance c, the used rows. */
    void (*helpers)(void *ctx, const struct layout *l, const struct challenges *ch,
                    fr *const *const *helper);
    void (*public_sums)(void *ctx, const struct layout *l, const struct challenges *ch, fr *sums);
    /* The values (in the value array) of the chips that leave after m rounds, before they are sent;
     * R: the m coordinates drawn so far; claim: the running one. */
    void (*leave)(void *ctx, const struct layout *l, const struct challenges *ch, unsigned m,
                  const fr *R, const fr *claim, fr *values);
};

enum prove_err prove_with_hooks(const struct proving_key *pk, const struct statement *s,
                                const struct trace *trace, unsigned threads,
                                const struct prove_hooks *hooks, struct proof_buf *out,
                                struct prove_stats *stats);

#endif
