/* Every column of every chip of the rollup: in a valid row of every kind, one cell changed, and the
 * checker must refuse and name what fails. Blocks of one operation each, of every type and outcome.
 * (The hash, signature and curve chips have tests of their own.) */
#include "../support/blockgen.h"
#include "circuit/circuit.h"
#include "circuit/op/op_air.h"
#include "circuit/witness.h"
#include "proof/witness_check.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

/* Rows of a chip that agree in these columns are of one kind. */
static const struct kind_columns {
    const char *chip;
    const char *columns[32];
} KINDS[] = {
    {"op",
     {"is_deposit",
      "is_set_signing_key",
      "is_full_exit",
      "is_change_pub_key",
      "is_transfer",
      "is_transfer_to_address",
      "is_create_pool",
      "is_add_liquidity_first",
      "is_add_liquidity",
      "is_remove_liquidity",
      "is_swap",
      "is_withdraw",
      "is_create_stable_pool",
      "is_add_liquidity_one",
      "is_remove_liquidity_one",
      "is_forced_exit",
      "acc_open",
      "acc_is",
      "acc_key",
      "peer_open",
      "peer_is",
      "peer_key",
      "no_match",
      "ok",
      "two",
      "direction",
      "stable",
      "none"}},
    {"log", {"active"}},
    {"outbox", {"active"}},
    {"record", {"old_tag", "new_tag"}},
    {"balance", {"debit", "old_tag", "new_tag"}},
    {"leaf", {"is_record", "old_tag", "new_tag"}},
    {"node", {"touched0", "touched1"}},
    {"wide", {"gt"}},
    {"rng", {"is32", "is40", "is48", "is112"}},
    {"r16", {NULL}},
};
enum { N_CHIPS = sizeof KINDS / sizeof KINDS[0], MAX_SEEN = 256 };

static struct air *air;
static uint64_t seen[N_CHIPS][MAX_SEEN];
static size_t n_seen[N_CHIPS], n_changes, n_checks;

/* What an operation can come to; all must be met. */
enum variant {
    DEPOSIT_OPENS,
    DEPOSIT_EXISTING,
    KEY_SET,
    KEY_REFUSED,
    EXIT_REFUSED,
    EXIT_NOTHING,
    EXIT_SAME_CHAIN,
    EXIT_OTHER_CHAIN,
    ADDRESS_OPENS,
    ADDRESS_EXISTING,
    SWAP_A,
    SWAP_B,
    SWAP_DONE, /* SwapRequest, by outcome */
    SWAP_BELOW,
    SWAP_EXPIRED,
    SWAP_IMPOSSIBLE,
    ADD_DONE, /* AddLiquidityRequest */
    ADD_BELOW,
    ADD_EXPIRED,
    ADD_IMPOSSIBLE,
    REMOVE_DONE, /* RemoveLiquidityRequest */
    REMOVE_BELOW,
    REMOVE_EXPIRED,
    REMOVE_IMPOSSIBLE,
    OTHER,         /* + type */
    ON_STABLE = 44 /* + type */
};
static uint64_t variants;

static unsigned variant_of(const struct block *b) {
    const struct op *op = &b->ops[0];
    const struct effect *e = &b->effects[0];
    if (e->access[5].before.tag == RECORD_STABLE_POOL && !op_is_request(op->type)) {
        return ON_STABLE + (unsigned)op->type;
    }
    switch (op->type) {
    case OP_DEPOSIT:
        return e->opened ? DEPOSIT_OPENS : DEPOSIT_EXISTING;
    case OP_SET_SIGNING_KEY:
        return op->u.set_signing_key.ok ? KEY_SET : KEY_REFUSED;
    case OP_FULL_EXIT:
        return op->u.full_exit.ok ? (e->n_out == 2 ? EXIT_OTHER_CHAIN : EXIT_SAME_CHAIN)
               : e->access[3].kind == ACCESS_BAL ? EXIT_NOTHING
                                                 : EXIT_REFUSED;
    case OP_TRANSFER_TO_ADDRESS:
        return e->opened ? ADDRESS_OPENS : ADDRESS_EXISTING;
    case OP_SWAP:
        return op->u.swap.b_to_a ? SWAP_B : SWAP_A;
    case OP_SWAP_REQUEST:
        return SWAP_DONE + (unsigned)op->outcome;
    case OP_ADD_LIQUIDITY_REQUEST:
        return ADD_DONE + (unsigned)op->outcome;
    case OP_REMOVE_LIQUIDITY_REQUEST:
        return REMOVE_DONE + (unsigned)op->outcome;
    case OP_CHANGE_PUB_KEY:
    case OP_TRANSFER:
    case OP_CREATE_POOL:
    case OP_ADD_LIQUIDITY_FIRST:
    case OP_ADD_LIQUIDITY:
    case OP_REMOVE_LIQUIDITY:
    case OP_WITHDRAW:
    case OP_CREATE_STABLE_POOL:
    case OP_ADD_LIQUIDITY_ONE:
    case OP_REMOVE_LIQUIDITY_ONE:
    case OP_FORCED_EXIT:
        break;
    }
    return OTHER + (unsigned)op->type;
}

