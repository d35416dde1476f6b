/* The functions, events and values of contracts/src/interfaces/IZklink.sol, and of ERC-20 tokens,
 * as bytes. Calldata is appended to a buffer (its `failed` tells of missing memory). Decoding is
 * strict: a log that is not exactly what our contract emits is refused. */
#ifndef ZKLINK_CHAIN_ZKLINK_ABI_H
#define ZKLINK_CHAIN_ZKLINK_ABI_H

#include "chain/abi.h"
#include "chain/eth_client.h"

/* What the contract keeps of a block, as a hash of these fields. */
struct stored_block {
    uint64_t number, timestamp, end_request;
    uint8_t sync_hash[32], root[32], outbox_digest[32];
};

struct key_signature {
    uint64_t valid_until;
    uint8_t signature[65];
};

/* Arrays of words are n * 32 bytes, big-endian words. */
struct submit_block_args {
    struct stored_block previous;
    const uint8_t *header, *outbox, *log;
    size_t header_words, outbox_words, log_words;
    uint8_t log_challenge[32]; /* zero when the log is given */
    const struct key_signature *key_signatures;
    size_t n_key_signatures;
    const uint8_t *proof;
    size_t proof_len;
};
void zklink_submit_block(struct buf *out, const struct submit_block_args *a);
void zklink_post_log_piece(struct buf *out, const uint8_t challenge[32], uint64_t first_word,
                           const uint8_t *words, size_t n_words);

/* Signatures of one oracle network, 65 bytes each, in ascending order of their signers. */
struct network_signatures {
    const uint8_t (*signature)[65];
    size_t n;
};
void zklink_confirm_blocks(struct buf *out, const struct stored_block *target, uint64_t expiry,
                           const struct network_signatures *networks, size_t n_networks);
/* Takes back all blocks after `last`; newest: the newest proved one. */
void zklink_revert_blocks(struct buf *out, const struct stored_block *last,
                          const struct stored_block *newest,
                          const struct network_signatures *networks, size_t n_networks);
void zklink_execute_block(struct buf *out, const struct stored_block *target, const uint8_t *outbox,
                          size_t outbox_words, uint64_t max_entries);

void zklink_register_token(struct buf *out, const uint8_t token[20]);
void zklink_deposit(struct buf *out, const uint8_t token[20], u128 amount, const uint8_t owner[20]);
void zklink_deposit_native(struct buf *out, const uint8_t owner[20]);
void zklink_request_set_signing_key(struct buf *out, uint64_t account, const uint8_t x[32],
                                    const uint8_t y[32]);
void zklink_request_full_exit(struct buf *out, uint64_t account, uint64_t slot,
                              const uint8_t to[20]);
void zklink_withdraw_pending(struct buf *out, uint64_t token, const uint8_t owner[20]);
void erc20_approve(struct buf *out, const uint8_t spender[20], u128 amount);

/* ---- events ---- */

enum zklink_event_kind {
    ZKLINK_OTHER, /* an event without meaning for the node */
    ZKLINK_TOKEN_REGISTERED,
    ZKLINK_REQUESTED,
    ZKLINK_BLOCK_PROVED,
    ZKLINK_BLOCK_CONFIRMED,
    ZKLINK_BLOCK_EXECUTED,
    ZKLINK_BLOCKS_REVERTED, /* all proved, unconfirmed blocks from `number` on are taken back */
    ZKLINK_EXODUS_STARTED,
    ZKLINK_ACCEPTED, /* a broker paid in advance */
    ZKLINK_PAID,     /* a payout of an executed block: made, or pending */
    ZKLINK_LOG_PIECE_POSTED,
    ZKLINK_REQUESTS_EXTENDED,
};

struct zklink_event {
    enum zklink_event_kind kind;
    union {
        struct {
            uint32_t index;
            uint8_t token[20];
        } token_registered;
        struct {
            uint64_t index, deadline;
            uint8_t type;
            uint8_t words[4][32];
        } requested;
        struct {
            uint8_t header_hash[32];
            struct stored_block stored;
        } block_proved;
        struct {
            uint64_t number;
            uint8_t sync_hash[32];
        } block_confirmed;
        struct {
            uint64_t number, payouts;
        } block_executed;
        struct {
            uint64_t number, epoch; /* the epoch that begins */
        } blocks_reverted;
        struct {
            uint8_t id[32], broker[20], to[20];
            uint8_t type;  /* of the operation that will pay: 12 or 17 */
            uint64_t a, b; /* as in struct payout (rollup/apply.h) */
            uint32_t token;
            u128 amount, fee;
        } accepted;
        struct {
            uint64_t number, operation; /* of the block, of the operation in it */
            uint32_t token;
            uint8_t to[20]; /* the broker, if one accepted */
            u128 amount;
            bool pending; /* it failed, and waits for its owner */
        } paid;
        struct {
            uint8_t challenge[32];
            uint64_t total_words; /* that stand there now */
        } log_piece_posted;
        struct {
            uint64_t below, deadline; /* requests below this index */
        } requests_extended;
    } u;
};

/* False if the log has the first topic of one of these events but not its form. */
bool zklink_event_decode(struct zklink_event *event, const struct eth_log *log);

/* ---- reading ---- */

/* A getter without arguments such as "provedNumber()". ERR_DECODE if the answer is not one word
 * that fits. */
int zklink_get_u64(struct eth_client *c, const uint8_t contract[20], const char *getter,
                   uint64_t block, uint64_t *v, struct err *err);
int zklink_get_word(struct eth_client *c, const uint8_t contract[20], const char *getter,
                    uint8_t word[32], struct err *err);
int zklink_get_address(struct eth_client *c, const uint8_t contract[20], const char *getter,
                       uint8_t address[20], struct err *err);
/* Token contract of an index; all zero if there is none. */
int zklink_get_token(struct eth_client *c, const uint8_t contract[20], uint32_t index,
                     uint8_t token[20], struct err *err);

/* Members (at most 64) and threshold of an oracle network. */
struct oracle_network {
    uint64_t threshold;
    uint8_t member[64][20];
    size_t n_members;
};
int zklink_get_network(struct eth_client *c, const uint8_t contract[20], uint64_t i,
                       struct oracle_network *network, struct err *err);

int erc20_balance(struct eth_client *c, const uint8_t token[20], const uint8_t owner[20], u128 *v,
                  struct err *err);
int erc20_allowance(struct eth_client *c, const uint8_t token[20], const uint8_t owner[20],
                    const uint8_t spender[20], uint8_t allowance[32], struct err *err);
int erc20_decimals(struct eth_client *c, const uint8_t token[20], unsigned *decimals,
                   struct err *err);
/* Printable ASCII only, cut to size; ERR_DECODE if there is none. */
int erc20_symbol(struct eth_client *c, const uint8_t token[20], char *symbol, size_t size,
                 struct err *err);

#endif
