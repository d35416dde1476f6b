/* ForcedExit: pays the whole balance of somebody else's account without a key out to its owner.
 * Whoever signs pays the fee. It frees what was sent to an owner who cannot sign on L2.
 *   w0 = PRE | peer 28 | slot 8 | token 40;  w1 = to (the peer's owner);  w2 = amount 112 | nonce
 * 32 k5 peer's record (without a key, its authority is "any" or the token's chain), k6 debit of all
 *   m1 = peer 28 | token 40; outbox of the token's chain */
#include "rollup/op/op_class.h"

#include <string.h>

static void words_codec(struct word_codec *c, struct op *op) {
    struct op_forced_exit *f = &op->u.forced_exit;
    word_u32(c, &f->peer, ACCOUNT_BITS);
    word_u8(c, &f->slot, SLOT_BITS);
    word_token(c, &f->token);
    word_next(c);
    word_address(c, f->to);
    word_next(c);
    word_amount(c, &f->amount);
    word_u32(c, &op->nonce, NONCE_BITS);
}

static void message_codec(struct word_codec *c, struct op *op) {
    struct op_forced_exit *f = &op->u.forced_exit;
    word_next(c);
    word_u32(c, &f->peer, ACCOUNT_BITS);
    word_token(c, &f->token);
}

static void store_codec(struct byte_codec *c, struct op *op) {
    struct op_forced_exit *f = &op->u.forced_exit;
    byte_u32(c, &f->peer, ACCOUNT_BITS);
    byte_token(c, &f->token);
    byte_u8(c, &f->slot);
    byte_raw(c, f->to, ADDRESS_LEN);
    byte_amount(c, &f->amount);
}

static enum rejection check(const struct record *peer, token_id token) {
    if (token_chain(token) == 0) {
        return REJECT_TOKEN_L2_ONLY;
    }
    if (peer->tag == RECORD_EMPTY) {
        return REJECT_RECEIVER_UNKNOWN;
    }
    if (!record_is_account(peer)) {
        return REJECT_RECEIVER_NOT_USER;
    }
    if (peer->tag == RECORD_ACCOUNT_KEYED) {
        return REJECT_HAS_SIGNING_KEY;
    }
    uint8_t authority = peer->u.account.owner.authority;
    return authority == 0 || authority == token_chain(token) ? REJECT_NONE
                                                             : REJECT_FORCED_EXIT_CHAIN;
}

static enum rejection resolve(struct resolver *r, struct op *op) {
    struct op_forced_exit *f = &op->u.forced_exit;
    const struct record *peer = state_account(r->s, f->peer);
    enum rejection e = check(peer, f->token);
    if (e == REJECT_NONE) {
        e = resolve_debit(r, f->peer, f->token, REJECT_BALANCE_TOO_LOW, &f->slot);
    }
    if (e != REJECT_NONE) {
        return e;
    }
    memcpy(f->to, peer->u.account.owner.address, ADDRESS_LEN);
    f->amount = state_balance(r->s, f->peer, f->slot, NULL);
    if (f->peer == r->ctx->fee_account && f->slot == op->fee_account_slot &&
        !amount_add(&f->amount, f->amount, fee_value(op->fee))) {
        return REJECT_BALANCE_OVERFLOW; /* the fee comes in first */
    }
    return REJECT_NONE;
}

static enum rejection apply(struct exec *x) {
    const struct op_forced_exit *f = &x->op->u.forced_exit;
    const struct record *peer = access_record(x, 5, f->peer);
    enum rejection r = check(peer, f->token);
    if (r != REJECT_NONE) {
        return r;
    }
    if (memcmp(f->to, peer->u.account.owner.address, ADDRESS_LEN) != 0) {
        return REJECT_OWNER_MISMATCH;
    }
    if (!amount_eq(f->amount, state_balance(x->s, f->peer, f->slot, NULL))) {
        return REJECT_BALANCE_TOO_LOW;
    }
    x->e->amount_x = f->amount;
    r = access_debit(x, 6, f->peer, f->slot, f->token, f->amount);
    exec_payout(x, f->token, f->amount, f->to);
    x->e->payout.a = x->op->account;
    x->e->payout.b = x->op->nonce;
    return r == REJECT_NONE ? exec_out(x, token_chain(f->token)) : r;
}

const struct op_class OP_CLASS_FORCED_EXIT = {
    .name = "ForcedExit",
    .source = SOURCE_SIGNED,
    .words = 3,
    .nonce_in_words = true,
    .words_codec = words_codec,
    .message_codec = message_codec,
    .store_codec = store_codec,
    .resolve = resolve,
    .apply = apply,
};
