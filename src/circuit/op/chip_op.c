/* The op chip's columns, what all operations share, and its messages; see op_air.h.
 *
 * What binds what:
 *   - one selector is 1 on an active row, none on an inactive one; every message is gated by
 * selectors;
 *   - POS ties the rows to 0, 1, .. without a gap and to the log positions;
 *   - acc, peer and slots that are accessed are bound to 28 and 8 bits by the leaf chip;
 *   - the signer is acc: SIG carries the key that k0 read from acc's record, whose nonce goes up;
 *   - tokens of debited slots are below 2^40, as every balance's; others are range-checked;
 *   - every new amount is checked below 2^112 by the balance chip, every moved one here. */
#include "circuit/op/op_formula.h"

const enum op_type op_selected[OP_SELECTED] = {
    OP_DEPOSIT,
    OP_SET_SIGNING_KEY,
    OP_FULL_EXIT,
    OP_CHANGE_PUB_KEY,
    OP_TRANSFER,
    OP_TRANSFER_TO_ADDRESS,
    OP_CREATE_POOL,
    OP_ADD_LIQUIDITY_FIRST,
    OP_ADD_LIQUIDITY,
    OP_REMOVE_LIQUIDITY,
    OP_SWAP,
    OP_WITHDRAW,
    OP_CREATE_STABLE_POOL,
    OP_ADD_LIQUIDITY_ONE,
    OP_REMOVE_LIQUIDITY_ONE,
    OP_FORCED_EXIT,
    OP_SWAP_REQUEST,
    OP_ADD_LIQUIDITY_REQUEST,
    OP_REMOVE_LIQUIDITY_REQUEST,
};

