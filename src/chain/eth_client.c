#include "chain/eth_client.h"
#include "chain/revert.h"
#include "crypto/keccak.h"
#include "rpc/rpc_client.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { MAX_CODE = 1 << 20 };

struct eth_client {
    char name[32];
    struct rpc_client *endpoint[ETH_MAX_ENDPOINTS];
    size_t n, current;
};

struct eth_client *eth_client_new(const char *name, const char *const *urls, size_t n_urls,
                                  long timeout_ms, struct err *err) {
    if (n_urls == 0 || n_urls > ETH_MAX_ENDPOINTS) {
        err_set(err, ERR_CONFIG, "%s: needs 1 to %d endpoints", name, ETH_MAX_ENDPOINTS);
        return NULL;
    }
    struct eth_client *c = calloc(1, sizeof *c);
    if (c == NULL) {
        err_set(err, ERR_SYSTEM, "out of memory");
        return NULL;
    }
    snprintf(c->name, sizeof c->name, "%s", name);
    for (c->n = 0; c->n < n_urls; c->n++) {
        c->endpoint[c->n] = rpc_client_new(urls[c->n], timeout_ms);
        if (c->endpoint[c->n] == NULL) {
            err_set(err, ERR_SYSTEM, "out of memory");
            eth_client_free(c);
            return NULL;
        }
    }
    return c;
}

void eth_client_free(struct eth_client *c) {
    if (c != NULL) {
        for (size_t i = 0; i < c->n; i++) {
            rpc_client_free(c->endpoint[i]);
        }
        free(c);
    }
}

void eth_client_next(struct eth_client *c) {
    c->current = (c->current + 1) % c->n;
}

/* Quantities are 0x and hex digits without leading zeros. */
static bool parse_quantity(const json_t *v, u128 *out) {
    const char *s = json_string_value(v);
    if (s == NULL || s[0] != '0' || s[1] != 'x' || s[2] == '\0' || strlen(s) > 2 + 32 ||
        (s[2] == '0' && s[3] != '\0')) {
        return false;
    }
    u128 x = 0;
    for (s += 2; *s != '\0'; s++) {
        unsigned d = *s >= '0' && *s <= '9'   ? (unsigned)(*s - '0')
                     : *s >= 'a' && *s <= 'f' ? (unsigned)(*s - 'a' + 10)
                     : *s >= 'A' && *s <= 'F' ? (unsigned)(*s - 'A' + 10)
                                              : 16;
        if (d == 16) {
            return false;
        }
        x = x << 4 | d;
    }
    *out = x;
    return true;
}

static bool parse_u64(const json_t *v, uint64_t *out) {
    u128 x;
    if (!parse_quantity(v, &x) || x > UINT64_MAX) {
        return false;
    }
    *out = (uint64_t)x;
    return true;
}

static bool parse_hex(const json_t *v, uint8_t *out, size_t len) {
    const char *s = json_string_value(v);
    return s != NULL && s[0] == '0' && s[1] == 'x' && hex_decode(out, len, s);
}

static json_t *quantity(u128 v) {
    char digits[40];
    size_t n = sizeof digits;
    digits[--n] = '\0';
    do {
        digits[--n] = "0123456789abcdef"[(unsigned)(v & 15)];
        v >>= 4;
    } while (v != 0);
    digits[--n] = 'x';
    digits[--n] = '0';
    return json_string_nocheck(digits + n);
}

/* One call, on the next endpoint when one fails. Takes params over. */
static int call(struct eth_client *c, const char *method, json_t *params, json_t **result,
                struct err *err) {
    int rc = -1;
    *result = NULL;
    if (params == NULL) {
        return err_set(err, ERR_SYSTEM, "%s: out of memory", c->name);
    }
    for (size_t i = 0; i < c->n; i++) {
        struct err e = {0};
        rc = rpc_call(c->endpoint[c->current], method, json_incref(params), result, &e);
        if (rc == 0 || e.code == ERR_REMOTE) {
            if (rc != 0) {
                const json_t *data = rpc_client_error_data(c->endpoint[c->current]);
                revert_explain(data, &e);
                err_set(err, ERR_REMOTE, "%s: %s", c->name, e.text);
            }
            break;
        }
        err_set(err, e.code, "%s: %s", c->name, e.text);
        c->current = (c->current + 1) % c->n;
    }
    json_decref(params);
    return rc;
}

static int bad_answer(const struct eth_client *c, const char *method, struct err *err) {
    return err_set(err, ERR_DECODE, "%s: %s: the endpoint's answer is malformed", c->name, method);
}

