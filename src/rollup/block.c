#include "rollup/block.h"

#include "crypto/keccak.h"

#include <stdlib.h>
#include <string.h>

struct block_builder {
    struct state *s;
    const struct instance *instance;
    struct block_context ctx;
    struct state_mark start;
    bool sealed;
    size_t cap_ops, cap_log;
    size_t key_changes[CHAINS_MAX]; /* of each outbox's entries */
    struct block block; /* grows; header's digests are filled at the end, requestsHash as it goes */
};

const char *block_error_text(enum block_error e) {
    switch (e) {
    case BLOCK_OK:
        return "ok";
    case BLOCK_NO_MEMORY:
        return "out of memory";
    case BLOCK_EMPTY:
        return "the block has no operation";
    case BLOCK_MALFORMED:
        return "malformed block or log";
    case BLOCK_REJECTED:
        return "an operation of the block is not valid on this state";
    case BLOCK_MISMATCH:
        return "the block's header does not describe its content on this state";
    }
    return "unknown";
}

void block_release_trace(struct block *b) {
    free(b->effects);
    free(b->leaves);
    free(b->tree.nodes);
    b->effects = NULL;
    b->leaves = NULL;
    b->n_leaves = 0;
    b->tree = (struct tree_trace){NULL, 0};
}

void block_release(struct block *b) {
    block_release_trace(b);
    free(b->ops);
    free(b->log);
    for (unsigned i = 0; i < CHAINS_MAX; i++) {
        free(b->outbox[i].entries);
    }
    memset(b, 0, sizeof *b);
}

/* Doubles *array until it holds `want` elements. */
static bool grow(void **array, size_t *cap, size_t want, size_t size) {
    size_t n = *cap == 0 ? 16 : *cap;
    while (n < want) {
        n *= 2;
    }
    if (n == *cap) {
        return true;
    }
    void *p = reallocarray(*array, n, size);
    if (p == NULL) {
        return false;
    }
    *array = p;
    *cap = n;
    return true;
}

struct block_builder *block_builder_new(struct state *s, const struct block_params *p) {
    struct block_builder *b = calloc(1, sizeof *b);
    if (b == NULL) {
        return NULL;
    }
    b->s = s;
    b->instance = p->instance;
    b->ctx = (struct block_context){p->mode, p->timestamp, p->instance->fee_account,
                                    &p->instance->chains};
    b->start = state_mark(s);
    struct block_header *h = &b->block.header;
    memcpy(h->instance_id, p->instance->instance_id, 32);
    h->version = PROTOCOL_VERSION;
    memcpy(h->vk_digest, p->instance->vk_digest, 32);
    h->number = p->number;
    h->timestamp = p->timestamp;
    h->fee_account = p->instance->fee_account;
    state_root(s, &h->old_root);
    memcpy(h->chain_list_hash, p->instance->chain_list_hash, 32);
    h->n_chains = p->instance->chains.n;
    for (unsigned i = 0; i < h->n_chains; i++) {
        h->chain[i].chain = p->instance->chains.chain[i];
        h->chain[i].first_request = h->chain[i].end_request = p->first_request[i];
    }
    return b;
}

void block_builder_free(struct block_builder *b) {
    if (b == NULL) {
        return;
    }
    if (!b->sealed) {
        state_rollback(b->s, b->start);
    }
    block_release(&b->block);
    free(b);
}

size_t block_builder_ops(const struct block_builder *b) {
    return b->block.n_ops;
}

size_t block_builder_words(const struct block_builder *b) {
    return b->block.n_log;
}

size_t block_builder_calldata(const struct block_builder *b) {
    enum { ENTRY_LEN = 32 * OUTBOX_ENTRY_WORDS, KEY_SIGNATURE_LEN = 224 };
    size_t most = 0;
    for (unsigned i = 0; i < b->block.header.n_chains; i++) {
        size_t len = b->block.outbox[i].n * ENTRY_LEN + b->key_changes[i] * KEY_SIGNATURE_LEN;
        most = len > most ? len : most;
    }
    return 32 * b->block.n_log + most;
}

const struct block_context *block_builder_context(const struct block_builder *b) {
    return &b->ctx;
}

static bool reserve(struct block_builder *b) {
    struct block *k = &b->block;
    size_t cap = b->cap_ops;
    if (!grow((void **)&k->ops, &cap, k->n_ops + 1, sizeof *k->ops)) {
        return false;
    }
    cap = b->cap_ops;
    if (!grow((void **)&k->effects, &cap, k->n_ops + 1, sizeof *k->effects)) {
        return false;
    }
    b->cap_ops = cap;
    if (!grow((void **)&k->log, &b->cap_log, k->n_log + OP_WORDS_MAX, sizeof *k->log)) {
        return false;
    }
    for (unsigned i = 0; i < k->header.n_chains; i++) {
        struct outbox *o = &k->outbox[i];
        if (!grow((void **)&o->entries, &o->cap, o->n + 1, sizeof *o->entries)) {
            return false;
        }
    }
    return true;
}

