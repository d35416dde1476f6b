/* The weights of protocol.h, in a file of their own so that a test can link unsound ones in their
 * place and show that an attack which those let through fails against these. */
#include "proof/protocol.h"

void protocol_weight_bus(fr *out, const struct challenges *ch) {
    *out = ch->mu;
}

void protocol_weight_public(fr *out, const struct challenges *ch, unsigned j) {
    fr_pow_u64(out, &ch->mu, 2 + (uint64_t)j);
}

void protocol_weight_constraint(fr *out, const struct challenges *ch, size_t k) {
    fr_pow_u64(out, &ch->eta, k);
}
