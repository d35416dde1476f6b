#include "base/json.h"
#include "base/decimal.h"

#include <stdlib.h>
#include <string.h>

json_t *json_parse(const void *text, size_t len, struct err *err) {
    json_error_t e;
    json_t *v = json_loadb(text, len, JSON_REJECT_DUPLICATES | JSON_DECODE_ANY, &e);
    if (v == NULL) {
        err_set(err, ERR_DECODE, "not JSON: %s (line %d, column %d)", e.text, e.line, e.column);
    }
    return v;
}

char *json_format(const json_t *value) {
    return json_dumps(value, JSON_COMPACT | JSON_ENCODE_ANY);
}

int json_get_field(const json_t *obj, const char *key, const json_t **value, struct err *err) {
    *value = json_object_get(obj, key);
    return *value != NULL ? 0 : err_set(err, ERR_INPUT, "field '%s' is missing", key);
}

int json_get_string(const json_t *obj, const char *key, const char **value, struct err *err) {
    const json_t *v;
    if (json_get_field(obj, key, &v, err) != 0) {
        return -1;
    }
    *value = json_string_value(v);
    /* jansson lets "\u0000" pass only on request, so that the text is all of the string */
    return *value != NULL ? 0 : err_set(err, ERR_INPUT, "field '%s' must be a string", key);
}

int json_get_u128(const json_t *obj, const char *key, u128 *value, struct err *err) {
    const json_t *v;
    if (json_get_field(obj, key, &v, err) != 0) {
        return -1;
    }
    if (json_is_integer(v) && json_integer_value(v) >= 0) {
        *value = (u128)json_integer_value(v);
        return 0;
    }
    const char *s = json_string_value(v);
    if (s == NULL) {
        return err_set(err, ERR_INPUT, "field '%s' must be a number without sign, or decimal text",
                       key);
    }
    if (!u128_parse(s, value)) {
        return err_set(err, ERR_INPUT, "field '%s': '%.60s' is not a decimal number in range", key,
                       s);
    }
    return 0;
}

int json_get_u64(const json_t *obj, const char *key, uint64_t max, uint64_t *value,
                 struct err *err) {
    u128 v = 0;
    if (json_get_u128(obj, key, &v, err) != 0) {
        return -1;
    }
    if (v > max) {
        char text[DECIMAL_TEXT];
        u128_format(text, v);
        return err_set(err, ERR_INPUT, "field '%s': %s is above %llu", key, text,
                       (unsigned long long)max);
    }
    *value = (uint64_t)v;
    return 0;
}

int json_get_hex(const json_t *obj, const char *key, uint8_t *out, size_t len, struct err *err) {
    const char *s;
    if (json_get_string(obj, key, &s, err) != 0) {
        return -1;
    }
    if (s[0] != '0' || s[1] != 'x' || !hex_decode(out, len, s)) {
        return err_set(err, ERR_INPUT, "field '%s' must be 0x and %zu hex digits", key, 2 * len);
    }
    return 0;
}

json_t *json_new_u128(u128 v) {
    char text[DECIMAL_TEXT];
    u128_format(text, v);
    return json_string_nocheck(text);
}

json_t *json_new_hex(const uint8_t *data, size_t len) {
    char *text = malloc(2 * len + 3);
    if (text == NULL) {
        return NULL;
    }
    hex0x_encode(text, data, len);
    json_t *v = json_string_nocheck(text);
    free(text);
    return v;
}
