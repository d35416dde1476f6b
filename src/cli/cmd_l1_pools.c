/* Subcommands that use L2's pools from L1, without an account on L2: request-swap,
 * request-add-liquidity, request-remove-liquidity; and payouts by hand: accept, pending.
 *
 * The contract takes the tokens by allowance (an approval is sent first where one is missing) or by
 * an EIP-2612 permit, signed here. What the pool gives now is asked from the node first; the
 * minimum is that less the tolerance, unless the user says another. */
#include "cli/cli.h"

#include "base/decimal.h"
#include "chain/pools_abi.h"
#include "chain/zklink_abi.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define N(a) (sizeof(a) / sizeof *(a))
enum { DEFAULT_SLIPPAGE = 50, DEFAULT_DEADLINE_S = 1800, PAYOUTS_AT_ONCE = 500 };

/* ---- what the pools give ---- */

static int ask_amount(struct session *s, const char *method, account_id pool, token_id token,
                      struct amount in, const char *result, struct amount *out, struct err *err) {
    json_t *answer = NULL;
    char text[DECIMAL_TEXT];
    u128 v = 0;
    u128_format(text, in.v);
    if (session_call(s, method, json_pack("[I,I,s]", (json_int_t)pool, (json_int_t)token, text),
                     &answer, err) != 0) {
        return -1;
    }
    int rc = json_get_u128(answer, result, &v, err);
    json_decref(answer);
    if (rc == 0 && !amount_from_u128(out, v)) {
        rc = err_set(err, ERR_DECODE, "the node's quote is no amount");
    }
    return rc;
}

static bool has_pair(const json_t *pool, token_id in, token_id out) {
    json_int_t a = json_integer_value(json_object_get(pool, "tokenA"));
    json_int_t b = json_integer_value(json_object_get(pool, "tokenB"));
    return (a == (json_int_t)in && b == (json_int_t)out) ||
           (b == (json_int_t)in && a == (json_int_t)out);
}

/* The pool of the pair that gives most, of either curve; `wanted`, if it is not NULL, is the only
 * one asked. */
static int best_pool(struct session *s, const char *wanted, token_id in, token_id out_token,
                     struct amount amount, account_id *pool, struct amount *out, struct err *err) {
    json_t *list = NULL;
    uint64_t id = 0;
    *out = amount_zero();
    if (wanted != NULL) {
        if (cli_number("pool", wanted, ACCOUNT_LIMIT - 1, &id, err) != 0) {
            return -1;
        }
        *pool = (account_id)id;
        return ask_amount(s, "quoteSwap", *pool, in, amount, "amountOut", out, err);
    }
    if (session_call(s, "getPools", NULL, &list, err) != 0) {
        return -1;
    }
    for (size_t i = 0; i < json_array_size(list); i++) {
        const json_t *p = json_array_get(list, i);
        struct amount gives;
        struct err ignored = {0};
        if (!has_pair(p, in, out_token) ||
            json_get_u64(p, "pool", ACCOUNT_LIMIT - 1, &id, err) != 0) {
            continue;
        }
        if (ask_amount(s, "quoteSwap", (account_id)id, in, amount, "amountOut", &gives, &ignored) ==
                0 &&
            amount_less(*out, gives)) {
            *out = gives;
            *pool = (account_id)id;
        }
    }
    json_decref(list);
    return amount_is_zero(*out)
               ? err_set(err, ERR_NOT_FOUND, "no pool of the two tokens gives anything for that")
               : 0;
}

/* --min-..., or the quote less --slippage. */
static int choose_least(const char *name, const char *text, unsigned decimals, const char *slippage,
                        struct amount out, struct amount *least, struct err *err) {
    uint64_t tolerance = DEFAULT_SLIPPAGE;
    if (slippage != NULL && cli_number("slippage", slippage, 10000, &tolerance, err) != 0) {
        return -1;
    }
    if (text != NULL) {
        return cli_amount(name, text, decimals, least, err);
    }
    u128 v = out.v - out.v / 10000 * tolerance - out.v % 10000 * tolerance / 10000;
    return amount_from_u128(least, v) ? 0 : err_set(err, ERR_DECODE, "no amount");
}

