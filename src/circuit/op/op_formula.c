/* See op_formula.h. Every gate of a formula is a column, so that messages keep a low degree: of the
 * calls' gates g, <formula>_cp = sum of g (1 - stable), <formula>_st = sum of g stable.
 *
 * Columns, for token x with the reserve Rx = old6 and the multiplier mx, y likewise, S = r3:
 *
 *   pool_fee   r2 of a constant-product pool; amp, mx, my besides: r2 of a stable pool is
 *              pool_fee + 2^16 amp + 2^32 mA + 2^72 mB, each in its range, hence uniquely so
 *   x, y       stable: scaled reserves mx Rx, my Ry (first deposit: what goes in); else S, S
 *   f0..f8     112 bits where they are used
 *
 *            swap                 add one            remove one
 *   f0       gross                net (stable)       gross
 *   f1       unit rest            share rest         unit rest
 *   f2       my - 1 - f1          f3 - f1            mx - 1 - f1
 *   f3       Ddown(x, y)          Ddown, or S + v1   Ddown, or S - v0
 *   f4       y2 - 1               D1                 y2 - 1, or R' - 1
 *   f5       cap - what is there  the same           D1
 *   f6, f7                                           rest of D1, its room
 *   f8                            new supply (st.)   new supply - 1
 *   v3, v4   rest and room of the fee's division (constant-product swap: of the only one)
 *
 * Two pairs of WIDE messages show that F changes its sign between neighbours (stable.h):
 *
 *   pair 1   at x, y:    D = f3 (F <= 0), f3 + 1 (F > 0)
 *   pair 2   at x2, y2:  swap, remove: y2 (F <= 0), y2 - 1 (F > 0), with D = d2
 *                        add:          D = d2 (F <= 0), d2 + 1 (F > 0)
 *   with u = D and v = 4 (4 A - 1) D - 16 A (x + y), so that D^2 u + x y v = F.
 *   swap: x2 = x + mx v0, d2 = f3 + 1; add: x2 = x + mx f0, y2 = y, d2 = f4; remove: x2 = y, d2 =
 * f5
 *
 * `none` (swap, remove): Y is not below the reserve; then y2 is the reserve itself, f0 = f1 = 0,
 * and only F(y2 - 1) > 0 is shown. It is not shown together with the other, as y2 is at most the
 * reserve less 1 there. (add): D1 = D0 - 1, which counts as no change; D1 is never less.
 *
 * Constant product: pair 1 compares d^2 u with S^2 (- v): add: d = f3 (<=), f3 + 1 (>), u = 20000
 * Rx,
 * - v = 20000 Rx + v0 (20000 - fee); remove: d = f3, u = Rx, - v = R' (<=), R' - 1 (>).
 *
 * Bounds. By induction from pools without reserves, a stable pool's x + y is at most the cap,
 * 2^112 - 2: what adds is checked here, nothing else adds (nobody can give to a pool). S < 2^112 is
 * checked whenever it grows. So all of WIDE's arguments are in their ranges: D <= 2^112,
 * A < 2^16: |v| < 2^18 2^113 + 2^20 2^112 < 2^134; u < 2^112 2^15 = 2^127. The equations' sides
 * stay below 2^226: f0 m < 2^152, v1 (f3 + 1) < 2^225, f5 S < 2^224. */
#include "circuit/op/op_formula.h"

#include "rollup/pool.h"

enum { GROSS = 0, NET = 0, REST = 1, ROOM = 2, D = 3, ROOT = 3, SOLVED = 4, D1_ADD = 4 };
enum { CAP = 5, D1_REMOVE = 5, SHARE_REST = 6, CAP_HIGH = 6, SHARE_ROOM = 7, SUPPLY = 8 };

static ax own(struct op_build *b, unsigned i) {
    return b->col[OPC_F(i)];
}

static ax gate(struct op_build *b, enum op_formula f) {
    return b->col[OPC_FORMULA + f];
}

/* g (x - y) = 0 */
#define EQUAL(b, g, x, y, ...) air_zero((b)->c, op_mul(b, g, op_sub(b, x, y)), __VA_ARGS__)

