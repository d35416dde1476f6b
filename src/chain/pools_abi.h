/* ZklinkPools and Positions of the contracts: L2's pools used from L1, payouts in advance by
 * brokers; and EIP-2612 permits. Calldata is appended to a buffer, as in zklink_abi.h; the events
 * are decoded there. */
#ifndef ZKLINK_CHAIN_POOLS_ABI_H
#define ZKLINK_CHAIN_POOLS_ABI_H

#include "chain/abi.h"
#include "chain/eth_client.h"
#include "rollup/apply.h"
#include "rollup/op.h"

/* An allowance by signature. */
struct erc20_permit {
    u128 value;
    uint64_t deadline;
    uint8_t signature[65]; /* r, s, v (27 or 28) */
};
/* The EIP-712 digest that the owner signs; domain is the token's DOMAIN_SEPARATOR(), nonce its
 * nonces(owner). */
void erc20_permit_digest(uint8_t digest[32], const uint8_t domain[32], const uint8_t owner[20],
                         const uint8_t spender[20], u128 value, uint64_t nonce, uint64_t deadline);
/* ERR_DECODE or the endpoint's refusal if the token knows no permits. */
int erc20_permit_nonce(struct eth_client *c, const uint8_t token[20], const uint8_t owner[20],
                       uint64_t *nonce, struct err *err);

/* Requests. Of the operation, what the user says: not token_in (or token), whose contract is given
 * here, all zero for the native coin (which is sent along as value), not index, not the outcome.
 * permit may be NULL: then an allowance stands already. refund_to of AddLiquidityRequest is the
 * position's owner. */
void zklink_request_swap(struct buf *out, const uint8_t token_in[20],
                         const struct op_swap_request *r, const struct erc20_permit *permit);
void zklink_request_add_liquidity(struct buf *out, const uint8_t token[20],
                                  const struct op_add_liquidity_request *r,
                                  const struct erc20_permit *permit);
/* Of the operation: index (the position), shares, token, min_out, to, deadline. */
void zklink_request_remove_liquidity(struct buf *out, const struct op_remove_liquidity_request *r);

/* Pays amount less fee to the receiver, for the whole payout; the native coin is sent along. */
void zklink_accept(struct buf *out, const struct payout *p);
void zklink_register_broker(struct buf *out);

/* ---- reading ---- */

/* Who accepted a payout: all zero, nobody; see payout_is_executed. */
int zklink_get_accepted_by(struct eth_client *c, const uint8_t contract[20], const uint8_t id[32],
                           uint8_t broker[20], struct err *err);
/* True for what stands in place of a broker once the payout was executed (address 1). */
bool payout_is_executed(const uint8_t broker[20]);
/* 0 if the address is not registered. */
int zklink_get_broker_index(struct eth_client *c, const uint8_t contract[20],
                            const uint8_t broker[20], uint64_t *index, struct err *err);

/* What failed payouts left with the contract for an owner. */
int zklink_get_pending(struct eth_client *c, const uint8_t contract[20], uint32_t token,
                       const uint8_t owner[20], u128 *amount, struct err *err);

/* A position, as the contract that `positions()` of zklink names knows it. The endpoint's refusal
 * (a revert) if there is none of that number. */
struct l1_position {
    uint64_t account, pool;
    u128 shares; /* for which no removal was asked yet */
    uint8_t owner[20];
};
int zklink_get_position(struct eth_client *c, const uint8_t positions[20], uint64_t number,
                        struct l1_position *p, struct err *err);

#endif
