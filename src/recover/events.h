/* What the chains' events tell of blocks: for each chain, which blocks it has accepted, in which
 * transaction, and how far they got. Kept in the database as far as they were read, so that a
 * recovery that was broken off goes on where it stopped. */
#ifndef ZKLINK_RECOVER_EVENTS_H
#define ZKLINK_RECOVER_EVENTS_H

#include "chain/watcher.h"
#include "store/store.h"

enum block_event_kind {
    EVENT_PROVED = 1,
    EVENT_REVERTED = 2,
    EVENT_CONFIRMED = 3,
    EVENT_LOG_PIECE = 4,
    EVENT_EXECUTED = 5,
};
/* proved: number, hash = header's hash, sync_hash. reverted: number, epoch. log piece: number =
 * words that stand there, hash = challenge. */
struct block_event {
    uint8_t kind;
    uint64_t number, epoch;
    uint8_t hash[32], sync_hash[32], tx[32];
};

struct chain_events {
    unsigned chain;
    struct watch_position at;
    struct block_event *event;
    size_t n, cap, n_stored;
    size_t *proved; /* index in event of each accepted block that stands, block 1 first */
    size_t n_proved, cap_proved;
    uint64_t confirmed, executed, epoch;
};

/* What was stored for the chain. */
int chain_events_load(struct chain_events *c, struct store *store, unsigned chain, struct err *err);
void chain_events_free(struct chain_events *c);
/* Adds a batch, in memory and in the database. ERR_MISMATCH if events are missing. */
int chain_events_take(struct chain_events *c, struct store *store, const struct watch_batch *batch,
                      struct err *err);
/* The acceptance of block `number`, or NULL. */
const struct block_event *chain_events_proved(const struct chain_events *c, uint64_t number);

#endif
