/* Points as a .ptau file and the cached string store them: coordinates in Montgomery form (v 2^256
 * mod q), four 64-bit limbs, low limb first; in G2 the real part before the imaginary part. That is
 * the form in memory on a little-endian machine, which this code requires. */
#ifndef ZKLINK_PROOF_RAW_POINT_H
#define ZKLINK_PROOF_RAW_POINT_H

#include "crypto/g1.h"
#include "crypto/g2.h"

enum { RAW_G1_LEN = 64, RAW_G2_LEN = 128 };

_Static_assert(__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__, "points are mapped from little-endian");
_Static_assert(sizeof(g1_affine) == RAW_G1_LEN, "a G1 point is two coordinates");
_Static_assert(sizeof(g2_affine) == RAW_G2_LEN, "a G2 point is four coordinates");

/* False if a coordinate is not below q, or the point is off its curve, or the identity (no power of
 * tau is). raw_g2_get does not check the group: g2_affine_in_subgroup does. */
bool raw_g1_ok(const g1_affine *p);
bool raw_g2_get(g2_affine *p, const uint8_t raw[RAW_G2_LEN]);
void raw_g2_put(uint8_t raw[RAW_G2_LEN], const g2_affine *p);

#endif
