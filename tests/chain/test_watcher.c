/* Client, watcher and sender against chains that fail, lie, reorganise and lose transactions. */
#include "../support/fake_chain.h"
#include "base/clock.h"
#include "base/log.h"
#include "chain/watcher.h"
#include "sender/l1_sender.h"
#include "store/store.h"

// clang-format off
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <cmocka.h>
// clang-format on
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static const uint8_t contract[20] = {0xc0, 1, 2, 3};

static struct eth_client *client_for(const char *const *urls, size_t n) {
    struct err err = {0};
    struct eth_client *c = eth_client_new("chain 1", urls, n, 3000, &err);
    assert_non_null(c);
    return c;
}

static void add_request(struct fake_chain *c, uint64_t block, uint64_t index) {
    uint8_t topics[3][32], data[160] = {0};
    abi_topic("Requested(uint64,uint8,uint256,uint256,uint256,uint256,uint64)", topics[0]);
    word_from_u64(topics[1], index);
    word_from_u64(topics[2], 1);
    data[31] = (uint8_t)index;
    data[159] = 99;
    fake_chain_log(c, block, contract, (const uint8_t(*)[32])topics, 3, data, sizeof data);
}

static struct watch_config watch_for(struct eth_client *client) {
    struct watch_config w = {.client = client, .depth = 3, .range = 10, .first_block = 1};
    memcpy(w.contract, contract, 20);
    return w;
}

/* ---- client ---- */

static void test_chain_id(void **state) {
    (void)state;
    struct fake_chain *right = fake_chain_new(31337, 1), *wrong = fake_chain_new(1, 1);
    const char *urls[] = {fake_chain_url(right), fake_chain_url(wrong)};
    const char *dead[] = {"http://127.0.0.1:1", fake_chain_url(right)};
    struct err err = {0};
    struct eth_client *c = client_for(urls, 1);
    assert_int_equal(eth_check_chain_id(c, 31337, &err), 0);
    eth_client_free(c);
    c = client_for(urls, 2); /* one of them lies */
    assert_int_equal(eth_check_chain_id(c, 31337, &err), -1);
    assert_int_equal(err.code, ERR_MISMATCH);
    assert_non_null(strstr(err.text, fake_chain_url(wrong)));
    assert_non_null(strstr(err.text, "31337"));
    eth_client_free(c);
    c = client_for(dead, 1);
    assert_int_equal(eth_check_chain_id(c, 31337, &err), -1);
    assert_int_equal(err.code, ERR_NETWORK);
    eth_client_free(c);
    c = client_for(dead, 2); /* the second endpoint takes over */
    uint64_t height;
    assert_int_equal(eth_check_chain_id(c, 31337, &err), 0);
    assert_int_equal(eth_block_number(c, &height, &err), 0);
    assert_int_equal(height, 1);
    eth_client_free(c);
    fake_chain_free(right);
    fake_chain_free(wrong);
}

static void test_malformed_answers(void **state) {
    (void)state;
    static const char *const quantities[] = {
        "7",  "\"7\"", "\"0x\"", "\"0x07\"", "\"0xg\"", "null", "\"0x10000000000000000\"",
        "[]", "{}"};
    static const char *const logs[] = {
        "null", "{}", "[1]", "[{}]",
        "[{\"address\":\"0x12\",\"topics\":[],\"data\":\"0x\",\"blockNumber\":\"0x1\"}]"};
    struct fake_chain *chain = fake_chain_new(31337, 5);
    const char *url = fake_chain_url(chain);
    struct eth_client *c = client_for(&url, 1);
    struct err err = {0};
    struct eth_logs out;
    uint64_t v;
    for (size_t i = 0; i < sizeof quantities / sizeof *quantities; i++) {
        fake_chain_answer(chain, "eth_blockNumber", quantities[i], NULL);
        assert_int_equal(eth_block_number(c, &v, &err), -1);
        assert_int_equal(err.code, ERR_DECODE);
    }
    for (size_t i = 0; i < sizeof logs / sizeof *logs; i++) {
        fake_chain_answer(chain, "eth_getLogs", logs[i], NULL);
        assert_int_equal(eth_get_logs(c, contract, 1, 2, 10, &out, &err), -1);
        assert_int_equal(err.code, ERR_DECODE);
    }
    fake_chain_answer(chain, "eth_estimateGas", NULL,
                      "0x4e487b710000000000000000000000000000000000000000000000000000000000000011");
    struct eth_call_args args = {.to = contract};
    assert_int_equal(eth_estimate_gas(c, &args, &v, &err), -1);
    assert_int_equal(err.code, ERR_REMOTE);
    assert_non_null(strstr(err.text, "Panic(17)"));
    eth_client_free(c);
    fake_chain_free(chain);
}

