/* API: transactions, requests and blocks, and how far they are: read from the database. */
#include "api/tx_json.h"
#include "node/api_internal.h"

#include <string.h>

/* How far a block is on one chain, in the words of docs/api.md. */
enum progress {
    PROGRESS_ACCEPTED,
    PROGRESS_SEALED,
    PROGRESS_PROVED,
    PROGRESS_SUBMITTED,
    PROGRESS_CONFIRMED,
    PROGRESS_EXECUTED
};

static const char *progress_name(enum progress p) {
    static const char *const names[] = {"accepted",  "sealed",    "proved",
                                        "submitted", "confirmed", "executed"};
    return names[p];
}

static const char *waits_for(enum progress p) {
    static const char *const texts[] = {
        "its block to be sealed",
        "the proof of its block",
        "the proof to be accepted by every chain, and to be final there",
        "the oracles' confirmation on every chain",
        "the payouts of its block on every chain",
        "nothing: all is done",
    };
    return texts[p];
}

static enum progress progress_of(bool proved, enum store_stage stage) {
    if (!proved) {
        return PROGRESS_SEALED;
    }
    switch (stage) {
    case STAGE_NONE:
        return PROGRESS_PROVED;
    case STAGE_PROVED:
        return PROGRESS_SUBMITTED;
    case STAGE_CONFIRMED:
        return PROGRESS_CONFIRMED;
    case STAGE_EXECUTED:
        break;
    }
    return PROGRESS_EXECUTED;
}

static json_t *hash_or_null(const struct store_settlement *x) {
    return x->done ? json_new_hex(x->tx, 32) : json_null();
}

static json_t *gas_or_null(const struct store_settlement *x) {
    return x->done ? json_integer((json_int_t)x->gas) : json_null();
}

static json_t *settlement_json(const struct store_chain_block *b, enum progress p) {
    const struct store_settlement *x = b->settlement;
    return json_pack("{s:i, s:s, s:o, s:o, s:I, s:o, s:o, s:I, s:o, s:o, s:I}", "chain",
                     (int)b->chain, "stage", progress_name(p), "submitTx", hash_or_null(&x[0]),
                     "submitGas", gas_or_null(&x[0]), "submitCalldata", (json_int_t)x[0].calldata,
                     "confirmTx", hash_or_null(&x[1]), "confirmGas", gas_or_null(&x[1]),
                     "confirmCalldata", (json_int_t)x[1].calldata, "executeTx", hash_or_null(&x[2]),
                     "executeGas", gas_or_null(&x[2]), "executeCalldata",
                     (json_int_t)x[2].calldata);
}

/* The block on every chain; *least is how far it is on the slowest. detail: with transactions. */
static json_t *chains_json(struct api *a, const struct store_block *b, bool detail,
                           enum progress *least, struct err *err) {
    json_t *list = json_array();
    *least = b->proved ? PROGRESS_EXECUTED : PROGRESS_SEALED;
    for (unsigned i = 0; i < a->config.instance->chains.n; i++) {
        struct store_chain_block part = {0};
        unsigned chain = a->config.instance->chains.chain[i];
        if (store_get_chain_block(a->store, b->number, chain, false, &part, err) != 0) {
            json_decref(list);
            return NULL;
        }
        enum progress p = progress_of(b->proved, part.stage);
        *least = p < *least ? p : *least;
        json_array_append_new(
            list, detail ? settlement_json(&part, p)
                         : json_pack("{s:i, s:s}", "chain", (int)chain, "stage", progress_name(p)));
    }
    return list;
}

static json_t *fr_json(const fr *v) {
    uint8_t b[32];
    fr_to_be(b, v);
    return json_new_hex(b, sizeof b);
}

static json_t *address_json(const uint8_t address[20]) {
    char text[43];
    eth_address_format(text, address);
    return json_string(text);
}

/* What became of a request from a chain, for people and programs. */
static const char *outcome_name(enum op_outcome outcome) {
    switch (outcome) {
    case OUTCOME_DONE:
        return "done";
    case OUTCOME_BELOW_MINIMUM:
        return "refunded: below the minimum";
    case OUTCOME_EXPIRED:
        return "refunded: after the deadline";
    case OUTCOME_IMPOSSIBLE:
        break;
    }
    return "refunded: impossible";
}

