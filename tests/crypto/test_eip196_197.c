/* G1, G2 and the pairing: go-ethereum's vectors, what decoding must refuse, and the group and
 * pairing laws on random elements. Run from the repository's root. */
#include "crypto/pairing.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <jansson.h>

#define VECTORS "tests/vectors/eip196_197/"

static uint64_t rng_state = 0xda3e39cb94b95bdbULL;

static void random_fr(fr *r) {
    uint8_t b[32];
    for (int i = 0; i < 32; i++) {
        rng_state = rng_state * 6364136223846793005ULL + 1442695040888963407ULL;
        b[i] = (uint8_t)(rng_state >> 56);
    }
    fr_from_be_reduce(r, b);
}

static void random_g1(g1 *r) {
    fr k;
    random_fr(&k);
    g1_from_affine(r, &G1_GENERATOR);
    g1_mul(r, r, &k);
}

static void random_g2(g2 *r) {
    fr k;
    random_fr(&k);
    g2_from_affine(r, &G2_GENERATOR);
    g2_mul(r, r, &k);
}

/* ---- the precompiles, on the library ---- */

static uint8_t input[8192]; /* zero beyond the case's bytes */

static size_t unhex(uint8_t *out, size_t room, const char *hex) {
    size_t n = strlen(hex);
    assert_int_equal(n % 2, 0);
    assert_true(n / 2 <= room);
    for (size_t i = 0; i < n / 2; i++) {
        char pair[3] = {hex[2 * i], hex[2 * i + 1], 0}, *end;
        out[i] = (uint8_t)strtoul(pair, &end, 16);
        assert_ptr_equal(end, pair + 2);
    }
    return n / 2;
}

static bool run_add(uint8_t out[64], const uint8_t *in, size_t len) {
    g1_affine a, b;
    g1 sum;
    (void)len;
    if (!g1_affine_from_be(&a, in) || !g1_affine_from_be(&b, in + 64)) {
        return false;
    }
    g1_from_affine(&sum, &a);
    g1_add_affine(&sum, &sum, &b);
    g1_to_affine(&a, &sum);
    g1_affine_to_be(out, &a);
    return true;
}

static bool run_mul(uint8_t out[64], const uint8_t *in, size_t len) {
    g1_affine a;
    g1 product;
    uint64_t k[4] = {0};
    (void)len;
    if (!g1_affine_from_be(&a, in)) {
        return false;
    }
    for (int i = 0; i < 32; i++) {
        k[3 - i / 8] = k[3 - i / 8] << 8 | in[64 + i];
    }
    g1_from_affine(&product, &a);
    g1_mul_limbs(&product, &product, k);
    g1_to_affine(&a, &product);
    g1_affine_to_be(out, &a);
    return true;
}

enum { PAIR_BYTES = 192, MAX_PAIRS = 10 };

static bool run_pairing(uint8_t out[32], const uint8_t *in, size_t len) {
    g1_affine p[MAX_PAIRS];
    g2_affine q[MAX_PAIRS];
    size_t n = len / PAIR_BYTES;
    assert_true(n <= MAX_PAIRS);
    if (len % PAIR_BYTES != 0) {
        return false;
    }
    for (size_t i = 0; i < n; i++) {
        if (!g1_affine_from_be(&p[i], in + PAIR_BYTES * i) ||
            !g2_affine_from_be(&q[i], in + PAIR_BYTES * i + 64)) {
            return false;
        }
    }
    memset(out, 0, 32);
    out[31] = pairing_check(p, q, n);
    return true;
}

