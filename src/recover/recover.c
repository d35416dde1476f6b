#include "recover/recover.h"

#include "chain/submission.h"
#include "circuit/circuit.h"
#include "crypto/keccak.h"
#include "node/block_rows.h"
#include "node/replay.h"
#include "node/settlement.h"
#include "proof/verifier.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { RPC_TIMEOUT_MS = 30000, LOG_RANGE = 1000, MAX_PIECES = 4096 };

struct recovery {
    struct recovery_config config;
    struct store *store;
    struct state *state; /* after block `number` */
    uint64_t number, next_seq, timestamp;
    uint64_t next_request[CHAINS_MAX];
    uint8_t sync_hash[32];
    bool compared; /* every recovered block was held against the events */
    bool complete; /* the last one has its key signatures */
    struct eth_client *client[CHAINS_MAX];
    struct watch_config watch[CHAINS_MAX];
    struct chain_events events[CHAINS_MAX];
};

static unsigned n_chains(const struct recovery *r) {
    return r->config.instance->chains.n;
}

/* ---- open ---- */

static int bind_database(struct recovery *r, struct err *err) {
    struct buf id = {0};
    struct err e = {0};
    int rc = -1;
    if (store_get_meta(r->store, "instance", &id, &e) == 0) {
        rc = id.len == 32 && memcmp(id.data, r->config.instance->instance_id, 32) == 0
                 ? 0
                 : err_set(err, ERR_MISMATCH, "database %s belongs to another instance",
                           r->config.db_path);
    } else if (e.code == ERR_NOT_FOUND) {
        rc = store_set_meta(r->store, "instance", r->config.instance->instance_id, 32, err);
    } else {
        err_set(err, e.code, "%s", e.text);
    }
    buf_free(&id);
    return rc;
}

/* Where the last recovered block left the clock and the queues. */
static int load_last_header(struct recovery *r, struct err *err) {
    struct store_block row = {0};
    struct block_header h;
    memset(r->next_request, 0, sizeof r->next_request);
    r->timestamp = 0;
    sync_hash_genesis(r->sync_hash, r->config.instance->instance_id);
    if (r->number == 0) {
        return 0;
    }
    int rc = store_get_block(r->store, r->number, true, &row, err);
    if (rc == 0 &&
        (!header_decode(&h, row.header.data, row.header.len) || h.n_chains != n_chains(r))) {
        rc = err_set(err, ERR_CORRUPT, "database: the header of block %llu is malformed",
                     (unsigned long long)r->number);
    }
    if (rc == 0) {
        r->timestamp = h.timestamp;
        memcpy(r->sync_hash, row.sync_hash, 32);
        for (unsigned p = 0; p < h.n_chains; p++) {
            r->next_request[p] = h.chain[p].end_request;
        }
    }
    store_block_free(&row);
    return rc;
}

static int load_state(struct recovery *r, struct err *err) {
    uint64_t sealed, last;
    state_free(r->state);
    r->state = replay_load(r->store, r->config.genesis, r->config.instance, &r->number, err);
    if (r->state == NULL || store_last_block(r->store, &sealed, &r->number, err) != 0 ||
        store_last_seq(r->store, &last, err) != 0) {
        return -1;
    }
    if (sealed != r->number) {
        return err_set(err, ERR_MISMATCH,
                       "database %s is a running node's: it has sealed blocks without a proof",
                       r->config.db_path);
    }
    state_set_threads(r->state, r->config.threads > 0 ? r->config.threads : 1);
    r->next_seq = last + 1;
    return load_last_header(r, err);
}

