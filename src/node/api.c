/* The API's table of methods, and those about the instance itself. */
#include "base/clock.h"
#include "node/api_internal.h"

#include <stdlib.h>
#include <string.h>

enum { MAX_BATCH = 1000 };

bool api_param_u64(const json_t *params, size_t i, const char *name, uint64_t max, uint64_t *v,
                   struct rpc_error *error) {
    const json_t *p = rpc_param(params, i, name);
    struct err err = {0};
    if (p == NULL) {
        return rpc_fail(error, RPC_INVALID_PARAMS, "INVALID_PARAMS", "parameter '%s' is missing",
                        name) != NULL;
    }
    json_t *wrapped = json_pack("{s:O}", name, p);
    int rc = wrapped != NULL ? json_get_u64(wrapped, name, max, v, &err) : -1;
    json_decref(wrapped);
    return rc == 0 || rpc_fail(error, RPC_INVALID_PARAMS, "INVALID_PARAMS", "%s", err.text) != NULL;
}

const char *api_param_string(const json_t *params, size_t i, const char *name,
                             struct rpc_error *error) {
    const char *text = json_string_value(rpc_param(params, i, name));
    return text != NULL ? text
                        : rpc_fail(error, RPC_INVALID_PARAMS, "INVALID_PARAMS",
                                   "parameter '%s' must be a string", name);
}

bool api_param_hex(const json_t *params, size_t i, const char *name, uint8_t *out, size_t len,
                   struct rpc_error *error) {
    const char *text = api_param_string(params, i, name, error);
    if (text == NULL) {
        return false;
    }
    return (strncmp(text, "0x", 2) == 0 && hex_decode(out, len, text)) ||
           rpc_fail(error, RPC_INVALID_PARAMS, "INVALID_PARAMS",
                    "parameter '%s' must be 0x and %zu hex digits", name, 2 * len) != NULL;
}

void *api_fail(struct rpc_error *error, const struct err *err) {
    if (err->code == ERR_NOT_FOUND) {
        return rpc_fail(error, API_NOT_FOUND, "NOT_FOUND", "%s", err->text);
    }
    return rpc_fail(error, RPC_INTERNAL_ERROR, NULL, "%s", err->text);
}

static json_t *get_instance(void *ctx, void *job, const json_t *params, struct rpc_error *error) {
    const struct api *a = ctx;
    const struct instance *in = a->config.instance;
    char operator[43];
    uint8_t root[32];
    (void)job;
    (void)params;
    (void)error;
    eth_address_format(operator, a->config.operator_key->address);
    fr_to_be(root, &in->genesis_root);
    return json_pack("{s:o, s:o, s:o, s:I, s:s, s:b, s:I}", "instanceId",
                     json_new_hex(in->instance_id, 32), "vkDigest", json_new_hex(in->vk_digest, 32),
                     "genesisRoot", json_new_hex(root, 32), "feeAccount",
                     (json_int_t)in->fee_account, "operator", operator, "insecureSrs",
                     a->config.deployment->insecure_srs, "timestamp", (json_int_t)clock_now_s());
}

static json_t *get_chains(void *ctx, void *job, const json_t *params, struct rpc_error *error) {
    const struct api *a = ctx;
    json_t *list = json_array();
    (void)job;
    (void)params;
    (void)error;
    for (unsigned i = 0; i < a->config.instance->chains.n; i++) {
        const struct chain_config *c = &a->config.config->chains[i];
        struct chain_status status;
        char contract[43];
        chain_worker_status(a->config.chains[i], &status);
        eth_address_format(contract, a->config.deployment->chains[i].contract);
        json_array_append_new(list,
                              json_pack("{s:i, s:s, s:I, s:s, s:i, s:I, s:I}", "chain", c->number,
                                        "name", c->name, "evmChainId", (json_int_t)c->evm_chain_id,
                                        "contract", contract, "confirmations",
                                        (int)c->confirmations, "height", (json_int_t)status.height,
                                        "finalHeight", (json_int_t)status.final_height));
    }
    return list;
}

