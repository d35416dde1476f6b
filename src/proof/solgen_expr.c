/* Expression graphs to Yul.
 *
 * A node that is used once is printed inside its user's expression; one that is used more often, or
 * that would make an expression deeper than MAX_NEED stack slots, gets a statement `mstore(slot,
 * ..)` before. Yul evaluates arguments from right to left: the deeper operand is printed last.
 * Slots are used again after the last use of what they hold. */
#include "proof/solgen_internal.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdlib.h>

enum {
    MAX_BOUND = 5, /* 5 r < 2^256 < 6 r */
    MAX_NEED = 10  /* of the 16 reachable slots; the others: the modulus, the running sum, jumps */
};

void sg_init(struct sg_graph *g) {
    *g = (struct sg_graph){0};
}

void sg_release(struct sg_graph *g) {
    free(g->nodes);
    free(g->text);
    free(g->free_slots);
    free(g->dying);
    *g = (struct sg_graph){0};
}

/* Doubles an array until it holds n elements; false, and the graph failed, without memory. */
static bool grow(struct sg_graph *g, void **array, size_t *cap, size_t n, size_t size) {
    if (n <= *cap) {
        return true;
    }
    size_t want = *cap ? *cap : 64;
    while (want < n && want <= SIZE_MAX / 4 / size) {
        want *= 2;
    }
    void *bigger = want < n ? NULL : realloc(*array, want * size);
    if (!bigger) {
        g->failed = true;
        return false;
    }
    *array = bigger;
    *cap = want;
    return true;
}

static uint32_t node_new(struct sg_graph *g, enum sg_code code, uint32_t a, uint32_t b) {
    void *nodes = g->nodes;
    if (!grow(g, &nodes, &g->cap, g->n + 1, sizeof *g->nodes)) {
        return 0;
    }
    g->nodes = nodes;
    g->nodes[g->n] = (struct sg_node){.code = code, .a = a, .b = b, .slot = -1, .bound = 1};
    return (uint32_t)g->n++;
}

uint32_t sg_input(struct sg_graph *g, uint32_t word) {
    return node_new(g, SG_INPUT, word, 0);
}

uint32_t sg_const(struct sg_graph *g, const fr *value) {
    uint32_t id = node_new(g, SG_CONST, 0, 0);
    if (!g->failed) {
        g->nodes[id].value = *value;
    }
    return id;
}

static bool is_const(const struct sg_graph *g, uint32_t a) {
    return !g->failed && g->nodes[a].code == SG_CONST;
}

bool sg_is_zero(const struct sg_graph *g, uint32_t a) {
    return is_const(g, a) && fr_is_zero(&g->nodes[a].value);
}

static bool is_one(const struct sg_graph *g, uint32_t a) {
    return is_const(g, a) && fr_eq(&g->nodes[a].value, &FR_ONE);
}

/* The bound of a sum; if it would be too large the sum is reduced. */
static uint32_t sum_new(struct sg_graph *g, enum sg_code code, uint32_t a, uint32_t b) {
    uint32_t id = node_new(g, code, a, b);
    if (!g->failed) {
        unsigned bound = (unsigned)g->nodes[a].bound + g->nodes[b].bound;
        g->nodes[id].reduced = bound > MAX_BOUND;
        g->nodes[id].bound = (uint8_t)(bound > MAX_BOUND ? 1 : bound);
    }
    return id;
}

uint32_t sg_add(struct sg_graph *g, uint32_t a, uint32_t b) {
    if (sg_is_zero(g, a)) {
        return b;
    }
    return sg_is_zero(g, b) ? a : sum_new(g, SG_ADD, a, b);
}

uint32_t sg_sub(struct sg_graph *g, uint32_t a, uint32_t b) {
    if (sg_is_zero(g, b)) {
        return a;
    }
    if (is_const(g, b)) { /* a + (r - b) */
        fr minus;
        fr_neg(&minus, &g->nodes[b].value);
        return sg_add(g, a, sg_const(g, &minus));
    }
    return sum_new(g, SG_SUB, a, b);
}

uint32_t sg_mul(struct sg_graph *g, uint32_t a, uint32_t b) {
    if (sg_is_zero(g, a) || is_one(g, b)) {
        return a;
    }
    if (sg_is_zero(g, b) || is_one(g, a)) {
        return b;
    }
    return node_new(g, SG_MUL, a, b);
}

static bool is_leaf(const struct sg_node *x) {
    return x->code == SG_INPUT || x->code == SG_CONST;
}

/* Stack slots of `x` when its operands take na and nb (both after the choice which one comes last).
 */
static unsigned need_of(const struct sg_node *x, unsigned na, unsigned nb) {
    unsigned low = na < nb ? na : nb, high = na < nb ? nb : na;
    bool modulus = x->code == SG_MUL || x->reduced;
    if (x->code == SG_SUB) { /* k r - b is made first or last: one slot more for k r */
        high++;
    }
    unsigned need = low + 1 > high ? low + 1 : high;
    return need + (modulus ? 1 : 0);
}

void sg_plan(struct sg_graph *g, const uint32_t *roots, size_t n) {
    if (g->failed) {
        return;
    }
    for (size_t i = 0; i < g->n; i++) {
        g->nodes[i].uses = 0;
    }
    for (size_t i = 0; i < n; i++) {
        g->nodes[roots[i]].uses++;
    }
    for (size_t i = g->n; i-- > 0;) {
        struct sg_node *x = &g->nodes[i];
        if (x->uses > 0 && !is_leaf(x)) {
            g->nodes[x->a].uses++;
            g->nodes[x->b].uses++;
        }
    }
    for (size_t i = 0; i < g->n; i++) {
        struct sg_node *x = &g->nodes[i];
        x->left = x->uses;
        x->kept = x->uses > 1 && !is_leaf(x);
        x->need = 1;
        if (is_leaf(x) || x->uses == 0) {
            continue;
        }
        struct sg_node *a = &g->nodes[x->a], *b = &g->nodes[x->b];
        for (;;) {
            unsigned na = a->kept ? 1 : a->need, nb = b->kept ? 1 : b->need;
            unsigned need = need_of(x, na, nb);
            if (need <= MAX_NEED) {
                x->need = (uint8_t)need;
                break;
            }
            struct sg_node *deeper = na >= nb ? a : b;
            deeper->kept = true;
        }
    }
}

