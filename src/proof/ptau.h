/* Import of a `.ptau` file: a ceremony "powers of tau" in the form of snarkjs (npm package snarkjs,
 * src/powersoftau_utils.js and src/powersoftau_new.js name its fields; the container is that of
 * @iden3/binfileutils).
 *
 *     "ptau" | version 4 | number of sections 4 | sections: type 4 | size 8 | bytes
 *     1 header         n8 4 = 32 | q, 32 | power p 4 | power of the whole ceremony 4
 *     2 tauG1          2^(p+1) - 1 points [tau^i]_1, 64 bytes each
 *     3 tauG2          2^p points [tau^i]_2, 128 bytes each
 *     4,5,6            alpha and beta: unused here, sizes checked
 *     7 contributions  number 4 | each: tauG1 64, tauG2 128, alphaG1 64, betaG1 64, betaG2 128,
 *                      public key 768, partial hash 216, next challenge 64, type 4 (1 = random
 *                      beacon), length of parameters 4, parameters
 *     12 and above     Lagrange forms for Groth16 ("prepared"): unused here
 * Integers are little-endian; points as in raw_point.h.
 *
 * What is checked: every size and bound; prime and power; that a contribution was made, and that
 * the last one's [tau] are those of the sections; and srs_check on all that is kept. What is not
 * checked: the chain of contributions, that is, that each contributor's share went in (snarkjs
 * powersoftau verify does it; so does comparing the file's published hash). */
#ifndef ZKLINK_PROOF_PTAU_H
#define ZKLINK_PROOF_PTAU_H

#include "proof/srs.h"

/* What a file says about its ceremony. */
struct ptau_info {
    unsigned power;          /* the file holds 2^(power+1) - 1 powers in G1 */
    unsigned ceremony_power; /* of the ceremony; larger if the file was cut down */
    uint32_t contributions;
    bool beacon;           /* the last contribution is a random beacon: the ceremony is finished */
    bool prepared;         /* has the sections that Groth16 needs */
    const uint8_t *tau_g1; /* section 2 and 3, borrowed from the file's bytes */
    const uint8_t *tau_g2;
};

/* Reads the structure of a file in memory. Errors: ERR_DECODE, with what is wrong. */
int ptau_parse(struct ptau_info *info, const uint8_t *data, size_t len, struct err *err);
/* Parses and copies 2^log_n powers, then srs_check. log_n <= power. info may be NULL. */
int ptau_import_bytes(struct srs *out, struct ptau_info *info, const uint8_t *data, size_t len,
                      unsigned log_n, unsigned threads, struct err *err);
/* The same of a file, which is mapped. info's pointers are NULL afterwards. */
int ptau_import(struct srs *out, struct ptau_info *info, const char *path, unsigned log_n,
                unsigned threads, struct err *err);

#endif
