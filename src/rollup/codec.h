/* Two codecs that run in both directions: one function names the fields, and it both encodes and
 * decodes, so the two can't differ. Decoding is canonical: bits beyond the last field, values out
 * of range and bytes left over make it fail.
 *
 * struct word_codec: field elements ("words") into which bit fields are packed, least significant
 * first; a word's fields take at most 253 bits. Used for log words, messages, request templates.
 * struct byte_codec: bytes, integers big-endian; used for storage. */
#ifndef ZKLINK_ROLLUP_CODEC_H
#define ZKLINK_ROLLUP_CODEC_H

#include "rollup/ids.h"
#include "rollup/record.h"

struct word_codec {
    bool writing;
    bool ok;       /* becomes false and stays so */
    fr *out;       /* writing: the words */
    const fr *in;  /* reading */
    unsigned n;    /* words there are (reading) or fit (writing) */
    unsigned next; /* index of the word after the current one */
    unsigned bit;  /* fill of the current word */
    uint64_t l[4]; /* the current word */
};
void word_codec_write(struct word_codec *c, fr *out, unsigned n);
void word_codec_read(struct word_codec *c, const fr *in, unsigned n);
/* Ends the current word and begins the next. */
void word_next(struct word_codec *c);
/* Ends the last word; true if all went well and (reading) all n words were used. */
bool word_codec_finish(struct word_codec *c);
void word_u128(struct word_codec *c, u128 *v, unsigned bits);
void word_u64(struct word_codec *c, uint64_t *v, unsigned bits);
void word_u32(struct word_codec *c, uint32_t *v, unsigned bits);
void word_u16(struct word_codec *c, uint16_t *v, unsigned bits);
void word_u8(struct word_codec *c, uint8_t *v, unsigned bits);
void word_bool(struct word_codec *c, bool *v);
/* A field whose value must be v. */
void word_const(struct word_codec *c, uint64_t v, unsigned bits);
void word_amount(struct word_codec *c, struct amount *v);
void word_token(struct word_codec *c, token_id *v); /* TOKEN_UNKNOWN can't be written */
/* An address among other fields of a word. */
void word_packed_address(struct word_codec *c, uint8_t v[ADDRESS_LEN]);
void word_fee(struct word_codec *c, struct fee *v);
/* Values that are a whole word: to be called right after word_next. */
void word_owner(struct word_codec *c, struct owner *v);
void word_address(struct word_codec *c, uint8_t v[ADDRESS_LEN]);
void word_fr(struct word_codec *c, fr *v);
/* chain 2^160 + index */
void word_position_id(struct word_codec *c, uint8_t *chain, uint64_t *index);

struct byte_codec {
    bool writing;
    bool ok;
    uint8_t *out;
    const uint8_t *in;
    size_t cap; /* bytes there are or fit */
    size_t pos; /* bytes done; when writing it counts on past cap, with ok false */
};
void byte_codec_write(struct byte_codec *c, uint8_t *out, size_t cap);
void byte_codec_read(struct byte_codec *c, const uint8_t *in, size_t len);
void byte_raw(struct byte_codec *c, uint8_t *v, size_t len);
void byte_u64(struct byte_codec *c, uint64_t *v, unsigned bytes);
/* An integer of `bytes` bytes below 2^bits. */
void byte_limited(struct byte_codec *c, uint64_t *v, unsigned bytes, unsigned bits);
void byte_u32(struct byte_codec *c, uint32_t *v, unsigned bits);
void byte_u16(struct byte_codec *c, uint16_t *v);
void byte_u8(struct byte_codec *c, uint8_t *v);
void byte_bool(struct byte_codec *c, bool *v);
void byte_amount(struct byte_codec *c, struct amount *v);
void byte_token(struct byte_codec *c, token_id *v); /* TOKEN_UNKNOWN is allowed */
void byte_fee(struct byte_codec *c, struct fee *v);
void byte_owner(struct byte_codec *c, struct owner *v);
void byte_fr(struct byte_codec *c, fr *v);

#endif
