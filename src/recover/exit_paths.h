/* An account as JSON, with all that a contract's `exit` wants to see of it: its records, their leaf
 * indices, and their Merkle paths to the root of a block. */
#ifndef ZKLINK_RECOVER_EXIT_PATHS_H
#define ZKLINK_RECOVER_EXIT_PATHS_H

#include "base/json.h"
#include "rollup/state.h"

/* {account, root, record: {slot, tag, fields[4], leaf, path[18][3]}, balances: [{slot, token,
 * amount, fields, leaf, path}]}; path: the three siblings of each level, from the leaf's to those
 * below the root, in the order of their positions. The state's tree is up to date. NULL if memory
 * runs out. Owned by the caller. */
json_t *exit_paths_json(const struct state *s, account_id account);

#endif
