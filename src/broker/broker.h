/* The broker: pays withdrawals and cross-chain swaps in advance from its own wallet, for a fee, and
 * is repaid by the contract when their blocks are executed. Threads:
 *
 *   feed        reads the node's list of payouts (getPayouts), checks them (feed.h), enters them
 *   one payer   for each chain (payer.h): pays by the rules (rules.h), watches, is repaid
 *
 * They share the book (book.h) and nothing else. The broker trusts its node for what a block will
 * pay (rules.h tells how far), so it should run beside a node that it trusts; nobody has to trust a
 * broker: who is not paid in advance is paid by the block. */
#ifndef ZKLINK_BROKER_BROKER_H
#define ZKLINK_BROKER_BROKER_H

#include "config/config.h"
#include "config/deployment.h"

struct broker;
/* Both borrowed until broker_stop. Takes the data folder for itself; ERR_CONFIG names a mistake. */
struct broker *broker_start(const struct config *config, const struct deployment *deployment,
                            struct err *err);
void broker_stop(struct broker *b);

/* `zklink broker`, `zklink broker status`, `zklink broker register`. */
int broker_main(int argc, char **argv);

#endif
