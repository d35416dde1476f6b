/* Store: blocks and how far they got on each chain. */
#include "store/store_internal.h"

void store_block_free(struct store_block *b) {
    buf_free(&b->header);
    buf_free(&b->log);
    buf_free(&b->proof);
}

int store_add_block(struct store *s, const struct store_block *b, struct err *err) {
    struct db_stmt *q = db_stmt(s->db,
                                "INSERT INTO block(number, timestamp, n_ops, hash, header, log, "
                                "sealed_at) VALUES(?, ?, ?, ?, ?, ?, ?)",
                                err);
    if (q == NULL) {
        return -1;
    }
    db_bind_u64(q, 1, b->number);
    db_bind_u64(q, 2, b->timestamp);
    db_bind_u64(q, 3, b->n_ops);
    db_bind_blob(q, 4, b->hash, 32);
    db_bind_blob(q, 5, b->header.data, b->header.len);
    db_bind_blob(q, 6, b->log.data, b->log.len);
    db_bind_u64(q, 7, b->sealed_at);
    return db_run(q, err);
}

int store_set_proof(struct store *s, uint64_t number, const uint8_t *proof, size_t len,
                    const uint8_t sync_hash[32], uint64_t prove_ms, uint64_t cells,
                    struct err *err) {
    struct db_stmt *q = db_stmt(s->db,
                                "UPDATE block SET proof = ?, sync_hash = ?, prove_ms = ?, "
                                "cells = ? WHERE number = ? AND proof IS NULL",
                                err);
    if (q == NULL) {
        return -1;
    }
    db_bind_blob(q, 1, proof, len);
    db_bind_blob(q, 2, sync_hash, 32);
    db_bind_u64(q, 3, prove_ms);
    db_bind_u64(q, 4, cells);
    db_bind_u64(q, 5, number);
    if (db_run(q, err) != 0) {
        return -1;
    }
    return db_changes(s->db) == 1
               ? 0
               : err_set(err, ERR_CORRUPT, "block %llu is missing or has a proof already",
                         (unsigned long long)number);
}

int store_get_block(struct store *s, uint64_t number, bool heavy, struct store_block *b,
                    struct err *err) {
    struct db_stmt *q;
    store_block_free(b);
    *b = (struct store_block){.number = number};
    if (heavy) {
        q = db_stmt(s->db, "SELECT *, proof IS NOT NULL AS proved FROM block WHERE number = ?",
                    err);
    } else {
        q = db_stmt(s->db,
                    "SELECT timestamp, n_ops, hash, sealed_at, sync_hash, prove_ms, cells, "
                    "proof IS NOT NULL AS proved FROM block WHERE number = ?",
                    err);
    }
    if (q == NULL) {
        return -1;
    }
    db_bind_u64(q, 1, number < INT64_MAX ? number : INT64_MAX);
    int rc = db_row(q, err);
    if (rc != 1) {
        return rc == 0
                   ? err_set(err, ERR_NOT_FOUND, "block %llu not found", (unsigned long long)number)
                   : -1;
    }
    b->timestamp = db_u64(q, "timestamp");
    b->n_ops = db_u64(q, "n_ops");
    b->sealed_at = db_u64(q, "sealed_at");
    b->proved = db_i64(q, "proved") == 1;
    b->prove_ms = db_u64(q, "prove_ms");
    b->cells = db_u64(q, "cells");
    rc = db_bytes(q, "hash", b->hash, 32, err);
    if (rc == 0 && b->proved) {
        rc = db_bytes(q, "sync_hash", b->sync_hash, 32, err);
    }
    if (rc == 0 && heavy) {
        rc = db_copy_blob(q, "header", &b->header, err) == 0 &&
                     db_copy_blob(q, "log", &b->log, err) == 0 &&
                     db_copy_blob(q, "proof", &b->proof, err) == 0
                 ? 0
                 : -1;
    }
    db_end(q);
    return rc;
}

int store_last_block(struct store *s, uint64_t *sealed, uint64_t *proved, struct err *err) {
    struct db_stmt *q = db_stmt(s->db,
                                "SELECT ifnull(max(number), 0) AS sealed, (SELECT "
                                "ifnull(max(number), 0) FROM block WHERE proof IS NOT NULL) AS "
                                "proved FROM block",
                                err);
    if (q == NULL || db_row(q, err) != 1) {
        return -1;
    }
    *sealed = db_u64(q, "sealed");
    *proved = db_u64(q, "proved");
    db_end(q);
    return 0;
}

void store_chain_block_free(struct store_chain_block *b) {
    buf_free(&b->outbox);
    buf_free(&b->key_signatures);
}

int store_add_chain_block(struct store *s, const struct store_chain_block *b, struct err *err) {
    struct db_stmt *q = db_stmt(s->db,
                                "INSERT INTO chain_block(block, chain, n_entries, outbox, "
                                "key_signatures) VALUES(?, ?, ?, ?, ?)",
                                err);
    if (q == NULL) {
        return -1;
    }
    db_bind_u64(q, 1, b->block);
    db_bind_u64(q, 2, b->chain);
    db_bind_u64(q, 3, b->n_entries);
    db_bind_blob(q, 4, b->outbox.data, b->outbox.len);
    db_bind_blob(q, 5, b->key_signatures.data, b->key_signatures.len);
    return db_run(q, err);
}

