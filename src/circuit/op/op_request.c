#include "circuit/op/op_request.h"

enum { LIMIT = REQUEST_LIMIT, MINIMUM = REQUEST_MINIMUM, RESULT = REQUEST_RESULT };

static ax others(struct op_build *b, ax done) {
    return air_sum(b->c, 3, (ax[]){done, b->col[OPC_EXP0], b->col[OPC_EXP1]});
}

ax op_request_computed(struct op_build *b, ax s, ax done) {
    return op_mul(b, s, op_add(b, done, b->col[OPC_EXP0]));
}

ax op_request_impossible(struct op_build *b, ax s, ax done) {
    return op_mul(b, s, ax_not(b->c, others(b, done)));
}

/* 0 done, 1 below, 2 expired, 3 impossible */
ax op_request_outcome(struct op_build *b, ax done) {
    ax less = air_sum(b->c, 3,
                      (ax[]){air_scale_u64(b->c, 3, done), air_scale_u64(b->c, 2, b->col[OPC_EXP0]),
                             b->col[OPC_EXP1]});
    return op_sub(b, op_int(b, 3), less);
}

ax op_request_address(struct op_build *b) {
    return op_add(b, b->col[OPC_V(REQUEST_LOW)], op_shl(b, b->col[OPC_V(REQUEST_HIGH)], 112));
}

void op_request_word0(struct op_build *b, ax s, ax rest) {
    const ax *e = &b->col[OPC_EXP0];
    ax fee = air_sum(
        b->c, 4,
        (ax[]){b->col[OPC_MANT], op_shl(b, e[0], 32), op_shl(b, e[1], 33), op_shl(b, e[2], 34)});
    ax common = air_sum(
        b->c, 3,
        (ax[]){op_shl(b, b->col[OPC_ACC], 8), op_shl(b, fee, 52), op_shl(b, b->col[OPC_PEER], 87)});
    op_accumulate(b, &b->w0, s, op_sub(b, rest, common));
}

ax op_request_pool_supply(struct op_build *b) {
    ax pool = op_mul(b, b->col[OPC_PEER_KEY], ax_not(b->c, b->col[OPC_PEER_IS]));
    return op_mul(b, pool, b->col[OPC_PEER0 + 3]);
}

void op_request_reason(struct op_build *b, ax s, ax other, ax supply) {
    ax turn = op_mul(b, b->col[OPC_DIRECTION], op_sub(b, supply, other));
    op_use(b, OPC_U2, s);
    air_zero(b->c, op_mul(b, s, op_sub(b, b->col[OPC_U2], op_add(b, other, turn))),
             "request: a reason why it is impossible");
}

void op_request_no_pool(struct op_build *b, ax i, ax here) {
    ax reason = b->col[OPC_U2], direction = b->col[OPC_DIRECTION];
    ax wrong = ax_not(b->c, direction), g = op_mul(b, i, here);
    air_zero(b->c, op_mul(b, g, op_sub(b, op_mul(b, reason, b->col[OPC_INVERSE]), wrong)),
             "request: the tokens are not the pool's");
    air_zero(b->c, op_mul(b, g, op_mul(b, direction, reason)), "request: no pool, or empty");
    op_use(b, OPC_INVERSE, op_mul(b, g, wrong));
}

void op_request_has_liquidity(struct op_build *b, ax g) {
    ax product = op_mul(b, b->col[OPC_PEER0 + 3], b->col[OPC_INVERSE]);
    air_zero(b->c, op_mul(b, g, op_sub(b, product, op_int(b, 1))),
             "request: the pool has liquidity");
    op_use(b, OPC_INVERSE, g);
}

static void constrain_deadline(struct op_build *b, ax s) {
    ax expired = b->col[OPC_EXP1], slack = b->col[OPC_VALID_SLACK];
    ax left = op_sub(b, b->col[OPC_MANT], air_scalar(b->c, SCALAR_TIMESTAMP));
    ax turn = op_mul(b, expired, op_add(b, air_scale_u64(b->c, 2, left), op_int(b, 1)));
    b->mant_gate = op_add(b, b->mant_gate, s);
    op_accumulate(b, &b->mant_bits, s, op_int(b, DEADLINE_BITS));
    b->slack_gate = op_add(b, b->slack_gate, s);
    air_zero(b->c, op_mul(b, s, op_sub(b, slack, op_sub(b, left, turn))), "request: its deadline");
}

