/* Withdraw: pays out on the token's chain, to any address.
 *   w0 = PRE | slot 8 | token 40 | amount 112;  w1 = to;  w2 = nonce 32
 *   k3 debit; outbox of the token's chain
 *   m1 = token 40 | amount 112;  m2 = to */
#include "rollup/op/op_class.h"

#include <string.h>

static void words_codec(struct word_codec *c, struct op *op) {
    struct op_withdraw *w = &op->u.withdraw;
    word_u8(c, &w->slot, SLOT_BITS);
    word_token(c, &w->token);
    word_amount(c, &w->amount);
    word_next(c);
    word_address(c, w->to);
    word_next(c);
    word_u32(c, &op->nonce, NONCE_BITS);
}

static void message_codec(struct word_codec *c, struct op *op) {
    struct op_withdraw *w = &op->u.withdraw;
    word_next(c);
    word_token(c, &w->token);
    word_amount(c, &w->amount);
    word_next(c);
    word_address(c, w->to);
}

static void store_codec(struct byte_codec *c, struct op *op) {
    struct op_withdraw *w = &op->u.withdraw;
    byte_token(c, &w->token);
    byte_amount(c, &w->amount);
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
    x->e->amount_x = w->amount;
    enum rejection r = access_debit(x, 3, x->op->account, w->slot, w->token, w->amount);
    if (r == REJECT_NONE) {
        r = exec_out(x, token_chain(w->token));
    }
    x->e->has_payout = true;
    x->e->payout.chain = token_chain(w->token);
    x->e->payout.token = w->token;
    x->e->payout.amount = w->amount;
    memcpy(x->e->payout.to, w->to, ADDRESS_LEN);
    return r;
}

const struct op_class OP_CLASS_WITHDRAW = {
    .name = "Withdraw",
    .words = 3,
    .nonce_in_words = true,
    .words_codec = words_codec,
    .message_codec = message_codec,
    .store_codec = store_codec,
    .resolve = resolve,
    .apply = apply,
};
