/* Real blocks of swaps, proved: committed cells a swap by chip, seconds by phase, memory, proof
 * size.
 *
 * usage: bench_prove [--sizes N,N,..] [--accounts random|consecutive|both] [--kind swaps|mixed]
 *                    [--threads N] [--chunks N] [--srs FILE] [--json FILE] [--calldata DIR]
 *
 * --kind mixed: half of the operations are swaps as before, a quarter are swaps on a stable pool,
 * the rest are of all kinds ("swap" in what is printed is then any operation).
 *
 * --calldata writes the calls of IBlockVerifier.verify: DIR/N-accounts.full with log and outboxes
 * held, DIR/N-accounts.fixed without (what the proof check costs before a single operation).
 * Blocks of N swaps by N different accounts in a pool of two chains' tokens, signed; account
 * numbers random in 2^28 or consecutive. Each block is made and proved in a process of its own, so
 * that the peak of resident memory is the block's (with the string mapped or generated before: its
 * pages count as they are used). The string is the insecure one. */
#include "../tests/support/blockgen.h"
#include "base/file.h"
#include "chain/abi.h"
#include "circuit/circuit.h"
#include "circuit/witness.h"
#include "proof/prover.h"
#include "proof/verifier.h"

#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { MAX_SIZES = 16, MAX_CHIPS = 32, LOG_CHUNK_MAX = 22, VERIFY_ROUNDS = 5 };

struct options {
    size_t sizes[MAX_SIZES];
    unsigned n_sizes;
    bool random, consecutive, mixed;
    unsigned threads;
    size_t chunks; /* 0: the default */
    const char *srs_path, *json_path, *calldata_dir;
};

struct chip_result {
    char name[24];
    unsigned log_height;
    size_t rows, main_cells, helper_cells;
};

/* What a child sends back. */
struct result {
    bool ok;
    size_t swaps;
    double witness_s, commit_s, helpers_s, sumcheck_s, opening_s;
    double prove_s, cpu_s; /* witness and proof: on the clock, and of all threads together */
    double verify_ms;
    double rss_mib;
    size_t proof_bytes, n_chips;
    unsigned log_chunk, chunks;
    struct chip_result chips[MAX_CHIPS];
};

