/* Integers as decimal text. (Amounts of tokens: rollup/amount.h.) */
#ifndef ZKLINK_BASE_DECIMAL_H
#define ZKLINK_BASE_DECIMAL_H

#include "base/bytes.h"

/* Longest text written, with its final zero: 39 digits. */
enum { DECIMAL_TEXT = 48 };

/* Only digits, no sign, no leading zero other than "0" itself; false on anything else or overflow.
 */
bool u64_parse(const char *text, uint64_t *v);
bool u128_parse(const char *text, u128 *v);
void u128_format(char out[DECIMAL_TEXT], u128 v);

#endif
