#include "chain/eip712.h"
#include "crypto/keccak.h"

#include <string.h>

enum { MAX_FIELDS = 10 };

/* The words of an encoded struct. */
struct words {
    uint8_t w[MAX_FIELDS][WORD_LEN];
    size_t n;
};

static void put(struct words *s, const uint8_t word[32]) {
    memcpy(s->w[s->n++], word, WORD_LEN);
}

static void put_u128(struct words *s, u128 v) {
    word_from_u128(s->w[s->n++], v);
}

static void put_type(struct words *s, const char *type) {
    keccak256(s->w[s->n++], type, strlen(type));
}

/* digest = keccak(0x1901 || domain separator || struct hash) */
static void finish(const struct words *s, const uint8_t instance[32], uint8_t digest[32]) {
    struct words domain = {.n = 0};
    uint8_t message[66] = {0x19, 0x01};
    put_type(&domain, "EIP712Domain(string name,string version,bytes32 salt)");
    put_type(&domain, "zklink");
    put_type(&domain, "1");
    put(&domain, instance);
    keccak256(message + 2, domain.w, domain.n * WORD_LEN);
    keccak256(message + 34, s->w, s->n * WORD_LEN);
    keccak256(digest, message, sizeof message);
}

void consensus_digest(const struct consensus_message *m, uint8_t digest[32]) {
    struct words s = {.n = 0};
    put_type(&s, "Consensus(bytes32 instance,uint64 epoch,uint64 number,bytes32 syncHash,"
                 "uint64 expiry)");
    put(&s, m->instance);
    put_u128(&s, m->epoch);
    put_u128(&s, m->number);
    put(&s, m->sync_hash);
    put_u128(&s, m->expiry);
    finish(&s, m->instance, digest);
}

void revert_digest(const struct revert_message *m, uint8_t digest[32]) {
    struct words s = {.n = 0};
    put_type(&s, "Revert(bytes32 instance,uint64 epoch,uint64 number)");
    put(&s, m->instance);
    put_u128(&s, m->epoch);
    put_u128(&s, m->number);
    finish(&s, m->instance, digest);
}

void key_change_digest(const struct key_change_message *m, uint8_t digest[32]) {
    struct words s = {.n = 0};
    put_type(&s, "ChangePubKey(uint32 account,uint32 nonce,uint256 pubKeyX,uint256 pubKeyY,"
                 "uint64 feeToken,uint256 fee,uint64 validUntil)");
    put_u128(&s, m->account);
    put_u128(&s, m->nonce);
    put(&s, m->pub_x);
    put(&s, m->pub_y);
    put_u128(&s, m->fee_token);
    put_u128(&s, m->fee);
    put_u128(&s, m->valid_until);
    finish(&s, m->instance, digest);
}

void receipt_digest(const struct receipt_message *m, uint8_t digest[32]) {
    struct words s = {.n = 0};
    put_type(&s, "Receipt(bytes32 transaction,uint64 sequence,uint64 acceptedAt)");
    put(&s, m->tx_hash);
    put_u128(&s, m->sequence);
    put_u128(&s, m->accepted_at);
    finish(&s, m->instance, digest);
}
