/* Proofs of blocks with the block circuit: witness, proof, and the check of our own proof before
 * anybody else sees it. */
#ifndef ZKLINK_NODE_BLOCK_PROVER_H
#define ZKLINK_NODE_BLOCK_PROVER_H

#include "node/prove_worker.h"
#include "proof/keys.h"

struct circuit_prover {
    const struct proving_key *pk; /* borrowed */
    unsigned threads;
};

/* The prover as prove_worker wants it; c is borrowed. */
struct block_prover circuit_prover(struct circuit_prover *c);

#endif
