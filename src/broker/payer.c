#include "broker/payer_internal.h"

#include "base/clock.h"
#include "base/log.h"
#include "chain/pools_abi.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
    RPC_TIMEOUT_MS = 15000,
    API_TIMEOUT_MS = 10000,
    INDICES_MS = 30000, /* between looks whether our keys are registered */
    STOCK_MS = 3000,
    COLLECT_MS = 30000,    /* between looks for repayments that failed */
    FIRST_RETRY_MS = 2000, /* after a refused payment; doubled each time */
    MAX_DOUBLINGS = 8,
};
#define GWEI ((u128)1000000000)

/* ---- reading ---- */

int payer_rule(const struct payer *p, token_id token) {
    for (size_t i = 0; i < p->rules->n_tokens; i++) {
        if (p->rules->tokens[i].token == token) {
            return (int)i;
        }
    }
    return -1;
}

int payer_token(struct payer *p, int rule, const uint8_t **address, struct err *err) {
    uint32_t index = token_index(p->rules->tokens[rule].token);
    uint8_t *known = p->token_address[rule];
    *address = known;
    if (index == 0 || p->token_known[rule]) {
        return 0;
    }
    if (zklink_get_token(p->client, p->deployed->contract, index, known, err) != 0) {
        return -1;
    }
    if (bytes_are_zero(known, EVM_ADDRESS_LEN)) {
        return err_set(err, ERR_CONFIG, "broker.tokens: chain %u has no token of index %" PRIu32,
                       p->config.chain, index);
    }
    p->token_known[rule] = true;
    return 0;
}

int payer_balance(struct payer *p, size_t k, int rule, u128 *amount, struct err *err) {
    const uint8_t *token = NULL;
    if (token_index(p->rules->tokens[rule].token) == 0) {
        return eth_get_balance(p->client, p->sender[k].key->address, amount, err);
    }
    return payer_token(p, rule, &token, err) != 0
               ? -1
               : erc20_balance(p->client, token, p->sender[k].key->address, amount, err);
}

static int check_chain(struct payer *p, struct err *err) {
    uint8_t id[32];
    if (eth_check_chain_id(p->client, p->chain->evm_chain_id, err) != 0 ||
        zklink_get_word(p->client, p->deployed->contract, "instanceId()", id, err) != 0) {
        return -1;
    }
    if (memcmp(id, p->config.deployment->instance_id, 32) != 0) {
        return err_set(err, ERR_MISMATCH, "chain %u: the contract is of another instance",
                       p->config.chain);
    }
    return 0;
}

static int look(struct payer *p, struct err *err) {
    const uint8_t *contract = p->deployed->contract;
    uint64_t now = clock_steady_ms();
    if (p->indices_at_ms == 0 || now - p->indices_at_ms > INDICES_MS) {
        for (size_t k = 0; k < p->rules->n_keys; k++) {
            if (zklink_get_broker_index(p->client, contract, p->sender[k].key->address,
                                        &p->own_index[k], err) != 0) {
                return -1;
            }
        }
        p->indices_at_ms = now;
    }
    if (eth_block_number(p->client, &p->seen.height, err) != 0 ||
        zklink_get_u64(p->client, contract, "provedNumber()", UINT64_MAX, &p->seen.proved, err) !=
            0 ||
        zklink_get_u64(p->client, contract, "confirmedNumber()", UINT64_MAX, &p->seen.confirmed,
                       err) != 0 ||
        zklink_get_u64(p->client, contract, "executedNumber()", UINT64_MAX, &p->seen.executed,
                       err) != 0) {
        return -1;
    }
    return 0;
}

/* ---- what became of a payout ---- */

static bool is_our_key(const struct payer *p, const uint8_t address[20]) {
    for (size_t k = 0; k < p->rules->n_keys; k++) {
        if (memcmp(p->sender[k].key->address, address, 20) == 0) {
            return true;
        }
    }
    return false;
}

