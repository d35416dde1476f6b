/* API: taking transactions. The signature is checked here, in the connection's thread, against the
 * account's key as it is now; the sequencer makes sure that it still is when the turn comes. */
#include "api/tx_json.h"
#include "base/clock.h"
#include "base/decimal.h"
#include "chain/eip712.h"
#include "node/api_internal.h"
#include "node/fees.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Adds the values that a rejection is about. */
static void *reject(struct rpc_error *error, enum rejection r, const struct op *op,
                    const struct record *account) {
    char detail[160] = "";
    uint64_t nonce = record_is_account(account) ? account->u.account.nonce : 0;
    if (r == REJECT_NONCE_TOO_LOW || r == REJECT_NONCE_TOO_HIGH) {
        snprintf(detail, sizeof detail, " (transaction: nonce %" PRIu32 ", account: %" PRIu64 ")",
                 op->nonce, nonce);
    } else if (r == REJECT_EXPIRED) {
        snprintf(detail, sizeof detail, " (validUntil %" PRIu64 ")", op->valid_until);
    } else if (r == REJECT_FEE_BALANCE) {
        snprintf(detail, sizeof detail, " (feeToken %" PRIu64 ")", op->fee_token);
    } else if (r == REJECT_POOL_UNKNOWN || r == REJECT_POOL_TOKEN || r == REJECT_SLIPPAGE) {
        account_id pool = op->type == OP_SWAP               ? op->u.swap.pool
                          : op->type == OP_ADD_LIQUIDITY    ? op->u.add_liquidity.pool
                          : op->type == OP_REMOVE_LIQUIDITY ? op->u.remove_liquidity.pool
                                                            : op->u.one_sided.pool;
        snprintf(detail, sizeof detail, " (pool %" PRIu32 ")", pool);
    } else if (r == REJECT_RECEIVER_UNKNOWN || r == REJECT_RECEIVER_NOT_USER) {
        snprintf(detail, sizeof detail, " (to %" PRIu32 ")",
                 op->type == OP_FORCED_EXIT ? op->u.forced_exit.peer : op->u.transfer.to);
    } else {
        snprintf(detail, sizeof detail, " (account %" PRIu32 ")", op->account);
    }
    return rpc_fail(error, rejection_rpc_code(r), rejection_name(r), "%s%s", rejection_text(r),
                    detail);
}

/* The amounts of a transaction that must not be zero, by the sequencer's own rule. */
static bool has_zero_amount(const struct op *op) {
    switch (op->type) {
    case OP_TRANSFER:
    case OP_TRANSFER_TO_ADDRESS:
        return amount_is_zero(op->u.transfer.amount);
    case OP_ADD_LIQUIDITY:
        return amount_is_zero(op->u.add_liquidity.max_a) ||
               amount_is_zero(op->u.add_liquidity.max_b);
    case OP_REMOVE_LIQUIDITY:
        return amount_is_zero(op->u.remove_liquidity.shares);
    case OP_SWAP:
        return amount_is_zero(op->u.swap.amount_in);
    case OP_WITHDRAW:
        return amount_is_zero(op->u.withdraw.amount);
    case OP_DEPOSIT:
    case OP_SET_SIGNING_KEY:
    case OP_FULL_EXIT:
    case OP_CHANGE_PUB_KEY:
    case OP_CREATE_POOL:
    case OP_CREATE_STABLE_POOL:
    case OP_ADD_LIQUIDITY_FIRST:
    case OP_FORCED_EXIT:
    case OP_SWAP_REQUEST:
    case OP_ADD_LIQUIDITY_REQUEST:
    case OP_REMOVE_LIQUIDITY_REQUEST:
        break;
    case OP_ADD_LIQUIDITY_ONE:
    case OP_REMOVE_LIQUIDITY_ONE:
        return amount_is_zero(op->u.one_sided.amount);
    }
    return false;
}

static enum rejection check_signature(const struct api *a, struct sequencer_job *job,
                                      const struct record *account) {
    const uint8_t *id = a->config.instance->instance_id;
    const struct op *op = &job->op;
    if (account->tag == RECORD_EMPTY) {
        return REJECT_ACCOUNT_UNKNOWN;
    }
    if (!record_is_account(account)) {
        return REJECT_NOT_USER_ACCOUNT;
    }
    if (op->type == OP_CHANGE_PUB_KEY) {
        uint8_t digest[32], signer[20];
        op_change_pub_key_digest(op, id, digest);
        return eth_recover(digest, op->u.change_pub_key.ecdsa, signer) &&
                       memcmp(signer, op->u.change_pub_key.address, 20) == 0
                   ? REJECT_NONE
                   : REJECT_BAD_SIGNATURE;
    }
    if (account->tag != RECORD_ACCOUNT_KEYED) {
        return REJECT_NO_SIGNING_KEY;
    }
    job->key_x = account->u.account.key_x;
    job->key_y = account->u.account.key_y;
    return op_signature_check(op, id, &job->key_x, &job->key_y) ? REJECT_NONE
                                                                : REJECT_BAD_SIGNATURE;
}

