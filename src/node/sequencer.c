#include "node/sequencer.h"
#include "base/clock.h"
#include "base/log.h"
#include "node/block_rows.h"
#include "node/replay.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum {
    MAX_GROUP = 2048,   /* operations that share a commit */
    MAX_REQUESTS = 256, /* taken at once from one chain */
    /* A block fits one transaction of 128 KiB on every chain, or it could never be submitted there;
     * header, proof and encoding take up to 28 KiB. */
    MAX_CALLDATA = 100 * 1024,
    OP_CALLDATA = 32 * OP_WORDS_MAX + 32 * OUTBOX_ENTRY_WORDS + 224, /* of one operation at most */
    MAX_TIMESTAMP_DRIFT =
        60, /* seconds that an empty block may be older than its first operation */
};

struct sequencer {
    struct sequencer_config config;
    struct store *store;

    pthread_rwlock_t state_lock; /* guards what follows, to the next lock */
    struct state *state;
    struct block_builder *builder; /* NULL: no block is open */
    uint64_t builder_timestamp;
    account_id *pools;
    size_t n_pools, cap_pools;
    uint64_t sealed;
    uint64_t last_timestamp; /* of the last sealed block */
    uint64_t next_request[CHAINS_MAX];
    uint64_t block_first_request[CHAINS_MAX];

    uint64_t next_seq;      /* the sequencer's thread only */
    uint64_t open_since_ms; /* when the open block got its first operation */
    bool broken;

    pthread_mutex_t lock; /* guards what follows */
    pthread_cond_t wake;
    struct sequencer_job *first, **last;
    size_t waiting;
    bool look_for_requests, stop, running;
    bool held; /* waits for the chains' requests */
    bool was_held;
    pthread_t thread;
};

/* ---- applying, under the write lock ---- */

static bool open_block(struct sequencer *s, uint64_t timestamp) {
    if (s->builder != NULL && block_builder_ops(s->builder) == 0 &&
        s->builder_timestamp + MAX_TIMESTAMP_DRIFT < timestamp) {
        block_builder_free(s->builder);
        s->builder = NULL;
    }
    if (s->builder == NULL) {
        s->builder_timestamp = timestamp > s->last_timestamp ? timestamp : s->last_timestamp;
        memcpy(s->block_first_request, s->next_request, sizeof s->block_first_request);
        struct block_params p = {.instance = s->config.instance,
                                 .mode = APPLY_SEQUENCER,
                                 .number = s->sealed + 1,
                                 .timestamp = s->builder_timestamp,
                                 .first_request = s->block_first_request};
        s->builder = block_builder_new(s->state, &p);
    }
    return s->builder != NULL;
}

static void note_pool(struct sequencer *s, const struct op *op) {
    if (op->type != OP_CREATE_POOL && op->type != OP_CREATE_STABLE_POOL) {
        return;
    }
    if (s->n_pools == s->cap_pools) {
        size_t cap = s->cap_pools == 0 ? 64 : 2 * s->cap_pools;
        account_id *pools = reallocarray(s->pools, cap, sizeof *pools);
        if (pools == NULL) {
            return; /* the pool works, it only is not listed */
        }
        s->pools = pools;
        s->cap_pools = cap;
    }
    s->pools[s->n_pools++] = op->u.create_pool.pool;
}

/* An operation stands in the open block, as the last or with others behind it. */
static void note_applied(struct sequencer *s, const struct op *op, size_t from_end) {
    if (block_builder_ops(s->builder) == from_end) {
        s->open_since_ms = clock_steady_ms();
    }
    note_pool(s, op);
}

/* Fills the operator's fields and applies. */
static enum rejection apply(struct sequencer *s, struct op *op, uint64_t now) {
    if (!open_block(s, now)) {
        return REJECT_NO_MEMORY;
    }
    enum rejection r = op_resolve(op, s->state, block_builder_context(s->builder), NULL);
    if (r == REJECT_NONE) {
        r = block_add(s->builder, op, NULL);
    }
    if (r == REJECT_NONE) {
        note_applied(s, op, 1);
    }
    return r;
}

