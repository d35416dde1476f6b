#include "rpc/rpc_server.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct call {
    const struct rpc_route *route;
    const json_t *params; /* borrowed */
    const json_t *id;     /* borrowed; NULL for a notification */
    void *job;
    bool failed;
    struct rpc_error error;
};

void *rpc_fail(struct rpc_error *error, int code, const char *reason, const char *fmt, ...) {
    va_list ap;
    va_start(ap, fmt);
    vsnprintf(error->message, sizeof error->message, fmt, ap);
    va_end(ap);
    error->code = code;
    error->reason = reason;
    return NULL;
}

const json_t *rpc_param(const json_t *params, size_t i, const char *name) {
    return json_is_array(params) ? json_array_get(params, i) : json_object_get(params, name);
}

static json_t *error_object(const struct rpc_error *e, const json_t *id) {
    json_t *data = e->reason != NULL ? json_pack("{s:s}", "reason", e->reason) : NULL;
    json_t *message = json_string(e->message);
    if (message == NULL) { /* quoted outside text that is no UTF-8 */
        message = json_string("error");
    }
    json_t *error =
        json_pack("{s:i, s:o, s:o*}", "code", e->code, "message", message, "data", data);
    return json_pack("{s:s, s:o, s:O?}", "jsonrpc", "2.0", "error", error, "id", id);
}

static json_t *simple_error(int code, const char *text) {
    struct rpc_error e = {0};
    rpc_fail(&e, code, NULL, "%s", text);
    json_t *id = json_null();
    return error_object(&e, id);
}

static const struct rpc_route *find_route(const struct rpc_service *s, const char *name) {
    for (size_t i = 0; i < s->n_routes; i++) {
        if (strcmp(s->routes[i].name, name) == 0) {
            return &s->routes[i];
        }
    }
    return NULL;
}

static void fail_call(struct call *c, int code, const char *text, const char *what) {
    c->failed = true;
    rpc_fail(&c->error, code, NULL, "%s%.80s", text, what);
}

/* Reads one request object and begins its method. */
static void begin_call(const struct rpc_service *s, const json_t *request, struct call *c) {
    *c = (struct call){0};
    const json_t *id = json_object_get(request, "id");
    const char *version = json_string_value(json_object_get(request, "jsonrpc"));
    const char *method = json_string_value(json_object_get(request, "method"));
    const json_t *params = json_object_get(request, "params");
    bool id_ok = id == NULL || json_is_string(id) || json_is_number(id) || json_is_null(id);
    if (!json_is_object(request) || version == NULL || strcmp(version, "2.0") != 0 ||
        method == NULL || !id_ok ||
        (params != NULL && !json_is_array(params) && !json_is_object(params))) {
        c->id = id != NULL && id_ok ? id : json_null();
        fail_call(c, RPC_INVALID_REQUEST,
                  "not a JSON-RPC 2.0 request: it needs jsonrpc '2.0', a method name, and params "
                  "as array or object",
                  "");
        return;
    }
    c->id = id;
    c->params = params;
    c->route = find_route(s, method);
    if (c->route == NULL) {
        fail_call(c, RPC_METHOD_NOT_FOUND, "no method ", method);
        return;
    }
    if (c->route->begin != NULL) {
        c->job = c->route->begin(s->ctx, params, &c->error);
        c->failed = c->job == NULL;
    }
}

/* The answer object; NULL for a notification. */
static json_t *finish_call(const struct rpc_service *s, struct call *c) {
    json_t *result = NULL;
    if (!c->failed) {
        result = c->route->finish(s->ctx, c->job, c->params, &c->error);
        c->failed = result == NULL;
    }
    if (c->id == NULL) {
        json_decref(result);
        return NULL;
    }
    if (c->failed) {
        return error_object(&c->error, c->id);
    }
    return json_pack("{s:s, s:o, s:O}", "jsonrpc", "2.0", "result", result, "id", c->id);
}

static json_t *answer_batch(const struct rpc_service *s, const json_t *batch) {
    size_t n = json_array_size(batch);
    if (n == 0) {
        return simple_error(RPC_INVALID_REQUEST, "an empty batch");
    }
    if (n > s->max_batch) {
        return simple_error(RPC_INVALID_REQUEST, "the batch has too many requests");
    }
    struct call *calls = calloc(n, sizeof *calls);
    if (calls == NULL) {
        return simple_error(RPC_INTERNAL_ERROR, "out of memory");
    }
    for (size_t i = 0; i < n; i++) {
        begin_call(s, json_array_get(batch, i), &calls[i]);
    }
    json_t *answers = json_array();
    for (size_t i = 0; i < n; i++) {
        json_t *a = finish_call(s, &calls[i]);
        if (a != NULL) {
            json_array_append_new(answers, a);
        }
    }
    free(calls);
    if (json_array_size(answers) == 0) {
        json_decref(answers);
        return NULL;
    }
    return answers;
}

char *rpc_answer(const struct rpc_service *s, const void *body, size_t len) {
    struct err err = {0};
    json_t *answer, *request = json_parse(body, len, &err);
    if (request == NULL) {
        answer = simple_error(RPC_PARSE_ERROR, err.text);
    } else if (json_is_array(request)) {
        answer = answer_batch(s, request);
    } else {
        struct call c;
        begin_call(s, request, &c);
        answer = finish_call(s, &c);
    }
    char *text = answer != NULL ? json_format(answer) : NULL;
    json_decref(answer);
    json_decref(request);
    return text;
}