/* ---- watcher ---- */

static int read_once(struct watch_config *w, struct watch_position *at, size_t *n,
                     struct err *err) {
    struct watch_batch b;
    int rc = watch_read(w, at, &b, err);
    *n = b.n;
    if (rc == 1) {
        *at = b.end;
    }
    watch_batch_free(&b);
    return rc;
}

static void test_depth_and_ranges(void **state) {
    (void)state;
    struct fake_chain *chain = fake_chain_new(31337, 25);
    const char *url = fake_chain_url(chain);
    struct eth_client *c = client_for(&url, 1);
    struct watch_config w = watch_for(c);
    struct watch_position at = {0};
    struct err err = {0};
    size_t n;
    add_request(chain, 4, 0);
    add_request(chain, 4, 1);
    add_request(chain, 22, 2);
    add_request(chain, 23, 3); /* final is 25 - 3 = 22 */
    assert_int_equal(read_once(&w, &at, &n, &err), 1);
    assert_int_equal(at.block, 10);
    assert_int_equal(n, 2);
    assert_int_equal(read_once(&w, &at, &n, &err), 1);
    assert_int_equal(n, 0);
    assert_int_equal(read_once(&w, &at, &n, &err), 1);
    assert_int_equal(at.block, 22);
    assert_int_equal(n, 1);
    assert_int_equal(read_once(&w, &at, &n, &err), 0);
    fake_chain_mine(chain, 1);
    assert_int_equal(read_once(&w, &at, &n, &err), 1);
    assert_int_equal(n, 1);
    eth_client_free(c);
    fake_chain_free(chain);
}

static void test_reorganisations(void **state) {
    (void)state;
    struct fake_chain *chain = fake_chain_new(31337, 20);
    const char *url = fake_chain_url(chain);
    struct eth_client *c = client_for(&url, 1);
    struct watch_config w = watch_for(c);
    struct watch_position at = {0};
    struct err err = {0};
    size_t n;
    while (read_once(&w, &at, &n, &err) == 1) {
    }
    assert_int_equal(at.block, 17);
    fake_chain_reorganise(chain, 3); /* as deep as the depth: nothing final is touched */
    fake_chain_mine(chain, 2);
    assert_int_equal(read_once(&w, &at, &n, &err), 1);
    assert_int_equal(at.block, 19);
    fake_chain_cut(chain, 12); /* an endpoint that is behind: wait */
    assert_int_equal(read_once(&w, &at, &n, &err), 0);
    fake_chain_cut(chain, 22);
    fake_chain_reorganise(chain, 4); /* one deeper */
    struct watch_position before = at;
    assert_int_equal(read_once(&w, &at, &n, &err), -1);
    assert_int_equal(err.code, ERR_REORG);
    assert_memory_equal(&at, &before, sizeof at);
    eth_client_free(c);
    fake_chain_free(chain);
}

