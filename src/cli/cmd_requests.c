/* Subcommands that send transactions to a chain's contract: deposit, set-key, full-exit,
 * withdraw-pending, register-token. */
#include "cli/cli.h"

#include "base/decimal.h"
#include "chain/abi.h"
#include "chain/zklink_abi.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

enum { MAX_LOGS = 5000 };

#define N(a) (sizeof(a) / sizeof *(a))

/* Begins call data: the selector of a function with n_args words of head. */
static void begin_call(struct buf *data, struct abi_enc *args, const char *signature,
                       size_t n_args) {
    uint8_t selector[4];
    abi_selector(signature, selector);
    buf_append(data, selector, sizeof selector);
    abi_begin(args, n_args);
}

static void report(const char *what, const struct l1 *l1, const struct eth_receipt *receipt,
                   const uint8_t hash[32]) {
    char text[67];
    hex0x_encode(text, hash, 32);
    printf("%s on chain %u (%s): block %" PRIu64 ", %" PRIu64 " gas, transaction %s\n", what,
           l1->chain->number, l1->chain->name, receipt->block_number, receipt->gas_used, text);
}

/* If the transaction entered the queue: under which number. */
static void report_request(const struct l1 *l1, const struct eth_receipt *receipt,
                           const uint8_t hash[32]) {
    struct eth_logs logs = {0};
    struct err ignored = {0};
    if (eth_get_logs(l1->client, l1->deployed->contract, receipt->block_number,
                     receipt->block_number, MAX_LOGS, &logs, &ignored) != 0) {
        return;
    }
    for (size_t i = 0; i < logs.n; i++) {
        struct zklink_event event;
        if (memcmp(logs.log[i].tx_hash, hash, 32) == 0 &&
            zklink_event_decode(&event, &logs.log[i]) && event.kind == ZKLINK_REQUESTED) {
            printf("request %" PRIu64 " of chain %u: see zklink status %" PRIu64 " --chain %u\n",
                   event.u.requested.index, l1->chain->number, event.u.requested.index,
                   l1->chain->number);
        }
    }
    eth_logs_free(&logs);
}

int session_request(struct session *s, unsigned chain, struct buf *data, u128 value_wei,
                    const char *what, struct err *err) {
    struct l1 l1;
    struct eth_receipt receipt;
    uint8_t hash[32];
    if (l1_open(&l1, &s->config, &s->deployment, chain, err) != 0) {
        return -1;
    }
    int rc = l1_send(&l1, &s->key, l1.deployed->contract, data, value_wei, &receipt, hash, err);
    if (rc == 0) {
        report(what, &l1, &receipt, hash);
        report_request(&l1, &receipt, hash);
    }
    l1_close(&l1);
    return rc;
}

int cli_chain(const char *option, unsigned *chain, struct err *err) {
    uint64_t v = 0;
    if (cli_number("chain", option, 255, &v, err) != 0) {
        return -1;
    }
    *chain = (unsigned)v;
    return 0;
}

int session_approve(struct session *s, unsigned chain, const struct token_info *token,
                    struct amount amount, struct err *err) {
    struct l1 l1;
    struct abi_enc args;
    struct buf data = {0};
    struct buf answer = {0};
    struct eth_receipt receipt;
    uint8_t hash[32];
    u128 allowed = 0;
    int rc = -1;
    if (l1_open(&l1, &s->config, &s->deployment, chain, err) != 0) {
        return -1;
    }
    begin_call(&data, &args, "allowance(address,address)", 2);
    abi_put_address(&args, s->key.address);
    abi_put_address(&args, l1.deployed->contract);
    abi_finish(&args, &data);
    const struct eth_call_args call = {
        .to = token->address, .data = data.data, .data_len = data.len};
    if (eth_call(l1.client, &call, UINT64_MAX, &answer, err) != 0) {
        goto out;
    }
    /* An allowance of 2^128 and more does not fit, and is enough. */
    if (abi_u128(answer.data, answer.len, 0, &allowed) && allowed < amount.v) {
        data.len = 0;
        begin_call(&data, &args, "approve(address,uint256)", 2);
        abi_put_address(&args, l1.deployed->contract);
        abi_put_u128(&args, amount.v);
        abi_finish(&args, &data);
        if (l1_send(&l1, &s->key, token->address, &data, 0, &receipt, hash, err) != 0) {
            err_context(err, "approve");
            goto out;
        }
        report("approved", &l1, &receipt, hash);
    }
    rc = 0;
out:
    buf_free(&data);
    buf_free(&answer);
    l1_close(&l1);
    return rc;
}