static int open_chain(struct recovery *r, unsigned p, struct err *err) {
    unsigned number = r->config.instance->chains.chain[p];
    const struct chain_config *chain = config_chain(r->config.config, number);
    const struct deployed_chain *deployed = deployment_chain(r->config.deployment, number);
    char name[32];
    if (chain == NULL || deployed == NULL) {
        return err_set(err, ERR_MISMATCH, "chain %u is not configured", number);
    }
    (void)snprintf(name, sizeof name, "chain %u", number);
    r->client[p] =
        eth_client_new(name, (const char *const *)chain->rpc, chain->n_rpc, RPC_TIMEOUT_MS, err);
    if (r->client[p] == NULL) {
        return -1;
    }
    r->watch[p] = (struct watch_config){.client = r->client[p],
                                        .depth = chain->confirmations,
                                        .range = LOG_RANGE,
                                        .first_block = deployed->deploy_block};
    memcpy(r->watch[p].contract, deployed->contract, 20);
    return chain_events_load(&r->events[p], r->store, number, err);
}

struct recovery *recovery_open(const struct recovery_config *config, struct err *err) {
    struct recovery *r = calloc(1, sizeof *r);
    if (r == NULL) {
        err_set(err, ERR_SYSTEM, "out of memory");
        return NULL;
    }
    r->config = *config;
    r->store = store_open(config->db_path, false, err);
    int rc = r->store == NULL ? -1 : bind_database(r, err);
    if (rc == 0) {
        rc = load_state(r, err);
    }
    for (unsigned p = 0; rc == 0 && config->config != NULL && p < n_chains(r); p++) {
        rc = open_chain(r, p, err);
    }
    if (rc != 0) {
        recovery_close(r);
        return NULL;
    }
    return r;
}

void recovery_close(struct recovery *r) {
    if (r != NULL) {
        for (unsigned p = 0; p < CHAINS_MAX; p++) {
            chain_events_free(&r->events[p]);
            eth_client_free(r->client[p]);
        }
        state_free(r->state);
        store_close(r->store);
        free(r);
    }
}

/* ---- events ---- */

static int scan_chain(struct recovery *r, unsigned p, struct err *err) {
    struct chain_events *c = &r->events[p];
    bool more = true;
    while (more) {
        struct watch_batch batch;
        int got = watch_read(&r->watch[p], &c->at, &batch, err);
        if (got != 1) {
            return got;
        }
        int rc = chain_events_take(c, r->store, &batch, err);
        more = batch.more;
        watch_batch_free(&batch);
        if (rc != 0) {
            return -1;
        }
        if (r->config.on_scan != NULL) {
            r->config.on_scan(r->config.ctx, c->chain, c->at.block);
        }
    }
    return 0;
}

/* The first recovered block that a chain shows otherwise now: it was taken back there. */
static int drop_reverted(struct recovery *r, struct err *err) {
    uint64_t from = UINT64_MAX;
    struct recovery_progress p;
    recovery_progress(r, &p);
    /* Once looked at, what is confirmed stays. */
    uint64_t first = r->compared && p.confirmed <= r->number ? p.confirmed + 1 : 1;
    for (uint64_t k = first; k <= r->number && from == UINT64_MAX; k++) {
        struct store_block row = {0};
        if (store_get_block(r->store, k, false, &row, err) != 0) {
            return -1;
        }
        for (unsigned i = 0; i < n_chains(r); i++) {
            const struct block_event *e = chain_events_proved(&r->events[i], k);
            if (e != NULL && memcmp(e->sync_hash, row.sync_hash, 32) != 0) {
                from = k;
            }
        }
        store_block_free(&row);
    }
    r->compared = true;
    if (from == UINT64_MAX) {
        return 0;
    }
    if (store_begin(r->store, err) != 0) {
        return -1;
    }
    if (store_take_back(r->store, from, err) != 0 || store_commit(r->store, err) != 0) {
        store_rollback(r->store);
        return -1;
    }
    return load_state(r, err);
}

int recovery_scan(struct recovery *r, struct err *err) {
    for (unsigned p = 0; p < n_chains(r); p++) {
        if (scan_chain(r, p, err) != 0) {
            return -1;
        }
    }
    return drop_reverted(r, err);
}