static void run_file(const char *path, bool (*run)(uint8_t *, const uint8_t *, size_t),
                     size_t expected_cases) {
    json_error_t error;
    json_t *cases = json_load_file(path, 0, &error), *one;
    size_t i;
    assert_non_null(cases);
    assert_int_equal(json_array_size(cases), expected_cases);
    json_array_foreach(cases, i, one) {
        uint8_t expected[64], out[64];
        memset(input, 0, sizeof input);
        size_t len = unhex(input, sizeof input, json_string_value(json_object_get(one, "Input")));
        size_t out_len =
            unhex(expected, sizeof expected, json_string_value(json_object_get(one, "Expected")));
        if (!run(out, input, len) || memcmp(out, expected, out_len) != 0) {
            fail_msg("%s: %s", path, json_string_value(json_object_get(one, "Name")));
        }
    }
    json_decref(cases);
}

static void test_vectors_add(void **state) {
    (void)state;
    run_file(VECTORS "bn256Add.json", run_add, 16);
}

static void test_vectors_scalar_mul(void **state) {
    (void)state;
    run_file(VECTORS "bn256ScalarMul.json", run_mul, 18);
}

static void test_vectors_pairing(void **state) {
    (void)state;
    run_file(VECTORS "bn256Pairing.json", run_pairing, 14);
}

/* ---- what must be refused ---- */

static void limbs_to_be(uint8_t b[32], const uint64_t v[4]) {
    for (int i = 0; i < 32; i++) {
        b[i] = (uint8_t)(v[3 - i / 8] >> (56 - 8 * (i % 8)));
    }
}

static void test_g1_decoding_refuses(void **state) {
    (void)state;
    uint8_t b[64];
    g1_affine p;
    for (size_t i = 0; i < 64; i += 7) { /* off the curve */
        g1_affine_to_be(b, &G1_GENERATOR);
        b[i] ^= 1;
        assert_false(g1_affine_from_be(&p, b));
        assert_true(g1_affine_is_identity(&p));
    }
    uint64_t v[4];
    memcpy(v, FQ_MODULUS, sizeof v); /* q for 0: the identity, encoded otherwise */
    memset(b, 0, sizeof b);
    limbs_to_be(b, v);
    assert_false(g1_affine_from_be(&p, b));
    memset(b, 0, 32);
    limbs_to_be(b + 32, v);
    assert_false(g1_affine_from_be(&p, b));
    v[0] += 1; /* q + 1 for 1: the generator, encoded otherwise */
    g1_affine_to_be(b, &G1_GENERATOR);
    limbs_to_be(b, v);
    assert_false(g1_affine_from_be(&p, b));
    v[0] += 1;
    g1_affine_to_be(b, &G1_GENERATOR);
    limbs_to_be(b + 32, v);
    assert_false(g1_affine_from_be(&p, b));
    memset(b, 0, sizeof b);
    b[63] = 2; /* (0, 2) */
    assert_false(g1_affine_from_be(&p, b));
    memset(b, 0xff, sizeof b);
    assert_false(g1_affine_from_be(&p, b));
    memset(b, 0, sizeof b);
    assert_true(g1_affine_from_be(&p, b));
    assert_true(g1_affine_is_identity(&p));
}

static void test_g2_decoding_refuses(void **state) {
    (void)state;
    uint8_t b[128];
    g2_affine p;
    for (size_t i = 0; i < 128; i += 9) {
        g2_affine_to_be(b, &G2_GENERATOR);
        b[i] ^= 1;
        assert_false(g2_affine_from_be(&p, b));
        assert_true(g2_affine_is_identity(&p));
    }
    for (size_t part = 0; part < 4; part++) { /* a coefficient plus q, where that fits 256 bits */
        g2_affine_to_be(b, &G2_GENERATOR);
        unsigned carry = 0;
        uint8_t q[32];
        limbs_to_be(q, FQ_MODULUS);
        for (size_t i = 32; i-- > 0;) {
            carry += (unsigned)b[32 * part + i] + q[i];
            b[32 * part + i] = (uint8_t)carry;
            carry >>= 8;
        }
        assert_int_equal(carry, 0);
        assert_false(g2_affine_from_be(&p, b));
    }
    memset(b, 0, sizeof b);
    assert_true(g2_affine_from_be(&p, b));
    assert_true(g2_affine_is_identity(&p));
}

