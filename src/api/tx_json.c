#include "api/tx_json.h"

#include "chain/eth_key.h"
#include "crypto/schnorr.h"

#include <string.h>

enum { COMMON_FIELDS = 7 }; /* type, account, nonce, validUntil, feeToken, fee, signature */

static int get_amount(const json_t *obj, const char *key, struct amount *out, struct err *err) {
    u128 v = 0;
    if (json_get_u128(obj, key, &v, err) != 0) {
        return -1;
    }
    return amount_from_u128(out, v) ? 0 : err_set(err, ERR_INPUT, "%s: not below 2^112", key);
}

static int get_token(const json_t *obj, const char *key, token_id *out, struct err *err) {
    return json_get_u64(obj, key, (UINT64_C(1) << TOKEN_BITS) - 1, out, err);
}

static int get_u32(const json_t *obj, const char *key, uint64_t max, uint32_t *out,
                   struct err *err) {
    uint64_t v = 0;
    if (json_get_u64(obj, key, max, &v, err) != 0) {
        return -1;
    }
    *out = (uint32_t)v;
    return 0;
}

static int get_chain(const json_t *obj, const char *key, uint8_t *out, struct err *err) {
    uint32_t v = 0;
    if (get_u32(obj, key, 255, &v, err) != 0) {
        return -1;
    }
    *out = (uint8_t)v;
    return v == 0 ? err_set(err, ERR_INPUT, "%s: chain numbers are 1 to 255", key) : 0;
}

static int get_account(const json_t *obj, const char *key, account_id *out, struct err *err) {
    return get_u32(obj, key, ACCOUNT_LIMIT - 1, out, err);
}

static int get_address(const json_t *obj, const char *key, uint8_t out[ADDRESS_LEN],
                       struct err *err) {
    const char *text = NULL;
    if (json_get_string(obj, key, &text, err) != 0) {
        return -1;
    }
    return eth_address_parse(text, out)
               ? 0
               : err_set(err, ERR_INPUT, "%s: not an address (0x, 40 digits, right checksum)", key);
}

static int get_fr(const json_t *obj, const char *key, fr *out, struct err *err) {
    uint8_t b[WORD_LEN];
    if (json_get_hex(obj, key, b, sizeof b, err) != 0) {
        return -1;
    }
    return fr_from_be(out, b) ? 0 : err_set(err, ERR_INPUT, "%s: not below the field's order", key);
}

static int get_fee(const json_t *obj, struct fee *out, struct err *err) {
    struct amount wanted;
    if (get_amount(obj, "fee", &wanted, err) != 0) {
        return -1;
    }
    if (!fee_from_amount(out, wanted) || !amount_eq(fee_value(*out), wanted)) {
        return err_set(err, ERR_INPUT, "fee: not of the form m 256^e with m < 2^32, e < 8");
    }
    return 0;
}

static int get_signature(const json_t *obj, struct op *op, struct err *err) {
    uint8_t b[SCHNORR_SIGNATURE_LEN];
    if (op->type == OP_CHANGE_PUB_KEY) {
        return json_get_hex(obj, "signature", op->u.change_pub_key.ecdsa, OP_ECDSA_LEN, err);
    }
    if (json_get_hex(obj, "signature", b, sizeof b, err) != 0) {
        return -1;
    }
    if (!schnorr_decode(&op->signature, b)) {
        return err_set(err, ERR_INPUT, "signature: a coordinate or s is out of its range");
    }
    return 0;
}

/* Whether they make a pool is the state machine's to say. */
static int get_curve(const json_t *obj, struct curve *c, struct err *err) {
    const uint64_t most = (UINT64_C(1) << MULTIPLIER_BITS) - 1;
    return get_u32(obj, "amplification", (UINT32_C(1) << AMP_BITS) - 1, &c->amp, err) != 0 ||
                   json_get_u64(obj, "multiplierA", most, &c->mult_a, err) != 0
               ? -1
               : json_get_u64(obj, "multiplierB", most, &c->mult_b, err);
}

static int get_one_sided(const json_t *obj, struct op *op, struct err *err) {
    struct op_one_sided *l = &op->u.one_sided;
    bool add = op->type == OP_ADD_LIQUIDITY_ONE;
    return get_account(obj, "pool", &l->pool, err) != 0 ||
                   get_token(obj, add ? "tokenIn" : "tokenOut", &l->token, err) != 0 ||
                   get_amount(obj, add ? "amountIn" : "shares", &l->amount, err) != 0
               ? -1
               : get_amount(obj, add ? "minShares" : "minOut", &l->min, err);
}

