#include "rollup/amount.h"

#include <string.h>

struct amount amount_max(void) {
    return (struct amount){((u128)1 << AMOUNT_BITS) - 1};
}

struct amount amount_from_u64(uint64_t v) {
    return (struct amount){v};
}

bool amount_from_u128(struct amount *out, u128 v) {
    bool ok = v >> AMOUNT_BITS == 0;
    out->v = ok ? v : 0;
    return ok;
}

bool amount_from_fr(struct amount *out, const fr *v) {
    uint64_t l[4];
    fr_to_limbs(l, v);
    out->v = 0;
    return (l[2] | l[3]) == 0 && amount_from_u128(out, (u128)l[1] << 64 | l[0]);
}

bool amount_from_be(struct amount *out, const uint8_t b[32]) {
    u128 v = 0;
    out->v = 0;
    for (int i = 0; i < 16; i++) {
        if (b[i] != 0) {
            return false;
        }
    }
    for (int i = 16; i < 32; i++) {
        v = v << 8 | b[i];
    }
    return amount_from_u128(out, v);
}

void amount_to_fr(fr *out, struct amount a) {
    uint64_t l[4] = {(uint64_t)a.v, (uint64_t)(a.v >> 64), 0, 0};
    (void)fr_from_limbs(out, l);
}

void amount_to_be(uint8_t b[32], struct amount a) {
    memset(b, 0, 16);
    for (int i = 0; i < 16; i++) {
        b[31 - i] = (uint8_t)(a.v >> (8 * i));
    }
}

bool amount_add(struct amount *out, struct amount a, struct amount b) {
    return amount_from_u128(out, a.v + b.v);
}

bool amount_sub(struct amount *out, struct amount a, struct amount b) {
    bool ok = a.v >= b.v;
    out->v = ok ? a.v - b.v : 0;
    return ok;
}

bool amount_parse(struct amount *out, const char *text, unsigned decimals) {
    u128 v = 0;
    unsigned digits = 0, fraction = 0;
    bool point = false;
    out->v = 0;
    if (decimals > AMOUNT_MAX_DECIMALS) {
        return false;
    }
    for (; *text != 0; text++) {
        if (*text == '.' && !point && digits > 0) {
            point = true;
            continue;
        }
        if (*text < '0' || *text > '9' || (point && fraction == decimals)) {
            return false;
        }
        v = v * 10 + (unsigned)(*text - '0');
        if (v >> AMOUNT_BITS != 0) {
            return false;
        }
        digits++;
        fraction += point;
    }
    if (digits == 0 || (point && fraction == 0)) {
        return false;
    }
    for (; fraction < decimals; fraction++) {
        v *= 10;
        if (v >> AMOUNT_BITS != 0) {
            return false;
        }
    }
    out->v = v;
    return true;
}

char *amount_format(char text[AMOUNT_TEXT_SIZE], struct amount a, unsigned decimals) {
    char digit[AMOUNT_TEXT_SIZE] = {0}; /* low digit first */
    unsigned n = 0;
    u128 v = a.v;
    if (decimals > AMOUNT_MAX_DECIMALS) {
        decimals = AMOUNT_MAX_DECIMALS;
    }
    while (v != 0 || n <= decimals) {
        digit[n++] = (char)('0' + (int)(v % 10));
        v /= 10;
    }
    unsigned last = 0; /* trailing zeros of the fraction */
    while (last < decimals && digit[last] == '0') {
        last++;
    }
    char *p = text;
    while (n > decimals) {
        *p++ = digit[--n];
    }
    if (last < decimals) {
        *p++ = '.';
        while (n > last) {
            *p++ = digit[--n];
        }
    }
    *p = 0;
    return text;
}
