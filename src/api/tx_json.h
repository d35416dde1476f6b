/* The wire form of L2 transactions (docs/api.md, "Transactions"), shared by node and clients. */
#ifndef ZKLINK_API_TX_JSON_H
#define ZKLINK_API_TX_JSON_H

#include "base/json.h"
#include "rollup/op.h"

/* From the object of a transaction: strict (unknown or missing fields, numbers out of range, a fee
 * that is not representable, a malformed signature are ERR_INPUT naming the field). The fields that
 * the resolver fills are zero. */
int tx_from_json(struct op *op, const json_t *obj, struct err *err);

/* The object of a signed transaction (types 4..12), owned by the caller; NULL if memory runs out.
 */
json_t *tx_to_json(const struct op *op);

#endif
