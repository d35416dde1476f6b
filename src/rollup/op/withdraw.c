/* Withdraw: pays out on the token's chain, to any address.
 *   w0 = PRE | slot 8 | token 40 | amount 112;  w1 = to;  w2 = nonce 32 | broker's fee 112
 *   k3 debit; outbox of the token's chain
 *   m1 = token 40 | amount 112;  m2 = to;  m3 = broker's fee
 *
 * A broker's fee makes it a fast withdrawal: a broker may pay `to` the rest in advance, and gets
 * the whole amount when the block is executed. L2 moves the amount alone. */
#include "rollup/op/op_class.h"

static void words_codec(struct word_codec *c, struct op *op) {
    struct op_withdraw *w = &op->u.withdraw;
    word_u8(c, &w->slot, SLOT_BITS);
    word_token(c, &w->token);
    word_amount(c, &w->amount);
    word_next(c);
    word_address(c, w->to);
    word_next(c);
    word_u32(c, &op->nonce, NONCE_BITS);
    word_amount(c, &w->broker_fee);
}

static void message_codec(struct word_codec *c, struct op *op) {
    struct op_withdraw *w = &op->u.withdraw;
    word_next(c);
    word_token(c, &w->token);
    word_amount(c, &w->amount);
    word_next(c);
    word_address(c, w->to);
    word_next(c);
    word_amount(c, &w->broker_fee);
}

static void store_codec(struct byte_codec *c, struct op *op) {
    struct op_withdraw *w = &op->u.withdraw;
    byte_token(c, &w->token);
    byte_amount(c, &w->amount);
    byte_amount(c, &w->broker_fee);
    byte_raw(c, w->to, ADDRESS_LEN);
    byte_u8(c, &w->slot);
}

static enum rejection resolve(struct resolver *r, struct op *op) {
    struct op_withdraw *w = &op->u.withdraw;
    if (token_chain(w->token) == 0) {
        return REJECT_TOKEN_L2_ONLY;
    }
    return resolve_debit(r, op->account, w->token, REJECT_BALANCE_TOO_LOW, &w->slot);
}

static enum rejection apply(struct exec *x) {
    const struct op_withdraw *w = &x->op->u.withdraw;
    if (token_chain(w->token) == 0) {
        return REJECT_TOKEN_L2_ONLY;
    }
    if (exec_sequencer(x) && amount_less(w->amount, w->broker_fee)) {
        return REJECT_BROKER_FEE;
    }
    x->e->amount_x = w->amount;
    enum rejection r = access_debit(x, 3, x->op->account, w->slot, w->token, w->amount);
    if (r == REJECT_NONE) {
        r = exec_out(x, token_chain(w->token));
    }
    exec_payout(x, w->token, w->amount, w->to);
    x->e->payout.a = x->op->account;
    x->e->payout.b = x->op->nonce;
    x->e->payout.broker_fee = w->broker_fee;
    return r;
}

const struct op_class OP_CLASS_WITHDRAW = {
    .name = "Withdraw",
    .source = SOURCE_SIGNED,
    .words = 3,
    .nonce_in_words = true,
    .words_codec = words_codec,
    .message_codec = message_codec,
    .store_codec = store_codec,
    .resolve = resolve,
    .apply = apply,
};
