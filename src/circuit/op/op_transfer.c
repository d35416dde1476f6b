/* Transfer to an account, and TransferToAddress to an account of an owner, which may be opened:
 *   k3 debits the sender, k5 reads (or opens) the receiver, k6 credits it in slot_y.
 * An opened account's owner has authority 1..255: "any" is set by a proof of the key only, or an
 * operator could open accounts that take other people's deposits. v7 + 1 is the authority. */
#include "circuit/op/op_air.h"

enum { AMOUNT = 0, AUTHORITY = 7, AUTHORITY_ROOM = 8 };

static void transfer_common(struct op_build *b, ax s) {
    ax amount = b->col[OPC_V(AMOUNT)];
    op_use(b, OPC_PEER, s);
    op_use(b, OPC_SLOT_X, s);
    op_use(b, OPC_SLOT_Y, s);
    op_use(b, OPC_TOKEN_X, s);
    op_range(b, AMOUNT, s, 112);
    op_debit(b, 3, s, amount);
    b->gate[5] = op_add(b, b->gate[5], s);
    op_credit(b, 6, s, amount);
    op_accumulate(b, &b->slot6, s, b->col[OPC_SLOT_Y]);
    ax w0 = op_add(b, op_shl(b, b->col[OPC_SLOT_X], 115),
                   op_add(b, op_shl(b, b->col[OPC_SLOT_Y], 123), op_shl(b, amount, 131)));
    op_accumulate(b, &b->w0, s, w0);
    op_accumulate(b, &b->message[1], s,
                  op_add(b, op_shl(b, b->col[OPC_TOKEN_X], 28), op_shl(b, amount, 68)));
}

void op_transfer_constrain(struct op_build *b) {
    ax s = b->s[OP_TRANSFER];
    transfer_common(b, s);
    b->peer_account = op_add(b, b->peer_account, s);
    op_accumulate(b, &b->message[1], s, b->col[OPC_PEER]);
    op_log_words(b, s, 1);
}

void op_transfer_to_address_constrain(struct op_build *b) {
    ax s = b->s[OP_TRANSFER_TO_ADDRESS], open = b->col[OPC_PEER_OPEN], u1 = b->col[OPC_U1];
    transfer_common(b, s);
    op_use(b, OPC_PEER_OPEN, s);
    op_use(b, OPC_U1, s);
    ax existing = op_sub(b, s, open), owner = b->col[OPC_PEER0];
    b->peer_account = op_add(b, b->peer_account, existing);
    b->peer_new = op_add(b, b->peer_new, open);
    air_zero(b->c, op_mul(b, existing, op_sub(b, owner, u1)),
             "transfer to address: the receiver's owner");
    op_accumulate(b, &b->peer_change[0], open, u1);
    op_accumulate(b, &b->peer_tag_change, open, op_int(b, RECORD_ACCOUNT));

    ax low = b->col[OPC_V(AUTHORITY)], room = b->col[OPC_V(AUTHORITY_ROOM)];
    op_range(b, AUTHORITY, open, 112);
    op_range(b, AUTHORITY_ROOM, open, 112);
    air_zero(b->c, op_mul(b, open, op_sub(b, op_add(b, low, room), op_int(b, 254))),
             "transfer to address: authority 1..255");
    op_owner(b, open, op_add(b, low, op_int(b, 1)));

    op_accumulate(b, &b->message[2], s, u1);
    op_log_words(b, s, 2);
    op_word(b, 1, s, u1);
}

void op_transfer_fill(struct op_fill *f) {
    const struct op_transfer *t = &f->op->u.transfer;
    op_set_u64(f, OPC_PEER, t->to);
    op_set_u64(f, OPC_SLOT_X, t->slot);
    op_set_u64(f, OPC_SLOT_Y, t->to_slot);
    op_set_u64(f, OPC_TOKEN_X, f->effect->access[3].token);
    op_set_value(f, AMOUNT, t->amount.v, 112);
}

void op_transfer_to_address_fill(struct op_fill *f) {
    const struct owner *owner = &f->op->u.transfer.to_owner;
    op_transfer_fill(f);
    if (f->effect->access[5].before.tag == RECORD_EMPTY) {
        op_set_u64(f, OPC_PEER_OPEN, 1);
        op_set_value(f, AUTHORITY, (u128)owner->authority - 1, 112);
        op_set_value(f, AUTHORITY_ROOM, (u128)255 - owner->authority, 112);
        op_set_owner(f, owner);
    } else {
        fr word;
        owner_to_fr(&word, owner);
        op_set(f, OPC_U1, &word);
    }
}
