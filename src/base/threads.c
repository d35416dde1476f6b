/* parallel_for by plain pthreads, started anew for each call: no pool, no state, no lock. */
#include "base/threads.h"

#include <pthread.h>
#include <stdbool.h>

enum { MAX_THREADS = 256 };

struct range {
    parallel_fn *fn;
    void *ctx;
    size_t begin, end;
    pthread_t thread;
    bool started;
};

static void *range_run(void *arg) {
    struct range *r = arg;
    r->fn(r->ctx, r->begin, r->end);
    return NULL;
}

void parallel_for(unsigned threads, size_t n, parallel_fn *fn, void *ctx) {
    struct range range[MAX_THREADS];
    size_t parts = threads < 1 ? 1 : threads > MAX_THREADS ? MAX_THREADS : threads;
    if (parts > n) {
        parts = n;
    }
    if (parts == 0) {
        return;
    }
    size_t each = n / parts, extra = n % parts, at = 0;
    for (size_t i = 0; i < parts; i++) {
        size_t len = each + (i < extra ? 1 : 0);
        range[i] = (struct range){.fn = fn, .ctx = ctx, .begin = at, .end = at + len};
        at += len;
    }
    for (size_t i = 1; i < parts; i++) {
        range[i].started = pthread_create(&range[i].thread, NULL, range_run, &range[i]) == 0;
    }
    range_run(&range[0]);
    for (size_t i = 1; i < parts; i++) {
        if (range[i].started) {
            (void)pthread_join(range[i].thread, NULL);
        } else {
            range_run(&range[i]);
        }
    }
}
