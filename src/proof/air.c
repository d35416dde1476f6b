/* The builder of air.h. Expressions go straight onto the chip's tape; a hash table finds an equal
 * earlier operation, so that sharing costs the caller nothing. air_finish.c checks and compacts. */
#include "proof/air_internal.h"

#include <assert.h>
#include <stdarg.h>
#include <stdlib.h>

/* Open addressing; entries are op + 1, 0 is free. */
struct op_table {
    uint32_t *slot;
    size_t cap, n;
};

void air_fail(struct air *air, const char *format, ...) {
    if (air->error[0]) {
        return;
    }
    va_list args;
    va_start(args, format);
    vsnprintf(air->error, sizeof air->error, format, args);
    va_end(args);
}

bool air_grow(struct air *air, void *array, size_t n, size_t size) {
    if (n != 0 && (n & (n - 1)) != 0) {
        return true;
    }
    void *old, *grown;
    memcpy(&old, array, sizeof old);
    grown = realloc(old, (n ? 2 * n : 1) * size);
    if (!grown) {
        air_fail(air, "out of memory");
        return false;
    }
    memcpy(array, &grown, sizeof grown);
    return true;
}

static void name_set(struct air *air, char out[AIR_NAME_LEN], const char *name) {
    size_t len = strlen(name);
    if (len == 0 || len >= AIR_NAME_LEN) {
        air_fail(air, "name \"%.80s\" is empty or too long", name);
        len = len < AIR_NAME_LEN ? len : AIR_NAME_LEN - 1;
    }
    for (size_t i = 0; i < len; i++) {
        if (name[i] < ' ' || name[i] > '~' || name[i] == '"' || name[i] == '\\') {
            air_fail(air, "name \"%.80s\" has a character that is not plain", name);
        }
    }
    memcpy(out, name, len);
    out[len] = 0;
}

struct air *air_new(const char *name) {
    struct air *air = calloc(1, sizeof *air);
    if (air) {
        air->preprocessed_log_size = -1;
        name_set(air, air->name, name);
    }
    return air;
}

static void chip_free(struct air_chip *chip) {
    struct op_table *table = chip->builder;
    if (table) {
        free(table->slot);
        free(table);
    }
    for (unsigned i = 0; i < chip->n_fixed; i++) {
        free(chip->fixed[i].values);
    }
    free(chip->main);
    free(chip->fixed);
    free(chip->public_col);
    free(chip->tape);
    free(chip->degree);
    free(chip->consts);
    free(chip->constraints);
    free(chip->interactions);
    free(chip);
}

void air_free(struct air *air) {
    if (!air) {
        return;
    }
    for (unsigned c = 0; c < air->n_chips; c++) {
        chip_free(air->chips[c]);
    }
    free(air->chips);
    free(air->kinds);
    free(air->scalars);
    free(air->boundary);
    free(air->fixed_places);
    free(air);
}

unsigned air_kind(struct air *air, const char *name, unsigned arity) {
    if (arity == 0 || arity > AIR_MAX_ARITY) {
        air_fail(air, "kind %s: arity %u", name, arity);
    }
    if (!air_grow(air, &air->kinds, air->n_kinds, sizeof *air->kinds)) {
        return 0;
    }
    struct air_kind *kind = &air->kinds[air->n_kinds++];
    name_set(air, kind->name, name);
    kind->arity = arity;
    return air->n_kinds;
}

void air_scalars(struct air *air, unsigned n, const char *const *names) {
    if (air->n_scalars != 0) {
        air_fail(air, "public scalars declared twice");
        return;
    }
    for (unsigned i = 0; i < n; i++) {
        if (!air_grow(air, &air->scalars, i, sizeof *air->scalars)) {
            return;
        }
        name_set(air, air->scalars[i], names[i]);
        air->n_scalars = i + 1;
    }
}

/* --- operations --- */