/* ---- the calls ---- */

void op_swap_formula(struct op_build *b, ax g) {
    b->formula[CALL_SWAP] = op_add(b, b->formula[CALL_SWAP], g);
}
void op_add_one_formula(struct op_build *b, ax g) {
    b->formula[CALL_ADD] = op_add(b, b->formula[CALL_ADD], g);
}
void op_remove_one_formula(struct op_build *b, ax g) {
    b->formula[CALL_REMOVE] = op_add(b, b->formula[CALL_REMOVE], g);
}
void op_over_cap_formula(struct op_build *b, ax g) {
    b->formula[CALL_OVER_CAP] = op_add(b, b->formula[CALL_OVER_CAP], g);
}
void op_over_supply_formula(struct op_build *b, ax g) {
    b->formula[CALL_OVER_SUPPLY] = op_add(b, b->formula[CALL_OVER_SUPPLY], g);
}
void op_first_formula(struct op_build *b, ax s) {
    b->formula[CALL_FIRST] = op_mul(b, s, b->col[OPC_STABLE]);
}
void op_more_formula(struct op_build *b, ax s) {
    b->formula[CALL_MORE] = op_mul(b, s, b->col[OPC_STABLE]);
}
void op_curve_formula(struct op_build *b, ax s) {
    b->formula[CALL_CURVE] = s;
}

/* ---- the constraints ---- */

/* Sums of gates that share a part. */
struct parts {
    ax stable;  /* swap, add (or over supply), remove */
    ax adding;  /* add or over supply, stable */
    ax product; /* add or over supply, constant product */
    ax pair1;   /* pair 1 on a stable pool; degree 2 */
    ax solving; /* swap or remove, stable */
    ax leaving; /* what pays 1/20000 of the gross: remove, both */
    ax curve;   /* the curve's columns are used; degree 2 */
    ax d2, y2;  /* degree 2, 0 where pair 2 is not used */
};

static struct parts parts_of(struct op_build *b) {
    struct parts p;
    ax swap = gate(b, FORMULA_SWAP_ST), remove = gate(b, FORMULA_REMOVE_ST);
    p.adding = op_add(b, gate(b, FORMULA_ADD_ST), gate(b, FORMULA_OVER_SUPPLY_ST));
    p.product = op_add(b, gate(b, FORMULA_ADD_CP), gate(b, FORMULA_OVER_SUPPLY_CP));
    p.solving = op_add(b, swap, remove);
    p.stable = op_add(b, p.solving, p.adding);
    p.pair1 = op_add(b, p.stable, b->formula[CALL_FIRST]);
    p.leaving = op_add(b, remove, gate(b, FORMULA_REMOVE_CP));
    p.curve = air_sum(
        b->c, 4,
        (ax[]){p.pair1, gate(b, FORMULA_OVER_CAP), b->formula[CALL_MORE], b->formula[CALL_CURVE]});
    ax solved = op_add(b, own(b, SOLVED), op_int(b, 1));
    p.d2 =
        air_sum(b->c, 3,
                (ax[]){op_mul(b, swap, op_add(b, own(b, D), op_int(b, 1))),
                       op_mul(b, p.adding, own(b, D1_ADD)), op_mul(b, remove, own(b, D1_REMOVE))});
    p.y2 = op_add(b, op_mul(b, p.solving, solved), op_mul(b, p.adding, b->col[OPC_SCALED_Y]));
    return p;
}

