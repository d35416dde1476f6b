/* Schnorr signatures: see the header for the scheme. */
#include "crypto/schnorr.h"

#include "crypto/keccak.h"
#include "crypto/poseidon2.h"

static const char KEY_DOMAIN[] = "zklink.schnorr.key.v1";
static const char NONCE_DOMAIN[] = "zklink.schnorr.nonce.v1";

static void limbs_from_be(uint64_t v[4], const uint8_t b[32]) {
    for (int i = 0; i < 4; i++) {
        v[3 - i] = 0;
        for (int j = 0; j < 8; j++) {
            v[3 - i] = (v[3 - i] << 8) | b[8 * i + j];
        }
    }
}

static void limbs_to_be(uint8_t b[32], const uint64_t v[4]) {
    for (int i = 0; i < 32; i++) {
        b[31 - i] = (uint8_t)(v[i / 8] >> (8 * (i % 8)));
    }
}

/* Keccak-256(domain | 32-byte or longer input | counter) for counter = 0 and 1, as one integer
 * modulo l. */
static void hash_to_scalar(uint64_t r[4], const struct keccak256 *prefix) {
    uint64_t wide[8];
    uint8_t digest[32];
    for (uint8_t counter = 0; counter < 2; counter++) {
        struct keccak256 h = *prefix;
        keccak256_update(&h, &counter, 1);
        keccak256_final(&h, digest);
        limbs_from_be(wide + (counter == 0 ? 4 : 0), digest);
        explicit_bzero(&h, sizeof h);
    }
    bjj_scalar_reduce(r, wide);
    explicit_bzero(wide, sizeof wide);
    explicit_bzero(digest, sizeof digest);
}

/* k B in affine form, k secret. A blinding factor taken from k hides Z, whose inversion promises no
 * constant time: what is inverted is Z times the factor. */
static void secret_base_mul(bjj_affine *r, const uint64_t k[4]) {
    bjj_point p;
    fr blind;
    uint8_t bytes[32];
    limbs_to_be(bytes, k);
    keccak256(bytes, bytes, sizeof bytes);
    fr_from_be_reduce(&blind, bytes);
    bjj_from_affine(&p, &BJJ_BASE);
    bjj_mul(&p, &p, k);
    fr_mul(&p.x, &p.x, &blind);
    fr_mul(&p.y, &p.y, &blind);
    fr_mul(&p.z, &p.z, &blind);
    bjj_to_affine(r, &p);
    explicit_bzero(&p, sizeof p);
    explicit_bzero(&blind, sizeof blind);
    explicit_bzero(bytes, sizeof bytes);
}

bool schnorr_key_from_seed(struct schnorr_key *key, const uint8_t *seed, size_t seed_len) {
    memset(key, 0, sizeof *key);
    if (seed_len < SCHNORR_SEED_MIN) {
        return false;
    }
    struct keccak256 h;
    keccak256_init(&h);
    keccak256_update(&h, KEY_DOMAIN, sizeof KEY_DOMAIN - 1);
    keccak256_update(&h, seed, seed_len);
    hash_to_scalar(key->secret, &h);
    keccak256_init(&h);
    keccak256_update(&h, NONCE_DOMAIN, sizeof NONCE_DOMAIN - 1);
    keccak256_update(&h, seed, seed_len);
    keccak256_final(&h, key->nonce_key);
    explicit_bzero(&h, sizeof h);
    secret_base_mul(&key->public_key, key->secret);
    /* A secret of 0 has the identity for a public key; no seed is known that gives it. */
    return bjj_key_check(&key->public_key);
}

void schnorr_key_wipe(struct schnorr_key *key) {
    explicit_bzero(key, sizeof *key);
}

