/* A chain's worker: final events into the database. */
#include "base/log.h"
#include "node/chain_worker_internal.h"
#include "node/settlement.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* A request that was read before must still be the same. */
static int compare_request(struct chain_worker *w, const struct store_request *r, struct err *err) {
    struct store_request known;
    if (store_get_request(w->store, r->chain, r->index, &known, err) != 0) {
        return -1;
    }
    return memcmp(known.words, r->words, sizeof r->words) == 0
               ? 0
               : err_set(err, ERR_MISMATCH,
                         "chain %u: request %" PRIu64 " is another than the one in our blocks: the "
                         "chain was reorganised; they must be taken back",
                         chain_number(w), r->index);
}

static int take_request(struct chain_worker *w, const struct watch_event *e, uint64_t *expected,
                        uint64_t known, struct err *err) {
    struct store_request r = {.chain = chain_number(w),
                              .index = e->event.u.requested.index,
                              .l1_block = e->l1_block,
                              .deadline = e->event.u.requested.deadline};
    memcpy(r.words, e->event.u.requested.words, sizeof r.words);
    memcpy(r.l1_tx, e->l1_tx, 32);
    if (r.index != *expected) {
        return err_set(err, ERR_MISMATCH,
                       "chain %u: request %" PRIu64 " came where %" PRIu64
                       " was due: the endpoint leaves events out",
                       chain_number(w), r.index, *expected);
    }
    ++*expected;
    if (r.index < known) {
        return compare_request(w, &r, err);
    }
    log_info("watcher", "event=request chain=%u index=%" PRIu64 " type=%u l1_block=%" PRIu64,
             chain_number(w), r.index, e->event.u.requested.type, e->l1_block);
    return store_add_request(w->store, &r, err);
}

/* Asks the new tokens for symbol and decimals: foreign contracts, over the network, so before the
 * database is held. In order of the batch; owned by the caller. */
static int look_at_tokens(struct chain_worker *w, const struct watch_batch *batch,
                          struct store_token **tokens, struct err *err) {
    size_t n = 0;
    *tokens = calloc(batch->n + 1, sizeof **tokens);
    if (*tokens == NULL) {
        return err_set(err, ERR_SYSTEM, "out of memory");
    }
    for (size_t i = 0; i < batch->n; i++) {
        const struct zklink_event *e = &batch->event[i].event;
        struct store_token *t = &(*tokens)[n];
        struct err e2 = {0};
        if (e->kind != ZKLINK_TOKEN_REGISTERED) {
            continue;
        }
        t->chain = chain_number(w);
        t->index = e->u.token_registered.index;
        memcpy(t->address, e->u.token_registered.token, 20);
        if (erc20_symbol(w->client, t->address, t->symbol, sizeof t->symbol, &e2) != 0) {
            snprintf(t->symbol, sizeof t->symbol, "T%u", t->index);
        }
        if (erc20_decimals(w->client, t->address, &t->decimals, &e2) != 0) {
            t->decimals = 0;
        }
        n++;
        log_info("watcher", "event=token chain=%u index=%u symbol=%s decimals=%u", t->chain,
                 t->index, t->symbol, t->decimals);
    }
    return 0;
}

/* A block that the chain accepted must be ours. */
static int take_proved(struct chain_worker *w, const struct watch_event *e, struct err *err) {
    const struct stored_block *theirs = &e->event.u.block_proved.stored;
    struct stored_block ours;
    bool old = w->chain_epoch < w->epoch; /* it may be taken back by an event that follows */
    if (settlement_stored_block(w->store, w->config.instance, w->config.position, theirs->number,
                                &ours, err) != 0) {
        if (old && err->code == ERR_NOT_FOUND) {
            return 0;
        }
        return err->code == ERR_NOT_FOUND
                   ? err_set(err, ERR_MISMATCH,
                             "chain %u has block %" PRIu64
                             ", which this database does not: it is not the operator's",
                             chain_number(w), theirs->number)
                   : -1;
    }
    if (old && memcmp(ours.sync_hash, theirs->sync_hash, 32) != 0) {
        return 0;
    }
    if (memcmp(ours.sync_hash, theirs->sync_hash, 32) != 0) {
        return err_set(err, ERR_MISMATCH, "chain %u has another block %" PRIu64 " than ours",
                       chain_number(w), theirs->number);
    }
    log_info("watcher", "event=proved chain=%u block=%" PRIu64, chain_number(w), theirs->number);
    return store_raise_stage(w->store, chain_number(w), theirs->number, STAGE_PROVED, err);
}

static int take_reverted(struct chain_worker *w, const struct watch_event *e, struct err *err) {
    uint64_t number = e->event.u.blocks_reverted.number, epoch = e->event.u.blocks_reverted.epoch;
    log_warn("watcher", "event=reverted chain=%u from_block=%" PRIu64 " epoch=%" PRIu64,
             chain_number(w), number, epoch);
    if (epoch > w->epoch) {
        w->config.on_reverted(w->config.ctx, number, epoch);
        return err_set(err, ERR_STOPPED,
                       "chain %u: blocks from %" PRIu64
                       " on were taken back: the node begins epoch "
                       "%" PRIu64,
                       chain_number(w), number, epoch);
    }
    w->chain_epoch = epoch;
    return 0;
}

