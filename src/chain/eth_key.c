#include "chain/eth_key.h"
#include "base/file.h"
#include "crypto/keccak.h"

#include <pthread.h>
#include <secp256k1.h>
#include <secp256k1_recovery.h>
#include <string.h>
#include <sys/stat.h>

static pthread_once_t context_once = PTHREAD_ONCE_INIT;
static secp256k1_context *context;

/* One context for all threads; randomised once against side channels, only read afterwards. */
static void make_context(void) {
    uint8_t seed[32];
    context = secp256k1_context_create(SECP256K1_CONTEXT_SIGN);
    if (context != NULL && bytes_random(seed, sizeof seed)) {
        (void)!secp256k1_context_randomize(context, seed);
    }
    bytes_wipe(seed, sizeof seed);
}

static secp256k1_context *ctx(void) {
    pthread_once(&context_once, make_context);
    return context;
}

static void address_of(const secp256k1_pubkey *pub, uint8_t address[EVM_ADDRESS_LEN]) {
    uint8_t point[65], hash[32];
    size_t len = sizeof point;
    secp256k1_ec_pubkey_serialize(ctx(), point, &len, pub, SECP256K1_EC_UNCOMPRESSED);
    keccak256(hash, point + 1, 64);
    memcpy(address, hash + 12, EVM_ADDRESS_LEN);
}

bool eth_key_init(struct eth_key *key, const uint8_t secret[32]) {
    secp256k1_pubkey pub;
    if (!secp256k1_ec_seckey_verify(ctx(), secret) ||
        !secp256k1_ec_pubkey_create(ctx(), &pub, secret)) {
        return false;
    }
    memcpy(key->secret, secret, 32);
    address_of(&pub, key->address);
    return true;
}

bool eth_key_generate(struct eth_key *key) {
    uint8_t secret[32];
    bool ok = false;
    while (!ok && bytes_random(secret, sizeof secret)) {
        ok = eth_key_init(key, secret);
    }
    bytes_wipe(secret, sizeof secret);
    return ok;
}

void eth_key_wipe(struct eth_key *key) {
    bytes_wipe(key->secret, sizeof key->secret);
}

int eth_key_read(const char *path, struct eth_key *key, struct err *err) {
    struct buf text = {0};
    int rc = -1;
    uint8_t secret[32];
    if (file_check_private(path, err) != 0 || file_read(path, 200, &text, err) != 0) {
        goto out;
    }
    while (text.len > 0 && (text.data[text.len - 1] == '\n' || text.data[text.len - 1] == '\r')) {
        text.len--;
    }
    buf_append_byte(&text, 0);
    if (text.failed || !hex_decode(secret, 32, (const char *)text.data) ||
        !eth_key_init(key, secret)) {
        err_set(err, ERR_CONFIG, "%s: not a key file: it must hold 64 hex digits of a valid key",
                path);
        goto out;
    }
    rc = 0;
out:
    if (text.data != NULL) {
        bytes_wipe(text.data, text.cap);
    }
    bytes_wipe(secret, sizeof secret);
    buf_free(&text);
    return rc;
}

int eth_key_write(const char *path, const struct eth_key *key, struct err *err) {
    struct stat st;
    if (stat(path, &st) == 0) {
        return err_set(err, ERR_INPUT, "%s exists already; it is not replaced", path);
    }
    char text[66];
    hex_encode(text, key->secret, 32);
    text[64] = '\n';
    int rc = file_write(path, 0600, text, 65, err);
    bytes_wipe(text, sizeof text);
    return rc;
}

bool eth_sign(const struct eth_key *key, const uint8_t digest[32],
              uint8_t signature[ETH_SIGNATURE_LEN]) {
    secp256k1_ecdsa_recoverable_signature sig;
    int recid = 0;
    if (!secp256k1_ecdsa_sign_recoverable(ctx(), &sig, digest, key->secret, NULL, NULL)) {
        return false;
    }
    secp256k1_ecdsa_recoverable_signature_serialize_compact(ctx(), signature, &recid, &sig);
    signature[64] = (uint8_t)(27 + recid);
    return recid < 2;
}

bool eth_recover(const uint8_t digest[32], const uint8_t signature[ETH_SIGNATURE_LEN],
                 uint8_t address[EVM_ADDRESS_LEN]) {
    secp256k1_ecdsa_recoverable_signature sig;
    secp256k1_ecdsa_signature plain, low;
    secp256k1_pubkey pub;
    if ((signature[64] != 27 && signature[64] != 28) ||
        !secp256k1_ecdsa_recoverable_signature_parse_compact(ctx(), &sig, signature,
                                                             signature[64] - 27) ||
        !secp256k1_ecdsa_recoverable_signature_convert(ctx(), &plain, &sig) ||
        secp256k1_ecdsa_signature_normalize(ctx(), &low, &plain) ||
        !secp256k1_ecdsa_recover(ctx(), &pub, &sig, digest)) {
        return false;
    }
    address_of(&pub, address);
    return true;
}

void eth_address_format(char out[43], const uint8_t address[EVM_ADDRESS_LEN]) {
    uint8_t hash[32];
    hex0x_encode(out, address, EVM_ADDRESS_LEN);
    keccak256(hash, out + 2, 40);
    for (size_t i = 0; i < 40; i++) {
        unsigned nibble = i % 2 == 0 ? hash[i / 2] >> 4 : hash[i / 2] & 15;
        if (nibble >= 8 && out[2 + i] >= 'a') {
            out[2 + i] = (char)(out[2 + i] - 'a' + 'A');
        }
    }
}

bool eth_address_parse(const char *text, uint8_t address[EVM_ADDRESS_LEN]) {
    uint8_t a[EVM_ADDRESS_LEN];
    char want[43];
    if (text[0] != '0' || text[1] != 'x' || !hex_decode(a, sizeof a, text)) {
        return false;
    }
    bool upper = false, lower = false;
    for (const char *p = text + 2; *p != '\0'; p++) {
        upper |= *p >= 'A' && *p <= 'F';
        lower |= *p >= 'a' && *p <= 'f';
    }
    eth_address_format(want, a);
    if (upper && lower && strcmp(text, want) != 0) {
        return false;
    }
    memcpy(address, a, sizeof a);
    return true;
}
