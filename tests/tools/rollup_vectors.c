/* Prints random blocks with all their digests, signed transactions and requests as JSON: the
 * vectors tests/vectors/rollup/blocks.json, which tests/reference/rollup.py replays by its own
 * means. rollup_vectors > tests/vectors/rollup/blocks.json Deterministic: a difference to the
 * stored file is a change of the protocol. */
#include "../support/world.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

enum { BLOCKS = 6, OPS = 50, SEED = 5 };

static void bytes(const uint8_t *b, size_t n) {
    fputs("\"0x", stdout);
    for (size_t i = 0; i < n; i++) {
        printf("%02x", b[i]);
    }
    putchar('"');
}

static void word(const fr *v) {
    uint8_t b[32];
    fr_to_be(b, v);
    bytes(b, 32);
}

static void words(const char *name, const fr *v, size_t n) {
    printf("\"%s\": [", name);
    for (size_t i = 0; i < n; i++) {
        fputs(i > 0 ? ", " : "", stdout);
        word(&v[i]);
    }
    putchar(']');
}

static void field(const char *name, uint64_t v) {
    printf(", \"%s\": %" PRIu64, name, v);
}

static void amount_field(const char *name, struct amount a) {
    char text[AMOUNT_TEXT_SIZE];
    printf(", \"%s\": %s", name, amount_format(text, a, 0));
}

static void bytes_field(const char *name, const uint8_t *b, size_t n) {
    printf(", \"%s\": ", name);
    bytes(b, n);
}

static void owner_field(const char *name, const struct owner *o) {
    uint8_t b[ADDRESS_LEN + 1] = {o->authority};
    memcpy(b + 1, o->address, ADDRESS_LEN);
    bytes_field(name, b, sizeof b);
}

static void signed_fields(const struct op *op) {
    switch (op->type) {
    case OP_TRANSFER:
        field("to", op->u.transfer.to);
        field("token", op->u.transfer.token);
        amount_field("amount", op->u.transfer.amount);
        break;
    case OP_TRANSFER_TO_ADDRESS:
        owner_field("owner", &op->u.transfer.to_owner);
        field("token", op->u.transfer.token);
        amount_field("amount", op->u.transfer.amount);
        break;
    case OP_CREATE_POOL:
    case OP_CREATE_STABLE_POOL:
        field("tokenA", op->u.create_pool.token_a);
        field("tokenB", op->u.create_pool.token_b);
        field("poolFee", op->u.create_pool.fee);
        if (op->type == OP_CREATE_STABLE_POOL) {
            field("amp", op->u.create_pool.curve.amp);
            field("multA", op->u.create_pool.curve.mult_a);
            field("multB", op->u.create_pool.curve.mult_b);
        }
        break;
    case OP_ADD_LIQUIDITY_ONE:
    case OP_REMOVE_LIQUIDITY_ONE:
        field("pool", op->u.one_sided.pool);
        field("token", op->u.one_sided.token);
        amount_field("amount", op->u.one_sided.amount);
        amount_field("min", op->u.one_sided.min);
        break;
    case OP_ADD_LIQUIDITY_FIRST:
    case OP_ADD_LIQUIDITY:
        field("pool", op->u.add_liquidity.pool);
        amount_field("maxA", op->u.add_liquidity.max_a);
        amount_field("maxB", op->u.add_liquidity.max_b);
        amount_field("minShares", op->u.add_liquidity.min_shares);
        break;
    case OP_REMOVE_LIQUIDITY:
        field("pool", op->u.remove_liquidity.pool);
        amount_field("shares", op->u.remove_liquidity.shares);
        amount_field("minA", op->u.remove_liquidity.min_a);
        amount_field("minB", op->u.remove_liquidity.min_b);
        break;
    case OP_SWAP:
        field("pool", op->u.swap.pool);
        field("tokenIn", op->u.swap.token_in);
        amount_field("amountIn", op->u.swap.amount_in);
        amount_field("minOut", op->u.swap.min_out);
        break;
    case OP_WITHDRAW:
        field("token", op->u.withdraw.token);
        amount_field("amount", op->u.withdraw.amount);
        bytes_field("to", op->u.withdraw.to, ADDRESS_LEN);
        amount_field("brokerFee", op->u.withdraw.broker_fee);
        break;
    case OP_FORCED_EXIT:
        field("peer", op->u.forced_exit.peer);
        field("token", op->u.forced_exit.token);
        break;
    case OP_DEPOSIT:
    case OP_SET_SIGNING_KEY:
    case OP_FULL_EXIT:
    case OP_CHANGE_PUB_KEY:
    case OP_SWAP_REQUEST:
    case OP_ADD_LIQUIDITY_REQUEST:
    case OP_REMOVE_LIQUIDITY_REQUEST:
        break;
    }
}

