/* Header, digests, instance: what contracts and oracles hash too. */
#include "rollup/block.h"

#include "crypto/keccak.h"

#include <stdlib.h>
#include <string.h>

static void put_u64(uint8_t word[32], uint64_t v) {
    amount_to_be(word, amount_from_u64(v));
}

/* Reads an integer below 2^bits from a word. */
static bool get_u64(uint64_t *out, const uint8_t word[32], unsigned bits) {
    struct amount a;
    *out = 0;
    if (!amount_from_be(&a, word) || a.v >> bits != 0) {
        return false;
    }
    *out = (uint64_t)a.v;
    return true;
}

size_t header_encode(const struct block_header *h, uint8_t out[32 * HEADER_WORDS_MAX]) {
    uint8_t *w = out;
    memcpy(w, h->instance_id, 32);
    put_u64(w + 32, h->version);
    memcpy(w + 64, h->vk_digest, 32);
    put_u64(w + 96, h->number);
    put_u64(w + 128, h->timestamp);
    put_u64(w + 160, h->fee_account);
    fr_to_be(w + 192, &h->old_root);
    fr_to_be(w + 224, &h->new_root);
    memcpy(w + 256, h->chain_list_hash, 32);
    memcpy(w + 288, h->log_digest, 32);
    put_u64(w + 320, h->log_words);
    put_u64(w + 352, h->operations);
    put_u64(w + 384, h->n_chains);
    w += (size_t)32 * HEADER_FIXED_WORDS;
    for (unsigned i = 0; i < h->n_chains; i++, w += (size_t)32 * HEADER_CHAIN_WORDS) {
        const struct header_chain *c = &h->chain[i];
        put_u64(w, c->chain);
        memcpy(w + 32, c->outbox_digest, 32);
        put_u64(w + 64, c->outbox_entries);
        put_u64(w + 96, c->first_request);
        put_u64(w + 128, c->end_request);
        memcpy(w + 160, c->requests_hash, 32);
    }
    return (size_t)(w - out);
}

static bool chain_decode(struct header_chain *c, const uint8_t *w) {
    uint64_t chain;
    bool ok = get_u64(&chain, w, CHAIN_BITS) && get_u64(&c->outbox_entries, w + 64, 64) &&
              get_u64(&c->first_request, w + 96, 64) && get_u64(&c->end_request, w + 128, 64) &&
              c->first_request <= c->end_request;
    c->chain = (uint8_t)chain;
    memcpy(c->outbox_digest, w + 32, 32);
    memcpy(c->requests_hash, w + 160, 32);
    return ok;
}

bool header_decode(struct block_header *h, const uint8_t *in, size_t len) {
    uint64_t fee_account, chains;
    memset(h, 0, sizeof *h);
    if (len < (size_t)32 * HEADER_FIXED_WORDS || !get_u64(&h->version, in + 32, 64) ||
        !get_u64(&h->number, in + 96, 64) || !get_u64(&h->timestamp, in + 128, 64) ||
        !get_u64(&fee_account, in + 160, ACCOUNT_BITS) || !fr_from_be(&h->old_root, in + 192) ||
        !fr_from_be(&h->new_root, in + 224) || !get_u64(&h->log_words, in + 320, 64) ||
        !get_u64(&h->operations, in + 352, 64) || !get_u64(&chains, in + 384, 8) || chains < 1 ||
        chains > CHAINS_MAX ||
        len != 32 * (HEADER_FIXED_WORDS + (size_t)HEADER_CHAIN_WORDS * chains)) {
        return false;
    }
    memcpy(h->instance_id, in, 32);
    memcpy(h->vk_digest, in + 64, 32);
    memcpy(h->chain_list_hash, in + 256, 32);
    memcpy(h->log_digest, in + 288, 32);
    h->fee_account = (account_id)fee_account;
    h->n_chains = (unsigned)chains;
    in += (size_t)32 * HEADER_FIXED_WORDS;
    for (unsigned i = 0; i < h->n_chains; i++, in += (size_t)32 * HEADER_CHAIN_WORDS) {
        if (!chain_decode(&h->chain[i], in)) {
            return false;
        }
    }
    return true;
}

void header_hash(uint8_t out[32], const struct block_header *h) {
    uint8_t bytes[32 * HEADER_WORDS_MAX];
    keccak256(out, bytes, header_encode(h, bytes));
}

