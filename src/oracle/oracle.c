#include "oracle/oracle.h"
#include "base/clock.h"
#include "base/log.h"
#include "chain/eip712.h"
#include "oracle/ledger.h"
#include "rpc/http_server.h"
#include "rpc/rpc_server.h"

#include <errno.h>
#include <inttypes.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

enum { RPC_TIMEOUT_MS = 15000, LOG_RANGE = 1000, MAX_BATCH = 100, NOT_SIGNED = 200 };

/* One endpoint of one chain: each is followed by itself, so that none can speak for another. */
struct source {
    char name[300];
    const struct chain_config *chain;
    const struct deployed_chain *deployed;
    struct eth_client *client;
    struct watch_config watch;
    struct watch_position at;
    bool checked, halted;
    char problem[600];
    uint64_t next_ms; /* steady time of the next look */
};

struct oracle {
    const struct config *config;
    const struct deployment *deployment;
    struct eth_key key;
    uint64_t epoch;
    struct source *sources;
    size_t n_sources;
    struct rpc_service service;
    struct http_server *server;

    pthread_mutex_t lock; /* guards ledger, problems and stop */
    pthread_cond_t wake;
    struct ledger *ledger;
    char disagreement[600];
    bool stop, running;
    pthread_t thread;
};

/* ---- signing, under the lock ---- */

static uint64_t next_expiry(const struct oracle *o, uint64_t base) {
    uint64_t period = o->config->oracle.signature_expiry_s, least = clock_now_s() + period / 2;
    uint64_t periods = least > base ? (least - base + period - 1) / period : 1;
    return base + periods * period;
}

static int sign(struct oracle *o, struct consensus_row *row, struct err *err) {
    struct consensus_message m = {.epoch = o->epoch, .number = row->number};
    uint8_t digest[32];
    row->expiry = m.expiry = next_expiry(o, row->base_expiry);
    memcpy(m.instance, o->deployment->instance_id, 32);
    memcpy(m.sync_hash, row->sync_hash, 32);
    consensus_digest(&m, digest);
    if (!eth_sign(&o->key, digest, row->signature)) {
        return err_set(err, ERR_SYSTEM, "signing failed");
    }
    return ledger_sign(o->ledger, o->epoch, row, err);
}

/* Does every source show the block, with one syncHash? 1 yes, 0 not yet, -1 err or disagreement. */
static int agreed(struct oracle *o, uint64_t number, struct consensus_row *row, struct err *err) {
    *row = (struct consensus_row){.number = number};
    for (size_t i = 0; i < o->n_sources; i++) {
        uint8_t hash[32];
        uint64_t timestamp;
        struct err e = {0};
        if (ledger_proved(o->ledger, o->sources[i].name, number, hash, &timestamp, &e) != 0) {
            return e.code == ERR_NOT_FOUND ? 0 : err_set(err, e.code, "%s", e.text);
        }
        if (i > 0 && memcmp(hash, row->sync_hash, 32) != 0) {
            return err_set(err, ERR_MISMATCH,
                           "block %" PRIu64 ": %s and %s show different proofs of it: nothing is "
                           "signed",
                           number, o->sources[0].name, o->sources[i].name);
        }
        memcpy(row->sync_hash, hash, 32);
        row->base_expiry = timestamp > row->base_expiry ? timestamp : row->base_expiry;
    }
    return 1;
}

static int sign_what_agrees(struct oracle *o, struct err *err) {
    for (;;) {
        struct consensus_row row;
        uint64_t last;
        if (ledger_last_signed(o->ledger, o->epoch, &last, err) != 0) {
            return -1;
        }
        int rc = agreed(o, last + 1, &row, err);
        if (rc != 1) {
            return rc;
        }
        if (sign(o, &row, err) != 0) {
            return -1;
        }
        log_info("oracle", "event=signed block=%" PRIu64 " epoch=%" PRIu64 " expiry=%" PRIu64,
                 row.number, o->epoch, row.expiry);
    }
}

/* ---- JSON-RPC ---- */