static void constrain_gates(struct op_build *b) {
    static const struct {
        enum op_call call;
        int product, stable; /* enum op_formula, or -1: there is none */
        const char *name;
    } calls[] = {{CALL_SWAP, FORMULA_SWAP_CP, FORMULA_SWAP_ST, "swap"},
                 {CALL_ADD, FORMULA_ADD_CP, FORMULA_ADD_ST, "add one"},
                 {CALL_REMOVE, FORMULA_REMOVE_CP, FORMULA_REMOVE_ST, "remove one"},
                 {CALL_OVER_SUPPLY, FORMULA_OVER_SUPPLY_CP, FORMULA_OVER_SUPPLY_ST, "over supply"},
                 {CALL_OVER_CAP, -1, FORMULA_OVER_CAP, "over cap"}};
    ax stable = b->col[OPC_STABLE], other = ax_not(b->c, stable);
    for (unsigned i = 0; i < sizeof calls / sizeof calls[0]; i++) {
        ax g = b->formula[calls[i].call];
        ax none = op_int(b, 0);
        ax product = calls[i].product < 0 ? none : gate(b, (enum op_formula)calls[i].product);
        air_zero(b->c, op_sub(b, op_mul(b, g, other), product), "%s: on a constant-product pool",
                 calls[i].name);
        air_zero(b->c, op_sub(b, op_mul(b, g, stable), gate(b, (enum op_formula)calls[i].stable)),
                 "%s: on a stable pool", calls[i].name);
    }
}

/* pool_fee, amp, mx, my are the pool's. */
static void constrain_curve(struct op_build *b, const struct parts *p) {
    const ax *r = &b->col[OPC_PEER0];
    ax mx = b->col[OPC_MULT_X], my = b->col[OPC_MULT_Y], fee = b->col[OPC_POOL_FEE];
    ax turn = op_mul(b, b->col[OPC_DIRECTION], op_sub(b, my, mx));
    ax word =
        air_sum(b->c, 4,
                (ax[]){fee, op_shl(b, b->col[OPC_AMP], 16), op_shl(b, op_add(b, mx, turn), 32),
                       op_shl(b, op_sub(b, my, turn), 72)});
    ax create = b->formula[CALL_CURVE];
    ax made = air_sum(
        b->c, 4, (ax[]){fee, op_shl(b, b->col[OPC_AMP], 16), op_shl(b, mx, 32), op_shl(b, my, 72)});
    EQUAL(b, op_sub(b, p->curve, create), r[2], word, "the pool's curve");
    ax product =
        air_sum(b->c, 3, (ax[]){gate(b, FORMULA_SWAP_CP), p->product, gate(b, FORMULA_REMOVE_CP)});
    EQUAL(b, product, r[2], fee, "the pool's fee");
    EQUAL(b, create, fee, b->col[OPC_V(7)], "create stable pool: the fee");
    op_accumulate(b, &b->peer_change[2], create, made);
    op_use(b, OPC_POOL_FEE, op_add(b, product, p->curve));
    op_use(b, OPC_AMP, p->curve);
    op_use(b, OPC_MULT_X, p->curve);
    op_use(b, OPC_MULT_Y, p->curve);
}

/* x, y and the cap. */
static void constrain_reserves(struct op_build *b, const struct parts *p) {
    ax mx = b->col[OPC_MULT_X], my = b->col[OPC_MULT_Y], x = b->col[OPC_SCALED_X];
    ax y = b->col[OPC_SCALED_Y], rx = b->col[op_old_column(6)], ry = b->col[op_old_column(7)];
    ax in = b->col[OPC_V(0)], first = b->formula[CALL_FIRST], more = b->formula[CALL_MORE];
    ax over = gate(b, FORMULA_OVER_CAP), whole = op_add(b, p->stable, over);
    ax product = op_add(b, p->product, gate(b, FORMULA_REMOVE_CP));
    ax supply = op_mul(b, product, b->col[OPC_PEER0 + 3]);
    ax scaled = op_add(b, op_mul(b, whole, rx), op_mul(b, first, in));
    air_zero(b->c, op_sub(b, x, op_add(b, op_mul(b, mx, scaled), supply)), "scaled reserve x");
    scaled = op_add(b, op_mul(b, whole, ry), op_mul(b, first, b->col[OPC_V(1)]));
    air_zero(b->c, op_sub(b, y, op_add(b, op_mul(b, my, scaled), supply)), "scaled reserve y");

    fr most;
    fr_from_u128(&most, POOL_CAP);
    ax cap = air_const(b->c, &most), inside = op_add(b, gate(b, FORMULA_SWAP_ST), p->adding);
    ax there = air_sum(b->c, 3, (ax[]){x, y, op_mul(b, mx, in)});
    EQUAL(b, inside, own(b, CAP), op_sub(b, cap, there), "within the cap");
    EQUAL(b, first, own(b, CAP), op_sub(b, cap, op_add(b, x, y)), "within the cap at first");
    ax all =
        op_add(b, op_mul(b, mx, op_add(b, rx, in)), op_mul(b, my, op_add(b, ry, b->col[OPC_V(1)])));
    EQUAL(b, more, own(b, CAP), op_sub(b, cap, all), "within the cap on both sides");
    ax past = op_sub(b, op_sub(b, there, cap), op_int(b, 1));
    EQUAL(b, over, op_add(b, own(b, CAP), op_shl(b, own(b, CAP_HIGH), 112)), past, "over the cap");
    op_use(b, OPC_F(CAP),
           air_sum(b->c, 5, (ax[]){inside, first, more, over, gate(b, FORMULA_REMOVE_ST)}));
    op_use(b, OPC_F(CAP_HIGH), op_add(b, over, gate(b, FORMULA_REMOVE_ST)));
}

