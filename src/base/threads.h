/* Fork-join parallelism over an index range. */
#ifndef ZKLINK_BASE_THREADS_H
#define ZKLINK_BASE_THREADS_H

#include "base/cpu.h"

#include <stddef.h>

/* Work on the items begin <= i < end. */
typedef void parallel_fn(void *ctx, size_t begin, size_t end);

/* Cuts [0, n) into at most `threads` contiguous, nearly equal, non-empty ranges and calls
 * fn(ctx, begin, end) once for each, at the same time; the caller's thread takes the first. Returns
 * when all are done. n = 0 calls nothing; threads = 0 means 1. Calls may nest. Starting a thread
 * costs some tens of microseconds: not for tiny work. If a thread cannot be started, the caller
 * does its range: the work is always done. */
void parallel_for(unsigned threads, size_t n, parallel_fn *fn, void *ctx);

#endif
