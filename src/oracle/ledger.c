#include "oracle/ledger.h"

#include <stdlib.h>
#include <string.h>

struct ledger {
    struct db *db;
};

/* Only ever appended to. */
static const char *const migrations[] = {
    "CREATE TABLE source(name TEXT PRIMARY KEY, block INTEGER NOT NULL, hash BLOB NOT NULL)"
    "  WITHOUT ROWID;"
    "CREATE TABLE proved(source TEXT NOT NULL, number INTEGER NOT NULL, sync_hash BLOB NOT NULL,"
    "  l1_timestamp INTEGER NOT NULL, PRIMARY KEY(source, number)) WITHOUT ROWID;"
    "CREATE TABLE signed(epoch INTEGER NOT NULL, number INTEGER NOT NULL, sync_hash BLOB NOT NULL,"
    "  base_expiry INTEGER NOT NULL, expiry INTEGER NOT NULL, signature BLOB NOT NULL,"
    "  PRIMARY KEY(epoch, number)) WITHOUT ROWID;",
};

struct ledger *ledger_open(const char *path, struct err *err) {
    struct ledger *l = calloc(1, sizeof *l);
    if (l == NULL) {
        err_set(err, ERR_SYSTEM, "out of memory");
        return NULL;
    }
    l->db = db_open(path, migrations, sizeof migrations / sizeof *migrations, false, err);
    if (l->db == NULL) {
        free(l);
        return NULL;
    }
    return l;
}

void ledger_close(struct ledger *l) {
    if (l != NULL) {
        db_close(l->db);
        free(l);
    }
}