void log_digest(uint8_t out[32], const fr *words, size_t n) {
    uint8_t pair[64] = {0};
    for (size_t at = 0; at < n; at += LOG_PIECE_WORDS) {
        size_t end = n - at < LOG_PIECE_WORDS ? n : at + LOG_PIECE_WORDS;
        struct keccak256 h;
        keccak256_init(&h);
        for (size_t i = at; i < end; i++) {
            uint8_t word[32];
            fr_to_be(word, &words[i]);
            keccak256_update(&h, word, sizeof word);
        }
        keccak256_final(&h, pair + 32);
        keccak256(pair, pair, sizeof pair);
    }
    memcpy(out, pair, 32);
}

static void entry_encode(uint8_t out[32 * OUTBOX_ENTRY_WORDS], const struct outbox_entry *e) {
    put_u64(out, e->op);
    for (unsigned j = 0; j < OP_WORDS_MAX; j++) {
        fr_to_be(out + 32 * (j + 1), &e->words[j]);
    }
}

void outbox_encode(uint8_t *out, const struct outbox_entry *entries, size_t n) {
    for (size_t i = 0; i < n; i++) {
        entry_encode(out + i * 32 * OUTBOX_ENTRY_WORDS, &entries[i]);
    }
}

void outbox_digest(uint8_t out[32], const struct outbox_entry *entries, size_t n) {
    struct keccak256 h;
    keccak256_init(&h);
    for (size_t i = 0; i < n; i++) {
        uint8_t bytes[32 * OUTBOX_ENTRY_WORDS];
        entry_encode(bytes, &entries[i]);
        keccak256_update(&h, bytes, sizeof bytes);
    }
    keccak256_final(&h, out);
}

void instance_id_compute(uint8_t out[32], const uint8_t salt[32], const uint8_t vk_digest[32],
                         const uint8_t chain_list[32], const fr *genesis_root,
                         account_id fee_account) {
    static const char tag[] = "zklink.instance.v1";
    uint8_t root[32], account[32];
    struct keccak256 h;
    fr_to_be(root, genesis_root);
    put_u64(account, fee_account);
    keccak256_init(&h);
    keccak256_update(&h, tag, sizeof tag - 1);
    keccak256_update(&h, salt, 32);
    keccak256_update(&h, vk_digest, 32);
    keccak256_update(&h, chain_list, 32);
    keccak256_update(&h, root, 32);
    keccak256_update(&h, account, 32);
    keccak256_final(&h, out);
}

bool genesis_build(struct instance *out, struct state *s, const struct genesis *g) {
    struct record r = record_empty();
    struct leaf_id leaf = {FEE_ACCOUNT_GENESIS, 0};
    r.tag = RECORD_ACCOUNT;
    r.u.account.owner = g->fee_owner;
    memset(out, 0, sizeof *out);
    if (!chain_list_check(&g->chains) || !state_put(s, FEE_ACCOUNT_GENESIS, 0, &r) ||
        !state_update_tree(s, &leaf, 1, NULL)) {
        return false;
    }
    state_forget(s);
    memcpy(out->vk_digest, g->vk_digest, 32);
    out->chains = g->chains;
    out->fee_account = FEE_ACCOUNT_GENESIS;
    chain_list_hash(out->chain_list_hash, &g->chains);
    state_root(s, &out->genesis_root);
    instance_id_compute(out->instance_id, g->salt, g->vk_digest, out->chain_list_hash,
                        &out->genesis_root, out->fee_account);
    return true;
}

void sync_hash_genesis(uint8_t out[32], const uint8_t instance_id[32]) {
    static const char tag[] = "zklink.sync.v1";
    struct keccak256 h;
    keccak256_init(&h);
    keccak256_update(&h, tag, sizeof tag - 1);
    keccak256_update(&h, instance_id, 32);
    keccak256_final(&h, out);
}

void sync_hash_next(uint8_t out[32], const uint8_t previous[32], const uint8_t header_digest[32],
                    const uint8_t proof_hash[32]) {
    struct keccak256 h;
    keccak256_init(&h);
    keccak256_update(&h, previous, 32);
    keccak256_update(&h, header_digest, 32);
    keccak256_update(&h, proof_hash, 32);
    keccak256_final(&h, out);
}
