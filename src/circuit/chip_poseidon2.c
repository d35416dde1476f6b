/* See the header. The collector is an array of inputs in the order of their first lookup and an
 * open-addressing hash table of indices into it. */
#include "circuit/chip_poseidon2.h"

#include "base/threads.h"

#include <stdlib.h>

enum {
    COL_ACTIVE,
    COL_MULT,
    COL_IN,
    COL_SBOX = COL_IN + POSEIDON2_T,
    SBOX_COLUMNS = POSEIDON2_SBOXES - POSEIDON2_T, /* those of the last round have none */
    COL_OUT = COL_SBOX + SBOX_COLUMNS
};

/* --- description --- */

/* (x + c active)^5 */
static ax fifth_power(struct air_chip *c, ax active, ax x, const fr *constant) {
    ax in = air_add(c, x, air_scale(c, constant, active));
    ax in2 = air_sqr(c, in), in4 = air_sqr(c, in2);
    return air_mul(c, in4, in);
}

/* The same, committed in a column of its own. */
static ax sbox(struct air_chip *c, ax active, ax x, const fr *constant, unsigned number) {
    char name[16];
    (void)snprintf(name, sizeof name, "sbox%u", number);
    ax out = air_col(c, name);
    air_zero(c, air_sub(c, out, fifth_power(c, active, x, constant)), "%s is the fifth power",
             name);
    return out;
}

/* M_E by additions, as in crypto/poseidon2.c. */
static void external_matrix(struct air_chip *c, ax s[POSEIDON2_T]) {
    ax t0 = air_add(c, s[0], s[1]), t1 = air_add(c, s[2], s[3]);
    ax t2 = air_add(c, air_add(c, s[1], s[1]), t1);
    ax t3 = air_add(c, air_add(c, s[3], s[3]), t0);
    ax t4 = air_add(c, air_scale_u64(c, 4, t1), t3);
    ax t5 = air_add(c, air_scale_u64(c, 4, t0), t2);
    s[0] = air_add(c, t3, t5);
    s[1] = t5;
    s[2] = air_add(c, t2, t4);
    s[3] = t4;
}

static void full_round(struct air_chip *c, ax active, ax s[POSEIDON2_T], unsigned round,
                       unsigned *boxes) {
    for (int i = 0; i < POSEIDON2_T; i++) {
        s[i] = sbox(c, active, s[i], &POSEIDON2_FULL_CONSTANTS[round][i], (*boxes)++);
    }
    external_matrix(c, s);
}

static void partial_round(struct air_chip *c, ax active, ax s[POSEIDON2_T], unsigned round,
                          unsigned *boxes) {
    s[0] = sbox(c, active, s[0], &POSEIDON2_PARTIAL_CONSTANTS[round], (*boxes)++);
    ax sum = air_sum(c, POSEIDON2_T, s);
    for (int i = 0; i < POSEIDON2_T; i++) {
        s[i] = air_add(c, air_scale(c, &POSEIDON2_INTERNAL_DIAGONAL[i], s[i]), sum);
    }
}

/* The last round's S-boxes are not committed, for word 0 alone leaves the chip. */
static ax last_round(struct air_chip *c, ax active, ax s[POSEIDON2_T]) {
    const fr *constants = POSEIDON2_FULL_CONSTANTS[POSEIDON2_FULL_ROUNDS - 1];
    ax out = air_col(c, "out");
    for (int i = 0; i < POSEIDON2_T; i++) {
        s[i] = fifth_power(c, active, s[i], &constants[i]);
    }
    external_matrix(c, s);
    air_zero(c, air_sub(c, out, s[0]), "out is the permutation's word 0");
    return out;
}

void chip_poseidon2(struct air *air, const struct circuit_kinds *kinds) {
    static const char *const input_names[POSEIDON2_T] = {"in0", "in1", "in2", "in3"};
    struct air_chip *c = air_chip(air, CHIP_POSEIDON2_NAME, -1, false);
    if (c == NULL) {
        return; /* air_finish reports it */
    }
    ax active = air_active(c), mult = air_col_gated(c, "mult");
    ax s[POSEIDON2_T], fields[KIND_P2_ARITY];
    for (int i = 0; i < POSEIDON2_T; i++) {
        s[i] = fields[i] = air_col(c, input_names[i]);
    }
    unsigned boxes = 0;
    external_matrix(c, s);
    for (unsigned r = 0; r < POSEIDON2_FULL_ROUNDS / 2; r++) {
        full_round(c, active, s, r, &boxes);
    }
    for (unsigned r = 0; r < POSEIDON2_PARTIAL_ROUNDS; r++) {
        partial_round(c, active, s, r, &boxes);
    }
    for (unsigned r = POSEIDON2_FULL_ROUNDS / 2; r < POSEIDON2_FULL_ROUNDS - 1; r++) {
        full_round(c, active, s, r, &boxes);
    }
    fields[POSEIDON2_T] = last_round(c, active, s);
    air_take(c, kinds->p2, mult, KIND_P2_ARITY, fields);
}

/* --- collector --- */

struct entry {
    fr in[POSEIDON2_T];
    uint64_t lookups;
};

