#include "base/clock.h"

#include <errno.h>
#include <time.h>

static uint64_t read_ms(clockid_t id) {
    struct timespec t;
    clock_gettime(id, &t);
    return (uint64_t)t.tv_sec * 1000 + (uint64_t)t.tv_nsec / 1000000;
}

uint64_t clock_now_ms(void) {
    return read_ms(CLOCK_REALTIME);
}

uint64_t clock_now_s(void) {
    return read_ms(CLOCK_REALTIME) / 1000;
}

uint64_t clock_steady_ms(void) {
    return read_ms(CLOCK_MONOTONIC);
}

void clock_sleep_ms(unsigned ms) {
    struct timespec t = {ms / 1000, (long)(ms % 1000) * 1000000};
    while (nanosleep(&t, &t) != 0 && errno == EINTR) {
    }
}
