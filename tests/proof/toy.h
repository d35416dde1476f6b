/* A small AIR with every feature, and random traces for it: products shared by two chips, a range
 * table, a table with fixed columns, a pure function of degree 5, a public log, a public chip with
 * two columns and an instance per chain, a boundary message. Everything static: each test includes
 * it. */
#ifndef ZKLINK_TESTS_PROOF_TOY_H
#define ZKLINK_TESTS_PROOF_TOY_H

#include "proof/keys.h"
#include "proof/prover.h"
#include "proof/prover_hooks.h"
#include "proof/verifier.h"
#include "proof/witness_check.h"

#include <stdlib.h>

enum { TOY_TABLE_LOG = 3, TOY_WINDOW_LOG = 4, TOY_CHAINS = 2, TOY_MAX_M = 12 };

/* Chips in the order of their numbers. */
enum { TOY_A, TOY_B, TOY_C, TOY_F, TOY_P, TOY_O, TOY_W, TOY_OUT, TOY_CHIPS };
/* Columns of chips that tests touch. */
enum { A_ACTIVE, A_A, A_B, A_C, A_Y, A_W, A_CHAIN, A_SEL };
enum { B_ACTIVE, B_C, B_A };
enum { F_ACTIVE, F_X, F_Y, F_M };

static uint64_t toy_rng_state = 0x9e3779b97f4a7c15ULL;

static uint64_t toy_rng(void) {
    toy_rng_state ^= toy_rng_state << 13;
    toy_rng_state ^= toy_rng_state >> 7;
    toy_rng_state ^= toy_rng_state << 17;
    return toy_rng_state;
}

static inline void toy_random_fr(fr *out) {
    uint8_t b[32];
    for (size_t i = 0; i < sizeof b; i++) {
        b[i] = (uint8_t)(toy_rng() >> 24);
    }
    fr_from_be_reduce(out, b);
}

/* x^5 + 7 */
static inline void toy_function(fr *y, const fr *x) {
    fr seven;
    fr_pow_u64(y, x, 5);
    fr_from_u64(&seven, 7);
    fr_add(y, y, &seven);
}

/* The second fixed column of the window table: 1 + k^2 */
static inline void toy_window(fr *v, uint64_t k) {
    fr_from_u64(v, k * k + 1);
}

enum { PROD = 1, BYTE, FUN, SEQ, ROOT, WIN, OUT };

static inline void toy_chip_a(struct air *air) {
    struct air_chip *a = air_chip(air, "a", -1, false);
    ax active = air_active(a), x = air_col(a, "a"), b = air_col(a, "b"), c = air_col(a, "c");
    ax y = air_col(a, "y"), w = air_col(a, "w"), chain = air_col(a, "chain");
    ax sel = air_col_bool_gated(a, "sel");
    air_zero(a, air_sub(a, air_mul(a, x, b), c), "c is a b");
    air_give(a, PROD, active, 2, (ax[]){c, x});
    air_give(a, BYTE, active, 1, (ax[]){b});
    air_give(a, FUN, active, 2, (ax[]){x, y});
    air_give(a, SEQ, active, 2, (ax[]){air_row(a), c});
    air_give(a, WIN, active, 2, (ax[]){b, w});
    air_give(a, OUT, air_mul(a, sel, active), 3, (ax[]){chain, x, air_add(a, b, air_scalar(a, 1))});
    air_give(a, OUT, sel, 3, (ax[]){chain, air_u64(a, 5), air_mul(a, b, b)});
}

