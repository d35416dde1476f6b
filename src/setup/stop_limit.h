/* A service's end has a time limit: a proof under way or an endpoint that hangs must not hold it
 * up. What matters is in the database at any moment, so ending hard loses nothing. */
#ifndef ZKLINK_SETUP_STOP_LIMIT_H
#define ZKLINK_SETUP_STOP_LIMIT_H

enum { STOP_LIMIT_MS = 4000 };

/* For main programs only: ends the process with this exit code after STOP_LIMIT_MS, unless it has
 * ended before. component: for the log. */
void stop_limit_start(const char *component, int exit_code);

#endif
