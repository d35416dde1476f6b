#include "node/fees.h"

/* What an operation costs compared with a transfer: about what it takes of public data, outbox
 * entries and new state. */
static unsigned weight(enum op_type type) {
    switch (type) {
    case OP_TRANSFER:
    case OP_SWAP:
        return 1;
    case OP_TRANSFER_TO_ADDRESS:
    case OP_ADD_LIQUIDITY:
    case OP_ADD_LIQUIDITY_FIRST:
    case OP_REMOVE_LIQUIDITY:
    case OP_ADD_LIQUIDITY_ONE:
    case OP_REMOVE_LIQUIDITY_ONE:
        return 2;
    case OP_WITHDRAW:
    case OP_CHANGE_PUB_KEY:
    case OP_FORCED_EXIT:
        return 10;
    case OP_CREATE_POOL:
    case OP_CREATE_STABLE_POOL:
        return 20;
    case OP_DEPOSIT:
    case OP_SET_SIGNING_KEY:
    case OP_FULL_EXIT:
    case OP_SWAP_REQUEST:
    case OP_ADD_LIQUIDITY_REQUEST:
    case OP_REMOVE_LIQUIDITY_REQUEST:
        break;
    }
    return 0; /* requests are paid for on L1 */
}

bool fees_minimum(struct fee *fee, const struct config *config, enum op_type type, token_id token) {
    *fee = (struct fee){0};
    for (size_t i = 0; i < config->node.n_fees; i++) {
        struct amount least;
        if (config->node.fees[i].token == token) {
            return amount_from_u128(&least, config->node.fees[i].minimum * weight(type)) &&
                   fee_from_amount(fee, least);
        }
    }
    return config->node.n_fees == 0;
}
