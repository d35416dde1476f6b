/* See witness.h. Rows are filled in the order of the operations and their accesses; lookups are
 * counted on the way, and the chips that serve them are filled last. The expensive rows (Poseidon2,
 * curve) are divided among threads by their own chips. */
#include "circuit/witness.h"

#include "circuit/chip_signature.h"
#include "circuit/chip_wide.h"
#include "circuit/chips.h"
#include "circuit/lookups.h"
#include "circuit/op/op_air.h"

#include <stdlib.h>

struct build {
    const struct air *air;
    const struct block *block;
    struct trace *trace;
    unsigned threads;
    struct lookups lookups;
    struct poseidon2_table *p2;
    uint64_t *last; /* of each of the block's leaves: time of its last access so far */
    struct signature_job *jobs;
    size_t n_jobs;
};

static struct trace_chip *chip_of(struct build *w, const char *name) {
    return trace_chip(w->trace, (unsigned)air_find_chip(w->air, name), 0);
}

/* Room for n more rows, zero; false without memory. */
static bool rows_add(struct trace_chip *c, size_t n, size_t *first) {
    if (trace_reserve(c, c->n + n) != 0) {
        return false;
    }
    *first = trace_rows_add(c, n);
    return *first != SIZE_MAX;
}

static void set_fields(struct trace_chip *c, unsigned column, size_t row, const struct record *r) {
    fr fields[4];
    record_fields(fields, r);
    for (unsigned i = 0; i < 4; i++) {
        trace_set(c, column + i, row, &fields[i]);
    }
}

/* ---- op, log, outbox ---- */

static bool fill_ops(struct build *w) {
    const struct block *b = w->block;
    struct trace_chip *c = chip_of(w, "op");
    size_t row;
    uint64_t pos = 0;
    if (!rows_add(c, b->n_ops, &row)) {
        return false;
    }
    for (size_t i = 0; i < b->n_ops; i++) {
        chip_op_fill(c, row + i, &b->ops[i], &b->effects[i], pos, b->header.timestamp, &w->lookups);
        pos += b->effects[i].n_words;
    }
    return true;
}

static bool fill_log(struct build *w) {
    struct trace_chip *c = chip_of(w, "log");
    size_t row;
    if (!rows_add(c, w->block->n_log, &row)) {
        return false;
    }
    for (size_t i = 0; i < w->block->n_log; i++) {
        trace_set(c, LOG_ACTIVE, row + i, &FR_ONE);
        trace_set(c, LOG_WORD, row + i, &w->block->log[i]);
    }
    return true;
}

static bool fill_outbox(struct build *w, unsigned instance) {
    const struct outbox *o = &w->block->outbox[instance];
    struct trace_chip *c =
        trace_chip(w->trace, (unsigned)air_find_chip(w->air, "outbox"), instance);
    size_t row;
    if (!rows_add(c, o->n, &row)) {
        return false;
    }
    for (size_t i = 0; i < o->n; i++) {
        trace_set(c, OUTBOX_ACTIVE, row + i, &FR_ONE);
        trace_set_u64(c, OUTBOX_OP, row + i, o->entries[i].op);
        for (unsigned j = 0; j < OP_WORDS_MAX; j++) {
            trace_set(c, OUTBOX_W0 + j, row + i, &o->entries[i].words[j]);
        }
    }
    return true;
}

/* ---- record, balance ---- */

/* The place of a leaf in the block's sorted list; n_leaves if it is not there. */
static size_t find_leaf(const struct block *b, account_id account, uint8_t slot) {
    uint64_t want = leaf_index(account, slot);
    size_t low = 0, high = b->n_leaves;
    while (low < high) {
        size_t mid = low + (high - low) / 2;
        uint64_t at = leaf_index(b->leaves[mid].account, b->leaves[mid].slot);
        if (at == want) {
            return mid;
        }
        if (at < want) {
            low = mid + 1;
        } else {
            high = mid;
        }
    }
    return b->n_leaves;
}

/* Sets the age of an access at time `now`; false if its leaf is missing. */
static bool fill_age(struct build *w, struct trace_chip *c, unsigned column, size_t row,
                     const struct access *a, uint64_t now) {
    size_t leaf = find_leaf(w->block, a->account, a->slot);
    if (leaf == w->block->n_leaves) {
        return false;
    }
    uint64_t age = now - w->last[leaf] - 1;
    w->last[leaf] = now;
    trace_set_u64(c, column, row, age & 0xffff);
    trace_set_u64(c, column + 1, row, age >> 16);
    lookups_r16(&w->lookups, (uint16_t)age);
    lookups_r16(&w->lookups, (uint16_t)(age >> 16));
    return age >> 32 == 0;
}

