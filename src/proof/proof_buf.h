/* The bytes of a proof: a growing buffer for the prover, a checked reader for the verifier. The
 * only place where proof bytes become field elements and points: every word is 32 bytes,
 * big-endian, and must be below r; every point is x then y, 64 bytes, coordinates below q, on the
 * curve, the identity 64 zero bytes. So a value has one encoding. */
#ifndef ZKLINK_PROOF_BUF_H
#define ZKLINK_PROOF_BUF_H

#include "crypto/fr.h"
#include "crypto/g1.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Start with zeros; data is owned. Without memory `failed` is set and stays set. */
struct proof_buf {
    uint8_t *data;
    size_t len, cap;
    bool failed;
};

void proof_buf_release(struct proof_buf *b);
void proof_put_bytes(struct proof_buf *b, const uint8_t *data, size_t len);
void proof_put_fr(struct proof_buf *b, const fr *v, size_t n);
void proof_put_g1(struct proof_buf *b, const g1_affine *p, size_t n);

/* Start with {data, len}. A read beyond the end or of a malformed value sets `bad`; it stays set,
 * and this and all later reads then give zeros. */
struct proof_reader {
    const uint8_t *data;
    size_t len, at;
    bool bad;
};

/* The next len bytes, borrowed; NULL if there are fewer. */
const uint8_t *proof_get_bytes(struct proof_reader *r, size_t len);
/* The next n words or points; false if `bad` is now set. */
bool proof_get_fr(struct proof_reader *r, fr *out, size_t n);
bool proof_get_g1(struct proof_reader *r, g1_affine *out, size_t n);
/* True if nothing was malformed and every byte was read. */
bool proof_reader_done(const struct proof_reader *r);

#endif
