/* See witness_check.h. The bus: all messages with their signed multiplicities are sorted; equal
 * messages stand together, and their multiplicities must sum to 0. */
#include "proof/witness_check.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

struct message {
    unsigned kind, n;
    fr multiplicity;
    fr fields[]; /* AIR_MAX_ARITY would triple the memory: the list has one stride per AIR */
};

struct check {
    const struct air *air;
    const struct statement *s;
    const struct trace *trace;
    uint8_t *messages;
    size_t n, cap, stride;
    char *why;
    size_t why_len;
};

static bool fail(struct check *k, const char *format, ...) __attribute__((format(printf, 2, 3)));

static bool fail(struct check *k, const char *format, ...) {
    va_list args;
    va_start(args, format);
    vsnprintf(k->why, k->why_len, format, args);
    va_end(args);
    return false;
}

static struct message *message_at(const struct check *k, size_t i) {
    void *at = k->messages + i * k->stride;
    return at;
}

/* A new message to fill; NULL without memory. */
static struct message *message_add(struct check *k) {
    if (k->n == k->cap) {
        size_t cap = k->cap ? 2 * k->cap : 1024;
        uint8_t *grown = realloc(k->messages, cap * k->stride);
        if (!grown) {
            fail(k, "out of memory");
            return NULL;
        }
        k->messages = grown;
        k->cap = cap;
    }
    struct message *m = message_at(k, k->n++);
    memset(m, 0, k->stride);
    return m;
}

static bool row_messages(struct check *k, const struct air_chip *chip, const fr *tape) {
    for (unsigned i = 0; i < chip->n_interactions; i++) {
        const struct air_interaction *x = &chip->interactions[i];
        if (fr_is_zero(&tape[x->multiplicity])) {
            continue;
        }
        struct message *m = message_add(k);
        if (!m) {
            return false;
        }
        m->kind = x->kind;
        m->n = x->n_fields;
        m->multiplicity = tape[x->multiplicity];
        if (x->sign < 0) {
            fr_neg(&m->multiplicity, &m->multiplicity);
        }
        for (unsigned j = 0; j < x->n_fields; j++) {
            m->fields[j] = tape[x->fields[j]];
        }
    }
    return true;
}

static bool chip_rows(struct check *k, const struct trace_chip *tc, fr *row_values, fr *tape) {
    const struct air_chip *chip = tc->chip;
    const fr *instance = chip->instanced ? &k->s->instance_scalars[tc->instance] : NULL;
    fr *fixed = row_values + chip->n_main;
    for (size_t i = 0; i < tc->n; i++) {
        fr row;
        fr_from_u64(&row, i);
        for (unsigned c = 0; c < chip->n_main; c++) {
            row_values[c] = tc->col[c][i];
        }
        for (unsigned c = 0; c < chip->n_fixed; c++) {
            fixed[c] = i < chip->fixed[c].n_values ? chip->fixed[c].values[i] : FR_ZERO;
        }
        air_eval(chip, row_values, fixed, &row, k->s->scalars, instance, tape);
        for (unsigned c = 0; c < chip->n_constraints; c++) {
            if (!fr_is_zero(&tape[chip->constraints[c].op])) {
                return fail(k, "%s.%s row %zu", chip->name, chip->constraints[c].name, i);
            }
        }
        if (!row_messages(k, chip, tape)) {
            return false;
        }
    }
    return true;
}

static bool boundary_messages(struct check *k) {
    for (unsigned i = 0; i < k->air->n_boundary; i++) {
        const struct air_boundary *b = &k->air->boundary[i];
        struct message *m = message_add(k);
        if (!m) {
            return false;
        }
        m->kind = b->kind;
        m->n = b->n_fields;
        fr_from_i64(&m->multiplicity, b->sign);
        for (unsigned j = 0; j < b->n_fields; j++) {
            int scalar = b->fields[j].scalar;
            m->fields[j] = scalar >= 0 ? k->s->scalars[scalar] : b->fields[j].constant;
        }
    }
    return true;
}

/* Any total order on messages. */
static int message_compare(const void *a, const void *b) {
    const struct message *x = a, *y = b;
    if (x->kind != y->kind) {
        return x->kind < y->kind ? -1 : 1;
    }
    for (unsigned j = 0; j < x->n; j++) {
        for (int i = 0; i < 4; i++) {
            if (x->fields[j].l[i] != y->fields[j].l[i]) {
                return x->fields[j].l[i] < y->fields[j].l[i] ? -1 : 1;
            }
        }
    }
    return 0;
}

