/* Load on a node's API: swaps by many accounts, signed beforehand, over connections that stay open.
 *
 * usage: bench_sequencer [options] addresses|keys|swaps
 *   addresses   prints the accounts' addresses, one a line (for deposits)
 *   keys        sets every account's signing key by a ChangePubKey, through the API
 *   swaps       signs COUNT swaps, sends them, prints what was accepted and how fast, as JSON
 *   --url URL --deployment FILE --accounts N --seed N --pool ID --tokens A,B
 *   --count N --connections N --batch N
 *
 * One thread: it only moves bytes that were made before the clock starts. A connection has one
 * request (or one batch) under way and sends the next when the answer is there; an account's
 * transactions go over one connection, in the order of their nonces. Every answer is read and must
 * be a receipt. The second token is what the first swap of an account gives it; after that the
 * directions alternate. */
#include "api/tx_json.h"
#include "base/clock.h"
#include "chain/eth_key.h"
#include "config/deployment.h"
#include "crypto/keccak.h"
#include "rollup/client.h"
#include "rpc/rpc_client.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

enum { MAX_CONNECTIONS = 1024, ANSWER_MAX = 1 << 20, VALIDITY_S = 3600 };

struct options {
    const char *url, *deployment;
    size_t accounts, count, connections, batch;
    uint64_t seed;
    account_id pool;
    token_id tokens[2];
};

struct account {
    struct eth_key owner;
    struct schnorr_key key;
    account_id id;
    uint32_t nonce;
};

struct message { /* a whole HTTP request */
    struct buf bytes;
    size_t n; /* transactions in it */
};

struct connection {
    int fd;
    size_t next, sent; /* message under way, bytes of it that are out */
    size_t in, head;   /* bytes read; length of the answer's head, 0 while unknown */
    size_t length;     /* of the answer's body */
    uint64_t began_us;
    char *answer;
};

struct load {
    struct message *messages; /* of connection c: c, c + connections, .. */
    size_t n;
    uint32_t *latency_us;
    size_t accepted, refused, answered;
    char refusal[200]; /* the first one */
};

static _Noreturn void die(const char *what, const struct err *err) {
    fprintf(stderr, "bench_sequencer: %s%s%s\n", what, err != NULL ? ": " : "",
            err != NULL ? err->text : "");
    exit(1);
}

static uint64_t now_us(void) {
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (uint64_t)t.tv_sec * 1000000 + (uint64_t)t.tv_nsec / 1000;
}

/* ---- accounts ---- */

static void make_account(struct account *a, uint64_t seed, size_t i) {
    char text[64];
    uint8_t secret[32];
    snprintf(text, sizeof text, "bench account %llu %zu", (unsigned long long)seed, i);
    keccak256(secret, text, strlen(text));
    if (!eth_key_init(&a->owner, secret) ||
        !schnorr_key_from_seed(&a->key, secret, sizeof secret)) {
        die("a key cannot be made", NULL);
    }
}

static void look_up(struct account *a, struct rpc_client *rpc) {
    struct err err = {0};
    json_t *list = NULL;
    uint64_t id, nonce;
    char address[43];
    eth_address_format(address, a->owner.address);
    if (rpc_call(rpc, "getAccountsByAddress", json_pack("[s]", address), &list, &err) != 0 ||
        json_array_size(list) != 1 ||
        json_get_u64(json_array_get(list, 0), "account", ACCOUNT_LIMIT, &id, &err) != 0 ||
        json_get_u64(json_array_get(list, 0), "nonce", UINT32_MAX, &nonce, &err) != 0) {
        die("an account is not there", &err);
    }
    a->id = (account_id)id;
    a->nonce = (uint32_t)nonce;
    json_decref(list);
}

/* ---- requests, made before the clock starts ---- */

