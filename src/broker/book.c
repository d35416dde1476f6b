#include "broker/book.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char *const migrations[] = {
    /* 0 -> 1 */
    "CREATE TABLE meta(key TEXT PRIMARY KEY, value BLOB NOT NULL) WITHOUT ROWID;"
    "CREATE TABLE lane(lane INTEGER PRIMARY KEY, address BLOB NOT NULL UNIQUE);"
    "CREATE TABLE payout("
    "  row INTEGER PRIMARY KEY, id BLOB NOT NULL UNIQUE, hash BLOB NOT NULL,"
    "  sequence INTEGER NOT NULL, block INTEGER NOT NULL, has_receipt INTEGER NOT NULL,"
    "  chain INTEGER NOT NULL, kind INTEGER NOT NULL, a INTEGER NOT NULL, b INTEGER NOT NULL,"
    "  receiver BLOB NOT NULL, token INTEGER NOT NULL, amount BLOB NOT NULL, fee BLOB NOT NULL,"
    "  broker INTEGER NOT NULL, exclusive_until INTEGER NOT NULL,"
    "  state INTEGER NOT NULL, lane INTEGER NOT NULL DEFAULT 0,"
    "  paid_block INTEGER NOT NULL DEFAULT 0, tries INTEGER NOT NULL DEFAULT 0,"
    "  next_try INTEGER NOT NULL DEFAULT 0, reason TEXT NOT NULL DEFAULT '');"
    "CREATE INDEX payout_state ON payout(chain, state, sequence);"
    "CREATE TABLE stock("
    "  chain INTEGER NOT NULL, lane INTEGER NOT NULL, token INTEGER NOT NULL,"
    "  amount BLOB NOT NULL, at INTEGER NOT NULL, PRIMARY KEY(chain, lane, token)) WITHOUT ROWID;"
    "CREATE TABLE chain("
    "  chain INTEGER PRIMARY KEY, height INTEGER NOT NULL, proved INTEGER NOT NULL,"
    "  confirmed INTEGER NOT NULL, executed INTEGER NOT NULL, at INTEGER NOT NULL,"
    "  problem TEXT NOT NULL);"
    "CREATE TABLE cost(chain INTEGER PRIMARY KEY, gas INTEGER NOT NULL, wei BLOB NOT NULL);"
    "CREATE TABLE l1_tx("
    "  id INTEGER PRIMARY KEY AUTOINCREMENT, chain INTEGER NOT NULL, lane INTEGER NOT NULL,"
    "  kind TEXT NOT NULL, block INTEGER NOT NULL, address BLOB NOT NULL, value BLOB NOT NULL,"
    "  data BLOB NOT NULL, gas INTEGER NOT NULL, nonce INTEGER, state INTEGER NOT NULL,"
    "  gas_used INTEGER, error TEXT);"
    "CREATE INDEX l1_tx_state ON l1_tx(chain, lane, state, id);"
    "CREATE TABLE l1_send("
    "  id INTEGER PRIMARY KEY AUTOINCREMENT, tx INTEGER NOT NULL REFERENCES l1_tx(id),"
    "  hash BLOB NOT NULL, raw BLOB NOT NULL, max_fee BLOB NOT NULL, priority_fee BLOB NOT NULL,"
    "  sent_at_ms INTEGER NOT NULL);"
    "CREATE INDEX l1_send_tx ON l1_send(tx, id);",
};

struct book {
    struct db *db;
};

const char *book_state_name(enum book_state s) {
    static const char *const names[BOOK_STATES] = {"open",   "paying", "paid",
                                                   "repaid", "lost",   "gone"};
    return names[s];
}

struct book *book_open(const char *path, bool quick, struct err *err) {
    struct book *b = calloc(1, sizeof *b);
    if (b == NULL) {
        err_set(err, ERR_SYSTEM, "out of memory");
        return NULL;
    }
    b->db = db_open(path, migrations, sizeof migrations / sizeof *migrations, quick, err);
    if (b->db == NULL) {
        free(b);
        return NULL;
    }
    return b;
}

void book_close(struct book *b) {
    if (b != NULL) {
        db_close(b->db);
        free(b);
    }
}

