/* The oracle on two chains that a test controls: it signs what all show, once it is final on all,
 * and nothing else; never two syncHashes for a block. */
#include "../support/fake_chain.h"
#include "base/clock.h"
#include "base/log.h"
#include "chain/eip712.h"
#include "crypto/keccak.h"
#include "oracle/ledger.h"
#include "oracle/oracle.h"
#include "rpc/http_client.h"
#include "rpc/rpc_client.h"

// clang-format off
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <cmocka.h>
// clang-format on
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { DEPTH = 2, PERIOD = 1000 };

struct scene {
    struct fake_chain *chain[2];
    struct config config;
    struct deployment deployment;
    struct eth_key key;
    const struct oracle_verifier *verifier;
    struct oracle *oracle;
    char dir[64];
};

static const uint8_t contract[20] = {0xc0}, verifier[20] = {0xc1}, implementation[20] = {0xc2};

/* Code of these addresses, as chain and deployment file have it. */
static void set_code(struct scene *s, unsigned i) {
    static const uint8_t *const at[3] = {contract, verifier, implementation};
    static const char *const hex[3] = {"0x6001", "0x6002", "0x6003"};
    struct deployed_chain *d = &s->deployment.chains[i];
    memcpy(d->contract, contract, 20);
    memcpy(d->verifier, verifier, 20);
    for (size_t k = 0; k < 3; k++) {
        uint8_t bytes[2];
        assert_true(hex_decode(bytes, 2, hex[k]));
        fake_chain_code(s->chain[i], at[k], hex[k]);
        memcpy(d->code[k].address, at[k], 20);
        keccak256(d->code[k].hash, bytes, 2);
    }
    d->n_code = 3;
}

static void set_views(struct scene *s, unsigned i, const uint8_t member[20]) {
    char hex[2 * 32 * 8 + 3];
    uint8_t words[7][32] = {{0}};
    hex0x_encode(hex, s->deployment.instance_id, 32);
    fake_chain_view(s->chain[i], "instanceId()", hex);
    hex0x_encode(hex, words[0], 32);
    fake_chain_view(s->chain[i], "epoch()", hex);
    word_from_u64(words[0], 1);
    hex0x_encode(hex, words[0], 32);
    fake_chain_view(s->chain[i], "networkCount()", hex);
    word_from_u64(words[0], 3); /* threshold */
    word_from_u64(words[1], 64);
    word_from_u64(words[2], 4);
    for (unsigned k = 0; k < 4; k++) {
        uint8_t other[20] = {(uint8_t)(k + 1)};
        word_from_address(words[3 + k], k == 2 ? member : other);
    }
    hex0x_encode(hex, words[0], sizeof words);
    fake_chain_view(s->chain[i], "network(uint256)", hex);
}

static struct scene *scene_new(void) {
    struct scene *s = calloc(1, sizeof *s);
    assert_non_null(s);
    strcpy(s->dir, "/tmp/zklink-oracle-XXXXXX");
    assert_non_null(mkdtemp(s->dir));
    assert_true(eth_key_generate(&s->key));
    memset(s->deployment.instance_id, 0x77, 32);
    s->config.data_dir = strdup(s->dir);
    s->config.n_chains = s->deployment.n_chains = 2;
    s->config.oracle.listen.address = strdup("127.0.0.1");
    s->config.oracle.listen.max_connections = 8;
    s->config.oracle.listen.timeout_s = 10;
    s->config.oracle.listen.max_body = 1 << 16;
    s->config.oracle.signature_expiry_s = PERIOD;
    for (unsigned i = 0; i < 2; i++) {
        s->chain[i] = fake_chain_new(31337 + i, 5);
        struct chain_config *c = &s->config.chains[i];
        c->number = s->deployment.chains[i].number = (uint8_t)(i + 1);
        c->name = strdup("chain");
        c->evm_chain_id = 31337 + i;
        c->rpc[0] = strdup(fake_chain_url(s->chain[i]));
        c->n_rpc = 1;
        c->confirmations = DEPTH;
        c->poll_ms = 20;
        set_code(s, i);
        s->deployment.chains[i].deploy_block = 1;
        set_views(s, i, s->key.address);
    }
    return s;
}

