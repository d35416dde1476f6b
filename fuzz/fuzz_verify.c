/* libFuzzer target: the verifier on altered proofs. The input edits a valid proof of the toy system
 * of tests/proof/toy.h: its first two bytes give a length to cut to or to extend by, the rest are
 * edits of four bytes: offset (two), kind, operand. An unedited proof must be accepted, any other
 * refused; an input of at least 4096 bytes is taken as a whole proof instead. */
#include "../tests/proof/toy.h"

enum { WHOLE_PROOF = 4096, EDIT_LEN = 4 };

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

static struct toy toy;
static struct proving_key pk;
static struct proof_buf proof;

static void setup(void) {
    static struct srs srs;
    if (srs_generate_insecure(&srs, TOY_MAX_M, SRS_INSECURE_SEED, 1, NULL) != 0 ||
        proving_key_init(&pk, toy_air(false), &srs, TOY_MAX_M, 1) != KEY_OK) {
        abort();
    }
    toy_init(&toy, pk.vk.air, 11, 21);
    if (prove(&pk, &toy.s, toy.trace, 1, &proof, NULL) != PROVE_OK) {
        abort();
    }
}

static void edit(uint8_t *copy, size_t len, const uint8_t *e) {
    size_t at = ((size_t)e[0] << 8 | e[1]) % len;
    if (e[2] % 4 == 0) {
        copy[at] = e[3];
    } else if (e[2] % 4 == 1) {
        copy[at] ^= e[3];
    } else { /* copy a word from elsewhere: well-formed values in wrong places */
        size_t to = at / 32 * 32, from = (size_t)e[3] * 32;
        if (to + 32 <= len && from + 32 <= len) {
            memmove(copy + to, copy + from, 32);
        }
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len) {
    if (!proof.data) {
        setup();
    }
    size_t n = proof.len;
    if (len >= 2) {
        n = data[0] & 1 ? (n + data[1]) : n - (data[0] & 2 ? data[1] % n : 0);
    }
    uint8_t *copy = calloc(n > len ? n + 1 : len + 1, 1);
    if (!copy) {
        abort();
    }
    if (len >= WHOLE_PROOF) {
        n = len;
        memcpy(copy, data, len);
    } else {
        memcpy(copy, proof.data, n < proof.len ? n : proof.len);
        for (size_t at = 2; at + EDIT_LEN <= len && n > 0; at += EDIT_LEN) {
            edit(copy, n, data + at);
        }
    }
    bool ok = true, same = n == proof.len && memcmp(copy, proof.data, n) == 0;
    if (verify(&pk.vk, &toy.s, copy, n, &ok) != 0 || ok != same) {
        abort();
    }
    free(copy);
    return 0;
}
