/* Transactions of ours to the chains, in the database of whichever service sends them: an intent is
 * committed before anything is signed, a signed transaction before it is sent. The tables:
 *
 *   l1_tx    intents. lane: a sequence of nonces, that is one key on one chain; `block` is what it
 *            is about, a number of the service's own
 *   l1_send  every form of it that was ever signed
 *
 * Functions return 0, or -1 and err; they stand in the caller's transaction or are one by
 * themselves. */
#ifndef ZKLINK_STORE_L1_TX_H
#define ZKLINK_STORE_L1_TX_H

#include "store/db.h"

/* The tables, for the first migration of a database that has no others of these names. */
#define L1_TX_TABLES                                                                               \
    "CREATE TABLE l1_tx("                                                                          \
    "  id INTEGER PRIMARY KEY AUTOINCREMENT, chain INTEGER NOT NULL, lane INTEGER NOT NULL,"       \
    "  kind TEXT NOT NULL, block INTEGER NOT NULL, address BLOB NOT NULL, value BLOB NOT NULL,"    \
    "  data BLOB NOT NULL, gas INTEGER NOT NULL, nonce INTEGER, state INTEGER NOT NULL,"           \
    "  gas_used INTEGER, error TEXT);"                                                             \
    "CREATE INDEX l1_tx_state ON l1_tx(chain, lane, state, id);"                                   \
    "CREATE TABLE l1_send("                                                                        \
    "  id INTEGER PRIMARY KEY AUTOINCREMENT, tx INTEGER NOT NULL REFERENCES l1_tx(id),"            \
    "  hash BLOB NOT NULL, raw BLOB NOT NULL, max_fee BLOB NOT NULL, priority_fee BLOB NOT NULL,"  \
    "  sent_at_ms INTEGER NOT NULL);"                                                              \
    "CREATE INDEX l1_send_tx ON l1_send(tx, id);"

enum l1_tx_state { L1_TX_OPEN, L1_TX_DONE, L1_TX_FAILED };

struct l1_tx {
    int64_t id;
    unsigned chain, lane;
    char kind[16];
    uint64_t subject; /* what it is about */
    uint8_t to[EVM_ADDRESS_LEN];
    u128 value_wei;
    struct buf data;
    uint64_t gas; /* limit, 0 until first signed */
    bool has_nonce;
    uint64_t nonce;
    enum l1_tx_state state;
};

struct l1_send {
    uint8_t hash[32];
    struct buf raw;
    u128 max_fee_wei, priority_fee_wei;
    uint64_t sent_at_ms;
};
void l1_tx_free(struct l1_tx *t);
void l1_send_free(struct l1_send *t);

/* Sets t->id. */
int l1_tx_add(struct db *db, struct l1_tx *t, struct err *err);
/* The oldest open one of a lane; ERR_NOT_FOUND if there is none. */
int l1_tx_oldest(struct db *db, unsigned chain, unsigned lane, struct l1_tx *t, struct err *err);
int l1_tx_set_nonce(struct db *db, int64_t id, uint64_t nonce, uint64_t gas, struct err *err);
int l1_send_add(struct db *db, int64_t id, const struct l1_send *send, struct err *err);
/* The i-th send of a transaction, newest first. */
int l1_send_get(struct db *db, int64_t id, unsigned i, struct l1_send *send, struct err *err);
/* Ends it, and drops its calldata and raw forms. */
int l1_tx_end(struct db *db, int64_t id, enum l1_tx_state state, uint64_t gas_used,
              const char *error, struct err *err);

#endif