int store_set_key_signatures(struct store *s, uint64_t block, unsigned chain, const uint8_t *data,
                             size_t len, struct err *err) {
    struct db_stmt *q = db_stmt(
        s->db, "UPDATE chain_block SET key_signatures = ? WHERE block = ? AND chain = ?", err);
    if (q == NULL) {
        return -1;
    }
    db_bind_blob(q, 1, data, len);
    db_bind_u64(q, 2, block);
    db_bind_u64(q, 3, chain);
    return db_run(q, err);
}

int store_get_chain_block(struct store *s, uint64_t block, unsigned chain, bool heavy,
                          struct store_chain_block *b, struct err *err) {
    struct db_stmt *q =
        db_stmt(s->db, "SELECT * FROM chain_block WHERE block = ? AND chain = ?", err);
    store_chain_block_free(b);
    *b = (struct store_chain_block){.block = block, .chain = chain};
    if (q == NULL) {
        return -1;
    }
    db_bind_u64(q, 1, block);
    db_bind_u64(q, 2, chain);
    int rc = db_row(q, err);
    if (rc != 1) {
        return rc == 0 ? err_set(err, ERR_NOT_FOUND, "block %llu has nothing for chain %u",
                                 (unsigned long long)block, chain)
                       : -1;
    }
    b->n_entries = db_u64(q, "n_entries");
    b->stage = (enum store_stage)db_i64(q, "stage");
    for (unsigned i = 0; i < 3; i++) {
        static const char *const tx[3] = {"tx0", "tx1", "tx2"};
        static const char *const gas[3] = {"gas0", "gas1", "gas2"};
        static const char *const calldata[3] = {"calldata0", "calldata1", "calldata2"};
        struct store_settlement *x = &b->settlement[i];
        x->done = !db_is_null(q, tx[i]);
        x->gas = db_u64(q, gas[i]);
        x->calldata = db_u64(q, calldata[i]);
        if (x->done && db_bytes(q, tx[i], x->tx, 32, err) != 0) {
            db_end(q);
            return -1;
        }
    }
    rc = 0;
    if (heavy && (db_copy_blob(q, "outbox", &b->outbox, err) != 0 ||
                  db_copy_blob(q, "key_signatures", &b->key_signatures, err) != 0)) {
        rc = -1;
    }
    db_end(q);
    return rc;
}

int store_raise_stage(struct store *s, unsigned chain, uint64_t block, enum store_stage stage,
                      struct err *err) {
    struct db_stmt *q = db_stmt(
        s->db, "UPDATE chain_block SET stage = ?1 WHERE chain = ?2 AND block <= ?3 AND stage < ?1",
        err);
    if (q == NULL) {
        return -1;
    }
    db_bind_i64(q, 1, (int64_t)stage);
    db_bind_u64(q, 2, chain);
    db_bind_u64(q, 3, block);
    return db_run(q, err);
}

int store_add_settlement(struct store *s, unsigned chain, uint64_t block, unsigned kind,
                         const uint8_t tx[32], uint64_t gas, uint64_t calldata, struct err *err) {
    static const char *const sql[3] = {
        "UPDATE chain_block SET tx0 = ?, gas0 = ?, calldata0 = ? WHERE chain = ? AND block = ?",
        "UPDATE chain_block SET tx1 = ?, gas1 = ?, calldata1 = ? WHERE chain = ? AND block = ?",
        "UPDATE chain_block SET tx2 = ?, gas2 = ?, calldata2 = ? WHERE chain = ? AND block = ?",
    };
    static const char cover[] =
        "UPDATE chain_block SET tx1 = ? WHERE chain = ? AND block < ? AND tx1 IS NULL";
    struct db_stmt *q = db_stmt(s->db, sql[kind % 3], err);
    if (q == NULL) {
        return -1;
    }
    db_bind_blob(q, 1, tx, 32);
    db_bind_u64(q, 2, gas);
    db_bind_u64(q, 3, calldata);
    db_bind_u64(q, 4, chain);
    db_bind_u64(q, 5, block);
    int rc = db_run(q, err);
    if (rc != 0 || kind != 1) {
        return rc;
    }
    q = db_stmt(s->db, cover, err);
    if (q == NULL) {
        return -1;
    }
    db_bind_blob(q, 1, tx, 32);
    db_bind_u64(q, 2, chain);
    db_bind_u64(q, 3, block);
    return db_run(q, err);
}

int store_stage_number(struct store *s, unsigned chain, enum store_stage stage, uint64_t *number,
                       struct err *err) {
    struct db_stmt *q = db_stmt(
        s->db, "SELECT ifnull(max(block), 0) AS v FROM chain_block WHERE chain = ? AND stage >= ?",
        err);
    if (q == NULL) {
        return -1;
    }
    db_bind_u64(q, 1, chain);
    db_bind_i64(q, 2, (int64_t)stage);
    if (db_row(q, err) != 1) {
        return -1;
    }
    *number = db_u64(q, "v");
    db_end(q);
    return 0;
}
