/* Subcommands about pools: transactions on both curves, and quotes. What a transaction will give is
 * asked from the node before it is signed, printed, and its minimum is the quote less a tolerance
 * unless the user says another: what was printed is what can happen. */
#include "cli/tx.h"

#include "base/decimal.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
    DEFAULT_SLIPPAGE = 50 /* 1/10000 */,
    CURVE_DECIMALS = 18,
    CURVE_DIGITS = 12 /* 10^12 < 2^40 */
};

struct pool_info {
    account_id pool;
    struct token_info a, b;
    uint64_t fee; /* 1/10000 */
    bool stable;
};

static int get_pool(struct session *s, const char *option, struct pool_info *p, struct err *err) {
    uint64_t id = 0;
    uint64_t a = 0;
    uint64_t b = 0;
    json_t *pool = NULL;
    const char *curve = NULL;
    if (cli_number("pool", option, ACCOUNT_LIMIT - 1, &id, err) != 0 ||
        session_call(s, "getPool", json_pack("[I]", (json_int_t)id), &pool, err) != 0) {
        return -1;
    }
    p->pool = (account_id)id;
    int rc = json_get_u64(pool, "tokenA", UINT64_MAX, &a, err) != 0 ||
                     json_get_u64(pool, "tokenB", UINT64_MAX, &b, err) != 0 ||
                     json_get_u64(pool, "fee", POOL_FEE_UNIT - 1, &p->fee, err) != 0 ||
                     json_get_string(pool, "curve", &curve, err) != 0
                 ? -1
                 : 0;
    p->stable = rc == 0 && strcmp(curve, "stable") == 0;
    json_decref(pool);
    if (rc != 0 || session_token_by_id(s, a, &p->a, err) != 0) {
        return -1;
    }
    return session_token_by_id(s, b, &p->b, err);
}

/* The pool's token that the option names. */
static int pool_token(struct session *s, const struct pool_info *p, const char *option,
                      struct token_info *token, struct err *err) {
    if (session_token(s, option, token, err) != 0) {
        return -1;
    }
    return token->id == p->a.id || token->id == p->b.id
               ? 0
               : err_set(err, ERR_INPUT, "%s is not a token of pool %" PRIu32, option, p->pool);
}

/* ---- quotes ---- */

enum quote_kind { QUOTE_SWAP, QUOTE_ADD, QUOTE_REMOVE };

struct quote {
    enum quote_kind kind;
    struct pool_info pool;
    struct token_info token; /* that goes in; of QUOTE_REMOVE: out */
    struct amount in, out;   /* of the token, or shares */
    struct amount least;     /* out less the tolerance */
    uint64_t slippage;
};

static struct amount less_tolerance(struct amount out, uint64_t slippage) {
    struct amount least;
    u128 v = out.v - out.v / 10000 * slippage - out.v % 10000 * slippage / 10000;
    return amount_from_u128(&least, v) ? least : amount_zero();
}

/* Asks the node; q holds kind, pool, token and in. */
static int ask_quote(struct session *s, struct quote *q, const char *slippage, struct err *err) {
    static const char *const methods[] = {"quoteSwap", "quoteAddLiquidity", "quoteRemoveLiquidity"};
    static const char *const results[] = {"amountOut", "shares", "amountOut"};
    json_t *answer = NULL;
    char text[DECIMAL_TEXT];
    u128 out = 0;
    q->slippage = DEFAULT_SLIPPAGE;
    u128_format(text, q->in.v);
    if (slippage != NULL && cli_number("slippage", slippage, 10000, &q->slippage, err) != 0) {
        return -1;
    }
    if (session_call(s, methods[q->kind],
                     json_pack("[I,I,s]", (json_int_t)q->pool.pool, (json_int_t)q->token.id, text),
                     &answer, err) != 0) {
        return -1;
    }
    int rc = json_get_u128(answer, results[q->kind], &out, err);
    json_decref(answer);
    if (rc == 0 && !amount_from_u128(&q->out, out)) {
        rc = err_set(err, ERR_DECODE, "the node's quote is no amount");
    }
    if (rc == 0) {
        q->least = less_tolerance(q->out, q->slippage);
    }
    return rc;
}

static double units(struct amount a, unsigned decimals) {
    double v = (double)(uint64_t)(a.v >> 64) * 18446744073709551616.0 + (double)(uint64_t)a.v;
    for (unsigned i = 0; i < decimals; i++) {
        v /= 10;
    }
    return v;
}

