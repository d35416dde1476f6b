#include "rpc/rate_limit.h"

#include "base/bytes.h"

#include <string.h>

void rate_limit_init(struct rate_limit *r, unsigned per_s) {
    memset(r, 0, sizeof *r);
    r->per_s = per_s;
    if (!bytes_random(&r->seed, sizeof r->seed)) {
        r->seed = 0; /* only makes collisions predictable */
    }
    pthread_mutex_init(&r->lock, NULL);
}

void rate_limit_release(struct rate_limit *r) {
    pthread_mutex_destroy(&r->lock);
}

/* splitmix64's finaliser. */
static uint64_t mix(uint64_t x) {
    x = (x ^ x >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
    x = (x ^ x >> 27) * UINT64_C(0x94d049bb133111eb);
    return x ^ x >> 31;
}

bool rate_limit_take(struct rate_limit *r, uint32_t address, uint64_t now_ms) {
    if (r->per_s == 0) {
        return true;
    }
    const uint64_t cost = 1000, full = (uint64_t)RATE_BURST_S * 1000 * r->per_s;
    pthread_mutex_lock(&r->lock);
    struct rate_entry *e = &r->entry[mix(r->seed ^ address) % RATE_ENTRIES];
    if (e->address != address || e->at_ms == 0) {
        *e = (struct rate_entry){.address = address, .at_ms = now_ms, .credit_ms = full};
    }
    uint64_t passed = now_ms > e->at_ms ? now_ms - e->at_ms : 0;
    passed = passed < (uint64_t)RATE_BURST_S * 1000 ? passed : (uint64_t)RATE_BURST_S * 1000;
    e->credit_ms += passed * r->per_s;
    e->credit_ms = e->credit_ms < full ? e->credit_ms : full;
    e->at_ms = now_ms;
    bool ok = e->credit_ms >= cost;
    e->credit_ms -= ok ? cost : 0;
    pthread_mutex_unlock(&r->lock);
    return ok;
}
