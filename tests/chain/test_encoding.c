/* Bytes for Ethereum: RLP, transactions, calldata, typed messages, addresses, revert reasons;
 * against published examples and against another implementation (tests/vectors/chain). */
#include "base/file.h"
#include "chain/eip712.h"
#include "chain/eth_tx.h"
#include "chain/revert.h"
#include "chain/rlp.h"
#include "chain/zklink_abi.h"

// clang-format off
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <cmocka.h>
// clang-format on
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Line `line` of a vector file, as text owned by the caller. */
static char *vector(const char *name, unsigned line) {
    char path[200];
    struct buf b = {0};
    struct err err = {0};
    (void)snprintf(path, sizeof path, "tests/vectors/chain/%s", name);
    if (file_read(path, 1 << 20, &b, &err) != 0) {
        fail_msg("%s", err.text);
    }
    buf_append_byte(&b, 0);
    char *at = (char *)b.data;
    while (line-- > 0) {
        at = strchr(at, '\n') + 1;
    }
    char *text = strndup(at, strcspn(at, "\n"));
    buf_free(&b);
    assert_non_null(text);
    return text;
}

static void assert_hex(const uint8_t *data, size_t len, const char *want) {
    char *text = malloc(2 * len + 3);
    assert_non_null(text);
    hex0x_encode(text, data, len);
    assert_string_equal(text, want);
    free(text);
}

static void assert_vector(const struct buf *b, const char *name, unsigned line) {
    char *want = vector(name, line);
    assert_false(b->failed);
    assert_hex(b->data, b->len, want);
    free(want);
}

static struct eth_key example_key(void) {
    struct eth_key key;
    uint8_t secret[32];
    memset(secret, 0x46, sizeof secret);
    assert_true(eth_key_init(&key, secret));
    return key;
}

/* Examples of the yellow paper's appendix B and of the Ethereum wiki. */
static void test_rlp(void **state) {
    (void)state;
    struct buf b = {0}, items = {0};
    rlp_put_bytes(&b, (const uint8_t *)"dog", 3);
    assert_hex(b.data, b.len, "0x83646f67");
    b.len = 0;
    rlp_put_bytes(&items, (const uint8_t *)"cat", 3);
    rlp_put_bytes(&items, (const uint8_t *)"dog", 3);
    rlp_put_list(&b, &items);
    assert_hex(b.data, b.len, "0xc88363617483646f67");
    b.len = 0;
    rlp_put_u64(&b, 0);
    rlp_put_u64(&b, 15);
    rlp_put_u64(&b, 1024);
    rlp_put_u64(&b, 128);
    assert_hex(b.data, b.len, "0x800f8204008180");
    b.len = 0;
    static const char text[] = "Lorem ipsum dolor sit amet, consectetur adipisicing elit";
    rlp_put_bytes(&b, (const uint8_t *)text, sizeof text - 1);
    assert_int_equal(b.data[0], 0xb8);
    assert_int_equal(b.data[1], 0x38);
    buf_free(&b);
    buf_free(&items);
}

static void test_transaction(void **state) {
    (void)state;
    struct eth_key key = example_key();
    struct buf raw = {0};
    struct err err = {0};
    uint8_t hash[32], data[36] = {0xb3, 0xde, 0x64, 0x8b};
    data[35] = 7;
    struct eth_tx tx = {.chain_id = 31337,
                        .nonce = 9,
                        .gas = 2000000,
                        .max_priority_fee_wei = 2000000000,
                        .max_fee_wei = 30000000000,
                        .value_wei = 1000000000000000000,
                        .data = data,
                        .data_len = sizeof data};
    memset(tx.to, 0x35, sizeof tx.to);
    assert_int_equal(eth_tx_sign(&tx, &key, &raw, hash, &err), 0);
    assert_vector(&raw, "transaction.hex", 0);
    raw.len = 0;
    static const uint8_t code[] = {0x60, 0x01, 0x60, 0x01, 0x55};
    tx = (struct eth_tx){.chain_id = 1,
                         .gas = 53000,
                         .max_fee_wei = 1,
                         .creates = true,
                         .data = code,
                         .data_len = sizeof code};
    assert_int_equal(eth_tx_sign(&tx, &key, &raw, hash, &err), 0);
    assert_vector(&raw, "creation.hex", 0);
    buf_free(&raw);
}

static struct stored_block example_block(void) {
    struct stored_block b = {.number = 1, .timestamp = 2, .end_request = 3};
    memset(b.sync_hash, 0x11, 32);
    memset(b.root, 0x22, 32);
    memset(b.outbox_digest, 0x33, 32);
    return b;
}

