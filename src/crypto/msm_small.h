/* Sums of few scalar multiples, for msm.c. */
#ifndef ZKLINK_CRYPTO_MSM_SMALL_H
#define ZKLINK_CRYPTO_MSM_SMALL_H

#include "crypto/g1.h"

enum { MSM_SMALL_MAX = 64 };

/* out = sum of k[i] points[i] for i < n <= MSM_SMALL_MAX; k canonical integers of four limbs below
 * 2^255, low limb first. Some 13 microseconds a point and 40 at least. No allocation. */
void msm_small(g1 *out, const g1_affine *points, const uint64_t (*k)[4], size_t n);

#endif
