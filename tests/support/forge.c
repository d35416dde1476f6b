#include "forge.h"

#include <stdio.h>
#include <stdlib.h>

static void must(bool ok, const char *what) {
    if (!ok) {
        (void)fprintf(stderr, "forge: %s\n", what);
        abort();
    }
}

struct effect *forge_add(struct forge *f, const struct op *op) {
    struct block_context ctx = {.mode = APPLY_REPLAY,
                                .timestamp = f->g->timestamp,
                                .fee_account = f->g->instance.fee_account,
                                .chains = &f->g->instance.chains};
    must(f->n < FORGE_OPS, "room");
    f->ops[f->n] = *op;
    enum rejection r = state_apply(f->g->state, &ctx, op, &f->effects[f->n]);
    must(r == REJECT_NONE, rejection_text(r));
    return &f->effects[f->n++];
}

void forge_words(struct forge *f, size_t i) {
    must(op_words(&f->ops[i], f->effects[i].words), "words");
}

static int compare_leaves(const void *a, const void *b) {
    const struct touched_leaf *x = a, *y = b;
    uint64_t i = leaf_index(x->account, x->slot), j = leaf_index(y->account, y->slot);
    return i < j ? -1 : i > j;
}

static void collect_leaves(const struct forge *f, struct block *out) {
    out->leaves = calloc(f->n * ACCESS_COUNT, sizeof *out->leaves);
    must(out->leaves != NULL, "memory");
    for (size_t i = 0; i < f->n; i++) {
        for (unsigned k = 0; k < ACCESS_COUNT; k++) {
            const struct access *a = &f->effects[i].access[k];
            size_t j = 0;
            if (a->kind == ACCESS_UNUSED) {
                continue;
            }
            while (j < out->n_leaves &&
                   (out->leaves[j].account != a->account || out->leaves[j].slot != a->slot)) {
                j++;
            }
            if (j == out->n_leaves) {
                out->leaves[out->n_leaves++] = (struct touched_leaf){
                    .account = a->account, .slot = a->slot, .before = a->before};
            }
            out->leaves[j].after = a->after;
            out->leaves[j].last_time = 16 * (uint64_t)i + k + 1;
        }
    }
    qsort(out->leaves, out->n_leaves, sizeof *out->leaves, compare_leaves);
}

static void update_tree(struct forge *f, struct block *out) {
    struct leaf_id *ids = calloc(out->n_leaves, sizeof *ids);
    must(ids != NULL, "memory");
    state_root(f->g->state, &out->header.old_root);
    for (size_t i = 0; i < out->n_leaves; i++) {
        const struct touched_leaf *l = &out->leaves[i];
        ids[i] = (struct leaf_id){l->account, l->slot};
        must(state_put(f->g->state, l->account, l->slot, &l->after), "put");
    }
    must(state_update_tree(f->g->state, ids, out->n_leaves, &out->tree), "tree");
    state_root(f->g->state, &out->header.new_root);
    free(ids);
}

static void outbox_add(struct outbox *o, uint64_t op, const struct effect *e) {
    if (o->n == o->cap) {
        o->cap = FORGE_OPS * OP_OUT_MAX;
        o->entries = realloc(o->entries, o->cap * sizeof *o->entries);
        must(o->entries != NULL && o->n < o->cap, "memory");
    }
    o->entries[o->n].op = op;
    memcpy(o->entries[o->n++].words, e->words, sizeof e->words);
}

void forge_block(struct forge *f, struct block *out) {
    *out = (struct block){0};
    struct block_header *h = &out->header;
    memcpy(h->instance_id, f->g->instance.instance_id, sizeof h->instance_id);
    h->timestamp = f->g->timestamp;
    h->fee_account = f->g->instance.fee_account;
    h->n_chains = f->g->instance.chains.n;
    out->ops = calloc(f->n, sizeof *out->ops);
    out->effects = calloc(f->n, sizeof *out->effects);
    out->log = calloc(f->n * OP_WORDS_MAX, sizeof *out->log);
    must(out->ops && out->effects && out->log, "memory");
    memcpy(out->ops, f->ops, f->n * sizeof *out->ops);
    memcpy(out->effects, f->effects, f->n * sizeof *out->effects);
    h->operations = out->n_ops = f->n;
    for (size_t i = 0; i < f->n; i++) {
        const struct effect *e = &f->effects[i];
        memcpy(&out->log[out->n_log], e->words, e->n_words * sizeof(fr));
        out->n_log += e->n_words;
        for (unsigned j = 0; j < e->n_out; j++) {
            int at = chain_list_find(&f->g->instance.chains, e->out[j]);
            must(at >= 0, "chain");
            outbox_add(&out->outbox[at], i, e);
        }
    }
    h->log_words = out->n_log;
    for (unsigned i = 0; i < h->n_chains; i++) {
        h->chain[i].chain = f->g->instance.chains.chain[i];
    }
    collect_leaves(f, out);
    update_tree(f, out);
}
