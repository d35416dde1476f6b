/* Shared by the oracle's files: oracle.c follows the chains and holds it together, oracle_sign.c
 * decides what is signed, oracle_api.c answers. */
#ifndef ZKLINK_ORACLE_INTERNAL_H
#define ZKLINK_ORACLE_INTERNAL_H

#include "chain/watcher.h"
#include "oracle/ledger.h"
#include "oracle/oracle.h"
#include "rpc/http_server.h"
#include "rpc/rpc_server.h"

#include <pthread.h>

/* One endpoint of one chain: each is followed by itself, so that none can speak for another. */
struct source {
    char name[300];
    const struct chain_config *chain;
    const struct deployed_chain *deployed;
    struct eth_client *client;
    struct watch_config watch;
    struct watch_position at;
    bool checked, halted;
    unsigned rescans;
    char problem[600];
    uint64_t next_ms; /* steady time of the next look */
};

struct oracle {
    const struct config *config;
    const struct deployment *deployment;
    const struct oracle_verifier *verifier; /* NULL: blocks are not replayed */
    struct eth_key key;
    struct source *sources;
    size_t n_sources;
    struct rpc_service service;
    struct http_server *server;

    pthread_mutex_t lock; /* guards ledger, problems, epoch and stop */
    pthread_cond_t wake;
    struct ledger *ledger;
    uint64_t epoch; /* that all sources are in */
    char disagreement[600];
    bool stop, running;
    pthread_t thread;
};

/* ---- oracle_sign.c; all under the lock but for oracle_step_signing ---- */

/* Signs what is due: blocks, and what the operator decided to take back. */
int oracle_step_signing(struct oracle *o, struct err *err);
/* Signs a row with the expiry that is due now. */
int oracle_sign_row(struct oracle *o, uint64_t epoch, struct consensus_row *row, struct err *err);

/* ---- oracle_api.c ---- */

void oracle_on_http(void *ctx, const struct http_request *request, struct http_response *response);
void oracle_routes(struct rpc_service *service, struct oracle *o);

#endif
