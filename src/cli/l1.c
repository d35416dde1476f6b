/* A client's own transactions on a chain: estimate, sign, send, wait for the receipt. The node's
 * submitter has to survive restarts and fee spikes; a person at a terminal can send again. */
#include "cli/cli.h"

#include "chain/eth_tx.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

enum { L1_TIMEOUT_MS = 30000, RECEIPT_POLL_MS = 100, RECEIPT_WAIT_S = 180 };

int l1_open(struct l1 *l1, const struct config *config, const struct deployment *deployment,
            unsigned chain, struct err *err) {
    char name[32];
    memset(l1, 0, sizeof *l1);
    l1->chain = config_chain(config, chain);
    if (l1->chain == NULL) {
        return err_set(err, ERR_INPUT, "chain %u is not in the configuration", chain);
    }
    if (deployment != NULL) {
        l1->deployed = deployment_chain(deployment, chain);
    }
    snprintf(name, sizeof name, "chain %u", chain);
    l1->client = eth_client_new(name, (const char *const *)l1->chain->rpc, l1->chain->n_rpc,
                                L1_TIMEOUT_MS, err);
    if (l1->client == NULL) {
        return -1;
    }
    if (eth_check_chain_id(l1->client, l1->chain->evm_chain_id, err) != 0) {
        l1_close(l1);
        return -1;
    }
    return 0;
}

void l1_close(struct l1 *l1) {
    eth_client_free(l1->client);
    memset(l1, 0, sizeof *l1);
}

static int wait_for_receipt(struct l1 *l1, const uint8_t hash[32], struct eth_receipt *receipt,
                            struct err *err) {
    const struct timespec pause = {.tv_nsec = RECEIPT_POLL_MS * 1000000L};
    for (unsigned i = 0; i < RECEIPT_WAIT_S * 1000 / RECEIPT_POLL_MS; i++) {
        if (eth_get_receipt(l1->client, hash, receipt, err) == 0) {
            return 0;
        }
        if (err->code != ERR_NOT_FOUND) {
            return -1;
        }
        nanosleep(&pause, NULL);
    }
    char text[67];
    hex0x_encode(text, hash, 32);
    return err_set(err, ERR_TIMEOUT, "chain %u: transaction %s is in no block after %d s",
                   l1->chain->number, text, RECEIPT_WAIT_S);
}

int l1_send(struct l1 *l1, const struct eth_key *key, const uint8_t *to, const struct buf *data,
            u128 value_wei, struct eth_receipt *receipt, uint8_t hash[32], struct err *err) {
    struct eth_tx tx = {.chain_id = l1->chain->evm_chain_id,
                        .value_wei = value_wei,
                        .creates = to == NULL,
                        .data = data->data,
                        .data_len = data->len};
    struct eth_call_args call = {.from = key->address,
                                 .to = to,
                                 .data = data->data,
                                 .data_len = data->len,
                                 .value_wei = value_wei};
    struct eth_block latest;
    struct buf raw = {0};
    int rc = -1;
    if (data->failed) {
        return err_set(err, ERR_SYSTEM, "out of memory");
    }
    if (to != NULL) {
        memcpy(tx.to, to, EVM_ADDRESS_LEN);
    }
    if (eth_estimate_gas(l1->client, &call, &tx.gas, err) != 0 ||
        eth_get_nonce(l1->client, key->address, true, &tx.nonce, err) != 0 ||
        eth_max_priority_fee(l1->client, &tx.max_priority_fee_wei, err) != 0 ||
        eth_get_latest(l1->client, &latest, err) != 0) {
        return -1;
    }
    /* A fifth more gas than estimated, and room for the base fee to double. */
    tx.gas += tx.gas / 5;
    tx.max_fee_wei = 2 * latest.base_fee_wei + tx.max_priority_fee_wei;
    if (eth_tx_sign(&tx, key, &raw, hash, err) == 0 &&
        eth_send_raw(l1->client, raw.data, raw.len, err) == 0 &&
        wait_for_receipt(l1, hash, receipt, err) == 0) {
        rc = receipt->success ? 0
                              : err_set(err, ERR_REMOTE,
                                        "chain %u: the transaction was reverted in block %" PRIu64,
                                        l1->chain->number, receipt->block_number);
    }
    buf_free(&raw);
    return rc;
}
