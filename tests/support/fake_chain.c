#include "fake_chain.h"
#include "chain/abi.h"
#include "crypto/keccak.h"
#include "rpc/http_server.h"
#include "rpc/rpc_server.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { MAX_OVERRIDES = 16, MAX_VIEWS = 32, MAX_METHODS = 24 };

struct fake_log {
    uint64_t block;
    uint8_t address[20], topics[4][32];
    unsigned n_topics;
    uint8_t data[512];
    size_t len;
};

struct fake_chain {
    pthread_mutex_t lock;
    struct http_server *server;
    struct rpc_service service;
    char url[64];
    uint64_t chain_id, height, nonce;
    uint8_t hash[FAKE_MAX_BLOCKS][32];
    unsigned generation; /* makes new hashes after a reorganisation */
    struct fake_log log[FAKE_MAX_LOGS];
    size_t n_logs;
    struct fake_tx tx[FAKE_MAX_TXS];
    size_t n_txs;
    bool drop, hold, fail;
    struct override {
        const char *method, *result, *error_data;
    } override[MAX_OVERRIDES];
    size_t n_overrides;
    struct view {
        char selector[11];
        char hex[4096];
    } view[MAX_VIEWS];
    size_t n_views;
    struct {
        uint8_t address[20];
        char hex[64];
    } code[8];
    size_t n_codes;
    uint8_t storage[32]; /* of every slot */
    struct {
        const char *method;
        unsigned n;
    } calls[MAX_METHODS];
    size_t n_calls;
};

static void make_hash(struct fake_chain *c, uint64_t number) {
    uint8_t in[48] = {0};
    if (number > 0) {
        memcpy(in, c->hash[number - 1], 32);
    }
    memcpy(in + 32, &number, sizeof number);
    memcpy(in + 40, &c->generation, sizeof c->generation);
    keccak256(c->hash[number], in, sizeof in);
}

static json_t *quantity(uint64_t v) {
    char text[24];
    (void)snprintf(text, sizeof text, "0x%llx", (unsigned long long)v);
    return json_string(text);
}

static uint64_t read_quantity(const json_t *v) {
    const char *s = json_string_value(v);
    return s != NULL && s[0] == '0' ? strtoull(s, NULL, 16) : 0;
}

static json_t *block_json(struct fake_chain *c, uint64_t n) {
    static const uint8_t zero[32];
    if (n > c->height) {
        return json_null();
    }
    return json_pack("{s:o, s:o, s:o, s:o, s:s}", "number", quantity(n), "timestamp",
                     quantity(1000000 + n), "hash", json_new_hex(c->hash[n], 32), "parentHash",
                     json_new_hex(n > 0 ? c->hash[n - 1] : zero, 32), "baseFeePerGas",
                     "0x3b9aca00");
}

static json_t *logs_json(struct fake_chain *c, const json_t *filter) {
    uint64_t from = read_quantity(json_object_get(filter, "fromBlock"));
    uint64_t to = read_quantity(json_object_get(filter, "toBlock"));
    json_t *list = json_array();
    for (uint64_t n = from; n <= to && n <= c->height; n++) {
        unsigned index = 0;
        for (size_t i = 0; i < c->n_logs; i++) {
            const struct fake_log *l = &c->log[i];
            if (l->block != n) {
                continue;
            }
            json_t *topics = json_array();
            for (unsigned k = 0; k < l->n_topics; k++) {
                json_array_append_new(topics, json_new_hex(l->topics[k], 32));
            }
            json_array_append_new(list,
                                  json_pack("{s:o, s:o, s:o, s:o, s:o, s:o, s:o}", "address",
                                            json_new_hex(l->address, 20), "topics", topics, "data",
                                            json_new_hex(l->data, l->len), "blockNumber",
                                            quantity(n), "logIndex", quantity(index++), "blockHash",
                                            json_new_hex(c->hash[n], 32), "transactionHash",
                                            json_new_hex(c->hash[n], 32)));
        }
    }
    return list;
}

static json_t *send_raw(struct fake_chain *c, const json_t *params) {
    struct buf raw = {0};
    struct fake_tx t = {.nonce = c->nonce, .success = true};
    if (!hex_decode_buf(&raw, json_string_value(json_array_get(params, 0)), 1 << 20) ||
        c->n_txs == FAKE_MAX_TXS) {
        abort();
    }
    keccak256(t.hash, raw.data, raw.len);
    buf_free(&raw);
    t.dropped = c->drop;
    c->tx[c->n_txs++] = t;
    return json_new_hex(t.hash, 32);
}

