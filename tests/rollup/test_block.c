/* Random blocks: conservation of every token, replay from the log alone, storage, taking back; the
 * header's digests. */
#include "../support/world.h"
#include "crypto/keccak.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

/* The state of the genesis of w's instance. */
static struct state *genesis_state(const struct world *w) {
    struct world fresh;
    world_new(&fresh, 0);
    assert_memory_equal(&fresh.instance, &w->instance, sizeof w->instance);
    struct state *s = fresh.s;
    fresh.s = NULL;
    world_free(&fresh);
    return s;
}

static void assert_root(const struct state *s, const fr *root) {
    fr got;
    state_root(s, &got);
    assert_true(fr_eq(&got, root));
}

/* The trace says what really happened: it carries a set of records from the old to the new values.
 */
static void check_trace(const struct block *b) {
    assert_true(b->n_leaves > 0 && b->tree.n > 0);
    const struct tree_node *root = &b->tree.nodes[b->tree.n - 1];
    assert_int_equal(root->level, 0);
    assert_true(fr_eq(&root->old_value, &b->header.old_root));
    assert_true(fr_eq(&root->new_value, &b->header.new_root));
    for (size_t i = 0; i < b->n_leaves; i++) {
        const struct touched_leaf *l = &b->leaves[i];
        struct record now = l->before;
        uint64_t time = 0;
        for (size_t o = 0; o < b->n_ops; o++) {
            for (unsigned k = 0; k < ACCESS_COUNT; k++) {
                const struct access *a = &b->effects[o].access[k];
                if (a->kind != ACCESS_UNUSED && a->account == l->account && a->slot == l->slot) {
                    assert_true(record_eq(&a->before, &now));
                    now = a->after;
                    time = 16 * o + k + 1;
                }
            }
        }
        assert_true(record_eq(&now, &l->after));
        assert_int_equal(time, l->last_time);
        assert_true(i == 0 ||
                    leaf_index(l->account, l->slot) > leaf_index(l[-1].account, l[-1].slot));
    }
}

static void check_storage(struct world *w, const struct block *b, struct state *before) {
    uint8_t *bytes, *again;
    size_t len, len2, at;
    struct block back, bad;
    assert_true(block_encode(b, &bytes, &len));
    assert_int_equal(block_decode(&back, bytes, len), BLOCK_OK);
    assert_true(block_encode(&back, &again, &len2));
    assert_int_equal(len, len2);
    assert_memory_equal(bytes, again, len);
    assert_int_equal(block_execute(before, &w->instance, &back, &at), BLOCK_OK);
    assert_root(before, &b->header.new_root);
    assert_int_equal(back.n_log, b->n_log);
    assert_memory_equal(back.log, b->log, b->n_log * sizeof *b->log);
    for (int i = 0; i < 20; i++) { /* every truncation and some changes are refused or canonical */
        size_t cut = world_random(w) % len;
        assert_int_not_equal(block_decode(&bad, bytes, cut), BLOCK_OK);
        uint8_t old = bytes[cut];
        bytes[cut] ^= (uint8_t)(1u << world_random(w) % 8);
        if (block_decode(&bad, bytes, len) == BLOCK_OK) {
            uint8_t *same;
            assert_true(block_encode(&bad, &same, &len2));
            assert_int_equal(len, len2);
            assert_memory_equal(bytes, same, len);
            free(same);
            block_release(&bad);
        }
        bytes[cut] = old;
    }
    block_release(&back);
    free(bytes);
    free(again);
}

/* What submitBlock's calldata grows with, on the chain where it is most: the log, the entries, the
 * signatures of key changes. */
static size_t calldata(const struct block *b) {
    size_t most = 0;
    for (unsigned p = 0; p < b->header.n_chains; p++) {
        size_t len = 160 * b->outbox[p].n;
        for (size_t i = 0; i < b->n_ops; i++) {
            const struct op *op = &b->ops[i];
            len += op->type == OP_CHANGE_PUB_KEY &&
                           op->u.change_pub_key.chain == b->header.chain[p].chain
                       ? 224
                       : 0;
        }
        most = len > most ? len : most;
    }
    return 32 * b->n_log + most;
}

