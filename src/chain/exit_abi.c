#include "chain/exit_abi.h"

#define RECORD_PROOF "(uint256,uint256,uint256[4],uint256[])"
#define BALANCE_PROOF "(uint256,uint256,uint256,uint256[])"
#define RESERVES "(uint256,uint256[])[2]"

static void begin_call(struct buf *out, struct abi_enc *e, const char *signature,
                       size_t head_words) {
    uint8_t selector[4];
    abi_selector(signature, selector);
    buf_append(out, selector, 4);
    abi_begin(e, head_words);
}

static void put_record(struct abi_enc *e, const struct record_proof *r) {
    struct abi_enc tuple;
    struct buf encoded = {0};
    abi_begin(&tuple, 7);
    abi_put_u64(&tuple, r->account);
    abi_put_u64(&tuple, r->tag);
    for (unsigned i = 0; i < 4; i++) {
        abi_put_word(&tuple, r->fields[i]);
    }
    abi_put_words(&tuple, r->path[0], RECORD_PATH_WORDS);
    abi_finish(&tuple, &encoded);
    abi_put_encoded(e, &encoded);
    buf_free(&encoded);
}

static void put_balance(struct abi_enc *e, const struct balance_proof *b) {
    struct abi_enc tuple;
    struct buf encoded = {0};
    abi_begin(&tuple, 4);
    abi_put_u64(&tuple, b->slot);
    abi_put_u64(&tuple, b->token);
    abi_put_u128(&tuple, b->amount);
    abi_put_words(&tuple, b->path[0], BALANCE_PATH_WORDS);
    abi_finish(&tuple, &encoded);
    abi_put_encoded(e, &encoded);
    buf_free(&encoded);
}

/* An array of two dynamic tuples, without a length word. */
static void put_reserves(struct abi_enc *e, const struct balance_proof reserves[2]) {
    struct abi_enc array;
    struct buf encoded = {0};
    abi_begin(&array, 2);
    for (unsigned i = 0; i < 2; i++) {
        struct abi_enc tuple;
        struct buf one = {0};
        abi_begin(&tuple, 2);
        abi_put_u128(&tuple, reserves[i].amount);
        abi_put_words(&tuple, reserves[i].path[0], BALANCE_PATH_WORDS);
        abi_finish(&tuple, &one);
        abi_put_encoded(&array, &one);
        buf_free(&one);
    }
    abi_finish(&array, &encoded);
    abi_put_encoded(e, &encoded);
    buf_free(&encoded);
}

void zklink_activate_exodus(struct buf *out, uint64_t request) {
    struct abi_enc e;
    begin_call(out, &e, "activateExodus(uint64)", 1);
    abi_put_u64(&e, request);
    abi_finish(&e, out);
}

void zklink_open_exits(struct buf *out, const struct stored_block *newest) {
    struct abi_enc e;
    begin_call(out, &e, "openExits((uint64,uint64,uint64,bytes32,bytes32,bytes32))", 6);
    abi_put_u64(&e, newest->number);
    abi_put_u64(&e, newest->timestamp);
    abi_put_u64(&e, newest->end_request);
    abi_put_word(&e, newest->sync_hash);
    abi_put_word(&e, newest->root);
    abi_put_word(&e, newest->outbox_digest);
    abi_finish(&e, out);
}

void zklink_exit(struct buf *out, const struct record_proof *account,
                 const struct balance_proof *balance) {
    struct abi_enc e;
    begin_call(out, &e, "exit(" RECORD_PROOF "," BALANCE_PROOF ")", 2);
    put_record(&e, account);
    put_balance(&e, balance);
    abi_finish(&e, out);
}

void zklink_exit_shares(struct buf *out, const struct record_proof *account,
                        const struct balance_proof *shares, const struct record_proof *pool,
                        const struct balance_proof reserves[2]) {
    struct abi_enc e;
    begin_call(out, &e,
               "exitShares(" RECORD_PROOF "," BALANCE_PROOF "," RECORD_PROOF "," RESERVES ")", 4);
    put_record(&e, account);
    put_balance(&e, shares);
    put_record(&e, pool);
    put_reserves(&e, reserves);
    abi_finish(&e, out);
}

void zklink_exit_position(struct buf *out, const struct record_proof *position,
                          const struct record_proof *pool, const struct balance_proof reserves[2]) {
    struct abi_enc e;
    begin_call(out, &e, "exitPosition(" RECORD_PROOF "," RECORD_PROOF "," RESERVES ")", 3);
    put_record(&e, position);
    put_record(&e, pool);
    put_reserves(&e, reserves);
    abi_finish(&e, out);
}

void zklink_refund_request(struct buf *out, uint64_t index, const uint8_t words[4][32]) {
    struct abi_enc e;
    begin_call(out, &e, "refundRequest(uint64,uint256,uint256,uint256,uint256)", 5);
    abi_put_u64(&e, index);
    for (unsigned i = 0; i < 4; i++) {
        abi_put_word(&e, words[i]);
    }
    abi_finish(&e, out);
}