static int deposit(struct session *s, const char *token_text, const char *amount_text,
                   const char *owner_text, struct err *err) {
    struct token_info token;
    struct amount amount;
    struct abi_enc args;
    struct buf data = {0};
    uint8_t owner[EVM_ADDRESS_LEN];
    memcpy(owner, s->key.address, sizeof owner);
    if (session_token(s, token_text, &token, err) != 0 ||
        cli_amount("amount", amount_text, token.decimals, &amount, err) != 0 ||
        (owner_text != NULL && cli_address("owner", owner_text, owner, err) != 0)) {
        return -1;
    }
    unsigned chain = token_chain(token.id);
    bool native = token_index(token.id) == 0;
    if (chain == 0) {
        return err_set(err, ERR_INPUT, "LP shares live on L2 only");
    }
    if (!native && session_approve(s, chain, &token, amount, err) != 0) {
        return -1;
    }
    begin_call(&data, &args, native ? "depositNative(address)" : "deposit(address,uint256,address)",
               native ? 1 : 3);
    if (!native) {
        abi_put_address(&args, token.address);
        abi_put_u128(&args, amount.v);
    }
    abi_put_address(&args, owner);
    abi_finish(&args, &data);
    int rc = session_request(s, chain, &data, native ? amount.v : 0, "deposited", err);
    buf_free(&data);
    return rc;
}

int cmd_deposit(int argc, char **argv) {
    struct session_options o = {0};
    const char *token = NULL;
    const char *amount = NULL;
    const char *owner = NULL;
    const struct cli_option options[] = {
        {"token", "TOKEN", "symbol, CHAIN:SYMBOL or token id", &token, true},
        {"amount", "AMOUNT", "how much, in whole tokens (12.5)", &amount, true},
        {"owner", "ADDRESS", "whose account is credited (default: yours)", &owner, false},
        KEY_OPTION(&o),
        SESSION_OPTIONS(&o)};
    const struct cli_usage usage = {
        "zklink deposit", "",
        "Deposits a token on its own chain; an account is opened if the "
        "owner has none. Approves the contract first if needed."};
    struct session s;
    struct err err = {0};
    int rc = cli_parse(argc, argv, &usage, options, N(options), NULL, 0, NULL);
    if (rc >= 0) {
        return rc;
    }
    if (session_open(&s, &o, &err) != 0) {
        return cli_fail(&err);
    }
    rc = deposit(&s, token, amount, owner, &err) == 0 ? CLI_OK : cli_fail(&err);
    session_close(&s);
    return rc;
}

