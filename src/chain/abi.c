#include "chain/abi.h"
#include "crypto/keccak.h"

#include <string.h>

void abi_begin(struct abi_enc *e, size_t head_words) {
    *e = (struct abi_enc){.head_words = head_words};
}

void abi_put_word(struct abi_enc *e, const uint8_t word[WORD_LEN]) {
    buf_append(&e->head, word, WORD_LEN);
}

void abi_put_u128(struct abi_enc *e, u128 v) {
    uint8_t w[WORD_LEN];
    word_from_u128(w, v);
    abi_put_word(e, w);
}

void abi_put_u64(struct abi_enc *e, uint64_t v) {
    abi_put_u128(e, v);
}

void abi_put_address(struct abi_enc *e, const uint8_t address[EVM_ADDRESS_LEN]) {
    uint8_t w[WORD_LEN] = {0};
    memcpy(w + WORD_LEN - EVM_ADDRESS_LEN, address, EVM_ADDRESS_LEN);
    abi_put_word(e, w);
}

static void put_offset(struct abi_enc *e) {
    abi_put_u64(e, e->head_words * WORD_LEN + e->tail.len);
}

static void put_tail_length(struct abi_enc *e, size_t n) {
    uint8_t w[WORD_LEN];
    word_from_u64(w, n);
    buf_append(&e->tail, w, WORD_LEN);
}

void abi_put_bytes(struct abi_enc *e, const uint8_t *data, size_t len) {
    put_offset(e);
    put_tail_length(e, len);
    buf_append(&e->tail, data, len);
    buf_append_zeros(&e->tail, (WORD_LEN - len % WORD_LEN) % WORD_LEN);
}

void abi_put_words(struct abi_enc *e, const uint8_t *words, size_t n_words) {
    put_offset(e);
    put_tail_length(e, n_words);
    buf_append(&e->tail, words, n_words * WORD_LEN);
}

void abi_put_encoded(struct abi_enc *e, const struct buf *encoded) {
    put_offset(e);
    buf_append(&e->tail, encoded->data, encoded->len);
    e->tail.failed |= encoded->failed;
}

void abi_finish(struct abi_enc *e, struct buf *out) {
    out->failed |= e->head.failed || e->tail.failed || e->head.len != e->head_words * WORD_LEN;
    buf_append(out, e->head.data, e->head.len);
    buf_append(out, e->tail.data, e->tail.len);
    buf_free(&e->head);
    buf_free(&e->tail);
}

void abi_topic(const char *signature, uint8_t topic[32]) {
    keccak256(topic, signature, strlen(signature));
}

void abi_selector(const char *signature, uint8_t selector[4]) {
    uint8_t hash[32];
    abi_topic(signature, hash);
    memcpy(selector, hash, 4);
}

bool abi_word(const uint8_t *data, size_t len, size_t i, const uint8_t **word) {
    if (i >= len / WORD_LEN) {
        return false;
    }
    *word = data + i * WORD_LEN;
    return true;
}

bool abi_u64(const uint8_t *data, size_t len, size_t i, uint64_t *v) {
    const uint8_t *w;
    return abi_word(data, len, i, &w) && word_to_u64(w, v);
}

bool abi_u128(const uint8_t *data, size_t len, size_t i, u128 *v) {
    const uint8_t *w;
    return abi_word(data, len, i, &w) && word_to_u128(w, v);
}

bool abi_address(const uint8_t *data, size_t len, size_t i, uint8_t address[EVM_ADDRESS_LEN]) {
    const uint8_t *w;
    return abi_word(data, len, i, &w) && word_to_address(w, address);
}

bool abi_only_bytes(const uint8_t *data, size_t len, const uint8_t **bytes, size_t *n) {
    uint64_t offset, size;
    if (len % WORD_LEN != 0 || !abi_u64(data, len, 0, &offset) || offset != WORD_LEN ||
        !abi_u64(data, len, 1, &size) || size > len - 2 * WORD_LEN ||
        len != 2 * WORD_LEN + (size + WORD_LEN - 1) / WORD_LEN * WORD_LEN ||
        !bytes_are_zero(data + 2 * WORD_LEN + size, len - 2 * WORD_LEN - size)) {
        return false;
    }
    *bytes = data + 2 * WORD_LEN;
    *n = (size_t)size;
    return true;
}
