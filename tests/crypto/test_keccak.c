/* Keccak-256: known answers, and pieces against the whole. */
#include "crypto/keccak.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static void assert_hash(const void *in, size_t len, const char *hex) {
    uint8_t out[32];
    char text[65];
    keccak256(out, in, len);
    for (int i = 0; i < 32; i++) {
        (void)snprintf(text + 2 * i, 3, "%02x", out[i]);
    }
    assert_string_equal(text, hex);
}

/* The empty string's hash is Ethereum's empty code hash; "abc" and the fox are in the Keccak team's
 * and wallets' published examples; the function selectors are ERC-20's. */
static void test_known_answers(void **state) {
    (void)state;
    assert_hash(NULL, 0, "c5d2460186f7233c927e7db2dcc703c0e500b653ca82273b7bfad8045d85a470");
    assert_hash("abc", 3, "4e03657aea45a94fc7d47ba826c8d667c0d1e6e33a64a036ec44f58fa12d6c45");
    assert_hash("The quick brown fox jumps over the lazy dog", 43,
                "4d741b6f1eb29cb2a9b9911c82f56fa8d73b04959d3d9d222895df6c0b28aa15");
    uint8_t out[32];
    keccak256(out, "transfer(address,uint256)", 25);
    assert_memory_equal(out, "\xa9\x05\x9c\xbb", 4);
    keccak256(out, "balanceOf(address)", 18);
    assert_memory_equal(out, "\x70\xa0\x82\x31", 4);
}

static void test_pieces_equal_the_whole(void **state) {
    (void)state;
    uint8_t in[600], whole[32], parts[32];
    for (size_t i = 0; i < sizeof in; i++) {
        in[i] = (uint8_t)(i * 7 + i / 256);
    }
    for (size_t len = 0; len <= sizeof in; len++) {
        keccak256(whole, in, len);
        for (size_t step = 1; step < 300; step += 67) {
            struct keccak256 h;
            keccak256_init(&h);
            for (size_t at = 0; at < len; at += step) {
                keccak256_update(&h, in + at, len - at < step ? len - at : step);
            }
            keccak256_final(&h, parts);
            assert_memory_equal(whole, parts, 32);
        }
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_known_answers),
        cmocka_unit_test(test_pieces_equal_the_whole),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
