/* The verifier of an oracle that looks for itself (`zklink oracle --replay`): every block is taken
 * from the chains' calldata, executed again from its log, and its proof verified by this program's
 * own verifier, before it is signed. What the contracts were made to accept is then not enough. It
 * keeps the whole state in a database of its own, replay.db. */
#ifndef ZKLINK_ORACLE_REPLAY_H
#define ZKLINK_ORACLE_REPLAY_H

#include "oracle/oracle.h"

struct oracle_replay;
/* Needs prover.srs_file (two points of it). ERR_MISMATCH if it is not the deployed one's. */
struct oracle_replay *oracle_replay_open(const struct config *config,
                                         const struct deployment *deployment, struct err *err);
void oracle_replay_close(struct oracle_replay *r);
struct oracle_verifier oracle_replay_verifier(struct oracle_replay *r);

#endif
