/* ChangePubKey: sets the signing key by an ECDSA signature of the owner's address, which the
 * contract of `chain` checks; the account's authority becomes "any". w0 = PRE | fee token 40 |
 * nonce 32 | chain 8;  w1 = address;  w2 = Ax;  w3 = Ay k0 record, key set, nonce + 1; k1, k2 fee;
 * outbox of the chain */
#include "rollup/op/op_class.h"

#include <string.h>

static void words_codec(struct word_codec *c, struct op *op) {
    struct op_change_pub_key *k = &op->u.change_pub_key;
    word_token(c, &op->fee_token);
    word_u32(c, &op->nonce, NONCE_BITS);
    word_u8(c, &k->chain, CHAIN_BITS);
    word_next(c);
    word_address(c, k->address);
    word_next(c);
    word_fr(c, &k->key_x);
    word_next(c);
    word_fr(c, &k->key_y);
}

static void store_codec(struct byte_codec *c, struct op *op) {
    struct op_change_pub_key *k = &op->u.change_pub_key;
    byte_u8(c, &k->chain);
    byte_raw(c, k->address, ADDRESS_LEN);
    byte_fr(c, &k->key_x);
    byte_fr(c, &k->key_y);
    byte_raw(c, k->ecdsa, OP_ECDSA_LEN);
}

static enum rejection check(const struct state *s, const struct block_context *ctx,
                            const struct op *op) {
    const struct op_change_pub_key *k = &op->u.change_pub_key;
    struct owner owner = {.authority = k->chain};
    memcpy(owner.address, k->address, ADDRESS_LEN);
    if (chain_list_find(ctx->chains, k->chain) < 0) {
        return REJECT_CHAIN_UNKNOWN;
    }
    if (!record_owned_by(state_account(s, op->account), &owner)) {
        return REJECT_OWNER_MISMATCH;
    }
    return ctx->mode == APPLY_SEQUENCER && !record_key_check(&k->key_x, &k->key_y)
               ? REJECT_KEY_INVALID
               : REJECT_NONE;
}

static enum rejection resolve(struct resolver *r, struct op *op) {
    return check(r->s, r->ctx, op);
}

static enum rejection apply(struct exec *x) {
    const struct op_change_pub_key *k = &x->op->u.change_pub_key;
    enum rejection r = check(x->s, x->ctx, x->op);
    if (r != REJECT_NONE) {
        return r;
    }
    struct record after = *access_record(x, 0, x->op->account);
    after.tag = RECORD_ACCOUNT_KEYED;
    after.u.account.owner.authority = 0;
    after.u.account.nonce++;
    after.u.account.key_x = k->key_x;
    after.u.account.key_y = k->key_y;
    r = access_record_set(x, 0, &after);
    if (r == REJECT_NONE) {
        r = access_fee(x);
    }
    return r == REJECT_NONE ? exec_out(x, k->chain) : r;
}

const struct op_class OP_CLASS_CHANGE_PUB_KEY = {
    .name = "ChangePubKey",
    .source = SOURCE_ETHEREUM,
    .words = 4,
    .nonce_in_words = true,
    .words_codec = words_codec,
    .store_codec = store_codec,
    .resolve = resolve,
    .apply = apply,
};
