/* The state tree: sparse, 4-ary, depth 18, over Poseidon2's compression.
 *
 *   leaf index = account * 256 + slot < 4^18;  node(level, i) = C(its four children
 *   node(level + 1, 4 i .. 4 i + 3));  level 18 = leaves, level 0 = root; an empty leaf is 0, an
 *   empty node of a level is the compression of four empty ones.
 *
 * Only nodes that were ever written are stored (a hash table from (level, index) to the value),
 * about 60 bytes each. Changes go in batches: each node above a changed leaf is hashed once. Every
 * change is kept in an undo log until tree_forget, so any number of batches can be taken back. */
#ifndef ZKLINK_ROLLUP_TREE_H
#define ZKLINK_ROLLUP_TREE_H

#include "crypto/fr.h"

#include <stddef.h>
#include <stdint.h>

enum { TREE_DEPTH = 18, TREE_ARITY = 4 };

struct tree;

/* An empty tree; NULL if memory runs out. */
struct tree *tree_new(void);
void tree_free(struct tree *t);

/* How many threads tree_update may hash with; 1 at first. The result does not depend on it. */
void tree_set_threads(struct tree *t, unsigned threads);

struct tree_leaf {
    uint64_t index;
    fr value; /* the new value; may equal the old one: the leaf counts as touched all the same */
};

/* One internal node of a batch: its four children before and after. */
struct tree_node {
    uint8_t level;   /* 0..17 */
    uint8_t touched; /* bit i: child i is in the batch or above a leaf of it */
    uint64_t index;
    fr old_child[4], new_child[4]; /* equal where not touched */
    fr old_value, new_value;
};

/* The nodes of a batch, owned by the caller: every internal node above a touched leaf, once, levels
 * 17 down to 0, by index within a level. Release with free(nodes). */
struct tree_trace {
    struct tree_node *nodes;
    size_t n;
};

/* Sets n leaves, with strictly increasing indices. If trace is not NULL it receives the nodes.
 * False, nothing changed, if memory runs out or the indices are not as said.
 * Cost: one compression per touched node; the old values are looked up. */
bool tree_update(struct tree *t, const struct tree_leaf *leaves, size_t n,
                 struct tree_trace *trace);

void tree_root(const struct tree *t, fr *out);
void tree_get(const struct tree *t, unsigned level, uint64_t index, fr *out);

/* The three siblings at each level, from the leaf's (sibling[0]) to those below the root
 * (sibling[17]), in order of their position. tree_path_root is the root that a path and a leaf
 * value give. */
struct tree_path {
    fr sibling[TREE_DEPTH][TREE_ARITY - 1];
};
void tree_path(const struct tree *t, uint64_t index, struct tree_path *path);
void tree_path_root(fr *out, uint64_t index, const fr *leaf, const struct tree_path *path);

/* A point to come back to. tree_rollback undoes all batches since (marks nest); tree_forget makes
 * everything so far final and invalidates all marks. */
size_t tree_mark(const struct tree *t);
void tree_rollback(struct tree *t, size_t mark);
void tree_forget(struct tree *t);

#endif
