/* Everything between the node and one chain, in one thread:
 *
 *   reads   final events into the database: requests, tokens, how far blocks got
 *   writes  the next transaction that the contract waits for: executeBlock, confirmBlocks (once a
 *           quorum of oracles has signed), submitBlock. What comes next is always asked of the
 *           contract itself, so after a crash, a refusal or a reorganisation it just goes on.
 *
 * An endpoint that fails is tried again for ever; what cannot be solved by waiting (a
 * reorganisation deeper than the depth, another block than ours on the chain, a wrong chain id)
 * halts this chain's thread until a person has looked: nothing is lost, the others go on.
 *
 * Epochs. When oracles have taken unconfirmed blocks back on a chain, its events say so. The first
 * chain that says it makes the node take the blocks back; from then on the node is in the new
 * epoch, and a chain that is still in an older one is read, but sent nothing, until the Revert has
 * come there too (a relay brings it). */
#ifndef ZKLINK_NODE_CHAIN_WORKER_H
#define ZKLINK_NODE_CHAIN_WORKER_H

#include "chain/eth_key.h"
#include "config/config.h"
#include "config/deployment.h"
#include "rollup/block.h"

struct chain_worker_config {
    const struct config *config;
    const struct chain_config *chain;
    const struct deployed_chain *deployed;
    const struct instance *instance;
    const struct eth_key *operator_key;
    const char *db_path;
    unsigned position;              /* in the chain list */
    uint64_t fee_validity_ms;       /* over which the lowest gas price is kept */
    void (*on_requests)(void *ctx); /* new final requests are in the database */
    /* The chain took back all unconfirmed blocks from `number` on; it is in this epoch now. The
     * node must do the same before this chain's worker goes on. */
    void (*on_reverted)(void *ctx, uint64_t number, uint64_t epoch);
    /* All final events are in the database, for the first time since the start. */
    void (*on_caught_up)(void *ctx, unsigned position);
    void *ctx;
};

struct chain_status {
    uint64_t height, final_height;
    bool halted;
    char problem[600]; /* empty if all is well */
    uint64_t pending_requests;
};

struct chain_worker;
/* Also checks the chain, if it can be reached: ERR_MISMATCH if it is not the one that configuration
 * and deployment mean, or the operator's key is not the contract's. */
struct chain_worker *chain_worker_start(const struct chain_worker_config *config, struct err *err);
/* A proof is there: look at once. */
void chain_worker_notify(struct chain_worker *w);
void chain_worker_status(struct chain_worker *w, struct chain_status *status);
/* Gas prices in wei: the one seen last, and the lowest of the last node.fee_validity_s seconds; 0
 * if none was seen yet. */
void chain_worker_gas_price(struct chain_worker *w, u128 *last, u128 *low);
void chain_worker_stop(struct chain_worker *w);

#endif
