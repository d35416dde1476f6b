#include "chain/watcher.h"
#include "crypto/keccak.h"

#include <stdlib.h>
#include <string.h>

enum { MAX_LOGS = 50000 };

void watch_batch_free(struct watch_batch *b) {
    free(b->event);
    *b = (struct watch_batch){0};
}

static int reorganised(uint64_t block, struct err *err) {
    return err_set(err, ERR_REORG,
                   "block %llu was final and is gone: the chain was reorganised deeper than the "
                   "confirmation depth, or the endpoint shows another chain",
                   (unsigned long long)block);
}

/* 1 if the position still stands, 0 if the endpoint does not have it yet. */
static int check_position(const struct watch_config *w, const struct watch_position *from,
                          struct err *err) {
    struct eth_block b;
    struct err e = {0};
    if (!from->set) {
        return 1;
    }
    if (eth_get_block(w->client, from->block, &b, &e) != 0) {
        return e.code == ERR_NOT_FOUND ? 0 : err_set(err, e.code, "%s", e.text);
    }
    return memcmp(b.hash, from->hash, 32) == 0 ? 1 : reorganised(from->block, err);
}

static int take_logs(const struct watch_config *w, const struct eth_logs *logs,
                     struct watch_batch *batch, struct err *err) {
    batch->event = calloc(logs->n > 0 ? logs->n : 1, sizeof *batch->event);
    if (batch->event == NULL) {
        return err_set(err, ERR_SYSTEM, "out of memory");
    }
    for (size_t i = 0; i < logs->n; i++) {
        const struct eth_log *l = &logs->log[i];
        struct watch_event *e = &batch->event[batch->n];
        if (i > 0 && (l->block_number < l[-1].block_number ||
                      (l->block_number == l[-1].block_number && l->log_index <= l[-1].log_index))) {
            return err_set(err, ERR_DECODE, "the endpoint's logs are out of order");
        }
        if (!zklink_event_decode(&e->event, l)) {
            return err_set(err, ERR_DECODE, "a log of block %llu is malformed",
                           (unsigned long long)l->block_number);
        }
        if (e->event.kind == ZKLINK_OTHER) {
            continue;
        }
        e->l1_block = l->block_number;
        memcpy(e->l1_tx, l->tx_hash, 32);
        if (e->event.kind == ZKLINK_BLOCK_PROVED || e->event.kind == ZKLINK_EXODUS_STARTED) {
            struct eth_block b;
            if (eth_get_block(w->client, l->block_number, &b, err) != 0) {
                return -1;
            }
            if (memcmp(b.hash, l->block_hash, 32) != 0) {
                return err_set(err, ERR_DECODE, "the endpoint's logs and blocks disagree");
            }
            e->l1_timestamp = b.timestamp;
        }
        batch->n++;
    }
    return 0;
}

static void digest_logs(uint8_t digest[32], const uint8_t end_hash[32],
                        const struct eth_logs *logs) {
    memcpy(digest, end_hash, 32);
    for (size_t i = 0; i < logs->n; i++) {
        const struct eth_log *l = &logs->log[i];
        uint8_t parts[5 * 32] = {0};
        memcpy(parts, digest, 32);
        keccak256(parts + 32, l->topics, (size_t)l->n_topics * 32);
        keccak256(parts + 64, l->data, l->data_len);
        memcpy(parts + 96, l->tx_hash, 32);
        word_from_u64(parts + 128, l->block_number);
        keccak256(digest, parts, sizeof parts);
    }
}

int watch_digest(const struct watch_config *w, struct eth_client *other, uint64_t first,
                 uint64_t last, uint8_t digest[32], struct err *err) {
    struct eth_block end;
    struct eth_logs logs = {0};
    if (eth_get_block(other, last, &end, err) != 0 ||
        eth_get_logs(other, w->contract, first, last, MAX_LOGS, &logs, err) != 0) {
        return -1;
    }
    digest_logs(digest, end.hash, &logs);
    eth_logs_free(&logs);
    return 0;
}

static int read_range(const struct watch_config *w, const struct watch_position *from,
                      uint64_t first, uint64_t last, struct watch_batch *batch, struct err *err) {
    struct eth_block begin, end, again;
    struct eth_logs logs = {0};
    int rc = -1;
    if (eth_get_block(w->client, first, &begin, err) != 0) {
        return -1;
    }
    if (from->set && memcmp(begin.parent, from->hash, 32) != 0) {
        return reorganised(from->block, err);
    }
    if (eth_get_block(w->client, last, &end, err) != 0 ||
        eth_get_logs(w->client, w->contract, first, last, MAX_LOGS, &logs, err) != 0 ||
        eth_get_block(w->client, last, &again, err) != 0) {
        goto out;
    }
    if (memcmp(end.hash, again.hash, 32) != 0) {
        err_set(err, ERR_NETWORK, "block %llu changed while it was read", (unsigned long long)last);
        goto out;
    }
    rc = take_logs(w, &logs, batch, err);
    batch->first = first;
    digest_logs(batch->digest, end.hash, &logs);
    batch->end = (struct watch_position){.set = true, .block = last, .timestamp = end.timestamp};
    memcpy(batch->end.hash, end.hash, 32);
out:
    eth_logs_free(&logs);
    if (rc != 0) {
        watch_batch_free(batch);
    }
    return rc;
}

int watch_read(const struct watch_config *w, const struct watch_position *from,
               struct watch_batch *batch, struct err *err) {
    uint64_t latest;
    *batch = (struct watch_batch){0};
    if (eth_block_number(w->client, &latest, err) != 0) {
        return -1;
    }
    int stands = check_position(w, from, err);
    if (stands != 1) {
        return stands;
    }
    uint64_t first = from->set ? from->block + 1 : w->first_block;
    if (latest < w->depth || first > latest - w->depth) {
        return 0;
    }
    uint64_t final = latest - w->depth;
    uint64_t last = final - first >= w->range ? first + w->range - 1 : final;
    if (read_range(w, from, first, last, batch, err) != 0) {
        return -1;
    }
    batch->more = last < final;
    return 1;
}
