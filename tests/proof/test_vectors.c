/* The C verifier on the suites that Python and Solidity run too (tests/vectors/proofs). */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "../support/proof_suite.h"
#include "../support/toy_systems.h"
#include "proof/verifier.h"

#include <stdlib.h>
#include <string.h>

static bool accepted(const struct verifying_key *vk, const json_t *suite, size_t i, long altered) {
    struct proof_case c;
    bool ok = proof_case_read(&c, suite, i, altered);
    if (ok) {
        assert_int_equal(verify(vk, &c.statement, c.proof, c.proof_len, &ok), 0);
    }
    proof_case_release(&c);
    return ok;
}

/* The number of alterations, all rejected; the valid cases accepted. */
static size_t run_suite(const char *path, const struct air *air) {
    json_error_t error;
    json_t *suite = json_load_file(path, 0, &error);
    if (!suite) {
        fail_msg("%s: %s", path, error.text);
    }
    struct verifying_key vk;
    assert_true(proof_suite_key(suite, air, &vk));
    size_t n_valid = json_array_size(json_object_get(suite, "valid"));
    assert_true(n_valid > 0);
    for (size_t i = 0; i < n_valid; i++) {
        if (!accepted(&vk, suite, i, -1)) {
            fail_msg("%s: valid case %zu is rejected", path, i);
        }
    }
    const json_t *altered = json_object_get(suite, "altered");
    const json_t *base = json_object_get(altered, "base"), *name = json_object_get(altered, "name");
    size_t n = json_array_size(base);
    for (size_t a = 0; a < n; a++) {
        size_t i = (size_t)json_integer_value(json_array_get(base, a));
        if (accepted(&vk, suite, i, (long)a)) {
            fail_msg("%s: accepted: %s", path, json_string_value(json_array_get(name, a)));
        }
    }
    json_decref(suite);
    return n;
}

static void test_suites(void **state) {
    (void)state;
    size_t total = 0;
    for (unsigned toy = 0; toy < TOY_COUNT; toy++) {
        struct air *air = toy_air(toy);
        char path[200];
        snprintf(path, sizeof path, "tests/vectors/proofs/%s.json", toy_name(toy));
        total += run_suite(path, air);
        snprintf(path, sizeof path, "tests/vectors/proofs/%s-python.json", toy_name(toy));
        run_suite(path, air);
        air_free(air);
    }
    assert_true(total >= 1000);
    print_message("%zu alterations rejected\n", total);
}

/* The suites' AIR files are what the builder writes today. */
static void test_descriptions(void **state) {
    (void)state;
    for (unsigned toy = 0; toy < TOY_COUNT; toy++) {
        char path[200], *written = NULL;
        size_t len = 0;
        struct air *air = toy_air(toy);
        FILE *out = open_memstream(&written, &len);
        assert_non_null(out);
        assert_int_equal(air_write_json(air, out), 0);
        assert_int_equal(fclose(out), 0);
        snprintf(path, sizeof path, "tests/vectors/proofs/%s.air.json", toy_name(toy));
        FILE *in = fopen(path, "rb");
        assert_non_null(in);
        char *stored = calloc(len + 2, 1);
        assert_non_null(stored);
        assert_int_equal(fread(stored, 1, len + 1, in), len);
        assert_memory_equal(stored, written, len);
        fclose(in);
        free(stored);
        free(written);
        air_free(air);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_suites),
        cmocka_unit_test(test_descriptions),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