static json_t *swap_request_json(const struct op *op) {
    const struct op_swap_request *r = &op->u.swap_request;
    return json_pack(
        "{s:s, s:s, s:I, s:I, s:I, s:o, s:o, s:o, s:o, s:o, s:I, s:o, s:I, s:I}", "type",
        op_name(op->type), "outcome", outcome_name(op->outcome), "pool", (json_int_t)r->pool,
        "tokenIn", (json_int_t)r->token_in, "tokenOut", (json_int_t)r->token_out, "amountIn",
        json_new_u128(r->amount_in.v), "minOut", json_new_u128(r->min_out.v), "amountOut",
        json_new_u128(r->out.v), "to", address_json(r->to), "refundTo", address_json(r->refund_to),
        "deadline", (json_int_t)r->deadline, "brokerFee", json_new_u128(fee_value(r->broker_fee).v),
        "broker", (json_int_t)r->broker, "exclusiveUntil", (json_int_t)r->exclusive_until);
}

static json_t *add_request_json(const struct op *op) {
    const struct op_add_liquidity_request *r = &op->u.add_liquidity_request;
    return json_pack("{s:s, s:s, s:I, s:I, s:I, s:o, s:o, s:o, s:o, s:o, s:I, s:I}", "type",
                     op_name(op->type), "outcome", outcome_name(op->outcome), "pool",
                     (json_int_t)r->pool, "account", (json_int_t)op->account, "token",
                     (json_int_t)r->token, "amount", json_new_u128(r->amount.v), "minShares",
                     json_new_u128(r->min_shares.v), "shares", json_new_u128(r->shares.v), "owner",
                     address_json(r->refund_to), "exit", address_json(r->exit), "position",
                     (json_int_t)r->index, "deadline", (json_int_t)r->deadline);
}

static json_t *remove_request_json(const struct op *op) {
    const struct op_remove_liquidity_request *r = &op->u.remove_liquidity_request;
    return json_pack("{s:s, s:s, s:I, s:I, s:I, s:o, s:o, s:o, s:o, s:i, s:I, s:I}", "type",
                     op_name(op->type), "outcome", outcome_name(op->outcome), "pool",
                     (json_int_t)r->pool, "account", (json_int_t)op->account, "token",
                     (json_int_t)r->token, "shares", json_new_u128(r->shares.v), "minOut",
                     json_new_u128(r->min_out.v), "amountOut", json_new_u128(r->out.v), "to",
                     address_json(r->to), "chain", (int)r->chain, "position", (json_int_t)r->index,
                     "deadline", (json_int_t)r->deadline);
}

/* Requests have no wire form of their own: what they asked for and what came of it. */
static json_t *request_json(const struct op *op) {
    switch (op->type) {
    case OP_DEPOSIT:
        return json_pack("{s:s, s:I, s:I, s:o, s:i, s:o}", "type", op_name(op->type), "account",
                         (json_int_t)op->account, "token", (json_int_t)op->u.deposit.token,
                         "amount", json_new_u128(op->u.deposit.amount.v), "authority",
                         op->u.deposit.owner.authority, "address",
                         address_json(op->u.deposit.owner.address));
    case OP_SET_SIGNING_KEY:
        return json_pack("{s:s, s:I, s:b, s:o, s:o, s:o}", "type", op_name(op->type), "account",
                         (json_int_t)op->account, "ok", op->u.set_signing_key.ok, "address",
                         address_json(op->u.set_signing_key.owner.address), "pubKeyX",
                         fr_json(&op->u.set_signing_key.key_x), "pubKeyY",
                         fr_json(&op->u.set_signing_key.key_y));
    case OP_FULL_EXIT:
        return json_pack("{s:s, s:I, s:i, s:b, s:I, s:o, s:o, s:o}", "type", op_name(op->type),
                         "account", (json_int_t)op->account, "slot", op->u.full_exit.slot, "ok",
                         op->u.full_exit.ok, "token", (json_int_t)op->u.full_exit.token, "amount",
                         json_new_u128(op->u.full_exit.amount.v), "address",
                         address_json(op->u.full_exit.owner.address), "to",
                         address_json(op->u.full_exit.to));
    case OP_SWAP_REQUEST:
        return swap_request_json(op);
    case OP_ADD_LIQUIDITY_REQUEST:
        return add_request_json(op);
    case OP_REMOVE_LIQUIDITY_REQUEST:
        return remove_request_json(op);
    case OP_CHANGE_PUB_KEY:
    case OP_TRANSFER:
    case OP_TRANSFER_TO_ADDRESS:
    case OP_CREATE_POOL:
    case OP_CREATE_STABLE_POOL:
    case OP_ADD_LIQUIDITY_ONE:
    case OP_REMOVE_LIQUIDITY_ONE:
    case OP_ADD_LIQUIDITY_FIRST:
    case OP_ADD_LIQUIDITY:
    case OP_REMOVE_LIQUIDITY:
    case OP_SWAP:
    case OP_WITHDRAW:
    case OP_FORCED_EXIT:
        break;
    }
    return tx_to_json(op);
}

