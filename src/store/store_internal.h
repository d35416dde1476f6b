/* Shared by the files that implement store.h. */
#ifndef ZKLINK_STORE_STORE_INTERNAL_H
#define ZKLINK_STORE_STORE_INTERNAL_H

#include "store/db.h"
#include "store/store.h"

struct store {
    struct db *db;
};

/* Replaces a buffer's content; -1 if memory runs out. */
int store_copy_blob(struct db_stmt *q, const char *column, struct buf *out, struct err *err);

#endif