static int choose_deadline(const char *text, uint64_t *deadline, struct err *err) {
    uint64_t seconds = DEFAULT_DEADLINE_S;
    if (text != NULL && cli_number("deadline", text, UINT32_MAX, &seconds, err) != 0) {
        return -1;
    }
    *deadline = (uint64_t)time(NULL) + seconds;
    return 0;
}

static int choose_address(const char *name, const char *text, const uint8_t fallback[20],
                          uint8_t out[20], struct err *err) {
    memcpy(out, fallback, EVM_ADDRESS_LEN);
    return text == NULL ? 0 : cli_address(name, text, out, err);
}

/* ---- taking the tokens ---- */

/* Signs a permit for exactly the amount. */
static int sign_permit(struct session *s, const struct token_info *token, struct amount amount,
                       uint64_t deadline, struct erc20_permit *permit, struct err *err) {
    struct l1 l1;
    uint8_t domain[32];
    uint8_t digest[32];
    uint64_t nonce = 0;
    if (l1_open(&l1, &s->config, &s->deployment, token_chain(token->id), err) != 0) {
        return -1;
    }
    int rc = zklink_get_word(l1.client, token->address, "DOMAIN_SEPARATOR()", domain, err) != 0 ||
                     erc20_permit_nonce(l1.client, token->address, s->key.address, &nonce, err) != 0
                 ? err_context(err, "%s knows no permits", token->symbol)
                 : 0;
    if (rc == 0) {
        permit->value = amount.v;
        permit->deadline = deadline;
        erc20_permit_digest(digest, domain, s->key.address, l1.deployed->contract, amount.v, nonce,
                            deadline);
        rc = eth_sign(&s->key, digest, permit->signature)
                 ? 0
                 : err_set(err, ERR_SYSTEM, "signing failed");
    }
    l1_close(&l1);
    return rc;
}

/* Makes sure that the contract may take the amount: nothing to do for the native coin. */
static int allow(struct session *s, const struct token_info *token, struct amount amount,
                 const char *use_permit, uint64_t deadline, struct erc20_permit *permit,
                 struct err *err) {
    unsigned chain = token_chain(token->id);
    if (chain == 0) {
        return err_set(err, ERR_INPUT, "LP shares live on L2 only");
    }
    if (token_index(token->id) == 0) {
        return use_permit == NULL ? 0 : err_set(err, ERR_INPUT, "native coins need no permit");
    }
    return use_permit != NULL ? sign_permit(s, token, amount, deadline, permit, err)
                              : session_approve(s, chain, token, amount, err);
}

/* ---- request-swap ---- */

struct swap_options {
    const char *token_in, *amount, *token_out, *pool, *min_out, *slippage, *to, *refund_to;
    const char *deadline, *broker_fee, *broker, *exclusive, *permit;
};

static int broker_terms(const struct swap_options *o, const struct token_info *out,
                        struct op_swap_request *r, struct err *err) {
    struct amount fee = amount_zero();
    uint64_t broker = 0;
    uint64_t seconds = 0;
    if ((o->broker_fee != NULL &&
         cli_amount("broker-fee", o->broker_fee, out->decimals, &fee, err) != 0) ||
        (o->broker != NULL && cli_number("broker", o->broker, (1 << 24) - 1, &broker, err) != 0) ||
        (o->exclusive != NULL &&
         cli_number("exclusive", o->exclusive, UINT32_MAX, &seconds, err) != 0)) {
        return -1;
    }
    if ((broker != 0) != (seconds != 0)) {
        return err_set(err, ERR_INPUT, "--broker and --exclusive go together");
    }
    /* The next higher one that the short form can say, so that the broker asked for is served. */
    if (!fee_from_amount(&r->broker_fee, fee)) {
        return err_set(err, ERR_INPUT, "--broker-fee: above the largest fee");
    }
    r->broker = (uint32_t)broker;
    r->exclusive_until = seconds == 0 ? 0 : (uint64_t)time(NULL) + seconds;
    return 0;
}

