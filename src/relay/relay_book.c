#include "relay/relay_book.h"

#include "base/clock.h"
#include "store/l1_tx.h"

#include <stdlib.h>
#include <string.h>

struct relay_book {
    struct db *db;
};

/* Only ever appended to. */
static const char *const migrations[] = {
    "CREATE TABLE binding(one INTEGER PRIMARY KEY CHECK(one = 1), instance BLOB NOT NULL);"
    "CREATE TABLE watch(chain INTEGER PRIMARY KEY, block INTEGER NOT NULL, hash BLOB NOT NULL);"
    "CREATE TABLE proved("
    "  chain INTEGER NOT NULL, number INTEGER NOT NULL, timestamp INTEGER NOT NULL,"
    "  end_request INTEGER NOT NULL, sync_hash BLOB NOT NULL, root BLOB NOT NULL,"
    "  outbox_digest BLOB NOT NULL, seen_at INTEGER NOT NULL, PRIMARY KEY(chain, number))"
    "  WITHOUT ROWID;" L1_TX_TABLES,
};

static int bind_instance(struct relay_book *b, const uint8_t instance[32], struct err *err) {
    uint8_t have[32];
    struct db_stmt *q = db_stmt(
        b->db, "INSERT INTO binding(one, instance) VALUES(1, ?) ON CONFLICT DO NOTHING", err);
    if (q == NULL) {
        return -1;
    }
    db_bind_blob(q, 1, instance, 32);
    if (db_run(q, err) != 0) {
        return -1;
    }
    q = db_stmt(b->db, "SELECT instance FROM binding", err);
    if (q == NULL || db_row(q, err) != 1) {
        return -1;
    }
    int rc = db_bytes(q, "instance", have, 32, err);
    db_end(q);
    if (rc == 0 && memcmp(have, instance, 32) != 0) {
        rc = err_set(err, ERR_MISMATCH, "relay.db belongs to another instance");
    }
    return rc;
}

struct relay_book *relay_book_open(const char *path, const uint8_t instance[32], struct err *err) {
    struct relay_book *b = calloc(1, sizeof *b);
    if (b == NULL) {
        err_set(err, ERR_SYSTEM, "out of memory");
        return NULL;
    }
    b->db = db_open(path, migrations, sizeof migrations / sizeof *migrations, false, err);
    if (b->db == NULL || bind_instance(b, instance, err) != 0) {
        relay_book_close(b);
        return NULL;
    }
    return b;
}

void relay_book_close(struct relay_book *b) {
    if (b != NULL) {
        db_close(b->db);
        free(b);
    }
}

struct db *relay_book_db(struct relay_book *b) {
    return b->db;
}

int relay_book_position(struct relay_book *b, unsigned chain, struct watch_position *at,
                        struct err *err) {
    struct db_stmt *q = db_stmt(b->db, "SELECT * FROM watch WHERE chain = ?", err);
    *at = (struct watch_position){0};
    if (q == NULL) {
        return -1;
    }
    db_bind_u64(q, 1, chain);
    int rc = db_row(q, err);
    if (rc != 1) {
        return rc;
    }
    at->set = true;
    at->block = db_u64(q, "block");
    rc = db_bytes(q, "hash", at->hash, 32, err);
    db_end(q);
    return rc;
}

static int add(struct relay_book *b, unsigned chain, const struct stored_block *s,
               struct err *err) {
    struct db_stmt *q = db_stmt(b->db,
                                "INSERT OR REPLACE INTO proved(chain, number, timestamp, "
                                "end_request, sync_hash, root, outbox_digest, seen_at) VALUES(?, "
                                "?, ?, ?, ?, ?, ?, ?)",
                                err);
    if (q == NULL) {
        return -1;
    }
    db_bind_u64(q, 1, chain);
    db_bind_u64(q, 2, s->number);
    db_bind_u64(q, 3, s->timestamp);
    db_bind_u64(q, 4, s->end_request);
    db_bind_blob(q, 5, s->sync_hash, 32);
    db_bind_blob(q, 6, s->root, 32);
    db_bind_blob(q, 7, s->outbox_digest, 32);
    db_bind_u64(q, 8, clock_now_s());
    return db_run(q, err);
}

