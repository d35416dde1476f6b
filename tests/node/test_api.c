/* The node's API against bad input: each mistake gets its own clear error and changes nothing. The
 * node is real but for chains and proofs (tests/support/node_fixture.h). */
#include "../support/node_fixture.h"
#include "api/tx_json.h"
#include "base/clock.h"
#include "node/sequencer.h"
#include "rpc/http_client.h"
#include "rpc/rpc_server.h"

// clang-format off
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <cmocka.h>
// clang-format on
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static struct node_fixture *f;

static int start(void **state) {
    (void)state;
    f = fixture_new(4, NULL);
    fixture_start(f);
    fixture_make_pool(f);
    return 0;
}

static int end(void **state) {
    (void)state;
    fixture_free(f);
    return 0;
}

/* Everything that users can own, as text: to see that nothing changed. */
static char *snapshot(void) {
    json_t *all = json_array();
    struct err err = {0};
    int code;
    for (size_t i = 0; i < f->n_users; i++) {
        json_int_t id = f->users[i].account;
        json_array_append_new(all,
                              fixture_call(f, "getAccount", json_pack("[I]", id), &code, &err));
        json_array_append_new(
            all, fixture_call(f, "getAccountBalances", json_pack("[I]", id), &code, &err));
    }
    json_array_append_new(all, fixture_call(f, "getPools", NULL, &code, &err));
    char *text = json_format(all);
    json_decref(all);
    assert_non_null(text);
    return text;
}

/* Sends; the transaction must be refused with this code and reason, and change nothing. */
static void refused(const struct op *op, int want, const char *text) {
    struct err err = {0};
    int code;
    char *before = snapshot();
    json_t *r = fixture_send(f, op, &code, &err);
    char *after = snapshot();
    if (r != NULL || code != want || strstr(err.text, text) == NULL) {
        fail_msg("wanted code %d and '%s', got %d: %s", want, text, code, err.text);
    }
    assert_string_equal(before, after);
    free(before);
    free(after);
}

static struct client_common common(size_t user) {
    struct client_common c = fixture_common(f, user);
    f->users[user].nonce--; /* this one is going to be refused */
    return c;
}

static void test_receipt(void **state) {
    (void)state;
    struct op op;
    struct err err = {0};
    int code;
    fixture_swap(f, 1, &op);
    json_t *r = fixture_send(f, &op, &code, &err);
    assert_non_null(r);
    json_t *params = json_pack("[O]", json_object_get(r, "hash"));
    json_t *status = fixture_call(f, "getTransactionByHash", params, &code, &err);
    assert_non_null(status);
    assert_true(json_equal(json_object_get(r, "sequence"), json_object_get(status, "sequence")));
    assert_string_equal(json_string_value(json_object_get(status, "type")), "Swap");
    json_decref(status);
    json_decref(r);
    refused(&op, 105, "nonce"); /* replayed */
}

static void test_signature(void **state) {
    (void)state;
    struct op op;
    struct client_common c = common(1);
    client_transfer(&op, &c, f->users[2].account, f->token_a, amount_from_u64(5));
    fixture_sign(f, 2, &op); /* another user's key */
    refused(&op, 104, "signature");
    fixture_sign(f, 1, &op);
    op.u.transfer.amount = amount_from_u64(6); /* changed after signing */
    refused(&op, 104, "signature");
    struct instance other = f->instance;
    other.instance_id[0] ^= 1;
    assert_true(client_sign(&op, other.instance_id, &f->users[1].key));
    refused(&op, 104, "signature");
}

static void test_nonce_and_validity(void **state) {
    (void)state;
    struct op op;
    struct client_common c = common(1);
    c.nonce++;
    client_transfer(&op, &c, f->users[2].account, f->token_a, amount_from_u64(5));
    fixture_sign(f, 1, &op);
    refused(&op, 106, "transaction: nonce");
    c = common(1);
    c.valid_until = clock_now_s() - 5;
    client_transfer(&op, &c, f->users[2].account, f->token_a, amount_from_u64(5));
    fixture_sign(f, 1, &op);
    refused(&op, 108, "validUntil");
}

