/* Rows of op_formula.c: the columns are the numbers of effect->trade under other names. */
#include "circuit/op/op_formula.h"

#include "rollup/pool.h"

/* Old amount of a reserve, k6 or k7. */
static u128 reserve(const struct op_fill *f, unsigned k) {
    const struct record *r = &f->effect->access[k].before;
    return r->tag == RECORD_BALANCE ? r->u.balance.amount.v : 0;
}

static const struct record *pool(const struct op_fill *f) {
    return &f->effect->access[5].before;
}

static bool is_stable(const struct op_fill *f) {
    return pool(f)->tag == RECORD_STABLE_POOL;
}

/* The multipliers of token x and token y: k6 is the reserve of token x. */
static uint64_t mult(const struct op_fill *f, unsigned k) {
    const struct curve *c = &pool(f)->u.pool.curve;
    return f->effect->access[k].slot == 2 ? c->mult_b : c->mult_a;
}

static void set_own(struct op_fill *f, unsigned i, u128 v) {
    fr x;
    fr_from_u128(&x, v);
    op_set(f, OPC_F(i), &x);
    lookups_range(f->lookups, 112, v);
}

static void set_u128(struct op_fill *f, unsigned column, u128 v) {
    fr x;
    fr_from_u128(&x, v);
    op_set(f, column, &x);
}

static void set_curve(struct op_fill *f, uint16_t fee, uint32_t amp, uint64_t mx, uint64_t my) {
    op_set_u64(f, OPC_POOL_FEE, fee);
    op_set_u64(f, OPC_AMP, amp);
    op_set_u64(f, OPC_MULT_X, mx);
    op_set_u64(f, OPC_MULT_Y, my);
    lookups_r16(f->lookups, fee);
    lookups_r16(f->lookups, (uint16_t)amp);
    lookups_range(f->lookups, MULTIPLIER_BITS, mx);
    lookups_range(f->lookups, MULTIPLIER_BITS, my);
}

/* The gate, the pool's fee and curve, x and y. */
static void begin(struct op_fill *f, enum op_formula formula) {
    const struct record *r = pool(f);
    const struct pool_trade *t = &f->effect->trade;
    op_set_u64(f, OPC_FORMULA + formula, 1);
    if (is_stable(f)) {
        set_curve(f, r->u.pool.fee, r->u.pool.curve.amp, mult(f, 6), mult(f, 7));
        set_u128(f, OPC_SCALED_X, t->x);
        set_u128(f, OPC_SCALED_Y, t->y);
    } else {
        op_set_u64(f, OPC_POOL_FEE, r->u.pool.fee);
        if (formula != FORMULA_SWAP_CP) {
            set_u128(f, OPC_SCALED_X, r->u.pool.supply.v);
            set_u128(f, OPC_SCALED_Y, r->u.pool.supply.v);
        }
    }
}

static enum op_formula either(const struct op_fill *f, enum op_formula product) {
    return is_stable(f) ? (enum op_formula)(product + 1) : product;
}

/* The fee's division. */
static void set_fee(struct op_fill *f, unsigned unit) {
    const struct pool_trade *t = &f->effect->trade;
    op_set_value(f, 3, t->fee_rem, 128);
    op_set_value(f, 4, unit - 1 - t->fee_rem, 128);
}

/* ---- WIDE ---- */

static void set_v(struct op_fill *f, unsigned column, const struct wide_statement *w) {
    uint64_t l[4] = {w->v[0], w->v[1], w->v[2], 0};
    fr v;
    (void)fr_from_limbs(&v, l);
    if (w->negative) {
        fr_neg(&v, &v);
    }
    op_set(f, column, &v);
}

static void v_from(struct wide_statement *w, const struct u256 *plus, const struct u256 *minus) {
    struct u256 v;
    w->negative = wide_cmp(plus->l, minus->l, 4) < 0;
    if (w->negative) {
        (void)wide_sub(v.l, minus->l, plus->l, 4);
    } else {
        (void)wide_sub(v.l, plus->l, minus->l, 4);
    }
    for (unsigned i = 0; i < 3; i++) {
        w->v[i] = v.l[i];
    }
}

/* F(x, y, d) as d^2 u + x y v. */
static struct wide_statement curve_at(const struct op_fill *f, bool gt, u128 x, u128 y, u128 d) {
    uint32_t amp = pool(f)->u.pool.curve.amp;
    struct wide_statement w = {.gt = gt, .d = d, .x = x, .y = y, .u = d};
    struct u256 plus = u256_mul_u128(16 * (u128)amp - 4, d),
                minus = u256_mul_u128(16 * (u128)amp, x + y);
    v_from(&w, &plus, &minus);
    return w;
}