static bool fill_record(struct build *w, struct trace_chip *c, size_t row, const struct access *a,
                        uint64_t now) {
    trace_set(c, REC_ACTIVE, row, &FR_ONE);
    trace_set_u64(c, REC_NOW, row, now);
    trace_set_u64(c, REC_ACC, row, a->account);
    trace_set_u64(c, REC_OLD_TAG, row, a->before.tag);
    trace_set_u64(c, REC_NEW_TAG, row, a->after.tag);
    set_fields(c, REC_OLD0, row, &a->before);
    set_fields(c, REC_NEW0, row, &a->after);
    return fill_age(w, c, REC_AGE_LOW, row, a, now);
}

static bool fill_balance(struct build *w, struct trace_chip *c, size_t row, const struct access *a,
                         uint64_t now) {
    bool old = a->before.tag == RECORD_BALANCE, new = a->after.tag == RECORD_BALANCE;
    u128 new_amount = new ? a->after.u.balance.amount.v : 0;
    fr v;
    trace_set(c, BAL_ACTIVE, row, &FR_ONE);
    trace_set_u64(c, BAL_NOW, row, now);
    trace_set_u64(c, BAL_ACC, row, a->account);
    trace_set_u64(c, BAL_SLOT, row, a->slot);
    trace_set_u64(c, BAL_TOKEN, row, a->token == TOKEN_UNKNOWN ? 0 : a->token);
    fr_from_u128(&v, old ? a->before.u.balance.amount.v : 0);
    trace_set(c, BAL_OLD, row, &v);
    fr_from_u128(&v, new_amount);
    trace_set(c, BAL_NEW, row, &v);
    trace_set(c, BAL_NEW_INVERSE, row, &v); /* inverted together later */
    trace_set_u64(c, BAL_DEBIT, row, a->debit);
    trace_set_u64(c, BAL_OLD_TAG, row, old);
    trace_set_u64(c, BAL_NEW_TAG, row, new);
    lookups_range(&w->lookups, 112, new_amount);
    return fill_age(w, c, BAL_AGE_LOW, row, a, now);
}

static bool fill_accesses(struct build *w) {
    const struct block *b = w->block;
    struct trace_chip *rec = chip_of(w, "record"), *bal = chip_of(w, "balance");
    size_t n_rec = 0, n_bal = 0;
    for (size_t i = 0; i < b->n_ops; i++) {
        for (unsigned k = 0; k < ACCESS_COUNT; k++) {
            n_rec += b->effects[i].access[k].kind == ACCESS_REC;
            n_bal += b->effects[i].access[k].kind == ACCESS_BAL;
        }
    }
    size_t r, s;
    if (!rows_add(rec, n_rec, &r) || !rows_add(bal, n_bal, &s)) {
        return false;
    }
    for (size_t i = 0; i < b->n_ops; i++) {
        for (unsigned k = 0; k < ACCESS_COUNT; k++) {
            const struct access *a = &b->effects[i].access[k];
            uint64_t now = 16 * (uint64_t)i + k + 1;
            if ((a->kind == ACCESS_REC && !fill_record(w, rec, r++, a, now)) ||
                (a->kind == ACCESS_BAL && !fill_balance(w, bal, s++, a, now))) {
                return false;
            }
        }
    }
    if (bal->n > 0) {
        fr_batch_inv(bal->col[BAL_NEW_INVERSE], bal->col[BAL_NEW_INVERSE], bal->n);
    }
    return true;
}

/* ---- leaf, node ---- */

/* Hash of a record's leaf and its lookup: leaf = hash + first input. */
static bool fill_leaf_hash(struct build *w, struct trace_chip *c, size_t row,
                           const struct record *r, const fr *leaf, unsigned hash_column) {
    fr in[4], tag, shift, hash;
    record_fields(in, r);
    fr_from_u64(&tag, r->tag);
    fr_pow2(&shift, 200);
    fr_mul(&tag, &tag, &shift);
    fr_add(&in[0], &in[0], &tag);
    fr_sub(&hash, leaf, &in[0]);
    trace_set(c, hash_column, row, &hash);
    return poseidon2_table_add(w->p2, in) == 0;
}

