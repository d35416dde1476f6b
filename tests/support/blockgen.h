/* Blocks for tests and benchmarks: a world of two chains with accounts, keys, balances and a pool,
 * and random, properly signed operations on it. Deterministic for a seed. Failures of set-up
 * (memory) and impossible requests abort: this is not library code. */
#ifndef ZKLINK_TESTS_BLOCKGEN_H
#define ZKLINK_TESTS_BLOCKGEN_H

#include "rollup/block.h"

enum { BLOCKGEN_TOKENS = 4, BLOCKGEN_FEE_MANT_MAX = 1000 };

struct blockgen_account {
    account_id id;
    struct schnorr_key key;
};

struct blockgen {
    struct state *state;
    struct instance instance;
    uint64_t rng;
    struct blockgen_account *accounts; /* [0] is the fee account; all have keys */
    size_t n_accounts;
    token_id tokens[BLOCKGEN_TOKENS]; /* of chains 1, 2, 1, 2, ascending */
    account_id pool;                  /* of tokens[0] and tokens[1], fee 0.3% */
    account_id stable_pool;           /* of the same two, fee 0.04% */
    account_id *pools;                /* all, the ones made by operations too */
    size_t n_pools;
    bool consecutive; /* account ids, instead of random in 2^28 */
    uint64_t number, timestamp, n_requests;
    uint64_t first_request[CHAINS_MAX];
};

struct blockgen *blockgen_new(uint64_t seed, size_t n_accounts, bool consecutive);
void blockgen_free(struct blockgen *g);
uint64_t blockgen_random(struct blockgen *g);

/* The next block: n swaps by n different accounts, in both directions; n < n_accounts. */
void blockgen_swaps(struct blockgen *g, size_t n, struct block *out);
/* The next block: half of it swaps as in blockgen_swaps, a quarter swaps on the stable pool, a
 * quarter random operations of all types; n < n_accounts. */
void blockgen_trades(struct blockgen *g, size_t n, struct block *out);
/* The next block: n random operations of all types, with what contracts may ask for in vain. */
void blockgen_mixed(struct blockgen *g, size_t n, struct block *out);

/* A type that blocks can have. */
bool blockgen_has(enum op_type type);
/* One random operation of a type, resolved and signed, for the state as it is; false if this draw
 * is not possible (try again). Type 9 becomes 8 where the pool is empty. */
bool blockgen_op(struct blockgen *g, enum op_type type, const struct block_context *ctx,
                 struct op *op);
/* To be told of each operation that was added: notes the pools. */
void blockgen_note(struct blockgen *g, const struct op *op);
/* The next block's builder, and its end. */
struct block_builder *blockgen_begin(struct blockgen *g);
void blockgen_seal(struct blockgen *g, struct block_builder *b, struct block *out);
/* A resolved operation's signature anew, after a field was changed; account as in op->account. */
void blockgen_sign(struct blockgen *g, struct op *op);

#endif