static struct op *member(struct sequencer_job *job, size_t i) {
    return i == 0 ? &job->op : &job->batch[i - 1].op;
}

/* The same for all of a batch, or for none. */
static enum rejection apply_batch(struct sequencer *s, struct sequencer_job *job, uint64_t now) {
    struct op *ops[SEQUENCER_BATCH_MAX];
    size_t n = 1 + job->n_batch;
    if (!open_block(s, now)) {
        return REJECT_NO_MEMORY;
    }
    for (size_t i = 0; i < n; i++) {
        ops[i] = member(job, i);
    }
    enum rejection r = block_add_batch(s->builder, ops, n, NULL, &job->rejected_at);
    for (size_t i = 0; r == REJECT_NONE && i < n; i++) {
        note_applied(s, ops[i], n - i);
    }
    return r;
}

/* ---- one group ---- */

static int fatal(struct sequencer *s, const struct err *err) {
    if (!s->broken) {
        s->broken = true;
        log_error("sequencer", "event=fatal error=%s text=\"%s\"", err_name(err->code), err->text);
        s->config.on_fatal(s->config.ctx, err);
    }
    return -1;
}

static int store_operation(struct sequencer *s, const struct op *op, const uint8_t hash[32],
                           unsigned chain, uint64_t request, uint64_t now, struct err *err) {
    uint8_t bytes[OP_BYTES_MAX];
    struct store_tx tx = {.seq = s->next_seq,
                          .block = s->sealed + 1,
                          .block_timestamp = s->builder_timestamp,
                          .accepted_at = now,
                          .type = op->type,
                          .account = op->account,
                          .nonce = op->nonce,
                          .chain = chain,
                          .request = request,
                          .op = bytes};
    memcpy(tx.hash, hash, 32);
    tx.op_len = op_encode(op, bytes, sizeof bytes);
    if (tx.op_len == 0) {
        return err_set(err, ERR_SYSTEM, "an accepted operation cannot be encoded");
    }
    if (store_add_tx(s->store, &tx, err) != 0) {
        return -1;
    }
    s->next_seq++;
    return 0;
}

struct request_list {
    struct store_request r[MAX_REQUESTS];
    unsigned n;
};

static int collect_request(void *ctx, const struct store_request *r, struct err *err) {
    (void)err;
    struct request_list *l = ctx;
    l->r[l->n++] = *r;
    return 0;
}

static int take_request(struct sequencer *s, unsigned position, const struct store_request *r,
                        uint64_t now, struct err *err) {
    struct op op;
    fr words[OP_WORDS_MAX];
    uint8_t hash[32], id[32];
    uint8_t chain = (uint8_t)r->chain;
    bool ok = r->index == s->next_request[position];
    for (unsigned i = 0; i < OP_WORDS_MAX; i++) {
        ok = ok && fr_from_be(&words[i], r->words[i]);
    }
    if (!ok || !op_from_request(&op, chain, words) || !op_request_hash(&op, hash)) {
        return err_set(err, ERR_CORRUPT,
                       "request %llu of chain %u is not one that a contract makes",
                       (unsigned long long)r->index, r->chain);
    }
    pthread_rwlock_wrlock(&s->state_lock);
    enum rejection rejection = apply(s, &op, now);
    if (rejection == REJECT_NONE) {
        s->next_request[position]++;
    }
    pthread_rwlock_unlock(&s->state_lock);
    if (rejection != REJECT_NONE) {
        return err_set(err, ERR_SYSTEM, "request %llu of chain %u: %s",
                       (unsigned long long)r->index, r->chain, rejection_text(rejection));
    }
    op_request_id(id, chain, r->index, hash);
    return store_operation(s, &op, id, r->chain, r->index, now, err);
}

static bool block_is_full(const struct sequencer *s) {
    return s->builder != NULL && (block_builder_ops(s->builder) >= s->config.block_operations ||
                                  block_builder_calldata(s->builder) + OP_CALLDATA > MAX_CALLDATA);
}

