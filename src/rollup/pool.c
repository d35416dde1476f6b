#include "rollup/pool.h"

#include "rollup/stable.h"
#include "rollup/state.h"

#include <string.h>

/* q = floor(a b / d), rem = a b - q d. */
static bool mul_div(u128 *q, u128 *rem, u128 a, u128 b, u128 d) {
    struct u256 product = u256_mul_u128(a, b);
    return u256_divmod_u128(q, rem, &product, d);
}

bool pool_swap_out(struct pool_swap *q, struct amount in, struct amount reserve_in,
                   struct amount reserve_out, uint16_t fee) {
    *q = (struct pool_swap){0};
    if (fee >= POOL_FEE_UNIT) {
        return false;
    }
    u128 kept = in.v * (POOL_FEE_UNIT - fee);            /* < 2^126 */
    u128 den = reserve_in.v * POOL_FEE_UNIT + kept, out; /* < 2^127 */
    if (!mul_div(&out, &q->rem, kept, reserve_out.v, den)) {
        return false;
    }
    q->den = den;
    return amount_from_u128(&q->out, out); /* at most reserve_out: kept <= den */
}

bool pool_swap_in(struct amount *in, struct amount out, struct amount reserve_in,
                  struct amount reserve_out, uint16_t fee) {
    u128 q, rem;
    *in = amount_zero();
    if (fee >= POOL_FEE_UNIT || out.v >= reserve_out.v) {
        return false;
    }
    /* in (10^4 - fee) (Rout - out) >= out 10^4 Rin */
    if (!mul_div(&q, &rem, out.v * POOL_FEE_UNIT, reserve_in.v,
                 (reserve_out.v - out.v) * (POOL_FEE_UNIT - fee))) {
        return false;
    }
    return q >> AMOUNT_BITS == 0 && amount_from_u128(in, q + (rem != 0));
}

bool pool_first_shares(struct pool_first *q, struct amount a, struct amount b) {
    struct u256 product = u256_mul_u128(a.v, b.v), square;
    u128 root = u256_sqrt(&product);
    *q = (struct pool_first){0};
    if (root < POOL_LOCKED + 1 || !amount_from_u128(&q->supply, root) ||
        !amount_sub(&q->shares, q->supply, amount_from_u64(POOL_LOCKED))) {
        return false;
    }
    square = u256_mul_u128(root, root);
    (void)wide_sub(product.l, product.l, square.l, 4);
    return u256_to_u128(&q->rem, &product); /* at most 2 root */
}

bool pool_shares_for(struct amount *shares, struct amount max_a, struct amount max_b,
                     struct amount reserve_a, struct amount reserve_b, struct amount supply) {
    u128 by_a, by_b, rem;
    struct amount total;
    *shares = amount_zero();
    if (amount_is_zero(supply) || amount_is_zero(reserve_a) || amount_is_zero(reserve_b)) {
        return false;
    }
    if (!mul_div(&by_a, &rem, max_a.v, supply.v, reserve_a.v)) {
        by_a = ~(u128)0; /* more than could be had */
    }
    if (!mul_div(&by_b, &rem, max_b.v, supply.v, reserve_b.v)) {
        by_b = ~(u128)0;
    }
    struct amount got;
    if (!amount_from_u128(&got, by_a < by_b ? by_a : by_b) || !amount_add(&total, supply, got)) {
        return false;
    }
    *shares = got;
    return true;
}

bool pool_share_cost(struct amount *amount, u128 *rem, struct amount shares, struct amount reserve,
                     struct amount supply) {
    u128 q, rest;
    *amount = amount_zero();
    *rem = 0;
    if (!mul_div(&q, &rest, shares.v, reserve.v, supply.v) || q >> AMOUNT_BITS != 0 ||
        !amount_from_u128(amount, q + (rest != 0))) {
        return false;
    }
    *rem = rest == 0 ? 0 : supply.v - rest;
    return true;
}

bool pool_share_value(struct amount *amount, u128 *rem, struct amount shares, struct amount reserve,
                      struct amount supply) {
    u128 q, rest;
    *amount = amount_zero();
    *rem = 0;
    if (!mul_div(&q, &rest, shares.v, reserve.v, supply.v) || !amount_from_u128(amount, q)) {
        return false;
    }
    *rem = rest;
    return true;
}

