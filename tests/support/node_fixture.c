#include "node_fixture.h"
#include "api/tx_json.h"
#include "base/clock.h"
#include "base/log.h"
#include "store/store.h"

#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { START_LIMIT_MS = 60000 };

#define CHECK(ok, what)                                                                            \
    do {                                                                                           \
        if (!(ok)) {                                                                               \
            (void)fprintf(stderr, "node_fixture: %s\n", what);                                     \
            abort();                                                                               \
        }                                                                                          \
    } while (0)

static void put_proof_bytes(struct buf *proof, const struct block *b) {
    uint8_t hash[32];
    header_hash(hash, &b->header);
    buf_append(proof, hash, sizeof hash);
}

static int no_proof(void *ctx, const struct block *b, struct buf *proof,
                    struct block_proof_info *info, struct err *err) {
    (void)ctx;
    (void)err;
    put_proof_bytes(proof, b);
    *info = (struct block_proof_info){.ms = 1, .cells = 1};
    return 0;
}

static void fill_config(struct node_fixture *f) {
    struct config *c = &f->config;
    char path[128];
    c->data_dir = strdup(f->dir);
    c->log_level = LOG_ERROR;
    c->n_chains = 2;
    for (unsigned i = 0; i < 2; i++) {
        c->chains[i].number = (uint8_t)(i + 1);
        c->chains[i].name = strdup(i == 0 ? "Alpha" : "Beta");
        c->chains[i].evm_chain_id = 31337 + i;
        c->chains[i].rpc[0] = strdup("http://127.0.0.1:1");
        c->chains[i].n_rpc = 1;
        c->chains[i].poll_ms = 1000;
    }
    c->node.listen.address = strdup("127.0.0.1");
    c->node.listen.max_connections = 256;
    c->node.listen.timeout_s = 30;
    c->node.listen.max_body = 1 << 20;
    (void)snprintf(path, sizeof path, "%s/operator.key", f->dir);
    c->node.operator_key_file = strdup(path);
    c->node.block_operations = 1024;
    c->node.block_interval_ms = 2000;
    c->prover.nice = 10;
    c->prover.threads = 2;
}

static void fill_deployment(struct node_fixture *f) {
    struct genesis *g = &f->genesis;
    struct deployment *d = &f->deployment;
    struct state *s = state_new();
    memset(g->salt, 0x5a, sizeof g->salt);
    g->fee_owner.authority = 1;
    g->fee_owner.address[19] = 0x99;
    g->chains.n = 2;
    for (unsigned i = 0; i < 2; i++) {
        g->chains.chain[i] = (uint8_t)(i + 1);
        g->chains.evm_id[i] = 31337 + i;
    }
    CHECK(s != NULL && genesis_build(&f->instance, s, g), "genesis");
    state_free(s);
    memcpy(d->instance_id, f->instance.instance_id, 32);
    d->n_chains = 2;
    for (unsigned i = 0; i < 2; i++) {
        d->chains[i].number = (uint8_t)(i + 1);
        d->chains[i].evm_chain_id = 31337 + i;
        d->chains[i].contract[0] = 0xc0;
    }
}

static void make_user(struct fixture_user *u, size_t i) {
    uint8_t seed[32] = {0};
    memcpy(seed, &i, sizeof i);
    seed[31] = 1;
    CHECK(schnorr_key_from_seed(&u->key, seed, sizeof seed), "key");
    u->account = (account_id)(2 + i);
    u->owner.authority = 1;
    memset(u->owner.address, 0x11, sizeof u->owner.address);
    memcpy(u->owner.address, &i, sizeof i);
    u->nonce = 0;
}

static void add_request(struct store *s, uint64_t index, const struct op *op) {
    struct store_request r = {.chain = 1, .index = index, .l1_block = 1, .deadline = 1};
    fr words[OP_WORDS_MAX];
    CHECK(op_request_template(op, words), "request");
    for (unsigned i = 0; i < OP_WORDS_MAX; i++) {
        fr_to_be(r.words[i], &words[i]);
    }
    CHECK(store_add_request(s, &r, NULL) == 0, "request row");
}

static void seed_database(struct node_fixture *f) {
    struct err err = {0};
    struct store *s = store_open(fixture_path(f, "node.db"), false, &err);
    uint64_t index = 0;
    CHECK(s != NULL && store_begin(s, &err) == 0, err.text);
    for (size_t i = 0; i < f->n_users; i++) {
        struct fixture_user *u = &f->users[i];
        struct op op;
        make_user(u, i);
        for (unsigned k = 0; k < 2; k++) {
            op_init(&op, OP_DEPOSIT);
            op.u.deposit.owner = u->owner;
            op.u.deposit.token = k == 0 ? f->token_a : f->token_b;
            op.u.deposit.amount = amount_from_u64(1000000000000);
            add_request(s, index++, &op);
        }
        op_init(&op, OP_SET_SIGNING_KEY);
        op.account = u->account;
        op.u.set_signing_key.owner = u->owner;
        op.u.set_signing_key.key_x = u->key.public_key.x;
        op.u.set_signing_key.key_y = u->key.public_key.y;
        add_request(s, index++, &op);
    }
    for (unsigned k = 1; k <= 2; k++) {
        struct store_token t = {.chain = 1, .index = k, .decimals = 6};
        (void)snprintf(t.symbol, sizeof t.symbol, "TK%u", k);
        CHECK(store_put_token(s, &t, &err) == 0, err.text);
    }
    CHECK(store_commit(s, &err) == 0, err.text);
    store_close(s);
}

