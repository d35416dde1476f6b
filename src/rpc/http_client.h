/* HTTP requests over libcurl: one handle per thread, kept-alive connections, bounded answers, no
 * redirects, http and https only. */
#ifndef ZKLINK_RPC_HTTP_CLIENT_H
#define ZKLINK_RPC_HTTP_CLIENT_H

#include "base/bytes.h"
#include "base/err.h"

struct http_client;

/* timeout_ms is for a whole request; connecting may take a third of it. NULL if memory runs out.
 * A client belongs to one thread at a time. */
struct http_client *http_client_new(long timeout_ms);
void http_client_free(struct http_client *c);

/* POSTs a JSON body (or GETs, if body is NULL); the answer's body is put into out (emptied first),
 * at most max bytes. Any HTTP status is an answer: *status. ERR_NETWORK or ERR_TIMEOUT if there is
 * no answer. */
int http_request(struct http_client *c, const char *url, const char *body, size_t len,
                 struct buf *out, size_t max, long *status, struct err *err);

#endif
