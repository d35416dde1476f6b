/* SetSigningKey: a contract's request sets an account's key, if the requester owns the account;
 * else it is shown that it does not (no_match), and nothing changes. The contract checked the key.
 */
#include "circuit/op/op_air.h"

void op_set_signing_key_constrain(struct op_build *b) {
    ax s = b->s[OP_SET_SIGNING_KEY], none = b->col[OPC_NO_MATCH], set = b->col[OPC_SET_KEY];
    ax by_signature = b->s[OP_CHANGE_PUB_KEY], key = b->col[OPC_ACC_KEY];
    op_use(b, OPC_NO_MATCH, s);
    op_use(b, OPC_CHAIN, s);
    op_use(b, OPC_U1, s);
    op_use(b, OPC_U2, s);
    op_use(b, OPC_U3, s);
    op_owner(b, s, b->col[OPC_CHAIN]);

    /* no_match belongs to this operation and to FullExit: there, s is 0 and so is this. */
    ax match = op_sub(b, s, op_mul(b, s, none));
    b->acc_account = op_add(b, b->acc_account, match);
    b->owner_match = op_add(b, b->owner_match, match);
    air_zero(b->c, op_sub(b, set, op_add(b, by_signature, match)), "when a key is set");
    op_accumulate(b, &b->acc_change[2], set, op_sub(b, b->col[OPC_U2], b->col[OPC_ACC0 + 2]));
    op_accumulate(b, &b->acc_change[3], set, op_sub(b, b->col[OPC_U3], b->col[OPC_ACC0 + 3]));
    op_accumulate(b, &b->acc_tag_change, set, ax_not(b->c, key)); /* 2 -> 3, 3 -> 3 */

    op_accumulate(b, &b->w0, s, op_shl(b, ax_not(b->c, none), 36));
    op_log_words(b, s, 4);
    op_word(b, 1, s, b->col[OPC_U1]);
    op_word(b, 2, s, b->col[OPC_U2]);
    op_word(b, 3, s, b->col[OPC_U3]);
    b->out_gate = op_add(b, b->out_gate, s);
}

void op_set_signing_key_fill(struct op_fill *f) {
    const struct op_set_signing_key *k = &f->op->u.set_signing_key;
    op_set_u64(f, OPC_CHAIN, k->owner.authority);
    op_set_u64(f, OPC_NO_MATCH, !k->ok);
    op_set_u64(f, OPC_SET_KEY, k->ok);
    op_set_owner(f, &k->owner);
    op_set(f, OPC_U2, &k->key_x);
    op_set(f, OPC_U3, &k->key_y);
}
