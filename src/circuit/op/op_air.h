/* The op chip: a row is one operation of the block; its number is the row index.
 *
 * A row makes up to nine accesses to the state (rollup/apply.h: k0..k8, at time 16 row + k + 1),
 * gives one to four log words, and speaks to outboxes and to the signature chip. chip_op.c declares
 * the columns and whatever is common; op_<name>.c holds what one operation means: its constraints
 * (op_<name>_constrain) and its row (op_<name>_fill). The constraint functions ADD to accumulators
 * below: sums of (selector of the operation) * (what it wants), so that one constraint or message
 * serves all operations. Every column that an operation does not use is 0 in its row.
 *
 * Values v0..v10 are range-checked as each operation says: range(V0, s, 112) = in rows of the
 * operation with selector s, 0 <= v0 < 2^112. Requests of types 17..19 (op_request.c) use v2,
 * v5..v9 and borrow columns of the fee: what an exchange's formula needs must be among v0, v1, v3,
 * v4, v10 and u1, or have columns of its own. */
#ifndef ZKLINK_CIRCUIT_OP_AIR_H
#define ZKLINK_CIRCUIT_OP_AIR_H

#include "circuit/columns.h"
#include "circuit/kinds.h"
#include "circuit/lookups.h"
#include "proof/trace.h"
#include "rollup/apply.h"

/* The types that have a selector, in the order of their columns. */
enum { OP_SELECTED = 19 };
extern const enum op_type op_selected[OP_SELECTED];

enum op_column {
    OPC_ACTIVE,
    OPC_SELECT, /* one for each of op_selected's types but the last, whose is `active` less the rest
                 */
    OPC_POS = OPC_SELECT + OP_SELECTED - 1, /* first log word */
    OPC_W0,                                 /* log word 0 */
    OPC_ACC,
    OPC_PEER, /* receiver or pool */
    OPC_SLOT_FEE,
    OPC_SLOT_FEEACC,
    OPC_SLOT_X,
    OPC_SLOT_Y, /* of the peer in transfers */
    OPC_SLOT_LP,
    OPC_TOKEN_FEE,
    OPC_TOKEN_X,
    OPC_TOKEN_Y,
    OPC_MANT,
    OPC_EXP0, /* bits of the fee's exponent */
    OPC_EXP1,
    OPC_EXP2,
    OPC_FEE,
    OPC_VALID_SLACK,            /* validUntil - timestamp */
    OPC_OLD,                    /* old amounts of accesses k1, k2, k3, k4, k6, k7, k8 */
    OPC_ACC_OPEN = OPC_OLD + 7, /* k0's old tag: see op_record_tag */
    OPC_ACC_IS,                 /* an account's record (tag 2 or 3) */
    OPC_ACC_KEY,                /* with `is`: has a key; else: a pool */
    OPC_ACC_MORE,               /* with `is`: a position; else: a stable pool */
    OPC_ACC0,                   /* k0's old record */
    OPC_PEER_OPEN = OPC_ACC0 + 4,
    OPC_PEER_IS,
    OPC_PEER_KEY,
    OPC_STABLE, /* the peer's `more` */
    OPC_PEER0,
    OPC_U1 = OPC_PEER0 + 4, /* owner or address in word 1 */
    OPC_U2,                 /* Ax or address in word 2 */
    OPC_U3,                 /* Ay in word 3 */
    OPC_CHAIN,              /* whose outbox gets the words */
    OPC_TOKEN_CHAIN,
    OPC_NO_MATCH, /* a request whose owner is not the account's */
    OPC_OK,       /* FullExit, RemoveLiquidityRequest: pays */
    OPC_DONE,     /* SwapRequest: the same */
    OPC_TWO,      /* the token's chain gets the words, too */
    OPC_SET_KEY,
    OPC_DIRECTION, /* of a pool's tokens: B to A */
    OPC_INVERSE,
    OPC_V0,
    OPC_V10 = OPC_V0 + 10,
    OPC_FORMULA, /* gates: enum op_formula; op_formula.c says what these are */
    OPC_POOL_FEE = OPC_FORMULA + 9,
    OPC_AMP,
    OPC_MULT_X,
    OPC_MULT_Y,
    OPC_NONE,
    OPC_SCALED_X,
    OPC_SCALED_Y,
    OPC_WIDE_V,
    OPC_WIDE_X2,
    OPC_WIDE_V2,
    OPC_F0,
    OPC_COLUMNS = OPC_F0 + 9
};
enum { OP_TYPES = OP_TYPE_MAX, OP_VALUES = 11 };
#define OPC_V(i) (OPC_V0 + (i))
#define OPC_F(i) (OPC_F0 + (i))

