/* Prints what the contracts and the C library must compute alike, as JSON; contracts/test reads it.
 *   contract_vectors words  > tests/vectors/contracts/words.json
 *   contract_vectors trades > tests/vectors/contracts/trades.json
 *   contract_vectors calls  > tests/vectors/contracts/calls.json
 * Deterministic: a difference to the stored file is a change of the protocol. Lists are kept column
 * by column, so that forge reads each with one call; numbers are hexadecimal. */
#include "../support/columns.h"
#include "../support/world.h"
#include "base/bytes.h"
#include "base/json.h"
#include "chain/eip712.h"
#include "chain/zklink_abi.h"
#include "crypto/keccak.h"
#include "rollup/pool.h"

#include <inttypes.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { REQUESTS = 120, DIGESTS = 40, KEYS = 60, TRADES = 1300, CHAIN_TRADES = 200 };

/* ---- requests and outbox entries ---- */

static void put_words(json_t *table, const fr words[OP_WORDS_MAX]) {
    static const char *const names[OP_WORDS_MAX] = {"w0", "w1", "w2", "w3"};
    for (unsigned i = 0; i < OP_WORDS_MAX; i++) {
        column_fr(table, names[i], &words[i]);
    }
}

/* A request's fields as its contract sees them, its template and hash, and its words once the
 * operator filled them in. Columns not used by a type are 0. */
static void put_request(json_t *table, const struct op *op) {
    fr template[OP_WORDS_MAX], words[OP_WORDS_MAX];
    uint8_t hash[32], to[ADDRESS_LEN] = {0};
    const struct owner *owner = op->type == OP_DEPOSIT           ? &op->u.deposit.owner
                                : op->type == OP_SET_SIGNING_KEY ? &op->u.set_signing_key.owner
                                                                 : &op->u.full_exit.owner;
    vectors_must(op_request_template(op, template) && op_words(op, words) &&
                     op_request_hash(op, hash),
                 "request");
    bool deposit = op->type == OP_DEPOSIT, exit = op->type == OP_FULL_EXIT;
    column_u128(table, "type", op->type);
    column_u128(table, "chain", owner->authority);
    column_address(table, "owner", owner->address);
    column_u128(table, "account", op->account);
    column_u128(table, "token", deposit ? op->u.deposit.token : exit ? op->u.full_exit.token : 0);
    column_u128(table, "amount",
                deposit ? op->u.deposit.amount.v
                : exit  ? op->u.full_exit.amount.v
                        : 0);
    column_u128(table, "slot", deposit ? op->u.deposit.slot : exit ? op->u.full_exit.slot : 0);
    column_u128(table, "ok", exit ? op->u.full_exit.ok : !deposit && op->u.set_signing_key.ok);
    column_address(table, "to", exit ? op->u.full_exit.to : to);
    column_fr(table, "x", op->type == OP_SET_SIGNING_KEY ? &op->u.set_signing_key.key_x : &FR_ZERO);
    column_fr(table, "y", op->type == OP_SET_SIGNING_KEY ? &op->u.set_signing_key.key_y : &FR_ZERO);
    column_fr(table, "template", &template[0]);
    column_bytes(table, "hash", hash, 32);
    put_words(table, words);
}

static void put_withdrawal(json_t *table, const struct op *op) {
    fr words[OP_WORDS_MAX];
    vectors_must(op_words(op, words), "withdrawal");
    column_u128(table, "token", op->u.withdraw.token);
    column_u128(table, "amount", op->u.withdraw.amount.v);
    column_address(table, "to", op->u.withdraw.to);
    put_words(table, words);
}

static void put_key_change(json_t *table, const struct op *op, const uint8_t instance[32]) {
    fr words[OP_WORDS_MAX];
    uint8_t digest[32];
    vectors_must(op_words(op, words), "key change");
    op_change_pub_key_digest(op, instance, digest);
    column_u128(table, "account", op->account);
    column_u128(table, "nonce", op->nonce);
    column_u128(table, "feeToken", op->fee_token);
    column_u128(table, "fee", fee_value(op->fee).v);
    column_u128(table, "chain", op->u.change_pub_key.chain);
    column_u128(table, "validUntil", op->valid_until);
    column_bytes(table, "digest", digest, 32);
    put_words(table, words);
}