static void read_prices(const struct api *a, struct fee_prices *now, struct fee_prices *low) {
    for (unsigned i = 0; i < a->config.instance->chains.n; i++) {
        chain_worker_gas_price(a->config.chains[i], &now->wei[i], &low->wei[i]);
    }
}

/* The sequencer's fee rule; error is set if it is not met. */
static bool check_fee(const struct api *a, const struct op *op, struct rpc_error *error) {
    struct fee least;
    char given[DECIMAL_TEXT], wanted[DECIMAL_TEXT];
    struct fee_prices now, low;
    read_prices(a, &now, &low);
    if (!fees_least(&least, a->config.config, &low, op->type, fees_destination(op),
                    op->fee_token)) {
        rpc_fail(error, API_FEE_TOKEN, "FEE_TOKEN", "feeToken %" PRIu64 " pays no fees here",
                 op->fee_token);
        return false;
    }
    if (!amount_less(fee_value(op->fee), fee_value(least))) {
        return true;
    }
    u128_format(given, fee_value(op->fee).v);
    u128_format(wanted, fee_value(least).v);
    rpc_fail(error, API_FEE_TOO_LOW, "FEE_TOO_LOW", "fee %s is below %s, the least for a %s", given,
             wanted, op_name(op->type));
    return false;
}

static struct record read_account(const struct api *a, account_id id) {
    const struct state *s = sequencer_lock_state(a->config.sequencer);
    struct record r = *state_account(s, id);
    sequencer_unlock_state(a->config.sequencer);
    return r;
}

/* Fills the job from what was sent; false and error set if the node would not take it. */
static bool read_job(const struct api *a, const json_t *tx, struct sequencer_job *job,
                     struct rpc_error *error) {
    struct err err = {0};
    if (tx_from_json(&job->op, tx, &err) != 0) {
        rpc_fail(error, RPC_INVALID_PARAMS, "INVALID_PARAMS", "%s", err.text);
        return false;
    }
    if (has_zero_amount(&job->op)) {
        rpc_fail(error, API_ZERO_AMOUNT, "ZERO_AMOUNT", "an amount that must be positive is 0");
        return false;
    }
    if (job->op.type == OP_WITHDRAW && address_is_zero(job->op.u.withdraw.to)) {
        rpc_fail(error, RPC_INVALID_PARAMS, "INVALID_PARAMS", "to: the zero address");
        return false;
    }
    if (job->op.type == OP_WITHDRAW &&
        !amount_less(job->op.u.withdraw.broker_fee, job->op.u.withdraw.amount)) {
        rpc_fail(error, RPC_INVALID_PARAMS, "INVALID_PARAMS",
                 "brokerFee: must be less than the amount");
        return false;
    }
    if (!check_fee(a, &job->op, error)) {
        return false;
    }
    struct record account = read_account(a, job->op.account);
    enum rejection r = check_signature(a, job, &account);
    if (r == REJECT_NONE && !op_transaction_id(&job->op, a->config.instance->instance_id,
                                               &job->key_x, &job->key_y, job->hash)) {
        r = REJECT_MALFORMED;
    }
    if (r != REJECT_NONE) {
        reject(error, r, &job->op, &account);
    }
    return r == REJECT_NONE;
}

/* Hands an array of n jobs in as one; frees it and sets error if it cannot. */
static void *submit(const struct api *a, struct sequencer_job *jobs, size_t n,
                    struct rpc_error *error) {
    jobs->batch = jobs + 1;
    jobs->n_batch = n - 1;
    if (sequencer_submit(a->config.sequencer, jobs)) {
        return jobs;
    }
    free(jobs);
    return rpc_fail(error, API_BUSY, "BUSY", "too many transactions wait; try again");
}

void *api_send_begin(void *ctx, const json_t *params, struct rpc_error *error) {
    struct api *a = ctx;
    struct sequencer_job *job = calloc(1, sizeof *job);
    if (job == NULL) {
        return rpc_fail(error, RPC_INTERNAL_ERROR, NULL, "out of memory");
    }
    if (!read_job(a, rpc_param(params, 0, "tx"), job, error)) {
        free(job);
        return NULL;
    }
    return submit(a, job, 1, error);
}

/* Says in an error's message which transaction of a batch it is about. */
static void name_member(struct rpc_error *error, size_t i) {
    size_t len = strlen(error->message);
    snprintf(error->message + len, sizeof error->message - len, " (transaction %zu of the batch)",
             i);
}

void *api_batch_begin(void *ctx, const json_t *params, struct rpc_error *error) {
    struct api *a = ctx;
    const json_t *list = rpc_param(params, 0, "txs");
    size_t n = json_array_size(list);
    if (n == 0 || n > SEQUENCER_BATCH_MAX || n > a->config.config->node.block_operations) {
        return rpc_fail(error, RPC_INVALID_PARAMS, "INVALID_PARAMS",
                        "txs: a list of 1 to %d transactions", (int)SEQUENCER_BATCH_MAX);
    }
    struct sequencer_job *jobs = calloc(n, sizeof *jobs);
    if (jobs == NULL) {
        return rpc_fail(error, RPC_INTERNAL_ERROR, NULL, "out of memory");
    }
    for (size_t i = 0; i < n; i++) {
        if (!read_job(a, json_array_get(list, i), &jobs[i], error)) {
            name_member(error, i);
            free(jobs);
            return NULL;
        }
    }
    return submit(a, jobs, n, error);
}

