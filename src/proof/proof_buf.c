/* See proof_buf.h. */
#include "proof/proof_buf.h"

#include <stdlib.h>

void proof_buf_release(struct proof_buf *b) {
    free(b->data);
    *b = (struct proof_buf){0};
}

/* len more bytes to be written by the caller; NULL without memory. */
static uint8_t *extend(struct proof_buf *b, size_t len) {
    if (b->failed) {
        return NULL;
    }
    if (len > b->cap - b->len) {
        size_t cap = b->cap ? b->cap : 1024;
        while (cap - b->len < len) {
            cap = cap > SIZE_MAX / 2 ? SIZE_MAX : 2 * cap;
        }
        uint8_t *data = realloc(b->data, cap);
        if (!data) {
            b->failed = true;
            return NULL;
        }
        b->data = data;
        b->cap = cap;
    }
    uint8_t *at = b->data + b->len;
    b->len += len;
    return at;
}

void proof_put_bytes(struct proof_buf *b, const uint8_t *data, size_t len) {
    uint8_t *at = len ? extend(b, len) : NULL;
    if (at) {
        memcpy(at, data, len);
    }
}

void proof_put_fr(struct proof_buf *b, const fr *v, size_t n) {
    for (size_t i = 0; i < n; i++) {
        uint8_t *at = extend(b, 32);
        if (at) {
            fr_to_be(at, &v[i]);
        }
    }
}

void proof_put_g1(struct proof_buf *b, const g1_affine *p, size_t n) {
    for (size_t i = 0; i < n; i++) {
        uint8_t *at = extend(b, 64);
        if (at) {
            g1_affine_to_be(at, &p[i]);
        }
    }
}

const uint8_t *proof_get_bytes(struct proof_reader *r, size_t len) {
    if (r->bad || len > r->len - r->at) {
        r->bad = true;
        return NULL;
    }
    const uint8_t *at = r->data + r->at;
    r->at += len;
    return at;
}

bool proof_get_fr(struct proof_reader *r, fr *out, size_t n) {
    for (size_t i = 0; i < n; i++) {
        const uint8_t *at = proof_get_bytes(r, 32);
        out[i] = FR_ZERO;
        if (at && !fr_from_be(&out[i], at)) {
            r->bad = true;
        }
    }
    return !r->bad;
}

bool proof_get_g1(struct proof_reader *r, g1_affine *out, size_t n) {
    for (size_t i = 0; i < n; i++) {
        const uint8_t *at = proof_get_bytes(r, 64);
        memset(&out[i], 0, sizeof out[i]);
        if (at && !g1_affine_from_be(&out[i], at)) {
            r->bad = true;
        }
    }
    return !r->bad;
}

bool proof_reader_done(const struct proof_reader *r) {
    return !r->bad && r->at == r->len;
}