static int setup(void **state) {
    (void)state;
    air = zklink_air();
    return air ? 0 : -1;
}

static int teardown(void **state) {
    (void)state;
    air_free(air);
    return 0;
}

static uint64_t row_kind(const struct kind_columns *k, const struct trace_chip *c, size_t row) {
    uint64_t h = 1;
    for (unsigned i = 0; k->columns[i]; i++) {
        uint64_t v = 0;
        int column = air_find_col(c->chip, k->columns[i]);
        assert_true(column >= 0 && fr_to_u64(&v, &c->col[column][row]) && v < 8);
        h = h * 8 + v + h / UINT64_C(1000003);
    }
    if (strcmp(k->chip, "op") == 0) { /* requests of types 17..19: their outcome */
        uint64_t l[4];
        fr_to_limbs(l, &c->col[air_find_col(c->chip, "w0")][row]);
        h += (l[0] & 0xff) >= OP_SWAP_REQUEST ? l[0] >> 8 & 3 : 0;
    }
    return h;
}

static bool new_kind(unsigned chip, uint64_t kind) {
    for (size_t i = 0; i < n_seen[chip]; i++) {
        if (seen[chip][i] == kind) {
            return false;
        }
    }
    assert_true(n_seen[chip] < MAX_SEEN);
    seen[chip][n_seen[chip]++] = kind;
    return true;
}

/* A small cell is turned (0 and 1) or goes up by one, then becomes something large. */
static void change(fr *cell, unsigned round) {
    if (round == 1) {
        fr k;
        fr_from_u64(&k, UINT64_C(0x123456789abcdef));
        fr_sqr(&k, &k);
        fr_sqr(&k, &k);
        fr_add(cell, cell, &k);
    } else if (fr_eq(cell, &FR_ONE)) {
        *cell = FR_ZERO;
    } else {
        fr_add(cell, cell, &FR_ONE);
    }
}

/* A constraint of that row fails: the checker, which looks at all rows, is then asked only now and
 * then. */
static bool row_fails(const struct statement *s, const struct trace_chip *c, size_t row) {
    static fr cells[256], out[1 << 12];
    fr index;
    const struct air_chip *chip = c->chip;
    assert_true(chip->n_main <= 128 && chip->n_tape <= 1 << 12);
    for (unsigned k = 0; k < chip->n_main; k++) {
        cells[k] = c->col[k][row];
    }
    fr_from_u64(&index, row);
    air_eval(chip, cells, NULL, &index, s->scalars, &s->instance_scalars[c->instance], out);
    for (unsigned k = 0; k < chip->n_constraints; k++) {
        if (!fr_is_zero(&out[chip->constraints[k].op])) {
            return true;
        }
    }
    return false;
}

static void change_row(const struct statement *s, struct trace *t, struct trace_chip *c,
                       size_t row) {
    enum { EVERY = 16 };
    for (unsigned k = 0; k < c->chip->n_main; k++) {
        fr before = c->col[k][row];
        for (unsigned round = 0; round < 2; round++) {
            char why[256] = "";
            change(&c->col[k][row], round);
            if (!row_fails(s, c, row) || ++n_changes % EVERY == 0) {
                bool ok = witness_check(air, s, t, why, sizeof why);
                if (ok || why[0] == 0) {
                    fail_msg("%s.%s row %zu: a change is not found", c->chip->name,
                             c->chip->main[k].name, row);
                }
                n_checks++;
            }
            c->col[k][row] = before;
        }
    }
}

