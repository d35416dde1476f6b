/* What an oracle must remember: what each endpoint showed, and what it signed. */
#ifndef ZKLINK_ORACLE_LEDGER_H
#define ZKLINK_ORACLE_LEDGER_H

#include "chain/watcher.h"
#include "store/db.h"

struct ledger;
struct ledger *ledger_open(const char *path, struct err *err);
void ledger_close(struct ledger *l);

/* source: an endpoint, by a name that stays ("1 http://..."). */
int ledger_position(struct ledger *l, const char *source, struct watch_position *at,
                    struct err *err);
/* Takes in a batch: its proved blocks and its end, in one transaction. ERR_MISMATCH if a block's
 * number does not follow. */
int ledger_take(struct ledger *l, const char *source, const struct watch_batch *batch,
                struct err *err);
/* What the source showed of a block; ERR_NOT_FOUND if nothing yet. */
int ledger_proved(struct ledger *l, const char *source, uint64_t number, uint8_t sync_hash[32],
                  uint64_t *l1_timestamp, struct err *err);

struct consensus_row {
    uint64_t number, base_expiry, expiry; /* base: the latest L1 timestamp */
    uint8_t sync_hash[32], signature[65];
};
/* Adds, or renews the expiry of the same syncHash; ERR_MISMATCH for another one. */
int ledger_sign(struct ledger *l, uint64_t epoch, const struct consensus_row *row, struct err *err);
int ledger_signed(struct ledger *l, uint64_t epoch, uint64_t number, struct consensus_row *row,
                  struct err *err);
int ledger_last_signed(struct ledger *l, uint64_t epoch, uint64_t *number, struct err *err);

#endif