/* The bounds of the old record's decoding. */
static void fill_leaf_bounds(struct build *w, struct trace_chip *c, size_t row,
                             const struct record *old) {
    if (old->tag == RECORD_BALANCE) {
        lookups_range(&w->lookups, 112, old->u.balance.amount.v);
        lookups_range(&w->lookups, 40, old->u.balance.token);
        return;
    }
    fr fields[4];
    uint64_t limb[4];
    record_fields(fields, old);
    fr_to_limbs(limb, &fields[0]);
    u128 low = (u128)(limb[1] & UINT64_C(0xffffffffffff)) << 64 | limb[0];
    uint64_t middle = limb[1] >> 48 | (limb[2] & UINT64_C(0xffffffff)) << 16;
    uint64_t high = limb[2] >> 32;
    trace_set_u64(c, LEAF_OLD_MIDDLE, row, middle);
    trace_set_u64(c, LEAF_OLD_HIGH, row, high);
    lookups_range(&w->lookups, 112, low);
    lookups_range(&w->lookups, 48, middle);
    lookups_r16(&w->lookups, (uint16_t)high);
}

/* tag (tag - 5) */
static void fill_tag_product(struct trace_chip *c, unsigned column, size_t row, unsigned tag) {
    fr v, less;
    fr_from_u64(&v, tag);
    fr_from_u64(&less, 5);
    fr_sub(&less, &v, &less);
    fr_mul(&v, &v, &less);
    trace_set(c, column, row, &v);
}

static bool fill_leaf(struct build *w, struct trace_chip *c, size_t row,
                      const struct touched_leaf *l, uint64_t last, const fr *old, const fr *new) {
    bool record = l->slot == 0;
    bool old_hashed = record && l->before.tag != RECORD_EMPTY;
    bool new_hashed = record && l->after.tag != RECORD_EMPTY;
    trace_set(c, LEAF_ACTIVE, row, &FR_ONE);
    trace_set_u64(c, LEAF_IS_RECORD, row, record);
    trace_set_u64(c, LEAF_OLD_HASHED, row, old_hashed);
    trace_set_u64(c, LEAF_NEW_HASHED, row, new_hashed);
    trace_set_u64(c, LEAF_ACC, row, l->account);
    trace_set_u64(c, LEAF_ACC_HIGH, row, l->account >> 16);
    trace_set_u64(c, LEAF_SLOT, row, l->slot);
    trace_set_u64(c, LEAF_LAST, row, last);
    trace_set_u64(c, LEAF_OLD_TAG, row, l->before.tag);
    trace_set_u64(c, LEAF_NEW_TAG, row, l->after.tag);
    fill_tag_product(c, LEAF_OLD_TAG_PRODUCT, row, l->before.tag);
    fill_tag_product(c, LEAF_NEW_TAG_PRODUCT, row, l->after.tag);
    set_fields(c, LEAF_OLD0, row, &l->before);
    set_fields(c, LEAF_NEW0, row, &l->after);
    lookups_r16(&w->lookups, record ? 0 : (uint16_t)(l->slot - 1));
    lookups_r16(&w->lookups, (uint16_t)(l->slot << 8));
    lookups_r16(&w->lookups, (uint16_t)l->account);
    lookups_r16(&w->lookups, (uint16_t)(l->account >> 16));
    if (l->before.tag != RECORD_EMPTY) {
        fill_leaf_bounds(w, c, row, &l->before);
    }
    return (!old_hashed || fill_leaf_hash(w, c, row, &l->before, old, LEAF_OLD_HASH)) &&
           (!new_hashed || fill_leaf_hash(w, c, row, &l->after, new, LEAF_NEW_HASH));
}

/* The leaf values stand in the tree trace: its first nodes are the leaves' parents, in the order of
 * the leaves. */
static bool fill_leaves(struct build *w) {
    const struct block *b = w->block;
    struct trace_chip *c = chip_of(w, "leaf");
    size_t row, parent = 0;
    if (!rows_add(c, b->n_leaves, &row)) {
        return false;
    }
    for (size_t i = 0; i < b->n_leaves; i++) {
        uint64_t index = leaf_index(b->leaves[i].account, b->leaves[i].slot);
        while (parent < b->tree.n && b->tree.nodes[parent].level == TREE_DEPTH - 1 &&
               b->tree.nodes[parent].index < index / TREE_ARITY) {
            parent++;
        }
        const struct tree_node *n = &b->tree.nodes[parent];
        if (parent == b->tree.n || n->level != TREE_DEPTH - 1 || n->index != index / TREE_ARITY ||
            !fill_leaf(w, c, row + i, &b->leaves[i], w->last[i], &n->old_child[index % TREE_ARITY],
                       &n->new_child[index % TREE_ARITY])) {
            return false;
        }
    }
    return true;
}

