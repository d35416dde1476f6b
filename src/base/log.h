/* Log lines for operators, on standard error, one write per line:
 *   2026-11-22T23:48:10.123Z info watcher event=new_request chain=1 index=7
 * Everything after the component is key=value; the first key is `event`. Never secrets. */
#ifndef ZKLINK_BASE_LOG_H
#define ZKLINK_BASE_LOG_H

#include <stdbool.h>

enum log_level { LOG_ERROR, LOG_WARN, LOG_INFO, LOG_DEBUG };

/* Lines above the level are dropped; LOG_INFO at start. Call before threads start. */
void log_set_level(enum log_level level);
/* From "error", "warn", "info" or "debug"; false on anything else. */
bool log_level_parse(const char *name, enum log_level *level);

void log_line(enum log_level level, const char *component, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));

#define log_error(component, ...) log_line(LOG_ERROR, component, __VA_ARGS__)
#define log_warn(component, ...) log_line(LOG_WARN, component, __VA_ARGS__)
#define log_info(component, ...) log_line(LOG_INFO, component, __VA_ARGS__)
#define log_debug(component, ...) log_line(LOG_DEBUG, component, __VA_ARGS__)

#endif