static void test_lying_logs(void **state) {
    (void)state;
    struct fake_chain *chain = fake_chain_new(31337, 20);
    const char *url = fake_chain_url(chain);
    struct eth_client *c = client_for(&url, 1);
    struct watch_config w = watch_for(c);
    struct watch_position at = {0};
    struct err err = {0};
    size_t n;
    uint8_t topics[1][32], data[32] = {0};
    abi_topic("Requested(uint64,uint8,uint256,uint256,uint256,uint256,uint64)", topics[0]);
    fake_chain_log(chain, 3, contract, (const uint8_t(*)[32])topics, 1, data, sizeof data);
    assert_int_equal(read_once(&w, &at, &n, &err), -1); /* our event in another form */
    assert_int_equal(err.code, ERR_DECODE);
    assert_false(at.set);
    eth_client_free(c);
    fake_chain_free(chain);
}

/* ---- sender ---- */

struct sending {
    struct fake_chain *chain;
    struct eth_client *client;
    struct eth_key key;
    struct store *store;
    struct l1_sender sender;
    char path[64];
    uint64_t resend_ms;
};

static void open_sender(struct sending *s) {
    struct err err = {0};
    s->store = store_open(s->path, false, &err);
    assert_non_null(s->store);
    s->sender = (struct l1_sender){.chain = 1,
                                   .evm_chain_id = 31337,
                                   .client = s->client,
                                   .db = store_db(s->store),
                                   .key = &s->key,
                                   .max_fee_wei = (u128)1000000000000,
                                   .resend_ms = s->resend_ms};
}

/* resend_ms: no test waits for a minute; one that sends again says after how long. */
static void start_sending(struct sending *s, uint64_t resend_ms) {
    s->resend_ms = resend_ms;
    s->chain = fake_chain_new(31337, 5);
    const char *url = fake_chain_url(s->chain);
    s->client = client_for(&url, 1);
    assert_true(eth_key_generate(&s->key));
    strcpy(s->path, "/tmp/zklink-sender-XXXXXX");
    int fd = mkstemp(s->path);
    assert_true(fd >= 0);
    close(fd);
    open_sender(s);
    struct buf data = {0};
    struct err err = {0};
    buf_append(&data, "call", 4);
    assert_int_equal(l1_sender_queue(&s->sender, "submit", 7, contract, 0, &data, &err), 0);
    buf_free(&data);
}

/* The program ends and starts again. */
static void restart(struct sending *s) {
    store_close(s->store);
    open_sender(s);
}

static void end_sending(struct sending *s) {
    char path[80];
    store_close(s->store);
    eth_client_free(s->client);
    fake_chain_free(s->chain);
    (void)remove(s->path);
    (void)snprintf(path, sizeof path, "%s-wal", s->path);
    (void)remove(path);
    (void)snprintf(path, sizeof path, "%s-shm", s->path);
    (void)remove(path);
}

static enum l1_outcome step(struct sending *s, struct l1_result *r) {
    enum l1_outcome outcome;
    struct err err = {0};
    if (l1_sender_step(&s->sender, &outcome, r, &err) != 0) {
        fail_msg("%s", err.text);
    }
    return outcome;
}

static void test_send(void **state) {
    (void)state;
    struct sending s;
    struct l1_result r;
    struct fake_tx txs[FAKE_MAX_TXS];
    start_sending(&s, 60000);
    assert_int_equal(step(&s, &r), L1_WAITING);
    restart(&s);
    assert_int_equal(step(&s, &r), L1_WAITING);
    assert_int_equal(fake_chain_txs(s.chain, txs), 1); /* not sent twice */
    fake_chain_mine(s.chain, 1);
    restart(&s);
    assert_int_equal(step(&s, &r), L1_MINED);
    assert_int_equal(r.subject, 7);
    assert_int_equal(r.calldata, 4);
    assert_memory_equal(r.tx, txs[0].hash, 32);
    assert_int_equal(step(&s, &r), L1_IDLE);
    end_sending(&s);
}

