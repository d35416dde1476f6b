#include "node/settlement.h"

#include <stdlib.h>
#include <string.h>

enum { MAX_PAYOUTS_PER_CALL = 100, KEY_SIGNATURE_LEN = 8 + 65 };

static void genesis_block(const struct instance *instance, struct stored_block *b) {
    *b = (struct stored_block){0};
    sync_hash_genesis(b->sync_hash, instance->instance_id);
    fr_to_be(b->root, &instance->genesis_root);
}

static int from_row(const struct store_block *row, unsigned position, struct stored_block *b,
                    struct err *err) {
    struct block_header h;
    if (!header_decode(&h, row->header.data, row->header.len) || position >= h.n_chains) {
        return err_set(err, ERR_CORRUPT, "database: the header of block %llu is malformed",
                       (unsigned long long)row->number);
    }
    if (!row->proved) {
        return err_set(err, ERR_NOT_FOUND, "block %llu has no proof yet",
                       (unsigned long long)row->number);
    }
    *b = (struct stored_block){
        .number = h.number, .timestamp = h.timestamp, .end_request = h.chain[position].end_request};
    memcpy(b->sync_hash, row->sync_hash, 32);
    memcpy(b->outbox_digest, h.chain[position].outbox_digest, 32);
    fr_to_be(b->root, &h.new_root);
    return 0;
}

int settlement_stored_block(struct store *store, const struct instance *instance, unsigned position,
                            uint64_t number, struct stored_block *b, struct err *err) {
    struct store_block row = {0};
    if (number == 0) {
        genesis_block(instance, b);
        return 0;
    }
    int rc = store_get_block(store, number, true, &row, err);
    if (rc == 0) {
        rc = from_row(&row, position, b, err);
    }
    store_block_free(&row);
    return rc;
}

static int read_key_signatures(const struct buf *bytes, struct key_signature **out, size_t *n,
                               struct err *err) {
    *n = bytes->len / KEY_SIGNATURE_LEN;
    *out = calloc(*n + 1, sizeof **out);
    if (*out == NULL || bytes->len % KEY_SIGNATURE_LEN != 0) {
        return err_set(err, *out == NULL ? ERR_SYSTEM : ERR_CORRUPT,
                       "key signatures cannot be read");
    }
    for (size_t i = 0; i < *n; i++) {
        const uint8_t *p = bytes->data + i * KEY_SIGNATURE_LEN;
        for (unsigned k = 0; k < 8; k++) {
            (*out)[i].valid_until = (*out)[i].valid_until << 8 | p[k];
        }
        memcpy((*out)[i].signature, p + 8, 65);
    }
    return 0;
}

int settlement_submit(struct store *store, const struct instance *instance, unsigned position,
                      uint64_t number, struct buf *data, struct err *err) {
    struct store_block row = {0};
    struct store_chain_block part = {0};
    struct submit_block_args args = {0};
    struct key_signature *signatures = NULL;
    int rc = -1;
    data->len = 0;
    if (settlement_stored_block(store, instance, position, number - 1, &args.previous, err) != 0 ||
        store_get_block(store, number, true, &row, err) != 0 ||
        store_get_chain_block(store, number, instance->chains.chain[position], true, &part, err) !=
            0 ||
        read_key_signatures(&part.key_signatures, &signatures, &args.n_key_signatures, err) != 0) {
        goto out;
    }
    if (!row.proved) {
        err_set(err, ERR_NOT_FOUND, "block %llu has no proof yet", (unsigned long long)number);
        goto out;
    }
    args.header = row.header.data;
    args.header_words = row.header.len / WORD_LEN;
    args.outbox = part.outbox.data;
    args.outbox_words = part.outbox.len / WORD_LEN;
    args.log = row.log.data;
    args.log_words = row.log.len / WORD_LEN;
    args.key_signatures = signatures;
    args.proof = row.proof.data;
    args.proof_len = row.proof.len;
    zklink_submit_block(data, &args);
    rc = data->failed ? err_set(err, ERR_SYSTEM, "out of memory") : 0;
out:
    free(signatures);
    store_block_free(&row);
    store_chain_block_free(&part);
    return rc;
}

int settlement_confirm(struct store *store, const struct instance *instance, unsigned position,
                       uint64_t number, const struct quorum *q, size_t n_networks, struct buf *data,
                       struct err *err) {
    struct stored_block target;
    struct network_signatures s[8];
    data->len = 0;
    if (settlement_stored_block(store, instance, position, number, &target, err) != 0) {
        return -1;
    }
    for (size_t i = 0; i < n_networks && i < 8; i++) {
        s[i] =
            (struct network_signatures){.signature = q->network[i].signature, .n = q->network[i].n};
    }
    zklink_confirm_blocks(data, &target, q->expiry, s, n_networks);
    return data->failed ? err_set(err, ERR_SYSTEM, "out of memory") : 0;
}

int settlement_execute(struct store *store, const struct instance *instance, unsigned position,
                       uint64_t number, struct buf *data, struct err *err) {
    struct store_chain_block part = {0};
    struct stored_block target;
    data->len = 0;
    int rc = settlement_stored_block(store, instance, position, number, &target, err);
    if (rc == 0) {
        rc = store_get_chain_block(store, number, instance->chains.chain[position], true, &part,
                                   err);
    }
    if (rc == 0) {
        zklink_execute_block(data, &target, part.outbox.data, part.outbox.len / WORD_LEN,
                             MAX_PAYOUTS_PER_CALL);
        rc = data->failed ? err_set(err, ERR_SYSTEM, "out of memory") : 0;
    }
    store_chain_block_free(&part);
    return rc;
}
