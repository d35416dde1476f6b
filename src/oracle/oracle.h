/* An oracle: one key, its own connections to all chains, its own database. Holds nothing of the
 * node's and trusts it in nothing.
 *
 * It follows BlockProved on every endpoint of every chain, final blocks only. When all of them show
 * block k with ONE syncHash, it signs Consensus(instance, epoch, k, syncHash, expiry) and serves
 * the signature to whoever asks. It refuses
 *
 *   when endpoints disagree, or a chain shows another syncHash than it has signed (an alarm)
 *   when an endpoint reorganises deeper than the depth
 *   when a contract's code is not what its deployment file lists
 *   when a block was accepted after exodus had begun on any chain
 *   with a verifier: when the block's data, replayed, does not give the block, or its proof fails
 *
 * At most one syncHash is ever signed for an (epoch, k): the row is committed before the signature
 * leaves. Revert(instance, epoch, k) takes unconfirmed blocks back: it is signed when the operator
 * has decided so (oracle_decide_revert, `zklink oracle-revert`) and ledger.h's rules allow it.
 *
 * The expiry is the same for all oracles that are configured alike, because it comes from the
 * chains: the latest L1 timestamp of the block's BlockProved plus a multiple of signature_expiry_s,
 * the least that lies at least half of one in the future.
 *
 * JSON-RPC: getConsensus(number[, epoch]) -> {number, epoch, syncHash, expiry, signer, signature},
 * getRevert([epoch]) -> {number, epoch, signer, signature}, error 200 if it is not signed (yet);
 * health() -> {status, signer, epoch, lastSigned, replays, problems, alarms}. GET /metrics. */
#ifndef ZKLINK_ORACLE_ORACLE_H
#define ZKLINK_ORACLE_ORACLE_H

#include "chain/eth_key.h"
#include "config/config.h"
#include "config/deployment.h"

/* Looks at a block by itself: its data on the chains, replayed, must give the syncHash. Called from
 * one thread, in the order of numbers; -1 and err if it cannot be found right. */
struct oracle_verifier {
    int (*verify)(void *ctx, uint64_t number, const uint8_t sync_hash[32], struct err *err);
    void *ctx;
};

struct oracle;
/* Starts listening and following. Unreachable endpoints are tried again for ever; an endpoint of
 * another chain, a contract of another instance or of unknown code, a key that is no member of any
 * network, a database of another key are ERR_MISMATCH. verifier: borrowed, NULL for none. */
struct oracle *oracle_start(const struct config *config, const struct deployment *deployment,
                            const struct eth_key *key, const struct oracle_verifier *verifier,
                            struct err *err);
uint16_t oracle_port(const struct oracle *o);
void oracle_stop(struct oracle *o);

/* Notes in the database of the oracle that config_file describes, which may be running, that its
 * operator wants all unconfirmed blocks from `number` on taken back. From then on it signs none of
 * them; it signs the Revert once the rules allow it. */
int oracle_decide_revert(const char *config_file, uint64_t epoch, uint64_t number, struct err *err);

/* `zklink oracle`: argv[0] is the subcommand. Returns the exit code. */
int oracle_main(int argc, char **argv);

#endif