/* A square root in Fq2 by the norm: enough to find points of the twist. */
static bool fq2_root(fq2 *r, const fq2 *a) {
    fq norm, t, half, x;
    fq_sqr(&norm, &a->c0);
    fq_sqr(&t, &a->c1);
    fq_add(&norm, &norm, &t);
    if (!fq_sqrt(&norm, &norm)) {
        return false;
    }
    for (int sign = 0; sign < 2; sign++) {
        fq_add(&half, &a->c0, &norm);
        fq_halve(&half, &half);
        if (fq_sqrt(&x, &half) && !fq_is_zero(&x)) {
            fq2 check;
            r->c0 = x;
            fq_dbl(&t, &x);
            fq_inv(&t, &t);
            fq_mul(&r->c1, &a->c1, &t);
            fq2_sqr(&check, r);
            return fq2_eq(&check, a);
        }
        fq_neg(&norm, &norm);
    }
    return false;
}

/* Points of the twist with a small x are on the curve and, its cofactor being about 2^254, not in
 * the subgroup: they must not pass. */
static void test_g2_refuses_points_outside_the_subgroup(void **state) {
    (void)state;
    size_t found = 0;
    fq2 b3, nine_i = {.c1 = FQ_ONE};
    fq_from_u64(&nine_i.c0, 9);
    fq2_inv(&b3, &nine_i);
    fq three;
    fq_from_u64(&three, 3);
    fq2_mul_fq(&b3, &b3, &three);
    for (uint64_t x = 0; x < 40; x++) {
        g2_affine p, decoded;
        uint8_t b[128];
        fq_from_u64(&p.x.c0, x);
        fq_from_u64(&p.x.c1, x % 3);
        fq2 y2;
        fq2_sqr(&y2, &p.x);
        fq2_mul(&y2, &y2, &p.x);
        fq2_add(&y2, &y2, &b3);
        if (!fq2_root(&p.y, &y2)) {
            continue;
        }
        found++;
        assert_true(g2_affine_on_curve(&p));
        assert_false(g2_affine_in_subgroup(&p));
        g2_affine_to_be(b, &p);
        assert_false(g2_affine_from_be(&decoded, b));
    }
    assert_true(found >= 5);
}

static void test_pairing_input_of_wrong_size_or_content(void **state) {
    (void)state;
    uint8_t out[32];
    memset(input, 0, sizeof input);
    g1_affine_to_be(input, &G1_GENERATOR);
    g2_affine_to_be(input + 64, &G2_GENERATOR);
    assert_true(run_pairing(out, input, 192));
    assert_false(run_pairing(out, input, 191));
    assert_false(run_pairing(out, input, 193));
    input[63] = 3;
    assert_false(run_pairing(out, input, 192));
    input[63] = 2;
    input[191] ^= 1;
    assert_false(run_pairing(out, input, 192));
}

/* ---- laws ---- */

