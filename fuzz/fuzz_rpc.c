/* libFuzzer target: JSON-RPC bodies to a running node (in this process, without HTTP). Templates
 * are requests of every method, some valid and some not, and batches; other inputs are the body
 * itself. Every answer must be JSON-RPC 2.0, every error must have a code and a text, and the
 * node must go on. */
#include "../tests/support/node_fixture.h"
#include "api/tx_json.h"
#include "fuzz.h"

enum { USERS = 2 };

static struct node_fixture *fixture;

static const char *const requests[] = {
    "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"health\"}",
    "{\"jsonrpc\":\"2.0\",\"id\":2,\"method\":\"getInstance\",\"params\":[]}",
    "{\"jsonrpc\":\"2.0\",\"id\":\"3\",\"method\":\"getSupportChains\",\"params\":{}}",
    "{\"jsonrpc\":\"2.0\",\"id\":4,\"method\":\"getSupportTokens\"}",
    "{\"jsonrpc\":\"2.0\",\"id\":5,\"method\":\"getAccount\",\"params\":[2]}",
    "{\"jsonrpc\":\"2.0\",\"id\":6,\"method\":\"getAccountsByAddress\",\"params\":["
    "\"0x0000000000000000111111111111111111111111\"]}",
    "{\"jsonrpc\":\"2.0\",\"id\":7,\"method\":\"getAccountBalances\",\"params\":{\"account\":2}}",
    "{\"jsonrpc\":\"2.0\",\"id\":8,\"method\":\"getPools\"}",
    "{\"jsonrpc\":\"2.0\",\"id\":9,\"method\":\"getPool\",\"params\":[4]}",
    "{\"jsonrpc\":\"2.0\",\"id\":10,\"method\":\"quoteSwap\",\"params\":{\"pool\":4,\"tokenIn\":"
    "4294967297,\"amountIn\":\"1000\"}}",
    "{\"jsonrpc\":\"2.0\",\"id\":11,\"method\":\"getTransactionByHash\",\"params\":[\"0x"
    "0000000000000000000000000000000000000000000000000000000000000001\"]}",
    "{\"jsonrpc\":\"2.0\",\"id\":12,\"method\":\"getRequest\",\"params\":[1,0]}",
    "{\"jsonrpc\":\"2.0\",\"id\":13,\"method\":\"getBlockByNumber\",\"params\":[1]}",
    "{\"jsonrpc\":\"2.0\",\"id\":14,\"method\":\"getLatestBlockNumber\",\"params\":[]}",
    "{\"jsonrpc\":\"2.0\",\"id\":15,\"method\":\"estimateTransactionFee\",\"params\":[\"Swap\","
    "4294967297]}",
    "[{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"getPools\"},{\"jsonrpc\":\"2.0\",\"method\":"
    "\"health\"},{\"jsonrpc\":\"2.0\",\"id\":null,\"method\":\"none\"},7]",
};
enum { N_REQUESTS = sizeof requests / sizeof *requests, N_SENT = 4 };

static void stop(void) {
    fixture_free(fixture);
}

static void setup(void) {
    fixture = fixture_new(USERS, NULL);
    fixture_start(fixture);
    fixture_make_pool(fixture);
    FUZZ_CHECK(atexit(stop) == 0);
}

/* sendTransaction with a transaction that is valid when it is sent unchanged. */
static char *sent(unsigned i) {
    struct op op;
    unsigned user = i % USERS;
    struct client_common c = fixture_common(fixture, user);
    fixture->users[user].nonce--; /* moves on only if the node takes it */
    switch (i) {
    case 0:
        client_swap(&op, &c, fixture->pool, fixture->token_a, amount_from_u64(1000), amount_zero());
        break;
    case 1:
        client_transfer(&op, &c, fixture->users[0].account, fixture->token_b, amount_from_u64(5));
        break;
    case 2:
        client_withdraw(&op, &c, fixture->token_a, amount_from_u64(9),
                        fixture->users[1].owner.address);
        break;
    default:
        client_transfer_to_address(&op, &c, &fixture->users[0].owner, fixture->token_a,
                                   amount_from_u64(1));
        break;
    }
    fixture_sign(fixture, user, &op);
    json_t *body = json_pack("{s:s, s:i, s:s, s:[o]}", "jsonrpc", "2.0", "id", (int)i, "method",
                             "sendTransaction", "params", tx_to_json(&op));
    char *text = json_format(body);
    json_decref(body);
    FUZZ_CHECK(text != NULL);
    return text;
}

