/* Speed of the hash and of signatures on one core:
 *   bench_hash [--json FILE]
 * Prints what was measured and, with --json, writes {"poseidon2_per_s": .., "verify_sig_per_s":
 * ..}. Each figure is the best of five runs of about a fifth of a second: other work on the machine
 * only makes a run slower. */
#include "crypto/poseidon2.h"
#include "crypto/schnorr.h"

#include <stdio.h>
#include <time.h>

enum { RUNS = 5, KEYS = 16 };

struct subject {
    const char *name, *json;
    size_t batch;
    void (*run)(void *ctx, size_t n);
    void *ctx;
};

struct signatures {
    fr domain, m[KEYS][4];
    struct schnorr_key key[KEYS];
    struct schnorr_signature sig[KEYS];
    size_t rejected;
};

static double seconds(void) {
    struct timespec t;
    (void)clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

static void run_poseidon2(void *ctx, size_t n) {
    fr *s = ctx;
    for (size_t i = 0; i < n; i++) {
        poseidon2_permute(s);
    }
}

static void run_verify(void *ctx, size_t n) {
    struct signatures *x = ctx;
    for (size_t i = 0; i < n; i++) {
        size_t k = i % KEYS;
        x->rejected += !schnorr_verify(&x->sig[k], &x->key[k].public_key, &x->domain, x->m[k]);
    }
}

static void run_sign(void *ctx, size_t n) {
    struct signatures *x = ctx;
    for (size_t i = 0; i < n; i++) {
        size_t k = i % KEYS;
        schnorr_sign(&x->sig[k], &x->key[k], &x->domain, x->m[k]);
    }
}

static double measure(const struct subject *s) {
    double best = 0;
    for (int r = 0; r < RUNS; r++) {
        double start = seconds(), spent;
        size_t done = 0;
        do {
            s->run(s->ctx, s->batch);
            done += s->batch;
            spent = seconds() - start;
        } while (spent < 0.2);
        double rate = (double)done / spent;
        best = rate > best ? rate : best;
    }
    return best;
}

static bool prepare(struct signatures *x) {
    x->rejected = 0;
    fr_from_u64(&x->domain, 1);
    for (size_t k = 0; k < KEYS; k++) {
        uint8_t seed[32] = {1, (uint8_t)k};
        if (!schnorr_key_from_seed(&x->key[k], seed, sizeof seed)) {
            return false;
        }
        for (size_t i = 0; i < 4; i++) {
            fr_from_u64(&x->m[k][i], 1000 * k + i);
        }
        schnorr_sign(&x->sig[k], &x->key[k], &x->domain, x->m[k]);
    }
    (void)bjj_window_table();
    return true;
}

int main(int argc, char **argv) {
    static struct signatures sigs;
    fr state[POSEIDON2_T] = {FR_ZERO, FR_ONE, FR_ZERO, FR_ONE};
    const struct subject subjects[] = {
        {"Poseidon2 permutations", "poseidon2_per_s", 1000, run_poseidon2, state},
        {"signatures verified", "verify_sig_per_s", 100, run_verify, &sigs},
        {"signatures made", "sign_per_s", 50, run_sign, &sigs},
    };
    enum { SUBJECTS = sizeof subjects / sizeof subjects[0] };
    double rate[SUBJECTS];
    bool json = argc == 3 && strcmp(argv[1], "--json") == 0;
    if ((argc != 1 && !json) || !prepare(&sigs)) {
        (void)fprintf(stderr, "usage: bench_hash [--json FILE]\n");
        return 2;
    }
    for (size_t i = 0; i < SUBJECTS; i++) {
        rate[i] = measure(&subjects[i]);
        (void)printf("%-24s %9.0f /s  (%6.2f us each, one core)\n", subjects[i].name, rate[i],
                     1e6 / rate[i]);
    }
    if (sigs.rejected != 0) {
        (void)fprintf(stderr, "a valid signature was rejected\n");
        return 1;
    }
    if (json) {
        FILE *f = fopen(argv[2], "w");
        if (f == NULL) {
            perror(argv[2]);
            return 1;
        }
        for (size_t i = 0; i < SUBJECTS; i++) {
            (void)fprintf(f, "%s\"%s\": %.0f", i == 0 ? "{" : ", ", subjects[i].json, rate[i]);
        }
        (void)fprintf(f, "}\n");
        if (fclose(f) != 0) {
            perror(argv[2]);
            return 1;
        }
    }
    return 0;
}
