/* Poseidon2 against published vectors; the fast, the paired and the recording form against each
 * other. Vectors: AztecProtocol/aztec-packages, barretenberg/.../poseidon2_permutation.test.cpp and
 * the generator's own TEST_VECTOR (inputs 0, 1, 2, 3). */
#include "crypto/poseidon2.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

struct vector {
    const char *in[4], *out[4];
};

#define CONSISTENCY "9a807b615c4d3e2fa0b1c2d3e4f56789fedcba9876543210abcdef0123456789"

static const struct vector VECTORS[] = {
    {{"0", "1", "2", "3"},
     {"01bd538c2ee014ed5141b29e9ae240bf8db3fe5b9a38629a9647cf8d76c01737",
      "239b62e7db98aa3a2a8f6a0d2fa1709e7a35959aa6c7034814d9daa90cbac662",
      "04cbb44c61d928ed06808456bf758cbf0c18d1e15a7b6dbc8245fa7515d5e3cb",
      "2e11c5cff2a22c64d01304b778d78f6998eff1ab73163a35603f54794c30847a"}},
};

static void check_permutation(const fr in[4], const char *const want[4]) {
    fr s[4], expected;
    memcpy(s, in, sizeof s);
    poseidon2_permute(s);
    for (int i = 0; i < 4; i++) {
        assert_true(fr_from_hex(&expected, want[i]));
        assert_true(fr_eq(&s[i], &expected));
    }
}

static void published_vectors(void **state) {
    (void)state;
    for (size_t v = 0; v < sizeof VECTORS / sizeof VECTORS[0]; v++) {
        fr in[4];
        for (int i = 0; i < 4; i++) {
            assert_true(fr_from_hex(&in[i], VECTORS[v].in[i]));
        }
        check_permutation(in, VECTORS[v].out);
    }
}

/* Its input is above r: Barretenberg reduces it. */
static void barretenberg_consistency(void **state) {
    (void)state;
    static const char *const want[4] = {
        "2bf1eaf87f7d27e8dc4056e9af975985bccc89077a21891d6c7b6ccce0631f95",
        "0c01fa1b8d0748becafbe452c0cb0231c38224ea824554c9362518eebdd5701f",
        "018555a8eb50cf07f64b019ebaf3af3c925c93e631f3ecd455db07bbb52bbdd3",
        "0cbea457c91c22c6c31fd89afd2541efc2edf31736b9f721e823b2165c90fd41"};
    uint8_t bytes[32];
    fr in[4];
    for (unsigned i = 0; i < 32; i++) {
        unsigned hi, lo;
        const char *digits = "0123456789abcdef", *text = CONSISTENCY;
        hi = (unsigned)(strchr(digits, text[2 * i]) - digits);
        lo = (unsigned)(strchr(digits, text[2 * i + 1]) - digits);
        bytes[i] = (uint8_t)(16 * hi + lo);
    }
    for (int i = 0; i < 4; i++) {
        fr_from_be_reduce(&in[i], bytes);
    }
    check_permutation(in, want);
}

/* First and last constants of each sort, as poseidon2_params.hpp has them. */
static void constants_are_barretenbergs(void **state) {
    (void)state;
    const struct {
        const fr *have;
        const char *want;
    } cases[] = {
        {&POSEIDON2_FULL_CONSTANTS[0][0],
         "19b849f69450b06848da1d39bd5e4a4302bb86744edc26238b0878e269ed23e5"},
        {&POSEIDON2_FULL_CONSTANTS[3][3],
         "0a1ca941f057037526ea200f489be8d4c37c85bbcce6a2aeec91bd6941432447"},
        {&POSEIDON2_PARTIAL_CONSTANTS[0],
         "0c6f8f958be0e93053d7fd4fc54512855535ed1539f051dcb43a26fd926361cf"},
        {&POSEIDON2_INTERNAL_DIAGONAL[0],
         "10dc6e9c006ea38b04b1e03b4bd9490c0d03f98929ca1d7fb56821fd19d3b6e7"},
        {&POSEIDON2_INTERNAL_DIAGONAL[3],
         "222c01175718386f2e2e82eb122789e352e105a3b8fa852613bc534433ee428b"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        fr want;
        assert_true(fr_from_hex(&want, cases[i].want));
        assert_true(fr_eq(cases[i].have, &want));
    }
}

static void forms_agree(void **state) {
    (void)state;
    fr x[2][4];
    fr_from_i64(&x[0][0], -1);
    x[0][1] = FR_ZERO;
    fr_from_u64(&x[0][2], 7);
    fr_from_u64(&x[0][3], UINT64_MAX);
    for (int i = 0; i < 4; i++) {
        fr_from_i64(&x[1][i], -5 * i);
    }
    for (int round = 0; round < 50; round++) {
        fr fast[4], plain[4], boxes[POSEIDON2_SBOXES], one[2], pair[2];
        for (int k = 0; k < 2; k++) {
            memcpy(fast, x[k], sizeof fast);
            memcpy(plain, x[k], sizeof plain);
            poseidon2_permute(fast);
            poseidon2_permute_trace(plain, boxes);
            for (int i = 0; i < 4; i++) {
                assert_true(fr_eq(&fast[i], &plain[i]));
            }
            poseidon2_compress(&one[k], x[k]);
            fr_add(&plain[0], &plain[0], &x[k][0]);
            assert_true(fr_eq(&one[k], &plain[0]));
        }
        poseidon2_compress_pair(pair, (const fr(*)[4])x);
        assert_true(fr_eq(&pair[0], &one[0]) && fr_eq(&pair[1], &one[1]));
        poseidon2_permute(x[0]);
        memcpy(x[1], fast, sizeof fast);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(published_vectors),
        cmocka_unit_test(barretenberg_consistency),
        cmocka_unit_test(constants_are_barretenbergs),
        cmocka_unit_test(forms_agree),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
