/* See kernel.h. */
#include "proof/kernel.h"

#include "proof/kernel_graph.h"
#include "proof/kernel_lanes.h"

#include <stdlib.h>

enum { MAX_CLASS = AIR_MAX_DEGREE, HELPER_SPAN = 256 };

struct kernel {
    unsigned n_helpers, n_interactions;
    /* helper columns: registers of each interaction's multiplicity and denominator */
    struct program messages;
    uint32_t *m_reg, *d_reg;
    /* sumcheck; registers: frontier at X, its step, class sums, intermediate values */
    uint32_t n_frontier;
    uint32_t n_frontier_of[MAX_CLASS + 2]; /* the first ones serve the classes >= d */
    struct program at_zero, at_one;
    struct program rest[MAX_CLASS + 1]; /* rest[p]: the classes >= p, p = 2.. */
    bool has[MAX_CLASS + 1];
    unsigned max_class;
    /* the same programs four elements at a time, if the processor can */
    bool lanes;
    uint32_t n_outputs; /* of messages: the registers before it */
    struct lanes_program messages_lanes, at_zero_lanes, at_one_lanes, rest_lanes[MAX_CLASS + 1];
};

void kernel_free(struct kernel *k) {
    if (!k) {
        return;
    }
    program_release(&k->messages);
    program_release(&k->at_zero);
    program_release(&k->at_one);
    lanes_release(&k->messages_lanes);
    lanes_release(&k->at_zero_lanes);
    lanes_release(&k->at_one_lanes);
    for (unsigned p = 0; p <= MAX_CLASS; p++) {
        program_release(&k->rest[p]);
        lanes_release(&k->rest_lanes[p]);
    }
    free(k->m_reg);
    free(k->d_reg);
    free(k);
}

/* Registers of lanes begin at a multiple of 32 bytes. */
static void *aligned(fr *at) {
    return (void *)(((uintptr_t)at + 31) & ~(uintptr_t)31);
}

static uint32_t *nodes_new(const struct graph *g, uint32_t fill) {
    uint32_t *a = malloc((g->n + 1) * sizeof *a);
    for (uint32_t i = 0; a && i < g->n; i++) {
        a[i] = fill;
    }
    return a;
}

/* --- helper columns --- */

static bool messages_translate(struct kernel *k) {
    if (!k->lanes) {
        return true;
    }
    uint32_t *outputs = calloc((size_t)k->n_outputs + 1, sizeof *outputs);
    for (uint32_t i = 0; outputs && i < k->n_outputs; i++) {
        outputs[i] = i;
    }
    if (outputs) {
        lanes_translate(&k->messages_lanes, &k->messages, NULL, 0, outputs, k->n_outputs);
    }
    bool ok = outputs && !k->messages_lanes.failed;
    free(outputs);
    return ok;
}

/* One register for each different node among the messages' parts. */
static bool messages_compile(struct kernel *k, struct graph *g) {
    size_t n = 2 * (size_t)k->n_interactions;
    struct prog_root *roots = calloc(n + 1, sizeof *roots);
    uint32_t *place = nodes_new(g, NO_REGISTER), *none = nodes_new(g, NO_REGISTER);
    bool ok = roots && place && none;
    uint32_t n_roots = 0;
    for (size_t i = 0; ok && i < n; i++) {
        uint32_t *reg = i % 2 ? &k->d_reg[i / 2] : &k->m_reg[i / 2];
        uint32_t node = *reg;
        if (place[node] == NO_REGISTER) {
            roots[n_roots] = (struct prog_root){.node = node, .dst = n_roots};
            place[node] = n_roots++;
        }
        *reg = place[node];
    }
    if (ok) {
        program_compile(&k->messages, g, roots, n_roots, none, n_roots);
        k->n_outputs = n_roots;
        ok = !k->messages.failed && messages_translate(k);
    }
    free(roots);
    free(place);
    free(none);
    return ok;
}

struct kernel *kernel_new_helpers(const struct layout_chip *lc, const struct challenges *ch,
                                  const fr *scalars, const fr *instance) {
    const struct air_chip *chip = lc->chip;
    struct kernel *k = calloc(1, sizeof *k);
    struct graph g = {0};
    if (!k) {
        return NULL;
    }
    k->lanes = lanes_available();
    k->n_helpers = chip->n_helpers;
    k->n_interactions = chip->n_interactions;
    k->m_reg = calloc((size_t)chip->n_interactions + 1, sizeof *k->m_reg);
    k->d_reg = calloc((size_t)chip->n_interactions + 1, sizeof *k->d_reg);
    bool ok = k->m_reg && k->d_reg;
    if (ok) {
        graph_init(&g, chip, scalars, instance);
        for (unsigned i = 0; i < chip->n_interactions && !g.failed; i++) {
            graph_interaction(&g, &chip->interactions[i], ch, &k->m_reg[i], &k->d_reg[i]);
        }
        ok = !g.failed && messages_compile(k, &g);
    }
    graph_release(&g);
    if (!ok) {
        kernel_free(k);
        return NULL;
    }
    return k;
}

