/* Deposit: a contract's request credits an account of the named owner, opening it if need be.
 *
 * k0 reads the account: it belongs to word 1's owner (or to that address on any chain), or is empty
 * and becomes an account of that owner, without a key. k3 credits. The token is the requesting
 * chain's: token = 2^32 chain + index. */
#include "circuit/op/op_air.h"

enum { AMOUNT = 0, INDEX = 6 };

void op_deposit_constrain(struct op_build *b) {
    ax s = b->s[OP_DEPOSIT], open = b->col[OPC_ACC_OPEN], u1 = b->col[OPC_U1];
    ax amount = b->col[OPC_V(AMOUNT)], token = b->col[OPC_TOKEN_X], chain = b->col[OPC_CHAIN];
    op_use(b, OPC_ACC_OPEN, s);
    op_use(b, OPC_SLOT_X, s);
    op_use(b, OPC_TOKEN_X, s);
    op_use(b, OPC_TOKEN_CHAIN, s);
    op_use(b, OPC_CHAIN, s);
    op_use(b, OPC_U1, s);
    op_range(b, AMOUNT, s, 112);
    op_range(b, INDEX, s, 32);
    op_owner(b, s, chain);

    ax existing = op_sub(b, s, op_mul(b, s, open)); /* acc_open has a use elsewhere, too */
    b->acc_account = op_add(b, b->acc_account, existing);
    b->owner_match = op_add(b, b->owner_match, existing);
    op_accumulate(b, &b->acc_change[0], open, u1);
    op_accumulate(b, &b->acc_tag_change, open, op_int(b, RECORD_ACCOUNT));
    op_credit(b, 3, s, amount);

    ax w0 = op_add(b, op_shl(b, b->col[OPC_SLOT_X], 36),
                   op_add(b, op_shl(b, token, 44), op_shl(b, amount, 84)));
    op_accumulate(b, &b->w0, s, w0);
    op_log_words(b, s, 2);
    op_word(b, 1, s, u1);
    b->out_gate = op_add(b, b->out_gate, s);
}

void op_deposit_fill(struct op_fill *f) {
    const struct op_deposit *d = &f->op->u.deposit;
    op_set_u64(f, OPC_ACC_OPEN, f->effect->access[0].before.tag == RECORD_EMPTY);
    op_set_u64(f, OPC_SLOT_X, d->slot);
    op_set_u64(f, OPC_TOKEN_X, d->token);
    op_set_u64(f, OPC_CHAIN, token_chain(d->token));
    op_set_u64(f, OPC_TOKEN_CHAIN, token_chain(d->token));
    op_set_value(f, AMOUNT, d->amount.v, 112);
    op_set_value(f, INDEX, token_index(d->token), 32);
    op_set_owner(f, &d->owner);
}
