#include "rpc/http_client.h"

#include <curl/curl.h>
#include <pthread.h>
#include <stdlib.h>

struct http_client {
    CURL *curl;
    struct curl_slist *headers;
    char detail[CURL_ERROR_SIZE];
};

static pthread_once_t curl_once = PTHREAD_ONCE_INIT;

static void start_curl(void) {
    curl_global_init(CURL_GLOBAL_DEFAULT);
}

struct http_client *http_client_new(long timeout_ms) {
    pthread_once(&curl_once, start_curl);
    struct http_client *c = calloc(1, sizeof *c);
    if (c == NULL) {
        return NULL;
    }
    c->curl = curl_easy_init();
    c->headers = curl_slist_append(NULL, "Content-Type: application/json");
    if (c->curl == NULL || c->headers == NULL) {
        http_client_free(c);
        return NULL;
    }
    curl_easy_setopt(c->curl, CURLOPT_NOSIGNAL, 1L);
    curl_easy_setopt(c->curl, CURLOPT_TIMEOUT_MS, timeout_ms);
    curl_easy_setopt(c->curl, CURLOPT_CONNECTTIMEOUT_MS, timeout_ms / 3 + 1);
    curl_easy_setopt(c->curl, CURLOPT_FOLLOWLOCATION, 0L);
    curl_easy_setopt(c->curl, CURLOPT_PROTOCOLS_STR, "http,https");
    curl_easy_setopt(c->curl, CURLOPT_HTTPHEADER, c->headers);
    curl_easy_setopt(c->curl, CURLOPT_ERRORBUFFER, c->detail);
    curl_easy_setopt(c->curl, CURLOPT_TCP_NODELAY, 1L);
    curl_easy_setopt(c->curl, CURLOPT_NOPROXY, "localhost,127.0.0.1,::1");
    return c;
}

void http_client_free(struct http_client *c) {
    if (c != NULL) {
        curl_slist_free_all(c->headers);
        curl_easy_cleanup(c->curl);
        free(c);
    }
}

struct sink {
    struct buf *out;
    size_t max;
    bool too_long;
};

static size_t take(char *data, size_t size, size_t n, void *user) {
    struct sink *s = user;
    if (size * n > s->max - s->out->len) {
        s->too_long = true;
        return 0;
    }
    buf_append(s->out, data, size * n);
    return s->out->failed ? 0 : size * n;
}

int http_request(struct http_client *c, const char *url, const char *body, size_t len,
                 struct buf *out, size_t max, long *status, struct err *err) {
    out->len = 0;
    struct sink sink = {.out = out, .max = max};
    c->detail[0] = '\0';
    curl_easy_setopt(c->curl, CURLOPT_URL, url);
    curl_easy_setopt(c->curl, CURLOPT_WRITEFUNCTION, take);
    curl_easy_setopt(c->curl, CURLOPT_WRITEDATA, &sink);
    if (body != NULL) {
        curl_easy_setopt(c->curl, CURLOPT_POST, 1L);
        curl_easy_setopt(c->curl, CURLOPT_POSTFIELDS, body);
        curl_easy_setopt(c->curl, CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)len);
    } else {
        curl_easy_setopt(c->curl, CURLOPT_HTTPGET, 1L);
    }
    CURLcode rc = curl_easy_perform(c->curl);
    if (rc == CURLE_OPERATION_TIMEDOUT) {
        return err_set(err, ERR_TIMEOUT, "%s: no answer in time", url);
    }
    if (sink.too_long) {
        return err_set(err, ERR_DECODE, "%s: answer larger than %zu bytes", url, max);
    }
    if (rc != CURLE_OK) {
        return err_set(err, ERR_NETWORK, "%s: %s", url,
                       c->detail[0] != '\0' ? c->detail : curl_easy_strerror(rc));
    }
    curl_easy_getinfo(c->curl, CURLINFO_RESPONSE_CODE, status);
    return 0;
}