static void say_swap(const struct op_swap_request *r, const struct token_info *in,
                     const struct token_info *out, struct amount gives) {
    char a[AMOUNT_TEXT_SIZE];
    char b[AMOUNT_TEXT_SIZE];
    char c[AMOUNT_TEXT_SIZE];
    char d[AMOUNT_TEXT_SIZE];
    printf("%s %s give %s %s in pool %" PRIu32
           " now; at least %s, else refunded; broker's fee %s\n",
           amount_format(a, r->amount_in, in->decimals), in->symbol,
           amount_format(b, gives, out->decimals), out->symbol, r->pool,
           amount_format(c, r->min_out, out->decimals),
           amount_format(d, fee_value(r->broker_fee), out->decimals));
}

static int request_swap(struct session *s, const struct swap_options *o, struct err *err) {
    struct token_info in;
    struct token_info out;
    struct op_swap_request r = {0};
    struct erc20_permit permit;
    struct amount gives;
    struct buf data = {0};
    if (session_token(s, o->token_in, &in, err) != 0 ||
        session_token(s, o->token_out, &out, err) != 0 ||
        cli_amount("amount", o->amount, in.decimals, &r.amount_in, err) != 0 ||
        best_pool(s, o->pool, in.id, out.id, r.amount_in, &r.pool, &gives, err) != 0 ||
        choose_least("min-out", o->min_out, out.decimals, o->slippage, gives, &r.min_out, err) !=
            0 ||
        choose_deadline(o->deadline, &r.deadline, err) != 0 ||
        choose_address("to", o->to, s->key.address, r.to, err) != 0 ||
        choose_address("refund-to", o->refund_to, s->key.address, r.refund_to, err) != 0 ||
        broker_terms(o, &out, &r, err) != 0) {
        return -1;
    }
    r.token_in = in.id;
    r.token_out = out.id;
    say_swap(&r, &in, &out, gives);
    if (allow(s, &in, r.amount_in, o->permit, r.deadline, &permit, err) != 0) {
        return -1;
    }
    zklink_request_swap(&data, in.address, &r, o->permit != NULL ? &permit : NULL);
    int rc =
        session_request(s, token_chain(in.id), &data, token_index(in.id) == 0 ? r.amount_in.v : 0,
                        "requested the swap", err);
    buf_free(&data);
    return rc;
}

int cmd_request_swap(int argc, char **argv) {
    struct session_options so = {0};
    struct swap_options o = {0};
    const struct cli_option options[] = {
        {"token-in", "TOKEN", "what you give: symbol, CHAIN:SYMBOL or id", &o.token_in, true},
        {"amount", "AMOUNT", "how much of it", &o.amount, true},
        {"token-out", "TOKEN", "what you want, of any chain", &o.token_out, true},
        {"pool", "ID", "in this pool (default: the one that gives most)", &o.pool, false},
        {"min-out", "AMOUNT", "refund if it gives less", &o.min_out, false},
        {"slippage", "N", "tolerance below the quote in 1/10000 (default: 50)", &o.slippage, false},
        {"to", "ADDRESS", "receiver on the other chain (default: yours)", &o.to, false},
        {"refund-to", "ADDRESS", "who gets a refund here (default: you)", &o.refund_to, false},
        {"deadline", "SECONDS", "refund after so long (default: 1800)", &o.deadline, false},
        {"broker-fee", "AMOUNT", "of token out, for who pays in advance (default: none)",
         &o.broker_fee, false},
        {"broker", "N", "a broker of the other chain who has the first right", &o.broker, false},
        {"exclusive", "SECONDS", "for so long", &o.exclusive, false},
        {"permit", NULL, "sign an EIP-2612 permit instead of an approval", &o.permit, false},
        KEY_OPTION(&so),
        SESSION_OPTIONS(&so)};
    const struct cli_usage usage = {
        "zklink request-swap", "",
        "Swaps a token of one chain for one of another, with nothing but an Ethereum key: no "
        "deposit, no account on L2. Paid at once if a broker takes it, else with the block."};
    struct session s;
    struct err err = {0};
    int rc = cli_parse(argc, argv, &usage, options, N(options), NULL, 0, NULL);
    if (rc >= 0) {
        return rc;
    }
    if (session_open(&s, &so, &err) != 0) {
        return cli_fail(&err);
    }
    rc = request_swap(&s, &o, &err) == 0 ? CLI_OK : cli_fail(&err);
    session_close(&s);
    return rc;
}

