/* A broker's rules, its books, and how far it believes the node. */
#include "api/tx_json.h"
#include "broker/book.h"
#include "broker/feed.h"
#include "broker/rules.h"
#include "chain/eip712.h"
#include "chain/eth_key.h"
#include "rollup/client.h"

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

static struct amount units(uint64_t v) {
    return amount_from_u64(v);
}

static struct payout withdrawal(uint64_t amount, uint64_t fee) {
    struct payout p = {.chain = 2,
                       .token = token_make(2, 1),
                       .amount = units(amount),
                       .broker_fee = units(fee),
                       .kind = OP_WITHDRAW,
                       .a = 7,
                       .b = 3};
    memset(p.to, 0x42, sizeof p.to);
    return p;
}

/* ---- rules ---- */

static const uint64_t own_index[2] = {0, 5};

static struct broker_view view_at(uint64_t block) {
    return (struct broker_view){.has_receipt = true,
                                .block = block,
                                .proved = 10,
                                .confirmed = 8,
                                .now_s = 1000,
                                .own_index = own_index,
                                .n_own = 2};
}

static struct broker_config example_config(enum broker_risk risk) {
    struct broker_config c = {.risk = risk, .n_chains = 1, .n_tokens = 1};
    c.chains[0] = (struct broker_chain_config){.number = 2, .max_open = 3, .max_gwei = 100};
    c.tokens[0] = (struct broker_token_config){.token = token_make(2, 1),
                                               .minimum_fee = 10,
                                               .minimum_fee_ppm = 10000, /* 1 % */
                                               .max_amount = 5000,
                                               .max_exposure = 6000};
    return c;
}

static enum broker_verdict judge(const struct broker_config *c, const struct payout *p,
                                 const struct broker_view *v) {
    return broker_judge(c, &c->chains[0], broker_token_rule(c, p->token), p, v);
}

static void test_risk(void **state) {
    (void)state;
    struct payout p = withdrawal(1000, 20);
    struct broker_view v = view_at(11);
    struct broker_config receipt = example_config(BROKER_RISK_RECEIPT);
    struct broker_config proven = example_config(BROKER_RISK_PROVEN);
    struct broker_config confirmed = example_config(BROKER_RISK_CONFIRMED);
    assert_int_equal(judge(&receipt, &p, &v), BROKER_PAY);
    v.has_receipt = false;
    assert_int_equal(judge(&receipt, &p, &v), BROKER_NO_RECEIPT);
    p.kind = OP_SWAP_REQUEST; /* requests have none */
    assert_int_equal(judge(&receipt, &p, &v), BROKER_PAY);
    assert_int_equal(judge(&proven, &p, &v), BROKER_WAITS_PROVEN);
    v.block = 10;
    assert_int_equal(judge(&proven, &p, &v), BROKER_PAY);
    assert_int_equal(judge(&confirmed, &p, &v), BROKER_WAITS_CONFIRMED);
    v.block = 8;
    assert_int_equal(judge(&confirmed, &p, &v), BROKER_PAY);
}

static void test_limits(void **state) {
    (void)state;
    struct broker_config c = example_config(BROKER_RISK_RECEIPT);
    struct broker_view v = view_at(11);
    struct {
        uint64_t amount, fee;
        enum broker_verdict want;
    } cases[] = {
        {5000, 50, BROKER_PAY},
        {5001, 51, BROKER_TOO_LARGE},
        {5000, 49, BROKER_FEE_TOO_LOW},
        {1000, 10, BROKER_PAY},
        {1001, 10, BROKER_FEE_TOO_LOW}, /* 1 % is rounded up */
        {900, 9, BROKER_FEE_TOO_LOW},
        {900, 10, BROKER_PAY},
        {900, 0, BROKER_FEE_TOO_LOW},
        {900, 900, BROKER_FEE_TOO_LOW}, /* the contract refuses it */
        {900, 899, BROKER_PAY},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct payout p = withdrawal(cases[i].amount, cases[i].fee);
        if (judge(&c, &p, &v) != cases[i].want) {
            fail_msg("case %zu: %s", i, broker_verdict_text(judge(&c, &p, &v)));
        }
    }
    struct payout p = withdrawal(2000, 100);
    v.exposure = 4100;
    assert_int_equal(judge(&c, &p, &v), BROKER_PAY); /* 4100 + 1900 */
    v.exposure = 4101;
    assert_int_equal(judge(&c, &p, &v), BROKER_WAITS_EXPOSURE);
    v.exposure = 7000; /* a limit that was lowered */
    assert_int_equal(judge(&c, &p, &v), BROKER_WAITS_EXPOSURE);
    v.exposure = 0;
    v.open = 3;
    assert_int_equal(judge(&c, &p, &v), BROKER_WAITS_OPEN);
    p.token = token_make(2, 9);
    assert_int_equal(judge(&c, &p, &v), BROKER_NOT_SERVED);
    p = withdrawal(5000, 50);
    p.amount = amount_max(); /* no overflow in the share of the largest amount */
    p.broker_fee = units(1);
    c.tokens[0].max_amount = amount_max().v;
    v.open = 0;
    assert_int_equal(judge(&c, &p, &v), BROKER_FEE_TOO_LOW);
}

