#include "proof_suite.h"

#include "base/bytes.h"

#include <stdlib.h>
#include <string.h>

static void check(bool ok, const char *what) {
    if (!ok) {
        fprintf(stderr, "proof suite: %s\n", what);
        abort();
    }
}

static void *take(size_t n, size_t size) {
    void *memory = calloc(n + 1, size);
    check(memory != NULL, "memory");
    return memory;
}

/* --- writing ------------------------------------------------------------------------------------
 */

static json_t *hex_new(const uint8_t *bytes, size_t n) {
    char *text = take(2 * n + 3, 1);
    hex0x_encode(text, bytes, n);
    json_t *value = json_string(text);
    free(text);
    check(value != NULL, "memory");
    return value;
}

static json_t *words_new(const fr *words, size_t n) {
    json_t *list = json_array();
    for (size_t i = 0; i < n; i++) {
        uint8_t be[32];
        fr_to_be(be, &words[i]);
        check(json_array_append_new(list, hex_new(be, sizeof be)) == 0, "memory");
    }
    return list;
}

json_t *proof_suite_new(const char *system, const struct verifying_key *vk) {
    uint8_t commitment[64], one[128], tau[128];
    g1_affine_to_be(commitment, &vk->preprocessed);
    g2_affine_to_be(one, &vk->srs.one);
    g2_affine_to_be(tau, &vk->srs.tau);
    json_t *suite =
        json_pack("{s:s, s:{s:i, s:o, s:o, s:o}, s:[]}", "system", system, "key", "maxLogSize",
                  (int)vk->max_log_chunk, "preprocessed", hex_new(commitment, sizeof commitment),
                  "g2", hex_new(one, sizeof one), "tauG2", hex_new(tau, sizeof tau), "valid");
    check(suite != NULL, "memory");
    return suite;
}

void proof_suite_add(json_t *suite, const char *name, const struct statement *s,
                     const struct proof_buf *proof) {
    json_t *held = json_array();
    for (size_t i = 0; i < s->n_held; i++) {
        json_t *column = json_pack("{s:i, s:i, s:o}", "chip", (int)s->held[i].chip, "instance",
                                   (int)s->held[i].instance, "words",
                                   words_new(s->held[i].words, s->held[i].n_words));
        check(json_array_append_new(held, column) == 0, "memory");
    }
    json_t *c = json_pack("{s:s, s:o, s:o, s:o, s:o, s:o}", "name", name, "statementDigest",
                          hex_new(s->digest, sizeof s->digest), "scalars",
                          words_new(s->scalars, s->n_scalars), "instanceScalars",
                          words_new(s->instance_scalars, s->n_instances), "held", held, "proof",
                          hex_new(proof->data, proof->len));
    check(json_array_append_new(json_object_get(suite, "valid"), c) == 0, "memory");
}

/* --- reading ------------------------------------------------------------------------------------
 */

/* The bytes of a hexadecimal string with 0x. */
static uint8_t *hex_read(const json_t *text, size_t *n) {
    const char *hex = json_string_value(text);
    check(hex != NULL && strlen(hex) % 2 == 0 && strlen(hex) >= 2, "hexadecimal text expected");
    *n = strlen(hex) / 2 - 1;
    uint8_t *bytes = take(*n, 1);
    check(hex_decode(bytes, *n, hex), "hexadecimal text expected");
    return bytes;
}

static bool word_read(fr *out, const json_t *text) {
    size_t n;
    uint8_t *bytes = hex_read(text, &n);
    bool ok = n == 32 && fr_from_be(out, bytes);
    free(bytes);
    return ok;
}

static fr *words_read(const json_t *list, size_t *n, bool *ok) {
    *n = json_array_size(list);
    fr *words = take(*n, sizeof *words);
    for (size_t i = 0; i < *n; i++) {
        *ok = word_read(&words[i], json_array_get(list, i)) && *ok;
    }
    return words;
}

bool proof_suite_key(const json_t *suite, const struct air *air, struct verifying_key *vk) {
    const json_t *key = json_object_get(suite, "key");
    size_t n[3];
    uint8_t *commitment = hex_read(json_object_get(key, "preprocessed"), &n[0]),
            *one = hex_read(json_object_get(key, "g2"), &n[1]),
            *tau = hex_read(json_object_get(key, "tauG2"), &n[2]);
    struct srs_vk srs = {.insecure = true};
    g1_affine preprocessed;
    bool ok = n[0] == 64 && n[1] == 128 && n[2] == 128 &&
              g1_affine_from_be(&preprocessed, commitment) && g2_affine_from_be(&srs.one, one) &&
              g2_affine_from_be(&srs.tau, tau);
    json_int_t max = json_integer_value(json_object_get(key, "maxLogSize"));
    ok = ok && verifying_key_init(vk, air, &srs, (unsigned)max, &preprocessed) == KEY_OK;
    free(commitment);
    free(one);
    free(tau);
    return ok;
}

