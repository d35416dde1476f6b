#include "chain/pools_abi.h"
#include "crypto/keccak.h"

#include <string.h>

#define PERMIT "(uint256,uint256,uint8,bytes32,bytes32)"
#define SWAP_REQUEST                                                                               \
    "(address,uint256,uint64,uint256,address,uint32,uint64,address,uint256,uint32,uint64)"
#define LIQUIDITY_REQUEST "(address,uint256,uint32,uint256,uint64,address,address)"
enum { PERMIT_WORDS = 5, SWAP_REQUEST_WORDS = 11, LIQUIDITY_REQUEST_WORDS = 7 };

/* ---- permits ---- */

static void hash_words(uint8_t out[32], const struct abi_enc *words) {
    keccak256(out, words->head.data, words->head.len);
}

void erc20_permit_digest(uint8_t digest[32], const uint8_t domain[32], const uint8_t owner[20],
                         const uint8_t spender[20], u128 value, uint64_t nonce, uint64_t deadline) {
    struct abi_enc e;
    uint8_t type[32];
    uint8_t message[66] = {0x19, 0x01};
    abi_topic("Permit(address owner,address spender,uint256 value,uint256 nonce,uint256 deadline)",
              type);
    abi_begin(&e, 6);
    abi_put_word(&e, type);
    abi_put_address(&e, owner);
    abi_put_address(&e, spender);
    abi_put_u128(&e, value);
    abi_put_u64(&e, nonce);
    abi_put_u64(&e, deadline);
    memcpy(message + 2, domain, 32);
    hash_words(message + 34, &e);
    buf_free(&e.head);
    keccak256(digest, message, sizeof message);
}

static void put_permit(struct abi_enc *e, const struct erc20_permit *p) {
    abi_put_u128(e, p->value);
    abi_put_u64(e, p->deadline);
    abi_put_u64(e, p->signature[64]);
    abi_put_word(e, p->signature);
    abi_put_word(e, p->signature + 32);
}

/* ---- calls ---- */

static void begin_call(struct buf *out, struct abi_enc *e, const char *signature, size_t words) {
    uint8_t selector[4];
    abi_selector(signature, selector);
    buf_append(out, selector, 4);
    abi_begin(e, words);
}

void zklink_request_swap(struct buf *out, const uint8_t token_in[20],
                         const struct op_swap_request *r, const struct erc20_permit *permit) {
    struct abi_enc e;
    if (permit != NULL) {
        begin_call(out, &e, "requestSwapWithPermit(" SWAP_REQUEST "," PERMIT ")",
                   SWAP_REQUEST_WORDS + PERMIT_WORDS);
    } else {
        begin_call(out, &e, "requestSwap(" SWAP_REQUEST ")", SWAP_REQUEST_WORDS);
    }
    abi_put_address(&e, token_in);
    abi_put_u128(&e, r->amount_in.v);
    abi_put_u64(&e, r->token_out);
    abi_put_u128(&e, r->min_out.v);
    abi_put_address(&e, r->to);
    abi_put_u64(&e, r->pool);
    abi_put_u64(&e, r->deadline);
    abi_put_address(&e, r->refund_to);
    abi_put_u128(&e, fee_value(r->broker_fee).v);
    abi_put_u64(&e, r->broker);
    abi_put_u64(&e, r->exclusive_until);
    if (permit != NULL) {
        put_permit(&e, permit);
    }
    abi_finish(&e, out);
}

void zklink_request_add_liquidity(struct buf *out, const uint8_t token[20],
                                  const struct op_add_liquidity_request *r,
                                  const struct erc20_permit *permit) {
    struct abi_enc e;
    if (permit != NULL) {
        begin_call(out, &e, "requestAddLiquidityWithPermit(" LIQUIDITY_REQUEST "," PERMIT ")",
                   LIQUIDITY_REQUEST_WORDS + PERMIT_WORDS);
    } else {
        begin_call(out, &e, "requestAddLiquidity(" LIQUIDITY_REQUEST ")", LIQUIDITY_REQUEST_WORDS);
    }
    abi_put_address(&e, token);
    abi_put_u128(&e, r->amount.v);
    abi_put_u64(&e, r->pool);
    abi_put_u128(&e, r->min_shares.v);
    abi_put_u64(&e, r->deadline);
    abi_put_address(&e, r->refund_to);
    abi_put_address(&e, r->exit);
    if (permit != NULL) {
        put_permit(&e, permit);
    }
    abi_finish(&e, out);
}

void zklink_request_remove_liquidity(struct buf *out, const struct op_remove_liquidity_request *r) {
    struct abi_enc e;
    begin_call(out, &e, "requestRemoveLiquidity(uint256,uint256,uint64,uint256,address,uint64)", 6);
    abi_put_u64(&e, r->index);
    abi_put_u128(&e, r->shares.v);
    abi_put_u64(&e, r->token);
    abi_put_u128(&e, r->min_out.v);
    abi_put_address(&e, r->to);
    abi_put_u64(&e, r->deadline);
    abi_finish(&e, out);
}