static void test_first_right(void **state) {
    (void)state;
    struct broker_config c = example_config(BROKER_RISK_RECEIPT);
    struct broker_view v = view_at(11);
    struct payout p = withdrawal(1000, 20);
    p.kind = OP_SWAP_REQUEST;
    p.broker = 6;
    p.exclusive_until = 1001;
    assert_int_equal(judge(&c, &p, &v), BROKER_WAITS_EXCLUSIVE);
    v.now_s = 1001;
    assert_int_equal(judge(&c, &p, &v), BROKER_PAY);
    v.now_s = 1000;
    p.broker = 5; /* one of ours */
    assert_int_equal(judge(&c, &p, &v), BROKER_PAY);
    p.broker = 0;
    assert_int_equal(judge(&c, &p, &v), BROKER_PAY);
}

/* ---- books ---- */

static char path[64];

static struct book *new_book(void) {
    struct err err = {0};
    strcpy(path, "/tmp/zklink-book-XXXXXX");
    int fd = mkstemp(path);
    assert_true(fd >= 0);
    close(fd);
    struct book *b = book_open(path, false, &err);
    if (b == NULL) {
        fail_msg("%s", err.text);
    }
    return b;
}

static void end_book(struct book *b) {
    char more[80];
    book_close(b);
    (void)remove(path);
    (void)snprintf(more, sizeof more, "%s-wal", path);
    (void)remove(more);
    (void)snprintf(more, sizeof more, "%s-shm", path);
    (void)remove(more);
}

static struct book_payout entry(uint64_t sequence, uint64_t amount, uint64_t fee) {
    struct book_payout p = {.payout = withdrawal(amount, fee), .sequence = sequence, .block = 4};
    p.payout.b = sequence;
    payout_id(p.id, &p.payout);
    memset(p.hash, (int)sequence, sizeof p.hash);
    return p;
}

static int keep_last(void *ctx, const struct book_payout *p, struct err *err) {
    (void)err;
    *(struct book_payout *)ctx = *p;
    return 0;
}

static int count_all(void *ctx, const struct book_payout *p, struct err *err) {
    (void)p;
    (void)err;
    ++*(unsigned *)ctx;
    return 0;
}

static void test_book(void **state) {
    (void)state;
    struct err err = {0};
    struct book *b = new_book();
    struct book_payout p = entry(1, 1000, 20), q = entry(2, 500, 10), got;
    struct book_sum sum;
    uint64_t cursor = 9;
    assert_int_equal(book_get_cursor(b, &cursor, &err), 0);
    assert_int_equal(cursor, 0);
    assert_int_equal(book_set_cursor(b, 77, &err), 0);
    assert_int_equal(book_add(b, &p, &err), 0);
    assert_int_equal(book_add(b, &q, &err), 0);
    assert_int_equal(book_each(b, 2, BOOK_OPEN, keep_last, &got, &err), 0);
    assert_int_equal(got.sequence, 2);
    assert_memory_equal(got.id, q.id, 32);
    assert_memory_equal(&got.payout, &q.payout, sizeof got.payout);
    got.state = BOOK_PAID;
    got.paid_block = 12;
    strcpy(got.reason, "x");
    assert_int_equal(book_update(b, &got, &err), 0);
    struct book_payout twin = entry(3, 500, 10); /* two of one sequence number: both are seen */
    unsigned seen = 0;
    twin.sequence = 1;
    assert_int_equal(book_add(b, &twin, &err), 0);
    assert_int_equal(book_each(b, 2, BOOK_OPEN, count_all, &seen, &err), 0);
    assert_int_equal(seen, 2);
    q.block = 5; /* told again, in another block: what is known stands */
    assert_int_equal(book_add(b, &q, &err), 0);
    assert_int_equal(book_get(b, got.row, &got, &err), 0);
    assert_int_equal(got.block, 5);
    assert_int_equal(got.state, BOOK_PAID);
    assert_int_equal(book_sum(b, 2, 0, BOOK_OPEN, &sum, &err), 0);
    assert_int_equal(sum.n, 2);
    assert_int_equal(book_sum(b, 2, token_make(2, 1), BOOK_PAID, &sum, &err), 0);
    assert_true(sum.n == 1 && sum.net == 490 && sum.fee == 10);
    assert_int_equal(book_sum(b, 2, token_make(2, 2), BOOK_PAID, &sum, &err), 0);
    assert_int_equal(sum.n, 0);
    got.state = BOOK_GONE; /* taken back, then accepted again as it was */
    strcpy(got.reason, "taken back");
    assert_int_equal(book_update(b, &got, &err), 0);
    assert_int_equal(book_add(b, &q, &err), 0);
    assert_int_equal(book_get(b, got.row, &got, &err), 0);
    assert_int_equal(got.state, BOOK_OPEN);
    assert_int_equal(book_add_cost(b, 2, 100, (u128)1 << 80, &err), 0);
    assert_int_equal(book_add_cost(b, 2, 1, 1, &err), 0);
    book_close(b);
    b = book_open(path, false, &err); /* all of it is on disk */
    assert_non_null(b);
    struct book_chain c;
    assert_int_equal(book_get_chain(b, 2, &c, &err), 0);
    assert_true(c.gas == 101 && c.gas_wei == ((u128)1 << 80) + 1);
    assert_int_equal(book_get_cursor(b, &cursor, &err), 0);
    assert_int_equal(cursor, 77);
    end_book(b);
}

