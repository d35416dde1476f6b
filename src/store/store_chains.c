/* Store: what belongs to the chains: how far they were read, tokens, our transactions there. */
#include "store/store_internal.h"

#include <stdio.h>
#include <string.h>

int store_get_watch(struct store *s, unsigned chain, uint64_t *block, uint8_t hash[32],
                    struct err *err) {
    struct db_stmt *q = db_stmt(s->db, "SELECT * FROM watch WHERE chain = ?", err);
    if (q == NULL) {
        return -1;
    }
    db_bind_u64(q, 1, chain);
    int rc = db_row(q, err);
    if (rc != 1) {
        return rc == 0 ? err_set(err, ERR_NOT_FOUND, "chain %u was never read", chain) : -1;
    }
    *block = db_u64(q, "block");
    rc = db_bytes(q, "hash", hash, 32, err);
    db_end(q);
    return rc;
}

int store_set_watch(struct store *s, unsigned chain, uint64_t block, const uint8_t hash[32],
                    struct err *err) {
    struct db_stmt *q =
        db_stmt(s->db,
                "INSERT INTO watch(chain, block, hash) VALUES(?, ?, ?) ON CONFLICT(chain) DO "
                "UPDATE SET block = excluded.block, hash = excluded.hash",
                err);
    if (q == NULL) {
        return -1;
    }
    db_bind_u64(q, 1, chain);
    db_bind_u64(q, 2, block);
    db_bind_blob(q, 3, hash, 32);
    return db_run(q, err);
}

int store_put_token(struct store *s, const struct store_token *t, struct err *err) {
    struct db_stmt *q = db_stmt(
        s->db,
        "INSERT OR REPLACE INTO token(chain, idx, address, symbol, decimals) VALUES(?, ?, ?, ?, ?)",
        err);
    if (q == NULL) {
        return -1;
    }
    db_bind_u64(q, 1, t->chain);
    db_bind_u64(q, 2, t->index);
    db_bind_blob(q, 3, t->address, sizeof t->address);
    db_bind_text(q, 4, t->symbol);
    db_bind_u64(q, 5, t->decimals);
    return db_run(q, err);
}

int store_each_token(struct store *s, store_token_fn *f, void *ctx, struct err *err) {
    struct db_stmt *q = db_stmt(s->db, "SELECT * FROM token ORDER BY chain, idx", err);
    int rc;
    if (q == NULL) {
        return -1;
    }
    while ((rc = db_row(q, err)) == 1) {
        struct store_token t = {.chain = (unsigned)db_u64(q, "chain"),
                                .index = (uint32_t)db_u64(q, "idx"),
                                .decimals = (unsigned)db_u64(q, "decimals")};
        snprintf(t.symbol, sizeof t.symbol, "%s", db_text(q, "symbol"));
        rc = db_bytes(q, "address", t.address, sizeof t.address, err);
        if (rc == 0) {
            rc = f(ctx, &t, err);
        }
        if (rc != 0) {
            db_end(q);
            return rc;
        }
    }
    return rc;
}

void store_l1_tx_free(struct store_l1_tx *t) {
    buf_free(&t->data);
}

void store_l1_send_free(struct store_l1_send *t) {
    buf_free(&t->raw);
}

int store_add_l1_tx(struct store *s, struct store_l1_tx *t, struct err *err) {
    struct db_stmt *q = db_stmt(s->db,
                                "INSERT INTO l1_tx(chain, kind, block, address, data, gas, state) "
                                "VALUES(?, ?, ?, ?, ?, 0, 0)",
                                err);
    if (q == NULL) {
        return -1;
    }
    db_bind_u64(q, 1, t->chain);
    db_bind_text(q, 2, t->kind);
    db_bind_u64(q, 3, t->block);
    db_bind_blob(q, 4, t->to, sizeof t->to);
    db_bind_blob(q, 5, t->data.data, t->data.len);
    if (db_run(q, err) != 0) {
        return -1;
    }
    t->id = db_last_id(s->db);
    return 0;
}

