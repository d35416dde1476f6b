/* Multi-scalar multiplication against the sum of single multiplications, on random input, on every
 * kind of scalar the prover's vectors hold, and on points that make additions exceptional. */
#include "crypto/msm.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

enum { N = 5000 };
static g1_affine *points; /* N random points */
static fr *logs;          /* their logarithms to the generator */
static fr *scalars;       /* N random scalars */

static uint64_t rng_state = 0x853c49e6748fea9bULL;

static uint64_t rng(void) {
    rng_state ^= rng_state << 13;
    rng_state ^= rng_state >> 7;
    rng_state ^= rng_state << 17;
    return rng_state * 0x2545f4914f6cdd1dULL;
}

static void random_fr(fr *r) {
    uint8_t b[32];
    for (int i = 0; i < 32; i++) {
        b[i] = (uint8_t)(rng() >> 40);
    }
    fr_from_be_reduce(r, b);
}

/* A random integer of up to `bits` bits. */
static void small_fr(fr *r, unsigned bits) {
    uint64_t v[4] = {rng(), rng(), rng(), rng()};
    for (unsigned i = 0; i < 4; i++) {
        unsigned from = 64 * i;
        v[i] = bits <= from ? 0 : bits - from < 64 ? v[i] & ((1ULL << (bits - from)) - 1) : v[i];
    }
    assert_true(fr_from_limbs(r, v));
}

static int set_up(void **state) {
    (void)state;
    points = malloc(N * sizeof *points);
    logs = malloc(N * sizeof *logs);
    scalars = malloc(N * sizeof *scalars);
    if (points == NULL || logs == NULL || scalars == NULL) {
        return -1;
    }
    for (size_t i = 0; i < N; i++) {
        random_fr(&logs[i]);
    }
    g1_fixed_base_mul_batch(points, &G1_GENERATOR, logs, N, 2);
    for (size_t i = 0; i < N; i++) {
        random_fr(&scalars[i]);
    }
    return 0;
}

static int tear_down(void **state) {
    (void)state;
    free(points);
    free(logs);
    free(scalars);
    return 0;
}

static void check(const g1_affine *p, const fr *k, size_t n) {
    g1 expected, sum;
    msm_g1_naive(&expected, p, k, n);
    for (unsigned threads = 1; threads <= 3; threads++) {
        msm_g1(&sum, p, k, n, threads);
        assert_true(g1_eq(&sum, &expected));
    }
    uint64_t(*integers)[4] = malloc((n + 1) * sizeof *integers);
    assert_non_null(integers);
    for (size_t i = 0; i < n; i++) {
        fr_to_limbs(integers[i], &k[i]);
    }
    msm_g1_limbs(&sum, p, (const uint64_t(*)[4])integers, n, 2);
    assert_true(g1_eq(&sum, &expected));
    free(integers);
}

/* The first n points by their logarithms: the sum is a single multiple of the generator. */
static void check_by_logs(const fr *k, size_t n) {
    fr total = FR_ZERO, term;
    for (size_t i = 0; i < n; i++) {
        fr_mul(&term, &logs[i], &k[i]);
        fr_add(&total, &total, &term);
    }
    g1 expected, sum;
    g1_from_affine(&expected, &G1_GENERATOR);
    g1_mul(&expected, &expected, &total);
    for (unsigned threads = 1; threads <= 2; threads++) {
        msm_g1(&sum, points, k, n, threads);
        assert_true(g1_eq(&sum, &expected));
    }
}

static void test_fixed_base_equals_single_multiplications(void **state) {
    (void)state;
    fr k[40];
    g1_affine out[40], base = points[7];
    for (size_t i = 0; i < 40; i++) {
        small_fr(&k[i], (unsigned)(i < 36 ? 7 * i : 3));
    }
    fr_from_i64(&k[36], -1);
    fr_from_i64(&k[37], 0);
    fr_from_u64(&k[38], 2048); /* half a window: the signed digits' edge */
    fr_from_i64(&k[39], -2048);
    g1_fixed_base_mul_batch(out, &base, k, 40, 3);
    for (size_t i = 0; i < 40; i++) {
        g1 expected;
        g1_affine affine;
        g1_from_affine(&expected, &base);
        g1_mul(&expected, &expected, &k[i]);
        g1_to_affine(&affine, &expected);
        assert_true(g1_affine_eq(&affine, &out[i]));
    }
}

static void test_random_scalars_of_many_sizes(void **state) {
    (void)state;
    static const size_t sizes[] = {0, 1, 2, 3, 4, 5, 7, 8, 15, 33, 64, 100, 255, 700, 2050};
    for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++) {
        check(points, scalars, sizes[i]);
    }
}

/* 8 points go without buckets, 150 with. */
static void test_every_bit_length(void **state) {
    (void)state;
    fr k[150];
    for (unsigned bits = 0; bits <= 253; bits++) {
        for (size_t i = 0; i < 150; i++) {
            small_fr(&k[i], bits);
        }
        check_by_logs(k, 8);
        check_by_logs(k, 150);
    }
}

