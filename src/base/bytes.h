/* Bytes and hexadecimal: growable buffers, strict hex, and the 32-byte big-endian words that the
 * EVM and all our hashes use. */
#ifndef ZKLINK_BASE_BYTES_H
#define ZKLINK_BASE_BYTES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

__extension__ typedef unsigned __int128 u128;

enum { WORD_LEN = 32, EVM_ADDRESS_LEN = 20 };

/* A growable buffer, {0} at start. If memory runs out, `failed` is set and stays set and later
 * appends do nothing: check it once, at the end. */
struct buf {
    uint8_t *data;
    size_t len, cap;
    bool failed;
};
void buf_free(struct buf *b);
/* Room for `extra` more bytes; false, and failed, if there is none. */
bool buf_reserve(struct buf *b, size_t extra);
void buf_append(struct buf *b, const void *data, size_t len);
void buf_append_byte(struct buf *b, uint8_t v);
void buf_append_zeros(struct buf *b, size_t n);
void buf_append_text(struct buf *b, const char *text);

/* Lower-case hex of len bytes and a final zero: 2 len + 1 characters; hex0x_encode: with 0x before,
 * 2 len + 3 characters. */
void hex_encode(char *out, const uint8_t *in, size_t len);
void hex0x_encode(char *out, const uint8_t *in, size_t len);
/* Exactly 2 len hex digits, with or without 0x before; false on anything else. */
bool hex_decode(uint8_t *out, size_t len, const char *text);
/* 0x and an even number of digits (also none), appended to out; at most max bytes. */
bool hex_decode_buf(struct buf *out, const char *text, size_t max);

void word_from_u64(uint8_t w[WORD_LEN], uint64_t v);
void word_from_u128(uint8_t w[WORD_LEN], u128 v);
void word_from_address(uint8_t w[WORD_LEN], const uint8_t address[EVM_ADDRESS_LEN]);
/* False, and nothing written, if the word does not fit the type. */
bool word_to_u64(const uint8_t w[WORD_LEN], uint64_t *v);
bool word_to_u128(const uint8_t w[WORD_LEN], u128 *v);
bool word_to_address(const uint8_t w[WORD_LEN], uint8_t address[EVM_ADDRESS_LEN]);
bool bytes_are_zero(const uint8_t *in, size_t len);
/* Fills with zeros, not removed by the compiler: for secrets. */
void bytes_wipe(void *p, size_t len);
/* From the system's random source; false if it fails. */
bool bytes_random(void *out, size_t len);

#endif
