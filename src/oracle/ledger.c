#include "oracle/ledger.h"
#include "base/clock.h"

#include <stdio.h>
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
    /* 1 -> 2: what a source showed is read anew. */
    "CREATE TABLE binding(one INTEGER PRIMARY KEY CHECK(one = 1), instance BLOB NOT NULL,"
    "  signer BLOB NOT NULL);"
    "ALTER TABLE signed ADD COLUMN last_expiry INTEGER NOT NULL DEFAULT 0;"
    "UPDATE signed SET last_expiry = expiry;"
    "DELETE FROM source; DELETE FROM proved;"
    "ALTER TABLE source ADD COLUMN clock INTEGER NOT NULL DEFAULT 0;"
    "ALTER TABLE source ADD COLUMN epoch INTEGER NOT NULL DEFAULT 0;"
    "ALTER TABLE source ADD COLUMN confirmed INTEGER NOT NULL DEFAULT 0;"
    "ALTER TABLE source ADD COLUMN exodus_at INTEGER NOT NULL DEFAULT 0;"
    "CREATE INDEX proved_number ON proved(number);"
    "CREATE TABLE revert(epoch INTEGER PRIMARY KEY, number INTEGER NOT NULL, signature BLOB);"
    "CREATE TABLE alarm(epoch INTEGER NOT NULL, number INTEGER NOT NULL, seen_at INTEGER NOT NULL,"
    "  hash_a BLOB NOT NULL, hash_b BLOB NOT NULL, source_a TEXT NOT NULL, source_b TEXT NOT NULL,"
    "  PRIMARY KEY(epoch, number, hash_a, hash_b)) WITHOUT ROWID;",
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

int ledger_bind(struct ledger *l, const uint8_t instance[32], const uint8_t signer[20],
                struct err *err) {
    uint8_t have_instance[32], have_signer[20];
    struct db_stmt *q = db_stmt(
        l->db, "INSERT INTO binding(one, instance, signer) VALUES(1, ?, ?) ON CONFLICT DO NOTHING",
        err);
    if (q == NULL) {
        return -1;
    }
    db_bind_blob(q, 1, instance, 32);
    db_bind_blob(q, 2, signer, 20);
    if (db_run(q, err) != 0) {
        return -1;
    }
    q = db_stmt(l->db, "SELECT * FROM binding", err);
    if (q == NULL || db_row(q, err) != 1) {
        return -1;
    }
    int rc = db_bytes(q, "instance", have_instance, 32, err) == 0 &&
                     db_bytes(q, "signer", have_signer, 20, err) == 0
                 ? 0
                 : -1;
    db_end(q);
    if (rc == 0 && memcmp(have_instance, instance, 32) != 0) {
        return err_set(err, ERR_MISMATCH, "oracle.db belongs to another instance");
    }
    if (rc == 0 && memcmp(have_signer, signer, 20) != 0) {
        return err_set(err, ERR_MISMATCH,
                       "oracle.db holds what another key has signed: a key needs a data_dir of its "
                       "own");
    }
    return rc;
}

/* ---- what sources showed ---- */

int ledger_source(struct ledger *l, const char *source, struct ledger_source *s, struct err *err) {
    struct db_stmt *q = db_stmt(l->db, "SELECT * FROM source WHERE name = ?", err);
    *s = (struct ledger_source){0};
    if (q == NULL) {
        return -1;
    }
    db_bind_text(q, 1, source);
    int rc = db_row(q, err);
    if (rc != 1) {
        return rc;
    }
    s->at.set = true;
    s->at.block = db_u64(q, "block");
    s->at.timestamp = db_u64(q, "clock");
    s->epoch = db_u64(q, "epoch");
    s->confirmed = db_u64(q, "confirmed");
    s->exodus_at = db_u64(q, "exodus_at");
    rc = db_bytes(q, "hash", s->at.hash, 32, err);
    db_end(q);
    return rc;
}