/* enlarged: the range table one bit longer than it should be. */
static inline struct air *toy_air(bool enlarged) {
    struct air *air = air_new("toy");
    static const unsigned arity[] = {2, 1, 2, 2, 1, 2, 3};
    static const char *const names[] = {"PROD", "BYTE", "FUN", "SEQ", "ROOT", "WIN", "OUT"};
    for (unsigned i = 0; i < 7; i++) {
        air_kind(air, names[i], arity[i]);
    }
    air_scalars(air, 2, (const char *const[]){"root", "shift"});
    toy_chip_a(air);
    struct air_chip *b = air_chip(air, "b", -1, false);
    ax active = air_active(b), c = air_col(b, "c"), x = air_col(b, "a");
    air_take(b, PROD, active, 2, (ax[]){c, x});
    struct air_chip *table = air_chip(air, "c", TOY_TABLE_LOG + (enlarged ? 1 : 0), false);
    ax m = air_col(table, "m"), row = air_row(table);
    air_take(table, BYTE, m, 1, &row);
    struct air_chip *f = air_chip(air, "f", -1, false);
    active = air_active(f);
    x = air_col(f, "x");
    ax y = air_col(f, "y"), x2 = air_sqr(f, x);
    m = air_col_gated(f, "m");
    ax x5 = air_mul(f, air_sqr(f, x2), x);
    air_zero(f, air_sub(f, air_add(f, x5, air_scale_u64(f, 7, active)), y), "y is x^5 + 7");
    air_take(f, FUN, m, 2, (ax[]){x, y});
    struct air_chip *p = air_chip(air, "p", -1, false);
    active = air_active(p);
    ax word = air_col_public(p, "word");
    row = air_row(p);
    air_take(p, SEQ, active, 2, (ax[]){row, word});
    air_zero(p, air_mul(p, word, air_sub(p, air_u64(p, 1), active)), "no word when inactive");
    struct air_chip *o = air_chip(air, "o", -1, false);
    active = air_active(o);
    ax s = air_col_gated(o, "s");
    air_give(o, ROOT, active, 1, &s);
    struct air_chip *w = air_chip(air, "w", TOY_WINDOW_LOG, false);
    fr k[10], v[10];
    for (uint64_t i = 0; i < 10; i++) {
        fr_from_u64(&k[i], i);
        toy_window(&v[i], i);
    }
    m = air_col(w, "m");
    ax fk = air_col_fixed(w, "k", k, 10);
    ax fv = air_col_fixed(w, "v", v, 10);
    air_take(w, WIN, m, 2, (ax[]){fk, fv});
    struct air_chip *out = air_chip(air, "out", -1, true);
    active = air_active(out);
    ax u0 = air_col_public(out, "u0");
    ax u1 = air_col_public(out, "u1");
    air_take(out, OUT, active, 3, (ax[]){air_instance_scalar(out), u0, u1});
    air_boundary_take(air, ROOT, 1, (struct air_lin[]){air_lin_scalar(0)});
    char err[200];
    if (air_finish(air, err, sizeof err)) {
        fprintf(stderr, "toy AIR: %s\n", err);
        abort();
    }
    return air;
}

struct toy {
    struct air *air;
    struct trace *trace;
    struct statement s;
    fr scalars[2], chains[TOY_CHAINS];
    struct held_column held[1 + TOY_CHAINS];
    fr *words[1 + TOY_CHAINS];
};