/* A new operation at the end of the tape, without looking for an equal one. */
static uint32_t op_append(struct air_chip *chip, enum air_op_code code, uint32_t a, uint32_t b) {
    if (chip->n_tape >= UINT32_MAX - 1 ||
        !air_grow(chip->air, &chip->tape, chip->n_tape, sizeof *chip->tape)) {
        return 0;
    }
    chip->tape[chip->n_tape] = (struct air_op){code, a, b};
    return (uint32_t)chip->n_tape++;
}

static size_t op_hash(enum air_op_code code, uint32_t a, uint32_t b) {
    uint64_t h = ((uint64_t)a << 32 | b) * 0x9e3779b97f4a7c15ULL + (uint64_t)code;
    h ^= h >> 29;
    h *= 0xbf58476d1ce4e5b9ULL;
    return (size_t)(h ^ (h >> 32));
}

static bool table_grow(struct air_chip *chip) {
    struct op_table *t = chip->builder;
    size_t cap = t->cap ? 2 * t->cap : 256;
    uint32_t *slot = calloc(cap, sizeof *slot);
    if (!slot) {
        air_fail(chip->air, "out of memory");
        return false;
    }
    for (size_t i = 0; i < t->cap; i++) {
        if (t->slot[i]) {
            const struct air_op *op = &chip->tape[t->slot[i] - 1];
            size_t at = op_hash(op->code, op->a, op->b) & (cap - 1);
            while (slot[at]) {
                at = (at + 1) & (cap - 1);
            }
            slot[at] = t->slot[i];
        }
    }
    free(t->slot);
    t->slot = slot;
    t->cap = cap;
    return true;
}

static ax op_make(struct air_chip *chip, enum air_op_code code, uint32_t a, uint32_t b) {
    struct op_table *t = chip->builder;
    if (chip->air->finished) {
        air_fail(chip->air, "chip %s: built after air_finish", chip->name);
        return (ax){0};
    }
    if (2 * t->n >= t->cap && !table_grow(chip)) {
        return (ax){0};
    }
    size_t at = op_hash(code, a, b) & (t->cap - 1);
    for (; t->slot[at]; at = (at + 1) & (t->cap - 1)) {
        const struct air_op *op = &chip->tape[t->slot[at] - 1];
        if (op->code == code && op->a == a && op->b == b) {
            return (ax){t->slot[at] - 1};
        }
    }
    uint32_t id = op_append(chip, code, a, b);
    t->slot[at] = id + 1;
    t->n++;
    return (ax){id};
}

struct air_chip *air_chip(struct air *air, const char *name, int fixed_log_height, bool instanced) {
    struct air_chip *chip = calloc(1, sizeof *chip);
    struct op_table *table = calloc(1, sizeof *table);
    if (!chip || !table || !air_grow(air, &air->chips, air->n_chips, sizeof *air->chips)) {
        air_fail(air, "out of memory");
        free(chip);
        free(table);
        return NULL;
    }
    chip->air = air;
    chip->builder = table;
    chip->index = air->n_chips;
    air->chips[air->n_chips++] = chip;
    name_set(air, chip->name, name);
    chip->fixed_log_height = fixed_log_height;
    chip->instanced = instanced;
    if (fixed_log_height < -1 || fixed_log_height > AIR_MAX_LOG_HEIGHT ||
        air->n_chips > AIR_MAX_CHIPS) {
        air_fail(air, "chip %s: fixed height 2^%d or too many chips", name, fixed_log_height);
    }
    air_u64(chip, 0); /* operation 0 */
    return chip;
}

ax air_const(struct air_chip *chip, const fr *value) {
    size_t i = 0;
    assert(chip->n_consts == 0 || chip->consts != NULL);
    while (i < chip->n_consts && !fr_eq(&chip->consts[i], value)) {
        i++;
    }
    if (i == chip->n_consts) {
        if (!air_grow(chip->air, &chip->consts, i, sizeof *chip->consts)) {
            return (ax){0};
        }
        chip->consts[chip->n_consts++] = *value;
    }
    return op_make(chip, AIR_CONST, (uint32_t)i, 0);
}

