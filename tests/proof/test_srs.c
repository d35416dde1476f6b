/* The string: its powers, its file and every way a file can be wrong, where it may be used. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/file.h"
#include "proof/srs.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static char folder[] = "/tmp/zklink-srs-XXXXXX", path[64];
static struct srs srs;

static int set_up(void **state) {
    (void)state;
    struct err err;
    if (mkdtemp(folder) == NULL) {
        return -1;
    }
    snprintf(path, sizeof path, "%s/test.srs", folder);
    return srs_generate_insecure(&srs, 5, 42, 2, &err);
}

static int tear_down(void **state) {
    (void)state;
    srs_release(&srs);
    unlink(path);
    return rmdir(folder);
}

static void test_powers_of_the_seeds_tau(void **state) {
    (void)state;
    /* keccak256("zklink.srs.insecure.v1" | 42 as a word) mod r, computed by tests/reference */
    fr tau, power = FR_ONE;
    assert_true(
        fr_from_hex(&tau, "1c86f8ccc4cc251813195a57b3231d822dacb5891b79bc63a1732870cef6e202"));
    g1 base, p;
    g1_from_affine(&base, &G1_GENERATOR);
    for (size_t i = 0; i < 32; i++) {
        g1_affine affine;
        g1_mul(&p, &base, &power);
        g1_to_affine(&affine, &p);
        assert_true(g1_affine_eq(&affine, &srs.g1[i]));
        fr_mul(&power, &power, &tau);
    }
    g2 base2;
    g2_affine tau_g2;
    g2_from_affine(&base2, &G2_GENERATOR);
    g2_mul(&base2, &base2, &tau);
    g2_to_affine(&tau_g2, &base2);
    assert_true(g2_affine_eq(&tau_g2, &srs.vk.tau));
    assert_true(srs.insecure && srs.vk.insecure);
    struct err err;
    assert_int_equal(srs_check(&srs, 2, &err), 0);
}

static void test_insecure_only_on_development_chains(void **state) {
    (void)state;
    static const uint64_t good[] = {1337, 31337, 31338, 31346};
    static const uint64_t bad[] = {0, 1, 10, 137, 1336, 1338, 31336, 31347, 11155111, UINT64_MAX};
    struct err err;
    struct srs_vk ceremony = srs.vk;
    ceremony.insecure = false;
    for (size_t i = 0; i < sizeof good / sizeof *good; i++) {
        assert_int_equal(srs_check_chain(&srs.vk, good[i], &err), 0);
    }
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        assert_int_equal(srs_check_chain(&srs.vk, bad[i], &err), -1);
        assert_int_equal(err.code, ERR_CONFIG);
        assert_non_null(strstr(err.text, "INSECURE"));
        assert_int_equal(srs_check_chain(&ceremony, bad[i], &err), 0);
    }
}

static void test_file_round_trip(void **state) {
    (void)state;
    struct err err;
    for (unsigned log_n = 0; log_n <= 5; log_n += 5) {
        struct srs one, read;
        assert_int_equal(srs_generate_insecure(&one, log_n, 42, 1, &err), 0);
        assert_int_equal(srs_write(&one, path, &err), 0);
        assert_int_equal(srs_read(&read, path, SRS_MAX_LOG_N, &err), 0);
        assert_int_equal(read.log_n, log_n);
        assert_true(read.insecure && read.vk.insecure && read.seed == 42);
        assert_memory_equal(read.g1, srs.g1, sizeof *srs.g1 << log_n);
        assert_true(g2_affine_eq(&read.vk.tau, &srs.vk.tau));
        assert_int_equal(srs_check(&read, 1, &err), 0);
        srs_release(&read);
        srs_release(&one);
    }
    struct srs read;
    assert_int_equal(srs_read(&read, path, 3, &err), 0);
    assert_int_equal(read.log_n, 3);
    srs_release(&read);
    /* the head of the file can be read by people */
    struct buf file = {0};
    assert_int_equal(file_read(path, 1 << 20, &file, &err), 0);
    assert_non_null(strstr((const char *)file.data, "INSECURE"));
    buf_free(&file);
}

static void expect_refused(const uint8_t *file, size_t len, enum err_code code) {
    struct err err = {0};
    struct srs read;
    assert_int_equal(file_write(path, 0644, file, len, &err), 0);
    assert_int_equal(srs_read(&read, path, SRS_MAX_LOG_N, &err), -1);
    if (err.code != code) {
        fail_msg("code %d, wanted %d: %s", err.code, code, err.text);
    }
    assert_non_null(strstr(err.text, path));
    assert_null(read.memory);
}

