/* What the node must not lose, in one database:
 *
 *   tx          every accepted operation in order, signed ones and L1 requests alike; a row is
 *               committed before its sender is told. Each stands in a block from the start: the one
 *               that was open when it was accepted.
 *   request     requests read from the chains' queues, final ones only
 *   block       sealed blocks: header, log, later the proof
 *   chain_block what a block means for one chain: outbox, key signatures, how far it got there
 *   leaf        the state's records as of the last PROVED block: from there the sealed blocks and
 *               the open one are executed again at start
 *   l1_tx/l1_send  transactions to the chains: an intent is committed before anything is signed, a
 *               signed transaction before it is sent
 *   watch       how far each chain was read, with that block's hash
 *   token, meta
 *
 * Functions return 0, or -1 and err. ERR_NOT_FOUND where something single is asked for and missing.
 * Functions that add or change rows stand in the caller's transaction, or are one by themselves.
 * One handle serves one thread at a time. */
#ifndef ZKLINK_STORE_STORE_H
#define ZKLINK_STORE_STORE_H

#include "base/bytes.h"
#include "base/err.h"

struct store;
struct db;

/* quick: without the check of the whole file; for further handles of a file that is open. */
struct store *store_open(const char *path, bool quick, struct err *err);
void store_close(struct store *s);
int store_begin(struct store *s, struct err *err);
int store_commit(struct store *s, struct err *err);
void store_rollback(struct store *s);

int store_get_meta(struct store *s, const char *key, struct buf *value, struct err *err);
int store_set_meta(struct store *s, const char *key, const void *value, size_t len,
                   struct err *err);
/* A number; 0 if it is not there. */
int store_get_number(struct store *s, const char *key, uint64_t *v, struct err *err);
int store_set_number(struct store *s, const char *key, uint64_t v, struct err *err);

/* ---- accepted operations ---- */

struct store_tx {
    uint64_t seq; /* from 1, without gaps */
    uint8_t hash[32];
    uint64_t block, block_timestamp, accepted_at; /* seconds since 1970 */
    unsigned type;
    uint32_t account;
    uint64_t nonce;
    unsigned chain;    /* of a request, else 0 */
    uint64_t request;  /* its index in the chain's queue */
    const uint8_t *op; /* as op_encode wrote it */
    size_t op_len;
};
typedef int store_tx_fn(void *ctx, const struct store_tx *tx, struct err *err);

int store_add_tx(struct store *s, const struct store_tx *tx, struct err *err);
/* The one with this hash; tx->op is kept in op_copy. */
int store_find_tx(struct store *s, const uint8_t hash[32], struct store_tx *tx, struct buf *op_copy,
                  struct err *err);
/* The one that took a chain's request. */
int store_find_request_tx(struct store *s, unsigned chain, uint64_t request, struct store_tx *tx,
                          struct buf *op_copy, struct err *err);
/* Sequence number of a block's first operation; ERR_NOT_FOUND if it has none. */
int store_block_first_seq(struct store *s, uint64_t block, uint64_t *seq, struct err *err);
/* All of blocks from..to in order; ends early when f returns other than 0, with that result. */
int store_each_tx(struct store *s, uint64_t from_block, uint64_t to_block, store_tx_fn *f,
                  void *ctx, struct err *err);
/* Of two types with from < seq <= to, in order, at most limit. */
int store_each_tx_of_types(struct store *s, const unsigned types[2], uint64_t from, uint64_t to,
                           unsigned limit, store_tx_fn *f, void *ctx, struct err *err);
/* Newest first, at most limit, of one account. */
int store_account_txs(struct store *s, uint32_t account, uint64_t before_seq, unsigned limit,
                      store_tx_fn *f, void *ctx, struct err *err);
int store_last_seq(struct store *s, uint64_t *seq, struct err *err);
/* The index of the chain's first request that is in no block yet. */
int store_next_taken(struct store *s, unsigned chain, uint64_t *index, struct err *err);

/* ---- taken back ---- */

/* Puts all transactions (not requests) of blocks from `from` on aside for a second try. */
int store_requeue(struct store *s, uint64_t from, uint64_t epoch, struct err *err);
typedef int store_requeued_fn(void *ctx, int64_t id, const uint8_t hash[32], const uint8_t *op,
                              size_t op_len, struct err *err);
/* Those that wait, in their old order. */
int store_each_requeued(struct store *s, store_requeued_fn *f, void *ctx, struct err *err);
/* The second try's end: reason NULL if it was accepted (it is then forgotten here). */
int store_end_requeued(struct store *s, int64_t id, const char *reason, struct err *err);
/* Why a transaction that was accepted once is in no block any more; ERR_NOT_FOUND if that is not
 * so. "" while it waits. */
int store_requeued_reason(struct store *s, const uint8_t hash[32], char reason[100],
                          struct err *err);
/* Forgets how far the chains were read, and all requests that are in no block: everything is read
 * again. */
int store_reread_chains(struct store *s, struct err *err);

/* ---- requests ---- */

struct store_request {
    unsigned chain;
    uint64_t index;
    uint8_t words[4][32];
    uint64_t l1_block, deadline;
    uint8_t l1_tx[32];
};
typedef int store_request_fn(void *ctx, const struct store_request *r, struct err *err);
int store_add_request(struct store *s, const struct store_request *r, struct err *err);
/* The stored request of an index: ERR_NOT_FOUND if there is none. */
int store_get_request(struct store *s, unsigned chain, uint64_t index, struct store_request *r,
                      struct err *err);
