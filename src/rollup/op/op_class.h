/* What each operation's file gives to the rest (op.c, apply.c, resolve.c), and what they give it.
 * Internal to src/rollup. */
#ifndef ZKLINK_ROLLUP_OP_CLASS_H
#define ZKLINK_ROLLUP_OP_CLASS_H

#include "rollup/apply.h"
#include "rollup/codec.h"

/* An operation being applied. The state's undo log takes back a half-done one. */
struct exec {
    struct state *s;
    const struct block_context *ctx;
    const struct op *op;
    struct effect *e;
};

/* Slots promised to earlier accesses of the operation that is being resolved. */
enum { RESERVATIONS_MAX = 4 };
struct resolver {
    const struct state *s;
    const struct block_context *ctx;
    const struct id_policy *ids; /* may be NULL */
    unsigned n;
    struct {
        account_id account;
        token_id token;
        uint8_t slot;
    } reserved[RESERVATIONS_MAX];
};

/* Where an operation comes from, and what allows it. */
enum op_source {
    SOURCE_REQUEST,  /* a contract's queue: no fee, no nonce, no signature */
    SOURCE_ETHEREUM, /* a transaction; a contract checks the owner's ECDSA signature */
    SOURCE_SIGNED    /* a transaction with a Schnorr signature by the account's key */
};

struct op_class {
    const char *name;
    enum op_source source;
    unsigned words;
    bool nonce_in_words;
    bool has_outcome; /* word 0 begins with type 8 | outcome 2, not with type 8 | account 28 */
    /* The fields of the log words after the common ones (type, account; slot_fee, slot_feeacc, FEE
     * if the type pays a fee). */
    void (*words_codec)(struct word_codec *c, struct op *op);
    /* m1.. of the signed message, beginning with word_next; NULL if it is not signed so. */
    void (*message_codec)(struct word_codec *c, struct op *op);
    /* Storage of op->u. */
    void (*store_codec)(struct byte_codec *c, struct op *op);
    /* Requests: clears what the operator fills; and whether the contract could have queued it. */
    void (*clear_outcome)(struct op *op);
    bool (*request_check)(const struct op *op, uint8_t chain);
    uint8_t (*request_chain)(const struct op *op);
    /* What the contract took for it; NULL if nothing. */
    void (*request_taken)(const struct op *op, token_id *token, struct amount *amount);
    /* The account that signs was checked and the fee's slots are chosen. */
    enum rejection (*resolve)(struct resolver *r, struct op *op);
    /* Signed types: k0..k2 are done. */
    enum rejection (*apply)(struct exec *x);
};

extern const struct op_class OP_CLASS_DEPOSIT, OP_CLASS_SET_SIGNING_KEY, OP_CLASS_FULL_EXIT,
    OP_CLASS_CHANGE_PUB_KEY, OP_CLASS_TRANSFER, OP_CLASS_TRANSFER_TO_ADDRESS, OP_CLASS_CREATE_POOL,
    OP_CLASS_ADD_LIQUIDITY_FIRST, OP_CLASS_ADD_LIQUIDITY, OP_CLASS_REMOVE_LIQUIDITY, OP_CLASS_SWAP,
    OP_CLASS_WITHDRAW, OP_CLASS_CREATE_STABLE_POOL, OP_CLASS_ADD_LIQUIDITY_ONE,
    OP_CLASS_REMOVE_LIQUIDITY_ONE, OP_CLASS_FORCED_EXIT, OP_CLASS_SWAP_REQUEST,
    OP_CLASS_ADD_LIQUIDITY_REQUEST, OP_CLASS_REMOVE_LIQUIDITY_REQUEST;
/* NULL for no type. */
const struct op_class *op_class(enum op_type type);

/* ---- accesses (access.c) ---- */

/* Access k reads slot 0 of an account. The record is borrowed from the trace. */
const struct record *access_record(struct exec *x, unsigned k, account_id account);
/* Access k, read before, also changes it. */
enum rejection access_record_set(struct exec *x, unsigned k, const struct record *after);
/* Access k takes amount from a balance that must exist; of `token`, or of whatever token the slot
 * holds if that is TOKEN_UNKNOWN. */
enum rejection access_debit(struct exec *x, unsigned k, account_id account, uint8_t slot,
                            token_id token, struct amount amount);
/* Access k adds amount to a balance of token or to an empty slot. */
enum rejection access_credit(struct exec *x, unsigned k, account_id account, uint8_t slot,
                             token_id token, struct amount amount);
/* k1 and k2. */
enum rejection access_fee(struct exec *x);
/* Puts the operation into a chain's outbox; CHAIN_UNKNOWN if it is not connected. */
enum rejection exec_out(struct exec *x, uint8_t chain);
/* The payout that the operation makes; its kind is the type. Whoever lets a broker pay it in
 * advance fills the rest of e->payout. */
void exec_payout(struct exec *x, token_id token, struct amount amount,
                 const uint8_t to[ADDRESS_LEN]);
/* A request's outbox entries: its own chain's, and that of the chain that pays, if another. */
enum rejection exec_request_out(struct exec *x, uint8_t chain, uint8_t paying);
static inline bool exec_sequencer(const struct exec *x) {
    return x->ctx->mode == APPLY_SEQUENCER;
}
/* The pool record of an account, of either curve, or NULL. */
static inline const struct record *pool_record(const struct state *s, account_id pool) {
    const struct record *r = state_account(s, pool);
    return record_is_pool(r) ? r : NULL;
}
/* An account that a request by `owner` counts for: same owner, or same address and authority any.
 */
bool record_owned_by(const struct record *r, const struct owner *owner);
/* The new record of an account that opens. */
struct record record_open(const struct owner *owner);
/* Account, nonce and validity of a type that pays a fee, as both resolve and apply check them. */
enum rejection check_signer(const struct state *s, const struct block_context *ctx,
                            const struct op *op);

/* ---- resolving (resolve.c) ---- */

/* The slot that holds token; `none` if there is none. */
enum rejection resolve_debit(const struct resolver *r, account_id account, token_id token,
                             enum rejection none, uint8_t *slot);
/* The slot that holds token or was promised to it, else the lowest empty one, now promised. */
enum rejection resolve_credit(struct resolver *r, account_id account, token_id token,
                              uint8_t *slot);
enum rejection resolve_new_account(const struct resolver *r, account_id *id);

#endif
