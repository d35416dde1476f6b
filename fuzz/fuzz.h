/* Shared by the fuzz targets.
 *
 * Most targets keep valid things of their kind as templates: the input's first byte chooses one,
 * the rest are edits of it, so that what is tried stays close to what is accepted. An input that
 * begins with a byte from FUZZ_TEXT on (as JSON does) is the thing itself. Each target is also a
 * test: tests/fuzz links it with a main program that runs it over tests/vectors/fuzz/<target>. */
#ifndef ZKLINK_FUZZ_FUZZ_H
#define ZKLINK_FUZZ_FUZZ_H

#include "base/bytes.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* 0, or aborts: what the target promises was broken. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

#define FUZZ_CHECK(ok)                                                                             \
    do {                                                                                           \
        if (!(ok)) {                                                                               \
            (void)fprintf(stderr, "%s:%d: broken: %s\n", __FILE__, __LINE__, #ok);                 \
            abort();                                                                               \
        }                                                                                          \
    } while (0)

enum { FUZZ_TEXT = 64, FUZZ_EDITED_MAX = 1 << 20 };

/* The input, read from the front; zeros after its end. */
struct fuzz_input {
    const uint8_t *data;
    size_t len;
};

static inline uint8_t fuzz_u8(struct fuzz_input *in) {
    if (in->len == 0) {
        return 0;
    }
    in->len--;
    return *in->data++;
}

static inline size_t fuzz_u16(struct fuzz_input *in) {
    size_t high = fuzz_u8(in);
    return high << 8 | fuzz_u8(in);
}

static inline bool fuzz_is_raw(const struct fuzz_input *in) {
    return in->len > 0 && in->data[0] >= FUZZ_TEXT;
}

/* n bytes as they stand there. */
static inline void fuzz_take(struct fuzz_input *in, uint8_t *out, size_t n) {
    for (size_t i = 0; i < n; i++) {
        out[i] = fuzz_u8(in);
    }
}

/* Makes room for n bytes at `at` and copies them there from `from`, which lies outside b. */
static inline void fuzz_insert(struct buf *b, size_t at, const uint8_t *from, size_t n) {
    if (n == 0 || b->len + n > FUZZ_EDITED_MAX) {
        return;
    }
    buf_append_zeros(b, n);
    FUZZ_CHECK(!b->failed);
    memmove(b->data + at + n, b->data + at, b->len - n - at);
    memcpy(b->data + at, from, n);
}

/* One edit: position (2 bytes), kind (1), operand (1), and bytes for some kinds. */
static inline void fuzz_edit(struct buf *b, struct fuzz_input *in) {
    size_t at = fuzz_u16(in) % (b->len + 1);
    uint8_t kind = fuzz_u8(in), operand = fuzz_u8(in), bytes[256];
    size_t left = b->len - at, n = operand < left ? operand : left, word = at / 32 * 32;
    switch (kind % 8) {
    case 0: /* another byte */
    case 1: /* other bits of it */
        if (left > 0) {
            b->data[at] = kind % 8 ? b->data[at] ^ operand : operand;
        }
        break;
    case 2: /* bytes in between */
        fuzz_take(in, bytes, operand % 64);
        fuzz_insert(b, at, bytes, operand % 64);
        break;
    case 3: /* other bytes */
        fuzz_take(in, bytes, n % 64);
        memcpy(b->data + at, bytes, n % 64);
        break;
    case 4: /* bytes gone */
        memmove(b->data + at, b->data + at + n, left - n);
        b->len -= n;
        break;
    case 5: /* bytes twice */
        memcpy(bytes, b->data + at, n);
        fuzz_insert(b, at, bytes, n);
        break;
    case 6: /* a word of 32 bytes over another: right values in wrong places */
        if (word + 32 <= b->len && ((size_t)operand + 1) * 32 <= b->len) {
            memmove(b->data + word, b->data + (size_t)operand * 32, 32);
        }
        break;
    case 7: /* cut */
        b->len = operand % 4 == 0 ? at : b->len;
        break;
    }
}

/* The template, edited by the whole rest of the input. The buffer is the caller's to free; it has a
 * byte of room, so that data is never NULL. */
static inline struct buf fuzz_edited(const void *template_, size_t len, struct fuzz_input *in) {
    struct buf b = {0};
    FUZZ_CHECK(buf_reserve(&b, len + 1));
    buf_append(&b, template_, len);
    while (in->len > 0) {
        fuzz_edit(&b, in);
    }
    return b;
}

/* The input as it stands, copied. */
static inline struct buf fuzz_raw(const struct fuzz_input *in) {
    struct fuzz_input none = {0};
    return fuzz_edited(in->data, in->len, &none);
}

#endif