/* ---- liquidity ---- */

struct add_options {
    const char *pool, *token, *amount, *min_shares, *slippage, *owner, *exit, *deadline, *permit;
};

static int request_add(struct session *s, const struct add_options *o, struct err *err) {
    struct token_info token;
    struct op_add_liquidity_request r = {0};
    struct erc20_permit permit;
    struct amount gives;
    struct buf data = {0};
    uint64_t pool = 0;
    char shares[AMOUNT_TEXT_SIZE];
    char least[AMOUNT_TEXT_SIZE];
    if (cli_number("pool", o->pool, ACCOUNT_LIMIT - 1, &pool, err) != 0 ||
        session_token(s, o->token, &token, err) != 0 ||
        cli_amount("amount", o->amount, token.decimals, &r.amount, err) != 0 ||
        ask_amount(s, "quoteAddLiquidity", (account_id)pool, token.id, r.amount, "shares", &gives,
                   err) != 0 ||
        choose_least("min-shares", o->min_shares, 0, o->slippage, gives, &r.min_shares, err) != 0 ||
        choose_deadline(o->deadline, &r.deadline, err) != 0 ||
        choose_address("owner", o->owner, s->key.address, r.refund_to, err) != 0 ||
        choose_address("exit", o->exit, r.refund_to, r.exit, err) != 0) {
        return -1;
    }
    r.pool = (account_id)pool;
    r.token = token.id;
    printf("%s %s give %s shares of pool %" PRIu64 " now; at least %s, else refunded\n", o->amount,
           token.symbol, amount_format(shares, gives, 0), pool,
           amount_format(least, r.min_shares, 0));
    if (allow(s, &token, r.amount, o->permit, r.deadline, &permit, err) != 0) {
        return -1;
    }
    zklink_request_add_liquidity(&data, token.address, &r, o->permit != NULL ? &permit : NULL);
    int rc =
        session_request(s, token_chain(token.id), &data,
                        token_index(token.id) == 0 ? r.amount.v : 0, "requested the position", err);
    buf_free(&data);
    return rc;
}

int cmd_request_add_liquidity(int argc, char **argv) {
    struct session_options so = {0};
    struct add_options o = {0};
    const struct cli_option options[] = {
        {"pool", "ID", "the pool's account", &o.pool, true},
        {"token", "TOKEN", "the one token you give", &o.token, true},
        {"amount", "AMOUNT", "how much of it", &o.amount, true},
        {"min-shares", "N", "refund if it gives fewer shares", &o.min_shares, false},
        {"slippage", "N", "tolerance below the quote in 1/10000 (default: 50)", &o.slippage, false},
        {"owner", "ADDRESS", "who gets the position, or a refund (default: you)", &o.owner, false},
        {"exit", "ADDRESS", "who is paid on the other chain if L2 ends (default: the owner)",
         &o.exit, false},
        {"deadline", "SECONDS", "refund after so long (default: 1800)", &o.deadline, false},
        {"permit", NULL, "sign an EIP-2612 permit instead of an approval", &o.permit, false},
        KEY_OPTION(&so),
        SESSION_OPTIONS(&so)};
    const struct cli_usage usage = {
        "zklink request-add-liquidity", "",
        "Brings one token into a pool from its own chain, without an account on L2. The position "
        "is an ERC-721 token on that chain, with the request's number."};
    struct session s;
    struct err err = {0};
    int rc = cli_parse(argc, argv, &usage, options, N(options), NULL, 0, NULL);
    if (rc >= 0) {
        return rc;
    }
    if (session_open(&s, &so, &err) != 0) {
        return cli_fail(&err);
    }
    rc = request_add(&s, &o, &err) == 0 ? CLI_OK : cli_fail(&err);
    session_close(&s);
    return rc;
}