static void test_lanes_and_instance(void **state) {
    (void)state;
    struct err err = {0};
    struct book *b = new_book();
    uint8_t first[20] = {1}, second[20] = {2}, one[32] = {1}, other[32] = {2};
    unsigned lane, again;
    assert_int_equal(book_bind_instance(b, one, &err), 0);
    assert_int_equal(book_bind_instance(b, one, &err), 0);
    assert_int_equal(book_bind_instance(b, other, &err), -1);
    assert_int_equal(err.code, ERR_MISMATCH);
    assert_int_equal(book_lane(b, first, &lane, &err), 0);
    assert_int_equal(book_lane(b, second, &again, &err), 0);
    assert_int_not_equal(lane, again);
    assert_int_equal(book_lane(b, first, &again, &err), 0);
    assert_int_equal(lane, again);
    assert_int_equal(book_check_lanes(b, &lane, 1, &err), 0);
    /* A transaction of the second key is under way: leaving it out would lose sight of it. */
    struct db_stmt *q = db_stmt(book_db(b),
                                "INSERT INTO l1_tx(chain, lane, kind, block, address, value, data, "
                                "gas, state) VALUES(2, 2, 'accept', 1, x'', x'', x'', 0, 0)",
                                &err);
    assert_non_null(q);
    assert_int_equal(db_run(q, &err), 0);
    assert_int_equal(book_check_lanes(b, &lane, 1, &err), -1);
    assert_int_equal(err.code, ERR_CONFIG);
    assert_non_null(strstr(err.text, "0x02"));
    end_book(b);
}

/* ---- what the node tells ---- */

struct told {
    struct feed_trust trust;
    struct eth_key operator;
    struct schnorr_key user;
    struct op op;
    uint8_t hash[32];
};

static json_t *fr_json(const fr *v) {
    uint8_t b[32];
    fr_to_be(b, v);
    return json_new_hex(b, 32);
}

static void sign_receipt(const struct told *t, uint64_t sequence, uint64_t at,
                         uint8_t signature[65]) {
    struct receipt_message m = {.sequence = sequence, .accepted_at = at};
    uint8_t digest[32];
    memcpy(m.instance, t->trust.instance_id, 32);
    memcpy(m.tx_hash, t->hash, 32);
    receipt_digest(&m, digest);
    assert_true(eth_sign(&t->operator, digest, signature));
}

