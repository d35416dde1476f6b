#include "broker/broker.h"

#include "base/clock.h"
#include "base/file.h"
#include "base/log.h"
#include "broker/feed.h"
#include "broker/payer.h"
#include "chain/keystore.h"
#include "chain/zklink_abi.h"
#include "rpc/rpc_client.h"

#include <inttypes.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { API_TIMEOUT_MS = 20000, L1_TIMEOUT_MS = 15000, FEED_LIMIT = 200, OPERATOR_MS = 60000 };

struct broker {
    const struct config *config;
    const struct deployment *deployment;
    struct eth_key keys[CONFIG_MAX_BROKER_KEYS];
    unsigned lanes[CONFIG_MAX_BROKER_KEYS];
    struct payer *payers[CONFIG_MAX_CHAINS];
    int lock_fd;
    char path[4096];

    struct book *book; /* of the feed */
    struct rpc_client *api;
    struct feed_trust trust;
    uint64_t trusts_at_ms; /* when the operator's address was asked for; 0: not yet */
    char problem[BOOK_REASON];

    pthread_t thread;
    bool running;
    pthread_mutex_t lock;
    pthread_cond_t wake;
    bool stop;
};

/* ---- the feed ---- */

static bool is_served(const struct broker *b, unsigned chain) {
    for (size_t i = 0; i < b->config->broker.n_chains; i++) {
        if (b->config->broker.chains[i].number == chain) {
            return true;
        }
    }
    return false;
}

/* Whose receipts count: from the first chain that answers. */
static int learn_operator(struct broker *b, struct err *err) {
    const struct deployed_chain *d = &b->deployment->chains[0];
    const struct chain_config *c = config_chain(b->config, d->number);
    struct eth_client *client = eth_client_new("chain of the operator", (const char *const *)c->rpc,
                                               c->n_rpc, L1_TIMEOUT_MS, err);
    if (client == NULL) {
        return -1;
    }
    memcpy(b->trust.instance_id, b->deployment->instance_id, WORD_LEN);
    int rc = zklink_get_address(client, d->contract, "operator()", b->trust.operator, err);
    eth_client_free(client);
    return rc;
}

/* cursor: from where the answer was asked for. If a payer has set it back meanwhile, the answer is
 * dropped and asked for again. */
static int enter(struct broker *b, const json_t *answer, uint64_t cursor, uint64_t last,
                 struct err *err) {
    uint64_t now = 0;
    const json_t *list = NULL;
    struct db *db = book_db(b->book);
    if (json_get_field(answer, "payouts", &list, err) != 0) {
        return -1;
    }
    if (db_begin(db, err) != 0) {
        return -1;
    }
    int rc = book_get_cursor(b->book, &now, err);
    if (rc == 0 && now != cursor) {
        db_rollback(db);
        return 0;
    }
    for (size_t i = 0; rc == 0 && i < json_array_size(list); i++) {
        struct book_payout p;
        rc = feed_decode(&p, json_array_get(list, i), &b->trust, err);
        if (rc == 0 && is_served(b, p.payout.chain)) {
            rc = book_add(b->book, &p, err);
        }
    }
    if (rc == 0) {
        rc = book_set_cursor(b->book, last, err);
    }
    if (rc == 0) {
        rc = db_commit(db, err);
    }
    if (rc != 0) {
        db_rollback(db);
    }
    return rc;
}

