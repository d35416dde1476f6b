/* zklink oracle-revert: an oracle's operator decides to take blocks back. zklink code: what code
 * stands on the chains, against the deployment file. */
#include "cli/cli.h"

#include "oracle/oracle.h"
#include "setup/contract_code.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

static const char *config_path(const char *option) {
    if (option == NULL) {
        option = getenv("ZKLINK_CONFIG");
    }
    return option == NULL ? "zklink.conf" : option;
}

int cmd_oracle_revert(int argc, char **argv) {
    const char *config = NULL, *epoch_text = NULL, *block_text = NULL;
    uint64_t epoch, block;
    struct err err = {0};
    const struct cli_option options[] = {
        {"epoch", "N", "the present epoch (`health` of the oracle tells it)", &epoch_text, true},
        {"block", "N", "the first block to take back", &block_text, true},
        {"config", "FILE", "the oracle's configuration (default: $ZKLINK_CONFIG, else zklink.conf)",
         &config, false}};
    const struct cli_usage usage = {
        "zklink oracle-revert", "",
        "Decides, for the oracle of this configuration, that all blocks from N on that no chain "
        "has "
        "confirmed are to be taken back. This cannot be undone: the oracle signs none of them any "
        "more in this epoch, and signs the Revert once its own signatures have run out on every "
        "chain. The oracle may be running. Agree with the other oracles on epoch and block first: "
        "enough of them must sign the same."};
    int rc = cli_parse(argc, argv, &usage, options, 3, NULL, 0, NULL);
    if (rc >= 0) {
        return rc;
    }
    if (cli_number("epoch", epoch_text, INT64_MAX, &epoch, &err) != 0 ||
        cli_number("block", block_text, INT64_MAX, &block, &err) != 0) {
        return cli_fail(&err);
    }
    if (block == 0) {
        return cli_fail_text("--block: the first block is 1");
    }
    if (oracle_decide_revert(config_path(config), epoch, block, &err) != 0) {
        return cli_fail(&err);
    }
    printf("decided: epoch %" PRIu64 ", all unconfirmed blocks from %" PRIu64
           " on are to be taken back\n",
           epoch, block);
    return CLI_OK;
}

/* One chain's code: what the file lists, and whether it stands there. */
static int show_chain(const struct config *config, const struct deployment *deployment, size_t i,
                      struct err *err) {
    struct deployed_chain now = deployment->chains[i];
    struct l1 l1;
    struct err differs = {0};
    if (l1_open(&l1, config, deployment, now.number, err) != 0) {
        return -1;
    }
    int rc = contract_code_record(l1.client, &now, err);
    int same = contract_code_check(l1.client, &deployment->chains[i], &differs);
    l1_close(&l1);
    if (rc != 0) {
        return -1;
    }
    for (size_t k = 0; k < now.n_code; k++) {
        char address[43], hash[67];
        eth_address_format(address, now.code[k].address);
        hex0x_encode(hash, now.code[k].hash, WORD_LEN);
        printf("chain %u: %s has code %s\n", now.number, address, hash);
    }
    printf("chain %u: %s\n", now.number, same == 0 ? "as in the deployment file" : differs.text);
    return same == 0 ? 0 : 1;
}

int cmd_code(int argc, char **argv) {
    const char *path = NULL;
    struct config config;
    struct deployment deployment;
    struct err err = {0};
    const struct cli_option options[] = {
        {"config", "FILE", "configuration (default: $ZKLINK_CONFIG, else zklink.conf)", &path,
         false}};
    const struct cli_usage usage = {
        "zklink code", "",
        "Shows the hashes of the code that stands on every chain now, and whether the deployment "
        "file lists it. After an upgrade that you have looked at, put the new hashes into the "
        "file's `code`."};
    int rc = cli_parse(argc, argv, &usage, options, 1, NULL, 0, NULL);
    if (rc >= 0) {
        return rc;
    }
    if (config_load(&config, config_path(path), &err) != 0) {
        return cli_fail(&err);
    }
    rc = deployment_read(&deployment, config.deployment_file, &err);
    if (rc == 0) {
        rc = deployment_check_config(&deployment, &config, &err);
    }
    int differ = 0;
    for (size_t i = 0; rc == 0 && i < deployment.n_chains; i++) {
        rc = show_chain(&config, &deployment, i, &err);
        differ |= rc == 1;
        rc = rc == 1 ? 0 : rc;
    }
    config_release(&config);
    return rc != 0 ? cli_fail(&err) : differ ? CLI_FAILED : CLI_OK;
}