struct remove_options {
    const char *chain, *position, *shares, *token, *min_out, *slippage, *to, *deadline;
};

static int get_position(struct session *s, unsigned chain, uint64_t number, struct l1_position *p,
                        struct err *err) {
    struct l1 l1;
    uint8_t positions[20];
    if (l1_open(&l1, &s->config, &s->deployment, chain, err) != 0) {
        return -1;
    }
    int rc =
        zklink_get_address(l1.client, l1.deployed->contract, "positions()", positions, err) != 0 ||
                zklink_get_position(l1.client, positions, number, p, err) != 0
            ? err_context(err, "position %" PRIu64 " of chain %u", number, chain)
            : 0;
    l1_close(&l1);
    return rc;
}

static int request_remove(struct session *s, const struct remove_options *o, struct err *err) {
    struct token_info token;
    struct op_remove_liquidity_request r = {0};
    struct l1_position p = {0};
    struct amount gives;
    struct buf data = {0};
    unsigned chain = 0;
    char a[AMOUNT_TEXT_SIZE];
    char b[AMOUNT_TEXT_SIZE];
    char c[AMOUNT_TEXT_SIZE];
    if (cli_chain(o->chain, &chain, err) != 0 ||
        cli_number("position", o->position, (UINT64_C(1) << 40) - 1, &r.index, err) != 0 ||
        get_position(s, chain, r.index, &p, err) != 0 ||
        session_token(s, o->token, &token, err) != 0) {
        return -1;
    }
    bool all = o->shares == NULL;
    if ((all && !amount_from_u128(&r.shares, p.shares)) ||
        (!all && cli_amount("shares", o->shares, 0, &r.shares, err) != 0) ||
        ask_amount(s, "quoteRemoveLiquidity", (account_id)p.pool, token.id, r.shares, "amountOut",
                   &gives, err) != 0 ||
        choose_least("min-out", o->min_out, token.decimals, o->slippage, gives, &r.min_out, err) !=
            0 ||
        choose_deadline(o->deadline, &r.deadline, err) != 0 ||
        choose_address("to", o->to, s->key.address, r.to, err) != 0) {
        return -1;
    }
    r.token = token.id;
    printf("%s shares give %s %s now; at least %s, else nothing happens\n",
           amount_format(a, r.shares, 0), amount_format(b, gives, token.decimals), token.symbol,
           amount_format(c, r.min_out, token.decimals));
    zklink_request_remove_liquidity(&data, &r);
    int rc = session_request(s, chain, &data, 0, "requested the removal", err);
    buf_free(&data);
    return rc;
}

int cmd_request_remove_liquidity(int argc, char **argv) {
    struct session_options so = {0};
    struct remove_options o = {0};
    const struct cli_option options[] = {
        {"chain", "N", "the position's chain", &o.chain, true},
        {"position", "N", "its number", &o.position, true},
        {"token", "TOKEN", "in which of the pool's tokens you want it", &o.token, true},
        {"shares", "N", "how many of its shares (default: all)", &o.shares, false},
        {"min-out", "AMOUNT", "else nothing happens", &o.min_out, false},
        {"slippage", "N", "tolerance below the quote in 1/10000 (default: 50)", &o.slippage, false},
        {"to", "ADDRESS", "receiver on the token's chain (default: yours)", &o.to, false},
        {"deadline", "SECONDS", "nothing happens after so long (default: 1800)", &o.deadline,
         false},
        KEY_OPTION(&so),
        SESSION_OPTIONS(&so)};
    const struct cli_usage usage = {
        "zklink request-remove-liquidity", "",
        "Takes shares of a position of yours out of its pool, in one of its tokens."};
    struct session s;
    struct err err = {0};
    int rc = cli_parse(argc, argv, &usage, options, N(options), NULL, 0, NULL);
    if (rc >= 0) {
        return rc;
    }
    if (session_open(&s, &so, &err) != 0) {
        return cli_fail(&err);
    }
    rc = request_remove(&s, &o, &err) == 0 ? CLI_OK : cli_fail(&err);
    session_close(&s);
    return rc;
}

