/* API: payouts that a broker may make in advance (withdrawals with a broker's fee, swap requests
 * that were done), in the order in which they were accepted. A broker reads on from the last
 * sequence number it has seen; all that it needs to judge a payout stands in the entry, so that it
 * can check the operator's word: the transaction, its owner's key, the receipt's signature. */
#include "api/tx_json.h"
#include "node/api_internal.h"

#include <string.h>

enum { PAYOUTS_MAX = 500 };

struct listing {
    struct api *api;
    const struct state *state;
    uint64_t executed[256]; /* newest executed block, by chain */
    uint64_t epoch;         /* raised when blocks are taken back */
    uint64_t last;          /* sequence number of the last one looked at */
    unsigned looked_at;
    json_t *list;
};

bool api_payout_of(const struct op *op, struct payout *p) {
    if (op->type == OP_WITHDRAW) {
        const struct op_withdraw *w = &op->u.withdraw;
        *p = (struct payout){.token = w->token,
                             .a = op->account,
                             .b = op->nonce,
                             .amount = w->amount,
                             .broker_fee = w->broker_fee};
        memcpy(p->to, w->to, sizeof p->to);
    } else if (op->type == OP_SWAP_REQUEST && op->outcome == OUTCOME_DONE) {
        const struct op_swap_request *r = &op->u.swap_request;
        *p = (struct payout){.token = r->token_out,
                             .a = token_chain(r->token_in),
                             .b = r->index,
                             .amount = r->out,
                             .broker_fee = fee_value(r->broker_fee),
                             .broker = r->broker,
                             .exclusive_until = r->exclusive_until};
        memcpy(p->to, r->to, sizeof p->to);
    } else {
        return false;
    }
    p->kind = (uint8_t)op->type;
    p->chain = token_chain(p->token);
    return !amount_is_zero(p->broker_fee) && amount_less(p->broker_fee, p->amount);
}

static json_t *fr_json(const fr *v) {
    uint8_t b[32];
    fr_to_be(b, v);
    return json_new_hex(b, sizeof b);
}

/* What a withdrawal's sender and the operator signed; a request has neither. */
static void add_evidence(const struct listing *l, json_t *o, const struct op *op,
                         const struct store_tx *tx) {
    const struct record *account = state_account(l->state, op->account);
    uint8_t signature[ETH_SIGNATURE_LEN];
    if (op->type != OP_WITHDRAW || account->tag != RECORD_ACCOUNT_KEYED ||
        !api_sign_receipt(l->api, tx->hash, tx->seq, tx->accepted_at, signature)) {
        return;
    }
    json_object_set_new(o, "tx", tx_to_json(op));
    json_object_set_new(o, "pubKey",
                        json_pack("{s:o, s:o}", "x", fr_json(&account->u.account.key_x), "y",
                                  fr_json(&account->u.account.key_y)));
    json_object_set_new(o, "receipt", json_new_hex(signature, sizeof signature));
}

static int add_payout(void *ctx, const struct store_tx *tx, struct err *err) {
    struct listing *l = ctx;
    struct op op;
    struct payout p;
    uint8_t id[32];
    l->last = tx->seq;
    l->looked_at++;
    if (!op_decode(&op, tx->op, tx->op_len)) {
        return err_set(err, ERR_CORRUPT, "a stored operation is malformed");
    }
    if (!api_payout_of(&op, &p) || tx->block <= l->executed[p.chain]) {
        return 0;
    }
    payout_id(id, &p);
    json_t *o = json_pack("{s:o, s:I, s:o, s:I, s:I, s:i, s:I, s:I, s:o, s:I, s:o, s:o, s:I, s:I}",
                          "id", json_new_hex(id, 32), "sequence", (json_int_t)tx->seq, "hash",
                          json_new_hex(tx->hash, 32), "block", (json_int_t)tx->block, "acceptedAt",
                          (json_int_t)tx->accepted_at, "kind", (int)p.kind, "a", (json_int_t)p.a,
                          "b", (json_int_t)p.b, "to", json_new_hex(p.to, sizeof p.to), "token",
                          (json_int_t)p.token, "amount", json_new_u128(p.amount.v), "fee",
                          json_new_u128(p.broker_fee.v), "broker", (json_int_t)p.broker,
                          "exclusiveUntil", (json_int_t)p.exclusive_until);
    if (o == NULL) {
        return err_set(err, ERR_SYSTEM, "out of memory");
    }
    add_evidence(l, o, &op, tx);
    return json_array_append_new(l->list, o) == 0 ? 0 : err_set(err, ERR_SYSTEM, "out of memory");
}

static int read_payouts(struct listing *l, uint64_t after, unsigned limit, struct err *err) {
    static const unsigned types[2] = {OP_WITHDRAW, OP_SWAP_REQUEST};
    const struct chain_list *chains = &l->api->config.instance->chains;
    struct store *store = l->api->store;
    uint64_t newest = 0;
    if (store_last_seq(store, &newest, err) != 0 ||
        store_get_number(store, "epoch", &l->epoch, err) != 0) {
        return -1;
    }
    for (unsigned i = 0; i < chains->n; i++) {
        if (store_stage_number(store, chains->chain[i], STAGE_EXECUTED,
                               &l->executed[chains->chain[i]], err) != 0) {
            return -1;
        }
    }
    if (store_each_tx_of_types(store, types, after, newest, limit, add_payout, l, err) != 0) {
        return -1;
    }
    if (l->looked_at < limit) {
        l->last = newest; /* no further ones up to here */
    }
    return 0;
}

json_t *api_get_payouts(void *ctx, void *job, const json_t *params, struct rpc_error *error) {
    struct api *a = ctx;
    struct err err = {0};
    struct listing l = {.api = a, .list = json_array()};
    uint64_t after, limit;
    (void)job;
    if (!api_param_u64(params, 0, "after", INT64_MAX, &after, error) ||
        !api_param_u64(params, 1, "limit", PAYOUTS_MAX, &limit, error)) {
        json_decref(l.list);
        return NULL;
    }
    l.state = sequencer_lock_state(a->config.sequencer);
    pthread_mutex_lock(&a->store_lock);
    int rc = read_payouts(&l, after, limit == 0 ? 1 : (unsigned)limit, &err);
    pthread_mutex_unlock(&a->store_lock);
    sequencer_unlock_state(a->config.sequencer);
    if (rc != 0) {
        json_decref(l.list);
        return api_fail(error, &err);
    }
    return json_pack("{s:I, s:I, s:o}", "epoch", (json_int_t)l.epoch, "last", (json_int_t)l.last,
                     "payouts", l.list);
}
