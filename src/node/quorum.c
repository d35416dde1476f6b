#include "node/quorum.h"
#include "base/clock.h"
#include "base/log.h"
#include "chain/eip712.h"
#include "chain/eth_key.h"
#include "rpc/rpc_client.h"

#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { MAX_ANSWERS = 64, EXPIRY_MARGIN_S = 120 };

static atomic_uint_fast64_t other_sync_hashes;

uint64_t quorum_other_sync_hashes(void) {
    return atomic_load(&other_sync_hashes);
}

struct answer {
    uint8_t signer[20];
    uint8_t signature[65];
    uint64_t expiry;
};

static int read_answer(const struct quorum_config *c, const json_t *v, uint64_t number,
                       const uint8_t sync_hash[32], const char *url, struct answer *a,
                       struct err *err) {
    struct consensus_message m = {.epoch = c->epoch, .number = number};
    uint64_t got_number, epoch;
    uint8_t digest[32];
    if (json_get_u64(v, "number", UINT64_MAX, &got_number, err) != 0 ||
        json_get_u64(v, "epoch", UINT64_MAX, &epoch, err) != 0 ||
        json_get_u64(v, "expiry", INT64_MAX, &a->expiry, err) != 0 ||
        json_get_hex(v, "syncHash", m.sync_hash, 32, err) != 0 ||
        json_get_hex(v, "signature", a->signature, 65, err) != 0) {
        return -1;
    }
    memcpy(m.instance, c->instance, 32);
    m.expiry = a->expiry;
    if (memcmp(m.sync_hash, sync_hash, 32) != 0) {
        atomic_fetch_add(&other_sync_hashes, 1);
        log_error("quorum", "event=other_sync_hash oracle=%s block=%llu", url,
                  (unsigned long long)number);
        return err_set(err, ERR_MISMATCH, "%s signed another syncHash", url);
    }
    consensus_digest(&m, digest);
    if (got_number != number || epoch != c->epoch ||
        !eth_recover(digest, a->signature, a->signer)) {
        return err_set(err, ERR_DECODE, "%s: a wrong answer", url);
    }
    return 0;
}

static int ask(const struct quorum_config *c, const char *url, uint64_t number,
               const uint8_t sync_hash[32], struct answer *a, struct err *err) {
    struct rpc_client *rpc = rpc_client_new(url, c->timeout_ms);
    json_t *result = NULL;
    if (rpc == NULL) {
        return err_set(err, ERR_SYSTEM, "out of memory");
    }
    int rc = rpc_call(rpc, "getConsensus",
                      json_pack("[I, I]", (json_int_t)number, (json_int_t)c->epoch), &result, err);
    if (rc == 0) {
        rc = read_answer(c, result, number, sync_hash, url, a, err);
    }
    json_decref(result);
    rpc_client_free(rpc);
    return rc;
}

static int by_signer(const void *a, const void *b) {
    return memcmp(((const struct answer *)a)->signer, ((const struct answer *)b)->signer, 20);
}

static bool is_member(const struct oracle_network *n, const uint8_t address[20]) {
    for (size_t i = 0; i < n->n_members; i++) {
        if (memcmp(n->member[i], address, 20) == 0) {
            return true;
        }
    }
    return false;
}

/* Takes the answers with this expiry; true if every network has its threshold. */
static bool assemble(const struct quorum_config *c, const struct answer *answers, size_t n,
                     uint64_t expiry, struct quorum *q, char missing[200]) {
    bool complete = true;
    q->expiry = expiry;
    for (size_t i = 0; i < c->n_networks; i++) {
        const struct oracle_network *net = &c->networks[i];
        size_t got = 0;
        const uint8_t *last = NULL;
        for (size_t k = 0; k < n && got < net->threshold; k++) {
            bool twice = last != NULL && memcmp(last, answers[k].signer, 20) == 0;
            if (answers[k].expiry == expiry && !twice && is_member(net, answers[k].signer)) {
                memcpy(q->network[i].signature[got++], answers[k].signature, 65);
                last = answers[k].signer;
            }
        }
        q->network[i].n = got;
        if (got < net->threshold) {
            complete = false;
            snprintf(missing, 200, "network %zu has %zu of %llu signatures", i, got,
                     (unsigned long long)net->threshold);
        }
    }
    return complete;
}

