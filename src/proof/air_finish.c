/* The checks of air_finish: degrees, padding rows, gated multiplicities; then the compaction of the
 * tapes, the layout of the preprocessed columns and the digest. And air_eval. */
#include "proof/air_internal.h"

#include "crypto/keccak.h"

#include <stdlib.h>

/* What is known of each operation while a chip is checked. */
struct op_facts {
    uint8_t degree; /* saturates at 255 */
    bool vanishes;  /* 0 when all main columns are 0, whatever the rest is */
    bool gated;     /* 0 on inactive rows */
    bool placed;
    uint32_t renumbered;
};

static uint8_t degree_min(unsigned d) {
    return (uint8_t)(d < 255 ? d : 255);
}

static void op_facts(const struct air_chip *chip, struct op_facts *f, size_t i) {
    const struct air_op *op = &chip->tape[i];
    const struct op_facts *a = &f[op->a], *b = &f[op->b]; /* of binary operations only */
    switch (op->code) {
    case AIR_CONST:
        f[i].vanishes = f[i].gated = fr_is_zero(&chip->consts[op->a]);
        break;
    case AIR_MAIN:
        f[i].degree = 1;
        f[i].vanishes = true;
        f[i].gated = chip->main[op->a].gated || (chip->has_active && i == chip->active);
        break;
    case AIR_FIXED:
    case AIR_ROW:
        f[i].degree = 1;
        break;
    case AIR_SCALAR:
    case AIR_INSTANCE:
        break;
    case AIR_ADD:
    case AIR_SUB:
        f[i].degree = a->degree > b->degree ? a->degree : b->degree;
        f[i].vanishes = a->vanishes && b->vanishes;
        f[i].gated = a->gated && b->gated;
        break;
    case AIR_MUL:
        f[i].degree = degree_min((unsigned)a->degree + b->degree);
        f[i].vanishes = a->vanishes || b->vanishes;
        f[i].gated = a->gated || b->gated;
        break;
    }
}

static bool op_is_binary(enum air_op_code code) {
    return code == AIR_ADD || code == AIR_SUB || code == AIR_MUL;
}

static void constraints_check(struct air_chip *chip, struct op_facts *f) {
    for (unsigned k = 0; k < chip->n_constraints; k++) {
        struct air_constraint *c = &chip->constraints[k];
        c->degree = f[c->op].degree;
        if (c->degree > AIR_MAX_DEGREE) {
            air_fail(chip->air, "%s.%s: degree %u", chip->name, c->name, c->degree);
        }
        if (!f[c->op].vanishes) {
            air_fail(chip->air, "%s.%s: does not vanish on zero rows", chip->name, c->name);
        }
        chip->max_degree = c->degree > chip->max_degree ? c->degree : chip->max_degree;
    }
}

static void interaction_check(struct air_chip *chip, struct op_facts *f, unsigned i) {
    struct air_interaction *x = &chip->interactions[i];
    const struct op_facts *m = &f[x->multiplicity];
    bool table = chip->fixed_log_height >= 0;
    if (table ? chip->tape[x->multiplicity].code != AIR_MAIN : !m->gated) {
        air_fail(chip->air, "chip %s, interaction %u (%s): multiplicity is not gated by active",
                 chip->name, i, chip->air->kinds[x->kind - 1].name);
    }
}

static unsigned fingerprint_degree(const struct air_interaction *x, const struct op_facts *f) {
    unsigned d = 0;
    for (unsigned j = 0; j < x->n_fields; j++) {
        d = f[x->fields[j]].degree > d ? f[x->fields[j]].degree : d;
    }
    return d;
}

/* Degree of the helper constraint of interactions 2p and, if there is one, 2p + 1. */
static void helper_check(struct air_chip *chip, const struct op_facts *f, unsigned p) {
    const struct air_interaction *x = &chip->interactions[2 * p];
    unsigned d1 = fingerprint_degree(x, f), m1 = f[x->multiplicity].degree;
    unsigned d = 1 + d1 > m1 ? 1 + d1 : m1;
    if (2 * p + 1 < chip->n_interactions) {
        const struct air_interaction *y = &chip->interactions[2 * p + 1];
        unsigned d2 = fingerprint_degree(y, f), m2 = f[y->multiplicity].degree;
        d = 1 + d1 + d2;
        d = m1 + d2 > d ? m1 + d2 : d;
        d = m2 + d1 > d ? m2 + d1 : d;
    }
    if (d > AIR_MAX_DEGREE) {
        air_fail(chip->air, "chip %s, helper of interactions %u, %u: degree %u", chip->name, 2 * p,
                 2 * p + 1, d);
    }
    chip->max_degree = d > chip->max_degree ? d : chip->max_degree;
}

