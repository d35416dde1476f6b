/* What the oracle answers: its signatures, to anybody, and how it is doing. */
#include "oracle/oracle_internal.h"

#include "base/clock.h"
#include "rpc/metrics.h"

#include <stdlib.h>
#include <string.h>

enum { MAX_BATCH = 100, NOT_SIGNED = 200 };

static void *not_there(struct rpc_error *error, const struct err *err) {
    bool missing = err->code == ERR_NOT_FOUND;
    return rpc_fail(error, missing ? NOT_SIGNED : RPC_INTERNAL_ERROR, missing ? "NOT_FOUND" : NULL,
                    "%s", err->text);
}

static json_t *signer_json(const struct oracle *o) {
    char signer[43];
    eth_address_format(signer, o->key.address);
    return json_string(signer);
}

/* The epoch asked for, or the present one. */
static bool param_epoch(const struct oracle *o, const json_t *params, size_t i, uint64_t *epoch) {
    const json_t *p = rpc_param(params, i, "epoch");
    *epoch = p == NULL ? o->epoch : (uint64_t)json_integer_value(p);
    return p == NULL || (json_is_integer(p) && json_integer_value(p) >= 0);
}

static json_t *get_consensus(void *ctx, void *job, const json_t *params, struct rpc_error *error) {
    struct oracle *o = ctx;
    struct consensus_row row;
    struct err err = {0};
    uint64_t epoch;
    (void)job;
    const json_t *p = rpc_param(params, 0, "number");
    if (!json_is_integer(p) || json_integer_value(p) < 1) {
        return rpc_fail(error, RPC_INVALID_PARAMS, NULL, "parameter 'number' must be from 1");
    }
    pthread_mutex_lock(&o->lock);
    bool ok = param_epoch(o, params, 1, &epoch);
    int rc = !ok ? 0 : ledger_signed(o->ledger, epoch, (uint64_t)json_integer_value(p), &row, &err);
    if (ok && rc == 0 && row.expiry < clock_now_s() + o->config->oracle.signature_expiry_s / 2) {
        rc = oracle_sign_row(o, epoch, &row, &err); /* the same syncHash with a later expiry */
    }
    pthread_mutex_unlock(&o->lock);
    if (!ok) {
        return rpc_fail(error, RPC_INVALID_PARAMS, NULL, "parameter 'epoch' must be from 0");
    }
    if (rc != 0) {
        return not_there(error, &err);
    }
    return json_pack("{s:I, s:I, s:o, s:I, s:o, s:o}", "number", (json_int_t)row.number, "epoch",
                     (json_int_t)epoch, "syncHash", json_new_hex(row.sync_hash, 32), "expiry",
                     (json_int_t)row.expiry, "signer", signer_json(o), "signature",
                     json_new_hex(row.signature, 65));
}

static json_t *get_revert(void *ctx, void *job, const json_t *params, struct rpc_error *error) {
    struct oracle *o = ctx;
    struct revert_row row;
    struct err err = {0};
    uint64_t epoch;
    (void)job;
    pthread_mutex_lock(&o->lock);
    bool ok = param_epoch(o, params, 0, &epoch);
    int rc = ok ? ledger_revert(o->ledger, epoch, &row, &err) : 0;
    pthread_mutex_unlock(&o->lock);
    if (!ok) {
        return rpc_fail(error, RPC_INVALID_PARAMS, NULL, "parameter 'epoch' must be from 0");
    }
    if (rc == 0 && !row.is_signed) {
        rc = err_set(&err, ERR_NOT_FOUND, "decided for block %llu, not signed yet",
                     (unsigned long long)row.number);
    }
    if (rc != 0) {
        return not_there(error, &err);
    }
    return json_pack("{s:I, s:I, s:o, s:o}", "number", (json_int_t)row.number, "epoch",
                     (json_int_t)epoch, "signer", signer_json(o), "signature",
                     json_new_hex(row.signature, 65));
}

static int add_alarm(void *ctx, const struct alarm_row *row) {
    json_t *hashes = json_pack("[o, o]", json_new_hex(row->sync_hash[0], 32),
                               json_new_hex(row->sync_hash[1], 32));
    json_array_append_new(ctx, json_pack("{s:I, s:I, s:I, s:o, s:[s, s]}", "epoch",
                                         (json_int_t)row->epoch, "number", (json_int_t)row->number,
                                         "seenAt", (json_int_t)row->seen_at, "syncHashes", hashes,
                                         "sources", row->source[0], row->source[1]));
    return 0;
}

