/* Keccak-f[1600] and the 136-byte-rate sponge. The lanes are little-endian 64-bit words; the rho
 * offsets and the pi order are walked together, along the cycle that pi makes of 24 lanes. */
#include "crypto/keccak.h"

#include <string.h>

static const uint64_t ROUND_CONSTANT[24] = {
    0x0000000000000001ULL, 0x0000000000008082ULL, 0x800000000000808aULL, 0x8000000080008000ULL,
    0x000000000000808bULL, 0x0000000080000001ULL, 0x8000000080008081ULL, 0x8000000000008009ULL,
    0x000000000000008aULL, 0x0000000000000088ULL, 0x0000000080008009ULL, 0x000000008000000aULL,
    0x000000008000808bULL, 0x800000000000008bULL, 0x8000000000008089ULL, 0x8000000000008003ULL,
    0x8000000000008002ULL, 0x8000000000000080ULL, 0x000000000000800aULL, 0x800000008000000aULL,
    0x8000000080008081ULL, 0x8000000000008080ULL, 0x0000000080000001ULL, 0x8000000080008008ULL,
};

static const unsigned char PI_LANE[24] = {10, 7,  11, 17, 18, 3, 5,  16, 8,  21, 24, 4,
                                          15, 23, 19, 13, 12, 2, 20, 14, 22, 9,  6,  1};
static const unsigned char RHO_OFFSET[24] = {1,  3,  6,  10, 15, 21, 28, 36, 45, 55, 2,  14,
                                             27, 41, 56, 8,  25, 43, 62, 18, 39, 61, 20, 44};

static inline uint64_t rotl(uint64_t x, unsigned n) {
    return (x << n) | (x >> (64 - n));
}

static void permute(uint64_t a[25]) {
    for (int round = 0; round < 24; round++) {
        uint64_t c[5], d[5];
#pragma GCC unroll 5
        for (int x = 0; x < 5; x++) {
            c[x] = a[x] ^ a[x + 5] ^ a[x + 10] ^ a[x + 15] ^ a[x + 20];
        }
#pragma GCC unroll 5
        for (int x = 0; x < 5; x++) {
            d[x] = c[(x + 4) % 5] ^ rotl(c[(x + 1) % 5], 1);
        }
#pragma GCC unroll 25
        for (int i = 0; i < 25; i++) {
            a[i] ^= d[i % 5];
        }
        uint64_t carried = a[1];
#pragma GCC unroll 24
        for (int i = 0; i < 24; i++) {
            uint64_t next = a[PI_LANE[i]];
            a[PI_LANE[i]] = rotl(carried, RHO_OFFSET[i]);
            carried = next;
        }
#pragma GCC unroll 5
        for (int y = 0; y < 25; y += 5) {
            uint64_t row[5] = {a[y], a[y + 1], a[y + 2], a[y + 3], a[y + 4]};
#pragma GCC unroll 5
            for (int x = 0; x < 5; x++) {
                a[y + x] = row[x] ^ (~row[(x + 1) % 5] & row[(x + 2) % 5]);
            }
        }
        a[0] ^= ROUND_CONSTANT[round];
    }
}

static void xor_byte(struct keccak256 *h, size_t at, uint8_t byte) {
    h->lane[at / 8] ^= (uint64_t)byte << (8 * (at % 8));
}

static uint64_t load_le64(const uint8_t *p) {
    uint64_t x = 0;
    for (int i = 7; i >= 0; i--) {
        x = (x << 8) | p[i];
    }
    return x;
}

void keccak256_init(struct keccak256 *h) {
    memset(h, 0, sizeof *h);
}

void keccak256_update(struct keccak256 *h, const void *in, size_t len) {
    const uint8_t *p = in;
    while (len > 0) {
        if (h->fill == 0 && len >= KECCAK256_RATE) {
            for (size_t i = 0; i < KECCAK256_RATE / 8; i++) {
                h->lane[i] ^= load_le64(p + 8 * i);
            }
            p += KECCAK256_RATE;
            len -= KECCAK256_RATE;
            permute(h->lane);
            continue;
        }
        xor_byte(h, h->fill, *p);
        p++;
        len--;
        h->fill++;
        if (h->fill == KECCAK256_RATE) {
            permute(h->lane);
            h->fill = 0;
        }
    }
}

void keccak256_final(struct keccak256 *h, uint8_t out[KECCAK256_LEN]) {
    xor_byte(h, h->fill, 0x01);
    xor_byte(h, KECCAK256_RATE - 1, 0x80);
    permute(h->lane);
    for (size_t i = 0; i < KECCAK256_LEN; i++) {
        out[i] = (uint8_t)(h->lane[i / 8] >> (8 * (i % 8)));
    }
}

void keccak256(uint8_t out[KECCAK256_LEN], const void *in, size_t len) {
    struct keccak256 h;
    keccak256_init(&h);
    keccak256_update(&h, in, len);
    keccak256_final(&h, out);
}
