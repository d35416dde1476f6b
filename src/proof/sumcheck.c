/* See sumcheck.h. */
#include "proof/sumcheck.h"

#include "base/threads.h"
#include "proof/kernel.h"

#include <stdatomic.h>
#include <stdlib.h>

enum { TASK_PAIRS = 16 * KERNEL_BLOCK, MAX_CLASS = AIR_MAX_DEGREE };

typedef fr class_totals[MAX_CLASS + 1][MAX_CLASS + 1];

struct sc_chip {
    const struct layout_chip *lc;
    struct kernel *kernel; /* NULL for a chip of height 1, which has no round */
    unsigned n_cols;
    fr **col;    /* main, fixed, helper; the caller's before the first binding */
    size_t *len; /* rows of each column */
    bool owned;  /* the columns are ours */
    size_t used; /* rows of main and helper columns */
    fr *public;  /* sum_t g^t v_t for each row, ours; NULL without public columns */
    fr claim[MAX_CLASS + 1];
    fr extended[MAX_CLASS + 1][ROUND_DEGREE + 1]; /* this round's G_d at 0..6 */
    size_t n_tasks, first_task;
};

/* Weights eq(zeta[j+1..m), .) of the chips of one height. */
struct eq_table {
    fr *v;
    size_t len;
};

struct sumcheck {
    const struct layout *l;
    const struct challenges *ch;
    unsigned threads, round;
    bool violated;
    struct sc_chip *chips;
    struct eq_table eq[AIR_MAX_LOG_HEIGHT + 1];
    fr prefix;   /* eq(zeta[..j), R[..j)) */
    fr row_base; /* sum_{k<j} R_k 2^k */
    fr R[AIR_MAX_LOG_HEIGHT + 1];
    fr **scratch;         /* of each thread */
    class_totals *totals; /* [thread][chip] */
    atomic_size_t next_task;
    size_t n_tasks;
    atomic_bool failed;
};

/* out[i] = eq(zeta[0..n), bits of i) */
static void eq_expand(fr *out, const fr *zeta, unsigned n) {
    out[0] = FR_ONE;
    for (unsigned k = 0; k < n; k++) {
        size_t half = (size_t)1 << k;
        for (size_t i = half; i-- > 0;) {
            fr_mul(&out[half + i], &out[i], &zeta[k]);
            fr_sub(&out[i], &out[i], &out[half + i]);
        }
    }
}

static bool eq_init(struct sumcheck *sc) {
    for (size_t c = 0; c < sc->l->n_chips; c++) {
        unsigned m = sc->l->chips[c].log_height;
        struct eq_table *t = &sc->eq[m];
        if (m == 0 || t->v) {
            continue;
        }
        t->len = (size_t)1 << (m - 1);
        t->v = malloc(t->len * sizeof *t->v);
        if (!t->v) {
            return false;
        }
        eq_expand(t->v, sc->ch->zeta + 1, m - 1);
    }
    return true;
}

static bool public_init(struct sc_chip *c, const struct challenges *ch) {
    const struct air_chip *chip = c->lc->chip;
    if (chip->n_public == 0) {
        return true;
    }
    c->public = calloc(c->used + 1, sizeof *c->public);
    for (size_t i = 0; c->public && i < c->used; i++) {
        fr *u = &c->public[i];
        for (unsigned t = chip->n_public; t-- > 0;) {
            fr_mul(u, u, &ch->g);
            fr_add(u, u, &c->col[chip->public_col[t]][i]);
        }
    }
    return c->public != NULL;
}

static bool chip_init(struct sumcheck *sc, size_t i, const struct statement *s,
                      const struct sumcheck_columns *in) {
    struct sc_chip *c = &sc->chips[i];
    c->lc = &sc->l->chips[i];
    const struct air_chip *chip = c->lc->chip;
    c->n_cols = air_chip_values(chip);
    c->used = in->used;
    c->col = calloc((size_t)c->n_cols + 1, sizeof *c->col);
    c->len = calloc((size_t)c->n_cols + 1, sizeof *c->len);
    if (!c->col || !c->len) {
        return false;
    }
    unsigned at = 0;
    for (unsigned k = 0; k < chip->n_main; k++, at++) {
        c->col[at] = in->main[k];
        c->len[at] = in->used;
    }
    for (unsigned k = 0; k < chip->n_fixed; k++, at++) {
        c->col[at] = chip->fixed[k].values;
        c->len[at] = chip->fixed[k].n_values;
    }
    for (unsigned k = 0; k < chip->n_helpers; k++, at++) {
        c->col[at] = in->helper[k];
        c->len[at] = in->used;
    }
    if (c->lc->log_height > 0) {
        const fr *instance = chip->instanced ? &s->instance_scalars[c->lc->instance] : NULL;
        c->kernel = kernel_new_sumcheck(c->lc, sc->ch, s->scalars, instance);
        if (!c->kernel) {
            return false;
        }
    }
    return public_init(c, sc->ch);
}