int ledger_position(struct ledger *l, const char *source, struct watch_position *at,
                    struct err *err) {
    struct db_stmt *q = db_stmt(l->db, "SELECT * FROM source WHERE name = ?", err);
    *at = (struct watch_position){0};
    if (q == NULL) {
        return -1;
    }
    db_bind_text(q, 1, source);
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

static int add_proved(struct ledger *l, const char *source, const struct watch_event *e,
                      struct err *err) {
    const struct stored_block *b = &e->event.u.block_proved.stored;
    struct db_stmt *q =
        db_stmt(l->db, "SELECT ifnull(max(number), 0) AS v FROM proved WHERE source = ?", err);
    if (q == NULL) {
        return -1;
    }
    db_bind_text(q, 1, source);
    if (db_row(q, err) != 1) {
        return -1;
    }
    uint64_t last = db_u64(q, "v");
    db_end(q);
    if (b->number != last + 1) {
        return err_set(err, ERR_MISMATCH, "%s shows block %llu after block %llu", source,
                       (unsigned long long)b->number, (unsigned long long)last);
    }
    q = db_stmt(l->db,
                "INSERT INTO proved(source, number, sync_hash, l1_timestamp) VALUES(?, ?, ?, ?)",
                err);
    if (q == NULL) {
        return -1;
    }
    db_bind_text(q, 1, source);
    db_bind_u64(q, 2, b->number);
    db_bind_blob(q, 3, b->sync_hash, 32);
    db_bind_u64(q, 4, e->l1_timestamp);
    return db_run(q, err);
}

static int set_position(struct ledger *l, const char *source, const struct watch_position *at,
                        struct err *err) {
    struct db_stmt *q =
        db_stmt(l->db, "INSERT OR REPLACE INTO source(name, block, hash) VALUES(?, ?, ?)", err);
    if (q == NULL) {
        return -1;
    }
    db_bind_text(q, 1, source);
    db_bind_u64(q, 2, at->block);
    db_bind_blob(q, 3, at->hash, 32);
    return db_run(q, err);
}

int ledger_take(struct ledger *l, const char *source, const struct watch_batch *batch,
                struct err *err) {
    int rc = db_begin(l->db, err);
    if (rc != 0) {
        return -1;
    }
    for (size_t i = 0; rc == 0 && i < batch->n; i++) {
        if (batch->event[i].event.kind == ZKLINK_BLOCK_PROVED) {
            rc = add_proved(l, source, &batch->event[i], err);
        }
    }
    if (rc == 0) {
        rc = set_position(l, source, &batch->end, err);
    }
    if (rc == 0) {
        rc = db_commit(l->db, err);
    }
    if (rc != 0) {
        db_rollback(l->db);
    }
    return rc;
}

int ledger_proved(struct ledger *l, const char *source, uint64_t number, uint8_t sync_hash[32],
                  uint64_t *l1_timestamp, struct err *err) {
    struct db_stmt *q = db_stmt(l->db, "SELECT * FROM proved WHERE source = ? AND number = ?", err);
    if (q == NULL) {
        return -1;
    }
    db_bind_text(q, 1, source);
    db_bind_u64(q, 2, number);
    int rc = db_row(q, err);
    if (rc != 1) {
        return rc == 0 ? err_set(err, ERR_NOT_FOUND, "%s has no block %llu yet", source,
                                 (unsigned long long)number)
                       : -1;
    }
    *l1_timestamp = db_u64(q, "l1_timestamp");
    rc = db_bytes(q, "sync_hash", sync_hash, 32, err);
    db_end(q);
    return rc;
}

int ledger_sign(struct ledger *l, uint64_t epoch, const struct consensus_row *row,
                struct err *err) {
    /* The unique key makes a second syncHash impossible, whatever the caller believes. */
    struct db_stmt *q = db_stmt(l->db,
                                "INSERT INTO signed(epoch, number, sync_hash, base_expiry, expiry, "
                                "signature) VALUES(?, ?, ?, ?, ?, ?) ON CONFLICT(epoch, number) DO "
                                "UPDATE SET expiry = excluded.expiry, signature = "
                                "excluded.signature WHERE sync_hash = excluded.sync_hash",
                                err);
    if (q == NULL) {
        return -1;
    }
    db_bind_u64(q, 1, epoch);
    db_bind_u64(q, 2, row->number);
    db_bind_blob(q, 3, row->sync_hash, 32);
    db_bind_u64(q, 4, row->base_expiry);
    db_bind_u64(q, 5, row->expiry);
    db_bind_blob(q, 6, row->signature, 65);
    if (db_run(q, err) != 0) {
        return -1;
    }
    return db_changes(l->db) == 1
               ? 0
               : err_set(err, ERR_MISMATCH,
                         "another syncHash was signed for block %llu: nothing is signed",
                         (unsigned long long)row->number);
}

int ledger_signed(struct ledger *l, uint64_t epoch, uint64_t number, struct consensus_row *row,
                  struct err *err) {
    struct db_stmt *q = db_stmt(l->db, "SELECT * FROM signed WHERE epoch = ? AND number = ?", err);
    *row = (struct consensus_row){.number = number};
    if (q == NULL) {
        return -1;
    }
    db_bind_u64(q, 1, epoch);
    db_bind_u64(q, 2, number < INT64_MAX ? number : INT64_MAX);
    int rc = db_row(q, err);
    if (rc != 1) {
        return rc == 0 ? err_set(err, ERR_NOT_FOUND, "block %llu is not signed",
                                 (unsigned long long)number)
                       : -1;
    }
    row->base_expiry = db_u64(q, "base_expiry");
    row->expiry = db_u64(q, "expiry");
    rc = db_bytes(q, "sync_hash", row->sync_hash, 32, err) == 0 &&
                 db_bytes(q, "signature", row->signature, 65, err) == 0
             ? 0
             : -1;
    db_end(q);
    return rc;
}

int ledger_last_signed(struct ledger *l, uint64_t epoch, uint64_t *number, struct err *err) {
    struct db_stmt *q =
        db_stmt(l->db, "SELECT ifnull(max(number), 0) AS v FROM signed WHERE epoch = ?", err);
    if (q == NULL) {
        return -1;
    }
    db_bind_u64(q, 1, epoch);
    if (db_row(q, err) != 1) {
        return -1;
    }
    *number = db_u64(q, "v");
    db_end(q);
    return 0;
}
