/* See verifier.h. Step by step in the order of the transcript; every step returns an outcome, and
 * the first that is not PASS ends the check. */
#include "proof/verifier.h"

#include "crypto/msm.h"
#include "proof/kzg.h"
#include "proof/layout.h"
#include "proof/proof_buf.h"
#include "proof/protocol.h"

#include <stdlib.h>

enum outcome { PASS, REJECT, NO_MEMORY };

struct verifier {
    const struct verifying_key *vk;
    const struct statement *s;
    struct proof_reader in;
    size_t mark; /* bytes before it are absorbed */
    struct transcript transcript;
    struct challenges ch;
    struct layout l;
    g1_affine *commitments; /* main, helper, preprocessed chunks */
    fr *public_sums, *values, *tape;
    fr R[AIR_MAX_LOG_HEIGHT + 1];
    fr claim;
};

static void absorb_read(struct verifier *v) {
    if (v->in.at > v->mark) {
        transcript_absorb(&v->transcript, v->in.data + v->mark, v->in.at - v->mark);
    }
    v->mark = v->in.at;
}

/* Heights and M: the only bytes of a proof that are not words or points. */
static enum outcome step_heights(struct verifier *v) {
    const struct air *air = v->vk->air;
    if (v->s->n_instances > LAYOUT_MAX_INSTANCES || v->s->n_scalars != air->n_scalars) {
        return REJECT;
    }
    size_t n = layout_n_chips(air, v->s->n_instances), len = protocol_heights_len(n);
    const uint8_t *block = proof_get_bytes(&v->in, len);
    if (!block) {
        return REJECT;
    }
    for (size_t i = n + 1; i < len; i++) {
        if (block[i] != 0) {
            return REJECT;
        }
    }
    enum layout_err err =
        layout_init(&v->l, air, v->s->n_instances, block, block[n], v->vk->max_log_chunk);
    absorb_read(v);
    return err == LAYOUT_OK ? PASS : err == LAYOUT_ERR_MEMORY ? NO_MEMORY : REJECT;
}

/* Everything has its size now; the proof must be long enough before memory is taken for it. */
static enum outcome step_sizes(struct verifier *v) {
    size_t points = v->l.n_main_chunks + v->l.n_helper_chunks;
    size_t words = v->l.n_public_sums + (size_t)ROUND_DEGREE * v->l.log_tallest + v->l.n_values;
    if (points > v->in.len / 64 ||
        v->in.len != v->in.at + 64 * points + 32 * words + kzg_proof_len(v->l.log_chunk)) {
        return REJECT;
    }
    v->commitments = calloc(points + 1, sizeof *v->commitments);
    v->public_sums = calloc((size_t)v->l.n_public_sums + 1, sizeof *v->public_sums);
    v->values = calloc(v->l.n_values + 1, sizeof *v->values);
    v->tape = calloc(protocol_max_tape(v->vk->air), sizeof *v->tape);
    return v->commitments && v->public_sums && v->values && v->tape ? PASS : NO_MEMORY;
}

static enum outcome step_commitments(struct verifier *v) {
    bool ok = proof_get_g1(&v->in, v->commitments, v->l.n_main_chunks);
    absorb_read(v);
    protocol_draw_bus(&v->transcript, &v->ch);
    ok = ok && proof_get_g1(&v->in, v->commitments + v->l.n_main_chunks, v->l.n_helper_chunks) &&
         proof_get_fr(&v->in, v->public_sums, v->l.n_public_sums);
    absorb_read(v);
    protocol_draw_sum(&v->transcript, &v->ch, v->l.log_tallest);
    return ok ? PASS : REJECT;
}

/* The public sums of the columns held here. */
static enum outcome step_held(struct verifier *v) {
    for (size_t i = 0; i < v->s->n_held; i++) {
        const struct held_column *held = &v->s->held[i];
        const struct layout_chip *lc = NULL;
        for (size_t c = 0; c < v->l.n_chips && !lc; c++) {
            if (v->l.chips[c].chip->index == held->chip &&
                v->l.chips[c].instance == held->instance) {
                lc = &v->l.chips[c];
            }
        }
        if (!lc || lc->public_sum < 0 ||
            held->n_words > (size_t)lc->chip->n_public << lc->log_height) {
            return REJECT;
        }
        fr sum;
        protocol_horner(&sum, held->words, held->n_words, &v->ch.g);
        if (!fr_eq(&sum, &v->public_sums[lc->public_sum])) {
            return REJECT;
        }
    }
    return PASS;
}

