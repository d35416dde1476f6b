#include "circuit/lookups.h"

#include "circuit/chips.h"

#include <stdlib.h>

enum { R16_VALUES = 1 << 16, RANGE_START = 1 << 12 };

int lookups_init(struct lookups *l) {
    *l = (struct lookups){0};
    l->r16 = calloc(R16_VALUES, sizeof *l->r16);
    l->range = calloc(RANGE_START, sizeof *l->range);
    l->range_cap = RANGE_START;
    if (!l->r16 || !l->range) {
        lookups_free(l);
        return -1;
    }
    return 0;
}

void lookups_free(struct lookups *l) {
    free(l->r16);
    free(l->range);
    free(l->wide);
    *l = (struct lookups){0};
}

void lookups_wide(struct lookups *l, const struct wide_statement *w) {
    if (l->wide_n == l->wide_cap) {
        size_t cap = l->wide_cap == 0 ? 64 : 2 * l->wide_cap;
        struct wide_statement *more = realloc(l->wide, cap * sizeof *more);
        if (!more) {
            l->failed = true;
            return;
        }
        l->wide = more;
        l->wide_cap = cap;
    }
    l->wide[l->wide_n++] = *w;
}

static size_t range_place(const struct range_entry *table, size_t cap, unsigned bits, u128 v) {
    uint64_t h = (uint64_t)v ^ ((uint64_t)(v >> 64) * UINT64_C(0x9e3779b97f4a7c15)) ^ bits;
    h *= UINT64_C(0xff51afd7ed558ccd);
    size_t i = (size_t)(h >> 32) & (cap - 1);
    while (table[i].count != 0 && (table[i].value != v || table[i].bits != bits)) {
        i = (i + 1) & (cap - 1);
    }
    return i;
}

static bool range_grow(struct lookups *l) {
    size_t cap = l->range_cap * 2;
    struct range_entry *table = calloc(cap, sizeof *table);
    if (!table) {
        return false;
    }
    for (size_t i = 0; i < l->range_cap; i++) {
        const struct range_entry *e = &l->range[i];
        if (e->count != 0) {
            table[range_place(table, cap, e->bits, e->value)] = *e;
        }
    }
    free(l->range);
    l->range = table;
    l->range_cap = cap;
    return true;
}

void lookups_range(struct lookups *l, unsigned bits, u128 v) {
    if ((bits < 128 && v >> bits != 0) || (2 * l->range_n >= l->range_cap && !range_grow(l))) {
        l->failed = true;
        return;
    }
    struct range_entry *e = &l->range[range_place(l->range, l->range_cap, bits, v)];
    if (e->count == 0) {
        e->value = v;
        e->bits = (uint8_t)bits;
        l->range_n++;
    }
    e->count++;
}

static void fill_range(struct lookups *l, struct trace_chip *c, size_t row,
                       const struct range_entry *e) {
    static const uint8_t limbs_of[] = {[32] = 2, [40] = 3, [48] = 3, [112] = 7, [128] = 8};
    trace_set(c, RNG_ACTIVE, row, &FR_ONE);
    trace_set_u64(c, RNG_MULT, row, e->count);
    if (e->bits != 128) {
        unsigned column = e->bits == 32   ? RNG_IS32
                          : e->bits == 40 ? RNG_IS40
                          : e->bits == 48 ? RNG_IS48
                                          : RNG_IS112;
        trace_set(c, column, row, &FR_ONE);
    }
    for (unsigned i = 0; i < limbs_of[e->bits]; i++) {
        uint16_t limb = (uint16_t)(e->value >> (16 * i));
        trace_set_u64(c, RNG_LIMB0 + i, row, limb);
        lookups_r16(l, limb);
        if (e->bits == 40 && i == 2) {
            lookups_r16(l, (uint16_t)(limb << 8));
        }
    }
}

int lookups_fill(struct lookups *l, struct trace *t) {
    struct trace_chip *c = trace_chip(t, (unsigned)air_find_chip(t->air, "rng"), 0);
    struct trace_chip *table = trace_chip(t, (unsigned)air_find_chip(t->air, "r16"), 0);
    size_t row;
    if (l->failed || trace_reserve(c, c->n + l->range_n) != 0 ||
        (row = trace_rows_add(c, l->range_n)) == SIZE_MAX) {
        return -1;
    }
    for (size_t i = 0; i < l->range_cap; i++) {
        if (l->range[i].count != 0) {
            fill_range(l, c, row++, &l->range[i]);
        }
    }
    size_t n = R16_VALUES;
    while (n > 0 && l->r16[n - 1] == 0) {
        n--;
    }
    if (trace_reserve(table, n) != 0 || (row = trace_rows_add(table, n)) == SIZE_MAX) {
        return -1;
    }
    for (size_t i = 0; i < n; i++) {
        trace_set_u64(table, R16_MULT, row + i, l->r16[i]);
    }
    return 0;
}

void fr_from_u128(fr *out, u128 v) {
    (void)fr_from_limbs(out, (const uint64_t[4]){(uint64_t)v, (uint64_t)(v >> 64), 0, 0});
}

bool fr_to_u128(u128 *out, const fr *a) {
    uint64_t l[4];
    fr_to_limbs(l, a);
    bool fits = l[2] == 0 && l[3] == 0;
    *out = fits ? (u128)l[1] << 64 | l[0] : 0;
    return fits;
}