void recovery_progress(const struct recovery *r, struct recovery_progress *p) {
    *p = (struct recovery_progress){.everywhere = UINT64_MAX};
    for (unsigned i = 0; i < n_chains(r); i++) {
        const struct chain_events *c = &r->events[i];
        p->newest = c->n_proved > p->newest ? c->n_proved : p->newest;
        p->everywhere = c->n_proved < p->everywhere ? c->n_proved : p->everywhere;
        p->confirmed = c->confirmed > p->confirmed ? c->confirmed : p->confirmed;
    }
}

/* ---- one block ---- */

static int verify_proof(const struct recovery *r, const struct block *b, const uint8_t *proof,
                        size_t len, struct err *err) {
    struct block_statement s;
    bool ok = false;
    if (block_statement_init(&s, r->config.vk->air, b) != 0) {
        return err_set(err, ERR_SYSTEM, "out of memory");
    }
    int rc = verify(r->config.vk, &s.statement, proof, len, &ok);
    block_statement_release(&s);
    if (rc != 0) {
        return err_set(err, ERR_SYSTEM, "out of memory");
    }
    return ok ? 0
              : err_set(err, ERR_MISMATCH,
                        "block %llu: the proof that the chains accepted is not valid",
                        (unsigned long long)b->header.number);
}

/* The operations in order. Requests have their ids; what a transaction's id was is not known. */
static int save_operations(struct recovery *r, const struct block *b, struct err *err) {
    uint64_t next[CHAINS_MAX];
    memcpy(next, r->next_request, sizeof next);
    for (size_t i = 0; i < b->n_ops; i++) {
        const struct op *op = &b->ops[i];
        uint8_t bytes[OP_BYTES_MAX], seed[48] = "zklink.recovered";
        const struct record *before = &b->effects[i].access[0].before;
        struct store_tx tx = {.seq = r->next_seq + i,
                              .block = b->header.number,
                              .block_timestamp = b->header.timestamp,
                              .accepted_at = b->header.timestamp,
                              .type = op->type,
                              .account = op->account,
                              .nonce = op_pays_fee(op->type) && record_is_account(before)
                                           ? before->u.account.nonce
                                           : 0,
                              .op = bytes};
        int p = op_is_request(op->type)
                    ? chain_list_find(&r->config.instance->chains, op_request_chain(op))
                    : -1;
        uint8_t hash[32];
        if (p >= 0 && op_request_hash(op, hash)) {
            tx.chain = r->config.instance->chains.chain[p];
            tx.request = next[p]++;
            op_request_id(tx.hash, (uint8_t)tx.chain, tx.request, hash);
        } else {
            word_from_u64(seed + 16, tx.seq);
            keccak256(tx.hash, seed, sizeof seed);
        }
        tx.op_len = op_encode(op, bytes, sizeof bytes);
        if (tx.op_len == 0) {
            return err_set(err, ERR_SYSTEM, "operation %zu of block %llu cannot be stored", i,
                           (unsigned long long)b->header.number);
        }
        if (store_add_tx(r->store, &tx, err) != 0) {
            return -1;
        }
    }
    return 0;
}

static int save(struct recovery *r, const struct block *b, const uint8_t *proof, size_t len,
                const uint8_t sync_hash[32], struct err *err) {
    struct recovery_progress p;
    recovery_progress(r, &p);
    if (store_begin(r->store, err) != 0) {
        return -1;
    }
    if (block_rows_add(r->store, b, err) != 0 || save_operations(r, b, err) != 0 ||
        replay_save_leaves(r->store, b, err) != 0 ||
        store_set_proof(r->store, b->header.number, proof, len, sync_hash, 0, 0, err) != 0 ||
        (b->header.number <= p.confirmed &&
         store_prune_undo(r->store, b->header.number, err) != 0) ||
        store_commit(r->store, err) != 0) {
        store_rollback(r->store);
        return -1;
    }
    return 0;
}

