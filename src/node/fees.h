/* What an operation costs its operator, and the fee that the sequencer asks for it. Policy, not
 * validity: the circuit takes any fee.
 *
 * Costs: every operation's log words are calldata on every chain, and it bears its part of what a
 * block costs on each; a withdrawal is paid out on one chain, a key change has a signature checked
 * there; and it takes proving. Gas times each chain's gas price, in wei of one reference coin,
 * times the token's configured rate, is the fee; never below the token's configured minimum.
 *
 * A quote stays good for a while: what is asked at acceptance is computed from the lowest gas price
 * of the last fee_validity_s seconds, so no quote given in that time can have been lower. */
#ifndef ZKLINK_NODE_FEES_H
#define ZKLINK_NODE_FEES_H

#include "config/config.h"
#include "rollup/op.h"

/* A chain's gas prices of the last while, in buckets. */
enum { GAS_BUCKETS = 64 };
struct gas_window {
    struct gas_bucket {
        uint64_t begin_ms;
        u128 low_wei;
    } bucket[GAS_BUCKETS]; /* a ring */
    unsigned newest, n;
    u128 last_wei;
};
/* now_ms never goes back; validity_ms is the same at every call. */
void gas_window_add(struct gas_window *w, uint64_t now_ms, uint64_t validity_ms, u128 price_wei);
/* The lowest of the last validity_ms (or a little more); false if nothing was added yet. */
bool gas_window_low(const struct gas_window *w, uint64_t now_ms, uint64_t validity_ms,
                    u128 *price_wei);

/* Gas prices in the order of config->chains; 0: not known, costs nothing. */
struct fee_prices {
    u128 wei[CONFIG_MAX_CHAINS];
};

/* What an operation of the type costs, in wei of the reference coin. destination: the chain that
 * pays it out (Withdraw, ForcedExit) or checks its signature (ChangePubKey); 0: the dearest. */
u128 fees_cost_wei(const struct config *config, const struct fee_prices *prices, enum op_type type,
                   unsigned destination);
/* The fee that is asked for it in the token, as the short form can say it; false if the token pays
 * no fees here. Without configured fees every token pays, at least 0. */
ROLLUP_MUST_USE bool fees_least(struct fee *fee, const struct config *config,
                                const struct fee_prices *prices, enum op_type type,
                                unsigned destination, token_id token);
/* The chain that an operation is paid out or checked on; 0: none. */
unsigned fees_destination(const struct op *op);

#endif