static void print_quote(const struct quote *q) {
    const struct token_info *other = q->token.id == q->pool.a.id ? &q->pool.b : &q->pool.a;
    char in[AMOUNT_TEXT_SIZE];
    char out[AMOUNT_TEXT_SIZE];
    char least[AMOUNT_TEXT_SIZE];
    unsigned in_decimals = q->kind == QUOTE_REMOVE ? 0 : q->token.decimals;
    unsigned out_decimals = q->kind == QUOTE_SWAP  ? other->decimals
                            : q->kind == QUOTE_ADD ? 0
                                                   : q->token.decimals;
    const char *in_name = q->kind == QUOTE_REMOVE ? "shares" : q->token.symbol;
    const char *out_name = q->kind == QUOTE_SWAP  ? other->symbol
                           : q->kind == QUOTE_ADD ? "shares"
                                                  : q->token.symbol;
    amount_format(in, q->in, in_decimals);
    amount_format(out, q->out, out_decimals);
    amount_format(least, q->least, out_decimals);
    printf("%s %s give %s %s", in, in_name, out, out_name);
    if (q->kind == QUOTE_SWAP && !amount_is_zero(q->in)) {
        printf(", %.6g %s each", units(q->out, out_decimals) / units(q->in, in_decimals), out_name);
    }
    /* One side costs half the fee: half of it is as if it had been swapped. */
    printf("; %s pool's fee %.4g %%; at least %s (%g %% less)\n",
           q->pool.stable ? "stable" : "constant-product",
           (double)q->pool.fee / (q->kind == QUOTE_SWAP ? 100 : 200), least,
           (double)q->slippage / 100);
}

/* Quotes, tells the user, and gives the minimum: the user's own if there is one. */
static int quote_least(struct tx *tx, struct quote *q, const char *slippage, const char *name,
                       size_t min_option, unsigned decimals, struct amount *least,
                       struct err *err) {
    if (ask_quote(&tx->session, q, slippage, err) != 0) {
        return -1;
    }
    if (tx->value[min_option] != NULL &&
        tx_amount(tx, name, min_option, decimals, &q->least, err) != 0) {
        return -1;
    }
    if (amount_less(q->out, q->least)) {
        return err_set(err, ERR_INPUT, "--%s: more than the pool gives now", name);
    }
    if (!tx->quiet) {
        print_quote(q);
    }
    *least = q->least;
    return 0;
}

int cmd_quote(int argc, char **argv) {
    struct session_options o = {0};
    const char *args[3] = {NULL};
    const char *add = NULL;
    const char *remove = NULL;
    const char *slippage = NULL;
    size_t n = 0;
    const struct cli_option options[] = {
        {"add", NULL, "what adding AMOUNT of TOKEN alone gives, in shares", &add, false},
        {"remove", NULL, "what AMOUNT shares give in TOKEN alone", &remove, false},
        {"slippage", "N", "tolerance in 1/10000 (default: 50)", &slippage, false},
        OPTIONAL_KEY_OPTION(&o),
        SESSION_OPTIONS(&o)};
    const struct cli_usage usage = {
        "zklink quote", "POOL TOKEN AMOUNT",
        "What a swap of AMOUNT of TOKEN gives now: amount, price, fee, least amount."};
    struct session s;
    struct quote q = {0};
    struct err err = {0};
    int rc = cli_parse(argc, argv, &usage, options, sizeof options / sizeof *options, args, 3, &n);
    if (rc >= 0) {
        return rc;
    }
    if (n != 3 || (add != NULL && remove != NULL)) {
        fprintf(stderr, "usage: %s [--add|--remove] %s\n", usage.command, usage.positional);
        return CLI_USAGE;
    }
    if (session_open(&s, &o, &err) != 0) {
        return cli_fail(&err);
    }
    q.kind = add != NULL ? QUOTE_ADD : remove != NULL ? QUOTE_REMOVE : QUOTE_SWAP;
    if (get_pool(&s, args[0], &q.pool, &err) != 0 ||
        pool_token(&s, &q.pool, args[1], &q.token, &err) != 0 ||
        cli_amount("amount", args[2], q.kind == QUOTE_REMOVE ? 0 : q.token.decimals, &q.in, &err) !=
            0 ||
        ask_quote(&s, &q, slippage, &err) != 0) {
        rc = cli_fail(&err);
    } else if (o.json != NULL) {
        char out[DECIMAL_TEXT];
        char least[DECIMAL_TEXT];
        u128_format(out, q.out.v);
        u128_format(least, q.least.v);
        printf("{\"out\": \"%s\", \"least\": \"%s\"}\n", out, least);
        rc = CLI_OK;
    } else {
        print_quote(&q);
        rc = CLI_OK;
    }
    session_close(&s);
    return rc;
}

/* ---- create-pool ---- */

static enum op_type create_type(const struct tx *tx) {
    return tx->value[3] != NULL ? OP_CREATE_STABLE_POOL : OP_CREATE_POOL;
}

/* Scaled amounts of the two tokens count as equal in worth: 10^(18 - decimals), or, where a
 * multiplier of more than 40 bits would come of it, both smaller by the same factor. */
