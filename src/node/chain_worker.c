#include "base/clock.h"
#include "base/log.h"
#include "node/chain_worker_internal.h"
#include "node/settlement.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
    RPC_TIMEOUT_MS = 15000,
    ORACLE_TIMEOUT_MS = 3000,
    LOG_RANGE = 1000,
    REFUSED_PAUSE_MS = 3000, /* after a refused transaction */
    ERROR_PAUSE_MS = 2000,   /* after a failed call */
    QUORUM_PAUSE_MS = 500,
    PRIORITY_PART = 10, /* what is paid beyond the base fee, as a part of it */
};
#define MAX_FEE_WEI ((u128)10000 * 1000000000u)

/* ---- is it the right chain ---- */

static int check_word(struct chain_worker *w, const char *getter, const uint8_t want[32],
                      struct err *err) {
    uint8_t got[32];
    char text[67];
    if (zklink_get_word(w->client, w->config.deployed->contract, getter, got, err) != 0) {
        return -1;
    }
    if (memcmp(got, want, 32) != 0) {
        hex0x_encode(text, got, 32);
        return err_set(err, ERR_MISMATCH,
                       "chain %u: the contract's %s is %s, not what the deployment file says",
                       chain_number(w), getter, text);
    }
    return 0;
}

static int load_networks(struct chain_worker *w, struct err *err) {
    uint64_t n;
    const uint8_t *contract = w->config.deployed->contract;
    if (zklink_get_u64(w->client, contract, "networkCount()", UINT64_MAX, &n, err) != 0) {
        return -1;
    }
    if (n > CHAIN_MAX_NETWORKS) {
        return err_set(err, ERR_MISMATCH, "chain %u: %" PRIu64 " oracle networks", chain_number(w),
                       n);
    }
    for (size_t i = 0; i < n; i++) {
        if (zklink_get_network(w->client, contract, i, &w->networks[i], err) != 0) {
            return -1;
        }
    }
    w->n_networks = (size_t)n;
    return 0;
}

static int check_chain(struct chain_worker *w, struct err *err) {
    uint8_t operator[20];
    uint64_t number;
    const uint8_t *contract = w->config.deployed->contract;
    if (eth_check_chain_id(w->client, w->config.chain->evm_chain_id, err) != 0 ||
        check_word(w, "instanceId()", w->config.instance->instance_id, err) != 0 ||
        check_word(w, "vkDigest()", w->config.instance->vk_digest, err) != 0 ||
        zklink_get_u64(w->client, contract, "chainNumber()", UINT64_MAX, &number, err) != 0 ||
        zklink_get_address(w->client, contract, "operator()", operator, err) != 0) {
        return -1;
    }
    if (number != chain_number(w)) {
        return err_set(err, ERR_MISMATCH, "chain %u: the contract says it is chain %" PRIu64,
                       chain_number(w), number);
    }
    if (memcmp(operator, w->config.operator_key->address, 20) != 0) {
        char text[43];
        eth_address_format(text, operator);
        return err_set(err, ERR_MISMATCH,
                       "chain %u: the contract's operator is %s, which is not our key's address",
                       chain_number(w), text);
    }
    return load_networks(w, err);
}

/* ---- writing ---- */

struct contract_state {
    uint64_t proved, confirmed, executed, epoch;
};

static int get_contract_state(struct chain_worker *w, struct contract_state *c, struct err *err) {
    const uint8_t *contract = w->config.deployed->contract;
    return zklink_get_u64(w->client, contract, "provedNumber()", UINT64_MAX, &c->proved, err) ==
                       0 &&
                   zklink_get_u64(w->client, contract, "confirmedNumber()", UINT64_MAX,
                                  &c->confirmed, err) == 0 &&
                   zklink_get_u64(w->client, contract, "executedNumber()", UINT64_MAX, &c->executed,
                                  err) == 0 &&
                   zklink_get_u64(w->client, contract, "epoch()", UINT64_MAX, &c->epoch, err) == 0
               ? 0
               : -1;
}

/* The highest block that is final on all chains. */
static int final_everywhere(struct chain_worker *w, uint64_t *number, struct err *err) {
    *number = UINT64_MAX;
    for (unsigned i = 0; i < w->config.instance->chains.n; i++) {
        uint64_t n;
        if (store_stage_number(w->store, w->config.instance->chains.chain[i], STAGE_PROVED, &n,
                               err) != 0) {
            return -1;
        }
        *number = n < *number ? n : *number;
    }
    return 0;
}