static json_t *get_consensus(void *ctx, void *job, const json_t *params, struct rpc_error *error) {
    struct oracle *o = ctx;
    struct consensus_row row;
    struct err err = {0};
    char signer[43];
    (void)job;
    const json_t *p = rpc_param(params, 0, "number");
    if (!json_is_integer(p) || json_integer_value(p) < 1) {
        return rpc_fail(error, RPC_INVALID_PARAMS, NULL, "parameter 'number' must be from 1");
    }
    pthread_mutex_lock(&o->lock);
    int rc = ledger_signed(o->ledger, o->epoch, (uint64_t)json_integer_value(p), &row, &err);
    if (rc == 0 && row.expiry < clock_now_s() + o->config->oracle.signature_expiry_s / 2) {
        rc = sign(o, &row, &err); /* the same syncHash with a later expiry */
    }
    pthread_mutex_unlock(&o->lock);
    if (rc != 0) {
        bool missing = err.code == ERR_NOT_FOUND;
        return rpc_fail(error, missing ? NOT_SIGNED : RPC_INTERNAL_ERROR,
                        missing ? "NOT_FOUND" : NULL, "%s", err.text);
    }
    eth_address_format(signer, o->key.address);
    return json_pack("{s:I, s:I, s:o, s:I, s:s, s:o}", "number", (json_int_t)row.number, "epoch",
                     (json_int_t)o->epoch, "syncHash", json_new_hex(row.sync_hash, 32), "expiry",
                     (json_int_t)row.expiry, "signer", signer, "signature",
                     json_new_hex(row.signature, 65));
}

static json_t *health(void *ctx, void *job, const json_t *params, struct rpc_error *error) {
    struct oracle *o = ctx;
    json_t *problems = json_array();
    uint64_t last = 0;
    char signer[43];
    (void)job;
    (void)params;
    (void)error;
    pthread_mutex_lock(&o->lock);
    ledger_last_signed(o->ledger, o->epoch, &last, NULL);
    for (size_t i = 0; i < o->n_sources; i++) {
        if (o->sources[i].problem[0] != '\0') {
            json_array_append_new(problems, json_string(o->sources[i].problem));
        }
    }
    if (o->disagreement[0] != '\0') {
        json_array_append_new(problems, json_string(o->disagreement));
    }
    pthread_mutex_unlock(&o->lock);
    eth_address_format(signer, o->key.address);
    return json_pack("{s:s, s:s, s:I, s:I, s:o}", "status",
                     json_array_size(problems) == 0 ? "ok" : "degraded", "signer", signer, "epoch",
                     (json_int_t)o->epoch, "lastSigned", (json_int_t)last, "problems", problems);
}

static void on_http(void *ctx, const struct http_request *request, struct http_response *response) {
    struct oracle *o = ctx;
    if (strcmp(request->method, "POST") != 0) {
        response->status = 405;
        response->body = strdup("{\"error\":\"JSON-RPC 2.0 by POST\"}");
    } else {
        response->body = rpc_answer(&o->service, request->body, request->body_len);
        response->status = response->body != NULL ? 200 : 204;
    }
    response->body_len = response->body != NULL ? strlen(response->body) : 0;
}

/* ---- following ---- */

static bool is_member(const struct oracle_network *n, const uint8_t address[20]) {
    for (size_t i = 0; i < n->n_members; i++) {
        if (memcmp(n->member[i], address, 20) == 0) {
            return true;
        }
    }
    return false;
}

static int check_source(struct oracle *o, struct source *s, struct err *err) {
    const uint8_t *contract = s->deployed->contract;
    uint8_t id[32];
    uint64_t n, epoch;
    struct oracle_network network;
    if (eth_check_chain_id(s->client, s->chain->evm_chain_id, err) != 0 ||
        zklink_get_word(s->client, contract, "instanceId()", id, err) != 0 ||
        zklink_get_u64(s->client, contract, "epoch()", UINT64_MAX, &epoch, err) != 0 ||
        zklink_get_u64(s->client, contract, "networkCount()", UINT64_MAX, &n, err) != 0) {
        return -1;
    }
    if (memcmp(id, o->deployment->instance_id, 32) != 0) {
        return err_set(err, ERR_MISMATCH, "%s: the contract is of another instance", s->name);
    }
    if (epoch != o->epoch) {
        return err_set(err, ERR_MISMATCH, "%s: epoch %" PRIu64 ", this program knows %" PRIu64,
                       s->name, epoch, o->epoch);
    }
    for (uint64_t i = 0; i < n; i++) {
        if (zklink_get_network(s->client, contract, i, &network, err) != 0) {
            return -1;
        }
        if (is_member(&network, o->key.address)) {
            s->checked = true;
            return 0;
        }
    }
    char text[43];
    eth_address_format(text, o->key.address);
    return err_set(err, ERR_MISMATCH, "%s: this oracle's address %s is in no oracle network",
                   s->name, text);
}

