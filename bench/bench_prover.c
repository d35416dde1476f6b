/* The prover's phases on a trace of the block circuit's size: the chips poseidon2, curve and window
 * as they are, the others by stand-ins of the same width, interactions and kind of content. The
 * stand-ins' messages do not balance: the prover is told to go on; its work is the same. usage:
 * bench_prover [SWAPS [THREADS [CHUNKS]]], SWAPS defaults to 1024 */
#include "circuit/chip_curve.h"
#include "circuit/chip_poseidon2.h"
#include "circuit/chip_window.h"
#include "proof/prover.h"
#include "proof/prover_hooks.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>

static uint64_t rng_state = 88172645463325252ULL;

static uint64_t rng(void) {
    rng_state ^= rng_state << 13;
    rng_state ^= rng_state >> 7;
    rng_state ^= rng_state << 17;
    return rng_state;
}

/* A stand-in: `full` columns of random field elements, `small` ones of 16 bits; `messages` of
 * `arity` fields, as many constraints as columns. */
struct stand_in {
    const char *name;
    size_t rows_per_1024;
    unsigned full, small, messages, arity;
};

static const struct stand_in stand_ins[] = {
    {"node", 14000, 11, 6, 7, 4},     {"op", 1024, 30, 60, 60, 7}, {"balance", 8192, 3, 11, 8, 8},
    {"leaf", 5000, 8, 16, 10, 5},     {"rng", 10000, 0, 13, 9, 2}, {"record", 2048, 8, 8, 5, 12},
    {"signature", 1024, 20, 6, 8, 9}, {"log", 2048, 1, 1, 1, 2},
};
enum { STAND_INS = sizeof stand_ins / sizeof *stand_ins };

static void stand_in_declare(struct air *air, const struct stand_in *s, const unsigned *kinds) {
    struct air_chip *c = air_chip(air, s->name, -1, false);
    unsigned n = s->full + s->small - 1;
    ax active = air_active(c), col[128];
    for (unsigned i = 0; i < n; i++) {
        char name[16];
        snprintf(name, sizeof name, "c%u", i);
        col[i] = air_col(c, name);
    }
    for (unsigned i = 0; i < n; i++) {
        ax product = air_mul(c, col[i], air_sub(c, col[(i + 1) % n], air_u64(c, i)));
        if (i % 3 == 0) {
            product = air_mul(c, product, active);
        }
        air_zero(c, air_sub(c, product, air_mul(c, active, col[(i + 2) % n])), "k%u", i);
    }
    for (unsigned m = 0; m < s->messages; m++) {
        ax fields[AIR_MAX_ARITY];
        for (unsigned j = 0; j < s->arity; j++) {
            fields[j] = col[(m + j) % n];
        }
        air_give(c, kinds[s->arity], active, s->arity, fields);
    }
}

static void stand_in_fill(struct trace *t, const struct stand_in *s, size_t swaps) {
    struct trace_chip *c = trace_chip(t, (unsigned)air_find_chip(t->air, s->name), 0);
    size_t n = s->rows_per_1024 * swaps / 1024;
    trace_rows_add(c, n);
    for (size_t i = 0; i < n; i++) {
        c->col[0][i] = FR_ONE;
        for (unsigned k = 1; k < c->chip->n_main; k++) {
            if (k <= s->full) {
                c->col[k][i] = (fr){{rng(), rng(), rng(), rng() >> 3}};
            } else {
                trace_set_u64(c, k, i, rng() >> 48);
            }
        }
    }
}

static struct air *bench_air(void) {
    struct air *air = air_new("bench");
    struct circuit_kinds kinds;
    unsigned arity_kind[AIR_MAX_ARITY + 1] = {0};
    circuit_kinds_declare(&kinds, air);
    for (unsigned a = 1; a <= AIR_MAX_ARITY; a++) {
        char name[16];
        snprintf(name, sizeof name, "ARITY%u", a);
        arity_kind[a] = air_kind(air, name, a);
    }
    chip_poseidon2(air, &kinds);
    chip_curve(air, &kinds);
    chip_window(air, &kinds);
    struct air_chip *r16 = air_chip(air, "r16", 16, false);
    ax m = air_col(r16, "mult"), row = air_row(r16);
    air_take(r16, kinds.r16, m, 1, &row);
    for (unsigned i = 0; i < STAND_INS; i++) {
        stand_in_declare(air, &stand_ins[i], arity_kind);
    }
    char err[200];
    if (air_finish(air, err, sizeof err)) {
        fprintf(stderr, "%s\n", err);
        exit(1);
    }
    return air;
}

