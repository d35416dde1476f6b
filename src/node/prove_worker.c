#include "node/prove_worker.h"
#include "base/clock.h"
#include "base/log.h"
#include "crypto/keccak.h"
#include "node/replay.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

struct prove_worker {
    struct prove_worker_config config;
    struct store *store;
    struct state *state; /* after block `proved` */
    uint64_t proved;
    uint8_t sync_hash[32]; /* of block `proved` */

    pthread_mutex_t lock;
    pthread_cond_t wake;
    bool stop, look;
    pthread_t thread;
};

/* Blocks that every chain has confirmed are never taken back. */
static int prune_undo(struct prove_worker *w, struct err *err) {
    uint64_t all = UINT64_MAX;
    for (unsigned i = 0; i < w->config.instance->chains.n; i++) {
        uint64_t n;
        if (store_stage_number(w->store, w->config.instance->chains.chain[i], STAGE_CONFIRMED, &n,
                               err) != 0) {
            return -1;
        }
        all = n < all ? n : all;
    }
    return store_prune_undo(w->store, all, err);
}

static int store_proof(struct prove_worker *w, const struct block *b, const struct buf *proof,
                       const struct block_proof_info *info, struct err *err) {
    uint8_t hash[32], digest[32], sync[32];
    header_hash(hash, &b->header);
    keccak256(digest, proof->data, proof->len);
    sync_hash_next(sync, w->sync_hash, hash, digest);
    if (store_begin(w->store, err) != 0) {
        return -1;
    }
    if (replay_save_leaves(w->store, b, err) != 0 ||
        store_set_proof(w->store, b->header.number, proof->data, proof->len, sync, info->ms,
                        info->cells, err) != 0 ||
        prune_undo(w, err) != 0 || store_commit(w->store, err) != 0) {
        store_rollback(w->store);
        return -1;
    }
    memcpy(w->sync_hash, sync, 32);
    w->proved = b->header.number;
    return 0;
}

static int prove_next(struct prove_worker *w, struct err *err) {
    struct block b;
    struct buf proof = {0};
    struct block_proof_info info = {0};
    if (replay_block(w->store, w->config.instance, w->state, w->proved + 1, &b, err) != 0) {
        return -1;
    }
    state_forget(w->state);
    log_info("prover", "event=proving block=%llu operations=%zu",
             (unsigned long long)b.header.number, b.n_ops);
    int rc = w->config.prover.prove(w->config.prover.ctx, &b, &proof, &info, err);
    if (rc == 0) {
        rc = store_proof(w, &b, &proof, &info, err);
    }
    if (rc == 0) {
        log_info("prover", "event=proved block=%llu ms=%llu cells=%llu bytes=%zu",
                 (unsigned long long)w->proved, (unsigned long long)info.ms,
                 (unsigned long long)info.cells, proof.len);
        w->config.on_proved(w->config.ctx, w->proved);
    }
    buf_free(&proof);
    block_release(&b);
    return rc;
}

static void *run(void *arg) {
    struct prove_worker *w = arg;
    /* On Linux a thread has a nice value of its own, which threads that it starts inherit. */
    setpriority(PRIO_PROCESS, (id_t)syscall(SYS_gettid), w->config.nice);
    for (;;) {
        struct err err = {0};
        uint64_t sealed, proved;
        pthread_mutex_lock(&w->lock);
        while (!w->stop && !w->look) {
            pthread_cond_wait(&w->wake, &w->lock);
        }
        bool stop = w->stop;
        w->look = false;
        pthread_mutex_unlock(&w->lock);
        if (stop) {
            return NULL;
        }
        int rc = store_last_block(w->store, &sealed, &proved, &err);
        if (rc == 0 && sealed > w->proved) {
            rc = prove_next(w, &err);
            prove_worker_notify(w);
        }
        if (rc != 0 && err.code == ERR_STOPPED) {
            return NULL;
        }
        if (rc != 0) {
            log_error("prover", "event=fatal error=%s text=\"%s\"", err_name(err.code), err.text);
            w->config.on_fatal(w->config.ctx, &err);
            return NULL;
        }
    }
}

static void free_worker(struct prove_worker *w) {
    state_free(w->state);
    store_close(w->store);
    pthread_mutex_destroy(&w->lock);
    pthread_cond_destroy(&w->wake);
    free(w);
}

static int load(struct prove_worker *w, struct err *err) {
    struct store_block b = {0};
    w->store = store_open(w->config.db_path, true, err);
    if (w->store == NULL) {
        return -1;
    }
    w->state = replay_load(w->store, w->config.genesis, w->config.instance, &w->proved, err);
    if (w->state == NULL) {
        return -1;
    }
    sync_hash_genesis(w->sync_hash, w->config.instance->instance_id);
    int rc = 0;
    if (w->proved > 0) {
        rc = store_get_block(w->store, w->proved, false, &b, err);
        memcpy(w->sync_hash, b.sync_hash, 32);
        store_block_free(&b);
    }
    return rc;
}

struct prove_worker *prove_worker_start(const struct prove_worker_config *config, struct err *err) {
    struct prove_worker *w = calloc(1, sizeof *w);
    if (w == NULL) {
        err_set(err, ERR_SYSTEM, "out of memory");
        return NULL;
    }
    w->config = *config;
    w->look = true;
    pthread_mutex_init(&w->lock, NULL);
    pthread_cond_init(&w->wake, NULL);
    if (load(w, err) != 0) {
        free_worker(w);
        return NULL;
    }
    if (pthread_create(&w->thread, NULL, run, w) != 0) {
        err_set(err, ERR_SYSTEM, "the prover's thread cannot be started");
        free_worker(w);
        return NULL;
    }
    return w;
}

void prove_worker_notify(struct prove_worker *w) {
    pthread_mutex_lock(&w->lock);
    w->look = true;
    pthread_cond_signal(&w->wake);
    pthread_mutex_unlock(&w->lock);
}

void prove_worker_stop(struct prove_worker *w) {
    if (w != NULL) {
        pthread_mutex_lock(&w->lock);
        w->stop = true;
        pthread_cond_signal(&w->wake);
        pthread_mutex_unlock(&w->lock);
        pthread_join(w->thread, NULL);
        free_worker(w);
    }
}
