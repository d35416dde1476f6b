/* The optimal ate pairing of BN254 and its product check, EIP-197's. */
#ifndef ZKLINK_CRYPTO_PAIRING_H
#define ZKLINK_CRYPTO_PAIRING_H

#include "crypto/fq12.h"
#include "crypto/g1.h"
#include "crypto/g2.h"

/* True if the product of e(p[i], q[i]) for i < n is 1; true for n = 0. The points must be on their
 * curves and q[i] in the subgroup, as decoding leaves them. A pair with an identity counts as 1.
 * One Miller loop accumulator and one final exponentiation for all. Not constant time. */
bool pairing_check(const g1_affine *p, const g2_affine *q, size_t n);

/* r = product of e(p[i], q[i])^k, for a fixed k prime to the group's order: a non-degenerate
 * bilinear map, with the same arguments. */
void pairing_product(fq12 *r, const g1_affine *p, const g2_affine *q, size_t n);

#endif
