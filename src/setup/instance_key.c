#include "setup/instance_key.h"

#include "circuit/circuit.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

static int open_parts(struct instance_key *k, const char *srs_file, const uint64_t *evm_ids,
                      size_t n_ids, unsigned threads, struct err *err) {
    char why[256] = "";
    if (srs_read(&k->srs, srs_file, INSTANCE_MAX_LOG_CHUNK, err) != 0) {
        return err_context(err, "set-up file %s", srs_file);
    }
    for (size_t i = 0; i < n_ids; i++) {
        if (srs_check_chain(&k->srs.vk, evm_ids[i], err) != 0) {
            return err_context(err, "set-up file %s", srs_file);
        }
    }
    if (k->srs.insecure) {
        fprintf(stderr,
                "WARNING: %s is an INSECURE set-up (seed %" PRIu64
                "): anybody can forge proofs. Development chains only.\n",
                srs_file, k->srs.seed);
    }
    k->air = zklink_air_explain(why, sizeof why);
    if (k->air == NULL) {
        return err_set(err, ERR_SYSTEM, "the circuit's description failed: %s", why);
    }
    switch (proving_key_init(&k->pk, k->air, &k->srs, INSTANCE_MAX_LOG_CHUNK, threads)) {
    case KEY_OK:
        return 0;
    case KEY_ERR_MEMORY:
        return err_set(err, ERR_SYSTEM, "out of memory");
    case KEY_ERR_SIZE:
        return err_set(err, ERR_CONFIG,
                       "set-up file %s has 2^%u points: too few for the fixed tables", srs_file,
                       k->srs.log_n);
    }
    return -1;
}

int instance_key_open(struct instance_key *k, const char *srs_file, const uint64_t *evm_ids,
                      size_t n_ids, unsigned threads, struct err *err) {
    memset(k, 0, sizeof *k);
    int rc = open_parts(k, srs_file, evm_ids, n_ids, threads, err);
    if (rc != 0) {
        instance_key_close(k);
    }
    return rc;
}

void instance_key_close(struct instance_key *k) {
    air_free(k->air);
    srs_release(&k->srs);
    memset(k, 0, sizeof *k);
}