struct db *book_db(struct book *b) {
    return b->db;
}

/* ---- meta ---- */

/* 1: found, 0: not, -1. */
static int get_meta(struct book *b, const char *key, void *out, size_t len, struct err *err) {
    struct db_stmt *q = db_stmt(b->db, "SELECT value FROM meta WHERE key = ?", err);
    if (q == NULL) {
        return -1;
    }
    db_bind_text(q, 1, key);
    int rc = db_row(q, err);
    if (rc == 1) {
        rc = db_bytes(q, "value", out, len, err) == 0 ? 1 : -1;
        db_end(q);
    }
    return rc;
}

static int set_meta(struct book *b, const char *key, const void *value, size_t len,
                    struct err *err) {
    struct db_stmt *q = db_stmt(b->db, "INSERT OR REPLACE INTO meta(key, value) VALUES(?, ?)", err);
    if (q == NULL) {
        return -1;
    }
    db_bind_text(q, 1, key);
    db_bind_blob(q, 2, value, len);
    return db_run(q, err);
}

int book_bind_instance(struct book *b, const uint8_t instance_id[32], struct err *err) {
    uint8_t known[32];
    int rc = get_meta(b, "instance", known, sizeof known, err);
    if (rc == 0) {
        return set_meta(b, "instance", instance_id, 32, err);
    }
    if (rc == 1 && memcmp(known, instance_id, 32) != 0) {
        return err_set(err, ERR_MISMATCH, "the broker's database belongs to another instance");
    }
    return rc == 1 ? 0 : -1;
}

static int get_number(struct book *b, const char *key, uint64_t *v, struct err *err) {
    uint8_t word[WORD_LEN] = {0};
    if (get_meta(b, key, word, sizeof word, err) < 0) {
        return -1;
    }
    return word_to_u64(word, v) ? 0 : err_set(err, ERR_CORRUPT, "database: bad %s", key);
}

static int set_number(struct book *b, const char *key, uint64_t v, struct err *err) {
    uint8_t word[WORD_LEN];
    word_from_u64(word, v);
    return set_meta(b, key, word, sizeof word, err);
}

int book_get_cursor(struct book *b, uint64_t *sequence, struct err *err) {
    return get_number(b, "cursor", sequence, err);
}

int book_set_cursor(struct book *b, uint64_t sequence, struct err *err) {
    return set_number(b, "cursor", sequence, err);
}

int book_get_epoch(struct book *b, uint64_t *epoch, struct err *err) {
    return get_number(b, "epoch", epoch, err);
}

int book_set_epoch(struct book *b, uint64_t epoch, struct err *err) {
    return set_number(b, "epoch", epoch, err);
}

/* ---- lanes ---- */

int book_lane(struct book *b, const uint8_t address[20], unsigned *lane, struct err *err) {
    struct db_stmt *q = db_stmt(b->db,
                                "INSERT OR IGNORE INTO lane(lane, address) "
                                "VALUES((SELECT ifnull(max(lane), 0) + 1 FROM lane), ?)",
                                err);
    if (q == NULL) {
        return -1;
    }
    db_bind_blob(q, 1, address, 20);
    if (db_run(q, err) != 0) {
        return -1;
    }
    q = db_stmt(b->db, "SELECT lane FROM lane WHERE address = ?", err);
    if (q == NULL) {
        return -1;
    }
    db_bind_blob(q, 1, address, 20);
    int rc = db_row(q, err);
    if (rc != 1) {
        return rc == 0 ? err_set(err, ERR_CORRUPT, "database: a lane is missing") : -1;
    }
    *lane = (unsigned)db_u64(q, "lane");
    db_end(q);
    return 0;
}

