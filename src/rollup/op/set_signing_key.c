/* SetSigningKey (request): the owner sets the account's signing key from L1.
 *   w0 = 2:8 | account 28 | ok 1;  w1 = owner (the requester);  w2 = Ax;  w3 = Ay
 *   k0: if the account is the requester's, its key is set (ok); else unchanged; outbox of the
 * owner's authority */
#include "rollup/op/op_class.h"

static void words_codec(struct word_codec *c, struct op *op) {
    struct op_set_signing_key *k = &op->u.set_signing_key;
    word_bool(c, &k->ok);
    word_next(c);
    word_owner(c, &k->owner);
    word_next(c);
    word_fr(c, &k->key_x);
    word_next(c);
    word_fr(c, &k->key_y);
}

static void store_codec(struct byte_codec *c, struct op *op) {
    struct op_set_signing_key *k = &op->u.set_signing_key;
    byte_owner(c, &k->owner);
    byte_fr(c, &k->key_x);
    byte_fr(c, &k->key_y);
    byte_bool(c, &k->ok);
}

static void clear_outcome(struct op *op) {
    op->u.set_signing_key.ok = false;
}

static bool request_check(const struct op *op, uint8_t chain) {
    const struct op_set_signing_key *k = &op->u.set_signing_key;
    return !k->ok && k->owner.authority == chain && !address_is_zero(k->owner.address) &&
           record_key_check(&k->key_x, &k->key_y);
}

static uint8_t request_chain(const struct op *op) {
    return op->u.set_signing_key.owner.authority;
}

static enum rejection resolve(struct resolver *r, struct op *op) {
    struct op_set_signing_key *k = &op->u.set_signing_key;
    k->ok = record_owned_by(state_account(r->s, op->account), &k->owner);
    return chain_list_find(r->ctx->chains, k->owner.authority) < 0 ? REJECT_CHAIN_UNKNOWN
                                                                   : REJECT_NONE;
}

static enum rejection apply(struct exec *x) {
    const struct op_set_signing_key *k = &x->op->u.set_signing_key;
    struct record after = *access_record(x, 0, x->op->account);
    if (k->ok != record_owned_by(&after, &k->owner)) {
        return REJECT_REQUEST_OUTCOME;
    }
    if (k->ok) {
        after.tag = RECORD_ACCOUNT_KEYED;
        after.u.account.key_x = k->key_x;
        after.u.account.key_y = k->key_y;
        enum rejection r = access_record_set(x, 0, &after);
        if (r != REJECT_NONE) {
            return r;
        }
    }
    return exec_out(x, k->owner.authority);
}

const struct op_class OP_CLASS_SET_SIGNING_KEY = {
    .name = "SetSigningKey",
    .source = SOURCE_REQUEST,
    .words = 4,
    .words_codec = words_codec,
    .store_codec = store_codec,
    .clear_outcome = clear_outcome,
    .request_check = request_check,
    .request_chain = request_chain,
    .resolve = resolve,
    .apply = apply,
};