/* The fields of the type; *n_fields is how many the object must have besides the common ones. */
static int get_own_fields(const json_t *obj, struct op *op, size_t *n_fields, struct err *err) {
    uint32_t pool_fee = 0;
    switch (op->type) {
    case OP_TRANSFER:
        *n_fields = 3;
        return get_account(obj, "to", &op->u.transfer.to, err) != 0 ||
                       get_token(obj, "token", &op->u.transfer.token, err) != 0
                   ? -1
                   : get_amount(obj, "amount", &op->u.transfer.amount, err);
    case OP_TRANSFER_TO_ADDRESS:
        *n_fields = 4;
        return get_chain(obj, "toChain", &op->u.transfer.to_owner.authority, err) != 0 ||
                       get_address(obj, "toAddress", op->u.transfer.to_owner.address, err) != 0 ||
                       get_token(obj, "token", &op->u.transfer.token, err) != 0
                   ? -1
                   : get_amount(obj, "amount", &op->u.transfer.amount, err);
    case OP_CREATE_POOL:
    case OP_CREATE_STABLE_POOL:
        *n_fields = op->type == OP_CREATE_POOL ? 3 : 6;
        if (get_token(obj, "tokenA", &op->u.create_pool.token_a, err) != 0 ||
            get_token(obj, "tokenB", &op->u.create_pool.token_b, err) != 0 ||
            get_u32(obj, "poolFee", POOL_FEE_UNIT - 1, &pool_fee, err) != 0) {
            return -1;
        }
        op->u.create_pool.fee = (uint16_t)pool_fee;
        return op->type == OP_CREATE_POOL ? 0 : get_curve(obj, &op->u.create_pool.curve, err);
    case OP_ADD_LIQUIDITY_ONE:
    case OP_REMOVE_LIQUIDITY_ONE:
        *n_fields = 4;
        return get_one_sided(obj, op, err);
    case OP_ADD_LIQUIDITY:
        *n_fields = 4;
        return get_account(obj, "pool", &op->u.add_liquidity.pool, err) != 0 ||
                       get_amount(obj, "maxA", &op->u.add_liquidity.max_a, err) != 0 ||
                       get_amount(obj, "maxB", &op->u.add_liquidity.max_b, err) != 0
                   ? -1
                   : get_amount(obj, "minShares", &op->u.add_liquidity.min_shares, err);
    case OP_REMOVE_LIQUIDITY:
        *n_fields = 4;
        return get_account(obj, "pool", &op->u.remove_liquidity.pool, err) != 0 ||
                       get_amount(obj, "shares", &op->u.remove_liquidity.shares, err) != 0 ||
                       get_amount(obj, "minA", &op->u.remove_liquidity.min_a, err) != 0
                   ? -1
                   : get_amount(obj, "minB", &op->u.remove_liquidity.min_b, err);
    case OP_SWAP:
        *n_fields = 4;
        return get_account(obj, "pool", &op->u.swap.pool, err) != 0 ||
                       get_token(obj, "tokenIn", &op->u.swap.token_in, err) != 0 ||
                       get_amount(obj, "amountIn", &op->u.swap.amount_in, err) != 0
                   ? -1
                   : get_amount(obj, "minOut", &op->u.swap.min_out, err);
    case OP_WITHDRAW:
        *n_fields = 3;
        if (json_object_get(obj, "brokerFee") != NULL) {
            *n_fields = 4;
            if (get_amount(obj, "brokerFee", &op->u.withdraw.broker_fee, err) != 0) {
                return -1;
            }
        }
        return get_token(obj, "token", &op->u.withdraw.token, err) != 0 ||
                       get_amount(obj, "amount", &op->u.withdraw.amount, err) != 0
                   ? -1
                   : get_address(obj, "to", op->u.withdraw.to, err);
    case OP_FORCED_EXIT:
        *n_fields = 2;
        return get_account(obj, "peer", &op->u.forced_exit.peer, err) != 0
                   ? -1
                   : get_token(obj, "token", &op->u.forced_exit.token, err);
    case OP_CHANGE_PUB_KEY:
        *n_fields = 4;
        return get_chain(obj, "chain", &op->u.change_pub_key.chain, err) != 0 ||
                       get_address(obj, "address", op->u.change_pub_key.address, err) != 0 ||
                       get_fr(obj, "pubKeyX", &op->u.change_pub_key.key_x, err) != 0
                   ? -1
                   : get_fr(obj, "pubKeyY", &op->u.change_pub_key.key_y, err);
    case OP_DEPOSIT:
    case OP_SET_SIGNING_KEY:
    case OP_FULL_EXIT:
    case OP_ADD_LIQUIDITY_FIRST:
    case OP_SWAP_REQUEST:
    case OP_ADD_LIQUIDITY_REQUEST:
    case OP_REMOVE_LIQUIDITY_REQUEST:
        break;
    }
    return err_set(err, ERR_INPUT, "type: %s is not sent as a transaction", op_name(op->type));
}

