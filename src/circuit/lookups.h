/* What the rows of a block look up, counted while the rows are filled: the witness fills the chips
 * r16 and rng from it at the end (permutations have a table of their own, chip_poseidon2.h). Not
 * thread-safe. */
#ifndef ZKLINK_CIRCUIT_LOOKUPS_H
#define ZKLINK_CIRCUIT_LOOKUPS_H

#include "proof/trace.h"
#include "rollup/wide.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct range_entry {
    u128 value;
    uint32_t count; /* 0: a free place of the hash table */
    uint8_t bits;
};

/* WIDE(gt, d, x, y, u, v), see chip_wide.c. */
struct wide_statement {
    bool gt;
    bool negative; /* v < 0 */
    u128 d, x, y, u;
    uint64_t v[3]; /* |v| < 2^137, low limb first */
};

struct lookups {
    uint32_t *r16;             /* 2^16 counts */
    struct range_entry *range; /* open addressing, range_cap a power of two */
    size_t range_n, range_cap;
    struct wide_statement *wide;
    size_t wide_n, wide_cap;
    bool failed; /* memory ran out, or a value was out of its range: stays */
};

/* 0, or -1 without memory. lookups_free releases what it holds (also after a failure). */
int lookups_init(struct lookups *l);
void lookups_free(struct lookups *l);

/* R16(v). */
static inline void lookups_r16(struct lookups *l, uint16_t v) {
    l->r16[v]++;
}
/* RNG(bits, v), bits in {32, 40, 48, 112, 128}; v out of range sets failed. */
void lookups_range(struct lookups *l, unsigned bits, u128 v);
/* WIDE: each call needs a row of its own. */
void lookups_wide(struct lookups *l, const struct wide_statement *w);
/* Appends the rows of rng and r16 that serve what was counted (the rng rows' own R16 lookups
 * included). 0, or -1 without memory or if failed is set. Once. */
int lookups_fill(struct lookups *l, struct trace *t);

/* The field element of an integer below 2^128. */
void fr_from_u128(fr *out, u128 v);
/* True if a is below 2^128; then *out is it, else 0. */
bool fr_to_u128(u128 *out, const fr *a);

#endif
