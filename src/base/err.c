#include "base/err.h"

#include <stdio.h>
#include <string.h>

/* Error texts may quote what a remote side sent; they end in log lines and terminals. */
static void make_printable(char *s) {
    for (; *s != '\0'; s++) {
        unsigned char c = (unsigned char)*s;
        if (c < 0x20 || c == 0x7f) {
            *s = ' ';
        } else if (c == '"') {
            *s = '\'';
        }
    }
}

int err_set(struct err *e, enum err_code code, const char *fmt, ...) {
    if (e != NULL) {
        char text[sizeof e->text]; /* arguments may point into e->text */
        va_list ap;
        va_start(ap, fmt);
        vsnprintf(text, sizeof text, fmt, ap);
        va_end(ap);
        make_printable(text);
        memcpy(e->text, text, sizeof text);
        e->code = code;
    }
    return -1;
}

int err_context(struct err *e, const char *fmt, ...) {
    if (e != NULL) {
        char text[sizeof e->text];
        va_list ap;
        va_start(ap, fmt);
        int n = vsnprintf(text, sizeof text, fmt, ap);
        va_end(ap);
        size_t at = n < 0 ? 0 : (size_t)n;
        const char *parts[] = {": ", e->text};
        for (unsigned i = 0; i < 2 && at < sizeof text - 1; i++) {
            size_t len = strnlen(parts[i], sizeof text - 1 - at);
            memcpy(text + at, parts[i], len);
            at += len;
        }
        text[at < sizeof text ? at : sizeof text - 1] = '\0';
        make_printable(text);
        memcpy(e->text, text, sizeof text);
    }
    return -1;
}

const char *err_name(enum err_code code) {
    switch (code) {
    case ERR_NONE:
        return "none";
    case ERR_SYSTEM:
        return "system";
    case ERR_INPUT:
        return "input";
    case ERR_CONFIG:
        return "config";
    case ERR_NETWORK:
        return "network";
    case ERR_TIMEOUT:
        return "timeout";
    case ERR_REMOTE:
        return "remote";
    case ERR_DECODE:
        return "decode";
    case ERR_MISMATCH:
        return "mismatch";
    case ERR_CORRUPT:
        return "corrupt";
    case ERR_NOT_FOUND:
        return "not_found";
    case ERR_REORG:
        return "reorg";
    case ERR_STOPPED:
        return "stopped";
    }
    return "unknown";
}