/* Another source, or our own signature, that has another syncHash for the block of the epoch. */
static int raise_alarms(struct ledger *l, const char *source, uint64_t epoch,
                        const struct stored_block *b, unsigned *alarms, struct err *err) {
    struct db_stmt *q =
        db_stmt(l->db,
                "INSERT INTO alarm(epoch, number, seen_at, hash_a, hash_b, source_a, source_b)"
                "  SELECT ?1, ?2, ?3, p.sync_hash, ?4, p.source, ?5 FROM proved p"
                "    JOIN source s ON s.name = p.source WHERE p.number = ?2 AND p.sync_hash <> ?4"
                "    AND s.epoch = ?1"
                "  UNION ALL SELECT ?1, ?2, ?3, sync_hash, ?4, 'signed here', ?5 FROM signed"
                "    WHERE epoch = ?1 AND number = ?2 AND sync_hash <> ?4"
                "  ON CONFLICT DO NOTHING",
                err);
    if (q == NULL) {
        return -1;
    }
    db_bind_u64(q, 1, epoch);
    db_bind_u64(q, 2, b->number);
    db_bind_u64(q, 3, clock_now_s());
    db_bind_blob(q, 4, b->sync_hash, 32);
    db_bind_text(q, 5, source);
    if (db_run(q, err) != 0) {
        return -1;
    }
    *alarms += (unsigned)db_changes(l->db);
    return 0;
}

