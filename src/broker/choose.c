/* What a free key pays next: the first payout, in the order of their acceptance on L2, that the
 * rules allow and that the key has the money for. */
#include "base/clock.h"
#include "base/json.h"
#include "base/log.h"
#include "broker/payer_internal.h"
#include "chain/pools_abi.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

struct choice {
    struct payer *payer;
    size_t key;
    uint64_t now_ms;
    unsigned open;                          /* PAYING and PAID on this chain */
    u128 balance[CONFIG_MAX_BROKER_TOKENS]; /* of the key, by rule, once asked for */
    bool balance_known[CONFIG_MAX_BROKER_TOKENS];
    bool found;
    struct book_payout next;
};

/* Notes why it waits, for status; only if that is new. */
static int note(struct payer *p, struct book_payout *b, const char *reason, struct err *err) {
    if (strcmp(b->reason, reason) == 0) {
        return 0;
    }
    (void)snprintf(b->reason, sizeof b->reason, "%s", reason);
    return book_update(p->book, b, err);
}

static int exposure(struct payer *p, token_id token, u128 *net, struct err *err) {
    struct book_sum paying, paid;
    if (book_sum(p->book, p->config.chain, token, BOOK_PAYING, &paying, err) != 0 ||
        book_sum(p->book, p->config.chain, token, BOOK_PAID, &paid, err) != 0) {
        return -1;
    }
    *net = paying.net + paid.net;
    return 0;
}

static int has_stock(struct choice *c, int rule, const struct payout *p, bool *enough,
                     struct err *err) {
    u128 need = p->amount.v - p->broker_fee.v;
    if (!c->balance_known[rule]) {
        if (payer_balance(c->payer, c->key, rule, &c->balance[rule], err) != 0) {
            return -1;
        }
        c->balance_known[rule] = true;
    }
    if (token_index(p->token) == 0) {
        need += c->payer->chain_rules->gas_reserve;
    }
    *enough = c->balance[rule] >= need;
    return 0;
}

/* book_payout_fn: 1 ends the search. */
static int consider(void *ctx, const struct book_payout *entry, struct err *err) {
    struct choice *c = ctx;
    struct payer *p = c->payer;
    struct book_payout b = *entry;
    if (b.next_try_ms > c->now_ms) {
        return 0;
    }
    int rule = payer_rule(p, b.payout.token);
    struct broker_view view = {.has_receipt = b.has_receipt,
                               .block = b.block,
                               .proved = p->seen.proved,
                               .confirmed = p->seen.confirmed,
                               .now_s = c->now_ms / 1000,
                               .own_index = p->own_index,
                               .n_own = p->rules->n_keys,
                               .open = c->open};
    const struct broker_token_config *t = rule < 0 ? NULL : &p->rules->tokens[rule];
    enum broker_verdict v = broker_judge(p->rules, p->chain_rules, t, &b.payout, &view);
    if (v == BROKER_PAY) {
        if (exposure(p, b.payout.token, &view.exposure, err) != 0) {
            return -1;
        }
        v = broker_judge(p->rules, p->chain_rules, t, &b.payout, &view);
    }
    if (v == BROKER_PAY) {
        bool enough;
        if (has_stock(c, rule, &b.payout, &enough, err) != 0) {
            return -1;
        }
        v = enough ? BROKER_PAY : BROKER_WAITS_STOCK;
    }
    if (v != BROKER_PAY) {
        return note(p, &b, broker_verdict_text(v), err);
    }
    c->next = b;
    c->found = true;
    return 1;
}

/* The node does not know the transaction (any more). */
static bool is_unknown(struct payer *p, const struct err *err) {
    const json_t *reason = json_object_get(rpc_client_error_data(p->api), "reason");
    return err->code == ERR_REMOTE && json_is_string(reason) &&
           strcmp(json_string_value(reason), "NOT_FOUND") == 0;
}

/* It will not be paid in this form; what comes instead is read again as a payout of its own. */
static int forget(struct payer *p, struct book_payout *b, const char *reason, bool *same,
                  struct err *err) {
    *same = false;
    b->state = BOOK_GONE;
    (void)snprintf(b->reason, sizeof b->reason, "%s", reason);
    if (book_set_cursor(p->book, b->sequence - 1, err) != 0) {
        return -1;
    }
    return book_update(p->book, b, err);
}

/* Is it still what the node said when it was read, and in the same block? Blocks that were taken
 * back are made again, and a request may then come to something else. *same false: the book knows.
 */