static json_t *signed_tx(const struct options *o, const struct deployment *d, struct account *a,
                         bool keys) {
    struct op op;
    struct client_common c = {.account = a->id,
                              .nonce = a->nonce,
                              .valid_until = clock_now_s() + VALIDITY_S,
                              .fee_token = o->tokens[0]};
    bool ok;
    if (keys) {
        uint8_t digest[32];
        client_change_pub_key(&op, &c, d->chains[0].number, a->owner.address, &a->key.public_key.x,
                              &a->key.public_key.y);
        op_change_pub_key_digest(&op, d->instance_id, digest);
        ok = eth_sign(&a->owner, digest, op.u.change_pub_key.ecdsa);
    } else {
        /* the key change had nonce 0: odd nonces bring the first token in */
        bool first = a->nonce % 2 == 1;
        client_swap(&op, &c, o->pool, o->tokens[first ? 0 : 1],
                    amount_from_u64(first ? 1000000000 : 100000000), amount_zero());
        ok = client_sign(&op, d->instance_id, &a->key);
    }
    if (!ok) {
        die("signing failed", NULL);
    }
    a->nonce++;
    json_t *call = json_pack("{s:s, s:I, s:s, s:[o]}", "jsonrpc", "2.0", "id", (json_int_t)a->nonce,
                             "method", "sendTransaction", "params", tx_to_json(&op));
    if (call == NULL) {
        die("out of memory", NULL);
    }
    return call;
}

static void make_message(struct message *m, const char *host, json_t *body, size_t n) {
    char head[256], *text = json_format(body);
    if (text == NULL) {
        die("out of memory", NULL);
    }
    snprintf(head, sizeof head,
             "POST / HTTP/1.1\r\nHost: %s\r\nContent-Type: application/json\r\n"
             "Content-Length: %zu\r\n\r\n",
             host, strlen(text));
    buf_append_text(&m->bytes, head);
    buf_append_text(&m->bytes, text);
    m->n = n;
    free(text);
    json_decref(body);
}

/* Message k of connection c is about the accounts c, c + connections, .. in turn. */
static void make_load(struct load *l, const struct options *o, const struct deployment *d,
                      struct account *accounts, bool keys) {
    size_t wanted = keys ? o->accounts : o->count, batch = keys ? 1 : o->batch;
    size_t n = wanted / batch / o->connections * o->connections;
    size_t *turn = calloc(o->connections, sizeof *turn);
    l->n = n;
    l->messages = calloc(n + 1, sizeof *l->messages);
    l->latency_us = calloc(n + 1, sizeof *l->latency_us);
    if (turn == NULL || l->messages == NULL || l->latency_us == NULL) {
        die("out of memory", NULL);
    }
    size_t own = o->accounts / o->connections;
    for (size_t i = 0; i < n; i++) {
        size_t c = i % o->connections;
        json_t *body = o->batch > 1 && !keys ? json_array() : NULL;
        for (size_t k = 0; k < batch; k++) {
            struct account *a = &accounts[c + turn[c]++ % own * o->connections];
            json_t *call = signed_tx(o, d, a, keys);
            if (body == NULL) {
                body = call;
            } else {
                json_array_append_new(body, call);
            }
        }
        make_message(&l->messages[i], o->url + 7, body, batch);
    }
    free(turn);
}

/* ---- the connections ---- */