static int drop(struct relay_book *b, const char *sql, unsigned chain, uint64_t number,
                struct err *err) {
    struct db_stmt *q = db_stmt(b->db, sql, err);
    if (q == NULL) {
        return -1;
    }
    db_bind_u64(q, 1, chain);
    db_bind_u64(q, 2, number);
    return db_run(q, err);
}

static int take_event(struct relay_book *b, unsigned chain, const struct zklink_event *e,
                      struct err *err) {
    /* The last confirmed block stays: blocks are taken back up to it. */
    static const char confirmed[] = "DELETE FROM proved WHERE chain = ? AND number < ?",
                      reverted[] = "DELETE FROM proved WHERE chain = ? AND number >= ?";
    if (e->kind == ZKLINK_BLOCK_PROVED) {
        return add(b, chain, &e->u.block_proved.stored, err);
    }
    if (e->kind == ZKLINK_BLOCK_CONFIRMED) {
        return drop(b, confirmed, chain, e->u.block_confirmed.number, err);
    }
    return e->kind == ZKLINK_BLOCKS_REVERTED
               ? drop(b, reverted, chain, e->u.blocks_reverted.number, err)
               : 0;
}

int relay_book_take(struct relay_book *b, unsigned chain, const struct watch_batch *batch,
                    struct err *err) {
    int rc = db_begin(b->db, err);
    if (rc != 0) {
        return -1;
    }
    for (size_t i = 0; rc == 0 && i < batch->n; i++) {
        rc = take_event(b, chain, &batch->event[i].event, err);
    }
    struct db_stmt *q =
        rc != 0 ? NULL
                : db_stmt(b->db, "INSERT OR REPLACE INTO watch(chain, block, hash) VALUES(?, ?, ?)",
                          err);
    rc = q != NULL ? 0 : -1;
    if (rc == 0) {
        db_bind_u64(q, 1, chain);
        db_bind_u64(q, 2, batch->end.block);
        db_bind_blob(q, 3, batch->end.hash, 32);
        rc = db_run(q, err) == 0 ? db_commit(b->db, err) : -1;
    }
    if (rc != 0) {
        db_rollback(b->db);
    }
    return rc;
}

int relay_book_block(struct relay_book *b, unsigned chain, uint64_t number,
                     struct stored_block *block, uint64_t *seen_at, struct err *err) {
    struct db_stmt *q = db_stmt(b->db, "SELECT * FROM proved WHERE chain = ? AND number = ?", err);
    *block = (struct stored_block){.number = number};
    if (q == NULL) {
        return -1;
    }
    db_bind_u64(q, 1, chain);
    db_bind_u64(q, 2, number);
    int rc = db_row(q, err);
    if (rc != 1) {
        return rc == 0 ? err_set(err, ERR_NOT_FOUND, "block %llu is not known",
                                 (unsigned long long)number)
                       : -1;
    }
    block->timestamp = db_u64(q, "timestamp");
    block->end_request = db_u64(q, "end_request");
    *seen_at = db_u64(q, "seen_at");
    rc = db_bytes(q, "sync_hash", block->sync_hash, 32, err) == 0 &&
                 db_bytes(q, "root", block->root, 32, err) == 0 &&
                 db_bytes(q, "outbox_digest", block->outbox_digest, 32, err) == 0
             ? 0
             : -1;
    db_end(q);
    return rc;
}

int relay_book_newest(struct relay_book *b, unsigned chain, uint64_t *number, struct err *err) {
    struct db_stmt *q =
        db_stmt(b->db, "SELECT ifnull(max(number), 0) AS v FROM proved WHERE chain = ?", err);
    if (q == NULL) {
        return -1;
    }
    db_bind_u64(q, 1, chain);
    if (db_row(q, err) != 1) {
        return -1;
    }
    *number = db_u64(q, "v");
    db_end(q);
    return 0;
}
