/* Requests per second of each client address: a token bucket for each in a table of fixed size, so
 * that no number of addresses takes memory. Two addresses may share an entry; the one that came
 * first is then forgotten, which only gives it a full bucket again. */
#ifndef ZKLINK_RPC_RATE_LIMIT_H
#define ZKLINK_RPC_RATE_LIMIT_H

#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>

enum { RATE_ENTRIES = 4096, RATE_BURST_S = 2 };

struct rate_limit {
    unsigned per_s; /* 0: no limit */
    uint64_t seed;  /* so that nobody can choose whom he shares an entry with */
    pthread_mutex_t lock;
    struct rate_entry {
        uint32_t address;
        uint64_t at_ms;
        uint64_t credit_ms; /* thousandths of requests; at most RATE_BURST_S seconds' worth */
    } entry[RATE_ENTRIES];
};

void rate_limit_init(struct rate_limit *r, unsigned per_s);
void rate_limit_release(struct rate_limit *r);
/* Takes one request of the address; false if it is one too many now. */
bool rate_limit_take(struct rate_limit *r, uint32_t address, uint64_t now_ms);

#endif