static bool fill_nodes(struct build *w) {
    const struct tree_trace *t = &w->block->tree;
    struct trace_chip *c = chip_of(w, "node");
    size_t first;
    if (!rows_add(c, t->n, &first)) {
        return false;
    }
    for (size_t i = 0; i < t->n; i++) {
        const struct tree_node *n = &t->nodes[i];
        size_t row = first + i;
        fr hash;
        trace_set(c, NODE_ACTIVE, row, &FR_ONE);
        trace_set_u64(c, NODE_LEVEL, row, n->level);
        trace_set_u64(c, NODE_INDEX, row, n->index);
        for (unsigned j = 0; j < TREE_ARITY; j++) {
            trace_set_u64(c, NODE_TOUCHED0 + j, row, n->touched >> j & 1);
            trace_set(c, NODE_OLD0 + j, row, &n->old_child[j]);
            trace_set(c, NODE_NEW0 + j, row, &n->new_child[j]);
        }
        fr_sub(&hash, &n->old_value, &n->old_child[0]);
        trace_set(c, NODE_OLD_HASH, row, &hash);
        fr_sub(&hash, &n->new_value, &n->new_child[0]);
        trace_set(c, NODE_NEW_HASH, row, &hash);
        if (poseidon2_table_add(w->p2, n->old_child) != 0 ||
            poseidon2_table_add(w->p2, n->new_child) != 0) {
            return false;
        }
    }
    return true;
}

/* ---- signatures ---- */

static int take_range(void *ctx, unsigned bits, const fr *v) {
    struct lookups *l = ctx;
    u128 value;
    if (!fr_to_u128(&value, v)) {
        return -1;
    }
    lookups_range(l, bits, value);
    return l->failed ? -1 : 0;
}

static bool fill_signatures(struct build *w) {
    const struct block *b = w->block;
    for (size_t i = 0; i < b->n_ops; i++) {
        const struct op *op = &b->ops[i];
        if (!op_is_signed(op->type)) {
            continue;
        }
        struct signature_job *j = &w->jobs[w->n_jobs++];
        const struct record *r = &b->effects[i].access[0].before;
        j->op = i;
        j->key = (bjj_affine){r->u.account.key_x, r->u.account.key_y};
        j->sig = op->signature;
        if (!op_message(op, j->m)) {
            return false;
        }
    }
    fr domain;
    op_signature_domain(&domain, b->header.instance_id);
    return chip_signature_fill(w->trace, &domain, w->jobs, w->n_jobs, w->p2, take_range,
                               &w->lookups, w->threads) == 0;
}

static bool fill_all(struct build *w) {
    for (unsigned i = 0; i < w->block->header.n_chains; i++) {
        if (!fill_outbox(w, i)) {
            return false;
        }
    }
    return fill_ops(w) && fill_log(w) && fill_accesses(w) && fill_leaves(w) && fill_nodes(w) &&
           fill_signatures(w) && chip_wide_fill(w->trace, &w->lookups) == 0 &&
           lookups_fill(&w->lookups, w->trace) == 0 &&
           chip_poseidon2_fill(w->trace, w->p2, w->threads) == 0;
}

struct trace *witness_build(const struct air *air, const struct block *block, unsigned threads) {
    struct build w = {.air = air, .block = block, .threads = threads};
    if (!block->effects || !block->leaves || !block->tree.nodes) {
        return NULL;
    }
    w.trace = trace_new(air, block->header.n_chains);
    w.p2 = poseidon2_table_new();
    w.last = calloc(block->n_leaves + 1, sizeof *w.last);
    w.jobs = calloc(block->n_ops + 1, sizeof *w.jobs);
    bool ok = w.trace && w.p2 && w.last && w.jobs && lookups_init(&w.lookups) == 0 && fill_all(&w);
    if (!ok) {
        trace_free(w.trace);
        w.trace = NULL;
    }
    lookups_free(&w.lookups);
    poseidon2_table_free(w.p2);
    free(w.last);
    free(w.jobs);
    return w.trace;
}
