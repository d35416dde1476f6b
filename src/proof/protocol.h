/* What prover and verifier compute alike: the transcript's beginning, the challenges, the initial
 * claim, a chip's share of the claim at a point. docs/protocol.md is the specification.
 *
 * With K constraints numbered over all chips, eta^k weighs constraint k, mu the bus, mu^{2+j}
 * public sum j; eta, mu and zeta are independent. S_b is the boundary messages' sum of sign /
 * (alpha - fp): initial claim = -mu S_b + sum_j mu^{2+j} s_j E_c = eq(zeta[..m), R[..m)) sum_k
 * eta^k P_k(v) + mu sum_h v_h
 *           + sum_{j of c} mu^{2+j} W_j(R) sum_t g^t v_{j,t},  W_j(R) = prod_{k<m} (1 + R_k (g^{w
 * 2^k} - 1)) */
#ifndef ZKLINK_PROOF_PROTOCOL_H
#define ZKLINK_PROOF_PROTOCOL_H

#include "proof/layout.h"
#include "proof/statement.h"
#include "proof/transcript.h"

enum { ROUND_DEGREE = AIR_MAX_DEGREE + 1 };

struct challenges {
    fr alpha, g, eta, mu;
    fr beta_pow[AIR_MAX_ARITY + 1]; /* beta^0 .. */
    fr zeta[AIR_MAX_LOG_HEIGHT + 1];
};

/* Step 1: the key's digest and the statement. */
void protocol_begin(struct transcript *t, const uint8_t vk_digest[32], const struct statement *s);
/* The heights block: one byte for each chip instance, M, zeros up to a multiple of 32. */
size_t protocol_heights_len(size_t n_chips);
/* alpha, beta, g; then, later, eta, mu and n words of zeta. */
void protocol_draw_bus(struct transcript *t, struct challenges *ch);
void protocol_draw_sum(struct transcript *t, struct challenges *ch, unsigned n);

/* Weight of the bus, of public sum j, of constraint k. */
void protocol_weight_bus(fr *out, const struct challenges *ch);
void protocol_weight_public(fr *out, const struct challenges *ch, unsigned j);
void protocol_weight_constraint(fr *out, const struct challenges *ch, size_t k);

/* sum_i words_i g^i */
void protocol_horner(fr *out, const fr *words, size_t n, const fr *g);
/* -mu S_b + sum_j mu^{2+j} s_j; false if a boundary message has a zero denominator. */
bool protocol_initial_claim(fr *out, const struct air *air, const struct statement *s,
                            const struct challenges *ch, const fr *public_sums, unsigned n_sums);
/* E_c at R[..m) from the chip's values; tape: room for the chip's n_tape words. */
void protocol_chip_claim(fr *out, const struct layout_chip *lc, const struct challenges *ch,
                         const struct statement *s, const fr *values, const fr *R, fr *tape);
/* The weights of the values at 0, 1, .., ROUND_DEGREE in the value at x of the polynomial of degree
 * <= ROUND_DEGREE; and that value. */
void protocol_lagrange(fr out[ROUND_DEGREE + 1], const fr *x);
void protocol_interpolate(fr *out, const fr y[ROUND_DEGREE + 1], const fr *x);
/* The greatest n_tape of the AIR's chips, at least 1. */
size_t protocol_max_tape(const struct air *air);

#endif
