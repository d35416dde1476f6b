/* The node's JSON-RPC methods (docs/api.md). */
#ifndef ZKLINK_NODE_API_H
#define ZKLINK_NODE_API_H

#include "node/chain_worker.h"
#include "node/sequencer.h"
#include "rpc/rpc_server.h"

struct api_config {
    const struct config *config;
    const struct deployment *deployment;
    const struct instance *instance;
    const struct eth_key *operator_key;
    const char *db_path;
    struct sequencer *sequencer;
    struct chain_worker *const *chains; /* as many as the instance has */
    /* Fills text with what is wrong with the node itself; true if something is. */
    bool (*problem)(void *ctx, char text[600]);
    void *ctx;
};

struct api;
struct api *api_new(const struct api_config *config, struct err *err);
void api_free(struct api *a);
/* Borrowed from the api; may be used from many threads at once. */
const struct rpc_service *api_service(const struct api *a);

#endif