/* Numerator and denominator of a pair of messages; the denominator is 0 where the helper is 0. */
static void fraction(fr *num, fr *den, const fr *m1, const fr *d1, const fr *m2, const fr *d2) {
    fr x;
    if (!m2) {
        *num = *m1;
        *den = fr_is_zero(m1) ? FR_ZERO : *d1;
        return;
    }
    if (fr_is_zero(m1) && fr_is_zero(m2)) {
        *num = *den = FR_ZERO;
        return;
    }
    fr_mul(num, m1, d2);
    fr_mul(&x, m2, d1);
    fr_add(num, num, &x);
    fr_mul(den, d1, d2);
}

/* Numerators go into the helper columns, denominators into den[p * HELPER_SPAN + ..]. */
static void fractions(const struct kernel *k, const fr *registers, size_t at, size_t span_at,
                      size_t n, fr *const *helper, fr *den) {
    for (unsigned p = 0; p < k->n_helpers; p++) {
        const fr *m1 = registers + (size_t)k->m_reg[2 * p] * KERNEL_BLOCK;
        const fr *d1 = registers + (size_t)k->d_reg[2 * p] * KERNEL_BLOCK;
        bool pair = 2 * p + 1 < k->n_interactions;
        const fr *m2 = pair ? registers + (size_t)k->m_reg[2 * p + 1] * KERNEL_BLOCK : NULL;
        const fr *d2 = pair ? registers + (size_t)k->d_reg[2 * p + 1] * KERNEL_BLOCK : NULL;
        fr *num = helper[p] + at, *q = den + p * HELPER_SPAN + span_at;
        for (size_t e = 0; e < n; e++) {
            fraction(&num[e], &q[e], &m1[e], &d1[e], pair ? &m2[e] : NULL, pair ? &d2[e] : NULL);
        }
    }
}

/* The messages' parts of a block of rows, into the output registers as field elements. */
static void messages_run(const struct kernel *k, const struct program_input *in, fr *registers,
                         void *lanes) {
    if (!k->lanes) {
        program_run(&k->messages, in, registers);
        return;
    }
    lanes_run(&k->messages_lanes, in, lanes);
    for (uint32_t i = 0; i < k->n_outputs; i++) {
        lanes_store(registers + (size_t)i * KERNEL_BLOCK, lanes, i);
    }
}

void kernel_helpers(const struct kernel *k, const struct kernel_rows *rows, size_t begin,
                    size_t end, fr *const *helper, fr *scratch) {
    fr *den = scratch + (size_t)k->messages.n_registers * KERNEL_BLOCK;
    void *lanes = aligned(den + (size_t)k->n_helpers * HELPER_SPAN);
    struct program_input in = {.col = rows->col, .len = rows->len, .stride = 1};
    in.row_step = FR_ONE;
    for (size_t span = begin; span < end; span += HELPER_SPAN) {
        size_t n = end - span < HELPER_SPAN ? end - span : HELPER_SPAN;
        for (size_t b = 0; b < n; b += KERNEL_BLOCK) {
            in.at = span + b;
            fr_from_u64(&in.row, in.at);
            messages_run(k, &in, scratch, lanes);
            fractions(k, scratch, in.at, b, n - b < KERNEL_BLOCK ? n - b : KERNEL_BLOCK, helper,
                      den);
        }
        for (unsigned p = 0; p < k->n_helpers; p++) {
            fr *q = den + p * HELPER_SPAN, *h = helper[p] + span;
            fr_batch_inv(q, q, n);
            for (size_t i = 0; i < n; i++) {
                fr_mul(&h[i], &h[i], &q[i]);
            }
        }
    }
}

/* --- sumcheck --- */

