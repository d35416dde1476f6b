/* Subcommands that send L2 transactions. They differ in their own options and in how these become
 * the fields of the operation; the rest (account, nonce, fee, signature, sending, waiting) is the
 * same for all and stands in run(). */
#include "cli/tx.h"

#include "api/tx_json.h"

#include "base/decimal.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { TRANSFER_TO = 2 /* place of --to among the options of transfer */ };
enum { DEFAULT_VALIDITY_S = 3600, WAIT_POLL_MS = 200, WAIT_LIMIT_S = 600 };

/* --valid-for, --nonce and friends. */
struct common_options {
    struct session_options session;
    const char *account, *nonce, *fee_token, *fee, *valid_for, *wait;
};

static int get_nonce(struct tx *tx, const char *option, struct err *err) {
    uint64_t nonce = 0;
    json_t *account = NULL;
    if (option != NULL) {
        if (cli_number("nonce", option, UINT32_MAX, &nonce, err) != 0) {
            return -1;
        }
        tx->common.nonce = (uint32_t)nonce;
        return 0;
    }
    if (session_call(&tx->session, "getAccount", json_pack("[I]", (json_int_t)tx->common.account),
                     &account, err) != 0) {
        return -1;
    }
    int rc = json_get_u64(account, "nonce", UINT32_MAX, &nonce, err);
    json_decref(account);
    tx->common.nonce = (uint32_t)nonce;
    return rc;
}

/* The chain that the fee depends on: the first option of these commands says it. */
static int find_destination(struct tx *tx, enum op_type type, unsigned *chain, struct err *err) {
    struct token_info token;
    if (type == OP_CHANGE_PUB_KEY) {
        return cli_chain(tx->value[0], chain, err);
    }
    if (type != OP_WITHDRAW && type != OP_FORCED_EXIT) {
        return 0;
    }
    if (session_token(&tx->session, tx->value[0], &token, err) != 0) {
        return -1;
    }
    *chain = token_chain(token.id);
    return 0;
}

static int get_fee(struct tx *tx, const struct tx_command *c, const struct common_options *o,
                   struct err *err) {
    const char *text = o->fee_token;
    struct token_info token;
    struct amount fee;
    json_t *answer = NULL;
    u128 least = 0;
    enum op_type type = c->type_of != NULL ? c->type_of(tx) : c->type;
    if (text == NULL && c->fee_token_from >= 0) {
        text = tx->value[c->fee_token_from];
    }
    if (text == NULL) {
        return err_set(err, ERR_INPUT, "--fee-token is needed here");
    }
    if (session_token(&tx->session, text, &token, err) != 0) {
        return -1;
    }
    tx->common.fee_token = token.id;
    if (o->fee != NULL) {
        if (cli_amount("fee", o->fee, token.decimals, &fee, err) != 0) {
            return -1;
        }
    } else {
        unsigned chain = 0;
        if (find_destination(tx, type, &chain, err) != 0 ||
            session_call(&tx->session, "estimateTransactionFee",
                         json_pack("[s,I,i]", op_name(type), (json_int_t)token.id, (int)chain),
                         &answer, err) != 0) {
            return -1;
        }
        int rc = json_get_u128(answer, "fee", &least, err);
        json_decref(answer);
        if (rc != 0) {
            return -1;
        }
        if (!amount_from_u128(&fee, least)) {
            return err_set(err, ERR_DECODE, "the node asks a fee of more than 2^112");
        }
    }
    /* The next higher fee that the short form can say. */
    if (!fee_from_amount(&tx->common.fee, fee)) {
        return err_set(err, ERR_INPUT, "--fee: above the largest fee");
    }
    return 0;
}

static int sign(struct tx *tx, struct err *err) {
    const struct session *s = &tx->session;
    if (tx->op.type == OP_CHANGE_PUB_KEY) {
        uint8_t digest[32];
        op_change_pub_key_digest(&tx->op, s->deployment.instance_id, digest);
        return eth_sign(&s->key, digest, tx->op.u.change_pub_key.ecdsa)
                   ? 0
                   : err_set(err, ERR_SYSTEM, "signing failed");
    }
    if (!client_sign(&tx->op, s->deployment.instance_id, &s->l2_key)) {
        return err_set(err, ERR_INPUT, "a field is out of its range");
    }
    return 0;
}

