/* What air.c, air_finish.c and air_json.c share. */
#ifndef ZKLINK_PROOF_AIR_INTERNAL_H
#define ZKLINK_PROOF_AIR_INTERNAL_H

#include "proof/air.h"

/* Keeps the first error of building. */
void air_fail(struct air *air, const char *format, ...) __attribute__((format(printf, 2, 3)));
/* Room for one more element of `size` bytes in *array, whose capacity is doubled when n reaches a
 * power of two. False, with the error kept, without memory. */
bool air_grow(struct air *air, void *array, size_t n, size_t size);

#endif