/* The tape in the making: operations in the order in which a walk from the roots completes them,
 * operands first. So the tape does not depend on the order in which the C compiler evaluated the
 * arguments of nested builder calls. Unused operations and constants are not reached. */
struct compaction {
    struct air_chip *chip;
    struct op_facts *facts;
    struct air_op *tape;
    fr *consts;
    uint32_t *stack; /* operands follow their users: strictly falling indices */
    size_t n, n_consts;
};

static void op_place(struct compaction *c, uint32_t i) {
    struct air_op op = c->chip->tape[i];
    if (op_is_binary(op.code)) {
        op.a = c->facts[op.a].renumbered;
        op.b = c->facts[op.b].renumbered;
    } else if (op.code == AIR_CONST) {
        c->consts[c->n_consts] = c->chip->consts[op.a];
        op.a = (uint32_t)c->n_consts++;
    }
    c->facts[i].placed = true;
    c->facts[i].renumbered = (uint32_t)c->n;
    c->chip->degree[c->n] = c->facts[i].degree;
    c->tape[c->n++] = op;
}

static void root_place(struct compaction *c, uint32_t root) {
    size_t top = 0;
    c->stack[top++] = root;
    while (top > 0) {
        uint32_t i = c->stack[top - 1];
        const struct air_op *op = &c->chip->tape[i];
        if (c->facts[i].placed) {
            top--;
        } else if (op_is_binary(op->code) && !c->facts[op->a].placed) {
            c->stack[top++] = op->a;
        } else if (op_is_binary(op->code) && !c->facts[op->b].placed) {
            c->stack[top++] = op->b;
        } else {
            op_place(c, i);
            top--;
        }
    }
}

static void roots_place(struct compaction *c) {
    const struct air_chip *chip = c->chip;
    root_place(c, 0);
    if (chip->has_active) {
        root_place(c, chip->active);
    }
    for (unsigned k = 0; k < chip->n_constraints; k++) {
        root_place(c, chip->constraints[k].op);
    }
    for (unsigned i = 0; i < chip->n_interactions; i++) {
        root_place(c, chip->interactions[i].multiplicity);
        for (unsigned j = 0; j < chip->interactions[i].n_fields; j++) {
            root_place(c, chip->interactions[i].fields[j]);
        }
    }
}

static bool tape_compact(struct air_chip *chip, struct op_facts *f) {
    struct compaction c = {.chip = chip, .facts = f};
    c.tape = calloc(chip->n_tape + 1, sizeof *c.tape);
    c.consts = calloc(chip->n_consts + 1, sizeof *c.consts);
    c.stack = calloc(chip->n_tape + 1, sizeof *c.stack);
    chip->degree = calloc(chip->n_tape + 1, sizeof *chip->degree);
    bool ok = c.tape && c.consts && c.stack && chip->degree;
    if (ok) {
        roots_place(&c);
        free(chip->tape);
        free(chip->consts);
        chip->tape = c.tape;
        chip->consts = c.consts;
        chip->n_tape = c.n;
        chip->n_consts = c.n_consts;
    } else {
        free(c.tape);
        free(c.consts);
        air_fail(chip->air, "out of memory");
    }
    free(c.stack);
    return ok;
}

static void roots_renumber(struct air_chip *chip, const struct op_facts *f) {
    for (unsigned k = 0; k < chip->n_constraints; k++) {
        chip->constraints[k].op = f[chip->constraints[k].op].renumbered;
    }
    for (unsigned i = 0; i < chip->n_interactions; i++) {
        struct air_interaction *x = &chip->interactions[i];
        x->multiplicity = f[x->multiplicity].renumbered;
        for (unsigned j = 0; j < x->n_fields; j++) {
            x->fields[j] = f[x->fields[j]].renumbered;
        }
    }
    chip->active = chip->has_active ? f[chip->active].renumbered : 0;
}

