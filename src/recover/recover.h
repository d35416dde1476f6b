/* The state from the chains alone: events say which blocks were accepted and in which transactions,
 * these transactions' calldata hold header, log and proof, and the log says all that happened.
 *
 *     scan    every chain's events, final blocks only, into the database (events.h)
 *     next    one block: calldata from a chain that has it -> header, by the hash in the event ->
 *             log -> block_replay, which compares every digest and the new root with the header ->
 *             the syncHash of header and proof must be the one that every chain shows
 *
 * The database is a node's: a node that starts with it goes on from there. What no calldata holds
 * is lost: signatures and limits of transactions (so their hashes), operations that were in no
 * proved block, and ECDSA key signatures of a block for a chain that it was not sent to yet.
 *
 * Nothing is trusted but that the events of the chains' contracts are right. With a verifying key
 * each proof is verified anew, and then not even the contracts are. */
#ifndef ZKLINK_RECOVER_RECOVER_H
#define ZKLINK_RECOVER_RECOVER_H

#include "config/config.h"
#include "config/deployment.h"
#include "proof/keys.h"
#include "recover/events.h"
#include "rollup/block.h"

struct recovery_config {
    const struct config *config; /* chains, endpoints, depths; borrowed as all pointers */
    const struct deployment *deployment;
    const struct instance *instance;
    const struct genesis *genesis;
    const char *db_path;
    const struct verifying_key *vk; /* NULL: proofs are not verified */
    unsigned threads;
    /* Every some thousand L1 blocks read, and after each recovered block. */
    void (*on_scan)(void *ctx, unsigned chain, uint64_t block);
    void (*on_block)(void *ctx, uint64_t number, size_t operations);
    void *ctx;
};

struct recovery;
/* Opens or makes the database; ERR_MISMATCH if it belongs to another instance. */
struct recovery *recovery_open(const struct recovery_config *config, struct err *err);
void recovery_close(struct recovery *r);

/* Reads new events of all chains, and takes back recovered blocks that the chains took back. */
int recovery_scan(struct recovery *r, struct err *err);
/* Recovers the next block, if it is not above limit: 1; 0: there is none; -1. */
int recovery_next(struct recovery *r, uint64_t limit, struct err *err);

/* A block as it was sent: the part of recovery_next that needs no chain. sync_hash (may be NULL) is
 * what the result must have. The caller has the log's words canonical and in order. */
int recovery_apply(struct recovery *r, const struct block_header *header, const fr *log,
                   size_t n_log, const uint8_t *proof, size_t proof_len,
                   const uint8_t sync_hash[32], struct err *err);

/* The last recovered block, its syncHash, the state after it (borrowed). */
uint64_t recovery_number(const struct recovery *r);
const uint8_t *recovery_sync_hash(const struct recovery *r);
const struct state *recovery_state(const struct recovery *r);
/* By the events: the last block that any chain has, that all have, that any chain confirmed. */
struct recovery_progress {
    uint64_t newest, everywhere, confirmed;
};
void recovery_progress(const struct recovery *r, struct recovery_progress *p);
/* The state as it was after a recovered block, made anew from the stored logs; owned by the caller.
 */
struct state *recovery_state_at(struct recovery *r, uint64_t number, struct err *err);
/* The chains' view of recovered block `number`: what their contracts' functions want to be told. */
int recovery_stored_block(struct recovery *r, unsigned position, uint64_t number,
                          struct stored_block *b, struct err *err);

#endif
