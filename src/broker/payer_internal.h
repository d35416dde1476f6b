/* Shared by payer.c (what is under way and what became of it) and choose.c (what to pay next). */
#ifndef ZKLINK_BROKER_PAYER_INTERNAL_H
#define ZKLINK_BROKER_PAYER_INTERNAL_H

#include "broker/book.h"
#include "broker/payer.h"
#include "broker/rules.h"
#include "chain/zklink_abi.h"
#include "rpc/rpc_client.h"
#include "sender/l1_sender.h"

#include <pthread.h>

struct payer {
    struct payer_config config;
    const struct broker_config *rules;
    const struct broker_chain_config *chain_rules;
    const struct chain_config *chain;
    const struct deployed_chain *deployed;
    struct book *book;
    struct eth_client *client;
    struct rpc_client *api;
    struct l1_sender sender[CONFIG_MAX_BROKER_KEYS];
    uint64_t own_index[CONFIG_MAX_BROKER_KEYS];
    uint64_t indices_at_ms, stock_at_ms, collect_at_ms;
    uint8_t token_address[CONFIG_MAX_BROKER_TOKENS][20]; /* by rule */
    bool token_known[CONFIG_MAX_BROKER_TOKENS];
    bool checked;
    struct book_chain seen; /* the chain as of the last look */

    pthread_t thread;
    bool running;
    pthread_mutex_t lock;
    pthread_cond_t wake;
    bool stop;
};

/* Index of a token's rule; -1 if there is none. */
int payer_rule(const struct payer *p, token_id token);
/* The token's contract, asked for once; zeros for the native coin. */
int payer_token(struct payer *p, int rule, const uint8_t **address, struct err *err);
/* What key k holds of a rule's token. */
int payer_balance(struct payer *p, size_t k, int rule, u128 *amount, struct err *err);

/* Gives key k, which has nothing under way, the next payment. *queued: there was one. */
int payer_choose(struct payer *p, size_t k, bool *queued, struct err *err);

#endif
