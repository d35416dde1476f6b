#include "sender/l1_sender.h"
#include "base/clock.h"
#include "base/log.h"
#include "chain/eth_tx.h"

#include <stdio.h>
#include <string.h>

#define GWEI ((u128)1000000000)
enum { GAS_RESERVE_PERCENT = 25, BUMP_PERCENT = 25, MAX_BUMPS = 40, LOOKS_BEFORE_RESEND = 6 };

int l1_sender_queue(struct l1_sender *s, const char *kind, uint64_t subject, const uint8_t to[20],
                    u128 value_wei, const struct buf *data, struct err *err) {
    if (data->failed) {
        return err_set(err, ERR_SYSTEM, "out of memory");
    }
    struct l1_tx t = {.chain = s->chain,
                      .lane = s->lane,
                      .subject = subject,
                      .value_wei = value_wei,
                      .data = *data};
    snprintf(t.kind, sizeof t.kind, "%s", kind);
    memcpy(t.to, to, sizeof t.to);
    return l1_tx_add(s->db, &t, err);
}

static int refuse(struct l1_sender *s, const struct l1_tx *t, const char *reason,
                  enum l1_outcome *outcome, struct l1_result *result, struct err *err) {
    *outcome = L1_REFUSED;
    snprintf(result->reason, sizeof result->reason, "%.590s", reason);
    return l1_tx_end(s->db, t->id, L1_TX_FAILED, result->gas_used, reason, err);
}

static struct eth_call_args call_args(const struct l1_sender *s, const struct l1_tx *t) {
    return (struct eth_call_args){.from = s->key->address,
                                  .to = t->to,
                                  .data = t->data.data,
                                  .data_len = t->data.len,
                                  .value_wei = t->value_wei};
}

/* Fees for a new or repeated offer: twice the base fee and what the endpoint suggests as priority;
 * a repeated offer is at least BUMP_PERCENT above the last, as nodes ask for a replacement. */
static int choose_fees(struct l1_sender *s, const struct l1_send *last, struct l1_send *next,
                       struct err *err) {
    struct eth_block head;
    struct err ignored;
    u128 priority;
    if (eth_get_latest(s->client, &head, err) != 0) {
        return -1;
    }
    if (eth_max_priority_fee(s->client, &priority, &ignored) != 0) {
        priority = GWEI;
    }
    u128 fee = 2 * head.base_fee_wei + priority;
    if (last != NULL) {
        u128 least_fee = last->max_fee_wei + last->max_fee_wei * BUMP_PERCENT / 100 + 1;
        u128 least_priority =
            last->priority_fee_wei + last->priority_fee_wei * BUMP_PERCENT / 100 + 1;
        fee = fee > least_fee ? fee : least_fee;
        priority = priority > least_priority ? priority : least_priority;
    }
    if (fee > s->max_fee_wei) {
        if (last != NULL) {
            return err_set(err, ERR_CONFIG, "chain %u: fees have reached the configured maximum",
                           s->chain);
        }
        fee = s->max_fee_wei;
    }
    next->max_fee_wei = fee;
    next->priority_fee_wei = priority < fee ? priority : fee;
    return 0;
}

static int sign_and_send(struct l1_sender *s, const struct l1_tx *t, const struct l1_send *last,
                         struct err *err) {
    struct l1_send send = {0};
    struct eth_tx tx = {.chain_id = s->evm_chain_id,
                        .nonce = t->nonce,
                        .gas = t->gas,
                        .value_wei = t->value_wei,
                        .data = t->data.data,
                        .data_len = t->data.len};
    memcpy(tx.to, t->to, sizeof tx.to);
    int rc = -1;
    if (choose_fees(s, last, &send, err) != 0) {
        goto out;
    }
    tx.max_fee_wei = send.max_fee_wei;
    tx.max_priority_fee_wei = send.priority_fee_wei;
    send.sent_at_ms = clock_now_ms();
    if (eth_tx_sign(&tx, s->key, &send.raw, send.hash, err) != 0 ||
        l1_send_add(s->db, t->id, &send, err) != 0) {
        goto out;
    }
    s->looked_at_ms = clock_steady_ms();
    rc = eth_send_raw(s->client, send.raw.data, send.raw.len, err);
    char hash[67];
    hex0x_encode(hash, send.hash, 32);
    log_info("sender", "event=%s chain=%u kind=%s block=%llu nonce=%llu tx=%s%s%s%s",
             last != NULL ? "resent" : "sent", s->chain, t->kind, (unsigned long long)t->subject,
             (unsigned long long)t->nonce, hash, rc != 0 ? " problem=\"" : "",
             rc != 0 ? err->text : "", rc != 0 ? "\"" : "");
out:
    l1_send_free(&send);
    return rc;
}

/* First signing: simulate, fix gas and nonce. */
static int prepare(struct l1_sender *s, struct l1_tx *t, enum l1_outcome *outcome,
                   struct l1_result *result, struct err *err) {
    struct eth_call_args args = call_args(s, t);
    struct err e = {0};
    if (eth_estimate_gas(s->client, &args, &t->gas, &e) != 0) {
        if (e.code == ERR_REMOTE) {
            return refuse(s, t, e.text, outcome, result, err);
        }
        return err_set(err, e.code, "%s", e.text);
    }
    t->gas += t->gas * GAS_RESERVE_PERCENT / 100;
    if (eth_get_nonce(s->client, s->key->address, false, &t->nonce, err) != 0 ||
        l1_tx_set_nonce(s->db, t->id, t->nonce, t->gas, err) != 0) {
        return -1;
    }
    t->has_nonce = true;
    *outcome = L1_WAITING;
    return sign_and_send(s, t, NULL, err);
}