static struct fake_tx *find_tx(struct fake_chain *c, const json_t *params) {
    uint8_t hash[32];
    if (!hex_decode(hash, 32, json_string_value(json_array_get(params, 0)))) {
        abort();
    }
    for (size_t i = c->n_txs; i > 0; i--) { /* the same bytes may have been offered twice */
        if (memcmp(c->tx[i - 1].hash, hash, 32) == 0) {
            return &c->tx[i - 1];
        }
    }
    return NULL;
}

static json_t *receipt(struct fake_chain *c, const json_t *params) {
    const struct fake_tx *t = find_tx(c, params);
    if (t == NULL || t->block == 0) {
        return json_null();
    }
    return json_pack("{s:s, s:o, s:s, s:o, s:n}", "status", t->success ? "0x1" : "0x0",
                     "blockNumber", quantity(t->block), "gasUsed", "0x5208", "blockHash",
                     json_new_hex(c->hash[t->block], 32), "contractAddress");
}

static json_t *call_view(struct fake_chain *c, const json_t *params) {
    const char *data = json_string_value(json_object_get(json_array_get(params, 0), "data"));
    for (size_t i = 0; i < c->n_views; i++) {
        if (strncmp(data, c->view[i].selector, 10) == 0) {
            return json_string(c->view[i].hex);
        }
    }
    return json_string("0x");
}

/* The code of every address is what the test set for it, else empty. */
static json_t *get_code(struct fake_chain *c, const json_t *params) {
    uint8_t address[20];
    if (!hex_decode(address, 20, json_string_value(json_array_get(params, 0)))) {
        abort();
    }
    for (size_t i = 0; i < c->n_codes; i++) {
        if (memcmp(c->code[i].address, address, 20) == 0) {
            return json_string(c->code[i].hex);
        }
    }
    return json_string("0x");
}

static json_t *get_block(struct fake_chain *c, const json_t *params) {
    const char *which = json_string_value(json_array_get(params, 0));
    return block_json(c, strcmp(which, "latest") == 0 ? c->height
                                                      : read_quantity(json_array_get(params, 0)));
}

static json_t *right_answer(struct fake_chain *c, const char *method, const json_t *params) {
    if (strcmp(method, "eth_chainId") == 0) {
        return quantity(c->chain_id);
    }
    if (strcmp(method, "eth_blockNumber") == 0) {
        return quantity(c->height);
    }
    if (strcmp(method, "eth_getBlockByNumber") == 0) {
        return get_block(c, params);
    }
    if (strcmp(method, "eth_getLogs") == 0) {
        return logs_json(c, json_array_get(params, 0));
    }
    if (strcmp(method, "eth_call") == 0) {
        return call_view(c, params);
    }
    if (strcmp(method, "eth_getCode") == 0) {
        return get_code(c, params);
    }
    if (strcmp(method, "eth_getStorageAt") == 0) {
        return json_new_hex(c->storage, 32);
    }
    if (strcmp(method, "eth_getTransactionCount") == 0) {
        return quantity(c->nonce);
    }
    if (strcmp(method, "eth_estimateGas") == 0) {
        return quantity(100000);
    }
    if (strcmp(method, "eth_maxPriorityFeePerGas") == 0) {
        return quantity(1000000000);
    }
    if (strcmp(method, "eth_sendRawTransaction") == 0) {
        return send_raw(c, params);
    }
    if (strcmp(method, "eth_getTransactionReceipt") == 0) {
        return receipt(c, params);
    }
    if (strcmp(method, "eth_getTransactionByHash") == 0) {
        const struct fake_tx *t = find_tx(c, params);
        return t != NULL && !t->dropped ? json_object() : json_null();
    }
    return json_null();
}

static void count_call(struct fake_chain *c, const char *method) {
    for (size_t i = 0; i < c->n_calls; i++) {
        if (strcmp(c->calls[i].method, method) == 0) {
            c->calls[i].n++;
            return;
        }
    }
    if (c->n_calls < MAX_METHODS) {
        c->calls[c->n_calls].method = strdup(method);
        c->calls[c->n_calls++].n = 1;
    }
}