/* Adds a request to its chain's requestsHash. */
static void take_request(struct header_chain *c, const uint8_t hash[32]) {
    uint8_t pair[64];
    memcpy(pair, c->requests_hash, 32);
    memcpy(pair + 32, hash, 32);
    keccak256(c->requests_hash, pair, sizeof pair);
    c->end_request++;
}

enum rejection block_add(struct block_builder *b, const struct op *op,
                         const struct effect **effect) {
    struct block *k = &b->block;
    if (b->sealed || k->n_ops >= BLOCK_OPS_MAX || !reserve(b)) {
        return REJECT_NO_MEMORY;
    }
    uint8_t hash[32];
    if (op_is_request(op->type) && !op_request_hash(op, hash)) {
        return REJECT_MALFORMED;
    }
    struct effect *e = &k->effects[k->n_ops];
    enum rejection r = state_apply(b->s, &b->ctx, op, e);
    if (r != REJECT_NONE) {
        return r;
    }
    for (unsigned i = 0; i < e->n_words; i++) {
        k->log[k->n_log++] = e->words[i];
    }
    for (unsigned i = 0; i < e->n_out; i++) {
        int position = chain_list_find(b->ctx.chains, e->out[i]);
        struct outbox *o = &k->outbox[position];
        o->entries[o->n].op = k->n_ops;
        memcpy(o->entries[o->n].words, e->words, sizeof e->words);
        o->n++;
        b->key_changes[position] += op->type == OP_CHANGE_PUB_KEY;
    }
    if (op_is_request(op->type)) {
        int chain = chain_list_find(b->ctx.chains, op_request_chain(op));
        take_request(&k->header.chain[chain], hash);
    }
    k->ops[k->n_ops++] = *op;
    if (effect != NULL) {
        *effect = e;
    }
    return REJECT_NONE;
}

/* The block and the state as they were with `ops` operations and `log` words. */
static void take_back(struct block_builder *b, size_t ops, size_t log, struct state_mark mark) {
    struct block *k = &b->block;
    for (unsigned i = 0; i < k->header.n_chains; i++) {
        struct outbox *o = &k->outbox[i];
        while (o->n > 0 && o->entries[o->n - 1].op >= ops) {
            o->n--;
            b->key_changes[i] -= k->ops[o->entries[o->n].op].type == OP_CHANGE_PUB_KEY;
        }
    }
    k->n_ops = ops;
    k->n_log = log;
    state_rollback(b->s, mark);
}

enum rejection block_add_batch(struct block_builder *b, struct op *const *ops, size_t n,
                               const struct id_policy *ids, size_t *at) {
    size_t n_ops = b->block.n_ops, n_log = b->block.n_log;
    struct state_mark mark = state_mark(b->s);
    for (size_t i = 0; i < n; i++) {
        enum rejection r =
            op_is_request(ops[i]->type) ? REJECT_MALFORMED : op_resolve(ops[i], b->s, &b->ctx, ids);
        if (r == REJECT_NONE) {
            r = block_add(b, ops[i], NULL);
        }
        if (r != REJECT_NONE) {
            take_back(b, n_ops, n_log, mark);
            if (at != NULL) {
                *at = i;
            }
            return r;
        }
    }
    return REJECT_NONE;
}

/* ---- sealing ---- */

struct touch {
    uint64_t leaf, time;
    const struct access *access;
};

static int compare_touch(const void *a, const void *b) {
    const struct touch *x = a, *y = b;
    if (x->leaf != y->leaf) {
        return x->leaf < y->leaf ? -1 : 1;
    }
    return x->time < y->time ? -1 : x->time > y->time;
}

/* The block's touched leaves out of the access traces, and the tree brought up to date with them.
 */
static enum block_error touch_leaves(struct block_builder *b) {
    struct block *k = &b->block;
    struct touch *touch = calloc(k->n_ops * ACCESS_COUNT, sizeof *touch);
    struct leaf_id *ids = NULL;
    enum block_error e = BLOCK_NO_MEMORY;
    size_t n = 0;
    if (touch == NULL) {
        return e;
    }
    for (size_t i = 0; i < k->n_ops; i++) {
        for (unsigned j = 0; j < ACCESS_COUNT; j++) {
            const struct access *a = &k->effects[i].access[j];
            if (a->kind != ACCESS_UNUSED) {
                touch[n++] = (struct touch){leaf_index(a->account, a->slot), 16 * i + j + 1, a};
            }
        }
    }
    qsort(touch, n, sizeof *touch, compare_touch);
    k->leaves = calloc(n, sizeof *k->leaves);
    ids = calloc(n, sizeof *ids);
    if (k->leaves == NULL || ids == NULL) {
        goto out;
    }
    for (size_t i = 0; i < n; i++) {
        const struct access *a = touch[i].access;
        if (i == 0 || touch[i].leaf != touch[i - 1].leaf) {
            ids[k->n_leaves] = (struct leaf_id){a->account, a->slot};
            k->leaves[k->n_leaves] =
                (struct touched_leaf){.account = a->account, .slot = a->slot, .before = a->before};
            k->n_leaves++;
        }
        struct touched_leaf *leaf = &k->leaves[k->n_leaves - 1];
        leaf->after = a->after;
        leaf->last_time = touch[i].time;
    }
    if (state_update_tree(b->s, ids, k->n_leaves, &k->tree)) {
        e = BLOCK_OK;
    }
out:
    free(ids);
    free(touch);
    return e;
}

