/* See the header. A job's 288 points are computed in projective coordinates and made affine
 * together. */
#include "circuit/chip_curve.h"

enum {
    COL_ACTIVE,
    COL_OP,
    COL_J,
    COL_E,
    COL_EX,
    COL_EY,
    COL_SX,
    COL_SY,
    COL_AX,
    COL_AY,
    COL_T,
    COL_STEPS, /* of each step: */
    STEP_BIT = 0,
    STEP_DX,
    STEP_DY,
    STEP_EX,
    STEP_EY,
    STEP_WIDTH,
    COL_WINDOWS = COL_STEPS + STEP_WIDTH * CHIP_CURVE_BITS, /* of each window: */
    WINDOW_BYTE = 0,
    WINDOW_WX,
    WINDOW_WY,
    WINDOW_SX,
    WINDOW_SY,
    WINDOW_WIDTH
};

/* --- description --- */

struct point {
    ax x, y;
};

static ax named(struct air_chip *c, const char *stem, unsigned i) {
    char name[16];
    (void)snprintf(name, sizeof name, "%s%u", stem, i);
    return air_col(c, name);
}

/* d = 2 p */
static void constrain_double(struct air_chip *c, struct point p, struct point d, unsigned i) {
    ax yy = air_sqr(c, p.y), axx = air_scale_u64(c, BJJ_A, air_sqr(c, p.x));
    ax sum = air_add(c, axx, yy), two_xy = air_scale_u64(c, 2, air_mul(c, p.x, p.y));
    ax rest = air_sub(c, air_u64(c, 2), sum);
    air_zero(c, air_sub(c, air_mul(c, d.x, sum), two_xy), "bit %u: x of the double", i);
    air_zero(c, air_sub(c, air_mul(c, d.y, rest), air_sub(c, yy, axx)), "bit %u: y of the double",
             i);
}

/* r = d + bit a, t = a.x a.y */
static void constrain_step(struct air_chip *c, struct point d, ax bit, struct point a, ax t,
                           struct point r, unsigned i) {
    ax one = air_u64(c, 1);
    ax ax_ = air_mul(c, bit, a.x);
    ax ay_ = air_add(c, one, air_mul(c, bit, air_sub(c, a.y, one)));
    ax k = air_mul(c, air_mul(c, d.x, d.y), air_scale_u64(c, BJJ_D, air_mul(c, bit, t)));
    ax nx = air_add(c, air_mul(c, d.x, ay_), air_mul(c, d.y, ax_));
    ax ny = air_sub(c, air_mul(c, d.y, ay_), air_scale_u64(c, BJJ_A, air_mul(c, d.x, ax_)));
    air_zero(c, air_sub(c, air_mul(c, r.x, air_add(c, one, k)), nx), "bit %u: x of the sum", i);
    air_zero(c, air_sub(c, air_mul(c, r.y, air_sub(c, one, k)), ny), "bit %u: y of the sum", i);
}

/* r = p + q */
static void constrain_add(struct air_chip *c, struct point p, struct point q, struct point r,
                          unsigned i) {
    ax one = air_u64(c, 1);
    ax k = air_mul(c, air_mul(c, p.x, p.y), air_scale_u64(c, BJJ_D, air_mul(c, q.x, q.y)));
    ax nx = air_add(c, air_mul(c, p.x, q.y), air_mul(c, p.y, q.x));
    ax ny = air_sub(c, air_mul(c, p.y, q.y), air_scale_u64(c, BJJ_A, air_mul(c, p.x, q.x)));
    air_zero(c, air_sub(c, air_mul(c, r.x, air_add(c, one, k)), nx), "window %u: x of the sum", i);
    air_zero(c, air_sub(c, air_mul(c, r.y, air_sub(c, one, k)), ny), "window %u: y of the sum", i);
}

void chip_curve(struct air *air, const struct circuit_kinds *kinds) {
    struct air_chip *c = air_chip(air, CHIP_CURVE_NAME, -1, false);
    if (c == NULL) {
        return; /* air_finish reports it */
    }
    ax active = air_active(c), op = air_col(c, "op"), j = air_col(c, "j"), e = air_col(c, "e");
    struct point p, s, a;
    p.x = air_col(c, "Ex");
    p.y = air_col(c, "Ey");
    s.x = air_col(c, "Sx");
    s.y = air_col(c, "Sy");
    a.x = air_col(c, "Ax");
    a.y = air_col(c, "Ay");
    ax t = air_col(c, "T");
    const ax before[KIND_CURVE_ARITY] = {op, j, p.x, p.y, s.x, s.y, e, a.x, a.y};
    air_zero(c, air_sub(c, t, air_mul(c, a.x, a.y)), "T is the product of A's coordinates");
    for (unsigned i = 0; i < CHIP_CURVE_BITS; i++) {
        char name[16];
        struct point d, r;
        (void)snprintf(name, sizeof name, "bit%u", i);
        ax bit = air_col_bool(c, name);
        d.x = named(c, "Dx", i);
        d.y = named(c, "Dy", i);
        r.x = named(c, "Ex", i);
        r.y = named(c, "Ey", i);
        constrain_double(c, p, d, i);
        constrain_step(c, d, bit, a, t, r, i);
        e = air_add(c, air_add(c, e, e), bit);
        p = r;
    }
    ax key[CHIP_CURVE_WINDOWS], entry[CHIP_CURVE_WINDOWS][2];
    for (unsigned i = 0; i < CHIP_CURVE_WINDOWS; i++) {
        struct point w, r;
        ax byte = named(c, "byte", i);
        w.x = named(c, "Wx", i);
        w.y = named(c, "Wy", i);
        r.x = named(c, "Sx", i);
        r.y = named(c, "Sy", i);
        constrain_add(c, s, w, r, i);
        ax window = air_add(c, air_scale_u64(c, CHIP_CURVE_WINDOWS, j), air_u64(c, i));
        key[i] = air_add(c, air_scale_u64(c, 1 << BJJ_WINDOW_BITS, window), byte);
        entry[i][0] = w.x;
        entry[i][1] = w.y;
        s = r;
    }
    const ax after[KIND_CURVE_ARITY] = {
        op, air_add(c, j, air_u64(c, 1)), p.x, p.y, s.x, s.y, e, a.x, a.y};
    air_take(c, kinds->curve, active, KIND_CURVE_ARITY, before);
    air_give(c, kinds->curve, active, KIND_CURVE_ARITY, after);
    for (unsigned i = 0; i < CHIP_CURVE_WINDOWS; i++) {
        const ax fields[KIND_WIN_ARITY] = {key[i], entry[i][0], entry[i][1]};
        air_give(c, kinds->win, active, KIND_WIN_ARITY, fields);
    }
}