static int remove_one(const char *path, const struct stat *st, int flag, struct FTW *ftw) {
    (void)st;
    (void)flag;
    (void)ftw;
    return remove(path);
}

static void scene_free(struct scene *s) {
    oracle_stop(s->oracle);
    fake_chain_free(s->chain[0]);
    fake_chain_free(s->chain[1]);
    (void)nftw(s->dir, remove_one, 8, FTW_DEPTH | FTW_PHYS);
    config_release(&s->config);
    free(s);
}

static void scene_start(struct scene *s) {
    struct err err = {0};
    s->oracle = oracle_start(&s->config, &s->deployment, &s->key, s->verifier, &err);
    if (s->oracle == NULL) {
        fail_msg("%s", err.text);
    }
}

/* The chain shows block `number` with a syncHash of these bytes, in a new block of its own. */
static void prove(struct scene *s, unsigned i, uint64_t number, uint8_t hash) {
    uint8_t topics[2][32], data[192] = {0};
    uint64_t height;
    struct err err = {0};
    const char *url = fake_chain_url(s->chain[i]);
    struct eth_client *c = eth_client_new("chain", &url, 1, 3000, &err);
    fake_chain_mine(s->chain[i], 1);
    assert_int_equal(eth_block_number(c, &height, &err), 0);
    eth_client_free(c);
    abi_topic("BlockProved(uint64,bytes32,bytes32,bytes32,bytes32,uint64,uint64)", topics[0]);
    word_from_u64(topics[1], number);
    memset(data, hash, 32);
    fake_chain_log(s->chain[i], height, contract, (const uint8_t(*)[32])topics, 2, data,
                   sizeof data);
}

/* A call's result, or NULL. */
static json_t *call(struct scene *s, const char *method, json_t *params) {
    char url[64];
    struct err err = {0};
    json_t *r = NULL;
    (void)snprintf(url, sizeof url, "http://127.0.0.1:%u", oracle_port(s->oracle));
    struct rpc_client *c = rpc_client_new(url, 3000);
    (void)rpc_call(c, method, params, &r, &err);
    rpc_client_free(c);
    return r;
}

/* The text of /metrics, owned by the caller. */
static char *get_metrics(struct scene *s) {
    char url[64];
    struct err err = {0};
    struct buf out = {0};
    long status;
    (void)snprintf(url, sizeof url, "http://127.0.0.1:%u/metrics", oracle_port(s->oracle));
    struct http_client *c = http_client_new(3000);
    assert_int_equal(http_request(c, url, NULL, 0, &out, 1 << 16, &status, &err), 0);
    assert_int_equal(status, 200);
    http_client_free(c);
    buf_append_byte(&out, 0);
    return (char *)out.data;
}

/* The answer of getConsensus, or NULL after waiting so long. */
static json_t *consensus(struct scene *s, uint64_t number, unsigned wait_ms) {
    char url[64];
    struct err err = {0};
    json_t *r = NULL;
    (void)snprintf(url, sizeof url, "http://127.0.0.1:%u", oracle_port(s->oracle));
    struct rpc_client *c = rpc_client_new(url, 3000);
    uint64_t end = clock_steady_ms() + wait_ms;
    do {
        if (rpc_call(c, "getConsensus", json_pack("[I]", (json_int_t)number), &r, &err) == 0) {
            break;
        }
        assert_int_equal(rpc_client_error_code(c), 200);
        clock_sleep_ms(20);
    } while (clock_steady_ms() < end);
    rpc_client_free(c);
    return r;
}

static void assert_signed(struct scene *s, uint64_t number, uint8_t hash) {
    json_t *r = consensus(s, number, 5000);
    struct consensus_message m = {.number = number};
    uint8_t digest[32], signature[65], signer[20], got[32];
    struct err err = {0};
    assert_non_null(r);
    memcpy(m.instance, s->deployment.instance_id, 32);
    memset(m.sync_hash, hash, 32);
    assert_int_equal(json_get_u64(r, "expiry", UINT64_MAX, &m.expiry, &err), 0);
    assert_int_equal(json_get_hex(r, "signature", signature, 65, &err), 0);
    assert_int_equal(json_get_hex(r, "syncHash", got, 32, &err), 0);
    assert_memory_equal(got, m.sync_hash, 32);
    assert_true(m.expiry >= clock_now_s() + PERIOD / 2 - 2);
    assert_true(m.expiry <= clock_now_s() + 2 * PERIOD);
    consensus_digest(&m, digest);
    assert_true(eth_recover(digest, signature, signer));
    assert_memory_equal(signer, s->key.address, 20);
    json_decref(r);
}

