/* `zklink node`. */
#include "base/log.h"
#include "node/block_prover.h"
#include "node/node.h"
#include "setup/instance_key.h"
#include "setup/service.h"

#include <pthread.h>
#include <signal.h>
#include <string.h>

int node_instance(const struct deployment *d, struct genesis *genesis, struct instance *instance,
                  struct err *err) {
    struct state *s = state_new();
    *genesis = (struct genesis){.fee_owner.authority = d->fee_owner_chain};
    memcpy(genesis->salt, d->salt, 32);
    memcpy(genesis->vk_digest, d->vk_digest, 32);
    memcpy(genesis->fee_owner.address, d->fee_owner, 20);
    genesis->chains.n = d->n_chains < CHAINS_MAX ? (unsigned)d->n_chains : CHAINS_MAX;
    for (unsigned i = 0; i < genesis->chains.n; i++) {
        genesis->chains.chain[i] = d->chains[i].number;
        genesis->chains.evm_id[i] = d->chains[i].evm_chain_id;
    }
    if (s == NULL || d->n_chains > CHAINS_MAX || !genesis_build(instance, s, genesis)) {
        state_free(s);
        return err_set(err, ERR_MISMATCH, "the deployment file describes no instance");
    }
    state_free(s);
    if (memcmp(instance->instance_id, d->instance_id, 32) != 0) {
        return err_set(err, ERR_MISMATCH,
                       "the deployment file's instanceId is not the one that its salt, verifying "
                       "key, chains and fee owner give");
    }
    return 0;
}

static void on_fatal(void *ctx, const struct err *err) {
    (void)err;
    pthread_kill(*(pthread_t *)ctx, SIGUSR1);
}

static int open_keys(const struct config *config, const struct deployment *deployment,
                     struct instance_key *keys, struct err *err) {
    uint64_t ids[CONFIG_MAX_CHAINS];
    for (size_t i = 0; i < config->n_chains; i++) {
        ids[i] = config->chains[i].evm_chain_id;
    }
    if (config->prover.srs_file == NULL) {
        return err_set(err, ERR_CONFIG, "prover.srs_file: missing");
    }
    if (instance_key_open(keys, config->prover.srs_file, ids, config->n_chains,
                          config->prover.threads > 0 ? config->prover.threads : 1, err) != 0) {
        return -1;
    }
    if (memcmp(keys->pk.vk.digest, deployment->vk_digest, 32) != 0) {
        instance_key_close(keys);
        return err_set(err, ERR_MISMATCH,
                       "this program's circuit and the set-up file %s give another verifying key "
                       "than the deployed one",
                       config->prover.srs_file);
    }
    return 0;
}

static int run(const struct config *config, struct err *err);

static bool reread;
static const struct service_flag flags[] = {{"reread", &reread}, {NULL, NULL}};

static const struct service service = {
    .name = "node",
    .help =
        "usage: zklink node [--config FILE] [--reread]\n\n"
        "Runs the node: sequencer, API, chain watchers, submitter and prover.\n\n"
        "  --config FILE   configuration (default: $ZKLINK_CONFIG, else zklink.conf)\n"
        "  --reread        read all chains again from the deployment on: after a reorganisation\n"
        "                  deeper than the confirmation depth (docs/operations.md)\n"
        "  --help          this text\n\n"
        "It runs until SIGTERM or SIGINT (exit code 0), or until an error that it cannot\n"
        "survive (exit code 1; the reason is on standard error).\n",
    .run = run,
    .flags = flags,
};

/* Runs until a signal; when a chain took blocks back, takes them back too and goes on. The number
 * of the signal, or -1. */
static int run_node(struct node_config *nc, struct err *err) {
    for (;;) {
        struct node *node = node_start(nc, err);
        if (node == NULL) {
            return -1;
        }
        int number = service_signal(&service);
        bool again =
            number == SIGUSR1 && node_reverted(node, &nc->revert_number, &nc->revert_epoch);
        if (!again) {
            service_limit_end(&service, number);
        }
        node_stop(node);
        if (!again) {
            return number;
        }
        nc->reread = false;
    }
}

static int run(const struct config *config, struct err *err) {
    struct deployment deployment;
    struct genesis genesis;
    struct instance instance;
    struct instance_key keys;
    pthread_t self = pthread_self();
    int number = 0;
    if (deployment_read(&deployment, config->deployment_file, err) != 0 ||
        deployment_check_config(&deployment, config, err) != 0 ||
        node_instance(&deployment, &genesis, &instance, err) != 0 ||
        open_keys(config, &deployment, &keys, err) != 0) {
        return -1;
    }
    struct circuit_prover prover = {.pk = &keys.pk, .threads = config->prover.threads};
    struct node_config nc = {.config = config,
                             .deployment = &deployment,
                             .instance = &instance,
                             .genesis = &genesis,
                             .prover = circuit_prover(&prover),
                             .reread = reread,
                             .on_fatal = on_fatal,
                             .ctx = &self};
    number = run_node(&nc, err);
    instance_key_close(&keys);
    if (number < 0) {
        return -1;
    }
    return number == SIGUSR1 ? err_set(err, ERR_SYSTEM, "ended by an error, see the log above") : 0;
}

int node_main(int argc, char **argv) {
    return service_main(&service, argc, argv);
}