static void random_op(struct world *w, struct op *op, enum op_type type) {
    op_init(op, type);
    op->account = (account_id)world_field(w, ACCOUNT_BITS);
    op->nonce = (uint32_t)world_field(w, 32);
    op->valid_until = world_field(w, VALID_UNTIL_BITS);
    op->fee_token = world_field(w, TOKEN_BITS);
    op->fee = (struct fee){(uint32_t)world_field(w, FEE_MANT_BITS),
                           (uint8_t)world_field(w, FEE_EXP_BITS)};
    op->fee_slot = (uint8_t)world_field(w, 8);
    op->fee_account_slot = (uint8_t)world_field(w, 8);
    struct owner owner = {.authority = (uint8_t)world_field(w, CHAIN_BITS)};
    world_address(w, owner.address);
    const bjj_affine *key = &w->user[world_random(w) % WORLD_USERS].key.public_key;
    switch ((unsigned)type) {
    case OP_DEPOSIT:
        op->u.deposit = (struct op_deposit){world_field(w, TOKEN_BITS), world_amount(w), owner,
                                            (uint8_t)world_field(w, 8)};
        break;
    case OP_SET_SIGNING_KEY:
        op->u.set_signing_key =
            (struct op_set_signing_key){owner, key->x, key->y, world_random(w) % 2 == 0};
        break;
    case OP_FULL_EXIT:
        op->u.full_exit.owner = owner;
        op->u.full_exit.slot = (uint8_t)world_field(w, 8);
        world_address(w, op->u.full_exit.to);
        op->u.full_exit.ok = world_random(w) % 2 == 0;
        op->u.full_exit.token = world_field(w, TOKEN_BITS);
        op->u.full_exit.amount = world_amount(w);
        break;
    case OP_CHANGE_PUB_KEY:
        op->u.change_pub_key.chain = (uint8_t)world_field(w, CHAIN_BITS);
        memcpy(op->u.change_pub_key.address, owner.address, ADDRESS_LEN);
        op->u.change_pub_key.key_x = key->x;
        op->u.change_pub_key.key_y = key->y;
        break;
    default:
        op->u.withdraw.token = world_field(w, TOKEN_BITS);
        op->u.withdraw.amount = world_amount(w);
        op->u.withdraw.slot = (uint8_t)world_field(w, 8);
        world_address(w, op->u.withdraw.to);
    }
}

static void operations(json_t *root, struct world *w) {
    json_t *requests = table_new(root, "requests"), *withdrawals = table_new(root, "withdrawals");
    json_t *changes = table_new(root, "keyChanges");
    struct op op;
    for (unsigned i = 0; i < REQUESTS; i++) {
        random_op(w, &op, (enum op_type)(OP_DEPOSIT + i % 3));
        put_request(requests, &op);
        random_op(w, &op, OP_WITHDRAW);
        put_withdrawal(withdrawals, &op);
        random_op(w, &op, OP_CHANGE_PUB_KEY);
        put_key_change(changes, &op, w->instance.instance_id);
    }
}

/* ---- digests ---- */

static void instance(json_t *root, const struct world *w) {
    json_t *t = table_new(root, "instance");
    const struct instance *in = &w->instance;
    uint8_t salt[32], sync[32];
    fr domain;
    memset(salt, 7, sizeof salt); /* as world_new has it */
    sync_hash_genesis(sync, in->instance_id);
    op_signature_domain(&domain, in->instance_id);
    column_bytes(t, "salt", salt, 32);
    column_bytes(t, "vkDigest", in->vk_digest, 32);
    column_fr(t, "genesisRoot", &in->genesis_root);
    column_u128(t, "feeAccount", in->fee_account);
    for (unsigned i = 0; i < in->chains.n; i++) {
        column_u128(t, "chains", in->chains.chain[i]);
        column_u128(t, "evmIds", in->chains.evm_id[i]);
    }
    column_bytes(t, "chainListHash", in->chain_list_hash, 32);
    column_bytes(t, "instanceId", in->instance_id, 32);
    column_bytes(t, "syncHash", sync, 32);
    column_fr(t, "signatureDomain", &domain);
}

/* The words of test logs: (i + 1) c mod r for a c that fills the field. */
static void log_word(fr *out, uint64_t i) {
    uint8_t c[32];
    fr factor, n;
    memset(c, 0x2f, sizeof c);
    vectors_must(fr_from_be(&factor, c), "factor");
    fr_from_u64(&n, i + 1);
    fr_mul(out, &n, &factor);
}

