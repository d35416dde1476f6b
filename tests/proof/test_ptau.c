/* Import of .ptau files. The files under tests/vectors/ptau were made with snarkjs 0.7.6
 * (snarkjs_ptau.sh beside this file says how): power 7 with two contributions and a beacon; power 3
 * without any contribution, with one, and finished and prepared for Groth16. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/file.h"
#include "proof/kzg.h"
#include "proof/ptau.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define FOLDER "tests/vectors/ptau/"

static void load(struct buf *file, const char *name) {
    char path[256];
    struct err err;
    snprintf(path, sizeof path, FOLDER "%s", name);
    *file = (struct buf){0};
    assert_int_equal(file_read(path, 1 << 20, file, &err), 0);
}

/* Commits to a vector of 2^M words, opens it, and verifies the right and a wrong value. */
static void open_something(const struct srs *srs, unsigned M) {
    size_t n = (size_t)1 << M;
    fr *f = malloc(n * sizeof *f), R[KZG_MAX_M];
    assert_non_null(f);
    for (uint64_t i = 0; i < n; i++) {
        fr_from_u64(&f[i], 7 * i * i + 3);
    }
    for (unsigned i = 0; i < M; i++) {
        fr_from_u64(&R[i], i == 2); /* boolean: f~(R) = f[4] */
    }
    g1_affine C;
    struct transcript t;
    struct proof_buf proof = {0};
    assert_int_equal(kzg_commit(srs, f, n, 2, &C), KZG_OK);
    transcript_init(&t);
    assert_int_equal(kzg_open(srs, f, M, R, &t, &proof, 2), KZG_OK);
    for (size_t claim = 3; claim <= 4; claim++) {
        bool ok;
        struct proof_reader reader = {.data = proof.data, .len = proof.len};
        transcript_init(&t);
        assert_int_equal(kzg_verify(&srs->vk, &C, M, R, &f[claim], &t, &reader, &ok), KZG_OK);
        assert_int_equal(ok, claim == 4);
    }
    proof_buf_release(&proof);
    free(f);
}

static void test_a_finished_ceremony_is_imported_and_used(void **state) {
    (void)state;
    struct srs srs;
    struct ptau_info info;
    struct err err;
    assert_int_equal(ptau_import(&srs, &info, FOLDER "power7_finished.ptau", 7, 2, &err), 0);
    assert_int_equal(info.power, 7);
    assert_int_equal(info.ceremony_power, 7);
    assert_int_equal(info.contributions, 3);
    assert_true(info.beacon);
    assert_false(info.prepared);
    assert_int_equal(srs.log_n, 7);
    assert_false(srs.insecure || srs.vk.insecure);
    assert_int_equal(srs_check_chain(&srs.vk, 1, &err), 0);

    open_something(&srs, 7);
    srs_release(&srs);
}

/* The file that snarkjs_ptau.sh has just made, if there is one. */
static void test_a_fresh_ceremony(void **state) {
    (void)state;
    const char *path = getenv("ZKLINK_PTAU"), *power = getenv("ZKLINK_PTAU_POWER");
    if (path == NULL || power == NULL) {
        skip();
    }
    struct srs srs, again;
    struct ptau_info info;
    struct err err;
    char file[512], report[1024];
    unsigned log_n = (unsigned)atoi(power);
    assert_int_equal(ptau_import(&srs, &info, path, log_n, 2, &err), 0);
    assert_true(info.beacon && info.power == log_n);
    open_something(&srs, log_n);
    snprintf(file, sizeof file, "%s.srs", path);
    assert_int_equal(srs_tool_import(file, path, log_n, 2, report, sizeof report, &err), 0);
    assert_int_equal(srs_tool_check(file, 2, report, sizeof report, &err), 0);
    assert_int_equal(srs_read(&again, file, SRS_MAX_LOG_N, &err), 0);
    assert_memory_equal(again.g1, srs.g1, sizeof *srs.g1 << log_n);
    assert_memory_equal(again.source, srs.source, sizeof srs.source);
    assert_false(again.insecure);
    srs_release(&again);
    srs_release(&srs);
}