/* The last arguments of the WIDE messages, and x2. */
static void constrain_wide(struct op_build *b, const struct parts *p) {
    ax amp = b->col[OPC_AMP], x = b->col[OPC_SCALED_X], y = b->col[OPC_SCALED_Y];
    ax mx = b->col[OPC_MULT_X], in = b->col[OPC_V(0)], rx = b->col[op_old_column(6)];
    ax sixteen = air_scale_u64(b->c, 16, amp), slope = op_sub(b, sixteen, op_int(b, 4));
    ax v = op_sub(b, op_mul(b, slope, own(b, D)), op_mul(b, sixteen, op_add(b, x, y)));
    ax kept = op_sub(b, op_int(b, POOL_HALF_FEE_UNIT), b->col[OPC_POOL_FEE]);
    ax after = op_add(b, air_scale_u64(b->c, POOL_HALF_FEE_UNIT, rx), op_mul(b, in, kept));
    ax all = op_mul(b, p->pair1, v);
    all = op_sub(b, all, op_mul(b, p->product, after));
    all = op_sub(b, all,
                 op_mul(b, gate(b, FORMULA_REMOVE_CP), op_add(b, own(b, SOLVED), op_int(b, 1))));
    air_zero(b->c, op_sub(b, b->col[OPC_WIDE_V], all), "pair 1: v");

    ax x2 = air_sum(b->c, 3,
                    (ax[]){op_mul(b, gate(b, FORMULA_SWAP_ST), op_add(b, x, op_mul(b, mx, in))),
                           op_mul(b, p->adding, op_add(b, x, op_mul(b, mx, own(b, NET)))),
                           op_mul(b, gate(b, FORMULA_REMOVE_ST), y)});
    air_zero(b->c, op_sub(b, b->col[OPC_WIDE_X2], x2), "pair 2: x");
    ax v2 = op_sub(b, op_mul(b, slope, p->d2),
                   op_mul(b, sixteen, op_add(b, b->col[OPC_WIDE_X2], p->y2)));
    air_zero(b->c, op_sub(b, b->col[OPC_WIDE_V2], v2), "pair 2: v");
    ax root = op_add(b, p->product, gate(b, FORMULA_REMOVE_CP));
    op_use(b, OPC_F(D), op_sub(b, op_add(b, p->pair1, root), gate(b, FORMULA_OVER_SUPPLY_CP)));
    op_use(b, OPC_F(SOLVED), op_add(b, p->stable, gate(b, FORMULA_REMOVE_CP)));
}