enum block_error block_seal(struct block_builder *b, struct block *out) {
    struct block *k = &b->block;
    struct block_header *h = &k->header;
    memset(out, 0, sizeof *out);
    if (b->sealed) {
        return BLOCK_MALFORMED;
    }
    if (k->n_ops == 0) {
        return BLOCK_EMPTY;
    }
    enum block_error e = touch_leaves(b);
    if (e != BLOCK_OK) {
        return e;
    }
    state_root(b->s, &h->new_root);
    log_digest(h->log_digest, k->log, k->n_log);
    h->log_words = k->n_log;
    h->operations = k->n_ops;
    for (unsigned i = 0; i < h->n_chains; i++) {
        outbox_digest(h->chain[i].outbox_digest, k->outbox[i].entries, k->outbox[i].n);
        h->chain[i].outbox_entries = k->outbox[i].n;
    }
    *out = *k;
    memset(k, 0, sizeof *k);
    b->sealed = true;
    return BLOCK_OK;
}

/* ---- replaying ---- */

static bool header_eq(const struct block_header *a, const struct block_header *b) {
    uint8_t x[32 * HEADER_WORDS_MAX], y[32 * HEADER_WORDS_MAX];
    size_t n = header_encode(a, x), m = header_encode(b, y);
    return n == m && memcmp(x, y, n) == 0;
}

/* A builder that will come to `header` if the content is right. */
static struct block_builder *rebuild_new(struct state *s, const struct instance *instance,
                                         const struct block_header *header, enum apply_mode mode) {
    uint64_t first[CHAINS_MAX] = {0};
    for (unsigned i = 0; i < header->n_chains && i < CHAINS_MAX; i++) {
        first[i] = header->chain[i].first_request;
    }
    struct block_params p = {instance, mode, header->number, header->timestamp, first};
    return block_builder_new(s, &p);
}

/* Seals and compares; on a mismatch the state is as before. */
static enum block_error rebuild_finish(struct block_builder *b, const struct block_header *header,
                                       struct block *out) {
    enum block_error e = block_seal(b, out);
    if (e == BLOCK_OK && !header_eq(&out->header, header)) {
        state_rollback(b->s, b->start);
        block_release(out);
        e = BLOCK_MISMATCH;
    }
    return e;
}

enum block_error block_replay(struct state *s, const struct instance *instance,
                              const struct block_header *header, const fr *log, size_t n_log,
                              struct block *out, size_t *at) {
    struct block local;
    enum block_error e = BLOCK_OK;
    size_t done = 0;
    memset(&local, 0, sizeof local);
    struct block_builder *b = rebuild_new(s, instance, header, APPLY_REPLAY);
    if (b == NULL) {
        e = BLOCK_NO_MEMORY;
    }
    while (e == BLOCK_OK && done < n_log) {
        struct op op;
        unsigned used;
        if (!op_from_words(&op, log + done, n_log - done, &used)) {
            e = BLOCK_MALFORMED;
            break;
        }
        enum rejection r = block_add(b, &op, NULL);
        if (r != REJECT_NONE) {
            e = r == REJECT_NO_MEMORY ? BLOCK_NO_MEMORY : BLOCK_REJECTED;
            break;
        }
        done += used;
    }
    if (at != NULL) {
        *at = b == NULL ? 0 : block_builder_ops(b);
    }
    if (e == BLOCK_OK) {
        e = rebuild_finish(b, header, &local);
    }
    block_builder_free(b);
    if (out != NULL) {
        *out = local;
    } else {
        block_release(&local);
    }
    return e;
}

enum block_error block_execute(struct state *s, const struct instance *instance, struct block *blk,
                               size_t *at) {
    struct block fresh;
    enum block_error e = BLOCK_OK;
    size_t i = 0;
    struct block_builder *b = rebuild_new(s, instance, &blk->header, APPLY_SEQUENCER);
    if (b == NULL) {
        return BLOCK_NO_MEMORY;
    }
    for (; e == BLOCK_OK && i < blk->n_ops; i++) {
        enum rejection r = block_add(b, &blk->ops[i], NULL);
        if (r != REJECT_NONE) {
            e = r == REJECT_NO_MEMORY ? BLOCK_NO_MEMORY : BLOCK_REJECTED;
            break;
        }
    }
    if (at != NULL) {
        *at = i;
    }
    if (e == BLOCK_OK) {
        e = rebuild_finish(b, &blk->header, &fresh);
    }
    if (e == BLOCK_OK) {
        block_release(blk);
        *blk = fresh;
    }
    block_builder_free(b);
    return e;
}
