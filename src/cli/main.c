/* The zklink binary: every service and client command is a subcommand of it. */
#include "cli/cli.h"
#include "node/node.h"
#include "oracle/oracle.h"
#include "relay/relay.h"

#include <stdio.h>
#include <string.h>

const struct cli_command cli_commands[] = {
    {"key", cmd_key, "make, encrypt or show key files", "Keys and accounts"},
    {"account", cmd_account, "show an account or those of an address", "Keys and accounts"},
    {"balances", cmd_balances, "show balances on L2", "Keys and accounts"},
    {"change-key", cmd_change_key, "set the L2 signing key by signature", "Keys and accounts"},
    {"set-key", cmd_set_key, "set the L2 signing key by a request on L1", "Keys and accounts"},
    {"deposit", cmd_deposit, "bring a token to L2", "Moving tokens"},
    {"transfer", cmd_transfer, "send on L2", "Moving tokens"},
    {"withdraw", cmd_withdraw, "take a token back to its chain", "Moving tokens"},
    {"forced-exit", cmd_forced_exit, "pay out an account that has no key", "Moving tokens"},
    {"full-exit", cmd_full_exit, "take a whole balance back by a request on L1", "Moving tokens"},
    {"accept", cmd_accept, "pay a payout in advance, by hand", "Moving tokens"},
    {"pending", cmd_pending, "payouts that failed and wait", "Moving tokens"},
    {"withdraw-pending", cmd_withdraw_pending, "fetch a payout that failed", "Moving tokens"},
    {"swap", cmd_swap, "swap in a pool", "Pools"},
    {"create-pool", cmd_create_pool, "open a pool", "Pools"},
    {"add-liquidity", cmd_add_liquidity, "give both tokens for shares", "Pools"},
    {"remove-liquidity", cmd_remove_liquidity, "give shares back", "Pools"},
    {"request-swap", cmd_request_swap, "swap from chain to chain, without an account", "Pools"},
    {"request-add-liquidity", cmd_request_add_liquidity, "a position in a pool, from L1", "Pools"},
    {"request-remove-liquidity", cmd_request_remove_liquidity, "out of a position, from L1",
     "Pools"},
    {"quote", cmd_quote, "what a swap or one-sided change would give", "Pools"},
    {"pools", cmd_pools, "show pools", "Pools"},
    {"status", cmd_status, "how far a transaction or request is", "Looking"},
    {"block", cmd_block, "how far a block is", "Looking"},
    {"tokens", cmd_tokens, "list tokens", "Looking"},
    {"chains", cmd_chains, "list chains", "Looking"},
    {"fee", cmd_fee, "the least fee for a transaction", "Looking"},
    {"register-token", cmd_register_token, "list an ERC-20", "Running an instance"},
    {"air", cmd_air, "the circuit: summary, JSON, Solidity", "Running an instance"},
    {"srs", cmd_srs, "the universal set-up", "Running an instance"},
    {"deploy", cmd_deploy, "deploy the contracts", "Running an instance"},
    {"node", node_main, "run the node", "Running an instance"},
    {"broker", cmd_broker, "run a broker, or see its books", "Running an instance"},
    {"oracle", oracle_main, "run an oracle", "Running an instance"},
    {"relay", relay_main, "bring oracles' signatures to the chains", "Running an instance"},
    {"oracle-revert", cmd_oracle_revert, "decide to take blocks back", "Running an instance"},
    {"code", cmd_code, "the contracts' code against the deployment file", "Running an instance"},
    {"recover", cmd_recover, "the state from the chains alone", "When the operator is gone"},
    {"exodus", cmd_exodus, "end an instance that ignores requests", "When the operator is gone"},
    {"exit", cmd_exit, "take everything out by Merkle paths", "When the operator is gone"},
    {NULL, NULL, NULL, NULL},
};

static void print_help(void) {
    const char *group = "";
    puts("usage: zklink COMMAND [options]\n\n"
         "A multi-chain ZK-rollup exchange layer. `zklink COMMAND --help` tells a command's "
         "options.");
    for (const struct cli_command *c = cli_commands; c->name != NULL; c++) {
        if (strcmp(group, c->group) != 0) {
            group = c->group;
            printf("\n%s\n", group);
        }
        printf("  %-18s %s\n", c->name, c->help);
    }
}

int main(int argc, char **argv) {
    setvbuf(stdout, NULL, _IOLBF, 0); /* progress is seen as it is made, through pipes too */
    if (argc < 2) {
        print_help();
        return CLI_USAGE;
    }
    if (strcmp(argv[1], "--help") == 0 || strcmp(argv[1], "-h") == 0 ||
        strcmp(argv[1], "help") == 0) {
        print_help();
        return CLI_OK;
    }
    for (const struct cli_command *c = cli_commands; c->name != NULL; c++) {
        if (strcmp(argv[1], c->name) == 0) {
            return c->run(argc - 1, argv + 1);
        }
    }
    fprintf(stderr, "zklink: unknown command %s (see zklink --help)\n", argv[1]);
    return CLI_USAGE;
}
