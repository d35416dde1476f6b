/* zklink air: the circuit's description, for everything that is not C: the JSON that the Python
 * reference reads, the Solidity contracts that evaluate it. */
#include "cli/cli.h"

#include "circuit/circuit.h"
#include "proof/solgen.h"

#include <stdio.h>

static int write_json(const struct air *air, const char *path) {
    bool to_stdout = path[0] == '-' && path[1] == '\0';
    FILE *out = to_stdout ? stdout : fopen(path, "w");
    if (out == NULL) {
        return cli_fail_text("cannot write %s", path);
    }
    bool bad = air_write_json(air, out) != 0;
    if ((to_stdout ? fflush(out) : fclose(out)) != 0 || bad) {
        return cli_fail_text("cannot write %s", path);
    }
    return CLI_OK;
}

/* The generated files stand in contracts/src/generated, the core in contracts/src/verifier. */
static int write_solidity(const struct air *air, const char *dir) {
    char err[200];
    struct solgen_stats stats;
    if (solgen_write(air, "Zklink", dir, "../verifier/BlockVerifier.sol", &stats, err,
                     sizeof err) != 0) {
        return cli_fail_text("%s", err);
    }
    fprintf(stderr, "%u evaluators, %u parts, about %zu bytes of code\n", stats.n_evaluators,
            stats.n_parts, stats.code_bytes);
    return CLI_OK;
}

/* A line for each chip, for people. */
static void print_summary(const struct air *air) {
    puts("chip            height  main fixed helper public constraints degree operations");
    unsigned columns = 0, constraints = 0;
    for (unsigned c = 0; c < air->n_chips; c++) {
        const struct air_chip *chip = air->chips[c];
        char height[16] = "free";
        if (chip->fixed_log_height >= 0) {
            snprintf(height, sizeof height, "2^%d", chip->fixed_log_height);
        }
        printf("%-15s %6s %5u %5u %6u %6u %11u %6u %10zu%s\n", chip->name, height, chip->n_main,
               chip->n_fixed, chip->n_helpers, chip->n_public,
               chip->n_constraints + chip->n_helpers, chip->max_degree, chip->n_tape,
               chip->instanced ? "   one for each chain" : "");
        columns += air_chip_values(chip);
        constraints += chip->n_constraints + chip->n_helpers;
    }
    printf("%u columns, %u constraints; digest ", columns, constraints);
    for (size_t i = 0; i < sizeof air->digest; i++) {
        printf("%02x", air->digest[i]);
    }
    putchar('\n');
}

int cmd_air(int argc, char **argv) {
    const char *json = NULL;
    const char *solidity = NULL;
    size_t n = 0;
    const struct cli_option options[] = {
        {"json", "FILE", "write the description as JSON (- for standard output)", &json, false},
        {"solidity", "DIR", "generate the Solidity verifier and its evaluators", &solidity, false}};
    const struct cli_usage usage = {
        "zklink air", "",
        "The circuit's description: without options a summary of its chips, else what is asked "
        "for."};
    int rc = cli_parse(argc, argv, &usage, options, 2, NULL, 0, &n);
    if (rc >= 0) {
        return rc;
    }
    char err[200];
    struct air *air = zklink_air_explain(err, sizeof err);
    if (air == NULL) {
        return cli_fail_text("the circuit cannot be built: %s", err);
    }
    rc = CLI_OK;
    if (json == NULL && solidity == NULL) {
        print_summary(air);
    }
    if (json != NULL) {
        rc = write_json(air, json);
    }
    if (rc == CLI_OK && solidity != NULL) {
        rc = write_solidity(air, solidity);
    }
    air_free(air);
    return rc;
}
