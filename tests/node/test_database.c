/* The node and its database: what is damaged, foreign or contradictory is told and nothing starts;
 * what is whole continues. */
#include "../support/node_fixture.h"
#include "base/clock.h"
#include "store/db.h"
#include "store/store.h"

// clang-format off
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <cmocka.h>
// clang-format on
#include <fcntl.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static struct node_fixture *f;

static json_int_t latest(const char *stage) {
    struct err err = {0};
    int code;
    json_t *r = fixture_call(f, "getLatestBlockNumber", NULL, &code, &err);
    json_int_t n = json_integer_value(json_object_get(r, stage));
    json_decref(r);
    return n;
}

static void send_swap(size_t user) {
    struct op op;
    struct err err = {0};
    int code;
    fixture_swap(f, user, &op);
    json_t *r = fixture_send(f, &op, &code, &err);
    if (r == NULL) {
        fail_msg("%s", err.text);
    }
    json_decref(r);
}

/* A node with some proved blocks, some operations, then stopped. */
static void make_history(void) {
    f = fixture_new(3, NULL);
    f->config.node.block_interval_ms = 100;
    fixture_start(f);
    fixture_make_pool(f);
    for (int i = 0; i < 4; i++) {
        send_swap((size_t)i % 3);
        clock_sleep_ms(110);
    }
    uint64_t end = clock_steady_ms() + 20000;
    while (latest("proved") < 4 || latest("proved") < latest("sealed")) {
        assert_true(clock_steady_ms() < end);
        clock_sleep_ms(20);
    }
    fixture_stop(f);
}

/* Runs SQL on the file, as a person with bad luck would. */
static void meddle(const char *sql) {
    sqlite3 *db;
    char *text = NULL;
    assert_int_equal(sqlite3_open(fixture_path(f, "node.db"), &db), SQLITE_OK);
    if (sqlite3_exec(db, sql, NULL, NULL, &text) != SQLITE_OK) {
        fail_msg("%s: %s", sql, text);
    }
    sqlite3_close(db);
}

static void must_not_start(enum err_code code, const char *text) {
    struct err err = {0};
    assert_int_equal(fixture_try_start(f, &err), -1);
    if (err.code != code || strstr(err.text, text) == NULL) {
        fail_msg("wanted %s and '%s', got %s: %s", err_name(code), text, err_name(err.code),
                 err.text);
    }
    fixture_free(f);
}

static void test_continues(void **state) {
    (void)state;
    make_history();
    for (int round = 0; round < 3; round++) {
        fixture_start(f);
        json_int_t sealed = latest("sealed");
        send_swap(1);
        uint64_t end = clock_steady_ms() + 10000;
        while (latest("proved") <= sealed) {
            assert_true(clock_steady_ms() < end);
            clock_sleep_ms(20);
        }
        fixture_stop(f);
    }
    assert_false(f->fatal);
    fixture_free(f);
}

static json_t *balances(account_id account) {
    struct err err = {0};
    int code;
    json_t *r =
        fixture_call(f, "getAccountBalances", json_pack("[I]", (json_int_t)account), &code, &err);
    assert_non_null(r);
    return r;
}

/* Blocks are taken back: what they held is tried again, in the old order, on the state before them,
 * and gives what it gave. What is not valid any more stays with the reason. */
static void test_taken_back(void **state) {
    (void)state;
    struct err err = {0};
    char reason[100];
    uint8_t lost[32];
    make_history();
    fixture_start(f);
    json_t *before[4];
    for (unsigned i = 0; i < 4; i++) {
        before[i] = balances(i < 3 ? f->users[i].account : f->pool);
    }
    json_int_t last = latest("sealed");
    fixture_stop(f);
    struct store *store = store_open(fixture_path(f, "node.db"), true, &err);
    assert_non_null(store);
    assert_int_equal(store_begin(store, &err), 0);
    assert_int_equal(store_requeue(store, 3, 1, &err), 0);
    assert_int_equal(store_take_back(store, 3, &err), 0);
    assert_int_equal(store_set_number(store, "epoch", 1, &err), 0);
    assert_int_equal(store_commit(store, &err), 0);
    store_close(store);
    /* One more that is of no use any more: the first of them again. */
    meddle(
        "INSERT INTO requeued(hash, op, epoch) SELECT zeroblob(32), op, 1 FROM requeued LIMIT 1");
    fixture_start(f);
    uint64_t end = clock_steady_ms() + 20000;
    while (latest("proved") < 3 || latest("proved") < latest("sealed")) {
        assert_true(clock_steady_ms() < end);
        clock_sleep_ms(20);
    }
    assert_true(latest("sealed") <= last);
    for (unsigned i = 0; i < 4; i++) {
        json_t *now = balances(i < 3 ? f->users[i].account : f->pool);
        assert_true(json_equal(now, before[i]));
        json_decref(now);
        json_decref(before[i]);
    }
    send_swap(1);
    fixture_stop(f);
    assert_false(f->fatal);
    store = store_open(fixture_path(f, "node.db"), true, &err);
    memset(lost, 0, sizeof lost);
    assert_int_equal(store_requeued_reason(store, lost, reason, &err), 0);
    assert_true(strlen(reason) > 0);
    store_close(store);
    fixture_free(f);
}

