/* Honest blocks satisfy the circuit: swaps and random mixtures of all operations; the statement is
 * what the header says; tokens are conserved on the witness itself. */
#include "../support/blockgen.h"
#include "../support/world.h"
#include "circuit/chips.h"
#include "circuit/circuit.h"
#include "circuit/lookups.h"
#include "circuit/op/op_air.h"
#include "circuit/witness.h"
#include "proof/witness_check.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>

#include <cmocka.h>

static struct air *air;

static int setup(void **state) {
    char err[160];
    (void)state;
    air = zklink_air_explain(err, sizeof err);
    if (!air) {
        print_error("%s\n", err);
    }
    return air ? 0 : -1;
}

static int teardown(void **state) {
    (void)state;
    air_free(air);
    return 0;
}

/* Builds and checks the witness of b, and gives it to `also`. */
static void check_block(const struct block *b, void (*also)(const struct block *, struct trace *)) {
    struct block_statement s;
    char why[256] = "";
    struct trace *t = witness_build(air, b, 2);
    assert_non_null(t);
    assert_int_equal(block_statement_init(&s, air, b), 0);
    bool ok = witness_check(air, &s.statement, t, why, sizeof why);
    if (!ok) {
        print_error("%s\n", why);
    }
    assert_true(ok);
    if (also) {
        also(b, t);
    }
    block_statement_release(&s);
    trace_free(t);
}

static void test_swaps(void **state) {
    (void)state;
    for (unsigned i = 0; i < 2; i++) {
        struct blockgen *g = blockgen_new(7 + i, 24, i == 0);
        for (unsigned k = 0; k < 2; k++) {
            struct block b;
            blockgen_swaps(g, 20, &b);
            check_block(&b, NULL);
            block_release(&b);
        }
        blockgen_free(g);
    }
}

/* Sum of (after - before) over leaves, per token: deposits and payouts account for all of it (LP
 * shares: the pools' supply, of which 1000 belong to nobody). */
struct total {
    token_id token;
    fr sum;
};
static struct total totals[256];
static size_t n_totals;

static void total_add(token_id token, const fr *amount, bool negative) {
    size_t i = 0;
    while (i < n_totals && totals[i].token != token) {
        i++;
    }
    if (i == n_totals) {
        assert_true(n_totals < sizeof totals / sizeof totals[0]);
        totals[n_totals++] = (struct total){token, FR_ZERO};
    }
    if (negative) {
        fr_sub(&totals[i].sum, &totals[i].sum, amount);
    } else {
        fr_add(&totals[i].sum, &totals[i].sum, amount);
    }
}

static uint64_t cell_u64(const struct trace_chip *c, unsigned column, size_t row) {
    uint64_t v;
    assert_true(fr_to_u64(&v, &c->col[column][row]));
    return v;
}

static void total_leaf(const struct trace_chip *leaf, size_t row) {
    uint64_t old_tag = cell_u64(leaf, LEAF_OLD_TAG, row);
    uint64_t new_tag = cell_u64(leaf, LEAF_NEW_TAG, row);
    if (cell_u64(leaf, LEAF_SLOT, row) != 0) {
        if (old_tag == RECORD_BALANCE) {
            total_add(cell_u64(leaf, LEAF_OLD0 + 1, row), &leaf->col[LEAF_OLD0][row], true);
        }
        if (new_tag == RECORD_BALANCE) {
            total_add(cell_u64(leaf, LEAF_NEW0 + 1, row), &leaf->col[LEAF_NEW0][row], false);
        }
    } else if (new_tag == RECORD_POOL ||
               new_tag == RECORD_STABLE_POOL) { /* shares are owed by the pool */
        token_id lp = token_of_pool((account_id)cell_u64(leaf, LEAF_ACC, row));
        total_add(lp, &leaf->col[LEAF_NEW0 + 3][row], true);
        total_add(lp, &leaf->col[LEAF_OLD0 + 3][row], false);
    } else if (new_tag == RECORD_POSITION) { /* and held by positions, too */
        token_id lp = token_of_pool((account_id)cell_u64(leaf, LEAF_NEW0 + 1, row));
        total_add(lp, &leaf->col[LEAF_NEW0 + 3][row], false);
        total_add(lp, &leaf->col[LEAF_OLD0 + 3][row], true);
    }
}

static void check_conservation(const struct block *b, struct trace *t) {
    const struct trace_chip *leaf = trace_chip(t, (unsigned)air_find_chip(air, "leaf"), 0);
    n_totals = 0;
    for (size_t row = 0; row < leaf->n; row++) {
        total_leaf(leaf, row);
    }
    for (size_t i = 0; i < b->n_ops; i++) { /* what the contracts see */
        fr amount, locked;
        struct amount taken;
        token_id token;
        if (op_request_taken(&b->ops[i], &token, &taken)) {
            amount_to_fr(&amount, taken);
            total_add(token, &amount, true);
        }
        if (b->effects[i].has_payout) {
            amount_to_fr(&amount, b->effects[i].payout.amount);
            total_add(b->effects[i].payout.token, &amount, false);
        }
        if (b->ops[i].type == OP_ADD_LIQUIDITY_FIRST) {
            fr_from_u64(&locked, 1000);
            total_add(token_of_pool(b->ops[i].u.add_liquidity.pool), &locked, false);
        }
    }
    for (size_t i = 0; i < n_totals; i++) {
        assert_true(fr_is_zero(&totals[i].sum));
    }
}

static void test_mixed(void **state) {
    unsigned seen[OP_TYPES + 1] = {0};
    (void)state;
    for (unsigned seed = 0; seed < 6; seed++) {
        struct blockgen *g = blockgen_new(100 + seed, 6 + seed, seed % 2 == 0);
        for (unsigned k = 0; k < 3; k++) {
            struct block b;
            blockgen_mixed(g, 60, &b);
            for (size_t i = 0; i < b.n_ops; i++) {
                seen[b.ops[i].type]++;
            }
            check_block(&b, check_conservation);
            block_release(&b);
        }
        blockgen_free(g);
    }
    for (unsigned type = 1; type <= OP_TYPES; type++) {
        if (blockgen_has((enum op_type)type)) {
            assert_in_range(seen[type], 5, 100000);
        }
    }
}

/* Amounts of all sizes, edges often; every rejection is the state machine's. */
static void test_edges(void **state) {
    enum { BLOCKS = 6, OPS = 60 };
    (void)state;
    struct world w;
    world_new(&w, 4711);
    w.sign = true;
    for (unsigned k = 0; k < BLOCKS; k++) {
        struct block b;
        world_begin(&w);
        while (block_builder_ops(w.builder) < OPS) {
            (void)world_random_op(&w);
        }
        world_seal(&w, &b);
        check_block(&b, NULL);
        block_release(&b);
    }
    world_free(&w);
}

/* A block whose transaction is past its validity, or beyond its limit, has no witness. */
static void test_no_witness(void **state) {
    (void)state;
    struct blockgen *g = blockgen_new(3, 6, true);
    struct block b;
    blockgen_swaps(g, 4, &b);
    struct trace *t = witness_build(air, &b, 1);
    assert_non_null(t);
    trace_free(t);
    b.ops[2].valid_until = b.header.timestamp - 1;
    assert_null(witness_build(air, &b, 1));
    b.ops[2].valid_until = b.header.timestamp;
    b.ops[1].u.swap.min_out = amount_max();
    assert_null(witness_build(air, &b, 1));
    block_release(&b);
    blockgen_free(g);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_swaps),
        cmocka_unit_test(test_mixed),
        cmocka_unit_test(test_edges),
        cmocka_unit_test(test_no_witness),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
