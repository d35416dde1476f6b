/* Recovery without chains: blocks of random operations go in as they were sent, and what comes out
 * is the state that made them. */
#include "../support/world.h"
#include "crypto/keccak.h"
#include "recover/exit_paths.h"
#include "recover/exit_proofs.h"
#include "recover/recover.h"
#include "store/store.h"

// clang-format off
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <cmocka.h>
// clang-format on
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { BLOCKS = 12, OPERATIONS = 60 };

struct scene {
    struct world w;
    struct genesis genesis;
    struct block block[BLOCKS];
    uint8_t sync[BLOCKS + 1][32];
    char path[64];
    struct recovery *r;
};

static void proof_of(uint8_t proof[40], uint64_t number) {
    memset(proof, (int)number, 40);
}

static void make_blocks(struct scene *s) {
    sync_hash_genesis(s->sync[0], s->w.instance.instance_id);
    for (unsigned k = 0; k < BLOCKS; k++) {
        uint8_t hash[32], digest[32], proof[40];
        world_begin(&s->w);
        for (unsigned done = 0; done < OPERATIONS;) {
            done += world_random_op(&s->w) == REJECT_NONE;
        }
        world_seal(&s->w, &s->block[k]);
        proof_of(proof, k + 1);
        keccak256(digest, proof, sizeof proof);
        header_hash(hash, &s->block[k].header);
        sync_hash_next(s->sync[k + 1], s->sync[k], hash, digest);
    }
}

static struct recovery *try_open(struct scene *s, struct err *err) {
    struct recovery_config c = {
        .instance = &s->w.instance, .genesis = &s->genesis, .db_path = s->path, .threads = 2};
    return recovery_open(&c, err);
}

static void reopen(struct scene *s) {
    struct err err = {0};
    recovery_close(s->r);
    s->r = try_open(s, &err);
    if (s->r == NULL) {
        fail_msg("%s", err.text);
    }
}

static struct scene *scene_new(uint64_t seed) {
    struct scene *s = calloc(1, sizeof *s);
    assert_non_null(s);
    world_new(&s->w, seed);
    s->genesis =
        (struct genesis){.chains = {.n = WORLD_CHAINS, .chain = {1, 2}, .evm_id = {31337, 31338}}};
    memset(s->genesis.fee_owner.address, 0xfe, ADDRESS_LEN);
    memset(s->genesis.salt, 7, sizeof s->genesis.salt);
    strcpy(s->path, "/tmp/zklink-recover-XXXXXX");
    int fd = mkstemp(s->path);
    assert_true(fd >= 0);
    close(fd);
    make_blocks(s);
    reopen(s);
    return s;
}

static void scene_free(struct scene *s) {
    static const char *const ends[] = {"", "-wal", "-shm"};
    recovery_close(s->r);
    for (unsigned k = 0; k < BLOCKS; k++) {
        block_release(&s->block[k]);
    }
    for (unsigned i = 0; i < 3; i++) {
        char path[80];
        (void)snprintf(path, sizeof path, "%s%s", s->path, ends[i]);
        (void)unlink(path);
    }
    world_free(&s->w);
    free(s);
}

static int apply(struct scene *s, unsigned k, struct err *err) {
    uint8_t proof[40];
    proof_of(proof, k + 1);
    return recovery_apply(s->r, &s->block[k].header, s->block[k].log, s->block[k].n_log, proof,
                          sizeof proof, s->sync[k + 1], err);
}

static void apply_all(struct scene *s, unsigned from, unsigned to) {
    for (unsigned k = from; k < to; k++) {
        struct err err = {0};
        if (apply(s, k, &err) != 0) {
            fail_msg("block %u: %s", k + 1, err.text);
        }
    }
}

static void assert_root(const struct state *s, const fr *want) {
    fr root;
    state_root(s, &root);
    assert_true(fr_eq(&root, want));
}

static bool same_account(void *ctx, account_id account, const struct record *record) {
    const struct state *other = ctx;
    struct record r = state_get(other, account, 0);
    assert_true(record_eq(&r, record));
    return true;
}

static void test_equals_state(void **state) {
    (void)state;
    for (uint64_t seed = 1; seed <= 3; seed++) {
        struct scene *s = scene_new(seed);
        apply_all(s, 0, 5);
        reopen(s); /* broken off and begun again */
        assert_int_equal(recovery_number(s->r), 5);
        apply_all(s, 5, BLOCKS);
        assert_root(recovery_state(s->r), &s->block[BLOCKS - 1].header.new_root);
        assert_memory_equal(recovery_sync_hash(s->r), s->sync[BLOCKS], 32);
        assert_int_equal(state_account_count(recovery_state(s->r)), state_account_count(s->w.s));
        state_each_account(s->w.s, same_account, (void *)(uintptr_t)recovery_state(s->r));
        struct err err = {0};
        struct state *old = recovery_state_at(s->r, 7, &err);
        assert_non_null(old);
        assert_root(old, &s->block[6].header.new_root);
        state_free(old);
        scene_free(s);
    }
}

