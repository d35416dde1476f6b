#include "chain/keystore.h"

#include "base/file.h"
#include "base/json.h"
#include "crypto/keccak.h"
#include "crypto/scrypt.h"

#include <openssl/evp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

enum {
    FILE_MAX = 1 << 14,
    DERIVED_LEN = 32, /* the only length in use: 16 of cipher, 16 of authentication */
    SALT_MAX = 256,
    IV_LEN = 16,
    ROUNDS_MAX = 1 << 24,
};
#define SCRYPT_MEMORY_MAX ((uint64_t)1 << 30)

void password_wipe(struct password *password) {
    bytes_wipe(password, sizeof *password);
}

int password_read(const char *path, struct password *password, struct err *err) {
    struct buf text = {0};
    int rc = -1;
    *password = (struct password){0};
    if (file_check_private(path, err) != 0 || file_read(path, PASSWORD_MAX, &text, err) != 0) {
        goto out;
    }
    if (text.len > 0 && text.data[text.len - 1] == '\n') {
        text.len--;
    }
    if (text.len > 0 && text.data[text.len - 1] == '\r') {
        text.len--;
    }
    if (text.len == 0 || memchr(text.data, '\n', text.len) != NULL) {
        err_set(err, ERR_CONFIG, "%s: a password file must hold one line, the password", path);
        goto out;
    }
    memcpy(password->bytes, text.data, text.len);
    password->len = text.len;
    rc = 0;
out:
    if (text.data != NULL) {
        bytes_wipe(text.data, text.cap);
    }
    buf_free(&text);
    return rc;
}

/* ---- derivation ---- */

struct kdf {
    bool scrypt;
    uint64_t n, r, p; /* scrypt */
    uint64_t rounds;  /* PBKDF2 */
    uint8_t salt[SALT_MAX];
    size_t salt_len;
};

static int derive(const struct kdf *kdf, const struct password *password,
                  uint8_t derived[DERIVED_LEN], struct err *err) {
    bool ok = kdf->scrypt ? scrypt(password->bytes, password->len, kdf->salt, kdf->salt_len, kdf->n,
                                   (uint32_t)kdf->r, (uint32_t)kdf->p, derived, DERIVED_LEN)
                          : PKCS5_PBKDF2_HMAC((const char *)password->bytes, (int)password->len,
                                              kdf->salt, (int)kdf->salt_len, (int)kdf->rounds,
                                              EVP_sha256(), DERIVED_LEN, derived) == 1;
    return ok ? 0 : err_set(err, ERR_SYSTEM, "the password's key could not be derived");
}

/* AES-128-CTR: the same for both directions. */
static int apply_cipher(const uint8_t key[16], const uint8_t iv[IV_LEN], const uint8_t in[32],
                        uint8_t out[32], struct err *err) {
    EVP_CIPHER_CTX *ctx = EVP_CIPHER_CTX_new();
    int n = 0;
    bool ok = ctx != NULL && EVP_EncryptInit_ex(ctx, EVP_aes_128_ctr(), NULL, key, iv) == 1 &&
              EVP_EncryptUpdate(ctx, out, &n, in, 32) == 1 && n == 32;
    EVP_CIPHER_CTX_free(ctx);
    return ok ? 0 : err_set(err, ERR_SYSTEM, "AES-128-CTR failed");
}

static void authenticate(const uint8_t derived[DERIVED_LEN], const uint8_t ciphertext[32],
                         uint8_t mac[32]) {
    uint8_t text[48];
    memcpy(text, derived + 16, 16);
    memcpy(text + 16, ciphertext, 32);
    keccak256(mac, text, sizeof text);
    bytes_wipe(text, sizeof text);
}

/* ---- writing ---- */