static void assert_not_signed(struct scene *s, uint64_t number) {
    json_t *r = consensus(s, number, 400);
    assert_null(r);
}

static void test_signs_what_all_show(void **state) {
    (void)state;
    struct scene *s = scene_new();
    scene_start(s);
    prove(s, 0, 1, 0xaa);
    fake_chain_mine(s->chain[0], DEPTH);
    assert_not_signed(s, 1); /* one chain only */
    prove(s, 1, 1, 0xaa);
    fake_chain_mine(s->chain[1], DEPTH - 1);
    assert_not_signed(s, 1); /* not final on the other */
    fake_chain_mine(s->chain[1], 1);
    assert_signed(s, 1, 0xaa);
    oracle_stop(s->oracle);
    scene_start(s); /* remembers */
    assert_signed(s, 1, 0xaa);
    prove(s, 0, 2, 0xbb);
    prove(s, 1, 2, 0xbb);
    fake_chain_mine(s->chain[0], DEPTH);
    fake_chain_mine(s->chain[1], DEPTH);
    assert_signed(s, 2, 0xbb);
    assert_not_signed(s, 3);
    scene_free(s);
}

/* Two proofs of one block: neither is signed, nor anything after it. */
static void test_two_proofs(void **state) {
    (void)state;
    struct scene *s = scene_new();
    scene_start(s);
    prove(s, 0, 1, 0xaa);
    prove(s, 1, 1, 0xab);
    prove(s, 0, 2, 0xcc);
    prove(s, 1, 2, 0xcc);
    fake_chain_mine(s->chain[0], DEPTH);
    fake_chain_mine(s->chain[1], DEPTH);
    assert_not_signed(s, 1);
    assert_not_signed(s, 2);
    scene_free(s);
}

/* A chain that changes its mind below the depth after the oracle has signed. */
static void test_reorganised_after_signing(void **state) {
    (void)state;
    struct scene *s = scene_new();
    scene_start(s);
    for (unsigned i = 0; i < 2; i++) {
        prove(s, i, 1, 0xaa);
        fake_chain_mine(s->chain[i], DEPTH);
    }
    assert_signed(s, 1, 0xaa);
    for (unsigned i = 0; i < 2; i++) {
        fake_chain_reorganise(s->chain[i], DEPTH + 2);
        prove(s, i, 1, 0xdd);
        fake_chain_mine(s->chain[i], DEPTH);
    }
    clock_sleep_ms(300);
    assert_signed(s, 1, 0xaa);
    scene_free(s);
}

static void assert_refuses_to_start(struct scene *s, enum err_code code, const char *text) {
    struct err err = {0};
    s->oracle = oracle_start(&s->config, &s->deployment, &s->key, s->verifier, &err);
    assert_null(s->oracle);
    if (err.code != code || strstr(err.text, text) == NULL) {
        fail_msg("wanted %s and '%s', got %s: %s", err_name(code), text, err_name(err.code),
                 err.text);
    }
    scene_free(s);
}

static void test_wrong_chains(void **state) {
    (void)state;
    struct scene *s = scene_new();
    s->config.chains[1].evm_chain_id = 1;
    assert_refuses_to_start(s, ERR_MISMATCH, "31338");
    s = scene_new();
    static const uint8_t stranger[20] = {0x99};
    set_views(s, 0, stranger);
    assert_refuses_to_start(s, ERR_MISMATCH, "no oracle network");
    s = scene_new();
    s->deployment.instance_id[0] ^= 1;
    assert_refuses_to_start(s, ERR_MISMATCH, "another instance");
}

