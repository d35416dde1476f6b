/* As contract_vectors, for what concerns pools: operations 12 and 16 to 19, calldata of
 * ZklinkPools, trades on the stable curve.
 * contracts/test/{PoolWords,PoolCalls,CurveStableSwap}.t.sol read it. pool_vectors pool-words    >
 * tests/vectors/contracts/pool-words.json pool_vectors pool-calls    >
 * tests/vectors/contracts/pool-calls.json pool_vectors stable-trades >
 * tests/vectors/contracts/stable-trades.json */
#include "../support/columns.h"
#include "../support/world.h"
#include "chain/pools_abi.h"
#include "rollup/pool.h"
#include "rollup/stable.h"

#include <stdio.h>
#include <string.h>

enum { OPERATIONS = 60, TRADES = 1500 };

/* ---- words ---- */

static void put_words(json_t *table, const struct op *op) {
    static const char *const names[OP_WORDS_MAX] = {"w0", "w1", "w2", "w3"};
    fr words[OP_WORDS_MAX];
    vectors_must(op_words(op, words), "words");
    for (unsigned i = 0; i < OP_WORDS_MAX; i++) {
        column_fr(table, names[i], &words[i]);
    }
}

/* The request as a contract queues it: its words with zeros for what the operator fills. */
static void put_template(json_t *table, const struct op *op) {
    static const char *const names[OP_WORDS_MAX] = {"t0", "t1", "t2", "t3"};
    fr words[OP_WORDS_MAX];
    uint8_t hash[32];
    vectors_must(op_request_template(op, words) && op_request_hash(op, hash), "template");
    for (unsigned i = 0; i < OP_WORDS_MAX; i++) {
        column_fr(table, names[i], &words[i]);
    }
    column_bytes(table, "hash", hash, 32);
    column_u128(table, "outcome", op->outcome);
}

static void put_payout_id(json_t *table, const struct payout *p) {
    uint8_t id[32];
    payout_id(id, p);
    column_bytes(table, "payoutId", id, 32);
}

static void put_withdrawal(json_t *table, struct world *w) {
    struct op op;
    op_init(&op, OP_WITHDRAW);
    struct op_withdraw *x = &op.u.withdraw;
    op.account = (account_id)world_field(w, ACCOUNT_BITS);
    op.nonce = (uint32_t)world_field(w, NONCE_BITS);
    x->token = world_field(w, TOKEN_BITS);
    x->amount = world_amount(w);
    x->broker_fee = world_amount(w);
    world_address(w, x->to);
    put_words(table, &op);
    column_u128(table, "account", op.account);
    column_u128(table, "nonce", op.nonce);
    column_u128(table, "token", x->token);
    column_u128(table, "amount", x->amount.v);
    column_u128(table, "fee", x->broker_fee.v);
    column_address(table, "to", x->to);
    struct payout p = {.token = x->token,
                       .amount = x->amount,
                       .kind = OP_WITHDRAW,
                       .a = op.account,
                       .b = op.nonce,
                       .broker_fee = x->broker_fee};
    memcpy(p.to, x->to, ADDRESS_LEN);
    put_payout_id(table, &p);
}

static void put_forced_exit(json_t *table, struct world *w) {
    struct op op;
    op_init(&op, OP_FORCED_EXIT);
    struct op_forced_exit *x = &op.u.forced_exit;
    op.account = (account_id)world_field(w, ACCOUNT_BITS);
    op.nonce = (uint32_t)world_field(w, NONCE_BITS);
    op.fee = (struct fee){(uint32_t)world_field(w, FEE_MANT_BITS),
                          (uint8_t)world_field(w, FEE_EXP_BITS)};
    x->peer = (account_id)world_field(w, ACCOUNT_BITS);
    x->slot = (uint8_t)world_field(w, SLOT_BITS);
    x->token = world_field(w, TOKEN_BITS);
    x->amount = world_amount(w);
    world_address(w, x->to);
    put_words(table, &op);
    column_u128(table, "token", x->token);
    column_u128(table, "amount", x->amount.v);
    column_address(table, "to", x->to);
}