int quorum_collect(const struct quorum_config *c, uint64_t number, const uint8_t sync_hash[32],
                   struct quorum *q, char missing[200], struct err *err) {
    struct answer answers[MAX_ANSWERS] = {0};
    char text[200] = "no oracle has signed";
    size_t n = 0;
    if (c->n_networks > sizeof q->network / sizeof *q->network) {
        return err_set(err, ERR_CONFIG, "too many oracle networks");
    }
    for (size_t i = 0; i < c->n_urls && n < MAX_ANSWERS; i++) {
        struct err e = {0};
        if (ask(c, c->urls[i], number, sync_hash, &answers[n], &e) == 0) {
            n += answers[n].expiry > clock_now_s() + EXPIRY_MARGIN_S;
        } else {
            log_debug("quorum", "event=no_signature oracle=%s block=%llu text=\"%s\"", c->urls[i],
                      (unsigned long long)number, e.text);
        }
    }
    qsort(answers, n, sizeof *answers, by_signer);
    int rc = 0;
    for (size_t i = 0; rc == 0 && i < n; i++) {
        rc = assemble(c, answers, n, answers[i].expiry, q, text) ? 1 : 0;
    }
    if (missing != NULL) {
        memcpy(missing, text, sizeof text);
    }
    return rc;
}

/* ---- taking back ---- */

static int read_revert(const struct quorum_config *c, const json_t *v, const char *url,
                       struct answer *a, struct err *err) {
    struct revert_message m = {.epoch = c->epoch};
    uint64_t epoch;
    uint8_t digest[32];
    if (json_get_u64(v, "number", INT64_MAX, &m.number, err) != 0 ||
        json_get_u64(v, "epoch", UINT64_MAX, &epoch, err) != 0 ||
        json_get_hex(v, "signature", a->signature, 65, err) != 0) {
        return -1;
    }
    memcpy(m.instance, c->instance, 32);
    revert_digest(&m, digest);
    if (epoch != c->epoch || !eth_recover(digest, a->signature, a->signer)) {
        return err_set(err, ERR_DECODE, "%s: a wrong answer", url);
    }
    a->expiry = m.number; /* what answers are told apart by */
    return 0;
}

static int ask_revert(const struct quorum_config *c, const char *url, struct answer *a,
                      struct err *err) {
    struct rpc_client *rpc = rpc_client_new(url, c->timeout_ms);
    json_t *result = NULL;
    if (rpc == NULL) {
        return err_set(err, ERR_SYSTEM, "out of memory");
    }
    int rc = rpc_call(rpc, "getRevert", json_pack("[I]", (json_int_t)c->epoch), &result, err);
    if (rc == 0) {
        rc = read_revert(c, result, url, a, err);
    }
    json_decref(result);
    rpc_client_free(rpc);
    return rc;
}

/* All of a network's signatures for this number; true if there are enough in each. */
static bool assemble_revert(const struct quorum_config *c, const struct answer *answers, size_t n,
                            uint64_t number, struct quorum *q, char missing[200]) {
    bool complete = true;
    q->expiry = 0;
    for (size_t i = 0; i < c->n_networks; i++) {
        const struct oracle_network *net = &c->networks[i];
        size_t got = 0, wanted = net->n_members - (size_t)net->threshold + 1;
        const uint8_t *last = NULL;
        for (size_t k = 0; k < n && got < 64; k++) {
            bool twice = last != NULL && memcmp(last, answers[k].signer, 20) == 0;
            if (answers[k].expiry == number && !twice && is_member(net, answers[k].signer)) {
                memcpy(q->network[i].signature[got++], answers[k].signature, 65);
                last = answers[k].signer;
            }
        }
        q->network[i].n = got;
        if (got < wanted) {
            complete = false;
            snprintf(missing, 200, "network %zu has %zu of %zu signatures of a Revert", i, got,
                     wanted);
        }
    }
    return complete;
}

int quorum_collect_revert(const struct quorum_config *c, uint64_t *number, struct quorum *q,
                          char missing[200], struct err *err) {
    struct answer answers[MAX_ANSWERS] = {0};
    char text[200] = "no oracle wants to take blocks back";
    size_t n = 0;
    if (c->n_networks > sizeof q->network / sizeof *q->network) {
        return err_set(err, ERR_CONFIG, "too many oracle networks");
    }
    for (size_t i = 0; i < c->n_urls && n < MAX_ANSWERS; i++) {
        struct err e = {0};
        n += ask_revert(c, c->urls[i], &answers[n], &e) == 0;
    }
    qsort(answers, n, sizeof *answers, by_signer);
    int rc = 0;
    for (size_t i = 0; rc == 0 && i < n; i++) {
        *number = answers[i].expiry;
        rc = assemble_revert(c, answers, n, *number, q, text) ? 1 : 0;
    }
    if (missing != NULL) {
        memcpy(missing, text, sizeof text);
    }
    return rc;
}
