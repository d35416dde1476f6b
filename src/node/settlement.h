/* Calls that carry a block through its life on one chain, made from what the store has. */
#ifndef ZKLINK_NODE_SETTLEMENT_H
#define ZKLINK_NODE_SETTLEMENT_H

#include "chain/zklink_abi.h"
#include "node/quorum.h"
#include "rollup/block.h"
#include "store/store.h"

/* What the contract of the chain at `position` of the chain list keeps of block `number` (0: the
 * genesis). ERR_NOT_FOUND if the block has no proof yet. */
int settlement_stored_block(struct store *store, const struct instance *instance, unsigned position,
                            uint64_t number, struct stored_block *b, struct err *err);

/* Calldata, put into data (emptied first). */
int settlement_submit(struct store *store, const struct instance *instance, unsigned position,
                      uint64_t number, struct buf *data, struct err *err);
int settlement_confirm(struct store *store, const struct instance *instance, unsigned position,
                       uint64_t number, const struct quorum *q, size_t n_networks, struct buf *data,
                       struct err *err);
int settlement_execute(struct store *store, const struct instance *instance, unsigned position,
                       uint64_t number, struct buf *data, struct err *err);

#endif
