/* Records: what a slot of an account holds.
 *
 *   tag  where       r0      r1      r2    r3      leaf value
 *   0    any         0       0       0     0       0
 *   1    slot 1..255 amount  token   0     0       amount + 2^112 token + 2^152
 *   2    slot 0      owner   nonce   0     0       C(r0 + 2^200 tag, r1, r2, r3)
 *   3    slot 0      owner   nonce   Ax    Ay      same
 *   4    slot 0      tokenA  tokenB  fee   supply  same (reserves in slots 1 and 2)
 *   5    slot 0      tokenA  tokenB  curve supply  same, curve = fee 16 | A 16 | mA 40 | mB 40
 *   6    slot 0      id      pool    exit  shares  same (a position)
 *
 * A position belongs to whoever holds the token (ERC-721) that the contract of its chain made for
 * it: id = chain 2^160 + queue index of the request. `exit` is the address that an exit without the
 * operator pays. C is Poseidon2's compression. A balance of zero is the empty record. */
#ifndef ZKLINK_ROLLUP_RECORD_H
#define ZKLINK_ROLLUP_RECORD_H

#include "rollup/ids.h"

enum record_tag {
    RECORD_EMPTY = 0,
    RECORD_BALANCE = 1,
    RECORD_ACCOUNT = 2,       /* without a signing key */
    RECORD_ACCOUNT_KEYED = 3, /* with one */
    RECORD_POOL = 4,          /* constant product */
    RECORD_STABLE_POOL = 5,
    RECORD_POSITION = 6 /* shares of a pool, added from L1 */
};

/* What a stable pool's record has besides the fee. Scaled amounts (amount * multiplier) of the two
 * tokens count as equal in worth. */
enum { AMP_BITS = 16, MULTIPLIER_BITS = 40 };
struct curve {
    uint32_t amp;            /* A, 1..65535; "A n^n" of StableSwap is 4 A */
    uint64_t mult_a, mult_b; /* 1..2^40 - 1, meant to be 10^(18 - decimals) */
};

struct record {
    enum record_tag tag;
    union {
        struct {
            struct amount amount; /* > 0 */
            token_id token;
        } balance;
        struct {
            struct owner owner;
            uint64_t nonce;  /* 0..2^32 */
            fr key_x, key_y; /* Baby Jubjub, 0 without a key */
        } account;           /* tags 2 and 3 */
        struct {
            token_id token_a, token_b; /* token_a < token_b */
            uint16_t fee;              /* 1/10000, below 10000 */
            struct amount supply;      /* LP shares, the 1000 locked ones included */
            struct curve curve;        /* tag 5; all 0 in tag 4 */
        } pool;                        /* tags 4 and 5 */
        struct {
            uint8_t chain;
            uint64_t index; /* 40 bits */
            account_id pool;
            uint8_t exit[ADDRESS_LEN];
            struct amount shares; /* may be 0: all was taken out */
        } position;
    } u;
};

struct record record_empty(void);
/* The balance record, the empty one for zero. */
struct record record_balance(token_id token, struct amount amount);
static inline bool record_is_account(const struct record *r) {
    return r->tag == RECORD_ACCOUNT || r->tag == RECORD_ACCOUNT_KEYED;
}
static inline bool record_is_pool(const struct record *r) {
    return r->tag == RECORD_POOL || r->tag == RECORD_STABLE_POOL;
}
/* fee 16 | A 16 | mA 40 | mB 40: r2 of a stable pool. */
void curve_word(fr *out, uint16_t fee, const struct curve *c);
bool record_eq(const struct record *a, const struct record *b);
/* r0..r3. */
void record_fields(fr out[4], const struct record *r);
/* Back from tag and fields; false, *out empty, if they are not a record. */
ROLLUP_MUST_USE bool record_from_fields(struct record *out, unsigned tag, const fr in[4]);
/* A position's r0 (and word 2 of what removes from it): chain 2^160 + queue index. */
void position_id_to_fr(fr *out, uint8_t chain, uint64_t index);
ROLLUP_MUST_USE bool position_id_from_fr(uint8_t *chain, uint64_t *index, const fr *v);
/* The leaf value. One Poseidon2 for records of slot 0, none else. */
void record_leaf(fr *out, const struct record *r);
/* A key that may be set: on Baby Jubjub, 8 A is not the identity. */
bool record_key_check(const fr *key_x, const fr *key_y);

#endif
