/* `zklink relay`. */
#include "chain/keystore.h"
#include "relay/relay.h"
#include "setup/service.h"

static int run(const struct config *config, struct err *err);

static const struct service service = {
    .name = "relay",
    .help = "usage: zklink relay [--config FILE]\n\n"
            "Brings what the oracles have signed to every chain, and pays for it. Anybody can run\n"
            "one: it needs a key with some coins on each chain, and nobody's leave.\n\n"
            "  --config FILE   configuration (default: $ZKLINK_CONFIG, else zklink.conf)\n"
            "  --help          this text\n",
    .run = run,
};

static int run(const struct config *config, struct err *err) {
    struct deployment deployment;
    struct eth_key key;
    if (config->relay.key_file == NULL) {
        return err_set(err, ERR_CONFIG, "relay.key_file: missing");
    }
    if (deployment_read(&deployment, config->deployment_file, err) != 0 ||
        deployment_check_config(&deployment, config, err) != 0 ||
        key_file_load(config->relay.key_file, config->relay.password_file, &key, err) != 0) {
        return -1;
    }
    struct relay *r = relay_start(config, &deployment, &key, err);
    eth_key_wipe(&key);
    if (r == NULL) {
        return -1;
    }
    (void)service_wait(&service);
    relay_stop(r);
    return 0;
}

int relay_main(int argc, char **argv) {
    return service_main(&service, argc, argv);
}