static void assert_refused(struct scene *s, unsigned k, const char *why) {
    struct err err = {0};
    uint64_t number = recovery_number(s->r);
    assert_int_equal(apply(s, k, &err), -1);
    if (strstr(err.text, why) == NULL) {
        fail_msg("wanted '%s': %s", why, err.text);
    }
    assert_int_equal(recovery_number(s->r), number);
}

/* What an endpoint may make of a block: nothing of it changes the state. */
static void test_lies(void **state) {
    (void)state;
    struct scene *s = scene_new(4);
    apply_all(s, 0, 3);
    fr kept = s->block[3].log[1], one;
    fr_from_u64(&one, 1);
    fr_add(&s->block[3].log[1], &s->block[3].log[1], &one);
    assert_refused(s, 3, "its log does not give it");
    s->block[3].log[1] = kept;
    s->block[3].n_log--;
    assert_refused(s, 3, "its log does not give it");
    s->block[3].n_log++;
    assert_refused(s, 4, "syncHash"); /* a block too early */
    assert_refused(s, 2, "syncHash"); /* one again */
    s->block[3].header.timestamp++;
    assert_refused(s, 3, "syncHash");
    s->block[3].header.timestamp--;
    s->sync[4][0] ^= 1;
    assert_refused(s, 3, "syncHash");
    s->sync[4][0] ^= 1;
    apply_all(s, 3, BLOCKS); /* and it goes on as if nothing had been */
    assert_root(recovery_state(s->r), &s->block[BLOCKS - 1].header.new_root);
    scene_free(s);
}

static void test_other_instance(void **state) {
    (void)state;
    struct scene *s = scene_new(5);
    struct err err = {0};
    apply_all(s, 0, 1);
    recovery_close(s->r);
    s->r = NULL;
    s->w.instance.instance_id[0] ^= 1;
    assert_null(try_open(s, &err));
    assert_int_equal(err.code, ERR_MISMATCH);
    s->w.instance.instance_id[0] ^= 1;
    scene_free(s);
}

/* Blocks that are taken back leave the records as they were before them. */
static void test_take_back(void **state) {
    (void)state;
    struct scene *s = scene_new(6);
    struct err err = {0};
    for (unsigned round = 0; round < 3; round++) {
        unsigned to = 2 + 3 * round;
        apply_all(s, (unsigned)recovery_number(s->r), BLOCKS);
        recovery_close(s->r);
        s->r = NULL;
        struct store *store = store_open(s->path, true, &err);
        assert_non_null(store);
        assert_int_equal(store_begin(store, &err), 0);
        assert_int_equal(store_take_back(store, to + 1, &err), 0);
        assert_int_equal(store_commit(store, &err), 0);
        store_close(store);
        reopen(s); /* compares the records' root with the header's */
        assert_int_equal(recovery_number(s->r), to);
        assert_root(recovery_state(s->r), &s->block[to - 1].header.new_root);
    }
    recovery_close(s->r);
    s->r = NULL;
    struct store *store = store_open(s->path, true, &err);
    assert_int_equal(store_prune_undo(store, 4, &err), 0); /* final */
    assert_int_equal(store_take_back(store, 4, &err), -1);
    assert_int_equal(err.code, ERR_CORRUPT);
    assert_int_equal(store_take_back(store, 5, &err), 0);
    store_close(store);
    reopen(s);
    assert_int_equal(recovery_number(s->r), 4);
    scene_free(s);
}

/* ---- exit paths ---- */

static void read_fr(fr *out, const json_t *v) {
    uint8_t bytes[32];
    assert_true(hex_decode(bytes, 32, json_string_value(v)));
    assert_true(fr_from_be(out, bytes));
}

/* As a contract does it: fields -> leaf -> root. */
static void check_path(const json_t *v, const json_t *root) {
    struct tree_path path;
    struct record r;
    fr fields[4], leaf, shown, got, want;
    for (unsigned i = 0; i < 4; i++) {
        read_fr(&fields[i], json_array_get(json_object_get(v, "fields"), i));
    }
    for (unsigned level = 0; level < TREE_DEPTH; level++) {
        for (unsigned i = 0; i < 3; i++) {
            read_fr(&path.sibling[level][i],
                    json_array_get(json_array_get(json_object_get(v, "path"), level), i));
        }
    }
    assert_true(
        record_from_fields(&r, (unsigned)json_integer_value(json_object_get(v, "tag")), fields));
    record_leaf(&leaf, &r);
    read_fr(&shown, json_object_get(v, "leaf"));
    assert_true(fr_eq(&leaf, &shown));
    tree_path_root(&got, (uint64_t)json_integer_value(json_object_get(v, "index")), &leaf, &path);
    read_fr(&want, root);
    assert_true(fr_eq(&got, &want));
}

