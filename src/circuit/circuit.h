/* The block circuit: all chips in their order, the public scalars, the verifier's messages, and
 * what a proof of a block states. */
#ifndef ZKLINK_CIRCUIT_CIRCUIT_H
#define ZKLINK_CIRCUIT_CIRCUIT_H

#include "circuit/kinds.h"
#include "proof/statement.h"
#include "rollup/block.h"

/* The finished description; NULL without memory (or if the description is wrong, which a test
 * excludes). Free with air_free. A few milliseconds. */
struct air *zklink_air(void);
/* The same, with the reason for NULL. */
struct air *zklink_air_explain(char *err, size_t err_len);

/* The statement of a block, with everything that it borrows. */
struct block_statement {
    fr scalars[CIRCUIT_SCALARS];
    fr chains[CHAINS_MAX];
    struct held_column held[1 + CHAINS_MAX]; /* log, then each chain's outbox */
    fr *outbox_words;
    struct statement statement;
};

/* Fills *s from a block's header, log and outboxes (its trace may be absent); the log is borrowed
 * from b. 0, or -1 without memory. The holder of b has checked that header, log and outboxes agree
 * (block_seal, block_replay and block_execute do). Release with block_statement_release, and do not
 * move *s meanwhile: it points into itself. */
int block_statement_init(struct block_statement *s, const struct air *air, const struct block *b);
void block_statement_release(struct block_statement *s);

#endif
