/* One thread for each chain: pays in advance there, and sees to it that it is repaid. A chain that
 * hangs holds up none but itself. Each key is a lane of its own with one transaction under way
 * (sender/l1_sender.h): so a payment whose gas price turns out too low delays only its own key. */
#ifndef ZKLINK_BROKER_PAYER_H
#define ZKLINK_BROKER_PAYER_H

#include "chain/eth_key.h"
#include "config/config.h"
#include "config/deployment.h"

struct payer_config { /* all borrowed */
    const struct config *config;
    const struct deployment *deployment;
    const char *book_path;
    const struct eth_key *keys; /* as many as config->broker.n_keys */
    const unsigned *lanes;
    unsigned chain;
};

struct payer;
struct payer *payer_start(const struct payer_config *config, struct err *err);
void payer_stop(struct payer *p);

#endif