static bool scratch_init(struct sumcheck *sc) {
    size_t n = 1;
    for (size_t i = 0; i < sc->l->n_chips; i++) {
        size_t want = sc->chips[i].kernel ? kernel_scratch(sc->chips[i].kernel) : 0;
        n = want > n ? want : n;
    }
    sc->scratch = calloc(sc->threads, sizeof *sc->scratch);
    sc->totals = calloc(sc->threads * sc->l->n_chips, sizeof *sc->totals);
    if (!sc->scratch || !sc->totals) {
        return false;
    }
    for (unsigned t = 0; t < sc->threads; t++) {
        sc->scratch[t] = malloc(n * sizeof(fr));
        if (!sc->scratch[t]) {
            return false;
        }
    }
    return true;
}

/* The class claims of columns that may violate constraints: claim = (1 - zeta_0) G(0) + zeta_0
 * G(1). G(1) is what G(0) would be if the table began at its row 1. */
static bool claims_sum(struct sumcheck *sc, struct sc_chip *c) {
    size_t pairs = (c->used + 1) / 2;
    class_totals even = {0}, odd = {0};
    struct kernel_point at = {.at_zero = true, .row_step = FR_ONE};
    fr **col = calloc((size_t)c->n_cols + 1, sizeof *col), t;
    size_t *len = calloc((size_t)c->n_cols + 1, sizeof *len);
    if (!col || !len) {
        free(col);
        free(len);
        return false;
    }
    for (unsigned k = 0; k < c->n_cols; k++) {
        col[k] = c->col[k] + (c->len[k] > 0);
        len[k] = c->len[k] - (c->len[k] > 0);
    }
    if (c->kernel) {
        at.weight = sc->eq[c->lc->log_height].v;
        struct kernel_rows rows = {c->col, c->len}, shifted = {col, len};
        kernel_sumcheck(c->kernel, &rows, &at, 0, pairs, even, sc->scratch[0]);
        at.row_base = FR_ONE;
        kernel_sumcheck(c->kernel, &shifted, &at, 0, pairs, odd, sc->scratch[0]);
    }
    for (unsigned d = 1; d <= MAX_CLASS; d++) {
        fr_sub(&t, &odd[d][0], &even[d][0]);
        fr_mul(&t, &t, &sc->ch->zeta[0]);
        fr_add(&c->claim[d], &even[d][0], &t);
    }
    free(col);
    free(len);
    return true;
}

struct sumcheck *sumcheck_new(const struct layout *l, const struct challenges *ch,
                              const struct statement *s, const struct sumcheck_columns *columns,
                              unsigned threads, bool violated) {
    struct sumcheck *sc = calloc(1, sizeof *sc);
    if (!sc) {
        return NULL;
    }
    sc->l = l;
    sc->ch = ch;
    sc->threads = threads ? threads : 1;
    sc->violated = violated;
    sc->prefix = FR_ONE;
    sc->chips = calloc(l->n_chips + 1, sizeof *sc->chips);
    bool ok = sc->chips && eq_init(sc);
    for (size_t i = 0; ok && i < l->n_chips; i++) {
        ok = chip_init(sc, i, s, &columns[i]);
    }
    if (!ok || !scratch_init(sc)) {
        sumcheck_free(sc);
        return NULL;
    }
    for (size_t i = 0; violated && ok && i < l->n_chips; i++) {
        ok = claims_sum(sc, &sc->chips[i]);
    }
    if (!ok) {
        sumcheck_free(sc);
        return NULL;
    }
    return sc;
}

static void chip_release(struct sc_chip *c) {
    for (unsigned k = 0; c->owned && k < c->n_cols; k++) {
        free(c->col[k]);
    }
    free(c->col);
    free(c->len);
    free(c->public);
    kernel_free(c->kernel);
}

void sumcheck_free(struct sumcheck *sc) {
    if (!sc) {
        return;
    }
    for (size_t i = 0; sc->chips && i < sc->l->n_chips; i++) {
        chip_release(&sc->chips[i]);
    }
    for (unsigned t = 0; sc->scratch && t < sc->threads; t++) {
        free(sc->scratch[t]);
    }
    for (unsigned m = 0; m <= AIR_MAX_LOG_HEIGHT; m++) {
        free(sc->eq[m].v);
    }
    free(sc->chips);
    free(sc->scratch);
    free(sc->totals);
    free(sc);
}

