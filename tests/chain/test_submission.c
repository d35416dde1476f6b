/* A block's submission is found in calldata, wherever it stands and however it is encoded, and
 * nothing else is taken for it. */
#include "chain/submission.h"
#include "crypto/keccak.h"

// clang-format off
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <cmocka.h>
// clang-format on
#include <stdlib.h>
#include <string.h>

enum { HEADER = 19, OUTBOX = 10, LOG = 7, PROOF = 101 };

struct sample {
    uint8_t header[HEADER * 32], outbox[OUTBOX * 32], log[LOG * 32], proof[PROOF], hash[32];
    struct key_signature key[2];
    struct buf data;
};

static void make(struct sample *s) {
    memset(s, 0, sizeof *s);
    memset(s->header, 0x11, sizeof s->header);
    memset(s->outbox, 0x22, sizeof s->outbox);
    memset(s->log, 0x33, sizeof s->log);
    memset(s->proof, 0x44, sizeof s->proof);
    for (unsigned i = 0; i < 2; i++) {
        s->key[i].valid_until = 1000 + i;
        memset(s->key[i].signature, (int)(0x50 + i), 65);
    }
    struct submit_block_args a = {.header = s->header,
                                  .header_words = HEADER,
                                  .outbox = s->outbox,
                                  .outbox_words = OUTBOX,
                                  .log = s->log,
                                  .log_words = LOG,
                                  .key_signatures = s->key,
                                  .n_key_signatures = 2,
                                  .proof = s->proof,
                                  .proof_len = PROOF};
    zklink_submit_block(&s->data, &a);
    assert_false(s->data.failed);
    keccak256(s->hash, s->header, sizeof s->header);
}

static void check(const struct sample *s, const struct submission *got) {
    struct key_signature k;
    assert_int_equal(got->header_words, HEADER);
    assert_memory_equal(got->header, s->header, sizeof s->header);
    assert_int_equal(got->outbox_words, OUTBOX);
    assert_memory_equal(got->outbox, s->outbox, sizeof s->outbox);
    assert_int_equal(got->log_words, LOG);
    assert_memory_equal(got->log, s->log, sizeof s->log);
    assert_int_equal(got->proof_len, PROOF);
    assert_memory_equal(got->proof, s->proof, PROOF);
    assert_int_equal(got->n_signatures, 2);
    for (unsigned i = 0; i < 2; i++) {
        assert_true(submission_key_signature(got, i, &k));
        assert_int_equal(k.valid_until, 1000 + i);
        assert_memory_equal(k.signature, s->key[i].signature, 65);
    }
    assert_false(submission_key_signature(got, 2, &k));
}

static void test_plain(void **state) {
    (void)state;
    struct sample s;
    struct submission got;
    make(&s);
    assert_true(submission_find(&got, s.data.data, s.data.len, s.hash));
    check(&s, &got);
    s.hash[0] ^= 1;
    assert_false(submission_find(&got, s.data.data, s.data.len, s.hash));
    buf_free(&s.data);
}

/* Inside the calldata of another contract, at an odd place, after a false start. */
static void test_wrapped(void **state) {
    (void)state;
    struct sample s;
    struct submission got;
    struct buf outer = {0};
    make(&s);
    buf_append_zeros(&outer, 71);
    buf_append(&outer, s.data.data, 4); /* the selector alone */
    buf_append_zeros(&outer, 33);
    buf_append(&outer, s.data.data, s.data.len);
    buf_append_zeros(&outer, 28);
    assert_true(submission_find(&got, outer.data, outer.len, s.hash));
    check(&s, &got);
    buf_free(&outer);
    buf_free(&s.data);
}

/* As no compiler writes it, but as a contract reads it: the header's array at the end. */
static void test_strange_offsets(void **state) {
    (void)state;
    struct sample s;
    struct submission got;
    uint8_t length[32];
    make(&s);
    size_t tuple = 4 + 7 * 32; /* where the submission's tuple begins */
    word_from_u64(s.data.data + tuple, s.data.len - tuple + 5);
    buf_append_zeros(&s.data, 5);
    word_from_u64(length, HEADER);
    buf_append(&s.data, length, 32);
    buf_append(&s.data, s.header, sizeof s.header);
    memset(s.data.data + tuple + 6 * 32 + 32, 0, HEADER * 32); /* the old place holds nothing */
    assert_true(submission_find(&got, s.data.data, s.data.len, s.hash));
    check(&s, &got);
    buf_free(&s.data);
}

/* Cut anywhere, and with any byte of the heads changed: found or not, never read beyond. */
static void test_damaged(void **state) {
    (void)state;
    struct sample s;
    struct submission got;
    struct key_signature k;
    make(&s);
    for (size_t len = 0; len < s.data.len; len++) {
        uint8_t *cut = malloc(len + 1);
        memcpy(cut, s.data.data, len);
        if (submission_find(&got, cut, len, s.hash)) {
            (void)submission_key_signature(&got, 1, &k);
        }
        free(cut);
    }
    for (size_t i = 4 + 6 * 32; i < 4 + 13 * 32; i++) {
        uint8_t kept = s.data.data[i];
        uint8_t *copy = malloc(s.data.len);
        s.data.data[i] ^= 0xff;
        memcpy(copy, s.data.data, s.data.len);
        if (submission_find(&got, copy, s.data.len, s.hash)) {
            (void)submission_key_signature(&got, 0, &k);
        }
        free(copy);
        s.data.data[i] = kept;
    }
    buf_free(&s.data);
}

static void test_log_piece(void **state) {
    (void)state;
    struct buf data = {0};
    uint8_t challenge[32] = {9}, words[64] = {1, 2};
    const uint8_t *got;
    size_t n;
    uint64_t first;
    buf_append_zeros(&data, 3);
    zklink_post_log_piece(&data, challenge, 10, words, 2);
    assert_true(submission_find_log_piece(&got, &n, &first, data.data, data.len, challenge, 12));
    assert_int_equal(n, 2);
    assert_int_equal(first, 10);
    assert_memory_equal(got, words, 64);
    assert_false(submission_find_log_piece(&got, &n, &first, data.data, data.len, challenge, 13));
    challenge[0] = 8;
    assert_false(submission_find_log_piece(&got, &n, &first, data.data, data.len, challenge, 12));
    buf_free(&data);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_plain),           cmocka_unit_test(test_wrapped),
        cmocka_unit_test(test_strange_offsets), cmocka_unit_test(test_damaged),
        cmocka_unit_test(test_log_piece),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