static void open_connection(struct connection *c, const char *url) {
    char host[64];
    unsigned port;
    struct sockaddr_in addr = {.sin_family = AF_INET};
    int one = 1;
    if (sscanf(url, "http://%60[0-9.]:%u", host, &port) != 2 ||
        inet_pton(AF_INET, host, &addr.sin_addr) != 1) {
        die("--url must be http://IPV4:PORT", NULL);
    }
    addr.sin_port = htons((uint16_t)port);
    c->fd = socket(AF_INET, SOCK_STREAM, 0);
    if (c->fd < 0 || connect(c->fd, (struct sockaddr *)&addr, sizeof addr) != 0) {
        die(strerror(errno), NULL);
    }
    setsockopt(c->fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
    fcntl(c->fd, F_SETFL, O_NONBLOCK);
    c->answer = malloc(ANSWER_MAX + 1);
    if (c->answer == NULL) {
        die("out of memory", NULL);
    }
}

static void send_more(struct connection *c, const struct load *l) {
    const struct buf *b = &l->messages[c->next].bytes;
    if (c->sent == 0) {
        c->began_us = now_us();
    }
    while (c->sent < b->len) {
        ssize_t n = write(c->fd, b->data + c->sent, b->len - c->sent);
        if (n < 0) {
            if (errno == EAGAIN) {
                return;
            }
            die(strerror(errno), NULL);
        }
        c->sent += (size_t)n;
    }
}

/* Counts the receipts in a complete answer. */
static void judge(struct load *l, const struct message *m, const char *body) {
    size_t receipts = 0;
    for (const char *p = body; (p = strstr(p, "\"acceptedAt\"")) != NULL; p++) {
        receipts++;
    }
    l->accepted += receipts;
    l->refused += m->n - receipts;
    if (receipts < m->n && l->refusal[0] == '\0') {
        snprintf(l->refusal, sizeof l->refusal, "%.190s", body);
    }
}

/* True if the answer is complete. */
static bool read_more(struct connection *c) {
    for (;;) {
        ssize_t n = read(c->fd, c->answer + c->in, ANSWER_MAX - c->in);
        if (n < 0 && errno == EAGAIN) {
            return false;
        }
        if (n <= 0) {
            die(n == 0 ? "the node closed a connection" : strerror(errno), NULL);
        }
        c->in += (size_t)n;
        c->answer[c->in] = '\0';
        if (c->head == 0) {
            const char *end = strstr(c->answer, "\r\n\r\n");
            const char *field = strcasestr(c->answer, "\r\nContent-Length:");
            if (end == NULL) {
                continue;
            }
            if (field == NULL || field > end) {
                die("an answer without length", NULL);
            }
            c->head = (size_t)(end - c->answer) + 4;
            c->length = strtoull(field + 17, NULL, 10);
        }
        if (c->in >= c->head + c->length) {
            return true;
        }
    }
}

/* Sends everything; the seconds that it took. */
static double run_load(struct load *l, const struct options *o) {
    struct connection *c = calloc(o->connections, sizeof *c);
    struct pollfd *p = calloc(o->connections, sizeof *p);
    if (c == NULL || p == NULL) {
        die("out of memory", NULL);
    }
    for (size_t i = 0; i < o->connections; i++) {
        open_connection(&c[i], o->url);
        c[i].next = i;
    }
    uint64_t began = now_us();
    size_t active = o->connections;
    while (active > 0) {
        active = 0;
        for (size_t i = 0; i < o->connections; i++) {
            p[i].fd = c[i].next < l->n ? c[i].fd : -1;
            p[i].events = POLLIN;
            if (c[i].next < l->n) {
                active++;
                if (c[i].sent < l->messages[c[i].next].bytes.len) {
                    send_more(&c[i], l);
                    p[i].events |= c[i].sent < l->messages[c[i].next].bytes.len ? POLLOUT : 0;
                }
            }
        }
        if (active > 0 && poll(p, (nfds_t)o->connections, 30000) <= 0) {
            die("no answer in 30 s", NULL);
        }
        for (size_t i = 0; i < o->connections; i++) {
            if (p[i].fd >= 0 && (p[i].revents & (POLLIN | POLLHUP | POLLERR)) && read_more(&c[i])) {
                judge(l, &l->messages[c[i].next], c[i].answer + c[i].head);
                l->latency_us[l->answered++] = (uint32_t)(now_us() - c[i].began_us);
                c[i].next += o->connections;
                c[i].sent = c[i].in = c[i].head = c[i].length = 0;
            }
        }
    }
    double seconds = (double)(now_us() - began) / 1e6;
    for (size_t i = 0; i < o->connections; i++) {
        close(c[i].fd);
        free(c[i].answer);
    }
    free(c);
    free(p);
    return seconds;
}

static int by_value(const void *a, const void *b) {
    uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;
    return x < y ? -1 : x > y;
}

static void report(struct load *l, const struct options *o, double seconds) {
    qsort(l->latency_us, l->answered, sizeof *l->latency_us, by_value);
    printf("{\"accepted\": %zu, \"refused\": %zu, \"seconds\": %.3f, \"per_s\": %.1f, "
           "\"connections\": %zu, \"batch\": %zu, \"latency_ms\": {\"p50\": %.2f, \"p99\": %.2f, "
           "\"max\": %.2f}}\n",
           l->accepted, l->refused, seconds, (double)l->accepted / seconds, o->connections,
           o->batch, l->latency_us[l->answered / 2] / 1e3,
           l->latency_us[l->answered * 99 / 100] / 1e3, l->latency_us[l->answered - 1] / 1e3);
    if (l->refused > 0) {
        fprintf(stderr, "bench_sequencer: %zu refused, the first: %s\n", l->refused, l->refusal);
    }
}

/* ---- options ---- */

static void parse(int argc, char **argv, struct options *o) {
    static const struct option known[] = {
        {"url", required_argument, NULL, 'u'},      {"deployment", required_argument, NULL, 'd'},
        {"accounts", required_argument, NULL, 'a'}, {"seed", required_argument, NULL, 's'},
        {"pool", required_argument, NULL, 'p'},     {"tokens", required_argument, NULL, 't'},
        {"count", required_argument, NULL, 'n'},    {"connections", required_argument, NULL, 'c'},
        {"batch", required_argument, NULL, 'b'},    {NULL, 0, NULL, 0}};
    char *end;
    int k;
    *o = (struct options){.accounts = 64, .count = 1000, .connections = 32, .batch = 1, .seed = 1};
    while ((k = getopt_long(argc, argv, "", known, NULL)) != -1) {
        unsigned long long v = k == 'u' || k == 'd' || k == '?' ? 0 : strtoull(optarg, &end, 10);
        switch (k) {
        case 'u':
            o->url = optarg;
            break;
        case 'd':
            o->deployment = optarg;
            break;
        case 'a':
            o->accounts = v;
            break;
        case 's':
            o->seed = v;
            break;
        case 'p':
            o->pool = (account_id)v;
            break;
        case 't':
            o->tokens[0] = v;
            o->tokens[1] = *end == ',' ? strtoull(end + 1, NULL, 10) : 0;
            break;
        case 'n':
            o->count = v;
            break;
        case 'c':
            o->connections = v;
            break;
        case 'b':
            o->batch = v;
            break;
        default:
            exit(2);
        }
    }
    if (optind + 1 != argc || o->connections == 0 || o->connections > MAX_CONNECTIONS ||
        o->batch == 0 || o->accounts < o->connections || o->accounts % o->connections != 0) {
        fputs("bench_sequencer: one command; accounts must be a multiple of connections\n", stderr);
        exit(2);
    }
}

int main(int argc, char **argv) {
    struct options o;
    struct deployment d;
    struct err err = {0};
    struct load l = {0};
    parse(argc, argv, &o);
    const char *command = argv[optind];
    struct account *accounts = calloc(o.accounts, sizeof *accounts);
    if (accounts == NULL) {
        die("out of memory", NULL);
    }
    for (size_t i = 0; i < o.accounts; i++) {
        make_account(&accounts[i], o.seed, i);
    }
    if (strcmp(command, "addresses") == 0) {
        for (size_t i = 0; i < o.accounts; i++) {
            char address[43];
            eth_address_format(address, accounts[i].owner.address);
            puts(address);
        }
        free(accounts);
        return 0;
    }
    bool keys = strcmp(command, "keys") == 0;
    if ((!keys && strcmp(command, "swaps") != 0) || o.url == NULL || o.deployment == NULL) {
        fputs("bench_sequencer: addresses, keys or swaps; --url and --deployment\n", stderr);
        return 2;
    }
    if (deployment_read(&d, o.deployment, &err) != 0) {
        die(o.deployment, &err);
    }
    struct rpc_client *rpc = rpc_client_new(o.url, 30000);
    for (size_t i = 0; rpc != NULL && i < o.accounts; i++) {
        look_up(&accounts[i], rpc);
    }
    rpc_client_free(rpc);
    make_load(&l, &o, &d, accounts, keys);
    report(&l, &o, run_load(&l, &o));
    for (size_t i = 0; i < l.n; i++) {
        buf_free(&l.messages[i].bytes);
    }
    free(l.messages);
    free(l.latency_us);
    free(accounts);
    return l.refused == 0 ? 0 : 1;
}
