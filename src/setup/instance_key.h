/* The proof system's keys for commands and services: reads the set-up file, describes the circuit,
 * commits to its fixed tables. */
#ifndef ZKLINK_SETUP_INSTANCE_KEY_H
#define ZKLINK_SETUP_INSTANCE_KEY_H

#include "base/err.h"
#include "proof/keys.h"

/* The largest chunk, log2, that proofs may use: part of the verifying key, not of the set-up file,
 * which may hold fewer points (then only smaller blocks can be proved). */
enum { INSTANCE_MAX_LOG_CHUNK = 22 };

struct instance_key {
    struct srs srs;
    struct air *air;
    struct proving_key pk;
};

/* Loads and checks everything for all chains of evm_ids: an insecure set-up on a chain that is not
 * for development is refused, and elsewhere announced loudly on standard error. Takes about a
 * second (the commitment to the fixed tables). */
int instance_key_open(struct instance_key *k, const char *srs_file, const uint64_t *evm_ids,
                      size_t n_ids, unsigned threads, struct err *err);
void instance_key_close(struct instance_key *k);

#endif
