/* Store: meta, accepted operations, requests, state records. */
#include "store/schema.h"
#include "store/store_internal.h"

#include <stdlib.h>

struct store *store_open(const char *path, bool quick, struct err *err) {
    struct store *s = calloc(1, sizeof *s);
    if (s == NULL) {
        err_set(err, ERR_SYSTEM, "out of memory");
        return NULL;
    }
    s->db = db_open(path, store_migrations, store_migrations_n, quick, err);
    if (s->db == NULL) {
        free(s);
        return NULL;
    }
    return s;
}

void store_close(struct store *s) {
    if (s != NULL) {
        db_close(s->db);
        free(s);
    }
}

int store_begin(struct store *s, struct err *err) {
    return db_begin(s->db, err);
}

int store_commit(struct store *s, struct err *err) {
    return db_commit(s->db, err);
}

void store_rollback(struct store *s) {
    db_rollback(s->db);
}

/* Steps a query that has one row; ERR_NOT_FOUND if it has none. */
static int one_row(struct db_stmt *q, const char *what, struct err *err) {
    int rc = db_row(q, err);
    return rc == 1 ? 0 : rc == 0 ? err_set(err, ERR_NOT_FOUND, "%s not found", what) : -1;
}

int store_get_meta(struct store *s, const char *key, struct buf *value, struct err *err) {
    struct db_stmt *q = db_stmt(s->db, "SELECT value FROM meta WHERE key = ?", err);
    if (q == NULL) {
        return -1;
    }
    db_bind_text(q, 1, key);
    if (one_row(q, key, err) != 0) {
        return -1;
    }
    int rc = db_copy_blob(q, "value", value, err);
    db_end(q);
    return rc;
}

int store_set_meta(struct store *s, const char *key, const void *value, size_t len,
                   struct err *err) {
    struct db_stmt *q = db_stmt(s->db,
                                "INSERT INTO meta(key, value) VALUES(?, ?) ON CONFLICT(key) DO "
                                "UPDATE SET value = excluded.value",
                                err);
    if (q == NULL) {
        return -1;
    }
    db_bind_text(q, 1, key);
    db_bind_blob(q, 2, value, len);
    return db_run(q, err);
}

int store_get_number(struct store *s, const char *key, uint64_t *v, struct err *err) {
    struct buf value = {0};
    struct err e = {0};
    *v = 0;
    int rc = store_get_meta(s, key, &value, &e);
    if (rc != 0) {
        rc = e.code == ERR_NOT_FOUND ? 0 : err_set(err, e.code, "%s", e.text);
    } else if (value.len != 8) {
        rc = err_set(err, ERR_CORRUPT, "database: %s is no number", key);
    } else {
        for (unsigned k = 0; k < 8; k++) {
            *v = *v << 8 | value.data[k];
        }
    }
    buf_free(&value);
    return rc;
}

int store_set_number(struct store *s, const char *key, uint64_t v, struct err *err) {
    uint8_t bytes[8];
    for (unsigned k = 0; k < 8; k++) {
        bytes[k] = (uint8_t)(v >> (56 - 8 * k));
    }
    return store_set_meta(s, key, bytes, sizeof bytes, err);
}

int store_add_tx(struct store *s, const struct store_tx *tx, struct err *err) {
    struct db_stmt *q = db_stmt(s->db,
                                "INSERT INTO tx(seq, hash, block, block_timestamp, accepted_at, "
                                "type, account, nonce, chain, request, op) "
                                "VALUES(?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
                                err);
    if (q == NULL) {
        return -1;
    }
    db_bind_u64(q, 1, tx->seq);
    db_bind_blob(q, 2, tx->hash, 32);
    db_bind_u64(q, 3, tx->block);
    db_bind_u64(q, 4, tx->block_timestamp);
    db_bind_u64(q, 5, tx->accepted_at);
    db_bind_u64(q, 6, tx->type);
    db_bind_u64(q, 7, tx->account);
    db_bind_u64(q, 8, tx->nonce);
    db_bind_u64(q, 9, tx->chain);
    db_bind_u64(q, 10, tx->request);
    db_bind_blob(q, 11, tx->op, tx->op_len);
    return db_run(q, err);
}

static int read_tx(struct db_stmt *q, struct store_tx *tx, struct err *err) {
    tx->seq = db_u64(q, "seq");
    tx->block = db_u64(q, "block");
    tx->block_timestamp = db_u64(q, "block_timestamp");
    tx->accepted_at = db_u64(q, "accepted_at");
    tx->type = (unsigned)db_u64(q, "type");
    tx->account = (uint32_t)db_u64(q, "account");
    tx->nonce = db_u64(q, "nonce");
    tx->chain = (unsigned)db_u64(q, "chain");
    tx->request = db_u64(q, "request");
    tx->op = db_blob(q, "op", &tx->op_len);
    return db_bytes(q, "hash", tx->hash, 32, err);
}

static int find_tx(struct db_stmt *q, struct store_tx *tx, struct buf *op_copy, struct err *err) {
    if (one_row(q, "transaction", err) != 0) {
        return -1;
    }
    int rc = read_tx(q, tx, err);
    if (rc == 0) {
        rc = db_copy_blob(q, "op", op_copy, err);
        tx->op = op_copy->data;
        tx->op_len = op_copy->len;
    }
    db_end(q);
    return rc;
}

