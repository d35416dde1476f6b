/* Random blocks of two chains, proved with the real circuit, as a contract on each chain gets them:
 * with the requests to be made first, the ECDSA signatures of key changes, and what must be in
 * custody afterwards. contracts/test/Settlement.t.sol plays it.
 *   settlement_export BLOCKS OPERATIONS    JSON to stdout, figures to stderr */
#include "../support/proof_suite.h"
#include "../support/world.h"
#include "base/bytes.h"
#include "base/json.h"
#include "chain/eth_key.h"
#include "circuit/circuit.h"
#include "circuit/witness.h"
#include "proof/prover.h"

#include <stdlib.h>
#include <string.h>

enum { MAX_LOG_SIZE = 20, SRS_LOG_SIZE = 18, THREADS = 2, SEED = 3, BLOCKS_MAX = 100 };

static void must(bool ok, const char *what) {
    if (!ok) {
        fprintf(stderr, "settlement_export: %s\n", what);
        exit(1);
    }
}

/* Secret keys of the users' owner addresses: 1, 2, .. */
static void user_key(struct eth_key *key, unsigned user) {
    uint8_t secret[32] = {0};
    secret[31] = (uint8_t)(user + 1);
    must(eth_key_init(key, secret), "ECDSA key");
}

/* Signs a key change with its owner's key; false if no user is the owner. */
static bool sign_key_change(const struct world *w, struct op *op) {
    uint8_t digest[32];
    op_change_pub_key_digest(op, w->instance.instance_id, digest);
    for (unsigned i = 0; i < WORLD_USERS; i++) {
        struct eth_key key;
        user_key(&key, i);
        if (memcmp(key.address, op->u.change_pub_key.address, ADDRESS_LEN) == 0) {
            return eth_sign(&key, digest, op->u.change_pub_key.ecdsa);
        }
    }
    return false;
}

/* What contracts let into their queue, and key changes that can be signed. The world is wilder. */
static bool acceptable(struct world *w, struct op *op) {
    switch ((unsigned)op->type) {
    case OP_DEPOSIT:
        /* On L1 all of a block's deposits come before its payouts: their sum must fit too. */
        return !amount_is_zero(op->u.deposit.amount) && op->u.deposit.amount.v >> 100 == 0;
    case OP_SET_SIGNING_KEY:
        return op->account != 0;
    case OP_FULL_EXIT:
        return op->account != 0 && !address_is_zero(op->u.full_exit.to);
    case OP_CHANGE_PUB_KEY:
        return sign_key_change(w, op);
    case OP_SWAP_REQUEST:
    case OP_ADD_LIQUIDITY_REQUEST:
    case OP_REMOVE_LIQUIDITY_REQUEST:
        return false; /* the world's are absurd ones: no contract's door lets them in */
    default:
        return true;
    }
}

/* The world under the real key, its owners' addresses with known keys, and tokens that a contract
 * gives out: the coin and the first token of each chain. */
static void world_real(struct world *w, uint64_t seed, const uint8_t vk_digest[32]) {
    world_new(w, seed);
    uint8_t salt[32];
    struct instance *in = &w->instance;
    memset(salt, 7, sizeof salt); /* as world_new has it */
    memcpy(in->vk_digest, vk_digest, 32);
    instance_id_compute(in->instance_id, salt, vk_digest, in->chain_list_hash, &in->genesis_root,
                        in->fee_account);
    for (unsigned i = 0; i < WORLD_USERS; i++) {
        struct eth_key key;
        user_key(&key, i);
        memcpy(w->user[i].owner.address, key.address, ADDRESS_LEN);
    }
    w->token[1] = token_make(1, 1);
    w->token[3] = token_make(2, 1);
    w->sign = true;
    w->accept = acceptable;
}

static void next_block(struct world *w, size_t n_ops, struct block *out) {
    world_begin(w);
    while (block_builder_ops(w->builder) < n_ops) {
        (void)world_random_op(w);
    }
    world_seal(w, out);
}

/* ---- JSON ---- */

static json_t *hex_new(const uint8_t *bytes, size_t n) {
    json_t *text = json_new_hex(bytes, n);
    must(text != NULL, "memory");
    return text;
}

static void add_word(json_t *list, const fr *v) {
    uint8_t b[32];
    fr_to_be(b, v);
    must(json_array_append_new(list, hex_new(b, sizeof b)) == 0, "memory");
}

static json_t *words_new(const fr *words, size_t n) {
    json_t *list = json_array();
    for (size_t i = 0; i < n; i++) {
        add_word(list, &words[i]);
    }
    return list;
}

static json_t *header_new(const struct block_header *h) {
    uint8_t bytes[32 * HEADER_WORDS_MAX];
    size_t len = header_encode(h, bytes);
    json_t *list = json_array();
    for (size_t i = 0; i < len; i += 32) {
        must(json_array_append_new(list, hex_new(bytes + i, 32)) == 0, "memory");
    }
    return list;
}