/* Takes the requests that are due, until the block is full. *more: some are left. */
static int take_requests(struct sequencer *s, uint64_t now, bool *more, struct err *err) {
    struct request_list *list = malloc(sizeof *list);
    int rc = 0;
    if (list == NULL) {
        return err_set(err, ERR_SYSTEM, "out of memory");
    }
    for (unsigned p = 0; rc == 0 && p < s->config.instance->chains.n; p++) {
        list->n = 0;
        rc = store_each_request(s->store, s->config.instance->chains.chain[p], s->next_request[p],
                                MAX_REQUESTS, collect_request, list, err);
        for (unsigned i = 0; rc == 0 && i < list->n; i++) {
            if (block_is_full(s)) {
                *more = true;
                break;
            }
            rc = take_request(s, p, &list->r[i], now, err);
        }
        *more |= list->n == MAX_REQUESTS;
    }
    free(list);
    return rc;
}

/* A block takes it and all that come with it. */
static bool has_room(const struct sequencer *s, const struct sequencer_job *job) {
    size_t n = job->n_batch;
    return !block_is_full(s) &&
           (n == 0 || s->builder == NULL ||
            (block_builder_ops(s->builder) + n < s->config.block_operations &&
             block_builder_calldata(s->builder) + (n + 1) * OP_CALLDATA <= MAX_CALLDATA));
}

static enum rejection check_key(const struct sequencer *s, const struct sequencer_job *job) {
    if (!op_is_signed(job->op.type)) {
        return REJECT_NONE;
    }
    const struct record *r = state_account(s->state, job->op.account);
    if (job->requeued != 0) { /* whose key was looked at when it came, but in another state */
        return r->tag == RECORD_ACCOUNT_KEYED &&
                       op_signature_check(&job->op, s->config.instance->instance_id,
                                          &r->u.account.key_x, &r->u.account.key_y)
                   ? REJECT_NONE
                   : REJECT_BAD_SIGNATURE;
    }
    return r->tag == RECORD_ACCOUNT_KEYED && fr_eq(&r->u.account.key_x, &job->key_x) &&
                   fr_eq(&r->u.account.key_y, &job->key_y)
               ? REJECT_NONE
               : REJECT_BAD_SIGNATURE;
}

/* Validity and keys, of each that comes with it, too; the keys are those before the batch. */
static enum rejection check_job(const struct sequencer *s, struct sequencer_job *job,
                                uint64_t now) {
    enum rejection r = REJECT_NONE;
    for (size_t i = 0; r == REJECT_NONE && i <= job->n_batch; i++) {
        const struct sequencer_job *one = i == 0 ? job : &job->batch[i - 1];
        job->rejected_at = i;
        r = one->op.valid_until < now ? REJECT_EXPIRED : check_key(s, one);
    }
    return r;
}

static int take_job(struct sequencer *s, struct sequencer_job *job, uint64_t now, struct err *err) {
    pthread_rwlock_wrlock(&s->state_lock);
    enum rejection r = check_job(s, job, now);
    if (r == REJECT_NONE) {
        r = job->n_batch == 0 ? apply(s, &job->op, now) : apply_batch(s, job, now);
    }
    pthread_rwlock_unlock(&s->state_lock);
    job->rejection = r;
    if (job->requeued != 0) {
        log_info("sequencer", "event=second_try account=%u result=\"%s\"", job->op.account,
                 r == REJECT_NONE ? "accepted" : rejection_text(r));
        if (store_end_requeued(s->store, job->requeued, r == REJECT_NONE ? NULL : rejection_text(r),
                               err) != 0) {
            return -1;
        }
    }
    if (r != REJECT_NONE) {
        return 0;
    }
    int rc = 0;
    for (size_t i = 0; rc == 0 && i <= job->n_batch; i++) {
        struct sequencer_job *one = i == 0 ? job : &job->batch[i - 1];
        one->sequence = s->next_seq;
        one->accepted_at = now;
        rc = store_operation(s, &one->op, one->hash, 0, 0, now, err);
    }
    return rc;
}

