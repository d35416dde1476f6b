/* zklink broker: the service, and what its owner does beside it: reading its books, registering its
 * keys. status reads the database alone, so that it also answers while the broker is down. */
#include "cli/cli.h"

#include "base/clock.h"
#include "base/file.h"
#include "broker/book.h"
#include "broker/broker.h"
#include "chain/pools_abi.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { WAITING_SHOWN = 20 };

static json_t *sum_json(const struct book_sum *s) {
    return json_pack("{s:I, s:o, s:o, s:o}", "n", (json_int_t)s->n, "amount",
                     json_new_u128(s->amount), "fee", json_new_u128(s->fee), "net",
                     json_new_u128(s->net));
}

static json_t *token_json(struct book *b, const struct broker_token_config *t, struct err *err) {
    json_t *o =
        json_pack("{s:I, s:i, s:o}", "token", (json_int_t)t->token, "chain",
                  (int)token_chain(t->token), "maxExposure", json_new_u128(t->max_exposure));
    for (unsigned s = 0; s < BOOK_STATES; s++) {
        struct book_sum sum;
        if (book_sum(b, token_chain(t->token), t->token, (enum book_state)s, &sum, err) != 0) {
            json_decref(o);
            return NULL;
        }
        json_object_set_new(o, book_state_name((enum book_state)s), sum_json(&sum));
    }
    return o;
}

static int add_stock(void *ctx, const struct book_stock *s, struct err *err) {
    char address[43];
    (void)err;
    eth_address_format(address, s->address);
    json_array_append_new(ctx,
                          json_pack("{s:i, s:s, s:I, s:o, s:I}", "chain", (int)s->chain, "key",
                                    address, "token", (json_int_t)s->token, "amount",
                                    json_new_u128(s->amount), "at", (json_int_t)(s->at_ms / 1000)));
    return 0;
}

/* What is open, being paid, or paid and not yet repaid: with what it waits for. */
static int add_waiting(void *ctx, const struct book_payout *p, struct err *err) {
    char text[160];
    (void)err;
    const char *reason = p->reason;
    if (p->state == BOOK_PAID) {
        (void)snprintf(text, sizeof text, "paid; repaid when block %" PRIu64 " is executed",
                       p->block);
        reason = text;
    } else if (p->state == BOOK_PAYING) {
        reason = "its payment is under way";
    }
    json_array_append_new(
        ctx,
        json_pack("{s:o, s:s, s:o, s:i, s:I, s:o, s:o, s:I, s:s}", "id", json_new_hex(p->id, 32),
                  "state", book_state_name(p->state), "hash", json_new_hex(p->hash, 32), "chain",
                  (int)p->payout.chain, "token", (json_int_t)p->payout.token, "amount",
                  json_new_u128(p->payout.amount.v), "fee", json_new_u128(p->payout.broker_fee.v),
                  "block", (json_int_t)p->block, "waitsFor", reason));
    return 0;
}

static json_t *chain_json(struct book *b, unsigned chain, struct err *err) {
    struct book_chain c;
    json_t *waiting = json_array();
    static const enum book_state states[] = {BOOK_PAYING, BOOK_PAID, BOOK_OPEN};
    if (book_get_chain(b, chain, &c, err) != 0) {
        json_decref(waiting);
        return NULL;
    }
    for (size_t i = 0; i < 3; i++) {
        if (book_each(b, chain, states[i], add_waiting, waiting, err) != 0) {
            json_decref(waiting);
            return NULL;
        }
    }
    return json_pack("{s:i, s:I, s:I, s:I, s:I, s:I, s:I, s:o, s:s, s:o}", "chain", (int)chain,
                     "height", (json_int_t)c.height, "proved", (json_int_t)c.proved, "confirmed",
                     (json_int_t)c.confirmed, "executed", (json_int_t)c.executed, "seenAt",
                     (json_int_t)(c.at_ms / 1000), "gasUsed", (json_int_t)c.gas, "gasPaidWei",
                     json_new_u128(c.gas_wei), "problem", c.problem, "waiting", waiting);
}