static int replay(struct recovery *r, const struct block_header *header, const fr *log,
                  size_t n_log, struct block *b, struct err *err) {
    size_t at = 0;
    unsigned long long number = r->number + 1;
    if (header->number != number || header->timestamp < r->timestamp ||
        header->n_chains != n_chains(r)) {
        return err_set(err, ERR_MISMATCH, "block %llu does not continue the one before", number);
    }
    for (unsigned p = 0; p < header->n_chains; p++) {
        if (header->chain[p].first_request != r->next_request[p]) {
            return err_set(err, ERR_MISMATCH, "block %llu does not continue chain %u's queue",
                           number, header->chain[p].chain);
        }
    }
    enum block_error e = block_replay(r->state, r->config.instance, header, log, n_log, b, &at);
    if (e != BLOCK_OK) {
        return err_set(err, e == BLOCK_NO_MEMORY ? ERR_SYSTEM : ERR_MISMATCH,
                       "block %llu: its log does not give it: %s (operation %zu)", number,
                       block_error_text(e), at);
    }
    return 0;
}

int recovery_apply(struct recovery *r, const struct block_header *header, const fr *log,
                   size_t n_log, const uint8_t *proof, size_t proof_len,
                   const uint8_t sync_hash[32], struct err *err) {
    struct block b = {0};
    uint8_t hash[32], digest[32], sync[32];
    struct state_mark mark = state_mark(r->state);
    header_hash(hash, header);
    keccak256(digest, proof, proof_len);
    sync_hash_next(sync, r->sync_hash, hash, digest);
    if (sync_hash != NULL && memcmp(sync, sync_hash, 32) != 0) {
        return err_set(err, ERR_MISMATCH, "block %llu: header and proof do not give its syncHash",
                       (unsigned long long)header->number);
    }
    int rc = replay(r, header, log, n_log, &b, err);
    if (rc == 0 && r->config.vk != NULL) {
        rc = verify_proof(r, &b, proof, proof_len, err);
    }
    if (rc == 0) {
        rc = save(r, &b, proof, proof_len, sync, err);
    }
    if (rc == 0) {
        state_forget(r->state);
        r->number = header->number;
        r->timestamp = header->timestamp;
        r->next_seq += b.n_ops;
        memcpy(r->sync_hash, sync, 32);
        for (unsigned p = 0; p < header->n_chains; p++) {
            r->next_request[p] = header->chain[p].end_request;
        }
        if (r->config.on_block != NULL) {
            r->config.on_block(r->config.ctx, r->number, b.n_ops);
        }
    } else {
        state_rollback(r->state, mark);
    }
    block_release(&b);
    return rc;
}

/* ---- from the chains ---- */

/* A transaction's data, with the submission of the block in it. */
static int fetch_submission(struct recovery *r, unsigned p, const struct block_event *e,
                            struct eth_transaction *tx, struct submission *s, struct err *err) {
    if (eth_get_transaction(r->client[p], e->tx, tx, err) != 0) {
        return -1;
    }
    if (submission_find(s, tx->input.data, tx->input.len, e->hash)) {
        return 0;
    }
    char text[67];
    hex0x_encode(text, e->tx, 32);
    bool ours = !tx->creates && memcmp(tx->to, r->watch[p].contract, 20) == 0;
    eth_transaction_free(tx);
    return err_set(err, ERR_DECODE,
                   "chain %u: block %llu was submitted by transaction %s%s, whose data does not "
                   "hold it: it takes an endpoint with debug_traceTransaction to find it",
                   r->events[p].chain, (unsigned long long)e->number, text,
                   ours ? "" : " to another contract");
}

