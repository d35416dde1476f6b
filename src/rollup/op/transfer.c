/* Transfer, to an account, and TransferToAddress, to an owner whose account opens if there is none
 * with room.
 *   w0 = PRE | peer 28 | slot 8 | peer's slot 8 | amount 112;  TransferToAddress: w1 = owner
 *   k3 debit, k5 peer's record (read, or opened), k6 credit
 *   m1 = peer 28 (0 for TransferToAddress) | token 40 | amount 112;  TransferToAddress: m2 = owner
 */
#include "rollup/op/op_class.h"

static void transfer_words(struct word_codec *c, struct op *op) {
    struct op_transfer *t = &op->u.transfer;
    word_u32(c, &t->to, ACCOUNT_BITS);
    word_u8(c, &t->slot, SLOT_BITS);
    word_u8(c, &t->to_slot, SLOT_BITS);
    word_amount(c, &t->amount);
}

static void to_address_words(struct word_codec *c, struct op *op) {
    transfer_words(c, op);
    word_next(c);
    word_owner(c, &op->u.transfer.to_owner);
}

static void transfer_message(struct word_codec *c, struct op *op) {
    word_next(c);
    word_u32(c, &op->u.transfer.to, ACCOUNT_BITS);
    word_token(c, &op->u.transfer.token);
    word_amount(c, &op->u.transfer.amount);
}

static void to_address_message(struct word_codec *c, struct op *op) {
    word_next(c);
    word_const(c, 0, ACCOUNT_BITS);
    word_token(c, &op->u.transfer.token);
    word_amount(c, &op->u.transfer.amount);
    word_next(c);
    word_owner(c, &op->u.transfer.to_owner);
}

static void transfer_store(struct byte_codec *c, struct op *op) {
    struct op_transfer *t = &op->u.transfer;
    byte_u32(c, &t->to, ACCOUNT_BITS);
    byte_token(c, &t->token);
    byte_amount(c, &t->amount);
    byte_u8(c, &t->slot);
    byte_u8(c, &t->to_slot);
}

static void to_address_store(struct byte_codec *c, struct op *op) {
    transfer_store(c, op);
    byte_owner(c, &op->u.transfer.to_owner);
}

static enum rejection check_receiver(const struct state *s, account_id to) {
    const struct record *r = state_account(s, to);
    if (r->tag == RECORD_EMPTY) {
        return REJECT_RECEIVER_UNKNOWN;
    }
    return record_is_account(r) ? REJECT_NONE : REJECT_RECEIVER_NOT_USER;
}

static enum rejection transfer_resolve(struct resolver *r, struct op *op) {
    struct op_transfer *t = &op->u.transfer;
    enum rejection e = check_receiver(r->s, t->to);
    if (e == REJECT_NONE) {
        e = resolve_debit(r, op->account, t->token, REJECT_BALANCE_TOO_LOW, &t->slot);
    }
    return e == REJECT_NONE ? resolve_credit(r, t->to, t->token, &t->to_slot) : e;
}

/* An owner for whom an account may open here: the circuit wants an authority, the sequencer one
 * that is connected. */
static bool may_open(const struct block_context *ctx, const struct owner *owner) {
    return owner->authority != 0 &&
           (ctx->mode == APPLY_REPLAY || (chain_list_find(ctx->chains, owner->authority) >= 0 &&
                                          !address_is_zero(owner->address)));
}

static enum rejection to_address_resolve(struct resolver *r, struct op *op) {
    struct op_transfer *t = &op->u.transfer;
    enum rejection e = resolve_debit(r, op->account, t->token, REJECT_BALANCE_TOO_LOW, &t->slot);
    if (e != REJECT_NONE) {
        return e;
    }
    t->to = 0;
    while ((t->to = state_owner_account(r->s, &t->to_owner, t->to)) != 0) {
        if (resolve_credit(r, t->to, t->token, &t->to_slot) == REJECT_NONE) {
            return REJECT_NONE;
        }
    }
    if (!may_open(r->ctx, &t->to_owner)) {
        return REJECT_OWNER_INVALID;
    }
    e = resolve_new_account(r, &t->to);
    return e == REJECT_NONE ? resolve_credit(r, t->to, t->token, &t->to_slot) : e;
}

static enum rejection debit(struct exec *x) {
    const struct op_transfer *t = &x->op->u.transfer;
    if (exec_sequencer(x) && t->token >> TOKEN_BITS != 0) {
        return REJECT_MALFORMED;
    }
    x->e->amount_x = t->amount;
    return access_debit(x, 3, x->op->account, t->slot, t->token, t->amount);
}

static enum rejection credit(struct exec *x) {
    const struct op_transfer *t = &x->op->u.transfer;
    return access_credit(x, 6, t->to, t->to_slot, x->e->access[3].token, t->amount);
}

static enum rejection transfer_apply(struct exec *x) {
    enum rejection r = debit(x);
    if (r == REJECT_NONE) {
        r = check_receiver(x->s, x->op->u.transfer.to);
    }
    if (r != REJECT_NONE) {
        return r;
    }
    (void)access_record(x, 5, x->op->u.transfer.to);
    return credit(x);
}

static enum rejection to_address_apply(struct exec *x) {
    const struct op_transfer *t = &x->op->u.transfer;
    enum rejection r = debit(x);
    if (r != REJECT_NONE) {
        return r;
    }
    const struct record *before = access_record(x, 5, t->to);
    if (before->tag == RECORD_EMPTY) {
        if (!may_open(x->ctx, &t->to_owner)) {
            return REJECT_OWNER_INVALID;
        }
        struct record after = record_open(&t->to_owner);
        r = access_record_set(x, 5, &after);
        if (r != REJECT_NONE) {
            return r;
        }
    } else if (!record_is_account(before)) {
        return REJECT_RECEIVER_NOT_USER;
    } else if (!owner_eq(&before->u.account.owner, &t->to_owner)) {
        return REJECT_OWNER_MISMATCH;
    }
    return credit(x);
}

const struct op_class OP_CLASS_TRANSFER = {
    .name = "Transfer",
    .source = SOURCE_SIGNED,
    .words = 1,
    .words_codec = transfer_words,
    .message_codec = transfer_message,
    .store_codec = transfer_store,
    .resolve = transfer_resolve,
    .apply = transfer_apply,
};

const struct op_class OP_CLASS_TRANSFER_TO_ADDRESS = {
    .name = "TransferToAddress",
    .source = SOURCE_SIGNED,
    .words = 2,
    .words_codec = to_address_words,
    .message_codec = to_address_message,
    .store_codec = to_address_store,
    .resolve = to_address_resolve,
    .apply = to_address_apply,
};
