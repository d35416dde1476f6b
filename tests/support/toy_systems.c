#include "toy_systems.h"

#include <stdlib.h>

static const char *const NAMES[TOY_COUNT] = {"arith", "tables", "wide", "lone"};
static const char *const CONTRACT_NAMES[TOY_COUNT] = {"Arith", "Tables", "Wide", "Lone"};

const char *toy_name(unsigned toy) {
    return NAMES[toy];
}
const char *toy_contract_name(unsigned toy) {
    return CONTRACT_NAMES[toy];
}

static void check(bool ok, const char *what) {
    if (!ok) {
        fprintf(stderr, "toy systems: %s\n", what);
        abort();
    }
}

/* --- random values: splitmix64 --------------------------------------------------------------- */

static uint64_t random_u64(uint64_t *state) {
    uint64_t z = *state += 0x9e3779b97f4a7c15;
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9;
    z = (z ^ (z >> 27)) * 0x94d049bb133111eb;
    return z ^ (z >> 31);
}
static uint64_t random_below(uint64_t *state, uint64_t n) {
    return random_u64(state) % n;
}
static void random_fr(uint64_t *state, fr *out) {
    uint8_t be[32];
    for (size_t i = 0; i < sizeof be; i++) {
        be[i] = (uint8_t)random_u64(state);
    }
    fr_from_be_reduce(out, be);
}
static void fifth_power(fr *out, const fr *x) {
    fr_pow_u64(out, x, 5);
}

/* --- arith -------------------------------------------------------------------------------------
 */

enum { ARITH_PRODUCT, ARITH_MIRROR, ARITH_RANGE, ARITH_SQUARE, ARITH_OUT, ARITH_END };

static void build_arith(struct air *air) {
    unsigned product = air_kind(air, "PRODUCT", 2), range = air_kind(air, "RANGE", 1),
             square = air_kind(air, "SQUARE", 2), out = air_kind(air, "OUT", 2),
             end = air_kind(air, "END", 1);
    air_scalars(air, 1, (const char *const[]){"end"});

    struct air_chip *c = air_chip(air, "product", -1, false);
    ax active = air_active(c), a = air_col(c, "a"), b = air_col(c, "b"), p = air_col(c, "c"),
       y = air_col(c, "y");
    air_zero(c, air_sub(c, air_mul(c, a, b), p), "c is a times b");
    air_give(c, product, active, 2, (ax[]){p, a});
    air_give(c, range, active, 1, (ax[]){b});
    air_give(c, square, active, 2, (ax[]){a, y});
    air_give(c, out, active, 2, (ax[]){air_row(c), p});

    c = air_chip(air, "mirror", -1, false);
    active = air_active(c), p = air_col(c, "c"), a = air_col(c, "a");
    air_zero(c, air_mul(c, air_sub(c, a, air_u64(c, 3)), active), "a is 3");
    air_take(c, product, active, 2, (ax[]){p, a});

    c = air_chip(air, "range", 3, false);
    air_take(c, range, air_col(c, "count"), 1, (ax[]){air_row(c)});

    c = air_chip(air, "square", -1, false);
    active = air_active(c), a = air_col(c, "x"), y = air_col(c, "y");
    ax count = air_col_gated(c, "count");
    air_zero(c, air_sub(c, air_add(c, air_sqr(c, a), air_scale_u64(c, 7, active)), y),
             "y is x squared plus 7");
    air_take(c, square, count, 2, (ax[]){a, y});

    c = air_chip(air, "out", -1, false);
    active = air_active(c);
    ax word = air_col_public(c, "word");
    air_zero(c, air_sub(c, word, air_mul(c, word, active)), "inactive words are 0");
    air_take(c, out, active, 2, (ax[]){air_row(c), word});

    c = air_chip(air, "end", -1, false);
    active = air_active(c);
    air_give(c, end, active, 1, (ax[]){air_col(c, "s")});
    struct air_lin fields[1] = {air_lin_scalar(0)};
    air_boundary_take(air, end, 1, fields);
}

