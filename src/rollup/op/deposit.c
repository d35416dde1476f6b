/* Deposit (request): a contract took tokens in and credits them to the owner's account, which opens
 * if there is none with room.
 *   w0 = 1:8 | account 28 | slot 8 | token 40 | amount 112;  w1 = owner
 *   k0 record, perhaps opened; k3 credit; outbox of the token's chain */
#include "rollup/op/op_class.h"

static void words_codec(struct word_codec *c, struct op *op) {
    struct op_deposit *d = &op->u.deposit;
    word_u8(c, &d->slot, SLOT_BITS);
    word_token(c, &d->token);
    word_amount(c, &d->amount);
    word_next(c);
    word_owner(c, &d->owner);
}

static void store_codec(struct byte_codec *c, struct op *op) {
    struct op_deposit *d = &op->u.deposit;
    byte_token(c, &d->token);
    byte_amount(c, &d->amount);
    byte_owner(c, &d->owner);
    byte_u8(c, &d->slot);
}

static void clear_outcome(struct op *op) {
    op->account = 0;
    op->u.deposit.slot = 0;
}

static bool request_check(const struct op *op, uint8_t chain) {
    const struct op_deposit *d = &op->u.deposit;
    return op->account == 0 && d->slot == 0 && d->owner.authority == chain &&
           token_chain(d->token) == chain && !address_is_zero(d->owner.address);
}

static void request_taken(const struct op *op, token_id *token, struct amount *amount) {
    *token = op->u.deposit.token;
    *amount = op->u.deposit.amount;
}

static uint8_t request_chain(const struct op *op) {
    return token_chain(op->u.deposit.token);
}

/* The lowest account above `after`, of the owner as it stands, that can take the token. */
static account_id account_with_room(struct resolver *r, const struct owner *owner, token_id token) {
    uint8_t slot;
    account_id id = 0;
    while ((id = state_owner_account(r->s, owner, id)) != 0) {
        if (resolve_credit(r, id, token, &slot) == REJECT_NONE) {
            return id;
        }
    }
    return 0;
}

static enum rejection resolve(struct resolver *r, struct op *op) {
    struct op_deposit *d = &op->u.deposit;
    if (chain_list_find(r->ctx->chains, token_chain(d->token)) < 0) {
        return REJECT_CHAIN_UNKNOWN;
    }
    struct owner any = d->owner;
    any.authority = 0;
    account_id exact = account_with_room(r, &d->owner, d->token);
    account_id keyed = account_with_room(r, &any, d->token);
    op->account = exact == 0 || (keyed != 0 && keyed < exact) ? keyed : exact;
    if (op->account == 0) {
        enum rejection e = resolve_new_account(r, &op->account);
        if (e != REJECT_NONE) {
            return e;
        }
    }
    return resolve_credit(r, op->account, d->token, &d->slot);
}

static enum rejection apply(struct exec *x) {
    const struct op_deposit *d = &x->op->u.deposit;
    if (d->owner.authority != token_chain(d->token) || d->owner.authority == 0) {
        return REJECT_MALFORMED;
    }
    const struct record *before = access_record(x, 0, x->op->account);
    if (before->tag == RECORD_EMPTY) {
        struct record after = record_open(&d->owner);
        enum rejection r = access_record_set(x, 0, &after);
        if (r != REJECT_NONE) {
            return r;
        }
    } else if (!record_owned_by(before, &d->owner)) {
        return record_is_account(before) ? REJECT_OWNER_MISMATCH : REJECT_NOT_USER_ACCOUNT;
    }
    x->e->amount_x = d->amount;
    enum rejection r = access_credit(x, 3, x->op->account, d->slot, d->token, d->amount);
    return r == REJECT_NONE ? exec_out(x, token_chain(d->token)) : r;
}

const struct op_class OP_CLASS_DEPOSIT = {
    .name = "Deposit",
    .source = SOURCE_REQUEST,
    .words = 2,
    .words_codec = words_codec,
    .store_codec = store_codec,
    .clear_outcome = clear_outcome,
    .request_check = request_check,
    .request_chain = request_chain,
    .request_taken = request_taken,
    .resolve = resolve,
    .apply = apply,
};
