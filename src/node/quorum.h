/* Collects oracle signatures for a block: asks every configured oracle, keeps the answers that are
 * rightly signed by a member, and puts a quorum of every network together. */
#ifndef ZKLINK_NODE_QUORUM_H
#define ZKLINK_NODE_QUORUM_H

#include "chain/zklink_abi.h"

struct quorum_config {
    const uint8_t *instance; /* its id, 32 bytes; borrowed as all pointers */
    uint64_t epoch;
    const struct oracle_network *networks;
    size_t n_networks;
    char *const *urls;
    size_t n_urls;
    long timeout_ms;
};

/* Enough signatures of each network, ascending by signer, all over the same expiry. */
struct quorum {
    uint64_t expiry;
    struct {
        uint8_t signature[64][65];
        size_t n;
    } network[8];
};

/* 1: *q is complete; 0: not enough signatures yet; -1: err. missing (may be NULL, 200 bytes) says
 * what was wanting. An oracle that signed another syncHash is logged as an error. */
int quorum_collect(const struct quorum_config *c, uint64_t number, const uint8_t sync_hash[32],
                   struct quorum *q, char missing[200], struct err *err);

/* How often, since the start of the process, an oracle's answer was for another syncHash than the
 * one asked for. */
uint64_t quorum_other_sync_hashes(void);

/* Signatures of a Revert in the present epoch: *number is the block from which on enough members of
 * every network want to take back, q all their signatures (expiry 0). At least n - m + 1 of a
 * network's n members with threshold m; the contract may want more, if the network tolerates
 * faults. 1, 0 (not enough), -1 as above. */
int quorum_collect_revert(const struct quorum_config *c, uint64_t *number, struct quorum *q,
                          char missing[200], struct err *err);

#endif