static bool print_op(const struct world *w, const struct op *op, const struct effect *e) {
    fr m[OP_MESSAGE_WORDS];
    uint8_t id[32], sig[SCHNORR_SIGNATURE_LEN], seen[OP_BYTES_MAX];
    const uint8_t *instance = w->instance.instance_id;
    printf("   {\"type\": \"%s\"", op_name(op->type));
    field("account", op->account);
    size_t len = op_encode(op, seen, sizeof seen);
    bytes_field("stored", seen, len);
    if (op_is_request(op->type)) {
        if (!op_request_template(op, m) || !op_request_hash(op, id)) {
            return false;
        }
        printf(", ");
        words("template", m, OP_WORDS_MAX);
        bytes_field("hash", id, 32);
        printf("}");
        return true;
    }
    const struct record *r = &e->access[0].before;
    const fr *x = &r->u.account.key_x, *y = &r->u.account.key_y;
    field("nonce", op->nonce);
    field("validUntil", op->valid_until);
    field("feeToken", op->fee_token);
    field("mant", op->fee.mant);
    field("exp", op->fee.exp);
    if (!op_transaction_id(op, instance, x, y, id)) {
        return false;
    }
    bytes_field("id", id, 32);
    if (op->type == OP_CHANGE_PUB_KEY) {
        x = &op->u.change_pub_key.key_x;
        y = &op->u.change_pub_key.key_y;
    } else {
        signed_fields(op);
        schnorr_encode(sig, &op->signature);
        bytes_field("signature", sig, sizeof sig);
        printf(", ");
        if (!op_message(op, m) || !op_signature_check(op, instance, x, y)) {
            return false;
        }
        words("message", m, OP_MESSAGE_WORDS);
    }
    fr key[2] = {*x, *y};
    printf(", ");
    words("key", key, 2);
    printf("}");
    return true;
}

static bool print_block(const struct world *w, const struct block *b, bool last) {
    uint8_t header[32 * HEADER_WORDS_MAX], hash[32];
    size_t len = header_encode(&b->header, header);
    printf("  {\"header\": ");
    bytes(header, len);
    header_hash(hash, &b->header);
    bytes_field("headerHash", hash, 32);
    printf(",\n   ");
    words("log", b->log, b->n_log);
    printf(",\n   \"outboxes\": [");
    for (unsigned i = 0; i < b->header.n_chains; i++) {
        uint8_t entry[32 * OUTBOX_ENTRY_WORDS];
        printf("%s[", i > 0 ? ", " : "");
        for (size_t k = 0; k < b->outbox[i].n; k++) {
            outbox_encode(entry, &b->outbox[i].entries[k], 1);
            fputs(k > 0 ? ", " : "", stdout);
            bytes(entry, sizeof entry);
        }
        putchar(']');
    }
    printf("],\n   \"operations\": [\n");
    for (size_t i = 0; i < b->n_ops; i++) {
        if (!print_op(w, &b->ops[i], &b->effects[i])) {
            return false;
        }
        printf("%s\n", i + 1 < b->n_ops ? "," : "]");
    }
    printf("  }%s\n", last ? "]," : ",");
    return true;
}

struct listing {
    const struct world *w;
    bool first;
};

static bool print_balance(void *ctx, uint8_t slot, token_id token, struct amount amount) {
    char text[AMOUNT_TEXT_SIZE];
    bool *first = ctx;
    printf("%s\"%u\": [%" PRIu64 ", %s]", *first ? "" : ", ", slot, token,
           amount_format(text, amount, 0));
    *first = false;
    return true;
}

static bool print_account(void *ctx, account_id account, const struct record *r) {
    struct listing *l = ctx;
    fr f[4];
    bool first = true;
    record_fields(f, r);
    printf("%s\n  \"%" PRIu32 "\": {\"tag\": %u, ", l->first ? "" : ",", account, (unsigned)r->tag);
    words("record", f, 4);
    printf(", \"balances\": {");
    state_each_balance(l->w->s, account, print_balance, &first);
    printf("}}");
    l->first = false;
    return true;
}

int main(void) {
    struct world w;
    uint8_t sync[32], salt[32];
    fr domain;
    world_new(&w, SEED);
    w.sign = true;
    op_signature_domain(&domain, w.instance.instance_id);
    sync_hash_genesis(sync, w.instance.instance_id);
    printf("{\"chains\": [[1, 31337], [2, 31338]]");
    memset(salt, 7, sizeof salt); /* as world_new has it */
    bytes_field("salt", salt, 32);
    bytes_field("vkDigest", w.instance.vk_digest, 32);
    owner_field("feeOwner", &state_account(w.s, FEE_ACCOUNT_GENESIS)->u.account.owner);
    bytes_field("instanceId", w.instance.instance_id, 32);
    bytes_field("syncHash", sync, 32);
    printf(", ");
    words("signatureDomain", &domain, 1);
    printf(",\n \"blocks\": [\n");
    for (int n = 0; n < BLOCKS; n++) {
        struct block b;
        world_begin(&w);
        while (block_builder_ops(w.builder) < OPS) {
            (void)world_random_op(&w);
        }
        world_seal(&w, &b);
        if (!print_block(&w, &b, n + 1 == BLOCKS)) {
            return 1;
        }
        block_release(&b);
    }
    printf(" \"state\": {");
    struct listing l = {&w, true};
    state_each_account(w.s, print_account, &l);
    printf("\n }\n}\n");
    world_free(&w);
    return 0;
}