static void put_swap(json_t *table, struct world *w) {
    struct op op;
    op_init(&op, OP_SWAP_REQUEST);
    struct op_swap_request *x = &op.u.swap_request;
    op.outcome = (enum op_outcome)world_field(w, OUTCOME_BITS);
    x->pool = (account_id)world_field(w, ACCOUNT_BITS);
    x->token_in = world_field(w, TOKEN_BITS);
    x->token_out = world_field(w, TOKEN_BITS);
    x->amount_in = world_amount(w);
    x->min_out = world_amount(w);
    x->out = world_amount(w);
    x->deadline = world_field(w, DEADLINE_BITS);
    x->index = world_field(w, QUEUE_INDEX_BITS);
    x->broker = (uint32_t)world_field(w, BROKER_BITS);
    x->exclusive_until = world_field(w, EXCLUSIVE_BITS);
    /* as the contract packs it: the smallest exponent */
    x->broker_fee.mant = (uint32_t)world_field(w, FEE_MANT_BITS);
    if (x->broker_fee.mant > 0xffffff) {
        x->broker_fee.mant |= 1;
        x->broker_fee.exp = (uint8_t)world_field(w, FEE_EXP_BITS);
    }
    world_address(w, x->to);
    world_address(w, x->refund_to);
    put_words(table, &op);
    put_template(table, &op);
    column_u128(table, "pool", x->pool);
    column_u128(table, "tokenIn", x->token_in);
    column_u128(table, "tokenOut", x->token_out);
    column_u128(table, "amountIn", x->amount_in.v);
    column_u128(table, "minOut", x->min_out.v);
    column_u128(table, "out", x->out.v);
    column_u128(table, "deadline", x->deadline);
    column_u128(table, "index", x->index);
    column_u128(table, "broker", x->broker);
    column_u128(table, "exclusiveUntil", x->exclusive_until);
    column_u128(table, "fee", fee_value(x->broker_fee).v);
    column_address(table, "to", x->to);
    column_address(table, "refundTo", x->refund_to);
    struct payout p = {.token = x->token_out,
                       .amount = x->out,
                       .kind = OP_SWAP_REQUEST,
                       .a = token_chain(x->token_in),
                       .b = x->index,
                       .broker_fee = fee_value(x->broker_fee),
                       .broker = x->broker,
                       .exclusive_until = x->exclusive_until};
    memcpy(p.to, x->to, ADDRESS_LEN);
    put_payout_id(table, &p);
}

static void put_add(json_t *table, struct world *w) {
    struct op op;
    op_init(&op, OP_ADD_LIQUIDITY_REQUEST);
    struct op_add_liquidity_request *x = &op.u.add_liquidity_request;
    op.outcome = (enum op_outcome)world_field(w, OUTCOME_BITS);
    op.account = (account_id)world_field(w, ACCOUNT_BITS);
    x->pool = (account_id)world_field(w, ACCOUNT_BITS);
    x->token = world_field(w, TOKEN_BITS);
    x->amount = world_amount(w);
    x->min_shares = world_amount(w);
    x->shares = world_amount(w);
    x->deadline = world_field(w, DEADLINE_BITS);
    x->index = world_field(w, QUEUE_INDEX_BITS);
    world_address(w, x->exit);
    world_address(w, x->refund_to);
    put_words(table, &op);
    put_template(table, &op);
    column_u128(table, "account", op.account);
    column_u128(table, "pool", x->pool);
    column_u128(table, "token", x->token);
    column_u128(table, "amount", x->amount.v);
    column_u128(table, "minShares", x->min_shares.v);
    column_u128(table, "shares", x->shares.v);
    column_u128(table, "deadline", x->deadline);
    column_u128(table, "index", x->index);
    column_address(table, "exitAddress", x->exit);
    column_address(table, "owner", x->refund_to);
}

