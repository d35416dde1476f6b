/* Numbers for a monitor, in the plain-text form that Prometheus reads: one line for each value,
 * `name{label="value"} number`. Names begin with zklink_. */
#ifndef ZKLINK_RPC_METRICS_H
#define ZKLINK_RPC_METRICS_H

#include "base/bytes.h"
#include "rpc/http_server.h"

/* The line that tells what a metric is; type is "gauge" or "counter". */
void metric_help(struct buf *out, const char *name, const char *type, const char *help);
/* One value; label and value of the label may be NULL. Quotes in a label's value are left out. */
void metric_put(struct buf *out, const char *name, const char *label, const char *label_value,
                uint64_t v);
/* Makes the response of it; takes out over. */
void metrics_answer(struct buf *out, struct http_response *response);

#endif