static int check_with_node(struct payer *p, struct book_payout *b, bool *same, struct err *err) {
    json_t *now = NULL;
    const json_t *tx = NULL;
    char hash[67];
    uint64_t block = 0;
    u128 amount = 0;
    hex0x_encode(hash, b->hash, 32);
    if (rpc_call(p->api, "getTransactionByHash", json_pack("[s]", hash), &now, err) != 0) {
        return is_unknown(p, err) ? forget(p, b, "taken back", same, err)
                                  : err_context(err, "node");
    }
    int rc = json_get_u64(now, "block", INT64_MAX, &block, err) != 0 ||
                     json_get_field(now, "tx", &tx, err) != 0 ||
                     json_get_u128(tx, b->payout.kind == OP_WITHDRAW ? "amount" : "amountOut",
                                   &amount, err) != 0
                 ? -1
                 : 0;
    json_decref(now);
    if (rc != 0) {
        return -1;
    }
    *same = true;
    if (amount != b->payout.amount.v) {
        return forget(p, b, "taken back: it pays something else now", same, err);
    }
    if (block != b->block) {
        *same = false; /* judged again at the next look */
        b->block = block;
        return book_update(p->book, b, err);
    }
    return 0;
}

/* The contract may take the token from the key, or is asked to be allowed to. Some tokens refuse to
 * change an allowance that is not zero: it is taken back first. */
static int queue_approval(struct payer *p, size_t k, int rule, const struct book_payout *b,
                          struct err *err) {
    const uint8_t *token = NULL;
    uint8_t word[32];
    u128 allowed = 0;
    struct buf data = {0};
    if (payer_token(p, rule, &token, err) != 0 ||
        erc20_allowance(p->client, token, p->sender[k].key->address, p->deployed->contract, word,
                        err) != 0) {
        return -1;
    }
    bool plenty = !word_to_u128(word, &allowed);
    if (plenty || allowed >= b->payout.amount.v - b->payout.broker_fee.v) {
        return 0;
    }
    int rc = 0;
    if (allowed > 0) {
        erc20_approve(&data, p->deployed->contract, 0);
        rc = l1_sender_queue(&p->sender[k], "approve", (uint64_t)b->row, token, 0, &data, err);
        data.len = 0;
    }
    if (rc == 0) {
        erc20_approve(&data, p->deployed->contract, p->rules->tokens[rule].max_exposure);
        rc = l1_sender_queue(&p->sender[k], "approve", (uint64_t)b->row, token, 0, &data, err);
    }
    buf_free(&data);
    return rc;
}

/* Intent and state in one commit. */
static int queue_payment(struct payer *p, size_t k, struct book_payout *b, struct err *err) {
    int rule = payer_rule(p, b->payout.token);
    bool native = token_index(b->payout.token) == 0;
    u128 net = b->payout.amount.v - b->payout.broker_fee.v;
    struct buf data = {0};
    struct db *db = book_db(p->book);
    if (db_begin(db, err) != 0) {
        return -1;
    }
    zklink_accept(&data, &b->payout);
    b->state = BOOK_PAYING;
    b->lane = p->config.lanes[k];
    b->reason[0] = '\0';
    int rc = native ? 0 : queue_approval(p, k, rule, b, err);
    if (rc == 0) {
        rc = l1_sender_queue(&p->sender[k], "accept", (uint64_t)b->row, p->deployed->contract,
                             native ? net : 0, &data, err);
    }
    if (rc == 0) {
        rc = book_update(p->book, b, err);
    }
    if (rc == 0) {
        rc = db_commit(db, err);
    }
    if (rc != 0) {
        db_rollback(db);
    }
    buf_free(&data);
    return rc;
}

int payer_choose(struct payer *p, size_t k, bool *queued, struct err *err) {
    struct choice c = {.payer = p, .key = k, .now_ms = clock_now_ms()};
    struct book_sum paying, paid;
    bool same = false;
    *queued = false;
    if (book_sum(p->book, p->config.chain, 0, BOOK_PAYING, &paying, err) != 0 ||
        book_sum(p->book, p->config.chain, 0, BOOK_PAID, &paid, err) != 0) {
        return -1;
    }
    c.open = (unsigned)(paying.n + paid.n);
    if (book_each(p->book, p->config.chain, BOOK_OPEN, consider, &c, err) < 0) {
        return -1;
    }
    if (!c.found) {
        return 0;
    }
    if (check_with_node(p, &c.next, &same, err) != 0) {
        return -1;
    }
    if (!same) {
        return 0;
    }
    if (queue_payment(p, k, &c.next, err) != 0) {
        return -1;
    }
    *queued = true;
    return 0;
}
