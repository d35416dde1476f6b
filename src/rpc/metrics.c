#include "rpc/metrics.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void metric_help(struct buf *out, const char *name, const char *type, const char *help) {
    buf_append_text(out, "# HELP ");
    buf_append_text(out, name);
    buf_append_text(out, " ");
    buf_append_text(out, help);
    buf_append_text(out, "\n# TYPE ");
    buf_append_text(out, name);
    buf_append_text(out, " ");
    buf_append_text(out, type);
    buf_append_text(out, "\n");
}

void metric_put(struct buf *out, const char *name, const char *label, const char *label_value,
                uint64_t v) {
    char number[24];
    buf_append_text(out, name);
    if (label != NULL) {
        buf_append_text(out, "{");
        buf_append_text(out, label);
        buf_append_text(out, "=\"");
        for (const char *p = label_value; *p != '\0'; p++) {
            if (*p != '"' && *p != '\\' && *p >= ' ') {
                buf_append_byte(out, (uint8_t)*p);
            }
        }
        buf_append_text(out, "\"}");
    }
    (void)snprintf(number, sizeof number, " %" PRIu64 "\n", v);
    buf_append_text(out, number);
}

void metrics_answer(struct buf *out, struct http_response *response) {
    response->content_type = "text/plain; version=0.0.4";
    if (out->failed) {
        buf_free(out);
        response->status = 500;
        return;
    }
    response->body = (char *)out->data;
    response->body_len = out->len;
    *out = (struct buf){0};
}
