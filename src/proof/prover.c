/* See prover.h. Memory is the caller's trace; the helper columns; the folded columns of the
 * sumcheck (half of both, freed before the opening); one chunk at a time while committing; one
 * vector of 2^M for the opening. */
#include "proof/prover.h"

#include "base/threads.h"
#include "proof/kernel.h"
#include "proof/kzg.h"
#include "proof/prover_hooks.h"
#include "proof/sumcheck.h"

#include <stdatomic.h>
#include <stdlib.h>
#include <time.h>

/* One proof in the making. */
struct prover {
    const struct proving_key *pk;
    const struct statement *s;
    const struct trace *trace;
    unsigned threads;
    const struct prove_hooks *hooks;
    struct proof_buf *out;
    size_t mark; /* bytes of out before it are absorbed */
    struct prove_stats *stats;
    struct transcript transcript;
    struct challenges ch;
    struct layout l;
    fr ***helper; /* [chip instance][helper column][row] */
    fr *values;   /* the value array of layout.h */
    fr *public_sums;
    fr R[AIR_MAX_LOG_HEIGHT + 1];
};

static const struct prove_hooks NO_HOOKS = {.log_chunk = -1};

static struct prove_time time_now(void) {
    struct timespec wall, cpu;
    clock_gettime(CLOCK_MONOTONIC, &wall);
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &cpu);
    return (struct prove_time){(double)wall.tv_sec + 1e-9 * (double)wall.tv_nsec,
                               (double)cpu.tv_sec + 1e-9 * (double)cpu.tv_nsec};
}

/* Absorbs what was written since the last time, in one go; nothing if that is nothing. */
static void absorb_written(struct prover *p) {
    if (!p->out->failed && p->out->len > p->mark) {
        transcript_absorb(&p->transcript, p->out->data + p->mark, p->out->len - p->mark);
    }
    p->mark = p->out->len;
}

/* --- layout --- */

static size_t stacked_len(const struct trace *trace, bool helpers) {
    size_t n = 0;
    for (size_t c = 0; c < trace->n_chips; c++) {
        const struct trace_chip *tc = &trace->chips[c];
        n += (size_t)(helpers ? tc->chip->n_helpers : tc->chip->n_main) << trace_log_height(tc);
    }
    return n;
}

/* The least M that holds the tallest chip and the fixed columns and makes at most target chunks. */
static unsigned log_chunk_choose(const struct prover *p, unsigned tallest, unsigned max) {
    if (p->hooks->log_chunk >= 0) {
        return (unsigned)p->hooks->log_chunk;
    }
    int fixed = p->pk->vk.air->preprocessed_log_size;
    unsigned m = fixed > (int)tallest ? (unsigned)fixed : tallest;
    size_t len = stacked_len(p->trace, false);
    while (m < max && (len + ((size_t)1 << m) - 1) >> m > p->pk->target_chunks) {
        m++;
    }
    return m;
}

static enum prove_err layout_choose(struct prover *p) {
    size_t n = p->trace->n_chips;
    unsigned max = p->pk->vk.max_log_chunk, tallest = 0;
    max = p->pk->srs->log_n < max ? p->pk->srs->log_n : max;
    uint8_t *block = calloc(protocol_heights_len(n), 1);
    if (!block) {
        return PROVE_ERR_MEMORY;
    }
    for (size_t c = 0; c < n; c++) {
        unsigned m = trace_log_height(&p->trace->chips[c]);
        block[c] = (uint8_t)m;
        tallest = m > tallest ? m : tallest;
    }
    unsigned log_chunk = log_chunk_choose(p, tallest, max);
    enum layout_err err =
        layout_init(&p->l, p->pk->vk.air, p->trace->n_instances, block, log_chunk, max);
    if (err == LAYOUT_OK) {
        block[n] = (uint8_t)log_chunk;
        proof_put_bytes(p->out, block, protocol_heights_len(n));
        absorb_written(p);
    }
    free(block);
    return err == LAYOUT_OK           ? PROVE_OK
           : err == LAYOUT_ERR_MEMORY ? PROVE_ERR_MEMORY
                                      : PROVE_ERR_SIZE;
}