int cmd_set_key(int argc, char **argv) {
    struct session_options o = {0};
    const char *account = NULL;
    const char *chain_text = NULL;
    const struct cli_option options[] = {
        {"chain", "N", "the chain that your account belongs to", &chain_text, true},
        {"account", "ID", "your account (default: the only one of your address)", &account, false},
        KEY_OPTION(&o),
        SESSION_OPTIONS(&o)};
    const struct cli_usage usage = {
        "zklink set-key", "",
        "Sets the account's L2 signing key by a request on its chain: works for every owner, also "
        "contract wallets. The key is derived from your Ethereum key. See also change-key."};
    struct session s;
    struct err err = {0};
    struct abi_enc args;
    struct buf data = {0};
    account_id id = 0;
    unsigned chain = 0;
    uint8_t x[WORD_LEN];
    uint8_t y[WORD_LEN];
    int rc = cli_parse(argc, argv, &usage, options, N(options), NULL, 0, NULL);
    if (rc >= 0) {
        return rc;
    }
    if (session_open(&s, &o, &err) != 0) {
        return cli_fail(&err);
    }
    rc = cli_chain(chain_text, &chain, &err) == 0 && session_account(&s, account, &id, &err) == 0
             ? CLI_OK
             : cli_fail(&err);
    if (rc == CLI_OK) {
        fr_to_be(x, &s.l2_key.public_key.x);
        fr_to_be(y, &s.l2_key.public_key.y);
        begin_call(&data, &args, "requestSetSigningKey(uint256,uint256,uint256)", 3);
        abi_put_u64(&args, id);
        abi_put_word(&args, x);
        abi_put_word(&args, y);
        abi_finish(&args, &data);
        if (session_request(&s, chain, &data, 0, "requested the signing key", &err) != 0) {
            rc = cli_fail(&err);
        }
    }
    buf_free(&data);
    session_close(&s);
    return rc;
}

/* The slot that holds the token, from the API. */
static int find_slot(struct session *s, account_id account, token_id token, uint64_t *slot,
                     struct err *err) {
    json_t *list = NULL;
    if (session_call(s, "getAccountBalances", json_pack("[I]", (json_int_t)account), &list, err) !=
        0) {
        return -1;
    }
    int rc = 1;
    for (size_t i = 0; rc == 1 && i < json_array_size(list); i++) {
        uint64_t id = 0;
        const json_t *b = json_array_get(list, i);
        if (json_get_u64(b, "token", UINT64_MAX, &id, err) != 0 ||
            json_get_u64(b, "slot", 255, slot, err) != 0) {
            rc = -1;
        } else if (id == token) {
            rc = 0;
        }
    }
    json_decref(list);
    return rc == 1 ? err_set(err, ERR_NOT_FOUND, "account %u holds no such token", account) : rc;
}

int cmd_full_exit(int argc, char **argv) {
    struct session_options o = {0};
    const char *account = NULL;
    const char *chain_text = NULL;
    const char *token_text = NULL;
    const char *slot_text = NULL;
    const char *to_text = NULL;
    const struct cli_option options[] = {
        {"chain", "N", "the chain that your account belongs to", &chain_text, true},
        {"account", "ID", "your account (default: the only one of your address)", &account, false},
        {"token", "TOKEN", "the token to take out: symbol, CHAIN:SYMBOL or id", &token_text, false},
        {"slot", "N", "or its slot, where the node can't be asked", &slot_text, false},
        {"to", "ADDRESS", "receiver on the token's chain (default: yours)", &to_text, false},
        KEY_OPTION(&o),
        SESSION_OPTIONS(&o)};
    const struct cli_usage usage = {
        "zklink full-exit", "",
        "Requests on L1 that the whole balance of a token is paid out. The operator can't refuse."};
    struct session s;
    struct err err = {0};
    struct token_info token;
    struct abi_enc args;
    struct buf data = {0};
    account_id id = 0;
    unsigned chain = 0;
    uint64_t slot = 0;
    uint8_t to[EVM_ADDRESS_LEN];
    int rc = cli_parse(argc, argv, &usage, options, N(options), NULL, 0, NULL);
    if (rc >= 0) {
        return rc;
    }
    if ((token_text == NULL) == (slot_text == NULL)) {
        cli_fail_text("give either --token or --slot");
        return CLI_USAGE;
    }
    if (session_open(&s, &o, &err) != 0) {
        return cli_fail(&err);
    }
    memcpy(to, s.key.address, sizeof to);
    bool ok = cli_chain(chain_text, &chain, &err) == 0 &&
              session_account(&s, account, &id, &err) == 0 &&
              (to_text == NULL || cli_address("to", to_text, to, &err) == 0);
    if (ok && slot_text != NULL) {
        ok = cli_number("slot", slot_text, 255, &slot, &err) == 0;
    } else if (ok) {
        ok = session_token(&s, token_text, &token, &err) == 0 &&
             find_slot(&s, id, token.id, &slot, &err) == 0;
    }
    if (ok) {
        begin_call(&data, &args, "requestFullExit(uint256,uint256,address)", 3);
        abi_put_u64(&args, id);
        abi_put_u64(&args, slot);
        abi_put_address(&args, to);
        abi_finish(&args, &data);
        ok = session_request(&s, chain, &data, 0, "requested the full exit", &err) == 0;
    }
    rc = ok ? CLI_OK : cli_fail(&err);
    buf_free(&data);
    session_close(&s);
    return rc;
}