static int get_type(const json_t *obj, enum op_type *type, struct err *err) {
    const char *name = NULL;
    if (json_get_string(obj, "type", &name, err) != 0) {
        return -1;
    }
    for (unsigned t = OP_CHANGE_PUB_KEY; t <= OP_TYPE_MAX; t++) {
        if (op_pays_fee((enum op_type)t) && t != OP_ADD_LIQUIDITY_FIRST &&
            strcmp(name, op_name((enum op_type)t)) == 0) {
            *type = (enum op_type)t;
            return 0;
        }
    }
    return err_set(err, ERR_INPUT, "type: \"%.32s\" is no transaction type", name);
}

int tx_from_json(struct op *op, const json_t *obj, struct err *err) {
    enum op_type type = OP_TRANSFER;
    size_t own = 0;
    if (!json_is_object(obj)) {
        return err_set(err, ERR_INPUT, "a transaction must be an object");
    }
    if (get_type(obj, &type, err) != 0) {
        return -1;
    }
    op_init(op, type);
    if (get_account(obj, "account", &op->account, err) != 0 ||
        get_u32(obj, "nonce", UINT32_MAX, &op->nonce, err) != 0 ||
        json_get_u64(obj, "validUntil", (UINT64_C(1) << VALID_UNTIL_BITS) - 1, &op->valid_until,
                     err) != 0 ||
        get_token(obj, "feeToken", &op->fee_token, err) != 0 || get_fee(obj, &op->fee, err) != 0 ||
        get_own_fields(obj, op, &own, err) != 0 || get_signature(obj, op, err) != 0) {
        return -1;
    }
    /* All that must be there is there; a larger object has a field that nobody reads. */
    if (json_object_size(obj) != COMMON_FIELDS + own) {
        return err_set(err, ERR_INPUT, "a %s has exactly %zu fields, this object has %zu",
                       op_name(type), COMMON_FIELDS + own, json_object_size(obj));
    }
    return 0;
}

static json_t *fr_json(const fr *v) {
    uint8_t b[WORD_LEN];
    fr_to_be(b, v);
    return json_new_hex(b, sizeof b);
}

/* brokerFee stands there only where there is one. */
static json_t *withdraw_fields(const struct op_withdraw *w) {
    json_t *o = json_pack("{s:I,s:o,s:o}", "token", (json_int_t)w->token, "amount",
                          json_new_u128(w->amount.v), "to", json_new_hex(w->to, ADDRESS_LEN));
    if (o != NULL && !amount_is_zero(w->broker_fee) &&
        json_object_set_new(o, "brokerFee", json_new_u128(w->broker_fee.v)) != 0) {
        json_decref(o);
        return NULL;
    }
    return o;
}

