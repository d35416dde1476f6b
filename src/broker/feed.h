/* What the node offers: one entry of getPayouts, decoded and checked. The node is not believed more
 * than the rule asks: a payout's identity is computed here, and a withdrawal counts as receipted
 * only if its owner's signature, its transaction id and the operator's signature all fit it. */
#ifndef ZKLINK_BROKER_FEED_H
#define ZKLINK_BROKER_FEED_H

#include "base/json.h"
#include "broker/book.h"

struct feed_trust {
    uint8_t instance_id[32];
    uint8_t operator[20]; /* whose receipts count: the contract's operator */
};

/* ERR_DECODE or ERR_INPUT for what is no entry. */
int feed_decode(struct book_payout *p, const json_t *entry, const struct feed_trust *trust,
                struct err *err);

#endif