static int set_state(struct payer *p, struct book_payout *b, enum book_state state,
                     const char *reason, struct err *err) {
    char id[67];
    b->state = state;
    (void)snprintf(b->reason, sizeof b->reason, "%s", reason);
    if (book_update(p->book, b, err) != 0) {
        return -1;
    }
    hex0x_encode(id, b->id, 32);
    log_info("broker", "event=%s chain=%u kind=%u a=%" PRIu64 " b=%" PRIu64 " id=%s%s%s%s",
             book_state_name(state), p->config.chain, (unsigned)b->payout.kind, b->payout.a,
             b->payout.b, id, *reason ? " reason=\"" : "", reason, *reason ? "\"" : "");
    return 0;
}

static int try_later(struct payer *p, struct book_payout *b, const char *reason, struct err *err) {
    unsigned doublings = b->tries < MAX_DOUBLINGS ? b->tries : MAX_DOUBLINGS;
    b->tries++;
    b->next_try_ms = clock_now_ms() + ((uint64_t)FIRST_RETRY_MS << doublings);
    return set_state(p, b, BOOK_OPEN, reason, err);
}

/* Was an acceptance of ours ever mined for it? The contract forgets who accepted when it executes.
 */
static int was_accepted(struct payer *p, int64_t row, bool *accepted, struct err *err) {
    struct db_stmt *q = db_stmt(book_db(p->book),
                                "SELECT 1 FROM l1_tx WHERE block = ? AND kind = 'accept' AND "
                                "state = 1 LIMIT 1",
                                err);
    if (q == NULL) {
        return -1;
    }
    db_bind_i64(q, 1, row);
    int rc = db_row(q, err);
    *accepted = rc == 1;
    if (rc == 1) {
        db_end(q);
    }
    return rc < 0 ? -1 : 0;
}

/* A reorganisation undid it. */
static int forget_acceptance(struct payer *p, int64_t row, struct err *err) {
    struct db_stmt *q = db_stmt(book_db(p->book),
                                "UPDATE l1_tx SET state = 2, error = 'undone by a reorganisation' "
                                "WHERE block = ? AND kind = 'accept' AND state = 1",
                                err);
    if (q == NULL) {
        return -1;
    }
    db_bind_i64(q, 1, row);
    return db_run(q, err);
}

enum fate { FATE_OPEN, FATE_OURS, FATE_OTHERS, FATE_EXECUTED };

/* What the contract holds of it now. */
static int get_fate(struct payer *p, const struct book_payout *b, enum fate *fate,
                    struct err *err) {
    uint8_t by[20];
    if (zklink_get_accepted_by(p->client, p->deployed->contract, b->id, by, err) != 0) {
        return -1;
    }
    *fate = bytes_are_zero(by, sizeof by) ? FATE_OPEN
            : payout_is_executed(by)      ? FATE_EXECUTED
            : is_our_key(p, by)           ? FATE_OURS
                                          : FATE_OTHERS;
    return 0;
}

/* Brings the book to what the contract says, which is what counts. refused: why our transaction
 * came to nothing, or NULL. */
static int resolve(struct payer *p, struct book_payout *b, const char *refused, struct err *err) {
    enum fate fate;
    bool accepted = false;
    if (get_fate(p, b, &fate, err) != 0 || was_accepted(p, b->row, &accepted, err) != 0) {
        return -1;
    }
    if (accepted && (fate == FATE_OPEN || fate == FATE_OTHERS) &&
        forget_acceptance(p, b->row, err) != 0) {
        return -1;
    }
    switch (fate) {
    case FATE_EXECUTED:
        return set_state(p, b, accepted ? BOOK_REPAID : BOOK_GONE,
                         accepted ? "" : "executed; not paid by us", err);
    case FATE_OTHERS:
        return set_state(p, b, BOOK_LOST, "another broker accepted it", err);
    case FATE_OURS:
        if (b->state == BOOK_PAID) {
            return 0;
        }
        b->paid_block = b->paid_block == 0 ? p->seen.height : b->paid_block;
        return set_state(p, b, BOOK_PAID, "", err);
    case FATE_OPEN:
        break;
    }
    return try_later(p, b, refused != NULL ? refused : "a reorganisation took our payment back",
                     err);
}

