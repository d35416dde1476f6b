/* The events of payouts, as the contract emits them and in every wrong form; what permits sign. The
 * calls are compared with the compiler's: contracts/test/PoolCalls.t.sol. */
#include "chain/pools_abi.h"
#include "chain/zklink_abi.h"

// clang-format off
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <cmocka.h>
// clang-format on
#include <string.h>

#define ACCEPTED "Accepted(bytes32,address,uint8,uint256,uint256,address,uint32,uint256,uint256)"
#define PAID "Paid(uint64,uint256,uint32,address,uint256)"
#define PENDING "PayoutPending(uint64,uint256,uint32,address,uint256)"

enum { MAX_WORDS = 8 };

/* A log and the bytes it points to. */
struct example {
    struct eth_log log;
    uint8_t data[MAX_WORDS * WORD_LEN];
};

static void example(struct example *x, const char *event, size_t n_words) {
    memset(x, 0, sizeof *x);
    abi_topic(event, x->log.topics[0]);
    x->log.n_topics = 3;
    x->log.data = x->data;
    x->log.data_len = n_words * WORD_LEN;
}

static void put(struct example *x, size_t i, uint64_t v) {
    word_from_u64(x->data + i * WORD_LEN, v);
}

static void example_accepted(struct example *x) {
    uint8_t address[20];
    example(x, ACCEPTED, 7);
    memset(x->log.topics[1], 0x77, 32);
    memset(address, 0xb1, sizeof address);
    word_from_address(x->log.topics[2], address);
    put(x, 0, 17);
    put(x, 1, 3);
    put(x, 2, 12);
    memset(address, 0xc2, sizeof address);
    word_from_address(x->data + (size_t)3 * WORD_LEN, address);
    put(x, 4, UINT32_MAX);
    word_from_u128(x->data + (size_t)5 * WORD_LEN, (u128)9 << 100);
    put(x, 6, 7);
}

static void example_paid(struct example *x, const char *event) {
    uint8_t address[20];
    example(x, event, 3);
    word_from_u64(x->log.topics[1], 5);
    word_from_u64(x->log.topics[2], 600);
    put(x, 0, 2);
    memset(address, 0xc2, sizeof address);
    word_from_address(x->data + (size_t)WORD_LEN, address);
    word_from_u128(x->data + (size_t)2 * WORD_LEN, (u128)9 << 100);
}

static void test_accepted(void **state) {
    (void)state;
    struct example x;
    struct zklink_event e;
    uint8_t want[32];
    example_accepted(&x);
    assert_true(zklink_event_decode(&e, &x.log));
    assert_int_equal(e.kind, ZKLINK_ACCEPTED);
    memset(want, 0x77, 32);
    assert_memory_equal(e.u.accepted.id, want, 32);
    memset(want, 0xb1, 20);
    assert_memory_equal(e.u.accepted.broker, want, 20);
    memset(want, 0xc2, 20);
    assert_memory_equal(e.u.accepted.to, want, 20);
    assert_int_equal(e.u.accepted.type, 17);
    assert_int_equal(e.u.accepted.a, 3);
    assert_int_equal(e.u.accepted.b, 12);
    assert_true(e.u.accepted.token == UINT32_MAX);
    assert_true(e.u.accepted.amount == (u128)9 << 100);
    assert_true(e.u.accepted.fee == 7);
}

static void test_paid(void **state) {
    (void)state;
    static const char *const events[] = {PAID, PENDING};
    for (size_t i = 0; i < 2; i++) {
        struct example x;
        struct zklink_event e;
        uint8_t want[20];
        example_paid(&x, events[i]);
        assert_true(zklink_event_decode(&e, &x.log));
        assert_int_equal(e.kind, ZKLINK_PAID);
        assert_int_equal(e.u.paid.number, 5);
        assert_int_equal(e.u.paid.operation, 600);
        assert_int_equal(e.u.paid.token, 2);
        memset(want, 0xc2, 20);
        assert_memory_equal(e.u.paid.to, want, 20);
        assert_true(e.u.paid.amount == (u128)9 << 100);
        assert_int_equal(e.u.paid.pending, i == 1);
    }
}

/* One field after the other beyond its type; too few and too many words and topics. */
static void test_malformed(void **state) {
    (void)state;
    static const char *const events[] = {PAID, PENDING};
    struct example x;
    struct zklink_event e;
    for (size_t i = 0; i < 7; i++) {
        example_accepted(&x);
        x.data[i * WORD_LEN] = 1;
        assert_false(zklink_event_decode(&e, &x.log));
    }
    example_accepted(&x);
    put(&x, 0, 256);
    assert_false(zklink_event_decode(&e, &x.log));
    example_accepted(&x);
    put(&x, 4, (uint64_t)UINT32_MAX + 1);
    assert_false(zklink_event_decode(&e, &x.log));
    example_accepted(&x);
    x.log.topics[2][0] = 1;
    assert_false(zklink_event_decode(&e, &x.log));
    for (int d = -1; d <= 1; d += 2) {
        example_accepted(&x);
        x.log.data_len += (size_t)(d * WORD_LEN);
        assert_false(zklink_event_decode(&e, &x.log));
        example_accepted(&x);
        x.log.n_topics = (unsigned)((int)x.log.n_topics + d);
        assert_false(zklink_event_decode(&e, &x.log));
    }
    for (size_t k = 0; k < 2; k++) {
        for (size_t i = 0; i < 3; i++) {
            example_paid(&x, events[k]);
            x.data[i * WORD_LEN] = 1;
            assert_false(zklink_event_decode(&e, &x.log));
        }
        for (size_t i = 1; i < 3; i++) {
            example_paid(&x, events[k]);
            x.log.topics[i][0] = 1;
            assert_false(zklink_event_decode(&e, &x.log));
        }
        example_paid(&x, events[k]);
        x.log.data_len -= 1;
        assert_false(zklink_event_decode(&e, &x.log));
    }
}

static void test_executed_marker(void **state) {
    (void)state;
    uint8_t broker[20] = {0};
    assert_false(payout_is_executed(broker));
    broker[19] = 1;
    assert_true(payout_is_executed(broker));
    broker[19] = 2;
    assert_false(payout_is_executed(broker));
    broker[19] = 1;
    broker[0] = 1;
    assert_false(payout_is_executed(broker));
}

/* The digest depends on each argument. */
static void test_permit_digest(void **state) {
    (void)state;
    uint8_t digest[7][32], domain[32] = {1}, owner[20] = {2}, spender[20] = {3};
    for (int i = 0; i < 7; i++) {
        domain[31] = i == 1;
        owner[19] = i == 2;
        spender[19] = i == 3;
        erc20_permit_digest(digest[i], domain, owner, spender, (u128)(i == 4) << 100, i == 5,
                            i == 6);
        for (int k = 0; k < i; k++) {
            assert_memory_not_equal(digest[i], digest[k], 32);
        }
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_accepted),      cmocka_unit_test(test_paid),
        cmocka_unit_test(test_malformed),     cmocka_unit_test(test_executed_marker),
        cmocka_unit_test(test_permit_digest),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
