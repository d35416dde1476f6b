/* zklink srs: the universal set-up, imported from a ceremony or made insecurely for development. */
#include "cli/cli.h"

#include "base/cpu.h"
#include "proof/srs.h"

#include <stdio.h>
#include <string.h>

enum { DEFAULT_LOG_SIZE = 20, REPORT_LEN = 2048 };

int cmd_srs(int argc, char **argv) {
    const char *args[2] = {NULL, NULL};
    const char *out = NULL;
    const char *size = NULL;
    size_t n = 0;
    uint64_t log_size = DEFAULT_LOG_SIZE;
    struct err err = {0};
    char report[REPORT_LEN] = "";
    const struct cli_option options[] = {
        {"out", "FILE", "the set-up file to write", &out, false},
        {"log-size", "N", "log2 of the number of points (default: 20)", &size, false}};
    const struct cli_usage usage = {
        "zklink srs", "insecure | import PTAU | check FILE",
        "The universal set-up. `import` takes a .ptau file of a powers-of-tau ceremony (snarkjs "
        "format) and checks it; `insecure` makes one from a printed seed, for development chains "
        "only; `check` tests every point of a set-up file."};
    int rc = cli_parse(argc, argv, &usage, options, 2, args, 2, &n);
    if (rc >= 0) {
        return rc;
    }
    if (size != NULL && cli_number("log-size", size, SRS_MAX_LOG_N, &log_size, &err) != 0) {
        cli_fail(&err);
        return CLI_USAGE;
    }
    if (n == 1 && strcmp(args[0], "insecure") == 0 && out != NULL) {
        rc = srs_tool_generate(out, (unsigned)log_size, SRS_INSECURE_SEED, cpu_count(), report,
                               sizeof report, &err);
    } else if (n == 2 && strcmp(args[0], "import") == 0 && out != NULL) {
        rc = srs_tool_import(out, args[1], (unsigned)log_size, cpu_count(), report, sizeof report,
                             &err);
    } else if (n == 2 && strcmp(args[0], "check") == 0 && out == NULL) {
        rc = srs_tool_check(args[1], cpu_count(), report, sizeof report, &err);
    } else {
        fprintf(stderr, "usage: %s %s [--out FILE] (see %s --help)\n", usage.command,
                usage.positional, usage.command);
        return CLI_USAGE;
    }
    if (rc != 0) {
        return cli_fail(&err);
    }
    fputs(report, stdout);
    return CLI_OK;
}
