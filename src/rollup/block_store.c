/* A block as bytes for storage: "ZKLB" | format 1 | header words (count 2 bytes) | operations
 * (count 4 bytes), each with its length in 2 bytes. Log, outboxes and trace are derived, so they
 * are not in it. */
#include "rollup/block.h"

#include "rollup/codec.h"

#include <stdlib.h>
#include <string.h>

static const uint8_t MAGIC[5] = {'Z', 'K', 'L', 'B', 1};

bool block_encode(const struct block *b, uint8_t **out, size_t *len) {
    uint8_t header[32 * HEADER_WORDS_MAX];
    uint16_t words = (uint16_t)(header_encode(&b->header, header) / 32);
    uint32_t n = (uint32_t)b->n_ops;
    size_t cap = sizeof MAGIC + 6 + sizeof header + b->n_ops * (2 + OP_BYTES_MAX);
    uint8_t *bytes = b->n_ops > BLOCK_OPS_MAX ? NULL : malloc(cap), magic[sizeof MAGIC];
    struct byte_codec c;
    *out = NULL;
    *len = 0;
    if (bytes == NULL) {
        return false;
    }
    memcpy(magic, MAGIC, sizeof magic);
    byte_codec_write(&c, bytes, cap);
    byte_raw(&c, magic, sizeof magic);
    byte_u16(&c, &words);
    byte_raw(&c, header, (size_t)32 * words);
    byte_u32(&c, &n, 32);
    for (size_t i = 0; i < b->n_ops && c.ok; i++) {
        uint8_t op[OP_BYTES_MAX];
        uint16_t op_len = (uint16_t)op_encode(&b->ops[i], op, sizeof op);
        c.ok = op_len != 0;
        byte_u16(&c, &op_len);
        byte_raw(&c, op, op_len);
    }
    if (!c.ok) {
        free(bytes);
        return false;
    }
    *out = bytes;
    *len = c.pos;
    return true;
}

enum block_error block_decode(struct block *out, const uint8_t *in, size_t len) {
    uint8_t magic[sizeof MAGIC], header[32 * HEADER_WORDS_MAX];
    uint16_t words = 0;
    uint32_t n = 0;
    struct byte_codec c;
    memset(out, 0, sizeof *out);
    byte_codec_read(&c, in, len);
    byte_raw(&c, magic, sizeof magic);
    byte_u16(&c, &words);
    if (!c.ok || memcmp(magic, MAGIC, sizeof magic) != 0 || words > HEADER_WORDS_MAX) {
        return BLOCK_MALFORMED;
    }
    byte_raw(&c, header, (size_t)32 * words);
    byte_u32(&c, &n, 32);
    if (!c.ok || !header_decode(&out->header, header, (size_t)32 * words) || n > BLOCK_OPS_MAX ||
        n > (len - c.pos) / 3 || n != out->header.operations) {
        memset(out, 0, sizeof *out);
        return BLOCK_MALFORMED;
    }
    out->ops = calloc((size_t)n + 1, sizeof *out->ops);
    if (out->ops == NULL) {
        return BLOCK_NO_MEMORY;
    }
    for (; out->n_ops < n && c.ok; out->n_ops++) {
        uint8_t op[OP_BYTES_MAX];
        uint16_t op_len = 0;
        byte_u16(&c, &op_len);
        if (op_len > sizeof op) {
            c.ok = false;
        }
        if (c.ok) {
            byte_raw(&c, op, op_len);
        }
        if (c.ok && !op_decode(&out->ops[out->n_ops], op, op_len)) {
            c.ok = false;
        }
    }
    if (!c.ok || c.pos != len) {
        block_release(out);
        return BLOCK_MALFORMED;
    }
    return BLOCK_OK;
}
