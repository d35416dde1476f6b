/* Reads the events of our contract on one chain, final blocks only, in order, each once.
 *
 * A block is final when `depth` blocks stand on it. The position (number and hash of the last block
 * read) is kept by the caller, in the same transaction as what it makes of the events. Before
 * anything is read on, the block at the position must still have its hash, and the next block must
 * stand on it: else the chain was reorganised deeper than the depth, which is ERR_REORG and for
 * people to solve. An endpoint that is behind our position is waited for. */
#ifndef ZKLINK_CHAIN_WATCHER_H
#define ZKLINK_CHAIN_WATCHER_H

#include "chain/zklink_abi.h"

struct watch_config {
    struct eth_client *client; /* borrowed */
    uint8_t contract[20];
    uint64_t depth;       /* confirmations asked for */
    uint64_t range;       /* blocks per eth_getLogs */
    uint64_t first_block; /* where to begin when there is no position */
};

struct watch_position {
    bool set;
    uint64_t block;
    uint8_t hash[32];
    uint64_t timestamp; /* the chain's final clock: of that block; 0 if it was not read this time */
};

struct watch_event {
    struct zklink_event event;
    uint64_t l1_block, l1_timestamp; /* timestamp: of BlockProved and ExodusStarted, else 0 */
    uint8_t l1_tx[32];
};
struct watch_batch {
    struct watch_position end; /* the position after the batch */
    struct watch_event *event; /* without ZKLINK_OTHER */
    size_t n;
    bool more;          /* there are final blocks beyond it */
    uint64_t first;     /* the blocks read are first..end.block */
    uint8_t digest[32]; /* of the last one's hash and all the contract's logs in them */
};
void watch_batch_free(struct watch_batch *b);

/* Reads the next range. 1: the batch is to be taken in; 0: nothing new; -1: err, nothing lost. */
int watch_read(const struct watch_config *w, const struct watch_position *from,
               struct watch_batch *batch, struct err *err);

/* What another endpoint shows of blocks first..last: the digest that watch_read gives for them.
 * ERR_NOT_FOUND if it does not have them (yet). */
int watch_digest(const struct watch_config *w, struct eth_client *other, uint64_t first,
                 uint64_t last, uint8_t digest[32], struct err *err);

#endif