static void answer(struct sequencer_job *jobs, bool failed) {
    while (jobs != NULL) {
        struct sequencer_job *next = jobs->next; /* the job is gone once it is posted */
        jobs->failed |= failed;
        if (jobs->requeued != 0) {
            free(jobs);
        } else {
            sem_post(&jobs->done);
        }
        jobs = next;
    }
}

/* ---- sealing ---- */

static int store_sealed(struct sequencer *s, const struct block *b, struct err *err) {
    if (store_begin(s->store, err) != 0) {
        return -1;
    }
    if (block_rows_add(s->store, b, err) != 0 || store_commit(s->store, err) != 0) {
        store_rollback(s->store);
        return -1;
    }
    return 0;
}

static int seal(struct sequencer *s, struct err *err) {
    struct block b = {0};
    uint64_t began = clock_steady_ms();
    pthread_rwlock_wrlock(&s->state_lock);
    enum block_error e = block_seal(s->builder, &b);
    pthread_rwlock_unlock(&s->state_lock);
    if (e != BLOCK_OK) {
        return err_set(err, ERR_SYSTEM, "block cannot be sealed: %s", block_error_text(e));
    }
    int rc = store_sealed(s, &b, err);
    if (rc == 0) {
        pthread_rwlock_wrlock(&s->state_lock);
        block_builder_free(s->builder);
        s->builder = NULL;
        state_forget(s->state);
        s->sealed = b.header.number;
        s->last_timestamp = b.header.timestamp;
        pthread_rwlock_unlock(&s->state_lock);
        log_info("sequencer", "event=sealed block=%llu operations=%zu log_words=%zu ms=%llu",
                 (unsigned long long)b.header.number, b.n_ops, b.n_log,
                 (unsigned long long)(clock_steady_ms() - began));
        s->config.on_sealed(s->config.ctx, b.header.number);
    }
    block_release(&b);
    return rc;
}

static int seal_if_due(struct sequencer *s, struct err *err) {
    if (s->builder == NULL || block_builder_ops(s->builder) == 0 ||
        (!block_is_full(s) && clock_steady_ms() - s->open_since_ms < s->config.block_interval_ms)) {
        return 0;
    }
    return seal(s, err);
}

/* Applies and commits one group; jobs that found no room in the block are given back. */
static int run_group(struct sequencer *s, struct sequencer_job *jobs, bool requests,
                     bool *more_requests, struct sequencer_job **rest, struct err *err) {
    uint64_t now = clock_now_s();
    struct sequencer_job **p = &jobs, *done = jobs;
    *rest = NULL;
    int rc = store_begin(s->store, err);
    bool begun = rc == 0;
    if (rc == 0 && requests && !s->config.ignore_requests) {
        rc = take_requests(s, now, more_requests, err);
    }
    while (rc == 0 && *p != NULL && has_room(s, *p)) {
        rc = take_job(s, *p, now, err);
        p = &(*p)->next;
    }
    if (rc == 0) {
        *rest = *p;
        done = p == &jobs ? NULL : jobs;
        *p = NULL;
        rc = store_commit(s->store, err);
    }
    if (rc != 0 && begun) {
        store_rollback(s->store);
    }
    answer(done, rc != 0);
    if (rc != 0) {
        return -1;
    }
    return *rest != NULL ? seal(s, err) : seal_if_due(s, err); /* what is left found no room */
}

/* ---- the thread ---- */

static void wait_for_work(struct sequencer *s) {
    while (!s->stop && (s->held || (s->first == NULL && !s->look_for_requests))) {
        bool open = !s->held && s->builder != NULL && block_builder_ops(s->builder) > 0;
        uint64_t age = clock_steady_ms() - s->open_since_ms;
        if (!open) {
            pthread_cond_wait(&s->wake, &s->lock);
        } else if (age >= s->config.block_interval_ms) {
            return;
        } else {
            struct timespec t;
            uint64_t at = clock_steady_ms() + s->config.block_interval_ms - age;
            t.tv_sec = (time_t)(at / 1000);
            t.tv_nsec = (long)(at % 1000) * 1000000;
            pthread_cond_timedwait(&s->wake, &s->lock, &t);
        }
    }
}

