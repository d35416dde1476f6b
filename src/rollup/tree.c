#include "rollup/tree.h"

#include "base/threads.h"
#include "crypto/poseidon2.h"

#include <stdlib.h>
#include <string.h>

/* Node keys: level << 40 | index, never 0 as a key of the table because it is stored plus one. */
struct slot {
    uint64_t key; /* 0 = free */
    fr value;
};

struct undo {
    uint64_t key;
    fr value;
};

struct tree {
    struct slot *slot; /* open addressing, linear probing, at most 3/4 full; entries never leave */
    size_t mask, used;
    struct undo *undo;
    size_t n_undo, cap_undo;
    fr empty[TREE_DEPTH + 1];
    unsigned threads;
};

static uint64_t node_key(unsigned level, uint64_t index) {
    return ((uint64_t)level << 40 | index) + 1;
}

static size_t hash_key(uint64_t key) {
    key *= UINT64_C(0x9e3779b97f4a7c15);
    key ^= key >> 32;
    key *= UINT64_C(0xd6e8feb86659fd93);
    return (size_t)(key ^ key >> 29);
}

static struct slot *find(const struct tree *t, uint64_t key) {
    size_t i = hash_key(key) & t->mask;
    while (t->slot[i].key != 0 && t->slot[i].key != key) {
        i = (i + 1) & t->mask;
    }
    return &t->slot[i];
}

/* Makes room for n more nodes in the table and n more undo entries. */
static bool reserve(struct tree *t, size_t n) {
    size_t want = t->mask + 1;
    while ((t->used + n) * 4 > want * 3) {
        want *= 2;
    }
    if (want != t->mask + 1) {
        struct tree bigger = {.mask = want - 1};
        bigger.slot = calloc(want, sizeof *bigger.slot);
        if (bigger.slot == NULL) {
            return false;
        }
        for (size_t i = 0; i <= t->mask; i++) {
            if (t->slot[i].key != 0) {
                *find(&bigger, t->slot[i].key) = t->slot[i];
            }
        }
        free(t->slot);
        t->slot = bigger.slot;
        t->mask = bigger.mask;
    }
    if (t->n_undo + n > t->cap_undo) {
        size_t cap = t->cap_undo * 2 > t->n_undo + n ? t->cap_undo * 2 : t->n_undo + n;
        struct undo *undo = reallocarray(t->undo, cap, sizeof *undo);
        if (undo == NULL) {
            return false;
        }
        t->undo = undo;
        t->cap_undo = cap;
    }
    return true;
}

struct tree *tree_new(void) {
    struct tree *t = calloc(1, sizeof *t);
    if (t == NULL) {
        return NULL;
    }
    t->mask = 1023;
    t->threads = 1;
    t->slot = calloc(t->mask + 1, sizeof *t->slot);
    if (t->slot == NULL) {
        free(t);
        return NULL;
    }
    t->empty[TREE_DEPTH] = FR_ZERO;
    for (int level = TREE_DEPTH; level-- > 0;) {
        fr in[TREE_ARITY] = {t->empty[level + 1], t->empty[level + 1], t->empty[level + 1],
                             t->empty[level + 1]};
        poseidon2_compress(&t->empty[level], in);
    }
    return t;
}

void tree_free(struct tree *t) {
    if (t != NULL) {
        free(t->slot);
        free(t->undo);
        free(t);
    }
}

void tree_set_threads(struct tree *t, unsigned threads) {
    t->threads = threads;
}

void tree_get(const struct tree *t, unsigned level, uint64_t index, fr *out) {
    const struct slot *s = find(t, node_key(level, index));
    *out = s->key != 0 ? s->value : t->empty[level];
}

void tree_root(const struct tree *t, fr *out) {
    tree_get(t, 0, 0, out);
}

/* Room was reserved. */
static void set(struct tree *t, unsigned level, uint64_t index, const fr *value) {
    uint64_t key = node_key(level, index);
    struct slot *s = find(t, key);
    if (s->key == 0) {
        s->key = key;
        s->value = t->empty[level];
        t->used++;
    }
    if (!fr_eq(&s->value, value)) {
        t->undo[t->n_undo++] = (struct undo){key, s->value};
        s->value = *value;
    }
}

/* A touched node of the level that is being worked on. */
struct change {
    uint64_t index;
    fr old_value, new_value;
};

/* The parents of the n changes of `level + 1`, their new values still to be hashed; returns how
 * many they are. */
