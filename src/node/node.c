#include "node/node.h"
#include "base/file.h"
#include "base/log.h"
#include "chain/keystore.h"
#include "node/api.h"
#include "node/chain_worker.h"
#include "node/quorum.h"
#include "node/sequencer.h"
#include "rpc/http_server.h"
#include "rpc/metrics.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { MAX_WAITING = 20000 };

struct node {
    struct node_config config;
    char db_path[4096];
    int lock_fd;
    struct eth_key operator_key;
    struct sequencer *sequencer;
    struct prove_worker *prover;
    struct chain_worker *chains[CONFIG_MAX_CHAINS];
    struct api *api;
    struct http_server *server;

    pthread_mutex_t lock; /* guards what follows, and the workers against notes while they start */
    bool started, failed;
    uint64_t revert_number, revert_epoch;
    bool caught_up[CHAINS_MAX];
    size_t n_caught_up;
    char problem[600];
};

/* ---- what the parts tell each other ---- */

static void on_sealed(void *ctx, uint64_t number) {
    struct node *n = ctx;
    (void)number;
    pthread_mutex_lock(&n->lock);
    if (n->prover != NULL) {
        prove_worker_notify(n->prover);
    }
    pthread_mutex_unlock(&n->lock);
}

static void on_proved(void *ctx, uint64_t number) {
    struct node *n = ctx;
    (void)number;
    pthread_mutex_lock(&n->lock);
    for (size_t i = 0; n->started && i < n->config.instance->chains.n; i++) {
        chain_worker_notify(n->chains[i]);
    }
    pthread_mutex_unlock(&n->lock);
}

static void on_requests(void *ctx) {
    struct node *n = ctx;
    sequencer_notify_requests(n->sequencer);
}

static void on_fatal(void *ctx, const struct err *err) {
    struct node *n = ctx;
    pthread_mutex_lock(&n->lock);
    bool first = !n->failed;
    n->failed = true;
    snprintf(n->problem, sizeof n->problem, "%s", err->text);
    pthread_mutex_unlock(&n->lock);
    if (first) {
        n->config.on_fatal(n->config.ctx, err);
    }
}

static void on_reverted(void *ctx, uint64_t number, uint64_t epoch) {
    struct node *n = ctx;
    struct err err = {0};
    pthread_mutex_lock(&n->lock);
    bool first = !n->failed;
    if (first) {
        n->revert_number = number;
        n->revert_epoch = epoch;
    }
    pthread_mutex_unlock(&n->lock);
    err_set(&err, ERR_STOPPED, "a chain took blocks back from %llu on", (unsigned long long)number);
    on_fatal(n, &err);
}

/* After a reading from the begin, operations wait until every chain's requests are there. */
static void on_caught_up(void *ctx, unsigned position) {
    struct node *n = ctx;
    pthread_mutex_lock(&n->lock);
    n->n_caught_up += !n->caught_up[position];
    n->caught_up[position] = true;
    bool all = n->n_caught_up == n->config.instance->chains.n;
    pthread_mutex_unlock(&n->lock);
    if (all) {
        sequencer_release(n->sequencer);
    }
}

bool node_reverted(struct node *n, uint64_t *number, uint64_t *epoch) {
    pthread_mutex_lock(&n->lock);
    *number = n->revert_number;
    *epoch = n->revert_epoch;
    pthread_mutex_unlock(&n->lock);
    return *number != 0;
}

static bool problem(void *ctx, char text[600]) {
    struct node *n = ctx;
    pthread_mutex_lock(&n->lock);
    memcpy(text, n->problem, sizeof n->problem);
    bool failed = n->failed;
    pthread_mutex_unlock(&n->lock);
    return failed;
}

static void answer_metrics(struct node *n, struct http_response *response) {
    struct buf out = {0};
    uint64_t sealed, open;
    char text[600];
    sequencer_progress(n->sequencer, &sealed, &open);
    metric_help(&out, "zklink_sealed", "gauge", "last sealed block");
    metric_put(&out, "zklink_sealed", NULL, NULL, sealed);
    metric_put(&out, "zklink_open_operations", NULL, NULL, open);
    metric_put(&out, "zklink_failed", NULL, NULL, problem(n, text));
    metric_help(&out, "zklink_other_sync_hash", "counter",
                "an oracle signed another syncHash than ours");
    metric_put(&out, "zklink_other_sync_hash", NULL, NULL, quorum_other_sync_hashes());
    for (unsigned i = 0; i < n->config.instance->chains.n; i++) {
        struct chain_status s;
        char chain[8];
        chain_worker_status(n->chains[i], &s);
        (void)snprintf(chain, sizeof chain, "%u", n->config.instance->chains.chain[i]);
        metric_put(&out, "zklink_chain_height", "chain", chain, s.height);
        metric_put(&out, "zklink_chain_final_height", "chain", chain, s.final_height);
        metric_put(&out, "zklink_chain_pending_requests", "chain", chain, s.pending_requests);
        metric_put(&out, "zklink_chain_halted", "chain", chain, s.halted);
        metric_put(&out, "zklink_chain_problem", "chain", chain, s.problem[0] != '\0');
    }
    metrics_answer(&out, response);
}

