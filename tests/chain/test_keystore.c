/* Encrypted key files: the standard's own vectors, our own files, and what must be refused. */
#include "base/file.h"
#include "base/json.h"
#include "chain/keystore.h"
#include "crypto/scrypt.h"

// clang-format off
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <cmocka.h>
// clang-format on
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static struct password password_of(const char *text) {
    struct password p = {.len = strlen(text)};
    memcpy(p.bytes, text, p.len);
    return p;
}

static json_t *load_vectors(void) {
    struct buf text = {0};
    struct err err = {0};
    if (file_read("tests/vectors/chain/web3_secret_storage.json", 1 << 16, &text, &err) != 0) {
        fail_msg("%s", err.text);
    }
    json_t *list = json_parse(text.data, text.len, &err);
    buf_free(&text);
    assert_non_null(list);
    return list;
}

static void test_published_vectors(void **state) {
    (void)state;
    json_t *list = load_vectors();
    assert_int_equal(json_array_size(list), 2);
    for (size_t i = 0; i < json_array_size(list); i++) {
        json_t *v = json_array_get(list, i);
        struct password right = password_of(json_string_value(json_object_get(v, "password")));
        struct password wrong = password_of("testpasswore");
        char *text = json_format(json_object_get(v, "json"));
        struct eth_key key = {0};
        struct err err = {0};
        uint8_t secret[32];
        assert_true(hex_decode(secret, 32, json_string_value(json_object_get(v, "priv"))));
        if (keystore_decrypt(text, strlen(text), &right, &key, &err) != 0) {
            fail_msg("vector %zu: %s", i, err.text);
        }
        assert_memory_equal(key.secret, secret, 32);
        assert_int_equal(keystore_decrypt(text, strlen(text), &wrong, &key, &err), -1);
        assert_int_equal(err.code, ERR_CONFIG);
        free(text);
    }
    json_decref(list);
}

