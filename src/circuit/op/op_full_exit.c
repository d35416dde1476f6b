/* FullExit: a contract's request pays a whole slot out on its token's chain.
 *
 *   no_match  the requester does not own the account (constrain_owner proves it): nothing else
 * happens match     k3 accesses (acc, slot_x): ok      the slot holds something (inverse) of a
 * token of chain token_chain; it is emptied. token_chain is 0 for no outbox, so a chain-0 token
 * cannot be paid. not ok  nothing is paid: the token's chain is 0 (token_chain = 0), where an empty
 * slot counts as one of token 0 The requesting chain gets the words; if ok and the token's chain is
 * another one, that one too (two), never the same chain twice. slot_x stands in the log also
 * without an access: 1..255 is shown here. */
#include "circuit/op/op_air.h"

enum { AMOUNT = 0, INDEX = 6, SLOT_LOW = 7, SLOT_HIGH = 8 };

void op_full_exit_constrain(struct op_build *b) {
    struct air_chip *c = b->c;
    ax s = b->s[OP_FULL_EXIT], none = b->col[OPC_NO_MATCH], ok = b->col[OPC_OK];
    ax amount = b->col[OPC_V(AMOUNT)], old = b->col[op_old_column(3)];
    ax slot = b->col[OPC_SLOT_X], token = b->col[OPC_TOKEN_X];
    ax token_chain = b->col[OPC_TOKEN_CHAIN];
    static const enum op_column used[] = {OPC_NO_MATCH, OPC_OK, OPC_SLOT_X, OPC_TOKEN_X,
                                          OPC_CHAIN,    OPC_U1, OPC_U2,     OPC_TOKEN_CHAIN};
    for (unsigned i = 0; i < sizeof used / sizeof used[0]; i++) {
        op_use(b, used[i], s);
    }
    op_range(b, AMOUNT, s, 112);
    op_range(b, INDEX, s, 32);
    op_range(b, SLOT_LOW, s, 112);
    op_range(b, SLOT_HIGH, s, 112);
    op_owner(b, s, b->col[OPC_CHAIN]);

    ax match = op_sub(b, s, op_mul(b, s, none));
    b->acc_account = op_add(b, b->acc_account, match);
    b->owner_match = op_add(b, b->owner_match, match);
    b->gate[3] = op_add(b, b->gate[3], match);
    op_accumulate(b, &b->change[3], s, air_neg(c, amount));
    op_accumulate(b, &b->debit[3], s, ok);

    air_zero(c, op_mul(b, s, op_sub(b, b->col[OPC_V(SLOT_LOW)], op_sub(b, slot, op_int(b, 1)))),
             "full exit: slot is at least 1");
    air_zero(c, op_mul(b, s, op_sub(b, b->col[OPC_V(SLOT_HIGH)], op_sub(b, op_int(b, 255), slot))),
             "full exit: slot is at most 255");
    air_zero(c, op_mul(b, s, op_sub(b, amount, op_mul(b, ok, old))),
             "full exit: pays all or nothing");
    air_zero(c, op_mul(b, s, op_mul(b, ok, none)), "full exit: pays an owner only");
    air_zero(c, op_mul(b, s, op_mul(b, ax_not(c, ok), token_chain)),
             "full exit: nothing is paid for chain 0 only");
    op_accumulate(b, &b->paid_value, s, old); /* constrain_payment: something is paid */

    ax paid_token = op_mul(b, ok, token);
    ax w0 = op_add(b, op_add(b, op_shl(b, slot, 36), op_shl(b, ok, 44)),
                   op_add(b, op_shl(b, paid_token, 45), op_shl(b, amount, 85)));
    op_accumulate(b, &b->w0, s, w0);
    op_log_words(b, s, 3);
    op_word(b, 1, s, b->col[OPC_U1]);
    op_word(b, 2, s, b->col[OPC_U2]);
    b->out_gate = op_add(b, b->out_gate, s);
}

void op_full_exit_fill(struct op_fill *f) {
    const struct op_full_exit *e = &f->op->u.full_exit;
    const struct access *a = &f->effect->access[3];
    bool match = a->kind == ACCESS_BAL;
    token_id token = match ? a->token : 0;
    uint8_t chain = e->ok ? token_chain(token) : 0;
    fr to;
    address_to_fr(&to, e->to);
    op_set_u64(f, OPC_CHAIN, e->owner.authority);
    op_set_u64(f, OPC_TOKEN_X, token);
    op_set_u64(f, OPC_TOKEN_CHAIN, chain);
    op_set_u64(f, OPC_NO_MATCH, !match);
    op_set_u64(f, OPC_OK, e->ok);
    op_set_u64(f, OPC_TWO, e->ok && chain != e->owner.authority);
    op_set_u64(f, OPC_SLOT_X, e->slot);
    op_set(f, OPC_U2, &to);
    op_set_owner(f, &e->owner);
    op_set_value(f, AMOUNT, e->amount.v, 112);
    op_set_value(f, INDEX, token_index(token), 32);
    op_set_value(f, SLOT_LOW, (u128)e->slot - 1, 112);
    op_set_value(f, SLOT_HIGH, (u128)255 - e->slot, 112);
}