/* --- chunks --- */

struct stacked_column {
    const fr *v;
    size_t n;      /* used rows */
    size_t offset; /* in the stacked vector */
};

/* Column k of chip instance c in one of the two stacked vectors. */
static struct stacked_column stacked_column(const struct prover *p, bool helper, size_t c,
                                            unsigned k) {
    const struct layout_chip *lc = &p->l.chips[c];
    const struct trace_chip *tc = &p->trace->chips[c];
    size_t first = helper ? lc->helper_offset : lc->main_offset;
    return (struct stacked_column){helper ? p->helper[c][k] : tc->col[k], tc->n,
                                   first + ((size_t)k << lc->log_height)};
}

static unsigned stacked_columns(const struct prover *p, bool helper, size_t c) {
    return helper ? p->l.chips[c].chip->n_helpers : p->l.chips[c].chip->n_main;
}

/* Fills one chunk; returns the words up to the last used row. */
static size_t chunk_fill(const struct prover *p, bool helper, size_t index, fr *v) {
    size_t size = (size_t)1 << p->l.log_chunk, used = 0;
    memset(v, 0, size * sizeof *v);
    for (size_t c = 0; c < p->l.n_chips; c++) {
        for (unsigned k = 0; k < stacked_columns(p, helper, c); k++) {
            struct stacked_column col = stacked_column(p, helper, c, k);
            size_t at = col.offset & (size - 1);
            if (col.offset >> p->l.log_chunk == index && col.n > 0) {
                memcpy(v + at, col.v, col.n * sizeof *v);
                used = at + col.n > used ? at + col.n : used;
            }
        }
    }
    if (p->hooks->chunk) {
        p->hooks->chunk(p->hooks->ctx, helper, index, v, size);
        used = size;
    }
    return used;
}

static enum prove_err chunks_commit(struct prover *p, bool helper) {
    size_t n = helper ? p->l.n_helper_chunks : p->l.n_main_chunks;
    fr *v = malloc(sizeof *v << p->l.log_chunk);
    if (!v) {
        return PROVE_ERR_MEMORY;
    }
    enum prove_err err = PROVE_OK;
    for (size_t i = 0; i < n && err == PROVE_OK; i++) {
        g1_affine commitment;
        size_t used = chunk_fill(p, helper, i, v);
        if (kzg_commit(p->pk->srs, v, used, p->threads, &commitment) != KZG_OK) {
            err = PROVE_ERR_MEMORY;
        }
        proof_put_g1(p->out, &commitment, 1);
    }
    free(v);
    return err;
}

/* --- helper columns --- */

enum { HELPER_TASK_ROWS = 1024 };

struct helper_job {
    const struct kernel *kernel;
    struct kernel_rows rows;
    fr **helper;
    size_t n;
    fr **scratch; /* of each thread */
    atomic_size_t next;
};

static void helper_worker(void *arg, size_t begin, size_t end) {
    struct helper_job *job = arg;
    for (size_t thread = begin; thread < end; thread++) {
        for (;;) {
            size_t at = atomic_fetch_add(&job->next, HELPER_TASK_ROWS);
            if (at >= job->n) {
                break;
            }
            size_t last = job->n - at < HELPER_TASK_ROWS ? job->n : at + HELPER_TASK_ROWS;
            kernel_helpers(job->kernel, &job->rows, at, last, job->helper, job->scratch[thread]);
        }
    }
}

static bool helper_job_run(struct prover *p, struct helper_job *job) {
    bool ok = true;
    job->scratch = calloc(p->threads, sizeof *job->scratch);
    for (unsigned t = 0; job->scratch && t < p->threads; t++) {
        job->scratch[t] = malloc(kernel_scratch(job->kernel) * sizeof(fr));
        ok = ok && job->scratch[t];
    }
    if (job->scratch && ok) {
        parallel_for(p->threads, p->threads, helper_worker, job);
    } else {
        ok = false;
    }
    for (unsigned t = 0; job->scratch && t < p->threads; t++) {
        free(job->scratch[t]);
    }
    free(job->scratch);
    return ok;
}

