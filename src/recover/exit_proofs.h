/* What an account can take out on one chain in exodus, as calls to the contract: made from a state
 * whose tree is up to date, which must be that of the newest confirmed block. */
#ifndef ZKLINK_RECOVER_EXIT_PROOFS_H
#define ZKLINK_RECOVER_EXIT_PROOFS_H

#include "chain/exit_abi.h"
#include "rollup/state.h"

void exit_record_proof(struct record_proof *out, const struct state *s, account_id account);
/* Any slot 1..255, also an empty one. */
void exit_balance_proof(struct balance_proof *out, const struct state *s, account_id account,
                        uint8_t slot);

struct exit_call {
    uint8_t slot;         /* 0: the account is a position */
    token_id token;       /* what leaves: a token of the chain, or shares of a pool (chain 0) */
    struct amount amount; /* tokens, or shares */
    struct buf data;      /* calldata */
};
/* Calls f for each thing that the account has on the chain: balances of its tokens, shares of pools
 * and positions with a token of the chain. Ends early when f returns other than 0, with that. -1 if
 * memory runs out. */
int exit_each_call(const struct state *s, account_id account, uint8_t chain,
                   int (*f)(void *ctx, const struct exit_call *call), void *ctx);

#endif
