/* The opening's prover. Of the vectors f_0 = f, f_1, .., f_{s-1} only f_1.. are new memory, 2^M / 7
 * words together; one more vector of 2^M words holds first Q, then L, then L / (X - w). Three
 * multi-scalar multiplications: the folds (2^M / 7 points), Q and W (2^M points each). */
#include "proof/kzg.h"

#include "base/threads.h"
#include "crypto/msm.h"
#include "proof/kzg_fold.h"

#include <stdlib.h>

enum kzg_err kzg_commit(const struct srs *srs, const fr *f, size_t n, unsigned threads,
                        g1_affine *out) {
    if (n > (size_t)1 << srs->log_n) {
        return KZG_ERR_SIZE;
    }
    g1 sum;
    msm_g1(&sum, srs->g1, f, n, threads);
    g1_to_affine(out, &sum);
    return KZG_OK;
}

struct prover {
    const struct srs *srs;
    struct kzg_shape shape;
    unsigned threads;
    size_t n[KZG_MAX_FOLDS + 1];       /* words of f_i */
    const fr *fold[KZG_MAX_FOLDS + 1]; /* f_i; [s] is the tail */
    fr remainder[KZG_MAX_FOLDS][KZG_MAX_PARTS];
    fr t[KZG_MAX_FOLDS];
    fr *work; /* 2^M words: Q, then L, then W */
};

struct fold_job {
    fr *out;
    const fr *in, *weights;
    size_t parts;
};

static void fold_range(void *ctx, size_t begin, size_t end) {
    const struct fold_job *job = ctx;
    for (size_t j = begin; j < end; j++) {
        const fr *in = job->in + j * job->parts;
        fr sum, term;
        fr_mul(&sum, &in[0], &job->weights[0]);
        for (size_t b = 1; b < job->parts; b++) {
            fr_mul(&term, &in[b], &job->weights[b]);
            fr_add(&sum, &sum, &term);
        }
        job->out[j] = sum;
    }
}

/* Fills fold[1..s] in the memory at `space`. */
static void fold_all(struct prover *p, const fr *f, const fr *R, fr *space) {
    unsigned s = p->shape.folds;
    p->fold[0] = f;
    for (unsigned i = 0; i < s; i++) {
        fr weights[KZG_MAX_PARTS];
        kzg_weights(weights, R, p->shape.width[i]);
        R += p->shape.width[i];
        struct fold_job job = {space, p->fold[i], weights, (size_t)1 << p->shape.width[i]};
        parallel_for(p->n[i + 1] < 4096 ? 1 : p->threads, p->n[i + 1], fold_range, &job);
        p->fold[i + 1] = space;
        space += p->n[i + 1];
    }
}

/* q = (f - remainder) / (X^m - t), n - m words; the remainder has m words. q may not overlap f. */
static void divide(fr *q, fr *remainder, const fr *f, size_t n, size_t m, const fr *t) {
    for (size_t j = n - m; j-- > 0;) {
        if (j + m < n - m) {
            fr term;
            fr_mul(&term, t, &q[j + m]);
            fr_add(&q[j], &f[j + m], &term);
        } else {
            q[j] = f[j + m];
        }
    }
    for (size_t b = 0; b < m; b++) {
        remainder[b] = f[b];
        if (b < n - m) {
            fr term;
            fr_mul(&term, t, &q[b]);
            fr_add(&remainder[b], &remainder[b], &term);
        }
    }
}

/* Only the remainder of f by X^m - t: m values by Horner's rule. */
static void reduce(fr *remainder, const fr *f, size_t n, size_t m, const fr *t) {
    memcpy(remainder, f + n - m, m * sizeof *f);
    for (size_t j = n - m; j > 0; j -= m) {
        for (size_t b = 0; b < m; b++) {
            fr_mul(&remainder[b], &remainder[b], t);
            fr_add(&remainder[b], &remainder[b], &f[j - m + b]);
        }
    }
}

static void put_differences(struct proof_buf *out, const fr *e, size_t n) {
    for (size_t b = 1; b < n; b++) {
        fr d;
        fr_sub(&d, &e[b], &e[0]);
        proof_put_fr(out, &d, 1);
    }
}

static void absorb_written(struct transcript *transcript, const struct proof_buf *out,
                           size_t from) {
    if (!out->failed && out->len > from) {
        transcript_absorb(transcript, out->data + from, out->len - from);
    }
}

/* Sends the commitments of f_1.. and the tail; draws z. */
static enum kzg_err send_folds(struct prover *p, struct transcript *transcript,
                               struct proof_buf *out) {
    unsigned s = p->shape.folds;
    size_t from = out->len;
    for (unsigned i = 1; i < s; i++) {
        g1_affine commitment;
        enum kzg_err err = kzg_commit(p->srs, p->fold[i], p->n[i], p->threads, &commitment);
        if (err != KZG_OK) {
            return err;
        }
        proof_put_g1(out, &commitment, 1);
    }
    put_differences(out, p->fold[s], p->n[s]);
    absorb_written(transcript, out, from);
    fr z;
    transcript_challenge(transcript, &z);
    kzg_fold_points(p->t, &p->shape, &z);
    return KZG_OK;
}

/* Sends the remainders' differences, draws nu, sends Q = sum nu^i q_i and draws w. The quotient of
 * f_0 goes straight to `work`; those of the short f_i are computed in `space` and added. */