/* Waits until the transaction has reached the stage. */
static int wait_for(struct session *s, const char *hash, const char *stage, struct err *err) {
    static const char *const order[] = {"accepted",  "sealed",    "proved",
                                        "submitted", "confirmed", "executed"};
    const struct timespec pause = {.tv_nsec = WAIT_POLL_MS * 1000000L};
    size_t wanted = 0;
    size_t reached = 0;
    const size_t n = sizeof order / sizeof *order;
    while (wanted < n && strcmp(order[wanted], stage) != 0) {
        wanted++;
    }
    if (wanted == n) {
        return err_set(err, ERR_INPUT,
                       "--wait %s: one of accepted, sealed, proved, submitted, confirmed, executed",
                       stage);
    }
    for (unsigned i = 0; i < WAIT_LIMIT_S * 1000 / WAIT_POLL_MS; i++) {
        json_t *status = NULL;
        const char *now = NULL;
        if (session_call(s, "getTransactionByHash", json_pack("[s]", hash), &status, err) != 0) {
            return -1;
        }
        if (json_get_string(status, "stage", &now, err) != 0) {
            json_decref(status);
            return -1;
        }
        for (reached = 0; reached < n && strcmp(order[reached], now) != 0; reached++) {
        }
        json_decref(status);
        if (reached >= wanted && reached < n) {
            return 0;
        }
        nanosleep(&pause, NULL);
    }
    return err_set(err, ERR_TIMEOUT, "transaction %s is not %s after %d s", hash, stage,
                   WAIT_LIMIT_S);
}

/* After a broken connection nobody here knows what became of the transaction: say how to ask. */
static int answer_is_open(const struct tx *tx, struct err *err) {
    const bjj_affine *key = &tx->session.l2_key.public_key;
    struct err cause = *err;
    uint8_t hash[32];
    char text[67];
    if ((cause.code != ERR_NETWORK && cause.code != ERR_TIMEOUT && cause.code != ERR_DECODE) ||
        !op_transaction_id(&tx->op, tx->session.deployment.instance_id, &key->x, &key->y, hash)) {
        return -1;
    }
    hex0x_encode(text, hash, 32);
    return err_set(err, cause.code,
                   "%.400s; it may have been accepted: before you repeat it, ask zklink status %s",
                   cause.text, text);
}

static int send(struct tx *tx, const struct common_options *o, struct err *err) {
    json_t *receipt = NULL;
    const char *hash = NULL;
    json_t *obj = tx_to_json(&tx->op);
    if (obj == NULL) {
        return err_set(err, ERR_SYSTEM, "out of memory");
    }
    if (session_call(&tx->session, "sendTransaction", json_pack("[o]", obj), &receipt, err) != 0) {
        return answer_is_open(tx, err);
    }
    int rc = json_get_string(receipt, "hash", &hash, err);
    if (rc == 0 && o->wait != NULL) {
        rc = wait_for(&tx->session, hash, o->wait, err);
    }
    if (rc == 0 && o->session.json != NULL) {
        char *text = json_dumps(receipt, JSON_INDENT(2));
        puts(text == NULL ? "" : text);
        free(text);
    } else if (rc == 0) {
        char fee[DECIMAL_TEXT];
        u128_format(fee, fee_value(tx->op.fee).v);
        printf("%s %s: nonce %u, fee %s of token %" PRIu64 ", transaction %s\n",
               op_name(tx->op.type), o->wait == NULL ? "accepted" : o->wait, tx->op.nonce, fee,
               tx->op.fee_token, hash);
    }
    json_decref(receipt);
    return rc;
}

static int execute(struct tx *tx, const struct tx_command *c, const struct common_options *o,
                   struct err *err) {
    uint64_t validity = DEFAULT_VALIDITY_S;
    if (session_account(&tx->session, o->account, &tx->common.account, err) != 0 ||
        get_nonce(tx, o->nonce, err) != 0 || get_fee(tx, c, o, err) != 0 ||
        (o->valid_for != NULL &&
         cli_number("valid-for", o->valid_for, UINT32_MAX, &validity, err) != 0)) {
        return -1;
    }
    tx->common.valid_until = (uint64_t)time(NULL) + validity;
    if (c->build(tx, err) != 0 || sign(tx, err) != 0) {
        return -1;
    }
    return send(tx, o, err);
}

