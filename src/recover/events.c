#include "recover/events.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { EVENT_LEN = 1 + 8 + 8 + 32 + 32 + 32, POSITION_LEN = 8 + 8 + 32 + 8 };

static void put_u64(uint8_t *out, uint64_t v) {
    for (unsigned k = 0; k < 8; k++) {
        out[k] = (uint8_t)(v >> (56 - 8 * k));
    }
}

static uint64_t get_u64(const uint8_t *in) {
    uint64_t v = 0;
    for (unsigned k = 0; k < 8; k++) {
        v = v << 8 | in[k];
    }
    return v;
}

static void event_encode(uint8_t out[EVENT_LEN], const struct block_event *e) {
    out[0] = e->kind;
    put_u64(out + 1, e->number);
    put_u64(out + 9, e->epoch);
    memcpy(out + 17, e->hash, 32);
    memcpy(out + 49, e->sync_hash, 32);
    memcpy(out + 81, e->tx, 32);
}

static void event_decode(struct block_event *e, const uint8_t in[EVENT_LEN]) {
    *e = (struct block_event){.kind = in[0], .number = get_u64(in + 1), .epoch = get_u64(in + 9)};
    memcpy(e->hash, in + 17, 32);
    memcpy(e->sync_hash, in + 49, 32);
    memcpy(e->tx, in + 81, 32);
}

static int note_proved(struct chain_events *c, uint64_t number, struct err *err) {
    if (number != c->n_proved + 1) {
        return err_set(err, ERR_MISMATCH,
                       "chain %u shows block %llu after block %zu: the endpoint leaves events out",
                       c->chain, (unsigned long long)number, c->n_proved);
    }
    if (c->n_proved == c->cap_proved) {
        size_t cap = c->cap_proved == 0 ? 256 : 2 * c->cap_proved;
        size_t *p = reallocarray(c->proved, cap, sizeof *p);
        if (p == NULL) {
            return err_set(err, ERR_SYSTEM, "out of memory");
        }
        c->proved = p;
        c->cap_proved = cap;
    }
    c->proved[c->n_proved++] = c->n;
    return 0;
}

static int add(struct chain_events *c, const struct block_event *e, struct err *err) {
    if (c->n == c->cap) {
        size_t cap = c->cap == 0 ? 256 : 2 * c->cap;
        struct block_event *p = reallocarray(c->event, cap, sizeof *p);
        if (p == NULL) {
            return err_set(err, ERR_SYSTEM, "out of memory");
        }
        c->event = p;
        c->cap = cap;
    }
    switch ((enum block_event_kind)e->kind) {
    case EVENT_PROVED:
        if (note_proved(c, e->number, err) != 0) {
            return -1;
        }
        break;
    case EVENT_REVERTED:
        if (e->number <= c->confirmed || e->number > c->n_proved + 1) {
            return err_set(err, ERR_MISMATCH, "chain %u takes back block %llu, which it cannot",
                           c->chain, (unsigned long long)e->number);
        }
        c->n_proved = (size_t)e->number - 1;
        c->epoch = e->epoch;
        break;
    case EVENT_CONFIRMED:
        if (e->number > c->n_proved) {
            return err_set(err, ERR_MISMATCH,
                           "chain %u confirms block %llu, which it does not have", c->chain,
                           (unsigned long long)e->number);
        }
        c->confirmed = e->number;
        break;
    case EVENT_EXECUTED:
        c->executed = e->number;
        break;
    case EVENT_LOG_PIECE:
        break;
    }
    c->event[c->n++] = *e;
    return 0;
}

/* False: it tells nothing of blocks. */
static bool from_watch(struct block_event *e, const struct watch_event *w) {
    *e = (struct block_event){0};
    memcpy(e->tx, w->l1_tx, 32);
    switch (w->event.kind) {
    case ZKLINK_BLOCK_PROVED:
        e->kind = EVENT_PROVED;
        e->number = w->event.u.block_proved.stored.number;
        memcpy(e->hash, w->event.u.block_proved.header_hash, 32);
        memcpy(e->sync_hash, w->event.u.block_proved.stored.sync_hash, 32);
        return true;
    case ZKLINK_BLOCKS_REVERTED:
        e->kind = EVENT_REVERTED;
        e->number = w->event.u.blocks_reverted.number;
        e->epoch = w->event.u.blocks_reverted.epoch;
        return true;
    case ZKLINK_BLOCK_CONFIRMED:
        e->kind = EVENT_CONFIRMED;
        e->number = w->event.u.block_confirmed.number;
        return true;
    case ZKLINK_BLOCK_EXECUTED:
        e->kind = EVENT_EXECUTED;
        e->number = w->event.u.block_executed.number;
        return true;
    case ZKLINK_LOG_PIECE_POSTED:
        e->kind = EVENT_LOG_PIECE;
        e->number = w->event.u.log_piece_posted.total_words;
        memcpy(e->hash, w->event.u.log_piece_posted.challenge, 32);
        return true;
    case ZKLINK_OTHER:
    case ZKLINK_TOKEN_REGISTERED:
    case ZKLINK_REQUESTED:
    case ZKLINK_EXODUS_STARTED:
    case ZKLINK_ACCEPTED:
    case ZKLINK_REQUESTS_EXTENDED:
    case ZKLINK_PAID:
        break;
    }
    return false;
}

