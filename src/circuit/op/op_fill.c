/* A row of the op chip: what all operations have in common, from the effect's access trace; the
 * rest is filled by the operation. */
#include "circuit/op/op_air.h"

void op_set_value(struct op_fill *f, unsigned i, u128 v, unsigned bits) {
    fr x;
    fr_from_u128(&x, v);
    op_set(f, OPC_V(i), &x);
    lookups_range(f->lookups, bits, v);
}

/* An address's value: lookups of its low 112 and high 48 bits in v2 and v5. */
void op_set_address(struct op_fill *f, const uint8_t address[ADDRESS_LEN]) {
    struct owner owner = {.authority = 0};
    memcpy(owner.address, address, ADDRESS_LEN);
    op_set_owner(f, &owner);
}

void op_set_owner(struct op_fill *f, const struct owner *owner) {
    enum { HIGH_BYTES = 6 };
    u128 low = 0, high = 0;
    for (unsigned i = 0; i < ADDRESS_LEN; i++) {
        u128 *part = i < HIGH_BYTES ? &high : &low;
        *part = *part << 8 | owner->address[i];
    }
    fr word;
    owner_to_fr(&word, owner);
    op_set(f, OPC_U1, &word);
    op_set_value(f, 2, low, 112);
    op_set_value(f, 5, high, 48);
}

static void fill_record(struct op_fill *f, const struct record *r, unsigned is_column,
                        unsigned field_column) {
    fr fields[4];
    record_fields(fields, r);
    bool is = record_is_account(r) || r->tag == RECORD_POSITION;
    op_set_u64(f, is_column, is);
    op_set_u64(f, is_column + 1, r->tag >= 3 && r->tag <= 5);
    op_set_u64(f, is_column + 2, r->tag >= 5);
    for (unsigned i = 0; i < 4; i++) {
        op_set(f, field_column + i, &fields[i]);
    }
}

static void fill_accesses(struct op_fill *f) {
    for (unsigned k = 0; k < ACCESS_COUNT; k++) {
        const struct access *a = &f->effect->access[k];
        if (a->kind == ACCESS_REC && k == 0) {
            fill_record(f, &a->before, OPC_ACC_IS, OPC_ACC0);
        } else if (a->kind == ACCESS_REC) {
            fill_record(f, &a->before, OPC_PEER_IS, OPC_PEER0);
        } else if (a->kind == ACCESS_BAL && a->before.tag == RECORD_BALANCE) {
            fr amount;
            amount_to_fr(&amount, a->before.u.balance.amount);
            op_set(f, op_old_column(k), &amount);
        }
    }
}

static void fill_fee(struct op_fill *f) {
    const struct op *op = f->op;
    fr fee;
    amount_to_fr(&fee, f->effect->amount_fee);
    op_set_u64(f, OPC_SLOT_FEE, op->fee_slot);
    op_set_u64(f, OPC_SLOT_FEEACC, op->fee_account_slot);
    op_set_u64(f, OPC_TOKEN_FEE, f->effect->access[1].token);
    op_set_u64(f, OPC_MANT, op->fee.mant);
    for (unsigned i = 0; i < 3; i++) {
        op_set_u64(f, OPC_EXP0 + i, op->fee.exp >> i & 1);
    }
    op_set(f, OPC_FEE, &fee);
    lookups_range(f->lookups, 32, op->fee.mant);
    lookups_range(f->lookups, 32, f->effect->access[0].before.u.account.nonce);
    if (op_is_signed(op->type)) {
        u128 slack = (u128)op->valid_until - f->timestamp; /* wraps far out of range if negative */
        fr v;
        fr_from_u128(&v, slack);
        op_set(f, OPC_VALID_SLACK, &v);
        lookups_range(f->lookups, 40, slack);
    }
}

/* The inverse that a request needs whose owner does not match, or that pays: see constrain_owner
 * and constrain_payment. What is not paid has its own (op_set_inverse). */
