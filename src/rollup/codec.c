#include "rollup/codec.h"

#include <string.h>

enum { WORD_BITS = 253 };

/* ---- words ---- */

static void load(struct word_codec *c) {
    memset(c->l, 0, sizeof c->l);
    if (!c->writing && c->next <= c->n) {
        fr_to_limbs(c->l, &c->in[c->next - 1]);
    }
    c->bit = 0;
}

/* Ends the current word: writes it, or checks that nothing of it is left. */
static void unload(struct word_codec *c) {
    if (c->writing) {
        if (c->next > c->n || !fr_from_limbs(&c->out[c->next - 1], c->l)) {
            c->ok = false;
        }
        return;
    }
    for (unsigned i = c->bit; i < 256 && c->ok; i++) {
        if ((c->l[i / 64] >> (i % 64) & 1) != 0) {
            c->ok = false;
        }
    }
}

static void begin(struct word_codec *c, unsigned n) {
    c->ok = n > 0;
    c->n = n;
    c->next = 1;
    if (c->ok) {
        load(c);
    }
}

void word_codec_write(struct word_codec *c, fr *out, unsigned n) {
    memset(c, 0, sizeof *c);
    c->writing = true;
    c->out = out;
    begin(c, n);
}

void word_codec_read(struct word_codec *c, const fr *in, unsigned n) {
    memset(c, 0, sizeof *c);
    c->in = in;
    begin(c, n);
}

void word_next(struct word_codec *c) {
    if (!c->ok) {
        return;
    }
    unload(c);
    if (c->next >= c->n) {
        c->ok = false;
        return;
    }
    c->next++;
    load(c);
}

bool word_codec_finish(struct word_codec *c) {
    if (c->ok) {
        unload(c);
    }
    if (c->next != c->n) {
        c->ok = false;
    }
    return c->ok;
}

void word_u128(struct word_codec *c, u128 *v, unsigned bits) {
    if (!c->ok || bits > 128 || c->bit + bits > WORD_BITS ||
        (c->writing && bits < 128 && *v >> bits != 0)) {
        c->ok = false;
        return;
    }
    unsigned at = c->bit / 64, shift = c->bit % 64;
    if (c->writing) {
        uint64_t part[4] = {(uint64_t)*v << shift, 0, 0, 0};
        u128 rest = shift == 0 ? *v >> 64 : *v >> (64 - shift);
        part[1] = (uint64_t)rest;
        part[2] = (uint64_t)(rest >> 64);
        for (unsigned i = 0; at + i < 4; i++) {
            c->l[at + i] |= part[i];
        }
    } else {
        u128 lo = c->l[at], mid = at + 1 < 4 ? c->l[at + 1] : 0, hi = at + 2 < 4 ? c->l[at + 2] : 0;
        u128 got = (lo | mid << 64) >> shift;
        if (shift != 0) {
            got |= hi << (128 - shift);
        }
        *v = bits == 128 ? got : got & (((u128)1 << bits) - 1);
    }
    c->bit += bits;
}

void word_u64(struct word_codec *c, uint64_t *v, unsigned bits) {
    u128 wide = c->writing ? *v : 0;
    word_u128(c, &wide, bits);
    if (!c->writing) {
        *v = (uint64_t)wide;
    }
}

void word_u32(struct word_codec *c, uint32_t *v, unsigned bits) {
    uint64_t wide = c->writing ? *v : 0;
    word_u64(c, &wide, bits);
    if (!c->writing) {
        *v = (uint32_t)wide;
    }
}

void word_u16(struct word_codec *c, uint16_t *v, unsigned bits) {
    uint64_t wide = c->writing ? *v : 0;
    word_u64(c, &wide, bits);
    if (!c->writing) {
        *v = (uint16_t)wide;
    }
}

void word_u8(struct word_codec *c, uint8_t *v, unsigned bits) {
    uint64_t wide = c->writing ? *v : 0;
    word_u64(c, &wide, bits);
    if (!c->writing) {
        *v = (uint8_t)wide;
    }
}