static void on_http(void *ctx, const struct http_request *request, struct http_response *response) {
    struct node *n = ctx;
    if (strcmp(request->method, "GET") == 0 && strcmp(request->path, "/metrics") == 0) {
        answer_metrics(n, response);
        return;
    }
    if (strcmp(request->method, "POST") != 0) {
        response->status = 405;
        response->body = strdup("{\"error\":\"JSON-RPC 2.0 by POST\"}");
    } else {
        response->body = rpc_answer(api_service(n->api), request->body, request->body_len);
        response->status = response->body != NULL ? 200 : 204;
    }
    response->body_len = response->body != NULL ? strlen(response->body) : 0;
}

/* ---- start ---- */

static int take_folder(struct node *n, struct err *err) {
    const char *dir = n->config.config->data_dir;
    if (snprintf(n->db_path, sizeof n->db_path, "%s/node.db", dir) >= (int)sizeof n->db_path) {
        return err_set(err, ERR_CONFIG, "data_dir: path too long");
    }
    return file_take_folder(dir, "node", &n->lock_fd, err);
}

/* Opens the database once with the full check, and ties it to the instance. */
static int check_database(struct node *n, struct err *err) {
    struct store *store = store_open(n->db_path, false, err);
    struct buf id = {0};
    struct err e = {0};
    int rc = -1;
    if (store == NULL) {
        return -1;
    }
    if (store_get_meta(store, "instance", &id, &e) == 0) {
        rc = id.len == 32 && memcmp(id.data, n->config.instance->instance_id, 32) == 0
                 ? 0
                 : err_set(err, ERR_MISMATCH,
                           "database %s belongs to another instance than the deployment file",
                           n->db_path);
    } else if (e.code == ERR_NOT_FOUND) {
        rc = store_set_meta(store, "instance", n->config.instance->instance_id, 32, err);
    } else {
        err_set(err, e.code, "%s", e.text);
    }
    buf_free(&id);
    store_close(store);
    return rc;
}

/* Blocks that are taken back, and what follows: all in one transaction. */
static int take_back(struct node *n, struct store *store, struct err *err) {
    uint64_t epoch;
    if (store_get_number(store, "epoch", &epoch, err) != 0) {
        return -1;
    }
    if (n->config.revert_number != 0 && n->config.revert_epoch > epoch) {
        log_warn("node", "event=taking_back from_block=%llu epoch=%llu",
                 (unsigned long long)n->config.revert_number,
                 (unsigned long long)n->config.revert_epoch);
        if (store_requeue(store, n->config.revert_number, n->config.revert_epoch, err) != 0 ||
            store_take_back(store, n->config.revert_number, err) != 0 ||
            store_set_number(store, "epoch", n->config.revert_epoch, err) != 0) {
            return -1;
        }
    } else if (!n->config.reread) {
        return 0;
    }
    return store_reread_chains(store, err) != 0 ? -1 : store_set_number(store, "hold", 1, err);
}

static int prepare_database(struct node *n, struct err *err) {
    struct store *store = store_open(n->db_path, true, err);
    if (store == NULL) {
        return -1;
    }
    int rc = store_begin(store, err);
    if (rc == 0 && (take_back(n, store, err) != 0 || store_commit(store, err) != 0)) {
        store_rollback(store);
        rc = -1;
    }
    store_close(store);
    return rc;
}

static int start_sequencer(struct node *n, struct err *err) {
    struct sequencer_config sc = {.instance = n->config.instance,
                                  .genesis = n->config.genesis,
                                  .db_path = n->db_path,
                                  .block_operations = n->config.config->node.block_operations,
                                  .block_interval_ms = n->config.config->node.block_interval_ms,
                                  .ignore_requests = n->config.config->development.ignore_requests,
                                  .max_waiting = MAX_WAITING,
                                  .on_sealed = on_sealed,
                                  .on_fatal = on_fatal,
                                  .ctx = n};
    n->sequencer = sequencer_new(&sc, err);
    return n->sequencer != NULL ? sequencer_start(n->sequencer, err) : -1;
}