int store_find_tx(struct store *s, const uint8_t hash[32], struct store_tx *tx, struct buf *op_copy,
                  struct err *err) {
    struct db_stmt *q = db_stmt(s->db, "SELECT * FROM tx WHERE hash = ?", err);
    if (q == NULL) {
        return -1;
    }
    db_bind_blob(q, 1, hash, 32);
    return find_tx(q, tx, op_copy, err);
}

int store_find_request_tx(struct store *s, unsigned chain, uint64_t request, struct store_tx *tx,
                          struct buf *op_copy, struct err *err) {
    struct db_stmt *q =
        db_stmt(s->db, "SELECT * FROM tx WHERE chain = ? AND request = ? AND chain > 0", err);
    if (q == NULL) {
        return -1;
    }
    db_bind_u64(q, 1, chain);
    db_bind_u64(q, 2, request < INT64_MAX ? request : INT64_MAX);
    return find_tx(q, tx, op_copy, err);
}

int store_block_first_seq(struct store *s, uint64_t block, uint64_t *seq, struct err *err) {
    struct db_stmt *q =
        db_stmt(s->db, "SELECT seq FROM tx WHERE block = ? ORDER BY seq LIMIT 1", err);
    if (q == NULL) {
        return -1;
    }
    db_bind_u64(q, 1, block);
    if (one_row(q, "block", err) != 0) {
        return -1;
    }
    *seq = db_u64(q, "seq");
    db_end(q);
    return 0;
}

static int each_tx(struct db_stmt *q, store_tx_fn *f, void *ctx, struct err *err) {
    int rc;
    while ((rc = db_row(q, err)) == 1) {
        struct store_tx tx;
        rc = read_tx(q, &tx, err);
        if (rc == 0) {
            rc = f(ctx, &tx, err);
        }
        if (rc != 0) {
            db_end(q);
            return rc;
        }
    }
    return rc;
}

int store_each_tx(struct store *s, uint64_t from_block, uint64_t to_block, store_tx_fn *f,
                  void *ctx, struct err *err) {
    struct db_stmt *q =
        db_stmt(s->db, "SELECT * FROM tx WHERE block >= ? AND block <= ? ORDER BY seq", err);
    if (q == NULL) {
        return -1;
    }
    db_bind_u64(q, 1, from_block);
    db_bind_u64(q, 2, to_block < INT64_MAX ? to_block : INT64_MAX);
    return each_tx(q, f, ctx, err);
}

int store_each_tx_of_types(struct store *s, const unsigned types[2], uint64_t from, uint64_t to,
                           unsigned limit, store_tx_fn *f, void *ctx, struct err *err) {
    struct db_stmt *q = db_stmt(s->db,
                                "SELECT * FROM tx WHERE type IN (?, ?) AND seq > ? AND seq <= ? "
                                "ORDER BY seq LIMIT ?",
                                err);
    if (q == NULL) {
        return -1;
    }
    db_bind_u64(q, 1, types[0]);
    db_bind_u64(q, 2, types[1]);
    db_bind_u64(q, 3, from < INT64_MAX ? from : INT64_MAX);
    db_bind_u64(q, 4, to < INT64_MAX ? to : INT64_MAX);
    db_bind_u64(q, 5, limit);
    return each_tx(q, f, ctx, err);
}

int store_account_txs(struct store *s, uint32_t account, uint64_t before_seq, unsigned limit,
                      store_tx_fn *f, void *ctx, struct err *err) {
    struct db_stmt *q = db_stmt(
        s->db, "SELECT * FROM tx WHERE account = ? AND seq < ? ORDER BY seq DESC LIMIT ?", err);
    if (q == NULL) {
        return -1;
    }
    db_bind_u64(q, 1, account);
    db_bind_u64(q, 2, before_seq < INT64_MAX ? before_seq : INT64_MAX);
    db_bind_u64(q, 3, limit);
    return each_tx(q, f, ctx, err);
}

/* A query whose single row has the number in column v. */
static int number_of(struct db_stmt *q, uint64_t *v, struct err *err) {
    if (one_row(q, "number", err) != 0) {
        return -1;
    }
    *v = db_u64(q, "v");
    db_end(q);
    return 0;
}

int store_last_seq(struct store *s, uint64_t *seq, struct err *err) {
    struct db_stmt *q = db_stmt(s->db, "SELECT ifnull(max(seq), 0) AS v FROM tx", err);
    return q == NULL ? -1 : number_of(q, seq, err);
}

int store_next_taken(struct store *s, unsigned chain, uint64_t *index, struct err *err) {
    struct db_stmt *q = db_stmt(
        s->db, "SELECT ifnull(max(request) + 1, 0) AS v FROM tx WHERE chain = ? AND chain > 0",
        err);
    if (q == NULL) {
        return -1;
    }
    db_bind_u64(q, 1, chain);
    return number_of(q, index, err);
}

