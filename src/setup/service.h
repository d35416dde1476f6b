/* The main program of a service (node, oracle): its command line, its configuration, its signals,
 * and a time limit for its end: a proof under way or an endpoint that hangs must not hold it up.
 * What matters is in the database at any moment, so ending hard loses nothing. */
#ifndef ZKLINK_SETUP_SERVICE_H
#define ZKLINK_SETUP_SERVICE_H

#include "config/config.h"

enum { SERVICE_STOP_LIMIT_MS = 4000 };

/* A switch of a service's own, besides --config and --help. */
struct service_flag {
    const char *name; /* without dashes */
    bool *set;
};

struct service {
    const char *name; /* its subcommand, and its component in the log */
    const char *help; /* the text of --help */
    /* Runs until it is told to end: 0, or -1 and err. */
    int (*run)(const struct config *config, struct err *err);
    const struct service_flag *flags; /* ends with a NULL name; NULL: none */
};

/* argv[0] is the subcommand. Reads the command line and the configuration and runs the service,
 * with SIGPIPE ignored and the signals that end it (SIGTERM, SIGINT, and SIGUSR1 for the service's
 * own use) blocked in all threads. Returns the exit code. */
int service_main(const struct service *s, int argc, char **argv);
/* Waits for one of these signals, logs it, returns it. From then on the process has
 * SERVICE_STOP_LIMIT_MS to end by itself; else it is ended, with code 1 after SIGUSR1, 0 after the
 * others. */
int service_wait(const struct service *s);
/* The two halves of it: waiting, and the time limit. */
int service_signal(const struct service *s);
void service_limit_end(const struct service *s, int number);

#endif