static void fill_arith(struct toy_witness *w, uint64_t *rng) {
    struct trace *t = w->trace;
    size_t n = 1 + random_below(rng, 20);
    for (unsigned chip = 0; chip < 6; chip++) {
        size_t rows = chip == ARITH_RANGE ? 8 : chip == ARITH_SQUARE || chip == ARITH_END ? 1 : n;
        check(trace_rows_add(trace_chip(t, chip, 0), rows) == 0, "rows");
    }
    struct trace_chip *product = trace_chip(t, ARITH_PRODUCT, 0),
                      *mirror = trace_chip(t, ARITH_MIRROR, 0), *out = trace_chip(t, ARITH_OUT, 0);
    for (size_t i = 0; i < n; i++) {
        uint64_t b = random_below(rng, 8);
        const uint64_t row[5] = {1, 3, b, 3 * b, 16}, copy[3] = {1, 3 * b, 3}, word[2] = {1, 3 * b};
        for (unsigned k = 0; k < 5; k++) {
            trace_set_u64(product, k, i, row[k]);
        }
        for (unsigned k = 0; k < 3; k++) {
            trace_set_u64(mirror, k, i, copy[k]);
        }
        for (unsigned k = 0; k < 2; k++) {
            trace_set_u64(out, k, i, word[k]);
        }
        check(trace_count(trace_chip(t, ARITH_RANGE, 0), 0, b) == 0, "count");
    }
    const uint64_t square[4] = {1, 3, 16, n};
    for (unsigned k = 0; k < 4; k++) {
        trace_set_u64(trace_chip(t, ARITH_SQUARE, 0), k, 0, square[k]);
    }
    w->n_scalars = 1;
    random_fr(rng, &w->scalars[0]);
    trace_set_u64(trace_chip(t, ARITH_END, 0), 0, 0, 1);
    trace_set(trace_chip(t, ARITH_END, 0), 1, 0, &w->scalars[0]);
}

/* --- tables ------------------------------------------------------------------------------------
 */

enum { TABLES_OP, TABLES_CUBE, TABLES_SMALL, TABLES_OUTBOX, TABLES_CLOSE };
enum { CUBE_LOG = 4, SMALL_LOG = 2 };

static void cube_row(uint64_t x, fr out[3]) {
    fr_from_u64(&out[0], x);
    fr_from_u64(&out[1], x * x * x + 5);
    fr_from_u64(&out[2], x + 1000);
    fifth_power(&out[2], &out[2]);
}

static void build_tables(struct air *air) {
    unsigned cube = air_kind(air, "CUBE", 3), small = air_kind(air, "SMALL", 1),
             message = air_kind(air, "MESSAGE", 4), total = air_kind(air, "TOTAL", 2),
             done = air_kind(air, "DONE", 1);
    air_scalars(air, 3, (const char *const[]){"salt", "total", "total + 1"});

    struct air_chip *c = air_chip(air, "op", -1, false);
    ax active = air_active(c), chain = air_col(c, "chain"), index = air_col(c, "index"),
       w0 = air_col(c, "w0"), w1 = air_col(c, "w1"), y = air_col(c, "y"), z = air_col(c, "z"),
       v = air_col_gated(c, "v"), fifth = air_col(c, "fifth");
    ax sum = air_add(c, w0, w1), sqr = air_sqr(c, sum);
    ax right = air_add(c, air_mul(c, air_sqr(c, sqr), sum), air_mul(c, air_scalar(c, 0), active));
    air_zero(c, air_sub(c, fifth, right), "fifth power of w0 + w1, plus salt");
    air_give(c, cube, active, 3, (ax[]){w0, y, z});
    air_give(c, small, active, 1, (ax[]){v});
    air_give(c, message, active, 4, (ax[]){chain, index, w0, w1});

    fr columns[3][1 << CUBE_LOG], squares[3];
    for (uint64_t i = 0; i < 1 << CUBE_LOG; i++) {
        fr row[3];
        cube_row(i, row);
        for (unsigned k = 0; k < 3; k++) {
            columns[k][i] = row[k];
        }
    }
    c = air_chip(air, "cube", CUBE_LOG, false);
    ax fixed[3], count = air_col(c, "count");
    for (unsigned k = 0; k < 3; k++) {
        fixed[k] = air_col_fixed(c, k == 0 ? "x" : k == 1 ? "y" : "z", columns[k], 1 << CUBE_LOG);
    }
    air_take(c, cube, count, 3, fixed);

    for (uint64_t i = 0; i < 3; i++) { /* the fourth row stays 0 */
        fr_from_u64(&squares[i], (i + 1) * (i + 1));
    }
    c = air_chip(air, "small", SMALL_LOG, false);
    ax square = air_col_fixed(c, "square", squares, 3);
    air_take(c, small, air_col(c, "count"), 1, &square);

    c = air_chip(air, "outbox", -1, true);
    active = air_active(c), w0 = air_col_public(c, "w0"), w1 = air_col_public(c, "w1");
    air_zero(c, air_sub(c, w0, air_mul(c, w0, active)), "inactive w0 is 0");
    air_zero(c, air_sub(c, w1, air_mul(c, w1, active)), "inactive w1 is 0");
    ax from = air_instance_scalar(c);
    air_take(c, message, active, 4, (ax[]){from, air_row(c), w0, w1});

    c = air_chip(air, "close", -1, false);
    active = air_active(c);
    ax t = air_col(c, "total");
    air_take(c, total, active, 2, (ax[]){air_u64(c, 7), t});
    air_give(c, done, active, 1, (ax[]){air_add(c, t, air_u64(c, 1))});
    struct air_lin fields[2] = {air_lin_u64(7), air_lin_scalar(1)}, last = air_lin_scalar(2);
    air_boundary_give(air, total, 2, fields);
    air_boundary_take(air, done, 1, &last);
}