static void test_changed_record(void **state) {
    (void)state;
    make_history();
    meddle("UPDATE leaf SET fields = (SELECT fields FROM leaf WHERE account = 3 AND slot = 1) "
           "WHERE account = 2 AND slot = 1");
    must_not_start(ERR_CORRUPT, "root");
    make_history();
    meddle("DELETE FROM leaf WHERE account = 2 AND slot = 1");
    must_not_start(ERR_CORRUPT, "root");
    make_history();
    meddle("UPDATE leaf SET fields = zeroblob(128) WHERE account = 2 AND slot = 1");
    must_not_start(ERR_CORRUPT, "record");
}

static void test_missing_rows(void **state) {
    (void)state;
    make_history();
    fixture_start(f);
    f->config.node.block_interval_ms = 60000;
    fixture_stop(f);
    fixture_start(f);
    for (int i = 0; i < 3; i++) {
        send_swap(1);
    }
    fixture_stop(f); /* three operations stand in the open block */
    meddle("DELETE FROM tx WHERE seq = (SELECT max(seq) - 1 FROM tx)");
    must_not_start(ERR_CORRUPT, "order");
    make_history();
    meddle("UPDATE block SET header = zeroblob(length(header)) WHERE number = (SELECT max(number) "
           "FROM block)");
    must_not_start(ERR_CORRUPT, "header");
}

static void test_damaged_file(void **state) {
    (void)state;
    make_history();
    meddle("PRAGMA wal_checkpoint(TRUNCATE)");
    int fd = open(fixture_path(f, "node.db"), O_RDWR);
    assert_true(fd >= 0);
    char junk[4096];
    memset(junk, 0x5a, sizeof junk);
    for (off_t page = 2; page < 12; page++) {
        assert_int_equal(pwrite(fd, junk, sizeof junk, page * 4096), (ssize_t)sizeof junk);
    }
    close(fd);
    must_not_start(ERR_CORRUPT, "database");

    make_history();
    fd = open(fixture_path(f, "node.db"), O_RDWR | O_TRUNC);
    assert_int_equal(write(fd, junk, sizeof junk), (ssize_t)sizeof junk);
    close(fd);
    (void)remove(fixture_path(f, "node.db-wal"));
    (void)remove(fixture_path(f, "node.db-shm"));
    must_not_start(ERR_CORRUPT, "not a database");
}

static void test_foreign_file(void **state) {
    (void)state;
    make_history();
    meddle("UPDATE meta SET value = zeroblob(32) WHERE key = 'instance'");
    must_not_start(ERR_MISMATCH, "instance");
    make_history();
    meddle("PRAGMA user_version = 999");
    must_not_start(ERR_MISMATCH, "999");
    make_history();
    meddle("PRAGMA application_id = 7");
    must_not_start(ERR_CORRUPT, "not made by this program");
}

/* Two nodes on one folder would give two orders. */
static void test_second_node(void **state) {
    (void)state;
    make_history();
    fixture_start(f);
    struct node *first = f->node;
    struct err err = {0};
    assert_int_equal(fixture_try_start(f, &err), -1);
    assert_non_null(strstr(err.text, "another node"));
    f->node = first;
    fixture_free(f);
}

static void test_operator_key(void **state) {
    (void)state;
    struct err err = {0};
    make_history();
    (void)remove(fixture_path(f, "operator.key"));
    assert_int_equal(fixture_try_start(f, &err), -1);
    assert_non_null(strstr(err.text, "operator.key"));
    fixture_free(f);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_continues),      cmocka_unit_test(test_taken_back),
        cmocka_unit_test(test_changed_record), cmocka_unit_test(test_missing_rows),
        cmocka_unit_test(test_damaged_file),   cmocka_unit_test(test_foreign_file),
        cmocka_unit_test(test_second_node),    cmocka_unit_test(test_operator_key),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