static int add_proved(struct ledger *l, const char *source, uint64_t epoch,
                      const struct watch_event *e, unsigned *alarms, struct err *err) {
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
        return err_set(err, ERR_NOT_FOUND,
                       "%s shows block %llu after block %llu: it has left events out", source,
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
    return db_run(q, err) != 0 ? -1 : raise_alarms(l, source, epoch, b, alarms, err);
}

static int drop_proved(struct ledger *l, const char *source, uint64_t from, struct err *err) {
    struct db_stmt *q = db_stmt(l->db, "DELETE FROM proved WHERE source = ? AND number >= ?", err);
    if (q == NULL) {
        return -1;
    }
    db_bind_text(q, 1, source);
    db_bind_u64(q, 2, from);
    return db_run(q, err);
}

static int set_source(struct ledger *l, const char *source, const struct ledger_source *s,
                      struct err *err) {
    struct db_stmt *q = db_stmt(l->db,
                                "INSERT OR REPLACE INTO source(name, block, hash, clock, epoch, "
                                "confirmed, exodus_at) VALUES(?, ?, ?, ?, ?, ?, ?)",
                                err);
    if (q == NULL) {
        return -1;
    }
    db_bind_text(q, 1, source);
    db_bind_u64(q, 2, s->at.block);
    db_bind_blob(q, 3, s->at.hash, 32);
    db_bind_u64(q, 4, s->at.timestamp);
    db_bind_u64(q, 5, s->epoch);
    db_bind_u64(q, 6, s->confirmed);
    db_bind_u64(q, 7, s->exodus_at);
    return db_run(q, err);
}

static int take_event(struct ledger *l, const char *source, struct ledger_source *s,
                      const struct watch_event *e, unsigned *alarms, struct err *err) {
    switch (e->event.kind) {
    case ZKLINK_BLOCK_PROVED:
        return add_proved(l, source, s->epoch, e, alarms, err);
    case ZKLINK_BLOCK_CONFIRMED:
        s->confirmed = e->event.u.block_confirmed.number;
        return 0;
    case ZKLINK_BLOCKS_REVERTED:
        s->epoch = e->event.u.blocks_reverted.epoch;
        return drop_proved(l, source, e->event.u.blocks_reverted.number, err);
    case ZKLINK_EXODUS_STARTED:
        s->exodus_at = s->exodus_at != 0 ? s->exodus_at : e->l1_timestamp;
        return 0;
    case ZKLINK_OTHER:
    case ZKLINK_ACCEPTED:
    case ZKLINK_REQUESTS_EXTENDED:
    case ZKLINK_PAID:
    case ZKLINK_TOKEN_REGISTERED:
    case ZKLINK_REQUESTED:
    case ZKLINK_BLOCK_EXECUTED:
    case ZKLINK_LOG_PIECE_POSTED:
        break;
    }
    return 0;
}

int ledger_take(struct ledger *l, const char *source, const struct watch_batch *batch,
                unsigned *alarms, struct err *err) {
    struct ledger_source s;
    *alarms = 0;
    int rc = db_begin(l->db, err);
    if (rc != 0) {
        return -1;
    }
    rc = ledger_source(l, source, &s, err);
    for (size_t i = 0; rc == 0 && i < batch->n; i++) {
        rc = take_event(l, source, &s, &batch->event[i], alarms, err);
    }
    if (rc == 0) {
        s.at = batch->end;
        rc = set_source(l, source, &s, err);
    }
    if (rc == 0) {
        rc = db_commit(l->db, err);
    }
    if (rc != 0) {
        db_rollback(l->db);
    }
    return rc;
}

int ledger_rescan(struct ledger *l, const char *source, struct err *err) {
    struct db_stmt *q = db_stmt(l->db, "DELETE FROM source WHERE name = ?", err);
    if (q == NULL || db_begin(l->db, err) != 0) {
        return -1;
    }
    db_bind_text(q, 1, source);
    int rc =
        db_run(q, err) == 0 && drop_proved(l, source, 0, err) == 0 && db_commit(l->db, err) == 0
            ? 0
            : -1;
    if (rc != 0) {
        db_rollback(l->db);
    }
    return rc;
}

int ledger_rescan_all(struct ledger *l, struct err *err) {
    struct db_stmt *source = db_stmt(l->db, "DELETE FROM source", err);
    struct db_stmt *proved = db_stmt(l->db, "DELETE FROM proved", err);
    if (source == NULL || proved == NULL || db_begin(l->db, err) != 0) {
        return -1;
    }
    if (db_run(source, err) != 0 || db_run(proved, err) != 0 || db_commit(l->db, err) != 0) {
        db_rollback(l->db);
        return -1;
    }
    return 0;
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

/* ---- signatures ---- */

int ledger_sign(struct ledger *l, uint64_t epoch, const struct consensus_row *row,
                struct err *err) {
    /* The unique key makes a second syncHash impossible, and the condition a block that is to be
     * taken back, whatever the caller believes. */
    struct db_stmt *q = db_stmt(
        l->db,
        "INSERT INTO signed(epoch, number, sync_hash, base_expiry, expiry, signature, last_expiry)"
        "  SELECT ?1, ?2, ?3, ?4, ?5, ?6, ?5 WHERE NOT EXISTS"
        "    (SELECT 1 FROM revert WHERE epoch = ?1 AND number <= ?2)"
        "  ON CONFLICT(epoch, number) DO UPDATE SET expiry = excluded.expiry,"
        "    signature = excluded.signature, last_expiry = max(last_expiry, excluded.last_expiry)"
        "    WHERE sync_hash = excluded.sync_hash",
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
                         "block %llu: another syncHash was signed for it, or it is to be taken "
                         "back: nothing is signed",
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

/* ---- taking back ---- */

int ledger_revert(struct ledger *l, uint64_t epoch, struct revert_row *row, struct err *err) {
    struct db_stmt *q = db_stmt(l->db, "SELECT * FROM revert WHERE epoch = ?", err);
    *row = (struct revert_row){0};
    if (q == NULL) {
        return -1;
    }
    db_bind_u64(q, 1, epoch < INT64_MAX ? epoch : INT64_MAX);
    int rc = db_row(q, err);
    if (rc != 1) {
        return rc == 0 ? err_set(err, ERR_NOT_FOUND, "nothing is to be taken back") : -1;
    }
    row->number = db_u64(q, "number");
    row->is_signed = !db_is_null(q, "signature");
    rc = row->is_signed ? db_bytes(q, "signature", row->signature, 65, err) : 0;
    db_end(q);
    return rc;
}

int ledger_decide_revert(struct ledger *l, uint64_t epoch, uint64_t number, struct err *err) {
    struct revert_row have;
    struct db_stmt *q = db_stmt(
        l->db, "INSERT INTO revert(epoch, number) VALUES(?, ?) ON CONFLICT DO NOTHING", err);
    if (q == NULL) {
        return -1;
    }
    db_bind_u64(q, 1, epoch);
    db_bind_u64(q, 2, number);
    if (db_run(q, err) != 0 || ledger_revert(l, epoch, &have, err) != 0) {
        return -1;
    }
    return have.number == number
               ? 0
               : err_set(err, ERR_MISMATCH,
                         "epoch %llu: it was decided to take back from block %llu on; one number "
                         "for an epoch",
                         (unsigned long long)epoch, (unsigned long long)have.number);
}

int ledger_may_revert(struct ledger *l, uint64_t epoch, uint64_t number, uint64_t final_clock,
                      uint64_t confirmed, struct err *err) {
    if (confirmed >= number) {
        return err_set(err, ERR_MISMATCH,
                       "Revert from block %llu is not signed: block %llu is confirmed on a chain",
                       (unsigned long long)number, (unsigned long long)confirmed);
    }
    struct db_stmt *q = db_stmt(l->db,
                                "SELECT number, last_expiry FROM signed WHERE epoch = ? AND number "
                                ">= ? AND last_expiry >= ? LIMIT 1",
                                err);
    if (q == NULL) {
        return -1;
    }
    db_bind_u64(q, 1, epoch);
    db_bind_u64(q, 2, number);
    db_bind_u64(q, 3, final_clock);
    int rc = db_row(q, err);
    if (rc == 1) {
        rc = err_set(err, ERR_MISMATCH,
                     "Revert from block %llu is not signed: our own signature of block %llu counts "
                     "until %llu, the final clocks stand at %llu",
                     (unsigned long long)number, (unsigned long long)db_u64(q, "number"),
                     (unsigned long long)db_u64(q, "last_expiry"), (unsigned long long)final_clock);
        db_end(q);
    }
    return rc;
}

int ledger_sign_revert(struct ledger *l, uint64_t epoch, uint64_t number, uint64_t final_clock,
                       uint64_t confirmed, const uint8_t signature[65], struct err *err) {
    if (ledger_may_revert(l, epoch, number, final_clock, confirmed, err) != 0) {
        return -1;
    }
    struct db_stmt *q =
        db_stmt(l->db, "UPDATE revert SET signature = ? WHERE epoch = ? AND number = ?", err);
    if (q == NULL) {
        return -1;
    }
    db_bind_blob(q, 1, signature, 65);
    db_bind_u64(q, 2, epoch);
    db_bind_u64(q, 3, number);
    if (db_run(q, err) != 0) {
        return -1;
    }
    return db_changes(l->db) == 1
               ? 0
               : err_set(err, ERR_MISMATCH, "it was not decided to take back from block %llu on",
                         (unsigned long long)number);
}

/* ---- alarms ---- */

int ledger_count_alarms(struct ledger *l, uint64_t *n, struct err *err) {
    struct db_stmt *q = db_stmt(l->db, "SELECT count(*) AS v FROM alarm", err);
    if (q == NULL || db_row(q, err) != 1) {
        return -1;
    }
    *n = db_u64(q, "v");
    db_end(q);
    return 0;
}

int ledger_each_alarm(struct ledger *l, ledger_alarm_fn *f, void *ctx, struct err *err) {
    struct db_stmt *q =
        db_stmt(l->db, "SELECT * FROM alarm ORDER BY seen_at DESC, epoch, number LIMIT 100", err);
    int rc = q == NULL ? -1 : 0;
    while (rc == 0 && (rc = db_row(q, err)) == 1) {
        struct alarm_row row = {.epoch = db_u64(q, "epoch"),
                                .number = db_u64(q, "number"),
                                .seen_at = db_u64(q, "seen_at")};
        snprintf(row.source[0], sizeof row.source[0], "%s", db_text(q, "source_a"));
        snprintf(row.source[1], sizeof row.source[1], "%s", db_text(q, "source_b"));
        rc = db_bytes(q, "hash_a", row.sync_hash[0], 32, err) != 0 ||
                     db_bytes(q, "hash_b", row.sync_hash[1], 32, err) != 0
                 ? -1
                 : f(ctx, &row);
        if (rc != 0) {
            db_end(q);
            return rc;
        }
    }
    return rc;
}
