/* The Solidity generator: what the contracts' own tests (contracts/test/verifier) do not see. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "../support/toy_systems.h"
#include "proof/solgen.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { LIMIT = 24576, MAX_SLOTS = 4096 }; /* EIP-170 */

static char dir[] = "/tmp/zklink-solgen-XXXXXX";

static int setup(void **state) {
    (void)state;
    return mkdtemp(dir) ? 0 : -1;
}

static void path_of(char *path, size_t len, const char *name, const char *suffix, unsigned i) {
    if (i == UINT32_MAX) {
        snprintf(path, len, "%s/%s%s.sol", dir, name, suffix);
    } else {
        snprintf(path, len, "%s/%s%s%u.sol", dir, name, suffix, i);
    }
}

/* The whole file; removed after reading. */
static char *read_and_remove(const char *path) {
    FILE *in = fopen(path, "r");
    assert_non_null(in);
    char *text = calloc(1 << 22, 1);
    assert_non_null(text);
    size_t n = fread(text, 1, (1 << 22) - 1, in);
    assert_true(n > 0);
    fclose(in);
    assert_int_equal(remove(path), 0);
    return text;
}

/* In every case block, a slot is stored before it is loaded; returns the number of blocks. */
static unsigned check_slots(char *text) {
    unsigned blocks = 0;
    bool stored[MAX_SLOTS] = {false};
    char *rest = NULL;
    for (char *line = strtok_r(text, "\n", &rest); line; line = strtok_r(NULL, "\n", &rest)) {
        if (strstr(line, "            case ") == line) {
            memset(stored, 0, sizeof stored);
            blocks++;
        }
        for (const char *p = line; (p = strstr(p, "mload(0x")) != NULL; p += 8) {
            unsigned long slot = strtoul(p + 8, NULL, 16) / 32;
            assert_true(slot < MAX_SLOTS);
            assert_true(stored[slot]);
        }
        const char *store = strstr(line, "mstore(0x");
        if (store) {
            unsigned long slot = strtoul(store + 9, NULL, 16) / 32;
            assert_true(slot < MAX_SLOTS);
            stored[slot] = true;
        }
    }
    return blocks;
}

static void test_toys(void **state) {
    (void)state;
    for (unsigned toy = 0; toy < TOY_COUNT; toy++) {
        struct air *air = toy_air(toy);
        struct solgen_stats stats;
        char err[200], path[300];
        assert_int_equal(solgen_write(air, toy_contract_name(toy), dir, "./BlockVerifier.sol",
                                      &stats, err, sizeof err),
                         0);
        /* a part for each chip, more for those that do not fit, and the boundary */
        assert_true(stats.n_parts >= air->n_chips + 1);
        assert_true(stats.code_bytes < (size_t)stats.n_evaluators * LIMIT);
        assert_int_equal(stats.n_evaluators > 1, toy == TOY_WIDE);
        assert_int_equal(stats.n_parts > air->n_chips + 1, toy == TOY_WIDE);
        unsigned blocks = 0;
        for (unsigned e = 0; e < stats.n_evaluators; e++) {
            path_of(path, sizeof path, toy_contract_name(toy), "Evaluator", e);
            char *text = read_and_remove(path);
            blocks += check_slots(text);
            free(text);
        }
        assert_int_equal(blocks, stats.n_parts);
        path_of(path, sizeof path, toy_contract_name(toy), "Verifier", UINT32_MAX);
        free(read_and_remove(path));
        air_free(air);
    }
}

static void test_refuses(void **state) {
    (void)state;
    char err[200] = "";
    struct air *unfinished = air_new("unfinished");
    assert_int_equal(
        solgen_write(unfinished, "Unfinished", dir, "./BlockVerifier.sol", NULL, err, sizeof err),
        -1);
    assert_non_null(strstr(err, "not finished"));
    air_free(unfinished);
    struct air *air = toy_air(TOY_LONE);
    assert_int_equal(
        solgen_write(air, "Lone", "/nonexistent", "./BlockVerifier.sol", NULL, err, sizeof err),
        -1);
    assert_non_null(strstr(err, "cannot write"));
    air_free(air);
}

static int teardown(void **state) {
    (void)state;
    return rmdir(dir);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_toys),
        cmocka_unit_test(test_refuses),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
