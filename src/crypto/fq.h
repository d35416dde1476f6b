/* Fq: the base field of BN254, integers modulo
 *   q = 21888242871839275222246405745257275088696311157297823662689037894645226208583.
 * The functions are declared in field_decl.h: read `FIELD` there as fq. q = 3 mod 4.
 * Source of q: EIP-196. */
#ifndef ZKLINK_CRYPTO_FQ_H
#define ZKLINK_CRYPTO_FQ_H

#define FIELD fq
#define FIELD_P0 0x3c208c16d87cfd47ULL
#define FIELD_P1 0x97816a916871ca8dULL
#define FIELD_P2 0xb85045b68181585dULL
#define FIELD_P3 0x30644e72e131a029ULL
#define FIELD_NEG_INV 0x87d20782e4866389ULL /* -1/q mod 2^64 */
#include "crypto/field_decl.h"

/* The modulus q as an integer, its limbs not in Montgomery form, and the constants 0, 1. */
extern const uint64_t FQ_MODULUS[4];
extern const fq FQ_ZERO, FQ_ONE;

#endif