void op_request_constrain(struct op_build *b, ax s, ax done) {
    static const enum op_column used[] = {OPC_EXP0, OPC_EXP1,        OPC_EXP2,
                                          OPC_MANT, OPC_VALID_SLACK, OPC_CHAIN};
    for (unsigned i = 0; i < sizeof used / sizeof used[0]; i++) {
        op_use(b, used[i], s);
    }
    op_range(b, REQUEST_LOW, s, 112);
    op_range(b, REQUEST_HIGH, s, 48);
    op_range(b, REQUEST_INDEX, s, QUEUE_INDEX_BITS);
    op_range(b, LIMIT, s, 112);
    op_range(b, MINIMUM, s, 112);
    ax result = b->col[OPC_V(RESULT)], minimum = b->col[OPC_V(MINIMUM)];
    ax below = b->col[OPC_EXP0], none = b->col[OPC_EXP2], one = op_int(b, 1);
    ax sum = others(b, done);
    air_zero(b->c, op_mul(b, s, op_mul(b, sum, op_sub(b, sum, one))), "request: one outcome");
    constrain_deadline(b, s);

    ax over = op_sub(b, result, minimum);
    ax under = op_sub(b, none, op_add(b, over, one));
    ax computed = op_request_computed(b, s, done);
    ax limit = op_add(b, op_mul(b, done, over), op_mul(b, below, under));
    air_zero(b->c, op_mul(b, computed, op_sub(b, b->col[OPC_V(LIMIT)], limit)),
             "request: the minimum");
    air_zero(b->c, op_mul(b, op_mul(b, s, below), op_mul(b, none, result)),
             "request: a minimum of 0 counts as 1");
    air_zero(b->c, op_mul(b, op_mul(b, s, op_add(b, done, b->col[OPC_EXP1])), none),
             "request: exp2 is for results of 0 and reasons");

    op_log_words(b, s, 4);
    op_word(b, 1, s, minimum);
    b->out_gate = op_add(b, b->out_gate, s);
}

void op_request_fill(struct op_fill *f, uint64_t deadline, struct amount minimum,
                     struct amount result, u128 excess) {
    enum op_outcome o = f->op->outcome;
    uint64_t now = f->timestamp, slack = deadline >= now ? deadline - now : now - deadline - 1;
    op_set_u64(f, OPC_MANT, deadline);
    op_set_u64(f, OPC_VALID_SLACK, slack);
    lookups_range(f->lookups, DEADLINE_BITS, deadline);
    lookups_range(f->lookups, 40, slack);
    op_set_u64(f, OPC_EXP0, o == OUTCOME_BELOW_MINIMUM);
    op_set_u64(f, OPC_EXP1, o == OUTCOME_EXPIRED);
    op_set_value(f, MINIMUM, minimum.v, 112);
    u128 limit = excess;
    if (o == OUTCOME_DONE) {
        limit = result.v - minimum.v;
    } else if (o == OUTCOME_BELOW_MINIMUM) {
        bool none = amount_is_zero(result);
        op_set_u64(f, OPC_EXP2, none);
        limit = minimum.v + none - 1 - result.v;
    }
    op_set_value(f, LIMIT, limit, 112);
}

void op_request_fill_reason(struct op_fill *f, const fr *other, bool asked, bool direction) {
    const struct record *peer = &f->effect->access[5].before;
    fr supply = record_is_pool(peer) ? f->chip->col[OPC_PEER0 + 3][f->row] : FR_ZERO;
    bool impossible = f->op->outcome == OUTCOME_IMPOSSIBLE;
    if (impossible && !asked) {
        direction = fr_is_zero(&supply);
    }
    const fr *reason = direction ? &supply : other;
    op_set_u64(f, OPC_DIRECTION, direction);
    op_set(f, OPC_U2, reason);
    if (impossible && !asked && !direction) {
        op_set_inverse(f, reason);
    } else if (f->op->outcome == OUTCOME_BELOW_MINIMUM ||
               (f->op->outcome == OUTCOME_DONE && f->op->type == OP_ADD_LIQUIDITY_REQUEST)) {
        op_set_inverse(f, &supply);
    }
}

void op_request_fill_address(struct op_fill *f, const uint8_t address[ADDRESS_LEN]) {
    fr none = FR_ZERO;
    op_set_address(f, address);
    op_set(f, OPC_U1, &none);
}
