/* What a broker must not lose, in a database of its own: every payout that it knows of and what
 * became of it, its keys' lanes, its transactions (store/l1_tx.h), how far it read the node's list,
 * and for `zklink broker status` what it saw last. One handle serves one thread at a time.
 *
 * A payout's life:  OPEN -> PAYING -> PAID -> REPAID
 *                     |        `-> OPEN (its transaction came to nothing) or LOST
 *                     `-> LOST (another broker accepted it), GONE (executed without a broker)
 * PAYING is committed together with the intent of the transaction. What counts in the end is the
 * contract's own record of the identity: it takes one acceptance, and none after the execution, so
 * a payout can't be paid twice whatever is lost here. */
#ifndef ZKLINK_BROKER_BOOK_H
#define ZKLINK_BROKER_BOOK_H

#include "rollup/apply.h"
#include "store/db.h"

enum book_state { BOOK_OPEN, BOOK_PAYING, BOOK_PAID, BOOK_REPAID, BOOK_LOST, BOOK_GONE };
enum { BOOK_STATES = BOOK_GONE + 1, BOOK_REASON = 200 };
/* "open", "paying", ... */
const char *book_state_name(enum book_state s);

struct book_payout {
    int64_t row;
    uint8_t id[32];
    struct payout payout;
    uint8_t hash[32]; /* of the transaction or request on L2 */
    uint64_t sequence, block;
    bool has_receipt;
    enum book_state state;
    unsigned lane;            /* that pays or paid it */
    uint64_t paid_block;      /* of the chain, once PAID */
    unsigned tries;           /* transactions that came to nothing */
    uint64_t next_try_ms;     /* not before */
    char reason[BOOK_REASON]; /* what it waits for, or why it ended so */
};
typedef int book_payout_fn(void *ctx, const struct book_payout *p, struct err *err);

struct book;
struct book *book_open(const char *path, bool quick, struct err *err);
void book_close(struct book *b);
struct db *book_db(struct book *b);

/* ERR_MISMATCH if the database belongs to another instance. */
int book_bind_instance(struct book *b, const uint8_t instance_id[32], struct err *err);
/* The lane of a key: always the same number for the same address. */
int book_lane(struct book *b, const uint8_t address[20], unsigned *lane, struct err *err);
/* ERR_CONFIG if a key that is not among the lanes has a transaction under way. */
int book_check_lanes(struct book *b, const unsigned *lanes, size_t n, struct err *err);

/* The sequence number up to which the node's list was read; 0 at first. */
int book_get_cursor(struct book *b, uint64_t *sequence, struct err *err);
int book_set_cursor(struct book *b, uint64_t sequence, struct err *err);

/* The node's epoch as of the last reading; 0 at first. */
int book_get_epoch(struct book *b, uint64_t *epoch, struct err *err);
int book_set_epoch(struct book *b, uint64_t epoch, struct err *err);

/* Adds it as OPEN. Of one that is known already only block and sequence are brought up to date:
 * blocks that were taken back are made again. */
int book_add(struct book *b, const struct book_payout *p, struct err *err);
int book_get(struct book *b, int64_t row, struct book_payout *p, struct err *err);
/* All of a chain in a state, in order of sequence; ends early when f returns other than 0. f may
 * change the book. */
int book_each(struct book *b, unsigned chain, enum book_state state, book_payout_fn *f, void *ctx,
              struct err *err);
/* Writes state, block, lane, paid_block, tries, next_try_ms, reason. */
int book_update(struct book *b, const struct book_payout *p, struct err *err);
/* Adds to what a payout's acceptance has cost: gas times price, in wei. */
int book_add_cost(struct book *b, unsigned chain, uint64_t gas, u128 wei, struct err *err);

/* Sums over the payouts of one token, or of all of a chain (token 0), in a state. For PAYING and
 * PAID `net` is what is at risk. */
struct book_sum {
    uint64_t n;
    u128 amount, fee, net;
};
int book_sum(struct book *b, unsigned chain, token_id token, enum book_state state,
             struct book_sum *sum, struct err *err);

/* ---- what the daemon saw last, for status ---- */

struct book_stock {
    unsigned chain, lane;
    uint8_t address[20];
    token_id token;
    u128 amount;
    uint64_t at_ms;
};
typedef int book_stock_fn(void *ctx, const struct book_stock *s, struct err *err);
int book_set_stock(struct book *b, const struct book_stock *s, struct err *err);
int book_each_stock(struct book *b, book_stock_fn *f, void *ctx, struct err *err);

struct book_chain {
    unsigned chain;
    uint64_t height, proved, confirmed, executed, at_ms;
    uint64_t gas; /* spent on acceptances and approvals */
    u128 gas_wei;
    char problem[BOOK_REASON]; /* or empty */
};
/* chain 0: the node. gas and gas_wei are not written. */
int book_set_chain(struct book *b, const struct book_chain *c, struct err *err);
int book_get_chain(struct book *b, unsigned chain, struct book_chain *c, struct err *err);

#endif
