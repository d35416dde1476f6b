/* What the subcommands share: options, the session (configuration, deployment, API, key), messages.
 * Exit codes: 0 done, 1 failed (the reason is on standard error), 2 wrong usage. */
#ifndef ZKLINK_CLI_CLI_H
#define ZKLINK_CLI_CLI_H

#include "base/json.h"
#include "chain/eth_client.h"
#include "chain/eth_key.h"
#include "chain/keystore.h"
#include "config/config.h"
#include "config/deployment.h"
#include "crypto/schnorr.h"
#include "rollup/op.h"
#include "rpc/rpc_client.h"

enum { CLI_OK = 0, CLI_FAILED = 1, CLI_USAGE = 2 };

/* An option `--name VALUE`; a flag (`--name`) if value_name is NULL: then *out is set to "". */
struct cli_option {
    const char *name;
    const char *value_name;
    const char *help;
    const char **out;
    bool required;
};

struct cli_usage {
    const char *command;    /* "zklink swap" */
    const char *positional; /* "HASH" or "" */
    const char *about;      /* a sentence or two */
};

/* Fills the options' values and up to max_args positional arguments. Returns -1 if the command
 * should go on, else the exit code (help was printed, or a mistake was named). */
int cli_parse(int argc, char **argv, const struct cli_usage *usage,
              const struct cli_option *options, size_t n_options, const char **args,
              size_t max_args, size_t *n_args);

/* Prints "zklink: text" and returns CLI_FAILED. */
int cli_fail(const struct err *err);
int cli_fail_text(const char *fmt, ...) __attribute__((format(printf, 1, 2)));

/* A key file of either form; the password of an encrypted one from the file password_path or, if
 * that is NULL, from the terminal. */
int cli_read_key(const char *path, const char *password_path, struct eth_key *key, struct err *err);

/* A subcommand. */
struct cli_command {
    const char *name;
    int (*run)(int argc, char **argv);
    const char *help; /* a line for the list */
    const char *group;
};
extern const struct cli_command cli_commands[]; /* ends with name NULL */

/* ---- session ---- */

struct session {
    struct config config;
    struct deployment deployment;
    struct rpc_client *api;
    bool has_key;
    struct eth_key key;
    struct schnorr_key l2_key; /* derived from key and instance */
    json_t *tokens;            /* answer of getSupportTokens, when first needed */
};

/* Options that session_open wants; put them into a command's table with SESSION_OPTIONS(&opt). */
struct session_options {
    const char *config, *key, *password, *json;
};
#define SESSION_OPTIONS(o)                                                                         \
    {"config", "FILE", "configuration (default: $ZKLINK_CONFIG, else zklink.conf)", &(o)->config,  \
     false},                                                                                       \
    {                                                                                              \
        "json", NULL, "print the API's answer as JSON", &(o)->json, false                          \
    }
#define PASSWORD_OPTION(o)                                                                         \
    {                                                                                              \
        "password-file", "FILE", "its password, if it is encrypted (default: asked for)",          \
            &(o)->password, false                                                                  \
    }
#define KEY_OPTION(o) {"key", "FILE", "your Ethereum key file", &(o)->key, true}, PASSWORD_OPTION(o)
#define OPTIONAL_KEY_OPTION(o)                                                                     \
    {"key", "FILE", "your Ethereum key file, where it says who you are", &(o)->key, false},        \
        PASSWORD_OPTION(o)

/* Reads configuration and deployment, the key if given. 0 or -1 and err. */
int session_open(struct session *s, const struct session_options *o, struct err *err);
void session_close(struct session *s);
/* Calls the API; params (owned by the call) is an array or NULL. The result is owned by the caller.
 */
int session_call(struct session *s, const char *method, json_t *params, json_t **result,
                 struct err *err);

struct token_info {
    token_id id;
    char symbol[32];
    unsigned decimals;
    uint8_t address[EVM_ADDRESS_LEN];
};
/* "USDA", "1:USDA" (chain and symbol), or a token id. LP shares (ids below 2^32) have 0 decimals.
 */