ax air_u64(struct air_chip *chip, uint64_t value) {
    fr v;
    fr_from_u64(&v, value);
    return air_const(chip, &v);
}

ax air_i64(struct air_chip *chip, int64_t value) {
    fr v;
    fr_from_i64(&v, value);
    return air_const(chip, &v);
}

/* The value of a constant operation, NULL for the others. */
static const fr *const_of(const struct air_chip *chip, ax e) {
    const struct air_op *op = &chip->tape[e.id];
    return op->code == AIR_CONST ? &chip->consts[op->a] : NULL;
}

static bool valid(struct air_chip *chip, ax a) {
    if (a.id >= chip->n_tape) {
        air_fail(chip->air, "chip %s: an expression of another chip", chip->name);
        return false;
    }
    return true;
}

ax air_add(struct air_chip *chip, ax a, ax b) {
    if (!valid(chip, a) || !valid(chip, b)) {
        return (ax){0};
    }
    const fr *ca = const_of(chip, a), *cb = const_of(chip, b);
    if (ca && cb) {
        fr v;
        fr_add(&v, ca, cb);
        return air_const(chip, &v);
    }
    if (ca && fr_is_zero(ca)) {
        return b;
    }
    if (cb && fr_is_zero(cb)) {
        return a;
    }
    return op_make(chip, AIR_ADD, a.id, b.id);
}

ax air_sub(struct air_chip *chip, ax a, ax b) {
    if (!valid(chip, a) || !valid(chip, b)) {
        return (ax){0};
    }
    const fr *ca = const_of(chip, a), *cb = const_of(chip, b);
    if (ca && cb) {
        fr v;
        fr_sub(&v, ca, cb);
        return air_const(chip, &v);
    }
    if (cb && fr_is_zero(cb)) {
        return a;
    }
    return a.id == b.id ? air_u64(chip, 0) : op_make(chip, AIR_SUB, a.id, b.id);
}

ax air_mul(struct air_chip *chip, ax a, ax b) {
    if (!valid(chip, a) || !valid(chip, b)) {
        return (ax){0};
    }
    const fr *ca = const_of(chip, a), *cb = const_of(chip, b);
    if (ca && cb) {
        fr v;
        fr_mul(&v, ca, cb);
        return air_const(chip, &v);
    }
    if ((ca && fr_is_zero(ca)) || (cb && fr_is_zero(cb))) {
        return air_u64(chip, 0);
    }
    if (ca && fr_eq(ca, &FR_ONE)) {
        return b;
    }
    if (cb && fr_eq(cb, &FR_ONE)) {
        return a;
    }
    return op_make(chip, AIR_MUL, a.id, b.id);
}

ax air_neg(struct air_chip *chip, ax a) {
    return air_sub(chip, air_u64(chip, 0), a);
}

ax air_sqr(struct air_chip *chip, ax a) {
    return air_mul(chip, a, a);
}

ax air_sum(struct air_chip *chip, size_t n, const ax *terms) {
    ax sum = air_u64(chip, 0);
    for (size_t i = 0; i < n; i++) {
        sum = air_add(chip, sum, terms[i]);
    }
    return sum;
}

ax air_scale(struct air_chip *chip, const fr *k, ax a) {
    return air_mul(chip, air_const(chip, k), a);
}

ax air_scale_u64(struct air_chip *chip, uint64_t k, ax a) {
    return air_mul(chip, air_u64(chip, k), a);
}

/* --- columns --- */

static ax column_new(struct air_chip *chip, const char *name, bool fixed) {
    struct air *air = chip->air;
    struct air_column **list = fixed ? &chip->fixed : &chip->main;
    unsigned *n = fixed ? &chip->n_fixed : &chip->n_main;
    for (unsigned i = 0; i < chip->n_main; i++) {
        if (!strcmp(chip->main[i].name, name)) {
            air_fail(air, "chip %s: two columns %s", chip->name, name);
        }
    }
    if (!air_grow(air, list, *n, sizeof **list)) {
        return (ax){0};
    }
    struct air_column *column = &(*list)[*n];
    memset(column, 0, sizeof *column);
    name_set(air, column->name, name);
    return op_make(chip, fixed ? AIR_FIXED : AIR_MAIN, (*n)++, 0);
}