static void test_group_laws(void **state) {
    (void)state;
    for (int i = 0; i < 20; i++) {
        g1 a, b, c, x, y;
        g1_affine affine;
        random_g1(&a);
        random_g1(&b);
        random_g1(&c);
        g1_add(&x, &a, &b);
        g1_add(&x, &x, &c);
        g1_add(&y, &b, &c);
        g1_add(&y, &a, &y);
        assert_true(g1_eq(&x, &y));
        g1_to_affine(&affine, &x);
        assert_true(g1_affine_on_curve(&affine));
        g1_add(&x, &a, &a); /* addition's exceptional cases */
        g1_dbl(&y, &a);
        assert_true(g1_eq(&x, &y));
        g1_to_affine(&affine, &a);
        g1_add_affine(&x, &a, &affine);
        assert_true(g1_eq(&x, &y));
        g1_neg(&y, &a);
        g1_add(&x, &a, &y);
        assert_true(g1_is_identity(&x));
        g1_add_affine(&x, &y, &affine);
        assert_true(g1_is_identity(&x));
        g1_add(&x, &G1_IDENTITY, &a);
        assert_true(g1_eq(&x, &a));
        g1_add(&x, &a, &G1_IDENTITY);
        assert_true(g1_eq(&x, &a));
        g1_dbl(&x, &G1_IDENTITY);
        assert_true(g1_is_identity(&x));
        assert_false(g1_eq(&a, &b));
    }
    g1 g;
    g1_from_affine(&g, &G1_GENERATOR);
    g1_mul_limbs(&g, &g, FR_MODULUS);
    assert_true(g1_is_identity(&g));
    g1_affine zero;
    g1_to_affine(&zero, &g);
    assert_true(g1_affine_is_identity(&zero));
    assert_true(g2_affine_on_curve(&G2_GENERATOR));
    assert_true(g2_affine_in_subgroup(&G2_GENERATOR));
}

static void test_batch_to_affine(void **state) {
    (void)state;
    enum { N = 600 };
    static g1 a[N];
    static g1_affine r[N];
    random_g1(&a[0]);
    for (size_t i = 1; i < N; i++) {
        g1_dbl(&a[i], &a[i - 1]);
    }
    a[0] = a[255] = a[256] = a[N - 1] = G1_IDENTITY;
    g1_batch_to_affine(r, a, N);
    for (size_t i = 0; i < N; i++) {
        g1_affine one;
        g1_to_affine(&one, &a[i]);
        assert_true(g1_affine_eq(&one, &r[i]));
    }
}

static void test_g2_laws_and_encoding(void **state) {
    (void)state;
    for (int i = 0; i < 5; i++) {
        g2 a, b, x, y;
        g2_affine affine, back;
        uint8_t bytes[128];
        random_g2(&a);
        random_g2(&b);
        g2_add(&x, &a, &b);
        g2_add(&y, &b, &a);
        assert_true(g2_eq(&x, &y));
        g2_to_affine(&affine, &x);
        assert_true(g2_affine_on_curve(&affine));
        assert_true(g2_affine_in_subgroup(&affine));
        g2_affine_to_be(bytes, &affine);
        assert_true(g2_affine_from_be(&back, bytes));
        assert_true(g2_affine_eq(&affine, &back));
        g2_add(&x, &a, &a);
        g2_dbl(&y, &a);
        assert_true(g2_eq(&x, &y));
        g2_neg(&y, &a);
        g2_add(&x, &a, &y);
        assert_true(g2_is_identity(&x));
    }
}

/* e(a P, b Q) = e(ab P, Q) = e(P, Q)^(ab), and that is not 1. */
static void test_bilinear_and_not_degenerate(void **state) {
    (void)state;
    for (int i = 0; i < 4; i++) {
        fr a, b, ab;
        random_fr(&a);
        random_fr(&b);
        fr_mul(&ab, &a, &b);
        g1 p;
        g2 q;
        g1_affine p1, p2;
        g2_affine q1;
        g1_from_affine(&p, &G1_GENERATOR);
        g1_mul(&p, &p, &a);
        g1_to_affine(&p1, &p);
        g2_from_affine(&q, &G2_GENERATOR);
        g2_mul(&q, &q, &b);
        g2_to_affine(&q1, &q);
        g1_from_affine(&p, &G1_GENERATOR);
        g1_mul(&p, &p, &ab);
        g1_to_affine(&p2, &p);
        fq12 x, y, base, power = FQ12_ONE;
        pairing_product(&x, &p1, &q1, 1);
        pairing_product(&y, &p2, &G2_GENERATOR, 1);
        assert_true(fq12_eq(&x, &y));
        assert_false(fq12_eq(&x, &FQ12_ONE));
        pairing_product(&base, &G1_GENERATOR, &G2_GENERATOR, 1);
        uint64_t k[4];
        fr_to_limbs(k, &ab);
        for (int bit = 255; bit >= 0; bit--) {
            fq12_sqr(&power, &power);
            if ((k[bit / 64] >> (bit % 64)) & 1) {
                fq12_mul(&power, &power, &base);
            }
        }
        assert_true(fq12_eq(&x, &power));
        fq12_cyclotomic_sqr(&power, &x);
        fq12_sqr(&y, &x);
        assert_true(fq12_eq(&power, &y));
        g1_affine pair_p[2] = {p1, p2};
        g2_affine pair_q[2] = {q1, G2_GENERATOR};
        assert_false(pairing_check(pair_p, pair_q, 2));
        g1_affine_neg(&pair_p[1], &p2);
        assert_true(pairing_check(pair_p, pair_q, 2));
        assert_false(pairing_check(pair_p, pair_q, 1));
    }
}

