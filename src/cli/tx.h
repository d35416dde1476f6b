/* A subcommand that sends one L2 transaction: its own options become the fields of an operation;
 * account, nonce, fee, signature, sending and waiting are the same for all (tx_run). */
#ifndef ZKLINK_CLI_TX_H
#define ZKLINK_CLI_TX_H

#include "cli/cli.h"
#include "rollup/client.h"

enum { MAX_OWN = 8 };

/* A command's own options; value[i] belongs to option[i]. */
struct own_option {
    const char *name, *value_name, *help;
    bool required;
};

struct tx {
    struct session session;
    struct client_common common;
    const char *value[MAX_OWN];
    bool quiet; /* print nothing but the answer */
    struct op op;
};

struct tx_command {
    struct cli_usage usage;
    struct own_option own[MAX_OWN];
    enum op_type type;
    /* Fills tx->op from tx->value and tx->common; may tell what will come of it (tx_say). */
    int (*build)(struct tx *tx, struct err *err);
    /* The token whose amount the fee is taken in, if --fee-token is not given: index of a value, or
     * -1: then it is required. */
    int fee_token_from;
    /* The type that will be sent, where it depends on the options; NULL: `type`. */
    enum op_type (*type_of)(const struct tx *tx);
};

int tx_run(int argc, char **argv, const struct tx_command *c);

/* An amount option in units of the token; missing optional ones are 0. */
int tx_amount(struct tx *tx, const char *name, size_t i, unsigned decimals, struct amount *out,
              struct err *err);
int tx_account(struct tx *tx, const char *name, size_t i, account_id *out, struct err *err);

#endif
