/* Solidity ABI encoding and decoding, as far as our fixed set of functions and events needs it.
 *
 * Encoding: an abi_enc collects the head (one word per static value or per offset) and the tail
 * (dynamic values) of one tuple; abi_finish joins them. A tuple with dynamic members is itself put
 * into its parent as an already encoded value (abi_put_encoded).
 *
 * Decoding: words at fixed places of bounded bytes; dynamic values only in the canonical form that
 * solc itself writes (tails in order, without gaps or overlap, padding zero). */
#ifndef ZKLINK_CHAIN_ABI_H
#define ZKLINK_CHAIN_ABI_H

#include "base/bytes.h"

struct abi_enc {
    struct buf head, tail;
    size_t head_words; /* of the finished tuple */
};

void abi_begin(struct abi_enc *e, size_t head_words);
void abi_put_word(struct abi_enc *e, const uint8_t word[WORD_LEN]);
void abi_put_u64(struct abi_enc *e, uint64_t v);
void abi_put_u128(struct abi_enc *e, u128 v);
void abi_put_address(struct abi_enc *e, const uint8_t address[EVM_ADDRESS_LEN]);
void abi_put_bytes(struct abi_enc *e, const uint8_t *data, size_t len);      /* bytes */
void abi_put_words(struct abi_enc *e, const uint8_t *words, size_t n_words); /* uint256[] */
/* A dynamic value (array of dynamic things, dynamic tuple) in its encoded form. */
void abi_put_encoded(struct abi_enc *e, const struct buf *encoded);
/* Appends head and tail to out, releases the encoder. out->failed tells of missing memory, or of a
 * head that does not have head_words words. */
void abi_finish(struct abi_enc *e, struct buf *out);

/* First four bytes of the hash of a signature such as "deposit(address,uint256,address)". */
void abi_selector(const char *signature, uint8_t selector[4]);
void abi_topic(const char *signature, uint8_t topic[32]);

/* Word i of the data; false if it is not there. */
bool abi_word(const uint8_t *data, size_t len, size_t i, const uint8_t **word);
bool abi_u64(const uint8_t *data, size_t len, size_t i, uint64_t *v);
bool abi_u128(const uint8_t *data, size_t len, size_t i, u128 *v);
bool abi_address(const uint8_t *data, size_t len, size_t i, uint8_t address[EVM_ADDRESS_LEN]);
/* The only dynamic value of a one-word head: a string or bytes. Borrowed from data. */
bool abi_only_bytes(const uint8_t *data, size_t len, const uint8_t **bytes, size_t *n);

#endif
