/* Store: taking blocks back. */
#include "store/store_internal.h"

#include <stdio.h>

int store_put_undo(struct store *s, uint64_t block, uint32_t account, unsigned slot, unsigned tag,
                   const uint8_t fields[128], struct err *err) {
    struct db_stmt *q = db_stmt(
        s->db, "INSERT INTO leaf_undo(block, account, slot, tag, fields) VALUES(?, ?, ?, ?, ?)",
        err);
    if (q == NULL) {
        return -1;
    }
    db_bind_u64(q, 1, block);
    db_bind_u64(q, 2, account);
    db_bind_u64(q, 3, slot);
    db_bind_u64(q, 4, tag);
    db_bind_blob(q, 5, fields, 128);
    return db_run(q, err);
}

static int run_with(struct store *s, const char *sql, uint64_t block, struct err *err) {
    struct db_stmt *q = db_stmt(s->db, sql, err);
    if (q == NULL) {
        return -1;
    }
    db_bind_u64(q, 1, block);
    return db_run(q, err);
}

int store_prune_undo(struct store *s, uint64_t block, struct err *err) {
    static const char note[] = "UPDATE meta SET value = max(value, ?) WHERE key = 'final_block'";
    return run_with(s, "DELETE FROM leaf_undo WHERE block <= ?", block, err) == 0
               ? run_with(s, note, block, err)
               : -1;
}

/* What was before final blocks is not known any more. */
static int check_undo(struct store *s, uint64_t from, struct err *err) {
    struct db_stmt *q = db_stmt(s->db, "SELECT value FROM meta WHERE key = 'final_block'", err);
    if (q == NULL || db_row(q, err) != 1) {
        return -1;
    }
    uint64_t final = db_u64(q, "value");
    db_end(q);
    return from > final
               ? 0
               : err_set(err, ERR_CORRUPT,
                         "block %llu cannot be taken back: blocks up to %llu are final here",
                         (unsigned long long)from, (unsigned long long) final);
}

int store_take_back(struct store *s, uint64_t from, struct err *err) {
    /* A record is what it was before the first of these blocks that changed it. */
    static const char *const steps[] = {
        "INSERT OR REPLACE INTO leaf(account, slot, tag, fields) SELECT account, slot, tag, fields "
        "FROM leaf_undo u WHERE block >= ?1 AND block = (SELECT min(block) FROM leaf_undo v WHERE "
        "v.block >= ?1 AND v.account = u.account AND v.slot = u.slot)",
        "DELETE FROM leaf_undo WHERE block >= ?",
        "DELETE FROM chain_block WHERE block >= ?",
        "DELETE FROM tx WHERE block >= ?",
        "DELETE FROM block WHERE number >= ?",
        ("UPDATE l1_tx SET state = 2, error = 'its block was taken back' WHERE block >= ? AND "
         "state = 0 AND nonce IS NULL"),
        "DELETE FROM leaf WHERE tag = 0 AND ?1 > 0",
    };
    if (check_undo(s, from, err) != 0) {
        return -1;
    }
    for (size_t i = 0; i < sizeof steps / sizeof *steps; i++) {
        if (run_with(s, steps[i], from, err) != 0) {
            return -1;
        }
    }
    return 0;
}

/* ---- second tries ---- */

int store_requeue(struct store *s, uint64_t from, uint64_t epoch, struct err *err) {
    struct db_stmt *q = db_stmt(s->db,
                                "INSERT INTO requeued(hash, op, epoch) SELECT hash, op, ?2 FROM tx "
                                "WHERE block >= ?1 AND chain = 0 ORDER BY seq",
                                err);
    if (q == NULL) {
        return -1;
    }
    db_bind_u64(q, 1, from);
    db_bind_u64(q, 2, epoch);
    return db_run(q, err);
}

int store_each_requeued(struct store *s, store_requeued_fn *f, void *ctx, struct err *err) {
    struct db_stmt *q =
        db_stmt(s->db, "SELECT * FROM requeued WHERE reason IS NULL ORDER BY id", err);
    int rc = q == NULL ? -1 : 0;
    while (rc == 0 && (rc = db_row(q, err)) == 1) {
        uint8_t hash[32];
        size_t len;
        const void *op = db_blob(q, "op", &len);
        rc = db_bytes(q, "hash", hash, 32, err) == 0 ? f(ctx, db_i64(q, "id"), hash, op, len, err)
                                                     : -1;
        if (rc != 0) {
            db_end(q);
        }
    }
    return rc;
}

int store_end_requeued(struct store *s, int64_t id, const char *reason, struct err *err) {
    struct db_stmt *q = reason == NULL
                            ? db_stmt(s->db, "DELETE FROM requeued WHERE id = ?", err)
                            : db_stmt(s->db, "UPDATE requeued SET reason = ?2 WHERE id = ?1", err);
    if (q == NULL) {
        return -1;
    }
    db_bind_i64(q, 1, id);
    if (reason != NULL) {
        db_bind_text(q, 2, reason);
    }
    return db_run(q, err);
}

int store_requeued_reason(struct store *s, const uint8_t hash[32], char reason[100],
                          struct err *err) {
    struct db_stmt *q = db_stmt(
        s->db, "SELECT ifnull(reason, '') AS v FROM requeued WHERE hash = ? ORDER BY id DESC", err);
    if (q == NULL) {
        return -1;
    }
    db_bind_blob(q, 1, hash, 32);
    int rc = db_row(q, err);
    if (rc != 1) {
        return rc == 0 ? err_set(err, ERR_NOT_FOUND, "it was not taken back") : -1;
    }
    snprintf(reason, 100, "%s", db_text(q, "v"));
    db_end(q);
    return 0;
}

int store_reread_chains(struct store *s, struct err *err) {
    static const char *const steps[] = {
        "DELETE FROM watch WHERE ?1 = 0",
        ("DELETE FROM request WHERE ?1 = 0 AND idx > ifnull((SELECT max(request) FROM tx WHERE "
         "tx.chain = request.chain), -1)"),
        "UPDATE chain_block SET stage = 0 WHERE ?1 = 0 AND stage = 1",
        "DELETE FROM meta WHERE ?1 = 0 AND key LIKE 'epoch.%'",
    };
    for (size_t i = 0; i < sizeof steps / sizeof *steps; i++) {
        if (run_with(s, steps[i], 0, err) != 0) {
            return -1;
        }
    }
    return 0;
}
