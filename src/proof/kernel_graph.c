/* See kernel_graph.h. */
#include "proof/kernel_graph.h"

#include "proof/kernel.h"

#include <stdlib.h>

static uint32_t node_add(struct graph *g, struct node node) {
    if (g->n == g->cap) {
        uint32_t cap = g->cap ? 2 * g->cap : 256;
        struct node *grown = realloc(g->node, cap * sizeof *grown);
        if (!grown) {
            g->failed = true;
            return 0;
        }
        g->node = grown;
        g->cap = cap;
    }
    g->node[g->n] = node;
    return g->n++;
}

static uint32_t node_uniform(struct graph *g, const fr *v) {
    return node_add(g, (struct node){.code = NODE_UNIFORM, .value = *v});
}

static uint32_t node_binary(struct graph *g, enum node_code code, uint32_t a, uint32_t b) {
    if (g->failed) {
        return 0;
    }
    const struct node *x = &g->node[a], *y = &g->node[b];
    struct node node = {.code = code, .a = a, .b = b};
    node.degree = x->degree > y->degree ? x->degree : y->degree;
    if (code == NODE_MUL) {
        node.degree = (uint8_t)(x->degree + y->degree);
    }
    if (node.degree == 0) {
        node.code = NODE_UNIFORM;
        if (code == NODE_ADD) {
            fr_add(&node.value, &x->value, &y->value);
        } else if (code == NODE_SUB) {
            fr_sub(&node.value, &x->value, &y->value);
        } else {
            fr_mul(&node.value, &x->value, &y->value);
        }
    }
    return node_add(g, node);
}

uint32_t graph_column(struct graph *g, unsigned column) {
    return node_add(g, (struct node){.code = NODE_COLUMN, .degree = 1, .a = column});
}

void graph_init(struct graph *g, const struct air_chip *chip, const fr *scalars,
                const fr *instance) {
    memset(g, 0, sizeof *g);
    for (size_t i = 0; i < chip->n_tape && !g->failed; i++) {
        const struct air_op *op = &chip->tape[i];
        switch (op->code) {
        case AIR_CONST:
            node_uniform(g, &chip->consts[op->a]);
            break;
        case AIR_MAIN:
            graph_column(g, op->a);
            break;
        case AIR_FIXED:
            graph_column(g, chip->n_main + op->a);
            break;
        case AIR_ROW:
            node_add(g, (struct node){.code = NODE_ROW, .degree = 1});
            break;
        case AIR_SCALAR:
            node_uniform(g, &scalars[op->a]);
            break;
        case AIR_INSTANCE:
            node_uniform(g, instance);
            break;
        case AIR_ADD:
            node_binary(g, NODE_ADD, op->a, op->b);
            break;
        case AIR_SUB:
            node_binary(g, NODE_SUB, op->a, op->b);
            break;
        case AIR_MUL:
            node_binary(g, NODE_MUL, op->a, op->b);
            break;
        }
    }
}

void graph_release(struct graph *g) {
    free(g->node);
    memset(g, 0, sizeof *g);
}

void graph_interaction(struct graph *g, const struct air_interaction *x,
                       const struct challenges *ch, uint32_t *m, uint32_t *d) {
    fr c;
    fr_from_u64(&c, x->kind);
    fr_sub(&c, &ch->alpha, &c);
    /* uniform fields go into the constant first */
    for (unsigned j = 0; j < x->n_fields && !g->failed; j++) {
        if (g->node[x->fields[j]].degree == 0) {
            fr t;
            fr_mul(&t, &ch->beta_pow[j + 1], &g->node[x->fields[j]].value);
            fr_sub(&c, &c, &t);
        }
    }
    *d = node_uniform(g, &c);
    for (unsigned j = 0; j < x->n_fields && !g->failed; j++) {
        if (g->node[x->fields[j]].degree != 0) {
            uint32_t b = node_uniform(g, &ch->beta_pow[j + 1]);
            *d = node_binary(g, NODE_SUB, *d, node_binary(g, NODE_MUL, x->fields[j], b));
        }
    }
    *m = x->multiplicity;
    if (x->sign < 0) {
        *m = node_binary(g, NODE_SUB, node_uniform(g, &FR_ZERO), *m);
    }
}

uint32_t graph_helper_constraint(struct graph *g, const struct air_chip *chip, unsigned p,
                                 const struct challenges *ch) {
    uint32_t m1, d1, m2, d2, h = graph_column(g, chip->n_main + chip->n_fixed + p);
    graph_interaction(g, &chip->interactions[2 * p], ch, &m1, &d1);
    if (2 * p + 1 == chip->n_interactions) {
        return node_binary(g, NODE_SUB, node_binary(g, NODE_MUL, h, d1), m1);
    }
    graph_interaction(g, &chip->interactions[2 * p + 1], ch, &m2, &d2);
    /* (h d1 - m1) d2 - m2 d1 */
    uint32_t left = node_binary(g, NODE_SUB, node_binary(g, NODE_MUL, h, d1), m1);
    left = node_binary(g, NODE_MUL, left, d2);
    return node_binary(g, NODE_SUB, left, node_binary(g, NODE_MUL, m2, d1));
}