static int follow(struct oracle *o, struct source *s, struct err *err) {
    bool more = true;
    if (!s->checked && check_source(o, s, err) != 0) {
        return -1;
    }
    while (more) {
        struct watch_batch batch;
        int got = watch_read(&s->watch, &s->at, &batch, err);
        if (got != 1) {
            return got;
        }
        pthread_mutex_lock(&o->lock);
        int rc = ledger_take(o->ledger, s->name, &batch, err);
        pthread_mutex_unlock(&o->lock);
        if (rc == 0) {
            s->at = batch.end;
        }
        more = rc == 0 && batch.more;
        watch_batch_free(&batch);
        if (rc != 0) {
            return -1;
        }
    }
    return 0;
}

static void set_text(struct oracle *o, char text[600], const char *component,
                     const struct err *err) {
    pthread_mutex_lock(&o->lock);
    bool changed = strcmp(text, err != NULL ? err->text : "") != 0;
    snprintf(text, 600, "%s", err != NULL ? err->text : "");
    pthread_mutex_unlock(&o->lock);
    if (changed && err != NULL) {
        log_error("oracle", "event=problem at=%s error=%s text=\"%s\"", component,
                  err_name(err->code), err->text);
    } else if (changed) {
        log_info("oracle", "event=well_again at=%s", component);
    }
}

/* A source that shows what cannot be is not asked again until a person has looked. */
static void step_source(struct oracle *o, struct source *s) {
    struct err err = {0};
    if (s->halted || clock_steady_ms() < s->next_ms) {
        return;
    }
    int rc = follow(o, s, &err);
    s->next_ms = clock_steady_ms() + (rc == 0 ? s->chain->poll_ms : 2000);
    s->halted =
        rc != 0 && (err.code == ERR_REORG || err.code == ERR_MISMATCH || err.code == ERR_CORRUPT);
    set_text(o, s->problem, s->name, rc != 0 ? &err : NULL);
}

static bool wait_a_little(struct oracle *o) {
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    t.tv_nsec += 50000000;
    if (t.tv_nsec >= 1000000000) {
        t.tv_sec++;
        t.tv_nsec -= 1000000000;
    }
    pthread_mutex_lock(&o->lock);
    if (!o->stop) {
        pthread_cond_timedwait(&o->wake, &o->lock, &t);
    }
    bool go_on = !o->stop;
    pthread_mutex_unlock(&o->lock);
    return go_on;
}

static void *run(void *arg) {
    struct oracle *o = arg;
    while (wait_a_little(o)) {
        struct err err = {0};
        for (size_t i = 0; i < o->n_sources; i++) {
            step_source(o, &o->sources[i]);
        }
        pthread_mutex_lock(&o->lock);
        int rc = sign_what_agrees(o, &err);
        pthread_mutex_unlock(&o->lock);
        set_text(o, o->disagreement, "signing", rc < 0 ? &err : NULL);
    }
    return NULL;
}

/* ---- start and end ---- */

static int open_source(struct oracle *o, struct source *s, const struct chain_config *chain,
                       const char *url, struct err *err) {
    struct err e = {0};
    s->chain = chain;
    s->deployed = deployment_chain(o->deployment, chain->number);
    if (s->deployed == NULL) {
        return err_set(err, ERR_MISMATCH, "the deployment file has no chain %u", chain->number);
    }
    snprintf(s->name, sizeof s->name, "%u %.280s", chain->number, url);
    s->client = eth_client_new(s->name, &url, 1, RPC_TIMEOUT_MS, err);
    if (s->client == NULL || ledger_position(o->ledger, s->name, &s->at, err) != 0) {
        return -1;
    }
    s->watch = (struct watch_config){.client = s->client,
                                     .depth = chain->confirmations,
                                     .range = LOG_RANGE,
                                     .first_block = s->deployed->deploy_block};
    memcpy(s->watch.contract, s->deployed->contract, 20);
    if (check_source(o, s, &e) != 0 && e.code != ERR_NETWORK && e.code != ERR_TIMEOUT) {
        return err_set(err, e.code, "%s", e.text);
    }
    return 0;
}