/* The words of a log that was posted in pieces before the event at *e. */
static int fetch_pieces(struct recovery *r, unsigned p, const struct block_event *before,
                        const struct submission *s, struct buf *log, struct err *err) {
    struct chain_events *c = &r->events[p];
    size_t end = (size_t)(before - c->event), first = end, n = 0;
    for (size_t i = end; i-- > 0 && n < MAX_PIECES;) {
        if (c->event[i].kind == EVENT_LOG_PIECE &&
            memcmp(c->event[i].hash, s->log_challenge, 32) == 0) {
            first = i;
            n++;
        }
    }
    for (size_t i = first; i < end; i++) {
        const struct block_event *e = &c->event[i];
        struct eth_transaction tx;
        const uint8_t *words;
        size_t n_words;
        uint64_t at;
        if (e->kind != EVENT_LOG_PIECE || memcmp(e->hash, s->log_challenge, 32) != 0) {
            continue;
        }
        if (eth_get_transaction(r->client[p], e->tx, &tx, err) != 0) {
            return -1;
        }
        bool ok = submission_find_log_piece(&words, &n_words, &at, tx.input.data, tx.input.len,
                                            s->log_challenge, e->number);
        if (ok && at == 0) {
            log->len = 0; /* a piece that begins anew */
        }
        ok = ok && at * WORD_LEN == log->len;
        if (ok) {
            buf_append(log, words, n_words * WORD_LEN);
        }
        eth_transaction_free(&tx);
        if (!ok) {
            return err_set(err, ERR_DECODE, "chain %u: a piece of block %llu's log is not found",
                           c->chain, (unsigned long long)before->number);
        }
    }
    return log->failed ? err_set(err, ERR_SYSTEM, "out of memory") : 0;
}

static int read_words(fr **out, const uint8_t *words, size_t n, struct err *err) {
    *out = calloc(n + 1, sizeof **out);
    if (*out == NULL) {
        return err_set(err, ERR_SYSTEM, "out of memory");
    }
    for (size_t i = 0; i < n; i++) {
        if (!fr_from_be(&(*out)[i], words + i * WORD_LEN)) {
            return err_set(err, ERR_DECODE, "a log word is not canonical");
        }
    }
    return 0;
}

static int apply_submission(struct recovery *r, unsigned p, const struct block_event *e,
                            const struct submission *s, struct err *err) {
    struct block_header h;
    struct buf pieces = {0};
    fr *log = NULL;
    int rc = 0;
    if (!header_decode(&h, s->header, s->header_words * WORD_LEN)) {
        return err_set(err, ERR_DECODE, "chain %u: the header of block %llu is malformed",
                       r->events[p].chain, (unsigned long long)e->number);
    }
    const uint8_t *words = s->log;
    size_t n = s->log_words;
    if (n == 0 && h.log_words > 0) {
        rc = fetch_pieces(r, p, e, s, &pieces, err);
        words = pieces.data;
        n = pieces.len / WORD_LEN;
    }
    if (rc == 0) {
        rc = read_words(&log, words, n, err);
    }
    if (rc == 0) {
        rc = recovery_apply(r, &h, log, n, s->proof, s->proof_len, e->sync_hash, err);
    }
    free(log);
    buf_free(&pieces);
    return rc;
}

/* The key signatures that a chain was given with the block: only its own calldata has them. */
static int save_key_signatures(struct recovery *r, unsigned p, const struct block_event *e,
                               struct err *err) {
    struct eth_transaction tx;
    struct submission s;
    struct buf out = {0};
    if (fetch_submission(r, p, e, &tx, &s, err) != 0) {
        return -1;
    }
    int rc = 0;
    for (size_t i = 0; rc == 0 && i < s.n_signatures; i++) {
        struct key_signature k;
        rc = submission_key_signature(&s, i, &k)
                 ? 0
                 : err_set(err, ERR_DECODE, "chain %u: a key signature is malformed",
                           r->events[p].chain);
        block_rows_put_key_signature(&out, k.valid_until, k.signature);
    }
    if (rc == 0) {
        rc = store_set_key_signatures(r->store, e->number, r->events[p].chain, out.data, out.len,
                                      err);
    }
    buf_free(&out);
    eth_transaction_free(&tx);
    return rc;
}

/* Every chain that has the block must show the same; *p: one that has it. */
static int find_block(struct recovery *r, uint64_t number, unsigned *p,
                      const struct block_event **found, struct err *err) {
    *found = NULL;
    for (unsigned i = 0; i < n_chains(r); i++) {
        const struct block_event *e = chain_events_proved(&r->events[i], number);
        if (e == NULL) {
            continue;
        }
        if (*found != NULL && memcmp((*found)->sync_hash, e->sync_hash, 32) != 0) {
            return err_set(err, ERR_MISMATCH,
                           "block %llu: chains %u and %u have accepted different proofs of it",
                           (unsigned long long)number, r->events[*p].chain, r->events[i].chain);
        }
        if (*found == NULL) {
            *found = e;
            *p = i;
        }
    }
    return 0;
}

