/* wide: a row shows the sign of T = d^2 u + x y v, an integer of up to 364 bits.
 *
 * Takes WIDE(gt, d, x, y, u, v): T <= 0 if gt = 0, T > 0 if gt = 1. Whoever gives it sees to
 *
 *     0 <= d, x, y < 2^113    0 <= u < 2^128    |v| < 2^137 (v a field element, negative as r + v)
 *
 * so |T| < 2^226 2^128 + 2^226 2^137 < 2^364. The row shows an integer s = s0 + 2^128 s1, both 128
 * bits, with Z = 0, where
 *
 *     Z = T + s  if gt = 0      Z = T - 1 - s  if gt = 1
 *
 * |Z| < 2^364 + 2^256 + 1 < r 2^112 (r > 2^253). r is odd, so Z = 0 follows from Z = 0 mod r and
 * Z = 0 mod 2^112.
 *
 * mod r: one constraint in the field, "sign modulo the field".
 *
 * mod 2^112: d^2 = e + 2^112 f and x y = p + 2^112 q with e, p of 112 bits and f, q of 128: both
 * sides are below 2^241 < r, so these are equalities of integers. Then, modulo 2^112,
 * Z = e u + p v + s0 (or - s0) - gt =: L, as s = s0 mod 2^112; and
 *
 *     L = 2^112 (k0 + 2^128 k1 - 2^139),   0 <= k0 < 2^128, 0 <= k1 < 2^12
 *
 * shows that 2^112 divides L: |L| < 2^240 + 2^249 + 2^128 + 1 < 2^250 and the right side is between
 * -2^251 and 2^251, so the two differ by less than 2^252 < r, and equality in the field is equality
 * of integers. Every L is served: |L| / 2^112 < 2^138 < 2^139. k1 < 2^12 by two lookups, of k1 and
 * of 16 k1 (no wrap, as k1 < 2^16).
 *
 * The honest s is small: it is the change of T between two neighbours, below 2^246 for what the op
 * chip asks (op/op_formula.c). */
#include "circuit/chip_wide.h"

#include "circuit/columns.h"

static const struct column_spec COLUMNS[WIDE_COLUMNS] = {
    {"active", COLUMN_ACTIVE}, {"gt", COLUMN_BOOL_GATED}, {"d", COLUMN_PLAIN},
    {"x", COLUMN_PLAIN},       {"y", COLUMN_PLAIN},       {"u", COLUMN_PLAIN},
    {"v", COLUMN_PLAIN},       {"s0", COLUMN_PLAIN},      {"s1", COLUMN_PLAIN},
    {"e", COLUMN_PLAIN},       {"f", COLUMN_PLAIN},       {"p", COLUMN_PLAIN},
    {"q", COLUMN_PLAIN},       {"k0", COLUMN_PLAIN},      {"k1", COLUMN_PLAIN},
};

enum { LOW_BITS = 112, LIMB_BITS = 128, BIAS_BITS = 139, K1_BITS = 12 };

