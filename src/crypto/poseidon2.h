/* Poseidon2 over Fr: the permutation P of Fr^4 with S-box x^5, 8 full and 56 partial rounds, and
 * the 4-to-1 compression C(a, b, c, d) = P(a, b, c, d)[0] + a.
 *
 *   P:  s = M_E s;  4 full rounds;  56 partial rounds;  4 full rounds
 *   full round:    s_i = (s_i + c_i)^5 for all i;  s = M_E s
 *   partial round: s_0 = (s_0 + c)^5;              s = M_I s
 *   M_E = [5 7 1 3; 4 6 1 1; 1 3 5 7; 1 1 4 6],  M_I = J + diag(mu), J all ones
 *
 * The instance is Barretenberg's; its constants are derived by tools/poseidon2_constants.py.
 * Source: Grassi, Khovratovich, Schofnegger, "Poseidon2", ePrint 2023/323. Not for secrets that
 * must not leak through timing beyond what fr.h promises (mul and add are branch-free). */
#ifndef ZKLINK_CRYPTO_POSEIDON2_H
#define ZKLINK_CRYPTO_POSEIDON2_H

#include "crypto/fr.h"

enum {
    POSEIDON2_T = 4,
    POSEIDON2_FULL_ROUNDS = 8,
    POSEIDON2_PARTIAL_ROUNDS = 56,
    /* S-boxes of one permutation: 4 a full round, 1 a partial round */
    POSEIDON2_SBOXES = POSEIDON2_T * POSEIDON2_FULL_ROUNDS + POSEIDON2_PARTIAL_ROUNDS
};

/* Round constants in the order of the rounds, and mu. */
extern const fr POSEIDON2_FULL_CONSTANTS[POSEIDON2_FULL_ROUNDS][POSEIDON2_T];
extern const fr POSEIDON2_PARTIAL_CONSTANTS[POSEIDON2_PARTIAL_ROUNDS];
extern const fr POSEIDON2_INTERNAL_DIAGONAL[POSEIDON2_T];

/* s = P(s). */
void poseidon2_permute(fr s[POSEIDON2_T]);

/* *out = P(in)[0] + in[0]; out may point into in. */
void poseidon2_compress(fr *out, const fr in[POSEIDON2_T]);

/* s = P(s), writing the output of every S-box in the order of the rounds (inside a full round: of
 * the state's elements). This is what the
 * poseidon2 chip commits. */
void poseidon2_permute_trace(fr s[POSEIDON2_T], fr sbox[POSEIDON2_SBOXES]);

#endif
