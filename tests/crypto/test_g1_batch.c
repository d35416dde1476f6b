/* Batched additions: the portable and the AVX2 code against Jacobian addition, with the exceptional
 * cases in every lane; the AVX2 vectors against Fq on edge values. */
#include "crypto/fq_avx2.h"
#include "crypto/g1_batch.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

enum { MAX_PAIRS = 300 };

static g1_affine pool[64]; /* 1 .. 64 times the generator */
static uint64_t rng_state = 0x2545f4914f6cdd1dULL;

static uint64_t rng(void) {
    rng_state ^= rng_state << 13;
    rng_state ^= rng_state >> 7;
    rng_state ^= rng_state << 17;
    return rng_state * 0x9e3779b97f4a7c15ULL;
}

static int set_up(void **state) {
    (void)state;
    g1 p;
    g1_from_affine(&p, &G1_GENERATOR);
    for (size_t i = 0; i < 64; i++) {
        g1_to_affine(&pool[i], &p);
        g1_add_affine(&p, &p, &G1_GENERATOR);
    }
    return 0;
}

typedef void batch_add(g1_affine *p, const struct g1_pair *pair, size_t n, fq *scratch);

/* points[i] += points[n + i], the pairs in a shuffled order. */
static void check_batch(batch_add *add, const g1_affine *points, size_t n) {
    g1_affine *p = malloc((2 * n + 1) * sizeof *p);
    struct g1_pair *pair = malloc((n + 1) * sizeof *pair);
    fq *scratch = malloc(G1_BATCH_SCRATCH(n) * sizeof *scratch);
    assert_non_null(p);
    assert_non_null(pair);
    assert_non_null(scratch);
    memcpy(p, points, 2 * n * sizeof *p);
    for (size_t i = 0; i < n; i++) {
        size_t other = rng() % (i + 1);
        pair[i] = pair[other];
        pair[other] = (struct g1_pair){(uint32_t)i, (uint32_t)(n + i)};
    }
    add(p, pair, n, scratch);
    for (size_t i = 0; i < n; i++) {
        g1 sum;
        g1_affine expected;
        g1_from_affine(&sum, &points[i]);
        g1_add_affine(&sum, &sum, &points[n + i]);
        g1_to_affine(&expected, &sum);
        assert_memory_equal(&expected, &p[i], sizeof expected);
        assert_memory_equal(&points[n + i], &p[n + i], sizeof expected);
    }
    free(p);
    free(pair);
    free(scratch);
}

static void check(const g1_affine *points, size_t n) {
    check_batch(g1_batch_add, points, n);
    check_batch(g1_batch_add_portable, points, n);
#if defined(__x86_64__)
    if (cpu_has_avx2) {
        check_batch(g1_batch_add_avx2, points, n);
    }
#endif
}

static void test_batches_of_every_size(void **state) {
    (void)state;
    static g1_affine points[2 * MAX_PAIRS];
    for (size_t n = 0; n <= MAX_PAIRS; n += n < 20 ? 1 : 93) {
        for (size_t i = 0; i < 2 * n; i++) {
            points[i] = pool[rng() % 64]; /* equal points now and then */
        }
        check(points, n);
    }
}

static void test_exceptional_pairs_in_every_lane(void **state) {
    (void)state;
    static g1_affine points[2 * 32];
    for (int kind = 0; kind < 5; kind++) {
        for (size_t lane = 0; lane < 16; lane++) {
            for (size_t i = 0; i < 16; i++) {
                points[i] = pool[i];
                points[16 + i] = pool[32 + i];
            }
            switch (kind) {
            case 0: /* equal */
                points[16 + lane] = points[lane];
                break;
            case 1: /* opposite */
                g1_affine_neg(&points[16 + lane], &points[lane]);
                break;
            case 2:
                memset(&points[lane], 0, sizeof points[0]);
                break;
            case 3:
                memset(&points[16 + lane], 0, sizeof points[0]);
                break;
            default:
                memset(&points[lane], 0, sizeof points[0]);
                memset(&points[16 + lane], 0, sizeof points[0]);
                break;
            }
            check(points, 16);
        }
    }
    for (size_t i = 0; i < 32; i++) { /* all exceptional */
        points[i] = pool[i];
        points[32 + i] = points[i];
        if (i % 3 == 1) {
            g1_affine_neg(&points[32 + i], &points[i]);
        }
    }
    check(points, 32);
}

#if defined(__x86_64__)

/* The element whose stored integer is sum limb[i] 2^(51 i). */
static void fq_of_limbs(fq *r, const double limb[5]) {
    fq scale = FQ_ONE, step, part;
    uint64_t integer[4];
    *r = FQ_ZERO;
    fq_from_u64(&step, 1ULL << 51);
    for (int i = 0; i < 5; i++) {
        fq_from_i64(&part, (int64_t)limb[i]);
        fq_mul(&part, &part, &scale);
        fq_add(r, r, &part);
        fq_mul(&scale, &scale, &step);
    }
    fq_to_limbs(integer, r);
    memcpy(r->l, integer, sizeof integer);
}

static double edge_limb(void) {
    static const double edges[] = {0,          1,          -1,         0x1p50,         -0x1p50,
                                   0x1p50 - 1, 0x1p51 - 1, 1 - 0x1p51, 1234567890123.0};
    uint64_t pick = rng() % 12;
    return pick < 9 ? edges[pick] : (double)(rng() >> 13) - 0x1p50;
}

