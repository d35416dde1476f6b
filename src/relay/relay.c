#include "relay/relay.h"

#include "base/clock.h"
#include "base/log.h"
#include "node/node.h"
#include "node/quorum.h"
#include "relay/relay_book.h"
#include "sender/l1_sender.h"

#include <errno.h>
#include <inttypes.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

enum {
    RPC_TIMEOUT_MS = 15000,
    ORACLE_TIMEOUT_MS = 3000,
    LOG_RANGE = 1000,
    ERROR_PAUSE_MS = 2000,
    REFUSED_PAUSE_MS = 5000,
    IDLE_MS = 500,
    REVERT_PAUSE_MS = 2000, /* between looks whether blocks are to be taken back */
    MAX_NETWORKS = 8,
};

struct relay_chain {
    const struct chain_config *config;
    const struct deployed_chain *deployed;
    struct eth_client *client;
    struct watch_config watch;
    struct watch_position at;
    struct l1_sender sender;
    bool checked, halted;
    uint64_t next_ms, no_send_until, next_revert_ms;
    char problem[600];
};

struct relay {
    const struct config *config;
    const struct deployment *deployment;
    struct eth_key key;
    struct relay_book *book;
    struct stored_block genesis;
    struct relay_chain chain[CONFIG_MAX_CHAINS];
    size_t n_chains;
    struct quorum quorum;

    pthread_mutex_t lock;
    pthread_cond_t wake;
    bool stop, running;
    pthread_t thread;
};

static int read_events(struct relay *r, struct relay_chain *c, struct err *err) {
    bool more = true;
    while (more) {
        struct watch_batch batch;
        int got = watch_read(&c->watch, &c->at, &batch, err);
        if (got != 1) {
            return got;
        }
        int rc = relay_book_take(r->book, c->config->number, &batch, err);
        if (rc == 0) {
            c->at = batch.end;
        }
        more = batch.more;
        watch_batch_free(&batch);
        if (rc != 0) {
            return -1;
        }
    }
    return 0;
}

/* ---- what is due ---- */

struct contract_view {
    uint64_t proved, confirmed, epoch;
    struct oracle_network network[MAX_NETWORKS];
    size_t n_networks;
};

static int get_view(struct relay_chain *c, struct contract_view *v, struct err *err) {
    const uint8_t *at = c->deployed->contract;
    uint64_t n;
    if (zklink_get_u64(c->client, at, "provedNumber()", UINT64_MAX, &v->proved, err) != 0 ||
        zklink_get_u64(c->client, at, "confirmedNumber()", UINT64_MAX, &v->confirmed, err) != 0 ||
        zklink_get_u64(c->client, at, "epoch()", UINT64_MAX, &v->epoch, err) != 0 ||
        zklink_get_u64(c->client, at, "networkCount()", UINT64_MAX, &n, err) != 0) {
        return -1;
    }
    if (n > MAX_NETWORKS) {
        return err_set(err, ERR_MISMATCH, "%" PRIu64 " oracle networks", n);
    }
    for (size_t i = 0; i < n; i++) {
        if (zklink_get_network(c->client, at, i, &v->network[i], err) != 0) {
            return -1;
        }
    }
    v->n_networks = (size_t)n;
    return 0;
}

static struct quorum_config quorum_of(const struct relay *r, const struct contract_view *v) {
    return (struct quorum_config){.instance = r->deployment->instance_id,
                                  .epoch = v->epoch,
                                  .networks = v->network,
                                  .n_networks = v->n_networks,
                                  .urls = r->config->relay.oracle_urls,
                                  .n_urls = r->config->relay.n_oracle_urls,
                                  .timeout_ms = ORACLE_TIMEOUT_MS};
}

static void signatures_of(const struct quorum *q, struct network_signatures out[MAX_NETWORKS]) {
    for (size_t i = 0; i < MAX_NETWORKS; i++) {
        out[i] =
            (struct network_signatures){.signature = q->network[i].signature, .n = q->network[i].n};
    }
}