static int open_sources(struct oracle *o, struct err *err) {
    size_t n = 0;
    for (size_t i = 0; i < o->config->n_chains; i++) {
        n += o->config->chains[i].n_rpc;
    }
    o->sources = calloc(n + 1, sizeof *o->sources);
    if (o->sources == NULL) {
        return err_set(err, ERR_SYSTEM, "out of memory");
    }
    for (size_t i = 0; i < o->config->n_chains; i++) {
        const struct chain_config *c = &o->config->chains[i];
        for (size_t k = 0; k < c->n_rpc; k++) {
            if (open_source(o, &o->sources[o->n_sources++], c, c->rpc[k], err) != 0) {
                return -1;
            }
        }
    }
    return 0;
}

static int open_ledger(struct oracle *o, struct err *err) {
    char path[4096];
    if (mkdir(o->config->data_dir, 0700) != 0 && errno != EEXIST) {
        return err_set(err, ERR_SYSTEM, "data_dir: %s: %s", o->config->data_dir, strerror(errno));
    }
    if (snprintf(path, sizeof path, "%s/oracle.db", o->config->data_dir) >= (int)sizeof path) {
        return err_set(err, ERR_CONFIG, "data_dir: path too long");
    }
    o->ledger = ledger_open(path, err);
    return o->ledger != NULL ? 0 : -1;
}

static const struct rpc_route routes[] = {{"getConsensus", NULL, get_consensus},
                                          {"health", NULL, health}};

static int start_parts(struct oracle *o, struct err *err) {
    const struct listen_config *l = &o->config->oracle.listen;
    struct http_server_config hc = {.address = l->address,
                                    .port = l->port,
                                    .max_connections = l->max_connections,
                                    .timeout_s = l->timeout_s,
                                    .max_body = l->max_body};
    o->service = (struct rpc_service){.routes = routes,
                                      .n_routes = sizeof routes / sizeof *routes,
                                      .ctx = o,
                                      .max_batch = MAX_BATCH};
    if (open_ledger(o, err) != 0 || open_sources(o, err) != 0) {
        return -1;
    }
    o->server = http_server_start(&hc, on_http, o, err);
    if (o->server == NULL) {
        return -1;
    }
    if (pthread_create(&o->thread, NULL, run, o) != 0) {
        return err_set(err, ERR_SYSTEM, "the oracle's thread cannot be started");
    }
    o->running = true;
    return 0;
}

struct oracle *oracle_start(const struct config *config, const struct deployment *deployment,
                            const struct eth_key *key, struct err *err) {
    struct oracle *o = calloc(1, sizeof *o);
    pthread_condattr_t attr;
    if (o == NULL) {
        err_set(err, ERR_SYSTEM, "out of memory");
        return NULL;
    }
    o->config = config;
    o->deployment = deployment;
    o->key = *key;
    pthread_mutex_init(&o->lock, NULL);
    pthread_condattr_init(&attr);
    pthread_condattr_setclock(&attr, CLOCK_MONOTONIC);
    pthread_cond_init(&o->wake, &attr);
    pthread_condattr_destroy(&attr);
    if (start_parts(o, err) != 0) {
        oracle_stop(o);
        return NULL;
    }
    char text[43];
    eth_address_format(text, key->address);
    log_info("oracle", "event=listening address=%s port=%u signer=%s",
             config->oracle.listen.address, oracle_port(o), text);
    return o;
}

uint16_t oracle_port(const struct oracle *o) {
    return http_server_port(o->server);
}

void oracle_stop(struct oracle *o) {
    if (o == NULL) {
        return;
    }
    if (o->running) {
        pthread_mutex_lock(&o->lock);
        o->stop = true;
        pthread_cond_signal(&o->wake);
        pthread_mutex_unlock(&o->lock);
        pthread_join(o->thread, NULL);
    }
    http_server_stop(o->server);
    for (size_t i = 0; i < o->n_sources; i++) {
        eth_client_free(o->sources[i].client);
    }
    free(o->sources);
    ledger_close(o->ledger);
    eth_key_wipe(&o->key);
    pthread_mutex_destroy(&o->lock);
    pthread_cond_destroy(&o->wake);
    free(o);
}
