/* Commitments and their opening: the vectors of tests/vectors/opening, which Python and Solidity
 * run too; completeness; every altered byte; exceptional vectors and challenges. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/bytes.h"
#include "crypto/msm.h"
#include "proof/kzg_fold.h"

#include <dirent.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define FOLDER "tests/vectors/opening"

static struct srs srs;

static int set_up(void **state) {
    (void)state;
    struct err err;
    return srs_generate_insecure(&srs, 12, 1, 2, &err);
}

static int tear_down(void **state) {
    (void)state;
    srs_release(&srs);
    return 0;
}

/* splitmix64, seeded by the test */
static uint64_t random_state;

static uint64_t random_u64(void) {
    uint64_t z = random_state += 0x9e3779b97f4a7c15;
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9;
    z = (z ^ (z >> 27)) * 0x94d049bb133111eb;
    return z ^ (z >> 31);
}

static fr random_fr(void) {
    uint8_t b[32];
    for (size_t i = 0; i < 32; i += 8) {
        uint64_t v = random_u64();
        memcpy(b + i, &v, 8);
    }
    fr r;
    fr_from_be_reduce(&r, b);
    return r;
}

/* A claim with its vector and its proof. */
struct opened {
    unsigned M;
    fr *f, *R, y;
    g1_affine C;
    struct proof_buf proof;
};

static void mle(fr *out, const fr *f, const fr *R, unsigned M) {
    size_t n = (size_t)1 << M;
    fr *t = malloc(n * sizeof *t);
    assert_non_null(t);
    memcpy(t, f, n * sizeof *t);
    for (unsigned l = 0; l < M; l++) {
        n /= 2;
        for (size_t j = 0; j < n; j++) {
            fr d;
            fr_sub(&d, &t[2 * j + 1], &t[2 * j]);
            fr_mul(&d, &d, &R[l]);
            fr_add(&t[j], &t[2 * j], &d);
        }
    }
    *out = t[0];
    free(t);
}

static void claim_transcript(struct transcript *t, const g1_affine *C, const fr *y, const fr *R,
                             unsigned M) {
    struct keccak256 h;
    uint8_t point[64];
    transcript_init(t);
    transcript_absorb_begin(t, &h);
    g1_affine_to_be(point, C);
    transcript_absorb_bytes(&h, point, sizeof point);
    transcript_absorb_fr(&h, y, 1);
    transcript_absorb_fr(&h, R, M);
    transcript_absorb_end(t, &h);
}

static void open_claim(struct opened *o, unsigned threads) {
    struct transcript t;
    o->proof = (struct proof_buf){0};
    assert_int_equal(kzg_commit(&srs, o->f, (size_t)1 << o->M, threads, &o->C), KZG_OK);
    mle(&o->y, o->f, o->R, o->M);
    claim_transcript(&t, &o->C, &o->y, o->R, o->M);
    assert_int_equal(kzg_open(&srs, o->f, o->M, o->R, &t, &o->proof, threads), KZG_OK);
    assert_int_equal(o->proof.len, kzg_proof_len(o->M));
}

static void new_opened(struct opened *o, unsigned M) {
    o->M = M;
    o->f = calloc((size_t)1 << M, sizeof *o->f);
    o->R = calloc(M + 1, sizeof *o->R);
    assert_non_null(o->f);
    assert_non_null(o->R);
    for (unsigned i = 0; i < M; i++) {
        o->R[i] = random_fr();
    }
}

static void free_opened(struct opened *o) {
    free(o->f);
    free(o->R);
    proof_buf_release(&o->proof);
}

static bool accepts(const g1_affine *C, unsigned M, const fr *R, const fr *y, const uint8_t *proof,
                    size_t len) {
    struct transcript t;
    claim_transcript(&t, C, y, R, M);
    struct proof_reader reader = {.data = proof, .len = len};
    bool ok = true;
    assert_int_equal(kzg_verify(&srs.vk, C, M, R, y, &t, &reader, &ok), KZG_OK);
    return ok && proof_reader_done(&reader);
}

