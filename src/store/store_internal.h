/* Shared by the files that implement store.h. */
#ifndef ZKLINK_STORE_STORE_INTERNAL_H
#define ZKLINK_STORE_STORE_INTERNAL_H

#include "store/db.h"
#include "store/store.h"

struct store {
    struct db *db;
};

#endif