static json_t *own_fields(const struct op *op) {
    switch (op->type) {
    case OP_TRANSFER:
        return json_pack("{s:I,s:I,s:o}", "to", (json_int_t)op->u.transfer.to, "token",
                         (json_int_t)op->u.transfer.token, "amount",
                         json_new_u128(op->u.transfer.amount.v));
    case OP_TRANSFER_TO_ADDRESS:
        return json_pack("{s:i,s:o,s:I,s:o}", "toChain", op->u.transfer.to_owner.authority,
                         "toAddress", json_new_hex(op->u.transfer.to_owner.address, ADDRESS_LEN),
                         "token", (json_int_t)op->u.transfer.token, "amount",
                         json_new_u128(op->u.transfer.amount.v));
    case OP_CREATE_POOL:
        return json_pack("{s:I,s:I,s:i}", "tokenA", (json_int_t)op->u.create_pool.token_a, "tokenB",
                         (json_int_t)op->u.create_pool.token_b, "poolFee", op->u.create_pool.fee);
    case OP_CREATE_STABLE_POOL:
        return json_pack("{s:I,s:I,s:i,s:I,s:I,s:I}", "tokenA",
                         (json_int_t)op->u.create_pool.token_a, "tokenB",
                         (json_int_t)op->u.create_pool.token_b, "poolFee", op->u.create_pool.fee,
                         "amplification", (json_int_t)op->u.create_pool.curve.amp, "multiplierA",
                         (json_int_t)op->u.create_pool.curve.mult_a, "multiplierB",
                         (json_int_t)op->u.create_pool.curve.mult_b);
    case OP_ADD_LIQUIDITY_ONE:
    case OP_REMOVE_LIQUIDITY_ONE: {
        const struct op_one_sided *l = &op->u.one_sided;
        bool add = op->type == OP_ADD_LIQUIDITY_ONE;
        return json_pack("{s:I,s:I,s:o,s:o}", "pool", (json_int_t)l->pool,
                         add ? "tokenIn" : "tokenOut", (json_int_t)l->token,
                         add ? "amountIn" : "shares", json_new_u128(l->amount.v),
                         add ? "minShares" : "minOut", json_new_u128(l->min.v));
    }
    case OP_ADD_LIQUIDITY_FIRST:
    case OP_ADD_LIQUIDITY:
        return json_pack("{s:I,s:o,s:o,s:o}", "pool", (json_int_t)op->u.add_liquidity.pool, "maxA",
                         json_new_u128(op->u.add_liquidity.max_a.v), "maxB",
                         json_new_u128(op->u.add_liquidity.max_b.v), "minShares",
                         json_new_u128(op->u.add_liquidity.min_shares.v));
    case OP_REMOVE_LIQUIDITY:
        return json_pack("{s:I,s:o,s:o,s:o}", "pool", (json_int_t)op->u.remove_liquidity.pool,
                         "shares", json_new_u128(op->u.remove_liquidity.shares.v), "minA",
                         json_new_u128(op->u.remove_liquidity.min_a.v), "minB",
                         json_new_u128(op->u.remove_liquidity.min_b.v));
    case OP_SWAP:
        return json_pack("{s:I,s:I,s:o,s:o}", "pool", (json_int_t)op->u.swap.pool, "tokenIn",
                         (json_int_t)op->u.swap.token_in, "amountIn",
                         json_new_u128(op->u.swap.amount_in.v), "minOut",
                         json_new_u128(op->u.swap.min_out.v));
    case OP_WITHDRAW:
        return withdraw_fields(&op->u.withdraw);
    case OP_CHANGE_PUB_KEY:
        return json_pack("{s:i,s:o,s:o,s:o}", "chain", op->u.change_pub_key.chain, "address",
                         json_new_hex(op->u.change_pub_key.address, ADDRESS_LEN), "pubKeyX",
                         fr_json(&op->u.change_pub_key.key_x), "pubKeyY",
                         fr_json(&op->u.change_pub_key.key_y));
    case OP_FORCED_EXIT:
        return json_pack("{s:I,s:I}", "peer", (json_int_t)op->u.forced_exit.peer, "token",
                         (json_int_t)op->u.forced_exit.token);
    case OP_DEPOSIT:
    case OP_SET_SIGNING_KEY:
    case OP_FULL_EXIT:
    case OP_SWAP_REQUEST:
    case OP_ADD_LIQUIDITY_REQUEST:
    case OP_REMOVE_LIQUIDITY_REQUEST:
        break;
    }
    return NULL;
}

static json_t *signature_json(const struct op *op) {
    uint8_t b[SCHNORR_SIGNATURE_LEN];
    if (op->type == OP_CHANGE_PUB_KEY) {
        return json_new_hex(op->u.change_pub_key.ecdsa, OP_ECDSA_LEN);
    }
    schnorr_encode(b, &op->signature);
    return json_new_hex(b, sizeof b);
}

json_t *tx_to_json(const struct op *op) {
    enum op_type type = op->type == OP_ADD_LIQUIDITY_FIRST ? OP_ADD_LIQUIDITY : op->type;
    json_t *own = own_fields(op);
    json_t *obj =
        own == NULL
            ? NULL
            : json_pack("{s:s,s:I,s:I,s:I,s:I,s:o,s:o}", "type", op_name(type), "account",
                        (json_int_t)op->account, "nonce", (json_int_t)op->nonce, "validUntil",
                        (json_int_t)op->valid_until, "feeToken", (json_int_t)op->fee_token, "fee",
                        json_new_u128(fee_value(op->fee).v), "signature", signature_json(op));
    if (obj != NULL && json_object_update(obj, own) != 0) {
        json_decref(obj);
        obj = NULL;
    }
    json_decref(own);
    return obj;
}