int book_check_lanes(struct book *b, const unsigned *lanes, size_t n, struct err *err) {
    struct db_stmt *q = db_stmt(b->db,
                                "SELECT DISTINCT l1_tx.lane AS lane, lane.address AS address FROM "
                                "l1_tx JOIN lane USING(lane) "
                                "WHERE state = 0",
                                err);
    int rc;
    if (q == NULL) {
        return -1;
    }
    while ((rc = db_row(q, err)) == 1) {
        uint8_t address[20];
        char text[2 * sizeof address + 3];
        bool known = false;
        for (size_t i = 0; i < n; i++) {
            known |= lanes[i] == db_u64(q, "lane");
        }
        if (!known) {
            rc = db_bytes(q, "address", address, sizeof address, err);
            db_end(q);
            if (rc != 0) {
                return -1;
            }
            hex0x_encode(text, address, sizeof address);
            return err_set(err, ERR_CONFIG,
                           "broker.key_files: the key of %s has a transaction under way; configure "
                           "it again until that is done",
                           text);
        }
    }
    return rc;
}

/* ---- payouts ---- */

static void bind_u128(struct db_stmt *q, int position, u128 v) {
    uint8_t word[WORD_LEN];
    word_from_u128(word, v);
    db_bind_blob(q, position, word, sizeof word);
}

static int read_u128(struct db_stmt *q, const char *column, u128 *v, struct err *err) {
    uint8_t word[WORD_LEN];
    if (db_bytes(q, column, word, sizeof word, err) != 0) {
        return -1;
    }
    return word_to_u128(word, v) ? 0 : err_set(err, ERR_CORRUPT, "database: %s too large", column);
}

int book_add(struct book *b, const struct book_payout *p, struct err *err) {
    struct db_stmt *q = db_stmt(
        b->db,
        "INSERT INTO payout(id, hash, sequence, block, has_receipt, chain, kind, a, b, "
        "receiver, token, amount, fee, broker, exclusive_until, state) "
        "VALUES(?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, 0) "
        "ON CONFLICT(id) DO UPDATE SET block = excluded.block, sequence = excluded.sequence, "
        "state = CASE WHEN state = 5 AND reason LIKE 'taken back%' THEN 0 ELSE state END",
        err);
    if (q == NULL) {
        return -1;
    }
    db_bind_blob(q, 1, p->id, 32);
    db_bind_blob(q, 2, p->hash, 32);
    db_bind_u64(q, 3, p->sequence);
    db_bind_u64(q, 4, p->block);
    db_bind_u64(q, 5, p->has_receipt);
    db_bind_u64(q, 6, p->payout.chain);
    db_bind_u64(q, 7, p->payout.kind);
    db_bind_u64(q, 8, p->payout.a);
    db_bind_u64(q, 9, p->payout.b);
    db_bind_blob(q, 10, p->payout.to, ADDRESS_LEN);
    db_bind_u64(q, 11, p->payout.token);
    bind_u128(q, 12, p->payout.amount.v);
    bind_u128(q, 13, p->payout.broker_fee.v);
    db_bind_u64(q, 14, p->payout.broker);
    db_bind_u64(q, 15, p->payout.exclusive_until);
    return db_run(q, err);
}

static int read_payout(struct db_stmt *q, struct book_payout *p, struct err *err) {
    *p = (struct book_payout){.row = db_i64(q, "row"),
                              .sequence = db_u64(q, "sequence"),
                              .block = db_u64(q, "block"),
                              .has_receipt = db_u64(q, "has_receipt") != 0,
                              .lane = (unsigned)db_u64(q, "lane"),
                              .paid_block = db_u64(q, "paid_block"),
                              .tries = (unsigned)db_u64(q, "tries"),
                              .next_try_ms = db_u64(q, "next_try")};
    p->payout = (struct payout){.chain = (uint8_t)db_u64(q, "chain"),
                                .token = db_u64(q, "token"),
                                .kind = (uint8_t)db_u64(q, "kind"),
                                .a = db_u64(q, "a"),
                                .b = db_u64(q, "b"),
                                .broker = (uint32_t)db_u64(q, "broker"),
                                .exclusive_until = db_u64(q, "exclusive_until")};
    u128 amount, fee;
    uint64_t state = db_u64(q, "state");
    (void)snprintf(p->reason, sizeof p->reason, "%s", db_text(q, "reason"));
    if (db_bytes(q, "id", p->id, 32, err) != 0 || db_bytes(q, "hash", p->hash, 32, err) != 0 ||
        db_bytes(q, "receiver", p->payout.to, ADDRESS_LEN, err) != 0 ||
        read_u128(q, "amount", &amount, err) != 0 || read_u128(q, "fee", &fee, err) != 0) {
        return -1;
    }
    if (state >= BOOK_STATES || !amount_from_u128(&p->payout.amount, amount) ||
        !amount_from_u128(&p->payout.broker_fee, fee)) {
        return err_set(err, ERR_CORRUPT, "database: a stored payout is out of range");
    }
    p->state = (enum book_state)state;
    return 0;
}

