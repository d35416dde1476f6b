/* KZG commitments to multilinear polynomials, and their opening at a point.
 *
 * A vector f of n <= 2^M words is committed as sum_i f_i [tau^i]_1. The opening shows f~(R) = y:
 * the fold of Gemini (ePrint 2022/420, section 2.4.2; f_{i+1} mixes the parts of f_i by the weights
 * of the next coordinates), but by 8, three coordinates at a time, the last fold sent in the clear,
 * the committed folds opened together with SHPLONK (ePrint 2020/081, section 4) for the divisors
 * X^8 - t; one pairing of two pairs. docs/protocol.md, "Opening", is the exact protocol. */
#ifndef ZKLINK_PROOF_KZG_H
#define ZKLINK_PROOF_KZG_H

#include "proof/proof_buf.h"
#include "proof/srs.h"
#include "proof/transcript.h"

enum kzg_err {
    KZG_OK = 0,
    KZG_ERR_MEMORY,
    KZG_ERR_SIZE,     /* more words than the string has powers, or M > KZG_MAX_M */
    KZG_ERR_CHALLENGE /* a challenge hit a pole: probability 2^-245, start again with other data */
};

enum { KZG_MAX_M = SRS_MAX_LOG_N, KZG_MAX_FOLDS = (KZG_MAX_M - 2) / 3 };

/* The shape of the opening for M coordinates. */
struct kzg_shape {
    unsigned folds;                /* s >= 1 */
    unsigned width[KZG_MAX_FOLDS]; /* coordinates that fold i binds, 0..3 */
    unsigned tail;                 /* coordinates left: 2^tail words in the clear */
};
void kzg_shape(struct kzg_shape *shape, unsigned M);
/* Bytes of the opening. */
size_t kzg_proof_len(unsigned M);

/* Commitment to n words; zeros and small words cost little. n <= 2^log_n of the string. */
enum kzg_err kzg_commit(const struct srs *srs, const fr *f, size_t n, unsigned threads,
                        g1_affine *out);

/* Appends the proof of f~(R) to out; f has 2^M words. The transcript must have absorbed the
 * commitment of f, M, R and f~(R), or what determines them. Memory: 1.15 * 2^M words. */
enum kzg_err kzg_open(const struct srs *srs, const fr *f, unsigned M, const fr *R,
                      struct transcript *transcript, struct proof_buf *out, unsigned threads);

/* Sets *ok to whether the proof at the reader shows f~(R) = y for the commitment C; false for a
 * malformed one too. C must be on the curve. Reads kzg_proof_len(M) bytes. */
enum kzg_err kzg_verify(const struct srs_vk *vk, const g1_affine *C, unsigned M, const fr *R,
                        const fr *y, struct transcript *transcript, struct proof_reader *reader,
                        bool *ok);

#endif
