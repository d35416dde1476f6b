/* libFuzzer target: the verifier on the circuit that the rollup uses. A proof of a small block
 * (build/vectors/zklink-valid.json, which `make verifier-vectors` makes) is edited (template 0), or
 * its statement: digest, scalars, held words (template 1); other inputs are the proof itself.
 * The unedited pair must be accepted, everything else refused. fuzz_verify does the same with a
 * small system, where more can be tried in the time. */
#include "../tests/support/proof_suite.h"
#include "circuit/circuit.h"
#include "fuzz.h"
#include "proof/verifier.h"

#define SUITE "build/vectors/zklink-valid.json"

static struct verifying_key vk;
static struct proof_case valid;
static struct buf statement; /* digest | scalars | instance scalars | held words, 32 bytes each */

static void put_words(const fr *words, size_t n) {
    uint8_t be[WORD_LEN];
    for (size_t i = 0; i < n; i++) {
        fr_to_be(be, &words[i]);
        buf_append(&statement, be, sizeof be);
    }
}

static void setup(void) {
    json_error_t error;
    json_t *suite = json_load_file(SUITE, 0, &error);
    struct air *air = zklink_air();
    if (suite == NULL) {
        (void)fprintf(stderr, SUITE ": %s\n", error.text);
    }
    FUZZ_CHECK(suite != NULL && air != NULL && proof_suite_key(suite, air, &vk));
    size_t last = json_array_size(json_object_get(suite, "valid")) - 1;
    FUZZ_CHECK(proof_case_read(&valid, suite, last, -1));
    json_decref(suite);
    buf_append(&statement, valid.statement.digest, sizeof valid.statement.digest);
    put_words(valid.scalars, valid.statement.n_scalars);
    put_words(valid.instance_scalars, valid.statement.n_instances);
    for (size_t h = 0; h < valid.statement.n_held; h++) {
        put_words(valid.held[h].words, valid.held[h].n_words);
    }
    FUZZ_CHECK(!statement.failed);
}

static bool accepted(const struct statement *s, const uint8_t *proof, size_t len) {
    bool ok = true;
    FUZZ_CHECK(verify(&vk, s, proof, len, &ok) == 0);
    return ok;
}

static void run_proof(const struct buf *b) {
    bool same = b->len == valid.proof_len && memcmp(b->data, valid.proof, b->len) == 0;
    FUZZ_CHECK(accepted(&valid.statement, b->data, b->len) == same);
}

/* Reads n words at *at; false if one is not a word. */
static bool get_words(fr *out, size_t n, const uint8_t **at) {
    bool ok = true;
    for (size_t i = 0; i < n; i++, *at += WORD_LEN) {
        ok = fr_from_be(&out[i], *at) && ok;
    }
    return ok;
}

static void run_statement(const struct buf *b) {
    struct statement s = valid.statement;
    const uint8_t *at = b->data + sizeof s.digest;
    size_t words = statement.len / WORD_LEN;
    if (b->len != statement.len) {
        return;
    }
    memcpy(s.digest, b->data, sizeof s.digest);
    fr *scalars = calloc(words, sizeof *scalars), *next = scalars;
    struct held_column *held = calloc(s.n_held + 1, sizeof *held);
    FUZZ_CHECK(scalars != NULL && held != NULL);
    bool ok = get_words(scalars, words - 1, &at);
    s.scalars = next;
    next += s.n_scalars;
    s.instance_scalars = next;
    next += s.n_instances;
    for (size_t h = 0; h < s.n_held; h++) {
        held[h] = valid.held[h];
        held[h].words = next;
        next += held[h].n_words;
    }
    s.held = held;
    bool same = memcmp(b->data, statement.data, b->len) == 0;
    FUZZ_CHECK(!ok || accepted(&s, valid.proof, valid.proof_len) == same);
    free(held);
    free(scalars);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len) {
    if (statement.len == 0) {
        setup();
    }
    struct fuzz_input in = {data, len};
    struct buf b;
    if (fuzz_is_raw(&in)) {
        b = fuzz_raw(&in);
        run_proof(&b);
    } else if (fuzz_u8(&in) % 2 == 0) {
        b = fuzz_edited(valid.proof, valid.proof_len, &in);
        run_proof(&b);
    } else {
        b = fuzz_edited(statement.data, statement.len, &in);
        run_statement(&b);
    }
    buf_free(&b);
    return 0;
}