/* 1: calldata made for *number; 0: no quorum yet. */
static int make_confirmation(struct chain_worker *w, const struct contract_state *c,
                             uint64_t *number, struct buf *data, struct err *err) {
    uint64_t target;
    const struct config *config = w->config.config;
    if (final_everywhere(w, &target, err) != 0) {
        return -1;
    }
    target = target < c->proved ? target : c->proved;
    if (target <= c->confirmed || clock_steady_ms() < w->no_quorum_until) {
        return 0;
    }
    if (load_networks(w, err) != 0) { /* they change, through the governor */
        return -1;
    }
    struct quorum_config qc = {.instance = w->config.instance->instance_id,
                               .epoch = w->epoch,
                               .networks = w->networks,
                               .n_networks = w->n_networks,
                               .urls = config->node.oracle_urls,
                               .n_urls = config->node.n_oracle_urls,
                               .timeout_ms = ORACLE_TIMEOUT_MS};
    struct quorum *q = malloc(sizeof *q);
    char missing[200];
    int rc = q != NULL ? 0 : err_set(err, ERR_SYSTEM, "out of memory");
    /* The newest first; the oldest when oracles are behind. */
    for (unsigned attempt = 0; rc == 0 && attempt < 2; attempt++) {
        struct stored_block b;
        *number = attempt == 0 ? target : c->confirmed + 1;
        if (attempt == 1 && *number == target) {
            break;
        }
        rc = settlement_stored_block(w->store, w->config.instance, w->config.position, *number, &b,
                                     err);
        if (rc == 0) {
            rc = quorum_collect(&qc, *number, b.sync_hash, q, missing, err);
        }
    }
    if (rc == 1 && settlement_confirm(w->store, w->config.instance, w->config.position, *number, q,
                                      w->n_networks, data, err) != 0) {
        rc = -1;
    }
    if (rc == 0) {
        w->no_quorum_until = clock_steady_ms() + QUORUM_PAUSE_MS;
        log_debug("chain", "event=no_quorum chain=%u block=%" PRIu64 " missing=\"%s\"",
                  chain_number(w), *number, missing);
    }
    free(q);
    return rc;
}

/* Queues what the contract waits for, if anything: *queued. */
static int queue_next(struct chain_worker *w, bool *queued, struct err *err) {
    struct contract_state c;
    struct buf data = {0};
    uint64_t sealed, proved, number = 0;
    const char *kind = NULL;
    *queued = false;
    if (get_contract_state(w, &c, err) != 0 ||
        store_last_block(w->store, &sealed, &proved, err) != 0) {
        return -1;
    }
    if (c.epoch > w->epoch) {
        return 0; /* its event will be final soon */
    }
    if (c.epoch < w->epoch) {
        return err_set(err, ERR_NOT_FOUND,
                       "chain %u is in epoch %" PRIu64 ", we in %" PRIu64
                       ": it waits for the Revert that a relay brings",
                       chain_number(w), c.epoch, w->epoch);
    }
    if (c.proved > proved) {
        return err_set(err, ERR_MISMATCH,
                       "chain %u has %" PRIu64 " blocks, this database only %" PRIu64
                       " proved ones: it is not the operator's database",
                       chain_number(w), c.proved, proved);
    }
    int rc = 0;
    if (c.executed < c.confirmed) {
        kind = "execute";
        number = c.executed + 1;
        rc = settlement_execute(w->store, w->config.instance, w->config.position, number, &data,
                                err);
    } else if (c.confirmed < c.proved) {
        rc = make_confirmation(w, &c, &number, &data, err);
        kind = rc == 1 ? "confirm" : NULL;
        rc = rc == 1 ? 0 : rc;
    }
    if (rc == 0 && kind == NULL && c.proved < proved) {
        kind = "submit";
        number = c.proved + 1;
        rc =
            settlement_submit(w->store, w->config.instance, w->config.position, number, &data, err);
    }
    if (rc == 0 && kind != NULL) {
        rc = l1_sender_queue(&w->sender, kind, number, w->config.deployed->contract, 0, &data, err);
        *queued = rc == 0;
    }
    buf_free(&data);
    return rc;
}

static int note_mined(struct chain_worker *w, const struct l1_result *r, struct err *err) {
    unsigned kind = strcmp(r->kind, "submit") == 0 ? 0 : strcmp(r->kind, "confirm") == 0 ? 1 : 2;
    log_info("chain",
             "event=mined chain=%u kind=%s block=%" PRIu64 " gas=%" PRIu64 " calldata=%" PRIu64,
             chain_number(w), r->kind, r->subject, r->gas_used, r->calldata);
    return store_add_settlement(w->store, chain_number(w), r->subject, kind, r->tx, r->gas_used,
                                r->calldata, err);
}

