/* Store: taking blocks back. */
#include "store/store_internal.h"

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