void chip_wide(struct air *air, const struct circuit_kinds *k) {
    struct air_chip *c = air_chip(air, "wide", -1, false);
    ax col[WIDE_COLUMNS];
    columns_declare(c, COLUMNS, WIDE_COLUMNS, col);
    ax active = col[WIDE_ACTIVE], gt = col[WIDE_GT], u = col[WIDE_U], v = col[WIDE_V];
    ax d2 = air_sqr(c, col[WIDE_D]), xy = air_mul(c, col[WIDE_X], col[WIDE_Y]);
    ax sign = air_sub(c, air_u64(c, 1), air_scale_u64(c, 2, gt));
    ax s = air_add(c, col[WIDE_S0], ax_shift(c, col[WIDE_S1], LIMB_BITS));
    ax t = air_add(c, air_mul(c, d2, u), air_mul(c, xy, v));
    air_zero(c, air_sub(c, air_add(c, t, air_mul(c, sign, s)), gt), "sign modulo the field");
    air_zero(c, air_sub(c, d2, air_add(c, col[WIDE_E], ax_shift(c, col[WIDE_F], LOW_BITS))),
             "the square's two parts");
    air_zero(c, air_sub(c, xy, air_add(c, col[WIDE_P], ax_shift(c, col[WIDE_Q], LOW_BITS))),
             "the product's two parts");
    ax low = air_add(c, air_mul(c, col[WIDE_E], u), air_mul(c, col[WIDE_P], v));
    low = air_sub(c, air_add(c, low, air_mul(c, sign, col[WIDE_S0])), gt);
    ax quotient = air_add(c, col[WIDE_K0], ax_shift(c, col[WIDE_K1], LIMB_BITS));
    quotient = air_sub(c, quotient, ax_shift(c, active, BIAS_BITS));
    air_zero(c, air_sub(c, low, ax_shift(c, quotient, LOW_BITS)), "sign modulo 2^112");

    air_take(c, k->wide, active, KIND_WIDE_ARITY,
             (ax[]){gt, col[WIDE_D], col[WIDE_X], col[WIDE_Y], u, v});
    static const struct {
        enum wide_column column;
        unsigned bits;
    } ranges[] = {{WIDE_S0, LIMB_BITS}, {WIDE_S1, LIMB_BITS}, {WIDE_E, LOW_BITS},
                  {WIDE_F, LIMB_BITS},  {WIDE_P, LOW_BITS},   {WIDE_Q, LIMB_BITS},
                  {WIDE_K0, LIMB_BITS}};
    for (unsigned i = 0; i < sizeof ranges / sizeof ranges[0]; i++) {
        air_give(c, k->rng, active, KIND_RNG_ARITY,
                 (ax[]){air_u64(c, ranges[i].bits), col[ranges[i].column]});
    }
    ax top = ax_shift(c, col[WIDE_K1], 16 - K1_BITS);
    air_give(c, k->r16, active, KIND_R16_ARITY, &col[WIDE_K1]);
    air_give(c, k->r16, active, KIND_R16_ARITY, &top);
}

/* ---- rows: integers modulo 2^448 in two's complement ---- */

enum { N = 7 };

static void from_u128(uint64_t out[N], u128 v) {
    for (unsigned i = 0; i < N; i++) {
        out[i] = i < 2 ? (uint64_t)(v >> (64 * i)) : 0;
    }
}

static u128 bits_at(const uint64_t a[N], unsigned from, unsigned bits) {
    unsigned at = from / 64, shift = from % 64;
    u128 lo = a[at], mid = at + 1 < N ? a[at + 1] : 0, hi = at + 2 < N ? a[at + 2] : 0;
    u128 v = (lo | mid << 64) >> shift;
    if (shift != 0) {
        v |= hi << (128 - shift);
    }
    return bits == 128 ? v : v & (((u128)1 << bits) - 1);
}

static void product(uint64_t out[N], const uint64_t a[N], const uint64_t b[N]) {
    uint64_t r[2 * N];
    wide_mul(r, a, N, b, N);
    for (unsigned i = 0; i < N; i++) {
        out[i] = r[i];
    }
}

static void set(struct trace_chip *c, size_t row, unsigned column, u128 v) {
    fr x;
    fr_from_u128(&x, v);
    trace_set(c, column, row, &x);
}

static void set_range(struct trace_chip *c, struct lookups *l, size_t row, unsigned column, u128 v,
                      unsigned bits) {
    set(c, row, column, v);
    lookups_range(l, bits, v);
}

