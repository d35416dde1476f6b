/* libFuzzer target: any bytes as a JSON-RPC request body, with methods that read parameters and one
 * that takes a transaction. Every answer must be JSON of the specified form. Corpus:
 * tests/vectors/fuzz/fuzz_jsonrpc. */
#include "api/tx_json.h"
#include "rpc/rpc_server.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

static json_t *echo(void *ctx, void *job, const json_t *params, struct rpc_error *error) {
    (void)ctx;
    (void)job;
    const json_t *p = rpc_param(params, 0, "value");
    return p != NULL ? json_deep_copy(p)
                     : rpc_fail(error, RPC_INVALID_PARAMS, "INVALID_PARAMS", "no value");
}

/* As far as a transaction goes without a state: what was read is written the same way. */
static json_t *take(void *ctx, void *job, const json_t *params, struct rpc_error *error) {
    struct op op, again;
    struct err err = {0};
    (void)ctx;
    (void)job;
    if (tx_from_json(&op, rpc_param(params, 0, "tx"), &err) != 0) {
        if (err.text[0] == '\0') {
            abort();
        }
        return rpc_fail(error, RPC_INVALID_PARAMS, "INVALID_PARAMS", "%s", err.text);
    }
    json_t *tx = tx_to_json(&op);
    if (tx == NULL || tx_from_json(&again, tx, &err) != 0) {
        abort();
    }
    uint8_t a[OP_BYTES_MAX], b[OP_BYTES_MAX];
    size_t n = op_encode(&op, a, sizeof a);
    if (n == 0 || op_encode(&again, b, sizeof b) != n || memcmp(a, b, n) != 0) {
        abort();
    }
    return tx;
}

static void *begin(void *ctx, const json_t *params, struct rpc_error *error) {
    (void)ctx;
    return json_is_array(params) ? malloc(1) : rpc_fail(error, 200, "NOT_FOUND", "no array");
}

static json_t *finish(void *ctx, void *job, const json_t *params, struct rpc_error *error) {
    (void)ctx;
    (void)params;
    (void)error;
    free(job);
    return json_true();
}

static void check_one(const json_t *answer) {
    const json_t *error = json_object_get(answer, "error");
    const char *version = json_string_value(json_object_get(answer, "jsonrpc"));
    bool has_result = json_object_get(answer, "result") != NULL;
    if (version == NULL || strcmp(version, "2.0") != 0 || has_result == (error != NULL) ||
        json_object_get(answer, "id") == NULL ||
        (error != NULL && (!json_is_integer(json_object_get(error, "code")) ||
                           !json_is_string(json_object_get(error, "message"))))) {
        abort();
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len) {
    static const struct rpc_route routes[] = {
        {"echo", NULL, echo}, {"sendTransaction", NULL, take}, {"wait", begin, finish}};
    static const struct rpc_service service = {.routes = routes, .n_routes = 3, .max_batch = 20};
    char *text = rpc_answer(&service, data, len);
    if (text == NULL) {
        return 0; /* notifications only */
    }
    json_t *answer = json_loads(text, 0, NULL);
    if (json_is_array(answer)) {
        if (json_array_size(answer) == 0) {
            abort();
        }
        for (size_t i = 0; i < json_array_size(answer); i++) {
            check_one(json_array_get(answer, i));
        }
    } else {
        check_one(answer);
    }
    json_decref(answer);
    free(text);
    return 0;
}
