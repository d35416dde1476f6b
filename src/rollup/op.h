/* Operations: what a block is made of. One struct for all forms of one operation:
 *
 *   transaction  the fields that the user signed (or that a contract queued): marked S;
 *   resolved     besides, what the operator chose for it (slots, account ids, outcomes): marked R.
 *
 * The log words of a resolved operation (op_words) hold all that is needed to replay it; nonce, fee
 * token, tokens that a slot or a pool tells, limits and signatures are not in them and are zero (or
 * TOKEN_UNKNOWN) in an operation that was decoded from words. The bit tables stand in
 * docs/protocol.md and, executable, in op/<name>.c, one file per operation.
 *
 * Requests of types 17..19 come from users who need no account: the contract took their tokens (or
 * holds their position), and the request ends with exactly one enum outcome. */
#ifndef ZKLINK_ROLLUP_OP_H
#define ZKLINK_ROLLUP_OP_H

#include "crypto/schnorr.h"
#include "rollup/record.h"
#include "rollup/rejection.h"

enum op_type {
    OP_DEPOSIT = 1,
    OP_SET_SIGNING_KEY = 2,
    OP_FULL_EXIT = 3,
    OP_CHANGE_PUB_KEY = 4,
    OP_TRANSFER = 5,
    OP_TRANSFER_TO_ADDRESS = 6,
    OP_CREATE_POOL = 7,
    OP_ADD_LIQUIDITY_FIRST = 8, /* a transaction has type 9; the resolver makes it 8 */
    OP_ADD_LIQUIDITY = 9,
    OP_REMOVE_LIQUIDITY = 10,
    OP_SWAP = 11,
    OP_WITHDRAW = 12,
    OP_CREATE_STABLE_POOL = 13,
    OP_ADD_LIQUIDITY_ONE = 14,
    OP_REMOVE_LIQUIDITY_ONE = 15,
    OP_FORCED_EXIT = 16,
    OP_SWAP_REQUEST = 17,
    OP_ADD_LIQUIDITY_REQUEST = 18,
    OP_REMOVE_LIQUIDITY_REQUEST = 19
};
#define OP_TYPE_MAX OP_REMOVE_LIQUIDITY_REQUEST

/* What became of a request of types 17..19. The first in the order EXPIRED, IMPOSSIBLE,
 * BELOW_MINIMUM, DONE that is true is the outcome. All but DONE leave the state as it is; the
 * amount that came in goes back. */
enum op_outcome {
    OUTCOME_DONE = 0,
    OUTCOME_BELOW_MINIMUM = 1, /* the pool as it is gives less than asked for */
    OUTCOME_EXPIRED = 2,       /* the block's timestamp is after the deadline */
    OUTCOME_IMPOSSIBLE = 3     /* no such pool, token, position; no liquidity; over a cap */
};

enum {
    OP_WORDS_MAX = 4,
    OP_MESSAGE_WORDS = 4,
    OP_ECDSA_LEN = 65,
    OP_BYTES_MAX = 384 /* bound of op_encode's output */
};

struct op {
    enum op_type type;
    /* S: who acts, or whom a request means. R in Deposit and AddLiquidityRequest (the position's
     * account, 0 if none was opened); 0 in SwapRequest. */
    account_id account;
    enum op_outcome outcome; /* R, types 17..19 */

    /* Types that pay a fee. */
    uint32_t nonce;           /* S */
    uint64_t valid_until;     /* S: seconds, below 2^40 */
    token_id fee_token;       /* S */
    struct fee fee;           /* S */
    uint8_t fee_slot;         /* R: slot of `account` that pays the fee */
    uint8_t fee_account_slot; /* R: slot of the fee account that takes it */

