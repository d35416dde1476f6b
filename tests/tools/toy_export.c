/* Exports the toy systems for Python and Solidity.
 *     toy_export air TOY                 the AIR as JSON, to stdout
 *     toy_export trace TOY SEED          a witness as JSON, to stdout (for toy_prover.py)
 *     toy_export prove TOY SEED..        a suite of proofs by the C prover as JSON, to stdout
 *     toy_export solidity TOY DIR CORE   the generated contracts into DIR; CORE: import path of
 * BlockVerifier.sol */
#include "../support/proof_suite.h"
#include "../support/toy_systems.h"
#include "crypto/keccak.h"
#include "proof/prover.h"
#include "proof/solgen.h"

#include <stdlib.h>
#include <string.h>

static void print_fr(const fr *v) {
    uint8_t be[32];
    fr_to_be(be, v);
    fputs("\"0x", stdout);
    for (size_t i = 0; i < sizeof be; i++) {
        printf("%02x", be[i]);
    }
    putchar('"');
}

static void print_list(const char *name, const fr *values, size_t n) {
    printf("%s[", name);
    for (size_t i = 0; i < n; i++) {
        fputs(i ? "," : "", stdout);
        print_fr(&values[i]);
    }
    putchar(']');
}

static void export_trace(const struct air *air, unsigned toy, uint64_t seed) {
    struct toy_witness w;
    toy_witness_init(&w, air, toy, seed);
    print_list("{\"scalars\":", w.scalars, w.n_scalars);
    print_list(",\"instanceScalars\":", w.instance_scalars, w.n_instances);
    fputs(",\"tables\":[", stdout);
    for (size_t i = 0; i < w.trace->n_chips; i++) {
        const struct trace_chip *c = &w.trace->chips[i];
        printf("%s{\"logHeight\":%u,\"main\":[", i ? "," : "", trace_log_height(c));
        for (unsigned k = 0; k < c->chip->n_main; k++) {
            print_list(k ? "," : "", c->col[k], c->n);
        }
        fputs("],\"fixed\":[", stdout);
        for (unsigned k = 0; k < c->chip->n_fixed; k++) {
            print_list(k ? "," : "", c->chip->fixed[k].values, c->chip->fixed[k].n_values);
        }
        fputs("]}", stdout);
    }
    puts("]}");
    toy_witness_release(&w);
}

enum { MAX_LOG_SIZE = 10, MAX_HELD = 8 };

/* Proves the witness of a seed and adds it, with all public columns held. */
static bool prove_case(json_t *suite, const struct proving_key *pk, unsigned toy, uint64_t seed) {
    struct toy_witness w;
    toy_witness_init(&w, pk->vk.air, toy, seed);
    struct held_column held[MAX_HELD];
    struct statement s = {.scalars = w.scalars,
                          .n_scalars = w.n_scalars,
                          .instance_scalars = w.instance_scalars,
                          .n_instances = w.n_instances,
                          .held = held};
    fr *words[MAX_HELD];
    for (size_t i = 0; i < w.trace->n_chips && s.n_held < MAX_HELD; i++) {
        const struct trace_chip *c = &w.trace->chips[i];
        if (c->chip->n_public > 0) {
            struct held_column *h = &held[s.n_held];
            *h = (struct held_column){.chip = c->chip->index, .instance = c->instance};
            words[s.n_held] = toy_public_words(w.trace, h->chip, h->instance, &h->n_words);
            h->words = words[s.n_held++];
        }
    }
    char name[40];
    snprintf(name, sizeof name, "%s-%llu", toy_name(toy), (unsigned long long)seed);
    keccak256(s.digest, name, strlen(name));
    struct proof_buf proof = {0};
    enum prove_err err = prove(pk, &s, w.trace, 1, &proof, NULL);
    if (err == PROVE_OK) {
        proof_suite_add(suite, name, &s, &proof);
    } else {
        fprintf(stderr, "toy_export: %s: %s\n", name, prove_err_text(err));
    }
    while (s.n_held > 0) {
        free(words[--s.n_held]);
    }
    proof_buf_release(&proof);
    toy_witness_release(&w);
    return err == PROVE_OK;
}

static int export_proofs(const struct air *air, unsigned toy, char **seeds, int n) {
    struct srs srs;
    struct proving_key pk;
    struct err err;
    if (srs_generate_insecure(&srs, MAX_LOG_SIZE, SRS_INSECURE_SEED, 2, &err) != 0) {
        fprintf(stderr, "toy_export: %s\n", err.text);
        return -1;
    }
    bool ok = proving_key_init(&pk, air, &srs, MAX_LOG_SIZE, 2) == KEY_OK;
    if (ok) {
        json_t *suite = proof_suite_new(toy_name(toy), &pk.vk);
        for (int i = 0; i < n && ok; i++) {
            ok = prove_case(suite, &pk, toy, strtoull(seeds[i], NULL, 10));
        }
        ok = ok && json_dumpf(suite, stdout, JSON_INDENT(1)) == 0;
        json_decref(suite);
    }
    srs_release(&srs);
    return ok ? 0 : -1;
}

static int usage(void) {
    fputs("usage: toy_export air TOY | trace TOY SEED | prove TOY SEED.. | solidity TOY DIR CORE\n",
          stderr);
    return 2;
}

int main(int argc, char **argv) {
    unsigned toy = 0;
    while (toy < TOY_COUNT && (argc < 3 || strcmp(argv[2], toy_name(toy)) != 0)) {
        toy++;
    }
    if (toy == TOY_COUNT) {
        return usage();
    }
    struct air *air = toy_air(toy);
    int result = 0;
    if (argc == 3 && strcmp(argv[1], "air") == 0) {
        result = air_write_json(air, stdout) != 0;
    } else if (argc == 4 && strcmp(argv[1], "trace") == 0) {
        export_trace(air, toy, strtoull(argv[3], NULL, 10));
    } else if (argc >= 4 && strcmp(argv[1], "prove") == 0) {
        result = export_proofs(air, toy, argv + 3, argc - 3);
    } else if (argc == 5 && strcmp(argv[1], "solidity") == 0) {
        char err[200];
        struct solgen_stats stats;
        result =
            solgen_write(air, toy_contract_name(toy), argv[3], argv[4], &stats, err, sizeof err);
        if (result != 0) {
            fprintf(stderr, "toy_export: %s\n", err);
        } else {
            printf("%s: %u evaluators, %u parts, about %zu bytes of code\n", toy_name(toy),
                   stats.n_evaluators, stats.n_parts, stats.code_bytes);
        }
    } else {
        result = usage();
    }
    air_free(air);
    return result != 0;
}
