#include "recover/exit_proofs.h"

#include <string.h>

void exit_record_proof(struct record_proof *out, const struct state *s, account_id account) {
    struct record r = state_get(s, account, 0);
    struct tree_path path;
    fr fields[4];
    record_fields(fields, &r);
    tree_path(state_tree(s), leaf_index(account, 0), &path);
    out->account = account;
    out->tag = r.tag;
    for (unsigned i = 0; i < 4; i++) {
        fr_to_be(out->fields[i], &fields[i]);
    }
    for (unsigned i = 0; i < RECORD_PATH_WORDS; i++) {
        fr_to_be(out->path[i], &path.sibling[i / 3][i % 3]);
    }
}

void exit_balance_proof(struct balance_proof *out, const struct state *s, account_id account,
                        uint8_t slot) {
    struct record r = state_get(s, account, slot);
    struct tree_path path;
    bool full = r.tag == RECORD_BALANCE;
    tree_path(state_tree(s), leaf_index(account, slot), &path);
    out->slot = slot;
    out->token = full ? r.u.balance.token : 0;
    out->amount = full ? r.u.balance.amount.v : 0;
    for (unsigned i = 0; i < BALANCE_PATH_WORDS; i++) {
        fr_to_be(out->path[i], &path.sibling[i / 3][i % 3]);
    }
}

struct walk {
    const struct state *s;
    account_id account;
    uint8_t chain;
    struct record_proof record;
    int (*f)(void *ctx, const struct exit_call *call);
    void *ctx;
    int rc;
};

/* The pool's record and reserves; false if it is no pool or has no token of the chain. */
static bool pool_proof(const struct walk *w, account_id pool, struct record_proof *record,
                       struct balance_proof reserves[2]) {
    const struct record *r = state_account(w->s, pool);
    if (!record_is_pool(r) || (token_chain(r->u.pool.token_a) != w->chain &&
                               token_chain(r->u.pool.token_b) != w->chain)) {
        return false;
    }
    exit_record_proof(record, w->s, pool);
    exit_balance_proof(&reserves[0], w->s, pool, 1);
    exit_balance_proof(&reserves[1], w->s, pool, 2);
    return true;
}

static bool hand_over(struct walk *w, struct exit_call *call) {
    w->rc = call->data.failed ? -1 : w->f(w->ctx, call);
    buf_free(&call->data);
    return w->rc == 0;
}

static bool one_balance(void *ctx, uint8_t slot, token_id token, struct amount amount) {
    struct walk *w = ctx;
    struct exit_call call = {.slot = slot, .token = token, .amount = amount};
    struct balance_proof balance, reserves[2];
    struct record_proof pool;
    exit_balance_proof(&balance, w->s, w->account, slot);
    if (token_chain(token) == w->chain) {
        zklink_exit(&call.data, &w->record, &balance);
        return hand_over(w, &call);
    }
    if (token_chain(token) == 0 && pool_proof(w, (account_id)token, &pool, reserves)) {
        zklink_exit_shares(&call.data, &w->record, &balance, &pool, reserves);
        return hand_over(w, &call);
    }
    return true;
}

int exit_each_call(const struct state *s, account_id account, uint8_t chain,
                   int (*f)(void *ctx, const struct exit_call *call), void *ctx) {
    struct walk w = {.s = s, .account = account, .chain = chain, .f = f, .ctx = ctx};
    const struct record *r = state_account(s, account);
    exit_record_proof(&w.record, s, account);
    if (r->tag == RECORD_POSITION) {
        struct exit_call call = {.token = token_of_pool(r->u.position.pool),
                                 .amount = r->u.position.shares};
        struct balance_proof reserves[2];
        struct record_proof pool;
        if (pool_proof(&w, r->u.position.pool, &pool, reserves)) {
            zklink_exit_position(&call.data, &w.record, &pool, reserves);
            (void)hand_over(&w, &call);
        }
        return w.rc;
    }
    if (record_is_account(r)) {
        state_each_balance(s, account, one_balance, &w);
    }
    return w.rc;
}