int tx_run(int argc, char **argv, const struct tx_command *c) {
    struct common_options o = {0};
    struct tx tx;
    struct err err = {0};
    struct cli_option options[MAX_OWN + 10];
    size_t n = 0;
    memset(&tx, 0, sizeof tx);
    for (size_t i = 0; i < MAX_OWN && c->own[i].name != NULL; i++) {
        options[n++] = (struct cli_option){c->own[i].name, c->own[i].value_name, c->own[i].help,
                                           &tx.value[i], c->own[i].required};
    }
    const struct cli_option common[] = {
        KEY_OPTION(&o.session),
        {"account", "ID", "your account (default: the only one of your address)", &o.account,
         false},
        {"fee-token", "TOKEN", "token that pays the fee", &o.fee_token, false},
        {"fee", "AMOUNT", "fee in whole tokens (default: what the node asks)", &o.fee, false},
        {"nonce", "N", "nonce (default: the next one)", &o.nonce, false},
        {"valid-for", "SECONDS", "how long it may wait (default: 3600)", &o.valid_for, false},
        {"wait", "STAGE", "return when it is sealed, proved, submitted, confirmed or executed",
         &o.wait, false},
        SESSION_OPTIONS(&o.session)};
    memcpy(options + n, common, sizeof common);
    n += sizeof common / sizeof *common;
    int rc = cli_parse(argc, argv, &c->usage, options, n, NULL, 0, NULL);
    if (rc >= 0) {
        return rc;
    }
    if (session_open(&tx.session, &o.session, &err) != 0) {
        return cli_fail(&err);
    }
    tx.quiet = o.session.json != NULL;
    rc = execute(&tx, c, &o, &err) == 0 ? CLI_OK : cli_fail(&err);
    session_close(&tx.session);
    return rc;
}

int tx_amount(struct tx *tx, const char *name, size_t i, unsigned decimals, struct amount *out,
              struct err *err) {
    *out = amount_zero();
    return tx->value[i] == NULL ? 0 : cli_amount(name, tx->value[i], decimals, out, err);
}

int tx_account(struct tx *tx, const char *name, size_t i, account_id *out, struct err *err) {
    uint64_t v = 0;
    if (cli_number(name, tx->value[i], ACCOUNT_LIMIT - 1, &v, err) != 0) {
        return -1;
    }
    *out = (account_id)v;
    return 0;
}

/* ---- change-key ---- */

static int build_change_key(struct tx *tx, struct err *err) {
    uint64_t chain = 0;
    if (cli_number("chain", tx->value[0], 255, &chain, err) != 0) {
        return -1;
    }
    client_change_pub_key(&tx->op, &tx->common, (uint8_t)chain, tx->session.key.address,
                          &tx->session.l2_key.public_key.x, &tx->session.l2_key.public_key.y);
    return 0;
}

int cmd_change_key(int argc, char **argv) {
    static const struct tx_command c = {
        {"zklink change-key", "",
         "Sets the account's L2 signing key by an ECDSA signature of the owner's key, without a "
         "transaction on L1. The account then belongs to the key on all chains."},
        {{"chain", "N", "the chain whose contract checks the signature: the account's own", true}},
        OP_CHANGE_PUB_KEY,
        build_change_key,
        -1,
        NULL};
    return tx_run(argc, argv, &c);
}

/* ---- transfer ---- */

/* 1 and its id, 0 if the address has no account whose authority is "any", -1. */
static int find_account_of_any_chain(struct tx *tx, const char *address, account_id *id,
                                     struct err *err) {
    json_t *list = NULL;
    int found = 0;
    if (session_call(&tx->session, "getAccountsByAddress", json_pack("[s]", address), &list, err) !=
        0) {
        return -1;
    }
    for (size_t i = 0; found == 0 && i < json_array_size(list); i++) {
        const json_t *a = json_array_get(list, i);
        uint64_t authority = 0;
        uint64_t account = 0;
        if (json_get_u64(a, "authority", 255, &authority, err) != 0 ||
            json_get_u64(a, "account", ACCOUNT_LIMIT - 1, &account, err) != 0) {
            found = -1;
        } else if (authority == 0) {
            *id = (account_id)account;
            found = 1;
        }
    }
    json_decref(list);
    return found;
}

static enum op_type transfer_type(const struct tx *tx) {
    bool to_address = strncmp(tx->value[TRANSFER_TO], "0x", 2) == 0;
    return to_address ? OP_TRANSFER_TO_ADDRESS : OP_TRANSFER;
}