/* What brokers may pay in advance. */
static json_t *payout_json(const struct payout *p) {
    uint8_t id[32];
    payout_id(id, p);
    return json_pack("{s:o, s:i, s:I, s:o, s:o, s:o}", "id", json_new_hex(id, 32), "chain",
                     (int)p->chain, "token", (json_int_t)p->token, "amount",
                     json_new_u128(p->amount.v), "fee", json_new_u128(p->broker_fee.v), "to",
                     address_json(p->to));
}

static json_t *accepted_json(struct api *a, const struct store_tx *tx, struct err *err) {
    struct store_block b = {0};
    struct err e = {0};
    struct op op;
    struct payout payout;
    uint64_t first;
    enum progress least = PROGRESS_ACCEPTED;
    json_t *chains = json_array();
    if (!op_decode(&op, tx->op, tx->op_len)) {
        json_decref(chains);
        err_set(err, ERR_CORRUPT, "a stored operation is malformed");
        return NULL;
    }
    if (store_block_first_seq(a->store, tx->block, &first, err) != 0) {
        json_decref(chains);
        return NULL;
    }
    bool sealed = store_get_block(a->store, tx->block, false, &b, &e) == 0;
    if (sealed) {
        json_decref(chains);
        chains = chains_json(a, &b, false, &least, err);
        if (chains == NULL) {
            return NULL;
        }
    }
    json_t *o = json_pack("{s:o, s:I, s:I, s:s, s:s, s:I, s:I, s:s, s:o, s:o}", "hash",
                          json_new_hex(tx->hash, 32), "sequence", (json_int_t)tx->seq, "acceptedAt",
                          (json_int_t)tx->accepted_at, "stage", progress_name(least), "waitsFor",
                          waits_for(least), "block", (json_int_t)tx->block, "index",
                          (json_int_t)(tx->seq - first), "type", op_name(op.type), "tx",
                          request_json(&op), "chains", chains);
    if (o != NULL && api_payout_of(&op, &payout)) {
        json_object_set_new(o, "payout", payout_json(&payout));
    }
    return o;
}

/* Accepted once, but its block was taken back: it waits for its second try, or that refused it. */
static json_t *taken_back_json(struct api *a, const uint8_t hash[32]) {
    char reason[100];
    struct err e = {0};
    if (store_requeued_reason(a->store, hash, reason, &e) != 0) {
        return NULL;
    }
    return json_pack("{s:o, s:s, s:s}", "hash", json_new_hex(hash, 32), "stage", "taken_back",
                     "waitsFor", reason[0] != '\0' ? reason : "its second try");
}

json_t *api_get_transaction(void *ctx, void *job, const json_t *params, struct rpc_error *error) {
    struct api *a = ctx;
    struct err err = {0};
    struct store_tx tx;
    struct buf op = {0};
    uint8_t hash[32];
    json_t *result = NULL;
    (void)job;
    if (!api_param_hex(params, 0, "hash", hash, 32, error)) {
        return NULL;
    }
    pthread_mutex_lock(&a->store_lock);
    if (store_find_tx(a->store, hash, &tx, &op, &err) == 0) {
        result = accepted_json(a, &tx, &err);
    } else if (err.code == ERR_NOT_FOUND) {
        result = taken_back_json(a, hash);
    }
    pthread_mutex_unlock(&a->store_lock);
    buf_free(&op);
    return result != NULL ? result : api_fail(error, &err);
}

