/* EIP-1559 transactions (type 2): encoding, signing, hash. */
#ifndef ZKLINK_CHAIN_ETH_TX_H
#define ZKLINK_CHAIN_ETH_TX_H

#include "chain/eth_key.h"

struct eth_tx {
    uint64_t chain_id, nonce, gas;
    u128 max_priority_fee_wei, max_fee_wei; /* per gas */
    u128 value_wei;
    bool creates; /* contract creation: `to` is not used */
    uint8_t to[EVM_ADDRESS_LEN];
    const uint8_t *data;
    size_t data_len;
};

/* Appends the signed transaction's bytes to raw; hash is its id. */
int eth_tx_sign(const struct eth_tx *tx, const struct eth_key *key, struct buf *raw,
                uint8_t hash[32], struct err *err);
/* Address of the contract that a creation by `from` with `nonce` makes. */
void eth_create_address(const uint8_t from[EVM_ADDRESS_LEN], uint64_t nonce,
                        uint8_t address[EVM_ADDRESS_LEN]);

#endif
