/* The opening's verifier: decode, draw the challenges, derive the remainders from the tail down to
 * f_0, and check e(A, [1]_2) = e(W, [tau]_2). */
#include "crypto/msm.h"
#include "crypto/pairing.h"
#include "proof/kzg_fold.h"

struct opening {
    struct kzg_shape shape;
    g1_affine fold[KZG_MAX_FOLDS]; /* [0] is the commitment that is opened */
    fr tail[KZG_MAX_TAIL];         /* differences from word 0 on; word 0 unused */
    fr part[KZG_MAX_FOLDS][KZG_MAX_PARTS];
    fr z, nu, w, v;
    g1_affine quotient, witness;
};

static void absorb_read(struct transcript *transcript, const struct proof_reader *reader,
                        size_t from) {
    if (!reader->bad && reader->at > from) {
        transcript_absorb(transcript, reader->data + from, reader->at - from);
    }
}

/* Reads the whole opening and draws its challenges; false if it is malformed. */
static bool opening_read(struct opening *o, const g1_affine *C, unsigned M,
                         struct transcript *transcript, struct proof_reader *reader) {
    kzg_shape(&o->shape, M);
    size_t from = reader->at;
    o->fold[0] = *C;
    proof_get_g1(reader, o->fold + 1, o->shape.folds - 1);
    proof_get_fr(reader, o->tail + 1, ((size_t)1 << o->shape.tail) - 1);
    absorb_read(transcript, reader, from);
    transcript_challenge(transcript, &o->z);

    from = reader->at;
    for (unsigned i = 0; i < o->shape.folds; i++) {
        proof_get_fr(reader, o->part[i] + 1, ((size_t)1 << o->shape.width[i]) - 1);
    }
    absorb_read(transcript, reader, from);
    transcript_challenge(transcript, &o->nu);

    from = reader->at;
    proof_get_g1(reader, &o->quotient, 1);
    absorb_read(transcript, reader, from);
    transcript_challenge(transcript, &o->w);
    proof_get_g1(reader, &o->witness, 1);
    proof_get_fr(reader, &o->v, 1);
    return !reader->bad;
}

/* rho[i], the value at w of f_i's remainder, from the claim f~(R) = y. */
static void derive_remainders(fr *rho, struct opening *o, const fr *t, const fr *R, unsigned M,
                              const fr *y) {
    fr weights[KZG_MAX_TAIL], value;
    size_t n = (size_t)1 << o->shape.tail;
    const fr *at = R + M - o->shape.tail;
    kzg_weights(weights, at, o->shape.tail);
    kzg_remainder(o->tail, o->tail, weights, n, y);
    kzg_evaluate(&value, o->tail, n, &t[o->shape.folds - 1]);
    for (unsigned i = o->shape.folds; i-- > 0;) {
        unsigned k = o->shape.width[i];
        n = (size_t)1 << k;
        at -= k;
        kzg_weights(weights, at, k);
        kzg_remainder(o->part[i], o->part[i], weights, n, &value);
        kzg_evaluate(&rho[i], o->part[i], n, &o->w);
        if (i > 0) {
            kzg_evaluate(&value, o->part[i], n, &t[i - 1]);
        }
    }
}

/* A = sum c_i C_i - Q + w W - (sum c_i rho_i) G */
static void combine(g1_affine *A, const struct opening *o, const fr *c, const fr *rho) {
    g1_affine points[KZG_MAX_FOLDS + 2];
    fr scalars[KZG_MAX_FOLDS + 2], term, constant = FR_ZERO;
    unsigned s = o->shape.folds;
    for (unsigned i = 0; i < s; i++) {
        points[i] = o->fold[i];
        scalars[i] = c[i];
        fr_mul(&term, &c[i], &rho[i]);
        fr_sub(&constant, &constant, &term);
    }
    points[s] = o->witness;
    scalars[s] = o->w;
    points[s + 1] = G1_GENERATOR;
    scalars[s + 1] = constant;
    g1 sum;
    g1_affine minus_q;
    msm_g1(&sum, points, scalars, s + 2, 1);
    g1_affine_neg(&minus_q, &o->quotient);
    g1_add_affine(&sum, &sum, &minus_q);
    g1_to_affine(A, &sum);
}

enum kzg_err kzg_verify(const struct srs_vk *vk, const g1_affine *C, unsigned M, const fr *R,
                        const fr *y, struct transcript *transcript, struct proof_reader *reader,
                        bool *ok) {
    *ok = false;
    if (M > KZG_MAX_M) {
        return KZG_ERR_SIZE;
    }
    struct opening o;
    if (!opening_read(&o, C, M, transcript, reader)) {
        return KZG_OK;
    }
    fr t[KZG_MAX_FOLDS], rho[KZG_MAX_FOLDS], c[KZG_MAX_FOLDS], inverse;
    kzg_fold_points(t, &o.shape, &o.z);
    derive_remainders(rho, &o, t, R, M, y);
    if (!kzg_coefficients(c, &inverse, &o.shape, t, &o.nu, &o.w) || !fr_eq(&inverse, &o.v)) {
        return KZG_OK;
    }
    g1_affine left[2];
    combine(&left[0], &o, c, rho);
    g1_affine_neg(&left[1], &o.witness);
    const g2_affine right[2] = {vk->one, vk->tau};
    *ok = pairing_check(left, right, 2);
    return KZG_OK;
}
