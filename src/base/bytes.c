#include "base/bytes.h"

#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

void buf_free(struct buf *b) {
    free(b->data);
    *b = (struct buf){0};
}

bool buf_reserve(struct buf *b, size_t extra) {
    if (b->failed || extra > SIZE_MAX / 2 - b->len) {
        b->failed = true;
        return false;
    }
    if (b->len + extra > b->cap) {
        size_t cap = b->cap < 64 ? 64 : b->cap;
        while (cap < b->len + extra) {
            cap *= 2;
        }
        uint8_t *data = realloc(b->data, cap);
        if (data == NULL) {
            b->failed = true;
            return false;
        }
        b->data = data;
        b->cap = cap;
    }
    return true;
}

void buf_append(struct buf *b, const void *data, size_t len) {
    if (len > 0 && buf_reserve(b, len)) {
        memcpy(b->data + b->len, data, len);
        b->len += len;
    }
}

void buf_append_byte(struct buf *b, uint8_t v) {
    buf_append(b, &v, 1);
}

void buf_append_zeros(struct buf *b, size_t n) {
    if (n > 0 && buf_reserve(b, n)) {
        memset(b->data + b->len, 0, n);
        b->len += n;
    }
}

void buf_append_text(struct buf *b, const char *text) {
    buf_append(b, text, strlen(text));
}

void hex_encode(char *out, const uint8_t *in, size_t len) {
    static const char digits[] = "0123456789abcdef";
    for (size_t i = 0; i < len; i++) {
        out[2 * i] = digits[in[i] >> 4];
        out[2 * i + 1] = digits[in[i] & 15];
    }
    out[2 * len] = '\0';
}

void hex0x_encode(char *out, const uint8_t *in, size_t len) {
    out[0] = '0';
    out[1] = 'x';
    hex_encode(out + 2, in, len);
}

static int hex_digit(char c) {
    if (c >= '0' && c <= '9') {
        return c - '0';
    }
    if (c >= 'a' && c <= 'f') {
        return c - 'a' + 10;
    }
    if (c >= 'A' && c <= 'F') {
        return c - 'A' + 10;
    }
    return -1;
}

static bool decode_digits(uint8_t *out, size_t len, const char *digits) {
    for (size_t i = 0; i < len; i++) {
        int hi = hex_digit(digits[2 * i]);
        int lo = hi < 0 ? -1 : hex_digit(digits[2 * i + 1]);
        if (lo < 0) {
            return false;
        }
        out[i] = (uint8_t)(hi << 4 | lo);
    }
    return true;
}

bool hex_decode(uint8_t *out, size_t len, const char *text) {
    if (text[0] == '0' && text[1] == 'x') {
        text += 2;
    }
    return strlen(text) == 2 * len && decode_digits(out, len, text);
}

bool hex_decode_buf(struct buf *out, const char *text, size_t max) {
    if (text[0] != '0' || text[1] != 'x') {
        return false;
    }
    size_t digits = strlen(text + 2), len = digits / 2;
    if (digits % 2 != 0 || len > max || !buf_reserve(out, len)) {
        return false;
    }
    if (len > 0 && !decode_digits(out->data + out->len, len, text + 2)) {
        return false;
    }
    out->len += len;
    return true;
}

void word_from_u64(uint8_t w[WORD_LEN], uint64_t v) {
    word_from_u128(w, v);
}

void word_from_u128(uint8_t w[WORD_LEN], u128 v) {
    for (int i = WORD_LEN - 1; i >= 0; i--) {
        w[i] = (uint8_t)v;
        v >>= 8;
    }
}

void word_from_address(uint8_t w[WORD_LEN], const uint8_t address[EVM_ADDRESS_LEN]) {
    memmove(w + (WORD_LEN - EVM_ADDRESS_LEN), address, EVM_ADDRESS_LEN);
    memset(w, 0, WORD_LEN - EVM_ADDRESS_LEN);
}

bool word_to_u128(const uint8_t w[WORD_LEN], u128 *v) {
    if (!bytes_are_zero(w, 16)) {
        return false;
    }
    u128 x = 0;
    for (int i = 16; i < WORD_LEN; i++) {
        x = x << 8 | w[i];
    }
    *v = x;
    return true;
}

bool word_to_u64(const uint8_t w[WORD_LEN], uint64_t *v) {
    u128 x;
    if (!word_to_u128(w, &x) || x > UINT64_MAX) {
        return false;
    }
    *v = (uint64_t)x;
    return true;
}

bool word_to_address(const uint8_t w[WORD_LEN], uint8_t address[EVM_ADDRESS_LEN]) {
    if (!bytes_are_zero(w, WORD_LEN - EVM_ADDRESS_LEN)) {
        return false;
    }
    memcpy(address, w + WORD_LEN - EVM_ADDRESS_LEN, EVM_ADDRESS_LEN);
    return true;
}

bool bytes_are_zero(const uint8_t *in, size_t len) {
    uint8_t any = 0;
    for (size_t i = 0; i < len; i++) {
        any |= in[i];
    }
    return any == 0;
}

void bytes_wipe(void *p, size_t len) {
    explicit_bzero(p, len);
}

bool bytes_random(void *out, size_t len) {
    uint8_t *p = out;
    while (len > 0) {
        ssize_t n = getrandom(p, len, 0);
        if (n <= 0) {
            return false;
        }
        p += n;
        len -= (size_t)n;
    }
    return true;
}
