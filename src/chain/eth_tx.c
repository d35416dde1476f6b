/* EIP-1559: hash and signature are over
 *   0x02 || rlp([chain_id, nonce, max_priority_fee, max_fee, gas, to, value, data, access_list])
 * and the signed form adds y_parity, r, s to the list. */
#include "chain/eth_tx.h"
#include "chain/rlp.h"
#include "crypto/keccak.h"

#include <string.h>

enum { TX_TYPE = 2 };

static void put_fields(struct buf *items, const struct eth_tx *tx) {
    rlp_put_u64(items, tx->chain_id);
    rlp_put_u64(items, tx->nonce);
    rlp_put_u128(items, tx->max_priority_fee_wei);
    rlp_put_u128(items, tx->max_fee_wei);
    rlp_put_u64(items, tx->gas);
    rlp_put_bytes(items, tx->to, tx->creates ? 0 : EVM_ADDRESS_LEN);
    rlp_put_u128(items, tx->value_wei);
    rlp_put_bytes(items, tx->data, tx->data_len);
    buf_append_byte(items, 0xc0); /* no access list */
}

int eth_tx_sign(const struct eth_tx *tx, const struct eth_key *key, struct buf *raw,
                uint8_t hash[32], struct err *err) {
    struct buf items = {0}, unsigned_tx = {0};
    uint8_t signature[ETH_SIGNATURE_LEN];
    size_t start = raw->len;
    int rc = -1;
    put_fields(&items, tx);
    buf_append_byte(&unsigned_tx, TX_TYPE);
    rlp_put_list(&unsigned_tx, &items);
    if (unsigned_tx.failed) {
        err_set(err, ERR_SYSTEM, "out of memory");
        goto out;
    }
    keccak256(hash, unsigned_tx.data, unsigned_tx.len);
    if (!eth_sign(key, hash, signature)) {
        err_set(err, ERR_SYSTEM, "transaction cannot be signed");
        goto out;
    }
    rlp_put_u64(&items, signature[64] - 27u);
    rlp_put_integer(&items, signature, 32);
    rlp_put_integer(&items, signature + 32, 32);
    buf_append_byte(raw, TX_TYPE);
    rlp_put_list(raw, &items);
    if (raw->failed) {
        err_set(err, ERR_SYSTEM, "out of memory");
        goto out;
    }
    keccak256(hash, raw->data + start, raw->len - start);
    rc = 0;
out:
    buf_free(&items);
    buf_free(&unsigned_tx);
    return rc;
}

void eth_create_address(const uint8_t from[EVM_ADDRESS_LEN], uint64_t nonce,
                        uint8_t address[EVM_ADDRESS_LEN]) {
    struct buf items = {0}, list = {0};
    uint8_t hash[32];
    rlp_put_bytes(&items, from, EVM_ADDRESS_LEN);
    rlp_put_u64(&items, nonce);
    rlp_put_list(&list, &items);
    keccak256(hash, list.data, list.len);
    memcpy(address, hash + 12, EVM_ADDRESS_LEN);
    buf_free(&items);
    buf_free(&list);
}
