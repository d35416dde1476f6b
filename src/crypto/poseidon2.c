/* Poseidon2. The work is multiplications: 3 an S-box and 4 a partial round for the diagonal, 488 in
 * all; the matrices are additions. The partial rounds are bound by the multiplier's throughput, not
 * by the chain of dependent products: overlapping two permutations, or shortening the chain at the
 * price of a product (both measured), gains nothing on x86-64 with mulx. */
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

static inline void full_round(fr s[POSEIDON2_T], const fr c[POSEIDON2_T], fr *boxes) {
    for (int i = 0; i < POSEIDON2_T; i++) {
        fr_add(&s[i], &s[i], &c[i]);
        sbox(&s[i], &s[i]);
        if (boxes != NULL) {
            boxes[i] = s[i];
        }
    }
    external_matrix(s);
}

static inline void partial_round(fr s[POSEIDON2_T], const fr *c, fr *box) {
    fr sum;
    fr_add(&s[0], &s[0], c);
    sbox(&s[0], &s[0]);
    if (box != NULL) {
        *box = s[0];
    }
    fr_add(&sum, &s[1], &s[2]);
    fr_add(&sum, &sum, &s[3]);
    fr_add(&sum, &sum, &s[0]);
    for (int i = 0; i < POSEIDON2_T; i++) {
        fr_mul(&s[i], &POSEIDON2_INTERNAL_DIAGONAL[i], &s[i]);
        fr_add(&s[i], &s[i], &sum);
    }
}

/* `boxes` is NULL, or where the outputs of the S-boxes go; inlined, so that the test of a constant
 * costs nothing. */
static inline __attribute__((always_inline)) void permute(fr s[POSEIDON2_T], fr *boxes) {
    external_matrix(s);
    for (int r = 0; r < POSEIDON2_FULL_ROUNDS / 2; r++) {
        full_round(s, POSEIDON2_FULL_CONSTANTS[r], boxes);
        boxes = boxes == NULL ? NULL : boxes + POSEIDON2_T;
    }
    for (int r = 0; r < POSEIDON2_PARTIAL_ROUNDS; r++) {
        partial_round(s, &POSEIDON2_PARTIAL_CONSTANTS[r], boxes);
        boxes = boxes == NULL ? NULL : boxes + 1;
    }
    for (int r = POSEIDON2_FULL_ROUNDS / 2; r < POSEIDON2_FULL_ROUNDS; r++) {
        full_round(s, POSEIDON2_FULL_CONSTANTS[r], boxes);
        boxes = boxes == NULL ? NULL : boxes + POSEIDON2_T;
    }
}

void poseidon2_permute(fr s[POSEIDON2_T]) {
    permute(s, NULL);
}

void poseidon2_permute_trace(fr s[POSEIDON2_T], fr sbox_out[POSEIDON2_SBOXES]) {
    permute(s, sbox_out);
}

void poseidon2_compress(fr *out, const fr in[POSEIDON2_T]) {
    fr s[POSEIDON2_T] = {in[0], in[1], in[2], in[3]};
    permute(s, NULL);
    fr_add(out, &s[0], &in[0]);
}