/* The kernel's columns: main, then fixed. */
static bool chip_helpers(struct prover *p, size_t c) {
    const struct layout_chip *lc = &p->l.chips[c];
    const struct air_chip *chip = lc->chip;
    const struct trace_chip *tc = &p->trace->chips[c];
    const fr *instance = chip->instanced ? &p->s->instance_scalars[lc->instance] : NULL;
    unsigned n_cols = chip->n_main + chip->n_fixed;
    fr **col = calloc((size_t)n_cols + 1, sizeof *col);
    size_t *len = calloc((size_t)n_cols + 1, sizeof *len);
    struct kernel *kernel = kernel_new_helpers(lc, &p->ch, p->s->scalars, instance);
    bool ok = col && len && kernel;
    for (unsigned k = 0; ok && k < n_cols; k++) {
        bool fixed = k >= chip->n_main;
        col[k] = fixed ? chip->fixed[k - chip->n_main].values : tc->col[k];
        len[k] = fixed ? chip->fixed[k - chip->n_main].n_values : tc->n;
    }
    for (unsigned k = 0; ok && k < chip->n_helpers; k++) {
        p->helper[c][k] = malloc((tc->n + 1) * sizeof(fr));
        ok = p->helper[c][k] != NULL;
    }
    if (ok && chip->n_helpers > 0) {
        struct helper_job job = {.kernel = kernel, .rows = {col, len}, .n = tc->n};
        job.helper = p->helper[c];
        ok = helper_job_run(p, &job);
    }
    kernel_free(kernel);
    free(col);
    free(len);
    return ok;
}

static enum prove_err helpers_compute(struct prover *p) {
    p->helper = calloc(p->l.n_chips + 1, sizeof *p->helper);
    if (!p->helper) {
        return PROVE_ERR_MEMORY;
    }
    for (size_t c = 0; c < p->l.n_chips; c++) {
        p->helper[c] = calloc((size_t)p->l.chips[c].chip->n_helpers + 1, sizeof **p->helper);
        if (!p->helper[c] || !chip_helpers(p, c)) {
            return PROVE_ERR_MEMORY;
        }
    }
    if (p->hooks->helpers) {
        p->hooks->helpers(p->hooks->ctx, &p->l, &p->ch, (fr *const *const *)p->helper);
    }
    return PROVE_OK;
}

/* s_j = sum over rows i and words t of g^{i w + t} v */
static enum prove_err public_sums(struct prover *p) {
    p->public_sums = calloc((size_t)p->l.n_public_sums + 1, sizeof *p->public_sums);
    if (!p->public_sums) {
        return PROVE_ERR_MEMORY;
    }
    for (size_t c = 0; c < p->l.n_chips; c++) {
        const struct air_chip *chip = p->l.chips[c].chip;
        const struct trace_chip *tc = &p->trace->chips[c];
        if (p->l.chips[c].public_sum < 0) {
            continue;
        }
        fr *sum = &p->public_sums[p->l.chips[c].public_sum];
        for (size_t i = tc->n; i-- > 0;) {
            for (unsigned t = chip->n_public; t-- > 0;) {
                fr_mul(sum, sum, &p->ch.g);
                fr_add(sum, sum, &tc->col[chip->public_col[t]][i]);
            }
        }
    }
    if (p->hooks->public_sums) {
        p->hooks->public_sums(p->hooks->ctx, &p->l, &p->ch, p->public_sums);
    }
    proof_put_fr(p->out, p->public_sums, p->l.n_public_sums);
    return PROVE_OK;
}

/* --- sumcheck --- */

/* Sends the values of the chips of height 2^m and takes their shares off the claim. */
static void chips_leave(struct prover *p, const struct sumcheck *sc, unsigned m, fr *claim,
                        fr *tape) {
    for (size_t c = 0; c < p->l.n_chips; c++) {
        if (p->l.chips[c].log_height == m) {
            sumcheck_values(sc, c, p->values + p->l.chips[c].first_value);
        }
    }
    if (p->hooks->leave) {
        p->hooks->leave(p->hooks->ctx, &p->l, &p->ch, m, p->R, claim, p->values);
    }
    for (size_t c = 0; c < p->l.n_chips; c++) {
        const struct layout_chip *lc = &p->l.chips[c];
        const fr *values = p->values + lc->first_value;
        if (lc->log_height == m) {
            fr share;
            proof_put_fr(p->out, values, air_chip_values(lc->chip));
            protocol_chip_claim(&share, lc, &p->ch, p->s, values, p->R, tape);
            fr_sub(claim, claim, &share);
        }
    }
    absorb_written(p);
}

