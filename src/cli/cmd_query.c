/* Subcommands that ask the node and print: a table for people, or the API's answer with --json. */
#include "cli/cli.h"

#include "base/decimal.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Asks and prints; `print` gets the answer and returns 0, or -1 and err. */
struct query {
    struct cli_usage usage;
    struct cli_option own; /* one own option; name NULL: none */
    size_t max_args, min_args;
    /* The call to make from the arguments: method, and params owned by the caller. */
    int (*ask)(struct session *s, const char *const *args, size_t n, const char *own,
               const char **method, json_t **params, struct err *err);
    int (*print)(struct session *s, const json_t *answer, struct err *err);
};

enum { MAX_ARGS = 2 };

static void print_json(const json_t *value) {
    char *text = json_dumps(value, JSON_INDENT(2) | JSON_ENCODE_ANY);
    puts(text == NULL ? "" : text);
    free(text);
}

static int run(int argc, char **argv, const struct query *q) {
    struct session_options o = {0};
    const char *own = NULL;
    const char *args[MAX_ARGS] = {NULL};
    size_t n_args = 0;
    struct session s;
    struct err err = {0};
    const char *method = NULL;
    json_t *params = NULL;
    json_t *answer = NULL;
    struct cli_option options[5] = {OPTIONAL_KEY_OPTION(&o), SESSION_OPTIONS(&o)};
    size_t n = 4;
    if (q->own.name != NULL) {
        options[n] = q->own;
        options[n++].out = &own;
    }
    int rc = cli_parse(argc, argv, &q->usage, options, n, args, q->max_args, &n_args);
    if (rc >= 0) {
        return rc;
    }
    if (n_args < q->min_args) {
        fprintf(stderr, "%s: missing %s\n", q->usage.command, q->usage.positional);
        return CLI_USAGE;
    }
    if (session_open(&s, &o, &err) != 0) {
        return cli_fail(&err);
    }
    rc = q->ask(&s, args, n_args, own, &method, &params, &err) == 0 &&
                 session_call(&s, method, params, &answer, &err) == 0
             ? CLI_OK
             : cli_fail(&err);
    if (rc == CLI_OK && o.json != NULL) {
        print_json(answer);
    } else if (rc == CLI_OK && q->print(&s, answer, &err) != 0) {
        rc = cli_fail(&err);
    }
    json_decref(answer);
    session_close(&s);
    return rc;
}

static json_int_t integer(const json_t *obj, const char *key) {
    return json_integer_value(json_object_get(obj, key));
}

static const char *text(const json_t *obj, const char *key) {
    const char *v = json_string_value(json_object_get(obj, key));
    return v == NULL ? "-" : v;
}

/* "12.5 USDA" for an amount of a token. */
static int format_balance(struct session *s, const json_t *obj, const char *token_key,
                          const char *amount_key, char *out, size_t size, struct err *err) {
    struct token_info token;
    uint64_t id = 0;
    u128 v = 0;
    struct amount amount;
    char number[AMOUNT_TEXT_SIZE];
    if (json_get_u64(obj, token_key, UINT64_MAX, &id, err) != 0 ||
        json_get_u128(obj, amount_key, &v, err) != 0 ||
        session_token_by_id(s, id, &token, err) != 0) {
        return -1;
    }
    if (!amount_from_u128(&amount, v)) {
        return err_set(err, ERR_DECODE, "%s: not an amount", amount_key);
    }
    amount_format(number, amount, token.decimals);
    snprintf(out, size, "%s %u:%s", number, token_chain(id), token.symbol);
    return 0;
}

/* ---- account, balances ---- */

static int ask_account(struct session *s, const char *const *args, size_t n, const char *own,
                       const char **method, json_t **params, struct err *err) {
    (void)own;
    uint8_t address[EVM_ADDRESS_LEN];
    char mine[43];
    uint64_t id = 0;
    *method = "getAccountsByAddress";
    if (n == 0) {
        if (!s->has_key) {
            return err_set(err, ERR_INPUT, "name an account id or address, or give --key");
        }
        eth_address_format(mine, s->key.address);
        *params = json_pack("[s]", mine);
        return 0;
    }
    if (strncmp(args[0], "0x", 2) == 0) {
        if (cli_address("account", args[0], address, err) != 0) {
            return -1;
        }
        *params = json_pack("[s]", args[0]);
        return 0;
    }
    if (cli_number("account", args[0], ACCOUNT_LIMIT - 1, &id, err) != 0) {
        return -1;
    }
    *method = "getAccount";
    *params = json_pack("[I]", (json_int_t)id);
    return 0;
}

