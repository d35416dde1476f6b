/* `zklink broker`, the service. */
#include "broker/broker.h"

#include "setup/service.h"

static int run(const struct config *config, struct err *err);

static const struct service service = {
    .name = "broker",
    .help = "usage: zklink broker [--config FILE]\n"
            "       zklink broker status [--config FILE] [--json]\n"
            "       zklink broker register --chain N [--config FILE]\n\n"
            "Runs a broker: pays withdrawals and swaps between chains in advance, for their fee,\n"
            "and is repaid when their blocks are executed. status shows its books, register gives\n"
            "its keys the numbers by which users can name it.\n\n"
            "  --config FILE   configuration (default: $ZKLINK_CONFIG, else zklink.conf)\n"
            "  --help          this text\n",
    .run = run,
};

static int run(const struct config *config, struct err *err) {
    struct deployment deployment;
    if (deployment_read(&deployment, config->deployment_file, err) != 0 ||
        deployment_check_config(&deployment, config, err) != 0) {
        return -1;
    }
    struct broker *b = broker_start(config, &deployment, err);
    if (b == NULL) {
        return -1;
    }
    (void)service_wait(&service);
    broker_stop(b);
    return 0;
}

int broker_main(int argc, char **argv) {
    return service_main(&service, argc, argv);
}