static int build_transfer(struct tx *tx, struct err *err) {
    struct token_info token;
    struct amount amount;
    struct owner to = {0};
    account_id account = 0;
    uint64_t chain = 0;
    if (session_token(&tx->session, tx->value[0], &token, err) != 0 ||
        cli_amount("amount", tx->value[1], token.decimals, &amount, err) != 0) {
        return -1;
    }
    if (strncmp(tx->value[2], "0x", 2) != 0) {
        if (tx_account(tx, "to", 2, &account, err) != 0) {
            return -1;
        }
        client_transfer(&tx->op, &tx->common, account, token.id, amount);
        return 0;
    }
    if (tx->value[3] == NULL) {
        return err_set(err, ERR_INPUT, "--to-chain is needed with an address");
    }
    if (cli_address("to", tx->value[2], to.address, err) != 0 ||
        cli_number("to-chain", tx->value[3], 255, &chain, err) != 0) {
        return -1;
    }
    to.authority = (uint8_t)chain;
    /* An account that belongs to the address on all chains is found by its id only. */
    int found = find_account_of_any_chain(tx, tx->value[2], &account, err);
    if (found < 0) {
        return -1;
    }
    if (found == 1) {
        client_transfer(&tx->op, &tx->common, account, token.id, amount);
        return 0;
    }
    client_transfer_to_address(&tx->op, &tx->common, &to, token.id, amount);
    return 0;
}

int cmd_transfer(int argc, char **argv) {
    static const struct tx_command c = {
        {"zklink transfer", "", "Transfers to an account, or to an address: that opens one."},
        {{"token", "TOKEN", "symbol, CHAIN:SYMBOL or token id", true},
         {"amount", "AMOUNT", "how much, in whole tokens", true},
         {"to", "ID|ADDRESS", "receiver", true},
         {"to-chain", "N", "the chain on which the receiving address lives", false}},
        OP_TRANSFER,
        build_transfer,
        0,
        transfer_type};
    return tx_run(argc, argv, &c);
}

/* ---- withdraw ---- */

static int build_withdraw(struct tx *tx, struct err *err) {
    struct token_info token;
    struct amount amount;
    struct amount broker_fee;
    uint8_t to[EVM_ADDRESS_LEN];
    memcpy(to, tx->session.key.address, sizeof to);
    if (session_token(&tx->session, tx->value[0], &token, err) != 0 ||
        tx_amount(tx, "amount", 1, token.decimals, &amount, err) != 0 ||
        (tx->value[2] != NULL && cli_address("to", tx->value[2], to, err) != 0) ||
        tx_amount(tx, "broker-fee", 3, token.decimals, &broker_fee, err) != 0) {
        return -1;
    }
    if (!amount_less(broker_fee, amount)) {
        return err_set(err, ERR_INPUT, "--broker-fee must be less than the amount");
    }
    client_withdraw(&tx->op, &tx->common, token.id, amount, to);
    tx->op.u.withdraw.broker_fee = broker_fee;
    return 0;
}

int cmd_withdraw(int argc, char **argv) {
    static const struct tx_command c = {
        {"zklink withdraw", "",
         "Pays out on the token's own chain when the block is executed; or, with --broker-fee, as "
         "soon as a broker takes it, who keeps the fee. If none does, the whole amount comes with "
         "the block."},
        {{"token", "TOKEN", "symbol, CHAIN:SYMBOL or token id", true},
         {"amount", "AMOUNT", "how much, in whole tokens", true},
         {"to", "ADDRESS", "receiver on that chain (default: yours)", false},
         {"broker-fee", "AMOUNT", "what a broker may keep who pays in advance", false}},
        OP_WITHDRAW,
        build_withdraw,
        0,
        NULL};
    return tx_run(argc, argv, &c);
}

/* ---- forced-exit ---- */

static int build_forced_exit(struct tx *tx, struct err *err) {
    struct token_info token;
    account_id peer = 0;
    if (session_token(&tx->session, tx->value[0], &token, err) != 0 ||
        tx_account(tx, "of", 1, &peer, err) != 0) {
        return -1;
    }
    client_forced_exit(&tx->op, &tx->common, peer, token.id);
    return 0;
}

int cmd_forced_exit(int argc, char **argv) {
    static const struct tx_command c = {
        {"zklink forced-exit", "",
         "Pays out the whole balance that an account without a signing key has of a token, to its "
         "owner on the token's chain. Anybody may, for the fee."},
        {{"token", "TOKEN", "symbol, CHAIN:SYMBOL or token id", true},
         {"of", "ID", "the account without a key", true}},
        OP_FORCED_EXIT,
        build_forced_exit,
        0,
        NULL};
    return tx_run(argc, argv, &c);
}