static void print_one_account(const json_t *a) {
    const json_t *key = json_object_get(a, "pubKey");
    printf("account %" JSON_INTEGER_FORMAT ": %s", integer(a, "account"), text(a, "kind"));
    if (strcmp(text(a, "kind"), "user") == 0) {
        json_int_t authority = integer(a, "authority");
        printf(", owner %s ", text(a, "address"));
        if (authority == 0) {
            printf("on all chains");
        } else {
            printf("of chain %" JSON_INTEGER_FORMAT, authority);
        }
        printf(", nonce %" JSON_INTEGER_FORMAT ", %s", integer(a, "nonce"),
               json_is_object(key) ? "signing key set" : "no signing key");
    }
    putchar('\n');
}

static int print_account(struct session *s, const json_t *answer, struct err *err) {
    (void)s;
    (void)err;
    if (!json_is_array(answer)) {
        print_one_account(answer);
        return 0;
    }
    for (size_t i = 0; i < json_array_size(answer); i++) {
        print_one_account(json_array_get(answer, i));
    }
    if (json_array_size(answer) == 0) {
        puts("no account");
    }
    return 0;
}

int cmd_account(int argc, char **argv) {
    static const struct query q = {
        {"zklink account", "[ID|ADDRESS]", "Shows an account, or all accounts of an address."},
        {NULL, NULL, NULL, NULL, false},
        1,
        0,
        ask_account,
        print_account};
    return run(argc, argv, &q);
}

static int ask_balances(struct session *s, const char *const *args, size_t n, const char *own,
                        const char **method, json_t **params, struct err *err) {
    (void)own;
    account_id id = 0;
    if (n == 0 && !s->has_key) {
        return err_set(err, ERR_INPUT, "name an account id, or give --key");
    }
    if (session_account(s, n == 0 ? NULL : args[0], &id, err) != 0) {
        return -1;
    }
    *method = "getAccountBalances";
    *params = json_pack("[I]", (json_int_t)id);
    return 0;
}

static int print_balances(struct session *s, const json_t *answer, struct err *err) {
    char line[192];
    for (size_t i = 0; i < json_array_size(answer); i++) {
        const json_t *b = json_array_get(answer, i);
        if (format_balance(s, b, "token", "amount", line, sizeof line, err) != 0) {
            return -1;
        }
        printf("slot %3" JSON_INTEGER_FORMAT "  %s\n", integer(b, "slot"), line);
    }
    if (json_array_size(answer) == 0) {
        puts("no balances");
    }
    return 0;
}

int cmd_balances(int argc, char **argv) {
    static const struct query q = {
        {"zklink balances", "[ID]", "Shows an account's balances on L2."},
        {NULL, NULL, NULL, NULL, false},
        1,
        0,
        ask_balances,
        print_balances};
    return run(argc, argv, &q);
}

/* ---- pools, tokens, chains, fee ---- */

static int ask_pools(struct session *s, const char *const *args, size_t n, const char *own,
                     const char **method, json_t **params, struct err *err) {
    (void)s;
    (void)own;
    uint64_t id = 0;
    *method = "getPools";
    if (n == 0) {
        return 0;
    }
    if (cli_number("pool", args[0], ACCOUNT_LIMIT - 1, &id, err) != 0) {
        return -1;
    }
    *method = "getPool";
    *params = json_pack("[I]", (json_int_t)id);
    return 0;
}

static int print_one_pool(struct session *s, const json_t *p, struct err *err) {
    char a[192];
    char b[192];
    if (format_balance(s, p, "tokenA", "reserveA", a, sizeof a, err) != 0 ||
        format_balance(s, p, "tokenB", "reserveB", b, sizeof b, err) != 0) {
        return -1;
    }
    printf("pool %" JSON_INTEGER_FORMAT ": %s + %s, fee %" JSON_INTEGER_FORMAT
           "/10000, %s shares\n",
           integer(p, "pool"), a, b, integer(p, "fee"), text(p, "supply"));
    return 0;
}

static int print_pools(struct session *s, const json_t *answer, struct err *err) {
    if (!json_is_array(answer)) {
        return print_one_pool(s, answer, err);
    }
    for (size_t i = 0; i < json_array_size(answer); i++) {
        if (print_one_pool(s, json_array_get(answer, i), err) != 0) {
            return -1;
        }
    }
    return 0;
}

int cmd_pools(int argc, char **argv) {
    static const struct query q = {{"zklink pools", "[ID]", "Shows all pools, or one."},
                                   {NULL, NULL, NULL, NULL, false},
                                   1,
                                   0,
                                   ask_pools,
                                   print_pools};
    return run(argc, argv, &q);
}