static void test_random_vectors_open(void **state) {
    (void)state;
    random_state = 1;
    for (unsigned M = 0; M <= 12; M++) {
        for (unsigned threads = 1; threads <= 2; threads++) {
            struct opened o;
            new_opened(&o, M);
            for (size_t i = 0; i < (size_t)1 << M; i++) {
                o.f[i] = random_fr();
            }
            open_claim(&o, threads);
            assert_true(accepts(&o.C, M, o.R, &o.y, o.proof.data, o.proof.len));
            fr wrong;
            fr_add(&wrong, &o.y, &FR_ONE);
            assert_false(accepts(&o.C, M, o.R, &wrong, o.proof.data, o.proof.len));
            for (unsigned i = 0; i < M; i++) {
                fr keep = o.R[i];
                o.R[i] = random_fr();
                assert_false(accepts(&o.C, M, o.R, &o.y, o.proof.data, o.proof.len));
                o.R[i] = keep;
            }
            assert_false(accepts(&G1_GENERATOR, M, o.R, &o.y, o.proof.data, o.proof.len));
            free_opened(&o);
        }
    }
}

/* The prover run on a false claim: everything fits but the claim. */
static void test_false_claims_are_refused(void **state) {
    (void)state;
    random_state = 2;
    for (unsigned M = 1; M <= 11; M++) {
        struct opened o;
        new_opened(&o, M);
        for (size_t i = 0; i < (size_t)1 << M; i++) {
            o.f[i] = random_fr();
        }
        open_claim(&o, 1);
        fr y = random_fr();
        for (int cause = 0; cause < 3; cause++) {
            struct transcript t;
            struct proof_buf proof = {0};
            g1_affine C = cause == 1 ? G1_GENERATOR : o.C;
            fr at = o.R[M - 1];
            o.R[M - 1] = cause == 2 ? random_fr() : at;
            claim_transcript(&t, &C, cause == 0 ? &y : &o.y, o.R, M);
            assert_int_equal(kzg_open(&srs, o.f, M, o.R, &t, &proof, 1), KZG_OK);
            assert_false(accepts(&C, M, o.R, cause == 0 ? &y : &o.y, proof.data, proof.len));
            o.R[M - 1] = at;
            proof_buf_release(&proof);
        }
        free_opened(&o);
    }
}

static void test_every_altered_byte_is_refused(void **state) {
    (void)state;
    random_state = 3;
    static const unsigned sizes[] = {0, 1, 4, 8};
    for (size_t k = 0; k < sizeof sizes / sizeof *sizes; k++) {
        struct opened o;
        new_opened(&o, sizes[k]);
        for (size_t i = 0; i < (size_t)1 << o.M; i++) {
            o.f[i] = random_fr();
        }
        open_claim(&o, 1);
        for (size_t i = 0; i < o.proof.len; i++) {
            uint8_t keep = o.proof.data[i];
            o.proof.data[i] ^= (uint8_t)(1u << (random_u64() % 8));
            assert_false(accepts(&o.C, o.M, o.R, &o.y, o.proof.data, o.proof.len));
            o.proof.data[i] = keep;
        }
        for (size_t len = 0; len < o.proof.len; len += 31) {
            assert_false(accepts(&o.C, o.M, o.R, &o.y, o.proof.data, len));
        }
        assert_true(accepts(&o.C, o.M, o.R, &o.y, o.proof.data, o.proof.len));
        free_opened(&o);
    }
}

static void test_exceptional_vectors_open(void **state) {
    (void)state;
    random_state = 4;
    for (unsigned M = 0; M <= 11; M++) {
        for (int kind = 0; kind < 5; kind++) {
            struct opened o;
            size_t n = (size_t)1 << M;
            new_opened(&o, M);
            fr value = random_fr(), minus_one;
            fr_neg(&minus_one, &FR_ONE);
            for (size_t i = 0; i < n; i++) {
                o.f[i] = kind == 1 ? value : kind == 4 ? minus_one : FR_ZERO;
            }
            if (kind == 2) {
                o.f[n - 1] = value;
            }
            for (unsigned l = 0; l < M && kind == 3; l++) {
                o.R[l] = random_u64() & 1 ? FR_ONE : FR_ZERO;
                o.f[l] = random_fr();
            }
            open_claim(&o, 1);
            assert_true(accepts(&o.C, M, o.R, &o.y, o.proof.data, o.proof.len));
            if (kind == 0) {
                assert_true(g1_affine_is_identity(&o.C) && fr_is_zero(&o.y));
                assert_false(accepts(&o.C, M, o.R, &value, o.proof.data, o.proof.len));
            }
            free_opened(&o);
        }
    }
}

