/* Blocks: header, log, outboxes, digests, and the builder that makes them out of operations.
 *
 * Header words (integers big-endian in 32 bytes): 0 instanceId, 1 protocolVersion, 2 vkDigest, 3
 * number, 4 timestamp, 5 feeAccount, 6 oldRoot, 7 newRoot, 8 chainListHash, 9 logDigest, 10
 * logWords, 11 operations, 12 chainCount, then per chain, in the chain list's order: chain,
 * outboxDigest, outboxEntries, firstRequest, endRequest (exclusive), requestsHash.
 *
 *   headerHash     keccak(all words)
 *   logDigest      d = 0; for each piece of at most 3968 words: d = keccak(d | keccak(piece))
 *   outboxDigest   keccak(all entries' words: op, w0, w1, w2, w3)
 *   requestsHash   h = 0; for each request taken from this chain's queue: h = keccak(h |
 * requestHash) syncHash_k     keccak(syncHash_{k-1} | headerHash | keccak(proof)) */
#ifndef ZKLINK_ROLLUP_BLOCK_H
#define ZKLINK_ROLLUP_BLOCK_H

#include "rollup/apply.h"

enum {
    PROTOCOL_VERSION = 1,
    LOG_PIECE_WORDS = 3968,
    HEADER_FIXED_WORDS = 13,
    HEADER_CHAIN_WORDS = 6,
    HEADER_WORDS_MAX = HEADER_FIXED_WORDS + HEADER_CHAIN_WORDS * CHAINS_MAX,
    OUTBOX_ENTRY_WORDS = 5,
    BLOCK_OPS_MAX = 1 << 20 /* bound for decoding */
};

/* What never changes over the life of an instance. */
struct instance {
    uint8_t instance_id[32];
    uint8_t vk_digest[32];
    struct chain_list chains;
    uint8_t chain_list_hash[32];
    fr genesis_root;
    account_id fee_account;
};

struct genesis {
    uint8_t salt[32];
    uint8_t vk_digest[32];
    struct chain_list chains;
    struct owner fee_owner; /* of account 1; authority 0 = any */
};
/* Opens account 1 in an empty state (tree included) and computes the instance. False if the chain
 * list is bad or memory runs out. */
ROLLUP_MUST_USE bool genesis_build(struct instance *out, struct state *s, const struct genesis *g);
/* keccak("zklink.instance.v1" | salt | vkDigest | chainListHash | genesisRoot | feeAccount word) */
void instance_id_compute(uint8_t out[32], const uint8_t salt[32], const uint8_t vk_digest[32],
                         const uint8_t chain_list_hash[32], const fr *genesis_root,
                         account_id fee_account);
/* syncHash_0 = keccak("zklink.sync.v1" | instanceId). */
void sync_hash_genesis(uint8_t out[32], const uint8_t instance_id[32]);
void sync_hash_next(uint8_t out[32], const uint8_t previous[32], const uint8_t header_hash[32],
                    const uint8_t proof_hash[32]);

struct header_chain {
    uint8_t chain;
    uint8_t outbox_digest[32];
    uint64_t outbox_entries;
    uint64_t first_request, end_request;
    uint8_t requests_hash[32];
};
struct block_header {
    uint8_t instance_id[32];
    uint64_t version;
    uint8_t vk_digest[32];
    uint64_t number, timestamp;
    account_id fee_account;
    fr old_root, new_root;
    uint8_t chain_list_hash[32];
    uint8_t log_digest[32];
    uint64_t log_words, operations;
    unsigned n_chains;
    struct header_chain chain[CHAINS_MAX];
};
static inline size_t header_words(const struct block_header *h) {
    return HEADER_FIXED_WORDS + (size_t)HEADER_CHAIN_WORDS * h->n_chains;
}
/* 32 * header_words bytes, returned. */
size_t header_encode(const struct block_header *h, uint8_t out[32 * HEADER_WORDS_MAX]);
ROLLUP_MUST_USE bool header_decode(struct block_header *h, const uint8_t *in, size_t len);
void header_hash(uint8_t out[32], const struct block_header *h);

void log_digest(uint8_t out[32], const fr *words, size_t n);

struct outbox_entry {
    uint64_t op; /* number of the operation in the block */
    fr words[OP_WORDS_MAX];
};
struct outbox {
    struct outbox_entry *entries;
    size_t n, cap;
};
void outbox_digest(uint8_t out[32], const struct outbox_entry *entries, size_t n);
/* 160 bytes per entry. */
void outbox_encode(uint8_t *out, const struct outbox_entry *entries, size_t n);