static int ask_tokens(struct session *s, const char *const *args, size_t n, const char *own,
                      const char **method, json_t **params, struct err *err) {
    (void)s, (void)args, (void)n, (void)own, (void)params, (void)err;
    *method = "getSupportTokens";
    return 0;
}

static int print_tokens(struct session *s, const json_t *answer, struct err *err) {
    (void)s;
    (void)err;
    for (size_t i = 0; i < json_array_size(answer); i++) {
        const json_t *t = json_array_get(answer, i);
        printf("%12" JSON_INTEGER_FORMAT "  %" JSON_INTEGER_FORMAT ":%-10s %2" JSON_INTEGER_FORMAT
               " decimals  %s\n",
               integer(t, "token"), integer(t, "chain"), text(t, "symbol"), integer(t, "decimals"),
               text(t, "address"));
    }
    return 0;
}

int cmd_tokens(int argc, char **argv) {
    static const struct query q = {{"zklink tokens", "", "Lists the registered tokens."},
                                   {NULL, NULL, NULL, NULL, false},
                                   0,
                                   0,
                                   ask_tokens,
                                   print_tokens};
    return run(argc, argv, &q);
}

static int ask_chains(struct session *s, const char *const *args, size_t n, const char *own,
                      const char **method, json_t **params, struct err *err) {
    (void)s, (void)args, (void)n, (void)own, (void)params, (void)err;
    *method = "getSupportChains";
    return 0;
}

static int print_chains(struct session *s, const json_t *answer, struct err *err) {
    (void)s;
    (void)err;
    for (size_t i = 0; i < json_array_size(answer); i++) {
        const json_t *c = json_array_get(answer, i);
        printf("chain %" JSON_INTEGER_FORMAT " %s: EVM chain id %" JSON_INTEGER_FORMAT
               ", contract %s, height %" JSON_INTEGER_FORMAT ", final %" JSON_INTEGER_FORMAT "\n",
               integer(c, "chain"), text(c, "name"), integer(c, "evmChainId"), text(c, "contract"),
               integer(c, "height"), integer(c, "finalHeight"));
    }
    return 0;
}

int cmd_chains(int argc, char **argv) {
    static const struct query q = {{"zklink chains", "", "Lists the connected chains."},
                                   {NULL, NULL, NULL, NULL, false},
                                   0,
                                   0,
                                   ask_chains,
                                   print_chains};
    return run(argc, argv, &q);
}

static int ask_fee(struct session *s, const char *const *args, size_t n, const char *own,
                   const char **method, json_t **params, struct err *err) {
    (void)n, (void)own;
    struct token_info token;
    if (session_token(s, args[1], &token, err) != 0) {
        return -1;
    }
    *method = "estimateTransactionFee";
    *params = json_pack("[s,I]", args[0], (json_int_t)token.id);
    return 0;
}

static int print_fee(struct session *s, const json_t *answer, struct err *err) {
    (void)s;
    (void)err;
    printf("%s base units\n", text(answer, "fee"));
    return 0;
}

int cmd_fee(int argc, char **argv) {
    static const struct query q = {
        {"zklink fee", "TYPE TOKEN", "The least fee for a transaction type (Swap, Transfer, ...)."},
        {NULL, NULL, NULL, NULL, false},
        2,
        2,
        ask_fee,
        print_fee};
    return run(argc, argv, &q);
}

/* ---- block ---- */

static int ask_block(struct session *s, const char *const *args, size_t n, const char *own,
                     const char **method, json_t **params, struct err *err) {
    (void)s, (void)own;
    uint64_t number = 0;
    *method = "getLatestBlockNumber";
    if (n == 0) {
        return 0;
    }
    if (cli_number("block", args[0], INT64_MAX, &number, err) != 0) {
        return -1;
    }
    *method = "getBlockByNumber";
    *params = json_pack("[I]", (json_int_t)number);
    return 0;
}

static int print_block(struct session *s, const json_t *answer, struct err *err) {
    (void)s;
    (void)err;
    const char *key = NULL;
    json_t *value = NULL;
    json_object_foreach((json_t *)answer, key, value) {
        char *v = json_dumps(value, JSON_ENCODE_ANY | JSON_COMPACT);
        printf("%-12s %s\n", key, v == NULL ? "?" : v);
        free(v);
    }
    return 0;
}

int cmd_block(int argc, char **argv) {
    static const struct query q = {
        {"zklink block", "[NUMBER]", "Shows a block, or how far the blocks are."},
        {NULL, NULL, NULL, NULL, false},
        1,
        0,
        ask_block,
        print_block};
    return run(argc, argv, &q);
}