bool pool_view(struct pool_view *v, const struct state *s, account_id pool) {
    const struct record *r = state_account(s, pool);
    *v = (struct pool_view){0};
    if (!record_is_pool(r)) {
        return false;
    }
    v->pool = pool;
    v->token_a = r->u.pool.token_a;
    v->token_b = r->u.pool.token_b;
    v->fee = r->u.pool.fee;
    v->supply = r->u.pool.supply;
    v->stable = r->tag == RECORD_STABLE_POOL;
    v->amp = r->u.pool.curve.amp;
    v->mult_a = r->u.pool.curve.mult_a;
    v->mult_b = r->u.pool.curve.mult_b;
    v->reserve_a = state_balance(s, pool, 1, NULL);
    v->reserve_b = state_balance(s, pool, 2, NULL);
    return true;
}

/* A view with token x, the one that a trade is about, and the other, y. */
struct side {
    struct amount rx, ry;
    uint64_t mx, my;
};

static struct side side_of(const struct pool_view *v, bool x_is_b) {
    return x_is_b ? (struct side){v->reserve_b, v->reserve_a, v->mult_b, v->mult_a}
                  : (struct side){v->reserve_a, v->reserve_b, v->mult_a, v->mult_b};
}

/* *scaled = base + m a; false if that is above the cap. */
static bool scale(u128 *scaled, u128 base, struct amount a, uint64_t m) {
    *scaled = 0;
    if (base > POOL_CAP || (m != 0 && a.v > (POOL_CAP - base) / m)) {
        return false;
    }
    *scaled = base + a.v * m;
    return true;
}

static bool scale_reserves(struct pool_trade *t, const struct side *s) {
    return scale(&t->x, 0, s->rx, s->mx) && scale(&t->y, 0, s->ry, s->my) &&
           t->x + t->y <= POOL_CAP;
}

/* out = floor(a (unit - fee) / unit); unit <= 20000. */
static struct amount less_fee(u128 *rem, struct amount a, unsigned unit, uint16_t fee) {
    u128 product = a.v * (unit - fee);
    *rem = product % unit;
    return (struct amount){product / unit};
}

/* y2 = min(Y(x2, d2), reserve), and what leaves of the reserve. */
static void solve_reserve(struct pool_trade *t, const struct pool_view *v, u128 reserve,
                          uint64_t mult, unsigned unit) {
    /* not before the reserve: F at one below it is still above 0 */
    t->none = stable_sign(t->x2, reserve - 1, t->d2, v->amp) > 0 ||
              !stable_y(&t->y2, t->x2, t->d2, v->amp);
    if (t->none) {
        t->y2 = reserve;
    } else {
        u128 leaves = reserve - t->y2 - 1; /* y2 <= reserve - 1, as F is not above 0 there */
        t->gross = (struct amount){leaves / mult};
        t->unit_rem = leaves % mult;
    }
    t->result = less_fee(&t->fee_rem, t->gross, unit, v->fee);
}

enum rejection pool_swap_quote(struct pool_trade *t, const struct pool_view *v, bool b_to_a,
                               struct amount in) {
    struct side s = side_of(v, b_to_a);
    memset(t, 0, sizeof *t);
    if (amount_is_zero(v->supply)) {
        return REJECT_POOL_EMPTY;
    }
    if (!v->stable) {
        struct pool_swap q;
        if (!pool_swap_out(&q, in, s.rx, s.ry, v->fee)) {
            return REJECT_POOL_EMPTY;
        }
        t->result = q.out;
        t->den = q.den;
        t->rem = q.rem;
        return REJECT_NONE;
    }
    if (amount_is_zero(s.rx) || amount_is_zero(s.ry)) {
        return REJECT_POOL_EMPTY;
    }
    if (!scale_reserves(t, &s) || !scale(&t->x2, t->x, in, s.mx) || t->x2 + t->y > POOL_CAP) {
        return REJECT_POOL_CAP;
    }
    t->d = stable_d(t->x, t->y, v->amp);
    t->d2 = t->d + 1;
    solve_reserve(t, v, t->y, s.my, POOL_FEE_UNIT);
    return REJECT_NONE;
}