static void test_exit_paths(void **state) {
    (void)state;
    struct scene *s = scene_new(7);
    size_t balances = 0;
    apply_all(s, 0, BLOCKS);
    for (account_id a = 1; a < state_next_account(recovery_state(s->r)) && a < 60; a++) {
        json_t *v = exit_paths_json(recovery_state(s->r), a);
        const json_t *root = json_object_get(v, "root"), *list = json_object_get(v, "balances");
        check_path(json_object_get(v, "record"), root);
        for (size_t i = 0; i < json_array_size(list); i++) {
            check_path(json_array_get(list, i), root);
            balances++;
        }
        json_decref(v);
    }
    assert_true(balances > 10);
    scene_free(s);
}

/* ---- calls of the ways out ---- */

struct seen {
    const struct state *s;
    account_id account;
    uint8_t chain;
    unsigned balances, shares;
};

/* A balance's four levels and the record's levels above them lead to the root. */
static void check_slot(const struct seen *seen, const struct exit_call *call) {
    struct record_proof record;
    struct balance_proof balance;
    struct tree_path path;
    struct record r = state_get(seen->s, seen->account, call->slot);
    fr leaf, got, root;
    exit_record_proof(&record, seen->s, seen->account);
    exit_balance_proof(&balance, seen->s, seen->account, call->slot);
    for (unsigned i = 0; i < RECORD_PATH_WORDS; i++) {
        assert_true(fr_from_be(&path.sibling[i / 3][i % 3],
                               i < BALANCE_PATH_WORDS ? balance.path[i] : record.path[i]));
    }
    record_leaf(&leaf, &r);
    tree_path_root(&got, leaf_index(seen->account, call->slot), &leaf, &path);
    state_root(seen->s, &root);
    assert_true(fr_eq(&got, &root));
}

static int see_call(void *ctx, const struct exit_call *call) {
    struct seen *seen = ctx;
    uint8_t selector[4];
    bool position = call->slot == 0, shares = token_chain(call->token) == 0;
    abi_selector(position ? "exitPosition((uint256,uint256,uint256[4],uint256[]),(uint256,uint256,"
                            "uint256[4],uint256[]),(uint256,uint256[])[2])"
                 : shares ? "exitShares((uint256,uint256,uint256[4],uint256[]),(uint256,uint256,"
                            "uint256,uint256[]),(uint256,uint256,uint256[4],uint256[]),(uint256,"
                            "uint256[])[2])"
                          : "exit((uint256,uint256,uint256[4],uint256[]),(uint256,uint256,uint256,"
                            "uint256[]))",
                 selector);
    assert_memory_equal(call->data.data, selector, 4);
    assert_int_equal(call->data.len % 32, 4);
    assert_true(shares || token_chain(call->token) == seen->chain);
    seen->balances += !shares;
    seen->shares += shares;
    if (!position) {
        check_slot(seen, call);
    }
    return 0;
}

static void test_exit_calls(void **state) {
    (void)state;
    struct scene *s = scene_new(8);
    struct seen seen[2] = {{.chain = 1}, {.chain = 2}};
    apply_all(s, 0, BLOCKS);
    size_t there = 0;
    for (account_id a = 1; a < state_next_account(recovery_state(s->r)); a++) {
        json_t *v = exit_paths_json(recovery_state(s->r), a);
        if (json_integer_value(json_object_get(json_object_get(v, "record"), "tag")) < 4) {
            const json_t *list = json_object_get(v, "balances");
            for (size_t i = 0; i < json_array_size(list); i++) {
                there +=
                    json_integer_value(json_object_get(json_array_get(list, i), "token")) >> 32 !=
                    0;
            }
        }
        json_decref(v);
        for (unsigned i = 0; i < 2; i++) {
            seen[i].s = recovery_state(s->r);
            seen[i].account = a;
            assert_int_equal(exit_each_call(seen[i].s, a, seen[i].chain, see_call, &seen[i]), 0);
        }
    }
    /* Every balance of every account on one chain or the other. */
    assert_int_equal(seen[0].balances + seen[1].balances, there);
    assert_true(there > 10);
    scene_free(s);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_equals_state),   cmocka_unit_test(test_lies),
        cmocka_unit_test(test_other_instance), cmocka_unit_test(test_take_back),
        cmocka_unit_test(test_exit_paths),     cmocka_unit_test(test_exit_calls),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
