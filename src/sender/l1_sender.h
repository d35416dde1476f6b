/* A key's transactions to one chain, one under way at a time, so that nonces have no gaps and each
 * is simulated on the state that it will meet.
 *
 * Life of a transaction: the intent is stored; its nonce and gas limit are stored; each signed form
 * is stored before it is sent. So after a crash at any moment the next step finds out what became
 * of it: it looks for receipts of everything it ever signed under that nonce. One that the endpoint
 * does not know (any more, or because we ended before it was sent) is offered again as it is; one
 * that stays out of blocks for resend_ms is signed again for higher fees, under the same nonce.
 * What a reorganisation undoes is not repaired here: whoever queued it looks at the chain's state
 * and queues it again. */
#ifndef ZKLINK_SENDER_L1_SENDER_H
#define ZKLINK_SENDER_L1_SENDER_H

#include "chain/eth_client.h"
#include "chain/eth_key.h"
#include "store/l1_tx.h"

struct l1_sender {
    unsigned chain;
    unsigned lane; /* which of the service's keys */
    uint64_t evm_chain_id;
    struct eth_client *client; /* borrowed, as all pointers */
    struct db *db;
    const struct eth_key *key;
    u128 max_fee_wei; /* per gas: never offer more */
    uint64_t resend_ms;
    uint64_t looked_at_ms; /* own use, 0 at first: when the endpoint was last asked what it knows */
};

enum l1_outcome {
    L1_IDLE,    /* nothing is under way */
    L1_WAITING, /* sent, in no block yet */
    L1_MINED,   /* succeeded: result says what it used */
    L1_REFUSED, /* would revert, did revert, or its nonce is gone: result.reason */
};

struct l1_result {
    char kind[16];
    uint64_t subject, gas_used, calldata;
    uint64_t mined_in; /* the block; gas_price_wei and this are 0 if it came into none */
    u128 gas_price_wei;
    uint8_t tx[32]; /* L1_MINED: its hash */
    char reason[600];
};

/* Stores an intent. kind is a short name for logs ("submit"); subject: what it is about, such as a
 * block's number. */
int l1_sender_queue(struct l1_sender *s, const char *kind, uint64_t subject, const uint8_t to[20],
                    u128 value_wei, const struct buf *data, struct err *err);
/* Moves the oldest intent on. -1: err, try again later. */
int l1_sender_step(struct l1_sender *s, enum l1_outcome *outcome, struct l1_result *result,
                   struct err *err);

#endif
