/* Exports the toy systems for Python and Solidity.
 *     toy_export air TOY                 the AIR as JSON, to stdout
 *     toy_export trace TOY SEED          a witness as JSON, to stdout (for toy_prover.py)
 *     toy_export solidity TOY DIR CORE   the generated contracts into DIR; CORE: import path of
 * BlockVerifier.sol */
#include "../support/toy_systems.h"
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

static int usage(void) {
    fputs("usage: toy_export air TOY | trace TOY SEED | solidity TOY DIR CORE\n", stderr);
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
