/* zklink exodus, zklink exit: the ways out when the operator is gone. They need no node: only the
 * chain, and a database that `zklink recover` made. */
#include "cli/cli.h"

#include "base/cpu.h"
#include "base/decimal.h"
#include "node/node.h"
#include "recover/exit_proofs.h"
#include "recover/recover.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct way_out {
    struct session_options session;
    const char *chain, *database, *account, *request;
};

struct out_run {
    struct session s;
    struct genesis genesis;
    struct instance instance;
    struct recovery *recovery;
    struct l1 l1;
    unsigned done, failed;
};

static int open_run(struct out_run *r, const struct way_out *o, bool state, struct err *err) {
    char path[4096];
    uint64_t chain;
    if (cli_number("chain", o->chain, 255, &chain, err) != 0 ||
        session_open(&r->s, &o->session, err) != 0 ||
        l1_open(&r->l1, &r->s.config, &r->s.deployment, (unsigned)chain, err) != 0) {
        return -1;
    }
    if (r->l1.deployed == NULL) {
        return err_set(err, ERR_INPUT, "--chain: nothing is deployed there");
    }
    if (!state) {
        return 0;
    }
    if (snprintf(path, sizeof path, "%s/recovered.db", r->s.config.data_dir) >= (int)sizeof path) {
        return err_set(err, ERR_CONFIG, "data_dir: path too long");
    }
    if (node_instance(&r->s.deployment, &r->genesis, &r->instance, err) != 0) {
        return -1;
    }
    struct recovery_config c = {.config = &r->s.config,
                                .deployment = &r->s.deployment,
                                .instance = &r->instance,
                                .genesis = &r->genesis,
                                .db_path = o->database != NULL ? o->database : path,
                                .threads = cpu_count()};
    r->recovery = recovery_open(&c, err);
    return r->recovery != NULL ? 0 : err_context(err, "run `zklink recover` first");
}

static void close_run(struct out_run *r) {
    recovery_close(r->recovery);
    l1_close(&r->l1);
    session_close(&r->s);
}

/* The newest confirmed block of the chain: what exits count against. */
static int confirmed(struct out_run *r, uint64_t *number, struct err *err) {
    if (zklink_get_u64(r->l1.client, r->l1.deployed->contract, "confirmedNumber()", UINT64_MAX,
                       number, err) != 0) {
        return -1;
    }
    return *number <= recovery_number(r->recovery)
               ? 0
               : err_set(err, ERR_NOT_FOUND,
                         "the chain's newest confirmed block is %" PRIu64
                         ", the database ends at %" PRIu64 ": run `zklink recover` again",
                         *number, recovery_number(r->recovery));
}

static int send(struct out_run *r, const struct buf *data, struct err *err) {
    struct eth_receipt receipt;
    uint8_t hash[32];
    if (l1_send(&r->l1, &r->s.key, r->l1.deployed->contract, data, 0, &receipt, hash, err) != 0) {
        return -1;
    }
    printf("done, %" PRIu64 " gas\n", receipt.gas_used);
    return 0;
}

/* ---- exodus ---- */

static int start(struct out_run *r, const struct way_out *o, struct err *err) {
    struct buf data = {0};
    uint64_t request;
    if (o->request == NULL) {
        return err_set(err, ERR_INPUT, "--request: the index of an expired request");
    }
    if (cli_number("request", o->request, INT64_MAX, &request, err) != 0) {
        return -1;
    }
    zklink_activate_exodus(&data, request);
    int rc = send(r, &data, err);
    buf_free(&data);
    return rc;
}

static int open_exits(struct out_run *r, struct err *err) {
    struct stored_block b;
    struct buf data = {0};
    uint64_t number;
    int position = chain_list_find(&r->instance.chains, r->l1.chain->number);
    if (confirmed(r, &number, err) != 0 ||
        recovery_stored_block(r->recovery, (unsigned)position, number, &b, err) != 0) {
        return -1;
    }
    zklink_open_exits(&data, &b);
    int rc = send(r, &data, err);
    buf_free(&data);
    return rc;
}

static bool is_request(const struct eth_log *log, uint64_t index, struct zklink_event *e) {
    return zklink_event_decode(e, log) && e->kind == ZKLINK_REQUESTED &&
           e->u.requested.index == index;
}

static int refund(struct out_run *r, const struct way_out *o, struct err *err) {
    uint64_t index, latest;
    struct buf data = {0};
    const uint8_t *contract = r->l1.deployed->contract;
    if (o->request == NULL) {
        return err_set(err, ERR_INPUT, "--request: the index of the request");
    }
    if (cli_number("request", o->request, INT64_MAX, &index, err) != 0 ||
        eth_block_number(r->l1.client, &latest, err) != 0) {
        return -1;
    }
    for (uint64_t from = r->l1.deployed->deploy_block; data.len == 0 && from <= latest;
         from += 1000) {
        struct eth_logs logs;
        struct zklink_event e;
        uint64_t to = from + 999 < latest ? from + 999 : latest;
        if (eth_get_logs(r->l1.client, contract, from, to, 100000, &logs, err) != 0) {
            return -1;
        }
        for (size_t i = 0; data.len == 0 && i < logs.n; i++) {
            if (is_request(&logs.log[i], index, &e)) {
                zklink_refund_request(&data, index, (const uint8_t(*)[32])e.u.requested.words);
            }
        }
        eth_logs_free(&logs);
    }
    int rc = data.len > 0 ? send(r, &data, err)
                          : err_set(err, ERR_NOT_FOUND, "the chain has no request %" PRIu64, index);
    buf_free(&data);
    return rc;
}