static void put_removal(json_t *table, struct world *w) {
    struct op op;
    op_init(&op, OP_REMOVE_LIQUIDITY_REQUEST);
    struct op_remove_liquidity_request *x = &op.u.remove_liquidity_request;
    op.outcome = (enum op_outcome)world_field(w, OUTCOME_BITS);
    op.account = (account_id)world_field(w, ACCOUNT_BITS);
    x->pool = (account_id)world_field(w, ACCOUNT_BITS);
    x->token = world_field(w, TOKEN_BITS);
    x->shares = world_amount(w);
    x->min_out = world_amount(w);
    x->out = world_amount(w);
    x->chain = (uint8_t)world_field(w, CHAIN_BITS);
    x->index = world_field(w, QUEUE_INDEX_BITS);
    x->deadline = world_field(w, DEADLINE_BITS);
    world_address(w, x->to);
    put_words(table, &op);
    put_template(table, &op);
    column_u128(table, "account", op.account);
    column_u128(table, "pool", x->pool);
    column_u128(table, "token", x->token);
    column_u128(table, "shares", x->shares.v);
    column_u128(table, "minOut", x->min_out.v);
    column_u128(table, "out", x->out.v);
    column_u128(table, "chain", x->chain);
    column_u128(table, "index", x->index);
    column_u128(table, "deadline", x->deadline);
    column_address(table, "to", x->to);
}

static void words(json_t *root, struct world *w) {
    json_t *withdrawals = table_new(root, "withdrawals"), *exits = table_new(root, "forcedExits");
    json_t *swaps = table_new(root, "swaps"), *adds = table_new(root, "adds");
    json_t *removals = table_new(root, "removals");
    for (unsigned i = 0; i < OPERATIONS; i++) {
        put_withdrawal(withdrawals, w);
        put_forced_exit(exits, w);
        put_swap(swaps, w);
        put_add(adds, w);
        put_removal(removals, w);
    }
}

/* ---- calls ---- */

static void calls(json_t *root) {
    struct buf data = {0};
    uint8_t address[4][ADDRESS_LEN], digest[32], domain[32];
    struct erc20_permit permit = {.value = (u128)5 << 100, .deadline = 123456};
    for (int i = 0; i < 4; i++) {
        memset(address[i], 0xa1 + 0x11 * i, ADDRESS_LEN);
    }
    for (unsigned i = 0; i < 65; i++) {
        permit.signature[i] = i < 32 ? 1 : i < 64 ? 2 : 28;
    }
    struct op_swap_request s = {.pool = 7,
                                .token_out = 0x0300000002,
                                .amount_in = {(u128)9 << 100},
                                .min_out = {77},
                                .deadline = 1800000000,
                                .broker_fee = {5, 2},
                                .broker = 3,
                                .exclusive_until = 1700000000};
    memcpy(s.to, address[1], ADDRESS_LEN);
    memcpy(s.refund_to, address[2], ADDRESS_LEN);
    zklink_request_swap(&data, address[0], &s, NULL);
    put_call(root, "requestSwap", &data);
    zklink_request_swap(&data, address[0], &s, &permit);
    put_call(root, "requestSwapWithPermit", &data);
    struct op_add_liquidity_request a = {
        .pool = 7, .amount = {(u128)9 << 100}, .min_shares = {77}, .deadline = 1800000000};
    memcpy(a.refund_to, address[1], ADDRESS_LEN);
    memcpy(a.exit, address[2], ADDRESS_LEN);
    zklink_request_add_liquidity(&data, address[0], &a, NULL);
    put_call(root, "requestAddLiquidity", &data);
    zklink_request_add_liquidity(&data, address[0], &a, &permit);
    put_call(root, "requestAddLiquidityWithPermit", &data);
    struct op_remove_liquidity_request r = {.token = 0x0300000002,
                                            .shares = {(u128)9 << 100},
                                            .min_out = {77},
                                            .index = 12,
                                            .deadline = 1800000000};
    memcpy(r.to, address[3], ADDRESS_LEN);
    zklink_request_remove_liquidity(&data, &r);
    put_call(root, "requestRemoveLiquidity", &data);
    struct payout p = {.token = 0x0300000002,
                       .amount = {1000},
                       .kind = 17,
                       .a = 3,
                       .b = 12,
                       .broker_fee = {7},
                       .broker = 2,
                       .exclusive_until = 1700000000};
    memcpy(p.to, address[3], ADDRESS_LEN);
    zklink_accept(&data, &p);
    put_call(root, "accept", &data);
    zklink_register_broker(&data);
    put_call(root, "registerBroker", &data);
    memset(domain, 0x44, sizeof domain);
    erc20_permit_digest(digest, domain, address[0], address[1], permit.value, 6, permit.deadline);
    buf_append(&data, digest, sizeof digest);
    put_call(root, "permitDigest", &data);
}

