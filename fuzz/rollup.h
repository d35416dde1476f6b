/* A small state machine for the fuzz targets: two chains, accounts, a pool; and the promise that
 * every applied operation must keep, whatever it was made from: no token appears or vanishes. */
#ifndef ZKLINK_FUZZ_ROLLUP_H
#define ZKLINK_FUZZ_ROLLUP_H

#include "../tests/support/blockgen.h"
#include "fuzz.h"

static inline struct blockgen *fuzz_world_new(void) {
    return blockgen_new(3, 6, true);
}

/* The one whose state the target works on, and takes back. */
static inline struct blockgen *fuzz_world(void) {
    static struct blockgen *g;
    if (g == NULL) {
        g = fuzz_world_new();
    }
    return g;
}

/* What the balances of a token gained by an operation, modulo 2^128. */
static inline u128 fuzz_gain(const struct effect *e, token_id token) {
    u128 gain = 0;
    for (unsigned k = 0; k < ACCESS_COUNT; k++) {
        const struct access *a = &e->access[k];
        if (a->kind == ACCESS_BAL && a->token == token) {
            gain += a->after.u.balance.amount.v - a->before.u.balance.amount.v;
        }
    }
    return gain;
}

/* What they may gain: what contracts took and new shares; less what is paid out, shares given back
 * or held by a position, and the shares that the first liquidity locks. */
static inline u128 fuzz_allowed_gain(const struct op *op, const struct effect *e, token_id token) {
    u128 gain = 0;
    token_id taken_token;
    struct amount taken;
    if (op_request_taken(op, &taken_token, &taken) && taken_token == token) {
        gain += taken.v;
    }
    if (e->has_payout && e->payout.token == token) {
        gain -= e->payout.amount.v;
    }
    const struct access *pool = &e->access[5];
    if (pool->kind == ACCESS_REC && record_is_pool(&pool->after) && pool->account == token) {
        gain += pool->after.u.pool.supply.v;
        gain -= record_is_pool(&pool->before) ? pool->before.u.pool.supply.v : 0;
        gain -= op->type == OP_ADD_LIQUIDITY_FIRST ? 1000 : 0;
    }
    const struct access *position = &e->access[0];
    if (position->kind == ACCESS_REC && position->after.tag == RECORD_POSITION &&
        position->after.u.position.pool == token) {
        gain -= position->after.u.position.shares.v;
        gain += position->before.u.position.shares.v; /* 0 if it was empty */
    }
    return gain;
}

static inline void fuzz_check_conserved(const struct op *op, const struct effect *e) {
    for (unsigned k = 0; k < ACCESS_COUNT; k++) {
        if (e->access[k].kind == ACCESS_BAL) {
            token_id token = e->access[k].token;
            FUZZ_CHECK(fuzz_gain(e, token) == fuzz_allowed_gain(op, e, token));
        }
    }
    FUZZ_CHECK(!e->has_payout ||
               fuzz_gain(e, e->payout.token) == fuzz_allowed_gain(op, e, e->payout.token));
}

/* Applies op; a rejection must have changed nothing. */
static inline enum rejection fuzz_apply(struct state *s, const struct block_context *ctx,
                                        const struct op *op) {
    struct effect e;
    struct state_mark before = state_mark(s);
    enum rejection r = state_apply(s, ctx, op, &e);
    if (r == REJECT_NONE) {
        fuzz_check_conserved(op, &e);
    } else {
        struct state_mark after = state_mark(s);
        FUZZ_CHECK(after.journal == before.journal && after.next_account == before.next_account);
    }
    return r;
}

#endif