/* The pools' formulas as columns (one of them in a row) and as calls; see op_formula.h. */
enum op_formula {
    FORMULA_SWAP_CP,
    FORMULA_SWAP_ST,
    FORMULA_ADD_CP,
    FORMULA_ADD_ST,
    FORMULA_REMOVE_CP,
    FORMULA_REMOVE_ST,
    FORMULA_OVER_SUPPLY_CP,
    FORMULA_OVER_SUPPLY_ST,
    FORMULA_OVER_CAP
};
enum op_call {
    CALL_SWAP,
    CALL_ADD,
    CALL_REMOVE,
    CALL_OVER_SUPPLY,
    CALL_OVER_CAP,
    CALL_FIRST, /* times `stable`, as CALL_MORE */
    CALL_MORE,
    CALL_CURVE,
    CALL_COUNT
};

/* Index of access k's old amount among the OPC_OLD columns; k0 and k5 have none. */
unsigned op_old_column(unsigned k);

struct op_build {
    struct air_chip *c;
    ax col[OPC_COLUMNS];
    ax s[OP_TYPES + 1]; /* selectors by type; 0 for no type */

    /* Sums over operations; 0 to begin with. */
    ax users[OPC_COLUMNS]; /* 1 where the column is used, of those in `tracked` */
    bool tracked[OPC_COLUMNS];
    ax range_gate[OP_VALUES], range_bits[OP_VALUES];
    ax w0;                    /* what is common stands there already */
    ax word[4], word_gate[4]; /* [1..3] */
    ax n_words;
    ax message[4]; /* [1..3] */
    ax gate[ACCESS_COUNT], change[ACCESS_COUNT], debit[ACCESS_COUNT];
    ax slot6, slot7; /* slots of the peer's accesses */
    ax acc_change[4], acc_tag_change, peer_change[4], peer_tag_change;
    ax acc_account, acc_keyed;            /* k0: tag 2 or 3; tag 3 */
    ax peer_account, peer_pool, peer_new; /* k5: tag 2 or 3; 4; 0 */
    ax owner_gate, owner_authority;       /* word 1 is v2 + 2^112 v5 + 2^160 authority */
    ax owner_match;                       /* the account's owner is word 1, as a request means it */
    ax out_gate;                          /* the words go to the outbox of `chain` */
    ax mant_gate, mant_bits;              /* range of the column `mant` */
    ax nonce_gate, nonce_bits, nonce;     /* range of the nonce, or of what stands in for it */
    ax slack_gate;                        /* range of valid_slack, 40 bits */
    ax formula[CALL_COUNT];
    ax paid_value; /* what a paying request (ok, done) must show not to be 0 */
};

/* ---- for the constraint functions ---- */

static inline ax op_add(struct op_build *b, ax x, ax y) {
    return air_add(b->c, x, y);
}
static inline ax op_sub(struct op_build *b, ax x, ax y) {
    return air_sub(b->c, x, y);
}
static inline ax op_mul(struct op_build *b, ax x, ax y) {
    return air_mul(b->c, x, y);
}
static inline ax op_int(struct op_build *b, int64_t v) {
    return air_i64(b->c, v);
}
/* 2^bits x */
static inline ax op_shl(struct op_build *b, ax x, unsigned bits) {
    return ax_shift(b->c, x, bits);
}
/* *sum += s x */
static inline void op_accumulate(struct op_build *b, ax *sum, ax s, ax x) {
    *sum = op_add(b, *sum, op_mul(b, s, x));
}
/* s counts as a user of the column. */
void op_use(struct op_build *b, enum op_column column, ax s);
/* 0 <= v_i < 2^bits where s is 1; counts as use. */
void op_range(struct op_build *b, unsigned i, ax s, unsigned bits);
/* Access k is made where s is 1 and adds `change` (times s) to the old amount. */
void op_credit(struct op_build *b, unsigned k, ax s, ax amount);
/* It takes amount away, and needs a balance. */
void op_debit(struct op_build *b, unsigned k, ax s, ax amount);
/* The operation has n words; word 1.. are set apart. */
void op_log_words(struct op_build *b, ax s, unsigned n);
void op_word(struct op_build *b, unsigned i, ax s, ax value);
/* k5 and the pool's reserves are accessed; tokens x and y are the pool's, in the direction's order.
 */
