#include "rpc/rpc_client.h"
#include "rpc/http_client.h"

#include <stdlib.h>
#include <string.h>

enum { MAX_ANSWER = 64 << 20 };

struct rpc_client {
    struct http_client *http;
    char *url;
    json_int_t id;
    struct buf answer;
    int error_code;
    json_t *error_data;
};

struct rpc_client *rpc_client_new(const char *url, long timeout_ms) {
    struct rpc_client *c = calloc(1, sizeof *c);
    if (c != NULL) {
        c->http = http_client_new(timeout_ms);
        c->url = strdup(url);
        if (c->http == NULL || c->url == NULL) {
            rpc_client_free(c);
            c = NULL;
        }
    }
    return c;
}

void rpc_client_free(struct rpc_client *c) {
    if (c != NULL) {
        http_client_free(c->http);
        free(c->url);
        buf_free(&c->answer);
        json_decref(c->error_data);
        free(c);
    }
}

const char *rpc_client_url(const struct rpc_client *c) {
    return c->url;
}

int rpc_client_error_code(const struct rpc_client *c) {
    return c->error_code;
}

const json_t *rpc_client_error_data(const struct rpc_client *c) {
    return c->error_data;
}

static int read_answer(struct rpc_client *c, const char *method, json_t *answer, json_t **result,
                       struct err *err) {
    json_t *error = json_object_get(answer, "error");
    if (json_is_object(error)) {
        const char *message = json_string_value(json_object_get(error, "message"));
        c->error_code = (int)json_integer_value(json_object_get(error, "code"));
        c->error_data = json_incref(json_object_get(error, "data"));
        return err_set(err, ERR_REMOTE, "%s: %.400s", method,
                       message != NULL ? message : "error without a message");
    }
    json_t *r = json_object_get(answer, "result");
    if (r == NULL || json_integer_value(json_object_get(answer, "id")) != c->id) {
        return err_set(err, ERR_DECODE, "%s: %s: not a JSON-RPC 2.0 answer to this call", c->url,
                       method);
    }
    *result = json_incref(r);
    return 0;
}

/* Some endpoints put a contract's revert data into an error's message as if it were text, zeros
 * included. Results are read without zeros. */
static json_t *parse_answer(struct rpc_client *c, struct err *err) {
    json_t *v = json_parse(c->answer.data, c->answer.len, err);
    if (v != NULL) {
        return v;
    }
    v = json_loadb((const char *)c->answer.data, c->answer.len,
                   JSON_REJECT_DUPLICATES | JSON_ALLOW_NUL, NULL);
    if (v != NULL && !json_is_object(json_object_get(v, "error"))) {
        json_decref(v);
        v = NULL;
    }
    return v;
}

int rpc_call(struct rpc_client *c, const char *method, json_t *params, json_t **result,
             struct err *err) {
    *result = NULL;
    json_decref(c->error_data);
    c->error_data = NULL;
    c->error_code = 0;
    c->id++;
    json_t *request = json_pack("{s:s, s:I, s:s, s:o}", "jsonrpc", "2.0", "id", c->id, "method",
                                method, "params", params != NULL ? params : json_array());
    char *body = request != NULL ? json_format(request) : NULL;
    json_decref(request);
    if (body == NULL) {
        return err_set(err, ERR_SYSTEM, "%s: request cannot be built", method);
    }
    long status = 0;
    int rc =
        http_request(c->http, c->url, body, strlen(body), &c->answer, MAX_ANSWER, &status, err);
    free(body);
    if (rc != 0) {
        return -1;
    }
    struct err why = {.text = "no object"};
    json_t *answer = parse_answer(c, &why);
    if (!json_is_object(answer)) {
        json_decref(answer);
        return err_set(err, ERR_DECODE, "%s: %s: HTTP status %ld and no JSON-RPC answer (%.150s)",
                       c->url, method, status, why.text);
    }
    rc = read_answer(c, method, answer, result, err);
    json_decref(answer);
    return rc;
}