int eth_check_chain_id(struct eth_client *c, uint64_t chain_id, struct err *err) {
    size_t answered = 0;
    struct err last = {0};
    for (size_t i = 0; i < c->n; i++) {
        json_t *result;
        uint64_t id;
        if (rpc_call(c->endpoint[i], "eth_chainId", NULL, &result, &last) != 0) {
            continue;
        }
        bool ok = parse_u64(result, &id);
        json_decref(result);
        if (!ok) {
            return bad_answer(c, "eth_chainId", err);
        }
        if (id != chain_id) {
            return err_set(err, ERR_MISMATCH,
                           "%s: endpoint %s is on EVM chain id %llu, the configuration says %llu",
                           c->name, rpc_client_url(c->endpoint[i]), (unsigned long long)id,
                           (unsigned long long)chain_id);
        }
        answered++;
    }
    if (answered == 0) {
        return err_set(err, last.code, "%s: no endpoint answers; the last: %s", c->name, last.text);
    }
    return 0;
}

/* Calls that return one quantity. */
static int call_quantity(struct eth_client *c, const char *method, json_t *params, u128 *v,
                         struct err *err) {
    json_t *result;
    if (call(c, method, params, &result, err) != 0) {
        return -1;
    }
    bool ok = parse_quantity(result, v);
    json_decref(result);
    return ok ? 0 : bad_answer(c, method, err);
}

static int call_u64(struct eth_client *c, const char *method, json_t *params, uint64_t *v,
                    struct err *err) {
    u128 x;
    if (call_quantity(c, method, params, &x, err) != 0) {
        return -1;
    }
    *v = (uint64_t)x;
    return x <= UINT64_MAX ? 0 : bad_answer(c, method, err);
}

int eth_block_number(struct eth_client *c, uint64_t *number, struct err *err) {
    return call_u64(c, "eth_blockNumber", json_array(), number, err);
}

static int get_block(struct eth_client *c, json_t *which, struct eth_block *b, struct err *err) {
    json_t *r;
    if (call(c, "eth_getBlockByNumber", json_pack("[o,b]", which, 0), &r, err) != 0) {
        return -1;
    }
    if (json_is_null(r)) {
        json_decref(r);
        return err_set(err, ERR_NOT_FOUND, "%s: no such block", c->name);
    }
    *b = (struct eth_block){0};
    const json_t *fee = json_object_get(r, "baseFeePerGas");
    bool ok = parse_u64(json_object_get(r, "number"), &b->number) &&
              parse_u64(json_object_get(r, "timestamp"), &b->timestamp) &&
              parse_hex(json_object_get(r, "hash"), b->hash, 32) &&
              parse_hex(json_object_get(r, "parentHash"), b->parent, 32) &&
              (fee == NULL || parse_quantity(fee, &b->base_fee_wei));
    json_decref(r);
    return ok ? 0 : bad_answer(c, "eth_getBlockByNumber", err);
}

int eth_get_block(struct eth_client *c, uint64_t number, struct eth_block *block, struct err *err) {
    if (get_block(c, quantity(number), block, err) != 0) {
        return -1;
    }
    return block->number == number ? 0 : bad_answer(c, "eth_getBlockByNumber", err);
}

int eth_get_latest(struct eth_client *c, struct eth_block *block, struct err *err) {
    return get_block(c, json_string("latest"), block, err);
}

void eth_logs_free(struct eth_logs *logs) {
    for (size_t i = 0; i < logs->n; i++) {
        free(logs->log[i].data);
    }
    free(logs->log);
    *logs = (struct eth_logs){0};
}

static bool parse_log(const json_t *v, struct eth_log *log) {
    const json_t *topics = json_object_get(v, "topics");
    const char *data = json_string_value(json_object_get(v, "data"));
    struct buf bytes = {0};
    if (!json_is_array(topics) || json_array_size(topics) > ETH_MAX_TOPICS || data == NULL ||
        json_is_true(json_object_get(v, "removed")) ||
        !parse_hex(json_object_get(v, "address"), log->address, EVM_ADDRESS_LEN) ||
        !parse_u64(json_object_get(v, "blockNumber"), &log->block_number) ||
        !parse_u64(json_object_get(v, "logIndex"), &log->log_index) ||
        !parse_hex(json_object_get(v, "blockHash"), log->block_hash, 32) ||
        !parse_hex(json_object_get(v, "transactionHash"), log->tx_hash, 32)) {
        return false;
    }
    log->n_topics = (unsigned)json_array_size(topics);
    for (unsigned i = 0; i < log->n_topics; i++) {
        if (!parse_hex(json_array_get(topics, i), log->topics[i], 32)) {
            return false;
        }
    }
    if (!hex_decode_buf(&bytes, data, ETH_MAX_LOG_DATA)) {
        buf_free(&bytes);
        return false;
    }
    log->data = bytes.data;
    log->data_len = bytes.len;
    return true;
}