/* --- a round --- */

static bool chip_in_round(const struct sumcheck *sc, const struct sc_chip *c) {
    return c->lc->log_height > sc->round;
}

/* Threads take tasks, TASK_PAIRS pairs of rows of one chip, until none is left. */
static void round_worker(void *arg, size_t begin, size_t end) {
    struct sumcheck *sc = arg;
    struct kernel_point at = {.at_zero = sc->round > 0 || sc->violated, .row_base = sc->row_base};
    fr_from_u64(&at.row_step, (uint64_t)1 << sc->round);
    for (size_t thread = begin; thread < end; thread++) {
        class_totals *totals = sc->totals + thread * sc->l->n_chips;
        for (;;) {
            size_t task = atomic_fetch_add(&sc->next_task, 1), c = 0;
            if (task >= sc->n_tasks) {
                break;
            }
            while (task >= sc->chips[c].first_task + sc->chips[c].n_tasks) {
                c++;
            }
            const struct sc_chip *chip = &sc->chips[c];
            const struct kernel_rows rows = {chip->col, chip->len};
            size_t pairs = (chip->used + 1) / 2, first = (task - chip->first_task) * TASK_PAIRS;
            size_t last = pairs - first < TASK_PAIRS ? pairs : first + TASK_PAIRS;
            at.weight = sc->eq[chip->lc->log_height].v;
            kernel_sumcheck(chip->kernel, &rows, &at, first, last, totals[c], sc->scratch[thread]);
        }
    }
}

static void round_run(struct sumcheck *sc) {
    size_t n = 0;
    for (size_t c = 0; c < sc->l->n_chips; c++) {
        struct sc_chip *chip = &sc->chips[c];
        size_t pairs = chip_in_round(sc, chip) ? (chip->used + 1) / 2 : 0;
        chip->first_task = n;
        chip->n_tasks = (pairs + TASK_PAIRS - 1) / TASK_PAIRS;
        n += chip->n_tasks;
    }
    sc->n_tasks = n;
    memset(sc->totals, 0, sc->threads * sc->l->n_chips * sizeof *sc->totals);
    atomic_store(&sc->next_task, 0);
    unsigned threads = sc->threads < n ? sc->threads : (unsigned)n;
    parallel_for(threads, threads, round_worker, sc);
}

/* From the values of a polynomial of degree d at 0..d to those at 0..6, by differences. */
static void extend(fr y[ROUND_DEGREE + 1], unsigned d) {
    fr diff[ROUND_DEGREE + 1];
    for (unsigned i = 0; i <= d; i++) {
        diff[i] = y[d - i];
    }
    for (unsigned order = 1; order <= d; order++) { /* diff[i]: i-th backward difference at d */
        for (unsigned i = d; i >= order; i--) {
            fr_sub(&diff[i], &diff[i - 1], &diff[i]);
        }
    }
    for (unsigned x = d + 1; x <= ROUND_DEGREE; x++) {
        for (unsigned i = d; i-- > 0;) {
            fr_add(&diff[i], &diff[i], &diff[i + 1]);
        }
        y[x] = diff[0];
    }
}

/* The values at 0..6 of the chip's class sums; returns their sum in y. */
static void classes_finish(struct sumcheck *sc, size_t c, fr y[ROUND_DEGREE + 1]) {
    struct sc_chip *chip = &sc->chips[c];
    const fr *zeta = &sc->ch->zeta[sc->round];
    fr inv, rest;
    fr_inv(&inv, zeta);
    fr_sub(&rest, &FR_ONE, zeta);
    for (unsigned d = 1; d <= kernel_max_class(chip->kernel); d++) {
        fr *G = chip->extended[d];
        if (!kernel_has_class(chip->kernel, d)) {
            continue;
        }
        for (unsigned x = 0; x <= d; x++) {
            G[x] = FR_ZERO;
            for (unsigned t = 0; t < sc->threads; t++) {
                fr_add(&G[x], &G[x], &sc->totals[t * sc->l->n_chips + c][d][x]);
            }
        }
        /* claim = (1 - zeta) G(0) + zeta G(1) */
        fr_mul(&G[1], &rest, &G[0]);
        fr_sub(&G[1], &chip->claim[d], &G[1]);
        fr_mul(&G[1], &G[1], &inv);
        extend(G, d);
        for (unsigned x = 0; x <= ROUND_DEGREE; x++) {
            fr_add(&y[x], &y[x], &G[x]);
        }
    }
}

