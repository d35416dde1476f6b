/* Fr: the scalar field of BN254, integers modulo
 *   r = 21888242871839275222246405745257275088548364400416034343698204186575808495617.
 * The functions are declared in field_decl.h: read `FIELD` there as fr. r - 1 = 2^28 * odd; 5
 * generates the multiplicative group. Source of r: EIP-196. */
#ifndef ZKLINK_CRYPTO_FR_H
#define ZKLINK_CRYPTO_FR_H

#define FIELD fr
#define FIELD_P0 0x43e1f593f0000001ULL
#define FIELD_P1 0x2833e84879b97091ULL
#define FIELD_P2 0xb85045b68181585dULL
#define FIELD_P3 0x30644e72e131a029ULL
#define FIELD_NEG_INV 0xc2e1f593efffffffULL /* -1/r mod 2^64 */
#include "crypto/field_decl.h"

/* The modulus r as an integer, its limbs not in Montgomery form, and the constants 0, 1. */
extern const uint64_t FR_MODULUS[4];
extern const fr FR_ZERO, FR_ONE;

#endif