static void test_calldata(void **state) {
    (void)state;
    struct stored_block block = example_block();
    struct buf b = {0};
    uint8_t words[3][32];
    for (unsigned i = 0; i < 3; i++) {
        word_from_u64(words[i], 4 + i);
    }
    struct key_signature signature = {.valid_until = 7};
    memset(signature.signature, 0xaa, 65);
    static const uint8_t proof[] = {1, 2, 3};
    struct submit_block_args a = {.previous = block,
                                  .header = words[0],
                                  .header_words = 2,
                                  .outbox = words[2],
                                  .outbox_words = 1,
                                  .key_signatures = &signature,
                                  .n_key_signatures = 1,
                                  .proof = proof,
                                  .proof_len = sizeof proof};
    zklink_submit_block(&b, &a);
    assert_vector(&b, "submitBlock.hex", 0);
    b.len = 0;
    uint8_t first[2][65], second[1][65];
    memset(first[0], 0xbb, 65);
    memset(first[1], 0xcc, 65);
    memset(second[0], 0xdd, 65);
    const struct network_signatures networks[] = {
        {(const uint8_t(*)[65])first, 2},
        {(const uint8_t(*)[65])second, 1},
    };
    zklink_confirm_blocks(&b, &block, 99, networks, 2);
    assert_vector(&b, "confirmBlocks.hex", 0);
    b.len = 0;
    zklink_execute_block(&b, &block, words[0], 3, 100);
    assert_vector(&b, "executeBlock.hex", 0);
    buf_free(&b);
}

static void assert_signature(const uint8_t digest[32], unsigned line) {
    struct eth_key key = example_key();
    uint8_t signature[65], address[20];
    char *want = vector("typed_signatures.hex", line);
    assert_true(eth_sign(&key, digest, signature));
    assert_hex(signature, 65, want);
    assert_true(eth_recover(digest, signature, address));
    assert_memory_equal(address, key.address, 20);
    free(want);
}

static void test_typed_messages(void **state) {
    (void)state;
    uint8_t digest[32];
    struct consensus_message consensus = {.epoch = 2, .number = 3, .expiry = 1800000000};
    memset(consensus.instance, 0x11, 32);
    memset(consensus.sync_hash, 0x22, 32);
    consensus_digest(&consensus, digest);
    assert_signature(digest, 0);
    struct key_change_message change = {.account = 7,
                                        .nonce = 8,
                                        .fee_token = 4294967297,
                                        .fee = (u128)123456789012 * 1000000000000 + 345678901234,
                                        .valid_until = 1800000000};
    memset(change.instance, 0x11, 32);
    memset(change.pub_x, 0x22, 32);
    memset(change.pub_y, 0x33, 32);
    key_change_digest(&change, digest);
    assert_signature(digest, 1);
    struct receipt_message receipt = {.sequence = 77, .accepted_at = 1800000000};
    memset(receipt.instance, 0x11, 32);
    memset(receipt.tx_hash, 0x22, 32);
    receipt_digest(&receipt, digest);
    assert_signature(digest, 2);
}

static void test_recover_refuses(void **state) {
    (void)state;
    static const uint8_t order[32] = {0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff,
                                      0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xfe,
                                      0xba, 0xae, 0xdc, 0xe6, 0xaf, 0x48, 0xa0, 0x3b,
                                      0xbf, 0xd2, 0x5e, 0x8c, 0xd0, 0x36, 0x41, 0x41};
    struct eth_key key = example_key();
    uint8_t digest[32] = {1}, good[65], bad[65], address[20];
    assert_true(eth_sign(&key, digest, good));
    memcpy(bad, good, 65);
    bad[64] = 29;
    assert_false(eth_recover(digest, bad, address));
    bad[64] = good[64] - 27;
    assert_false(eth_recover(digest, bad, address));
    /* the same signature with s mirrored: valid for ecrecover, not for us (EIP-2) */
    memcpy(bad, good, 65);
    int borrow = 0;
    for (int i = 31; i >= 0; i--) {
        int d = order[i] - good[32 + i] - borrow;
        borrow = d < 0;
        bad[32 + i] = (uint8_t)(d + 256 * borrow);
    }
    bad[64] = (uint8_t)(55 - good[64]);
    assert_false(eth_recover(digest, bad, address));
    memset(bad, 0, 64);
    bad[64] = 27;
    assert_false(eth_recover(digest, bad, address));
}