static void test_random_blocks(void **state) {
    (void)state;
    unsigned outcomes[OP_TYPE_MAX + 1][4] = {{0}};
    unsigned applied[OP_TYPE_MAX + 1] = {0}, rejected[REJECTION_COUNT] = {0}, exits[2] = {0},
                                   keys[2] = {0};
    for (uint64_t seed = 1; seed <= 6; seed++) {
        struct world w;
        world_new(&w, seed);
        struct state *replayed = genesis_state(&w), *executed = genesis_state(&w);
        for (int n = 0; n < 25; n++) {
            struct block b, r;
            size_t at;
            world_begin(&w);
            while (block_builder_ops(w.builder) < 40) {
                struct fr_pair {
                    size_t words, ops;
                } before = {block_builder_words(w.builder), block_builder_ops(w.builder)};
                enum rejection e = world_random_op(&w);
                rejected[e]++;
                if (e == REJECT_NONE) {
                    applied[w.last.type]++;
                    outcomes[w.last.type][w.last.outcome]++;
                    exits[1] += w.last.type == OP_FULL_EXIT && w.last.u.full_exit.ok;
                    exits[0] += w.last.type == OP_FULL_EXIT && !w.last.u.full_exit.ok;
                    keys[1] += w.last.type == OP_SET_SIGNING_KEY && w.last.u.set_signing_key.ok;
                    keys[0] += w.last.type == OP_SET_SIGNING_KEY && !w.last.u.set_signing_key.ok;
                } else {
                    assert_false(op_is_request(w.last.type)); /* no request is ever refused */
                    assert_int_equal(block_builder_words(w.builder), before.words);
                    assert_int_equal(block_builder_ops(w.builder), before.ops);
                }
            }
            size_t expected_calldata = block_builder_calldata(w.builder);
            world_seal(&w, &b);
            assert_int_equal(calldata(&b), expected_calldata);
            assert_true(world_conserved(&w));
            check_trace(&b);
            assert_int_equal(
                block_replay(replayed, &w.instance, &b.header, b.log, b.n_log, &r, &at), BLOCK_OK);
            assert_root(replayed, &b.header.new_root);
            assert_int_equal(r.tree.n, b.tree.n);
            assert_memory_equal(r.log, b.log, b.n_log * sizeof *b.log);
            check_storage(&w, &b, executed);
            block_release(&b);
            block_release(&r);
        }
        state_free(replayed);
        state_free(executed);
        world_free(&w);
    }
    if (getenv("VERBOSE") != NULL) {
        for (int t = OP_DEPOSIT; t <= OP_TYPE_MAX; t++) {
            printf("%-20s %u\n", op_name((enum op_type)t), applied[t]);
        }
        for (int r = 0; r < REJECTION_COUNT; r++) {
            printf("%-20s %u\n", rejection_name((enum rejection)r), rejected[r]);
        }
    }
    for (int t = OP_DEPOSIT; t <= OP_TYPE_MAX; t++) {
        assert_true(applied[t] > 5);
        for (int o = 0; t >= OP_SWAP_REQUEST && o < 4; o++) {
            assert_true(outcomes[t][o] > 5);
        }
    }
    assert_true(exits[0] > 5 && exits[1] > 5 && keys[0] > 5 && keys[1] > 5);
}

static void test_dropped_block_leaves_no_trace(void **state) {
    (void)state;
    struct world w;
    world_new(&w, 77);
    struct block b;
    world_begin(&w);
    for (int i = 0; i < 200; i++) {
        (void)world_random_op(&w);
    }
    world_seal(&w, &b);
    block_release(&b);
    fr root;
    state_root(w.s, &root);
    account_id next = state_next_account(w.s);
    size_t accounts = state_account_count(w.s);
    struct world saved = w;
    struct state_mark mark = state_mark(w.s);
    for (int round = 0; round < 3; round++) {
        world_begin(&w);
        for (int i = 0; i < 150; i++) {
            (void)world_random_op(&w);
        }
        if (round == 0) { /* dropped before sealing */
            block_builder_free(w.builder);
            w.builder = NULL;
        } else { /* sealed, then taken back */
            world_seal(&w, &b);
            block_release(&b);
            state_rollback(w.s, mark);
        }
        memcpy(w.custody, saved.custody, sizeof w.custody);
        memcpy(w.next_request, saved.next_request, sizeof w.next_request);
        assert_root(w.s, &root);
        assert_int_equal(state_next_account(w.s), next);
        assert_int_equal(state_account_count(w.s), accounts);
        assert_true(world_conserved(&w));
        /* rebuilding the whole tree from the records gives the same root */
        assert_true(state_update_tree_all(w.s));
        assert_root(w.s, &root);
    }
    world_free(&w);
}