/* a b = r 2^255, for the extreme limbs a factor may have. */
__attribute__((target("avx2,fma"))) static void check_products(bool square) {
    fq4 a[FIELD4_PAIR], b[FIELD4_PAIR], r[FIELD4_PAIR];
    double limb[3][FIELD4_PAIR][5][4];
    for (size_t c = 0; c < FIELD4_PAIR; c++) {
        for (size_t i = 0; i < 5; i++) {
            for (size_t lane = 0; lane < 4; lane++) {
                double scale = square ? 0.5 : 1; /* a square's limbs are normalised */
                double x = edge_limb() * scale, y = edge_limb();
                x = (double)(int64_t)x;
                limb[0][c][i][lane] = i == 4 ? (double)(int64_t)(x * 0.5) : x;
                limb[1][c][i][lane] = i == 4 ? (double)(int64_t)(y * 0.5) : y;
            }
            a[c].l[i] = _mm256_loadu_pd(limb[0][c][i]);
            b[c].l[i] = _mm256_loadu_pd(square ? limb[0][c][i] : limb[1][c][i]);
        }
    }
    if (square) {
        fq4_sum sum[FIELD4_PAIR];
        fq4_sqr_sum_pair(sum, a);
        fq4_normalize(&r[0], &sum[0]);
        fq4_normalize(&r[1], &sum[1]);
    } else {
        fq4_mul_pair(r, a, b);
    }
    for (size_t c = 0; c < FIELD4_PAIR; c++) {
        for (size_t i = 0; i < 5; i++) {
            _mm256_storeu_pd(limb[2][c][i], r[c].l[i]);
        }
        for (size_t lane = 0; lane < 4; lane++) {
            double x[5], y[5], z[5];
            fq fx, fy, fz, two;
            for (size_t i = 0; i < 5; i++) {
                x[i] = limb[0][c][i][lane];
                y[i] = square ? x[i] : limb[1][c][i][lane];
                z[i] = limb[2][c][i][lane];
                assert_true(z[i] < 0x1p51 && z[i] > -0x1p51);
                assert_true(i == 4 || (z[i] <= 0x1p50 && z[i] >= -0x1p50));
            }
            fq_of_limbs(&fx, x);
            fq_of_limbs(&fy, y);
            fq_of_limbs(&fz, z);
            fq_mul(&fx, &fx, &fy); /* x y / 2^256 */
            fq_from_u64(&two, 2);
            fq_mul(&fx, &fx, &two);
            assert_memory_equal(&fx, &fz, sizeof fx);
        }
    }
}

static void test_vector_products(void **state) {
    (void)state;
    if (!cpu_has_avx2) {
        skip();
    }
    for (int round = 0; round < 3000; round++) {
        check_products(false);
        check_products(true);
    }
}

/* value + k q for edge values and every k in range, stored back. */
__attribute__((target("avx2,fma"))) static void check_stores(int64_t k, const fq value[4]) {
    fq4_sum sum, limbs, q;
    fq modulus, out[4];
    memcpy(modulus.l, FQ_MODULUS, sizeof modulus);
    fq4_load(&sum, &value[0], &value[1], &value[2], &value[3]);
    fq4_load(&q, &modulus, &modulus, &modulus, &modulus);
    for (int64_t i = 0; i < k; i++) {
        fq4_sum_add(&sum, &sum, &q);
    }
    for (int64_t i = 0; i > k; i--) {
        fq4_sum_sub(&sum, &sum, &q);
    }
    __m256i row[4];
    int high = fq4_store_rows(row, &limbs, &sum);
    for (int lane = 0; lane < 4; lane++) {
        _mm256_storeu_si256((__m256i *)(void *)out[lane].l, row[lane]);
        if (((high >> lane) & 1) != 0) {
            fq_reduce_once(&out[lane], out[lane].l);
        }
        assert_memory_equal(&out[lane], &value[lane], sizeof out[0]);
    }
}

static void test_vector_stores(void **state) {
    (void)state;
    if (!cpu_has_avx2) {
        skip();
    }
    for (int64_t k = -7; k <= 7; k++) {
        fq value[4] = {{{0}},
                       {{1}},
                       {{0}},
                       {{FQ_MODULUS[0] - 2, FQ_MODULUS[1], FQ_MODULUS[2], FQ_MODULUS[3]}}};
        fq_neg(&value[2], &value[1]); /* the integer q - 1 */
        check_stores(k, value);
        for (int round = 0; round < 200; round++) {
            for (size_t i = 0; i < 4; i++) {
                uint8_t b[32];
                for (size_t j = 0; j < 32; j++) {
                    b[j] = (uint8_t)(rng() >> 56);
                }
                fq_from_be_reduce(&value[i], b);
            }
            check_stores(k, value);
        }
    }
}

#endif

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_batches_of_every_size),
        cmocka_unit_test(test_exceptional_pairs_in_every_lane),
#if defined(__x86_64__)
        cmocka_unit_test(test_vector_products),
        cmocka_unit_test(test_vector_stores),
#endif
    };
    return cmocka_run_group_tests(tests, set_up, NULL);
}