static enum kzg_err send_quotient(struct prover *p, fr *space, struct transcript *transcript,
                                  struct proof_buf *out, fr *nu, fr *w) {
    unsigned s = p->shape.folds;
    size_t from = out->len, m0 = (size_t)1 << p->shape.width[0];
    divide(p->work, p->remainder[0], p->fold[0], p->n[0], m0, &p->t[0]);
    for (unsigned i = 1; i < s; i++) {
        reduce(p->remainder[i], p->fold[i], p->n[i], KZG_MAX_PARTS, &p->t[i]);
    }
    for (unsigned i = 0; i < s; i++) {
        put_differences(out, p->remainder[i], (size_t)1 << p->shape.width[i]);
    }
    absorb_written(transcript, out, from);
    transcript_challenge(transcript, nu);

    fr power = FR_ONE;
    for (unsigned i = 1; i < s; i++) {
        fr_mul(&power, &power, nu);
        divide(space, p->remainder[i], p->fold[i], p->n[i], KZG_MAX_PARTS, &p->t[i]);
        for (size_t j = 0; j < p->n[i] - KZG_MAX_PARTS; j++) {
            fr term;
            fr_mul(&term, &power, &space[j]);
            fr_add(&p->work[j], &p->work[j], &term);
        }
    }
    g1_affine quotient;
    enum kzg_err err = kzg_commit(p->srs, p->work, p->n[0] - m0, p->threads, &quotient);
    from = out->len;
    proof_put_g1(out, &quotient, 1);
    absorb_written(transcript, out, from);
    transcript_challenge(transcript, w);
    return err;
}

struct combine_job {
    fr *work;
    const fr *f, *c;
    size_t quotient; /* words of Q in work */
};

/* work = c_0 f_0 - Q */
static void combine_range(void *ctx, size_t begin, size_t end) {
    const struct combine_job *job = ctx;
    for (size_t j = begin; j < end; j++) {
        fr term;
        fr_mul(&term, job->c, &job->f[j]);
        if (j < job->quotient) {
            fr_sub(&job->work[j], &term, &job->work[j]);
        } else {
            job->work[j] = term;
        }
    }
}

/* L = sum c_i (f_i - rho_i) - Q, its quotient by X - w in place, its commitment W, and v. */
static enum kzg_err send_witness(struct prover *p, const fr *nu, const fr *w,
                                 struct proof_buf *out) {
    fr c[KZG_MAX_FOLDS], inverse, rho, term;
    if (!kzg_coefficients(c, &inverse, &p->shape, p->t, nu, w)) {
        return KZG_ERR_CHALLENGE;
    }
    fr *L = p->work;
    struct combine_job job = {L, p->fold[0], &c[0], p->n[0] - ((size_t)1 << p->shape.width[0])};
    parallel_for(p->n[0] < 4096 ? 1 : p->threads, p->n[0], combine_range, &job);
    for (unsigned i = 0; i < p->shape.folds; i++) {
        for (size_t j = 0; i > 0 && j < p->n[i]; j++) {
            fr_mul(&term, &c[i], &p->fold[i][j]);
            fr_add(&L[j], &L[j], &term);
        }
        kzg_evaluate(&rho, p->remainder[i], (size_t)1 << p->shape.width[i], w);
        fr_mul(&term, &c[i], &rho);
        fr_sub(&L[0], &L[0], &term);
    }
    /* L becomes its own quotient, one place up: L[j] += w L[j+1]; then L[0] = L(w) = 0 */
    for (size_t j = p->n[0] - 1; j-- > 0;) {
        fr_mul(&term, w, &L[j + 1]);
        fr_add(&L[j], &L[j], &term);
    }
    g1_affine witness;
    enum kzg_err err = kzg_commit(p->srs, L + 1, p->n[0] - 1, p->threads, &witness);
    proof_put_g1(out, &witness, 1);
    proof_put_fr(out, &inverse, 1);
    return err;
}

enum kzg_err kzg_open(const struct srs *srs, const fr *f, unsigned M, const fr *R,
                      struct transcript *transcript, struct proof_buf *out, unsigned threads) {
    if (M > KZG_MAX_M || M > srs->log_n) {
        return KZG_ERR_SIZE;
    }
    struct prover p = {.srs = srs, .threads = threads};
    kzg_shape(&p.shape, M);
    size_t folded = 0;
    p.n[0] = (size_t)1 << M;
    for (unsigned i = 0; i < p.shape.folds; i++) {
        p.n[i + 1] = p.n[i] >> p.shape.width[i];
        folded += p.n[i + 1];
    }
    /* Q and L | f_1 .. f_s | the quotient of one f_i, i >= 1 */
    fr *memory = malloc((p.n[0] + folded + p.n[1]) * sizeof *memory);
    if (memory == NULL) {
        return KZG_ERR_MEMORY;
    }
    p.work = memory;
    fold_all(&p, f, R, memory + p.n[0]);
    fr nu, w;
    enum kzg_err err = send_folds(&p, transcript, out);
    if (err == KZG_OK) {
        err = send_quotient(&p, memory + p.n[0] + folded, transcript, out, &nu, &w);
    }
    if (err == KZG_OK) {
        err = send_witness(&p, &nu, &w, out);
    }
    free(memory);
    return err == KZG_OK && out->failed ? KZG_ERR_MEMORY : err;
}
