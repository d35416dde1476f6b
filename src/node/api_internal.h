/* Shared by the files of the API. */
#ifndef ZKLINK_NODE_API_INTERNAL_H
#define ZKLINK_NODE_API_INTERNAL_H

#include "node/api.h"

#include <pthread.h>

struct api {
    struct api_config config;
    struct rpc_service service;
    pthread_mutex_t store_lock; /* guards store */
    struct store *store;
};

enum api_error { API_NOT_FOUND = 200, API_FEE_TOO_LOW, API_ZERO_AMOUNT, API_BUSY, API_FEE_TOKEN };

/* Reading parameters: false and error set if missing or out of range. */
bool api_param_u64(const json_t *params, size_t i, const char *name, uint64_t max, uint64_t *v,
                   struct rpc_error *error);
bool api_param_hex(const json_t *params, size_t i, const char *name, uint8_t *out, size_t len,
                   struct rpc_error *error);
const char *api_param_string(const json_t *params, size_t i, const char *name,
                             struct rpc_error *error);
/* An error of a layer below: NOT_FOUND or internal. Returns NULL. */
void *api_fail(struct rpc_error *error, const struct err *err);

/* ---- api_tx.c ---- */
void *api_send_begin(void *ctx, const json_t *params, struct rpc_error *error);
json_t *api_send_finish(void *ctx, void *job, const json_t *params, struct rpc_error *error);
void *api_batch_begin(void *ctx, const json_t *params, struct rpc_error *error);
json_t *api_batch_finish(void *ctx, void *job, const json_t *params, struct rpc_error *error);
json_t *api_estimate_fee(void *ctx, void *job, const json_t *params, struct rpc_error *error);

/* The operator's signature for an accepted transaction; false if it can't be made. */
bool api_sign_receipt(const struct api *a, const uint8_t hash[32], uint64_t sequence,
                      uint64_t accepted_at, uint8_t signature[ETH_SIGNATURE_LEN]);

/* ---- api_payouts.c ---- */
/* What a broker may pay in advance for the operation; false if nothing. */
bool api_payout_of(const struct op *op, struct payout *p);
json_t *api_get_payouts(void *ctx, void *job, const json_t *params, struct rpc_error *error);

/* ---- api_state.c ---- */
json_t *api_get_account(void *ctx, void *job, const json_t *params, struct rpc_error *error);
json_t *api_get_accounts_by_address(void *ctx, void *job, const json_t *params,
                                    struct rpc_error *error);
json_t *api_get_balances(void *ctx, void *job, const json_t *params, struct rpc_error *error);
json_t *api_get_pools(void *ctx, void *job, const json_t *params, struct rpc_error *error);
json_t *api_get_pool(void *ctx, void *job, const json_t *params, struct rpc_error *error);
json_t *api_quote_add(void *ctx, void *job, const json_t *params, struct rpc_error *error);
json_t *api_quote_remove(void *ctx, void *job, const json_t *params, struct rpc_error *error);
json_t *api_quote_swap(void *ctx, void *job, const json_t *params, struct rpc_error *error);

/* ---- api_history.c ---- */
json_t *api_get_transaction(void *ctx, void *job, const json_t *params, struct rpc_error *error);
json_t *api_get_request(void *ctx, void *job, const json_t *params, struct rpc_error *error);
json_t *api_get_block(void *ctx, void *job, const json_t *params, struct rpc_error *error);
json_t *api_get_latest_block(void *ctx, void *job, const json_t *params, struct rpc_error *error);

#endif