int keystore_encrypt(const struct eth_key *key, const struct password *password,
                     enum keystore_cost cost, struct buf *json, struct err *err) {
    struct kdf kdf = {.scrypt = true, .salt_len = 32};
    uint8_t derived[DERIVED_LEN], iv[IV_LEN], id[16], ciphertext[32], mac[32];
    char hex[5][2 * 32 + 1], text[1024];
    int rc = -1;
    kdf.n = cost == KEYSTORE_STANDARD ? 1 << 18 : 1 << 12;
    kdf.r = 8;
    kdf.p = cost == KEYSTORE_STANDARD ? 1 : 6;
    if (!bytes_random(kdf.salt, kdf.salt_len) || !bytes_random(iv, sizeof iv) ||
        !bytes_random(id, sizeof id)) {
        return err_set(err, ERR_SYSTEM, "the system's random source failed");
    }
    if (derive(&kdf, password, derived, err) != 0 ||
        apply_cipher(derived, iv, key->secret, ciphertext, err) != 0) {
        goto out;
    }
    authenticate(derived, ciphertext, mac);
    id[6] = (uint8_t)((id[6] & 0x0f) | 0x40); /* a UUID of version 4 */
    id[8] = (uint8_t)((id[8] & 0x3f) | 0x80);
    hex_encode(hex[0], key->address, EVM_ADDRESS_LEN);
    hex_encode(hex[1], iv, sizeof iv);
    hex_encode(hex[2], ciphertext, sizeof ciphertext);
    hex_encode(hex[3], kdf.salt, kdf.salt_len);
    hex_encode(hex[4], mac, sizeof mac);
    char uuid[33];
    hex_encode(uuid, id, sizeof id);
    (void)snprintf(text, sizeof text,
                   "{\"address\":\"%s\",\"crypto\":{\"cipher\":\"aes-128-ctr\",\"cipherparams\":"
                   "{\"iv\":\"%s\"},\"ciphertext\":\"%s\",\"kdf\":\"scrypt\",\"kdfparams\":{"
                   "\"dklen\":32,\"n\":%llu,\"p\":%llu,\"r\":%llu,\"salt\":\"%s\"},\"mac\":\"%s\"}"
                   ",\"id\":\"%.8s-%.4s-%.4s-%.4s-%.12s\",\"version\":3}\n",
                   hex[0], hex[1], hex[2], (unsigned long long)kdf.n, (unsigned long long)kdf.p,
                   (unsigned long long)kdf.r, hex[3], hex[4], uuid, uuid + 8, uuid + 12, uuid + 16,
                   uuid + 20);
    buf_append_text(json, text);
    rc = json->failed ? err_set(err, ERR_SYSTEM, "out of memory") : 0;
out:
    bytes_wipe(derived, sizeof derived);
    return rc;
}

/* ---- reading ---- */

static int get_hex(const json_t *obj, const char *key, uint8_t *out, size_t len, struct err *err) {
    const char *text = NULL;
    if (json_get_string(obj, key, &text, err) != 0) {
        return -1;
    }
    return hex_decode(out, len, text)
               ? 0
               : err_set(err, ERR_DECODE, "%s: not %zu bytes in hex", key, len);
}

static int get_salt(const json_t *params, struct kdf *kdf, struct err *err) {
    const char *text = NULL;
    if (json_get_string(params, "salt", &text, err) != 0) {
        return -1;
    }
    size_t digits = strlen(text);
    kdf->salt_len = digits / 2;
    if (digits % 2 != 0 || kdf->salt_len > SALT_MAX ||
        !hex_decode(kdf->salt, kdf->salt_len, text)) {
        return err_set(err, ERR_DECODE, "salt: not at most %d bytes in hex", SALT_MAX);
    }
    return 0;
}