struct settling {
    struct payer *payer;
    unsigned lane; /* of PAYING ones whose transaction has ended */
};

/* Paid ones: repaid? Or, while a reorganisation may still come, still accepted? */
static int settle_paid(void *ctx, const struct book_payout *entry, struct err *err) {
    struct payer *p = ((struct settling *)ctx)->payer;
    struct book_payout b = *entry;
    bool deep = p->seen.height > b.paid_block + p->chain->confirmations;
    return b.block <= p->seen.executed || !deep ? resolve(p, &b, NULL, err) : 0;
}

/* Open ones whose block was executed meanwhile. */
static int settle_open(void *ctx, const struct book_payout *entry, struct err *err) {
    struct payer *p = ((struct settling *)ctx)->payer;
    struct book_payout b = *entry;
    enum fate fate;
    if (b.block > p->seen.executed) {
        return 0;
    }
    if (get_fate(p, &b, &fate, err) != 0) {
        return -1;
    }
    return fate == FATE_EXECUTED ? resolve(p, &b, NULL, err) : 0;
}

/* The program ended between the end of the transaction and the entry in the book. */
static int settle_paying(void *ctx, const struct book_payout *entry, struct err *err) {
    struct settling *s = ctx;
    struct book_payout b = *entry;
    return b.lane == s->lane ? resolve(s->payer, &b, "ended before it was sent", err) : 0;
}

static int settle(struct payer *p, struct err *err) {
    struct settling s = {.payer = p};
    return book_each(p->book, p->config.chain, BOOK_PAID, settle_paid, &s, err) != 0
               ? -1
               : book_each(p->book, p->config.chain, BOOK_OPEN, settle_open, &s, err);
}

/* ---- the keys ---- */

static int note_mined(struct payer *p, const struct l1_result *r, struct err *err) {
    struct book_payout b;
    if (book_add_cost(p->book, p->config.chain, r->gas_used, r->gas_price_wei * r->gas_used, err) !=
        0) {
        return -1;
    }
    if (strcmp(r->kind, "accept") != 0) {
        return 0;
    }
    if (book_get(p->book, (int64_t)r->subject, &b, err) != 0) {
        return -1;
    }
    b.paid_block = r->mined_in;
    return resolve(p, &b, NULL, err);
}

static int note_refused(struct payer *p, const struct l1_result *r, struct err *err) {
    struct book_payout b;
    if (r->gas_used > 0 && book_add_cost(p->book, p->config.chain, r->gas_used,
                                         r->gas_price_wei * r->gas_used, err) != 0) {
        return -1;
    }
    log_warn("broker",
             "event=refused chain=%u kind=%s row=%" PRIu64 " gas=%" PRIu64 " reason=\"%s\"",
             p->config.chain, r->kind, r->subject, r->gas_used, r->reason);
    if (strcmp(r->kind, "accept") != 0) {
        return 0;
    }
    return book_get(p->book, (int64_t)r->subject, &b, err) != 0 ? -1
                                                                : resolve(p, &b, r->reason, err);
}

/* Repayments that failed (a paused or refusing token) wait with the contract: fetched when they
 * can be. */
