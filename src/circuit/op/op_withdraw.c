/* Withdraw: k3 debits; the token's chain, which is not 0 because no outbox has that number, pays
 * the address of word 1. Word 2 is the nonce, so that equal withdrawals differ, and the broker's
 * fee, which only the contract reads. */
#include "circuit/op/op_air.h"

enum { AMOUNT = 0, BROKER_FEE = 1, INDEX = 6 };

void op_withdraw_constrain(struct op_build *b) {
    ax s = b->s[OP_WITHDRAW], amount = b->col[OPC_V(AMOUNT)], token = b->col[OPC_TOKEN_X];
    ax u1 = b->col[OPC_U1], chain = b->col[OPC_CHAIN], token_chain = b->col[OPC_TOKEN_CHAIN];
    op_use(b, OPC_SLOT_X, s);
    op_use(b, OPC_TOKEN_X, s);
    op_use(b, OPC_TOKEN_CHAIN, s);
    op_use(b, OPC_CHAIN, s);
    op_use(b, OPC_U1, s);
    op_range(b, AMOUNT, s, 112);
    op_range(b, BROKER_FEE, s, 112);
    op_range(b, INDEX, s, 32);
    op_owner(b, s, op_int(b, 0)); /* an address */
    op_debit(b, 3, s, amount);

    /* Deposit, FullExit, ForcedExit and this: the token's chain. */
    ax same = op_add(b, s, op_add(b, b->s[OP_DEPOSIT], b->s[OP_FORCED_EXIT]));
    ax all = op_add(b, same, b->s[OP_FULL_EXIT]);
    ax index = op_sub(b, token, op_shl(b, token_chain, 32));
    air_zero(b->c, op_mul(b, all, op_sub(b, b->col[OPC_V(INDEX)], index)), "the token's chain");
    air_zero(b->c, op_mul(b, same, op_sub(b, chain, token_chain)),
             "the token's chain gets the words");

    ax w0 = op_add(b, op_shl(b, b->col[OPC_SLOT_X], 87),
                   op_add(b, op_shl(b, token, 95), op_shl(b, amount, 135)));
    op_accumulate(b, &b->w0, s, w0);
    op_log_words(b, s, 3);
    op_word(b, 1, s, u1);
    ax broker_fee = b->col[OPC_V(BROKER_FEE)];
    op_word(b, 2, s, op_add(b, b->col[OPC_ACC0 + 1], op_shl(b, broker_fee, NONCE_BITS)));
    b->out_gate = op_add(b, b->out_gate, s);
    op_accumulate(b, &b->message[1], s, op_add(b, token, op_shl(b, amount, 40)));
    op_accumulate(b, &b->message[2], s, u1);
    op_accumulate(b, &b->message[3], s, broker_fee);
}

void op_withdraw_fill(struct op_fill *f) {
    const struct op_withdraw *w = &f->op->u.withdraw;
    token_id token = f->effect->access[3].token;
    op_set_u64(f, OPC_SLOT_X, w->slot);
    op_set_u64(f, OPC_TOKEN_X, token);
    op_set_u64(f, OPC_CHAIN, token_chain(token));
    op_set_u64(f, OPC_TOKEN_CHAIN, token_chain(token));
    op_set_value(f, AMOUNT, w->amount.v, 112);
    op_set_value(f, BROKER_FEE, w->broker_fee.v, 112);
    op_set_value(f, INDEX, token_index(token), 32);
    op_set_address(f, w->to);
}