static int get_kdf(const json_t *crypto, struct kdf *kdf, struct err *err) {
    const char *name = NULL;
    const char *prf = NULL;
    const json_t *params = NULL;
    uint64_t len = 0;
    if (json_get_string(crypto, "kdf", &name, err) != 0 ||
        json_get_field(crypto, "kdfparams", &params, err) != 0 ||
        json_get_u64(params, "dklen", DERIVED_LEN, &len, err) != 0 ||
        get_salt(params, kdf, err) != 0) {
        return -1;
    }
    if (len != DERIVED_LEN) {
        return err_set(err, ERR_DECODE, "dklen: must be %d", DERIVED_LEN);
    }
    kdf->scrypt = strcmp(name, "scrypt") == 0;
    if (kdf->scrypt) {
        if (json_get_u64(params, "n", 1 << 24, &kdf->n, err) != 0 ||
            json_get_u64(params, "r", 1 << 10, &kdf->r, err) != 0 ||
            json_get_u64(params, "p", 1 << 10, &kdf->p, err) != 0) {
            return -1;
        }
        if (kdf->n < 2 || (kdf->n & (kdf->n - 1)) != 0 || kdf->r == 0 || kdf->p == 0 ||
            128 * kdf->n * kdf->r > SCRYPT_MEMORY_MAX || kdf->r * kdf->p > 1 << 10) {
            return err_set(err, ERR_DECODE, "kdfparams: n, r or p is out of range");
        }
        return 0;
    }
    if (strcmp(name, "pbkdf2") != 0) {
        return err_set(err, ERR_DECODE, "kdf: neither scrypt nor pbkdf2");
    }
    if (json_get_u64(params, "c", ROUNDS_MAX, &kdf->rounds, err) != 0 ||
        json_get_string(params, "prf", &prf, err) != 0) {
        return -1;
    }
    return kdf->rounds > 0 && strcmp(prf, "hmac-sha256") == 0
               ? 0
               : err_set(err, ERR_DECODE, "kdfparams: c is 0, or prf is not hmac-sha256");
}

/* The address is not part of the standard, but most programs write it; if it is there it must be
 * the key's. */
static int check_address(const json_t *root, const struct eth_key *key, struct err *err) {
    uint8_t address[EVM_ADDRESS_LEN];
    const json_t *value = json_object_get(root, "address");
    if (value == NULL || !json_is_string(value)) {
        return 0;
    }
    if (get_hex(root, "address", address, sizeof address, err) != 0) {
        return -1;
    }
    return memcmp(address, key->address, sizeof address) == 0
               ? 0
               : err_set(err, ERR_DECODE, "address: is not the key's");
}

static bool same_bytes(const uint8_t *a, const uint8_t *b, size_t len) {
    uint8_t difference = 0;
    for (size_t i = 0; i < len; i++) {
        difference |= (uint8_t)(a[i] ^ b[i]);
    }
    return difference == 0;
}

static int decrypt(const json_t *root, const struct password *password, struct eth_key *key,
                   struct err *err) {
    struct kdf kdf = {0};
    uint64_t version = 0;
    const json_t *crypto = json_object_get(root, "crypto");
    const json_t *cipher_params = NULL;
    const char *cipher = NULL;
    uint8_t iv[IV_LEN], ciphertext[32], want[32], mac[32], derived[DERIVED_LEN], secret[32];
    int rc = -1;
    if (crypto == NULL) {
        crypto = json_object_get(root, "Crypto"); /* as early programs wrote it */
    }
    if (crypto == NULL) {
        return err_set(err, ERR_DECODE, "crypto: missing");
    }
    if (json_get_u64(root, "version", UINT32_MAX, &version, err) != 0 ||
        json_get_string(crypto, "cipher", &cipher, err) != 0 ||
        json_get_field(crypto, "cipherparams", &cipher_params, err) != 0 ||
        get_hex(cipher_params, "iv", iv, sizeof iv, err) != 0 ||
        get_hex(crypto, "ciphertext", ciphertext, sizeof ciphertext, err) != 0 ||
        get_hex(crypto, "mac", want, sizeof want, err) != 0 || get_kdf(crypto, &kdf, err) != 0) {
        return -1;
    }
    if (version != 3 || strcmp(cipher, "aes-128-ctr") != 0) {
        return err_set(err, ERR_DECODE, "not version 3 with aes-128-ctr");
    }
    if (derive(&kdf, password, derived, err) != 0) {
        goto out;
    }
    authenticate(derived, ciphertext, mac);
    if (!same_bytes(mac, want, sizeof mac)) {
        err_set(err, ERR_CONFIG, "wrong password");
        goto out;
    }
    if (apply_cipher(derived, iv, ciphertext, secret, err) != 0) {
        goto out;
    }
    if (!eth_key_init(key, secret)) {
        err_set(err, ERR_DECODE, "what it holds is no secp256k1 key");
        goto out;
    }
    rc = check_address(root, key, err);
    if (rc != 0) {
        eth_key_wipe(key);
    }
out:
    bytes_wipe(derived, sizeof derived);
    bytes_wipe(secret, sizeof secret);
    return rc;
}

