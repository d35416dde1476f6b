#include "oracle/oracle_replay.h"

#include "base/cpu.h"
#include "base/log.h"
#include "node/node.h"
#include "recover/recover.h"
#include "setup/instance_key.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

struct oracle_replay {
    struct genesis genesis;
    struct instance instance;
    struct instance_key keys;
    bool have_keys;
    struct recovery *recovery;
};

static void on_block(void *ctx, uint64_t number, size_t operations) {
    (void)ctx;
    log_info("replay", "event=verified block=%" PRIu64 " operations=%zu", number, operations);
}

static int open_parts(struct oracle_replay *r, const struct config *config,
                      const struct deployment *deployment, struct err *err) {
    uint64_t ids[CONFIG_MAX_CHAINS];
    char path[4096];
    for (size_t i = 0; i < config->n_chains; i++) {
        ids[i] = config->chains[i].evm_chain_id;
    }
    if (config->prover.srs_file == NULL) {
        return err_set(err, ERR_CONFIG, "prover.srs_file: missing; --replay verifies proofs");
    }
    if (mkdir(config->data_dir, 0700) != 0 && errno != EEXIST) {
        return err_set(err, ERR_SYSTEM, "data_dir: %s: %s", config->data_dir, strerror(errno));
    }
    if (snprintf(path, sizeof path, "%s/replay.db", config->data_dir) >= (int)sizeof path) {
        return err_set(err, ERR_CONFIG, "data_dir: path too long");
    }
    if (node_instance(deployment, &r->genesis, &r->instance, err) != 0 ||
        instance_key_open(&r->keys, config->prover.srs_file, ids, config->n_chains, cpu_count(),
                          err) != 0) {
        return -1;
    }
    r->have_keys = true;
    if (memcmp(r->keys.pk.vk.digest, deployment->vk_digest, 32) != 0) {
        return err_set(err, ERR_MISMATCH,
                       "this program's circuit and %s give another verifying key than the deployed "
                       "one",
                       config->prover.srs_file);
    }
    struct recovery_config rc = {.config = config,
                                 .deployment = deployment,
                                 .instance = &r->instance,
                                 .genesis = &r->genesis,
                                 .db_path = path,
                                 .vk = &r->keys.pk.vk,
                                 .threads = cpu_count(),
                                 .on_block = on_block};
    r->recovery = recovery_open(&rc, err);
    return r->recovery != NULL ? 0 : -1;
}

struct oracle_replay *oracle_replay_open(const struct config *config,
                                         const struct deployment *deployment, struct err *err) {
    struct oracle_replay *r = calloc(1, sizeof *r);
    if (r == NULL) {
        err_set(err, ERR_SYSTEM, "out of memory");
        return NULL;
    }
    if (open_parts(r, config, deployment, err) != 0) {
        oracle_replay_close(r);
        return NULL;
    }
    return r;
}

void oracle_replay_close(struct oracle_replay *r) {
    if (r != NULL) {
        recovery_close(r->recovery);
        if (r->have_keys) {
            instance_key_close(&r->keys);
        }
        free(r);
    }
}

static int check(void *ctx, uint64_t number, const uint8_t sync_hash[32], struct err *err) {
    struct oracle_replay *r = ctx;
    struct stored_block b;
    int rc = recovery_scan(r->recovery, err);
    while (rc == 0 && recovery_number(r->recovery) < number) {
        rc = recovery_next(r->recovery, number, err);
        rc = rc == 0  ? err_set(err, ERR_NOT_FOUND, "its data is not found on the chains yet")
             : rc < 0 ? -1
                      : 0;
    }
    if (rc == 0) {
        rc = recovery_stored_block(r->recovery, 0, number, &b, err);
    }
    if (rc == 0 && memcmp(b.sync_hash, sync_hash, 32) != 0) {
        rc = err_set(err, ERR_MISMATCH, "the chains' data gives another syncHash");
    }
    return rc;
}

struct oracle_verifier oracle_replay_verifier(struct oracle_replay *r) {
    return (struct oracle_verifier){.verify = check, .ctx = r};
}