static void logs(json_t *root) {
    static const size_t lengths[] = {0,
                                     1,
                                     2,
                                     LOG_PIECE_WORDS - 1,
                                     LOG_PIECE_WORDS,
                                     LOG_PIECE_WORDS + 1,
                                     2 * LOG_PIECE_WORDS,
                                     2 * LOG_PIECE_WORDS + 5};
    json_t *t = table_new(root, "logs");
    for (unsigned i = 0; i < sizeof lengths / sizeof lengths[0]; i++) {
        fr *words = calloc(lengths[i] + 1, sizeof *words);
        uint8_t digest[32];
        vectors_must(words != NULL, "memory");
        for (size_t k = 0; k < lengths[i]; k++) {
            log_word(&words[k], k);
        }
        log_digest(digest, words, lengths[i]);
        column_u128(t, "length", lengths[i]);
        column_bytes(t, "digest", digest, 32);
        free(words);
    }
}

static void random_bytes(struct world *w, uint8_t out[32]) {
    for (unsigned i = 0; i < 32; i++) {
        out[i] = (uint8_t)world_random(w);
    }
}

static void sync_and_consensus(json_t *root, struct world *w) {
    json_t *s = table_new(root, "syncHashes"), *c = table_new(root, "consensus");
    for (unsigned i = 0; i < DIGESTS; i++) {
        uint8_t previous[32], header[32], proof[32], next[32];
        random_bytes(w, previous);
        random_bytes(w, header);
        random_bytes(w, proof);
        sync_hash_next(next, previous, header, proof);
        column_bytes(s, "previous", previous, 32);
        column_bytes(s, "headerHash", header, 32);
        column_bytes(s, "proofHash", proof, 32);
        column_bytes(s, "next", next, 32);

        struct consensus_message m = {.epoch = world_field(w, 64),
                                      .number = world_field(w, 64),
                                      .expiry = world_field(w, 64)};
        uint8_t digest[32];
        random_bytes(w, m.instance);
        random_bytes(w, m.sync_hash);
        consensus_digest(&m, digest);
        column_bytes(c, "instance", m.instance, 32);
        column_u128(c, "epoch", m.epoch);
        column_u128(c, "number", m.number);
        column_bytes(c, "syncHash", m.sync_hash, 32);
        column_u128(c, "expiry", m.expiry);
        column_bytes(c, "digest", digest, 32);
    }
}

/* ---- keys ---- */

static void put_key(json_t *t, const char *what, const uint8_t bytes[64]) {
    bjj_affine p;
    vectors_must(json_array_append_new(table_column(t, "what"), json_string(what)) == 0, "memory");
    column_bytes(t, "x", bytes, 32);
    column_bytes(t, "y", bytes + 32, 32);
    column_u128(t, "valid", bjj_decode(&p, bytes) && record_key_check(&p.x, &p.y));
}

static void put_point(json_t *t, const char *what, const bjj_point *p) {
    bjj_affine a;
    uint8_t bytes[64];
    bjj_to_affine(&a, p);
    bjj_encode(bytes, &a);
    put_key(t, what, bytes);
}

/* A point of order 8: a point of the whole group, times l. Found by trying x. */
static void torsion(bjj_point *out) {
    bjj_affine p;
    bjj_point q, four;
    fr one, a, d, xx, num, den, yy;
    fr_from_u64(&one, 1);
    fr_from_u64(&a, BJJ_A);
    fr_from_u64(&d, BJJ_D);
    for (uint64_t x = 2;; x++) {
        fr_from_u64(&p.x, x);
        fr_sqr(&xx, &p.x); /* y^2 = (1 - a x^2) / (1 - d x^2) */
        fr_mul(&num, &a, &xx);
        fr_sub(&num, &one, &num);
        fr_mul(&den, &d, &xx);
        fr_sub(&den, &one, &den);
        fr_inv(&den, &den);
        fr_mul(&yy, &num, &den);
        if (!fr_sqrt(&p.y, &yy)) {
            continue;
        }
        bjj_from_affine(&q, &p);
        bjj_mul_var(out, &q, BJJ_ORDER);
        bjj_dbl(&four, out);
        bjj_dbl(&four, &four);
        if (!bjj_eq_affine(&four, &BJJ_IDENTITY)) {
            return;
        }
    }
}