/* Every size around the change from single points to buckets and from one batch to several. */
static void test_sizes_by_logs(void **state) {
    (void)state;
    for (size_t n = 0; n <= 140; n++) {
        check_by_logs(scalars, n);
    }
    for (size_t n = 141; n <= N; n += 607) {
        check_by_logs(scalars, n);
    }
}

static void test_edge_scalars(void **state) {
    (void)state;
    fr k[300];
    for (size_t i = 0; i < 300; i++) {
        fr_from_i64(&k[i], (int64_t)(i % 7) - 3); /* zeros, small, r - small */
    }
    check(points, k, 300);
    for (size_t i = 0; i < 300; i++) {
        fr_from_i64(&k[i], -1);
    }
    check(points, k, 300);
    for (size_t i = 0; i < 300; i++) {
        k[i] = FR_ZERO;
    }
    check(points, k, 300);
    fr half = FR_ONE, other = FR_ONE; /* the two integers around r/2 */
    fr_halve(&half, &half);
    fr_sub(&other, &half, &FR_ONE);
    for (size_t i = 0; i < 300; i++) {
        k[i] = i % 2 == 0 ? half : other;
    }
    check(points, k, 300);
    for (size_t i = 0; i < 300; i++) {
        k[i] = scalars[0]; /* all terms in the same buckets */
    }
    check(points, k, 300);
    for (size_t i = 0; i < 254; i++) {
        fr two;
        fr_from_u64(&two, 2);
        fr_pow_u64(&k[i], &two, i);
    }
    check(points, k, 254);
}

/* What the prover commits to: mostly zeros and bits, 16-bit and 112-bit cells, few full ones. */
static void test_mixed_cells(void **state) {
    (void)state;
    fr *k = malloc(N * sizeof *k);
    assert_non_null(k);
    for (size_t i = 0; i < N; i++) {
        uint64_t pick = rng() % 100;
        if (pick < 60) {
            k[i] = FR_ZERO;
        } else if (pick < 80) {
            k[i] = FR_ONE;
        } else if (pick < 92) {
            small_fr(&k[i], 16);
        } else if (pick < 98) {
            small_fr(&k[i], 112);
        } else {
            k[i] = scalars[i];
        }
    }
    check(points, k, N);
    for (size_t i = 0; i < N; i++) {
        k[i] = FR_ONE; /* one list longer than a batch */
    }
    check(points, k, N);
    free(k);
}

static void test_exceptional_points(void **state) {
    (void)state;
    g1_affine p[400];
    fr k[400];
    for (size_t i = 0; i < 400; i++) {
        p[i] = points[0]; /* equal */
        k[i] = scalars[i];
    }
    check(p, k, 400);
    for (size_t i = 0; i < 400; i++) {
        small_fr(&k[i], 2); /* equal points in few buckets */
    }
    check(p, k, 400);
    for (size_t i = 0; i < 400; i++) {
        if (i % 2 == 1) {
            g1_affine_neg(&p[i], &p[i]); /* opposite */
        }
        if (i % 5 == 0) {
            memset(&p[i], 0, sizeof p[i]); /* identity */
        }
    }
    check(p, k, 400);
    for (size_t i = 0; i < 400; i++) {
        k[i] = scalars[i / 2]; /* opposite points, equal scalars: everything cancels in pairs */
        p[i] = points[i / 2];
        if (i % 2 == 1) {
            g1_affine_neg(&p[i], &p[i]);
        }
    }
    check(p, k, 400);
    memset(p, 0, sizeof p);
    check(p, k, 400);
}

/* Larger than tests by single multiplications can be: points of known logarithm. */
static void test_large_with_known_logarithms(void **state) {
    (void)state;
    enum { LARGE = 70000 };
    fr *log = malloc(LARGE * sizeof *log), *k = malloc(LARGE * sizeof *k);
    g1_affine *p = malloc(LARGE * sizeof *p);
    assert_non_null(log);
    assert_non_null(k);
    assert_non_null(p);
    fr total = FR_ZERO;
    for (size_t i = 0; i < LARGE; i++) {
        random_fr(&log[i]);
        random_fr(&k[i]);
        fr term;
        fr_mul(&term, &log[i], &k[i]);
        fr_add(&total, &total, &term);
    }
    g1_fixed_base_mul_batch(p, &G1_GENERATOR, log, LARGE, 2);
    g1 expected, sum;
    g1_from_affine(&expected, &G1_GENERATOR);
    g1_mul(&expected, &expected, &total);
    for (unsigned threads = 1; threads <= 2; threads++) {
        msm_g1(&sum, p, k, LARGE, threads);
        assert_true(g1_eq(&sum, &expected));
    }
    free(log);
    free(k);
    free(p);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_fixed_base_equals_single_multiplications),
        cmocka_unit_test(test_random_scalars_of_many_sizes),
        cmocka_unit_test(test_every_bit_length),
        cmocka_unit_test(test_sizes_by_logs),
        cmocka_unit_test(test_edge_scalars),
        cmocka_unit_test(test_mixed_cells),
        cmocka_unit_test(test_exceptional_points),
        cmocka_unit_test(test_large_with_known_logarithms),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