int eth_logs_parse(const json_t *answer, size_t max, struct eth_logs *logs, struct err *err) {
    *logs = (struct eth_logs){0};
    size_t n = json_array_size(answer);
    if (!json_is_array(answer) || n > max) {
        return err_set(err, ERR_DECODE, "logs: not an array of at most %zu", max);
    }
    logs->log = calloc(n > 0 ? n : 1, sizeof *logs->log);
    if (logs->log == NULL) {
        return err_set(err, ERR_SYSTEM, "out of memory");
    }
    for (size_t i = 0; i < n; i++) {
        if (!parse_log(json_array_get(answer, i), &logs->log[i])) {
            eth_logs_free(logs);
            return err_set(err, ERR_DECODE, "logs: entry %zu is malformed", i);
        }
        logs->n = i + 1;
    }
    return 0;
}

int eth_get_logs(struct eth_client *c, const uint8_t address[EVM_ADDRESS_LEN], uint64_t from,
                 uint64_t to, size_t max, struct eth_logs *logs, struct err *err) {
    *logs = (struct eth_logs){0};
    json_t *result,
        *params = json_pack("[{s:o, s:o, s:o}]", "address", json_new_hex(address, EVM_ADDRESS_LEN),
                            "fromBlock", quantity(from), "toBlock", quantity(to));
    if (call(c, "eth_getLogs", params, &result, err) != 0) {
        return -1;
    }
    int rc = eth_logs_parse(result, max, logs, err);
    json_decref(result);
    if (rc != 0 || logs->log == NULL) {
        return err_context(err, "%s", c->name);
    }
    for (size_t i = 0; i < logs->n; i++) {
        const struct eth_log *l = &logs->log[i];
        if (memcmp(l->address, address, EVM_ADDRESS_LEN) != 0 || l->block_number < from ||
            l->block_number > to) {
            eth_logs_free(logs);
            return bad_answer(c, "eth_getLogs", err);
        }
    }
    return 0;
}

static json_t *call_object(const struct eth_call_args *a) {
    json_t *o = json_object();
    if (a->from != NULL) {
        json_object_set_new(o, "from", json_new_hex(a->from, EVM_ADDRESS_LEN));
    }
    if (a->to != NULL) {
        json_object_set_new(o, "to", json_new_hex(a->to, EVM_ADDRESS_LEN));
    }
    json_object_set_new(o, "data", json_new_hex(a->data, a->data_len));
    if (a->value_wei != 0) {
        json_object_set_new(o, "value", quantity(a->value_wei));
    }
    return o;
}

int eth_call(struct eth_client *c, const struct eth_call_args *args, uint64_t block,
             struct buf *out, struct err *err) {
    json_t *result, *at = block == UINT64_MAX ? json_string("latest") : quantity(block);
    if (call(c, "eth_call", json_pack("[o,o]", call_object(args), at), &result, err) != 0) {
        return -1;
    }
    const char *text = json_string_value(result);
    bool ok = text != NULL && hex_decode_buf(out, text, MAX_CODE);
    json_decref(result);
    return ok ? 0 : bad_answer(c, "eth_call", err);
}

int eth_estimate_gas(struct eth_client *c, const struct eth_call_args *args, uint64_t *gas,
                     struct err *err) {
    return call_u64(c, "eth_estimateGas", json_pack("[o]", call_object(args)), gas, err);
}

static json_t *address_at(const uint8_t address[EVM_ADDRESS_LEN], const char *at) {
    return json_pack("[o,s]", json_new_hex(address, EVM_ADDRESS_LEN), at);
}

int eth_get_nonce(struct eth_client *c, const uint8_t address[EVM_ADDRESS_LEN], bool pending,
                  uint64_t *nonce, struct err *err) {
    return call_u64(c, "eth_getTransactionCount",
                    address_at(address, pending ? "pending" : "latest"), nonce, err);
}

int eth_get_balance(struct eth_client *c, const uint8_t address[EVM_ADDRESS_LEN], u128 *wei,
                    struct err *err) {
    return call_quantity(c, "eth_getBalance", address_at(address, "latest"), wei, err);
}

int eth_max_priority_fee(struct eth_client *c, u128 *wei, struct err *err) {
    return call_quantity(c, "eth_maxPriorityFeePerGas", json_array(), wei, err);
}

static int get_code(struct eth_client *c, const uint8_t address[EVM_ADDRESS_LEN], struct buf *code,
                    struct err *err) {
    json_t *result;
    if (call(c, "eth_getCode", address_at(address, "latest"), &result, err) != 0) {
        return -1;
    }
    const char *text = json_string_value(result);
    bool ok = text != NULL && hex_decode_buf(code, text, MAX_CODE);
    json_decref(result);
    return ok ? 0 : bad_answer(c, "eth_getCode", err);
}

