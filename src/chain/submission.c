#include "chain/submission.h"

#include "crypto/keccak.h"

#include <string.h>

/* A part of the calldata in which offsets count from its begin. */
struct part {
    const uint8_t *data;
    size_t len;
};

/* What the offset in word i of the head points to. */
static bool follow(const struct part *p, size_t i, struct part *out) {
    uint64_t offset;
    if (!abi_u64(p->data, p->len, i, &offset) || offset > p->len) {
        return false;
    }
    *out = (struct part){p->data + offset, p->len - (size_t)offset};
    return true;
}

/* A length word and so many units of `unit` bytes after it. */
static bool counted(const struct part *p, size_t unit, const uint8_t **data, size_t *n) {
    uint64_t count;
    if (!abi_u64(p->data, p->len, 0, &count) || count > (p->len - WORD_LEN) / unit) {
        return false;
    }
    *data = p->data + WORD_LEN;
    *n = (size_t)count;
    return true;
}

static bool member(const struct part *tuple, size_t i, size_t unit, const uint8_t **data,
                   size_t *n) {
    struct part p;
    return follow(tuple, i, &p) && counted(&p, unit, data, n);
}

/* Arguments of submitBlock: six words of the StoredBlock, the offset of the submission. */
static bool decode(struct submission *s, const uint8_t *args, size_t len) {
    struct part all = {args, len}, tuple, list;
    const uint8_t *challenge;
    uint64_t count;
    if (!follow(&all, 6, &tuple) || !member(&tuple, 0, WORD_LEN, &s->header, &s->header_words) ||
        !member(&tuple, 1, WORD_LEN, &s->outbox, &s->outbox_words) ||
        !member(&tuple, 2, WORD_LEN, &s->log, &s->log_words) ||
        !abi_word(tuple.data, tuple.len, 3, &challenge) || !follow(&tuple, 4, &list) ||
        !abi_u64(list.data, list.len, 0, &count) ||
        count > (list.len - WORD_LEN) / WORD_LEN || /* an offset each */
        !member(&tuple, 5, 1, &s->proof, &s->proof_len)) {
        return false;
    }
    memcpy(s->log_challenge, challenge, WORD_LEN);
    s->signatures = list.data + WORD_LEN;
    s->signatures_len = list.len - WORD_LEN;
    s->n_signatures = (size_t)count;
    return true;
}

/* The next place from *at on where the selector stands; *at is after it. */
static bool next_call(const uint8_t *input, size_t len, const uint8_t selector[4], size_t *at) {
    for (size_t i = *at; i + 4 <= len; i++) {
        if (memcmp(input + i, selector, 4) == 0) {
            *at = i + 4;
            return true;
        }
    }
    return false;
}

bool submission_find(struct submission *s, const uint8_t *input, size_t len,
                     const uint8_t header_hash[32]) {
    uint8_t selector[4], hash[32];
    size_t at = 0;
    abi_selector("submitBlock((uint64,uint64,uint64,bytes32,bytes32,bytes32),(uint256[],uint256[],"
                 "uint256[],uint256,(uint64,bytes)[],bytes))",
                 selector);
    while (next_call(input, len, selector, &at)) {
        *s = (struct submission){0};
        if (decode(s, input + at, len - at)) {
            keccak256(hash, s->header, s->header_words * WORD_LEN);
            if (memcmp(hash, header_hash, 32) == 0) {
                return true;
            }
        }
    }
    *s = (struct submission){0};
    return false;
}

bool submission_key_signature(const struct submission *s, size_t i, struct key_signature *out) {
    struct part list = {s->signatures, s->signatures_len}, tuple;
    const uint8_t *bytes;
    size_t n;
    if (i >= s->n_signatures || !follow(&list, i, &tuple) ||
        !abi_u64(tuple.data, tuple.len, 0, &out->valid_until) ||
        !member(&tuple, 1, 1, &bytes, &n) || n != sizeof out->signature) {
        return false;
    }
    memcpy(out->signature, bytes, n);
    return true;
}

bool submission_find_log_piece(const uint8_t **words, size_t *n_words, uint64_t *first_word,
                               const uint8_t *input, size_t len, const uint8_t challenge[32],
                               uint64_t total_words) {
    uint8_t selector[4];
    size_t at = 0;
    abi_selector("postLogPiece(uint256,uint256,uint256[])", selector);
    while (next_call(input, len, selector, &at)) {
        struct part args = {input + at, len - at};
        const uint8_t *word;
        if (abi_word(args.data, args.len, 0, &word) && memcmp(word, challenge, 32) == 0 &&
            abi_u64(args.data, args.len, 1, first_word) &&
            member(&args, 2, WORD_LEN, words, n_words) && *first_word + *n_words == total_words) {
            return true;
        }
    }
    return false;
}
