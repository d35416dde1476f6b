/* Poseidon2's compression of 10 000 inputs, for contracts/test/Poseidon2.t.sol, which makes the
 * same inputs: word j of input i is keccak256(i | j) mod r, i and j as 32-byte words; the first
 * inputs are edges. JSON: the hash of each hundred outputs. poseidon2_vectors > FILE */
#include "crypto/keccak.h"
#include "crypto/poseidon2.h"

#include <stdio.h>
#include <string.h>

enum { INPUTS = 10000, GROUP = 100 };

/* Inputs 0..80: all words 0, 1 or r - 1. */
static void input(fr in[POSEIDON2_T], unsigned i) {
    unsigned digits = i;
    for (unsigned j = 0; j < POSEIDON2_T; j++, digits /= 3) {
        uint8_t seed[64] = {0}, hash[32];
        if (i < 81) {
            fr_from_u64(&in[j], digits % 3 == 0 ? 0 : 1);
            if (digits % 3 == 2) {
                fr_neg(&in[j], &in[j]);
            }
            continue;
        }
        seed[30] = (uint8_t)(i >> 8);
        seed[31] = (uint8_t)i;
        seed[63] = (uint8_t)j;
        keccak256(hash, seed, sizeof seed);
        fr_from_be_reduce(&in[j], hash);
    }
}

int main(void) {
    printf("{\"digest\":[");
    for (unsigned i = 0; i < INPUTS; i += GROUP) {
        uint8_t outputs[GROUP * 32], digest[32];
        for (unsigned k = 0; k < GROUP; k++) {
            fr in[POSEIDON2_T], out;
            input(in, i + k);
            poseidon2_compress(&out, in);
            fr_to_be(outputs + 32 * (size_t)k, &out);
        }
        keccak256(digest, outputs, sizeof outputs);
        printf(i == 0 ? "\"0x" : ",\"0x");
        for (size_t b = 0; b < sizeof digest; b++) {
            printf("%02x", digest[b]);
        }
        putchar('"');
    }
    puts("]}");
    return 0;
}
