/* Who and what: chains, tokens, account ids, owners, fees, and their packed forms.
 *
 *   token  40 bits: chain * 2^32 + index. Chain 0 exists on L2 only: LP shares, index = pool
 * account. owner 168 bits: authority * 2^160 + address. Authority 0 = any chain. fee    35 bits:
 * mant 32 | exp 3, the amount mant * 2^(8 exp) (below 2^88). */
#ifndef ZKLINK_ROLLUP_IDS_H
#define ZKLINK_ROLLUP_IDS_H

#include "rollup/amount.h"

enum {
    ACCOUNT_BITS = 28,
    SLOT_BITS = 8,
    SLOTS = 256,
    CHAIN_BITS = 8,
    TOKEN_BITS = 40,
    FEE_MANT_BITS = 32,
    FEE_EXP_BITS = 3,
    NONCE_BITS = 32,
    VALID_UNTIL_BITS = 40, /* the message has room for 48 */
    POOL_FEE_BITS = 16,
    DEADLINE_BITS = 40,
    QUEUE_INDEX_BITS = 40,
    OUTCOME_BITS = 2,
    BROKER_BITS = 24,
    EXCLUSIVE_BITS = 34,
    POOL_FEE_UNIT = 10000, /* pool fees count 1/10000 */
    ADDRESS_LEN = 20,
    CHAINS_MAX = 16
};
#define ACCOUNT_LIMIT (UINT32_C(1) << ACCOUNT_BITS) /* account ids are below it */
#define FEE_ACCOUNT_GENESIS UINT32_C(1)

typedef uint32_t account_id;
typedef uint64_t token_id;
#define TOKEN_UNKNOWN UINT64_MAX /* a token that the log does not tell; not a token */

static inline token_id token_make(uint8_t chain, uint32_t index) {
    return (token_id)chain << 32 | index;
}
static inline uint8_t token_chain(token_id t) {
    return (uint8_t)(t >> 32);
}
static inline uint32_t token_index(token_id t) {
    return (uint32_t)t;
}
/* The LP shares of a pool. */
static inline token_id token_of_pool(account_id pool) {
    return pool;
}

struct owner {
    uint8_t authority;
    uint8_t address[ADDRESS_LEN];
};
bool owner_eq(const struct owner *a, const struct owner *b);
void owner_to_fr(fr *out, const struct owner *o);
/* False, *out zero, if v has more than 168 bits. */
ROLLUP_MUST_USE bool owner_from_fr(struct owner *out, const fr *v);
bool address_is_zero(const uint8_t address[ADDRESS_LEN]);
void address_to_fr(fr *out, const uint8_t address[ADDRESS_LEN]);
ROLLUP_MUST_USE bool address_from_fr(uint8_t address[ADDRESS_LEN], const fr *v);

struct fee {
    uint32_t mant;
    uint8_t exp; /* 0..7 */
};
struct amount fee_value(struct fee f);
/* The smallest fee that is at least `a`; false, *out zero, if a is above all fees. */
ROLLUP_MUST_USE bool fee_from_amount(struct fee *out, struct amount a);

/* The connected chains in the order of the header. */
struct chain_list {
    unsigned n;                  /* <= CHAINS_MAX */
    uint8_t chain[CHAINS_MAX];   /* 1..255, distinct */
    uint64_t evm_id[CHAINS_MAX]; /* EIP-155 chain ids */
};
/* Position of a chain number, or -1. */
int chain_list_find(const struct chain_list *l, uint8_t chain);
/* 1..CHAINS_MAX chains, numbers from 1, distinct. */
bool chain_list_check(const struct chain_list *l);
/* keccak( for each chain: chain number word | EVM chain id word ). */
void chain_list_hash(uint8_t out[32], const struct chain_list *l);

#endif
