/* What the oracle signs, and what it refuses to. */
#include "oracle/oracle_internal.h"

#include "base/clock.h"
#include "base/log.h"
#include "chain/eip712.h"

#include <inttypes.h>
#include <string.h>

static uint64_t next_expiry(const struct oracle *o, uint64_t base) {
    uint64_t period = o->config->oracle.signature_expiry_s, least = clock_now_s() + period / 2;
    uint64_t periods = least > base ? (least - base + period - 1) / period : 1;
    return base + periods * period;
}

int oracle_sign_row(struct oracle *o, uint64_t epoch, struct consensus_row *row, struct err *err) {
    struct consensus_message m = {.epoch = epoch, .number = row->number};
    uint8_t digest[32];
    row->expiry = m.expiry = next_expiry(o, row->base_expiry);
    memcpy(m.instance, o->deployment->instance_id, 32);
    memcpy(m.sync_hash, row->sync_hash, 32);
    consensus_digest(&m, digest);
    if (!eth_sign(&o->key, digest, row->signature)) {
        return err_set(err, ERR_SYSTEM, "signing failed");
    }
    return ledger_sign(o->ledger, epoch, row, err);
}

/* What all sources together say of the chains. */
struct overview {
    uint64_t epoch;
    uint64_t clock;     /* the earliest final clock */
    uint64_t confirmed; /* the highest block confirmed anywhere */
    uint64_t settled;   /* the highest block confirmed everywhere */
    uint64_t exodus_at; /* the earliest; 0: none */
};

/* 1; 0 if a source was not read yet, or if they are in different epochs; -1. */
static int look(struct oracle *o, struct overview *v, struct err *err) {
    *v = (struct overview){.clock = UINT64_MAX, .settled = UINT64_MAX};
    for (size_t i = 0; i < o->n_sources; i++) {
        struct ledger_source s;
        if (ledger_source(o->ledger, o->sources[i].name, &s, err) != 0) {
            return -1;
        }
        if (!s.at.set || (i > 0 && s.epoch != v->epoch)) {
            return 0;
        }
        v->epoch = s.epoch;
        v->clock = s.at.timestamp < v->clock ? s.at.timestamp : v->clock;
        v->confirmed = s.confirmed > v->confirmed ? s.confirmed : v->confirmed;
        v->settled = s.confirmed < v->settled ? s.confirmed : v->settled;
        if (s.exodus_at != 0 && (v->exodus_at == 0 || s.exodus_at < v->exodus_at)) {
            v->exodus_at = s.exodus_at;
        }
    }
    return o->n_sources > 0;
}

/* Does every source show the block, with one syncHash? 1 yes, 0 not yet, -1 err or disagreement.
 * Once exodus has begun anywhere, only blocks that all chains had accepted before count; so nobody
 * may sign before every chain's final clock has passed the block's last BlockProved. */
static int agreed(struct oracle *o, const struct overview *v, uint64_t number,
                  struct consensus_row *row, struct err *err) {
    *row = (struct consensus_row){.number = number};
    for (size_t i = 0; i < o->n_sources; i++) {
        uint8_t hash[32];
        uint64_t timestamp;
        struct err e = {0};
        if (ledger_proved(o->ledger, o->sources[i].name, number, hash, &timestamp, &e) != 0) {
            return e.code == ERR_NOT_FOUND ? 0 : err_set(err, e.code, "%s", e.text);
        }
        if (i > 0 && memcmp(hash, row->sync_hash, 32) != 0) {
            return err_set(err, ERR_MISMATCH,
                           "block %" PRIu64 ": %s and %s show different proofs of it: nothing is "
                           "signed",
                           number, o->sources[0].name, o->sources[i].name);
        }
        memcpy(row->sync_hash, hash, 32);
        row->base_expiry = timestamp > row->base_expiry ? timestamp : row->base_expiry;
    }
    if (v->exodus_at != 0 && row->base_expiry >= v->exodus_at) {
        return err_set(err, ERR_MISMATCH,
                       "block %" PRIu64 " was accepted when exodus had begun: nothing is signed",
                       number);
    }
    return v->clock >= row->base_expiry;
}

/* The block after the last one signed in this epoch; in a later one at least the first that some
 * chain has not confirmed. */