ax air_col(struct air_chip *chip, const char *name) {
    return column_new(chip, name, false);
}

ax air_col_bool(struct air_chip *chip, const char *name) {
    ax b = column_new(chip, name, false);
    air_zero(chip, air_mul(chip, b, air_sub(chip, b, air_u64(chip, 1))), "%s is 0 or 1", name);
    return b;
}

ax air_active(struct air_chip *chip) {
    if (chip->has_active || chip->fixed_log_height >= 0) {
        air_fail(chip->air, "chip %s: a second `active`, or one in a fixed table", chip->name);
        return (ax){0};
    }
    ax active = air_col_bool(chip, "active");
    chip->has_active = true;
    chip->active = active.id;
    return active;
}

/* m (1 - active) = 0 */
static void column_gate(struct air_chip *chip, ax m, const char *name) {
    if (!chip->has_active) {
        air_fail(chip->air, "chip %s: gated column %s before `active`", chip->name, name);
        return;
    }
    ax off = air_sub(chip, air_u64(chip, 1), (ax){chip->active});
    air_zero(chip, air_mul(chip, m, off), "%s is 0 on inactive rows", name);
    chip->main[air_col_index(chip, m)].gated = true;
}

ax air_col_gated(struct air_chip *chip, const char *name) {
    ax m = column_new(chip, name, false);
    column_gate(chip, m, name);
    return m;
}

ax air_col_bool_gated(struct air_chip *chip, const char *name) {
    ax m = air_col_bool(chip, name);
    column_gate(chip, m, name);
    return m;
}

ax air_col_public(struct air_chip *chip, const char *name) {
    ax word = column_new(chip, name, false);
    if (air_grow(chip->air, &chip->public_col, chip->n_public, sizeof *chip->public_col)) {
        unsigned index = air_col_index(chip, word);
        chip->main[index].is_public = true;
        chip->public_col[chip->n_public++] = index;
    }
    return word;
}

ax air_col_fixed(struct air_chip *chip, const char *name, const fr *values, size_t n) {
    if (chip->fixed_log_height < 0 || n > (size_t)1 << chip->fixed_log_height) {
        air_fail(chip->air, "chip %s: fixed column %s without fixed height or too long", chip->name,
                 name);
        return (ax){0};
    }
    ax e = column_new(chip, name, true);
    fr *copy = calloc(n + 1, sizeof *copy);
    if (!copy || chip->n_fixed == 0) {
        air_fail(chip->air, "out of memory");
        free(copy);
        return (ax){0};
    }
    if (n) {
        memcpy(copy, values, n * sizeof *copy);
    }
    chip->fixed[chip->n_fixed - 1].values = copy;
    chip->fixed[chip->n_fixed - 1].n_values = n;
    return e;
}

ax air_row(struct air_chip *chip) {
    return op_make(chip, AIR_ROW, 0, 0);
}

ax air_scalar(struct air_chip *chip, unsigned i) {
    if (i >= chip->air->n_scalars) {
        air_fail(chip->air, "chip %s: no public scalar %u", chip->name, i);
        return (ax){0};
    }
    return op_make(chip, AIR_SCALAR, i, 0);
}

ax air_instance_scalar(struct air_chip *chip) {
    if (!chip->instanced) {
        air_fail(chip->air, "chip %s: instance scalar of a single chip", chip->name);
    }
    return op_make(chip, AIR_INSTANCE, 0, 0);
}

/* --- constraints and messages --- */