/* --- programs --- */

static void op_emit(struct program *p, enum prog_code code, uint32_t dst, uint32_t a, uint32_t b) {
    if (p->n == p->cap) {
        size_t cap = p->cap ? 2 * p->cap : 256;
        struct prog_op *grown = realloc(p->op, cap * sizeof *grown);
        if (!grown) {
            p->failed = true;
            return;
        }
        p->op = grown;
        p->cap = cap;
    }
    p->op[p->n++] = (struct prog_op){code, dst, a, b};
}

static uint32_t uniform_add(struct program *p, const fr *v) {
    if (p->n_uniform == p->cap_uniform) {
        size_t cap = p->cap_uniform ? 2 * p->cap_uniform : 64;
        fr *grown = realloc(p->uniform, cap * sizeof *grown);
        if (!grown) {
            p->failed = true;
            return 0;
        }
        p->uniform = grown;
        p->cap_uniform = cap;
    }
    p->uniform[p->n_uniform] = *v;
    return (uint32_t)p->n_uniform++;
}

/* While a program is compiled: where nodes are, and which registers are free. */
struct allocation {
    uint32_t *reg;    /* of each node, NO_REGISTER */
    uint32_t *target; /* where a root must be, NO_REGISTER */
    uint32_t *uses;   /* operations and roots still to come that read the node */
    uint32_t *free;   /* stack of free registers */
    uint32_t n_free, next, n_reserved;
};

static uint32_t register_take(struct allocation *al) {
    return al->n_free ? al->free[--al->n_free] : al->next++;
}

static void node_used(struct allocation *al, uint32_t i) {
    if (--al->uses[i] == 0 && al->reg[i] != NO_REGISTER && al->reg[i] >= al->n_reserved) {
        al->free[al->n_free++] = al->reg[i];
    }
}

static bool node_is_binary(const struct node *node) {
    return node->code == NODE_ADD || node->code == NODE_SUB || node->code == NODE_MUL;
}

/* Counts the uses of every needed node that is not given. */
static void uses_count(struct allocation *al, const struct graph *g, const struct prog_root *roots,
                       size_t n_roots) {
    for (size_t i = 0; i < n_roots; i++) {
        al->uses[roots[i].node]++;
    }
    for (uint32_t i = g->n; i-- > 0;) {
        const struct node *node = &g->node[i];
        if (al->uses[i] && al->reg[i] == NO_REGISTER && node->degree && node_is_binary(node)) {
            al->uses[node->a]++;
            al->uses[node->b]++;
        }
    }
}

static void binary_emit(struct program *p, struct allocation *al, const struct graph *g,
                        const struct node *node, uint32_t dst) {
    const struct node *x = &g->node[node->a], *y = &g->node[node->b];
    uint32_t a = al->reg[node->a], b = al->reg[node->b];
    bool add = node->code == NODE_ADD, sub = node->code == NODE_SUB;
    if (x->degree == 0) {
        op_emit(p,
                add   ? PROG_ADD_U
                : sub ? PROG_RSUB_U
                      : PROG_MUL_U,
                dst, b, uniform_add(p, &x->value));
    } else if (y->degree == 0) {
        op_emit(p,
                add   ? PROG_ADD_U
                : sub ? PROG_SUB_U
                      : PROG_MUL_U,
                dst, a, uniform_add(p, &y->value));
    } else if (!add && !sub && a == b) {
        op_emit(p, PROG_SQR, dst, a, a);
    } else {
        op_emit(p, add ? PROG_ADD : sub ? PROG_SUB : PROG_MUL, dst, a, b);
    }
}

/* Computes node i into a register; its operands are there. The destination may be an operand's
 * register: operations go element by element. */
static void node_emit(struct program *p, struct allocation *al, const struct graph *g, uint32_t i) {
    const struct node *node = &g->node[i];
    uint32_t target = al->target[i];
    if (!node_is_binary(node)) {
        al->reg[i] = target != NO_REGISTER ? target : register_take(al);
        op_emit(p, node->code == NODE_COLUMN ? PROG_COLUMN : PROG_ROW, al->reg[i], node->a, 0);
        return;
    }
    node_used(al, node->a);
    node_used(al, node->b);
    al->reg[i] = target != NO_REGISTER ? target : register_take(al);
    binary_emit(p, al, g, node, al->reg[i]);
}

static void root_emit(struct program *p, struct allocation *al, const struct graph *g,
                      const struct prog_root *root, bool *started) {
    const struct node *node = &g->node[root->node];
    if (!root->accumulate) {
        if (node->degree == 0) {
            op_emit(p, PROG_SET_U, root->dst, 0, uniform_add(p, &node->value));
        } /* else it was computed into its place */
    } else {
        op_emit(p, started[root->dst] ? PROG_MAC_U : PROG_MUL_U, root->dst, al->reg[root->node],
                uniform_add(p, &root->weight));
        started[root->dst] = true;
    }
    node_used(al, root->node);
}