static void test_commitment_is_the_sum(void **state) {
    (void)state;
    random_state = 5;
    fr f[300];
    for (size_t n = 0; n <= 300; n += 37) {
        for (size_t i = 0; i < n; i++) {
            f[i] = random_fr();
            if (i % 3 == 0) {
                fr_from_u64(&f[i], random_u64() % 4);
            }
        }
        g1 sum;
        g1_affine slow, fast;
        msm_g1_naive(&sum, srs.g1, f, n);
        g1_to_affine(&slow, &sum);
        assert_int_equal(kzg_commit(&srs, f, n, 2, &fast), KZG_OK);
        assert_true(g1_affine_eq(&slow, &fast));
    }
}

static void test_sizes_are_bounded(void **state) {
    (void)state;
    struct srs small = srs;
    small.log_n = 3;
    fr f[16] = {{{0}}}, R[KZG_MAX_M + 1] = {{{0}}};
    g1_affine C;
    struct transcript t;
    struct proof_buf out = {0};
    transcript_init(&t);
    assert_int_equal(kzg_commit(&small, f, 9, 1, &C), KZG_ERR_SIZE);
    assert_int_equal(kzg_commit(&small, f, 8, 1, &C), KZG_OK);
    assert_int_equal(kzg_open(&small, f, 4, R, &t, &out, 1), KZG_ERR_SIZE);
    struct proof_reader reader = {0};
    bool ok = true;
    assert_int_equal(kzg_verify(&srs.vk, &C, KZG_MAX_M + 1, R, f, &t, &reader, &ok), KZG_ERR_SIZE);
    assert_false(ok);
    for (unsigned M = 0; M <= KZG_MAX_M; M++) {
        struct kzg_shape shape;
        kzg_shape(&shape, M);
        unsigned sum = shape.tail;
        assert_in_range(shape.folds, 1, KZG_MAX_FOLDS);
        assert_in_range(shape.tail, 0, 4);
        for (unsigned i = 0; i < shape.folds; i++) {
            assert_in_range(shape.width[i], 0, KZG_MAX_WIDTH);
            sum += shape.width[i];
        }
        assert_int_equal(sum, M);
    }
}

/* w^m = t_i is a pole: refused. Points t_i that are equal, or zero, are no exception. */
static void test_colliding_challenges(void **state) {
    (void)state;
    random_state = 6;
    struct kzg_shape shape;
    kzg_shape(&shape, 14);
    fr t[KZG_MAX_FOLDS], c[KZG_MAX_FOLDS], inverse, nu = random_fr(), w = random_fr(), z, product;
    for (unsigned i = 0; i < shape.folds; i++) {
        fr z8 = w;
        for (unsigned l = 0; l < 3; l++) {
            fr_sqr(&z8, &z8);
        }
        for (unsigned j = 0; j < shape.folds; j++) {
            t[j] = j == i ? z8 : random_fr();
        }
        assert_false(kzg_coefficients(c, &inverse, &shape, t, &nu, &w));
    }
    for (uint64_t v = 0; v < 2; v++) {
        fr_from_u64(&z, v);
        kzg_fold_points(t, &shape, &z);
        assert_true(fr_eq(&t[0], &t[3]));
        assert_true(kzg_coefficients(c, &inverse, &shape, t, &nu, &w));
        fr_from_u64(&product, 1);
        for (unsigned i = 0; i < shape.folds; i++) {
            fr d;
            fr_pow_u64(&d, &w, 8);
            fr_sub(&d, &d, &t[i]);
            fr_mul(&product, &product, &d);
        }
        fr_mul(&product, &product, &inverse);
        assert_true(fr_eq(&product, &FR_ONE));
    }
}

