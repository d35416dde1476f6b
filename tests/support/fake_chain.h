/* A chain that does what a test tells it, behind a real JSON-RPC server on loopback: it mines,
 * reorganises, lies, loses transactions. Enough of Ethereum for client, watcher and sender. */
#ifndef ZKLINK_TESTS_FAKE_CHAIN_H
#define ZKLINK_TESTS_FAKE_CHAIN_H

#include "chain/eth_client.h"

enum { FAKE_MAX_BLOCKS = 4096, FAKE_MAX_LOGS = 512, FAKE_MAX_TXS = 64 };

struct fake_tx {
    uint8_t hash[32];
    uint64_t nonce; /* that the sender had when it came */
    uint64_t block; /* 0: in the pool */
    bool dropped;   /* forgotten by the pool */
    bool success;
};

struct fake_chain;
/* Starts with the blocks 0..height. */
struct fake_chain *fake_chain_new(uint64_t chain_id, uint64_t height);
void fake_chain_free(struct fake_chain *c);
const char *fake_chain_url(const struct fake_chain *c);

/* Adds n blocks; transactions in the pool go into the first. */
void fake_chain_mine(struct fake_chain *c, unsigned n);
/* Replaces the newest n blocks (and their logs) by as many others. */
void fake_chain_reorganise(struct fake_chain *c, unsigned n);
/* Cuts the chain to height: an endpoint that is behind. */
void fake_chain_cut(struct fake_chain *c, uint64_t height);
/* Adds a log to a block. */
void fake_chain_log(struct fake_chain *c, uint64_t block, const uint8_t address[20],
                    const uint8_t (*topics)[32], unsigned n_topics, const uint8_t *data,
                    size_t len);

/* What the next answers to a method are instead of the right ones: a raw result (JSON text), or an
 * error with data; NULL, NULL: right ones again. */
void fake_chain_answer(struct fake_chain *c, const char *method, const char *result,
                       const char *error_data);
/* What eth_call answers to a selector, hex; one setting for each signature. */
void fake_chain_view(struct fake_chain *c, const char *signature, const char *hex);
/* The code at an address, hex; without it there is none. */
void fake_chain_code(struct fake_chain *c, const uint8_t address[20], const char *hex);
/* What every storage slot of every contract holds; zero at first. */
void fake_chain_storage(struct fake_chain *c, const uint8_t value[32]);
/* Transactions are taken and then forgotten. */
void fake_chain_drop(struct fake_chain *c, bool drop);
/* Transactions stay in the pool while blocks come. */
void fake_chain_hold(struct fake_chain *c, bool hold);
/* Whether mined transactions succeed. */
void fake_chain_fail(struct fake_chain *c, bool fail);
/* As if another program had used the sender's key: its nonce moves on. */
void fake_chain_bump_nonce(struct fake_chain *c);
size_t fake_chain_txs(struct fake_chain *c, struct fake_tx out[FAKE_MAX_TXS]);
/* How often a method was called. */
unsigned fake_chain_calls(struct fake_chain *c, const char *method);

#endif
