#include "chain/payout.h"

#include "chain/abi.h"

#include <string.h>

#define PAYOUT_TUPLE "(uint8,uint256,uint256,address,uint32,uint256,uint256,uint256,uint256)"
enum { PAYOUT_WORDS = 9 };

static void put_payout(struct abi_enc *e, const struct payout *p) {
    abi_put_u64(e, p->kind);
    abi_put_u64(e, p->a);
    abi_put_u64(e, p->b);
    abi_put_address(e, p->to);
    abi_put_u64(e, token_index(p->token));
    abi_put_u128(e, p->amount.v);
    abi_put_u128(e, p->broker_fee.v);
    abi_put_u64(e, p->broker);
    abi_put_u64(e, p->exclusive_until);
}

static void begin_call(struct buf *out, struct abi_enc *e, const char *signature, size_t n_args) {
    uint8_t selector[4];
    abi_selector(signature, selector);
    buf_append(out, selector, sizeof selector);
    abi_begin(e, n_args);
}

void payout_accept(struct buf *out, const struct payout *p) {
    struct abi_enc e;
    begin_call(out, &e, "accept(" PAYOUT_TUPLE ")", PAYOUT_WORDS);
    put_payout(&e, p);
    abi_finish(&e, out);
}

void broker_register(struct buf *out) {
    struct abi_enc e;
    begin_call(out, &e, "registerBroker()", 0);
    abi_finish(&e, out);
}

static int get_word(struct eth_client *c, const uint8_t contract[20], const struct buf *data,
                    const char *what, uint8_t word[32], struct err *err) {
    struct buf answer = {0};
    const struct eth_call_args call = {.to = contract, .data = data->data, .data_len = data->len};
    int rc = data->failed ? err_set(err, ERR_SYSTEM, "out of memory")
                          : eth_call(c, &call, UINT64_MAX, &answer, err);
    if (rc == 0 && answer.len != WORD_LEN) {
        rc = err_set(err, ERR_DECODE, "%s: not one word", what);
    }
    if (rc == 0) {
        memcpy(word, answer.data, WORD_LEN);
    }
    buf_free(&answer);
    return rc;
}

int payout_get_fate(struct eth_client *c, const uint8_t contract[20], const uint8_t id[32],
                    enum payout_fate *fate, uint8_t broker[20], struct err *err) {
    static const uint8_t executed[EVM_ADDRESS_LEN] = {[19] = 1};
    struct abi_enc e;
    struct buf data = {0};
    uint8_t word[32];
    begin_call(&data, &e, "acceptedBy(bytes32)", 1);
    abi_put_word(&e, id);
    abi_finish(&e, &data);
    int rc = get_word(c, contract, &data, "acceptedBy", word, err);
    buf_free(&data);
    if (rc != 0) {
        return -1;
    }
    if (!word_to_address(word, broker)) {
        return err_set(err, ERR_DECODE, "acceptedBy: no address");
    }
    *fate = bytes_are_zero(broker, EVM_ADDRESS_LEN)          ? PAYOUT_OPEN
            : memcmp(broker, executed, sizeof executed) == 0 ? PAYOUT_EXECUTED
                                                             : PAYOUT_ACCEPTED;
    return 0;
}

int broker_get_index(struct eth_client *c, const uint8_t contract[20], const uint8_t address[20],
                     uint32_t *index, struct err *err) {
    struct abi_enc e;
    struct buf data = {0};
    uint8_t word[32];
    uint64_t v = 0;
    begin_call(&data, &e, "brokerIndex(address)", 1);
    abi_put_address(&e, address);
    abi_finish(&e, &data);
    int rc = get_word(c, contract, &data, "brokerIndex", word, err);
    buf_free(&data);
    if (rc == 0 && (!word_to_u64(word, &v) || v >> 24 != 0)) {
        rc = err_set(err, ERR_DECODE, "brokerIndex: more than 24 bits");
    }
    *index = (uint32_t)v;
    return rc;
}

int payout_get_pending(struct eth_client *c, const uint8_t contract[20], uint32_t token,
                       const uint8_t owner[20], u128 *amount, struct err *err) {
    struct abi_enc e;
    struct buf data = {0};
    uint8_t word[32];
    begin_call(&data, &e, "pendingBalance(uint32,address)", 2);
    abi_put_u64(&e, token);
    abi_put_address(&e, owner);
    abi_finish(&e, &data);
    int rc = get_word(c, contract, &data, "pendingBalance", word, err);
    buf_free(&data);
    if (rc == 0 && !word_to_u128(word, amount)) {
        rc = err_set(err, ERR_DECODE, "pendingBalance: 2^128 or more");
    }
    return rc;
}
