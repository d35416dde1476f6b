/* Inversion of integers modulo an odd prime. */
#ifndef ZKLINK_CRYPTO_MODINV_H
#define ZKLINK_CRYPTO_MODINV_H

#include <stdint.h>

/* r = 1/a mod p, 0 for a = 0. Integers of four limbs, low limb first; p an odd prime below 2^255,
 * a < p, neg_inv = -1/p mod 2^64. r may be a. Variable time. About a microsecond. */
void modinv_var(uint64_t r[4], const uint64_t a[4], const uint64_t p[4], uint64_t neg_inv);

#endif