int keystore_decrypt(const void *json, size_t len, const struct password *password,
                     struct eth_key *key, struct err *err) {
    json_t *root = json_parse(json, len, err);
    if (root == NULL) {
        err->code = ERR_DECODE;
        return -1;
    }
    int rc = decrypt(root, password, key, err);
    if (rc != 0 && err->code == ERR_INPUT) {
        err->code = ERR_DECODE; /* a field is missing or of another form */
    }
    json_decref(root);
    return rc;
}

/* ---- files ---- */

static int read_key_file(const char *path, struct buf *text, bool *encrypted, struct err *err) {
    if (file_check_private(path, err) != 0 || file_read(path, FILE_MAX, text, err) != 0) {
        return -1;
    }
    size_t i = 0;
    while (i < text->len && (text->data[i] == ' ' || text->data[i] == '\n' ||
                             text->data[i] == '\r' || text->data[i] == '\t')) {
        i++;
    }
    *encrypted = i < text->len && text->data[i] == '{';
    return 0;
}

static void free_key_file(struct buf *text) {
    if (text->data != NULL) {
        bytes_wipe(text->data, text->cap);
    }
    buf_free(text);
}

int key_file_is_encrypted(const char *path, bool *encrypted, struct err *err) {
    struct buf text = {0};
    int rc = read_key_file(path, &text, encrypted, err);
    free_key_file(&text);
    return rc;
}

int key_file_read(const char *path, const struct password *password, struct eth_key *key,
                  struct err *err) {
    struct buf text = {0};
    bool encrypted = false;
    int rc = read_key_file(path, &text, &encrypted, err);
    if (rc == 0 && !encrypted) {
        rc = eth_key_read(path, key, err);
    } else if (rc == 0 && password == NULL) {
        rc = err_set(err, ERR_CONFIG, "%s: an encrypted key file needs a password file", path);
    } else if (rc == 0 && keystore_decrypt(text.data, text.len, password, key, err) != 0) {
        rc = err_context(err, "%s", path);
    }
    free_key_file(&text);
    return rc;
}

int key_file_load(const char *path, const char *password_path, struct eth_key *key,
                  struct err *err) {
    struct password password = {0};
    bool encrypted = false;
    if (key_file_is_encrypted(path, &encrypted, err) != 0) {
        return -1;
    }
    if (!encrypted || password_path == NULL) {
        return key_file_read(path, NULL, key, err);
    }
    int rc = password_read(password_path, &password, err);
    if (rc == 0) {
        rc = key_file_read(path, &password, key, err);
    }
    password_wipe(&password);
    return rc;
}

int keystore_write(const char *path, const struct eth_key *key, const struct password *password,
                   enum keystore_cost cost, struct err *err) {
    struct stat st;
    struct buf json = {0};
    if (stat(path, &st) == 0) {
        return err_set(err, ERR_INPUT, "%s exists already; it is not replaced", path);
    }
    int rc = keystore_encrypt(key, password, cost, &json, err);
    if (rc == 0) {
        rc = file_write(path, 0600, json.data, json.len, err);
    }
    buf_free(&json);
    return rc;
}
