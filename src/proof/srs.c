/* The string itself: making an insecure one, and the full check. The file is in srs_file.c. */
#include "proof/srs.h"

#include "base/bytes.h"
#include "base/threads.h"
#include "crypto/keccak.h"
#include "crypto/msm.h"
#include "crypto/pairing.h"
#include "proof/raw_point.h"

#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>

void srs_release(struct srs *srs) {
    if (srs->map_len > 0) {
        munmap(srs->memory, srs->map_len);
    } else {
        free(srs->memory);
    }
    *srs = (struct srs){0};
}

static void insecure_tau(fr *tau, uint64_t seed) {
    static const char domain[] = "zklink.srs.insecure.v1";
    uint8_t word[WORD_LEN], hash[KECCAK256_LEN];
    struct keccak256 h;
    word_from_u64(word, seed);
    keccak256_init(&h);
    keccak256_update(&h, domain, sizeof domain - 1);
    keccak256_update(&h, word, sizeof word);
    keccak256_final(&h, hash);
    fr_from_be_reduce(tau, hash);
}

int srs_generate_insecure(struct srs *out, unsigned log_n, uint64_t seed, unsigned threads,
                          struct err *err) {
    *out = (struct srs){0};
    if (log_n > SRS_MAX_LOG_N) {
        return err_set(err, ERR_INPUT, "2^%u points asked for, at most 2^%d are possible", log_n,
                       SRS_MAX_LOG_N);
    }
    size_t n = (size_t)1 << log_n;
    fr *power = malloc(n * sizeof *power);
    g1_affine *points = malloc(n * sizeof *points);
    if (power == NULL || points == NULL) {
        free(power);
        free(points);
        return err_set(err, ERR_SYSTEM, "no memory for 2^%u points", log_n);
    }
    fr tau;
    insecure_tau(&tau, seed);
    power[0] = FR_ONE;
    for (size_t i = 1; i < n; i++) {
        fr_mul(&power[i], &power[i - 1], &tau);
    }
    g1_fixed_base_mul_batch(points, &G1_GENERATOR, power, n, threads);
    free(power);

    g2 tau_g2;
    g2_from_affine(&tau_g2, &G2_GENERATOR);
    g2_mul(&tau_g2, &tau_g2, &tau);
    out->log_n = log_n;
    out->g1 = points;
    out->memory = points;
    out->seed = seed;
    out->insecure = out->vk.insecure = true;
    out->vk.one = G2_GENERATOR;
    g2_to_affine(&out->vk.tau, &tau_g2);
    return 0;
}

struct check {
    const g1_affine *points;
    const uint8_t *seed;
    fr *coefficient;
    atomic_size_t bad; /* number of a bad point, or SIZE_MAX */
};

static void check_points(void *ctx, size_t begin, size_t end) {
    struct check *check = ctx;
    for (size_t i = begin; i < end; i++) {
        if (!raw_g1_ok(&check->points[i])) {
            atomic_store(&check->bad, i);
            return;
        }
    }
}

/* Coefficients 2 i and 2 i + 1 are the halves of keccak(seed | i). */
static void fill_coefficients(void *ctx, size_t begin, size_t end) {
    struct check *check = ctx;
    uint8_t in[2 * WORD_LEN], hash[KECCAK256_LEN];
    memcpy(in, check->seed, WORD_LEN);
    for (size_t i = begin; i < end; i++) {
        word_from_u64(in + WORD_LEN, i);
        keccak256(hash, in, sizeof in);
        for (size_t half = 0; half < 2; half++) {
            uint8_t word[WORD_LEN] = {0};
            memcpy(word + WORD_LEN / 2, hash + half * WORD_LEN / 2, WORD_LEN / 2);
            fr_from_be_reduce(&check->coefficient[2 * i + half], word);
        }
    }
}

static int check_group(const struct srs_vk *vk, struct err *err) {
    if (!g2_affine_eq(&vk->one, &G2_GENERATOR)) {
        return err_set(err, ERR_MISMATCH, "[1]_2 is not the standard generator of G2");
    }
    if (g2_affine_is_identity(&vk->tau) || !g2_affine_on_curve(&vk->tau) ||
        !g2_affine_in_subgroup(&vk->tau)) {
        return err_set(err, ERR_MISMATCH, "[tau]_2 is not a point of the group G2");
    }
    if (g2_affine_eq(&vk->tau, &vk->one)) {
        return err_set(err, ERR_MISMATCH, "tau is 1: no contribution was made to this string");
    }
    return 0;
}

/* With random coefficients c: e(sum c_i P_i, [tau]_2) = e(sum c_i P_{i+1}, [1]_2). */
static int check_powers(const struct srs *srs, unsigned threads, struct err *err) {
    size_t n = (size_t)1 << srs->log_n, pairs = n / 2;
    fr *coefficient = malloc(2 * pairs * sizeof *coefficient);
    if (coefficient == NULL) {
        return err_set(err, ERR_SYSTEM, "no memory to check 2^%u points", srs->log_n);
    }
    uint8_t seed[KECCAK256_LEN], raw[RAW_G2_LEN];
    struct keccak256 h;
    raw_g2_put(raw, &srs->vk.tau);
    keccak256_init(&h);
    keccak256_update(&h, raw, sizeof raw);
    keccak256_update(&h, srs->g1, n * sizeof *srs->g1);
    keccak256_final(&h, seed);
    struct check check = {.seed = seed, .coefficient = coefficient};
    parallel_for(threads, pairs, fill_coefficients, &check);

    g1 sum;
    g1_affine left[2];
    msm_g1(&sum, srs->g1, coefficient, n - 1, threads);
    g1_to_affine(&left[0], &sum);
    msm_g1(&sum, srs->g1 + 1, coefficient, n - 1, threads);
    g1_neg(&sum, &sum);
    g1_to_affine(&left[1], &sum);
    free(coefficient);
    const g2_affine right[2] = {srs->vk.tau, srs->vk.one};
    if (!pairing_check(left, right, 2)) {
        return err_set(err, ERR_MISMATCH, "the points are not consecutive powers of one tau");
    }
    return 0;
}

int srs_check(const struct srs *srs, unsigned threads, struct err *err) {
    size_t n = (size_t)1 << srs->log_n;
    struct check check = {.points = srs->g1, .bad = SIZE_MAX};
    parallel_for(threads, n, check_points, &check);
    size_t bad = atomic_load(&check.bad);
    if (bad != SIZE_MAX) {
        return err_set(err, ERR_MISMATCH, "point %zu is not on the curve", bad);
    }
    if (!g1_affine_eq(&srs->g1[0], &G1_GENERATOR)) {
        return err_set(err, ERR_MISMATCH, "the first point is not the generator of G1");
    }
    if (check_group(&srs->vk, err) != 0) {
        return -1;
    }
    return srs->log_n == 0 ? 0 : check_powers(srs, threads, err);
}

bool srs_chain_is_development(uint64_t chain_id) {
    return chain_id == 1337 || (chain_id >= 31337 && chain_id <= 31346);
}

int srs_check_chain(const struct srs_vk *vk, uint64_t chain_id, struct err *err) {
    if (vk->insecure && !srs_chain_is_development(chain_id)) {
        return err_set(err, ERR_CONFIG,
                       "the set-up is INSECURE (anybody can forge proofs): it is refused on chain "
                       "%llu, which is not a development chain (1337, 31337 to 31346)",
                       (unsigned long long)chain_id);
    }
    return 0;
}
