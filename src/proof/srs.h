/* The structured reference string: the powers [tau^i]_1, i < 2^log_n, and [1]_2, [tau]_2.
 *
 * Two sources: an import of a ceremony's .ptau file (ptau.h), and, for development, a string made
 * here from a seed. Whoever knows the seed knows tau and can prove anything: such a string carries
 * the flag `insecure` wherever it goes, also in its file, and srs_check_chain refuses it on every
 * chain that is not a known development chain.
 *
 * The file (all integers little-endian):
 *     0  text    128 bytes: a line that says what this is, "INSECURE" in it if it is
 *   128  magic     8 bytes: "zklnksrs"
 *   136  version   4: 1           140  log_n 4
 *   144  insecure  4: 0 or 1      148  zero  4
 *   152  seed      8 (0 unless insecure)
 *   160  source   32: Keccak-256 of the .ptau file's two imported sections; zeros if insecure
 *   192  [1]_2   128              320  [tau]_2 128
 *   448  checksum 32: SHA-256 of bytes 0..447 and of the points
 *   480  zero     32
 *   512  points   64 * 2^log_n
 * A coordinate is its Montgomery form v 2^256 mod q in four 64-bit limbs, low limb first: the form
 * in memory (and in a .ptau file), so that the file is mapped, not parsed. G2 is x.re x.im y.re
 * y.im. The checksum tells damage, not forgery: the file is a cache of one's own; `srs_check` tests
 * the points themselves. */
#ifndef ZKLINK_PROOF_SRS_H
#define ZKLINK_PROOF_SRS_H

#include "crypto/g1.h"
#include "crypto/g2.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { SRS_MAX_LOG_N = 28, SRS_ERR_TEXT = 256 };

/* The seed of the development string; anybody can compute its tau. */
#define SRS_INSECURE_SEED UINT64_C(20250731)

enum srs_err {
    SRS_OK = 0,
    SRS_ERR_MEMORY,
    SRS_ERR_IO,      /* the operating system refused to read or write */
    SRS_ERR_FORMAT,  /* not such a file, or cut short, or a field out of range */
    SRS_ERR_DAMAGED, /* the checksum does not fit */
    SRS_ERR_POINT,   /* a point off its curve or group */
    SRS_ERR_POWERS,  /* the points are not consecutive powers of one tau */
    SRS_ERR_SIZE,    /* more points asked for than there are */
    SRS_ERR_INSECURE /* an insecure string on a chain that is not a development chain */
};

/* What a verifier needs. */
struct srs_vk {
    g2_affine one; /* [1]_2 */
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
    void *map;          /* what srs_release unmaps, or NULL: then g1 is from malloc */
    size_t map_len;
};

/* One short English sentence for each error. */
const char *srs_err_text(enum srs_err err);

/* All functions that return srs_err: `why`, if not NULL, gets a sentence (SRS_ERR_TEXT bytes) that
 * names what was found; *out is all zeros unless SRS_OK, and owned by the caller (srs_release). */

/* The insecure string: tau = keccak("zklink.srs.insecure.v1" | seed as a 32-byte word) mod r.
 * threads: how many to use; log_n <= SRS_MAX_LOG_N. */
enum srs_err srs_generate_insecure(struct srs *out, unsigned log_n, uint64_t seed, unsigned threads,
                                   char *why);
/* Writes the file whole or not at all: a temporary file beside it, synchronised, then renamed. */
enum srs_err srs_write(const struct srs *srs, const char *path, char *why);
/* Maps the file, checks format, checksum, the first points and, by one pairing, that they belong to
 * [tau]_2. At most 2^max_log_n points are then used (the checksum still covers all). */
enum srs_err srs_read(struct srs *out, const char *path, unsigned max_log_n, char *why);
void srs_release(struct srs *srs);

/* Full check: every point on the curve, G2 points in their group, all points consecutive powers of
 * one tau (one pairing of two pairs over a random linear combination whose 128-bit coefficients are
 * derived from a hash of all points; error 2^-128). Seconds for 2^20 points. */
enum srs_err srs_check(const struct srs *srs, unsigned threads, char *why);

/* SRS_ERR_INSECURE for an insecure string and a chain id other than the known development ids: 1337
 * and 31337..31346. */
enum srs_err srs_check_chain(const struct srs_vk *vk, uint64_t chain_id, char *why);
bool srs_chain_is_development(uint64_t chain_id);

#endif
