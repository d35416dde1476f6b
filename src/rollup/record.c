#include "rollup/record.h"

#include "crypto/babyjubjub.h"
#include "crypto/poseidon2.h"

#include <string.h>

struct record record_empty(void) {
    struct record r;
    memset(&r, 0, sizeof r);
    return r;
}

struct record record_balance(token_id token, struct amount amount) {
    struct record r = record_empty();
    if (!amount_is_zero(amount)) {
        r.tag = RECORD_BALANCE;
        r.u.balance.amount = amount;
        r.u.balance.token = token;
    }
    return r;
}

bool record_eq(const struct record *a, const struct record *b) {
    if (a->tag != b->tag) {
        return false;
    }
    switch (a->tag) {
    case RECORD_EMPTY:
        return true;
    case RECORD_BALANCE:
        return amount_eq(a->u.balance.amount, b->u.balance.amount) &&
               a->u.balance.token == b->u.balance.token;
    case RECORD_ACCOUNT:
    case RECORD_ACCOUNT_KEYED:
        return owner_eq(&a->u.account.owner, &b->u.account.owner) &&
               a->u.account.nonce == b->u.account.nonce &&
               fr_eq(&a->u.account.key_x, &b->u.account.key_x) &&
               fr_eq(&a->u.account.key_y, &b->u.account.key_y);
    case RECORD_POOL:
    case RECORD_STABLE_POOL:
        return a->u.pool.token_a == b->u.pool.token_a && a->u.pool.token_b == b->u.pool.token_b &&
               a->u.pool.fee == b->u.pool.fee && amount_eq(a->u.pool.supply, b->u.pool.supply) &&
               a->u.pool.curve.amp == b->u.pool.curve.amp &&
               a->u.pool.curve.mult_a == b->u.pool.curve.mult_a &&
               a->u.pool.curve.mult_b == b->u.pool.curve.mult_b;
    case RECORD_POSITION:
        return a->u.position.chain == b->u.position.chain &&
               a->u.position.index == b->u.position.index &&
               a->u.position.pool == b->u.position.pool &&
               memcmp(a->u.position.exit, b->u.position.exit, ADDRESS_LEN) == 0 &&
               amount_eq(a->u.position.shares, b->u.position.shares);
    }
    return false;
}

void position_id_to_fr(fr *out, uint8_t chain, uint64_t index) {
    uint64_t l[4] = {index, 0, (uint64_t)chain << 32, 0};
    (void)fr_from_limbs(out, l);
}

bool position_id_from_fr(uint8_t *chain, uint64_t *index, const fr *v) {
    uint64_t l[4];
    fr_to_limbs(l, v);
    bool ok = l[0] >> QUEUE_INDEX_BITS == 0 && l[1] == 0 && (l[2] & UINT32_MAX) == 0 &&
              l[2] >> (32 + CHAIN_BITS) == 0 && l[3] == 0;
    *index = ok ? l[0] : 0;
    *chain = ok ? (uint8_t)(l[2] >> 32) : 0;
    return ok;
}

void curve_word(fr *out, uint16_t fee, const struct curve *c) {
    u128 low = fee | (u128)c->amp << 16 | (u128)c->mult_a << 32 | (u128)c->mult_b << 72;
    (void)fr_from_limbs(out, (const uint64_t[4]){(uint64_t)low, (uint64_t)(low >> 64), 0, 0});
}

void record_fields(fr out[4], const struct record *r) {
    for (int i = 0; i < 4; i++) {
        out[i] = FR_ZERO;
    }
    switch (r->tag) {
    case RECORD_EMPTY:
        break;
    case RECORD_BALANCE:
        amount_to_fr(&out[0], r->u.balance.amount);
        fr_from_u64(&out[1], r->u.balance.token);
        break;
    case RECORD_ACCOUNT:
    case RECORD_ACCOUNT_KEYED:
        owner_to_fr(&out[0], &r->u.account.owner);
        fr_from_u64(&out[1], r->u.account.nonce);
        out[2] = r->u.account.key_x;
        out[3] = r->u.account.key_y;
        break;
    case RECORD_POOL:
    case RECORD_STABLE_POOL:
        fr_from_u64(&out[0], r->u.pool.token_a);
        fr_from_u64(&out[1], r->u.pool.token_b);
        curve_word(&out[2], r->u.pool.fee, &r->u.pool.curve);
        amount_to_fr(&out[3], r->u.pool.supply);
        break;
    case RECORD_POSITION:
        position_id_to_fr(&out[0], r->u.position.chain, r->u.position.index);
        fr_from_u64(&out[1], r->u.position.pool);
        address_to_fr(&out[2], r->u.position.exit);
        amount_to_fr(&out[3], r->u.position.shares);
        break;
    }
}