/* Reads on; *more: there is probably more at once. */
static int read_feed(struct broker *b, bool *more, struct err *err) {
    uint64_t cursor = 0, last = 0, epoch = 0, known = 0;
    json_t *answer = NULL;
    *more = false;
    uint64_t now = clock_steady_ms();
    if (b->trusts_at_ms == 0 || now - b->trusts_at_ms > OPERATOR_MS) {
        if (learn_operator(b, err) != 0) {
            return -1;
        }
        b->trusts_at_ms = now;
    }
    if (book_get_cursor(b->book, &cursor, err) != 0) {
        return -1;
    }
    if (rpc_call(b->api, "getPayouts", json_pack("[I, i]", (json_int_t)cursor, (int)FEED_LIMIT),
                 &answer, err) != 0) {
        return err_context(err, "node at %s", b->config->api_url);
    }
    int rc = json_get_u64(answer, "last", INT64_MAX, &last, err) != 0 ||
                     json_get_u64(answer, "epoch", INT64_MAX, &epoch, err) != 0 ||
                     book_get_epoch(b->book, &known, err) != 0
                 ? -1
                 : 0;
    if (rc == 0 && (epoch != known || last < cursor)) {
        /* Blocks were taken back and are made again, or the node has an older copy of its database:
         * everything is read anew. What is known stays known. */
        log_warn("broker", "event=reads_anew epoch=%" PRIu64 " last=%" PRIu64, epoch, last);
        rc = book_set_epoch(b->book, epoch, err) != 0 ? -1 : book_set_cursor(b->book, 0, err);
        *more = rc == 0;
    } else if (rc == 0 && last != cursor) {
        rc = enter(b, answer, cursor, last, err);
        *more = rc == 0 && json_array_size(json_object_get(answer, "payouts")) > 0;
    }
    json_decref(answer);
    return rc;
}

static void tell(struct broker *b, const struct err *problem) {
    struct book_chain seen = {.chain = 0, .at_ms = clock_now_ms()};
    struct err ignored = {0};
    (void)snprintf(seen.problem, sizeof seen.problem, "%.*s", (int)sizeof seen.problem - 1,
                   problem != NULL ? problem->text : "");
    if (strcmp(seen.problem, b->problem) != 0) {
        log_line(*seen.problem ? LOG_WARN : LOG_INFO, "broker", "event=%s%s%s%s",
                 *seen.problem ? "problem" : "well_again", *seen.problem ? " text=\"" : "",
                 seen.problem, *seen.problem ? "\"" : "");
        memcpy(b->problem, seen.problem, sizeof b->problem);
    }
    if (book_set_chain(b->book, &seen, &ignored) != 0) {
        log_warn("broker", "event=problem text=\"%s\"", ignored.text);
    }
}

static bool wait_for_stop(struct broker *b, unsigned ms) {
    struct timespec until;
    clock_gettime(CLOCK_REALTIME, &until);
    until.tv_sec += ms / 1000;
    until.tv_nsec += (long)(ms % 1000) * 1000000;
    if (until.tv_nsec >= 1000000000) {
        until.tv_sec++;
        until.tv_nsec -= 1000000000;
    }
    pthread_mutex_lock(&b->lock);
    if (!b->stop && ms > 0) {
        (void)pthread_cond_timedwait(&b->wake, &b->lock, &until);
    }
    bool stop = b->stop;
    pthread_mutex_unlock(&b->lock);
    return stop;
}

static void *run_feed(void *arg) {
    struct broker *b = arg;
    bool more = false;
    do {
        struct err err = {0};
        int rc = read_feed(b, &more, &err);
        tell(b, rc != 0 ? &err : NULL);
    } while (!wait_for_stop(b, more ? 0 : b->config->broker.poll_ms));
    return NULL;
}

/* ---- start ---- */

static int check_settings(const struct config *config, const struct deployment *deployment,
                          struct err *err) {
    const struct broker_config *c = &config->broker;
    if (c->n_keys == 0) {
        return err_set(err, ERR_CONFIG, "broker: the section is missing");
    }
    for (size_t i = 0; i < c->n_chains; i++) {
        if (deployment_chain(deployment, c->chains[i].number) == NULL) {
            return err_set(err, ERR_CONFIG, "broker.chains: chain %u is not deployed",
                           (unsigned)c->chains[i].number);
        }
    }
    return 0;
}