/* For each node the greatest class that needs it from the operations of degree 2 and more. */
static void nodes_reach(const struct graph *g, const struct prog_root *roots, size_t n_roots,
                        uint32_t *reach) {
    for (size_t i = 0; i < n_roots; i++) {
        uint32_t d = g->node[roots[i].node].degree;
        if (d >= 2) {
            reach[roots[i].node] = d > reach[roots[i].node] ? d : reach[roots[i].node];
        }
    }
    for (uint32_t i = g->n; i-- > 0;) {
        const struct node *node = &g->node[i];
        if (reach[i] >= 2 && node->degree >= 2) {
            reach[node->a] = reach[i] > reach[node->a] ? reach[i] : reach[node->a];
            reach[node->b] = reach[i] > reach[node->b] ? reach[i] : reach[node->b];
        }
    }
}

/* Gives the frontier nodes their registers 0, 1, .., those of the greatest classes first. */
static void frontier_number(struct kernel *k, const struct graph *g, const uint32_t *reach,
                            uint32_t *place) {
    for (unsigned d = MAX_CLASS; d >= 2; d--) {
        for (uint32_t i = 0; i < g->n; i++) {
            if (g->node[i].degree == 1 && reach[i] == d) {
                place[i] = k->n_frontier++;
            }
        }
        k->n_frontier_of[d] = k->n_frontier;
    }
}

static uint32_t class_register(const struct kernel *k, unsigned d) {
    return 2 * k->n_frontier + d;
}

/* The program of degree 1: the frontier at one point into the registers from `first` on and, if
 * asked, the class of degree 1. */
static bool line_compile(struct kernel *k, struct program *p, const struct graph *g,
                         const uint32_t *place, uint32_t first, bool with_class,
                         const struct prog_root *constraints, size_t n_constraints) {
    struct prog_root *roots = calloc(k->n_frontier + n_constraints + 1, sizeof *roots);
    uint32_t *none = nodes_new(g, NO_REGISTER);
    size_t n = 0;
    bool ok = roots && none;
    for (uint32_t i = 0; ok && i < g->n; i++) {
        if (place[i] != NO_REGISTER) {
            roots[n++] = (struct prog_root){.node = i, .dst = first + place[i]};
        }
    }
    for (size_t i = 0; ok && with_class && i < n_constraints; i++) {
        if (g->node[constraints[i].node].degree == 1) {
            roots[n] = constraints[i];
            roots[n++].dst = class_register(k, 1);
        }
    }
    if (ok) {
        program_compile(p, g, roots, n, none, class_register(k, MAX_CLASS + 1));
        ok = !p->failed;
    }
    free(roots);
    free(none);
    return ok;
}

static bool rest_compile(struct kernel *k, unsigned least, const struct graph *g,
                         const uint32_t *place, const struct prog_root *constraints,
                         size_t n_constraints) {
    struct prog_root *roots = calloc(n_constraints + 1, sizeof *roots);
    size_t n = 0;
    if (!roots) {
        return false;
    }
    for (size_t i = 0; i < n_constraints; i++) {
        unsigned d = g->node[constraints[i].node].degree;
        if (d >= least) {
            roots[n] = constraints[i];
            roots[n++].dst = class_register(k, d);
        }
    }
    program_compile(&k->rest[least], g, roots, n, place, class_register(k, MAX_CLASS + 1));
    free(roots);
    return !k->rest[least].failed;
}

/* The line programs leave the frontier reduced; after X steps of a reduced size it is at most X + 1
 * times that. */
static bool sumcheck_translate(struct kernel *k) {
    size_t n = k->n_frontier;
    uint32_t *outputs = calloc(n + 1, sizeof *outputs);
    struct lanes_bound *given = calloc(n + 1, sizeof *given);
    bool ok = outputs && given;
    for (uint32_t i = 0; ok && i < n; i++) {
        outputs[i] = i;
    }
    if (ok) {
        outputs[n] = class_register(k, 1);
        lanes_translate(&k->at_zero_lanes, &k->at_zero, NULL, 0, outputs, n + k->has[1]);
        for (uint32_t i = 0; i < n; i++) {
            outputs[i] = k->n_frontier + i;
        }
        lanes_translate(&k->at_one_lanes, &k->at_one, NULL, 0, outputs, n);
        ok = !k->at_zero_lanes.failed && !k->at_one_lanes.failed;
    }
    for (unsigned p = 2; ok && p <= k->max_class; p++) {
        uint32_t classes[MAX_CLASS + 1];
        size_t n_classes = 0;
        for (uint32_t i = 0; i < n; i++) {
            given[i] =
                (struct lanes_bound){LANES_REDUCED.size * (p + 1), LANES_REDUCED.limbs * (p + 1)};
        }
        for (unsigned d = p; d <= k->max_class; d++) {
            if (k->has[d]) {
                classes[n_classes++] = class_register(k, d);
            }
        }
        lanes_translate(&k->rest_lanes[p], &k->rest[p], given, (uint32_t)n, classes, n_classes);
        ok = !k->rest_lanes[p].failed;
    }
    free(outputs);
    free(given);
    return ok;
}

