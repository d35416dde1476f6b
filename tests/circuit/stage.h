/* The stage for attacks by an operator with full control over the witness: a small world,
 * operations on it with effects that may be altered, the block and witness that follow from them,
 * and what the checker says. Static functions, shared by the tests beside this file. */
#ifndef ZKLINK_TESTS_CIRCUIT_STAGE_H
#define ZKLINK_TESTS_CIRCUIT_STAGE_H

#include "../support/forge.h"
#include "circuit/chips.h"
#include "circuit/circuit.h"
#include "circuit/op/op_air.h"
#include "circuit/witness.h"
#include "proof/witness_check.h"
#include "rollup/client.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>

#include <cmocka.h>

static struct air *air; /* of the running test */

static inline int setup(void **state) {
    (void)state;
    air = zklink_air();
    return air ? 0 : -1;
}

static inline int teardown(void **state) {
    (void)state;
    air_free(air);
    return 0;
}

/* ---- the stage: one world, one or more operations ---- */

struct stage {
    struct forge f;
    struct block block;
    struct block_statement s;
    struct trace *t;
};

static inline void stage_begin(struct stage *g, uint64_t seed) {
    *g = (struct stage){0};
    g->f.g = blockgen_new(seed, 6, true);
}

static inline struct client_common common(struct stage *g, account_id id) {
    const struct record *r = state_account(g->f.g->state, id);
    return (struct client_common){.account = id,
                                  .nonce = (uint32_t)r->u.account.nonce,
                                  .valid_until = g->f.g->timestamp + 5,
                                  .fee_token = g->f.g->tokens[0],
                                  .fee = {.mant = 17, .exp = 1}};
}

static inline account_id user(const struct stage *g, size_t i) {
    return g->f.g->accounts[i].id;
}

static inline void resolve(struct stage *g, struct op *op) {
    struct block_context ctx = {.mode = APPLY_REPLAY,
                                .timestamp = g->f.g->timestamp,
                                .fee_account = g->f.g->instance.fee_account,
                                .chains = &g->f.g->instance.chains};
    assert_int_equal(op_resolve(op, g->f.g->state, &ctx, NULL), REJECT_NONE);
}

/* Resolves, signs and adds. */
static inline struct effect *act(struct stage *g, struct op *op) {
    resolve(g, op);
    if (op_is_signed(op->type)) {
        blockgen_sign(g->f.g, op);
    }
    return forge_add(&g->f, op);
}

static inline struct effect *transfer(struct stage *g, size_t from, size_t to, uint64_t amount) {
    struct op op;
    struct client_common c = common(g, user(g, from));
    client_transfer(&op, &c, user(g, to), g->f.g->tokens[0], amount_from_u64(amount));
    return act(g, &op);
}

static inline struct effect *swap(struct stage *g, uint64_t amount) {
    struct op op;
    struct client_common c = common(g, user(g, 2));
    client_swap(&op, &c, g->f.g->pool, g->f.g->tokens[0], amount_from_u64(amount), amount_zero());
    return act(g, &op);
}

static inline struct effect *withdraw(struct stage *g, uint64_t amount) {
    struct op op;
    struct client_common c = common(g, user(g, 2));
    static const uint8_t to[ADDRESS_LEN] = {9, 8, 7};
    client_withdraw(&op, &c, g->f.g->tokens[1], amount_from_u64(amount), to);
    return act(g, &op);
}

/* A full exit of slot 1 of user 3, asked for by its owner. */
static inline struct effect *full_exit(struct stage *g) {
    struct op op;
    op_init(&op, OP_FULL_EXIT);
    op.account = user(g, 3);
    op.u.full_exit.owner = state_account(g->f.g->state, op.account)->u.account.owner;
    if (op.u.full_exit.owner.authority == 0) {
        op.u.full_exit.owner.authority = 2;
    }
    op.u.full_exit.slot = 1;
    op.u.full_exit.to[0] = 77;
    return act(g, &op);
}

static inline struct effect *deposit(struct stage *g) {
    struct op op;
    op_init(&op, OP_DEPOSIT);
    op.u.deposit.owner = state_account(g->f.g->state, user(g, 3))->u.account.owner;
    op.u.deposit.owner.authority = 1;
    op.u.deposit.owner.address[3] ^= 1; /* nobody's: an account is opened */
    op.u.deposit.token = g->f.g->tokens[0];
    op.u.deposit.amount = amount_from_u64(1000);
    return act(g, &op);
}

