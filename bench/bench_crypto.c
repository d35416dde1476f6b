/* Field multiplication and multi-scalar multiplication: nanoseconds a product, microseconds a
 * point. usage: bench_crypto [--max-log N] [--json FILE] */
#include "base/threads.h"
#include "crypto/fq.h"
#include "crypto/fr.h"
#include "crypto/msm.h"
#include "crypto/pairing.h"

#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

static double now(void) {
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

static uint64_t rng_state = 88172645463325252ULL;

static uint64_t rng(void) {
    rng_state ^= rng_state << 13;
    rng_state ^= rng_state >> 7;
    rng_state ^= rng_state << 17;
    return rng_state;
}

static void random_fr(fr *r) {
    uint8_t b[32];
    for (int i = 0; i < 32; i++) {
        b[i] = (uint8_t)(rng() >> 32);
    }
    fr_from_be_reduce(r, b);
}

enum { MUL_ROUNDS = 100, MUL_COUNT = 40000, LANES = 8 };

/* Best of many short rounds of independent multiplications, as most of them are in use; *sink keeps
 * the work alive. */
#define BENCH_MUL(field)                                                                           \
    static double bench_##field(uint64_t *sink) {                                                  \
        field a[LANES], b;                                                                         \
        double best = 1e9;                                                                         \
        field##_from_u64(&b, 3);                                                                   \
        field##_inv(&b, &b);                                                                       \
        for (int i = 0; i < LANES; i++) {                                                          \
            field##_from_u64(&a[i], (uint64_t)i + 7);                                              \
            field##_inv(&a[i], &a[i]);                                                             \
        }                                                                                          \
        for (int round = 0; round < MUL_ROUNDS; round++) {                                         \
            double start = now();                                                                  \
            for (int i = 0; i < MUL_COUNT; i++) {                                                  \
                field##_mul(&a[i % LANES], &a[i % LANES], &b);                                     \
            }                                                                                      \
            double each = (now() - start) / MUL_COUNT * 1e9;                                       \
            best = each < best ? each : best;                                                      \
        }                                                                                          \
        *sink ^= a[0].l[0];                                                                        \
        return best;                                                                               \
    }
BENCH_MUL(fr)
BENCH_MUL(fq)

/* A check of two pairs, as a KZG verification does, in milliseconds. */
static double bench_pairing(uint64_t *sink) {
    const g1_affine p[2] = {G1_GENERATOR, G1_GENERATOR};
    const g2_affine q[2] = {G2_GENERATOR, G2_GENERATOR};
    enum { ROUNDS = 20 };
    double start = now();
    for (int i = 0; i < ROUNDS; i++) {
        *sink += pairing_check(p, q, 2);
    }
    return (now() - start) / ROUNDS * 1e3;
}

int main(int argc, char **argv) {
    unsigned max_log = 20;
    const char *path = NULL;
    for (int i = 1; i < argc; i++) {
        if (strcmp(argv[i], "--json") == 0 && i + 1 < argc) {
            path = argv[++i];
        } else if (strcmp(argv[i], "--max-log") == 0 && i + 1 < argc) {
            max_log = (unsigned)strtoul(argv[++i], NULL, 10);
        } else {
            (void)fprintf(stderr, "usage: bench_crypto [--max-log N] [--json FILE]\n");
            return 2;
        }
    }
    uint64_t sink = 0;
    double fr_ns = bench_fr(&sink), fq_ns = bench_fq(&sink);
    printf("fr_mul %.1f ns\nfq_mul %.1f ns\n", fr_ns, fq_ns);
    double pairing_ms = bench_pairing(&sink);
    printf("pairing check of two pairs %.2f ms\n", pairing_ms);

    size_t n = (size_t)1 << max_log;
    g1_affine *points = malloc(n * sizeof *points);
    fr *scalars = malloc(n * sizeof *scalars);
    json_t *rows = json_array();
    if (points == NULL || scalars == NULL || rows == NULL || max_log > 24) {
        (void)fprintf(stderr, "out of memory\n");
        return 1;
    }
    for (size_t i = 0; i < n; i++) {
        random_fr(&scalars[i]);
    }
    double start = now();
    g1_fixed_base_mul_batch(points, &G1_GENERATOR, scalars, n, cpu_count());
    double per_base = (now() - start) / (double)n * 1e6;
    printf("fixed base %.2f us a multiple, %u threads\n", per_base, cpu_count());
    for (size_t i = 0; i < n; i++) {
        random_fr(&scalars[i]);
    }
    for (unsigned log_n = 16; log_n <= max_log; log_n += 2) {
        for (unsigned threads = 1; threads <= 2; threads++) {
            g1 sum;
            size_t size = (size_t)1 << log_n;
            start = now();
            msm_g1(&sum, points, scalars, size, threads);
            double us = (now() - start) / (double)size * 1e6;
            sink ^= sum.x.l[0];
            printf("msm 2^%u, %u thread%s: %.2f us a point\n", log_n, threads,
                   threads == 1 ? " " : "s", us);
            json_array_append_new(rows, json_pack("{s:i, s:i, s:f}", "log_n", (int)log_n, "threads",
                                                  (int)threads, "us_per_point", us));
        }
    }
    printf("(check %016lx)\n", (unsigned long)sink);
    int status = 0;
    if (path != NULL) {
        json_t *out = json_pack("{s:f, s:f, s:f, s:O}", "fr_mul_ns", fr_ns, "fq_mul_ns", fq_ns,
                                "pairing_check_2_ms", pairing_ms, "msm", rows);
        if (out == NULL || json_dump_file(out, path, JSON_INDENT(2)) != 0) {
            (void)fprintf(stderr, "cannot write %s\n", path);
            status = 1;
        }
        json_decref(out);
    }
    json_decref(rows);
    free(points);
    free(scalars);
    return status;
}