static const struct column_spec COLUMNS[OPC_COLUMNS] = {
    {"active", COLUMN_ACTIVE},
    {"is_deposit", COLUMN_BOOL_GATED},
    {"is_set_signing_key", COLUMN_BOOL_GATED},
    {"is_full_exit", COLUMN_BOOL_GATED},
    {"is_change_pub_key", COLUMN_BOOL_GATED},
    {"is_transfer", COLUMN_BOOL_GATED},
    {"is_transfer_to_address", COLUMN_BOOL_GATED},
    {"is_create_pool", COLUMN_BOOL_GATED},
    {"is_add_liquidity_first", COLUMN_BOOL_GATED},
    {"is_add_liquidity", COLUMN_BOOL_GATED},
    {"is_remove_liquidity", COLUMN_BOOL_GATED},
    {"is_swap", COLUMN_BOOL_GATED},
    {"is_withdraw", COLUMN_BOOL_GATED},
    {"is_create_stable_pool", COLUMN_BOOL_GATED},
    {"is_add_liquidity_one", COLUMN_BOOL_GATED},
    {"is_remove_liquidity_one", COLUMN_BOOL_GATED},
    {"is_forced_exit", COLUMN_BOOL_GATED},
    {"is_swap_request", COLUMN_BOOL_GATED},
    {"is_add_liquidity_request", COLUMN_BOOL_GATED},
    {"pos", COLUMN_PLAIN},
    {"w0", COLUMN_PLAIN},
    {"acc", COLUMN_PLAIN},
    {"peer", COLUMN_PLAIN},
    {"slot_fee", COLUMN_PLAIN},
    {"slot_feeacc", COLUMN_PLAIN},
    {"slot_x", COLUMN_PLAIN},
    {"slot_y", COLUMN_PLAIN},
    {"slot_lp", COLUMN_PLAIN},
    {"token_fee", COLUMN_PLAIN},
    {"token_x", COLUMN_PLAIN},
    {"token_y", COLUMN_PLAIN},
    {"mant", COLUMN_PLAIN},
    {"exp0", COLUMN_BOOL},
    {"exp1", COLUMN_BOOL},
    {"exp2", COLUMN_BOOL},
    {"fee", COLUMN_PLAIN},
    {"valid_slack", COLUMN_PLAIN},
    {"old1", COLUMN_PLAIN},
    {"old2", COLUMN_PLAIN},
    {"old3", COLUMN_PLAIN},
    {"old4", COLUMN_PLAIN},
    {"old6", COLUMN_PLAIN},
    {"old7", COLUMN_PLAIN},
    {"old8", COLUMN_PLAIN},
    {"acc_open", COLUMN_BOOL_GATED},
    {"acc_is", COLUMN_BOOL},
    {"acc_key", COLUMN_BOOL},
    {"acc_more", COLUMN_BOOL},
    {"acc0", COLUMN_PLAIN},
    {"acc1", COLUMN_PLAIN},
    {"acc2", COLUMN_PLAIN},
    {"acc3", COLUMN_PLAIN},
    {"peer_open", COLUMN_BOOL_GATED},
    {"peer_is", COLUMN_BOOL},
    {"peer_key", COLUMN_BOOL},
    {"stable", COLUMN_BOOL},
    {"peer0", COLUMN_PLAIN},
    {"peer1", COLUMN_PLAIN},
    {"peer2", COLUMN_PLAIN},
    {"peer3", COLUMN_PLAIN},
    {"u1", COLUMN_PLAIN},
    {"u2", COLUMN_PLAIN},
    {"u3", COLUMN_PLAIN},
    {"chain", COLUMN_PLAIN},
    {"token_chain", COLUMN_PLAIN},
    {"no_match", COLUMN_BOOL},
    {"ok", COLUMN_BOOL_GATED},
    {"done", COLUMN_BOOL_GATED},
    {"two", COLUMN_BOOL_GATED},
    {"set_key", COLUMN_PLAIN},
    {"direction", COLUMN_BOOL},
    {"inverse", COLUMN_PLAIN},
    {"v0", COLUMN_PLAIN},
    {"v1", COLUMN_PLAIN},
    {"v2", COLUMN_PLAIN},
    {"v3", COLUMN_PLAIN},
    {"v4", COLUMN_PLAIN},
    {"v5", COLUMN_PLAIN},
    {"v6", COLUMN_PLAIN},
    {"v7", COLUMN_PLAIN},
    {"v8", COLUMN_PLAIN},
    {"v9", COLUMN_PLAIN},
    {"v10", COLUMN_PLAIN},
    {"swap_cp", COLUMN_GATED},
    {"swap_st", COLUMN_GATED},
    {"add_cp", COLUMN_GATED},
    {"add_st", COLUMN_GATED},
    {"remove_cp", COLUMN_GATED},
    {"remove_st", COLUMN_GATED},
    {"over_supply_cp", COLUMN_GATED},
    {"over_supply_st", COLUMN_GATED},
    {"over_cap", COLUMN_GATED},
    {"pool_fee", COLUMN_PLAIN},
    {"amp", COLUMN_PLAIN},
    {"mult_x", COLUMN_PLAIN},
    {"mult_y", COLUMN_PLAIN},
    {"none", COLUMN_BOOL},
    {"scaled_x", COLUMN_PLAIN},
    {"scaled_y", COLUMN_PLAIN},
    {"wide_v", COLUMN_PLAIN},
    {"wide_x2", COLUMN_PLAIN},
    {"wide_v2", COLUMN_PLAIN},
    {"f0", COLUMN_PLAIN},
    {"f1", COLUMN_PLAIN},
    {"f2", COLUMN_PLAIN},
    {"f3", COLUMN_PLAIN},
    {"f4", COLUMN_PLAIN},
    {"f5", COLUMN_PLAIN},
    {"f6", COLUMN_PLAIN},
    {"f7", COLUMN_PLAIN},
    {"f8", COLUMN_PLAIN},
};

unsigned op_old_column(unsigned k) {
    static const uint8_t place[ACCESS_COUNT] = {0, 0, 1, 2, 3, 0, 4, 5, 6};
    return OPC_OLD + place[k];
}