/* Takes up to MAX_GROUP jobs from the queue, under the lock. */
static struct sequencer_job *take_queue(struct sequencer *s) {
    struct sequencer_job *jobs = s->first, **p = &jobs;
    size_t n = 0;
    while (*p != NULL && n < MAX_GROUP) {
        p = &(*p)->next;
        n++;
    }
    s->first = *p;
    if (s->first == NULL) {
        s->last = &s->first;
    }
    *p = NULL;
    s->waiting -= n;
    return jobs;
}

static void *run(void *arg) {
    struct sequencer *s = arg;
    struct sequencer_job *rest = NULL;
    for (;;) {
        struct err err = {0};
        pthread_mutex_lock(&s->lock);
        if (rest == NULL) {
            wait_for_work(s);
        }
        bool stop = s->stop;
        struct sequencer_job *jobs = rest != NULL ? rest : take_queue(s);
        bool requests = s->look_for_requests, was_held = s->was_held;
        bool held = s->held;
        s->look_for_requests = s->was_held = false;
        pthread_mutex_unlock(&s->lock);
        rest = NULL;
        if (was_held && store_set_number(s->store, "hold", 0, &err) != 0) {
            fatal(s, &err);
        }
        if (held) { /* and it shall stop: second tries stay where they are */
            answer(jobs, true);
            return NULL;
        }
        if (s->broken || (stop && jobs == NULL)) {
            answer(jobs, true);
            if (stop) {
                return NULL;
            }
            continue;
        }
        bool more = false;
        int rc = jobs == NULL && !requests ? seal_if_due(s, &err)
                                           : run_group(s, jobs, requests, &more, &rest, &err);
        if (rc != 0) {
            fatal(s, &err);
        }
        if (more) {
            sequencer_notify_requests(s);
        }
    }
}

/* ---- outside ---- */

bool sequencer_submit(struct sequencer *s, struct sequencer_job *job) {
    pthread_mutex_lock(&s->lock);
    bool room = s->running && !s->stop && !s->held && s->waiting < s->config.max_waiting &&
                job->n_batch < SEQUENCER_BATCH_MAX && job->n_batch < s->config.block_operations;
    if (room) {
        sem_init(&job->done, 0, 0);
        job->next = NULL;
        job->failed = false;
        *s->last = job;
        s->last = &job->next;
        s->waiting++;
        pthread_cond_signal(&s->wake);
    }
    pthread_mutex_unlock(&s->lock);
    return room;
}

void sequencer_wait(struct sequencer_job *job) {
    while (sem_wait(&job->done) != 0) {
    }
    sem_destroy(&job->done);
}

void sequencer_release(struct sequencer *s) {
    pthread_mutex_lock(&s->lock);
    if (s->held) {
        s->held = false;
        s->was_held = true;
        s->look_for_requests = true;
        pthread_cond_signal(&s->wake);
        log_info("sequencer", "event=released");
    }
    pthread_mutex_unlock(&s->lock);
}

void sequencer_notify_requests(struct sequencer *s) {
    pthread_mutex_lock(&s->lock);
    s->look_for_requests = true;
    pthread_cond_signal(&s->wake);
    pthread_mutex_unlock(&s->lock);
}

const struct state *sequencer_lock_state(struct sequencer *s) {
    pthread_rwlock_rdlock(&s->state_lock);
    return s->state;
}

void sequencer_unlock_state(struct sequencer *s) {
    pthread_rwlock_unlock(&s->state_lock);
}

const account_id *sequencer_pools(const struct sequencer *s, size_t *n) {
    *n = s->n_pools;
    return s->pools;
}

void sequencer_progress(struct sequencer *s, uint64_t *sealed, uint64_t *open_operations) {
    pthread_rwlock_rdlock(&s->state_lock);
    *sealed = s->sealed;
    *open_operations = s->builder != NULL ? block_builder_ops(s->builder) : 0;
    pthread_rwlock_unlock(&s->state_lock);
}