static int start_chains(struct node *n, struct err *err) {
    for (unsigned i = 0; i < n->config.instance->chains.n; i++) {
        struct chain_worker_config cc = {.config = n->config.config,
                                         .chain = &n->config.config->chains[i],
                                         .deployed = &n->config.deployment->chains[i],
                                         .instance = n->config.instance,
                                         .operator_key = &n->operator_key,
                                         .db_path = n->db_path,
                                         .position = i,
                                         .fee_validity_ms =
                                             n->config.config->node.fee_validity_s * UINT64_C(1000),
                                         .on_requests = on_requests,
                                         .on_reverted = on_reverted,
                                         .on_caught_up = on_caught_up,
                                         .ctx = n};
        n->chains[i] = chain_worker_start(&cc, err);
        if (n->chains[i] == NULL) {
            return -1;
        }
    }
    return 0;
}

static int start_prover(struct node *n, struct err *err) {
    if (n->config.config->prover.threads == 0) {
        log_warn("node", "event=not_proving text=\"prover.threads is 0: sealed blocks wait\"");
        return 0;
    }
    struct prove_worker_config pc = {.instance = n->config.instance,
                                     .genesis = n->config.genesis,
                                     .db_path = n->db_path,
                                     .prover = n->config.prover,
                                     .nice = n->config.config->prover.nice,
                                     .on_proved = on_proved,
                                     .on_fatal = on_fatal,
                                     .ctx = n};
    struct prove_worker *prover = prove_worker_start(&pc, err);
    pthread_mutex_lock(&n->lock);
    n->prover = prover;
    pthread_mutex_unlock(&n->lock);
    if (prover != NULL) {
        prove_worker_notify(prover); /* blocks sealed in the meantime */
    }
    return prover != NULL ? 0 : -1;
}

static int start_api(struct node *n, struct err *err) {
    const struct listen_config *l = &n->config.config->node.listen;
    struct api_config ac = {.config = n->config.config,
                            .deployment = n->config.deployment,
                            .instance = n->config.instance,
                            .operator_key = &n->operator_key,
                            .db_path = n->db_path,
                            .sequencer = n->sequencer,
                            .chains = n->chains,
                            .problem = problem,
                            .ctx = n};
    struct http_server_config hc = {.address = l->address,
                                    .port = l->port,
                                    .max_connections = l->max_connections,
                                    .timeout_s = l->timeout_s,
                                    .max_body = l->max_body,
                                    .max_rate = l->max_rate,
                                    .max_per_client = l->max_per_client};
    n->api = api_new(&ac, err);
    if (n->api == NULL) {
        return -1;
    }
    n->server = http_server_start(&hc, on_http, n, err);
    return n->server != NULL ? 0 : -1;
}

struct node *node_start(const struct node_config *config, struct err *err) {
    struct node *n = calloc(1, sizeof *n);
    const char *key_file = config->config->node.operator_key_file;
    if (n == NULL) {
        err_set(err, ERR_SYSTEM, "out of memory");
        return NULL;
    }
    n->config = *config;
    n->lock_fd = -1;
    pthread_mutex_init(&n->lock, NULL);
    int rc = key_file != NULL ? key_file_load(key_file, config->config->node.operator_password_file,
                                              &n->operator_key, err)
                              : err_set(err, ERR_CONFIG, "node.operator_key_file: missing");
    if (rc != 0 || take_folder(n, err) != 0 || check_database(n, err) != 0 ||
        prepare_database(n, err) != 0 || start_sequencer(n, err) != 0 ||
        start_chains(n, err) != 0) {
        node_stop(n);
        return NULL;
    }
    pthread_mutex_lock(&n->lock);
    n->started = true;
    pthread_mutex_unlock(&n->lock);
    if (start_prover(n, err) != 0 || start_api(n, err) != 0) {
        node_stop(n);
        return NULL;
    }
    log_info("node", "event=listening address=%s port=%u", config->config->node.listen.address,
             node_port(n));
    return n;
}

uint16_t node_port(const struct node *n) {
    return http_server_port(n->server);
}

const struct rpc_service *node_service(const struct node *n) {
    return api_service(n->api);
}

void node_stop(struct node *n) {
    /* The sequencer ends first, so that handlers that wait for it get their answer. */
    if (n->sequencer != NULL) {
        sequencer_stop(n->sequencer);
    }
    http_server_stop(n->server);
    api_free(n->api);
    pthread_mutex_lock(&n->lock);
    struct prove_worker *prover = n->prover;
    n->prover = NULL;
    n->started = false;
    pthread_mutex_unlock(&n->lock);
    prove_worker_stop(prover);
    for (unsigned i = 0; i < CONFIG_MAX_CHAINS; i++) {
        chain_worker_stop(n->chains[i]);
    }
    sequencer_free(n->sequencer);
    if (n->lock_fd >= 0) {
        close(n->lock_fd);
    }
    eth_key_wipe(&n->operator_key);
    pthread_mutex_destroy(&n->lock);
    free(n);
}
