#include "crypto/scrypt.h"

#include "base/bytes.h"

#include <limits.h>
#include <openssl/evp.h>
#include <stdlib.h>
#include <string.h>

static uint32_t rotl(uint32_t x, unsigned n) {
    return x << n | x >> (32 - n);
}

/* Salsa20/8 core, RFC 7914 section 3. */
static void salsa20_8(uint32_t b[16]) {
    uint32_t x[16];
    memcpy(x, b, sizeof x);
#define QUARTER(a, c, d, e)                                                                        \
    x[c] ^= rotl(x[a] + x[e], 7);                                                                  \
    x[d] ^= rotl(x[c] + x[a], 9);                                                                  \
    x[e] ^= rotl(x[d] + x[c], 13);                                                                 \
    x[a] ^= rotl(x[e] + x[d], 18)
    for (unsigned i = 0; i < 4; i++) {
        QUARTER(0, 4, 8, 12);
        QUARTER(5, 9, 13, 1);
        QUARTER(10, 14, 2, 6);
        QUARTER(15, 3, 7, 11);
        QUARTER(0, 1, 2, 3);
        QUARTER(5, 6, 7, 4);
        QUARTER(10, 11, 8, 9);
        QUARTER(15, 12, 13, 14);
    }
#undef QUARTER
    for (unsigned i = 0; i < 16; i++) {
        b[i] += x[i];
    }
}

/* scryptBlockMix: b of 2 r blocks of 16 words; y is scratch of the same size. */
static void block_mix(uint32_t *b, uint32_t *y, uint32_t r) {
    uint32_t x[16];
    memcpy(x, b + (size_t)(2 * r - 1) * 16, sizeof x);
    for (uint32_t i = 0; i < 2 * r; i++) {
        for (unsigned k = 0; k < 16; k++) {
            x[k] ^= b[(size_t)i * 16 + k];
        }
        salsa20_8(x);
        memcpy(y + ((size_t)(i / 2) + (i % 2 == 0 ? 0 : r)) * 16, x, sizeof x);
    }
    memcpy(b, y, (size_t)128 * r);
}

/* scryptROMix; v: n blocks of 32 r words. */
static void rom_mix(uint32_t *b, uint32_t *v, uint32_t *y, uint64_t n, uint32_t r) {
    const size_t words = (size_t)32 * r;
    for (uint64_t i = 0; i < n; i++) {
        memcpy(v + i * words, b, words * 4);
        block_mix(b, y, r);
    }
    for (uint64_t i = 0; i < n; i++) {
        const uint32_t *last = b + words - 16;
        uint64_t j = (last[0] | (uint64_t)last[1] << 32) & (n - 1);
        for (size_t k = 0; k < words; k++) {
            b[k] ^= v[j * words + k];
        }
        block_mix(b, y, r);
    }
}

static uint32_t load_le(const uint8_t *p) {
    return p[0] | (uint32_t)p[1] << 8 | (uint32_t)p[2] << 16 | (uint32_t)p[3] << 24;
}

static void store_le(uint8_t *p, uint32_t v) {
    for (unsigned i = 0; i < 4; i++) {
        p[i] = (uint8_t)(v >> (8 * i));
    }
}

bool scrypt(const uint8_t *password, size_t password_len, const uint8_t *salt, size_t salt_len,
            uint64_t n, uint32_t r, uint32_t p, uint8_t *out, size_t out_len) {
    const size_t lane = (size_t)128 * r;
    bool ok = false;
    if (n < 2 || (n & (n - 1)) != 0 || r == 0 || p == 0 || r > 1 << 20 || p > 1 << 20 ||
        n > SIZE_MAX / 2 / lane || p > INT_MAX / lane || password_len > INT_MAX ||
        salt_len > INT_MAX || out_len > INT_MAX) {
        return false;
    }
    uint8_t *blocks = malloc(lane * p);
    uint32_t *work = malloc(2 * lane);
    uint32_t *v = malloc((size_t)n * lane);
    const char *text = (const char *)password;
    if (blocks == NULL || work == NULL || v == NULL ||
        PKCS5_PBKDF2_HMAC(text, (int)password_len, salt, (int)salt_len, 1, EVP_sha256(),
                          (int)(lane * p), blocks) != 1) {
        goto out;
    }
    for (uint32_t i = 0; i < p; i++) {
        uint8_t *b = blocks + i * lane;
        for (size_t k = 0; k < lane / 4; k++) {
            work[k] = load_le(b + 4 * k);
        }
        rom_mix(work, v, work + lane / 4, n, r);
        for (size_t k = 0; k < lane / 4; k++) {
            store_le(b + 4 * k, work[k]);
        }
    }
    ok = PKCS5_PBKDF2_HMAC(text, (int)password_len, blocks, (int)(lane * p), 1, EVP_sha256(),
                           (int)out_len, out) == 1;
out:
    if (blocks != NULL) {
        bytes_wipe(blocks, lane * p);
    }
    if (work != NULL) {
        bytes_wipe(work, 2 * lane);
    }
    if (v != NULL) {
        bytes_wipe(v, (size_t)n * lane);
    }
    free(blocks);
    free(work);
    free(v);
    return ok;
}
