/* The node: sequencer, API, chain threads and prover, put together.
 *
 *     clients --JSON-RPC--> http_server -> api -> sequencer -> database
 *                                                     |  sealed blocks
 *     chains <--JSON-RPC--> chain_worker (one each)   v
 *                 ^  ^---- proofs ------------- prove_worker
 *                 '------- signatures ---- oracles
 *
 * All that they share is the database; each part can be killed at any moment and goes on from it.
 */
#ifndef ZKLINK_NODE_NODE_H
#define ZKLINK_NODE_NODE_H

#include "config/config.h"
#include "config/deployment.h"
#include "node/prove_worker.h"
#include "rollup/block.h"
#include "rpc/rpc_server.h"

struct node;

struct node_config {
    const struct config *config; /* borrowed, as all pointers */
    const struct deployment *deployment;
    const struct instance *instance;
    const struct genesis *genesis;
    struct block_prover prover;
    /* Blocks that a chain took back, from revert_number on (0: none), and the epoch that began with
     * it: taken back in the database before anything starts. */
    uint64_t revert_number, revert_epoch;
    bool reread; /* read all chains again from the deployment on */
    /* Called once from any thread when the node cannot go on; it is then to be stopped. */
    void (*on_fatal)(void *ctx, const struct err *err);
    void *ctx;
};

/* Takes the data folder (one node at a time), starts everything. */
struct node *node_start(const struct node_config *config, struct err *err);
/* The API's port. */
uint16_t node_port(const struct node *n);
/* The API's methods, for callers in this process; borrowed from the node. */
const struct rpc_service *node_service(const struct node *n);
/* True if it stopped because a chain took blocks back: it is then to be started again with these in
 * its configuration. */
bool node_reverted(struct node *n, uint64_t *number, uint64_t *epoch);
/* Refuses new work, finishes what is under way, frees all. */
void node_stop(struct node *n);

/* The genesis and instance that a deployment file describes; ERR_MISMATCH if it contradicts
 * itself. */
int node_instance(const struct deployment *d, struct genesis *genesis, struct instance *instance,
                  struct err *err);

/* `zklink node`: argv[0] is the subcommand. Returns the exit code. */
int node_main(int argc, char **argv);

#endif