/* The statement's own numbers; v modulo 2^448. */
static void fill_statement(struct trace_chip *c, size_t row, const struct wide_statement *w,
                           uint64_t v[N]) {
    fr x;
    uint64_t size[4] = {w->v[0], w->v[1], w->v[2], 0}, zero[N] = {0};
    trace_set(c, WIDE_ACTIVE, row, &FR_ONE);
    trace_set_u64(c, WIDE_GT, row, w->gt);
    set(c, row, WIDE_D, w->d);
    set(c, row, WIDE_X, w->x);
    set(c, row, WIDE_Y, w->y);
    set(c, row, WIDE_U, w->u);
    (void)fr_from_limbs(&x, size);
    for (unsigned i = 0; i < N; i++) {
        v[i] = i < 3 ? w->v[i] : 0;
    }
    if (w->negative) {
        fr_neg(&x, &x);
        (void)wide_sub(v, zero, v, N);
    }
    trace_set(c, WIDE_V, row, &x);
}

static void fill_row(struct trace_chip *c, struct lookups *l, size_t row,
                     const struct wide_statement *w) {
    uint64_t d[N], x[N], y[N], u[N], v[N], d2[N], xy[N], t[N], part[N], zero[N] = {0};
    fill_statement(c, row, w, v);
    from_u128(d, w->d);
    from_u128(x, w->x);
    from_u128(y, w->y);
    from_u128(u, w->u);
    product(d2, d, d);
    product(xy, x, y);
    product(t, d2, u);
    product(part, xy, v);
    (void)wide_add(t, t, part, N);
    from_u128(part, 1);
    if (w->gt) { /* s = T - 1, else - T */
        (void)wide_sub(t, t, part, N);
    } else {
        (void)wide_sub(t, zero, t, N);
    }
    u128 s0 = bits_at(t, 0, 128), e = bits_at(d2, 0, LOW_BITS), p = bits_at(xy, 0, LOW_BITS);
    set_range(c, l, row, WIDE_S0, s0, LIMB_BITS);
    set_range(c, l, row, WIDE_S1, bits_at(t, 128, 128), LIMB_BITS);
    set_range(c, l, row, WIDE_E, e, LOW_BITS);
    set_range(c, l, row, WIDE_F, bits_at(d2, LOW_BITS, 128), LIMB_BITS);
    set_range(c, l, row, WIDE_P, p, LOW_BITS);
    set_range(c, l, row, WIDE_Q, bits_at(xy, LOW_BITS, 128), LIMB_BITS);

    uint64_t low[N], term[N];
    from_u128(low, e);
    product(low, low, u);
    from_u128(term, p);
    product(term, term, v);
    (void)wide_add(low, low, term, N);
    from_u128(term, s0);
    if (w->gt) {
        (void)wide_sub(low, low, term, N);
        (void)wide_sub(low, low, part, N); /* 1 */
    } else {
        (void)wide_add(low, low, term, N);
    }
    uint64_t bias[N] = {0};
    bias[(LOW_BITS + BIAS_BITS) / 64] = UINT64_C(1) << ((LOW_BITS + BIAS_BITS) % 64);
    (void)wide_add(low, low, bias, N);
    uint16_t k1 = (uint16_t)bits_at(low, LOW_BITS + LIMB_BITS, K1_BITS);
    set_range(c, l, row, WIDE_K0, bits_at(low, LOW_BITS, LIMB_BITS), LIMB_BITS);
    trace_set_u64(c, WIDE_K1, row, k1);
    lookups_r16(l, k1);
    lookups_r16(l, (uint16_t)(k1 << (16 - K1_BITS)));
}

int chip_wide_fill(struct trace *t, struct lookups *l) {
    struct trace_chip *c = trace_chip(t, (unsigned)air_find_chip(t->air, "wide"), 0);
    size_t row;
    if (trace_reserve(c, c->n + l->wide_n) != 0 ||
        (row = trace_rows_add(c, l->wide_n)) == SIZE_MAX) {
        return -1;
    }
    for (size_t i = 0; i < l->wide_n; i++) {
        fill_row(c, l, row + i, &l->wide[i]);
    }
    return 0;
}