int session_token(struct session *s, const char *text, struct token_info *out, struct err *err);
int session_token_by_id(struct session *s, token_id id, struct token_info *out, struct err *err);
/* A human amount of the token. */
int cli_amount(const char *option, const char *text, unsigned decimals, struct amount *out,
               struct err *err);
int cli_number(const char *option, const char *text, uint64_t max, uint64_t *out, struct err *err);
int cli_address(const char *option, const char *text, uint8_t out[EVM_ADDRESS_LEN],
                struct err *err);
/* The key's account: --account if given, else the only account of the key's address. */
int session_account(struct session *s, const char *option, account_id *out, struct err *err);

/* Key of L2 from the Ethereum key: the seed is the EIP-191 signature of a text that names the
 * instance, so that any wallet can make it again. */
bool l2_key_derive(struct schnorr_key *out, const struct eth_key *key,
                   const uint8_t instance_id[WORD_LEN]);

/* ---- transactions on a chain ---- */

struct l1 {
    struct eth_client *client;
    const struct chain_config *chain;
    const struct deployed_chain *deployed; /* NULL before deployment */
};
int l1_open(struct l1 *l1, const struct config *config, const struct deployment *deployment,
            unsigned chain, struct err *err);
void l1_close(struct l1 *l1);
/* Signs, sends and waits until the transaction is in a block; a revert is an error with its reason.
 * to NULL: creation, receipt->contract is the new address. */
int l1_send(struct l1 *l1, const struct eth_key *key, const uint8_t *to, const struct buf *data,
            u128 value_wei, struct eth_receipt *receipt, uint8_t hash[32], struct err *err);

/* Sends data to the zklink contract of the chain and reports; a request's number, too. */
int session_request(struct session *s, unsigned chain, struct buf *data, u128 value_wei,
                    const char *what, struct err *err);
/* Lets the contract take `amount` of the token, if it may not already. */
int session_approve(struct session *s, unsigned chain, const struct token_info *token,
                    struct amount amount, struct err *err);
int cli_chain(const char *option, unsigned *chain, struct err *err);

/* ---- subcommands ---- */
int cmd_key(int argc, char **argv);
int cmd_deploy(int argc, char **argv);
int cmd_oracle_revert(int argc, char **argv);
int cmd_code(int argc, char **argv);
int cmd_exodus(int argc, char **argv);
int cmd_exit(int argc, char **argv);
int cmd_recover(int argc, char **argv);
int cmd_register_token(int argc, char **argv);
int cmd_deposit(int argc, char **argv);
int cmd_set_key(int argc, char **argv);
int cmd_full_exit(int argc, char **argv);
int cmd_withdraw_pending(int argc, char **argv);
int cmd_change_key(int argc, char **argv);
int cmd_transfer(int argc, char **argv);
int cmd_create_pool(int argc, char **argv);
int cmd_add_liquidity(int argc, char **argv);
int cmd_remove_liquidity(int argc, char **argv);
int cmd_swap(int argc, char **argv);
int cmd_request_swap(int argc, char **argv);
int cmd_request_add_liquidity(int argc, char **argv);
int cmd_request_remove_liquidity(int argc, char **argv);
int cmd_accept(int argc, char **argv);
int cmd_pending(int argc, char **argv);
int cmd_quote(int argc, char **argv);
int cmd_forced_exit(int argc, char **argv);
int cmd_withdraw(int argc, char **argv);
int cmd_account(int argc, char **argv);
int cmd_balances(int argc, char **argv);
int cmd_pools(int argc, char **argv);
int cmd_block(int argc, char **argv);
int cmd_status(int argc, char **argv);
int cmd_tokens(int argc, char **argv);
int cmd_chains(int argc, char **argv);
int cmd_fee(int argc, char **argv);
int cmd_srs(int argc, char **argv);
int cmd_broker(int argc, char **argv);
int cmd_air(int argc, char **argv);

#endif