/* Code that the deployment file does not know: at the start, and when it changes later. */
static void test_unknown_code(void **state) {
    (void)state;
    struct scene *s = scene_new();
    fake_chain_code(s->chain[1], contract, "0x6009");
    assert_refuses_to_start(s, ERR_MISMATCH, "not code that the deployment file knows");
    s = scene_new();
    fake_chain_code(s->chain[0], verifier, "0x");
    assert_refuses_to_start(s, ERR_MISMATCH, "not code that the deployment file knows");
    s = scene_new();
    s->deployment.chains[0].n_code = 0;
    assert_refuses_to_start(s, ERR_MISMATCH, "does not list the code");
    uint8_t slot[32] = {0};
    static const uint8_t other[20] = {0xdd};
    s = scene_new();
    word_from_address(slot, other);
    fake_chain_storage(s->chain[0], slot); /* a proxy whose implementation nobody knows */
    assert_refuses_to_start(s, ERR_MISMATCH, "the implementation at");
    s = scene_new();
    word_from_address(slot, implementation);
    fake_chain_storage(s->chain[0], slot);
    scene_start(s);
    word_from_address(slot, other);
    fake_chain_storage(s->chain[0], slot); /* upgraded */
    for (unsigned i = 0; i < 2; i++) {
        prove(s, i, 1, 0xaa);
        fake_chain_mine(s->chain[i], DEPTH + 1);
    }
    assert_not_signed(s, 1);
    scene_free(s);
}

static void test_database_of_another_key(void **state) {
    (void)state;
    struct scene *s = scene_new();
    scene_start(s);
    oracle_stop(s->oracle);
    assert_true(eth_key_generate(&s->key));
    set_views(s, 0, s->key.address);
    set_views(s, 1, s->key.address);
    assert_refuses_to_start(s, ERR_MISMATCH, "another key has signed");
}

/* An endpoint that leaves out an event is read anew; once it shows it, all is well. */
static void test_missing_event(void **state) {
    (void)state;
    struct scene *s = scene_new();
    scene_start(s);
    for (unsigned i = 0; i < 2; i++) {
        prove(s, i, 1, 0xaa);
        fake_chain_mine(s->chain[i], DEPTH);
    }
    assert_signed(s, 1, 0xaa);
    prove(s, 0, 2, 0xbb);
    prove(s, 0, 3, 0xcc);
    fake_chain_mine(s->chain[0], DEPTH);
    prove(s, 1, 3, 0xcc); /* without block 2 */
    fake_chain_mine(s->chain[1], DEPTH + 2);
    assert_not_signed(s, 2);
    char *metrics = get_metrics(s);
    assert_non_null(strstr(metrics, "\nzklink_oracle_last_signed 1\n"));
    const char *second = strstr(metrics, "_rescans{endpoint=\"2 ");
    assert_non_null(second);
    second = strstr(second, "\"} ");
    assert_non_null(second);
    assert_true(atoi(second + 3) >= 1);
    free(metrics);
    scene_free(s);
}

static void test_alarm_is_shown(void **state) {
    (void)state;
    struct scene *s = scene_new();
    scene_start(s);
    prove(s, 0, 1, 0xaa);
    prove(s, 1, 1, 0xab);
    fake_chain_mine(s->chain[0], DEPTH);
    fake_chain_mine(s->chain[1], DEPTH);
    assert_not_signed(s, 1);
    json_t *health = call(s, "health", NULL);
    const json_t *alarm = json_array_get(json_object_get(health, "alarms"), 0);
    assert_int_equal(json_integer_value(json_object_get(alarm, "number")), 1);
    assert_string_equal(json_string_value(json_object_get(health, "status")), "degraded");
    json_decref(health);
    char *metrics = get_metrics(s);
    assert_non_null(strstr(metrics, "\nzklink_oracle_alarms 1\n"));
    assert_non_null(strstr(metrics, "\nzklink_oracle_disagreement 1\n"));
    free(metrics);
    scene_free(s);
}