/* d^2 u - S^2 v. */
static struct wide_statement product_at(const struct op_fill *f, bool gt, u128 d, u128 u, u128 v) {
    u128 supply = pool(f)->u.pool.supply.v;
    return (struct wide_statement){.gt = gt,
                                   .negative = true,
                                   .d = d,
                                   .x = supply,
                                   .y = supply,
                                   .u = u,
                                   .v = {(uint64_t)v, (uint64_t)(v >> 64), 0}};
}

static void look_up(struct op_fill *f, struct wide_statement w) {
    lookups_wide(f->lookups, &w);
}

/* Pair 1 on a stable pool, and f3. */
static void set_pair1(struct op_fill *f) {
    const struct pool_trade *t = &f->effect->trade;
    struct wide_statement w = curve_at(f, false, t->x, t->y, t->d);
    set_own(f, 3, t->d);
    set_v(f, OPC_WIDE_V, &w);
    look_up(f, w);
    look_up(f, curve_at(f, true, t->x, t->y, t->d + 1));
}

/* Pair 2; if y2 was solved for, its neighbour is y2 - 1, else d2 + 1. */
static void set_pair2(struct op_fill *f, bool solved) {
    const struct pool_trade *t = &f->effect->trade;
    struct wide_statement w = curve_at(f, false, t->x2, t->y2, t->d2);
    set_u128(f, OPC_WIDE_X2, t->x2);
    set_v(f, OPC_WIDE_V2, &w);
    if (!solved || !t->none) {
        look_up(f, w);
    }
    look_up(f, solved ? curve_at(f, true, t->x2, t->y2 - 1, t->d2)
                      : curve_at(f, true, t->x2, t->y2, t->d2 + 1));
}

/* f0, f1, f2, f4 and none of a reserve that was solved for. */
static void set_solved(struct op_fill *f, uint64_t multiplier) {
    const struct pool_trade *t = &f->effect->trade;
    op_set_u64(f, OPC_NONE, t->none);
    set_own(f, 0, t->gross.v);
    set_own(f, 1, t->unit_rem);
    set_own(f, 2, multiplier - 1 - t->unit_rem);
    set_own(f, 4, t->y2 - 1);
    set_pair2(f, true);
}

/* The room that x + m in + y leaves below the cap. */
static void set_cap(struct op_fill *f, struct amount in) {
    const struct pool_trade *t = &f->effect->trade;
    set_own(f, 5, POOL_CAP - t->x - t->y - in.v * mult(f, 6));
}

/* ---- the formulas ---- */

void op_swap_formula_fill(struct op_fill *f, struct amount in) {
    const struct pool_trade *t = &f->effect->trade;
    begin(f, either(f, FORMULA_SWAP_CP));
    op_set_value(f, 1, t->result.v, 112);
    if (!is_stable(f)) {
        op_set_value(f, 3, t->rem, 128);
        op_set_value(f, 4, t->den - 1 - t->rem, 128);
        return;
    }
    set_fee(f, POOL_FEE_UNIT);
    set_cap(f, in);
    set_pair1(f);
    set_solved(f, mult(f, 7));
}

/* a on a constant-product pool: 20000 R + a (20000 - fee). */
static u128 value_after(const struct op_fill *f, struct amount a) {
    return reserve(f, 6) * POOL_HALF_FEE_UNIT +
           a.v * (unsigned)(POOL_HALF_FEE_UNIT - pool(f)->u.pool.fee);
}

void op_add_one_formula_fill(struct op_fill *f, struct amount amount) {
    const struct pool_trade *t = &f->effect->trade;
    u128 total = pool(f)->u.pool.supply.v + t->result.v;
    begin(f, either(f, FORMULA_ADD_CP));
    op_set_value(f, 1, t->result.v, 112);
    if (!is_stable(f)) {
        u128 u = reserve(f, 6) * POOL_HALF_FEE_UNIT, v = value_after(f, amount);
        struct wide_statement w = product_at(f, false, total, u, v);
        set_own(f, 3, total);
        set_v(f, OPC_WIDE_V, &w);
        look_up(f, w);
        look_up(f, product_at(f, true, total + 1, u, v));
        return;
    }
    set_fee(f, POOL_HALF_FEE_UNIT);
    set_cap(f, amount);
    set_pair1(f);
    op_set_u64(f, OPC_NONE, t->none);
    set_own(f, 0, t->net.v);
    set_own(f, 1, t->share_rem);
    set_own(f, 2, t->d - t->share_rem);
    set_own(f, 4, t->d2);
    set_pair2(f, false);
    set_own(f, 8, total);
}

