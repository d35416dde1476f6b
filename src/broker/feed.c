#include "broker/feed.h"

#include "api/tx_json.h"
#include "chain/eip712.h"
#include "chain/eth_key.h"

#include <string.h>

static int get_amount(const json_t *o, const char *key, struct amount *out, struct err *err) {
    u128 v = 0;
    if (json_get_u128(o, key, &v, err) != 0) {
        return -1;
    }
    return amount_from_u128(out, v) ? 0 : err_set(err, ERR_DECODE, "%s: not below 2^112", key);
}

static int get_payout(const json_t *o, struct payout *p, struct err *err) {
    uint64_t kind = 0, token = 0, broker = 0;
    if (json_get_u64(o, "kind", UINT8_MAX, &kind, err) != 0 ||
        json_get_u64(o, "a", UINT32_MAX, &p->a, err) != 0 ||
        json_get_u64(o, "b", (UINT64_C(1) << 40) - 1, &p->b, err) != 0 ||
        json_get_hex(o, "to", p->to, sizeof p->to, err) != 0 ||
        json_get_u64(o, "token", (UINT64_C(1) << TOKEN_BITS) - 1, &token, err) != 0 ||
        get_amount(o, "amount", &p->amount, err) != 0 ||
        get_amount(o, "fee", &p->broker_fee, err) != 0 ||
        json_get_u64(o, "broker", (1 << 24) - 1, &broker, err) != 0 ||
        json_get_u64(o, "exclusiveUntil", (UINT64_C(1) << 34) - 1, &p->exclusive_until, err) != 0) {
        return -1;
    }
    if ((kind != OP_WITHDRAW && kind != OP_SWAP_REQUEST) || token_chain(token) == 0) {
        return err_set(err, ERR_DECODE, "kind or token: no payout that a broker can make");
    }
    p->kind = (uint8_t)kind;
    p->token = token;
    p->chain = token_chain(token);
    p->broker = (uint32_t)broker;
    return 0;
}

static int get_key(const json_t *o, fr *x, fr *y, struct err *err) {
    const json_t *key = NULL;
    uint8_t bx[32], by[32];
    if (json_get_field(o, "pubKey", &key, err) != 0 || json_get_hex(key, "x", bx, 32, err) != 0 ||
        json_get_hex(key, "y", by, 32, err) != 0) {
        return -1;
    }
    return fr_from_be(x, bx) && fr_from_be(y, by)
               ? 0
               : err_set(err, ERR_DECODE, "pubKey: not below the field's order");
}

/* Is the transaction exactly this withdrawal, signed by its account's key, and receipted? */
static bool is_receipted(const struct book_payout *p, const json_t *entry,
                         const struct feed_trust *trust) {
    struct err err = {0};
    struct op op;
    fr x, y;
    uint8_t signature[ETH_SIGNATURE_LEN], digest[32], signer[20], id[32];
    struct receipt_message m = {.sequence = p->sequence};
    if (tx_from_json(&op, json_object_get(entry, "tx"), &err) != 0 ||
        get_key(entry, &x, &y, &err) != 0 ||
        json_get_u64(entry, "acceptedAt", INT64_MAX, &m.accepted_at, &err) != 0 ||
        json_get_hex(entry, "receipt", signature, sizeof signature, &err) != 0) {
        return false;
    }
    const struct op_withdraw *w = &op.u.withdraw;
    if (op.type != OP_WITHDRAW || op.account != p->payout.a || op.nonce != p->payout.b ||
        w->token != p->payout.token || !amount_eq(w->amount, p->payout.amount) ||
        !amount_eq(w->broker_fee, p->payout.broker_fee) ||
        memcmp(w->to, p->payout.to, sizeof w->to) != 0) {
        return false;
    }
    if (!op_signature_check(&op, trust->instance_id, &x, &y) ||
        !op_transaction_id(&op, trust->instance_id, &x, &y, id) || memcmp(id, p->hash, 32) != 0) {
        return false;
    }
    memcpy(m.instance, trust->instance_id, 32);
    memcpy(m.tx_hash, p->hash, 32);
    receipt_digest(&m, digest);
    return eth_recover(digest, signature, signer) && memcmp(signer, trust->operator, 20) == 0;
}

int feed_decode(struct book_payout *p, const json_t *entry, const struct feed_trust *trust,
                struct err *err) {
    uint8_t told[32];
    *p = (struct book_payout){0};
    if (json_get_hex(entry, "id", told, sizeof told, err) != 0 ||
        json_get_hex(entry, "hash", p->hash, sizeof p->hash, err) != 0 ||
        json_get_u64(entry, "sequence", INT64_MAX, &p->sequence, err) != 0 ||
        json_get_u64(entry, "block", INT64_MAX, &p->block, err) != 0 ||
        get_payout(entry, &p->payout, err) != 0) {
        return -1;
    }
    payout_id(p->id, &p->payout);
    if (memcmp(told, p->id, 32) != 0) {
        return err_set(err, ERR_DECODE, "id: is not that of the payout");
    }
    p->has_receipt = p->payout.kind == OP_WITHDRAW && is_receipted(p, entry, trust);
    return 0;
}