/* Moves on until there is something to wait for. */
static int write_transactions(struct chain_worker *w, struct err *err) {
    for (;;) {
        enum l1_outcome outcome;
        struct l1_result result;
        bool queued;
        if (l1_sender_step(&w->sender, &outcome, &result, err) != 0) {
            return -1;
        }
        switch (outcome) {
        case L1_WAITING:
            return 0;
        case L1_REFUSED:
            log_warn("chain", "event=refused chain=%u kind=%s block=%" PRIu64 " reason=\"%s\"",
                     chain_number(w), result.kind, result.subject, result.reason);
            w->no_send_until = clock_steady_ms() + REFUSED_PAUSE_MS;
            return 0;
        case L1_MINED:
            if (note_mined(w, &result, err) != 0) {
                return -1;
            }
            break;
        case L1_IDLE:
            if (clock_steady_ms() < w->no_send_until) {
                return 0;
            }
            if (queue_next(w, &queued, err) != 0) {
                return -1;
            }
            if (!queued) {
                return 0;
            }
            break;
        }
    }
}

/* ---- the thread ---- */

void chain_worker_gas_price(struct chain_worker *w, u128 *last, u128 *low) {
    pthread_mutex_lock(&w->lock);
    *last = w->gas.last_wei;
    if (!gas_window_low(&w->gas, clock_steady_ms(), w->config.fee_validity_ms, low)) {
        *low = 0;
    }
    pthread_mutex_unlock(&w->lock);
}

static void update_status(struct chain_worker *w) {
    uint64_t known, taken;
    struct eth_block head;
    struct err ignored;
    bool have_head = eth_get_latest(w->client, &head, &ignored) == 0;
    bool have_counts = store_count_requests(w->store, chain_number(w), &known, &ignored) == 0 &&
                       store_next_taken(w->store, chain_number(w), &taken, &ignored) == 0;
    pthread_mutex_lock(&w->lock);
    if (have_head) {
        w->status.height = head.number;
        gas_window_add(&w->gas, clock_steady_ms(), w->config.fee_validity_ms,
                       head.base_fee_wei + head.base_fee_wei / PRIORITY_PART);
    }
    if (have_counts) {
        w->status.pending_requests = known - taken;
    }
    w->status.final_height = w->at.block;
    pthread_mutex_unlock(&w->lock);
}

static void set_problem(struct chain_worker *w, const struct err *err, bool halted) {
    pthread_mutex_lock(&w->lock);
    bool changed = strcmp(w->status.problem, err != NULL ? err->text : "") != 0;
    snprintf(w->status.problem, sizeof w->status.problem, "%s", err != NULL ? err->text : "");
    w->status.halted = halted;
    pthread_mutex_unlock(&w->lock);
    if (err != NULL && changed) {
        log_line(halted ? LOG_ERROR : LOG_WARN, "chain", "event=%s chain=%u error=%s text=\"%s\"",
                 halted ? "halted" : "problem", chain_number(w), err_name(err->code), err->text);
    } else if (changed) {
        log_info("chain", "event=well_again chain=%u", chain_number(w));
    }
}

static bool needs_a_person(const struct err *err) {
    return err->code == ERR_STOPPED || err->code == ERR_REORG || err->code == ERR_MISMATCH ||
           err->code == ERR_CORRUPT;
}

static int step(struct chain_worker *w, struct err *err) {
    if (!w->checked) {
        if (check_chain(w, err) != 0) {
            return -1;
        }
        w->checked = true;
    }
    int rc = chain_read_events(w, err);
    if (rc == 0) {
        rc = write_transactions(w, err);
    }
    update_status(w);
    return rc;
}

/* False if the worker shall end. */
static bool pause_for(struct chain_worker *w, uint64_t ms) {
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    uint64_t at = (uint64_t)t.tv_sec * 1000 + (uint64_t)t.tv_nsec / 1000000 + ms;
    t.tv_sec = (time_t)(at / 1000);
    t.tv_nsec = (long)(at % 1000) * 1000000;
    pthread_mutex_lock(&w->lock);
    int rc = 0;
    while (!w->stop && !w->look && rc == 0) {
        rc = pthread_cond_timedwait(&w->wake, &w->lock, &t);
    }
    w->look = false;
    bool go_on = !w->stop;
    pthread_mutex_unlock(&w->lock);
    return go_on;
}

static void *run(void *arg) {
    struct chain_worker *w = arg;
    uint64_t pause = 0;
    while (pause_for(w, pause)) {
        struct err err = {0};
        if (w->status.halted) {
            pause = 3600000;
        } else if (step(w, &err) == 0) {
            set_problem(w, NULL, false);
            pause = w->config.chain->poll_ms;
        } else {
            set_problem(w, &err, needs_a_person(&err));
            pause = ERROR_PAUSE_MS;
        }
    }
    return NULL;
}

/* ---- outside ---- */

static void free_worker(struct chain_worker *w) {
    store_close(w->store);
    eth_client_free(w->client);
    for (size_t i = 0; i < w->n_witnesses; i++) {
        eth_client_free(w->witness[i]);
    }
    pthread_mutex_destroy(&w->lock);
    pthread_cond_destroy(&w->wake);
    free(w);
}

