/* A dishonest operator: blocks put together from operations and effects that the state machine did
 * not make, or that were altered afterwards. Everything that follows from them (leaves, tree,
 * roots, log, outboxes, counts) is computed honestly, so that only the lie itself can be what a
 * check finds. */
#ifndef ZKLINK_TESTS_FORGE_H
#define ZKLINK_TESTS_FORGE_H

#include "blockgen.h"

enum { FORGE_OPS = 8 };

struct forge {
    struct blockgen *g;
    struct op ops[FORGE_OPS];
    struct effect effects[FORGE_OPS];
    size_t n;
};

/* Applies op as a replay does (no signature, nonce or limit is checked) and appends it with its
 * effect, which may be altered until forge_block. Aborts if the state machine rejects it. */
struct effect *forge_add(struct forge *f, const struct op *op);
/* Computes the effect's words from its operation again. */
void forge_words(struct forge *f, size_t i);
/* The block of all operations. The state takes the last record that the effects give each leaf. */
void forge_block(struct forge *f, struct block *out);

#endif