/* Adds what the chains' own calldata has to the last block. Apart from the block's own transaction,
 * so it is looked at again after a start. */
static int complete_block(struct recovery *r, struct err *err) {
    int rc = 0;
    for (unsigned i = 0; rc == 0 && !r->complete && i < n_chains(r); i++) {
        const struct block_event *own = chain_events_proved(&r->events[i], r->number);
        struct store_chain_block part = {0};
        if (own == NULL) {
            continue;
        }
        rc = store_get_chain_block(r->store, r->number, r->events[i].chain, true, &part, err);
        if (rc == 0 && part.key_signatures.len > 0 &&
            bytes_are_zero(part.key_signatures.data, part.key_signatures.len)) {
            rc = save_key_signatures(r, i, own, err);
        }
        store_chain_block_free(&part);
    }
    r->complete = rc == 0;
    return rc;
}

int recovery_next(struct recovery *r, uint64_t limit, struct err *err) {
    const struct block_event *e;
    struct eth_transaction tx;
    struct submission s;
    unsigned p = 0;
    if (complete_block(r, err) != 0) {
        return -1;
    }
    if (r->number >= limit) {
        return 0;
    }
    if (find_block(r, r->number + 1, &p, &e, err) != 0) {
        return -1;
    }
    if (e == NULL) {
        return 0;
    }
    if (fetch_submission(r, p, e, &tx, &s, err) != 0) {
        return -1;
    }
    int rc = apply_submission(r, p, e, &s, err);
    eth_transaction_free(&tx);
    if (rc == 0) {
        r->complete = false;
        rc = complete_block(r, err);
    }
    return rc == 0 ? 1 : -1;
}

/* ---- results ---- */

uint64_t recovery_number(const struct recovery *r) {
    return r->number;
}

const uint8_t *recovery_sync_hash(const struct recovery *r) {
    return r->sync_hash;
}

const struct state *recovery_state(const struct recovery *r) {
    return r->state;
}

int recovery_stored_block(struct recovery *r, unsigned position, uint64_t number,
                          struct stored_block *b, struct err *err) {
    return settlement_stored_block(r->store, r->config.instance, position, number, b, err);
}

static int replay_stored(struct recovery *r, struct state *s, uint64_t number, struct err *err) {
    struct store_block row = {0};
    struct block_header h;
    fr *log = NULL;
    int rc = store_get_block(r->store, number, true, &row, err);
    if (rc == 0 && !header_decode(&h, row.header.data, row.header.len)) {
        rc = err_set(err, ERR_CORRUPT, "database: the header of block %llu is malformed",
                     (unsigned long long)number);
    }
    if (rc == 0) {
        rc = read_words(&log, row.log.data, row.log.len / WORD_LEN, err);
    }
    if (rc == 0 && block_replay(s, r->config.instance, &h, log, row.log.len / WORD_LEN, NULL,
                                NULL) != BLOCK_OK) {
        rc = err_set(err, ERR_CORRUPT, "database: block %llu cannot be replayed",
                     (unsigned long long)number);
    }
    free(log);
    store_block_free(&row);
    state_forget(s);
    return rc;
}

struct state *recovery_state_at(struct recovery *r, uint64_t number, struct err *err) {
    struct instance built;
    struct state *s = state_new();
    if (s == NULL || !genesis_build(&built, s, r->config.genesis)) {
        state_free(s);
        err_set(err, ERR_SYSTEM, "out of memory");
        return NULL;
    }
    state_set_threads(s, r->config.threads > 0 ? r->config.threads : 1);
    for (uint64_t k = 1; k <= number; k++) {
        if (replay_stored(r, s, k, err) != 0) {
            state_free(s);
            return NULL;
        }
    }
    return s;
}
