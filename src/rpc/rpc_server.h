/* JSON-RPC 2.0: from a request body to an answer body. Batches, notifications and all errors of
 * the specification; no I/O, so that it can be tested and fuzzed by itself. */
#ifndef ZKLINK_RPC_RPC_SERVER_H
#define ZKLINK_RPC_RPC_SERVER_H

#include "base/json.h"

enum rpc_error_code {
    RPC_PARSE_ERROR = -32700,
    RPC_INVALID_REQUEST = -32600,
    RPC_METHOD_NOT_FOUND = -32601,
    RPC_INVALID_PARAMS = -32602,
    RPC_INTERNAL_ERROR = -32603,
};

struct rpc_error {
    int code;
    char message[600];
    const char *reason; /* a short fixed name for programs, put into error.data; NULL for none */
};

/* Sets error; returns NULL for `return rpc_fail(...)`. */
void *rpc_fail(struct rpc_error *error, int code, const char *reason, const char *fmt, ...)
    __attribute__((format(printf, 4, 5)));

/* A method: `begin` does what needs no waiting, `finish` waits and makes the result. A batch begins
 * all its calls, in order, before it finishes the first, so they share one commit. A method without
 * waiting has `finish` alone, and its job is NULL. params is an array or an object, borrowed.
 * begin: NULL and error set if it fails. finish: the result, owned by the caller, or NULL and error
 * set; it is called exactly once for each job that begin made. */
struct rpc_route {
    const char *name;
    void *(*begin)(void *ctx, const json_t *params, struct rpc_error *error);
    json_t *(*finish)(void *ctx, void *job, const json_t *params, struct rpc_error *error);
};

struct rpc_service {
    const struct rpc_route *routes;
    size_t n_routes;
    void *ctx;
    size_t max_batch;
};

/* The answer, for free(); NULL if there is nothing to answer (notifications only). */
char *rpc_answer(const struct rpc_service *s, const void *body, size_t len);

/* Params by position or by name: element i of an array, or the field of an object; NULL if absent.
 */
const json_t *rpc_param(const json_t *params, size_t i, const char *name);

#endif