static int next_number(struct oracle *o, const struct overview *v, uint64_t *number,
                       struct err *err) {
    uint64_t last;
    if (ledger_last_signed(o->ledger, v->epoch, &last, err) != 0) {
        return -1;
    }
    if (last == 0 && v->epoch > 0) {
        last = v->settled;
    }
    *number = last + 1;
    return 0;
}

/* What was decided to be taken back has no signature to come: 1 if block `number` is of it. */
static int taken_back(struct oracle *o, uint64_t epoch, uint64_t number, struct err *err) {
    struct revert_row row;
    struct err e = {0};
    if (ledger_revert(o->ledger, epoch, &row, &e) != 0) {
        return e.code == ERR_NOT_FOUND ? 0 : err_set(err, e.code, "%s", e.text);
    }
    return row.number <= number;
}

/* ---- blocks ---- */

/* 1: *row and *epoch are to be signed; 0: nothing; -1. */
static int next_block(struct oracle *o, uint64_t *epoch, struct consensus_row *row,
                      struct err *err) {
    struct overview v;
    uint64_t number;
    int rc = look(o, &v, err);
    if (rc != 1) {
        return rc;
    }
    o->epoch = *epoch = v.epoch;
    if (next_number(o, &v, &number, err) != 0) {
        return -1;
    }
    rc = taken_back(o, v.epoch, number, err);
    return rc != 0 ? (rc < 0 ? -1 : 0) : agreed(o, &v, number, row, err);
}

/* Replaying takes long, so the lock is not held meanwhile; only this thread signs new blocks. */
static int sign_blocks(struct oracle *o, struct err *err) {
    for (;;) {
        struct consensus_row row;
        uint64_t epoch;
        pthread_mutex_lock(&o->lock);
        int rc = next_block(o, &epoch, &row, err);
        pthread_mutex_unlock(&o->lock);
        if (rc != 1) {
            return rc;
        }
        if (o->verifier != NULL &&
            o->verifier->verify(o->verifier->ctx, row.number, row.sync_hash, err) != 0) {
            return err_context(err, "block %" PRIu64 " is not signed", row.number);
        }
        pthread_mutex_lock(&o->lock);
        rc = oracle_sign_row(o, epoch, &row, err);
        pthread_mutex_unlock(&o->lock);
        if (rc != 0) {
            return -1;
        }
        log_info("oracle", "event=signed block=%" PRIu64 " epoch=%" PRIu64 " expiry=%" PRIu64,
                 row.number, epoch, row.expiry);
    }
}

/* ---- taking back, under the lock ---- */

static int sign_revert(struct oracle *o, struct err *err) {
    struct overview v;
    struct revert_row row;
    struct err e = {0};
    uint8_t digest[32];
    int rc = look(o, &v, err);
    if (rc != 1) {
        return rc;
    }
    if (ledger_revert(o->ledger, v.epoch, &row, &e) != 0) {
        return e.code == ERR_NOT_FOUND ? 0 : err_set(err, e.code, "%s", e.text);
    }
    if (row.is_signed) {
        return 0;
    }
    struct revert_message m = {.epoch = v.epoch, .number = row.number};
    memcpy(m.instance, o->deployment->instance_id, 32);
    revert_digest(&m, digest);
    if (ledger_may_revert(o->ledger, v.epoch, row.number, v.clock, v.confirmed, err) != 0) {
        return -1;
    }
    if (!eth_sign(&o->key, digest, row.signature)) {
        return err_set(err, ERR_SYSTEM, "signing failed");
    }
    if (ledger_sign_revert(o->ledger, v.epoch, row.number, v.clock, v.confirmed, row.signature,
                           err) != 0) {
        return -1;
    }
    log_warn("oracle", "event=signed_revert from_block=%" PRIu64 " epoch=%" PRIu64, row.number,
             v.epoch);
    return 0;
}

int oracle_step_signing(struct oracle *o, struct err *err) {
    struct err e = {0};
    pthread_mutex_lock(&o->lock);
    int rc = sign_revert(o, err);
    pthread_mutex_unlock(&o->lock);
    if (sign_blocks(o, &e) < 0) {
        rc = err_set(err, e.code, "%s", e.text);
    }
    return rc;
}