/* A field element for people: small ones in decimal with their sign, others in hexadecimal. */
static void fr_print(char *out, size_t len, const fr *v, bool sign) {
    uint64_t u;
    fr neg;
    uint8_t be[32];
    fr_neg(&neg, v);
    if (fr_to_u64(&u, v)) {
        snprintf(out, len, "%s%llu", sign ? "+" : "", (unsigned long long)u);
    } else if (fr_to_u64(&u, &neg)) {
        snprintf(out, len, "-%llu", (unsigned long long)u);
    } else {
        fr_to_be(be, v);
        size_t at = (size_t)snprintf(out, len, "0x");
        for (size_t i = 0; i < 32 && at + 2 < len; i++, at += 2) {
            snprintf(out + at, len - at, "%02x", be[i]);
        }
    }
}

static bool unbalanced(struct check *k, const struct message *m, const fr *sum) {
    char text[AIR_MAX_ARITY * 70] = "", number[70];
    size_t at = 0;
    for (unsigned j = 0; j < m->n; j++) {
        fr_print(number, sizeof number, &m->fields[j], false);
        at += (size_t)snprintf(text + at, sizeof text - at, "%s%s", j ? ", " : "", number);
    }
    fr_print(number, sizeof number, sum, true);
    return fail(k, "bus %s (%s) unbalanced by %s", k->air->kinds[m->kind - 1].name, text, number);
}

static bool bus_balance(struct check *k) {
    if (k->n > 0) {
        qsort(k->messages, k->n, k->stride, message_compare);
    }
    for (size_t i = 0; i < k->n;) {
        const struct message *first = message_at(k, i);
        fr sum = FR_ZERO;
        for (; i < k->n && message_compare(first, message_at(k, i)) == 0; i++) {
            fr_add(&sum, &sum, &message_at(k, i)->multiplicity);
        }
        if (!fr_is_zero(&sum)) {
            return unbalanced(k, first, &sum);
        }
    }
    return true;
}

/* The held words, then zeros, are the public columns row by row. */
static bool held_check(struct check *k, const struct held_column *held) {
    if (held->chip >= k->air->n_chips ||
        held->instance >= air_chip_instances(k->air->chips[held->chip], k->trace->n_instances) ||
        k->air->chips[held->chip]->n_public == 0) {
        return fail(k, "held column of chip %u, instance %u: no such public chip", held->chip,
                    held->instance);
    }
    const struct trace_chip *tc = &k->trace->chips[k->trace->first[held->chip] + held->instance];
    const struct air_chip *chip = tc->chip;
    size_t cells = tc->n * chip->n_public, n = held->n_words > cells ? held->n_words : cells;
    for (size_t i = 0; i < n; i++) {
        fr in_trace = FR_ZERO, word = i < held->n_words ? held->words[i] : FR_ZERO;
        if (i < cells) {
            in_trace = tc->col[chip->public_col[i % chip->n_public]][i / chip->n_public];
        }
        if (!fr_eq(&in_trace, &word)) {
            return fail(k, "held column of %s, instance %u: word %zu differs", chip->name,
                        held->instance, i);
        }
    }
    return true;
}

static bool check_all(struct check *k, fr *row_values, fr *tape) {
    if (k->s->n_scalars != k->air->n_scalars || k->s->n_instances != k->trace->n_instances) {
        return fail(k, "statement has %zu scalars and %u instances", k->s->n_scalars,
                    k->s->n_instances);
    }
    for (size_t c = 0; c < k->trace->n_chips; c++) {
        if (!chip_rows(k, &k->trace->chips[c], row_values, tape)) {
            return false;
        }
    }
    if (!boundary_messages(k) || !bus_balance(k)) {
        return false;
    }
    for (size_t i = 0; i < k->s->n_held; i++) {
        if (!held_check(k, &k->s->held[i])) {
            return false;
        }
    }
    return true;
}

bool witness_check(const struct air *air, const struct statement *s, const struct trace *trace,
                   char *why, size_t why_len) {
    struct check k = {.air = air, .s = s, .trace = trace, .why = why, .why_len = why_len};
    size_t cols = 1, n_tape = 1, arity = 1;
    for (unsigned c = 0; c < air->n_chips; c++) {
        size_t n = (size_t)air->chips[c]->n_main + air->chips[c]->n_fixed;
        cols = n > cols ? n : cols;
        n_tape = air->chips[c]->n_tape > n_tape ? air->chips[c]->n_tape : n_tape;
    }
    for (unsigned i = 0; i < air->n_kinds; i++) {
        arity = air->kinds[i].arity > arity ? air->kinds[i].arity : arity;
    }
    k.stride = sizeof(struct message) + arity * sizeof(fr);
    fr *row_values = calloc(cols, sizeof *row_values), *tape = calloc(n_tape, sizeof *tape);
    bool ok = row_values && tape ? check_all(&k, row_values, tape) : fail(&k, "out of memory");
    free(row_values);
    free(tape);
    free(k.messages);
    return ok;
}
