#include "setup/service.h"
#include "base/clock.h"
#include "base/log.h"

#include <getopt.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

enum { GO_ON = -1, USAGE = 2, MAX_FLAGS = 8, FIRST_FLAG = 256 };

/* GO_ON, or the exit code. */
static int parse(const struct service *s, int argc, char **argv, const char **config) {
    struct option options[MAX_FLAGS + 3] = {{"config", required_argument, NULL, 'c'},
                                            {"help", no_argument, NULL, 'h'}};
    int c, n = 2;
    for (int i = 0; s->flags != NULL && s->flags[i].name != NULL && i < MAX_FLAGS; i++) {
        options[n++] = (struct option){s->flags[i].name, no_argument, NULL, FIRST_FLAG + i};
    }
    *config = getenv("ZKLINK_CONFIG");
    optind = 1;
    while ((c = getopt_long(argc, argv, "h", options, NULL)) != -1) {
        if (c == 'h') {
            fputs(s->help, stdout);
            return 0;
        }
        if (c >= FIRST_FLAG) {
            *s->flags[c - FIRST_FLAG].set = true;
            continue;
        }
        if (c != 'c') {
            fputs(s->help, stderr);
            return USAGE;
        }
        *config = optarg;
    }
    if (optind < argc) {
        fprintf(stderr, "zklink %s: unexpected argument %s\n", s->name, argv[optind]);
        return USAGE;
    }
    if (*config == NULL) {
        *config = "zklink.conf";
    }
    return GO_ON;
}

static void signals_that_end(sigset_t *set) {
    sigemptyset(set);
    sigaddset(set, SIGTERM);
    sigaddset(set, SIGINT);
    sigaddset(set, SIGUSR1);
}

int service_main(const struct service *s, int argc, char **argv) {
    const char *path;
    struct config config;
    struct err err = {0};
    sigset_t set;
    int code = parse(s, argc, argv, &path);
    if (code != GO_ON) {
        return code;
    }
    signals_that_end(&set);
    pthread_sigmask(SIG_BLOCK, &set, NULL);
    signal(SIGPIPE, SIG_IGN);
    int rc = config_load(&config, path, &err);
    if (rc == 0) {
        log_set_level(config.log_level);
        rc = s->run(&config, &err);
        config_release(&config);
    }
    if (rc != 0) {
        fprintf(stderr, "zklink %s: %s\n", s->name, err.text);
        return 1;
    }
    return 0;
}

/* ---- the end ---- */

static struct {
    const char *component;
    int exit_code;
} limit;

static void *end_hard(void *arg) {
    (void)arg;
    clock_sleep_ms(SERVICE_STOP_LIMIT_MS);
    log_info(limit.component, "event=stopped text=\"without waiting for what was under way\"");
    _exit(limit.exit_code);
}

int service_signal(const struct service *s) {
    sigset_t set;
    int number = 0;
    signals_that_end(&set);
    sigwait(&set, &number);
    log_info(s->name, "event=stopping signal=%d", number);
    return number;
}

void service_limit_end(const struct service *s, int number) {
    pthread_t thread;
    limit.component = s->name;
    limit.exit_code = number == SIGUSR1 ? 1 : 0;
    if (pthread_create(&thread, NULL, end_hard, NULL) == 0) {
        pthread_detach(thread);
    }
}

int service_wait(const struct service *s) {
    int number = service_signal(s);
    service_limit_end(s, number);
    return number;
}