static void keys(json_t *root, struct world *w) {
    json_t *t = table_new(root, "keys");
    bjj_point small, p, sum;
    bjj_affine a;
    uint8_t bytes[64];
    torsion(&small);
    bjj_identity(&p);
    for (unsigned i = 0; i < 8; i++) {
        put_point(t, "of small order", &p);
        bjj_from_affine(&sum, &w->user[i].key.public_key);
        bjj_add(&sum, &sum, &p);
        put_point(t, i == 0 ? "in the subgroup" : "outside the subgroup", &sum);
        bjj_add(&p, &p, &small);
    }
    for (unsigned i = 0; i < KEYS; i++) {
        uint64_t k[4] = {world_random(w), world_random(w), world_random(w), world_random(w)};
        bjj_from_affine(&p, &BJJ_BASE);
        bjj_mul_var(&p, &p, k);
        bjj_to_affine(&a, &p);
        bjj_encode(bytes, &a);
        put_key(t, "in the subgroup", bytes);
        bytes[63 - i % 64] ^= 1;
        put_key(t, "a bit changed", bytes);
    }
    bjj_encode(bytes, &BJJ_BASE);
    put_key(t, "base point", bytes);
    /* The same residues, not canonical. */
    for (unsigned half = 0; half < 2; half++) {
        uint8_t high[64];
        unsigned carry = 0;
        memcpy(high, bytes, sizeof high);
        for (unsigned i = 0; i < 32; i++) {
            uint8_t *b = &high[32 * half + 31 - i];
            carry += *b + (unsigned)(FR_MODULUS[i / 8] >> (8 * (i % 8)) & 0xff);
            *b = (uint8_t)carry;
            carry >>= 8;
        }
        put_key(t, "not canonical", high);
    }
    memset(bytes, 0xff, sizeof bytes);
    put_key(t, "not canonical", bytes);
    memset(bytes, 0, sizeof bytes);
    put_key(t, "off the curve", bytes);
}

/* ---- trades ---- */

/* From 1 to 2^112 - 1 in every order of size. */
static struct amount reserve(struct world *w) {
    struct amount a = world_amount(w);
    return amount_is_zero(a) ? amount_from_u64(1) : a;
}

static void put_trade(json_t *t, struct amount rin, struct amount rout, struct amount in) {
    struct pool_swap q;
    vectors_must(pool_swap_out(&q, in, rin, rout, 30), "trade");
    column_u128(t, "reserveIn", rin.v);
    column_u128(t, "reserveOut", rout.v);
    column_u128(t, "amountIn", in.v);
    column_u128(t, "amountOut", q.out.v);
}

static void trades(json_t *root, struct world *w) {
    json_t *t = table_new(root, "random"), *c = table_new(root, "chain");
    for (unsigned i = 0; i < TRADES;) {
        struct amount rin = reserve(w), rout = reserve(w), in = reserve(w);
        if (world_random(w) % 2 == 0) { /* of the pool's own size */
            in.v = 1 + rin.v / (1 + world_random(w) % 1000);
        }
        if (in.v > amount_max().v - rin.v) { /* the pool could not hold it */
            continue;
        }
        put_trade(t, rin, rout, in);
        i++;
    }
    struct amount r[2] = {{1000000000000ULL}, {3000000000000ULL}};
    for (unsigned i = 0; i < CHAIN_TRADES; i++) {
        unsigned x = (unsigned)(world_random(w) % 2);
        struct amount in = {1 + world_random(w) % (uint64_t)(r[x].v / 20)};
        struct pool_swap q;
        column_u128(c, "direction", x);
        put_trade(c, r[x], r[1 - x], in);
        vectors_must(pool_swap_out(&q, in, r[x], r[1 - x], 30), "trade");
        r[x].v += in.v;
        r[1 - x].v -= q.out.v;
    }
}

/* ---- calls ---- */

/* n words that count on from `first`. */
static const uint8_t *count_words(uint64_t first, size_t n) {
    static uint8_t words[64][WORD_LEN];
    vectors_must(n <= 64, "words");
    for (size_t i = 0; i < n; i++) {
        word_from_u64(words[i], first + i);
    }
    return words[0];
}