/* EIP-55's examples. */
static void test_addresses(void **state) {
    (void)state;
    static const char *const good[] = {
        "0x5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAed",
        "0xfB6916095ca1df60bB79Ce92cE3Ea74c37c5d359",
        "0xdbF03B407c01E7cD3CBea99509d93f8DDDC8C6FB",
        "0xD1220A0cf47c7B9Be7A2E6BA89F429762e7b9aDb",
    };
    uint8_t a[20];
    char text[43], copy[43];
    for (unsigned i = 0; i < 4; i++) {
        assert_true(eth_address_parse(good[i], a));
        eth_address_format(text, a);
        assert_string_equal(text, good[i]);
        strcpy(copy, good[i]);
        for (char *p = copy + 2; *p != '\0'; p++) { /* one letter in the wrong case */
            if (*p >= 'a' && *p <= 'f') {
                *p = (char)(*p - 32);
                break;
            }
        }
        assert_false(eth_address_parse(copy, a));
        hex0x_encode(copy, a, 20);
        assert_true(eth_address_parse(copy, a));
    }
    assert_false(eth_address_parse("5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAed", a));
    assert_false(eth_address_parse("0x5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAe", a));
    assert_false(eth_address_parse("", a));
    struct eth_key key = example_key();
    eth_address_format(text, key.address);
    assert_string_equal(text, "0x9d8A62f656a8d1615C1294fd71e9CFb3E4855A4F"); /* EIP-155 */
    eth_create_address(key.address, 0, a); /* as `cast compute-address` says */
    eth_address_format(text, a);
    assert_string_equal(text, "0x72665d3e94Cb4f374b7728F1ab21A3115C4D50Eb");
    eth_create_address(key.address, 300, a);
    eth_address_format(text, a);
    assert_string_equal(text, "0xa65e5EBF708124261D0b62a954fEBCfD85b69a40");
}

static void test_keys(void **state) {
    (void)state;
    struct eth_key key = example_key(), again;
    struct err err = {0};
    uint8_t bad[32] = {0};
    char path[] = "/tmp/zklink-key-XXXXXX";
    assert_false(eth_key_init(&again, bad));
    memset(bad, 0xff, sizeof bad);
    assert_false(eth_key_init(&again, bad));
    int fd = mkstemp(path);
    assert_true(fd >= 0);
    assert_int_equal(eth_key_write(path, &key, &err), -1); /* never replaced */
    assert_int_equal(remove(path), 0);
    assert_int_equal(eth_key_write(path, &key, &err), 0);
    assert_int_equal(eth_key_read(path, &again, &err), 0);
    assert_memory_equal(&again, &key, sizeof key);
    char command[100];
    (void)snprintf(command, sizeof command, "chmod 644 %s", path);
    assert_int_equal(system(command), 0);
    assert_int_equal(eth_key_read(path, &again, &err), -1);
    assert_int_equal(err.code, ERR_CONFIG);
    assert_non_null(strstr(err.text, "644"));
    (void)snprintf(command, sizeof command, "chmod 600 %s; echo 1234 > %s", path, path);
    assert_int_equal(system(command), 0);
    assert_int_equal(eth_key_read(path, &again, &err), -1);
    assert_null(strstr(err.text, "1234")); /* what may be a key is not told */
    (void)remove(path);
}

static void test_reverts(void **state) {
    (void)state;
    static const struct {
        const char *data, *text;
    } cases[] = {
        {"0x", "no reason given"},
        {"0x08c379a00000000000000000000000000000000000000000000000000000000000000020"
         "0000000000000000000000000000000000000000000000000000000000000003"
         "6261640000000000000000000000000000000000000000000000000000000000",
         "Error(bad)"},
        {"0x4e487b710000000000000000000000000000000000000000000000000000000000000011", "Panic(17)"},
        {"0x12345678", "custom error 0x12345678"},
    };
    char text[300];
    for (unsigned i = 0; i < 4; i++) {
        struct buf b = {0};
        assert_true(hex_decode_buf(&b, cases[i].data, 1000));
        revert_format(text, sizeof text, b.data, b.len);
        assert_string_equal(text, cases[i].text);
        buf_free(&b);
    }
    uint8_t data[4 + 96] = {0};
    abi_selector("BadHeaderWord(uint256,uint256,uint256)", data);
    data[35] = 3;
    data[67] = 5;
    data[99] = 6;
    revert_format(text, sizeof text, data, sizeof data);
    assert_string_equal(text, "BadHeaderWord(3, 5, 6)");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_rlp),
        cmocka_unit_test(test_transaction),
        cmocka_unit_test(test_calldata),
        cmocka_unit_test(test_typed_messages),
        cmocka_unit_test(test_recover_refuses),
        cmocka_unit_test(test_addresses),
        cmocka_unit_test(test_keys),
        cmocka_unit_test(test_reverts),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