/* y[X] += scale (a + X (b - a)) (1 + X slope) */
static void line_add(fr y[ROUND_DEGREE + 1], const fr *scale, const fr *a, const fr *b,
                     const fr *slope) {
    fr at = *a, step, factor = FR_ONE, t;
    fr_sub(&step, b, a);
    for (unsigned x = 0; x <= ROUND_DEGREE; x++) {
        fr_mul(&t, &at, &factor);
        fr_mul(&t, &t, scale);
        fr_add(&y[x], &y[x], &t);
        fr_add(&at, &at, &step);
        fr_add(&factor, &factor, slope);
    }
}

/* mu times the sum of the helper columns */
static void bus_add(const struct sumcheck *sc, const struct sc_chip *c, fr y[ROUND_DEGREE + 1]) {
    fr even = FR_ZERO, odd = FR_ZERO, w;
    const struct air_chip *chip = c->lc->chip;
    for (unsigned k = chip->n_main + chip->n_fixed; k < c->n_cols; k++) {
        for (size_t i = 0; i < c->len[k]; i += 2) {
            fr_add(&even, &even, &c->col[k][i]);
            if (i + 1 < c->len[k]) {
                fr_add(&odd, &odd, &c->col[k][i + 1]);
            }
        }
    }
    protocol_weight_bus(&w, sc->ch);
    line_add(y, &w, &even, &odd, &FR_ZERO);
}

/* mu^{2+j} W_j U: W's part over the bound coordinates is a factor, over this one 1 + X (g^{w 2^j} -
 * 1), over the later ones the powers of g^{w 2^{j+1}}. */
static void public_add(const struct sumcheck *sc, const struct sc_chip *c, fr y[ROUND_DEGREE + 1]) {
    fr even = FR_ZERO, odd = FR_ZERO, power, next, scale, slope, t;
    fr_pow_u64(&power, &sc->ch->g, c->lc->chip->n_public);
    protocol_weight_public(&scale, sc->ch, (unsigned)c->lc->public_sum);
    for (unsigned k = 0; k < sc->round; k++) {
        fr_sub(&t, &power, &FR_ONE);
        fr_mul(&t, &t, &sc->R[k]);
        fr_add(&t, &t, &FR_ONE);
        fr_mul(&scale, &scale, &t);
        fr_sqr(&power, &power);
    }
    fr_sub(&slope, &power, &FR_ONE);
    fr_sqr(&next, &power);
    for (size_t i = (c->used + 1) / 2; i-- > 0;) {
        fr_mul(&even, &even, &next);
        fr_add(&even, &even, &c->public[2 * i]);
        fr_mul(&odd, &odd, &next);
        if (2 * i + 1 < c->used) {
            fr_add(&odd, &odd, &c->public[2 * i + 1]);
        }
    }
    line_add(y, &scale, &even, &odd, &slope);
}

bool sumcheck_round(struct sumcheck *sc, fr y[ROUND_DEGREE + 1]) {
    fr classes[ROUND_DEGREE + 1] = {0}, factor, step;
    memset(y, 0, (ROUND_DEGREE + 1) * sizeof *y);
    round_run(sc);
    for (size_t c = 0; c < sc->l->n_chips; c++) {
        const struct sc_chip *chip = &sc->chips[c];
        if (!chip_in_round(sc, chip)) {
            continue;
        }
        classes_finish(sc, c, classes);
        bus_add(sc, chip, y);
        if (chip->public) {
            public_add(sc, chip, y);
        }
    }
    /* eq of this coordinate: (1 - zeta) + X (2 zeta - 1) */
    const fr *zeta = &sc->ch->zeta[sc->round];
    fr_sub(&factor, &FR_ONE, zeta);
    fr_sub(&step, zeta, &factor);
    for (unsigned x = 0; x <= ROUND_DEGREE; x++) {
        fr t;
        fr_mul(&t, &factor, &classes[x]);
        fr_mul(&t, &t, &sc->prefix);
        fr_add(&y[x], &y[x], &t);
        fr_add(&factor, &factor, &step);
    }
    return !atomic_load(&sc->failed);
}

/* --- binding --- */

/* dst[i] = src[2i] + r (src[2i+1] - src[2i]); dst may be src. Returns the new length. */
static size_t column_fold(fr *dst, const fr *src, size_t len, const fr *r) {
    size_t half = (len + 1) / 2;
    for (size_t i = 0; i < half; i++) {
        fr low = src[2 * i], d = FR_ZERO;
        if (2 * i + 1 < len) {
            d = src[2 * i + 1];
        }
        fr_sub(&d, &d, &low);
        fr_mul(&d, &d, r);
        fr_add(&dst[i], &low, &d);
    }
    return half;
}