/* Everything, as one object; NULL and err. */
static json_t *status_json(struct book *b, const struct config *config, struct err *err) {
    struct book_chain node;
    json_t *o = json_pack("{s:[], s:[], s:[]}", "chains", "tokens", "stock");
    if (book_get_chain(b, 0, &node, err) != 0) {
        goto failed;
    }
    json_object_set_new(o, "node",
                        json_pack("{s:I, s:s}", "seenAt", (json_int_t)(node.at_ms / 1000),
                                  "problem", node.problem));
    for (size_t i = 0; i < config->broker.n_chains; i++) {
        json_t *c = chain_json(b, config->broker.chains[i].number, err);
        if (c == NULL) {
            goto failed;
        }
        json_array_append_new(json_object_get(o, "chains"), c);
    }
    for (size_t i = 0; i < config->broker.n_tokens; i++) {
        json_t *t = token_json(b, &config->broker.tokens[i], err);
        if (t == NULL) {
            goto failed;
        }
        json_array_append_new(json_object_get(o, "tokens"), t);
    }
    if (book_each_stock(b, add_stock, json_object_get(o, "stock"), err) != 0) {
        goto failed;
    }
    return o;
failed:
    json_decref(o);
    return NULL;
}

static long long get_int(const json_t *o, const char *key) {
    return json_integer_value(json_object_get(o, key));
}

static const char *get_text(const json_t *o, const char *key) {
    const char *text = json_string_value(json_object_get(o, key));
    return text == NULL ? "" : text;
}

static void print_chain(const json_t *c, uint64_t now_s) {
    size_t i;
    const json_t *w;
    const json_t *waiting = json_object_get(c, "waiting");
    long long seen = get_int(c, "seenAt");
    printf("chain %lld: proved %lld, confirmed %lld, executed %lld; gas %lld units, %s wei",
           get_int(c, "chain"), get_int(c, "proved"), get_int(c, "confirmed"),
           get_int(c, "executed"), get_int(c, "gasUsed"), get_text(c, "gasPaidWei"));
    if (seen == 0) {
        printf("; never seen\n");
    } else {
        printf("; seen %lld s ago\n", (long long)now_s - seen);
    }
    if (*get_text(c, "problem") != '\0') {
        printf("  problem: %s\n", get_text(c, "problem"));
    }
    json_array_foreach(waiting, i, w) {
        if (i == WAITING_SHOWN) {
            printf("  and %zu more (--json shows all)\n", json_array_size(waiting) - i);
            break;
        }
        printf("  %-7s %s of token %lld, fee %s, block %lld: %s\n", get_text(w, "state"),
               get_text(w, "amount"), get_int(w, "token"), get_text(w, "fee"), get_int(w, "block"),
               get_text(w, "waitsFor"));
    }
}

static void print_status(const json_t *o) {
    size_t i;
    const json_t *e;
    const json_t *node = json_object_get(o, "node");
    uint64_t now_s = clock_now_s();
    if (*get_text(node, "problem") != '\0') {
        printf("node: %s\n", get_text(node, "problem"));
    }
    json_array_foreach(json_object_get(o, "chains"), i, e) {
        print_chain(e, now_s);
    }
    json_array_foreach(json_object_get(o, "tokens"), i, e) {
        const json_t *paying = json_object_get(e, "paying");
        const json_t *paid = json_object_get(e, "paid");
        const json_t *repaid = json_object_get(e, "repaid");
        printf("token %lld: repaid %lld payouts, fees earned %s; waits to be repaid for %lld "
               "(%s paid), %lld being paid (%s); exposure at most %s\n",
               get_int(e, "token"), get_int(repaid, "n"), get_text(repaid, "fee"),
               get_int(paid, "n"), get_text(paid, "net"), get_int(paying, "n"),
               get_text(paying, "net"), get_text(e, "maxExposure"));
    }
    json_array_foreach(json_object_get(o, "stock"), i, e) {
        printf("stock of %s: %s of token %lld\n", get_text(e, "key"), get_text(e, "amount"),
               get_int(e, "token"));
    }
}

static int load_config(struct config *config, const char *path, struct err *err) {
    if (path == NULL) {
        path = getenv("ZKLINK_CONFIG");
    }
    return config_load(config, path == NULL ? "zklink.conf" : path, err);
}

