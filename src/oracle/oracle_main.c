/* `zklink oracle` and `zklink oracle-revert`. */
#include "oracle/ledger.h"
#include "oracle/oracle.h"
#include "oracle/oracle_replay.h"

#include "chain/keystore.h"
#include "setup/service.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

static int run(const struct config *config, struct err *err);

static bool replay, reread;
static const struct service_flag flags[] = {{"replay", &replay}, {"reread", &reread}, {NULL, NULL}};

static const struct service service = {
    .name = "oracle",
    .help =
        "usage: zklink oracle [--config FILE] [--replay] [--reread]\n\n"
        "Runs one oracle: follows every chain over its own connections, signs each block that\n"
        "all chains have accepted with one proof, and serves the signatures.\n\n"
        "  --config FILE   configuration (default: $ZKLINK_CONFIG, else zklink.conf)\n"
        "  --replay        execute every block again from its log and verify its proof before\n"
        "                  signing it (needs prover.srs_file)\n"
        "  --reread        forget what the endpoints showed (never what was signed), and read it\n"
        "                  again: after a reorganisation deeper than the confirmation depth\n"
        "  --help          this text\n",
    .run = run,
    .flags = flags,
};

/* The ledger of this configuration, which must be there. */
static struct ledger *open_ledger(const struct config *config, struct err *err) {
    char path[4096];
    if (snprintf(path, sizeof path, "%s/oracle.db", config->data_dir) >= (int)sizeof path) {
        err_set(err, ERR_CONFIG, "data_dir: path too long");
        return NULL;
    }
    if (access(path, R_OK | W_OK) != 0) {
        err_set(err, ERR_SYSTEM, "%s: %s (has the oracle run here?)", path, strerror(errno));
        return NULL;
    }
    return ledger_open(path, err);
}

static int forget(const struct config *config, struct err *err) {
    struct ledger *l = open_ledger(config, err);
    int rc = l != NULL ? ledger_rescan_all(l, err) : -1;
    ledger_close(l);
    return rc;
}

static int run(const struct config *config, struct err *err) {
    struct deployment deployment;
    struct eth_key key;
    if (config->oracle.key_file == NULL) {
        return err_set(err, ERR_CONFIG, "oracle.key_file: missing");
    }
    if (deployment_read(&deployment, config->deployment_file, err) != 0 ||
        deployment_check_config(&deployment, config, err) != 0 ||
        (reread && forget(config, err) != 0) ||
        key_file_load(config->oracle.key_file, config->oracle.password_file, &key, err) != 0) {
        return -1;
    }
    struct oracle_replay *r = replay ? oracle_replay_open(config, &deployment, err) : NULL;
    struct oracle_verifier verifier = oracle_replay_verifier(r);
    struct oracle *o = replay && r == NULL ? NULL
                                           : oracle_start(config, &deployment, &key,
                                                          r != NULL ? &verifier : NULL, err);
    eth_key_wipe(&key);
    if (o == NULL) {
        oracle_replay_close(r);
        return -1;
    }
    (void)service_wait(&service);
    oracle_stop(o);
    oracle_replay_close(r);
    return 0;
}

int oracle_main(int argc, char **argv) {
    return service_main(&service, argc, argv);
}

/* ---- oracle-revert ---- */

static int decide(const struct config *config, uint64_t epoch, uint64_t number, struct err *err) {
    struct ledger *l = open_ledger(config, err);
    int rc = l != NULL ? ledger_decide_revert(l, epoch, number, err) : -1;
    ledger_close(l);
    return rc;
}

int oracle_decide_revert(const char *config_file, uint64_t epoch, uint64_t number,
                         struct err *err) {
    struct config config;
    if (config_load(&config, config_file, err) != 0) {
        return -1;
    }
    int rc = decide(&config, epoch, number, err);
    config_release(&config);
    return rc;
}