struct node_fixture *fixture_new(size_t n_users, const struct block_prover *prover) {
    struct node_fixture *f = calloc(1, sizeof *f);
    struct err err = {0};
    CHECK(f != NULL, "memory");
    f->users = calloc(n_users + 1, sizeof *f->users);
    f->n_users = n_users;
    CHECK(f->users != NULL, "memory");
    strcpy(f->dir, "/tmp/zklink-test-XXXXXX");
    CHECK(mkdtemp(f->dir) != NULL, "folder");
    f->token_a = token_make(1, 1);
    f->token_b = token_make(1, 2);
    f->prover = prover != NULL ? *prover : (struct block_prover){.prove = no_proof};
    log_set_level(LOG_ERROR);
    fill_config(f);
    fill_deployment(f);
    CHECK(eth_key_generate(&f->operator_key), "key");
    CHECK(eth_key_write(f->config.node.operator_key_file, &f->operator_key, &err) == 0, err.text);
    seed_database(f);
    return f;
}

const char *fixture_path(const struct node_fixture *f, const char *name) {
    static char path[128];
    (void)snprintf(path, sizeof path, "%s/%s", f->dir, name);
    return path;
}

static void on_fatal(void *ctx, const struct err *err) {
    struct node_fixture *f = ctx;
    (void)err;
    f->fatal = true;
}

int fixture_try_start(struct node_fixture *f, struct err *err) {
    struct node_config nc = {.config = &f->config,
                             .deployment = &f->deployment,
                             .instance = &f->instance,
                             .genesis = &f->genesis,
                             .prover = f->prover,
                             .on_fatal = on_fatal,
                             .ctx = f};
    f->node = node_start(&nc, err);
    if (f->node == NULL) {
        return -1;
    }
    (void)snprintf(f->url, sizeof f->url, "http://127.0.0.1:%u", node_port(f->node));
    return 0;
}

/* True when the last user has its key. */
static bool users_ready(struct node_fixture *f) {
    struct err err = {0};
    int code;
    json_t *account =
        fixture_call(f, "getAccount", json_pack("[I]", (json_int_t)(f->n_users + 1)), &code, &err);
    bool ready = json_is_object(json_object_get(account, "pubKey"));
    json_decref(account);
    return ready;
}

void fixture_start(struct node_fixture *f) {
    struct err err = {0};
    CHECK(fixture_try_start(f, &err) == 0, err.text);
    uint64_t end = clock_steady_ms() + START_LIMIT_MS;
    while (f->n_users > 0 && !users_ready(f)) {
        CHECK(clock_steady_ms() < end, "the users' requests are not taken");
        clock_sleep_ms(20);
    }
}

void fixture_stop(struct node_fixture *f) {
    if (f->node != NULL) {
        node_stop(f->node);
        f->node = NULL;
    }
}

static int remove_one(const char *path, const struct stat *st, int flag, struct FTW *ftw) {
    (void)st;
    (void)flag;
    (void)ftw;
    return remove(path);
}

void fixture_free(struct node_fixture *f) {
    if (f != NULL) {
        fixture_stop(f);
        (void)nftw(f->dir, remove_one, 16, FTW_DEPTH | FTW_PHYS);
        config_release(&f->config);
        free(f->users);
        free(f);
    }
}

json_t *fixture_call(struct node_fixture *f, const char *method, json_t *params, int *code,
                     struct err *err) {
    struct rpc_client *c = rpc_client_new(f->url, 30000);
    json_t *result = NULL;
    CHECK(c != NULL, "memory");
    *code = 0;
    if (rpc_call(c, method, params, &result, err) != 0) {
        *code = rpc_client_error_code(c);
    }
    rpc_client_free(c);
    return result;
}

json_t *fixture_send(struct node_fixture *f, const struct op *op, int *code, struct err *err) {
    return fixture_call(f, "sendTransaction", json_pack("[o]", tx_to_json(op)), code, err);
}

struct client_common fixture_common(struct node_fixture *f, size_t user) {
    struct fixture_user *u = &f->users[user];
    return (struct client_common){.account = u->account,
                                  .nonce = u->nonce++,
                                  .valid_until = clock_now_s() + 3600,
                                  .fee_token = f->token_a};
}

void fixture_sign(struct node_fixture *f, size_t user, struct op *op) {
    CHECK(client_sign(op, f->instance.instance_id, &f->users[user].key), "signature");
}

void fixture_swap(struct node_fixture *f, size_t user, struct op *op) {
    struct client_common c = fixture_common(f, user);
    client_swap(op, &c, f->pool, c.nonce % 2 == 0 ? f->token_a : f->token_b, amount_from_u64(1000),
                amount_zero());
    fixture_sign(f, user, op);
}

void fixture_make_pool(struct node_fixture *f) {
    struct op op;
    struct err err = {0};
    int code;
    struct client_common c = fixture_common(f, 0);
    client_create_pool(&op, &c, f->token_a, f->token_b, 30);
    fixture_sign(f, 0, &op);
    json_t *r = fixture_send(f, &op, &code, &err);
    CHECK(r != NULL, err.text);
    json_decref(r);
    r = fixture_call(f, "getPools", NULL, &code, &err);
    CHECK(json_array_size(r) == 1, "pool");
    f->pool = (account_id)json_integer_value(json_object_get(json_array_get(r, 0), "pool"));
    json_decref(r);
    c = fixture_common(f, 0);
    client_add_liquidity(&op, &c, f->pool, amount_from_u64(500000000000),
                         amount_from_u64(500000000000), amount_zero());
    fixture_sign(f, 0, &op);
    r = fixture_send(f, &op, &code, &err);
    CHECK(r != NULL, err.text);
    json_decref(r);
}