/* One chain's part: its outbox words, the requests' templates, its key changes' signatures. */
static json_t *chain_new(const struct block *b, unsigned position) {
    uint8_t chain = b->header.chain[position].chain;
    json_t *outbox = json_array(), *requests = json_array();
    json_t *until = json_array(), *signatures = json_array();
    for (size_t i = 0; i < b->outbox[position].n; i++) {
        const struct outbox_entry *e = &b->outbox[position].entries[i];
        fr op;
        fr_from_u64(&op, e->op);
        add_word(outbox, &op);
        for (unsigned k = 0; k < OP_WORDS_MAX; k++) {
            add_word(outbox, &e->words[k]);
        }
    }
    for (size_t i = 0; i < b->n_ops; i++) {
        const struct op *op = &b->ops[i];
        fr words[OP_WORDS_MAX];
        if (op_is_request(op->type) && op_request_chain(op) == chain) {
            must(op_request_template(op, words), "template");
            for (unsigned k = 0; k < OP_WORDS_MAX; k++) {
                add_word(requests, &words[k]);
            }
        }
        if (op->type == OP_CHANGE_PUB_KEY && op->u.change_pub_key.chain == chain) {
            json_array_append_new(until, json_integer((json_int_t)op->valid_until));
            json_array_append_new(signatures, hex_new(op->u.change_pub_key.ecdsa, OP_ECDSA_LEN));
        }
    }
    return json_pack("{s:o, s:o, s:o, s:o}", "outbox", outbox, "requests", requests, "validUntil",
                     until, "signatures", signatures);
}

static json_t *block_new(const struct block *b, const struct proof_buf *proof) {
    json_t *chains = json_array();
    for (unsigned i = 0; i < WORLD_CHAINS; i++) {
        must(json_array_append_new(chains, chain_new(b, i)) == 0, "memory");
    }
    json_t *block = json_pack("{s:o, s:o, s:o, s:o}", "header", header_new(&b->header), "log",
                              words_new(b->log, b->n_log), "chains", chains, "proof",
                              hex_new(proof->data, proof->len));
    must(block != NULL, "memory");
    return block;
}

static void prove_block(json_t *list, const struct proving_key *pk, const struct block *b) {
    struct block_statement s;
    struct proof_buf proof = {0};
    struct trace *trace = witness_build(pk->vk.air, b, THREADS);
    must(trace != NULL && block_statement_init(&s, pk->vk.air, b) == 0, "witness");
    enum prove_err err = prove(pk, &s.statement, trace, THREADS, &proof, NULL);
    must(err == PROVE_OK, prove_err_text(err));
    fprintf(stderr, "block %llu: %zu operations, %zu log words, proof %zu bytes\n",
            (unsigned long long)b->header.number, b->n_ops, b->n_log, proof.len);
    must(json_array_append_new(list, block_new(b, &proof)) == 0, "memory");
    block_statement_release(&s);
    proof_buf_release(&proof);
    trace_free(trace);
}

static json_t *settlement(const struct proving_key *pk, unsigned n_blocks, size_t n_ops) {
    struct world w;
    world_real(&w, SEED, pk->vk.digest);
    const struct instance *in = &w.instance;
    uint8_t root_bytes[32], salt[32];
    memset(salt, 7, sizeof salt);
    fr_to_be(root_bytes, &in->genesis_root);
    json_t *root = proof_suite_new(pk->vk.air->name, &pk->vk);
    json_t *list = json_array(), *custody = json_array();
    for (unsigned i = 0; i < n_blocks; i++) {
        struct block b;
        next_block(&w, n_ops, &b);
        prove_block(list, pk, &b);
        block_release(&b);
    }
    for (unsigned i = 0; i < WORLD_TOKENS; i++) {
        must(json_array_append_new(custody, json_new_u128(w.custody[i])) == 0, "memory");
    }
    json_t *more = json_pack(
        "{s:o, s:o, s:i, s:o, s:i, s:i, s:o, s:o}", "salt", hex_new(salt, 32), "genesisRoot",
        hex_new(root_bytes, 32), "feeAccount", (int)in->fee_account, "instanceId",
        hex_new(in->instance_id, 32), "logChip", air_find_chip(pk->vk.air, "log"), "outboxChip",
        air_find_chip(pk->vk.air, "outbox"), "custody", custody, "blocks", list);
    must(more != NULL && json_object_update(root, more) == 0, "memory");
    json_decref(more);
    world_free(&w);
    return root;
}

int main(int argc, char **argv) {
    int n_blocks = argc == 3 ? atoi(argv[1]) : 0;
    int n_ops = argc == 3 ? atoi(argv[2]) : 0;
    if (n_blocks < 1 || n_blocks > BLOCKS_MAX || n_ops < 1) {
        fputs("usage: settlement_export BLOCKS OPERATIONS\n", stderr);
        return 2;
    }
    struct air *air = zklink_air();
    struct srs srs;
    struct proving_key pk;
    struct err err = {0};
    must(air != NULL, "no circuit");
    must(srs_generate_insecure(&srs, SRS_LOG_SIZE, SRS_INSECURE_SEED, THREADS, &err) == 0,
         err.text);
    must(proving_key_init(&pk, air, &srs, MAX_LOG_SIZE, THREADS) == KEY_OK, "key");
    json_t *root = settlement(&pk, (unsigned)n_blocks, (size_t)n_ops);
    must(json_dumpf(root, stdout, JSON_INDENT(1)) == 0, "output");
    json_decref(root);
    srs_release(&srs);
    air_free(air);
    return 0;
}