static void test_dropped_and_underpriced(void **state) {
    (void)state;
    struct sending s;
    struct l1_result r;
    struct fake_tx txs[FAKE_MAX_TXS];
    start_sending(&s, 30);
    fake_chain_drop(s.chain, true);
    assert_int_equal(step(&s, &r), L1_WAITING);
    fake_chain_mine(s.chain, 1);
    clock_sleep_ms(40);
    fake_chain_drop(s.chain, false);
    fake_chain_hold(s.chain, true);
    assert_int_equal(step(&s, &r), L1_WAITING); /* sent again */
    assert_int_equal(fake_chain_txs(s.chain, txs), 2);
    clock_sleep_ms(40);
    assert_int_equal(step(&s, &r), L1_WAITING); /* it lies in the pool: again, for more */
    assert_int_equal(fake_chain_txs(s.chain, txs), 3);
    assert_int_equal(txs[2].nonce, txs[0].nonce);
    assert_memory_not_equal(txs[2].hash, txs[1].hash, 32);
    fake_chain_hold(s.chain, false);
    fake_chain_mine(s.chain, 1);
    restart(&s);
    assert_int_equal(step(&s, &r), L1_MINED);
    end_sending(&s);
}

/* What the endpoint lost is offered again as it was, at once after a restart: the program may have
 * ended between storing and sending. */
static void test_lost_and_offered_again(void **state) {
    (void)state;
    struct sending s;
    struct l1_result r;
    struct fake_tx txs[FAKE_MAX_TXS];
    start_sending(&s, 60000);
    fake_chain_drop(s.chain, true);
    assert_int_equal(step(&s, &r), L1_WAITING);
    fake_chain_drop(s.chain, false);
    restart(&s);
    assert_int_equal(step(&s, &r), L1_WAITING);
    assert_int_equal(fake_chain_txs(s.chain, txs), 2);
    assert_memory_equal(txs[1].hash, txs[0].hash, 32);
    assert_int_equal(step(&s, &r), L1_WAITING); /* known now: nothing is sent */
    assert_int_equal(fake_chain_txs(s.chain, txs), 2);
    fake_chain_mine(s.chain, 1);
    assert_int_equal(step(&s, &r), L1_MINED);
    end_sending(&s);
}

static void test_refused(void **state) {
    (void)state;
    struct sending s;
    struct l1_result r;
    struct fake_tx txs[FAKE_MAX_TXS];
    start_sending(&s, 60000); /* refused before it is sent */
    fake_chain_answer(s.chain, "eth_estimateGas", NULL,
                      "0x4e487b710000000000000000000000000000000000000000000000000000000000000011");
    assert_int_equal(step(&s, &r), L1_REFUSED);
    assert_non_null(strstr(r.reason, "Panic(17)"));
    assert_int_equal(fake_chain_txs(s.chain, txs), 0);
    assert_int_equal(step(&s, &r), L1_IDLE);
    end_sending(&s);

    start_sending(&s, 60000); /* reverted in its block */
    fake_chain_fail(s.chain, true);
    assert_int_equal(step(&s, &r), L1_WAITING);
    fake_chain_mine(s.chain, 1);
    assert_int_equal(step(&s, &r), L1_REFUSED);
    end_sending(&s);

    start_sending(&s, 30); /* somebody else used the nonce */
    fake_chain_hold(s.chain, true);
    assert_int_equal(step(&s, &r), L1_WAITING);
    fake_chain_bump_nonce(s.chain);
    clock_sleep_ms(40);
    assert_int_equal(step(&s, &r), L1_REFUSED);
    assert_non_null(strstr(r.reason, "nonce"));
    end_sending(&s);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_chain_id),
        cmocka_unit_test(test_malformed_answers),
        cmocka_unit_test(test_depth_and_ranges),
        cmocka_unit_test(test_reorganisations),
        cmocka_unit_test(test_lying_logs),
        cmocka_unit_test(test_send),
        cmocka_unit_test(test_dropped_and_underpriced),
        cmocka_unit_test(test_lost_and_offered_again),
        cmocka_unit_test(test_refused),
    };
    log_set_level(LOG_ERROR);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