static int queue_collection(struct payer *p, size_t k, struct err *err) {
    struct l1_tx under_way = {0};
    struct err e = {0};
    int rc = l1_tx_oldest(book_db(p->book), p->config.chain, p->config.lanes[k], &under_way, &e);
    l1_tx_free(&under_way);
    if (rc == 0 || e.code != ERR_NOT_FOUND) {
        return rc == 0 ? 0 : err_set(err, e.code, "%s", e.text);
    }
    for (size_t i = 0; i < p->rules->n_tokens; i++) {
        token_id token = p->rules->tokens[i].token;
        u128 amount = 0;
        struct buf data = {0};
        if (token_chain(token) != p->config.chain) {
            continue;
        }
        const uint8_t *owner = p->sender[k].key->address;
        if (zklink_get_pending(p->client, p->deployed->contract, token_index(token), owner, &amount,
                               err) != 0) {
            return -1;
        }
        if (amount == 0) {
            continue;
        }
        zklink_withdraw_pending(&data, token_index(token), owner);
        rc = l1_sender_queue(&p->sender[k], "collect", 0, p->deployed->contract, 0, &data, err);
        buf_free(&data);
        if (rc != 0) {
            return -1;
        }
    }
    return 0;
}

static int drive(struct payer *p, size_t k, struct err *err) {
    for (;;) {
        enum l1_outcome outcome;
        struct l1_result result;
        struct settling s = {.payer = p, .lane = p->config.lanes[k]};
        bool queued = false;
        if (l1_sender_step(&p->sender[k], &outcome, &result, err) != 0) {
            return -1;
        }
        switch (outcome) {
        case L1_WAITING:
            return 0;
        case L1_MINED:
            if (note_mined(p, &result, err) != 0) {
                return -1;
            }
            break;
        case L1_REFUSED:
            if (note_refused(p, &result, err) != 0) {
                return -1;
            }
            break;
        case L1_IDLE:
            if (book_each(p->book, p->config.chain, BOOK_PAYING, settle_paying, &s, err) != 0 ||
                payer_choose(p, k, &queued, err) != 0) {
                return -1;
            }
            if (!queued) {
                return 0;
            }
            break;
        }
    }
}

static int see_stock(struct payer *p, struct err *err) {
    for (size_t k = 0; k < p->rules->n_keys; k++) {
        for (size_t i = 0; i < p->rules->n_tokens; i++) {
            struct book_stock s = {.chain = p->config.chain,
                                   .lane = p->config.lanes[k],
                                   .token = p->rules->tokens[i].token,
                                   .at_ms = clock_now_ms()};
            if (token_chain(s.token) != p->config.chain) {
                continue;
            }
            if (payer_balance(p, k, (int)i, &s.amount, err) != 0 ||
                book_set_stock(p->book, &s, err) != 0) {
                return -1;
            }
        }
    }
    return 0;
}

/* ---- the thread ---- */

static int step(struct payer *p, struct err *err) {
    int rc = 0;
    uint64_t now = clock_steady_ms();
    if (!p->checked) {
        if (check_chain(p, err) != 0) {
            return -1;
        }
        p->checked = true;
    }
    if (look(p, err) != 0 || settle(p, err) != 0) {
        return -1;
    }
    /* One key's trouble (fees at the maximum, say) must not hold up the others. */
    for (size_t k = 0; k < p->rules->n_keys; k++) {
        struct err e = {0};
        if (drive(p, k, &e) != 0) {
            rc = err_set(err, e.code, "%s", e.text);
        }
    }
    if (p->stock_at_ms == 0 || now - p->stock_at_ms >= STOCK_MS) {
        p->stock_at_ms = now;
        if (see_stock(p, err) != 0) {
            rc = -1;
        }
    }
    if (p->collect_at_ms == 0 || now - p->collect_at_ms >= COLLECT_MS) {
        p->collect_at_ms = now;
        for (size_t k = 0; k < p->rules->n_keys; k++) {
            if (queue_collection(p, k, err) != 0) {
                rc = -1;
            }
        }
    }
    return rc;
}

