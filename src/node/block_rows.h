/* A block's rows in the database: the block itself, and its part for each chain. */
#ifndef ZKLINK_NODE_BLOCK_ROWS_H
#define ZKLINK_NODE_BLOCK_ROWS_H

#include "rollup/block.h"
#include "store/store.h"

/* In the caller's transaction. The key signatures are those that the operations carry. */
int block_rows_add(struct store *store, const struct block *b, struct err *err);
/* A key signature as the rows have it: 8 bytes validUntil, 65 bytes signature. */
void block_rows_put_key_signature(struct buf *out, uint64_t valid_until,
                                  const uint8_t signature[OP_ECDSA_LEN]);

#endif