/* ---- what the operations call ---- */

void op_use(struct op_build *b, enum op_column column, ax s) {
    b->users[column] = op_add(b, b->users[column], s);
    b->tracked[column] = true;
}

void op_range(struct op_build *b, unsigned i, ax s, unsigned bits) {
    op_use(b, (enum op_column)OPC_V(i), s);
    b->range_gate[i] = op_add(b, b->range_gate[i], s);
    op_accumulate(b, &b->range_bits[i], s, op_int(b, bits));
}

void op_credit(struct op_build *b, unsigned k, ax s, ax amount) {
    b->gate[k] = op_add(b, b->gate[k], s);
    op_accumulate(b, &b->change[k], s, amount);
}

void op_debit(struct op_build *b, unsigned k, ax s, ax amount) {
    op_credit(b, k, s, air_neg(b->c, amount));
    b->debit[k] = op_add(b, b->debit[k], s);
}

void op_log_words(struct op_build *b, ax s, unsigned n) {
    op_accumulate(b, &b->n_words, s, op_int(b, n));
    for (unsigned i = 1; i < n; i++) {
        b->word_gate[i] = op_add(b, b->word_gate[i], s);
    }
}

void op_word(struct op_build *b, unsigned i, ax s, ax value) {
    op_accumulate(b, &b->word[i], s, value);
}

void op_pool_if(struct op_build *b, ax s, ax g) {
    ax direction = b->col[OPC_DIRECTION];
    b->gate[5] = op_add(b, b->gate[5], s);
    b->peer_pool = op_add(b, b->peer_pool, g);
    op_accumulate(b, &b->slot6, s, op_add(b, op_int(b, 1), direction));
    op_accumulate(b, &b->slot7, s, op_sub(b, op_int(b, 2), direction));
    op_use(b, OPC_PEER, s);
    op_use(b, OPC_TOKEN_X, s);
    op_use(b, OPC_TOKEN_Y, g);
}

void op_pool(struct op_build *b, ax s) {
    op_pool_if(b, s, s);
    op_use(b, OPC_SLOT_X, s);
    op_use(b, OPC_SLOT_Y, s);
}

void op_owner(struct op_build *b, ax s, ax authority) {
    b->owner_gate = op_add(b, b->owner_gate, s);
    op_accumulate(b, &b->owner_authority, s, authority);
    op_range(b, 2, s, 112);
    op_range(b, 5, s, 48);
}

/* ---- what is common ---- */

/* The selectors as expressions, exactly one of them 1 on an active row. */
static void build_selectors(struct op_build *b) {
    ax last = b->col[OPC_ACTIVE];
    for (unsigned t = 0; t <= OP_TYPES; t++) {
        b->s[t] = op_int(b, 0);
    }
    for (unsigned i = 0; i + 1 < OP_SELECTED; i++) {
        b->s[op_selected[i]] = b->col[OPC_SELECT + i];
        last = op_sub(b, last, b->col[OPC_SELECT + i]);
    }
    b->s[op_selected[OP_SELECTED - 1]] = last;
    air_zero(b->c, op_mul(b, last, op_sub(b, last, op_int(b, 1))), "one operation type");
}

/* 1 in the rows of the types that are `which`. */
static ax select_which(struct op_build *b, bool (*which)(enum op_type)) {
    ax sum = op_int(b, 0);
    for (unsigned i = 0; i < OP_SELECTED; i++) {
        if (which(op_selected[i])) {
            sum = op_add(b, sum, b->s[op_selected[i]]);
        }
    }
    return sum;
}

/* mant 32 | exp 3 */
static ax fee_word(struct op_build *b) {
    const ax *e = &b->col[OPC_EXP0];
    return air_sum(
        b->c, 4,
        (ax[]){b->col[OPC_MANT], op_shl(b, e[0], 32), op_shl(b, e[1], 33), op_shl(b, e[2], 34)});
}

