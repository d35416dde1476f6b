/* Subcommands that send L2 transactions. They differ in their own options and in how these become
 * the fields of the operation; the rest (account, nonce, fee, signature, sending, waiting) is the
 * same for all and stands in run(). */
#include "cli/cli.h"

#include "api/tx_json.h"

#include "base/decimal.h"
#include "rollup/client.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { TRANSFER_TO = 2 /* place of --to among the options of transfer */ };
enum { MAX_OWN = 6, DEFAULT_VALIDITY_S = 3600, WAIT_POLL_MS = 200, WAIT_LIMIT_S = 600 };

/* A command's own options; value[i] belongs to option[i]. */
struct own_option {
    const char *name, *value_name, *help;
    bool required;
};

struct tx {
    struct session session;
    struct client_common common;
    const char *value[MAX_OWN];
    struct op op;
};

struct tx_command {
    struct cli_usage usage;
    struct own_option own[MAX_OWN];
    enum op_type type;
    /* Fills tx->op from tx->value and tx->common. */
    int (*build)(struct tx *tx, struct err *err);
    /* The token whose amount the fee is taken in, if --fee-token is not given: index of a value, or
     * -1: then it is required. */
    int fee_token_from;
};

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

static int get_fee(struct tx *tx, const struct tx_command *c, const struct common_options *o,
                   struct err *err) {
    const char *text = o->fee_token;
    struct token_info token;
    struct amount fee;
    json_t *answer = NULL;
    u128 least = 0;
    bool to_address = c->type == OP_TRANSFER && strncmp(tx->value[TRANSFER_TO], "0x", 2) == 0;
    enum op_type type = to_address ? OP_TRANSFER_TO_ADDRESS : c->type;
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
        if (session_call(&tx->session, "estimateTransactionFee",
                         json_pack("[s,I]", op_name(type), (json_int_t)token.id), &answer,
                         err) != 0) {
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

static int run(int argc, char **argv, const struct tx_command *c) {
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
    rc = execute(&tx, c, &o, &err) == 0 ? CLI_OK : cli_fail(&err);
    session_close(&tx.session);
    return rc;
}

/* An amount option in units of the token; missing optional ones are 0. */
static int own_amount(struct tx *tx, const char *name, size_t i, unsigned decimals,
                      struct amount *out, struct err *err) {
    *out = amount_zero();
    return tx->value[i] == NULL ? 0 : cli_amount(name, tx->value[i], decimals, out, err);
}

static int own_account(struct tx *tx, const char *name, size_t i, account_id *out,
                       struct err *err) {
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
        -1};
    return run(argc, argv, &c);
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
        if (own_account(tx, "to", 2, &account, err) != 0) {
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
        0};
    return run(argc, argv, &c);
}

/* ---- pools ---- */

struct pool_tokens {
    account_id pool;
    struct token_info a, b;
};

static int get_pool(struct tx *tx, size_t i, struct pool_tokens *p, struct err *err) {
    uint64_t a = 0;
    uint64_t b = 0;
    json_t *pool = NULL;
    if (own_account(tx, "pool", i, &p->pool, err) != 0 ||
        session_call(&tx->session, "getPool", json_pack("[I]", (json_int_t)p->pool), &pool, err) !=
            0) {
        return -1;
    }
    int rc = json_get_u64(pool, "tokenA", UINT64_MAX, &a, err) != 0 ||
                     json_get_u64(pool, "tokenB", UINT64_MAX, &b, err) != 0
                 ? -1
                 : 0;
    json_decref(pool);
    if (rc != 0 || session_token_by_id(&tx->session, a, &p->a, err) != 0) {
        return -1;
    }
    return session_token_by_id(&tx->session, b, &p->b, err);
}

static int build_create_pool(struct tx *tx, struct err *err) {
    struct token_info a;
    struct token_info b;
    uint64_t fee = 30;
    if (session_token(&tx->session, tx->value[0], &a, err) != 0 ||
        session_token(&tx->session, tx->value[1], &b, err) != 0 ||
        (tx->value[2] != NULL &&
         cli_number("pool-fee", tx->value[2], POOL_FEE_UNIT - 1, &fee, err) != 0)) {
        return -1;
    }
    client_create_pool(&tx->op, &tx->common, a.id, b.id, (uint16_t)fee);
    return 0;
}

int cmd_create_pool(int argc, char **argv) {
    static const struct tx_command c = {
        {"zklink create-pool", "", "Opens a constant-product pool of two tokens of any chains."},
        {{"token-a", "TOKEN", "one token", true},
         {"token-b", "TOKEN", "the other", true},
         {"pool-fee", "N", "swap fee in 1/10000 (default: 30)", false}},
        OP_CREATE_POOL,
        build_create_pool,
        0};
    return run(argc, argv, &c);
}

static int build_add_liquidity(struct tx *tx, struct err *err) {
    struct pool_tokens p;
    struct amount a;
    struct amount b;
    struct amount least;
    if (get_pool(tx, 0, &p, err) != 0 || own_amount(tx, "max-a", 1, p.a.decimals, &a, err) != 0 ||
        own_amount(tx, "max-b", 2, p.b.decimals, &b, err) != 0 ||
        own_amount(tx, "min-shares", 3, 0, &least, err) != 0) {
        return -1;
    }
    client_add_liquidity(&tx->op, &tx->common, p.pool, a, b, least);
    return 0;
}

int cmd_add_liquidity(int argc, char **argv) {
    static const struct tx_command c = {
        {"zklink add-liquidity", "",
         "Adds both tokens in the pool's ratio, at most the given amounts, for shares."},
        {{"pool", "ID", "the pool's account", true},
         {"max-a", "AMOUNT", "at most so much of its token A", true},
         {"max-b", "AMOUNT", "at most so much of its token B", true},
         {"min-shares", "N", "refuse fewer shares (base units)", false}},
        OP_ADD_LIQUIDITY,
        build_add_liquidity,
        -1};
    return run(argc, argv, &c);
}

static int build_remove_liquidity(struct tx *tx, struct err *err) {
    struct pool_tokens p;
    struct amount shares;
    struct amount a;
    struct amount b;
    if (get_pool(tx, 0, &p, err) != 0 || own_amount(tx, "shares", 1, 0, &shares, err) != 0 ||
        own_amount(tx, "min-a", 2, p.a.decimals, &a, err) != 0 ||
        own_amount(tx, "min-b", 3, p.b.decimals, &b, err) != 0) {
        return -1;
    }
    client_remove_liquidity(&tx->op, &tx->common, p.pool, shares, a, b);
    return 0;
}

int cmd_remove_liquidity(int argc, char **argv) {
    static const struct tx_command c = {
        {"zklink remove-liquidity", "", "Gives shares back for their part of both reserves."},
        {{"pool", "ID", "the pool's account", true},
         {"shares", "N", "how many shares (base units)", true},
         {"min-a", "AMOUNT", "refuse less of token A", false},
         {"min-b", "AMOUNT", "refuse less of token B", false}},
        OP_REMOVE_LIQUIDITY,
        build_remove_liquidity,
        -1};
    return run(argc, argv, &c);
}

/* The quote less the tolerance, where no minimum is given. */
static int quote_minimum(struct tx *tx, account_id pool, token_id in, struct amount amount,
                         struct amount *least, struct err *err) {
    json_t *quote = NULL;
    char text[DECIMAL_TEXT];
    uint64_t tolerance = 50;
    u128 out = 0;
    u128_format(text, amount.v);
    if (tx->value[4] != NULL && cli_number("slippage", tx->value[4], 10000, &tolerance, err) != 0) {
        return -1;
    }
    if (session_call(&tx->session, "quoteSwap",
                     json_pack("[I,I,s]", (json_int_t)pool, (json_int_t)in, text), &quote,
                     err) != 0) {
        return -1;
    }
    int rc = json_get_u128(quote, "amountOut", &out, err);
    json_decref(quote);
    if (rc == 0 &&
        !amount_from_u128(least, out - out / 10000 * tolerance - out % 10000 * tolerance / 10000)) {
        return err_set(err, ERR_DECODE, "the node's quote is no amount");
    }
    return rc;
}

static int build_swap(struct tx *tx, struct err *err) {
    struct pool_tokens p;
    struct token_info in;
    struct amount amount;
    struct amount least;
    if (get_pool(tx, 0, &p, err) != 0 || session_token(&tx->session, tx->value[1], &in, err) != 0 ||
        own_amount(tx, "amount", 2, in.decimals, &amount, err) != 0) {
        return -1;
    }
    const struct token_info *out = in.id == p.a.id ? &p.b : &p.a;
    if (tx->value[3] != NULL ? own_amount(tx, "min-out", 3, out->decimals, &least, err) != 0
                             : quote_minimum(tx, p.pool, in.id, amount, &least, err) != 0) {
        return -1;
    }
    client_swap(&tx->op, &tx->common, p.pool, in.id, amount, least);
    return 0;
}

int cmd_swap(int argc, char **argv) {
    static const struct tx_command c = {
        {"zklink swap", "",
         "Swaps an exact amount in. Without --min-out the node's quote counts, "
         "less the tolerance."},
        {{"pool", "ID", "the pool's account", true},
         {"token-in", "TOKEN", "the token you give", true},
         {"amount", "AMOUNT", "how much of it", true},
         {"min-out", "AMOUNT", "refuse less of the other token", false},
         {"slippage", "N", "tolerance below the quote in 1/10000 (default: 50)", false}},
        OP_SWAP,
        build_swap,
        1};
    return run(argc, argv, &c);
}

/* ---- withdraw ---- */

static int build_withdraw(struct tx *tx, struct err *err) {
    struct token_info token;
    struct amount amount;
    uint8_t to[EVM_ADDRESS_LEN];
    memcpy(to, tx->session.key.address, sizeof to);
    if (session_token(&tx->session, tx->value[0], &token, err) != 0 ||
        own_amount(tx, "amount", 1, token.decimals, &amount, err) != 0 ||
        (tx->value[2] != NULL && cli_address("to", tx->value[2], to, err) != 0)) {
        return -1;
    }
    client_withdraw(&tx->op, &tx->common, token.id, amount, to);
    return 0;
}

int cmd_withdraw(int argc, char **argv) {
    static const struct tx_command c = {
        {"zklink withdraw", "", "Pays out on the token's own chain when the block is executed."},
        {{"token", "TOKEN", "symbol, CHAIN:SYMBOL or token id", true},
         {"amount", "AMOUNT", "how much, in whole tokens", true},
         {"to", "ADDRESS", "receiver on that chain (default: yours)", false}},
        OP_WITHDRAW,
        build_withdraw,
        0};
    return run(argc, argv, &c);
}