static json_t *token_json(const struct store_token *t) {
    char address[43];
    eth_address_format(address, t->address);
    return json_pack("{s:I, s:i, s:I, s:s, s:s, s:i}", "token",
                     (json_int_t)token_make((uint8_t)t->chain, t->index), "chain", (int)t->chain,
                     "index", (json_int_t)t->index, "address", address, "symbol", t->symbol,
                     "decimals", (int)t->decimals);
}

static int add_token(void *ctx, const struct store_token *t, struct err *err) {
    (void)err;
    json_array_append_new(ctx, token_json(t));
    return 0;
}

static json_t *get_tokens(void *ctx, void *job, const json_t *params, struct rpc_error *error) {
    struct api *a = ctx;
    struct err err = {0};
    json_t *list = json_array();
    (void)job;
    (void)params;
    for (unsigned i = 0; i < a->config.instance->chains.n; i++) {
        struct store_token native = {
            .chain = a->config.instance->chains.chain[i], .symbol = "ETH", .decimals = 18};
        json_array_append_new(list, token_json(&native));
    }
    pthread_mutex_lock(&a->store_lock);
    int rc = store_each_token(a->store, add_token, list, &err);
    pthread_mutex_unlock(&a->store_lock);
    if (rc != 0) {
        json_decref(list);
        return api_fail(error, &err);
    }
    return list;
}

static json_t *health(void *ctx, void *job, const json_t *params, struct rpc_error *error) {
    struct api *a = ctx;
    json_t *problems = json_array();
    uint64_t sealed, pending;
    char text[600];
    (void)job;
    (void)params;
    (void)error;
    sequencer_progress(a->config.sequencer, &sealed, &pending);
    if (a->config.problem(a->config.ctx, text)) {
        json_array_append_new(problems, json_string(text));
    }
    for (unsigned i = 0; i < a->config.instance->chains.n; i++) {
        struct chain_status status;
        chain_worker_status(a->config.chains[i], &status);
        pending += status.pending_requests;
        if (status.problem[0] != '\0') {
            json_array_append_new(problems, json_string(status.problem));
        }
    }
    return json_pack("{s:s, s:I, s:I, s:o}", "status",
                     json_array_size(problems) == 0 ? "ok" : "degraded", "pending",
                     (json_int_t)pending, "sealed", (json_int_t)sealed, "problems", problems);
}

static const struct rpc_route routes[] = {
    {"sendTransaction", api_send_begin, api_send_finish},
    {"submitTxsBatch", api_batch_begin, api_batch_finish},
    {"estimateTransactionFee", NULL, api_estimate_fee},
    {"getInstance", NULL, get_instance},
    {"getSupportChains", NULL, get_chains},
    {"getSupportTokens", NULL, get_tokens},
    {"getAccount", NULL, api_get_account},
    {"getAccountsByAddress", NULL, api_get_accounts_by_address},
    {"getAccountBalances", NULL, api_get_balances},
    {"getPools", NULL, api_get_pools},
    {"getPool", NULL, api_get_pool},
    {"quoteSwap", NULL, api_quote_swap},
    {"quoteAddLiquidity", NULL, api_quote_add},
    {"quoteRemoveLiquidity", NULL, api_quote_remove},
    {"getTransactionByHash", NULL, api_get_transaction},
    {"getRequest", NULL, api_get_request},
    {"getPayouts", NULL, api_get_payouts},
    {"getBlockByNumber", NULL, api_get_block},
    {"getLatestBlockNumber", NULL, api_get_latest_block},
    {"health", NULL, health},
};

struct api *api_new(const struct api_config *config, struct err *err) {
    struct api *a = calloc(1, sizeof *a);
    if (a == NULL) {
        err_set(err, ERR_SYSTEM, "out of memory");
        return NULL;
    }
    a->config = *config;
    a->service = (struct rpc_service){.routes = routes,
                                      .n_routes = sizeof routes / sizeof *routes,
                                      .ctx = a,
                                      .max_batch = MAX_BATCH};
    pthread_mutex_init(&a->store_lock, NULL);
    a->store = store_open(config->db_path, true, err);
    if (a->store == NULL) {
        api_free(a);
        return NULL;
    }
    return a;
}

void api_free(struct api *a) {
    if (a != NULL) {
        store_close(a->store);
        pthread_mutex_destroy(&a->store_lock);
        free(a);
    }
}

const struct rpc_service *api_service(const struct api *a) {
    return &a->service;
}
