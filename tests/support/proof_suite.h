/* Suites of block proofs as JSON, the format of tests/reference/vectors.py: written from the C
 * prover's proofs, and read for the C verifier. Aborts without memory: for tests and tools. */
#ifndef ZKLINK_TESTS_PROOF_SUITE_H
#define ZKLINK_TESTS_PROOF_SUITE_H

#include "proof/keys.h"
#include "proof/proof_buf.h"
#include "proof/statement.h"

#include <jansson.h>

/* A suite without cases; add them with proof_suite_add, write it with json_dumpf. Owned by the
 * caller. */
json_t *proof_suite_new(const char *system, const struct verifying_key *vk);
void proof_suite_add(json_t *suite, const char *name, const struct statement *s,
                     const struct proof_buf *proof);

/* A case as it stands in a suite, or after an alteration. */
struct proof_case {
    struct statement statement;
    fr *scalars, *instance_scalars;
    struct held_column *held;
    uint8_t *proof;
    size_t proof_len;
};
/* The key of a suite for an AIR, borrowed; false if it is malformed. */
bool proof_suite_key(const json_t *suite, const struct air *air, struct verifying_key *vk);
/* Valid case i, changed by alteration `altered` unless that is negative. False if the statement
 * cannot be represented (a word not below r): such a case must be rejected, and C does so here. */
bool proof_case_read(struct proof_case *c, const json_t *suite, size_t i, long altered);
void proof_case_release(struct proof_case *c);

#endif
