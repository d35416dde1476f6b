/* ChangePubKey: sets an account's key by an ECDSA signature, which the contract of `chain` checks:
 * it recovers the address of word 1 from the fields in the words. The account belongs to that
 * address on that chain or on any; afterwards on any, because the key is proved. */
#include "circuit/op/op_air.h"

void op_change_pub_key_constrain(struct op_build *b) {
    ax s = b->s[OP_CHANGE_PUB_KEY], u1 = b->col[OPC_U1], owner = b->col[OPC_ACC0];
    op_use(b, OPC_CHAIN, s);
    op_use(b, OPC_U1, s);
    op_use(b, OPC_U2, s);
    op_use(b, OPC_U3, s);
    op_owner(b, s, op_int(b, 0)); /* an address */
    ax difference = op_sub(b, owner, u1);
    ax of_chain = op_sub(b, difference, op_shl(b, b->col[OPC_CHAIN], 160));
    air_zero(b->c, op_mul(b, s, op_mul(b, difference, of_chain)),
             "change pub key: the address owns the account");
    op_accumulate(b, &b->acc_change[0], s, op_sub(b, u1, owner));

    ax w0 =
        op_add(b, op_shl(b, b->col[OPC_TOKEN_FEE], 87),
               op_add(b, op_shl(b, b->col[OPC_ACC0 + 1], 127), op_shl(b, b->col[OPC_CHAIN], 159)));
    op_accumulate(b, &b->w0, s, w0);
    op_log_words(b, s, 4);
    op_word(b, 1, s, u1);
    op_word(b, 2, s, b->col[OPC_U2]);
    op_word(b, 3, s, b->col[OPC_U3]);
    b->out_gate = op_add(b, b->out_gate, s);
}

void op_change_pub_key_fill(struct op_fill *f) {
    const struct op_change_pub_key *k = &f->op->u.change_pub_key;
    op_set_u64(f, OPC_CHAIN, k->chain);
    op_set_u64(f, OPC_SET_KEY, 1);
    op_set_address(f, k->address);
    op_set(f, OPC_U2, &k->key_x);
    op_set(f, OPC_U3, &k->key_y);
}