/* For status, and for the log when it changes. */
static void tell(struct payer *p, const struct err *problem) {
    struct err ignored = {0};
    char text[BOOK_REASON];
    (void)snprintf(text, sizeof text, "%.*s", (int)sizeof text - 1,
                   problem != NULL ? problem->text : "");
    if (strcmp(text, p->seen.problem) != 0) {
        log_line(*text ? LOG_WARN : LOG_INFO, "broker", "event=%s chain=%u%s%s%s",
                 *text ? "problem" : "well_again", p->config.chain, *text ? " text=\"" : "", text,
                 *text ? "\"" : "");
    }
    memcpy(p->seen.problem, text, sizeof text);
    p->seen.at_ms = clock_now_ms();
    if (book_set_chain(p->book, &p->seen, &ignored) != 0) {
        log_warn("broker", "event=problem text=\"%s\"", ignored.text);
    }
}

static bool wait_for_stop(struct payer *p) {
    struct timespec until;
    clock_gettime(CLOCK_REALTIME, &until);
    until.tv_sec += p->rules->poll_ms / 1000;
    until.tv_nsec += (long)(p->rules->poll_ms % 1000) * 1000000;
    if (until.tv_nsec >= 1000000000) {
        until.tv_sec++;
        until.tv_nsec -= 1000000000;
    }
    pthread_mutex_lock(&p->lock);
    if (!p->stop) {
        (void)pthread_cond_timedwait(&p->wake, &p->lock, &until);
    }
    bool stop = p->stop;
    pthread_mutex_unlock(&p->lock);
    return stop;
}

static void *run(void *arg) {
    struct payer *p = arg;
    do {
        struct err err = {0};
        tell(p, step(p, &err) != 0 ? &err : NULL);
    } while (!wait_for_stop(p));
    return NULL;
}

struct payer *payer_start(const struct payer_config *config, struct err *err) {
    struct payer *p = calloc(1, sizeof *p);
    char name[32];
    if (p == NULL) {
        err_set(err, ERR_SYSTEM, "out of memory");
        return NULL;
    }
    pthread_mutex_init(&p->lock, NULL);
    pthread_cond_init(&p->wake, NULL);
    p->config = *config;
    p->rules = &config->config->broker;
    p->chain = config_chain(config->config, config->chain);
    p->deployed = deployment_chain(config->deployment, config->chain);
    p->seen.chain = config->chain;
    for (size_t i = 0; i < p->rules->n_chains; i++) {
        if (p->rules->chains[i].number == config->chain) {
            p->chain_rules = &p->rules->chains[i];
        }
    }
    (void)snprintf(name, sizeof name, "chain %u", config->chain);
    p->book = book_open(config->book_path, true, err);
    p->client = p->book == NULL ? NULL
                                : eth_client_new(name, (const char *const *)p->chain->rpc,
                                                 p->chain->n_rpc, RPC_TIMEOUT_MS, err);
    p->api = p->client == NULL ? NULL : rpc_client_new(config->config->api_url, API_TIMEOUT_MS);
    if (p->api == NULL) {
        payer_stop(p);
        return NULL;
    }
    for (size_t k = 0; k < p->rules->n_keys; k++) {
        p->sender[k] = (struct l1_sender){.chain = config->chain,
                                          .lane = config->lanes[k],
                                          .evm_chain_id = p->chain->evm_chain_id,
                                          .client = p->client,
                                          .db = book_db(p->book),
                                          .key = &config->keys[k],
                                          .max_fee_wei = p->chain_rules->max_gwei * GWEI,
                                          .resend_ms = p->chain->resend_ms};
    }
    if (pthread_create(&p->thread, NULL, run, p) != 0) {
        err_set(err, ERR_SYSTEM, "cannot start a thread");
        payer_stop(p);
        return NULL;
    }
    p->running = true;
    return p;
}

void payer_stop(struct payer *p) {
    if (p == NULL) {
        return;
    }
    if (p->running) {
        pthread_mutex_lock(&p->lock);
        p->stop = true;
        pthread_cond_signal(&p->wake);
        pthread_mutex_unlock(&p->lock);
        pthread_join(p->thread, NULL);
    }
    rpc_client_free(p->api);
    eth_client_free(p->client);
    book_close(p->book);
    pthread_mutex_destroy(&p->lock);
    pthread_cond_destroy(&p->wake);
    free(p);
}
