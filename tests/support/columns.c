#include "columns.h"
#include "base/json.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

void vectors_must(bool ok, const char *what) {
    if (!ok) {
        fprintf(stderr, "vectors: %s\n", what);
        exit(1);
    }
}

json_t *table_new(json_t *root, const char *name) {
    json_t *table = json_object();
    vectors_must(table != NULL && json_object_set_new(root, name, table) == 0, "memory");
    return table;
}

json_t *table_column(json_t *table, const char *name) {
    json_t *list = json_object_get(table, name);
    if (list == NULL) {
        list = json_array();
        vectors_must(list != NULL && json_object_set_new(table, name, list) == 0, "memory");
    }
    return list;
}

void column_bytes(json_t *table, const char *name, const uint8_t *b, size_t n) {
    char text[2 * 64 + 3];
    vectors_must(n <= 64, "long value");
    hex0x_encode(text, b, n);
    vectors_must(json_array_append_new(table_column(table, name), json_string(text)) == 0,
                 "memory");
}

/* Without leading zeros. */
void column_u128(json_t *table, const char *name, u128 v) {
    char text[2 + 32 + 1];
    uint64_t high = (uint64_t)(v >> 64), low = (uint64_t)v;
    if (high != 0) {
        snprintf(text, sizeof text, "0x%" PRIx64 "%016" PRIx64, high, low);
    } else {
        snprintf(text, sizeof text, "0x%" PRIx64, low);
    }
    vectors_must(json_array_append_new(table_column(table, name), json_string(text)) == 0,
                 "memory");
}

void column_fr(json_t *table, const char *name, const fr *v) {
    uint8_t w[WORD_LEN];
    fr_to_be(w, v);
    column_bytes(table, name, w, WORD_LEN);
}

void column_address(json_t *table, const char *name, const uint8_t address[EVM_ADDRESS_LEN]) {
    uint8_t w[WORD_LEN];
    word_from_address(w, address);
    column_bytes(table, name, w, WORD_LEN);
}

void put_call(json_t *root, const char *name, struct buf *data) {
    vectors_must(!data->failed &&
                     json_object_set_new(root, name, json_new_hex(data->data, data->len)) == 0,
                 "memory");
    buf_free(data);
}
