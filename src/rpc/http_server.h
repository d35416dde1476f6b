/* A small HTTP server on libmicrohttpd: one thread per connection up to a limit, so that a handler
 * may wait (for a commit, say) without holding up others. Bodies, idle time and connections are
 * bounded. */
#ifndef ZKLINK_RPC_HTTP_SERVER_H
#define ZKLINK_RPC_HTTP_SERVER_H

#include "base/bytes.h"
#include "base/err.h"

struct http_server_config {
    const char *address;      /* numeric IPv4 address, "127.0.0.1" unless the operator says else */
    uint16_t port;            /* 0: any free one */
    unsigned max_connections; /* further ones are closed at once */
    unsigned timeout_s;       /* idle time after which a connection is closed */
    size_t max_body;          /* larger requests get status 413 */
    unsigned max_rate;        /* requests per second of one address, more get 429; 0: no limit */
    unsigned max_per_client;  /* connections of one address; 0: no limit */
};

struct http_request {
    const char *method; /* "GET", "POST" */
    const char *path;
    const uint8_t *body;
    size_t body_len;
};

/* The body is taken over and freed with free(). */
struct http_response {
    unsigned status;
    const char *content_type; /* NULL: JSON */
    char *body;
    size_t body_len;
};

/* Called from many threads at once. response is {200, NULL, NULL, 0} at entry. */
typedef void http_handler(void *ctx, const struct http_request *request,
                          struct http_response *response);

struct http_server;
struct http_server *http_server_start(const struct http_server_config *config,
                                      http_handler *handler, void *ctx, struct err *err);
uint16_t http_server_port(const struct http_server *s);
/* Waits for running handlers, closes everything. */
void http_server_stop(struct http_server *s);

#endif
