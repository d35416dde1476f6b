/* What a relay remembers of a chain: how far it was read, and the blocks that are proved there but
 * not confirmed. */
#ifndef ZKLINK_RELAY_BOOK_H
#define ZKLINK_RELAY_BOOK_H

#include "chain/watcher.h"
#include "store/db.h"

struct relay_book;
/* Bound to an instance: ERR_MISMATCH for the database of another. */
struct relay_book *relay_book_open(const char *path, const uint8_t instance[32], struct err *err);
void relay_book_close(struct relay_book *b);
struct db *relay_book_db(struct relay_book *b);

int relay_book_position(struct relay_book *b, unsigned chain, struct watch_position *at,
                        struct err *err);
/* Takes in a batch in one transaction. */
int relay_book_take(struct relay_book *b, unsigned chain, const struct watch_batch *batch,
                    struct err *err);
/* ERR_NOT_FOUND if it is not (or not any more) kept. seen_at: seconds since 1970. */
int relay_book_block(struct relay_book *b, unsigned chain, uint64_t number,
                     struct stored_block *block, uint64_t *seen_at, struct err *err);
/* The newest block that is kept; 0 if there is none. */
int relay_book_newest(struct relay_book *b, unsigned chain, uint64_t *number, struct err *err);

#endif
