/* Secret-dependent branches and addresses in signing, found by valgrind: the method of ctgrind
 * (A. Langley). The secrets are marked undefined; memcheck reports every branch and every address
 * that depends on them. The test runs itself under valgrind and is skipped where that is missing.
 *
 * A second child does what is not constant time with a secret (bjj_mul_var), and must be caught:
 * otherwise the first one's silence would say nothing. */
#include "crypto/schnorr.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

/* The sanitizers' programs do not run under valgrind. */
#if __has_include(<valgrind/memcheck.h>) && !defined(__SANITIZE_ADDRESS__)
#include <valgrind/memcheck.h>
#define CAN_RUN 1
#else
#define VALGRIND_MAKE_MEM_UNDEFINED(p, n) ((void)(p), (void)(n))
#define VALGRIND_MAKE_MEM_DEFINED(p, n) ((void)(p), (void)(n))
#define CAN_RUN 0
#endif

enum { EXIT_CAUGHT = 9, EXIT_NO_VALGRIND = 127 };

static const char *self;

/* What a signer computes with its secrets. What it publishes is defined again at once: R and the
 * key are not secret. */
static int sign_with_secrets(void) {
    uint64_t nonce[4] = {3, 5, 7, 11}, secret[4] = {1, 2, 3, 4}, wide[8] = {9, 8, 7, 6, 5, 4, 3, 2};
    uint64_t e[4] = {0x123456789abcdefULL, 42, 0, 0}, s[4];
    bjj_point p;
    VALGRIND_MAKE_MEM_UNDEFINED(wide, sizeof wide);
    VALGRIND_MAKE_MEM_UNDEFINED(secret, sizeof secret);
    bjj_scalar_reduce(nonce, wide);
    bjj_from_affine(&p, &BJJ_BASE);
    bjj_mul(&p, &p, nonce);
    bjj_scalar_mul_add(s, e, secret, nonce);
    VALGRIND_MAKE_MEM_DEFINED(s, sizeof s);
    VALGRIND_MAKE_MEM_DEFINED(&p, sizeof p);
    return bjj_scalar_is_canonical_var(s) ? 0 : 1;
}

static int multiply_in_variable_time(void) {
    uint64_t k[4] = {3, 5, 7, 11};
    bjj_point p;
    VALGRIND_MAKE_MEM_UNDEFINED(k, sizeof k);
    bjj_from_affine(&p, &BJJ_BASE);
    bjj_mul_var(&p, &p, k);
    return 0;
}

/* The whole of schnorr_sign, seed and nonce key undefined: its conversions, hashes and wiping too.
 */
static int sign_a_message(void) {
    uint8_t seed[32] = {1, 2, 3};
    struct schnorr_key key;
    struct schnorr_signature sig;
    fr domain, m[SCHNORR_MESSAGE_WORDS] = {FR_ONE, FR_ZERO, FR_ONE, FR_ZERO};
    fr_from_u64(&domain, 5);
    if (!schnorr_key_from_seed(&key, seed, sizeof seed)) {
        return 1;
    }
    VALGRIND_MAKE_MEM_UNDEFINED(key.secret, sizeof key.secret);
    schnorr_sign(&sig, &key, &domain, m);
    VALGRIND_MAKE_MEM_DEFINED(&sig, sizeof sig);
    return schnorr_verify(&sig, &key.public_key, &domain, m) ? 0 : 1;
}

static int run_child(const char *name) {
    pid_t pid = fork();
    if (pid == 0) {
        (void)execlp("valgrind", "valgrind", "-q", "--error-exitcode=9", "--log-file=/dev/null",
                     self, name, (char *)NULL);
        _exit(EXIT_NO_VALGRIND);
    }
    int status = 0;
    assert_true(pid > 0);
    assert_int_equal(waitpid(pid, &status, 0), pid);
    assert_true(WIFEXITED(status));
    return WEXITSTATUS(status);
}

static void expect(const char *name, int want) {
    int got = CAN_RUN ? run_child(name) : EXIT_NO_VALGRIND;
    if (got == EXIT_NO_VALGRIND) {
        skip();
    }
    assert_int_equal(got, want);
}

static void variable_time_is_caught(void **state) {
    (void)state;
    expect("variable", EXIT_CAUGHT);
}

static void secret_arithmetic(void **state) {
    (void)state;
    expect("arithmetic", 0);
}

static void signing(void **state) {
    (void)state;
    expect("sign", 0);
}

int main(int argc, char **argv) {
    self = argv[0];
    if (argc == 2 && strcmp(argv[1], "variable") == 0) {
        return multiply_in_variable_time();
    }
    if (argc == 2 && strcmp(argv[1], "arithmetic") == 0) {
        return sign_with_secrets();
    }
    if (argc == 2 && strcmp(argv[1], "sign") == 0) {
        return sign_a_message();
    }
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(variable_time_is_caught),
        cmocka_unit_test(secret_arithmetic),
        cmocka_unit_test(signing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
