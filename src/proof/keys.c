/* See keys.h. */
#include "proof/keys.h"

#include "crypto/keccak.h"
#include "proof/kzg.h"

#include <stdlib.h>

enum key_err verifying_key_init(struct verifying_key *vk, const struct air *air,
                                const struct srs_vk *srs, unsigned max_log_chunk,
                                const g1_affine *preprocessed) {
    struct keccak256 h;
    uint8_t word[32] = {0}, point[128];
    memset(vk, 0, sizeof *vk);
    if (max_log_chunk > AIR_MAX_LOG_HEIGHT || air->preprocessed_log_size > (int)max_log_chunk) {
        return KEY_ERR_SIZE;
    }
    vk->air = air;
    vk->srs = *srs;
    vk->max_log_chunk = max_log_chunk;
    vk->preprocessed = *preprocessed;
    word[31] = (uint8_t)max_log_chunk;
    keccak256_init(&h);
    keccak256_update(&h, air->digest, sizeof air->digest);
    keccak256_update(&h, word, sizeof word);
    g1_affine_to_be(point, preprocessed);
    keccak256_update(&h, point, 64);
    g2_affine_to_be(point, &srs->one);
    keccak256_update(&h, point, 128);
    g2_affine_to_be(point, &srs->tau);
    keccak256_update(&h, point, 128);
    keccak256_final(&h, vk->digest);
    return KEY_OK;
}

static enum key_err preprocessed_commit(g1_affine *out, const struct air *air,
                                        const struct srs *srs, unsigned threads) {
    memset(out, 0, sizeof *out);
    if (air->preprocessed_log_size < 0) {
        return KEY_OK;
    }
    if (air->preprocessed_log_size > (int)srs->log_n) {
        return KEY_ERR_SIZE;
    }
    size_t n = (size_t)1 << air->preprocessed_log_size;
    fr *v = calloc(n, sizeof *v);
    if (!v) {
        return KEY_ERR_MEMORY;
    }
    for (unsigned i = 0; i < air->n_fixed_places; i++) {
        const struct air_fixed_place *p = &air->fixed_places[i];
        const struct air_column *column = &air->chips[p->chip]->fixed[p->fixed];
        memcpy(v + p->offset, column->values, column->n_values * sizeof *v);
    }
    enum kzg_err err = kzg_commit(srs, v, n, threads, out);
    free(v);
    return err == KZG_OK ? KEY_OK : KEY_ERR_MEMORY;
}

enum key_err proving_key_init(struct proving_key *pk, const struct air *air, const struct srs *srs,
                              unsigned max_log_chunk, unsigned threads) {
    g1_affine preprocessed;
    memset(pk, 0, sizeof *pk);
    enum key_err err = preprocessed_commit(&preprocessed, air, srs, threads);
    if (err == KEY_OK) {
        err = verifying_key_init(&pk->vk, air, &srs->vk, max_log_chunk, &preprocessed);
    }
    pk->srs = srs;
    pk->target_chunks = PROVING_KEY_TARGET_CHUNKS;
    return err;
}
