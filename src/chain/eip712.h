/* The EIP-712 messages of zklink. One domain for all chains:
 *   EIP712Domain(string name,string version,bytes32 salt), name "zklink", version "1", salt = the
 *   instance id. */
#ifndef ZKLINK_CHAIN_EIP712_H
#define ZKLINK_CHAIN_EIP712_H

#include "base/bytes.h"

/* What an oracle signs: block `number` has syncHash on every chain. expiry: seconds since 1970. */
struct consensus_message {
    uint8_t instance[32];
    uint64_t epoch, number;
    uint8_t sync_hash[32];
    uint64_t expiry;
};
void consensus_digest(const struct consensus_message *m, uint8_t digest[32]);

/* What an oracle signs to take back all proved, unconfirmed blocks from `number` on. */
struct revert_message {
    uint8_t instance[32];
    uint64_t epoch, number;
};
void revert_digest(const struct revert_message *m, uint8_t digest[32]);

/* What an account's owner signs to set its L2 signing key. */
struct key_change_message {
    uint8_t instance[32];
    uint32_t account, nonce;
    uint8_t pub_x[32], pub_y[32];
    uint64_t fee_token;
    u128 fee;
    uint64_t valid_until;
};
void key_change_digest(const struct key_change_message *m, uint8_t digest[32]);

/* What the operator signs when it has accepted a transaction durably: its place in the order. */
struct receipt_message {
    uint8_t instance[32];
    uint8_t tx_hash[32];
    uint64_t sequence;
    uint64_t accepted_at; /* seconds since 1970 */
};
void receipt_digest(const struct receipt_message *m, uint8_t digest[32]);

#endif
