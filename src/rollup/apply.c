#include "rollup/apply.h"

#include "rollup/op/op_class.h"

#include <string.h>

/* k0..k2 of a type signed with the account's key. */
static enum rejection begin_signed(struct exec *x) {
    struct record after = *access_record(x, 0, x->op->account);
    after.u.account.nonce++;
    enum rejection r = access_record_set(x, 0, &after);
    return r == REJECT_NONE ? access_fee(x) : r;
}

static enum rejection execute(struct exec *x) {
    const struct op_class *class = op_class(x->op->type);
    if (class == NULL || !op_words(x->op, x->e->words)) {
        return REJECT_MALFORMED;
    }
    x->e->n_words = class->words;
    enum rejection r = REJECT_NONE;
    if (op_pays_fee(x->op->type)) {
        r = check_signer(x->s, x->ctx, x->op);
    }
    if (r == REJECT_NONE && op_is_signed(x->op->type)) {
        r = begin_signed(x);
    }
    return r == REJECT_NONE ? class->apply(x) : r;
}

enum rejection state_apply(struct state *s, const struct block_context *ctx, const struct op *op,
                           struct effect *out) {
    struct exec x = {s, ctx, op, out};
    struct state_mark mark = state_mark(s);
    memset(out, 0, sizeof *out);
    enum rejection r = execute(&x);
    if (r != REJECT_NONE) {
        state_rollback(s, mark);
    }
    return r;
}