/* ---- start and end ---- */

static bool list_pool(void *ctx, account_id account, const struct record *record) {
    if (record_is_pool(record)) {
        struct op op = {.type = OP_CREATE_POOL};
        op.u.create_pool.pool = account;
        note_pool(ctx, &op);
    }
    return true;
}

/* An operation of the block that was open when the node ended. */
static int reapply(void *ctx, const struct store_tx *tx, struct err *err) {
    struct sequencer *s = ctx;
    struct op op;
    if (tx->block != s->sealed + 1 || tx->seq != s->next_seq ||
        !op_decode(&op, tx->op, tx->op_len)) {
        return err_set(err, ERR_CORRUPT, "database: operation %llu does not continue the order",
                       (unsigned long long)tx->seq);
    }
    if (!open_block(s, tx->block_timestamp)) {
        return err_set(err, ERR_SYSTEM, "out of memory");
    }
    enum rejection r = s->builder_timestamp == tx->block_timestamp
                           ? block_add(s->builder, &op, NULL)
                           : REJECT_MALFORMED;
    if (r != REJECT_NONE) {
        return err_set(err, ERR_CORRUPT, "database: operation %llu is not valid any more: %s",
                       (unsigned long long)tx->seq, rejection_text(r));
    }
    int p = tx->chain > 0 ? chain_list_find(&s->config.instance->chains, (uint8_t)tx->chain) : -1;
    if (p >= 0) {
        s->next_request[p] = tx->request + 1;
    }
    note_pool(s, &op);
    s->next_seq++;
    return 0;
}

static int load_sealed(struct sequencer *s, uint64_t proved, uint64_t sealed, struct err *err) {
    for (uint64_t k = proved + 1; k <= sealed; k++) {
        struct block b;
        if (replay_block(s->store, s->config.instance, s->state, k, &b, err) != 0) {
            return -1;
        }
        block_release(&b);
        state_forget(s->state);
    }
    return 0;
}

/* Position in every queue and the clock, from the last sealed block's header. */
static int load_header(struct sequencer *s, uint64_t sealed, struct err *err) {
    struct store_block row = {0};
    struct block_header h;
    int rc = store_get_block(s->store, sealed, true, &row, err);
    if (rc == 0 && (!header_decode(&h, row.header.data, row.header.len) ||
                    h.n_chains != s->config.instance->chains.n)) {
        rc = err_set(err, ERR_CORRUPT, "database: the header of block %llu is malformed",
                     (unsigned long long)sealed);
    }
    for (unsigned p = 0; rc == 0 && p < h.n_chains; p++) {
        s->next_request[p] = h.chain[p].end_request;
    }
    s->sealed = sealed;
    s->last_timestamp = row.timestamp;
    store_block_free(&row);
    return rc;
}

/* A transaction whose block was taken back stands in the queue before all others. */
static int queue_again(void *ctx, int64_t id, const uint8_t hash[32], const uint8_t *op,
                       size_t op_len, struct err *err) {
    struct sequencer *s = ctx;
    struct sequencer_job *job = calloc(1, sizeof *job);
    if (job == NULL) {
        return err_set(err, ERR_SYSTEM, "out of memory");
    }
    if (!op_decode(&job->op, op, op_len)) {
        free(job);
        return err_set(err, ERR_CORRUPT,
                       "database: a transaction that was taken back is malformed");
    }
    if (job->op.type == OP_ADD_LIQUIDITY_FIRST) {
        job->op.type = OP_ADD_LIQUIDITY; /* as it was signed; the resolver says which it is */
    }
    memcpy(job->hash, hash, 32);
    job->requeued = id;
    *s->last = job;
    s->last = &job->next;
    s->waiting++;
    return 0;
}

struct first_open {
    uint64_t seq;
};
static int note_first(void *ctx, const struct store_tx *tx, struct err *err) {
    (void)err;
    ((struct first_open *)ctx)->seq = tx->seq;
    return 1;
}