/* RFC 7914, section 12: all but the one that takes a gigabyte. */
static void test_scrypt(void **state) {
    (void)state;
    static const struct {
        const char *password, *salt;
        uint64_t n;
        uint32_t r, p;
        const char *out;
    } cases[] = {
        {"", "", 16, 1, 1,
         "77d6576238657b203b19ca42c18a0497f16b4844e3074ae8dfdffa3fede21442"
         "fcd0069ded0948f8326a753a0fc81f17e8d3e0fb2e0d3628cf35e20c38d18906"},
        {"password", "NaCl", 1024, 8, 16,
         "fdbabe1c9d3472007856e7190d01e9fe7c6ad7cbc8237830e77376634b373162"
         "2eaf30d92e22a3886ff109279d9830dac727afb94a83ee6d8360cbdfa2cc0640"},
        {"pleaseletmein", "SodiumChloride", 16384, 8, 1,
         "7023bdcb3afd7348461c06cd81fd38ebfda8fbba904f8e3ea9b543f6545da1f2"
         "d5432955613f0fcf62d49705242a9af9e61e85dc0d651e40dfcf017b45575887"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        uint8_t out[64], want[64];
        assert_true(hex_decode(want, 64, cases[i].out));
        assert_true(scrypt((const uint8_t *)cases[i].password, strlen(cases[i].password),
                           (const uint8_t *)cases[i].salt, strlen(cases[i].salt), cases[i].n,
                           cases[i].r, cases[i].p, out, 64));
        assert_memory_equal(out, want, 64);
    }
    uint8_t out[32];
    assert_false(scrypt(NULL, 0, NULL, 0, 15, 1, 1, out, 32));
    assert_false(scrypt(NULL, 0, NULL, 0, 16, 0, 1, out, 32));
}

static struct eth_key example_key(void) {
    struct eth_key key;
    uint8_t secret[32];
    memset(secret, 0x46, sizeof secret);
    assert_true(eth_key_init(&key, secret));
    return key;
}

/* Sets the member at `path` (two levels at most: "crypto.kdf") of a copy of root; deletes it if
 * value is NULL. */
static char *altered(const json_t *root, const char *outer, const char *inner, const char *leaf,
                     json_t *value) {
    json_t *copy = json_deep_copy(root);
    json_t *at = outer == NULL ? copy : json_object_get(copy, outer);
    at = inner == NULL ? at : json_object_get(at, inner);
    if (value == NULL) {
        assert_int_equal(json_object_del(at, leaf), 0);
    } else {
        assert_int_equal(json_object_set_new(at, leaf, value), 0);
    }
    char *text = json_format(copy);
    json_decref(copy);
    return text;
}

static void test_refusals(void **state) {
    (void)state;
    struct eth_key key = example_key();
    struct password p = password_of("pw");
    struct buf made = {0};
    struct err err = {0};
    assert_int_equal(keystore_encrypt(&key, &p, KEYSTORE_LIGHT, &made, &err), 0);
    json_t *root = json_parse(made.data, made.len, &err);
    assert_non_null(root);
    static const char zeros[] = "0000000000000000000000000000000000000000000000000000000000000000";
    struct {
        const char *outer, *inner, *leaf;
        json_t *value;
        enum err_code code;
    } cases[] = {
        {NULL, NULL, "version", json_integer(4), ERR_DECODE},
        {NULL, NULL, "version", NULL, ERR_DECODE},
        {NULL, NULL, "crypto", NULL, ERR_DECODE},
        {NULL, NULL, "crypto", json_integer(1), ERR_DECODE},
        {NULL, NULL, "address", json_string("0000000000000000000000000000000000000001"),
         ERR_DECODE},
        {"crypto", NULL, "cipher", json_string("aes-128-cbc"), ERR_DECODE},
        {"crypto", NULL, "kdf", json_string("bcrypt"), ERR_DECODE},
        {"crypto", NULL, "mac", json_string(zeros), ERR_CONFIG},
        {"crypto", NULL, "mac", json_string(""), ERR_DECODE},
        {"crypto", NULL, "ciphertext", json_string(zeros), ERR_CONFIG},
        {"crypto", NULL, "ciphertext", json_string("00"), ERR_DECODE},
        {"crypto", "cipherparams", "iv", json_string("00"), ERR_DECODE},
        {"crypto", "kdfparams", "n", json_integer(1 << 30), ERR_DECODE}, /* 1 TiB of memory */
        {"crypto", "kdfparams", "n", json_integer(4095), ERR_DECODE},
        {"crypto", "kdfparams", "n", json_integer(0), ERR_DECODE},
        {"crypto", "kdfparams", "r", json_integer(0), ERR_DECODE},
        {"crypto", "kdfparams", "p", json_integer(-1), ERR_DECODE},
        {"crypto", "kdfparams", "dklen", json_integer(16), ERR_DECODE},
        {"crypto", "kdfparams", "salt", json_string("0"), ERR_DECODE},
        {"crypto", "kdfparams", "salt", json_string("00"), ERR_CONFIG},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct eth_key out = {0};
        char *text = altered(root, cases[i].outer, cases[i].inner, cases[i].leaf, cases[i].value);
        err = (struct err){0};
        if (keystore_decrypt(text, strlen(text), &p, &out, &err) != -1 ||
            err.code != cases[i].code) {
            fail_msg("case %zu: %d %s", i, (int)err.code, err.text);
        }
        assert_true(bytes_are_zero(out.secret, 32)); /* nothing of a refused key is left behind */
        free(text);
    }
    assert_int_equal(keystore_decrypt("{", 1, &p, &key, &err), -1);
    assert_int_equal(err.code, ERR_DECODE);
    json_decref(root);
    buf_free(&made);
}

static void write_text(const char *path, const char *text, mode_t mode) {
    FILE *f = fopen(path, "w");
    assert_non_null(f);
    assert_true(fputs(text, f) >= 0);
    assert_int_equal(fclose(f), 0);
    assert_int_equal(chmod(path, mode), 0);
}

static void test_files(void **state) {
    (void)state;
    char dir[] = "/tmp/zklink-keystore-XXXXXX";
    char store[64], plain[64], pw[64];
    struct eth_key key = example_key(), again = {0};
    struct password p = password_of("a long password");
    struct err err = {0};
    bool encrypted = false;
    assert_non_null(mkdtemp(dir));
    (void)snprintf(store, sizeof store, "%s/store", dir);
    (void)snprintf(plain, sizeof plain, "%s/plain", dir);
    (void)snprintf(pw, sizeof pw, "%s/password", dir);
    assert_int_equal(keystore_write(store, &key, &p, KEYSTORE_LIGHT, &err), 0);
    assert_int_equal(keystore_write(store, &key, &p, KEYSTORE_LIGHT, &err), -1); /* not replaced */
    assert_int_equal(eth_key_write(plain, &key, &err), 0);
    write_text(pw, "a long password\n", 0600);

    assert_int_equal(key_file_is_encrypted(store, &encrypted, &err), 0);
    assert_true(encrypted);
    assert_int_equal(key_file_load(store, pw, &again, &err), 0);
    assert_memory_equal(&again, &key, sizeof key);
    assert_int_equal(key_file_load(store, NULL, &again, &err), -1);
    assert_int_equal(err.code, ERR_CONFIG);
    again = (struct eth_key){0};
    assert_int_equal(key_file_load(plain, NULL, &again, &err), 0);
    assert_memory_equal(&again, &key, sizeof key);

    write_text(pw, "another password\n", 0600);
    assert_int_equal(key_file_load(store, pw, &again, &err), -1);
    assert_non_null(strstr(err.text, "wrong password"));
    assert_null(strstr(err.text, "another")); /* nor is a password told */
    write_text(pw, "\n", 0600);
    assert_int_equal(key_file_load(store, pw, &again, &err), -1);
    write_text(pw, "a long password\nand more\n", 0600);
    assert_int_equal(key_file_load(store, pw, &again, &err), -1);
    write_text(pw, "a long password", 0644); /* others may read it */
    assert_int_equal(key_file_load(store, pw, &again, &err), -1);
    assert_int_equal(err.code, ERR_CONFIG);
    assert_int_equal(chmod(pw, 0600), 0);
    assert_int_equal(chmod(store, 0640), 0);
    assert_int_equal(key_file_load(store, pw, &again, &err), -1);
    assert_non_null(strstr(err.text, "640"));
    (void)remove(store);
    (void)remove(plain);
    (void)remove(pw);
    (void)rmdir(dir);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_scrypt),
        cmocka_unit_test(test_published_vectors),
        cmocka_unit_test(test_refusals),
        cmocka_unit_test(test_files),
    };
    return cmocka_run_group_tests_name("keystore", tests, NULL, NULL);
}
