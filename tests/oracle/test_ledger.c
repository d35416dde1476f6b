/* The rules of what an oracle may sign, as its database enforces them, and what it remembers of its
 * endpoints. */
#include "oracle/ledger.h"

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

static struct ledger *open_memory(void) {
    struct err err = {0};
    struct ledger *l = ledger_open(":memory:", &err);
    assert_non_null(l);
    return l;
}

static struct consensus_row make_row(uint64_t number, uint8_t hash, uint64_t expiry) {
    struct consensus_row row = {.number = number, .base_expiry = 10, .expiry = expiry};
    memset(row.sync_hash, hash, 32);
    return row;
}

static int sign(struct ledger *l, uint64_t epoch, uint64_t number, uint8_t hash, uint64_t expiry) {
    struct consensus_row row = make_row(number, hash, expiry);
    struct err err = {0};
    int rc = ledger_sign(l, epoch, &row, &err);
    assert_true(rc == 0 || err.code == ERR_MISMATCH);
    return rc;
}

static void test_one_sync_hash(void **state) {
    (void)state;
    struct consensus_row got;
    struct err err = {0};
    struct ledger *l = open_memory();
    assert_int_equal(sign(l, 0, 5, 1, 20), 0);
    assert_int_equal(sign(l, 0, 5, 1, 30), 0); /* the same with a later expiry may be */
    assert_int_equal(sign(l, 0, 5, 2, 40), -1);
    assert_int_equal(ledger_signed(l, 0, 5, &got, &err), 0);
    assert_int_equal(got.expiry, 30);
    assert_int_equal(got.sync_hash[31], 1);
    assert_int_equal(sign(l, 1, 5, 2, 40), 0); /* another epoch */
    ledger_close(l);
}

static int may_revert(struct ledger *l, uint64_t number, uint64_t clock, uint64_t confirmed,
                      const char *why) {
    static const uint8_t signature[65] = {1};
    struct err err = {0};
    int rc = ledger_may_revert(l, 0, number, clock, confirmed, &err);
    if (rc != 0 && (err.code != ERR_MISMATCH || why == NULL || strstr(err.text, why) == NULL)) {
        fail_msg("%s: %s", err_name(err.code), err.text);
    }
    if (rc != 0) { /* signing is the same question */
        assert_int_equal(ledger_sign_revert(l, 0, number, clock, confirmed, signature, &err), -1);
    }
    return rc;
}

/* Own signatures of blocks that are to go hold the Revert up until they have run out. */
static void test_revert_after_consensus(void **state) {
    (void)state;
    struct ledger *l = open_memory();
    struct revert_row row;
    struct err err = {0};
    uint8_t signature[65] = {7};
    assert_int_equal(sign(l, 0, 4, 1, 500), 0);
    assert_int_equal(sign(l, 0, 5, 1, 100), 0);
    assert_int_equal(sign(l, 0, 6, 1, 300), 0);
    assert_int_equal(sign(l, 0, 6, 1, 200), 0); /* the longest life counts */
    assert_int_equal(ledger_decide_revert(l, 0, 5, &err), 0);
    assert_int_equal(may_revert(l, 5, 250, 4, "counts until 300"), -1);
    assert_int_equal(may_revert(l, 5, 300, 4, "counts until 300"),
                     -1); /* it counts in that second */
    assert_int_equal(may_revert(l, 5, 301, 5, "confirmed"), -1);
    assert_int_equal(may_revert(l, 5, 301, 9, "confirmed"), -1);
    assert_int_equal(may_revert(l, 5, 301, 4, NULL), 0);
    assert_int_equal(ledger_revert(l, 0, &row, &err), 0);
    assert_int_equal(row.number, 5);
    assert_false(row.is_signed);
    assert_int_equal(ledger_sign_revert(l, 0, 5, 301, 4, signature, &err), 0);
    assert_int_equal(ledger_revert(l, 0, &row, &err), 0);
    assert_true(row.is_signed);
    assert_memory_equal(row.signature, signature, 65);
    ledger_close(l);
}