static void test_amounts(void **state) {
    (void)state;
    struct op op;
    struct client_common c = common(1);
    client_transfer(&op, &c, f->users[2].account, f->token_a, amount_max());
    fixture_sign(f, 1, &op);
    refused(&op, 110, "balance");
    client_transfer(&op, &c, f->users[2].account, f->token_a, amount_zero());
    fixture_sign(f, 1, &op);
    refused(&op, 202, "0");
    client_transfer(&op, &c, f->users[2].account, token_make(2, 7), amount_from_u64(1));
    fixture_sign(f, 1, &op);
    refused(&op, 110, "balance"); /* a token that nobody has */
    client_transfer(&op, &c, 77777, f->token_a, amount_from_u64(1));
    fixture_sign(f, 1, &op);
    refused(&op, 115, "77777");
    client_withdraw(&op, &c, token_make(9, 1), amount_from_u64(1), f->users[1].owner.address);
    fixture_sign(f, 1, &op);
    refused(&op, 110, "balance");
    c.fee = (struct fee){.mant = UINT32_MAX, .exp = 7};
    client_transfer(&op, &c, f->users[2].account, f->token_a, amount_from_u64(1));
    fixture_sign(f, 1, &op);
    refused(&op, 109, "fee");
}

static void test_pools(void **state) {
    (void)state;
    struct op op;
    struct client_common c = common(1);
    client_swap(&op, &c, f->pool, f->token_a, amount_from_u64(1000), amount_from_u64(1000));
    fixture_sign(f, 1, &op);
    refused(&op, 139, "minimum"); /* slippage */
    client_swap(&op, &c, 12345, f->token_a, amount_from_u64(1000), amount_zero());
    fixture_sign(f, 1, &op);
    refused(&op, 130, "12345");
    client_swap(&op, &c, f->pool, token_make(2, 1), amount_from_u64(1000), amount_zero());
    fixture_sign(f, 1, &op);
    refused(&op, 135, "pool");
    client_create_pool(&op, &c, f->token_a, f->token_a, 30);
    fixture_sign(f, 1, &op);
    refused(&op, 131, "differ");
}

static void test_accounts(void **state) {
    (void)state;
    struct op op;
    struct client_common c = common(1);
    c.account = 4000;
    client_transfer(&op, &c, f->users[2].account, f->token_a, amount_from_u64(5));
    fixture_sign(f, 1, &op);
    refused(&op, 101, "4000");
    c.account = f->pool;
    client_transfer(&op, &c, f->users[2].account, f->token_a, amount_from_u64(5));
    fixture_sign(f, 1, &op);
    refused(&op, 102, "pool");
    c.account = 1; /* the fee account has no key */
    client_transfer(&op, &c, f->users[2].account, f->token_a, amount_from_u64(5));
    fixture_sign(f, 1, &op);
    refused(&op, 103, "key");
}

/* A body as it is; the answer's error code, 0 if there is a result, 1 if there is no answer. */
static int raw(const char *body, size_t len, char *answer, size_t size) {
    struct http_client *c = http_client_new(10000);
    struct buf out = {0};
    struct err err = {0};
    long status = 0;
    int code = 1;
    assert_int_equal(http_request(c, f->url, body, len, &out, 1 << 20, &status, &err), 0);
    buf_append_byte(&out, 0);
    (void)snprintf(answer, size, "%ld %s", status, (char *)out.data);
    if (out.len > 1) {
        json_t *v = json_loads((char *)out.data, 0, NULL);
        if (json_is_array(v)) {
            code = (int)json_array_size(v);
        } else {
            code = (int)json_integer_value(json_object_get(json_object_get(v, "error"), "code"));
        }
        json_decref(v);
    }
    buf_free(&out);
    http_client_free(c);
    return code;
}