static void chip_finish(struct air_chip *chip) {
    struct op_facts *f = calloc(chip->n_tape + 1, sizeof *f);
    if (!f || chip->n_tape == 0) {
        free(f);
        air_fail(chip->air, "out of memory");
        return;
    }
    for (size_t i = 0; i < chip->n_tape; i++) {
        op_facts(chip, f, i);
    }
    if (chip->n_main == 0) {
        air_fail(chip->air, "chip %s: no main column", chip->name);
    }
    constraints_check(chip, f);
    for (unsigned i = 0; i < chip->n_interactions; i++) {
        interaction_check(chip, f, i);
    }
    chip->n_helpers = (chip->n_interactions + 1) / 2;
    for (unsigned p = 0; p < chip->n_helpers; p++) {
        helper_check(chip, f, p);
    }
    if (!chip->air->error[0] && tape_compact(chip, f)) {
        roots_renumber(chip, f);
    }
    free(f);
}

/* Taller first, then by chip and column. */
static int place_compare(const void *a, const void *b) {
    const struct air_fixed_place *x = a, *y = b;
    if (x->log_height != y->log_height) {
        return x->log_height > y->log_height ? -1 : 1;
    }
    if (x->chip != y->chip) {
        return x->chip < y->chip ? -1 : 1;
    }
    return x->fixed < y->fixed ? -1 : x->fixed > y->fixed;
}

static void places_finish(struct air *air) {
    for (unsigned c = 0; c < air->n_chips; c++) {
        for (unsigned k = 0; k < air->chips[c]->n_fixed; k++) {
            if (!air_grow(air, &air->fixed_places, air->n_fixed_places,
                          sizeof *air->fixed_places)) {
                return;
            }
            air->fixed_places[air->n_fixed_places++] =
                (struct air_fixed_place){c, k, (unsigned)air->chips[c]->fixed_log_height, 0};
        }
    }
    if (air->n_fixed_places == 0) {
        return;
    }
    qsort(air->fixed_places, air->n_fixed_places, sizeof *air->fixed_places, place_compare);
    size_t offset = 0;
    for (unsigned i = 0; i < air->n_fixed_places; i++) {
        air->fixed_places[i].offset = offset;
        offset += (size_t)1 << air->fixed_places[i].log_height;
    }
    air->preprocessed_log_size = 0;
    while (((size_t)1 << air->preprocessed_log_size) < offset) {
        air->preprocessed_log_size++;
    }
}

static void digest_finish(struct air *air) {
    char *text = NULL;
    size_t len = 0;
    FILE *out = open_memstream(&text, &len);
    if (!out) {
        air_fail(air, "out of memory");
        return;
    }
    int failed = air_write_json(air, out);
    failed |= fclose(out);
    if (failed) {
        air_fail(air, "out of memory");
    } else {
        keccak256(air->digest, text, len);
    }
    free(text);
}

int air_finish(struct air *air, char *err, size_t err_len) {
    if (air->finished) {
        air_fail(air, "finished twice");
    }
    if (air->n_chips == 0) {
        air_fail(air, "no chips");
    }
    for (unsigned c = 0; c < air->n_chips && !air->error[0]; c++) {
        for (unsigned d = 0; d < c; d++) {
            if (!strcmp(air->chips[c]->name, air->chips[d]->name)) {
                air_fail(air, "two chips %s", air->chips[c]->name);
            }
        }
        chip_finish(air->chips[c]);
    }
    if (!air->error[0]) {
        places_finish(air);
    }
    if (!air->error[0]) {
        air->finished = true;
        digest_finish(air);
    }
    if (air->error[0]) {
        air->finished = false;
        snprintf(err, err_len, "%s", air->error);
        return -1;
    }
    return 0;
}

void air_eval(const struct air_chip *chip, const fr *main, const fr *fixed, const fr *row,
              const fr *scalars, const fr *instance, fr *out) {
    for (size_t i = 0; i < chip->n_tape; i++) {
        const struct air_op *op = &chip->tape[i];
        switch (op->code) {
        case AIR_CONST:
            out[i] = chip->consts[op->a];
            break;
        case AIR_MAIN:
            out[i] = main[op->a];
            break;
        case AIR_FIXED:
            out[i] = fixed[op->a];
            break;
        case AIR_ROW:
            out[i] = *row;
            break;
        case AIR_SCALAR:
            out[i] = scalars[op->a];
            break;
        case AIR_INSTANCE:
            out[i] = *instance;
            break;
        case AIR_ADD:
            fr_add(&out[i], &out[op->a], &out[op->b]);
            break;
        case AIR_SUB:
            fr_sub(&out[i], &out[op->a], &out[op->b]);
            break;
        case AIR_MUL:
            fr_mul(&out[i], &out[op->a], &out[op->b]);
            break;
        }
    }
}
