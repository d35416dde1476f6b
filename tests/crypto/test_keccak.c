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

/* Around one and two blocks, where the padding's two ends meet, fill a block alone or follow it:
 * bytes 7 i + floor(i / 256); hashes by Foundry's `cast keccak`. And one of the Keccak team's short
 * message known answers (138 bytes, ShortMsgKAT_256). */
static void test_known_answers_around_the_block_size(void **state) {
    (void)state;
    static const struct {
        size_t len;
        const char *hash;
    } cases[] = {
        {3, "d686ed1a99132a4a5dca78865f277ba99625c9a85583b7704c5a7a25535dbbcb"},
        {135, "154f5dc27520a599653a2b10189cf53f5ce03b7c594d11fd98f67012ea304b6c"},
        {136, "81e7ecb492d033f1692e770a6eb874e70aac45ec10da93483fc8d3537805c097"},
        {137, "a595973359b39ba1fec5cf8f40710c5a213e76281dd4f174f1ea83106ee7759b"},
        {271, "cb53094fa621dbf33a65d251917490d28e7c7f4b9fd2e69ce09a9614b0a36410"},
        {272, "d8067eddd4eb7f6615cef0521af575fad926aad7a34d5698d72da6f367dff4fc"},
        {273, "edbe445b7591af88004af9f5c1afec507a810ee22133f2c7afae17d2bd3349d9"},
    };
    uint8_t in[273];
    for (size_t i = 0; i < sizeof in; i++) {
        in[i] = (uint8_t)(i * 7 + i / 256);
    }
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        assert_hash(in, cases[i].len, cases[i].hash);
    }
    static const char message[] = "a889137cec9319caad813a112238fe9f593301250532fe3704636931164ee7bf"
                                  "d7fb3bc38f548e3cd5c84ef8014c"
                                  "975b80998086cb7fbecfe22700f875e8b74de3f21172479fae1d68fc156949ad"
                                  "c5c946455011c50fe1a737e29fad"
                                  "ca57faad4a0c1f91acceaf14cbc47e147243deb8892eca4e3eabf6758e962258"
                                  "ed1c06382926cad5f479eac03e69";
    assert_int_equal(sizeof message - 1, 2 * 138);
    for (size_t i = 0; i < 138; i++) {
        char pair[3] = {message[2 * i], message[2 * i + 1], 0};
        in[i] = (uint8_t)strtoul(pair, NULL, 16);
    }
    assert_hash(in, 138, "2e5307df4120de3aa4647edf5007e83dbec41e09075d904d910e216c3ae5fea2");
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
        cmocka_unit_test(test_known_answers_around_the_block_size),
        cmocka_unit_test(test_pieces_equal_the_whole),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