enum alteration {
    ALTER_PROOF,
    ALTER_CUT,
    ALTER_APPEND,
    ALTER_SCALAR,
    ALTER_INSTANCE,
    ALTER_DIGEST,
    ALTER_HELD,
    ALTER_HELD_CUT,
    ALTER_HELD_APPEND
};

static fr *held_words(struct proof_case *c, size_t h) {
    return (fr *)(uintptr_t)c->held[h].words;
}

static bool alter(struct proof_case *c, enum alteration kind, size_t offset, const json_t *value) {
    size_t held = offset >> 16, word = offset & 0xffff, n;
    uint8_t *bytes = hex_read(value, &n);
    bool ok = true;
    switch (kind) {
    case ALTER_PROOF:
        check(offset + n <= c->proof_len, "offset");
        memcpy(c->proof + offset, bytes, n);
        break;
    case ALTER_CUT:
        c->proof_len = offset;
        break;
    case ALTER_APPEND: {
        uint8_t *longer = take(c->proof_len + n, 1);
        memcpy(longer, c->proof, c->proof_len);
        memcpy(longer + c->proof_len, bytes, n);
        free(c->proof);
        c->proof = longer;
        c->proof_len += n;
        break;
    }
    case ALTER_SCALAR:
        ok = word_read(&c->scalars[offset], value);
        break;
    case ALTER_INSTANCE:
        ok = word_read(&c->instance_scalars[offset], value);
        break;
    case ALTER_DIGEST:
        memcpy(c->statement.digest, bytes, sizeof c->statement.digest);
        break;
    case ALTER_HELD:
        ok = word_read(&held_words(c, held)[word], value);
        break;
    case ALTER_HELD_CUT:
        c->held[held].n_words = word;
        break;
    case ALTER_HELD_APPEND: {
        size_t old = c->held[held].n_words;
        fr *longer = take(old + word, sizeof *longer);
        memcpy(longer, c->held[held].words, old * sizeof *longer);
        for (size_t i = 0; i < word; i++) {
            ok = word_read(&longer[old + i], value) && ok;
        }
        free(held_words(c, held));
        c->held[held].words = longer;
        c->held[held].n_words += word;
        break;
    }
    }
    free(bytes);
    return ok;
}

bool proof_case_read(struct proof_case *c, const json_t *suite, size_t i, long altered) {
    const json_t *in = json_array_get(json_object_get(suite, "valid"), i);
    const json_t *held = json_object_get(in, "held");
    bool ok = true;
    size_t n, n_instances;
    *c = (struct proof_case){0};
    c->scalars = words_read(json_object_get(in, "scalars"), &c->statement.n_scalars, &ok);
    c->instance_scalars = words_read(json_object_get(in, "instanceScalars"), &n_instances, &ok);
    c->statement.n_instances = (unsigned)n_instances;
    c->statement.n_held = json_array_size(held);
    c->held = take(c->statement.n_held, sizeof *c->held);
    for (size_t h = 0; h < c->statement.n_held; h++) {
        const json_t *column = json_array_get(held, h);
        c->held[h].chip = (unsigned)json_integer_value(json_object_get(column, "chip"));
        c->held[h].instance = (unsigned)json_integer_value(json_object_get(column, "instance"));
        c->held[h].words = words_read(json_object_get(column, "words"), &c->held[h].n_words, &ok);
    }
    uint8_t *digest = hex_read(json_object_get(in, "statementDigest"), &n);
    check(n == sizeof c->statement.digest, "digest");
    memcpy(c->statement.digest, digest, n);
    free(digest);
    c->proof = hex_read(json_object_get(in, "proof"), &c->proof_len);
    if (altered >= 0) {
        const json_t *all = json_object_get(suite, "altered");
        size_t a = (size_t)altered;
        json_int_t kind = json_integer_value(json_array_get(json_object_get(all, "kind"), a));
        json_int_t offset = json_integer_value(json_array_get(json_object_get(all, "offset"), a));
        check(kind >= ALTER_PROOF && kind <= ALTER_HELD_APPEND, "kind");
        ok = alter(c, (enum alteration)kind, (size_t)offset,
                   json_array_get(json_object_get(all, "value"), a)) &&
             ok;
    }
    c->statement.scalars = c->scalars;
    c->statement.instance_scalars = c->instance_scalars;
    c->statement.held = c->held;
    return ok;
}

void proof_case_release(struct proof_case *c) {
    for (size_t h = 0; h < c->statement.n_held; h++) {
        free(held_words(c, h));
    }
    free(c->scalars);
    free(c->instance_scalars);
    free(c->held);
    free(c->proof);
    *c = (struct proof_case){0};
}
