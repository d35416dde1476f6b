#include "chain/rlp.h"

static void put_header(struct buf *out, uint8_t base, size_t len) {
    if (len < 56) {
        buf_append_byte(out, (uint8_t)(base + len));
        return;
    }
    unsigned n = 0;
    for (size_t v = len; v != 0; v >>= 8) {
        n++;
    }
    buf_append_byte(out, (uint8_t)(base + 55 + n));
    while (n-- > 0) {
        buf_append_byte(out, (uint8_t)(len >> (8 * n)));
    }
}

void rlp_put_bytes(struct buf *out, const uint8_t *data, size_t len) {
    if (len != 1 || data[0] >= 0x80) {
        put_header(out, 0x80, len);
    }
    buf_append(out, data, len);
}

void rlp_put_integer(struct buf *out, const uint8_t *be, size_t len) {
    while (len > 0 && *be == 0) {
        be++;
        len--;
    }
    rlp_put_bytes(out, be, len);
}

void rlp_put_u128(struct buf *out, u128 v) {
    uint8_t w[WORD_LEN];
    word_from_u128(w, v);
    rlp_put_integer(out, w, sizeof w);
}

void rlp_put_u64(struct buf *out, uint64_t v) {
    rlp_put_u128(out, v);
}

void rlp_put_list(struct buf *out, const struct buf *items) {
    put_header(out, 0xc0, items->len);
    buf_append(out, items->data, items->len);
    out->failed |= items->failed;
}
