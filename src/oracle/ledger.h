/* What an oracle must remember: what each endpoint showed, what it signed, what its operator
 * decided. Bound to one instance and one signing key: a second key over the first one's promises,
 * or the promises of another instance, are refused.
 *
 * The rules that must hold whatever the caller believes stand here, in the statements themselves:
 *
 *   one syncHash for an (epoch, number), for ever
 *   one Revert for an epoch, of one number
 *   no Consensus(epoch, j >= k) after Revert(epoch, k), nor after the operator's decision for it
 *   no Revert(epoch, k) after Consensus(epoch, j >= k), unless that has expired on every chain's
 *   final clock and no chain confirmed a block from k on */
#ifndef ZKLINK_ORACLE_LEDGER_H
#define ZKLINK_ORACLE_LEDGER_H

#include "chain/watcher.h"
#include "store/db.h"

struct ledger;
struct ledger *ledger_open(const char *path, struct err *err);
void ledger_close(struct ledger *l);
/* Ties a new database to an instance and a signer; ERR_MISMATCH if it is tied to others. */
int ledger_bind(struct ledger *l, const uint8_t instance[32], const uint8_t signer[20],
                struct err *err);

/* What is known of a source, an endpoint by a name that stays ("1 http://..."). */
struct ledger_source {
    struct watch_position at;
    uint64_t epoch, confirmed; /* by the final events read so far */
    uint64_t exodus_at;        /* L1 time of the first ExodusStarted, 0: none */
};
int ledger_source(struct ledger *l, const char *source, struct ledger_source *s, struct err *err);
/* Takes in a batch in one transaction. ERR_NOT_FOUND if a block's number does not follow: an event
 * before it was left out. alarms: how many new alarms it raised (see below). */
int ledger_take(struct ledger *l, const char *source, const struct watch_batch *batch,
                unsigned *alarms, struct err *err);
/* Forgets what a source showed (never what was signed), so that it is read anew. */
int ledger_rescan(struct ledger *l, const char *source, struct err *err);
/* The same for all sources. */
int ledger_rescan_all(struct ledger *l, struct err *err);
/* What the source showed of a block; ERR_NOT_FOUND if nothing yet. */
int ledger_proved(struct ledger *l, const char *source, uint64_t number, uint8_t sync_hash[32],
                  uint64_t *l1_timestamp, struct err *err);

/* ---- signatures ---- */

struct consensus_row {
    uint64_t number, base_expiry, expiry; /* base: the latest L1 timestamp */
    uint8_t sync_hash[32], signature[65];
};
/* Adds, or renews the expiry of the same syncHash; ERR_MISMATCH for another one, and for a block
 * that is to be taken back. */
int ledger_sign(struct ledger *l, uint64_t epoch, const struct consensus_row *row, struct err *err);
int ledger_signed(struct ledger *l, uint64_t epoch, uint64_t number, struct consensus_row *row,
                  struct err *err);
int ledger_last_signed(struct ledger *l, uint64_t epoch, uint64_t *number, struct err *err);

/* The operator's decision to take back all blocks from `number` on. The same again is nothing;
 * ERR_MISMATCH for another number in the same epoch. From here on no Consensus for these blocks is
 * signed or renewed. */
int ledger_decide_revert(struct ledger *l, uint64_t epoch, uint64_t number, struct err *err);
struct revert_row {
    uint64_t number;
    bool is_signed;
    uint8_t signature[65];
};
/* ERR_NOT_FOUND if nothing was decided for the epoch. */
int ledger_revert(struct ledger *l, uint64_t epoch, struct revert_row *row, struct err *err);
/* Notes the signature of what was decided. final_clock: the earliest final clock of all chains;
 * confirmed: the highest block that any chain confirmed. ERR_MISMATCH, saying which, if an own
 * Consensus stands against it. */
int ledger_sign_revert(struct ledger *l, uint64_t epoch, uint64_t number, uint64_t final_clock,
                       uint64_t confirmed, const uint8_t signature[65], struct err *err);
/* The same question without signing. */
int ledger_may_revert(struct ledger *l, uint64_t epoch, uint64_t number, uint64_t final_clock,
                      uint64_t confirmed, struct err *err);

/* ---- alarms: two syncHashes for one block of one epoch, kept for ever ---- */

struct alarm_row {
    uint64_t epoch, number, seen_at; /* seconds since 1970 */
    uint8_t sync_hash[2][32];
    char source[2][300];
};
typedef int ledger_alarm_fn(void *ctx, const struct alarm_row *row);
int ledger_each_alarm(struct ledger *l, ledger_alarm_fn *f, void *ctx, struct err *err);
int ledger_count_alarms(struct ledger *l, uint64_t *n, struct err *err);

#endif
