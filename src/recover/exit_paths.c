#include "recover/exit_paths.h"

#include "rollup/amount.h"

static json_t *fr_json(const fr *v) {
    uint8_t bytes[32];
    fr_to_be(bytes, v);
    return json_new_hex(bytes, 32);
}

static json_t *path_json(const struct state *s, uint64_t index) {
    struct tree_path path;
    json_t *levels = json_array();
    tree_path(state_tree(s), index, &path);
    for (unsigned level = 0; level < TREE_DEPTH; level++) {
        json_t *siblings = json_array();
        for (unsigned i = 0; i < TREE_ARITY - 1; i++) {
            json_array_append_new(siblings, fr_json(&path.sibling[level][i]));
        }
        json_array_append_new(levels, siblings);
    }
    return levels;
}

static json_t *record_json(const struct state *s, account_id account, uint8_t slot) {
    struct record r = state_get(s, account, slot);
    fr fields[4], leaf;
    record_fields(fields, &r);
    record_leaf(&leaf, &r);
    json_t *list = json_array();
    for (unsigned i = 0; i < 4; i++) {
        json_array_append_new(list, fr_json(&fields[i]));
    }
    uint64_t index = leaf_index(account, slot);
    return json_pack("{s:i, s:i, s:o, s:o, s:I, s:o}", "slot", (int)slot, "tag", (int)r.tag,
                     "fields", list, "leaf", fr_json(&leaf), "index", (json_int_t)index, "path",
                     path_json(s, index));
}

struct walk {
    const struct state *s;
    account_id account;
    json_t *list;
};

static bool add_balance(void *ctx, uint8_t slot, token_id token, struct amount amount) {
    struct walk *w = ctx;
    json_t *v = record_json(w->s, w->account, slot);
    json_object_set_new(v, "token", json_integer((json_int_t)token));
    json_object_set_new(v, "amount", json_new_u128(amount.v));
    json_array_append_new(w->list, v);
    return true;
}

json_t *exit_paths_json(const struct state *s, account_id account) {
    struct walk w = {.s = s, .account = account, .list = json_array()};
    fr root;
    state_each_balance(s, account, add_balance, &w);
    state_root(s, &root);
    return json_pack("{s:I, s:o, s:o, s:o}", "account", (json_int_t)account, "root", fr_json(&root),
                     "record", record_json(s, account, 0), "balances", w.list);
}