static void fill_tables(struct toy_witness *w, uint64_t *rng) {
    struct trace *t = w->trace;
    size_t n = 1 + random_below(rng, 30), used[TOY_MAX_SCALARS] = {0};
    for (unsigned i = 0; i < 3; i++) {
        random_fr(rng, &w->scalars[i]);
    }
    w->n_scalars = 3;
    fr_add(&w->scalars[2], &w->scalars[1], &FR_ONE);
    struct trace_chip *op = trace_chip(t, TABLES_OP, 0);
    check(trace_rows_add(op, n) == 0, "rows");
    for (size_t i = 0; i < n; i++) {
        unsigned chain = (unsigned)random_below(rng, w->n_instances);
        uint64_t x = random_below(rng, 1 << CUBE_LOG), s = random_below(rng, 3);
        struct trace_chip *outbox = trace_chip(t, TABLES_OUTBOX, chain);
        size_t row = trace_row_add(outbox);
        fr cells[9];
        cells[0] = FR_ONE;
        cells[1] = w->instance_scalars[chain];
        fr_from_u64(&cells[2], used[chain]++);
        random_fr(rng, &cells[4]);
        cube_row(x, &cells[5]); /* x, y, z */
        cells[3] = cells[5];
        cells[5] = cells[6];
        cells[6] = cells[7];
        fr_from_u64(&cells[7], (s + 1) * (s + 1));
        fr sum;
        fr_add(&sum, &cells[3], &cells[4]);
        fifth_power(&cells[8], &sum);
        fr_add(&cells[8], &cells[8], &w->scalars[0]);
        for (unsigned k = 0; k < 9; k++) {
            trace_set(op, k, i, &cells[k]);
        }
        trace_set_u64(outbox, 0, row, 1);
        trace_set(outbox, 1, row, &cells[3]);
        trace_set(outbox, 2, row, &cells[4]);
        check(trace_count(trace_chip(t, TABLES_CUBE, 0), 0, x) == 0, "count");
        check(trace_count(trace_chip(t, TABLES_SMALL, 0), 0, s) == 0, "count");
    }
    struct trace_chip *close = trace_chip(t, TABLES_CLOSE, 0);
    check(trace_rows_add(close, 1) == 0, "rows");
    trace_set_u64(close, 0, 0, 1);
    trace_set(close, 1, 0, &w->scalars[1]);
}

/* --- wide --------------------------------------------------------------------------------------
 */

enum { WIDE_COLUMNS = 28, WIDE_MIX = 0, WIDE_SINK = 1 };

/* A dense matrix of full-size constants. */
static void wide_entry(unsigned i, unsigned j, fr *out) {
    uint64_t state = 1000 * i + j;
    random_fr(&state, out);
}

static void build_wide(struct air *air) {
    unsigned result = air_kind(air, "RESULT", 4);
    air_scalars(air, 0, NULL);
    struct air_chip *c = air_chip(air, "mix", -1, false);
    ax active = air_active(c), x[WIDE_COLUMNS], y[WIDE_COLUMNS];
    for (unsigned i = 0; i < WIDE_COLUMNS; i++) {
        char name[16];
        snprintf(name, sizeof name, "x%u", i);
        x[i] = air_col(c, name);
        snprintf(name, sizeof name, "y%u", i);
        y[i] = air_col(c, name);
    }
    for (unsigned i = 0; i < WIDE_COLUMNS; i++) {
        ax terms[WIDE_COLUMNS];
        for (unsigned j = 0; j < WIDE_COLUMNS; j++) {
            fr entry;
            wide_entry(i, j, &entry);
            terms[j] = air_scale(c, &entry, x[j]);
        }
        ax sum = air_sum(c, WIDE_COLUMNS, terms), sqr = air_sqr(c, sum);
        air_zero(c, air_sub(c, y[i], air_mul(c, air_sqr(c, sqr), sum)), "output %u", i);
    }
    for (unsigned i = 0; i < WIDE_COLUMNS; i += 4) {
        air_give(c, result, active, 4, &y[i]);
    }
    c = air_chip(air, "sink", -1, false);
    active = air_active(c);
    for (unsigned i = 0; i < 4; i++) {
        char name[16];
        snprintf(name, sizeof name, "y%u", i);
        y[i] = air_col(c, name);
    }
    air_take(c, result, active, 4, y);
}

