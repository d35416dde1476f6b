/* A small world for tests: an instance with two chains, users with keys on both, and a
 * deterministic source of random operations, sensible and absurd, that are resolved and applied
 * like a sequencer does. It keeps its own books (what was deposited and paid out per token) to
 * compare with. */
#ifndef ZKLINK_TESTS_SUPPORT_WORLD_H
#define ZKLINK_TESTS_SUPPORT_WORLD_H

#include "rollup/block.h"
#include "rollup/client.h"

enum { WORLD_USERS = 12, WORLD_TOKENS = 4, WORLD_CHAINS = 2 };

struct world_user {
    struct schnorr_key key;
    struct owner owner;
};

struct world {
    uint64_t rng;
    struct state *s;
    struct instance instance;
    struct world_user user[WORLD_USERS];
    struct block_builder *builder; /* the open block */
    uint64_t number, timestamp;
    uint64_t next_request[WORLD_CHAINS];
    token_id token[WORLD_TOKENS];   /* two on each chain */
    u128 custody[WORLD_TOKENS + 1]; /* deposited - paid out; the last: all tokens not listed */
    bool sign;                      /* sign transactions (150 microseconds each) */
    struct id_policy ids;           /* zero: consecutive ids */
    struct op last;                 /* the operation that was tried last, resolved */
    /* If set: an operation, resolved and signed, that it refuses is not added. */
    bool (*accept)(struct world *w, struct op *op);
};

uint64_t world_random(struct world *w);
/* Any size below 2^112, edges often. */
struct amount world_amount(struct world *w);
/* A number of that many bits, edges often; an address, any. */
uint64_t world_field(struct world *w, unsigned bits);
void world_address(struct world *w, uint8_t address[ADDRESS_LEN]);
void world_new(struct world *w, uint64_t seed);
void world_free(struct world *w);
/* Opens a block (number and timestamp move on). */
void world_begin(struct world *w);
/* Signed by the key the account has, if it is a user's. */
void world_sign(struct world *w, struct op *op);
/* Resolves, signs and adds op to the open block and keeps the books. */
enum rejection world_add(struct world *w, struct op *op);
/* Adds a random operation; its rejection, if it had one. */
enum rejection world_random_op(struct world *w);
/* Seals the open block. */
void world_seal(struct world *w, struct block *out);
/* Shorthands; asserted to succeed. world_deposit returns the account. */
account_id world_deposit(struct world *w, unsigned user, token_id token, struct amount amount);
void world_set_key(struct world *w, account_id account, unsigned user);
/* Common fields for an account: its nonce, a fee of `mant` in token. */
struct client_common world_common(const struct world *w, account_id account, token_id fee_token,
                                  uint32_t mant);
/* Compares the state with the books: per token, and per pool its shares. False and a message on
 * stderr if they differ. */
bool world_conserved(const struct world *w);

#endif
