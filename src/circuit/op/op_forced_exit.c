/* ForcedExit: k5 reads the peer, an account without a key; k6 empties its slot_x; the token's chain
 * pays the peer's owner, the address in word 1. The owner's authority is "any" or that chain: on
 * another chain the address may be nobody's. What is paid is k6's old balance, all of it. */
#include "circuit/op/op_air.h"

enum { INDEX = 6 };

void op_forced_exit_constrain(struct op_build *b) {
    ax s = b->s[OP_FORCED_EXIT], token = b->col[OPC_TOKEN_X], u1 = b->col[OPC_U1];
    ax amount = b->col[op_old_column(6)], owner = b->col[OPC_PEER0];
    static const enum op_column used[] = {OPC_PEER,        OPC_SLOT_X, OPC_TOKEN_X,
                                          OPC_TOKEN_CHAIN, OPC_CHAIN,  OPC_U1};
    for (unsigned i = 0; i < sizeof used / sizeof used[0]; i++) {
        op_use(b, used[i], s);
    }
    op_range(b, INDEX, s, 32);    /* of the token: op_withdraw.c */
    op_owner(b, s, op_int(b, 0)); /* an address */

    b->gate[5] = op_add(b, b->gate[5], s);
    b->peer_account = op_add(b, b->peer_account, s);
    air_zero(b->c, op_mul(b, s, b->col[OPC_PEER_KEY]), "forced exit: of an account without a key");
    ax apart = op_sub(b, owner, u1);
    ax of_chain = op_sub(b, apart, op_shl(b, b->col[OPC_CHAIN], 160));
    air_zero(b->c, op_mul(b, s, op_mul(b, apart, of_chain)),
             "forced exit: to the owner, whom the chain knows");
    op_debit(b, 6, s, amount);
    op_accumulate(b, &b->slot6, s, b->col[OPC_SLOT_X]);

    op_accumulate(b, &b->w0, s,
                  op_add(b, op_shl(b, b->col[OPC_SLOT_X], 115), op_shl(b, token, 123)));
    op_log_words(b, s, 3);
    op_word(b, 1, s, u1);
    op_word(b, 2, s, op_add(b, amount, op_shl(b, b->col[OPC_ACC0 + 1], AMOUNT_BITS)));
    b->out_gate = op_add(b, b->out_gate, s);
    op_accumulate(b, &b->message[1], s, op_add(b, b->col[OPC_PEER], op_shl(b, token, 28)));
}

void op_forced_exit_fill(struct op_fill *f) {
    const struct op_forced_exit *e = &f->op->u.forced_exit;
    op_set_u64(f, OPC_PEER, e->peer);
    op_set_u64(f, OPC_SLOT_X, e->slot);
    op_set_u64(f, OPC_TOKEN_X, e->token);
    op_set_u64(f, OPC_CHAIN, token_chain(e->token));
    op_set_u64(f, OPC_TOKEN_CHAIN, token_chain(e->token));
    op_set_value(f, INDEX, token_index(e->token), 32);
    op_set_address(f, e->to);
}