/* What is to be taken back is signed no more: neither new nor for longer. */
static void test_consensus_after_revert(void **state) {
    (void)state;
    struct ledger *l = open_memory();
    struct consensus_row got;
    struct err err = {0};
    assert_int_equal(sign(l, 0, 5, 1, 100), 0);
    assert_int_equal(ledger_decide_revert(l, 0, 5, &err), 0);
    assert_int_equal(sign(l, 0, 5, 1, 200), -1);
    assert_int_equal(sign(l, 0, 6, 1, 200), -1);
    assert_int_equal(sign(l, 0, 4, 1, 200), 0); /* before it */
    assert_int_equal(sign(l, 1, 5, 3, 200), 0); /* the epoch after it */
    assert_int_equal(ledger_signed(l, 0, 5, &got, &err), 0);
    assert_int_equal(got.expiry, 100);
    ledger_close(l);
}

static void test_one_revert(void **state) {
    (void)state;
    struct ledger *l = open_memory();
    struct revert_row row;
    struct err err = {0};
    static const uint8_t signature[65] = {1};
    assert_int_equal(ledger_revert(l, 0, &row, &err), -1);
    assert_int_equal(err.code, ERR_NOT_FOUND);
    /* Nothing is signed that was not decided. */
    assert_int_equal(ledger_sign_revert(l, 0, 5, 1000, 0, signature, &err), -1);
    assert_int_equal(ledger_decide_revert(l, 0, 5, &err), 0);
    assert_int_equal(ledger_decide_revert(l, 0, 5, &err), 0);
    assert_int_equal(ledger_decide_revert(l, 0, 4, &err), -1);
    assert_int_equal(ledger_sign_revert(l, 0, 4, 1000, 0, signature, &err), -1);
    assert_int_equal(ledger_decide_revert(l, 1, 4, &err), 0);
    ledger_close(l);
}

static void test_binding(void **state) {
    (void)state;
    char path[] = "/tmp/zklink-ledger-XXXXXX";
    struct err err = {0};
    uint8_t instance[32] = {1}, signer[20] = {2};
    int fd = mkstemp(path);
    assert_true(fd >= 0);
    close(fd);
    struct ledger *l = ledger_open(path, &err);
    assert_non_null(l);
    assert_int_equal(ledger_bind(l, instance, signer, &err), 0);
    ledger_close(l);
    l = ledger_open(path, &err);
    assert_int_equal(ledger_bind(l, instance, signer, &err), 0);
    signer[19] = 1;
    assert_int_equal(ledger_bind(l, instance, signer, &err), -1);
    assert_int_equal(err.code, ERR_MISMATCH);
    assert_non_null(strstr(err.text, "another key"));
    signer[19] = 0;
    instance[31] = 1;
    assert_int_equal(ledger_bind(l, instance, signer, &err), -1);
    assert_non_null(strstr(err.text, "another instance"));
    ledger_close(l);
    (void)unlink(path);
    char other[64];
    (void)snprintf(other, sizeof other, "%s-wal", path);
    (void)unlink(other);
    (void)snprintf(other, sizeof other, "%s-shm", path);
    (void)unlink(other);
}

/* ---- what endpoints showed ---- */

static struct watch_event proved(uint64_t number, uint8_t hash, uint64_t time) {
    struct watch_event e = {.event.kind = ZKLINK_BLOCK_PROVED, .l1_timestamp = time};
    e.event.u.block_proved.stored.number = number;
    memset(e.event.u.block_proved.stored.sync_hash, hash, 32);
    return e;
}

static int take(struct ledger *l, const char *source, struct watch_event *events, size_t n,
                uint64_t block, unsigned *alarms, struct err *err) {
    struct watch_batch b = {
        .event = events, .n = n, .end = {.set = true, .block = block, .timestamp = 100 + block}};
    return ledger_take(l, source, &b, alarms, err);
}

static void test_gap_and_rescan(void **state) {
    (void)state;
    struct ledger *l = open_memory();
    struct ledger_source s;
    struct err err = {0};
    unsigned alarms;
    uint8_t hash[32];
    uint64_t time;
    struct watch_event first = proved(1, 1, 50), third = proved(3, 3, 52);
    assert_int_equal(take(l, "a", &first, 1, 10, &alarms, &err), 0);
    assert_int_equal(take(l, "a", &third, 1, 20, &alarms, &err), -1);
    assert_int_equal(err.code, ERR_NOT_FOUND);
    assert_int_equal(ledger_source(l, "a", &s, &err), 0);
    assert_int_equal(s.at.block, 10); /* nothing of the batch was taken in */
    assert_int_equal(s.at.timestamp, 110);
    assert_int_equal(sign(l, 0, 1, 1, 100), 0);
    assert_int_equal(ledger_rescan(l, "a", &err), 0);
    assert_int_equal(ledger_source(l, "a", &s, &err), 0);
    assert_false(s.at.set);
    assert_int_equal(ledger_proved(l, "a", 1, hash, &time, &err), -1);
    assert_int_equal(sign(l, 0, 1, 2, 100), -1); /* what was signed stays */
    ledger_close(l);
}

