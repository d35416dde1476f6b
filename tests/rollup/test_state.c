/* The tree against a naive recursion, its traces, paths and undo; the state against a plain array.
 */
#include "crypto/poseidon2.h"
#include "rollup/state.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static uint64_t rng_state;

static uint64_t rnd(void) {
    uint64_t z = rng_state += UINT64_C(0x9e3779b97f4a7c15);
    z = (z ^ z >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
    z = (z ^ z >> 27) * UINT64_C(0x94d049bb133111eb);
    return z ^ z >> 31;
}

enum { LEAVES = 64 };

/* The root of the subtree at (level, index), straight from the definition. */
static void naive(fr *out, unsigned level, uint64_t index, const struct tree_leaf *leaf,
                  unsigned n) {
    unsigned shift = 2 * (TREE_DEPTH - level), first = 0, count = 0;
    for (unsigned i = 0; i < n; i++) {
        if (leaf[i].index >> shift == index) {
            first = count++ == 0 ? i : first;
        }
    }
    if (level == TREE_DEPTH) {
        *out = count == 0 ? FR_ZERO : leaf[first].value;
        return;
    }
    fr in[TREE_ARITY];
    for (unsigned c = 0; c < TREE_ARITY; c++) {
        if (count == 0 && c > 0) {
            in[c] = in[0]; /* all children are empty alike */
        } else {
            naive(&in[c], level + 1, 4 * index + c, leaf + first, count);
        }
    }
    poseidon2_compress(out, in);
}

static uint64_t random_index(void) {
    /* clustered: neighbours, the first and last leaves, anything */
    switch (rnd() % 4) {
    case 0:
        return rnd() % 64;
    case 1:
        return (UINT64_C(1) << 36) - 1 - rnd() % 64;
    case 2:
        return (rnd() % 16) << 20 | rnd() % 8;
    default:
        return rnd() >> 28;
    }
}

static unsigned sorted_leaves(struct tree_leaf *leaf) {
    unsigned n = 0;
    while (n < LEAVES) {
        uint64_t index = random_index();
        unsigned at = 0;
        while (at < n && leaf[at].index < index) {
            at++;
        }
        if (at < n && leaf[at].index == index) {
            continue;
        }
        memmove(&leaf[at + 1], &leaf[at], (n - at) * sizeof *leaf);
        leaf[at].index = index;
        fr_from_u64(&leaf[at].value, rnd() % 3 == 0 ? 0 : rnd());
        n++;
    }
    return n;
}

static void check_trace(const struct tree_trace *trace, const struct tree_leaf *leaf, unsigned n) {
    for (size_t i = 0; i < trace->n; i++) {
        const struct tree_node *node = &trace->nodes[i];
        fr v;
        poseidon2_compress(&v, node->old_child);
        assert_true(fr_eq(&v, &node->old_value));
        poseidon2_compress(&v, node->new_child);
        assert_true(fr_eq(&v, &node->new_value));
        assert_int_not_equal(node->touched, 0);
        for (unsigned c = 0; c < TREE_ARITY; c++) {
            uint64_t child = 4 * node->index + c;
            bool touched = node->touched >> c & 1, below = false;
            unsigned shift = 2u * (unsigned)(TREE_DEPTH - 1 - node->level);
            for (unsigned k = 0; k < n; k++) {
                below = below || leaf[k].index >> shift == child;
            }
            assert_int_equal(touched, below);
            if (!touched) {
                assert_true(fr_eq(&node->old_child[c], &node->new_child[c]));
            }
            for (size_t j = 0; j < i && touched; j++) {
                const struct tree_node *d = &trace->nodes[j];
                if (d->level == node->level + 1 && d->index == child) {
                    assert_true(fr_eq(&d->new_value, &node->new_child[c]));
                    assert_true(fr_eq(&d->old_value, &node->old_child[c]));
                    touched = false; /* found */
                }
            }
            assert_true(!touched || node->level + 1 == TREE_DEPTH);
        }
    }
}

static void test_tree_matches_naive(void **state) {
    (void)state;
    struct tree *t = tree_new();
    tree_set_threads(t, 2);
    struct tree_leaf leaf[LEAVES];
    struct tree_path path;
    fr root, want, empty_root;
    tree_root(t, &empty_root);
    naive(&want, 0, 0, leaf, 0);
    assert_true(fr_eq(&empty_root, &want));
    unsigned n = sorted_leaves(leaf);
    size_t start = tree_mark(t);
    for (int round = 0; round < 4; round++) {
        struct tree_leaf part[LEAVES];
        unsigned m = 0;
        for (unsigned i = 0; i < n; i++) {
            if (round == 0 || rnd() % 3 == 0) {
                if (rnd() % 4 != 0 && round > 0) { /* some stay as they are, but are touched */
                    fr_from_u64(&leaf[i].value, rnd() % 2 == 0 ? 0 : rnd());
                }
                part[m++] = leaf[i];
            }
        }
        struct tree_trace trace;
        fr before;
        tree_root(t, &before);
        assert_true(tree_update(t, part, m, &trace));
        check_trace(&trace, part, m);
        tree_root(t, &root);
        assert_true(fr_eq(&trace.nodes[trace.n - 1].old_value, &before));
        assert_true(fr_eq(&trace.nodes[trace.n - 1].new_value, &root));
        free(trace.nodes);
        naive(&want, 0, 0, leaf, n);
        assert_true(fr_eq(&root, &want));
        for (unsigned i = 0; i < n; i++) {
            tree_path(t, leaf[i].index, &path);
            tree_path_root(&want, leaf[i].index, &leaf[i].value, &path);
            assert_true(fr_eq(&root, &want));
            tree_path_root(&want, leaf[i].index ^ 1, &leaf[i].value, &path);
            assert_true(!fr_eq(&root, &want) || fr_is_zero(&leaf[i].value));
        }
        size_t mark = tree_mark(t); /* try something else and take it back */
        struct tree_leaf other[LEAVES];
        unsigned k = sorted_leaves(other);
        assert_true(tree_update(t, other, k, NULL));
        tree_rollback(t, mark);
        tree_root(t, &want);
        assert_true(fr_eq(&root, &want));
    }
    tree_rollback(t, start);
    tree_root(t, &root);
    assert_true(fr_eq(&root, &empty_root));
    tree_free(t);
}

static void test_tree_refuses_bad_batches(void **state) {
    (void)state;
    struct tree *t = tree_new();
    struct tree_leaf l[2] = {{.index = 5}, {.index = 5}};
    fr root, after;
    tree_root(t, &root);
    assert_false(tree_update(t, l, 2, NULL));
    l[1].index = 4;
    assert_false(tree_update(t, l, 2, NULL));
    l[0].index = UINT64_C(1) << 36;
    assert_false(tree_update(t, l, 1, NULL));
    tree_root(t, &after);
    assert_true(fr_eq(&root, &after));
    assert_true(tree_update(t, NULL, 0, NULL));
    tree_free(t);
}

/* ---- state ---- */

enum { ACCOUNTS = 40 };
struct model {
    struct record record[ACCOUNTS][SLOTS];
};

static account_id id_of(unsigned i) {
    return i * UINT32_C(6700417) % ACCOUNT_LIMIT; /* scattered */
}

static struct owner owner_of(uint64_t n) {
    struct owner o = {.authority = (uint8_t)(n % 2)};
    memset(o.address, (int)(n % 5), ADDRESS_LEN);
    return o;
}

static void check_model(const struct state *s, const struct model *m) {
    size_t open = 0;
    for (unsigned i = 0; i < ACCOUNTS; i++) {
        unsigned free_slot = 0;
        for (unsigned slot = 0; slot < SLOTS; slot++) {
            struct record r = state_get(s, id_of(i), (uint8_t)slot);
            assert_true(record_eq(&r, &m->record[i][slot]));
            if (slot > 0 && r.tag == RECORD_EMPTY && free_slot == 0) {
                free_slot = slot;
            }
        }
        assert_int_equal(state_free_slot(s, id_of(i), NULL), free_slot);
        open += m->record[i][0].tag != RECORD_EMPTY;
        for (token_id token = 0; token < 4; token++) {
            uint8_t slot = state_find_slot(s, id_of(i), token);
            for (unsigned k = 1; k < SLOTS; k++) {
                const struct record *r = &m->record[i][k];
                if (r->tag == RECORD_BALANCE && r->u.balance.token == token) {
                    assert_int_equal(slot, k); /* the lowest */
                    break;
                }
                assert_int_not_equal(slot, k);
            }
        }
    }
    assert_int_equal(state_account_count(s), open);
    for (uint64_t o = 0; o < 10; o++) { /* all accounts of an owner, ascending */
        struct owner owner = owner_of(o);
        account_id last = 0, next;
        unsigned count = 0;
        while ((next = state_owner_account(s, &owner, last)) != 0) {
            assert_true(next > last);
            last = next;
            count++;
        }
        for (unsigned i = 1; i < ACCOUNTS; i++) {
            const struct record *r = &m->record[i][0];
            count -= record_is_account(r) && owner_eq(&r->u.account.owner, &owner);
        }
        assert_int_equal(count, 0);
    }
}

static void random_change(struct state *s, struct model *m) {
    unsigned i = 1 + (unsigned)(rnd() % (ACCOUNTS - 1));
    uint8_t slot = (uint8_t)(rnd() % 3 == 0 ? 0 : rnd() % 4 == 0 ? rnd() : rnd() % 6);
    struct record r = record_empty();
    if (slot == 0) {
        static const enum record_tag tags[] = {RECORD_EMPTY,         RECORD_ACCOUNT,
                                               RECORD_ACCOUNT_KEYED, RECORD_POOL,
                                               RECORD_STABLE_POOL,   RECORD_POSITION};
        r.tag = tags[rnd() % 6];
        if (record_is_account(&r)) {
            r.u.account.owner = owner_of(rnd() % 10);
            r.u.account.nonce = rnd() % 4;
        } else if (record_is_pool(&r)) {
            r.u.pool.token_b = 1 + rnd() % 9;
        }
    } else {
        r = record_balance(rnd() % 4, amount_from_u64(rnd() % 3));
    }
    assert_true(state_put(s, id_of(i), slot, &r));
    m->record[i][slot] = r;
}

static void test_state_matches_model(void **state) {
    (void)state;
    static struct model m, saved[3];
    struct state_mark mark[3];
    struct state *s = state_new();
    memset(&m, 0, sizeof m);
    for (int round = 0; round < 12; round++) {
        for (int depth = 0; depth < 3; depth++) {
            mark[depth] = state_mark(s);
            saved[depth] = m;
            for (int i = 0; i < 300; i++) {
                random_change(s, &m);
            }
        }
        check_model(s, &m);
        account_id next = state_next_account(s);
        for (int depth = 3; depth-- > 0;) {
            if (round % 3 != 0 || depth > 0) {
                state_rollback(s, mark[depth]);
                m = saved[depth];
            }
        }
        check_model(s, &m);
        assert_true(state_next_account(s) <= next);
        if (round % 4 == 3) {
            state_forget(s);
        }
    }
    state_free(s);
}

static void test_state_refuses(void **state) {
    (void)state;
    struct state *s = state_new();
    struct record balance = record_balance(1, amount_from_u64(1)), account = record_empty();
    account.tag = RECORD_ACCOUNT;
    assert_false(state_put(s, 5, 0, &balance));
    assert_false(state_put(s, 5, 1, &account));
    assert_false(state_put(s, ACCOUNT_LIMIT, 1, &balance));
    assert_int_equal(state_next_account(s), 1);
    assert_true(state_put(s, 5, 0, &account));
    assert_int_equal(state_next_account(s), 6);
    for (unsigned slot = 1; slot < SLOTS; slot++) {
        assert_int_equal(state_free_slot(s, 5, NULL), slot);
        assert_true(state_put(s, 5, (uint8_t)slot, &balance));
    }
    assert_int_equal(state_free_slot(s, 5, NULL), 0);
    uint64_t skip[4] = {1 << 1 | 1 << 2, 0, 0, 0};
    assert_int_equal(state_free_slot(s, 6, skip), 3);
    state_free(s);
}

static void test_state_tree_follows_records(void **state) {
    (void)state;
    static struct model m;
    struct state *s = state_new(), *copy = state_new();
    fr root, other;
    memset(&m, 0, sizeof m);
    state_set_threads(copy, 3); /* the number of threads must not matter */
    for (int i = 0; i < 2000; i++) {
        random_change(s, &m);
    }
    assert_true(state_update_tree_all(s));
    state_root(s, &root);
    for (unsigned i = 0; i < ACCOUNTS; i++) { /* another order, without the history */
        for (unsigned slot = SLOTS; slot-- > 0;) {
            if (m.record[i][slot].tag != RECORD_EMPTY) {
                assert_true(state_put(copy, id_of(i), (uint8_t)slot, &m.record[i][slot]));
            }
        }
    }
    assert_true(state_update_tree_all(copy));
    state_root(copy, &other);
    assert_true(fr_eq(&root, &other));
    struct tree_path path;
    fr leaf;
    record_leaf(&leaf, &m.record[7][2]);
    tree_path(state_tree(s), leaf_index(id_of(7), 2), &path);
    tree_path_root(&other, leaf_index(id_of(7), 2), &leaf, &path);
    assert_true(fr_eq(&root, &other));
    state_free(s);
    state_free(copy);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_tree_matches_naive),
        cmocka_unit_test(test_tree_refuses_bad_batches),
        cmocka_unit_test(test_state_matches_model),
        cmocka_unit_test(test_state_refuses),
        cmocka_unit_test(test_state_tree_follows_records),
    };
    rng_state = 3;
    return cmocka_run_group_tests(tests, NULL, NULL);
}
