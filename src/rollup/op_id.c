/* Hashes and identities of operations: request templates, signature domain, transaction ids,
 * EIP-712. */
#include "rollup/op/op_class.h"

#include "crypto/keccak.h"

#include <string.h>

static void hash_fr(struct keccak256 *h, const fr *v) {
    uint8_t b[32];
    fr_to_be(b, v);
    keccak256_update(h, b, sizeof b);
}

static void hash_amount(struct keccak256 *h, struct amount v) {
    uint8_t b[32];
    amount_to_be(b, v);
    keccak256_update(h, b, sizeof b);
}

static void hash_u64(struct keccak256 *h, uint64_t v) {
    hash_amount(h, amount_from_u64(v));
}

void payout_id(uint8_t out[32], const struct payout *p) {
    struct keccak256 h;
    uint8_t to[32] = {0};
    memcpy(to + 32 - ADDRESS_LEN, p->to, ADDRESS_LEN);
    keccak256_init(&h);
    hash_u64(&h, p->kind);
    hash_u64(&h, p->a);
    hash_u64(&h, p->b);
    keccak256_update(&h, to, sizeof to);
    hash_u64(&h, token_index(p->token));
    hash_amount(&h, p->amount);
    hash_amount(&h, p->broker_fee);
    hash_u64(&h, p->broker);
    hash_u64(&h, p->exclusive_until);
    keccak256_final(&h, out);
}

bool op_request_template(const struct op *op, fr words[OP_WORDS_MAX]) {
    struct op copy = *op;
    if (!op_is_request(op->type)) {
        return false;
    }
    op_class(op->type)->clear_outcome(&copy);
    return op_words(&copy, words);
}

bool op_request_hash(const struct op *op, uint8_t out[32]) {
    fr words[OP_WORDS_MAX];
    struct keccak256 h;
    memset(out, 0, 32);
    if (!op_request_template(op, words)) {
        return false;
    }
    keccak256_init(&h);
    for (unsigned i = 0; i < OP_WORDS_MAX; i++) {
        hash_fr(&h, &words[i]);
    }
    keccak256_final(&h, out);
    return true;
}

bool op_from_request(struct op *op, uint8_t chain, const fr words[OP_WORDS_MAX]) {
    unsigned used;
    if (!op_from_words(op, words, OP_WORDS_MAX, &used) || !op_is_request(op->type)) {
        return false;
    }
    for (unsigned i = used; i < OP_WORDS_MAX; i++) {
        if (!fr_is_zero(&words[i])) {
            return false;
        }
    }
    return op_class(op->type)->request_check(op, chain);
}

uint8_t op_request_chain(const struct op *op) {
    return op_is_request(op->type) ? op_class(op->type)->request_chain(op) : 0;
}

bool op_request_taken(const struct op *op, token_id *token, struct amount *amount) {
    const struct op_class *class = op_class(op->type);
    bool taken = class != NULL && class->request_taken != NULL;
    *token = TOKEN_UNKNOWN;
    *amount = amount_zero();
    if (taken) {
        class->request_taken(op, token, amount);
    }
    return taken;
}

void op_request_id(uint8_t out[32], uint8_t chain, uint64_t queue_index, const uint8_t hash[32]) {
    struct keccak256 h;
    keccak256_init(&h);
    hash_u64(&h, chain);
    hash_u64(&h, queue_index);
    keccak256_update(&h, hash, 32);
    keccak256_final(&h, out);
}

void op_signature_domain(fr *out, const uint8_t instance_id[32]) {
    static const char tag[] = "zklink.signature.v1";
    struct keccak256 h;
    uint8_t b[32];
    keccak256_init(&h);
    keccak256_update(&h, tag, sizeof tag - 1);
    keccak256_update(&h, instance_id, 32);
    keccak256_final(&h, b);
    fr_from_be_reduce(out, b);
}

bool op_transaction_id(const struct op *op, const uint8_t instance_id[32], const fr *key_x,
                       const fr *key_y, uint8_t out[32]) {
    fr m[OP_MESSAGE_WORDS], domain;
    struct keccak256 h;
    if (op->type == OP_CHANGE_PUB_KEY) {
        op_change_pub_key_digest(op, instance_id, out);
        return true;
    }
    memset(out, 0, 32);
    if (!op_is_signed(op->type) || !op_message(op, m)) {
        return false;
    }
    op_signature_domain(&domain, instance_id);
    keccak256_init(&h);
    hash_fr(&h, &domain);
    hash_fr(&h, key_x);
    hash_fr(&h, key_y);
    for (unsigned i = 0; i < OP_MESSAGE_WORDS; i++) {
        hash_fr(&h, &m[i]);
    }
    keccak256_final(&h, out);
    return true;
}

static void hash_text(struct keccak256 *h, const char *text) {
    uint8_t b[32];
    keccak256(b, text, strlen(text));
    keccak256_update(h, b, sizeof b);
}

void op_change_pub_key_digest(const struct op *op, const uint8_t instance_id[32], uint8_t out[32]) {
    const struct op_change_pub_key *k = &op->u.change_pub_key;
    static const uint8_t prefix[2] = {0x19, 0x01};
    uint8_t domain[32], message[32];
    struct keccak256 h;
    keccak256_init(&h);
    hash_text(&h, "EIP712Domain(string name,string version,bytes32 salt)");
    hash_text(&h, "zklink");
    hash_text(&h, "1");
    keccak256_update(&h, instance_id, 32);
    keccak256_final(&h, domain);
    keccak256_init(&h);
    hash_text(&h, "ChangePubKey(uint32 account,uint32 nonce,uint256 pubKeyX,uint256 pubKeyY,"
                  "uint64 feeToken,uint256 fee,uint64 validUntil)");
    hash_u64(&h, op->account);
    hash_u64(&h, op->nonce);
    hash_fr(&h, &k->key_x);
    hash_fr(&h, &k->key_y);
    hash_u64(&h, op->fee_token);
    hash_amount(&h, fee_value(op->fee));
    hash_u64(&h, op->valid_until);
    keccak256_final(&h, message);
    keccak256_init(&h);
    keccak256_update(&h, prefix, sizeof prefix);
    keccak256_update(&h, domain, sizeof domain);
    keccak256_update(&h, message, sizeof message);
    keccak256_final(&h, out);
}

bool op_signature_check(const struct op *op, const uint8_t instance_id[32], const fr *key_x,
                        const fr *key_y) {
    fr m[OP_MESSAGE_WORDS], domain;
    bjj_affine key = {*key_x, *key_y};
    if (!op_is_signed(op->type) || !op_message(op, m)) {
        return false;
    }
    op_signature_domain(&domain, instance_id);
    return schnorr_verify(&op->signature, &key, &domain, m);
}
