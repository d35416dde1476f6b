/* `zklink oracle`. */
#include "oracle/oracle.h"

#include "chain/keystore.h"
#include "setup/service.h"

static int run(const struct config *config, struct err *err);

static const struct service service = {
    .name = "oracle",
    .help = "usage: zklink oracle [--config FILE]\n\n"
            "Runs one oracle: follows every chain over its own connections, signs each block that\n"
            "all chains have accepted with one proof, and serves the signatures.\n\n"
            "  --config FILE   configuration (default: $ZKLINK_CONFIG, else zklink.conf)\n"
            "  --help          this text\n",
    .run = run,
};

static int run(const struct config *config, struct err *err) {
    struct deployment deployment;
    struct eth_key key;
    if (config->oracle.key_file == NULL) {
        return err_set(err, ERR_CONFIG, "oracle.key_file: missing");
    }
    if (deployment_read(&deployment, config->deployment_file, err) != 0 ||
        deployment_check_config(&deployment, config, err) != 0 ||
        key_file_load(config->oracle.key_file, config->oracle.password_file, &key, err) != 0) {
        return -1;
    }
    struct oracle *o = oracle_start(config, &deployment, &key, err);
    eth_key_wipe(&key);
    if (o == NULL) {
        return -1;
    }
    (void)service_wait(&service);
    oracle_stop(o);
    return 0;
}

int oracle_main(int argc, char **argv) {
    return service_main(&service, argc, argv);
}