/* ---- trades on the stable curve ---- */

static u128 power10(unsigned n) {
    u128 v = 1;
    while (n-- > 0) {
        v *= 10;
    }
    return v;
}

/* A reserve of 1 to 10^6 tokens, or more when the other is far out. */
static u128 some(struct world *w, u128 scale) {
    return 1 + ((u128)world_random(w) << 20 | world_random(w) % (1 << 20)) % scale;
}

/* Decimals 6 to 18, imbalance up to 10^6, any A and fee. */
static void trades(json_t *root, struct world *w) {
    json_t *t = table_new(root, "trades");
    for (unsigned i = 0; i < TRADES; i++) {
        unsigned decimals[2] = {6 + (unsigned)(world_random(w) % 13),
                                6 + (unsigned)(world_random(w) % 13)};
        uint64_t mult[2] = {(uint64_t)power10(18 - decimals[0]),
                            (uint64_t)power10(18 - decimals[1])};
        uint32_t amp =
            i % 8 == 0 ? 1 : 1 + (uint32_t)(world_random(w) % (i % 3 == 0 ? 65535 : 500));
        uint16_t fee = i % 5 == 0 ? 0 : (uint16_t)(world_random(w) % 100);
        /* scaled to 18 decimals; one side up to 10^6 times the other */
        u128 small = power10(18) + some(w, power10(23));
        u128 large = small * (1 + world_random(w) % power10((unsigned)(world_random(w) % 7)));
        bool turned = world_random(w) % 2 == 0;
        struct amount r[2] = {{(turned ? large : small) / mult[0]},
                              {(turned ? small : large) / mult[1]}};
        unsigned x = world_random(w) % 2;
        struct amount in = {1 + some(w, r[x].v)};
        struct pool_view v = {.fee = fee,
                              .reserve_a = r[0],
                              .reserve_b = r[1],
                              .supply = {1},
                              .stable = true,
                              .amp = amp,
                              .mult_a = mult[0],
                              .mult_b = mult[1]};
        struct pool_trade q;
        vectors_must(pool_swap_quote(&q, &v, x == 1, in) == REJECT_NONE, "trade");
        column_u128(t, "reserveA", r[0].v);
        column_u128(t, "reserveB", r[1].v);
        column_u128(t, "multA", mult[0]);
        column_u128(t, "multB", mult[1]);
        column_u128(t, "amp", amp);
        column_u128(t, "fee", fee);
        column_u128(t, "bToA", x);
        column_u128(t, "amountIn", in.v);
        column_u128(t, "amountOut", q.result.v);
        column_u128(t, "ddown", stable_d(r[0].v * mult[0], r[1].v * mult[1], amp));
    }
}

int main(int argc, char **argv) {
    const char *what = argc == 2 ? argv[1] : "";
    struct world w;
    json_t *root = json_object();
    vectors_must(root != NULL, "memory");
    world_new(&w, 21);
    if (strcmp(what, "pool-words") == 0) {
        words(root, &w);
    } else if (strcmp(what, "pool-calls") == 0) {
        calls(root);
    } else if (strcmp(what, "stable-trades") == 0) {
        trades(root, &w);
    } else {
        fputs("usage: pool_vectors pool-words|pool-calls|stable-trades\n", stderr);
        return 2;
    }
    vectors_must(json_dumpf(root, stdout, JSON_INDENT(1)) == 0, "output");
    putchar('\n');
    json_decref(root);
    world_free(&w);
    return 0;
}