static int load(struct sequencer *s, struct err *err) {
    uint64_t proved, sealed, last;
    struct first_open first = {0};
    s->state = replay_load(s->store, s->config.genesis, s->config.instance, &proved, err);
    if (s->state == NULL || store_last_block(s->store, &sealed, &proved, err) != 0 ||
        load_sealed(s, proved, sealed, err) != 0 ||
        (sealed > 0 && load_header(s, sealed, err) != 0) ||
        store_last_seq(s->store, &last, err) != 0 ||
        store_each_tx(s->store, sealed + 1, UINT64_MAX, note_first, &first, err) < 0) {
        return -1;
    }
    state_each_account(s->state, list_pool, s);
    s->next_seq = first.seq != 0 ? first.seq : last + 1;
    if (store_each_tx(s->store, sealed + 1, UINT64_MAX, reapply, s, err) != 0) {
        return -1;
    }
    if (s->next_seq != last + 1) {
        return err_set(err, ERR_CORRUPT, "database: operations are missing");
    }
    uint64_t hold;
    if (store_get_number(s->store, "hold", &hold, err) != 0 ||
        store_each_requeued(s->store, queue_again, s, err) != 0) {
        return -1;
    }
    s->held = hold != 0;
    s->open_since_ms = clock_steady_ms();
    log_info("sequencer", "event=loaded accounts=%zu pools=%zu sealed=%llu proved=%llu open=%zu",
             state_account_count(s->state), s->n_pools, (unsigned long long)sealed,
             (unsigned long long)proved, s->builder != NULL ? block_builder_ops(s->builder) : 0);
    return 0;
}

struct sequencer *sequencer_new(const struct sequencer_config *config, struct err *err) {
    struct sequencer *s = calloc(1, sizeof *s);
    pthread_condattr_t attr;
    if (s == NULL) {
        err_set(err, ERR_SYSTEM, "out of memory");
        return NULL;
    }
    s->config = *config;
    s->last = &s->first;
    pthread_rwlockattr_t rwattr; /* many readers must not keep the sequencer waiting */
    pthread_rwlockattr_init(&rwattr);
    pthread_rwlockattr_setkind_np(&rwattr, PTHREAD_RWLOCK_PREFER_WRITER_NONRECURSIVE_NP);
    pthread_rwlock_init(&s->state_lock, &rwattr);
    pthread_rwlockattr_destroy(&rwattr);
    pthread_mutex_init(&s->lock, NULL);
    pthread_condattr_init(&attr);
    pthread_condattr_setclock(&attr, CLOCK_MONOTONIC);
    pthread_cond_init(&s->wake, &attr);
    pthread_condattr_destroy(&attr);
    s->store = store_open(config->db_path, true, err);
    if (s->store == NULL || load(s, err) != 0) {
        sequencer_free(s);
        return NULL;
    }
    return s;
}

int sequencer_start(struct sequencer *s, struct err *err) {
    s->running = s->look_for_requests = true;
    if (pthread_create(&s->thread, NULL, run, s) != 0) {
        s->running = false;
        return err_set(err, ERR_SYSTEM, "the sequencer's thread cannot be started");
    }
    return 0;
}

void sequencer_stop(struct sequencer *s) {
    pthread_mutex_lock(&s->lock);
    bool running = s->running;
    s->stop = true;
    pthread_cond_signal(&s->wake);
    pthread_mutex_unlock(&s->lock);
    if (running) {
        pthread_join(s->thread, NULL);
        s->running = false;
    }
}

void sequencer_free(struct sequencer *s) {
    if (s != NULL) {
        for (struct sequencer_job *job = s->first; job != NULL;) { /* only second tries are left */
            struct sequencer_job *next = job->next;
            free(job);
            job = next;
        }
        block_builder_free(s->builder);
        state_free(s->state);
        store_close(s->store);
        free(s->pools);
        pthread_rwlock_destroy(&s->state_lock);
        pthread_mutex_destroy(&s->lock);
        pthread_cond_destroy(&s->wake);
        free(s);
    }
}
