/* A payout that a broker makes in advance (struct payout, payout_id), as the contract knows it
 * (IZklink.Payout, modules/Brokers.sol). Its identity is a hash of everything that is paid, so that
 * an acceptance can only ever mean exactly this payment. */
#ifndef ZKLINK_CHAIN_PAYOUT_H
#define ZKLINK_CHAIN_PAYOUT_H

#include "chain/eth_client.h"
#include "rollup/apply.h"

/* Calldata of accept(), appended to out. */
void payout_accept(struct buf *out, const struct payout *p);
void broker_register(struct buf *out);

enum payout_fate {
    PAYOUT_OPEN,     /* nobody accepted it, not executed */
    PAYOUT_ACCEPTED, /* by the broker that is told */
    PAYOUT_EXECUTED,
};
/* What the contract holds of an identity in its latest state. */
int payout_get_fate(struct eth_client *c, const uint8_t contract[20], const uint8_t id[32],
                    enum payout_fate *fate, uint8_t broker[20], struct err *err);
/* 0 if the address is no registered broker. */
int broker_get_index(struct eth_client *c, const uint8_t contract[20], const uint8_t address[20],
                     uint32_t *index, struct err *err);
/* What failed payouts left with the contract for an owner. */
int payout_get_pending(struct eth_client *c, const uint8_t contract[20], uint32_t token,
                       const uint8_t owner[20], u128 *amount, struct err *err);

#endif
