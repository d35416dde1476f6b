/* The signature chip: a row is one Schnorr signature of crypto/schnorr.h.
 *
 *   columns: active, op, Ax, Ay, m0..m3, Rx, Ry, h0, h1, e, hi, Ex, Ey, Sx, Sy
 *   takes    SIG(op, A, m0..m3): operation op says that key A signed m
 *   looks up P2 three times: h0 = C(D, R, Ax), h1 = C(h0, Ay, m0, m1), h = C(h1, m2, m3, 0), with
 *            h = hi 2^128 + e and C = P[0] + first input; D is public scalar SCALAR_DOMAIN
 *   looks up RNG(128, hi) and RNG(128, floor(r/2^128) - 1 - hi)
 *   gives    CURVE(op, 0, identity, identity, 0, A), takes CURVE(op, 16, E, S, e, A)
 *   constrains R on the curve and R + E = S.
 *
 * e < 2^128 follows from the curve chip (128 bits). Both ranges together say 0 <= hi <
 * floor(r/2^128): then hi 2^128 + e < r, and the split of h is the only one. R must be on the curve
 * so that the addition law is complete and S the only solution. */
#ifndef ZKLINK_CIRCUIT_CHIP_SIGNATURE_H
#define ZKLINK_CIRCUIT_CHIP_SIGNATURE_H

#include "circuit/chip_poseidon2.h"
#include "crypto/schnorr.h"

#define CHIP_SIGNATURE_NAME "signature"

void chip_signature(struct air *air, const struct circuit_kinds *kinds);

/* A signature of a block: of the operation in row `op` of the op chip. */
struct signature_job {
    uint64_t op;
    bjj_affine key;
    fr m[SCHNORR_MESSAGE_WORDS];
    struct schnorr_signature sig;
};

/* Receives one lookup RNG(bits, v); 0, or -1 to stop the filling. */
typedef int range_sink(void *ctx, unsigned bits, const fr *v);

/* Appends a row to the signature chip and 16 rows to the curve chip for each job, adds the window
 * chip's multiplicities, the P2 lookups to p2 and the range lookups to `range`, in the order of the
 * jobs and from the caller's thread. About 200 microseconds a job, divided among `threads`. The
 * signatures should be valid: rows of others are filled just the same and do not satisfy the
 * constraints. 0, or -1 without memory, without the chips, or if the sink says so. */
int chip_signature_fill(struct trace *trace, const fr *domain, const struct signature_job *jobs,
                        size_t n, struct poseidon2_table *p2, range_sink *range, void *range_ctx,
                        unsigned threads);

#endif
