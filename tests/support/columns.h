/* Vectors for the contracts' tests, as JSON: tables of columns, which forge reads with one call
 * each; numbers are hexadecimal. Everything ends the program if memory is missing. */
#ifndef ZKLINK_TESTS_SUPPORT_COLUMNS_H
#define ZKLINK_TESTS_SUPPORT_COLUMNS_H

#include "base/bytes.h"
#include "crypto/fr.h"

#include <jansson.h>

/* Ends the program with a message if not ok. */
void vectors_must(bool ok, const char *what);

/* A new table in root; borrowed. */
json_t *table_new(json_t *root, const char *name);
/* The column of that name, made if it is not there; borrowed. */
json_t *table_column(json_t *table, const char *name);
/* These append to a column. At most 64 bytes. */
void column_bytes(json_t *table, const char *name, const uint8_t *b, size_t n);
void column_u128(json_t *table, const char *name, u128 v);
void column_fr(json_t *table, const char *name, const fr *v);
void column_address(json_t *table, const char *name, const uint8_t address[EVM_ADDRESS_LEN]);

/* Sets root.name to the bytes, and empties the buffer. */
void put_call(json_t *root, const char *name, struct buf *data);

#endif