static void change_block(const struct block *b) {
    struct block_statement s;
    char why[256] = "";
    struct trace *t = witness_build(air, b, 1);
    assert_non_null(t);
    assert_int_equal(block_statement_init(&s, air, b), 0);
    if (!witness_check(air, &s.statement, t, why, sizeof why)) {
        fail_msg("%s", why);
    }
    for (unsigned i = 0; i < N_CHIPS; i++) {
        unsigned chip = (unsigned)air_find_chip(air, KINDS[i].chip);
        for (unsigned j = 0; j < air_chip_instances(air->chips[chip], t->n_instances); j++) {
            struct trace_chip *c = trace_chip(t, chip, j);
            for (size_t row = 0; row < c->n; row++) {
                if (new_kind(i, row_kind(&KINDS[i], c, row))) {
                    change_row(&s.statement, t, c, row);
                }
            }
        }
    }
    assert_true(witness_check(air, &s.statement, t, why, sizeof why));
    block_statement_release(&s);
    trace_free(t);
}

/* A block of one operation of that type; false if there is none (nobody left to exit by force). */
static bool one_operation(struct blockgen *g, enum op_type type, struct block *out) {
    enum { DRAWS = 5000 };
    struct block_builder *b = blockgen_begin(g);
    for (unsigned i = 0; i < DRAWS; i++) {
        struct op op;
        if (blockgen_op(g, type, block_builder_context(b), &op) &&
            block_add(b, &op, NULL) == REJECT_NONE) {
            blockgen_note(g, &op);
            blockgen_seal(g, b, out);
            return true;
        }
    }
    block_builder_free(b);
    g->number--;
    return false;
}

/* What was not met yet, or NULL. */
static const char *missing(void) {
    static char text[64];
    static const enum op_type pools[] = {OP_ADD_LIQUIDITY_FIRST, OP_ADD_LIQUIDITY,
                                         OP_REMOVE_LIQUIDITY,    OP_SWAP,
                                         OP_ADD_LIQUIDITY_ONE,   OP_REMOVE_LIQUIDITY_ONE};
    for (unsigned v = 0; v <= OTHER + OP_TYPES; v++) {
        bool wanted = v < OTHER || (v > OTHER && blockgen_has((enum op_type)(v - OTHER)) &&
                                    v - OTHER < OP_SWAP_REQUEST && v != OTHER + OP_DEPOSIT &&
                                    v != OTHER + OP_SET_SIGNING_KEY && v != OTHER + OP_FULL_EXIT &&
                                    v != OTHER + OP_TRANSFER_TO_ADDRESS && v != OTHER + OP_SWAP);
        if (wanted && !(variants >> v & 1)) {
            snprintf(text, sizeof text, "variant %u", v);
            return text;
        }
    }
    for (unsigned i = 0; i < sizeof pools / sizeof pools[0]; i++) {
        if (!(variants >> (ON_STABLE + (unsigned)pools[i]) & 1)) {
            snprintf(text, sizeof text, "%s on a stable pool", op_name(pools[i]));
            return text;
        }
    }
    return NULL;
}

static void test_every_column(void **state) {
    enum { ROUNDS = 12, MOST = 100 };
    (void)state;
    struct blockgen *g = blockgen_new(41, 4, true);
    for (unsigned round = 0; round < ROUNDS || (missing() != NULL && round < MOST); round++) {
        for (unsigned type = 1; type <= OP_TYPES; type++) {
            struct block b;
            if (!blockgen_has((enum op_type)type) || !one_operation(g, (enum op_type)type, &b)) {
                continue;
            }
            variants |= UINT64_C(1) << variant_of(&b);
            change_block(&b);
            block_release(&b);
        }
    }
    blockgen_free(g);
    print_message("%zu checks; kinds of rows:", n_checks);
    for (unsigned i = 0; i < N_CHIPS; i++) {
        print_message(" %s %zu", KINDS[i].chip, n_seen[i]);
    }
    print_message("\n");
    if (missing() != NULL) {
        fail_msg("%s was not met", missing());
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_every_column)};
    return cmocka_run_group_tests(tests, setup, teardown);
}
