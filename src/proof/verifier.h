/* The verifier: the executable form of docs/protocol.md in C. */
#ifndef ZKLINK_PROOF_VERIFIER_H
#define ZKLINK_PROOF_VERIFIER_H

#include "proof/keys.h"
#include "proof/statement.h"

/* Sets *ok to whether the proof shows the statement under the key; false first, and for anything
 * malformed, whether in the proof or the statement. Returns 0, or -1 if it could not be checked for
 * lack of memory (then *ok is false). Memory and time are bounded by the key and the proof's
 * length. */
int verify(const struct verifying_key *vk, const struct statement *s, const uint8_t *proof,
           size_t len, bool *ok);

#endif