static void test_damaged_files_are_refused(void **state) {
    (void)state;
    struct err err;
    struct buf file = {0};
    struct srs read;
    assert_int_equal(srs_write(&srs, path, &err), 0);
    assert_int_equal(file_read(path, 1 << 20, &file, &err), 0);
    assert_int_equal(file.len, 512 + 32 * 64);
    for (size_t i = 0; i < file.len; i += i < 512 ? 1 : 17) {
        bool form = (i >= 128 && i < 152) || (i >= 480 && i < 512);
        file.data[i] ^= 0x20;
        expect_refused(file.data, file.len, form ? ERR_DECODE : ERR_CORRUPT);
        file.data[i] ^= 0x20;
    }
    for (size_t len = 0; len < file.len; len += 67) {
        expect_refused(file.data, len, ERR_DECODE);
    }
    buf_append_byte(&file, 0);
    expect_refused(file.data, file.len, ERR_DECODE);
    assert_int_equal(file_write(path, 0644, file.data, file.len - 1, &err), 0);
    assert_int_equal(srs_read(&read, path, SRS_MAX_LOG_N, &err), 0);
    srs_release(&read);
    buf_free(&file);
    unlink(path);
    assert_int_equal(srs_read(&read, path, SRS_MAX_LOG_N, &err), -1);
    assert_int_equal(err.code, ERR_NOT_FOUND);
    assert_int_equal(srs_read(&read, folder, SRS_MAX_LOG_N, &err), -1);
    assert_int_equal(err.code, ERR_DECODE);
    assert_int_equal(srs_write(&srs, "/nonexistent-folder/a.srs", &err), -1);
    assert_int_equal(err.code, ERR_SYSTEM);
    assert_int_equal(srs_write(&srs, path, &err), 0);
}

/* Each wrong string is written with a fitting checksum: the points themselves must be caught. */
static void test_wrong_points_are_caught(void **state) {
    (void)state;
    struct err err;
    for (int cause = 0; cause < 8; cause++) {
        g1_affine points[32];
        struct srs bad = srs, read;
        memcpy(points, srs.g1, sizeof points);
        bad.g1 = points;
        if (cause == 0) {
            points[31] = points[30];
        } else if (cause == 1) {
            points[17].y.l[0] ^= 1;
        } else if (cause == 2) {
            points[9] = points[10], points[10] = srs.g1[9];
        } else if (cause == 3) {
            memset(&points[20], 0, sizeof points[20]);
        } else if (cause == 4) {
            points[0] = points[1];
        } else if (cause == 5) {
            g2_affine_neg(&bad.vk.tau, &bad.vk.tau);
        } else if (cause == 6) {
            bad.vk.tau = bad.vk.one;
            for (int i = 0; i < 32; i++) {
                points[i] = points[0];
            }
        } else {
            for (int i = 0; i < 4; i++) {
                points[5].x.l[i] = UINT64_MAX; /* not reduced */
            }
        }
        assert_int_equal(srs_check(&bad, 2, &err), -1);
        assert_int_equal(err.code, ERR_MISMATCH);
        assert_int_equal(srs_write(&bad, path, &err), 0);
        bool caught = srs_read(&read, path, SRS_MAX_LOG_N, &err) != 0;
        assert_int_equal(caught, cause == 4 || cause == 5);
        if (!caught) {
            char report[512];
            assert_int_equal(srs_tool_check(path, 1, report, sizeof report, &err), -1);
            srs_release(&read);
        }
        assert_int_equal(err.code, ERR_MISMATCH);
    }
}

static void test_the_command_lines_work(void **state) {
    (void)state;
    struct err err;
    char report[1024];
    assert_int_equal(srs_tool_generate(path, 4, 7, 1, report, sizeof report, &err), 0);
    assert_non_null(strstr(report, "INSECURE"));
    assert_int_equal(srs_tool_check(path, 1, report, sizeof report, &err), 0);
    assert_non_null(strstr(report, "2^4 powers"));
    assert_int_equal(srs_tool_generate(path, SRS_MAX_LOG_N + 1, 7, 1, report, sizeof report, &err),
                     -1);
    assert_int_equal(err.code, ERR_INPUT);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_powers_of_the_seeds_tau),
        cmocka_unit_test(test_insecure_only_on_development_chains),
        cmocka_unit_test(test_file_round_trip),
        cmocka_unit_test(test_damaged_files_are_refused),
        cmocka_unit_test(test_wrong_points_are_caught),
        cmocka_unit_test(test_the_command_lines_work),
    };
    return cmocka_run_group_tests_name("srs", tests, set_up, tear_down);
}
