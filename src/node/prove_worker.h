/* Proves sealed blocks, one after the other, in a thread of lower priority. It follows the chain of
 * blocks with a state of its own, which stands at the last proved block: each next one is read from
 * the database and executed again, which gives the witness. A proof is stored in one transaction
 * with the records that the block changed, so that database and state never part. */
#ifndef ZKLINK_NODE_PROVE_WORKER_H
#define ZKLINK_NODE_PROVE_WORKER_H

#include "base/bytes.h"
#include "base/err.h"
#include "rollup/block.h"

struct block_proof_info {
    uint64_t ms, cells;
};

/* Makes the proof of a block that has all its parts, and has checked it. Appends to proof.
 * ERR_STOPPED ends the worker quietly. */
struct block_prover {
    int (*prove)(void *ctx, const struct block *b, struct buf *proof, struct block_proof_info *info,
                 struct err *err);
    void *ctx;
};

struct prove_worker_config {
    const struct instance *instance;
    const struct genesis *genesis;
    const char *db_path;
    struct block_prover prover;
    int nice;
    void (*on_proved)(void *ctx, uint64_t number);
    void (*on_fatal)(void *ctx, const struct err *err);
    void *ctx;
};

struct prove_worker;
/* Loads the state and starts the thread. */
struct prove_worker *prove_worker_start(const struct prove_worker_config *config, struct err *err);
/* There may be new sealed blocks. */
void prove_worker_notify(struct prove_worker *w);
/* Waits for the proof under way, ends the thread, frees all. */
void prove_worker_stop(struct prove_worker *w);

#endif
