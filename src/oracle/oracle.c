#include "base/clock.h"
#include "base/log.h"
#include "oracle/oracle_internal.h"
#include "setup/contract_code.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

enum { RPC_TIMEOUT_MS = 15000, LOG_RANGE = 1000, MAX_RESCANS = 5, RESCAN_PAUSE_MS = 10000 };

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
    uint64_t n;
    struct oracle_network network;
    if (eth_check_chain_id(s->client, s->chain->evm_chain_id, err) != 0 ||
        zklink_get_word(s->client, contract, "instanceId()", id, err) != 0 ||
        zklink_get_u64(s->client, contract, "networkCount()", UINT64_MAX, &n, err) != 0) {
        return -1;
    }
    if (memcmp(id, o->deployment->instance_id, 32) != 0) {
        return err_set(err, ERR_MISMATCH, "%s: the contract is of another instance", s->name);
    }
    if (contract_code_check(s->client, s->deployed, err) != 0) {
        return err_context(err, "%s", s->name);
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

static bool has_proved(const struct watch_batch *b) {
    for (size_t i = 0; i < b->n; i++) {
        if (b->event[i].event.kind == ZKLINK_BLOCK_PROVED) {
            return true;
        }
    }
    return false;
}

/* An endpoint that left out an event may have it the next time: everything is read again, some
 * times, then a person is asked. */
static int begin_again(struct oracle *o, struct source *s, struct err *err) {
    struct err e = {0};
    if (s->rescans >= MAX_RESCANS) {
        return err_set(err, ERR_MISMATCH, "%s: events are missing, also after %u new readings",
                       s->name, s->rescans);
    }
    s->rescans++;
    log_warn("oracle", "event=rescan at=%s time=%u text=\"%s\"", s->name, s->rescans, err->text);
    pthread_mutex_lock(&o->lock);
    int rc = ledger_rescan(o->ledger, s->name, &e);
    pthread_mutex_unlock(&o->lock);
    s->at = (struct watch_position){0};
    return rc == 0 ? -1 : err_set(err, e.code, "%s", e.text);
}

/* A block counts only if the code that accepted it is known. */
static int take(struct oracle *o, struct source *s, const struct watch_batch *batch,
                struct err *err) {
    unsigned alarms;
    if (has_proved(batch) && contract_code_check(s->client, s->deployed, err) != 0) {
        return err_context(err, "%s", s->name);
    }
    pthread_mutex_lock(&o->lock);
    int rc = ledger_take(o->ledger, s->name, batch, &alarms, err);
    if (rc == 0) {
        s->at = batch->end;
    }
    pthread_mutex_unlock(&o->lock);
    if (rc == 0 && alarms > 0) {
        log_error("oracle", "event=alarm at=%s count=%u text=\"two syncHashes for one block\"",
                  s->name, alarms);
    }
    return rc != 0 && err->code == ERR_NOT_FOUND ? begin_again(o, s, err) : rc;
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
        int rc = take(o, s, &batch, err);
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
    s->next_ms = clock_steady_ms() + (rc == 0                     ? s->chain->poll_ms
                                      : err.code == ERR_NOT_FOUND ? RESCAN_PAUSE_MS
                                                                  : 2000);
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
        int rc = oracle_step_signing(o, &err);
        set_text(o, o->disagreement, "signing", rc < 0 ? &err : NULL);
    }
    return NULL;
}

/* ---- start and end ---- */

static int open_source(struct oracle *o, struct source *s, const struct chain_config *chain,
                       const char *url, struct err *err) {
    struct err e = {0};
    struct ledger_source known;
    s->chain = chain;
    s->deployed = deployment_chain(o->deployment, chain->number);
    if (s->deployed == NULL) {
        return err_set(err, ERR_MISMATCH, "the deployment file has no chain %u", chain->number);
    }
    snprintf(s->name, sizeof s->name, "%u %.280s", chain->number, url);
    s->client = eth_client_new(s->name, &url, 1, RPC_TIMEOUT_MS, err);
    if (s->client == NULL || ledger_source(o->ledger, s->name, &known, err) != 0) {
        return -1;
    }
    s->at = known.at;
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
    return o->ledger != NULL
               ? ledger_bind(o->ledger, o->deployment->instance_id, o->key.address, err)
               : -1;
}

static int start_parts(struct oracle *o, struct err *err) {
    const struct listen_config *l = &o->config->oracle.listen;
    struct http_server_config hc = {.address = l->address,
                                    .port = l->port,
                                    .max_connections = l->max_connections,
                                    .timeout_s = l->timeout_s,
                                    .max_body = l->max_body,
                                    .max_rate = l->max_rate,
                                    .max_per_client = l->max_per_client};
    oracle_routes(&o->service, o);
    if (open_ledger(o, err) != 0 || open_sources(o, err) != 0) {
        return -1;
    }
    o->server = http_server_start(&hc, oracle_on_http, o, err);
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
                            const struct eth_key *key, const struct oracle_verifier *verifier,
                            struct err *err) {
    struct oracle *o = calloc(1, sizeof *o);
    pthread_condattr_t attr;
    if (o == NULL) {
        err_set(err, ERR_SYSTEM, "out of memory");
        return NULL;
    }
    o->config = config;
    o->deployment = deployment;
    o->key = *key;
    o->verifier = verifier;
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