static void test_replay_refuses_changes(void **state) {
    (void)state;
    struct world w;
    world_new(&w, 5);
    struct state *s = genesis_state(&w);
    struct block b;
    size_t at;
    fr root;
    state_root(s, &root);
    world_begin(&w);
    while (block_builder_ops(w.builder) < 60) {
        (void)world_random_op(&w);
    }
    world_seal(&w, &b);
    uint8_t header[32 * HEADER_WORDS_MAX];
    size_t len = header_encode(&b.header, header);
    for (size_t i = 0; i < len; i += 1 + i % 7) { /* header bytes */
        struct block_header h;
        if (i / 32 == 3 || i / 32 == 4) {
            continue; /* number and timestamp are the caller's to check */
        }
        header[i] ^= 1;
        if (header_decode(&h, header, len)) {
            uint8_t again[32 * HEADER_WORDS_MAX];
            assert_int_equal(header_encode(&h, again), len);
            assert_memory_equal(again, header, len);
            assert_int_equal(block_replay(s, &w.instance, &h, b.log, b.n_log, NULL, &at),
                             BLOCK_MISMATCH);
            assert_root(s, &root);
        }
        header[i] ^= 1;
    }
    for (size_t i = 0; i < b.n_log; i++) { /* log words: one bit anywhere */
        fr saved = b.log[i], bit;
        uint64_t l[4] = {0};
        unsigned at_bit = (unsigned)(world_random(&w) % 253);
        l[at_bit / 64] = UINT64_C(1) << (at_bit % 64);
        assert_true(fr_from_limbs(&bit, l));
        fr_add(&b.log[i], &b.log[i], &bit);
        assert_int_not_equal(block_replay(s, &w.instance, &b.header, b.log, b.n_log, NULL, &at),
                             BLOCK_OK);
        assert_root(s, &root);
        b.log[i] = saved;
    }
    for (size_t n = 0; n < b.n_log; n += 5) {
        assert_int_not_equal(block_replay(s, &w.instance, &b.header, b.log, n, NULL, &at),
                             BLOCK_OK);
    }
    assert_int_equal(block_replay(s, &w.instance, &b.header, b.log, b.n_log, NULL, &at), BLOCK_OK);
    assert_root(s, &b.header.new_root);
    block_release(&b);
    state_free(s);
    world_free(&w);
}

static void test_empty_block_refused(void **state) {
    (void)state;
    struct world w;
    struct block b;
    world_new(&w, 1);
    world_begin(&w);
    assert_int_equal(block_seal(w.builder, &b), BLOCK_EMPTY);
    world_free(&w);
}

/* The digests again, by other means than the code that makes them. */
static void test_digests(void **state) {
    (void)state;
    size_t n = 2 * LOG_PIECE_WORDS + 3;
    fr *words = calloc(n, sizeof *words);
    uint8_t *bytes = calloc(n, 32), d[32], want[64] = {0};
    assert_non_null(words);
    assert_non_null(bytes);
    for (size_t i = 0; i < n; i++) {
        fr_from_u64(&words[i], i + 1);
        fr_to_be(bytes + 32 * i, &words[i]);
    }
    log_digest(d, words, 0);
    assert_memory_equal(d, want, 32);
    keccak256(want + 32, bytes, (size_t)32 * LOG_PIECE_WORDS);
    keccak256(want, want, 64);
    log_digest(d, words, LOG_PIECE_WORDS);
    assert_memory_equal(d, want, 32);
    keccak256(want + 32, bytes + (size_t)32 * LOG_PIECE_WORDS, (size_t)32 * LOG_PIECE_WORDS);
    keccak256(want, want, 64);
    keccak256(want + 32, bytes + (size_t)64 * LOG_PIECE_WORDS, 96);
    keccak256(want, want, 64);
    log_digest(d, words, n);
    assert_memory_equal(d, want, 32);

    struct outbox_entry e[2] = {{.op = 3}, {.op = 9}};
    uint8_t raw[320];
    for (unsigned i = 0; i < 4; i++) {
        fr_from_u64(&e[0].words[i], 10 + i);
        fr_from_u64(&e[1].words[i], 20 + i);
    }
    outbox_encode(raw, e, 2);
    assert_int_equal(raw[31], 3);
    assert_int_equal(raw[63], 10);
    assert_int_equal(raw[319], 23);
    keccak256(want, raw, sizeof raw);
    outbox_digest(d, e, 2);
    assert_memory_equal(d, want, 32);
    keccak256(want, NULL, 0);
    outbox_digest(d, e, 0);
    assert_memory_equal(d, want, 32);
    free(words);
    free(bytes);
}

