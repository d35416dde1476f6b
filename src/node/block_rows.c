#include "node/block_rows.h"

#include "base/clock.h"

void block_rows_put_key_signature(struct buf *out, uint64_t valid_until,
                                  const uint8_t signature[OP_ECDSA_LEN]) {
    uint8_t valid[8];
    for (unsigned k = 0; k < 8; k++) {
        valid[k] = (uint8_t)(valid_until >> (56 - 8 * k));
    }
    buf_append(out, valid, sizeof valid);
    buf_append(out, signature, OP_ECDSA_LEN);
}

static int add_chain_part(struct store *store, const struct block *b, unsigned p, struct err *err) {
    const struct outbox *o = &b->outbox[p];
    struct store_chain_block row = {
        .block = b->header.number, .chain = b->header.chain[p].chain, .n_entries = o->n};
    size_t len = o->n * OUTBOX_ENTRY_WORDS * WORD_LEN;
    if (buf_reserve(&row.outbox, len + 1)) {
        outbox_encode(row.outbox.data, o->entries, o->n);
        row.outbox.len = len;
    }
    for (size_t i = 0; i < b->n_ops; i++) {
        const struct op *op = &b->ops[i];
        if (op->type == OP_CHANGE_PUB_KEY && op->u.change_pub_key.chain == row.chain) {
            block_rows_put_key_signature(&row.key_signatures, op->valid_until,
                                         op->u.change_pub_key.ecdsa);
        }
    }
    int rc = row.outbox.failed || row.key_signatures.failed
                 ? err_set(err, ERR_SYSTEM, "out of memory")
                 : store_add_chain_block(store, &row, err);
    store_chain_block_free(&row);
    return rc;
}

static int add_block(struct store *store, const struct block *b, struct err *err) {
    struct store_block row = {.number = b->header.number,
                              .timestamp = b->header.timestamp,
                              .n_ops = b->n_ops,
                              .sealed_at = clock_now_s()};
    int rc = -1;
    header_hash(row.hash, &b->header);
    if (buf_reserve(&row.header, 32 * HEADER_WORDS_MAX) &&
        buf_reserve(&row.log, 32 * b->n_log + 1)) {
        row.header.len = header_encode(&b->header, row.header.data);
        for (size_t i = 0; i < b->n_log; i++) {
            fr_to_be(row.log.data + 32 * i, &b->log[i]);
        }
        row.log.len = 32 * b->n_log;
        rc = store_add_block(store, &row, err);
    } else {
        err_set(err, ERR_SYSTEM, "out of memory");
    }
    store_block_free(&row);
    return rc;
}

int block_rows_add(struct store *store, const struct block *b, struct err *err) {
    int rc = add_block(store, b, err);
    for (unsigned p = 0; rc == 0 && p < b->header.n_chains; p++) {
        rc = add_chain_part(store, b, p, err);
    }
    return rc;
}