/* v1 U + v3 = f0 (U - fee), or f0 U + v3 = v0 (U - fee); v4 = U - 1 - v3. */
static void constrain_fees(struct op_build *b, const struct parts *p) {
    ax fee = b->col[OPC_POOL_FEE], rest = b->col[OPC_V(3)], room = b->col[OPC_V(4)];
    ax half = op_int(b, POOL_HALF_FEE_UNIT), full = op_int(b, POOL_FEE_UNIT), one = op_int(b, 1);
    ax swap = gate(b, FORMULA_SWAP_ST), gross = own(b, GROSS), out = b->col[OPC_V(1)];
    ax share = op_mul(b, gross, op_sub(b, full, fee));
    EQUAL(b, swap, op_add(b, op_mul(b, out, full), rest), share, "swap: the fee");
    share = op_mul(b, gross, op_sub(b, half, fee));
    EQUAL(b, p->leaving, op_add(b, op_mul(b, out, half), rest), share, "remove one: half the fee");
    share = op_mul(b, b->col[OPC_V(0)], op_sub(b, half, fee));
    EQUAL(b, p->adding, op_add(b, op_mul(b, own(b, NET), half), rest), share,
          "add one: half the fee");
    ax halves = op_add(b, p->leaving, p->adding);
    EQUAL(b, swap, room, op_sub(b, op_sub(b, full, one), rest), "swap: rest of the fee");
    EQUAL(b, halves, room, op_sub(b, op_sub(b, half, one), rest), "one side: rest of the fee");
    ax used = op_add(b, swap, halves);
    op_range(b, 3, used, 128);
    op_range(b, 4, used, 128);
    op_use(b, OPC_F(GROSS), used);
}

/* f0 m + f1 = reserve - y2 - 1 + none; f2 = m - 1 - f1. */
static void constrain_solved(struct op_build *b, const struct parts *p) {
    ax none = b->col[OPC_NONE], gross = own(b, GROSS), one = op_int(b, 1);
    ax turn = op_sub(b, none, op_add(b, own(b, SOLVED), op_int(b, 2)));
    struct {
        ax g, mult, reserve;
        const char *name;
    } side[2] = {
        {gate(b, FORMULA_SWAP_ST), b->col[OPC_MULT_Y], b->col[OPC_SCALED_Y], "swap"},
        {gate(b, FORMULA_REMOVE_ST), b->col[OPC_MULT_X], b->col[OPC_SCALED_X], "remove one"}};
    for (unsigned i = 0; i < 2; i++) {
        ax left = op_add(b, op_mul(b, gross, side[i].mult), own(b, REST));
        EQUAL(b, side[i].g, left, op_add(b, side[i].reserve, turn), "%s: what leaves the curve",
              side[i].name);
        ax room = op_sub(b, op_sub(b, side[i].mult, one), own(b, REST));
        EQUAL(b, side[i].g, own(b, ROOM), room, "%s: rest below the multiplier", side[i].name);
    }
    ax idle = op_mul(b, p->solving, none);
    air_zero(b->c, op_mul(b, idle, gross), "nothing leaves the curve");
    air_zero(b->c, op_mul(b, idle, own(b, REST)), "the whole reserve stays");
    ax used = op_add(b, p->solving, gate(b, FORMULA_ADD_ST));
    op_use(b, OPC_F(REST), used);
    op_use(b, OPC_F(ROOM), used);
    op_use(b, OPC_NONE, used);
}

