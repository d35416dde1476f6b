#include "rollup/op/op_class.h"

enum rejection resolve_debit(const struct resolver *r, account_id account, token_id token,
                             enum rejection none, uint8_t *slot) {
    *slot = state_find_slot(r->s, account, token);
    return *slot != 0 ? REJECT_NONE : none;
}

enum rejection resolve_credit(struct resolver *r, account_id account, token_id token,
                              uint8_t *slot) {
    uint64_t skip[4] = {0};
    *slot = state_find_slot(r->s, account, token);
    if (*slot != 0) {
        return REJECT_NONE;
    }
    for (unsigned i = 0; i < r->n; i++) {
        if (r->reserved[i].account != account) {
            continue;
        }
        if (r->reserved[i].token == token) {
            *slot = r->reserved[i].slot;
            return REJECT_NONE;
        }
        skip[r->reserved[i].slot / 64] |= UINT64_C(1) << (r->reserved[i].slot % 64);
    }
    *slot = state_free_slot(r->s, account, skip);
    if (*slot == 0) {
        return REJECT_NO_FREE_SLOT;
    }
    if (r->n < RESERVATIONS_MAX) { /* no operation credits more slots */
        r->reserved[r->n].account = account;
        r->reserved[r->n].token = token;
        r->reserved[r->n].slot = *slot;
        r->n++;
    }
    return REJECT_NONE;
}

enum rejection resolve_new_account(const struct resolver *r, account_id *id) {
    *id = r->ids == NULL || r->ids->next == NULL ? state_next_account(r->s)
                                                 : r->ids->next(r->ids->ctx, r->s);
    if (*id == 0 || *id >= ACCOUNT_LIMIT) {
        return REJECT_ACCOUNTS_EXHAUSTED;
    }
    return state_account(r->s, *id)->tag == RECORD_EMPTY ? REJECT_NONE : REJECT_ACCOUNT_TAKEN;
}

enum rejection op_resolve(struct op *op, const struct state *s, const struct block_context *ctx,
                          const struct id_policy *ids) {
    struct resolver r = {.s = s, .ctx = ctx, .ids = ids};
    const struct op_class *class = op_class(op->type);
    enum rejection result;
    if (class == NULL) {
        return REJECT_MALFORMED;
    }
    if (op_pays_fee(op->type)) {
        result = check_signer(s, ctx, op);
        if (result == REJECT_NONE) {
            result =
                resolve_debit(&r, op->account, op->fee_token, REJECT_FEE_BALANCE, &op->fee_slot);
        }
        if (result == REJECT_NONE) {
            result = resolve_credit(&r, ctx->fee_account, op->fee_token, &op->fee_account_slot);
        }
        if (result != REJECT_NONE) {
            return result;
        }
    }
    return class->resolve(&r, op);
}
