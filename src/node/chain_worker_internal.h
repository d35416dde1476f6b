/* Shared by the files of a chain's worker: chain_worker.c holds the thread and writes,
 * chain_events.c reads. */
#ifndef ZKLINK_NODE_CHAIN_WORKER_INTERNAL_H
#define ZKLINK_NODE_CHAIN_WORKER_INTERNAL_H

#include "chain/watcher.h"
#include "node/chain_worker.h"
#include "node/fees.h"
#include "sender/l1_sender.h"
#include "store/store.h"

#include <pthread.h>

enum { CHAIN_MAX_NETWORKS = 8 };

struct chain_worker {
    struct chain_worker_config config;
    struct store *store;
    struct eth_client *client;
    struct eth_client
        *witness[CONFIG_MAX_ENDPOINTS]; /* one for each endpoint, if they must agree */
    size_t n_witnesses;
    struct watch_config watch;
    struct watch_position at;
    struct l1_sender sender;
    struct gas_window gas;
    struct oracle_network networks[CHAIN_MAX_NETWORKS];
    size_t n_networks;
    uint64_t epoch;        /* the node's */
    uint64_t chain_epoch;  /* the chain's, by the events read so far */
    uint64_t next_request; /* index that the next Requested event must have */
    bool checked;          /* the chain was found to be the right one */
    bool caught_up;
    uint64_t no_send_until; /* steady ms */
    uint64_t no_quorum_until;

    pthread_mutex_t lock; /* guards what follows */
    pthread_cond_t wake;
    struct chain_status status;
    bool stop, look;
    pthread_t thread;
};

static inline unsigned chain_number(const struct chain_worker *w) {
    return w->config.chain->number;
}

/* Takes all new final events into the database. */
int chain_read_events(struct chain_worker *w, struct err *err);
/* Names of the numbers that stand beside the position: the chain's epoch, its next request. */
void chain_position_keys(const struct chain_worker *w, char epoch[32], char next[32]);

#endif
