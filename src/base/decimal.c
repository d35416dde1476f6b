#include "base/decimal.h"

#include <string.h>

bool u128_parse(const char *text, u128 *v) {
    if (text[0] == '\0' || (text[0] == '0' && text[1] != '\0')) {
        return false;
    }
    u128 x = 0;
    for (; *text != '\0'; text++) {
        if (*text < '0' || *text > '9' || __builtin_mul_overflow(x, (u128)10, &x) ||
            __builtin_add_overflow(x, (u128)(*text - '0'), &x)) {
            return false;
        }
    }
    *v = x;
    return true;
}

bool u64_parse(const char *text, uint64_t *v) {
    u128 x;
    if (!u128_parse(text, &x) || x > UINT64_MAX) {
        return false;
    }
    *v = (uint64_t)x;
    return true;
}

void u128_format(char out[DECIMAL_TEXT], u128 v) {
    char tmp[DECIMAL_TEXT];
    size_t n = sizeof tmp;
    tmp[--n] = '\0';
    do {
        tmp[--n] = (char)('0' + (int)(v % 10));
        v /= 10;
    } while (v != 0);
    memcpy(out, tmp + n, sizeof tmp - n);
}
