/* zklink recover: the state from the chains alone. */
#include "cli/cli.h"

#include "base/clock.h"
#include "base/cpu.h"
#include "base/file.h"
#include "node/node.h"
#include "recover/exit_paths.h"
#include "recover/recover.h"
#include "setup/instance_key.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

struct recover_options {
    const char *config, *database, *block, *account, *out, *verify;
};

struct recover_run {
    struct config config;
    struct deployment deployment;
    struct genesis genesis;
    struct instance instance;
    struct instance_key keys;
    bool have_keys;
    struct recovery *recovery;
    uint64_t began_ms, shown_ms, operations;
};

static bool is_time(struct recover_run *r) {
    uint64_t now = clock_steady_ms();
    bool due = now >= r->shown_ms + 1000;
    r->shown_ms = due ? now : r->shown_ms;
    return due;
}

static void on_scan(void *ctx, unsigned chain, uint64_t block) {
    if (is_time(ctx)) {
        fprintf(stderr, "chain %u: events read up to its block %" PRIu64 "\n", chain, block);
    }
}

static void on_block(void *ctx, uint64_t number, size_t operations) {
    struct recover_run *r = ctx;
    r->operations += operations;
    if (is_time(r)) {
        struct recovery_progress p;
        recovery_progress(r->recovery, &p);
        fprintf(stderr, "block %" PRIu64 " of %" PRIu64 ", %" PRIu64 " operations in %.1f s\n",
                number, p.newest, r->operations, (double)(clock_steady_ms() - r->began_ms) / 1000);
    }
}

static int open_verifier(struct recover_run *r, struct err *err) {
    uint64_t ids[CONFIG_MAX_CHAINS];
    for (size_t i = 0; i < r->config.n_chains; i++) {
        ids[i] = r->config.chains[i].evm_chain_id;
    }
    if (r->config.prover.srs_file == NULL) {
        return err_set(err, ERR_CONFIG, "prover.srs_file: missing");
    }
    if (instance_key_open(&r->keys, r->config.prover.srs_file, ids, r->config.n_chains, cpu_count(),
                          err) != 0) {
        return -1;
    }
    r->have_keys = true;
    return memcmp(r->keys.pk.vk.digest, r->deployment.vk_digest, 32) == 0
               ? 0
               : err_set(err, ERR_MISMATCH,
                         "this program's circuit and %s give another verifying key than the "
                         "deployed one",
                         r->config.prover.srs_file);
}

static int open_run(struct recover_run *r, const struct recover_options *o, struct err *err) {
    const char *path = o->config != NULL ? o->config : getenv("ZKLINK_CONFIG");
    char database[4096];
    if (config_load(&r->config, path != NULL ? path : "zklink.conf", err) != 0 ||
        deployment_read(&r->deployment, r->config.deployment_file, err) != 0 ||
        deployment_check_config(&r->deployment, &r->config, err) != 0 ||
        node_instance(&r->deployment, &r->genesis, &r->instance, err) != 0 ||
        (o->verify != NULL && open_verifier(r, err) != 0)) {
        return -1;
    }
    if (mkdir(r->config.data_dir, 0700) != 0 && errno != EEXIST) {
        return err_set(err, ERR_SYSTEM, "data_dir: %s: %s", r->config.data_dir, strerror(errno));
    }
    if (snprintf(database, sizeof database, "%s/recovered.db", r->config.data_dir) >=
        (int)sizeof database) {
        return err_set(err, ERR_CONFIG, "data_dir: path too long");
    }
    struct recovery_config rc = {.config = &r->config,
                                 .deployment = &r->deployment,
                                 .instance = &r->instance,
                                 .genesis = &r->genesis,
                                 .db_path = o->database != NULL ? o->database : database,
                                 .vk = r->have_keys ? &r->keys.pk.vk : NULL,
                                 .threads = cpu_count(),
                                 .on_scan = on_scan,
                                 .on_block = on_block,
                                 .ctx = r};
    r->recovery = recovery_open(&rc, err);
    return r->recovery != NULL ? 0 : -1;
}

/* What the contracts of all chains keep of the block: their functions want these fields. */
static json_t *stored_blocks_json(struct recover_run *r, uint64_t number) {
    json_t *list = json_array();
    for (unsigned p = 0; p < r->instance.chains.n; p++) {
        struct stored_block b;
        struct err ignored = {0};
        if (recovery_stored_block(r->recovery, p, number, &b, &ignored) == 0) {
            json_array_append_new(
                list, json_pack("{s:i, s:I, s:I, s:I, s:o, s:o, s:o}", "chain",
                                (int)r->instance.chains.chain[p], "number", (json_int_t)b.number,
                                "timestamp", (json_int_t)b.timestamp, "endRequest",
                                (json_int_t)b.end_request, "syncHash",
                                json_new_hex(b.sync_hash, 32), "root", json_new_hex(b.root, 32),
                                "outboxDigest", json_new_hex(b.outbox_digest, 32)));
        }
    }
    return list;
}