static json_t *health(void *ctx, void *job, const json_t *params, struct rpc_error *error) {
    struct oracle *o = ctx;
    json_t *problems = json_array(), *alarms = json_array();
    uint64_t last = 0;
    struct err ignored = {0};
    (void)job;
    (void)params;
    (void)error;
    pthread_mutex_lock(&o->lock);
    uint64_t epoch = o->epoch;
    (void)ledger_last_signed(o->ledger, epoch, &last, &ignored);
    (void)ledger_each_alarm(o->ledger, add_alarm, alarms, &ignored);
    for (size_t i = 0; i < o->n_sources; i++) {
        if (o->sources[i].problem[0] != '\0') {
            json_array_append_new(problems, json_string(o->sources[i].problem));
        }
    }
    if (o->disagreement[0] != '\0') {
        json_array_append_new(problems, json_string(o->disagreement));
    }
    pthread_mutex_unlock(&o->lock);
    bool well = json_array_size(problems) == 0 && json_array_size(alarms) == 0;
    return json_pack("{s:s, s:o, s:I, s:I, s:b, s:o, s:o}", "status", well ? "ok" : "degraded",
                     "signer", signer_json(o), "epoch", (json_int_t)epoch, "lastSigned",
                     (json_int_t)last, "replays", o->verifier != NULL, "problems", problems,
                     "alarms", alarms);
}

static void answer_metrics(struct oracle *o, struct http_response *response) {
    struct buf out = {0};
    uint64_t last = 0, alarms = 0;
    struct err ignored = {0};
    pthread_mutex_lock(&o->lock);
    (void)ledger_last_signed(o->ledger, o->epoch, &last, &ignored);
    (void)ledger_count_alarms(o->ledger, &alarms, &ignored);
    metric_help(&out, "zklink_oracle_last_signed", "gauge", "last block signed in this epoch");
    metric_put(&out, "zklink_oracle_last_signed", NULL, NULL, last);
    metric_put(&out, "zklink_oracle_epoch", NULL, NULL, o->epoch);
    metric_help(&out, "zklink_oracle_alarms", "counter", "two syncHashes for one block");
    metric_put(&out, "zklink_oracle_alarms", NULL, NULL, alarms);
    metric_put(&out, "zklink_oracle_disagreement", NULL, NULL, o->disagreement[0] != '\0');
    metric_help(&out, "zklink_oracle_endpoint_problem", "gauge", "1: something is wrong with it");
    for (size_t i = 0; i < o->n_sources; i++) {
        const struct source *s = &o->sources[i];
        metric_put(&out, "zklink_oracle_endpoint_problem", "endpoint", s->name,
                   s->problem[0] != '\0');
        metric_put(&out, "zklink_oracle_endpoint_block", "endpoint", s->name, s->at.block);
        metric_put(&out, "zklink_oracle_endpoint_rescans", "endpoint", s->name, s->rescans);
    }
    pthread_mutex_unlock(&o->lock);
    metrics_answer(&out, response);
}

static const struct rpc_route routes[] = {{"getConsensus", NULL, get_consensus},
                                          {"getRevert", NULL, get_revert},
                                          {"health", NULL, health}};

void oracle_routes(struct rpc_service *service, struct oracle *o) {
    *service = (struct rpc_service){.routes = routes,
                                    .n_routes = sizeof routes / sizeof *routes,
                                    .ctx = o,
                                    .max_batch = MAX_BATCH};
}

void oracle_on_http(void *ctx, const struct http_request *request, struct http_response *response) {
    struct oracle *o = ctx;
    if (strcmp(request->method, "GET") == 0 && strcmp(request->path, "/metrics") == 0) {
        answer_metrics(o, response);
        return;
    }
    if (strcmp(request->method, "POST") != 0) {
        response->status = 405;
        response->body = strdup("{\"error\":\"JSON-RPC 2.0 by POST\"}");
    } else {
        response->body = rpc_answer(&o->service, request->body, request->body_len);
        response->status = response->body != NULL ? 200 : 204;
    }
    response->body_len = response->body != NULL ? strlen(response->body) : 0;
}