static size_t gather_parents(const struct tree *t, unsigned level, const struct change *change,
                             size_t n, struct tree_node *nodes) {
    size_t parents = 0;
    for (size_t i = 0; i < n;) {
        struct tree_node *node = &nodes[parents++];
        node->level = (uint8_t)level;
        node->touched = 0;
        node->index = change[i].index / TREE_ARITY;
        for (unsigned c = 0; c < TREE_ARITY; c++) {
            uint64_t index = node->index * TREE_ARITY + c;
            if (i < n && change[i].index == index) {
                node->old_child[c] = change[i].old_value;
                node->new_child[c] = change[i].new_value;
                node->touched |= (uint8_t)(1u << c);
                i++;
            } else {
                tree_get(t, level + 1, index, &node->old_child[c]);
                node->new_child[c] = node->old_child[c];
            }
        }
        tree_get(t, level, node->index, &node->old_value);
    }
    return parents;
}

static void hash_nodes(void *ctx, size_t begin, size_t end) {
    struct tree_node *nodes = ctx;
    for (size_t i = begin; i < end; i++) {
        poseidon2_compress(&nodes[i].new_value, nodes[i].new_child);
    }
}

/* Replaces the n changes of `level + 1` by those of their parents; returns how many they are. */
static size_t raise_level(struct tree *t, unsigned level, struct change *change, size_t n,
                          struct tree_node *nodes) {
    enum { PARALLEL_FROM = 64 }; /* nodes: hashing them takes longer than starting a thread */
    size_t parents = gather_parents(t, level, change, n, nodes);
    parallel_for(parents < PARALLEL_FROM ? 1 : t->threads, parents, hash_nodes, nodes);
    for (size_t i = 0; i < parents; i++) {
        change[i] = (struct change){nodes[i].index, nodes[i].old_value, nodes[i].new_value};
        set(t, level, nodes[i].index, &nodes[i].new_value);
    }
    return parents;
}

static size_t count_nodes(const struct tree_leaf *leaves, size_t n) {
    size_t count = 0;
    for (unsigned level = 0; level < TREE_DEPTH; level++) {
        unsigned shift = 2 * (TREE_DEPTH - level);
        for (size_t i = 0; i < n; i++) {
            count += i == 0 || leaves[i].index >> shift != leaves[i - 1].index >> shift;
        }
    }
    return count;
}

bool tree_update(struct tree *t, const struct tree_leaf *leaves, size_t n,
                 struct tree_trace *trace) {
    if (trace != NULL) {
        *trace = (struct tree_trace){NULL, 0};
    }
    for (size_t i = 0; i < n; i++) {
        if (leaves[i].index >> (2 * TREE_DEPTH) != 0 ||
            (i > 0 && leaves[i].index <= leaves[i - 1].index)) {
            return false;
        }
    }
    if (n == 0) {
        return true;
    }
    size_t total = count_nodes(leaves, n);
    struct change *change = calloc(n, sizeof *change);
    /* without a trace, room for one level is enough: no level has more nodes than the leaves */
    struct tree_node *nodes = calloc(trace != NULL ? total : n, sizeof *nodes);
    if (change == NULL || nodes == NULL || !reserve(t, total + n)) {
        free(change);
        free(nodes);
        return false;
    }
    for (size_t i = 0; i < n; i++) {
        change[i].index = leaves[i].index;
        tree_get(t, TREE_DEPTH, leaves[i].index, &change[i].old_value);
        change[i].new_value = leaves[i].value;
        set(t, TREE_DEPTH, leaves[i].index, &leaves[i].value);
    }
    size_t at = 0;
    for (unsigned level = TREE_DEPTH; level-- > 0;) {
        n = raise_level(t, level, change, n, nodes + at);
        at += trace != NULL ? n : 0;
    }
    if (trace != NULL) {
        *trace = (struct tree_trace){nodes, at};
    } else {
        free(nodes);
    }
    free(change);
    return true;
}

void tree_path(const struct tree *t, uint64_t index, struct tree_path *path) {
    for (unsigned i = 0; i < TREE_DEPTH; i++, index /= TREE_ARITY) {
        uint64_t first = index - index % TREE_ARITY;
        unsigned k = 0;
        for (uint64_t c = first; c < first + TREE_ARITY; c++) {
            if (c != index) {
                tree_get(t, TREE_DEPTH - i, c, &path->sibling[i][k++]);
            }
        }
    }
}

void tree_path_root(fr *out, uint64_t index, const fr *leaf, const struct tree_path *path) {
    fr value = *leaf;
    for (unsigned i = 0; i < TREE_DEPTH; i++, index /= TREE_ARITY) {
        fr in[TREE_ARITY];
        unsigned k = 0;
        for (unsigned c = 0; c < TREE_ARITY; c++) {
            in[c] = c == index % TREE_ARITY ? value : path->sibling[i][k++];
        }
        poseidon2_compress(&value, in);
    }
    *out = value;
}

size_t tree_mark(const struct tree *t) {
    return t->n_undo;
}

void tree_rollback(struct tree *t, size_t mark) {
    while (t->n_undo > mark) {
        const struct undo *u = &t->undo[--t->n_undo];
        find(t, u->key)->value = u->value;
    }
}

void tree_forget(struct tree *t) {
    t->n_undo = 0;
}
