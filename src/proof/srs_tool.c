/* What the command line does with the string's file. */
#include "proof/ptau.h"

#include <stdio.h>

int srs_tool_generate(const char *path, unsigned log_n, uint64_t seed, unsigned threads,
                      char *report, size_t report_len, struct err *err) {
    struct srs srs;
    char text[128];
    if (srs_generate_insecure(&srs, log_n, seed, threads, err) != 0) {
        return -1;
    }
    srs_describe(&srs, text);
    int rc = srs_write(&srs, path, err);
    srs_release(&srs);
    snprintf(report, report_len,
             "%s\n%s\nINSECURE: whoever knows the seed can forge any proof. For development chains "
             "only.\n",
             path, text);
    return rc;
}

int srs_tool_import(const char *path, const char *ptau_path, unsigned log_n, unsigned threads,
                    char *report, size_t report_len, struct err *err) {
    struct srs srs;
    struct ptau_info info;
    char text[128];
    if (ptau_import(&srs, &info, ptau_path, log_n, threads, err) != 0) {
        return -1;
    }
    srs_describe(&srs, text);
    int rc = srs_write(&srs, path, err);
    srs_release(&srs);
    snprintf(report, report_len,
             "%s\n%s\nceremony of power %u, file of power %u, %u contribution%s, %s\n"
             "checked: all points on the curve, consecutive powers of one tau\n"
             "not checked: the chain of contributions (snarkjs powersoftau verify)\n",
             path, text, info.ceremony_power, info.power, info.contributions,
             info.contributions == 1 ? "" : "s",
             info.beacon ? "finished by a random beacon" : "NOT finished by a random beacon");
    return rc;
}

int srs_tool_check(const char *path, unsigned threads, char *report, size_t report_len,
                   struct err *err) {
    struct srs srs;
    char text[128];
    if (srs_read(&srs, path, SRS_MAX_LOG_N, err) != 0) {
        return -1;
    }
    srs_describe(&srs, text);
    int rc = srs_check(&srs, threads, err);
    srs_release(&srs);
    snprintf(report, report_len, "%s\n%s\nchecked: checksum, points, powers of one tau\n", path,
             text);
    return rc == 0 ? 0 : err_context(err, "%s", path);
}