/* Types 4..16 pay a fee and use a nonce: k1, k2. */
static void build_fee(struct op_build *b) {
    const ax *e = &b->col[OPC_EXP0];
    ax paid = select_which(b, op_pays_fee), is_signed = select_which(b, op_is_signed);
    ax fee = b->col[OPC_MANT];
    for (unsigned i = 0; i < 3; i++) { /* times 2^(8 2^i) if the bit is set */
        ax factor = air_scale_u64(b->c, (UINT64_C(1) << (8U << i)) - 1, e[i]);
        fee = op_mul(b, fee, op_add(b, op_int(b, 1), factor));
    }
    air_zero(b->c, op_mul(b, paid, op_sub(b, b->col[OPC_FEE], fee)), "fee is mant 2^(8 exp)");
    static const enum op_column used[] = {OPC_SLOT_FEE, OPC_SLOT_FEEACC, OPC_TOKEN_FEE, OPC_MANT,
                                          OPC_EXP0,     OPC_EXP1,        OPC_EXP2,      OPC_FEE};
    for (unsigned i = 0; i < sizeof used / sizeof used[0]; i++) {
        op_use(b, used[i], paid);
    }
    op_debit(b, 1, paid, b->col[OPC_FEE]);
    op_credit(b, 2, paid, b->col[OPC_FEE]);
    op_accumulate(b, &b->acc_change[1], paid, op_int(b, 1)); /* nonce */
    b->acc_account = op_add(b, b->acc_account, paid);
    b->acc_keyed = op_add(b, b->acc_keyed, is_signed);
    op_use(b, OPC_VALID_SLACK, is_signed);
    b->slack_gate = op_add(b, b->slack_gate, is_signed);
    b->mant_gate = op_add(b, b->mant_gate, paid);
    op_accumulate(b, &b->mant_bits, paid, op_int(b, FEE_MANT_BITS));
    b->nonce_gate = op_add(b, b->nonce_gate, paid);
    op_accumulate(b, &b->nonce_bits, paid, op_int(b, NONCE_BITS));
    op_accumulate(b, &b->nonce, paid, b->col[OPC_ACC0 + 1]);
}

static void build_word0(struct op_build *b) {
    ax w0 = op_shl(b, b->col[OPC_ACC], 8);
    for (unsigned t = 1; t <= OP_TYPES; t++) {
        op_accumulate(b, &w0, b->s[t], op_int(b, t));
    }
    w0 = op_add(b, w0, op_shl(b, b->col[OPC_SLOT_FEE], 36));
    w0 = op_add(b, w0, op_shl(b, b->col[OPC_SLOT_FEEACC], 44));
    w0 = op_add(b, w0, op_shl(b, fee_word(b), 52));
    b->w0 = op_add(b, w0, op_shl(b, b->col[OPC_PEER], 87));
}

/* Tag of a record by its bits, 2 is + 4 key - 3 is key + more + 3 is more:
 *   is key more   000: 0 empty   100: 2, 110: 3 account   010: 4, 011: 5 pool   101: 6 position
 * (001: 1 and 111: 7 are tags that no record of slot 0 has; the leaf chip refuses them.) */
ax op_record_tag(struct op_build *b, unsigned bits) {
    ax is = b->col[bits], key = b->col[bits + 1], more = b->col[bits + 2];
    ax products = op_mul(b, is, op_sub(b, more, key));
    return air_sum(b->c, 4,
                   (ax[]){air_scale_u64(b->c, 2, is), air_scale_u64(b->c, 4, key), more,
                          air_scale_u64(b->c, 3, products)});
}

