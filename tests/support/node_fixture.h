/* A node in this process, for tests and measurements of sequencer and API: a data folder of its own
 * below /tmp, chains that nobody can reach, and users whose deposits and keys stand in the database
 * as if the chains had shown them. Everything else is the real thing. Failures of set-up abort. */
#ifndef ZKLINK_TESTS_NODE_FIXTURE_H
#define ZKLINK_TESTS_NODE_FIXTURE_H

#include "chain/eth_key.h"
#include "node/node.h"
#include "rollup/client.h"
#include "rpc/rpc_client.h"

struct fixture_user {
    account_id account;
    struct owner owner;
    struct schnorr_key key;
    uint32_t nonce; /* of the next transaction that fixture_sign signs */
};

struct node_fixture {
    char dir[64], url[64];
    struct config config;
    struct deployment deployment;
    struct genesis genesis;
    struct instance instance;
    struct eth_key operator_key;
    struct block_prover prover; /* NULL: proofs that are bytes of no meaning */
    struct node *node;
    struct fixture_user *users;
    size_t n_users;
    token_id token_a, token_b; /* both of chain 1; every user has both */
    account_id pool;           /* 0 until fixture_make_pool */
    bool fatal;                /* the node said that it cannot go on */
};

/* Makes folder, configuration and database; the node is not started. */
struct node_fixture *fixture_new(size_t n_users, const struct block_prover *prover);
/* Starts the node and waits until the users' requests are in blocks or the open one. */
void fixture_start(struct node_fixture *f);
int fixture_try_start(struct node_fixture *f, struct err *err);
void fixture_stop(struct node_fixture *f);
/* Stops, removes the folder. */
void fixture_free(struct node_fixture *f);
/* Path of a file in the data folder; valid until the next call. */
const char *fixture_path(const struct node_fixture *f, const char *name);

/* User 0 makes a pool of both tokens with liquidity. */
void fixture_make_pool(struct node_fixture *f);

/* A call to the node: the result, owned by the caller, or NULL and err; code: of the error. */
json_t *fixture_call(struct node_fixture *f, const char *method, json_t *params, int *code,
                     struct err *err);
/* The same with a transaction; signed is sent as it is. */
json_t *fixture_send(struct node_fixture *f, const struct op *op, int *code, struct err *err);
/* Common fields: the user's next nonce (which moves on), no fee, valid for an hour. */
struct client_common fixture_common(struct node_fixture *f, size_t user);
void fixture_sign(struct node_fixture *f, size_t user, struct op *op);
/* A signed swap, alternating in direction with the nonce. */
void fixture_swap(struct node_fixture *f, size_t user, struct op *op);

#endif