static int status(int argc, char **argv) {
    const char *path = NULL;
    const char *json = NULL;
    const struct cli_option options[] = {
        {"config", "FILE", "the broker's configuration", &path, false},
        {"json", NULL, "all of it as JSON", &json, false}};
    const struct cli_usage usage = {
        "zklink broker status", "",
        "The broker's books: stock of each key, what it has paid and waits to be repaid for, fees "
        "earned, and what each open payout waits for. Amounts in base units."};
    struct config config;
    struct err err = {0};
    char db_path[4096];
    int rc = cli_parse(argc, argv, &usage, options, 2, NULL, 0, NULL);
    if (rc >= 0) {
        return rc;
    }
    if (load_config(&config, path, &err) != 0) {
        return cli_fail(&err);
    }
    (void)snprintf(db_path, sizeof db_path, "%s/broker.db", config.data_dir);
    struct book *b = book_open(db_path, true, &err);
    json_t *o = b == NULL ? NULL : status_json(b, &config, &err);
    if (o == NULL) {
        rc = cli_fail(&err);
    } else if (json != NULL) {
        char *text = json_dumps(o, JSON_INDENT(2));
        puts(text == NULL ? "" : text);
        free(text);
        rc = CLI_OK;
    } else {
        print_status(o);
        rc = CLI_OK;
    }
    json_decref(o);
    book_close(b);
    config_release(&config);
    return rc;
}

/* One key: its number on the chain, given now if it has none. */
static int register_key(struct l1 *l1, const struct eth_key *key, struct err *err) {
    uint64_t index = 0;
    char address[43];
    struct buf data = {0};
    struct eth_receipt receipt;
    uint8_t hash[32];
    if (zklink_get_broker_index(l1->client, l1->deployed->contract, key->address, &index, err) !=
        0) {
        return -1;
    }
    if (index == 0) {
        zklink_register_broker(&data);
        int rc = l1_send(l1, key, l1->deployed->contract, &data, 0, &receipt, hash, err);
        buf_free(&data);
        if (rc != 0 || zklink_get_broker_index(l1->client, l1->deployed->contract, key->address,
                                               &index, err) != 0) {
            return -1;
        }
    }
    eth_address_format(address, key->address);
    printf("chain %u: %s is broker %" PRIu64 "\n", l1->chain->number, address, index);
    return 0;
}

static int register_keys(const struct config *config, unsigned chain, struct err *err) {
    struct deployment deployment;
    struct l1 l1;
    if (deployment_read(&deployment, config->deployment_file, err) != 0 ||
        deployment_check_config(&deployment, config, err) != 0 ||
        l1_open(&l1, config, &deployment, chain, err) != 0) {
        return -1;
    }
    int rc = 0;
    for (size_t i = 0; rc == 0 && i < config->broker.n_keys; i++) {
        struct eth_key key = {0};
        rc = key_file_load(config->broker.key_files[i], config->broker.password_file, &key, err);
        if (rc == 0) {
            rc = register_key(&l1, &key, err);
        }
        eth_key_wipe(&key);
    }
    l1_close(&l1);
    return rc;
}

static int register_broker(int argc, char **argv) {
    const char *path = NULL;
    const char *chain_text = NULL;
    const struct cli_option options[] = {
        {"chain", "N", "on which chain", &chain_text, true},
        {"config", "FILE", "the broker's configuration", &path, false}};
    const struct cli_usage usage = {
        "zklink broker register", "",
        "Gives each of the broker's keys a number on a chain, by which a swap request can give it "
        "the first right. Not while the broker runs: both would use the same nonces."};
    struct config config;
    struct err err = {0};
    uint64_t chain = 0;
    int lock_fd = -1;
    int rc = cli_parse(argc, argv, &usage, options, 2, NULL, 0, NULL);
    if (rc >= 0) {
        return rc;
    }
    if (load_config(&config, path, &err) != 0) {
        return cli_fail(&err);
    }
    rc = cli_number("chain", chain_text, 255, &chain, &err) == 0 &&
                 file_take_folder(config.data_dir, "broker", &lock_fd, &err) == 0 &&
                 register_keys(&config, (unsigned)chain, &err) == 0
             ? CLI_OK
             : cli_fail(&err);
    config_release(&config);
    return rc; /* the folder's lock ends with the program */
}

int cmd_broker(int argc, char **argv) {
    if (argc > 1 && strcmp(argv[1], "status") == 0) {
        return status(argc - 1, argv + 1);
    }
    if (argc > 1 && strcmp(argv[1], "register") == 0) {
        return register_broker(argc - 1, argv + 1);
    }
    return broker_main(argc, argv);
}