/* ---- database ---- */

static void event_key(char key[64], unsigned chain, size_t i) {
    (void)snprintf(key, 64, "recover.%u.%zu", chain, i);
}

static int load_event(struct chain_events *c, struct store *store, size_t i, struct err *err) {
    char key[64];
    struct buf value = {0};
    struct block_event e;
    event_key(key, c->chain, i);
    int rc = store_get_meta(store, key, &value, err);
    if (rc == 0 && value.len != EVENT_LEN) {
        rc = err_set(err, ERR_CORRUPT, "database: %s is malformed", key);
    }
    if (rc == 0) {
        event_decode(&e, value.data);
        rc = add(c, &e, err);
    }
    buf_free(&value);
    return rc;
}

int chain_events_load(struct chain_events *c, struct store *store, unsigned chain,
                      struct err *err) {
    char key[64];
    struct buf value = {0};
    struct err e = {0};
    *c = (struct chain_events){.chain = chain};
    (void)snprintf(key, sizeof key, "recover.%u", chain);
    if (store_get_meta(store, key, &value, &e) != 0) {
        buf_free(&value);
        return e.code == ERR_NOT_FOUND ? 0 : err_set(err, e.code, "%s", e.text);
    }
    int rc =
        value.len == POSITION_LEN ? 0 : err_set(err, ERR_CORRUPT, "database: %s is malformed", key);
    if (rc == 0) {
        c->at = (struct watch_position){
            .set = true, .block = get_u64(value.data), .timestamp = get_u64(value.data + 8)};
        memcpy(c->at.hash, value.data + 16, 32);
        size_t n = (size_t)get_u64(value.data + 48);
        for (size_t i = 0; rc == 0 && i < n; i++) {
            rc = load_event(c, store, i, err);
        }
    }
    c->n_stored = c->n;
    buf_free(&value);
    return rc;
}

void chain_events_free(struct chain_events *c) {
    free(c->event);
    free(c->proved);
    *c = (struct chain_events){0};
}

static int store_position(const struct chain_events *c, struct store *store,
                          const struct watch_position *at, struct err *err) {
    char key[64];
    uint8_t value[POSITION_LEN];
    (void)snprintf(key, sizeof key, "recover.%u", c->chain);
    put_u64(value, at->block);
    put_u64(value + 8, at->timestamp);
    memcpy(value + 16, at->hash, 32);
    put_u64(value + 48, c->n);
    return store_set_meta(store, key, value, sizeof value, err);
}

int chain_events_take(struct chain_events *c, struct store *store, const struct watch_batch *batch,
                      struct err *err) {
    int rc = store_begin(store, err);
    if (rc != 0) {
        return -1;
    }
    for (size_t i = 0; rc == 0 && i < batch->n; i++) {
        struct block_event e;
        if (from_watch(&e, &batch->event[i])) {
            rc = add(c, &e, err);
        }
    }
    for (size_t i = c->n_stored; rc == 0 && i < c->n; i++) {
        char key[64];
        uint8_t value[EVENT_LEN];
        event_key(key, c->chain, i);
        event_encode(value, &c->event[i]);
        rc = store_set_meta(store, key, value, sizeof value, err);
    }
    if (rc == 0) {
        rc = store_position(c, store, &batch->end, err);
    }
    if (rc == 0) {
        rc = store_commit(store, err);
    }
    if (rc != 0) {
        store_rollback(store);
        return -1; /* what was added in memory is not used any more: the caller gives up */
    }
    c->n_stored = c->n;
    c->at = batch->end;
    return 0;
}

const struct block_event *chain_events_proved(const struct chain_events *c, uint64_t number) {
    return number >= 1 && number <= c->n_proved ? &c->event[c->proved[number - 1]] : NULL;
}
