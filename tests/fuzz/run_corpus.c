/* A fuzz target as a test: it runs over its stored inputs (tests/vectors/fuzz/<target>), over
 * truncations and over pseudorandom changes of them, the same in each run. The target aborts where
 * a promise is broken. */
#include "../../fuzz/fuzz.h"
#include "base/clock.h"
#include "base/file.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include <dirent.h>

enum { MAX_INPUTS = 256, MAX_LEN = 1 << 20, CHANGES = 4000, CHANGES_MS = 1500 };

static char folder[512];
static struct buf inputs[MAX_INPUTS];
static size_t n_inputs;

static int by_name(const struct dirent **a, const struct dirent **b) {
    return strcmp((*a)->d_name, (*b)->d_name);
}

static int visible(const struct dirent *e) {
    return e->d_name[0] != '.';
}

static void test_stored_inputs(void **state) {
    (void)state;
    struct dirent **names;
    int n = scandir(folder, &names, visible, by_name);
    if (n <= 0) {
        fail_msg("no inputs in %s", folder);
    }
    assert_in_range(n, 1, MAX_INPUTS);
    for (int i = 0; i < n; i++) {
        char path[1024];
        struct err err;
        (void)snprintf(path, sizeof path, "%s/%s", folder, names[i]->d_name);
        assert_int_equal(file_read(path, MAX_LEN, &inputs[n_inputs], &err), 0);
        assert_int_equal(LLVMFuzzerTestOneInput(inputs[n_inputs].data, inputs[n_inputs].len), 0);
        n_inputs++;
        free(names[i]);
    }
    free(names);
}

static void test_empty_input(void **state) {
    (void)state;
    assert_int_equal(LLVMFuzzerTestOneInput((const uint8_t *)"", 0), 0);
}

static uint64_t rng = 1;

static size_t below(size_t n) {
    rng ^= rng << 13;
    rng ^= rng >> 7;
    rng ^= rng << 17;
    return rng % n;
}

/* A copy in memory of just its size, for the sanitizer to see reads beyond it. */
static void run_changed(const struct buf *input) {
    uint8_t extra[12];
    size_t len = input->len, changes = 1 + below(4);
    for (size_t i = 0; i < sizeof extra; i++) {
        extra[i] = (uint8_t)below(256);
    }
    uint8_t *copy = malloc(len + sizeof extra), *exact;
    assert_non_null(copy);
    memcpy(copy, input->data, len);
    switch (below(3)) {
    case 0:
        len = below(len + 1);
        break;
    case 1: /* edits more */
        memcpy(copy + len, extra, sizeof extra);
        len += below(sizeof extra + 1);
        break;
    default:
        break;
    }
    while (len > 1 && changes-- > 0) {
        copy[below(len)] ^= (uint8_t)(1u << below(8));
    }
    exact = malloc(len + (len == 0));
    assert_non_null(exact);
    memcpy(exact, copy, len);
    free(copy);
    (void)LLVMFuzzerTestOneInput(exact, len);
    free(exact);
}

static void test_changed_inputs(void **state) {
    (void)state;
    assert_true(n_inputs > 0);
    uint64_t end = clock_steady_ms() + CHANGES_MS;
    size_t done = 0;
    do {
        run_changed(&inputs[below(n_inputs)]);
        done++;
    } while (done < CHANGES && clock_steady_ms() < end);
    print_message("%zu inputs, %zu changed ones\n", n_inputs, done);
}

static int teardown(void **state) {
    (void)state;
    for (size_t i = 0; i < n_inputs; i++) {
        buf_free(&inputs[i]);
    }
    return 0;
}

int main(int argc, char **argv) {
    (void)argc;
    const char *slash = strrchr(argv[0], '/'), *name = slash != NULL ? slash + 1 : argv[0];
    (void)snprintf(folder, sizeof folder, "tests/vectors/fuzz/%s", name);
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_stored_inputs),
        cmocka_unit_test(test_empty_input),
        cmocka_unit_test(test_changed_inputs),
    };
    return cmocka_run_group_tests_name(name, tests, NULL, teardown);
}
