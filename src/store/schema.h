/* The node's database schema, as migrations: only ever appended to. */
#ifndef ZKLINK_STORE_SCHEMA_H
#define ZKLINK_STORE_SCHEMA_H

#include <stddef.h>

extern const char *const store_migrations[];
extern const size_t store_migrations_n;

#endif
