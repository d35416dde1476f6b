/* The sequencer's fee rule: configured tokens only, at least so much. Policy, not validity: the
 * circuit takes any fee. */
#ifndef ZKLINK_NODE_FEES_H
#define ZKLINK_NODE_FEES_H

#include "config/config.h"
#include "rollup/op.h"

/* The least fee for an operation of the type in the token, as the short form can say it; false if
 * the token pays no fees here. Without configured fees every token pays, at least 0. */
ROLLUP_MUST_USE bool fees_minimum(struct fee *fee, const struct config *config, enum op_type type,
                                  token_id token);

#endif
