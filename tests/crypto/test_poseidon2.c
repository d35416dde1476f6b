/* Poseidon2 against published vectors; both forms against the
 * definition. Vectors: AztecProtocol/aztec-packages,
 * barretenberg/.../poseidon2_permutation.test.cpp and the generator's own TEST_VECTOR (inputs 0, 1,
 * 2, 3). */
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

/* The definition once more, matrix by matrix, from the S-boxes that the trace form recorded: each
 * recorded value is the fifth power of its input, and the end is the permutation's output. */
static void trace_follows_the_definition(void **state) {
    (void)state;
    static const uint64_t external[4][4] = {{5, 7, 1, 3}, {4, 6, 1, 1}, {1, 3, 5, 7}, {1, 1, 4, 6}};
    fr in[4];
    for (int i = 0; i < 4; i++) {
        fr_from_i64(&in[i], -5 * i - 1);
    }
    for (int turn = 0; turn < 20; turn++) {
        fr want[4], traced[4], s[4], boxes[POSEIDON2_SBOXES], compressed;
        memcpy(want, in, sizeof want);
        memcpy(traced, in, sizeof traced);
        memcpy(s, in, sizeof s);
        poseidon2_permute(want);
        poseidon2_permute_trace(traced, boxes);
        poseidon2_compress(&compressed, in);
        const fr *box = boxes;
        for (int r = -1; r < 64; r++) {
            bool full = r < 4 || r >= 60;
            for (int i = 0; r >= 0 && i < (full ? 4 : 1); i++) {
                fr c = !full   ? POSEIDON2_PARTIAL_CONSTANTS[r - 4]
                       : r < 4 ? POSEIDON2_FULL_CONSTANTS[r][i]
                               : POSEIDON2_FULL_CONSTANTS[r - 56][i];
                fr_add(&s[i], &s[i], &c);
                fr_pow_u64(&s[i], &s[i], 5);
                assert_true(fr_eq(&s[i], box++));
            }
            fr next[4];
            for (int i = 0; i < 4; i++) {
                next[i] = FR_ZERO;
                for (int j = 0; j < 4; j++) {
                    fr entry;
                    fr_from_u64(&entry, full ? external[i][j] : 1);
                    if (!full && i == j) {
                        fr_add(&entry, &entry, &POSEIDON2_INTERNAL_DIAGONAL[i]);
                    }
                    fr_mul(&entry, &entry, &s[j]);
                    fr_add(&next[i], &next[i], &entry);
                }
            }
            memcpy(s, next, sizeof s);
        }
        for (int i = 0; i < 4; i++) {
            assert_true(fr_eq(&s[i], &want[i]) && fr_eq(&s[i], &traced[i]));
        }
        fr_add(&s[0], &s[0], &in[0]);
        assert_true(fr_eq(&s[0], &compressed));
        memcpy(in, want, sizeof in);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(published_vectors),
        cmocka_unit_test(barretenberg_consistency),
        cmocka_unit_test(constants_are_barretenbergs),
        cmocka_unit_test(trace_follows_the_definition),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