void op_remove_one_formula_fill(struct op_fill *f, struct amount shares) {
    const struct pool_trade *t = &f->effect->trade;
    u128 supply = pool(f)->u.pool.supply.v, left = supply - shares.v;
    begin(f, either(f, FORMULA_REMOVE_CP));
    op_set_value(f, 1, t->result.v, 112);
    set_fee(f, POOL_HALF_FEE_UNIT);
    set_own(f, 8, left - 1);
    if (!is_stable(f)) {
        u128 r = reserve(f, 6), kept = r - t->gross.v;
        struct wide_statement w = product_at(f, false, left, r, kept);
        set_own(f, 0, t->gross.v);
        set_own(f, 3, left);
        set_own(f, 4, kept - 1);
        set_v(f, OPC_WIDE_V, &w);
        look_up(f, w);
        look_up(f, product_at(f, true, left, r, kept - 1));
        return;
    }
    set_pair1(f);
    set_own(f, 5, t->d2);
    set_own(f, 6, t->share_rem);
    set_own(f, 7, supply - 1 - t->share_rem);
    set_solved(f, mult(f, 6));
}

void op_over_cap_formula_fill(struct op_fill *f, struct amount amount) {
    const struct pool_trade *t = &f->effect->trade;
    begin(f, FORMULA_OVER_CAP);
    struct u256 past = u256_mul_u128(amount.v, mult(f, 6)), there = u256_from_u128(t->x + t->y),
                cap = u256_from_u128(POOL_CAP + 1);
    (void)u256_add(&past, &past, &there);
    (void)wide_sub(past.l, past.l, cap.l, 4);
    u128 low = (u128)past.l[1] << 64 | past.l[0], high = (u128)past.l[3] << 64 | past.l[2];
    set_own(f, 5, low & (((u128)1 << AMOUNT_BITS) - 1));
    set_own(f, 6, low >> AMOUNT_BITS | high << (128 - AMOUNT_BITS));
}

void op_over_supply_formula_fill(struct op_fill *f, struct amount amount) {
    const struct pool_trade *t = &f->effect->trade;
    u128 supply = pool(f)->u.pool.supply.v;
    begin(f, either(f, FORMULA_OVER_SUPPLY_CP));
    if (!is_stable(f)) {
        struct wide_statement w =
            product_at(f, false, (u128)1 << AMOUNT_BITS, reserve(f, 6) * POOL_HALF_FEE_UNIT,
                       value_after(f, amount));
        set_v(f, OPC_WIDE_V, &w);
        look_up(f, w);
        return;
    }
    set_fee(f, POOL_HALF_FEE_UNIT);
    set_cap(f, amount);
    set_pair1(f);
    set_own(f, 0, t->net.v);
    set_own(f, 4, t->d2);
    set_pair2(f, false);
    look_up(f, (struct wide_statement){.negative = true,
                                       .d = (u128)1 << (AMOUNT_BITS / 2),
                                       .x = supply,
                                       .y = t->d2,
                                       .u = t->d + 1,
                                       .v = {1}});
}

/* ---- AddLiquidity, CreateStablePool ---- */

static void set_record_curve(struct op_fill *f) {
    const struct record *r = pool(f);
    const struct curve *c = &r->u.pool.curve;
    set_curve(f, r->u.pool.fee, c->amp, c->mult_a, c->mult_b);
}

void op_first_formula_fill(struct op_fill *f) {
    const struct pool_trade *t = &f->effect->trade;
    set_record_curve(f);
    set_u128(f, OPC_SCALED_X, t->x);
    set_u128(f, OPC_SCALED_Y, t->y);
    set_own(f, 5, POOL_CAP - t->x - t->y);
    set_pair1(f);
}

void op_more_formula_fill(struct op_fill *f) {
    const struct effect *e = f->effect;
    u128 a = reserve(f, 6) + e->amount_x.v, b = reserve(f, 7) + e->amount_y.v;
    set_record_curve(f);
    set_own(f, 5, POOL_CAP - a * mult(f, 6) - b * mult(f, 7));
}

void op_curve_formula_fill(struct op_fill *f, uint16_t fee, const struct curve *curve) {
    set_curve(f, fee, curve->amp, curve->mult_a, curve->mult_b);
}