static void test_pairing_counts_identities_as_one(void **state) {
    (void)state;
    enum { N = 40 }; /* more than one batch of pairs */
    g1_affine p[N];
    g2_affine q[N];
    for (size_t i = 0; i < N; i++) {
        p[i] = G1_GENERATOR;
        q[i] = G2_GENERATOR;
        if (i % 2 == 1) {
            g1_affine_neg(&p[i], &p[i]);
        }
    }
    assert_true(pairing_check(p, q, N));
    assert_false(pairing_check(p, q, N - 1));
    memset(&p[N - 1], 0, sizeof p[0]);
    assert_false(pairing_check(p, q, N));
    memset(&q[0], 0, sizeof q[0]);
    assert_true(pairing_check(p, q, N));
    assert_true(pairing_check(p, q, 1));
    assert_true(pairing_check(p, q, 0));
}

/* Frobenius maps against their definition: a^(q^2) is the first map twice, and so on; and the first
 * against a plain power. */
static void test_frobenius(void **state) {
    (void)state;
    fq12 a, x, y;
    pairing_product(&a, &G1_GENERATOR, &G2_GENERATOR, 1);
    fq2_add(&a.c0.c1, &a.c0.c1, &FQ2_ONE); /* out of the cyclotomic subgroup */
    fq12_frobenius(&x, &a, 1);
    y = FQ12_ONE;
    for (int bit = 255; bit >= 0; bit--) {
        fq12_sqr(&y, &y);
        if ((FQ_MODULUS[bit / 64] >> (bit % 64)) & 1) {
            fq12_mul(&y, &y, &a);
        }
    }
    assert_true(fq12_eq(&x, &y));
    fq12_frobenius(&x, &x, 1);
    fq12_frobenius(&y, &a, 2);
    assert_true(fq12_eq(&x, &y));
    fq12_frobenius(&x, &x, 1);
    fq12_frobenius(&y, &a, 3);
    assert_true(fq12_eq(&x, &y));
    fq12_inv(&x, &a);
    fq12_mul(&x, &x, &a);
    assert_true(fq12_eq(&x, &FQ12_ONE));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_vectors_add),
        cmocka_unit_test(test_vectors_scalar_mul),
        cmocka_unit_test(test_vectors_pairing),
        cmocka_unit_test(test_g1_decoding_refuses),
        cmocka_unit_test(test_g2_decoding_refuses),
        cmocka_unit_test(test_g2_refuses_points_outside_the_subgroup),
        cmocka_unit_test(test_pairing_input_of_wrong_size_or_content),
        cmocka_unit_test(test_group_laws),
        cmocka_unit_test(test_batch_to_affine),
        cmocka_unit_test(test_g2_laws_and_encoding),
        cmocka_unit_test(test_bilinear_and_not_degenerate),
        cmocka_unit_test(test_pairing_counts_identities_as_one),
        cmocka_unit_test(test_frobenius),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
