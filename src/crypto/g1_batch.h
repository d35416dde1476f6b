/* Many independent affine additions at once, sharing one field inversion (Montgomery's trick): six
 * multiplications each instead of eleven and more. The inner loop of the multi-scalar
 * multiplication. */
#ifndef ZKLINK_CRYPTO_G1_BATCH_H
#define ZKLINK_CRYPTO_G1_BATCH_H

#include "crypto/g1.h"

struct g1_pair {
    uint32_t to, from;
};

/* p[to] += p[from] for n pairs. No index may be in two pairs. scratch has room for
 * G1_BATCH_SCRATCH(n) elements. Exceptional cases (identity, equal, opposite points) are handled.
 * Four pairs at a time where the processor has AVX2. */
#define G1_BATCH_SCRATCH(n) (2 * (n) + 16)
void g1_batch_add(g1_affine *p, const struct g1_pair *pair, size_t n, fq *scratch);

/* The same, one pair at a time, on any processor. */
void g1_batch_add_portable(g1_affine *p, const struct g1_pair *pair, size_t n, fq *scratch);

#if defined(__x86_64__)
/* The same; the caller must have checked cpu_has_avx2. Internal to g1_batch_add, and for tests. */
void g1_batch_add_avx2(g1_affine *p, const struct g1_pair *pair, size_t n, fq *scratch);
#endif

#endif
