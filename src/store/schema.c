#include "store/schema.h"

const char *const store_migrations[] = {
    /* 0 -> 1 */
    "CREATE TABLE meta(key TEXT PRIMARY KEY, value BLOB NOT NULL) WITHOUT ROWID;"
    "CREATE TABLE tx("
    "  seq INTEGER PRIMARY KEY, hash BLOB NOT NULL, block INTEGER NOT NULL,"
    "  block_timestamp INTEGER NOT NULL, accepted_at INTEGER NOT NULL, type INTEGER NOT NULL,"
    "  account INTEGER NOT NULL, nonce INTEGER NOT NULL, chain INTEGER NOT NULL,"
    "  request INTEGER NOT NULL, op BLOB NOT NULL);"
    "CREATE UNIQUE INDEX tx_hash ON tx(hash);"
    "CREATE INDEX tx_block ON tx(block);"
    "CREATE INDEX tx_account ON tx(account, seq);"
    "CREATE UNIQUE INDEX tx_request ON tx(chain, request) WHERE chain > 0;"
    "CREATE TABLE request("
    "  chain INTEGER NOT NULL, idx INTEGER NOT NULL, words BLOB NOT NULL,"
    "  l1_block INTEGER NOT NULL, l1_tx BLOB NOT NULL, deadline INTEGER NOT NULL,"
    "  PRIMARY KEY(chain, idx)) WITHOUT ROWID;"
    "CREATE TABLE block("
    "  number INTEGER PRIMARY KEY, timestamp INTEGER NOT NULL, n_ops INTEGER NOT NULL,"
    "  hash BLOB NOT NULL, header BLOB NOT NULL, log BLOB NOT NULL, sealed_at INTEGER NOT NULL,"
    "  proof BLOB, sync_hash BLOB, prove_ms INTEGER, cells INTEGER);"
    "CREATE TABLE chain_block("
    "  block INTEGER NOT NULL REFERENCES block(number), chain INTEGER NOT NULL,"
    "  n_entries INTEGER NOT NULL, outbox BLOB NOT NULL, key_signatures BLOB NOT NULL,"
    "  stage INTEGER NOT NULL DEFAULT 0,"
    "  tx0 BLOB, gas0 INTEGER NOT NULL DEFAULT 0, calldata0 INTEGER NOT NULL DEFAULT 0,"
    "  tx1 BLOB, gas1 INTEGER NOT NULL DEFAULT 0, calldata1 INTEGER NOT NULL DEFAULT 0,"
    "  tx2 BLOB, gas2 INTEGER NOT NULL DEFAULT 0, calldata2 INTEGER NOT NULL DEFAULT 0,"
    "  PRIMARY KEY(block, chain));"
    "CREATE INDEX chain_block_stage ON chain_block(chain, stage, block);"
    "CREATE TABLE leaf("
    "  account INTEGER NOT NULL, slot INTEGER NOT NULL, tag INTEGER NOT NULL,"
    "  fields BLOB NOT NULL, PRIMARY KEY(account, slot)) WITHOUT ROWID;"
    "CREATE TABLE watch(chain INTEGER PRIMARY KEY, block INTEGER NOT NULL, hash BLOB NOT NULL);"
    "CREATE TABLE token("
    "  chain INTEGER NOT NULL, idx INTEGER NOT NULL, address BLOB NOT NULL, symbol TEXT NOT NULL,"
    "  decimals INTEGER NOT NULL, PRIMARY KEY(chain, idx)) WITHOUT ROWID;"
    "CREATE TABLE l1_tx("
    "  id INTEGER PRIMARY KEY AUTOINCREMENT, chain INTEGER NOT NULL, kind TEXT NOT NULL,"
    "  block INTEGER NOT NULL, address BLOB NOT NULL, data BLOB NOT NULL, gas INTEGER NOT NULL,"
    "  nonce INTEGER, state INTEGER NOT NULL, gas_used INTEGER, error TEXT);"
    "CREATE INDEX l1_tx_state ON l1_tx(chain, state, id);"
    "CREATE TABLE l1_send("
    "  id INTEGER PRIMARY KEY AUTOINCREMENT, tx INTEGER NOT NULL REFERENCES l1_tx(id),"
    "  hash BLOB NOT NULL, raw BLOB NOT NULL, max_fee BLOB NOT NULL, priority_fee BLOB NOT NULL,"
    "  sent_at_ms INTEGER NOT NULL);"
    "CREATE INDEX l1_send_tx ON l1_send(tx, id);",
    /* 1 -> 2: senders with several keys and with native coins; payouts by sequence */
    "ALTER TABLE l1_tx ADD COLUMN lane INTEGER NOT NULL DEFAULT 0;"
    "ALTER TABLE l1_tx ADD COLUMN value BLOB NOT NULL DEFAULT "
    "x'0000000000000000000000000000000000000000000000000000000000000000';"
    "CREATE INDEX tx_type ON tx(type, seq);",
    /* 2 -> 3: proved blocks can be taken back */
    "CREATE TABLE leaf_undo("
    "  block INTEGER NOT NULL, account INTEGER NOT NULL, slot INTEGER NOT NULL,"
    "  tag INTEGER NOT NULL, fields BLOB NOT NULL, PRIMARY KEY(block, account, slot))"
    "  WITHOUT ROWID;"
    "INSERT INTO meta(key, value) SELECT 'final_block', ifnull(max(number), 0) FROM block"
    "  WHERE proof IS NOT NULL;",
    /* 3 -> 4: transactions of blocks that were taken back wait for their second try; those that it
     * refused stay, with the reason */
    "CREATE TABLE requeued("
    "  id INTEGER PRIMARY KEY AUTOINCREMENT, hash BLOB NOT NULL, op BLOB NOT NULL,"
    "  epoch INTEGER NOT NULL, reason TEXT);"
    "CREATE INDEX requeued_hash ON requeued(hash);",
};

const size_t store_migrations_n = sizeof store_migrations / sizeof *store_migrations;