void word_bool(struct word_codec *c, bool *v) {
    uint64_t wide = c->writing ? *v : 0;
    word_u64(c, &wide, 1);
    if (!c->writing) {
        *v = wide != 0;
    }
}

void word_const(struct word_codec *c, uint64_t v, unsigned bits) {
    uint64_t wide = v;
    word_u64(c, &wide, bits);
    if (wide != v) {
        c->ok = false;
    }
}

void word_amount(struct word_codec *c, struct amount *v) {
    word_u128(c, &v->v, AMOUNT_BITS);
}

void word_token(struct word_codec *c, token_id *v) {
    word_u64(c, v, TOKEN_BITS);
}

void word_fee(struct word_codec *c, struct fee *v) {
    word_u32(c, &v->mant, FEE_MANT_BITS);
    word_u8(c, &v->exp, FEE_EXP_BITS);
}

void word_fr(struct word_codec *c, fr *v) {
    if (c->bit != 0) {
        c->ok = false;
    }
    if (!c->ok) {
        return;
    }
    if (c->writing) {
        fr_to_limbs(c->l, v);
    } else {
        (void)fr_from_limbs(v, c->l); /* came from a field element */
    }
    c->bit = 256;
}

void word_owner(struct word_codec *c, struct owner *v) {
    fr word = FR_ZERO;
    if (c->writing) {
        owner_to_fr(&word, v);
    }
    word_fr(c, &word);
    if (!c->writing && !owner_from_fr(v, &word)) {
        c->ok = false;
    }
}

void word_address(struct word_codec *c, uint8_t v[ADDRESS_LEN]) {
    fr word = FR_ZERO;
    if (c->writing) {
        address_to_fr(&word, v);
    }
    word_fr(c, &word);
    if (!c->writing && !address_from_fr(v, &word)) {
        c->ok = false;
    }
}

void word_packed_address(struct word_codec *c, uint8_t v[ADDRESS_LEN]) {
    enum { LOW_BYTES = 14 }; /* two parts, as a u128 is too narrow */
    u128 high = 0, low = 0;
    for (unsigned i = 0; c->writing && i < ADDRESS_LEN; i++) {
        u128 *part = i < ADDRESS_LEN - LOW_BYTES ? &high : &low;
        *part = *part << 8 | v[i];
    }
    word_u128(c, &low, 8 * LOW_BYTES);
    word_u128(c, &high, 8 * (ADDRESS_LEN - LOW_BYTES));
    if (!c->writing) {
        for (unsigned i = ADDRESS_LEN; i-- > 0;) {
            u128 *part = i < ADDRESS_LEN - LOW_BYTES ? &high : &low;
            v[i] = (uint8_t)*part;
            *part >>= 8;
        }
    }
}

void word_position_id(struct word_codec *c, uint8_t *chain, uint64_t *index) {
    fr word = FR_ZERO;
    if (c->writing) {
        c->ok = c->ok && *index >> QUEUE_INDEX_BITS == 0;
        position_id_to_fr(&word, *chain, *index);
    }
    word_fr(c, &word);
    if (!c->writing && !position_id_from_fr(chain, index, &word)) {
        c->ok = false;
    }
}

/* ---- bytes ---- */

void byte_codec_write(struct byte_codec *c, uint8_t *out, size_t cap) {
    *c = (struct byte_codec){.writing = true, .ok = true, .out = out, .cap = cap};
}

void byte_codec_read(struct byte_codec *c, const uint8_t *in, size_t len) {
    *c = (struct byte_codec){.ok = true, .in = in, .cap = len};
}

void byte_raw(struct byte_codec *c, uint8_t *v, size_t len) {
    if (c->ok && c->cap - c->pos < len) {
        c->ok = false;
    }
    if (!c->ok) {
        if (!c->writing) {
            memset(v, 0, len);
        }
        return;
    }
    if (c->writing) {
        memcpy(c->out + c->pos, v, len);
    } else {
        memcpy(v, c->in + c->pos, len);
    }
    c->pos += len;
}