/* S + q = floor(sqrt(S^2 V / (R U))), V = R U + a (U - fee), U = 20000: V < 2^127. */
static enum rejection add_one_product(struct pool_trade *t, const struct pool_view *v,
                                      const struct side *s, struct amount a) {
    enum { N = 6 };
    u128 u = s->rx.v * POOL_HALF_FEE_UNIT, value = u + a.v * (POOL_HALF_FEE_UNIT - v->fee);
    struct u256 square = u256_mul_u128(v->supply.v, v->supply.v);
    uint64_t factor[2] = {(uint64_t)value, (uint64_t)(value >> 64)};
    uint64_t divisor[2] = {(uint64_t)u, (uint64_t)(u >> 64)}, all[N], rest[2];
    wide_mul(all, square.l, 4, factor, 2);
    (void)wide_divmod(all, rest, all, N, divisor, 2); /* the reserve is not 0 */
    wide_sqrt(all, all, N);
    u128 total = (u128)all[1] << 64 | all[0];
    if (wide_bit_length(all, N) > AMOUNT_BITS) {
        return REJECT_SHARES_OVERFLOW;
    }
    t->result = (struct amount){total - v->supply.v};
    return REJECT_NONE;
}

static enum rejection add_one_stable(struct pool_trade *t, const struct pool_view *v,
                                     const struct side *s, struct amount a) {
    u128 whole, shares;
    if (!scale_reserves(t, s) || !scale(&whole, t->x, a, s->mx) || whole + t->y > POOL_CAP) {
        return REJECT_POOL_CAP;
    }
    t->net = less_fee(&t->fee_rem, a, POOL_HALF_FEE_UNIT, v->fee);
    t->d = stable_d(t->x, t->y, v->amp);
    (void)scale(&t->x2, t->x, t->net, s->mx); /* net <= a */
    t->y2 = t->y;
    t->d2 = stable_d(t->x2, t->y2, v->amp);
    t->none = t->d2 <= t->d; /* not below: D does not fall when x grows */
    struct amount total;
    if (!mul_div(&shares, &t->share_rem, v->supply.v, t->d2 - t->d - 1 + t->none, t->d + 1) ||
        !amount_from_u128(&t->result, shares) || !amount_add(&total, v->supply, t->result)) {
        return REJECT_SHARES_OVERFLOW;
    }
    return REJECT_NONE;
}

enum rejection pool_add_one_quote(struct pool_trade *t, const struct pool_view *v, bool is_b,
                                  struct amount a) {
    struct side s = side_of(v, is_b);
    struct amount reserve;
    memset(t, 0, sizeof *t);
    if (amount_is_zero(v->supply) || amount_is_zero(s.rx) || amount_is_zero(s.ry)) {
        return REJECT_POOL_EMPTY;
    }
    if (v->stable) {
        return add_one_stable(t, v, &s, a);
    }
    return amount_add(&reserve, s.rx, a) ? add_one_product(t, v, &s, a) : REJECT_BALANCE_OVERFLOW;
}

/* R' = ceil(R (S - q)^2 / S^2) */
static void remove_one_product(struct pool_trade *t, const struct pool_view *v,
                               const struct side *s, u128 left) {
    enum { N = 6 };
    struct u256 square = u256_mul_u128(left, left),
                divisor = u256_mul_u128(v->supply.v, v->supply.v);
    uint64_t factor[2] = {(uint64_t)s->rx.v, (uint64_t)(s->rx.v >> 64)}, all[N], rest[4];
    wide_mul(all, square.l, 4, factor, 2);
    (void)wide_divmod(all, rest, all, N, divisor.l, 4);
    u128 kept = (u128)all[1] << 64 | all[0]; /* <= R */
    kept += wide_bit_length(rest, 4) != 0;
    t->gross = (struct amount){s->rx.v - kept};
    t->result = less_fee(&t->fee_rem, t->gross, POOL_HALF_FEE_UNIT, v->fee);
}

