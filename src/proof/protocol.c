/* See protocol.h. */
#include "proof/protocol.h"

void protocol_begin(struct transcript *t, const uint8_t vk_digest[32], const struct statement *s) {
    struct keccak256 h;
    transcript_init(t);
    transcript_absorb_begin(t, &h);
    transcript_absorb_bytes(&h, vk_digest, 32);
    transcript_absorb_bytes(&h, s->digest, 32);
    transcript_absorb_fr(&h, s->scalars, s->n_scalars);
    transcript_absorb_fr(&h, s->instance_scalars, s->n_instances);
    transcript_absorb_end(t, &h);
}

size_t protocol_heights_len(size_t n_chips) {
    return (n_chips + 1 + 31) / 32 * 32;
}

void protocol_draw_bus(struct transcript *t, struct challenges *ch) {
    transcript_challenge(t, &ch->alpha);
    ch->beta_pow[0] = FR_ONE;
    transcript_challenge(t, &ch->beta_pow[1]);
    for (unsigned i = 2; i <= AIR_MAX_ARITY; i++) {
        fr_mul(&ch->beta_pow[i], &ch->beta_pow[i - 1], &ch->beta_pow[1]);
    }
    transcript_challenge(t, &ch->g);
}

void protocol_draw_sum(struct transcript *t, struct challenges *ch, unsigned n) {
    transcript_challenge(t, &ch->eta);
    transcript_challenge(t, &ch->mu);
    for (unsigned k = 0; k < n; k++) {
        transcript_challenge(t, &ch->zeta[k]);
    }
}

void protocol_horner(fr *out, const fr *words, size_t n, const fr *g) {
    fr sum = FR_ZERO;
    for (size_t i = n; i-- > 0;) {
        fr_mul(&sum, &sum, g);
        fr_add(&sum, &sum, &words[i]);
    }
    *out = sum;
}

/* alpha - kind - sum_j beta^j field_j */
static void denominator(fr *out, const struct challenges *ch, unsigned kind, unsigned n,
                        const fr *fields) {
    fr x;
    fr_from_u64(&x, kind);
    fr_sub(out, &ch->alpha, &x);
    for (unsigned j = 0; j < n; j++) {
        fr_mul(&x, &ch->beta_pow[j + 1], &fields[j]);
        fr_sub(out, out, &x);
    }
}

/* S_b */
static bool boundary_sum(fr *out, const struct air *air, const struct statement *s,
                         const struct challenges *ch) {
    *out = FR_ZERO;
    for (unsigned i = 0; i < air->n_boundary; i++) {
        const struct air_boundary *b = &air->boundary[i];
        fr fields[AIR_MAX_ARITY], d;
        for (unsigned j = 0; j < b->n_fields; j++) {
            int scalar = b->fields[j].scalar;
            fields[j] = scalar >= 0 ? s->scalars[scalar] : b->fields[j].constant;
        }
        denominator(&d, ch, b->kind, b->n_fields, fields);
        if (fr_is_zero(&d)) {
            return false;
        }
        fr_inv(&d, &d);
        if (b->sign > 0) {
            fr_add(out, out, &d);
        } else {
            fr_sub(out, out, &d);
        }
    }
    return true;
}

bool protocol_initial_claim(fr *out, const struct air *air, const struct statement *s,
                            const struct challenges *ch, const fr *public_sums, unsigned n_sums) {
    fr sum, w, term;
    if (!boundary_sum(&sum, air, s, ch)) {
        return false;
    }
    protocol_weight_bus(&w, ch);
    fr_mul(&sum, &sum, &w);
    fr_neg(&sum, &sum);
    for (unsigned j = 0; j < n_sums; j++) {
        protocol_weight_public(&w, ch, j);
        fr_mul(&term, &w, &public_sums[j]);
        fr_add(&sum, &sum, &term);
    }
    *out = sum;
    return true;
}

static void interaction_values(fr *m, fr *d, const struct air_interaction *x,
                               const struct challenges *ch, const fr *tape) {
    fr fields[AIR_MAX_ARITY];
    for (unsigned j = 0; j < x->n_fields; j++) {
        fields[j] = tape[x->fields[j]];
    }
    denominator(d, ch, x->kind, x->n_fields, fields);
    *m = tape[x->multiplicity];
    if (x->sign < 0) {
        fr_neg(m, m);
    }
}

/* h d1 d2 - m1 d2 - m2 d1, or h d1 - m1 */
static void helper_constraint(fr *out, const struct air_chip *chip, unsigned p,
                              const struct challenges *ch, const fr *tape, const fr *h) {
    fr m1, d1, m2, d2, x;
    interaction_values(&m1, &d1, &chip->interactions[2 * p], ch, tape);
    fr_mul(out, h, &d1);
    if (2 * p + 1 == chip->n_interactions) {
        fr_sub(out, out, &m1);
        return;
    }
    interaction_values(&m2, &d2, &chip->interactions[2 * p + 1], ch, tape);
    fr_mul(out, out, &d2);
    fr_mul(&x, &m1, &d2);
    fr_sub(out, out, &x);
    fr_mul(&x, &m2, &d1);
    fr_sub(out, out, &x);
}