int store_add_request(struct store *s, const struct store_request *r, struct err *err) {
    struct db_stmt *q = db_stmt(s->db,
                                "INSERT INTO request(chain, idx, words, l1_block, l1_tx, deadline) "
                                "VALUES(?, ?, ?, ?, ?, ?)",
                                err);
    if (q == NULL) {
        return -1;
    }
    db_bind_u64(q, 1, r->chain);
    db_bind_u64(q, 2, r->index);
    db_bind_blob(q, 3, r->words, sizeof r->words);
    db_bind_u64(q, 4, r->l1_block);
    db_bind_blob(q, 5, r->l1_tx, 32);
    db_bind_u64(q, 6, r->deadline);
    return db_run(q, err);
}

int store_count_requests(struct store *s, unsigned chain, uint64_t *n, struct err *err) {
    struct db_stmt *q =
        db_stmt(s->db, "SELECT ifnull(max(idx) + 1, 0) AS v FROM request WHERE chain = ?", err);
    if (q == NULL) {
        return -1;
    }
    db_bind_u64(q, 1, chain);
    return number_of(q, n, err);
}

static int copy_request(void *ctx, const struct store_request *r, struct err *err) {
    (void)err;
    *(struct store_request *)ctx = *r;
    return 1;
}

int store_get_request(struct store *s, unsigned chain, uint64_t index, struct store_request *r,
                      struct err *err) {
    *r = (struct store_request){.index = index + 1};
    int rc = store_each_request(s, chain, index, 1, copy_request, r, err);
    if (rc >= 0 && r->index != index) {
        rc = err_set(err, ERR_NOT_FOUND, "request %llu of chain %u is not known",
                     (unsigned long long)index, chain);
    }
    return rc < 0 ? -1 : 0;
}

int store_extend_requests(struct store *s, unsigned chain, uint64_t below, uint64_t deadline,
                          struct err *err) {
    struct db_stmt *q = db_stmt(
        s->db, "UPDATE request SET deadline = ?1 WHERE chain = ?2 AND idx < ?3 AND deadline < ?1",
        err);
    if (q == NULL) {
        return -1;
    }
    db_bind_u64(q, 1, deadline);
    db_bind_u64(q, 2, chain);
    db_bind_u64(q, 3, below);
    return db_run(q, err);
}

int store_each_request(struct store *s, unsigned chain, uint64_t from, unsigned limit,
                       store_request_fn *f, void *ctx, struct err *err) {
    struct db_stmt *q = db_stmt(
        s->db, "SELECT * FROM request WHERE chain = ? AND idx >= ? ORDER BY idx LIMIT ?", err);
    int rc;
    if (q == NULL) {
        return -1;
    }
    db_bind_u64(q, 1, chain);
    db_bind_u64(q, 2, from);
    db_bind_u64(q, 3, limit);
    while ((rc = db_row(q, err)) == 1) {
        struct store_request r = {.chain = chain,
                                  .index = db_u64(q, "idx"),
                                  .l1_block = db_u64(q, "l1_block"),
                                  .deadline = db_u64(q, "deadline")};
        rc = db_bytes(q, "words", r.words, sizeof r.words, err);
        if (rc == 0) {
            rc = db_bytes(q, "l1_tx", r.l1_tx, 32, err);
        }
        if (rc == 0) {
            rc = f(ctx, &r, err);
        }
        if (rc != 0) {
            db_end(q);
            return rc;
        }
    }
    return rc;
}

int store_put_leaf(struct store *s, uint32_t account, unsigned slot, unsigned tag,
                   const uint8_t fields[128], struct err *err) {
    struct db_stmt *q;
    if (tag == 0) {
        q = db_stmt(s->db, "DELETE FROM leaf WHERE account = ? AND slot = ?", err);
    } else {
        q = db_stmt(
            s->db,
            "INSERT INTO leaf(account, slot, tag, fields) VALUES(?, ?, ?, ?) "
            "ON CONFLICT(account, slot) DO UPDATE SET tag = excluded.tag, fields = excluded.fields",
            err);
    }
    if (q == NULL) {
        return -1;
    }
    db_bind_u64(q, 1, account);
    db_bind_u64(q, 2, slot);
    if (tag != 0) {
        db_bind_u64(q, 3, tag);
        db_bind_blob(q, 4, fields, 128);
    }
    return db_run(q, err);
}

int store_each_leaf(struct store *s, store_leaf_fn *f, void *ctx, struct err *err) {
    struct db_stmt *q = db_stmt(s->db, "SELECT * FROM leaf ORDER BY account, slot", err);
    int rc;
    if (q == NULL) {
        return -1;
    }
    while ((rc = db_row(q, err)) == 1) {
        uint8_t fields[128];
        rc = db_bytes(q, "fields", fields, sizeof fields, err);
        if (rc == 0) {
            rc = f(ctx, (uint32_t)db_u64(q, "account"), (unsigned)db_u64(q, "slot"),
                   (unsigned)db_u64(q, "tag"), fields, err);
        }
        if (rc != 0) {
            db_end(q);
            return rc;
        }
    }
    return rc;
}

struct db *store_db(struct store *s) {
    return s->db;
}