static void constrain_shares(struct op_build *b) {
    ax add = gate(b, FORMULA_ADD_ST), remove = gate(b, FORMULA_REMOVE_ST), none = b->col[OPC_NONE];
    ax supply = b->col[OPC_PEER0 + 3], result = b->col[OPC_V(1)], in = b->col[OPC_V(0)];
    ax d = own(b, D), one = op_int(b, 1), before = op_add(b, d, one);
    /* v1 (f3 + 1) + f1 = S (f4 - f3 - 1 + none) */
    ax growth = op_add(b, op_sub(b, own(b, D1_ADD), before), none);
    EQUAL(b, add, op_add(b, op_mul(b, result, before), own(b, REST)), op_mul(b, supply, growth),
          "add one: shares of what D grows");
    EQUAL(b, add, own(b, ROOM), op_sub(b, d, own(b, REST)), "add one: rest below D");
    air_zero(b->c, op_mul(b, op_mul(b, add, none), op_sub(b, own(b, D1_ADD), d)),
             "add one: D does not grow");
    EQUAL(b, add, own(b, SUPPLY), op_add(b, supply, result), "add one: new supply");
    EQUAL(b, gate(b, FORMULA_ADD_CP), own(b, ROOT), op_add(b, supply, result),
          "add one: the root is the new supply");
    /* f5 S = f3 (S - v0) + f6 */
    ax left = op_sub(b, supply, in);
    EQUAL(b, remove, op_mul(b, own(b, D1_REMOVE), supply),
          op_add(b, op_mul(b, d, left), own(b, SHARE_REST)), "remove one: D shrinks");
    EQUAL(b, remove, own(b, SHARE_ROOM), op_sub(b, op_sub(b, supply, one), own(b, SHARE_REST)),
          "remove one: rest below the supply");
    ax product = gate(b, FORMULA_REMOVE_CP), both = op_add(b, remove, product);
    EQUAL(b, both, own(b, SUPPLY), op_sub(b, left, one), "remove one: shares remain");
    EQUAL(b, product, own(b, ROOT), left, "remove one: the root is the new supply");
    EQUAL(b, product, own(b, GROSS),
          op_sub(b, op_sub(b, b->col[op_old_column(6)], own(b, SOLVED)), one),
          "remove one: what leaves the reserve");
    op_use(b, OPC_F(SHARE_ROOM), remove);
    op_use(b, OPC_F(SUPPLY), op_add(b, both, add));
    ax results =
        air_sum(b->c, 4, (ax[]){add, both, gate(b, FORMULA_ADD_CP), gate(b, FORMULA_SWAP_ST)});
    op_range(b, 1, op_add(b, results, gate(b, FORMULA_SWAP_CP)), 112);
}

/* out den + v3 = in (10^4 - fee) Ry, den = 10^4 Rx + in (10^4 - fee); v4 = den - 1 - v3. in (10^4 -
 * fee) < 2^126, den < 2^127, both sides below 2^240. den = 0 is excluded by v4. */
static void constrain_product_swap(struct op_build *b) {
    ax g = gate(b, FORMULA_SWAP_CP), in = b->col[OPC_V(0)], out = b->col[OPC_V(1)];
    ax rest = b->col[OPC_V(3)], unit = op_int(b, POOL_FEE_UNIT);
    ax net = op_mul(b, in, op_sub(b, unit, b->col[OPC_POOL_FEE]));
    ax den = op_add(b, op_mul(b, unit, b->col[op_old_column(6)]), net);
    EQUAL(b, g, op_add(b, op_mul(b, out, den), rest), op_mul(b, net, b->col[op_old_column(7)]),
          "swap: the product formula");
    EQUAL(b, g, b->col[OPC_V(4)], op_sub(b, op_sub(b, den, op_int(b, 1)), rest),
          "swap: remainder below the denominator");
    op_range(b, 3, g, 128);
    op_range(b, 4, g, 128);
}

void op_formula_constrain(struct op_build *b) {
    struct parts p = parts_of(b);
    constrain_gates(b);
    constrain_curve(b, &p);
    constrain_reserves(b, &p);
    constrain_wide(b, &p);
    constrain_fees(b, &p);
    constrain_solved(b, &p);
    constrain_shares(b);
    constrain_product_swap(b);
    EQUAL(b, b->formula[CALL_FIRST], own(b, D), op_add(b, b->col[OPC_V(2)], op_int(b, POOL_LOCKED)),
          "first liquidity: the supply is D");
}

/* ---- messages ---- */

static void give_own_range(struct op_build *b, const struct circuit_kinds *kinds, unsigned i) {
    air_give(b->c, kinds->rng, b->users[OPC_F(i)], KIND_RNG_ARITY,
             (ax[]){op_int(b, 112), own(b, i)});
}

static void give_wide(struct op_build *b, const struct circuit_kinds *kinds, ax g, bool gt, ax d,
                      ax x, ax y, ax u, ax v) {
    air_give(b->c, kinds->wide, g, KIND_WIDE_ARITY, (ax[]){op_int(b, gt), d, x, y, u, v});
}