static void test_states_of_a_ceremony(void **state) {
    (void)state;
    struct srs srs;
    struct ptau_info info;
    struct err err;
    assert_int_equal(ptau_import(&srs, &info, FOLDER "power3_prepared.ptau", 2, 1, &err), 0);
    assert_true(info.beacon && info.prepared && info.contributions == 2 && srs.log_n == 2);
    srs_release(&srs);
    assert_int_equal(ptau_import(&srs, &info, FOLDER "power3_unfinished.ptau", 3, 1, &err), 0);
    assert_true(!info.beacon && !info.prepared && info.contributions == 1);
    srs_release(&srs);
    assert_int_equal(ptau_import(&srs, &info, FOLDER "power3_untouched.ptau", 3, 1, &err), -1);
    assert_int_equal(err.code, ERR_DECODE);
    assert_non_null(strstr(err.text, "tau is 1"));
    assert_int_equal(ptau_import(&srs, &info, FOLDER "power3_unfinished.ptau", 4, 1, &err), -1);
    assert_int_equal(err.code, ERR_INPUT);
    assert_int_equal(ptau_import(&srs, &info, FOLDER "absent.ptau", 4, 1, &err), -1);
    assert_int_equal(err.code, ERR_NOT_FOUND);
    assert_int_equal(ptau_import(&srs, &info, "tests", 4, 1, &err), -1);
    assert_int_equal(err.code, ERR_DECODE);
}

/* Every bit of the parts that count: one bit changed must be refused. Alpha, beta and the
 * contributions' keys, hashes and names are not used and not checked. */
static void test_altered_files_are_refused(void **state) {
    (void)state;
    struct buf file;
    load(&file, "power3_unfinished.ptau");
    struct err err;
    struct ptau_info info;
    struct srs srs;
    assert_int_equal(ptau_parse(&info, file.data, file.len, &err), 0);
    size_t g1_from = (size_t)(info.tau_g1 - file.data), g1_len = 8 * 64;
    size_t g2_from = (size_t)(info.tau_g2 - file.data), g2_len = 2 * 128;
    for (size_t i = 0; i < file.len; i++) {
        bool used = i < 56 || (i >= g1_from && i < g1_from + g1_len) ||
                    (i >= g2_from && i < g2_from + g2_len);
        bool ceremony_power = i >= 64 && i < 68; /* its larger values are possible */
        if (!used || ceremony_power) {
            continue;
        }
        file.data[i] ^= (uint8_t)(1 << (i % 8));
        if (ptau_import_bytes(&srs, NULL, file.data, file.len, 3, 1, &err) == 0) {
            fail_msg("byte %zu altered, and imported", i);
        }
        assert_null(srs.memory);
        file.data[i] ^= (uint8_t)(1 << (i % 8));
    }
    for (size_t len = 0; len < file.len; len += 41) {
        assert_int_equal(ptau_import_bytes(&srs, NULL, file.data, len, 3, 1, &err), -1);
        assert_int_equal(err.code, ERR_DECODE);
    }
    buf_append_byte(&file, 0);
    assert_int_equal(ptau_import_bytes(&srs, NULL, file.data, file.len, 3, 1, &err), -1);
    assert_int_equal(err.code, ERR_DECODE);
    buf_free(&file);
}

/* A file whose powers and last contribution agree, but [tau]_2 lies outside the group of order r:
 * the point of the twist with x = 1. */
static void test_tau_outside_the_group_is_refused(void **state) {
    (void)state;
    g2_affine p = {.x = {.c0 = FQ_ONE}};
    assert_true(
        fq_from_hex(&p.y.c0, "2869111d5381f072f8e2728fdb825a51aadd70e52c9830e9ab4b871c0531f1bb"));
    assert_true(
        fq_from_hex(&p.y.c1, "0d1271953ed9ea0836846e70a1934187998c7f790cb4d7511b7f8da82de048a4"));
    assert_true(g2_affine_on_curve(&p));
    struct buf file;
    load(&file, "power3_unfinished.ptau");
    struct err err;
    struct ptau_info info;
    struct srs srs;
    assert_int_equal(ptau_parse(&info, file.data, file.len, &err), 0);
    const uint8_t *tau = info.tau_g2 + 128;
    for (size_t i = 0; i + 128 <= file.len; i++) {
        uint8_t *at = file.data + i;
        if (at != tau && memcmp(at, tau, 128) == 0) {
            memcpy(at, &p, 128); /* the contribution's copy */
        }
    }
    memcpy(file.data + (tau - file.data), &p, 128);
    assert_int_equal(ptau_import_bytes(&srs, NULL, file.data, file.len, 3, 1, &err), -1);
    assert_int_equal(err.code, ERR_MISMATCH);
    assert_non_null(strstr(err.text, "group G2"));
    buf_free(&file);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_finished_ceremony_is_imported_and_used),
        cmocka_unit_test(test_a_fresh_ceremony),
        cmocka_unit_test(test_states_of_a_ceremony),
        cmocka_unit_test(test_altered_files_are_refused),
        cmocka_unit_test(test_tau_outside_the_group_is_refused),
    };
    return cmocka_run_group_tests_name("ptau", tests, NULL, NULL);
}