int cmd_withdraw_pending(int argc, char **argv) {
    struct session_options o = {0};
    const char *token_text = NULL;
    const char *owner_text = NULL;
    const struct cli_option options[] = {
        {"token", "TOKEN", "symbol, CHAIN:SYMBOL or token id", &token_text, true},
        {"owner", "ADDRESS", "whose payout failed (default: yours)", &owner_text, false},
        KEY_OPTION(&o),
        SESSION_OPTIONS(&o)};
    const struct cli_usage usage = {
        "zklink withdraw-pending", "",
        "Fetches what failed payouts left with the contract for its owner; anybody may call."};
    struct session s;
    struct err err = {0};
    struct token_info token;
    struct abi_enc args;
    struct buf data = {0};
    uint8_t owner[EVM_ADDRESS_LEN];
    int rc = cli_parse(argc, argv, &usage, options, N(options), NULL, 0, NULL);
    if (rc >= 0) {
        return rc;
    }
    if (session_open(&s, &o, &err) != 0) {
        return cli_fail(&err);
    }
    memcpy(owner, s.key.address, sizeof owner);
    bool ok = session_token(&s, token_text, &token, &err) == 0 &&
              (owner_text == NULL || cli_address("owner", owner_text, owner, &err) == 0);
    if (ok) {
        begin_call(&data, &args, "withdrawPending(uint32,address)", 2);
        abi_put_u64(&args, token_index(token.id));
        abi_put_address(&args, owner);
        abi_finish(&args, &data);
        ok = session_request(&s, token_chain(token.id), &data, 0, "withdrew", &err) == 0;
    }
    rc = ok ? CLI_OK : cli_fail(&err);
    buf_free(&data);
    session_close(&s);
    return rc;
}

int cmd_register_token(int argc, char **argv) {
    struct session_options o = {0};
    const char *chain_text = NULL;
    const char *token_text = NULL;
    const struct cli_option options[] = {{"chain", "N", "the token's chain", &chain_text, true},
                                         {"token", "ADDRESS", "its contract", &token_text, true},
                                         KEY_OPTION(&o),
                                         SESSION_OPTIONS(&o)};
    const struct cli_usage usage = {"zklink register-token", "",
                                    "Lists an ERC-20 on its chain; anybody may, once per token."};
    struct session s;
    struct err err = {0};
    struct abi_enc args;
    struct buf data = {0};
    unsigned chain = 0;
    uint8_t token[EVM_ADDRESS_LEN];
    int rc = cli_parse(argc, argv, &usage, options, N(options), NULL, 0, NULL);
    if (rc >= 0) {
        return rc;
    }
    if (session_open(&s, &o, &err) != 0) {
        return cli_fail(&err);
    }
    bool ok = cli_chain(chain_text, &chain, &err) == 0 &&
              cli_address("token", token_text, token, &err) == 0;
    if (ok) {
        begin_call(&data, &args, "registerToken(address)", 1);
        abi_put_address(&args, token);
        abi_finish(&args, &data);
        ok = session_request(&s, chain, &data, 0, "registered", &err) == 0;
    }
    rc = ok ? CLI_OK : cli_fail(&err);
    buf_free(&data);
    session_close(&s);
    return rc;
}
