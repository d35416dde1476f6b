/* Multi-scalar multiplication on G1: the sum of scalars times points. */
#ifndef ZKLINK_CRYPTO_MSM_H
#define ZKLINK_CRYPTO_MSM_H

#include "crypto/g1.h"

/* out = sum of scalars[i] points[i] for i < n; the identity for n = 0. Points are affine and valid,
 * the identity among them is fine; n < 2^31. Cost follows the content: zero scalars cost nothing,
 * scalars close to 0 from either side (v or r - v) cost by the bits of v. Uses up to `threads`
 * threads and some 45 bytes a point (of the first 2^20) and 8 MB a thread of memory; if that is not
 * to be had, it still computes, slowly. Time depends on the values: not for secrets.
 * Source: Pippenger's bucket method with signed digits; see msm.c. */
void msm_g1(g1 *out, const g1_affine *points, const fr *scalars, size_t n, unsigned threads);

/* The same with canonical integers, four limbs each, low limb first, below r. */
void msm_g1_limbs(g1 *out, const g1_affine *points, const uint64_t (*scalars)[4], size_t n,
                  unsigned threads);

/* The same by n single multiplications: the reference for tests. */
void msm_g1_naive(g1 *out, const g1_affine *points, const fr *scalars, size_t n);

#endif