static void constrain_tags(struct op_build *b) {
    ax is = b->col[OPC_ACC_IS], key = b->col[OPC_ACC_KEY], open = b->col[OPC_ACC_OPEN];
    ax not_is = ax_not(b->c, is), not_key = ax_not(b->c, key), more = b->col[OPC_ACC_MORE];
    air_zero(b->c, op_add(b, op_mul(b, b->acc_account, not_is), op_mul(b, open, is)),
             "account's record: an account, or empty to be opened");
    air_zero(b->c, op_mul(b, op_add(b, b->acc_account, open), more),
             "account's record: no position where an account is wanted");
    air_zero(b->c, op_add(b, op_mul(b, b->acc_keyed, not_key), op_mul(b, open, key)),
             "account's record: with a key for signed operations");
    is = b->col[OPC_PEER_IS], key = b->col[OPC_PEER_KEY];
    not_is = ax_not(b->c, is), not_key = ax_not(b->c, key);
    ax other = op_add(b, b->peer_pool, b->peer_new);
    air_zero(b->c, op_add(b, op_mul(b, b->peer_account, not_is), op_mul(b, other, is)),
             "peer's record: an account where one is wanted");
    air_zero(b->c, op_add(b, op_mul(b, b->peer_pool, not_key), op_mul(b, b->peer_new, key)),
             "peer's record: a pool, or empty to be opened");
    air_zero(b->c, op_mul(b, op_add(b, b->peer_account, b->peer_new), b->col[OPC_STABLE]),
             "peer's record: no position where an account is wanted");
}

/* Owners: word 1's shape; that it is the account's; that it is not. */
static void constrain_owner(struct op_build *b) {
    ax u1 = b->col[OPC_U1], owner = b->col[OPC_ACC0], none = b->col[OPC_NO_MATCH];
    ax address = op_add(b, b->col[OPC_V(2)], op_shl(b, b->col[OPC_V(5)], 112));
    air_zero(b->c,
             op_sub(b, op_mul(b, b->owner_gate, op_sub(b, u1, address)),
                    op_shl(b, b->owner_authority, 160)),
             "word 1 is an owner");
    /* r0 is w1, or w1 with authority "any" */
    ax difference = op_sub(b, owner, u1);
    ax p = op_mul(b, difference, op_add(b, difference, op_shl(b, b->col[OPC_CHAIN], 160)));
    air_zero(b->c, op_mul(b, b->owner_match, p), "the requester owns the account");
    /* Positions have `is`, too: their id is no owner's word, as no address is a queue's index. */
    ax inverse = b->col[OPC_INVERSE], apart = op_mul(b, none, b->col[OPC_ACC_IS]);
    air_zero(b->c, op_sub(b, op_mul(b, apart, op_mul(b, p, inverse)), apart),
             "the requester does not own the account");
    op_use(b, OPC_INVERSE, apart);
}

/* A request that pays (ok, done): what it pays, paid_value, is not 0; token_chain is the paying
 * chain, whose outbox gets the words too (two) if and only if it is not `chain`. */
static void constrain_payment(struct op_build *b) {
    ax ok = op_add(b, b->col[OPC_OK], b->col[OPC_DONE]), two = b->col[OPC_TWO], one = op_int(b, 1);
    ax apart = op_sub(b, b->col[OPC_TOKEN_CHAIN], b->col[OPC_CHAIN]);
    ax some = op_mul(b, b->paid_value, b->col[OPC_INVERSE]);
    ax same = op_sub(b, ok, two);
    op_use(b, OPC_INVERSE, ok);
    air_zero(b->c, op_mul(b, same, op_sub(b, some, one)), "pays something, on the same chain");
    air_zero(b->c, op_mul(b, same, apart), "the same chain");
    air_zero(b->c, op_mul(b, two, op_sub(b, op_mul(b, some, apart), one)),
             "pays something, on another chain");
    air_zero(b->c, op_mul(b, two, ax_not(b->c, ok)), "a second chain to pay on");
}

