/* What a broker pays in advance, when, and with which key: pure decisions over what is known.
 *
 * The risk. A broker pays `amount - fee` today for `amount` at the execution of a block. It loses
 * its money if that block never pays exactly this. How sure that is grows by stages:
 *   receipt    the operator has signed that the withdrawal stands in its order (checked against the
 *              transaction and its owner's signature); a swap request stands in the open block by
 *              the node's word alone. The operator can still break it
 *   proven     the block's proof was accepted by the paying chain; it can only be undone by the
 *              oracles taking blocks back
 *   confirmed  the oracles confirmed it: it will be executed */
#ifndef ZKLINK_BROKER_RULES_H
#define ZKLINK_BROKER_RULES_H

#include "config/config.h"
#include "rollup/apply.h"

enum broker_verdict {
    BROKER_PAY,
    BROKER_NOT_SERVED,   /* the token is not in the configuration */
    BROKER_TOO_LARGE,    /* above max_amount */
    BROKER_FEE_TOO_LOW,  /* below minimum_fee, or below minimum_fee_ppm of the amount */
    BROKER_NO_RECEIPT,   /* a withdrawal without the operator's signature, by the rule "receipt" */
    BROKER_WAITS_PROVEN, /* its block is not proved on the paying chain */
    BROKER_WAITS_CONFIRMED,
    BROKER_WAITS_EXCLUSIVE, /* another broker alone may accept it for now */
    BROKER_WAITS_OPEN,      /* max_open of the chain is reached */
    BROKER_WAITS_EXPOSURE,  /* max_exposure of the token would be passed */
    BROKER_WAITS_STOCK,     /* no free key has enough of it */
};
/* For people: "waits until its block is confirmed". */
const char *broker_verdict_text(enum broker_verdict v);
/* True if the verdict can't change by itself. */
bool broker_verdict_is_final(enum broker_verdict v);

/* What is known of a payout and its chain. */
struct broker_view {
    bool has_receipt;
    uint64_t block;             /* that pays it */
    uint64_t proved, confirmed; /* newest blocks of the paying chain */
    uint64_t now_s;
    const uint64_t *own_index; /* of our keys on that chain; 0: not registered */
    size_t n_own;
    unsigned open; /* payouts of that chain that we wait to be repaid for */
    u128 exposure; /* of the token, in base units */
};

/* Everything but stock. rule: of the payout's token, NULL if it has none. */
enum broker_verdict broker_judge(const struct broker_config *config,
                                 const struct broker_chain_config *chain,
                                 const struct broker_token_config *rule, const struct payout *p,
                                 const struct broker_view *view);

/* The rule of a token id, or NULL. */
const struct broker_token_config *broker_token_rule(const struct broker_config *config,
                                                    uint64_t token);

#endif