static bool sumcheck_compile(struct kernel *k, const struct graph *g,
                             const struct prog_root *constraints, size_t n_constraints) {
    uint32_t *reach = nodes_new(g, 0), *place = nodes_new(g, NO_REGISTER);
    bool ok = reach && place;
    if (ok) {
        for (size_t i = 0; i < n_constraints; i++) {
            unsigned d = g->node[constraints[i].node].degree;
            k->has[d] = true; /* degree 0: a constraint that is identically 0 */
            k->max_class = d > k->max_class ? d : k->max_class;
        }
        nodes_reach(g, constraints, n_constraints, reach);
        frontier_number(k, g, reach, place);
        ok = line_compile(k, &k->at_zero, g, place, 0, true, constraints, n_constraints) &&
             line_compile(k, &k->at_one, g, place, k->n_frontier, false, NULL, 0);
        for (unsigned p = 2; ok && p <= k->max_class; p++) {
            ok = rest_compile(k, p, g, place, constraints, n_constraints);
        }
        ok = ok && (!k->lanes || sumcheck_translate(k));
    }
    free(reach);
    free(place);
    return ok;
}

struct kernel *kernel_new_sumcheck(const struct layout_chip *lc, const struct challenges *ch,
                                   const fr *scalars, const fr *instance) {
    const struct air_chip *chip = lc->chip;
    size_t n = (size_t)chip->n_constraints + chip->n_helpers;
    struct kernel *k = calloc(1, sizeof *k);
    struct prog_root *constraints = calloc(n + 1, sizeof *constraints);
    struct graph g = {0};
    bool ok = k && constraints;
    if (ok) {
        fr weight;
        k->lanes = lanes_available();
        protocol_weight_constraint(&weight, ch, lc->first_constraint);
        graph_init(&g, chip, scalars, instance);
        for (unsigned i = 0; i < n && !g.failed; i++) {
            constraints[i].node =
                i < chip->n_constraints
                    ? chip->constraints[i].op
                    : graph_helper_constraint(&g, chip, i - chip->n_constraints, ch);
            constraints[i].accumulate = true;
            constraints[i].weight = weight;
            fr_mul(&weight, &weight, &ch->eta);
        }
        ok = !g.failed && sumcheck_compile(k, &g, constraints, n);
    }
    graph_release(&g);
    free(constraints);
    if (!ok) {
        kernel_free(k);
        return NULL;
    }
    return k;
}

static size_t registers_max(const struct kernel *k) {
    size_t n = k->messages.n_registers;
    n = k->at_zero.n_registers > n ? k->at_zero.n_registers : n;
    n = k->at_one.n_registers > n ? k->at_one.n_registers : n;
    for (unsigned p = 2; p <= MAX_CLASS; p++) {
        n = k->rest[p].n_registers > n ? k->rest[p].n_registers : n;
    }
    return n;
}

size_t kernel_scratch(const struct kernel *k) {
    size_t n = registers_max(k), helpers = k->m_reg ? (size_t)k->n_helpers * HELPER_SPAN : 0;
    size_t lanes = k->lanes ? n * lanes_register_size() / sizeof(fr) + 2 : 0;
    size_t scalar = k->lanes && !k->m_reg ? 0 : n * KERNEL_BLOCK;
    return scalar + helpers + lanes + 1;
}

unsigned kernel_max_class(const struct kernel *k) {
    return k->max_class;
}

bool kernel_has_class(const struct kernel *k, unsigned d) {
    return k->has[d];
}

/* *total += sum_e weight[e] v[e] */
static void weighted_add(fr *total, const fr *weight, const fr *v, size_t n) {
    fr t, sum = *total;
    for (size_t e = 0; e < n; e++) {
        fr_mul(&t, &weight[e], &v[e]);
        fr_add(&sum, &sum, &t);
    }
    *total = sum;
}

static void classes_add(const struct kernel *k, unsigned least, unsigned point, const fr *weight,
                        size_t n, fr total[AIR_MAX_DEGREE + 1][AIR_MAX_DEGREE + 1],
                        const fr *registers) {
    for (unsigned d = least; d <= k->max_class; d++) {
        if (k->has[d]) {
            weighted_add(&total[d][point], weight,
                         registers + (size_t)class_register(k, d) * KERNEL_BLOCK, n);
        }
    }
}