static int open_keys(struct broker *b, struct err *err) {
    const struct broker_config *c = &b->config->broker;
    for (size_t i = 0; i < c->n_keys; i++) {
        if (key_file_load(c->key_files[i], c->password_file, &b->keys[i], err) != 0 ||
            book_lane(b->book, b->keys[i].address, &b->lanes[i], err) != 0) {
            return -1;
        }
        for (size_t k = 0; k < i; k++) {
            if (b->lanes[k] == b->lanes[i]) {
                return err_set(err, ERR_CONFIG, "broker.key_files: %s and %s hold the same key",
                               c->key_files[k], c->key_files[i]);
            }
        }
    }
    return book_check_lanes(b->book, b->lanes, c->n_keys, err);
}

static int start(struct broker *b, struct err *err) {
    const struct broker_config *c = &b->config->broker;
    if (check_settings(b->config, b->deployment, err) != 0 ||
        file_take_folder(b->config->data_dir, "broker", &b->lock_fd, err) != 0) {
        return -1;
    }
    if (snprintf(b->path, sizeof b->path, "%s/broker.db", b->config->data_dir) >=
        (int)sizeof b->path) {
        return err_set(err, ERR_CONFIG, "data_dir: path too long");
    }
    b->book = book_open(b->path, false, err);
    if (b->book == NULL || book_bind_instance(b->book, b->deployment->instance_id, err) != 0 ||
        open_keys(b, err) != 0) {
        return -1;
    }
    b->api = rpc_client_new(b->config->api_url, API_TIMEOUT_MS);
    if (b->api == NULL) {
        return err_set(err, ERR_SYSTEM, "out of memory");
    }
    for (size_t i = 0; i < c->n_chains; i++) {
        const struct payer_config pc = {.config = b->config,
                                        .deployment = b->deployment,
                                        .book_path = b->path,
                                        .keys = b->keys,
                                        .lanes = b->lanes,
                                        .chain = c->chains[i].number};
        b->payers[i] = payer_start(&pc, err);
        if (b->payers[i] == NULL) {
            return -1;
        }
    }
    if (pthread_create(&b->thread, NULL, run_feed, b) != 0) {
        return err_set(err, ERR_SYSTEM, "cannot start a thread");
    }
    b->running = true;
    return 0;
}

struct broker *broker_start(const struct config *config, const struct deployment *deployment,
                            struct err *err) {
    struct broker *b = calloc(1, sizeof *b);
    if (b == NULL) {
        err_set(err, ERR_SYSTEM, "out of memory");
        return NULL;
    }
    b->config = config;
    b->deployment = deployment;
    b->lock_fd = -1;
    pthread_mutex_init(&b->lock, NULL);
    pthread_cond_init(&b->wake, NULL);
    if (start(b, err) != 0) {
        broker_stop(b);
        return NULL;
    }
    for (size_t i = 0; i < config->broker.n_keys; i++) {
        char address[43];
        eth_address_format(address, b->keys[i].address);
        log_info("broker", "event=key lane=%u address=%s", b->lanes[i], address);
    }
    return b;
}

void broker_stop(struct broker *b) {
    if (b == NULL) {
        return;
    }
    if (b->running) {
        pthread_mutex_lock(&b->lock);
        b->stop = true;
        pthread_cond_signal(&b->wake);
        pthread_mutex_unlock(&b->lock);
        pthread_join(b->thread, NULL);
    }
    for (size_t i = 0; i < CONFIG_MAX_CHAINS; i++) {
        payer_stop(b->payers[i]);
    }
    rpc_client_free(b->api);
    book_close(b->book);
    for (size_t i = 0; i < CONFIG_MAX_BROKER_KEYS; i++) {
        eth_key_wipe(&b->keys[i]);
    }
    if (b->lock_fd >= 0) {
        close(b->lock_fd);
    }
    pthread_mutex_destroy(&b->lock);
    pthread_cond_destroy(&b->wake);
    free(b);
}
