/* Proves random blocks with the real circuit and writes them as a suite
 * (tests/reference/vectors.py). block_export swaps|mixed OPERATIONS SEED..      JSON to stdout,
 * figures to stderr */
#include "../support/blockgen.h"
#include "../support/proof_suite.h"
#include "circuit/circuit.h"
#include "circuit/witness.h"
#include "proof/prover.h"

#include <stdlib.h>
#include <string.h>

enum { MAX_LOG_SIZE = 20, SRS_LOG_SIZE = 18, THREADS = 2 };

/* One block, proved and added. */
static bool prove_block(json_t *suite, const struct proving_key *pk, bool swaps, size_t n,
                        uint64_t seed) {
    struct blockgen *g = blockgen_new(seed, n + 8, false);
    struct block block;
    if (swaps) {
        blockgen_swaps(g, n, &block);
    } else {
        blockgen_mixed(g, n, &block);
    }
    struct block_statement s;
    struct proof_buf proof = {0};
    struct prove_stats stats = {0};
    struct trace *trace = witness_build(pk->vk.air, &block, THREADS);
    bool ok = trace != NULL && block_statement_init(&s, pk->vk.air, &block) == 0;
    if (ok) {
        enum prove_err err = prove(pk, &s.statement, trace, THREADS, &proof, &stats);
        ok = err == PROVE_OK;
        if (ok) {
            char name[64];
            snprintf(name, sizeof name, "%zu-%s-%llu", n, swaps ? "swaps" : "mixed",
                     (unsigned long long)seed);
            proof_suite_add(suite, name, &s.statement, &proof);
            fprintf(stderr, "%s: M = %u, %zu + %zu + 1 chunks, %zu bytes\n", name, stats.log_chunk,
                    stats.n_main_chunks, stats.n_helper_chunks, proof.len);
        } else {
            fprintf(stderr, "block_export: %s\n", prove_err_text(err));
        }
        block_statement_release(&s);
    }
    prove_stats_release(&stats);
    proof_buf_release(&proof);
    trace_free(trace);
    block_release(&block);
    blockgen_free(g);
    return ok;
}

int main(int argc, char **argv) {
    if (argc < 2) {
        fputs("usage: block_export swaps|mixed:OPERATIONS:SEED..\n", stderr);
        return 2;
    }
    struct air *air = zklink_air();
    struct srs srs;
    struct proving_key pk;
    struct err err = {0};
    bool ok = air != NULL &&
              srs_generate_insecure(&srs, SRS_LOG_SIZE, SRS_INSECURE_SEED, THREADS, &err) == 0;
    if (!ok) {
        fprintf(stderr, "block_export: no circuit or no string %s\n", err.text);
        air_free(air);
        return 1;
    }
    ok = proving_key_init(&pk, air, &srs, MAX_LOG_SIZE, THREADS) == KEY_OK;
    if (ok) {
        json_t *suite = proof_suite_new(air->name, &pk.vk);
        for (int i = 1; i < argc && ok; i++) {
            char kind[8];
            size_t n = 0;
            unsigned long long seed = 0;
            ok = sscanf(argv[i], "%7[a-z]:%zu:%llu", kind, &n, &seed) == 3 &&
                 (strcmp(kind, "swaps") == 0 || strcmp(kind, "mixed") == 0) &&
                 prove_block(suite, &pk, kind[0] == 's', n, seed);
        }
        ok = ok && json_dumpf(suite, stdout, JSON_INDENT(1)) == 0;
        json_decref(suite);
    }
    srs_release(&srs);
    air_free(air);
    return ok ? 0 : 1;
}