static int count_alarm(void *ctx, const struct alarm_row *row) {
    ++*(unsigned *)ctx;
    assert_int_equal(row->number, 2);
    assert_int_equal(row->sync_hash[0][0] ^ row->sync_hash[1][0], 2 ^ 9);
    return 0;
}

static void test_alarms(void **state) {
    (void)state;
    struct ledger *l = open_memory();
    struct err err = {0};
    unsigned alarms, seen = 0;
    uint64_t n;
    struct watch_event a[2] = {proved(1, 1, 50), proved(2, 2, 51)};
    struct watch_event b[2] = {proved(1, 1, 50), proved(2, 9, 51)};
    assert_int_equal(take(l, "a", a, 2, 10, &alarms, &err), 0);
    assert_int_equal(alarms, 0);
    assert_int_equal(take(l, "b", b, 2, 10, &alarms, &err), 0);
    assert_int_equal(alarms, 1);
    assert_int_equal(ledger_count_alarms(l, &n, &err), 0);
    assert_int_equal(n, 1);
    assert_int_equal(ledger_each_alarm(l, count_alarm, &seen, &err), 0);
    assert_int_equal(seen, 1);
    /* A chain that changes its mind after we signed. */
    assert_int_equal(ledger_rescan(l, "a", &err), 0);
    assert_int_equal(ledger_rescan(l, "b", &err), 0);
    assert_int_equal(sign(l, 0, 1, 1, 100), 0);
    assert_int_equal(sign(l, 0, 2, 9, 100), 0);
    assert_int_equal(take(l, "c", a, 2, 10, &alarms, &err), 0);
    assert_int_equal(alarms, 1);
    ledger_close(l);
}

/* After a Revert the same numbers come again, with other proofs: no gap and no alarm. */
static void test_reverted_blocks(void **state) {
    (void)state;
    struct ledger *l = open_memory();
    struct ledger_source s;
    struct err err = {0};
    unsigned alarms;
    uint8_t hash[32];
    uint64_t time;
    struct watch_event confirmed = {.event.kind = ZKLINK_BLOCK_CONFIRMED,
                                    .event.u.block_confirmed.number = 1};
    struct watch_event reverted = {.event.kind = ZKLINK_BLOCKS_REVERTED,
                                   .event.u.blocks_reverted = {.number = 2, .epoch = 1}};
    struct watch_event exodus = {.event.kind = ZKLINK_EXODUS_STARTED, .l1_timestamp = 77};
    struct watch_event all[] = {proved(1, 1, 50), proved(2, 2, 51), confirmed,
                                reverted,         proved(2, 7, 60), exodus};
    assert_int_equal(take(l, "a", all, 6, 10, &alarms, &err), 0);
    assert_int_equal(alarms, 0);
    assert_int_equal(ledger_source(l, "a", &s, &err), 0);
    assert_int_equal(s.epoch, 1);
    assert_int_equal(s.confirmed, 1);
    assert_int_equal(s.exodus_at, 77);
    assert_int_equal(ledger_proved(l, "a", 2, hash, &time, &err), 0);
    assert_int_equal(hash[0], 7);
    assert_int_equal(time, 60);
    /* A source that is still in the epoch before has the old block: not a contradiction. */
    assert_int_equal(take(l, "b", all, 2, 10, &alarms, &err), 0);
    assert_int_equal(alarms, 0);
    ledger_close(l);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_one_sync_hash),
        cmocka_unit_test(test_revert_after_consensus),
        cmocka_unit_test(test_consensus_after_revert),
        cmocka_unit_test(test_one_revert),
        cmocka_unit_test(test_binding),
        cmocka_unit_test(test_gap_and_rescan),
        cmocka_unit_test(test_alarms),
        cmocka_unit_test(test_reverted_blocks),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