/* ---- accept, pending ---- */

static int read_payout(const json_t *o, struct payout *p, struct err *err) {
    uint64_t kind = 0, token = 0, broker = 0;
    u128 amount = 0, fee = 0;
    if (json_get_u64(o, "kind", UINT8_MAX, &kind, err) != 0 ||
        json_get_u64(o, "a", UINT32_MAX, &p->a, err) != 0 ||
        json_get_u64(o, "b", INT64_MAX, &p->b, err) != 0 ||
        json_get_hex(o, "to", p->to, sizeof p->to, err) != 0 ||
        json_get_u64(o, "token", (UINT64_C(1) << TOKEN_BITS) - 1, &token, err) != 0 ||
        json_get_u128(o, "amount", &amount, err) != 0 || json_get_u128(o, "fee", &fee, err) != 0 ||
        json_get_u64(o, "broker", (1 << 24) - 1, &broker, err) != 0 ||
        json_get_u64(o, "exclusiveUntil", INT64_MAX, &p->exclusive_until, err) != 0) {
        return -1;
    }
    p->kind = (uint8_t)kind;
    p->token = token;
    p->chain = token_chain(token);
    p->broker = (uint32_t)broker;
    return amount_from_u128(&p->amount, amount) && amount_from_u128(&p->broker_fee, fee)
               ? 0
               : err_set(err, ERR_DECODE, "a payout's amount is out of range");
}

/* Looks through the node's list for the identity, or for the hash on L2. */
static int find_payout(struct session *s, const char *wanted, struct payout *p, struct err *err) {
    uint64_t after = 0;
    for (;;) {
        json_t *answer = NULL;
        uint64_t last = 0;
        if (session_call(s, "getPayouts",
                         json_pack("[I,i]", (json_int_t)after, (int)PAYOUTS_AT_ONCE), &answer,
                         err) != 0) {
            return -1;
        }
        const json_t *list = json_object_get(answer, "payouts");
        for (size_t i = 0; i < json_array_size(list); i++) {
            const json_t *o = json_array_get(list, i);
            const char *id = json_string_value(json_object_get(o, "id"));
            const char *hash = json_string_value(json_object_get(o, "hash"));
            if (id != NULL && hash != NULL &&
                (strcmp(id, wanted) == 0 || strcmp(hash, wanted) == 0)) {
                int rc = read_payout(o, p, err);
                json_decref(answer);
                return rc;
            }
        }
        int rc = json_get_u64(answer, "last", INT64_MAX, &last, err);
        json_decref(answer);
        if (rc != 0) {
            return -1;
        }
        if (last <= after) {
            return err_set(err, ERR_NOT_FOUND, "the node knows no such payout for brokers");
        }
        after = last;
    }
}

static int accept_payout(struct session *s, const char *wanted, struct err *err) {
    struct payout p = {0};
    struct token_info token;
    struct amount net;
    struct buf data = {0};
    if (find_payout(s, wanted, &p, err) != 0 || session_token_by_id(s, p.token, &token, err) != 0) {
        return -1;
    }
    if (!amount_sub(&net, p.amount, p.broker_fee)) {
        return err_set(err, ERR_DECODE, "the fee is above the amount");
    }
    bool native = token_index(p.token) == 0;
    if (!native && session_approve(s, p.chain, &token, net, err) != 0) {
        return -1;
    }
    zklink_accept(&data, &p);
    int rc = session_request(s, p.chain, &data, native ? net.v : 0, "accepted", err);
    buf_free(&data);
    return rc;
}