static json_t *answer(struct fake_chain *c, const json_t *request) {
    const char *method = json_string_value(json_object_get(request, "method"));
    const json_t *id = json_object_get(request, "id");
    count_call(c, method);
    for (size_t i = 0; i < c->n_overrides; i++) {
        const struct override *o = &c->override[i];
        if (strcmp(o->method, method) != 0) {
            continue;
        }
        if (o->result != NULL) {
            return json_pack("{s:s, s:O, s:o}", "jsonrpc", "2.0", "id", id, "result",
                             json_loads(o->result, JSON_DECODE_ANY, NULL));
        }
        return json_pack("{s:s, s:O, s:{s:i, s:s, s:s}}", "jsonrpc", "2.0", "id", id, "error",
                         "code", 3, "message", "execution reverted", "data", o->error_data);
    }
    return json_pack("{s:s, s:O, s:o}", "jsonrpc", "2.0", "id", id, "result",
                     right_answer(c, method, json_object_get(request, "params")));
}

static void on_http(void *ctx, const struct http_request *request, struct http_response *response) {
    struct fake_chain *c = ctx;
    json_t *v = json_loadb((const char *)request->body, request->body_len, 0, NULL);
    pthread_mutex_lock(&c->lock);
    json_t *a = answer(c, v);
    pthread_mutex_unlock(&c->lock);
    response->body = json_dumps(a, JSON_COMPACT);
    response->body_len = strlen(response->body);
    json_decref(a);
    json_decref(v);
}

struct fake_chain *fake_chain_new(uint64_t chain_id, uint64_t height) {
    struct fake_chain *c = calloc(1, sizeof *c);
    struct http_server_config hc = {
        .address = "127.0.0.1", .max_connections = 64, .timeout_s = 30, .max_body = 1 << 20};
    struct err err = {0};
    if (c == NULL) {
        abort();
    }
    pthread_mutex_init(&c->lock, NULL);
    c->chain_id = chain_id;
    make_hash(c, 0);
    fake_chain_mine(c, (unsigned)height);
    c->server = http_server_start(&hc, on_http, c, &err);
    if (c->server == NULL) {
        (void)fprintf(stderr, "fake_chain: %s\n", err.text);
        abort();
    }
    (void)snprintf(c->url, sizeof c->url, "http://127.0.0.1:%u", http_server_port(c->server));
    return c;
}

void fake_chain_free(struct fake_chain *c) {
    if (c != NULL) {
        http_server_stop(c->server);
        for (size_t i = 0; i < c->n_calls; i++) {
            free((char *)(uintptr_t)c->calls[i].method);
        }
        pthread_mutex_destroy(&c->lock);
        free(c);
    }
}

const char *fake_chain_url(const struct fake_chain *c) {
    return c->url;
}

/* The pool's transactions of the sender's next nonce: one of them is mined, the newest. */
static void mine_pool(struct fake_chain *c) {
    if (c->hold) {
        return;
    }
    for (size_t i = c->n_txs; i > 0; i--) {
        struct fake_tx *t = &c->tx[i - 1];
        if (t->block == 0 && !t->dropped && t->nonce == c->nonce) {
            t->block = c->height;
            t->success = !c->fail;
            c->nonce++;
            return;
        }
    }
}

void fake_chain_mine(struct fake_chain *c, unsigned n) {
    pthread_mutex_lock(&c->lock);
    for (unsigned i = 0; i < n; i++) {
        if (c->height + 1 == FAKE_MAX_BLOCKS) {
            abort();
        }
        make_hash(c, ++c->height);
        mine_pool(c);
    }
    pthread_mutex_unlock(&c->lock);
}

static void forget_above(struct fake_chain *c, uint64_t height) {
    size_t kept = 0;
    for (size_t i = 0; i < c->n_logs; i++) {
        if (c->log[i].block <= height) {
            c->log[kept++] = c->log[i];
        }
    }
    c->n_logs = kept;
    for (size_t i = 0; i < c->n_txs; i++) {
        if (c->tx[i].block > height) {
            c->tx[i].block = 0;
            c->nonce--;
        }
    }
}

void fake_chain_reorganise(struct fake_chain *c, unsigned n) {
    pthread_mutex_lock(&c->lock);
    c->generation++;
    forget_above(c, c->height - n);
    for (uint64_t k = c->height - n + 1; k <= c->height; k++) {
        make_hash(c, k);
    }
    pthread_mutex_unlock(&c->lock);
}