struct touched_leaf {
    account_id account;
    uint8_t slot;
    struct record before, after;
    uint64_t last_time; /* of its last access: 16 op + k + 1 */
};

/* A sealed block: everything that the chains, the store and the witness need. Owned by whoever
 * holds it; block_release frees it. effects, leaves and tree are the witness's part and may be
 * absent (NULL, 0): a decoded block has them only after block_execute. */
struct block {
    struct block_header header;
    struct op *ops;
    size_t n_ops;
    fr *log;
    size_t n_log;
    struct outbox outbox[CHAINS_MAX]; /* in the header's order */
    struct effect *effects;           /* n_ops */
    struct touched_leaf *leaves;      /* by (account, slot), each once, also those only read */
    size_t n_leaves;
    struct tree_trace tree; /* all nodes above them */
};
void block_release(struct block *b);
/* Frees the witness's part only. */
void block_release_trace(struct block *b);

/* ---- building ---- */

struct block_builder;
struct block_params {
    const struct instance *instance; /* borrowed */
    enum apply_mode mode;
    uint64_t number, timestamp;
    const uint64_t *first_request; /* per chain of the list: the next index of its queue */
};
/* Begins a block on s (borrowed). NULL if memory runs out. */
struct block_builder *block_builder_new(struct state *s, const struct block_params *p);
/* Ends the builder. A block that was not sealed is taken back from the state. */
void block_builder_free(struct block_builder *b);
/* Applies op (resolved) as the block's next operation. *effect, if wanted, is borrowed until the
 * next call. A rejection changes nothing. */
ROLLUP_MUST_USE enum rejection block_add(struct block_builder *b, const struct op *op,
                                         const struct effect **effect);
/* Resolves and applies n transactions (no requests) one after the other: all of them, or, if one is
 * rejected, none. *at (may be NULL) is that one's place. */
ROLLUP_MUST_USE enum rejection block_add_batch(struct block_builder *b, struct op *const *ops,
                                               size_t n, const struct id_policy *ids, size_t *at);
size_t block_builder_ops(const struct block_builder *b);
size_t block_builder_words(const struct block_builder *b);
/* What the block's content takes in the calldata of submitBlock, on the chain where it takes most:
 * 32 bytes a log word, 160 an outbox entry, 224 the ECDSA signature of a key change. */
size_t block_builder_calldata(const struct block_builder *b);
/* The context that block_add uses, for op_resolve. */
const struct block_context *block_builder_context(const struct block_builder *b);

enum block_error {
    BLOCK_OK = 0,
    BLOCK_NO_MEMORY,
    BLOCK_EMPTY,     /* no operation */
    BLOCK_MALFORMED, /* bytes or words that no encoder writes */
    BLOCK_REJECTED,  /* an operation is not valid on this state */
    BLOCK_MISMATCH   /* the result is not what the header says */
};
const char *block_error_text(enum block_error e);
/* Brings the tree up to date and fills *out (header, log, outboxes, and the witness's part). The
 * builder can only be freed afterwards; the state keeps the changes and its undo log. */
ROLLUP_MUST_USE enum block_error block_seal(struct block_builder *b, struct block *out);

/* ---- replaying ---- */

/* Applies the log of a proven block to s and compares every digest, count and the new root with the
 * header (also instance, version, vkDigest, chain list, fee account, old root). On error s is as
 * before. *out (may be NULL) receives the block with its trace. at (may be NULL): the operation
 * that failed. Number and timestamp are not
 * checked: they are the caller's to compare with the block before. */
ROLLUP_MUST_USE enum block_error block_replay(struct state *s, const struct instance *instance,
                                              const struct block_header *header, const fr *log,
                                              size_t n_log, struct block *out, size_t *at);
/* Executes a decoded block again in sequencer mode (with the signed fields): fills its log,
 * outboxes and trace, and compares with its header as block_replay does. */
ROLLUP_MUST_USE enum block_error block_execute(struct state *s, const struct instance *instance,
                                               struct block *b, size_t *at);

/* Storage: header and operations; canonical. *out is malloc'ed. */
ROLLUP_MUST_USE bool block_encode(const struct block *b, uint8_t **out, size_t *len);
ROLLUP_MUST_USE enum block_error block_decode(struct block *out, const uint8_t *in, size_t len);

#endif