/* g_j(1) follows from the claim, so it is not sent. */
static void round_send(struct prover *p, unsigned j, fr y[ROUND_DEGREE + 1], fr *claim) {
    proof_put_fr(p->out, &y[0], 1);
    proof_put_fr(p->out, &y[2], ROUND_DEGREE - 1);
    absorb_written(p);
    fr_sub(&y[1], claim, &y[0]);
    transcript_challenge(&p->transcript, &p->R[j]);
    protocol_interpolate(claim, y, &p->R[j]);
}

static enum prove_err rounds_run(struct prover *p, struct sumcheck *sc, fr *tape) {
    fr claim, y[ROUND_DEGREE + 1];
    if (!protocol_initial_claim(&claim, p->pk->vk.air, p->s, &p->ch, p->public_sums,
                                p->l.n_public_sums)) {
        return PROVE_ERR_WITNESS;
    }
    chips_leave(p, sc, 0, &claim, tape);
    for (unsigned j = 0; j < p->l.log_tallest; j++) {
        if (!sumcheck_round(sc, y)) {
            return PROVE_ERR_MEMORY;
        }
        round_send(p, j, y, &claim);
        if (!sumcheck_bind(sc, &p->R[j])) {
            return PROVE_ERR_MEMORY;
        }
        chips_leave(p, sc, j + 1, &claim, tape);
    }
    return fr_is_zero(&claim) || p->hooks->keep_going ? PROVE_OK : PROVE_ERR_WITNESS;
}

static enum prove_err sumcheck_run(struct prover *p) {
    struct sumcheck_columns *columns = calloc(p->l.n_chips + 1, sizeof *columns);
    fr *tape = calloc(protocol_max_tape(p->pk->vk.air), sizeof *tape);
    p->values = calloc(p->l.n_values + 1, sizeof *p->values);
    struct sumcheck *sc = NULL;
    enum prove_err err = PROVE_ERR_MEMORY;
    if (columns && tape && p->values) {
        for (size_t c = 0; c < p->l.n_chips; c++) {
            const struct trace_chip *tc = &p->trace->chips[c];
            columns[c] = (struct sumcheck_columns){tc->n, tc->col, p->helper[c]};
        }
        sc = sumcheck_new(&p->l, &p->ch, p->s, columns, p->threads, p->hooks->violated);
    }
    if (sc) {
        err = rounds_run(p, sc, tape);
    }
    sumcheck_free(sc);
    free(columns);
    free(tape);
    return err;
}

/* --- opening --- */

/* f = sum_i lambda^i chunk_i over main, helper and preprocessed chunks. */
struct combination {
    const struct prover *p;
    const fr *power; /* lambda^i */
    fr *f;
};

static void column_add(fr *f, size_t begin, size_t end, const struct stacked_column *col, size_t at,
                       const fr *w) {
    size_t first = at > begin ? at : begin, last = at + col->n < end ? at + col->n : end;
    for (size_t i = first; i < last; i++) {
        fr t;
        if (!fr_is_zero(&col->v[i - at])) {
            fr_mul(&t, &col->v[i - at], w);
            fr_add(&f[i], &f[i], &t);
        }
    }
}

static void fixed_add(const struct combination *job, size_t begin, size_t end) {
    const struct prover *p = job->p;
    const struct air *air = p->pk->vk.air;
    for (unsigned i = 0; i < air->n_fixed_places; i++) {
        const struct air_fixed_place *place = &air->fixed_places[i];
        const struct air_column *column = &air->chips[place->chip]->fixed[place->fixed];
        struct stacked_column col = {column->values, column->n_values, 0};
        column_add(job->f, begin, end, &col, place->offset,
                   &job->power[p->l.n_main_chunks + p->l.n_helper_chunks]);
    }
}

