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
