/* The bus kinds and the public scalars of the block circuit, declared once.
 *
 * "gives" and "takes" are the two signs of a message; both sides agree on the fields:
 *
 *   R16    v                                   0 <= v < 2^16; looked up in the table r16
 *   RNG    bits, v                             0 <= v < 2^bits, bits in {32, 40, 48, 112, 128}
 *   P2     in0..in3, out                       out = P(in)[0]: Poseidon2, first word of the output
 *   NODE   level, index, old, new              value of a tree node before and after the block
 *   MEM    acc, slot, tag, r0..r3, time        the record of a slot as of a time; 0 = before the
 * block REC    now, acc, otag, ntag, o0..o3, n0..n3    access to slot 0 at time now: old and new
 * record BAL    now, acc, slot, token, old, new, debit  access to a balance POS    op, pos
 * operation op begins at log word pos LOG    pos, word OUT    chain, op, w0..w3 operation op
 * concerns a chain SIG    op, Ax, Ay, m0..m3                  a message signed by key A CURVE  op,
 * j, Ex, Ey, Sx, Sy, e, Ax, Ay    a signature's scalar multiplications after j rows WIN    256
 * window + byte, x, y             (x, y) = byte 2^(8 window) B WIDE   gt, d, x, y, u, v d^2 u + x y
 * v > 0 (gt 1), <= 0 (gt 0)
 *
 * A lookup ("looks up X") gives X once; the chip that serves X takes it with a multiplicity column.
 */
#ifndef ZKLINK_CIRCUIT_KINDS_H
#define ZKLINK_CIRCUIT_KINDS_H

#include "proof/air.h"

struct circuit_kinds {
    unsigned r16, rng, p2, node, mem, rec, bal, pos, log, out, sig, curve, win, wide;
};

enum {
    KIND_R16_ARITY = 1,
    KIND_RNG_ARITY = 2,
    KIND_P2_ARITY = 5,
    KIND_NODE_ARITY = 4,
    KIND_MEM_ARITY = 8,
    KIND_REC_ARITY = 12,
    KIND_BAL_ARITY = 7,
    KIND_POS_ARITY = 2,
    KIND_LOG_ARITY = 2,
    KIND_OUT_ARITY = 6,
    KIND_SIG_ARITY = 7,
    KIND_CURVE_ARITY = 9,
    KIND_WIN_ARITY = 3,
    KIND_WIDE_ARITY = 6
};

/* Public scalars of the statement, in this order. */
enum circuit_scalar {
    SCALAR_DOMAIN, /* signature domain D */
    SCALAR_TIMESTAMP,
    SCALAR_FEE_ACCOUNT,
    SCALAR_OLD_ROOT,
    SCALAR_NEW_ROOT,
    SCALAR_OPERATIONS,
    SCALAR_LOG_WORDS,
    CIRCUIT_SCALARS
};

/* Declares all kinds, in the order of the list above (R16 is kind 1). */
void circuit_kinds_declare(struct circuit_kinds *k, struct air *air);

#endif