/* 1: calldata that confirms *number; 0: nothing to confirm, or no quorum yet. */
static int make_confirmation(struct relay *r, struct relay_chain *c, const struct contract_view *v,
                             uint64_t *number, struct buf *data, struct err *err) {
    struct quorum_config qc = quorum_of(r, v);
    struct network_signatures s[MAX_NETWORKS];
    uint64_t newest, seen_at;
    if (relay_book_newest(r->book, c->config->number, &newest, err) != 0) {
        return -1;
    }
    newest = newest < v->proved ? newest : v->proved;
    /* The newest first; the oldest when oracles are behind. */
    const uint64_t candidate[2] = {newest, v->confirmed + 1};
    for (unsigned k = 0; k < 2; k++) {
        struct stored_block b;
        struct err e = {0};
        if (candidate[k] <= v->confirmed || candidate[k] > newest ||
            (k == 1 && newest == *number)) {
            continue;
        }
        *number = candidate[k];
        if (relay_book_block(r->book, c->config->number, *number, &b, &seen_at, &e) != 0) {
            return e.code == ERR_NOT_FOUND ? 0 : err_set(err, e.code, "%s", e.text);
        }
        if (clock_now_s() < seen_at + r->config->relay.wait_s) {
            continue;
        }
        int rc = quorum_collect(&qc, *number, b.sync_hash, &r->quorum, NULL, err);
        if (rc != 0) {
            signatures_of(&r->quorum, s);
            zklink_confirm_blocks(data, &b, r->quorum.expiry, s, v->n_networks);
            return rc < 0 ? -1 : data->failed ? err_set(err, ERR_SYSTEM, "out of memory") : 1;
        }
    }
    return 0;
}

/* 1: calldata that takes back from *number on; 0: nobody wants that, or not enough. */
static int make_revert(struct relay *r, struct relay_chain *c, const struct contract_view *v,
                       uint64_t *number, struct buf *data, struct err *err) {
    struct quorum_config qc = quorum_of(r, v);
    struct network_signatures s[MAX_NETWORKS];
    struct stored_block last = r->genesis, newest = r->genesis;
    uint64_t seen_at;
    if (clock_steady_ms() < c->next_revert_ms) {
        return 0;
    }
    c->next_revert_ms = clock_steady_ms() + REVERT_PAUSE_MS;
    int rc = quorum_collect_revert(&qc, number, &r->quorum, NULL, err);
    /* A chain that never got the blocks must follow into the new epoch too. */
    if (rc != 1 || *number <= v->confirmed || *number > v->proved + 1) {
        return rc < 0 ? -1 : 0;
    }
    if ((*number > 1 &&
         relay_book_block(r->book, c->config->number, *number - 1, &last, &seen_at, err) != 0) ||
        (v->proved > 0 &&
         relay_book_block(r->book, c->config->number, v->proved, &newest, &seen_at, err) != 0)) {
        return err->code == ERR_NOT_FOUND ? 0 : -1; /* not read yet */
    }
    signatures_of(&r->quorum, s);
    zklink_revert_blocks(data, &last, &newest, s, v->n_networks);
    return data->failed ? err_set(err, ERR_SYSTEM, "out of memory") : 1;
}

static int queue_next(struct relay *r, struct relay_chain *c, bool *queued, struct err *err) {
    struct contract_view *v = calloc(1, sizeof *v);
    struct buf data = {0};
    uint64_t number = 0;
    const char *kind = "revert";
    int rc = v != NULL ? get_view(c, v, err) : err_set(err, ERR_SYSTEM, "out of memory");
    if (rc == 0) {
        rc = make_revert(r, c, v, &number, &data, err);
    }
    if (rc == 0) {
        kind = "confirm";
        number = 0;
        data.len = 0;
        rc = make_confirmation(r, c, v, &number, &data, err);
    }
    *queued = rc == 1;
    if (rc == 1) {
        rc = l1_sender_queue(&c->sender, kind, number, c->deployed->contract, 0, &data, err);
    }
    buf_free(&data);
    free(v);
    return rc;
}

