/* Calldata of the ways out (contracts/src/interfaces/IZklink.sol, IZklinkExits): exodus, exits by
 * Merkle path, refunds. */
#ifndef ZKLINK_CHAIN_EXIT_ABI_H
#define ZKLINK_CHAIN_EXIT_ABI_H

#include "chain/zklink_abi.h"

enum { RECORD_PATH_WORDS = 54, BALANCE_PATH_WORDS = 12 };

/* A record of slot 0: fields r0..r3, and three siblings of each of the 18 levels, from the leaf's
 * upwards, in the order of their positions. */
struct record_proof {
    uint64_t account, tag;
    uint8_t fields[4][32], path[RECORD_PATH_WORDS][32];
};
/* A balance of the same account: the lowest four levels; above them its path is the record's. */
struct balance_proof {
    uint64_t slot, token;
    u128 amount;
    uint8_t path[BALANCE_PATH_WORDS][32];
};

void zklink_activate_exodus(struct buf *out, uint64_t request);
void zklink_open_exits(struct buf *out, const struct stored_block *newest);
void zklink_exit(struct buf *out, const struct record_proof *account,
                 const struct balance_proof *balance);
/* reserves: of the pool's slots 1 and 2; slot and token are not sent. */
void zklink_exit_shares(struct buf *out, const struct record_proof *account,
                        const struct balance_proof *shares, const struct record_proof *pool,
                        const struct balance_proof reserves[2]);
void zklink_exit_position(struct buf *out, const struct record_proof *position,
                          const struct record_proof *pool, const struct balance_proof reserves[2]);
void zklink_refund_request(struct buf *out, uint64_t index, const uint8_t words[4][32]);

#endif