/* The witness as the honest code fills it; NULL if it sees no way. */
static inline void stage_witness(struct stage *g) {
    forge_block(&g->f, &g->block);
    g->t = witness_build(air, &g->block, 1);
    assert_int_equal(block_statement_init(&g->s, air, &g->block), 0);
}

static inline void stage_end(struct stage *g) {
    trace_free(g->t);
    block_statement_release(&g->s);
    block_release(&g->block);
    blockgen_free(g->f.g);
}

static inline bool check(const struct stage *g, char why[256]) {
    return witness_check(air, &g->s.statement, g->t, why, 256);
}

static inline void expect_honest(const struct stage *g) {
    char why[256] = "";
    assert_non_null(g->t);
    if (!check(g, why)) {
        fail_msg("honest: %s", why);
    }
}

static inline void expect_refused(const struct stage *g, const char *where) {
    char why[256] = "";
    assert_non_null(g->t);
    assert_false(check(g, why));
    if (!strstr(why, where)) {
        fail_msg("refused, but by `%s`, not by `%s`", why, where);
    }
}

/* Forges what was staged, expects the refusal and ends. */
static inline void expect_forgery(struct stage *g, const char *where) {
    stage_witness(g);
    expect_refused(g, where);
    stage_end(g);
}

/* ---- cells ---- */

static inline struct trace_chip *chip(const struct stage *g, const char *name) {
    return trace_chip(g->t, (unsigned)air_find_chip(air, name), 0);
}

static inline fr *cell(const struct stage *g, const char *name, unsigned column, size_t row) {
    struct trace_chip *c = chip(g, name);
    assert_true(row < c->n);
    return &c->col[column][row];
}

static inline void add_to(fr *v, int64_t d) {
    fr x;
    fr_from_i64(&x, d);
    fr_add(v, v, &x);
}

/* Counts one row's range lookups; what is out of range cannot be served. */
static inline void count_row(const struct stage *g, struct lookups *l, const struct trace_chip *c,
                             size_t row, unsigned rng, unsigned r16) {
    static fr cells[256], out[1 << 12];
    fr index;
    for (unsigned k = 0; k < c->chip->n_main; k++) {
        cells[k] = c->col[k][row];
    }
    fr_from_u64(&index, row);
    air_eval(c->chip, cells, NULL, &index, g->s.scalars, &g->s.chains[c->instance], out);
    for (unsigned i = 0; i < c->chip->n_interactions; i++) {
        const struct air_interaction *x = &c->chip->interactions[i];
        u128 v;
        uint64_t bits = 16;
        if ((x->kind != rng && x->kind != r16) || !fr_eq(&out[x->multiplicity], &FR_ONE)) {
            continue;
        }
        bool small = fr_to_u128(&v, &out[x->fields[x->n_fields - 1]]);
        assert_true(x->kind == r16 || fr_to_u64(&bits, &out[x->fields[0]]));
        if (small && (bits == 128 || v >> bits == 0)) {
            if (x->kind == r16) {
                lookups_r16(l, (uint16_t)v);
            } else {
                lookups_range(l, (unsigned)bits, v);
            }
        }
    }
}

/* The chips r16 and rng anew, for the cells as they are. */
static inline void serve_lookups(const struct stage *g) {
    struct circuit_kinds k = {0};
    struct lookups l;
    struct air *names = air_new("names");
    circuit_kinds_declare(&k, names);
    air_free(names);
    assert_int_equal(lookups_init(&l), 0);
    chip(g, "rng")->n = 0;
    chip(g, "r16")->n = 0;
    for (size_t i = 0; i < g->t->n_chips; i++) {
        const struct trace_chip *c = &g->t->chips[i];
        bool table = c->chip->n_fixed > 0 || strcmp(c->chip->name, "poseidon2") == 0;
        for (size_t row = 0; !table && row < c->n; row++) {
            count_row(g, &l, c, row, k.rng, k.r16);
        }
    }
    assert_int_equal(lookups_fill(&l, g->t), 0);
    lookups_free(&l);
}

#endif
