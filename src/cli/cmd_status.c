/* zklink status: at which stage a transaction or a request stands, and what it waits for. The node
 * tells what it knows; the chains' own contracts tell of payouts (has a broker paid, was it
 * executed) and of requests that the node has not taken yet. */
#include "cli/cli.h"

#include "chain/pools_abi.h"
#include "chain/zklink_abi.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static json_int_t integer(const json_t *obj, const char *key) {
    return json_integer_value(json_object_get(obj, key));
}

static const char *text(const json_t *obj, const char *key) {
    const char *v = json_string_value(json_object_get(obj, key));
    return v == NULL ? "-" : v;
}

static int format_amount(struct session *s, const json_t *o, const char *key, char *out,
                         size_t size, struct err *err) {
    struct token_info token;
    struct amount amount;
    u128 v = 0;
    char number[AMOUNT_TEXT_SIZE];
    if (json_get_u128(o, key, &v, err) != 0 ||
        session_token_by_id(s, (token_id)integer(o, "token"), &token, err) != 0) {
        return -1;
    }
    if (!amount_from_u128(&amount, v)) {
        return err_set(err, ERR_DECODE, "%s: not an amount", key);
    }
    (void)snprintf(out, size, "%s %u:%s", amount_format(number, amount, token.decimals),
                   (unsigned)token_chain(token.id), token.symbol);
    return 0;
}

/* A payout that brokers may make: where it is, by its chain's contract. */
static int print_payout(struct session *s, const json_t *p, struct err *err) {
    struct l1 l1;
    uint8_t id[32];
    uint8_t by[20];
    char amount[192];
    char fee[192];
    char broker[43];
    if (json_get_hex(p, "id", id, sizeof id, err) != 0 ||
        format_amount(s, p, "amount", amount, sizeof amount, err) != 0 ||
        format_amount(s, p, "fee", fee, sizeof fee, err) != 0 ||
        l1_open(&l1, &s->config, &s->deployment, (unsigned)integer(p, "chain"), err) != 0) {
        return -1;
    }
    int rc = zklink_get_accepted_by(l1.client, l1.deployed->contract, id, by, err);
    l1_close(&l1);
    if (rc != 0) {
        return -1;
    }
    printf("  payout of %s to %s, a broker's fee %s: ", amount, text(p, "to"), fee);
    if (bytes_are_zero(by, sizeof by)) {
        puts("pending; waits for a broker or for its block");
    } else if (payout_is_executed(by)) {
        puts("executed");
    } else {
        eth_address_format(broker, by);
        printf("paid in advance by broker %s\n", broker);
    }
    return 0;
}

static int print_known(struct session *s, const json_t *answer, struct err *err) {
    const json_t *block = json_object_get(answer, "block");
    const json_t *chains = json_object_get(answer, "chains");
    const json_t *payout = json_object_get(answer, "payout");
    const json_t *tx = json_object_get(answer, "tx");
    printf("%s %s: %s", text(answer, "type"), text(answer, "hash"), text(answer, "stage"));
    if (json_is_integer(block)) {
        printf(", operation %" JSON_INTEGER_FORMAT " of block %" JSON_INTEGER_FORMAT,
               integer(answer, "index"), json_integer_value(block));
    }
    if (json_object_get(tx, "outcome") != NULL) {
        printf("\n  outcome: %s", text(tx, "outcome"));
    }
    printf("\n  waits for: %s\n", text(answer, "waitsFor"));
    for (size_t i = 0; i < json_array_size(chains); i++) {
        const json_t *c = json_array_get(chains, i);
        printf("  chain %" JSON_INTEGER_FORMAT ": %s\n", integer(c, "chain"), text(c, "stage"));
    }
    return payout == NULL ? 0 : print_payout(s, payout, err);
}

/* The node has not taken it: is it in the chain's queue at all? */
static int print_queued(struct session *s, unsigned chain, uint64_t index, struct err *err) {
    struct l1 l1;
    uint64_t count = 0;
    if (l1_open(&l1, &s->config, &s->deployment, chain, err) != 0) {
        return -1;
    }
    int rc =
        zklink_get_u64(l1.client, l1.deployed->contract, "requestCount()", UINT64_MAX, &count, err);
    unsigned depth = l1.chain->confirmations;
    l1_close(&l1);
    if (rc != 0) {
        return -1;
    }
    if (index >= count) {
        return err_set(err, ERR_NOT_FOUND, "chain %u has no request %" PRIu64 ": it has %" PRIu64,
                       chain, index, count);
    }
    printf("request %" PRIu64
           " of chain %u: queued\n  waits for: %u blocks on top of its own, then "
           "for the node to take it into a block\n",
           index, chain, depth);
    return 0;
}

struct status_options {
    struct session_options session;
    const char *chain, *id;
};

static int show(struct session *s, const struct status_options *o, struct err *err) {
    unsigned chain = 0;
    uint64_t index = 0;
    json_t *answer = NULL;
    if (o->chain != NULL && (cli_chain(o->chain, &chain, err) != 0 ||
                             cli_number("request", o->id, INT64_MAX, &index, err) != 0)) {
        return -1;
    }
    int rc =
        o->chain == NULL
            ? session_call(s, "getTransactionByHash", json_pack("[s]", o->id), &answer, err)
            : session_call(s, "getRequest",
                           json_pack("[I,I]", (json_int_t)chain, (json_int_t)index), &answer, err);
    if (rc != 0) {
        const json_t *data = rpc_client_error_data(s->api);
        bool unknown = err->code == ERR_REMOTE && strcmp(text(data, "reason"), "NOT_FOUND") == 0;
        return unknown && o->chain != NULL ? print_queued(s, chain, index, err) : -1;
    }
    if (o->session.json != NULL) {
        char *dump = json_dumps(answer, JSON_INDENT(2));
        puts(dump == NULL ? "" : dump);
        free(dump);
    } else {
        rc = print_known(s, answer, err);
    }
    json_decref(answer);
    return rc;
}

int cmd_status(int argc, char **argv) {
    struct status_options o = {0};
    const char *args[1] = {NULL};
    size_t n = 0;
    const struct cli_option options[] = {{"chain", "N", "the request's chain", &o.chain, false},
                                         OPTIONAL_KEY_OPTION(&o.session),
                                         SESSION_OPTIONS(&o.session)};
    const struct cli_usage usage = {
        "zklink status", "HASH|INDEX",
        "At which stage a transaction stands and what it waits for; with --chain, a request of "
        "that chain by its index. A payout that brokers may make: whether one has."};
    struct session s;
    struct err err = {0};
    int rc = cli_parse(argc, argv, &usage, options, sizeof options / sizeof *options, args, 1, &n);
    if (rc >= 0) {
        return rc;
    }
    if (n != 1) {
        fprintf(stderr, "%s: missing %s\n", usage.command, usage.positional);
        return CLI_USAGE;
    }
    o.id = args[0];
    if (session_open(&s, &o.session, &err) != 0) {
        return cli_fail(&err);
    }
    rc = show(&s, &o, &err) == 0 ? CLI_OK : cli_fail(&err);
    session_close(&s);
    return rc;
}
