#include "broker/rules.h"

static const struct {
    const char *text;
    bool final;
} verdicts[] = {
    [BROKER_PAY] = {"can be paid", false},
    [BROKER_NOT_SERVED] = {"its token is not served", true},
    [BROKER_TOO_LARGE] = {"it is larger than max_amount", true},
    [BROKER_FEE_TOO_LOW] = {"its fee is too low", true},
    [BROKER_NO_RECEIPT] = {"it has no receipt of the operator", true},
    [BROKER_WAITS_PROVEN] = {"waits until its block is proved", false},
    [BROKER_WAITS_CONFIRMED] = {"waits until its block is confirmed", false},
    [BROKER_WAITS_EXCLUSIVE] = {"another broker has the first right", false},
    [BROKER_WAITS_OPEN] = {"waits: max_open is reached", false},
    [BROKER_WAITS_EXPOSURE] = {"waits: max_exposure is reached", false},
    [BROKER_WAITS_STOCK] = {"waits for stock", false},
};

const char *broker_verdict_text(enum broker_verdict v) {
    return verdicts[v].text;
}

bool broker_verdict_is_final(enum broker_verdict v) {
    return verdicts[v].final;
}

const struct broker_token_config *broker_token_rule(const struct broker_config *config,
                                                    uint64_t token) {
    for (size_t i = 0; i < config->n_tokens; i++) {
        if (config->tokens[i].token == token) {
            return &config->tokens[i];
        }
    }
    return NULL;
}

static bool is_ours(const struct broker_view *view, uint32_t broker) {
    for (size_t i = 0; i < view->n_own; i++) {
        if (view->own_index[i] == broker) {
            return true;
        }
    }
    return false;
}

/* Is it as certain as the rule asks? */
static enum broker_verdict judge_risk(enum broker_risk risk, const struct payout *p,
                                      const struct broker_view *view) {
    switch (risk) {
    case BROKER_RISK_RECEIPT:
        return p->kind == OP_WITHDRAW && !view->has_receipt ? BROKER_NO_RECEIPT : BROKER_PAY;
    case BROKER_RISK_PROVEN:
        return view->block <= view->proved ? BROKER_PAY : BROKER_WAITS_PROVEN;
    case BROKER_RISK_CONFIRMED:
        return view->block <= view->confirmed ? BROKER_PAY : BROKER_WAITS_CONFIRMED;
    }
    return BROKER_WAITS_CONFIRMED;
}

/* ceil(amount ppm / 10^6) without overflow: amounts are below 2^112. */
static u128 share_of(u128 amount, unsigned ppm) {
    u128 whole = amount / 1000000 * ppm;
    return whole + (amount % 1000000 * ppm + 999999) / 1000000;
}

enum broker_verdict broker_judge(const struct broker_config *config,
                                 const struct broker_chain_config *chain,
                                 const struct broker_token_config *rule, const struct payout *p,
                                 const struct broker_view *view) {
    if (rule == NULL || chain == NULL) {
        return BROKER_NOT_SERVED;
    }
    if (p->amount.v > rule->max_amount) {
        return BROKER_TOO_LARGE;
    }
    if (p->broker_fee.v == 0 || p->broker_fee.v >= p->amount.v ||
        p->broker_fee.v < rule->minimum_fee ||
        p->broker_fee.v < share_of(p->amount.v, rule->minimum_fee_ppm)) {
        return BROKER_FEE_TOO_LOW;
    }
    enum broker_verdict risk = judge_risk(config->risk, p, view);
    if (risk != BROKER_PAY) {
        return risk;
    }
    if (p->broker != 0 && view->now_s < p->exclusive_until && !is_ours(view, p->broker)) {
        return BROKER_WAITS_EXCLUSIVE;
    }
    if (view->open >= chain->max_open) {
        return BROKER_WAITS_OPEN;
    }
    u128 net = p->amount.v - p->broker_fee.v;
    if (view->exposure > rule->max_exposure || net > rule->max_exposure - view->exposure) {
        return BROKER_WAITS_EXPOSURE;
    }
    return BROKER_PAY;
}