int eth_get_code_size(struct eth_client *c, const uint8_t address[EVM_ADDRESS_LEN], size_t *size,
                      struct err *err) {
    struct buf code = {0};
    int rc = get_code(c, address, &code, err);
    *size = code.len;
    buf_free(&code);
    return rc;
}

int eth_get_code_hash(struct eth_client *c, const uint8_t address[EVM_ADDRESS_LEN],
                      uint8_t hash[32], struct err *err) {
    struct buf code = {0};
    int rc = get_code(c, address, &code, err);
    if (rc == 0) {
        keccak256(hash, code.data, code.len);
    }
    buf_free(&code);
    return rc;
}

int eth_get_storage(struct eth_client *c, const uint8_t address[EVM_ADDRESS_LEN],
                    const uint8_t slot[32], uint8_t value[32], struct err *err) {
    json_t *result, *params = json_pack("[o,o,s]", json_new_hex(address, EVM_ADDRESS_LEN),
                                        json_new_hex(slot, 32), "latest");
    if (call(c, "eth_getStorageAt", params, &result, err) != 0) {
        return -1;
    }
    bool ok = parse_hex(result, value, 32);
    json_decref(result);
    return ok ? 0 : bad_answer(c, "eth_getStorageAt", err);
}

int eth_send_raw(struct eth_client *c, const uint8_t *raw, size_t len, struct err *err) {
    json_t *result;
    if (call(c, "eth_sendRawTransaction", json_pack("[o]", json_new_hex(raw, len)), &result, err) !=
        0) {
        return -1;
    }
    json_decref(result);
    return 0;
}

int eth_get_receipt(struct eth_client *c, const uint8_t hash[32], struct eth_receipt *receipt,
                    struct err *err) {
    json_t *r;
    uint64_t status;
    if (call(c, "eth_getTransactionReceipt", json_pack("[o]", json_new_hex(hash, 32)), &r, err) !=
        0) {
        return -1;
    }
    if (json_is_null(r)) {
        json_decref(r);
        return err_set(err, ERR_NOT_FOUND, "%s: the transaction is in no block", c->name);
    }
    *receipt = (struct eth_receipt){0};
    const json_t *price = json_object_get(r, "effectiveGasPrice");
    bool ok = parse_u64(json_object_get(r, "status"), &status) && status <= 1 &&
              parse_u64(json_object_get(r, "blockNumber"), &receipt->block_number) &&
              parse_u64(json_object_get(r, "gasUsed"), &receipt->gas_used) &&
              parse_hex(json_object_get(r, "blockHash"), receipt->block_hash, 32) &&
              (price == NULL || parse_quantity(price, &receipt->gas_price_wei));
    receipt->success = ok && status == 1;
    receipt->has_contract =
        ok && parse_hex(json_object_get(r, "contractAddress"), receipt->contract, EVM_ADDRESS_LEN);
    json_decref(r);
    return ok ? 0 : bad_answer(c, "eth_getTransactionReceipt", err);
}

int eth_get_transaction(struct eth_client *c, const uint8_t hash[32], struct eth_transaction *tx,
                        struct err *err) {
    json_t *r;
    *tx = (struct eth_transaction){0};
    if (call(c, "eth_getTransactionByHash", json_pack("[o]", json_new_hex(hash, 32)), &r, err) !=
        0) {
        return -1;
    }
    if (json_is_null(r)) {
        json_decref(r);
        return err_set(err, ERR_NOT_FOUND, "%s: the endpoint does not have the transaction",
                       c->name);
    }
    const json_t *to = json_object_get(r, "to");
    const char *input = json_string_value(json_object_get(r, "input"));
    tx->creates = json_is_null(to);
    bool ok = (tx->creates || parse_hex(to, tx->to, EVM_ADDRESS_LEN)) && input != NULL &&
              hex_decode_buf(&tx->input, input, ETH_MAX_TX_INPUT);
    json_decref(r);
    if (!ok) {
        eth_transaction_free(tx);
        return bad_answer(c, "eth_getTransactionByHash", err);
    }
    return 0;
}

void eth_transaction_free(struct eth_transaction *tx) {
    buf_free(&tx->input);
    *tx = (struct eth_transaction){0};
}

int eth_knows_transaction(struct eth_client *c, const uint8_t hash[32], bool *known,
                          struct err *err) {
    json_t *r;
    if (call(c, "eth_getTransactionByHash", json_pack("[o]", json_new_hex(hash, 32)), &r, err) !=
        0) {
        return -1;
    }
    *known = json_is_object(r);
    json_decref(r);
    return 0;
}