static void chip_column_bind(struct sumcheck *sc, struct sc_chip *c, size_t k, const fr *r) {
    fr *dst = c->col[k];
    if (!c->owned) {
        dst = malloc(((c->len[k] + 1) / 2 + 1) * sizeof *dst);
        if (!dst) {
            /* the old column stays; it must not be freed: hide it */
            c->col[k] = NULL;
            c->len[k] = 0;
            atomic_store(&sc->failed, true);
            return;
        }
    }
    c->len[k] = column_fold(dst, c->col[k], c->len[k], r);
    c->col[k] = dst;
}

static void bind_worker(void *arg, size_t begin, size_t end) {
    struct sumcheck *sc = arg;
    const fr *r = &sc->R[sc->round];
    for (size_t thread = begin; thread < end; thread++) {
        for (;;) {
            size_t task = atomic_fetch_add(&sc->next_task, 1), c = 0;
            if (task >= sc->n_tasks) {
                break;
            }
            while (task >= sc->chips[c].first_task + sc->chips[c].n_tasks) {
                c++;
            }
            chip_column_bind(sc, &sc->chips[c], task - sc->chips[c].first_task, r);
        }
    }
}

static void columns_bind(struct sumcheck *sc) {
    size_t n = 0;
    for (size_t c = 0; c < sc->l->n_chips; c++) {
        struct sc_chip *chip = &sc->chips[c];
        chip->first_task = n;
        chip->n_tasks = chip_in_round(sc, chip) ? chip->n_cols : 0;
        n += chip->n_tasks;
    }
    sc->n_tasks = n;
    atomic_store(&sc->next_task, 0);
    parallel_for(sc->threads, sc->threads, bind_worker, sc);
}

static void chip_bind(struct sc_chip *c, const fr lagrange[ROUND_DEGREE + 1], const fr *r) {
    for (unsigned d = 1; d <= kernel_max_class(c->kernel); d++) {
        c->claim[d] = FR_ZERO;
        for (unsigned x = 0; x <= ROUND_DEGREE && kernel_has_class(c->kernel, d); x++) {
            fr t;
            fr_mul(&t, &lagrange[x], &c->extended[d][x]);
            fr_add(&c->claim[d], &c->claim[d], &t);
        }
    }
    if (c->public) {
        column_fold(c->public, c->public, c->used, r);
    }
    c->used = (c->used + 1) / 2;
    c->owned = true;
}

static void eq_halve(struct eq_table *t) {
    for (size_t i = 0; i < t->len / 2; i++) {
        fr_add(&t->v[i], &t->v[2 * i], &t->v[2 * i + 1]);
    }
    t->len /= 2;
}

bool sumcheck_bind(struct sumcheck *sc, const fr *r) {
    fr lagrange[ROUND_DEGREE + 1], t;
    const fr *zeta = &sc->ch->zeta[sc->round];
    protocol_lagrange(lagrange, r);
    sc->R[sc->round] = *r;
    columns_bind(sc);
    for (size_t c = 0; c < sc->l->n_chips; c++) {
        if (chip_in_round(sc, &sc->chips[c])) {
            chip_bind(&sc->chips[c], lagrange, r);
        }
    }
    for (unsigned m = sc->round + 2; m <= AIR_MAX_LOG_HEIGHT; m++) {
        if (sc->eq[m].v) {
            eq_halve(&sc->eq[m]);
        }
    }
    fr_from_u64(&t, (uint64_t)1 << sc->round);
    fr_mul(&t, &t, r);
    fr_add(&sc->row_base, &sc->row_base, &t);
    fr_mul(&t, r, zeta); /* eq(zeta, r) = 1 - r - zeta + 2 r zeta */
    fr_dbl(&t, &t);
    fr_sub(&t, &t, r);
    fr_sub(&t, &t, zeta);
    fr_add(&t, &t, &FR_ONE);
    fr_mul(&sc->prefix, &sc->prefix, &t);
    sc->round++;
    return !atomic_load(&sc->failed);
}

void sumcheck_values(const struct sumcheck *sc, size_t c, fr *values) {
    const struct sc_chip *chip = &sc->chips[c];
    for (unsigned k = 0; k < chip->n_cols; k++) {
        values[k] = chip->len[k] ? chip->col[k][0] : FR_ZERO;
    }
}