bool schnorr_split(struct schnorr_challenge *c) {
    uint64_t v[4];
    fr_to_limbs(v, &c->h);
    for (int i = 0; i < 4; i++) {
        c->e[i] = i < 2 ? v[i] : 0;
        c->hi[i] = i < 2 ? v[i + 2] : 0;
    }
    return v[3] < FR_MODULUS[3] || (v[3] == FR_MODULUS[3] && v[2] < FR_MODULUS[2]);
}

bool schnorr_challenge(struct schnorr_challenge *c, const fr *rx, const fr *ry,
                       const bjj_affine *key, const fr *domain, const fr m[SCHNORR_MESSAGE_WORDS]) {
    const fr in0[4] = {*domain, *rx, *ry, key->x};
    poseidon2_compress(&c->h0, in0);
    const fr in1[4] = {c->h0, key->y, m[0], m[1]};
    poseidon2_compress(&c->h1, in1);
    const fr in2[4] = {c->h1, m[2], m[3], FR_ZERO};
    poseidon2_compress(&c->h, in2);
    return schnorr_split(c);
}

static void absorb_fr(struct keccak256 *h, const fr *a) {
    uint8_t bytes[32];
    fr_to_be(bytes, a);
    keccak256_update(h, bytes, sizeof bytes);
}

void schnorr_sign(struct schnorr_signature *sig, const struct schnorr_key *key, const fr *domain,
                  const fr m[SCHNORR_MESSAGE_WORDS]) {
    struct keccak256 prefix;
    struct schnorr_challenge c;
    uint64_t nonce[4];
    bjj_affine r;
    keccak256_init(&prefix);
    keccak256_update(&prefix, key->nonce_key, sizeof key->nonce_key);
    absorb_fr(&prefix, &key->public_key.x);
    absorb_fr(&prefix, &key->public_key.y);
    absorb_fr(&prefix, domain);
    for (int i = 0; i < SCHNORR_MESSAGE_WORDS; i++) {
        absorb_fr(&prefix, &m[i]);
    }
    do { /* once, but for a refused challenge: then the nonce is another */
        keccak256_update(&prefix, "\0", 1);
        hash_to_scalar(nonce, &prefix);
        secret_base_mul(&r, nonce);
    } while (!schnorr_challenge(&c, &r.x, &r.y, &key->public_key, domain, m));
    sig->rx = r.x;
    sig->ry = r.y;
    bjj_scalar_mul_add(sig->s, c.e, key->secret, nonce);
    explicit_bzero(&prefix, sizeof prefix);
    explicit_bzero(nonce, sizeof nonce);
}

bool schnorr_verify(const struct schnorr_signature *sig, const bjj_affine *key, const fr *domain,
                    const fr m[SCHNORR_MESSAGE_WORDS]) {
    struct schnorr_challenge c;
    bjj_point p;
    const bjj_affine r = {sig->rx, sig->ry};
    if (!bjj_scalar_is_canonical_var(sig->s) || !bjj_is_on_curve(&r) ||
        !schnorr_challenge(&c, &sig->rx, &sig->ry, key, domain, m)) {
        return false;
    }
    bjj_from_affine(&p, key);
    bjj_neg(&p, &p);
    bjj_mul_base_add_var(&p, sig->s, &p, c.e); /* s B - e A */
    return bjj_eq_affine(&p, &r);
}

void schnorr_encode(uint8_t bytes[SCHNORR_SIGNATURE_LEN], const struct schnorr_signature *sig) {
    fr_to_be(bytes, &sig->rx);
    fr_to_be(bytes + 32, &sig->ry);
    limbs_to_be(bytes + 64, sig->s);
}

bool schnorr_decode(struct schnorr_signature *sig, const uint8_t bytes[SCHNORR_SIGNATURE_LEN]) {
    limbs_from_be(sig->s, bytes + 64);
    if (fr_from_be(&sig->rx, bytes) && fr_from_be(&sig->ry, bytes + 32) &&
        bjj_scalar_is_canonical_var(sig->s)) {
        return true;
    }
    memset(sig, 0, sizeof *sig);
    return false;
}