static int mined(struct l1_sender *s, const struct l1_tx *t, const struct eth_receipt *r,
                 enum l1_outcome *outcome, struct l1_result *result, struct err *err) {
    result->gas_used = r->gas_used;
    result->gas_price_wei = r->gas_price_wei;
    result->mined_in = r->block_number;
    result->calldata = t->data.len;
    if (!r->success) {
        /* the reason is what the same call answers on the state before that block */
        struct eth_call_args args = call_args(s, t);
        struct buf out = {0};
        struct err e = {0};
        eth_call(s->client, &args, r->block_number - 1, &out, &e);
        buf_free(&out);
        return refuse(s, t, e.code == ERR_REMOTE ? e.text : "reverted", outcome, result, err);
    }
    *outcome = L1_MINED;
    return l1_tx_end(s->db, t->id, L1_TX_DONE, r->gas_used, "", err);
}

/* Looks for a receipt of anything that was signed for t. 1: found, outcome set. */
static int find_receipt(struct l1_sender *s, const struct l1_tx *t, enum l1_outcome *outcome,
                        struct l1_result *result, struct err *err) {
    struct l1_send send = {0};
    int rc = 0;
    for (unsigned i = 0; rc == 0 && i < MAX_BUMPS; i++) {
        struct eth_receipt receipt;
        struct err e = {0};
        if (l1_send_get(s->db, t->id, i, &send, &e) != 0) {
            rc = e.code == ERR_NOT_FOUND ? 0 : err_set(err, e.code, "%s", e.text);
            break;
        }
        if (eth_get_receipt(s->client, send.hash, &receipt, &e) == 0) {
            memcpy(result->tx, send.hash, 32);
            rc = mined(s, t, &receipt, outcome, result, err) == 0 ? 1 : -1;
        } else if (e.code != ERR_NOT_FOUND) {
            rc = err_set(err, e.code, "%s", e.text);
        }
    }
    l1_send_free(&send);
    return rc;
}

/* Before it is time for higher fees: does the endpoint still have the last form? */
static int offer_again(struct l1_sender *s, const struct l1_tx *t, const struct l1_send *last,
                       struct err *err) {
    uint64_t now = clock_steady_ms();
    bool known;
    if (s->looked_at_ms != 0 && now - s->looked_at_ms < s->resend_ms / LOOKS_BEFORE_RESEND) {
        return 0;
    }
    if (eth_knows_transaction(s->client, last->hash, &known, err) != 0) {
        return -1;
    }
    s->looked_at_ms = now;
    if (known) {
        return 0;
    }
    struct err e = {0};
    int rc = eth_send_raw(s->client, last->raw.data, last->raw.len, &e);
    log_warn("sender", "event=offered_again chain=%u kind=%s block=%llu nonce=%llu%s%s%s", s->chain,
             t->kind, (unsigned long long)t->subject, (unsigned long long)t->nonce,
             rc != 0 ? " problem=\"" : "", rc != 0 ? e.text : "", rc != 0 ? "\"" : "");
    /* What the endpoint has against it (known after all, too cheap now) is no news: a receipt or
     * higher fees come later. */
    return rc == 0 || e.code == ERR_REMOTE ? 0 : err_set(err, e.code, "%s", e.text);
}

/* In no block: is the nonce gone or not reached, is it time to send again? */
static int follow_up(struct l1_sender *s, const struct l1_tx *t, enum l1_outcome *outcome,
                     struct l1_result *result, struct err *err) {
    struct l1_send last = {0};
    struct err e = {0};
    uint64_t nonce;
    int rc = -1;
    if (l1_send_get(s->db, t->id, 0, &last, &e) != 0) {
        if (e.code != ERR_NOT_FOUND) {
            return err_set(err, e.code, "%s", e.text);
        }
        return sign_and_send(s, t, NULL, err); /* ended between nonce and signature */
    }
    if (clock_now_ms() - last.sent_at_ms < s->resend_ms) {
        rc = offer_again(s, t, &last, err);
        goto out;
    }
    if (eth_get_nonce(s->client, s->key->address, false, &nonce, err) != 0) {
        goto out;
    }
    if (nonce > t->nonce) {
        /* one of ours may have been mined since the receipts were asked for */
        rc = find_receipt(s, t, outcome, result, err);
        if (rc == 0) {
            rc = refuse(s, t, "its nonce was used by another transaction", outcome, result, err);
        } else if (rc == 1) {
            rc = 0;
        }
    } else if (nonce < t->nonce) {
        /* A reorganisation took back what was mined under the nonces before: waiting would be for
         * ever. Whoever queued it looks at the chain again and begins at the gap. */
        rc = refuse(s, t, "a reorganisation took back the transaction before it", outcome, result,
                    err);
    } else {
        rc = sign_and_send(s, t, &last, err);
    }
out:
    l1_send_free(&last);
    return rc;
}

int l1_sender_step(struct l1_sender *s, enum l1_outcome *outcome, struct l1_result *result,
                   struct err *err) {
    struct l1_tx t = {0};
    struct err e = {0};
    *outcome = L1_IDLE;
    *result = (struct l1_result){0};
    if (l1_tx_oldest(s->db, s->chain, s->lane, &t, &e) != 0) {
        return e.code == ERR_NOT_FOUND ? 0 : err_set(err, e.code, "%s", e.text);
    }
    *outcome = L1_WAITING;
    memcpy(result->kind, t.kind, sizeof result->kind);
    result->subject = t.subject;
    int rc;
    if (!t.has_nonce) {
        rc = prepare(s, &t, outcome, result, err);
    } else {
        rc = find_receipt(s, &t, outcome, result, err);
        if (rc == 0) {
            rc = follow_up(s, &t, outcome, result, err);
        } else if (rc == 1) {
            rc = 0;
        }
    }
    l1_tx_free(&t);
    return rc;
}