/* An honest entry of getPayouts. */
static json_t *honest(struct told *t) {
    struct client_common common = {.account = 7, .nonce = 3, .valid_until = 5000, .fee_token = 1};
    struct payout p = withdrawal(1000, 20);
    uint8_t signature[65], id[32];
    memset(t->trust.instance_id, 9, 32);
    assert_true(eth_key_generate(&t->operator));
    memcpy(t->trust.operator, t->operator.address, 20);
    static const uint8_t seed[65] = {1, 2, 3};
    assert_true(schnorr_key_from_seed(&t->user, seed, sizeof seed));
    client_withdraw(&t->op, &common, p.token, p.amount, p.to);
    t->op.u.withdraw.broker_fee = p.broker_fee;
    assert_true(client_sign(&t->op, t->trust.instance_id, &t->user));
    assert_true(op_transaction_id(&t->op, t->trust.instance_id, &t->user.public_key.x,
                                  &t->user.public_key.y, t->hash));
    sign_receipt(t, 12, 100, signature);
    payout_id(id, &p);
    json_t *o = json_pack(
        "{s:o, s:i, s:o, s:i, s:i, s:i, s:i, s:i, s:o, s:I, s:s, s:s, s:i, s:i, s:o, s:o, s:o}",
        "id", json_new_hex(id, 32), "sequence", 12, "hash", json_new_hex(t->hash, 32), "block", 4,
        "acceptedAt", 100, "kind", 12, "a", 7, "b", 3, "to", json_new_hex(p.to, 20), "token",
        (json_int_t)p.token, "amount", "1000", "fee", "20", "broker", 0, "exclusiveUntil", 0, "tx",
        tx_to_json(&t->op), "pubKey",
        json_pack("{s:o, s:o}", "x", fr_json(&t->user.public_key.x), "y",
                  fr_json(&t->user.public_key.y)),
        "receipt", json_new_hex(signature, 65));
    assert_non_null(o);
    return o;
}

static void test_honest_entry(void **state) {
    (void)state;
    struct told t;
    struct err err = {0};
    struct book_payout p;
    json_t *o = honest(&t);
    if (feed_decode(&p, o, &t.trust, &err) != 0) {
        fail_msg("%s", err.text);
    }
    struct payout want = withdrawal(1000, 20);
    assert_memory_equal(&p.payout, &want, sizeof want);
    assert_true(p.has_receipt);
    assert_int_equal(p.block, 4);
    json_decref(o);
}

/* The operator lies about one thing; the payout then counts as not receipted, or is refused. */
static void test_lies(void **state) {
    (void)state;
    struct told t;
    json_t *good = honest(&t);
    uint8_t stranger_signature[65], later[65];
    struct told stranger = t;
    assert_true(eth_key_generate(&stranger.operator));
    sign_receipt(&stranger, 12, 100, stranger_signature);
    sign_receipt(&t, 13, 100, later); /* a receipt for another place in the order */
    struct {
        const char *key;
        json_t *value;
        bool refused; /* else: taken, but without a receipt */
    } cases[] = {
        {"amount", json_string("1001"), true},
        {"fee", json_string("21"), true},
        {"a", json_integer(8), true},
        {"kind", json_integer(11), true},
        {"token", json_integer(1), true},
        {"amount", json_string("-1"), true},
        {"sequence", json_integer(13), false},
        {"acceptedAt", json_integer(99), false},
        {"receipt", json_string("0x00"), false},
        {"tx", json_null(), false},
        {"pubKey", json_null(), false},
        {"receipt", json_new_hex(later, 65), false},
        {"hash", json_new_hex(stranger_signature, 32), false},
        {"receipt", json_new_hex(stranger_signature, 65), false},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct err err = {0};
        struct book_payout p;
        json_t *o = json_deep_copy(good);
        assert_int_equal(json_object_set_new(o, cases[i].key, cases[i].value), 0);
        int rc = feed_decode(&p, o, &t.trust, &err);
        if (cases[i].refused ? rc == 0 : rc != 0 || p.has_receipt) {
            fail_msg("case %zu (%s): %d", i, cases[i].key, rc);
        }
        json_decref(o);
    }
    /* Everything consistent, but the transaction pays somebody else: its id tells. */
    struct book_payout p;
    struct err err = {0};
    struct payout other = withdrawal(1000, 20);
    uint8_t id[32];
    other.to[0] ^= 1;
    payout_id(id, &other);
    json_object_set_new(good, "to", json_new_hex(other.to, 20));
    json_object_set_new(good, "id", json_new_hex(id, 32));
    assert_int_equal(feed_decode(&p, good, &t.trust, &err), 0);
    assert_false(p.has_receipt);
    json_decref(good);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_risk),
        cmocka_unit_test(test_limits),
        cmocka_unit_test(test_first_right),
        cmocka_unit_test(test_book),
        cmocka_unit_test(test_lanes_and_instance),
        cmocka_unit_test(test_honest_entry),
        cmocka_unit_test(test_lies),
    };
    return cmocka_run_group_tests_name("broker", tests, NULL, NULL);
}