static int load_epochs(struct chain_worker *w, struct err *err) {
    char epoch[32], next[32];
    struct err e = {0};
    struct watch_position at;
    chain_position_keys(w, epoch, next);
    if (store_get_number(w->store, "epoch", &w->epoch, err) != 0 ||
        store_get_number(w->store, epoch, &w->chain_epoch, err) != 0 ||
        store_get_number(w->store, next, &w->next_request, err) != 0) {
        return -1;
    }
    /* A database that an older version read so far. */
    if (w->next_request == 0 &&
        store_get_watch(w->store, chain_number(w), &at.block, at.hash, &e) == 0) {
        return store_count_requests(w->store, chain_number(w), &w->next_request, err);
    }
    return 0;
}

static int open_witnesses(struct chain_worker *w, struct err *err) {
    const struct chain_config *chain = w->config.chain;
    for (size_t i = 0; chain->agree > 1 && i < chain->n_rpc; i++) {
        const char *url = chain->rpc[i];
        w->witness[i] = eth_client_new(url, &url, 1, RPC_TIMEOUT_MS, err);
        if (w->witness[i] == NULL) {
            return -1;
        }
        w->n_witnesses = i + 1;
    }
    return 0;
}

static int open_worker(struct chain_worker *w, struct err *err) {
    const struct chain_config *chain = w->config.chain;
    char name[64];
    struct err e = {0};
    snprintf(name, sizeof name, "chain %u", chain->number);
    w->store = store_open(w->config.db_path, true, err);
    w->client = w->store == NULL ? NULL
                                 : eth_client_new(name, (const char *const *)chain->rpc,
                                                  chain->n_rpc, RPC_TIMEOUT_MS, err);
    if (w->client == NULL) {
        return -1;
    }
    w->sender = (struct l1_sender){.chain = chain->number,
                                   .evm_chain_id = chain->evm_chain_id,
                                   .client = w->client,
                                   .db = store_db(w->store),
                                   .key = w->config.operator_key,
                                   .max_fee_wei = MAX_FEE_WEI,
                                   .resend_ms = chain->resend_ms};
    w->watch = (struct watch_config){.client = w->client,
                                     .depth = chain->confirmations,
                                     .range = LOG_RANGE,
                                     .first_block = w->config.deployed->deploy_block};
    memcpy(w->watch.contract, w->config.deployed->contract, 20);
    if (load_epochs(w, err) != 0 || open_witnesses(w, err) != 0) {
        return -1;
    }
    if (store_get_watch(w->store, chain->number, &w->at.block, w->at.hash, &e) == 0) {
        w->at.set = true;
    } else if (e.code != ERR_NOT_FOUND) {
        return err_set(err, e.code, "%s", e.text);
    }
    struct err check = {0};
    if (check_chain(w, &check) == 0) {
        w->checked = true;
    } else if (check.code == ERR_MISMATCH || check.code == ERR_DECODE || check.code == ERR_REMOTE) {
        return err_set(err, check.code, "%s", check.text);
    } else {
        set_problem(w, &check, false);
    }
    return 0;
}

struct chain_worker *chain_worker_start(const struct chain_worker_config *config, struct err *err) {
    struct chain_worker *w = calloc(1, sizeof *w);
    pthread_condattr_t attr;
    if (w == NULL) {
        err_set(err, ERR_SYSTEM, "out of memory");
        return NULL;
    }
    w->config = *config;
    pthread_mutex_init(&w->lock, NULL);
    pthread_condattr_init(&attr);
    pthread_condattr_setclock(&attr, CLOCK_MONOTONIC);
    pthread_cond_init(&w->wake, &attr);
    pthread_condattr_destroy(&attr);
    if (open_worker(w, err) != 0) {
        free_worker(w);
        return NULL;
    }
    if (pthread_create(&w->thread, NULL, run, w) != 0) {
        err_set(err, ERR_SYSTEM, "a chain's thread cannot be started");
        free_worker(w);
        return NULL;
    }
    return w;
}

void chain_worker_notify(struct chain_worker *w) {
    pthread_mutex_lock(&w->lock);
    w->look = true;
    pthread_cond_signal(&w->wake);
    pthread_mutex_unlock(&w->lock);
}

void chain_worker_status(struct chain_worker *w, struct chain_status *status) {
    pthread_mutex_lock(&w->lock);
    *status = w->status;
    pthread_mutex_unlock(&w->lock);
}

void chain_worker_stop(struct chain_worker *w) {
    if (w != NULL) {
        pthread_mutex_lock(&w->lock);
        w->stop = true;
        pthread_cond_signal(&w->wake);
        pthread_mutex_unlock(&w->lock);
        pthread_join(w->thread, NULL);
        free_worker(w);
    }
}