static int print_account(struct recover_run *r, const struct recover_options *o, uint64_t number,
                         struct err *err) {
    uint64_t account;
    if (cli_number("account", o->account, (1 << 28) - 1, &account, err) != 0) {
        return -1;
    }
    bool newest = number == recovery_number(r->recovery);
    struct state *own = newest ? NULL : recovery_state_at(r->recovery, number, err);
    if (!newest && own == NULL) {
        return -1;
    }
    json_t *v = exit_paths_json(newest ? recovery_state(r->recovery) : own, (account_id)account);
    if (v != NULL) {
        json_object_set_new(v, "blocks", stored_blocks_json(r, number));
    }
    state_free(own);
    char *text = v != NULL ? json_dumps(v, JSON_INDENT(2)) : NULL;
    json_decref(v);
    if (text == NULL) {
        return err_set(err, ERR_SYSTEM, "out of memory");
    }
    int rc = 0;
    if (o->out != NULL) {
        rc = file_write(o->out, 0644, text, strlen(text), err);
    } else {
        puts(text);
    }
    free(text);
    return rc;
}

static int run(struct recover_run *r, const struct recover_options *o, struct err *err) {
    struct recovery_progress p;
    uint64_t limit = UINT64_MAX, at;
    int rc;
    r->began_ms = clock_steady_ms();
    if (o->block != NULL && cli_number("block", o->block, INT64_MAX, &limit, err) != 0) {
        return -1;
    }
    if (recovery_scan(r->recovery, err) != 0) {
        return -1;
    }
    while ((rc = recovery_next(r->recovery, limit, err)) == 1) {
    }
    if (rc != 0) {
        return -1;
    }
    recovery_progress(r->recovery, &p);
    uint64_t number = recovery_number(r->recovery);
    char root[67];
    uint8_t bytes[32];
    fr v;
    state_root(recovery_state(r->recovery), &v);
    fr_to_be(bytes, &v);
    hex0x_encode(root, bytes, 32);
    fprintf(stderr,
            "recovered up to block %" PRIu64 ", root %s; confirmed are %" PRIu64
            ", on all chains stand %" PRIu64 "; %" PRIu64 " operations now in %.1f s\n",
            number, root, p.confirmed, p.everywhere, r->operations,
            (double)(clock_steady_ms() - r->began_ms) / 1000);
    /* An exit counts against the newest confirmed root. */
    at = o->block != NULL ? limit : p.confirmed;
    if (o->account == NULL) {
        return 0;
    }
    return at <= number ? print_account(r, o, at, err)
                        : err_set(err, ERR_NOT_FOUND, "block %" PRIu64 " is not recovered", at);
}

int cmd_recover(int argc, char **argv) {
    struct recover_options o = {0};
    struct recover_run *r = calloc(1, sizeof *r);
    struct err err = {0};
    const struct cli_option options[] = {
        {"config", "FILE", "configuration (default: $ZKLINK_CONFIG, else zklink.conf)", &o.config,
         false},
        {"database", "FILE", "where to (default: recovered.db in data_dir)", &o.database, false},
        {"block", "N", "not beyond this block", &o.block, false},
        {"account", "N", "print this account's balances and exit paths as JSON", &o.account, false},
        {"out", "FILE", "the JSON into this new file", &o.out, false},
        {"verify", NULL, "verify every proof anew (needs prover.srs_file)", &o.verify, false}};
    const struct cli_usage usage = {
        "zklink recover", "",
        "Rebuilds the whole state from the chains alone: events and calldata, final blocks only. "
        "Broken off, it goes on where it stopped. The database is a node's: put it into an empty "
        "data_dir as node.db, and a node goes on from there. The exit paths of --account are for "
        "the newest confirmed block, or for --block."};
    int code = r == NULL ? cli_fail_text("out of memory")
                         : cli_parse(argc, argv, &usage, options, sizeof options / sizeof *options,
                                     NULL, 0, NULL);
    if (code < 0) {
        code = open_run(r, &o, &err) == 0 && run(r, &o, &err) == 0 ? CLI_OK : cli_fail(&err);
        recovery_close(r->recovery);
        if (r->have_keys) {
            instance_key_close(&r->keys);
        }
        config_release(&r->config);
    }
    free(r);
    return code;
}