static int send(struct relay *r, struct relay_chain *c, struct err *err) {
    for (;;) {
        enum l1_outcome outcome;
        struct l1_result result;
        bool queued;
        if (l1_sender_step(&c->sender, &outcome, &result, err) != 0) {
            return -1;
        }
        switch (outcome) {
        case L1_WAITING:
            return 0;
        case L1_REFUSED: /* mostly: somebody else was quicker */
            log_info("relay", "event=refused chain=%u kind=%s block=%" PRIu64 " reason=\"%s\"",
                     c->config->number, result.kind, result.subject, result.reason);
            c->no_send_until = clock_steady_ms() + REFUSED_PAUSE_MS;
            return 0;
        case L1_MINED:
            log_info("relay", "event=mined chain=%u kind=%s block=%" PRIu64 " gas=%" PRIu64,
                     c->config->number, result.kind, result.subject, result.gas_used);
            break;
        case L1_IDLE:
            if (clock_steady_ms() < c->no_send_until) {
                return 0;
            }
            if (queue_next(r, c, &queued, err) != 0) {
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

static int check_chain(struct relay *r, struct relay_chain *c, struct err *err) {
    uint8_t id[32];
    if (eth_check_chain_id(c->client, c->config->evm_chain_id, err) != 0 ||
        zklink_get_word(c->client, c->deployed->contract, "instanceId()", id, err) != 0) {
        return -1;
    }
    c->checked = memcmp(id, r->deployment->instance_id, 32) == 0;
    return c->checked ? 0
                      : err_set(err, ERR_MISMATCH, "chain %u: the contract is of another instance",
                                c->config->number);
}

static int step_chain(struct relay *r, struct relay_chain *c, struct err *err) {
    if (!c->checked && check_chain(r, c, err) != 0) {
        return -1;
    }
    return read_events(r, c, err) == 0 ? send(r, c, err) : -1;
}

static void step(struct relay *r, struct relay_chain *c) {
    struct err err = {0};
    if (c->halted || clock_steady_ms() < c->next_ms) {
        return;
    }
    int rc = step_chain(r, c, &err);
    c->next_ms = clock_steady_ms() + (rc == 0 ? c->config->poll_ms : ERROR_PAUSE_MS);
    c->halted = rc != 0 && (err.code == ERR_REORG || err.code == ERR_MISMATCH);
    if (rc != 0 && strcmp(c->problem, err.text) != 0) {
        log_warn("relay", "event=%s chain=%u error=%s text=\"%s\"",
                 c->halted ? "halted" : "problem", c->config->number, err_name(err.code), err.text);
    }
    snprintf(c->problem, sizeof c->problem, "%s", rc != 0 ? err.text : "");
}

static bool wait_a_little(struct relay *r) {
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    uint64_t at = (uint64_t)t.tv_sec * 1000 + (uint64_t)t.tv_nsec / 1000000 + IDLE_MS / 5;
    t.tv_sec = (time_t)(at / 1000);
    t.tv_nsec = (long)(at % 1000) * 1000000;
    pthread_mutex_lock(&r->lock);
    if (!r->stop) {
        pthread_cond_timedwait(&r->wake, &r->lock, &t);
    }
    bool go_on = !r->stop;
    pthread_mutex_unlock(&r->lock);
    return go_on;
}

static void *run(void *arg) {
    struct relay *r = arg;
    while (wait_a_little(r)) {
        for (size_t i = 0; i < r->n_chains; i++) {
            step(r, &r->chain[i]);
        }
    }
    return NULL;
}

/* ---- start and end ---- */

static int open_chain(struct relay *r, struct relay_chain *c, const struct chain_config *chain,
                      struct err *err) {
    char name[32];
    c->config = chain;
    c->deployed = deployment_chain(r->deployment, chain->number);
    if (c->deployed == NULL) {
        return err_set(err, ERR_MISMATCH, "the deployment file has no chain %u", chain->number);
    }
    (void)snprintf(name, sizeof name, "chain %u", chain->number);
    c->client =
        eth_client_new(name, (const char *const *)chain->rpc, chain->n_rpc, RPC_TIMEOUT_MS, err);
    if (c->client == NULL || relay_book_position(r->book, chain->number, &c->at, err) != 0) {
        return -1;
    }
    c->watch = (struct watch_config){.client = c->client,
                                     .depth = chain->confirmations,
                                     .range = LOG_RANGE,
                                     .first_block = c->deployed->deploy_block};
    memcpy(c->watch.contract, c->deployed->contract, 20);
    c->sender = (struct l1_sender){.chain = chain->number,
                                   .evm_chain_id = chain->evm_chain_id,
                                   .client = c->client,
                                   .db = relay_book_db(r->book),
                                   .key = &r->key,
                                   .max_fee_wei = (u128)r->config->relay.max_gwei * 1000000000u,
                                   .resend_ms = chain->resend_ms};
    struct err check = {0};
    if (check_chain(r, c, &check) != 0 && check.code == ERR_MISMATCH) {
        return err_set(err, check.code, "%s", check.text);
    }
    return 0;
}

static int open_parts(struct relay *r, struct err *err) {
    char path[4096];
    struct genesis genesis;
    struct instance instance;
    if (node_instance(r->deployment, &genesis, &instance, err) != 0) {
        return -1;
    }
    sync_hash_genesis(r->genesis.sync_hash, instance.instance_id);
    fr_to_be(r->genesis.root, &instance.genesis_root);
    if (mkdir(r->config->data_dir, 0700) != 0 && errno != EEXIST) {
        return err_set(err, ERR_SYSTEM, "data_dir: %s: %s", r->config->data_dir, strerror(errno));
    }
    if (snprintf(path, sizeof path, "%s/relay.db", r->config->data_dir) >= (int)sizeof path) {
        return err_set(err, ERR_CONFIG, "data_dir: path too long");
    }
    r->book = relay_book_open(path, r->deployment->instance_id, err);
    if (r->book == NULL) {
        return -1;
    }
    for (size_t i = 0; i < r->config->n_chains; i++) {
        if (open_chain(r, &r->chain[r->n_chains++], &r->config->chains[i], err) != 0) {
            return -1;
        }
    }
    return 0;
}

struct relay *relay_start(const struct config *config, const struct deployment *deployment,
                          const struct eth_key *key, struct err *err) {
    struct relay *r = calloc(1, sizeof *r);
    pthread_condattr_t attr;
    if (r == NULL) {
        err_set(err, ERR_SYSTEM, "out of memory");
        return NULL;
    }
    r->config = config;
    r->deployment = deployment;
    r->key = *key;
    pthread_mutex_init(&r->lock, NULL);
    pthread_condattr_init(&attr);
    pthread_condattr_setclock(&attr, CLOCK_MONOTONIC);
    pthread_cond_init(&r->wake, &attr);
    pthread_condattr_destroy(&attr);
    if (open_parts(r, err) != 0) {
        relay_stop(r);
        return NULL;
    }
    if (pthread_create(&r->thread, NULL, run, r) != 0) {
        err_set(err, ERR_SYSTEM, "the relay's thread cannot be started");
        relay_stop(r);
        return NULL;
    }
    r->running = true;
    char text[43];
    eth_address_format(text, key->address);
    log_info("relay", "event=started chains=%zu oracles=%zu sender=%s", r->n_chains,
             config->relay.n_oracle_urls, text);
    return r;
}

void relay_stop(struct relay *r) {
    if (r == NULL) {
        return;
    }
    if (r->running) {
        pthread_mutex_lock(&r->lock);
        r->stop = true;
        pthread_cond_signal(&r->wake);
        pthread_mutex_unlock(&r->lock);
        pthread_join(r->thread, NULL);
    }
    for (size_t i = 0; i < r->n_chains; i++) {
        eth_client_free(r->chain[i].client);
    }
    relay_book_close(r->book);
    eth_key_wipe(&r->key);
    pthread_mutex_destroy(&r->lock);
    pthread_cond_destroy(&r->wake);
    free(r);
}
