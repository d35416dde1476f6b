#include "rollup/client.h"

#include <string.h>

static void begin(struct op *op, enum op_type type, const struct client_common *c) {
    op_init(op, type);
    op->account = c->account;
    op->nonce = c->nonce;
    op->valid_until = c->valid_until;
    op->fee_token = c->fee_token;
    op->fee = c->fee;
}

void client_transfer(struct op *op, const struct client_common *c, account_id to, token_id token,
                     struct amount amount) {
    begin(op, OP_TRANSFER, c);
    op->u.transfer.to = to;
    op->u.transfer.token = token;
    op->u.transfer.amount = amount;
}

void client_transfer_to_address(struct op *op, const struct client_common *c,
                                const struct owner *to, token_id token, struct amount amount) {
    begin(op, OP_TRANSFER_TO_ADDRESS, c);
    op->u.transfer.to_owner = *to;
    op->u.transfer.token = token;
    op->u.transfer.amount = amount;
}

void client_create_pool(struct op *op, const struct client_common *c, token_id token_a,
                        token_id token_b, uint16_t fee) {
    begin(op, OP_CREATE_POOL, c);
    op->u.create_pool.token_a = token_a < token_b ? token_a : token_b;
    op->u.create_pool.token_b = token_a < token_b ? token_b : token_a;
    op->u.create_pool.fee = fee;
}

void client_create_stable_pool(struct op *op, const struct client_common *c, token_id token_a,
                               token_id token_b, uint16_t fee, const struct curve *curve) {
    client_create_pool(op, c, token_a, token_b, fee);
    op->type = OP_CREATE_STABLE_POOL;
    op->u.create_pool.curve = *curve;
    if (token_a >= token_b) {
        op->u.create_pool.curve.mult_a = curve->mult_b;
        op->u.create_pool.curve.mult_b = curve->mult_a;
    }
}

static void one_sided(struct op *op, enum op_type type, const struct client_common *c,
                      account_id pool, token_id token, struct amount amount, struct amount min) {
    begin(op, type, c);
    op->u.one_sided.pool = pool;
    op->u.one_sided.token = token;
    op->u.one_sided.amount = amount;
    op->u.one_sided.min = min;
}

void client_add_liquidity_one(struct op *op, const struct client_common *c, account_id pool,
                              token_id token, struct amount amount, struct amount min_shares) {
    one_sided(op, OP_ADD_LIQUIDITY_ONE, c, pool, token, amount, min_shares);
}

void client_remove_liquidity_one(struct op *op, const struct client_common *c, account_id pool,
                                 token_id token, struct amount shares, struct amount min_out) {
    one_sided(op, OP_REMOVE_LIQUIDITY_ONE, c, pool, token, shares, min_out);
}

void client_add_liquidity(struct op *op, const struct client_common *c, account_id pool,
                          struct amount max_a, struct amount max_b, struct amount min_shares) {
    begin(op, OP_ADD_LIQUIDITY, c);
    op->u.add_liquidity.pool = pool;
    op->u.add_liquidity.max_a = max_a;
    op->u.add_liquidity.max_b = max_b;
    op->u.add_liquidity.min_shares = min_shares;
}

void client_remove_liquidity(struct op *op, const struct client_common *c, account_id pool,
                             struct amount shares, struct amount min_a, struct amount min_b) {
    begin(op, OP_REMOVE_LIQUIDITY, c);
    op->u.remove_liquidity.pool = pool;
    op->u.remove_liquidity.shares = shares;
    op->u.remove_liquidity.min_a = min_a;
    op->u.remove_liquidity.min_b = min_b;
}

void client_swap(struct op *op, const struct client_common *c, account_id pool, token_id token_in,
                 struct amount amount_in, struct amount min_out) {
    begin(op, OP_SWAP, c);
    op->u.swap.pool = pool;
    op->u.swap.token_in = token_in;
    op->u.swap.amount_in = amount_in;
    op->u.swap.min_out = min_out;
}

void client_withdraw(struct op *op, const struct client_common *c, token_id token,
                     struct amount amount, const uint8_t to[ADDRESS_LEN]) {
    begin(op, OP_WITHDRAW, c);
    op->u.withdraw.token = token;
    op->u.withdraw.amount = amount;
    memcpy(op->u.withdraw.to, to, ADDRESS_LEN);
}

void client_change_pub_key(struct op *op, const struct client_common *c, uint8_t chain,
                           const uint8_t address[ADDRESS_LEN], const fr *key_x, const fr *key_y) {
    begin(op, OP_CHANGE_PUB_KEY, c);
    op->u.change_pub_key.chain = chain;
    memcpy(op->u.change_pub_key.address, address, ADDRESS_LEN);
    op->u.change_pub_key.key_x = *key_x;
    op->u.change_pub_key.key_y = *key_y;
}

void client_forced_exit(struct op *op, const struct client_common *c, account_id peer,
                        token_id token) {
    begin(op, OP_FORCED_EXIT, c);
    op->u.forced_exit.peer = peer;
    op->u.forced_exit.token = token;
}

bool client_sign(struct op *op, const uint8_t instance_id[32], const struct schnorr_key *key) {
    fr m[OP_MESSAGE_WORDS], domain;
    if (!op_is_signed(op->type) || !op_message(op, m)) {
        return false;
    }
    op_signature_domain(&domain, instance_id);
    schnorr_sign(&op->signature, key, &domain, m);
    return true;
}
