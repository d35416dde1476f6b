/* Signed swaps that the node accepts through its API in a second: each one a JSON-RPC request of
 * its own over kept-alive connections, signature checked, durable before it is answered.
 *
 * usage: bench_sequencer [--users N] [--swaps N] [--connections N] [--no-busy] [--json FILE]
 *
 * Everything runs in one process on one machine: the node, and the clients, whose share of the
 * processors counts against it. `idle`: proofs are not made. `busy`: while the real prover works,
 * at its lower priority, on the blocks. */
#include "../tests/support/node_fixture.h"
#include "api/tx_json.h"
#include "base/clock.h"
#include "circuit/circuit.h"
#include "node/block_prover.h"
#include "rpc/http_client.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { MAX_CONNECTIONS = 256, SRS_LOG = 18 };

struct options {
    size_t users, swaps, connections;
    bool busy;
    const char *json;
};

struct load {
    const char *url;
    char **bodies;
    size_t n;
    size_t accepted;
    char problem[200];
};

static _Noreturn void die(const char *what) {
    (void)fprintf(stderr, "bench_sequencer: %s\n", what);
    exit(1);
}

/* A prover that is idle: it takes the first block and waits for the end of the measurement. */
static atomic_bool measured;

static int wait_for_end(void *ctx, const struct block *b, struct buf *proof,
                        struct block_proof_info *info, struct err *err) {
    (void)ctx;
    (void)b;
    (void)proof;
    (void)info;
    while (!measured) {
        clock_sleep_ms(10);
    }
    return err_set(err, ERR_STOPPED, "measured");
}

static double cpu_seconds(void) {
    struct timespec t;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
    return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

static void *run_load(void *arg) {
    struct load *l = arg;
    struct http_client *c = http_client_new(60000);
    struct buf answer = {0};
    for (size_t i = 0; c != NULL && i < l->n; i++) {
        struct err err = {0};
        long status;
        if (http_request(c, l->url, l->bodies[i], strlen(l->bodies[i]), &answer, 1 << 20, &status,
                         &err) == 0 &&
            memmem(answer.data, answer.len, "\"result\"", 8) != NULL) {
            l->accepted++;
        } else if (l->problem[0] == '\0') {
            (void)snprintf(l->problem, sizeof l->problem, "%.190s",
                           err.code != ERR_NONE ? err.text : (const char *)answer.data);
        }
    }
    buf_free(&answer);
    http_client_free(c);
    return NULL;
}

static char *make_body(struct node_fixture *f, size_t user) {
    struct op op;
    fixture_swap(f, user, &op);
    json_t *request = json_pack("{s:s, s:i, s:s, s:[o]}", "jsonrpc", "2.0", "id", 1, "method",
                                "sendTransaction", "params", tx_to_json(&op));
    char *text = json_format(request);
    json_decref(request);
    if (text == NULL) {
        die("memory");
    }
    return text;
}

/* Accepted swaps per second. Each connection has users of its own, so nonces come in order. */
static double measure(const struct options *o, const struct block_prover *prover) {
    struct node_fixture *f = fixture_new(o->users, prover);
    struct load load[MAX_CONNECTIONS] = {0};
    pthread_t thread[MAX_CONNECTIONS];
    size_t per = o->swaps / o->connections, accepted = 0;
    f->config.node.block_operations = 256;
    fixture_start(f);
    fixture_make_pool(f);
    for (size_t c = 0; c < o->connections; c++) {
        load[c].url = f->url;
        load[c].n = per;
        load[c].bodies = calloc(per, sizeof *load[c].bodies);
        for (size_t i = 0; i < per; i++) {
            size_t slots = (o->users - 1 - c) / o->connections + 1;
            load[c].bodies[i] = make_body(f, c + o->connections * (i % slots));
        }
    }
    uint64_t began = clock_steady_ms();
    double cpu = cpu_seconds();
    for (size_t c = 0; c < o->connections; c++) {
        pthread_create(&thread[c], NULL, run_load, &load[c]);
    }
    for (size_t c = 0; c < o->connections; c++) {
        pthread_join(thread[c], NULL);
        accepted += load[c].accepted;
        if (load[c].accepted != load[c].n) {
            (void)fprintf(stderr, "connection %zu: %zu of %zu accepted: %s\n", c, load[c].accepted,
                          load[c].n, load[c].problem);
        }
        for (size_t i = 0; i < load[c].n; i++) {
            free(load[c].bodies[i]);
        }
        free(load[c].bodies);
    }
    double seconds = (double)(clock_steady_ms() - began) / 1000;
    cpu = cpu_seconds() - cpu;
    measured = true;
    (void)fprintf(stderr, "%zu swaps in %.2f s, %.0f microseconds of one core each\n", accepted,
                  seconds, 1e6 * cpu / (double)accepted);
    fixture_free(f);
    return (double)accepted / seconds;
}

static double measure_busy(const struct options *o) {
    struct srs srs;
    struct proving_key pk;
    struct err err = {0};
    struct air *air = zklink_air();
    if (air == NULL || srs_generate_insecure(&srs, SRS_LOG, SRS_INSECURE_SEED, 2, &err) != 0 ||
        proving_key_init(&pk, air, &srs, SRS_LOG, 2) != KEY_OK) {
        die("proving key");
    }
    struct circuit_prover cp = {.pk = &pk, .threads = 2};
    struct block_prover prover = circuit_prover(&cp);
    double rate = measure(o, &prover);
    srs_release(&srs);
    air_free(air);
    return rate;
}

static size_t number(const char *text) {
    return (size_t)strtoul(text, NULL, 10);
}

int main(int argc, char **argv) {
    struct options o = {.users = 512, .swaps = 16384, .connections = 32, .busy = true};
    for (int i = 1; i < argc; i++) {
        const char *value = i + 1 < argc ? argv[i + 1] : "";
        if (strcmp(argv[i], "--no-busy") == 0) {
            o.busy = false;
            continue;
        }
        if (strcmp(argv[i], "--users") == 0) {
            o.users = number(value);
        } else if (strcmp(argv[i], "--swaps") == 0) {
            o.swaps = number(value);
        } else if (strcmp(argv[i], "--connections") == 0) {
            o.connections = number(value);
        } else if (strcmp(argv[i], "--json") == 0) {
            o.json = value;
        } else {
            die("unknown option");
        }
        i++;
    }
    if (o.connections == 0 || o.connections > MAX_CONNECTIONS || o.users < o.connections) {
        die("1 to 256 connections, at least as many users");
    }
    const struct block_prover idle_prover = {.prove = wait_for_end};
    double idle = measure(&o, &idle_prover), busy = o.busy ? measure_busy(&o) : 0;
    printf("signed swaps accepted per second, %zu connections: %.0f idle", o.connections, idle);
    if (o.busy) {
        printf(", %.0f while the prover works", busy);
    }
    putchar('\n');
    if (o.json != NULL) {
        json_t *r =
            json_pack("{s:f, s:f}", "sequencer_idle_per_s", idle, "sequencer_busy_per_s", busy);
        if (json_dump_file(r, o.json, JSON_INDENT(1)) != 0) {
            die("cannot write the JSON file");
        }
        json_decref(r);
    }
    return 0;
}