enum rejection pool_remove_one_quote(struct pool_trade *t, const struct pool_view *v, bool is_b,
                                     struct amount shares) {
    struct side s = side_of(v, is_b);
    memset(t, 0, sizeof *t);
    if (amount_is_zero(v->supply) || amount_is_zero(s.rx) || amount_is_zero(s.ry)) {
        return REJECT_POOL_EMPTY;
    }
    if (shares.v >= v->supply.v) {
        return REJECT_SHARES_TOO_MANY;
    }
    u128 left = v->supply.v - shares.v;
    if (!v->stable) {
        remove_one_product(t, v, &s, left);
        return REJECT_NONE;
    }
    if (!scale_reserves(t, &s)) {
        return REJECT_POOL_CAP; /* no operation leads there */
    }
    t->d = stable_d(t->x, t->y, v->amp);
    u128 rest;
    (void)mul_div(&t->d2, &rest, t->d, left, v->supply.v);
    if (rest != 0) {
        t->d2++;
        t->share_rem = v->supply.v - rest;
    }
    t->x2 = t->y;
    solve_reserve(t, v, t->x, s.mx, POOL_HALF_FEE_UNIT);
    return REJECT_NONE;
}

enum rejection pool_first_quote(struct pool_trade *t, const struct pool_view *v, struct amount a,
                                struct amount b) {
    struct side s = {a, b, v->mult_a, v->mult_b};
    memset(t, 0, sizeof *t);
    if (!v->stable) {
        struct pool_first q;
        if (!pool_first_shares(&q, a, b)) {
            return REJECT_FIRST_LIQUIDITY;
        }
        t->result = q.shares;
        t->rem = q.rem;
        return REJECT_NONE;
    }
    if (!scale_reserves(t, &s)) {
        return REJECT_POOL_CAP;
    }
    t->d = stable_d(t->x, t->y, v->amp);
    if (t->d < POOL_LOCKED + 1) {
        return REJECT_FIRST_LIQUIDITY;
    }
    t->result = (struct amount){t->d - POOL_LOCKED};
    return REJECT_NONE;
}

bool pool_cap_allows(const struct pool_view *v, struct amount a, struct amount b) {
    u128 x, y;
    return !v->stable || (scale(&x, 0, v->reserve_a, v->mult_a) && scale(&x, x, a, v->mult_a) &&
                          scale(&y, 0, v->reserve_b, v->mult_b) && scale(&y, y, b, v->mult_b) &&
                          x + y <= POOL_CAP);
}

/* The least gross that leaves `out` after the fee. */
static bool before_fee(u128 *gross, struct amount out, uint16_t fee) {
    unsigned kept = POOL_FEE_UNIT - fee;
    *gross = (out.v * POOL_FEE_UNIT + kept - 1) / kept;
    return *gross >> AMOUNT_BITS == 0;
}

bool pool_swap_input(struct amount *in, const struct pool_view *v, bool b_to_a, struct amount out) {
    struct side s = side_of(v, b_to_a);
    struct pool_trade t;
    u128 gross, x;
    *in = amount_zero();
    if (!v->stable) {
        return !amount_is_zero(v->supply) && pool_swap_in(in, out, s.rx, s.ry, v->fee);
    }
    if (amount_is_zero(out)) {
        return pool_swap_quote(&t, v, b_to_a, *in) == REJECT_NONE;
    }
    memset(&t, 0, sizeof t);
    /* Y(x', D) <= y - 1 - m gross =: y* just if F(x', y*, D) <= 0, just if x' >= Y(y*, D) */
    if (v->fee >= POOL_FEE_UNIT || !scale_reserves(&t, &s) || !before_fee(&gross, out, v->fee) ||
        gross >= s.ry.v || t.y < 2 + gross * s.my || amount_is_zero(s.rx) ||
        !stable_y(&x, t.y - 1 - gross * s.my, stable_d(t.x, t.y, v->amp) + 1, v->amp)) {
        return false;
    }
    u128 least = x > t.x ? (x - t.x + s.mx - 1) / s.mx : 0;
    return amount_from_u128(in, least) && pool_swap_quote(&t, v, b_to_a, *in) == REJECT_NONE;
}

enum rejection pool_quote(struct amount *out, const struct pool_view *v, token_id token_in,
                          struct amount in) {
    struct pool_trade t;
    struct amount after;
    *out = amount_zero();
    if (token_in != v->token_a && token_in != v->token_b) {
        return REJECT_POOL_TOKEN;
    }
    bool b_to_a = token_in == v->token_b;
    enum rejection r = pool_swap_quote(&t, v, b_to_a, in);
    if (r != REJECT_NONE) {
        return r;
    }
    if (!amount_add(&after, b_to_a ? v->reserve_b : v->reserve_a, in)) {
        return REJECT_BALANCE_OVERFLOW;
    }
    *out = t.result;
    return REJECT_NONE;
}
