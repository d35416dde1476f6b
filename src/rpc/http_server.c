#include "rpc/http_server.h"

#include "base/clock.h"
#include "rpc/rate_limit.h"

#include <arpa/inet.h>
#include <errno.h>
#include <microhttpd.h>
#include <stdlib.h>
#include <string.h>

enum { THREAD_STACK = 512 << 10 };

struct http_server {
    struct MHD_Daemon *daemon;
    http_handler *handler;
    void *ctx;
    size_t max_body;
    uint16_t port;
    struct rate_limit rate;
};

/* What MHD keeps for us between the calls of one request. */
struct exchange {
    struct buf body;
    bool too_long;
};

static enum MHD_Result answer(struct MHD_Connection *conn, unsigned status, const char *type,
                              char *body, size_t len) {
    struct MHD_Response *r = MHD_create_response_from_buffer(
        len, body, body != NULL ? MHD_RESPMEM_MUST_FREE : MHD_RESPMEM_PERSISTENT);
    if (r == NULL) {
        free(body);
        return MHD_NO;
    }
    MHD_add_response_header(r, MHD_HTTP_HEADER_CONTENT_TYPE,
                            type != NULL ? type : "application/json");
    if (status == MHD_HTTP_CONTENT_TOO_LARGE || status == MHD_HTTP_TOO_MANY_REQUESTS) {
        MHD_add_response_header(r, MHD_HTTP_HEADER_CONNECTION, "close");
    }
    enum MHD_Result rc = MHD_queue_response(conn, status, r);
    MHD_destroy_response(r);
    return rc;
}

static enum MHD_Result answer_too_large(struct MHD_Connection *conn) {
    char *body = strdup("{\"error\":\"request body too large\"}");
    return answer(conn, MHD_HTTP_CONTENT_TOO_LARGE, NULL, body, body != NULL ? strlen(body) : 0);
}

/* Before the body is read: a request too many costs next to nothing. */
static bool is_too_many(struct http_server *s, struct MHD_Connection *conn) {
    const union MHD_ConnectionInfo *info =
        MHD_get_connection_info(conn, MHD_CONNECTION_INFO_CLIENT_ADDRESS);
    if (info == NULL || info->client_addr->sa_family != AF_INET) {
        return false;
    }
    struct sockaddr_in addr;
    memcpy(&addr, info->client_addr, sizeof addr);
    return !rate_limit_take(&s->rate, addr.sin_addr.s_addr, clock_steady_ms());
}

static enum MHD_Result answer_too_many(struct MHD_Connection *conn) {
    char *body = strdup("{\"error\":\"too many requests\"}");
    return answer(conn, MHD_HTTP_TOO_MANY_REQUESTS, NULL, body, body != NULL ? strlen(body) : 0);
}

static bool declared_too_long(struct MHD_Connection *conn, size_t max) {
    const char *text =
        MHD_lookup_connection_value(conn, MHD_HEADER_KIND, MHD_HTTP_HEADER_CONTENT_LENGTH);
    return text != NULL && strtoull(text, NULL, 10) > max;
}

static enum MHD_Result on_request(void *cls, struct MHD_Connection *conn, const char *url,
                                  const char *method, const char *version, const char *data,
                                  size_t *data_len, void **slot) {
    struct http_server *s = cls;
    (void)version;
    struct exchange *x = *slot;
    if (x == NULL) {
        *slot = x = calloc(1, sizeof *x);
        if (x == NULL) {
            return MHD_NO;
        }
        if (is_too_many(s, conn)) {
            return answer_too_many(conn);
        }
        return declared_too_long(conn, s->max_body) ? answer_too_large(conn) : MHD_YES;
    }
    if (*data_len > 0) {
        if (*data_len > s->max_body - x->body.len) {
            x->too_long = true;
            x->body.len = 0;
        } else if (!x->too_long) {
            buf_append(&x->body, data, *data_len);
        }
        *data_len = 0;
        return MHD_YES;
    }
    if (x->too_long) {
        return answer_too_large(conn);
    }
    if (x->body.failed) {
        return MHD_NO;
    }
    struct http_request request = {method, url, x->body.data, x->body.len};
    struct http_response response = {.status = MHD_HTTP_OK};
    s->handler(s->ctx, &request, &response);
    return answer(conn, response.status, response.content_type, response.body, response.body_len);
}

static void on_completed(void *cls, struct MHD_Connection *conn, void **slot,
                         enum MHD_RequestTerminationCode why) {
    (void)cls;
    (void)conn;
    (void)why;
    struct exchange *x = *slot;
    if (x != NULL) {
        buf_free(&x->body);
        free(x);
        *slot = NULL;
    }
}

struct http_server *http_server_start(const struct http_server_config *config,
                                      http_handler *handler, void *ctx, struct err *err) {
    struct sockaddr_in addr = {.sin_family = AF_INET, .sin_port = htons(config->port)};
    if (inet_pton(AF_INET, config->address, &addr.sin_addr) != 1) {
        err_set(err, ERR_CONFIG, "'%s' is not a numeric IPv4 address", config->address);
        return NULL;
    }
    struct http_server *s = calloc(1, sizeof *s);
    if (s == NULL) {
        err_set(err, ERR_SYSTEM, "out of memory");
        return NULL;
    }
    *s = (struct http_server){.handler = handler, .ctx = ctx, .max_body = config->max_body};
    rate_limit_init(&s->rate, config->max_rate);
    errno = 0;
    s->daemon = MHD_start_daemon(
        MHD_USE_INTERNAL_POLLING_THREAD | MHD_USE_THREAD_PER_CONNECTION | MHD_USE_POLL,
        config->port, NULL, NULL, on_request, s, MHD_OPTION_SOCK_ADDR, (struct sockaddr *)&addr,
        MHD_OPTION_CONNECTION_LIMIT, config->max_connections, MHD_OPTION_PER_IP_CONNECTION_LIMIT,
        config->max_per_client, MHD_OPTION_CONNECTION_TIMEOUT, config->timeout_s,
        MHD_OPTION_THREAD_STACK_SIZE, (size_t)THREAD_STACK, MHD_OPTION_NOTIFY_COMPLETED,
        on_completed, NULL, MHD_OPTION_END);
    if (s->daemon == NULL) {
        err_set(err, ERR_SYSTEM, "cannot listen on %s:%u: %s", config->address, config->port,
                errno != 0 ? strerror(errno) : "the HTTP server did not start");
        rate_limit_release(&s->rate);
        free(s);
        return NULL;
    }
    const union MHD_DaemonInfo *info = MHD_get_daemon_info(s->daemon, MHD_DAEMON_INFO_BIND_PORT);
    s->port = info != NULL ? info->port : config->port;
    return s;
}

uint16_t http_server_port(const struct http_server *s) {
    return s->port;
}

void http_server_stop(struct http_server *s) {
    if (s != NULL) {
        MHD_stop_daemon(s->daemon);
        rate_limit_release(&s->rate);
        free(s);
    }
}