void fake_chain_cut(struct fake_chain *c, uint64_t height) {
    pthread_mutex_lock(&c->lock);
    c->height = height;
    pthread_mutex_unlock(&c->lock);
}

void fake_chain_log(struct fake_chain *c, uint64_t block, const uint8_t address[20],
                    const uint8_t (*topics)[32], unsigned n_topics, const uint8_t *data,
                    size_t len) {
    pthread_mutex_lock(&c->lock);
    if (c->n_logs == FAKE_MAX_LOGS || len > sizeof c->log->data) {
        abort();
    }
    struct fake_log *l = &c->log[c->n_logs++];
    *l = (struct fake_log){.block = block, .n_topics = n_topics, .len = len};
    memcpy(l->address, address, 20);
    memcpy(l->topics, topics, 32 * (size_t)n_topics);
    if (len > 0) {
        memcpy(l->data, data, len);
    }
    pthread_mutex_unlock(&c->lock);
}

void fake_chain_answer(struct fake_chain *c, const char *method, const char *result,
                       const char *error_data) {
    pthread_mutex_lock(&c->lock);
    size_t kept = 0;
    for (size_t i = 0; i < c->n_overrides; i++) {
        if (strcmp(c->override[i].method, method) != 0) {
            c->override[kept++] = c->override[i];
        }
    }
    c->n_overrides = kept;
    if (result != NULL || error_data != NULL) {
        c->override[c->n_overrides++] = (struct override){method, result, error_data};
    }
    pthread_mutex_unlock(&c->lock);
}

void fake_chain_view(struct fake_chain *c, const char *signature, const char *hex) {
    uint8_t selector[4];
    struct view v = {{0}, {0}};
    abi_selector(signature, selector);
    hex0x_encode(v.selector, selector, 4);
    (void)snprintf(v.hex, sizeof v.hex, "%s", hex);
    pthread_mutex_lock(&c->lock);
    size_t i = 0;
    while (i < c->n_views && strcmp(c->view[i].selector, v.selector) != 0) {
        i++;
    }
    if (i == MAX_VIEWS) {
        abort();
    }
    c->view[i] = v;
    c->n_views += i == c->n_views;
    pthread_mutex_unlock(&c->lock);
}

#define SETTER(name, field)                                                                        \
    void fake_chain_##name(struct fake_chain *c, bool value) {                                     \
        pthread_mutex_lock(&c->lock);                                                              \
        c->field = value;                                                                          \
        pthread_mutex_unlock(&c->lock);                                                            \
    }
SETTER(drop, drop)
SETTER(hold, hold)
SETTER(fail, fail)

void fake_chain_code(struct fake_chain *c, const uint8_t address[20], const char *hex) {
    size_t i = 0;
    pthread_mutex_lock(&c->lock);
    while (i < c->n_codes && memcmp(c->code[i].address, address, 20) != 0) {
        i++;
    }
    if (i == sizeof c->code / sizeof *c->code) {
        abort();
    }
    c->n_codes = i == c->n_codes ? i + 1 : c->n_codes;
    memcpy(c->code[i].address, address, 20);
    (void)snprintf(c->code[i].hex, sizeof c->code[i].hex, "%s", hex);
    pthread_mutex_unlock(&c->lock);
}

void fake_chain_storage(struct fake_chain *c, const uint8_t value[32]) {
    pthread_mutex_lock(&c->lock);
    memcpy(c->storage, value, 32);
    pthread_mutex_unlock(&c->lock);
}

void fake_chain_bump_nonce(struct fake_chain *c) {
    pthread_mutex_lock(&c->lock);
    c->nonce++;
    pthread_mutex_unlock(&c->lock);
}

size_t fake_chain_txs(struct fake_chain *c, struct fake_tx out[FAKE_MAX_TXS]) {
    pthread_mutex_lock(&c->lock);
    size_t n = c->n_txs;
    memcpy(out, c->tx, sizeof c->tx);
    pthread_mutex_unlock(&c->lock);
    return n;
}

unsigned fake_chain_calls(struct fake_chain *c, const char *method) {
    unsigned n = 0;
    pthread_mutex_lock(&c->lock);
    for (size_t i = 0; i < c->n_calls; i++) {
        if (strcmp(c->calls[i].method, method) == 0) {
            n = c->calls[i].n;
        }
    }
    pthread_mutex_unlock(&c->lock);
    return n;
}