/* One answer object: a result or an error, and an id. */
static void check_one(const json_t *a) {
    const char *version = json_string_value(json_object_get(a, "jsonrpc"));
    const json_t *error = json_object_get(a, "error"), *result = json_object_get(a, "result");
    FUZZ_CHECK(version != NULL && strcmp(version, "2.0") == 0);
    FUZZ_CHECK((error == NULL) != (result == NULL));
    FUZZ_CHECK(json_object_get(a, "id") != NULL);
    if (error != NULL) {
        FUZZ_CHECK(json_is_integer(json_object_get(error, "code")));
        FUZZ_CHECK(json_string_length(json_object_get(error, "message")) > 0);
        FUZZ_CHECK(json_integer_value(json_object_get(error, "code")) != RPC_INTERNAL_ERROR);
    }
}

/* Checks the answer; true if it is a result and not an error. */
static bool check_answer(char *text) {
    if (text == NULL) { /* notifications only */
        return false;
    }
    struct err err = {0};
    json_t *answer = json_parse(text, strlen(text), &err);
    FUZZ_CHECK(answer != NULL);
    bool result = json_object_get(answer, "result") != NULL;
    if (json_is_array(answer)) {
        FUZZ_CHECK(json_array_size(answer) > 0);
        for (size_t i = 0; i < json_array_size(answer); i++) {
            check_one(json_array_get(answer, i));
        }
    } else {
        check_one(answer);
    }
    json_decref(answer);
    free(text);
    return result;
}

/* The node's own count of a user's transactions: an edited body may have been taken too (a batch
 * of itself, spaces between). */
static void learn_nonce(unsigned user) {
    struct fixture_user *u = &fixture->users[user];
    struct err err = {0};
    char body[128];
    (void)snprintf(body, sizeof body,
                   "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"getAccount\",\"params\":[%u]}",
                   (unsigned)u->account);
    char *text = rpc_answer(node_service(fixture->node), body, strlen(body));
    FUZZ_CHECK(text != NULL);
    json_t *answer = json_parse(text, strlen(text), &err);
    const json_t *nonce = json_object_get(json_object_get(answer, "result"), "nonce");
    FUZZ_CHECK(json_is_integer(nonce));
    u->nonce = (uint32_t)json_integer_value(nonce);
    json_decref(answer);
    free(text);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len) {
    if (fixture == NULL) {
        setup();
    }
    struct fuzz_input in = {data, len};
    if (fuzz_is_raw(&in)) {
        (void)check_answer(rpc_answer(node_service(fixture->node), data, len));
        FUZZ_CHECK(!fixture->fatal);
        return 0;
    }
    unsigned i = fuzz_u8(&in) % (N_REQUESTS + N_SENT);
    char *made = i >= N_REQUESTS ? sent(i - N_REQUESTS) : NULL;
    const char *text = made != NULL ? made : requests[i];
    struct buf b = fuzz_edited(text, strlen(text), &in);
    bool taken = check_answer(rpc_answer(node_service(fixture->node), b.data, b.len));
    FUZZ_CHECK(!fixture->fatal);
    if (made != NULL) {
        bool unchanged = b.len == strlen(text) && memcmp(b.data, text, b.len) == 0;
        FUZZ_CHECK(taken || !unchanged);
        learn_nonce((i - N_REQUESTS) % USERS);
    }
    free(made);
    buf_free(&b);
    return 0;
}