bool api_sign_receipt(const struct api *a, const uint8_t hash[32], uint64_t sequence,
                      uint64_t accepted_at, uint8_t signature[ETH_SIGNATURE_LEN]) {
    struct receipt_message m = {.sequence = sequence, .accepted_at = accepted_at};
    uint8_t digest[32];
    memcpy(m.instance, a->config.instance->instance_id, 32);
    memcpy(m.tx_hash, hash, 32);
    receipt_digest(&m, digest);
    return eth_sign(a->config.operator_key, digest, signature);
}

static json_t *receipt(const struct api *a, const struct sequencer_job *job,
                       struct rpc_error *error) {
    uint8_t signature[ETH_SIGNATURE_LEN];
    char operator[43];
    if (!api_sign_receipt(a, job->hash, job->sequence, job->accepted_at, signature)) {
        return rpc_fail(error, RPC_INTERNAL_ERROR, NULL, "the receipt cannot be signed");
    }
    eth_address_format(operator, a->config.operator_key->address);
    return json_pack("{s:o, s:I, s:I, s:s, s:o}", "hash", json_new_hex(job->hash, 32), "sequence",
                     (json_int_t)job->sequence, "acceptedAt", (json_int_t)job->accepted_at,
                     "operator", operator, "signature", json_new_hex(signature, sizeof signature));
}

json_t *api_send_finish(void *ctx, void *job_, const json_t *params, struct rpc_error *error) {
    struct api *a = ctx;
    struct sequencer_job *job = job_;
    json_t *result = NULL;
    (void)params;
    sequencer_wait(job);
    if (job->failed) {
        rpc_fail(error, RPC_INTERNAL_ERROR, NULL,
                 "the node cannot accept transactions now; this one was not accepted");
    } else if (job->rejection != REJECT_NONE) {
        struct record account = read_account(a, job->op.account);
        reject(error, job->rejection, &job->op, &account);
    } else {
        result = receipt(a, job, error);
    }
    free(job);
    return result;
}

json_t *api_batch_finish(void *ctx, void *job_, const json_t *params, struct rpc_error *error) {
    struct api *a = ctx;
    struct sequencer_job *jobs = job_;
    json_t *result = NULL;
    (void)params;
    sequencer_wait(jobs);
    if (jobs->failed) {
        rpc_fail(error, RPC_INTERNAL_ERROR, NULL,
                 "the node cannot accept transactions now; none of these was accepted");
    } else if (jobs->rejection != REJECT_NONE) {
        const struct op *op = &jobs[jobs->rejected_at].op;
        struct record account = read_account(a, op->account);
        reject(error, jobs->rejection, op, &account);
        name_member(error, jobs->rejected_at);
    } else {
        result = json_array();
        for (size_t i = 0; result != NULL && i <= jobs->n_batch; i++) {
            json_t *one = receipt(a, &jobs[i], error);
            if (one == NULL) {
                json_decref(result);
                result = NULL;
            } else {
                json_array_append_new(result, one);
            }
        }
    }
    free(jobs);
    return result;
}

json_t *api_estimate_fee(void *ctx, void *job, const json_t *params, struct rpc_error *error) {
    const struct api *a = ctx;
    const struct config *config = a->config.config;
    struct fee_prices now, low;
    struct fee least;
    uint64_t token, chain = 0;
    (void)job;
    const char *type = api_param_string(params, 0, "type", error);
    if (type == NULL ||
        !api_param_u64(params, 1, "token", (UINT64_C(1) << TOKEN_BITS) - 1, &token, error) ||
        (rpc_param(params, 2, "chain") != NULL &&
         !api_param_u64(params, 2, "chain", 255, &chain, error))) {
        return NULL;
    }
    for (unsigned t = OP_CHANGE_PUB_KEY; t <= OP_TYPE_MAX; t++) {
        if (op_name((enum op_type)t) == NULL || strcmp(type, op_name((enum op_type)t)) != 0) {
            continue;
        }
        read_prices(a, &now, &low);
        if (!fees_least(&least, config, &now, (enum op_type)t, (unsigned)chain, token)) {
            return rpc_fail(error, API_FEE_TOKEN, "FEE_TOKEN",
                            "token %" PRIu64 " pays no fees here", token);
        }
        return json_pack(
            "{s:o, s:I, s:o}", "fee", json_new_u128(fee_value(least).v), "validUntil",
            (json_int_t)(clock_now_s() + config->node.fee_validity_s), "costWei",
            json_new_u128(fees_cost_wei(config, &now, (enum op_type)t, (unsigned)chain)));
    }
    return rpc_fail(error, RPC_INVALID_PARAMS, "INVALID_PARAMS", "'%.40s' is no transaction type",
                    type);
}