/* --- rows --- */

enum {
    E_POINTS = 2 * CHIP_CURVE_ROWS * CHIP_CURVE_BITS, /* D and E of each bit */
    S_POINTS = CHIP_CURVE_ROWS * CHIP_CURVE_WINDOWS
};

static bool bit_of(const struct curve_job *job, unsigned step) {
    unsigned bit = CHIP_CURVE_ROWS * CHIP_CURVE_BITS - 1 - step;
    return (job->e[bit / 64] >> (bit % 64)) & 1;
}

static unsigned byte_of(const struct curve_job *job, unsigned window) {
    return (job->s[window / 8] >> (8 * (window % 8))) & 0xff;
}

static void compute(const struct curve_job *job, bjj_affine e[E_POINTS], bjj_affine s[S_POINTS]) {
    const bjj_affine *table = bjj_window_table();
    bjj_point point[E_POINTS + S_POINTS], key, acc;
    bjj_affine affine[E_POINTS + S_POINTS];
    bjj_from_affine(&key, &job->key);
    bjj_identity(&acc);
    for (unsigned i = 0; i < E_POINTS / 2; i++) {
        bjj_dbl(&acc, &acc);
        point[2 * i] = acc;
        if (bit_of(job, i)) {
            bjj_add(&acc, &acc, &key);
        }
        point[2 * i + 1] = acc;
    }
    bjj_identity(&acc);
    for (unsigned w = 0; w < S_POINTS; w++) {
        bjj_point entry;
        bjj_from_affine(&entry, &table[(w << BJJ_WINDOW_BITS) + byte_of(job, w)]);
        bjj_add(&acc, &acc, &entry);
        point[E_POINTS + w] = acc;
    }
    bjj_batch_to_affine(affine, point, E_POINTS + S_POINTS);
    memcpy(e, affine, E_POINTS * sizeof *e);
    memcpy(s, affine + E_POINTS, S_POINTS * sizeof *s);
}

static void set_point(struct trace_chip *chip, unsigned col, size_t row, const bjj_affine *p) {
    trace_set(chip, col, row, &p->x);
    trace_set(chip, col + 1, row, &p->y);
}

void chip_curve_fill_job(struct trace_chip *chip, size_t first, struct curve_job *job) {
    bjj_affine e[E_POINTS], s[S_POINTS];
    const bjj_affine *table = bjj_window_table();
    fr t, prefix = FR_ZERO;
    compute(job, e, s);
    fr_mul(&t, &job->key.x, &job->key.y);
    for (unsigned j = 0; j < CHIP_CURVE_ROWS; j++) {
        size_t row = first + j;
        trace_set(chip, COL_ACTIVE, row, &FR_ONE);
        trace_set_u64(chip, COL_OP, row, job->op);
        trace_set_u64(chip, COL_J, row, j);
        trace_set(chip, COL_E, row, &prefix);
        set_point(chip, COL_EX, row, j == 0 ? &BJJ_IDENTITY : &e[2 * CHIP_CURVE_BITS * j - 1]);
        set_point(chip, COL_SX, row, j == 0 ? &BJJ_IDENTITY : &s[CHIP_CURVE_WINDOWS * j - 1]);
        set_point(chip, COL_AX, row, &job->key);
        trace_set(chip, COL_T, row, &t);
        for (unsigned i = 0; i < CHIP_CURVE_BITS; i++) {
            unsigned at = CHIP_CURVE_BITS * j + i, col = COL_STEPS + STEP_WIDTH * i;
            bool bit = bit_of(job, at);
            trace_set(chip, col + STEP_BIT, row, bit ? &FR_ONE : &FR_ZERO);
            set_point(chip, col + STEP_DX, row, &e[2 * at]);
            set_point(chip, col + STEP_EX, row, &e[2 * at + 1]);
            fr_dbl(&prefix, &prefix);
            fr_add(&prefix, &prefix, bit ? &FR_ONE : &FR_ZERO);
        }
        for (unsigned i = 0; i < CHIP_CURVE_WINDOWS; i++) {
            unsigned w = CHIP_CURVE_WINDOWS * j + i, col = COL_WINDOWS + WINDOW_WIDTH * i;
            unsigned byte = byte_of(job, w);
            trace_set_u64(chip, col + WINDOW_BYTE, row, byte);
            set_point(chip, col + WINDOW_WX, row, &table[(w << BJJ_WINDOW_BITS) + byte]);
            set_point(chip, col + WINDOW_SX, row, &s[w]);
        }
    }
    job->ea = e[E_POINTS - 1];
    job->sb = s[S_POINTS - 1];
}