/* sum_k eta^k P_k */
static void constraints_sum(fr *out, const struct layout_chip *lc, const struct challenges *ch,
                            const fr *tape, const fr *helpers) {
    const struct air_chip *chip = lc->chip;
    fr x;
    *out = FR_ZERO;
    for (unsigned p = chip->n_helpers; p-- > 0;) {
        helper_constraint(&x, chip, p, ch, tape, &helpers[p]);
        fr_mul(out, out, &ch->eta);
        fr_add(out, out, &x);
    }
    for (unsigned k = chip->n_constraints; k-- > 0;) {
        fr_mul(out, out, &ch->eta);
        fr_add(out, out, &tape[chip->constraints[k].op]);
    }
    protocol_weight_constraint(&x, ch, lc->first_constraint);
    fr_mul(out, out, &x);
}

/* mu^{2+j} W_j(R) sum_t g^t v_t */
static void public_term(fr *out, const struct layout_chip *lc, const struct challenges *ch,
                        const fr *values, const fr *R) {
    const struct air_chip *chip = lc->chip;
    fr x, y;
    *out = FR_ZERO;
    for (unsigned t = chip->n_public; t-- > 0;) {
        fr_mul(out, out, &ch->g);
        fr_add(out, out, &values[chip->public_col[t]]);
    }
    fr_pow_u64(&x, &ch->g, chip->n_public); /* g^{w 2^k} */
    for (unsigned k = 0; k < lc->log_height; k++) {
        fr_sub(&y, &x, &FR_ONE);
        fr_mul(&y, &y, &R[k]);
        fr_add(&y, &y, &FR_ONE);
        fr_mul(out, out, &y);
        fr_sqr(&x, &x);
    }
    protocol_weight_public(&x, ch, (unsigned)lc->public_sum);
    fr_mul(out, out, &x);
}

void protocol_chip_claim(fr *out, const struct layout_chip *lc, const struct challenges *ch,
                         const struct statement *s, const fr *values, const fr *R, fr *tape) {
    const struct air_chip *chip = lc->chip;
    const fr *fixed = values + chip->n_main, *helpers = fixed + chip->n_fixed;
    fr eq = FR_ONE, row = FR_ZERO, x, y;
    for (unsigned k = lc->log_height; k-- > 0;) {
        fr_dbl(&row, &row);
        fr_add(&row, &row, &R[k]);
        fr_mul(&x, &R[k], &ch->zeta[k]); /* eq = 1 - R - zeta + 2 R zeta */
        fr_dbl(&x, &x);
        fr_sub(&x, &x, &R[k]);
        fr_sub(&x, &x, &ch->zeta[k]);
        fr_add(&x, &x, &FR_ONE);
        fr_mul(&eq, &eq, &x);
    }
    const fr *instance = chip->instanced ? &s->instance_scalars[lc->instance] : NULL;
    air_eval(chip, values, fixed, &row, s->scalars, instance, tape);
    constraints_sum(&x, lc, ch, tape, helpers);
    fr_mul(&x, &x, &eq);
    y = FR_ZERO;
    for (unsigned p = 0; p < chip->n_helpers; p++) {
        fr_add(&y, &y, &helpers[p]);
    }
    fr w;
    protocol_weight_bus(&w, ch);
    fr_mul(&y, &y, &w);
    fr_add(&x, &x, &y);
    if (lc->public_sum >= 0) {
        public_term(&y, lc, ch, values, R);
        fr_add(&x, &x, &y);
    }
    *out = x;
}

/* Lagrange over 0..6: prod_{j != i} (x - j) / (i - j) by prefix and suffix products;
 * prod_{j != i} (i - j) = (-1)^(6-i) i! (6-i)! = (-1)^i 6! / binomial(6, i). */
void protocol_lagrange(fr out[ROUND_DEGREE + 1], const fr *x) {
    static const int64_t binomial[ROUND_DEGREE + 1] = {1, -6, 15, -20, 15, -6, 1};
    fr d[ROUND_DEGREE + 1], after, t;
    fr_from_u64(&after, 720);
    fr_inv(&after, &after);
    for (int i = 0; i <= ROUND_DEGREE; i++) {
        fr_from_i64(&t, i);
        fr_sub(&d[i], x, &t);
        out[i] = FR_ONE;
        if (i > 0) {
            fr_mul(&out[i], &out[i - 1], &d[i - 1]);
        }
    }
    for (int i = ROUND_DEGREE; i >= 0; i--) {
        fr_from_i64(&t, binomial[i]);
        fr_mul(&out[i], &out[i], &t);
        fr_mul(&out[i], &out[i], &after);
        fr_mul(&after, &after, &d[i]);
    }
}

void protocol_interpolate(fr *out, const fr y[ROUND_DEGREE + 1], const fr *x) {
    fr w[ROUND_DEGREE + 1], sum = FR_ZERO;
    protocol_lagrange(w, x);
    for (int i = 0; i <= ROUND_DEGREE; i++) {
        fr_mul(&w[i], &w[i], &y[i]);
        fr_add(&sum, &sum, &w[i]);
    }
    *out = sum;
}

size_t protocol_max_tape(const struct air *air) {
    size_t n = 1;
    for (unsigned c = 0; c < air->n_chips; c++) {
        n = air->chips[c]->n_tape > n ? air->chips[c]->n_tape : n;
    }
    return n;
}