static void constrain_pool(struct op_build *b) {
    const ax *r = &b->col[OPC_PEER0];
    ax turn = op_mul(b, b->col[OPC_DIRECTION], op_sub(b, r[1], r[0]));
    ax x = op_add(b, r[0], turn), y = op_sub(b, r[1], turn);
    air_zero(b->c, op_mul(b, b->peer_pool, op_sub(b, b->col[OPC_TOKEN_X], x)),
             "token x is the pool's");
    air_zero(b->c, op_mul(b, b->peer_pool, op_sub(b, b->col[OPC_TOKEN_Y], y)),
             "token y is the pool's");
}

static void constrain_unused(struct op_build *b) {
    for (unsigned k = 1; k < ACCESS_COUNT; k++) {
        if (k != 5) {
            op_use(b, (enum op_column)op_old_column(k), b->gate[k]);
        }
    }
    for (unsigned i = 0; i < 4; i++) {
        op_use(b, (enum op_column)(OPC_ACC0 + i), b->gate[0]);
        op_use(b, (enum op_column)(OPC_PEER0 + i), b->gate[5]);
    }
    op_use(b, OPC_ACC, b->gate[0]);
    for (unsigned i = 0; i < 3; i++) { /* is, key, more */
        op_use(b, (enum op_column)(OPC_ACC_IS + i), b->gate[0]);
        op_use(b, (enum op_column)(OPC_PEER_IS + i), b->gate[5]);
    }
    for (unsigned i = 0; i < OPC_COLUMNS; i++) {
        if (b->tracked[i]) {
            air_zero(b->c, op_mul(b, ax_not(b->c, b->users[i]), b->col[i]), "unused %s is 0",
                     COLUMNS[i].name);
        }
    }
}

/* ---- messages ---- */

static ax access_time(struct op_build *b, unsigned k) {
    return op_add(b, air_scale_u64(b->c, 16, air_row(b->c)), op_int(b, (int64_t)k + 1));
}

static void give_record(struct op_build *b, const struct circuit_kinds *kinds, unsigned k, ax acc,
                        unsigned bits, ax tag_change, const ax *r, const ax change[4]) {
    ax tag = op_record_tag(b, bits);
    ax f[KIND_REC_ARITY] = {access_time(b, k), acc, tag, op_add(b, tag, tag_change)};
    for (unsigned i = 0; i < 4; i++) {
        f[4 + i] = r[i];
        f[8 + i] = op_add(b, r[i], change[i]);
    }
    air_give(b->c, kinds->rec, b->gate[k], KIND_REC_ARITY, f);
}

static void give_balance(struct op_build *b, const struct circuit_kinds *kinds, unsigned k, ax acc,
                         ax slot, ax token) {
    ax old = b->col[op_old_column(k)];
    air_give(b->c, kinds->bal, b->gate[k], KIND_BAL_ARITY,
             (ax[]){access_time(b, k), acc, slot, token, old, op_add(b, old, b->change[k]),
                    b->debit[k]});
}

static void give_range(struct op_build *b, const struct circuit_kinds *kinds, unsigned i) {
    air_give(b->c, kinds->rng, b->range_gate[i], KIND_RNG_ARITY,
             (ax[]){b->range_bits[i], b->col[OPC_V(i)]});
}

static void give_log(struct op_build *b, const struct circuit_kinds *kinds, unsigned i) {
    ax gate = i == 0 ? b->col[OPC_ACTIVE] : b->word_gate[i];
    air_give(b->c, kinds->log, gate, KIND_LOG_ARITY,
             (ax[]){op_add(b, b->col[OPC_POS], op_int(b, i)), b->word[i]});
}

static void give_out(struct op_build *b, const struct circuit_kinds *kinds, ax gate, ax chain) {
    air_give(b->c, kinds->out, gate, KIND_OUT_ARITY,
             (ax[]){chain, air_row(b->c), b->word[0], b->word[1], b->word[2], b->word[3]});
}

