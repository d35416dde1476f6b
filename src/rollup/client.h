/* For clients: transactions ready to send. Each function fills the signed fields of *op; then
 * client_sign signs it. Nothing here knows the state: nonce and fee come from the API. */
#ifndef ZKLINK_ROLLUP_CLIENT_H
#define ZKLINK_ROLLUP_CLIENT_H

#include "rollup/op.h"

/* What every transaction carries. */
struct client_common {
    account_id account;
    uint32_t nonce;
    uint64_t valid_until;
    token_id fee_token;
    struct fee fee;
};
void client_transfer(struct op *op, const struct client_common *c, account_id to, token_id token,
                     struct amount amount);
void client_transfer_to_address(struct op *op, const struct client_common *c,
                                const struct owner *to, token_id token, struct amount amount);
/* The tokens in any order; a curve's multipliers in that order. */
void client_create_pool(struct op *op, const struct client_common *c, token_id token_a,
                        token_id token_b, uint16_t fee);
void client_create_stable_pool(struct op *op, const struct client_common *c, token_id token_a,
                               token_id token_b, uint16_t fee, const struct curve *curve);
/* A token of the pool for shares; shares for a token of the pool. */
void client_add_liquidity_one(struct op *op, const struct client_common *c, account_id pool,
                              token_id token, struct amount amount, struct amount min_shares);
void client_remove_liquidity_one(struct op *op, const struct client_common *c, account_id pool,
                                 token_id token, struct amount shares, struct amount min_out);
void client_add_liquidity(struct op *op, const struct client_common *c, account_id pool,
                          struct amount max_a, struct amount max_b, struct amount min_shares);
void client_remove_liquidity(struct op *op, const struct client_common *c, account_id pool,
                             struct amount shares, struct amount min_a, struct amount min_b);
void client_swap(struct op *op, const struct client_common *c, account_id pool, token_id token_in,
                 struct amount amount_in, struct amount min_out);
/* op->u.withdraw.broker_fee, if there is to be one, is set afterwards. */
void client_withdraw(struct op *op, const struct client_common *c, token_id token,
                     struct amount amount, const uint8_t to[ADDRESS_LEN]);
/* The whole balance that an account without a key has of a token, to its owner. */
void client_forced_exit(struct op *op, const struct client_common *c, account_id peer,
                        token_id token);
/* To be signed by the owner's ECDSA key over op_change_pub_key_digest, the 65 bytes (r, s, v with v
 * = 27 or 28) then put in op->u.change_pub_key.ecdsa. */
void client_change_pub_key(struct op *op, const struct client_common *c, uint8_t chain,
                           const uint8_t address[ADDRESS_LEN], const fr *key_x, const fr *key_y);

/* Signs types 5..16. False if a field is out of range or the type is another. */
ROLLUP_MUST_USE bool client_sign(struct op *op, const uint8_t instance_id[32],
                                 const struct schnorr_key *key);

#endif
