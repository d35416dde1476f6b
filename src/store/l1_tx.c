#include "store/l1_tx.h"

#include <stdio.h>

void l1_tx_free(struct l1_tx *t) {
    buf_free(&t->data);
}

void l1_send_free(struct l1_send *t) {
    buf_free(&t->raw);
}

int l1_tx_add(struct db *db, struct l1_tx *t, struct err *err) {
    struct db_stmt *q = db_stmt(db,
                                "INSERT INTO l1_tx(chain, lane, kind, block, address, value, "
                                "data, gas, state) VALUES(?, ?, ?, ?, ?, ?, ?, 0, 0)",
                                err);
    uint8_t value[WORD_LEN];
    if (q == NULL) {
        return -1;
    }
    word_from_u128(value, t->value_wei);
    db_bind_u64(q, 1, t->chain);
    db_bind_u64(q, 2, t->lane);
    db_bind_text(q, 3, t->kind);
    db_bind_u64(q, 4, t->subject);
    db_bind_blob(q, 5, t->to, sizeof t->to);
    db_bind_blob(q, 6, value, sizeof value);
    db_bind_blob(q, 7, t->data.data, t->data.len);
    if (db_run(q, err) != 0) {
        return -1;
    }
    t->id = db_last_id(db);
    return 0;
}

int l1_tx_oldest(struct db *db, unsigned chain, unsigned lane, struct l1_tx *t, struct err *err) {
    struct db_stmt *q = db_stmt(db,
                                "SELECT * FROM l1_tx WHERE chain = ? AND lane = ? AND state = 0 "
                                "ORDER BY id LIMIT 1",
                                err);
    uint8_t value[WORD_LEN];
    l1_tx_free(t);
    *t = (struct l1_tx){.chain = chain, .lane = lane};
    if (q == NULL) {
        return -1;
    }
    db_bind_u64(q, 1, chain);
    db_bind_u64(q, 2, lane);
    int rc = db_row(q, err);
    if (rc != 1) {
        return rc == 0 ? err_set(err, ERR_NOT_FOUND, "no open transaction") : -1;
    }
    t->id = db_i64(q, "id");
    t->subject = db_u64(q, "block");
    t->gas = db_u64(q, "gas");
    t->has_nonce = !db_is_null(q, "nonce");
    t->nonce = db_u64(q, "nonce");
    (void)snprintf(t->kind, sizeof t->kind, "%s", db_text(q, "kind"));
    if (db_bytes(q, "address", t->to, sizeof t->to, err) != 0 ||
        db_bytes(q, "value", value, sizeof value, err) != 0 ||
        db_copy_blob(q, "data", &t->data, err) != 0) {
        rc = -1;
    } else {
        rc = word_to_u128(value, &t->value_wei)
                 ? 0
                 : err_set(err, ERR_CORRUPT, "database: a stored value is out of range");
    }
    db_end(q);
    return rc;
}

int l1_tx_set_nonce(struct db *db, int64_t id, uint64_t nonce, uint64_t gas, struct err *err) {
    struct db_stmt *q = db_stmt(db, "UPDATE l1_tx SET nonce = ?, gas = ? WHERE id = ?", err);
    if (q == NULL) {
        return -1;
    }
    db_bind_u64(q, 1, nonce);
    db_bind_u64(q, 2, gas);
    db_bind_i64(q, 3, id);
    return db_run(q, err);
}

int l1_send_add(struct db *db, int64_t id, const struct l1_send *send, struct err *err) {
    struct db_stmt *q = db_stmt(db,
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

int l1_send_get(struct db *db, int64_t id, unsigned i, struct l1_send *send, struct err *err) {
    struct db_stmt *q =
        db_stmt(db, "SELECT * FROM l1_send WHERE tx = ? ORDER BY id DESC LIMIT 1 OFFSET ?", err);
    uint8_t fee[WORD_LEN], priority[WORD_LEN];
    l1_send_free(send);
    *send = (struct l1_send){0};
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
        db_copy_blob(q, "raw", &send->raw, err) != 0) {
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

int l1_tx_end(struct db *db, int64_t id, enum l1_tx_state state, uint64_t gas_used,
              const char *error, struct err *err) {
    struct db_stmt *q = db_stmt(
        db, "UPDATE l1_tx SET state = ?, gas_used = ?, error = ?, data = x'' WHERE id = ?", err);
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
    q = db_stmt(db, "UPDATE l1_send SET raw = x'' WHERE tx = ?", err);
    if (q == NULL) {
        return -1;
    }
    db_bind_i64(q, 1, id);
    return db_run(q, err);
}