void zklink_accept(struct buf *out, const struct payout *p) {
    struct abi_enc e;
    begin_call(out, &e,
               "accept((uint8,uint256,uint256,address,uint32,uint256,uint256,uint256,uint256))", 9);
    abi_put_u64(&e, p->kind);
    abi_put_u64(&e, p->a);
    abi_put_u64(&e, p->b);
    abi_put_address(&e, p->to);
    abi_put_u64(&e, token_index(p->token));
    abi_put_u128(&e, p->amount.v);
    abi_put_u128(&e, p->broker_fee.v);
    abi_put_u64(&e, p->broker);
    abi_put_u64(&e, p->exclusive_until);
    abi_finish(&e, out);
}

void zklink_register_broker(struct buf *out) {
    struct abi_enc e;
    begin_call(out, &e, "registerBroker()", 0);
    abi_finish(&e, out);
}

/* ---- reading ---- */

static int read_words(struct eth_client *c, const uint8_t contract[20], struct buf *data,
                      const char *what, size_t n_words, uint8_t *words, struct err *err) {
    struct buf answer = {0};
    int rc = data->failed ? err_set(err, ERR_SYSTEM, "out of memory") : 0;
    if (rc == 0) {
        struct eth_call_args args = {.to = contract, .data = data->data, .data_len = data->len};
        rc = eth_call(c, &args, UINT64_MAX, &answer, err);
    }
    if (rc == 0 && answer.len != n_words * WORD_LEN) {
        rc = err_set(err, ERR_DECODE, "%s: %zu bytes", what, answer.len);
    }
    if (rc == 0) {
        memcpy(words, answer.data, answer.len);
    }
    buf_free(&answer);
    buf_free(data);
    return rc;
}

int erc20_permit_nonce(struct eth_client *c, const uint8_t token[20], const uint8_t owner[20],
                       uint64_t *nonce, struct err *err) {
    struct buf data = {0};
    struct abi_enc e;
    uint8_t word[WORD_LEN];
    begin_call(&data, &e, "nonces(address)", 1);
    abi_put_address(&e, owner);
    abi_finish(&e, &data);
    if (read_words(c, token, &data, "nonces", 1, word, err) != 0) {
        return -1;
    }
    return word_to_u64(word, nonce) ? 0 : err_set(err, ERR_DECODE, "nonces: above 2^64");
}

int zklink_get_accepted_by(struct eth_client *c, const uint8_t contract[20], const uint8_t id[32],
                           uint8_t broker[20], struct err *err) {
    struct buf data = {0};
    struct abi_enc e;
    uint8_t word[WORD_LEN];
    begin_call(&data, &e, "acceptedBy(bytes32)", 1);
    abi_put_word(&e, id);
    abi_finish(&e, &data);
    if (read_words(c, contract, &data, "acceptedBy", 1, word, err) != 0) {
        return -1;
    }
    return word_to_address(word, broker) ? 0 : err_set(err, ERR_DECODE, "acceptedBy: no address");
}

bool payout_is_executed(const uint8_t broker[20]) {
    return bytes_are_zero(broker, 19) && broker[19] == 1;
}

int zklink_get_broker_index(struct eth_client *c, const uint8_t contract[20],
                            const uint8_t broker[20], uint64_t *index, struct err *err) {
    struct buf data = {0};
    struct abi_enc e;
    uint8_t word[WORD_LEN];
    begin_call(&data, &e, "brokerIndex(address)", 1);
    abi_put_address(&e, broker);
    abi_finish(&e, &data);
    if (read_words(c, contract, &data, "brokerIndex", 1, word, err) != 0) {
        return -1;
    }
    return word_to_u64(word, index) ? 0 : err_set(err, ERR_DECODE, "brokerIndex: above 2^64");
}

int zklink_get_pending(struct eth_client *c, const uint8_t contract[20], uint32_t token,
                       const uint8_t owner[20], u128 *amount, struct err *err) {
    struct buf data = {0};
    struct abi_enc e;
    uint8_t word[WORD_LEN];
    begin_call(&data, &e, "pendingBalance(uint32,address)", 2);
    abi_put_u64(&e, token);
    abi_put_address(&e, owner);
    abi_finish(&e, &data);
    if (read_words(c, contract, &data, "pendingBalance", 1, word, err) != 0) {
        return -1;
    }
    return word_to_u128(word, amount) ? 0 : err_set(err, ERR_DECODE, "pendingBalance: above 2^128");
}

int zklink_get_position(struct eth_client *c, const uint8_t positions[20], uint64_t number,
                        struct l1_position *p, struct err *err) {
    struct buf data = {0};
    struct abi_enc e;
    uint8_t words[3 * WORD_LEN];
    begin_call(&data, &e, "position(uint256)", 1);
    abi_put_u64(&e, number);
    abi_finish(&e, &data);
    if (read_words(c, positions, &data, "position", 3, words, err) != 0) {
        return -1;
    }
    if (!word_to_u64(words, &p->account) || !word_to_u64(words + WORD_LEN, &p->pool) ||
        !word_to_u128(words + 2 * WORD_LEN, &p->shares)) {
        return err_set(err, ERR_DECODE, "position: malformed");
    }
    begin_call(&data, &e, "ownerOf(uint256)", 1);
    abi_put_u64(&e, number);
    abi_finish(&e, &data);
    if (read_words(c, positions, &data, "ownerOf", 1, words, err) != 0) {
        return -1;
    }
    return word_to_address(words, p->owner) ? 0 : err_set(err, ERR_DECODE, "ownerOf: no address");
}