/* Reads and absorbs the values of the chips of height 2^m, takes their shares off the claim. */
static enum outcome chips_leave(struct verifier *v, unsigned m) {
    for (size_t c = 0; c < v->l.n_chips; c++) {
        const struct layout_chip *lc = &v->l.chips[c];
        if (lc->log_height == m &&
            !proof_get_fr(&v->in, v->values + lc->first_value, air_chip_values(lc->chip))) {
            return REJECT;
        }
    }
    absorb_read(v);
    for (size_t c = 0; c < v->l.n_chips; c++) {
        const struct layout_chip *lc = &v->l.chips[c];
        if (lc->log_height == m) {
            fr share;
            protocol_chip_claim(&share, lc, &v->ch, v->s, v->values + lc->first_value, v->R,
                                v->tape);
            fr_sub(&v->claim, &v->claim, &share);
        }
    }
    return PASS;
}

static enum outcome step_rounds(struct verifier *v) {
    if (!protocol_initial_claim(&v->claim, v->vk->air, v->s, &v->ch, v->public_sums,
                                v->l.n_public_sums)) {
        return REJECT;
    }
    enum outcome o = chips_leave(v, 0);
    for (unsigned j = 0; j < v->l.log_tallest && o == PASS; j++) {
        fr y[ROUND_DEGREE + 1];
        if (!proof_get_fr(&v->in, &y[0], 1) || !proof_get_fr(&v->in, &y[2], ROUND_DEGREE - 1)) {
            return REJECT;
        }
        absorb_read(v);
        fr_sub(&y[1], &v->claim, &y[0]);
        transcript_challenge(&v->transcript, &v->R[j]);
        protocol_interpolate(&v->claim, y, &v->R[j]);
        o = chips_leave(v, j + 1);
    }
    return o == PASS && !fr_is_zero(&v->claim) ? REJECT : o;
}

/* C = sum lambda^i C_i and y = sum lambda^i y_i over all chunks, opened at R. */
static enum outcome combination_verify(struct verifier *v, fr *y, fr *power) {
    size_t n = v->l.n_main_chunks + v->l.n_helper_chunks;
    fr lambda, sum = FR_ZERO, t;
    if (!layout_chunk_values(&v->l, v->values, v->R, y, y + v->l.n_main_chunks, y + n)) {
        return NO_MEMORY;
    }
    v->commitments[n] = v->vk->preprocessed;
    transcript_challenge(&v->transcript, &lambda);
    power[0] = FR_ONE;
    for (size_t i = 0; i <= n; i++) {
        if (i > 0) {
            fr_mul(&power[i], &power[i - 1], &lambda);
        }
        fr_mul(&t, &power[i], &y[i]);
        fr_add(&sum, &sum, &t);
    }
    g1 combined;
    g1_affine commitment;
    msm_g1(&combined, v->commitments, power, n + 1, 1);
    g1_to_affine(&commitment, &combined);
    bool opened = false;
    enum kzg_err err = kzg_verify(&v->vk->srs, &commitment, v->l.log_chunk, v->R, &sum,
                                  &v->transcript, &v->in, &opened);
    if (err == KZG_ERR_MEMORY) {
        return NO_MEMORY;
    }
    return err == KZG_OK && opened && proof_reader_done(&v->in) ? PASS : REJECT;
}

static enum outcome step_opening(struct verifier *v) {
    size_t n = v->l.n_main_chunks + v->l.n_helper_chunks + 1;
    for (unsigned k = v->l.log_tallest; k < v->l.log_chunk; k++) {
        transcript_challenge(&v->transcript, &v->R[k]);
    }
    fr *y = calloc(n, sizeof *y), *power = calloc(n, sizeof *power);
    enum outcome o = y && power ? combination_verify(v, y, power) : NO_MEMORY;
    free(y);
    free(power);
    return o;
}

int verify(const struct verifying_key *vk, const struct statement *s, const uint8_t *proof,
           size_t len, bool *ok) {
    typedef enum outcome step_fn(struct verifier *);
    static step_fn *const steps[] = {step_heights, step_sizes,  step_commitments,
                                     step_held,    step_rounds, step_opening};
    struct verifier v = {.vk = vk, .s = s, .in = {.data = proof, .len = len}};
    enum outcome o = PASS;
    *ok = false;
    protocol_begin(&v.transcript, vk->digest, s);
    for (size_t i = 0; i < sizeof steps / sizeof *steps && o == PASS; i++) {
        o = steps[i](&v);
    }
    free(v.commitments);
    free(v.public_sums);
    free(v.values);
    free(v.tape);
    layout_release(&v.l);
    *ok = o == PASS;
    return o == NO_MEMORY ? -1 : 0;
}
