/* An oracle: one key, its own connections to all chains, its own database. Holds nothing of the
 * node's and trusts it in nothing.
 *
 * It follows BlockProved on every endpoint of every chain, final blocks only. When all of them show
 * block k with ONE syncHash, it signs Consensus(instance, epoch, k, syncHash, expiry) and serves
 * the signature to whoever asks. At most one syncHash is ever signed for an (epoch, k): the row is
 * committed before the signature leaves. Endpoints that disagree are reported and nothing is
 * signed.
 *
 * The expiry is the same for all oracles that are configured alike, because it comes from the
 * chains: the latest L1 timestamp of the block's BlockProved plus a multiple of signature_expiry_s,
 * the least that lies at least half of one in the future.
 *
 * JSON-RPC: getConsensus(number) -> {number, epoch, syncHash, expiry, signer, signature}, error 200
 * if it is not signed (yet); health() -> {status, signer, epoch, lastSigned, problems}. */
#ifndef ZKLINK_ORACLE_ORACLE_H
#define ZKLINK_ORACLE_ORACLE_H

#include "chain/eth_key.h"
#include "config/config.h"
#include "config/deployment.h"

struct oracle;
/* Starts listening and following. Unreachable endpoints are tried again for ever; an endpoint of
 * another chain, a contract of another instance, a key that is no member of any network are
 * ERR_MISMATCH. */
struct oracle *oracle_start(const struct config *config, const struct deployment *deployment,
                            const struct eth_key *key, struct err *err);
uint16_t oracle_port(const struct oracle *o);
void oracle_stop(struct oracle *o);

/* `zklink oracle`: argv[0] is the subcommand. Returns the exit code. */
int oracle_main(int argc, char **argv);

#endif
