/* The curve chip: sixteen rows are the two scalar multiplications of one signature, E = e A with
 * e of 128 bits and S = s B with s of 256 bits.
 *
 * Row j (0..15) of signature `op` takes the points as they stand after j rows, and gives them after
 * j + 1:
 *   takes CURVE(op, j, E, S, e, A)     gives CURVE(op, j + 1, E', S', 256 e + the row's bits, A)
 *   8 bits of e, most significant first:    D = 2 E;  E = D + bit A
 *   bytes 2j and 2j + 1 of s, low first:    S = S + W, looking up WIN(256 window + byte, W)
 *
 *   columns: active, op, j, e, Ex, Ey, Sx, Sy, Ax, Ay, T = Ax Ay,
 *            8 x (bit, Dx, Dy, Ex, Ey), 2 x (byte, Wx, Wy, Sx, Sy)
 *
 * The signature chip gives j = 0 with E = S = (0, 1), e = 0, and takes j = 16. Because j counts up
 * by one and no chip gives another first message, every chain of rows begins at j = 0 and has 16
 * rows; 16 x 8 bits make e an integer below 2^128.
 *
 * Soundness of the points. A is on the curve (checked when a key is set), the table's points are,
 * and the addition law is complete, so by induction E and S are on the curve and the denominators
 * below are never 0: each constraint has exactly one solution.
 *   Dx (a x^2 + y^2) = 2 x y                  Dy (2 - a x^2 - y^2) = y^2 - a x^2
 *   x' (1 + d Dx Dy bit T) = Dx (1 + bit (Ay - 1)) + Dy bit Ax
 *   y' (1 - d Dx Dy bit T) = Dy (1 + bit (Ay - 1)) - a Dx bit Ax
 * The doubling uses a x^2 + y^2 = 1 + d x^2 y^2 of a point on the curve.
 * s need not be below l, nor its bytes below 256: S is a sum of known multiples of B in any case,
 * which is all that a signature claims. */
#ifndef ZKLINK_CIRCUIT_CHIP_CURVE_H
#define ZKLINK_CIRCUIT_CHIP_CURVE_H

#include "circuit/kinds.h"
#include "crypto/babyjubjub.h"
#include "proof/trace.h"

#define CHIP_CURVE_NAME "curve"
enum { CHIP_CURVE_ROWS = 16, CHIP_CURVE_BITS = 8, CHIP_CURVE_WINDOWS = 2 };

void chip_curve(struct air *air, const struct circuit_kinds *kinds);

/* e A and s B of one signature; op is its operation's number. */
struct curve_job {
    uint64_t op;
    bjj_affine key;
    uint64_t e[2], s[4]; /* integers, low limb first */
    bjj_affine ea, sb;   /* out */
};

/* Fills rows first .. first + 16 of the chip (already added) and the job's results. Different jobs
 * may be filled by different threads. About 150 microseconds. */
void chip_curve_fill_job(struct trace_chip *chip, size_t first, struct curve_job *job);

#endif
