/* See kzg_fold.h. */
#include "proof/kzg_fold.h"

void kzg_shape(struct kzg_shape *shape, unsigned M) {
    shape->folds = M < 8 ? 1 : (M - 2) / 3;
    shape->width[0] = M < KZG_MAX_WIDTH ? M : KZG_MAX_WIDTH;
    unsigned bound = shape->width[0];
    for (unsigned i = 1; i < shape->folds; i++) {
        shape->width[i] = KZG_MAX_WIDTH;
        bound += KZG_MAX_WIDTH;
    }
    shape->tail = M - bound;
}

size_t kzg_proof_len(unsigned M) {
    struct kzg_shape shape;
    kzg_shape(&shape, M);
    size_t words = ((size_t)1 << shape.tail) - 1 + 1;
    for (unsigned i = 0; i < shape.folds; i++) {
        words += ((size_t)1 << shape.width[i]) - 1;
    }
    return 64 * (size_t)(shape.folds + 1) + 32 * words;
}

void kzg_weights(fr *weights, const fr *R, unsigned k) {
    weights[0] = FR_ONE;
    for (unsigned l = 0; l < k; l++) {
        size_t half = (size_t)1 << l;
        for (size_t b = 0; b < half; b++) {
            fr_mul(&weights[half + b], &weights[b], &R[l]);
            fr_sub(&weights[b], &weights[b], &weights[half + b]);
        }
    }
}

void kzg_fold_points(fr *t, const struct kzg_shape *shape, const fr *z) {
    t[0] = *z;
    for (unsigned i = 1; i < shape->folds; i++) {
        fr_sqr(&t[i], &t[i - 1]);
        for (unsigned l = 1; l < shape->width[i]; l++) {
            fr_sqr(&t[i], &t[i]);
        }
    }
}

void kzg_remainder(fr *e, const fr *d, const fr *weights, size_t n, const fr *value) {
    fr first = *value, term;
    for (size_t b = 1; b < n; b++) {
        fr_mul(&term, &weights[b], &d[b]);
        fr_sub(&first, &first, &term);
    }
    for (size_t b = 1; b < n; b++) {
        fr_add(&e[b], &first, &d[b]);
    }
    e[0] = first;
}

void kzg_evaluate(fr *out, const fr *c, size_t n, const fr *x) {
    fr value = FR_ZERO;
    for (size_t b = n; b-- > 0;) {
        fr_mul(&value, &value, x);
        fr_add(&value, &value, &c[b]);
    }
    *out = value;
}

bool kzg_coefficients(fr *c, fr *inverse, const struct kzg_shape *shape, const fr *t, const fr *nu,
                      const fr *w) {
    fr product = FR_ONE, power = FR_ONE;
    for (unsigned i = 0; i < shape->folds; i++) {
        fr divisor;
        fr_pow_u64(&divisor, w, (uint64_t)1 << shape->width[i]);
        fr_sub(&divisor, &divisor, &t[i]);
        fr_mul(&product, &product, &divisor);
        c[i] = divisor;
    }
    if (fr_is_zero(&product)) {
        return false;
    }
    fr_inv(inverse, &product);
    fr_batch_inv(c, c, shape->folds);
    for (unsigned i = 0; i < shape->folds; i++) {
        fr_mul(&c[i], &c[i], &power);
        fr_mul(&power, &power, nu);
    }
    return true;
}