/* The places begin <= i < end of f. */
static void combination_range(void *arg, size_t begin, size_t end) {
    const struct combination *job = arg;
    const struct prover *p = job->p;
    size_t mask = ((size_t)1 << p->l.log_chunk) - 1;
    for (int helper = 0; helper <= 1; helper++) {
        const fr *power = job->power + (helper ? p->l.n_main_chunks : 0);
        for (size_t c = 0; c < p->l.n_chips; c++) {
            for (unsigned k = 0; k < stacked_columns(p, helper, c); k++) {
                struct stacked_column col = stacked_column(p, helper, c, k);
                column_add(job->f, begin, end, &col, col.offset & mask,
                           &power[col.offset >> p->l.log_chunk]);
            }
        }
    }
    fixed_add(job, begin, end);
}

/* With a hook that changes chunks, f comes from the changed ones. */
static void combination_hooked(const struct combination *job, fr *chunk) {
    const struct prover *p = job->p;
    const fr *power = job->power;
    size_t size = (size_t)1 << p->l.log_chunk;
    for (int helper = 0; helper <= 1; helper++) {
        size_t n = helper ? p->l.n_helper_chunks : p->l.n_main_chunks;
        for (size_t i = 0; i < n; i++, power++) {
            chunk_fill(p, helper, i, chunk);
            struct stacked_column col = {chunk, size, 0};
            column_add(job->f, 0, size, &col, 0, power);
        }
    }
    fixed_add(job, 0, size);
}

static enum prove_err combination_open(struct prover *p, fr *power, fr *f) {
    size_t n = p->l.n_main_chunks + p->l.n_helper_chunks + 1, size = (size_t)1 << p->l.log_chunk;
    fr lambda;
    transcript_challenge(&p->transcript, &lambda);
    power[0] = FR_ONE;
    for (size_t i = 1; i < n; i++) {
        fr_mul(&power[i], &power[i - 1], &lambda);
    }
    struct combination job = {p, power, f};
    if (p->hooks->chunk) {
        fr *chunk = malloc(size * sizeof *chunk);
        if (!chunk) {
            return PROVE_ERR_MEMORY;
        }
        combination_hooked(&job, chunk);
        free(chunk);
    } else {
        parallel_for(p->threads, size, combination_range, &job);
    }
    enum kzg_err err =
        kzg_open(p->pk->srs, f, p->l.log_chunk, p->R, &p->transcript, p->out, p->threads);
    return err == KZG_OK ? PROVE_OK : PROVE_ERR_MEMORY;
}

static enum prove_err opening_run(struct prover *p) {
    size_t n = p->l.n_main_chunks + p->l.n_helper_chunks + 1;
    for (unsigned k = p->l.log_tallest; k < p->l.log_chunk; k++) {
        transcript_challenge(&p->transcript, &p->R[k]);
    }
    fr *power = calloc(n, sizeof *power), *f = calloc((size_t)1 << p->l.log_chunk, sizeof *f);
    enum prove_err err = PROVE_ERR_MEMORY;
    if (power && f) {
        err = combination_open(p, power, f);
    }
    free(power);
    free(f);
    return err;
}

/* --- the whole --- */

static bool stats_chips(struct prover *p) {
    struct prove_stats *st = p->stats;
    st->chips = calloc(p->l.n_chips + 1, sizeof *st->chips);
    if (!st->chips) {
        return false;
    }
    st->n_chips = p->l.n_chips;
    st->log_chunk = p->l.log_chunk;
    st->n_main_chunks = p->l.n_main_chunks;
    st->n_helper_chunks = p->l.n_helper_chunks;
    for (size_t c = 0; c < p->l.n_chips; c++) {
        const struct layout_chip *lc = &p->l.chips[c];
        size_t rows = p->trace->chips[c].n;
        st->chips[c] =
            (struct prove_stats_chip){lc->chip->name,          lc->instance,
                                      lc->log_height,          rows,
                                      rows * lc->chip->n_main, rows * lc->chip->n_helpers};
    }
    return true;
}