static void test_malformed_json_rpc(void **state) {
    (void)state;
    static const struct {
        const char *body;
        int code;
    } cases[] = {
        {"", RPC_PARSE_ERROR},
        {"{", RPC_PARSE_ERROR},
        {"\xff\xfe", RPC_PARSE_ERROR},
        {"{\"jsonrpc\":\"2.0\",\"id\":1,\"id\":2,\"method\":\"health\"}", RPC_PARSE_ERROR},
        {"1", RPC_INVALID_REQUEST},
        {"{}", RPC_INVALID_REQUEST},
        {"[]", RPC_INVALID_REQUEST},
        {"{\"jsonrpc\":\"1.0\",\"id\":1,\"method\":\"health\"}", RPC_INVALID_REQUEST},
        {"{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":7}", RPC_INVALID_REQUEST},
        {"{\"jsonrpc\":\"2.0\",\"id\":{},\"method\":\"health\"}", RPC_INVALID_REQUEST},
        {"{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"health\",\"params\":3}", RPC_INVALID_REQUEST},
        {"{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"nothing\"}", RPC_METHOD_NOT_FOUND},
        {"{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"getAccount\"}", RPC_INVALID_PARAMS},
        {"{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"getAccount\",\"params\":[-1]}",
         RPC_INVALID_PARAMS},
        {"{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"getAccount\",\"params\":[268435456]}",
         RPC_INVALID_PARAMS},
        {"{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"getAccount\",\"params\":[1e3]}",
         RPC_INVALID_PARAMS},
        {"{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"getTransactionByHash\",\"params\":[\"0x12\"]}",
         RPC_INVALID_PARAMS},
        {"{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"sendTransaction\",\"params\":[{}]}",
         RPC_INVALID_PARAMS},
        {"{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"sendTransaction\",\"params\":[null]}",
         RPC_INVALID_PARAMS},
        {"{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"sendTransaction\",\"params\":{}}",
         RPC_INVALID_PARAMS},
        {"{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"quoteSwap\",\"params\":[1]}", 200},
        {"{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"getBlockByNumber\",\"params\":[99999]}", 200},
        {"{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"getAccount\",\"params\":{\"account\":1}}", 0},
        {"{\"jsonrpc\":\"2.0\",\"method\":\"health\"}", 1}, /* a notification */
        {"[{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"health\"},7,{\"jsonrpc\":\"2.0\",\"method\":"
         "\"health\"}]",
         2},
    };
    char answer[2000];
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        int code = raw(cases[i].body, strlen(cases[i].body), answer, sizeof answer);
        if (code != cases[i].code) {
            fail_msg("%s: wanted %d, got %d: %s", cases[i].body, cases[i].code, code, answer);
        }
    }
}

static void test_large_body(void **state) {
    (void)state;
    char answer[400];
    size_t len = f->config.node.listen.max_body + 1;
    char *body = malloc(len);
    assert_non_null(body);
    memset(body, ' ', len);
    raw(body, len, answer, sizeof answer);
    assert_int_equal(strncmp(answer, "413 ", 4), 0);
    free(body);
}

/* Every field left out, made text, made negative: refused by name. */
static void test_malformed_transactions(void **state) {
    (void)state;
    struct op op;
    struct err err = {0};
    int code;
    struct client_common c = common(1);
    client_swap(&op, &c, f->pool, f->token_a, amount_from_u64(1000), amount_zero());
    fixture_sign(f, 1, &op);
    json_t *good = tx_to_json(&op);
    char *before = snapshot();
    const char *key;
    json_t *value;
    json_object_foreach(good, key, value) {
        json_t *const wrong[] = {NULL, json_string("zz"), json_integer(-1), json_array()};
        for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
            json_t *bad = json_deep_copy(good);
            if (wrong[i] == NULL) {
                json_object_del(bad, key);
            } else {
                json_object_set_new(bad, key, wrong[i]);
            }
            json_t *r = fixture_call(f, "sendTransaction", json_pack("[o]", bad), &code, &err);
            assert_null(r);
            assert_int_equal(code, RPC_INVALID_PARAMS);
            if (strstr(err.text, key) == NULL) {
                fail_msg("the error for %s does not name it: %s", key, err.text);
            }
        }
    }
    json_t *more = json_deep_copy(good);
    json_object_set_new(more, "more", json_integer(1));
    assert_null(fixture_call(f, "sendTransaction", json_pack("[o]", more), &code, &err));
    assert_int_equal(code, RPC_INVALID_PARAMS);
    char *after = snapshot();
    assert_string_equal(before, after);
    free(before);
    free(after);
    json_decref(good);
}

/* A batch: in order, one answer each, good ones are taken though others are refused. */
static void test_batch(void **state) {
    (void)state;
    json_t *batch = json_array();
    struct op op;
    enum { N = 50 };
    for (int i = 0; i < N; i++) {
        fixture_swap(f, 3, &op);
        if (i == N / 2) {
            op.u.swap.min_out = amount_max(); /* breaks the signature */
            f->users[3].nonce--;
        }
        json_array_append_new(batch,
                              json_pack("{s:s, s:i, s:s, s:[o]}", "jsonrpc", "2.0", "id", i,
                                        "method", "sendTransaction", "params", tx_to_json(&op)));
    }
    char *body = json_format(batch);
    json_decref(batch);
    struct http_client *c = http_client_new(10000);
    struct buf out = {0};
    struct err err = {0};
    long status = 0;
    assert_int_equal(http_request(c, f->url, body, strlen(body), &out, 1 << 20, &status, &err), 0);
    json_t *answers = json_loadb((char *)out.data, out.len, 0, NULL);
    assert_int_equal(json_array_size(answers), N);
    for (size_t i = 0; i < N; i++) {
        json_t *a = json_array_get(answers, i);
        assert_int_equal(json_integer_value(json_object_get(a, "id")), i);
        assert_true(json_is_object(json_object_get(a, i == N / 2 ? "error" : "result")));
    }
    json_decref(answers);
    free(body);
    buf_free(&out);
    http_client_free(c);
}