struct poseidon2_table {
    struct entry *entries;
    size_t n, cap;
    uint32_t *slots; /* index + 1; 0 is free */
    size_t n_slots;  /* a power of two, more than 2 n */
};

struct poseidon2_table *poseidon2_table_new(void) {
    enum { FIRST_SLOTS = 1024 };
    struct poseidon2_table *t = calloc(1, sizeof *t);
    if (t != NULL) {
        t->n_slots = FIRST_SLOTS;
        t->slots = calloc(t->n_slots, sizeof *t->slots);
    }
    if (t != NULL && t->slots == NULL) {
        free(t);
        t = NULL;
    }
    return t;
}

void poseidon2_table_free(struct poseidon2_table *t) {
    if (t != NULL) {
        free(t->entries);
        free(t->slots);
        free(t);
    }
}

size_t poseidon2_table_size(const struct poseidon2_table *t) {
    return t->n;
}

static size_t hash(const fr in[POSEIDON2_T]) {
    uint64_t h = 0x9e3779b97f4a7c15ULL;
    for (int i = 0; i < POSEIDON2_T; i++) {
        for (int j = 0; j < 4; j++) {
            h = (h ^ in[i].l[j]) * 0xff51afd7ed558ccdULL;
            h ^= h >> 32;
        }
    }
    return (size_t)h;
}

static bool same(const fr a[POSEIDON2_T], const fr b[POSEIDON2_T]) {
    return fr_eq(&a[0], &b[0]) && fr_eq(&a[1], &b[1]) && fr_eq(&a[2], &b[2]) && fr_eq(&a[3], &b[3]);
}

static int grow_slots(struct poseidon2_table *t) {
    size_t n_slots = 2 * t->n_slots;
    uint32_t *slots = calloc(n_slots, sizeof *slots);
    if (slots == NULL) {
        return -1;
    }
    for (size_t i = 0; i < t->n; i++) {
        size_t at = hash(t->entries[i].in) & (n_slots - 1);
        while (slots[at] != 0) {
            at = (at + 1) & (n_slots - 1);
        }
        slots[at] = (uint32_t)(i + 1);
    }
    free(t->slots);
    t->slots = slots;
    t->n_slots = n_slots;
    return 0;
}

static int grow_entries(struct poseidon2_table *t) {
    size_t cap = t->cap == 0 ? 256 : 2 * t->cap;
    if (cap > (size_t)1 << AIR_MAX_LOG_HEIGHT) {
        return -1;
    }
    struct entry *entries = realloc(t->entries, cap * sizeof *entries);
    if (entries == NULL) {
        return -1;
    }
    t->entries = entries;
    t->cap = cap;
    return 0;
}

int poseidon2_table_add(struct poseidon2_table *t, const fr in[POSEIDON2_T]) {
    size_t at = hash(in) & (t->n_slots - 1);
    for (; t->slots[at] != 0; at = (at + 1) & (t->n_slots - 1)) {
        struct entry *e = &t->entries[t->slots[at] - 1];
        if (same(e->in, in)) {
            e->lookups++;
            return 0;
        }
    }
    if (t->n == t->cap && grow_entries(t) != 0) {
        return -1;
    }
    memcpy(t->entries[t->n].in, in, sizeof t->entries[t->n].in);
    t->entries[t->n].lookups = 1;
    t->slots[at] = (uint32_t)++t->n;
    return 2 * t->n >= t->n_slots ? grow_slots(t) : 0;
}

/* --- rows --- */

struct fill {
    const struct poseidon2_table *table;
    struct trace_chip *chip;
    size_t first;
};

static void fill_rows(void *ctx, size_t begin, size_t end) {
    const struct fill *f = ctx;
    fr **col = f->chip->col;
    for (size_t i = begin; i < end; i++) {
        const struct entry *e = &f->table->entries[i];
        size_t row = f->first + i;
        fr s[POSEIDON2_T], boxes[POSEIDON2_SBOXES];
        memcpy(s, e->in, sizeof s);
        poseidon2_permute_trace(s, boxes);
        col[COL_ACTIVE][row] = FR_ONE;
        fr_from_u64(&col[COL_MULT][row], e->lookups);
        for (int k = 0; k < POSEIDON2_T; k++) {
            col[COL_IN + k][row] = e->in[k];
        }
        for (int k = 0; k < SBOX_COLUMNS; k++) {
            col[COL_SBOX + k][row] = boxes[k];
        }
        col[COL_OUT][row] = s[0];
    }
}

int chip_poseidon2_fill(struct trace *trace, const struct poseidon2_table *table,
                        unsigned threads) {
    int chip = air_find_chip(trace->air, CHIP_POSEIDON2_NAME);
    if (chip < 0) {
        return -1;
    }
    struct fill f = {table, trace_chip(trace, (unsigned)chip, 0), 0};
    if (trace_reserve(f.chip, f.chip->n + table->n) != 0) {
        return -1;
    }
    f.first = trace_rows_add(f.chip, table->n);
    if (f.first == SIZE_MAX) {
        return -1;
    }
    parallel_for(threads, table->n, fill_rows, &f);
    return 0;
}