static void fill_wide(struct toy_witness *w, uint64_t *rng) {
    struct trace_chip *mix = trace_chip(w->trace, WIDE_MIX, 0),
                      *sink = trace_chip(w->trace, WIDE_SINK, 0);
    size_t n = 1 + random_below(rng, 3);
    check(trace_rows_add(mix, n) == 0, "rows");
    check(trace_rows_add(sink, n * WIDE_COLUMNS / 4) == 0, "rows");
    for (size_t row = 0; row < n; row++) {
        fr x[WIDE_COLUMNS];
        trace_set_u64(mix, 0, row, 1);
        for (unsigned i = 0; i < WIDE_COLUMNS; i++) {
            random_fr(rng, &x[i]);
            trace_set(mix, 1 + 2 * i, row, &x[i]);
        }
        for (unsigned i = 0; i < WIDE_COLUMNS; i++) {
            fr sum = FR_ZERO, term;
            for (unsigned j = 0; j < WIDE_COLUMNS; j++) {
                wide_entry(i, j, &term);
                fr_mul(&term, &term, &x[j]);
                fr_add(&sum, &sum, &term);
            }
            fifth_power(&sum, &sum);
            trace_set(mix, 2 + 2 * i, row, &sum);
            size_t target = row * (WIDE_COLUMNS / 4) + i / 4;
            trace_set_u64(sink, 0, target, 1);
            trace_set(sink, 1 + i % 4, target, &sum);
        }
    }
}

/* --- lone --------------------------------------------------------------------------------------
 */

static void build_lone(struct air *air) {
    air_scalars(air, 0, NULL);
    struct air_chip *c = air_chip(air, "fifth", -1, false);
    ax active = air_active(c), x = air_col(c, "x"), y = air_col(c, "y");
    ax sqr = air_sqr(c, x);
    air_zero(c, air_sub(c, y, air_mul(c, air_sqr(c, sqr), x)), "y is the fifth power of x");
    air_zero(c, air_mul(c, active, air_sub(c, x, air_row(c))), "x is the row's number");
}

static void fill_lone(struct toy_witness *w, uint64_t *rng) {
    struct trace_chip *c = trace_chip(w->trace, 0, 0);
    size_t n = random_below(rng, 10);
    check(trace_rows_add(c, n) == 0, "rows");
    for (size_t i = 0; i < n; i++) {
        trace_set_u64(c, 0, i, 1);
        trace_set_u64(c, 1, i, i);
        trace_set_u64(c, 2, i, i * i * i * i * i);
    }
}

/* -----------------------------------------------------------------------------------------------
 */

struct air *toy_air(unsigned toy) {
    static void (*const build[TOY_COUNT])(struct air *) = {build_arith, build_tables, build_wide,
                                                           build_lone};
    struct air *air = air_new(NAMES[toy]);
    char err[200];
    check(air != NULL, "memory");
    build[toy](air);
    if (air_finish(air, err, sizeof err) != 0) {
        check(false, err);
    }
    return air;
}

void toy_witness_init(struct toy_witness *w, const struct air *air, unsigned toy, uint64_t seed) {
    static void (*const fill[TOY_COUNT])(struct toy_witness *, uint64_t *) = {
        fill_arith, fill_tables, fill_wide, fill_lone};
    uint64_t rng = seed;
    *w = (struct toy_witness){.n_instances =
                                  toy == TOY_TABLES ? 1 + (unsigned)random_below(&rng, 3) : 0};
    for (unsigned i = 0; i < w->n_instances; i++) {
        fr_from_u64(&w->instance_scalars[i], 10 + i);
    }
    w->trace = trace_new(air, w->n_instances);
    check(w->trace != NULL, "memory");
    fill[toy](w, &rng);
}

void toy_witness_release(struct toy_witness *w) {
    trace_free(w->trace);
    *w = (struct toy_witness){0};
}

fr *toy_public_words(const struct trace *trace, unsigned chip, unsigned instance, size_t *n_words) {
    const struct trace_chip *c = &trace->chips[trace->first[chip] + instance];
    unsigned width = c->chip->n_public;
    *n_words = c->n * width;
    fr *words = calloc(*n_words + 1, sizeof *words);
    for (size_t i = 0; words && i < c->n; i++) {
        for (unsigned t = 0; t < width; t++) {
            words[i * width + t] = c->col[c->chip->public_col[t]][i];
        }
    }
    return words;
}