static int multipliers(const struct token_info *a, const struct token_info *b, struct curve *curve,
                       struct err *err) {
    unsigned least = a->decimals < b->decimals ? a->decimals : b->decimals;
    unsigned most = a->decimals < b->decimals ? b->decimals : a->decimals;
    unsigned scale = least + CURVE_DIGITS < CURVE_DECIMALS ? least + CURVE_DIGITS : CURVE_DECIMALS;
    if (most > scale) {
        return err_set(err, ERR_INPUT,
                       "a stable pool can't take tokens of %u and %u decimals: at most 18, and at "
                       "most %d apart",
                       a->decimals, b->decimals, CURVE_DIGITS);
    }
    curve->mult_a = 1;
    curve->mult_b = 1;
    for (unsigned i = a->decimals; i < scale; i++) {
        curve->mult_a *= 10;
    }
    for (unsigned i = b->decimals; i < scale; i++) {
        curve->mult_b *= 10;
    }
    return 0;
}

static int build_create_pool(struct tx *tx, struct err *err) {
    struct token_info a;
    struct token_info b;
    struct curve curve = {0};
    uint64_t amp = 0;
    uint64_t fee = tx->value[3] != NULL ? 4 : 30;
    if (session_token(&tx->session, tx->value[0], &a, err) != 0 ||
        session_token(&tx->session, tx->value[1], &b, err) != 0 ||
        (tx->value[2] != NULL &&
         cli_number("pool-fee", tx->value[2], POOL_FEE_UNIT - 1, &fee, err) != 0)) {
        return -1;
    }
    if (tx->value[3] == NULL) {
        client_create_pool(&tx->op, &tx->common, a.id, b.id, (uint16_t)fee);
        return 0;
    }
    if (cli_number("amp", tx->value[3], (1 << AMP_BITS) - 1, &amp, err) != 0 ||
        multipliers(&a, &b, &curve, err) != 0) {
        return -1;
    }
    curve.amp = (uint32_t)amp;
    client_create_stable_pool(&tx->op, &tx->common, a.id, b.id, (uint16_t)fee, &curve);
    return 0;
}

int cmd_create_pool(int argc, char **argv) {
    static const struct tx_command c = {
        {"zklink create-pool", "",
         "Opens a pool of two tokens of any chains: constant product, or with --amp a stable pool, "
         "for two tokens of equal worth (their decimals are taken into account)."},
        {{"token-a", "TOKEN", "one token", true},
         {"token-b", "TOKEN", "the other", true},
         {"pool-fee", "N", "swap fee in 1/10000 (default: 30; stable: 4)", false},
         {"amp", "N", "amplification of a stable pool, 1..65535 (about 100 is usual)", false}},
        OP_CREATE_POOL,
        build_create_pool,
        0,
        create_type};
    return tx_run(argc, argv, &c);
}

/* ---- liquidity ---- */

enum { ADD_TOKEN = 4, ADD_AMOUNT = 5, ADD_SLIPPAGE = 6, REMOVE_TOKEN = 4, REMOVE_MIN = 5 };

static enum op_type add_type(const struct tx *tx) {
    return tx->value[ADD_TOKEN] != NULL ? OP_ADD_LIQUIDITY_ONE : OP_ADD_LIQUIDITY;
}

static int build_add_one(struct tx *tx, const struct pool_info *p, struct err *err) {
    struct quote q = {.kind = QUOTE_ADD, .pool = *p};
    struct amount least;
    if (tx->value[1] != NULL || tx->value[2] != NULL || tx->value[ADD_AMOUNT] == NULL) {
        return err_set(err, ERR_INPUT, "give --max-a and --max-b, or --token and --amount");
    }
    if (pool_token(&tx->session, p, tx->value[ADD_TOKEN], &q.token, err) != 0 ||
        tx_amount(tx, "amount", ADD_AMOUNT, q.token.decimals, &q.in, err) != 0 ||
        quote_least(tx, &q, tx->value[ADD_SLIPPAGE], "min-shares", 3, 0, &least, err) != 0) {
        return -1;
    }
    client_add_liquidity_one(&tx->op, &tx->common, p->pool, q.token.id, q.in, least);
    return 0;
}

static int build_add_liquidity(struct tx *tx, struct err *err) {
    struct pool_info p;
    struct amount a;
    struct amount b;
    struct amount least;
    if (get_pool(&tx->session, tx->value[0], &p, err) != 0) {
        return -1;
    }
    if (tx->value[ADD_TOKEN] != NULL) {
        return build_add_one(tx, &p, err);
    }
    if (tx->value[1] == NULL || tx->value[2] == NULL) {
        return err_set(err, ERR_INPUT, "give --max-a and --max-b, or --token and --amount");
    }
    if (tx_amount(tx, "max-a", 1, p.a.decimals, &a, err) != 0 ||
        tx_amount(tx, "max-b", 2, p.b.decimals, &b, err) != 0 ||
        tx_amount(tx, "min-shares", 3, 0, &least, err) != 0) {
        return -1;
    }
    client_add_liquidity(&tx->op, &tx->common, p.pool, a, b, least);
    return 0;
}