int book_get(struct book *b, int64_t row, struct book_payout *p, struct err *err) {
    struct db_stmt *q = db_stmt(b->db, "SELECT * FROM payout WHERE row = ?", err);
    if (q == NULL) {
        return -1;
    }
    db_bind_i64(q, 1, row);
    int rc = db_row(q, err);
    if (rc != 1) {
        return rc == 0 ? err_set(err, ERR_NOT_FOUND, "no such payout") : -1;
    }
    rc = read_payout(q, p, err);
    db_end(q);
    return rc;
}

int book_each(struct book *b, unsigned chain, enum book_state state, book_payout_fn *f, void *ctx,
              struct err *err) {
    uint64_t after = 0;
    int64_t after_row = 0;
    for (;;) {
        struct book_payout p;
        struct db_stmt *q = db_stmt(b->db,
                                    "SELECT * FROM payout WHERE chain = ? AND state = ? AND "
                                    "(sequence, row) > (?, ?) ORDER BY sequence, row LIMIT 1",
                                    err);
        if (q == NULL) {
            return -1;
        }
        db_bind_u64(q, 1, chain);
        db_bind_i64(q, 2, (int64_t)state);
        db_bind_u64(q, 3, after);
        db_bind_i64(q, 4, after_row);
        int rc = db_row(q, err);
        if (rc != 1) {
            return rc;
        }
        rc = read_payout(q, &p, err);
        db_end(q);
        if (rc == 0) {
            rc = f(ctx, &p, err);
        }
        if (rc != 0) {
            return rc;
        }
        after = p.sequence;
        after_row = p.row;
    }
}

int book_update(struct book *b, const struct book_payout *p, struct err *err) {
    struct db_stmt *q = db_stmt(b->db,
                                "UPDATE payout SET state = ?, block = ?, lane = ?, paid_block = ?, "
                                "tries = ?, next_try = ?, reason = ? WHERE row = ?",
                                err);
    if (q == NULL) {
        return -1;
    }
    db_bind_i64(q, 1, (int64_t)p->state);
    db_bind_u64(q, 2, p->block);
    db_bind_u64(q, 3, p->lane);
    db_bind_u64(q, 4, p->paid_block);
    db_bind_u64(q, 5, p->tries);
    db_bind_u64(q, 6, p->next_try_ms);
    db_bind_text(q, 7, p->reason);
    db_bind_i64(q, 8, p->row);
    return db_run(q, err);
}

int book_sum(struct book *b, unsigned chain, token_id token, enum book_state state,
             struct book_sum *sum, struct err *err) {
    struct db_stmt *q = db_stmt(b->db,
                                "SELECT amount, fee, token FROM payout WHERE chain = ? AND "
                                "state = ? AND (? = 0 OR token = ?)",
                                err);
    int rc;
    *sum = (struct book_sum){0};
    if (q == NULL) {
        return -1;
    }
    db_bind_u64(q, 1, chain);
    db_bind_i64(q, 2, (int64_t)state);
    db_bind_u64(q, 3, token);
    db_bind_u64(q, 4, token);
    while ((rc = db_row(q, err)) == 1) {
        u128 amount, fee;
        if (read_u128(q, "amount", &amount, err) != 0 || read_u128(q, "fee", &fee, err) != 0) {
            db_end(q);
            return -1;
        }
        sum->n++;
        sum->amount += amount;
        sum->fee += fee;
        sum->net += amount - fee;
    }
    return rc;
}

/* ---- what was seen last ---- */

