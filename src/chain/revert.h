/* Revert data of our contracts, and of any contract's Error(string) and Panic(uint256), in words.
 */
#ifndef ZKLINK_CHAIN_REVERT_H
#define ZKLINK_CHAIN_REVERT_H

#include "base/json.h"

/* Writes such as `BadHeaderWord(3, 5, 6)` or `Panic(0x11)`; unknown data as its selector. */
void revert_format(char *out, size_t size, const uint8_t *data, size_t len);
/* Adds the decoded reason to err's text, if the JSON-RPC error's data (or its member `data`) holds
 * one. */
void revert_explain(const json_t *error_data, struct err *err);

#endif
