/* zklink key: Ethereum key files; the L2 key is derived from them. */
#include "cli/cli.h"

#include <stdio.h>
#include <string.h>

int cmd_key(int argc, char **argv) {
    const char *args[2] = {NULL, NULL};
    size_t n = 0;
    struct eth_key key;
    struct err err = {0};
    char address[43];
    const struct cli_usage usage = {
        "zklink key", "new|show FILE",
        "Makes a new Ethereum key in FILE (64 hex digits, mode 0600), or shows the address of one. "
        "Whoever reads the file owns the account."};
    int rc = cli_parse(argc, argv, &usage, NULL, 0, args, 2, &n);
    if (rc >= 0) {
        return rc;
    }
    if (n != 2 || (strcmp(args[0], "new") != 0 && strcmp(args[0], "show") != 0)) {
        fprintf(stderr, "usage: %s %s\n", usage.command, usage.positional);
        return CLI_USAGE;
    }
    if (strcmp(args[0], "new") == 0) {
        if (!eth_key_generate(&key)) {
            return cli_fail_text("the system's random source failed");
        }
        if (eth_key_write(args[1], &key, &err) != 0) {
            eth_key_wipe(&key);
            return cli_fail(&err);
        }
    } else if (eth_key_read(args[1], &key, &err) != 0) {
        return cli_fail(&err);
    }
    eth_address_format(address, key.address);
    eth_key_wipe(&key);
    puts(address);
    return CLI_OK;
}