/* type 8 | acc 28 | nonce 32 | validUntil 48 | token_fee 40 | FEE 35. validUntil < 2^41, because
 * the timestamp and the slack are below 2^40: no field can be read into another. */
static void give_signature(struct op_build *b, const struct circuit_kinds *kinds, ax is_signed) {
    const ax *r = &b->col[OPC_ACC0];
    ax until = op_add(b, air_scalar(b->c, SCALAR_TIMESTAMP), b->col[OPC_VALID_SLACK]);
    ax m0 = b->s[OP_ADD_LIQUIDITY_FIRST]; /* its message has type 9 */
    for (unsigned i = 0; i < OP_SELECTED; i++) {
        enum op_type t = op_selected[i];
        if (op_is_signed(t)) {
            op_accumulate(b, &m0, b->s[t], op_int(b, t));
        }
    }
    m0 = op_add(b, m0, op_shl(b, b->col[OPC_ACC], 8));
    m0 = op_add(b, m0, op_shl(b, r[1], 36));
    m0 = op_add(b, m0, op_shl(b, until, 68));
    m0 = op_add(b, m0, op_shl(b, b->col[OPC_TOKEN_FEE], 116));
    m0 = op_add(b, m0, op_shl(b, fee_word(b), 156));
    air_give(b->c, kinds->sig, is_signed, KIND_SIG_ARITY,
             (ax[]){air_row(b->c), r[2], r[3], m0, b->message[1], b->message[2], b->message[3]});
}

/* The order makes pairs that are used together, so that the helper columns of the others are 0. */
static void give_messages(struct op_build *b, const struct circuit_kinds *kinds) {
    const ax *col = b->col;
    ax active = col[OPC_ACTIVE], row = air_row(b->c), acc = col[OPC_ACC], peer = col[OPC_PEER];
    ax is_signed = select_which(b, op_is_signed), bits40 = op_int(b, 40);
    give_record(b, kinds, 0, acc, OPC_ACC_IS, b->acc_tag_change, &col[OPC_ACC0], b->acc_change);
    air_take(b->c, kinds->pos, active, KIND_POS_ARITY, (ax[]){row, col[OPC_POS]});
    air_give(b->c, kinds->pos, active, KIND_POS_ARITY,
             (ax[]){op_add(b, row, op_int(b, 1)), op_add(b, col[OPC_POS], b->n_words)});
    give_log(b, kinds, 0);
    give_balance(b, kinds, 1, acc, col[OPC_SLOT_FEE], col[OPC_TOKEN_FEE]);
    give_balance(b, kinds, 2, air_scalar(b->c, SCALAR_FEE_ACCOUNT), col[OPC_SLOT_FEEACC],
                 col[OPC_TOKEN_FEE]);
    air_give(b->c, kinds->rng, b->mant_gate, KIND_RNG_ARITY, (ax[]){b->mant_bits, col[OPC_MANT]});
    air_give(b->c, kinds->rng, b->nonce_gate, KIND_RNG_ARITY, (ax[]){b->nonce_bits, b->nonce});
    air_give(b->c, kinds->rng, b->slack_gate, KIND_RNG_ARITY, (ax[]){bits40, col[OPC_VALID_SLACK]});
    give_signature(b, kinds, is_signed);
    give_balance(b, kinds, 3, acc, col[OPC_SLOT_X], col[OPC_TOKEN_X]);
    give_range(b, kinds, 0);
    give_record(b, kinds, 5, peer, OPC_PEER_IS, b->peer_tag_change, &col[OPC_PEER0],
                b->peer_change);
    give_balance(b, kinds, 6, peer, b->slot6, col[OPC_TOKEN_X]);
    give_balance(b, kinds, 4, acc, col[OPC_SLOT_Y], col[OPC_TOKEN_Y]);
    give_balance(b, kinds, 7, peer, b->slot7, col[OPC_TOKEN_Y]);
    give_range(b, kinds, 1);
    give_range(b, kinds, 8);
    give_range(b, kinds, 3);
    give_range(b, kinds, 4);
    give_range(b, kinds, 5);
    give_range(b, kinds, 6);
    give_range(b, kinds, 2);
    give_log(b, kinds, 1);
    give_range(b, kinds, 7);
    give_balance(b, kinds, 8, acc, col[OPC_SLOT_LP], peer);
    give_range(b, kinds, 9);
    give_range(b, kinds, 10);
    give_log(b, kinds, 2);
    give_log(b, kinds, 3);
    give_out(b, kinds, b->out_gate, col[OPC_CHAIN]);
    give_out(b, kinds, col[OPC_TWO], col[OPC_TOKEN_CHAIN]);
    op_formula_messages(b, kinds);
}

