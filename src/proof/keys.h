/* Proving and verifying keys. There is no per-circuit setup: a key is the AIR, the string and the
 * commitment to the preprocessed columns.
 *     digest = keccak( AIR digest | M_max as a 32-byte word | preprocessed commitment, 64 bytes,
 *                      zeros without one | [1]_2 | [tau]_2 ),
 * G2 points as EIP-197 encodes them, 128 bytes each. */
#ifndef ZKLINK_PROOF_KEYS_H
#define ZKLINK_PROOF_KEYS_H

#include "proof/air.h"
#include "proof/srs.h"

/* Plain data; air is borrowed. */
struct verifying_key {
    const struct air *air;
    struct srs_vk srs;
    unsigned max_log_chunk; /* M_max */
    g1_affine preprocessed; /* commitment to the fixed columns */
    uint8_t digest[32];
};

struct proving_key {
    struct verifying_key vk;
    const struct srs *srs; /* borrowed; may be shorter than 2^M_max: then only smaller M are used */
    /* M is the least with at most this many main chunks. More chunks: a faster opening, more gas.
     */
    size_t target_chunks;
};

enum { PROVING_KEY_TARGET_CHUNKS = 16 };

enum key_err {
    KEY_OK = 0,
    KEY_ERR_MEMORY,
    KEY_ERR_SIZE /* fixed tables do not fit the string or 2^M_max, or M_max > AIR_MAX_LOG_HEIGHT */
};

/* Commits to the fixed columns of a finished AIR. All arguments are borrowed for the key's life. */
enum key_err proving_key_init(struct proving_key *pk, const struct air *air, const struct srs *srs,
                              unsigned max_log_chunk, unsigned threads);
/* The same from a known commitment: what a verifier without the string uses. */
enum key_err verifying_key_init(struct verifying_key *vk, const struct air *air,
                                const struct srs_vk *srs, unsigned max_log_chunk,
                                const g1_affine *preprocessed);

#endif
