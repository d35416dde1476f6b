/* Many independent affine additions at once, sharing one field inversion (Montgomery's trick): six
 * multiplications each instead of eleven and more. The inner loop of the multi-scalar
 * multiplication. */
#ifndef ZKLINK_CRYPTO_G1_BATCH_H
#define ZKLINK_CRYPTO_G1_BATCH_H

#include "crypto/g1.h"

struct g1_pair {
    uint32_t to, from;
};

/* p[to] += p[from] for n pairs. No index may be in two pairs. scratch has room for n elements.
 * Exceptional cases (identity, equal, opposite points) are handled. */
void g1_batch_add(g1_affine *p, const struct g1_pair *pair, size_t n, fq *scratch);

#endif
