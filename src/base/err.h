/* Errors of the layers that talk to the outside (files, network, database, configuration): a code
 * for the program and a sentence for the operator. The pure layers (crypto, proof, rollup) have
 * enums of their own. */
#ifndef ZKLINK_BASE_ERR_H
#define ZKLINK_BASE_ERR_H

#include <stdarg.h>

enum err_code {
    ERR_NONE = 0,
    ERR_SYSTEM,    /* the operating system refused: files, threads, memory */
    ERR_INPUT,     /* what a caller or user gave cannot be used */
    ERR_CONFIG,    /* a mistake in the configuration */
    ERR_NETWORK,   /* an endpoint could not be reached, or broke off */
    ERR_TIMEOUT,   /* an endpoint did not answer in time */
    ERR_REMOTE,    /* an endpoint answered with an error */
    ERR_DECODE,    /* outside data is not of the form it must have */
    ERR_MISMATCH,  /* two things that must agree do not (chain id, address, root) */
    ERR_CORRUPT,   /* stored data contradicts itself */
    ERR_NOT_FOUND, /* what was asked for is not there (yet) */
    ERR_REORG,     /* a block that counted as final is gone */
    ERR_STOPPED,   /* the program is ending */
};

/* text never holds secrets, control characters or double quotes: it can stand in a log line. */
struct err {
    enum err_code code;
    char text[600];
};

/* Sets code and text; e may be NULL. Returns -1, so that a function can end with
 * `return err_set(...)`. */
int err_set(struct err *e, enum err_code code, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));
/* Puts `context: ` before the text of an error that is already set. Returns -1. */
int err_context(struct err *e, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
/* A short fixed name of a code, for log lines. */
const char *err_name(enum err_code code);

#endif