int store_open_l1_tx(struct store *s, unsigned chain, struct store_l1_tx *t, struct err *err) {
    struct db_stmt *q = db_stmt(
        s->db, "SELECT * FROM l1_tx WHERE chain = ? AND state = 0 ORDER BY id LIMIT 1", err);
    store_l1_tx_free(t);
    *t = (struct store_l1_tx){.chain = chain};
    if (q == NULL) {
        return -1;
    }
    db_bind_u64(q, 1, chain);
    int rc = db_row(q, err);
    if (rc != 1) {
        return rc == 0 ? err_set(err, ERR_NOT_FOUND, "no open transaction") : -1;
    }
    t->id = db_i64(q, "id");
    t->block = db_u64(q, "block");
    t->gas = db_u64(q, "gas");
    t->has_nonce = !db_is_null(q, "nonce");
    t->nonce = db_u64(q, "nonce");
    snprintf(t->kind, sizeof t->kind, "%s", db_text(q, "kind"));
    rc = db_bytes(q, "address", t->to, sizeof t->to, err);
    if (rc == 0) {
        rc = store_copy_blob(q, "data", &t->data, err);
    }
    db_end(q);
    return rc;
}

int store_set_l1_nonce(struct store *s, int64_t id, uint64_t nonce, uint64_t gas, struct err *err) {
    struct db_stmt *q = db_stmt(s->db, "UPDATE l1_tx SET nonce = ?, gas = ? WHERE id = ?", err);
    if (q == NULL) {
        return -1;
    }
    db_bind_u64(q, 1, nonce);
    db_bind_u64(q, 2, gas);
    db_bind_i64(q, 3, id);
    return db_run(q, err);
}

int store_add_l1_send(struct store *s, int64_t id, const struct store_l1_send *send,
                      struct err *err) {
    struct db_stmt *q = db_stmt(s->db,
                                "INSERT INTO l1_send(tx, hash, raw, max_fee, priority_fee, "
                                "sent_at_ms) VALUES(?, ?, ?, ?, ?, ?)",
                                err);
    uint8_t fee[WORD_LEN], priority[WORD_LEN];
    if (q == NULL) {
        return -1;
    }
    word_from_u128(fee, send->max_fee_wei);
    word_from_u128(priority, send->priority_fee_wei);
    db_bind_i64(q, 1, id);
    db_bind_blob(q, 2, send->hash, 32);
    db_bind_blob(q, 3, send->raw.data, send->raw.len);
    db_bind_blob(q, 4, fee, sizeof fee);
    db_bind_blob(q, 5, priority, sizeof priority);
    db_bind_u64(q, 6, send->sent_at_ms);
    return db_run(q, err);
}

int store_get_l1_send(struct store *s, int64_t id, unsigned i, struct store_l1_send *send,
                      struct err *err) {
    struct db_stmt *q =
        db_stmt(s->db, "SELECT * FROM l1_send WHERE tx = ? ORDER BY id DESC LIMIT 1 OFFSET ?", err);
    uint8_t fee[WORD_LEN], priority[WORD_LEN];
    store_l1_send_free(send);
    *send = (struct store_l1_send){0};
    if (q == NULL) {
        return -1;
    }
    db_bind_i64(q, 1, id);
    db_bind_u64(q, 2, i);
    int rc = db_row(q, err);
    if (rc != 1) {
        return rc == 0 ? err_set(err, ERR_NOT_FOUND, "not sent") : -1;
    }
    send->sent_at_ms = db_u64(q, "sent_at_ms");
    if (db_bytes(q, "hash", send->hash, 32, err) != 0 ||
        db_bytes(q, "max_fee", fee, sizeof fee, err) != 0 ||
        db_bytes(q, "priority_fee", priority, sizeof priority, err) != 0 ||
        store_copy_blob(q, "raw", &send->raw, err) != 0) {
        rc = -1;
    } else if (!word_to_u128(fee, &send->max_fee_wei) ||
               !word_to_u128(priority, &send->priority_fee_wei)) {
        rc = err_set(err, ERR_CORRUPT, "database: a stored fee is out of range");
    } else {
        rc = 0;
    }
    db_end(q);
    return rc;
}

int store_end_l1_tx(struct store *s, int64_t id, enum store_l1_state state, uint64_t gas_used,
                    const char *error, struct err *err) {
    struct db_stmt *q = db_stmt(
        s->db, "UPDATE l1_tx SET state = ?, gas_used = ?, error = ?, data = x'' WHERE id = ?", err);
    if (q == NULL) {
        return -1;
    }
    db_bind_i64(q, 1, (int64_t)state);
    db_bind_u64(q, 2, gas_used);
    db_bind_text(q, 3, error);
    db_bind_i64(q, 4, id);
    if (db_run(q, err) != 0) {
        return -1;
    }
    q = db_stmt(s->db, "UPDATE l1_send SET raw = x'' WHERE tx = ?", err);
    if (q == NULL) {
        return -1;
    }
    db_bind_i64(q, 1, id);
    return db_run(q, err);
}