static void fill(struct trace *t, size_t swaps, unsigned threads) {
    const struct air *air = t->air;
    struct poseidon2_table *table = poseidon2_table_new();
    for (size_t i = 0; i < 34000 * swaps / 1024; i++) {
        fr in[POSEIDON2_T];
        for (int k = 0; k < POSEIDON2_T; k++) {
            in[k] = (fr){{rng(), rng(), rng(), rng() >> 3}};
        }
        poseidon2_table_add(table, in);
    }
    chip_poseidon2_fill(t, table, threads);
    poseidon2_table_free(table);
    struct trace_chip *curve = trace_chip(t, (unsigned)air_find_chip(air, "curve"), 0);
    trace_rows_add(curve, CHIP_CURVE_ROWS * swaps);
    const bjj_affine *keys = bjj_window_table();
    for (size_t i = 0; i < swaps; i++) {
        struct curve_job job = {.op = i, .key = keys[300 + i % 5000]};
        job.e[0] = rng(), job.e[1] = rng();
        job.s[0] = rng(), job.s[1] = rng(), job.s[2] = rng(), job.s[3] = rng() >> 6;
        chip_curve_fill_job(curve, CHIP_CURVE_ROWS * i, &job);
    }
    struct trace_chip *window = trace_chip(t, (unsigned)air_find_chip(air, "window"), 0);
    for (size_t i = 0; i < 32 * swaps; i++) {
        trace_count(window, 0, rng() >> 51);
    }
    struct trace_chip *r16 = trace_chip(t, (unsigned)air_find_chip(air, "r16"), 0);
    for (size_t i = 0; i < 60 * swaps; i++) {
        trace_count(r16, 0, rng() >> 48);
    }
    for (unsigned i = 0; i < STAND_INS; i++) {
        stand_in_fill(t, &stand_ins[i], swaps);
    }
}

static void report(const struct prove_stats *st, size_t swaps, unsigned threads) {
    size_t main_cells = 0, helper_cells = 0;
    printf("%-10s %6s %9s %12s %12s\n", "chip", "height", "rows", "main cells", "helper cells");
    for (size_t c = 0; c < st->n_chips; c++) {
        const struct prove_stats_chip *s = &st->chips[c];
        printf("%-10s  2^%-3u %9zu %12zu %12zu\n", s->name, s->log_height, s->rows, s->main_cells,
               s->helper_cells);
        main_cells += s->main_cells;
        helper_cells += s->helper_cells;
    }
    printf("%zu main cells, %zu helper cells; M = %u, %zu + %zu chunks; proof %zu bytes\n",
           main_cells, helper_cells, st->log_chunk, st->n_main_chunks, st->n_helper_chunks,
           st->proof_len);
    const struct {
        const char *name;
        struct prove_time t;
    } phases[] = {{"commit", st->commit},
                  {"helpers", st->helpers},
                  {"helper commit", st->helpers_commit},
                  {"sumcheck", st->sumcheck},
                  {"opening", st->opening}};
    struct prove_time total = {0, 0};
    for (size_t i = 0; i < sizeof phases / sizeof *phases; i++) {
        printf("%-14s %7.3f s, %7.3f s of processor\n", phases[i].name, phases[i].t.wall_s,
               phases[i].t.cpu_s);
        total.wall_s += phases[i].t.wall_s;
        total.cpu_s += phases[i].t.cpu_s;
    }
    printf(
        "%-14s %7.3f s, %7.3f s of processor: %.1f swaps/s; %.1f if %u threads had a core each\n",
        "total", total.wall_s, total.cpu_s, (double)swaps / total.wall_s,
        (double)swaps * threads / total.cpu_s, threads);
}

int main(int argc, char **argv) {
    size_t swaps = argc > 1 ? strtoul(argv[1], NULL, 10) : 1024;
    unsigned threads = argc > 2 ? (unsigned)strtoul(argv[2], NULL, 10) : 2;
    struct air *air = bench_air();
    struct srs srs;
    unsigned log_n = 22;
    while (log_n > 16 && (swaps << 13) < (size_t)1 << (log_n + 3)) {
        log_n--;
    }
    if (srs_generate_insecure(&srs, log_n, SRS_INSECURE_SEED, threads, NULL) != 0) {
        return 1;
    }
    struct proving_key pk;
    if (proving_key_init(&pk, air, &srs, 22, threads) != KEY_OK) {
        return 1;
    }
    if (argc > 3) {
        pk.target_chunks = strtoul(argv[3], NULL, 10);
    }
    fr scalars[CIRCUIT_SCALARS] = {{{1}}};
    struct statement s = {.scalars = scalars, .n_scalars = air->n_scalars};
    struct trace *t = trace_new(air, 0);
    fill(t, swaps, threads);
    struct prove_hooks hooks = {.log_chunk = -1, .keep_going = true};
    struct prove_stats stats = {0};
    struct proof_buf proof = {0};
    enum prove_err err = prove_with_hooks(&pk, &s, t, threads, &hooks, &proof, &stats);
    if (err != PROVE_OK) {
        fprintf(stderr, "%s\n", prove_err_text(err));
        return 1;
    }
    report(&stats, swaps, threads);
    struct rusage use;
    getrusage(RUSAGE_SELF, &use);
    printf("peak memory %.2f GiB\n", (double)use.ru_maxrss / 1048576);
    prove_stats_release(&stats);
    proof_buf_release(&proof);
    trace_free(t);
    srs_release(&srs);
    air_free(air);
    return 0;
}
