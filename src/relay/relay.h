/* A relay: brings what oracles have signed to the chains. It needs nobody's leave, trusts nobody
 * and can do nothing but pay for it: the contracts check every signature. With a relay that
 * anybody runs, an operator cannot hold up blocks that it has proved, nor their taking back.
 *
 * For each chain, in one thread: it follows the contract's events for the blocks that are proved
 * and not confirmed, asks the oracles for a quorum of signatures of the newest one, and calls
 * confirmBlocks; when a quorum wants to take blocks back, it calls revertBlocks. Its database holds
 * how far it read, these blocks, and its own transactions (sender/l1_sender.h). */
#ifndef ZKLINK_RELAY_RELAY_H
#define ZKLINK_RELAY_RELAY_H

#include "chain/eth_key.h"
#include "config/config.h"
#include "config/deployment.h"

struct relay;
struct relay *relay_start(const struct config *config, const struct deployment *deployment,
                          const struct eth_key *key, struct err *err);
void relay_stop(struct relay *r);

/* `zklink relay`: argv[0] is the subcommand. Returns the exit code. */
int relay_main(int argc, char **argv);

#endif