/* A range between two WIDE: a pair's fingerprints have degree 4 together at most. */
void op_formula_messages(struct op_build *b, const struct circuit_kinds *kinds) {
    struct parts p = parts_of(b);
    ax x = b->col[OPC_SCALED_X], y = b->col[OPC_SCALED_Y], v = b->col[OPC_WIDE_V];
    ax x2 = b->col[OPC_WIDE_X2], v2 = b->col[OPC_WIDE_V2], amp = b->col[OPC_AMP];
    ax reserve = b->col[op_old_column(6)], sixteen = air_scale_u64(b->c, 16, amp);
    ax add_cp = gate(b, FORMULA_ADD_CP), remove_cp = gate(b, FORMULA_REMOVE_CP);
    ax slope = op_sub(b, sixteen, op_int(b, 4));
    ax pair1 = air_sum(b->c, 3, (ax[]){p.pair1, add_cp, remove_cp});
    ax u = air_sum(b->c, 3,
                   (ax[]){op_mul(b, p.pair1, own(b, D)),
                          op_mul(b, add_cp, air_scale_u64(b->c, POOL_HALF_FEE_UNIT, reserve)),
                          op_mul(b, remove_cp, reserve)});
    give_wide(b, kinds, pair1, false, own(b, D), x, y, u, v);
    give_own_range(b, kinds, D);
    give_wide(b, kinds, pair1, true, op_add(b, own(b, D), op_add(b, p.pair1, add_cp)), x, y,
              op_add(b, u, p.pair1), op_add(b, v, op_add(b, op_mul(b, p.pair1, slope), remove_cp)));
    give_own_range(b, kinds, CAP);

    ax found = op_sub(b, p.stable, op_mul(b, p.solving, b->col[OPC_NONE]));
    give_wide(b, kinds, found, false, p.d2, x2, p.y2, p.d2, v2);
    give_own_range(b, kinds, SOLVED);
    ax step = op_sub(b, op_mul(b, sixteen, p.stable), air_scale_u64(b->c, 4, p.adding));
    ax d2 = op_add(b, p.d2, p.adding);
    give_wide(b, kinds, p.stable, true, d2, x2, op_sub(b, p.y2, p.solving), d2,
              op_add(b, v2, step));
    give_own_range(b, kinds, GROSS);

    /* 2^112 D0 <= S D1, or (2^112)^2 20000 Rx <= S^2 (..) */
    ax over_cp = gate(b, FORMULA_OVER_SUPPLY_CP), over_st = gate(b, FORMULA_OVER_SUPPLY_ST);
    ax supply = b->col[OPC_PEER0 + 3];
    ax before = op_mul(b, over_st, op_add(b, own(b, D), op_int(b, 1)));
    ax base = air_scale_u64(b->c, POOL_HALF_FEE_UNIT, reserve);
    give_wide(b, kinds, op_add(b, over_cp, over_st), false,
              op_add(b, op_shl(b, over_cp, 112), op_shl(b, over_st, 56)), supply,
              op_add(b, op_mul(b, over_cp, supply), op_mul(b, over_st, own(b, D1_ADD))),
              op_add(b, before, op_mul(b, over_cp, base)),
              op_sub(b, op_mul(b, over_cp, v), over_st));
    give_own_range(b, kinds, REST);
    give_own_range(b, kinds, ROOM);
    give_own_range(b, kinds, SHARE_REST);
    give_own_range(b, kinds, SHARE_ROOM);
    give_own_range(b, kinds, SUPPLY);

    air_give(b->c, kinds->r16, p.curve, KIND_R16_ARITY, &b->col[OPC_POOL_FEE]);
    air_give(b->c, kinds->r16, p.curve, KIND_R16_ARITY, &amp);
    ax bits = op_int(b, MULTIPLIER_BITS);
    air_give(b->c, kinds->rng, p.curve, KIND_RNG_ARITY, (ax[]){bits, b->col[OPC_MULT_X]});
    air_give(b->c, kinds->rng, p.curve, KIND_RNG_ARITY, (ax[]){bits, b->col[OPC_MULT_Y]});
}