/* --- Vectors ------------------------------------------------------------------------------------
 */

static void get_hex(const json_t *json, const char *key, struct buf *out) {
    const char *text = json_string_value(json_object_get(json, key));
    assert_non_null(text);
    assert_true(hex_decode_buf(out, text, 1 << 20));
}

/* The C prover's proof of a vector's claim must be the Python prover's, byte by byte. */
static void compare_proof(const char *name, const json_t *json, unsigned M, const fr *R,
                          const g1_affine *C, const fr *y, const struct buf *proof) {
    struct buf words = {0};
    get_hex(json, "f", &words);
    assert_int_equal(words.len, 32u << M);
    fr *f = calloc((size_t)1 << M, sizeof *f);
    assert_non_null(f);
    for (size_t i = 0; i < (size_t)1 << M; i++) {
        assert_true(fr_from_be(&f[i], words.data + 32 * i));
    }
    struct transcript t;
    struct proof_buf mine = {0};
    claim_transcript(&t, C, y, R, M);
    assert_int_equal(kzg_open(&srs, f, M, R, &t, &mine, 2), KZG_OK);
    if (mine.len != proof->len || memcmp(mine.data, proof->data, mine.len) != 0) {
        fail_msg("%s: another proof than the reference's", name);
    }
    proof_buf_release(&mine);
    free(f);
    buf_free(&words);
}

static bool run_vector(const char *name) {
    char path[512];
    json_error_t error;
    snprintf(path, sizeof path, FOLDER "/%s", name);
    json_t *json = json_load_file(path, 0, &error);
    assert_non_null(json);
    struct buf claim = {0}, proof = {0}, tau = {0};
    get_hex(json, "claim", &claim);
    get_hex(json, "proof", &proof);
    get_hex(json, "set_up", &tau);
    unsigned M = (unsigned)json_integer_value(json_object_get(json, "m"));
    assert_int_equal(claim.len, 96 + 32 * M);
    assert_int_equal(tau.len, 128);
    g2_affine tau_g2;
    assert_true(g2_affine_from_be(&tau_g2, tau.data));
    assert_true(g2_affine_eq(&tau_g2, &srs.vk.tau));
    g1_affine C;
    fr words[KZG_MAX_M + 1];
    assert_true(g1_affine_from_be(&C, claim.data));
    for (unsigned i = 0; i <= M; i++) {
        assert_true(fr_from_be(&words[i], claim.data + 64 + 32 * i));
    }
    bool valid = json_is_true(json_object_get(json, "valid"));
    if (accepts(&C, M, words + 1, &words[0], proof.data, proof.len) != valid) {
        fail_msg("%s: verdict is not %d", name, valid);
    }
    if (json_object_get(json, "f") != NULL) {
        compare_proof(name, json, M, words + 1, &C, &words[0], &proof);
    }
    buf_free(&claim);
    buf_free(&proof);
    buf_free(&tau);
    json_decref(json);
    return valid;
}

static void test_vectors(void **state) {
    (void)state;
    unsigned count[2] = {0, 0};
    DIR *dir = opendir(FOLDER);
    assert_non_null(dir);
    for (struct dirent *e; (e = readdir(dir)) != NULL;) {
        if (e->d_name[0] != '.') {
            count[run_vector(e->d_name)]++;
        }
    }
    closedir(dir);
    assert_in_range(count[true], 30, 1000);
    assert_in_range(count[false], 200, 5000);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_vectors),
        cmocka_unit_test(test_random_vectors_open),
        cmocka_unit_test(test_false_claims_are_refused),
        cmocka_unit_test(test_every_altered_byte_is_refused),
        cmocka_unit_test(test_exceptional_vectors_open),
        cmocka_unit_test(test_commitment_is_the_sum),
        cmocka_unit_test(test_sizes_are_bounded),
        cmocka_unit_test(test_colliding_challenges),
    };
    return cmocka_run_group_tests_name("kzg", tests, set_up, tear_down);
}