    union {
        struct op_deposit {
            token_id token;
            struct amount amount;
            struct owner owner; /* authority = the chain */
            uint8_t slot;       /* R */
        } deposit;
        struct op_set_signing_key {
            struct owner owner; /* the requester */
            fr key_x, key_y;
            bool ok; /* R */
        } set_signing_key;
        struct op_full_exit {
            struct owner owner; /* the requester */
            uint8_t slot;       /* S */
            uint8_t to[ADDRESS_LEN];
            bool ok;              /* R; if not, token and amount are 0 */
            token_id token;       /* R */
            struct amount amount; /* R */
        } full_exit;
        struct op_change_pub_key {
            uint8_t chain; /* S: whose contract checks the signature */
            uint8_t address[ADDRESS_LEN];
            fr key_x, key_y;
            uint8_t ecdsa[OP_ECDSA_LEN]; /* r, s, v; not in the log */
        } change_pub_key;
        struct op_transfer {
            account_id to;         /* S in Transfer, R in TransferToAddress */
            struct owner to_owner; /* S, TransferToAddress only */
            token_id token;
            struct amount amount;
            uint8_t slot, to_slot; /* R */
        } transfer;
        struct op_create_pool {
            account_id pool; /* R */
            token_id token_a, token_b;
            uint16_t fee;
            struct curve curve; /* CreateStablePool only, else 0 */
        } create_pool;          /* types 7 and 13 */
        struct op_add_liquidity {
            account_id pool;
            struct amount max_a, max_b, min_shares;
            uint8_t slot_a, slot_b, slot_lp; /* R */
            struct amount a, b;              /* R, type 8: what is taken */
            struct amount shares;            /* R, type 9: shares made */
        } add_liquidity;
        struct op_remove_liquidity {
            account_id pool;
            struct amount shares, min_a, min_b;
            uint8_t slot_a, slot_b, slot_lp; /* R */
        } remove_liquidity;
        struct op_one_sided {
            account_id pool;
            token_id token;        /* S: that goes in, or out */
            struct amount amount;  /* S: of the token (14), or shares (15) */
            struct amount min;     /* S: shares (14), or of the token (15) */
            uint8_t slot, slot_lp; /* R */
            bool is_b;             /* R: the token is the pool's token B */
        } one_sided;               /* types 14 and 15 */
        struct op_swap {
            account_id pool;
            token_id token_in;
            struct amount amount_in, min_out;
            uint8_t slot_in, slot_out; /* R */
            bool b_to_a;               /* R */
        } swap;
        struct op_withdraw {
            token_id token;
            struct amount amount;
            struct amount broker_fee; /* what a broker may keep who pays in advance; 0: none */
            uint8_t to[ADDRESS_LEN];
            uint8_t slot; /* R */
        } withdraw;
        struct op_forced_exit {
            account_id peer; /* whose whole balance of `token` leaves; it has no key */
            token_id token;
            uint8_t slot;            /* R: of the peer */
            uint8_t to[ADDRESS_LEN]; /* R: the peer's owner */
            struct amount amount;    /* R */
        } forced_exit;
        struct op_swap_request {
            account_id pool;
            token_id token_in, token_out; /* the contract of token_in's chain took it */
            struct amount amount_in, min_out;
            uint64_t deadline;              /* 40 bits, seconds */
            uint8_t to[ADDRESS_LEN];        /* on token_out's chain */
            uint64_t index;                 /* 40 bits: place in the queue of token_in's chain */
            uint8_t refund_to[ADDRESS_LEN]; /* on token_in's chain */
            struct fee broker_fee;          /* of token_out; 0: no broker */
            uint32_t broker;                /* 24 bits: who may accept it alone; 0: anybody */
            uint64_t exclusive_until;       /* 34 bits, seconds */
            struct amount out;              /* R */
        } swap_request;
        struct op_add_liquidity_request {
            account_id pool;
            token_id token; /* the contract of its chain took it */
            struct amount amount, min_shares;
            uint64_t deadline;              /* 40 bits, seconds */
            uint8_t exit[ADDRESS_LEN];      /* whom an exit without the operator pays */
            uint64_t index;                 /* 40 bits: place in the queue; the position's id */
            uint8_t refund_to[ADDRESS_LEN]; /* the position's owner, too */
            struct amount shares;           /* R */
        } add_liquidity_request;
        struct op_remove_liquidity_request { /* `account` holds the position */
            account_id pool;
            token_id token;
            struct amount shares, min_out;
            uint8_t chain;           /* where the position was made, and this request */
            uint64_t index;          /* 40 bits: the position's id */
            uint8_t to[ADDRESS_LEN]; /* on token's chain */
            uint64_t deadline;       /* 40 bits, seconds */
            struct amount out;       /* R */
        } remove_liquidity_request;
    } u;

