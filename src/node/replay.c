#include "node/replay.h"

#include <stdlib.h>
#include <string.h>

static int put_leaf(void *ctx, uint32_t account, unsigned slot, unsigned tag,
                    const uint8_t fields[128], struct err *err) {
    struct state *s = ctx;
    struct record r;
    fr f[4];
    for (unsigned i = 0; i < 4; i++) {
        if (!fr_from_be(&f[i], fields + 32 * i)) {
            return err_set(err, ERR_CORRUPT, "database: record %u/%u is no record", account, slot);
        }
    }
    if (slot >= SLOTS || !record_from_fields(&r, tag, f)) {
        return err_set(err, ERR_CORRUPT, "database: record %u/%u is no record", account, slot);
    }
    return state_put(s, account, (uint8_t)slot, &r)
               ? 0
               : err_set(err, ERR_SYSTEM, "record %u/%u cannot be loaded", account, slot);
}

/* The root that the stored records must have. */
static int expected_root(struct store *store, uint64_t proved, fr *root, struct err *err) {
    struct store_block b = {0};
    struct block_header h;
    int rc = store_get_block(store, proved, true, &b, err);
    if (rc == 0 && !header_decode(&h, b.header.data, b.header.len)) {
        rc = err_set(err, ERR_CORRUPT, "database: the header of block %llu is malformed",
                     (unsigned long long)proved);
    }
    if (rc == 0) {
        *root = h.new_root;
    }
    store_block_free(&b);
    return rc;
}

static struct state *load_genesis(const struct genesis *genesis, const struct instance *instance,
                                  struct err *err) {
    struct instance built;
    struct state *s = state_new();
    if (s == NULL || !genesis_build(&built, s, genesis)) {
        err_set(err, ERR_SYSTEM, "the genesis state cannot be built");
        state_free(s);
        return NULL;
    }
    if (memcmp(built.instance_id, instance->instance_id, 32) != 0) {
        err_set(err, ERR_MISMATCH,
                "the deployment file's instance is not the one that its salt, verifying key, "
                "chains and fee owner give");
        state_free(s);
        return NULL;
    }
    return s;
}

struct state *replay_load(struct store *store, const struct genesis *genesis,
                          const struct instance *instance, uint64_t *proved, struct err *err) {
    uint64_t sealed;
    fr want = instance->genesis_root, root;
    if (store_last_block(store, &sealed, proved, err) != 0 ||
        (*proved > 0 && expected_root(store, *proved, &want, err) != 0)) {
        return NULL;
    }
    struct state *s = load_genesis(genesis, instance, err);
    if (s == NULL) {
        return NULL;
    }
    if (store_each_leaf(store, put_leaf, s, err) != 0) {
        state_free(s);
        return NULL;
    }
    if (!state_update_tree_all(s)) {
        err_set(err, ERR_SYSTEM, "out of memory");
        state_free(s);
        return NULL;
    }
    state_root(s, &root);
    if (!fr_eq(&root, &want)) {
        err_set(err, ERR_CORRUPT,
                "database: the stored records do not have the root of block %llu; restore the "
                "database from a copy",
                (unsigned long long)*proved);
        state_free(s);
        return NULL;
    }
    state_forget(s);
    return s;
}

struct op_list {
    struct op *ops;
    size_t n, cap;
};

static int collect_op(void *ctx, const struct store_tx *tx, struct err *err) {
    struct op_list *l = ctx;
    if (l->n == l->cap) {
        return err_set(err, ERR_CORRUPT, "database: block %llu has more operations than it says",
                       (unsigned long long)tx->block);
    }
    if (!op_decode(&l->ops[l->n++], tx->op, tx->op_len)) {
        return err_set(err, ERR_CORRUPT, "database: operation %llu is malformed",
                       (unsigned long long)tx->seq);
    }
    return 0;
}

int replay_block(struct store *store, const struct instance *instance, struct state *s,
                 uint64_t number, struct block *b, struct err *err) {
    struct store_block row = {0};
    struct op_list list = {0};
    size_t at = 0;
    *b = (struct block){0};
    int rc = store_get_block(store, number, true, &row, err);
    if (rc == 0 && !header_decode(&b->header, row.header.data, row.header.len)) {
        rc = err_set(err, ERR_CORRUPT, "database: the header of block %llu is malformed",
                     (unsigned long long)number);
    }
    if (rc == 0) {
        list.cap = (size_t)row.n_ops;
        list.ops = calloc(list.cap + 1, sizeof *list.ops);
        rc = list.ops != NULL ? store_each_tx(store, number, number, collect_op, &list, err)
                              : err_set(err, ERR_SYSTEM, "out of memory");
    }
    b->ops = list.ops;
    b->n_ops = list.n;
    if (rc == 0) {
        enum block_error e = block_execute(s, instance, b, &at);
        if (e != BLOCK_OK) {
            rc = err_set(err, e == BLOCK_NO_MEMORY ? ERR_SYSTEM : ERR_CORRUPT,
                         "database: block %llu cannot be executed again: %s (operation %zu)",
                         (unsigned long long)number, block_error_text(e), at);
        }
    }
    store_block_free(&row);
    if (rc != 0) {
        block_release(b);
        *b = (struct block){0};
    }
    return rc;
}

static void record_bytes(uint8_t bytes[128], const struct record *r) {
    fr f[4];
    record_fields(f, r);
    for (unsigned k = 0; k < 4; k++) {
        fr_to_be(bytes + 32 * k, &f[k]);
    }
}

int replay_save_leaves(struct store *store, const struct block *b, struct err *err) {
    for (size_t i = 0; i < b->n_leaves; i++) {
        const struct touched_leaf *l = &b->leaves[i];
        uint8_t bytes[128];
        if (record_eq(&l->before, &l->after)) {
            continue;
        }
        record_bytes(bytes, &l->before);
        if (store_put_undo(store, b->header.number, l->account, l->slot, l->before.tag, bytes,
                           err) != 0) {
            return -1;
        }
        record_bytes(bytes, &l->after);
        if (store_put_leaf(store, l->account, l->slot, l->after.tag, bytes, err) != 0) {
            return -1;
        }
    }
    return 0;
}
