#include "rollup/op/op_class.h"

#include <string.h>

const struct record *access_record(struct exec *x, unsigned k, account_id account) {
    struct access *a = &x->e->access[k];
    a->kind = ACCESS_REC;
    a->account = account;
    a->before = *state_account(x->s, account);
    a->after = a->before;
    return &a->before;
}

enum rejection access_record_set(struct exec *x, unsigned k, const struct record *after) {
    struct access *a = &x->e->access[k];
    a->after = *after;
    if (a->before.tag == RECORD_EMPTY && after->tag != RECORD_EMPTY) {
        x->e->opened = true;
        x->e->opened_account = a->account;
    }
    return state_put(x->s, a->account, 0, after) ? REJECT_NONE : REJECT_NO_MEMORY;
}

static enum rejection change_balance(struct exec *x, unsigned k, account_id account, uint8_t slot,
                                     token_id token, bool debit, struct amount amount) {
    struct access *a = &x->e->access[k];
    if (slot == 0) {
        return REJECT_SLOT_INVALID;
    }
    token_id held;
    struct amount old = state_balance(x->s, account, slot, &held), new;
    if (held == TOKEN_UNKNOWN && debit) {
        return REJECT_BALANCE_TOO_LOW;
    }
    if (token == TOKEN_UNKNOWN) {
        token = held;
    }
    if (held != TOKEN_UNKNOWN && held != token) {
        return REJECT_TOKEN_MISMATCH;
    }
    if (debit && !amount_sub(&new, old, amount)) {
        return REJECT_BALANCE_TOO_LOW;
    }
    if (!debit && !amount_add(&new, old, amount)) {
        return REJECT_BALANCE_OVERFLOW;
    }
    a->kind = ACCESS_BAL;
    a->account = account;
    a->slot = slot;
    a->debit = debit;
    a->token = token;
    a->before = record_balance(token, old);
    a->after = record_balance(token, new);
    if (amount_eq(old, new)) {
        return REJECT_NONE;
    }
    return state_put(x->s, account, slot, &a->after) ? REJECT_NONE : REJECT_NO_MEMORY;
}

enum rejection access_debit(struct exec *x, unsigned k, account_id account, uint8_t slot,
                            token_id token, struct amount amount) {
    return change_balance(x, k, account, slot, token, true, amount);
}

enum rejection access_credit(struct exec *x, unsigned k, account_id account, uint8_t slot,
                             token_id token, struct amount amount) {
    return change_balance(x, k, account, slot, token, false, amount);
}

enum rejection access_fee(struct exec *x) {
    const struct op *op = x->op;
    x->e->amount_fee = fee_value(op->fee);
    enum rejection r =
        access_debit(x, 1, op->account, op->fee_slot, op->fee_token, x->e->amount_fee);
    if (r != REJECT_NONE) {
        return r == REJECT_BALANCE_TOO_LOW ? REJECT_FEE_BALANCE : r;
    }
    if (!record_is_account(state_account(x->s, x->ctx->fee_account))) {
        return REJECT_FEE_ACCOUNT;
    }
    return access_credit(x, 2, x->ctx->fee_account, op->fee_account_slot, x->e->access[1].token,
                         x->e->amount_fee);
}

enum rejection exec_out(struct exec *x, uint8_t chain) {
    if (chain_list_find(x->ctx->chains, chain) < 0) {
        return REJECT_CHAIN_UNKNOWN;
    }
    x->e->out[x->e->n_out++] = chain;
    return REJECT_NONE;
}

enum rejection exec_request_out(struct exec *x, uint8_t chain, uint8_t paying) {
    enum rejection r = exec_out(x, chain);
    return r != REJECT_NONE || paying == chain ? r : exec_out(x, paying);
}

void exec_payout(struct exec *x, token_id token, struct amount amount,
                 const uint8_t to[ADDRESS_LEN]) {
    struct payout *p = &x->e->payout;
    x->e->has_payout = true;
    memset(p, 0, sizeof *p);
    p->kind = (uint8_t)x->op->type;
    p->chain = token_chain(token);
    p->token = token;
    p->amount = amount;
    memcpy(p->to, to, ADDRESS_LEN);
}

bool record_owned_by(const struct record *r, const struct owner *owner) {
    if (!record_is_account(r)) {
        return false;
    }
    const struct owner *o = &r->u.account.owner;
    return (o->authority == owner->authority || o->authority == 0) &&
           memcmp(o->address, owner->address, ADDRESS_LEN) == 0;
}

struct record record_open(const struct owner *owner) {
    struct record r = record_empty();
    r.tag = RECORD_ACCOUNT;
    r.u.account.owner = *owner;
    return r;
}

enum rejection check_signer(const struct state *s, const struct block_context *ctx,
                            const struct op *op) {
    const struct record *r = state_account(s, op->account);
    if (r->tag == RECORD_EMPTY) {
        return REJECT_ACCOUNT_UNKNOWN;
    }
    if (!record_is_account(r)) {
        return REJECT_NOT_USER_ACCOUNT;
    }
    if (op_is_signed(op->type) && r->tag != RECORD_ACCOUNT_KEYED) {
        return REJECT_NO_SIGNING_KEY;
    }
    uint64_t nonce = r->u.account.nonce;
    if (nonce >> NONCE_BITS != 0) {
        return REJECT_NONCE_EXHAUSTED;
    }
    bool sequencer = ctx->mode == APPLY_SEQUENCER;
    if (sequencer || op_class(op->type)->nonce_in_words) {
        if (op->nonce != nonce) {
            return op->nonce < nonce ? REJECT_NONCE_TOO_LOW : REJECT_NONCE_TOO_HIGH;
        }
    }
    if (sequencer && (op->valid_until >> VALID_UNTIL_BITS != 0 ||
                      op->fee_token >> TOKEN_BITS != 0 || op->fee.exp >> FEE_EXP_BITS != 0)) {
        return REJECT_MALFORMED;
    }
    if (sequencer && op->valid_until < ctx->timestamp) {
        return REJECT_EXPIRED;
    }
    return REJECT_NONE;
}