static void build_clear(struct op_build *b) {
    ax zero = air_u64(b->c, 0);
    for (unsigned i = 0; i < OPC_COLUMNS; i++) {
        b->users[i] = zero;
    }
    for (unsigned i = 0; i < OP_VALUES; i++) {
        b->range_gate[i] = b->range_bits[i] = zero;
    }
    for (unsigned i = 0; i < 4; i++) {
        b->word[i] = b->word_gate[i] = b->message[i] = zero;
        b->acc_change[i] = b->peer_change[i] = zero;
    }
    for (unsigned k = 0; k < ACCESS_COUNT; k++) {
        b->gate[k] = b->change[k] = b->debit[k] = zero;
    }
    b->n_words = b->slot6 = b->slot7 = b->acc_tag_change = b->peer_tag_change = zero;
    b->acc_account = b->acc_keyed = b->peer_account = b->peer_pool = b->peer_new = zero;
    b->owner_gate = b->owner_authority = b->owner_match = b->out_gate = zero;
    b->mant_gate = b->mant_bits = b->nonce_gate = b->nonce_bits = b->nonce = b->slack_gate = zero;
    b->paid_value = zero;
    for (unsigned i = 0; i < CALL_COUNT; i++) {
        b->formula[i] = zero;
    }
}

void chip_op(struct air *air, const struct circuit_kinds *kinds) {
    static void (*const operations[])(struct op_build *) = {
        op_deposit_constrain,
        op_set_signing_key_constrain,
        op_full_exit_constrain,
        op_change_pub_key_constrain,
        op_transfer_constrain,
        op_transfer_to_address_constrain,
        op_create_pool_constrain,
        op_add_liquidity_first_constrain,
        op_add_liquidity_constrain,
        op_remove_liquidity_constrain,
        op_swap_constrain,
        op_withdraw_constrain,
        op_forced_exit_constrain,
        op_swap_request_constrain,
        op_create_stable_pool_constrain,
        op_add_liquidity_one_constrain,
        op_remove_liquidity_one_constrain,
        op_add_liquidity_request_constrain,
        op_remove_liquidity_request_constrain,
    };
    struct op_build b = {.c = air_chip(air, "op", -1, false)};
    if (!b.c) {
        return; /* air_finish reports it */
    }
    columns_declare(b.c, COLUMNS, OPC_COLUMNS, b.col);
    build_clear(&b);
    b.gate[0] = b.col[OPC_ACTIVE]; /* all operations but some requests */
    build_selectors(&b);
    build_fee(&b);
    build_word0(&b);
    for (unsigned i = 0; i < sizeof operations / sizeof operations[0]; i++) {
        operations[i](&b);
    }
    air_zero(b.c, op_sub(&b, b.col[OPC_W0], b.w0), "word 0");
    b.word[0] = b.col[OPC_W0];
    constrain_tags(&b);
    constrain_owner(&b);
    constrain_payment(&b);
    constrain_pool(&b);
    op_formula_constrain(&b);
    constrain_unused(&b);
    give_messages(&b, kinds);
}
