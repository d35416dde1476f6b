#include "setup/stop_limit.h"
#include "base/clock.h"
#include "base/log.h"

#include <pthread.h>
#include <unistd.h>

static struct {
    const char *component;
    int exit_code;
} limit;

static void *run(void *arg) {
    (void)arg;
    clock_sleep_ms(STOP_LIMIT_MS);
    log_info(limit.component, "event=stopped text=\"without waiting for what was under way\"");
    _exit(limit.exit_code);
}

void stop_limit_start(const char *component, int exit_code) {
    pthread_t thread;
    limit.component = component;
    limit.exit_code = exit_code;
    if (pthread_create(&thread, NULL, run, NULL) == 0) {
        pthread_detach(thread);
    }
}