int cmd_exodus(int argc, char **argv) {
    struct way_out o = {0};
    struct out_run r = {0};
    struct err err = {0};
    const char *args[1] = {NULL};
    size_t n = 0;
    const struct cli_option options[] = {
        {"chain", "N", "on which chain", &o.chain, true},
        {"request", "N", "start: a request whose deadline is over; refund: the request", &o.request,
         false},
        {"database", "FILE", "made by `zklink recover` (default: recovered.db in data_dir)",
         &o.database, false},
        KEY_OPTION(&o.session),
        SESSION_OPTIONS(&o.session)};
    const struct cli_usage usage = {
        "zklink exodus", "start|open|refund",
        "start: ends the instance on this chain because a request was ignored beyond its deadline. "
        "open: after the exit window, fixes the newest confirmed block as what exits count "
        "against. refund: gives back what a request brought that is in no confirmed block. Anybody "
        "may do each of these."};
    int rc = cli_parse(argc, argv, &usage, options, sizeof options / sizeof *options, args, 1, &n);
    if (rc >= 0) {
        return rc;
    }
    bool is_open = n == 1 && strcmp(args[0], "open") == 0;
    bool is_start = n == 1 && strcmp(args[0], "start") == 0;
    if (n != 1 || (!is_open && !is_start && strcmp(args[0], "refund") != 0)) {
        fprintf(stderr, "usage: %s %s\n", usage.command, usage.positional);
        return CLI_USAGE;
    }
    rc = open_run(&r, &o, is_open, &err);
    if (rc == 0) {
        rc = is_open ? open_exits(&r, &err) : is_start ? start(&r, &o, &err) : refund(&r, &o, &err);
    }
    close_run(&r);
    return rc == 0 ? CLI_OK : cli_fail(&err);
}

/* ---- exit ---- */

static int exit_one(void *ctx, const struct exit_call *call) {
    struct out_run *r = ctx;
    struct err err = {0};
    char amount[DECIMAL_TEXT];
    u128_format(amount, call->amount.v);
    printf("slot %u, %s %" PRIu64 ": %s: ", call->slot,
           token_chain(call->token) == 0 ? "shares of pool" : "token", (uint64_t)call->token,
           amount);
    if (send(r, &call->data, &err) == 0) {
        r->done++;
    } else {
        printf("%s\n", err.text);
        r->failed++;
    }
    return 0;
}

static int exit_all(struct out_run *r, const struct way_out *o, struct err *err) {
    uint64_t number, account;
    if (cli_number("account", o->account, (1 << 28) - 1, &account, err) != 0 ||
        confirmed(r, &number, err) != 0) {
        return -1;
    }
    bool newest = number == recovery_number(r->recovery);
    struct state *old = newest ? NULL : recovery_state_at(r->recovery, number, err);
    if (!newest && old == NULL) {
        return -1;
    }
    int rc = exit_each_call(newest ? recovery_state(r->recovery) : old, (account_id)account,
                            r->l1.chain->number, exit_one, r);
    state_free(old);
    if (rc != 0) {
        return err_set(err, ERR_SYSTEM, "out of memory");
    }
    if (r->done + r->failed == 0) {
        return err_set(err, ERR_NOT_FOUND,
                       "account %" PRIu64 " has nothing on this chain at block %" PRIu64, account,
                       number);
    }
    return r->failed == 0
               ? 0
               : err_set(err, ERR_REMOTE, "%u of %u were refused", r->failed, r->done + r->failed);
}

int cmd_exit(int argc, char **argv) {
    struct way_out o = {0};
    struct out_run r = {0};
    struct err err = {0};
    const struct cli_option options[] = {
        {"chain", "N", "on which chain", &o.chain, true},
        {"account", "N", "whose balances, pool shares or position", &o.account, true},
        {"database", "FILE", "made by `zklink recover` (default: recovered.db in data_dir)",
         &o.database, false},
        KEY_OPTION(&o.session),
        SESSION_OPTIONS(&o.session)};
    const struct cli_usage usage = {
        "zklink exit", "",
        "In exodus: takes out everything that an account has on a chain, by its Merkle paths in "
        "the newest confirmed block. It goes to the account's owner, whoever's key pays for the "
        "transactions."};
    int rc =
        cli_parse(argc, argv, &usage, options, sizeof options / sizeof *options, NULL, 0, NULL);
    if (rc >= 0) {
        return rc;
    }
    rc = open_run(&r, &o, true, &err);
    if (rc == 0) {
        rc = exit_all(&r, &o, &err);
    }
    close_run(&r);
    return rc == 0 ? CLI_OK : cli_fail(&err);
}