int cmd_accept(int argc, char **argv) {
    struct session_options so = {0};
    const char *args[1] = {NULL};
    size_t n = 0;
    const struct cli_option options[] = {KEY_OPTION(&so), SESSION_OPTIONS(&so)};
    const struct cli_usage usage = {
        "zklink accept", "ID|HASH",
        "Pays a fast withdrawal or swap in advance from your own wallet: the receiver gets amount "
        "less fee now, you get the amount when its block is executed. Nobody gives it back to you "
        "if no block ever pays it."};
    struct session s;
    struct err err = {0};
    int rc = cli_parse(argc, argv, &usage, options, N(options), args, 1, &n);
    if (rc >= 0) {
        return rc;
    }
    if (n != 1) {
        fprintf(stderr, "usage: %s %s\n", usage.command, usage.positional);
        return CLI_USAGE;
    }
    if (session_open(&s, &so, &err) != 0) {
        return cli_fail(&err);
    }
    rc = accept_payout(&s, args[0], &err) == 0 ? CLI_OK : cli_fail(&err);
    session_close(&s);
    return rc;
}

static int print_pending(struct session *s, const uint8_t owner[20], struct err *err) {
    json_t *tokens = NULL;
    struct l1 l1 = {0};
    unsigned chain = 0;
    unsigned found = 0;
    int rc = session_call(s, "getSupportTokens", NULL, &tokens, err);
    for (size_t i = 0; rc == 0 && i < json_array_size(tokens); i++) {
        struct token_info token;
        struct amount amount;
        u128 v = 0;
        char text[AMOUNT_TEXT_SIZE];
        json_int_t id = json_integer_value(json_object_get(json_array_get(tokens, i), "token"));
        rc = session_token_by_id(s, (token_id)id, &token, err);
        if (rc == 0 && token_chain(token.id) != chain) {
            l1_close(&l1);
            chain = token_chain(token.id);
            rc = l1_open(&l1, &s->config, &s->deployment, chain, err);
        }
        if (rc == 0) {
            rc = zklink_get_pending(l1.client, l1.deployed->contract, token_index(token.id), owner,
                                    &v, err);
        }
        if (rc == 0 && v > 0 && amount_from_u128(&amount, v)) {
            found++;
            printf("%s %u:%s waits: fetch it by zklink withdraw-pending --token %" PRIu64 "\n",
                   amount_format(text, amount, token.decimals), chain, token.symbol, token.id);
        }
    }
    if (rc == 0 && found == 0) {
        puts("nothing is pending");
    }
    l1_close(&l1);
    json_decref(tokens);
    return rc;
}

int cmd_pending(int argc, char **argv) {
    struct session_options so = {0};
    const char *owner_text = NULL;
    uint8_t owner[EVM_ADDRESS_LEN];
    const struct cli_option options[] = {
        {"owner", "ADDRESS", "whose payouts (default: yours)", &owner_text, false},
        OPTIONAL_KEY_OPTION(&so),
        SESSION_OPTIONS(&so)};
    const struct cli_usage usage = {"zklink pending", "",
                                    "Payouts that failed on their chain and wait for their owner."};
    struct session s;
    struct err err = {0};
    int rc = cli_parse(argc, argv, &usage, options, N(options), NULL, 0, NULL);
    if (rc >= 0) {
        return rc;
    }
    if (session_open(&s, &so, &err) != 0) {
        return cli_fail(&err);
    }
    if (owner_text == NULL && !s.has_key) {
        err_set(&err, ERR_INPUT, "give --owner or --key");
        rc = cli_fail(&err);
    } else {
        rc = choose_address("owner", owner_text, s.key.address, owner, &err) == 0 &&
                     print_pending(&s, owner, &err) == 0
                 ? CLI_OK
                 : cli_fail(&err);
    }
    session_close(&s);
    return rc;
}
