/* The Fiat-Shamir transcript: a chain of Keccak-256 hashes.
 *     T_0 = keccak("zklink.proof.v1");  absorb(data): T = keccak(T | data);
 *     challenge(): T = keccak(T | 0x01), value = T mod r.
 * data is a non-empty multiple of 32 bytes, so no absorption looks like a challenge. */
#ifndef ZKLINK_PROOF_TRANSCRIPT_H
#define ZKLINK_PROOF_TRANSCRIPT_H

#include "crypto/fr.h"
#include "crypto/keccak.h"

struct transcript {
    uint8_t state[32];
};

void transcript_init(struct transcript *t);
/* Absorbs len bytes at once: len must be a positive multiple of 32. */
void transcript_absorb(struct transcript *t, const uint8_t *data, size_t len);
void transcript_challenge(struct transcript *t, fr *out);

/* One absorption in pieces: init, any number of updates, finish. The same bytes give the same state
 * as one transcript_absorb. */
void transcript_absorb_begin(const struct transcript *t, struct keccak256 *h);
void transcript_absorb_fr(struct keccak256 *h, const fr *v, size_t n);
void transcript_absorb_bytes(struct keccak256 *h, const uint8_t *data, size_t len);
void transcript_absorb_end(struct transcript *t, struct keccak256 *h);

#endif