static int take_event(struct chain_worker *w, const struct watch_event *e,
                      const struct store_token **token, uint64_t known_requests, struct err *err) {
    unsigned chain = chain_number(w);
    switch (e->event.kind) {
    case ZKLINK_REQUESTED:
        return take_request(w, e, &w->next_request, known_requests, err);
    case ZKLINK_REQUESTS_EXTENDED:
        return store_extend_requests(w->store, chain, e->event.u.requests_extended.below,
                                     e->event.u.requests_extended.deadline, err);
    case ZKLINK_TOKEN_REGISTERED:
        return store_put_token(w->store, (*token)++, err);
    case ZKLINK_BLOCK_PROVED:
        return take_proved(w, e, err);
    case ZKLINK_BLOCK_CONFIRMED:
        log_info("watcher", "event=confirmed chain=%u block=%" PRIu64, chain,
                 e->event.u.block_confirmed.number);
        return store_raise_stage(w->store, chain, e->event.u.block_confirmed.number,
                                 STAGE_CONFIRMED, err);
    case ZKLINK_BLOCK_EXECUTED:
        log_info("watcher", "event=executed chain=%u block=%" PRIu64, chain,
                 e->event.u.block_executed.number);
        return store_raise_stage(w->store, chain, e->event.u.block_executed.number, STAGE_EXECUTED,
                                 err);
    case ZKLINK_BLOCKS_REVERTED:
        return take_reverted(w, e, err);
    case ZKLINK_EXODUS_STARTED:
        return err_set(err, ERR_MISMATCH, "chain %u is in exodus: no block is accepted any more",
                       chain);
    case ZKLINK_OTHER:
    case ZKLINK_ACCEPTED:
    case ZKLINK_PAID:
    case ZKLINK_LOG_PIECE_POSTED:
        break;
    }
    return 0;
}

void chain_position_keys(const struct chain_worker *w, char epoch[32], char next[32]) {
    (void)snprintf(epoch, 32, "epoch.%u", chain_number(w));
    (void)snprintf(next, 32, "epoch.%u.request", chain_number(w));
}

static int store_position(struct chain_worker *w, const struct watch_position *end,
                          struct err *err) {
    char epoch[32], next[32];
    chain_position_keys(w, epoch, next);
    return store_set_watch(w->store, chain_number(w), end->block, end->hash, err) == 0 &&
                   store_set_number(w->store, epoch, w->chain_epoch, err) == 0 &&
                   store_set_number(w->store, next, w->next_request, err) == 0
               ? 0
               : -1;
}

static int take_batch(struct chain_worker *w, const struct watch_batch *batch, bool *requests,
                      struct err *err) {
    uint64_t known, before = w->next_request, epoch = w->chain_epoch;
    struct store_token *tokens = NULL;
    if (look_at_tokens(w, batch, &tokens, err) != 0 || store_begin(w->store, err) != 0) {
        free(tokens);
        return -1;
    }
    const struct store_token *token = tokens;
    int rc = store_count_requests(w->store, chain_number(w), &known, err);
    for (size_t i = 0; rc == 0 && i < batch->n; i++) {
        rc = take_event(w, &batch->event[i], &token, known, err);
    }
    if (rc == 0) {
        rc = store_position(w, &batch->end, err);
    }
    if (rc == 0) {
        rc = store_commit(w->store, err);
    }
    free(tokens);
    if (rc != 0) {
        store_rollback(w->store);
        w->next_request = before;
        w->chain_epoch = epoch;
        return -1;
    }
    w->at = batch->end;
    *requests |= w->next_request > known;
    return 0;
}

/* Requests that stand in our blocks, but not on the chain (any more). */
static int check_requests(struct chain_worker *w, struct err *err) {
    uint64_t taken;
    if (store_next_taken(w->store, chain_number(w), &taken, err) != 0) {
        return -1;
    }
    return w->next_request >= taken
               ? 0
               : err_set(err, ERR_NOT_FOUND,
                         "chain %u has %" PRIu64 " requests, our blocks hold %" PRIu64
                         " of them: it was reorganised",
                         chain_number(w), w->next_request, taken);
}

/* So many endpoints must show what one has shown: a request that is made up, or left out, would get
 * into a block that the chain refuses. */
static int check_agreement(struct chain_worker *w, const struct watch_batch *batch,
                           struct err *err) {
    unsigned same = 0, other = 0;
    if (w->n_witnesses == 0) {
        return 0;
    }
    for (size_t i = 0; i < w->n_witnesses && same < w->config.chain->agree; i++) {
        uint8_t digest[32];
        struct err e = {0};
        if (watch_digest(&w->watch, w->witness[i], batch->first, batch->end.block, digest, &e) !=
            0) {
            continue; /* down, or behind */
        }
        bool equal = memcmp(digest, batch->digest, 32) == 0;
        same += equal;
        other += !equal;
    }
    if (same >= w->config.chain->agree) {
        return 0;
    }
    eth_client_next(w->client); /* perhaps it is the one that lies */
    return err_set(err, ERR_NETWORK,
                   "chain %u: blocks %" PRIu64 " to %" PRIu64
                   ": %u endpoints show the same events, %u others, %u must agree",
                   chain_number(w), batch->first, batch->end.block, same, other,
                   w->config.chain->agree);
}

int chain_read_events(struct chain_worker *w, struct err *err) {
    bool more = true, requests = false;
    int rc = 0;
    while (rc == 0 && more) {
        struct watch_batch batch;
        int got = watch_read(&w->watch, &w->at, &batch, err);
        more = got == 1 && batch.more;
        if (got == 1 && check_agreement(w, &batch, err) != 0) {
            got = -1;
        }
        rc = got == 1 ? take_batch(w, &batch, &requests, err) : got;
        watch_batch_free(&batch);
    }
    if (rc == 0 && !w->caught_up) {
        rc = check_requests(w, err);
        w->caught_up = rc == 0;
        if (rc == 0) {
            w->config.on_caught_up(w->config.ctx, w->config.position);
        }
    }
    if (requests) {
        w->config.on_requests(w->config.ctx);
    }
    return rc;
}