/* All requests of the chain below `below` may wait until `deadline` at least. */
int store_extend_requests(struct store *s, unsigned chain, uint64_t below, uint64_t deadline,
                          struct err *err);
int store_count_requests(struct store *s, unsigned chain, uint64_t *n, struct err *err);
int store_each_request(struct store *s, unsigned chain, uint64_t from, unsigned limit,
                       store_request_fn *f, void *ctx, struct err *err);

/* ---- blocks ---- */

struct store_block {
    uint64_t number, timestamp, n_ops;
    uint8_t hash[32];       /* headerHash */
    struct buf header, log; /* words */
    bool proved;
    uint8_t sync_hash[32]; /* once proved */
    struct buf proof;
    uint64_t prove_ms, cells, sealed_at;
};
void store_block_free(struct store_block *b);
int store_add_block(struct store *s, const struct store_block *b, struct err *err);
int store_set_proof(struct store *s, uint64_t number, const uint8_t *proof, size_t len,
                    const uint8_t sync_hash[32], uint64_t prove_ms, uint64_t cells,
                    struct err *err);
/* b is emptied first; heavy: also header, log and proof. */
int store_get_block(struct store *s, uint64_t number, bool heavy, struct store_block *b,
                    struct err *err);
/* Replaces the key signatures of a block's part for a chain. */
int store_set_key_signatures(struct store *s, uint64_t block, unsigned chain, const uint8_t *data,
                             size_t len, struct err *err);
/* Numbers of the last sealed and the last proved block; 0 if there is none. */
int store_last_block(struct store *s, uint64_t *sealed, uint64_t *proved, struct err *err);

enum store_stage { STAGE_NONE, STAGE_PROVED, STAGE_CONFIRMED, STAGE_EXECUTED };

struct store_chain_block {
    uint64_t block;
    unsigned chain;
    uint64_t n_entries;
    struct buf outbox;         /* words */
    struct buf key_signatures; /* 8 bytes validUntil, 65 bytes signature, each */
    enum store_stage stage;    /* by final blocks of the chain */
    /* Our transactions there: 0 submit, 1 confirm, 2 execute. A confirmation covers blocks before
     * its own too: those have its hash, and gas 0. */
    struct store_settlement {
        bool done;
        uint8_t tx[32];
        uint64_t gas, calldata; /* calldata in bytes */
    } settlement[3];
};
void store_chain_block_free(struct store_chain_block *b);
int store_add_chain_block(struct store *s, const struct store_chain_block *b, struct err *err);
int store_get_chain_block(struct store *s, uint64_t block, unsigned chain, bool heavy,
                          struct store_chain_block *b, struct err *err);
/* Raises the stage of all blocks up to `block` on a chain; never lowers one. */
int store_raise_stage(struct store *s, unsigned chain, uint64_t block, enum store_stage stage,
                      struct err *err);
/* kind as in settlement. Confirmations are noted for all blocks up to `block` without one. */
int store_add_settlement(struct store *s, unsigned chain, uint64_t block, unsigned kind,
                         const uint8_t tx[32], uint64_t gas, uint64_t calldata, struct err *err);
/* The highest block that has reached a stage on a chain; 0 if none. */
int store_stage_number(struct store *s, unsigned chain, enum store_stage stage, uint64_t *number,
                       struct err *err);

/* ---- state records ---- */

typedef int store_leaf_fn(void *ctx, uint32_t account, unsigned slot, unsigned tag,
                          const uint8_t fields[128], struct err *err);
/* tag 0 removes. */
int store_put_leaf(struct store *s, uint32_t account, unsigned slot, unsigned tag,
                   const uint8_t fields[128], struct err *err);
/* What a record was before a block changed it, so that the block can be taken back. */
int store_put_undo(struct store *s, uint64_t block, uint32_t account, unsigned slot, unsigned tag,
                   const uint8_t fields[128], struct err *err);
/* Forgets it for all blocks up to this one: they are final. */
int store_prune_undo(struct store *s, uint64_t block, struct err *err);
/* Takes back all blocks from `from` on, and the operations after the last block: the records are
 * those of block from - 1 again, if it was proved. ERR_CORRUPT if what was there before is not
 * known any more. In the caller's transaction. */
int store_take_back(struct store *s, uint64_t from, struct err *err);
int store_each_leaf(struct store *s, store_leaf_fn *f, void *ctx, struct err *err);

/* ---- chains ---- */

/* ERR_NOT_FOUND if the chain was never read. */
int store_get_watch(struct store *s, unsigned chain, uint64_t *block, uint8_t hash[32],
                    struct err *err);
int store_set_watch(struct store *s, unsigned chain, uint64_t block, const uint8_t hash[32],
                    struct err *err);

struct store_token {
    unsigned chain;
    uint32_t index;
    uint8_t address[20];
    char symbol[24];
    unsigned decimals;
};
typedef int store_token_fn(void *ctx, const struct store_token *t, struct err *err);
/* Adds or replaces. */
int store_put_token(struct store *s, const struct store_token *t, struct err *err);
int store_each_token(struct store *s, store_token_fn *f, void *ctx, struct err *err);

/* The database below, for the tables of l1_tx.h. Borrowed. */
struct db *store_db(struct store *s);

#endif
