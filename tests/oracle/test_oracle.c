/* The oracle on two chains that a test controls: it signs what all show, once it is final on all,
 * and nothing else; never two syncHashes for a block. */
#include "../support/fake_chain.h"
#include "base/clock.h"
#include "base/log.h"
#include "chain/eip712.h"
#include "oracle/ledger.h"
#include "oracle/oracle.h"
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
    struct oracle *oracle;
    char dir[64];
};

static const uint8_t contract[20] = {0xc0};

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
        memcpy(s->deployment.chains[i].contract, contract, 20);
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
    s->oracle = oracle_start(&s->config, &s->deployment, &s->key, &err);
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

static void test_ledger_never_signs_twice(void **state) {
    (void)state;
    struct err err = {0};
    struct ledger *l = ledger_open(":memory:", &err);
    assert_non_null(l);
    struct consensus_row row = {.number = 5, .base_expiry = 10, .expiry = 20}, got;
    memset(row.sync_hash, 1, 32);
    assert_int_equal(ledger_sign(l, 0, &row, &err), 0);
    row.expiry = 30; /* the same with a later expiry may be */
    assert_int_equal(ledger_sign(l, 0, &row, &err), 0);
    row.sync_hash[31] = 2;
    row.expiry = 40;
    assert_int_equal(ledger_sign(l, 0, &row, &err), -1);
    assert_int_equal(err.code, ERR_MISMATCH);
    assert_int_equal(ledger_signed(l, 0, 5, &got, &err), 0);
    assert_int_equal(got.expiry, 30);
    assert_int_equal(got.sync_hash[31], 1);
    assert_int_equal(ledger_sign(l, 1, &row, &err), 0); /* another epoch */
    ledger_close(l);
}

static void assert_refuses_to_start(struct scene *s, enum err_code code, const char *text) {
    struct err err = {0};
    s->oracle = oracle_start(&s->config, &s->deployment, &s->key, &err);
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
        cmocka_unit_test(test_ledger_never_signs_twice),
        cmocka_unit_test(test_wrong_chains),
        cmocka_unit_test(test_unreachable),
    };
    log_set_level(LOG_ERROR);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
