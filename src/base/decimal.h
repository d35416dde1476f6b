/* Integers and human amounts as decimal text. */
#ifndef ZKLINK_BASE_DECIMAL_H
#define ZKLINK_BASE_DECIMAL_H

#include "base/bytes.h"

/* Longest text written, with its final zero: 39 digits, a point, a leading zero. */
enum { DECIMAL_TEXT = 48 };

/* Only digits, no sign, no leading zero other than "0" itself; false on anything else or overflow.
 */
bool u64_parse(const char *text, uint64_t *v);
bool u128_parse(const char *text, u128 *v);
void u128_format(char out[DECIMAL_TEXT], u128 v);

/* "12.5" with 6 decimals is 12500000 base units. False on a sign, on more decimals than the token
 * has, on overflow, on anything that is not digits with at most one point between digits. */
bool amount_parse(const char *text, unsigned decimals, u128 *v);
/* The shortest exact text; decimals at most 38. */
void amount_format(char out[DECIMAL_TEXT], u128 v, unsigned decimals);

#endif
