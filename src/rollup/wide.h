/* Wide unsigned integers: the one place for products, quotients and square roots that do not fit a
 * machine word. A number is an array of n 64-bit limbs, low limb first, n <= WIDE_MAX; struct u256
 * is the fixed size that the pool formulas need. Plain integer arithmetic, never modular: what
 * would not fit is reported. Nothing allocates. Variable time: not for secrets. */
#ifndef ZKLINK_ROLLUP_WIDE_H
#define ZKLINK_ROLLUP_WIDE_H

#include <stdbool.h>
#include <stdint.h>

__extension__ typedef unsigned __int128 u128;

enum { WIDE_MAX = 16 };

struct u256 {
    uint64_t l[4];
};

/* The sign of a - b, both of n limbs. */
int wide_cmp(const uint64_t *a, const uint64_t *b, unsigned n);
/* r = a + b; true if a carry is lost. r may be a or b. */
bool wide_add(uint64_t *r, const uint64_t *a, const uint64_t *b, unsigned n);
/* r = a - b modulo 2^(64 n); true if a < b. r may be a or b. */
bool wide_sub(uint64_t *r, const uint64_t *a, const uint64_t *b, unsigned n);
/* r = a b, of na + nb limbs; r overlaps neither. */
void wide_mul(uint64_t *r, const uint64_t *a, unsigned na, const uint64_t *b, unsigned nb);
/* q = floor(a / b) (na limbs) and rem = a - q b (nb limbs); false, nothing written, if b = 0.
 * Schoolbook division in base 2^64. q may be a; rem may be b. */
bool wide_divmod(uint64_t *q, uint64_t *rem, const uint64_t *a, unsigned na, const uint64_t *b,
                 unsigned nb);
/* r = floor(sqrt(a)), n limbs each. r may be a. */
void wide_sqrt(uint64_t *r, const uint64_t *a, unsigned n);
unsigned wide_bit_length(const uint64_t *a, unsigned n);

struct u256 u256_from_u128(u128 v);
/* True if a fits 128 bits, then *out is a; else *out is 0. */
bool u256_to_u128(u128 *out, const struct u256 *a);
/* The full product. */
struct u256 u256_mul_u128(u128 a, u128 b);
/* *r = a + b; true if it does not fit. */
bool u256_add(struct u256 *r, const struct u256 *a, const struct u256 *b);
/* *q = floor(a / b), *rem the rest; false if b = 0 or the quotient exceeds 128 bits. */
bool u256_divmod_u128(u128 *q, u128 *rem, const struct u256 *a, u128 b);
u128 u256_sqrt(const struct u256 *a);

#endif