static inline void toy_row_a(struct toy *t, const fr *x, uint64_t b, bool sel) {
    struct trace_chip *a = trace_chip(t->trace, TOY_A, 0), *ch;
    size_t i = trace_row_add(a), j;
    fr c, y, w, bf, five;
    fr_from_u64(&bf, b);
    fr_mul(&c, x, &bf);
    toy_function(&y, x);
    toy_window(&w, b);
    trace_set_u64(a, A_ACTIVE, i, 1);
    trace_set(a, A_A, i, x);
    trace_set(a, A_B, i, &bf);
    trace_set(a, A_C, i, &c);
    trace_set(a, A_Y, i, &y);
    trace_set(a, A_W, i, &w);
    trace_set_u64(a, A_SEL, i, sel);
    ch = trace_chip(t->trace, TOY_B, 0);
    j = trace_row_add(ch);
    trace_set_u64(ch, B_ACTIVE, j, 1);
    trace_set(ch, B_C, j, &c);
    trace_set(ch, B_A, j, x);
    trace_count(trace_chip(t->trace, TOY_C, 0), 0, (size_t)b);
    trace_count(trace_chip(t->trace, TOY_W, 0), 0, (size_t)b);
    ch = trace_chip(t->trace, TOY_F, 0);
    for (j = 0; j < ch->n && !fr_eq(&ch->col[F_X][j], x); j++) {
    }
    if (j == ch->n) {
        trace_row_add(ch);
        trace_set_u64(ch, F_ACTIVE, j, 1);
        trace_set(ch, F_X, j, x);
        trace_set(ch, F_Y, j, &y);
    }
    trace_count(ch, F_M, j);
    ch = trace_chip(t->trace, TOY_P, 0);
    j = trace_row_add(ch);
    trace_set_u64(ch, 0, j, 1);
    trace_set(ch, 1, j, &c);
    if (sel) {
        unsigned chain = (unsigned)(toy_rng() % TOY_CHAINS);
        trace_set(a, A_CHAIN, i, &t->chains[chain]);
        ch = trace_chip(t->trace, TOY_OUT, chain);
        j = trace_rows_add(ch, 2);
        fr_from_u64(&five, 5);
        for (size_t r = j; r < j + 2; r++) {
            trace_set_u64(ch, 0, r, 1);
            trace_set(ch, 1, r, r == j ? x : &five);
        }
        fr_add(&c, &bf, &t->scalars[1]);
        trace_set(ch, 2, j, &c);
        fr_sqr(&c, &bf);
        trace_set(ch, 2, j + 1, &c);
    }
}

/* The public words as the verifier holds them. */
static inline void toy_hold(struct toy *t) {
    for (unsigned h = 0; h < 1 + TOY_CHAINS; h++) {
        unsigned chip = h ? TOY_OUT : TOY_P, instance = h ? h - 1 : 0, width = h ? 2 : 1;
        const struct trace_chip *tc = trace_chip(t->trace, chip, instance);
        free(t->words[h]);
        t->words[h] = calloc(tc->n * width + 1, sizeof(fr));
        for (size_t i = 0; i < tc->n * width; i++) {
            t->words[h][i] = tc->col[1 + i % width][i / width];
        }
        t->held[h] = (struct held_column){chip, instance, t->words[h], tc->n * width};
    }
    t->s.held = t->held;
    t->s.n_held = 1 + TOY_CHAINS;
}

/* n rows of chip a, every column small or not; pad: so many zero rows after those of chip b. */
static inline void toy_init(struct toy *t, const struct air *air, size_t n, size_t pad) {
    memset(t, 0, sizeof *t);
    t->trace = trace_new(air, TOY_CHAINS);
    for (size_t i = 0; i < sizeof t->s.digest; i++) {
        t->s.digest[i] = (uint8_t)toy_rng();
    }
    for (unsigned i = 0; i < 2; i++) {
        toy_random_fr(&t->scalars[i]);
        fr_from_u64(&t->chains[i], 10 + i);
    }
    t->s.scalars = t->scalars;
    t->s.n_scalars = 2;
    t->s.instance_scalars = t->chains;
    t->s.n_instances = TOY_CHAINS;
    for (size_t i = 0; i < n; i++) {
        fr x;
        if (toy_rng() % 4) {
            fr_from_u64(&x, 2 + toy_rng() % 5);
        } else {
            toy_random_fr(&x);
        }
        toy_row_a(t, &x, toy_rng() % 8, toy_rng() % 3 == 0);
    }
    trace_rows_add(trace_chip(t->trace, TOY_B, 0), pad);
    struct trace_chip *o = trace_chip(t->trace, TOY_O, 0);
    size_t i = trace_row_add(o);
    trace_set_u64(o, 0, i, 1);
    trace_set(o, 1, i, &t->scalars[0]);
    toy_hold(t);
}

static inline void toy_release(struct toy *t) {
    for (unsigned h = 0; h < 1 + TOY_CHAINS; h++) {
        free(t->words[h]);
    }
    trace_free(t->trace);
}

#endif
