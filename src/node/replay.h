/* From the database back to a state: shared by the sequencer, which goes up to the last accepted
 * operation, and the prover, which follows block by block. */
#ifndef ZKLINK_NODE_REPLAY_H
#define ZKLINK_NODE_REPLAY_H

#include "base/err.h"
#include "rollup/block.h"
#include "store/store.h"

/* The state after the last proved block (genesis if there is none), *proved its number. ERR_CORRUPT
 * if the stored records do not have the root that its header says. */
struct state *replay_load(struct store *store, const struct genesis *genesis,
                          const struct instance *instance, uint64_t *proved, struct err *err);
/* Reads a sealed block and executes it on s, which stands before it: b gets all its parts. The
 * caller releases b. */
int replay_block(struct store *store, const struct instance *instance, struct state *s,
                 uint64_t number, struct block *b, struct err *err);
/* Writes the records that b changed, and what they were before: the caller's transaction makes them
 * those of a proved block. */
int replay_save_leaves(struct store *store, const struct block *b, struct err *err);

#endif