/* requestsHash and the outboxes say what was taken, per chain. */
static void test_requests_and_outboxes(void **state) {
    (void)state;
    struct world w;
    struct block b;
    uint8_t hash[64] = {0}, template_bytes[128];
    fr template[OP_WORDS_MAX];
    world_new(&w, 3);
    w.next_request[1] = 17;
    world_begin(&w);
    account_id account = world_deposit(&w, 1, w.token[2], amount_from_u64(500));
    world_set_key(&w, account, 1);
    struct client_common c = world_common(&w, account, w.token[2], 0);
    struct op op;
    client_withdraw(&op, &c, w.token[2], amount_from_u64(20), w.user[1].owner.address);
    assert_int_equal(world_add(&w, &op), REJECT_NONE);
    op_init(&op, OP_FULL_EXIT);
    op.account = account;
    op.u.full_exit.owner = w.user[1].owner;
    op.u.full_exit.slot = 1;
    assert_int_equal(world_add(&w, &op), REJECT_NONE);
    assert_true(op.u.full_exit.ok && op.u.full_exit.amount.v == 480);
    world_seal(&w, &b);
    assert_int_equal(b.header.chain[0].outbox_entries, 0);
    assert_int_equal(b.header.chain[0].end_request, 0);
    assert_int_equal(b.header.chain[1].first_request, 17);
    assert_int_equal(b.header.chain[1].end_request, 20);
    assert_int_equal(b.outbox[1].n, 4);
    for (unsigned i = 0; i < 4; i++) {
        assert_int_equal(b.outbox[1].entries[i].op, i);
        if (i == 2) {
            continue;
        }
        struct op back;
        assert_true(op_request_template(&b.ops[i], template));
        for (unsigned k = 0; k < 4; k++) {
            fr_to_be(template_bytes + 32 * k, &template[k]);
        }
        keccak256(hash + 32, template_bytes, sizeof template_bytes);
        keccak256(hash, hash, sizeof hash);
        assert_true(op_from_request(&back, 2, template));
        assert_false(op_from_request(&back, 1, template));
    }
    assert_memory_equal(hash, b.header.chain[1].requests_hash, 32);
    block_release(&b);
    world_free(&w);
}

static void test_sync_hash(void **state) {
    (void)state;
    uint8_t id[32], tagged[46], got[32], want[32], triple[96];
    memset(id, 9, sizeof id);
    memcpy(tagged, "zklink.sync.v1", 14);
    memcpy(tagged + 14, id, 32);
    keccak256(want, tagged, sizeof tagged);
    sync_hash_genesis(got, id);
    assert_memory_equal(got, want, 32);
    memset(triple, 1, 32);
    memset(triple + 32, 2, 32);
    memset(triple + 64, 3, 32);
    keccak256(want, triple, sizeof triple);
    sync_hash_next(got, triple, triple + 32, triple + 64);
    assert_memory_equal(got, want, 32);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_random_blocks),
        cmocka_unit_test(test_dropped_block_leaves_no_trace),
        cmocka_unit_test(test_replay_refuses_changes),
        cmocka_unit_test(test_empty_block_refused),
        cmocka_unit_test(test_digests),
        cmocka_unit_test(test_requests_and_outboxes),
        cmocka_unit_test(test_sync_hash),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