static double now(void) {
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

static _Noreturn void die(const char *what) {
    (void)fprintf(stderr, "bench_prove: %s\n", what);
    exit(1);
}

static double peak_rss_mib(void) {
    struct rusage u;
    getrusage(RUSAGE_SELF, &u);
    return (double)u.ru_maxrss / 1024;
}

static double cpu_seconds(void) {
    struct timespec t;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
    return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

static void take_stats(struct result *r, const struct prove_stats *s) {
    r->commit_s = s->commit.wall_s + s->helpers_commit.wall_s;
    r->helpers_s = s->helpers.wall_s;
    r->sumcheck_s = s->sumcheck.wall_s;
    r->opening_s = s->opening.wall_s;
    r->log_chunk = s->log_chunk;
    r->chunks = (unsigned)(s->n_main_chunks + s->n_helper_chunks);
    for (size_t i = 0; i < s->n_chips && i < MAX_CHIPS; i++) {
        const struct prove_stats_chip *c = &s->chips[i];
        struct chip_result *out = &r->chips[r->n_chips++];
        (void)snprintf(out->name, sizeof out->name, "%s", c->name);
        out->log_height = c->log_height;
        out->rows = c->rows;
        out->main_cells = c->main_cells;
        out->helper_cells = c->helper_cells;
    }
}

static void put_words(struct abi_enc *e, const fr *words, size_t n) {
    uint8_t *bytes = malloc(n > 0 ? 32 * n : 1);
    if (bytes == NULL) {
        die("memory");
    }
    for (size_t i = 0; i < n; i++) {
        fr_to_be(bytes + 32 * i, &words[i]);
    }
    abi_put_words(e, bytes, n);
    free(bytes);
}

/* verify(bytes32,uint256[],uint256[],HeldColumn[],HeldSum[],bytes) with the first n_held columns in
 * the order of their chips. */
static void write_call(const struct statement *s, size_t n_held, const struct proof_buf *proof,
                       const char *path) {
    struct abi_enc call, array;
    struct buf out = {0}, columns = {0}, none = {0};
    uint8_t word[WORD_LEN], selector[4];
    struct err err;
    word_from_u64(word, n_held);
    buf_append(&columns, word, WORD_LEN);
    abi_begin(&array, n_held);
    for (size_t i = 0; i < n_held; i++) {
        struct abi_enc tuple;
        struct buf encoded = {0};
        abi_begin(&tuple, 3);
        abi_put_u64(&tuple, s->held[i].chip);
        abi_put_u64(&tuple, s->held[i].instance);
        put_words(&tuple, s->held[i].words, s->held[i].n_words);
        abi_finish(&tuple, &encoded);
        abi_put_encoded(&array, &encoded);
        buf_free(&encoded);
    }
    abi_finish(&array, &columns);
    buf_append_zeros(&none, WORD_LEN);
    abi_selector("verify(bytes32,uint256[],uint256[],(uint256,uint256,uint256[])[],"
                 "(uint256,uint256,uint256,uint256)[],bytes)",
                 selector);
    buf_append(&out, selector, sizeof selector);
    abi_begin(&call, 6);
    abi_put_word(&call, s->digest);
    put_words(&call, s->scalars, s->n_scalars);
    put_words(&call, s->instance_scalars, s->n_instances);
    abi_put_encoded(&call, &columns);
    abi_put_encoded(&call, &none);
    abi_put_bytes(&call, proof->data, proof->len);
    abi_finish(&call, &out);
    if (out.failed || file_write(path, 0644, out.data, out.len, &err) != 0) {
        die("the calldata cannot be written");
    }
    buf_free(&out);
    buf_free(&columns);
    buf_free(&none);
}

static void write_calls(const struct options *o, const struct statement *s, size_t swaps,
                        bool consecutive, const struct proof_buf *proof) {
    static const char *const kinds[] = {"fixed", "full"};
    for (unsigned full = 0; full < 2; full++) {
        char path[1024];
        (void)snprintf(path, sizeof path, "%s/%zu-%s.%s", o->calldata_dir, swaps,
                       consecutive ? "consecutive" : "random", kinds[full]);
        /* As a contract holds them: the log and its own chain's outbox, here the first one's. */
        write_call(s, full ? 2 : 0, proof, path);
    }
}

static void run(struct result *r, const struct options *o, const struct proving_key *pk,
                size_t swaps, bool consecutive) {
    struct blockgen *g = blockgen_new(2024, swaps + 4, consecutive);
    struct block block;
    (o->mixed ? blockgen_trades : blockgen_swaps)(g, swaps, &block);
    blockgen_free(g);

    double start = now(), cpu_start = cpu_seconds();
    struct trace *t = witness_build(pk->vk.air, &block, o->threads);
    struct block_statement s;
    if (!t || block_statement_init(&s, pk->vk.air, &block) != 0) {
        die("no witness");
    }
    r->witness_s = now() - start;
    block_release_trace(&block);
    struct proof_buf proof = {0};
    struct prove_stats stats = {0};
    enum prove_err e = prove(pk, &s.statement, t, o->threads, &proof, &stats);
    r->prove_s = now() - start;
    r->cpu_s = cpu_seconds() - cpu_start;
    if (e != PROVE_OK) {
        die(prove_err_text(e));
    }
    trace_free(t);
    take_stats(r, &stats);
    r->swaps = swaps;
    r->proof_bytes = proof.len;
    r->rss_mib = peak_rss_mib();
    r->verify_ms = 1e9;
    for (unsigned i = 0; i < VERIFY_ROUNDS; i++) {
        bool ok;
        start = now();
        if (verify(&pk->vk, &s.statement, proof.data, proof.len, &ok) != 0 || !ok) {
            die("the proof is not accepted");
        }
        double ms = 1e3 * (now() - start);
        r->verify_ms = ms < r->verify_ms ? ms : r->verify_ms;
    }
    if (o->calldata_dir != NULL) {
        write_calls(o, &s.statement, swaps, consecutive, &proof);
    }
    r->ok = true;
    prove_stats_release(&stats);
    proof_buf_release(&proof);
    block_statement_release(&s);
    block_release(&block);
}

static void run_child(struct result *r, const struct options *o, const struct proving_key *pk,
                      size_t swaps, bool consecutive) {
    int fd[2];
    if (pipe(fd) != 0) {
        die("pipe");
    }
    pid_t pid = fork();
    if (pid == 0) {
        close(fd[0]);
        run(r, o, pk, swaps, consecutive);
        ssize_t n = write(fd[1], r, sizeof *r);
        _exit(n == (ssize_t)sizeof *r ? 0 : 1);
    }
    close(fd[1]);
    size_t got = 0;
    ssize_t n;
    while (pid > 0 && got < sizeof *r && (n = read(fd[0], (char *)r + got, sizeof *r - got)) > 0) {
        got += (size_t)n;
    }
    close(fd[0]);
    int status;
    if (pid < 0 || waitpid(pid, &status, 0) != pid || status != 0 || got != sizeof *r || !r->ok) {
        die("a block could not be proved");
    }
}

static double cells_of(const struct chip_result *c, size_t swaps) {
    return (double)(c->main_cells + c->helper_cells) / (double)swaps;
}

static double total_cells(const struct result *r) {
    double sum = 0;
    for (size_t i = 0; i < r->n_chips; i++) {
        sum += cells_of(&r->chips[i], r->swaps);
    }
    return sum;
}

static void print_result(const struct result *r, const char *accounts) {
    printf("%zu swaps, %s accounts: %.3f s (%.3f s of processor), %.1f swaps/s, %.0f cells a swap, "
           "%.0f MiB, proof %zu "
           "bytes, verified in %.1f ms\n",
           r->swaps, accounts, r->prove_s, r->cpu_s, (double)r->swaps / r->prove_s, total_cells(r),
           r->rss_mib, r->proof_bytes, r->verify_ms);
    printf("  witness %.3f  commit %.3f  helpers %.3f  sumcheck %.3f  opening %.3f s;  M = %u, %u "
           "chunks\n",
           r->witness_s, r->commit_s, r->helpers_s, r->sumcheck_s, r->opening_s, r->log_chunk,
           r->chunks);
    printf("  cells a swap:");
    for (size_t i = 0; i < r->n_chips; i++) {
        printf(" %s %.0f (%zu rows)%s", r->chips[i].name, cells_of(&r->chips[i], r->swaps),
               r->chips[i].rows, i + 1 < r->n_chips ? "," : "\n");
    }
    (void)fflush(stdout);
}

static json_t *result_json(const struct result *r, const char *accounts) {
    json_t *by_chip = json_object();
    for (size_t i = 0; i < r->n_chips; i++) {
        json_t *old = json_object_get(by_chip, r->chips[i].name);
        double sum = (old ? json_real_value(old) : 0) + cells_of(&r->chips[i], r->swaps);
        json_object_set_new(by_chip, r->chips[i].name, json_real(sum));
    }
    return json_pack("{s:I,s:s,s:f,s:o,s:f,s:f,s:f,s:f,s:f,s:f,s:f,s:f,s:f,s:f,s:I,s:I,s:I}",
                     "swaps", (json_int_t)r->swaps, "accounts", accounts, "cells_per_op",
                     total_cells(r), "cells_by_chip", by_chip, "prove_s", r->prove_s, "cpu_s",
                     r->cpu_s, "ops_per_s", (double)r->swaps / r->prove_s, "witness_s",
                     r->witness_s, "commit_s", r->commit_s, "helpers_s", r->helpers_s, "sumcheck_s",
                     r->sumcheck_s, "opening_s", r->opening_s, "rss_mib", r->rss_mib, "verify_ms",
                     r->verify_ms, "proof_bytes", (json_int_t)r->proof_bytes, "log_chunk",
                     (json_int_t)r->log_chunk, "chunks", (json_int_t)r->chunks);
}

/* Microseconds of a proven permutation: the share of the poseidon2 chip's cells in the proving
 * time, divided by its rows. */
static double poseidon2_us(const struct result *r) {
    double cells = 0, rows = 0;
    for (size_t i = 0; i < r->n_chips; i++) {
        if (strcmp(r->chips[i].name, "poseidon2") == 0) {
            cells += cells_of(&r->chips[i], r->swaps);
            rows += (double)r->chips[i].rows;
        }
    }
    return rows > 0 ? 1e6 * r->prove_s * cells / total_cells(r) / rows : 0;
}

static void parse_sizes(struct options *o, const char *text) {
    for (o->n_sizes = 0; *text && o->n_sizes < MAX_SIZES;) {
        char *end;
        o->sizes[o->n_sizes] = strtoull(text, &end, 10);
        if (end == text || o->sizes[o->n_sizes] == 0) {
            die("--sizes wants numbers with commas between");
        }
        o->n_sizes++;
        text = *end == ',' ? end + 1 : end;
    }
}

static struct options parse_options(int argc, char **argv) {
    struct options o = {.sizes = {8, 256, 1024, 4096},
                        .n_sizes = 4,
                        .random = true,
                        .consecutive = true,
                        .threads = 2};
    for (int i = 1; i < argc; i += 2) {
        const char *value = i + 1 < argc ? argv[i + 1] : NULL;
        if (value && strcmp(argv[i], "--sizes") == 0) {
            parse_sizes(&o, value);
        } else if (value && strcmp(argv[i], "--accounts") == 0) {
            o.random = strcmp(value, "consecutive") != 0;
            o.consecutive = strcmp(value, "random") != 0;
        } else if (value && strcmp(argv[i], "--kind") == 0) {
            o.mixed = strcmp(value, "mixed") == 0;
        } else if (value && strcmp(argv[i], "--threads") == 0) {
            o.threads = (unsigned)strtoul(value, NULL, 10);
        } else if (value && strcmp(argv[i], "--chunks") == 0) {
            o.chunks = strtoull(value, NULL, 10);
        } else if (value && strcmp(argv[i], "--srs") == 0) {
            o.srs_path = value;
        } else if (value && strcmp(argv[i], "--json") == 0) {
            o.json_path = value;
        } else if (value && strcmp(argv[i], "--calldata") == 0) {
            o.calldata_dir = value;
        } else {
            die("usage: bench_prove [--sizes N,..] [--accounts random|consecutive|both] "
                "[--kind swaps|mixed] [--threads N] [--chunks N] [--srs FILE] [--json FILE] "
                "[--calldata DIR]");
        }
    }
    return o;
}

/* Enough points for the largest block. */
static unsigned log_points(const struct options *o) {
    size_t most = 0;
    for (unsigned i = 0; i < o->n_sizes; i++) {
        most = o->sizes[i] > most ? o->sizes[i] : most;
    }
    unsigned log_n = 16;
    while (log_n < LOG_CHUNK_MAX && ((size_t)1 << log_n) < most * 1024) {
        log_n++;
    }
    return log_n;
}

static void get_srs(struct srs *srs, const struct options *o) {
    struct err err;
    int rc = o->srs_path
                 ? srs_read(srs, o->srs_path, LOG_CHUNK_MAX, &err)
                 : srs_generate_insecure(srs, log_points(o), SRS_INSECURE_SEED, o->threads, &err);
    if (rc != 0) {
        die(err.text);
    }
}

int main(int argc, char **argv) {
    struct options o = parse_options(argc, argv);
    struct srs srs;
    struct proving_key pk;
    char why[160];
    struct air *air = zklink_air_explain(why, sizeof why);
    if (!air) {
        die(why);
    }
    get_srs(&srs, &o);
    if (proving_key_init(&pk, air, &srs, LOG_CHUNK_MAX, o.threads) != KEY_OK) {
        die("no proving key");
    }
    if (o.chunks != 0) {
        pk.target_chunks = o.chunks;
    }
    json_t *blocks = json_array(), *root = json_object();
    double hash_us = 0, block8 = 0, verify_ms = 0;
    for (unsigned i = 0; i < o.n_sizes; i++) {
        for (unsigned consecutive = 0; consecutive < 2; consecutive++) {
            if (!(consecutive ? o.consecutive : o.random)) {
                continue;
            }
            struct result r = {0};
            const char *accounts = consecutive ? "consecutive" : "random";
            run_child(&r, &o, &pk, o.sizes[i], consecutive);
            print_result(&r, accounts);
            json_array_append_new(blocks, result_json(&r, accounts));
            hash_us = consecutive ? hash_us : poseidon2_us(&r);
            block8 = r.swaps == 8 && r.prove_s > block8 ? r.prove_s : block8;
            verify_ms = r.verify_ms > verify_ms ? r.verify_ms : verify_ms;
        }
    }
    printf("a proven Poseidon2 permutation: %.0f microseconds (largest random block)\n", hash_us);
    json_object_set_new(root, "blocks", blocks);
    json_object_set_new(root, "poseidon2_proven_us", json_real(hash_us));
    json_object_set_new(root, "block8_s", json_real(block8));
    json_object_set_new(root, "verify_ms", json_real(verify_ms));
    if (o.json_path && json_dump_file(root, o.json_path, JSON_INDENT(1)) != 0) {
        die("the JSON file cannot be written");
    }
    json_decref(root);
    srs_release(&srs);
    air_free(air);
    return 0;
}