static bool balance_from_fields(struct record *out, const fr in[4]) {
    uint64_t token;
    if (!amount_from_fr(&out->u.balance.amount, &in[0]) || amount_is_zero(out->u.balance.amount) ||
        !fr_to_u64(&token, &in[1]) || token >> TOKEN_BITS != 0 || !fr_is_zero(&in[2]) ||
        !fr_is_zero(&in[3])) {
        return false;
    }
    out->u.balance.token = token;
    return true;
}

static bool account_from_fields(struct record *out, const fr in[4]) {
    out->u.account.key_x = in[2];
    out->u.account.key_y = in[3];
    return owner_from_fr(&out->u.account.owner, &in[0]) &&
           fr_to_u64(&out->u.account.nonce, &in[1]) &&
           out->u.account.nonce <= UINT64_C(1) << NONCE_BITS &&
           (out->tag == RECORD_ACCOUNT_KEYED || (fr_is_zero(&in[2]) && fr_is_zero(&in[3])));
}

/* The fee and, of a stable pool, the curve. */
static bool curve_from_word(struct record *out, const fr *word) {
    uint64_t l[4];
    fr_to_limbs(l, word);
    struct curve *c = &out->u.pool.curve;
    uint64_t fee = l[0] & 0xffff;
    if (out->tag == RECORD_STABLE_POOL) {
        const uint64_t mask = (UINT64_C(1) << MULTIPLIER_BITS) - 1;
        c->amp = l[0] >> 16 & 0xffff;
        c->mult_a = (l[0] >> 32 | l[1] << 32) & mask;
        c->mult_b = l[1] >> 8 & mask;
        if (l[1] >> 48 != 0 || c->amp == 0 || c->mult_a == 0 || c->mult_b == 0) {
            return false;
        }
    } else if (l[0] >> 16 != 0 || l[1] != 0) {
        return false;
    }
    out->u.pool.fee = (uint16_t)fee;
    return l[2] == 0 && l[3] == 0 && fee < POOL_FEE_UNIT;
}

static bool pool_from_fields(struct record *out, const fr in[4]) {
    uint64_t a, b;
    if (!fr_to_u64(&a, &in[0]) || !fr_to_u64(&b, &in[1]) ||
        !amount_from_fr(&out->u.pool.supply, &in[3]) || a >= b || b >> TOKEN_BITS != 0) {
        return false;
    }
    out->u.pool.token_a = a;
    out->u.pool.token_b = b;
    return curve_from_word(out, &in[2]);
}

static bool position_from_fields(struct record *out, const fr in[4]) {
    uint64_t pool;
    if (!position_id_from_fr(&out->u.position.chain, &out->u.position.index, &in[0]) ||
        !fr_to_u64(&pool, &in[1]) || pool >= ACCOUNT_LIMIT ||
        !address_from_fr(out->u.position.exit, &in[2]) ||
        !amount_from_fr(&out->u.position.shares, &in[3])) {
        return false;
    }
    out->u.position.pool = (account_id)pool;
    return true;
}

bool record_from_fields(struct record *out, unsigned tag, const fr in[4]) {
    struct record r = record_empty();
    bool ok = false;
    *out = r;
    r.tag = (enum record_tag)tag;
    switch (tag) {
    case RECORD_EMPTY:
        ok = fr_is_zero(&in[0]) && fr_is_zero(&in[1]) && fr_is_zero(&in[2]) && fr_is_zero(&in[3]);
        break;
    case RECORD_BALANCE:
        ok = balance_from_fields(&r, in);
        break;
    case RECORD_ACCOUNT:
    case RECORD_ACCOUNT_KEYED:
        ok = account_from_fields(&r, in);
        break;
    case RECORD_POOL:
    case RECORD_STABLE_POOL:
        ok = pool_from_fields(&r, in);
        break;
    case RECORD_POSITION:
        ok = position_from_fields(&r, in);
        break;
    default:
        break;
    }
    if (ok) {
        *out = r;
    }
    return ok;
}

void record_leaf(fr *out, const struct record *r) {
    if (r->tag == RECORD_EMPTY) {
        *out = FR_ZERO;
        return;
    }
    if (r->tag == RECORD_BALANCE) { /* amount 112 | token 40 | 1 */
        u128 low = r->u.balance.amount.v;
        uint64_t token = r->u.balance.token;
        uint64_t l[4] = {(uint64_t)low, (uint64_t)(low >> 64) | token << 48,
                         token >> 16 | UINT64_C(1) << 24, 0};
        (void)fr_from_limbs(out, l);
        return;
    }
    fr in[4], tag;
    uint64_t l[4] = {0, 0, 0, (uint64_t)r->tag << 8}; /* 2^200 tag */
    record_fields(in, r);
    (void)fr_from_limbs(&tag, l);
    fr_add(&in[0], &in[0], &tag);
    poseidon2_compress(out, in);
}

bool record_key_check(const fr *key_x, const fr *key_y) {
    bjj_affine key = {*key_x, *key_y};
    return bjj_key_check(&key);
}
