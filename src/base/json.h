/* Small checked readers on top of jansson. `json_t` results are borrowed unless said otherwise. */
#ifndef ZKLINK_BASE_JSON_H
#define ZKLINK_BASE_JSON_H

#include "base/bytes.h"
#include "base/err.h"

#include <jansson.h>

/* Parses exactly one JSON value of len bytes, duplicate keys refused. NULL and err on a mistake.
 * The caller owns the result. */
json_t *json_parse(const void *text, size_t len, struct err *err);
/* Compact text; the caller frees it. NULL if memory runs out. */
char *json_format(const json_t *value);

/* Fields of an object. A missing field or one of another form is ERR_INPUT, naming the field. */
int json_get_field(const json_t *obj, const char *key, const json_t **value, struct err *err);
int json_get_string(const json_t *obj, const char *key, const char **value, struct err *err);
/* A JSON integer, or a string of decimal digits. */
int json_get_u64(const json_t *obj, const char *key, uint64_t max, uint64_t *value,
                 struct err *err);
/* A JSON integer, or a string of decimal digits: the form for amounts. */
int json_get_u128(const json_t *obj, const char *key, u128 *value, struct err *err);
/* A string of exactly len bytes in hex with 0x. */
int json_get_hex(const json_t *obj, const char *key, uint8_t *out, size_t len, struct err *err);

/* New values, owned by the caller. */
json_t *json_new_u128(u128 v);                         /* a decimal string */
json_t *json_new_hex(const uint8_t *data, size_t len); /* a string with 0x */

#endif