json_t *api_get_request(void *ctx, void *job, const json_t *params, struct rpc_error *error) {
    struct api *a = ctx;
    struct err err = {0};
    struct store_tx tx;
    struct buf op = {0};
    uint64_t chain, index;
    json_t *result = NULL;
    (void)job;
    if (!api_param_u64(params, 0, "chain", 255, &chain, error) ||
        !api_param_u64(params, 1, "index", INT64_MAX, &index, error)) {
        return NULL;
    }
    pthread_mutex_lock(&a->store_lock);
    if (store_find_request_tx(a->store, (unsigned)chain, index, &tx, &op, &err) == 0) {
        result = accepted_json(a, &tx, &err);
    }
    pthread_mutex_unlock(&a->store_lock);
    buf_free(&op);
    return result != NULL ? result : api_fail(error, &err);
}

static json_t *block_json(struct api *a, const struct store_block *b, struct err *err) {
    struct block_header h;
    enum progress least;
    if (!header_decode(&h, b->header.data, b->header.len)) {
        err_set(err, ERR_CORRUPT, "a stored header is malformed");
        return NULL;
    }
    json_t *chains = chains_json(a, b, true, &least, err);
    if (chains == NULL) {
        return NULL;
    }
    json_t *o = json_pack("{s:I, s:I, s:I, s:o, s:o, s:o, s:I, s:s, s:I, s:o}", "number",
                          (json_int_t)b->number, "timestamp", (json_int_t)b->timestamp,
                          "operations", (json_int_t)b->n_ops, "oldRoot", fr_json(&h.old_root),
                          "newRoot", fr_json(&h.new_root), "headerHash", json_new_hex(b->hash, 32),
                          "logWords", (json_int_t)h.log_words, "stage", progress_name(least),
                          "sealedAt", (json_int_t)b->sealed_at, "chains", chains);
    json_object_set_new(o, "syncHash", b->proved ? json_new_hex(b->sync_hash, 32) : json_null());
    json_object_set_new(o, "cells", b->proved ? json_integer((json_int_t)b->cells) : json_null());
    json_object_set_new(o, "proveMs",
                        b->proved ? json_integer((json_int_t)b->prove_ms) : json_null());
    json_object_set_new(o, "proofBytes",
                        b->proved ? json_integer((json_int_t)b->proof.len) : json_null());
    return o;
}

json_t *api_get_block(void *ctx, void *job, const json_t *params, struct rpc_error *error) {
    struct api *a = ctx;
    struct err err = {0};
    struct store_block b = {0};
    uint64_t number;
    json_t *result = NULL;
    (void)job;
    if (!api_param_u64(params, 0, "number", INT64_MAX, &number, error)) {
        return NULL;
    }
    pthread_mutex_lock(&a->store_lock);
    if (store_get_block(a->store, number, true, &b, &err) == 0) {
        result = block_json(a, &b, &err);
    }
    pthread_mutex_unlock(&a->store_lock);
    store_block_free(&b);
    return result != NULL ? result : api_fail(error, &err);
}

json_t *api_get_latest_block(void *ctx, void *job, const json_t *params, struct rpc_error *error) {
    struct api *a = ctx;
    struct err err = {0};
    uint64_t sealed = 0, proved = 0, least[3] = {UINT64_MAX, UINT64_MAX, UINT64_MAX};
    static const enum store_stage stages[3] = {STAGE_PROVED, STAGE_CONFIRMED, STAGE_EXECUTED};
    (void)job;
    (void)params;
    pthread_mutex_lock(&a->store_lock);
    int rc = store_last_block(a->store, &sealed, &proved, &err);
    for (unsigned i = 0; rc == 0 && i < a->config.instance->chains.n; i++) {
        for (unsigned k = 0; rc == 0 && k < 3; k++) {
            uint64_t n = 0;
            rc = store_stage_number(a->store, a->config.instance->chains.chain[i], stages[k], &n,
                                    &err);
            least[k] = n < least[k] ? n : least[k];
        }
    }
    pthread_mutex_unlock(&a->store_lock);
    if (rc != 0) {
        return api_fail(error, &err);
    }
    return json_pack("{s:I, s:I, s:I, s:I, s:I}", "sealed", (json_int_t)sealed, "proved",
                     (json_int_t)proved, "submitted", (json_int_t)least[0], "confirmed",
                     (json_int_t)least[1], "executed", (json_int_t)least[2]);
}