void air_zero(struct air_chip *chip, ax e, const char *format, ...) {
    struct air *air = chip->air;
    char name[256];
    va_list args;
    va_start(args, format);
    vsnprintf(name, sizeof name, format, args);
    va_end(args);
    name[AIR_NAME_LEN - 1] = 0; /* a long name is cut */
    if (!valid(chip, e) ||
        !air_grow(air, &chip->constraints, chip->n_constraints, sizeof *chip->constraints)) {
        return;
    }
    struct air_constraint *c = &chip->constraints[chip->n_constraints++];
    memset(c, 0, sizeof *c);
    name_set(air, c->name, name);
    c->op = e.id;
}

static void interact(struct air_chip *chip, int sign, unsigned kind, ax multiplicity, unsigned n,
                     const ax *fields) {
    struct air *air = chip->air;
    if (kind == 0 || kind > air->n_kinds || air->kinds[kind - 1].arity != n) {
        air_fail(air, "chip %s: kind %u with %u fields", chip->name, kind, n);
        return;
    }
    if (!valid(chip, multiplicity) ||
        !air_grow(air, &chip->interactions, chip->n_interactions, sizeof *chip->interactions)) {
        return;
    }
    struct air_interaction *x = &chip->interactions[chip->n_interactions++];
    memset(x, 0, sizeof *x);
    x->sign = sign;
    x->kind = kind;
    x->multiplicity = multiplicity.id;
    x->n_fields = n;
    for (unsigned i = 0; i < n; i++) {
        x->fields[i] = valid(chip, fields[i]) ? fields[i].id : 0;
    }
}

void air_give(struct air_chip *chip, unsigned kind, ax multiplicity, unsigned n, const ax *fields) {
    interact(chip, 1, kind, multiplicity, n, fields);
}

void air_take(struct air_chip *chip, unsigned kind, ax multiplicity, unsigned n, const ax *fields) {
    interact(chip, -1, kind, multiplicity, n, fields);
}

static void boundary(struct air *air, int sign, unsigned kind, unsigned n,
                     const struct air_lin *fields) {
    if (kind == 0 || kind > air->n_kinds || air->kinds[kind - 1].arity != n) {
        air_fail(air, "boundary: kind %u with %u fields", kind, n);
        return;
    }
    if (!air_grow(air, &air->boundary, air->n_boundary, sizeof *air->boundary)) {
        return;
    }
    struct air_boundary *b = &air->boundary[air->n_boundary++];
    memset(b, 0, sizeof *b);
    b->sign = sign;
    b->kind = kind;
    b->n_fields = n;
    for (unsigned i = 0; i < n; i++) {
        b->fields[i] = fields[i];
        if (fields[i].scalar >= (int)air->n_scalars) {
            air_fail(air, "boundary: no public scalar %d", fields[i].scalar);
            b->fields[i].scalar = -1;
        }
    }
}

void air_boundary_give(struct air *air, unsigned kind, unsigned n, const struct air_lin *fields) {
    boundary(air, 1, kind, n, fields);
}

void air_boundary_take(struct air *air, unsigned kind, unsigned n, const struct air_lin *fields) {
    boundary(air, -1, kind, n, fields);
}

/* --- questions --- */

unsigned air_col_index(const struct air_chip *chip, ax column) {
    if (column.id >= chip->n_tape) {
        return UINT32_MAX;
    }
    const struct air_op *op = &chip->tape[column.id];
    return op->code == AIR_MAIN || op->code == AIR_FIXED ? op->a : UINT32_MAX;
}

int air_find_chip(const struct air *air, const char *name) {
    for (unsigned c = 0; c < air->n_chips; c++) {
        if (!strcmp(air->chips[c]->name, name)) {
            return (int)c;
        }
    }
    return -1;
}

int air_find_col(const struct air_chip *chip, const char *name) {
    for (unsigned i = 0; i < chip->n_main; i++) {
        if (!strcmp(chip->main[i].name, name)) {
            return (int)i;
        }
    }
    return -1;
}

unsigned air_chip_values(const struct air_chip *chip) {
    return chip->n_main + chip->n_fixed + chip->n_helpers;
}

unsigned air_chip_instances(const struct air_chip *chip, unsigned n_instances) {
    return chip->instanced ? n_instances : 1;
}
