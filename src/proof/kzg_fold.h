/* The scalar side of the opening (kzg.h), shared by prover and verifier: weights, fold points, the
 * remainders derived from differences. Names as in docs/protocol.md, "Opening". */
#ifndef ZKLINK_PROOF_KZG_FOLD_H
#define ZKLINK_PROOF_KZG_FOLD_H

#include "proof/kzg.h"

/* A fold binds at most KZG_MAX_WIDTH coordinates; the tail has at most KZG_MAX_TAIL words. */
enum { KZG_MAX_WIDTH = 3, KZG_MAX_PARTS = 1 << KZG_MAX_WIDTH, KZG_MAX_TAIL = 16 };

/* weights[b] = prod_{l<k} (R_l if bit l of b, else 1 - R_l), b < 2^k. They sum to 1. */
void kzg_weights(fr *weights, const fr *R, unsigned k);
/* t[0] = z, t[i+1] = t[i]^8. */
void kzg_fold_points(fr *t, const struct kzg_shape *shape, const fr *z);
/* e[b], b < n, with e[b] - e[0] = d[b] for b >= 1 and sum weights[b] e[b] = value. d[0] is not
 * read; e may be d. */
void kzg_remainder(fr *e, const fr *d, const fr *weights, size_t n, const fr *value);
/* sum c[b] x^b, b < n */
void kzg_evaluate(fr *out, const fr *c, size_t n, const fr *x);
/* divisors[i] = w^{m_i} - t_i and the coefficients c_i = nu^i / divisors[i]; *inverse = 1 / their
 * product. False if a divisor is 0. */
bool kzg_coefficients(fr *c, fr *inverse, const struct kzg_shape *shape, const fr *t, const fr *nu,
                      const fr *w);

#endif