void sg_print(struct sg_graph *g, size_t bytes, const char *format, ...) {
    g->bytes += bytes;
    for (;;) {
        va_list args;
        va_start(args, format);
        size_t room = g->text_cap - g->text_len;
        int n = vsnprintf(room ? g->text + g->text_len : NULL, room, format, args);
        va_end(args);
        if (n < 0) {
            g->failed = true;
        }
        if (g->failed) {
            return;
        }
        if ((size_t)n < room) {
            g->text_len += (size_t)n;
            return;
        }
        void *text = g->text;
        if (!grow(g, &text, &g->text_cap, g->text_len + (size_t)n + 1, 1)) {
            return;
        }
        g->text = text;
    }
}

static void print_const(struct sg_graph *g, const fr *value) {
    uint8_t be[32];
    fr_to_be(be, value);
    unsigned i = 0;
    while (i < 31 && be[i] == 0) {
        i++;
    }
    sg_print(g, 1 + 32 - i, "0x%02x", be[i]);
    for (i++; i < 32; i++) {
        sg_print(g, 0, "%02x", be[i]);
    }
}

static void print_expression(struct sg_graph *g, uint32_t id, bool defining);

/* bound * r - b */
static void print_negated(struct sg_graph *g, uint32_t b) {
    if (g->nodes[b].bound == 1) {
        sg_print(g, 2, "sub(r, ");
    } else {
        sg_print(g, 5, "sub(mul(r, %d), ", g->nodes[b].bound);
    }
    print_expression(g, b, false);
    sg_print(g, 0, ")");
}

static void print_operation(struct sg_graph *g, const struct sg_node *x) {
    const struct sg_node *a = &g->nodes[x->a], *b = &g->nodes[x->b];
    unsigned na = a->kept ? 1 : a->need, nb = b->kept ? 1 : b->need;
    bool modulus = x->code == SG_MUL || x->reduced;
    if (x->code == SG_SUB && !x->reduced && sg_is_zero(g, x->a)) {
        print_negated(g, x->b);
        return;
    }
    bool a_last = na > nb; /* the operand printed last is evaluated first */
    sg_print(g, modulus ? 2 : 1, "%s(",
             x->code == SG_MUL ? "mulmod"
             : x->reduced      ? "addmod"
                               : "add");
    for (int i = 0; i < 2; i++) {
        bool is_a = (i == 1) == a_last;
        if (i == 1) {
            sg_print(g, 0, ", ");
        }
        if (!is_a && x->code == SG_SUB) {
            print_negated(g, x->b);
        } else {
            print_expression(g, is_a ? x->a : x->b, false);
        }
    }
    sg_print(g, 0, modulus ? ", r)" : ")");
}

static void print_expression(struct sg_graph *g, uint32_t id, bool defining) {
    struct sg_node *x = &g->nodes[id];
    if (x->kept && !defining) {
        sg_print(g, 4, "mload(0x%x)", (unsigned)x->slot * 32);
        if (--x->left == 0) {
            void *dying = g->dying;
            if (grow(g, &dying, &g->dying_cap, g->n_dying + 1, sizeof *g->dying)) {
                g->dying = dying;
                g->dying[g->n_dying++] = x->slot;
            }
        }
        return;
    }
    switch (x->code) {
    case SG_INPUT:
        sg_print(g, x->a < 8 ? 3 : 4, "calldataload(0x%x)", x->a * 32);
        break;
    case SG_CONST:
        print_const(g, &x->value);
        break;
    case SG_ADD:
    case SG_SUB:
    case SG_MUL:
        print_operation(g, x);
        break;
    }
}

static int32_t slot_take(struct sg_graph *g) {
    return g->n_free ? g->free_slots[--g->n_free] : g->n_slots++;
}

static void statement_end(struct sg_graph *g) {
    void *slots = g->free_slots;
    if (!grow(g, &slots, &g->free_cap, g->n_free + g->n_dying + 1, sizeof *g->free_slots)) {
        return;
    }
    g->free_slots = slots;
    while (g->n_dying) {
        g->free_slots[g->n_free++] = g->dying[--g->n_dying];
    }
}

/* Stores every kept node below id that is not stored yet, operands first. */
static void prepare(struct sg_graph *g, uint32_t id) {
    struct sg_node *x = &g->nodes[id];
    if (is_leaf(x) || x->stored) {
        return;
    }
    prepare(g, x->a);
    prepare(g, x->b);
    if (!x->kept) {
        return;
    }
    /* The slot is taken before the statement's own operands die: they may not share it. */
    x->slot = slot_take(g);
    sg_print(g, 4, "                mstore(0x%x, ", (unsigned)x->slot * 32);
    print_expression(g, id, true);
    sg_print(g, 0, ")\n");
    x->stored = true;
    statement_end(g);
}

void sg_statement(struct sg_graph *g, const char *before, uint32_t root, const char *after) {
    if (g->failed) {
        return;
    }
    prepare(g, root);
    sg_print(g, 0, "%s", before);
    print_expression(g, root, false);
    sg_print(g, 0, "%s", after);
    statement_end(g);
}
