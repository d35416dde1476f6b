/* The state: every account's records, and the tree over them.
 *
 * Records change at once (state_put); the tree follows when it is told which leaves to bring up to
 * date (state_update_tree), once per block. Every change of either is kept in an undo log until
 * state_forget: a transaction that is refused halfway, a block that is tried and dropped and blocks
 * that are taken back all use the same marks.
 *
 * Beside the records the state keeps two indices that are functions of them: the accounts of an
 * owner, and the highest account id that was opened. Not thread-safe. Memory: about 250 bytes an
 * account and 32 a balance, without the tree. */
#ifndef ZKLINK_ROLLUP_STATE_H
#define ZKLINK_ROLLUP_STATE_H

#include "rollup/record.h"
#include "rollup/tree.h"

struct state;

struct state *state_new(void); /* empty; NULL if memory runs out */
void state_free(struct state *s);

/* The record of slot 0, borrowed until the next state_put; the empty record if there is none. */
const struct record *state_account(const struct state *s, account_id account);
/* Any slot. */
struct record state_get(const struct state *s, account_id account, uint8_t slot);
/* A balance and its token in slot 1..255; zero and TOKEN_UNKNOWN if empty. */
struct amount state_balance(const struct state *s, account_id account, uint8_t slot,
                            token_id *token);
/* Sets a record: slot 0 takes all tags but 1; slots 1..255 take tags 0, 1. False, nothing changed,
 * if memory runs out, the tag does not belong there or account >= 2^28. */
ROLLUP_MUST_USE bool state_put(struct state *s, account_id account, uint8_t slot,
                               const struct record *r);

/* The slot of an account that holds token, or 0. */
uint8_t state_find_slot(const struct state *s, account_id account, token_id token);
/* The lowest empty slot in 1..255 that is not set in skip (256 bits, may be NULL), or 0. */
uint8_t state_free_slot(const struct state *s, account_id account, const uint64_t skip[4]);
/* Calls f for each non-empty slot, in order, until it returns false. */
void state_each_balance(const struct state *s, account_id account,
                        bool (*f)(void *ctx, uint8_t slot, token_id token, struct amount amount),
                        void *ctx);
/* Calls f for each account that is open, in order of opening, until it returns false. */
void state_each_account(const struct state *s,
                        bool (*f)(void *ctx, account_id account, const struct record *record),
                        void *ctx);
/* The lowest id above `after` of an account with exactly this owner, or 0. */
account_id state_owner_account(const struct state *s, const struct owner *owner, account_id after);
/* One above the highest account id ever opened (1 in an empty state). */
account_id state_next_account(const struct state *s);
size_t state_account_count(const struct state *s);

struct leaf_id {
    account_id account;
    uint8_t slot;
};
static inline uint64_t leaf_index(account_id account, uint8_t slot) {
    return (uint64_t)account * SLOTS + slot;
}
/* Brings the tree up to date for n leaves, strictly increasing by (account, slot). trace as in
 * tree_update. False, nothing changed, if memory runs out. */
ROLLUP_MUST_USE bool state_update_tree(struct state *s, const struct leaf_id *leaves, size_t n,
                                       struct tree_trace *trace);
/* The same for all records: after records were loaded one by one. */
ROLLUP_MUST_USE bool state_update_tree_all(struct state *s);
/* How many threads the tree updates may use; 1 at first. */
void state_set_threads(struct state *s, unsigned threads);
/* The root as of the last tree update. */
void state_root(const struct state *s, fr *out);
const struct tree *state_tree(const struct state *s);

struct state_mark {
    size_t journal, tree;
    account_id next_account;
};
struct state_mark state_mark(const struct state *s);
void state_rollback(struct state *s, struct state_mark m);
/* Makes all changes final; all marks become invalid. */
void state_forget(struct state *s);

#endif