/* Places the input at the even or odd rows of the pairs from `pair` on. */
static void input_place(struct program_input *in, const struct kernel_point *at, size_t pair,
                        unsigned odd) {
    fr x;
    in->at = 2 * pair + odd;
    fr_from_u64(&x, in->at);
    fr_mul(&x, &x, &at->row_step);
    fr_add(&in->row, &at->row_base, &x);
}

static void block_sum(const struct kernel *k, struct program_input *in,
                      const struct kernel_point *at, size_t pair, size_t n,
                      fr total[AIR_MAX_DEGREE + 1][AIR_MAX_DEGREE + 1], fr *registers) {
    fr *cur = registers, *step = registers + (size_t)k->n_frontier * KERNEL_BLOCK;
    const fr *weight = at->weight + pair;
    input_place(in, at, pair, 0);
    program_run(&k->at_zero, in, registers);
    input_place(in, at, pair, 1);
    program_run(&k->at_one, in, registers);
    for (size_t i = 0; i < (size_t)k->n_frontier * KERNEL_BLOCK; i++) {
        fr_sub(&step[i], &step[i], &cur[i]);
    }
    if (at->at_zero) {
        if (k->max_class >= 2) {
            program_run(&k->rest[2], in, registers);
        }
        classes_add(k, 1, 0, weight, n, total, registers);
    }
    for (size_t i = 0; i < (size_t)k->n_frontier * KERNEL_BLOCK; i++) {
        fr_add(&cur[i], &cur[i], &step[i]);
    }
    for (unsigned p = 2; p <= k->max_class; p++) {
        size_t live = (size_t)k->n_frontier_of[p] * KERNEL_BLOCK;
        for (size_t i = 0; i < live; i++) {
            fr_add(&cur[i], &cur[i], &step[i]);
        }
        program_run(&k->rest[p], in, registers);
        classes_add(k, p, p, weight, n, total, registers);
    }
}

static void classes_add_lanes(const struct kernel *k, unsigned least, unsigned point,
                              const fr *weight, size_t n,
                              fr total[AIR_MAX_DEGREE + 1][AIR_MAX_DEGREE + 1],
                              const void *registers) {
    fr v[KERNEL_BLOCK];
    for (unsigned d = least; d <= k->max_class; d++) {
        if (k->has[d]) {
            lanes_store(v, registers, class_register(k, d));
            weighted_add(&total[d][point], weight, v, n);
        }
    }
}

/* block_sum in lanes. */
static void block_sum_lanes(const struct kernel *k, struct program_input *in,
                            const struct kernel_point *at, size_t pair, size_t n,
                            fr total[AIR_MAX_DEGREE + 1][AIR_MAX_DEGREE + 1], uint8_t *cur) {
    uint8_t *step = cur + k->n_frontier * lanes_register_size();
    const fr *weight = at->weight + pair;
    input_place(in, at, pair, 0);
    lanes_run(&k->at_zero_lanes, in, cur);
    input_place(in, at, pair, 1);
    lanes_run(&k->at_one_lanes, in, cur);
    lanes_steps_make(cur, step, k->n_frontier);
    if (at->at_zero) {
        if (k->max_class >= 2) {
            lanes_run(&k->rest_lanes[2], in, cur);
        }
        classes_add_lanes(k, 1, 0, weight, n, total, cur);
    }
    lanes_steps_add(cur, step, k->n_frontier);
    for (unsigned p = 2; p <= k->max_class; p++) {
        lanes_steps_add(cur, step, k->n_frontier_of[p]);
        lanes_run(&k->rest_lanes[p], in, cur);
        classes_add_lanes(k, p, p, weight, n, total, cur);
    }
}

void kernel_sumcheck(const struct kernel *k, const struct kernel_rows *rows,
                     const struct kernel_point *at, size_t begin, size_t end,
                     fr total[AIR_MAX_DEGREE + 1][AIR_MAX_DEGREE + 1], fr *scratch) {
    struct program_input in = {.col = rows->col, .len = rows->len, .stride = 2};
    fr_dbl(&in.row_step, &at->row_step);
    for (size_t pair = begin; pair < end; pair += KERNEL_BLOCK) {
        size_t n = end - pair < KERNEL_BLOCK ? end - pair : KERNEL_BLOCK;
        if (k->lanes) {
            block_sum_lanes(k, &in, at, pair, n, total, aligned(scratch));
        } else {
            block_sum(k, &in, at, pair, n, total, scratch);
        }
    }
}