    struct schnorr_signature signature; /* types signed with it */
};

/* All zero but the type, with tokens unknown. */
void op_init(struct op *op, enum op_type type);
/* "Transfer", or NULL if type is none. */
const char *op_name(enum op_type type);
bool op_type_valid(unsigned type);
/* Types 1..3 and 17..19: queued by a contract. */
bool op_is_request(enum op_type type);
/* Types 5..16: signed with the account's Schnorr key. */
bool op_is_signed(enum op_type type);
/* Types 4..16: pays a fee and uses a nonce. */
bool op_pays_fee(enum op_type type);

/* Number of log words, 1..4. */
unsigned op_word_count(enum op_type type);
/* The log words; words beyond the count are set to 0. False if a field is out of range. */
ROLLUP_MUST_USE bool op_words(const struct op *op, fr words[OP_WORDS_MAX]);
/* Decodes the operation at the front of n log words; *used = the words it takes. False on anything
 * that op_words could not have written. */
ROLLUP_MUST_USE bool op_from_words(struct op *op, const fr *words, size_t n, unsigned *used);

/* Storage: every field, canonical, at most OP_BYTES_MAX bytes. Returns the length, 0 if it does not
 * fit or a field is out of range. */
size_t op_encode(const struct op *op, uint8_t *out, size_t cap);
/* True only if in is exactly what op_encode writes for *op. */
ROLLUP_MUST_USE bool op_decode(struct op *op, const uint8_t *in, size_t len);

/* The four message words of a signed type. False if a field is out of range. */
ROLLUP_MUST_USE bool op_message(const struct op *op, fr m[OP_MESSAGE_WORDS]);

/* ---- requests ---- */

/* The request template: the words with zeros in what the operator fills. */
ROLLUP_MUST_USE bool op_request_template(const struct op *op, fr words[OP_WORDS_MAX]);
/* requestHash = keccak(template). */
ROLLUP_MUST_USE bool op_request_hash(const struct op *op, uint8_t out[32]);
/* Decodes a template that the contract of `chain` emitted. False unless it is canonical and of that
 * chain (owner's authority, token taken, position), its key is good, its slot not 0, its owner not
 * 0, the token to be paid out one of a chain. */
ROLLUP_MUST_USE bool op_from_request(struct op *op, uint8_t chain, const fr words[OP_WORDS_MAX]);
/* The tokens that a contract took when it queued the request; false if it took none. */
bool op_request_taken(const struct op *op, token_id *token, struct amount *amount);
/* The chain in whose queue the request stands. */
uint8_t op_request_chain(const struct op *op);
void op_request_id(uint8_t out[32], uint8_t chain, uint64_t queue_index, const uint8_t hash[32]);

/* ---- transactions ---- */

/* D = keccak("zklink.signature.v1" | instanceId) mod r. */
void op_signature_domain(fr *out, const uint8_t instance_id[32]);
/* keccak(D | Ax | Ay | m0..m3) for signed types; the EIP-712 digest for ChangePubKey (key_x, key_y
 * unused). Independent of the signature. */
ROLLUP_MUST_USE bool op_transaction_id(const struct op *op, const uint8_t instance_id[32],
                                       const fr *key_x, const fr *key_y, uint8_t out[32]);
/* The EIP-712 digest that the owner's ECDSA key signs for a ChangePubKey. */
void op_change_pub_key_digest(const struct op *op, const uint8_t instance_id[32], uint8_t out[32]);
/* True if op (of a signed type) carries a good signature by that key. About 100 microseconds. */
bool op_signature_check(const struct op *op, const uint8_t instance_id[32], const fr *key_x,
                        const fr *key_y);

#endif