int book_add_cost(struct book *b, unsigned chain, uint64_t gas, u128 wei, struct err *err) {
    struct book_chain c;
    struct db_stmt *q;
    if (book_get_chain(b, chain, &c, err) != 0) {
        return -1;
    }
    q = db_stmt(b->db, "INSERT OR REPLACE INTO cost(chain, gas, wei) VALUES(?, ?, ?)", err);
    if (q == NULL) {
        return -1;
    }
    db_bind_u64(q, 1, chain);
    db_bind_u64(q, 2, c.gas + gas);
    bind_u128(q, 3, c.gas_wei + wei);
    return db_run(q, err);
}

int book_set_stock(struct book *b, const struct book_stock *s, struct err *err) {
    struct db_stmt *q = db_stmt(
        b->db, "INSERT OR REPLACE INTO stock(chain, lane, token, amount, at) VALUES(?, ?, ?, ?, ?)",
        err);
    if (q == NULL) {
        return -1;
    }
    db_bind_u64(q, 1, s->chain);
    db_bind_u64(q, 2, s->lane);
    db_bind_u64(q, 3, s->token);
    bind_u128(q, 4, s->amount);
    db_bind_u64(q, 5, s->at_ms);
    return db_run(q, err);
}

int book_each_stock(struct book *b, book_stock_fn *f, void *ctx, struct err *err) {
    struct db_stmt *q = db_stmt(
        b->db, "SELECT * FROM stock JOIN lane USING(lane) ORDER BY chain, token, lane", err);
    int rc;
    if (q == NULL) {
        return -1;
    }
    while ((rc = db_row(q, err)) == 1) {
        struct book_stock s = {.chain = (unsigned)db_u64(q, "chain"),
                               .lane = (unsigned)db_u64(q, "lane"),
                               .token = db_u64(q, "token"),
                               .at_ms = db_u64(q, "at")};
        rc = db_bytes(q, "address", s.address, sizeof s.address, err);
        if (rc == 0) {
            rc = read_u128(q, "amount", &s.amount, err);
        }
        if (rc == 0) {
            rc = f(ctx, &s, err);
        }
        if (rc != 0) {
            db_end(q);
            return rc;
        }
    }
    return rc;
}

int book_set_chain(struct book *b, const struct book_chain *c, struct err *err) {
    struct db_stmt *q = db_stmt(b->db,
                                "INSERT OR REPLACE INTO chain(chain, height, proved, confirmed, "
                                "executed, at, problem) VALUES(?, ?, ?, ?, ?, ?, ?)",
                                err);
    if (q == NULL) {
        return -1;
    }
    db_bind_u64(q, 1, c->chain);
    db_bind_u64(q, 2, c->height);
    db_bind_u64(q, 3, c->proved);
    db_bind_u64(q, 4, c->confirmed);
    db_bind_u64(q, 5, c->executed);
    db_bind_u64(q, 6, c->at_ms);
    db_bind_text(q, 7, c->problem);
    return db_run(q, err);
}

int book_get_chain(struct book *b, unsigned chain, struct book_chain *c, struct err *err) {
    struct db_stmt *q = db_stmt(b->db, "SELECT * FROM chain WHERE chain = ?", err);
    *c = (struct book_chain){.chain = chain};
    if (q == NULL) {
        return -1;
    }
    db_bind_u64(q, 1, chain);
    int rc = db_row(q, err);
    if (rc == 1) {
        c->height = db_u64(q, "height");
        c->proved = db_u64(q, "proved");
        c->confirmed = db_u64(q, "confirmed");
        c->executed = db_u64(q, "executed");
        c->at_ms = db_u64(q, "at");
        (void)snprintf(c->problem, sizeof c->problem, "%s", db_text(q, "problem"));
        db_end(q);
    }
    if (rc < 0) {
        return -1;
    }
    q = db_stmt(b->db, "SELECT gas, wei FROM cost WHERE chain = ?", err);
    if (q == NULL) {
        return -1;
    }
    db_bind_u64(q, 1, chain);
    rc = db_row(q, err);
    if (rc == 1) {
        c->gas = db_u64(q, "gas");
        rc = read_u128(q, "wei", &c->gas_wei, err);
        db_end(q);
    }
    return rc < 0 ? -1 : 0;
}
