/* A JSON-RPC 2.0 caller over HTTP. */
#ifndef ZKLINK_RPC_RPC_CLIENT_H
#define ZKLINK_RPC_RPC_CLIENT_H

#include "base/json.h"

struct rpc_client;

/* Copies url. NULL if memory runs out. A client belongs to one thread at a time. */
struct rpc_client *rpc_client_new(const char *url, long timeout_ms);
void rpc_client_free(struct rpc_client *c);
const char *rpc_client_url(const struct rpc_client *c);

/* Calls method; params (array or object, NULL for none) is given up to the call whatever happens.
 * Returns 0 and *result, owned by the caller. ERR_REMOTE if the other side answered with an error:
 * then rpc_client_error_* tell its code and data until the next call. */
int rpc_call(struct rpc_client *c, const char *method, json_t *params, json_t **result,
             struct err *err);
int rpc_client_error_code(const struct rpc_client *c);
const json_t *rpc_client_error_data(const struct rpc_client *c);

#endif