/* Exodus on one chain: blocks that all had accepted before are signed, others are not. */
static void test_exodus(void **state) {
    (void)state;
    struct scene *s = scene_new();
    uint8_t topic[1][32], data[32] = {0};
    prove(s, 0, 1, 0xaa);
    prove(s, 1, 1, 0xaa);
    prove(s, 0, 2, 0xbb);
    fake_chain_mine(s->chain[1], 5);
    abi_topic("ExodusStarted(uint64)", topic[0]);
    fake_chain_log(s->chain[1], 9, contract, (const uint8_t(*)[32])topic, 1, data, 32);
    prove(s, 1, 2, 0xbb);
    fake_chain_mine(s->chain[0], 20);
    fake_chain_mine(s->chain[1], 20);
    scene_start(s);
    assert_signed(s, 1, 0xaa);
    assert_not_signed(s, 2);
    scene_free(s);
}

static json_t *revert_answer(struct scene *s, unsigned wait_ms) {
    uint64_t end = clock_steady_ms() + wait_ms;
    json_t *r;
    while ((r = call(s, "getRevert", NULL)) == NULL && clock_steady_ms() < end) {
        clock_sleep_ms(20);
    }
    return r;
}

/* The operator decides; unsigned blocks go at once, a signed one holds the Revert up. */
static void test_revert(void **state) {
    (void)state;
    struct scene *s = scene_new();
    char path[128];
    struct err err = {0};
    scene_start(s);
    for (unsigned i = 0; i < 2; i++) {
        prove(s, i, 1, 0xaa);
        fake_chain_mine(s->chain[i], DEPTH);
    }
    assert_signed(s, 1, 0xaa);
    assert_null(revert_answer(s, 100));
    (void)snprintf(path, sizeof path, "%s/oracle.db", s->dir);
    struct ledger *l = ledger_open(path, &err); /* as another process does */
    assert_int_equal(ledger_decide_revert(l, 0, 2, &err), 0);
    ledger_close(l);
    json_t *r = revert_answer(s, 5000);
    struct revert_message m = {.epoch = 0, .number = 2};
    uint8_t digest[32], signature[65], signer[20];
    assert_non_null(r);
    assert_int_equal(json_get_hex(r, "signature", signature, 65, &err), 0);
    memcpy(m.instance, s->deployment.instance_id, 32);
    revert_digest(&m, digest);
    assert_true(eth_recover(digest, signature, signer));
    assert_memory_equal(signer, s->key.address, 20);
    json_decref(r);
    for (unsigned i = 0; i < 2; i++) { /* too late */
        prove(s, i, 2, 0xbb);
        fake_chain_mine(s->chain[i], DEPTH);
    }
    assert_not_signed(s, 2);
    scene_free(s);

    s = scene_new();
    scene_start(s);
    for (unsigned i = 0; i < 2; i++) {
        prove(s, i, 1, 0xaa);
        fake_chain_mine(s->chain[i], DEPTH);
    }
    assert_signed(s, 1, 0xaa);
    (void)snprintf(path, sizeof path, "%s/oracle.db", s->dir);
    l = ledger_open(path, &err);
    assert_int_equal(ledger_decide_revert(l, 0, 1, &err), 0);
    ledger_close(l);
    assert_null(revert_answer(s, 500)); /* our own signature of block 1 still counts */
    scene_free(s);
}

/* An endpoint that is down at the start is waited for. */
static void test_unreachable(void **state) {
    (void)state;
    struct scene *s = scene_new();
    free(s->config.chains[1].rpc[0]);
    s->config.chains[1].rpc[0] = strdup("http://127.0.0.1:1");
    scene_start(s);
    prove(s, 0, 1, 0xaa);
    fake_chain_mine(s->chain[0], DEPTH);
    assert_not_signed(s, 1);
    scene_free(s);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_signs_what_all_show),
        cmocka_unit_test(test_two_proofs),
        cmocka_unit_test(test_reorganised_after_signing),
        cmocka_unit_test(test_wrong_chains),
        cmocka_unit_test(test_unknown_code),
        cmocka_unit_test(test_database_of_another_key),
        cmocka_unit_test(test_missing_event),
        cmocka_unit_test(test_alarm_is_shown),
        cmocka_unit_test(test_exodus),
        cmocka_unit_test(test_revert),
        cmocka_unit_test(test_unreachable),
    };
    log_set_level(LOG_ERROR);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
