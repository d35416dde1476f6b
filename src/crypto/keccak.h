/* Keccak-256 as Ethereum uses it: Keccak[512] with the original padding (0x01), not FIPS-202's
 * SHA3-256 (0x06). Source: the Keccak reference, version 3.0. */
#ifndef ZKLINK_CRYPTO_KECCAK_H
#define ZKLINK_CRYPTO_KECCAK_H

#include <stddef.h>
#include <stdint.h>

enum { KECCAK256_RATE = 136, KECCAK256_LEN = 32 };

/* An unfinished hash; plain data, may be copied to fork the state. */
struct keccak256 {
    uint64_t lane[25]; /* lane x + 5 y */
    size_t fill;       /* bytes absorbed into the current block, 0..135 */
};

void keccak256_init(struct keccak256 *h);
void keccak256_update(struct keccak256 *h, const void *in, size_t len);
/* Writes the hash; h must be initialised again before its next use. */
void keccak256_final(struct keccak256 *h, uint8_t out[KECCAK256_LEN]);

/* The hash of len bytes at once; out may overlap in. in may be NULL if len is 0. */
void keccak256(uint8_t out[KECCAK256_LEN], const void *in, size_t len);

#endif
