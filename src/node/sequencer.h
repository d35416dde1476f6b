/* The sequencer: the one place where operations get their order.
 *
 *   HTTP threads      decode a transaction, check its signature, hand it in, wait
 *   sequencer thread  takes all that wait as one group: applies each to the state in memory, writes
 *                     the accepted ones, commits ONCE, then wakes everybody: nothing is
 * acknowledged that a crash could lose, and many share one fsync chain threads     tell it when new
 * final requests stand in the database; it takes them in queue order, before transactions
 *
 * The open block is sealed by count or age. Its number and timestamp are stored with each operation
 * from the start, so a restart continues the same block: load the records of the last proved block,
 * execute the sealed blocks since, apply the operations of the open one.
 *
 * The state is guarded by a read-write lock; the sequencer holds it for writing only while it
 * applies, not while it waits for the disk. */
#ifndef ZKLINK_NODE_SEQUENCER_H
#define ZKLINK_NODE_SEQUENCER_H

#include "base/err.h"
#include "rollup/block.h"
#include "store/store.h"

#include <semaphore.h>

struct sequencer;

struct sequencer_config {
    const struct instance *instance; /* borrowed */
    const struct genesis *genesis;   /* that it came from, borrowed */
    const char *db_path;
    size_t block_operations;
    uint64_t block_interval_ms;
    bool ignore_requests; /* for tests: a sequencer that censors */
    size_t max_waiting;   /* transactions in the queue, more are refused as busy */
    /* Called from the sequencer's thread: a block was sealed; an error that must stop the node. */
    void (*on_sealed)(void *ctx, uint64_t number);
    void (*on_fatal)(void *ctx, const struct err *err);
    void *ctx;
};

/* Loads the state; ERR_CORRUPT if what is stored contradicts itself. The thread is not started. */
struct sequencer *sequencer_new(const struct sequencer_config *config, struct err *err);
int sequencer_start(struct sequencer *s, struct err *err);
/* Answers what waits, ends the thread. */
void sequencer_stop(struct sequencer *s);
void sequencer_free(struct sequencer *s);

enum { SEQUENCER_BATCH_MAX = 32 };

/* A transaction on its way. The caller fills op, hash and the key whose signature was checked, and
 * owns the job until sequencer_wait returned. */
struct sequencer_job {
    struct op op;
    uint8_t hash[32];
    fr key_x, key_y; /* types 5..12: the sequencer compares them with the account's */

    /* More transactions that are accepted with this one, after it and in the same block, or not at
     * all; borrowed, at most SEQUENCER_BATCH_MAX - 1. Only hash, op and key of these are read, only
     * sequence and accepted_at are set. */
    struct sequencer_job *batch;
    size_t n_batch;
    size_t rejected_at; /* which one `rejection` is about: 0 this one, 1 batch[0], .. */

    enum rejection rejection;
    bool failed; /* the node cannot accept anything now: neither accepted nor rejected */
    uint64_t sequence, accepted_at;

    int64_t requeued; /* not 0: the sequencer's own, a second try after its block was taken back */

    sem_t done;
    struct sequencer_job *next;
};
/* False if the queue is full, the batch larger than a block, or the sequencer is held: nothing
 * happened. */
bool sequencer_submit(struct sequencer *s, struct sequencer_job *job);
void sequencer_wait(struct sequencer_job *job);

/* After blocks were taken back, or when the chains are read again, nothing is taken until this is
 * called: every chain's requests are in the database again. Nothing otherwise. */
void sequencer_release(struct sequencer *s);

/* New final requests may stand in the database. */
void sequencer_notify_requests(struct sequencer *s);

/* Reading the state, from any thread: it stays as it is until released. */
const struct state *sequencer_lock_state(struct sequencer *s);
void sequencer_unlock_state(struct sequencer *s);
/* Under the lock: the pools in order of creation. */
const account_id *sequencer_pools(const struct sequencer *s, size_t *n);
/* Number of the last sealed block, and operations in the open one. */
void sequencer_progress(struct sequencer *s, uint64_t *sealed, uint64_t *open_operations);

#endif
