/* Poseidon2. Two forms of the permutation stand side by side and are tested equal: the plain one
 * that records the S-boxes, and the fast one.
 *
 * A partial round is a chain: s_0 passes three multiplications of its S-box and one by its diagonal
 * entry before the next round can begin. The fast form shortens the chain by one: with m = mu_0 + 1
 * it computes (m x) x^4 beside x x^4, so that the next s_0 = m z + s_1 + s_2 + s_3 needs no product
 * of z. The three others, s_i = mu_i s_i + (z + s_1 + s_2 + s_3), are off the chain. */
#include "crypto/poseidon2.h"

static inline void sbox(fr *r, const fr *a) {
    fr x2, x4;
    fr_sqr(&x2, a);
    fr_sqr(&x4, &x2);
    fr_mul(r, &x4, a);
}

/* s = M_E s with 8 additions and 4 doublings: the paper's appendix B. */
static inline void external_matrix(fr s[POSEIDON2_T]) {
    fr t0, t1, t2, t3, t4, t5;
    fr_add(&t0, &s[0], &s[1]);
    fr_add(&t1, &s[2], &s[3]);
    fr_dbl(&t2, &s[1]);
    fr_add(&t2, &t2, &t1);
    fr_dbl(&t3, &s[3]);
    fr_add(&t3, &t3, &t0);
    fr_dbl(&t4, &t1);
    fr_dbl(&t4, &t4);
    fr_add(&t4, &t4, &t3);
    fr_dbl(&t5, &t0);
    fr_dbl(&t5, &t5);
    fr_add(&t5, &t5, &t2);
    fr_add(&s[0], &t3, &t5);
    s[1] = t5;
    fr_add(&s[2], &t2, &t4);
    s[3] = t4;
}

static inline void full_round(fr s[POSEIDON2_T], const fr c[POSEIDON2_T]) {
    for (int i = 0; i < POSEIDON2_T; i++) {
        fr_add(&s[i], &s[i], &c[i]);
        sbox(&s[i], &s[i]);
    }
    external_matrix(s);
}

/* m = mu_0 + 1 */
static inline void partial_round(fr s[POSEIDON2_T], const fr *c, const fr *m) {
    fr x, x2, x4, mx, z, mz, rest, sum;
    fr_add(&x, &s[0], c);
    fr_sqr(&x2, &x);
    fr_mul(&mx, m, &x);
    fr_add(&rest, &s[1], &s[2]);
    fr_add(&rest, &rest, &s[3]);
    fr_sqr(&x4, &x2);
    fr_mul(&mz, &mx, &x4);
    fr_mul(&z, &x, &x4);
    fr_add(&s[0], &mz, &rest);
    fr_add(&sum, &z, &rest);
    for (int i = 1; i < POSEIDON2_T; i++) {
        fr_mul(&s[i], &POSEIDON2_INTERNAL_DIAGONAL[i], &s[i]);
        fr_add(&s[i], &s[i], &sum);
    }
}

void poseidon2_permute(fr s[POSEIDON2_T]) {
    fr m;
    fr_add(&m, &POSEIDON2_INTERNAL_DIAGONAL[0], &FR_ONE);
    external_matrix(s);
    for (int i = 0; i < POSEIDON2_FULL_ROUNDS / 2; i++) {
        full_round(s, POSEIDON2_FULL_CONSTANTS[i]);
    }
    for (int i = 0; i < POSEIDON2_PARTIAL_ROUNDS; i++) {
        partial_round(s, &POSEIDON2_PARTIAL_CONSTANTS[i], &m);
    }
    for (int i = POSEIDON2_FULL_ROUNDS / 2; i < POSEIDON2_FULL_ROUNDS; i++) {
        full_round(s, POSEIDON2_FULL_CONSTANTS[i]);
    }
}

void poseidon2_compress(fr *out, const fr in[POSEIDON2_T]) {
    fr s[POSEIDON2_T] = {in[0], in[1], in[2], in[3]};
    poseidon2_permute(s);
    fr_add(out, &s[0], &in[0]);
}

void poseidon2_compress_pair(fr out[2], const fr in[2][POSEIDON2_T]) {
    fr a[POSEIDON2_T], b[POSEIDON2_T], m;
    memcpy(a, in[0], sizeof a);
    memcpy(b, in[1], sizeof b);
    fr_add(&m, &POSEIDON2_INTERNAL_DIAGONAL[0], &FR_ONE);
    external_matrix(a);
    external_matrix(b);
    for (int i = 0; i < POSEIDON2_FULL_ROUNDS / 2; i++) {
        full_round(a, POSEIDON2_FULL_CONSTANTS[i]);
        full_round(b, POSEIDON2_FULL_CONSTANTS[i]);
    }
    for (int i = 0; i < POSEIDON2_PARTIAL_ROUNDS; i++) {
        partial_round(a, &POSEIDON2_PARTIAL_CONSTANTS[i], &m);
        partial_round(b, &POSEIDON2_PARTIAL_CONSTANTS[i], &m);
    }
    for (int i = POSEIDON2_FULL_ROUNDS / 2; i < POSEIDON2_FULL_ROUNDS; i++) {
        full_round(a, POSEIDON2_FULL_CONSTANTS[i]);
        full_round(b, POSEIDON2_FULL_CONSTANTS[i]);
    }
    fr_add(&out[0], &a[0], &in[0][0]);
    fr_add(&out[1], &b[0], &in[1][0]);
}

static void full_rounds_trace(fr s[POSEIDON2_T], int from, int to, fr **sbox_out) {
    for (int r = from; r < to; r++) {
        for (int i = 0; i < POSEIDON2_T; i++) {
            fr_add(&s[i], &s[i], &POSEIDON2_FULL_CONSTANTS[r][i]);
            sbox(&s[i], &s[i]);
            *(*sbox_out)++ = s[i];
        }
        external_matrix(s);
    }
}

void poseidon2_permute_trace(fr s[POSEIDON2_T], fr sbox_out[POSEIDON2_SBOXES]) {
    external_matrix(s);
    full_rounds_trace(s, 0, POSEIDON2_FULL_ROUNDS / 2, &sbox_out);
    for (int r = 0; r < POSEIDON2_PARTIAL_ROUNDS; r++) {
        fr sum;
        fr_add(&s[0], &s[0], &POSEIDON2_PARTIAL_CONSTANTS[r]);
        sbox(&s[0], &s[0]);
        *sbox_out++ = s[0];
        fr_add(&sum, &s[0], &s[1]);
        fr_add(&sum, &sum, &s[2]);
        fr_add(&sum, &sum, &s[3]);
        for (int i = 0; i < POSEIDON2_T; i++) {
            fr_mul(&s[i], &s[i], &POSEIDON2_INTERNAL_DIAGONAL[i]);
            fr_add(&s[i], &s[i], &sum);
        }
    }
    full_rounds_trace(s, POSEIDON2_FULL_ROUNDS / 2, POSEIDON2_FULL_ROUNDS, &sbox_out);
}
