/* An amount of a token in its base units (or of LP shares): an integer below 2^112. A struct, so
 * that no amount is added or compared by accident; every operation that can leave the range says so
 * and its answer must be used. */
#ifndef ZKLINK_ROLLUP_AMOUNT_H
#define ZKLINK_ROLLUP_AMOUNT_H

#include "crypto/fr.h"
#include "rollup/wide.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define ROLLUP_MUST_USE __attribute__((warn_unused_result))

enum {
    AMOUNT_BITS = 112,
    AMOUNT_TEXT_SIZE = 128,  /* enough for any formatted amount and its NUL */
    AMOUNT_MAX_DECIMALS = 77 /* the largest `decimals` of a token that text can have */
};

struct amount {
    u128 v;
};

static inline struct amount amount_zero(void) {
    return (struct amount){0};
}
struct amount amount_max(void); /* 2^112 - 1 */
struct amount amount_from_u64(uint64_t v);
/* False, *out = 0, if v is not below 2^112; so for the next two. */
ROLLUP_MUST_USE bool amount_from_u128(struct amount *out, u128 v);
ROLLUP_MUST_USE bool amount_from_fr(struct amount *out, const fr *v);
ROLLUP_MUST_USE bool amount_from_be(struct amount *out, const uint8_t b[32]);
void amount_to_fr(fr *out, struct amount a);
void amount_to_be(uint8_t b[32], struct amount a);

/* *out = a + b or a - b; false, *out = 0, if that is not an amount. */
ROLLUP_MUST_USE bool amount_add(struct amount *out, struct amount a, struct amount b);
ROLLUP_MUST_USE bool amount_sub(struct amount *out, struct amount a, struct amount b);
static inline bool amount_is_zero(struct amount a) {
    return a.v == 0;
}
static inline bool amount_eq(struct amount a, struct amount b) {
    return a.v == b.v;
}
static inline bool amount_less(struct amount a, struct amount b) {
    return a.v < b.v;
}

/* Decimal text in units of 10^decimals base units: digits, optionally a point and more digits
 * (at most `decimals` of them). No sign, exponent, space or separator. False, *out = 0, on anything
 * else and on 2^112 and more. */
ROLLUP_MUST_USE bool amount_parse(struct amount *out, const char *text, unsigned decimals);
/* The shortest such text, without trailing zeros after the point; decimals is at most
 * AMOUNT_MAX_DECIMALS (more counts as that). Returns text. */
char *amount_format(char text[AMOUNT_TEXT_SIZE], struct amount a, unsigned decimals);

#endif