static void fill_inverse(struct op_fill *f) {
    fr **col = f->chip->col;
    size_t row = f->row;
    fr x = FR_ZERO, shift;
    if (!fr_is_zero(&col[OPC_NO_MATCH][row]) && !fr_is_zero(&col[OPC_ACC_IS][row])) {
        fr y;
        fr_pow2(&shift, 160);
        fr_sub(&x, &col[OPC_ACC0][row], &col[OPC_U1][row]);
        fr_mul(&y, &shift, &col[OPC_CHAIN][row]);
        fr_add(&y, &y, &x);
        fr_mul(&x, &x, &y);
    } else if (!fr_is_zero(&col[OPC_OK][row]) || !fr_is_zero(&col[OPC_DONE][row])) {
        x = f->op->type == OP_FULL_EXIT ? col[op_old_column(3)][row] : col[OPC_V(1)][row];
        if (!fr_is_zero(&col[OPC_TWO][row])) {
            fr_sub(&shift, &col[OPC_TOKEN_CHAIN][row], &col[OPC_CHAIN][row]);
            fr_mul(&x, &x, &shift);
        }
    } else {
        return;
    }
    op_set_inverse(f, &x);
}

void op_set_inverse(struct op_fill *f, const fr *v) {
    fr x;
    fr_inv(&x, v);
    op_set(f, OPC_INVERSE, &x);
}

void chip_op_fill(struct trace_chip *chip, size_t row, const struct op *op,
                  const struct effect *effect, uint64_t pos, uint64_t timestamp,
                  struct lookups *lookups) {
    static void (*const operations[OP_TYPES + 1])(struct op_fill *) = {
        [OP_DEPOSIT] = op_deposit_fill,
        [OP_SET_SIGNING_KEY] = op_set_signing_key_fill,
        [OP_FULL_EXIT] = op_full_exit_fill,
        [OP_CHANGE_PUB_KEY] = op_change_pub_key_fill,
        [OP_TRANSFER] = op_transfer_fill,
        [OP_TRANSFER_TO_ADDRESS] = op_transfer_to_address_fill,
        [OP_CREATE_POOL] = op_create_pool_fill,
        [OP_ADD_LIQUIDITY_FIRST] = op_add_liquidity_first_fill,
        [OP_ADD_LIQUIDITY] = op_add_liquidity_fill,
        [OP_REMOVE_LIQUIDITY] = op_remove_liquidity_fill,
        [OP_SWAP] = op_swap_fill,
        [OP_WITHDRAW] = op_withdraw_fill,
        [OP_CREATE_STABLE_POOL] = op_create_stable_pool_fill,
        [OP_ADD_LIQUIDITY_ONE] = op_add_liquidity_one_fill,
        [OP_REMOVE_LIQUIDITY_ONE] = op_remove_liquidity_one_fill,
        [OP_FORCED_EXIT] = op_forced_exit_fill,
        [OP_SWAP_REQUEST] = op_swap_request_fill,
        [OP_ADD_LIQUIDITY_REQUEST] = op_add_liquidity_request_fill,
        [OP_REMOVE_LIQUIDITY_REQUEST] = op_remove_liquidity_request_fill,
    };
    struct op_fill f = {chip, row, timestamp, op, effect, lookups};
    op_set_u64(&f, OPC_ACTIVE, 1);
    for (unsigned i = 0; i + 1 < OP_SELECTED; i++) {
        op_set_u64(&f, OPC_SELECT + i, op_selected[i] == op->type);
    }
    op_set_u64(&f, OPC_POS, pos);
    op_set(&f, OPC_W0, &effect->words[0]);
    op_set_u64(&f, OPC_ACC, op->account);
    fill_accesses(&f);
    if (op_pays_fee(op->type)) {
        fill_fee(&f);
    }
    operations[op->type](&f);
    fill_inverse(&f);
}
