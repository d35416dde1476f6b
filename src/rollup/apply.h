/* The transition function: (state, operation) -> (state, effect) or a named rejection. Sequencer,
 * witness generator, recovery and oracle replay all call it.
 *
 *   APPLY_SEQUENCER  the operation comes from a user: nonce, validity, tokens and limits that were
 * signed are checked. Not the signature: see op_signature_check and op_change_pub_key_digest.
 *   APPLY_REPLAY     the operation comes from a proven log: accepts exactly what the circuit
 * accepts.
 *
 * The effect's access trace is what the circuit's operation makes of the state, in order: access k
 * of operation i happens at time 16 i + k + 1.
 *
 *   k0 REC account slot 0        k1 BAL fee debit (account)   k2 BAL fee credit (fee account)
 *   k3 BAL account, token x      k4 BAL account, token y      k5 REC peer slot 0
 *   k6 BAL peer, token x         k7 BAL peer, token y         k8 BAL account, LP shares of peer */
#ifndef ZKLINK_ROLLUP_APPLY_H
#define ZKLINK_ROLLUP_APPLY_H

#include "rollup/op.h"
#include "rollup/pool.h"
#include "rollup/state.h"

enum apply_mode { APPLY_SEQUENCER, APPLY_REPLAY };

struct block_context {
    enum apply_mode mode;
    uint64_t timestamp; /* the header's, seconds */
    account_id fee_account;
    const struct chain_list *chains;
};

enum { ACCESS_COUNT = 9, OP_OUT_MAX = 2 };
enum access_kind { ACCESS_UNUSED = 0, ACCESS_REC, ACCESS_BAL };

struct access {
    enum access_kind kind;
    account_id account;
    uint8_t slot;                /* 0 for REC */
    bool debit;                  /* BAL: needs an existing balance */
    token_id token;              /* BAL: the token meant, also when both records are empty */
    struct record before, after; /* BAL: tag 0 or 1 */
};

struct payout {
    uint8_t chain;
    token_id token;
    struct amount amount;
    uint8_t to[ADDRESS_LEN];
    /* Who pays in advance: a broker sends `to` the amount less its fee and is repaid the amount. */
    uint8_t kind;             /* the operation's type */
    uint64_t a, b;            /* Withdraw: account, nonce; SwapRequest: chain, index */
    struct amount broker_fee; /* 0: nobody can */
    uint32_t broker;          /* the only one who may until exclusive_until */
    uint64_t exclusive_until; /* seconds */
};
/* The identity under which a contract knows an advance: keccak(abi.encode(uint8 kind, uint256 a,
 * uint256 b, address to, uint32 token index, uint256 amount, uint256 broker's fee, uint256 broker,
 * uint256 exclusiveUntil)). */
void payout_id(uint8_t out[32], const struct payout *p);

struct effect {
    fr words[OP_WORDS_MAX]; /* zeros beyond n_words */
    unsigned n_words;
    unsigned n_out; /* chains whose outbox gets the words */
    uint8_t out[OP_OUT_MAX];
    bool has_payout;
    struct payout payout;
    bool opened; /* the operation opened account `opened_account` (a user's or a pool) */
    account_id opened_account;
    struct access access[ACCESS_COUNT];

    /* Values computed on the way (0 where they don't apply), so that the witness needs no
     * arithmetic of its own:
     *   8, 11, 14, 15  trade: the formula of rollup/pool.h
     *   8       amount_x, amount_y = a, b
     *   9       amount_x = ceil(shares Rx / S), amount_x S = shares Rx + rem_x; y likewise
     *   10      amount_x = floor(shares Rx / S), amount_x S + rem_x = shares Rx; y likewise
     *   11      amount_x = in, amount_y = out
     *   14, 15  amount_x = what goes in or out
     *   others  amount_x = the amount moved
     * shares = those made or burnt. Rx, Ry are access[6], access[7].before; S is access[5].before's
     * supply. */
    struct amount amount_fee, amount_x, amount_y, shares;
    u128 rem_x, rem_y;
    struct pool_trade trade;
};

/* Applies op, or changes nothing. *out is complete only if the answer is REJECT_NONE. */
ROLLUP_MUST_USE enum rejection state_apply(struct state *s, const struct block_context *ctx,
                                           const struct op *op, struct effect *out);

/* Where the resolver takes ids for accounts and pools that it opens: any id that is not open, below
 * 2^28, at least 1; 0 = none left. NULL = state_next_account. */
struct id_policy {
    account_id (*next)(void *ctx, const struct state *s);
    void *ctx;
};

/* Fills the R fields of a transaction or request for the state as it is: slots (the one that holds
 * the token, else the lowest empty one), accounts (the lowest id that fits, else a new one) and
 * outcomes. Deterministic; changes neither state nor signed fields (but AddLiquidity's type, 8 or
 * 9). A request that op_from_request accepted is never rejected but for REJECT_ACCOUNTS_EXHAUSTED
 * and REJECT_CHAIN_UNKNOWN. What a transaction is rejected for here, state_apply would reject too.
 */
ROLLUP_MUST_USE enum rejection op_resolve(struct op *op, const struct state *s,
                                          const struct block_context *ctx,
                                          const struct id_policy *ids);

#endif