/* A block's submission with n entries, n key signatures and a log of n words. */
static void submit_call(json_t *root, const char *name, const struct stored_block *b, unsigned n) {
    struct buf data = {0};
    struct key_signature keys[4];
    uint8_t header[25 * WORD_LEN], outbox[15 * WORD_LEN], log[4 * WORD_LEN], proof[100];
    vectors_must(n <= 3, "entries");
    memcpy(header, count_words(100, 25), sizeof header);
    memcpy(outbox, count_words(200, 15), sizeof outbox);
    memcpy(log, count_words(300, 4), sizeof log);
    memset(proof, 0x5a, sizeof proof);
    for (unsigned i = 0; i < n; i++) {
        keys[i].valid_until = 1000 + i;
        memset(keys[i].signature, (int)(0x40 + i), sizeof keys[i].signature);
    }
    struct submit_block_args a = {.previous = *b,
                                  .header = header,
                                  .outbox = outbox,
                                  .log = log,
                                  .header_words = 25,
                                  .outbox_words = (size_t)5 * n,
                                  .log_words = n,
                                  .key_signatures = keys,
                                  .n_key_signatures = n,
                                  .proof = proof,
                                  .proof_len = 64 + n};
    word_from_u64(a.log_challenge, 400 + n);
    zklink_submit_block(&data, &a);
    put_call(root, name, &data);
}

static void calls(json_t *root) {
    struct buf data = {0};
    struct stored_block b = {.number = 1, .timestamp = 2, .end_request = 3};
    uint8_t address[2][ADDRESS_LEN], signature[3][65], word[WORD_LEN];
    memset(b.sync_hash, 4, 32);
    memset(b.root, 5, 32);
    memset(b.outbox_digest, 6, 32);
    memset(address[0], 0xa1, ADDRESS_LEN);
    memset(address[1], 0xb2, ADDRESS_LEN);
    for (unsigned i = 0; i < 3; i++) {
        memset(signature[i], (int)(0x70 + i), sizeof signature[i]);
    }
    struct network_signatures networks[2] = {{(const uint8_t(*)[65])signature, 3},
                                             {(const uint8_t(*)[65])(signature + 1), 1}};
    submit_call(root, "submitBlock0", &b, 0);
    submit_call(root, "submitBlock1", &b, 1);
    submit_call(root, "submitBlock3", &b, 3);
    word_from_u64(word, 77);
    zklink_post_log_piece(&data, word, 3968, count_words(300, 9), 9);
    put_call(root, "postLogPiece", &data);
    zklink_confirm_blocks(&data, &b, 555, networks, 2);
    put_call(root, "confirmBlocks", &data);
    zklink_execute_block(&data, &b, count_words(200, 10), 10, 7);
    put_call(root, "executeBlock", &data);
    zklink_register_token(&data, address[0]);
    put_call(root, "registerToken", &data);
    zklink_deposit(&data, address[0], (u128)9 << 100, address[1]);
    put_call(root, "deposit", &data);
    zklink_deposit_native(&data, address[1]);
    put_call(root, "depositNative", &data);
    zklink_request_set_signing_key(&data, 8, word, b.root);
    put_call(root, "requestSetSigningKey", &data);
    zklink_request_full_exit(&data, 8, 9, address[1]);
    put_call(root, "requestFullExit", &data);
    zklink_withdraw_pending(&data, 8, address[1]);
    put_call(root, "withdrawPending", &data);
}

int main(int argc, char **argv) {
    const char *what = argc == 2 ? argv[1] : "";
    if (strcmp(what, "words") != 0 && strcmp(what, "trades") != 0 && strcmp(what, "calls") != 0) {
        fputs("usage: contract_vectors words|trades|calls\n", stderr);
        return 2;
    }
    struct world w;
    json_t *root = json_object();
    vectors_must(root != NULL, "memory");
    world_new(&w, 20);
    if (what[0] == 'c') {
        calls(root);
    } else if (what[0] == 'w') {
        instance(root, &w);
        operations(root, &w);
        logs(root);
        sync_and_consensus(root, &w);
        keys(root, &w);
    } else {
        trades(root, &w);
    }
    vectors_must(json_dumpf(root, stdout, JSON_INDENT(1)) == 0, "output");
    putchar('\n');
    json_decref(root);
    world_free(&w);
    return 0;
}
