#include "node/fees.h"

/* What an operation costs compared with a transfer: about what it takes of public data, outbox
 * entries and new state. */
static unsigned weight(enum op_type type) {
    switch (type) {
    case OP_TRANSFER:
    case OP_SWAP:
        return 1;
    case OP_TRANSFER_TO_ADDRESS:
    case OP_ADD_LIQUIDITY:
    case OP_ADD_LIQUIDITY_FIRST:
    case OP_REMOVE_LIQUIDITY:
    case OP_ADD_LIQUIDITY_ONE:
    case OP_REMOVE_LIQUIDITY_ONE:
        return 2;
    case OP_WITHDRAW:
    case OP_CHANGE_PUB_KEY:
    case OP_FORCED_EXIT:
        return 10;
    case OP_CREATE_POOL:
    case OP_CREATE_STABLE_POOL:
        return 20;
    case OP_DEPOSIT:
    case OP_SET_SIGNING_KEY:
    case OP_FULL_EXIT:
    case OP_SWAP_REQUEST:
    case OP_ADD_LIQUIDITY_REQUEST:
    case OP_REMOVE_LIQUIDITY_REQUEST:
        break;
    }
    return 0; /* requests are paid for on L1 */
}

/* ---- costs ---- */

/* Gas, as measured: contracts/snapshots (what entries and payouts add to a call) and blocks of a
 * whole instance (tools/bench_gas.py). */
enum {
    GAS_BLOCK = 923000, /* submit, confirm and execute a block with nothing in it, on one chain */
    GAS_LOG_WORD = 700, /* calldata, hashing, the proof's check of it */
    GAS_ENTRY = 4100,   /* an entry of an outbox */
    GAS_PAYOUT = 46000, /* of an ERC-20 token to a new holder */
    GAS_KEY_CHANGE = 18000,
    PROVE_US = 20000, /* of all processors, in a full block */
};

static bool has_payout(enum op_type type) {
    return type == OP_WITHDRAW || type == OP_FORCED_EXIT;
}

/* On its destination, beyond what it takes on every chain. */
static uint64_t gas_there(enum op_type type) {
    if (has_payout(type)) {
        return GAS_ENTRY + GAS_PAYOUT;
    }
    return type == OP_CHANGE_PUB_KEY ? GAS_ENTRY + GAS_KEY_CHANGE : 0;
}

u128 fees_cost_wei(const struct config *config, const struct fee_prices *prices, enum op_type type,
                   unsigned destination) {
    unsigned sharing = config->node.fee_operations > 0 ? config->node.fee_operations : 1;
    uint64_t everywhere = GAS_BLOCK / sharing + (uint64_t)op_word_count(type) * GAS_LOG_WORD;
    u128 wei = (u128)config->node.fee_prover_wei * PROVE_US / 1000000;
    u128 dearest = 0, there = 0;
    for (size_t i = 0; i < config->n_chains; i++) {
        u128 price = prices->wei[i] / 1000000 * config->chains[i].native_rate_ppm +
                     prices->wei[i] % 1000000 * config->chains[i].native_rate_ppm / 1000000;
        u128 own = price * gas_there(type);
        wei += price * everywhere;
        dearest = own > dearest ? own : dearest;
        if (config->chains[i].number == destination) {
            there = own;
        }
    }
    return wei + (destination == 0 ? dearest : there);
}

/* ceil-ish of wei rate / 10^18 for wei < 2^84, rate < 2^88: never below the exact value. */
static u128 in_token(u128 wei, u128 rate) {
    const u128 giga = 1000000000;
    u128 coins = wei / (giga * giga);
    u128 high = wei / giga % giga;
    u128 low = wei % giga;
    return coins * rate + (high * rate + (low * rate + giga - 1) / giga + giga - 1) / giga;
}

bool fees_least(struct fee *fee, const struct config *config, const struct fee_prices *prices,
                enum op_type type, unsigned destination, token_id token) {
    *fee = (struct fee){0};
    for (size_t i = 0; i < config->node.n_fees; i++) {
        const struct fee_config *f = &config->node.fees[i];
        struct amount least;
        if (f->token != token) {
            continue;
        }
        u128 ask = f->minimum * weight(type);
        if (f->rate != 0) {
            u128 cost = fees_cost_wei(config, prices, type, destination);
            u128 by_cost = cost >> 84 == 0 ? in_token(cost, f->rate) : (u128)1 << 111;
            ask = by_cost > ask ? by_cost : ask;
        }
        return amount_from_u128(&least, ask) && fee_from_amount(fee, least);
    }
    return config->node.n_fees == 0;
}

unsigned fees_destination(const struct op *op) {
    switch (op->type) {
    case OP_WITHDRAW:
        return token_chain(op->u.withdraw.token);
    case OP_FORCED_EXIT:
        return token_chain(op->u.forced_exit.token);
    case OP_CHANGE_PUB_KEY:
        return op->u.change_pub_key.chain;
    case OP_DEPOSIT:
    case OP_SET_SIGNING_KEY:
    case OP_FULL_EXIT:
    case OP_TRANSFER:
    case OP_TRANSFER_TO_ADDRESS:
    case OP_CREATE_POOL:
    case OP_ADD_LIQUIDITY_FIRST:
    case OP_ADD_LIQUIDITY:
    case OP_REMOVE_LIQUIDITY:
    case OP_SWAP:
    case OP_CREATE_STABLE_POOL:
    case OP_ADD_LIQUIDITY_ONE:
    case OP_REMOVE_LIQUIDITY_ONE:
    case OP_SWAP_REQUEST:
    case OP_ADD_LIQUIDITY_REQUEST:
    case OP_REMOVE_LIQUIDITY_REQUEST:
        break;
    }
    return 0;
}

/* ---- the window of prices ---- */

void gas_window_add(struct gas_window *w, uint64_t now_ms, uint64_t validity_ms, u128 price_wei) {
    struct gas_bucket *b = &w->bucket[w->newest];
    w->last_wei = price_wei;
    if (w->n > 0 && now_ms - b->begin_ms <= validity_ms / (GAS_BUCKETS / 2)) {
        b->low_wei = price_wei < b->low_wei ? price_wei : b->low_wei;
        return;
    }
    w->newest = w->n == 0 ? 0 : (w->newest + 1) % GAS_BUCKETS;
    w->n = w->n < GAS_BUCKETS ? w->n + 1 : GAS_BUCKETS;
    w->bucket[w->newest] = (struct gas_bucket){.begin_ms = now_ms, .low_wei = price_wei};
}

/* A price holds until the next one is seen, so the bucket before the window counts, too. */
bool gas_window_low(const struct gas_window *w, uint64_t now_ms, uint64_t validity_ms,
                    u128 *price_wei) {
    for (unsigned k = 0; k < w->n; k++) {
        const struct gas_bucket *b = &w->bucket[(w->newest + GAS_BUCKETS - k) % GAS_BUCKETS];
        *price_wei = k == 0 || b->low_wei < *price_wei ? b->low_wei : *price_wei;
        if (now_ms - b->begin_ms > validity_ms) {
            break;
        }
    }
    return w->n > 0;
}
