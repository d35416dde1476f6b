/* The structured reference string: the powers [tau^i]_1, i < 2^log_n, and [1]_2, [tau]_2.
 *
 * Two sources: an import of a ceremony's .ptau file (ptau.h), and, for development, a string made
 * here from a seed. Whoever knows the seed knows tau and can prove anything: such a string carries
 * the flag `insecure` wherever it goes, also in its file, and srs_check_chain refuses it on every
 * chain that is not a known development chain.
 *
 * The file (integers little-endian):
 *     0  text     128  a line that says what this is, "INSECURE" in it if it is; zeros
 *   128  magic      8  "zklnksrs"
 *   136  version    4  1
 *   140  log_n      4
 *   144  insecure   4  0 or 1
 *   148  zero       4
 *   152  seed       8  0 unless insecure
 *   160  source    32  SHA-256 of the .ptau file it was imported from; zeros if insecure
 *   192  [1]_2    128
 *   320  [tau]_2  128
 *   448  checksum  32  SHA-256 of bytes 0..447 and 480..end
 *   480  zero      32
 *   512  points    64 * 2^log_n
 * A coordinate is its Montgomery form v 2^256 mod q in four 64-bit limbs, low limb first: the form
 * in memory (and in a .ptau file), so that the file is mapped, not parsed. A G2 coordinate is its
 * real, then its imaginary part. The checksum tells damage, not forgery: the file is a cache of
 * one's own; srs_check tests the points themselves. */
#ifndef ZKLINK_PROOF_SRS_H
#define ZKLINK_PROOF_SRS_H

#include "base/err.h"
#include "crypto/g1.h"
#include "crypto/g2.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { SRS_MAX_LOG_N = 28 };

/* The seed of the usual development string; anybody can compute its tau. */
#define SRS_INSECURE_SEED UINT64_C(1)

/* What a verifier needs. */
struct srs_vk {
    g2_affine one; /* [1]_2, the standard generator */
    g2_affine tau; /* [tau]_2 */
    bool insecure;
};

struct srs {
    unsigned log_n;
    const g1_affine *g1; /* 2^log_n powers, g1[0] = (1, 2) */
    struct srs_vk vk;
    bool insecure;
    uint64_t seed;      /* if insecure */
    uint8_t source[32]; /* if imported */
    void *memory;       /* what srs_release frees, or unmaps if map_len > 0 */
    size_t map_len;
};

/* Every function that takes an err returns 0, or -1 with the err set: ERR_SYSTEM (memory, the
 * operating system), ERR_NOT_FOUND, ERR_INPUT (a size out of range), ERR_DECODE (not such a file),
 * ERR_CORRUPT (the checksum does not fit), ERR_MISMATCH (points that are not the powers of one
 * tau), ERR_CONFIG (an insecure string on a chain that is not for development). On failure *out is
 * all zeros; otherwise the caller owns it: srs_release. */

/* The insecure string: tau = keccak("zklink.srs.insecure.v1" | seed as a 32-byte word) mod r.
 * log_n <= SRS_MAX_LOG_N. About 2.5 microseconds a point and thread. */
int srs_generate_insecure(struct srs *out, unsigned log_n, uint64_t seed, unsigned threads,
                          struct err *err);
/* Writes the file whole or not at all. Takes memory for a copy. */
int srs_write(const struct srs *srs, const char *path, struct err *err);
/* Maps the file, checks its form, its checksum, the first points, and by one pairing that they
 * belong to [tau]_2. Of a larger string only 2^max_log_n points are used. */
int srs_read(struct srs *out, const char *path, unsigned max_log_n, struct err *err);
void srs_release(struct srs *srs);

/* The full check: every point on the curve, [tau]_2 in its group, all points consecutive powers of
 * one tau (one pairing of two pairs over a random linear combination with 128-bit coefficients
 * derived from a hash of all points: error 2^-128), tau neither 0 nor 1. */
int srs_check(const struct srs *srs, unsigned threads, struct err *err);

/* ERR_CONFIG for an insecure string and a chain id that is not a known development id. */
int srs_check_chain(const struct srs_vk *vk, uint64_t chain_id, struct err *err);
/* True for 1337 and 31337..31346. */
bool srs_chain_is_development(uint64_t chain_id);

/* One line, as it stands at the head of the file; at most 127 characters and a zero. */
void srs_describe(const struct srs *srs, char text[128]);

/* The work of `zklink srs generate`, `srs import` and `srs check`: they read or write the file at
 * `path` and describe the result in `report` (some lines). */
int srs_tool_generate(const char *path, unsigned log_n, uint64_t seed, unsigned threads,
                      char *report, size_t report_len, struct err *err);
int srs_tool_import(const char *path, const char *ptau_path, unsigned log_n, unsigned threads,
                    char *report, size_t report_len, struct err *err);
int srs_tool_check(const char *path, unsigned threads, char *report, size_t report_len,
                   struct err *err);

#endif
