/* RLP encoding (Ethereum yellow paper, appendix B), as far as transactions need it. A list is
 * written by encoding its items into a buffer of their own and wrapping that. */
#ifndef ZKLINK_CHAIN_RLP_H
#define ZKLINK_CHAIN_RLP_H

#include "base/bytes.h"

void rlp_put_bytes(struct buf *out, const uint8_t *data, size_t len);
/* Integers stand without leading zeros; 0 is the empty string. */
void rlp_put_u64(struct buf *out, uint64_t v);
void rlp_put_u128(struct buf *out, u128 v);
/* len big-endian bytes of an integer. */
void rlp_put_integer(struct buf *out, const uint8_t *be, size_t len);
/* The items, already encoded, as a list. */
void rlp_put_list(struct buf *out, const struct buf *items);

#endif