static json_t *submit_batch(struct op *ops, size_t n, int *code, struct err *err) {
    json_t *list = json_array();
    for (size_t i = 0; i < n; i++) {
        json_array_append_new(list, tx_to_json(&ops[i]));
    }
    return fixture_call(f, "submitTxsBatch", json_pack("[o]", list), code, err);
}

/* Transactions that are accepted together, or not at all. */
static void test_all_or_none(void **state) {
    enum { N = 3 };
    (void)state;
    struct op ops[SEQUENCER_BATCH_MAX + 1];
    struct err err = {0};
    int code = 0;
    for (size_t wrong = 0; wrong < N; wrong++) {
        char *before = snapshot();
        for (size_t i = 0; i < N; i++) {
            fixture_swap(f, 3, &ops[i]);
            if (i == wrong) { /* well signed, but more than the pool gives */
                ops[i].u.swap.min_out = amount_max();
                assert_true(client_sign(&ops[i], f->instance.instance_id, &f->users[3].key));
            }
        }
        assert_null(submit_batch(ops, N, &code, &err));
        assert_int_equal(code, rejection_rpc_code(REJECT_SLIPPAGE));
        char place[40];
        snprintf(place, sizeof place, "(transaction %zu of the batch)", wrong);
        assert_non_null(strstr(err.text, place));
        char *after = snapshot();
        assert_string_equal(before, after); /* the ones before it are taken back */
        free(before);
        free(after);
        f->users[3].nonce -= N;
    }
    for (size_t i = 0; i < N; i++) {
        fixture_swap(f, 3, &ops[i]);
    }
    json_t *receipts = submit_batch(ops, N, &code, &err);
    assert_int_equal(json_array_size(receipts), N);
    json_int_t first = 0, block = 0;
    for (size_t i = 0; i < N; i++) { /* one after the other, in one block */
        const json_t *r = json_array_get(receipts, i);
        json_int_t sequence = json_integer_value(json_object_get(r, "sequence"));
        first = i == 0 ? sequence : first;
        assert_int_equal(sequence, first + (json_int_t)i);
        json_t *tx = fixture_call(f, "getTransactionByHash",
                                  json_pack("[s]", json_string_value(json_object_get(r, "hash"))),
                                  &code, &err);
        assert_non_null(tx);
        json_int_t in = json_integer_value(json_object_get(tx, "block"));
        block = i == 0 ? in : block;
        assert_int_equal(in, block);
        json_decref(tx);
    }
    json_decref(receipts);
    for (size_t i = 0; i <= SEQUENCER_BATCH_MAX; i++) {
        fixture_swap(f, 3, &ops[i]);
    }
    f->users[3].nonce -= SEQUENCER_BATCH_MAX + 1;
    assert_null(submit_batch(ops, SEQUENCER_BATCH_MAX + 1, &code, &err));
    assert_int_equal(code, RPC_INVALID_PARAMS);
    assert_null(submit_batch(ops, 0, &code, &err));
    assert_int_equal(code, RPC_INVALID_PARAMS);
}

/* Stops at any point: what was accepted is there, what was not is not. */
static void test_restart(void **state) {
    (void)state;
    char *before = snapshot();
    fixture_stop(f);
    fixture_start(f);
    char *after = snapshot();
    assert_string_equal(before, after);
    free(before);
    free(after);
    test_receipt(state);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_receipt),
        cmocka_unit_test(test_signature),
        cmocka_unit_test(test_nonce_and_validity),
        cmocka_unit_test(test_amounts),
        cmocka_unit_test(test_pools),
        cmocka_unit_test(test_accounts),
        cmocka_unit_test(test_malformed_json_rpc),
        cmocka_unit_test(test_large_body),
        cmocka_unit_test(test_malformed_transactions),
        cmocka_unit_test(test_batch),
        cmocka_unit_test(test_all_or_none),
        cmocka_unit_test(test_restart),
    };
    return cmocka_run_group_tests(tests, start, end);
}