typedef enum prove_err phase_fn(struct prover *p);

static enum prove_err phase_main(struct prover *p) {
    enum prove_err err = chunks_commit(p, false);
    absorb_written(p);
    protocol_draw_bus(&p->transcript, &p->ch);
    return err;
}

static enum prove_err phase_helper_commit(struct prover *p) {
    enum prove_err err = chunks_commit(p, true);
    if (err == PROVE_OK) {
        err = public_sums(p);
    }
    absorb_written(p);
    protocol_draw_sum(&p->transcript, &p->ch, p->l.log_tallest);
    return err;
}

static enum prove_err phases_run(struct prover *p) {
    struct prove_stats *st = p->stats;
    const struct {
        phase_fn *run;
        struct prove_time *time;
    } phases[] = {{phase_main, &st->commit},
                  {helpers_compute, &st->helpers},
                  {phase_helper_commit, &st->helpers_commit},
                  {sumcheck_run, &st->sumcheck},
                  {opening_run, &st->opening}};
    for (size_t i = 0; i < sizeof phases / sizeof *phases; i++) {
        struct prove_time start = time_now(), end;
        enum prove_err err = phases[i].run(p);
        end = time_now();
        *phases[i].time = (struct prove_time){end.wall_s - start.wall_s, end.cpu_s - start.cpu_s};
        if (err != PROVE_OK) {
            return err;
        }
    }
    return PROVE_OK;
}

static void prover_release(struct prover *p) {
    for (size_t c = 0; p->helper && c < p->l.n_chips; c++) {
        for (unsigned k = 0; p->helper[c] && k < p->l.chips[c].chip->n_helpers; k++) {
            free(p->helper[c][k]);
        }
        free(p->helper[c]);
    }
    free(p->helper);
    free(p->values);
    free(p->public_sums);
    layout_release(&p->l);
}

enum prove_err prove_with_hooks(const struct proving_key *pk, const struct statement *s,
                                const struct trace *trace, unsigned threads,
                                const struct prove_hooks *hooks, struct proof_buf *out,
                                struct prove_stats *stats) {
    struct prove_stats unused = {0};
    struct prover p = {.pk = pk, .s = s, .trace = trace, .out = out, .mark = out->len};
    size_t start = out->len;
    p.threads = threads ? threads : 1;
    p.hooks = hooks ? hooks : &NO_HOOKS;
    p.stats = stats ? stats : &unused;
    if (trace->air != pk->vk.air || s->n_scalars != pk->vk.air->n_scalars ||
        s->n_instances != trace->n_instances) {
        return PROVE_ERR_STATEMENT;
    }
    protocol_begin(&p.transcript, pk->vk.digest, s);
    enum prove_err err = layout_choose(&p);
    if (err == PROVE_OK && !stats_chips(&p)) {
        err = PROVE_ERR_MEMORY;
    }
    if (err == PROVE_OK) {
        err = phases_run(&p);
    }
    p.stats->proof_len = out->len - start;
    if (err == PROVE_OK && out->failed) {
        err = PROVE_ERR_MEMORY;
    }
    prover_release(&p);
    prove_stats_release(&unused);
    return err;
}

enum prove_err prove(const struct proving_key *pk, const struct statement *s,
                     const struct trace *trace, unsigned threads, struct proof_buf *out,
                     struct prove_stats *stats) {
    return prove_with_hooks(pk, s, trace, threads, NULL, out, stats);
}

void prove_stats_release(struct prove_stats *stats) {
    free(stats->chips);
    stats->chips = NULL;
    stats->n_chips = 0;
}

const char *prove_err_text(enum prove_err err) {
    static const char *const text[] = {
        [PROVE_OK] = "no error",
        [PROVE_ERR_MEMORY] = "out of memory",
        [PROVE_ERR_SIZE] = "the trace is too large for the key",
        [PROVE_ERR_STATEMENT] = "the statement does not fit the AIR",
        [PROVE_ERR_WITNESS] = "the trace does not satisfy the AIR",
    };
    return text[err];
}
