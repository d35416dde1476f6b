/* Recovery of a long history from what the chains hold, without the network: blocks of swaps,
 * transfers, deposits and new accounts, replayed from their logs into a database.
 * usage: bench_recover [--operations N] [--threads N] [--json FILE] */
#include "../tests/support/world.h"
#include "base/clock.h"
#include "crypto/keccak.h"
#include "recover/recover.h"

#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

enum { BLOCK_OPERATIONS = 1000, ACCOUNTS_A_BLOCK = 50 };

static void must(bool ok, const char *what) {
    if (!ok) {
        fprintf(stderr, "bench_recover: %s\n", what);
        exit(1);
    }
}

static double cpu_s(void) {
    struct rusage u;
    getrusage(RUSAGE_SELF, &u);
    return (double)(u.ru_utime.tv_sec + u.ru_stime.tv_sec) +
           1e-6 * (double)(u.ru_utime.tv_usec + u.ru_stime.tv_usec);
}

/* A new account of its own address, with both tokens and a key. */
static account_id open_account(struct world *w, uint32_t n) {
    struct op op;
    for (unsigned t = 0; t < 2; t++) {
        op_init(&op, OP_DEPOSIT);
        op.u.deposit.token = w->token[t];
        op.u.deposit.amount.v = (u128)1 << 80;
        op.u.deposit.owner.authority = 1;
        memcpy(op.u.deposit.owner.address + 12, &n, sizeof n);
        op.u.deposit.owner.address[0] = 1;
        must(world_add(w, &op) == REJECT_NONE, "deposit");
    }
    world_set_key(w, op.account, n % WORLD_USERS);
    return op.account;
}

static account_id make_pool(struct world *w, account_id account) {
    struct client_common c = world_common(w, account, w->token[0], 1);
    struct amount a = {(u128)1 << 70}, none = {0};
    struct op op;
    client_create_pool(&op, &c, w->token[0], w->token[1], 30);
    must(world_add(w, &op) == REJECT_NONE, "pool");
    account_id pool = w->last.u.create_pool.pool;
    c = world_common(w, account, w->token[0], 1);
    client_add_liquidity(&op, &c, pool, a, a, none);
    must(world_add(w, &op) == REJECT_NONE, "liquidity");
    return pool;
}

static void trade(struct world *w, account_id from, account_id to, account_id pool) {
    struct client_common c = world_common(w, from, w->token[0], 1);
    struct amount amount = {1000000 + world_random(w) % 1000000}, none = {0};
    struct op op;
    if (world_random(w) % 3 == 0) {
        client_transfer(&op, &c, to, w->token[1], amount);
    } else {
        client_swap(&op, &c, pool, w->token[world_random(w) % 2], amount, none);
    }
    must(world_add(w, &op) == REJECT_NONE, "trade");
}

struct bench {
    struct world w;
    account_id *account, pool;
    size_t n_accounts, operations;
    double replay_cpu, replay_s;
};

static void make_block(struct bench *b, struct block *out) {
    struct world *w = &b->w;
    world_begin(w);
    for (unsigned i = 0; i < ACCOUNTS_A_BLOCK; i++) {
        b->account[b->n_accounts] = open_account(w, (uint32_t)b->n_accounts);
        b->n_accounts++;
    }
    if (b->pool == 0) {
        b->pool = make_pool(w, b->account[0]);
    }
    while (block_builder_ops(w->builder) < BLOCK_OPERATIONS) {
        trade(w, b->account[world_random(w) % b->n_accounts],
              b->account[world_random(w) % b->n_accounts], b->pool);
    }
    world_seal(w, out);
    state_forget(w->s);
}

static void recover_block(struct bench *b, struct recovery *r, const struct block *block) {
    uint8_t proof[6000];
    struct err err = {0};
    memset(proof, 1, sizeof proof);
    double cpu = cpu_s();
    uint64_t began = clock_steady_ms();
    if (recovery_apply(r, &block->header, block->log, block->n_log, proof, sizeof proof, NULL,
                       &err) != 0) {
        must(false, err.text);
    }
    b->replay_cpu += cpu_s() - cpu;
    b->replay_s += 1e-3 * (double)(clock_steady_ms() - began);
    b->operations += block->n_ops;
}

static void run(struct bench *b, struct recovery *r, size_t operations) {
    while (b->operations < operations) {
        struct block block;
        make_block(b, &block);
        recover_block(b, r, &block);
        block_release(&block);
    }
    fr ours, theirs;
    state_root(b->w.s, &ours);
    state_root(recovery_state(r), &theirs);
    must(fr_eq(&ours, &theirs), "the recovered root differs");
}

int main(int argc, char **argv) {
    size_t operations = 100000;
    unsigned threads = 2;
    const char *json = NULL;
    static struct bench b;
    char dir[] = "/tmp/zklink-recover-XXXXXX", path[64];
    struct err err = {0};
    for (int i = 1; i + 1 < argc; i += 2) {
        if (strcmp(argv[i], "--operations") == 0) {
            operations = strtoul(argv[i + 1], NULL, 10);
        } else if (strcmp(argv[i], "--threads") == 0) {
            threads = (unsigned)strtoul(argv[i + 1], NULL, 10);
        } else if (strcmp(argv[i], "--json") == 0) {
            json = argv[i + 1];
        }
    }
    must(mkdtemp(dir) != NULL, "no folder");
    snprintf(path, sizeof path, "%s/recovered.db", dir);
    b.account = calloc(operations / 10 + ACCOUNTS_A_BLOCK + 1, sizeof *b.account);
    must(b.account != NULL, "memory");
    world_new(&b.w, 1);
    struct genesis g = {.chains = {.n = WORLD_CHAINS, .chain = {1, 2}, .evm_id = {31337, 31338}}};
    memset(g.fee_owner.address, 0xfe, ADDRESS_LEN);
    memset(g.salt, 7, sizeof g.salt);
    struct recovery_config c = {
        .instance = &b.w.instance, .genesis = &g, .db_path = path, .threads = threads};
    struct recovery *r = recovery_open(&c, &err);
    must(r != NULL, err.text);
    run(&b, r, operations);
    recovery_close(r);
    double began = cpu_s();
    r = recovery_open(&c, &err); /* from the database, records and tree */
    must(r != NULL, err.text);
    double load_cpu = cpu_s() - began;
    recovery_close(r);
    printf(
        "%zu operations, %zu accounts: %.1f s of processor time, %.1f s on %u threads; %.1f s to "
        "load the result\n",
        b.operations, b.n_accounts, b.replay_cpu, b.replay_s, threads, load_cpu);
    if (json != NULL) {
        json_t *v =
            json_pack("{s:{s:I, s:I, s:f, s:f}}", "recover", "operations", (json_int_t)b.operations,
                      "accounts", (json_int_t)b.n_accounts, "cpu_s", b.replay_cpu, "s", b.replay_s);
        must(json_dump_file(v, json, 0) == 0, "the result cannot be written");
        json_decref(v);
    }
    static const char *const ends[] = {"", "-wal", "-shm"};
    for (unsigned i = 0; i < 3; i++) {
        char file[80];
        snprintf(file, sizeof file, "%s%s", path, ends[i]);
        unlink(file);
    }
    rmdir(dir);
    world_free(&b.w);
    free(b.account);
    return 0;
}
