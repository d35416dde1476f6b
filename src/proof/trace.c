/* See trace.h. Columns of a chip are separate arrays, grown together by doubling. */
#include "proof/trace.h"

#include <stdlib.h>

struct trace *trace_new(const struct air *air, unsigned n_instances) {
    struct trace *t = calloc(1, sizeof *t);
    if (!t) {
        return NULL;
    }
    t->air = air;
    t->n_instances = n_instances;
    for (unsigned c = 0; c < air->n_chips; c++) {
        t->first[c] = t->n_chips;
        t->n_chips += air_chip_instances(air->chips[c], n_instances);
    }
    t->chips = calloc(t->n_chips + 1, sizeof *t->chips);
    if (!t->chips) {
        trace_free(t);
        return NULL;
    }
    for (unsigned c = 0; c < air->n_chips; c++) {
        for (unsigned i = 0; i < air_chip_instances(air->chips[c], n_instances); i++) {
            struct trace_chip *tc = &t->chips[t->first[c] + i];
            tc->chip = air->chips[c];
            tc->instance = i;
            tc->col = calloc((size_t)tc->chip->n_main + 1, sizeof *tc->col);
            if (!tc->col) {
                trace_free(t);
                return NULL;
            }
        }
    }
    return t;
}

void trace_free(struct trace *t) {
    if (!t) {
        return;
    }
    for (size_t c = 0; t->chips && c < t->n_chips; c++) {
        for (unsigned k = 0; t->chips[c].col && k < t->chips[c].chip->n_main; k++) {
            free(t->chips[c].col[k]);
        }
        free(t->chips[c].col);
    }
    free(t->chips);
    free(t);
}

struct trace_chip *trace_chip(struct trace *t, unsigned chip, unsigned instance) {
    return &t->chips[t->first[chip] + instance];
}

int trace_reserve(struct trace_chip *c, size_t n) {
    if (n <= c->cap) {
        return 0;
    }
    for (unsigned k = 0; k < c->chip->n_main; k++) {
        fr *p = realloc(c->col[k], n * sizeof *p);
        if (!p) {
            return -1; /* the columns already grown are only larger than they need be */
        }
        c->col[k] = p;
    }
    c->cap = n;
    return 0;
}

size_t trace_rows_add(struct trace_chip *c, size_t n) {
    int fixed = c->chip->fixed_log_height;
    size_t max = (size_t)1 << (fixed >= 0 ? (unsigned)fixed : (unsigned)AIR_MAX_LOG_HEIGHT);
    if (n > max || c->n > max - n) {
        return SIZE_MAX;
    }
    size_t want = c->n + n;
    if (want > c->cap) {
        size_t cap = c->cap < 16 ? 16 : c->cap * 2;
        if (trace_reserve(c, want > cap ? want : cap)) {
            return SIZE_MAX;
        }
    }
    for (unsigned k = 0; k < c->chip->n_main && n > 0; k++) {
        memset(c->col[k] + c->n, 0, n * sizeof(fr));
    }
    size_t first = c->n;
    c->n = want;
    return first;
}

int trace_count(struct trace_chip *c, unsigned col, size_t row) {
    if (row >= c->n && trace_rows_add(c, row + 1 - c->n) == SIZE_MAX) {
        return -1;
    }
    fr_add(&c->col[col][row], &c->col[col][row], &FR_ONE);
    return 0;
}

unsigned trace_log_height(const struct trace_chip *c) {
    if (c->chip->fixed_log_height >= 0) {
        return (unsigned)c->chip->fixed_log_height;
    }
    unsigned m = 0;
    while (((size_t)1 << m) < c->n) {
        m++;
    }
    return m;
}