void op_pool(struct op_build *b, ax s);
/* The same, but k5's record is a pool, with these tokens, only where g is 1 (g implies s). */
void op_pool_if(struct op_build *b, ax s, ax g); /* token_y is used there only */
/* Tag of k0's (bits = OPC_ACC_IS) or k5's (OPC_PEER_IS) old record; degree 2. */
ax op_record_tag(struct op_build *b, unsigned bits);
/* Word 1, in column u1, is an owner: 160-bit address and `authority` (a degree-1 expression). */
void op_owner(struct op_build *b, ax s, ax authority);

void op_deposit_constrain(struct op_build *b);
void op_set_signing_key_constrain(struct op_build *b);
void op_full_exit_constrain(struct op_build *b);
void op_change_pub_key_constrain(struct op_build *b);
void op_transfer_constrain(struct op_build *b);
void op_transfer_to_address_constrain(struct op_build *b);
void op_create_pool_constrain(struct op_build *b);
void op_add_liquidity_first_constrain(struct op_build *b);
void op_add_liquidity_constrain(struct op_build *b);
void op_remove_liquidity_constrain(struct op_build *b);
void op_create_stable_pool_constrain(struct op_build *b);
void op_add_liquidity_one_constrain(struct op_build *b);
void op_remove_liquidity_one_constrain(struct op_build *b);
void op_swap_constrain(struct op_build *b);
void op_withdraw_constrain(struct op_build *b);
void op_forced_exit_constrain(struct op_build *b);
void op_swap_request_constrain(struct op_build *b);
void op_add_liquidity_request_constrain(struct op_build *b);
void op_remove_liquidity_request_constrain(struct op_build *b);

/* Declares the chip. */
void chip_op(struct air *air, const struct circuit_kinds *k);

/* ---- for the filling functions ---- */

struct op_fill {
    struct trace_chip *chip;
    size_t row;
    uint64_t timestamp;
    const struct op *op;
    const struct effect *effect;
    struct lookups *lookups;
};

static inline void op_set(struct op_fill *f, unsigned column, const fr *v) {
    trace_set(f->chip, column, f->row, v);
}
static inline void op_set_u64(struct op_fill *f, unsigned column, uint64_t v) {
    trace_set_u64(f->chip, column, f->row, v);
}
/* v_i = v, looked up as bits wide. */
void op_set_value(struct op_fill *f, unsigned i, u128 v, unsigned bits);
/* The inverse of v, which is not 0. */
void op_set_inverse(struct op_fill *f, const fr *v);
/* Columns u1, v2, v5 of an owner or address in word 1. */
void op_set_owner(struct op_fill *f, const struct owner *owner);
void op_set_address(struct op_fill *f, const uint8_t address[ADDRESS_LEN]);

void op_deposit_fill(struct op_fill *f);
void op_set_signing_key_fill(struct op_fill *f);
void op_full_exit_fill(struct op_fill *f);
void op_change_pub_key_fill(struct op_fill *f);
void op_transfer_fill(struct op_fill *f);
void op_transfer_to_address_fill(struct op_fill *f);
void op_create_pool_fill(struct op_fill *f);
void op_add_liquidity_first_fill(struct op_fill *f);
void op_add_liquidity_fill(struct op_fill *f);
void op_remove_liquidity_fill(struct op_fill *f);
void op_create_stable_pool_fill(struct op_fill *f);
void op_add_liquidity_one_fill(struct op_fill *f);
void op_remove_liquidity_one_fill(struct op_fill *f);
void op_swap_fill(struct op_fill *f);
void op_withdraw_fill(struct op_fill *f);
void op_forced_exit_fill(struct op_fill *f);
void op_swap_request_fill(struct op_fill *f);
void op_add_liquidity_request_fill(struct op_fill *f);
void op_remove_liquidity_request_fill(struct op_fill *f);

/* Fills row `row` (added, zero) of the op chip: log position and timestamp as given. Lookups are
 * counted. */
void chip_op_fill(struct trace_chip *chip, size_t row, const struct op *op,
                  const struct effect *effect, uint64_t pos, uint64_t timestamp,
                  struct lookups *lookups);

#endif
