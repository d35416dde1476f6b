/* FullExit (request): pays a whole slot out on the token's chain.
 *   w0 = 3:8 | account 28 | slot 8 | ok 1 | token 40 | amount 112;  w1 = owner (the requester);  w2
 * = to k0 read. The account is the requester's: k3 empties the slot if it holds a token of a chain
 * (ok, a debit), else reads it (no debit, token = that of the LP shares, or 0). Otherwise k0 alone.
 * Outbox of the owner's authority and, if ok and another, of the token's chain. */
#include "rollup/op/op_class.h"

static void words_codec(struct word_codec *c, struct op *op) {
    struct op_full_exit *f = &op->u.full_exit;
    word_u8(c, &f->slot, SLOT_BITS);
    word_bool(c, &f->ok);
    word_token(c, &f->token);
    word_amount(c, &f->amount);
    word_next(c);
    word_owner(c, &f->owner);
    word_next(c);
    word_address(c, f->to);
}

static void store_codec(struct byte_codec *c, struct op *op) {
    struct op_full_exit *f = &op->u.full_exit;
    byte_owner(c, &f->owner);
    byte_u8(c, &f->slot);
    byte_raw(c, f->to, ADDRESS_LEN);
    byte_bool(c, &f->ok);
    byte_token(c, &f->token);
    byte_amount(c, &f->amount);
}

static void clear_outcome(struct op *op) {
    op->u.full_exit.ok = false;
    op->u.full_exit.token = 0;
    op->u.full_exit.amount = amount_zero();
}

static bool request_check(const struct op *op, uint8_t chain) {
    const struct op_full_exit *f = &op->u.full_exit;
    return !f->ok && f->token == 0 && amount_is_zero(f->amount) && f->slot != 0 &&
           f->owner.authority == chain && !address_is_zero(f->owner.address);
}

/* What the request must come to; *held = the token in the slot (0 if empty or not the owner's). */
static bool outcome(const struct state *s, const struct op *op, token_id *held,
                    struct amount *amount) {
    const struct op_full_exit *f = &op->u.full_exit;
    *held = 0;
    *amount = amount_zero();
    if (f->slot == 0 || !record_owned_by(state_account(s, op->account), &f->owner)) {
        return false;
    }
    token_id token;
    struct amount balance = state_balance(s, op->account, f->slot, &token);
    if (amount_is_zero(balance)) {
        return false;
    }
    *held = token;
    *amount = balance;
    return token_chain(token) != 0;
}

static uint8_t request_chain(const struct op *op) {
    return op->u.full_exit.owner.authority;
}

static enum rejection resolve(struct resolver *r, struct op *op) {
    struct op_full_exit *f = &op->u.full_exit;
    f->ok = outcome(r->s, op, &f->token, &f->amount);
    if (!f->ok) {
        clear_outcome(op);
    }
    return chain_list_find(r->ctx->chains, f->owner.authority) < 0 ? REJECT_CHAIN_UNKNOWN
                                                                   : REJECT_NONE;
}

static enum rejection apply(struct exec *x) {
    const struct op_full_exit *f = &x->op->u.full_exit;
    const struct record *record = access_record(x, 0, x->op->account);
    token_id held;
    struct amount amount;
    bool ok = outcome(x->s, x->op, &held, &amount);
    if (f->ok != ok || f->token != (ok ? held : 0) ||
        !amount_eq(f->amount, ok ? amount : amount_zero())) {
        return REJECT_REQUEST_OUTCOME;
    }
    enum rejection r = REJECT_NONE;
    if (ok) {
        r = access_debit(x, 3, x->op->account, f->slot, held, amount);
    } else if (record_owned_by(record, &f->owner)) {
        r = access_credit(x, 3, x->op->account, f->slot, held, amount_zero());
    }
    if (r == REJECT_NONE) {
        r = exec_out(x, f->owner.authority);
    }
    if (r != REJECT_NONE || !ok) {
        return r;
    }
    x->e->amount_x = amount;
    exec_payout(x, held, amount, f->to);
    return token_chain(held) == f->owner.authority ? REJECT_NONE : exec_out(x, token_chain(held));
}

const struct op_class OP_CLASS_FULL_EXIT = {
    .name = "FullExit",
    .source = SOURCE_REQUEST,
    .words = 3,
    .words_codec = words_codec,
    .store_codec = store_codec,
    .clear_outcome = clear_outcome,
    .request_check = request_check,
    .request_chain = request_chain,
    .resolve = resolve,
    .apply = apply,
};
