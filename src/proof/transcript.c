/* See transcript.h. */
#include "proof/transcript.h"

void transcript_init(struct transcript *t) {
    static const char name[] = "zklink.proof.v1";
    keccak256(t->state, name, sizeof name - 1);
}

void transcript_absorb_begin(const struct transcript *t, struct keccak256 *h) {
    keccak256_init(h);
    keccak256_update(h, t->state, sizeof t->state);
}

void transcript_absorb_fr(struct keccak256 *h, const fr *v, size_t n) {
    uint8_t word[32];
    for (size_t i = 0; i < n; i++) {
        fr_to_be(word, &v[i]);
        keccak256_update(h, word, sizeof word);
    }
}

void transcript_absorb_bytes(struct keccak256 *h, const uint8_t *data, size_t len) {
    keccak256_update(h, data, len);
}

void transcript_absorb_end(struct transcript *t, struct keccak256 *h) {
    keccak256_final(h, t->state);
}

void transcript_absorb(struct transcript *t, const uint8_t *data, size_t len) {
    struct keccak256 h;
    transcript_absorb_begin(t, &h);
    keccak256_update(&h, data, len);
    transcript_absorb_end(t, &h);
}

void transcript_challenge(struct transcript *t, fr *out) {
    struct keccak256 h;
    transcript_absorb_begin(t, &h);
    keccak256_update(&h, (const uint8_t[]){1}, 1);
    transcript_absorb_end(t, &h);
    fr_from_be_reduce(out, t->state);
}