int cmd_add_liquidity(int argc, char **argv) {
    static const struct tx_command c = {
        {"zklink add-liquidity", "",
         "Adds both tokens in the pool's ratio, at most the given amounts, for shares; or, with "
         "--token, one token alone."},
        {{"pool", "ID", "the pool's account", true},
         {"max-a", "AMOUNT", "at most so much of its token A", false},
         {"max-b", "AMOUNT", "at most so much of its token B", false},
         {"min-shares", "N", "refuse fewer shares (base units)", false},
         {"token", "TOKEN", "the one token to add", false},
         {"amount", "AMOUNT", "how much of it", false},
         {"slippage", "N", "tolerance below the quote in 1/10000 (default: 50)", false}},
        OP_ADD_LIQUIDITY,
        build_add_liquidity,
        ADD_TOKEN,
        add_type};
    return tx_run(argc, argv, &c);
}

static enum op_type remove_type(const struct tx *tx) {
    return tx->value[REMOVE_TOKEN] != NULL ? OP_REMOVE_LIQUIDITY_ONE : OP_REMOVE_LIQUIDITY;
}

static int build_remove_one(struct tx *tx, const struct pool_info *p, struct amount shares,
                            struct err *err) {
    struct quote q = {.kind = QUOTE_REMOVE, .pool = *p, .in = shares};
    struct amount least;
    if (tx->value[2] != NULL || tx->value[3] != NULL) {
        return err_set(err, ERR_INPUT, "with --token goes --min-out, not --min-a or --min-b");
    }
    if (pool_token(&tx->session, p, tx->value[REMOVE_TOKEN], &q.token, err) != 0 ||
        quote_least(tx, &q, tx->value[ADD_SLIPPAGE], "min-out", REMOVE_MIN, q.token.decimals,
                    &least, err) != 0) {
        return -1;
    }
    client_remove_liquidity_one(&tx->op, &tx->common, p->pool, q.token.id, shares, least);
    return 0;
}

static int build_remove_liquidity(struct tx *tx, struct err *err) {
    struct pool_info p;
    struct amount shares;
    struct amount a;
    struct amount b;
    if (get_pool(&tx->session, tx->value[0], &p, err) != 0 ||
        tx_amount(tx, "shares", 1, 0, &shares, err) != 0) {
        return -1;
    }
    if (tx->value[REMOVE_TOKEN] != NULL) {
        return build_remove_one(tx, &p, shares, err);
    }
    if (tx_amount(tx, "min-a", 2, p.a.decimals, &a, err) != 0 ||
        tx_amount(tx, "min-b", 3, p.b.decimals, &b, err) != 0) {
        return -1;
    }
    client_remove_liquidity(&tx->op, &tx->common, p.pool, shares, a, b);
    return 0;
}

int cmd_remove_liquidity(int argc, char **argv) {
    static const struct tx_command c = {
        {"zklink remove-liquidity", "",
         "Gives shares back for their part of both reserves; or, with --token, for one token "
         "alone."},
        {{"pool", "ID", "the pool's account", true},
         {"shares", "N", "how many shares (base units)", true},
         {"min-a", "AMOUNT", "refuse less of token A", false},
         {"min-b", "AMOUNT", "refuse less of token B", false},
         {"token", "TOKEN", "the one token to take out", false},
         {"min-out", "AMOUNT", "refuse less of it", false},
         {"slippage", "N", "tolerance below the quote in 1/10000 (default: 50)", false}},
        OP_REMOVE_LIQUIDITY,
        build_remove_liquidity,
        REMOVE_TOKEN,
        remove_type};
    return tx_run(argc, argv, &c);
}

/* ---- swap ---- */

static int build_swap(struct tx *tx, struct err *err) {
    struct quote q = {.kind = QUOTE_SWAP};
    struct amount least;
    if (get_pool(&tx->session, tx->value[0], &q.pool, err) != 0 ||
        pool_token(&tx->session, &q.pool, tx->value[1], &q.token, err) != 0 ||
        tx_amount(tx, "amount", 2, q.token.decimals, &q.in, err) != 0) {
        return -1;
    }
    const struct token_info *out = q.token.id == q.pool.a.id ? &q.pool.b : &q.pool.a;
    if (quote_least(tx, &q, tx->value[4], "min-out", 3, out->decimals, &least, err) != 0) {
        return -1;
    }
    client_swap(&tx->op, &tx->common, q.pool.pool, q.token.id, q.in, least);
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
        1,
        NULL};
    return tx_run(argc, argv, &c);
}
