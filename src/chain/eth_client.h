/* Ethereum JSON-RPC of one chain, over one or several endpoints: a call goes to the endpoint that
 * answered last; if it cannot be reached or talks nonsense, to the next. All answers are decoded
 * here, bounded and strict. A client belongs to one thread at a time. */
#ifndef ZKLINK_CHAIN_ETH_CLIENT_H
#define ZKLINK_CHAIN_ETH_CLIENT_H

#include "base/json.h"

enum {
    ETH_MAX_ENDPOINTS = 8,
    ETH_MAX_TOPICS = 4,
    ETH_MAX_LOG_DATA = 1 << 16,
    ETH_MAX_TX_INPUT = 1 << 22
};

struct eth_block {
    uint64_t number, timestamp;
    uint8_t hash[32], parent[32];
    u128 base_fee_wei;
};

struct eth_log {
    uint8_t address[EVM_ADDRESS_LEN];
    uint8_t topics[ETH_MAX_TOPICS][32];
    unsigned n_topics;
    uint8_t *data; /* owned by the eth_logs */
    size_t data_len;
    uint64_t block_number, log_index;
    uint8_t block_hash[32], tx_hash[32];
};
struct eth_logs {
    struct eth_log *log;
    size_t n;
};
void eth_logs_free(struct eth_logs *logs);
/* Reads the answer of eth_getLogs: at most max logs, none of them `removed`. */
int eth_logs_parse(const json_t *answer, size_t max, struct eth_logs *logs, struct err *err);

struct eth_receipt {
    bool success;
    uint64_t block_number, gas_used;
    u128 gas_price_wei;
    uint8_t block_hash[32];
    bool has_contract;
    uint8_t contract[EVM_ADDRESS_LEN];
};

/* A transaction's receiver and calldata. */
struct eth_transaction {
    bool creates; /* a contract: `to` is not used */
    uint8_t to[EVM_ADDRESS_LEN];
    struct buf input;
};
void eth_transaction_free(struct eth_transaction *tx);

struct eth_call_args {
    const uint8_t *from; /* 20 bytes, or NULL */
    const uint8_t *to;   /* 20 bytes, or NULL for a creation */
    const uint8_t *data;
    size_t data_len;
    u128 value_wei;
};

struct eth_client;
/* name (such as "chain 1") stands in every error text; name and urls are copied. */
struct eth_client *eth_client_new(const char *name, const char *const *urls, size_t n_urls,
                                  long timeout_ms, struct err *err);
void eth_client_free(struct eth_client *c);

/* Goes to the next endpoint from now on: this one is not to be believed. */
void eth_client_next(struct eth_client *c);

/* ERR_MISMATCH if any endpoint that answers is on another chain; ERR_NETWORK if none answers. */
int eth_check_chain_id(struct eth_client *c, uint64_t chain_id, struct err *err);

int eth_block_number(struct eth_client *c, uint64_t *number, struct err *err);
/* ERR_NOT_FOUND if the endpoint does not have it. */
int eth_get_block(struct eth_client *c, uint64_t number, struct eth_block *block, struct err *err);
int eth_get_latest(struct eth_client *c, struct eth_block *block, struct err *err);
/* Logs of a contract in blocks from..to, at most max. */
int eth_get_logs(struct eth_client *c, const uint8_t address[EVM_ADDRESS_LEN], uint64_t from,
                 uint64_t to, size_t max, struct eth_logs *logs, struct err *err);
/* Appends the returned bytes to out. A revert is ERR_REMOTE with its reason decoded in the text.
 * block: a height, or UINT64_MAX for the latest. */
int eth_call(struct eth_client *c, const struct eth_call_args *args, uint64_t block,
             struct buf *out, struct err *err);
int eth_estimate_gas(struct eth_client *c, const struct eth_call_args *args, uint64_t *gas,
                     struct err *err);
/* The number of transactions of an address: in the latest block, or with those pending. */
int eth_get_nonce(struct eth_client *c, const uint8_t address[EVM_ADDRESS_LEN], bool pending,
                  uint64_t *nonce, struct err *err);
int eth_get_balance(struct eth_client *c, const uint8_t address[EVM_ADDRESS_LEN], u128 *wei,
                    struct err *err);
int eth_max_priority_fee(struct eth_client *c, u128 *wei, struct err *err);
int eth_get_code_size(struct eth_client *c, const uint8_t address[EVM_ADDRESS_LEN], size_t *size,
                      struct err *err);
/* keccak of the code at an address (of nothing if there is none). */
int eth_get_code_hash(struct eth_client *c, const uint8_t address[EVM_ADDRESS_LEN],
                      uint8_t hash[32], struct err *err);
int eth_get_storage(struct eth_client *c, const uint8_t address[EVM_ADDRESS_LEN],
                    const uint8_t slot[32], uint8_t value[32], struct err *err);
int eth_send_raw(struct eth_client *c, const uint8_t *raw, size_t len, struct err *err);
/* ERR_NOT_FOUND if the transaction is in no block (yet). */
int eth_get_receipt(struct eth_client *c, const uint8_t hash[32], struct eth_receipt *receipt,
                    struct err *err);
/* ERR_NOT_FOUND if the endpoint does not have it. Release with eth_transaction_free. */
int eth_get_transaction(struct eth_client *c, const uint8_t hash[32], struct eth_transaction *tx,
                        struct err *err);
/* True in *known if the endpoint has the transaction, mined or pending. */
int eth_knows_transaction(struct eth_client *c, const uint8_t hash[32], bool *known,
                          struct err *err);

#endif