/* A big-endian integer of `bytes` bytes below 2^bits. */
static void integer(struct byte_codec *c, u128 *v, unsigned bytes, unsigned bits) {
    uint8_t b[16] = {0};
    if (c->writing) {
        if (bits < 128 && *v >> bits != 0) {
            c->ok = false;
        }
        for (unsigned i = 0; i < bytes; i++) {
            b[i] = (uint8_t)(*v >> (8 * (bytes - 1 - i)));
        }
    }
    byte_raw(c, b, bytes);
    if (c->writing) {
        return;
    }
    *v = 0;
    for (unsigned i = 0; i < bytes; i++) {
        *v = *v << 8 | b[i];
    }
    if (bits < 128 && *v >> bits != 0) {
        c->ok = false;
        *v = 0;
    }
}

void byte_u64(struct byte_codec *c, uint64_t *v, unsigned bytes) {
    u128 wide = c->writing ? *v : 0;
    integer(c, &wide, bytes, 8 * bytes);
    if (!c->writing) {
        *v = (uint64_t)wide;
    }
}

void byte_limited(struct byte_codec *c, uint64_t *v, unsigned bytes, unsigned bits) {
    u128 wide = c->writing ? *v : 0;
    integer(c, &wide, bytes, bits);
    if (!c->writing) {
        *v = (uint64_t)wide;
    }
}

void byte_u32(struct byte_codec *c, uint32_t *v, unsigned bits) {
    u128 wide = c->writing ? *v : 0;
    integer(c, &wide, 4, bits);
    if (!c->writing) {
        *v = (uint32_t)wide;
    }
}

void byte_u16(struct byte_codec *c, uint16_t *v) {
    u128 wide = c->writing ? *v : 0;
    integer(c, &wide, 2, 16);
    if (!c->writing) {
        *v = (uint16_t)wide;
    }
}

void byte_u8(struct byte_codec *c, uint8_t *v) {
    byte_raw(c, v, 1);
}

void byte_bool(struct byte_codec *c, bool *v) {
    u128 wide = c->writing ? *v : 0;
    integer(c, &wide, 1, 1);
    if (!c->writing) {
        *v = wide != 0;
    }
}

void byte_amount(struct byte_codec *c, struct amount *v) {
    integer(c, &v->v, AMOUNT_BITS / 8, AMOUNT_BITS);
}

/* Six bytes; all ones for a token that is not known. */
void byte_token(struct byte_codec *c, token_id *v) {
    const u128 unknown = ((u128)1 << 48) - 1;
    u128 wide = 0;
    if (c->writing) {
        wide = *v == TOKEN_UNKNOWN ? unknown : *v;
        if (wide != unknown && wide >> TOKEN_BITS != 0) {
            c->ok = false;
        }
    }
    integer(c, &wide, 6, 48);
    if (!c->writing) {
        *v = wide == unknown ? TOKEN_UNKNOWN : (token_id)wide;
        if (wide != unknown && wide >> TOKEN_BITS != 0) {
            c->ok = false;
        }
    }
}

void byte_fee(struct byte_codec *c, struct fee *v) {
    u128 exp = c->writing ? v->exp : 0;
    byte_u32(c, &v->mant, FEE_MANT_BITS);
    integer(c, &exp, 1, FEE_EXP_BITS);
    if (!c->writing) {
        v->exp = (uint8_t)exp;
    }
}

void byte_owner(struct byte_codec *c, struct owner *v) {
    byte_u8(c, &v->authority);
    byte_raw(c, v->address, ADDRESS_LEN);
}

void byte_fr(struct byte_codec *c, fr *v) {
    uint8_t b[32];
    if (c->writing) {
        fr_to_be(b, v);
    }
    byte_raw(c, b, sizeof b);
    if (!c->writing && !fr_from_be(v, b)) {
        c->ok = false;
    }
}
