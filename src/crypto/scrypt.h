/* scrypt (RFC 7914): a password hash that costs memory. Own code because OpenSSL enforces the RFC's
 * bound N < 2^(16 r), which published Ethereum keystores (and the vector of their standard: N =
 * 2^18, r = 1) do not keep. PBKDF2-HMAC-SHA256 is OpenSSL's. */
#ifndef ZKLINK_CRYPTO_SCRYPT_H
#define ZKLINK_CRYPTO_SCRYPT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* n: a power of two, at least 2; r, p >= 1. Takes 128 r (n + p + 2) bytes, wiped before they are
 * released. False if memory runs out or a parameter is out of range. */
bool scrypt(const uint8_t *password, size_t password_len, const uint8_t *salt, size_t salt_len,
            uint64_t n, uint32_t r, uint32_t p, uint8_t *out, size_t out_len);

#endif