static int root_compare(const void *a, const void *b) {
    uint32_t x = ((const struct prog_root *)a)->node, y = ((const struct prog_root *)b)->node;
    return x < y ? -1 : x > y;
}

static void program_emit(struct program *p, struct allocation *al, const struct graph *g,
                         struct prog_root *roots, size_t n_roots, bool *started) {
    qsort(roots, n_roots, sizeof *roots, root_compare);
    size_t at = 0;
    for (uint32_t i = 0; i < g->n; i++) {
        if (al->uses[i] && g->node[i].degree && al->reg[i] == NO_REGISTER) {
            node_emit(p, al, g, i);
        }
        for (; at < n_roots && roots[at].node == i; at++) {
            root_emit(p, al, g, &roots[at], started);
        }
    }
}

void program_compile(struct program *p, const struct graph *g, const struct prog_root *roots,
                     size_t n_roots, const uint32_t *given, uint32_t n_reserved) {
    memset(p, 0, sizeof *p);
    struct allocation al = {.next = n_reserved, .n_reserved = n_reserved};
    al.reg = malloc((g->n + 1) * sizeof *al.reg);
    al.target = malloc((g->n + 1) * sizeof *al.target);
    al.uses = calloc(g->n + 1, sizeof *al.uses);
    al.free = malloc((g->n + 1) * sizeof *al.free);
    bool *started = calloc((size_t)n_reserved + 1, sizeof *started);
    struct prog_root *sorted = malloc((n_roots + 1) * sizeof *sorted);
    if (al.reg && al.target && al.uses && al.free && started && sorted && !g->failed) {
        memcpy(sorted, roots, n_roots * sizeof *roots);
        memcpy(al.reg, given, g->n * sizeof *al.reg);
        memset(al.target, 0xff, g->n * sizeof *al.target); /* NO_REGISTER */
        for (size_t i = 0; i < n_roots; i++) {
            if (!roots[i].accumulate) {
                al.target[roots[i].node] = roots[i].dst;
            }
        }
        uses_count(&al, g, roots, n_roots);
        program_emit(p, &al, g, sorted, n_roots, started);
        p->n_registers = al.next;
    } else {
        p->failed = true;
    }
    free(al.reg);
    free(al.target);
    free(al.uses);
    free(al.free);
    free(started);
    free(sorted);
}

void program_release(struct program *p) {
    free(p->op);
    free(p->uniform);
    memset(p, 0, sizeof *p);
}

/* --- interpretation --- */

static void column_load(fr *dst, const struct program_input *in, uint32_t column) {
    const fr *src = in->col[column];
    size_t len = in->len[column], row = in->at;
    for (size_t b = 0; b < KERNEL_BLOCK; b++, row += in->stride) {
        dst[b] = row < len ? src[row] : FR_ZERO;
    }
}

static void row_load(fr *dst, const struct program_input *in) {
    dst[0] = in->row;
    for (size_t b = 1; b < KERNEL_BLOCK; b++) {
        fr_add(&dst[b], &dst[b - 1], &in->row_step);
    }
}

#define EACH(body)                                                                                 \
    for (size_t e = 0; e < KERNEL_BLOCK; e++) {                                                    \
        body;                                                                                      \
    }                                                                                              \
    break

void program_run(const struct program *p, const struct program_input *in, fr *registers) {
    for (size_t i = 0; i < p->n; i++) {
        const struct prog_op *op = &p->op[i];
        fr *dst = registers + (size_t)op->dst * KERNEL_BLOCK, t;
        const fr *a = registers + (size_t)op->a * KERNEL_BLOCK;
        const fr *b = registers + (size_t)op->b * KERNEL_BLOCK;
        switch (op->code) {
        case PROG_COLUMN:
            column_load(dst, in, op->a);
            break;
        case PROG_ROW:
            row_load(dst, in);
            break;
        case PROG_SET_U:
            EACH(dst[e] = p->uniform[op->b]);
        case PROG_ADD:
            EACH(fr_add(&dst[e], &a[e], &b[e]));
        case PROG_SUB:
            EACH(fr_sub(&dst[e], &a[e], &b[e]));
        case PROG_MUL:
            EACH(fr_mul(&dst[e], &a[e], &b[e]));
        case PROG_SQR:
            EACH(fr_sqr(&dst[e], &a[e]));
        case PROG_ADD_U:
            EACH(fr_add(&dst[e], &a[e], &p->uniform[op->b]));
        case PROG_SUB_U:
            EACH(fr_sub(&dst[e], &a[e], &p->uniform[op->b]));
        case PROG_RSUB_U:
            EACH(fr_sub(&dst[e], &p->uniform[op->b], &a[e]));
        case PROG_MUL_U:
            EACH(fr_mul(&dst[e], &a[e], &p->uniform[op->b]));
        case PROG_MAC_U:
            EACH(fr_mul(&t, &a[e], &p->uniform[op->b]); fr_add(&dst[e], &dst[e], &t));
        case PROG_REDUCE:
            break;
        }
    }
}
